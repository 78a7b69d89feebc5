//! A report as rows of tables: what figures, rankings and pages over many apps need of each.

use super::v1::Report;
use super::words::Prose;
use crate::audit::Verdict;
use crate::detect::{Grade, Stage, Use};
use crate::signatures::schema::{RuleConfidence, Severity, Tier};
use serde::{Deserialize, Serialize};

/// The rows of one app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Lowest API level it runs on.
    pub min_sdk: u32,
    /// API level it is made for.
    pub target_sdk: u32,
    /// Whether everything could be read.
    pub complete: bool,
    /// Kinds of what could not: states of channels and obstacles, as `packer`, `dex unreadable`; sorted, without duplicates.
    pub obstacles: Vec<String>,
    /// Names of the declared functions.
    pub functions: Vec<Named>,
    /// Permissions, sorted by name.
    pub permissions: Vec<PermissionRow>,
    /// SDKs, sorted by id.
    pub sdks: Vec<SdkRow>,
    /// Findings, most severe first.
    pub findings: Vec<FindingRow>,
}

/// An id and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Prose,
}

/// One permission of one app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRow {
    /// Full name.
    pub name: String,
    /// Its short name.
    pub title: Prose,
    /// `requested` or `implied`.
    pub origin: String,
    /// Its group; empty where it has none.
    pub group: String,
    /// Its protection at the app's target level; empty where it is not known.
    pub protection: String,
    /// `necessary`, `on-user-action`, `not-needed`, `not-judged`.
    pub tier: Tier,
    /// What that makes of the request.
    pub verdict: Verdict,
    /// Whether it is used, and by whose code.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Whose code uses it.
    pub owners: Vec<String>,
    /// The one SDK without which nothing uses it; empty where there is none.
    pub only_through: String,
}

/// One SDK of one app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdkRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Prose,
    /// Its operator.
    pub vendor: Prose,
    /// Country of the operator; empty where it is not known.
    pub country: String,
    /// What it is for.
    pub purpose: Vec<Prose>,
    /// How sure it is that it is bundled.
    pub grade: Grade,
    /// How far it goes.
    pub stage: Option<Stage>,
}

/// One finding of one app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// Stable id.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// `high`, `medium`, `low`, `info`.
    pub severity: Severity,
    /// `certain`, `firm`, `tentative`.
    pub confidence: RuleConfidence,
    /// Name of the rule.
    pub title: Prose,
    /// What was found.
    pub message: Prose,
    /// What it is about.
    pub subject: String,
    /// Ids of the clauses.
    pub clauses: Vec<String>,
    /// How many places show it.
    pub evidence: u32,
}

impl Rows {
    /// The rows of a report.
    pub fn of(report: &Report) -> Self {
        let mut obstacles: Vec<String> = report
            .coverage
            .obstacles
            .iter()
            .map(|obstacle| obstacle.kind.clone())
            .chain(report.coverage.channels.iter().filter_map(channel_trouble))
            .collect();
        obstacles.sort();
        obstacles.dedup();
        Self {
            min_sdk: report.subject.min_sdk,
            target_sdk: report.subject.target_sdk,
            complete: report.coverage.complete,
            obstacles,
            functions: report
                .function
                .declared
                .iter()
                .map(|function| Named {
                    id: function.id.clone(),
                    name: function.name.clone(),
                })
                .collect(),
            permissions: report.permissions.iter().map(permission).collect(),
            sdks: report.sdks.iter().map(sdk).collect(),
            findings: report.findings.iter().map(finding).collect(),
        }
    }
}

/// `dex partial`, where a channel was not read to its end.
fn channel_trouble(state: &super::v1::ChannelState) -> Option<String> {
    use crate::facts::State;
    let word = match state.state {
        State::Partial => "partial",
        State::Unreadable => "unreadable",
        _ => return None,
    };
    let channel = serde_json::to_value(state.channel).ok()?;
    Some(format!("{} {word}", channel.as_str()?))
}

fn permission(permission: &super::v1::Permission) -> PermissionRow {
    PermissionRow {
        name: permission.name.clone(),
        title: permission.title.clone(),
        origin: permission.origin.clone(),
        group: permission.group.clone().unwrap_or_default(),
        protection: permission.protection.clone().unwrap_or_default(),
        tier: permission.tier,
        verdict: permission.verdict,
        usage: permission.usage,
        owners: permission.owners.clone(),
        only_through: permission.only_through.clone().unwrap_or_default(),
    }
}

fn sdk(sdk: &super::v1::Sdk) -> SdkRow {
    SdkRow {
        id: sdk.id.clone(),
        name: sdk.name.clone(),
        vendor: sdk.vendor.clone(),
        country: sdk.country.clone(),
        purpose: sdk.purpose.clone(),
        grade: sdk.grade,
        stage: sdk.stage,
    }
}

fn finding(finding: &super::v1::Finding) -> FindingRow {
    FindingRow {
        id: finding.id.clone(),
        rule: finding.rule.clone(),
        severity: finding.severity,
        confidence: finding.confidence,
        title: finding.title.clone(),
        message: finding.message.clone(),
        subject: finding.subject.clone(),
        clauses: finding.clauses.iter().map(|c| c.id.clone()).collect(),
        evidence: u32::try_from(finding.evidence.len()).unwrap_or(u32::MAX),
    }
}
