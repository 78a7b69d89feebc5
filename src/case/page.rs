//! A document of a few kinds of blocks, as Markdown and as HTML. All text is made harmless here and nowhere else.

use crate::report::plain::printable;
use std::fmt::Write;

/// A piece of a document. A line break in a cell is `\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The title.
    Title(String),
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A table with a class for its widths, a head, which may be empty, and rows. A row that is shorter than the head
    /// belongs to the one before; its last cell takes the rest of the width.
    Table(&'static str, Vec<&'static str>, Vec<Vec<String>>),
    /// A list.
    List(Vec<String>),
    /// What follows begins a new page.
    NewPage,
}

/// The document as Markdown (CommonMark with tables).
pub(super) fn markdown(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Title(text) => _ = writeln!(out, "# {}\n", mark(text)),
            Block::Heading(text) => _ = writeln!(out, "## {}\n", mark(text)),
            Block::Text(text) => _ = writeln!(out, "{}\n", mark(text)),
            Block::Table(_, head, rows) => {
                let width = head
                    .len()
                    .max(rows.iter().map(Vec::len).max().unwrap_or_default());
                let head = head.iter().copied().chain(std::iter::repeat(""));
                let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
                out += &row(&head.take(width).map(mark).collect::<Vec<_>>());
                out += &row(&vec!["---".to_owned(); width]);
                for cells in rows {
                    let cells = cells.iter().map(|cell| mark(cell));
                    let cells = cells.chain(std::iter::repeat(String::new()));
                    out += &row(&cells.take(width).collect::<Vec<_>>());
                }
                out.push('\n');
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(out, "- {}", mark(item));
                }
                out.push('\n');
            }
            Block::NewPage => out.push_str("---\n\n"),
        }
    }
    out
}

/// Text in which nothing is Markdown, HTML, mathematics or a link. A line break becomes `<br>`.
fn mark(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| mark_line(printable(line).trim()))
        .collect();
    lines.join("<br>")
}

fn mark_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Inside a word an underscore emphasises nothing.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '@' | '$' => {
                out.extend(['\\', c]);
            }
            // A bare address would become a link.
            ':' if after == '/' => out.push_str("\\:"),
            '.' if before.eq_ignore_ascii_case(&'w') => out.push_str("\\."),
            // What begins a list, a heading or a rule.
            '#' | '-' | '+' | '=' if out.trim().is_empty() => out.extend(['\\', c]),
            '.' | ')'
                if after == ' ' && !out.is_empty() && out.chars().all(|c| c.is_ascii_digit()) =>
            {
                out.extend(['\\', c]);
            }
            _ => out.push(c),
        }
        before = c;
    }
    out
}

/// A4, black on white, nothing from anywhere else. Widths in per cent of the page.
const STYLE: &str = "
@page { size: A4; margin: 20mm 18mm 18mm 20mm; @bottom-center { content: '第 ' counter(page) ' 页　共 ' counter(pages) ' 页'; font-size: 9pt } }
body { font: 10.5pt/1.6 'Noto Serif CJK SC', 'Source Han Serif SC', SimSun, 'Songti SC', 'WenQuanYi Micro Hei', serif; color: #000; background: #fff; max-width: 172mm; margin: 8mm auto }
h1 { font-size: 16pt; text-align: center; line-height: 1.4; margin: 0 0 6mm }
h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid }
p { margin: 2mm 0; text-align: justify }
table { border-collapse: collapse; width: calc(100% - 1px); table-layout: fixed; margin: 2mm 0 }
th, td { border: .4pt solid #000; padding: 1mm 1.5mm; vertical-align: top; text-align: left; overflow-wrap: anywhere; font-size: 9.5pt; line-height: 1.45 }
th { font-weight: bold; background: #f0f0f0 }
thead { display: table-header-group }
tr { break-inside: avoid } table.leads tr { break-inside: auto } tr.more { break-before: avoid }
table.facts td:first-child { width: 22% }
table.files col:nth-child(1) { width: 24% } table.files col:nth-child(2) { width: 12% }
table.notice col:nth-child(1) { width: 15% } table.notice col:nth-child(2) { width: 18% } table.notice col:nth-child(3) { width: 15% } table.notice col:nth-child(4) { width: 11% }
table.leads col:nth-child(1) { width: 7% } table.leads col:nth-child(2) { width: 53% }
table.sign td { height: 12mm; border: none; width: 33% }
ul { margin: 2mm 0; padding-left: 6mm } li { margin: 1mm 0; overflow-wrap: anywhere }
.new-page { break-before: page }
@media print { body { margin: 0; max-width: none } }
@media screen and (max-width: 640px) {
body { margin: 4mm }
thead, colgroup { display: none }
table, tbody, tr, td { display: block; width: auto }
table.facts td:first-child, table.sign td { width: auto } table.facts tr { margin: 0 } table.facts tr + tr td:first-child { border-top: none }
td + td, tr.more td:empty { border-top: none } tr { margin-bottom: 3mm } tr.more { margin-top: -3mm } tr.more td:empty { display: none }
td[data-head]::before { content: attr(data-head) '：'; font-weight: bold; display: block }
}
";

/// The document as one HTML file that loads nothing and runs nothing.
pub(super) fn html(blocks: &[Block]) -> String {
    let title = blocks.iter().find_map(|block| match block {
        Block::Title(text) => Some(escaped(text)),
        _ => None,
    });
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        title.unwrap_or_default()
    );
    let mut class = "";
    for block in blocks {
        match block {
            Block::Title(text) => _ = writeln!(out, "<h1>{}</h1>", escaped(text)),
            Block::Heading(text) => {
                let _ = writeln!(
                    out,
                    "<h2{}>{}</h2>",
                    std::mem::take(&mut class),
                    escaped(text)
                );
            }
            Block::Text(text) => _ = writeln!(out, "<p>{}</p>", escaped(text)),
            Block::Table(class, head, rows) => table(&mut out, class, head, rows),
            Block::List(items) => {
                out.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", escaped(item));
                }
                out.push_str("</ul>\n");
            }
            Block::NewPage => class = " class=\"new-page\"",
        }
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn table(out: &mut String, class: &str, head: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(out, "<table class=\"{class}\">");
    if !head.is_empty() {
        let cols = "<col>".repeat(head.len());
        let cells: Vec<String> = head
            .iter()
            .map(|c| format!("<th>{}</th>", escaped(c)))
            .collect();
        let _ = writeln!(
            out,
            "<colgroup>{cols}</colgroup>\n<thead><tr>{}</tr></thead>",
            cells.concat()
        );
    }
    out.push_str("<tbody>\n");
    for cells in rows {
        let is_more = cells.len() < head.len();
        out.push_str(if is_more {
            "<tr class=\"more\">"
        } else {
            "<tr>"
        });
        for (at, cell) in cells.iter().enumerate() {
            let is_last = at.saturating_add(1) == cells.len();
            let span = head.len().saturating_sub(at);
            match head.get(at) {
                Some(_) if is_more && is_last => _ = write!(out, "<td colspan=\"{span}\">"),
                Some(head) if !is_more => _ = write!(out, "<td data-head=\"{}\">", escaped(head)),
                _ => out.push_str("<td>"),
            }
            let _ = write!(out, "{}</td>", escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("<br>");
        }
        for c in printable(line).chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                _ => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
#[path = "page_tests.rs"]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
