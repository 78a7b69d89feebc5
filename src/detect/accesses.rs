//! Facts against the map: every channel through which something is reached.
//!
//! ```text
//! uses of the code ─▶ methods, fields, classes, overrides, strings     code
//!                  ─▶ constants that reach a call: URIs, settings, services, actions, names for reflection
//! manifest         ─▶ actions, guards, service types                   elsewhere
//! native libraries ─▶ functions that they import, names for JNI
//! scripts          ─▶ names of interfaces
//! ```

mod arguments;
mod asked;
mod code;
mod elsewhere;
mod lineages;
mod reflection;

use super::access::{About, Access, Gathered, Need, Seen, Shown, Where};
use super::asker::Askers;
use super::owner::Owner;
use super::reach::Reach;
use super::start;
use crate::facts::{Facts, Site};
use crate::signatures::SignatureDb;
use crate::signatures::api::AccessHit;
use crate::signatures::schema::{
    Access as Entry, ApiGrade, History, LAST_LEVEL, NOT_PERMISSIONS, Requirement, Text,
};
use std::collections::{BTreeMap, BTreeSet};

use lineages::{Lineages, Watched};

pub(super) use asked::REQUEST;
pub(super) use code::parts;
pub(super) use reflection::Unresolved;

/// What is found of an app.
pub(super) struct Found {
    /// By id and owner.
    pub(super) accesses: Vec<Access>,
    /// Reflection whose names are not known.
    pub(super) unresolved: Vec<Unresolved>,
    /// Uses that tell something and of which not all places are in the facts: positions in them.
    pub(super) cut: BTreeSet<usize>,
}

/// Lays the map over the facts.
pub(super) fn find(
    facts: &Facts,
    db: &SignatureDb,
    askers: &Askers<'_>,
    reach: &Reach<'_>,
) -> Found {
    let uses = &facts.manifest.uses_sdk;
    let lineages = Lineages::new(facts, db);
    let mut finder = Finder {
        facts,
        db,
        askers,
        reach,
        min: uses.min_level(),
        target: uses.target_level(),
        entries: BTreeMap::new(),
        registering: arguments::registering(facts),
        lineages: &lineages,
        found: Gathered::default(),
        cut: BTreeSet::new(),
    };
    let explained = finder.resolver_calls();
    finder.code(&explained);
    let unresolved = finder.reflection();
    finder.asked();
    finder.manifest();
    finder.native();
    finder.scripts();
    Found {
        accesses: finder.found.finish(),
        unresolved,
        cut: finder.cut,
    }
}

struct Finder<'a> {
    facts: &'a Facts,
    db: &'a SignatureDb,
    askers: &'a Askers<'a>,
    reach: &'a Reach<'a>,
    min: u32,
    target: u32,
    /// What the entries that were met are about, by id.
    entries: BTreeMap<String, About>,
    /// Outermost classes that register receivers.
    registering: BTreeSet<&'a str>,
    lineages: &'a Lineages<'a>,
    found: Gathered,
    /// As in [`Found`].
    cut: BTreeSet<usize>,
}

impl<'a> Finder<'a> {
    /// Adds what an entry of the data says of a place in the code.
    fn hit(&mut self, hit: &AccessHit<'_>, hint: bool, site: &Site, shown: Shown) {
        let about = self.about(hit.access);
        self.place(&about, hint, site, shown);
    }

    /// Adds a place in the code.
    fn place(&mut self, about: &About, hint: bool, site: &Site, shown: Shown) {
        if let Where::Code { used, .. } = shown.place
            && self.facts.uses.get(used).is_some_and(|u| u.more)
        {
            self.cut.insert(used);
        }
        let owners = self.askers.of(site);
        let starting = start::on_the_way(self.facts, self.askers, site, &owners);
        for owner in &owners {
            let seen = Seen {
                // What a support library holds ready is no use before somebody asks for it.
                hint: hint || self.askers.is_support(owner),
                reached: site.start.is_some() || self.reach.site(site),
                count: site.count,
                start: site.start.filter(|_| starting.contains(owner)),
            };
            self.found.add(about, owner, seen, &shown);
        }
    }

