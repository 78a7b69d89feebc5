//! From numbers of one method to values that stand for themselves.

use super::arena::{Id, List, Node};
use super::machine::{Kind, Machine};
use super::{Possible, Value};
use crate::dex::usize_of;

/// Values inside one argument. An array of 256 elements with two alternatives each fits.
pub(super) const MOST_PARTS: usize = 600;

impl Machine<'_, '_> {
    /// What `id` may be, in an argument whose type begins with `letter`. `left` is how
    /// many values it may take altogether.
    pub(super) fn export(&mut self, id: Id, letter: u8, left: &mut usize) -> Possible {
        let is_reference = matches!(letter, b'L' | b'[');
        let mut possible = Possible {
            values: Vec::new(),
            more: false,
        };
        for id in self.arena.alternatives(&id).to_vec() {
            let value = match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    self.value(id, is_reference, left)
                }
                None => None,
            };
            match value {
                Some(value) => possible.values.push(value),
                None => possible.more = true,
            }
            if let Node::Field(field) = self.arena.get(id)
                && let Some(value) = self.initial(field)
                && let Some(fewer) = left.checked_sub(parts(&value))
            {
                *left = fewer;
                possible.values.push(value);
                possible.more = true;
            }
        }
        possible.values.sort();
        possible.values.dedup();
        possible
    }

    fn list(&mut self, list: List, letter: u8, left: &mut usize) -> Vec<Possible> {
        let ids = self.arena.shared_list(list);
        ids.iter()
            .map(|&id| self.export(id, letter, left))
            .collect()
    }

    /// Arguments of a method: receiver, if there is one more than parameters, and the others.
    fn arguments(&mut self, method: u32, list: List, left: &mut usize) -> Vec<Possible> {
        let dex = self.dex;
        let shorty = || {
            let proto = dex.proto(dex.method(method).ok()?.proto).ok()?;
            dex.name_bytes(proto.shorty).ok()?.get(1..)
        };
        let letters = shorty().unwrap_or_default();
        let ids = self.arena.shared_list(list);
        let skipped = ids.len().saturating_sub(letters.len());
        let mut all = Vec::new();
        for (at, &id) in ids.iter().enumerate() {
            let letter = at.checked_sub(skipped).and_then(|at| letters.get(at));
            all.push(self.export(id, letter.copied().unwrap_or(b'L'), left));
        }
        all
    }

    fn value(&mut self, id: Id, is_reference: bool, left: &mut usize) -> Option<Value> {
        Some(match self.arena.get(id) {
            Node::Fixed(_) | Node::OneOf(_) => return None,
            Node::Array(_) | Node::Intent(_) | Node::Made(..) => return None,
            Node::Int(0) if is_reference => Value::Null,
            Node::Int(_) if is_reference => return None,
            Node::Int(value) => Value::Int(value),
            Node::String(index) => {
                let (text, open) = self.string(index)?;
                Value::Text { text, open }
            }
            Node::Text(number) => {
                let (text, open) = self.arena.text(number)?;
                self.budget.take_text(text.len());
                Value::Text {
                    text: text.to_string(),
                    open,
                }
            }
            Node::Class(index) => Value::Class(self.descriptor(index)?),
            Node::Field(index) => {
                let name = self.dex.field_signature(index).ok()?;
                self.budget.take_text(name.len());
                Value::Field(name)
            }
            Node::Call(method, list) => Value::Call {
                method: self.signature(method)?,
                arguments: self.arguments(method, list, left),
            },
            Node::Object(object) => {
                let content = self.content(object);
                self.object_value(object, content, left)?
            }
            Node::Snapshot(object, content) => self.object_value(object, content, left)?,
            Node::Parameter(number) => Value::Parameter(number),
            Node::This => Value::This,
            Node::Constant(number) => {
                let value = self.arena.constant(number)?.clone();
                let parts = parts(&value);
                self.budget.take(u64::try_from(parts).unwrap_or(u64::MAX));
                *left = left.checked_sub(parts)?;
                value
            }
        })
    }

    fn descriptor(&mut self, class: u32) -> Option<String> {
        let name = self.dex.type_descriptor(class).ok()?;
        self.budget.take_text(name.len());
        Some(name.into_owned())
    }

    fn signature(&mut self, method: u32) -> Option<String> {
        let name = self.dex.method_signature(method).ok()?;
        self.budget.take_text(name.len());
        Some(name)
    }

    fn object_value(&mut self, object: u32, content: Id, left: &mut usize) -> Option<Value> {
        let class = self.blocks.makers.get(usize_of(object))?.class;
        let class = self.descriptor(class)?;
        Some(match (self.kind(object), self.arena.get(content)) {
            (Kind::Builder, Node::Array(_) | Node::Intent(_) | Node::Made(..)) => return None,
            (Kind::Builder, _) => Value::Builder(self.export(content, b'L', left)),
            (Kind::Intent, Node::Intent(list)) => {
                let mut parts = self.list(list, b'L', left).into_iter();
                let mut next = || parts.next().unwrap_or_else(Possible::unknown);
                Value::Intent {
                    action: next(),
                    data: next(),
                    component: next(),
                }
            }
            (Kind::Intent, _) => Value::Intent {
                action: Possible::unknown(),
                data: Possible::unknown(),
                component: Possible::unknown(),
            },
            (Kind::Array, content) => {
                let letter = class.as_bytes().get(1).copied().unwrap_or(b'L');
                let elements = match content {
                    Node::Array(list) => Some(self.list(list, letter, left)),
                    _ => None,
                };
                Value::Array { class, elements }
            }
            (Kind::Plain, Node::Made(method, list)) => Value::New {
                class,
                made: Some((self.signature(method)?, self.arguments(method, list, left))),
            },
            (Kind::Plain, _) => Value::New { class, made: None },
        })
    }
}

/// How many values a value consists of. Values are not nested deeper than their limit.
pub(super) fn parts(value: &Value) -> usize {
    let all = |list: &[Possible]| {
        list.iter()
            .flat_map(|possible| &possible.values)
            .fold(0usize, |sum, value| sum.saturating_add(parts(value)))
    };
    let inner = match value {
        Value::Call { arguments, .. } => all(arguments),
        Value::New { made, .. } => made.as_ref().map_or(0, |made| all(&made.1)),
        Value::Builder(text) => all(std::slice::from_ref(text)),
        Value::Intent {
            action,
            data,
            component,
        } => [action, data, component].iter().fold(0usize, |sum, part| {
            sum.saturating_add(all(std::slice::from_ref(part)))
        }),
        Value::Array { elements, .. } => elements.as_deref().map_or(0, all),
        _ => 0,
    };
    inner.saturating_add(1)
}
