//! What a reader sees first: the app, what it was judged against, what was found and what was not seen.

use super::Part;
use super::markup::Markup;
use crate::audit::DeclaredBy;
use crate::detect::Grade;
use crate::facts::State;
use crate::report::lines::{self, cite, stage_key};
use crate::report::v1::{File, Finding, Report};
use crate::report::words::{Language, enum_key, label, word};
use crate::signatures::schema::{Severity, Tier};

/// Files that are shown without unfolding.
const SHOWN: usize = 2;

/// The app's label, or else its package.
pub(super) fn name(report: &Report) -> &str {
    match label(&report.subject.label) {
        Some(text) if !text.trim().is_empty() => text,
        _ => &report.subject.package,
    }
}

/// The banner.
pub(super) fn top(m: &mut Markup, report: &Report, name: &str) {
    let subject = &report.subject;
    m.paragraph(
        "kind",
        "应用个人信息静态检测报告",
        "App privacy audit, static",
    );
    m.el("h1", &[], |m| m.foreign(name));
    m.el("dl", &[("class", "fields")], |m| {
        m.field("包名", "package", |m| {
            m.el("code", &[], |m| m.foreign(&subject.package))
        });
        m.field("版本", "version", |m| {
            m.foreign(subject.version_name.as_deref().unwrap_or("–"));
            if let Some(code) = subject.version_code {
                m.text(&format!(" ({code})"));
            }
        });
        m.field("系统版本", "SDK levels", |m| {
            m.text(&format!(
                "minSdk {} · targetSdk {}",
                subject.min_sdk, subject.target_sdk
            ));
        });
        labels(m, report, name);
        m.field("所声明的功能", "declared function", |m| {
            function(m, report)
        });
        m.field("文件", "file", |m| files(m, &subject.files));
    });
}

fn labels(m: &mut Markup, report: &Report, name: &str) {
    let others: Vec<_> = report
        .subject
        .label
        .iter()
        .filter(|(_, text)| *text != name)
        .collect();
    if others.is_empty() {
        return;
    }
    m.field("其他名称", "other labels", |m| {
        let list = |m: &mut Markup| {
            m.el("ul", &[("class", "plain")], |m| {
                for (locale, text) in &others {
                    m.el("li", &[], |m| {
                        m.foreign(text);
                        m.text(" (");
                        m.foreign(locale);
                        m.text(")");
                    });
                }
            });
        };
        if others.len() > SHOWN {
            let count = others.len();
            m.fold(|m| m.say(&format!("{count} 个"), &format!("{count}")), list);
        } else {
            list(m);
        }
    });
}

fn files(m: &mut Markup, files: &[File]) {
    let list = |m: &mut Markup| {
        for file in files {
            m.el("div", &[("class", "file")], |m| {
                m.foreign(&file.name);
                m.text(&format!(" · {} B", grouped(file.size)));
                m.el("div", &[], |m| {
                    m.text("SHA-256 ");
                    m.leaf("code", &[], &file.sha256);
                });
            });
        }
    };
    if files.len() > SHOWN {
        let count = files.len();
        m.fold(
            |m| m.say(&format!("{count} 个文件"), &format!("{count} files")),
            list,
        );
    } else {
        list(m);
    }
}

/// `4 160 665`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn function(m: &mut Markup, report: &Report) {
    let function = &report.function;
    for declared in &function.declared {
        m.el("div", &[], |m| {
            m.el("strong", &[], |m| m.prose(&declared.name));
            m.text(" · ");
            m.prose(&declared.basic_function);
            if let Some(clause) = &declared.clause {
                m.el("div", &[("class", "small")], |m| {
                    m.both(|language| cite(clause, language))
                });
            }
        });
    }
    if function.declared.is_empty() {
        m.el("strong", &[], |m| m.word("none"));
    }
    m.el("div", &[("class", "small")], |m| {
        if function.source != DeclaredBy::None {
            m.word(&enum_key(&function.source));
            m.text(" · ");
        }
        m.word(&enum_key(&function.edition));
    });
}

