//! Tests of the table over bytes whose truth is known.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use super::testing::{Encoding, Random, chunk, config, package_chunk, table, type_chunk, words};
use super::*;
use crate::incident::IncidentCode;
use crate::limits::Limits;

const STRING: u8 = 3;
const REFERENCE: u8 = 1;
const BAG: u8 = 0xff;
const NONE: &[u8; 2] = &[0, 0];

fn app(encoding: Encoding) -> Vec<u8> {
    let strings = type_chunk(
        1,
        &config(NONE, NONE, 0),
        encoding,
        &[
            (0, 0, STRING, 0),
            (2, 1, REFERENCE, 0x7f01_0000),
            (3, 2, REFERENCE, 0x7f01_0003),
            (5, 3, BAG, 0),
        ],
    );
    let french = type_chunk(1, &config(b"fr", NONE, 0), encoding, &[(0, 0, STRING, 1)]);
    let chinese = type_chunk(
        1,
        &config(b"zh", b"CN", 0),
        encoding,
        &[(0, 0, STRING, 2), (2, 1, STRING, 3)],
    );
    let bools = type_chunk(2, &config(NONE, NONE, 0), encoding, &[(1, 4, 0x12, 0)]);
    let bools21 = type_chunk(
        2,
        &config(NONE, NONE, 21),
        encoding,
        &[(1, 4, 0x12, u32::MAX)],
    );
    let keys = ["app_name", "title", "circle", "style", "on_21"];
    let package = package_chunk(
        0x7f,
        "org.example",
        &["string", "bool"],
        &keys,
        &[strings, french, chinese, bools, bools21],
    );
    table(&["Hello", "Bonjour", "你好", "标题"], &[package])
}

fn tables(bytes: &[u8]) -> ResTables<'_> {
    let (table, incidents) =
        ResTable::parse(bytes, "a.apk!resources.arsc", &Limits::default()).unwrap();
    assert_eq!(incidents, []);
    let mut tables = ResTables::new(&Limits::default());
    tables.push(table);
    tables
}

fn text(tables: &ResTables<'_>, id: u32, want: &Config) -> Option<String> {
    tables.resolve(id, want).and_then(|r| r.value.to_text())
}

#[test]
fn every_encoding_of_entries_gives_the_same_table() {
    for encoding in [
        Encoding::Plain,
        Encoding::Sparse,
        Encoding::Offset16,
        Encoding::Compact,
    ] {
        let bytes = app(encoding);
        let tables = tables(&bytes);
        let french = Config {
            language: *b"fr\0",
            ..Config::DEVICE
        };
        let canada = Config {
            region: *b"CA\0",
            ..french
        };
        assert_eq!(
            text(&tables, 0x7f01_0000, &Config::DEVICE).as_deref(),
            Some("Hello"),
            "{encoding:?}"
        );
        assert_eq!(
            text(&tables, 0x7f01_0000, &french).as_deref(),
            Some("Bonjour")
        );
        assert_eq!(
            text(&tables, 0x7f01_0000, &canada).as_deref(),
            Some("Bonjour")
        );
        // A reference is followed in the configuration that is wanted.
        assert_eq!(
            text(&tables, 0x7f01_0002, &french).as_deref(),
            Some("Bonjour")
        );
        // Circles, bags, gaps, other types and packages have no value.
        for id in [
            0x7f01_0003,
            0x7f01_0005,
            0x7f01_0001,
            0x7f01_0006,
            0x7f03_0000,
            0x7e01_0000,
            0,
        ] {
            assert_eq!(tables.resolve(id, &Config::DEVICE), None, "{id:#x}");
        }
        // The highest API level wins, unless the device is older.
        assert_eq!(
            text(&tables, 0x7f02_0001, &Config::DEVICE).as_deref(),
            Some("true")
        );
        let old = Config {
            sdk_version: 20,
            ..Config::DEVICE
        };
        assert_eq!(text(&tables, 0x7f02_0001, &old).as_deref(), Some("false"));
        let name = tables.name(0x7f02_0001).unwrap();
        assert_eq!((&*name.0, &*name.1), ("bool", "on_21"));
        let name = tables.name(0x7f01_0005).unwrap();
        assert_eq!(
            (&*name.0, &*name.1),
            ("string", "style"),
            "a bag has a name"
        );
        assert_eq!(tables.values(0x7f01_0000).count(), 3);
        assert!(
            tables.is_bag(0x7f01_0005)
                && !tables.is_bag(0x7f01_0000)
                && !tables.is_bag(0x7f01_0001)
        );
    }
}

