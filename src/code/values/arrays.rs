//! Instructions about arrays.

use super::Value;
use super::arena::{Id, List, Node};
use super::machine::Machine;
use crate::dex::insn::Insn;
use crate::dex::usize_of;

impl<'a> Machine<'_, 'a> {
    pub(super) fn array(&mut self, insn: &Insn<'a>) {
        let mut registers = insn.registers();
        let mut next = || registers.next().unwrap_or_default();
        match insn.opcode {
            0x23 => {
                let (to, size) = (next(), next());
                let size = self.read(size);
                let content = self.zeros(size);
                let array = self.make(insn.offset, content);
                self.set(to, array);
            }
            0x24 | 0x25 => {
                let mut elements = Vec::new();
                for register in registers {
                    let value = self.read(register);
                    elements.push(self.snapshot(value));
                    self.escape(value);
                }
                let content = self.compose(&mut elements, Node::Array);
                self.pending = self.make(insn.offset, content);
            }
            0x26 => {
                let array = self.read(next());
                self.fill(insn, array);
            }
            0x44..=0x4a => {
                let (to, array, index) = (next(), next(), next());
                let (array, index) = (self.read(array), self.read(index));
                let is_number = insn.opcode != 0x46;
                let value = match self.element(array, index) {
                    Id::UNKNOWN if is_number => Id::NUMBER,
                    value => value,
                };
                if insn.opcode == 0x45 {
                    self.set_wide(to, value);
                } else {
                    self.set(to, value);
                }
            }
            _ => {
                let (value, array, index) = (next(), next(), next());
                let (array, index) = (self.read(array), self.read(index));
                let value = match insn.opcode {
                    0x4c => self.read_wide(value),
                    _ => self.read(value),
                };
                self.put(array, index, value);
            }
        }
    }

    /// Content of a new array.
    fn zeros(&mut self, size: Id) -> Id {
        match self.arena.get(size) {
            Node::Int(size) => match u32::try_from(size) {
                Ok(size) if size <= self.limits.value_elements => {
                    let mut all = vec![Id::ZERO; usize_of(size)];
                    self.compose(&mut all, Node::Array)
                }
                _ => Id::UNKNOWN,
            },
            _ => Id::UNKNOWN,
        }
    }

    fn fill(&mut self, insn: &Insn<'a>, array: Id) {
        let elements = self.elements(array);
        let (Some(object), Some(elements)) = (self.object(array), elements) else {
            self.unseen(array);
            return;
        };
        let mut all = self.arena.list(elements).to_vec();
        let class = self.blocks.makers.get(usize_of(object));
        let class = class.and_then(|maker| self.dex.type_descriptor_bytes(maker.class).ok());
        let is_char = class == Some(b"[C");
        let data = insn.array_data(self.code.units());
        let Ok((width @ (1 | 2 | 4 | 8), data)) = data else {
            self.is_broken = true;
            return;
        };
        for (slot, bytes) in all.iter_mut().zip(data.chunks_exact(usize::from(width))) {
            *slot = self.arena.int(number(bytes, is_char));
        }
        let content = self.compose(&mut all, Node::Array);
        self.set_content(object, content);
    }

    /// The elements of an array that is one known object.
    fn elements(&self, array: Id) -> Option<List> {
        let content = match self.arena.get(array) {
            Node::Object(object) => self.content(object),
            Node::Snapshot(_, content) => content,
            _ => return None,
        };
        match self.arena.get(content) {
            Node::Array(list) => Some(list),
            _ => None,
        }
    }

    /// What may be at `index`; any of the elements if that is not known.
    fn element(&mut self, array: Id, index: Id) -> Id {
        let index = match self.arena.get(index) {
            Node::Int(index) => usize::try_from(index).ok(),
            _ => None,
        };
        let mut found: Option<Id> = None;
        for array in self.arena.alternatives(&array).to_vec() {
            if array == Id::ZERO {
                continue; // null: an exception
            }
            let all: Vec<Id> = if let Some(list) = self.elements(array) {
                self.arena.list(list).to_vec()
            } else {
                match self.imported(array) {
                    Some(all) => all,
                    None => return Id::UNKNOWN,
                }
            };
            self.budget
                .take(u64::try_from(all.len()).unwrap_or(u64::MAX));
            let chosen = match index {
                // Outside: an exception; nothing is read.
                Some(index) => all.get(index..).unwrap_or_default().get(..1),
                None => Some(all.as_slice()),
            };
            for &id in chosen.unwrap_or_default() {
                found = Some(match found {
                    Some(before) => self.arena.join(before, id),
                    None => id,
                });
            }
        }
        found.unwrap_or(Id::UNKNOWN)
    }

    /// The elements of an array that a field holds.
    fn imported(&mut self, array: Id) -> Option<Vec<Id>> {
        let Node::Constant(number) = self.arena.get(array) else {
            return None;
        };
        let Value::Array {
            elements: Some(elements),
            ..
        } = self.arena.constant(number)?
        else {
            return None;
        };
        let elements = elements.clone();
        let import = |element: &super::Possible| {
            if element.more {
                return Id::UNKNOWN;
            }
            let all: Vec<Id> = element
                .values
                .iter()
                .map(|value| self.arena.import(value))
                .collect();
            if all.contains(&Id::UNKNOWN) {
                Id::UNKNOWN
            } else {
                self.arena.one_of(all)
            }
        };
        Some(elements.iter().map(import).collect())
    }

    fn put(&mut self, array: Id, index: Id, value: Id) {
        let kept = self.snapshot(value);
        self.escape(value);
        let (Some(object), Some(list)) = (self.object(array), self.elements(array)) else {
            self.unseen(array);
            return;
        };
        let Node::Int(index) = self.arena.get(index) else {
            self.unseen(array);
            return;
        };
        let mut all = self.arena.list(list).to_vec();
        self.budget
            .take(u64::try_from(all.len() >> 4).unwrap_or(u64::MAX));
        // Outside: an exception; nothing is written.
        if let Some(slot) = usize::try_from(index).ok().and_then(|at| all.get_mut(at)) {
            *slot = kept;
            let content = self.compose(&mut all, Node::Array);
            self.set_content(object, content);
        }
    }

    /// Something unknown was written into what may be this array.
    fn unseen(&mut self, array: Id) {
        self.wrote_unseen = true;
        self.escape(array);
    }
}

/// A little-endian number of 1, 2, 4 or 8 bytes.
fn number(bytes: &[u8], is_char: bool) -> i64 {
    match *bytes {
        [a] => i64::from(i8::from_le_bytes([a])),
        [a, b] if is_char => i64::from(u16::from_le_bytes([a, b])),
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}
