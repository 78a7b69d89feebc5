//! What all DEX files of an app say together: classes defined and named, what is used where, host names.
//!
//! ```text
//! DexBytes ─Dex::parse─▶ Dex …             every file of the app, in class-path order
//!          ─Hierarchy, Program──▶          the classes of all files, and where each call ends
//!          ─scan────────────────▶ Found    one walk over the code of each file, side by side
//!          ─values::resolve─────▶          constants that reach the kept calls
//!          ─uses::join──────────▶ Facts
//! ```

use super::collect::{self, Found};
use super::plumbing::is_platform;
use super::uses::{Joined, Through};
use super::{constants, roots, start, strings, uses};
use crate::code::values::{self, resolve};
use crate::code::{
    Budget, Faults, FileGraph, Graph, HierarchyBuilder, NameId, Program, Site, Target, Wanted,
    undefined_types,
};
use crate::dex::{Dex, mutf8, names, usize_of};
use crate::facts::model::{DexFact, Facts};
use crate::facts::uses::{Arg, Known, Walked};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// One `classes*.dex`, inflated.
pub(super) struct DexBytes<'a> {
    /// As in [`FileFact::name`](crate::facts::FileFact::name).
    pub(super) file: String,
    /// Entry of the archive.
    pub(super) entry: String,
    /// Its bytes.
    pub(super) bytes: Cow<'a, [u8]>,
}

impl DexBytes<'_> {
    fn name(&self) -> String {
        format!("{}!{}", self.file, self.entry)
    }
}

/// Constants by file, method and instruction.
pub(super) type Arguments = BTreeMap<(u32, Option<u32>, u64), Vec<Arg>>;

/// What one file says by itself.
struct Local {
    /// Java name and `type_ids` index of each class, sorted by name, each once.
    defines: Vec<(String, u32)>,
    undefined: Vec<String>,
    hosts: BTreeSet<String>,
    /// `type_ids` indices of the classes that do nothing, sorted.
    idle: Vec<u32>,
    faults: Faults,
}

/// Reads all code of the app into `facts`; `services` are the classes that service files name.
pub(super) fn read(
    files: &[DexBytes<'_>],
    services: &[String],
    facts: &mut Facts,
    limits: &Limits,
) {
    let mut incidents = Vec::new();
    let digests = || -> Vec<String> { files.par_iter().map(|f| sha256(&f.bytes)).collect() };
    // Hashing takes as long as everything else.
    let (digests, ()) = rayon::join(digests, || {
        let mut members: Vec<(usize, Dex<'_>)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            match Dex::parse(&file.bytes, &file.name(), limits, &mut incidents) {
                Ok(found) => members.extend(found.into_iter().map(|dex| (at, dex))),
                Err(error) => {
                    let name = file.name();
                    incidents.push(
                        Incident::from_error(IncidentCode::Unreadable, name, &error)
                            .hiding(Channel::Code),
                    );
                }
            }
        }
        within(&mut members, files, &mut incidents, limits);
        whole(&members, files, services, facts, &mut incidents, limits);
    });
    facts.incidents.extend(incidents);
    for dex in &mut facts.dex {
        let at = files
            .iter()
            .position(|f| f.file == dex.file && f.entry == dex.entry);
        if let Some(digest) = at.and_then(|at| digests.get(at)) {
            dex.sha256.clone_from(digest);
        }
    }
}

