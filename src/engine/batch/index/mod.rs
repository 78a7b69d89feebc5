//! `index.html`: a run for a browser. One file without any other; the reports are beside it.

mod ranking;
mod tables;

use super::outcome::Status;
use super::overview::{Figures, Overview};
use crate::report::Languages;
use crate::report::html::Part;
use crate::report::html::frame::document;
use crate::report::html::markup::{Assets, Markup};
use crate::report::html::{SCRIPT, STYLE};
use crate::report::words::{Language, enum_key, word};
use crate::signatures::schema::Severity;
use std::cmp::Reverse;

/// Bars of a chart.
const BARS: usize = 25;
/// In the order of the counts of an app.
const SEVERITIES: [Severity; 4] = [
    Severity::High,
    Severity::Medium,
    Severity::Low,
    Severity::Info,
];

/// What the page says of the run itself.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Version of the program.
    pub tool_version: String,
    /// Version of the data.
    pub data_version: String,
    /// SHA-256 of the data.
    pub data_digest: String,
    /// Inputs in the list.
    pub inputs: u64,
    /// What the run was called with, a line each.
    pub arguments: Vec<String>,
    /// The reports have pages.
    pub pages: bool,
}

/// The page of a run.
pub fn render(overview: &Overview, meta: &Meta) -> String {
    let figures = overview.figures();
    let assets = Assets {
        style: &[STYLE, include_str!("index.css")],
        script: &[SCRIPT, include_str!("index.js")],
    };
    let inputs = meta.inputs;
    document(
        Languages::BOTH,
        (
            &format!("应用个人信息静态检测总览 · {inputs} 个安装包"),
            &format!("App privacy audit, overview · {inputs} inputs"),
        ),
        assets,
        |m| top(m, &figures, meta),
        |m| {
            summary(m, &figures);
            ranking::section(m, overview, meta);
            tables::permissions(m, overview, &figures.functions);
            tables::sdks(m, &figures);
            coverage(m, &figures);
            m.data("run", &ranking::data(overview, meta));
        },
        |m| foot(m, meta),
    )
}

fn top(m: &mut Markup, figures: &Figures, meta: &Meta) {
    m.paragraph("kind", "permscope 批量检测", "permscope, run over a list");
    m.el("h1", &[], |m| {
        m.say("应用个人信息静态检测总览", "App privacy audit: overview");
    });
    let (inputs, packages) = (meta.inputs, figures.packages);
    m.paragraph(
        "",
        &format!("输入 {inputs} 个，已判断的不同包名 {packages} 个。"),
        &format!("{inputs} inputs; {packages} different packages were judged."),
    );
    let unread = inputs.saturating_sub(
        ["audited", "incomplete"]
            .iter()
            .filter_map(|word| figures.statuses.get(*word))
            .sum(),
    );
    let partly = figures
        .statuses
        .get("incomplete")
        .copied()
        .unwrap_or_default();
    let is_whole = unread == 0 && partly == 0;
    m.el("div", &[("class", if is_whole { "note" } else { "warning" })], |m| {
        m.el("p", &[], |m| {
            m.el("strong", &[], |m| {
                if is_whole {
                    m.say("全部输入均已完整读取。", "All inputs were read to the end.");
                } else {
                    m.say(
                        &format!("{unread} 个输入未能检测，{partly} 个检测不完整。"),
                        &format!("{unread} inputs could not be audited; {partly} were audited in part."),
                    );
                }
            });
            m.text(" ");
            m.el("a", &[("href", "#coverage")], |m| m.say("检测范围", "Coverage"));
        });
    });
    m.paragraph(
        "small",
        "线索不是违法违规认定，须经动态检测和人工核实。",
        "A lead is not a conviction: it has to be confirmed by a dynamic test and a person.",
    );
    m.el("nav", &[("aria-labelledby", "contents")], |m| {
        m.el("h2", &[("id", "contents"), ("class", "unseen")], |m| {
            m.say("目录", "Contents")
        });
        m.el("ul", &[], |m| {
            for (href, zh, en) in [
                ("#summary", "分布", "Distributions"),
                ("#ranking", "应用排序", "Ranking"),
                ("#heat", "各功能类型申请的权限", "Permissions by function"),
                ("#sdks", "SDK", "SDKs"),
                ("#coverage", "检测范围", "Coverage"),
            ] {
                m.el("li", &[], |m| {
                    m.el("a", &[("href", href)], |m| m.say(zh, en))
                });
            }
        });
    });
}

