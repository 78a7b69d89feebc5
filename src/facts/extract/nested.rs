//! DEX files and archives that lie where the platform does not load code: named, opened down to a limit,
//! their contents listed. Their code is not the app's: what loads it, and whether, is not known.

use super::Part;
use crate::container::{Archive, Entry};
use crate::facts::nested::{NestedDex, NestedFact, NestedKind};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use crate::package::{self, Files, PartInput};
use memchr::memmem;
use rayon::prelude::*;
use std::borrow::Cow;

/// Names of archives that loaders take code from.
const CODE_SUFFIXES: [&str; 5] = [".dex", ".jar", ".apk", ".apks", ".aar"];

/// What a part's nested files hold.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) facts: Vec<NestedFact>,
    pub(super) incidents: Vec<Incident>,
}

/// Looks at `entries`, which hold no code by their place.
pub(super) fn read(part: &Part<'_>, entries: &[&Entry], limits: &Limits) -> Found {
    let mut search = Search {
        part: &part.name,
        limits,
        left: limits.nested_bytes,
        found: Found::default(),
        more: 0,
    };
    search.look(&part.archive, entries, "", 0);
    search.close()
}

/// What the first bytes say.
fn kind(head: &[u8]) -> Option<NestedKind> {
    match head {
        b"dex\n" => Some(NestedKind::Dex),
        b"PK\x03\x04" => Some(NestedKind::Archive),
        _ => None,
    }
}

struct Search<'s> {
    part: &'s str,
    limits: &'s Limits,
    /// Inflated bytes that may still be read.
    left: u64,
    found: Found,
    more: usize,
}