    /// The same for a place outside the code.
    fn outside(&mut self, hit: &AccessHit<'_>, hint: bool, owner: Owner, shown: Shown) {
        let about = self.about(hit.access);
        let seen = Seen {
            hint,
            reached: true,
            count: 1,
            start: None,
        };
        self.found.add(&about, &owner, seen, &shown);
    }

    fn about(&mut self, entry: &Entry) -> About {
        if let Some(about) = self.entries.get(entry.id.as_str()) {
            return about.clone();
        }
        let requirement = |level: u32| entry.at(level, self.target);
        let about = About {
            id: entry.id.to_string(),
            title: entry.title.clone(),
            information: entry.information.iter().map(ToString::to_string).collect(),
            needs: self.needs(requirement),
            elsewhere: Vec::new(),
        }
        .with_elsewhere(entry.requirements(), self.min);
        self.entries.insert(about.id.clone(), about.clone());
        about
    }

    /// What something needs on the levels that the app runs on.
    fn needs<'r>(&self, at: impl Fn(u32) -> Option<Requirement<'r>>) -> BTreeMap<String, Need> {
        let mut needs: BTreeMap<String, Need> = BTreeMap::new();
        let target = self.target.min(LAST_LEVEL);
        // Nobody looked below level 16.
        for level in self.min.clamp(16, LAST_LEVEL)..=LAST_LEVEL {
            let Some(requirement) = at(level) else {
                continue;
            };
            let one_of = requirement.any.len() > 1;
            for name in requirement.permissions() {
                if NOT_PERMISSIONS.contains(&name.as_str()) {
                    continue;
                }
                let need = needs.entry(name).or_insert(Need {
                    from: level,
                    to: level,
                    at_target: false,
                    one_of,
                    conditional: requirement.conditional,
                });
                need.to = level;
                need.at_target |= level == target;
                need.one_of |= one_of;
                need.conditional &= requirement.conditional;
            }
        }
        needs
    }

    /// What the platform's own words say of a member beyond what is `known`, and whether that is only a hint.
    fn member(
        &self,
        class: &Watched<'a>,
        member: &str,
        known: &BTreeSet<String>,
    ) -> Option<(About, bool)> {
        let entries = class.members?;
        let text = match entries.get(member) {
            Some(text) => text,
            // An example may leave out the prototype.
            None if !member.contains(['(', ':']) => entries.overload(member)?,
            None => return None,
        };
        let history = History::parse(text)?;
        let mut needs = self.needs(|level| history.at(level).cloned());
        needs.retain(|name, _| !known.contains(name));
        let about = self
            .unnamed(needs)
            .with_elsewhere(history.requirements.iter().cloned(), self.min);
        if about.needs.is_empty() && about.elsewhere.iter().all(|name| known.contains(name)) {
            return None;
        }
        // A link in the documentation, or a path that an old analysis found, is no requirement.
        let vague = |r: &Requirement<'_>| {
            matches!(
                r.grade,
                Some(ApiGrade::Mentioned | ApiGrade::Axplorer) | None
            )
        };
        let hint = history.requirements.iter().all(vague);
        Some((about, hint))
    }

    /// What has no entry in `apis/` is called by the permissions that it needs.
    fn unnamed(&self, needs: BTreeMap<String, Need>) -> About {
        let short: Vec<&str> = needs
            .keys()
            .map(|name| name.strip_prefix("android.permission.").unwrap_or(name))
            .collect();
        let list = short.join("+");
        About {
            id: format!("platform:{list}"),
            title: Text {
                zh: format!("须有 {} 权限的系统接口", short.join("、")).into(),
                en: format!("Platform interfaces that need {}", short.join(", ")).into(),
            },
            information: Vec::new(),
            needs,
            elsewhere: Vec::new(),
        }
    }
}

impl About {
    /// Adds the permissions of requirements that do not count for this app: those of other target
    /// levels. What only devices below its lowest level asked for is past.
    fn with_elsewhere<'r>(mut self, all: impl Iterator<Item = Requirement<'r>>, min: u32) -> Self {
        let named: BTreeSet<String> = all
            .filter(|r| r.to >= min)
            .flat_map(|r| r.permissions().collect::<Vec<_>>())
            .collect();
        self.elsewhere = named
            .into_iter()
            .filter(|name| {
                !self.needs.contains_key(name) && !NOT_PERMISSIONS.contains(&name.as_str())
            })
            .collect();
        self
    }
}
