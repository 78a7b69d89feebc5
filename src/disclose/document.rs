//! The text of a privacy policy or a list, with the place in its file of each letter.

use super::html;
use crate::encoding::decode;
use crate::signatures::schema::Text;
use std::io::Read;

/// Ends a block: a paragraph, a heading, an item, a row of a table.
pub(super) const BLOCK: char = '\n';
/// Ends a cell of a table.
pub(super) const CELL: char = '\t';

/// A text.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Name of its file.
    pub name: String,
    /// Why something of it may be missing; empty where it was read completely.
    pub missing: Vec<Text>,
    pub(super) letters: Vec<char>,
    /// For each letter, its place in the decoded file, counted in letters.
    pub(super) places: Vec<u32>,
    /// Where the lines of the decoded file begin.
    lines: Vec<u32>,
    /// Letters that a page hides: from and to, in order.
    hidden: Vec<(usize, usize)>,
}

/// A file that is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoText(pub String);

impl std::fmt::Display for NoText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoText {}

impl Document {
    /// Reads HTML, Markdown, plain text or a Word document (`.docx`); the contents decide, not the name.
    ///
    /// # Errors
    /// The file is of another kind, or has more than `most` bytes.
    pub fn read(name: &str, bytes: &[u8], most: u64) -> Result<Self, NoText> {
        let no = |what: &str| NoText(format!("{name}: {what}"));
        if u64::try_from(bytes.len()).is_ok_and(|len| len > most) {
            return Err(no("larger than the limit document-bytes"));
        }
        for (magic, what) in [
            (&b"%PDF"[..], "a PDF file; save it as text first"),
            (
                b"\xd0\xcf\x11\xe0",
                "an old Word or Excel file; save it as .docx, text or CSV first",
            ),
            (b"{\\rtf", "an RTF file; save it as text first"),
        ] {
            if bytes.starts_with(magic) {
                return Err(no(what));
            }
        }
        let mut document = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        if bytes.starts_with(b"PK\x03\x04") {
            let xml = word(bytes, most).ok_or_else(|| no("an archive that is no Word document"))?;
            let text = String::from_utf8_lossy(&xml);
            document.fill(&text, |to, text| html::read(text, html::Kind::Word, to));
            return Ok(document);
        }
        let (text, is_whole) = tolerant(bytes);
        if !is_whole {
            document.missing.push(Text {
                zh: "部分内容的字符编码无法识别".into(),
                en: "some bytes are in no known encoding".into(),
            });
        }
        if is_page(&text) {
            document.fill(&text, |to, text| html::read(text, html::Kind::Html, to));
        } else if html::has_tags(&text) {
            document.fill(&text, |to, text| html::read(text, html::Kind::Mixed, to));
        } else {
            document.fill(&text, |to, text| {
                Lines::default().read(text, 0, false, to);
            });
        }
        Ok(document)
    }

    /// A text that is in memory already, with blocks as they are.
    pub(super) fn of_blocks(name: &str, text: &str) -> Self {
        let mut document = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        document.fill(text, |to, text| {
            for (place, c) in (0u32..).zip(text.chars()) {
                to.push(c, place);
            }
        });
        document
    }

    fn fill(&mut self, text: &str, read: impl FnOnce(&mut Letters, &str)) {
        self.lines = std::iter::once(0)
            .chain(
                (1u32..)
                    .zip(text.chars())
                    .filter(|(_, c)| *c == '\n')
                    .map(|(at, _)| at),
            )
            .collect();
        let mut letters = Letters::default();
        read(&mut letters, text);
        self.letters = letters.letters;
        self.places = letters.places;
        self.hidden = letters.hidden;
        self.missing.extend(letters.missing);
    }

    /// Whether there is too little of it to be a policy: a page that scripts fill, a wrong file.
    pub fn is_empty(&self) -> bool {
        self.letters
            .iter()
            .filter(|c| c.is_alphanumeric())
            .take(20)
            .count()
            < 20
    }

    /// Whether the page hides a letter.
    pub(super) fn is_hidden(&self, letter: usize) -> bool {
        let before = self.hidden.partition_point(|(from, _)| *from <= letter);
        let range = before.checked_sub(1).and_then(|at| self.hidden.get(at));
        range.is_some_and(|(_, to)| letter < *to)
    }

    /// Place in the decoded file of a letter, and its line from 1.
    pub(super) fn place(&self, letter: usize) -> (u32, u32) {
        let place = self.places.get(letter).copied().unwrap_or_default();
        let line = self.lines.partition_point(|&start| start <= place);
        (place, u32::try_from(line).unwrap_or(u32::MAX))
    }
}

/// Where a reader puts what it finds.
#[derive(Debug, Default)]
pub(super) struct Letters {
    letters: Vec<char>,
    places: Vec<u32>,
    hidden: Vec<(usize, usize)>,
    /// What comes now is hidden.
    pub(super) hides: bool,
    pub(super) missing: Vec<Text>,
}

