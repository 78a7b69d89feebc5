//! Text from an app, made harmless for whoever looks at it.

use super::words::Language;
use std::fmt::Write;

/// Begins a CSV file. Without it Excel takes the file for the local code page.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Excel cuts a cell at 32,767 UTF-16 units without a word.
const LONGEST_CELL: usize = 32_000;

/// A text in which nothing steers a terminal, breaks the line, hides, or reorders what stands beside it.
pub fn printable(text: &str) -> String {
    let safe = |c: char| {
        if steers(c) || is_hidden(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(safe).collect()
}

/// JSON in which such characters stand as `\u` escapes: the same value, and harmless where it is printed.
///
/// They can only stand inside strings, so the text of a whole document is enough.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && c != '\n' {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A cell that a spreadsheet shows as it is; what is too long for one is cut, and says so.
pub fn cell(text: &str, language: Language) -> String {
    let mut out = String::new();
    // What a spreadsheet takes for a formula, also behind spaces; tab and CR are replaced below.
    let first = text.trim_start().chars().next();
    if first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) {
        out.push('\'');
    }
    let mut units = out.len();
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        units = units.saturating_add(c.len_utf16());
        if units > LONGEST_CELL {
            end = at;
            break;
        }
    }
    out.push_str(&printable(text.get(..end).unwrap_or_default()));
    if end < text.len() {
        out.push_str(match language {
            Language::Zh => "……（内容过长，已截断）",
            Language::En => " … (too long, cut)",
        });
    }
    out
}

/// C0 and C1 controls, and what orders or ends lines: Unicode 15, sections 23.1 and 23.2, UAX #9.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}

/// Characters without a shape that make two names look alike. Joiners are left alone: scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_steer_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\nc\u{202e}d\u{9b}e"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd}e"
        );
        assert_eq!(printable("微\u{200b}信\u{feff}"), "微\u{fffd}信\u{fffd}");
        let family = "👨\u{200d}👩\u{200d}👧 è";
        assert_eq!(printable(family), family);
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "label": "a\u{9b}31mb\u{202e}c\u{7f}\n微", "n": [1, 2] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = json(&text);
        assert!(safe.contains(r"a\u009b31mb\u202ec\u007f\n微"), "{safe}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }

    #[test]
    fn a_cell_is_no_formula_and_steers_nothing() {
        for (text, expected) in [
            ("商城", "商城"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠a", "'＠a"),
            (" \u{3000}=1", "' \u{3000}=1"),
            ("\t=1", "'\u{fffd}=1"),
            ("\r=1", "'\u{fffd}=1"),
            ("a=b", "a=b"),
            (
                "a\r\nb\u{202e}c\u{200b}",
                "a\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}",
            ),
        ] {
            assert_eq!(cell(text, Language::En), expected, "{text:?}");
        }
    }

    #[test]
    fn a_cell_is_no_longer_than_a_spreadsheet_shows() {
        let whole = "长".repeat(LONGEST_CELL);
        assert_eq!(cell(&whole, Language::En), whole);
        // Two UTF-16 units each: half as many.
        let cut = cell(&"😀".repeat(1_000_000), Language::Zh);
        assert_eq!(
            cut,
            format!("{}……（内容过长，已截断）", "😀".repeat(LONGEST_CELL / 2))
        );
        assert!(cut.encode_utf16().count() <= 32_767);
    }
}
