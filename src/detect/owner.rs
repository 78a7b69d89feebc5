//! Who wrote a class: the app, a library that was recognised, or nobody can tell.

use super::marks::{Grade, MarkIndex, SdkHit};
use crate::facts::{Facts, Site, UseFact};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Who wrote a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The app: its package, or that of its components.
    App,
    /// A library, by id.
    Library(String),
    /// Its package is not listed, and not the app's.
    Unlisted,
    /// Its name was shortened by an obfuscator, or it has no package: it may be anybody's.
    Obfuscated,
}

impl Owner {
    /// `app`, `unlisted`, `obfuscated`, or the id of the library, which has a slash.
    pub fn as_str(&self) -> &str {
        match self {
            Owner::App => "app",
            Owner::Library(id) => id,
            Owner::Unlisted => "unlisted",
            Owner::Obfuscated => "obfuscated",
        }
    }
}

/// The uses of one member by one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedCall {
    /// Who wrote the classes that use it.
    pub owner: Owner,
    /// The uses. The count is that of the sites that were kept, unless there is one owner only.
    pub call: UseFact,
}

/// Who wrote the classes of one app.
#[derive(Debug)]
pub struct Owners<'d> {
    index: &'d MarkIndex<'d>,
    /// The libraries that are inside.
    bundled: BTreeSet<String>,
    /// The app's own packages.
    roots: BTreeSet<String>,
    /// Answers that were given, by class.
    known: RefCell<BTreeMap<String, Owner>>,
}

impl<'d> Owners<'d> {
    /// Prepares the answers; `hits` are the libraries that `index` has found in `facts`.
    pub fn new(index: &'d MarkIndex<'d>, hits: &[SdkHit], facts: &Facts) -> Self {
        let bundled = hits
            .iter()
            .filter(|hit| hit.grade != Grade::Referenced)
            .map(|hit| hit.id.clone())
            .collect();
        let mut owners = Self {
            index,
            bundled,
            roots: BTreeSet::from([facts.manifest.package.clone()]),
            known: RefCell::default(),
        };
        // The package of the code need not be the id of the app. Most of its components lie where the code is.
        let mut weight: BTreeMap<&str, u32> = BTreeMap::new();
        let mut own = 0u32;
        let components = facts.manifest.components.iter().map(|c| c.name.as_str());
        for name in components.chain(facts.manifest.application.name.as_deref()) {
            let root = vendor(name);
            if owners.library(name).is_none() && facts.defines(name) && !is_short(name) {
                if owners.of(name) == Owner::App {
                    own = own.saturating_add(1);
                }
                let weight = weight.entry(root).or_default();
                *weight = weight.saturating_add(1);
            }
        }
        // Where as many lie in the app's own package, the other one is a guest.
        let most = weight.into_iter().max_by_key(|(_, n)| *n);
        owners.roots.extend(
            most.filter(|(root, n)| {
                *n > own || owners.of(root) == Owner::App || covers(root, facts)
            })
            .map(|(root, _)| root.to_owned()),
        );
        // What was asked before all packages were known does not count.
        owners.known = RefCell::default();
        owners
    }

    /// Who wrote a class.
    pub fn of(&self, class: &str) -> Owner {
        if let Some(known) = self.known.borrow().get(class) {
            return known.clone();
        }
        let owner = self.look_up(class);
        let mut known = self.known.borrow_mut();
        known.insert(class.to_owned(), owner.clone());
        owner
    }

