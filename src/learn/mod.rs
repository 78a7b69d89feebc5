//! From an SDK's own archive to a proposal for its file: `permscope db learn`.
//!
//! [`read`] lists what an AAR, a JAR or an APK shows; [`propose()`] says which of it is the
//! SDK's own, what other files of the database already have, and what only a person can tell.
//! Nothing is taken for certain: the result is a file with comments, to be read before it is kept.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod archive;
mod classfile;
mod names;
mod propose;

pub use archive::read;
pub use propose::{Asked, propose};

use std::collections::{BTreeMap, BTreeSet};

/// What one archive shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// File name.
    pub name: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Package of the manifest.
    pub package: String,
    /// Whether there was a manifest.
    pub has_manifest: bool,
    /// Classes as Java names, without `R`, `BuildConfig` and descriptions of packages.
    pub classes: BTreeSet<String>,
    /// Host names in strings, and some of the classes that hold them (none where that is not known).
    pub hosts: BTreeMap<String, BTreeSet<String>>,
    /// Permissions that its manifest asks for, with `maxSdkVersion`.
    pub permissions: BTreeMap<String, Option<u32>>,
    /// Components of its manifest.
    pub components: Vec<SeenComponent>,
    /// `meta-data` keys, without those that name `androidx.startup` initializers.
    pub meta_data: BTreeSet<String>,
    /// File names of native libraries.
    pub native: BTreeSet<String>,
    /// Entries below `assets/`.
    pub assets: BTreeSet<String>,
    /// Classes that the consumer rules keep.
    pub keep: BTreeSet<String>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// A component of the archive's manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenComponent {
    /// `service` …
    pub kind: String,
    /// Class name.
    pub name: String,
    /// Intent actions, sorted.
    pub actions: Vec<String>,
    /// `androidx.startup` initializers that a provider names.
    pub initializers: Vec<String>,
    /// A provider with an authority: it runs before the app's own code, whether or not anyone asks it.
    pub starts_itself: bool,
}

#[cfg(test)]
mod tests;
