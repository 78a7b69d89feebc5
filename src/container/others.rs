//! The archive as another reader sees it: the `zip` crate, which reads by the specification and keeps
//! to the laxities of desktop tools. Every difference from the Android view is an incident.

use super::archive::{Archive, Entry, Method};
use super::names::is_decisive;
use super::oddities::Listed;
use crate::bytes::{clip, wide};
use crate::incident::{Incident, IncidentCode};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use zip::read::ZipFileEntry;

/// Compares the two views of `archive` and adds the differences to `found`.
pub(super) fn compare(archive: &Archive<'_>, is_zip64: bool, found: &mut Vec<Incident>) {
    let limits = archive.limits();
    let mut notes = Notes {
        archive,
        listed: Listed::new(archive.file(), limits.archive_notes, found),
    };
    // What the crate takes in memory is bounded before it is called: by the entries that it may list,
    // by the bytes that it may read, and where a count of 64 bits rules, by the file.
    if archive.entries().len() > limits.compared_entries
        || is_zip64 && archive.bytes().len() > limits.compared_zip64_bytes
    {
        notes.not_compared("it is larger than what is read twice");
        return;
    }
    let metered = Metered {
        bytes: Cursor::new(archive.bytes()),
        left: limits.compared_bytes,
    };
    match zip::ZipArchive::new(metered) {
        Ok(theirs) => {
            let metadata = theirs.metadata();
            let mut entries: Vec<_> = (0..metadata.len())
                .filter_map(|i| metadata.entry(i).ok())
                .collect();
            entries.sort_by_key(ZipFileEntry::central_header_start);
            merge(&mut notes, &entries);
        }
        Err(zip::result::ZipError::Io(error)) if error.kind() == io::ErrorKind::QuotaExceeded => {
            notes.not_compared("its directory is larger than what is read twice");
        }
        Err(error) => {
            let detail = format!(
                "the zip library refuses the archive ({}); Android's rules find {} entries",
                clip(&error.to_string(), 200),
                archive.entries().len()
            );
            notes.listed.whole(IncidentCode::ArchiveAnomaly, detail);
        }
    }
    notes
        .listed
        .close("entries are read differently by the zip library");
}

/// Walks both lists in the order of the central headers.
fn merge(notes: &mut Notes<'_, '_>, theirs: &[ZipFileEntry<'_>]) {
    let archive = notes.archive;
    let mut theirs = theirs.iter().peekable();
    for ours in archive.entries() {
        while let Some(other) =
            theirs.next_if(|other| other.central_header_start() < ours.central_offset)
        {
            only_theirs(notes, other);
        }
        match theirs.next_if(|other| other.central_header_start() == ours.central_offset) {
            Some(other) => fields(notes, ours, other),
            // Of several entries of one name the crate keeps one. That there are several is noted already.
            None if archive.is_double(ours) => {}
            None => {
                let detail = format!("only Android sees {}", shown(ours));
                notes.listed.add(&ours.name, ours.central_offset, detail);
            }
        }
    }
    for other in theirs {
        only_theirs(notes, other);
    }
}

fn only_theirs(notes: &mut Notes<'_, '_>, other: &ZipFileEntry<'_>) {
    let name = String::from_utf8_lossy(other.name_raw());
    let detail = format!(
        "only the zip library sees {}, with its local header at {:#x}",
        clip(&name, notes.archive.limits().text_bytes),
        other.header_start()
    );
    notes
        .listed
        .add(&name, other.central_header_start(), detail);
}

/// Compares what both say of one central header.
fn fields(notes: &mut Notes<'_, '_>, ours: &Entry, other: &ZipFileEntry<'_>) {
    let method = match ours.method {
        Method::Stored => 0,
        Method::Deflated => 8,
        Method::Other(number) => number,
    };
    let their_name = String::from_utf8_lossy(other.name_raw());
    let mut differences = Vec::new();
    if other.name_raw() != ours.name_bytes() {
        let name = clip(&their_name, notes.archive.limits().text_bytes);
        differences.push(format!("the name {name}"));
    }
    let numbers = [
        (
            "a local header at",
            ours.header_offset,
            other.header_start(),
        ),
        (
            "compressed size",
            ours.compressed_size,
            other.compressed_size(),
        ),
        ("size", ours.size, other.size()),
        ("CRC-32", u64::from(ours.crc32), u64::from(other.crc32())),
        (
            "method",
            u64::from(method),
            u64::from(number(other.compression())),
        ),
    ];
    for (what, android, theirs) in numbers {
        if android != theirs {
            differences.push(format!(
                "{what} {theirs:#x} where Android reads {android:#x}"
            ));
        }
    }
    if differences.is_empty() {
        return;
    }
    let detail = format!(
        "{}: the zip library reads {}",
        shown(ours),
        differences.join(", ")
    );
    let name = if is_decisive(&their_name) {
        &*their_name
    } else {
        &ours.name
    };
    notes.listed.add(name, ours.central_offset, detail);
}

/// The number of a compression method. Without its codecs the crate knows two methods by name.
fn number(method: zip::CompressionMethod) -> u16 {
    #[allow(deprecated, reason = "the crate offers no other way to the number")]
    method.to_u16()
}

fn shown(entry: &Entry) -> String {
    clip(&entry.name, 200)
}

/// The differences.
struct Notes<'a, 'i> {
    archive: &'a Archive<'a>,
    listed: Listed<'i>,
}

impl Notes<'_, '_> {
    fn not_compared(&mut self, why: &str) {
        let detail = format!("the archive was not compared with how other tools read it: {why}");
        self.listed.whole(IncidentCode::LimitReached, detail);
    }
}

/// Reads until its budget is used up, so that no directory can make the second reading long.
#[derive(Debug)]
struct Metered<'a> {
    bytes: Cursor<&'a [u8]>,
    left: u64,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A read of a few bytes costs about as much as one of 16.
        let cost = wide(buffer.len()).max(16);
        match self.left.checked_sub(cost) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::QuotaExceeded.into()),
        }
        self.bytes.read(buffer)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
