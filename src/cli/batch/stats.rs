//! The figures of a run as text.

use crate::engine::batch::Stats;
use crate::engine::batch::outcome::Status;
use crate::report::Language;
use crate::report::plain::printable;
use crate::report::words::word;
use std::fmt::Write;

/// Lines of each table.
const MOST: usize = 15;

pub(super) fn render(stats: &Stats, language: Language) -> String {
    let pick = |zh, en| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let mut out = String::new();
    let mut table = |title: &str, rows: Vec<(u64, String)>| {
        let rows: Vec<(u64, String)> = rows.into_iter().filter(|(count, _)| *count > 0).collect();
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(out, "{title}");
        for (count, name) in rows {
            let _ = writeln!(out, "  {count:>8}  {}", printable(&name));
        }
    };
    let name = |status: &str| {
        let known = Status::ALL.iter().find(|s| s.word() == status);
        match (known, language) {
            (Some(status), Language::Zh) => status.zh().to_owned(),
            _ => status.to_owned(),
        }
    };
    let sorted = |counts: Vec<(u64, String)>| {
        let mut counts = counts;
        counts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        counts.truncate(MOST);
        counts
    };
    let seconds = stats.millis / 1000;
    table(
        pick("已解析", "read"),
        vec![
            (stats.read, pick("个输入已解析", "inputs read").to_owned()),
            (stats.inputs, pick("个输入", "inputs").to_owned()),
            (
                seconds,
                pick("秒（各应用用时合计）", "seconds, of all apps together").to_owned(),
            ),
        ],
    );
    let Some(figures) = &stats.figures else {
        table(
            pick("未能读取", "could not be read"),
            stats
                .failed
                .iter()
                .map(|(status, n)| (*n, name(status)))
                .collect(),
        );
        table(
            pick("用时最长（毫秒）", "slowest, in milliseconds"),
            stats.slowest.clone(),
        );
        let note = pick(
            "本批次尚未完成，以 --resume 继续。",
            "The run has not come to its end; --resume goes on.",
        );
        let _ = writeln!(out, "{note}");
        return out;
    };
    let counts = |map: &std::collections::BTreeMap<String, u64>| -> Vec<(u64, String)> {
        map.iter().map(|(key, n)| (*n, key.clone())).collect()
    };
    table(
        pick("结果", "outcomes"),
        figures
            .statuses
            .iter()
            .map(|(status, n)| (*n, name(status)))
            .collect(),
    );
    let severities = ["high", "medium", "low", "info"].map(|key| {
        let count = figures.severities.get(key).copied();
        (count.unwrap_or(0), word(key, language).to_owned())
    });
    table(
        pick("线索（按严重程度）", "findings, by severity"),
        severities.to_vec(),
    );
    let rules = figures
        .rules
        .iter()
        .map(|r| (r.apps, format!("{} · {}", r.name.get(language), r.id)));
    table(
        pick("线索最多的规则（涉及应用数）", "rules, by apps"),
        sorted(rules.collect()),
    );
    let sdks = figures
        .sdks
        .iter()
        .map(|s| (s.packages, format!("{} · {}", s.name.get(language), s.id)));
    table(
        pick("SDK（按应用数）", "SDKs, by packages"),
        sorted(sdks.collect()),
    );
    let functions = figures.functions.iter();
    let functions = functions.map(|f| (f.packages, format!("{} · {}", f.name.get(language), f.id)));
    table(
        pick("功能类型（按应用数）", "functions, by packages"),
        sorted(functions.collect()),
    );
    table(
        pick("未能读取或者未作判断的内容", "what could not be read"),
        sorted(counts(&figures.obstacles)),
    );
    table(
        pick("用时最长（毫秒）", "slowest, in milliseconds"),
        stats.slowest.clone(),
    );
    out
}
