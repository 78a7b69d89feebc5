//! Text of HTML, of Markdown with HTML in it, and of the XML of Word documents, in one pass from front to back.
//!
//! Tolerant as browsers are (WHATWG HTML, section 13.2.5) where it matters for the text: comments and tags that do not
//! end swallow the rest, and that is said. No tree is built, so nothing depends on how deep it is nested.

use super::document::{BLOCK, CELL, Letters, Lines};
use super::hidden::Hidden;
use crate::signatures::schema::Text;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Html,
    /// Markdown, or another text of lines, with some elements of HTML. A line ends a block outside of tables, and what
    /// is no known element is text.
    Mixed,
    /// `word/document.xml`: text stands in `w:t` alone; `w:delText` was deleted.
    Word,
}

/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
    "w:p",
    "w:tr",
    "w:tbl",
];
/// Elements whose contents are no text.
const RAW: &[&str] = &[
    "script", "style", "svg", "template", "iframe", "noembed", "noframes", "object", "math",
];
/// Elements inside of a block; with the others they are what is known in [`Kind::Mixed`].
const INLINE: &[&str] = &[
    "a", "abbr", "b", "big", "button", "cite", "code", "col", "colgroup", "del", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "link", "mark", "meta", "noscript", "o:p", "s", "small",
    "source", "span", "strike", "strong", "sub", "sup", "td", "th", "u", "video", "audio", "wbr",
];
/// Bytes of a tag in [`Kind::Mixed`]: a sign for "less" begins none.
const LONGEST_TAG: usize = 8192;
/// Letters of a reference to a character that are looked at.
const LONGEST_REFERENCE: usize = 32;

const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("hellip", '…'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("middot", '·'),
    ("bull", '•'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("times", '×'),
    ("deg", '°'),
    ("sect", '§'),
    ("yen", '¥'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("shy", '\u{ad}'),
    ("lpar", '('),
    ("rpar", ')'),
    ("comma", ','),
    ("period", '.'),
    ("colon", ':'),
    ("semi", ';'),
    ("sol", '/'),
    ("num", '#'),
    ("plus", '+'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
];

struct Cursor<'t> {
    rest: &'t str,
    place: u32,
}

impl<'t> Cursor<'t> {
    fn skip(&mut self, text: &'t str) {
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.place = self.place.saturating_add(letters);
        self.rest = self.rest.get(text.len()..).unwrap_or_default();
    }

    /// What stands before `end`, and whether it is there; both are behind the cursor afterwards.
    fn through(&mut self, end: &str) -> (&'t str, bool) {
        let (text, found) = match self.rest.find(end) {
            Some(at) => (self.rest.get(..at).unwrap_or_default(), true),
            None => (self.rest, false),
        };
        let whole = self.rest;
        self.skip(text);
        if found {
            self.skip(
                whole
                    .get(text.len()..text.len().saturating_add(end.len()))
                    .unwrap_or_default(),
            );
        }
        (text, found)
    }
}

/// Reads `text` into `to`.
pub(super) fn read(text: &str, kind: Kind, to: &mut Letters) {
    let mut cursor = Cursor {
        rest: text,
        place: 0,
    };
    let mut within_cell = false;
    let mut tables = 0usize;
    let mut is_shown = kind != Kind::Word;
    let mut lines = Lines::default();
    let mut hidden = Hidden::default();
    let cut = |to: &mut Letters, what: &str| {
        to.missing.push(Text {
            zh: format!("未结束的标记：{what}").into(),
            en: format!("{what} does not end").into(),
        });
    };
    while !cursor.rest.is_empty() {
        let plain = cursor.rest.find('<').unwrap_or(cursor.rest.len());
        let before = cursor.rest.get(..plain).unwrap_or_default();
        to.hides = hidden.holds();
        if is_shown && kind == Kind::Mixed && tables == 0 {
            lines.read(before, cursor.place, true, to);
        } else if is_shown {
            letters(before, cursor.place, to);
        }
        cursor.skip(before);
        let Some(after) = cursor.rest.strip_prefix('<') else {
            break;
        };
        if after.starts_with("!--") {
            if !cursor.through("-->").1 {
                cut(to, "<!--");
            }
            continue;
        }
        if after.starts_with(['!', '?']) && kind != Kind::Mixed {
            if !cursor.through(">").1 {
                cut(to, "<!");
            }
            continue;
        }
        let closes = after.starts_with('/');
        let named = after.strip_prefix('/').unwrap_or(after);
        let is_text = !named.starts_with(|c: char| c.is_ascii_alphabetic())
            || (kind == Kind::Mixed && !is_element(cursor.rest));
        if is_text {
            if is_shown {
                to.push('<', cursor.place);
            }
            cursor.skip(cursor.rest.get(..1).unwrap_or_default());
            continue;
        }
        let end = named
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '\0'))
            .unwrap_or(named.len());
        // Longer than any known name.
        let name: String = named
            .get(..end.min(24))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let place = cursor.place;
        let (tag, whole) = match short(cursor.rest) {
            Some(tag) if kind == Kind::Mixed => (tag, true),
            _ => tag(cursor.rest),
        };
        cursor.skip(tag);
        if !whole {
            cut(to, "<");
            break;
        }
        let empty = tag.ends_with("/>");
        hidden.pass(&name, tag, closes);
        to.hides = hidden.holds();
        if name == "table" {
            tables = if closes {
                tables.saturating_sub(1)
            } else {
                tables.saturating_add(1)
            };
        }
        match name.as_str() {
            "w:t" => is_shown = !closes && !empty,
            "w:br" | "w:tab" | "w:cr" => to.push(' ', place),
            "td" | "th" | "w:tc" => {
                to.end(CELL, place);
                within_cell = !closes;
            }
            "tr" | "table" | "w:tr" | "w:tbl" => {
                to.end(BLOCK, place);
                within_cell = false;
            }
            name if BLOCKS.contains(&name) => to.end(if within_cell { CELL } else { BLOCK }, place),
            name if RAW.contains(&name) && !closes && !empty && kind != Kind::Word => {
                let ends = raw(&mut cursor, name);
                if !ends {
                    cut(to, name);
                }
            }
            _ => {}
        }
    }
    to.hides = false;
    if hidden.holds() {
        cut(to, "hidden");
    }
}

