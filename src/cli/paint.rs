//! Colours of the text report, on a terminal only.

use crate::report::Language;
use crate::report::words::word;
use crate::signatures::schema::Severity;
use std::io::{self, IsTerminal};

/// ECMA-48, 8.3.117: select graphic rendition.
const PLAIN: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";

/// Whether colours are wanted: stdout is a terminal and nobody set `NO_COLOR` (no-color.org) or has a dumb terminal.
#[allow(
    clippy::disallowed_methods,
    reason = "the command line is where the environment is read"
)]
pub(super) fn is_wanted() -> bool {
    let says_no = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    io::stdout().is_terminal() && !says_no && !is_dumb
}

/// Makes headings and the heads of findings stand out. The text has no escapes of its own: what comes from an app was
/// made printable.
pub(super) fn painted(text: &str, language: Language) -> String {
    let severities = [
        (Severity::High, "\u{1b}[1;31m"),
        (Severity::Medium, "\u{1b}[33m"),
        (Severity::Low, "\u{1b}[36m"),
        (Severity::Info, "\u{1b}[2m"),
    ];
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        let severity = severities.iter().find(|(severity, _)| {
            let head = format!("  [{}·", word(severity.word(), language));
            line.starts_with(&head)
        });
        let start = match severity {
            Some((_, colour)) => colour,
            None if number == 0 || !line.starts_with(' ') && !line.is_empty() => BOLD,
            None => "",
        };
        out.push_str(start);
        out.push_str(line);
        if !start.is_empty() {
            out.push_str(PLAIN);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_heads_of_findings_stand_out() {
        let text = "一句话\n\n一、应用\n  包名：a\n  [高·确定] 标题\n    说明\n";
        let want = "\u{1b}[1m一句话\u{1b}[0m\n\n\u{1b}[1m一、应用\u{1b}[0m\n  包名：a\n\u{1b}[1;31m  [高·确定] 标题\u{1b}[0m\n    说明\n";
        assert_eq!(painted(text, Language::Zh), want);
    }
}
