//! The values of one method, each stored once and named by a number.

use super::Value;
use crate::dex::usize_of;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A value in an [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u32);

impl Id {
    /// Any value; a reference may be to any object that other code knows.
    pub(super) const UNKNOWN: Self = Self(0);
    /// Nothing that code may read: not written yet, or of different kinds on different paths.
    pub(super) const UNDEFINED: Self = Self(1);
    /// An unknown number, not a reference.
    pub(super) const NUMBER: Self = Self(2);
    /// The second register of a pair.
    pub(super) const HIGH: Self = Self(3);
    /// Content of an object that does not exist yet.
    pub(super) const ABSENT: Self = Self(4);
    /// Zero and null.
    pub(super) const ZERO: Self = Self(5);
}

/// What a value is. Indices are those of the DEX file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// One of the fixed numbers of [`Id`].
    Fixed(u8),
    Int(i64),
    /// `string_ids`
    String(u32),
    /// A text made here: number in [`Arena::text`].
    Text(u32),
    /// `type_ids`
    Class(u32),
    /// `field_ids`
    Field(u32),
    /// `method_ids`, arguments
    Call(u32, List),
    /// The newest object of an allocating instruction, by the number of that.
    Object(u32),
    /// Such an object as it was when it was passed on or stored: its content.
    Snapshot(u32, Id),
    Parameter(u32),
    This,
    /// A value from outside: number in [`Arena::constant`].
    Constant(u32),
    /// One of these, sorted.
    OneOf(List),
    /// Content of an array.
    Array(List),
    /// Content of an intent: action, data, component.
    Intent(List),
    /// Content of another object: constructor, arguments.
    Made(u32, List),
}

/// A list in an [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct List(u32);

/// Numbers, list elements and 16 bytes of text that one method may make. A method of 65,536
/// instructions that builds arrays of 100 strings needs a tenth.
const ROOM: usize = 1 << 20;

/// Values from outside in one method; they are compared one by one.
const MOST_CONSTANTS: usize = 1_000;

pub(super) struct Arena {
    nodes: Vec<(Node, u8)>,
    by_node: BTreeMap<Node, Id>,
    lists: Vec<Rc<[Id]>>,
    by_list: BTreeMap<Rc<[Id]>, List>,
    texts: Vec<(Rc<str>, bool)>,
    by_text: BTreeMap<(Rc<str>, bool), u32>,
    constants: Vec<Value>,
    room: usize,
    most: usize,
    depth: u8,
}

impl Arena {
    /// An arena whose sets have at most `most` members and whose values are nested at most `depth` deep.
    pub(super) fn new(most: usize, depth: u8) -> Self {
        let mut arena = Self {
            nodes: Vec::new(),
            by_node: BTreeMap::new(),
            lists: Vec::new(),
            by_list: BTreeMap::new(),
            texts: Vec::new(),
            by_text: BTreeMap::new(),
            constants: Vec::new(),
            room: ROOM,
            most,
            depth,
        };
        (0..5).for_each(|n| arena.nodes.push((Node::Fixed(n), 0)));
        arena.node(Node::Int(0));
        arena
    }

    pub(super) fn get(&self, id: Id) -> Node {
        let node = self.nodes.get(usize_of(id.0));
        node.map_or(Node::Fixed(0), |node| node.0)
    }

    fn depth_of(&self, id: Id) -> u8 {
        self.nodes.get(usize_of(id.0)).map_or(0, |node| node.1)
    }

    fn take(&mut self, cells: usize) -> bool {
        match self.room.checked_sub(cells) {
            Some(left) => {
                self.room = left;
                true
            }
            None => false,
        }
    }

    /// The number of a value; [`Id::UNKNOWN`] if there is no room for more.
    pub(super) fn node(&mut self, node: Node) -> Id {
        if let Some(&id) = self.by_node.get(&node) {
            return id;
        }
        let (Ok(id), true) = (u32::try_from(self.nodes.len()), self.take(1)) else {
            return Id::UNKNOWN;
        };
        let deepest = |list| {
            let depths = self.list(list).iter().map(|&id| self.depth_of(id));
            depths.max().unwrap_or_default()
        };
        let depth = match node {
            Node::Call(_, list) | Node::Made(_, list) => deepest(list).saturating_add(1),
            Node::OneOf(list) | Node::Array(list) | Node::Intent(list) => deepest(list),
            Node::Snapshot(_, content) => self.depth_of(content).saturating_add(1),
            _ => 0,
        };
        self.nodes.push((node, depth));
        self.by_node.insert(node, Id(id));
        Id(id)
    }

    pub(super) fn int(&mut self, value: i64) -> Id {
        self.node(Node::Int(value))
    }

    /// The number of a list of values that go into another one. What is nested too deep becomes unknown.
    pub(super) fn make_list(&mut self, ids: &mut [Id]) -> Option<List> {
        for id in ids.iter_mut() {
            let is_usable = !matches!(self.get(*id), Node::Fixed(_));
            if !is_usable || self.depth_of(*id) >= self.depth {
                *id = Id::UNKNOWN;
            }
        }
        self.sorted_list(ids)
    }

    fn sorted_list(&mut self, ids: &[Id]) -> Option<List> {
        if let Some(&list) = self.by_list.get(ids) {
            return Some(list);
        }
        let number = u32::try_from(self.lists.len()).ok()?;
        if !self.take(ids.len().saturating_add(1)) {
            return None;
        }
        let shared: Rc<[Id]> = ids.into();
        self.lists.push(Rc::clone(&shared));
        self.by_list.insert(shared, List(number));
        Some(List(number))
    }

