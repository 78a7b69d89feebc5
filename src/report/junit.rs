//! JUnit's XML: the app as a suite, each rule that raised something and each permission as a case.
//!
//! The elements and attributes are those that the schema of Jenkins' xUnit plugin (junit-10.xsd) has. A case fails
//! where a finding at or above `low` stands that nobody accepted, as the exit code does by default; what could not be read is an error,
//! so that an audit which saw only a part is not green.

use super::lines::{accepted_line, cite, evidence_line, headline, unread_lines};
use super::plain::printable;
use super::v1::{Finding, Permission, Report};
use super::words::{Language, enum_key, word};
use crate::audit::Verdict;
use crate::detect::Use;
use crate::signatures::schema::Severity;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How a case ended.
enum Outcome {
    Passed,
    Failed { kind: String, message: String },
    Error { message: String },
    Skipped { message: String },
}

struct Case {
    class: &'static str,
    name: String,
    outcome: Outcome,
    /// What stands below the outcome, line by line.
    lines: Vec<String>,
}

/// The document.
pub fn render(report: &Report, language: Language) -> String {
    let mut cases = vec![reading(report, language)];
    cases.extend(rules(report, language));
    let permissions = report.permissions.iter();
    cases.extend(permissions.map(|p| permission(report, p, language)));
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|c| is(&c.outcome)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        cases.len(),
        count(|o| matches!(o, Outcome::Failed { .. })),
        count(|o| matches!(o, Outcome::Error { .. })),
    );
    let skipped = count(|o| matches!(o, Outcome::Skipped { .. }));
    let subject = &report.subject;
    let version = subject.version_name.as_deref().unwrap_or_default();
    let suite = format!("{} {version}", subject.package);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string does not fail.
    let _ = writeln!(out, "<testsuites name=\"permscope\" {counts}>");
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" {counts} skipped=\"{skipped}\">",
        text(suite.trim_end())
    );
    let _ = writeln!(out, "    <properties>");
    let mut properties = vec![
        ("permscope", report.tool.version.as_str()),
        ("data", &report.data.version),
        ("data.sha256", &report.data.digest),
    ];
    for file in &subject.files {
        properties.extend([("file", file.name.as_str()), ("file.sha256", &file.sha256)]);
    }
    for function in &report.function.declared {
        properties.push(("function", &function.id));
    }
    for (name, value) in properties {
        let value = text(value);
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    let _ = writeln!(out, "    </properties>");
    for case in &cases {
        write_case(&mut out, case);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Whether everything could be read.
fn reading(report: &Report, language: Language) -> Case {
    let message = headline(report, language);
    Case {
        class: "permscope.coverage",
        name: "complete".into(),
        outcome: if report.coverage.complete {
            Outcome::Passed
        } else {
            Outcome::Error { message }
        },
        lines: unread_lines(report, language),
    }
}

/// One case for each rule with findings.
fn rules(report: &Report, language: Language) -> Vec<Case> {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    let case = |(rule, findings): (&str, Vec<&Finding>)| {
        let counts = findings.iter().filter(|f| f.accepted.is_none());
        let worst = counts.clone().map(|f| f.severity).max();
        let title = findings.first().map(|f| f.title.get(language));
        let title = title.unwrap_or_default();
        let mut lines = Vec::new();
        for finding in &findings {
            let severity = word(finding.severity.word(), language);
            let message = finding.message.get(language);
            lines.push(format!("[{severity}] {message} ({})", finding.id));
            let clauses = finding.clauses.iter().map(|c| cite(c, language));
            lines.extend(clauses);
            lines.extend(finding.evidence.iter().map(evidence_line));
            lines.push(finding.remedy.get(language).to_owned());
            lines.extend(accepted_line(finding, language));
        }
        let outcome = match worst {
            Some(severity) if severity >= Severity::Low => Outcome::Failed {
                kind: severity.word().to_owned(),
                message: format!("{title} ×{}", counts.count()),
            },
            _ => Outcome::Passed,
        };
        Case {
            class: "permscope.rule",
            name: format!("{rule} {title}"),
            outcome,
            lines,
        }
    };
    by_rule.into_iter().map(case).collect()
}

/// One case for each permission.
fn permission(report: &Report, permission: &Permission, language: Language) -> Case {
    let pick = |zh: &str, en: &str| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    };
    let about = report.findings.iter();
    let mut about = about.filter(|f| f.severity >= Severity::Low && f.subject == permission.name);
    let is_found = about.clone().any(|f| f.accepted.is_none());
    let accepted = about.find_map(|f| accepted_line(f, language));
    let outcome = match permission.verdict {
        Verdict::BeyondFunction if is_found => Outcome::Failed {
            kind: enum_key(&permission.verdict),
            message: pick(
                "所声明的功能不需要该权限",
                "the declared function does not need it",
            ),
        },
        // Without a finding, the platform adds it, and the app did not ask.
        Verdict::BeyondFunction => Outcome::Skipped {
            message: accepted.unwrap_or_else(|| {
                pick(
                    "所声明的功能不需要该权限，但非由应用申请",
                    "the declared function does not need it, and the app does not request it",
                )
            }),
        },
        Verdict::NotJudged => Outcome::Skipped {
            message: pick("未作判断", "not judged"),
        },
        _ if permission.usage == Use::NotAssessable => Outcome::Skipped {
            message: pick("使用情况无法判断", "its use cannot be assessed"),
        },
        Verdict::WithinFunction | Verdict::Conditional => Outcome::Passed,
    };
    let usage = enum_key(&permission.usage);
    let mut lines = vec![
        permission.reason.get(language).to_owned(),
        word(&usage, language).to_owned(),
    ];
    let condition = permission.condition.as_ref();
    lines.extend(condition.map(|c| c.get(language).to_owned()));
    lines.extend(permission.evidence.iter().map(evidence_line));
    Case {
        class: "permscope.permission",
        name: permission.name.clone(),
        outcome,
        lines,
    }
}

fn write_case(out: &mut String, case: &Case) {
    let lines: Vec<String> = case.lines.iter().map(|line| text(line)).collect();
    let body = lines.join("\n");
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\"",
        case.class,
        text(&case.name)
    );
    let inner = match &case.outcome {
        Outcome::Passed if body.is_empty() => {
            out.push_str("/>\n");
            return;
        }
        Outcome::Passed => format!("<system-out>{body}</system-out>"),
        Outcome::Failed { kind, message } => format!(
            "<failure type=\"{}\" message=\"{}\">{body}</failure>",
            text(kind),
            text(message)
        ),
        Outcome::Error { message } => format!(
            "<error type=\"incomplete\" message=\"{}\">{body}</error>",
            text(message)
        ),
        Outcome::Skipped { message } => format!("<skipped message=\"{}\"/>", text(message)),
    };
    let _ = writeln!(out, ">\n      {inner}\n    </testcase>");
}

/// Text for content and attributes. Characters that XML 1.0 has no place for (section 2.2) are replaced; `>` because
/// `]]>` must not stand in content.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
