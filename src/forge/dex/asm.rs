//! Instructions written one by one: `asm` lines with registers and labels.
//!
//! Source: "Dalvik bytecode" and "Dalvik executable instruction formats" of the
//! Android Open Source Project. A method with `asm` lines has nothing else but labels.

use super::code::{Code, Try};
use super::model::{FieldRef, Method, MethodRef, Op, Proto, access, width};
use super::tables::Tables;
use super::tokens::{Token, Tokens};
use crate::forge::{ForgeError, Result};
use std::collections::BTreeMap;

/// One `asm` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asm {
    /// The mnemonic, or `registers` or `try`.
    pub name: String,
    /// Its operands.
    pub operands: Vec<Part>,
}

/// An operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// `v3`
    Register(u16),
    /// `{v0, v1}`
    List(Vec<u16>),
    /// `{v0 .. v3}`
    Range(u16, u16),
    /// A number.
    Number(i64),
    /// A string.
    Text(String),
    /// A descriptor.
    Type(String),
    /// `La/B;->f:I`
    Field(FieldRef),
    /// `La/B;->m(I)V`
    Method(MethodRef),
    /// A label.
    Label(String),
}

/// Reads the rest of a line that began with `asm`.
pub(super) fn parse(tokens: &mut Tokens) -> Result<Asm> {
    let name = tokens.word("an instruction")?;
    let mut operands = Vec::new();
    while let Some(token) = tokens.next() {
        operands.push(match token {
            Token::Text(text) => Part::Text(text),
            Token::Word(word) if word.starts_with('{') => registers(tokens, word)?,
            Token::Word(word) => part(tokens, word)?,
            _ => return Err(tokens.error("an operand is missing")),
        });
        if !tokens.accept_token(&Token::Comma) {
            break;
        }
    }
    Ok(Asm { name, operands })
}

fn register(tokens: &Tokens, word: &str) -> Result<u16> {
    let number = word.strip_prefix('v').and_then(|n| n.parse().ok());
    number.ok_or_else(|| tokens.error(format!("{word:?} is no register")))
}

fn registers(tokens: &mut Tokens, first: String) -> Result<Part> {
    let mut words = vec![first];
    let mut is_range = false;
    while !words.last().is_some_and(|word| word.ends_with('}')) {
        tokens.accept_token(&Token::Comma);
        match tokens.word("a register or }")?.as_str() {
            ".." => is_range = true,
            word => words.push(word.to_owned()),
        }
    }
    let mut all = Vec::new();
    for word in &words {
        match word.trim_matches(['{', '}']) {
            "" => {}
            word => all.push(register(tokens, word)?),
        }
    }
    match (is_range, all.as_slice()) {
        (true, [from, to]) => Ok(Part::Range(*from, *to)),
        (true, _) => Err(tokens.error("a range has two registers")),
        _ => Ok(Part::List(all)),
    }
}

fn part(tokens: &Tokens, word: String) -> Result<Part> {
    let bad = || tokens.error(format!("{word:?} is no member"));
    if let Some((class, member)) = word.split_once("->") {
        let class = class.to_owned();
        if let Some((name, rest)) = member.split_once('(') {
            let (params, returns) = rest.split_once(')').ok_or_else(bad)?;
            let proto = Proto {
                params: split(params).ok_or_else(bad)?,
                returns: returns.to_owned(),
            };
            let name = name.to_owned();
            return Ok(Part::Method(MethodRef { class, name, proto }));
        }
        let (name, kind) = member.split_once(':').ok_or_else(bad)?;
        let (name, kind) = (name.to_owned(), kind.to_owned());
        return Ok(Part::Field(FieldRef { class, name, kind }));
    }
    if word.starts_with('[') || (word.starts_with('L') && word.ends_with(';')) {
        return Ok(Part::Type(word));
    }
    if let Ok(number) = word.parse() {
        return Ok(Part::Number(number));
    }
    if let Some(number) = word.strip_prefix("0x") {
        return i64::from_str_radix(number, 16)
            .map(Part::Number)
            .map_err(|_| bad());
    }
    Ok(match register(tokens, &word) {
        Ok(register) => Part::Register(register),
        Err(_) => Part::Label(word),
    })
}

/// Descriptors that stand one behind the other.
fn split(mut text: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    while !text.is_empty() {
        let arrays = text.len() - text.trim_start_matches('[').len();
        let end = match text.as_bytes().get(arrays)? {
            b'L' => text.find(';')? + 1,
            _ => arrays + 1,
        };
        all.push(text.get(..end)?.to_owned());
        text = text.get(end..)?;
    }
    Some(all)
}

/// How operands are laid out; the names are those of the format specification.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    F10x,
    F12x,
    F11n,
    F11x,
    F20t,
    F22x,
    F21t,
    F21s,
    F21h,
    F21c,
    F23x,
    F22b,
    F22t,
    F22c,
    F32x,
    F31i,
    F31t,
    F35c,
    F3rc,
    F51l,
}

