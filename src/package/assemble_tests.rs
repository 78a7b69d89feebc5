//! Tests of the assembly of base and splits, of what is missing, and of bounds.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use super::testing::*;
use super::*;
use crate::arsc::testing::{Encoding, Random, config, package_chunk, table, type_chunk};
use crate::xml::attrs as a;
use crate::xml::testing::{Item, document, string};

fn split_manifest(package: &str, split: Option<&str>, code: u32, body: Vec<Item>) -> Vec<u8> {
    let mut attributes = vec![
        int(a::VERSION_CODE, code),
        int(a::VERSION_CODE_MAJOR, 2),
        string(0, "package", package),
    ];
    attributes.extend(split.map(|name| string(0, "split", name)));
    let mut items = vec![Item::Start("manifest", attributes)];
    items.extend(body);
    items.push(Item::End);
    document(&items, true)
}

#[test]
fn splits_are_checked_and_merged() {
    let feature = vec![
        Item::Start("uses-permission", vec![text_of(a::NAME, "only.split")]),
        Item::End,
        Item::Start("application", vec![]),
        Item::Start("activity", vec![text_of(a::NAME, ".Feature")]),
        Item::End,
        Item::Start(
            "meta-data",
            vec![text_of(a::NAME, "SPLIT"), text_of(a::VALUE, "1")],
        ),
        Item::End,
        Item::End,
    ];
    let german = {
        let strings = type_chunk(
            1,
            &config(b"de", &[0, 0], 0),
            Encoding::Plain,
            &[(0, 0, 3, 0)],
        );
        table(
            &["Anwendung"],
            &[package_chunk(
                0x7f,
                "org.example",
                &["string"],
                &["app_name"],
                &[strings],
            )],
        )
    };
    let parts = [
        (
            "config.de.apk",
            entries(&[
                (
                    MANIFEST,
                    split_manifest("org.example", Some("config.de"), 7, vec![]),
                ),
                (TABLE, german),
            ]),
        ),
        ("base.apk", base()),
        (
            "feature.apk",
            entries(&[(
                MANIFEST,
                split_manifest("org.example", Some("feature"), 7, feature),
            )]),
        ),
        (
            "old.apk",
            entries(&[(
                MANIFEST,
                split_manifest("org.example", Some("old"), 6, vec![]),
            )]),
        ),
        (
            "other.apk",
            entries(&[(MANIFEST, split_manifest("org.other", Some("x"), 7, vec![]))]),
        ),
        (
            "twin.apk",
            entries(&[(
                MANIFEST,
                split_manifest("org.example", Some("feature"), 7, vec![]),
            )]),
        ),
        (
            "second.apk",
            entries(&[(MANIFEST, split_manifest("org.example", None, 7, vec![]))]),
        ),
        ("broken.apk", entries(&[(MANIFEST, vec![3, 0, 8, 0])])),
        ("empty.apk", entries(&[])),
    ];
    let parts: Vec<(&str, &Entries)> = parts.iter().map(|(name, files)| (*name, files)).collect();
    assemble_all(&parts, |package| {
        let package = package.unwrap();
        assert_eq!(package.base, 1);
        let states: Vec<_> = package
            .splits
            .iter()
            .map(|s| (s.file.as_str(), s.state))
            .collect();
        use SplitState::{Mismatch, Unreadable, Used};
        assert_eq!(
            states,
            [
                ("config.de.apk", Used),
                ("feature.apk", Used),
                ("old.apk", Mismatch),
                ("other.apk", Mismatch),
                ("twin.apk", Mismatch),
                ("second.apk", Mismatch),
                ("broken.apk", Unreadable),
                ("empty.apk", Unreadable),
            ]
        );
        let m = &package.manifest;
        assert_eq!(m.split, None);
        assert_eq!(
            m.application.labels.get("de").map(String::as_str),
            Some("Anwendung")
        );
        let last = m.components.last().unwrap();
        assert_eq!(
            (last.name.as_str(), last.at.file.as_str()),
            ("org.example.Feature", "feature.apk")
        );
        assert!(
            m.application
                .meta_data
                .iter()
                .any(|meta| meta.name == "SPLIT")
        );
        assert!(
            !m.uses_permissions.iter().any(|p| p.name == "only.split"),
            "Android reads permissions from the base"
        );
        let count = |code| package.incidents.iter().filter(|i| i.code == code).count();
        assert_eq!(
            (
                count(IncidentCode::SplitMismatch),
                count(IncidentCode::SplitUnreadable)
            ),
            (4, 2)
        );
        assert!(
            package
                .incidents
                .iter()
                .any(|i| i.detail.contains("only this split asks for only.split"))
        );
        assert!(
            package
                .incidents
                .iter()
                .all(|i| (i.code == IncidentCode::SplitUnreadable)
                    == (i.hides == Some(Channel::Manifest)))
        );
    });
}

