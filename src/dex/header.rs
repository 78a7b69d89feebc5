//! The header of a DEX file and of each member of a container.
//!
//! AOSP "Dalvik Executable format", section "header_item"; ART
//! `libdexfile/dex/dex_file.h` (`Header`, `HeaderV41`).

use super::usize_of;
use crate::bytes::Reader;
use crate::error::ParseError;

/// Bytes of a header up to version 040.
pub const HEADER_SIZE: u32 = 0x70;
/// Bytes of a header from version 041 on.
pub const HEADER_SIZE_V41: u32 = 0x78;
/// First version whose files are containers (ART: `kDexContainerVersion`).
pub const CONTAINER_VERSION: u16 = 41;

const ENDIAN_CONSTANT: u32 = 0x1234_5678;
const REVERSE_ENDIAN_CONSTANT: u32 = 0x7856_3412;

/// Number and place of the items of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Number of items.
    pub size: u32,
    /// Byte offset from the start of the file (of the container from 041 on).
    pub off: u32,
}

/// `header_item`. Offsets count from the start of the file or container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where this header lies in the file: 0, or more in a container.
    pub header_offset: u32,
    /// Format version: 35, 37, 38, 39, 40 or 41.
    pub version: u16,
    /// Adler-32 of everything after this field.
    pub checksum: u32,
    /// SHA-1 of everything after this field.
    pub signature: [u8; 20],
    /// Bytes of the file; in a container, bytes up to the next header or the end.
    pub file_size: u32,
    /// Bytes of this header as it says itself.
    pub header_size: u32,
    /// `0x12345678` in every file that Android reads.
    pub endian_tag: u32,
    /// `map_off`
    pub map_off: u32,
    /// `string_ids_size` and `string_ids_off`
    pub string_ids: Section,
    /// `type_ids_size` and `type_ids_off`
    pub type_ids: Section,
    /// `proto_ids_size` and `proto_ids_off`
    pub proto_ids: Section,
    /// `field_ids_size` and `field_ids_off`
    pub field_ids: Section,
    /// `method_ids_size` and `method_ids_off`
    pub method_ids: Section,
    /// `class_defs_size` and `class_defs_off`
    pub class_defs: Section,
    /// `container_size`; equals `file_size` before 041.
    pub container_size: u32,
    /// `header_offset` as the header says it; 0 before 041.
    pub stated_offset: u32,
}

impl Header {
    /// Reads the header at `offset` of `bytes`.
    ///
    /// # Errors
    /// Too few bytes, foreign magic, a version ART does not load, or the
    /// reversed byte order, which ART does not load either.
    pub(super) fn parse(bytes: &[u8], offset: u32) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        r.seek(usize_of(offset))?;
        let start = r.offset();
        if r.remaining() == 0 {
            return Err(ParseError::new(start, "a DEX header", "an empty file"));
        }
        let magic = r.take(r.remaining().min(8), "the DEX magic")?;
        let version = match magic {
            [
                b'd',
                b'e',
                b'x',
                b'\n',
                b'0',
                tens @ b'0'..=b'9',
                ones @ b'0'..=b'9',
                0,
            ] => {
                let digit = |d: &u8| u16::from(d.wrapping_sub(b'0'));
                digit(tens).wrapping_mul(10).wrapping_add(digit(ones))
            }
            _ => {
                let found = format!("\"{}\"", magic.escape_ascii());
                return Err(ParseError::new(
                    start,
                    "the DEX magic \"dex\\n0NN\\0\"",
                    found,
                ));
            }
        };
        // 036 was never used: an old Dalvik ran such files unchecked, so ART leaves it out.
        if !matches!(version, 35 | 37..=41) {
            let found = format!("version {version:03}");
            return Err(ParseError::new(
                start,
                "DEX version 035, 037, 038, 039, 040 or 041",
                found,
            ));
        }
        let checksum = r.u32("the checksum of the DEX header")?;
        let mut signature = [0; 20];
        signature.copy_from_slice(r.take(20, "the signature of the DEX header")?);
        let mut word = || r.u32("a DEX header of 112 bytes");
        let file_size = word()?;
        let header_size = word()?;
        let endian_tag = word()?;
        if endian_tag == REVERSE_ENDIAN_CONSTANT {
            return Err(ParseError::new(
                start,
                "a little-endian DEX file",
                "the reversed endian_tag",
            ));
        }
        let _link = (word()?, word()?);
        let map_off = word()?;
        let mut section = || {
            Ok::<_, ParseError>(Section {
                size: word()?,
                off: word()?,
            })
        };
        let string_ids = section()?;
        let type_ids = section()?;
        let proto_ids = section()?;
        let field_ids = section()?;
        let method_ids = section()?;
        let class_defs = section()?;
        let _data = section()?;
        let (container_size, stated_offset) = if version >= CONTAINER_VERSION {
            (r.u32("container_size")?, r.u32("header_offset")?)
        } else {
            (file_size, 0)
        };
        Ok(Self {
            header_offset: offset,
            version,
            checksum,
            signature,
            file_size,
            header_size,
            endian_tag,
            map_off,
            string_ids,
            type_ids,
            proto_ids,
            field_ids,
            method_ids,
            class_defs,
            container_size,
            stated_offset,
        })
    }

    /// Whether this version's files are containers with shared data.
    pub fn is_container(&self) -> bool {
        self.version >= CONTAINER_VERSION
    }

    /// Bytes a header of this version has.
    pub fn proper_size(&self) -> u32 {
        if self.is_container() {
            HEADER_SIZE_V41
        } else {
            HEADER_SIZE
        }
    }

    /// What the header states and ART's `DexFileVerifier::CheckHeader` would
    /// refuse, given `available` bytes from this header on; one line each.
    /// The bool says whether code may be missing because of it.
    pub(super) fn complaints(&self, available: usize, total: usize) -> Vec<(u64, String, bool)> {
        let at = |field: u64| u64::from(self.header_offset).saturating_add(field);
        let mut found = Vec::new();
        if usize_of(self.file_size) > available {
            let line = format!(
                "expected file_size within {available} bytes, found {}",
                self.file_size
            );
            found.push((at(0x20), line, true));
        } else if self.file_size < self.proper_size() {
            let line = format!(
                "expected file_size of a header or more, found {}",
                self.file_size
            );
            found.push((at(0x20), line, false));
        } else if !self.is_container() && usize_of(self.file_size) < available {
            let line = format!(
                "expected a file of {} bytes (file_size), found {available}",
                self.file_size
            );
            found.push((at(0x20), line, false));
        }
        if self.header_size != self.proper_size() {
            let line = format!(
                "expected header_size {:#x}, found {:#x}",
                self.proper_size(),
                self.header_size
            );
            found.push((at(0x24), line, false));
        }
        if self.endian_tag != ENDIAN_CONSTANT {
            let line = format!(
                "expected endian_tag 0x12345678, found {:#x}",
                self.endian_tag
            );
            found.push((at(0x28), line, false));
        }
        if self.is_container() {
            if usize_of(self.container_size) != total {
                let line = format!(
                    "expected container_size {total}, found {}",
                    self.container_size
                );
                found.push((at(0x70), line, usize_of(self.container_size) > total));
            }
            if self.stated_offset != self.header_offset {
                let line = format!(
                    "expected header_offset {:#x}, found {:#x}",
                    self.header_offset, self.stated_offset
                );
                found.push((at(0x74), line, false));
            }
        }
        found
    }
}
