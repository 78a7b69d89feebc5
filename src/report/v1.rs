//! The JSON report, version 1: the record that every other form is made from.
//!
//! These structs are the contract and nothing else: internal types may change,
//! these may only grow, and then only by optional fields. The published schema
//! is `schema/report-v1.schema.json`; a published schema is never edited.
//! Keys and enumerated values are English and never translated; prose is
//! [`Prose`].

use super::words::{Languages, Prose};
use crate::audit::{Audit, Declared, Evidence, PermissionVerdict};
use crate::detect::{Detections, Grade, Obstacle, Origin, SdkHit};
use crate::facts::{Facts, State};
use crate::incident::Incident;
use crate::signatures::schema::{RuleConfidence, Severity, Text, Tier};
use crate::signatures::{Counts, SignatureDb};
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
    /// Findings, most severe first.
    pub findings: Vec<Finding>,
    /// Trouble on the way.
    pub incidents: Vec<Incident>,
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
    /// Signers by APK and scheme. They were read, not verified.
    pub signers: Vec<Signer>,
    /// Splits.
    pub splits: Vec<String>,
    /// Files that were given and not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Excluded>,
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
    /// Every channel was read to the end and no packer hides the code.
    pub complete: bool,
    /// Each channel's state.
    pub channels: Vec<ChannelState>,
    /// What keeps a static audit from seeing everything.
    pub obstacles: Vec<ObstacleInfo>,
    /// What this version of the tool does not examine at all.
    pub not_examined: Vec<Prose>,
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
    /// `packer`, `dynamic-code`, `foreign-code`, `native-code`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
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
    /// Whether the code uses it: `not_assessed`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Who uses it.
    pub owners: Vec<String>,
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
}

/// Puts a report together.
pub fn build(
    facts: &Facts,
    detections: &Detections,
    audit: &Audit,
    declared: &Declared<'_>,
    db: &SignatureDb,
    languages: Languages,
) -> Report {
    let builder = Builder { facts, db, languages };
    Report {
        schema: SCHEMA.into(),
        tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
        data: DataInfo { version: db.version.clone(), digest: db.digest.clone(), counts: counts(&db.counts()) },
        subject: builder.subject(),
        function: builder.function(declared, audit),
        coverage: builder.coverage(&detections.obstacles),
        permissions: audit.permissions.iter().map(|p| builder.permission(p)).collect(),
        sdks: detections.sdks.iter().map(|s| builder.sdk(s)).collect(),
        findings: audit.findings.iter().map(|f| builder.finding(f)).collect(),
        incidents: facts.incidents.clone(),
    }
}

fn counts(counts: &Counts) -> BTreeMap<String, u64> {
    let value = serde_json::to_value(counts).unwrap_or_default();
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
}

struct Builder<'b> {
    facts: &'b Facts,
    db: &'b SignatureDb,
    languages: Languages,
}

