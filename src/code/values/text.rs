//! Texts that code puts together.

use super::arena::{Id, Node};
use super::machine::Machine;
use crate::dex::mutf8;

/// A piece of text, and whether unknown text follows.
type Piece = (String, bool);

impl Machine<'_, '_> {
    /// The text of a value that is appended; `letter` is the short form of the parameter's type.
    /// `None` if nothing is known.
    fn pieces(&mut self, value: Id, letter: u8) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        for id in self.arena.alternatives(&value).to_vec() {
            let text = match (self.arena.get(id), letter) {
                (Node::String(index), b'L') => self.string(index)?,
                (Node::Text(number), b'L') => {
                    let (text, open) = self.arena.text(number)?;
                    (text.to_string(), open)
                }
                (Node::Object(object), b'L') => {
                    // A builder in a builder.
                    match self.kind(object) {
                        super::machine::Kind::Builder => {}
                        _ => return None,
                    }
                    let content = self.content(object);
                    match self.arena.get(content) {
                        Node::String(index) => self.string(index)?,
                        Node::Text(number) => {
                            let (text, open) = self.arena.text(number)?;
                            (text.to_string(), open)
                        }
                        _ => return None,
                    }
                }
                (Node::Int(0), b'L') => ("null".to_owned(), false),
                (Node::Int(number), b'I' | b'J' | b'S' | b'B') => (number.to_string(), false),
                (Node::Int(number), b'Z') => ((number != 0).to_string(), false),
                (Node::Int(number), b'C') => {
                    let unit = u32::try_from(number & 0xffff).unwrap_or_default();
                    (char::from_u32(unit)?.to_string(), false)
                }
                _ => return None,
            };
            pieces.push(text);
        }
        Some(pieces)
    }

    /// A string of the file, not longer than the limit.
    pub(super) fn string(&mut self, index: u32) -> Option<Piece> {
        let bytes = self.dex.string_bytes(index).ok()?;
        self.budget.take_text(bytes.len());
        let most = self.limits.text_bytes;
        let mut end = bytes.len().min(most);
        // Not in the middle of a character.
        while end < bytes.len() && bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
            end = end.checked_sub(1)?;
        }
        let text = mutf8::decode(bytes.get(..end)?).into_owned();
        Some((text, end < bytes.len()))
    }

    /// The text of `before` with that of `after` behind it. Of an unknown text after a
    /// known one it is known how the whole begins.
    pub(super) fn concat(&mut self, before: (Id, u8), after: (Id, u8)) -> Id {
        let Some(before) = self.pieces(before.0, before.1) else {
            return Id::UNKNOWN;
        };
        let after = self.pieces(after.0, after.1);
        let after = after.unwrap_or_else(|| vec![(String::new(), true)]);
        let most = self.limits.value_alternatives;
        if before.len().saturating_mul(after.len()) > most {
            return Id::UNKNOWN;
        }
        let mut all = Vec::new();
        for (text, open) in &before {
            for (more, more_open) in &after {
                let (mut whole, mut is_open) = (text.clone(), *open);
                if !open {
                    whole.push_str(more);
                    is_open = *more_open;
                }
                if whole.len() > self.limits.text_bytes {
                    let mut end = self.limits.text_bytes;
                    while !whole.is_char_boundary(end) {
                        end = end.saturating_sub(1);
                    }
                    whole.truncate(end);
                    is_open = true;
                }
                self.budget.take_text(whole.len());
                all.push(self.arena.make_text(&whole, is_open));
            }
        }
        if all.contains(&Id::UNKNOWN) {
            return Id::UNKNOWN;
        }
        self.arena.one_of(all)
    }

    /// The text of one value.
    pub(super) fn text_of(&mut self, value: Id, letter: u8) -> Id {
        let empty = self.arena.make_text("", false);
        self.concat((empty, b'L'), (value, letter))
    }
}
