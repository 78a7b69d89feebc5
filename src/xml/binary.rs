//! Binary XML, as androidfw's `ResXMLTree` and `ResXMLParser` read it.

use super::notes::{Notes, Odd};
use super::{Attribute, Builder, Document, Element, Text, Value};
use crate::arsc::chunk::{self, Chunk};
use crate::arsc::{StringPool, to_u64, to_usize};
use crate::bytes::Reader;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::collections::BTreeMap;

/// Types from here to [`LAST_NODE`] are nodes of the tree (`RES_XML_FIRST_CHUNK_TYPE`).
const FIRST_NODE: u16 = 0x0100;
/// `RES_XML_LAST_CHUNK_TYPE`.
const LAST_NODE: u16 = 0x017f;
/// `sizeof(ResXMLTree_node)`.
const NODE: usize = 16;
/// `sizeof(ResXMLTree_attribute)`: what is read of an attribute, whatever `attributeSize` says.
const ATTRIBUTE: usize = 20;

/// Strings of a document: decoded once each, and not more than the pool can honestly hold.
struct Strings<'a> {
    pool: StringPool<'a>,
    known: BTreeMap<u32, Option<Text>>,
    budget: usize,
    exhausted: bool,
}

impl<'a> Strings<'a> {
    fn new(pool: StringPool<'a>) -> Self {
        // Offsets of a hostile pool overlap, so that a few bytes make gigabytes.
        // UTF-16 becomes at most 1.5 times as long in UTF-8.
        let budget = pool
            .string_bytes()
            .saturating_mul(2)
            .saturating_add(1 << 16);
        Self {
            pool,
            known: BTreeMap::new(),
            budget,
            exhausted: false,
        }
    }

    fn get(&mut self, index: u32) -> Option<Text> {
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        if self.exhausted {
            return None;
        }
        let text = self.pool.get(index)?;
        match self.budget.checked_sub(text.len()) {
            Some(left) => self.budget = left,
            None => {
                self.exhausted = true;
                return None;
            }
        }
        self.known.insert(index, Some(text.clone()));
        Some(text)
    }
}

/// Reads a binary XML file.
pub(super) fn parse(data: &[u8], file: &str, limits: &Limits) -> Result<Document, ParseError> {
    let mut builder = Builder::new(file, limits);
    let data = document_bytes(data, &mut builder)?;
    let mut reader = Reader::new(data);
    // document_bytes has checked that the header lies inside.
    let header_size = u16::from_le_bytes([
        data.get(2).copied().unwrap_or_default(),
        data.get(3).copied().unwrap_or_default(),
    ]);
    reader.seek(usize::from(header_size))?;

    // ResXMLTree::setTo: a string pool and a resource map before the first
    // node; of several the last counts. Unknown chunks are skipped.
    let mut notes = Notes::default();
    let mut pool = None;
    let mut ids: Option<&[u8]> = None;
    let mut node = loop {
        let chunk = Chunk::read(&mut reader, chunk::HEADER)?;
        match chunk.kind {
            chunk::STRING_POOL => {
                if pool.replace(StringPool::parse(&chunk, limits)).is_some() {
                    let line = || "several string pools: Android takes the last".to_owned();
                    notes.add(Odd::Repeated, &mut builder, chunk.offset, line);
                }
            }
            chunk::XML_RESOURCE_MAP => {
                if ids.replace(chunk.body().rest()).is_some() {
                    let line = || "several resource maps: Android takes the last".to_owned();
                    notes.add(Odd::Repeated, &mut builder, chunk.offset, line);
                }
            }
            FIRST_NODE..=LAST_NODE => break chunk,
            kind => notes.unknown(kind, &mut builder, chunk.offset),
        }
    };
    let pool =
        pool.ok_or_else(|| ParseError::new(0, "a string pool before the first XML node", "none"))??;
    if let Some(refusal) = pool.refusal() {
        notes.refused(refusal, &mut builder, 0);
    }
    if pool.overlaps() {
        let line = || "a count of strings that reaches into the strings".to_owned();
        notes.add(Odd::Layout, &mut builder, 0, line);
    }
    let mut tree = Tree {
        data,
        strings: Strings::new(pool),
        ids: ids.unwrap_or_default(),
        notes,
    };

    // ResXMLParser::nextNode. Every chunk must have room for a node header,
    // unknown ones are skipped; trouble ends the document.
    loop {
        if let Err(error) = tree.node(&node, &mut builder) {
            builder.report(
                Incident::from_error(IncidentCode::Malformed, file, &error)
                    .hiding(Channel::Manifest),
            );
            break;
        }
        if builder.done() {
            tree.behind(&mut reader, &mut builder);
            break;
        }
        if reader.remaining() == 0 {
            let line = || "elements without end tags: Android closes them at the end".to_owned();
            let at = reader.offset();
            tree.notes.add(Odd::Unclosed, &mut builder, at, line);
            break;
        }
        node = match Chunk::read(&mut reader, NODE) {
            Ok(chunk) => chunk,
            Err(error) => {
                builder.report(
                    Incident::from_error(IncidentCode::Malformed, file, &error)
                        .hiding(Channel::Manifest),
                );
                break;
            }
        };
    }
    if tree.strings.exhausted {
        builder.limit(
            0,
            "strings that overlap each other many times over".to_owned(),
        );
    }
    builder.finish(false, reader.offset())
}