impl Builder<'_> {
    fn prose(&self, text: &Text) -> Prose {
        self.languages.prose(text)
    }

    fn subject(&self) -> Subject {
        let manifest = &self.facts.manifest;
        let file = |f: &crate::facts::FileFact| File { name: f.name.clone(), size: f.size, sha256: f.sha256.clone() };
        let label = |(locale, text): (&String, &String)| {
            (if locale.is_empty() { "default".to_owned() } else { locale.clone() }, text.clone())
        };
        Subject {
            files: self.facts.files.iter().map(file).collect(),
            package: manifest.package.clone(),
            label: manifest.application.labels.iter().map(label).collect(),
            version_name: manifest.version_name.clone(),
            version_code: manifest.version_code,
            min_sdk: manifest.uses_sdk.min_level(),
            target_sdk: manifest.uses_sdk.target_level(),
            signers: self.facts.signers.iter().map(signer).collect(),
            splits: self.facts.files.iter().filter_map(|f| f.split.clone()).collect(),
            excluded: self
                .facts
                .excluded
                .iter()
                .map(|e| Excluded { name: e.name.clone(), reason: e.reason.clone() })
                .collect(),
        }
    }

    fn function(&self, declared: &Declared<'_>, audit: &Audit) -> Function {
        Function {
            declared: declared
                .functions
                .iter()
                .map(|f| DeclaredFunction {
                    id: f.id.clone(),
                    name: self.prose(&f.name),
                    basic_function: self.prose(&f.basic_function),
                    clause: f.clause.as_ref().and_then(|id| self.clause(id)),
                })
                .collect(),
            source: declared.source,
            edition: declared.edition,
            suggestions: audit
                .suggestions
                .iter()
                .filter_map(|s| {
                    let name = &self.db.function(&s.function)?.name;
                    Some(Suggestion { id: s.function.clone(), name: self.prose(name), because: s.because.clone() })
                })
                .collect(),
        }
    }

    fn coverage(&self, obstacles: &[Obstacle]) -> Coverage {
        let packed = obstacles.iter().any(|o| o.kind == "packer");
        Coverage {
            complete: self.facts.complete() && !packed,
            channels: self
                .facts
                .coverage
                .iter()
                .map(|(&channel, c)| ChannelState { channel, state: c.state, reasons: c.reasons.clone() })
                .collect(),
            obstacles: obstacles
                .iter()
                .map(|o| ObstacleInfo {
                    kind: o.kind.into(),
                    id: o.id.clone(),
                    name: self.prose(&o.name),
                    hides: o.hides,
                    effect: self.prose(&o.effect),
                    evidence: o
                        .marks
                        .iter()
                        .map(Evidence::mark)
                        .chain(o.calls.iter().map(|c| Evidence::call(self.facts, c)))
                        .collect(),
                })
                .collect(),
            not_examined: NOT_EXAMINED
                .iter()
                .map(|(zh, en)| self.prose(&Text { zh: (*zh).into(), en: (*en).into() }))
                .collect(),
        }
    }

    fn permission(&self, verdict: &PermissionVerdict) -> Permission {
        let permission = &verdict.permission;
        let view = self.db.permission(&permission.name);
        let mut declared_in: Vec<String> = permission.requests.iter().map(|r| r.at.file.clone()).collect();
        declared_in.sort();
        declared_in.dedup();
        let target = self.facts.manifest.uses_sdk.target_level();
        let protection = self.db.protection_at(&permission.name, target).map(|p| {
            if p.flags.is_empty() { p.base.to_owned() } else { format!("{}|{}", p.base, p.flags) }
        });
        let (origin, implied_by) = match &permission.origin {
            Origin::Requested => ("requested", None),
            Origin::Implied { by, .. } => {
                ("implied", Some(by.clone().unwrap_or_else(|| "targetSdkVersion".into())))
            }
        };
        let ids = view.and_then(|v| v.privacy).map_or(&[][..], |p| &p.information);
        let own_name = Text { zh: permission.name.clone(), en: permission.name.clone() };
        Permission {
            name: permission.name.clone(),
            declared_in,
            max_sdk: permission.max_sdk,
            group: view.and_then(|v| v.group()).map(str::to_owned),
            protection: protection.or_else(|| self.own_protection(&permission.name)),
            information: ids
                .iter()
                .filter_map(|id| {
                    let kind = self.db.information(id)?;
                    let name = self.prose(&Text { zh: kind.zh.clone(), en: kind.en.clone() });
                    Some(Information { id: id.clone(), name })
                })
                .collect(),
            tier: verdict.tier,
            condition: verdict.condition.as_ref().map(|c| self.prose(c)),
            reason: self.prose(&verdict.reason),
            clauses: verdict.clauses.iter().filter_map(|id| self.clause(id)).collect(),
            usage: "not_assessed".into(),
            owners: Vec::new(),
            verdict: verdict.verdict,
            confidence: verdict.confidence,
            evidence: verdict.evidence.clone(),
            title: self.prose(view.and_then(|v| v.title()).unwrap_or(&own_name)),
            origin: origin.into(),
            implied_by,
            alternative: verdict.alternative.as_ref().map(|a| self.prose(a)),
            function: verdict.function.clone(),
        }
    }

    /// Protection of a permission that the app defines itself: the base in the low four bits (AOSP `PermissionInfo`).
    fn own_protection(&self, name: &str) -> Option<String> {
        let defined = self.facts.manifest.permissions.iter().find(|p| p.name == name)?;
        let base = match defined.protection_level & 0xf {
            0 => "normal",
            1 => "dangerous",
            2 => "signature",
            3 => "signatureOrSystem",
            4 => "internal",
            _ => return None,
        };
        Some(base.into())
    }

    fn sdk(&self, hit: &SdkHit) -> Sdk {
        let sdk = self.db.sdk(&hit.id);
        let purpose = sdk.and_then(|s| self.db.data.categories.category.get(&s.category));
        Sdk {
            id: hit.id.clone(),
            name: sdk.map(|s| self.prose(&s.name)).unwrap_or_default(),
            vendor: sdk.map(|s| self.prose(&s.vendor)).unwrap_or_default(),
            country: sdk.map(|s| s.country.clone()).unwrap_or_default(),
            purpose: purpose.map(|p| self.prose(p)).into_iter().collect(),
            grade: hit.grade,
            evidence: hit.marks.iter().map(Evidence::mark).collect(),
        }
    }

    fn finding(&self, finding: &crate::audit::Finding) -> Finding {
        Finding {
            id: finding.id.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            title: self.prose(&finding.title),
            message: self.prose(&finding.message),
            clauses: finding.clauses.iter().filter_map(|id| self.clause(id)).collect(),
            subject: finding.subject.clone(),
            evidence: finding.evidence.clone(),
            remedy: self.prose(&finding.remedy),
        }
    }

    fn clause(&self, id: &str) -> Option<ClauseRef> {
        let (instrument, clause) = self.db.clause(id)?;
        Some(ClauseRef {
            id: clause.id.clone(),
            instrument: self.prose(&instrument.title),
            number: clause.number.clone(),
            basis: instrument.basis,
            wording: clause.confidence,
        })
    }
}

fn signer(fact: &crate::facts::SignerFact) -> Signer {
    let signer = &fact.signer;
    Signer {
        file: fact.file.clone(),
        scheme: signer.scheme.clone(),
        certificates: signer
            .certificates
            .iter()
            .map(|c| Certificate {
                sha256: c.sha256.clone(),
                subject: c.subject.clone(),
                not_before: c.not_before.clone(),
                not_after: c.not_after.clone(),
                debug: c.debug,
            })
            .collect(),
    }
}

/// What no reader may take this report to say.
const NOT_EXAMINED: [(&str, &str); 3] = [
    (
        "本版本未检测代码中对各项权限的实际调用，“未发现使用”不在结论之内",
        "this version does not examine which code uses a permission: nothing here says that one is unused",
    ),
    (
        "告知同意、调用时机与频次须通过动态检测确认",
        "notice, consent, moment and frequency have to be confirmed by a dynamic test",
    ),
    ("服务端行为和隐私政策文本不在检测范围内", "servers and the text of privacy policies are outside this audit"),
];
