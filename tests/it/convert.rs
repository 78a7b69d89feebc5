//! The forms for other tools: against readers that are not ours, and against the record that they are made of.

use crate::common::{
    Case, Scratch, case, cases, command, compiled, repo, run, run_with_input, sample, snapshot,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use permscope::report::v1::Report;
use permscope::report::{Language, Languages};
use permscope::report::{csv, cyclonedx, github, junit, markdown, sarif};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

fn report(case: &Case, languages: Languages) -> Report {
    case.report(&case.facts(), languages)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn forms_of_small_apps_are_as_recorded() {
    for (name, language) in [
        ("weather-background", Language::Zh),
        ("use-none-packer", Language::En),
    ] {
        let mut report = report(&case(sample(name)), Languages::BOTH);
        report.findings.truncate(2);
        report.permissions.truncate(2);
        // They change with every edit of the data.
        report.tool.version = "0".into();
        report.data.version = "0".into();
        report.data.digest = "0".repeat(64);
        for (ending, text) in [
            ("sarif", sarif::render(&report, language, None)),
            ("cdx.json", cyclonedx::render(&report, language)),
            ("junit.xml", junit::render(&report, language)),
            ("github.txt", github::render(&report, language, None)),
            ("md", markdown::render(&report, language)),
            ("csv", csv::render(&report, language)),
        ] {
            snapshot(&format!("convert/{name}.{ending}"), &text);
        }
    }
}

/// A reference to a file: RFC 3986 without scheme, authority, query, fragment and dots that lead elsewhere.
fn is_relative(uri: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
    let mut parts = uri.split('/');
    !uri.is_empty() && uri.chars().all(plain) && parts.all(|p| !["", ".", ".."].contains(&p))
}

/// Every physical location below a value.
fn places<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if key == "physicalLocation" {
                    found.push(inner);
                }
                places(inner, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| places(inner, found)),
        _ => {}
    }
}

#[test]
fn sarif_says_what_the_record_says_and_points_into_the_files() {
    let (mut with_offset, mut incomplete) = (0, 0);
    for case in cases() {
        let report = report(&case, Languages::BOTH);
        let log = parsed(&sarif::render(&report, Language::En, None));
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), report.findings.len(), "{}", case.name);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let artifacts = run["artifacts"].as_array().unwrap();
        for (finding, result) in report.findings.iter().zip(results) {
            let rule = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            assert_eq!(result["ruleId"], finding.rule.as_str());
            assert_eq!(
                result["partialFingerprints"]["permscopeFinding/v1"],
                finding.id.as_str()
            );
            assert!(result["locations"][0]["physicalLocation"].is_object());
            let shown = result["relatedLocations"].as_array().unwrap();
            assert_eq!(shown.len(), finding.evidence.len());
            for (evidence, place) in finding.evidence.iter().zip(shown) {
                let Some(entry) = &evidence.entry else {
                    continue;
                };
                let place = &place["physicalLocation"];
                let index = place["artifactLocation"]["index"].as_u64().unwrap() as usize;
                let artifact = &artifacts[index];
                assert_eq!(
                    artifact["location"]["uri"],
                    entry.as_str(),
                    "names need no escapes here"
                );
                if let Some(digest) = &evidence.entry_sha256 {
                    assert_eq!(artifact["hashes"]["sha-256"], digest.as_str());
                }
                assert_eq!(place["region"]["byteOffset"].as_u64(), evidence.offset);
                with_offset += u32::from(evidence.offset.is_some());
            }
        }
        let mut all = Vec::new();
        places(run, &mut all);
        for place in all {
            let location = &place["artifactLocation"];
            assert!(is_relative(location["uri"].as_str().unwrap()), "{location}");
            let index = location["index"].as_u64().unwrap() as usize;
            assert_eq!(artifacts[index]["location"]["uri"], location["uri"]);
        }
        for (file, artifact) in report.subject.files.iter().zip(artifacts) {
            assert_eq!(artifact["hashes"]["sha-256"], file.sha256.as_str());
        }
        for artifact in artifacts {
            if let Some(parent) = artifact["parentIndex"].as_u64() {
                assert!(artifacts[parent as usize]["hashes"].is_object());
            }
        }
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], report.coverage.complete);
        let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
        if !report.coverage.complete {
            incomplete += 1;
            assert!(notes.iter().any(|n| n["level"] == "error"), "{}", case.name);
        }
    }
    assert!(
        with_offset > 100 && incomplete > 2,
        "{with_offset} {incomplete}"
    );
}

