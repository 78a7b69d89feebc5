//! Case files: what is in them, and that nothing in them can be changed without being named.

use crate::common::{Ran, Scratch, db, detector, repo, run};
use permscope::audit::Edition;
use permscope::case::key::SecretKey;
use permscope::case::{self, Asked, Details, Files, Kind, Note, Record, folder, verify};
use permscope::dex::Dex;
use permscope::engine::Source;
use permscope::limits::Limits;
use permscope::report::v1::Report;
use permscope::report::{Languages, plain};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

fn source(path: &str) -> Source {
    let bytes = fs::read(repo("samples/apps").join(path)).unwrap();
    Source::new(path.rsplit('/').next().unwrap(), bytes)
}

pub(crate) fn asked(function: &str) -> Asked {
    Asked {
        details: Details {
            operator: "张三".into(),
            case_ref: "网信检〔2026〕1号".into(),
            acquired_from: "示例应用商店".into(),
            acquired_at: "2026-11-28T10:00:00+08:00".into(),
            developer: None,
        },
        functions: vec![function.to_owned()],
        edition: Edition::Consumer,
        languages: Languages::BOTH,
    }
}

fn made(path: &str, function: &str) -> (Vec<Source>, Files) {
    let sources = vec![source(path)];
    let files = case::make(&sources, &asked(function), detector(), &Limits::default()).unwrap();
    (sources, files)
}

fn key() -> SecretKey {
    SecretKey::new([3; 32], [5; 8])
}

fn signed(mut files: Files) -> Files {
    case::sign(&mut files, &key(), "网信检〔2026〕1号");
    files
}

pub(crate) fn against(files: &Files, sources: &[Source]) -> Vec<Note> {
    let (mut notes, said) = verify::chain(files, None);
    let said = said.unwrap();
    let limits = Limits::default();
    notes.extend(verify::against_app(
        files,
        &said,
        sources,
        detector(),
        &limits,
    ));
    notes
}

pub(crate) fn text(notes: &[Note]) -> String {
    let lines = notes
        .iter()
        .map(|n| n.text(permscope::report::Language::En));
    lines.collect::<Vec<_>>().join("\n")
}

fn differs_at(notes: &[Note], place: &str) -> bool {
    let mut all = notes.iter();
    all.any(|note| note.kind == Kind::Differs && note.place.starts_with(place))
}

const CASES: [(&str, &str); 3] = [
    ("shop/shop.apk", "online-shopping"),
    ("parking/parking.apk", "local-life"),
    ("multi/multi.apks", "ebook"),
];

#[test]
fn an_honest_case_fits_and_is_the_same_each_time() {
    for (path, function) in CASES {
        let (sources, files) = made(path, function);
        assert_eq!(files, made(path, function).1, "{path}");
        assert_eq!(signed(files.clone()), signed(files.clone()), "{path}");
        let notes = against(&files, &sources);
        let worst = verify::verdict(&notes);
        assert!(worst <= Kind::Info, "{path}: {}", text(&notes));
        assert!(text(&notes).contains("were derived again from the app"));
    }
}

#[test]
fn the_report_is_the_one_of_audit() {
    let scratch = Scratch::new("case-report");
    let shop = scratch.write("shop.apk", &source("shop/shop.apk").bytes);
    let (_, files) = made("shop/shop.apk", "网上购物");
    let audit = [
        "audit",
        &shop,
        "--function",
        "网上购物",
        "--format",
        "json",
        "--lang",
        "zh,en",
    ];
    assert_eq!(run(&audit).stdout.as_bytes(), files[case::REPORT]);
}

