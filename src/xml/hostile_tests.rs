//! Binary XML that departs from what the build tools write: read as
//! `ResXMLTree`, `XmlBlock.Parser` and `TypedArray` do, and said.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::attrs::{DEBUGGABLE, NAME};
use super::testing::{self, Item, TestAttribute, string, typed};
use super::*;
use crate::arsc::testing::{chunk, pool_chunk, words};
use crate::incident::{Channel, IncidentCode};

fn parse(data: &[u8]) -> Document {
    Document::parse(data, "m", &Limits::default()).unwrap()
}

fn element(attributes: Vec<TestAttribute>) -> Document {
    let items = [Item::Start("e", attributes), Item::End];
    parse(&testing::document(&items, true))
}

/// The only incident of a document: nothing is hidden by it.
fn only(document: &Document) -> &str {
    let [one] = document.incidents.as_slice() else {
        unreachable!("{:?}", document.incidents)
    };
    assert_eq!(one.hides, None);
    assert!(one.offset.is_some());
    &one.detail
}

fn text(element: &Element, attr: AndroidAttr) -> Option<&str> {
    element.attr(attr)?.value.as_str()
}

/// Where the first chunk of `kind` lies behind the root's header.
fn find(bytes: &[u8], kind: u16) -> usize {
    let mut at = 8;
    loop {
        if bytes[at..at + 2] == kind.to_le_bytes() {
            return at;
        }
        at += u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
    }
}

/// `bytes` with `more` put in at `at` and the root's size made to fit.
fn insert(bytes: &[u8], at: usize, more: &[u8]) -> Vec<u8> {
    let mut out = bytes[..at].to_vec();
    out.extend(more);
    out.extend(&bytes[at..]);
    let size = out.len() as u32;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    out
}

#[test]
fn of_two_attributes_with_one_id_the_first_counts() {
    let document = element(vec![
        string(NAME.id, "name", "first"),
        string(NAME.id, "name", "second"),
    ]);
    assert_eq!(text(&document.root, NAME), Some("first"));
    assert!(only(&document).contains("twice"));
}

