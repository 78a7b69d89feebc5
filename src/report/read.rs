//! A saved report, back from its JSON.

use super::v1::{Report, SCHEMA};
use super::words::{Language, Prose};
use serde::Deserialize;
use std::fmt;

/// Why a text is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is no JSON object with a `schema`.
    NoRecord(String),
    /// Another kind or version of record.
    Other(String),
    /// A report whose contents are not those of its layout.
    Broken(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord(why) => write!(f, "not a {SCHEMA}: {why}"),
            Self::Other(schema) if schema.starts_with("permscope-facts/") => {
                write!(
                    f,
                    "not a {SCHEMA} but facts; `permscope judge` makes a report of them"
                )
            }
            Self::Other(schema) => write!(f, "not a {SCHEMA} but a `{schema}`"),
            Self::Broken(why) => write!(f, "not a {SCHEMA} that this version can read: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What every record of ours begins with.
#[derive(Deserialize)]
struct Kind {
    schema: String,
}

impl Report {
    /// Reads a report from its JSON.
    ///
    /// # Errors
    /// It is none, or of another layout.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let kind: Kind =
            serde_json::from_slice(bytes).map_err(|e| ReadError::NoRecord(e.to_string()))?;
        if kind.schema != SCHEMA {
            return Err(ReadError::Other(kind.schema));
        }
        serde_json::from_slice(bytes).map_err(|e| ReadError::Broken(e.to_string()))
    }

    /// The language of its prose: Chinese if it has that at all, as in [`Languages::first`](super::Languages::first).
    pub fn language(&self) -> Language {
        let notes = self.coverage.not_examined.iter();
        let reasons = self.permissions.iter().map(|p| &p.reason);
        let findings = self.findings.iter().flat_map(|f| [&f.title, &f.message]);
        let mut prose = notes.chain(reasons).chain(findings);
        let is_known = |prose: &&Prose| prose.zh.is_some() || prose.en.is_some();
        match prose.find(is_known) {
            Some(prose) if prose.zh.is_some() => Language::Zh,
            _ => Language::En,
        }
    }
}
