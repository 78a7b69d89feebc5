//! A bounded reader of DEX 035, 037, 038, 039, 040 and 041.
//!
//! Sources: AOSP "Dalvik Executable format" (the section names below are
//! that page's), "Dalvik bytecode" and "Dalvik executable instruction
//! formats"; ART `libdexfile/dex` where the pages are silent or stricter than
//! Android.
//!
//! Shape of a file (section "File layout"):
//!
//! ```text
//! header_item                    tables: size and offset of each   → header
//! string_ids  u32 offset         → string_data_item: uleb128 length, MUTF-8, 0
//! type_ids    u32 string
//! proto_ids   u32 shorty, u32 return type, u32 → type_list
//! field_ids   u16 class, u16 type, u32 name
//! method_ids  u16 class, u16 proto, u32 name
//! class_defs  8 × u32            → class_data_item → code_item     → class, code
//! call_site_ids, method_handles  found by the map list only        → value
//! data        everything the offsets lead to
//! map_list    what lies where
//! ```
//!
//! From 041 on one file is a container of several such files. Each has its own
//! header and tables, all offsets count from the start of the container, and
//! the data is shared.
//!
//! Nothing is copied or decoded before it is asked for: a [`Dex`] holds
//! slices, every look-up checks its index and its offset, and every list is
//! checked against the bytes left. A single look-up is bounded by
//! [`MAX_STRING`] or by the bytes of the file. Whoever walks *all* items has to
//! bound that walk, since many items may share their bytes
//! (see [`crate::code::Budget`]).
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod annotations;
mod checksum;
mod class;
mod code;
mod header;
#[cfg(test)]
mod hostile_tests;
pub mod insn;
pub mod mutf8;
pub mod names;
pub mod opcodes;
mod open;
mod smali;
#[cfg(test)]
pub(crate) mod tests;
mod value;

#[cfg(test)]
pub(crate) mod build;

use crate::bytes::Reader;
use crate::error::ParseError;
use memchr::memchr;
use std::borrow::Cow;

pub use class::{ClassData, ClassDef, ClassDefs, EncodedField, EncodedMethod, Fields, Methods};
pub use code::{CatchHandler, CodeItem, TryItem};
pub use header::{CONTAINER_VERSION, HEADER_SIZE, HEADER_SIZE_V41, Header, Section};
pub use value::{CallSite, MethodHandle, MethodHandleKind, Value, Values};

/// Longest string that is looked up, in bytes: ten times the largest seen in store apps.
pub const MAX_STRING: usize = 1 << 20;
/// Longest descriptor, member name or signature, in bytes: a class file's own limit for a name.
pub const MAX_NAME: usize = 65_535;
/// Most parameters of a method: the range form of `invoke` counts registers in one byte.
pub const MAX_PARAMETERS: usize = 255;

/// No index: the class has no superclass, or no source file.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// One logical DEX file.
#[derive(Clone, Copy, Debug)]
pub struct Dex<'a> {
    /// The whole file or container: what offsets count from.
    data: &'a [u8],
    header: Header,
    string_ids: Table<'a, 4>,
    type_ids: Table<'a, 4>,
    proto_ids: Table<'a, 12>,
    field_ids: Table<'a, 8>,
    method_ids: Table<'a, 8>,
    class_defs: Table<'a, 32>,
    call_site_ids: Table<'a, 4>,
    method_handles: Table<'a, 8>,
}

/// The rows of one table; none if it does not lie in the file.
#[derive(Clone, Copy, Debug)]
struct Table<'a, const N: usize> {
    rows: &'a [[u8; N]],
    offset: u64,
    name: &'static str,
}

impl<'a, const N: usize> Table<'a, N> {
    fn empty(name: &'static str) -> Self {
        Self {
            rows: &[],
            offset: 0,
            name,
        }
    }

    #[inline]
    fn row(&self, index: u32) -> Result<&'a [u8; N], ParseError> {
        match self.rows.get(usize_of(index)) {
            Some(row) => Ok(row),
            None => Err(self.outside(index)),
        }
    }

    #[cold]
    fn outside(&self, index: u32) -> ParseError {
        ParseError::new(
            self.offset,
            format!("an index below {} for {}", self.rows.len(), self.name),
            format!("{index}"),
        )
    }

    /// Where the table begins and ends, and its name.
    fn place(&self) -> (u64, u64, &'static str) {
        let bytes = u64::try_from(self.rows.as_flattened().len()).unwrap_or(u64::MAX);
        (self.offset, self.offset.saturating_add(bytes), self.name)
    }

    /// Number of rows. They lie in a file whose sizes are 32-bit.
    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }
}

