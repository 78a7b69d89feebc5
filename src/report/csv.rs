//! One row for each finding, for spreadsheets.

use super::lines::{accepted_line, cite, evidence_line};
use super::plain::{BYTE_ORDER_MARK, cell};
use super::v1::{Finding, Report};
use super::words::{Language, enum_key, word};

const COLUMNS: [(&str, &str); 15] = [
    ("严重程度", "severity"),
    ("确信程度", "confidence"),
    ("规则", "rule"),
    ("线索（待核实）", "finding"),
    ("对象", "subject"),
    ("说明", "message"),
    ("依据", "clauses"),
    ("证据", "evidence"),
    ("建议", "what to do"),
    ("接受情况", "accepted"),
    ("编号", "id"),
    ("包名", "package"),
    ("版本", "version"),
    ("文件", "file"),
    ("SHA-256", "sha256"),
];

/// A table with a byte order mark and CRLF, as spreadsheets take it (RFC 4180); nothing in it is a formula.
pub fn render(report: &Report, language: Language) -> String {
    let mut out = BYTE_ORDER_MARK.to_owned();
    let names = COLUMNS.map(|(zh, en)| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    });
    row(&mut out, &names, language);
    for finding in &report.findings {
        row(&mut out, &cells(report, finding, language), language);
    }
    out
}

fn cells(report: &Report, finding: &Finding, language: Language) -> [String; 15] {
    let separator = match language {
        Language::Zh => "；",
        Language::En => "; ",
    };
    let clauses: Vec<String> = finding.clauses.iter().map(|c| cite(c, language)).collect();
    let evidence: Vec<String> = finding.evidence.iter().map(evidence_line).collect();
    let files = || report.subject.files.iter();
    let names: Vec<&str> = files().map(|f| f.name.as_str()).collect();
    let digests: Vec<&str> = files().map(|f| f.sha256.as_str()).collect();
    let confidence = enum_key(&finding.confidence);
    [
        word(finding.severity.word(), language).to_owned(),
        word(&confidence, language).to_owned(),
        finding.rule.clone(),
        finding.title.get(language).to_owned(),
        finding.subject.clone(),
        finding.message.get(language).to_owned(),
        clauses.join(separator),
        evidence.join(separator),
        finding.remedy.get(language).to_owned(),
        accepted_line(finding, language).unwrap_or_default(),
        finding.id.clone(),
        report.subject.package.clone(),
        report.subject.version_name.clone().unwrap_or_default(),
        names.join(separator),
        digests.join(separator),
    ]
}

fn row(out: &mut String, cells: &[String], language: Language) {
    for (number, text) in cells.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(&cell(text, language).replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}
