//! One ZIP archive: its entries and their contents.

use super::directory::{Directory, Header};
use super::inflate::{inflate, inflate_head, inflate_into};
use crate::bytes::{Reader, clip, narrow};
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

const LOCAL: u32 = 0x0403_4b50;
/// Bit 0 of the general purpose flags: the entry is encrypted.
const ENCRYPTED: u16 = 1;

/// How an entry is compressed (APPNOTE 4.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Method 0: the bytes themselves.
    Stored,
    /// Method 8: a raw deflate stream.
    Deflated,
    /// Any other number. Android's readers differ here, see [`Archive::read`].
    Other(u16),
}

/// One entry, as the central directory states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name; bytes that are not UTF-8 are replaced by `U+FFFD`.
    pub name: String,
    /// The name's bytes where they are not UTF-8. Android refuses an archive with such a name.
    pub raw_name: Option<Box<[u8]>>,
    /// How the entry is compressed.
    pub method: Method,
    /// Bytes in the archive.
    pub compressed_size: u64,
    /// Bytes of the contents.
    pub size: u64,
    /// CRC-32 of the contents. Android does not check it.
    pub crc32: u32,
    /// General purpose flags (APPNOTE 4.4.4).
    pub flags: u16,
    /// Offset of the local header in the archive.
    pub header_offset: u64,
    /// Offset of the central header in the archive.
    pub central_offset: u64,
}

impl Entry {
    /// The flags say that the entry is encrypted. Android does not look at that bit and reads the bytes as they are.
    pub fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    /// The name ends with `/`: nothing to read.
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// One ZIP archive over the bytes of its file.
///
/// Names and sizes are those of the central directory, as for Android; the local
/// headers only say where the data begins.
#[derive(Debug)]
pub struct Archive<'a> {
    file: String,
    bytes: &'a [u8],
    limits: Limits,
    entries: Vec<Entry>,
    /// Indices of `entries`, by name, then by place in the directory.
    by_name: Vec<usize>,
    directory_start: u64,
    inflated: AtomicU64,
    incidents: Vec<Incident>,
}

impl<'a> Archive<'a> {
    /// Reads the directory of the archive `bytes`. `file` names it in incidents.
    ///
    /// # Errors
    /// The file has no readable central directory, or no entry.
    pub fn open(file: &str, bytes: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        let directory = Directory::locate(bytes)?;
        let mut archive = Self {
            file: file.to_owned(),
            bytes,
            limits: *limits,
            entries: Vec::new(),
            by_name: Vec::new(),
            directory_start: directory.start,
            inflated: AtomicU64::new(0),
            incidents: Vec::new(),
        };
        for (offset, what) in &directory.anomalies {
            archive.note(IncidentCode::ArchiveAnomaly, *offset, what.to_string());
        }
        archive.list(&directory)?;
        archive.index();
        Ok(archive)
    }

    fn list(&mut self, directory: &Directory<'a>) -> Result<(), ParseError> {
        let mut oddities = Oddities::default();
        let mut headers = directory.headers();
        for header in headers.by_ref() {
            let header = match header {
                Ok(header) => header,
                // Android refuses the whole archive; the entries before this one are still evidence.
                Err(error) if !self.entries.is_empty() => {
                    let incident =
                        Incident::from_error(IncidentCode::ArchiveUnreadable, &self.file, &error);
                    self.incidents.push(incident.hiding(Channel::Archive));
                    break;
                }
                Err(error) => return Err(error),
            };
            if self.entries.len() >= self.limits.zip_entries {
                let detail = format!(
                    "{} entries, the first {} are read",
                    directory.count,
                    self.entries.len()
                );
                self.note(IncidentCode::LimitReached, header.at, detail);
                if let Some(last) = self.incidents.last_mut() {
                    last.hides = Some(Channel::Archive);
                }
                break;
            }
            let entry = entry(&header);
            oddities.look(&header, &entry, directory.start);
            self.entries.push(entry);
        }
        if self.entries.is_empty() {
            return Err(ParseError::new(
                directory.start,
                "at least one entry in the ZIP archive",
                "none",
            ));
        }
        if let Some(offset) = headers.uncounted() {
            let detail = "the directory goes on behind the stated number of entries; Android does not see them";
            self.note(IncidentCode::ArchiveAnomaly, offset, detail.to_owned());
        }
        for oddity in oddities.0.iter().flatten() {
            let more = match oddity.count {
                1 => String::new(),
                count => format!(" (and {} more)", count.saturating_sub(1)),
            };
            let detail = format!(
                "{}: {}{more}",
                oddity.what,
                clip(&oddity.name, self.limits.text_bytes)
            );
            self.note(IncidentCode::ArchiveAnomaly, oddity.offset, detail);
        }
        Ok(())
    }

