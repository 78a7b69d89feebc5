//! All classes of an app, with their superclasses and interfaces.
//!
//! A class that several DEX files define is taken from the first one, as
//! Android's class loader does (`BaseDexClassLoader` asks its `DexPathList` in
//! order; inside one file ART takes the first `class_def`).
//!
//! Names are interned: sorted, each stored once, referred to by number.

use super::{Budget, Faults};
use crate::dex::{Dex, mutf8, usize_of};
use crate::error::ParseError;

/// The number of a class name in one [`Hierarchy`]; numbers sort like the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameId(u32);

impl NameId {
    /// For tables with a row for each name.
    pub(super) fn index(self) -> usize {
        usize_of(self.0)
    }
}

/// A class the app defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: NameId,
    /// Name of the superclass; `None` for `java.lang.Object` only.
    pub superclass: Option<NameId>,
    /// Access flags as in the `class_def_item`.
    pub access_flags: u32,
    /// Number of the DEX file, as given to [`HierarchyBuilder::add`].
    pub dex: u32,
    /// Number of the class definition in that file.
    pub class_def: u32,
    first_interface: u32,
    interfaces: u32,
}

/// Whether one class descends from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// It does, or is the same.
    Yes,
    /// It does not: all its supertypes are known up to `java.lang.Object`.
    No,
    /// A supertype is not defined in the app, so what lies above it is not known here.
    Unknown,
}

/// Supertypes followed for one question. Real classes have below a hundred.
const MOST_SUPERTYPES: usize = 1_000;

/// The classes of an app. Built by [`HierarchyBuilder`].
#[derive(Clone, Debug, Default)]
pub struct Hierarchy {
    text: String,
    /// Where each name ends in `text`.
    ends: Vec<u32>,
    classes: Vec<Class>,
    /// By name: the number in `classes`, or `u32::MAX`.
    defined: Vec<u32>,
    interfaces: Vec<NameId>,
    /// (supertype, subtype) pairs, sorted.
    children: Vec<(NameId, NameId)>,
    /// (dex, class_def) of definitions that another one hides, sorted.
    shadowed: Vec<(u32, u32)>,
}

/// Collects the classes of one DEX file after the other.
#[derive(Clone, Debug, Default)]
pub struct HierarchyBuilder {
    text: String,
    /// Where each name lies in `text`, in the order they were met.
    spans: Vec<(u32, u32)>,
    classes: Vec<Class>,
    interfaces: Vec<NameId>,
}

impl HierarchyBuilder {
    /// No classes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the classes of `dex`, which is file number `number` on the class path.
    ///
    /// The file is not needed afterwards.
    pub fn add(&mut self, dex: &Dex<'_>, number: u32, budget: &mut Budget, faults: &mut Faults) {
        budget.begin(dex);
        let mut names = Names {
            known: vec![u32::MAX; usize_of(dex.type_count())],
            // Each name and list lies in the file, names once: together they are no larger than it.
            text_left: dex.len(),
            lists_left: dex.len() >> 1,
        };
        for (class_def, class) in (0u32..).zip(dex.class_defs()) {
            if !budget.take(1) {
                faults.cut_short = true;
                return;
            }
            let mut read = || -> Result<Option<Class>, ParseError> {
                let first = self.interfaces.len();
                let Some(name) = self.name(dex, class.class, &mut names)? else {
                    return Ok(None);
                };
                let superclass = match class.superclass {
                    None => None,
                    Some(index) => match self.name(dex, index, &mut names)? {
                        None => return Ok(None),
                        some => some,
                    },
                };
                let list = dex.type_list(class.interfaces_off)?;
                match names.lists_left.checked_sub(list.len()) {
                    Some(left) => names.lists_left = left,
                    None => return Ok(None),
                }
                for index in list.iter() {
                    match self.name(dex, index, &mut names)? {
                        Some(name) => self.interfaces.push(name),
                        None => return Ok(None),
                    }
                }
                let count = self.interfaces.len().saturating_sub(first);
                Ok(Some(Class {
                    name,
                    superclass,
                    access_flags: class.access_flags,
                    dex: number,
                    class_def,
                    first_interface: narrow(first),
                    interfaces: narrow(count),
                }))
            };
            match read() {
                Ok(Some(class)) => self.classes.push(class),
                Ok(None) => {
                    faults.cut_short = true;
                    return;
                }
                Err(error) => faults.add(error),
            }
        }
    }

