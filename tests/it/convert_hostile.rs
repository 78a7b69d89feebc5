//! Texts that would break out of a form, in every string of a record, one at a time.
//!
//! What comes out is read back by readers that are not ours (serde_json, quick-xml, csv), or, where there is none, by
//! small ones that follow the documentation of the form.

use crate::common::{case, sample};
use permscope::report::v1::Report;
use permscope::report::{Language, Languages};
use permscope::report::{brief, csv, cyclonedx, github, junit, markdown, sarif, text};
use quick_xml::events::Event;
use serde_json::Value;
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

const HOSTILE: &[&str] = &[
    "",
    " ",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'\"`<>&",
    "</details></summary><h1>x",
    "<!-- x --> <!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>&b;",
    "]]><x/>",
    "&amp;&#0;&#x1;&lt;",
    "\u{0}\u{1}\u{8}\u{b}\u{c}\u{1b}[31m\u{7f}\u{85}\u{9b}",
    "\u{fffe}\u{ffff}\u{10ffff}",
    "a\nb\r\nc\rd\u{2028}e\u{2029}f",
    "\u{202e}txt.exe\u{202c}\u{200b}\u{feff}",
    "::error file=x::y",
    "x\n::stop-commands::token",
    "%0A::error::x%25",
    "a,b:c=d",
    "[text](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[0](1) [x](sarif:/runs/0)",
    "{0} {1} {{2}} }{",
    "```\n# heading\n```",
    "`` ` ``` ````",
    "~~~\nx",
    "a | b | c \\| d \\",
    "|---|---|",
    "@everyone @org/team #1 GH-1 !1 &1 ~label %1 $x$ :tada:",
    "https://evil.example www.evil.example mailto:a@b.c",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\"\"\",\r\n\"x\",\"y",
    "../../../../etc/passwd",
    "//evil.example/a",
    "javascript:alert(1)",
    "C:\\Windows\\..\\x?y#z",
    "a!b!AndroidManifest.xml",
    "${{ github.token }} $(id) `id`",
    "\u{1f600}\u{200d}👩 微信",
    "x\u{0301}\u{0301}\u{0301}",
];

/// Paths of all strings; of the items of lists, over all records, the first with each shape.
fn leaves(
    value: &Value,
    path: &str,
    shape: &str,
    seen: &mut BTreeSet<String>,
    all: &mut Vec<String>,
) {
    match value {
        Value::String(_) if seen.insert(shape.to_owned()) => all.push(path.to_owned()),
        Value::Object(map) => {
            for (key, inner) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(
                    inner,
                    &format!("{path}/{key}"),
                    &format!("{shape}/{key}"),
                    seen,
                    all,
                );
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                leaves(
                    inner,
                    &format!("{path}/{index}"),
                    &format!("{shape}/*"),
                    seen,
                    all,
                );
            }
        }
        _ => {}
    }
}

/// What has to stay the same whatever the texts are.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    results: usize,
    notifications: usize,
    components: usize,
    occurrences: usize,
    cases: usize,
    commands: Vec<String>,
    rows: usize,
    table: usize,
    headings: usize,
    lines: usize,
}

fn messages(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(text) if key == "text" => found.push(text.clone()),
                    _ => messages(inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| messages(inner, found)),
        _ => {}
    }
}

fn uris(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(text) if key == "uri" => found.push(text.clone()),
                    _ => uris(inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| uris(inner, found)),
        _ => {}
    }
}

/// No C0 or C1 control but the line feed, and nothing that reorders lines.
fn is_calm(text: &str) -> bool {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\r';
    !text
        .chars()
        .any(|c| steers(c) || "\u{202e}\u{202c}\u{2028}\u{2029}".contains(c))
}

