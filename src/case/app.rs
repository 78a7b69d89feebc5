//! The app's files: as they are listed in a case, and opened to look at evidence.

use super::digests::Digests;
use super::record::{AppFile, Role};
use crate::container::bundle::{self, Kind};
use crate::container::{Archive, Entry};
use crate::engine::{Source, distinct};
use crate::limits::Limits;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An app that can be looked at entry by entry, under the names that a report uses.
#[derive(Debug)]
pub(super) struct App<'s> {
    /// Name and bytes of every APK.
    parts: BTreeMap<String, Cow<'s, [u8]>>,
    limits: &'s Limits,
}

/// The names of the files that were given, as reports have them.
pub(super) fn names(sources: &[Source]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for source in sources {
        let name = distinct(&source.name, |name| names.iter().any(|n| n == name));
        names.push(name);
    }
    names
}

impl<'s> App<'s> {
    /// Opens the files. What is no archive is left out; the report says so.
    pub(super) fn open(sources: &'s [Source], limits: &'s Limits) -> Self {
        let mut parts = BTreeMap::new();
        for (name, source) in names(sources).into_iter().zip(sources) {
            let Ok(input) = bundle::open(&name, &source.bytes, limits) else {
                continue;
            };
            if input.kind == Kind::Apk {
                parts.insert(name, Cow::Borrowed(source.bytes.as_slice()));
                continue;
            }
            for member in input.members {
                parts.insert(format!("{name}!{}", member.name), member.bytes);
            }
        }
        Self { parts, limits }
    }

    /// The APKs.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parts
            .iter()
            .map(|(name, bytes)| (name.as_str(), &**bytes))
    }

    /// Contents of an entry, as Android reads it.
    ///
    /// # Errors
    /// What is not there or cannot be read.
    pub(super) fn entry(&self, file: &str, entry: &str) -> Result<Vec<u8>, Missing> {
        let bytes = self.parts.get(file).ok_or(Missing::File)?;
        let archive = Archive::open(file, bytes, self.limits).map_err(|_| Missing::File)?;
        let found: &Entry = archive.find(entry).ok_or(Missing::Entry)?;
        let contents = archive.read(found).map_err(|_| Missing::Contents)?;
        Ok(contents.into_owned())
    }

    /// The limits it is read under.
    pub(super) fn limits(&self) -> &Limits {
        self.limits
    }
}

/// Why an entry could not be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The app has no such file, or it is no archive.
    File,
    /// The file has no such entry.
    Entry,
    /// The entry cannot be inflated.
    Contents,
}

/// Every file of the app with its digests: what was given, what lay beside it, and the APKs inside bundles.
pub(super) fn files(sources: &[Source], app: &App<'_>) -> Vec<AppFile> {
    let names = names(sources);
    let mut files = Vec::new();
    let mut add = |role, name: String, bytes: &[u8]| {
        let of = Digests::of(name, bytes);
        files.push(AppFile { role, of });
    };
    for (name, source) in names.iter().zip(sources) {
        add(Role::Input, name.clone(), &source.bytes);
        if let Some(idsig) = &source.idsig {
            add(Role::Signature, format!("{name}.idsig"), idsig);
        }
    }
    for (name, bytes) in app.parts() {
        if !names.iter().any(|given| given == name) {
            add(Role::Member, name.to_owned(), bytes);
        }
    }
    files
}