    /// The name of a type; `None` if there is no room for more names.
    fn name(
        &mut self,
        dex: &Dex<'_>,
        type_: u32,
        names: &mut Names,
    ) -> Result<Option<NameId>, ParseError> {
        let known = names.known.get_mut(usize_of(type_));
        if let Some(id) = known.as_deref().copied()
            && id != u32::MAX
        {
            return Ok(Some(NameId(id)));
        }
        let bytes = dex.type_descriptor_bytes(type_)?;
        let Some(left) = names.text_left.checked_sub(bytes.len()) else {
            return Ok(None);
        };
        names.text_left = left;
        let start = self.text.len();
        self.text.push_str(&mutf8::decode(bytes));
        if u32::try_from(self.text.len()).is_err() {
            self.text.truncate(start);
            return Ok(None);
        }
        let id = narrow(self.spans.len());
        self.spans.push((narrow(start), narrow(self.text.len())));
        if let Some(known) = known {
            *known = id;
        }
        Ok(Some(NameId(id)))
    }

    /// Sorts everything and settles which definition of a class counts.
    pub fn finish(self) -> Hierarchy {
        let Self {
            text: met,
            spans,
            mut classes,
            mut interfaces,
        } = self;
        let span = |id: u32| {
            let (start, end) = spans.get(usize_of(id)).copied().unwrap_or_default();
            met.get(usize_of(start)..usize_of(end)).unwrap_or_default()
        };
        let mut order: Vec<u32> = (0..narrow(spans.len())).collect();
        order.sort_unstable_by_key(|&id| span(id));
        let mut text = String::with_capacity(met.len());
        let mut ends: Vec<u32> = Vec::new();
        let mut sorted = vec![NameId(0); spans.len()];
        let mut last = None;
        for id in order {
            let name = span(id);
            if last != Some(name) {
                text.push_str(name);
                ends.push(narrow(text.len()));
                last = Some(name);
            }
            if let Some(slot) = sorted.get_mut(usize_of(id)) {
                *slot = NameId(narrow(ends.len().saturating_sub(1)));
            }
        }
        let renamed = |id: NameId| sorted.get(id.index()).copied().unwrap_or(id);
        for class in &mut classes {
            class.name = renamed(class.name);
            class.superclass = class.superclass.map(renamed);
        }
        interfaces.iter_mut().for_each(|id| *id = renamed(*id));
        classes.sort_unstable_by_key(|class| (class.name, class.dex, class.class_def));
        let mut shadowed = Vec::new();
        classes.dedup_by(|later, first| {
            let same = later.name == first.name;
            if same {
                shadowed.push((later.dex, later.class_def));
            }
            same
        });
        shadowed.sort_unstable();
        let mut defined = vec![u32::MAX; ends.len()];
        for (number, class) in (0u32..).zip(&classes) {
            if let Some(slot) = defined.get_mut(class.name.index()) {
                *slot = number;
            }
        }
        let mut built = Hierarchy {
            text,
            ends,
            classes,
            defined,
            interfaces,
            children: Vec::new(),
            shadowed,
        };
        let mut children: Vec<(NameId, NameId)> = built
            .classes
            .iter()
            .flat_map(|class| built.parents(class).map(|parent| (parent, class.name)))
            .collect();
        children.sort_unstable();
        children.dedup();
        built.children = children;
        built
    }
}

/// What the walk of one file knows of its names.
struct Names {
    known: Vec<u32>,
    text_left: usize,
    lists_left: usize,
}