#[test]
fn labels_are_those_of_every_locale() {
    let bytes = app(Encoding::Plain);
    let tables = tables(&bytes);
    let labels: Vec<_> = tables.labels(0x7f01_0000).into_iter().collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        labels,
        [
            pair("", "Hello"),
            pair("fr", "Bonjour"),
            pair("zh-CN", "你好")
        ]
    );
    // 0x7f010002 is a reference by default and has its own Chinese text.
    let labels: Vec<_> = tables.labels(0x7f01_0002).into_iter().collect();
    assert_eq!(
        labels,
        [
            pair("", "Hello"),
            pair("fr", "Bonjour"),
            pair("zh-CN", "标题")
        ]
    );
}

#[test]
fn a_split_adds_configurations_and_a_feature_a_package() {
    let base = app(Encoding::Plain);
    let german = type_chunk(
        1,
        &config(b"de", NONE, 0),
        Encoding::Compact,
        &[(0, 0, STRING, 0)],
    );
    let package = package_chunk(0x7f, "org.example", &["string"], &["app_name"], &[german]);
    let feature = type_chunk(
        1,
        &config(NONE, NONE, 0),
        Encoding::Plain,
        &[(0, 0, STRING, 1)],
    );
    let feature = package_chunk(
        0x80,
        "org.example.feature",
        &["string"],
        &["feature"],
        &[feature],
    );
    let split = table(&["Hallo", "Feature"], &[package, feature]);
    let mut tables = tables(&base);
    let (table, _) =
        ResTable::parse(&split, "split.apk!resources.arsc", &Limits::default()).unwrap();
    tables.push(table);
    let german = Config {
        language: *b"de\0",
        ..Config::DEVICE
    };
    let found = tables.resolve(0x7f01_0000, &german).unwrap();
    assert_eq!(
        (found.value.to_text().as_deref(), found.table),
        (Some("Hallo"), 1)
    );
    assert_eq!(
        text(&tables, 0x8001_0000, &german).as_deref(),
        Some("Feature")
    );
    assert_eq!(tables.labels(0x7f01_0000).len(), 4);
}

#[test]
fn a_value_is_found_where_only_other_configurations_have_one() {
    let french = type_chunk(
        1,
        &config(b"fr", NONE, 0),
        Encoding::Plain,
        &[(0, 0, STRING, 0)],
    );
    let english = type_chunk(
        1,
        &config(b"en", b"GB", 0),
        Encoding::Plain,
        &[(0, 0, STRING, 1)],
    );
    let package = package_chunk(0x7f, "p", &["string"], &["s"], &[french, english]);
    let bytes = table(&["Salut", "Hi"], &[package]);
    assert_eq!(
        text(&tables(&bytes), 0x7f01_0000, &Config::DEVICE).as_deref(),
        Some("Hi")
    );
}