impl Search<'_> {
    fn look(&mut self, archive: &Archive<'_>, entries: &[&Entry], within: &str, depth: u32) {
        let kind =
            |entry: &&Entry| kind(&archive.head::<4>(entry)).or_else(|| behind(archive, entry));
        // The first bytes of tens of thousands of pictures and layouts, most of them deflated.
        let kinds: Vec<Option<NestedKind>> = entries.par_iter().map(kind).collect();
        for (entry, kind) in entries.iter().zip(kinds) {
            let Some(kind) = kind else { continue };
            if self.found.facts.len() >= self.limits.nested_files {
                self.more = self.more.saturating_add(1);
                continue;
            }
            let mut fact = NestedFact {
                file: self.part.to_owned(),
                entry: format!("{within}{}", entry.name),
                kind,
                size: entry.size,
                ..NestedFact::default()
            };
            let bytes = self.bytes(archive, entry);
            fact.sha256 = bytes.as_deref().map(sha256);
            match (kind, bytes) {
                (NestedKind::Dex, _) => {
                    fact.opened = true;
                    self.hidden(
                        &fact,
                        "a DEX file that the platform does not load by itself",
                    );
                    self.found.facts.push(fact);
                }
                (_, Some(bytes)) if depth < self.limits.nested_depth => {
                    self.open(fact, &bytes, depth);
                }
                (_, Some(bytes)) => {
                    // Names stand plainly in the directory: without one that is code's, it is data.
                    if CODE_SUFFIXES
                        .iter()
                        .any(|s| memmem::find(&bytes, s.as_bytes()).is_some())
                    {
                        let what =
                            "an archive inside an archive, with names of code; it was not opened";
                        self.hidden(&fact, what);
                    }
                    self.found.facts.push(fact);
                }
                (_, None) => {
                    self.hidden(&fact, "an archive that could not be read");
                    self.found.facts.push(fact);
                }
            }
        }
    }

    /// The entry's contents, if they can be had.
    fn bytes<'a>(&mut self, archive: &Archive<'a>, entry: &Entry) -> Option<Cow<'a, [u8]>> {
        self.left = self.left.checked_sub(entry.size)?;
        archive.read(entry).ok()
    }

    fn open(&mut self, mut fact: NestedFact, bytes: &[u8], depth: u32) {
        let name = format!("{}!{}", self.part, fact.entry);
        let limits = Limits {
            zip_entries: self.limits.nested_entries,
            total_bytes: self.left,
            ..*self.limits
        };
        let archive = match Archive::open(&name, bytes, &limits) {
            Ok(archive) => archive,
            Err(error) => {
                let lower = fact.entry.to_ascii_lowercase();
                // Loaders of code read more than this; of other archives only the assets are lost.
                let hides = if CODE_SUFFIXES.iter().any(|s| lower.ends_with(s)) {
                    Channel::Code
                } else {
                    Channel::Assets
                };
                let incident = Incident::from_error(IncidentCode::Unreadable, name, &error);
                self.found.incidents.push(incident.hiding(hides));
                self.found.facts.push(fact);
                return;
            }
        };
        fact.opened = true;
        let cut = archive.incidents().iter().filter(|i| i.hides.is_some());
        let cut: Vec<Incident> = cut.cloned().map(|i| i.hiding(Channel::Code)).collect();
        self.found.incidents.extend(cut);
        if let Some(manifest) = archive.find(package::MANIFEST) {
            fact.kind = NestedKind::Apk;
            self.left = self.left.saturating_sub(manifest.size);
            fact.package = package_of(&archive, &limits);
        }
        let mut inner = Vec::new();
        let mut encrypted = 0_u64;
        for entry in archive.entries().iter().filter(|e| !e.is_directory()) {
            // Here the bit means what it says: an app's own ZIP library minds it.
            if entry.is_encrypted() {
                encrypted = encrypted.saturating_add(1);
            }
            match archive.head::<4>(entry).as_slice() {
                b"dex\n" => self.dex(&mut fact, &archive, entry),
                b"\x7fELF" => fact.native = fact.native.saturating_add(1),
                b"PK\x03\x04" => inner.push(entry),
                _ => {}
            }
        }
        fact.archives = u64::try_from(inner.len()).unwrap_or(u64::MAX);
        let within = format!("{}!", fact.entry);
        self.tell(&fact, encrypted);
        self.found.facts.push(fact);
        self.look(&archive, &inner, &within, depth.saturating_add(1));
    }

    fn dex(&mut self, fact: &mut NestedFact, archive: &Archive<'_>, entry: &Entry) {
        if fact.dex.len() >= self.limits.nested_dex {
            fact.dex_more = fact.dex_more.saturating_add(1);
            return;
        }
        let bytes = self.bytes(archive, entry);
        fact.dex.push(NestedDex {
            entry: entry.name.clone(),
            size: entry.size,
            sha256: bytes.as_deref().map(sha256),
        });
    }

    /// Names an archive that may hold code.
    fn tell(&mut self, fact: &NestedFact, encrypted: u64) {
        let dex = u64::try_from(fact.dex.len())
            .unwrap_or(u64::MAX)
            .saturating_add(fact.dex_more);
        if dex == 0 && fact.kind != NestedKind::Apk && encrypted == 0 {
            return;
        }
        let mut what = match (&fact.package, fact.kind) {
            (Some(package), _) => format!("an APK inside the APK ({package})"),
            (None, NestedKind::Apk) => "an APK inside the APK".to_owned(),
            (None, _) => "an archive".to_owned(),
        };
        if dex > 0 {
            what = format!("{what} with {dex} DEX files; their code is not counted as the app's");
        } else if encrypted == 0 {
            what = format!("{what} without a DEX file");
        }
        if encrypted > 0 {
            what = format!(
                "{what}; {encrypted} of its entries are encrypted, what they hold is not known"
            );
        }
        if dex > 0 || encrypted > 0 {
            self.hidden(fact, &what);
        } else {
            // An APK without code hides none.
            let file = format!("{}!{}", self.part, fact.entry);
            let incident = Incident::new(IncidentCode::HiddenCode, file, what);
            self.found.incidents.push(incident);
        }
    }

    fn hidden(&mut self, fact: &NestedFact, what: &str) {
        let file = format!("{}!{}", self.part, fact.entry);
        let incident = Incident::new(IncidentCode::HiddenCode, file, what);
        self.found.incidents.push(incident.hiding(Channel::Code));
    }

    fn close(mut self) -> Found {
        if self.more > 0 {
            let detail = format!(
                "{} more DEX files and archives inside the APK; they were not looked at",
                self.more
            );
            let incident = Incident::new(IncidentCode::LimitReached, self.part, detail);
            self.found.incidents.push(incident.hiding(Channel::Code));
        }
        self.found
    }
}

/// An archive behind other bytes, such as a picture: known by its end record, where it costs nothing to see it.
fn behind(archive: &Archive<'_>, entry: &Entry) -> Option<NestedKind> {
    let end = archive.tail::<22>(entry)?;
    end.starts_with(b"PK\x05\x06")
        .then_some(NestedKind::Archive)
}

/// The entries of a nested APK.
struct Entries<'a>(&'a Archive<'a>);

impl Files for Entries<'_> {
    fn read(&self, entry: &str) -> Option<Result<Cow<'_, [u8]>, crate::error::ParseError>> {
        self.0.find(entry).map(|found| self.0.read(found))
    }
}

/// Package name of a nested APK. Its resources are not needed for that.
fn package_of(archive: &Archive<'_>, limits: &Limits) -> Option<String> {
    let entries = Entries(archive);
    let mut input = PartInput::new(archive.file(), &entries);
    input.resources = None;
    let inputs = [input];
    let package = package::assemble(&inputs, limits).ok()?;
    Some(package.manifest.package).filter(|name| !name.is_empty())
}
