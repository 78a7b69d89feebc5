//! One app: files to facts, facts to a report.

use super::source::Source;
use crate::audit::{Declared, audit};
use crate::container::bundle::{self, Input, Kind};
use crate::container::{Archive, Entry};
use crate::detect::Detector;
use crate::error::ParseError;
use crate::facts::extract::{App, Part, extract};
use crate::facts::{ExcludedFile, Facts, FileFact, FileRole};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use crate::package::{self, AssembleError, Files, PartInput, SplitState};
use crate::report::v1::Report;
use crate::report::{Languages, build};
use std::borrow::Cow;
use std::fmt;

/// Nothing of an app could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file.
    pub file: String,
    /// What was expected where.
    pub error: ParseError,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.error)
    }
}

impl std::error::Error for Failure {}

/// One APK, given by itself or in a bundle.
struct Member<'a> {
    name: String,
    bytes: &'a [u8],
    sha256: String,
    /// The v4 signature beside it.
    idsig: Option<&'a [u8]>,
}

/// The files of one app to its facts.
///
/// # Errors
/// None of the files is an APK or a bundle of APKs. Whatever else goes wrong is an incident in the facts.
pub fn facts(sources: &[Source], limits: &Limits) -> Result<Facts, Failure> {
    let mut app = App::default();
    let mut failure = None;
    let mut inputs: Vec<(String, &Source, Input<'_>)> = Vec::new();
    for source in sources {
        let name = distinct(&source.name, |name| inputs.iter().any(|(n, ..)| n == name));
        match bundle::open(&name, &source.bytes, limits) {
            Ok(input) => inputs.push((name, source, input)),
            Err(error) => {
                let incident = Incident::from_error(IncidentCode::SplitUnreadable, &name, &error);
                app.incidents.push(incident.hiding(Channel::Archive));
                app.excluded.push(ExcludedFile {
                    name: name.clone(),
                    reason: format!("not readable: {error}"),
                });
                failure.get_or_insert(Failure { file: name, error });
            }
        }
    }
    let mut members: Vec<Member<'_>> = Vec::new();
    for (name, source, input) in &inputs {
        if input.kind == Kind::Apk {
            members.push(Member {
                name: name.clone(),
                bytes: &source.bytes,
                sha256: source.sha256.clone(),
                idsig: source.idsig.as_deref(),
            });
            continue;
        }
        app.bundles.push(FileFact {
            name: name.clone(),
            size: source.bytes.len().try_into().unwrap_or(u64::MAX),
            sha256: source.sha256.clone(),
            role: FileRole::Bundle,
            ..FileFact::default()
        });
        app.incidents.extend(input.incidents.iter().cloned());
        for left in &input.left_out {
            let reason = serde_json::to_value(left.reason)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned));
            let name = format!("{name}!{}", left.name);
            app.excluded.push(ExcludedFile {
                name,
                reason: reason.unwrap_or_default(),
            });
        }
        for member in &input.members {
            members.push(Member {
                name: format!("{name}!{}", member.name),
                bytes: &member.bytes,
                sha256: sha256(&member.bytes),
                idsig: None,
            });
        }
    }
    if let Some(more @ 1..) = members.len().checked_sub(limits.members) {
        members.truncate(limits.members);
        let detail = format!("{more} more APKs than the limit were not read");
        let incident = Incident::new(IncidentCode::LimitReached, "", detail);
        app.incidents.push(incident.hiding(Channel::Archive));
    }
    for member in members {
        let Member {
            name,
            bytes,
            sha256,
            idsig,
        } = member;
        match Archive::open(&name, bytes, limits) {
            Ok(archive) => {
                app.parts.push(Part {
                    name,
                    bytes,
                    sha256,
                    archive,
                    split: None,
                    manifest_sha256: None,
                    idsig,
                });
            }
            Err(error) => {
                let incident = Incident::from_error(IncidentCode::SplitUnreadable, &name, &error);
                app.incidents.push(incident.hiding(Channel::Archive));
                app.excluded.push(ExcludedFile {
                    name: name.clone(),
                    reason: format!("not readable: {error}"),
                });
                failure.get_or_insert(Failure { file: name, error });
            }
        }
    }
    if app.parts.is_empty() {
        let nothing = || ParseError::new(0, "an APK or a bundle of APKs", "no file");
        return Err(failure.unwrap_or_else(|| Failure {
            file: "input".into(),
            error: nothing(),
        }));
    }
    assemble(&mut app, limits);
    Ok(extract(app, limits))
}

