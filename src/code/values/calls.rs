//! What a call does to the values it is given.

use super::arena::{Id, Node};
use super::known::Effect;
use super::machine::{Kind, Machine};
use crate::dex::insn::Insn;
use crate::dex::usize_of;

/// Positions in the content of an intent.
const DATA: usize = 1;
const COMPONENT: usize = 2;

fn is_static(opcode: u8) -> bool {
    matches!(opcode, 0x71 | 0x77)
}

impl<'a> Machine<'_, 'a> {
    /// Collects the arguments of a call, receiver first, each with the short form of its
    /// type; the type of the result is given back. `None` if the registers do not fit.
    pub(super) fn take_arguments(&mut self, insn: &Insn<'a>) -> Option<u8> {
        self.arguments.clear();
        self.words.clear();
        self.words.extend(insn.registers());
        let dex = self.dex;
        let method = insn.index()?;
        let proto = match insn.proto_index() {
            Some(proto) => proto,
            None => dex.method(method).ok()?.proto,
        };
        let shorty = dex.name_bytes(dex.proto(proto).ok()?.shorty).ok()?;
        self.budget.take_text(shorty.len());
        let (&result, parameters) = shorty.split_first()?;
        let mut at = 0usize;
        if !is_static(insn.opcode) {
            let value = self.read(*self.words.first()?);
            self.arguments.push((value, b'L'));
            at = 1;
        }
        for &letter in parameters {
            let register = *self.words.get(at)?;
            let value = if matches!(letter, b'J' | b'D') {
                let second = *self.words.get(at.checked_add(1)?)?;
                at = at.checked_add(2)?;
                // Halves that are not neighbours make no value.
                if register.checked_add(1) == Some(second) {
                    self.read_wide(register)
                } else {
                    return None;
                }
            } else {
                at = at.checked_add(1)?;
                self.read(register)
            };
            self.arguments.push((value, letter));
        }
        (at == self.words.len()).then_some(result)
    }

    /// Whether the instruction behind `insn` takes its result.
    fn is_result_taken(&self, insn: &Insn<'a>) -> bool {
        let next = usize_of(insn.offset).saturating_add(insn.units().len());
        let unit = self.code.units().get(next);
        unit.is_some_and(|unit| matches!(unit, [0x0a..=0x0c, _]))
    }

    pub(super) fn invoke(&mut self, insn: &Insn<'a>) {
        self.pending = Id::UNKNOWN;
        if matches!(insn.opcode, 0xfc | 0xfd) {
            for register in insn.registers() {
                let value = self.read(register);
                self.escape(value);
            }
            return;
        }
        let method = insn.index().unwrap_or_default();
        if self.wanted.methods.contains(method) && self.take_arguments(insn).is_none() {
            self.is_broken = true;
            return;
        }
        let effect = self.known.effect(self.dex, method, self.budget);
        let is_taken = self.is_result_taken(insn);
        if effect == Effect::Other && !is_taken {
            // By far the most common case needs no look at the prototype.
            for register in insn.registers() {
                let value = self.read(register);
                self.escape_or_make(insn, method, value, register);
            }
            return;
        }
        if self.take_arguments(insn).is_none() {
            self.is_broken = true;
            return;
        }
        let arguments = std::mem::take(&mut self.arguments);
        if !self.known_effect(effect, &arguments, insn, method) {
            if is_taken {
                let mut values = Vec::new();
                for &(value, _) in &arguments {
                    values.push(self.snapshot(value));
                }
                self.pending = self.compose(&mut values, |list| Node::Call(method, list));
            }
            if effect != Effect::Harmless {
                for &(value, _) in &arguments {
                    self.escape(value);
                }
            }
        }
        self.arguments = arguments;
    }

    /// An argument of a call without a result: a constructor tells how its object was made.
    fn escape_or_make(&mut self, insn: &Insn<'a>, method: u32, value: Id, register: u16) {
        let is_receiver = insn.registers().next() == Some(register);
        if matches!(insn.opcode, 0x70 | 0x76)
            && is_receiver
            && let Some(object) = self.object(value)
            && self.content(object) == Id::UNDEFINED
        {
            let content = if self.kind(object) == Kind::Plain
                && self.is_own_constructor(object, method)
                && self.take_arguments(insn).is_some()
            {
                let mut values = Vec::new();
                for at in 1..self.arguments.len() {
                    if let Some(&(value, _)) = self.arguments.get(at) {
                        values.push(self.snapshot(value));
                    }
                }
                self.compose(&mut values, |list| Node::Made(method, list))
            } else {
                Id::UNKNOWN
            };
            self.set_content(object, content);
            return;
        }
        self.escape(value);
    }

    /// Whether the method belongs to the class that the object was made of.
    fn is_own_constructor(&self, object: u32, method: u32) -> bool {
        let class = self.blocks.makers.get(usize_of(object)).map(|m| m.class);
        self.dex
            .method(method)
            .is_ok_and(|id| Some(id.class) == class)
    }

    /// Carries out a known method; false if it has to be treated like any other.
    fn known_effect(
        &mut self,
        effect: Effect,
        arguments: &[(Id, u8)],
        insn: &Insn<'a>,
        method: u32,
    ) -> bool {
        let argument = |at: usize| arguments.get(at).copied().unwrap_or((Id::UNKNOWN, b'L'));
        let (receiver, _) = argument(0);
        let of_kind = |machine: &Self, kind: Kind| {
            let object = machine.object(receiver);
            object.filter(|&object| machine.kind(object) == kind)
        };
        match effect {
            Effect::Unlooked | Effect::Other | Effect::Harmless => return false,
            Effect::Identity => self.pending = receiver,
            Effect::ToString => {
                if is_static(insn.opcode) {
                    return false;
                }
                match self.text_inside(receiver) {
                    Some(text) => self.pending = text,
                    None => return false,
                }
            }
            Effect::Concat if arguments.len() == 2 => {
                self.pending = self.concat(argument(0), argument(1));
            }
            Effect::ValueOf if arguments.len() == 1 => {
                let (value, letter) = argument(0);
                match self.text_of(value, letter) {
                    Id::UNKNOWN => return false,
                    text => self.pending = text,
                }
            }
            Effect::Concat | Effect::ValueOf => return false,
            Effect::BuilderInit => {
                let Some(object) = of_kind(self, Kind::Builder) else {
                    return false;
                };
                if self.content(object) == Id::UNDEFINED {
                    let text = match arguments.get(1) {
                        None | Some((_, b'I')) => self.arena.make_text("", false),
                        Some(&(value, letter)) => self.text_of(value, letter),
                    };
                    self.set_content(object, text);
                }
            }
            Effect::Append => {
                match of_kind(self, Kind::Builder) {
                    Some(object) => {
                        let before = (self.content(object), b'L');
                        let text = self.concat(before, argument(1));
                        self.set_content(object, text);
                    }
                    None => self.escape(receiver),
                }
                self.pending = receiver;
            }
            Effect::BuilderChange => {
                self.escape(receiver);
                if self.returns_builder(method) {
                    self.pending = receiver;
                }
                // `getChars` writes into an array.
                for &(value, _) in arguments.get(1..).unwrap_or_default() {
                    self.escape(value);
                }
            }
            Effect::BuilderKeep => {}
            _ => return self.intent_effect(effect, arguments, insn),
        }
        true
    }

    fn returns_builder(&self, method: u32) -> bool {
        let kind = || {
            let id = self.dex.method(method).ok()?;
            let proto = self.dex.proto(id.proto).ok()?;
            let result = self.dex.type_descriptor_bytes(proto.return_type).ok()?;
            Some(Kind::of(result))
        };
        kind() == Some(Kind::Builder)
    }

    /// `toString`: the text of builders and strings; `None` for anything else.
    fn text_inside(&mut self, value: Id) -> Option<Id> {
        let mut all = Vec::new();
        for id in self.arena.alternatives(&value).to_vec() {
            match self.arena.get(id) {
                Node::String(_) | Node::Text(_) => all.push(id),
                Node::Object(object) if self.kind(object) == Kind::Builder => {
                    let content = self.content(object);
                    if matches!(self.arena.get(content), Node::Fixed(_)) {
                        return Some(Id::UNKNOWN);
                    }
                    all.extend_from_slice(self.arena.alternatives(&content));
                }
                _ => return None,
            }
        }
        Some(self.arena.one_of(all))
    }

    fn intent_effect(&mut self, effect: Effect, arguments: &[(Id, u8)], insn: &Insn<'a>) -> bool {
        if is_static(insn.opcode) {
            return false;
        }
        let receiver = arguments.first().map_or(Id::UNKNOWN, |a| a.0);
        let object = self.object(receiver);
        let Some(object) = object.filter(|&object| self.kind(object) == Kind::Intent) else {
            return false;
        };
        let mut given = Vec::new();
        for &(value, _) in arguments.get(1..).unwrap_or_default() {
            given.push(self.snapshot(value));
        }
        for &(value, _) in arguments.get(1..).unwrap_or_default() {
            self.escape(value);
        }
        let last = given.last().copied().unwrap_or(Id::UNKNOWN);
        let first = given.first().copied().unwrap_or(Id::UNKNOWN);
        let set = |machine: &mut Self, parts: &[(usize, Id)]| {
            let Node::Intent(list) = machine.arena.get(machine.content(object)) else {
                return;
            };
            let mut all = machine.arena.list(list).to_vec();
            for &(at, value) in parts {
                if let Some(slot) = all.get_mut(at) {
                    *slot = value;
                }
            }
            let content = machine.compose(&mut all, Node::Intent);
            machine.set_content(object, content);
        };
        match effect {
            Effect::IntentInit => {
                if self.content(object) != Id::UNDEFINED {
                    return true;
                }
                let content = self.new_intent(insn, &given);
                self.set_content(object, content);
            }
            Effect::IntentSet(part) => set(self, &[(usize::from(part), last)]),
            Effect::IntentNoData => set(self, &[(DATA, Id::ZERO)]),
            Effect::IntentData => set(self, &[(DATA, first)]),
            Effect::IntentChange => self.escape(receiver),
            _ => {}
        }
        let gives_itself = !matches!(
            effect,
            Effect::IntentInit | Effect::IntentChange | Effect::IntentKeep(false)
        );
        if gives_itself {
            self.pending = receiver;
        }
        true
    }

    /// Content of an intent by its constructor.
    fn new_intent(&mut self, insn: &Insn<'a>, given: &[Id]) -> Id {
        let dex = self.dex;
        let parameters = || {
            let id = dex.method(insn.index()?).ok()?;
            let proto = dex.proto(id.proto).ok()?;
            let mut all = Vec::new();
            for index in dex.parameters(&proto).ok()?.iter() {
                all.push(dex.type_descriptor_bytes(index).ok()?);
            }
            Some(all)
        };
        let Some(parameters) = parameters() else {
            return Id::UNKNOWN;
        };
        let mut parts = [Id::ZERO; 3];
        for (kind, &value) in parameters.iter().zip(given) {
            let part = match *kind {
                b"Ljava/lang/String;" => 0,
                b"Landroid/net/Uri;" => DATA,
                b"Ljava/lang/Class;" => COMPONENT,
                b"Landroid/content/Context;" => continue,
                // A copy of another intent, or from a parcel.
                _ => return Id::UNKNOWN,
            };
            if let Some(slot) = parts.get_mut(part) {
                *slot = value;
            }
        }
        self.compose(&mut parts, Node::Intent)
    }
}
