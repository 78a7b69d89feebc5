//! Tests of the typed manifest over manifests, tables and files whose truth is known.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]

use super::manifest::{ComponentKind, PermissionElement};
use super::testing::*;
use crate::incident::IncidentCode;

#[test]
fn a_binary_manifest_becomes_the_typed_one() {
    let files = base();
    assemble_all(&[("base.apk", &files)], |package| {
        let package = package.unwrap();
        let m = &package.manifest;
        assert_eq!(
            (
                m.package.as_str(),
                m.version_code,
                m.version_name.as_deref()
            ),
            ("org.example", Some(2 << 32 | 7), Some("1.7"))
        );
        assert_eq!((m.uses_sdk.min, m.uses_sdk.target), (Some(21), Some(33)));
        assert_eq!(m.uses_sdk.target_codename.as_deref(), Some("Tiramisu"));

        assert_eq!(m.uses_permissions.len(), 2);
        let scan = &m.uses_permissions[0];
        assert_eq!(
            (scan.max_sdk, scan.never_for_location, scan.flags),
            (Some(32), true, 0x1_0000)
        );
        assert_eq!(scan.required_features, ["android.hardware.bluetooth"]);
        assert_eq!(
            (scan.at.file.as_str(), scan.at.path.as_str()),
            ("base.apk", "manifest/uses-permission")
        );
        let two = &m.uses_permissions[1];
        assert_eq!(two.element, PermissionElement::UsesPermissionSdk23);
        assert_eq!(
            two.max_sdk, None,
            "the platform takes no string as maxSdkVersion"
        );

        let app = &m.application;
        assert_eq!(app.name.as_deref(), Some("org.example.App"));
        assert_eq!(
            (app.label_ref, app.label.as_deref()),
            (Some(0x7f01_0000), Some("App"))
        );
        assert_eq!(app.labels.get("fr").map(String::as_str), Some("Appli"));
        assert_eq!(
            (app.allow_backup, app.app_category.as_deref()),
            (Some(true), Some("social"))
        );
        assert_eq!(app.meta_data[0].value.as_deref(), Some("App"));
        assert_eq!(
            (
                app.meta_data[1].value.as_deref(),
                app.meta_data[1].resource.as_deref()
            ),
            (None, Some("@string/network"))
        );

        let watch = &m.components[0];
        assert_eq!(
            (watch.kind, watch.name.as_str()),
            (ComponentKind::Service, "org.example.Watch")
        );
        assert_eq!(watch.foreground_service_types, ["location", "camera"]);
        assert_eq!(
            (watch.exported_declared, watch.exported),
            (Some(false), false)
        );
        let accessibility = watch.accessibility.as_ref().unwrap();
        assert_eq!(accessibility.package_names, ["one", "two"]);
        assert_eq!(
            (
                accessibility.event_types,
                accessibility.can_retrieve_window_content
            ),
            (Some(0x20), Some(true))
        );
        assert_eq!(accessibility.is_accessibility_tool, Some(false));
        let receiver = &m.components[1];
        assert_eq!(receiver.name, "name.from.resource");
        assert_eq!(
            receiver.permission.as_deref(),
            Some("org.example.GUARD"),
            "the application's"
        );
        assert_eq!(
            receiver.device_admin.as_deref().unwrap(),
            ["wipe-data", "force-lock"]
        );
        assert_eq!(receiver.at.path, "manifest/application/receiver");

        let details: Vec<_> = package
            .incidents
            .iter()
            .map(|i| i.detail.as_str())
            .collect();
        assert_eq!(
            details,
            ["name of <uses-permission> is no string: Android does not take it"]
        );
    });
}

#[test]
fn network_security_is_inherited() {
    let files = base();
    assemble_all(&[("base.apk", &files)], |package| {
        let security = package
            .unwrap()
            .manifest
            .application
            .network_security
            .unwrap();
        assert_eq!(security.entry, "res/a.xml");
        assert_eq!(
            (
                security.base_cleartext,
                security.base_trusts_user,
                security.debug_overrides
            ),
            (Some(true), true, true)
        );
        let rows: Vec<_> = security
            .domains
            .iter()
            .map(|d| (d.domains.join(" "), d.cleartext, d.trusts_user, d.pinned))
            .collect();
        assert_eq!(
            rows,
            [
                ("*.example.com b.org".to_owned(), Some(true), true, true),
                ("in.b.org".to_owned(), Some(false), true, true),
                ("c.org".to_owned(), Some(true), false, false),
            ]
        );
    });
}

