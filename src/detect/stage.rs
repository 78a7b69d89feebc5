//! How far a library goes in an app: from a name in the code to functions that are called.

use super::access::{AtStart, Shown, Where};
use super::accesses::parts;
use super::asker::Askers;
use super::marks::{Grade, SdkHit};
use super::owner::Owner;
use super::reach::Reach;
use crate::facts::{Facts, Manner, Site, UseFact};
use crate::package::manifest::ComponentKind;
use crate::signatures::SignatureDb;
use crate::signatures::api::java_name;
use crate::signatures::schema::{By, Sdk, Str};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The steps, in order. Each says the most that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The code names it and does not hold it.
    Referenced,
    /// It is inside.
    Bundled,
    /// It is inside, and none of its methods does anything.
    Stub,
    /// It starts by itself: by a content provider, an initializer or a receiver of system broadcasts.
    AutoStarted,
    /// Other code calls a method that starts it.
    Started,
    /// Other code calls its functions.
    Used,
}

/// How far one library goes, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkStage {
    /// The step.
    pub stage: Stage,
    /// What starts it by itself: names of components and initializers.
    pub starts: Vec<String>,
    /// What shows the step; the first few.
    pub shown: Vec<Shown>,
    /// The first call of a method that starts it on the way from the start of the app.
    pub at_start: Option<AtStart>,
}

impl SdkStage {
    fn of(stage: Stage) -> Self {
        Self {
            stage,
            starts: Vec::new(),
            shown: Vec::new(),
            at_start: None,
        }
    }
}

/// Places that are kept.
const KEPT: usize = 3;

/// The provider whose `meta-data` names initializers (androidx.startup documentation), by its class.
const STARTUP: &str = "androidx.startup.InitializationProvider";

/// The stages of all libraries, in their order.
pub(super) fn all(
    facts: &Facts,
    hits: &[SdkHit],
    db: &SignatureDb,
    askers: &Askers<'_>,
    reach: &Reach<'_>,
) -> Vec<SdkStage> {
    let calls = Calls::new(facts, askers, reach);
    let classes = Classes::new(facts, askers);
    hits.iter()
        .map(|hit| match db.sdk(&hit.id) {
            Some(sdk) if hit.grade != Grade::Referenced => {
                one(facts, sdk, askers, &calls, &classes)
            }
            _ if hit.grade == Grade::Referenced => SdkStage::of(Stage::Referenced),
            _ => SdkStage::of(Stage::Bundled),
        })
        .collect()
}

/// Calls of libraries' members by code of others, by the library.
struct Calls<'f> {
    facts: &'f Facts,
    by_library: BTreeMap<String, Vec<Called>>,
}

/// A member that code of others calls.
#[derive(Clone, Copy)]
struct Called {
    /// Position of the use, and of a site.
    used: usize,
    site: usize,
    /// The first place on the way from the start: its node, and the position of the site.
    start: Option<(u32, usize)>,
}

impl<'f> Calls<'f> {
    fn new(facts: &'f Facts, askers: &Askers<'_>, reach: &Reach<'_>) -> Self {
        let mut by_library: BTreeMap<String, Vec<Called>> = BTreeMap::new();
        for (at, used) in facts.uses.iter().enumerate() {
            if used.manner != Manner::Call {
                continue;
            }
            let Some((class, ..)) = parts(&used.what) else {
                continue;
            };
            let Owner::Library(library) = askers.class(&java_name(class)) else {
                continue;
            };
            let other = |site: &Site| {
                let by = facts.method(site).map(|m| askers.class(&m.class));
                by.is_some_and(|by| by != Owner::Library(library.clone()))
                    && (site.start.is_some() || reach.site(site))
            };
            if let Some(site) = used.sites.iter().position(other) {
                let sites = used.sites.iter().enumerate();
                let starts = sites
                    .filter(|(_, site)| other(site))
                    .filter_map(|(place, site)| Some((site.start?, place)));
                let called = Called {
                    used: at,
                    site,
                    start: starts.min(),
                };
                by_library.entry(library.clone()).or_default().push(called);
            }
        }
        Self { facts, by_library }
    }

    fn of(&self, library: &str) -> impl Iterator<Item = (&'f UseFact, Called)> {
        let list = self.by_library.get(library).into_iter().flatten();
        let facts = self.facts;
        list.filter_map(move |&called| Some((facts.uses.get(called.used)?, called)))
    }
}

/// Numbers of classes by library: all, and those that do nothing.
struct Classes {
    counts: BTreeMap<String, (u32, u32)>,
    /// Those that code of others refers to.
    referred: BTreeSet<String>,
}

