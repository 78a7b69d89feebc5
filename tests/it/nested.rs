//! APKs, archives and DEX files inside an APK: listed with what they hold, and not counted as the app's.

use crate::common::{apk, judge};
use permscope::audit::Edition;
use permscope::container::Archive;
use permscope::engine::{self, Source};
use permscope::facts::{Facts, NestedFact, NestedKind, State};
use permscope::forge::zip::{Entry, Lies, Method, Zip};
use permscope::incident::{Channel, Incident, IncidentCode};
use permscope::limits::Limits;
use permscope::report::Languages;

const HOST: &str = "flashlight-clean";
const INNER: &str = "hidden-dex";

fn deflated(name: &str, data: &[u8]) -> Entry {
    Entry::new(name, data, Method::Deflated)
}

/// The facts of a small app with these entries more.
fn facts_with(more: Vec<Entry>, limits: &Limits) -> Facts {
    let bytes = apk(HOST);
    let archive = Archive::open(HOST, &bytes, limits).unwrap();
    let own = archive.entries().iter();
    let mut entries: Vec<Entry> = own
        .map(|entry| deflated(&entry.name, &archive.read(entry).unwrap()))
        .collect();
    entries.extend(more);
    let source = Source::new("a.apk".to_owned(), Zip::of(entries).build());
    engine::facts(&[source], limits).unwrap()
}

fn facts(more: Vec<Entry>) -> Facts {
    facts_with(more, &Limits::default())
}

fn hidden<'f>(facts: &'f Facts, entry: &str) -> Option<&'f Incident> {
    let file = format!("a.apk!{entry}");
    facts
        .incidents
        .iter()
        .find(|i| i.code == IncidentCode::HiddenCode && i.file == file)
}

fn code(facts: &Facts) -> State {
    facts.coverage[&Channel::Code].state
}

fn only(facts: &Facts) -> &NestedFact {
    assert_eq!(facts.nested.len(), 1, "{:#?}", facts.nested);
    &facts.nested[0]
}

fn dex_of(name: &str) -> Vec<u8> {
    let bytes = apk(name);
    let archive = Archive::open(name, &bytes, &Limits::default()).unwrap();
    let dex = archive.read(archive.find("classes.dex").unwrap()).unwrap();
    dex.into_owned()
}

#[test]
fn an_app_without_any_says_nothing() {
    let facts = facts(vec![deflated("assets/a.txt", b"text")]);
    assert_eq!(facts.nested, []);
    assert_eq!(code(&facts), State::Complete);
}

#[test]
fn an_apk_under_any_name_is_opened_and_not_counted() {
    let inner = apk(INNER);
    for name in [
        "assets/plugin.apk",
        "assets/core.dat",
        "res/raw/x",
        "lib/x86/libplugin.so",
        "res/drawable/a.png",
        "x",
    ] {
        let facts = facts(vec![deflated(name, &inner)]);
        let nested = facts.nested.iter().find(|n| n.entry == name).unwrap();
        assert_eq!(
            (nested.kind, nested.opened),
            (NestedKind::Apk, true),
            "{name}"
        );
        assert_eq!(nested.package.as_deref(), Some("com.example.wall"));
        assert_eq!(nested.size, inner.len() as u64);
        let names: Vec<&str> = nested.dex.iter().map(|d| d.entry.as_str()).collect();
        assert_eq!(names, ["classes.dex", "assets/payload.bin"]);
        assert!(
            nested
                .dex
                .iter()
                .all(|d| d.sha256.as_ref().is_some_and(|s| s.len() == 64))
        );
        assert_eq!(nested.native, 1);
        let line = &hidden(&facts, name).unwrap().detail;
        assert!(
            line.contains("com.example.wall") && line.contains("2 DEX files"),
            "{line}"
        );
        assert_eq!(code(&facts), State::Partial, "{name}");
        // What the inner app asks for and calls is not the outer one's.
        assert_eq!(facts.manifest.package, "com.example.torch");
        assert_eq!(facts.dex.len(), 1);
        let report = judge(&facts, &[], Edition::Consumer, Languages::BOTH);
        assert_eq!(report.nested, facts.nested);
    }
}

