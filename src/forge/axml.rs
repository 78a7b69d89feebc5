//! Binary XML (AOSP `ResXMLTree_*`, ResourceTypes.h).

use super::out::Out;
use super::pool::Pool;
use std::collections::BTreeMap;

/// A typed value (AOSP `Res_value`), in binary XML and in resource tables.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Type 0x03; the text goes into the string pool.
    String(String),
    /// Type 0x01: a resource id.
    Reference(u32),
    /// Type 0x02: the id of an attribute of the theme.
    ThemeAttribute(u32),
    /// Type 0x10: a whole number written in decimal.
    Integer(i32),
    /// Type 0x11: a whole number written in hexadecimal, or flags.
    Hex(u32),
    /// Type 0x12.
    Boolean(bool),
    /// Type 0x04.
    Float(f32),
    /// Type 0x1c: 0xAARRGGBB.
    Color(u32),
    /// Any other type with its data.
    Other(u8, u32),
}

impl Value {
    /// Type and data; a string is added to `pool`.
    pub(super) fn encode(&self, pool: &mut Pool) -> (u8, u32) {
        match *self {
            Self::String(ref text) => (0x03, pool.add(text)),
            Self::Reference(id) => (0x01, id),
            Self::ThemeAttribute(id) => (0x02, id),
            Self::Integer(number) => (0x10, number as u32),
            Self::Hex(number) => (0x11, number),
            Self::Boolean(yes) => (0x12, if yes { u32::MAX } else { 0 }),
            Self::Float(number) => (0x04, number.to_bits()),
            Self::Color(argb) => (0x1c, argb),
            Self::Other(kind, data) => (kind, data),
        }
    }
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Namespace URI.
    pub namespace: Option<String>,
    /// Name without prefix.
    pub name: String,
    /// Resource id, which Android reads instead of the name where there is one.
    pub id: Option<u32>,
    /// The text before typing; always kept for strings.
    pub raw: Option<String>,
    /// The value.
    pub value: Value,
}

/// A start tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Namespace URI.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Attributes in any order; they are written as aapt2 orders them.
    pub attributes: Vec<Attribute>,
    /// Line in the source.
    pub line: u32,
}

/// A document is a list of these, so that depth costs no stack and bad nesting can be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An element begins.
    Start(Element),
    /// The element of this name ends.
    End(String),
    /// Text.
    Text(String),
}

/// What stands in the string pool as the name of an attribute that has an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Its name.
    #[default]
    Plain,
    /// Nothing, as resource shrinkers leave it.
    Empty,
    /// `a`, `b`, `c` …
    Letters,
    /// The name of another attribute of the document.
    Misleading,
}

/// How to write a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// String pool in UTF-8 instead of UTF-16.
    pub utf8: bool,
    /// Names of attributes with ids.
    pub names: Names,
    /// Keeps the raw text of typed values.
    pub keep_raw: bool,
    /// `attributeSize` of start tags; what exceeds 20 is filled with 0xee.
    pub attribute_size: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            utf8: false,
            names: Names::Plain,
            keep_raw: false,
            attribute_size: 20,
        }
    }
}

const NONE: u32 = u32::MAX;

struct Writer<'a> {
    options: &'a Options,
    pool: Pool,
    /// Id of an attribute → index of its name.
    mapped: BTreeMap<u32, u32>,
    body: Out,
}

/// Writes a document. `namespaces` are `(prefix, URI)` pairs, declared around everything.
pub fn write(events: &[Event], namespaces: &[(&str, &str)], options: &Options) -> Vec<u8> {
    let mut names: BTreeMap<u32, &str> = BTreeMap::new();
    for event in events {
        if let Event::Start(element) = event {
            names.extend(
                element
                    .attributes
                    .iter()
                    .filter_map(|a| Some((a.id?, a.name.as_str()))),
            );
        }
    }
    let mut writer = Writer {
        options,
        pool: Pool::new(options.utf8),
        mapped: BTreeMap::new(),
        body: Out::new(),
    };
    let shown: Vec<&str> = names.values().copied().collect();
    for (at, &id) in names.keys().enumerate() {
        let text = match options.names {
            Names::Plain => shown[at].to_owned(),
            Names::Empty => String::new(),
            Names::Letters => letters(at),
            Names::Misleading => shown[(at + 1) % shown.len()].to_owned(),
        };
        let index = writer.pool.add_anew(&text);
        writer.mapped.insert(id, index);
    }
    for (prefix, uri) in namespaces {
        writer.namespace(0x0100, prefix, uri);
    }
    for event in events {
        match event {
            Event::Start(element) => writer.start(element),
            Event::End(name) => writer.end(name),
            Event::Text(text) => writer.text(text),
        }
    }
    for (prefix, uri) in namespaces.iter().rev() {
        writer.namespace(0x0101, prefix, uri);
    }
    let mut out = Out::new();
    out.u16(0x0003);
    out.u16(8);
    out.u32(0);
    writer.pool.write(&mut out);
    if !names.is_empty() {
        out.u16(0x0180);
        out.u16(8);
        out.u32(8 + 4 * names.len() as u32);
        names.keys().for_each(|&id| out.u32(id));
    }
    out.bytes(&writer.body.0);
    let size = out.pos();
    out.put_u32(4, size);
    out.0
}

