//! The walk over the code of one DEX file: what is kept of it, and which class refers to which.

use super::plumbing::{is_kept, is_kept_library, is_platform, vendor};
use super::telling::is_telling;
use crate::code::{
    Budget, Faults, FileGraph, Hit, How, NameId, Program, Reached, Site, Target, Wanted, scan,
};
use crate::dex::{Dex, mutf8, usize_of};
use crate::facts::uses::Walked;
use crate::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of one file, in its own numbers.
#[derive(Default)]
pub(super) struct Found {
    /// Uses, in the order of the file.
    pub(super) hits: Vec<Hit>,
    /// Methods that are named on a class of the app and end at a class of the platform.
    pub(super) inherited: BTreeMap<u32, NameId>,
    /// By `method_ids` index: whether it is a library's, inside the app or missing from it.
    foreign: Vec<bool>,
    /// Members whose arguments matter.
    pub(super) valued: BTreeSet<Target>,
    /// Those of them of which a number matters.
    pub(super) numbered: BTreeSet<Target>,
    /// What could not be read.
    pub(super) faults: Faults,
}

impl Found {
    /// Whether a target is a method of a library, inside the app or missing from it.
    pub(super) fn is_foreign(&self, target: Target) -> bool {
        match target {
            Target::Method(index) => self.foreign.get(usize_of(index)) == Some(&true),
            Target::Field(_) | Target::String(_) | Target::Type(_) => false,
        }
    }

    /// One site in each method with a use whose arguments matter, in the order of the file.
    pub(super) fn valued_sites(&self) -> Vec<Site> {
        let mut sites: Vec<Site> = Vec::new();
        for hit in &self.hits {
            let key = |site: &Site| (site.class_def, site.method, site.code_off);
            let is_use = matches!(hit.how, How::Call(_) | How::Read | How::Write);
            if is_use
                && hit.site.method.is_some()
                && sites.last().map(key) != Some(key(&hit.site))
                && self.valued.contains(&hit.target)
            {
                sites.push(hit.site);
            }
        }
        sites
    }
}

/// Walks one file.
pub(super) fn walk<'p, 'w, 'a>(
    dex: &Dex<'a>,
    number: u32,
    program: &'p Program<'w, 'a>,
    limits: &Limits,
    files: usize,
) -> (Found, Option<FileGraph<'p, 'w, 'a>>, Walked) {
    let budget = &mut Budget::share(limits, files);
    let mut found = Found::default();
    let mut wanted = Wanted::nothing(dex);
    let mut interest = Interest::default();
    wanted.select_fields(dex, budget, |member| is_kept(member.class));
    wanted.select_types(dex, budget, is_kept);
    select_methods(dex, number, program, &mut wanted, &mut interest, &mut found);
    let mut faults = std::mem::take(&mut wanted.faults);
    let mut own = wanted.clone();
    let mut graph = FileGraph::new(
        program,
        number,
        &mut wanted,
        budget,
        &mut faults,
        std::mem::take(&mut interest.reached),
        limits.edges / files.max(1),
        |index, text| {
            let keeps = is_telling(text);
            if keeps {
                own.insert_string(index);
                if text.contains(".permission.") {
                    interest.permissions.insert(index);
                }
            }
            keeps
        },
    );
    let own = KeptTables {
        methods: interest.methods,
        others: own,
    };
    found.faults.merge(faults);
    let mut permission_methods: BTreeSet<(u32, Option<u32>)> = BTreeSet::new();
    let vendors = Vendors::new(dex);
    let mut sink = |hit: Hit| {
        if let Some(graph) = &mut graph {
            graph.hit(&hit);
        }
        if own.keeps(hit.target) && !vendors.is_own_library(dex, &hit, &found.foreign) {
            if let Target::String(index) = hit.target
                && interest.permissions.contains(&index)
            {
                permission_methods.insert((hit.site.class_def, hit.site.method));
            }
            found.hits.push(hit);
        }
    };
    let seen = scan(dex, &wanted, &mut sink, budget);
    let walked = Walked {
        methods: seen.methods,
        instructions: seen.instructions,
        code_bytes: seen.code_bytes,
        unread: seen.faults.total,
    };
    found.faults.merge(seen.faults);
    found.faults.cut_short |= graph.as_ref().is_some_and(FileGraph::is_cut);
    values_that_matter(dex, &permission_methods, &mut found);
    (found, graph, walked)
}

/// Whose code each class is, by the beginning of its name.
struct Vendors {
    /// By `type_ids` index.
    numbers: Vec<u32>,
}

