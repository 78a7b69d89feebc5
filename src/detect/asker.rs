//! Who really asks: the owner of a class, or, where its code works for whoever calls it, the owner of the caller.

use super::owner::{Owner, Owners};
use crate::facts::{Facts, Manner, NativeFact, Site};
use crate::package::manifest::ComponentKind;
use crate::signatures::SignatureDb;
use crate::signatures::api::java_name;
use std::collections::BTreeSet;

/// Kinds of libraries that do what the caller wants, and nothing by themselves.
const HELPERS: [&str; 10] = [
    "utility",
    "ui",
    "network",
    "image",
    "database",
    "dev-tool",
    "logging",
    "mobile-platform",
    "document",
    "webview",
];

/// The kind of support libraries: compatibility, base parts of a vendor's services.
const SUPPORT: &str = "mobile-platform";

/// Kinds of frameworks whose scripts call plug-ins.
const FRAMEWORKS: [&str; 3] = ["cross-platform", "mini-program", "game-engine"];

/// Answers who asks.
#[derive(Debug)]
pub(super) struct Askers<'a> {
    facts: &'a Facts,
    owners: &'a Owners<'a>,
    /// Ids of the libraries of the kinds in [`HELPERS`].
    kinds: BTreeSet<&'a str>,
    /// Those among them that only wait to be asked: support libraries, and others without a component
    /// of their own that are no plug-in.
    helpers: BTreeSet<&'a str>,
    /// By number of a class: the classes that refer to it.
    referrers: Vec<Vec<u32>>,
}

impl<'a> Askers<'a> {
    /// Prepares the answers.
    pub(super) fn new(facts: &'a Facts, owners: &'a Owners<'a>, db: &'a SignatureDb) -> Self {
        let category = |id: &str| db.sdk(id).map_or("", |sdk| sdk.category.as_str());
        let mut active: BTreeSet<String> = BTreeSet::new();
        for component in &facts.manifest.components {
            let serves = component.kind == ComponentKind::Provider;
            if let Owner::Library(id) = owners.of(&component.name)
                && !serves
            {
                active.insert(id);
            }
        }
        // A plug-in of a framework stands in place of the framework's own methods: scripts call it.
        for used in facts.uses.iter().filter(|u| u.manner == Manner::Override) {
            let parent = used.what.split("->").next().unwrap_or_default();
            let Owner::Library(framework) = owners.of(&java_name(parent)) else {
                continue;
            };
            if !FRAMEWORKS.contains(&category(&framework)) {
                continue;
            }
            for method in used.sites.iter().filter_map(|site| facts.method(site)) {
                if let Owner::Library(id) = owners.of(&method.class) {
                    active.insert(id);
                }
            }
        }
        // Code that starts by itself, or that scripts start, does what it does for itself.
        let kinds: BTreeSet<&str> = db
            .data
            .sdks
            .iter()
            .filter(|sdk| HELPERS.contains(&sdk.category.as_str()))
            .map(|sdk| sdk.id.as_str())
            .collect();
        let mut helpers = kinds.clone();
        helpers.retain(|id| category(id) == SUPPORT || !active.contains(*id));
        let mut referrers: Vec<Vec<u32>> = vec![Vec::new(); facts.refers.len()];
        for (from, list) in (0u32..).zip(&facts.refers) {
            for &to in list {
                let at = usize::try_from(to).unwrap_or(usize::MAX);
                if let Some(list) = referrers.get_mut(at) {
                    list.push(from);
                }
            }
        }
        Self {
            facts,
            owners,
            helpers,
            kinds,
            referrers,
        }
    }

    /// Whoever wrote a class.
    pub(super) fn class(&self, class: &str) -> Owner {
        self.owners.of(class)
    }

    /// Whether a library is of a kind that does what its caller wants.
    pub(super) fn is_helper(&self, library: &str) -> bool {
        self.kinds.contains(library)
    }

    /// Whether it is a library that holds ready what an app may ask for, in every app the same.
    pub(super) fn is_support(&self, owner: &Owner) -> bool {
        matches!(owner, Owner::Library(id) if self.helpers.contains(id.as_str()))
    }