    /// Sorts the names and names the doubles.
    fn index(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by(|a, b| {
            self.entries
                .get(*a)
                .map(|e| &e.name)
                .cmp(&self.entries.get(*b).map(|e| &e.name))
        });
        let mut doubles = Vec::new();
        for pair in order.windows(2) {
            let &[a, b] = pair else { continue };
            let (Some(first), Some(second)) = (self.entries.get(a), self.entries.get(b)) else {
                continue;
            };
            if first.name == second.name {
                doubles.push((second.central_offset, format!(
                    "{} has local headers at {:#x} and {:#x}; the first is read, Android refuses the archive",
                    clip(&first.name, self.limits.text_bytes), first.header_offset, second.header_offset,
                )));
            }
        }
        let left_out = doubles.len().saturating_sub(self.limits.incidents);
        for (offset, detail) in doubles.into_iter().take(self.limits.incidents) {
            self.note(IncidentCode::DuplicateEntry, offset, detail);
        }
        if left_out > 0 {
            let detail = format!("{left_out} more entries have a name that another one has");
            self.note(IncidentCode::DuplicateEntry, self.directory_start, detail);
        }
        self.by_name = order;
    }

    fn note(&mut self, code: IncidentCode, offset: u64, detail: String) {
        self.incidents
            .push(Incident::new(code, &self.file, detail).at(offset));
    }

