//! Evidence as one line of text.

use crate::audit::Evidence;

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
/// write it; the JSON report has it as it stands in the file.
fn member(value: &str) -> String {
    let Some((class, rest)) = value.split_once(";->") else {
        return value.to_owned();
    };
    let class = class.trim_start_matches('L').replace('/', ".");
    let name = rest.split(['(', ':']).next().unwrap_or_default();
    let constant = rest
        .split_once(" (")
        .map(|(_, constant)| format!(" ({constant}"));
    format!("{class}.{name}{}", constant.unwrap_or_default())
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
        assert_eq!(member("/sys/class/net"), "/sys/class/net");
    }
}
