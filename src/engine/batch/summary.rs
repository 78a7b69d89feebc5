//! `summary.csv`: the five columns in which public notices (通报) name apps, for spreadsheets.
//!
//! What it says is a lead and never a conviction, and "nothing found" only of an app that was read completely.

use super::draft::Draft;
use super::outcome::{Listed, Row, Status};
use crate::audit::Edition;
use crate::report::Language;
use crate::report::plain::{BYTE_ORDER_MARK, cell};
use crate::report::rows::{FindingRow, Rows};
use crate::signatures::schema::Severity;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The first line.
const HEADER: [&str; 5] = ["应用名称", "开发者", "来源", "版本", "所涉问题"];
/// Subjects that are named with one title. More is for the report.
const MOST_SUBJECTS: usize = 10;
/// Letters of a subject: names of classes are as long as an app likes.
const LONGEST_SUBJECT: usize = 100;
/// Rules whose title already names the one thing that they are about.
const TITLE_SAYS_IT: &[&str] = &[
    "advertising-id",
    "all-files-access",
    "app-list",
    "background-location",
    "install-packages",
    "overlay-window",
    "usage-access",
];

/// The summary while it is written.
#[derive(Debug)]
pub struct Summary {
    writer: csv::Writer<File>,
    draft: Draft,
}

impl Summary {
    /// Begins `summary.csv.tmp` in `folder`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let (draft, mut file) = Draft::begin(folder, "summary.csv")?;
        file.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        writer.write_record(HEADER)?;
        Ok(Self { writer, draft })
    }

    /// Adds one input; they come in the order of the list.
    ///
    /// # Errors
    /// The file cannot be written. The summary is of no use then.
    pub fn add(&mut self, row: &Row<'_>) -> io::Result<()> {
        let cells = [
            name(row),
            listed(row, |listed| &listed.developer).unwrap_or_default(),
            listed(row, |listed| &listed.store).unwrap_or_default(),
            version(row),
            &problems(row),
        ];
        self.writer
            .write_record(cells.map(|text| cell(text, Language::Zh)))?;
        Ok(())
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        let file = self.writer.into_inner().map_err(|e| e.into_error())?;
        file.sync_all()?;
        self.draft.keep()
    }
}

fn listed<'r>(row: &Row<'r>, of: fn(&'r Listed) -> &'r String) -> Option<&'r str> {
    let text = row.outcome.listed.as_ref().map(of)?;
    (!text.is_empty()).then_some(text)
}

fn name<'r>(row: &Row<'r>) -> &'r str {
    let label = || row.outcome.app.as_ref().map(|app| app.label.as_str());
    listed(row, |listed| &listed.name)
        .or_else(|| label().filter(|label| !label.is_empty()))
        .unwrap_or(&row.outcome.input)
}

fn version<'r>(row: &Row<'r>) -> &'r str {
    let version = || row.outcome.app.as_ref().map(|app| app.version.as_str());
    listed(row, |listed| &listed.version)
        .or_else(version)
        .unwrap_or_default()
}

/// What the last column says.
fn problems(row: &Row<'_>) -> String {
    let fixed = match row.outcome.status {
        Status::Audited | Status::Incomplete => match row.rows {
            Some(rows) => return judged(row, rows),
            None => "检测结果缺失，未作判断",
        },
        Status::Unreadable => "文件无法读取或者不是安装包，未作判断",
        Status::Crashed => "检测程序异常退出，未作判断",
        Status::Timeout => "检测超时，未作判断",
        Status::OverBudget => "超出单个应用的处理上限，未作判断",
        Status::Empty => "文件为空，未作判断",
        Status::Missing => "未找到文件，未作判断",
    };
    fixed.into()
}

fn judged(row: &Row<'_>, rows: &Rows) -> String {
    let complete = row.outcome.status == Status::Audited && rows.complete;
    let leads = leads(rows);
    let mut text = match (leads.is_empty(), complete) {
        (true, true) => "未发现问题线索".into(),
        (true, false) => "检测不完整，不能得出未发现问题的结论".into(),
        (false, true) => format!("问题线索（待核实）：{}", leads.join("；")),
        (false, false) => format!(
            "问题线索（待核实）：{}。检测不完整，可能另有问题",
            leads.join("；")
        ),
    };
    // Without a function, the rules about what it needs are silent, and that is no result.
    if rows.functions.is_empty() {
        text.push_str("。未指定应用的功能类型，权限是否必要未作判断");
    } else if row.outcome.edition == Edition::Supply {
        text.push_str("。服务供给侧应用，权限是否必要未作判断");
    }
    text
}

