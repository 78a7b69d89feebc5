//! XML as text: `res/xml` of some packages, AAR manifests, samples.
//!
//! No entity is expanded but the five of XML and character references, no DTD
//! is read, and nothing outside the file is looked at.

use super::{Attribute, Builder, Document, Element, Text, Value};
use crate::arsc::pool::shorten;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whether `data` starts like XML text: a `<` behind a byte order mark and blanks.
pub(super) fn is_text(data: &[u8]) -> bool {
    match data {
        [0xff, 0xfe, b'<', 0, ..] | [0xfe, 0xff, 0, b'<', ..] => true,
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
            rest.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<')
        }
    }
}

/// The file as UTF-8, its byte order mark taken off.
fn decode(data: &[u8]) -> Cow<'_, str> {
    let utf16 = |read: fn([u8; 2]) -> u16| {
        let units = data
            .chunks_exact(2)
            .skip(1)
            .map(|b| read(b.try_into().unwrap_or_default()));
        let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(chars.collect())
    };
    match data {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(data),
    }
}

/// Reads an XML file in text form. Offsets count bytes of its UTF-8 form behind a byte order mark.
pub(super) fn parse(data: &[u8], file: &str, limits: &Limits) -> Result<Document, ParseError> {
    let source = decode(data);
    let mut builder = Builder::new(file, limits);
    let mut reader = Reader::from_str(&source);
    let mut scopes = Scopes::default();
    let mut lines = Lines {
        source: source.as_bytes(),
        at: 0,
        line: 1,
    };
    let mut run = String::new();
    while !builder.done() {
        let offset = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let detail = format!("expected well-formed XML: {error}");
                let offset = reader.error_position();
                builder.report(
                    Incident::new(IncidentCode::Malformed, file, detail)
                        .at(offset)
                        .hiding(Channel::Manifest),
                );
                break;
            }
        };
        match &event {
            Event::Text(text) => run.push_str(text),
            Event::CData(text) => run.push_str(text),
            Event::GeneralRef(reference) => {
                run.push_str(&unescape(&format!("&{};", &**reference)));
            }
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::Decl(_) => {}
            Event::Start(_) | Event::End(_) | Event::Empty(_) | Event::Eof => {
                if !run.is_empty() {
                    builder.text(&shorten(run.trim(), limits.text_bytes));
                    run.clear();
                }
            }
        }
        match event {
            Event::Start(tag) => {
                scopes.open();
                let line = lines.at(offset);
                start(&tag, offset, line, &mut scopes, &mut builder);
            }
            Event::Empty(tag) => {
                scopes.open();
                let line = lines.at(offset);
                if start(&tag, offset, line, &mut scopes, &mut builder) {
                    builder.end();
                }
                scopes.close();
            }
            Event::End(_) => {
                builder.end();
                scopes.close();
            }
            Event::Eof => {
                if !builder.open.is_empty() {
                    let detail = "expected end tags, found the end of the file";
                    builder.report(
                        Incident::new(IncidentCode::Malformed, file, detail)
                            .at(offset)
                            .hiding(Channel::Manifest),
                    );
                }
                break;
            }
            _ => {}
        }
    }
    let end = reader.buffer_position();
    builder.finish(true, end)
}

/// Adds an element; `false` if the tree is full.
fn start(
    tag: &BytesStart<'_>,
    offset: u64,
    line: u32,
    scopes: &mut Scopes,
    builder: &mut Builder<'_>,
) -> bool {
    let mut written = Vec::new();
    for attribute in tag.attributes().with_checks(false) {
        match attribute {
            Ok(attribute) => {
                if !builder.take_nodes(1, offset) {
                    return false;
                }
                let value = unescape(&attribute.value).into_owned();
                let key = attribute.key.as_ref();
                match key.strip_prefix("xmlns") {
                    Some("") => scopes.bind("", &value),
                    Some(prefix) if prefix.starts_with(':') => {
                        scopes.bind(prefix.strip_prefix(':').unwrap_or_default(), &value);
                    }
                    _ => written.push((key.to_owned(), value)),
                }
            }
            Err(error) => {
                let detail = format!("expected well-formed attributes: {error}");
                builder.report(
                    Incident::new(IncidentCode::Malformed, builder.file, detail)
                        .at(offset)
                        .hiding(Channel::Manifest),
                );
                break;
            }
        }
    }
    if !builder.take_nodes(1, offset) {
        return false;
    }
    let name = tag.name();
    let (prefix, local) = split(name.as_ref());
    let attributes = written
        .iter()
        .map(|(key, value)| {
            let (prefix, local) = split(key);
            let value = shorten(value, builder.limits.text_bytes);
            Attribute {
                // Unlike elements, attributes without a prefix are in no namespace.
                ns: if prefix.is_empty() {
                    None
                } else {
                    scopes.uri(prefix)
                },
                name: Text::from(local),
                res_id: None,
                raw: Some(value.clone()),
                value: Value::String(value),
                offset,
            }
        })
        .collect();
    builder.start(Element {
        ns: scopes.uri(prefix),
        name: Text::from(local),
        line,
        offset,
        attributes,
        text: None,
        children: Vec::new(),
    });
    true
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Namespace bindings: for each prefix the URIs from the outermost to the innermost element.
#[derive(Default)]
struct Scopes {
    bound: BTreeMap<String, Vec<Text>>,
    open: Vec<Vec<String>>,
}

impl Scopes {
    fn open(&mut self) {
        self.open.push(Vec::new());
    }

    fn bind(&mut self, prefix: &str, uri: &str) {
        self.bound
            .entry(prefix.to_owned())
            .or_default()
            .push(Text::from(uri));
        if let Some(here) = self.open.last_mut() {
            here.push(prefix.to_owned());
        }
    }

    fn uri(&self, prefix: &str) -> Option<Text> {
        let uri = self.bound.get(prefix)?.last()?;
        (!uri.is_empty()).then(|| uri.clone())
    }

    fn close(&mut self) {
        for prefix in self.open.pop().unwrap_or_default() {
            if let Some(uris) = self.bound.get_mut(&prefix) {
                uris.pop();
            }
        }
    }
}

/// Line numbers of rising offsets, counted once.
struct Lines<'s> {
    source: &'s [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, offset: u64) -> u32 {
        let end = usize::try_from(offset).unwrap_or(usize::MAX);
        let passed = self.source.get(self.at..end).unwrap_or_default();
        let lines = passed.iter().filter(|&&b| b == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = self.at.max(end);
        self.line
    }
}

/// Character references and the five entities of XML; others stay as they are written.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // The longest reference is &#1114111;
        let name = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match name.and_then(|(name, tail)| Some((entity(name)?, tail))) {
            Some((character, tail)) => {
                out.push(character);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|&c| c != '\0')?
        }
    })
}
