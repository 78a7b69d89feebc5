//! What `permscope db` prints for people.

use super::pick;
use crate::engine::diff::{Change, Diff};
use crate::report::{Language, plain::printable};
use crate::signatures::SignatureDb;
use crate::signatures::schema::{Gap, Sdk};
use crate::signatures::stats::Stats;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

struct Shown<'f> {
    folder: Option<&'f Path>,
    language: Language,
    out: String,
}

/// Every entry called `id`, as TOML behind a comment with its file; `None` where there is none.
pub(super) fn show(
    db: &SignatureDb,
    id: &str,
    folder: Option<&Path>,
    language: Language,
) -> Option<String> {
    let mut page = Shown {
        folder,
        language,
        out: String::new(),
    };
    let d = &db.data;
    if let Some(x) = db.sdk(id) {
        page.file(&format!("sdks/{id}.toml"), x, &lacks(x, language));
    }
    if let Some(x) = db.packer(id) {
        page.file(&format!("packers/{id}.toml"), x, &[]);
    }
    if let Some(x) = d.functions.iter().find(|f| f.id == id) {
        let file = format!("functions/{:02}-{}.toml", x.number, x.id);
        page.file(&file, x, &[]);
    }
    if let Some(x) = db.rule(id) {
        page.file(&format!("rules/{id}.toml"), x, &[]);
    }
    if let Some(x) = db.instrument(id) {
        page.file(&format!("law/{id}.toml"), x, &[]);
    }
    if let Some(x) = d.store_types.iter().find(|s| s.id == id) {
        page.file(&format!("store-types/{id}.toml"), x, &[]);
    }
    if let Some((i, x)) = db.clause(id) {
        page.part(&format!("law/{}.toml", i.id), "clause", &[x]);
    }
    let full = format!("android.permission.{id}");
    for file in &d.permissions {
        for x in &file.permission {
            if x.name == id || x.name == full {
                let path = format!("permissions/{}.toml", file.id);
                page.part(&path, "permission", &[x]);
            }
        }
    }
    for x in &d.catalogue.permission {
        if x.name == id || x.name == full {
            page.part("imported/permissions.toml", "permission", &[x]);
        }
    }
    if let Some(x) = db.information(id) {
        let map = BTreeMap::from([(id, x)]);
        page.part("information/kinds.toml", "kind", &map);
    }
    if let Some(x) = d.categories.category.get(id) {
        let map = BTreeMap::from([(id, x)]);
        page.part("information/categories.toml", "category", &map);
    }
    if let Some(x) = db.reason(id) {
        let map = BTreeMap::from([(id, x)]);
        page.part("functions/reasons.toml", "reason", &map);
    }
    (!page.out.is_empty()).then_some(page.out)
}

/// What a complete file would have and this one lacks.
fn lacks(sdk: &Sdk, language: Language) -> Vec<String> {
    let mut lines: Vec<String> = sdk
        .gaps()
        .into_iter()
        .map(|(field, gap)| {
            let what = match gap {
                Gap::Value => pick(language, "没有内容", "no value"),
                Gap::Source => pick(language, "没有来源", "no source"),
                Gap::Contradiction => pick(
                    language,
                    "既有内容又列在 not_found 中",
                    "a value, and it stands in not_found",
                ),
            };
            format!("{}: {field}: {what}", pick(language, "缺少", "lacks"))
        })
        .collect();
    if sdk.observed.is_none() {
        let what = pick(
            language,
            "observed：未读取过厂商的归档文件",
            "observed: no archive was read",
        );
        lines.push(format!("{}: {what}", pick(language, "缺少", "lacks")));
    }
    if lines.is_empty() {
        lines.push(pick(language, "资料完整", "complete").to_owned());
    }
    lines
}

impl Shown<'_> {
    fn head(&mut self, path: &str, own: bool, notes: &[String]) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let from = match (self.folder, own) {
            (Some(folder), true) => format!("# {}", folder.join(path).display()),
            _ => format!("# {path} ({})", pick(self.language, "内置数据", "built in")),
        };
        let _ = writeln!(self.out, "{}", printable(&from));
        for note in notes {
            let _ = writeln!(self.out, "# {note}");
        }
    }

    /// A whole file: its own text if the folder has it.
    fn file(&mut self, path: &str, entry: &impl Serialize, notes: &[String]) {
        let text = self
            .folder
            .and_then(|f| fs::read_to_string(f.join(path)).ok());
        self.head(path, text.is_some(), notes);
        match text {
            Some(text) => {
                for line in text.lines() {
                    let _ = writeln!(self.out, "{}", printable(line));
                }
            }
            None => self.toml(entry),
        }
    }

    /// One entry of a file with many.
    fn part(&mut self, path: &str, key: &str, entries: &impl Serialize) {
        let own = self.folder.is_some_and(|f| f.join(path).is_file());
        self.head(path, own, &[]);
        self.toml(&BTreeMap::from([(key, entries)]));
    }

    fn toml(&mut self, entry: &impl Serialize) {
        // The data came from TOML.
        let text = toml::Value::try_from(entry)
            .map(without_empty)
            .and_then(|value| toml::to_string_pretty(&value))
            .unwrap_or_else(|e| format!("# {e}\n"));
        self.out.push_str(&text);
    }
}

