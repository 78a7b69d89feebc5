//! `imported/hierarchy.toml`: the supertypes of the platform's classes.

use super::platform::Platform;
use super::table::Table;
use std::collections::{BTreeMap, BTreeSet};

const HEAD: &str = "\
# Supertypes of the platform's classes, of all levels that were looked at: superclass first, then interfaces.
# Machine-made by `cargo xtask apis --hierarchy`; do not edit by hand.
#
# Left out: java.lang.Object, markers (Serializable, Comparable, Cloneable, Closeable, AutoCloseable, Annotation), classes
# that have nothing else, and those of java.* and javax.* that do not extend java.net, javax.net or a class loader. A
# supertype that only an earlier level has comes last.";

/// They have no member that a map of permissions could name.
const MARKERS: [&str; 7] = [
    "Ljava/lang/Object;",
    "Ljava/io/Serializable;",
    "Ljava/lang/Comparable;",
    "Ljava/lang/Cloneable;",
    "Ljava/lang/AutoCloseable;",
    "Ljava/io/Closeable;",
    "Ljava/lang/annotation/Annotation;",
];

/// Class and supertypes.
type Supertypes = BTreeMap<String, Vec<String>>;

/// A table without entries.
pub fn empty() -> Table {
    Table {
        head: HEAD.into(),
        kind: "class".into(),
        groups: BTreeMap::new(),
    }
}

/// Adds a level's classes; number of classes that are new and that changed.
pub fn merge(table: &mut Table, platform: &Platform) -> (usize, usize) {
    let entries = table.groups.entry("supertypes".into()).or_default();
    let list = |text: &String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let old: Supertypes = entries.iter().map(|(k, v)| (k.clone(), list(v))).collect();
    let mut all = old.clone();
    for (class, known) in &platform.classes {
        let mut new: Vec<String> = Vec::new();
        for name in known.superclass.iter().chain(&known.interfaces) {
            if !MARKERS.contains(&name.as_str()) && !new.contains(name) {
                new.push(name.clone());
            }
        }
        if new.is_empty() || !wanted(class, &new) {
            continue;
        }
        all.insert(class.clone(), new);
    }
    // What an earlier level had stays, unless the new supertypes lead to it.
    let mut added = Vec::new();
    for (class, before) in &old {
        let now = all.get(class).cloned().unwrap_or_default();
        let reached = above(&all, &now);
        for name in before.iter().filter(|name| !reached.contains(*name)) {
            added.push((class.clone(), name.clone()));
        }
    }
    for (class, name) in added {
        all.entry(class).or_default().push(name);
    }
    let new = all.keys().filter(|class| !old.contains_key(*class)).count();
    let changed = old
        .iter()
        .filter(|(class, list)| all.get(*class) != Some(list));
    let changed = changed.count();
    *entries = all.into_iter().map(|(k, v)| (k, v.join(" "))).collect();
    (new, changed)
}

/// All that some classes lead to, and those themselves.
fn above(all: &Supertypes, from: &[String]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(name) = open.pop() {
        if let Some(next) = all.get(&name) {
            open.extend(next.iter().filter(|n| !seen.contains(*n)).cloned());
        }
        seen.insert(name);
    }
    seen
}

fn wanted(class: &str, supertypes: &[String]) -> bool {
    let begins = |name: &str, list: &[&str]| list.iter().any(|start| name.starts_with(start));
    if begins(class, &["Ljava/", "Ljavax/"]) {
        let net = |name: &String| {
            begins(name, &["Ljava/net/", "Ljavax/net/"])
                || [
                    "Ljava/lang/ClassLoader;",
                    "Ljava/security/SecureClassLoader;",
                ]
                .contains(&name.as_str())
        };
        return supertypes.iter().any(net);
    }
    begins(class, &["Landroid/", "Lcom/android/", "Ldalvik/"])
}