impl Letters {
    pub(super) fn push(&mut self, c: char, place: u32) {
        let at = self.letters.len();
        self.letters.push(c);
        self.places.push(place);
        if self.hides {
            let end = self.letters.len();
            match self.hidden.last_mut() {
                Some(last) if last.1 == at => last.1 = end,
                _ => self.hidden.push((at, end)),
            }
        }
    }

    /// Ends a block or a cell; several ends are one, and that of a block is the stronger.
    pub(super) fn end(&mut self, mark: char, place: u32) {
        while let Some(&last) = self.letters.last() {
            match last {
                BLOCK => return,
                CELL if mark == CELL => return,
                CELL | ' ' => {
                    self.letters.pop();
                    self.places.pop();
                }
                _ => break,
            }
        }
        let length = self.letters.len();
        while let Some(last) = self.hidden.last_mut() {
            last.1 = last.1.min(length);
            if last.0 < last.1 {
                break;
            }
            self.hidden.pop();
        }
        if !self.letters.is_empty() {
            self.push(mark, place);
        }
    }
}

/// Plain text and Markdown. A line ends a block, except inside of text in Latin letters, which is wrapped.
#[derive(Debug)]
pub(super) struct Lines {
    /// Letters of the line before.
    length: usize,
    /// The next letter begins a line.
    begins: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            length: 0,
            begins: true,
        }
    }
}

impl Lines {
    /// Reads what comes next, with references to characters decoded if it stands between tags.
    pub(super) fn read(&mut self, text: &str, mut place: u32, decode: bool, to: &mut Letters) {
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            if self.begins && !self.wraps(trimmed, to) {
                to.end(BLOCK, place);
            }
            let is_row = trimmed.starts_with('|') || trimmed.contains(" | ");
            let mut rest = line;
            while let Some(first) = rest.chars().next() {
                let (c, len) = match first {
                    '&' if decode => html::reference(rest).unwrap_or(('&', 1)),
                    first => (first, first.len_utf8()),
                };
                match c {
                    '|' if is_row => to.end(CELL, place),
                    '\t' if !decode => to.end(CELL, place),
                    // Marks of Markdown inside a name: **Bugly**, `com.x.y`.
                    '*' | '`' => {}
                    '\r' | '\n' | '\t' => to.push(' ', place),
                    c => to.push(c, place),
                }
                let passed = rest.get(..len).unwrap_or(rest).chars().count();
                place = place.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
                rest = rest.get(len..).unwrap_or_default();
            }
            if is_row {
                to.end(BLOCK, place);
            }
            self.begins = line.ends_with('\n');
            self.length = trimmed.chars().count();
        }
    }

    /// Whether a line goes on with what the one before says.
    fn wraps(&self, line: &str, to: &Letters) -> bool {
        /// A shorter line was ended by its writer.
        const WRAPPED: usize = 40;
        let marks = ['#', '-', '*', '>', '|', '+', '•', '·'];
        let is_own = line.is_empty()
            || line.starts_with(marks)
            || line.starts_with(|c: char| c.is_numeric());
        // Looked for last: what is blank in front of many lines must not be passed for each of them.
        let before = || {
            let mut before = to.letters.iter().rev();
            before.find(|c| !c.is_whitespace()).copied()
        };
        !is_own
            && self.length >= WRAPPED
            && line.starts_with(is_latin)
            && before().is_some_and(is_latin)
    }
}

fn is_latin(c: char) -> bool {
    (c.is_alphanumeric() || ",;-()\"'’".contains(c)) && !super::scan::is_cjk(c)
}

/// Whether it is a page, not a text with some tags in it.
fn is_page(text: &str) -> bool {
    let head: String = text
        .chars()
        .take(4096)
        .collect::<String>()
        .to_ascii_lowercase();
    let marks = ["<!doctype html", "<html", "<head>", "<body"];
    marks.iter().any(|mark| head.contains(mark))
}

/// Decodes; a file with a few broken bytes is read all the same, and said to be broken.
fn tolerant(bytes: &[u8]) -> (std::borrow::Cow<'_, str>, bool) {
    // A few broken bytes do not make UTF-8 GB18030, which would turn all of it into other letters.
    let is_high = |b: &&u8| **b >= 0x80;
    let high = bytes.iter().filter(is_high).count();
    if std::str::from_utf8(bytes).is_err()
        && !bytes.starts_with(b"\xff\xfe")
        && !bytes.starts_with(b"\xfe\xff")
    {
        let lossy = String::from_utf8_lossy(bytes);
        let broken = lossy
            .chars()
            .filter(|&c| c == char::REPLACEMENT_CHARACTER)
            .count();
        if broken.saturating_mul(20) < high {
            return (lossy, false);
        }
    }
    match decode(bytes) {
        Ok(text) => (text, true),
        Err(_) => (String::from_utf8_lossy(bytes), false),
    }
}

/// The body of a Word document: ECMA-376, part 1, 11.3.10.
fn word(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let part = archive.by_name("word/document.xml").ok()?;
    let mut xml = Vec::new();
    part.take(most.saturating_add(1))
        .read_to_end(&mut xml)
        .ok()?;
    let fits = u64::try_from(xml.len()).is_ok_and(|len| len <= most);
    fits.then_some(xml)
}
