//! From statements to instructions (Dalvik bytecode reference).
//!
//! Named values keep their register for the whole method; literals get the
//! registers behind them for one statement. Parameters stand at the top, as the
//! format wants; how many registers are below them is found by trying again
//! with more until all fit.

use super::model::{CallKind, FieldRef, Method, MethodRef, Op, Operand, Statement, access, width};
use super::tables::Tables;
use crate::forge::{ForgeError, Result};
use std::collections::BTreeMap;

/// The code of one method (DEX format, `code_item`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// All registers.
    pub registers: u16,
    /// Registers of the parameters.
    pub ins: u16,
    /// Registers for the arguments of the widest call.
    pub outs: u16,
    /// Instruction words.
    pub words: Vec<u16>,
    /// Ranges with handlers, sorted.
    pub tries: Vec<Try>,
}

/// A range of instruction words and its handlers (DEX format, `try_item`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Try {
    /// First word.
    pub start: u32,
    /// Word behind the last.
    pub end: u32,
    /// Type (`None` for all) and place of each handler.
    pub handlers: Vec<(Option<u16>, u32)>,
}

/// A register and what it holds.
#[derive(Clone, Copy)]
struct Slot {
    register: u16,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Wide,
    Object,
}

impl Shape {
    fn of(kind: &str) -> Self {
        match kind.as_bytes().first() {
            Some(b'L' | b'[') => Self::Object,
            Some(b'J' | b'D') => Self::Wide,
            _ => Self::Plain,
        }
    }

    fn width(self) -> u16 {
        if self == Self::Wide { 2 } else { 1 }
    }

    /// `base` is the plain variant; the wide and the object variant follow it.
    fn variant(self, base: u16) -> u16 {
        base + match self {
            Self::Plain => 0,
            Self::Wide => 1,
            Self::Object => 2,
        }
    }
}

/// Assembles one method of `class`.
pub(super) fn assemble(class: &str, method: &Method, tables: &Tables) -> Result<Code> {
    if method.body.iter().any(|s| matches!(s.op, Op::Asm(_))) {
        return super::asm::assemble(method, tables);
    }
    let receiver = u16::from(method.flags & access::STATIC == 0);
    let ins = receiver + method.proto.params.iter().map(|p| width(p)).sum::<u16>();
    let mut locals = 0;
    loop {
        let mut assembler = Assembler::new(tables, method, class, locals);
        assembler.run(&method.body)?;
        if assembler.high <= locals {
            assembler.jump()?;
            return Ok(Code {
                registers: locals + ins,
                ins,
                outs: assembler.outs,
                words: assembler.words,
                tries: Vec::new(),
            });
        }
        // It only grows: more registers below the parameters never need fewer copies.
        locals = assembler.high;
    }
}

struct Assembler<'a> {
    tables: &'a Tables,
    words: Vec<u16>,
    names: BTreeMap<String, Slot>,
    labels: BTreeMap<String, usize>,
    jumps: Vec<(usize, String, usize)>,
    /// First register that no name holds.
    free: u16,
    /// Next register for a literal.
    next: u16,
    /// Most registers in use at one time.
    high: u16,
    outs: u16,
    line: usize,
    returns: &'a str,
}

impl<'a> Assembler<'a> {
    fn new(tables: &'a Tables, method: &'a Method, class: &str, locals: u16) -> Self {
        let mut names = BTreeMap::new();
        let mut register = locals;
        if method.flags & access::STATIC == 0 {
            names.insert(
                "this".to_owned(),
                Slot {
                    register,
                    shape: Shape::of(class),
                },
            );
            register += 1;
        }
        for (at, kind) in method.proto.params.iter().enumerate() {
            names.insert(
                format!("p{at}"),
                Slot {
                    register,
                    shape: Shape::of(kind),
                },
            );
            register += width(kind);
        }
        Self {
            tables,
            words: Vec::new(),
            names,
            labels: BTreeMap::new(),
            jumps: Vec::new(),
            free: 0,
            next: 0,
            high: 0,
            outs: 0,
            line: method.line,
            returns: &method.proto.returns,
        }
    }

    fn error(&self, message: impl Into<String>) -> ForgeError {
        ForgeError::at(self.line, message)
    }

