//! The data files under `signatures/`, as written.
//!
//! `build.rs` compiles this file too: it parses every file into these types
//! and packs them into one blob, so nothing here may use the rest of the crate.
//! A file's id is its path: `functions/06-online-shopping.toml` holds the
//! function `online-shopping`, `sdks/umeng/analytics.toml` the SDK
//! `umeng/analytics`. Unknown keys are errors.

mod api;
mod function;
mod law;
mod marks;
pub mod packed;
mod permission;
mod rule;
mod sdk;

pub use api::*;
pub use function::*;
pub use law::*;
pub use marks::*;
pub use packed::Str;
pub use permission::*;
pub use rule::*;
pub use sdk::*;

use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Simplified Chinese.
    #[serde(default)]
    pub zh: Str,
    /// English.
    #[serde(default)]
    pub en: Str,
}

/// How far a fact has been checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen word for word in the source that is named.
    Verified,
    /// Seen in part, or as a summary.
    Partly,
    /// General knowledge: not seen in a source; never quoted, never a basis on its own.
    #[default]
    Memory,
    /// Our own reasoning, labelled so wherever it is shown.
    Derived,
}

/// Where a fact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Which fields of the file it supports (`identity`, `collects`, `*` …).
    pub of: Str,
    /// Address, document, or coordinates with version.
    pub from: Str,
    /// Day it was looked at, `YYYY-MM-DD`.
    pub date: Str,
    /// How far it was checked.
    pub confidence: Confidence,
}

impl Source {
    /// Whether it stands behind `field`: named in [`Source::of`], alone or with a part behind a dot.
    #[must_use]
    pub fn supports(&self, field: &str) -> bool {
        let mut named = self.of.split(',').map(str::trim);
        named.any(|of| of == "*" || of.split('.').next() == Some(field))
    }
}

/// Everything under `signatures/`, sorted by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// `functions/`.
    pub functions: Vec<Function>,
    /// `functions/reasons.toml`.
    pub reasons: Reasons,
    /// `store-types/`.
    pub store_types: Vec<StoreTypes>,
    /// `imported/permissions.toml`.
    pub catalogue: PermissionCatalogue,
    /// `permissions/`.
    pub permissions: Vec<PermissionFile>,
    /// `permissions/implied.toml`.
    pub implied: Implied,
    /// `information/kinds.toml`.
    pub information: Information,
    /// `information/categories.toml`.
    pub categories: Categories,
    /// `sdks/`.
    pub sdks: Vec<Sdk>,
    /// `packers/`.
    pub packers: Vec<Packer>,
    /// `law/`.
    pub law: Vec<Instrument>,
    /// `rules/`.
    pub rules: Vec<Rule>,
    /// `imported/apis.toml`: class descriptor, `name(args)ret` or `name:type`, history.
    pub members: Table,
    /// `imported/intents.toml`: kind, action, history.
    pub actions: Table,
    /// `imported/providers.toml`: authority, path, permissions.
    pub providers: Table,
    /// `imported/hierarchy.toml`: `supertypes`, class descriptor, its supertypes.
    pub hierarchy: Table,
    /// `apis/`.
    pub accesses: Vec<AccessFile>,
}
