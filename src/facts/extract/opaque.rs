//! Entries whose content looks random: encrypted, or compressed in a form that nobody knows.
//!
//! What counts is how often two bytes of a sample are equal (the index of coincidence). In random
//! bytes that is one pair in 256; text, code and even most compressed data lie well above.

/// Bytes that are looked at.
const SAMPLE: usize = 4096;
/// Bytes that have to be read: behind the first ones, where headers stand.
pub(super) const HEAD: usize = 2 * SAMPLE;
/// Equal pairs of random bytes, in percent, up to which a sample counts as random: ten standard deviations.
const AT_MOST: u64 = 106;

/// Beginnings of compressed formats that programs write, each with its offset.
///
/// Media, archives, fonts and documents by their specifications; `x` of zlib (RFC 1950) is looked at apart.
const COMPRESSED: [(usize, &[u8]); 28] = [
    (0, b"PK"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\0"),
    (0, b"\x28\xb5\x2f\xfd"),
    (0, b"\x04\x22\x4d\x18"),
    (0, b"7z\xbc\xaf"),
    (0, b"Rar!"),
    (0, b"\x5d\0\0"),
    (0, b"\x89PNG"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF8"),
    (0, b"RIFF"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),
    (0, b"\xff\xf3"),
    (0, b"\xff\xf1"),
    (4, b"ftyp"),
    (0, b"\x1a\x45\xdf\xa3"),
    (0, b"wOF"),
    (0, b"%PDF"),
    (0, b"#!AMR"),
    (0, b"UnityFS"),
    (0, b"\xabKTX"),
    (0, b"\x13\xab\xa1\x5c"),
    (0, b"sTBL"),
];

/// Whether a file that is this long in the archive can be random: random bytes do not become shorter.
pub(super) fn may_be(compressed: u64, size: u64) -> bool {
    let enough = u64::try_from(SAMPLE).is_ok_and(|sample| size >= sample);
    enough && compressed.saturating_mul(100) >= size.saturating_mul(97)
}

/// Whether the first [`HEAD`] bytes of a file (or all of a shorter one) look random.
pub(super) fn is_random(head: &[u8]) -> bool {
    let known =
        |(at, magic): &(usize, &[u8])| head.get(*at..).is_some_and(|b| b.starts_with(magic));
    if COMPRESSED.iter().any(known) || is_zlib(head) {
        return false;
    }
    let Some(sample) = head.len().checked_sub(SAMPLE).and_then(|at| head.get(at..)) else {
        return false;
    };
    let mut counts = [0_u64; 256];
    for byte in sample {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let length: u64 = counts.iter().sum();
    let pairs = |n: u64| n.saturating_mul(n.saturating_sub(1));
    let equal: u64 = counts.iter().map(|n| pairs(*n)).sum();
    equal.saturating_mul(256 * 100) <= pairs(length).saturating_mul(AT_MOST)
}

/// RFC 1950, 2.2: method 8 with a window of 32 KiB, and the two bytes divisible by 31.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, flags, ..] if (0x7800 | u16::from(*flags)) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    /// SHA-256 of counted numbers, in hexadecimal and back: nothing is more random.
    fn random(length: usize) -> Vec<u8> {
        let digits = (0_u32..).flat_map(|n| sha256(&n.to_le_bytes()).into_bytes());
        let values: Vec<u8> = digits
            .take(length * 2)
            .map(|d| u8::try_from(char::from(d).to_digit(16).unwrap()).unwrap())
            .collect();
        values.chunks(2).map(|two| two[0] << 4 | two[1]).collect()
    }

    #[test]
    fn random_bytes_are_told_from_text_tables_and_known_formats() {
        assert!(is_random(&random(HEAD)));
        assert!(is_random(&random(SAMPLE)));
        // Too short to say.
        assert!(!is_random(&random(SAMPLE - 1)));
        let mut behind_a_header = vec![0; SAMPLE];
        behind_a_header.extend(random(SAMPLE));
        assert!(is_random(&behind_a_header));

        assert!(!is_random(include_bytes!("files.rs")));
        // Every value as often as any other, but only half of them.
        let half: Vec<u8> = random(HEAD).iter().map(|b| b & 0x7f).collect();
        assert!(!is_random(&half));
        let mut picture = random(HEAD);
        picture[..4].copy_from_slice(b"\x89PNG");
        assert!(!is_random(&picture));
        picture[..4].copy_from_slice(&[0x78, 0x9c, 0xed, 0xbd]);
        assert!(!is_random(&picture));
    }

    #[test]
    fn what_was_compressed_is_not_random() {
        assert!(may_be(4096, 4096));
        assert!(may_be(100_030, 100_000));
        assert!(!may_be(90_000, 100_000));
        assert!(!may_be(4095, 4095));
    }
}
