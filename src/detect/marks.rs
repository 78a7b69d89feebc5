//! Recognising libraries by what they leave in an app.
//!
//! A mark is one thing that shows a library: a class under its package, a
//! component, a native library, a key. Strong marks are things that only the
//! library itself puts there; weak ones are shared with others or written by
//! the host app as well, and two of them are needed. A class that the
//! code only names shows a reference and never more.

use super::table::Table;
use crate::facts::Facts;
use crate::incident::Channel;
use crate::package::manifest::MetaData;
use crate::signatures::schema::{MarkEntry, Marks};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// How sure it is that a library is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// At least one strong mark: it is bundled.
    Strong,
    /// At least two different weak marks, not all of them hosts: it is probably bundled.
    Weak,
    /// The code names its classes and the app does not define them: it is not bundled.
    Referenced,
}

/// What kind of thing shows the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// Classes under a package prefix.
    Package,
    /// Classes under a package prefix that a build makes for resources, and no code.
    Generated,
    /// A component of the manifest.
    Component,
    /// A native library.
    Native,
    /// Another entry of the archive.
    Asset,
    /// A `meta-data` key.
    MetaData,
    /// An intent action of a component.
    Action,
    /// A host name in the strings of the code.
    Host,
    /// Classes under a package prefix that are named and not defined.
    Reference,
}

/// One mark that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What kind of thing.
    pub kind: MarkKind,
    /// What the signature asked for (`com.umeng.analytics`).
    pub signature: String,
    /// What was there (`com.umeng.analytics.MobclickAgent`); the first of several.
    pub value: String,
    /// How many there were.
    pub count: u32,
    /// Strong or weak.
    pub strong: bool,
    /// APK that holds it.
    pub file: String,
    /// Entry that holds it.
    pub entry: String,
    /// SHA-256 of that entry, where it is known.
    pub entry_sha256: Option<String>,
    /// Path of the element, for things in the manifest.
    pub path: Option<String>,
}

/// A library that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkHit {
    /// Its id in the database.
    pub id: String,
    /// How sure it is.
    pub grade: Grade,
    /// What shows it, strong marks first.
    pub marks: Vec<Mark>,
}

/// Marks of many libraries, ready for lookup.
#[derive(Debug)]
pub struct MarkIndex<'d> {
    ids: Vec<&'d str>,
    packages: Table<'d>,
    components: Table<'d>,
    native: Patterns<'d>,
    assets: Patterns<'d>,
    meta_data: Patterns<'d>,
    actions: Table<'d>,
    hosts: Table<'d>,
}

/// Names, some of which are beginnings of names.
#[derive(Debug)]
struct Patterns<'d> {
    exact: Table<'d>,
    prefixes: Table<'d>,
}

impl<'d> Patterns<'d> {
    fn new(exact: &'d [MarkEntry], prefixes: &'d [MarkEntry]) -> Self {
        Self {
            exact: Table::new(exact),
            prefixes: Table::new(prefixes),
        }
    }

    fn find(&self, name: &str) -> impl Iterator<Item = (&'d str, &'d [MarkEntry])> {
        let exact = self.exact.exact(name).and_then(|at| self.exact.get(at));
        let prefixes = self.prefixes.beginnings(name);
        exact
            .into_iter()
            .chain(prefixes.filter_map(|at| self.prefixes.get(at)))
    }
}

impl<'d> MarkIndex<'d> {
    /// Prepares `marks` for lookup; `ids` names the libraries in the order that the marks count them.
    pub fn new(ids: impl Iterator<Item = &'d str>, marks: &'d Marks) -> Self {
        Self {
            ids: ids.collect(),
            packages: Table::new(&marks.packages),
            components: Table::new(&marks.components),
            native: Patterns::new(&marks.native, &marks.native_prefixes),
            assets: Patterns::new(&marks.assets, &marks.asset_prefixes),
            meta_data: Patterns::new(&marks.meta_data, &marks.meta_data_prefixes),
            actions: Table::new(&marks.actions),
            hosts: Table::new(&marks.hosts),
        }
    }