    fn run(&mut self, body: &[Statement]) -> Result<()> {
        for statement in body {
            self.line = statement.line;
            self.next = self.free;
            self.statement(statement)?;
        }
        let ends = |s: &Statement| {
            matches!(
                s.op,
                Op::Return(_) | Op::Throw(_) | Op::Goto(_) | Op::Raw(_)
            )
        };
        if !body.last().is_some_and(ends) {
            self.next = self.free;
            self.give_back(None)?;
        }
        Ok(())
    }

    /// Fills in the distances of jumps.
    fn jump(&mut self) -> Result<()> {
        for (at, label, line) in std::mem::take(&mut self.jumps) {
            let missing = || ForgeError::at(line, format!("no label {label:?}"));
            let target = *self.labels.get(&label).ok_or_else(missing)?;
            let distance = i16::try_from(target as i64 - at as i64)
                .map_err(|_| ForgeError::at(line, "the jump is too far"))?;
            if let Some(word) = self.words.get_mut(at + 1) {
                *word = distance as u16;
            }
        }
        Ok(())
    }

    fn emit(&mut self, words: &[u16]) {
        self.words.extend_from_slice(words);
    }

    /// A fresh register for this statement.
    fn fresh(&mut self, shape: Shape) -> Result<u16> {
        let register = self.next;
        self.next += shape.width();
        self.high = self.high.max(self.next);
        // Most instructions name a register in 8 bits.
        if self.next > 0xff {
            Err(self.error("too many values for one method"))
        } else {
            Ok(register)
        }
    }

    /// A register that keeps `name` from here on; a name that is there already keeps its register.
    fn keep(&mut self, name: &str, shape: Shape) -> Result<u16> {
        if matches!(name, "null" | "true" | "false" | "class") {
            return Err(self.error(format!("{name} is taken")));
        }
        if let Some(slot) = self.names.get(name) {
            let same = slot.shape == shape;
            return if same {
                Ok(slot.register)
            } else {
                Err(self.error(format!("{name} has another type")))
            };
        }
        let register = self.free;
        self.free += shape.width();
        self.next = self.next.max(self.free);
        self.high = self.high.max(self.next);
        self.names.insert(name.to_owned(), Slot { register, shape });
        Ok(register)
    }

    /// Where the result of a statement goes: under its name, or nowhere in particular.
    /// Literals that an instruction has used up may be overwritten.
    fn target(&mut self, name: Option<&str>, shape: Shape) -> Result<u16> {
        match name {
            Some(name) => self.keep(name, shape),
            None => self.fresh(shape),
        }
    }

    /// The value in a register, loaded there if it is a literal.
    fn load(&mut self, operand: &Operand) -> Result<Slot> {
        let shape = match operand {
            Operand::Name(name) => {
                let slot = self.names.get(name).copied();
                return slot.ok_or_else(|| self.error(format!("no value is called {name}")));
            }
            Operand::Int(_) => Shape::Plain,
            Operand::Long(_) => Shape::Wide,
            Operand::Text(_) | Operand::Null | Operand::Class(_) => Shape::Object,
        };
        let register = self.fresh(shape)?;
        self.load_into(operand, register)?;
        Ok(Slot { register, shape })
    }

    fn load_into(&mut self, operand: &Operand, register: u16) -> Result<()> {
        match operand {
            Operand::Name(_) => return Err(self.error("a value cannot be renamed")),
            Operand::Text(text) => {
                let index = self.tables.string(text)?;
                match u16::try_from(index) {
                    Ok(short) => self.emit(&[0x1a | register << 8, short]),
                    Err(_) => {
                        self.emit(&[0x1b | register << 8, index as u16, (index >> 16) as u16])
                    }
                }
            }
            Operand::Null => self.number(register, 0),
            Operand::Int(number) => self.number(register, *number),
            Operand::Long(number) => {
                let n = *number;
                let part = |shift: u32| (n >> shift) as u16;
                if i16::try_from(n).is_ok() {
                    self.emit(&[0x16 | register << 8, part(0)]);
                } else if i32::try_from(n).is_ok() {
                    self.emit(&[0x17 | register << 8, part(0), part(16)]);
                } else {
                    self.emit(&[0x18 | register << 8, part(0), part(16), part(32), part(48)]);
                }
            }
            Operand::Class(kind) => {
                let index = self.tables.kind(kind)?;
                self.emit(&[0x1c | register << 8, index]);
            }
        }
        Ok(())
    }

    fn number(&mut self, register: u16, number: i32) {
        if (-8..8).contains(&number) && register < 16 {
            self.emit(&[0x12 | register << 8 | (number as u16 & 0xf) << 12]);
        } else if i16::try_from(number).is_ok() {
            self.emit(&[0x13 | register << 8, number as u16]);
        } else {
            self.emit(&[0x14 | register << 8, number as u16, (number >> 16) as u16]);
        }
    }

