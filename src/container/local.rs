//! The local header of an entry, and whether Android opens the entry with it.
//!
//! The rules are those of `FindEntry` and `ValidateDataDescriptor` in AOSP's
//! `libziparchive/zip_archive.cc`. They are as old as Android 4.4 unless a comment says otherwise.

use super::archive::{Entry, Method};
use super::directory::zip64_extra;
use crate::bytes::{Reader, narrow, wide};
use crate::error::ParseError;

const LOCAL: u32 = 0x0403_4b50;
const LOCAL_SIZE: u64 = 30;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// Bit 3 of the general purpose flags: CRC-32 and sizes stand behind the data (APPNOTE 4.3.9).
const DESCRIPTOR_FLAG: u16 = 1 << 3;

/// A local header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local<'a> {
    pub(super) name: &'a [u8],
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) compressed_size: u64,
    pub(super) size: u64,
    /// A size is all ones and no ZIP64 field follows, or only one of the two is.
    zip64_missing: bool,
    /// Where the data begins in the file.
    pub(super) data: u64,
    /// The extra fields.
    pub(super) extra: &'a [u8],
}

impl<'a> Local<'a> {
    /// Reads the local header at `offset` of the file `bytes`.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn read(bytes: &'a [u8], offset: u64) -> Result<Self, ParseError> {
        let outside = || ParseError::new(offset, "a local header inside the file", "");
        let mut r = Reader::new(bytes);
        r.seek(narrow(offset)).map_err(|_| outside())?;
        if r.u32("a local header")? != LOCAL {
            return Err(ParseError::new(offset, "a local header", "other bytes"));
        }
        r.skip(2, "a local header")?;
        let flags = r.u16("a local header")?;
        let method = r.u16("a local header")?;
        r.skip(4, "a local header")?;
        let crc32 = r.u32("a local header")?;
        let compressed_size = u64::from(r.u32("a local header")?);
        let size = u64::from(r.u32("a local header")?);
        let name_len = r.u16("a local header")?;
        let extra_len = r.u16("a local header")?;
        let name = r.take(usize::from(name_len), "the name in the local header")?;
        let extra = r.take(
            usize::from(extra_len),
            "the extra fields of the local header",
        )?;
        // APPNOTE 4.5.3: in a local header the field holds both sizes and no offset.
        let mut wanted = [size, compressed_size, 0];
        let half = (size == 0xffff_ffff) != (compressed_size == 0xffff_ffff);
        let complete = !half && zip64_extra(Reader::new(extra), &mut wanted);
        let [size, compressed_size, _] = wanted;
        Ok(Self {
            name,
            flags,
            method,
            crc32,
            compressed_size,
            size,
            zip64_missing: !complete,
            data: r.offset(),
            extra,
        })
    }

    /// CRC-32 and sizes stand behind the data.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR_FLAG != 0
    }

    /// Why Android does not open `entry`, whose local header this is; `None` if it does.
    ///
    /// `directory` is where the central directory begins.
    pub(super) fn refusal(&self, entry: &Entry, directory: u64) -> Option<&'static str> {
        let header_end = entry.header_offset.saturating_add(LOCAL_SIZE);
        if header_end >= directory {
            return Some(
                "Android does not open the entry: the local header reaches into the directory",
            );
        }
        if self.name != entry.name_bytes() {
            return Some("Android does not open the entry: the local header has another name");
        }
        if self.zip64_missing {
            return Some(
                "Android does not open the entry: the local header announces 64-bit sizes that are missing",
            );
        }
        if !self.has_descriptor()
            && (self.compressed_size != entry.compressed_size
                || self.size != entry.size
                || self.crc32 != entry.crc32)
        {
            return Some(
                "Android does not open the entry: sizes or CRC-32 in the local header are not those of the directory",
            );
        }
        let Some(room) = directory.checked_sub(self.data) else {
            return Some("Android does not open the entry: the data begins in the directory");
        };
        let stored = entry.method == Method::Stored;
        if entry.compressed_size > room || stored && entry.size > room {
            return Some("Android does not open the entry: the data reaches into the directory");
        }
        None
    }

    /// Bytes of the data as they lie in the file.
    pub(super) fn data_size(entry: &Entry) -> u64 {
        match entry.method {
            Method::Stored => entry.size,
            Method::Deflated | Method::Other(_) => entry.compressed_size,
        }
    }

    /// Bytes of the data descriptor behind the data, and whether Android finds in it what the directory says.
    ///
    /// Its signature is optional, its sizes have 32 or 64 bits, and nothing says which (APPNOTE 4.3.9);
    /// `ValidateDataDescriptor` expects 64 bits only for sizes that need them. Android looks at it since 2017
    /// (Android 9) when it copies an entry out, so for code and libraries and not for what `AssetManager` maps.
    pub(super) fn descriptor(&self, entry: &Entry, bytes: &[u8]) -> (u64, bool) {
        let end = self.data.saturating_add(Self::data_size(entry));
        let rest = bytes.get(narrow(end)..).unwrap_or_default();
        let signed = rest.starts_with(&DESCRIPTOR.to_le_bytes());
        let needs_long = entry.size >= 0xffff_ffff || entry.compressed_size >= 0xffff_ffff;
        for (skipped, long) in [(4_usize, false), (0, false), (4, true), (0, true)] {
            if skipped == 4 && !signed {
                continue;
            }
            let r = Reader::new(rest.get(skipped..).unwrap_or_default());
            if says(r, entry, long) {
                let length = if long { 20 } else { 12 };
                // Without a signature Android would not take the CRC-32 for one.
                let android = long == needs_long && (skipped == 4) == signed;
                return (wide(skipped).saturating_add(length), android);
            }
        }
        (if signed { 16 } else { 0 }, false)
    }
}

/// Whether a data descriptor's numbers are those of the directory.
fn says(mut r: Reader<'_>, entry: &Entry, long: bool) -> bool {
    let crc32 = r.u32("CRC-32").ok();
    let mut size = || {
        if long {
            r.u64("size").ok()
        } else {
            r.u32("size").ok().map(u64::from)
        }
    };
    let (compressed, plain) = (size(), size());
    crc32 == Some(entry.crc32)
        && compressed == Some(entry.compressed_size)
        && plain == Some(entry.size)
}
