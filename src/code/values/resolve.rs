//! All wanted uses of an app, with the constants that reach them.

use super::{Possible, Reading, Statics, Tracer, Use, Value};
use crate::code::{Budget, Faults, Hierarchy, Hit, How, Invoke, Site, Target, Wanted, scan};
use crate::dex::{Dex, usize_of};
use crate::limits::Limits;
use std::collections::BTreeMap;

/// One DEX file and what is wanted of it.
#[derive(Clone, Copy, Debug)]
pub struct File<'w, 'a> {
    /// The file.
    pub dex: &'w Dex<'a>,
    /// Methods and fields; wanted strings and types are ignored here.
    pub wanted: &'w Wanted,
    /// One site in each method that has a wanted use, in the order of the file, where a walk has
    /// found them already.
    pub sites: Option<&'w [Site]>,
}

/// A wanted use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Number of the file that [`Use::site`] belongs to.
    pub dex: u32,
    /// Site, target and values. With [`Resolved::via`] the site is the call of the wrapper,
    /// kind and target are those of the use inside it.
    pub used: Use,
    /// The wrapper, if the values come through its parameters.
    pub via: Option<Via>,
}

/// A method that passes its parameters on to a wanted use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// Number of the file that the wrapper, and so [`Use::target`], belongs to.
    pub dex: u32,
    /// The wanted use inside it.
    pub site: Site,
    /// Its signature.
    pub method: String,
}

/// What [`resolve`] found.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// The uses: those of each file in its order, then those through wrappers.
    pub uses: Vec<Resolved>,
    /// Number of uses, kept or not ([`Limits::value_uses`]).
    pub total: u64,
    /// Methods that were followed over all their branches.
    pub followed: u64,
    /// Methods that were read straight through.
    pub straight: u64,
    /// Methods that could not be read.
    pub unread: u64,
    /// Methods that pass a parameter on to a wanted use.
    pub wrappers: u64,
    /// What could not be read, by file.
    pub faults: Vec<Faults>,
}

/// Resolves the arguments of all wanted uses of an app. `files` are in class-path order.
///
/// Pass 1 reads the methods that have a wanted use. A use that is given a parameter of
/// its method (in other places than its receiver) makes that method a wrapper; pass 2
/// reads the callers of wrappers, and adds the use once more with the site and the
/// values of each call. With a `hierarchy`, calls that name a subclass of the
/// wrapper's class, and do not reach an overriding method first, are found too.
///
/// The work is bounded by `budget`, the memory by [`Limits`]. What could not be read
/// is in [`Resolution::faults`].
pub fn resolve(
    files: &[File<'_, '_>],
    hierarchy: Option<&Hierarchy>,
    limits: &Limits,
    budget: &mut Budget,
) -> Resolution {
    let mut found = Resolution {
        faults: vec![Faults::default(); files.len()],
        ..Resolution::default()
    };
    let mut statics = Statics::new(files.iter().map(|file| file.dex), limits, budget);
    for (number, file) in (0u32..).zip(files) {
        let mut keep = Vec::new();
        let mut sink = |used: Use| keep.push(used);
        pass(
            file.dex,
            file.wanted,
            file.sites,
            limits,
            budget,
            &mut statics,
            &mut found,
            number,
            &mut sink,
        );
        for used in keep {
            found.add(number, used, None, limits);
        }
    }
    let wrappers = Wrappers::of(&mut found, files);
    if !wrappers.by_name.is_empty() {
        for (number, file) in (0u32..).zip(files) {
            let (wanted, names) = wrappers.wanted(files, file.dex, hierarchy, budget);
            if names.is_empty() {
                continue;
            }
            let mut derived = Vec::new();
            let room = limits.value_uses.saturating_sub(found.uses.len());
            let mut total = 0u64;
            let uses = std::mem::take(&mut found.uses);
            let mut sink = |call: Use| {
                let Target::Method(index) = call.target else {
                    return;
                };
                for &&inner in names.get(&index).into_iter().flatten() {
                    let Some(inner) = uses.get(inner) else {
                        continue;
                    };
                    total = total.saturating_add(1);
                    if derived.len() < room {
                        derived.extend(through(inner, &call, files).map(|pair| (number, pair)));
                    }
                }
            };
            pass(
                file.dex,
                &wanted,
                None,
                limits,
                budget,
                &mut statics,
                &mut found,
                number,
                &mut sink,
            );
            found.uses = uses;
            found.total = found.total.saturating_add(total);
            for (dex, (used, via)) in derived {
                let via = Some(via);
                found.uses.push(Resolved { dex, used, via });
            }
        }
    }
    if let Some(first) = found.faults.first_mut() {
        first.merge(statics.faults);
    }
    found
}

