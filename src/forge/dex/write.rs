//! Lays out a DEX file (Dalvik executable format, "File layout").

use super::code::{Code, Try, assemble};
use super::model::{Class, Field, Operand, access};
use super::tables::{Lists, Tables};
use crate::forge::out::Out;
use crate::forge::sum::{adler32, sha1};
use crate::forge::{ForgeError, Result};
use std::collections::{BTreeMap, BTreeSet};

/// How to write a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Three digits of the magic number: `035`, `037`, `038`, `039`, `040`.
    pub version: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: "035".to_owned(),
        }
    }
}

const HEADER: usize = 0x70;
const NO_INDEX: u32 = u32::MAX;

/// Writes the classes; those that others extend come first, as the format wants.
pub fn write(classes: &[Class], options: &Options) -> Result<Vec<u8>> {
    if options.version.len() != 3 || !options.version.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ForgeError::new("a DEX version has three digits"));
    }
    let (tables, lists) = Tables::of(classes)?;
    let classes = ordered(classes)?;
    let mut out = Out::new();
    out.zeros(HEADER);
    let strings = reserve(&mut out, lists.strings.len(), 4);
    let types = out.len();
    lists.types.iter().for_each(|&string| out.u32(string));
    let protos = reserve(&mut out, lists.protos.len(), 12);
    let fields = out.len();
    for &(class, kind, name) in &lists.fields {
        out.u16(class);
        out.u16(kind);
        out.u32(name);
    }
    let methods = out.len();
    for &(class, proto, name) in &lists.methods {
        out.u16(class);
        out.u16(proto);
        out.u32(name);
    }
    let defs = reserve(&mut out, classes.len(), 32);
    let data = out.len();
    let mut map: Vec<(u16, usize, usize)> = vec![(0x0000, 1, 0)];
    for (kind, count, at) in [
        (0x0001, lists.strings.len(), strings),
        (0x0002, lists.types.len(), types),
        (0x0003, lists.protos.len(), protos),
        (0x0004, lists.fields.len(), fields),
        (0x0005, lists.methods.len(), methods),
        (0x0006, classes.len(), defs),
    ] {
        map.push((kind, count, at));
    }
    let codes = write_codes(&mut out, &classes, &tables, &mut map)?;
    let type_lists = write_type_lists(&mut out, &classes, &lists, &tables, &mut map)?;
    for (at, (shorty, returns, params)) in lists.protos.iter().enumerate() {
        let entry = protos + at * 12;
        out.put_u32(entry, *shorty);
        out.put_u32(entry + 4, u32::from(*returns));
        out.put_u32(entry + 8, type_lists.get(params).copied().unwrap_or(0));
    }
    map.push((0x2002, lists.strings.len(), out.len()));
    for (at, text) in lists.strings.iter().enumerate() {
        let position = out.pos();
        out.put_u32(strings + at * 4, position);
        write_string(&mut out, text);
    }
    let values = write_values(&mut out, &classes, &tables, &mut map)?;
    let members = write_members(&mut out, &classes, &tables, &codes, &mut map)?;
    for (at, class) in classes.iter().enumerate() {
        let entry = defs + at * 32;
        let superclass = match &class.superclass {
            Some(name) => u32::from(tables.kind(name)?),
            None => NO_INDEX,
        };
        let interfaces = type_lists
            .get(&kinds(&class.interfaces, &tables)?)
            .copied()
            .unwrap_or(0);
        let row = [
            u32::from(tables.kind(&class.name)?),
            class.flags,
            superclass,
            interfaces,
            NO_INDEX,
            0,
            members.get(&at).copied().unwrap_or(0),
            values.get(&at).copied().unwrap_or(0),
        ];
        for (i, word) in row.into_iter().enumerate() {
            out.put_u32(entry + i * 4, word);
        }
    }
    out.align(4);
    let map_at = out.len();
    map.push((0x1000, 1, map_at));
    map.retain(|row| row.1 > 0);
    out.u32(map.len() as u32);
    for &(kind, count, at) in &map {
        out.u16(kind);
        out.u16(0);
        out.u32(count as u32);
        out.u32(at as u32);
    }
    let size = out.len();
    out.put(0, format!("dex\n{}\0", options.version).as_bytes());
    let section = |count: usize, at: usize| [count, if count == 0 { 0 } else { at }];
    let mut words = vec![size, HEADER, 0x1234_5678, 0, 0, map_at];
    words.extend(section(lists.strings.len(), strings));
    words.extend(section(lists.types.len(), types));
    words.extend(section(lists.protos.len(), protos));
    words.extend(section(lists.fields.len(), fields));
    words.extend(section(lists.methods.len(), methods));
    words.extend(section(classes.len(), defs));
    words.extend([size - data, data]);
    for (at, word) in words.into_iter().enumerate() {
        out.put_u32(32 + at * 4, word as u32);
    }
    let mut bytes = out.0;
    reseal(&mut bytes);
    Ok(bytes)
}

