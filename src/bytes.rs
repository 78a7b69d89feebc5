//! A little-endian reader that cannot panic.
//!
//! Every read is checked against the bytes that are left, and every error
//! carries the absolute offset in the file or entry that was being read.

use crate::error::ParseError;

/// A cursor over a slice that knows where the slice lies in its file.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
    pos: usize,
    base: u64,
}

impl<'a> Reader<'a> {
    /// Reads `data`, whose first byte lies at offset 0 of its file.
    pub fn new(data: &'a [u8]) -> Self {
        Self::at(data, 0)
    }

    /// Reads `data`, whose first byte lies at offset `base` of its file.
    pub fn at(data: &'a [u8], base: u64) -> Self {
        Self { data, pos: 0, base }
    }

    /// Absolute offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base.saturating_add(self.pos as u64)
    }

    /// Position of the next byte in the slice.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Bytes that are left.
    pub fn remaining(&self) -> usize {
        self.data.len().saturating_sub(self.pos)
    }

    /// The bytes that are left, without moving.
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.pos..).unwrap_or_default()
    }

    /// Moves to `position` in the slice.
    pub fn seek(&mut self, position: usize) -> Result<(), ParseError> {
        if position > self.data.len() {
            return Err(self.short("an offset inside the data", position));
        }
        self.pos = position;
        Ok(())
    }

    /// Takes the next `len` bytes; `what` names them in the error.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], ParseError> {
        match self
            .pos
            .checked_add(len)
            .and_then(|end| Some((end, self.data.get(self.pos..end)?)))
        {
            Some((end, slice)) => {
                self.pos = end;
                Ok(slice)
            }
            None => Err(self.short(what, len)),
        }
    }

    /// Skips `len` bytes.
    pub fn skip(&mut self, len: usize, what: &'static str) -> Result<(), ParseError> {
        self.take(len, what).map(|_| ())
    }

    /// A reader over the next `len` bytes, which are skipped here.
    pub fn sub(&mut self, len: usize, what: &'static str) -> Result<Reader<'a>, ParseError> {
        let base = self.offset();
        Ok(Reader::at(self.take(len, what)?, base))
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], ParseError> {
        let slice = self.take(N, what)?;
        slice.try_into().map_err(|_| self.short(what, N))
    }

    /// Next byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, ParseError> {
        Ok(self.array::<1>(what)?[0])
    }

    /// Next little-endian 16-bit number.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, ParseError> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    /// Next little-endian 32-bit number.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, ParseError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// Next little-endian 64-bit number.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, ParseError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// Next unsigned LEB128 number of at most 32 bits (DEX format, "LEB128").
    ///
    /// As ART reads it: the fifth byte ends the number, its high bits are dropped.
    pub fn uleb128(&mut self, what: &'static str) -> Result<u32, ParseError> {
        let mut value = 0u32;
        for shift in [0u32, 7, 14, 21, 28] {
            let byte = self.u8(what)?;
            value |= u32::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 || shift == 28 {
                break;
            }
        }
        Ok(value)
    }

    /// Next signed LEB128 number of at most 32 bits (DEX format, "LEB128").
    pub fn sleb128(&mut self, what: &'static str) -> Result<i32, ParseError> {
        let mut value = 0u32;
        for shift in [0u32, 7, 14, 21, 28] {
            let byte = self.u8(what)?;
            value |= u32::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 || shift == 28 {
                let bits = shift.saturating_add(7);
                if bits < 32 && byte & 0x40 != 0 {
                    value |= u32::MAX.wrapping_shl(bits);
                }
                break;
            }
        }
        Ok(value as i32)
    }

    /// Checks that `count` items of `size` bytes can lie in what is left, before anything is allocated for them.
    pub fn check_count(
        &self,
        count: u32,
        size: usize,
        what: &'static str,
    ) -> Result<usize, ParseError> {
        let count_ = count as usize;
        match count_.checked_mul(size) {
            Some(total) if total <= self.remaining() => Ok(count_),
            _ => Err(ParseError::new(
                self.offset(),
                what,
                format!("a count of {count} with {} bytes left", self.remaining()),
            )),
        }
    }

    #[cold]
    fn short(&self, what: &'static str, len: usize) -> ParseError {
        ParseError::new(
            self.offset(),
            what,
            format!("{} of {len} bytes", self.remaining()),
        )
    }
}

/// A length or offset as a `u64`; exact on every platform that Rust has.
pub(crate) fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A length or offset as a `usize`; what does not fit lies behind the end of every slice.
pub(crate) fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// `text` cut to `limit` bytes at a character, marked with `…` where it was cut.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_offsets_absolute() {
        let mut r = Reader::at(&[1, 2, 0, 3, 0, 0, 0], 100);
        assert_eq!(r.u8("a").unwrap(), 1);
        assert_eq!(r.u16("b").unwrap(), 2);
        assert_eq!(r.u32("c").unwrap(), 3);
        let error = r.u8("one more byte").unwrap_err();
        assert_eq!(error.offset, 107);
        assert_eq!(
            error.to_string(),
            "at offset 0x6b: expected one more byte, found 0 of 1 bytes"
        );
    }

    /// The examples of the DEX format specification, section "LEB128".
    #[test]
    fn leb128_examples_of_the_dex_specification() {
        for (bytes, signed, unsigned) in [
            (&[0x00][..], 0, 0),
            (&[0x01], 1, 1),
            (&[0x7f], -1, 127),
            (&[0x80, 0x7f], -128, 16256),
        ] {
            assert_eq!(Reader::new(bytes).sleb128("s").unwrap(), signed);
            assert_eq!(Reader::new(bytes).uleb128("u").unwrap(), unsigned);
        }
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x0f])
                .uleb128("u")
                .unwrap(),
            u32::MAX
        );
        assert!(Reader::new(&[0x80]).uleb128("u").is_err());
    }

    #[test]
    fn counts_are_checked_before_allocation() {
        let r = Reader::new(&[0; 8]);
        assert_eq!(r.check_count(2, 4, "two").unwrap(), 2);
        assert!(r.check_count(3, 4, "three").is_err());
        assert!(r.check_count(u32::MAX, usize::MAX, "many").is_err());
    }
}
