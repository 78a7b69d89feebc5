//! Files that are no apps, and apps that are broken: one clear line or an incomplete report, never a guess.

use crate::common::{Ran, Scratch, apk, run, run_with_input, sample, zip};
use permscope::forge::app::Sample;
use permscope::forge::zip::{Entry, Method, Zip};
use serde_json::Value;
use std::fs;

const INCOMPLETE: Option<i32> = Some(3);
const USAGE: Option<i32> = Some(2);

fn json(files: &[&str]) -> Ran {
    let mut arguments = vec!["audit", "--format", "json", "--lang", "en"];
    arguments.extend_from_slice(files);
    run(&arguments)
}

/// One line on stderr, nothing on stdout.
fn refused(ran: &Ran, code: Option<i32>, line: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, format!("permscope: {line}\n"));
}

/// The states of the channels of an incomplete report.
fn channel<'r>(report: &'r Value, name: &str) -> &'r str {
    assert_eq!(report["coverage"]["complete"], false);
    let channels = report["coverage"]["channels"].as_array().unwrap();
    let found = channels.iter().find(|c| c["channel"] == name).unwrap();
    if !["complete", "absent"].contains(&found["state"].as_str().unwrap()) {
        assert!(!found["reasons"].as_array().unwrap().is_empty(), "{found}");
    }
    found["state"].as_str().unwrap()
}

/// The same sample's entries with some of them replaced, or left out where there is nothing.
fn with(name: &str, changes: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let bytes = apk(name);
    let limits = permscope::limits::Limits::default();
    let archive = permscope::container::Archive::open(name, &bytes, &limits).unwrap();
    let mut entries = Vec::new();
    for entry in archive.entries() {
        let data = match changes.iter().find(|(name, _)| *name == entry.name) {
            Some((_, None)) => continue,
            Some((_, Some(data))) => data.to_vec(),
            None => archive.read(entry).unwrap().into_owned(),
        };
        entries.push(Entry::new(entry.name.as_bytes(), data, Method::Deflated));
    }
    Zip::of(entries).build()
}

#[test]
fn what_is_no_archive_is_refused_in_one_line() {
    let scratch = Scratch::new("no-archive");
    let text = scratch.write("text.apk", b"hello");
    refused(
        &json(&[&text]),
        INCOMPLETE,
        "text.apk: at offset 0x0: expected a ZIP archive, found a file that begins with 68 65 6c 6c",
    );
    let empty = scratch.write("empty.apk", b"");
    refused(
        &json(&[&empty]),
        INCOMPLETE,
        "empty.apk: at offset 0x0: expected a ZIP archive, found an empty file",
    );
    refused(
        &run_with_input(&["audit", "-"], b""),
        INCOMPLETE,
        "stdin: at offset 0x0: expected a ZIP archive, found an empty file",
    );
    let none = scratch.path("none.apk");
    refused(
        &json(&[&none]),
        USAGE,
        &format!("{none}: No such file or directory (os error 2)"),
    );
    scratch.write("folder/readme.txt", b"no APK here");
    let folder = scratch.path("folder");
    refused(
        &json(&[&folder]),
        USAGE,
        &format!("{folder}: a folder without an .apk file"),
    );
}

