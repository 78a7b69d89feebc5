//! Writes small DEX files for the tests: sorted tables, map list, checksums.
//!
//! `dexdump` (Android 11) accepts what [`file`] writes; [`container`] writes
//! version 041 with all tables first and one shared data section behind them.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong fails"
)]

use super::checksum;
use std::collections::BTreeSet;

/// A piece of code.
pub(crate) enum P {
    /// A code unit.
    U(u16),
    /// The index of a string, one code unit.
    Str(&'static str),
    /// The index of a string, two code units.
    Jumbo(&'static str),
    /// The index of a type.
    Type(&'static str),
    /// The index of `LClass;->name:Type`.
    Field(&'static str),
    /// The index of `LClass;->name(Params)Return`.
    Method(&'static str),
    /// The index of `(Params)Return`.
    Proto(&'static str),
}

pub(crate) struct Code {
    pub(crate) registers: u16,
    pub(crate) ins: u16,
    pub(crate) outs: u16,
    pub(crate) parts: Vec<P>,
    /// try_items as (start, count), all with one catch-all handler at the given address.
    pub(crate) tries: Vec<(u32, u16)>,
    pub(crate) handler: u8,
}

pub(crate) fn code(registers: u16, ins: u16, outs: u16, parts: Vec<P>) -> Option<Code> {
    Some(Code {
        registers,
        ins,
        outs,
        parts,
        tries: Vec::new(),
        handler: 0,
    })
}

pub(crate) struct Method {
    pub(crate) signature: &'static str,
    pub(crate) flags: u32,
    pub(crate) is_direct: bool,
    pub(crate) code: Option<Code>,
}

#[derive(Default)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) superclass: &'static str,
    pub(crate) interfaces: Vec<&'static str>,
    /// Static fields, sorted; the first ones start with these strings.
    pub(crate) statics: Vec<&'static str>,
    pub(crate) values: Vec<&'static str>,
    pub(crate) methods: Vec<Method>,
}

#[derive(Default)]
pub(crate) struct File {
    pub(crate) version: u8,
    pub(crate) classes: Vec<Class>,
    /// Method handles as (type, member).
    pub(crate) handles: Vec<(u16, &'static str)>,
    /// Call sites as (handle, name, prototype).
    pub(crate) call_sites: Vec<(u8, &'static str, &'static str)>,
    pub(crate) extra_strings: Vec<&'static str>,
}

type ProtoKey = (String, Vec<String>);

#[derive(Default)]
struct Ids {
    strings: BTreeSet<Vec<u8>>,
    types: BTreeSet<String>,
    protos: BTreeSet<ProtoKey>,
    fields: BTreeSet<(String, String, String)>, // class, name, type
    methods: BTreeSet<(String, String, ProtoKey)>,
}

fn split_types(mut text: &str) -> Vec<String> {
    let mut types = Vec::new();
    while !text.is_empty() {
        let array = text.len() - text.trim_start_matches('[').len();
        let end = match text.as_bytes()[array] {
            b'L' => text.find(';').unwrap() + 1,
            _ => array + 1,
        };
        types.push(text[..end].to_owned());
        text = &text[end..];
    }
    types
}

fn proto_key(text: &str) -> ProtoKey {
    let (parameters, result) = text.strip_prefix('(').unwrap().split_once(')').unwrap();
    (result.to_owned(), split_types(parameters))
}

fn method_key(text: &str) -> (String, String, ProtoKey) {
    let (class, rest) = text.split_once("->").unwrap();
    let at = rest.find('(').unwrap();
    (
        class.to_owned(),
        rest[..at].to_owned(),
        proto_key(&rest[at..]),
    )
}

fn field_key(text: &str) -> (String, String, String) {
    let (class, rest) = text.split_once("->").unwrap();
    let (name, type_) = rest.split_once(':').unwrap();
    (class.to_owned(), name.to_owned(), type_.to_owned())
}

fn shorty(key: &ProtoKey) -> String {
    let letter = |t: &String| {
        if t.len() > 1 {
            'L'
        } else {
            t.chars().next().unwrap()
        }
    };
    std::iter::once(letter(&key.0))
        .chain(key.1.iter().map(letter))
        .collect()
}

fn place<T: Ord>(set: &BTreeSet<T>, key: &T) -> u32 {
    set.iter().position(|item| item == key).unwrap() as u32
}

impl Ids {
    fn string(&mut self, text: &str) {
        self.strings.insert(text.as_bytes().to_vec());
    }
    fn type_(&mut self, text: &str) {
        self.string(text);
        self.types.insert(text.to_owned());
    }
    fn proto(&mut self, key: ProtoKey) {
        self.string(&shorty(&key));
        self.type_(&key.0.clone());
        key.1.iter().for_each(|t| self.type_(t));
        self.protos.insert(key);
    }
    fn member(&mut self, text: &str) {
        if text.contains('(') {
            let key = method_key(text);
            self.type_(&key.0);
            self.string(&key.1);
            self.proto(key.2.clone());
            self.methods.insert(key);
        } else {
            let key = field_key(text);
            self.type_(&key.0);
            self.string(&key.1);
            self.type_(&key.2);
            self.fields.insert(key);
        }
    }
    fn collect(file: &File) -> Self {
        let mut ids = Self::default();
        file.extra_strings.iter().for_each(|s| ids.string(s));
        file.handles
            .iter()
            .for_each(|(_, member)| ids.member(member));
        for (_, name, proto) in &file.call_sites {
            ids.string(name);
            ids.proto(proto_key(proto));
        }
        for class in &file.classes {
            ids.type_(class.name);
            ids.type_(class.superclass);
            class.interfaces.iter().for_each(|t| ids.type_(t));
            class.statics.iter().for_each(|f| ids.member(f));
            class.values.iter().for_each(|v| ids.string(v));
            for method in &class.methods {
                ids.member(method.signature);
                for part in method.code.iter().flat_map(|code| &code.parts) {
                    match part {
                        P::U(_) => {}
                        P::Str(s) | P::Jumbo(s) => ids.string(s),
                        P::Type(t) => ids.type_(t),
                        P::Field(m) | P::Method(m) => ids.member(m),
                        P::Proto(p) => ids.proto(proto_key(p)),
                    }
                }
            }
        }
        ids
    }
    fn string_at(&self, text: &str) -> u32 {
        place(&self.strings, &text.as_bytes().to_vec())
    }
    fn type_at(&self, text: &str) -> u32 {
        place(&self.types, &text.to_owned())
    }
    fn member_at(&self, text: &str) -> u32 {
        if text.contains('(') {
            place(&self.methods, &method_key(text))
        } else {
            place(&self.fields, &field_key(text))
        }
    }
    fn units(&self, parts: &[P]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in parts {
            let index = match part {
                P::U(unit) => u32::from(*unit),
                P::Str(s) => self.string_at(s),
                P::Jumbo(s) => {
                    out.extend(self.string_at(s).to_le_bytes());
                    continue;
                }
                P::Type(t) => self.type_at(t),
                P::Field(m) | P::Method(m) => self.member_at(m),
                P::Proto(p) => place(&self.protos, &proto_key(p)),
            };
            out.extend((index as u16).to_le_bytes());
        }
        out
    }
}

/// The tables of one member: start of each table, and where they end.
struct Layout {
    tables: Vec<(u16, u32, u32)>, // map type, count, offset
    end: u32,
}

impl Layout {
    fn new(file: &File, ids: &Ids, start: u32) -> Self {
        let header = if file.version >= 41 { 0x78 } else { 0x70 };
        let (mut tables, mut end) = (vec![(0, 1, start)], start + header);
        for (kind, count, size) in [
            (1, ids.strings.len(), 4),
            (2, ids.types.len(), 4),
            (3, ids.protos.len(), 12),
            (4, ids.fields.len(), 8),
            (5, ids.methods.len(), 8),
            (6, file.classes.len(), 32),
            (7, file.call_sites.len(), 4),
            (8, file.handles.len(), 8),
        ] {
            tables.push((kind, count as u32, if count == 0 { 0 } else { end }));
            end += count as u32 * size;
        }
        Self { tables, end }
    }
}

fn put(out: &mut [u8], at: u32, words: &[u32]) {
    for (i, word) in words.iter().enumerate() {
        let at = at as usize + i * 4;
        out[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
}

fn put16(out: &mut [u8], at: u32, halves: &[u16]) {
    for (i, half) in halves.iter().enumerate() {
        let at = at as usize + i * 2;
        out[at..at + 2].copy_from_slice(&half.to_le_bytes());
    }
}

fn uleb(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn align(out: &mut Vec<u8>) -> u32 {
    while !out.len().is_multiple_of(4) {
        out.push(0);
    }
    out.len() as u32
}

/// Writes one member's data to the end of `out` and fills its tables.
fn write(file: &File, ids: &Ids, layout: &Layout, out: &mut Vec<u8>) {
    let table = |kind: usize| layout.tables[kind].2;
    let mut map = layout.tables.clone();
    map.retain(|item| item.1 > 0);

    let mut lists: Vec<Vec<String>> = ids.protos.iter().map(|p| p.1.clone()).collect();
    lists.extend(
        file.classes
            .iter()
            .map(|c| c.interfaces.iter().map(|&t| t.into()).collect()),
    );
    let mut list_at = Vec::new();
    let start = align(out);
    for list in &lists {
        if list.is_empty() {
            list_at.push(0);
            continue;
        }
        list_at.push(align(out));
        out.extend((list.len() as u32).to_le_bytes());
        list.iter()
            .for_each(|t| out.extend((ids.type_at(t) as u16).to_le_bytes()));
    }
    let used = lists.iter().filter(|l| !l.is_empty()).count() as u32;
    map.push((0x1001, used, start));

    let start = align(out);
    let mut code_at = Vec::new();
    for method in file.classes.iter().flat_map(|c| &c.methods) {
        let Some(code) = &method.code else {
            code_at.push(0);
            continue;
        };
        code_at.push(align(out));
        let units = ids.units(&code.parts);
        for half in [code.registers, code.ins, code.outs, code.tries.len() as u16] {
            out.extend(half.to_le_bytes());
        }
        out.extend([0; 4]);
        out.extend((units.len() as u32 / 2).to_le_bytes());
        out.extend(units);
        if !code.tries.is_empty() {
            align(out);
            for (start, count) in &code.tries {
                out.extend(start.to_le_bytes());
                out.extend(count.to_le_bytes());
                out.extend(1u16.to_le_bytes());
            }
            out.extend([1, 0, code.handler]);
        }
    }
    map.push((
        0x2001,
        code_at.iter().filter(|&&o| o != 0).count() as u32,
        start,
    ));

    map.push((0x2002, ids.strings.len() as u32, out.len() as u32));
    for (i, text) in ids.strings.iter().enumerate() {
        let here = out.len() as u32;
        put(out, table(1) + i as u32 * 4, &[here]);
        out.extend(uleb(
            String::from_utf8_lossy(text).encode_utf16().count() as u32
        ));
        out.extend(text);
        out.push(0);
    }

    let start = out.len() as u32;
    let mut code_at = code_at.into_iter();
    let mut data_at = Vec::new();
    for class in &file.classes {
        data_at.push(out.len() as u32);
        let direct: Vec<_> = class.methods.iter().filter(|m| m.is_direct).collect();
        let virtuals: Vec<_> = class.methods.iter().filter(|m| !m.is_direct).collect();
        for count in [class.statics.len(), 0, direct.len(), virtuals.len()] {
            out.extend(uleb(count as u32));
        }
        let mut last = 0;
        for field in &class.statics {
            let index = ids.member_at(field);
            out.extend([uleb(index - last), uleb(9)].concat());
            last = index;
        }
        // Direct methods come first in `methods` too, so the code offsets are in order.
        for list in [direct, virtuals] {
            let mut last = 0;
            for method in list {
                let index = ids.member_at(method.signature);
                let constructor = if method.signature.contains("<") {
                    0x1_0000
                } else {
                    0
                };
                let flags = method.flags | constructor;
                let code = code_at.next().unwrap();
                out.extend([uleb(index - last), uleb(flags), uleb(code)].concat());
                last = index;
            }
        }
    }
    map.push((0x2000, file.classes.len() as u32, start));

    let start = out.len() as u32;
    let mut arrays = 0;
    let mut value_at = Vec::new();
    for class in &file.classes {
        value_at.push(if class.values.is_empty() {
            0
        } else {
            out.len() as u32
        });
        if class.values.is_empty() {
            continue;
        }
        arrays += 1;
        out.extend(uleb(class.values.len() as u32));
        for value in &class.values {
            out.push(0x37); // VALUE_STRING of two bytes
            out.extend((ids.string_at(value) as u16).to_le_bytes());
        }
    }
    for (i, (handle, name, proto)) in file.call_sites.iter().enumerate() {
        let here = out.len() as u32;
        arrays += 1;
        put(out, table(7) + i as u32 * 4, &[here]);
        out.extend([3, 0x16, *handle, 0x37]);
        out.extend((ids.string_at(name) as u16).to_le_bytes());
        out.extend([0x15, place(&ids.protos, &proto_key(proto)) as u8]);
    }
    map.push((0x2005, arrays, start));

    for (i, text) in ids.types.iter().enumerate() {
        put(out, table(2) + i as u32 * 4, &[ids.string_at(text)]);
    }
    for (i, key) in ids.protos.iter().enumerate() {
        let row = [ids.string_at(&shorty(key)), ids.type_at(&key.0), list_at[i]];
        put(out, table(3) + i as u32 * 12, &row);
    }
    for (i, (class, name, type_)) in ids.fields.iter().enumerate() {
        let at = table(4) + i as u32 * 8;
        put16(
            out,
            at,
            &[ids.type_at(class) as u16, ids.type_at(type_) as u16],
        );
        put(out, at + 4, &[ids.string_at(name)]);
    }
    for (i, (class, name, proto)) in ids.methods.iter().enumerate() {
        let at = table(5) + i as u32 * 8;
        put16(
            out,
            at,
            &[ids.type_at(class) as u16, place(&ids.protos, proto) as u16],
        );
        put(out, at + 4, &[ids.string_at(name)]);
    }
    for (i, class) in file.classes.iter().enumerate() {
        let (class_, super_) = (ids.type_at(class.name), ids.type_at(class.superclass));
        let list = list_at[ids.protos.len() + i];
        let row = [
            class_,
            1,
            super_,
            list,
            u32::MAX,
            0,
            data_at[i],
            value_at[i],
        ];
        put(out, table(6) + i as u32 * 32, &row);
    }
    for (i, (kind, member)) in file.handles.iter().enumerate() {
        let row = [*kind, 0, ids.member_at(member) as u16, 0];
        put16(out, table(8) + i as u32 * 8, &row);
    }

    let map_off = align(out);
    map.push((0x1000, 1, map_off));
    map.retain(|item| item.1 > 0);
    map.sort_by_key(|item| item.2);
    out.extend((map.len() as u32).to_le_bytes());
    for (kind, count, offset) in map {
        out.extend(
            [u32::from(kind), count, offset]
                .iter()
                .flat_map(|w| w.to_le_bytes()),
        );
    }
    let start = table(0);
    out[start as usize..][..8].copy_from_slice(format!("dex\n0{}\0", file.version).as_bytes());
    let header_size = if file.version >= 41 { 0x78 } else { 0x70 };
    put(
        out,
        start + 0x24,
        &[header_size, 0x1234_5678, 0, 0, map_off],
    );
    for (kind, count, offset) in &layout.tables[1..=6] {
        put(
            out,
            start + 0x38 + (u32::from(*kind) - 1) * 8,
            &[*count, *offset],
        );
    }
}

/// Sizes and checksums of the member at `start`, which reaches to `end`.
fn seal(out: &mut [u8], start: u32, end: u32) {
    put(out, start + 0x20, &[end - start]);
    let digest = checksum::sha1(&out[start as usize + 32..end as usize]);
    out[start as usize + 12..start as usize + 32].copy_from_slice(&digest);
    let sum = checksum::adler32(&out[start as usize + 12..end as usize]);
    put(out, start + 8, &[sum]);
}

/// One logical file of a version before 041.
pub(crate) fn file(file: &File) -> Vec<u8> {
    let ids = Ids::collect(file);
    let layout = Layout::new(file, &ids, 0);
    let mut out = vec![0; layout.end as usize];
    write(file, &ids, &layout, &mut out);
    let end = align(&mut out);
    put(&mut out, 0x68, &[end - layout.end, layout.end]);
    seal(&mut out, 0, end);
    out
}

/// A 041 container: all headers and tables, then all data.
pub(crate) fn container(files: &[File]) -> Vec<u8> {
    let mut start = 0;
    let mut members = Vec::new();
    for file in files {
        let ids = Ids::collect(file);
        let layout = Layout::new(file, &ids, start);
        start = layout.end;
        members.push((file, ids, layout));
    }
    let mut out = vec![0; start as usize];
    for (file, ids, layout) in &members {
        write(file, ids, layout, &mut out);
    }
    let size = align(&mut out);
    let starts: Vec<u32> = members.iter().map(|m| m.2.tables[0].2).collect();
    for &start in &starts {
        put(&mut out, start + 0x70, &[size, start]);
    }
    for (i, &start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(size);
        seal(&mut out, start, end);
    }
    out
}
