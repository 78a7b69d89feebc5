//! A set of indices into one table.

use crate::dex::usize_of;

/// One bit per row of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The empty set over `len` rows, or all of them.
    pub(super) fn new(len: u32, full: bool) -> Self {
        let words = usize_of(len).div_ceil(64);
        Self {
            words: vec![if full { u64::MAX } else { 0 }; words],
        }
    }

    pub(super) fn insert(&mut self, index: u32) {
        if let Some(word) = self.words.get_mut(usize_of(index >> 6)) {
            *word |= 1u64.wrapping_shl(index);
        }
    }

    #[inline]
    pub(super) fn contains(&self, index: u32) -> bool {
        match self.words.get(usize_of(index >> 6)) {
            Some(word) => word.wrapping_shr(index) & 1 == 1,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn members_are_those_inserted() {
        let mut bits = Bits::new(130, false);
        [0, 63, 64, 129].iter().for_each(|&i| bits.insert(i));
        bits.insert(9999);
        let found: Vec<u32> = (0..10_000).filter(|&i| bits.contains(i)).collect();
        assert_eq!(found, [0, 63, 64, 129]);
        assert!(Bits::new(1, true).contains(0));
    }
}
