//! `sdks/`, `packers/` and `information/categories.toml`.

use super::{Source, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `sdks/<vendor>/<sdk>.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// `<vendor>/<sdk>`.
    pub id: String,
    /// Name; Chinese where the market has one.
    pub name: Text,
    /// The operator: its legal name, the brand in parentheses where it differs.
    #[serde(default)]
    pub vendor: Text,
    /// ISO 3166 code of the operator's country; empty where it is not known.
    #[serde(default)]
    pub country: String,
    /// `cn` or `global`.
    #[serde(default)]
    pub market: String,
    /// `ads`, `analytics`, `push` …: an id of `information/categories.toml`.
    #[serde(default)]
    pub category: String,
    /// The vendor's site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// One of the most used of its market: the file has to be complete ([`Sdk::gaps`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub most_used: bool,
    /// Fields ([`FIELDS`]) that were looked for in the sources of this file and that no public document or binary gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_found: Vec<String>,
    /// What shows that it is inside.
    pub identity: Identity,
    /// What it collects, and how that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collects: Option<Collects>,
    /// Permissions that the vendor's documents name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disclosed_permissions: Vec<String>,
    /// What was read from the vendor's own binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// What it is for, in the words that a privacy policy would use; more exact than its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// Address of the privacy policy of the SDK itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_policy: Option<String>,
    /// How it begins to work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// What the host app can switch: the compliant start, opt-outs, single items of information.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub control: Vec<Control>,
    /// For a framework whose apps are written in something else than DEX: where the app's own code
    /// lies, and what of it can still be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<Text>,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Examples that are run.
    pub examples: Examples,
}

/// The fields that a complete file fills, in the names of its sources (`of`).
pub const FIELDS: [&str; 8] = [
    "vendor",
    "country",
    "purpose",
    "collects",
    "disclosed_permissions",
    "start",
    "control",
    "privacy_policy",
];

impl Sdk {
    /// What a complete file still lacks: fields without a value, and values without a source.
    ///
    /// A field that stands in [`Sdk::not_found`] is no gap: somebody looked and said so. What it
    /// collects counts only where a disclosure says it.
    #[must_use]
    pub fn gaps(&self) -> Vec<(&'static str, Gap)> {
        let filled = [
            !self.vendor.zh.is_empty() && !self.vendor.en.is_empty(),
            !self.country.is_empty(),
            self.purpose.is_some(),
            self.collects
                .as_ref()
                .is_some_and(|c| c.basis == "disclosure"),
            !self.disclosed_permissions.is_empty(),
            self.start.as_ref().is_some_and(|s| s.automatic.is_some()),
            !self.control.is_empty(),
            self.privacy_policy.is_some(),
        ];
        let sourced = |field: &str| self.source.iter().any(|s| s.supports(field));
        let open = FIELDS
            .into_iter()
            .zip(filled)
            .filter_map(|(field, filled)| {
                match (filled, self.not_found.iter().any(|f| f == field)) {
                    (true, true) => Some((field, Gap::Contradiction)),
                    (true, false) => (!sourced(field)).then_some((field, Gap::Source)),
                    (false, true) => None,
                    (false, false) => Some((field, Gap::Value)),
                }
            });
        open.collect()
    }
}

/// What a field of an SDK lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// No value, and nobody says that it was looked for.
    Value,
    /// No source that names the field.
    Source,
    /// It has a value and is said not to have been found.
    Contradiction,
}

/// How an SDK begins to work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Start {
    /// Whether code of it runs without a call of the host app: a provider, an `androidx.startup`
    /// initializer or a receiver of its own manifest; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic: Option<bool>,
    /// Methods that start it, `com.umeng.commonsdk.UMConfigure.init`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init: Vec<String>,
    /// Content providers of its manifest that run before the app's own code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// `androidx.startup` initializers of its manifest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub initializers: Vec<String>,
}

/// Something that the host app can switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What it does.
    pub does: Text,
    /// The method (`com.umeng.commonsdk.UMConfigure.preInit`) …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// … or the `meta-data` key with its value (`firebase_analytics_collection_enabled=false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_data: Option<String>,
}

/// What shows that an SDK is inside an app. Every list may be empty, not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Package prefixes of its own classes (strong): `com.umeng.analytics` covers itself and what is below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Prefixes that others use as well, or that no binary has confirmed (weak: two marks needed).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weak_packages: Vec<String>,
    /// Class names of components (strong).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Intent actions of its receivers and services (weak).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// `meta-data` keys (weak: the app's developer writes them); a `*` at the end is a prefix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meta_data: Vec<String>,
    /// `meta-data` keys that several SDKs read, or that say little by themselves (weak).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weak_meta_data: Vec<String>,
    /// File names of native libraries (strong); a `*` at the end before `.so` is a prefix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub native: Vec<String>,
    /// Native libraries that no binary has confirmed, or that others ship as well (weak).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weak_native: Vec<String>,
    /// Paths in the package (strong); a `*` at the end is a prefix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<String>,
    /// Host names in strings (weak); `*.x.com` covers subdomains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

impl Identity {
    /// All lists with their keys, in the order of the file.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[String]); 10] {
        [
            ("packages", &self.packages),
            ("weak_packages", &self.weak_packages),
            ("components", &self.components),
            ("actions", &self.actions),
            ("meta_data", &self.meta_data),
            ("weak_meta_data", &self.weak_meta_data),
            ("native", &self.native),
            ("weak_native", &self.weak_native),
            ("assets", &self.assets),
            ("hosts", &self.hosts),
        ]
    }
}

/// What an SDK collects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collects {
    /// Ids of information kinds.
    pub information: Vec<String>,
    /// `disclosure`: a vendor's or an app's document says so; `general-knowledge`: nobody checked, never cited.
    pub basis: String,
}

/// What was read from a vendor's own binary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observed {
    /// File or coordinates with version.
    pub files: Vec<String>,
    /// Permissions that its manifest merges in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// Components that its manifest merges in, `service:com.x.Y`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// `meta-data` keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meta_data: Vec<String>,
}

/// Examples in the fact notation, each a list of lines that stand for one app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Examples {
    /// Apps in which it must be found.
    #[serde(rename = "match")]
    pub matches: Vec<Vec<String>>,
    /// Apps in which it must not be found.
    pub no_match: Vec<Vec<String>>,
    /// Other SDKs that the `match` examples show as well, and may: SDKs that share marks, a bundle and its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// `information/categories.toml`: kinds of SDKs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Categories {
    /// The categories by id: what an SDK of the kind is for.
    pub category: BTreeMap<String, Text>,
}

/// `packers/<id>.toml`: a shield and what it leaves readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packer {
    /// The packer's id.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// The operator.
    #[serde(default)]
    pub vendor: Text,
    /// What shows that it was used.
    pub identity: Identity,
    /// What stays readable and what does not.
    pub leaves: Text,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Examples that are run.
    pub examples: Examples,
}
