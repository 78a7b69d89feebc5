//! Reads the class notation (see `samples/README.md`).

use super::model::{
    CallKind, Class, Field, FieldRef, Method, MethodRef, Op, Operand, Proto, Statement, access,
    descriptor,
};
use super::tokens::{Token, Tokens};
use crate::forge::{ForgeError, Result};

/// Reads classes with their fields, methods and statements.
pub fn parse(text: &str) -> Result<Vec<Class>> {
    let mut classes: Vec<Class> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut tokens = Tokens::new(at + 1, line)?;
        let plain = ["class", "interface", "field", "method"]
            .into_iter()
            .find(|w| line.split_whitespace().any(|word| word == *w) && declares(line, w));
        let result = match plain {
            Some("field") => match classes.last_mut() {
                Some(class) => {
                    let field = field(&mut tokens)?;
                    class.fields.push(field);
                    Ok(())
                }
                None => Err(tokens.error("a field outside a class")),
            },
            Some("method") => match classes.last_mut() {
                Some(class) => {
                    let method = method(&mut tokens)?;
                    class.methods.push(method);
                    Ok(())
                }
                None => Err(tokens.error("a method outside a class")),
            },
            Some(_) => {
                classes.push(class(&mut tokens)?);
                Ok(())
            }
            None => match classes.last_mut().and_then(|c| c.methods.last_mut()) {
                Some(method) => {
                    let statement = statement(&mut tokens)?;
                    method.body.push(statement);
                    Ok(())
                }
                None => Err(tokens.error("a statement outside a method")),
            },
        };
        result?;
        tokens.finish()?;
    }
    Ok(classes)
}

/// Whether `word` begins the declaration: only modifiers stand before it.
fn declares(line: &str, word: &str) -> bool {
    line.split_whitespace()
        .take_while(|w| w != &word)
        .all(|w| modifier(w).is_some())
}

fn modifier(word: &str) -> Option<u32> {
    Some(match word {
        "package" => 0,
        "public" => access::PUBLIC,
        "private" => access::PRIVATE,
        "protected" => access::PROTECTED,
        "static" => access::STATIC,
        "final" => 0x10,
        "synchronized" => 0x20,
        "volatile" | "bridge" => 0x40,
        "transient" | "varargs" => 0x80,
        "native" => access::NATIVE,
        "abstract" => access::ABSTRACT,
        "synthetic" => 0x1000,
        "annotation" => 0x2000,
        "enum" => 0x4000,
        _ => return None,
    })
}

/// Takes modifiers; public unless another visibility (or `package`) is named.
fn modifiers(tokens: &mut Tokens) -> u32 {
    let mut flags = 0;
    let mut visible = false;
    while let Some(Token::Word(word)) = tokens.peek(0)
        && let Some(flag) = modifier(word)
    {
        visible |= matches!(
            word.as_str(),
            "public" | "private" | "protected" | "package"
        );
        flags |= flag;
        tokens.next();
    }
    if visible {
        flags
    } else {
        flags | access::PUBLIC
    }
}

fn kind(tokens: &Tokens, java: &str) -> Result<String> {
    descriptor(java).map_err(|e| tokens.error(e.message))
}

fn class(tokens: &mut Tokens) -> Result<Class> {
    let mut flags = modifiers(tokens);
    if tokens.accept("interface") {
        flags |= access::INTERFACE | access::ABSTRACT;
    } else {
        tokens.accept("class");
    }
    let name = tokens.word("the name of the class")?;
    let name = kind(tokens, &name)?;
    let superclass = match tokens.accept("extends") {
        true => tokens.word("the superclass")?,
        false => "java.lang.Object".to_owned(),
    };
    let superclass = Some(kind(tokens, &superclass)?).filter(|_| name != "Ljava/lang/Object;");
    let mut interfaces = Vec::new();
    if tokens.accept("implements") {
        loop {
            let name = tokens.word("an interface")?;
            interfaces.push(kind(tokens, &name)?);
            if !tokens.accept_token(&Token::Comma) {
                break;
            }
        }
    }
    Ok(Class {
        name,
        flags,
        superclass,
        interfaces,
        fields: Vec::new(),
        methods: Vec::new(),
    })
}

