//! Texts of SARIF messages (SARIF 2.1.0, section 3.11).

use super::super::plain::printable;

/// Paragraphs as a plain text message, in which nothing is a placeholder or a link.
///
/// Braces are doubled (3.11.5). `[text](target)` would be a link (3.11.6) and no escape is defined for a text that
/// looks like one, so a space is put between.
pub(super) fn message(paragraphs: &[&str]) -> String {
    let paragraph = |text: &&&str| {
        printable(text)
            .replace('{', "{{")
            .replace('}', "}}")
            .replace("](", "] (")
    };
    let filled = paragraphs.iter().filter(|text| !text.trim().is_empty());
    let all: Vec<String> = filled.map(|text| paragraph(&text)).collect();
    if all.is_empty() {
        // A message without a text is not valid (3.11.2).
        return "-".into();
    }
    all.join("\n\n")
}