/// The bytes that the root chunk covers.
///
/// Old platforms do not look at the type of the root chunk, and some packers
/// write another one; a file that is shorter than it says is read as far as it
/// goes. Both are incidents.
fn document_bytes<'a>(data: &'a [u8], builder: &mut Builder<'_>) -> Result<&'a [u8], ParseError> {
    let mut head = Reader::new(data);
    let kind = head.u16("a binary XML file")?;
    let header_size = usize::from(head.u16("a binary XML file")?);
    let size = to_usize(head.u32("a binary XML file")?);
    if header_size > data.len() || header_size > size {
        return Err(ParseError::new(
            0,
            "a binary XML header",
            format!("a chunk of type {kind:#06x} with a header of {header_size} bytes"),
        ));
    }
    if kind != chunk::XML {
        let detail = format!("the root chunk has type {kind:#06x} instead of 0x0003");
        builder.report(Incident::new(IncidentCode::Malformed, builder.file, detail).at(0));
    }
    if size > data.len() {
        let detail = format!("expected {size} bytes of XML, found {}", data.len());
        builder.report(
            Incident::new(IncidentCode::Malformed, builder.file, detail)
                .at(to_u64(data.len()))
                .hiding(Channel::Manifest),
        );
    }
    Ok(data.get(..size).unwrap_or(data))
}

struct Tree<'a> {
    data: &'a [u8],
    strings: Strings<'a>,
    ids: &'a [u8],
    notes: Notes,
}

