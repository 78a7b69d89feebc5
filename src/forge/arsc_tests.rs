use super::*;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Chunks inside `bytes[from..to]` as (type, offset, size).
fn chunks(bytes: &[u8], from: usize, to: usize) -> Vec<(u16, usize, usize)> {
    let mut all = Vec::new();
    let mut at = from;
    while at < to {
        let size = u32_at(bytes, at + 4) as usize;
        all.push((u16_at(bytes, at), at, size));
        at += size;
    }
    assert_eq!(at, to, "the last chunk ends at the end");
    all
}

fn entry(name: &str, values: &[(&str, Value)]) -> Entry {
    let values = values
        .iter()
        .map(|(c, v)| (Config::parse(c).unwrap(), Item::Value(v.clone())))
        .collect();
    Entry {
        name: name.into(),
        values,
    }
}

fn table(layout: Layout) -> Table {
    let strings = Type {
        name: "string".into(),
        entries: vec![
            entry("first", &[("default", Value::String("one".into()))]),
            entry("none", &[]),
            entry(
                "app",
                &[
                    ("default", Value::String("Shop".into())),
                    ("zh-CN", Value::String("商城".into())),
                ],
            ),
        ],
    };
    let package = Package {
        id: 0x7f,
        name: "com.example".into(),
        types: vec![strings],
    };
    Table {
        packages: vec![package],
        layout,
        ..Table::default()
    }
}

#[test]
fn a_table_has_its_chunks_in_order() {
    let table = table(Layout::Dense);
    assert_eq!(table.id("string", "app"), Some(0x7f01_0002));
    assert_eq!(table.id("bool", "app"), None);
    let bytes = table.write();
    assert_eq!(
        (
            u16_at(&bytes, 0),
            u32_at(&bytes, 4) as usize,
            u32_at(&bytes, 8)
        ),
        (2, bytes.len(), 1)
    );
    let outer = chunks(&bytes, 12, bytes.len());
    assert_eq!(outer.iter().map(|c| c.0).collect::<Vec<_>>(), [1, 0x200]);
    let package = outer[1].1;
    assert_eq!(
        (u16_at(&bytes, package + 2), bytes[package + 8]),
        (288, 0x7f)
    );
    assert_eq!(
        bytes[package + 12..package + 18],
        [b'c', 0, b'o', 0, b'm', 0]
    );
    let inner = chunks(&bytes, package + 288, bytes.len());
    assert_eq!(
        inner.iter().map(|c| c.0).collect::<Vec<_>>(),
        [1, 1, 0x202, 0x201, 0x201]
    );
    assert_eq!(
        u32_at(&bytes, package + 276) as usize,
        inner[1].1 - package,
        "keyStrings"
    );
    // the third entry differs by locale
    let spec = inner[2].1;
    assert_eq!(
        (
            u32_at(&bytes, spec + 12),
            u32_at(&bytes, spec + 16),
            u32_at(&bytes, spec + 24)
        ),
        (3, 0, 4)
    );
    // the type chunk of zh-CN: entries 0 and 1 absent, entry 2 at 0
    let zh = inner[4].1;
    assert_eq!(bytes[zh + 28..zh + 32], *b"zhCN");
    assert_eq!(
        [0, 4, 8].map(|o| u32_at(&bytes, zh + 84 + o)),
        [u32::MAX, u32::MAX, 0]
    );
    let at = zh + u32_at(&bytes, zh + 16) as usize;
    // size 8, no flags, key 1 ("app"), value size 8, type string, index 2
    assert_eq!(
        bytes[at..at + 16],
        [8, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 3, 2, 0, 0, 0]
    );
}

#[test]
fn sparse_and_short_offsets() {
    for (layout, flag, count, index) in [
        (Layout::Sparse, 1, 1, &[2, 0, 0, 0][..]),
        (Layout::Offset16, 2, 3, &[0xff, 0xff, 0xff, 0xff, 0, 0]),
    ] {
        let bytes = table(layout).write();
        let package = chunks(&bytes, 12, bytes.len())[1].1;
        let zh = chunks(&bytes, package + 288, bytes.len())[4].1;
        assert_eq!((bytes[zh + 9], u32_at(&bytes, zh + 12)), (flag, count));
        assert_eq!(bytes[zh + 84..zh + 84 + index.len()], *index);
        assert_eq!(u32_at(&bytes, zh + 16) % 4, 0);
    }
}

#[test]
fn compact_entries_are_eight_bytes() {
    let bytes = Table {
        compact: true,
        ..table(Layout::Dense)
    }
    .write();
    // the last entry of the file: key 1, flags compact with type 3 above them, string 2
    assert_eq!(bytes[bytes.len() - 8..], [1, 0, 8, 3, 2, 0, 0, 0]);
}

/// Three-letter codes by hand: f=5, i=8, l=11 are packed as 1, third, second, first (one bit and three of five bits);
/// of the second one, 8, only the top bits are set, which go into the first byte.
#[test]
fn configurations() {
    assert_eq!(packed("fil", b'a'), [0x80 | 11 << 2 | 8 >> 3, 5]);
    assert_eq!(packed("419", b'0'), [0x80 | 9 << 2, 1 << 5 | 4]);
    let mut out = Out::new();
    Config::parse("zh-Hant-TW-night-xhdpi-v26")
        .unwrap()
        .write(&mut out);
    assert_eq!(out.len(), 64);
    assert_eq!(out.0[8..12], *b"zhTW");
    assert_eq!(u16_at(&out.0, 14), 320);
    assert_eq!((u16_at(&out.0, 24), out.0[29]), (26, 0x20));
    assert_eq!(out.0[36..40], *b"Hant");
    assert_eq!(
        Config::parse("zh-rCN").unwrap(),
        Config::parse("zh-CN").unwrap()
    );
    assert!(Config::parse("klingon").is_err());
    assert!(Config::parse("CN").is_err());
}
