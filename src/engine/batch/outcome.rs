//! What became of one input: a line of `outcomes.ndjson`.

use crate::audit::Edition;
use crate::report::rows::Rows;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How an input ended. Every input ends in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything was read and judged.
    Audited,
    /// Judged by what could be read; the report says what could not.
    Incomplete,
    /// Neither an APK nor a bundle of APKs, or the file system refused.
    Unreadable,
    /// The process that read it ended by itself: a fault of this program.
    Crashed,
    /// It took longer than one app may.
    Timeout,
    /// It needed more memory, or is larger, than one app may.
    OverBudget,
    /// A file without a byte.
    Empty,
    /// Listed, and not there.
    Missing,
}

impl Status {
    /// All of them, best first.
    pub const ALL: [Self; 8] = [
        Self::Audited,
        Self::Incomplete,
        Self::Unreadable,
        Self::Crashed,
        Self::Timeout,
        Self::OverBudget,
        Self::Empty,
        Self::Missing,
    ];

    /// Whether there is a report.
    pub fn is_judged(self) -> bool {
        matches!(self, Self::Audited | Self::Incomplete)
    }

    /// Its name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Audited => "检测完成",
            Self::Incomplete => "检测不完整",
            Self::Unreadable => "文件无法读取",
            Self::Crashed => "检测程序异常",
            Self::Timeout => "超出时限",
            Self::OverBudget => "超出内存限额",
            Self::Empty => "空文件",
            Self::Missing => "文件不存在",
        }
    }

    /// As it is written in a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audited => "audited",
            Self::Incomplete => "incomplete",
            Self::Unreadable => "unreadable",
            Self::Crashed => "crashed",
            Self::Timeout => "timeout",
            Self::OverBudget => "over_budget",
            Self::Empty => "empty",
            Self::Missing => "missing",
        }
    }
}

/// The row of the catalogue that an input has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Line of the catalogue, from 1.
    pub line: u64,
    /// Name of the app there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Who developed or operates it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub developer: String,
    /// Where it is from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub store: String,
    /// Its version there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// The app, as its manifest names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppName {
    /// Package name.
    pub package: String,
    /// Its label in Chinese or else in the default configuration.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// `versionName`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// `versionCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_code: Option<u64>,
}

/// One line of `outcomes.ndjson`. It depends on the input, the data and the arguments alone: no clock, no machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Name of the input, as the list of inputs has it.
    pub input: String,
    /// How it ended.
    pub status: Status,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the file; of an app in several files, of their digests, one per line in the order of the names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// Why there is no report, or what it could not see. In English.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What stopped the process that read it: `time limit of 120 s`, `memory limit of 2147483648 bytes`, `signal 11`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub killer: Option<String>,
    /// The first input with the same contents, which was read in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// Its row in the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
    /// Why the catalogue does not say what its function is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_trouble: Option<String>,
    /// Ids of the declared functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Whom the app serves.
    #[serde(default)]
    pub edition: Edition,
    /// How many findings there are, by severity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, u32>,
    /// The rules that found something, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The report, from the folder of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// SHA-256 of the report, uncompressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_sha256: Option<String>,
    /// The facts, from the folder of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<String>,
}

impl Outcome {
    /// The outcome of an input of which nothing is known yet.
    pub(super) fn new(input: &str, size: u64) -> Self {
        Self {
            input: input.to_owned(),
            status: Status::Missing,
            size,
            sha256: String::new(),
            reasons: Vec::new(),
            killer: None,
            same_as: None,
            app: None,
            listed: None,
            catalogue_trouble: None,
            functions: Vec::new(),
            edition: Edition::default(),
            findings: BTreeMap::new(),
            rules: Vec::new(),
            report: None,
            report_sha256: None,
            facts: None,
        }
    }
}

/// An outcome and what its report says, as tables take it.
#[derive(Clone, Debug)]
pub struct Row<'r> {
    /// Place of the input in the list, from 0.
    pub number: u64,
    /// Its line.
    pub outcome: &'r Outcome,
    /// What its report says; `None` where there is none.
    pub rows: Option<&'r Rows>,
}
