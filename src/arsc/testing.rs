//! Writers of chunks, string pools and tables for tests. They follow
//! ResourceTypes.h on their own and share no code with the readers.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

/// A chunk of `kind`: header fields, then body, sizes filled in.
pub(crate) fn chunk(kind: u16, fields: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(kind.to_le_bytes());
    out.extend((8 + fields.len() as u16).to_le_bytes());
    out.extend((8 + fields.len() as u32 + body.len() as u32).to_le_bytes());
    out.extend(fields);
    out.extend(body);
    out
}

/// Numbers as little-endian words.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// A string pool chunk.
pub(crate) fn pool_chunk(strings: &[&str], utf8: bool) -> Vec<u8> {
    let mut offsets = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for string in strings {
        offsets.extend((data.len() as u32).to_le_bytes());
        let units: Vec<u16> = string.encode_utf16().collect();
        if utf8 {
            for length in [units.len(), string.len()] {
                if length > 0x7f {
                    data.push(0x80 | (length >> 8) as u8 & 0x7f);
                }
                data.push(length as u8);
            }
            data.extend(string.as_bytes());
            data.push(0);
        } else {
            if units.len() > 0x7fff {
                data.extend((0x8000 | (units.len() >> 16) as u16).to_le_bytes());
            }
            data.extend((units.len() as u16).to_le_bytes());
            data.extend(units.iter().flat_map(|u| u.to_le_bytes()));
            data.extend([0, 0]);
        }
    }
    while !data.len().is_multiple_of(4) {
        data.push(0);
    }
    let fields = words(&[
        strings.len() as u32,
        0,
        if utf8 { 1 << 8 } else { 0 },
        28 + offsets.len() as u32,
        0,
    ]);
    offsets.extend(data);
    chunk(0x0001, &fields, &offsets)
}

/// How the entries of a type chunk are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Sparse,
    Offset16,
    Compact,
}

/// An entry: index, key, type and data; type 0xff makes a bag without items.
pub(crate) type TestEntry = (u16, u32, u8, u32);

/// A `ResTable_config` of 64 bytes: locale as stored and API level.
pub(crate) fn config(language: &[u8; 2], region: &[u8; 2], sdk: u16) -> Vec<u8> {
    let mut bytes = vec![0u8; 64];
    bytes[0] = 64;
    bytes[8..10].copy_from_slice(language);
    bytes[10..12].copy_from_slice(region);
    bytes[24..26].copy_from_slice(&sdk.to_le_bytes());
    bytes
}

/// A `ResTable_type` chunk.
pub(crate) fn type_chunk(
    id: u8,
    config: &[u8],
    encoding: Encoding,
    entries: &[TestEntry],
) -> Vec<u8> {
    let mut data = Vec::new();
    let mut places = Vec::new();
    for &(index, key, kind, value) in entries {
        places.push((index, data.len()));
        match (kind, encoding) {
            (0xff, _) => {
                data.extend(16u16.to_le_bytes());
                data.extend(1u16.to_le_bytes());
                data.extend(words(&[key, 0, 0]));
            }
            (_, Encoding::Compact) => {
                data.extend((key as u16).to_le_bytes());
                data.extend((u16::from(kind) << 8 | 8).to_le_bytes());
                data.extend(value.to_le_bytes());
            }
            _ => {
                data.extend(8u16.to_le_bytes());
                data.extend(0u16.to_le_bytes());
                data.extend(key.to_le_bytes());
                data.extend([8, 0, 0, kind]);
                data.extend(value.to_le_bytes());
            }
        }
    }
    let count = entries
        .iter()
        .map(|e| u32::from(e.0) + 1)
        .max()
        .unwrap_or(0);
    let mut offsets = Vec::new();
    let place = |index: u32| places.iter().find(|p| u32::from(p.0) == index).map(|p| p.1);
    let (flags, count) = match encoding {
        Encoding::Plain | Encoding::Compact => {
            for index in 0..count {
                offsets.extend(place(index).map_or(u32::MAX, |p| p as u32).to_le_bytes());
            }
            (0u8, count)
        }
        Encoding::Offset16 => {
            for index in 0..count {
                offsets.extend(
                    place(index)
                        .map_or(u16::MAX, |p| (p / 4) as u16)
                        .to_le_bytes(),
                );
            }
            if !offsets.len().is_multiple_of(4) {
                offsets.extend([0, 0]);
            }
            (2, count)
        }
        Encoding::Sparse => {
            for (index, place) in &places {
                offsets.extend(index.to_le_bytes());
                offsets.extend(((place / 4) as u16).to_le_bytes());
            }
            (1, places.len() as u32)
        }
    };
    let mut fields = vec![id, flags, 0, 0];
    fields.extend(count.to_le_bytes());
    fields.extend((20 + config.len() as u32 + offsets.len() as u32).to_le_bytes());
    fields.extend(config);
    offsets.extend(data);
    chunk(0x0201, &fields, &offsets)
}

/// A `ResTable_package` chunk.
pub(crate) fn package_chunk(
    id: u32,
    name: &str,
    types: &[&str],
    keys: &[&str],
    chunks: &[Vec<u8>],
) -> Vec<u8> {
    let types = pool_chunk(types, true);
    let keys = pool_chunk(keys, true);
    let mut fields = words(&[id]);
    let mut units: Vec<u16> = name.encode_utf16().collect();
    units.resize(128, 0);
    fields.extend(units.iter().flat_map(|u| u.to_le_bytes()));
    fields.extend(words(&[288, 0, 288 + types.len() as u32, 0, 0]));
    let mut body = types;
    body.extend(keys);
    let mut specs = Vec::new();
    for one in chunks {
        // ResTable_typeSpec comes before the first ResTable_type of its id.
        if one[..2] == 0x0201u16.to_le_bytes() && !specs.contains(&one[8]) {
            specs.push(one[8]);
            body.extend(chunk(0x0202, &words(&[u32::from(one[8]), 0]), &[]));
        }
        body.extend(one);
    }
    chunk(0x0200, &fields, &body)
}

/// A whole table.
pub(crate) fn table(values: &[&str], packages: &[Vec<u8>]) -> Vec<u8> {
    let mut body = pool_chunk(values, true);
    body.extend(packages.concat());
    chunk(0x0002, &words(&[packages.len() as u32]), &body)
}

/// A small pseudo-random generator (xorshift64*) with a fixed seed, for mutation tests.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Changes, cuts or repeats a few bytes.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                return;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] = self.next() as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 => {
                    let end = (at + 4).min(bytes.len());
                    let value =
                        [0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff][self.below(6)];
                    bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
                }
                3 => bytes.truncate(at),
                4 => {
                    let end = (at + self.below(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let end = (at + self.below(16)).min(bytes.len());
                    bytes.drain(at..end);
                }
            }
        }
    }
}
