//! The report in some thirty lines, for a terminal: the result, who uses what, what is inside, the leads.

use super::columns::{self, cut};
use super::lines::{headline, owner, stage_key, unread_lines};
use super::v1::{Permission, Report};
use super::words::{Language, enum_key, label, word};
use crate::audit::Verdict;
use crate::detect::Grade;
use crate::signatures::schema::Severity;

/// Width where nobody says how wide the terminal is.
pub const USUAL_WIDTH: usize = 100;
/// Rows of each table. What is left out is counted.
const MOST_ROWS: usize = 20;
/// Lines about what could not be read.
const MOST_UNREAD: usize = 6;

/// The report on one page; no line is wider than `width` columns unless that is too narrow for a table.
pub fn render(report: &Report, language: Language, width: usize) -> String {
    let mut page = Page {
        lines: vec![headline(report, language), String::new()],
        language,
        width,
    };
    page.subject(report);
    page.permissions(report);
    page.sdks(report);
    page.findings(report);
    page.end();
    let mut out = page.lines.join("\n");
    out.push('\n');
    out
}

struct Page {
    lines: Vec<String>,
    language: Language,
    width: usize,
}

impl Page {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn word<'w>(&self, key: &'w str) -> &'w str {
        word(key, self.language)
    }

    fn list(&self, items: &[&str]) -> String {
        items.join(self.pick("、", ", "))
    }

    fn line(&mut self, text: &str) {
        let line = cut(text, self.width);
        self.lines.push(line);
    }

    /// A heading and rows below it; no rows, no heading. `more` is for the rows that are too many.
    fn table(&mut self, head: &str, mut rows: Vec<Vec<String>>, note: Option<String>) {
        if rows.is_empty() && note.is_none() {
            return;
        }
        let left = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        self.lines.push(String::new());
        self.line(head);
        self.lines.extend(columns::lines(&rows, 2, self.width));
        if left > 0 {
            let more = match self.language {
                Language::Zh => format!("  另有 {left} 项"),
                Language::En => format!("  and {left} more"),
            };
            self.line(&more);
        }
        if let Some(note) = note {
            self.line(&format!("  {note}"));
        }
    }

    fn subject(&mut self, report: &Report) {
        let subject = &report.subject;
        let version = subject.version_name.as_deref().unwrap_or("-");
        let app = format!("{} {version}", subject.package);
        let mut parts: Vec<&str> = label(&subject.label).into_iter().collect();
        parts.push(&app);
        let declared = report.function.declared.iter();
        let names: Vec<&str> = declared.map(|f| f.name.get(self.language)).collect();
        let function = self.list(&names);
        if !function.is_empty() {
            parts.push(&function);
        }
        self.line(&parts.join(" | "));
        let unread = unread_lines(report, self.language);
        for line in unread.iter().take(MOST_UNREAD) {
            self.line(&format!("! {line}"));
        }
        if let left @ 1.. = unread.len().saturating_sub(MOST_UNREAD) {
            self.line(&format!("! +{left}"));
        }
    }

    /// Requested permissions that the function does not need in any case; without a function, those that open
    /// personal information.
    fn permissions(&mut self, report: &Report) {
        let is_judged = !report.function.declared.is_empty();
        let is_shown = |p: &&Permission| match p.verdict {
            Verdict::BeyondFunction | Verdict::Conditional => true,
            Verdict::NotJudged => !is_judged && !p.information.is_empty(),
            Verdict::WithinFunction => false,
        };
        let requested = report.permissions.iter();
        let requested = requested.filter(|p| p.origin == "requested");
        let mut shown: Vec<&Permission> = requested.filter(is_shown).collect();
        shown.sort_by_key(|p| match p.verdict {
            Verdict::BeyondFunction => 0,
            _ => 1,
        });
        let left = report.permissions.len().saturating_sub(shown.len());
        let rows = shown.iter().map(|p| self.permission(p, report)).collect();
        let note = (left > 0).then(|| match self.language {
            Language::Zh if is_judged => format!("其余权限 {left} 项：所声明功能所需、未作判断，或者由系统自动附加"),
            Language::Zh => format!("其余权限 {left} 项：数据库未列明对应的个人信息，或者由系统自动附加"),
            Language::En if is_judged => {
                format!("{left} other permissions: needed by the function, not judged, or added by the system")
            }
            Language::En => {
                format!("{left} other permissions: the data lists no personal information, or the system adds them")
            }
        });
        self.table(self.pick("权限", "Permissions"), rows, note);
    }

    fn permission(&self, permission: &Permission, report: &Report) -> Vec<String> {
        let name = short(&permission.name).to_owned();
        // The English title says the name again.
        let mut row = match self.language {
            Language::Zh => vec![permission.title.get(self.language).to_owned(), name],
            Language::En => vec![name],
        };
        let owners: Vec<&str> = permission
            .owners
            .iter()
            .map(|id| owner(report, id, self.language))
            .collect();
        if !report.function.declared.is_empty() {
            row.push(self.word(&enum_key(&permission.tier)).to_owned());
        }
        row.extend([
            self.word(&enum_key(&permission.usage)).to_owned(),
            self.list(&owners),
        ]);
        row
    }

    fn sdks(&mut self, report: &Report) {
        let is_blocked = report.coverage.gaps.iter().any(|gap| gap.blocks);
        let (named, inside): (Vec<_>, Vec<_>) = report
            .sdks
            .iter()
            .partition(|sdk| sdk.grade == Grade::Referenced);
        let rows = inside
            .iter()
            .map(|sdk| {
                let stage = match sdk.grade {
                    Grade::Weak => "weak",
                    _ => stage_key(sdk, is_blocked),
                };
                vec![
                    sdk.name.get(self.language).to_owned(),
                    self.word(stage).to_owned(),
                    sdk.vendor.get(self.language).to_owned(),
                ]
            })
            .collect();
        let note = match (named.len(), self.language) {
            (0, _) => None,
            (count, Language::Zh) => Some(format!("仅被代码提及、未打包的 {count} 个")),
            (count, Language::En) => {
                Some(format!("{count} more are named by the code, not bundled"))
            }
        };
        self.table("SDK", rows, note);
    }

    /// Leads of the same severity and rule in one row.
    fn findings(&mut self, report: &Report) {
        let mut groups: Vec<(Severity, &str, &str, Vec<&str>)> = Vec::new();
        let open = report.findings.iter().filter(|f| f.accepted.is_none());
        for finding in open {
            let (severity, rule) = (finding.severity, finding.rule.as_str());
            let group = groups.iter_mut().find(|g| (g.0, g.1) == (severity, rule));
            // Of an owner the name; a remark behind it is in the full text.
            let about = finding.subject.split(" (").next().unwrap_or_default();
            // What is about the whole app names nothing.
            let about = match about {
                "" | "application" | "queries" => None,
                about => Some(short(owner(report, about, self.language))),
            };
            match group {
                Some(group) => group.3.extend(about),
                None => {
                    let title = finding.title.get(self.language);
                    groups.push((severity, rule, title, about.into_iter().collect()));
                }
            }
        }
        let rows = groups
            .iter()
            .map(|(severity, _, title, subjects)| {
                vec![
                    self.word(severity.word()).to_owned(),
                    (*title).to_owned(),
                    self.list(subjects),
                ]
            })
            .collect();
        self.table(self.pick("线索", "Leads"), rows, None);
    }

    fn end(&mut self) {
        self.lines.push(String::new());
        let (leads, more) = match self.language {
            Language::Zh => (
                "线索须经动态检测和现场核查确认。",
                "证据、条款与处置建议：--format text；存档：--format json -o report.json",
            ),
            Language::En => (
                "Leads, not convictions: confirm them by a dynamic test.",
                "Evidence, clauses, remedies: --format text; to keep: --format json -o report.json",
            ),
        };
        self.line(leads);
        self.line(more);
    }
}

/// A name without what all of its kind begin with.
fn short(name: &str) -> &str {
    name.rsplit_once(".permission.")
        .map_or(name, |(_, short)| short)
}
