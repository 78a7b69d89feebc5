//! One app assembled from base and splits.
//!
//! [`assemble`] finds the base among the parts, reads its manifest with the
//! resources of all parts, and adds what splits bring.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

#[cfg(test)]
mod assemble_tests;
mod components;
mod context;
mod levels;
pub mod manifest;
mod parse;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod walk;
mod xml_files;

use crate::arsc::{ResTable, ResTables};
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use crate::xml::Document;
use context::{Budget, Sources};
use manifest::Manifest;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Entry that holds the manifest.
pub const MANIFEST: &str = "AndroidManifest.xml";
/// Entry that holds the resource table.
pub const TABLE: &str = "resources.arsc";

/// The entries of one archive.
pub trait Files {
    /// The contents of `entry` (`res/xml/network.xml`), or `None` if there is no such entry.
    fn read(&self, entry: &str) -> Option<Result<Cow<'_, [u8]>, ParseError>>;
}

/// One APK of an app: the base or a split.
pub struct PartInput<'a> {
    /// File name (`base.apk`), different from those of the other parts.
    pub file: String,
    /// Contents of [`MANIFEST`], as [`Files::read`] gives them.
    pub manifest: Option<Result<Cow<'a, [u8]>, ParseError>>,
    /// Contents of [`TABLE`]; many splits have none.
    pub resources: Option<Result<Cow<'a, [u8]>, ParseError>>,
    /// The other entries.
    pub files: &'a dyn Files,
}

impl<'a> PartInput<'a> {
    /// The part with file name `file`, manifest and table read from `files`.
    pub fn new(file: impl Into<String>, files: &'a dyn Files) -> Self {
        Self {
            file: file.into(),
            manifest: files.read(MANIFEST),
            resources: files.read(TABLE),
            files,
        }
    }
}

impl fmt::Debug for PartInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartInput")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// One app.
#[derive(Debug)]
pub struct Package<'a> {
    /// The manifest of the base with what splits add.
    pub manifest: Manifest,
    /// Index of the base among the parts.
    pub base: usize,
    /// The other parts, in their order.
    pub splits: Vec<Split>,
    /// Resources of the base and of the splits that belong to it.
    pub resources: ResTables<'a>,
    /// What could not be read, or was strange.
    pub incidents: Vec<Incident>,
}

/// A part that is not the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Index among the parts.
    pub part: usize,
    /// File name.
    pub file: String,
    /// `split`; `None` if the manifest could not be read, or it is another base.
    pub name: Option<String>,
    /// `configForSplit`.
    pub config_for_split: Option<String>,
    /// `isFeatureSplit`.
    pub is_feature: bool,
    /// Whether it was used.
    pub state: SplitState,
}

/// Whether a split is part of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitState {
    /// Manifest and resources were used.
    Used,
    /// It belongs to another package, version or name; nothing of it was used.
    Mismatch,
    /// Its manifest could not be read; nothing of it was used.
    Unreadable,
}

/// No app could be assembled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssembleError {
    /// There is no part.
    Empty,
    /// All parts are splits: the base is missing.
    NoBase {
        /// File names of the splits.
        splits: Vec<String>,
    },
    /// There is no readable base, and this part is the first that could not be read.
    Unreadable {
        /// File and entry.
        file: String,
        /// What was expected where; `None` if there is no manifest.
        error: Option<ParseError>,
    },
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "expected at least one APK, found none"),
            Self::NoBase { splits } => {
                write!(
                    f,
                    "expected a base APK, found only splits: {}",
                    splits.join(", ")
                )
            }
            Self::Unreadable { file, error: None } => {
                write!(f, "{file}: expected {MANIFEST}, found none")
            }
            Self::Unreadable {
                file,
                error: Some(error),
            } => write!(f, "{file}: {error}"),
        }
    }
}

impl std::error::Error for AssembleError {}

