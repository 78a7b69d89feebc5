//! Modified UTF-8, the text of a DEX file.
//!
//! AOSP "Dalvik Executable format", section "MUTF-8 (Modified UTF-8) Encoding":
//! U+0000 is `C0 80`, a supplementary code point is a pair of surrogates of
//! three bytes each, and a zero byte ends the text.

use std::borrow::Cow;

/// Decodes MUTF-8 without its ending zero byte.
///
/// A lone surrogate and every byte that starts nothing becomes U+FFFD. Like
/// ART (`utf.cc`), it takes the four-byte form of ordinary UTF-8 as well.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(decode_slowly(bytes)),
    }
}

fn decode_slowly(mut rest: &[u8]) -> String {
    let mut text = String::with_capacity(rest.len());
    while !rest.is_empty() {
        let (c, after) = next(rest);
        text.push(c);
        rest = after;
    }
    text
}

/// The first character of `bytes`, and what follows it.
fn next(bytes: &[u8]) -> (char, &[u8]) {
    match bytes {
        [a @ 0..=0x7f, rest @ ..] => (char::from(*a), rest),
        [a @ 0xc0..=0xdf, b @ 0x80..=0xbf, rest @ ..] => {
            (scalar(bits(*a, 0x1f) << 6 | bits(*b, 0x3f)), rest)
        }
        [a @ 0xe0..=0xef, b @ 0x80..=0xbf, c @ 0x80..=0xbf, rest @ ..] => {
            let unit = three(*a, *b, *c);
            if let (
                0xd800..=0xdbff,
                [
                    d @ 0xe0..=0xef,
                    e @ 0x80..=0xbf,
                    f @ 0x80..=0xbf,
                    after @ ..,
                ],
            ) = (unit, rest)
            {
                let low = three(*d, *e, *f);
                if let 0xdc00..=0xdfff = low {
                    let above = (unit & 0x3ff) << 10 | (low & 0x3ff);
                    let code = above.saturating_add(0x1_0000);
                    return (scalar(code), after);
                }
            }
            (scalar(unit), rest)
        }
        [
            a @ 0xf0..=0xf7,
            b @ 0x80..=0xbf,
            c @ 0x80..=0xbf,
            d @ 0x80..=0xbf,
            rest @ ..,
        ] => {
            let high = bits(*a, 0x07) << 18 | bits(*b, 0x3f) << 12;
            (scalar(high | bits(*c, 0x3f) << 6 | bits(*d, 0x3f)), rest)
        }
        [_, rest @ ..] => (char::REPLACEMENT_CHARACTER, rest),
        [] => (char::REPLACEMENT_CHARACTER, &[]),
    }
}

fn bits(byte: u8, mask: u8) -> u32 {
    u32::from(byte & mask)
}

fn three(a: u8, b: u8, c: u8) -> u32 {
    bits(a, 0x0f) << 12 | bits(b, 0x3f) << 6 | bits(c, 0x3f)
}

fn scalar(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(
            decode("Lcom/例/A;".as_bytes()),
            Cow::Borrowed("Lcom/例/A;")
        ));
    }

    /// The encodings are those of the table in the section "MUTF-8".
    #[test]
    fn special_forms() {
        assert_eq!(decode(&[b'a', 0xc0, 0x80, b'b']), "a\0b");
        // U+1F600 is the pair D83D DE00; U+10FFFF is DBFF DFFF; U+10000 is D800 DC00.
        assert_eq!(decode(&[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]), "\u{1F600}");
        assert_eq!(decode(&[0xed, 0xaf, 0xbf, 0xed, 0xbf, 0xbf]), "\u{10FFFF}");
        assert_eq!(decode(&[0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80]), "\u{10000}");
        assert_eq!(decode("😀".as_bytes()), "😀");
    }

    #[test]
    fn broken_text_is_replaced() {
        assert_eq!(decode(&[0xed, 0xa0, 0xbd, b'x']), "\u{FFFD}x"); // a high surrogate alone
        assert_eq!(decode(&[0xed, 0xb8, 0x80]), "\u{FFFD}"); // a low one
        assert_eq!(
            decode(&[0xff, b'x', 0xe4, 0xbe]),
            "\u{FFFD}x\u{FFFD}\u{FFFD}"
        );
    }
}