#[test]
fn dynamic_references_go_through_the_library_chunk() {
    // The app calls the library 0x05; in this set of tables its package has id 0x80.
    let mut lib = words(&[5]);
    let mut name: Vec<u8> = "com.lib"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    name.resize(256, 0);
    lib.extend(name);
    let library = chunk(0x0203, &words(&[1]), &lib);
    let alias = chunk(0x0206, &words(&[1]), &words(&[0x7fff_0001, 0x7f01_0003]));
    let entries = type_chunk(
        1,
        &config(NONE, NONE, 0),
        Encoding::Plain,
        &[
            (0, 0, 7, 0x0501_0000),
            (1, 0, 7, 0x0001_0003),
            (2, 0, REFERENCE, 0x7fff_0001),
            (3, 0, STRING, 0),
        ],
    );
    let package = package_chunk(0x7f, "app", &["string"], &["a"], &[entries, library, alias]);
    let shared = type_chunk(
        1,
        &config(NONE, NONE, 0),
        Encoding::Plain,
        &[(0, 0, STRING, 1)],
    );
    let shared = package_chunk(0x80, "com.lib", &["string"], &["l"], &[shared]);
    let bytes = table(&["own", "library"], &[package, shared]);
    let tables = tables(&bytes);
    assert_eq!(
        text(&tables, 0x7f01_0000, &Config::DEVICE).as_deref(),
        Some("library")
    );
    assert_eq!(
        text(&tables, 0x7f01_0001, &Config::DEVICE).as_deref(),
        Some("own"),
        "package 0 is the package itself"
    );
    assert_eq!(
        text(&tables, 0x7f01_0002, &Config::DEVICE),
        None,
        "only the framework has staged ids"
    );
}

#[test]
fn a_cut_table_gives_what_is_there_and_an_incident() {
    let bytes = app(Encoding::Plain);
    let cut = &bytes[..bytes.len() - 8];
    let (table, incidents) = ResTable::parse(cut, "f", &Limits::default()).unwrap();
    assert!(
        incidents
            .iter()
            .any(|i| i.code == IncidentCode::Malformed && i.hides.is_some()),
        "{incidents:?}"
    );
    assert_eq!(
        table.packages().len(),
        0,
        "the package is longer than the file"
    );
    assert!(ResTable::parse(&bytes[..20], "f", &Limits::default()).is_err());
    assert!(ResTable::parse(b"PK\x03\x04 no table", "f", &Limits::default()).is_err());
    assert!(ResTable::parse(&[], "f", &Limits::default()).is_err());
}

#[test]
fn limits_become_incidents() {
    let bytes = app(Encoding::Plain);
    let limits = Limits {
        resource_entries: 8,
        ..Limits::default()
    };
    let (table, incidents) = ResTable::parse(&bytes, "f", &limits).unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].code, IncidentCode::LimitReached);
    assert_eq!(table.packages()[0].chunks(1).len(), 2, "6 + 1 entries fit");
    let mut tables = ResTables::new(&Limits {
        resource_hops: 0,
        ..Limits::default()
    });
    tables.push(ResTable::parse(&bytes, "f", &Limits::default()).unwrap().0);
    assert_eq!(tables.resolve(0x7f01_0002, &Config::DEVICE), None);
    let mut steps = 2;
    assert_eq!(
        tables.resolve_within(0x7f01_0000, &Config::DEVICE, &mut steps),
        None
    );
}

#[test]
fn mutated_tables_never_panic() {
    let mut random = Random(0x5eed);
    for encoding in [
        Encoding::Plain,
        Encoding::Sparse,
        Encoding::Offset16,
        Encoding::Compact,
    ] {
        let original = app(encoding);
        for _ in 0..1500 {
            let mut bytes = original.clone();
            random.mutate(&mut bytes);
            if let Ok((table, _)) = ResTable::parse(&bytes, "f", &Limits::default()) {
                let mut tables = ResTables::new(&Limits::default());
                tables.push(table);
                for id in [
                    0x7f01_0000,
                    0x7f01_0002,
                    0x7f01_0003,
                    0x7f01_0005,
                    0x7f02_0001,
                ] {
                    let _ = (
                        tables.resolve(id, &Config::DEVICE),
                        tables.name(id),
                        tables.labels(id),
                    );
                }
            }
        }
    }
}
