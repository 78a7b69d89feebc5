//! Draft lists of what an app collects and which SDKs it holds, and the check of such a list against an app.
//!
//! What an app's package cannot tell (purpose, retention, consent) is left for the operator to fill in and says so.

mod check;
mod play;

pub use check::{Checked, Difference, check, render};

use super::reach::{ShownBy, reached};
use crate::detect::Grade;
use crate::report::Language;
use crate::report::plain::{BYTE_ORDER_MARK, cell};
use crate::report::v1::{Finding, Report};
use crate::signatures::SignatureDb;

/// Stands where the operator has to write.
const TO_FILL: (&str, &str) = ("待填写", "to be filled in");

/// A table with its headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) title: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Headers of the list of information: the id, the links, and what stands between them.
const INFORMATION: [(&str, &str); 11] = [
    ("个人信息编号", "information id"),
    ("个人信息", "information"),
    ("敏感个人信息", "sensitive"),
    ("接触主体", "reached by"),
    ("相关权限", "permissions"),
    ("显示方式", "shown by"),
    ("收集目的", "purpose"),
    ("收集场景", "occasion"),
    ("保存期限", "retention"),
    ("告知同意方式", "notice and consent"),
    ("依据编号", "evidence ids"),
];

/// Headers of the list of SDKs.
const SDKS: [(&str, &str); 10] = [
    ("SDK编号", "sdk id"),
    ("SDK名称", "sdk name"),
    ("第三方名称", "operator"),
    (
        "安装包显示其接触的个人信息",
        "information that it reaches in this package",
    ),
    (
        "第三方公开说明收集的个人信息",
        "information that its operator says it collects",
    ),
    ("参考用途", "what it is for, by the data"),
    ("使用目的", "purpose"),
    ("共享方式", "way of sharing"),
    ("第三方隐私政策链接", "privacy policy of the operator"),
    ("依据编号", "evidence ids"),
];

fn pick<'t>(pair: (&'t str, &'t str), language: Language) -> &'t str {
    match language {
        Language::Zh => pair.0,
        Language::En => pair.1,
    }
}

/// The files of a draft: name and contents.
pub fn files(report: &Report, db: &SignatureDb, language: Language) -> Vec<(&'static str, String)> {
    let information = information(report, db, language);
    let sdks = sdks(report, db, language);
    let (form, links) = play::form(report, db);
    vec![
        ("personal-information.csv", csv(&information, language)),
        (
            "personal-information.md",
            markdown(&information, report, language),
        ),
        ("third-party-sdks.csv", csv(&sdks, language)),
        ("third-party-sdks.md", markdown(&sdks, report, language)),
        ("play-data-safety.csv", form),
        ("play-data-safety-links.csv", csv(&links, language)),
    ]
}

fn separator(language: Language) -> &'static str {
    pick(("、", ", "), language)
}

fn information(report: &Report, db: &SignatureDb, language: Language) -> Table {
    let fill = || pick(TO_FILL, language).to_owned();
    let name_of = |owner: &String| match owner.as_str() {
        "app" => pick(("应用自身", "the app itself"), language).to_owned(),
        "unlisted" => pick(("未收录的代码", "code that no entry knows"), language).to_owned(),
        "obfuscated" => pick(("混淆的代码", "obfuscated code"), language).to_owned(),
        id => {
            let sdk = report.sdks.iter().find(|sdk| sdk.id == id);
            sdk.map_or_else(|| id.to_owned(), |sdk| sdk.name.get(language).to_owned())
        }
    };
    let rows = reached(report, db).into_iter().map(|(id, kind)| {
        let opens = report
            .permissions
            .iter()
            .filter(|p| p.information.iter().any(|i| i.id == id));
        let permissions: Vec<&str> = opens.map(|p| p.name.as_str()).collect();
        let owners: Vec<String> = kind.owners.iter().map(name_of).collect();
        let sensitive = db.information(id).is_some_and(|k| k.sensitive);
        let shown = match kind.shown_by {
            ShownBy::Code => ("代码可以接触", "code reaches it"),
            ShownBy::Permission => ("仅申请权限", "a permission is requested"),
            ShownBy::CommonPermission => (
                "仅申请普遍使用的权限",
                "a permission is requested that nearly every app requests",
            ),
        };
        let shown = pick(shown, language);
        let mut because: Vec<String> = kind.because.iter().cloned().collect();
        because.extend(about(&report.findings, |subject| {
            permissions.iter().any(|p| subject.ends_with(p))
        }));
        vec![
            id.to_owned(),
            kind.name.get(language).to_owned(),
            if sensitive {
                pick(("是", "yes"), language).to_owned()
            } else {
                String::new()
            },
            owners.join(separator(language)),
            permissions.join(" "),
            shown.to_owned(),
            fill(),
            fill(),
            fill(),
            fill(),
            because.join(" "),
        ]
    });
    Table {
        title: pick(
            (
                "个人信息收集清单（草稿）",
                "Personal information that is collected (draft)",
            ),
            language,
        )
        .to_owned(),
        header: INFORMATION
            .iter()
            .map(|pair| pick(*pair, language).to_owned())
            .collect(),
        rows: rows.collect(),
    }
}

