//! String pools (AOSP `ResStringPool_header`, ResourceTypes.h).

use super::out::Out;
use std::collections::BTreeMap;

/// Strings of one pool, each once, in order of first use.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    strings: Vec<String>,
    index: BTreeMap<String, u32>,
    /// UTF-8 instead of UTF-16.
    pub utf8: bool,
}

impl Pool {
    /// An empty pool.
    pub fn new(utf8: bool) -> Self {
        Self {
            utf8,
            ..Self::default()
        }
    }

    /// The index of `text`, which is added if it is new.
    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(&at) = self.index.get(text) {
            return at;
        }
        let at = self.add_anew(text);
        self.index.insert(text.to_owned(), at);
        at
    }

    /// Adds `text` even if it is there; later calls of [`Pool::add`] do not find this one.
    pub fn add_anew(&mut self, text: &str) -> u32 {
        self.strings.push(text.to_owned());
        (self.strings.len() - 1) as u32
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.strings.len()
    }

    /// Whether the pool is empty.
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// Writes the chunk.
    pub fn write(&self, out: &mut Out) {
        let mut offsets = Out::new();
        let mut data = Out::new();
        for text in &self.strings {
            offsets.u32(data.pos());
            let units: Vec<u16> = text.encode_utf16().collect();
            if self.utf8 {
                length8(&mut data, units.len());
                length8(&mut data, text.len());
                data.bytes(text.as_bytes());
                data.u8(0);
            } else {
                length16(&mut data, units.len());
                units.iter().for_each(|&unit| data.u16(unit));
                data.u16(0);
            }
        }
        data.align(4);
        let start = 28 + offsets.len() as u32;
        out.u16(0x0001);
        out.u16(28);
        out.u32(start + data.pos());
        out.u32(self.strings.len() as u32);
        out.u32(0);
        out.u32(if self.utf8 { 0x100 } else { 0 });
        out.u32(start);
        out.u32(0);
        out.bytes(&offsets.0);
        out.bytes(&data.0);
    }
}

/// One or two bytes; the first bit says which.
fn length8(out: &mut Out, len: usize) {
    if len > 0x7f {
        out.u8(0x80 | (len >> 8) as u8);
    }
    out.u8(len as u8);
}

/// One or two 16-bit units; the first bit says which.
fn length16(out: &mut Out, len: usize) {
    if len > 0x7fff {
        out.u16(0x8000 | (len >> 16) as u16);
    }
    out.u16(len as u16);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(utf8: bool, text: &str) -> Vec<u8> {
        let mut pool = Pool::new(utf8);
        pool.add(text);
        pool.add(text);
        let mut out = Out::new();
        pool.write(&mut out);
        out.0
    }

    #[test]
    fn both_encodings_byte_by_byte() {
        // header 28, one offset 4, then the text
        let head = |size: u8, flag: u8| {
            let mut h = vec![
                1, 0, 28, 0, size, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, flag, 0, 0,
            ];
            h.extend([32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            h
        };
        let mut utf16 = head(40, 0);
        utf16.extend([2, 0, b'h', 0, 0x4f, 0x5e, 0, 0]); // U+5E4F
        assert_eq!(written(false, "h\u{5e4f}"), utf16);
        let mut utf8 = head(40, 1);
        utf8.extend([2, 4, b'h', 0xe5, 0xb9, 0x8f, 0, 0]);
        assert_eq!(written(true, "h\u{5e4f}"), utf8);
    }

    #[test]
    fn long_strings_have_long_lengths() {
        assert_eq!(
            written(true, &"x".repeat(0x123))[32..36],
            [0x81, 0x23, 0x81, 0x23]
        );
        assert_eq!(
            written(false, &"x".repeat(0x1_8000))[32..36],
            [0x01, 0x80, 0x00, 0x80]
        );
    }
}
