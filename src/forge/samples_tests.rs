use super::*;
use crate::forge::app::{RULES, STAGES, USES};
use std::collections::BTreeSet;

fn samples() -> Vec<Sample> {
    load(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/text"
    )))
    .unwrap()
}

fn text_of(sample: &Sample) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/text");
    std::fs::read_to_string(format!("{folder}/{}/app.toml", sample.name)).unwrap()
}

/// Offsets of the local headers that the central directory lists, walked here by hand.
fn entries(zip: &[u8]) -> Vec<(String, usize)> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(zip[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(zip[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(zip[at..at + 8].try_into().unwrap()) as usize;
    let end = zip.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let mut at = match u32_at(end + 16) {
        u32::MAX => u64_at(u64_at(end - 12) + 48),
        offset => offset as usize,
    };
    let mut all = Vec::new();
    while at < end && u32_at(at) == 0x0201_4b50 {
        let (name, extra) = (u16_at(at + 28), u16_at(at + 30));
        let mut offset = u32_at(at + 42) as usize;
        if offset == u32::MAX as usize {
            offset = u64_at(at + 46 + name + 20);
        }
        all.push((
            String::from_utf8(zip[at + 46..at + 46 + name].to_vec()).unwrap(),
            offset,
        ));
        at += 46 + name + extra;
    }
    all
}

#[test]
fn every_sample_builds_the_same_twice() {
    let samples = samples();
    assert!(samples.len() >= 14, "{}", samples.len());
    for sample in samples {
        let files = sample.build().unwrap();
        assert_eq!(files, sample.build().unwrap(), "{}", sample.name);
        for (name, bytes) in &files {
            let entries = entries(bytes);
            assert!(!entries.is_empty(), "{name}");
            for (entry, offset) in &entries {
                assert_eq!(bytes[*offset..offset + 4], *b"PK\x03\x04", "{name} {entry}");
            }
            if name.ends_with(".apk") {
                assert_eq!(entries[0].0, "AndroidManifest.xml", "{name}");
            }
        }
    }
}

/// The truth agrees with the text of the manifest, found here by plain search.
#[test]
fn expected_permissions_and_classes_are_those_of_the_text() {
    for sample in samples() {
        let text = text_of(&sample);
        let asked: Vec<&str> = text
            .lines()
            .filter_map(|l| l.trim_start().strip_prefix("<uses-permission"))
            .filter_map(|l| l.split_once("android:name=\"")?.1.split('"').next())
            .collect();
        assert_eq!(
            sample.expect.permissions.as_deref().unwrap(),
            asked,
            "{}",
            sample.name
        );
        if sample.expect.hidden_dex.is_none() {
            let classes = text.lines().filter(|l| l.starts_with("class ")).count();
            assert_eq!(sample.expect.classes, Some(classes), "{}", sample.name);
        }
        let package = format!("package = \"{}\"", sample.expect.package.unwrap());
        assert!(text.contains(&package), "{package}");
    }
}

#[test]
fn the_truth_does_not_contradict_itself() {
    for sample in samples() {
        let (name, expect) = (&sample.name, &sample.expect);
        let findings: BTreeSet<_> = expect.findings.iter().flatten().collect();
        for rule in findings.iter().copied().chain(&expect.clean_of) {
            assert!(RULES.contains(&rule.as_str()), "{name}: {rule}");
        }
        assert!(
            expect.clean_of.iter().all(|rule| !findings.contains(rule)),
            "{name}"
        );
        let asked: BTreeSet<_> = expect.permissions.iter().flatten().collect();
        let tiers = [
            &expect.necessary,
            &expect.on_user_action,
            &expect.not_needed,
        ];
        let tiered: Vec<_> = tiers.into_iter().flatten().flatten().collect();
        let unique: BTreeSet<_> = tiered.iter().copied().collect();
        assert_eq!(
            unique.len(),
            tiered.len(),
            "{name}: a permission in two tiers"
        );
        assert!(unique.is_subset(&asked), "{name}");
        for permission in expect.usage.keys().chain(expect.owners.keys()) {
            assert!(asked.contains(permission), "{name}: {permission}");
        }
        for word in expect.usage.values() {
            assert!(USES.contains(&word.as_str()), "{name}: {word}");
        }
        for word in expect.stages.values() {
            assert!(STAGES.contains(&word.as_str()), "{name}: {word}");
        }
        for row in expect.accesses.iter().chain(&expect.hints) {
            assert_eq!(row.split(' ').count(), 2, "{name}: {row}");
        }
        for row in &expect.accesses {
            let id = row.split(' ').next().unwrap();
            assert!(expect.no_accesses.iter().all(|no| no != id), "{name}: {id}");
        }
        let unneeded = expect.not_needed.as_ref().is_some_and(|n| !n.is_empty());
        assert_eq!(
            findings.contains(&"not-needed-permission".to_owned()),
            unneeded,
            "{name}"
        );
        assert!(!sample.about.zh.is_empty() && !sample.about.en.is_empty());
    }
}

/// Every rule that a sample can trigger has one that must trigger it and one that must not.
#[test]
fn every_rule_is_shown_and_denied_by_a_sample() {
    let samples = samples();
    for rule in RULES {
        let has = |list: &[String]| list.iter().any(|r| r == rule);
        assert!(
            samples
                .iter()
                .any(|s| s.expect.findings.as_deref().is_some_and(has)),
            "no sample shows {rule}"
        );
        assert!(
            samples.iter().any(|s| has(&s.expect.clean_of)),
            "no sample denies {rule}"
        );
    }
}

/// Every answer of `use` and every stage has a sample.
#[test]
fn every_use_and_every_stage_is_shown_by_a_sample() {
    let samples = samples();
    for word in USES {
        let shown = |s: &Sample| s.expect.usage.values().any(|w| w == word);
        assert!(samples.iter().any(shown), "no sample shows {word}");
    }
    for word in STAGES {
        let shown = |s: &Sample| s.expect.stages.values().any(|w| w == word);
        assert!(samples.iter().any(shown), "no sample shows {word}");
    }
}

/// The README's example is a sample: what is documented works.
#[test]
fn the_example_of_the_readme_builds() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/README.md")).unwrap();
    let examples: Vec<&str> = readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(!examples.is_empty());
    let files = Sample::parse("example", examples[0])
        .unwrap()
        .build()
        .unwrap();
    let names: Vec<&str> = files.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(
        names,
        ["base.apk", "split_config.zh.apk", "split_voice.apk"]
    );
    let inside: Vec<String> = entries(&files[0].1).into_iter().map(|e| e.0).collect();
    assert_eq!(
        inside,
        [
            "AndroidManifest.xml",
            "classes.dex",
            "assets/plugin.bin",
            "lib/arm64-v8a/libfoo.so",
            "res/xml/network.xml",
            "res/raw/list.json",
            "resources.arsc",
            "assets/hosts.txt",
        ]
    );
    // The class notation is shown on its own, too.
    let notation: Vec<&str> = readme
        .split("```text\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let dex = crate::forge::dex::forge(notation[0]).unwrap();
    assert_eq!(dex[..4], *b"dex\n");
}
