//! `ResChunk_header`: type, header size and size, which every part of the format starts with.

use super::{to_u64, to_usize};
use crate::bytes::Reader;
use crate::error::ParseError;

/// `RES_STRING_POOL_TYPE`.
pub const STRING_POOL: u16 = 0x0001;
/// `RES_TABLE_TYPE`.
pub const TABLE: u16 = 0x0002;
/// `RES_XML_TYPE`.
pub const XML: u16 = 0x0003;
/// `RES_XML_START_NAMESPACE_TYPE`.
pub const XML_START_NAMESPACE: u16 = 0x0100;
/// `RES_XML_END_NAMESPACE_TYPE`.
pub const XML_END_NAMESPACE: u16 = 0x0101;
/// `RES_XML_START_ELEMENT_TYPE`.
pub const XML_START_ELEMENT: u16 = 0x0102;
/// `RES_XML_END_ELEMENT_TYPE`.
pub const XML_END_ELEMENT: u16 = 0x0103;
/// `RES_XML_CDATA_TYPE`.
pub const XML_CDATA: u16 = 0x0104;
/// `RES_XML_RESOURCE_MAP_TYPE`.
pub const XML_RESOURCE_MAP: u16 = 0x0180;
/// `RES_TABLE_PACKAGE_TYPE`.
pub const TABLE_PACKAGE: u16 = 0x0200;
/// `RES_TABLE_TYPE_TYPE`.
pub const TABLE_TYPE: u16 = 0x0201;
/// `RES_TABLE_TYPE_SPEC_TYPE`.
pub const TABLE_TYPE_SPEC: u16 = 0x0202;
/// `RES_TABLE_LIBRARY_TYPE`.
pub const TABLE_LIBRARY: u16 = 0x0203;
/// `RES_TABLE_STAGED_ALIAS_TYPE`.
pub const TABLE_STAGED_ALIAS: u16 = 0x0206;

/// Bytes of a `ResChunk_header`.
pub const HEADER: usize = 8;

/// One chunk: its type and its bytes, header included.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// `type`.
    pub kind: u16,
    /// Bytes of the header, `ResChunk_header` included.
    pub header_size: usize,
    /// The whole chunk.
    pub data: &'a [u8],
    /// Absolute offset of the chunk.
    pub offset: u64,
}

impl<'a> Chunk<'a> {
    /// Reads the chunk that starts here and skips it.
    ///
    /// The checks are those of androidfw's `validate_chunk`: the header has at
    /// least `min_header` bytes, lies inside the chunk, both sizes are
    /// multiples of four, and the chunk lies inside the data.
    pub fn read(reader: &mut Reader<'a>, min_header: usize) -> Result<Self, ParseError> {
        let offset = reader.offset();
        let rest = reader.rest();
        let mut head = Reader::at(rest, offset);
        let kind = head.u16("a chunk type")?;
        let header_size = usize::from(head.u16("a chunk header size")?);
        let size = to_usize(head.u32("a chunk size")?);
        if header_size < min_header.max(HEADER) {
            return Err(ParseError::new(
                offset,
                format!(
                    "a chunk header of at least {} bytes",
                    min_header.max(HEADER)
                ),
                format!("{header_size} bytes in a chunk of type {kind:#06x}"),
            ));
        }
        if size < header_size || header_size & 3 != 0 || size & 3 != 0 {
            return Err(ParseError::new(
                offset,
                "a chunk that is larger than its header, in multiples of 4 bytes",
                format!("a chunk of {size} bytes with a header of {header_size}"),
            ));
        }
        if size > rest.len() {
            return Err(ParseError::new(
                offset,
                "a chunk that lies inside the data",
                format!("a chunk of {size} bytes with {} left", rest.len()),
            ));
        }
        let data = reader.take(size, "a chunk")?;
        Ok(Self {
            kind,
            header_size,
            data,
            offset,
        })
    }

    /// A reader of the header's fields, behind `ResChunk_header`.
    pub fn fields(&self) -> Reader<'a> {
        let header = self.data.get(HEADER..self.header_size).unwrap_or_default();
        Reader::at(header, self.offset.saturating_add(to_u64(HEADER)))
    }

    /// A reader of what follows the header.
    pub fn body(&self) -> Reader<'a> {
        let body = self.data.get(self.header_size..).unwrap_or_default();
        Reader::at(body, self.offset.saturating_add(to_u64(self.header_size)))
    }
}

/// Whether no chunk begins in `rest` because too little is left for it.
///
/// `ChunkIterator::VerifyNextChunkNonFatal`: behind a good chunk Android ends
/// there and keeps what it has.
pub fn is_cut_off(rest: &[u8]) -> bool {
    match rest.get(4..HEADER).and_then(|size| size.try_into().ok()) {
        Some(size) => to_usize(u32::from_le_bytes(size)) > rest.len(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_as_validate_chunk_does() {
        // type 1, header 8, size 12, one word of body.
        let good = [1, 0, 8, 0, 12, 0, 0, 0, 7, 0, 0, 0];
        let mut reader = Reader::new(&good);
        let chunk = Chunk::read(&mut reader, 8).unwrap();
        assert_eq!(
            (chunk.kind, chunk.header_size, chunk.data.len()),
            (1, 8, 12)
        );
        assert_eq!(chunk.body().u32("word").unwrap(), 7);
        assert_eq!(reader.remaining(), 0);

        for (position, value) in [(2, 4), (2, 16), (4, 13), (4, 16), (4, 4)] {
            let mut bad = good;
            bad[position] = value;
            assert!(
                Chunk::read(&mut Reader::new(&bad), 8).is_err(),
                "{position} {value}"
            );
        }
        assert!(
            Chunk::read(&mut Reader::new(&good), 12).is_err(),
            "a larger header is wanted"
        );
    }
}
