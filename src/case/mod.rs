//! The case file of an enforcement officer: a folder that another person can check, with and without this program.
//!
//! ```text
//! report.json                 the report, as `permscope audit --format json` gives it
//! annex.zh.md, annex.zh.html  the annex in Chinese, for people and for print
//! evidence/F-….txt            the evidence of each finding, with what stands around it
//! manifest/….AndroidManifest.xml
//! case.json                   who, of what, from where, with which arguments; what was not covered
//! hashes.tsv                  SHA-256 and SM3 of the app's files and of all of the above
//! statement.json              in-toto statement: the app's files, and every file of the case by digest
//! statement.json.minisig      signature over it
//! request.tsq                 request for a time stamp over it (RFC 3161)
//! ```
//!
//! [`make`] builds the files in memory, [`verify`] goes the other way. Nothing here reads a clock: the same app,
//! arguments, program and data give the same bytes.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod annex;
mod app;
mod bytecode;
mod compare;
mod digests;
mod element;
mod evidence;
pub mod folder;
pub mod key;
mod look;
mod note;
mod page;
mod record;
mod stamp;
mod statement;
pub mod verify;

pub use digests::Digests;
pub use note::{Kind, Note, What};
pub use record::{AppFile, Arguments, Details, Record, Role};
pub use statement::Statement;

use crate::audit::{Declared, Edition, UnknownFunction};
use crate::detect::Detector;
use crate::engine::{self, Failure, Source};
use crate::limits::Limits;
use crate::report::v1::Report;
use crate::report::{Languages, plain};
use app::App;
use std::collections::BTreeMap;
use std::fmt;

/// The files of a case by their paths, which are written with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Names of the files.
pub const REPORT: &str = "report.json";
/// The annex as Markdown.
pub const ANNEX: &str = "annex.zh.md";
/// The annex for print.
pub const ANNEX_PAGE: &str = "annex.zh.html";
/// See [`Record`].
pub const RECORD: &str = "case.json";
/// Digests of all files.
pub const HASHES: &str = "hashes.tsv";
/// See [`Statement`].
pub const STATEMENT: &str = "statement.json";
/// The signature over the statement.
pub const SIGNATURE: &str = "statement.json.minisig";
/// The request for a time stamp.
pub const REQUEST: &str = "request.tsq";
/// The answer to it, which is put into the folder later.
pub const REPLY: &str = "response.tsr";
/// Files that no digest of the statement can be over.
const OUTSIDE: [&str; 4] = [STATEMENT, SIGNATURE, REQUEST, REPLY];

/// What a case is made with.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the officer says.
    pub details: Details,
    /// The declared functions: ids or names.
    pub functions: Vec<String>,
    /// Whom the app serves.
    pub edition: Edition,
    /// Languages of the report.
    pub languages: Languages,
}

/// Why there is no case.
#[derive(Debug)]
pub enum CaseError {
    /// Nothing of the app could be read.
    App(Failure),
    /// No such function.
    Function(UnknownFunction),
    /// A record could not be written as JSON.
    Json(serde_json::Error),
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(f),
            Self::Function(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CaseError {}

/// Makes the files of a case, without a signature.
///
/// # Errors
/// The app cannot be read at all, or a function has no such name.
pub fn make(
    sources: &[Source],
    asked: &Asked,
    detector: &Detector<'_>,
    limits: &Limits,
) -> Result<Files, CaseError> {
    let facts = engine::facts(sources, limits).map_err(CaseError::App)?;
    let declared = Declared::resolve(detector.db(), &asked.functions, asked.edition)
        .map_err(CaseError::Function)?;
    let report = engine::judge(&facts, detector, &declared, asked.languages);
    let arguments = Arguments {
        functions: asked.functions.clone(),
        edition: asked.edition,
        languages: asked.languages.to_string(),
        limits: report.coverage.limits.clone(),
    };
    files(sources, &report, &asked.details, arguments, limits).map_err(CaseError::Json)
}

/// All files that follow from the app and its report.
fn files(
    sources: &[Source],
    report: &Report,
    details: &Details,
    arguments: Arguments,
    limits: &Limits,
) -> Result<Files, serde_json::Error> {
    let app = App::open(sources, limits);
    let record = Record {
        schema: record::SCHEMA.into(),
        details: details.clone(),
        tool: report.tool.clone(),
        data: record::Data {
            version: report.data.version.clone(),
            digest: report.data.digest.clone(),
        },
        arguments,
        app: app::files(sources, &app),
        coverage: report.coverage.clone(),
    };
    let mut files = Files::new();
    files.insert(REPORT.into(), json(report)?.into_bytes());
    files.insert(RECORD.into(), json(&record)?.into_bytes());
    files.extend(manifests(&app));
    files.extend(evidence::files(&app, report));
    let annex = annex::blocks(report, &record);
    files.insert(ANNEX.into(), page::markdown(&annex).into_bytes());
    files.insert(ANNEX_PAGE.into(), page::html(&annex).into_bytes());
    seal(&mut files, &record)?;
    Ok(files)
}

/// Writes the list of digests, the statement and the request anew; an old signature goes.
///
/// # Errors
/// The statement cannot be written as JSON.
pub fn seal(files: &mut Files, record: &Record) -> Result<(), serde_json::Error> {
    files.retain(|name, _| name != HASHES && !OUTSIDE.contains(&name.as_str()));
    let app: Vec<Digests> = record.app.iter().map(|file| file.of.clone()).collect();
    let table = digests::table(&app, files);
    files.insert(HASHES.into(), table.into_bytes());
    let statement = json(&Statement::new(files, record))?.into_bytes();
    files.insert(REQUEST.into(), stamp::request(&statement));
    files.insert(STATEMENT.into(), statement);
    Ok(())
}

/// Adds the signature over the statement.
pub fn sign(files: &mut Files, key: &key::SecretKey, case_ref: &str) {
    let statement = files.get(STATEMENT).map_or(&[][..], Vec::as_slice);
    let comment = format!("permscope case {}", plain::printable(case_ref));
    let signature = key.sign(statement, &comment);
    files.insert(SIGNATURE.into(), signature.into_bytes());
}

/// JSON as all files of a case have it.
fn json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    let mut text = plain::json(&serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text)
}

/// The manifests of all APKs as text.
fn manifests(app: &App<'_>) -> Files {
    let mut files = Files::new();
    for (number, (name, _)) in app.parts().enumerate() {
        let Ok(bytes) = app.entry(name, crate::package::MANIFEST) else {
            continue;
        };
        let xml = element::Xml::open(&bytes, name, app.limits());
        let number = number.saturating_add(1);
        let path = format!("manifest/{number}-{}.AndroidManifest.xml", safe_name(name));
        files.insert(path, xml.text().into_bytes());
    }
    files
}

/// A name from outside as a part of a file's name on any system.
fn safe_name(name: &str) -> String {
    const LONGEST: usize = 60;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    name.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(LONGEST)
        .collect()
}