fn read_sarif(text: &str) -> (usize, usize) {
    let log: Value = serde_json::from_str(text).unwrap();
    let run = &log["runs"][0];
    let mut all = Vec::new();
    messages(&log, &mut all);
    for message in &all {
        assert!(!message.is_empty() && is_calm(message), "{message:?}");
        // Neither a placeholder nor a link (SARIF 2.1.0, sections 3.11.5 and 3.11.6).
        let rest = message.replace("{{", "").replace("}}", "");
        assert!(
            !rest.contains(['{', '}']) && !message.contains("]("),
            "{message:?}"
        );
    }
    let mut all = Vec::new();
    uris(&log, &mut all);
    for uri in &all {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
        assert!(!uri.is_empty() && uri.chars().all(plain), "{uri}");
        assert!(
            uri.split('/').all(|p| !["", ".", ".."].contains(&p)),
            "{uri}"
        );
    }
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    let len = |value: &Value| value.as_array().unwrap().len();
    (len(&run["results"]), len(notes))
}

fn read_bom(text: &str) -> (usize, usize) {
    let bom: Value = serde_json::from_str(text).unwrap();
    let components = bom["components"].as_array().unwrap();
    let mut refs: Vec<&Value> = components.iter().map(|c| &c["bom-ref"]).collect();
    refs.push(&bom["metadata"]["component"]["bom-ref"]);
    let distinct: BTreeSet<String> = refs.iter().map(|r| r.to_string()).collect();
    assert_eq!(distinct.len(), refs.len());
    let shown = components.iter().map(|c| &c["evidence"]["occurrences"]);
    let shown = shown.filter_map(Value::as_array).map(Vec::len).sum();
    (components.len(), shown)
}

fn read_junit(text: &str) -> usize {
    // XML 1.0, section 2.2: what a document may hold.
    let allowed = |c: char| matches!(c, '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed));
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut cases = 0;
    let known = [
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    ];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                assert!(known.contains(&name.as_str()), "{name}");
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref();
                    let keys: [&str; 9] = [
                        "name",
                        "tests",
                        "failures",
                        "errors",
                        "skipped",
                        "value",
                        "classname",
                        "type",
                        "message",
                    ];
                    assert!(keys.contains(&key));
                }
                cases += usize::from(name == "testcase");
            }
            Event::Eof => return cases,
            Event::DocType(_) | Event::PI(_) | Event::CData(_) | Event::Comment(_) => {
                panic!("{text}")
            }
            _ => {}
        }
    }
}

/// Commands as the runner reads them: `::name key=value,key=value::message`.
fn read_github(text: &str) -> Vec<String> {
    let read = |line: &str| {
        let rest = line.strip_prefix("::").unwrap();
        let (head, _) = rest.split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        let keys: Vec<&str> = properties
            .split(',')
            .map(|p| p.split_once('=').unwrap().0)
            .collect();
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
        format!("{name} {}", keys.join(","))
    };
    assert!(is_calm(text) && !text.contains('\r'));
    text.lines().map(read).collect()
}

fn read_csv(text: &str) -> usize {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        let record = record.unwrap();
        assert_eq!(record.len(), 15);
        for cell in &record {
            let first = cell.trim_start().chars().next();
            assert!(
                !first.is_some_and(|c| "=+-@＝＋－＠".contains(c)),
                "{cell:?}"
            );
            assert!(is_calm(cell) && !cell.contains(['\n', '\r']), "{cell:?}");
        }
        rows += 1;
    }
    rows
}

/// Lines without fences and code spans (CommonMark 0.31, sections 4.5 and 6.1): what is left is markup.
fn markup(text: &str) -> Vec<String> {
    let mut fence: Option<usize> = None;
    let mut out = Vec::new();
    for line in text.lines() {
        let marks = line.chars().take_while(|&c| c == '`').count();
        match fence {
            Some(length) => {
                if marks >= length && line.trim_start_matches('`').trim().is_empty() {
                    fence = None;
                }
                continue;
            }
            None if marks >= 3 && line.trim_start_matches('`') == "text" => {
                fence = Some(marks);
                continue;
            }
            None => {}
        }
        out.push(without_spans(line));
    }
    assert_eq!(fence, None, "{text}");
    out
}

fn without_spans(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '\\']) {
        out.push_str(&rest[..at]);
        if rest[at..].starts_with('\\') {
            let next = rest[at + 1..].chars().next().map_or(0, char::len_utf8);
            rest = &rest[at + 1 + next..];
            continue;
        }
        let run = rest[at..].chars().take_while(|&c| c == '`').count();
        let inside = &rest[at + run..];
        let mut end = None;
        let mut place = 0;
        while let Some(next) = inside[place..].find('`') {
            let start = place + next;
            let length = inside[start..].chars().take_while(|&c| c == '`').count();
            if length == run {
                end = Some(start + length);
                break;
            }
            place = start + length;
        }
        let end = end.unwrap_or_else(|| panic!("a span without an end: {line}"));
        rest = &inside[end..];
    }
    out + rest
}

