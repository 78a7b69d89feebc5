//! AOSP's signature files: what they declare, before names are resolved.
//!
//! Format 2.0 and later, as metalava writes it: one declaration a line,
//! annotations and modifiers before it, types with their packages except for
//! those of `java.lang`.

use super::lex::{self, Kind, Token};

/// A type without its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// As written: `int`, `T`, `String`, `android.view.View.OnClickListener`.
    pub name: String,
    /// Dimensions of the array; `...` is one.
    pub dimensions: usize,
}

/// `T extends Bound & …`: its erasure is that of the first bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeParameter {
    pub name: String,
    pub bound: Option<Type>,
}

/// An annotation with the tokens between its parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    pub name: String,
    pub arguments: Vec<Token>,
    pub line: usize,
}

/// What kind of member it is, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    Method { parameters: Vec<Type>, result: Type },
    Constructor { parameters: Vec<Type> },
    Field { of: Type, text: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub kind: MemberKind,
    pub type_parameters: Vec<TypeParameter>,
    pub annotations: Vec<Annotation>,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub package: String,
    /// With those around it: `Builder.Inner`.
    pub name: String,
    pub type_parameters: Vec<TypeParameter>,
    pub superclass: Option<Type>,
    pub interfaces: Vec<Type>,
    /// A nested class that belongs to an object of the class around it.
    pub inner: bool,
    pub members: Vec<Member>,
    pub line: usize,
}

const MODIFIERS: &[&str] = &[
    "public",
    "protected",
    "private",
    "internal",
    "static",
    "final",
    "abstract",
    "default",
    "deprecated",
    "synchronized",
    "native",
    "transient",
    "volatile",
    "strictfp",
    "sealed",
    "open",
    "operator",
    "infix",
    "inline",
    "const",
    "lateinit",
    "vararg",
    "optional",
    "data",
    "value",
    "fun",
];