/// Reads the manifests of `parts` and joins them to one app.
///
/// The base is the first part without a `split` name. As the package manager
/// demands of an installation, a split must have the base's package and version
/// code and a name of its own; one that has not is named in
/// [`Package::splits`] but not used. Of a split's manifest the platform reads
/// `<application>` only (`parseSplitApk`): components, meta-data, properties
/// and libraries are added, with the split's file in their place; permissions
/// that only a split asks for are an incident.
///
/// # Errors
/// If there is no base, or its manifest cannot be read.
pub fn assemble<'a>(
    parts: &'a [PartInput<'a>],
    limits: &Limits,
) -> Result<Package<'a>, AssembleError> {
    let mut incidents = Vec::new();
    let documents: Vec<Result<Document, Option<ParseError>>> = parts
        .iter()
        .map(|part| read_document(part, limits))
        .collect();
    let base = base_of(parts, &documents)?;

    let mut splits = Vec::new();
    let mut used: Vec<(usize, &PartInput<'a>, &Document)> = Vec::new();
    for (index, (part, document)) in parts.iter().zip(&documents).enumerate() {
        match document {
            Ok(document) => used.push((index, part, document)),
            Err(error) => {
                let file = format!("{}!{MANIFEST}", part.file);
                let incident = match error {
                    Some(error) => Incident::from_error(IncidentCode::SplitUnreadable, file, error),
                    None => {
                        Incident::new(IncidentCode::SplitUnreadable, file, "there is no manifest")
                    }
                };
                incidents.push(incident.hiding(Channel::Manifest));
                splits.push(Split::of(index, part, None, SplitState::Unreadable));
            }
        }
    }
    used.retain(|(index, part, document)| {
        let mismatch = if *index == base {
            None
        } else {
            mismatch(document, documents.get(base), &splits)
        };
        if *index != base {
            let state = if mismatch.is_some() {
                SplitState::Mismatch
            } else {
                SplitState::Used
            };
            splits.push(Split::of(*index, part, Some(document), state));
        }
        if let Some(detail) = &mismatch {
            let file = format!("{}!{MANIFEST}", part.file);
            incidents.push(Incident::new(IncidentCode::SplitMismatch, file, detail));
        }
        mismatch.is_none()
    });
    splits.sort_by_key(|split| split.part);
    // The base goes first, in the overlay of resources too.
    used.sort_by_key(|(index, _, _)| (*index != base, *index));

    let mut resources = ResTables::new(limits);
    for (_, part, _) in &used {
        push_table(part, limits, &mut resources, &mut incidents);
    }
    let files: Vec<(&str, &dyn Files)> = used
        .iter()
        .map(|(_, part, _)| (part.file.as_str(), part.files))
        .collect();
    let sources = Sources {
        resources: &resources,
        files: &files,
        limits,
    };
    let mut budget = Budget::new(limits);
    let mut merged: Option<Manifest> = None;
    for (_, part, document) in &used {
        let read = parse::manifest(document, &part.file, sources, merged.as_ref(), &mut budget);
        let (manifest, found) = match (read, &merged) {
            (Ok(read), _) => read,
            (Err(error), None) => {
                let file = format!("{}!{MANIFEST}", part.file);
                return Err(AssembleError::Unreadable {
                    file,
                    error: Some(error),
                });
            }
            (Err(error), Some(_)) => {
                let file = format!("{}!{MANIFEST}", part.file);
                let incident = Incident::from_error(IncidentCode::SplitUnreadable, file, &error);
                incidents.push(incident.hiding(Channel::Manifest));
                continue;
            }
        };
        incidents.extend(document.incidents.iter().cloned());
        incidents.extend(found);
        match &mut merged {
            None => merged = Some(manifest),
            Some(base) => merge(base, manifest, &part.file, &mut incidents),
        }
    }
    let manifest = merged.ok_or(AssembleError::Empty)?;
    if manifest.package.is_empty() {
        // The package manager refuses it (`parsePackageSplitNames`); without its name the app is none.
        let file = parts.get(base).map_or("", |part| part.file.as_str());
        let incident = Incident::new(
            IncidentCode::Malformed,
            format!("{file}!{MANIFEST}"),
            "expected a package name, found none",
        );
        incidents.push(incident.hiding(Channel::Manifest));
    }
    if incidents.len() > limits.incidents {
        // What hides something is kept first; what is left out still hides its channel.
        incidents.sort_by_key(|incident| incident.hides.is_none());
        let rest = incidents.split_off(limits.incidents);
        let channels: BTreeSet<_> = rest.iter().map(|incident| incident.hides).collect();
        let detail = format!("{} more incidents are not listed", rest.len());
        incidents.extend(channels.into_iter().map(|hides| Incident {
            hides,
            ..Incident::new(IncidentCode::LimitReached, "", detail.clone())
        }));
    }
    Ok(Package {
        manifest,
        base,
        splits,
        resources,
        incidents,
    })
}

fn read_document(part: &PartInput<'_>, limits: &Limits) -> Result<Document, Option<ParseError>> {
    let bytes = match &part.manifest {
        Some(Ok(bytes)) => bytes,
        Some(Err(error)) => return Err(Some(error.clone())),
        None => return Err(None),
    };
    let document =
        Document::parse(bytes, &format!("{}!{MANIFEST}", part.file), limits).map_err(Some)?;
    if *document.root.name != *"manifest" {
        let found = format!("<{}>", document.root.name);
        return Err(Some(ParseError::new(
            document.root.offset,
            "a <manifest> element",
            found,
        )));
    }
    Ok(document)
}

/// An attribute of the root without namespace, empty taken as missing (`parsePackageSplitNames`).
fn root_attribute(document: &Document, name: &str) -> Option<String> {
    document
        .root
        .plain(name)?
        .to_text()
        .filter(|text| !text.is_empty())
}

