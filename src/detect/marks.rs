//! Recognising libraries by what they leave in an app.
//!
//! A mark is one thing that shows a library: a class under its package, a
//! component, a native library, a key. Strong marks are things that only the
//! library itself puts there; weak ones are shared with others or written by
//! the host app as well, and two of them are needed. A class that the
//! code only names shows a reference and never more.

use crate::facts::Facts;
use crate::incident::Channel;
use crate::package::manifest::MetaData;
use crate::signatures::schema::Identity;
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
    packages: BTreeMap<&'d str, Vec<(usize, bool)>>,
    components: BTreeMap<&'d str, Vec<usize>>,
    native: Patterns<'d>,
    assets: Patterns<'d>,
    meta_data: Patterns<'d>,
    actions: BTreeMap<&'d str, Vec<usize>>,
    hosts: BTreeMap<&'d str, Vec<usize>>,
}

/// A package prefix, and the libraries that it shows.
type Owner<'s> = (&'s str, &'s [(usize, bool)]);

/// Names, some of which end in `*` and match by prefix.
#[derive(Debug, Default)]
struct Patterns<'d> {
    exact: BTreeMap<&'d str, Vec<(usize, bool)>>,
    prefixes: BTreeMap<&'d str, Vec<(usize, bool)>>,
}

impl<'d> Patterns<'d> {
    /// `suffix` is what may follow the `*` (`.so` of native libraries).
    fn add(&mut self, pattern: &'d str, library: usize, strong: bool, suffix: &str) {
        let bare = pattern.strip_suffix(suffix).unwrap_or(pattern);
        match bare.strip_suffix('*') {
            Some(prefix) => self
                .prefixes
                .entry(prefix)
                .or_default()
                .push((library, strong)),
            None => self
                .exact
                .entry(pattern)
                .or_default()
                .push((library, strong)),
        }
    }

    fn find(&self, name: &str) -> Vec<(&'d str, usize, bool)> {
        let mut found = Vec::new();
        if let Some((key, libraries)) = self.exact.get_key_value(name) {
            found.extend(
                libraries
                    .iter()
                    .map(|&(library, strong)| (*key, library, strong)),
            );
        }
        for end in (1..=name.len()).filter(|&i| name.is_char_boundary(i)) {
            if self.prefixes.is_empty() {
                break;
            }
            if let Some((key, libraries)) =
                name.get(..end).and_then(|p| self.prefixes.get_key_value(p))
            {
                found.extend(
                    libraries
                        .iter()
                        .map(|&(library, strong)| (*key, library, strong)),
                );
            }
        }
        found
    }
}

impl<'d> MarkIndex<'d> {
    /// Indexes the marks of `libraries`, given by id.
    pub fn new(libraries: impl Iterator<Item = (&'d str, &'d Identity)>) -> Self {
        let mut index = Self {
            ids: Vec::new(),
            packages: BTreeMap::new(),
            components: BTreeMap::new(),
            native: Patterns::default(),
            assets: Patterns::default(),
            meta_data: Patterns::default(),
            actions: BTreeMap::new(),
            hosts: BTreeMap::new(),
        };
        for (library, (id, identity)) in libraries.enumerate() {
            index.ids.push(id);
            for (list, strong) in [(&identity.packages, true), (&identity.weak_packages, false)] {
                for prefix in list {
                    index
                        .packages
                        .entry(prefix)
                        .or_default()
                        .push((library, strong));
                }
            }
            for component in &identity.components {
                index.components.entry(component).or_default().push(library);
            }
            for (list, strong) in [(&identity.native, true), (&identity.weak_native, false)] {
                for name in list {
                    index.native.add(name, library, strong, ".so");
                }
            }
            for path in &identity.assets {
                index.assets.add(path, library, true, "");
            }
            for key in identity.meta_data.iter().chain(&identity.weak_meta_data) {
                index.meta_data.add(key, library, false, "");
            }
            for action in &identity.actions {
                index.actions.entry(action).or_default().push(library);
            }
            for host in &identity.hosts {
                index.hosts.entry(host).or_default().push(library);
            }
        }
        index
    }