#[test]
fn without_a_base_there_is_no_package() {
    let split = entries(&[(
        MANIFEST,
        split_manifest("org.example", Some("a"), 1, vec![]),
    )]);
    let broken = entries(&[(MANIFEST, b"<manifest".to_vec())]);
    let other = entries(&[(MANIFEST, b"<resources/>".to_vec())]);
    let none = entries(&[]);
    for (parts, message) in [
        (vec![], "expected at least one APK, found none"),
        (
            vec![("a.apk", &split)],
            "expected a base APK, found only splits: a.apk",
        ),
        (
            vec![("a.apk", &none)],
            "a.apk: expected AndroidManifest.xml, found none",
        ),
        (
            vec![("a.apk", &split), ("b.apk", &broken)],
            "b.apk!AndroidManifest.xml: at offset 0x9: expected a root element, found none",
        ),
        (
            vec![("c.apk", &other)],
            "c.apk!AndroidManifest.xml: at offset 0x0: expected a <manifest> element, found <resources>",
        ),
    ] {
        assemble_all(&parts, |package| {
            assert_eq!(package.unwrap_err().to_string(), message)
        });
    }
}

#[test]
fn what_cannot_be_resolved_is_said() {
    let items = [
        Item::Start("manifest", vec![string(0, "package", "p.q")]),
        Item::Start(
            "application",
            vec![
                reference(a::LABEL, 0x7f01_0009),
                reference(a::DEBUGGABLE, 0x0111_0000),
                reference(a::NETWORK_SECURITY_CONFIG, 0x7f01_0001),
            ],
        ),
        Item::End,
        Item::End,
    ];
    let files = entries(&[(MANIFEST, document(&items, true)), (TABLE, resources())]);
    assemble_all(&[("b.apk", &files)], |package| {
        let package = package.unwrap();
        let app = &package.manifest.application;
        assert_eq!(
            (app.label.as_deref(), app.debuggable, &app.network_security),
            (Some("@0x7f010009"), None, &None)
        );
        let seen: Vec<_> = package
            .incidents
            .iter()
            .map(|i| (i.code, i.file.as_str(), i.hides))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    IncidentCode::UnresolvedReference,
                    "b.apk!AndroidManifest.xml",
                    Some(Channel::Resources)
                ),
                // The framework's resources are not in the app.
                (
                    IncidentCode::UnresolvedReference,
                    "b.apk!AndroidManifest.xml",
                    None
                ),
                (
                    IncidentCode::Missing,
                    "b.apk!res/a.xml",
                    Some(Channel::Manifest)
                ),
            ]
        );
    });
    // The same with a table that cannot be read.
    let files = entries(&[
        (MANIFEST, document(&base_items(), true)),
        (TABLE, vec![2, 0, 12, 0]),
    ]);
    assemble_all(&[("b.apk", &files)], |package| {
        let package = package.unwrap();
        assert_eq!(package.manifest.uses_permissions.len(), 2);
        assert_eq!(package.incidents[0].code, IncidentCode::Unreadable);
        assert_eq!(package.incidents[0].file, "b.apk!resources.arsc");
    });
}

#[test]
fn a_small_file_does_not_make_a_large_manifest() {
    // One name of 3,000 bytes, used 1,000 times: 3 MB when it is written out.
    let name = "x".repeat(3000);
    let mut items = vec![Item::Start("manifest", vec![string(0, "package", "p.q")])];
    for _ in 0..1000 {
        items.push(Item::Start(
            "uses-permission",
            vec![text_of(a::NAME, &name)],
        ));
        items.push(Item::End);
    }
    items.push(Item::End);
    let files = entries(&[(MANIFEST, document(&items, true))]);
    let parts = [PartInput::new("b.apk", &files)];
    let limits = Limits {
        manifest_bytes: 1 << 20,
        ..Limits::default()
    };
    let package = assemble(&parts, &limits).unwrap();
    let bytes: usize = package
        .manifest
        .uses_permissions
        .iter()
        .map(|p| p.name.len())
        .sum();
    assert!(
        bytes <= limits.manifest_bytes && bytes > limits.manifest_bytes / 2,
        "{bytes}"
    );
    assert_eq!(package.incidents.len(), 1);
    assert_eq!(package.incidents[0].code, IncidentCode::LimitReached);
    assert_eq!(package.incidents[0].hides, Some(Channel::Manifest));
}

#[test]
fn mutated_packages_never_panic() {
    let mut random = Random(0xba5e);
    let original = base();
    let names: Vec<String> = original.0.keys().cloned().collect();
    for round in 0..1500 {
        let mut files = base();
        let name = &names[round % names.len()];
        random.mutate(files.0.get_mut(name).unwrap());
        assemble_all(&[("base.apk", &files)], |package| {
            let _ = package.map(|package| package.incidents.len());
        });
    }
}
