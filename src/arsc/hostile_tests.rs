//! Resource tables that depart from what the build tools write: read as
//! `LoadedArsc` and `AssetManager2` do, and said.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::testing::{
    Encoding, chunk, config, package_chunk, pool_chunk, table, type_chunk, words,
};
use super::*;
use crate::incident::{Channel, Incident};
use crate::limits::Limits;

const ANY: [u8; 2] = [0, 0];

fn parse(bytes: &[u8]) -> (ResTables<'_>, Vec<Incident>) {
    let (table, incidents) = ResTable::parse(bytes, "t", &Limits::default()).unwrap();
    let mut tables = ResTables::new(&Limits::default());
    tables.push(table);
    (tables, incidents)
}

fn text(tables: &ResTables<'_>, id: u32) -> Option<String> {
    tables.resolve(id, &Config::DEVICE)?.value.to_text()
}

/// Entry 0 of type 1 with the string `value`.
fn one(value: u32) -> Vec<u8> {
    type_chunk(
        1,
        &config(&ANY, &ANY, 0),
        Encoding::Plain,
        &[(0, 0, 3, value)],
    )
}

fn package(id: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    package_chunk(id, "p", &["string"], &["key"], chunks)
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|w| w == what).unwrap()
}

/// The only incident, which hides nothing and says that Android refuses the table.
fn refused(incidents: &[Incident]) -> &str {
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].hides, None);
    assert!(incidents[0].detail.contains("Android refuses the table"));
    &incidents[0].detail
}

#[test]
fn all_tables_and_packages_of_a_file_are_read() {
    let mut bytes = table(&["one", "two"], &[package(0x7f, &[one(0)])]);
    // A chunk of another type between them; the pool of the second table is not used.
    bytes.extend(chunk(0x0999, &[], &[1, 2, 3, 4]));
    bytes.extend(table(&["x", "y"], &[package(0x7e, &[one(1)])]));
    let (tables, incidents) = parse(&bytes);
    assert_eq!(incidents, []);
    assert_eq!(text(&tables, 0x7f01_0000).as_deref(), Some("one"));
    assert_eq!(text(&tables, 0x7e01_0000).as_deref(), Some("two"));
}

#[test]
fn of_two_packages_with_one_id_the_first_value_counts() {
    let bytes = table(
        &["one", "two"],
        &[package(0x7f, &[one(0)]), package(0x7f, &[one(1)])],
    );
    let (tables, incidents) = parse(&bytes);
    assert_eq!(incidents, []);
    assert_eq!(text(&tables, 0x7f01_0000).as_deref(), Some("one"));
    // More of them than the header says: LoadTable gives up.
    let mut more = bytes.clone();
    more[8] = 1;
    let (tables, incidents) = parse(&more);
    assert_eq!(tables.tables()[0].packages().len(), 2);
    assert!(refused(&incidents).contains("more packages"));
}

#[test]
fn staged_aliases_count_in_the_framework_only() {
    let alias = chunk(0x0206, &words(&[1]), &words(&[0x7f01_0005, 0x7f01_0000]));
    let bytes = table(&["one"], &[package(0x7f, &[one(0), alias])]);
    let (tables, _) = parse(&bytes);
    let reference = Value::Reference(0x7f01_0005);
    assert_eq!(tables.reference(&reference), Some(0x7f01_0005));
    let staged = chunk(0x0206, &words(&[1]), &words(&[0x01ff_0000, 0x0101_0000]));
    let bytes = table(&["one"], &[package(1, &[one(0), staged])]);
    let (tables, _) = parse(&bytes);
    let reference = Value::Reference(0x01ff_0000);
    assert_eq!(tables.reference(&reference), Some(0x0101_0000));
}

#[test]
fn what_follows_the_last_chunk_of_a_package_is_left_out() {
    // Too little for a chunk, and a chunk that is longer than the package.
    for tail in [vec![9, 9, 9, 9], chunk(0x0201, &[], &[0; 8])] {
        let mut tail = tail;
        if tail.len() > 4 {
            tail[4..8].copy_from_slice(&0x0fff_0000u32.to_le_bytes());
        }
        let bytes = table(&["one"], &[package(0x7f, &[one(0), tail])]);
        let (tables, incidents) = parse(&bytes);
        assert_eq!(text(&tables, 0x7f01_0000).as_deref(), Some("one"));
        assert_eq!(incidents.len(), 1);
        assert_eq!(incidents[0].hides, None, "Android sees no more");
    }
    // An impossible header is fatal for Android, and what follows it is not known.
    let junk = words(&[0x0002_0201, 8, 0, 0]);
    let bytes = table(&["one"], &[package(0x7f, &[one(0), junk])]);
    assert_eq!(parse(&bytes).1[0].hides, Some(Channel::Resources));
}