    /// The libraries behind the longest prefix of a class, by id.
    pub(super) fn owners_of(&self, class: &str) -> impl Iterator<Item = &'d str> {
        let owner = self.packages.owner(class);
        let marks = owner.and_then(|at| self.packages.get(at));
        let libraries = marks.into_iter().flat_map(|(_, marks)| marks);
        libraries.filter_map(|m| self.ids.get(usize::try_from(m.library).ok()?).copied())
    }

    /// The libraries that a native library's file name belongs to, by id.
    pub(super) fn owners_of_native(&self, name: &str) -> impl Iterator<Item = &'d str> {
        let marks = self.native.find(name).flat_map(|(_, marks)| marks);
        marks.filter_map(|m| self.ids.get(usize::try_from(m.library).ok()?).copied())
    }

    /// How many of `classes` (sorted) belong to a library.
    pub fn count_owned(&self, classes: &[String]) -> usize {
        let mut owned = 0_usize;
        self.packages
            .each_owned(classes, |_, _| owned = owned.saturating_add(1));
        owned
    }

    /// The libraries in `facts`, sorted by id.
    pub fn find(&self, facts: &Facts) -> Vec<SdkHit> {
        let mut found = Found {
            own: &facts.manifest.package,
            ..Found::default()
        };
        self.find_classes(facts, &mut found);
        self.find_in_manifest(facts, &mut found);
        self.find_files(facts, &mut found);
        self.find_hosts(facts, &mut found);
        let mut hits: Vec<SdkHit> = found
            .by_library
            .into_iter()
            .filter_map(|(library, marks)| {
                let mut marks: Vec<Mark> = marks.into_values().collect();
                marks.sort_by(|a, b| {
                    b.strong
                        .cmp(&a.strong)
                        .then_with(|| (a.kind, &a.signature).cmp(&(b.kind, &b.signature)))
                });
                let grade = grade(&marks)?;
                Some(SdkHit {
                    id: (*self.ids.get(usize::try_from(library).ok()?)?).to_owned(),
                    grade,
                    marks,
                })
            })
            .collect();
        drop_explained(&mut hits);
        hits.sort_by(|a, b| a.id.cmp(&b.id));
        hits
    }

    /// The most specific prefix of a class wins alone: a class under
    /// `com.umeng.socialize` is no mark of the library with `com.umeng`.
    fn find_classes<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        let owned = facts.dex.iter().enumerate();
        let classes = owned.map(|(dex, d)| (Some(dex), d.defines.as_slice()));
        for (dex, classes) in classes.chain([(None, facts.referenced.as_slice())]) {
            // What lies under each prefix.
            let mut under = vec![Under::default(); self.packages.len()];
            self.packages.each_owned(classes, |class, at| {
                if let Some(under) = under.get_mut(at) {
                    under.add(class);
                }
            });
            for (at, u) in under.iter().enumerate().filter(|(_, u)| u.count > 0) {
                let Some((prefix, marks)) = self.packages.get(at) else {
                    continue;
                };
                let Some(dex) = dex.and_then(|dex| facts.dex.get(dex)) else {
                    for m in marks {
                        found.add_many(
                            m.library,
                            MarkKind::Reference,
                            prefix,
                            false,
                            u.count,
                            || mark(u.first),
                        );
                    }
                    continue;
                };
                if found.is_own(prefix) {
                    continue;
                }
                for m in marks {
                    found.add_many(
                        m.library,
                        if u.written {
                            MarkKind::Package
                        } else {
                            MarkKind::Generated
                        },
                        prefix,
                        m.strong && u.written,
                        u.count,
                        || Mark {
                            file: dex.file.clone(),
                            entry: dex.entry.clone(),
                            entry_sha256: Some(dex.sha256.clone()),
                            ..mark(u.first)
                        },
                    );
                }
            }
        }
    }

    fn find_in_manifest<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        let manifest_sha256 = |file: &str| {
            facts
                .files
                .iter()
                .find(|f| f.name == file)
                .and_then(|f| f.manifest_sha256.clone())
        };
        let place = |at: &crate::package::manifest::Place, value: &str| Mark {
            file: at.file.clone(),
            entry: "AndroidManifest.xml".into(),
            entry_sha256: manifest_sha256(&at.file),
            path: Some(at.path.clone()),
            ..mark(value)
        };
        let code_read = facts.state(Channel::Code) == crate::facts::State::Complete;
        for component in &facts.manifest.components {
            if let Some((name, marks)) = self
                .components
                .exact(&component.name)
                .and_then(|at| self.components.get(at))
            {
                // A component whose class is not in the readable code is a leftover of the manifest.
                let strong = !code_read || facts.defines(&component.name);
                for m in marks {
                    found.add(m.library, MarkKind::Component, name, strong, || {
                        place(&component.at, &component.name)
                    });
                }
            }
            for action in component.intent_filters.iter().flat_map(|f| &f.actions) {
                let known = self
                    .actions
                    .exact(action)
                    .and_then(|at| self.actions.get(at));
                for (name, m) in known
                    .into_iter()
                    .flat_map(|(name, marks)| marks.iter().map(move |m| (name, m)))
                {
                    found.add(m.library, MarkKind::Action, name, false, || {
                        place(&component.at, action)
                    });
                }
            }
            self.find_keys(&component.meta_data, &component.at, &place, found);
        }
        let application = &facts.manifest.application;
        self.find_keys(&application.meta_data, &application.at, &place, found);
    }

    fn find_keys<'s>(
        &'s self,
        keys: &[MetaData],
        at: &crate::package::manifest::Place,
        place: &impl Fn(&crate::package::manifest::Place, &str) -> Mark,
        found: &mut Found<'s>,
    ) {
        for key in keys {
            for (name, marks) in self.meta_data.find(&key.name) {
                for m in marks {
                    found.add(m.library, MarkKind::MetaData, name, m.strong, || {
                        place(at, &key.name)
                    });
                }
            }
        }
    }

    fn find_files<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        for lib in &facts.native {
            let name = lib.entry.rsplit('/').next().unwrap_or_default();
            for (pattern, marks) in self.native.find(name) {
                for m in marks {
                    found.add(m.library, MarkKind::Native, pattern, m.strong, || Mark {
                        file: lib.file.clone(),
                        entry: lib.entry.clone(),
                        entry_sha256: lib.sha256.clone(),
                        ..mark(name)
                    });
                }
            }
        }
        for asset in &facts.assets {
            let (file, entry) = asset.rsplit_once('!').unwrap_or(("", asset));
            for (pattern, marks) in self.assets.find(entry) {
                for m in marks {
                    found.add(m.library, MarkKind::Asset, pattern, m.strong, || Mark {
                        file: file.into(),
                        entry: entry.into(),
                        ..mark(entry)
                    });
                }
            }
        }
    }

    fn find_hosts<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        for host in &facts.hosts {
            let mut names = vec![host.clone(), format!("*.{host}")];
            names.extend(
                host.match_indices('.')
                    .filter_map(|(i, _)| Some(format!("*{}", host.get(i..)?))),
            );
            for name in names {
                let known = self.hosts.exact(&name).and_then(|at| self.hosts.get(at));
                for (key, m) in known
                    .into_iter()
                    .flat_map(|(key, marks)| marks.iter().map(move |m| (key, m)))
                {
                    found.add(m.library, MarkKind::Host, key, false, || mark(host));
                }
            }
        }
    }
}