/// `proto_id_item`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proto {
    /// `string_ids` index of the short-form descriptor.
    pub shorty: u32,
    /// `type_ids` index of the return type.
    pub return_type: u32,
    /// Offset of the parameters' type list; 0 for none.
    pub parameters_off: u32,
}

/// `field_id_item`, as indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldId {
    /// `type_ids` index of the class that the reference names.
    pub class: u32,
    /// `type_ids` index of the field's type.
    pub type_: u32,
    /// `string_ids` index of the name.
    pub name: u32,
}

/// `method_id_item`, as indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodId {
    /// `type_ids` index of the class (or array type) that the reference names.
    pub class: u32,
    /// `proto_ids` index.
    pub proto: u32,
    /// `string_ids` index of the name.
    pub name: u32,
}

/// `type_list`: `type_ids` indices.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeList<'a> {
    rows: &'a [[u8; 2]],
}

impl<'a> TypeList<'a> {
    /// Number of types.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `type_ids` indices, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + 'a {
        self.rows
            .iter()
            .map(|row| u32::from(u16::from_le_bytes(*row)))
    }
}

impl<'a> Dex<'a> {
    /// The header of this logical file.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of the file or container it lies in.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Never true: a file without bytes is not opened.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Number of readable `string_ids`.
    pub fn string_count(&self) -> u32 {
        self.string_ids.len()
    }

    /// Number of readable `type_ids`.
    pub fn type_count(&self) -> u32 {
        self.type_ids.len()
    }

    /// Number of readable `proto_ids`.
    pub fn proto_count(&self) -> u32 {
        self.proto_ids.len()
    }

    /// Number of readable `field_ids`.
    pub fn field_count(&self) -> u32 {
        self.field_ids.len()
    }

    /// Number of readable `method_ids`.
    pub fn method_count(&self) -> u32 {
        self.method_ids.len()
    }

    /// Number of readable `class_defs`.
    pub fn class_count(&self) -> u32 {
        self.class_defs.len()
    }

    /// Number of readable `call_site_ids`.
    pub fn call_site_count(&self) -> u32 {
        self.call_site_ids.len()
    }

    /// Number of readable `method_handles`.
    pub fn method_handle_count(&self) -> u32 {
        self.method_handles.len()
    }