impl Vendors {
    fn new(dex: &Dex<'_>) -> Self {
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let mut numbers = Vec::new();
        for index in 0..dex.type_count() {
            let descriptor = dex.type_descriptor(index).unwrap_or_default();
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let name = vendor(&descriptor);
            let number = match known.get(name) {
                Some(&number) => number,
                None => *known.entry(name.to_owned()).or_insert(next),
            };
            numbers.push(number);
        }
        Self { numbers }
    }

    /// Whether a library's member is used by the same vendor's code: calls inside it say nothing.
    fn is_own_library(&self, dex: &Dex<'_>, hit: &Hit, foreign: &[bool]) -> bool {
        let Target::Method(index) = hit.target else {
            return false;
        };
        if foreign.get(usize_of(index)) != Some(&true) {
            return false;
        }
        let number = |class: u32| self.numbers.get(usize_of(class));
        dex.method(index)
            .is_ok_and(|id| number(id.class) == number(hit.site.class))
    }
}

#[derive(Default)]
struct Interest {
    /// By `method_ids` index: whether its uses are kept.
    methods: Vec<bool>,
    /// By `method_ids` index: where a call of it ends.
    reached: Vec<Reached>,
    /// Strings that are the name of a permission.
    permissions: BTreeSet<u32>,
}

/// What is kept, apart from what only the graph needs.
struct KeptTables {
    methods: Vec<bool>,
    others: Wanted,
}

impl KeptTables {
    fn keeps(&self, target: Target) -> bool {
        match target {
            Target::Method(index) => self.methods.get(usize_of(index)) == Some(&true),
            other => self.others.wants(other),
        }
    }
}

/// Methods of the platform, those that end there through a class of the app, and those of libraries.
fn select_methods(
    dex: &Dex<'_>,
    number: u32,
    program: &Program<'_, '_>,
    wanted: &mut Wanted,
    interest: &mut Interest,
    found: &mut Found,
) {
    interest.methods = vec![false; usize_of(dex.method_count())];
    found.foreign = vec![false; usize_of(dex.method_count())];
    interest.reached = vec![Reached::AsNamed; usize_of(dex.method_count())];
    // The rows are sorted by class.
    let mut last: Option<(u32, Kind)> = None;
    for index in 0..dex.method_count() {
        let Ok(id) = dex.method(index) else { continue };
        let kind = match last {
            Some((class, kind)) if class == id.class => kind,
            _ => {
                let kind = kind(dex, number, program, id.class);
                last = Some((id.class, kind));
                kind
            }
        };
        let keeps = match kind {
            Kind::Nothing => false,
            Kind::Platform => true,
            Kind::Own { library } => match reach(program, number, index, &mut interest.reached) {
                Reached::Outside(class) if is_kept(program.hierarchy().name(class)) => {
                    found.inherited.insert(index, class);
                    true
                }
                _ => library,
            },
            Kind::Library => true,
        };
        if !keeps {
            continue;
        }
        if matches!(kind, Kind::Library | Kind::Own { .. })
            && !found.inherited.contains_key(&index)
            && let Some(slot) = found.foreign.get_mut(usize_of(index))
        {
            *slot = true;
        }
        if let Some(slot) = interest.methods.get_mut(usize_of(index)) {
            *slot = true;
        }
        wanted.insert_method(index);
    }
}

/// Where a call ends, noted for the graph.
fn reach(program: &Program<'_, '_>, number: u32, index: u32, noted: &mut [Reached]) -> Reached {
    let reached = program.reach(number, index);
    if let Some(slot) = noted.get_mut(usize_of(index)) {
        *slot = reached;
    }
    reached
}

#[derive(Clone, Copy)]
enum Kind {
    Nothing,
    Platform,
    /// A class of the app, of a package whose functions are worth keeping.
    Own {
        library: bool,
    },
    /// A class that the app does not define and the platform does not have.
    Library,
}

fn kind(dex: &Dex<'_>, number: u32, program: &Program<'_, '_>, class: u32) -> Kind {
    let Ok(descriptor) = dex.type_descriptor(class) else {
        return Kind::Nothing;
    };
    if program.own_class(number, class).is_some() {
        Kind::Own {
            library: is_kept_library(&descriptor),
        }
    } else if is_platform(&descriptor) || !is_kept_library(&descriptor) {
        if is_kept(&descriptor) {
            Kind::Platform
        } else {
            Kind::Nothing
        }
    } else {
        Kind::Library
    }
}