/// Drops weak hits whose marks belong to a bundled library as well: SDKs of one vendor share keys and hosts.
fn drop_explained(hits: &mut Vec<SdkHit>) {
    let explained: BTreeSet<(MarkKind, String)> = hits
        .iter()
        .filter(|hit| hit.grade == Grade::Strong)
        .flat_map(|hit| hit.marks.iter().map(|m| (m.kind, m.value.clone())))
        .collect();
    hits.retain(|hit| {
        let own: Vec<&Mark> = hit
            .marks
            .iter()
            .filter(|m| !explained.contains(&(m.kind, m.value.clone())))
            .collect();
        hit.grade != Grade::Weak || grade(&own) == Some(Grade::Weak)
    });
}

/// The classes under one prefix.
#[derive(Clone, Default)]
struct Under<'c> {
    /// How many.
    count: u32,
    /// One of them is code: builds make `R`, `BuildConfig` and `package-info`
    /// for the resources of a library, whether its code is there or not.
    written: bool,
    /// The first, of those that are code if there are any.
    first: &'c str,
}

impl<'c> Under<'c> {
    fn add(&mut self, class: &'c str) {
        let simple = class.rsplit('.').next().unwrap_or(class);
        let made = ["R", "BuildConfig", "package-info"].contains(&simple);
        let written = !made && !simple.starts_with("R$");
        if self.count == 0 || (written && !self.written) {
            self.first = class;
        }
        self.written |= written;
        self.count = self.count.saturating_add(1);
    }
}