/// Writes signature and checksum again after bytes were changed by hand. Does nothing to less than a header.
pub fn reseal(dex: &mut [u8]) {
    if dex.len() < HEADER {
        return;
    }
    let digest = sha1(&dex[32..]);
    dex[12..32].copy_from_slice(&digest);
    let sum = adler32(&dex[12..]);
    dex[8..12].copy_from_slice(&sum.to_le_bytes());
}

fn reserve(out: &mut Out, count: usize, size: usize) -> usize {
    let at = out.len();
    out.zeros(count * size);
    at
}

/// Superclass and interfaces before the class (DEX format, `class_defs`).
fn ordered(classes: &[Class]) -> Result<Vec<&Class>> {
    let mut by_name: BTreeMap<&str, &Class> = BTreeMap::new();
    for class in classes {
        if by_name.insert(&class.name, class).is_some() {
            return Err(ForgeError::new(format!(
                "{} is defined twice in one DEX",
                class.name
            )));
        }
    }
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut order = Vec::new();
    for class in classes {
        // Depth first with an own stack: a chain of superclasses may be long.
        let mut stack = vec![(class, false)];
        let mut open: BTreeSet<&str> = BTreeSet::new();
        while let Some((class, parents_done)) = stack.pop() {
            if parents_done {
                open.remove(class.name.as_str());
                if done.insert(&class.name) {
                    order.push(class);
                }
                continue;
            }
            if done.contains(class.name.as_str()) {
                continue;
            }
            if !open.insert(&class.name) {
                return Err(ForgeError::new(format!("{} extends itself", class.name)));
            }
            stack.push((class, true));
            for parent in class.superclass.iter().chain(&class.interfaces) {
                if let Some(parent) = by_name.get(parent.as_str()) {
                    stack.push((parent, false));
                }
            }
        }
    }
    Ok(order)
}

fn kinds(names: &[String], tables: &Tables) -> Result<Vec<u16>> {
    names.iter().map(|n| tables.kind(n)).collect()
}

type Map = Vec<(u16, usize, usize)>;

/// Code items; the offset of each by class and method position.
fn write_codes(
    out: &mut Out,
    classes: &[&Class],
    tables: &Tables,
    map: &mut Map,
) -> Result<BTreeMap<(usize, usize), u32>> {
    let start = out.len();
    let mut offsets = BTreeMap::new();
    for (c, class) in classes.iter().enumerate() {
        for (m, method) in class
            .methods
            .iter()
            .enumerate()
            .filter(|(_, m)| !m.without_code())
        {
            let Code {
                registers,
                ins,
                outs,
                words,
                tries,
            } = assemble(&class.name, method, tables)?;
            out.align(4);
            offsets.insert((c, m), out.pos());
            out.u16(registers);
            out.u16(ins);
            out.u16(outs);
            out.u16(tries.len() as u16);
            out.u32(0);
            out.u32(words.len() as u32);
            let is_odd = words.len() % 2 == 1;
            words.into_iter().for_each(|word| out.u16(word));
            if !tries.is_empty() {
                if is_odd {
                    out.u16(0);
                }
                write_tries(out, &tries);
            }
        }
    }
    out.align(4);
    map.push((0x2001, offsets.len(), start));
    Ok(offsets)
}

