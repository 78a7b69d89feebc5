//! What one instruction does to the registers.
//!
//! AOSP "Dalvik bytecode", section "Summary of bytecode set".

use super::arena::{Arena, Id, List, Node};
use super::blocks::{Blocks, Maker};
use super::known::Known;
use super::{Constants, Value};
use crate::code::{Budget, Wanted};
use crate::dex::insn::Insn;
use crate::dex::{CodeItem, Dex, usize_of};
use crate::limits::Limits;
use std::collections::BTreeMap;

/// What is followed inside an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string builder: content is the text.
    Builder,
    /// An intent.
    Intent,
    /// An array.
    Array,
    /// Anything else: content is how it was made, which does not change.
    Plain,
}

impl Kind {
    pub(super) fn of(descriptor: &[u8]) -> Self {
        match descriptor {
            b"Ljava/lang/StringBuilder;" | b"Ljava/lang/StringBuffer;" => Self::Builder,
            b"Landroid/content/Intent;" => Self::Intent,
            [b'[', ..] => Self::Array,
            _ => Self::Plain,
        }
    }
}

/// Walks instructions over a state: the registers, then the content of each object.
pub(super) struct Machine<'m, 'a> {
    pub(super) dex: &'m Dex<'a>,
    pub(super) code: &'m CodeItem<'a>,
    pub(super) blocks: &'m Blocks,
    pub(super) kinds: Vec<Kind>,
    pub(super) limits: &'m Limits,
    pub(super) wanted: &'m Wanted,
    pub(super) known: &'m mut Known,
    pub(super) constants: &'m mut dyn Constants,
    pub(super) budget: &'m mut Budget,
    pub(super) arena: Arena,
    pub(super) registers: usize,
    pub(super) state: Vec<Id>,
    /// Places of the state that were written since they were last looked at.
    pub(super) dirty: Vec<u32>,
    /// Objects that got out of sight in this instruction: also for the handlers of its own exception.
    pub(super) lost: Vec<u32>,
    /// What the last call gave.
    pub(super) pending: Id,
    /// A register outside the frame was named, or a call does not fit its prototype.
    pub(super) is_broken: bool,
    /// Something was written into an array that is out of sight.
    pub(super) wrote_unseen: bool,
    fields: BTreeMap<u32, Id>,
    pub(super) words: Vec<u16>,
    pub(super) arguments: Vec<(Id, u8)>,
}

