//! Tests over documents whose truth is known.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use super::testing::{Item, document, document_with, string, typed};
use super::*;
use crate::arsc::testing::{Random, chunk, words};
use crate::incident::{Channel, IncidentCode};

const MAX_SDK: u32 = 0x0101_0271;
const NAME: u32 = 0x0101_0003;

fn parse(data: &[u8]) -> Document {
    Document::parse(data, "f", &Limits::default()).unwrap()
}

fn codes(document: &Document) -> Vec<IncidentCode> {
    document.incidents.iter().map(|i| i.code).collect()
}

fn sample() -> Vec<Item> {
    vec![
        Item::Start("manifest", vec![string(0, "package", "org.example")]),
        Item::Start(
            "uses-permission",
            vec![
                string(NAME, "name", "android.permission.CAMERA"),
                typed(MAX_SDK, "maxSdkVersion", 0x10, 28),
            ],
        ),
        Item::End,
        Item::Start("domain", vec![]),
        Item::Text("\n   "),
        Item::Text(" example.com "),
        Item::End,
        Item::End,
    ]
}

fn check(document: &Document) {
    let root = &document.root;
    assert_eq!(&*root.name, "manifest");
    assert_eq!(
        root.plain("package").unwrap().to_text().as_deref(),
        Some("org.example")
    );
    let permission = &root.children[0];
    assert_eq!(
        permission.attr(attrs::NAME).unwrap().value.as_str(),
        Some("android.permission.CAMERA")
    );
    assert_eq!(
        permission
            .attr(attrs::MAX_SDK_VERSION)
            .unwrap()
            .value
            .to_int(),
        Some(28)
    );
    assert_eq!(permission.attr(attrs::LABEL), None);
    assert_eq!(root.children[1].text.as_deref(), Some("example.com"));
    assert_eq!(root.children.len(), 2);
}

#[test]
fn binary_and_text_give_the_same_tree() {
    for utf8 in [false, true] {
        let document = parse(&document(&sample(), utf8));
        check(&document);
        assert_eq!(document.incidents, []);
        assert!(!document.is_text);
        assert_eq!(document.root.children[0].line, 2);
    }
    let text = r#"<?xml version="1.0"?><!-- c --><!DOCTYPE manifest>
        <manifest xmlns:a="http://schemas.android.com/apk/res/android" package="org.example">
          <uses-permission a:name="android.permission.CAMERA" a:maxSdkVersion="28"/>
          <domain> <!-- c --> <![CDATA[example]]>.com </domain>
        </manifest>"#;
    let document = parse(text.as_bytes());
    check(&document);
    assert!(document.is_text);
    assert_eq!(document.incidents, []);
    assert_eq!(document.root.children[0].line, 3);
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    check(&parse(&utf16));
}

#[test]
fn the_resource_id_is_believed_and_not_the_name() {
    let items = [
        Item::Start(
            "uses-permission",
            vec![string(NAME, "", "android.permission.CAMERA")],
        ),
        Item::Start("x", vec![string(NAME, "label", "second")]),
        Item::End,
        Item::End,
    ];
    let document = parse(&document(&items, true));
    assert_eq!(
        document
            .root
            .attr(attrs::NAME)
            .unwrap()
            .to_text()
            .as_deref(),
        Some("android.permission.CAMERA")
    );
    assert_eq!(document.root.children[0].attr(attrs::LABEL), None);
    assert_eq!(
        codes(&document),
        [IncidentCode::ObfuscatedName],
        "once per document"
    );
}

#[test]
fn an_attribute_behind_a_higher_id_is_not_seen() {
    let items = [
        Item::Start(
            "e",
            vec![
                typed(MAX_SDK, "maxSdkVersion", 0x10, 1),
                string(NAME, "name", "hidden"),
            ],
        ),
        Item::End,
    ];
    let document = parse(&document(&items, true));
    assert_eq!(document.root.attr(attrs::NAME), None);
    assert!(document.root.attr(attrs::MAX_SDK_VERSION).is_some());
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
}

#[test]
fn odd_layouts_are_read_as_android_reads_them() {
    // Padding before and behind attributes.
    let document = parse(&document_with(&sample(), true, 28, 32));
    check(&document);
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
    // An unknown chunk with a node header between nodes is skipped.
    let mut items = sample();
    items.insert(
        1,
        Item::Raw(chunk(0x0777, &words(&[1, u32::MAX]), &[1, 2, 3, 4])),
    );
    let document = parse(&testing::document(&items, true));
    check(&document);
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
    // The type of the root chunk is not checked by old platforms.
    let mut bytes = testing::document(&sample(), false);
    bytes[0] = 0;
    let document = parse(&bytes);
    check(&document);
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
    // What follows the root element or the root chunk is not looked at.
    let mut items = sample();
    items.push(Item::Start("second", vec![]));
    items.push(Item::End);
    let mut bytes = testing::document(&items, true);
    bytes.extend([0xff; 7]);
    let document = parse(&bytes);
    check(&document);
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
}