/// A name that no other input has: two folders may both hold a `base.apk`.
pub(crate) fn distinct(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut wanted = name.to_owned();
    let mut number = 2u32;
    while taken(&wanted) {
        wanted = format!("{name}#{number}");
        number = number.saturating_add(1);
    }
    wanted
}

/// An archive as the entries of a package.
struct Entries<'a>(&'a Archive<'a>);

impl Files for Entries<'_> {
    fn read(&self, entry: &str) -> Option<Result<Cow<'_, [u8]>, ParseError>> {
        self.0.find(entry).map(|found: &Entry| self.0.read(found))
    }
}

/// Reads the manifests; parts that belong to another app leave `app`.
fn assemble(app: &mut App<'_>, limits: &Limits) {
    let entries: Vec<Entries<'_>> = app
        .parts
        .iter()
        .map(|part| Entries(&part.archive))
        .collect();
    let inputs: Vec<PartInput<'_>> = app
        .parts
        .iter()
        .zip(&entries)
        .map(|(part, entries)| PartInput::new(&part.name, entries))
        .collect();
    let digests: Vec<Option<String>> = inputs
        .iter()
        .map(|input| {
            input
                .manifest
                .as_ref()
                .and_then(|m| m.as_ref().ok())
                .map(|bytes| sha256(bytes))
        })
        .collect();
    for input in &inputs {
        let is_text = |bytes: &[u8]| bytes.trim_ascii_start().starts_with(b"<");
        if matches!(&input.manifest, Some(Ok(bytes)) if is_text(bytes)) {
            let file = format!("{}!{}", input.file, package::MANIFEST);
            let detail =
                "the manifest is text: Android reads binary XML only and would refuse this package";
            app.incidents
                .push(Incident::new(IncidentCode::Malformed, file, detail));
        }
    }
    let assembled = package::assemble(&inputs, limits);
    let (manifest, base, splits, incidents) = match assembled {
        Ok(package) => (
            package.manifest,
            package.base,
            package.splits,
            package.incidents,
        ),
        Err(error) => {
            let file = match &error {
                AssembleError::Unreadable { file, .. } => file.clone(),
                AssembleError::Empty | AssembleError::NoBase { .. } => app
                    .parts
                    .first()
                    .map(|part| part.name.clone())
                    .unwrap_or_default(),
            };
            let incident = match &error {
                AssembleError::Unreadable {
                    error: Some(inner), ..
                } => Incident::from_error(IncidentCode::Unreadable, file, inner),
                other => Incident::new(IncidentCode::Missing, file, other.to_string()),
            };
            (
                Default::default(),
                0,
                Vec::new(),
                vec![incident.hiding(Channel::Manifest)],
            )
        }
    };
    drop(inputs);
    drop(entries);
    app.manifest = manifest;
    app.incidents.extend(incidents);
    for (part, digest) in app.parts.iter_mut().zip(digests) {
        part.manifest_sha256 = digest;
    }
    let mut keep = vec![true; app.parts.len()];
    for split in splits {
        let Some(part) = app.parts.get_mut(split.part) else {
            continue;
        };
        part.split = Some(split.name.unwrap_or_else(|| split.file.clone()));
        if split.state == SplitState::Mismatch {
            // Code of another app must not be counted as this one's.
            let reason = "another package, version or split name than the base".to_owned();
            app.excluded.push(ExcludedFile {
                name: split.file,
                reason,
            });
            if let Some(kept) = keep.get_mut(split.part) {
                *kept = false;
            }
        }
    }
    // The base comes first: its code is first on the class path.
    let mut order: Vec<usize> = (0..app.parts.len()).collect();
    order.sort_by_key(|&index| (index != base, index));
    let mut parts: Vec<Option<Part<'_>>> = std::mem::take(&mut app.parts)
        .into_iter()
        .map(Some)
        .collect();
    for index in order {
        if keep.get(index) == Some(&true)
            && let Some(part) = parts.get_mut(index).and_then(Option::take)
        {
            app.parts.push(part);
        }
    }
}

/// Facts to a report. Needs no file, reads no clock: the same facts, data and arguments give the same report.
pub fn judge(
    facts: &Facts,
    detector: &Detector<'_>,
    declared: &Declared<'_>,
    languages: Languages,
) -> Report {
    let detections = detector.detect(facts);
    let judged = audit(facts, &detections, declared, detector.db());
    build(
        facts,
        &detections,
        &judged,
        declared,
        detector.db(),
        languages,
    )
}