#[test]
fn a_bill_of_materials_lists_what_is_bundled_and_claims_no_version() {
    let (mut components, mut referenced) = (0, 0);
    for case in cases() {
        let report = report(&case, Languages::BOTH);
        let bom = parsed(&cyclonedx::render(&report, Language::Zh));
        let listed = bom["components"].as_array().unwrap();
        let ids: BTreeSet<&str> = listed
            .iter()
            .map(|c| c["bom-ref"].as_str().unwrap().strip_prefix("sdk:").unwrap())
            .collect();
        for sdk in &report.sdks {
            let is_bundled = serde_json::to_value(sdk.grade).unwrap() != "referenced";
            assert_eq!(ids.contains(sdk.id.as_str()), is_bundled, "{}", sdk.id);
            referenced += u32::from(!is_bundled);
        }
        for component in listed {
            components += 1;
            assert!(component.get("version").is_none() && component.get("purl").is_none());
        }
        let text = bom["serialNumber"].as_str().unwrap();
        let parts: Vec<&str> = text.strip_prefix("urn:uuid:").unwrap().split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        // RFC 9562: version 8, variant 10.
        assert!(parts[2].starts_with('8') && ["8", "9", "a", "b"].contains(&&parts[3][..1]));
    }
    assert!(
        components > 20 && referenced > 0,
        "{components} {referenced}"
    );
}

#[test]
fn a_build_is_not_green_where_something_could_not_be_read() {
    for case in cases() {
        let report = report(&case, Languages::BOTH);
        let xml = junit::render(&report, Language::En);
        assert_eq!(
            xml.contains("<error "),
            !report.coverage.complete,
            "{}",
            case.name
        );
        let commands = github::render(&report, Language::En, None);
        let last = commands.lines().last().unwrap();
        assert_eq!(last.starts_with("::notice "), report.coverage.complete);
        let summary = markdown::render(&report, Language::En);
        assert_eq!(summary.contains("Incomplete"), !report.coverage.complete);
        if !report.coverage.complete {
            assert!(!summary.contains("found nothing"), "{}", case.name);
        }
    }
}

#[test]
fn a_saved_report_is_converted_however_it_is_saved() {
    let scratch = Scratch::new("convert");
    let app = scratch.write("shop.apk", &crate::common::apk("shop-excess"));
    let saved = scratch.path("saved.json");
    let audit = [
        "audit", &app, "--format", "json", "--lang", "zh,en", "-o", &saved,
    ];
    assert_eq!(run(&audit).code, Some(1));
    let bytes = fs::read(&saved).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&bytes).unwrap();
    let packed = packed.finish().unwrap();
    let gz = scratch.write("saved.json.gz", &packed);

    let sarif = run(&["convert", &saved, "--to", "sarif", "--lang", "en"]);
    assert_eq!((sarif.code, sarif.stderr.as_str()), (Some(0), ""));
    for other in [
        run(&["convert", &gz, "--to", "sarif", "--lang", "en"]),
        run_with_input(&["convert", "-", "--to", "sarif", "--lang", "en"], &packed),
        run_with_input(&["convert", "-", "--to", "sarif", "--lang", "en"], &bytes),
    ] {
        assert_eq!(other, sarif);
    }
    let direct = run(&["audit", &app, "--format", "markdown", "--lang", "en"]);
    let saved_en = run(&["convert", &saved, "--to", "markdown", "--lang", "en"]);
    assert_eq!(direct.stdout, saved_en.stdout);
    assert_eq!(direct.code, Some(1));

    let folder = scratch.path("forms");
    let forms = "sarif,cyclonedx,junit,github,markdown,csv,html,text,json";
    let all = run(&["convert", &saved, "--to", forms, "--out", &folder]);
    assert_eq!((all.code, all.stdout.as_str()), (Some(0), ""));
    let names: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "report.cdx.json",
            "report.csv",
            "report.github.txt",
            "report.html",
            "report.json",
            "report.junit.xml",
            "report.md",
            "report.sarif",
            "report.txt",
        ]
    );
    assert_eq!(fs::read(scratch.path("forms/report.json")).unwrap(), bytes);
    // The record has Chinese: so have the forms, unless something else is asked for.
    assert!(
        fs::read_to_string(scratch.path("forms/report.md"))
            .unwrap()
            .contains("线索")
    );
}

