//! A sheet against an app: what it states that the app does not show, and what it leaves out.

use super::super::answers::Answer;
use super::super::document::NoText;
use super::super::list::key;
use super::super::names::{self, Called, Target};
use super::super::reach::{ShownBy, reached};
use super::super::scan::{Compact, Names};
use super::{INFORMATION, SDKS, play};
use crate::detect::Grade;
use crate::encoding::{decode, table};
use crate::report::Language;
use crate::report::plain::printable;
use crate::report::v1::Report;
use crate::signatures::SignatureDb;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that are read.
const MOST_ROWS: usize = 100_000;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Line of the sheet, from 1; 0 where it has none.
    pub line: u64,
    /// The id; empty for a row that no id or name places.
    pub id: String,
    /// Its name, or what the sheet writes.
    pub name: String,
    /// [`Answer::NotDisclosed`]: the app shows it and the sheet leaves it out; [`Answer::DisclosedButAbsent`]: the
    /// reverse; [`Answer::NotAssessable`]: the reverse of an app that was not read completely, or a row without an id.
    pub answer: Answer,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// `permscope-sheet-check/1`.
    pub schema: &'static str,
    /// The sheet.
    pub sheet: String,
    /// `information`, `sdks` or `play`.
    pub kind: &'static str,
    /// The app was read completely.
    pub app_complete: bool,
    /// Rows of the sheet.
    pub rows: usize,
    /// The differences: left out first.
    pub differences: Vec<Difference>,
}

impl Checked {
    /// There is a difference that can be said.
    pub fn differs(&self) -> bool {
        self.differences
            .iter()
            .any(|d| d.answer != Answer::NotAssessable)
    }

    /// Everything could be compared.
    pub fn is_complete(&self) -> bool {
        self.app_complete
            && self
                .differences
                .iter()
                .all(|d| d.answer != Answer::NotAssessable)
    }
}

/// A row of a sheet.
struct Stated {
    line: u64,
    id: String,
    name: String,
    /// What the form of Play answers.
    value: String,
}

/// Checks.
///
/// # Errors
/// The sheet is no table with a known header.
pub fn check(
    name: &str,
    bytes: &[u8],
    report: &Report,
    db: &SignatureDb,
    language: Language,
) -> Result<Checked, NoText> {
    let (kind, rows) = read(name, bytes)?;
    // What only a common permission speaks for may be left out.
    let mut weak: BTreeSet<String> = BTreeSet::new();
    let shown: BTreeMap<String, String> = match kind {
        "information" => {
            let kinds = reached(report, db);
            let common = kinds.iter();
            let common = common.filter(|(_, kind)| kind.shown_by == ShownBy::CommonPermission);
            weak.extend(common.map(|(id, _)| (*id).to_owned()));
            let kinds = kinds.into_iter();
            kinds
                .map(|(id, kind)| (id.to_owned(), kind.name.get(language).to_owned()))
                .collect()
        }
        "sdks" => {
            let inside = report
                .sdks
                .iter()
                .filter(|sdk| sdk.grade != Grade::Referenced);
            inside
                .map(|sdk| (sdk.id.clone(), sdk.name.get(language).to_owned()))
                .collect()
        }
        _ => {
            let types = play::shown(report, db).into_keys();
            types
                .map(|id| (id.to_owned(), play::label(id).unwrap_or(id).to_owned()))
                .collect()
        }
    };
    let mut stated: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut unplaced = Vec::new();
    let (names, words) = (names::sdks(db, report), names::information(db));
    for row in &rows {
        let ids = match kind {
            "play" => {
                let is_yes =
                    row.value.eq_ignore_ascii_case("true") && play::label(&row.id).is_some();
                if is_yes {
                    vec![row.id.clone()]
                } else {
                    continue;
                }
            }
            _ if !row.id.is_empty() => vec![row.id.clone()],
            "information" if titled(&row.name, db).is_some() => {
                titled(&row.name, db).into_iter().collect()
            }
            _ => placed(&row.name, kind, &names, &words),
        };
        if ids.is_empty() {
            unplaced.push(Difference {
                line: row.line,
                id: String::new(),
                name: row.name.clone(),
                answer: Answer::NotAssessable,
            });
        }
        // A name that fits several is each of them that the app shows, or the first.
        let inside: Vec<&String> = ids.iter().filter(|id| shown.contains_key(*id)).collect();
        let chosen = if inside.is_empty() {
            ids.iter().take(1).collect()
        } else {
            inside
        };
        for id in chosen {
            stated
                .entry(id.clone())
                .or_insert((row.line, row.name.clone()));
        }
    }
    let left_out = shown
        .iter()
        .filter(|(id, _)| !stated.contains_key(*id) && !weak.contains(*id))
        .map(|(id, name)| Difference {
            line: 0,
            id: id.clone(),
            name: name.clone(),
            answer: Answer::NotDisclosed,
        });
    let absent = if report.coverage.complete {
        Answer::DisclosedButAbsent
    } else {
        Answer::NotAssessable
    };
    let extra = stated
        .iter()
        .filter(|(id, _)| !shown.contains_key(*id))
        .map(|(id, (line, name))| Difference {
            line: *line,
            id: id.clone(),
            name: name.clone(),
            answer: absent,
        });
    Ok(Checked {
        schema: "permscope-sheet-check/1",
        sheet: name.to_owned(),
        kind,
        app_complete: report.coverage.complete,
        rows: rows.len(),
        differences: left_out.chain(extra).chain(unplaced).collect(),
    })
}

