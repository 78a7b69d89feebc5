//! Two states of the data side by side: which entries differ, and which verdicts move.

use super::one::judge;
use crate::audit::{Declared, Edition};
use crate::detect::Detector;
use crate::facts::{Facts, notation};
use crate::report::Languages;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Str;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One app to judge by both.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// File name, or the entry and the lines of an example.
    pub name: String,
    /// Its facts.
    pub facts: Facts,
    /// Declared functions.
    pub functions: Vec<String>,
    /// Supply-side edition.
    pub supply: bool,
}

/// How an entry differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Only the new data has it.
    Added,
    /// Only the old data has it.
    Removed,
    /// Both have it, and not the same.
    Changed,
}

/// One entry that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EntryChange {
    /// `sdk`, `permission` …
    pub kind: &'static str,
    /// Its id or name.
    pub id: String,
    /// How.
    pub change: Change,
    /// Keys at the top level that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// One app whose verdict moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moved {
    /// [`Case::name`].
    pub case: String,
    /// What only the old data says: `sdk umeng/push strong`, `tier android.permission.CAMERA necessary`.
    pub gone: Vec<String>,
    /// What only the new data says.
    pub new: Vec<String>,
}

/// What lies between two states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Entries, sorted.
    pub entries: Vec<EntryChange>,
    /// Apps judged by both.
    pub cases: usize,
    /// Those whose verdict moves, in the order of the cases.
    pub moved: Vec<Moved>,
}

impl Diff {
    /// Nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.moved.is_empty()
    }
}

/// The examples of both, each once, sorted by name. An example that cannot be read is left to the linter.
#[must_use]
pub fn example_cases(old: &SignatureDb, new: &SignatureDb) -> Vec<Case> {
    let mut all: BTreeMap<(Vec<String>, Vec<String>), String> = BTreeMap::new();
    let plain = |list: &[Str]| {
        list.iter()
            .map(ToString::to_string)
            .collect::<Vec<String>>()
    };
    for db in [old, new] {
        let d = &db.data;
        let sdks = d.sdks.iter().map(|s| (&s.id, &s.examples));
        let packers = d.packers.iter().map(|p| (&p.id, &p.examples));
        let rules = d.rules.iter().map(|r| (&r.id, &r.examples));
        for (id, examples) in sdks.chain(packers).chain(rules) {
            for lines in examples.matches.iter().chain(&examples.no_match) {
                let name = format!("{id} [{}]", lines.join(" | "));
                all.entry((plain(lines), Vec::new())).or_insert(name);
            }
        }
        for f in &d.functions {
            for e in &f.example {
                let name = format!("{}: {}", f.id, e.about.en);
                let lines = e.permissions.iter().map(|p| format!("perm {p}")).collect();
                all.entry((lines, vec![f.id.to_string()])).or_insert(name);
            }
        }
    }
    let cases = all.into_iter().filter_map(|((lines, functions), name)| {
        let example = notation::parse(&lines).ok()?;
        let declared = if functions.is_empty() {
            example.functions
        } else {
            functions
        };
        Some(Case {
            name,
            facts: example.facts,
            functions: declared,
            supply: example.supply,
        })
    });
    let mut cases: Vec<Case> = cases.collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// What differs between `old` and `new`, and for which of `cases` it makes a difference.
#[must_use]
pub fn diff(old: &SignatureDb, new: &SignatureDb, cases: &[Case]) -> Diff {
    let detectors = (Detector::new(old), Detector::new(new));
    let moved = cases.par_iter().map(|case| {
        let before = says(case, &detectors.0);
        let after = says(case, &detectors.1);
        (before != after).then(|| Moved {
            case: case.name.clone(),
            gone: before.difference(&after).cloned().collect(),
            new: after.difference(&before).cloned().collect(),
        })
    });
    Diff {
        entries: entry_changes(old, new),
        cases: cases.len(),
        moved: moved.collect::<Vec<_>>().into_iter().flatten().collect(),
    }
}

/// What the data says of one app, a line for each thing.
fn says(case: &Case, detector: &Detector<'_>) -> BTreeSet<String> {
    let edition = if case.supply {
        Edition::Supply
    } else {
        Edition::Consumer
    };
    let declared = match Declared::resolve(detector.db(), &case.functions, edition) {
        Ok(declared) => declared,
        Err(e) => return BTreeSet::from([format!("no verdict: {e}")]),
    };
    let report = judge(&case.facts, detector, &declared, Languages::BOTH);
    let mut out = BTreeSet::new();
    for s in &report.sdks {
        out.insert(format!("sdk {} {}", s.id, word(&s.grade)));
    }
    for o in &report.coverage.obstacles {
        out.insert(format!("obstacle {} {}", o.kind, o.id));
    }
    for p in &report.permissions {
        out.insert(format!("tier {} {}", p.name, word(&p.tier)));
    }
    for f in &report.findings {
        out.insert(format!(
            "finding {} {} {}",
            f.rule,
            word(&f.severity),
            f.subject
        ));
    }
    out
}

fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

type Entries = BTreeMap<(&'static str, String), serde_json::Value>;

fn entry_changes(old: &SignatureDb, new: &SignatureDb) -> Vec<EntryChange> {
    let (old, new) = (entries(old), entries(new));
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changes = ids.into_iter().filter_map(|key| {
        let (change, keys) = match (old.get(key), new.get(key)) {
            (Some(a), Some(b)) if a == b => return None,
            (Some(a), Some(b)) => (Change::Changed, differing(a, b)),
            (None, _) => (Change::Added, Vec::new()),
            (_, None) => (Change::Removed, Vec::new()),
        };
        Some(EntryChange {
            kind: key.0,
            id: key.1.clone(),
            change,
            keys,
        })
    });
    changes.collect()
}

fn differing(a: &serde_json::Value, b: &serde_json::Value) -> Vec<String> {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else {
        return Vec::new();
    };
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let other = keys.into_iter().filter(|k| a.get(*k) != b.get(*k));
    other.cloned().collect()
}

fn entries(db: &SignatureDb) -> Entries {
    fn put<T: Serialize>(out: &mut Entries, kind: &'static str, id: &str, entry: &T) {
        let value = serde_json::to_value(entry).unwrap_or_default();
        out.insert((kind, id.to_owned()), value);
    }
    let mut out = Entries::new();
    let d = &db.data;
    d.sdks.iter().for_each(|x| put(&mut out, "sdk", &x.id, x));
    for x in &d.packers {
        put(&mut out, "packer", &x.id, x);
    }
    for x in &d.functions {
        put(&mut out, "function", &x.id, x);
    }
    d.rules.iter().for_each(|x| put(&mut out, "rule", &x.id, x));
    for x in &d.store_types {
        put(&mut out, "store", &x.id, x);
    }
    for x in d.permissions.iter().flat_map(|f| &f.permission) {
        put(&mut out, "permission", &x.name, x);
    }
    for x in &d.catalogue.permission {
        put(&mut out, "catalogue", &x.name, x);
    }
    for i in &d.law {
        let head = crate::signatures::schema::Instrument {
            clause: Vec::new(),
            ..i.clone()
        };
        put(&mut out, "law", &i.id, &head);
        i.clause
            .iter()
            .for_each(|c| put(&mut out, "clause", &c.id, c));
    }
    for (id, x) in &d.reasons.reason {
        put(&mut out, "reason", id, x);
    }
    for (id, x) in &d.information.kind {
        put(&mut out, "information", id, x);
    }
    for (id, x) in &d.categories.category {
        put(&mut out, "category", id, x);
    }
    put(&mut out, "implied", "implied", &d.implied);
    out
}
