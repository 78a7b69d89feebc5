//! What a terminal makes of a report: its width, and colours.

use crate::report::words::word;
use crate::report::{Language, brief};
use crate::signatures::schema::Severity;
use std::io::{self, IsTerminal};

/// ECMA-48, 8.3.117: select graphic rendition.
const PLAIN: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";

/// Whether stdout is a terminal.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns of the terminal on stdout; the usual number where it is none.
pub(super) fn width() -> usize {
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((terminal_size::Width(columns @ 1..), _)) => columns.into(),
        _ => brief::USUAL_WIDTH,
    }
}

/// Whether colours are wanted on a terminal: nobody set `NO_COLOR` (no-color.org), and it is not a dumb one.
#[allow(
    clippy::disallowed_methods,
    reason = "the command line is where the environment is read"
)]
pub(super) fn is_wanted() -> bool {
    let says_no = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !says_no && !is_dumb
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
            let word = word(severity.word(), language);
            // As the text has it, and as the brief form has it.
            let heads = [format!("  [{word}·"), format!("  {word}  ")];
            heads.iter().any(|head| line.starts_with(head))
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
