//! The JSON report, version 1: the record that every other form is made from.
//!
//! These structs are the contract and nothing else: internal types may change,
//! these may only grow, and then only by optional fields. The published schema
//! is `schema/report-v1.schema.json`; a published schema is never edited.
//! Keys and enumerated values are English and never translated; prose is
//! [`Prose`].

pub use super::signing::{Problem, Signing, SigningLevel, SigningScheme, Stamp, Weak};
pub use super::start::{StartCoverage, StartInfo, StartMoment, StartPlace};
use super::words::Prose;
use crate::audit::Evidence;
use crate::detect::Grade;
use crate::facts::NestedFact;
use crate::facts::State;
use crate::incident::Incident;
use crate::signatures::schema::{RuleConfidence, Severity, Tier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Value of [`Report::schema`].
pub const SCHEMA: &str = "permscope-report/1";

/// A report on one app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program.
    pub tool: Tool,
    /// The signature data.
    pub data: DataInfo,
    /// The app.
    pub subject: Subject,
    /// What it was judged against.
    pub function: Function,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Every permission of the app, sorted by name.
    pub permissions: Vec<Permission>,
    /// SDKs, sorted by id.
    pub sdks: Vec<Sdk>,
    /// What the app reaches, with and without a permission, by id and owner.
    #[serde(default)]
    pub accesses: Vec<AccessInfo>,
    /// Findings, most severe first.
    pub findings: Vec<Finding>,
    /// Trouble on the way.
    pub incidents: Vec<Incident>,
    /// DEX files and archives inside the APKs that the platform does not load by itself: listed, not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<NestedFact>,
}

impl Report {
    /// The SDK of that id, if it is in the report.
    pub fn sdk(&self, id: &str) -> Option<&Sdk> {
        self.sdks.iter().find(|sdk| sdk.id == id)
    }
}

/// The program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `permscope`.
    pub name: String,
    /// Version that judged.
    pub version: String,
}

/// The signature data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataInfo {
    /// Its version, a date.
    pub version: String,
    /// SHA-256 over all its files.
    pub digest: String,
    /// How many entries there are, by kind.
    pub counts: BTreeMap<String, u64>,
}

/// The app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its files.
    pub files: Vec<File>,
    /// Package name.
    pub package: String,
    /// Label by locale (BCP 47); `default` is the default configuration.
    pub label: BTreeMap<String, String>,
    /// `versionName`.
    pub version_name: Option<String>,
    /// `versionCode`, with the major part in the upper 32 bits.
    pub version_code: Option<u64>,
    /// Lowest API level it runs on.
    pub min_sdk: u32,
    /// API level it is made for.
    pub target_sdk: u32,
    /// Signers by APK and scheme. Whether they did sign stands in [`Subject::signing`].
    pub signers: Vec<Signer>,
    /// Whether the signatures are right, by APK.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing: Vec<Signing>,
    /// Splits.
    pub splits: Vec<String>,
    /// Features of the device that the app needs, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    /// Files that were given and not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
}

/// A feature of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// `android.hardware.camera`.
    pub name: String,
    /// The app does not run without it.
    pub required: bool,
    /// The permission that implies it; absent where the manifest declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_by: Option<String>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name without folder; members of a bundle as `bundle.apks!base.apk`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}

/// A file that was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// As in [`File::name`].
    pub name: String,
    /// Why, in English.
    pub reason: String,
}

/// A signer of one APK under one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// APK.
    pub file: String,
    /// `v1`, `v2`, `v3`, `v3.1`.
    pub scheme: String,
    /// Certificates, the signer's own first.
    pub certificates: Vec<Certificate>,
}

/// An X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// SHA-256 of the DER encoding.
    pub sha256: String,
    /// Subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// First and last day, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// The debug certificate of the Android tools.
    pub debug: bool,
}

/// What the app was judged against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The declared functions; several are a union.
    pub declared: Vec<DeclaredFunction>,
    /// Who named them: `none`, `user`, `store_category`, `catalogue`, `config`.
    pub source: crate::audit::DeclaredBy,
    /// `consumer` or `supply`.
    pub edition: crate::audit::Edition,
    /// Offered only where none was declared; never judged against.
    pub suggestions: Vec<Suggestion>,
}

/// A declared function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFunction {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// Its basic function.
    pub basic_function: Prose,
    /// The clause that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseRef>,
}