/// `try_item` and `encoded_catch_handler_list`; each try has its own handlers.
fn write_tries(out: &mut Out, tries: &[Try]) {
    let mut list = Out::new();
    list.uleb128(tries.len() as u32);
    for one in tries {
        out.u32(one.start);
        out.u16((one.end - one.start) as u16);
        out.u16(list.len() as u16);
        let typed: Vec<_> = one.handlers.iter().filter(|h| h.0.is_some()).collect();
        // sleb128 of one byte: zero or less says that a catch-all comes last.
        let all = one.handlers.iter().find(|h| h.0.is_none());
        let count = typed.len() as i8;
        list.u8((if all.is_some() { -count } else { count }) as u8 & 0x7f);
        for (kind, at) in typed {
            list.uleb128(u32::from(kind.unwrap_or_default()));
            list.uleb128(*at);
        }
        if let Some((_, at)) = all {
            list.uleb128(*at);
        }
    }
    list.0.into_iter().for_each(|byte| out.u8(byte));
}

/// Type lists of prototypes and interfaces, each once; the offset of each.
fn write_type_lists(
    out: &mut Out,
    classes: &[&Class],
    lists: &Lists,
    tables: &Tables,
    map: &mut Map,
) -> Result<BTreeMap<Vec<u16>, u32>> {
    let mut all: BTreeSet<Vec<u16>> = lists.protos.iter().map(|p| p.2.clone()).collect();
    for class in classes {
        all.insert(kinds(&class.interfaces, tables)?);
    }
    all.remove(&Vec::new());
    let start = out.len();
    let mut offsets = BTreeMap::new();
    for list in all {
        out.align(4);
        let position = out.pos();
        out.u32(list.len() as u32);
        list.iter().for_each(|&kind| out.u16(kind));
        offsets.insert(list, position);
    }
    map.push((0x1001, offsets.len(), start));
    Ok(offsets)
}

/// Length in UTF-16 units, then MUTF-8, then zero (DEX format, `string_data_item`).
fn write_string(out: &mut Out, text: &str) {
    out.uleb128(text.encode_utf16().count() as u32);
    for unit in text.encode_utf16() {
        match unit {
            1..=0x7f => out.u8(unit as u8),
            0 | 0x80..=0x7ff => {
                out.u8(0xc0 | (unit >> 6) as u8);
                out.u8(0x80 | (unit & 0x3f) as u8);
            }
            _ => {
                out.u8(0xe0 | (unit >> 12) as u8);
                out.u8(0x80 | (unit >> 6 & 0x3f) as u8);
                out.u8(0x80 | (unit & 0x3f) as u8);
            }
        }
    }
    out.u8(0);
}

/// Static fields of a class in the order of the table.
fn fields_of(class: &Class, fixed: bool, tables: &Tables) -> Result<Vec<(u16, Field)>> {
    let mut all = Vec::new();
    for field in class
        .fields
        .iter()
        .filter(|f| (f.flags & access::STATIC != 0) == fixed)
    {
        let reference = super::model::FieldRef {
            class: class.name.clone(),
            name: field.name.clone(),
            kind: field.kind.clone(),
        };
        all.push((tables.field(&reference)?, field.clone()));
    }
    all.sort_by_key(|f| f.0);
    Ok(all)
}