impl Resolution {
    fn add(&mut self, dex: u32, used: Use, via: Option<Via>, limits: &Limits) {
        self.total = self.total.saturating_add(1);
        if self.uses.len() < limits.value_uses {
            self.uses.push(Resolved { dex, used, via });
        }
    }
}

/// Finds the methods of one file that have a wanted use, and reads them.
#[allow(clippy::too_many_arguments, reason = "one caller for each pass")]
fn pass(
    dex: &Dex<'_>,
    wanted: &Wanted,
    known: Option<&[Site]>,
    limits: &Limits,
    budget: &mut Budget,
    statics: &mut Statics<'_, '_>,
    found: &mut Resolution,
    number: u32,
    sink: &mut dyn FnMut(Use),
) {
    let (sites, is_cut) = match known {
        Some(known) => (known.to_vec(), false),
        None => sites_of(dex, wanted, budget),
    };
    budget.begin(dex);
    let mut faults = Faults {
        cut_short: is_cut,
        ..Faults::default()
    };
    let mut tracer = Tracer::new(dex, limits);
    for site in sites {
        match tracer.method(site, wanted, statics, sink, budget, &mut faults) {
            Reading::Followed => found.followed = found.followed.saturating_add(1),
            Reading::Straight => found.straight = found.straight.saturating_add(1),
            Reading::Unread => found.unread = found.unread.saturating_add(1),
            Reading::CutShort => break,
        }
    }
    if let Some(slot) = found.faults.get_mut(usize_of(number)) {
        slot.merge(faults);
    }
}

/// One site in each method that has a wanted use; and whether the walk was cut short.
fn sites_of(dex: &Dex<'_>, wanted: &Wanted, budget: &mut Budget) -> (Vec<Site>, bool) {
    let mut sites: Vec<Site> = Vec::new();
    let mut note = |hit: Hit| {
        let is_use = matches!(hit.target, Target::Method(_) | Target::Field(_))
            && matches!(hit.how, How::Call(_) | How::Read | How::Write);
        let key = |site: &Site| (site.class_def, site.method, site.code_off);
        if is_use && hit.site.method.is_some() && sites.last().map(key) != Some(key(&hit.site)) {
            sites.push(hit.site);
        }
    };
    // What the scan cannot read, other walks of the file report; here it only ends the list.
    let is_cut = scan(dex, wanted, &mut note, budget).faults.cut_short;
    (sites, is_cut)
}

/// Wrappers by name and prototype: their class, and the numbers of the uses inside.
struct Wrappers {
    by_name: BTreeMap<String, Vec<Wrapper>>,
}

struct Wrapper {
    proto: String,
    class: String,
    uses: Vec<usize>,
}

