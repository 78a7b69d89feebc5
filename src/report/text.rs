//! The report as plain text, for a terminal or a case file.

use super::lines::{self, cite, code_line, evidence_line, grade_key, stage_key, unpacked_line};
use super::peers;
use super::plain::printable;
use super::signing;
use super::start;
use super::v1::{Finding, Permission, Report};
use super::words::{Language, enum_key, word};
use crate::incident::Channel;
use crate::signatures::schema::Tier;
use std::fmt::Write;

/// Writes a report as text; lines end in `\n`, nothing but text and spaces in it.
pub fn render(report: &Report, language: Language) -> String {
    let mut out = Page {
        out: String::new(),
        language,
    };
    out.line(0, &lines::headline(report, language));
    out.line(0, "");
    out.subject(report);
    out.function(report);
    out.summary(report);
    out.permissions(report);
    out.sdks(report);
    out.findings(report);
    out.limits(report);
    out.start(report);
    out.out
}

struct Page {
    out: String,
    language: Language,
}

impl Page {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn say(&self, sentence: lines::Sentence) -> &'static str {
        self.pick(sentence.0, sentence.1)
    }

    fn word<'w>(&self, key: &'w str) -> &'w str {
        word(key, self.language)
    }

    fn line(&mut self, indent: usize, text: &str) {
        // Text of a hostile APK must not steer the terminal or break the line.
        let clean = printable(text);
        let _ = writeln!(self.out, "{:indent$}{clean}", "");
    }

    fn heading(&mut self, zh: &str, en: &str) {
        let heading = self.pick(zh, en).to_owned();
        self.out.push('\n');
        self.line(0, &heading);
    }

    fn field(&mut self, zh: &str, en: &str, value: &str) {
        if !value.is_empty() {
            let text = match self.language {
                Language::Zh => format!("{zh}：{value}"),
                Language::En => format!("{en}: {value}"),
            };
            self.line(2, &text);
        }
    }

    fn subject(&mut self, report: &Report) {
        let subject = &report.subject;
        let title = match self.language {
            Language::Zh => format!(
                "应用个人信息静态检测报告 · permscope {} · 数据 {}",
                report.tool.version, report.data.version
            ),
            Language::En => format!(
                "App privacy audit · permscope {} · data {}",
                report.tool.version, report.data.version
            ),
        };
        self.line(0, &title);
        self.heading("一、应用", "1 App");
        self.field("包名", "package", &subject.package);
        let mut labels: Vec<String> = Vec::new();
        for (locale, text) in &subject.label {
            if labels.len() < 6 {
                labels.push(if locale == "default" {
                    text.clone()
                } else {
                    format!("{text} ({locale})")
                });
            }
        }
        if subject.label.len() > labels.len() {
            labels.push(format!(
                "+{}",
                subject.label.len().saturating_sub(labels.len())
            ));
        }
        self.field("名称", "label", &labels.join(self.pick("、", ", ")));
        let code = subject
            .version_code
            .map(|c| format!(" ({c})"))
            .unwrap_or_default();
        self.field(
            "版本",
            "version",
            &format!("{}{code}", subject.version_name.as_deref().unwrap_or("-")),
        );
        self.field(
            "系统版本",
            "SDK levels",
            &format!(
                "minSdk {} · targetSdk {}",
                subject.min_sdk, subject.target_sdk
            ),
        );
        for file in &subject.files {
            self.field(
                "文件",
                "file",
                &format!("{} · {} B · SHA-256 {}", file.name, file.size, file.sha256),
            );
        }
        if !subject.splits.is_empty() {
            self.field("拆分包", "splits", &subject.splits.join(", "));
        }
        for excluded in &subject.excluded {
            self.field(
                "未纳入",
                "left out",
                &format!("{}: {}", excluded.name, excluded.reason),
            );
        }
        for (zh, en, line) in signing::lines(&subject.signing, self.language) {
            self.field(zh, en, &line);
        }
        let mut seen = Vec::new();
        for signer in &subject.signers {
            let outcome = signing::of_signer(&subject.signing, &signer.file, &signer.scheme);
            let outcome = self.word(outcome.unwrap_or("not_checked"));
            for certificate in &signer.certificates {
                let name = certificate.subject.as_deref().unwrap_or("-");
                let (scheme, sha256) = (&signer.scheme, &certificate.sha256);
                let line = format!("{scheme} {outcome} · {name} · SHA-256 {sha256}");
                if !seen.contains(&line) {
                    self.field("签名证书", "signer", &line);
                    seen.push(line);
                }
            }
        }
    }

    fn function(&mut self, report: &Report) {
        self.heading("二、所声明的功能", "2 Declared function");
        let function = &report.function;
        if function.declared.is_empty() {
            self.line(2, self.say(lines::NO_FUNCTION));
            for suggestion in &function.suggestions {
                let line = format!(
                    "{} ({}) — {}",
                    suggestion.id,
                    suggestion.name.get(self.language),
                    suggestion.because.join(", ")
                );
                self.field("供参考", "suggestion", &line);
            }
        }
        for declared in &function.declared {
            let clause = declared
                .clause
                .as_ref()
                .map(|c| format!(" · {}", cite(c, self.language)))
                .unwrap_or_default();
            let line = format!(
                "{} ({}) · {}{clause}",
                declared.name.get(self.language),
                declared.id,
                declared.basic_function.get(self.language)
            );
            self.line(2, &line);
        }
        let source = enum_key(&function.source);
        let edition = enum_key(&function.edition);
        let line = format!("{} · {}", self.word(&source), self.word(&edition));
        self.field("来源", "source", &line);
    }

    /// What a reader wants first, in two lines.
    fn summary(&mut self, report: &Report) {
        let count = |origin: &str, tier: Option<Tier>| {
            let all = report.permissions.iter();
            all.filter(|p| p.origin == origin && tier.is_none_or(|t| t == p.tier))
                .count()
        };
        let (requested, implied) = (count("requested", None), count("implied", None));
        let beyond = count("requested", Some(Tier::NotNeeded));
        let bundled = report
            .sdks
            .iter()
            .filter(|s| s.grade != crate::detect::Grade::Referenced)
            .count();
        self.heading("三、概要", "3 Summary");
        let findings = report.findings.len();
        // Without a function none is judged as not needed, which is not the same as that there is none.
        let is_judged = !report.function.declared.is_empty();
        let beyond = match self.language {
            _ if !is_judged => String::new(),
            Language::Zh => format!("，其中所声明功能不需要的 {beyond} 项"),
            Language::En => format!(", {beyond} of them not needed for the declared function"),
        };
        let line = match self.language {
            Language::Zh => format!(
                "申请权限 {requested} 项{beyond}；系统自动附加 {implied} 项；识别到打包的SDK {bundled} 个；线索 {findings} 条。"
            ),
            Language::En => format!(
                "{requested} permissions requested{beyond}; {implied} added by the platform; {bundled} bundled SDKs recognised; {findings} findings."
            ),
        };
        self.line(2, &line);
        if !report.coverage.complete {
            self.line(
                2,
                self.pick(
                    "检测不完整：部分内容无法读取，见第七部分。",
                    "Incomplete: some parts could not be read, see section 7.",
                )
                .to_owned()
                .as_str(),
            );
        }
    }

    fn permissions(&mut self, report: &Report) {
        self.heading("四、权限", "4 Permissions");
        if report.permissions.is_empty() {
            // "None" may be said only of a manifest that was read to the end.
            let read = report.coverage.channels.iter().any(|c| {
                c.channel == Channel::Manifest && c.state == crate::facts::State::Complete
            });
            let text = self.say(if read {
                lines::NO_PERMISSION
            } else {
                lines::PERMISSIONS_UNKNOWN
            });
            self.line(2, text);
        }
        for tier in [
            Tier::NotNeeded,
            Tier::OnUserAction,
            Tier::Necessary,
            Tier::NotJudged,
        ] {
            let group: Vec<&Permission> = report
                .permissions
                .iter()
                .filter(|p| p.tier == tier)
                .collect();
            if group.is_empty() {
                continue;
            }
            let heading = format!("{} ({})", self.word(&enum_key(&tier)), group.len());
            self.line(2, &heading);
            for permission in group {
                self.permission(permission);
            }
        }
    }

    fn permission(&mut self, permission: &Permission) {
        let title = permission.title.get(self.language);
        let mut parts = vec![if title == permission.name {
            title.to_owned()
        } else {
            format!("{} {title}", permission.name)
        }];
        parts.extend(permission.protection.clone());
        if let Some(max) = permission.max_sdk {
            parts.push(format!("maxSdkVersion {max}"));
        }
        if let Some(by) = &permission.implied_by {
            parts.push(match self.language {
                Language::Zh => format!("系统因 {by} 自动附加"),
                Language::En => format!("added by the platform because of {by}"),
            });
        }
        if permission.declared_in.len() > 1 || report_split(&permission.declared_in) {
            parts.push(permission.declared_in.join(", "));
        }
        self.line(4, &parts.join(" · "));
        let information: Vec<&str> = permission
            .information
            .iter()
            .map(|i| i.name.get(self.language))
            .collect();
        if permission.tier != Tier::NotJudged || !information.is_empty() {
            let mut line = information.join(self.pick("、", ", "));
            if permission.tier != Tier::NotJudged {
                let separator = if line.is_empty() { "" } else { " — " };
                line = format!("{line}{separator}{}", permission.reason.get(self.language));
            }
            self.line(6, &line);
        }
        self.usage(permission);
        if let Some(condition) = &permission.condition {
            let line = format!(
                "{}{}",
                self.pick("条件：", "condition: "),
                condition.get(self.language)
            );
            self.line(6, &line);
        }
    }

    /// Who uses it, and what shows that.
    fn usage(&mut self, permission: &Permission) {
        let answer = enum_key(&permission.usage);
        let mut parts = vec![self.word(&answer).to_owned()];
        let owners: Vec<&str> = permission.owners.iter().map(|o| self.word(o)).collect();
        if !owners.is_empty() {
            parts.push(owners.join(self.pick("、", ", ")));
        }
        if let Some(certainty) = &permission.use_certainty
            && *certainty == crate::detect::Certainty::Tentative
        {
            parts.push(self.word("tentative").to_owned());
        }
        if let Some(sdk) = &permission.only_through {
            parts.push(match self.language {
                Language::Zh => format!("去除 {sdk} 后，应用内再无使用"),
                Language::En => format!("without {sdk} nothing in the app uses it"),
            });
        }
        if !permission.merged_by.is_empty() {
            let ids = permission.merged_by.join(self.pick("、", ", "));
            parts.push(match self.language {
                Language::Zh => format!("{ids} 的清单文件申请该权限"),
                Language::En => format!("requested by the manifest of {ids}"),
            });
        }
        let line = format!("{}{}", self.pick("使用：", "use: "), parts.join(" · "));
        self.line(6, &line);
        for evidence in permission.use_evidence.iter().take(2) {
            let line = evidence_line(evidence);
            self.line(8, &line);
        }
        if permission.usage == crate::detect::Use::NotAssessable {
            for reason in permission.use_reasons.iter().take(2) {
                self.line(8, reason.get(self.language));
            }
        }
    }

    fn sdks(&mut self, report: &Report) {
        self.heading("五、SDK", "5 SDKs");
        if report.sdks.is_empty() {
            let text = self.say(if report.coverage.complete {
                lines::NO_SDK
            } else {
                lines::SDKS_UNKNOWN
            });
            self.line(2, text);
        }
        let is_blocked = report.coverage.gaps.iter().any(|gap| gap.blocks);
        for sdk in &report.sdks {
            let purpose = sdk
                .purpose
                .first()
                .map(|p| p.get(self.language))
                .unwrap_or_default();
            let stage = self.word(stage_key(sdk, is_blocked));
            let parts = [
                sdk.name.get(self.language),
                sdk.id.as_str(),
                sdk.vendor.get(self.language),
                &sdk.country,
                purpose,
                self.word(grade_key(sdk.grade)),
                stage,
            ];
            let line = parts
                .iter()
                .filter(|p| !p.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" · ");
            self.line(2, &line);
            for evidence in sdk.evidence.iter().take(2) {
                let line = evidence_line(evidence);
                self.line(4, &line);
            }
        }
    }

    fn findings(&mut self, report: &Report) {
        self.heading("六、线索", "6 Findings");
        if report.findings.is_empty() {
            self.line(2, self.say(lines::NO_FINDING));
        }
        for finding in &report.findings {
            self.finding(finding, report);
        }
    }

    fn finding(&mut self, finding: &Finding, report: &Report) {
        let head = format!(
            "[{}·{}] {} · {} · {}",
            self.word(&enum_key(&finding.severity)),
            self.word(&enum_key(&finding.confidence)),
            finding.title.get(self.language),
            finding.rule,
            finding.id
        );
        self.line(2, &head);
        self.line(4, finding.message.get(self.language));
        let clauses: Vec<String> = finding
            .clauses
            .iter()
            .map(|c| cite(c, self.language))
            .collect();
        let text = format!(
            "{}{}",
            self.pick("依据：", "clauses: "),
            clauses.join(self.pick("；", "; "))
        );
        self.line(4, &text);
        for evidence in finding.evidence.iter().take(3) {
            let text = format!(
                "{}{}",
                self.pick("证据：", "evidence: "),
                evidence_line(evidence)
            );
            self.line(4, &text);
        }
        let more = finding.evidence.len().saturating_sub(3);
        if more > 0 {
            let text = match self.language {
                Language::Zh => format!("另有证据 {more} 项，见 JSON 报告"),
                Language::En => format!("{more} more pieces of evidence in the JSON report"),
            };
            self.line(4, &text);
        }
        if let Some(text) = lines::accepted_line(finding, self.language) {
            self.line(4, &text);
        }
        for share in &finding.peers {
            let text = peers::sentence(share, report, self.language);
            self.line(4, &text);
        }
        let text = format!(
            "{}{}",
            self.pick("建议：", "what to do: "),
            finding.remedy.get(self.language)
        );
        self.line(4, &text);
    }

    fn limits(&mut self, report: &Report) {
        self.heading(
            "七、未能读取或未作判断的内容",
            "7 What could not be read or judged",
        );
        for channel in &report.coverage.channels {
            if matches!(
                channel.state,
                crate::facts::State::Complete | crate::facts::State::Absent
            ) {
                continue;
            }
            let line = format!(
                "{} · {} · {}",
                self.word(&enum_key(&channel.channel)),
                self.word(&enum_key(&channel.state)),
                channel.reasons.join("; ")
            );
            self.line(2, &line);
        }
        for obstacle in &report.coverage.obstacles {
            let line = format!(
                "{} · {} · {}",
                self.word(&obstacle.kind),
                obstacle.name.get(self.language),
                obstacle.effect.get(self.language)
            );
            self.line(2, &line);
        }
        if let Some(unpacked) = &report.coverage.unpacked {
            self.line(2, &unpacked_line(unpacked, self.language));
        }
        for gap in &report.coverage.gaps {
            let mut obstacles = report.coverage.obstacles.iter();
            let is_named = gap.kind == "channel" || obstacles.any(|o| o.kind == gap.kind);
            if !is_named {
                self.line(2, gap.text.get(self.language));
            }
        }
        let code = &report.coverage.code;
        if code.dex_files > 0 {
            let line = code_line(code, self.language);
            self.line(2, &line);
        }
        for note in &report.coverage.not_examined {
            self.line(2, note.get(self.language));
        }
        if !report.coverage.limits.is_empty() {
            let all = report.coverage.limits.iter();
            let all: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
            let title = self.pick("检测限值（非默认值）：", "limits that were set: ");
            self.line(2, &format!("{title}{}", all.join(self.pick("、", ", "))));
        }
        for incident in &report.incidents {
            let offset = incident
                .offset
                .map(|o| format!(" {o:#x}"))
                .unwrap_or_default();
            let line = format!(
                "{}{offset} · {} · {}",
                incident.file,
                enum_key(&incident.code),
                incident.detail
            );
            self.line(2, &line);
        }
    }

    /// What is reached before and with the first screen.
    fn start(&mut self, report: &Report) {
        self.heading("八、应用启动过程", "8 What runs at start");
        let sdks = start::sdks(report).into_iter().map(|(sdk, start)| {
            let what = self.pick("初始化", "initialised").to_owned();
            (start, sdk.name.get(self.language).to_owned(), what)
        });
        let accesses = start::accesses(report).into_iter().map(|(access, start)| {
            let what = access.title.get(self.language).to_owned();
            let whose = lines::owner(report, &access.owner, self.language);
            (start, whose.to_owned(), what)
        });
        let all: Vec<_> = sdks.chain(accesses).collect();
        for (start, whose, what) in all.iter().take(SHOWN_AT_START) {
            let begins = self.word(&enum_key(&start.begins.kind)).to_owned();
            let head = [self.word(start.key()), whose, what].join(" · ");
            self.line(2, &head);
            self.line(4, &format!("{begins} · {}", start.line()));
        }
        let more = all.len().saturating_sub(SHOWN_AT_START);
        if more > 0 {
            let text = match self.language {
                Language::Zh => format!("另有 {more} 项，见 JSON 报告"),
                Language::En => format!("{more} more in the JSON report"),
            };
            self.line(2, &text);
        }
        self.line(2, &start::note(report, self.language));
    }
}

/// Ways from the start that are shown; a terminal holds no more.
const SHOWN_AT_START: usize = 20;

/// A split among the files is worth naming.
fn report_split(files: &[String]) -> bool {
    files.iter().any(|f| f.contains("split"))
}
