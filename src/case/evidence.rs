//! `evidence/F-….txt`: the evidence of each finding as it stands in the app.

use super::Files;
use super::app::App;
use super::look::{Seen, look};
use crate::audit::Evidence;
use crate::report::plain::printable;
use crate::report::v1::{Finding, Report};
use crate::report::words::{Language, enum_key};
use std::fmt::Write;

/// The path of a finding's file.
pub(super) fn path(finding: &Finding) -> String {
    format!("evidence/{}.txt", super::safe_name(&finding.id))
}

/// One file for each finding. Two findings of one id share theirs.
pub(super) fn files(app: &App<'_>, report: &Report) -> Files {
    let all: Vec<&Evidence> = report.findings.iter().flat_map(|f| &f.evidence).collect();
    let mut seen = look(app, &all).into_iter();
    let mut files = Files::new();
    for finding in &report.findings {
        let file = files.entry(path(finding)).or_default();
        file.extend(head(finding).into_bytes());
        for (number, evidence) in finding.evidence.iter().enumerate() {
            let seen = seen.next().unwrap_or_default();
            file.extend(one(number.saturating_add(1), evidence, &seen).into_bytes());
        }
    }
    files
}

fn head(finding: &Finding) -> String {
    let mut out = String::new();
    let mut line = |zh: &str, en: &str, text: &str| {
        let _ = writeln!(out, "{zh} {en}: {}", printable(text));
    };
    line("线索编号", "finding", &finding.id);
    line("规则", "rule", &finding.rule);
    line("对象", "subject", &finding.subject);
    for (zh, en, text) in [
        ("问题", "title", &finding.title),
        ("说明", "message", &finding.message),
    ] {
        line(zh, en, text.get(Language::Zh));
    }
    out
}

fn one(number: usize, evidence: &Evidence, seen: &Seen) -> String {
    let mut out = format!(
        "\n--- 证据 evidence {number}: {}\n",
        enum_key(&evidence.kind)
    );
    let mut line = |zh: &str, en: &str, text: &Option<String>| {
        if let Some(text) = text {
            let _ = writeln!(out, "{zh} {en}: {}", printable(text));
        }
    };
    line("内容", "value", &Some(evidence.value.clone()));
    line("所指", "shows", &evidence.shows);
    line("文件", "file", &evidence.file);
    line("条目", "entry", &evidence.entry);
    line("条目SHA-256", "entry_sha256", &evidence.entry_sha256);
    line("元素", "path", &evidence.path);
    line("类", "class", &evidence.class);
    line("方法", "method", &evidence.method);
    let offset = evidence.offset.map(|at| format!("{at:#x} ({at})"));
    line("条目内偏移", "offset", &offset);
    line("处数", "count", &evidence.count.map(|n| n.to_string()));
    line("强度", "strength", &evidence.strength);
    line("途径", "channel", &evidence.channel);
    line("代码归属", "owner", &evidence.owner);
    for text in &seen.lines {
        let _ = writeln!(out, "    {}", printable(text));
    }
    for wrong in &seen.wrong {
        let (said, found) = (printable(&wrong.said), printable(&wrong.found));
        let _ = writeln!(
            out,
            "!   与应用不符 not as in the app: {}: {said} / {found}",
            wrong.field
        );
    }
    out
}
