//! Evidence as one line of text.

use crate::audit::Evidence;
use crate::signatures::api::java_name;

/// What was seen, how often, and where.
pub(super) fn evidence_line(evidence: &Evidence) -> String {
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
