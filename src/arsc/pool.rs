//! String pools (`ResStringPool`), UTF-8 and UTF-16.

use super::chunk::Chunk;
use super::{to_u64, to_usize};
use crate::error::ParseError;
use crate::limits::Limits;
use std::sync::Arc;

/// A string of a document or table. One string of a pool is used by many attributes.
pub type Text = Arc<str>;

/// `sizeof(ResStringPool_header)`.
const HEADER: usize = 28;
/// `ResStringPool_header::UTF8_FLAG`.
const UTF8_FLAG: u32 = 1 << 8;

/// A string pool. Strings are decoded when they are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct StringPool<'a> {
    offsets: &'a [u8],
    strings: &'a [u8],
    utf8: bool,
    count: u32,
    max: usize,
    refusal: Option<&'static str>,
    overlaps: bool,
}

impl<'a> StringPool<'a> {
    /// Reads the header of a pool.
    ///
    /// As `ResStringPool::setTo` the offsets must lie inside the chunk, but
    /// they may overlap the strings. Laxer than it: what styles say is used
    /// only to find the end of the strings, and whether a string has its
    /// terminator is looked at when it is read; see [`Self::refusal`].
    ///
    /// # Errors
    /// If the offsets or the strings lie outside the chunk, or there are more
    /// strings than [`Limits::pool_strings`].
    pub fn parse(chunk: &Chunk<'a>, limits: &Limits) -> Result<Self, ParseError> {
        let mut fields = chunk.fields();
        let count = fields.u32("a count of strings")?;
        let styles = fields.u32("a count of styles")?;
        let flags = fields.u32("string pool flags")?;
        let strings_start = to_usize(fields.u32("the start of the strings")?);
        let styles_start = to_usize(fields.u32("the start of the styles")?);
        if to_usize(count) > limits.pool_strings {
            return Err(ParseError::new(
                chunk.offset,
                format!("at most {} strings in a pool", limits.pool_strings),
                format!("{count} strings"),
            )
            .of_limit());
        }
        let mut body = chunk.body();
        let words = body.check_count(count, 4, "offsets of strings inside the pool")?;
        let offsets = body.take(words.saturating_mul(4), "offsets of strings")?;
        let strings = if count == 0 {
            &[][..]
        } else {
            let end = if styles > 0 && styles_start > strings_start {
                styles_start.min(chunk.data.len())
            } else {
                chunk.data.len()
            };
            chunk
                .data
                .get(strings_start..end)
                .filter(|s| s.len() > 2)
                .ok_or_else(|| {
                    ParseError::new(
                        chunk.offset,
                        "strings that lie inside the string pool",
                        format!("a start of {strings_start} in {} bytes", chunk.data.len()),
                    )
                })?
        };
        Ok(Self {
            offsets,
            strings,
            utf8: flags & UTF8_FLAG != 0,
            count,
            max: limits.text_bytes,
            overlaps: count > 0 && strings_start < chunk.header_size.saturating_add(offsets.len()),
            refusal: refusal(
                chunk,
                strings,
                [count, styles, flags],
                [strings_start, styles_start],
            ),
        })
    }