/// Without what a file would leave out: empty lists, texts and tables. Entries are a few levels deep.
fn without_empty(value: toml::Value) -> toml::Value {
    use toml::Value;
    let empty = |v: &Value| match v {
        Value::Array(list) => list.is_empty(),
        Value::Table(table) => table.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    match value {
        Value::Array(list) => Value::Array(list.into_iter().map(without_empty).collect()),
        Value::Table(table) => {
            let kept = table.into_iter().map(|(k, v)| (k, without_empty(v)));
            Value::Table(kept.filter(|(_, v)| !empty(v)).collect())
        }
        other => other,
    }
}

/// Counts under their titles.
pub(super) fn stats(stats: &Stats, language: Language) -> String {
    let mut out = String::new();
    for group in &stats.groups {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", pick(language, group.zh, group.en));
        if group.counts.is_empty() {
            let _ = writeln!(out, "  {}", pick(language, "（无）", "(none)"));
        }
        let widest = group.counts.values().max().copied().unwrap_or_default();
        let width = widest.to_string().len();
        for (value, count) in &group.counts {
            let row = match language {
                Language::Zh => row_zh(value),
                Language::En => value.clone(),
            };
            let _ = writeln!(out, "  {count:>width$}  {}", printable(&row));
        }
    }
    out
}

/// What a row counts, in Chinese; ids and codes of the data stay as they are written there.
fn row_zh(row: &str) -> String {
    const ROWS: &[(&str, &str)] = &[
        ("functions", "功能"),
        ("permissions in the catalogue", "权限目录中的权限"),
        ("permissions described", "已说明的权限"),
        ("information kinds", "个人信息种类"),
        ("sdks", "SDK"),
        ("sdk categories", "SDK 类别"),
        ("packers", "加固"),
        ("instruments", "法规文件"),
        ("clauses", "条款"),
        ("rules", "规则"),
        ("reasons", "理由"),
        ("unknown", "未知"),
        ("none", "无"),
        ("yes", "是"),
        ("no", "否"),
        ("alternative with its level", "有替代方式及其起始 API 级别"),
        ("no alternative", "无替代方式"),
        ("fits", "未超出"),
        ("exceeds", "超出"),
    ];
    let known = |word: &str| ROWS.iter().find(|(en, _)| *en == word).map(|(_, zh)| *zh);
    known(row).map_or_else(
        || {
            let words = row.split(' ').map(|word| known(word).unwrap_or(word));
            words.collect::<Vec<_>>().join(" ")
        },
        str::to_owned,
    )
}

/// Entries, then verdicts, then the sum.
pub(super) fn diff(diff: &Diff, language: Language) -> String {
    let mut out = String::new();
    for entry in &diff.entries {
        let sign = match entry.change {
            Change::Added => '+',
            Change::Removed => '-',
            Change::Changed => '~',
        };
        let keys = if entry.keys.is_empty() {
            String::new()
        } else {
            format!(": {}", entry.keys.join(", "))
        };
        let line = format!("{sign} {} {}{keys}", entry.kind, entry.id);
        let _ = writeln!(out, "{}", printable(&line));
    }
    for moved in &diff.moved {
        let _ = writeln!(out, "{}", printable(&moved.case));
        let gone = moved.gone.iter().map(|l| ('-', l));
        for (sign, line) in gone.chain(moved.new.iter().map(|l| ('+', l))) {
            let _ = writeln!(out, "  {sign} {}", printable(line));
        }
    }
    let (entries, moved, cases) = (diff.entries.len(), diff.moved.len(), diff.cases);
    let _ = match language {
        Language::Zh => writeln!(
            out,
            "{entries} 个条目不同；{cases} 个样本中 {moved} 个的结论有变化"
        ),
        Language::En => writeln!(
            out,
            "{entries} entries differ; the verdict on {moved} of {cases} apps moves"
        ),
    };
    out
}
