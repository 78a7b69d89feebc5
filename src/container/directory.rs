//! The central directory of a ZIP archive, found and read as Android does it.
//!
//! The rules are those of AOSP `libziparchive` (`zip_archive.cc`,
//! `MapCentralDirectory` and `ParseZipArchive`), with ZIP64 as in the ZIP
//! specification (APPNOTE 4.3.14 to 4.3.16, 4.5.3). Where this reader goes on
//! although Android would refuse the archive, it leaves an anomaly that says so.

use crate::bytes::{Reader, narrow, wide};
use crate::error::ParseError;
use std::borrow::Cow;

const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const END64_LOCATOR: u32 = 0x0706_4b50;
const CENTRAL: u32 = 0x0201_4b50;

const END_SIZE: usize = 22;
const END64_SIZE: usize = 56;
const END64_LOCATOR_SIZE: usize = 20;
const CENTRAL_SIZE: usize = 46;
/// The longest archive comment; the end record lies within this and its own size from the end.
const MAX_COMMENT: usize = 0xffff;
/// Extra field of APPNOTE 4.5.3: the 64-bit sizes and offset.
const ZIP64_EXTRA: u16 = 1;

/// One entry as the central directory states it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    /// Where this header lies in the file.
    pub(super) at: u64,
    pub(super) name: &'a [u8],
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) compressed_size: u64,
    pub(super) size: u64,
    /// Where the local header lies in the file.
    pub(super) header_offset: u64,
    /// A 64-bit size or offset was announced and is not there.
    pub(super) zip64_missing: bool,
}