    fn look_up(&self, class: &str) -> Owner {
        if let Some(id) = self.library(class) {
            return Owner::Library(id.to_owned());
        }
        let own = |root: &String| {
            class
                .strip_prefix(root.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '$']))
        };
        if self.roots.iter().any(own) {
            Owner::App
        } else if is_short(class) {
            Owner::Obfuscated
        } else {
            Owner::Unlisted
        }
    }

    /// The bundled library to which a native library belongs by its file name; `entry` is `lib/ABI/NAME`.
    pub fn of_native(&self, entry: &str) -> Option<Owner> {
        let name = entry.rsplit('/').next().unwrap_or(entry);
        let mut ids = self.index.owners_of_native(name);
        ids.find(|id| self.bundled.contains(*id))
            .map(|id| Owner::Library(id.to_owned()))
    }

    /// The uses of a member by those who wrote them; sorted by owner.
    pub fn split(&self, facts: &Facts, used: &UseFact) -> Vec<OwnedCall> {
        let mut by_owner: BTreeMap<Owner, Vec<Site>> = BTreeMap::new();
        for site in &used.sites {
            let class = facts.method(site).map_or("", |m| m.class.as_str());
            let sites = by_owner.entry(self.of(class)).or_default();
            sites.push(site.clone());
        }
        let alone = by_owner.len() == 1;
        let calls = by_owner.into_iter().map(|(owner, sites)| {
            let kept = sites
                .iter()
                .fold(0u32, |sum, s| sum.saturating_add(s.count));
            let call = UseFact {
                what: used.what.clone(),
                manner: used.manner,
                count: if alone { used.count } else { kept },
                sites,
                more: used.more,
            };
            OwnedCall { owner, call }
        });
        calls.collect()
    }

    /// The bundled library under whose longest prefix a class lies.
    fn library(&self, class: &str) -> Option<&'d str> {
        let mut ids = self.index.owners_of(class);
        ids.find(|id| self.bundled.contains(*id))
    }
}

/// Whether the app's own package lies below a root.
fn covers(root: &str, facts: &Facts) -> bool {
    let rest = facts.manifest.package.strip_prefix(root);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `com.example` of `com.example.app.Main`: where one vendor's code lies.
fn vendor(class: &str) -> &str {
    let mut dots = class.match_indices('.').map(|(at, _)| at);
    let end = dots.nth(1).or_else(|| class.rfind('.'));
    end.and_then(|end| class.get(..end)).unwrap_or(class)
}

/// Whether a name says nothing: no package, or one of parts that an obfuscator writes (`a.b.c`, `aa.C`).
fn is_short(class: &str) -> bool {
    match class.rsplit_once('.') {
        None => true,
        Some((package, _)) => package.split('.').all(|part| part.len() <= 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::notation;
    use crate::signatures::schema::{Identity, Marks};

    #[test]
    fn the_longest_listed_package_wins_and_short_names_are_anybodys() {
        let identities = [
            ("a/root", vec!["com.a"]),
            ("a/push", vec!["com.a.push"]),
            ("b/absent", vec!["com.b"]),
        ];
        let identities = identities.map(|(id, packages)| {
            let packages = packages.into_iter().map(Into::into).collect();
            (
                id,
                Identity {
                    packages,
                    ..Identity::default()
                },
            )
        });
        let marks = Marks::of(identities.iter().map(|(_, identity)| identity));
        let index = MarkIndex::new(identities.iter().map(|(id, _)| *id), &marks);
        let lines = [
            "package com.shop.free",
            "activity com.shopcompany.ui.Main",
            "activity com.shopcompany.ui.Cart",
            "service com.a.push.PushService",
            "class com.a.Core",
        ];
        let facts = notation::parse(&lines).unwrap().facts;
        let hits = index.find(&facts);
        let owners = Owners::new(&index, &hits, &facts);
        let library = |id: &str| Owner::Library(id.to_owned());
        for (class, owner) in [
            ("com.a.push.internal.X", library("a/push")),
            ("com.a.pusher.X", library("a/root")),
            ("com.shop.free.Helper$1", Owner::App),
            ("com.shopcompany.data.Db", Owner::App),
            ("com.shopping.Db", Owner::Unlisted),
            ("com.b.X", Owner::Unlisted),
            ("a.b.c", Owner::Obfuscated),
            ("Main", Owner::Obfuscated),
        ] {
            assert_eq!(owners.of(class), owner, "{class}");
        }
    }
}
