//! Pages: whatever an app calls itself stays text, and the figures of a run are those of its apps.

use crate::common::{case, compiled, sample, snapshot};
use crate::inputs::{Input, inputs, outcome, permission, prose};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use permscope::engine::batch::index::{self, Meta};
use permscope::engine::batch::outcome::{AppName, Row, Status};
use permscope::engine::batch::overview::Overview;
use permscope::report::rows::{Named, Rows};
use permscope::report::v1::Report;
use permscope::report::{Language, Languages, html};
use serde_json::Value;
use std::collections::BTreeSet;

/// What breaks pages that forget to escape once. `window.broken` stands for whatever a script would do.
const HOSTILE: &[&str] = &[
    "<script>window.broken=1</script>",
    "</script><script>window.broken=1</script>",
    "<img src=x onerror=window.broken=1>",
    "\"><svg onload=window.broken=1>",
    "'><svg onload=window.broken=1>",
    "\" onmouseover=\"window.broken=1",
    "' onfocus='window.broken=1' autofocus='",
    "` onclick=`window.broken=1",
    " onload=window.broken=1 x=",
    "</title><script>window.broken=1</script>",
    "</style><script>window.broken=1</script>",
    "</textarea></noscript></select></table><b>",
    "</bdi></code></td></tr></table><h1>x</h1>",
    "<!-- ",
    "--><script>window.broken=1</script><!--",
    "--!><i>",
    "<![CDATA[<script>window.broken=1</script>]]>",
    "]]><script>window.broken=1</script>",
    "<?xml version=\"1.0\"?><a/>",
    "<!DOCTYPE html><html><body>",
    "javascript:window.broken=1",
    "JaVaScRiPt&colon;window.broken=1",
    "data:text/html,<script>window.broken=1</script>",
    "//example.com/x",
    "reports/../../../etc/passwd",
    "#\" onclick=\"window.broken=1",
    "x;background:url(//example.com/x)",
    "}</style><link rel=stylesheet href=//example.com/x>",
    "expression(window.broken=1)",
    "{{constructor.constructor('window.broken=1')()}}",
    "${window.broken=1}",
    "<%= 7*7 %>",
    "#{7*7}",
    "&lt;script&gt;window.broken=1&lt;/script&gt;",
    "&#60;script&#62;&quot;&apos;&amp",
    "\u{202e}gpj.exe\u{202c}",
    "\u{2066}\u{2067}\u{2068}\u{2069}\u{200f}\u{061c}",
    "a\0b<\0script>",
    "\u{1b}[31m\u{8}\u{7f}\u{9b}",
    "line\r\n\u{2028}\u{2029}break",
    "\u{feff}\u{200b}\u{2060}hidden",
    "👨\u{200d}👩\u{200d}👧 \u{1f3f4}\u{e0067}\u{e007f}",
    "שלום עולם",
    "Z\u{0300}\u{0301}\u{0302}\u{0303}\u{0304}\u{0305}",
    "<math><mtext></p><style><!--</style><img title=\"--&gt;&lt;img src onerror=1&gt;\">",
    "<svg><a xlink:href=javascript:window.broken=1>x",
    "<iframe srcdoc=\"<script>parent.broken=1</script>\">",
    "<base href=//example.com/><form action=//example.com/><input name=x>",
    "<meta http-equiv=refresh content=0;url=//example.com/>",
    "\\u003cscript\\u003e\\\"];window.broken=1;//",
];

/// Elements, attribute names, and the values that lead somewhere; no text.
fn structure(page: &str) -> Vec<String> {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let mut found = Vec::new();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let mut line = format!("<{}", text(&tag.name));
                for (name, value) in &tag.attributes {
                    let (name, value) = (text(name), text(&value.value));
                    check_attribute(&name, &value);
                    line.push(' ');
                    line.push_str(&name);
                }
                found.push(line);
            }
            Token::EndTag(tag) => found.push(format!("</{}", text(&tag.name))),
            Token::Comment(_) => panic!("a comment"),
            Token::Error(error) => panic!("{error:?}"),
            Token::Doctype(_) => found.push("<!doctype".into()),
            Token::String(_) => {}
        }
    }
    assert!(found.len() > 100, "{} tags", found.len());
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn check_attribute(name: &str, value: &str) {
    assert!(!name.starts_with("on"), "{name}");
    let loads = [
        "src",
        "srcset",
        "srcdoc",
        "action",
        "formaction",
        "style",
        "data",
        "xlink:href",
    ];
    assert!(!loads.contains(&name), "{name}");
    if name == "href" {
        let report = value.strip_prefix("reports/").unwrap_or_default();
        let is_report = report.len() >= 69
            && report.ends_with(".html")
            && report
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-_.".contains(&b));
        assert!(value.starts_with('#') || is_report, "{value}");
    }
}

