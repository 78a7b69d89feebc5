//! Sentences and lines that several forms of the report have in common.

use super::v1::{Accepted, AcceptedBy, ClauseRef, CodeCoverage, Finding, Report, Sdk, Unpacked};
use super::words::{Language, enum_key, word};
use crate::audit::Evidence;
use crate::detect::{Grade, Stage};
use crate::signatures::api::java_name;
use crate::signatures::schema::{Confidence, Severity};

/// A sentence in Chinese and English.
pub(super) type Sentence = (&'static str, &'static str);

pub(super) const NO_FUNCTION: Sentence = (
    "未声明功能：不作任何“超范围”判断。可用 --function 指定。",
    "No function was declared: nothing is judged as beyond it. Name one with --function.",
);
pub(super) const NO_PERMISSION: Sentence = (
    "清单文件未申请权限。",
    "The manifest requests no permission.",
);
pub(super) const PERMISSIONS_UNKNOWN: Sentence = (
    "未能判断：清单文件未能完整读取。",
    "Cannot be said: the manifest could not be read to the end.",
);
pub(super) const NO_SDK: Sentence = (
    "未识别到数据库收录的SDK（不等于没有SDK）。",
    "No SDK of the database was recognised (which does not mean that there is none).",
);
pub(super) const SDKS_UNKNOWN: Sentence = (
    "未能判断：部分内容无法读取。",
    "Cannot be said: some parts could not be read.",
);
pub(super) const NO_FINDING: Sentence = (
    "本次检测的规则未产生线索；这不表示应用合规。",
    "The rules of this audit found nothing; this does not mean that the app complies.",
);

/// The result of an audit: how many findings of each severity, and whether everything was read.
pub(super) fn headline(report: &Report, language: Language) -> String {
    let (accepted, open): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|f| f.accepted.is_some());
    let of = |severity: Severity| {
        let count = open.iter().filter(|f| f.severity == severity);
        (severity, count.count())
    };
    let all = [
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
    ];
    let counts: Vec<String> = all
        .map(of)
        .into_iter()
        .filter(|&(_, count)| count > 0)
        .map(|(severity, count)| match language {
            Language::Zh => format!("{} {count} 条", word(severity.word(), language)),
            Language::En => format!("{count} {}", word(severity.word(), language)),
        })
        .collect();
    let total = open.len();
    let mut line = match language {
        // Of an app of which only a part was read, nothing is said to be free of findings.
        _ if total == 0 && !report.coverage.complete => String::new(),
        Language::Zh if total == 0 && accepted.is_empty() => NO_FINDING.0.to_owned(),
        Language::En if total == 0 && accepted.is_empty() => format!("{} ", NO_FINDING.1),
        _ if total == 0 => String::new(),
        Language::Zh => format!("线索（待核实）{total} 条：{}。", counts.join("、")),
        Language::En => format!(
            "{total} findings (leads, not convictions): {}. ",
            counts.join(", ")
        ),
    };
    if let count @ 1.. = accepted.len() {
        line.push_str(&match language {
            Language::Zh => format!("已接受的线索 {count} 条。"),
            Language::En => format!("{count} findings are accepted. "),
        });
    }
    if !report.coverage.complete {
        line.push_str(match language {
            Language::Zh => "检测不完整：部分内容无法读取，可能另有问题。",
            Language::En => "Incomplete: some parts could not be read, there may be more to find. ",
        });
    }
    if report.function.declared.is_empty() {
        line.push_str(match language {
            Language::Zh => "未声明功能，权限是否必要未作判断。",
            Language::En => "No function was declared: nothing was judged as beyond it. ",
        });
    }
    line.trim_end().to_owned()
}

/// By whom and why a finding is accepted.
pub(super) fn accepted_line(finding: &Finding, language: Language) -> Option<String> {
    let Accepted {
        by,
        reason,
        owner,
        until,
    } = finding.accepted.as_ref()?;
    Some(match (language, until) {
        (Language::Zh, _) if *by == AcceptedBy::Baseline => "已接受：基准报告中已有".into(),
        (Language::En, _) if *by == AcceptedBy::Baseline => "accepted: the baseline has it".into(),
        (Language::Zh, None) => format!("已接受：{reason}（责任人：{owner}）"),
        (Language::Zh, Some(day)) => format!("已接受：{reason}（责任人：{owner}，至{day}）"),
        (Language::En, None) => format!("accepted: {reason} ({owner})"),
        (Language::En, Some(day)) => format!("accepted: {reason} ({owner}, until {day})"),
    })
}

