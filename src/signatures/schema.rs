//! The data files under `signatures/`, as written.
//!
//! `build.rs` compiles this file too: it parses every file into these types
//! and packs them into one blob, so nothing here may use the rest of the crate.
//! A file's id is its path: `functions/06-online-shopping.toml` holds the
//! function `online-shopping`, `sdks/umeng/analytics.toml` the SDK
//! `umeng/analytics`. Unknown keys are errors.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Simplified Chinese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zh: String,
    /// English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
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
    pub of: String,
    /// Address, document, or coordinates with version.
    pub from: String,
    /// Day it was looked at, `YYYY-MM-DD`.
    pub date: String,
    /// How far it was checked.
    pub confidence: Confidence,
}

// ---------------------------------------------------------------- functions

/// `functions/<nn>-<id>.toml`: one declared function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// `online-shopping`; sub-types as `utility-flashlight`.
    pub id: String,
    /// Number in Article 5 of CN-NEC14; 0 for a generic function.
    pub number: u32,
    /// The function that this one is a sub-type of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Official Chinese name, our English one.
    pub name: Text,
    /// Other names that a user may type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Clause that lists the function; absent in a generic one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The basic function, in the official wording (zh).
    pub basic_function: Text,
    /// "No personal information is needed for the basic function."
    #[serde(default)]
    pub needs_no_personal_info: bool,
    /// The necessary personal information, in the official wording (zh).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub necessary_info: Vec<NecessaryInfo>,
    /// Permissions that are necessary or may be asked for when the user starts something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permission: Vec<FunctionPermission>,
    /// Permissions that no listed information and no common function of this type needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_needed: Vec<String>,
    /// Clauses behind the tier on-user-action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_user_action_clauses: Vec<String>,
    /// Clauses behind the tier not-needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_needed_clauses: Vec<String>,
    /// Words in a label or description that suggest this function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// What to mind when judging.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    /// Sources of this file.
    #[serde(default)]
    pub source: Vec<Source>,
    /// Examples that are run: permissions that must fall into a tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub example: Vec<FunctionExample>,
}

/// One item of the necessary personal information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NecessaryInfo {
    /// Official wording.
    pub zh: String,
    /// Ours.
    pub en: String,
    /// Permissions that open it; empty where the user types it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
}

/// The tier of a permission for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Reaches listed information, or the basic function cannot run without it.
    Necessary,
    /// Justified when the user starts the named function, and refusal leaves the basic function working.
    OnUserAction,
    /// No listed information and no common function of the type needs it.
    NotNeeded,
    /// The data says nothing about it.
    NotJudged,
}

/// One permission of a function that is not simply not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionPermission {
    /// Full name.
    pub name: String,
    /// `necessary` or `on-user-action`.
    pub tier: Tier,
    /// Ids in `functions/reasons.toml`.
    pub reasons: Vec<String>,
    /// What must hold for the tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// There is a way that needs no permission (named by the reason).
    #[serde(default)]
    pub avoidable: bool,
    /// `info`: the listed information needs it; `function`: the basic function does (our derivation).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Clause, where it differs from the function's own lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// An executed example of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionExample {
    /// What kind of app it is.
    pub about: Text,
    /// Permissions that the app requests.
    pub permissions: Vec<String>,
    /// Those of them that exceed the function; empty for an app that fits.
    #[serde(default)]
    pub not_needed: Vec<String>,
}

/// `functions/reasons.toml`: why a permission has its tier, by reason id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// The reasons by id.
    pub reason: BTreeMap<String, Reason>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
    /// A way that needs no permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Text>,
}

/// `store-types/<store>.toml`: a store's category names and the functions they suggest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTypes {
    /// `google-play`.
    pub id: String,
    /// The store's name.
    pub name: Text,
    /// Its categories.
    pub category: Vec<StoreCategory>,
    /// Sources of this file.
    pub source: Vec<Source>,
}

/// One category of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreCategory {
    /// The store's own key or number.
    pub key: String,
    /// Names under which users know it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Function ids: the first is the default, the others are candidates.
    pub functions: Vec<String>,
}

// -------------------------------------------------------------- permissions

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
    pub name: String,
    /// Who defines it: `platform`, `module`, `health-connect`, `gms`, `oem`, `oem-cn` …
    pub kind: String,
    /// Vendor, where it is not the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Part of the public SDK.
    #[serde(default)]
    pub public: bool,
    /// First API level that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u32>,
    /// Last API level that has it, if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_after: Option<u32>,
    /// Group (`android.permission-group.LOCATION`); ours from API 29 on, where the platform names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Protection by API level, ascending, without overlaps: `"23-36 dangerous|instant"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protection: Vec<String>,
    /// The platform's label.
    #[serde(default)]
    pub label: Text,
    /// What to know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `permissions/<group>.toml`: what personal information permissions open. Written by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionFile {
    /// Name of the file (`location`); the loader fills it in where the file does not state it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
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
    pub name: String,
    /// Short name in both languages.
    pub title: Text,
    /// Ids of information kinds in `information/kinds.toml`; empty where it opens none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub information: Vec<String>,
    /// How sensitive that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// Our group where the platform has none (`APPS`, `SPECIAL_ACCESS` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How it shows up.
    #[serde(default)]
    pub shows: PermissionUse,
    /// A way that needs no permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Text>,
    /// First API level that has the alternative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative_since: Option<u32>,
    /// Judged as this permission where a function does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_as: Option<String>,
    /// Common to all kinds of apps and opens no personal information by itself: not judged against a function.
    #[serde(default)]
    pub neutral: bool,
    /// Part of TC260-PG-20204A's list of permissions that open personal information.
    #[serde(default)]
    pub tc260_list: bool,
    /// Part of T/TAF 077 that speaks of the information (`077.2`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taf077: Option<String>,
    /// Google Play data type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play_data_type: Option<String>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// Target levels below this one; absent where the target does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_below: Option<u32>,
    /// First API level of the device on which this happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u32>,
    /// The permissions that are added.
    pub adds: Vec<String>,
    /// Why.
    pub note: Text,
}