/// Whether a text has elements of HTML in it.
pub(super) fn has_tags(text: &str) -> bool {
    let marks = text.match_indices('<');
    marks.filter_map(|(at, _)| text.get(at..)).any(is_element)
}

/// Whether a tag of a known element, or a comment, stands at the beginning.
fn is_element(text: &str) -> bool {
    let Some(after) = text.strip_prefix('<') else {
        return false;
    };
    if after.starts_with("!--") {
        return true;
    }
    let named = after.strip_prefix('/').unwrap_or(after);
    let is_end = |c: char| c.is_whitespace() || matches!(c, '/' | '>');
    let Some(name) = named.find(is_end).and_then(|end| named.get(..end)) else {
        return false;
    };
    let name = name.get(..24).unwrap_or(name).to_ascii_lowercase();
    let known = [BLOCKS, RAW, INLINE];
    known.iter().any(|list| list.contains(&name.as_str())) && short(text).is_some()
}

/// The tag at the beginning of a text that is no page: it ends soon, and before another one begins.
fn short(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let inside = bytes.get(1..bytes.len().min(LONGEST_TAG))?;
    let at = memchr::memchr2(b'<', b'>', inside)?.saturating_add(1);
    if bytes.get(at) == Some(&b'>') {
        text.get(..=at)
    } else {
        None
    }
}

/// The tag at the beginning, attributes in quotes included, and whether it ends.
fn tag(text: &str) -> (&str, bool) {
    let mut quote = None;
    let mut after_equals = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            // A quote begins a value only behind `=` (13.2.5.37).
            (None, '"' | '\'') if after_equals => quote = Some(c),
            (None, '>') => return (text.get(..=at).unwrap_or(text), true),
            _ => {}
        }
        after_equals = c == '=' || (after_equals && c.is_whitespace());
    }
    (text, false)
}

/// Passes over the contents of a raw element to behind its end tag.
fn raw(cursor: &mut Cursor<'_>, name: &str) -> bool {
    let bytes = cursor.rest.as_bytes();
    let mut from = 0usize;
    while let Some(at) = bytes
        .get(from..)
        .and_then(|rest| memchr::memmem::find(rest, b"</"))
    {
        let start = from.saturating_add(at);
        let behind = start.saturating_add(2);
        let found = bytes.get(behind..behind.saturating_add(name.len()));
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            cursor.skip(cursor.rest.get(..start).unwrap_or_default());
            return cursor.through(">").1;
        }
        from = behind;
    }
    cursor.skip(cursor.rest);
    false
}

/// Text between tags, with references decoded.
fn letters(text: &str, mut place: u32, to: &mut Letters) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, len) = match c {
            '&' => reference(rest).unwrap_or(('&', 1)),
            // What separates blocks here is no text there.
            c if c.is_whitespace() || c == '\0' => (' ', c.len_utf8()),
            c => (c, c.len_utf8()),
        };
        to.push(if c == '\n' || c == '\t' { ' ' } else { c }, place);
        let passed = rest.get(..len).unwrap_or(rest);
        place = place.saturating_add(u32::try_from(passed.chars().count()).unwrap_or(u32::MAX));
        rest = rest.get(len..).unwrap_or_default();
    }
}

/// A reference at the beginning and its length; nothing where it is none.
pub(super) fn reference(text: &str) -> Option<(char, usize)> {
    let end = text
        .bytes()
        .take(LONGEST_REFERENCE)
        .position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let number = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
                .filter(|c| *c != '\0')
                .unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, end.saturating_add(1)))
}