impl<'m, 'a> Machine<'m, 'a> {
    #[allow(
        clippy::too_many_arguments,
        reason = "the parts are borrowed one by one"
    )]
    pub(super) fn new(
        dex: &'m Dex<'a>,
        code: &'m CodeItem<'a>,
        blocks: &'m Blocks,
        limits: &'m Limits,
        wanted: &'m Wanted,
        known: &'m mut Known,
        constants: &'m mut dyn Constants,
        budget: &'m mut Budget,
    ) -> Self {
        let kind = |maker: &Maker| {
            let descriptor = dex.type_descriptor_bytes(maker.class);
            Kind::of(descriptor.unwrap_or_default())
        };
        let kinds: Vec<Kind> = blocks.makers.iter().map(kind).collect();
        let registers = usize::from(code.registers);
        Self {
            dex,
            code,
            blocks,
            limits,
            wanted,
            known,
            constants,
            budget,
            arena: Arena::new(limits.value_alternatives, limits.value_depth),
            registers,
            state: Self::start(registers, kinds.len()),
            kinds,
            dirty: Vec::new(),
            lost: Vec::new(),
            pending: Id::UNKNOWN,
            is_broken: false,
            wrote_unseen: false,
            fields: BTreeMap::new(),
            words: Vec::new(),
            arguments: Vec::new(),
        }
    }

    fn start(registers: usize, objects: usize) -> Vec<Id> {
        let mut state = vec![Id::UNDEFINED; registers];
        state.resize(registers.saturating_add(objects), Id::ABSENT);
        state
    }

    /// Puts receiver and parameters into the last registers (section "code_item", `ins_size`).
    /// `shorty` is that of the method: the result first.
    pub(super) fn enter(&mut self, shorty: &[u8]) {
        let parameters = shorty.get(1..).unwrap_or_default();
        let wide = |letter: &u8| matches!(letter, b'J' | b'D');
        let words = parameters.iter().fold(0usize, |sum, p| {
            sum.saturating_add(if wide(p) { 2 } else { 1 })
        });
        let ins = usize::from(self.code.ins);
        let (Some(mut at), true) = (
            self.registers.checked_sub(ins),
            ins == words || ins == words.saturating_add(1),
        ) else {
            self.is_broken = true;
            return;
        };
        if ins > words {
            let this = self.arena.node(Node::This);
            self.write(at, this);
            at = at.saturating_add(1);
        }
        for (number, letter) in (0u32..).zip(parameters) {
            let value = self.arena.node(Node::Parameter(number));
            self.write(at, value);
            at = at.saturating_add(1);
            if wide(letter) {
                self.write(at, Id::HIGH);
                at = at.saturating_add(1);
            }
        }
    }

    /// Writes a place of the state.
    fn write(&mut self, at: usize, value: Id) {
        if let Some(slot) = self.state.get_mut(at)
            && *slot != value
        {
            *slot = value;
            self.dirty.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn read(&mut self, register: u16) -> Id {
        let register = usize::from(register);
        match self.state.get(register) {
            Some(&id) if register < self.registers => id,
            _ => {
                self.is_broken = true;
                Id::UNKNOWN
            }
        }
    }

    pub(super) fn read_wide(&mut self, register: u16) -> Id {
        let low = self.read(register);
        match self.read(register.saturating_add(1)) {
            Id::HIGH => low,
            _ => Id::NUMBER,
        }
    }

    /// Writes one register. A pair of which it was one half is no longer there.
    pub(super) fn set(&mut self, register: u16, value: Id) {
        let old = self.read(register);
        let at = usize::from(register);
        if old == Id::HIGH
            && let Some(low) = at.checked_sub(1)
        {
            self.write(low, Id::UNDEFINED);
        }
        let next = at.saturating_add(1);
        if next < self.registers && self.state.get(next) == Some(&Id::HIGH) {
            self.write(next, Id::UNDEFINED);
        }
        if at < self.registers {
            self.write(at, value);
        }
    }

    pub(super) fn set_wide(&mut self, register: u16, value: Id) {
        let next = register.saturating_add(1);
        self.set(next, Id::UNDEFINED);
        self.set(register, value);
        if usize::from(next) < self.registers {
            self.write(usize::from(next), Id::HIGH);
        }
    }

    pub(super) fn kind(&self, object: u32) -> Kind {
        let kind = self.kinds.get(usize_of(object));
        kind.copied().unwrap_or(Kind::Plain)
    }

    fn place(&self, object: u32) -> usize {
        self.registers.saturating_add(usize_of(object))
    }

    /// What an object of this method holds.
    pub(super) fn content(&self, object: u32) -> Id {
        let content = self.state.get(self.place(object));
        content.copied().unwrap_or(Id::UNKNOWN)
    }

    pub(super) fn set_content(&mut self, object: u32, content: Id) {
        self.write(self.place(object), content);
    }

    /// The object that a value is, if it can only be that one.
    pub(super) fn object(&self, value: Id) -> Option<u32> {
        match self.arena.get(value) {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Other code has got hold of a value: what it holds is unknown from now on.
    pub(super) fn escape(&mut self, value: Id) {
        if !self.arena.has_object(value) {
            return;
        }
        for alternative in self.arena.alternatives(&value).to_vec() {
            if let Some(object) = self.object(alternative)
                && self.kind(object) != Kind::Plain
                && self.content(object) != Id::UNKNOWN
            {
                self.set_content(object, Id::UNKNOWN);
                self.lost.push(object);
            }
        }
    }

    /// A value as it is now, to be kept inside another one.
    pub(super) fn snapshot(&mut self, value: Id) -> Id {
        if !self.arena.has_object(value) {
            return value;
        }
        let mut all = self.arena.alternatives(&value).to_vec();
        for id in &mut all {
            if let Some(object) = self.object(*id) {
                let content = match self.content(object) {
                    Id::UNDEFINED | Id::ABSENT => Id::UNKNOWN,
                    content => content,
                };
                *id = self.arena.node(Node::Snapshot(object, content));
            }
        }
        if all.contains(&Id::UNKNOWN) {
            return Id::UNKNOWN;
        }
        self.arena.one_of(all)
    }

    /// The object that the instruction at `unit` makes. The one it made before, if it was run
    /// already, is another object, of which nothing is known any more.
    pub(super) fn make(&mut self, unit: u32, content: Id) -> Id {
        let found = self
            .blocks
            .makers
            .binary_search_by_key(&unit, |maker| maker.unit);
        let Some(object) = found.ok().and_then(|at| u32::try_from(at).ok()) else {
            return Id::UNKNOWN;
        };
        let id = self.arena.node(Node::Object(object));
        if id == Id::UNKNOWN {
            return id;
        }
        if self.content(object) != Id::ABSENT {
            self.budget
                .take(u64::try_from(self.registers >> 4).unwrap_or(u64::MAX));
            for register in 0..self.registers {
                let value = self.state.get(register).copied().unwrap_or(Id::UNKNOWN);
                if self.arena.alternatives(&value).contains(&id) {
                    self.escape(value);
                    self.write(register, Id::UNKNOWN);
                }
            }
        }
        self.set_content(object, content);
        id
    }

    /// A value made of others; unknown if there is no room.
    pub(super) fn compose(&mut self, parts: &mut [Id], make: impl Fn(List) -> Node) -> Id {
        match self.arena.make_list(parts) {
            Some(list) => self.arena.node(make(list)),
            None => Id::UNKNOWN,
        }
    }

    /// The first value of a static field that may change.
    pub(super) fn initial(&mut self, field: u32) -> Option<Value> {
        self.constants.initial(self.dex, field, self.budget)
    }

    /// What a static field holds.
    fn static_field(&mut self, field: u32) -> Id {
        if let Some(&id) = self.fields.get(&field) {
            return id;
        }
        let id = match self.constants.constant(self.dex, field, self.budget) {
            Some(value) => self.arena.import(&value),
            None => self.arena.node(Node::Field(field)),
        };
        self.fields.insert(field, id);
        id
    }

    /// Carries out one instruction.
    pub(super) fn step(&mut self, insn: &Insn<'a>) {
        let opcode = insn.opcode;
        let mut registers = insn.registers();
        // Instructions that read and write registers have one in front; others do not look at it.
        let mut next = || registers.next().unwrap_or_default();
        match opcode {
            0x01..=0x03 | 0x07..=0x09 => {
                let (to, from) = (next(), next());
                let value = self.read(from);
                self.set(to, value);
            }
            0x04..=0x06 => {
                let (to, from) = (next(), next());
                let value = self.read_wide(from);
                self.set_wide(to, value);
            }
            0x0a | 0x0c => self.set(next(), self.pending),
            0x0b => self.set_wide(next(), self.pending),
            0x0d => self.set(next(), Id::UNKNOWN),
            0x12..=0x15 => {
                let value = self.arena.int(insn.literal().unwrap_or_default());
                self.set(next(), value);
            }
            0x16..=0x19 => {
                let value = self.arena.int(insn.literal().unwrap_or_default());
                self.set_wide(next(), value);
            }
            0x1a..=0x1c => {
                let index = insn.index().unwrap_or_default();
                let value = self.arena.node(match opcode {
                    0x1c => Node::Class(index),
                    _ => Node::String(index),
                });
                self.set(next(), value);
            }
            0x20 | 0x21 | 0x2d..=0x31 => self.set(next(), Id::NUMBER),
            0x22 => {
                let value = self.make(insn.offset, Id::UNDEFINED);
                self.set(next(), value);
            }
            0x23..=0x26 | 0x44..=0x51 => self.array(insn),
            0x52..=0x6d => self.field(insn),
            0x6e..=0x72 | 0x74..=0x78 | 0xfa..=0xfd => {
                self.invoke(insn);
                return;
            }
            0x7d | 0x7e | 0x80 | 0x81 | 0x83 | 0x86 | 0x88 | 0x89 | 0x8b => {
                self.set_wide(next(), Id::NUMBER);
            }
            0x7b..=0x8f => self.set(next(), Id::NUMBER),
            0x9b..=0xa5 | 0xab..=0xaf | 0xbb..=0xc5 | 0xcb..=0xcf => {
                self.set_wide(next(), Id::NUMBER);
            }
            0x90..=0xe2 => self.set(next(), Id::NUMBER),
            0xfe | 0xff => self.set(next(), Id::UNKNOWN),
            // What is left writes no register; the ones it reads have to be there.
            _ => {
                for register in insn.registers() {
                    self.read(register);
                }
            }
        }
        if !matches!(opcode, 0x24 | 0x25) {
            self.pending = Id::UNKNOWN;
        }
    }

    fn field(&mut self, insn: &Insn<'a>) {
        let index = insn.index().unwrap_or_default();
        let mut registers = insn.registers();
        let value = registers.next().unwrap_or_default();
        let object = registers.next();
        if let Some(object) = object {
            self.read(object);
        }
        let is_wide = matches!(insn.opcode, 0x53 | 0x5a | 0x61 | 0x68);
        match insn.opcode {
            0x52..=0x58 | 0x60..=0x66 => {
                let id = match object {
                    Some(_) => self.arena.node(Node::Field(index)),
                    None => self.static_field(index),
                };
                if is_wide {
                    self.set_wide(value, id);
                } else {
                    self.set(value, id);
                }
            }
            _ => {
                let id = self.read(value);
                self.escape(id);
            }
        }
    }
}