/// The kind that has this name: a row is a name, where a sentence with such a word may say anything.
fn titled(name: &str, db: &SignatureDb) -> Option<String> {
    let mut kinds = db.data.information.kind.iter();
    let found = kinds.find(|(_, kind)| *kind.zh == *name || kind.en.eq_ignore_ascii_case(name));
    found.map(|(id, _)| id.to_string())
}

/// The ids that a name stands for.
fn placed(name: &str, kind: &str, sdks: &Names<Target>, words: &Names<String>) -> Vec<String> {
    let letters: Vec<char> = name.chars().take(1000).collect();
    let text = Compact::of(&letters);
    let mut ids = Vec::new();
    if kind == "sdks" {
        for mention in sdks.find(&text).0 {
            let targets = sdks.get(mention.name).map_or(&[][..], |n| &n.targets);
            ids.extend(
                targets
                    .iter()
                    .filter(|(_, called)| *called <= Called::Alias)
                    .map(|(id, _)| id.clone()),
            );
        }
    } else {
        for mention in words.find(&text).0 {
            ids.extend(
                words
                    .get(mention.name)
                    .map_or(&[][..], |n| &n.targets)
                    .iter()
                    .cloned(),
            );
        }
    }
    ids
}

fn read(name: &str, bytes: &[u8]) -> Result<(&'static str, Vec<Stated>), NoText> {
    let no = |what: String| NoText(format!("{name}: {what}"));
    let text = decode(bytes).map_err(no)?;
    let mut reader = table(&text);
    let mut header: Option<(&'static str, [Option<usize>; 3])> = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| no(e.to_string()))?;
        let Some((kind, columns)) = header else {
            let keys: Vec<String> = record.iter().map(key).collect();
            let column = |names: &[&str]| {
                keys.iter()
                    .position(|k| names.iter().any(|name| key(name) == *k))
            };
            let (id, title) = (INFORMATION[0], INFORMATION[1]);
            let (sdk, sdk_name) = (SDKS[0], SDKS[1]);
            let information = [
                column(&[id.0, id.1]),
                column(&[title.0, title.1, "个人信息种类", "个人信息类型"]),
                None,
            ];
            let sdks = [
                column(&[sdk.0, sdk.1]),
                column(&[sdk_name.0, sdk_name.1, "第三方SDK名称", "名称", "name"]),
                None,
            ];
            let responses = [
                "Response ID (machine readable)",
                "Response (machine readable)",
            ];
            let form = [column(&responses), None, column(&["Response value"])];
            header = [("play", form), ("information", information), ("sdks", sdks)]
                .into_iter()
                .find(|(kind, columns)| {
                    columns[0].or(columns[1]).is_some() && (*kind != "play" || columns[2].is_some())
                });
            if header.is_none() {
                return Err(no("the first line names no known columns".into()));
            }
            continue;
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() >= MOST_ROWS {
            return Err(no(format!("more than {MOST_ROWS} rows")));
        }
        let cell = |column: Option<usize>| {
            column
                .and_then(|at| record.get(at))
                .unwrap_or_default()
                .to_owned()
        };
        let [id, title, value] = columns;
        rows.push((
            kind,
            Stated {
                line: record.position().map_or(0, csv::Position::line),
                id: cell(id),
                name: cell(title),
                value: cell(value),
            },
        ));
    }
    let kind = header
        .map(|(kind, _)| kind)
        .ok_or_else(|| no("an empty sheet".into()))?;
    Ok((kind, rows.into_iter().map(|(_, row)| row).collect()))
}

/// The result as a text for people.
pub fn render(checked: &Checked, language: Language) -> String {
    let zh = language == Language::Zh;
    let mut out = String::new();
    let head = if zh {
        "清单与安装包核对（线索，待核实）"
    } else {
        "Sheet against the package (leads, to be confirmed)"
    };
    out.push_str(&format!(
        "{head}: {} · {} · {}\n",
        printable(&checked.sheet),
        checked.kind,
        checked.rows
    ));
    for difference in &checked.differences {
        let what = match (difference.answer, zh) {
            (Answer::NotDisclosed, true) => "安装包显示，清单未列",
            (Answer::NotDisclosed, false) => "the package shows it, the sheet leaves it out",
            (Answer::DisclosedButAbsent, true) => "清单列明，安装包中未发现",
            (Answer::DisclosedButAbsent, false) => "the sheet states it, not found in this package",
            (_, true) => "无法判断",
            (_, false) => "not assessable",
        };
        let line = match (difference.line, zh) {
            (0, _) => String::new(),
            (line, true) => format!(" 第{line}行"),
            (line, false) => format!(" line {line}"),
        };
        out.push_str(&format!(
            "  {} · {}{line} — {what}\n",
            printable(&difference.name),
            printable(&difference.id)
        ));
    }
    if checked.differences.is_empty() {
        out.push_str(match (zh, checked.app_complete) {
            (true, true) => "  未发现差异\n",
            (true, false) => "  已读取的部分未发现差异；安装包未能完整读取\n",
            (false, true) => "  no difference found\n",
            (false, false) => "  no difference found in what could be read; the package could not be read completely\n",
        });
    }
    out
}