/// Reads one file; the error names the file and the line.
pub fn file(path: &str, text: &str) -> Result<Vec<Class>, String> {
    let error = |(line, what): (usize, String)| format!("{path}:{line}: {what}");
    // A module without any API of the kind may have an empty file.
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let first = text.lines().next().unwrap_or_default();
    let version = first.strip_prefix("// Signature format: ").map(str::trim);
    let version = version.and_then(|v| v.split('.').next()?.parse::<u32>().ok());
    match version {
        Some(2..) => {}
        Some(_) => return Err(error((1, "signature format 2.0 or later is needed".into()))),
        None => {
            return Err(error((
                1,
                "no signature file: its first line is to be `// Signature format: 2.0` or later"
                    .into(),
            )));
        }
    }
    if let Some(at) = text
        .lines()
        .position(|l| l.starts_with("// - kotlin-name-type-order=yes"))
    {
        return Err(error((
            at + 1,
            "`name: Type` is not known; write the file with kotlin-name-type-order=no".into(),
        )));
    }
    let tokens = lex::split(text).map_err(error)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    reader.packages().map_err(error)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

type Parsed<T> = Result<T, (usize, String)>;

impl<'a> Reader<'a> {
    fn line(&self) -> usize {
        let last = self.tokens.last();
        self.tokens
            .get(self.at)
            .or(last)
            .map_or(1, |token| token.line)
    }

    fn peek(&self) -> Option<&'a Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn word(&self) -> Option<&'a str> {
        match self.peek() {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_sign(&self, sign: char) -> bool {
        self.peek() == Some(&Kind::Sign(sign))
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match self.peek() {
            Some(Kind::Word(word)) => format!("`{word}`"),
            Some(Kind::Text(text)) => format!("\"{text}\""),
            Some(Kind::Sign(sign)) => format!("`{sign}`"),
            Some(Kind::Dots) => "`...`".into(),
            None => "the end of the file".into(),
        };
        Err((self.line(), format!("{what} expected, {found} found")))
    }

    fn sign(&mut self, sign: char) -> Parsed<()> {
        if self.eat(sign) {
            return Ok(());
        }
        self.expected(&format!("`{sign}`"))
    }

    fn name(&mut self) -> Parsed<String> {
        match self.word() {
            Some(word) => {
                self.at += 1;
                Ok(word.to_owned())
            }
            None => self.expected("a name"),
        }
    }

    fn packages(&mut self) -> Parsed<Vec<Class>> {
        let mut classes = Vec::new();
        while self.peek().is_some() {
            self.annotations()?;
            if !self.eat_word("package") {
                return self.expected("`package`");
            }
            let package = self.name()?;
            self.sign('{')?;
            while !self.eat('}') {
                classes.push(self.class(&package)?);
            }
        }
        Ok(classes)
    }

    fn class(&mut self, package: &str) -> Parsed<Class> {
        let line = self.line();
        let (_, mut modifiers) = self.modifiers()?;
        // `@interface`
        self.eat('@');
        let kind = self.name()?;
        if !["class", "interface", "enum", "record"].contains(&kind.as_str()) {
            self.at -= 1;
            return self.expected("a class");
        }
        // `enum class` of newer formats.
        if kind == "enum" && self.word() == Some("class") {
            self.at += 1;
        }
        if kind != "class" {
            modifiers.push("static".into());
        }
        let name = self.name()?;
        let mut class = Class {
            package: package.to_owned(),
            inner: name.contains('.') && !modifiers.iter().any(|m| m == "static"),
            name,
            type_parameters: self.type_parameters()?,
            superclass: None,
            interfaces: Vec::new(),
            members: Vec::new(),
            line,
        };
        let mut implements = kind == "interface";
        while !self.eat('{') {
            if self.eat_word("extends") || self.eat(',') {
                continue;
            }
            if self.eat_word("implements") {
                implements = true;
                continue;
            }
            if self.eat_word("permits") {
                while !self.is_sign('{') {
                    self.of_type()?;
                    self.eat(',');
                }
                continue;
            }
            let of = self.of_type()?;
            if implements {
                class.interfaces.push(of);
            } else {
                class.superclass = Some(of);
            }
        }
        while !self.eat('}') {
            class.members.extend(self.member()?);
        }
        Ok(class)
    }

    /// One member; none for a property, whose accessors are members of their own.
    fn member(&mut self) -> Parsed<Option<Member>> {
        let line = self.line();
        let kind = self.name()?;
        let (annotations, _) = self.modifiers()?;
        let type_parameters = self.type_parameters()?;
        let (name, kind) = match kind.as_str() {
            "ctor" => {
                let name = self.name()?;
                let parameters = self.parameters()?;
                (name, MemberKind::Constructor { parameters })
            }
            "method" => {
                let result = self.of_type()?;
                let name = self.name()?;
                let parameters = self.parameters()?;
                (name, MemberKind::Method { parameters, result })
            }
            "field" | "enum_constant" => {
                let of = self.of_type()?;
                let name = self.name()?;
                let mut text = None;
                if self.eat('=')
                    && let Some(Kind::Text(value)) = self.peek()
                {
                    text = Some(value.clone());
                }
                (name, MemberKind::Field { of, text })
            }
            "property" => {
                self.until_semicolon()?;
                return Ok(None);
            }
            _ => {
                self.at -= 1;
                return Err((line, format!("`{kind}` is no kind of member")));
            }
        };
        self.until_semicolon()?;
        Ok(Some(Member {
            name,
            kind,
            type_parameters,
            annotations,
            line,
        }))
    }

    /// Skips what follows, such as `throws` or a default value, and the `;`.
    fn until_semicolon(&mut self) -> Parsed<()> {
        while !self.eat(';') {
            if self.is_sign('{') {
                self.balanced('{', '}')?;
            } else if self.peek().is_none() || self.is_sign('}') {
                return self.expected("`;`");
            } else {
                self.at += 1;
            }
        }
        Ok(())
    }

    fn modifiers(&mut self) -> Parsed<(Vec<Annotation>, Vec<String>)> {
        let mut annotations = Vec::new();
        let mut modifiers = Vec::new();
        loop {
            annotations.extend(self.annotations()?);
            match self.word() {
                Some("suspend") => return self.expected("a member of Java"),
                // Lexed as three tokens.
                Some("non") if self.tokens.get(self.at + 1).is_some_and(is_dash) => {
                    self.at += 3;
                }
                Some(word) if MODIFIERS.contains(&word) => {
                    modifiers.push(word.to_owned());
                    self.at += 1;
                }
                _ => return Ok((annotations, modifiers)),
            }
        }
    }

    fn annotations(&mut self) -> Parsed<Vec<Annotation>> {
        let mut found = Vec::new();
        while self.is_sign('@') {
            let line = self.line();
            let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
            let Some(Kind::Word(name)) = next else {
                self.at += 1;
                return self.expected("an annotation");
            };
            if name == "interface" {
                break;
            }
            self.at += 2;
            let mut arguments = Vec::new();
            if self.is_sign('(') {
                let start = self.at + 1;
                self.balanced('(', ')')?;
                let inside = self.tokens.get(start..self.at - 1);
                arguments = inside.unwrap_or_default().to_vec();
            }
            found.push(Annotation {
                name: name.clone(),
                arguments,
                line,
            });
        }
        Ok(found)
    }

    /// Skips what stands between two signs, and both of them.
    fn balanced(&mut self, open: char, close: char) -> Parsed<()> {
        let line = self.line();
        let mut depth = 0_usize;
        while let Some(kind) = self.peek() {
            self.at += 1;
            match kind {
                Kind::Sign(sign) if *sign == open => depth += 1,
                Kind::Sign(sign) if *sign == close => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err((line, format!("`{open}` without `{close}`")))
    }

    fn type_parameters(&mut self) -> Parsed<Vec<TypeParameter>> {
        let mut found = Vec::new();
        if !self.eat('<') {
            return Ok(found);
        }
        while !self.eat('>') {
            self.annotations()?;
            self.eat_word("reified");
            let name = self.name()?;
            let mut bound = None;
            if self.eat_word("extends") {
                bound = Some(self.of_type()?);
                while self.eat('&') {
                    self.of_type()?;
                }
            }
            found.push(TypeParameter { name, bound });
            if !self.is_sign('>') {
                self.sign(',')?;
            }
        }
        Ok(found)
    }

    fn of_type(&mut self) -> Parsed<Type> {
        self.annotations()?;
        let mut name = self.name()?;
        let mut dimensions = 0;
        loop {
            // Annotations of the type's own; those of the next one stand before a name.
            let before = self.at;
            self.annotations()?;
            if self.eat('[') {
                self.sign(']')?;
                dimensions += 1;
                continue;
            }
            if self.peek() == Some(&Kind::Dots) {
                self.at += 1;
                dimensions += 1;
                continue;
            }
            self.at = before;
            if self.is_sign('<') {
                self.balanced('<', '>')?;
            } else if self.eat('.') {
                self.annotations()?;
                name = format!("{name}.{}", self.name()?);
            } else if !self.eat('?') && !self.eat('!') {
                return Ok(Type { name, dimensions });
            }
        }
    }

    fn parameters(&mut self) -> Parsed<Vec<Type>> {
        let mut found = Vec::new();
        self.sign('(')?;
        while !self.eat(')') {
            self.modifiers()?;
            found.push(self.of_type()?);
            if self.word().is_some() {
                self.at += 1;
            }
            if self.eat('=') {
                // A default value, up to the next parameter.
                while !self.is_sign(',') && !self.is_sign(')') {
                    match self.peek() {
                        Some(Kind::Sign('(')) => self.balanced('(', ')')?,
                        Some(Kind::Sign('{')) => self.balanced('{', '}')?,
                        Some(_) => self.at += 1,
                        None => return self.expected("`)`"),
                    }
                }
            }
            if !self.is_sign(')') {
                self.sign(',')?;
            }
        }
        Ok(found)
    }
}

fn is_dash(token: &Token) -> bool {
    token.kind == Kind::Sign('-')
}