/// First values of static fields (`encoded_array_item`); the offset by class.
fn write_values(
    out: &mut Out,
    classes: &[&Class],
    tables: &Tables,
    map: &mut Map,
) -> Result<BTreeMap<usize, u32>> {
    let start = out.len();
    let mut offsets = BTreeMap::new();
    for (c, class) in classes.iter().enumerate() {
        let fields = fields_of(class, true, tables)?;
        let Some(last) = fields.iter().rposition(|f| f.1.value.is_some()) else {
            continue;
        };
        offsets.insert(c, out.pos());
        out.uleb128(last as u32 + 1);
        for (_, field) in fields.iter().take(last + 1) {
            write_value(out, &field.kind, field.value.as_ref(), tables)?;
        }
    }
    map.push((0x2005, offsets.len(), start));
    Ok(offsets)
}

fn write_value(out: &mut Out, kind: &str, value: Option<&Operand>, tables: &Tables) -> Result<()> {
    let type_code = match kind {
        "B" => 0x00,
        "S" => 0x02,
        "C" => 0x03,
        "I" => 0x04,
        "J" => 0x06,
        "F" => 0x10,
        "D" => 0x11,
        _ => 0x1e,
    };
    match (kind, value) {
        ("Z", None) => out.u8(0x1f),
        ("Z", Some(Operand::Int(n))) => out.u8(0x1f | u8::from(*n != 0) << 5),
        ("J", Some(Operand::Int(n))) => {
            out.u8(0x06 | 7 << 5);
            out.u64(i64::from(*n) as u64);
        }
        ("J", Some(Operand::Long(n))) => {
            out.u8(0x06 | 7 << 5);
            out.u64(*n as u64);
        }
        ("I", Some(Operand::Int(n))) => {
            out.u8(0x04 | 3 << 5);
            out.u32(*n as u32);
        }
        (_, Some(Operand::Text(text))) => {
            out.u8(0x17 | 3 << 5);
            out.u32(tables.string(text)?);
        }
        (_, Some(Operand::Class(name))) => {
            out.u8(0x18 | 1 << 5);
            out.u16(tables.kind(name)?);
        }
        (_, None | Some(Operand::Null)) if type_code == 0x1e => out.u8(0x1e),
        (_, None) => {
            out.u8(type_code);
            out.u8(0);
        }
        _ => {
            return Err(ForgeError::new(format!(
                "a first value of type {kind} is not supported"
            )));
        }
    }
    Ok(())
}

/// Members of classes (`class_data_item`); the offset by class.
fn write_members(
    out: &mut Out,
    classes: &[&Class],
    tables: &Tables,
    codes: &BTreeMap<(usize, usize), u32>,
    map: &mut Map,
) -> Result<BTreeMap<usize, u32>> {
    let start = out.len();
    let mut offsets = BTreeMap::new();
    for (c, class) in classes.iter().enumerate() {
        if class.fields.is_empty() && class.methods.is_empty() {
            continue;
        }
        offsets.insert(c, out.pos());
        let groups = [
            fields_of(class, true, tables)?,
            fields_of(class, false, tables)?,
        ];
        let mut direct = Vec::new();
        let mut other = Vec::new();
        for (m, method) in class.methods.iter().enumerate() {
            let reference = super::model::MethodRef {
                class: class.name.clone(),
                name: method.name.clone(),
                proto: method.proto.clone(),
            };
            let code = codes.get(&(c, m)).copied().unwrap_or(0);
            let list = if method.direct() {
                &mut direct
            } else {
                &mut other
            };
            list.push((tables.method(&reference)?, method.flags, code));
        }
        direct.sort_unstable();
        other.sort_unstable();
        for count in [groups[0].len(), groups[1].len(), direct.len(), other.len()] {
            out.uleb128(count as u32);
        }
        for group in &groups {
            let mut before = 0;
            for (index, field) in group {
                out.uleb128(u32::from(index - before));
                out.uleb128(field.flags);
                before = *index;
            }
        }
        for group in [&direct, &other] {
            let mut before = 0;
            for &(index, flags, code) in group {
                out.uleb128(u32::from(index - before));
                out.uleb128(flags);
                out.uleb128(code);
                before = index;
            }
        }
    }
    map.push((0x2000, offsets.len(), start));
    Ok(offsets)
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