/// A function that the app's own words suggest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// The words.
    pub because: Vec<String>,
}

/// What was read and what was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Every channel but the signers' was read to the end, and the app's own code is neither packed nor missing.
    pub complete: bool,
    /// Each channel's state.
    pub channels: Vec<ChannelState>,
    /// What keeps a static audit from seeing everything.
    pub obstacles: Vec<ObstacleInfo>,
    /// What stays open for the use of permissions, and whether it keeps "no use found" from being said.
    #[serde(default)]
    pub gaps: Vec<GapInfo>,
    /// How much code was read.
    #[serde(default)]
    pub code: CodeCoverage,
    /// How far the calls from the start of the app were followed; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartCoverage>,
    /// What this version of the tool does not examine at all.
    pub not_examined: Vec<Prose>,
    /// Where the app's own code is packed or missing: what a sample with that code is needed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked: Option<Unpacked>,
    /// The limits of the readers that were not the usual ones, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
}

/// What only the code can tell, which is packed or missing. Hosts, calls and SDKs that nothing else names come to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpacked {
    /// Permissions whose use could not be assessed.
    pub permissions: Vec<String>,
    /// Bundled SDKs of which it is not known whether they start or are called.
    pub sdks: Vec<String>,
}

/// How much code was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCoverage {
    /// DEX files.
    pub dex_files: u32,
    /// Classes that they define.
    pub classes: u64,
    /// Methods that they define, with or without code.
    pub methods: u64,
    /// Instructions that were walked.
    pub instructions: u64,
    /// Bytes of the code that was walked.
    pub code_bytes: u64,
    /// Places in the code that could not be read.
    pub unread: u64,
    /// Native libraries, for every processor.
    pub native_libraries: u32,
    /// Scripts and snapshots with telling names.
    pub scripts: u32,
}

/// Something that stays open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapInfo {
    /// As in [`Gap::kind`](crate::detect::Gap::kind).
    pub kind: String,
    /// What it is about.
    pub what: String,
    /// What that means.
    pub text: Prose,
    /// While it is there, nothing is said to be unused.
    pub blocks: bool,
    /// Classes of the platform that it is about; empty where it may be any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Some of what shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// One thing that one owner reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessInfo {
    /// Id of the data, or `platform:` and the permissions that a member of the platform needs.
    pub id: String,
    /// Its name.
    pub title: Prose,
    /// The personal information.
    pub information: Vec<Information>,
    /// `app`, the id of an SDK, `unlisted`, `obfuscated`.
    pub owner: String,
    /// It shows an interest and no use by itself.
    pub hint: bool,
    /// Something leads to it from a component or another entry.
    pub reached: bool,
    /// The permissions that it needs on the levels that the app runs on; empty where none is needed.
    pub needs: Vec<AccessNeed>,
    /// How many places show it.
    pub count: u32,
    /// Some of them.
    pub evidence: Vec<Evidence>,
    /// The way to it from the start of the app; absent where none is known, which does not mean that there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartInfo>,
}

/// A permission that an access needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessNeed {
    /// Full name.
    pub permission: String,
    /// First API level of the device.
    pub from: u32,
    /// Last one; the newest that is known stands for all later ones.
    pub to: u32,
    /// On devices of the app's target level.
    pub at_target: bool,
    /// One of several, each of which is enough.
    pub one_of: bool,
    /// Only for some arguments, callers or data.
    pub conditional: bool,
}

/// One channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelState {
    /// Its name.
    pub channel: crate::incident::Channel,
    /// `complete`, `absent`, `partial`, `unreadable`.
    pub state: State,
    /// Why it is not complete, in English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// One obstacle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObstacleInfo {
    /// `packer`, `missing-code`, `dynamic-code`, `foreign-code`, `native-code`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// Of a packer: `firm` where marks of different kinds agree, else `tentative`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<RuleConfidence>,
    /// The channel that it hides.
    pub hides: crate::incident::Channel,
    /// What that means.
    pub effect: Prose,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// A clause as it is cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseRef {
    /// Its id; `permscope explain ID` shows the text.
    pub id: String,
    /// Title of the instrument.
    pub instrument: Prose,
    /// Number of the clause.
    pub number: String,
    /// It may be named as a basis in China: in force, not a draft, foreign law or a platform's rule.
    pub basis: bool,
    /// How far our wording was checked: `verified`, `partly`, `memory`, `derived`.
    pub wording: crate::signatures::schema::Confidence,
}