/// Replaces every string that `keep` does not name, and the names in maps that an app fills.
fn poison(value: &mut Value, hostile: &str, path: &str, keep: &BTreeSet<String>) {
    match value {
        Value::String(text) if !keep.contains(path) => {
            // Both languages stay different, so that both are on the page.
            let language = if path.ends_with(".zh") { "中" } else { "" };
            *text = format!("{hostile}{language}");
        }
        Value::Array(list) => {
            for item in list {
                poison(item, hostile, &format!("{path}[]"), keep);
            }
        }
        Value::Object(map) => {
            if path.ends_with(".label") || path.ends_with(".limits") {
                let values: Vec<Value> = map.values().cloned().collect();
                map.clear();
                for (at, value) in values.into_iter().enumerate() {
                    map.insert(format!("{hostile}{at}"), value);
                }
            }
            for (key, item) in map {
                let inner = if path.ends_with(".label") { "[]" } else { key };
                poison(item, hostile, &format!("{path}.{inner}"), keep);
            }
        }
        _ => {}
    }
}

/// Paths of strings that are enumerated: anything else is no report.
fn enumerated<T: serde::de::DeserializeOwned>(value: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    strings(value, "", &mut paths);
    let mut keep = BTreeSet::new();
    for path in &paths {
        let others: BTreeSet<String> = paths.iter().filter(|p| *p != path).cloned().collect();
        let mut changed = value.clone();
        poison(&mut changed, "harmless", "", &others);
        if serde_json::from_value::<T>(changed).is_err() {
            keep.insert(path.clone());
        }
    }
    assert!(keep.len() * 2 < paths.len(), "{keep:?}");
    keep
}

fn strings(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::String(_) => _ = paths.insert(path.to_owned()),
        Value::Array(list) => list
            .iter()
            .for_each(|v| strings(v, &format!("{path}[]"), paths)),
        Value::Object(map) => {
            for (key, item) in map {
                let inner = if path.ends_with(".label") { "[]" } else { key };
                strings(item, &format!("{path}.{inner}"), paths);
            }
        }
        _ => {}
    }
}

/// Reports that fill every part of a page between them.
fn reports() -> Vec<Report> {
    let shop = compiled()
        .into_iter()
        .find(|app| app.name == "shop")
        .unwrap();
    let mut cases = vec![shop.case("shop", &["shop.apk"])];
    for name in [
        "use-none-packer",
        "hidden-dex",
        "no-function",
        "labels-and-references",
    ] {
        cases.push(case(sample(name)));
    }
    let mut reports: Vec<Report> = cases
        .iter()
        .map(|case| case.report(&case.facts(), Languages::BOTH))
        .collect();
    // What no sample has.
    let shop = reports.first_mut().unwrap();
    shop.coverage.limits.insert("seconds".into(), 1);
    shop.subject.excluded = vec![
        serde_json::from_value(serde_json::json!({"name": "x.apk", "reason": "not readable"}))
            .unwrap(),
    ];
    shop.incidents.push(
        serde_json::from_value(serde_json::json!({
            "code": "limit-reached", "file": "base.apk!classes.dex", "offset": 16, "detail": "expected less"
        }))
        .unwrap(),
    );
    reports
}