#[test]
fn the_case_has_its_published_form() {
    let schema = fs::read_to_string(repo("schema/case-v1.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    for (path, function) in CASES {
        let (_, files) = made(path, function);
        let record: Value = serde_json::from_slice(&files[case::RECORD]).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&record)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{path}");
        // in-toto Statement v1: these names and values.
        let statement: Value = serde_json::from_slice(&files[case::STATEMENT]).unwrap();
        assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
        let first = &statement["subject"][0];
        assert_eq!(first["name"], path.rsplit('/').next().unwrap());
        assert_eq!(first["digest"]["sha256"], source(path).sha256);
    }
    let mut broken: Value =
        serde_json::from_slice(&made(CASES[0].0, CASES[0].1).1[case::RECORD]).unwrap();
    broken["details"]["operator"] = json!(7);
    assert!(
        !validator.is_valid(&broken),
        "a schema that takes anything checks nothing"
    );
}

/// Positions of a file that are changed: all of a small one.
fn positions(length: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(length.div_ceil(most).max(1))
}

#[test]
fn a_changed_byte_is_found_and_its_file_named() {
    let public = key().public();
    for (path, function, most) in [
        ("parking/parking.apk", "local-life", 300),
        ("shop/shop.apk", "online-shopping", 5),
        ("multi/multi.apks", "ebook", 20),
    ] {
        let files = signed(made(path, function).1);
        assert_eq!(
            verify::verdict(&verify::chain(&files, Some(&public)).0),
            Kind::Fits
        );
        for (name, bytes) in &files {
            let most = if bytes.len() <= 300 { 300 } else { most };
            for at in positions(bytes.len(), most) {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[at] ^= 1;
                let (notes, _) = verify::chain(&changed, Some(&public));
                assert!(
                    differs_at(&notes, name),
                    "{path}: {name} byte {at}: {}",
                    text(&notes)
                );
            }
        }
    }
}

#[test]
fn without_a_signature_the_statement_still_has_no_free_byte() {
    let (_, files) = made("parking/parking.apk", "local-life");
    let statement = &files[case::STATEMENT];
    for at in positions(statement.len(), 400) {
        let mut changed = files.clone();
        changed.get_mut(case::STATEMENT).unwrap()[at] ^= 1;
        let (notes, _) = verify::chain(&changed, None);
        assert_eq!(verify::verdict(&notes), Kind::Differs, "byte {at}");
    }
}

/// A report put in place of another, with digests and statement made again, as a forger would.
fn forged(files: &Files, report: &Value) -> Files {
    let report: Report = serde_json::from_value(report.clone()).unwrap();
    let mut forged = files.clone();
    let json = plain::json(&serde_json::to_string_pretty(&report).unwrap()) + "\n";
    forged.insert(case::REPORT.into(), json.into_bytes());
    let record: Record = serde_json::from_slice(&files[case::RECORD]).unwrap();
    case::seal(&mut forged, &record).unwrap();
    forged
}

