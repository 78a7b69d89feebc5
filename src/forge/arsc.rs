//! Resource tables (AOSP `ResTable_*`, ResourceTypes.h).

use super::axml::Value;
use super::out::Out;
use super::pool::Pool;
use super::{ForgeError, Result};
use std::collections::BTreeSet;

/// For which devices a value is (AOSP `ResTable_config`); the default fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Config {
    /// Two or three letters, lower case; empty for any.
    pub language: String,
    /// Four letters, first one upper case; empty for any.
    pub script: String,
    /// Two letters, upper case, or three digits; empty for any.
    pub region: String,
    /// Dots per inch; 0 for any, 0xfffe for `anydpi`.
    pub density: u16,
    /// Least API level; 0 for any.
    pub sdk: u16,
    /// `night` (`Some(true)`), `notnight`.
    pub night: Option<bool>,
    /// `land` (`Some(true)`), `port`.
    pub land: Option<bool>,
}

impl Config {
    /// Parses `default`, or qualifiers joined by `-`: a locale (`zh-CN`, `zh-Hant-TW`, `zh-rCN`, `es-419`),
    /// `v26`, `xhdpi`, `320dpi`, `night`, `land` …
    pub fn parse(text: &str) -> Result<Self> {
        let mut config = Self::default();
        if text == "default" {
            return Ok(config);
        }
        for (at, part) in text.split('-').enumerate() {
            let alphabetic = part.bytes().all(|b| b.is_ascii_alphabetic());
            let lower = part.bytes().all(|b| b.is_ascii_lowercase());
            match part {
                "night" | "notnight" => config.night = Some(part == "night"),
                "land" | "port" => config.land = Some(part == "land"),
                "ldpi" => config.density = 120,
                "mdpi" => config.density = 160,
                "tvdpi" => config.density = 213,
                "hdpi" => config.density = 240,
                "xhdpi" => config.density = 320,
                "xxhdpi" => config.density = 480,
                "xxxhdpi" => config.density = 640,
                "anydpi" => config.density = 0xfffe,
                _ if at == 0 && lower && matches!(part.len(), 2 | 3) => {
                    config.language = part.to_owned()
                }
                _ if alphabetic && part.len() == 4 => config.script = part.to_owned(),
                _ => {
                    let bad = || ForgeError::new(format!("{text:?}: unknown qualifier {part:?}"));
                    let region = part.strip_prefix('r').unwrap_or(part);
                    if let Some(level) = part.strip_prefix('v').and_then(|n| n.parse().ok()) {
                        config.sdk = level;
                    } else if let Some(dpi) = part.strip_suffix("dpi").and_then(|n| n.parse().ok())
                    {
                        config.density = dpi;
                    } else if (region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()))
                        || (region.len() == 3 && region.bytes().all(|b| b.is_ascii_digit()))
                    {
                        config.region = region.to_owned();
                    } else {
                        return Err(bad());
                    }
                }
            }
        }
        if config.language.is_empty() && (!config.region.is_empty() || !config.script.is_empty()) {
            return Err(ForgeError::new(format!(
                "{text:?}: a region without a language"
            )));
        }
        Ok(config)
    }

    fn write(&self, out: &mut Out) {
        let at = out.len();
        out.u32(64);
        out.u32(0);
        out.bytes(&packed(&self.language, b'a'));
        out.bytes(&packed(&self.region, b'0'));
        out.u8(self.land.map_or(0, |land| 1 + u8::from(land)));
        out.u8(0);
        out.u16(self.density);
        out.zeros(8);
        out.u16(self.sdk);
        out.u16(0);
        out.u8(0);
        out.u8(self
            .night
            .map_or(0, |night| if night { 0x20 } else { 0x10 }));
        out.zeros(6);
        let mut script = self.script.clone().into_bytes();
        script.resize(4, 0);
        out.bytes(&script);
        out.zeros(at + 64 - out.len());
    }

    /// The configuration axes in which this one departs from the default (AOSP `CONFIG_*`).
    fn axes(&self) -> u32 {
        let mut axes = 0;
        for (departs, bit) in [
            (!self.language.is_empty(), 0x4),
            (self.land.is_some(), 0x80),
            (self.density != 0, 0x100),
            (self.sdk != 0, 0x400),
            (self.night.is_some(), 0x1000),
        ] {
            if departs {
                axes |= bit;
            }
        }
        axes
    }
}