/// Classes whose texts are keys and contents of the app's own.
const OWN_TEXTS: [&[u8]; 7] = [
    b"Landroid/content/ContentValues;",
    b"Landroid/database/",
    b"Landroid/app/Notification",
    b"Landroid/app/AlertDialog",
    b"Landroid/content/ClipData",
    b"Landroid/content/SharedPreferences",
    b"Landroid/os/Trace;",
];

/// What of an intent is no content of the app's own.
const OF_INTENTS: [&[u8]; 8] = [
    b"<init>",
    b"setAction",
    b"setType",
    b"setTypeAndNormalize",
    b"setDataAndType",
    b"setDataAndTypeAndNormalize",
    b"setClassName",
    b"setPackage",
];

/// Packages in whose methods a number says what is wanted: a sensor, a source, a slot, a kind of window.
const NUMBERED: [&[u8]; 5] = [
    b"Landroid/hardware/",
    b"Landroid/media/",
    b"Landroid/telephony/",
    b"Landroid/net/",
    b"Landroid/view/WindowManager$LayoutParams;",
];

/// Selects the members whose arguments have to be followed.
fn values_that_matter(
    dex: &Dex<'_>,
    permission_methods: &BTreeSet<(u32, Option<u32>)>,
    found: &mut Found,
) {
    let mut asked: BTreeSet<u32> = BTreeSet::new();
    for hit in &found.hits {
        match (hit.target, hit.how) {
            (Target::Field(index), How::Write) if is_numbered_field(dex, index) => {
                found.valued.insert(hit.target);
                found.numbered.insert(hit.target);
            }
            (Target::Method(index), How::Call(_)) => {
                let near = permission_methods.contains(&(hit.site.class_def, hit.site.method));
                if near
                    && found.is_foreign(hit.target)
                    && takes(dex, index, &[b"Ljava/lang/String;", b"Ljava/lang/Object;"])
                {
                    found.valued.insert(hit.target);
                }
                asked.insert(index);
            }
            _ => {}
        }
    }
    for index in asked {
        let target = Target::Method(index);
        if found.is_foreign(target) {
            if takes(dex, index, &[b"[Ljava/lang/String;"]) {
                found.valued.insert(target);
            }
            continue;
        }
        let Ok(id) = dex.method(index) else { continue };
        let class = match found.inherited.get(&index) {
            // The named class is the app's; its own name says nothing.
            Some(_) => &b""[..],
            None => dex.type_descriptor_bytes(id.class).unwrap_or_default(),
        };
        if OWN_TEXTS.iter().any(|start| class.starts_with(start)) {
            continue;
        }
        if class == b"Landroid/content/Intent;" {
            let name = dex.name_bytes(id.name).unwrap_or_default();
            if !OF_INTENTS.contains(&name) {
                continue;
            }
        }
        const TYPES: [&[u8]; 6] = [
            b"Ljava/lang/String;",
            b"[Ljava/lang/String;",
            b"Landroid/net/Uri;",
            b"Ljava/lang/Class;",
            b"Landroid/content/Intent;",
            b"Landroid/content/IntentFilter;",
        ];
        if takes(dex, index, &TYPES) {
            found.valued.insert(target);
        }
        if NUMBERED.iter().any(|start| class.starts_with(start)) && takes(dex, index, &[b"I"]) {
            found.valued.insert(target);
            found.numbered.insert(target);
        }
    }
}

fn is_numbered_field(dex: &Dex<'_>, field: u32) -> bool {
    dex.field(field)
        .and_then(|id| dex.type_descriptor_bytes(id.class))
        .is_ok_and(|class| class == b"Landroid/view/WindowManager$LayoutParams;")
}

/// Whether a method has a parameter of one of these types.
fn takes(dex: &Dex<'_>, method: u32, types: &[&[u8]]) -> bool {
    let one = || {
        let id = dex.method(method).ok()?;
        let proto = dex.proto(id.proto).ok()?;
        let mut parameters = dex.parameters(&proto).ok()?.iter();
        Some(parameters.any(|type_| {
            dex.type_descriptor_bytes(type_)
                .is_ok_and(|descriptor| types.contains(&descriptor))
        }))
    };
    one() == Some(true)
}

/// The text of a string of a file.
pub(super) fn text(dex: &Dex<'_>, index: u32) -> String {
    dex.string_bytes(index)
        .map(|bytes| mutf8::decode(bytes).into_owned())
        .unwrap_or_default()
}