/// Leaves out the DEX files that together define more classes than the limit.
fn within(
    members: &mut Vec<(usize, Dex<'_>)>,
    files: &[DexBytes<'_>],
    incidents: &mut Vec<Incident>,
    limits: &Limits,
) {
    let mut total = 0u64;
    members.retain(|(at, dex)| {
        total = total.saturating_add(u64::from(dex.class_count()));
        if total <= limits.classes {
            return true;
        }
        let name = files.get(*at).map(DexBytes::name).unwrap_or_default();
        let detail = "more classes than the limit; this file was not read";
        let incident = Incident::new(IncidentCode::LimitReached, name, detail);
        incidents.push(incident.hiding(Channel::Code));
        false
    });
}

fn whole(
    members: &[(usize, Dex<'_>)],
    files: &[DexBytes<'_>],
    services: &[String],
    facts: &mut Facts,
    incidents: &mut Vec<Incident>,
    limits: &Limits,
) {
    let count = members.len();
    let locals: Vec<Local> = members
        .par_iter()
        .map(|(_, dex)| local(dex, &mut Budget::share(limits, count)))
        .collect();
    let mut faults: Vec<Faults> = Vec::new();
    let mut budget = Budget::new(limits);
    let mut builder = HierarchyBuilder::new();
    for (number, (_, dex)) in (0u32..).zip(members) {
        let mut of = Faults::default();
        builder.add(dex, number, &mut budget, &mut of);
        faults.push(of);
    }
    let hierarchy = builder.finish();
    let mut linking = Faults::default();
    let dexes = members.iter().map(|(_, dex)| dex);
    let program = Program::new(dexes, &hierarchy, &mut budget, &mut linking);
    let walked: Vec<(Found, Option<FileGraph<'_, '_, '_>>, Walked)> = members
        .par_iter()
        .enumerate()
        .map(|(number, (_, dex))| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            collect::walk(dex, number, &program, limits, count)
        })
        .collect();
    let mut found = Vec::new();
    let mut graphs = Vec::new();
    for (number, ((at, dex), (of, graph, walked))) in members.iter().zip(walked).enumerate() {
        let Some(file) = files.get(*at) else { continue };
        let local = locals.get(number);
        if let Some(faults) = faults.get_mut(number) {
            faults.merge(of.faults.clone());
            if let Some(local) = local {
                faults.merge(local.faults.clone());
            }
        }
        let defines = local.map(|l| l.defines.iter().map(|d| d.0.clone()).collect());
        facts.dex.push(DexFact {
            file: file.file.clone(),
            entry: file.entry.clone(),
            size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
            version: format!("{:03}", dex.header().version),
            classes: dex.class_count(),
            methods: dex.method_count(),
            defines: defines.unwrap_or_default(),
            walked,
            ..DexFact::default()
        });
        found.push(of);
        graphs.push(graph);
    }
    let (start, (arguments, through)) = rayon::join(
        || start::start(&facts.manifest, &program, limits),
        || arguments(members, &found, &graphs, &program, &mut faults, limits),
    );
    let composed = named_by_constants(&found, &arguments, &program);
    let graph = Graph::new(graphs.into_iter().flatten(), composed, &program);
    facts.idle = idle_numbers(&locals);
    let defines = locals.iter().map(|l| l.defines.as_slice());
    let numbers = numbers(defines, &program);
    names_of(facts, &locals);
    let roots = roots::roots(facts, services, &hierarchy);
    let joined = Joined {
        members,
        program: &program,
        graph: &graph,
        numbers: &numbers,
        arguments: &arguments,
        through: &through,
        roots: &roots.all,
        native: &roots.native,
        start: &start,
    };
    uses::join(&joined, found, facts, &mut faults, limits);
    if let Some(first) = faults.first_mut() {
        first.merge(linking);
    }
    for (of, (at, _)) in faults.iter().zip(members) {
        if let Some(file) = files.get(*at) {
            of.report(&file.name(), incidents);
        }
    }
}

fn local(dex: &Dex<'_>, budget: &mut Budget) -> Local {
    let mut faults = Faults::default();
    let mut defines = Vec::new();
    for class in dex.class_defs() {
        match dex.type_descriptor(class.class) {
            Ok(descriptor) => defines.push((names::java_name(&descriptor), class.class)),
            Err(error) => faults.add(error),
        }
    }
    defines.sort();
    defines.dedup_by(|later, first| later.0 == first.0);
    let undefined = undefined_types(dex, budget, &mut faults)
        .into_iter()
        .map(mutf8::decode)
        .filter(|descriptor| !is_platform(descriptor))
        .map(|descriptor| names::java_name(&descriptor))
        .collect();
    Local {
        defines,
        undefined,
        hosts: strings::hosts(dex),
        idle: idle(dex),
        faults,
    }
}

/// Longest code of a method that does nothing, in code units: `return-void`, or a constant and `return`.
const IDLE_UNITS: usize = 3;
/// A constructor calls that of its superclass before it returns.
const IDLE_CONSTRUCTOR_UNITS: usize = 4;
/// `ACC_CONSTRUCTOR`
const CONSTRUCTOR: u32 = 0x1_0000;

/// The classes whose methods do nothing.
fn idle(dex: &Dex<'_>) -> Vec<u32> {
    let does_nothing = |class: &crate::dex::ClassDef| -> Option<bool> {
        let Some(data) = dex.class_data(class).ok()? else {
            return Some(true);
        };
        for method in data.methods().ok()? {
            let method = method.ok()?;
            if method.code_off == 0 {
                continue;
            }
            let units = dex.code_item(method.code_off).ok()?.units().len();
            let most = if method.access_flags & CONSTRUCTOR != 0 {
                IDLE_CONSTRUCTOR_UNITS
            } else {
                IDLE_UNITS
            };
            if units > most {
                return Some(false);
            }
        }
        Some(true)
    };
    let mut found: Vec<u32> = dex
        .class_defs()
        .filter(|class| does_nothing(class) == Some(true))
        .map(|class| class.class)
        .collect();
    found.sort_unstable();
    found
}

/// The number of each class of the app, by the number of its name: its place in the lists of
/// [`DexFact::defines`], one after the other. The first definition counts.
fn numbers<'l>(
    files: impl Iterator<Item = &'l [(String, u32)]>,
    program: &Program<'_, '_>,
) -> BTreeMap<NameId, u32> {
    let mut numbers = BTreeMap::new();
    let mut next = 0u32;
    for (file, defines) in (0u32..).zip(files) {
        for (_, type_) in defines {
            if let Some(name) = program.own_class(file, *type_) {
                numbers.entry(name).or_insert(next);
            }
            next = next.saturating_add(1);
        }
    }
    numbers
}

/// The numbers of the classes that do nothing, sorted.
fn idle_numbers(locals: &[Local]) -> Vec<u32> {
    let each = locals.iter().flat_map(|l| {
        l.defines
            .iter()
            .map(|(_, type_)| l.idle.binary_search(type_).is_ok())
    });
    let numbered = (0u32..).zip(each);
    numbered.filter(|(_, idle)| *idle).map(|(n, _)| n).collect()
}

/// Host names, and classes that are named and not defined.
fn names_of(facts: &mut Facts, locals: &[Local]) {
    let mut undefined: BTreeSet<&str> = BTreeSet::new();
    let mut hosts: BTreeSet<&str> = BTreeSet::new();
    for local in locals {
        undefined.extend(local.undefined.iter().map(String::as_str));
        hosts.extend(local.hosts.iter().map(String::as_str));
    }
    for (name, _) in locals.iter().flat_map(|l| &l.defines) {
        undefined.remove(name.as_str());
    }
    facts.referenced = undefined.into_iter().map(str::to_owned).collect();
    facts.hosts = hosts.into_iter().map(str::to_owned).collect();
}

/// Classes of the app whose names are put together of constants and passed to a call, by the class that does so.
fn named_by_constants(
    found: &[Found],
    arguments: &Arguments,
    program: &Program<'_, '_>,
) -> Vec<(NameId, NameId)> {
    let hierarchy = program.hierarchy();
    let own = |text: &str| {
        let id = hierarchy.id(&names::descriptor(text))?;
        hierarchy.class(id).is_some().then_some(id)
    };
    let mut edges = Vec::new();
    for (file, found) in (0u32..).zip(found) {
        for hit in &found.hits {
            let key = (file, hit.site.method, hit.site.offset);
            for arg in arguments.get(&key).into_iter().flatten() {
                if let Known::Text(text) = &arg.is
                    && text.contains('.')
                    && let Some(to) = own(text)
                    && let Some(from) = program.own_class(file, hit.site.class)
                {
                    edges.push((from, to));
                }
            }
        }
    }
    edges
}

/// The constants that reach the calls for which they matter.
fn arguments(
    members: &[(usize, Dex<'_>)],
    found: &[Found],
    graphs: &[Option<FileGraph<'_, '_, '_>>],
    program: &Program<'_, '_>,
    faults: &mut [Faults],
    limits: &Limits,
) -> (Arguments, Vec<Through>) {
    let wanted: Vec<Wanted> = members
        .iter()
        .zip(found)
        .map(|((_, dex), found)| {
            let mut wanted = Wanted::nothing(dex);
            for &target in &found.valued {
                match target {
                    Target::Method(index) => wanted.insert_method(index),
                    Target::Field(index) => wanted.insert_field(index),
                    Target::String(_) | Target::Type(_) => {}
                }
            }
            wanted
        })
        .collect();
    let sites: Vec<Vec<Site>> = found.iter().map(Found::valued_sites).collect();
    let files: Vec<values::File<'_, '_>> = members
        .iter()
        .zip(&wanted)
        .zip(&sites)
        .zip(graphs)
        .map(|((((_, dex), wanted), sites), graph)| values::File {
            dex,
            wanted,
            sites: Some(sites),
            graph: graph.as_ref(),
        })
        .collect();
    let mut budget = Budget::new(limits);
    let resolution = resolve(&files, program, limits, &mut budget);
    for (of, more) in faults.iter_mut().zip(&resolution.faults) {
        of.merge(more.clone());
    }
    let mut all = Arguments::new();
    let mut through = Vec::new();
    for resolved in resolution.uses {
        let used = resolved.used;
        let wrapper = resolved.via;
        let inner = wrapper.as_ref().map_or(resolved.dex, |via| via.dex);
        let Some(found) = found.get(usize_of(inner)) else {
            continue;
        };
        let is_numbered = found.numbered.contains(&used.target);
        let is_foreign = found.is_foreign(used.target);
        let skipped = uses::receivers(used.how);
        let parameters = used.arguments.get(skipped..).unwrap_or_default();
        let mut args = Vec::new();
        for (at, possible) in (0u8..=u8::MAX).zip(parameters) {
            let kept = constants::known(possible)
                .into_iter()
                .filter(|is| uses::is_kept_value(is, is_numbered, is_foreign));
            args.extend(kept.map(|is| Arg { at, is }));
        }
        if args.is_empty() {
            continue;
        }
        match wrapper {
            None => {
                let key = (resolved.dex, used.site.method, used.site.offset);
                all.entry(key).or_default().extend(args);
            }
            Some(via) => through.push(Through {
                file: resolved.dex,
                site: used.site,
                inner,
                target: used.target,
                how: used.how,
                args,
                wrapper: via.method,
            }),
        }
    }
    for args in all.values_mut() {
        args.sort();
        args.dedup();
    }
    (all, through)
}
