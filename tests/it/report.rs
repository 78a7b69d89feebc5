//! The record: its schema, its languages, and evidence that anyone can find again in the file.

use crate::common::{Case, Scratch, cases, db, repo, run, sample, snapshot};
use permscope::limits::Limits;
use permscope::report::{Language, Languages, text};
use permscope::xml::{Document, Element};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};

const LANGUAGES: [&str; 3] = ["zh", "en", "zh,en"];

fn record(case: &Case, languages: &str) -> String {
    let report = case.report(&case.facts(), Languages::parse(languages).unwrap());
    serde_json::to_string_pretty(&report).unwrap()
}

fn json(case: &Case, languages: &str) -> Value {
    serde_json::from_str(&record(case, languages)).unwrap()
}

#[test]
fn every_report_is_valid_against_the_published_schema() {
    let schema = fs::read_to_string(repo("schema/report-v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        for languages in LANGUAGES {
            let report = json(&case, languages);
            for error in validator.iter_errors(&report) {
                wrong.push(format!(
                    "{} {languages}: {}: {error}",
                    case.name,
                    error.instance_path()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The schema is no open door.
    let mut report = json(&cases()[0], "zh");
    report["coverage"]["complete"] = "yes".into();
    assert!(!validator.is_valid(&report));
    let mut report = json(&cases()[0], "zh");
    report["more"] = true.into();
    assert!(!validator.is_valid(&report));
}

#[test]
fn the_order_of_keys_is_part_of_the_contract() {
    let text = record(&cases()[0], "en");
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  \"")?.split('"').next())
        .collect();
    assert_eq!(
        keys,
        [
            "schema",
            "tool",
            "data",
            "subject",
            "function",
            "coverage",
            "permissions",
            "sdks",
            "accesses",
            "findings",
            "incidents"
        ]
    );
}

/// All objects of a value, with their paths.
fn objects<'v>(value: &'v Value, path: &str, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(map) => {
            found.push((path.to_owned(), value));
            for (key, inner) in map {
                objects(inner, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                objects(inner, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_prose_lacks_a_language_that_was_asked_for() {
    let mut prose = 0;
    for case in cases() {
        for languages in LANGUAGES {
            let report = json(&case, languages);
            let wanted: Vec<&str> = languages.split(',').collect();
            let mut all = Vec::new();
            objects(&report, "", &mut all);
            for (path, object) in all {
                let map = object.as_object().unwrap();
                let is_prose = map.keys().all(|key| ["zh", "en"].contains(&key.as_str()));
                // Labels are by the app's own locales.
                if map.is_empty() || !is_prose || path == "/subject/label" {
                    continue;
                }
                prose += 1;
                let keys: Vec<&str> = map.keys().map(String::as_str).collect();
                for language in &wanted {
                    let text = map
                        .get(*language)
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    assert!(
                        !text.is_empty(),
                        "{} {path}: no {language} in {keys:?}",
                        case.name
                    );
                    assert!(!text.contains(['{', '}']), "{} {path}: {text}", case.name);
                }
                assert_eq!(keys.len(), wanted.len(), "{} {path}", case.name);
            }
        }
    }
    assert!(prose > 5_000, "{prose}");
}

/// What a text says in Chinese and English where something was searched for and not found.
const NOT_FOUND: [(Language, [&str; 6]); 2] = [
    (
        Language::Zh,
        [
            "使用：未发现使用",
            "声明的权限未发现使用",
            "未发现触发路径",
            "后，应用内再无使用",
            "未见启动或者调用",
            "空实现",
        ],
    ),
    (
        Language::En,
        [
            "use: no use found",
            "Declared permission that nothing was found to use",
            "nothing found that leads to it",
            "nothing in the app uses it",
            "not seen to start or to be called",
            "does nothing (stub)",
        ],
    ),
];

#[test]
fn nothing_is_said_not_to_be_found_beside_what_could_not_be_read() {
    let mut blocked = 0;
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for case in cases() {
        let report = case.report(&case.facts(), Languages::BOTH);
        let blocks = report.coverage.gaps.iter().any(|gap| gap.blocks);
        blocked += u32::from(blocks);
        for (language, phrases) in NOT_FOUND {
            let text = text::render(&report, language);
            for phrase in phrases.into_iter().filter(|phrase| text.contains(phrase)) {
                assert!(!blocks, "{}: {phrase}", case.name);
                *seen.entry(phrase).or_default() += 1;
            }
        }
    }
    assert!(blocked > 10, "{blocked}");
    // The phrases are those that the program prints.
    for phrase in NOT_FOUND.iter().flat_map(|(_, phrases)| phrases) {
        assert!(seen.contains_key(phrase), "{phrase}");
    }
}

#[test]
fn every_finding_rests_on_evidence_and_on_clauses_of_the_data() {
    let mut findings = 0;
    for case in cases() {
        let report = case.report(&case.facts(), Languages::BOTH);
        for finding in &report.findings {
            findings += 1;
            assert!(
                !finding.evidence.is_empty(),
                "{} {}",
                case.name,
                finding.rule
            );
            assert!(
                !finding.clauses.is_empty(),
                "{} {}",
                case.name,
                finding.rule
            );
            for clause in &finding.clauses {
                assert!(db().clause(&clause.id).is_some(), "{}", clause.id);
            }
        }
        let mut ids: Vec<&str> = report.findings.iter().map(|f| f.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(
            ids.len(),
            report.findings.len(),
            "{}: ids are unique",
            case.name
        );
    }
    assert!(findings > 100, "{findings}");
}

/// The entries of an archive by another reader; DEFLATE by another library than the program's.
fn entries(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut all = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index_raw(index).unwrap();
        let (name, stored) = (
            entry.name().unwrap().into_owned(),
            entry.compression() == zip::CompressionMethod::Stored,
        );
        let mut data = Vec::new();
        entry.read_to_end(&mut data).unwrap();
        let data = if stored {
            data
        } else {
            miniz_oxide::inflate::decompress_to_vec(&data).unwrap()
        };
        all.entry(name).or_insert(data);
    }
    all
}

/// `base.apk`, or `set.apks!splits/base.apk`: its entries.
fn archive(case: &Case, file: &str) -> BTreeMap<String, Vec<u8>> {
    let (outer, member) = match file.split_once('!') {
        Some((outer, member)) => (outer, Some(member)),
        None => (file, None),
    };
    let found = case.files.iter().find(|(name, _)| name == outer);
    let found = entries(&found.unwrap_or_else(|| panic!("{file}")).1);
    match member {
        Some(member) => entries(&found[member]),
        None => found,
    }
}

/// The element at `manifest/application/service[3]`.
fn element<'d>(root: &'d Element, path: &'d str) -> Option<&'d Element> {
    let mut steps = path.split('/');
    let mut at = (steps.next()? == &*root.name).then_some(root)?;
    for step in steps {
        let (name, number) = match step.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()?),
            None => (step, 1),
        };
        at = at.named(name).nth(number.checked_sub(1)?)?;
    }
    Some(at)
}

/// The member that the instruction at `offset` uses, read by hand from the DEX tables
/// (dalvik "Dex format": header 0x38 strings, 0x40 types, 0x50 fields, 0x58 methods).
fn used(dex: &[u8], offset: usize) -> Option<String> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(dex[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(dex[at..at + 4].try_into().unwrap()) as usize;
    let string = |index: usize| {
        let at = u32_at(u32_at(0x3c) + 4 * index) + 1; // the length fits one byte here
        let end = at + dex[at..].iter().position(|b| *b == 0).unwrap();
        String::from_utf8(dex[at..end].to_vec()).unwrap()
    };
    let class = |index: usize| string(u32_at(u32_at(0x44) + 4 * index));
    let member = match dex[offset] {
        0x52..=0x6d => u32_at(0x54) + 8 * u16_at(offset + 2),
        0x6e..=0x72 | 0x74..=0x78 => u32_at(0x5c) + 8 * u16_at(offset + 2),
        0x1a => return Some(string(u16_at(offset + 2))),
        0x1c | 0x22 => return Some(class(u16_at(offset + 2))),
        _ => return None,
    };
    Some(format!(
        "{}->{}",
        class(u16_at(member)),
        string(u32_at(member + 4))
    ))
}

/// Also the calls from the start of the app.
fn is_evidence(path: &str) -> bool {
    path.contains("evidence/") || path.contains("/stack/")
}

#[test]
fn evidence_is_found_again_by_another_reader() {
    let (mut hashed, mut elements, mut instructions) = (0, 0, 0);
    for case in cases() {
        let report = json(&case, "en");
        let mut all = Vec::new();
        objects(&report, "", &mut all);
        let mut archives: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
        for (path, evidence) in all.iter().filter(|(path, _)| is_evidence(path)) {
            let get = |key: &str| evidence.get(key).and_then(Value::as_str);
            let place = format!("{} {path}: {evidence}", case.name);
            let Some(file) = get("file") else {
                // Hosts are strings somewhere in the code, and references lack a place.
                assert!(
                    ["string", "reference"].contains(&get("kind").unwrap()),
                    "{place}"
                );
                continue;
            };
            let known = report["subject"]["files"].as_array().unwrap();
            assert!(known.iter().any(|f| f["name"] == file), "{place}");
            let entries = archives
                .entry(file.to_owned())
                .or_insert_with(|| archive(&case, file));
            let Some(entry) = get("entry") else { continue };
            let bytes = entries.get(entry).unwrap_or_else(|| panic!("{place}"));
            if let Some(digest) = get("entry_sha256") {
                let found: String = Sha256::digest(bytes)
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect();
                assert_eq!(digest, found, "{place}");
                hashed += 1;
            }
            if let Some(path) = get("path") {
                let document = Document::parse(bytes, entry, &Limits::default()).unwrap();
                let found = element(&document.root, path).unwrap_or_else(|| panic!("{place}"));
                if let Some(offset) = evidence.get("offset") {
                    assert_eq!(offset.as_u64(), Some(found.offset), "{place}");
                }
                elements += 1;
            }
            if get("kind") == Some("code") {
                let offset = evidence["offset"].as_u64().unwrap();
                let member = used(bytes, usize::try_from(offset).unwrap()).unwrap();
                let value = get("value").unwrap();
                let bare = value.split(['(', ':']).next();
                assert!(
                    value == member || bare == Some(&*member),
                    "{place}: {member}"
                );
                instructions += 1;
            }
        }
    }
    assert!(
        hashed > 200 && elements > 200 && instructions > 0,
        "{hashed} {elements} {instructions}"
    );
}

/// Also what `facts` and `judge` give together: the same bytes as `audit`, in both forms.
#[test]
fn two_runs_and_two_steps_give_the_same_bytes() {
    let scratch = Scratch::new("report");
    for case in cases() {
        let folder = case.name.replace('/', "-");
        let mut files = Vec::new();
        for (name, bytes) in &case.files {
            files.push(scratch.write(&format!("{folder}/{name}"), bytes));
        }
        let judging: Vec<String> = case
            .functions
            .iter()
            .flat_map(|f| ["--function".to_owned(), f.clone()])
            .collect();
        let facts = scratch.path(&format!("{folder}/facts.json"));
        let mut extract = vec!["facts".to_owned(), "-o".to_owned(), facts.clone()];
        extract.extend(files.clone());
        let extracted = run(&extract);
        assert!(
            matches!(extracted.code, Some(0 | 3)),
            "{}",
            extracted.stderr
        );
        for form in [["text", "zh"], ["json", "zh,en"]] {
            let options = ["--format", form[0], "--lang", form[1]].map(str::to_owned);
            let with = |command: &str, files: &[String]| {
                let mut arguments = vec![command.to_owned()];
                arguments.extend_from_slice(files);
                arguments.extend_from_slice(&judging);
                arguments.extend_from_slice(&options);
                run(&arguments)
            };
            let once = with("audit", &files);
            assert!(!once.stdout.is_empty(), "{}", once.stderr);
            assert_eq!(
                once,
                with("judge", std::slice::from_ref(&facts)),
                "{}",
                case.name
            );
        }
        let twice: Vec<String> = (0..2).map(|_| record(&case, "zh,en")).collect();
        assert_eq!(twice[0], twice[1], "{}", case.name);
    }
}

/// Guards the layout of facts: stored facts of a whole store are read again by later versions.
/// If this differs in more than values, `facts::SCHEMA` needs a new number.
#[test]
fn facts_keep_their_layout() {
    let mut facts = crate::common::case(sample("shop-excess")).facts();
    facts.tool_version = "0".into();
    let mut text = serde_json::to_string_pretty(&facts).unwrap();
    text.push('\n');
    assert!(text.contains("\"schema\": \"permscope-facts/2\""));
    snapshot("facts-v2.json", &text);
}