    /// Whoever made a native library: the library that its file name belongs to, or the one whose class it serves.
    pub(super) fn library(&self, library: &NativeFact) -> Owner {
        if let Some(owner) = self.owners.of_native(&library.entry) {
            return owner;
        }
        let functions = library.elf.iter().flat_map(|elf| &elf.jni);
        let classes = functions.filter_map(|f| f.strip_prefix("Java_"));
        let mut known = classes.map(|name| self.owners.of(&name.replace('_', ".")));
        let found = known.find(|owner| !matches!(owner, Owner::Unlisted | Owner::Obfuscated));
        found.unwrap_or(Owner::Unlisted)
    }

    /// Those who ask for what happens at a site, sorted: the owner of its class, or those of the
    /// classes that call its method where these are others and the method only helps them.
    pub(super) fn of(&self, site: &Site) -> Vec<Owner> {
        let Some(method) = self.facts.method(site) else {
            return vec![Owner::Unlisted];
        };
        let own = self.owners.of(&method.class);
        let steps = match &own {
            Owner::App => return vec![own],
            Owner::Library(id) if self.helpers.contains(id.as_str()) => 1,
            Owner::Library(_) => return vec![own],
            Owner::Unlisted => 1,
            // A shortened name may be anybody's, also that of a helper of a helper.
            Owner::Obfuscated => 2,
        };
        if method.more_callers {
            return vec![own];
        }
        let mut at: BTreeSet<u32> = method.callers.iter().copied().collect();
        for step in 1..=steps {
            let mut known = BTreeSet::new();
            let mut next = BTreeSet::new();
            let mut is_open = false;
            for &caller in &at {
                let Some(name) = self.facts.class_name(caller) else {
                    continue;
                };
                let owner = self.owners.of(name);
                if owner == own || (step < steps && !is_known(&owner)) {
                    is_open = true;
                    let place = usize::try_from(caller).unwrap_or(usize::MAX);
                    next.extend(self.referrers.get(place).into_iter().flatten().copied());
                } else if is_known(&owner) {
                    known.insert(owner);
                } else {
                    is_open = true;
                }
            }
            // Calls from within the same code leave open who began them; those from outside do not.
            if !known.is_empty() && (!is_open || is_known(&own)) {
                return known.into_iter().collect();
            }
            if !known.is_empty() {
                known.insert(own);
                return known.into_iter().collect();
            }
            at = next;
        }
        vec![own]
    }
}

fn is_known(owner: &Owner) -> bool {
    matches!(owner, Owner::App | Owner::Library(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Detector;
    use crate::facts::notation;
    use crate::signatures::SignatureDb;

    #[test]
    fn a_helper_is_asked_by_its_callers() {
        let db = SignatureDb::builtin().unwrap();
        let detector = Detector::new(&db);
        let facts = notation::parse(&[
            "package com.shop.app",
            "activity com.shop.app.Main",
            "call android.os.Build.getSerial <- com.helper.Ids.serial by=com.shop.app.Main",
            "call android.os.Build.getModel <- com.helper.Ids.inner by=com.helper.Other",
            "call android.os.Build.getRadio <- a.b.c.d by=a.b.e",
            "refers com.shop.app.Main a.b.e",
            "call android.os.Build.getX <- com.umeng.analytics.X.y by=com.shop.app.Main",
        ])
        .unwrap()
        .facts;
        let sdks = detector.sdks.find(&facts);
        let owners = Owners::new(&detector.sdks, &sdks, &facts);
        let askers = Askers::new(&facts, &owners, &db);
        let of = |member: &str| {
            let used = facts
                .uses
                .iter()
                .find(|u| u.what.ends_with(member))
                .unwrap();
            askers.of(used.sites.first().unwrap())
        };
        assert_eq!(of("getSerial"), [Owner::App]);
        assert_eq!(of("getModel"), [Owner::Unlisted]);
        assert_eq!(of("getRadio"), [Owner::App]);
        assert!(matches!(of("getX").as_slice(), [Owner::Library(id)] if id.starts_with("umeng/")));
    }
}
