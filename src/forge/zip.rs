//! A ZIP writer that can also write archives that are wrong on purpose.
//!
//! Source: PKWARE APPNOTE 6.3.10 (section numbers below are its), and for the
//! APK Signing Block the Android documentation "APK Signature Scheme v2".

use super::out::Out;
use super::sum::crc32;

/// How an entry's data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Method 0.
    Stored,
    /// Method 8.
    Deflated,
    /// The data as it is, under this method number (for methods that no reader knows).
    Other(u16),
}

/// Where the checksum and the sizes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Descriptor {
    /// In the local header.
    #[default]
    None,
    /// In a data descriptor with signature behind the data (4.3.9); the local header has zeros.
    Signed,
    /// The same without its optional signature.
    Bare,
}

/// Values that a header holds instead of the true ones; `None` tells the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lies {
    /// File name.
    pub name: Option<Vec<u8>>,
    /// General purpose flags (bit 0 says encrypted).
    pub flags: Option<u16>,
    /// Compression method.
    pub method: Option<u16>,
    /// CRC-32.
    pub crc: Option<u32>,
    /// Compressed size.
    pub compressed_size: Option<u32>,
    /// Uncompressed size.
    pub size: Option<u32>,
    /// Offset of the local header (central directory only).
    pub offset: Option<u32>,
    /// Length of the name field, whatever the name is.
    pub name_len: Option<u16>,
    /// Length of the extra field, whatever is there.
    pub extra_len: Option<u16>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// File name as bytes, because bad names are of interest.
    pub name: Vec<u8>,
    /// Content before compression.
    pub data: Vec<u8>,
    /// How the content is kept.
    pub method: Method,
    /// Where sizes stand.
    pub descriptor: Descriptor,
    /// Writes sizes and offset in ZIP64 extra fields (4.5.3), needed or not.
    pub zip64: bool,
    /// Pads the local extra field so that the data starts at a multiple of this; 0 and 1 do nothing.
    pub align: u16,
    /// More bytes of extra field, in both headers.
    pub extra: Vec<u8>,
    /// What the local header says instead.
    pub local: Lies,
    /// What the central directory says instead.
    pub central: Lies,
    /// Left out of the central directory: a hidden entry.
    pub hidden: bool,
}

impl Entry {
    /// A truthful entry.
    pub fn new(name: impl Into<Vec<u8>>, data: impl Into<Vec<u8>>, method: Method) -> Self {
        Self {
            name: name.into(),
            data: data.into(),
            method,
            descriptor: Descriptor::None,
            zip64: false,
            align: 0,
            extra: Vec::new(),
            local: Lies::default(),
            central: Lies::default(),
            hidden: false,
        }
    }
}

/// What the end of the central directory says instead of the truth (4.3.16).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndLies {
    /// Number of this disk.
    pub disk: Option<u16>,
    /// Number of entries.
    pub entries: Option<u16>,
    /// Size of the central directory.
    pub directory_size: Option<u32>,
    /// Offset of the central directory.
    pub directory_offset: Option<u32>,
    /// Length of the comment field.
    pub comment_len: Option<u16>,
    /// No end record at all.
    pub missing: bool,
}

/// An archive. Order of the parts: prefix, entries, gap, signing block, central directory, end, trailing bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zip {
    /// Bytes before the first entry.
    pub prefix: Vec<u8>,
    /// Whether offsets count from the first entry (as if `prefix` had been put there later) and not from the file's start.
    pub offsets_skip_prefix: bool,
    /// The entries, duplicates allowed.
    pub entries: Vec<Entry>,
    /// Bytes between the last entry and what follows.
    pub gap: Vec<u8>,
    /// The APK Signing Block, see [`signing_block`].
    pub signing_block: Vec<u8>,
    /// Archive comment.
    pub comment: Vec<u8>,
    /// Writes the ZIP64 end record and its locator (4.3.14, 4.3.15).
    pub zip64_end: bool,
    /// What the end record says instead.
    pub end: EndLies,
    /// Bytes behind the end record.
    pub trailing: Vec<u8>,
}

/// Where the parts of one entry stand, in bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Local header.
    pub local: usize,
    /// First byte of the data.
    pub data: usize,
    /// Bytes of data in the archive.
    pub data_len: usize,
    /// Central header; for a hidden entry the end of the directory so far.
    pub central: usize,
}