/// A bar whose name is made while the page is.
type Bar = ((String, String), u64, &'static str);

fn bars(m: &mut Markup, caption: (&str, &str), bars: &[Bar]) {
    let parts: Vec<Part<'_>> = bars
        .iter()
        .map(|((zh, en), count, look)| Part {
            name: (zh, en),
            count: *count,
            look,
        })
        .collect();
    if parts.is_empty() {
        m.el("figure", &[("class", "chart")], |m| {
            m.el("figcaption", &[], |m| m.say(caption.0, caption.1));
            m.paragraph("small", "无", "none");
        });
    } else {
        m.bars(caption, &parts);
    }
}

fn words(key: &str) -> (String, String) {
    (
        word(key, Language::Zh).to_owned(),
        word(key, Language::En).to_owned(),
    )
}

fn summary(m: &mut Markup, figures: &Figures) {
    m.section("summary", "分布", "Distributions", |m| {
        m.paragraph(
            "small",
            "内容相同的安装包只计一次；检测不完整的应用，仅计已发现的线索。",
            "Inputs with the same contents count once. Apps that were read in part count with what was found in them.",
        );
        m.el("div", &[("class", "charts")], |m| {
            let classes: Vec<Bar> = figures
                .findings_per_app
                .iter()
                .map(|class| {
                    let range = match class.to {
                        Some(to) if to == class.from => to.to_string(),
                        Some(to) => format!("{}–{to}", class.from),
                        None => format!("{}+", class.from),
                    };
                    ((format!("{range} 条"), range), class.apps, "deep3")
                })
                .collect();
            bars(
                m,
                ("每个应用的线索数（应用数）", "Apps, by number of leads"),
                &classes,
            );
            let severities: Vec<Bar> = SEVERITIES
                .iter()
                .map(|severity| {
                    let key = enum_key(severity);
                    let count = figures.severities.get(&key).copied().unwrap_or_default();
                    (words(&key), count, look(*severity))
                })
                .collect();
            bars(m, ("各严重程度的线索数", "Leads, by severity"), &severities);
            let rules: Vec<Bar> = figures
                .rules
                .iter()
                .take(BARS)
                .map(|rule| {
                    let name = |language| {
                        let name = rule.name.get(language);
                        if name.is_empty() {
                            rule.id.clone()
                        } else {
                            name.to_owned()
                        }
                    };
                    (
                        (name(Language::Zh), name(Language::En)),
                        rule.apps,
                        look(rule.severity),
                    )
                })
                .collect();
            bars(m, ("各类线索（应用数）", "Apps, by rule"), &rules);
        });
    });
}

fn look(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

fn coverage(m: &mut Markup, figures: &Figures) {
    m.section("coverage", "检测范围", "Coverage", |m| {
        m.el("div", &[("class", "charts")], |m| {
            let statuses: Vec<Bar> = Status::ALL
                .iter()
                .map(|status| {
                    let count = figures.statuses.get(status.word()).copied();
                    let look = match status {
                        Status::Audited => "within",
                        Status::Incomplete => "condition",
                        _ => "beyond",
                    };
                    let name = (status.zh().to_owned(), english(*status));
                    (name, count.unwrap_or_default(), look)
                })
                .collect();
            bars(m, ("输入的处理结果", "Inputs, by how they ended"), &statuses);
            let mut obstacles: Vec<Bar> = figures
                .obstacles
                .iter()
                .map(|(key, count)| (obstacle(key), *count, "condition"))
                .collect();
            obstacles.sort_by_key(|&(_, count, _)| Reverse(count));
            bars(m, ("已判断的应用中未能看到的内容", "Judged apps, by what could not be seen"), &obstacles);
        });
        let (copies, troubles) = (figures.copies, figures.catalogue_troubles);
        m.paragraph(
            "",
            &format!("内容与其他输入相同的 {copies} 个；应用目录未能确定功能类型的 {troubles} 个。"),
            &format!("{copies} inputs have the contents of another one; of {troubles} the catalogue does not say the function."),
        );
        if !figures.catalogue_trouble_kinds.is_empty() {
            m.el("ul", &[], |m| {
                let mut named: u64 = 0;
                for (trouble, count) in &figures.catalogue_trouble_kinds {
                    named = named.saturating_add(*count);
                    m.el("li", &[], |m| {
                        m.foreign(trouble);
                        m.text(&format!(" ×{count}"));
                    });
                }
                let more = troubles.saturating_sub(named);
                if more > 0 {
                    m.el("li", &[], |m| {
                        m.say(&format!("其他 {more} 个"), &format!("{more} others"));
                    });
                }
            });
        }
    });
}

/// `code partial` is a channel and its state, anything else a kind of obstacle.
fn obstacle(key: &str) -> (String, String) {
    match key.split_once(' ') {
        Some((channel, state)) => {
            let said = |l| (word(channel, l).to_owned(), word(state, l).to_owned());
            let ((zh, zh_state), (en, en_state)) = (said(Language::Zh), said(Language::En));
            (format!("{zh}：{zh_state}"), format!("{en}: {en_state}"))
        }
        None => words(key),
    }
}

fn foot(m: &mut Markup, meta: &Meta) {
    m.el("p", &[], |m| {
        m.text(&format!("permscope {} · ", meta.tool_version));
        m.say("特征与规则数据", "data");
        m.text(&format!(" {} · SHA-256 ", meta.data_version));
        m.leaf("code", &[], &meta.data_digest);
    });
    if !meta.arguments.is_empty() {
        m.el("ul", &[("class", "plain")], |m| {
            for line in &meta.arguments {
                m.el("li", &[], |m| m.el("code", &[], |m| m.foreign(line)));
            }
        });
    }
}

fn english(status: Status) -> String {
    status.word().replace('_', " ")
}
