//! Members that are reached by their names.
//!
//! A name of a class and a name of a member meet where the same class of the app
//! holds both: as constants of `Class.forName` and `getMethod`, or as a class constant.

use super::code::{parts, shown};
use super::{Finder, Shown};
use crate::facts::{Facts, Known, Manner, Site};
use crate::signatures::SignatureDb;
use crate::signatures::api::{descriptor, java_name};
use crate::signatures::schema::{By, History};
use std::collections::{BTreeMap, BTreeSet};

/// A call that reaches something by a name that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    /// Positions in the facts' uses and their sites.
    pub(crate) used: usize,
    /// Position of the site.
    pub(crate) site: usize,
    /// The classes of the platform that the same class of the app names in reflection; empty where none is known.
    pub(crate) classes: Vec<String>,
}

/// Members that take the name of a class.
const CLASSES: [&str; 4] = [
    "Ljava/lang/Class;->forName",
    "Ljava/lang/ClassLoader;->loadClass",
    "Ldalvik/system/DexFile;->loadClass",
    "Ldalvik/system/BaseDexClassLoader;->findClass",
];

/// Members that take the name of a member.
const MEMBERS: [&str; 4] = [
    "Ljava/lang/Class;->getMethod",
    "Ljava/lang/Class;->getDeclaredMethod",
    "Ljava/lang/Class;->getField",
    "Ljava/lang/Class;->getDeclaredField",
];

/// What one class of the app says by names.
#[derive(Default)]
struct Names<'f> {
    classes: BTreeSet<String>,
    members: Vec<(&'f str, usize, usize)>,
    unknown: Vec<(usize, usize)>,
}

fn is_one_of(list: &[&str], what: &str) -> bool {
    let name = what.split('(').next().unwrap_or_default();
    list.contains(&name)
}

impl Finder<'_> {
    /// Adds what reflection reaches; what it may reach beyond that is given back.
    pub(super) fn reflection(&mut self) -> Vec<Unresolved> {
        let facts = self.facts;
        let mut by_class: BTreeMap<&str, Names<'_>> = BTreeMap::new();
        for (at, used) in facts.uses.iter().enumerate() {
            let takes_class = is_one_of(&CLASSES, &used.what);
            let takes_member = is_one_of(&MEMBERS, &used.what);
            let constant = used.manner == Manner::Class;
            if !takes_class && !takes_member && !constant {
                continue;
            }
            for (place, site) in used.sites.iter().enumerate() {
                let class = facts.method(site).map_or("", |m| m.class.as_str());
                let names = by_class.entry(class).or_default();
                if constant {
                    names.classes.insert(used.what.clone());
                    continue;
                }
                let mut is_known = false;
                for arg in &site.args {
                    let Known::Text(text) = &arg.is else { continue };
                    is_known = true;
                    if takes_class {
                        names.classes.insert(descriptor(text));
                    } else if arg.at == 0 {
                        names.members.push((text, at, place));
                    }
                }
                if !is_known {
                    names.unknown.push((at, place));
                }
            }
        }
        let near = watched_near(self.facts, self.db);
        let mut unresolved = Vec::new();
        for (owner, names) in by_class {
            let own: Vec<String> = names
                .classes
                .iter()
                .filter(|class| self.db.watches_class(class))
                .cloned()
                .collect();
            for &(member, at, place) in &names.members {
                self.meet(&own, member, at, place);
            }
            // A class whose members are used right beside it is what an object is asked for by name.
            if own.is_empty() && !names.members.is_empty() {
                let near = near.get(owner).into_iter().flatten();
                let near: Vec<String> = near.map(|class| (*class).to_owned()).collect();
                for &(member, at, place) in &names.members {
                    self.meet(&near, member, at, place);
                }
            }
            unresolved.extend(names.unknown.into_iter().map(|(used, site)| Unresolved {
                used,
                site,
                classes: own.clone(),
            }));
        }
        unresolved
    }

    fn meet(&mut self, classes: &[String], member: &str, at: usize, place: usize) {
        let Some(site) = self.facts.uses.get(at).and_then(|u| u.sites.get(place)) else {
            return;
        };
        for class in classes {
            let hits = self.db.accesses_of_reflection(class, member);
            let what = format!("{}.{member}", java_name(class));
            for hit in &hits {
                let shown = shown(By::Reflection, what.clone(), at, place);
                // Which constant is passed is not known.
                let hint = hit.access.hint || hit.constant.is_some();
                self.hit(hit, hint, site, shown);
            }
            if hits.is_empty() {
                self.any_overload(class, member, site, shown(By::Reflection, what, at, place));
            }
        }
    }

    /// A member that only the platform's own words know: any overload.
    fn any_overload(&mut self, class: &str, member: &str, site: &Site, shown: Shown) {
        let Some(entries) = self.db.members_of(class) else {
            return;
        };
        let Some(history) = entries.overload(member).and_then(History::parse) else {
            return;
        };
        let needs = self.needs(|level| history.at(level).cloned());
        if needs.is_empty() {
            return;
        }
        let about = self.unnamed(needs);
        self.place(&about, true, site, shown);
    }
}

/// Classes of the platform of which each class of the app uses members.
fn watched_near<'f>(facts: &'f Facts, db: &SignatureDb) -> BTreeMap<&'f str, BTreeSet<&'f str>> {
    let mut near: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in facts.uses.iter().filter(|u| u.manner == Manner::Call) {
        let Some((class, ..)) = parts(&used.what) else {
            continue;
        };
        if !class.starts_with("Landroid/") || !db.watches_class(class) {
            continue;
        }
        for method in used.sites.iter().filter_map(|site| facts.method(site)) {
            near.entry(&method.class).or_default().insert(class);
        }
    }
    near
}
