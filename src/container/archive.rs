//! One ZIP archive: its entries and their contents.

use super::directory::{Directory, Header};
use super::inflate::{inflate, inflate_head, inflate_into};
use super::local::Local;
use super::names::{is_code, is_valid, leads_out};
use super::oddities::Oddities;
use crate::bytes::{clip, narrow, wide};
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bit 0 of the general purpose flags: the entry is encrypted.
const ENCRYPTED: u16 = 1;
/// Inflated bytes that any archive may have, however small it is ([`Limits::ratio`]).
const FREE_OF_RATIO: u64 = 256 << 20;

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
    /// The name's bytes where they are not UTF-8. Android refuses an archive with most such names.
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

    /// The name's bytes.
    pub fn name_bytes(&self) -> &[u8] {
        self.raw_name.as_deref().unwrap_or(self.name.as_bytes())
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
    is_zip64: bool,
    /// Every entry that the directory counts is in `entries`.
    is_whole: bool,
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
            is_zip64: directory.is_zip64,
            is_whole: true,
            inflated: AtomicU64::new(0),
            incidents: Vec::new(),
        };
        for (offset, what) in &directory.anomalies {
            archive.note(IncidentCode::ArchiveAnomaly, *offset, what.to_string());
        }
        for (offset, what) in &directory.refusals {
            let detail = format!("{what}: Android refuses the archive");
            archive.note(IncidentCode::NotInstallable, *offset, detail);
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
                    self.is_whole = false;
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
                self.is_whole = false;
                break;
            }
            let entry = entry(&header);
            look(&header, &entry, directory.start, &mut oddities);
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
        let found = oddities.incidents(&self.file, self.limits.text_bytes);
        self.incidents.extend(found);
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
        self.named(name).next()
    }

    /// The entries with this name, in the order of the directory.
    fn named(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let at = self
            .by_name
            .partition_point(|i| self.entries.get(*i).is_some_and(|e| e.name.as_str() < name));
        let same = self.by_name.get(at..).unwrap_or_default().iter();
        same.filter_map(|i| self.entries.get(*i))
            .take_while(move |entry| entry.name == name)
    }

    /// Whether another entry has the same name.
    pub(super) fn is_double(&self, entry: &Entry) -> bool {
        self.named(&entry.name).nth(1).is_some()
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
        Local::read(self.bytes, entry.header_offset).map(|local| local.data)
    }

    /// Every entry that the directory counts is listed.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// There is a ZIP64 end record.
    pub(super) fn is_zip64(&self) -> bool {
        self.is_zip64
    }

    /// The bytes of the file.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Entries in the order of their names.
    pub(super) fn sorted(&self) -> impl Iterator<Item = &Entry> {
        self.by_name.iter().filter_map(|i| self.entries.get(*i))
    }

    /// The entry's contents: a slice of the file if stored, a new buffer if deflated.
    ///
    /// Follows libziparchive: method and sizes of the central directory count, the
    /// encryption flag and the CRC-32 are not looked at (use [`Archive::read_noting`]
    /// to have a wrong one noted). What Android's readers do not open because of its
    /// local header is read too: [`Archive::views`] says so.
    ///
    /// A method other than 0 and 8 is read as that reader of Android takes it which gets
    /// such an entry: `ExtractToMemory` (code, libraries) refuses it, `StrictJarFile`
    /// (v1 signatures) inflates all that is not stored, and `ZipAssetsProvider::OpenInternal`
    /// (manifest, resources, assets; before Android 11 `ApkAssets::Open`) takes all that is not deflated
    /// as stored. Up to Android 8 `AssetManager::openAssetFromZipLocked` inflated it.
    ///
    /// # Errors
    /// The data lies outside the file or is no deflate stream of the stated size, the
    /// method is unknown to the reader, or a limit on inflated bytes is reached.
    pub fn read(&self, entry: &Entry) -> Result<Cow<'a, [u8]>, ParseError> {
        let (offset, data) = self.data(entry)?;
        if !is_inflated(entry) {
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
            Method::Other(_) => self.data_of(entry, entry.compressed_size, self.directory_start)?,
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
                && used.saturating_add(entry.size) <= self.most_inflated()
    }

    /// The first bytes of an entry, inflated, to see what it is: at most `N`, fewer where it is shorter or damaged.
    pub fn head<const N: usize>(&self, entry: &Entry) -> Vec<u8> {
        match self.data(entry) {
            Ok((_, data)) if !is_inflated(entry) => {
                data.get(..N.min(data.len())).unwrap_or_default().to_vec()
            }
            Ok((_, data)) => inflate_head::<N>(data),
            Err(_) => Vec::new(),
        }
    }

    /// The last `N` bytes of an entry that need not be inflated; `None` for others and shorter ones.
    pub fn tail<const N: usize>(&self, entry: &Entry) -> Option<&'a [u8; N]> {
        let (_, data) = self.data(entry).ok()?;
        (!is_inflated(entry)).then(|| data.last_chunk()).flatten()
    }

    /// Where an entry's data begins, and the data as it lies in the file.
    fn data(&self, entry: &Entry) -> Result<(u64, &'a [u8]), ParseError> {
        let (stated, end) = match entry.method {
            // As libziparchive: the number of bytes copied is the plain size.
            Method::Stored => (entry.size, self.directory_start),
            Method::Other(method) if is_code(&entry.name) => {
                let found = format!("method {method}");
                return Err(ParseError::new(
                    entry.central_offset,
                    "method 0 (stored) or 8 (deflated)",
                    found,
                ));
            }
            _ if is_inflated(entry) => (entry.compressed_size, self.directory_start),
            // Mapped by its plain size, which is not held against the directory's place.
            _ => (entry.size, wide(self.bytes.len())),
        };
        self.data_of(entry, stated, end)
    }

    /// The data of an entry, `stated` bytes of it, which end before `end`.
    fn data_of(&self, entry: &Entry, stated: u64, end: u64) -> Result<(u64, &'a [u8]), ParseError> {
        let offset = self.data_offset(entry)?;
        let data = offset
            .checked_add(stated)
            .filter(|place| *place <= end)
            .and_then(|place| self.bytes.get(narrow(offset)..narrow(place)))
            .ok_or_else(|| {
                let what = format!("{stated} bytes of data before the central directory");
                ParseError::new(offset, what, format!("{}", end.saturating_sub(offset)))
            })?;
        Ok((offset, data))
    }

    /// Inflated bytes that all entries together may have.
    fn most_inflated(&self) -> u64 {
        wide(self.bytes.len())
            .saturating_mul(self.limits.ratio)
            .saturating_add(FREE_OF_RATIO)
            .min(self.limits.total_bytes)
    }

    /// Counts the entry's size against the limits before any of it is inflated.
    fn spend(&self, entry: &Entry, offset: u64) -> Result<(), ParseError> {
        let over =
            |what: String| Err(ParseError::new(offset, what, format!("{}", entry.size)).of_limit());
        if self.limits.deadline.passed() {
            return over("an end within the time for one audit".to_owned());
        }
        if entry.size > self.limits.entry_bytes {
            let most = self.limits.entry_bytes;
            return over(format!("at most {most} bytes in one entry"));
        }
        let most = self.most_inflated();
        let before = self.inflated.fetch_add(entry.size, Ordering::Relaxed);
        if before.saturating_add(entry.size) > most {
            return over(format!("at most {most} inflated bytes in one archive"));
        }
        Ok(())
    }

    /// As [`Archive::read`], with what is wrong added to `incidents`; `hides` says what is lost with the entry.
    ///
    /// A wrong CRC-32 and an entry marked as encrypted do not keep Android from reading
    /// the contents, nor do they here.
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
                let code = if error.is_limit {
                    IncidentCode::LimitReached
                } else {
                    IncidentCode::EntryUnreadable
                };
                let mut incident = Incident::new(code, file(), error.to_string());
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