#[test]
fn hostile_text_stays_text_on_the_page_of_an_app() {
    assert!(HOSTILE.len() >= 30);
    for report in reports() {
        let value = serde_json::to_value(&report).unwrap();
        let keep = enumerated::<Report>(&value);
        let page = |hostile: &str| {
            let mut changed = value.clone();
            poison(&mut changed, hostile, "", &keep);
            let report: Report = serde_json::from_value(changed).unwrap();
            html::render(&report)
        };
        let harmless = page("harmless");
        let expected = structure(&harmless);
        // The comparison itself: what is not escaped is seen.
        assert!(structure(&harmless.replace("harmless", "<b></b>")) != expected);
        let long = "长<".repeat(20_000);
        for hostile in HOSTILE.iter().copied().chain([long.as_str()]) {
            let page = page(hostile);
            assert!(structure(&page) == expected, "{hostile:.60}");
            let hidden =
                |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
            assert_eq!(page.find(hidden), None, "{hostile:.60}");
        }
    }
}

fn overview(inputs: &[Input]) -> Overview {
    let mut overview = Overview::default();
    for (number, (outcome, rows)) in (0u64..).zip(inputs) {
        overview.add(&Row {
            number,
            outcome,
            rows: rows.as_ref(),
        });
    }
    overview
}

fn meta(inputs: &[Input], argument: &str) -> Meta {
    Meta {
        tool_version: "0.1.0".into(),
        data_version: "2026-01-01".into(),
        data_digest: "ab".repeat(32),
        inputs: u64::try_from(inputs.len()).unwrap(),
        arguments: vec![argument.into()],
        pages: true,
    }
}

#[test]
fn hostile_text_stays_text_on_the_page_of_a_run() {
    let inputs = inputs();
    let values: Vec<Value> = inputs
        .iter()
        .map(|input| serde_json::to_value(input).unwrap())
        .collect();
    let whole = Value::Array(values.clone());
    let keep = enumerated::<Vec<Input>>(&whole);
    let page = |hostile: &str| {
        let mut changed = whole.clone();
        poison(&mut changed, hostile, "", &keep);
        let inputs: Vec<Input> = serde_json::from_value(changed).unwrap();
        index::render(&overview(&inputs), &meta(&inputs, hostile))
    };
    let expected = structure(&page("harmless"));
    for hostile in HOSTILE {
        let page = page(hostile);
        assert!(structure(&page) == expected, "{hostile}");
        let data = data(&page);
        let first = data["apps"][0][0].as_str().unwrap();
        assert!(
            !first.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{first}"
        );
    }
}