use Format::*;

const PLAIN: [(&str, u16, Format); 49] = [
    ("nop", 0x00, F10x),
    ("move", 0x01, F12x),
    ("move/from16", 0x02, F22x),
    ("move/16", 0x03, F32x),
    ("move-wide", 0x04, F12x),
    ("move-wide/from16", 0x05, F22x),
    ("move-object", 0x07, F12x),
    ("move-object/from16", 0x08, F22x),
    ("move-object/16", 0x09, F32x),
    ("move-result", 0x0a, F11x),
    ("move-result-wide", 0x0b, F11x),
    ("move-result-object", 0x0c, F11x),
    ("move-exception", 0x0d, F11x),
    ("return-void", 0x0e, F10x),
    ("return", 0x0f, F11x),
    ("return-object", 0x11, F11x),
    ("const/4", 0x12, F11n),
    ("const/16", 0x13, F21s),
    ("const", 0x14, F31i),
    ("const/high16", 0x15, F21h),
    ("const-wide/16", 0x16, F21s),
    ("const-wide/32", 0x17, F31i),
    ("const-wide", 0x18, F51l),
    ("const-string", 0x1a, F21c),
    ("const-class", 0x1c, F21c),
    ("check-cast", 0x1f, F21c),
    ("instance-of", 0x20, F22c),
    ("array-length", 0x21, F12x),
    ("new-instance", 0x22, F21c),
    ("new-array", 0x23, F22c),
    ("filled-new-array", 0x24, F35c),
    ("filled-new-array/range", 0x25, F3rc),
    ("fill-array-data", 0x26, F31t),
    ("throw", 0x27, F11x),
    ("goto", 0x29, F20t),
    ("packed-switch", 0x2b, F31t),
    ("sparse-switch", 0x2c, F31t),
    ("if-eq", 0x32, F22t),
    ("if-ne", 0x33, F22t),
    ("if-lt", 0x34, F22t),
    ("if-ge", 0x35, F22t),
    ("if-eqz", 0x38, F21t),
    ("if-nez", 0x39, F21t),
    ("if-ltz", 0x3a, F21t),
    ("if-gez", 0x3b, F21t),
    ("int-to-long", 0x81, F12x),
    ("add-int", 0x90, F23x),
    ("add-int/2addr", 0xb0, F12x),
    ("add-int/lit8", 0xd8, F22b),
];

/// Families: name, first opcode, format; each has the seven variants of [`VARIANTS`].
const FAMILIES: [(&str, u16, Format); 6] = [
    ("aget", 0x44, F23x),
    ("aput", 0x4b, F23x),
    ("iget", 0x52, F22c),
    ("iput", 0x59, F22c),
    ("sget", 0x60, F21c),
    ("sput", 0x67, F21c),
];
const VARIANTS: [&str; 7] = [
    "", "-wide", "-object", "-boolean", "-byte", "-char", "-short",
];
const CALLS: [&str; 5] = ["virtual", "super", "direct", "static", "interface"];

fn opcode(name: &str) -> Option<(u16, Format)> {
    if let Some(&(_, code, format)) = PLAIN.iter().find(|row| row.0 == name) {
        return Some((code, format));
    }
    for (family, first, format) in FAMILIES {
        if let Some(rest) = name.strip_prefix(family)
            && let Some(at) = VARIANTS.iter().position(|v| *v == rest)
        {
            return Some((first + at as u16, format));
        }
    }
    let call = name.strip_prefix("invoke-")?;
    let plain = call.strip_suffix("/range");
    let at = CALLS.iter().position(|c| *c == plain.unwrap_or(call))? as u16;
    Some(match plain {
        Some(_) => (0x74 + at, F3rc),
        None => (0x6e + at, F35c),
    })
}

struct Assembler<'a> {
    tables: &'a Tables,
    words: Vec<u16>,
    labels: BTreeMap<String, usize>,
    /// Place of the instruction, of its distance, words of the distance, label, line.
    jumps: Vec<(usize, usize, usize, String, usize)>,
    /// Payloads: place of the instruction, and the line.
    payloads: Vec<(usize, Asm, usize)>,
    tries: Vec<(Asm, usize)>,
    outs: u16,
}

