//! The apps in order of their leads: rows, filters, and the data that the script makes further rows of.

use super::{Meta, SEVERITIES, english, words};
use crate::engine::batch::outcome::Status;
use crate::engine::batch::overview::{App, Names, Overview};
use crate::report::html::markup::Markup;
use crate::report::words::{Language, Prose, enum_key};
use serde::Serialize;

/// Rows of the ranking that are there without the script.
const STATIC: usize = 200;

pub(super) fn section(m: &mut Markup, overview: &Overview, meta: &Meta) {
    m.section("ranking", "应用排序", "Ranking", |m| {
        m.paragraph(
            "small",
            "先按高、中、低、提示各级线索数排序，再按输入次序；全部输入均列出。",
            "By the number of leads of each severity, the highest first; every input is listed.",
        );
        controls(m);
        let columns = [
            ("应用", "app"),
            ("开发者 · 来源", "developer · store"),
            ("功能类型", "function"),
            ("状态", "status"),
            ("线索", "leads"),
        ];
        let ranked = overview.ranking();
        m.table("ranking", ("应用排序", "Ranking"), &columns, |m| {
            for app in ranked.iter().take(STATIC) {
                row(m, app, overview, meta);
            }
        });
        let total = ranked.len();
        m.el("p", &[("id", "shown"), ("role", "status"), ("class", "small")], |m| {
            if total > STATIC {
                m.say(
                    &format!("未启用脚本，仅列出前 {STATIC} 个，共 {total} 个；全部见 outcomes.ndjson。"),
                    &format!("Without scripts the first {STATIC} of {total} are listed; outcomes.ndjson has all."),
                );
            }
        });
        m.el("div", &[("id", "pages"), ("class", "filters"), ("hidden", "")], |m| {
            for (id, zh, en) in [("back", "上一页", "Previous"), ("next", "下一页", "Next")] {
                m.el("button", &[("type", "button"), ("id", id)], |m| m.say(zh, en));
            }
        });
    });
}

/// They work with the script alone and are hidden without it.
fn controls(m: &mut Markup) {
    let attributes = [
        ("id", "controls"),
        ("class", "controls"),
        ("role", "search"),
        ("hidden", ""),
    ];
    m.el("div", &attributes, |m| {
        let label = |m: &mut Markup, id: &'static str, zh: &str, en: &str| {
            m.el("label", &[("for", id)], |m| m.say(zh, en));
        };
        m.el("div", &[("class", "control wide")], |m| {
            label(
                m,
                "search",
                "搜索名称、包名、开发者、文件名",
                "search name, package, developer, file",
            );
            m.el(
                "input",
                &[
                    ("type", "search"),
                    ("id", "search"),
                    ("autocomplete", "off"),
                ],
                |_| {},
            );
        });
        for (id, zh, en) in [
            ("by-function", "功能类型", "function"),
            ("by-store", "来源", "store"),
            ("by-rule", "线索种类", "rule"),
            ("by-severity", "严重程度", "severity"),
            ("by-sdk", "SDK", "SDK"),
            ("by-permission", "权限", "permission"),
            ("by-status", "状态", "status"),
        ] {
            m.el("div", &[("class", "control")], |m| {
                label(m, id, zh, en);
                m.el("select", &[("id", id)], |m| {
                    m.leaf("option", &[("value", "")], "–");
                });
            });
        }
        m.el("button", &[("type", "button"), ("id", "reset")], |m| {
            m.say("清除筛选", "Reset")
        });
    });
}