/// What is said of an incomplete audit besides the result: one line for each part and obstacle.
pub(super) fn unread_lines(report: &Report, language: Language) -> Vec<String> {
    use crate::facts::State;
    let coverage = &report.coverage;
    let channels = coverage.channels.iter();
    let channels = channels.filter(|c| matches!(c.state, State::Partial | State::Unreadable));
    let mut lines: Vec<String> = channels
        .map(|channel| {
            let (name, state) = (enum_key(&channel.channel), enum_key(&channel.state));
            let mut parts = vec![word(&name, language), word(&state, language)];
            let reasons = channel.reasons.join("; ");
            if !reasons.is_empty() {
                parts.push(&reasons);
            }
            parts.join(" · ")
        })
        .collect();
    lines.extend(coverage.obstacles.iter().map(|obstacle| {
        [
            word(&obstacle.kind, language),
            obstacle.name.get(language),
            obstacle.effect.get(language),
        ]
        .join(" · ")
    }));
    lines
}

/// A clause with its instrument, and whether it may be cited.
pub(super) fn cite(clause: &ClauseRef, language: Language) -> String {
    let title = clause.instrument.get(language);
    let cited = match language {
        Language::Zh => format!("《{}》{} [{}]", title, clause.number, clause.id),
        Language::En => format!("{title}, {} [{}]", clause.number, clause.id),
    };
    let pick = |zh, en| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let mut notes = String::new();
    if clause.wording == Confidence::Memory {
        notes.push_str(pick("（文字未核对）", " (wording not checked)"));
    }
    if !clause.basis {
        notes.push_str(pick("（仅供参考）", " (for reference)"));
    }
    format!("{cited}{notes}")
}

/// Whose code it is, in words: the name of an SDK, or the word for `app`, `unlisted`, `obfuscated`.
pub(super) fn owner<'r>(report: &'r Report, id: &'r str, language: Language) -> &'r str {
    match report.sdk(id) {
        Some(sdk) => sdk.name.get(language),
        None => word(id, language),
    }
}

/// Key of the word for how sure it is that an SDK is inside.
pub(super) fn grade_key(grade: Grade) -> &'static str {
    match grade {
        Grade::Strong => "strong",
        Grade::Weak => "weak",
        Grade::Referenced => "referenced",
    }
}

/// Key of the word for how far an SDK goes; empty where nothing is to be said. `is_blocked`: something that could
/// not be read may start or call it, or fill its methods.
pub(super) fn stage_key(sdk: &Sdk, is_blocked: bool) -> &'static str {
    match (sdk.grade, sdk.stage) {
        // What is only referred to has been said to be so.
        (Grade::Referenced, _) | (_, None) => "",
        (_, Some(Stage::Bundled | Stage::Stub)) if is_blocked => "stage_unknown",
        (_, Some(Stage::Referenced)) => "referenced",
        (_, Some(Stage::Bundled)) => "bundled",
        (_, Some(Stage::Stub)) => "stub",
        (_, Some(Stage::AutoStarted)) => "auto_started",
        (_, Some(Stage::Started)) => "started",
        (_, Some(Stage::Used)) => "used",
    }
}

/// How much code was read.
pub(super) fn code_line(code: &CodeCoverage, language: Language) -> String {
    match language {
        Language::Zh => format!(
            "已读取的代码：DEX文件 {} 个、类 {} 个、方法 {} 个、指令 {} 条；无法读取 {} 处；原生库 {} 个",
            code.dex_files,
            code.classes,
            code.methods,
            code.instructions,
            code.unread,
            code.native_libraries
        ),
        Language::En => format!(
            "code that was read: {} DEX files, {} classes, {} methods, {} instructions; {} places could not be read; {} native libraries",
            code.dex_files,
            code.classes,
            code.methods,
            code.instructions,
            code.unread,
            code.native_libraries
        ),
    }
}

