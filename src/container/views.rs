//! What other readers see in an archive, beside what Android sees.

use super::archive::{Archive, Entry, Method};
use super::layout::{self, Span};
use super::local::Local;
use super::names::{self, is_code};
use super::oddities::Oddities;
use super::others;
use crate::incident::{Incident, IncidentCode};

impl Archive<'_> {
    /// How the archive differs for readers that go by local headers, from front to back, or by the
    /// directory as the `zip` crate reads it; and what Android does not open.
    ///
    /// Reads every local header and the space between entries, and no entry's data. Meant to be
    /// asked once for each APK; see `docs/adr/0003-own-zip-directory.md`.
    pub fn views(&self) -> Vec<Incident> {
        let mut found = Vec::new();
        let mut oddities = Oddities::default();
        let mut spans = Vec::with_capacity(self.entries().len());
        for entry in self.entries() {
            match Local::read(self.bytes(), entry.header_offset) {
                Ok(local) => {
                    let (more, sound) = if local.has_descriptor() {
                        local.descriptor(entry, self.bytes())
                    } else {
                        (0, true)
                    };
                    self.local(entry, &local, sound, &mut oddities);
                    let data_end = local.data.saturating_add(Local::data_size(entry));
                    spans.push(Span {
                        entry,
                        start: entry.header_offset,
                        data_end,
                        end: data_end.saturating_add(more),
                    });
                }
                Err(_) => {
                    let what = "Android does not open the entry: there is no local header where the directory says";
                    self.refused(what, entry, &mut oddities);
                }
            }
        }
        names::collisions(self.sorted(), &mut oddities);
        found.extend(oddities.incidents(self.file(), self.limits().text_bytes));
        // Of a directory that was read in part neither says anything.
        if self.is_whole() {
            layout::look(self, spans, &mut found);
            others::compare(self, self.is_zip64(), &mut found);
        }
        found
    }

    /// Compares a local header with the directory.
    fn local(&self, entry: &Entry, local: &Local<'_>, sound: bool, oddities: &mut Oddities) {
        let at = entry.header_offset;
        if let Some(why) = local.refusal(entry, self.directory_start()) {
            self.refused(why, entry, oddities);
        } else if local.has_descriptor()
            && (local.compressed_size != 0 && local.compressed_size != entry.compressed_size
                || local.size != 0 && local.size != entry.size
                || local.crc32 != 0 && local.crc32 != entry.crc32)
        {
            let what = "sizes or CRC-32 in the local header are wrong, which Android does not look at behind a data descriptor's flag";
            oddities.differ(what, entry, at);
        }
        let method = match entry.method {
            Method::Stored => 0,
            Method::Deflated => 8,
            Method::Other(number) => number,
        };
        if local.method != method {
            let what = "the local header has another method; Android takes the directory's";
            oddities.differ(what, entry, at);
        }
        if local.flags & 1 != 0 && !entry.is_encrypted() {
            let what = "marked as encrypted in the local header, which Android does not look at";
            oddities.differ(what, entry, at);
        }
        if !sound {
            let what = if is_code(&entry.name) {
                "the data descriptor is not that of the directory: Android 9 and later do not load the entry"
            } else {
                "the data descriptor is not that of the directory"
            };
            oddities.differ(what, entry, at);
        }
    }

    /// Notes an entry that Android's `FindEntry` does not give out, and other readers may.
    fn refused(&self, why: &'static str, entry: &Entry, oddities: &mut Oddities) {
        // Without its manifest nothing is installed.
        if entry.name == "AndroidManifest.xml" {
            oddities.add(
                IncidentCode::NotInstallable,
                why,
                entry,
                entry.header_offset,
            );
        } else {
            oddities.differ(why, entry, entry.header_offset);
        }
    }
}