    pub(super) fn list(&self, list: List) -> &[Id] {
        self.lists.get(usize_of(list.0)).map_or(&[], |list| list)
    }

    /// The same, so that the arena can be changed meanwhile.
    pub(super) fn shared_list(&self, list: List) -> Rc<[Id]> {
        let list = self.lists.get(usize_of(list.0));
        list.cloned().unwrap_or_else(|| Rc::from([]))
    }

    /// A text; unknown if nothing is known of it.
    pub(super) fn make_text(&mut self, text: &str, open: bool) -> Id {
        if text.is_empty() && open {
            return Id::UNKNOWN;
        }
        let key: (Rc<str>, bool) = (text.into(), open);
        let number = match self.by_text.get(&key) {
            Some(&number) => number,
            None => {
                let cells = (text.len() >> 4).saturating_add(1);
                let (Ok(number), true) = (u32::try_from(self.texts.len()), self.take(cells)) else {
                    return Id::UNKNOWN;
                };
                self.texts.push(key.clone());
                self.by_text.insert(key, number);
                number
            }
        };
        self.node(Node::Text(number))
    }

    pub(super) fn text(&self, number: u32) -> Option<(Rc<str>, bool)> {
        self.texts.get(usize_of(number)).cloned()
    }

    /// A value from outside.
    pub(super) fn import(&mut self, value: &Value) -> Id {
        match value {
            Value::Int(value) => self.int(*value),
            Value::Null => Id::ZERO,
            Value::Text { text, open } => self.make_text(text, *open),
            // Those of another method mean nothing here.
            Value::Parameter(_) | Value::This => Id::UNKNOWN,
            other => {
                let number = self.constants.iter().position(|known| known == other);
                if number.is_none() && self.constants.len() >= MOST_CONSTANTS {
                    return Id::UNKNOWN;
                }
                let number = number.unwrap_or_else(|| {
                    self.constants.push(other.clone());
                    self.constants.len().saturating_sub(1)
                });
                match u32::try_from(number) {
                    Ok(number) => self.node(Node::Constant(number)),
                    Err(_) => Id::UNKNOWN,
                }
            }
        }
    }

    pub(super) fn constant(&self, number: u32) -> Option<&Value> {
        self.constants.get(usize_of(number))
    }

    /// The values it may be: those of a set, or itself.
    pub(super) fn alternatives<'s>(&'s self, id: &'s Id) -> &'s [Id] {
        match self.get(*id) {
            Node::OneOf(list) => self.list(list),
            _ => std::slice::from_ref(id),
        }
    }

    /// Whether it may be an object that was made here.
    pub(super) fn has_object(&self, id: Id) -> bool {
        let is_object = |&id: &Id| matches!(self.get(id), Node::Object(_));
        self.alternatives(&id).iter().any(is_object)
    }

    /// What a register holds where two paths meet.
    pub(super) fn join(&mut self, a: Id, b: Id) -> Id {
        if a == b {
            return a;
        }
        for (one, other) in [(a, b), (b, a)] {
            match one {
                Id::UNDEFINED | Id::HIGH | Id::ABSENT => return Id::UNDEFINED,
                Id::NUMBER if other == Id::UNDEFINED || other == Id::HIGH => return Id::UNDEFINED,
                Id::NUMBER if self.has_object(other) => return Id::UNDEFINED,
                Id::NUMBER => {
                    let is_int = |&id: &Id| matches!(self.get(id), Node::Int(_));
                    let all = self.alternatives(&other).iter().all(is_int);
                    return if all { Id::NUMBER } else { Id::UNKNOWN };
                }
                _ => {}
            }
        }
        if a == Id::UNKNOWN || b == Id::UNKNOWN {
            return Id::UNKNOWN;
        }
        let mut all: Vec<Id> = self.alternatives(&a).to_vec();
        all.extend_from_slice(self.alternatives(&b));
        self.one_of(all)
    }

    /// One of several values.
    pub(super) fn one_of(&mut self, mut all: Vec<Id>) -> Id {
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [id] => *id,
            [] => Id::UNKNOWN,
            _ if all.len() > self.most => Id::UNKNOWN,
            _ => match self.sorted_list(&all) {
                Some(list) => self.node(Node::OneOf(list)),
                None => Id::UNKNOWN,
            },
        }
    }

    /// What an object holds where two paths meet.
    pub(super) fn join_contents(&mut self, a: Id, b: Id) -> Id {
        match (self.get(a), self.get(b)) {
            _ if a == b => a,
            _ if a == Id::ABSENT => b,
            _ if b == Id::ABSENT => a,
            _ if a == Id::UNKNOWN || b == Id::UNKNOWN => Id::UNKNOWN,
            (Node::Array(x), Node::Array(y)) => self.join_lists(x, y, Node::Array),
            (Node::Intent(x), Node::Intent(y)) => self.join_lists(x, y, Node::Intent),
            (Node::Array(_) | Node::Intent(_) | Node::Made(..), _)
            | (_, Node::Array(_) | Node::Intent(_) | Node::Made(..)) => Id::UNKNOWN,
            _ => match self.join(a, b) {
                Id::UNDEFINED => Id::UNKNOWN,
                text => text,
            },
        }
    }

    fn join_lists(&mut self, a: List, b: List, make: fn(List) -> Node) -> Id {
        let (a, b) = (self.shared_list(a), self.shared_list(b));
        if a.len() != b.len() {
            return Id::UNKNOWN;
        }
        let mut both: Vec<Id> = a
            .iter()
            .zip(b.iter())
            .map(|(&a, &b)| self.join(a, b))
            .collect();
        match self.make_list(&mut both) {
            Some(list) => self.node(make(list)),
            None => Id::UNKNOWN,
        }
    }
}