fn field(tokens: &mut Tokens) -> Result<Field> {
    tokens.accept("field");
    let flags = modifiers(tokens);
    let name = tokens.word("the name of the field")?;
    let java = tokens.word("the type of the field")?;
    let kind = kind(tokens, &java)?;
    let value = match tokens.accept_token(&Token::Equals) {
        true if flags & access::STATIC == 0 => {
            return Err(tokens.error("only static fields have values"));
        }
        true => Some(operand(tokens)?),
        false => None,
    };
    Ok(Field {
        flags,
        name,
        kind,
        value,
    })
}

fn method(tokens: &mut Tokens) -> Result<Method> {
    let before = modifiers_before(tokens, "method");
    let flags = modifiers(tokens) | before;
    let word = tokens.word("the name of the method")?;
    let (name, params) = split_params(tokens, &word)?;
    let name = name.to_owned();
    let proto = Proto {
        params,
        returns: returns(tokens)?,
    };
    let implied = match name.as_str() {
        "<init>" => access::CONSTRUCTOR,
        "<clinit>" => access::CONSTRUCTOR | access::STATIC,
        _ => 0,
    };
    Ok(Method {
        flags: flags | implied,
        name,
        proto,
        body: Vec::new(),
        line: tokens.line(),
    })
}

fn modifiers_before(tokens: &mut Tokens, word: &str) -> u32 {
    let flags = if tokens.accept(word) {
        return 0;
    } else {
        modifiers(tokens)
    };
    tokens.accept(word);
    flags
}

/// `name(int,long)` → the name and the parameters' descriptors.
fn split_params<'a>(tokens: &Tokens, word: &'a str) -> Result<(&'a str, Vec<String>)> {
    let parts = word.strip_suffix(')').and_then(|w| w.split_once('('));
    let (name, list) =
        parts.ok_or_else(|| tokens.error(format!("{word:?} has no parameter list")))?;
    let params = list
        .split(',')
        .filter(|p| !p.is_empty())
        .map(|p| kind(tokens, p));
    Ok((name, params.collect::<Result<_>>()?))
}

/// The result type, `void` if none is written.
fn returns(tokens: &mut Tokens) -> Result<String> {
    match tokens.peek(0) {
        Some(Token::Word(word)) if !matches!(word.as_str(), "on" | "with") => {
            let word = tokens.word("a type")?;
            kind(tokens, &word)
        }
        _ => Ok("V".to_owned()),
    }
}

fn method_ref(tokens: &mut Tokens) -> Result<MethodRef> {
    let word = tokens.word("the method")?;
    let (path, params) = split_params(tokens, &word)?;
    let (class, name) = member(tokens, path)?;
    Ok(MethodRef {
        class,
        name,
        proto: Proto {
            params,
            returns: returns(tokens)?,
        },
    })
}

fn field_ref(tokens: &mut Tokens) -> Result<FieldRef> {
    let path = tokens.word("the field")?;
    let (class, name) = member(tokens, &path)?;
    let java = tokens.word("the type of the field")?;
    Ok(FieldRef {
        class,
        name,
        kind: kind(tokens, &java)?,
    })
}

fn member(tokens: &Tokens, path: &str) -> Result<(String, String)> {
    let (class, name) = path
        .rsplit_once('.')
        .ok_or_else(|| tokens.error(format!("{path:?} names no class")))?;
    Ok((kind(tokens, class)?, name.to_owned()))
}

