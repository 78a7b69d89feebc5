//! The permissions at a glance: what each is for this function, and who uses it.

use super::markup::Markup;
use crate::audit::Verdict;
use crate::detect::Certainty;
use crate::facts::State;
use crate::incident::Channel;
use crate::report::lines;
use crate::report::v1::{Permission, Report};
use crate::report::words::enum_key;

/// In the order of the table.
const VERDICTS: [Verdict; 4] = [
    Verdict::BeyondFunction,
    Verdict::Conditional,
    Verdict::WithinFunction,
    Verdict::NotJudged,
];

pub(super) fn section(m: &mut Markup, report: &Report) {
    m.section("permissions", "权限", "Permissions", |m| {
        if report.permissions.is_empty() {
            // "None" may be said only of a manifest that was read to the end.
            let is_read = report
                .coverage
                .channels
                .iter()
                .any(|c| c.channel == Channel::Manifest && c.state == State::Complete);
            let (zh, en) = if is_read {
                lines::NO_PERMISSION
            } else {
                lines::PERMISSIONS_UNKNOWN
            };
            m.paragraph("", zh, en);
            return;
        }
        filters(m, report);
        let columns = [
            ("权限", "permission"),
            ("分级", "tier"),
            ("判断", "verdict"),
            ("使用情况", "use, and by whom"),
        ];
        m.table("permissions", ("权限", "Permissions"), &columns, |m| {
            for verdict in VERDICTS {
                let found = report.permissions.iter().filter(|p| p.verdict == verdict);
                found.for_each(|permission| row(m, permission));
            }
        });
    });
}

/// Buttons that show some of the rows; without the script they are hidden and all rows are there.
fn filters(m: &mut Markup, report: &Report) {
    let attributes = [
        ("class", "filters"),
        ("role", "group"),
        ("aria-labelledby", "filter-title"),
        ("hidden", ""),
    ];
    m.el("div", &attributes, |m| {
        m.el("span", &[("id", "filter-title")], |m| {
            m.say("按判断筛选：", "Show: ")
        });
        let all = report.permissions.len();
        button(m, "", true, |m| {
            m.say("全部", "all");
            m.text(&format!(" {all}"));
        });
        for verdict in VERDICTS {
            let count = report
                .permissions
                .iter()
                .filter(|p| p.verdict == verdict)
                .count();
            if count > 0 {
                let key = enum_key(&verdict);
                button(m, &key, false, |m| {
                    m.word(&key);
                    m.text(&format!(" {count}"));
                });
            }
        }
    });
}

fn button(m: &mut Markup, filter: &str, is_pressed: bool, inner: impl FnOnce(&mut Markup)) {
    let pressed = if is_pressed { "true" } else { "false" };
    let attributes = [
        ("type", "button"),
        ("data-filter", filter),
        ("aria-pressed", pressed),
    ];
    m.el("button", &attributes, inner);
}

fn row(m: &mut Markup, permission: &Permission) {
    let verdict = enum_key(&permission.verdict);
    let shown = [("data-verdict", verdict.as_str())];
    m.row(&shown, |m| {
        m.row_head(|m| {
            m.el("div", &[("class", "title")], |m| m.prose(&permission.title));
            m.el("code", &[], |m| m.foreign(&permission.name));
            origin(m, permission);
        });
        m.cell(|m| m.badge(&enum_key(&permission.tier)));
        m.cell(|m| m.badge(&verdict));
        m.cell(|m| usage(m, permission));
    });
    m.wide_row(&shown, "4", |m| {
        why(m, permission);
        m.evidence(
            ("使用的证据", "evidence of the use"),
            &permission.use_evidence,
        );
    });
}

fn origin(m: &mut Markup, permission: &Permission) {
    let small = &[("class", "small")];
    if let Some(protection) = &permission.protection {
        m.el("div", small, |m| {
            m.say("保护级别：", "protection: ");
            m.text(protection);
        });
    }
    if let Some(by) = &permission.implied_by {
        m.el("div", small, |m| {
            m.say(
                &format!("系统因 {by} 自动附加"),
                &format!("added by the platform because of {by}"),
            );
        });
    }
    if let Some(max) = permission.max_sdk {
        m.leaf("div", small, &format!("maxSdkVersion {max}"));
    }
    if !permission.information.is_empty() {
        m.el("div", small, |m| {
            m.say("个人信息：", "information: ");
            for (at, information) in permission.information.iter().enumerate() {
                if at > 0 {
                    m.comma();
                }
                m.prose(&information.name);
            }
        });
    }
}

/// Why it has its tier, and what shows the request.
fn why(m: &mut Markup, permission: &Permission) {
    m.fold(
        |m| m.say("理由与依据", "why"),
        |m| {
            m.el("dl", &[("class", "fields")], |m| {
                m.field("理由", "reason", |m| m.prose(&permission.reason));
                if let Some(condition) = &permission.condition {
                    m.field("条件", "condition", |m| m.prose(condition));
                }
                if let Some(alternative) = &permission.alternative {
                    m.field("无需权限的方式", "without a permission", |m| {
                        m.prose(alternative)
                    });
                }
                if let Some(function) = &permission.function {
                    m.field("所依据的功能", "by the function", |m| {
                        m.leaf("code", &[], function)
                    });
                }
                m.field("确定程度", "confidence", |m| {
                    m.word(&enum_key(&permission.confidence))
                });
                if !permission.clauses.is_empty() {
                    m.field("条款", "clauses", |m| m.clauses(&permission.clauses));
                }
                if !permission.declared_in.is_empty() {
                    m.field("申请所在文件", "requested in", |m| {
                        for (at, file) in permission.declared_in.iter().enumerate() {
                            if at > 0 {
                                m.comma();
                            }
                            m.foreign(file);
                        }
                    });
                }
            });
            m.evidence(
                ("申请的证据", "evidence of the request"),
                &permission.evidence,
            );
        },
    );
}

fn usage(m: &mut Markup, permission: &Permission) {
    m.el("div", &[("class", "title")], |m| {
        m.word(&enum_key(&permission.usage));
        if permission.use_certainty == Some(Certainty::Tentative) {
            m.text(" ");
            m.el("span", &[("class", "tag")], |m| m.word("tentative"));
        }
    });
    if !permission.owners.is_empty() {
        m.el("div", &[], |m| {
            for (at, owner) in permission.owners.iter().enumerate() {
                if at > 0 {
                    m.comma();
                }
                m.word(owner);
            }
        });
    }
    if let Some(sdk) = &permission.only_through {
        m.el("div", &[("class", "only")], |m| {
            m.say(
                &format!("去除 {sdk} 后，应用内再无使用"),
                &format!("without {sdk} nothing in the app uses it"),
            );
        });
    }
    if !permission.merged_by.is_empty() {
        let zh = permission.merged_by.join("、");
        let en = permission.merged_by.join(", ");
        m.el("div", &[("class", "small")], |m| {
            m.say(
                &format!("{zh} 的清单文件申请该权限"),
                &format!("requested by the manifest of {en}"),
            );
        });
    }
    if !permission.use_reasons.is_empty() {
        m.el("ul", &[("class", "small")], |m| {
            for reason in &permission.use_reasons {
                m.el("li", &[], |m| m.prose(reason));
            }
        });
    }
}