#[test]
fn what_the_platform_refuses_is_read_and_said() {
    // No type spec: the writer makes one, which becomes an unknown chunk.
    let mut bytes = table(&["one"], &[package(0x7f, &[one(0)])]);
    let spec = find(&bytes, &[0x02, 0x02, 16, 0]);
    bytes[spec] = 0x99;
    let (tables, incidents) = parse(&bytes);
    assert_eq!(text(&tables, 0x7f01_0000).as_deref(), Some("one"));
    assert!(refused(&incidents).contains("type spec"));

    // Entries that begin where their offsets are.
    let mut overlap = one(0);
    let start = u32::from_le_bytes(overlap[16..20].try_into().unwrap()) - 4;
    overlap[16..20].copy_from_slice(&start.to_le_bytes());
    let bytes = table(&["one"], &[package(0x7f, &[overlap])]);
    assert!(refused(&parse(&bytes).1).contains("overlap"));

    // A pool of values whose strings have no end.
    let mut bytes = table(&["one"], &[package(0x7f, &[one(0)])]);
    let pool = pool_chunk(&["one"], true);
    let end = 12 + pool.len();
    bytes[end - 1] = 1;
    bytes[end - 2] = 1;
    assert!(refused(&parse(&bytes).1).contains("last string"));
}

#[test]
fn entries_that_the_platform_does_not_take_have_no_value() {
    // The entry: size 8, flags 0, key 0; then a value of 8 bytes.
    let entry = [8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 3];
    for (at, value) in [(0, 4), (8, 4)] {
        let mut bytes = table(&["one"], &[package(0x7f, &[one(0)])]);
        let found = find(&bytes, &entry);
        assert_eq!(text(&parse(&bytes).0, 0x7f01_0000).as_deref(), Some("one"));
        bytes[found + at] = value;
        assert_eq!(text(&parse(&bytes).0, 0x7f01_0000), None, "{at}");
    }
    // A place that is no multiple of four.
    let mut odd = one(0);
    let offsets = 20 + 64;
    odd[offsets] = 2;
    let bytes = table(&["one"], &[package(0x7f, &[odd])]);
    assert_eq!(text(&parse(&bytes).0, 0x7f01_0000), None);
}

#[test]
fn the_configuration_is_read_beyond_a_short_header() {
    // A header that ends behind the size of the configuration: the rest lies where the
    // offsets are said to be. Android reads 64 bytes from its start.
    let german = type_chunk(1, &config(b"de", &ANY, 0), Encoding::Plain, &[(0, 0, 3, 0)]);
    let mut short = german.clone();
    short[2..4].copy_from_slice(&24u16.to_le_bytes());
    let bytes = table(&["one"], &[package(0x7f, &[short])]);
    let (tables, _) = parse(&bytes);
    let chunks = tables.tables()[0].packages()[0].chunks(1);
    assert_eq!(chunks[0].config.locale(), "de");
    // One that says it is longer than what is known is read as far as it is known.
    let mut long = config(b"de", &ANY, 0);
    long[0] = 80;
    long.extend([0xff; 16]);
    let bytes = table(
        &["one"],
        &[package(
            0x7f,
            &[type_chunk(1, &long, Encoding::Plain, &[(0, 0, 3, 0)])],
        )],
    );
    let (tables, incidents) = parse(&bytes);
    assert_eq!(incidents, []);
    let chunks = tables.tables()[0].packages()[0].chunks(1);
    assert_eq!(chunks[0].config.locale(), "de");
}

#[test]
fn references_in_a_circle_lead_nowhere() {
    let circle = type_chunk(
        1,
        &config(&ANY, &ANY, 0),
        Encoding::Plain,
        &[
            (0, 0, 1, 0x7f01_0001),
            (1, 0, 1, 0x7f01_0000),
            (2, 0, 0xff, 0),
        ],
    );
    let bytes = table(&["one"], &[package(0x7f, &[circle])]);
    let (tables, _) = parse(&bytes);
    assert_eq!(text(&tables, 0x7f01_0000), None);
    assert!(tables.labels(0x7f01_0000).is_empty());
    // A bag where a value is asked for.
    assert_eq!(text(&tables, 0x7f01_0002), None);
    assert!(tables.is_bag(0x7f01_0002));
}
