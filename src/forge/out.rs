//! A growing little-endian buffer.

/// Bytes that are being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Out(
    /// What was written so far.
    pub Vec<u8>,
);

impl Out {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length as a 32-bit offset. Forged files are small.
    pub fn pos(&self) -> u32 {
        self.0.len() as u32
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    /// Appends a 16-bit number.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Appends a 32-bit number.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Appends a 64-bit number.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Appends an unsigned LEB128 number.
    pub fn uleb128(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends `count` zero bytes.
    pub fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    /// Appends zero bytes up to a multiple of `unit` bytes.
    pub fn align(&mut self, unit: usize) {
        self.0.resize(self.0.len().next_multiple_of(unit), 0);
    }

    /// Overwrites the 16-bit number at `offset`, which must have been written.
    pub fn put_u16(&mut self, offset: usize, value: u16) {
        self.put(offset, &value.to_le_bytes());
    }

    /// Overwrites the 32-bit number at `offset`, which must have been written.
    pub fn put_u32(&mut self, offset: usize, value: u32) {
        self.put(offset, &value.to_le_bytes());
    }

    /// Overwrites bytes at `offset`; what would lie behind the end is dropped.
    pub fn put(&mut self, offset: usize, bytes: &[u8]) {
        for (to, from) in self.0.iter_mut().skip(offset).zip(bytes) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the DEX format specification, section "LEB128".
    #[test]
    fn uleb128_examples_of_the_dex_specification() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (1, &[0x01]),
            (127, &[0x7f]),
            (16256, &[0x80, 0x7f]),
        ] {
            let mut out = Out::new();
            out.uleb128(value);
            assert_eq!(out.0, bytes);
        }
    }

    #[test]
    fn numbers_are_little_endian_and_patched_in_place() {
        let mut out = Out::new();
        out.u8(9);
        out.u16(0x0102);
        out.align(4);
        out.u32(0x0a0b_0c0d);
        out.put_u16(1, 0x0304);
        assert_eq!(out.0, [9, 4, 3, 0, 0x0d, 0x0c, 0x0b, 0x0a]);
    }
}