/// What was seen, how often, and where.
pub(crate) fn evidence_line(evidence: &Evidence) -> String {
    let mut place = evidence.file.clone().unwrap_or_default();
    if let Some(entry) = &evidence.entry {
        place = format!("{place}!{entry}");
    }
    let detail = match (&evidence.path, &evidence.class) {
        (Some(path), _) => path.clone(),
        (None, Some(class)) => {
            let method = evidence.method.as_deref().unwrap_or_default();
            format!("{class}.{}", method.split('(').next().unwrap_or_default())
        }
        (None, None) => String::new(),
    };
    let offset = evidence
        .offset
        .map(|o| format!("@{o:#x}"))
        .unwrap_or_default();
    let count = evidence.count.map(|c| format!("×{c}")).unwrap_or_default();
    let seen = member(evidence.shows.as_ref().unwrap_or(&evidence.value));
    [seen.as_str(), &count, &place, &detail, &offset]
        .iter()
        .filter(|p| !p.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// What an unpacked sample is needed for.
pub(crate) fn unpacked_line(unpacked: &Unpacked, language: Language) -> String {
    const NAMED: usize = 5;
    let some = |names: &[String]| {
        let named = names.iter().take(NAMED);
        let named: Vec<&str> = named.map(|n| n.rsplit('.').next().unwrap_or(n)).collect();
        let more = names.len() > NAMED;
        match language {
            Language::Zh => format!("{}{}", named.join("、"), if more { "等" } else { "" }),
            Language::En => format!("{}{}", named.join(", "), if more { " …" } else { "" }),
        }
    };
    let mut parts = Vec::new();
    if let count @ 1.. = unpacked.permissions.len() {
        let names = some(&unpacked.permissions);
        parts.push(match language {
            Language::Zh => format!("{count}项权限的使用情况（{names}）"),
            Language::En => format!("the use of {count} permissions ({names})"),
        });
    }
    if let count @ 1.. = unpacked.sdks.len() {
        let names = some(&unpacked.sdks);
        parts.push(match language {
            Language::Zh => format!("{count}个SDK是否启动或者被调用（{names}）"),
            Language::En => format!("whether {count} SDKs start or are called ({names})"),
        });
    }
    match language {
        Language::Zh => {
            parts.push("代码中的域名、接口调用以及仅在代码中体现的SDK".to_owned());
            format!(
                "须以加固前的安装包或者脱壳后的样本补充检测：{}",
                parts.join("；")
            )
        }
        Language::En => {
            parts.push("hosts, calls and SDKs that only the code shows".to_owned());
            format!(
                "a sample with the app's own code is needed for: {}",
                parts.join("; ")
            )
        }
    }
}

/// `android.os.Build.getSerial ("x")` of `Landroid/os/Build;->getSerial()Ljava/lang/String; ("x")`: as people
/// write it; the JSON report has it as it stands in the file. A constant may be a member or a class, too.
pub(super) fn member(value: &str) -> String {
    let (value, constant) = match value.strip_suffix(')').and_then(|v| v.split_once(" (")) {
        Some((value, constant)) => (value, Some(constant)),
        None => (value, None),
    };
    let spelled = match value.split_once(";->") {
        Some((class, rest)) => {
            let name = rest.split(['(', ':']).next().unwrap_or_default();
            format!("{}.{name}", java_name(class))
        }
        None if value.starts_with('L') && value.ends_with(';') => java_name(value),
        None => value.to_owned(),
    };
    match constant {
        Some(constant) => format!("{spelled} ({})", member(constant)),
        None => spelled,
    }
}

#[cfg(test)]
mod tests {
    use super::member;

    #[test]
    fn members_are_shown_as_in_java() {
        assert_eq!(
            member("Landroid/os/Build;->getSerial()Ljava/lang/String;"),
            "android.os.Build.getSerial"
        );
        assert_eq!(
            member("Landroid/a/B$C;->query(I)V (content://sms)"),
            "android.a.B$C.query (content://sms)"
        );
        assert_eq!(
            member(
                "Landroid/a/B;->query(Landroid/net/Uri;)V (Landroid/a/Calls;->URI:Landroid/net/Uri;)"
            ),
            "android.a.B.query (android.a.Calls.URI)"
        );
        assert_eq!(member("LLog;->x()V"), "Log.x");
        assert_eq!(member("Landroid/a/B$C;"), "android.a.B$C");
        for text in ["/sys/class/net", "pm list (all", "content://sms"] {
            assert_eq!(member(text), text);
        }
    }
}
