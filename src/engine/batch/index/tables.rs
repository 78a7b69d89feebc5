//! Tables over all apps: what the apps of each function ask for, and the SDKs.

use crate::engine::batch::overview::{Figures, FunctionFigure, Overview};
use crate::report::html::markup::Markup;
use crate::report::words::{Language, Prose};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Columns of the table of permissions by function: a screen is no wider.
const COLUMNS: usize = 40;

pub(super) fn permissions(m: &mut Markup, overview: &Overview, functions: &[FunctionFigure]) {
    m.section("heat", "各功能类型申请的权限", "Permissions by function", |m| {
        let mut asked: BTreeMap<&str, u64> = BTreeMap::new();
        for (permission, count) in functions.iter().flat_map(|f| &f.permissions) {
            let sum = asked.entry(permission).or_default();
            *sum = sum.saturating_add(*count);
        }
        let mut columns: Vec<(&str, u64)> = asked.into_iter().collect();
        columns.sort_by_key(|&(name, count)| (Reverse(count), name));
        let more = columns.len().saturating_sub(COLUMNS);
        columns.truncate(COLUMNS);
        if columns.is_empty() {
            m.paragraph("", "没有已声明功能的应用。", "No app has a declared function.");
            return;
        }
        m.paragraph(
            "small",
            "“3 / 214”表示该类 214 个应用（不同包名）中有 3 个申请该权限。仅列数据库收录的权限。",
            "“3 / 214”: of 214 apps (different packages) of the function, 3 ask for the permission. Only permissions that the data knows.",
        );
        if more > 0 {
            m.paragraph(
                "small",
                &format!("另有 {more} 项较少申请的权限未列出，见 stats.json。"),
                &format!("{more} more that are asked for less are in stats.json."),
            );
        }
        let frame = [
            ("class", "scroll"),
            ("role", "group"),
            ("tabindex", "0"),
            ("aria-labelledby", "heat-title"),
        ];
        m.el("div", &frame, |m| heat(m, overview, functions, &columns));
    });
}

fn heat(
    m: &mut Markup,
    overview: &Overview,
    functions: &[FunctionFigure],
    columns: &[(&str, u64)],
) {
    let names: BTreeMap<&str, &Prose> = overview
        .permissions
        .all
        .iter()
        .map(|(id, name)| (id.as_str(), name))
        .collect();
    m.el("table", &[("class", "heat")], |m| {
        m.el("thead", &[], |m| {
            m.el("tr", &[], |m| {
                m.column("功能类型", "function");
                for (permission, _) in columns {
                    let attributes = [("scope", "col"), ("data-name", short(permission))];
                    m.el("th", &attributes, |m| {
                        if let Some(name) = names.get(permission) {
                            m.el("div", &[], |m| m.prose(name));
                        }
                        m.el("code", &[], |m| m.foreign(short(permission)));
                    });
                }
            });
        });
        m.el("tbody", &[], |m| {
            for function in functions {
                let (zh, en) = names_of(function);
                m.el("tr", &[("data-name-zh", &zh), ("data-name-en", &en)], |m| {
                    m.el("th", &[("scope", "row")], |m| m.say(&zh, &en));
                    for (permission, _) in columns {
                        let count = function.permissions.get(*permission).copied();
                        let (count, all) = (count.unwrap_or_default(), function.packages);
                        let text =
                            format!("{all}个“{zh}”应用中有{count}个申请{}", short(permission));
                        let attributes = [("class", shade(count, all)), ("title", text.as_str())];
                        m.leaf("td", &attributes, &format!("{count} / {all}"));
                    }
                });
            }
        });
    });
}

fn names_of(function: &FunctionFigure) -> (String, String) {
    let name = |language| {
        let name = function.name.get(language);
        if name.is_empty() {
            function.id.clone()
        } else {
            name.to_owned()
        }
    };
    (name(Language::Zh), name(Language::En))
}

fn short(permission: &str) -> &str {
    permission
        .strip_prefix("android.permission.")
        .unwrap_or(permission)
}

/// The look of a share; the figure stands in the cell.
fn shade(count: u64, all: u64) -> &'static str {
    match count
        .saturating_mul(100)
        .checked_div(all)
        .unwrap_or_default()
    {
        _ if count == 0 => "heat0",
        0..=4 => "heat1",
        5..=24 => "heat2",
        25..=49 => "heat3",
        50..=74 => "heat4",
        _ => "heat5",
    }
}

pub(super) fn sdks(m: &mut Markup, figures: &Figures) {
    m.section("sdks", "SDK", "SDKs", |m| {
        if figures.sdks.is_empty() {
            m.paragraph("", "未识别到数据库收录的SDK。", "No SDK of the data was recognised.");
            return;
        }
        m.paragraph(
            "small",
            "按打包该SDK的应用（不同包名）数排列；每个应用按其所达的最高程度计入一列。",
            "By the number of apps (different packages) that have it inside; each counts in one column.",
        );
        let columns = [
            ("SDK", "SDK"),
            ("运营者", "operator"),
            ("应用数", "apps"),
            ("占比", "share"),
            ("未见启动或者调用", "not seen to start or to be called"),
            ("启动", "starts"),
            ("功能被调用", "functions are called"),
        ];
        m.table("league", ("SDK排名", "SDKs"), &columns, |m| {
            for sdk in &figures.sdks {
                let rest = sdk.packages.saturating_sub(sdk.started).saturating_sub(sdk.used);
                let permille = sdk.packages.saturating_mul(1000);
                let share = permille.checked_div(figures.packages).unwrap_or_default();
                let (whole, tenth) = (share.checked_div(10).unwrap_or_default(), share % 10);
                m.row(&[], |m| {
                    m.row_head(|m| {
                        m.el("div", &[("class", "title")], |m| m.prose(&sdk.name));
                        m.el("code", &[], |m| m.foreign(&sdk.id));
                    });
                    m.cell(|m| {
                        m.prose(&sdk.vendor);
                        if !sdk.country.is_empty() {
                            m.text(" · ");
                            m.foreign(&sdk.country);
                        }
                    });
                    let counts = [
                        sdk.packages.to_string(),
                        format!("{whole}.{tenth}%"),
                        rest.to_string(),
                        sdk.started.to_string(),
                        sdk.used.to_string(),
                    ];
                    for (count, (zh, en)) in counts.iter().zip(columns.iter().skip(2)) {
                        m.cell(|m| {
                            m.el("span", &[("class", "narrow")], |m| {
                                m.say(&format!("{zh} "), &format!("{en} "));
                            });
                            m.text(count);
                        });
                    }
                });
            }
        });
    });
}
