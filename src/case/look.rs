//! Looks at evidence in the app itself, without the facts: what stands there, and what of it is not as it is said.
//!
//! The code here reads the archive, the DEX file and the binary XML again with the readers alone. It shares nothing
//! with the extraction of facts, the detection and the rules, so that a mistake there, or a report that was changed,
//! shows.

use super::app::{App, Missing};
use super::{bytecode, element};
use crate::audit::{Evidence, EvidenceKind};
use crate::hash::sha256;
use std::collections::BTreeMap;

/// What was seen of one piece of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What stands there, with what stands around it.
    pub(super) lines: Vec<String>,
    /// Fields that are not as the app has them.
    pub(super) wrong: Vec<Wrong>,
    /// The time was over before it was looked at.
    pub(super) is_late: bool,
    /// Fields that cannot be told from the place alone.
    pub(super) open: Vec<&'static str>,
}

/// A field that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Its name in the report.
    pub(super) field: &'static str,
    /// What it says.
    pub(super) said: String,
    /// What the app has.
    pub(super) found: String,
}

impl Seen {
    /// Notes a field that does not fit.
    pub(super) fn wrong(
        &mut self,
        field: &'static str,
        said: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.wrong.push(Wrong {
            field,
            said: said.into(),
            found: found.into(),
        });
    }
}

/// Looks at all of them, in their order; each entry is read once.
pub(super) fn look(app: &App<'_>, evidence: &[&Evidence]) -> Vec<Seen> {
    let mut seen = vec![Seen::default(); evidence.len()];
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, evidence) in evidence.iter().enumerate() {
        let file = evidence.file.as_deref().unwrap_or_default();
        let entry = evidence.entry.as_deref().unwrap_or_default();
        groups.entry((file, entry)).or_default().push(at);
    }
    for ((file, entry), group) in groups {
        let group: Vec<(usize, &Evidence)> = group
            .into_iter()
            .filter_map(|at| Some((at, *evidence.get(at)?)))
            .collect();
        for (at, found) in look_in(app, file, entry, &group) {
            if let Some(slot) = seen.get_mut(at) {
                *slot = found;
            }
        }
    }
    seen
}

/// Looks at the evidence of one entry.
fn look_in(
    app: &App<'_>,
    file: &str,
    entry: &str,
    group: &[(usize, &Evidence)],
) -> Vec<(usize, Seen)> {
    if entry.is_empty() {
        // Nothing in an archive is named: what was seen has no single place.
        let whole = Seen {
            open: vec!["value"],
            ..Seen::default()
        };
        return group.iter().map(|(at, _)| (*at, whole.clone())).collect();
    }
    let bytes = match app.entry(file, entry) {
        Ok(bytes) => bytes,
        Err(missing) => {
            let (field, said, found) = match missing {
                Missing::File => ("file", file, "no such file"),
                Missing::Entry => ("entry", entry, "no such entry"),
                Missing::Contents => ("entry", entry, "an entry that cannot be read"),
            };
            let mut gone = Seen::default();
            gone.wrong(field, said, found);
            return group.iter().map(|(at, _)| (*at, gone.clone())).collect();
        }
    };
    let digest = sha256(&bytes);
    let name = format!("{file}!{entry}");
    let (mut code, mut xml) = (None, None);
    let mut all = Vec::new();
    for (at, evidence) in group {
        let mut seen = Seen::default();
        if app.limits().deadline.passed() {
            seen.is_late = true;
            all.push((*at, seen));
            continue;
        }
        if let Some(said) = &evidence.entry_sha256
            && *said != digest
        {
            seen.wrong("entry_sha256", said, &digest);
        }
        match evidence.kind {
            EvidenceKind::Code | EvidenceKind::Class | EvidenceKind::Reference => {
                code.get_or_insert_with(|| bytecode::Code::open(&bytes, &name, app.limits()))
                    .look(evidence, &mut seen);
            }
            EvidenceKind::String if bytecode::is_dex(&bytes) => {
                code.get_or_insert_with(|| bytecode::Code::open(&bytes, &name, app.limits()))
                    .look(evidence, &mut seen);
            }
            EvidenceKind::Manifest => {
                xml.get_or_insert_with(|| element::Xml::open(&bytes, &name, app.limits()))
                    .look(evidence, &mut seen);
            }
            EvidenceKind::Native | EvidenceKind::Entry | EvidenceKind::String => {
                whole(evidence, &bytes, &mut seen);
            }
        }
        all.push((*at, seen));
    }
    all
}

/// An entry as a whole: its name and digest are the evidence, and a name that is said to stand in it.
fn whole(evidence: &Evidence, bytes: &[u8], seen: &mut Seen) {
    seen.lines.push(format!("{} bytes", bytes.len()));
    let Some(shows) = &evidence.shows else {
        return;
    };
    match memchr::memmem::find(bytes, shows.as_bytes()) {
        Some(at) => seen.lines.push(format!("`{shows}` at {at:#x}")),
        None => seen.open.push("shows"),
    }
}
