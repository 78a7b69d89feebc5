//! A summary in GitHub Flavored Markdown, for a pull request or a merge request.
//!
//! Words of an app stand in code spans and fences only: there neither HTML, links, images, mentions, references to
//! issues, emoji nor formulas are made of them.

use super::lines::{accepted_line, cite, evidence_line, headline, unread_lines};
use super::plain::printable;
use super::v1::{Finding, Report};
use super::words::{Language, enum_key, word};
use std::fmt::Write;

/// Findings that are shown. A comment on GitHub ends at 65,536 characters.
const MOST_FINDINGS: usize = 50;
/// Findings with their details.
const MOST_DETAILS: usize = 20;
/// Pieces of evidence of each of them.
const MOST_EVIDENCE: usize = 3;

/// The summary.
pub fn render(report: &Report, language: Language) -> String {
    let pick = |zh, en| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "## {}\n",
        pick("应用个人信息静态检测", "App privacy audit")
    );
    let subject = &report.subject;
    let version = subject.version_name.as_deref().unwrap_or("-");
    let _ = writeln!(out, "{} {}\n", code(&subject.package), code(version));
    let _ = writeln!(out, "**{}**\n", prose(&headline(report, language)));
    let unread = unread_lines(report, language);
    for line in &unread {
        let _ = writeln!(out, "- {}", code(line));
    }
    if !unread.is_empty() {
        out.push('\n');
    }
    if !report.findings.is_empty() {
        table(&mut out, report, language);
        details(&mut out, report, language);
    }
    let declared = report.function.declared.iter();
    let declared: Vec<String> = declared.map(|f| code(&f.id)).collect();
    if !declared.is_empty() {
        let title = pick("所声明的功能：", "Declared function: ");
        let _ = writeln!(out, "{title}{}\n", declared.join(" "));
    }
    for file in &subject.files {
        let (name, digest) = (code(&file.name), code(&file.sha256));
        let _ = writeln!(out, "- {name} SHA-256 {digest}");
    }
    let (tool, data) = (code(&report.tool.version), code(&report.data.version));
    let data_title = pick("数据", "data");
    let _ = writeln!(out, "- permscope {tool} · {data_title} {data}");
    out
}

fn table(out: &mut String, report: &Report, language: Language) {
    let head = match language {
        Language::Zh => "| 严重程度 | 线索 | 对象 | 编号 |",
        Language::En => "| severity | finding | about | id |",
    };
    let _ = writeln!(out, "{head}\n|---|---|---|---|");
    for finding in report.findings.iter().take(MOST_FINDINGS) {
        let accepted = match (&finding.accepted, language) {
            (None, _) => "",
            (Some(_), Language::Zh) => "（已接受）",
            (Some(_), Language::En) => " (accepted)",
        };
        let _ = writeln!(
            out,
            "| {}{accepted} | {} | {} | {} |",
            word(finding.severity.word(), language),
            prose(finding.title.get(language)),
            // A pipe ends a cell in a code span, too (GFM, section 4.10).
            code(&finding.subject).replace('|', "\\|"),
            code(&finding.id).replace('|', "\\|"),
        );
    }
    out.push('\n');
    if let more @ 1.. = report.findings.len().saturating_sub(MOST_FINDINGS) {
        let _ = match language {
            Language::Zh => writeln!(out, "另有线索 {more} 条，见完整报告。\n"),
            Language::En => writeln!(out, "{more} more findings in the full report.\n"),
        };
    }
}

fn details(out: &mut String, report: &Report, language: Language) {
    let title = match language {
        Language::Zh => "依据、证据和建议",
        Language::En => "Clauses, evidence, what to do",
    };
    let _ = writeln!(out, "<details><summary>{title}</summary>\n");
    for finding in report.findings.iter().take(MOST_DETAILS) {
        let severity = word(finding.severity.word(), language);
        let title = prose(finding.title.get(language));
        let subject = code(&finding.subject);
        let _ = writeln!(out, "**{severity} · {title}** {subject}\n");
        fence(out, &detail(finding, language));
    }
    let _ = writeln!(out, "</details>\n");
}

fn detail(finding: &Finding, language: Language) -> Vec<String> {
    let pick = |zh, en| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let confidence = enum_key(&finding.confidence);
    let mut lines = vec![format!(
        "{} [{}]",
        finding.message.get(language),
        word(&confidence, language)
    )];
    for clause in &finding.clauses {
        let title = pick("依据：", "clause: ");
        lines.push(format!("{title}{}", cite(clause, language)));
    }
    for evidence in finding.evidence.iter().take(MOST_EVIDENCE) {
        let title = pick("证据：", "evidence: ");
        lines.push(format!("{title}{}", evidence_line(evidence)));
    }
    lines.extend(accepted_line(finding, language));
    let remedy = finding.remedy.get(language);
    lines.push(format!("{}{remedy}", pick("建议：", "what to do: ")));
    lines
}

/// A code span: its marks are one longer than any run of them inside (GFM, section 6.3).
fn code(text: &str) -> String {
    let text = printable(text);
    if text.trim().is_empty() {
        return "` - `".into();
    }
    let marks = "`".repeat(longest_run(&text).saturating_add(1));
    format!("{marks} {text} {marks}")
}

/// A fenced block, likewise.
fn fence(out: &mut String, lines: &[String]) {
    let lines: Vec<String> = lines.iter().map(|line| printable(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let marks = "`".repeat(longest.unwrap_or(0).saturating_add(1).max(3));
    let _ = writeln!(out, "{marks}text\n{}\n{marks}\n", lines.join("\n"));
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Our own prose, as it stands: marks are escaped, and what GitHub and GitLab make references of (`@name`, `#1`,
/// `!1`, `$1`, `~label`, `%milestone`, `&epic`, `:emoji:`) is split, because there a backslash is no help.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if c.is_ascii_punctuation() && !",;'\"/?".contains(c) {
            out.push('\\');
        }
        out.push(c);
        if "@#!$~%&:".contains(c) {
            out.push('\u{200b}');
        }
    }
    out
}
