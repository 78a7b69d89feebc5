//! All DEX files of an app as one program: which method a call reaches, across files and up the superclasses.
//!
//! Resolution is that of a virtual call on the named class (JVMS 5.4.3.3 as ART
//! follows it): the class itself, then its superclasses. Overriding methods of
//! subclasses are not asked for.

use super::hierarchy::{Hierarchy, NameId};
use super::{Budget, Faults};
use crate::dex::{Dex, usize_of};
use crate::error::ParseError;

/// Name and prototype of a method as one number. Different ones have different numbers, but for chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature(u64);

impl Signature {
    /// That of a method by its name and descriptors.
    pub(super) fn of(name: &str, parameters: &[&str], returns: &str) -> Self {
        let types = std::iter::once(returns).chain(parameters.iter().copied());
        let proto = types.fold(SEED, |sum, type_| hash(sum, type_.as_bytes()));
        Self(hash(proto, &hash(SEED, name.as_bytes()).to_le_bytes()))
    }
}

/// Where a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// At a method of this class of the app.
    Inside(NameId),
    /// At this class, which the app does not define.
    Outside(NameId),
    /// The named class is not one of the app's.
    AsNamed,
}

/// One DEX file with its types and prototypes numbered.
#[derive(Debug)]
struct Linked<'w, 'a> {
    dex: &'w Dex<'a>,
    /// By `type_ids` index.
    types: Vec<Option<NameId>>,
    /// By `method_ids` index.
    signatures: Vec<Option<Signature>>,
}

/// The DEX files of an app, linked.
#[derive(Debug)]
pub struct Program<'w, 'a> {
    hierarchy: &'w Hierarchy,
    files: Vec<Linked<'w, 'a>>,
    /// Methods that the classes define, by class; those of each class sorted.
    defined: Vec<Signature>,
    /// By name: where the methods of the class begin in `defined`; and the end of the last.
    starts: Vec<u32>,
}

/// Superclasses followed for one call. Real chains end below thirty.
pub(super) const MOST_SUPERCLASSES: usize = 256;

impl<'w, 'a> Program<'w, 'a> {
    /// Numbers everything. `files` are in class-path order, the same as the hierarchy was made of.
    pub fn new(
        files: impl IntoIterator<Item = &'w Dex<'a>>,
        hierarchy: &'w Hierarchy,
        budget: &mut Budget,
        faults: &mut Faults,
    ) -> Self {
        let mut program = Self {
            hierarchy,
            files: Vec::new(),
            defined: Vec::new(),
            starts: Vec::new(),
        };
        let mut defined = Vec::new();
        for (number, dex) in (0u32..).zip(files) {
            budget.begin(dex);
            let file = link(dex, hierarchy, budget, faults);
            define(&file, number, hierarchy, &mut defined, budget, faults);
            program.files.push(file);
        }
        defined.sort_unstable();
        defined.dedup();
        program.starts = starts(&defined, hierarchy.name_count());
        program.defined = defined.into_iter().map(|method| method.1).collect();
        program
    }

    /// The classes of the app.
    pub fn hierarchy(&self) -> &'w Hierarchy {
        self.hierarchy
    }

    /// The DEX file with that number.
    pub fn dex(&self, file: u32) -> Option<&'w Dex<'a>> {
        self.files.get(usize_of(file)).map(|linked| linked.dex)
    }

    /// The name behind a `type_ids` index, if a class of the app is called so or descends from it directly.
    #[inline]
    pub fn type_name(&self, file: u32, type_: u32) -> Option<NameId> {
        self.files.get(usize_of(file))?.type_name(type_)
    }

    /// The same, if the app defines the class.
    #[inline]
    pub fn own_class(&self, file: u32, type_: u32) -> Option<NameId> {
        self.type_name(file, type_)
            .filter(|&name| self.hierarchy.class(name).is_some())
    }

    /// Name and prototype of a `method_ids` row.
    pub fn signature(&self, file: u32, method: u32) -> Option<Signature> {
        self.files.get(usize_of(file))?.signature(method)
    }

    /// Whether a class defines such a method itself.
    pub fn defines(&self, class: NameId, signature: Signature) -> bool {
        let at = |index: usize| self.starts.get(index).copied().map(usize_of);
        let of = || {
            let (start, end) = (at(class.index())?, at(class.index().saturating_add(1))?);
            self.defined.get(start..end)
        };
        of().is_some_and(|methods| methods.binary_search(&signature).is_ok())
    }

    /// Where a call of a `method_ids` row ends.
    pub fn reach(&self, file: u32, method: u32) -> Reached {
        let named = || {
            let linked = self.files.get(usize_of(file))?;
            let id = linked.dex.method(method).ok()?;
            let class = self.own_class(file, id.class)?;
            Some((class, linked.signature(method)?))
        };
        let Some((class, signature)) = named() else {
            return Reached::AsNamed;
        };
        let mut at = class;
        for _ in 0..MOST_SUPERCLASSES {
            let Some(here) = self.hierarchy.class(at) else {
                break;
            };
            if self.defines(at, signature) {
                return Reached::Inside(at);
            }
            match here.superclass {
                Some(superclass) => at = superclass,
                None => break,
            }
        }
        if self.hierarchy.class(at).is_some() {
            // A missing or endless chain: the named class answers for it.
            return Reached::Inside(class);
        }
        if self.hierarchy.name(at) != OBJECT {
            return Reached::Outside(at);
        }
        // An interface of the app, or an abstract class, may leave the method to an interface above it.
        let outside = self.hierarchy.outside(class);
        let mut others = outside
            .into_iter()
            .filter(|&name| self.hierarchy.name(name) != OBJECT);
        match others.next() {
            Some(name) => Reached::Outside(name),
            None => Reached::Inside(class),
        }
    }
}