/// Another value of the same type.
fn other(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("kind", Value::String(kind)) if kind == "code" => json!("class"),
        ("kind", _) => json!("code"),
        (_, Value::Number(number)) => json!(number.as_u64().unwrap() + 2),
        (_, Value::String(text)) => json!(format!("{text}x")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_field_of_evidence_is_found_and_named() {
    for (path, function) in CASES {
        let (sources, files) = made(path, function);
        let report: Value = serde_json::from_slice(&files[case::REPORT]).unwrap();
        let mut number = 0;
        for (f, finding) in report["findings"].as_array().unwrap().iter().enumerate() {
            for (e, evidence) in finding["evidence"].as_array().unwrap().iter().enumerate() {
                for (key, value) in evidence.as_object().unwrap() {
                    let mut changed = report.clone();
                    changed["findings"][f]["evidence"][e][key] = other(key, value);
                    let forged = forged(&files, &changed);
                    let place = format!("report.json: findings[{f}].evidence[{e}].{key}");
                    let notes = verify::differences(&forged, &files);
                    assert!(
                        differs_at(&notes, &place),
                        "{path} {place}: {}",
                        text(&notes)
                    );
                    number += 1;
                    // The whole way is the same and slow.
                    if number % 40 == 1 {
                        let (chain, said) = verify::chain(&forged, None);
                        assert!(verify::verdict(&chain) < Kind::Differs, "{}", text(&chain));
                        let limits = Limits::default();
                        let notes = verify::against_app(
                            &forged,
                            &said.unwrap(),
                            &sources,
                            detector(),
                            &limits,
                        );
                        assert!(
                            differs_at(&notes, &place),
                            "{path} {place}: {}",
                            text(&notes)
                        );
                    }
                }
            }
        }
        assert!(number > 10, "{path}: {number}");
    }
}

#[test]
fn findings_that_were_taken_out_or_put_in_are_named() {
    let (sources, files) = made("parking/parking.apk", "local-life");
    let report: Value = serde_json::from_slice(&files[case::REPORT]).unwrap();
    let mut fewer = report.clone();
    fewer["findings"].as_array_mut().unwrap().pop();
    let last = report["findings"].as_array().unwrap().len() - 1;
    let notes = against(&forged(&files, &fewer), &sources);
    assert!(
        differs_at(&notes, &format!("report.json: findings[{last}]")),
        "{}",
        text(&notes)
    );
    let mut milder = report.clone();
    milder["findings"][0]["severity"] = json!("info");
    let notes = against(&forged(&files, &milder), &sources);
    assert!(
        differs_at(&notes, "report.json: findings[0].severity"),
        "{}",
        text(&notes)
    );
}

/// What reading the evidence again finds without judging: the data of the case is not ours.
#[test]
fn with_other_data_the_evidence_is_read_again_and_nothing_else_is_said() {
    for (path, function) in CASES {
        let (sources, files) = made(path, function);
        let other_data = |report: &Value| {
            let mut report = report.clone();
            report["data"]["digest"] = json!("0".repeat(64));
            let mut files = files.clone();
            let mut record: Record = serde_json::from_slice(&files[case::RECORD]).unwrap();
            record.data.digest = "0".repeat(64);
            let text = plain::json(&serde_json::to_string_pretty(&record).unwrap()) + "\n";
            files.insert(case::RECORD.into(), text.into_bytes());
            let parsed: Report = serde_json::from_value(report).unwrap();
            let text = plain::json(&serde_json::to_string_pretty(&parsed).unwrap()) + "\n";
            files.insert(case::REPORT.into(), text.into_bytes());
            for name in [case::ANNEX, case::ANNEX_PAGE] {
                let text = String::from_utf8(files[name].clone()).unwrap();
                let text = text.replace(&db().digest, &"0".repeat(64));
                files.insert(name.into(), text.into_bytes());
            }
            case::seal(&mut files, &record).unwrap();
            files
        };
        let report: Value = serde_json::from_slice(&files[case::REPORT]).unwrap();
        let notes = against(&other_data(&report), &sources);
        assert_eq!(
            verify::verdict(&notes),
            Kind::Open,
            "{path}: {}",
            text(&notes)
        );
        assert!(!text(&notes).contains("derived again from the app"));
        for (f, finding) in report["findings"].as_array().unwrap().iter().enumerate() {
            let evidence = finding["evidence"][0].as_object().unwrap();
            for key in [
                "entry_sha256",
                "class",
                "method",
                "offset",
                "path",
                "file",
                "entry",
            ] {
                let Some(value) = evidence.get(key) else {
                    continue;
                };
                let mut changed = report.clone();
                changed["findings"][f]["evidence"][0][key] = other(key, value);
                let notes = against(&other_data(&changed), &sources);
                let place = format!("report.json: findings[{f}].evidence[0].{key}");
                assert!(
                    differs_at(&notes, &place),
                    "{path} {place}: {}",
                    text(&notes)
                );
            }
        }
    }
}

/// `tests/case/expect.py` wrote the expectation with baksmali 2.5.2 and dexdump (Debian 12).
#[test]
fn instructions_read_as_baksmali_and_dexdump_write_them() {
    let expected = fs::read_to_string(repo("tests/it/expected/shop-smali.txt")).unwrap();
    let expected: BTreeSet<&str> = expected.lines().collect();
    let (_, files) = made("shop/shop.apk", "online-shopping");
    let mut shown = 0;
    for (name, bytes) in files
        .iter()
        .filter(|(name, _)| name.starts_with("evidence/"))
    {
        let text = std::str::from_utf8(bytes).unwrap();
        for line in text.lines() {
            // "    > 00001fa2  000d  6e30 …": four blanks, the mark, place, unit, words, notation.
            let Some(insn) = line.get(6..).filter(|insn| {
                insn.get(8..10) == Some("  ") && u32::from_str_radix(&insn[..8], 16).is_ok()
            }) else {
                continue;
            };
            if insn.contains(".array-data") {
                continue;
            }
            assert!(expected.contains(insn), "{name}: {insn}");
            shown += 1;
        }
    }
    assert!(shown > 50, "{shown}");
    // And every instruction of the file.
    let apk = source("shop/shop.apk");
    let archive =
        permscope::container::Archive::open("shop.apk", &apk.bytes, &Limits::default()).unwrap();
    let bytes = archive.read(archive.find("classes.dex").unwrap()).unwrap();
    let dex = Dex::parse(&bytes, "classes.dex", &Limits::default(), &mut Vec::new()).unwrap()[0];
    let mut all = BTreeSet::new();
    for class in dex.class_defs() {
        let Some(data) = dex.class_data(&class).unwrap() else {
            continue;
        };
        for method in data.methods().unwrap().map(Result::unwrap) {
            if method.code_off == 0 {
                continue;
            }
            let code = dex.code_item(method.code_off).unwrap();
            for insn in code.insns().map(Result::unwrap) {
                if insn.payload().is_some() {
                    continue;
                }
                let words: Vec<String> = insn
                    .units()
                    .iter()
                    .map(|[a, b]| format!("{a:02x}{b:02x}"))
                    .collect();
                // baksmali writes letters outside ASCII as numbers.
                let notation: String = dex
                    .smali(&insn)
                    .chars()
                    .map(|c| {
                        if c.is_ascii() {
                            c.to_string()
                        } else {
                            format!("\\u{:04x}", u32::from(c))
                        }
                    })
                    .collect();
                all.insert(format!(
                    "{:08x}  {:04x}  {:<24}  {notation}",
                    code.offset_of(insn.offset),
                    insn.offset,
                    words.join(" "),
                ));
            }
        }
    }
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all, expected);
}

/// Labels and names are the officer's and the app's; the annex is one page whatever they are.
#[test]
fn what_is_typed_or_named_stays_text() {
    let sources = vec![source("parking/parking.apk")];
    let page = |text: &str| {
        let mut asked = asked("local-life");
        asked.details.operator = text.into();
        asked.details.developer = Some(text.into());
        asked.details.acquired_from = text.into();
        let files = case::make(&sources, &asked, detector(), &Limits::default()).unwrap();
        String::from_utf8(files[case::ANNEX_PAGE].clone()).unwrap()
    };
    let tags = |page: &str| page.matches('<').count();
    let harmless = tags(&page("商城"));
    for hostile in ["<script>", "</td><td>", "\"><img src=x>", "<!--", "&<b>"] {
        assert_eq!(tags(&page(hostile)), harmless, "{hostile}");
    }
}

fn case_of(scratch: &Scratch, app: &str, more: &[&str]) -> Ran {
    let case = scratch.path("case");
    let arguments = [
        "case",
        app,
        "--out",
        &case,
        "--function",
        "local-life",
        "--operator",
        "张三",
        "--case-ref",
        "1",
        "--acquired-from",
        "商店",
        "--acquired-at",
        "2026-11-28",
    ];
    run(&[&arguments[..], more].concat())
}

#[test]
fn the_commands_make_sign_and_check() {
    let scratch = Scratch::new("case-commands");
    let app = scratch.write("parking.apk", &source("parking/parking.apk").bytes);
    let (secret, other) = (scratch.path("a.key"), scratch.path("b.key"));
    for key in [&secret, &other] {
        assert_eq!(
            run(&["key", "new", "--out", key, "--no-password"]).code,
            Some(0)
        );
    }
    assert_eq!(
        run(&["key", "new", "--out", &secret, "--no-password"]).code,
        Some(2)
    );
    let made = case_of(&scratch, &app, &["--key", &secret]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let again = case_of(&scratch, &app, &["--key", &secret]);
    assert_eq!(again.code, Some(2), "nothing is overwritten");
    let public = format!("{secret}.pub");
    // Somewhere else, and the app under another name.
    let moved = scratch.path("elsewhere/moved");
    fs::create_dir_all(scratch.path("elsewhere")).unwrap();
    fs::rename(scratch.path("case"), &moved).unwrap();
    let renamed = scratch.write("x.apk", &source("parking/parking.apk").bytes);
    let check = |more: &[&str]| run(&[&["verify", &moved], more].concat());
    let all = check(&[&renamed, "--pubkey", &public]);
    assert_eq!(all.code, Some(0), "{}", all.stdout);
    let line = fs::read_to_string(&public)
        .unwrap()
        .lines()
        .nth(1)
        .unwrap()
        .to_owned();
    assert_eq!(check(&["--pubkey", &line]).code, Some(0));
    let wrong = check(&[&renamed, "--pubkey", &format!("{other}.pub")]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.stdout);
    assert!(
        wrong.stdout.contains("made with another key"),
        "{}",
        wrong.stdout
    );
    let unchecked = check(&[&renamed]);
    assert_eq!(unchecked.code, Some(3), "{}", unchecked.stdout);
    let shop = scratch.write("shop.apk", &source("shop/shop.apk").bytes);
    assert_eq!(check(&[&shop, "--pubkey", &public]).code, Some(1));
    assert_eq!(check(&["--pubkey", "nonsense"]).code, Some(2));
    // A time stamp over something else, a file too many, a file too few.
    let reply = format!("{moved}/response.tsr");
    fs::write(&reply, b"nothing").unwrap();
    let stamped = check(&["--pubkey", &public]);
    assert!(
        stamped
            .stdout
            .contains("response.tsr: a time stamp over something else")
    );
    assert_eq!(stamped.code, Some(1));
    fs::remove_file(reply).unwrap();
    fs::write(format!("{moved}/evidence/F-more.txt"), b"x").unwrap();
    fs::remove_file(format!("{moved}/annex.zh.md")).unwrap();
    let changed = check(&["--pubkey", &public]);
    assert_eq!(changed.code, Some(1));
    for line in [
        "evidence/F-more.txt: a file that does not belong to the case",
        "annex.zh.md: the file is missing",
    ] {
        assert!(changed.stdout.contains(line), "{}", changed.stdout);
    }
}

#[test]
fn wrong_calls_are_refused() {
    let scratch = Scratch::new("case-usage");
    let app = scratch.write("parking.apk", &source("parking/parking.apk").bytes);
    for more in [
        &["--lang", "en"][..],
        &["--developer", "a\nb"],
        &["--function", "no-such-function"],
        &["--key", &app],
    ] {
        assert_eq!(case_of(&scratch, &app, more).code, Some(2), "{more:?}");
    }
    let nothing = run(&["verify", &scratch.path("nowhere")]);
    assert_eq!(nothing.code, Some(2));
    let empty = scratch.path("empty");
    fs::create_dir_all(&empty).unwrap();
    assert_eq!(
        run(&["verify", &empty]).code,
        Some(1),
        "everything is missing"
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let scratch = Scratch::new("case-links");
    let (_, files) = made("parking/parking.apk", "local-life");
    let outside = scratch.write("annex", &files[case::ANNEX]);
    let path = std::path::PathBuf::from(scratch.path("case"));
    folder::write(&path, &files).unwrap();
    fs::remove_file(path.join(case::ANNEX)).unwrap();
    std::os::unix::fs::symlink(outside, path.join(case::ANNEX)).unwrap();
    let (read, notes) = folder::read(&path, &Limits::default()).unwrap();
    assert!(!read.contains_key(case::ANNEX));
    assert!(differs_at(&notes, case::ANNEX));
}
