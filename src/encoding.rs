//! Text files as offices write them: UTF-8 with or without a mark, UTF-16 with one, or GB18030.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The text of a file.
///
/// # Errors
/// It is in none of the encodings throughout; the message says which was tried.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let marked = [(&b"\xff\xfe"[..], UTF_16LE), (b"\xfe\xff", UTF_16BE)];
    if let Some((_, encoding)) = marked.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        let (text, is_broken) = encoding.decode_with_bom_removal(bytes);
        return if is_broken {
            Err(format!("not {} throughout", encoding.name()))
        } else {
            Ok(text)
        };
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok(Cow::Borrowed(text));
    }
    match GB18030.decode_without_bom_handling(plain) {
        (text, false) => Ok(text),
        _ => Err("neither UTF-8, UTF-16 nor GB18030".to_owned()),
    }
}

/// The rows of a table as offices write it: no row is known to be a header, rows may differ in length, blanks around a
/// cell do not count.
pub fn table(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
}

/// The one of the usual delimiters that the first line of a table has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default().as_bytes();
    let count = |delimiter: u8| first.iter().filter(|&&byte| byte == delimiter).count();
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}