impl Classes {
    fn new(facts: &Facts, askers: &Askers<'_>) -> Self {
        let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        let mut owners: Vec<Option<String>> = Vec::new();
        let names = facts.dex.iter().flat_map(|d| &d.defines);
        for (number, name) in (0u32..).zip(names) {
            let owner = match askers.class(name) {
                Owner::Library(id) => Some(id),
                _ => None,
            };
            if let Some(id) = &owner {
                let count = counts.entry(id.clone()).or_default();
                count.0 = count.0.saturating_add(1);
                if facts.idle.binary_search(&number).is_ok() {
                    count.1 = count.1.saturating_add(1);
                }
            }
            owners.push(owner);
        }
        let mut referred = BTreeSet::new();
        for (from, list) in owners.iter().zip(&facts.refers) {
            for to in list {
                let at = usize::try_from(*to).unwrap_or(usize::MAX);
                if let Some(Some(library)) = owners.get(at)
                    && from.as_ref() != Some(library)
                {
                    referred.insert(library.clone());
                }
            }
        }
        Self { counts, referred }
    }

    fn is_stub(&self, library: &str) -> bool {
        self.counts
            .get(library)
            .is_some_and(|&(all, idle)| all > 0 && all == idle)
    }
}

fn one(
    facts: &Facts,
    sdk: &Sdk,
    askers: &Askers<'_>,
    calls: &Calls<'_>,
    classes: &Classes,
) -> SdkStage {
    if classes.is_stub(&sdk.id) {
        return SdkStage::of(Stage::Stub);
    }
    let mut found = SdkStage::of(Stage::Bundled);
    let no_names: &[Str] = &[];
    let init = sdk.start.as_ref().map_or(no_names, |s| &s.init);
    let controls: Vec<&str> = sdk
        .control
        .iter()
        .filter_map(|c| c.method.as_deref())
        .collect();
    let mut started = Vec::new();
    let mut used = Vec::new();
    let mut at_start: Option<AtStart> = None;
    for (what, called) in calls.of(&sdk.id) {
        let member = java_member(&what.what);
        let shown = |site| Shown {
            by: By::Method,
            what: what.what.clone(),
            place: Where::Code {
                used: called.used,
                site,
            },
        };
        let is_init = init.iter().any(|name| *name == member);
        if let Some((node, site)) = called.start.filter(|_| is_init)
            && at_start.as_ref().is_none_or(|known| node < known.node)
        {
            let shown = shown(site);
            at_start = Some(AtStart { node, shown });
        }
        let shown = shown(called.site);
        if is_init {
            started.push(shown);
        } else if !controls.contains(&member.as_str()) && !member.ends_with(".<init>") {
            used.push(shown);
        }
    }
    automatic(facts, sdk, askers, &mut found);
    let is_helper = askers.is_helper(&sdk.id) && classes.referred.contains(sdk.id.as_str());
    if !used.is_empty() || is_helper {
        found.stage = Stage::Used;
        found.shown = used;
    } else if !started.is_empty() {
        found.stage = Stage::Started;
        found.shown = started;
    } else if !found.starts.is_empty() {
        found.stage = Stage::AutoStarted;
    }
    found.shown.truncate(KEPT);
    found.at_start = at_start;
    found
}

/// Whether a component of the library runs without the app: a provider, an initializer, a receiver of system broadcasts.
fn automatic(facts: &Facts, sdk: &Sdk, askers: &Askers<'_>, found: &mut SdkStage) {
    let own = |class: &str| {
        facts.defines(class)
            && matches!(askers.class(class), Owner::Library(id) if sdk.id == id.as_str())
    };
    // The vendor's documents say that nothing runs by itself.
    if sdk
        .start
        .as_ref()
        .is_some_and(|start| start.automatic == Some(false))
    {
        return;
    }
    for (at, component) in facts.manifest.components.iter().enumerate() {
        if component.enabled == Some(false) {
            continue;
        }
        let mut names = Vec::new();
        if component.kind == ComponentKind::Provider {
            if own(&component.name) && !serves_files(&component.name) {
                names.push(component.name.clone());
            }
            if component.name == STARTUP {
                let initializers = component.meta_data.iter().map(|m| m.name.as_str());
                names.extend(initializers.filter(|name| own(name)).map(str::to_owned));
            }
        }
        let system = |action: &String| action.starts_with("android.");
        let mut actions = component.intent_filters.iter().flat_map(|f| &f.actions);
        if component.kind == ComponentKind::Receiver && own(&component.name) && actions.any(system)
        {
            names.push(component.name.clone());
        }
        for name in names {
            found.shown.push(Shown {
                by: By::Receives,
                what: name.clone(),
                place: Where::Component(at),
            });
            found.starts.push(name);
        }
    }
}

/// A provider that only hands out files does nothing when the app starts.
fn serves_files(class: &str) -> bool {
    class.ends_with("FileProvider")
}

/// `a.B.name` of `La/B;->name(I)V`.
fn java_member(member: &str) -> String {
    let (class, name, _) = parts(member).unwrap_or((member, "", ""));
    format!("{}.{name}", java_name(class))
}
