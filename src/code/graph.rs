//! Which class refers to which, and which classes call a method.
//!
//! The edges of classes are what instructions and superclasses name: calls,
//! fields, objects that are made, class constants, and strings that are the name
//! of a class. A class that nothing refers to cannot run, unless something outside
//! the code begins with it.

use super::calls::{Hit, How, Target};
use super::hierarchy::NameId;
use super::program::{Program, Reached, Signature};
use super::{Budget, Faults, Wanted};
use crate::dex::{mutf8, names, usize_of};
use std::collections::BTreeSet;

/// Callers kept of one method. More are counted as "many": nobody follows so many.
const MOST_CALLERS: usize = 8;
/// Callers kept of one method while its file is read, to find them again.
const MOST_FOUND_AGAIN: usize = 64;

/// The references of one DEX file, collected hit by hit.
#[derive(Debug)]
pub struct FileGraph<'p, 'w, 'a> {
    program: &'p Program<'w, 'a>,
    file: u32,
    /// The class that the hits come from, and its number plus one.
    from: Option<(NameId, u32)>,
    /// By `method_ids` index: where a call of it ends.
    reached: Vec<Reached>,
    /// By `type_ids` index: the class, plus one, that referred to it last.
    types: Vec<u32>,
    /// By `method_ids` index: the classes that call it.
    calls: Vec<Calls>,
    /// By `string_ids` index: the class that is called so.
    named: Vec<(u32, NameId)>,
    /// Classes whose name an instruction loads.
    loaded: Vec<NameId>,
    edges: Vec<(NameId, NameId)>,
    /// Edges for which there is room, and whether there were more.
    most_edges: usize,
    is_cut: bool,
}

#[derive(Clone, Debug, Default)]
struct Calls {
    /// Number plus one of the class definition that was met last.
    last: u32,
    /// Name and number of the class definition.
    by: Vec<(NameId, u32)>,
    many: bool,
}

/// The classes that call one method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Some of them, sorted.
    pub classes: Vec<NameId>,
    /// There are more.
    pub many: bool,
}

/// The references of an app.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// (from, to), sorted.
    edges: Vec<(NameId, NameId)>,
    /// (class, signature, caller), sorted.
    calls: Vec<(NameId, Signature, NameId)>,
    /// Methods with more callers than are kept, sorted.
    many: Vec<(NameId, Signature)>,
    /// Classes whose name is a string of the code, sorted.
    named: Vec<NameId>,
}