    /// The zero of a type.
    fn zero(&mut self, shape: Shape) -> Result<Slot> {
        match shape {
            Shape::Wide => self.load(&Operand::Long(0)),
            Shape::Plain => self.load(&Operand::Int(0)),
            Shape::Object => self.load(&Operand::Null),
        }
    }

    /// The same value in a register that 4 bits can name.
    fn low(&mut self, slot: Slot) -> Result<u16> {
        if slot.register < 16 {
            return Ok(slot.register);
        }
        let register = self.fresh(slot.shape)?;
        if register > 15 {
            return Err(self.error("too many named values before this statement"));
        }
        self.copy(register, slot);
        Ok(register)
    }

    /// `move*/from16`: plain 0x02, wide 0x05, object 0x08.
    fn copy(&mut self, to: u16, from: Slot) {
        let op = match from.shape {
            Shape::Plain => 0x02,
            Shape::Wide => 0x05,
            Shape::Object => 0x08,
        };
        self.emit(&[op | to << 8, from.register]);
    }

    fn call(
        &mut self,
        kind: CallKind,
        method: &MethodRef,
        on: Option<Slot>,
        with: Option<&[Operand]>,
    ) -> Result<()> {
        let mut slots: Vec<Slot> = on.into_iter().collect();
        let params = &method.proto.params;
        if let Some(with) = with
            && with.len() != params.len()
        {
            return Err(self.error(format!(
                "{} parameters, {} arguments",
                params.len(),
                with.len()
            )));
        }
        for (at, param) in params.iter().enumerate() {
            let shape = Shape::of(param);
            let slot = match with.and_then(|w| w.get(at)) {
                None => self.zero(shape)?,
                Some(Operand::Int(n)) if shape == Shape::Wide => {
                    self.load(&Operand::Long(i64::from(*n)))?
                }
                Some(operand) => self.load(operand)?,
            };
            // Zero is null: an int constant may stand for an object.
            if (slot.shape == Shape::Wide) != (shape == Shape::Wide) {
                return Err(self.error(format!("argument {at} does not fit {param}")));
            }
            slots.push(slot);
        }
        let code = 0x6e
            + match kind {
                CallKind::Virtual => 0,
                CallKind::Super => 1,
                CallKind::Direct => 2,
                CallKind::Static => 3,
                CallKind::Interface => 4,
            };
        let index = self.tables.method(method)?;
        let registers = |slots: &[Slot]| -> Vec<u16> {
            slots
                .iter()
                .flat_map(|s| s.register..s.register + s.shape.width())
                .collect()
        };
        let mut all = registers(&slots);
        self.outs = self.outs.max(all.len() as u16);
        if all.len() <= 5 && all.iter().all(|&r| r < 16) {
            let at = |i: usize| all.get(i).copied().unwrap_or(0);
            let count = all.len() as u16;
            let word = at(0) | at(1) << 4 | at(2) << 8 | at(3) << 12;
            self.emit(&[code | at(4) << 8 | count << 12, index, word]);
            return Ok(());
        }
        if all.windows(2).any(|w| w[0] + 1 != w[1]) {
            let mut copies = Vec::new();
            for slot in slots {
                let register = self.fresh(slot.shape)?;
                self.copy(register, slot);
                copies.push(Slot { register, ..slot });
            }
            all = registers(&copies);
        }
        let first = all.first().copied().unwrap_or(0);
        self.emit(&[(code + 6) | (all.len() as u16) << 8, index, first]);
        Ok(())
    }

    fn strings(&mut self, all: &[String], name: Option<&str>) -> Result<()> {
        let array = self.target(name, Shape::Object)?;
        self.next = self.next.max(self.free);
        let size = self.fresh(Shape::Plain)?;
        if array.max(size) > 15 {
            return Err(self.error("too many named values before this statement"));
        }
        self.number(size, all.len() as i32);
        let kind = self.tables.kind("[Ljava/lang/String;")?;
        self.emit(&[0x23 | array << 8 | size << 12, kind]);
        let text = self.fresh(Shape::Object)?;
        for (at, string) in all.iter().enumerate() {
            self.load_into(&Operand::Text(string.clone()), text)?;
            self.number(size, at as i32);
            self.emit(&[0x4d | text << 8, array | size << 8]);
        }
        Ok(())
    }