    /// Why Android would take no string of this pool, though it is read here.
    pub fn refusal(&self) -> Option<&'static str> {
        self.refusal
    }

    /// Whether the offsets reach into the strings: the count is then not that of the strings.
    pub fn overlaps(&self) -> bool {
        self.overlaps
    }

    /// Number of strings.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the strings, as stored.
    pub fn string_bytes(&self) -> usize {
        self.strings.len()
    }

    /// The string at `index`, or `None` where Android would read none: the
    /// index (0xffffffff is "no string"), the offset or the length lies
    /// outside the pool, or the terminator is missing.
    ///
    /// A string longer than [`Limits::text_bytes`] is cut and ends in `…`.
    pub fn get(&self, index: u32) -> Option<Text> {
        if index >= self.count {
            return None;
        }
        let at = to_usize(index).checked_mul(4)?;
        let offset = self.offsets.get(at..at.checked_add(4)?)?;
        let offset = to_usize(u32::from_le_bytes(offset.try_into().ok()?));
        if self.utf8 {
            self.utf8_at(offset)
        } else {
            self.utf16_at(offset)
        }
    }

    /// `decodeLength` of 8-bit units twice (UTF-16 length, then bytes), then the bytes.
    fn utf8_at(&self, offset: usize) -> Option<Text> {
        let (_, offset) = self.length8(offset)?;
        let (length, offset) = self.length8(offset)?;
        let tail = self.strings.get(offset..)?;
        // aapt wrote lengths above 0x7fff with their high bits lost: as
        // stringDecodeAt, try the lengths that end in the same 15 bits.
        let mut end = length;
        while *tail.get(end)? != 0 {
            end = end.checked_add(0x8000)?;
        }
        let bytes = tail.get(..end)?;
        // The Java side takes a C string (`StringBlock.nativeGetString`), which ends at the first NUL.
        let cut = bytes.len().min(self.max.saturating_add(4));
        let bytes = bytes.get(..cut)?;
        let nul = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        let bytes = bytes.get(..nul)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(shorten(text, self.max)),
            Err(_) => Some(shorten(&lax_utf8(bytes), self.max)),
        }
    }

    fn length8(&self, offset: usize) -> Option<(usize, usize)> {
        let high = usize::from(*self.strings.get(offset)?);
        let next = offset.checked_add(1)?;
        if high & 0x80 == 0 {
            return Some((high, next));
        }
        let low = usize::from(*self.strings.get(next)?);
        Some(((high & 0x7f).checked_shl(8)? | low, next.checked_add(1)?))
    }

    fn unit(&self, index: usize) -> Option<u16> {
        let at = index.checked_mul(2)?;
        let bytes = self.strings.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    }

    /// `decodeLength` of 16-bit units, then the units. An odd offset is rounded down.
    fn utf16_at(&self, offset: usize) -> Option<Text> {
        let mut at = offset.checked_div(2)?;
        let mut length = usize::from(self.unit(at)?);
        at = at.checked_add(1)?;
        if length & 0x8000 != 0 {
            length = (length & 0x7fff).checked_shl(16)? | usize::from(self.unit(at)?);
            at = at.checked_add(1)?;
        }
        let end = at.checked_add(length)?;
        if self.unit(end)? != 0 {
            return None;
        }
        let cut = end.min(at.saturating_add(self.max).saturating_add(2));
        let bytes = self.strings.get(at.checked_mul(2)?..cut.checked_mul(2)?)?;
        let units = bytes.chunks_exact(2).map(|b| {
            u16::from_le_bytes([
                b.first().copied().unwrap_or(0),
                b.get(1).copied().unwrap_or(0),
            ])
        });
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Some(shorten(&text, self.max))
    }
}

/// The checks of `ResStringPool::setTo` that [`StringPool::parse`] does not need.
fn refusal(
    chunk: &Chunk<'_>,
    strings: &[u8],
    [count, styles, flags]: [u32; 3],
    [strings_start, styles_start]: [usize; 2],
) -> Option<&'static str> {
    let (data, header) = (chunk.data, chunk.header_size);
    if header < HEADER {
        return Some("a string pool header of fewer than 28 bytes");
    }
    // The last unit of the strings.
    let ends = match flags & UTF8_FLAG {
        0 => strings.as_chunks::<2>().0.last() == Some(&[0, 0]),
        _ => strings.last() == Some(&0),
    };
    if count > 0 && !ends {
        return Some("a string pool whose last string has no end");
    }
    if styles_start > data.len() {
        return Some("a string pool whose styles start behind it");
    }
    if styles == 0 {
        return None;
    }
    let offsets = u64::from(count).saturating_add(u64::from(styles));
    let room = to_u64(strings_start.saturating_sub(header)) / 4;
    let is_ended = data
        .get(styles_start..)
        .and_then(|s| s.as_chunks::<4>().0.last_chunk::<3>())
        .is_some_and(|end| end.as_flattened() == [0xff; 12]);
    if !is_ended || offsets > room || styles_start <= strings_start {
        return Some("a string pool whose styles lie outside it or have no end");
    }
    None
}

/// `text`, cut to at most `max` bytes and marked with `…` if it is longer.
pub(crate) fn shorten(text: &str, max: usize) -> Text {
    if text.len() <= max {
        return Text::from(text);
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let mut cut = text.get(..end).unwrap_or_default().to_owned();
    cut.push('…');
    Text::from(cut)
}

/// UTF-8 as the platform reads it where it is not valid: surrogates written as
/// three bytes each (CESU-8, "modified UTF-8") are joined, the rest is replaced.
fn lax_utf8(bytes: &[u8]) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                units.extend(text.encode_utf16());
                break;
            }
            Err(error) => {
                let (valid, bad) = rest.split_at(error.valid_up_to());
                units.extend(
                    std::str::from_utf8(valid)
                        .unwrap_or_default()
                        .encode_utf16(),
                );
                let skip = match *bad {
                    [0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, ..] => {
                        units.push(
                            0xd000 | u16::from(b & 0x3f).wrapping_shl(6) | u16::from(c & 0x3f),
                        );
                        3
                    }
                    _ => {
                        units.push(0xfffd);
                        error.error_len().unwrap_or(bad.len())
                    }
                };
                rest = bad.get(skip..).unwrap_or_default();
            }
        }
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]
mod tests {
    use super::*;
    use crate::arsc::testing::pool_chunk;
    use crate::bytes::Reader;