/// Whether Android inflates the entry, see [`Archive::read`].
fn is_inflated(entry: &Entry) -> bool {
    match entry.method {
        Method::Stored => false,
        Method::Deflated => true,
        Method::Other(_) => entry.name.starts_with("META-INF/"),
    }
}

/// What is odd about an entry by the directory alone.
fn look(header: &Header<'_>, entry: &Entry, directory: u64, oddities: &mut Oddities) {
    use IncidentCode::{ArchiveAnomaly, NotInstallable};
    let at = entry.central_offset;
    let name = &entry.name;
    if leads_out(name) {
        // frameworks/base `SafeZipPathValidatorCallback`, which libcore `ZipFile` and `ZipInputStream` ask.
        let what =
            "the name leads out of the archive, which java.util.zip refuses to apps for Android 14";
        oddities.add(ArchiveAnomaly, what, entry, at);
    }
    if name.contains('\\') {
        let what = "the name holds a backslash, which tools on Windows take for a separator";
        oddities.add(ArchiveAnomaly, what, entry, at);
    }
    if name.contains('\0') {
        let what = "the name holds a NUL: Android refuses the archive";
        oddities.add(NotInstallable, what, entry, at);
    } else if !is_valid(entry.name_bytes()) {
        let what = "the name is not UTF-8: Android refuses the archive (since 6)";
        oddities.add(NotInstallable, what, entry, at);
    } else if entry.raw_name.is_some() {
        let what = "the name is not UTF-8 in a way that Android lets pass";
        oddities.add(ArchiveAnomaly, what, entry, at);
    } else if name.is_empty() {
        oddities.add(ArchiveAnomaly, "an entry without a name", entry, at);
    }
    if entry.is_encrypted() {
        let what = "marked as encrypted, which Android does not look at";
        oddities.differ(what, entry, at);
    }
    if matches!(entry.method, Method::Other(_)) {
        let what = if is_code(name) {
            "unknown compression method: Android does not load such code"
        } else if name.starts_with("META-INF/") {
            "unknown compression method: Android inflates signature files of any but method 0"
        } else {
            "unknown compression method: stored for Android 9 and later, deflated for Android 5 to 8"
        };
        oddities.differ(what, entry, at);
    }
    if entry.method == Method::Stored && entry.size != entry.compressed_size {
        let what = "stored, with two different sizes, of which Android takes the plain one";
        oddities.differ(what, entry, at);
    }
    if entry.header_offset >= directory {
        let what = "the local header lies behind the directory: Android refuses the archive";
        oddities.add(NotInstallable, what, entry, at);
    }
    if header.zip64_missing {
        let what = "a 64-bit size is announced and missing: Android does not open the entry";
        oddities.differ(what, entry, at);
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
