//! Evidence as one line of text.

use super::v1::Unpacked;
use super::words::Language;
use crate::audit::Evidence;
use crate::signatures::api::java_name;

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
fn member(value: &str) -> String {
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