/// A written archive and where its parts stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// One per entry, in order.
    pub entries: Vec<Placed>,
    /// Offset of the signing block.
    pub signing_block: usize,
    /// Offset of the central directory.
    pub directory: usize,
    /// Offset of the end record (not the ZIP64 one).
    pub end: usize,
}

const VERSION: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// 1980-01-01, the earliest date that the format can say.
const DATE: u16 = 0x0021;
const UTF8_NAMES: u16 = 1 << 11;
const DESCRIPTOR: u16 = 1 << 3;
/// Extra field of Android's alignment padding (apksig): its header and the unit, then zeros.
const ALIGNMENT_EXTRA: u16 = 0xd935;

impl Zip {
    /// An archive of these entries.
    pub fn of(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        self.build_placed().bytes
    }

    /// The file, and where its parts stand.
    pub fn build_placed(&self) -> Built {
        let mut out = Out(self.prefix.clone());
        let zero = if self.offsets_skip_prefix {
            self.prefix.len()
        } else {
            0
        };
        let mut written: Vec<Written<'_>> = Vec::new();
        for entry in &self.entries {
            written.push(write_local(&mut out, entry));
        }
        out.bytes(&self.gap);
        let signing_block = out.len();
        out.bytes(&self.signing_block);
        let directory = out.len();
        let mut placed = Vec::new();
        for one in &written {
            placed.push(Placed {
                central: out.len(),
                ..one.placed
            });
            if !one.entry.hidden {
                write_central(&mut out, one, zero);
            }
        }
        let size = out.len() - directory;
        let count = self.entries.iter().filter(|e| !e.hidden).count();
        let end = self.write_end(&mut out, count, size, directory - zero, zero);
        out.bytes(&self.trailing);
        Built {
            bytes: out.0,
            entries: placed,
            signing_block,
            directory,
            end,
        }
    }

    fn write_end(
        &self,
        out: &mut Out,
        count: usize,
        size: usize,
        offset: usize,
        zero: usize,
    ) -> usize {
        if self.zip64_end {
            let at = (out.len() - zero) as u64;
            out.u32(0x0606_4b50);
            out.u64(44);
            out.u16(VERSION_ZIP64);
            out.u16(VERSION_ZIP64);
            out.u32(0);
            out.u32(0);
            out.u64(count as u64);
            out.u64(count as u64);
            out.u64(size as u64);
            out.u64(offset as u64);
            out.u32(0x0706_4b50);
            out.u32(0);
            out.u64(at);
            out.u32(1);
        }
        let end = out.len();
        if self.end.missing {
            return end;
        }
        let (count, size, offset) = if self.zip64_end {
            (0xffff, u32::MAX, u32::MAX)
        } else {
            (count as u16, size as u32, offset as u32)
        };
        let entries = self.end.entries.unwrap_or(count);
        out.u32(0x0605_4b50);
        out.u16(self.end.disk.unwrap_or(0));
        out.u16(0);
        out.u16(entries);
        out.u16(entries);
        out.u32(self.end.directory_size.unwrap_or(size));
        out.u32(self.end.directory_offset.unwrap_or(offset));
        out.u16(self.end.comment_len.unwrap_or(self.comment.len() as u16));
        out.bytes(&self.comment);
        end
    }
}

struct Written<'a> {
    entry: &'a Entry,
    placed: Placed,
    number: u16,
    flags: u16,
    crc: u32,
    compressed: usize,
}