#[test]
fn an_attribute_without_an_id_is_a_decoy() {
    let mut bytes = testing::document(
        &[
            Item::Start("e", vec![typed(DEBUGGABLE.id, "debuggable", 0x12, 0)]),
            Item::End,
        ],
        true,
    );
    // Without its resource map the attribute is in the Android namespace and has no id.
    let map = find(&bytes, 0x0180);
    bytes[map..map + 2].copy_from_slice(&0x0070u16.to_le_bytes());
    let document = parse(&bytes);
    assert_eq!(document.root.attributes[0].ns.as_deref(), Some(ANDROID_NS));
    assert_eq!(document.root.attr(DEBUGGABLE), None);
    let lines: Vec<&str> = document.incidents.iter().map(|i| &*i.detail).collect();
    assert!(lines[0].contains("type 0x0070"), "{lines:?}");
    assert!(lines[1].contains("no resource id"), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn namespaces_of_attributes_with_ids_do_not_matter() {
    let mut bytes = testing::document(
        &[
            Item::Start("e", vec![string(NAME.id, "name", "x")]),
            Item::End,
        ],
        false,
    );
    let tag = find(&bytes, 0x0102);
    bytes[tag + 36..tag + 40].copy_from_slice(&u32::MAX.to_le_bytes());
    let document = parse(&bytes);
    assert_eq!(document.root.attributes[0].ns, None);
    assert_eq!(text(&document.root, NAME), Some("x"));
}

#[test]
fn a_text_that_contradicts_the_value_is_said() {
    let two = |kind, data, raw: &str| {
        let mut bytes = testing::document(
            &[
                Item::Start(
                    "e",
                    vec![
                        typed(DEBUGGABLE.id, "debuggable", kind, data),
                        string(0, raw, raw),
                    ],
                ),
                Item::End,
            ],
            true,
        );
        // The text of the second attribute becomes that of the first, too.
        let tag = find(&bytes, 0x0102);
        let raw: [u8; 4] = bytes[tag + 64..tag + 68].try_into().unwrap();
        bytes[tag + 44..tag + 48].copy_from_slice(&raw);
        parse(&bytes)
    };
    let document = two(0x12, u32::MAX, "false");
    let debuggable = document.root.attr(DEBUGGABLE).unwrap();
    assert_eq!(debuggable.value.to_bool(), Some(true));
    assert!(only(&document).contains("\"false\""));
    assert!(only(&two(0x10, 7, "8")).contains("\"7\""));
    assert_eq!(two(0x10, 7, "7").incidents, []);
    assert_eq!(two(0x12, 0, "false").incidents, []);
}

#[test]
fn an_id_of_another_package_may_be_any_attribute() {
    let document = element(vec![string(0x0501_0003, "name", "x")]);
    assert_eq!(document.root.attr(NAME), None);
    assert_eq!(document.incidents[0].hides, Some(Channel::Manifest));
    assert_eq!(document.incidents[0].code, IncidentCode::ObfuscatedName);
}

#[test]
fn chunks_that_do_not_belong_are_skipped() {
    let bytes = testing::document(&[Item::Start("e", vec![]), Item::End], true);
    let junk = chunk(0x4321, &[], &[0; 8]);
    let node = chunk(0x0155, &words(&[1, u32::MAX]), &[]);
    // Before the pool, between pool and tree, between nodes.
    let places = [
        (8, &junk),
        (find(&bytes, 0x0180), &junk),
        (find(&bytes, 0x0102), &node),
    ];
    for (at, what) in places {
        let document = parse(&insert(&bytes, at, what));
        assert_eq!(&*document.root.name, "e");
        assert!(only(&document).contains("which Android skips"));
        assert_eq!(document.incidents[0].offset, Some(at as u64));
    }
    // ResXMLParser::nextNode wants a whole node header of every chunk, and ends otherwise.
    let at = find(&bytes, 0x0102);
    assert!(Document::parse(&insert(&bytes, at, &junk), "m", &Limits::default()).is_err());
}

#[test]
fn the_last_pool_before_the_tree_counts() {
    let bytes = testing::document(&[Item::Start("e", vec![]), Item::End], true);
    // One with a false count, which could not be read, and one with other strings.
    let mut broken = pool_chunk(&["x"], true);
    broken[8] = 200;
    for pool in [broken, pool_chunk(&["x"; 9], true)] {
        let document = parse(&insert(&bytes, 8, &pool));
        assert_eq!(&*document.root.name, "e");
        assert!(only(&document).contains("the last"));
    }
    // A pool between the nodes is no pool.
    let at = find(&bytes, 0x0102);
    let document = parse(&insert(&bytes, at, &pool_chunk(&["y"; 9], true)));
    assert_eq!(&*document.root.name, "e");
}

#[test]
fn a_pool_that_android_refuses_is_read_and_said() {
    let mut bytes = testing::document(&[Item::Start("e", vec![]), Item::End], true);
    bytes[8 + 12] = 1; // One style, and nothing that ends it.
    let document = parse(&bytes);
    assert_eq!(&*document.root.name, "e");
    assert!(only(&document).contains("present Android refuses"));
    // A higher count is taken: the offsets reach into the strings.
    bytes[8 + 12] = 0;
    bytes[8 + 8] += 2;
    let document = parse(&bytes);
    assert_eq!(&*document.root.name, "e");
    assert!(only(&document).contains("reaches into the strings"));
}

#[test]
fn an_element_without_a_name_is_kept_and_said() {
    let mut bytes = testing::document(&[Item::Start("e", vec![]), Item::End], true);
    let tag = find(&bytes, 0x0102);
    bytes[tag + 20..tag + 24].copy_from_slice(&999u32.to_le_bytes());
    let document = parse(&bytes);
    assert_eq!(&*document.root.name, "");
    assert!(
        document.incidents[0]
            .detail
            .contains("without a readable name")
    );
}

#[test]
fn depth_alone_closes_elements() {
    use Item::{End, Start};
    // An end tag of another name ends the innermost element all the same.
    let mut bytes = testing::document(
        &[
            Start("a", vec![]),
            Start("b", vec![]),
            End,
            Start("c", vec![]),
            End,
            End,
        ],
        true,
    );
    let end = bytes.windows(2).position(|w| w == [0x03, 0x01]).unwrap();
    let a: [u8; 4] = {
        let tag = find(&bytes, 0x0102);
        bytes[tag + 20..tag + 24].try_into().unwrap()
    };
    bytes[end + 20..end + 24].copy_from_slice(&a);
    let document = parse(&bytes);
    let names: Vec<_> = document.root.named("c").collect();
    assert_eq!(names.len(), 1, "c stands beside b, not behind a");
    assert!(only(&document).contains("an end tag of <a> that ends <b>"));

    let document = parse(&testing::document(&[End, Start("a", vec![]), End], true));
    assert_eq!(&*document.root.name, "a");
    assert!(only(&document).contains("before the root"));

    let document = parse(&testing::document(
        &[Start("a", vec![]), Start("b", vec![])],
        true,
    ));
    assert_eq!(document.root.named("b").count(), 1);
    assert!(only(&document).contains("without end tags"));

    let two = [Start("a", vec![]), End, Start("b", vec![]), End];
    let document = parse(&testing::document(&two, true));
    assert_eq!(&*document.root.name, "a");
    assert!(only(&document).contains("behind the end of the root"));
}

#[test]
fn sizes_that_the_tools_do_not_write() {
    let items = || {
        [
            Item::Start("e", vec![string(NAME.id, "name", "x")]),
            Item::End,
        ]
    };
    // Overlapping attributes: validateNode refuses them today.
    let mut bytes = testing::document(&items(), true);
    let tag = find(&bytes, 0x0102);
    bytes[tag + 26..tag + 28].copy_from_slice(&8u16.to_le_bytes());
    let document = parse(&bytes);
    assert_eq!(text(&document.root, NAME), Some("x"));
    assert!(only(&document).contains("attributes of 8 bytes instead of 20: present Android"));
    // A larger node header.
    let bytes = testing::document(&items(), true);
    let end = find(&bytes, 0x0103);
    let long = chunk(
        0x0103,
        &words(&[1, u32::MAX, 7, 7]),
        &bytes[end + 16..end + 24],
    );
    let document = parse(&insert(&bytes[..end], end, &long));
    assert!(only(&document).contains("node header of 24 bytes"));
    // What idIndex, classIndex and styleIndex say is not used.
    let mut bytes = testing::document(&items(), true);
    bytes[tag + 30..tag + 36].copy_from_slice(&[0xff; 6]);
    let document = parse(&bytes);
    assert_eq!(text(&document.root, NAME), Some("x"));
    assert_eq!(document.incidents, []);
}

#[test]
fn a_resource_map_of_another_length_is_read_as_far_as_it_goes() {
    let items = [
        Item::Start(
            "e",
            vec![
                string(NAME.id, "name", "x"),
                typed(DEBUGGABLE.id, "debuggable", 0x12, 1),
            ],
        ),
        Item::End,
    ];
    let bytes = testing::document(&items, true);
    let map = find(&bytes, 0x0180);
    // Longer than the pool: the rest is never asked for.
    let mut long = bytes[..map].to_vec();
    long.extend(chunk(
        0x0180,
        &[],
        &words(&[NAME.id, DEBUGGABLE.id].repeat(50)),
    ));
    let long = insert(&long, long.len(), &bytes[map + 16..]);
    let document = parse(&long);
    assert_eq!(text(&document.root, NAME), Some("x"));
    // Shorter: names behind it have no id.
    let mut short = bytes[..map].to_vec();
    short.extend(chunk(0x0180, &[], &words(&[NAME.id])));
    let short = insert(&short, short.len(), &bytes[map + 16..]);
    let document = parse(&short);
    assert_eq!(text(&document.root, NAME), Some("x"));
    assert_eq!(document.root.attr(DEBUGGABLE), None);
    assert!(only(&document).contains("no resource id"));
}

#[test]
fn strings_whose_lengths_lie() {
    for utf8 in [false, true] {
        let items = [
            Item::Start("e", vec![string(NAME.id, "name", "abcd")]),
            Item::End,
        ];
        let bytes = testing::document(&items, utf8);
        let wanted: Vec<u8> = if utf8 {
            vec![4, 4, b'a', b'b', b'c', b'd', 0]
        } else {
            [4, 97, 98, 99, 100, 0]
                .iter()
                .flat_map(|u: &u16| u.to_le_bytes())
                .collect()
        };
        let at = bytes
            .windows(wanted.len())
            .position(|w| w == wanted)
            .unwrap();
        // A shorter length, at whose end there is no zero: no string (stringDecodeAt, stringAt).
        let mut lying = bytes.clone();
        lying[at] = 2;
        lying[at + usize::from(utf8)] = 2;
        let document = parse(&lying);
        assert_eq!(document.root.attr(NAME).unwrap().value, Value::Null);
        // The first length of UTF-8 is not looked at where Java asks for a string.
        let mut lying = bytes.clone();
        lying[at] = if utf8 { 99 } else { 4 };
        assert_eq!(text(&parse(&lying).root, NAME), Some("abcd"));
    }
    // A lone surrogate is one character that cannot be shown; the rest of the string stays.
    let items = [
        Item::Start("e", vec![string(NAME.id, "name", "abcd")]),
        Item::End,
    ];
    let mut bytes = testing::document(&items, false);
    let at = bytes.windows(4).position(|w| w == [97, 0, 98, 0]).unwrap();
    bytes[at..at + 2].copy_from_slice(&0xd800u16.to_le_bytes());
    assert_eq!(text(&parse(&bytes).root, NAME), Some("\u{fffd}bcd"));
}