#[test]
fn damage_keeps_what_was_read_before_it() {
    let bytes = testing::document(&sample(), true);
    let cut = &bytes[..bytes.len() - 30];
    let document = parse(cut);
    assert_eq!(document.root.children[0].attributes.len(), 2);
    assert!(
        document
            .incidents
            .iter()
            .all(|i| i.hides == Some(Channel::Manifest))
    );
    assert_eq!(
        codes(&document),
        [IncidentCode::Malformed, IncidentCode::Malformed],
        "size, then the cut chunk"
    );
    for bad in [
        &bytes[..12],
        b"",
        b"PK\x03\x04",
        b"<",
        b"<?xml version='1.0'?>",
        b"no xml",
        &[3, 0, 8, 0, 8, 0, 0, 0],
    ] {
        assert!(
            Document::parse(bad, "f", &Limits::default()).is_err(),
            "{bad:?}"
        );
    }
    let document = parse(b"<a><b c='1'></a>");
    assert_eq!(document.root.children.len(), 1);
    assert_eq!(codes(&document), [IncidentCode::Malformed]);
    assert_eq!(document.incidents[0].offset, Some(12));
}

#[test]
fn depth_and_number_of_nodes_are_bounded() {
    let limits = Limits {
        xml_depth: 3,
        xml_nodes: 50,
        ..Limits::default()
    };
    let deep: Vec<Item> = (0..10)
        .map(|_| Item::Start("a", vec![]))
        .chain((0..10).map(|_| Item::End))
        .collect();
    for bytes in [document(&deep, true), "<a>".repeat(10).into_bytes()] {
        let document = Document::parse(&bytes, "f", &limits).unwrap();
        let mut depth = 0;
        let mut at = Some(&document.root);
        while let Some(element) = at {
            depth += 1;
            at = element.children.first();
        }
        assert_eq!(depth, 3);
        assert_eq!(document.incidents[0].code, IncidentCode::LimitReached);
    }
    let wide = format!("<a>{}</a>", "<b c='1'/>".repeat(100));
    let document = Document::parse(wide.as_bytes(), "f", &limits).unwrap();
    assert_eq!(document.root.children.len(), 24);
    assert_eq!(codes(&document), [IncidentCode::LimitReached]);
}

#[test]
fn a_very_deep_tree_takes_no_stack() {
    let limits = Limits {
        xml_depth: usize::MAX,
        ..Limits::default()
    };
    let text = "<a>".repeat(200_000);
    let document = Document::parse(text.as_bytes(), "f", &limits).unwrap();
    drop(document);
}

#[test]
fn entities_are_not_expanded() {
    let text = r#"<!DOCTYPE a [<!ENTITY e "expanded"><!ENTITY x SYSTEM "file:///etc/passwd">]>
        <a b="&e;&lt;&#65;&#x42;&amp;&nope" c="&x;">&e; &gt;</a>"#;
    let document = parse(text.as_bytes());
    assert_eq!(
        document.root.attributes[0].to_text().as_deref(),
        Some("&e;<AB&&nope")
    );
    assert_eq!(
        document.root.attributes[1].to_text().as_deref(),
        Some("&x;")
    );
    assert_eq!(document.root.text.as_deref(), Some("&e; >"));
}

#[test]
fn namespaces_of_text_follow_their_elements() {
    let text =
        r#"<a xmlns="d" xmlns:p="one"><b xmlns:p="two" p:x="1" y="2"/><c p:x="1" q:x="1"/></a>"#;
    let document = parse(text.as_bytes());
    let ns = |e: usize, a: usize| {
        document.root.children[e].attributes[a]
            .ns
            .as_deref()
            .map(str::to_owned)
    };
    assert_eq!(document.root.ns.as_deref(), Some("d"));
    assert_eq!(
        (ns(0, 0).as_deref(), ns(0, 1), ns(1, 0).as_deref(), ns(1, 1)),
        (Some("two"), None, Some("one"), None)
    );
}

#[test]
fn overlapping_strings_cannot_fill_the_memory() {
    // 20,000 names that share one stretch of 80,000 bytes; about 5,000 of them
    // reach into the zeros behind it and would be 4,096 bytes long each.
    let count = 20_000u32;
    let mut offsets = Vec::new();
    let mut strings = Vec::new();
    for index in 0..count {
        offsets.extend((index * 4).to_le_bytes());
        // Each start is a header: 1 unit, 0x8fa0 & 0x7fff = 4000 bytes.
        strings.extend([1, 0x8f, 0xa0, b'x']);
    }
    strings.extend(vec![0u8; 8000]);
    let fields = words(&[count, 0, 1 << 8, 28 + offsets.len() as u32, 0]);
    offsets.extend(strings);
    let mut body = chunk(0x0001, &fields, &offsets);
    for index in 0..count {
        let ext = [
            words(&[u32::MAX, index]),
            vec![20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        body.extend(chunk(0x0102, &words(&[1, u32::MAX]), &ext));
        if index > 0 {
            body.extend(chunk(
                0x0103,
                &words(&[1, u32::MAX]),
                &words(&[u32::MAX, index]),
            ));
        }
    }
    let document = parse(&chunk(0x0003, &[], &body));
    let total: usize = document.root.children.iter().map(|e| e.name.len()).sum();
    assert!(total < 400_000, "{total}");
    assert_eq!(document.root.children.len() as u32, count - 1);
    // Many names have no end, and the root is not closed.
    assert_eq!(
        codes(&document),
        [
            IncidentCode::Malformed,
            IncidentCode::Malformed,
            IncidentCode::LimitReached
        ]
    );
}

#[test]
fn mutated_documents_never_panic() {
    let mut random = Random(0xa11);
    let text = b"<a xmlns:p='u'><b p:c='&lt;&#65;'>t<![CDATA[x]]></b><!-- c --><?pi?></a>".to_vec();
    for original in [document(&sample(), true), document(&sample(), false), text] {
        for _ in 0..2500 {
            let mut bytes = original.clone();
            random.mutate(&mut bytes);
            let _ = Document::parse(&bytes, "f", &Limits::default());
        }
    }
}