/// A count of things that each take a byte or more of text below 4 GiB.
fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Hierarchy {
    /// The classes the app defines, sorted by name.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// How many names there are.
    pub(super) fn name_count(&self) -> usize {
        self.ends.len()
    }

    /// The descriptor behind a number.
    pub fn name(&self, id: NameId) -> &str {
        let at = id.index();
        let end = self.ends.get(at).copied().unwrap_or_default();
        let start = at
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied();
        self.text
            .get(usize_of(start.unwrap_or_default())..usize_of(end))
            .unwrap_or_default()
    }

    /// The number of a descriptor, if any class of the app is called so or descends from it directly.
    pub fn id(&self, descriptor: &str) -> Option<NameId> {
        let (mut low, mut high) = (0, narrow(self.ends.len()));
        while low < high {
            let middle = low.midpoint(high);
            match self.name(NameId(middle)).cmp(descriptor) {
                std::cmp::Ordering::Equal => return Some(NameId(middle)),
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The class of that name, if the app defines it.
    pub fn class(&self, id: NameId) -> Option<&Class> {
        self.classes.get(usize_of(*self.defined.get(id.index())?))
    }

    /// The class with that descriptor, if the app defines it.
    pub fn find(&self, descriptor: &str) -> Option<&Class> {
        self.class(self.id(descriptor)?)
    }

    /// The interfaces a class names itself.
    pub fn interfaces(&self, class: &Class) -> &[NameId] {
        let first = usize_of(class.first_interface);
        let end = first.saturating_add(usize_of(class.interfaces));
        self.interfaces.get(first..end).unwrap_or_default()
    }

    fn parents(&self, class: &Class) -> impl Iterator<Item = NameId> {
        class
            .superclass
            .into_iter()
            .chain(self.interfaces(class).iter().copied())
    }

    /// All supertypes of a class, nearest first, itself not included; and
    /// whether the list ended at the limit of supertypes.
    pub fn supertypes(&self, id: NameId) -> (Vec<NameId>, bool) {
        let mut found = vec![id];
        let mut seen = vec![id]; // sorted
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            next = next.saturating_add(1);
            for parent in self
                .class(id)
                .into_iter()
                .flat_map(|class| self.parents(class))
            {
                if let Err(at) = seen.binary_search(&parent) {
                    if found.len() > MOST_SUPERTYPES {
                        found.remove(0);
                        return (found, true);
                    }
                    seen.insert(at, parent);
                    found.push(parent);
                }
            }
        }
        found.remove(0);
        (found, false)
    }

    /// The supertypes that the app does not define: where a class touches the
    /// platform, for example `Landroid/app/Service;`. Nearest first.
    pub fn outside(&self, id: NameId) -> Vec<NameId> {
        let (mut found, _) = self.supertypes(id);
        found.retain(|&parent| self.class(parent).is_none());
        found
    }

    /// Whether the class `descriptor` is `ancestor` or descends from it, by
    /// superclasses or interfaces.
    ///
    /// What lies above a class that the app does not define is not known
    /// here; `java.lang.Object` is known to have nothing above it.
    pub fn is_subclass_of(&self, descriptor: &str, ancestor: &str) -> Kinship {
        const OBJECT: &str = "Ljava/lang/Object;";
        if descriptor == ancestor {
            return Kinship::Yes;
        }
        let Some(id) = self.id(descriptor) else {
            return if descriptor == OBJECT {
                Kinship::No
            } else {
                Kinship::Unknown
            };
        };
        let (supertypes, cut) = self.supertypes(id);
        if let Some(wanted) = self.id(ancestor)
            && supertypes.contains(&wanted)
        {
            return Kinship::Yes;
        }
        let known = |&id: &NameId| self.class(id).is_some() || self.name(id) == OBJECT;
        if cut || !known(&id) || !supertypes.iter().all(known) {
            Kinship::Unknown
        } else {
            Kinship::No
        }
    }

    /// The app's classes that name `id` as superclass or interface, sorted.
    pub fn children(&self, id: NameId) -> impl Iterator<Item = NameId> {
        let start = self.children.partition_point(|pair| pair.0 < id);
        let rest = self.children.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |pair| pair.0 == id)
            .map(|pair| pair.1)
    }

    /// All classes of the app that descend from `descriptor`, sorted.
    pub fn descendants(&self, descriptor: &str) -> Vec<NameId> {
        let mut open: Vec<NameId> = self.id(descriptor).into_iter().collect();
        let mut seen = vec![false; self.ends.len()];
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            for child in self.children(id) {
                if let Some(seen) = seen.get_mut(child.index())
                    && !std::mem::replace(seen, true)
                {
                    found.push(child);
                    open.push(child);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Definitions that never run because another one comes first: (dex, class_def), sorted.
    pub fn shadowed(&self) -> &[(u32, u32)] {
        &self.shadowed
    }

    /// Whether that definition is hidden by another one.
    pub fn is_shadowed(&self, dex: u32, class_def: u32) -> bool {
        self.shadowed.binary_search(&(dex, class_def)).is_ok()
    }
}