fn operand(tokens: &mut Tokens) -> Result<Operand> {
    let word = match tokens.next() {
        Some(Token::Text(text)) => return Ok(Operand::Text(text)),
        Some(Token::Word(word)) => word,
        _ => return Err(tokens.error("a value is missing")),
    };
    Ok(match word.as_str() {
        "null" => Operand::Null,
        "true" => Operand::Int(1),
        "false" => Operand::Int(0),
        "class" => {
            let java = tokens.word("a type")?;
            Operand::Class(kind(tokens, &java)?)
        }
        _ if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            let long = word.strip_suffix('L');
            let digits = long.unwrap_or(&word);
            let number = match digits.strip_prefix("0x") {
                Some(hex) => i64::from_str_radix(hex, 16).ok(),
                None => digits.parse().ok(),
            };
            let bad = || tokens.error(format!("{word:?} is no number"));
            let number = number.ok_or_else(bad)?;
            match long {
                Some(_) => Operand::Long(number),
                // 0x80000000 and above mean the same 32 bits.
                None => Operand::Int(
                    i32::try_from(number)
                        .or_else(|_| u32::try_from(number).map(|n| n as i32))
                        .map_err(|_| bad())?,
                ),
            }
        }
        _ => Operand::Name(word),
    })
}

fn operands(tokens: &mut Tokens) -> Result<Option<Vec<Operand>>> {
    if !tokens.accept("with") {
        return Ok(None);
    }
    let mut all = Vec::new();
    loop {
        all.push(operand(tokens)?);
        if !tokens.accept_token(&Token::Comma) {
            return Ok(Some(all));
        }
    }
}

