//! Who is inside, and what each of them reaches.

use super::markup::Markup;
use crate::report::lines::{self, grade_key, stage_key};
use crate::report::v1::{AccessInfo, AccessNeed, Report, Sdk};
use std::collections::BTreeMap;

pub(super) fn sdks(m: &mut Markup, report: &Report) {
    m.section("sdks", "SDK", "SDKs", |m| {
        if report.sdks.is_empty() {
            let (zh, en) = if report.coverage.complete {
                lines::NO_SDK
            } else {
                lines::SDKS_UNKNOWN
            };
            m.paragraph("", zh, en);
            return;
        }
        let is_blocked = report.coverage.gaps.iter().any(|gap| gap.blocks);
        let columns = [
            ("SDK", "SDK"),
            ("运营者", "operator"),
            ("用途", "purpose"),
            ("识别", "recognised"),
            ("启动与调用", "started or called"),
        ];
        m.table("sdks", ("识别到的SDK", "SDKs"), &columns, |m| {
            for sdk in &report.sdks {
                row(m, sdk, is_blocked);
            }
        });
    });
}

fn row(m: &mut Markup, sdk: &Sdk, is_blocked: bool) {
    m.row(&[], |m| {
        m.row_head(|m| {
            m.el("div", &[("class", "title")], |m| m.prose(&sdk.name));
            m.leaf("code", &[], &sdk.id);
        });
        m.cell(|m| {
            m.prose(&sdk.vendor);
            if !sdk.country.is_empty() {
                m.text(&format!(" · {}", sdk.country));
            }
        });
        m.cell(|m| {
            for (at, purpose) in sdk.purpose.iter().enumerate() {
                if at > 0 {
                    m.say("；", "; ");
                }
                m.prose(purpose);
            }
        });
        m.cell(|m| m.word(grade_key(sdk.grade)));
        m.cell(|m| match stage_key(sdk, is_blocked) {
            "" => m.text("–"),
            key => m.word(key),
        });
    });
    m.wide_row(&[], "5", |m| {
        m.evidence(("识别的证据", "evidence"), &sdk.evidence);
        starts(m, sdk);
        m.evidence(
            ("启动、调用的证据", "evidence of start and calls"),
            &sdk.stage_evidence,
        );
    });
}

/// What starts without a call of the app.
fn starts(m: &mut Markup, sdk: &Sdk) {
    if sdk.starts.is_empty() {
        return;
    }
    let count = sdk.starts.len();
    m.fold(
        |m| {
            m.say(
                &format!("自动启动的组件（{count}）"),
                &format!("what starts by itself ({count})"),
            );
        },
        |m| {
            m.el("ul", &[("class", "plain")], |m| {
                for start in &sdk.starts {
                    m.el("li", &[], |m| m.el("code", &[], |m| m.foreign(start)));
                }
            });
        },
    );
}

/// What is reached, by whose code does it: the app first, then SDKs, then code of which that is not known.
pub(super) fn accesses(m: &mut Markup, report: &Report) {
    let title = ("代码可触及的信息与能力", "What the code reaches");
    m.section("accesses", title.0, title.1, |m| {
        if report.accesses.is_empty() {
            let (zh, en) = if report.coverage.complete {
                (
                    "在已读取的内容中未发现。",
                    "Nothing was found in what was read.",
                )
            } else {
                lines::SDKS_UNKNOWN
            };
            m.paragraph("", zh, en);
            return;
        }
        m.paragraph(
            "small",
            "按代码归属列出；含无需权限的项目。",
            "By whose code it is, with and without a permission.",
        );
        let mut owners: BTreeMap<(u8, &str), Vec<&AccessInfo>> = BTreeMap::new();
        for access in &report.accesses {
            let place = match access.owner.as_str() {
                "app" => 0,
                "unlisted" => 2,
                "obfuscated" => 3,
                _ => 1,
            };
            owners
                .entry((place, &access.owner))
                .or_default()
                .push(access);
        }
        for ((_, owner), accesses) in owners {
            let count = accesses.len();
            m.fold(
                |m| {
                    m.owner(report, owner);
                    m.say(&format!("（{count}）"), &format!(" ({count})"));
                },
                |m| table(m, &accesses),
            );
        }
    });
}

fn table(m: &mut Markup, accesses: &[&AccessInfo]) {
    let columns = [
        ("内容", "what"),
        ("所需权限", "permission needed"),
        ("路径", "can run"),
        ("处数", "places"),
    ];
    m.table(
        "accesses",
        ("可触及的信息与能力", "What is reached"),
        &columns,
        |m| {
            for access in accesses {
                m.row(&[], |m| {
                    m.row_head(|m| {
                        m.el("div", &[("class", "title")], |m| m.prose(&access.title));
                        let mut names = access.information.iter();
                        if let Some(first) = names.next() {
                            m.el("div", &[("class", "small")], |m| {
                                m.prose(&first.name);
                                for next in names {
                                    m.comma();
                                    m.prose(&next.name);
                                }
                            });
                        }
                    });
                    m.cell(|m| needs(m, &access.needs));
                    m.cell(|m| {
                        if access.hint {
                            m.word("indicated");
                        } else if access.reached {
                            m.say("有触发路径", "something leads to it");
                        } else {
                            m.say("未发现触发路径", "nothing found that leads to it");
                        }
                    });
                    m.cell(|m| m.text(&access.count.to_string()));
                });
                m.wide_row(&[], "4", |m| {
                    m.evidence(("证据", "evidence"), &access.evidence)
                });
            }
        },
    );
}

fn needs(m: &mut Markup, needs: &[AccessNeed]) {
    if needs.is_empty() {
        m.say("无需权限", "none");
        return;
    }
    m.el("ul", &[("class", "plain")], |m| {
        for need in needs {
            m.el("li", &[], |m| {
                let name = need.permission.strip_prefix("android.permission.");
                m.el("code", &[], |m| m.foreign(name.unwrap_or(&need.permission)));
                m.text(&format!(" API {}–{}", need.from, need.to));
                if need.one_of {
                    m.say("（任一即可）", " (one of them is enough)");
                }
                if need.conditional {
                    m.say("（视参数而定）", " (depends on the arguments)");
                }
            });
        }
    });
}