fn read_markdown(text: &str) -> (usize, usize) {
    assert!(is_calm(text));
    let lines = markup(text);
    let mut table = 0;
    for line in &lines {
        let ours = ["<details><summary>", "</summary>", "</details>"];
        let rest = ours
            .iter()
            .fold(line.clone(), |line, tag| line.replace(tag, ""));
        assert!(
            !rest.contains(['<', '>', '[', ']', '&', '$', '~']),
            "{line}"
        );
        assert!(
            !rest.contains("http:") && !rest.contains("https:") && !rest.contains("www."),
            "{line}"
        );
        for mark in ["@", "#", ":", "!"] {
            let at = rest.match_indices(mark).any(|(at, _)| {
                let next = rest[at + mark.len()..].chars().next();
                next.is_some_and(|c| c.is_ascii_alphanumeric())
            });
            assert!(!at, "{line}");
        }
        if line.starts_with('|') {
            table += 1;
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
    }
    let headings = lines.iter().filter(|line| line.starts_with('#')).count();
    (table, headings)
}

fn shape(report: &Report, language: Language) -> Shape {
    let (results, notifications) = read_sarif(&sarif::render(report, language, None));
    let (components, occurrences) = read_bom(&cyclonedx::render(report, language));
    let (table, headings) = read_markdown(&markdown::render(report, language));
    Shape {
        results,
        notifications,
        components,
        occurrences,
        cases: read_junit(&junit::render(report, language)),
        commands: read_github(&github::render(report, language, None)),
        rows: read_csv(&csv::render(report, language)),
        table,
        headings,
        lines: read_brief(&brief::render(report, language, 80)),
    }
}

/// Lines of the form for a terminal, which an app can neither break, steer nor widen.
fn read_brief(text: &str) -> usize {
    for line in text.lines().skip(1) {
        assert!(is_calm(line) && line.width() <= 80, "{line:?}");
    }
    text.lines().count()
}

#[test]
fn no_text_of_an_app_breaks_out_of_a_form() {
    assert!(HOSTILE.len() >= 30);
    let (mut changed, mut paths, mut seen) = (0, BTreeSet::new(), BTreeSet::new());
    for name in ["shop-excess", "sdks-bundled-or-named", "use-none-packer"] {
        let case = case(sample(name));
        let mut record = case.report(&case.facts(), Languages::BOTH);
        // Enough of each kind; what no form shows is left out.
        record.findings.truncate(4);
        record.permissions.truncate(4);
        record.accesses.clear();
        let clean = shape(&record, Language::En);
        assert_eq!(clean.results, record.findings.len());
        assert_eq!(clean.rows, record.findings.len() + 1);
        let table = record.findings.len();
        assert_eq!(clean.table, if table > 0 { table + 2 } else { 0 });
        assert_eq!(clean.headings, 1);
        let json = serde_json::to_value(&record).unwrap();
        let mut all = Vec::new();
        leaves(&json, "", "", &mut seen, &mut all);
        for path in &all {
            for hostile in HOSTILE {
                let mut json = json.clone();
                *json.pointer_mut(path).unwrap() = (*hostile).into();
                // Enumerated values are refused by the reader, and so is another schema.
                let Ok(report) = Report::read(json.to_string().as_bytes()) else {
                    continue;
                };
                changed += 1;
                paths.insert(path.clone());
                let mut found = shape(&report, Language::En);
                assert!(text::render(&report, Language::En).lines().all(is_calm));
                // A finding of another rule is another case.
                if path.ends_with("/rule") {
                    found.cases = clean.cases;
                    found.lines = clean.lines;
                }
                assert_eq!(found, clean, "{path} {hostile:?}");
            }
        }
    }
    assert!(
        paths.len() > 60 && changed > 2_000,
        "{} {changed}",
        paths.len()
    );
}