#[test]
fn what_is_an_archive_of_something_else_is_refused_in_one_line() {
    let scratch = Scratch::new("other-archive");
    let other = scratch.write("other.apk", &zip(&[("a.txt", b"a"), ("b/c.txt", b"c")]));
    let ran = json(&[&other]);
    assert_eq!((ran.code, ran.stdout.as_str()), (INCOMPLETE, ""));
    assert!(
        ran.stderr.starts_with("permscope: other.apk: at offset 0x"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.ends_with(
            ": expected an APK (AndroidManifest.xml) or a bundle of APKs, found an archive of 2 other files\n"
        ),
        "{}",
        ran.stderr
    );
    let bundle = scratch.write(
        "app.aab",
        &zip(&[
            ("BundleConfig.pb", b"x"),
            ("base/manifest/AndroidManifest.xml", b"x"),
            ("base/dex/classes.dex", b"x"),
        ]),
    );
    let ran = json(&[&bundle]);
    assert_eq!(ran.code, INCOMPLETE);
    assert!(
        ran.stderr
            .contains("an Android App Bundle (.aab): build its APKs with bundletool first")
    );
    assert_eq!(ran.stderr.lines().count(), 1);
    // A bundle in a bundle is named, not opened.
    let nested = scratch.write(
        "nested.apks",
        &zip(&[("inner.xapk", b"x"), ("more/deep.apks", b"x")]),
    );
    assert_eq!(json(&[&nested]).code, INCOMPLETE);
    let both = scratch.write(
        "both.apks",
        &zip(&[("inner.xapk", b"x"), ("base.apk", &apk("flashlight-clean"))]),
    );
    let ran = json(&[&both]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let excluded = &ran.json()["subject"]["excluded"][0];
    assert_eq!(excluded["name"], "both.apks!inner.xapk");
    assert_eq!(excluded["reason"], "nested_bundle");
}

#[test]
fn an_archive_that_is_cut_off_is_refused_wherever_it_ends() {
    let scratch = Scratch::new("cut-off");
    let bytes = apk("shop-excess");
    for part in 1..=20 {
        let end = bytes.len() * part / 21;
        let path = scratch.write(&format!("{part}.apk"), &bytes[..end]);
        let ran = json(&[&path]);
        refused(
            &ran,
            INCOMPLETE,
            &format!(
                "{part}.apk: at offset {end:#x}: expected the end record of the ZIP archive, found the end of the file: it is cut off"
            ),
        );
    }
}

#[test]
fn a_manifest_that_is_missing_or_unreadable_hides_the_manifest() {
    let scratch = Scratch::new("manifest");
    let code = ("classes.dex", b"" as &[u8]);
    for (name, bytes) in [
        (
            "gone.apk",
            with("shop-excess", &[("AndroidManifest.xml", None)]),
        ),
        (
            "garbage.apk",
            with(
                "shop-excess",
                &[("AndroidManifest.xml", Some(&[0x5a; 300]))],
            ),
        ),
        (
            "empty.apk",
            with("shop-excess", &[("AndroidManifest.xml", Some(b""))]),
        ),
        ("only-code.apk", zip(&[code])),
        ("only-resources.apk", zip(&[("resources.arsc", b"")])),
    ] {
        let ran = json(&[&scratch.write(name, &bytes)]);
        assert_eq!(
            ran.code, INCOMPLETE,
            "{name}: {} {}",
            ran.stdout, ran.stderr
        );
        let report = ran.json();
        assert_eq!(channel(&report, "manifest"), "unreadable", "{name}");
        assert_eq!(
            report["findings"],
            Value::Array(Vec::new()),
            "{name}: nothing is guessed"
        );
        assert_eq!(
            report["permissions"],
            Value::Array(Vec::new()),
            "{name}: nothing is guessed"
        );
        let incidents = report["incidents"].as_array().unwrap();
        let told = incidents
            .iter()
            .any(|i| i["hides"] == "manifest" && i["file"].as_str().unwrap().starts_with(name));
        assert!(told, "{name}: {incidents:?}");
        let text = run(&["audit", "--lang", "en", &scratch.path(name)]).stdout;
        assert!(
            text.contains("Cannot be said: the manifest could not be read to the end."),
            "{name}: {text}"
        );
        assert!(
            !text.contains("The manifest requests no permission."),
            "{name}: {text}"
        );
    }
    // What can be read is read.
    let report = json(&[&scratch.path("gone.apk")]).json();
    assert_eq!(report["sdks"].as_array().unwrap().len(), 3);
}

#[test]
fn resources_and_code_that_cannot_be_read_are_named() {
    let scratch = Scratch::new("channels");
    for (entry, hidden) in [("resources.arsc", "resources"), ("classes.dex", "code")] {
        for (kind, data) in [("garbage", &[0x5a_u8; 300] as &[u8]), ("empty", b"")] {
            let name = format!("{kind}-{hidden}.apk");
            let path = scratch.write(
                &name,
                &with("labels-and-references", &[(entry, Some(data))]),
            );
            let ran = json(&[&path]);
            let report = ran.json();
            assert!(matches!(ran.code, Some(1 | 3)), "{name}");
            assert!(
                ["partial", "unreadable"].contains(&channel(&report, hidden)),
                "{name}"
            );
            assert_ne!(channel(&report, "manifest"), "unreadable", "{name}");
            assert_eq!(report["subject"]["package"], "com.example.many");
            let incidents = report["incidents"].as_array().unwrap();
            let file = format!("{name}!{entry}");
            assert!(
                incidents
                    .iter()
                    .any(|i| i["hides"] == hidden && i["file"] == file.as_str()),
                "{incidents:?}"
            );
        }
    }
}

#[test]
fn splits_that_do_not_fit_are_left_out_and_named() {
    let scratch = Scratch::new("splits");
    let files = sample("split-set").build().unwrap();
    let paths: Vec<String> = files
        .iter()
        .map(|(name, bytes)| scratch.write(name, bytes))
        .collect();
    let base = paths[0].as_str();
    let unreadable = scratch.write("split_bad.apk", b"PK\x03\x04 and no more");
    let ran = json(&[base, &unreadable]);
    let report = ran.json();
    assert_eq!(ran.code, INCOMPLETE, "{}", ran.stderr);
    assert_eq!(channel(&report, "archive"), "partial");
    assert_eq!(report["subject"]["package"], "com.example.chat");
    assert_eq!(report["subject"]["excluded"][0]["name"], "split_bad.apk");

    let other = r#"
        about = { zh = "另一应用的分包", en = "a split of another app" }
        [base]
        package = "com.example.other"
        version_code = 1005
        min_sdk = 24
        [[split]]
        name = "voice"
        feature = true
        [[split.dex]]
        classes = "class com.example.other.Secret"
    "#;
    let foreign = Sample::parse("other", other).unwrap().build().unwrap();
    let foreign = scratch.write("split_foreign.apk", &foreign[1].1);
    let report = json(&[base, &foreign]).json();
    assert_eq!(
        report["subject"]["excluded"][0]["name"],
        "split_foreign.apk"
    );
    assert_eq!(report["subject"]["splits"], Value::Array(Vec::new()));
    let incident = report["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["code"] == "split-mismatch");
    assert!(
        incident.unwrap()["detail"]
            .as_str()
            .unwrap()
            .contains("com.example.other")
    );
    let facts = run(&["facts", base, &foreign]);
    assert!(
        !facts.stdout.contains("com.example.other.Secret"),
        "another app's code is not counted"
    );

    let splits: Vec<&str> = paths[1..].iter().map(String::as_str).collect();
    let ran = json(&splits);
    assert_eq!(ran.code, INCOMPLETE, "{}", ran.stdout);
    let report = ran.json();
    assert_eq!(channel(&report, "manifest"), "unreadable");
    let reasons = report["coverage"]["channels"].to_string();
    assert!(
        reasons.contains("expected a base APK, found only splits"),
        "{reasons}"
    );
    assert_eq!(report["findings"], Value::Array(Vec::new()));
}

#[test]
fn a_bomb_is_not_inflated() {
    let scratch = Scratch::new("bomb");
    // 64 MiB of zeros in 64 KiB that claim to be 3 GiB: over the limit of one entry.
    let mut bomb = Entry::new("classes2.dex", vec![0; 64 << 20], Method::Deflated);
    bomb.central.size = Some(3 << 30);
    bomb.local.size = Some(3 << 30);
    let bytes = apk("flashlight-clean");
    let limits = permscope::limits::Limits::default();
    let archive = permscope::container::Archive::open("torch", &bytes, &limits).unwrap();
    let mut entries: Vec<Entry> = archive
        .entries()
        .iter()
        .map(|e| {
            Entry::new(
                e.name.as_bytes(),
                archive.read(e).unwrap().into_owned(),
                Method::Deflated,
            )
        })
        .collect();
    entries.push(bomb);
    let bytes = Zip::of(entries).build();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let ran = json(&[&scratch.write("bomb.apk", &bytes)]);
    assert_eq!(ran.code, INCOMPLETE, "{}", ran.stderr);
    let report = ran.json();
    assert_eq!(channel(&report, "code"), "partial");
    let reasons = report["coverage"]["channels"].to_string();
    assert!(
        reasons.contains("at most 1073741824 bytes in one entry"),
        "{reasons}"
    );
    assert_eq!(report["subject"]["package"], "com.example.torch");
}

#[test]
fn a_hundred_thousand_empty_entries() {
    let scratch = Scratch::new("entries");
    let names: Vec<String> = (0..100_000).map(|n| format!("assets/{n}")).collect();
    let entries = || {
        names
            .iter()
            .map(|n| Entry::new(n.as_str(), b"", Method::Stored))
    };
    let build = |entries: Vec<Entry>| {
        let mut archive = Zip::of(entries);
        // The plain end record can say 65,535 at most.
        archive.zip64_end = true;
        archive.build()
    };
    let bytes = build(entries().collect());
    let ran = json(&[&scratch.write("many.apk", &bytes)]);
    assert_eq!((ran.code, ran.stdout.as_str()), (INCOMPLETE, ""));
    assert!(
        ran.stderr
            .ends_with("found an archive of 100000 other files\n"),
        "{}",
        ran.stderr
    );
    let code = Entry::new("classes.dex", b"", Method::Stored);
    let bytes = build(std::iter::once(code).chain(entries()).collect());
    let ran = json(&[&scratch.write("more.apk", &bytes)]);
    assert_eq!(ran.code, INCOMPLETE, "{}", ran.stderr);
    assert_eq!(channel(&ran.json(), "manifest"), "unreadable");
}

#[test]
fn names_from_an_archive_cannot_drive_a_terminal() {
    let scratch = Scratch::new("names");
    let bytes = zip(&[
        ("classes.dex", b""),
        ("assets/\x1b[2J\r\nclean.dex", b"dex\n035\0"),
    ]);
    let path = scratch.write("odd.apk", &bytes);
    let ran = run(&["audit", "--lang", "en", &path]);
    assert_eq!(ran.code, INCOMPLETE);
    assert!(!ran.stdout.contains(['\x1b', '\r']), "{}", ran.stdout);
}

#[test]
fn facts_that_are_none_are_refused() {
    let scratch = Scratch::new("facts");
    let text = scratch.write("text.json", b"hello");
    refused(
        &run(&["judge", &text]),
        USAGE,
        &format!("{text}: not a facts file: expected value at line 1 column 1"),
    );
    let none = scratch.path("none.json");
    refused(
        &run(&["judge", &none]),
        USAGE,
        &format!("{none}: No such file or directory (os error 2)"),
    );
    let app = scratch.write("a.apk", &apk("flashlight-clean"));
    let facts = scratch.path("facts.json");
    assert_eq!(run(&["facts", &app, "-o", &facts]).code, Some(0));
    assert_eq!(run(&["judge", &facts]).code, Some(0));
    let text = fs::read_to_string(&facts).unwrap();
    let later = text.replace("permscope-facts/2", "permscope-facts/99");
    let later = scratch.write("later.json", later.as_bytes());
    refused(
        &run(&["judge", &later]),
        USAGE,
        &format!(
            "{later}: facts of layout `permscope-facts/99`, this version reads `permscope-facts/2`"
        ),
    );
    let more = text.replacen('{', "{ \"surprise\": 1,", 1);
    let more = scratch.write("more.json", more.as_bytes());
    assert_eq!(run(&["judge", &more]).code, USAGE);
    for end in [text.len() / 2, text.len() - 3] {
        let cut = scratch.write("cut.json", &text.as_bytes()[..end]);
        assert_eq!(run(&["judge", &cut]).code, USAGE);
    }
}