fn row(m: &mut Markup, app: &App, overview: &Overview, meta: &Meta) {
    m.row(&[], |m| {
        m.row_head(|m| {
            m.el("div", &[("class", "title")], |m| {
                if meta.pages && !app.link.is_empty() {
                    m.el("a", &[("href", &app.link)], |m| m.foreign(&app.name));
                } else {
                    m.foreign(&app.name);
                }
                m.text(" ");
                m.foreign(&app.version);
            });
            m.el("code", &[], |m| m.foreign(&app.package));
            m.el("div", &[("class", "small")], |m| m.foreign(&app.input));
        });
        m.cell(|m| {
            m.el("div", &[], |m| m.foreign(&app.developer));
            m.el("div", &[("class", "small")], |m| {
                m.foreign(name(&overview.stores, app.store).0);
            });
        });
        m.cell(|m| {
            for &function in &app.functions {
                let (id, name) = name(&overview.functions, function);
                m.el("div", &[], |m| {
                    if has_name(name) {
                        m.prose(name)
                    } else {
                        m.foreign(id)
                    }
                });
            }
        });
        m.cell(|m| {
            m.el("div", &[], |m| m.say(app.status.zh(), &english(app.status)));
            if !app.note.is_empty() {
                m.el("div", &[("class", "small")], |m| m.foreign(&app.note));
            }
        });
        m.cell(|m| {
            for (severity, &count) in SEVERITIES.iter().zip(&app.counts) {
                if count > 0 {
                    m.el("span", &[("class", "count")], |m| {
                        m.badge(&enum_key(severity));
                        m.text(&format!(" {count} "));
                    });
                }
            }
        });
    });
}

fn has_name(name: &Prose) -> bool {
    name.zh.is_some() || name.en.is_some()
}

fn name(names: &Names, id: u32) -> (&str, &Prose) {
    const NONE: &Prose = &Prose { zh: None, en: None };
    let found = usize::try_from(id).ok().and_then(|id| names.all.get(id));
    found.map_or(("", NONE), |(id, name)| (id, name))
}

/// What the script makes rows of. Names are written once; rows have their numbers.
#[derive(Serialize)]
pub(super) struct Data<'o> {
    apps: Vec<Line<'o>>,
    functions: Vec<[&'o str; 3]>,
    permissions: Vec<[&'o str; 3]>,
    sdks: Vec<[&'o str; 3]>,
    rules: Vec<[&'o str; 3]>,
    stores: Vec<&'o str>,
    statuses: Vec<[String; 2]>,
    severities: Vec<[String; 2]>,
}

/// Name, version, package, input, developer, store, functions, status, note, counts, rules, SDKs, permissions, page.
#[derive(Serialize)]
struct Line<'o>(
    &'o str,
    &'o str,
    &'o str,
    &'o str,
    &'o str,
    u32,
    &'o [u32],
    usize,
    &'o str,
    &'o [u32; 4],
    &'o [u32],
    &'o [u32],
    &'o [u32],
    &'o str,
);

pub(super) fn data<'o>(overview: &'o Overview, meta: &Meta) -> Data<'o> {
    let line = |app: &'o App| {
        let status = Status::ALL.iter().position(|s| *s == app.status);
        Line(
            &app.name,
            &app.version,
            &app.package,
            &app.input,
            &app.developer,
            app.store,
            &app.functions,
            status.unwrap_or_default(),
            &app.note,
            &app.counts,
            &app.rules,
            &app.sdks,
            &app.permissions,
            if meta.pages { &app.link } else { "" },
        )
    };
    Data {
        apps: overview.ranking().into_iter().map(line).collect(),
        functions: named(&overview.functions),
        permissions: named(&overview.permissions),
        sdks: named(&overview.sdks),
        rules: named(&overview.rules),
        stores: overview
            .stores
            .all
            .iter()
            .map(|(id, _)| id.as_str())
            .collect(),
        statuses: Status::ALL
            .iter()
            .map(|status| [status.zh().to_owned(), english(*status)])
            .collect(),
        severities: SEVERITIES
            .iter()
            .map(|severity| <[String; 2]>::from(words(&enum_key(severity))))
            .collect(),
    }
}

/// Id and name in both languages.
fn named(names: &Names) -> Vec<[&str; 3]> {
    names
        .all
        .iter()
        .map(|(id, name)| {
            let say = |language| Some(name.get(language)).filter(|n| !n.is_empty());
            [
                id.as_str(),
                say(Language::Zh).unwrap_or(id),
                say(Language::En).unwrap_or(id),
            ]
        })
        .collect()
}
