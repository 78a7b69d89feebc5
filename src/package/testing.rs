//! Parts, manifests and resources for the tests of packages.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use super::manifest::Manifest;
use super::{AssembleError, Files, MANIFEST, Package, PartInput, TABLE, assemble};
use crate::arsc::testing::{Encoding, config, package_chunk, table, type_chunk};
use crate::error::ParseError;
use crate::incident::Incident;
use crate::limits::Limits;
use crate::xml::attrs as a;
use crate::xml::testing::{Item, TestAttribute, document, string, typed};
use crate::xml::{ANDROID_NS, AndroidAttr};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The entries of a part, in memory.
#[derive(Default)]
pub(super) struct Entries(pub(super) BTreeMap<String, Vec<u8>>);

impl Files for Entries {
    fn read(&self, entry: &str) -> Option<Result<Cow<'_, [u8]>, ParseError>> {
        Some(Ok(Cow::Borrowed(self.0.get(entry)?)))
    }
}

pub(super) fn entries(list: &[(&str, Vec<u8>)]) -> Entries {
    Entries(
        list.iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
            .collect(),
    )
}

pub(super) fn assemble_all(
    parts: &[(&str, &Entries)],
    check: impl FnOnce(Result<Package<'_>, AssembleError>),
) {
    let parts: Vec<PartInput<'_>> = parts
        .iter()
        .map(|(name, files)| PartInput::new(*name, *files))
        .collect();
    check(assemble(&parts, &Limits::default()));
}

/// Assembles one manifest in text form, where `package` is org.example.
pub(super) fn text(body: &str) -> (Manifest, Vec<Incident>) {
    let source =
        format!("<manifest xmlns:android='{ANDROID_NS}' package='org.example'>{body}</manifest>");
    let files = entries(&[(MANIFEST, source.into_bytes())]);
    let mut out = None;
    assemble_all(&[("base.apk", &files)], |package| {
        let package = package.unwrap();
        out = Some((package.manifest, package.incidents));
    });
    out.unwrap()
}

pub(super) fn text_of(attr: AndroidAttr, value: &str) -> TestAttribute {
    string(attr.id, attr.name, value)
}

pub(super) fn reference(attr: AndroidAttr, id: u32) -> TestAttribute {
    typed(attr.id, attr.name, 0x01, id)
}

pub(super) fn int(attr: AndroidAttr, value: u32) -> TestAttribute {
    typed(attr.id, attr.name, 0x10, value)
}

pub(super) fn boolean(attr: AndroidAttr, value: bool) -> TestAttribute {
    typed(attr.id, attr.name, 0x12, if value { u32::MAX } else { 0 })
}

/// Resources: strings 0x7f010000 label (default, fr), 0x7f010001 to 0x7f010003
/// paths of XML files; bool 0x7f020000 is true; 0x7f010004 `name.from.resource`.
pub(super) fn resources() -> Vec<u8> {
    let none = &[0, 0];
    let strings = type_chunk(
        1,
        &config(none, none, 0),
        Encoding::Plain,
        &[
            (0, 0, 3, 0),
            (1, 1, 3, 2),
            (2, 2, 3, 3),
            (3, 3, 3, 4),
            (4, 4, 3, 5),
        ],
    );
    let french = type_chunk(1, &config(b"fr", none, 0), Encoding::Plain, &[(0, 0, 3, 1)]);
    let bools = type_chunk(
        2,
        &config(none, none, 0),
        Encoding::Plain,
        &[(0, 5, 0x12, u32::MAX)],
    );
    let keys = [
        "app_name",
        "network",
        "accessibility",
        "admin",
        "name",
        "yes",
    ];
    let package = package_chunk(
        0x7f,
        "org.example",
        &["string", "bool"],
        &keys,
        &[strings, french, bools],
    );
    let values = [
        "App",
        "Appli",
        "res/a.xml",
        "res/b.xml",
        "res/c.xml",
        "name.from.resource",
    ];
    table(&values, &[package])
}

pub(super) fn base_items() -> Vec<Item> {
    vec![
        Item::Start(
            "manifest",
            vec![
                int(a::VERSION_CODE, 7),
                text_of(a::VERSION_NAME, "1.7"),
                int(a::VERSION_CODE_MAJOR, 2),
                string(0, "package", "org.example"),
            ],
        ),
        Item::Start(
            "uses-sdk",
            vec![
                int(a::MIN_SDK_VERSION, 21),
                text_of(a::TARGET_SDK_VERSION, "Tiramisu"),
            ],
        ),
        Item::End,
        Item::Start(
            "uses-permission",
            vec![
                text_of(a::NAME, "android.permission.BLUETOOTH_SCAN"),
                int(a::MAX_SDK_VERSION, 32),
                typed(
                    a::USES_PERMISSION_FLAGS.id,
                    "usesPermissionFlags",
                    0x11,
                    0x1_0000,
                ),
            ],
        ),
        Item::Start(
            "required-feature",
            vec![text_of(a::NAME, "android.hardware.bluetooth")],
        ),
        Item::End,
        Item::End,
        // Android takes no reference as the name of a permission.
        Item::Start("uses-permission", vec![reference(a::NAME, 0x7f01_0004)]),
        Item::End,
        Item::Start(
            "uses-permission-sdk-23",
            vec![text_of(a::NAME, "p.two"), text_of(a::MAX_SDK_VERSION, "30")],
        ),
        Item::End,
        Item::Start(
            "application",
            vec![
                reference(a::LABEL, 0x7f01_0000),
                text_of(a::NAME, ".App"),
                text_of(a::PERMISSION, "org.example.GUARD"),
                reference(a::ALLOW_BACKUP, 0x7f02_0000),
                reference(a::NETWORK_SECURITY_CONFIG, 0x7f01_0001),
                int(a::APP_CATEGORY, 4),
            ],
        ),
        Item::Start(
            "meta-data",
            vec![text_of(a::NAME, "KEY"), reference(a::VALUE, 0x7f01_0000)],
        ),
        Item::End,
        Item::Start(
            "meta-data",
            vec![
                text_of(a::NAME, "FILE"),
                reference(a::RESOURCE, 0x7f01_0001),
            ],
        ),
        Item::End,
        Item::Start(
            "service",
            vec![
                text_of(a::NAME, ".Watch"),
                text_of(
                    a::PERMISSION,
                    "android.permission.BIND_ACCESSIBILITY_SERVICE",
                ),
                boolean(a::EXPORTED, false),
                typed(
                    a::FOREGROUND_SERVICE_TYPE.id,
                    "foregroundServiceType",
                    0x11,
                    0x48,
                ),
            ],
        ),
        Item::Start(
            "meta-data",
            vec![
                text_of(a::NAME, "android.accessibilityservice"),
                reference(a::RESOURCE, 0x7f01_0002),
            ],
        ),
        Item::End,
        Item::End,
        Item::Start("receiver", vec![reference(a::NAME, 0x7f01_0004)]),
        Item::Start(
            "meta-data",
            vec![
                text_of(a::NAME, "android.app.device_admin"),
                reference(a::RESOURCE, 0x7f01_0003),
            ],
        ),
        Item::End,
        Item::End,
        Item::End,
        Item::End,
    ]
}

pub(super) fn base() -> Entries {
    let network = format!(
        "<network-security-config xmlns:a='{ANDROID_NS}'>
           <base-config cleartextTrafficPermitted='true'>
             <trust-anchors><certificates src='system'/><certificates src='user'/></trust-anchors>
           </base-config>
           <domain-config>
             <domain includeSubdomains='true'>Example.com</domain><domain>b.org</domain>
             <pin-set><pin digest='SHA-256'>AAAA</pin></pin-set>
             <domain-config cleartextTrafficPermitted='false'><domain>in.b.org</domain></domain-config>
           </domain-config>
           <domain-config><domain>c.org</domain><trust-anchors/></domain-config>
           <debug-overrides/>
         </network-security-config>"
    );
    let accessibility = [
        Item::Start(
            "accessibility-service",
            vec![
                int(a::ACCESSIBILITY_EVENT_TYPES, 0x20),
                text_of(a::PACKAGE_NAMES, "one, two"),
                reference(a::CAN_RETRIEVE_WINDOW_CONTENT, 0x7f02_0000),
                boolean(a::IS_ACCESSIBILITY_TOOL, false),
            ],
        ),
        Item::End,
    ];
    entries(&[
        (MANIFEST, document(&base_items(), true)),
        (TABLE, resources()),
        ("res/a.xml", network.into_bytes()),
        ("res/b.xml", document(&accessibility, false)),
        ("res/c.xml", b"<device-admin><uses-policies><wipe-data/><force-lock/></uses-policies></device-admin>".to_vec()),
    ])
}