/// `a` … `z`, `ba`, `bb` …: the number in base 26.
fn letters(mut number: usize) -> String {
    let mut reversed = Vec::new();
    loop {
        reversed.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return reversed.iter().rev().collect();
        }
    }
}

impl Writer<'_> {
    fn header(&mut self, kind: u16, size: u32, line: u32) {
        self.body.u16(kind);
        self.body.u16(16);
        self.body.u32(size);
        self.body.u32(line);
        self.body.u32(NONE);
    }

    fn namespace(&mut self, kind: u16, prefix: &str, uri: &str) {
        let (prefix, uri) = (self.pool.add(prefix), self.pool.add(uri));
        self.header(kind, 24, 1);
        self.body.u32(prefix);
        self.body.u32(uri);
    }

    fn maybe(&mut self, text: Option<&str>) -> u32 {
        text.map_or(NONE, |t| self.pool.add(t))
    }

    fn start(&mut self, element: &Element) {
        let mut attributes: Vec<&Attribute> = element.attributes.iter().collect();
        // As aapt2 (XmlFlattener): those with ids first, by id, because Android looks them up in that order.
        attributes.sort_by(|a, b| {
            let key = |x: &Attribute| (x.id.is_none(), x.id, x.namespace.clone(), x.name.clone());
            key(a).cmp(&key(b))
        });
        let size = self.options.attribute_size;
        let total = 36 + u32::from(size) * attributes.len() as u32;
        let namespace = self.maybe(element.namespace.as_deref());
        let name = self.pool.add(&element.name);
        self.header(0x0102, total, element.line);
        self.body.u32(namespace);
        self.body.u32(name);
        self.body.u16(20);
        self.body.u16(size);
        self.body.u16(attributes.len() as u16);
        for special in ["id", "class", "style"] {
            let at = attributes
                .iter()
                .position(|a| a.namespace.is_none() && a.name == special);
            self.body.u16(at.map_or(0, |at| at as u16 + 1));
        }
        for attribute in attributes {
            let at = self.body.len();
            let namespace = self.maybe(attribute.namespace.as_deref());
            let name = match attribute.id.and_then(|id| self.mapped.get(&id)) {
                Some(&index) => index,
                None => self.pool.add(&attribute.name),
            };
            let (kind, data) = attribute.value.encode(&mut self.pool);
            let raw = match (&attribute.value, &attribute.raw) {
                (Value::String(_), _) => data,
                (_, Some(text)) if self.options.keep_raw => self.pool.add(text),
                _ => NONE,
            };
            for number in [namespace, name, raw] {
                self.body.u32(number);
            }
            self.body.u16(8);
            self.body.u8(0);
            self.body.u8(kind);
            self.body.u32(data);
            self.body.0.resize(at + usize::from(size), 0xee);
        }
    }

    fn end(&mut self, name: &str) {
        let name = self.pool.add(name);
        self.header(0x0103, 24, 0);
        self.body.u32(NONE);
        self.body.u32(name);
    }

    fn text(&mut self, text: &str) {
        let text = self.pool.add(text);
        self.header(0x0104, 28, 0);
        self.body.u32(text);
        self.body.u16(8);
        self.body.u16(0x0300);
        self.body.u32(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(attributes: Vec<Attribute>) -> Vec<Event> {
        let start = Element {
            name: "e".into(),
            attributes,
            line: 7,
            ..Element::default()
        };
        vec![Event::Start(start), Event::End("e".into())]
    }

    fn attribute(name: &str, id: Option<u32>, value: Value) -> Attribute {
        Attribute {
            namespace: None,
            name: name.into(),
            id,
            raw: None,
            value,
        }
    }

    fn u32_at(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    /// `<e name=0x11(5)/>` with UTF-8 pool, counted by hand.
    #[test]
    fn a_document_byte_by_byte() {
        let events = element(vec![attribute("name", Some(0x0101_0003), Value::Hex(5))]);
        let bytes = write(
            &events,
            &[],
            &Options {
                utf8: true,
                ..Options::default()
            },
        );
        // pool: header 28, two offsets 8, "name" 7 bytes, "e" 4 bytes, padded to 48
        let map = 8 + 48;
        let start = map + 12;
        let end = start + 36 + 20;
        assert_eq!(bytes.len(), end + 24);
        assert_eq!(bytes[..8], [3, 0, 8, 0, bytes.len() as u8, 0, 0, 0]);
        assert_eq!(u32_at(&bytes, 12), 48);
        assert_eq!(bytes[44..54], *b"\x04\x04name\0\x01\x01e");
        assert_eq!(bytes[map..start], [0x80, 1, 8, 0, 12, 0, 0, 0, 3, 0, 1, 1]);
        let expected: [u32; 14] = [
            0x0010_0102,
            56,
            7,
            NONE,
            NONE,
            1,
            0x0014_0014,
            1,
            0, // counts, then id, class, style
            NONE,
            0,
            NONE,
            0x1100_0008,
            5,
        ];
        let words: Vec<u32> = (start..end)
            .step_by(4)
            .map(|at| u32_at(&bytes, at))
            .collect();
        assert_eq!(words, expected);
    }

    /// Ids sorted in the map and in the element; attributes without id come last.
    #[test]
    fn attributes_stand_in_order_of_their_ids() {
        let events = element(vec![
            attribute("plain", None, Value::Integer(0)),
            attribute("value", Some(0x0101_0024), Value::Integer(1)),
            attribute("name", Some(0x0101_0003), Value::Integer(2)),
        ]);
        let bytes = write(&events, &[], &Options::default());
        let map = 8 + u32_at(&bytes, 12) as usize;
        assert_eq!(
            (u32_at(&bytes, map + 8), u32_at(&bytes, map + 12)),
            (0x0101_0003, 0x0101_0024)
        );
        let first = map + 16 + 36;
        let data: Vec<u32> = (0..3)
            .map(|i| u32_at(&bytes, first + i * 20 + 16))
            .collect();
        assert_eq!(data, [2, 1, 0]);
    }

    #[test]
    fn names_of_attributes_with_ids_can_be_hidden() {
        let events = element(vec![
            attribute("name", Some(0x0101_0003), Value::Integer(2)),
            attribute("value", Some(0x0101_0024), Value::Integer(1)),
        ]);
        for (names, first, second) in [
            (Names::Plain, "name", "value"),
            (Names::Empty, "", ""),
            (Names::Letters, "a", "b"),
            (Names::Misleading, "value", "name"),
        ] {
            let bytes = write(
                &events,
                &[],
                &Options {
                    utf8: true,
                    names,
                    ..Options::default()
                },
            );
            let strings = 8 + u32_at(&bytes, 28) as usize;
            let len = bytes[strings] as usize;
            assert_eq!(bytes[strings + 2..strings + 2 + len], *first.as_bytes());
            let next = strings + len + 3;
            assert_eq!(
                bytes[next + 2..next + 2 + bytes[next] as usize],
                *second.as_bytes()
            );
        }
        assert_eq!(letters(27), "bb");
    }

    #[test]
    fn larger_attributes_are_padded() {
        let events = element(vec![attribute("n", None, Value::Boolean(true))]);
        let wide = write(
            &events,
            &[],
            &Options {
                attribute_size: 24,
                ..Options::default()
            },
        );
        let normal = write(&events, &[], &Options::default());
        assert_eq!(wide.len(), normal.len() + 4);
        assert_eq!(wide[wide.len() - 28..wide.len() - 24], [0xee; 4]);
        assert_eq!(u32_at(&wide, wide.len() - 32), u32::MAX, "true is all ones");
    }
}