/// Marks by library, each signature once.
#[derive(Default)]
struct Found<'f> {
    /// The app's own package.
    own: &'f str,
    by_library: BTreeMap<u32, BTreeMap<(MarkKind, &'f str), Mark>>,
}

impl<'f> Found<'f> {
    /// Whether a prefix covers the app's own package: the vendor's own app is no bundle of its SDK.
    fn is_own(&self, prefix: &str) -> bool {
        self.own
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn add(
        &mut self,
        library: u32,
        kind: MarkKind,
        signature: &'f str,
        strong: bool,
        make: impl FnOnce() -> Mark,
    ) {
        self.add_many(library, kind, signature, strong, 1, make);
    }

    fn add_many(
        &mut self,
        library: u32,
        kind: MarkKind,
        signature: &'f str,
        strong: bool,
        count: u32,
        make: impl FnOnce() -> Mark,
    ) {
        self.by_library
            .entry(library)
            .or_default()
            .entry((kind, signature))
            .and_modify(|m| {
                m.count = m.count.saturating_add(count);
                m.strong |= strong;
            })
            .or_insert_with(|| Mark {
                kind,
                signature: signature.to_owned(),
                strong,
                count,
                ..make()
            });
    }
}

fn mark(value: &str) -> Mark {
    Mark {
        kind: MarkKind::Package,
        signature: String::new(),
        value: value.to_owned(),
        count: 1,
        strong: false,
        file: String::new(),
        entry: String::new(),
        entry_sha256: None,
        path: None,
    }
}

fn grade<M: Borrow<Mark>>(marks: &[M]) -> Option<Grade> {
    let marks = || marks.iter().map(Borrow::<Mark>::borrow);
    if marks().any(|m| m.strong) {
        return Some(Grade::Strong);
    }
    let package =
        |signature: &str| marks().any(|m| m.kind == MarkKind::Package && m.signature == signature);
    // Hosts count once: lists of blocked or resolved names hold many of one
    // vendor. So does a prefix with code in one DEX file and resources in another.
    let others = marks()
        .filter(|m| !matches!(m.kind, MarkKind::Reference | MarkKind::Host))
        .filter(|m| m.kind != MarkKind::Generated || !package(&m.signature))
        .count();
    let hosts = usize::from(marks().any(|m| m.kind == MarkKind::Host));
    if others.saturating_add(hosts) >= 2 {
        Some(Grade::Weak)
    } else if marks().any(|m| m.kind == MarkKind::Reference)
        && !marks().any(|m| m.kind == MarkKind::Package)
    {
        // Where some of its classes are there, "not bundled" cannot be said.
        Some(Grade::Referenced)
    } else {
        None
    }
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