    /// `op` reads or writes the plain variant of a static field, `op` minus 0x0e that of an instance field.
    fn field(
        &mut self,
        op: u16,
        field: &FieldRef,
        on: Option<&Operand>,
        value: Slot,
    ) -> Result<()> {
        let variant = match field.kind.as_str() {
            "I" | "F" => 0,
            "J" | "D" => 1,
            "Z" => 3,
            "B" => 4,
            "C" => 5,
            "S" => 6,
            _ => 2,
        };
        let index = self.tables.field(field)?;
        match on {
            None => self.emit(&[(op + variant) | value.register << 8, index]),
            Some(object) => {
                let object = self.load(object)?;
                let object = self.low(object)?;
                let value = self.low(value)?;
                self.emit(&[(op - 0x0e + variant) | value << 8 | object << 12, index]);
            }
        }
        Ok(())
    }

    fn give_back(&mut self, value: Option<&Operand>) -> Result<()> {
        if self.returns == "V" {
            return match value {
                None => {
                    self.emit(&[0x0e]);
                    Ok(())
                }
                Some(_) => Err(self.error("a void method returns nothing")),
            };
        }
        let slot = match value {
            Some(value) => self.load(value)?,
            None => self.zero(Shape::of(self.returns))?,
        };
        self.emit(&[slot.shape.variant(0x0f) | slot.register << 8]);
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<()> {
        let name = statement.result.as_deref();
        match &statement.op {
            Op::Load(operand) => {
                let shape = match operand {
                    Operand::Int(_) => Shape::Plain,
                    Operand::Long(_) => Shape::Wide,
                    _ => Shape::Object,
                };
                let register = self.target(name, shape)?;
                self.load_into(operand, register)?;
            }
            Op::Strings(all) => self.strings(all, name)?,
            Op::Call {
                kind,
                method,
                on,
                with,
            } => {
                let on = match (kind, on) {
                    (CallKind::Static, _) => None,
                    (_, Some(on)) => Some(self.load(on)?),
                    (_, None) => Some(self.zero(Shape::Object)?),
                };
                self.call(*kind, method, on, with.as_deref())?;
                if name.is_some() {
                    let shape = Shape::of(&method.proto.returns);
                    let register = self.target(name, shape)?;
                    self.emit(&[shape.variant(0x0a) | register << 8]);
                }
            }
            Op::New { class, init } => {
                let register = self.target(name, Shape::Object)?;
                self.next = self.next.max(self.free);
                let index = self.tables.kind(class)?;
                self.emit(&[0x22 | register << 8, index]);
                if let Some((method, with)) = init {
                    let on = Slot {
                        register,
                        shape: Shape::Object,
                    };
                    self.call(CallKind::Direct, method, Some(on), with.as_deref())?;
                }
            }
            Op::Get(field, on) => {
                let shape = Shape::of(&field.kind);
                let register = self.target(name, shape)?;
                self.next = self.next.max(self.free);
                if on.is_some() && register > 15 {
                    return Err(self.error("too many named values before this statement"));
                }
                self.field(0x60, field, on.as_ref(), Slot { register, shape })?;
            }
            Op::Put(field, on, value) => {
                let value = self.load(value)?;
                self.field(0x67, field, on.as_ref(), value)?;
            }
            Op::Cast(value, kind) => {
                let slot = self.load(value)?;
                let index = self.tables.kind(kind)?;
                self.emit(&[0x1f | slot.register << 8, index]);
            }
            Op::Return(value) => self.give_back(value.as_ref())?,
            Op::Throw(value) => {
                let slot = self.load(value)?;
                self.emit(&[0x27 | slot.register << 8]);
            }
            Op::Label(label) => {
                if self
                    .labels
                    .insert(label.clone(), self.words.len())
                    .is_some()
                {
                    return Err(self.error(format!("a second label {label:?}")));
                }
            }
            Op::Goto(label) => {
                self.jumps
                    .push((self.words.len(), label.clone(), self.line));
                self.emit(&[0x29, 0]);
            }
            Op::If(zero, value, label) => {
                let slot = self.load(value)?;
                self.jumps
                    .push((self.words.len(), label.clone(), self.line));
                let op = if *zero { 0x38 } else { 0x39 };
                self.emit(&[op | slot.register << 8, 0]);
            }
            Op::Raw(words) => self.emit(words),
            Op::Asm(_) => return Err(self.error("asm lines stand alone")),
        }
        Ok(())
    }
}
