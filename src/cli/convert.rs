//! `convert`: a saved report in other forms, and the one place where a form is chosen.

use super::args::{Convert, Form};
use super::commands::{deliver, json, languages};
use super::{Exit, Stop, paint};
use crate::engine;
use crate::limits::{Limits, REPORT_BYTES};
use crate::report::source::SourceManifest;
use crate::report::v1::Report;
use crate::report::{Language, brief, csv, cyclonedx, github, html, junit, markdown, sarif, text};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

pub(super) fn run(asked: &Convert) -> Result<Exit, Stop> {
    let report = read(&asked.report)?;
    let language = match &asked.lang {
        Some(text) => languages(Some(text))?.first(),
        None => report.language(),
    };
    let source = asked.manifest.as_deref().map(manifest).transpose()?;
    let source = source.as_ref();
    let forms: BTreeSet<Form> = asked.to.iter().copied().collect();
    match (&asked.out, forms.len()) {
        (Some(folder), _) => {
            std::fs::create_dir_all(folder)
                .map_err(|e| Stop::new(Exit::Usage, format!("{}: {e}", folder.display())))?;
            for form in forms {
                let written = render(&report, form, language, source)?;
                deliver(&written, Some(&folder.join(file_name(form))))?;
            }
        }
        (None, 1) => {
            for form in forms {
                let written = render(&report, form, language, source)?;
                deliver(&written, asked.output.as_deref())?;
            }
        }
        (None, _) => {
            let what = "several forms need --out with a folder for them";
            return Err(Stop::new(Exit::Usage, what));
        }
    }
    Ok(Exit::Clean)
}

/// A report in one form.
pub(super) fn render(
    report: &Report,
    form: Form,
    language: Language,
    source: Option<&SourceManifest>,
) -> Result<String, Stop> {
    Ok(match form {
        Form::Text => text::render(report, language),
        Form::Brief => brief::render(report, language, paint::width()),
        Form::Json => json(report)?,
        Form::Html => html::render(report),
        Form::Sarif => sarif::render(report, language, source),
        Form::Cyclonedx => cyclonedx::render(report, language),
        Form::Junit => junit::render(report, language),
        Form::Github => github::render(report, language, source),
        Form::Markdown => markdown::render(report, language),
        Form::Csv => csv::render(report, language),
    })
}

/// The manifest of the sources, whose path is what annotations name.
fn manifest(path: &Path) -> Result<SourceManifest, Stop> {
    let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
    let limits = Limits::default();
    let sources =
        engine::open(&[path.to_owned()], &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    let bytes = sources.first().map_or(&[][..], |source| &source.bytes);
    engine::source_manifest(&path.to_string_lossy(), bytes, &limits).map_err(stop)
}

/// The names by which other tools know what is in a file.
fn file_name(form: Form) -> &'static str {
    match form {
        Form::Text => "report.txt",
        Form::Brief => "report.brief.txt",
        Form::Json => "report.json",
        Form::Html => "report.html",
        Form::Sarif => "report.sarif",
        Form::Cyclonedx => "report.cdx.json",
        Form::Junit => "report.junit.xml",
        Form::Github => "report.github.txt",
        Form::Markdown => "report.md",
        Form::Csv => "report.csv",
    }
}

/// A saved report, packed or not.
pub(super) fn read(path: &Path) -> Result<Report, Stop> {
    let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
    let mut limits = Limits::default();
    limits.input_bytes = limits.input_bytes.min(REPORT_BYTES);
    let sources =
        engine::open(&[path.to_owned()], &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    let bytes = sources.first().map_or(&[][..], |source| &source.bytes);
    let bytes = inflate(bytes).map_err(|e| stop(e.to_string()))?;
    Report::read(&bytes).map_err(|e| stop(e.to_string()))
}

/// The bytes, inflated if they begin as gzip does (RFC 1952, section 2.3.1).
fn inflate(bytes: &[u8]) -> std::io::Result<Cow<'_, [u8]>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.into());
    }
    let mut inflated = Vec::new();
    let mut from = MultiGzDecoder::new(bytes).take(REPORT_BYTES);
    from.read_to_end(&mut inflated)?;
    if from.limit() == 0 {
        let what = format!("holds {REPORT_BYTES} bytes or more");
        return Err(std::io::Error::other(what));
    }
    Ok(inflated.into())
}