/// The data of the script.
fn data(page: &str) -> Value {
    let (_, rest) = page
        .split_once("<script type=\"application/json\" id=\"run\">")
        .unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_structure_of_a_page_is_that_of_the_snapshot() {
    let case = case(sample("flashlight-clean"));
    let report = case.report(&case.facts(), Languages::BOTH);
    let page = html::render(&report);
    assert_eq!(page, html::render(&report));
    let tags = structure(&page);
    let begun: Vec<&str> = tags
        .iter()
        .filter(|tag| !tag.starts_with("</"))
        .map(String::as_str)
        .collect();
    snapshot("page.txt", &(begun.join("\n") + "\n"));
}

#[test]
fn a_report_in_one_language_has_a_page_in_one_language() {
    let case = case(sample("shop-excess"));
    let facts = case.facts();
    let page = |languages| html::render(&case.report(&facts, languages));
    let zh = page(Languages::only(Language::Zh));
    assert!(zh.contains("<html lang=\"zh-Hans\">") && zh.contains("超出所声明功能"));
    assert!(!zh.contains("id=\"language\"") && !zh.contains("beyond the function"));
    let en = page(Languages::only(Language::En));
    assert!(en.contains("<html lang=\"en\">") && en.contains("beyond the function"));
    assert!(!en.contains("超出所声明功能"));
    let both = page(Languages::BOTH);
    assert!(
        both.contains("id=\"language\"")
            && both.contains("超出所声明功能")
            && both.contains("beyond the function")
    );
}

#[test]
fn what_was_not_read_stands_at_the_top() {
    let case = case(sample("use-none-packer"));
    let report = case.report(&case.facts(), Languages::BOTH);
    assert!(!report.coverage.complete);
    let page = html::render(&report);
    let (top, _) = page.split_once("id=\"permissions\"").unwrap();
    assert!(top.contains("检测不完整") && !top.contains("安装包各部分已完整读取"));
}

/// Counted by hand from `inputs`.
#[test]
fn figures_are_those_of_the_inputs() {
    let figures = overview(&inputs()).figures();
    let of = |key: &str| figures.statuses[key];
    assert_eq!(
        (figures.inputs, figures.copies, figures.packages),
        (10, 1, 3)
    );
    assert_eq!(
        (
            of("audited"),
            of("incomplete"),
            of("crashed"),
            of("missing")
        ),
        (3, 1, 1, 1)
    );
    let classes: Vec<(u64, Option<u64>, u64)> = figures
        .findings_per_app
        .iter()
        .map(|class| (class.from, class.to, class.apps))
        .collect();
    assert_eq!(
        classes[..3],
        [(0, Some(0), 2), (1, Some(2), 0), (3, Some(5), 1)]
    );
    assert_eq!(classes[5], (21, None, 0));
    let severities: Vec<(&str, u64)> = figures
        .severities
        .iter()
        .map(|(k, v)| (k.as_str(), *v))
        .collect();
    assert_eq!(severities, [("high", 1), ("info", 1), ("low", 1)]);
    let rules: Vec<(&str, u64)> = figures
        .rules
        .iter()
        .map(|r| (r.id.as_str(), r.apps))
        .collect();
    assert_eq!(
        rules,
        [
            ("exact-alarm", 1),
            ("idle-sdk", 1),
            ("not-needed-permission", 1)
        ]
    );
    let shops = &figures.functions[0];
    assert_eq!((shops.id.as_str(), shops.packages), ("online-shopping", 1));
    let asked: Vec<(&str, u64)> = shops
        .permissions
        .iter()
        .map(|(k, v)| (k.as_str(), *v))
        .collect();
    assert_eq!(asked, [("android.permission.CAMERA", 1)]);
    let sdks: Vec<(&str, u64, u64, u64)> = figures
        .sdks
        .iter()
        .map(|s| (s.id.as_str(), s.packages, s.started, s.used))
        .collect();
    assert_eq!(sdks, [("umeng/analytics", 1, 1, 0)]);
    let obstacles: Vec<(&str, u64)> = figures
        .obstacles
        .iter()
        .map(|(k, v)| (k.as_str(), *v))
        .collect();
    assert_eq!(obstacles, [("code partial", 1), ("packer", 1)]);
    assert_eq!(figures.catalogue_troubles, 1);
}

/// One app in two versions is one peer, with what any of them asks for.
#[test]
fn peers_are_packages() {
    let light = |number: u32, asks: bool| -> Input {
        let mut outcome = outcome(&format!("{number}.apk"), Status::Audited);
        outcome.sha256 = format!("{number:064x}");
        outcome.report = Some(format!("reports/{number:064x}.json.gz"));
        outcome.app = Some(AppName {
            package: format!("com.example.light{}", number.min(213)),
            ..AppName::default()
        });
        let contacts = permission(
            "android.permission.READ_CONTACTS",
            prose("通讯录", "contacts"),
            "",
        );
        let rows = Rows {
            functions: vec![Named {
                id: "utility-flashlight".into(),
                name: prose("手电筒", "flashlight"),
            }],
            permissions: if asks { vec![contacts] } else { Vec::new() },
            ..Rows::default()
        };
        (outcome, Some(rows))
    };
    // 214 packages, the last of which is there in three versions, two of which ask.
    let inputs: Vec<Input> = (0..216)
        .map(|n| light(n, [3, 7, 214, 215].contains(&n)))
        .collect();
    let overview = overview(&inputs);
    let page = index::render(&overview, &meta(&inputs, ""));
    assert!(page.contains(">3 / 214</td>"));
    assert!(page.contains("214个“手电筒”应用中有3个申请READ_CONTACTS"));
    assert_eq!(page, index::render(&overview, &meta(&inputs, "")));
    // Every input is in the data, and the first of them in the table as well.
    assert_eq!(data(&page)["apps"].as_array().unwrap().len(), 216);
    assert_eq!(page.matches(" role=\"rowheader\"").count(), 200);
    assert!(page.contains(&format!("href=\"reports/{:064x}.html\"", 3)));
}