/// What one understands in ten seconds.
pub(super) fn verdict(m: &mut Markup, report: &Report) {
    m.section("verdict", "结论", "In short", |m| {
        let total = report.findings.len();
        m.el("p", &[("class", "leads")], |m| {
            m.el("strong", &[], |m| {
                m.say(&format!("线索 {total} 条"), &if total == 1 { "1 lead".into() } else { format!("{total} leads") });
            });
            for severity in [Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
                let count = count(&report.findings, severity);
                if count > 0 {
                    m.text(" ");
                    m.el("span", &[("class", "count")], |m| {
                        m.badge(&enum_key(&severity));
                        m.text(&format!(" {count}"));
                    });
                }
            }
        });
        if report.findings.is_empty() {
            m.paragraph("", lines::NO_FINDING.0, lines::NO_FINDING.1);
        }
        seen(m, report);
        if report.function.declared.is_empty() {
            no_function(m, report);
        }
        m.paragraph(
            "small",
            "线索不是违法违规认定。告知同意、申请时机、使用频次等，须经动态检测和人工核实。",
            "A lead is not a conviction. Consent, moment and frequency have to be confirmed by a dynamic test and a person.",
        );
        contents(m, report);
        charts(m, report);
    });
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|f| f.severity == severity).count()
}

fn no_function(m: &mut Markup, report: &Report) {
    m.el("div", &[("class", "note")], |m| {
        m.paragraph("", lines::NO_FUNCTION.0, lines::NO_FUNCTION.1);
        if report.function.suggestions.is_empty() {
            return;
        }
        m.paragraph(
            "",
            "供参考的功能（依据应用自身的用语，未据以判断）：",
            "Functions that its own words suggest (nothing was judged by them):",
        );
        m.el("ul", &[], |m| {
            for suggestion in &report.function.suggestions {
                m.el("li", &[], |m| {
                    m.prose(&suggestion.name);
                    m.text(" ");
                    m.leaf("code", &[], &suggestion.id);
                    for because in &suggestion.because {
                        m.text(" · ");
                        m.foreign(because);
                    }
                });
            }
        });
    });
}

/// Whether everything was seen, and what was not.
fn seen(m: &mut Markup, report: &Report) {
    let coverage = &report.coverage;
    let mut unread: Vec<(String, String)> = Vec::new();
    let pair = |make: &dyn Fn(Language) -> String| (make(Language::Zh), make(Language::En));
    for channel in &coverage.channels {
        if matches!(channel.state, State::Partial | State::Unreadable) {
            let (name, state) = (enum_key(&channel.channel), enum_key(&channel.state));
            unread.push(pair(&|l| match l {
                Language::Zh => format!("{}（{}）", word(&name, l), word(&state, l)),
                Language::En => format!("{} ({})", word(&name, l), word(&state, l)),
            }));
        }
    }
    for obstacle in &coverage.obstacles {
        if matches!(obstacle.kind.as_str(), "packer" | "missing-code") {
            unread.push(pair(&|l| {
                let colon = if l == Language::Zh { "：" } else { ": " };
                format!("{}{colon}{}", word(&obstacle.kind, l), obstacle.name.get(l))
            }));
        }
    }
    let signing = report.subject.signing.iter();
    let signatures: Vec<_> = signing.filter(|s| s.outcome != "verified").collect();
    let is_well = coverage.complete && signatures.is_empty();
    let class = if is_well { "note" } else { "warning" };
    m.el("div", &[("class", class)], |m| {
        m.el("p", &[], |m| {
            m.el("strong", &[], |m| {
                if coverage.complete {
                    m.say(
                        "安装包各部分已完整读取。",
                        "All parts of the package were read to the end.",
                    );
                } else {
                    m.say(
                        "检测不完整：部分内容无法读取。",
                        "Incomplete: some parts could not be read.",
                    );
                }
            });
            let open = coverage.gaps.iter().filter(|gap| gap.blocks).count();
            if open > 0 {
                m.text(" ");
                m.say(
                    &format!("有 {open} 项情况使“未发现使用”无法判定。"),
                    &format!("{open} things keep “no use found” from being said."),
                );
            }
            m.text(" ");
            m.el("a", &[("href", "#coverage")], |m| {
                m.say("静态检测未能看到的内容", "What this audit could not see");
            });
        });
        if unread.is_empty() && signatures.is_empty() {
            return;
        }
        m.el("ul", &[], |m| {
            for (zh, en) in &unread {
                m.el("li", &[], |m| m.say(zh, en));
            }
            for signing in &signatures {
                m.el("li", &[], |m| {
                    m.say("签名：", "signature: ");
                    m.word(&signing.outcome);
                    if report.subject.signing.len() > 1 {
                        m.text(" · ");
                        m.foreign(&signing.file);
                    }
                });
            }
        });
    });
}

