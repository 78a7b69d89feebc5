//! The rules behind the results (SARIF 2.1.0, section 3.49).

use super::super::lines::cite;
use super::super::markdown::prose;
use super::super::plain::printable;
use super::super::v1::{ClauseRef, Finding, Report};
use super::super::words::{Language, Prose};
use super::level;
use super::message::message;
use crate::signatures::schema::{RuleConfidence, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rules with results, sorted by id.
pub(super) struct Rules<'r> {
    ids: Vec<&'r str>,
    pub(super) descriptors: Vec<Value>,
}

impl Rules<'_> {
    pub(super) fn index(&self, id: &str) -> usize {
        self.ids.binary_search(&id).unwrap_or_default()
    }
}

pub(super) fn of(report: &Report, language: Language) -> Rules<'_> {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    Rules {
        ids: by_rule.keys().copied().collect(),
        descriptors: by_rule
            .iter()
            .map(|(id, findings)| descriptor(id, findings, language))
            .collect(),
    }
}

/// How bad code scanning takes it to be: GitHub calls 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn descriptor(id: &str, findings: &[&Finding], language: Language) -> Value {
    let severities = findings.iter().map(|f| f.severity);
    let severity = severities.max().unwrap_or(Severity::Info);
    let confidence = findings.iter().map(|f| f.confidence).min();
    let precision = match confidence {
        Some(RuleConfidence::Certain) => "very-high",
        Some(RuleConfidence::Firm) => "high",
        Some(RuleConfidence::Tentative) | None => "medium",
    };
    let mut clauses: Vec<&ClauseRef> = Vec::new();
    for clause in findings.iter().flat_map(|f| &f.clauses) {
        if !clauses.iter().any(|known| known.id == clause.id) {
            clauses.push(clause);
        }
    }
    let first = findings.first();
    let title = first.map(|f| f.title.get(language)).unwrap_or_default();
    // Where the words name one subject, they are said with the result alone.
    let remedy = first.map(|f| &f.remedy);
    let remedy = remedy.filter(|remedy| findings.iter().all(|f| f.remedy == **remedy));
    let (mut text, mut markdown) = (Vec::new(), Vec::new());
    for language in languages(findings, language) {
        let title = first.map(|f| f.title.get(language)).unwrap_or_default();
        help(&mut text, &mut markdown, title, remedy, &clauses, language);
    }
    let lines: Vec<&str> = text.iter().map(String::as_str).collect();
    let ids: Vec<String> = clauses.iter().map(|c| printable(&c.id)).collect();
    json!({
        "id": printable(id),
        "name": pascal(id),
        "shortDescription": { "text": message(&[title]) },
        "fullDescription": { "text": message(&[&full(title, &clauses, language)]) },
        "help": { "text": message(&lines), "markdown": markdown.join("\n\n") },
        "defaultConfiguration": { "level": level(severity) },
        "properties": {
            "tags": ["android", "privacy", "security"],
            "precision": precision,
            "problem.severity": match severity {
                Severity::High => "error",
                Severity::Medium => "warning",
                Severity::Low | Severity::Info => "recommendation",
            },
            "security-severity": score(severity),
            "clauses": ids,
        },
    })
}

/// The languages of the record, the asked one first.
fn languages(findings: &[&Finding], asked: Language) -> Vec<Language> {
    let other = match asked {
        Language::Zh => Language::En,
        Language::En => Language::Zh,
    };
    let has = |prose: &Prose, language| match language {
        Language::Zh => prose.zh.is_some(),
        Language::En => prose.en.is_some(),
    };
    let has_other = findings
        .first()
        .is_some_and(|f| has(&f.title, other) && has(&f.title, asked));
    [Some(asked), has_other.then_some(other)]
        .into_iter()
        .flatten()
        .collect()
}

fn full(title: &str, clauses: &[&ClauseRef], language: Language) -> String {
    let cited: Vec<String> = clauses.iter().map(|c| cite(c, language)).collect();
    match language {
        Language::Zh => format!("{title}。依据：{}", cited.join("；")),
        Language::En => format!("{title}. Clauses: {}", cited.join("; ")),
    }
}

fn help(
    text: &mut Vec<String>,
    markdown: &mut Vec<String>,
    title: &str,
    remedy: Option<&Prose>,
    clauses: &[&ClauseRef],
    language: Language,
) {
    let pick = |zh: &str, en: &str| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    };
    let lead = pick(
        "检测结果为线索，告知同意、调用时机和频次须通过动态检测确认。",
        "A finding is a lead: notice, consent, moment and frequency have to be confirmed by a dynamic test.",
    );
    text.push(title.to_owned());
    markdown.push(format!("**{}**", prose(title)));
    if let Some(remedy) = remedy {
        let what = pick("建议：", "What to do: ");
        text.push(format!("{what}{}", remedy.get(language)));
        markdown.push(format!("{what}{}", prose(remedy.get(language))));
    }
    if !clauses.is_empty() {
        let what = pick("依据：", "Clauses: ");
        let cited: Vec<String> = clauses.iter().map(|c| cite(c, language)).collect();
        text.push(format!("{what}{}", cited.join(&pick("；", "; "))));
        let items = cited.iter().map(|line| format!("- {}", prose(line)));
        markdown.push(items.collect::<Vec<_>>().join("\n"));
    }
    markdown.push(lead.clone());
    text.push(lead);
}

/// `not-needed-permission` as `NotNeededPermission`.
fn pascal(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    id.split('-').map(word).collect()
}