/// A phrase for each title, most severe first.
fn leads(rows: &Rows) -> Vec<String> {
    let names = Names::of(rows);
    let mut found: Vec<&FindingRow> = rows
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Low)
        .collect();
    found.sort_by_key(|finding| Reverse(finding.severity));
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut titles: Vec<(&str, Subjects)> = Vec::new();
    for finding in found {
        let title = finding.title.get(Language::Zh);
        let place = *places.entry(title).or_insert(titles.len());
        if place == titles.len() {
            titles.push((title, Subjects::default()));
        }
        if let (Some((_, subjects)), Some(subject)) =
            (titles.get_mut(place), names.subject(finding))
        {
            subjects.add(subject);
        }
    }
    titles
        .into_iter()
        .map(|(title, subjects)| subjects.behind(title))
        .collect()
}

/// What the findings with one title are about.
#[derive(Default)]
struct Subjects {
    /// The first few, as they came.
    first: Vec<String>,
    all: BTreeSet<String>,
}

impl Subjects {
    fn add(&mut self, subject: String) {
        if self.all.insert(subject.clone()) && self.first.len() < MOST_SUBJECTS {
            self.first.push(subject);
        }
    }

    fn behind(&self, title: &str) -> String {
        let named = self.first.join("、");
        match self.all.len() {
            0 => title.into(),
            1..=MOST_SUBJECTS => format!("{title}（{named}）"),
            all => format!("{title}（{named}等{all}项）"),
        }
    }
}

/// How people call what findings are about.
struct Names<'r> {
    /// Titles of permissions and names of SDKs, by id.
    by_id: BTreeMap<&'r str, &'r str>,
    /// Titles of the permissions of a group.
    groups: BTreeMap<&'r str, Vec<&'r str>>,
}

impl<'r> Names<'r> {
    fn of(rows: &'r Rows) -> Self {
        let permissions = rows
            .permissions
            .iter()
            .map(|permission| (permission, permission.title.get(Language::Zh)))
            .filter(|(_, title)| !title.is_empty());
        let sdks = rows
            .sdks
            .iter()
            .map(|sdk| (sdk.id.as_str(), sdk.name.get(Language::Zh)))
            .filter(|(_, name)| !name.is_empty());
        let mut names = Self {
            by_id: sdks.collect(),
            groups: BTreeMap::new(),
        };
        for (permission, title) in permissions {
            names.by_id.insert(&permission.name, title);
            if !permission.group.is_empty() {
                names
                    .groups
                    .entry(&permission.group)
                    .or_default()
                    .push(title);
            }
        }
        names
    }

    /// What a finding is about; nothing where the title says it.
    fn subject(&self, finding: &FindingRow) -> Option<String> {
        let subject = finding.subject.as_str();
        // The rules about the app as a whole.
        let whole = ["", "application", "queries"].contains(&subject);
        if whole || TITLE_SAYS_IT.contains(&finding.rule.as_str()) {
            return None;
        }
        if let Some(titles) = self.groups.get(subject) {
            return Some(titles.join("／"));
        }
        // `undisclosed-use` is about an SDK and a permission.
        Some(match subject.split_once(' ') {
            Some((sdk, permission)) => {
                format!("{}：{}", self.called(sdk), self.called(permission))
            }
            None => self.called(subject),
        })
    }

    /// The name that the data has, or else the id itself.
    fn called(&self, id: &str) -> String {
        let known = self.by_id.get(id);
        known.map_or_else(|| harmless(id), |&known| known.to_owned())
    }
}

/// A name that an app chose: short, and without the marks that would let it end the phrase and begin another.
fn harmless(id: &str) -> String {
    let mut letters = id.chars();
    let mut text: String = letters
        .by_ref()
        .take(LONGEST_SUBJECT)
        .map(|c| match c {
            '；' | '，' | '。' | '、' | '：' | '（' | '）' => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect();
    if letters.next().is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signatures::SignatureDb;

    #[test]
    fn the_rules_named_here_exist() {
        let db = SignatureDb::builtin().unwrap();
        for id in TITLE_SAYS_IT {
            assert!(db.data.rules.iter().any(|rule| rule.id == *id), "{id}");
        }
    }
}
