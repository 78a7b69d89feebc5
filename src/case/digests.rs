//! Digests of the app's files and of the files of a case, and the list that people check them with.

use super::Files;
use crate::hash::{hex, sha256};
use serde::{Deserialize, Serialize};
use sm3::{Digest, Sm3};
use std::fmt::Write;

/// One file: what is needed to know it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// Its name; in a case the path with `/`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// SM3 (GB/T 32905), lower-case hex.
    pub sm3: String,
}

impl Digests {
    /// Digests of these bytes.
    pub fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            name: name.into(),
            size: bytes.len().try_into().unwrap_or(u64::MAX),
            sha256: sha256(bytes),
            sm3: sm3(bytes),
        }
    }
}

/// SM3 as lower-case hex.
pub(super) fn sm3(bytes: &[u8]) -> String {
    hex(&Sm3::digest(bytes))
}

/// `hashes.tsv`: the app's files, then every file of `files`.
pub(super) fn table(app: &[Digests], files: &Files) -> String {
    let mut out = String::from("what\tname\tbytes\tsha256\tsm3\n");
    let mut row = |what: &str, of: &Digests| {
        let name = crate::report::plain::printable(&of.name);
        let _ = writeln!(
            out,
            "{what}\t{name}\t{}\t{}\t{}",
            of.size, of.sha256, of.sm3
        );
    };
    app.iter().for_each(|of| row("app", of));
    for (name, bytes) in files {
        row("case", &Digests::of(name, bytes));
    }
    out
}

#[cfg(test)]
mod tests {
    /// GB/T 32905-2016, annex A, examples 1 and 2; `openssl dgst -sm3` gives the same.
    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(
            super::sm3(b"abc"),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            super::sm3(&b"abcd".repeat(16)),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }
}
