//! What a run and the processes that read its apps say to each other: one line of JSON each way.

use super::outcome::AppName;
use crate::audit::Edition;
use crate::engine::source::Place;
use crate::report::rows::Rows;
use crate::report::v1::PeerShare;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a process is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Request {
    /// Read an app.
    Extract(Extract),
    /// Judge the facts of an app.
    Judge(Judge),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Extract {
    /// Where the app is.
    pub(super) place: Place,
    /// Bytes that the process may hold.
    pub(super) memory: u64,
    /// Seconds after which reading stops and what was read counts.
    pub(super) seconds: u64,
    /// Folder for the facts.
    pub(super) facts: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Judge {
    /// The file of the facts.
    pub(super) facts: PathBuf,
    /// Bytes that the process may hold.
    pub(super) memory: u64,
    /// Ids or names of the declared functions.
    pub(super) functions: Vec<String>,
    /// A catalogue named them.
    pub(super) listed: bool,
    pub(super) edition: Edition,
    /// What the peers ask for.
    pub(super) peers: Vec<PeerShare>,
    /// Where the report goes; without it it comes with the answer.
    pub(super) report: Option<ReportFile>,
}

/// Where a report goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ReportFile {
    /// Without an extension.
    pub(super) stem: PathBuf,
    /// As `.json.gz` instead of `.json`.
    pub(super) compress: bool,
    /// A page as well.
    pub(super) page: bool,
}

/// What a process answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Answer {
    /// The facts are there.
    Extracted(Extracted),
    /// The report is there.
    Judged(Box<Judged>),
    /// There is nothing to judge.
    Failed(Failed),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extracted {
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) app: AppName,
    /// Names of the permissions that the manifest requests, sorted.
    pub(super) permissions: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Judged {
    /// Ids of the functions.
    pub(super) functions: Vec<String>,
    pub(super) rows: Rows,
    /// Why it is incomplete.
    pub(super) reasons: Vec<String>,
    pub(super) findings: BTreeMap<String, u32>,
    pub(super) report_sha256: String,
    /// The report itself, where no file was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) status: super::outcome::Status,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) reason: String,
}