    /// The text of a string, decoded from MUTF-8; lone surrogates become U+FFFD.
    ///
    /// # Errors
    /// An index or offset outside the file, no ending zero, or more than [`MAX_STRING`] bytes.
    pub fn string(&self, index: u32) -> Result<Cow<'a, str>, ParseError> {
        self.string_bytes(index).map(mutf8::decode)
    }

    /// The MUTF-8 bytes of a string, without the ending zero.
    ///
    /// As in ART (`GetStringData`), the zero ends the text; the length that is
    /// stored in front of it counts UTF-16 units and is not needed.
    ///
    /// # Errors
    /// As [`Dex::string`].
    pub fn string_bytes(&self, index: u32) -> Result<&'a [u8], ParseError> {
        self.text(index, MAX_STRING)
    }

    /// A string that has to be a name: at most [`MAX_NAME`] bytes.
    pub(crate) fn name_bytes(&self, index: u32) -> Result<&'a [u8], ParseError> {
        self.text(index, MAX_NAME)
    }

    fn text(&self, index: u32, most: usize) -> Result<&'a [u8], ParseError> {
        let offset = u32::from_le_bytes(*self.string_ids.row(index)?);
        let item = self.at(offset)?.rest();
        // The length in front takes up to five bytes; the last has its high bit clear.
        let length = item
            .iter()
            .take(4)
            .take_while(|&byte| byte & 0x80 != 0)
            .count();
        let rest = item.get(length.saturating_add(1)..).unwrap_or_default();
        let window = rest.get(..most.saturating_add(1)).unwrap_or(rest);
        match memchr(0, window).and_then(|end| window.get(..end)) {
            Some(text) => Ok(text),
            None => Err(ParseError::new(
                u64::from(offset),
                format!("the end of a string within {most} bytes"),
                format!("none in string {index}"),
            )),
        }
    }

    /// The `string_ids` index of a type's descriptor.
    ///
    /// # Errors
    /// No such type.
    pub fn type_string(&self, index: u32) -> Result<u32, ParseError> {
        Ok(u32::from_le_bytes(*self.type_ids.row(index)?))
    }

    /// The descriptor of a type, for example `Lcom/a/B;`.
    ///
    /// # Errors
    /// As [`Dex::string`], with [`MAX_NAME`] as the limit.
    pub fn type_descriptor(&self, index: u32) -> Result<Cow<'a, str>, ParseError> {
        self.type_descriptor_bytes(index).map(mutf8::decode)
    }

    /// The MUTF-8 bytes of a type's descriptor.
    ///
    /// # Errors
    /// As [`Dex::type_descriptor`].
    pub fn type_descriptor_bytes(&self, index: u32) -> Result<&'a [u8], ParseError> {
        self.name_bytes(self.type_string(index)?)
    }

    /// A prototype.
    ///
    /// # Errors
    /// No such prototype.
    pub fn proto(&self, index: u32) -> Result<Proto, ParseError> {
        let row = self.proto_ids.row(index)?;
        let [shorty, return_type, parameters_off] = words(row);
        Ok(Proto {
            shorty,
            return_type,
            parameters_off,
        })
    }

    /// The parameter types of a prototype.
    ///
    /// # Errors
    /// A list outside the file or longer than [`MAX_PARAMETERS`].
    pub fn parameters(&self, proto: &Proto) -> Result<TypeList<'a>, ParseError> {
        let list = self.type_list(proto.parameters_off)?;
        if list.len() > MAX_PARAMETERS {
            return Err(ParseError::new(
                u64::from(proto.parameters_off),
                "at most 255 parameters",
                format!("{}", list.len()),
            ));
        }
        Ok(list)
    }

    /// The type list at `offset`; an empty one at 0.
    ///
    /// # Errors
    /// A list outside the file.
    pub fn type_list(&self, offset: u32) -> Result<TypeList<'a>, ParseError> {
        if offset == 0 {
            return Ok(TypeList::default());
        }
        let mut r = self.at(offset)?;
        let size = r.u32("the size of a type list")?;
        let count = r.check_count(size, 2, "a type list")?;
        let bytes = r.take(count.saturating_mul(2), "a type list")?;
        Ok(TypeList {
            rows: bytes.as_chunks().0,
        })
    }

    /// A field reference.
    ///
    /// # Errors
    /// No such field.
    pub fn field(&self, index: u32) -> Result<FieldId, ParseError> {
        let (class, type_, name) = member(self.field_ids.row(index)?);
        Ok(FieldId { class, type_, name })
    }

    /// A method reference.
    ///
    /// # Errors
    /// No such method.
    pub fn method(&self, index: u32) -> Result<MethodId, ParseError> {
        let (class, proto, name) = member(self.method_ids.row(index)?);
        Ok(MethodId { class, proto, name })
    }

    /// Whether the Adler-32 in the header fits the bytes of this file.
    ///
    /// Like ART (`CalculateChecksum`), over `file_size` bytes from the header.
    pub fn checksum_ok(&self) -> bool {
        self.summed(12)
            .is_some_and(|bytes| checksum::adler32(bytes) == self.header.checksum)
    }

    /// Whether the SHA-1 in the header fits the bytes of this file.
    pub fn signature_ok(&self) -> bool {
        self.summed(32)
            .is_some_and(|bytes| checksum::sha1(bytes) == self.header.signature)
    }

    fn summed(&self, skip: u32) -> Option<&'a [u8]> {
        let from = self.header.header_offset.checked_add(skip)?;
        let to = self
            .header
            .header_offset
            .checked_add(self.header.file_size)?;
        self.data.get(usize_of(from)..usize_of(to))
    }

    /// A reader from `offset` to the end of the data.
    fn at(&self, offset: u32) -> Result<Reader<'a>, ParseError> {
        let mut r = Reader::new(self.data);
        r.seek(usize_of(offset))?;
        Ok(r)
    }
}

fn member(row: &[u8; 8]) -> (u32, u32, u32) {
    let [a, b, c, d, e, f, g, h] = *row;
    (
        u32::from(u16::from_le_bytes([a, b])),
        u32::from(u16::from_le_bytes([c, d])),
        u32::from_le_bytes([e, f, g, h]),
    )
}

/// A row of little-endian words. `M` is the number of words in `N` bytes.
fn words<const N: usize, const M: usize>(row: &[u8; N]) -> [u32; M] {
    let mut out = [0; M];
    for (word, bytes) in out.iter_mut().zip(row.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    out
}

/// An offset or count of a file as an index into memory.
#[inline]
#[allow(
    clippy::as_conversions,
    reason = "usize has at least 32 bits wherever this runs"
)]
pub(crate) const fn usize_of(value: u32) -> usize {
    value as usize
}