const OBJECT: &str = "Ljava/lang/Object;";

impl Linked<'_, '_> {
    fn type_name(&self, type_: u32) -> Option<NameId> {
        self.types.get(usize_of(type_)).copied().flatten()
    }

    fn signature(&self, method: u32) -> Option<Signature> {
        self.signatures.get(usize_of(method)).copied().flatten()
    }
}

/// Adds the methods that the classes of a file define: class, signature.
fn define(
    file: &Linked<'_, '_>,
    number: u32,
    hierarchy: &Hierarchy,
    found: &mut Vec<(NameId, Signature)>,
    budget: &mut Budget,
    faults: &mut Faults,
) {
    for (class_def, class) in (0u32..).zip(file.dex.class_defs()) {
        if hierarchy.is_shadowed(number, class_def) {
            continue;
        }
        let Some(name) = file.type_name(class.class) else {
            continue;
        };
        let mut read = || -> Result<bool, ParseError> {
            let Some(data) = file.dex.class_data(&class)? else {
                return Ok(true);
            };
            if !budget.take(data.len()) {
                return Ok(false);
            }
            for method in data.methods()? {
                if let Some(signature) = file.signature(method?.method) {
                    found.push((name, signature));
                }
            }
            Ok(true)
        };
        match read() {
            Ok(true) => {}
            Ok(false) => {
                faults.cut_short = true;
                break;
            }
            // The walk over the code reports what it cannot read there.
            Err(_) => {}
        }
    }
}

/// Where each name's rows begin in a table sorted by name, and the end of the last.
fn starts(sorted: &[(NameId, Signature)], names: usize) -> Vec<u32> {
    let mut starts = vec![0u32; names.saturating_add(1)];
    for (name, _) in sorted {
        if let Some(slot) = starts.get_mut(name.index().saturating_add(1)) {
            *slot = slot.saturating_add(1);
        }
    }
    let mut sum = 0u32;
    for slot in &mut starts {
        sum = sum.saturating_add(*slot);
        *slot = sum;
    }
    starts
}

fn link<'w, 'a>(
    dex: &'w Dex<'a>,
    hierarchy: &Hierarchy,
    budget: &mut Budget,
    faults: &mut Faults,
) -> Linked<'w, 'a> {
    let mut linked = Linked {
        dex,
        types: Vec::new(),
        signatures: Vec::new(),
    };
    let mut protos = Vec::new();
    for index in 0..dex.type_count() {
        let name = dex.type_descriptor(index).ok();
        if !budget.take_text(name.as_ref().map_or(0, |n| n.len())) {
            faults.cut_short = true;
            return linked;
        }
        linked.types.push(name.and_then(|name| hierarchy.id(&name)));
    }
    for index in 0..dex.proto_count() {
        let mut hashed = || -> Result<u64, ParseError> {
            let proto = dex.proto(index)?;
            let mut sum = hash(SEED, dex.type_descriptor_bytes(proto.return_type)?);
            for parameter in dex.parameters(&proto)?.iter() {
                let descriptor = dex.type_descriptor_bytes(parameter)?;
                if !budget.take_text(descriptor.len()) {
                    break;
                }
                sum = hash(sum, descriptor);
            }
            Ok(sum)
        };
        protos.push(hashed().unwrap_or_default());
    }
    linked.signatures = signatures(dex, &protos, budget);
    faults.cut_short |= budget.is_spent();
    linked
}

/// The signature of each method; none of those that cannot be read, or come after the budget.
fn signatures(dex: &Dex<'_>, protos: &[u64], budget: &mut Budget) -> Vec<Option<Signature>> {
    // Most names are those of many methods.
    let mut names: Vec<Option<u64>> = vec![None; usize_of(dex.string_count())];
    let mut of = |index: u32| {
        let id = dex.method(index).ok()?;
        let proto = protos.get(usize_of(id.proto))?;
        let slot = names.get_mut(usize_of(id.name))?;
        let name = match *slot {
            Some(name) => name,
            None => {
                let name = dex.name_bytes(id.name).ok()?;
                if !budget.take_text(name.len()) {
                    return None;
                }
                *slot.insert(hash(SEED, name))
            }
        };
        Some(Signature(hash(*proto, &name.to_le_bytes())))
    };
    (0..dex.method_count()).map(&mut of).collect()
}

/// FNV-1a, 64 bits; each text ends with a byte that no name has.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn hash(seed: u64, text: &[u8]) -> u64 {
    text.iter().chain(&[0]).fold(seed, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