impl Wrappers {
    fn of(found: &mut Resolution, files: &[File<'_, '_>]) -> Self {
        let mut by_name: BTreeMap<String, Vec<Wrapper>> = BTreeMap::new();
        for (at, resolved) in found.uses.iter().enumerate() {
            let skipped = usize::from(has_receiver(resolved.used.how));
            let arguments = resolved.used.arguments.get(skipped..);
            if !arguments.unwrap_or_default().iter().any(mentions) {
                continue;
            }
            let Some(file) = files.get(usize_of(resolved.dex)) else {
                continue;
            };
            let names = || {
                let id = file.dex.method(resolved.used.site.method?).ok()?;
                Some((
                    file.dex.member_name(id.name).ok()?.into_owned(),
                    file.dex.proto_descriptor(id.proto).ok()?,
                    file.dex.type_descriptor(id.class).ok()?.into_owned(),
                ))
            };
            let Some((name, proto, class)) = names() else {
                continue;
            };
            let same = by_name.entry(name).or_default();
            let known = same
                .iter_mut()
                .find(|known| known.proto == proto && known.class == class);
            match known {
                Some(known) => known.uses.push(at),
                None => {
                    found.wrappers = found.wrappers.saturating_add(1);
                    same.push(Wrapper {
                        proto,
                        class,
                        uses: vec![at],
                    });
                }
            }
        }
        Self { by_name }
    }

    /// The methods of a file that are wrappers, with the uses inside.
    fn wanted<'s>(
        &'s self,
        files: &[File<'_, '_>],
        dex: &Dex<'_>,
        hierarchy: Option<&Hierarchy>,
        budget: &mut Budget,
    ) -> (Wanted, BTreeMap<u32, Vec<&'s usize>>) {
        let mut wanted = Wanted::nothing(dex);
        let mut uses: BTreeMap<u32, Vec<&usize>> = BTreeMap::new();
        let mut steps = 0u64;
        // Nearly all names are no wrapper's: a look at their ends spares the search.
        let mut ends = [false; 256];
        for name in self.by_name.keys() {
            if let Some(slot) = ends.get_mut(usize::from(end(name))) {
                *slot = true;
            }
        }
        wanted.select_methods(dex, budget, |member| {
            if ends.get(usize::from(end(member.name))) != Some(&true) {
                return false;
            }
            let Some(same) = self.by_name.get(member.name) else {
                return false;
            };
            let proto = dex
                .method(member.index)
                .and_then(|id| dex.proto_descriptor(id.proto));
            let Ok(proto) = proto else { return false };
            for wrapper in same.iter().filter(|wrapper| wrapper.proto == proto) {
                if wrapper.class == member.class
                    || inherits(
                        files,
                        hierarchy,
                        member.class,
                        member.name,
                        wrapper,
                        &mut steps,
                    )
                {
                    uses.entry(member.index).or_default().extend(&wrapper.uses);
                }
            }
            uses.contains_key(&member.index)
        });
        (wanted, uses)
    }
}

/// A number that a name has: of its length and its last bytes.
fn end(name: &str) -> u8 {
    let bytes = name.as_bytes().iter().rev().take(3);
    let length = u8::try_from(name.len() & 0x3f).unwrap_or_default();
    bytes.fold(length, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte))
}

/// Classes looked at for one file while overriding methods are searched.
const MOST_CLASSES: u64 = 100_000;

/// Whether a call that names `class` reaches the wrapper in one of its superclasses.
fn inherits(
    files: &[File<'_, '_>],
    hierarchy: Option<&Hierarchy>,
    class: &str,
    name: &str,
    wrapper: &Wrapper,
    steps: &mut u64,
) -> bool {
    let Some(hierarchy) = hierarchy else {
        return false;
    };
    let mut next = hierarchy.find(class);
    while let Some(class) = next {
        *steps = steps.saturating_add(1);
        if *steps > MOST_CLASSES {
            return false;
        }
        if hierarchy.name(class.name) == wrapper.class {
            return true;
        }
        let defines = || {
            let dex = files.get(usize_of(class.dex))?.dex;
            let data = dex
                .class_data(&dex.class_def(class.class_def).ok()?)
                .ok()??;
            let mut methods = data.methods().ok()?.map_while(Result::ok);
            Some(methods.any(|method| {
                dex.method(method.method).is_ok_and(|id| {
                    dex.member_name(id.name).is_ok_and(|known| known == name)
                        && dex
                            .proto_descriptor(id.proto)
                            .is_ok_and(|known| known == wrapper.proto)
                })
            }))
        };
        if defines() != Some(false) {
            return false;
        }
        next = class.superclass.and_then(|name| hierarchy.class(name));
    }
    false
}

