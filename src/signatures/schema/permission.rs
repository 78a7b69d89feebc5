//! `permissions/`, `imported/permissions.toml` and `information/kinds.toml`.

use super::{Source, Str, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `imported/permissions.toml`: the platform's permission catalogue over the API levels. Machine-made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionCatalogue {
    /// Where it was made from, and how.
    pub source: Vec<Source>,
    /// All permissions, sorted by name.
    pub permission: Vec<CataloguePermission>,
}

/// One permission of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CataloguePermission {
    /// Full name.
    pub name: Str,
    /// Who defines it: `platform`, `module`, `health-connect`, `gms`, `oem`, `oem-cn` …
    pub kind: Str,
    /// Vendor, where it is not the platform.
    #[serde(default)]
    pub vendor: Option<Str>,
    /// Part of the public SDK.
    #[serde(default)]
    pub public: bool,
    /// First API level that has it.
    #[serde(default)]
    pub since: Option<u32>,
    /// Last API level that has it, if it is gone.
    #[serde(default)]
    pub removed_after: Option<u32>,
    /// Group (`android.permission-group.LOCATION`); ours from API 29 on, where the platform names none.
    #[serde(default)]
    pub group: Option<Str>,
    /// Protection by API level, ascending, without overlaps: `"23-36 dangerous|instant"`.
    #[serde(default)]
    pub protection: Vec<Str>,
    /// The platform's label.
    #[serde(default)]
    pub label: Text,
    /// What to know about it.
    #[serde(default)]
    pub note: Option<Str>,
}

/// `permissions/<group>.toml`: what personal information permissions open. Written by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionFile {
    /// Name of the file (`location`); the loader fills it in where the file does not state it.
    #[serde(default)]
    pub id: Str,
    /// The permissions of this file.
    pub permission: Vec<PrivacyPermission>,
    /// Sources of this file.
    pub source: Vec<Source>,
}

/// How a permission shows up in a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionUse {
    /// The app requests it with `uses-permission`.
    #[default]
    Requested,
    /// A component is protected by it (`BIND_ACCESSIBILITY_SERVICE`): the app offers the service.
    Component,
}

/// How sensitive the information is that a permission opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Little.
    Low,
    /// Personal information.
    Medium,
    /// Sensitive personal information (PIPL Art. 28) or as far-reaching.
    High,
}

/// The privacy side of one permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyPermission {
    /// Full name, or a prefix ending in `*`, or an ending beginning with `*` (names that apps define under their own package name).
    pub name: Str,
    /// Short name in both languages.
    pub title: Text,
    /// Ids of information kinds in `information/kinds.toml`; empty where it opens none.
    #[serde(default)]
    pub information: Vec<Str>,
    /// How sensitive that is.
    #[serde(default)]
    pub sensitivity: Option<Sensitivity>,
    /// Our group where the platform has none (`APPS`, `SPECIAL_ACCESS` …).
    #[serde(default)]
    pub group: Option<Str>,
    /// How it shows up.
    #[serde(default)]
    pub shows: PermissionUse,
    /// A way that needs no permission.
    #[serde(default)]
    pub alternative: Option<Text>,
    /// First API level that has the alternative.
    #[serde(default)]
    pub alternative_since: Option<u32>,
    /// Why there is no way without the permission, where there is none.
    #[serde(default)]
    pub no_alternative: Option<Text>,
    /// Judged as this permission where a function does not name it.
    #[serde(default)]
    pub judged_as: Option<Str>,
    /// Common to all kinds of apps and opens no personal information by itself: not judged against a function.
    #[serde(default)]
    pub neutral: bool,
    /// Part of TC260-PG-20204A's list of permissions that open personal information.
    #[serde(default)]
    pub tc260_list: bool,
    /// Part of T/TAF 077 that speaks of the information (`077.2`).
    #[serde(default)]
    pub taf077: Option<Str>,
    /// Google Play data type.
    #[serde(default)]
    pub play_data_type: Option<Str>,
}

/// `permissions/implied.toml`: what the platform adds to a manifest by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implied {
    /// Permissions that come with others below a target level (AOSP `split-permission`).
    #[serde(default)]
    pub split: Vec<SplitPermission>,
    /// Features that a permission implies (AOSP, aapt).
    #[serde(default)]
    pub feature: Vec<ImpliedFeature>,
    /// Sources of this file.
    pub source: Vec<Source>,
}

/// "An app that requests `permission` and targets less than `target_below` also gets `adds`."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitPermission {
    /// The permission that is requested; absent where every app below the level gets it.
    #[serde(default)]
    pub permission: Option<Str>,
    /// Target levels below this one; absent where the target does not matter.
    #[serde(default)]
    pub target_below: Option<u32>,
    /// First API level of the device on which this happens.
    #[serde(default)]
    pub since: Option<u32>,
    /// The permissions that are added.
    pub adds: Vec<Str>,
    /// Why.
    pub note: Text,
}

/// "An app that requests one of `permissions` needs `feature` unless it says otherwise."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpliedFeature {
    /// Any of these.
    pub permissions: Vec<Str>,
    /// The feature.
    pub feature: Str,
    /// Only for target levels below this one.
    #[serde(default)]
    pub target_below: Option<u32>,
    /// Only for target levels from this one.
    #[serde(default)]
    pub target_from: Option<u32>,
}

/// `information/kinds.toml`: the taxonomy of personal information.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Information {
    /// The kinds by id (`location.precise`).
    pub kind: BTreeMap<Str, InformationKind>,
    /// Sources of this file.
    #[serde(default)]
    pub source: Vec<Source>,
}

/// One kind of personal information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InformationKind {
    /// Name in Chinese.
    pub zh: Str,
    /// Name in English.
    pub en: Str,
    /// Sensitive personal information (PIPL Art. 28), as far as the kind alone tells.
    #[serde(default)]
    pub sensitive: bool,
    /// Words for it in privacy policies, in any language, beside its two names.
    #[serde(default)]
    pub words: Vec<Str>,
    /// Something that the app can do rather than information that it gets: no policy lists it as collected.
    #[serde(default)]
    pub ability: bool,
    /// A word that vendors' documents use and no entry has yet: not reported as unused.
    #[serde(default)]
    pub reserved: bool,
}
