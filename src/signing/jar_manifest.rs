//! `MANIFEST.MF` and `.SF` files: sections of attributes (JAR File Specification, "JAR Manifest").
//!
//! Split into lines and sections as apksig `ManifestParser` does, because digests are over the bytes of a section.

use super::key::Hash;
use std::borrow::Cow;

/// One section. Lines are kept as they are written, because a hostile file has millions of them.
#[derive(Debug)]
pub(super) struct Section<'f> {
    /// Its bytes in the file, with the empty line behind it.
    pub(super) bytes: std::ops::Range<usize>,
    attributes: Vec<Cow<'f, [u8]>>,
}

impl Section<'_> {
    /// Value of the first attribute with this name, whatever its case.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut found = self.attributes.iter().map(|line| split(line));
        let (_, value) = found.find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(String::from_utf8_lossy(value))
    }

    /// The entry that the section is about: its first attribute must say so.
    pub(super) fn name(&self) -> Option<Cow<'_, str>> {
        let (key, value) = split(self.attributes.first()?);
        key.eq_ignore_ascii_case(b"Name")
            .then(|| String::from_utf8_lossy(value))
    }
}

/// Name and value of an attribute.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(line, b": ") {
        Some(at) => {
            let (name, rest) = line.split_at_checked(at).unwrap_or((line, &[]));
            (name, rest.get(2..).unwrap_or_default())
        }
        None => (line, &[]),
    }
}

/// All sections of a file, the main one first.
pub(super) fn sections(file: &[u8]) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    let mut attributes: Vec<Cow<'_, [u8]>> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < file.len() {
        let (line, next) = line(file, at);
        if line.is_empty() {
            if !attributes.is_empty() {
                found.push(Section {
                    bytes: start..next,
                    attributes: std::mem::take(&mut attributes),
                });
            }
            start = next;
        } else {
            match (line.strip_prefix(b" "), attributes.last_mut()) {
                (Some(more), Some(last)) => last.to_mut().extend(more),
                _ => attributes.push(Cow::Borrowed(line)),
            }
        }
        at = next;
    }
    if !attributes.is_empty() {
        found.push(Section {
            bytes: start..file.len(),
            attributes,
        });
    }
    found
}

/// The line at `at`, which ends with CR, LF or both, and where the next one begins.
fn line(file: &[u8], at: usize) -> (&[u8], usize) {
    let rest = file.get(at..).unwrap_or_default();
    let Some(length) = memchr::memchr2(b'\r', b'\n', rest) else {
        return (rest, file.len());
    };
    let (line, ending) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let ends = if ending.starts_with(b"\r\n") { 2 } else { 1 };
    (line, at.saturating_add(length).saturating_add(ends))
}

/// The digests that Android checks of a section (apksig `V1SchemeVerifier.getDigestsToVerify`): up to level 17
/// the first one of a list, from 18 on the strongest one.
///
/// `None` stands for a digest that is no Base64.
pub(super) fn digests(
    section: &Section<'_>,
    suffix: &str,
    levels: super::Levels,
) -> Vec<(Hash, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    if levels.min < 18 {
        let names = section.get("Digest-Algorithms");
        let names = names.as_deref().unwrap_or("SHA SHA1");
        for name in names.split_ascii_whitespace() {
            let Some(value) = section.get(&format!("{name}{suffix}")) else {
                continue;
            };
            let (hash, since) = match name.to_ascii_uppercase().as_str() {
                "MD5" => (Hash::Md5, 0),
                "SHA" | "SHA1" | "SHA-1" => (Hash::Sha1, 0),
                "SHA-256" => (Hash::Sha256, 0),
                "SHA-384" => (Hash::Sha384, 9),
                "SHA-512" => (Hash::Sha512, 9),
                _ => continue,
            };
            if since > levels.min {
                continue;
            }
            found.push((hash, base64(&value)));
            break;
        }
        if found.is_empty() {
            return found;
        }
    }
    if levels.max >= 18 {
        let strongest = [
            ("SHA-512", Hash::Sha512),
            ("SHA-384", Hash::Sha384),
            ("SHA-256", Hash::Sha256),
            ("SHA1", Hash::Sha1),
        ];
        let best = strongest
            .into_iter()
            .find_map(|(name, hash)| Some((hash, section.get(&format!("{name}{suffix}"))?)));
        if let Some((hash, value)) = best {
            let digest = (hash, base64(&value));
            if !found.contains(&digest) {
                found.push(digest);
            }
        }
    }
    found
}

/// Base64 (RFC 4648, 4), with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut out = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit.wrapping_sub(b'A'),
                b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
                b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits.wrapping_shl(6) | u32::from(value);
        }
        let [_, first, second, third] = match group.len() {
            4 => bits,
            3 => bits.wrapping_shl(6),
            2 => bits.wrapping_shl(12),
            _ => return None,
        }
        .to_be_bytes();
        let whole = [first, second, third];
        out.extend(whole.get(..group.len().saturating_sub(1))?);
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::signing::Levels;

    #[test]
    fn sections_with_folded_lines_and_any_line_ends() {
        let file = b"Manifest-Version: 1.0\r\n\r\nName: a/long\r\n er\r\nSHA1-Digest: eA==\r\n\r\n\nname: b\rX\r\r";
        let found = sections(file);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].bytes, 0..25);
        assert_eq!(found[1].name().as_deref(), Some("a/longer"));
        assert_eq!(found[1].get("sha1-DIGEST").as_deref(), Some("eA=="));
        assert!(file[found[1].bytes.clone()].ends_with(b"eA==\r\n\r\n"));
        assert_eq!(found[2].name().as_deref(), Some("b"));
        assert_eq!(found[2].get("X").as_deref(), Some(""));
        assert_eq!(found[2].bytes.end, file.len());
    }

    #[test]
    fn a_section_without_a_name_and_one_that_is_cut_off() {
        let found = sections(b"A: 1\n\nB: 2\nName: x");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name(), None);
        assert_eq!(found[1].bytes, 6..18);
        assert!(sections(b"\n\r\n").is_empty());
    }

    /// RFC 4648, 10.
    #[test]
    fn base64_examples() {
        for (text, plain) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(base64("Zg"), Some(b"f".to_vec()));
        assert_eq!(base64("Z"), None);
        assert_eq!(base64("Zm 9v"), None);
    }

    /// apksig's comments: before level 18 `Digest-Algorithms` counts, from then on the strongest one.
    #[test]
    fn which_digests_count_at_which_level() {
        let section = &sections(b"Name: a\nSHA1-Digest: eA==\nSHA-256-Digest: eQ==\n")[0];
        let of = |min, max| -> Vec<Hash> {
            let found = digests(section, "-Digest", Levels { min, max });
            found.into_iter().map(|(hash, _)| hash).collect()
        };
        assert_eq!(of(9, 17), [Hash::Sha1]);
        assert_eq!(of(18, 30), [Hash::Sha256]);
        assert_eq!(of(9, 30), [Hash::Sha1, Hash::Sha256]);
        let strong = &sections(b"Name: a\nSHA-256-Digest: eQ==\n")[0];
        let levels = Levels { min: 9, max: 30 };
        assert!(digests(strong, "-Digest", levels).is_empty());
    }
}