/// "An app that requests one of `permissions` needs `feature` unless it says otherwise."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpliedFeature {
    /// Any of these.
    pub permissions: Vec<String>,
    /// The feature.
    pub feature: String,
    /// Only for target levels below this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_below: Option<u32>,
    /// Only for target levels from this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_from: Option<u32>,
}

/// `information/kinds.toml`: the taxonomy of personal information.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Information {
    /// The kinds by id (`location.precise`).
    pub kind: BTreeMap<String, InformationKind>,
    /// Sources of this file.
    #[serde(default)]
    pub source: Vec<Source>,
}

/// One kind of personal information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InformationKind {
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// Sensitive personal information (PIPL Art. 28), as far as the kind alone tells.
    #[serde(default)]
    pub sensitive: bool,
}

// --------------------------------------------------------------------- SDKs

/// `sdks/<vendor>/<sdk>.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// `<vendor>/<sdk>`.
    pub id: String,
    /// Name; Chinese where the market has one.
    pub name: Text,
    /// The operator.
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
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Examples that are run.
    pub examples: Examples,
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
    /// `meta-data` keys (strong); a `*` at the end is a prefix.
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
}

/// `information/categories.toml`: kinds of SDKs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Categories {
    /// The categories by id: what an SDK of the kind is for.
    pub category: BTreeMap<String, Text>,
}

// ---------------------------------------------------------------------- law

/// `law/<ID>.toml`: one instrument with its clauses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// `CN-NEC14`.
    pub id: String,
    /// Full title.
    pub title: Text,
    /// Who issued it.
    #[serde(default)]
    pub issuer: String,
    /// Document number.
    #[serde(default)]
    pub number: String,
    /// `law`, `administrative regulation`, `recommended national standard` …
    pub level: String,
    /// Day of issue, as far as it is known.
    #[serde(default)]
    pub issued: String,
    /// In force from, as far as it is known.
    #[serde(default)]
    pub effective: String,
    /// In force until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repealed: Option<String>,
    /// `in force`, `draft` …, in words.
    pub status: String,
    /// It may be named as a basis of a finding in China: in force, not a draft, not foreign, not a platform's rule.
    pub basis: bool,
    /// Its text may be quoted; otherwise our own summary only.
    pub quotable: bool,
    /// What to know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Its clauses.
    pub clause: Vec<Clause>,
}

/// What kind of Chinese text a clause holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClauseText {
    /// The instrument's wording.
    Quote,
    /// The instrument's items joined into one line.
    QuoteReflowed,
    /// Our summary.
    Summary,
    /// Only the title is known.
    Title,
    /// None.
    None,
}

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `CN-NEC14-5.6`.
    pub id: String,
    /// Number as it is cited: `第五条第（6）项`.
    pub number: String,
    /// Text or summary in Chinese, and our English summary.
    pub text: Text,
    /// What the Chinese text is.
    pub text_kind: ClauseText,
    /// How far the wording was checked.
    pub confidence: Confidence,
    /// What an APK can show: `full`, `partial`, `none`.
    pub detectability: String,
    /// Signals that speak about it: `S-BGLOC`, with ` excuse` behind where the signal's absence is the lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
    /// How static analysis can approach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// What else is required: `dynamic`, `policy_text`, `app type`, `server` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What may look like a breach and is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub false_positives: Vec<String>,
    /// Clauses of other instruments that say the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
}

// -------------------------------------------------------------------- rules

/// How bad a finding is, if it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Cheap to mend, little harm.
    Low,
    /// Personal information beyond what the function needs is within reach.
    Medium,
    /// Sensitive personal information beyond what the function needs is within reach.
    High,
}

/// How sure a finding is, as a statement about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleConfidence {
    /// A hint: other explanations are common.
    Tentative,
    /// Other explanations exist and are rare.
    Firm,
    /// The file says it in so many words.
    Certain,
}

/// `rules/<id>.toml`: one finding rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule's id.
    pub id: String,
    /// Name of the finding.
    pub title: Text,
    /// What was found; `{permission}`, `{component}`, `{function}` and others are filled in.
    pub message: Text,
    /// What to do.
    pub remedy: Text,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: RuleConfidence,
    /// Clauses that it rests on.
    pub clauses: Vec<String>,
    /// Signals of the law files that it implements.
    pub signals: Vec<String>,
    /// What may look like this and is none.
    pub false_positives: Text,
    /// What makes it fire.
    pub when: When,
    /// Examples that are run.
    pub examples: Examples,
}

/// What makes a rule fire. One finding for each thing that matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Written in code: `src/audit/rules/<id>.rs` (with `_` for `-`). Excludes the other keys.
    pub code: bool,
    /// The app requests one of these permissions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// … and its tier for the declared function is one of these (empty: any).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// A component is protected by one of these permissions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub component_permissions: Vec<String>,
    /// A component handles one of these actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub component_actions: Vec<String>,
    /// A service has one of these foreground types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreground_service_types: Vec<String>,
    /// Class prefixes of components that never count (libraries that do this by themselves and harmlessly).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_components: Vec<String>,
    /// Functions for which this is expected: no finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_functions: Vec<String>,
}

// ------------------------------------------------------------------ packers

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

// ------------------------------------------------------------------ the lot

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
}