fn sdks(report: &Report, db: &SignatureDb, language: Language) -> Table {
    let fill = || pick(TO_FILL, language).to_owned();
    let title = |id: &str| match db.information(id) {
        Some(kind) => pick((&kind.zh, &kind.en), language).to_owned(),
        None => id.to_owned(),
    };
    let bundled = report
        .sdks
        .iter()
        .filter(|sdk| sdk.grade != Grade::Referenced);
    let rows = bundled.map(|sdk| {
        let own = report
            .accesses
            .iter()
            .filter(|a| a.owner == sdk.id && !a.hint);
        let mut reached: Vec<String> = own
            .clone()
            .flat_map(|a| a.information.iter().map(|i| title(&i.id)))
            .collect();
        reached.sort();
        reached.dedup();
        let entry = db.sdk(&sdk.id);
        let stated = entry
            .and_then(|s| s.collects.as_ref())
            .filter(|c| c.basis == "disclosure");
        let stated: Vec<String> = stated.map_or_else(Vec::new, |c| {
            c.information.iter().map(|id| title(id)).collect()
        });
        let mut because: Vec<String> = own.map(|a| a.id.clone()).collect();
        because.extend(about(&report.findings, |subject| {
            subject.split(' ').next() == Some(sdk.id.as_str())
        }));
        because.dedup();
        let purpose: Vec<&str> = sdk.purpose.iter().map(|p| p.get(language)).collect();
        vec![
            sdk.id.clone(),
            sdk.name.get(language).to_owned(),
            sdk.vendor.get(language).to_owned(),
            reached.join(separator(language)),
            stated.join(separator(language)),
            purpose.join(separator(language)),
            fill(),
            fill(),
            entry
                .and_then(|s| s.privacy_policy.as_ref())
                .map_or_else(fill, |link| link.to_string()),
            because.join(" "),
        ]
    });
    Table {
        title: pick(
            ("第三方SDK清单（草稿）", "Third-party SDKs (draft)"),
            language,
        )
        .to_owned(),
        header: SDKS
            .iter()
            .map(|pair| pick(*pair, language).to_owned())
            .collect(),
        rows: rows.collect(),
    }
}

/// Ids of the findings about a subject.
fn about(findings: &[Finding], is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let meant = findings.iter().filter(|finding| is_meant(&finding.subject));
    meant.map(|finding| finding.id.clone()).collect()
}

/// RFC 4180 with a mark, and no cell that a spreadsheet takes for a formula.
fn csv(table: &Table, language: Language) -> String {
    let mut out = BYTE_ORDER_MARK.to_owned();
    for row in std::iter::once(&table.header).chain(&table.rows) {
        let cells: Vec<String> = row
            .iter()
            .map(|text| quoted(&cell(text, language)))
            .collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn markdown(table: &Table, report: &Report, language: Language) -> String {
    let safe = |text: &String| {
        let plain = crate::report::plain::printable(text);
        let escaped: String = plain
            .chars()
            .flat_map(|c| {
                "\\|<>*_`[]&"
                    .contains(c)
                    .then_some('\\')
                    .into_iter()
                    .chain([c])
            })
            .collect();
        escaped
    };
    let row = |cells: &Vec<String>| {
        format!(
            "| {} |\n",
            cells.iter().map(safe).collect::<Vec<_>>().join(" | ")
        )
    };
    let mut out = format!("# {}\n\n", table.title);
    let version = report.subject.version_name.clone().unwrap_or_default();
    out.push_str(&format!(
        "{} {}\n\n",
        safe(&report.subject.package),
        safe(&version)
    ));
    if !report.coverage.complete {
        out.push_str(pick(
            (
                "安装包未能完整读取，清单可能不全。\n\n",
                "The package could not be read completely; the list may lack entries.\n\n",
            ),
            language,
        ));
    }
    out.push_str(&row(&table.header));
    out.push_str(&format!("|{}\n", " --- |".repeat(table.header.len())));
    for cells in &table.rows {
        out.push_str(&row(cells));
    }
    out
}