    fn pool(bytes: &[u8]) -> Result<StringPool<'_>, ParseError> {
        let chunk = Chunk::read(&mut Reader::new(bytes), 28)?;
        StringPool::parse(&chunk, &Limits::default())
    }

    #[test]
    fn both_encodings_give_the_same_strings() {
        let strings = [
            "",
            "android",
            "é — 名称",
            "\u{1F600}",
            &"x".repeat(200),
            &"字".repeat(1000),
        ];
        for utf8 in [false, true] {
            let bytes = pool_chunk(&strings, utf8);
            let pool = pool(&bytes).unwrap();
            for (index, expected) in strings.iter().enumerate() {
                assert_eq!(pool.get(index as u32).as_deref(), Some(*expected));
            }
            assert_eq!(pool.get(strings.len() as u32), None);
            assert_eq!(pool.get(u32::MAX), None);
        }
    }

    #[test]
    fn a_string_is_read_as_android_reads_it() {
        // UTF-8: a NUL inside ends it; surrogate halves of three bytes are joined.
        let mut bytes = pool_chunk(&["ab-cd", "......"], true);
        let at = bytes.windows(5).position(|w| w == b"ab-cd").unwrap();
        bytes[at + 2] = 0;
        let at = bytes.windows(6).position(|w| w == b"......").unwrap();
        bytes[at..at + 6].copy_from_slice(&[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]);
        let pool = pool(&bytes).unwrap();
        assert_eq!(pool.get(0).as_deref(), Some("ab"));
        assert_eq!(pool.get(1).as_deref(), Some("\u{1F600}"));
    }

    #[test]
    fn long_strings_are_cut_and_lengths_above_15_bits_are_found() {
        let long = "y".repeat(0x8000 + 5);
        let bytes = pool_chunk(&[&long], true);
        let chunk = Chunk::read(&mut Reader::new(&bytes), 28).unwrap();
        let limits = Limits {
            text_bytes: 1 << 20,
            ..Limits::default()
        };
        let whole = StringPool::parse(&chunk, &limits).unwrap().get(0).unwrap();
        assert_eq!(whole.len(), long.len());
        let cut = StringPool::parse(&chunk, &Limits::default())
            .unwrap()
            .get(0)
            .unwrap();
        assert!(cut.ends_with('…') && cut.len() == 4096 + '…'.len_utf8());
    }

    #[test]
    fn what_android_refuses_is_read_and_said() {
        for utf8 in [false, true] {
            let mut bytes = pool_chunk(&["abc", "d"], utf8);
            assert_eq!(pool(&bytes).unwrap().refusal(), None);
            // One style that starts nowhere: setTo wants an end mark there.
            bytes[12] = 1;
            let odd = pool(&bytes).unwrap();
            assert_eq!(odd.get(0).as_deref(), Some("abc"));
            assert!(odd.refusal().is_some());
        }
        // Every byte of padding behind the last string is not zero.
        let mut bytes = pool_chunk(&["abc"], true);
        let end = bytes.len();
        bytes.extend([1; 4]);
        bytes[4..8].copy_from_slice(&(end as u32 + 4).to_le_bytes());
        let odd = pool(&bytes).unwrap();
        assert_eq!(odd.get(0).as_deref(), Some("abc"));
        assert_eq!(
            odd.refusal(),
            Some("a string pool whose last string has no end")
        );
    }

    #[test]
    fn a_missing_terminator_is_no_string_and_a_false_count_is_an_error() {
        let mut bytes = pool_chunk(&["abc"], true);
        let at = bytes.windows(4).position(|w| w == b"abc\0").unwrap();
        bytes[at + 3] = b'd';
        assert_eq!(pool(&bytes).unwrap().get(0), None);
        bytes[8..12].copy_from_slice(&1000u32.to_le_bytes());
        assert!(pool(&bytes).is_err());
    }
}