/// Code scanning shows results in files of the repository only.
#[test]
fn annotations_stand_at_the_manifest_of_the_sources() {
    let scratch = Scratch::new("convert-manifest");
    let manifest = fs::read(repo("samples/apps/shop/AndroidManifest.xml")).unwrap();
    let line_of = |text: &str| {
        let source = std::str::from_utf8(&manifest).unwrap();
        1 + source.lines().position(|line| line.contains(text)).unwrap()
    };
    scratch.write("AndroidManifest.xml", &manifest);
    let shop = compiled()
        .into_iter()
        .find(|app| app.name == "shop")
        .unwrap();
    let whole = shop.case("shop", &["shop.apk"]);
    let report = report(&whole, Languages::BOTH);
    scratch.write(
        "report.json",
        serde_json::to_string(&report).unwrap().as_bytes(),
    );
    let convert = |to: &str, manifest: &str| {
        let mut command = command(&["convert", "report.json", "--lang", "en", "--to", to]);
        let output = command
            .args(["--manifest", manifest])
            .current_dir(scratch.path(""));
        output.output().unwrap()
    };
    let out = convert("sarif", "AndroidManifest.xml");
    let log = parsed(&String::from_utf8(out.stdout).unwrap());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let line = |subject: &str| {
        let of = |result: &&Value| result["properties"]["subject"] == subject;
        let place = &results.iter().find(of).unwrap()["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "AndroidManifest.xml");
        place["region"]["startLine"].as_u64().unwrap() as usize
    };
    let call_log = "android.permission.READ_CALL_LOG";
    assert_eq!(line(call_log), line_of(call_log));
    assert_eq!(line("application"), line_of("<application"));
    let out = convert("github", "AndroidManifest.xml");
    let commands = String::from_utf8(out.stdout).unwrap();
    let start = format!(
        "::error file=AndroidManifest.xml,line={},title=",
        line_of(call_log)
    );
    assert!(
        commands.lines().any(|l| l.starts_with(&start)),
        "{commands}"
    );
    for bad in ["../AndroidManifest.xml", "report.json", "none.xml"] {
        assert_eq!(convert("sarif", bad).status.code(), Some(2), "{bad}");
    }
}

#[test]
fn what_is_no_report_is_refused_with_the_reason() {
    let scratch = Scratch::new("convert-refused");
    let app = scratch.write("shop.apk", &crate::common::apk("shop-excess"));
    let facts = scratch.path("facts.json");
    assert_eq!(run(&["facts", &app, "-o", &facts]).code, Some(0));
    for (name, bytes, says) in [
        (
            "none.json",
            &b"nothing"[..],
            "not a permscope-report/1: expected",
        ),
        ("empty.json", b"", "not a permscope-report/1: EOF"),
        (
            "other.json",
            b"{\"schema\": \"permscope-report/9\"}",
            "but a `permscope-report/9`",
        ),
        (
            "part.json",
            b"{\"schema\": \"permscope-report/1\"}",
            "missing field",
        ),
        ("bad.json.gz", b"\x1f\x8b\x08\x00", "bad.json.gz: "),
    ] {
        let path = scratch.write(name, bytes);
        let ran = run(&["convert", &path, "--to", "csv"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{name}");
        assert!(ran.stderr.contains(says), "{name}: {}", ran.stderr);
    }
    let ran = run(&["convert", &facts, "--to", "csv"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("`permscope judge`"), "{}", ran.stderr);
    let ran = run(&["convert", &facts, "--to", "csv,sarif"]);
    assert_eq!(ran.code, Some(2));
}