/// Two letters as they are; three packed into 15 bits (AOSP `packLanguageOrRegion`).
fn packed(code: &str, base: u8) -> [u8; 2] {
    match *code.as_bytes() {
        [a, b] => [a, b],
        [a, b, c] => {
            let five = |x: u8| x.wrapping_sub(base) & 0x1f;
            let (first, second, third) = (five(a), five(b), five(c));
            [0x80 | third << 2 | second >> 3, second << 5 | first]
        }
        _ => [0, 0],
    }
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// One value.
    Value(Value),
    /// A map (style, array, plural): parent id, then `(name id, value)`.
    Bag(u32, Vec<(u32, Value)>),
}

/// One resource: its name and its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// Value per configuration; none where only another table has values.
    pub values: Vec<(Config, Item)>,
}

/// Resources of one type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Type {
    /// `string`, `bool`, `xml` …
    pub name: String,
    /// Entries; the position is the low half of the resource id.
    pub entries: Vec<Entry>,
}

/// One package.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Package {
    /// 0x7f for apps, 0x80 and above for feature splits.
    pub id: u8,
    /// Package name.
    pub name: String,
    /// Types; the position plus one is the type id.
    pub types: Vec<Type>,
}

/// How the entries of a type are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One 32-bit offset per entry.
    #[default]
    Dense,
    /// Index and offset of the entries that are there (`FLAG_SPARSE`).
    Sparse,
    /// One 16-bit offset per entry (`FLAG_OFFSET16`).
    Offset16,
}

/// A resource table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Packages.
    pub packages: Vec<Package>,
    /// Values' string pool in UTF-16 instead of UTF-8.
    pub utf16: bool,
    /// Layout of the types.
    pub layout: Layout,
    /// Plain values as compact entries (`FLAG_COMPACT`, Android 14).
    pub compact: bool,
}

impl Table {
    /// Id of a resource by type and name.
    pub fn id(&self, kind: &str, name: &str) -> Option<u32> {
        self.packages.iter().find_map(|package| {
            let t = package.types.iter().position(|t| t.name == kind)?;
            let e = package
                .types
                .get(t)?
                .entries
                .iter()
                .position(|e| e.name == name)?;
            Some(u32::from(package.id) << 24 | (t as u32 + 1) << 16 | e as u32)
        })
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let mut values = Pool::new(!self.utf16);
        let packages: Vec<Vec<u8>> = self
            .packages
            .iter()
            .map(|p| self.package(p, &mut values))
            .collect();
        let mut out = Out::new();
        out.u16(0x0002);
        out.u16(12);
        out.u32(0);
        out.u32(packages.len() as u32);
        values.write(&mut out);
        packages.iter().for_each(|p| out.bytes(p));
        let size = out.pos();
        out.put_u32(4, size);
        out.0
    }

    fn package(&self, package: &Package, values: &mut Pool) -> Vec<u8> {
        let mut types = Pool::new(true);
        let mut keys = Pool::new(true);
        let mut chunks = Out::new();
        for (at, kind) in package.types.iter().enumerate() {
            types.add_anew(&kind.name);
            let configs: BTreeSet<&Config> = kind
                .entries
                .iter()
                .flat_map(|e| e.values.iter().map(|v| &v.0))
                .collect();
            if configs.is_empty() {
                continue;
            }
            spec(&mut chunks, at as u8 + 1, kind, configs.len());
            for config in configs {
                self.kind(&mut chunks, at as u8 + 1, kind, config, values, &mut keys);
            }
        }
        let mut out = Out::new();
        out.u16(0x0200);
        out.u16(288);
        out.u32(0);
        out.u32(u32::from(package.id));
        for unit in package
            .name
            .encode_utf16()
            .chain(std::iter::repeat(0))
            .take(127)
        {
            out.u16(unit);
        }
        out.u16(0);
        out.u32(288);
        out.u32(0);
        let keys_at = out.len();
        out.u32(0);
        out.u32(0);
        out.u32(0);
        types.write(&mut out);
        let keys_start = out.pos();
        out.put_u32(keys_at, keys_start);
        keys.write(&mut out);
        out.bytes(&chunks.0);
        let size = out.pos();
        out.put_u32(4, size);
        out.0
    }

