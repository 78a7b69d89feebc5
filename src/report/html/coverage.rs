//! What could not be seen, the signatures, and files with code inside.

use super::markup::Markup;
use crate::facts::{NestedFact, NestedKind, State};
use crate::report::lines::{code_line, member, unpacked_line};
use crate::report::signing;
use crate::report::v1::{Coverage, GapInfo, ObstacleInfo, Report};
use crate::report::words::enum_key;

pub(super) fn section(m: &mut Markup, report: &Report) {
    let coverage = &report.coverage;
    m.section(
        "coverage",
        "检测范围与未能看到的内容",
        "Coverage, and what could not be seen",
        |m| {
            channels(m, coverage);
            if coverage.code.dex_files > 0 {
                m.el("p", &[], |m| {
                    m.both(|language| code_line(&coverage.code, language))
                });
            }
            if let Some(unpacked) = &coverage.unpacked {
                m.el("p", &[("class", "warning")], |m| {
                    m.both(|language| unpacked_line(unpacked, language));
                });
            }
            if !coverage.obstacles.is_empty() {
                m.el("h3", &[], |m| m.say("静态检测的障碍", "Obstacles"));
                coverage.obstacles.iter().for_each(|o| obstacle(m, o));
            }
            if !coverage.gaps.is_empty() {
                m.el("h3", &[], |m| {
                    m.say(
                        "权限使用情况中未能确定的内容",
                        "What stays open for the use of permissions",
                    )
                });
                coverage.gaps.iter().for_each(|g| gap(m, g));
            }
            if !coverage.not_examined.is_empty() {
                m.el("h3", &[], |m| {
                    m.say("本版本未检测的内容", "Not examined by this version")
                });
                m.el("ul", &[], |m| {
                    for note in &coverage.not_examined {
                        m.el("li", &[], |m| m.prose(note));
                    }
                });
            }
            if !coverage.limits.is_empty() {
                m.el("h3", &[], |m| {
                    m.say("检测限值（非默认值）", "Limits that were set")
                });
                m.el("ul", &[], |m| {
                    for (name, value) in &coverage.limits {
                        m.el("li", &[], |m| {
                            m.el("code", &[], |m| m.foreign(&format!("{name}={value}")))
                        });
                    }
                });
            }
            if !report.subject.excluded.is_empty() {
                m.el("h3", &[], |m| {
                    m.say("未纳入检测的文件", "Files that were left out")
                });
                m.el("ul", &[], |m| {
                    for file in &report.subject.excluded {
                        m.el("li", &[], |m| {
                            m.foreign(&file.name);
                            m.text(": ");
                            m.foreign(&file.reason);
                        });
                    }
                });
            }
            incidents(m, report);
        },
    );
}

fn channels(m: &mut Markup, coverage: &Coverage) {
    let columns = [("部分", "part"), ("状态", "state"), ("原因", "why")];
    m.table(
        "channels",
        ("各部分的读取情况", "What was read"),
        &columns,
        |m| {
            for channel in &coverage.channels {
                m.row(&[], |m| {
                    m.row_head(|m| m.word(&enum_key(&channel.channel)));
                    m.cell(|m| match channel.state {
                        State::Absent => m.word("absent"),
                        state => m.badge(&enum_key(&state)),
                    });
                    m.cell(|m| {
                        for (at, reason) in channel.reasons.iter().enumerate() {
                            if at > 0 {
                                m.text("; ");
                            }
                            m.foreign(reason);
                        }
                    });
                });
            }
        },
    );
}

fn obstacle(m: &mut Markup, obstacle: &ObstacleInfo) {
    m.el("div", &[("class", "open")], |m| {
        m.el("p", &[], |m| {
            m.el("strong", &[], |m| {
                m.word(&obstacle.kind);
                m.say("：", ": ");
                m.prose(&obstacle.name);
            });
            if let Some(confidence) = &obstacle.confidence {
                m.text(" ");
                m.el("span", &[("class", "tag")], |m| {
                    m.word(&enum_key(confidence))
                });
            }
            m.text(" ");
            m.prose(&obstacle.effect);
        });
        m.evidence(("证据", "evidence"), &obstacle.evidence);
    });
}

fn gap(m: &mut Markup, gap: &GapInfo) {
    m.el("div", &[("class", "open")], |m| {
        m.el("p", &[], |m| {
            m.prose(&gap.text);
            if gap.blocks {
                m.text(" ");
                m.el("span", &[("class", "tag")], |m| {
                    m.say(
                        "因此不作“未发现使用”的判断",
                        "so nothing is said to be unused",
                    );
                });
            }
        });
        if !gap.classes.is_empty() {
            m.el("p", &[("class", "small")], |m| {
                m.say("涉及：", "about: ");
                for (at, class) in gap.classes.iter().enumerate() {
                    if at > 0 {
                        m.comma();
                    }
                    m.el("code", &[], |m| m.foreign(&member(class)));
                }
            });
        }
        m.evidence(("证据", "evidence"), &gap.evidence);
    });
}

