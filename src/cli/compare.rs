//! `permscope compare`: two builds side by side.

use super::args::{Compare, Format};
use super::commands::{database, deliver, extract, json, languages};
use super::{Exit, Stop, convert};
use crate::audit::{Declared, Edition};
use crate::detect::Detector;
use crate::engine::compare::{Comparison, Fate, Switch, compare};
use crate::report::evidence_line;
use crate::report::plain::printable;
use crate::report::v1::Report;
use crate::report::words::word;
use crate::report::{Language, Languages};
use crate::signatures::SignatureDb;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

pub(super) fn run(asked: &Compare) -> Result<Exit, Stop> {
    let db = database(asked.signatures.as_deref())?;
    let language = languages(asked.lang.as_deref())?.first();
    let old = side(&asked.old, asked, &db)?;
    let new = side(&asked.new, asked, &db)?;
    let comparison = compare(&old, &new, &db);
    let text = match asked.format {
        Format::Json => json(&comparison)?,
        Format::Text => render(&comparison, language, asked.recheck),
    };
    deliver(&text, asked.output.as_deref())?;
    let is_open = |fate: Fate| match fate {
        Fate::New => true,
        Fate::Still | Fate::Moved => asked.recheck,
        Fate::Fixed | Fate::Unconfirmed => false,
    };
    let adds = !comparison.added_permissions.is_empty() || !comparison.added_sdks.is_empty();
    let any = |fits: &dyn Fn(Fate) -> bool| comparison.findings.iter().any(|f| fits(f.fate));
    let is_unsure = asked.recheck && any(&|fate| fate == Fate::Unconfirmed);
    Ok(if any(&is_open) || adds && !asked.recheck {
        Exit::Findings
    } else if comparison.old.complete && comparison.new.complete && !is_unsure {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

/// A saved report, or an app that is audited now.
fn side(path: &Path, asked: &Compare, db: &SignatureDb) -> Result<Report, Stop> {
    let name = path.to_string_lossy();
    let is_report = name.ends_with(".json") || name.ends_with(".json.gz");
    if is_report {
        return convert::read(path);
    }
    let facts = extract(&[path.to_owned()], &asked.bounds)?;
    let edition = Edition::from(asked.edition);
    let declared =
        Declared::resolve(db, &asked.functions, edition).map_err(|e| Stop::new(Exit::Usage, e))?;
    Ok(crate::engine::judge(
        &facts,
        &Detector::new(db),
        &declared,
        Languages::BOTH,
    ))
}

struct Out {
    text: String,
    language: Language,
}

impl Out {
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn head(&mut self, zh: &'static str, en: &'static str, count: usize) {
        let title = self.pick(zh, en);
        let _ = writeln!(self.text, "\n{title} ({count})");
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{}", "", printable(text));
    }

    fn list(&mut self, zh: &'static str, en: &'static str, items: &[String]) {
        if !items.is_empty() {
            let label = self.pick(zh, en);
            self.line(4, &format!("{label}{}", items.join(", ")));
        }
    }

    /// Each SDK's switches once, however many permissions it brought.
    fn switches(&mut self, comparison: &Comparison) {
        let of_permissions = comparison
            .added_permissions
            .iter()
            .flat_map(|p| &p.switches);
        let of_sdks = comparison.added_sdks.iter().flat_map(|sdk| &sdk.switches);
        let mut by_sdk: BTreeMap<&str, Vec<&Switch>> = BTreeMap::new();
        for switch in of_permissions.chain(of_sdks) {
            let known = by_sdk.entry(&switch.sdk).or_default();
            if !known.contains(&switch) {
                known.push(switch);
            }
        }
        if by_sdk.is_empty() {
            return;
        }
        self.head("可用的SDK开关", "switches of these SDKs", by_sdk.len());
        for (sdk, switches) in by_sdk {
            self.line(2, sdk);
            for switch in switches {
                let does = switch.does.get(self.language).to_owned();
                self.line(4, &format!("{} · {does}", switch.how));
            }
        }
    }
}

fn render(comparison: &Comparison, language: Language, recheck: bool) -> String {
    let mut out = Out {
        text: String::new(),
        language,
    };
    for (label, build) in [
        (out.pick("旧版本：", "old: "), &comparison.old),
        (out.pick("新版本：", "new: "), &comparison.new),
    ] {
        let version = build.version_name.clone().unwrap_or_default();
        let code = build
            .version_code
            .map(|code| format!(" ({code})"))
            .unwrap_or_default();
        out.line(
            0,
            &format!(
                "{label}{} {version}{code} {}",
                build.package,
                build.sha256.join(" ")
            ),
        );
    }
    for caveat in &comparison.caveats {
        let mark = out.pick("注意：", "note: ");
        out.line(0, &format!("{mark}{}", caveat.text(language)));
    }
    if !recheck {
        added(&mut out, comparison);
    }
    for fate in [
        Fate::New,
        Fate::Moved,
        Fate::Still,
        Fate::Unconfirmed,
        Fate::Fixed,
    ] {
        let found: Vec<_> = comparison
            .findings
            .iter()
            .filter(|f| f.fate == fate)
            .collect();
        // What did not change says nothing of a release.
        if found.is_empty() || !recheck && matches!(fate, Fate::Still | Fate::Moved) {
            continue;
        }
        let (zh, en) = (fate.text(Language::Zh), fate.text(Language::En));
        let title = match language {
            Language::Zh => format!("线索：{zh}"),
            Language::En => format!("findings: {en}"),
        };
        let _ = writeln!(out.text, "\n{title} ({})", found.len());
        for finding in found {
            let id = finding
                .new
                .as_ref()
                .or(finding.old.as_ref())
                .cloned()
                .unwrap_or_default();
            let line = format!(
                "[{}] {} · {} · {} · {id}",
                word(finding.severity.word(), language),
                finding.title.get(language),
                finding.subject,
                finding.rule
            );
            out.line(2, &line);
            if let Some(was) = &finding.was {
                let line = match language {
                    Language::Zh => format!("原名称：{was}（依据证据内容对应）"),
                    Language::En => format!("was {was} (paired by its evidence)"),
                };
                out.line(4, &line);
            }
            if let Some(doubt) = finding.doubt {
                out.line(4, doubt.text(language));
            }
        }
    }
    out.text
}

fn added(out: &mut Out, comparison: &Comparison) {
    let language = out.language;
    out.head(
        "新增权限",
        "permissions added",
        comparison.added_permissions.len(),
    );
    for permission in &comparison.added_permissions {
        out.line(
            2,
            &format!("{} · {}", permission.name, permission.title.get(language)),
        );
        out.list(
            "由以下SDK的清单带入：",
            "brought by the manifest of ",
            &permission.requested_by,
        );
        out.list("使用者：", "used by ", &permission.used_by);
        if let Some(line) = &permission.line {
            let label = out.pick("移除：", "take out: ");
            out.line(4, &format!("{label}{line}"));
        }
        if let Some(alternative) = &permission.alternative {
            let label = out.pick("替代方式：", "without a permission: ");
            let since = permission
                .alternative_since
                .map(|level| format!(" (API {level}+)"));
            out.line(
                4,
                &format!(
                    "{label}{}{}",
                    alternative.get(language),
                    since.unwrap_or_default()
                ),
            );
        }
    }
    out.head("新增SDK", "SDKs added", comparison.added_sdks.len());
    for sdk in &comparison.added_sdks {
        let stage = word(&sdk.stage, language);
        out.line(
            2,
            &format!(
                "{} · {} · {} · {stage}",
                sdk.name.get(language),
                sdk.id,
                sdk.vendor.get(language)
            ),
        );
    }
    for sdk in &comparison.further_sdks {
        let (old, new) = (word(&sdk.old, language), word(&sdk.new, language));
        out.line(2, &format!("{}: {old} → {new}", sdk.id));
    }
    out.switches(comparison);
    out.head(
        "新增自启动项",
        "starts by itself, new",
        comparison.added_starts.len(),
    );
    for start in &comparison.added_starts {
        out.line(2, &format!("{} · {}", start.sdk, start.name));
    }
    out.head(
        "启动时新增的初始化与读取",
        "at start, new",
        comparison.added_start_calls.len(),
    );
    for call in &comparison.added_start_calls {
        let when = word(call.start.key(), language);
        let title = call.title.get(language);
        out.line(
            2,
            &format!("{title} · {} · {} · {when}", call.owner, call.id),
        );
        out.line(4, &call.start.line());
    }
    out.head(
        "新增访问",
        "accesses added",
        comparison.added_accesses.len(),
    );
    for access in &comparison.added_accesses {
        let place = access
            .evidence
            .as_ref()
            .map(evidence_line)
            .unwrap_or_default();
        let unreached = out.pick("（未见触发入口）", " (nothing leads to it)");
        let mark = if access.reached { "" } else { unreached };
        out.line(
            2,
            &format!(
                "{} · {} · {}{mark}",
                access.title.get(language),
                access.owner,
                access.id
            ),
        );
        out.line(4, &place);
    }
    let removed = comparison.removed_permissions.len();
    if removed > 0 {
        out.head("已移除的权限", "permissions removed", removed);
        for name in &comparison.removed_permissions {
            out.line(2, name);
        }
    }
    if !comparison.removed_sdks.is_empty() {
        out.head("已移除的SDK", "SDKs removed", comparison.removed_sdks.len());
        for id in &comparison.removed_sdks {
            out.line(2, id);
        }
    }
    if !comparison.changed_permissions.is_empty() {
        out.head(
            "变化的权限",
            "permissions that changed",
            comparison.changed_permissions.len(),
        );
        for change in &comparison.changed_permissions {
            let (old, new) = (word(&change.old, language), word(&change.new, language));
            out.line(
                2,
                &format!("{} · {}: {old} → {new}", change.name, change.what),
            );
        }
    }
}