impl<'p, 'w, 'a> FileGraph<'p, 'w, 'a> {
    /// Adds what a graph needs to `wanted`: all members and classes of the app, and their names as strings.
    /// Strings to which `also` says yes are wanted for the caller's own sake; it is asked about each once.
    /// `reached` says of each method of the file where a call of it ends ([`Program::reach`]).
    #[allow(
        clippy::too_many_arguments,
        reason = "what a file's walk shares with its graph"
    )]
    pub fn new(
        program: &'p Program<'w, 'a>,
        file: u32,
        wanted: &mut Wanted,
        budget: &mut Budget,
        faults: &mut Faults,
        reached: Vec<Reached>,
        most_edges: usize,
        mut also: impl FnMut(u32, &str) -> bool,
    ) -> Option<Self> {
        let dex = program.dex(file)?;
        budget.begin(dex);
        let own = |type_: u32| program.own_class(file, type_).is_some();
        for index in 0..dex.method_count() {
            if dex.method(index).is_ok_and(|id| own(id.class)) {
                wanted.insert_method(index);
            }
        }
        for index in 0..dex.field_count() {
            if dex.field(index).is_ok_and(|id| own(id.class)) {
                wanted.insert_field(index);
            }
        }
        for index in (0..dex.type_count()).filter(|&index| own(index)) {
            wanted.insert_type(index);
        }
        let mut named = Vec::new();
        for index in 0..dex.string_count() {
            let Ok(bytes) = dex.string_bytes(index) else {
                continue;
            };
            if !budget.take_text(bytes.len()) {
                faults.cut_short = true;
                break;
            }
            if bytes.len() >= 256 {
                continue;
            }
            let text = &*mutf8::decode(bytes);
            if also(index, text) {
                wanted.insert_string(index);
            }
            // A class's name as reflection takes it; a descriptor is no such name.
            if !text.contains('.') || text.contains([' ', '/']) {
                continue;
            }
            let hierarchy = program.hierarchy();
            if let Some(name) = hierarchy.id(&names::descriptor(text))
                && hierarchy.class(name).is_some()
            {
                named.push((index, name));
                wanted.insert_string(index);
            }
        }
        Some(Self {
            program,
            file,
            from: None,
            reached,
            types: vec![0; usize_of(dex.type_count())],
            calls: vec![Calls::default(); usize_of(dex.method_count())],
            named,
            loaded: Vec::new(),
            edges: Vec::new(),
            most_edges,
            is_cut: false,
        })
    }

    /// Where a call of a `method_ids` row ends.
    pub fn reached(&self, method: u32) -> Reached {
        let known = self.reached.get(usize_of(method));
        known.copied().unwrap_or(Reached::AsNamed)
    }

    /// The class definitions of the file that call one of these `method_ids` rows; `None` if one is called by
    /// more than are kept.
    pub fn calling<'m>(&self, methods: impl Iterator<Item = &'m u32>) -> Option<BTreeSet<u32>> {
        let mut found = BTreeSet::new();
        for &method in methods {
            let calls = self.calls.get(usize_of(method))?;
            if calls.many {
                return None;
            }
            found.extend(calls.by.iter().map(|by| by.1));
        }
        Some(found)
    }

    /// Takes one hit.
    pub fn hit(&mut self, hit: &Hit) {
        let stamp = hit.site.class_def.saturating_add(1);
        if self.from.is_none_or(|(_, number)| number != stamp) {
            let Some(name) = self.program.own_class(self.file, hit.site.class) else {
                return;
            };
            self.from = Some((name, stamp));
        }
        let Some((from, _)) = self.from else { return };
        let Some(dex) = self.program.dex(self.file) else {
            return;
        };
        let type_ = match hit.target {
            Target::Method(index) => {
                if let Some(calls) = self.calls.get_mut(usize_of(index))
                    && calls.last != stamp
                {
                    calls.last = stamp;
                    if calls.by.len() < MOST_FOUND_AGAIN {
                        calls.by.push((from, hit.site.class_def));
                    } else {
                        calls.many = true;
                    }
                }
                dex.method(index).map(|id| id.class)
            }
            Target::Field(index) => dex.field(index).map(|id| id.class),
            Target::Type(index) => Ok(index),
            Target::String(index) => {
                if let Ok(at) = self.named.binary_search_by_key(&index, |named| named.0)
                    && let Some(&(_, to)) = self.named.get(at)
                    && matches!(hit.how, How::Const | How::StaticValue(_))
                {
                    self.edge(from, to);
                    self.loaded.push(to);
                }
                return;
            }
        };
        let Ok(type_) = type_ else { return };
        if let Some(last) = self.types.get_mut(usize_of(type_))
            && *last != stamp
        {
            *last = stamp;
            if let Some(to) = self.program.own_class(self.file, type_) {
                self.edge(from, to);
            }
        }
    }

    fn edge(&mut self, from: NameId, to: NameId) {
        if self.edges.len() < self.most_edges {
            self.edges.push((from, to));
        } else {
            self.is_cut = true;
        }
    }

    /// Whether there were more references than the limit.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Graph {
    /// Joins the references of all files, and those of each class to the classes above it. `composed` are
    /// references by names that were put together: a class, and the class that its code names.
    pub fn new<'p>(
        files: impl Iterator<Item = FileGraph<'p, 'p, 'p>>,
        composed: Vec<(NameId, NameId)>,
        program: &'p Program<'_, '_>,
    ) -> Self {
        let mut graph = Self {
            named: composed.iter().map(|&(_, to)| to).collect(),
            edges: composed,
            ..Self::default()
        };
        for file in files {
            graph.edges.extend(file.edges);
            graph.named.extend(file.loaded);
            for ((method, calls), reached) in (0u32..).zip(file.calls).zip(file.reached) {
                if calls.by.is_empty() {
                    continue;
                }
                let Reached::Inside(class) = reached else {
                    continue;
                };
                let Some(signature) = program.signature(file.file, method) else {
                    continue;
                };
                let kept = calls.by.iter().take(MOST_CALLERS);
                graph.calls.extend(kept.map(|by| (class, signature, by.0)));
                if calls.many || calls.by.len() > MOST_CALLERS {
                    graph.many.push((class, signature));
                }
            }
        }
        let hierarchy = program.hierarchy();
        for class in hierarchy.classes() {
            let above = class
                .superclass
                .into_iter()
                .chain(hierarchy.interfaces(class).iter().copied());
            let own = above.filter(|&name| hierarchy.class(name).is_some());
            graph.edges.extend(own.map(|name| (class.name, name)));
        }
        graph.edges.sort_unstable();
        graph.edges.dedup();
        graph.edges.retain(|(from, to)| from != to);
        graph.calls.sort_unstable();
        graph.calls.dedup();
        graph.many.sort_unstable();
        graph.named.sort_unstable();
        graph.named.dedup();
        graph
    }

    /// Whether the code holds the name of a class as a string: it may be reached by reflection.
    pub fn is_named(&self, class: NameId) -> bool {
        self.named.binary_search(&class).is_ok()
    }

    /// The classes that a class refers to, sorted.
    pub fn refers_to(&self, class: NameId) -> impl Iterator<Item = NameId> {
        let first = self.edges.partition_point(|edge| edge.0 < class);
        let rest = self.edges.get(first..).unwrap_or_default();
        rest.iter()
            .take_while(move |edge| edge.0 == class)
            .map(|edge| edge.1)
    }

    /// The classes whose instructions call this method: by its own class, by a subclass, or by
    /// a class or interface above it that has the method too. The class itself counts.
    pub fn callers(
        &self,
        program: &Program<'_, '_>,
        class: NameId,
        signature: Signature,
    ) -> Callers {
        let mut found = Callers::default();
        let (above, _) = program.hierarchy().supertypes(class);
        let above = above
            .into_iter()
            .filter(|&name| program.defines(name, signature));
        for name in std::iter::once(class).chain(above) {
            let first = self
                .calls
                .partition_point(|call| (call.0, call.1) < (name, signature));
            let rest = self.calls.get(first..).unwrap_or_default();
            let same = rest
                .iter()
                .take_while(|call| (call.0, call.1) == (name, signature));
            found.classes.extend(same.map(|call| call.2));
            found.many |= self.many.binary_search(&(name, signature)).is_ok();
        }
        found.classes.sort_unstable();
        found.classes.dedup();
        if found.classes.len() > MOST_CALLERS {
            found.classes.truncate(MOST_CALLERS);
            found.many = true;
        }
        found
    }
}