fn write_local<'a>(out: &mut Out, entry: &'a Entry) -> Written<'a> {
    let (number, body) = match entry.method {
        Method::Stored => (0, entry.data.clone()),
        Method::Deflated => (8, miniz_oxide::deflate::compress_to_vec(&entry.data, 6)),
        Method::Other(number) => (number, entry.data.clone()),
    };
    let crc = crc32(&entry.data);
    let mut flags = if entry.name.is_ascii() { 0 } else { UTF8_NAMES };
    let late = entry.descriptor != Descriptor::None;
    if late {
        flags |= DESCRIPTOR;
    }
    let local = out.len();
    let lies = &entry.local;
    let name = lies.name.as_deref().unwrap_or(&entry.name);
    let mut extra = Out::new();
    if entry.zip64 {
        extra.u16(0x0001);
        extra.u16(16);
        extra.u64(if late { 0 } else { entry.data.len() as u64 });
        extra.u64(if late { 0 } else { body.len() as u64 });
    }
    extra.bytes(&entry.extra);
    if entry.align > 1 {
        let unit = usize::from(entry.align);
        let data = local + 30 + name.len() + extra.len();
        if !data.is_multiple_of(unit) {
            let padding = (data + 6).next_multiple_of(unit) - (data + 6);
            extra.u16(ALIGNMENT_EXTRA);
            extra.u16(2 + padding as u16);
            extra.u16(entry.align);
            extra.zeros(padding);
        }
    }
    let told = |truth: usize| match (entry.zip64, late) {
        (true, _) => u32::MAX,
        (false, true) => 0,
        (false, false) => truth as u32,
    };
    out.u32(0x0403_4b50);
    out.u16(if entry.zip64 { VERSION_ZIP64 } else { VERSION });
    out.u16(lies.flags.unwrap_or(flags));
    out.u16(lies.method.unwrap_or(number));
    out.u16(0);
    out.u16(DATE);
    out.u32(lies.crc.unwrap_or(if late { 0 } else { crc }));
    out.u32(lies.compressed_size.unwrap_or(told(body.len())));
    out.u32(lies.size.unwrap_or(told(entry.data.len())));
    out.u16(lies.name_len.unwrap_or(name.len() as u16));
    out.u16(lies.extra_len.unwrap_or(extra.len() as u16));
    out.bytes(name);
    out.bytes(&extra.0);
    let data = out.len();
    out.bytes(&body);
    if late {
        if entry.descriptor == Descriptor::Signed {
            out.u32(0x0807_4b50);
        }
        out.u32(crc);
        if entry.zip64 {
            out.u64(body.len() as u64);
            out.u64(entry.data.len() as u64);
        } else {
            out.u32(body.len() as u32);
            out.u32(entry.data.len() as u32);
        }
    }
    let placed = Placed {
        local,
        data,
        data_len: body.len(),
        central: 0,
    };
    Written {
        entry,
        placed,
        number,
        flags,
        crc,
        compressed: body.len(),
    }
}

fn write_central(out: &mut Out, one: &Written<'_>, zero: usize) {
    let entry = one.entry;
    let lies = &entry.central;
    let name = lies.name.as_deref().unwrap_or(&entry.name);
    let offset = one.placed.local - zero;
    let mut extra = Out::new();
    if entry.zip64 {
        extra.u16(0x0001);
        extra.u16(24);
        extra.u64(entry.data.len() as u64);
        extra.u64(one.compressed as u64);
        extra.u64(offset as u64);
    }
    extra.bytes(&entry.extra);
    let told = |truth: usize| if entry.zip64 { u32::MAX } else { truth as u32 };
    let version = if entry.zip64 { VERSION_ZIP64 } else { VERSION };
    out.u32(0x0201_4b50);
    out.u16(version);
    out.u16(version);
    out.u16(lies.flags.unwrap_or(one.flags));
    out.u16(lies.method.unwrap_or(one.number));
    out.u16(0);
    out.u16(DATE);
    out.u32(lies.crc.unwrap_or(one.crc));
    out.u32(lies.compressed_size.unwrap_or(told(one.compressed)));
    out.u32(lies.size.unwrap_or(told(entry.data.len())));
    out.u16(lies.name_len.unwrap_or(name.len() as u16));
    out.u16(lies.extra_len.unwrap_or(extra.len() as u16));
    out.u16(0);
    out.u16(0);
    out.u16(0);
    out.u32(0);
    out.u32(lies.offset.unwrap_or(told(offset)));
    out.bytes(name);
    out.bytes(&extra.0);
}

/// An APK Signing Block of `(id, value)` pairs: size, pairs, size again, magic.
pub fn signing_block(pairs: &[(u32, &[u8])]) -> Vec<u8> {
    let mut body = Out::new();
    for (id, value) in pairs {
        body.u64(4 + value.len() as u64);
        body.u32(*id);
        body.bytes(value);
    }
    let size = body.len() as u64 + 24;
    let mut out = Out::new();
    out.u64(size);
    out.bytes(&body.0);
    out.u64(size);
    out.bytes(b"APK Sig Block 42");
    out.0
}

#[cfg(test)]
#[path = "zip_tests.rs"]
mod tests;
