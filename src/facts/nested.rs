//! Files inside an APK that may become code at run time: DEX files and archives, listed and not judged.

use serde::{Deserialize, Serialize};

/// What a nested file is, by its contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NestedKind {
    /// A DEX file.
    Dex,
    /// An archive with an `AndroidManifest.xml`.
    Apk,
    /// Any other ZIP archive: JAR, AAR, data.
    #[default]
    Archive,
}

/// A DEX file or archive that the platform does not load by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedFact {
    /// As in [`FileFact::name`](super::FileFact::name).
    pub file: String,
    /// Its entry; `assets/a.zip!b.apk` for one that lies in a nested archive.
    pub entry: String,
    /// What it is.
    pub kind: NestedKind,
    /// Bytes, inflated.
    pub size: u64,
    /// SHA-256; nothing where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its entries were looked at. Always for a DEX file.
    pub opened: bool,
    /// Package name in an APK's manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// DEX files in it, known by their first bytes whatever their name; the DEX file itself counts as none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dex: Vec<NestedDex>,
    /// DEX files that did not fit into the list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dex_more: u64,
    /// Native libraries in it, known by their first bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub native: u64,
    /// Archives in it. Down to the limit of depth they are listed with an entry of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub archives: u64,
}

/// A DEX file in a nested archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedDex {
    /// Its entry in the nested archive.
    pub entry: String,
    /// Bytes, inflated.
    pub size: u64,
    /// SHA-256; nothing where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
