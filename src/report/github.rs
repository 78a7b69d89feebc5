//! Workflow commands of GitHub Actions: each finding as an annotation.
//!
//! A command is a line `::error file=…,title=…::message`; what must not end a line or a property is escaped as
//! `escapeData` and `escapeProperty` of actions/toolkit (packages/core/src/command.ts) do.

use super::lines::{accepted_line, headline, unread_lines};
use super::plain::printable;
use super::source::SourceManifest;
use super::v1::Report;
use super::words::{Language, word};
use crate::signatures::schema::Severity;
use std::fmt::Write;

/// One command for each finding, most severe first, one for each thing that could not be read, and the result.
pub fn render(report: &Report, language: Language, source: Option<&SourceManifest>) -> String {
    let mut out = String::new();
    let first = report.subject.files.first();
    for finding in &report.findings {
        let accepted = accepted_line(finding, language);
        let command = match finding.severity {
            _ if accepted.is_some() => "notice",
            Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let of_evidence = finding.evidence.iter().find_map(|e| e.file.as_deref());
        let place = match source {
            Some(source) => Some((source.path.as_str(), Some(source.line(finding)))),
            None => {
                let file = of_evidence.or(first.map(|f| f.name.as_str()));
                file.map(|file| (file, None))
            }
        };
        let title = format!(
            "{} · {} · {}",
            word(finding.severity.word(), language),
            finding.title.get(language),
            finding.rule
        );
        let message = [
            finding.message.get(language),
            finding.remedy.get(language),
            accepted.as_deref().unwrap_or_default(),
            &finding.id,
        ];
        line(&mut out, command, place, &title, &message);
    }
    for text in unread_lines(report, language) {
        let title = match language {
            Language::Zh => "未能完整检测",
            Language::En => "could not be read or judged",
        };
        line(&mut out, "warning", None, title, &[&text]);
    }
    let result = headline(report, language);
    let command = if report.coverage.complete {
        "notice"
    } else {
        "warning"
    };
    line(&mut out, command, None, "permscope", &[&result]);
    out
}

fn line(
    out: &mut String,
    command: &str,
    place: Option<(&str, Option<u32>)>,
    title: &str,
    message: &[&str],
) {
    let mut properties = format!("title={}", property(title));
    if let Some((file, line)) = place {
        let line = line.map(|line| format!("line={line},")).unwrap_or_default();
        properties = format!("file={},{line}{properties}", property(file));
    }
    let filled = message.iter().filter(|text| !text.is_empty());
    let message: Vec<String> = filled.map(|text| data(text)).collect();
    // Writing to a string does not fail.
    let _ = writeln!(out, "::{command} {properties}::{}", message.join("%0A"));
}

/// `%`, CR and LF cannot stand in a message; the last two are replaced with all else that steers.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25")
}

/// A property ends at a comma, and all of them at a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