    /// The libraries behind the longest prefix of `class`, cut at the dots.
    ///
    /// The most specific prefix wins alone: a class under `com.umeng.socialize`
    /// is no mark of the library with `com.umeng`.
    fn owner(&self, class: &str) -> Option<Owner<'_>> {
        let mut name = class;
        loop {
            if let Some((prefix, libraries)) = self.packages.get_key_value(name) {
                return Some((prefix, libraries));
            }
            name = name.get(..name.rfind(['.', '$'])?)?;
        }
    }

    /// Each of `classes` that has an owner. Classes of one package stand
    /// together, so what lies above the package is looked up once for all of them.
    fn owners<'s>(&'s self, classes: &'s [String]) -> impl Iterator<Item = (&'s str, Owner<'s>)> {
        let mut last: (&str, Option<Owner<'_>>) = ("", None);
        classes.iter().filter_map(move |class| {
            let package = class.rsplit_once('.').map_or("", |(package, _)| package);
            if last.0 != package {
                last = (package, self.owner(package));
            }
            let mut name = class.as_str();
            while name.len() > package.len() {
                if let Some((prefix, libraries)) = self.packages.get_key_value(name) {
                    return Some((class.as_str(), (*prefix, libraries.as_slice())));
                }
                name = name.get(..name.rfind(['.', '$'])?)?;
            }
            Some((class.as_str(), last.1?))
        })
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
                    id: (*self.ids.get(library)?).to_owned(),
                    grade,
                    marks,
                })
            })
            .collect();
        drop_explained(&mut hits);
        hits.sort_by(|a, b| a.id.cmp(&b.id));
        hits
    }

    fn find_classes<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        for dex in &facts.dex {
            for (class, (prefix, libraries)) in self.owners(&dex.defines) {
                if found.is_own(prefix) {
                    continue;
                }
                for &(library, strong) in libraries {
                    found.add(library, MarkKind::Package, prefix, strong, || Mark {
                        file: dex.file.clone(),
                        entry: dex.entry.clone(),
                        entry_sha256: Some(dex.sha256.clone()),
                        ..mark(class)
                    });
                }
            }
        }
        for (class, (prefix, libraries)) in self.owners(&facts.referenced) {
            for &(library, _) in libraries {
                found.add(library, MarkKind::Reference, prefix, false, || mark(class));
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
        let defined: BTreeSet<&str> = facts
            .dex
            .iter()
            .flat_map(|d| d.defines.iter().map(String::as_str))
            .collect();
        let code_read = facts.state(Channel::Code) == crate::facts::State::Complete;
        for component in &facts.manifest.components {
            if let Some((name, libraries)) = self.components.get_key_value(component.name.as_str())
            {
                // A component whose class is not in the readable code is a leftover of the manifest.
                let strong = !code_read || defined.contains(component.name.as_str());
                for &library in libraries {
                    found.add(library, MarkKind::Component, name, strong, || {
                        place(&component.at, &component.name)
                    });
                }
            }
            for action in component.intent_filters.iter().flat_map(|f| &f.actions) {
                if let Some((name, libraries)) = self.actions.get_key_value(action.as_str()) {
                    for &library in libraries {
                        found.add(library, MarkKind::Action, name, false, || {
                            place(&component.at, action)
                        });
                    }
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
            for (name, library, strong) in self.meta_data.find(&key.name) {
                found.add(library, MarkKind::MetaData, name, strong, || {
                    place(at, &key.name)
                });
            }
        }
    }

    fn find_files<'s>(&'s self, facts: &'s Facts, found: &mut Found<'s>) {
        for lib in &facts.native {
            let name = lib.entry.rsplit('/').next().unwrap_or_default();
            for (pattern, library, strong) in self.native.find(name) {
                found.add(library, MarkKind::Native, pattern, strong, || Mark {
                    file: lib.file.clone(),
                    entry: lib.entry.clone(),
                    entry_sha256: lib.sha256.clone(),
                    ..mark(name)
                });
            }
        }
        for asset in &facts.assets {
            let (file, entry) = asset.rsplit_once('!').unwrap_or(("", asset));
            for (pattern, library, strong) in self.assets.find(entry) {
                found.add(library, MarkKind::Asset, pattern, strong, || Mark {
                    file: file.into(),
                    entry: entry.into(),
                    ..mark(entry)
                });
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
                if let Some((key, libraries)) = self.hosts.get_key_value(name.as_str()) {
                    for &library in libraries {
                        found.add(library, MarkKind::Host, key, false, || mark(host));
                    }
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

/// Marks by library, each signature once.
#[derive(Default)]
struct Found<'f> {
    /// The app's own package.
    own: &'f str,
    by_library: BTreeMap<usize, BTreeMap<(MarkKind, &'f str), Mark>>,
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
        library: usize,
        kind: MarkKind,
        signature: &'f str,
        strong: bool,
        make: impl FnOnce() -> Mark,
    ) {
        self.by_library
            .entry(library)
            .or_default()
            .entry((kind, signature))
            .and_modify(|m| {
                m.count = m.count.saturating_add(1);
                m.strong |= strong;
            })
            .or_insert_with(|| Mark {
                kind,
                signature: signature.to_owned(),
                strong,
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
    // Hosts count once: lists of blocked or resolved names hold many of one vendor.
    let others = marks()
        .filter(|m| !matches!(m.kind, MarkKind::Reference | MarkKind::Host))
        .count();
    let hosts = usize::from(marks().any(|m| m.kind == MarkKind::Host));
    if others.saturating_add(hosts) >= 2 {
        Some(Grade::Weak)
    } else if marks().any(|m| m.kind == MarkKind::Reference) {
        Some(Grade::Referenced)
    } else {
        None
    }
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