/// A kind of personal information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Information {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
}

/// One permission of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Full name.
    pub name: String,
    /// APKs whose manifest requests it.
    pub declared_in: Vec<String>,
    /// Highest API level on which it is requested.
    pub max_sdk: Option<u32>,
    /// Its group.
    pub group: Option<String>,
    /// Its protection at the app's target level (`dangerous|instant`).
    pub protection: Option<String>,
    /// What personal information it opens.
    pub information: Vec<Information>,
    /// `necessary`, `on-user-action`, `not-needed`, `not-judged`.
    pub tier: Tier,
    /// What must hold for the tier.
    pub condition: Option<Prose>,
    /// Why it has the tier.
    pub reason: Prose,
    /// Clauses behind the tier.
    pub clauses: Vec<ClauseRef>,
    /// Whether it is used, and by whose code.
    #[serde(rename = "use")]
    pub usage: crate::detect::Use,
    /// `firm`, or `tentative` where something stays open beside the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_certainty: Option<crate::detect::Certainty>,
    /// Whose code it is: `app`, ids of SDKs, `unlisted`, `obfuscated`; sorted.
    pub owners: Vec<String>,
    /// The one SDK without which nothing in the app uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_through: Option<String>,
    /// SDKs of the app whose own manifests request it, as read from their archives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_by: Vec<String>,
    /// Ids of [`Report::accesses`] behind the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesses: Vec<String>,
    /// Some of what shows the use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub use_evidence: Vec<Evidence>,
    /// Why the answer is not firm, or cannot be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub use_reasons: Vec<Prose>,
    /// `within_function`, `conditional`, `beyond_function`, `not_judged`.
    pub verdict: crate::audit::Verdict,
    /// `certain`, `firm`, `tentative`.
    pub confidence: RuleConfidence,
    /// The elements that request it.
    pub evidence: Vec<Evidence>,
    /// Its short name.
    pub title: Prose,
    /// `requested`, or `implied` where the platform adds it.
    pub origin: String,
    /// The permission that brings an implied one; `targetSdkVersion` where the target level alone does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_by: Option<String>,
    /// A way that needs no permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Prose>,
    /// The function that the tier comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

/// One SDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// Its operator.
    pub vendor: Prose,
    /// Country of the operator; empty where it is not known.
    pub country: String,
    /// What it is for.
    pub purpose: Vec<Prose>,
    /// `strong`: bundled; `weak`: probably bundled; `referenced`: named by the code and not bundled.
    pub grade: Grade,
    /// How far it goes: `referenced`, `bundled`, `stub`, `auto_started`, `started`, `used`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<crate::detect::Stage>,
    /// Components and initializers by which it starts by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<String>,
    /// What shows that it starts or is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stage_evidence: Vec<Evidence>,
    /// The way from the start of the app to a call that starts the SDK, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_start: Option<StartInfo>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// One finding: a lead, not a conviction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable id.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// `high`, `medium`, `low`, `info`.
    pub severity: Severity,
    /// `certain`, `firm`, `tentative`.
    pub confidence: RuleConfidence,
    /// Name.
    pub title: Prose,
    /// What was found.
    pub message: Prose,
    /// The clauses.
    pub clauses: Vec<ClauseRef>,
    /// What it is about.
    pub subject: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Prose,
    /// How many apps of the same function ask for the same, where a run over many apps counted them. It supports the
    /// finding and is never its ground.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<PeerShare>,
    /// Who accepted it, in a build of the app: it is counted and does not fail the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
}

/// That a finding is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// By what.
    pub by: AcceptedBy,
    /// Why; empty for a baseline.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who answers for it; empty for a baseline.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Last day, `2027-06-30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// By what a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedBy {
    /// The permission is justified in `permscope.toml`.
    Permission,
    /// The SDK is accepted there.
    Sdk,
    /// The finding itself is.
    Finding,
    /// An earlier report has it too.
    Baseline,
}

/// How many apps of one function ask for one permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerShare {
    /// Id of the function.
    pub function: String,
    /// The permission.
    pub permission: String,
    /// Packages that ask for it.
    pub asking: u64,
    /// Packages of the function, this app among them.
    pub of: u64,
    /// Digest of the run that counted them.
    pub run: String,
}