/// What the end of the file says about the central directory.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    /// Offset of the first central header.
    pub(super) start: u64,
    /// Offset behind the last central header.
    pub(super) end: u64,
    /// Bytes before the archive proper: self-extracting archives and polyglots.
    pub(super) prepended: u64,
    /// Entries that the end record counts.
    pub(super) count: u64,
    /// Departures from the format: where and what.
    pub(super) anomalies: Vec<(u64, Cow<'static, str>)>,
    /// Why Android does not open the archive: where and what.
    pub(super) refusals: Vec<(u64, Cow<'static, str>)>,
    /// There is a ZIP64 end record.
    pub(super) is_zip64: bool,
    bytes: &'a [u8],
}

impl<'a> Directory<'a> {
    /// Finds the central directory of `bytes`.
    ///
    /// # Errors
    /// No end record points at a directory inside the file.
    pub(super) fn locate(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let first = bytes
            .len()
            .saturating_sub(END_SIZE.saturating_add(MAX_COMMENT));
        let tail = bytes.get(first..).unwrap_or_default();
        let mut refused = None;
        let mut found: Option<Self> = None;
        let mut stray = None;
        // The last end record counts, as in libziparchive. An earlier one is
        // tried only where the last one leads nowhere.
        for at in memchr::memmem::rfind_iter(tail, &END.to_le_bytes()) {
            let at = first.saturating_add(at);
            if bytes.len().saturating_sub(at) < END_SIZE {
                // libziparchive begins its search one end record before the end.
                stray = Some(at);
                continue;
            }
            match (Self::from_end_record(bytes, at), &mut found) {
                (Ok(mut directory), None) => {
                    if refused.is_some() {
                        let what = "a later end record leads nowhere";
                        directory.refusals.push((wide(at), what.into()));
                    }
                    found = Some(directory);
                }
                // Readers that look for the first one, or check more, see the other archive.
                // What lies before the directory is the end of an archive that an entry holds.
                (Ok(other), Some(directory))
                    if wide(at) >= directory.end
                        && (other.start, other.count) != (directory.start, directory.count) =>
                {
                    let what = format!(
                        "another end record leads to a directory of {} entries at {:#x}; Android takes the last end record, with {} entries at {:#x}",
                        other.count, other.start, directory.count, directory.start
                    );
                    directory.anomalies.push((wide(at), what.into()));
                    break;
                }
                (Ok(_), Some(_)) => {}
                (Err(error), _) => {
                    refused.get_or_insert(error);
                }
            }
        }
        if let (Some(directory), Some(at)) = (&mut found, stray) {
            let what = "the signature of another end record in the last bytes, which Android does not look at";
            directory.anomalies.push((wide(at), what.into()));
        }
        found.ok_or_else(|| refused.unwrap_or_else(|| no_end_record(bytes)))
    }

    fn from_end_record(bytes: &'a [u8], at: usize) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        r.seek(at)?;
        r.skip(4, "the end record")?;
        let disks = (r.u16("disk number")?, r.u16("disk of the directory")?);
        r.skip(2, "entries on this disk")?;
        let mut count = u64::from(r.u16("entry count")?);
        let mut size = u64::from(r.u32("directory size")?);
        let mut offset = u64::from(r.u32("directory offset")?);
        let comment = usize::from(r.u16("comment length")?);
        let (mut anomalies, mut refusals) = (Vec::new(), Vec::new());
        if comment != r.remaining() {
            let what = format!(
                "a comment of {comment} bytes is stated and {} bytes follow (refused since Android 5)",
                r.remaining()
            );
            refusals.push((r.offset(), what.into()));
        }
        if disks != (0, 0) && disks != (0xffff, 0xffff) {
            anomalies.push((wide(at), "the end record speaks of several disks".into()));
        }
        let mut limit = at;
        let end64 = end64(bytes, at);
        // Of the three numbers libziparchive `FindCentralDirectoryInfo` looks at two.
        if size == 0xffff_ffff || offset == 0xffff_ffff {
            if let Some((at64, as_stated, end)) = end64 {
                (count, size, offset) = end;
                limit = at64;
                if !as_stated {
                    let what = "the ZIP64 end record does not lie where its locator says";
                    refusals.push((wide(at64), what.into()));
                }
            }
        } else if let Some((at64, _, end)) = end64
            && end != (count, size, offset)
        {
            let what = format!(
                "a ZIP64 end record states {} entries, which Android does not look at: it takes the {count} of the end record",
                end.0
            );
            anomalies.push((wide(at64), what.into()));
        }
        let stated = offset.checked_add(size).filter(|end| *end <= wide(limit));
        let (start, prepended) = match stated {
            Some(_) if count == 0 || starts_with_header(bytes, offset) => (offset, 0),
            // Bytes were put before the archive and the offsets were not moved:
            // the directory still ends where the end record begins.
            Some(_) => match wide(limit).checked_sub(size) {
                Some(start) if starts_with_header(bytes, start) => {
                    (start, start.saturating_sub(offset))
                }
                _ => {
                    return Err(ParseError::new(
                        offset,
                        "the first entry of the central directory",
                        "",
                    ));
                }
            },
            None => {
                return Err(ParseError::new(
                    wide(at),
                    "a central directory inside the file",
                    format!("one of {size} bytes at {offset:#x}"),
                ));
            }
        };
        let end = start.saturating_add(size);
        match wide(limit).checked_sub(end) {
            Some(0) | None => {}
            Some(_) if starts_with_header(bytes, end) => {
                let what =
                    "the directory goes on behind its stated size; Android does not see that";
                anomalies.push((end, what.into()));
            }
            Some(more) => {
                let what = format!("{more} bytes lie between the directory and the end record");
                anomalies.push((end, what.into()));
            }
        }
        if prepended > 0 {
            let what = format!(
                "{prepended} bytes lie before the archive and the offsets do not count them"
            );
            refusals.push((0, what.into()));
        } else if !bytes.starts_with(b"PK\x03\x04") {
            // ParseZipArchive since August 2017: a file must not be a DEX file and an APK at once (CVE-2017-13156).
            let what = if bytes.starts_with(b"dex\n") {
                "the file begins as a DEX file: refused since Android 8.1, run as this DEX file by versions before the patches of December 2017 (CVE-2017-13156)"
            } else {
                "the file does not begin with a local header (refused since Android 8.1)"
            };
            refusals.push((0, what.into()));
        }
        Ok(Self {
            start,
            end,
            prepended,
            count,
            anomalies,
            refusals,
            is_zip64: end64.is_some(),
            bytes,
        })
    }

    /// The entries in the directory's order; ends behind the first one that cannot be read.
    pub(super) fn headers(&self) -> Headers<'a> {
        let end = narrow(self.end).min(self.bytes.len());
        let start = narrow(self.start).min(end);
        let r = Reader::at(self.bytes.get(start..end).unwrap_or_default(), self.start);
        Headers {
            r,
            left: self.count,
            prepended: self.prepended,
        }
    }
}

/// Iterator over the central headers. See [`Directory::headers`].
#[derive(Debug)]
pub(super) struct Headers<'a> {
    r: Reader<'a>,
    left: u64,
    prepended: u64,
}

impl<'a> Headers<'a> {
    /// Offset of a header behind the counted ones. Android never looks there.
    pub(super) fn uncounted(&self) -> Option<u64> {
        (self.left == 0 && self.r.rest().starts_with(&CENTRAL.to_le_bytes()))
            .then(|| self.r.offset())
    }

