//! The little of DER (X.690) that PKCS #7 and keys need: walking over values.

use crate::bytes::wide;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// Context tag 0, constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;
/// Context tag 3, constructed.
pub(super) const CONTEXT_3: u8 = 0xa3;

/// One value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
}

/// The values that lie one after the other in a slice.
///
/// Ends at the first one that is cut off or not DER: tags above 30, lengths without
/// end (BER) and lengths above 32 bits, none of which signers write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    data: &'a [u8],
    pos: usize,
    /// Offset of `data` in its file.
    base: u64,
}

impl<'a> Values<'a> {
    pub(super) fn new(data: &'a [u8], base: u64) -> Self {
        Self { data, pos: 0, base }
    }

    /// The next value if it has this tag; otherwise stays where it is.
    pub(super) fn tagged(&mut self, tag: u8) -> Option<Value<'a>> {
        let mut ahead = *self;
        let value = ahead.next().filter(|value| value.tag == tag)?;
        *self = ahead;
        Some(value)
    }

    /// The values inside the next value, which must have this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Values<'a>> {
        let value = self.tagged(tag)?;
        let end = self.offset();
        Some(Values::new(
            value.content,
            end.saturating_sub(wide(value.content.len())),
        ))
    }

    pub(super) fn offset(&self) -> u64 {
        self.base.saturating_add(wide(self.pos))
    }

    /// Every byte has been read.
    pub(super) fn at_end(&self) -> bool {
        self.pos == self.data.len()
    }

    /// Every length is written in as few bytes as it can be (X.690, 10.1), from the first value on.
    pub(super) fn shortest(&self) -> bool {
        Values::new(self.data, 0).all(|value| {
            let head = match value.content.len() {
                0..=0x7f => 2,
                0x80..=0xff => 3,
                0x100..=0xffff => 4,
                0x1_0000..=0xff_ffff => 5,
                _ => 6,
            };
            value.whole.len().checked_sub(value.content.len()) == Some(head)
        })
    }
}

/// Whether the data begins with a value of indefinite length: BER, which is not read here.
pub(super) fn is_indefinite(data: &[u8]) -> bool {
    matches!(data, [_, 0x80, ..])
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let rest = self.data.get(self.pos..)?;
        let (&tag, after) = rest.split_first()?;
        let (&first, after) = after.split_first()?;
        let (length, head) = match first {
            0..=0x7f => (usize::from(first), 2_usize),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let length = after
                    .get(..count)?
                    .iter()
                    .fold(0_usize, |n, b| n.wrapping_shl(8) | usize::from(*b));
                (length, count.saturating_add(2))
            }
            _ => return None,
        };
        if tag & 0x1f == 0x1f {
            return None;
        }
        let whole = rest.get(..head.checked_add(length)?)?;
        self.pos = self.pos.saturating_add(whole.len());
        Some(Value {
            tag,
            content: whole.get(head..)?,
            whole,
        })
    }
}

/// Bits of an unsigned INTEGER's content, without leading zeros.
pub(super) fn bits(integer: &[u8]) -> u32 {
    let zeros = integer.iter().take_while(|b| **b == 0).count();
    let Some((first, rest)) = integer.get(zeros..).and_then(|digits| digits.split_first()) else {
        return 0;
    };
    let rest = u32::try_from(rest.len())
        .unwrap_or(u32::MAX)
        .saturating_mul(8);
    rest.saturating_add(u8::BITS.saturating_sub(first.leading_zeros()))
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    #[test]
    fn values_one_after_the_other() {
        // SEQUENCE { INTEGER 5, [0] { } }, OCTET STRING of 128 bytes
        let mut der = vec![0x30, 5, 2, 1, 5, 0xa0, 0, 4, 0x81, 128];
        der.extend([7; 128]);
        let mut values = Values::new(&der, 100);
        assert!(values.tagged(SET).is_none());
        let mut inner = values.inside(SEQUENCE).unwrap();
        assert_eq!(inner.offset(), 102);
        assert_eq!(inner.tagged(INTEGER).unwrap().content, [5]);
        assert_eq!(inner.inside(CONTEXT_0).unwrap().offset(), 107);
        assert!(inner.next().is_none());
        let octets = values.next().unwrap();
        assert_eq!(
            (octets.tag, octets.content.len(), octets.whole.len()),
            (4, 128, 131)
        );
        assert!(values.next().is_none());
    }

    #[test]
    fn what_is_cut_off_or_not_der_ends_the_walk() {
        for der in [
            &[0x30, 1][..],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x1f, 1, 0],
            &[2, 0x84, 255, 255, 255, 255],
        ] {
            assert!(Values::new(der, 0).next().is_none(), "{der:x?}");
        }
    }

    #[test]
    fn bits_of_integers() {
        assert_eq!(
            [
                bits(&[0, 0x80, 0]),
                bits(&[1]),
                bits(&[0]),
                bits(&[]),
                bits(&[0xff, 0xff])
            ],
            [16, 1, 0, 0, 16]
        );
    }
}
