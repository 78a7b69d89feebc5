//! Archives that the tests write themselves, with the `zip` crate.

use super::{Asked, propose, read};
use crate::engine::Source;
use crate::limits::Limits;
use crate::signatures::SignatureDb;
use std::io::Write as _;

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, data) in entries {
        out.start_file(*name, options).unwrap();
        out.write_all(data).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// A class file with one string (JVMS §4.1, §4.4); what is behind the constant pool is not read.
fn class(text: &str) -> Vec<u8> {
    let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 2, 1];
    out.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    out.extend(text.as_bytes());
    out
}

const MANIFEST: &str = r#"<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.acme.tracker">
  <uses-permission android:name="android.permission.READ_PHONE_STATE" android:maxSdkVersion="28"/>
  <application>
    <meta-data android:name="ACME_TRACKER_KEY" android:value="${key}"/>
    <service android:name=".PushService"><intent-filter><action android:name="com.acme.tracker.PUSH"/></intent-filter></service>
    <provider android:name="androidx.startup.InitializationProvider" android:authorities="${applicationId}.startup">
      <meta-data android:name="com.acme.tracker.Starter" android:value="androidx.startup"/>
    </provider>
  </application>
</manifest>"#;

fn aar() -> Vec<u8> {
    let tracker = class("https://log.acme.io/v1");
    let other = class("plain");
    let jar = zip(&[
        ("com/acme/tracker/Tracker.class", &tracker),
        ("com/acme/tracker/PushService.class", &other),
        ("com/acme/tracker/R$id.class", &other),
        ("com/umeng/analytics/MobclickAgent.class", &other),
        ("androidx/core/A.class", &other),
        ("com/acme/tracker/Broken.class", b"no class"),
    ]);
    zip(&[
        ("AndroidManifest.xml", MANIFEST.as_bytes()),
        ("classes.jar", &jar),
        ("jni/arm64-v8a/libacme-tracker.so", b"\x7fELF"),
        ("jni/arm64-v8a/libc++_shared.so", b"\x7fELF"),
        ("assets/acme/config.dat", b"x"),
        (
            "proguard.txt",
            b"-keep class com.acme.tracker.** { *; }\n-keep class com.acme.lost.** { *; }\n",
        ),
    ])
}

fn proposal(id: Option<&str>) -> (String, Vec<String>) {
    let source = Source::new("tracker-1.2.aar", aar());
    let seen = read(&source, &Limits::default()).unwrap();
    let db = SignatureDb::builtin().unwrap();
    let asked = Asked {
        id,
        from: Some("com.acme:tracker:1.2"),
        date: "2026-11-22",
    };
    (propose(&seen, &db, asked), seen.problems)
}

#[test]
fn an_aar_becomes_a_file_that_the_loader_takes() {
    let (text, problems) = proposal(None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("Broken.class"), "{problems:?}");
    let sdk: crate::signatures::schema::Sdk = toml::from_str(&text).unwrap();
    assert_eq!(sdk.id, "acme/tracker");
    let i = &sdk.identity;
    assert_eq!(i.packages, ["com.acme.tracker"]);
    assert_eq!(i.components, ["com.acme.tracker.PushService"]);
    assert_eq!(i.actions, ["com.acme.tracker.PUSH"]);
    assert_eq!(i.meta_data, ["ACME_TRACKER_KEY"]);
    assert_eq!(i.native, ["libacme-tracker.so"]);
    assert_eq!(i.assets, ["assets/acme/config.dat"]);
    assert_eq!(i.hosts, ["log.acme.io"]);
    let observed = sdk.observed.as_ref().unwrap();
    let sha256 = crate::hash::sha256(&aar());
    assert_eq!(
        observed.files,
        [format!("com.acme:tracker:1.2 sha256:{sha256}")]
    );
    assert_eq!(
        observed.permissions,
        ["android.permission.READ_PHONE_STATE"]
    );
    assert_eq!(
        observed.components,
        ["service:com.acme.tracker.PushService"]
    );
    let start = sdk.start.as_ref().unwrap();
    assert_eq!(start.automatic, Some(true));
    assert_eq!(start.initializers, ["com.acme.tracker.Starter"]);
    assert_eq!(
        sdk.examples.matches[0],
        ["class com.acme.tracker.PushService"]
    );
    for line in [
        "# 1 classes of com.umeng.analytics are owned by umeng/analytics",
        "# library libc++_shared.so has a name that many use",
        "# the consumer rules keep com.acme.lost, which is not in this archive",
        "    \"com.acme.tracker\", # 2 classes",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

#[test]
fn names_of_an_archive_cannot_break_the_file() {
    let evil = class("x");
    let bytes = zip(&[
        ("com/acme/evil\"\n[[source]]/A.class", &evil),
        ("com/acme/good/Client.class", &evil),
        ("jni/x86/lib\u{1b}[31m\nacme.so", b"x"),
        ("assets/acme\n\"/x", b"x"),
    ]);
    let seen = read(&Source::new("e\nvil.jar", bytes), &Limits::default()).unwrap();
    let db = SignatureDb::builtin().unwrap();
    let asked = Asked {
        id: Some("acme/good"),
        from: None,
        date: "2026-11-22",
    };
    let text = propose(&seen, &db, asked);
    let sdk: crate::signatures::schema::Sdk = toml::from_str(&text).unwrap();
    assert_eq!(sdk.identity.packages, ["com.acme.good"]);
    assert_eq!(sdk.source.len(), 2);
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// The archive cut off at every 37th byte: an error or a proposal, and never a panic.
#[test]
fn damaged_archives_are_no_panic() {
    let whole = aar();
    let db = SignatureDb::builtin().unwrap();
    let asked = Asked {
        id: None,
        from: None,
        date: "2026-11-22",
    };
    let mut errors = 0;
    for end in (0..whole.len()).step_by(37) {
        let source = Source::new("cut.aar", whole[..end].to_vec());
        match read(&source, &Limits::default()) {
            Ok(seen) => _ = propose(&seen, &db, asked),
            Err(_) => errors += 1,
        }
    }
    assert!(errors > 0);
    for at in (0..whole.len()).step_by(11) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        if let Ok(seen) = read(&Source::new("bad.aar", bytes), &Limits::default()) {
            let text = propose(&seen, &db, asked);
            let parsed: Result<crate::signatures::schema::Sdk, _> = toml::from_str(&text);
            assert!(parsed.is_ok(), "{at}: {parsed:?}\n{text}");
        }
    }
}
