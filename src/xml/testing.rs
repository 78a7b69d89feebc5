//! A writer of binary XML for tests. It follows ResourceTypes.h on its own and
//! shares no code with the reader.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests"
)]

use crate::arsc::testing::{chunk, pool_chunk, words};

/// An attribute: resource id (0 for none), name, type, and data or string.
pub(crate) struct TestAttribute {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) data: u32,
    pub(crate) string: Option<String>,
}

/// A string attribute.
pub(crate) fn string(id: u32, name: &str, value: &str) -> TestAttribute {
    TestAttribute {
        id,
        name: name.to_owned(),
        kind: 3,
        data: 0,
        string: Some(value.to_owned()),
    }
}

/// An attribute of another type.
pub(crate) fn typed(id: u32, name: &str, kind: u8, data: u32) -> TestAttribute {
    TestAttribute {
        id,
        name: name.to_owned(),
        kind,
        data,
        string: None,
    }
}

/// What is written, in order.
pub(crate) enum Item {
    Start(&'static str, Vec<TestAttribute>),
    Text(&'static str),
    End,
    /// Bytes between nodes.
    Raw(Vec<u8>),
}

/// A binary XML file. Attributes with an id are in the Android namespace.
pub(crate) fn document(items: &[Item], utf8: bool) -> Vec<u8> {
    document_with(items, utf8, 20, 20)
}

/// A binary XML file with an `attributeStart` and `attributeSize` of its own.
pub(crate) fn document_with(items: &[Item], utf8: bool, start: u16, size: u16) -> Vec<u8> {
    // Names with an id come first in the pool, one index for each id.
    let mut ids: Vec<(u32, String)> = Vec::new();
    for item in items {
        if let Item::Start(_, attributes) = item {
            for a in attributes {
                if a.id != 0 && !ids.contains(&(a.id, a.name.clone())) {
                    ids.push((a.id, a.name.clone()));
                }
            }
        }
    }
    let mut strings: Vec<String> = ids.iter().map(|(_, name)| name.clone()).collect();
    let first = ids.len();
    let mut index = |text: &str| -> u32 {
        let found = strings.iter().skip(first).position(|s| s == text);
        let at = found.map(|at| at + first).unwrap_or_else(|| {
            strings.push(text.to_owned());
            strings.len() - 1
        });
        at as u32
    };
    let android = index(super::ANDROID_NS);
    let mut nodes = chunk(0x0100, &words(&[1, u32::MAX]), &words(&[u32::MAX, android]));
    let mut open = Vec::new();
    for (line, item) in items.iter().enumerate() {
        let fields = words(&[line as u32 + 1, u32::MAX]);
        match item {
            Item::Start(name, attributes) => {
                open.push(*name);
                let mut ext = words(&[u32::MAX, index(name)]);
                for half in [start, size, attributes.len() as u16, 0, 0, 0] {
                    ext.extend(half.to_le_bytes());
                }
                ext.resize(start as usize, 0xaa);
                for a in attributes {
                    let begin = ext.len();
                    let ns = if a.id != 0 { android } else { u32::MAX };
                    let name = match ids
                        .iter()
                        .position(|(id, name)| *id == a.id && *name == a.name)
                    {
                        Some(at) => at as u32,
                        None => index(&a.name),
                    };
                    let text = a.string.as_ref().map_or(u32::MAX, |s| index(s));
                    ext.extend(words(&[ns, name, text]));
                    ext.extend([8, 0, 0, a.kind]);
                    ext.extend(if a.string.is_some() { text } else { a.data }.to_le_bytes());
                    ext.resize(begin + size as usize, 0xbb);
                }
                nodes.extend(chunk(0x0102, &fields, &ext));
            }
            Item::Text(text) => {
                let mut ext = words(&[index(text)]);
                ext.extend([8, 0, 0, 0, 0, 0, 0, 0]);
                nodes.extend(chunk(0x0104, &fields, &ext));
            }
            Item::End => {
                let name = open.pop().unwrap_or("");
                nodes.extend(chunk(0x0103, &fields, &words(&[u32::MAX, index(name)])));
            }
            Item::Raw(bytes) => nodes.extend(bytes),
        }
    }
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    let mut body = pool_chunk(&strings, utf8);
    body.extend(chunk(
        0x0180,
        &[],
        &words(&ids.iter().map(|(id, _)| *id).collect::<Vec<_>>()),
    ));
    body.extend(nodes);
    chunk(0x0003, &[], &body)
}