fn contents(m: &mut Markup, report: &Report) {
    let mut places = vec![
        (
            "#permissions",
            "权限",
            "Permissions",
            report.permissions.len(),
        ),
        ("#findings", "线索", "Leads", report.findings.len()),
        ("#sdks", "SDK", "SDKs", report.sdks.len()),
        (
            "#accesses",
            "可触及的信息",
            "What it reaches",
            report.accesses.len(),
        ),
        ("#coverage", "检测范围", "Coverage", 0),
        ("#signatures", "签名", "Signatures", 0),
    ];
    if !report.nested.is_empty() {
        places.push((
            "#nested",
            "内含的代码文件",
            "Files inside",
            report.nested.len(),
        ));
    }
    m.el("nav", &[("aria-labelledby", "contents")], |m| {
        m.el("h3", &[("id", "contents"), ("class", "unseen")], |m| {
            m.say("目录", "Contents")
        });
        m.el("ul", &[], |m| {
            for (href, zh, en, count) in places {
                m.el("li", &[], |m| {
                    m.el("a", &[("href", href)], |m| m.say(zh, en));
                    if count > 0 {
                        m.text(&format!(" {count}"));
                    }
                });
            }
        });
    });
}

fn charts(m: &mut Markup, report: &Report) {
    let mut tiers = Vec::new();
    for (tier, look) in [
        (Tier::NotNeeded, "beyond"),
        (Tier::OnUserAction, "condition"),
        (Tier::Necessary, "within"),
        (Tier::NotJudged, "unjudged"),
    ] {
        let requested = report
            .permissions
            .iter()
            .filter(|p| p.origin == "requested");
        let count = requested.filter(|p| p.tier == tier).count();
        let key = enum_key(&tier);
        tiers.push((key, count, look));
    }
    let is_blocked = report.coverage.gaps.iter().any(|gap| gap.blocks);
    let stage_of = |sdk| match stage_key(sdk, is_blocked) {
        "" => "stage_unknown",
        key => key,
    };
    let inside = report.sdks.iter().filter(|s| s.grade != Grade::Referenced);
    let inside: Vec<&str> = inside.map(stage_of).collect();
    let stages = [
        ("used", "deep4"),
        ("started", "deep3"),
        ("auto_started", "deep2"),
        ("bundled", "deep1"),
        ("stub", "deep0"),
        ("stage_unknown", "unjudged"),
    ]
    .map(|(key, look)| {
        let count = inside.iter().filter(|stage| **stage == key).count();
        (key.to_owned(), count, look)
    });
    m.el("div", &[("class", "charts")], |m| {
        stacked(m, ("申请的权限", "Requested permissions, by tier"), &tiers);
        stacked(
            m,
            ("打包的SDK", "Bundled SDKs, by how far they go"),
            &stages,
        );
    });
}

fn stacked(m: &mut Markup, caption: (&str, &str), parts: &[(String, usize, &'static str)]) {
    let parts: Vec<Part<'_>> = parts
        .iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(key, count, look)| Part {
            name: (word(key, Language::Zh), word(key, Language::En)),
            count: u64::try_from(*count).unwrap_or(u64::MAX),
            look,
        })
        .collect();
    if !parts.is_empty() {
        m.stacked(caption, &parts);
    }
}

/// What made this page.
pub(super) fn foot(m: &mut Markup, report: &Report) {
    m.el("p", &[], |m| {
        m.text(&format!("{} {} · ", report.tool.name, report.tool.version));
        m.say("特征与规则数据", "data");
        m.text(&format!(" {} · SHA-256 ", report.data.version));
        m.leaf("code", &[], &report.data.digest);
        m.text(&format!(" · {}", report.schema));
    });
}