fn has_receiver(how: How) -> bool {
    !matches!(how, How::Call(Invoke::Static))
}

/// The parts of a value that are values themselves.
fn inside(value: &Value) -> Vec<&Possible> {
    match value {
        Value::Call { arguments, .. } => arguments.iter().collect(),
        Value::New { made, .. } => made.iter().flat_map(|made| &made.1).collect(),
        Value::Builder(text) => vec![text],
        Value::Intent {
            action,
            data,
            component,
        } => vec![action, data, component],
        Value::Array { elements, .. } => elements.iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// Whether a parameter is in it. Values are not nested deeper than their limit.
fn mentions(possible: &Possible) -> bool {
    possible.values.iter().any(|value| {
        matches!(value, Value::Parameter(_)) || inside(value).into_iter().any(mentions)
    })
}

/// The use inside a wrapper with the values of one call of that wrapper.
fn through(inner: &Resolved, call: &Use, files: &[File<'_, '_>]) -> Option<(Use, Via)> {
    let dex = files.get(usize_of(inner.dex))?.dex;
    let (receiver, parameters) = if has_receiver(call.how) {
        let (receiver, rest) = call.arguments.split_first()?;
        (Some(receiver), rest)
    } else {
        (None, call.arguments.as_slice())
    };
    let given = Given {
        receiver,
        parameters,
    };
    let mut arguments = Vec::new();
    for argument in &inner.used.arguments {
        arguments.push(given.put_into(argument, &mut super::export::MOST_PARTS.clone()));
    }
    let used = Use {
        site: call.site,
        is_reached: call.is_reached && inner.used.is_reached,
        arguments,
        ..inner.used.clone()
    };
    let via = Via {
        dex: inner.dex,
        site: inner.used.site,
        method: dex.method_signature(inner.used.site.method?).ok()?,
    };
    Some((used, via))
}

struct Given<'c> {
    receiver: Option<&'c Possible>,
    parameters: &'c [Possible],
}

impl Given<'_> {
    fn put_into(&self, possible: &Possible, left: &mut usize) -> Possible {
        let mut all = Possible {
            values: Vec::new(),
            more: possible.more,
        };
        for value in &possible.values {
            let given = match value {
                Value::Parameter(number) => self.parameters.get(usize_of(*number)),
                Value::This => self.receiver,
                other => {
                    match left.checked_sub(1) {
                        Some(fewer) => {
                            *left = fewer;
                            all.values.push(self.rebuild(other, left));
                        }
                        None => all.more = true,
                    }
                    continue;
                }
            };
            let size = |given: &Possible| {
                let sizes = given.values.iter().map(super::export::parts);
                sizes.fold(0usize, usize::saturating_add)
            };
            match given {
                Some(given) if size(given) <= *left => {
                    *left = left.saturating_sub(size(given));
                    all.values.extend_from_slice(&given.values);
                    all.more |= given.more;
                }
                _ => all.more = true,
            }
        }
        all.values.sort();
        all.values.dedup();
        all
    }

    fn list(&self, list: &[Possible], left: &mut usize) -> Vec<Possible> {
        list.iter().map(|part| self.put_into(part, left)).collect()
    }

    fn rebuild(&self, value: &Value, left: &mut usize) -> Value {
        match value {
            Value::Call { method, arguments } => Value::Call {
                method: method.clone(),
                arguments: self.list(arguments, left),
            },
            Value::New { class, made } => Value::New {
                class: class.clone(),
                made: made
                    .as_ref()
                    .map(|(method, list)| (method.clone(), self.list(list, left))),
            },
            Value::Builder(text) => Value::Builder(self.put_into(text, left)),
            Value::Intent {
                action,
                data,
                component,
            } => Value::Intent {
                action: self.put_into(action, left),
                data: self.put_into(data, left),
                component: self.put_into(component, left),
            },
            Value::Array { class, elements } => Value::Array {
                class: class.clone(),
                elements: elements.as_ref().map(|list| self.list(list, left)),
            },
            other => other.clone(),
        }
    }
}