#[test]
fn a_dex_file_behind_a_picture_and_one_that_calls_itself_a_picture() {
    let dex = dex_of(INNER);
    let facts = facts(vec![deflated("res/drawable-hdpi/logo.png", &dex)]);
    let nested = only(&facts);
    assert_eq!((nested.kind, nested.opened), (NestedKind::Dex, true));
    assert_eq!(code(&facts), State::Partial);
    // The offsets of the archive do not count the picture, as `cat picture jar` leaves them.
    let mut zip = Zip::of(vec![deflated("any", &dex)]);
    zip.prefix = b"\x89PNG\r\n\x1a\n and a picture".to_vec();
    zip.offsets_skip_prefix = true;
    let entry = Entry::new("assets/logo.png", zip.build(), Method::Stored);
    let facts = facts_with(vec![entry], &Limits::default());
    assert_eq!(only(&facts).dex[0].entry, "any");
    assert!(hidden(&facts, "assets/logo.png").is_some());
}

#[test]
fn an_archive_of_data_is_listed_and_hides_nothing() {
    let data = Zip::of(vec![
        deflated("level1.json", b"{}"),
        deflated("a.txt", b"a"),
    ])
    .build();
    let facts = facts(vec![deflated("assets/levels.zip", &data)]);
    let nested = only(&facts);
    assert_eq!((nested.kind, nested.opened), (NestedKind::Archive, true));
    assert_eq!(
        (nested.dex.len(), nested.native, nested.archives),
        (0, 0, 0)
    );
    assert_eq!(hidden(&facts, "assets/levels.zip"), None);
    assert_eq!(code(&facts), State::Complete);
}

#[test]
fn depth_is_a_limit() {
    let inner = apk(INNER);
    let middle = Zip::of(vec![deflated("inner.bin", &inner)]).build();
    let outer = Zip::of(vec![deflated("middle.zip", &middle)]).build();
    let entry = || vec![deflated("assets/outer.zip", &outer)];
    let facts = facts(entry());
    let seen: Vec<(&str, bool)> = facts
        .nested
        .iter()
        .map(|n| (n.entry.as_str(), n.opened))
        .collect();
    assert_eq!(
        seen,
        [
            ("assets/outer.zip", true),
            ("assets/outer.zip!middle.zip", false)
        ]
    );
    assert_eq!(facts.nested[0].archives, 1);
    // The names of what lies deeper are compressed: they cannot be seen, so nothing is said of code.
    let limits = Limits {
        nested_depth: 3,
        ..Limits::default()
    };
    let facts = facts_with(entry(), &limits);
    let deepest = facts
        .nested
        .iter()
        .find(|n| n.entry == "assets/outer.zip!middle.zip!inner.bin")
        .unwrap();
    assert_eq!(deepest.package.as_deref(), Some("com.example.wall"));
    assert_eq!(code(&facts), State::Partial);
}

#[test]
fn what_is_not_opened_hides_code() {
    let inner = apk(INNER);
    let named = Zip::of(vec![Entry::new("b.jar", inner.clone(), Method::Stored)]).build();
    let facts = facts(vec![deflated("assets/a.zip", &named)]);
    assert!(
        hidden(&facts, "assets/a.zip!b.jar")
            .unwrap()
            .detail
            .contains("not opened")
    );
    assert_eq!(code(&facts), State::Partial);
    // Too many, and too large.
    let many = || {
        vec![
            deflated("assets/a.apk", &inner),
            deflated("assets/b.apk", &inner),
        ]
    };
    for limits in [
        Limits {
            nested_files: 1,
            ..Limits::default()
        },
        Limits {
            nested_bytes: inner.len() as u64 - 1,
            ..Limits::default()
        },
    ] {
        let facts = facts_with(many(), &limits);
        assert_eq!(code(&facts), State::Partial);
    }
    // Cut off.
    let facts = facts_with(
        vec![deflated("assets/a.apk", &inner[..inner.len() - 30])],
        &Limits::default(),
    );
    assert!(!only(&facts).opened);
    assert_eq!(code(&facts), State::Partial);
}

#[test]
fn an_archive_with_a_password_hides_code() {
    let mut entry = Entry::new("a.bin", *b"\x13\x37 no one knows", Method::Stored);
    entry.local = Lies {
        flags: Some(1),
        ..Lies::default()
    };
    entry.central = Lies {
        flags: Some(1),
        ..Lies::default()
    };
    let facts = facts(vec![deflated(
        "assets/a.zip",
        &Zip::of(vec![entry]).build(),
    )]);
    let line = &hidden(&facts, "assets/a.zip").unwrap().detail;
    assert!(line.contains("1 of its entries are encrypted"), "{line}");
    assert_eq!(code(&facts), State::Partial);
}
