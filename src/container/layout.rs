//! How the entries lie in the file: bytes that two of them share, and bytes that belong to none.
//!
//! Android goes from the directory to each entry and never looks between them. A tool that reads
//! from the front (Java's `ZipInputStream`, recovery tools) meets what lies there.

use super::archive::{Archive, Entry};
use super::local::Local;
use super::names::is_decisive;
use super::oddities::{Listed, Oddities};
use crate::bytes::{Reader, clip, narrow, wide};
use crate::incident::Incident;

/// Where an entry lies, with its local header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'e> {
    pub(super) entry: &'e Entry,
    pub(super) start: u64,
    /// Behind the data.
    pub(super) data_end: u64,
    /// Behind the data descriptor.
    pub(super) end: u64,
}

/// Looks at the spaces between entries. `spans` may be in any order.
pub(super) fn look(archive: &Archive<'_>, mut spans: Vec<Span<'_>>, found: &mut Vec<Incident>) {
    spans.sort_by_key(|span| (span.start, span.data_end));
    let mut oddities = Oddities::default();
    let limits = archive.limits();
    let mut gaps = Gaps {
        archive,
        listed: Listed::new(archive.file(), limits.archive_notes, found),
    };
    let mut covered = 0u64;
    // The one that reaches furthest so far.
    let mut last: Option<Span<'_>> = None;
    for span in &spans {
        match last {
            Some(before) if span.start < before.data_end => {
                // Whichever of the two decides more is named.
                let entry = if is_decisive(&before.entry.name) {
                    before.entry
                } else {
                    span.entry
                };
                let what = "two entries share bytes of the file";
                oddities.differ(what, entry, span.start);
            }
            _ => gaps.look(covered, span.start),
        }
        covered = covered.max(span.end);
        if last.is_none_or(|before| span.data_end > before.data_end) {
            last = Some(*span);
        }
    }
    gaps.look(covered, signing_block(archive));
    gaps.listed.close("spaces between entries hold bytes");
    found.extend(oddities.incidents(archive.file(), limits.text_bytes));
}

/// Where the APK Signing Block begins (apksig `ApkSigningBlockUtils`), or else the directory.
fn signing_block(archive: &Archive<'_>) -> u64 {
    let directory = archive.directory_start();
    let footer = directory.saturating_sub(24);
    let mut r = Reader::new(archive.bytes());
    let size = r
        .seek(narrow(footer))
        .ok()
        .and_then(|()| r.u64("size of the signing block").ok());
    match size {
        Some(size) if r.rest().starts_with(b"APK Sig Block 42") => directory
            .checked_sub(size)
            .and_then(|start| start.checked_sub(8))
            .unwrap_or(directory),
        _ => directory,
    }
}

/// The spaces between entries.
struct Gaps<'a, 'i> {
    archive: &'a Archive<'a>,
    listed: Listed<'i>,
}

impl Gaps<'_, '_> {
    /// Looks at the bytes from `start` to `end`.
    fn look(&mut self, mut start: u64, end: u64) {
        let bytes = self.archive.bytes();
        while start < end {
            let Some(gap) = bytes.get(narrow(start)..narrow(end)) else {
                return;
            };
            // Zeros are padding, as zipalign and others write it.
            let Some(zeros) = gap.iter().position(|byte| *byte != 0) else {
                return;
            };
            start = start.saturating_add(wide(zeros));
            match Local::read(bytes, start) {
                // AOSP's zipflinger fills holes with headers without a name whose extra field is zeros.
                Ok(local) if local.name.is_empty() && local.data <= end && is_filler(&local) => {
                    start = local.data;
                }
                Ok(local) if !local.name.is_empty() => {
                    let name = String::from_utf8_lossy(local.name);
                    let name = clip(&name, self.archive.limits().text_bytes);
                    let detail = format!(
                        "a local header of {name} that the directory does not have: readers that start at the front see it, Android does not"
                    );
                    self.listed.add(&name, start, detail);
                    let length = local.compressed_size.max(1);
                    start = local.data.saturating_add(length).min(end);
                }
                _ => {
                    let left = end.saturating_sub(start);
                    let detail = format!("{left} bytes that belong to no entry");
                    self.listed.add("", start, detail);
                    return;
                }
            }
        }
    }
}

fn is_filler(local: &Local<'_>) -> bool {
    local.compressed_size == 0 && local.extra.iter().all(|byte| *byte == 0)
}
