//! `statement.json`: in-toto Statement v1 over the app's files, with every file of the case by digest.
//!
//! Layout: in-toto attestation framework, "Statement layer" v1: `subject` holds names and digests, `predicate` is ours.

use super::digests::Digests;
use super::record::{Arguments, Data, Record};
use super::{Files, OUTSIDE};
use crate::report::v1::Tool;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Value of [`Statement::kind`].
pub(super) const KIND: &str = "https://in-toto.io/Statement/v1";
/// Value of [`Statement::predicate_type`].
pub(super) const PREDICATE: &str = "urn:permscope:case:1";

/// The statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// `https://in-toto.io/Statement/v1`.
    #[serde(rename = "_type")]
    pub kind: String,
    /// Every file of the app.
    pub subject: Vec<Subject>,
    /// `urn:permscope:case:1`.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is stated.
    pub predicate: Predicate,
}

/// A file of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// `sha256`.
    pub digest: BTreeMap<String, String>,
}

/// What is stated of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// Number of the case.
    pub case_ref: String,
    /// The program.
    pub tool: Tool,
    /// The data.
    pub data: Data,
    /// The arguments.
    pub arguments: Arguments,
    /// All files of the case but the statement and what is made from it.
    pub files: Vec<Digests>,
}

impl Statement {
    /// The statement over these files.
    pub fn new(files: &Files, record: &Record) -> Self {
        let subject = |of: &Digests| Subject {
            name: of.name.clone(),
            digest: [("sha256".to_owned(), of.sha256.clone())].into(),
        };
        Self {
            kind: KIND.into(),
            subject: record.app.iter().map(|file| subject(&file.of)).collect(),
            predicate_type: PREDICATE.into(),
            predicate: Predicate {
                case_ref: record.details.case_ref.clone(),
                tool: record.tool.clone(),
                data: record.data.clone(),
                arguments: record.arguments.clone(),
                files: files
                    .iter()
                    .filter(|(name, _)| !OUTSIDE.contains(&name.as_str()))
                    .map(|(name, bytes)| Digests::of(name, bytes))
                    .collect(),
            },
        }
    }
}
