//! Findings as SARIF 2.1.0, for code scanning.
//!
//! Each result lies in the APK that was given, because that is the file that a user has, or, where one is given, in the
//! manifest of the sources, because that is a file of the repository; what shows it stands in `relatedLocations`, with
//! entry and byte offset. What could not be read is a notification of the invocation, which
//! is then not successful.

mod artifacts;
mod message;
mod rules;

use super::lines::{accepted_line, evidence_line, headline};
use super::plain::{self, printable};
use super::source::SourceManifest;
use super::v1::{Finding, Report};
use super::words::{Language, enum_key, word};
use crate::audit::Evidence;
use crate::facts::State;
use crate::signatures::schema::Severity;
use artifacts::Artifacts;
use message::message;
use serde_json::{Value, json};

/// The log.
pub fn render(report: &Report, language: Language, source: Option<&SourceManifest>) -> String {
    let mut artifacts = Artifacts::of(report);
    let rules = rules::of(report, language);
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            result(
                finding,
                rules.index(&finding.rule),
                &mut artifacts,
                language,
                source,
            )
        })
        .collect();
    let notifications = notifications(report, &mut artifacts, language);
    let language_tag = match language {
        Language::Zh => "zh-CN",
        Language::En => "en-US",
    };
    let functions = report.function.declared.iter();
    let functions: Vec<&str> = functions.map(|f| f.id.as_str()).collect();
    let notes = report.coverage.not_examined.iter();
    let notes: Vec<String> = notes.map(|n| printable(n.get(language))).collect();
    // Behind the last slash would be an id of the run; without one, runs of one app replace each other.
    let id = format!("permscope/{}/", artifacts::segment(&report.subject.package));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": printable(&report.tool.name),
                "version": printable(&report.tool.version),
                "rules": rules.descriptors,
                "properties": {
                    "dataVersion": printable(&report.data.version),
                    "dataSha256": printable(&report.data.digest),
                },
            }},
            "language": language_tag,
            "columnKind": "utf16CodeUnits",
            "automationDetails": { "id": id },
            "artifacts": artifacts.list(),
            "invocations": [{
                "executionSuccessful": report.coverage.complete,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": {
                "package": printable(&report.subject.package),
                "functions": functions,
                "complete": report.coverage.complete,
                "notExamined": notes,
            },
        }],
    });
    plain::json(&format!("{log:#}")) + "\n"
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(
    finding: &Finding,
    rule: usize,
    artifacts: &mut Artifacts<'_>,
    language: Language,
    source: Option<&SourceManifest>,
) -> Value {
    let remedy = match language {
        Language::Zh => format!("建议：{}", finding.remedy.get(language)),
        Language::En => format!("What to do: {}", finding.remedy.get(language)),
    };
    let text = message(&[finding.message.get(language), &remedy]);
    let first = finding.evidence.first();
    let place = match source {
        Some(source) => artifacts.of_source(source, source.line(finding)),
        None => artifacts.of_app(first.and_then(|e| e.file.as_deref())),
    };
    let mut location = json!({ "physicalLocation": place });
    let logical: Vec<Value> = first.and_then(logical).into_iter().collect();
    if let (false, Some(map)) = (logical.is_empty(), location.as_object_mut()) {
        map.insert("logicalLocations".into(), logical.into());
    }
    let related: Vec<Value> = (1u32..)
        .zip(&finding.evidence)
        .map(|(id, evidence)| related(id, evidence, artifacts))
        .collect();
    let clauses = finding.clauses.iter();
    let clauses: Vec<String> = clauses.map(|c| printable(&c.id)).collect();
    let mut value = json!({
        "ruleId": printable(&finding.rule),
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location],
        "relatedLocations": related,
        // GitHub knows a finding again by the first of these alone.
        "partialFingerprints": {
            "primaryLocationLineHash": printable(&finding.id),
            "permscopeFinding/v1": printable(&finding.id),
        },
        "properties": {
            "severity": finding.severity.word(),
            "confidence": enum_key(&finding.confidence),
            "subject": printable(&finding.subject),
            "clauses": clauses,
        },
    });
    if let (Some(why), Some(map)) = (accepted_line(finding, language), value.as_object_mut()) {
        let suppression = json!({
            "kind": "external",
            "status": "accepted",
            "justification": printable(&why),
        });
        map.insert("suppressions".into(), json!([suppression]));
    }
    value
}

fn related(id: u32, evidence: &Evidence, artifacts: &mut Artifacts<'_>) -> Value {
    let mut value = json!({
        "id": id,
        "physicalLocation": artifacts.of_evidence(evidence),
        "message": { "text": message(&[&evidence_line(evidence)]) },
    });
    if let (Some(logical), Some(map)) = (logical(evidence), value.as_object_mut()) {
        map.insert("logicalLocations".into(), json!([logical]));
    }
    value
}

/// The method, class or element.
fn logical(evidence: &Evidence) -> Option<Value> {
    let (name, kind) = match (&evidence.class, &evidence.method, &evidence.path) {
        (Some(class), Some(method), _) => (format!("{class}.{method}"), "function"),
        (Some(class), None, _) => (class.clone(), "type"),
        (None, _, Some(path)) => (path.clone(), "element"),
        (None, _, None) => return None,
    };
    Some(json!({ "fullyQualifiedName": printable(&name), "kind": kind }))
}

/// What could not be read, and what stands in the way.
fn notifications(report: &Report, artifacts: &mut Artifacts<'_>, language: Language) -> Vec<Value> {
    let mut all = Vec::new();
    let note = |id: &str, level: &str, text: &str| {
        json!({
            "descriptor": { "id": printable(id) },
            "level": level,
            "message": { "text": message(&[text]) },
        })
    };
    if !report.coverage.complete {
        all.push(note("incomplete", "error", &headline(report, language)));
    }
    for channel in &report.coverage.channels {
        if matches!(channel.state, State::Partial | State::Unreadable) {
            let (name, state) = (enum_key(&channel.channel), enum_key(&channel.state));
            let text = format!(
                "{}: {}. {}",
                word(&name, language),
                word(&state, language),
                channel.reasons.join("; ")
            );
            all.push(note(&format!("channel/{name}"), "error", text.trim_end()));
        }
    }
    for obstacle in &report.coverage.obstacles {
        let text = format!(
            "{}: {}",
            obstacle.name.get(language),
            obstacle.effect.get(language)
        );
        let id = format!("obstacle/{}", obstacle.kind);
        all.push(note(&id, "warning", &text));
    }
    for gap in report.coverage.gaps.iter().filter(|gap| gap.blocks) {
        let id = format!("gap/{}", gap.kind);
        all.push(note(&id, "warning", gap.text.get(language)));
    }
    for incident in &report.incidents {
        let level = if incident.hides.is_some() {
            "error"
        } else {
            "warning"
        };
        let id = format!("incident/{}", enum_key(&incident.code));
        let mut value = note(&id, level, &incident.detail);
        if let (Some(place), Some(map)) = (artifacts.of_incident(incident), value.as_object_mut()) {
            map.insert("locations".into(), json!([{ "physicalLocation": place }]));
        }
        all.push(value);
    }
    all
}