    fn kind(
        &self,
        out: &mut Out,
        id: u8,
        kind: &Type,
        config: &Config,
        values: &mut Pool,
        keys: &mut Pool,
    ) {
        let mut data = Out::new();
        let mut offsets: Vec<Option<u32>> = Vec::new();
        for entry in &kind.entries {
            let item = entry.values.iter().find(|v| v.0 == *config).map(|v| &v.1);
            offsets.push(item.map(|item| {
                let at = data.pos();
                self.entry(&mut data, keys.add(&entry.name), item, values);
                at
            }));
        }
        let mut index = Out::new();
        let mut count = offsets.len();
        match self.layout {
            Layout::Dense => offsets
                .iter()
                .for_each(|o| index.u32(o.unwrap_or(u32::MAX))),
            Layout::Offset16 => {
                offsets
                    .iter()
                    .for_each(|o| index.u16(o.map_or(0xffff, |o| (o / 4) as u16)));
            }
            Layout::Sparse => {
                count = 0;
                for (at, offset) in offsets.iter().enumerate() {
                    if let Some(offset) = offset {
                        index.u16(at as u16);
                        index.u16((offset / 4) as u16);
                        count += 1;
                    }
                }
            }
        }
        index.align(4);
        let start = 84 + index.pos();
        out.u16(0x0201);
        out.u16(84);
        out.u32(start + data.pos());
        out.u8(id);
        out.u8(match self.layout {
            Layout::Dense => 0,
            Layout::Sparse => 1,
            Layout::Offset16 => 2,
        });
        out.u16(0);
        out.u32(count as u32);
        out.u32(start);
        config.write(out);
        out.bytes(&index.0);
        out.bytes(&data.0);
    }

    fn entry(&self, out: &mut Out, key: u32, item: &Item, values: &mut Pool) {
        match item {
            Item::Value(value) => {
                let (kind, data) = value.encode(values);
                if self.compact {
                    out.u16(key as u16);
                    out.u16(0x0008 | u16::from(kind) << 8);
                    out.u32(data);
                } else {
                    out.u16(8);
                    out.u16(0);
                    out.u32(key);
                    typed(out, kind, data);
                }
            }
            Item::Bag(parent, items) => {
                out.u16(16);
                out.u16(1);
                out.u32(key);
                out.u32(*parent);
                out.u32(items.len() as u32);
                for (name, value) in items {
                    out.u32(*name);
                    let (kind, data) = value.encode(values);
                    typed(out, kind, data);
                }
            }
        }
    }
}

fn typed(out: &mut Out, kind: u8, data: u32) {
    out.u16(8);
    out.u8(0);
    out.u8(kind);
    out.u32(data);
}

fn spec(out: &mut Out, id: u8, kind: &Type, configs: usize) {
    out.u16(0x0202);
    out.u16(16);
    out.u32(16 + 4 * kind.entries.len() as u32);
    out.u8(id);
    out.u8(0);
    out.u16(configs as u16);
    out.u32(kind.entries.len() as u32);
    for entry in &kind.entries {
        out.u32(
            entry
                .values
                .iter()
                .fold(0, |axes, value| axes | value.0.axes()),
        );
    }
}

#[cfg(test)]
#[path = "arsc_tests.rs"]
mod tests;
