//! The strings of a class file: its constant pool and nothing behind it (JVMS §4.1, §4.4).

use crate::bytes::Reader;
use crate::error::ParseError;

/// `CONSTANT_Utf8` entries as bytes, in the order of the pool.
///
/// # Errors
/// No class file, a tag that the specification does not have, or an entry that is cut off.
pub(super) fn strings(data: &[u8]) -> Result<Vec<&[u8]>, ParseError> {
    let mut r = Reader::new(data);
    // Class files are big-endian, the reader is little-endian.
    if r.u32("a class file")? != 0xcafe_babe_u32.swap_bytes() {
        return Err(ParseError::new(0, "a class file", "other bytes"));
    }
    r.skip(4, "the version of a class file")?;
    let count = r.u16("the size of the constant pool")?.swap_bytes();
    let mut strings = Vec::new();
    let mut index = 1u16;
    while index < count {
        let at = r.offset();
        let size = match r.u8("a constant's tag")? {
            1 => {
                let len = r.u16("the length of a string")?.swap_bytes();
                strings.push(r.take(usize::from(len), "a string")?);
                0
            }
            3 | 4 | 9..=12 | 17 | 18 => 4,
            5 | 6 => {
                // "All 8-byte constants take up two entries" (§4.4.5).
                index = index.saturating_add(1);
                8
            }
            7 | 8 | 16 | 19 | 20 => 2,
            15 => 3,
            tag => {
                let found = format!("tag {tag}");
                return Err(ParseError::new(at, "a constant of JVMS §4.4", found));
            }
        };
        r.skip(size, "a constant")?;
        index = index.saturating_add(1);
    }
    Ok(strings)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::strings;

    /// The first bytes of the class file of `class A { String s = "https://log.acme.io/x"; long l = 1L; }`,
    /// constants by hand after JVMS §4.4.
    fn class() -> Vec<u8> {
        let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
        // Five constants, one of them counted twice: the count is one more than the last index.
        out.extend([0, 7]);
        out.extend([7, 0, 2]);
        out.extend([1, 0, 1, b'A']);
        out.extend([5, 0, 0, 0, 0, 0, 0, 0, 1]);
        out.extend([8, 0, 6]);
        out.extend([1, 0, 21]);
        out.extend(b"https://log.acme.io/x");
        out.extend([0, 0x20, 0, 1]);
        out
    }

    #[test]
    fn strings_are_found_behind_a_long() {
        let class = class();
        let found = strings(&class).unwrap();
        assert_eq!(found, [b"A".as_slice(), b"https://log.acme.io/x"]);
    }

    #[test]
    fn damage_is_an_error_and_no_panic() {
        let class = class();
        assert!(strings(b"PK\x03\x04").is_err());
        // The pool ends before the four bytes behind it.
        for end in 0..class.len() - 4 {
            assert!(strings(&class[..end]).is_err(), "{end}");
        }
        let mut tag = class;
        tag[10] = 2;
        assert!(strings(&tag).unwrap_err().to_string().contains("tag 2"));
    }
}