fn base_of(
    parts: &[PartInput<'_>],
    documents: &[Result<Document, Option<ParseError>>],
) -> Result<usize, AssembleError> {
    let is_base = |document: &Document| root_attribute(document, "split").is_none();
    if let Some(base) = documents
        .iter()
        .position(|document| document.as_ref().is_ok_and(is_base))
    {
        return Ok(base);
    }
    for (part, document) in parts.iter().zip(documents) {
        if let Err(error) = document {
            let file = match error {
                Some(_) => format!("{}!{MANIFEST}", part.file),
                None => part.file.clone(),
            };
            return Err(AssembleError::Unreadable {
                file,
                error: error.clone(),
            });
        }
    }
    if parts.is_empty() {
        return Err(AssembleError::Empty);
    }
    Err(AssembleError::NoBase {
        splits: parts.iter().map(|part| part.file.clone()).collect(),
    })
}

/// Why a part cannot be a split of the base.
fn mismatch(
    document: &Document,
    base: Option<&Result<Document, Option<ParseError>>>,
    splits: &[Split],
) -> Option<String> {
    use crate::xml::attrs;
    let base = base?.as_ref().ok()?;
    let package = |document: &Document| root_attribute(document, "package").unwrap_or_default();
    let version = |document: &Document| {
        let number = |attr| {
            document
                .root
                .attr(attr)
                .and_then(|a| a.value.to_int())
                .unwrap_or(0)
        };
        (
            number(attrs::VERSION_CODE_MAJOR),
            number(attrs::VERSION_CODE),
        )
    };
    let (mine, its) = (package(document), package(base));
    if mine != its {
        return Some(format!("the package is {mine:?}, that of the base {its:?}"));
    }
    let Some(name) = root_attribute(document, "split") else {
        return Some("a second base of the same package".to_owned());
    };
    let (mine, its) = (version(document), version(base));
    if mine != its {
        return Some(format!(
            "the version code is {}, that of the base {}",
            mine.1, its.1
        ));
    }
    let twin = splits
        .iter()
        .any(|split| split.state == SplitState::Used && split.name.as_ref() == Some(&name));
    twin.then(|| format!("a second split called {name:?}"))
}

impl Split {
    fn of(
        index: usize,
        part: &PartInput<'_>,
        document: Option<&Document>,
        state: SplitState,
    ) -> Self {
        use crate::xml::attrs;
        Self {
            part: index,
            file: part.file.clone(),
            name: document.and_then(|document| root_attribute(document, "split")),
            config_for_split: document
                .and_then(|document| root_attribute(document, "configForSplit")),
            is_feature: document
                .and_then(|document| document.root.attr(attrs::IS_FEATURE_SPLIT)?.value.to_bool())
                .unwrap_or(false),
            state,
        }
    }
}

/// Adds the table of `part`. Resources that cannot be read are an incident.
fn push_table<'a>(
    part: &'a PartInput<'a>,
    limits: &Limits,
    tables: &mut ResTables<'a>,
    incidents: &mut Vec<Incident>,
) {
    let file = format!("{}!{TABLE}", part.file);
    let table = match &part.resources {
        None => return,
        Some(Ok(bytes)) => ResTable::parse(bytes, &file, limits),
        Some(Err(error)) => Err(error.clone()),
    };
    match table {
        Ok((table, found)) => {
            tables.push(table);
            incidents.extend(found);
        }
        Err(error) => {
            let incident = Incident::from_error(IncidentCode::Unreadable, file, &error);
            incidents.push(incident.hiding(Channel::Resources));
        }
    }
}

/// Adds to the base what the platform takes from a split.
fn merge(base: &mut Manifest, split: Manifest, file: &str, incidents: &mut Vec<Incident>) {
    let application = split.application;
    base.components.extend(split.components);
    base.application.meta_data.extend(application.meta_data);
    base.application.properties.extend(application.properties);
    for (all, more) in [
        (
            &mut base.application.uses_libraries,
            application.uses_libraries,
        ),
        (
            &mut base.application.uses_native_libraries,
            application.uses_native_libraries,
        ),
        (
            &mut base.application.uses_static_libraries,
            application.uses_static_libraries,
        ),
    ] {
        for name in more {
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    for permission in split.uses_permissions {
        if !base
            .uses_permissions
            .iter()
            .any(|known| known.name == permission.name)
        {
            let detail = format!(
                "only this split asks for {}: Android reads permissions from the base alone",
                permission.name
            );
            let incident = Incident::new(
                IncidentCode::Malformed,
                format!("{file}!{MANIFEST}"),
                detail,
            );
            incidents.push(incident.at(permission.at.offset));
        }
    }
}

/// Authorities of a provider, split at `;`.
fn authorities(text: &str) -> Vec<String> {
    text.split(';')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
