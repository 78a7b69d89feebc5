//! Names of entries: which ones Android accepts, which ones decide what an app is, which ones collide.

use super::archive::Entry;
use super::oddities::Oddities;
use crate::incident::IncidentCode;

/// Whether Android accepts the name, by libziparchive `IsValidEntryName`: no NUL, and the lead and
/// continuation bytes of UTF-8. Overlong forms, surrogates and sequences of up to six bytes pass.
pub(super) fn is_valid(name: &[u8]) -> bool {
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        let more = match byte.leading_ones() {
            0 if *byte == 0 => return false,
            0 => 0,
            lead @ 2..=6 => lead.saturating_sub(1),
            _ => return false,
        };
        for _ in 0..more {
            if bytes.next().is_none_or(|next| next & 0xc0 != 0x80) {
                return false;
            }
        }
    }
    true
}

/// Whether the name leads out of the folder into which a tool unpacks.
pub(super) fn leads_out(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}

/// Files that decide what an app is: its manifest, resource table, code and libraries.
pub(super) fn is_decisive(name: &str) -> bool {
    name == "AndroidManifest.xml" || name == "resources.arsc" || is_code(name)
}

/// Code that ART or the linker gets out of the archive.
pub(super) fn is_code(name: &str) -> bool {
    let dex = name.starts_with("classes") && name.ends_with(".dex") && !name.contains('/');
    dex || name.starts_with("lib/") && name.ends_with(".so")
}

/// Names that are beginnings of one name, of which so many are looked at.
const DEEPEST: usize = 256;

/// Looks for names that one folder cannot hold at once. `sorted` is in the order of the names' bytes.
pub(super) fn collisions<'e>(sorted: impl Iterator<Item = &'e Entry>, oddities: &mut Oddities) {
    // The names that the present one begins with: in a sorted list they are all that can be its folders.
    let mut above: Vec<&Entry> = Vec::new();
    for entry in sorted {
        let name = entry.name.as_str();
        while above
            .last()
            .is_some_and(|e| !name.starts_with(e.name.as_str()))
        {
            above.pop();
        }
        // All of them are beginnings of the name, so one byte tells. A file can have names that are
        // beginnings of each other by the thousand; those next to the name are enough.
        let is_folder = |e: &&&Entry| name.as_bytes().get(e.name.len()) == Some(&b'/');
        let file = above.iter().rev().take(DEEPEST).find(is_folder);
        if let Some(file) = file {
            let what = "a file that is also a folder, which tools that unpack an APK trip over";
            oddities.differ(what, file, entry.central_offset);
        }
        // Libraries are left out: their names have capitals.
        let lower = name.to_ascii_lowercase();
        let looked_for =
            lower == "androidmanifest.xml" || !lower.contains('/') && is_decisive(&lower);
        if looked_for && !is_decisive(name) {
            let what = "a name that differs in case only from one that Android looks for";
            let code = IncidentCode::ArchiveAnomaly;
            oddities.add(code, what, entry, entry.central_offset);
        }
        if !name.is_empty() && !entry.is_directory() {
            above.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of AOSP's `entry_name_utils_test.cc`, and the bounds of its loop.
    #[test]
    fn names_that_android_accepts() {
        for good in [
            &b""[..],
            b"valid",
            b"classes.dex",
            b"\xc2\xa2",
            b"\xe2\x82\xac",
            b"\xf0\xa4\xad\xa2",
            // Overlong, a surrogate, five and six bytes: not UTF-8, and accepted.
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf8\x80\x80\x80\x80",
            b"\xfc\x80\x80\x80\x80\x80",
        ] {
            assert!(is_valid(good), "{good:x?}");
        }
        for bad in [
            &b"a\0b"[..],
            b"\x80",
            b"\xbf",
            b"\xc2",
            b"\xc2a",
            b"\xe2\x82",
            b"\xe2\x82a",
            b"\xfe\x80\x80\x80\x80\x80\x80",
            b"\xff",
        ] {
            assert!(!is_valid(bad), "{bad:x?}");
        }
    }

    #[test]
    fn what_decides_an_app() {
        for name in [
            "AndroidManifest.xml",
            "resources.arsc",
            "classes.dex",
            "classes12.dex",
            "lib/arm64-v8a/libx.so",
        ] {
            assert!(is_decisive(name), "{name}");
        }
        for name in [
            "res/AndroidManifest.xml",
            "assets/classes.dex",
            "classes/x.dex",
            "lib/x.txt",
        ] {
            assert!(!is_decisive(name), "{name}");
        }
    }
}
