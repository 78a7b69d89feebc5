//! Host names in the strings of the code.

use crate::dex::Dex;
use std::collections::BTreeSet;

/// Hosts kept of one DEX file. The largest apps have about 3,000.
const MOST: usize = 20_000;

/// Longest string that is looked at: longer ones are scripts and data.
const LONGEST: usize = 2_048;

/// Top-level domains after which a bare string is taken for a host name. Class
/// names look like hosts as well; those begin with a domain instead of ending in one.
const DOMAINS: [&str; 22] = [
    "com", "cn", "net", "org", "io", "me", "cc", "co", "tv", "info", "biz", "top", "xyz", "app",
    "ai", "dev", "cloud", "vip", "hk", "tw", "ru", "jp",
];

/// Host names of the strings of `dex`, in lower case.
pub(super) fn hosts(dex: &Dex<'_>) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for index in 0..dex.string_count() {
        let Ok(bytes) = dex.string_bytes(index) else {
            continue;
        };
        // Cheap test first: nearly all strings are identifiers.
        if bytes.len() > LONGEST || !bytes.contains(&b'.') || !bytes.is_ascii() {
            continue;
        }
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        hosts.extend(in_text(text));
        if hosts.len() >= MOST {
            break;
        }
    }
    hosts
}

/// Host names in one string: behind `://`, or the whole string.
pub(crate) fn in_text(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .split("://")
        .skip(1)
        .filter_map(|rest| host(authority(rest), false))
        .collect();
    if found.is_empty() {
        found.extend(host(text, true));
    }
    found
}

fn authority(rest: &str) -> &str {
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn host(text: &str, bare: bool) -> Option<String> {
    let text = text.trim_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = text.split('.').collect();
    let fine = |label: &&str| {
        !label.is_empty()
            && label.len() < 64
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let last = labels.last()?;
    if labels.len() < 2
        || !labels.iter().all(fine)
        || !last.bytes().all(|b| b.is_ascii_alphabetic())
    {
        return None;
    }
    let reversed = labels
        .first()
        .is_some_and(|first| DOMAINS.contains(first) && labels.len() > 2);
    (!bare || (DOMAINS.contains(last) && !reversed)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn hosts_are_told_from_class_names() {
        assert_eq!(in_text("https://Log.Umeng.com/path?q=1"), ["log.umeng.com"]);
        assert_eq!(
            in_text("a http://x.cn:80 b https://y.com"),
            ["x.cn", "y.com"]
        );
        assert_eq!(in_text("alog.umeng.com"), ["alog.umeng.com"]);
        for text in [
            "com.umeng.analytics",
            "com.example.co",
            "1.2.3",
            "file.txt",
            "a b.com",
            ".com",
            "http://",
        ] {
            assert!(in_text(text).is_empty(), "{text}");
        }
    }
}
