//! `permscope disclose` and `permscope sheet`.

use super::args::{Bounds, Format};
use super::commands::{database, deliver, json, languages, limits};
use super::{Exit, Stop, print};
use crate::audit::{Declared, Edition};
use crate::detect::Detector;
use crate::disclose::{Document, List, Texts, compare, render, sheet};
use crate::engine::{self, Source};
use crate::limits::Limits;
use crate::report::Languages;
use crate::report::plain::printable;
use crate::report::v1::{Report, SCHEMA};
use crate::signatures::SignatureDb;
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Disclose {
    /// Files of one app, or its JSON report
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The privacy policy: HTML, Markdown, text or .docx; repeat it for several
    #[arg(long, value_name = "FILE", required_unless_present = "sdk_list")]
    policy: Vec<PathBuf>,
    /// The list of third-party SDKs: CSV with a header, or a text as for --policy
    #[arg(long, value_name = "FILE")]
    sdk_list: Vec<PathBuf>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// zh, en, or zh,en for both in JSON; by default the locale's
    #[arg(long)]
    lang: Option<String>,
    /// Write the result to a file
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    signatures: Option<PathBuf>,
    #[command(flatten)]
    bounds: Bounds,
}

#[derive(Debug, Args)]
pub(super) struct Sheet {
    /// Files of one app, or its JSON report
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The folder for the draft; files that are there are not replaced
    #[arg(long, value_name = "FOLDER", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Check a sheet instead: what it states that the app does not show, and the reverse
    #[arg(long, value_name = "CSV", conflicts_with = "out")]
    check: Option<PathBuf>,
    /// Form of the result of --check
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// zh or en; by default the locale's
    #[arg(long)]
    lang: Option<String>,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    signatures: Option<PathBuf>,
    #[command(flatten)]
    bounds: Bounds,
}

pub(super) fn sheet(asked: &Sheet) -> Result<Exit, Stop> {
    let language = languages(asked.lang.as_deref())?.first();
    let bounds = limits(&asked.bounds)?;
    let stated = asked
        .check
        .as_deref()
        .map(|path| open(path, &bounds))
        .transpose()?;
    let db = database(asked.signatures.as_deref())?;
    let report = report(&asked.files, &db, &bounds, Languages::BOTH)?;
    if let Some(stated) = stated {
        let checked = sheet::check(&stated.name, &stated.bytes, &report, &db, language)
            .map_err(|e| Stop::new(Exit::Usage, e))?;
        print(&match asked.format {
            Format::Text => sheet::render(&checked, language),
            Format::Json => json(&checked)?,
        })?;
        return Ok(if checked.differs() {
            Exit::Findings
        } else if checked.is_complete() {
            Exit::Clean
        } else {
            Exit::Incomplete
        });
    }
    if let Some(folder) = &asked.out {
        let stop =
            |path: &Path, e: io::Error| Stop::new(Exit::Usage, format!("{}: {e}", path.display()));
        std::fs::create_dir_all(folder).map_err(|e| stop(folder, e))?;
        for (name, text) in sheet::files(&report, &db, language) {
            let path = folder.join(name);
            // Somebody may have filled in the one that is there.
            let mut file = std::fs::File::create_new(&path).map_err(|e| stop(&path, e))?;
            file.write_all(text.as_bytes())
                .map_err(|e| stop(&path, e))?;
            print(&format!("{}\n", printable(&path.display().to_string())))?;
        }
    }
    Ok(if report.coverage.complete {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

pub(super) fn run(asked: &Disclose) -> Result<Exit, Stop> {
    let languages = languages(asked.lang.as_deref())?;
    let bounds = limits(&asked.bounds)?;
    let mut texts = Texts::default();
    for path in &asked.policy {
        texts.policies.push(document(path, &bounds)?);
    }
    for path in &asked.sdk_list {
        if is_table(path) {
            let source = open(path, &bounds)?;
            let list = List::read(&source.name, &source.bytes, bounds.document_bytes);
            texts
                .lists
                .push(list.map_err(|e| Stop::new(Exit::Usage, e))?);
        } else {
            texts.plain_lists.push(document(path, &bounds)?);
        }
    }
    let db = database(asked.signatures.as_deref())?;
    let report = report(&asked.files, &db, &bounds, languages)?;
    let comparison = compare(&report, &db, &texts, languages);
    let written = match asked.format {
        Format::Text => render(&comparison, languages.first()),
        Format::Json => json(&comparison)?,
    };
    deliver(&written, asked.output.as_deref())?;
    Ok(if comparison.has_undisclosed() {
        Exit::Findings
    } else if comparison.is_complete() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

fn is_table(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| ["csv", "tsv"].contains(&e.as_str()))
}

fn document(path: &Path, limits: &Limits) -> Result<Document, Stop> {
    let source = open(path, limits)?;
    Document::read(&source.name, &source.bytes, limits.document_bytes)
        .map_err(|e| Stop::new(Exit::Usage, e))
}

fn open(path: &Path, limits: &Limits) -> Result<Source, Stop> {
    let limits = Limits {
        input_bytes: limits.document_bytes,
        ..*limits
    };
    let sources =
        engine::open(&[path.to_owned()], &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    let nothing = || Stop::new(Exit::Usage, format!("{}: nothing to read", path.display()));
    sources.into_iter().next().ok_or_else(nothing)
}

/// The report itself, or one made of the app.
fn report(
    files: &[PathBuf],
    db: &SignatureDb,
    limits: &Limits,
    languages: Languages,
) -> Result<Report, Stop> {
    let sources = engine::open(files, limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    if let [source] = sources.as_slice()
        && source.bytes.trim_ascii_start().starts_with(b"{")
    {
        let wrong = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", source.name));
        let report: Report =
            serde_json::from_slice(&source.bytes).map_err(|e| wrong(e.to_string()))?;
        return if report.schema == SCHEMA {
            Ok(report)
        } else {
            Err(wrong(format!("no {SCHEMA}")))
        };
    }
    let facts = engine::facts(&sources, limits).map_err(|e| Stop::new(Exit::Incomplete, e))?;
    let declared =
        Declared::resolve(db, &[], Edition::Consumer).map_err(|e| Stop::new(Exit::Internal, e))?;
    Ok(engine::judge(
        &facts,
        &Detector::new(db),
        &declared,
        languages,
    ))
}