impl Tree<'_> {
    fn node(&mut self, chunk: &Chunk<'_>, builder: &mut Builder<'_>) -> Result<(), ParseError> {
        if chunk.header_size < NODE {
            return Err(ParseError::new(
                chunk.offset,
                "an XML node header of 16 bytes",
                format!("{} bytes", chunk.header_size),
            ));
        }
        if chunk.header_size > NODE {
            let line = || {
                format!(
                    "a node header of {} bytes instead of {NODE}",
                    chunk.header_size
                )
            };
            self.notes.add(Odd::Layout, builder, chunk.offset, line);
        }
        match chunk.kind {
            chunk::XML_START_ELEMENT => self.start(chunk, builder),
            chunk::XML_END_ELEMENT => {
                let mut body = chunk.body();
                body.skip(4, "the name of an end tag")?;
                let name = self.strings.get(body.u32("the name of an end tag")?);
                self.notes.end(name.as_ref(), builder, chunk.offset);
                builder.end();
                Ok(())
            }
            chunk::XML_CDATA => {
                let mut body = chunk.body();
                let index = body.u32("character data")?;
                body.skip(8, "the typed value of character data")?;
                if let Some(text) = self.strings.get(index) {
                    builder.text(&text);
                }
                Ok(())
            }
            // Attributes carry their URI. Nobody but the aapt tools looks at prefixes.
            chunk::XML_START_NAMESPACE | chunk::XML_END_NAMESPACE => {
                chunk.body().skip(8, "the prefix and URI of a namespace")
            }
            kind => {
                self.notes.unknown(kind, builder, chunk.offset);
                Ok(())
            }
        }
    }

    /// Whether elements follow the end of the root: Android ends there, other readers go on.
    fn behind(&mut self, reader: &mut Reader<'_>, builder: &mut Builder<'_>) {
        while let Ok(chunk) = Chunk::read(reader, NODE) {
            if chunk.kind == chunk::XML_START_ELEMENT {
                let line =
                    || "elements behind the end of the root: Android does not read them".to_owned();
                self.notes.add(Odd::Behind, builder, chunk.offset, line);
                return;
            }
        }
    }

    fn start(&mut self, chunk: &Chunk<'_>, builder: &mut Builder<'_>) -> Result<(), ParseError> {
        let line = chunk.fields().u32("a line number")?;
        let mut ext = chunk.body();
        let what = "a start tag";
        let ns = ext.u32(what)?;
        let name = ext.u32(what)?;
        let attribute_start = usize::from(ext.u16(what)?);
        let attribute_size = usize::from(ext.u16(what)?);
        let count = ext.u16(what)?;
        ext.skip(6, what)?;
        let room = chunk.data.len().saturating_sub(chunk.header_size);
        let used = attribute_size
            .saturating_mul(usize::from(count))
            .saturating_add(attribute_start);
        if used > room {
            return Err(ParseError::new(
                chunk.offset,
                "attributes that lie inside their start tag",
                format!("{used} of {room} bytes"),
            ));
        }
        // aapt and aapt2 write nothing else. A smaller size was read until validateNode
        // (ResourceTypes.cpp) got a check of it.
        if attribute_size < ATTRIBUTE {
            let line = format!("attributes of {attribute_size} bytes instead of {ATTRIBUTE}");
            self.notes.refused(&line, builder, chunk.offset);
        } else if attribute_size != ATTRIBUTE || attribute_start != ATTRIBUTE {
            let line = || {
                format!(
                    "attributes of {attribute_size} bytes from {attribute_start} on instead of \
                     {ATTRIBUTE} from {ATTRIBUTE} on"
                )
            };
            self.notes.add(Odd::Layout, builder, chunk.offset, line);
        }
        if !builder.take_nodes(usize::from(count).saturating_add(1), chunk.offset) {
            return Ok(());
        }
        let name = self.strings.get(name);
        if name.is_none() && !self.strings.exhausted {
            // XmlBlock.Parser.getName gives null, on which the parsers of manifests fail.
            self.notes
                .refused("an element without a readable name", builder, chunk.offset);
        }
        let mut element = Element {
            ns: self.strings.get(ns),
            name: name.unwrap_or_default(),
            line,
            offset: chunk.offset,
            attributes: Vec::with_capacity(usize::from(count)),
            text: None,
            children: Vec::new(),
        };
        let start = to_usize(u32::try_from(chunk.offset).unwrap_or(u32::MAX))
            .saturating_add(chunk.header_size)
            .saturating_add(attribute_start);
        let mut highest = 0;
        for index in 0..usize::from(count) {
            let at = start.saturating_add(attribute_size.saturating_mul(index));
            let attribute = self.attribute(at)?;
            self.notes.attribute(&attribute, highest, builder);
            highest = highest.max(attribute.res_id.unwrap_or(0));
            element.attributes.push(attribute);
        }
        builder.start(element);
        Ok(())
    }

    /// The 20 bytes at `at`. With a small `attributeSize` they may reach behind the chunk.
    fn attribute(&mut self, at: usize) -> Result<Attribute, ParseError> {
        let bytes = self.data.get(at..).unwrap_or_default();
        let mut r = Reader::at(bytes, to_u64(at)).sub(ATTRIBUTE, "an attribute of 20 bytes")?;
        let offset = r.offset();
        let what = "an attribute";
        let ns = r.u32(what)?;
        let name = r.u32(what)?;
        let raw = r.u32(what)?;
        r.skip(3, what)?;
        let kind = r.u8(what)?;
        let data = r.u32(what)?;
        // ResXMLParser::getAttributeNameResID: by the index of the name.
        let id_at = to_usize(name).saturating_mul(4);
        let id = self
            .ids
            .get(id_at..id_at.saturating_add(4))
            .and_then(|b| b.try_into().ok());
        Ok(Attribute {
            ns: self.strings.get(ns),
            name: self.strings.get(name).unwrap_or_default(),
            res_id: Some(id.map_or(0, u32::from_le_bytes)),
            raw: self.strings.get(raw),
            value: Value::from_raw(kind, data, |index| self.strings.get(index)),
            offset,
        })
    }
}