    fn header(&mut self) -> Result<Header<'a>, ParseError> {
        let at = self.r.offset();
        if self.r.remaining() < CENTRAL_SIZE || self.r.u32("signature")? != CENTRAL {
            return Err(ParseError::new(
                at,
                format!("a central directory header, {} more are stated", self.left),
                "",
            ));
        }
        self.r.skip(4, "versions")?;
        let flags = self.r.u16("flags")?;
        let method = self.r.u16("method")?;
        self.r.skip(4, "time")?;
        let crc32 = self.r.u32("CRC-32")?;
        let compressed_size = self.r.u32("compressed size")?;
        let size = self.r.u32("size")?;
        let name_len = usize::from(self.r.u16("name length")?);
        let extra_len = usize::from(self.r.u16("extra length")?);
        let comment_len = usize::from(self.r.u16("comment length")?);
        self.r.skip(8, "disk and attributes")?;
        let header_offset = self.r.u32("local header offset")?;
        let name = self.r.take(name_len, "the entry's name")?;
        let extra = self.r.sub(extra_len, "the entry's extra fields")?;
        self.r.skip(comment_len, "the entry's comment")?;
        let mut wanted = [
            u64::from(size),
            u64::from(compressed_size),
            u64::from(header_offset),
        ];
        let complete = zip64_extra(extra, &mut wanted);
        let [size, compressed_size, header_offset] = wanted;
        Ok(Header {
            at,
            name,
            flags,
            method,
            crc32,
            compressed_size,
            size,
            header_offset: header_offset.saturating_add(self.prepended),
            zip64_missing: !complete,
        })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<Header<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let header = self.header();
        self.left = if header.is_ok() {
            self.left.saturating_sub(1)
        } else {
            0
        };
        if header.is_err() {
            // What lies behind a bad header is not an entry that was left out of the count.
            self.r = Reader::new(&[]);
        }
        Some(header)
    }
}

/// Replaces the numbers that are all ones (size, compressed size, offset) by those of the ZIP64 field;
/// `false` where one is missing.
///
/// As libziparchive `ParseZip64ExtendedInfoInExtraField`: the numbers stand in the order of APPNOTE 4.5.3,
/// a field of 24 or 28 bytes has all three and replaces all three, and there is nothing behind them.
pub(super) fn zip64_extra(mut extra: Reader<'_>, wanted: &mut [u64; 3]) -> bool {
    if wanted.iter().all(|number| *number != 0xffff_ffff) {
        return true;
    }
    while extra.remaining() >= 4 {
        let (Ok(id), Ok(len)) = (extra.u16("id"), extra.u16("length")) else {
            return false;
        };
        let Ok(mut field) = extra.sub(usize::from(len), "field") else {
            return false;
        };
        if id != ZIP64_EXTRA {
            continue;
        }
        let all = len == 24 || len == 28;
        let mut found = *wanted;
        for number in found.iter_mut().filter(|n| all || **n == 0xffff_ffff) {
            match field.u64("number") {
                Ok(value) => *number = value,
                Err(_) => return false,
            }
        }
        if field.remaining() > 0 && len != 28 {
            return false;
        }
        *wanted = found;
        return true;
    }
    false
}

/// Position of the ZIP64 end record that the locator before `at` names, whether it lies there, and its count,
/// size and offset.
fn end64(bytes: &[u8], at: usize) -> Option<(usize, bool, (u64, u64, u64))> {
    let locator = at.checked_sub(END64_LOCATOR_SIZE)?;
    let mut r = Reader::new(bytes);
    r.seek(locator).ok()?;
    if r.u32("signature").ok()? != END64_LOCATOR {
        return None;
    }
    r.skip(4, "disk").ok()?;
    let stated = narrow(r.u64("offset").ok()?);
    // With bytes before the archive the stated offset is too small by their number.
    for place in [Some(stated), locator.checked_sub(END64_SIZE)] {
        let Some(place) = place.filter(|p| p.saturating_add(END64_SIZE) <= locator) else {
            continue;
        };
        if r.seek(place).is_err() || r.u32("signature").ok()? != END64 {
            continue;
        }
        r.skip(28, "sizes, versions, disks, count on this disk")
            .ok()?;
        let count = r.u64("count").ok()?;
        let size = r.u64("size").ok()?;
        return Some((place, place == stated, (count, size, r.u64("offset").ok()?)));
    }
    None
}

fn starts_with_header(bytes: &[u8], at: u64) -> bool {
    bytes
        .get(narrow(at)..)
        .is_some_and(|rest| rest.starts_with(&CENTRAL.to_le_bytes()))
}

#[cold]
fn no_end_record(bytes: &[u8]) -> ParseError {
    let end = wide(bytes.len());
    if bytes.is_empty() {
        ParseError::new(0, "a ZIP archive", "an empty file")
    } else if bytes.starts_with(b"PK\x03\x04") {
        ParseError::new(
            end,
            "the end record of the ZIP archive",
            "the end of the file: it is cut off",
        )
    } else {
        let shown: Vec<String> = bytes
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        ParseError::new(
            0,
            "a ZIP archive",
            format!("a file that begins with {}", shown.join(" ")),
        )
    }
}
