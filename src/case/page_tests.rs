//! What a hostile app writes into its names must stay text.

use super::*;

/// Labels, class names, certificates: what an app can choose.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</td></tr></table><h1>无问题</h1>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "&lt;script&gt;",
    "&#60;b&#62;",
    "<!-- ",
    "--> <b>",
    "]]><x>",
    "<style>body{display:none}</style>",
    "</title><script>",
    "a | b | c",
    "a \\| b",
    "\\",
    "|",
    "`code` | `",
    "```",
    "# Heading",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "=====",
    "-----",
    "***bold*** __bold__ ~~struck~~",
    "[link](http://evil.example)",
    "![image](http://evil.example/x.png)",
    "<http://evil.example>",
    "http://evil.example www.evil.example",
    "[1]: http://evil.example",
    "a\nb\r\nc\u{2028}d\u{85}e",
    "| --- | --- |",
    "$x^2$ $$y$$ A$B$C",
    "@everyone evil@evil.example",
    "\u{202e}gnihton\u{202c}",
    "\u{0}\u{7}\u{1b}[31m",
    "\u{feff}\u{200b}",
    "{{7*7}} ${7*7} <%= 7 %>",
    "javascript:alert(1)",
    "    indented code",
];

fn document(text: &str) -> Vec<Block> {
    let text = text.to_owned();
    vec![
        Block::Title(text.clone()),
        Block::Heading(text.clone()),
        Block::Text(text.clone()),
        Block::Table(
            "leads",
            vec!["一", "二"],
            vec![vec![text.clone(), text.clone()]],
        ),
        Block::List(vec![text]),
    ]
}

/// Every tag, `<br>` left out, in order: what a browser makes the page of.
fn tags(html: &str) -> Vec<String> {
    let mut all = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap();
        if tag != "br" {
            all.push(tag.to_owned());
        }
    }
    all
}

#[test]
fn the_page_has_the_same_elements_whatever_the_app_is_called() {
    assert!(HOSTILE.len() >= 30);
    let harmless = html(&document("商城"));
    for text in HOSTILE {
        let page = html(&document(text));
        assert_eq!(tags(&page), tags(&harmless), "{text:?}");
        // Behind an ampersand only our own entities.
        for piece in page.split('&').skip(1) {
            let ours = ["lt;", "gt;", "amp;", "quot;", "#39;"];
            assert!(
                ours.iter().any(|e| piece.starts_with(e)),
                "{text:?}: {piece}"
            );
        }
        let bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!page.contains(bad), "{text:?}");
    }
}

/// The line without what a backslash takes the meaning of.
fn active(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            rest.next();
        } else {
            out.push(c);
        }
    }
    out.replace("<br>", "")
}

#[test]
fn the_markdown_has_the_same_lines_whatever_the_app_is_called() {
    let harmless = markdown(&document("商城"));
    let count = |line: &str, c: char| active(line).matches(c).count();
    for text in HOSTILE {
        let page = markdown(&document(text));
        assert_eq!(page.lines().count(), harmless.lines().count(), "{text:?}");
        for (line, like) in page.lines().zip(harmless.lines()) {
            assert_eq!(count(line, '|'), count(like, '|'), "{text:?}: {line}");
            let active = active(line);
            for c in ['<', '`', '*', '[', ']', '~', '$', '@'] {
                assert!(!active.contains(c), "{text:?}: {line}");
            }
            assert!(!active.contains("://"), "{text:?}: {line}");
            assert!(!active.to_lowercase().contains("www."), "{text:?}: {line}");
            // A block of its own begins only where the document has one.
            let start = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
            if ["#", "##", "-", "|"].contains(&start(like).as_str()) {
                assert_eq!(start(line), start(like), "{text:?}: {line}");
            } else if !like.is_empty() {
                // What is escaped begins nothing.
                let first = line.chars().next().unwrap_or(' ');
                assert!(!"#-+=>".contains(first), "{text:?}: {line}");
                assert!(!line.starts_with("    "), "{text:?}: {line}");
                let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
                let is_item = digits.len() < line.len()
                    && (digits.starts_with(". ") || digits.starts_with(") "));
                assert!(!is_item, "{text:?}: {line}");
            }
        }
    }
}

#[test]
fn names_of_classes_and_permissions_stay_readable() {
    assert_eq!(
        mark("android.permission.READ_CALL_LOG"),
        "android.permission.READ_CALL_LOG"
    );
    assert_eq!(mark("3.2.1（30201）"), "3.2.1（30201）");
}