fn incidents(m: &mut Markup, report: &Report) {
    if report.incidents.is_empty() {
        return;
    }
    m.el("h3", &[], |m| {
        m.say("读取过程中的问题", "Trouble while reading")
    });
    let columns = [
        ("位置", "place"),
        ("问题", "trouble"),
        ("影响的部分", "hides"),
    ];
    m.table(
        "incidents",
        ("读取过程中的问题", "Trouble while reading"),
        &columns,
        |m| {
            for incident in &report.incidents {
                m.row(&[], |m| {
                    m.row_head(|m| {
                        m.el("code", &[], |m| m.foreign(&incident.file));
                        if let Some(offset) = incident.offset {
                            m.text(&format!(" @{offset:#x}"));
                        }
                    });
                    m.cell(|m| {
                        m.leaf("code", &[], &enum_key(&incident.code));
                        m.text(" ");
                        m.foreign(&incident.detail);
                    });
                    m.cell(|m| match &incident.hides {
                        Some(channel) => m.word(&enum_key(channel)),
                        None => m.text("–"),
                    });
                });
            }
        },
    );
}

/// Who signed, and whether that is right.
pub(super) fn signatures(m: &mut Markup, report: &Report) {
    let subject = &report.subject;
    m.section("signatures", "签名", "Signatures", |m| {
        let zh = signing::lines(&subject.signing, crate::report::Language::Zh);
        let en = signing::lines(&subject.signing, crate::report::Language::En);
        if zh.is_empty() && subject.signers.is_empty() {
            m.paragraph("", "没有签名信息。", "There is nothing about signatures.");
            return;
        }
        m.el("dl", &[("class", "fields")], |m| {
            for ((zh_name, en_name, zh), (.., en)) in zh.iter().zip(&en) {
                m.field(zh_name, en_name, |m| m.say(zh, en));
            }
        });
        if subject.signers.is_empty() {
            return;
        }
        let columns = [
            ("证书主体", "subject"),
            ("签名方案", "scheme"),
            ("有效期", "valid"),
            ("证书SHA-256", "SHA-256"),
        ];
        m.table("signers", ("签名证书", "Signers"), &columns, |m| {
            for signer in &subject.signers {
                let outcome = signing::of_signer(&subject.signing, &signer.file, &signer.scheme);
                for certificate in &signer.certificates {
                    m.row(&[], |m| {
                        m.row_head(|m| {
                            m.foreign(certificate.subject.as_deref().unwrap_or("–"));
                            if subject.files.len() > 1 {
                                m.el("div", &[("class", "small")], |m| m.foreign(&signer.file));
                            }
                        });
                        m.cell(|m| {
                            m.text(&signer.scheme);
                            m.text(" ");
                            m.badge(outcome.unwrap_or("not_checked"));
                        });
                        m.cell(|m| {
                            let day = |time: &Option<String>| {
                                let day = time.as_deref().unwrap_or("–");
                                day.split('T').next().unwrap_or("–").to_owned()
                            };
                            m.text(&format!(
                                "{} – {}",
                                day(&certificate.not_before),
                                day(&certificate.not_after)
                            ));
                        });
                        m.cell(|m| m.leaf("code", &[], &certificate.sha256));
                    });
                }
            }
        });
    });
}

/// Files with code that Android does not load by itself.
pub(super) fn nested(m: &mut Markup, report: &Report) {
    if report.nested.is_empty() {
        return;
    }
    m.section(
        "nested",
        "安装包内含的代码文件",
        "Files with code inside the package",
        |m| {
            m.paragraph(
                "small",
                "系统不会自行加载，仅列出，未作判断。",
                "Android does not load them by itself: listed, not judged.",
            );
            let columns = [
                ("文件", "file"),
                ("类型", "kind"),
                ("内容", "contents"),
                ("SHA-256", "SHA-256"),
            ];
            m.table(
                "nested",
                ("内含的代码文件", "Files inside"),
                &columns,
                |m| {
                    report.nested.iter().for_each(|fact| inner(m, fact));
                },
            );
        },
    );
}

fn inner(m: &mut Markup, fact: &NestedFact) {
    m.row(&[], |m| {
        m.row_head(|m| {
            m.el("code", &[], |m| {
                m.foreign(&format!("{}!{}", fact.file, fact.entry))
            })
        });
        m.cell(|m| {
            match fact.kind {
                NestedKind::Dex => m.text("DEX"),
                NestedKind::Apk => m.text("APK"),
                NestedKind::Archive => m.say("压缩包", "archive"),
            }
            if let Some(package) = &fact.package {
                m.text(" ");
                m.el("code", &[], |m| m.foreign(package));
            }
        });
        m.cell(|m| {
            m.text(&format!("{} B", fact.size));
            let listed = u64::try_from(fact.dex.len()).unwrap_or(u64::MAX);
            let dex = listed.saturating_add(fact.dex_more);
            if !fact.opened {
                m.text(" · ");
                m.say("未能查看其内容", "not looked into");
            } else if fact.kind != NestedKind::Dex {
                let (native, archives) = (fact.native, fact.archives);
                m.text(" · ");
                m.say(
                    &format!("DEX文件 {dex} 个、原生库 {native} 个、压缩包 {archives} 个"),
                    &format!("{dex} DEX files, {native} native libraries, {archives} archives"),
                );
            }
            if !fact.dex.is_empty() {
                m.fold(
                    |m| m.say("DEX文件", "DEX files"),
                    |m| {
                        m.el("ul", &[("class", "plain")], |m| {
                            for dex in &fact.dex {
                                m.el("li", &[], |m| {
                                    m.el("code", &[], |m| m.foreign(&dex.entry));
                                    m.text(&format!(" {} B ", dex.size));
                                    m.leaf("code", &[], dex.sha256.as_deref().unwrap_or("–"));
                                });
                            }
                        });
                    },
                );
            }
        });
        m.cell(|m| m.leaf("code", &[], fact.sha256.as_deref().unwrap_or("–")));
    });
}