/// Assembles a method whose body has `asm` lines.
pub(super) fn assemble(method: &Method, tables: &Tables) -> Result<Code> {
    let mut assembler = Assembler {
        tables,
        words: Vec::new(),
        labels: BTreeMap::new(),
        jumps: Vec::new(),
        payloads: Vec::new(),
        tries: Vec::new(),
        outs: 0,
    };
    let receiver = u16::from(method.flags & access::STATIC == 0);
    let ins = receiver + method.proto.params.iter().map(|p| width(p)).sum::<u16>();
    let mut registers = ins;
    for statement in &method.body {
        let line = statement.line;
        let at = |e: ForgeError| ForgeError::at(line, e.message);
        match &statement.op {
            Op::Label(label) => {
                assembler
                    .labels
                    .insert(label.clone(), assembler.words.len());
            }
            Op::Asm(asm) => match (asm.name.as_str(), asm.operands.as_slice()) {
                ("registers", [Part::Number(n)]) => {
                    registers = u16::try_from(*n)
                        .map_err(|_| ForgeError::at(line, "too many registers"))?;
                }
                ("try", _) => assembler.tries.push((asm.clone(), line)),
                _ => assembler.instruction(asm, line).map_err(at)?,
            },
            _ => return Err(ForgeError::at(line, "only labels go with asm lines")),
        }
    }
    assembler.payloads()?;
    assembler.jump()?;
    let tries = assembler.tries()?;
    Ok(Code {
        registers,
        ins,
        outs: assembler.outs,
        words: assembler.words,
        tries,
    })
}