    /// The limits the archive was opened with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The archive's name in incidents.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// All entries, in the order of the central directory.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this name.
    ///
    /// Of several with one name the first in the directory: Android has refused such
    /// archives since 4.4 (libziparchive `AddToMap`); before that its native readers took the first.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        let at = self
            .by_name
            .partition_point(|i| self.entries.get(*i).is_some_and(|e| e.name.as_str() < name));
        self.entries
            .get(*self.by_name.get(at)?)
            .filter(|entry| entry.name == name)
    }

    /// What was odd about the directory. Reading an entry adds nothing here, see [`Archive::read_noting`].
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// Where the central directory begins; the APK Signing Block ends here.
    pub fn directory_start(&self) -> u64 {
        self.directory_start
    }

    /// Offset of the entry's data in the archive, from its local header.
    ///
    /// # Errors
    /// There is no local header where the directory says.
    pub fn data_offset(&self, entry: &Entry) -> Result<u64, ParseError> {
        self.local(entry).map(|(offset, _)| offset)
    }

    /// Data offset and name of the local header.
    fn local(&self, entry: &Entry) -> Result<(u64, &'a [u8]), ParseError> {
        let outside = || ParseError::new(entry.header_offset, "a local header inside the file", "");
        let mut r = Reader::new(self.bytes);
        r.seek(narrow(entry.header_offset)).map_err(|_| outside())?;
        if r.u32("a local header")? != LOCAL {
            return Err(ParseError::new(
                entry.header_offset,
                "a local header",
                "other bytes",
            ));
        }
        r.skip(22, "a local header")?;
        let name_len = r.u16("a local header")?;
        let extra_len = r.u16("a local header")?;
        let name = r.take(usize::from(name_len), "the name in the local header")?;
        r.skip(
            usize::from(extra_len),
            "the extra fields of the local header",
        )?;
        Ok((r.offset(), name))
    }

    /// The entry's contents: a slice of the file if stored, a new buffer if deflated.
    ///
    /// Follows libziparchive `ExtractToMemory`: method and sizes of the central
    /// directory count, the encryption flag and the CRC-32 are not looked at (use
    /// [`Archive::read_noting`] to have a wrong one noted).
    ///
    /// Of methods other than 0 and 8 AOSP has two views: `AssetManager` (manifest,
    /// resources, assets) takes the bytes as stored, ART and `ExtractToMemory` (code,
    /// libraries) refuse. Here such an entry is an error.
    ///
    /// # Errors
    /// The data lies outside the file or is no deflate stream of the stated size, the
    /// method is unknown, or a limit on inflated bytes is reached.
    pub fn read(&self, entry: &Entry) -> Result<Cow<'a, [u8]>, ParseError> {
        let (offset, data) = self.data(entry)?;
        if entry.method == Method::Stored {
            return Ok(Cow::Borrowed(data));
        }
        self.spend(entry, offset)?;
        inflate(data, narrow(entry.size), offset).map(Cow::Owned)
    }

    /// The entry's contents piece by piece, for a digest over them; nothing of them is kept.
    ///
    /// What is not stored is inflated, whatever its method, as the readers do that check JAR signatures
    /// (apksig `LocalFileRecord`, `java.util.jar.StrictJarFile`).
    ///
    /// # Errors
    /// As [`Archive::read`]; what was given to `sink` before is then worth nothing.
    pub fn stream(&self, entry: &Entry, sink: &mut dyn FnMut(&[u8])) -> Result<(), ParseError> {
        let (offset, data) = match entry.method {
            Method::Other(_) => self.data_of(entry, entry.compressed_size)?,
            _ => self.data(entry)?,
        };
        if entry.method == Method::Stored {
            sink(data);
            return Ok(());
        }
        self.spend(entry, offset)?;
        inflate_into(data, entry.size, offset, sink)
    }

    /// Whether the entry may be inflated within the limits, as far as they are not used up.
    pub fn within_limits(&self, entry: &Entry) -> bool {
        let used = self.inflated.load(Ordering::Relaxed);
        entry.method == Method::Stored
            || entry.size <= self.limits.entry_bytes
                && used.saturating_add(entry.size) <= self.limits.total_bytes
    }

    /// The first bytes of an entry, inflated, to see what it is: at most `N`, fewer where it is shorter or damaged.
    pub fn head<const N: usize>(&self, entry: &Entry) -> Vec<u8> {
        match self.data(entry) {
            Ok((_, data)) if entry.method == Method::Stored => {
                data.get(..N.min(data.len())).unwrap_or_default().to_vec()
            }
            Ok((_, data)) => inflate_head::<N>(data),
            Err(_) => Vec::new(),
        }
    }

    /// Where an entry's data begins, and the data as it lies in the file.
    fn data(&self, entry: &Entry) -> Result<(u64, &'a [u8]), ParseError> {
        let stated = match entry.method {
            // As libziparchive: the number of bytes copied is the plain size.
            Method::Stored => entry.size,
            Method::Deflated => entry.compressed_size,
            Method::Other(method) => {
                let found = format!("method {method}");
                return Err(ParseError::new(
                    entry.central_offset,
                    "method 0 (stored) or 8 (deflated)",
                    found,
                ));
            }
        };
        self.data_of(entry, stated)
    }

    fn data_of(&self, entry: &Entry, stated: u64) -> Result<(u64, &'a [u8]), ParseError> {
        let (offset, _) = self.local(entry)?;
        let data = offset
            .checked_add(stated)
            .filter(|end| *end <= self.directory_start)
            .and_then(|end| self.bytes.get(narrow(offset)..narrow(end)))
            .ok_or_else(|| {
                let what = format!("{stated} bytes of data before the central directory");
                ParseError::new(
                    offset,
                    what,
                    format!("{}", self.directory_start.saturating_sub(offset)),
                )
            })?;
        Ok((offset, data))
    }

    /// Counts the entry's size against the limits before any of it is inflated.
    fn spend(&self, entry: &Entry, offset: u64) -> Result<(), ParseError> {
        let found = || format!("{}", entry.size);
        if entry.size > self.limits.entry_bytes {
            let what = format!("at most {} bytes in one entry", self.limits.entry_bytes);
            return Err(ParseError::new(offset, what, found()));
        }
        let before = self.inflated.fetch_add(entry.size, Ordering::Relaxed);
        if before.saturating_add(entry.size) > self.limits.total_bytes {
            let what = format!(
                "at most {} inflated bytes in one archive",
                self.limits.total_bytes
            );
            return Err(ParseError::new(offset, what, found()));
        }
        Ok(())
    }

    /// As [`Archive::read`], with what is wrong added to `incidents`; `hides` says what is lost with the entry.
    ///
    /// A wrong CRC-32, a local header with another name and an entry marked as
    /// encrypted do not keep Android from reading the contents, nor do they here.
    pub fn read_noting(
        &self,
        entry: &Entry,
        hides: Option<Channel>,
        incidents: &mut Vec<Incident>,
    ) -> Option<Cow<'a, [u8]>> {
        let file = || {
            format!(
                "{}!{}",
                self.file,
                clip(&entry.name, self.limits.text_bytes)
            )
        };
        let data = match self.read(entry) {
            Ok(data) => data,
            Err(error) => {
                let mut incident =
                    Incident::new(IncidentCode::EntryUnreadable, file(), error.to_string());
                incident.hides = hides;
                incidents.push(incident);
                return None;
            }
        };
        let actual = crc32fast::hash(&data);
        if actual != entry.crc32 {
            let detail = format!(
                "CRC-32 {:08x} is stated, {actual:08x} is right",
                entry.crc32
            );
            incidents.push(Incident::new(IncidentCode::EntryUnreadable, file(), detail));
        }
        let name = entry.raw_name.as_deref().unwrap_or(entry.name.as_bytes());
        if let Ok((_, local)) = self.local(entry)
            && local != name
        {
            let detail = format!(
                "the local header says {}",
                clip(&String::from_utf8_lossy(local), 200)
            );
            incidents.push(Incident::new(IncidentCode::ArchiveAnomaly, file(), detail));
        }
        Some(data)
    }
}

