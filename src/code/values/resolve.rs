//! All wanted uses of an app, with the constants that reach them.

use super::{Possible, Reading, Statics, Tracer, Use, Value};
use crate::code::{
    Budget, Faults, FileGraph, Hit, How, Invoke, NameId, Program, Reached, Signature, Site, Target,
    Wanted, scan, scan_classes,
};
use crate::dex::{Dex, usize_of};
use crate::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The references of the file, where a walk has collected them already.
    pub graph: Option<&'w FileGraph<'w, 'w, 'a>>,
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
/// values of each call. A call that names a subclass of the wrapper's class counts,
/// unless it reaches an overriding method first ([`Program::reach`]).
///
/// The work is bounded by `budget`, the memory by [`Limits`]. What could not be read
/// is in [`Resolution::faults`].
pub fn resolve(
    files: &[File<'_, '_>],
    program: &Program<'_, '_>,
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
        let sites = match file.sites {
            Some(known) => (known.to_vec(), false),
            None => sites_of(file.dex, file.wanted, None, budget),
        };
        pass(
            file.dex,
            file.wanted,
            sites,
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
    let wrappers = wrappers(&found, program);
    found.wrappers = u64::try_from(wrappers.len()).unwrap_or(u64::MAX);
    if !wrappers.is_empty() {
        for (number, file) in (0u32..).zip(files) {
            let names = rows_of(&wrappers, number, file, program, budget);
            if names.is_empty() {
                continue;
            }
            let mut wanted = Wanted::nothing(file.dex);
            names.keys().for_each(|&row| wanted.insert_method(row));
            let mut derived = Vec::new();
            let room = limits.value_uses.saturating_sub(found.uses.len());
            let mut total = 0u64;
            let uses = std::mem::take(&mut found.uses);
            let mut sink = |call: Use| {
                let Target::Method(index) = call.target else {
                    return;
                };
                for &inner in names.get(&index).copied().unwrap_or_default() {
                    let Some(inner) = uses.get(inner) else {
                        continue;
                    };
                    total = total.saturating_add(1);
                    if derived.len() < room {
                        derived.extend(through(inner, &call, files).map(|pair| (number, pair)));
                    }
                }
            };
            let classes = file.graph.and_then(|graph| graph.calling(names.keys()));
            let sites = sites_of(file.dex, &wanted, classes, budget);
            pass(
                file.dex,
                &wanted,
                sites,
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

/// Reads the methods of one file that have a wanted use; `sites` as [`sites_of`] gives them.
#[allow(clippy::too_many_arguments, reason = "one caller for each pass")]
fn pass(
    dex: &Dex<'_>,
    wanted: &Wanted,
    (sites, is_cut): (Vec<Site>, bool),
    limits: &Limits,
    budget: &mut Budget,
    statics: &mut Statics<'_, '_>,
    found: &mut Resolution,
    number: u32,
    sink: &mut dyn FnMut(Use),
) {
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

/// One site in each method that has a wanted use, of these class definitions or of all; and whether the
/// walk was cut short.
fn sites_of(
    dex: &Dex<'_>,
    wanted: &Wanted,
    classes: Option<BTreeSet<u32>>,
    budget: &mut Budget,
) -> (Vec<Site>, bool) {
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
    let seen = match classes {
        Some(classes) => scan_classes(dex, wanted, classes, &mut note, budget),
        None => scan(dex, wanted, &mut note, budget),
    };
    (sites, seen.faults.cut_short)
}

/// The methods that pass a parameter on, with the numbers of the uses inside.
type Wrappers = BTreeMap<(NameId, Signature), Vec<usize>>;

fn wrappers(found: &Resolution, program: &Program<'_, '_>) -> Wrappers {
    let mut wrappers = Wrappers::new();
    for (at, resolved) in found.uses.iter().enumerate() {
        let skipped = usize::from(has_receiver(resolved.used.how));
        let arguments = resolved.used.arguments.get(skipped..);
        if !arguments.unwrap_or_default().iter().any(mentions) {
            continue;
        }
        let site = resolved.used.site;
        let method = || {
            let class = program.own_class(resolved.dex, site.class)?;
            Some((class, program.signature(resolved.dex, site.method?)?))
        };
        if let Some(method) = method() {
            wrappers.entry(method).or_default().push(at);
        }
    }
    wrappers
}

/// The `method_ids` rows of a file by which a wrapper is called, with the uses inside.
fn rows_of<'r>(
    wrappers: &'r Wrappers,
    number: u32,
    file: &File<'_, '_>,
    program: &Program<'_, '_>,
    budget: &mut Budget,
) -> BTreeMap<u32, &'r [usize]> {
    let mut rows = BTreeMap::new();
    budget.begin(file.dex);
    for row in 0..file.dex.method_count() {
        if !budget.take(1) {
            break;
        }
        let reached = match file.graph {
            Some(graph) => graph.reached(row),
            None => program.reach(number, row),
        };
        if let Reached::Inside(class) = reached
            && let Some(signature) = program.signature(number, row)
            && let Some(uses) = wrappers.get(&(class, signature))
        {
            rows.insert(row, uses.as_slice());
        }
    }
    rows
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