fn statement(tokens: &mut Tokens) -> Result<Statement> {
    let line = tokens.line();
    let mut result = None;
    if tokens.peek(1) == Some(&Token::Equals) {
        result = Some(tokens.word("a name")?);
        tokens.next();
    }
    let verb = tokens.word("a statement")?;
    let op = match verb.as_str() {
        "string" | "int" | "long" | "load" => Op::Load(operand(tokens)?),
        "strings" => {
            let mut all = Vec::new();
            while let Some(Token::Text(text)) = tokens.peek(0) {
                all.push(text.clone());
                tokens.next();
                tokens.accept_token(&Token::Comma);
            }
            Op::Strings(all)
        }
        "call" => {
            let kind = match tokens.word("the kind of call")?.as_str() {
                "virtual" => CallKind::Virtual,
                "super" => CallKind::Super,
                "direct" => CallKind::Direct,
                "static" => CallKind::Static,
                "interface" => CallKind::Interface,
                other => return Err(tokens.error(format!("{other:?} is no kind of call"))),
            };
            let method = method_ref(tokens)?;
            let on = if tokens.accept("on") {
                Some(operand(tokens)?)
            } else {
                None
            };
            if kind == CallKind::Static && on.is_some() {
                return Err(tokens.error("a static call has no object"));
            }
            Op::Call {
                kind,
                method,
                on,
                with: operands(tokens)?,
            }
        }
        "new" => {
            let word = tokens.word("the class")?;
            match word.contains('(') {
                true => {
                    let (name, params) = split_params(tokens, &word)?;
                    let class = kind(tokens, name)?;
                    let proto = Proto {
                        params,
                        returns: "V".to_owned(),
                    };
                    let init = MethodRef {
                        class: class.clone(),
                        name: "<init>".to_owned(),
                        proto,
                    };
                    Op::New {
                        class,
                        init: Some((init, operands(tokens)?)),
                    }
                }
                false => Op::New {
                    class: kind(tokens, &word)?,
                    init: None,
                },
            }
        }
        "get" | "put" => {
            let fixed = tokens.accept("static");
            let field = field_ref(tokens)?;
            let on = match (fixed, tokens.accept("on")) {
                (true, false) => None,
                (false, true) => Some(operand(tokens)?),
                _ => return Err(tokens.error("a field is either static or read with `on`")),
            };
            match verb.as_str() {
                "get" => Op::Get(field, on),
                _ if tokens.accept("with") => Op::Put(field, on, operand(tokens)?),
                _ => return Err(tokens.error("`with` and the value are missing")),
            }
        }
        "cast" => {
            let value = operand(tokens)?;
            tokens.accept("to");
            let java = tokens.word("a type")?;
            Op::Cast(value, kind(tokens, &java)?)
        }
        "return" if tokens.peek(0).is_none() => Op::Return(None),
        "return" => Op::Return(Some(operand(tokens)?)),
        "throw" => Op::Throw(operand(tokens)?),
        "label" => Op::Label(tokens.word("a label")?),
        "goto" => Op::Goto(tokens.word("a label")?),
        "if" => {
            let zero = match tokens.word("zero or nonzero")?.as_str() {
                "zero" => true,
                "nonzero" => false,
                other => return Err(tokens.error(format!("{other:?} is neither zero nor nonzero"))),
            };
            let value = operand(tokens)?;
            tokens.accept("goto");
            Op::If(zero, value, tokens.word("a label")?)
        }
        "raw" => {
            let mut words = Vec::new();
            while tokens.peek(0).is_some() {
                let word = tokens.word("a word")?;
                words.push(
                    u16::from_str_radix(&word, 16)
                        .map_err(|_| tokens.error("raw takes hexadecimal words"))?,
                );
            }
            Op::Raw(words)
        }
        "asm" => Op::Asm(super::asm::parse(tokens)?),
        other => return Err(tokens.error(format!("unknown statement {other:?}"))),
    };
    let gives = matches!(
        op,
        Op::Load(_) | Op::Strings(_) | Op::Call { .. } | Op::New { .. } | Op::Get(..)
    );
    match (&result, &op) {
        (Some(_), Op::Call { method, .. }) if method.proto.returns == "V" => {
            Err(ForgeError::at(line, "the call has no result"))
        }
        (Some(_), _) if !gives => Err(ForgeError::at(line, "the statement has no result")),
        _ => Ok(Statement { result, op, line }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_with_all_kinds_of_lines() {
        let classes = parse(
            r#"
            # comment
            final class a.B extends c.D implements e.F, g.H
              field private static KEY java.lang.String = "v"
              method static <clinit>()
              method private native open(int, java.lang.String[]) long
              method run(android.os.Bundle)
                x = call virtual t.M.id(int) java.lang.String on p0 with 0x80000000
                if nonzero x goto end
                put static a.B.KEY java.lang.String with x
                label end
            interface e.F
            "#,
        )
        .unwrap();
        let [class, interface] = &classes[..] else {
            panic!("two classes")
        };
        assert_eq!((class.name.as_str(), class.flags), ("La/B;", 0x11));
        assert_eq!(class.superclass.as_deref(), Some("Lc/D;"));
        assert_eq!(class.interfaces, ["Le/F;", "Lg/H;"]);
        assert_eq!(class.fields[0].flags, 0xa);
        assert_eq!(class.fields[0].value, Some(Operand::Text("v".into())));
        assert_eq!(class.methods[0].flags, 0x1_0009);
        assert_eq!(class.methods[1].flags, 0x102);
        assert_eq!(class.methods[1].proto.shorty(), "JIL");
        let Op::Call {
            method, on, with, ..
        } = &class.methods[2].body[0].op
        else {
            panic!("a call")
        };
        assert_eq!(
            (method.class.as_str(), method.proto.returns.as_str()),
            ("Lt/M;", "Ljava/lang/String;")
        );
        assert_eq!(on, &Some(Operand::Name("p0".into())));
        assert_eq!(with, &Some(vec![Operand::Int(i32::MIN)]));
        assert_eq!(class.methods[2].body.len(), 4);
        assert_eq!(interface.flags, 0x601);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            ("string \"x\"", "line 1: a statement outside a method"),
            ("class a\n method m", "line 2: \"m\" has no parameter list"),
            (
                "class a\n method m()\n jump x",
                "line 3: unknown statement \"jump\"",
            ),
            (
                "class a\n method m()\n x = call static b.c()",
                "line 3: the call has no result",
            ),
            (
                "class a\n method m(in t()",
                "line 2: a parenthesis is not closed",
            ),
            ("class a b", "line 1: unexpected Word(\"b\")"),
            (
                "class a\n field x int = 1",
                "line 2: only static fields have values",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }
}
