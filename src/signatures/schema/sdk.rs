//! `sdks/`, `packers/` and `information/categories.toml`.

use super::{Source, Str, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `sdks/<vendor>/<sdk>.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// `<vendor>/<sdk>`.
    pub id: Str,
    /// Name; Chinese where the market has one.
    pub name: Text,
    /// Other names that privacy policies and SDK lists use for it, in any language; not those of its operator.
    #[serde(default)]
    pub aliases: Vec<Str>,
    /// The operator: its legal name, the brand in parentheses where it differs.
    #[serde(default)]
    pub vendor: Text,
    /// ISO 3166 code of the operator's country; empty where it is not known.
    #[serde(default)]
    pub country: Str,
    /// `cn` or `global`.
    #[serde(default)]
    pub market: Str,
    /// `ads`, `analytics`, `push` …: an id of `information/categories.toml`.
    #[serde(default)]
    pub category: Str,
    /// The vendor's site.
    #[serde(default)]
    pub website: Option<Str>,
    /// One of the most used of its market: the file has to be complete ([`Sdk::gaps`]).
    #[serde(default)]
    pub most_used: bool,
    /// Fields ([`FIELDS`]) that were looked for in the sources of this file and that no public document or binary gives.
    #[serde(default)]
    pub not_found: Vec<Str>,
    /// What shows that it is inside.
    pub identity: Identity,
    /// What it collects, and how that is known.
    #[serde(default)]
    pub collects: Option<Collects>,
    /// Permissions that the vendor's documents name.
    #[serde(default)]
    pub disclosed_permissions: Vec<Str>,
    /// What was read from the vendor's own binary.
    #[serde(default)]
    pub observed: Option<Observed>,
    /// What it is for, in the words that a privacy policy would use; more exact than its category.
    #[serde(default)]
    pub purpose: Option<Text>,
    /// Address of the privacy policy of the SDK itself.
    #[serde(default)]
    pub privacy_policy: Option<Str>,
    /// How it begins to work.
    #[serde(default)]
    pub start: Option<Start>,
    /// What the host app can switch: the compliant start, opt-outs, single items of information.
    #[serde(default)]
    pub control: Vec<Control>,
    /// For a framework whose apps are written in something else than DEX: where the app's own code
    /// lies, and what of it can still be read.
    #[serde(default)]
    pub leaves: Option<Text>,
    /// How such code reaches the platform; absent where it is not known, and then it may reach anything.
    #[serde(default)]
    pub bridge: Option<Bridge>,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Examples that are run.
    pub examples: Examples,
}

/// How code that is not DEX reaches the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bridge {
    /// Only through modules or plug-ins that are compiled into DEX or native libraries of the
    /// package: what these do not do, no script can do.
    Modules,
    /// By naming any class and method of the platform at run time.
    Anything,
    /// It brings code for the platform later: DEX or native code that is downloaded or unpacked.
    Code,
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
    pub automatic: Option<bool>,
    /// Methods that start it, `com.umeng.commonsdk.UMConfigure.init`.
    pub init: Vec<Str>,
    /// Content providers of its manifest that run before the app's own code.
    pub providers: Vec<Str>,
    /// `androidx.startup` initializers of its manifest.
    pub initializers: Vec<Str>,
}

/// Something that the host app can switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What it does.
    pub does: Text,
    /// The method (`com.umeng.commonsdk.UMConfigure.preInit`) …
    #[serde(default)]
    pub method: Option<Str>,
    /// … or the `meta-data` key with its value (`firebase_analytics_collection_enabled=false`).
    #[serde(default)]
    pub meta_data: Option<Str>,
}

/// What shows that an SDK is inside an app. Every list may be empty, not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Package prefixes of its own classes (strong): `com.umeng.analytics` covers itself and what is below.
    pub packages: Vec<Str>,
    /// Prefixes that others use as well, or that no binary has confirmed (weak: two marks needed).
    pub weak_packages: Vec<Str>,
    /// Class names of components (strong).
    pub components: Vec<Str>,
    /// Intent actions of its receivers and services (weak).
    pub actions: Vec<Str>,
    /// `meta-data` keys (weak: the app's developer writes them); a `*` at the end is a prefix.
    pub meta_data: Vec<Str>,
    /// `meta-data` keys that several SDKs read, or that say little by themselves (weak).
    pub weak_meta_data: Vec<Str>,
    /// File names of native libraries (strong); a `*` at the end before `.so` is a prefix.
    pub native: Vec<Str>,
    /// Native libraries that no binary has confirmed, or that others ship as well (weak).
    pub weak_native: Vec<Str>,
    /// Paths in the package (strong); a `*` at the end is a prefix.
    pub assets: Vec<Str>,
    /// Host names in strings (weak); `*.x.com` covers subdomains.
    pub hosts: Vec<Str>,
}

impl Identity {
    /// All lists with their keys, in the order of the file.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[Str]); 10] {
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
    pub information: Vec<Str>,
    /// `disclosure`: a vendor's or an app's document says so; `general-knowledge`: nobody checked, never cited.
    pub basis: Str,
}

/// What was read from a vendor's own binary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observed {
    /// File or coordinates with version.
    pub files: Vec<Str>,
    /// Permissions that its manifest merges in.
    pub permissions: Vec<Str>,
    /// Components that its manifest merges in, `service:com.x.Y`.
    pub components: Vec<Str>,
    /// `meta-data` keys.
    pub meta_data: Vec<Str>,
}

/// Examples in the fact notation, each a list of lines that stand for one app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Examples {
    /// Apps in which it must be found.
    #[serde(rename = "match")]
    pub matches: Vec<Vec<Str>>,
    /// Apps in which it must not be found.
    pub no_match: Vec<Vec<Str>>,
    /// Other SDKs that the `match` examples show as well, and may: SDKs that share marks, a bundle and its parts.
    pub also: Vec<Str>,
}

/// `information/categories.toml`: kinds of SDKs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Categories {
    /// The categories by id: what an SDK of the kind is for.
    pub category: BTreeMap<Str, Text>,
}

/// `packers/<id>.toml`: a shield and what it leaves readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packer {
    /// The packer's id.
    pub id: Str,
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