impl Assembler<'_> {
    fn index(&self, part: &Part) -> Result<u16> {
        match part {
            Part::Text(text) => u16::try_from(self.tables.string(text)?)
                .map_err(|_| ForgeError::new("too many strings")),
            Part::Type(kind) => self.tables.kind(kind),
            Part::Field(field) => self.tables.field(field),
            Part::Method(method) => self.tables.method(method),
            _ => Err(ForgeError::new("a string, type or member is missing")),
        }
    }

    fn instruction(&mut self, asm: &Asm, line: usize) -> Result<()> {
        let (code, format) = opcode(&asm.name)
            .ok_or_else(|| ForgeError::new(format!("unknown instruction {:?}", asm.name)))?;
        let here = self.words.len();
        let bad = || ForgeError::new(format!("operands of {}", asm.name));
        let small = |r: &u16| if *r < 16 { Ok(*r) } else { Err(bad()) };
        let words = match (format, asm.operands.as_slice()) {
            (F10x, []) => vec![code],
            (F12x, [Part::Register(a), Part::Register(b)]) => {
                vec![code | small(a)? << 8 | small(b)? << 12]
            }
            (F11n, [Part::Register(a), Part::Number(n)]) => {
                vec![code | small(a)? << 8 | (*n as u16 & 0xf) << 12]
            }
            (F11x, [Part::Register(a)]) => vec![code | a << 8],
            (F20t, [Part::Label(label)]) => {
                self.jumps.push((here, here + 1, 1, label.clone(), line));
                vec![code, 0]
            }
            (F21t, [Part::Register(a), Part::Label(label)]) => {
                self.jumps.push((here, here + 1, 1, label.clone(), line));
                vec![code | a << 8, 0]
            }
            (F22t, [Part::Register(a), Part::Register(b), Part::Label(label)]) => {
                self.jumps.push((here, here + 1, 1, label.clone(), line));
                vec![code | small(a)? << 8 | small(b)? << 12, 0]
            }
            (F22x, [Part::Register(a), Part::Register(b)]) => vec![code | a << 8, *b],
            (F32x, [Part::Register(a), Part::Register(b)]) => vec![code, *a, *b],
            (F21s, [Part::Register(a), Part::Number(n)]) => vec![code | a << 8, *n as u16],
            (F21h, [Part::Register(a), Part::Number(n)]) => {
                vec![code | a << 8, (*n >> 16) as u16]
            }
            (F31i, [Part::Register(a), Part::Number(n)]) => {
                vec![code | a << 8, *n as u16, (*n >> 16) as u16]
            }
            (F51l, [Part::Register(a), Part::Number(n)]) => {
                let part = |shift: u32| (*n >> shift) as u16;
                vec![code | a << 8, part(0), part(16), part(32), part(48)]
            }
            (F21c, [Part::Register(a), what]) => vec![code | a << 8, self.index(what)?],
            (F23x, [Part::Register(a), Part::Register(b), Part::Register(c)]) => {
                vec![code | a << 8, b | c << 8]
            }
            (F22b, [Part::Register(a), Part::Register(b), Part::Number(n)]) => {
                vec![code | a << 8, b | (*n as u16) << 8]
            }
            (F22c, [Part::Register(a), Part::Register(b), what]) => {
                vec![code | small(a)? << 8 | small(b)? << 12, self.index(what)?]
            }
            (F31t, [Part::Register(a), ..]) => {
                self.payloads.push((here, asm.clone(), line));
                vec![code | a << 8, 0, 0]
            }
            (F35c, [Part::List(list), what]) if list.len() <= 5 => {
                let at = |i: usize| list.get(i).map_or(Ok(0), small);
                self.outs = self.outs.max(list.len() as u16);
                let count = list.len() as u16;
                let word = at(0)? | at(1)? << 4 | at(2)? << 8 | at(3)? << 12;
                vec![code | at(4)? << 8 | count << 12, self.index(what)?, word]
            }
            (F3rc, [Part::Range(from, to), what]) if from <= to => {
                let count = to - from + 1;
                self.outs = self.outs.max(count);
                vec![code | count << 8, self.index(what)?, *from]
            }
            _ => return Err(bad()),
        };
        self.words.extend(words);
        Ok(())
    }

    /// Switch tables and array data, behind the code at even places.
    fn payloads(&mut self) -> Result<()> {
        for (at, asm, line) in std::mem::take(&mut self.payloads) {
            let bad = || ForgeError::at(line, format!("operands of {}", asm.name));
            if self.words.len() % 2 == 1 {
                self.words.push(0);
            }
            let here = self.words.len();
            let distance = (here - at) as u32;
            if let Some([low, high]) = self.words.get_mut(at + 1..at + 3) {
                (*low, *high) = (distance as u16, (distance >> 16) as u16);
            }
            let operands = asm.operands.get(1..).unwrap_or_default();
            let number = |part: &Part| match part {
                Part::Number(n) => Ok(*n),
                _ => Err(bad()),
            };
            let label = |part: &Part| match part {
                Part::Label(label) => Ok(label.clone()),
                _ => Err(bad()),
            };
            let long = |n: i64| [n as u16, (n >> 16) as u16];
            let mut targets = Vec::new();
            match asm.name.as_str() {
                "packed-switch" => {
                    let (first, rest) = operands.split_first().ok_or_else(bad)?;
                    self.words.extend([0x0100, rest.len() as u16]);
                    self.words.extend(long(number(first)?));
                    for part in rest {
                        targets.push(label(part)?);
                    }
                }
                "sparse-switch" => {
                    self.words.extend([0x0200, (operands.len() / 2) as u16]);
                    for pair in operands.chunks(2) {
                        self.words.extend(long(number(&pair[0])?));
                        targets.push(label(pair.get(1).ok_or_else(bad)?)?);
                    }
                }
                _ => {
                    let (width, rest) = operands.split_first().ok_or_else(bad)?;
                    let width = number(width)?;
                    self.words.extend([0x0300, width as u16]);
                    self.words.extend(long(rest.len() as i64));
                    let mut bytes = Vec::new();
                    for part in rest {
                        let all = number(part)?.to_le_bytes();
                        bytes.extend(all.get(..width as usize).ok_or_else(bad)?);
                    }
                    for pair in bytes.chunks(2) {
                        let high = pair.get(1).copied().unwrap_or(0);
                        self.words.push(u16::from_le_bytes([pair[0], high]));
                    }
                }
            }
            for label in targets {
                self.jumps.push((at, self.words.len(), 2, label, line));
                self.words.extend([0, 0]);
            }
        }
        Ok(())
    }

    fn place(&self, label: &str, line: usize) -> Result<usize> {
        let missing = || ForgeError::at(line, format!("no label {label:?}"));
        self.labels.get(label).copied().ok_or_else(missing)
    }

    fn jump(&mut self) -> Result<()> {
        for (from, at, size, label, line) in std::mem::take(&mut self.jumps) {
            let distance = self.place(&label, line)? as i64 - from as i64;
            if size == 1 && i16::try_from(distance).is_err() {
                return Err(ForgeError::at(line, "the jump is too far"));
            }
            for (word, shift) in self.words[at..at + size].iter_mut().zip([0, 16]) {
                *word = (distance >> shift) as u16;
            }
        }
        Ok(())
    }

    /// `try start, end, handler` catches all; with a type in the end, that type.
    fn tries(&self) -> Result<Vec<Try>> {
        let mut all: Vec<Try> = Vec::new();
        for (asm, line) in &self.tries {
            let (labels, kind) = match asm.operands.as_slice() {
                [labels @ .., Part::Type(kind)] => (labels, Some(self.tables.kind(kind)?)),
                labels => (labels, None),
            };
            let [Part::Label(start), Part::Label(end), Part::Label(handler)] = labels else {
                return Err(ForgeError::at(*line, "a try has three labels"));
            };
            let start = self.place(start, *line)? as u32;
            let end = self.place(end, *line)? as u32;
            let handler = (kind, self.place(handler, *line)? as u32);
            match all.iter_mut().find(|t| t.start == start && t.end == end) {
                Some(same) => same.handlers.push(handler),
                None => all.push(Try {
                    start,
                    end,
                    handlers: vec![handler],
                }),
            }
        }
        all.sort_by_key(|t| t.start);
        Ok(all)
    }
}

#[cfg(test)]
#[path = "asm_tests.rs"]
mod tests;
