//! Writes pages for `check.mjs` to look at: `cargo run --features forge --example pages FOLDER [APPS]`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool of the tests"
)]

use permscope::audit::{Declared, Edition};
use permscope::detect::Detector;
use permscope::engine::batch::index::{self, Meta};
use permscope::engine::batch::outcome::{AppName, Listed, Outcome, Row, Status};
use permscope::engine::batch::overview::Overview;
use permscope::engine::{self, Source};
use permscope::limits::Limits;
use permscope::report::rows::{Named, Rows};
use permscope::report::v1::Report;
use permscope::report::{Languages, html};
use permscope::signatures::SignatureDb;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| panic!("which folder?")));
    let apps: u32 = arguments
        .next()
        .map_or(1_200, |count| count.parse().unwrap());
    fs::create_dir_all(&folder).unwrap();
    let db = SignatureDb::builtin().unwrap();
    let detector = Detector::new(&db);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/apps");
    let report = |app: &str, function: &str| {
        let bytes = fs::read(root.join(format!("{app}/{app}.apk"))).unwrap();
        let sources = [Source::new(format!("{app}.apk"), bytes)];
        let facts = engine::facts(&sources, &Limits::default()).unwrap();
        let functions: Vec<String> = Some(function.to_owned())
            .into_iter()
            .filter(|f| !f.is_empty())
            .collect();
        let declared = Declared::resolve(&db, &functions, Edition::Consumer).unwrap();
        engine::judge(&facts, &detector, &declared, Languages::BOTH)
    };
    let write = |name: &str, page: String| fs::write(folder.join(name), page).unwrap();
    let shop = report("shop", "online-shopping");
    write("app.html", html::render(&shop));
    write("none.html", html::render(&report("parking", "")));
    write("hostile.html", html::render(&hostile(&shop)));
    let page = run(
        &[
            &shop,
            &report("flashlight", "utility-flashlight"),
            &report("parking", "local-life"),
        ],
        apps,
    );
    println!("index.html: {} bytes for {apps} apps", page.len());
    write("index.html", page);
}

/// A report in which every name of the app tries to run a script.
fn hostile(report: &Report) -> Report {
    let script = "<img src=x onerror=\"window.broken=1\"></script><script>window.broken=1</script>";
    let mut report = report.clone();
    report.subject.package = script.into();
    report.subject.version_name = Some(script.into());
    report.subject.label.insert("default".into(), script.into());
    for finding in &mut report.findings {
        finding.subject = script.into();
        finding.message.zh = Some(script.into());
        for evidence in &mut finding.evidence {
            evidence.value = script.into();
            evidence.class = Some(format!("\" autofocus onfocus=\"window.broken=1{script}"));
        }
    }
    report
}

/// A run over made-up apps, which are those of `reports` again and again.
fn run(reports: &[&Report], apps: u32) -> String {
    let rows: Vec<Rows> = reports.iter().map(|report| Rows::of(report)).collect();
    let mut overview = Overview::default();
    for number in 0..apps {
        let kind = usize::try_from(number).unwrap() % (rows.len() + 1);
        let mut rows = rows.get(kind).cloned();
        let findings = number % 7;
        if let Some(rows) = &mut rows {
            rows.findings.truncate(usize::try_from(findings).unwrap());
            rows.permissions
                .truncate(usize::try_from(number % 11).unwrap());
            if number.is_multiple_of(5) {
                rows.functions = vec![Named {
                    id: "map-navigation".into(),
                    ..rows.functions.first().cloned().unwrap_or_default()
                }];
            }
        }
        let outcome = outcome(number, rows.as_ref());
        overview.add(&Row {
            number: number.into(),
            outcome: &outcome,
            rows: rows.as_ref(),
        });
    }
    let meta = Meta {
        tool_version: "0.1.0".into(),
        data_version: "2026-01-01".into(),
        data_digest: "ab".repeat(32),
        inputs: apps.into(),
        arguments: vec!["lang zh,en".into(), "edition consumer".into()],
        pages: true,
    };
    index::render(&overview, &meta)
}

fn outcome(number: u32, rows: Option<&Rows>) -> Outcome {
    let status = match (rows, number % 13) {
        (None, 0..=6) => Status::Unreadable,
        (None, _) => Status::Timeout,
        (Some(_), 5) => Status::Incomplete,
        (Some(_), _) => Status::Audited,
    };
    let mut findings = std::collections::BTreeMap::new();
    for finding in rows.iter().flat_map(|rows| &rows.findings) {
        let key = serde_json::to_value(finding.severity).unwrap();
        *findings
            .entry(key.as_str().unwrap().to_owned())
            .or_insert(0) += 1;
    }
    Outcome {
        input: format!("apps/{number:05}.apk"),
        status,
        size: 1_000_000,
        sha256: format!("{number:064x}"),
        reasons: if status == Status::Audited {
            Vec::new()
        } else {
            vec!["classes.dex: cut off".into()]
        },
        killer: None,
        same_as: None,
        app: rows.map(|_| AppName {
            package: format!("com.example.app{}", number / 2),
            label: format!("示例应用{number}<script>window.broken=1</script>"),
            version: format!("1.{number}"),
            version_code: Some(u64::from(number)),
        }),
        listed: Some(Listed {
            line: u64::from(number),
            name: String::new(),
            developer: format!("示例（北京）科技有限公司{}", number % 97),
            store: ["应用商店甲", "应用商店乙", "官网"][usize::try_from(number).unwrap() % 3]
                .into(),
            version: String::new(),
        }),
        catalogue_trouble: number
            .is_multiple_of(50)
            .then(|| "not in the catalogue".into()),
        functions: Vec::new(),
        edition: Edition::Consumer,
        findings,
        rules: Vec::new(),
        report: rows.map(|_| format!("reports/{number:064x}.json")),
        report_sha256: None,
        facts: None,
    }
}