#[test]
fn exported_has_the_defaults_of_its_kind_and_target() {
    let components = "<activity android:name='.A'/>
        <activity android:name='.B'><intent-filter><action android:name='x'/></intent-filter></activity>
        <activity android:name='.C'><intent-filter/></activity>
        <service android:name='.D'><intent-filter/></service>
        <receiver android:name='.E' android:exported='true'/>
        <provider android:name='.F' android:authorities='a;b'/>
        <activity-alias android:name='.G' android:targetActivity='.B' android:exported='false'/>";
    for (target, provider) in [(16, true), (17, false), (34, false)] {
        let (manifest, incidents) = text(&format!(
            "<uses-sdk android:targetSdkVersion='{target}'/><application>{components}</application>"
        ));
        let exported: Vec<bool> = manifest.components.iter().map(|c| c.exported).collect();
        assert_eq!(
            exported,
            [false, true, false, true, true, provider, false],
            "{target}"
        );
        assert_eq!(manifest.components[5].authorities, ["a", "b"]);
        assert_eq!(
            manifest.components[6].target_activity.as_deref(),
            Some("org.example.B")
        );
        assert_eq!(incidents, []);
    }
}

#[test]
fn filters_queries_and_definitions() {
    let (manifest, _) = text(
        "<permission android:name='p' android:protectionLevel='signature|privileged' android:permissionGroup='g'/>
         <uses-feature android:name='f' android:required='false'/><uses-feature android:glEsVersion='0x00020000'/>
         <feature-group><uses-feature android:name='in.group'/></feature-group>
         <queries>
           <package android:name='com.other'/><provider android:authorities='x;y'/>
           <intent><action android:name='act'/><data android:scheme='https' android:host='h' android:port='1' android:pathPrefix='/p'/></intent>
         </queries>
         <application>
           <activity android:name='.A'><intent-filter android:priority='-5' android:autoVerify='true'>
             <action android:name='one'/><category android:name='two'/>
             <data android:scheme='http'/><data android:mimeType='image/*'/><data android:scheme='content' android:mimeType='a/b'/>
           </intent-filter></activity>
         </application>",
    );
    assert_eq!(manifest.permissions[0].protection_level, 0x12);
    assert_eq!(manifest.permissions[0].group.as_deref(), Some("g"));
    let features: Vec<_> = manifest
        .uses_features
        .iter()
        .map(|f| (f.name.as_str(), f.gl_es_version, f.required))
        .collect();
    assert_eq!(
        features,
        [
            ("f", None, false),
            ("", Some(0x2_0000), true),
            ("in.group", None, false)
        ]
    );
    assert_eq!(manifest.queries.packages, ["com.other"]);
    assert_eq!(manifest.queries.providers, ["x", "y"]);
    assert_eq!(manifest.queries.intents[0].data, ["https://h:1/p*"]);
    let filter = &manifest.components[0].intent_filters[0];
    assert_eq!(
        (filter.priority, filter.auto_verify),
        (Some(-5), Some(true))
    );
    assert_eq!(filter.data, ["http://", "image/*", "content:// a/b"]);
    assert_eq!(
        (filter.actions.as_slice(), filter.categories.as_slice()),
        (&["one".to_owned()][..], &["two".to_owned()][..])
    );
}

#[test]
fn elements_in_wrong_places_are_read_as_the_platform_reads_them() {
    let (manifest, incidents) = text(
        "<uses-feature android:name='f'><uses-permission android:name='below.feature'/></uses-feature>
         <uses-permission android:name='one'/>
         <uses-permission android:name='two'><uses-permission android:name='inside'/></uses-permission>
         <application><uses-permission android:name='ignored'/><activity android:name='.A'/></application>
         <application><uses-permission android:name='second.application'/><activity android:name='.B'/></application>",
    );
    let names: Vec<_> = manifest
        .uses_permissions
        .iter()
        .map(|p| (p.name.as_str(), p.at.path.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("below.feature", "manifest/uses-feature/uses-permission"),
            ("one", "manifest/uses-permission"),
            ("two", "manifest/uses-permission[2]"),
            (
                "second.application",
                "manifest/application[2]/uses-permission"
            ),
        ]
    );
    assert_eq!(manifest.components.len(), 1);
    let details: Vec<_> = incidents.iter().map(|i| i.detail.as_str()).collect();
    let higher = "Android 11 and later read it as if it stood higher, older ones ignore it";
    assert_eq!(
        details,
        [
            &format!("<uses-permission> at manifest/uses-feature/uses-permission: {higher}"),
            "a second <application>: Android takes its contents for those of <manifest>",
            &format!("<uses-permission> at manifest/application[2]/uses-permission: {higher}"),
            "<uses-permission> below <application>: Android ignores it there",
            "<uses-permission> below <uses-permission>: Android ignores it there",
        ]
    );
    assert!(
        incidents
            .iter()
            .all(|i| i.code == IncidentCode::Malformed && i.hides.is_none())
    );
}
