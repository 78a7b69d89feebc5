//! `case.json`: who made the case, of what, how, and what was not covered.

use super::digests::Digests;
use crate::audit::Edition;
use crate::report::v1::{Coverage, Tool};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Value of [`Record::schema`].
pub(super) const SCHEMA: &str = "permscope-case/1";

/// What the officer says. Nothing of it is looked up: the time, too, is what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Who made the case.
    pub operator: String,
    /// Number of the case.
    pub case_ref: String,
    /// Where the app comes from: a store, a site, a device.
    pub acquired_from: String,
    /// When it was taken from there.
    pub acquired_at: String,
    /// The operator of the app, as the source names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer: Option<String>,
}

/// What the report depends on besides the app, the tool and the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The declared functions, as they were typed.
    pub functions: Vec<String>,
    /// Whom the app serves.
    pub edition: Edition,
    /// Languages of the report: `zh` or `zh,en`.
    pub languages: String,
    /// Limits of the readers that are not the usual ones.
    pub limits: BTreeMap<String, u64>,
}

/// The data that judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Its version, a date.
    pub version: String,
    /// SHA-256 over all its files.
    pub digest: String,
}

/// What a file is in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It was given.
    Input,
    /// A v4 signature that lay beside a file that was given.
    Signature,
    /// An APK inside a bundle that was given.
    Member,
}

/// One file of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFile {
    /// What it is.
    pub role: Role,
    /// Name and digests.
    #[serde(flatten)]
    pub of: Digests,
}

/// `case.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `permscope-case/1`.
    pub schema: String,
    /// What the officer says.
    pub details: Details,
    /// The program.
    pub tool: Tool,
    /// The data.
    pub data: Data,
    /// The arguments.
    pub arguments: Arguments,
    /// The app's files.
    pub app: Vec<AppFile>,
    /// What was read and what was not, as in the report.
    pub coverage: Coverage,
}