fn entry(header: &Header<'_>) -> Entry {
    let (name, raw_name) = match std::str::from_utf8(header.name) {
        Ok(name) => (name.to_owned(), None),
        Err(_) => (
            String::from_utf8_lossy(header.name).into_owned(),
            Some(header.name.into()),
        ),
    };
    let method = match header.method {
        0 => Method::Stored,
        8 => Method::Deflated,
        other => Method::Other(other),
    };
    Entry {
        name,
        raw_name,
        method,
        compressed_size: header.compressed_size,
        size: header.size,
        crc32: header.crc32,
        flags: header.flags,
        header_offset: header.header_offset,
        central_offset: header.at,
    }
}

/// One kind of oddity: how often, and where first.
#[derive(Debug)]
struct Oddity {
    what: &'static str,
    name: String,
    offset: u64,
    count: usize,
}

/// Oddities of entries, one line per kind: an archive of 60,000 encrypted entries is one incident.
#[derive(Debug, Default)]
struct Oddities([Option<Oddity>; 8]);

impl Oddities {
    fn look(&mut self, header: &Header<'_>, entry: &Entry, directory: u64) {
        let name = &entry.name;
        let leaves = name.starts_with('/')
            || name.contains('\\')
            || name.split('/').any(|part| part == "..");
        let found = [
            (leaves, "the name leads out of the archive"),
            // libziparchive IsValidEntryName.
            (
                entry.raw_name.is_some(),
                "the name is not UTF-8: Android refuses the archive",
            ),
            (
                name.contains('\0'),
                "the name holds a NUL: Android refuses the archive",
            ),
            (
                entry.is_encrypted(),
                "marked as encrypted, which Android does not look at",
            ),
            (
                matches!(entry.method, Method::Other(_)),
                "unknown compression method",
            ),
            (
                entry.method == Method::Stored && entry.size != entry.compressed_size,
                "stored, with two different sizes",
            ),
            (
                entry.header_offset >= directory,
                "the local header lies behind the directory: Android refuses the archive",
            ),
            (
                header.zip64_missing,
                "a 64-bit size is announced and missing",
            ),
        ];
        for (slot, (is, what)) in self.0.iter_mut().zip(found) {
            match (is, slot) {
                (true, Some(oddity)) => oddity.count = oddity.count.saturating_add(1),
                (true, slot) => {
                    *slot = Some(Oddity {
                        what,
                        name: name.clone(),
                        offset: entry.central_offset,
                        count: 1,
                    });
                }
                (false, _) => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#[path = "archive_tests.rs"]
mod tests;
