//! Each stage of an audit by itself, and a whole audit in memory.
//!
//! `cargo bench` measures a committed sample and a forged app with 20,000 classes.
//! `PERMSCOPE_CORPUS=folder cargo bench` adds two real APKs of that folder, the
//! middle one by size and the one at nine tenths. A word behind `--` chooses:
//! `cargo bench --bench pipeline -- dex`.
#![allow(missing_docs, reason = "macros of criterion")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a bench may panic, read the environment and say what it leaves out"
)]

use criterion::{BenchmarkId, Criterion, Throughput};
use permscope::arsc::{ResTable, ResTables};
use permscope::audit::{Declared, Edition};
use permscope::code::{Budget, Hit, Wanted, scan};
use permscope::container::Archive;
use permscope::detect::{Detector, MarkIndex};
use permscope::dex::Dex;
use permscope::engine::{self, Source};
use permscope::facts::Facts;
use permscope::forge::app::Sample;
use permscope::limits::Limits;
use permscope::report::{Language, Languages, text};
use permscope::signatures::SignatureDb;
use permscope::signatures::schema::MarkEntry;
use permscope::xml::{Document, Element, attrs};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// One APK under a short name.
struct Input {
    name: &'static str,
    bytes: Vec<u8>,
}

fn inputs() -> Vec<Input> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/apps/shop/shop.apk");
    let mut inputs = vec![
        Input {
            name: "sample",
            bytes: std::fs::read(sample).unwrap(),
        },
        Input {
            name: "forged",
            bytes: forged(),
        },
    ];
    let Some(folder) = std::env::var_os("PERMSCOPE_CORPUS") else {
        eprintln!("PERMSCOPE_CORPUS names no folder of APKs: real APKs are left out");
        return inputs;
    };
    let mut files: Vec<(u64, std::path::PathBuf)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "apk"))
        .map(|entry| (entry.metadata().unwrap().len(), entry.path()))
        .collect();
    files.sort();
    for (name, tenths) in [("real-middle", 5), ("real-large", 9)] {
        if let Some((size, path)) = files.get(files.len() * tenths / 10) {
            eprintln!("{name}: {} ({size} bytes)", path.display());
            let bytes = std::fs::read(path).unwrap();
            inputs.push(Input { name, bytes });
        }
    }
    inputs
}

/// 20,000 classes of 400 packages, 40,000 methods with calls into the platform; 200 components; 2,000 strings.
fn forged() -> Vec<u8> {
    let mut classes = String::new();
    for class in 0..20_000 {
        let package = class % 400;
        let own = format!("com.example.large.p{package}.Class{class}");
        let vendor = [
            "com.umeng.analytics",
            "com.amap.api.location",
            "com.tencent.bugly",
        ];
        let name = match vendor.get(class / 100) {
            Some(vendor) => format!("{vendor}.Class{class}"),
            None => own,
        };
        write!(
            classes,
            "class {name}\n  method first(android.telephony.TelephonyManager) void\n    \
             call virtual android.telephony.TelephonyManager.getDeviceId() java.lang.String on p0\n    \
             call static android.util.Log.d(java.lang.String, java.lang.String) int with \"tag{class}\", \"https://host{package}.example.com/{class}\"\n  \
             method second(android.content.Context) void\n    \
             call virtual android.content.Context.getPackageManager() android.content.pm.PackageManager on p0\n"
        )
        .unwrap();
    }
    let mut components = String::new();
    let mut strings = String::new();
    for number in 0..200 {
        writeln!(
            components,
            "<activity android:name=\"com.example.large.p{number}.Class{number}\" android:label=\"@string/text{number}\" android:exported=\"true\">\
             <intent-filter><action android:name=\"com.example.ACTION{number}\"/></intent-filter></activity>"
        )
        .unwrap();
    }
    for number in 0..2_000 {
        writeln!(
            strings,
            "text{number} = {{ default = \"Text {number}\", zh-CN = \"文本 {number}\", de = \"Wort {number}\" }}"
        )
        .unwrap();
    }
    let app = format!(
        "about = {{ zh = \"大\", en = \"large\" }}\nfunction = \"online-shopping\"\n\
         [base]\npackage = \"com.example.large\"\nversion_code = 1\nversion_name = \"1\"\nmin_sdk = 24\ntarget_sdk = 34\n\
         manifest = '''<manifest><uses-permission android:name=\"android.permission.READ_PHONE_STATE\"/>\
         <uses-permission android:name=\"android.permission.ACCESS_FINE_LOCATION\"/>\
         <application android:label=\"@string/text0\">{components}</application></manifest>'''\n\
         [base.strings]\n{strings}\n[[base.dex]]\nclasses = '''\n{classes}'''\n\
         [expect]\npackage = \"com.example.large\"\n"
    );
    let built = Sample::parse("large", &app).unwrap().build().unwrap();
    built.into_iter().next().unwrap().1
}

/// The contents of one entry.
fn entry(input: &Input, name: &str) -> Option<Vec<u8>> {
    let archive = Archive::open("app.apk", &input.bytes, &Limits::default()).unwrap();
    Some(archive.read(archive.find(name)?).unwrap().into_owned())
}

fn size(bytes: &[u8]) -> Throughput {
    Throughput::Bytes(bytes.len().try_into().unwrap())
}

fn readers(c: &mut Criterion, inputs: &[Input]) {
    let limits = Limits::default();
    let mut group = c.benchmark_group("inflate");
    for input in inputs {
        let plain = entry(input, "classes.dex").unwrap();
        group.throughput(size(&plain));
        let archive = Archive::open("app.apk", &input.bytes, &limits).unwrap();
        let found = archive.find("classes.dex").unwrap();
        group.bench_function(BenchmarkId::new("classes.dex", input.name), |b| {
            // The archive counts what it has inflated, so each run opens it anew.
            b.iter(|| {
                let archive = Archive::open("app.apk", &input.bytes, &limits).unwrap();
                archive.read(black_box(found)).unwrap().len()
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("xml");
    for input in inputs {
        let manifest = entry(input, "AndroidManifest.xml").unwrap();
        group.throughput(size(&manifest));
        group.bench_function(BenchmarkId::new("manifest", input.name), |b| {
            b.iter(|| Document::parse(black_box(&manifest), "m", &limits).unwrap());
        });
    }
    group.finish();

    let mut group = c.benchmark_group("arsc");
    for input in inputs {
        let (Some(bytes), Some(manifest)) = (
            entry(input, "resources.arsc"),
            entry(input, "AndroidManifest.xml"),
        ) else {
            continue;
        };
        let document = Document::parse(&manifest, "m", &limits).unwrap();
        let label = |e: &Element| e.attr(attrs::LABEL).map(|a| a.value.clone());
        let Some(label) = document.root.named("application").find_map(label) else {
            continue;
        };
        // The table is read where it is asked, so only both together say something.
        group.bench_function(BenchmarkId::new("labels-of-app", input.name), |b| {
            b.iter(|| {
                let (table, _) = ResTable::parse(black_box(&bytes), "r", &limits).unwrap();
                let mut tables = ResTables::new(&limits);
                tables.push(table);
                tables.reference(&label).map(|id| tables.labels(id))
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("dex");
    for input in inputs {
        let bytes = entry(input, "classes.dex").unwrap();
        group.throughput(size(&bytes));
        let members = Dex::parse(&bytes, "d", &limits, &mut Vec::new()).unwrap();
        let dex = members.first().unwrap();
        group.bench_function(BenchmarkId::new("scan", input.name), |b| {
            b.iter(|| {
                let mut budget = Budget::new(&limits);
                let mut wanted = Wanted::nothing(dex);
                wanted.select_methods(dex, &mut budget, |m| m.class.starts_with("Landroid/"));
                let mut hits = Vec::new();
                let mut sink = |hit: Hit| hits.push(hit);
                scan(dex, &wanted, &mut sink, &mut budget).instructions
            });
        });
    }
    group.finish();
}

fn facts_of(input: &Input) -> Facts {
    let source = Source::new("app.apk", input.bytes.clone());
    engine::facts(&[source], &Limits::default()).unwrap()
}

/// 100,000 names of classes: half of them under the prefixes, spread evenly, half of an app of its own.
fn classes_of(prefixes: &[MarkEntry]) -> Vec<String> {
    let mut classes: Vec<String> = (0..50_000)
        .flat_map(|n| {
            let prefix = &prefixes[n % prefixes.len()].name;
            let package = n % 700;
            [
                format!("{prefix}.internal.a{}.Class{n}", n % 7),
                format!("com.example.app{package}.feature.Screen{n}$Companion"),
            ]
        })
        .collect();
    classes.sort();
    // In memory in the order of the list, as the classes of a DEX file are.
    classes.clone()
}

fn judging(c: &mut Criterion, inputs: &[Input]) {
    c.bench_function("data/all", |b| {
        b.iter_with_large_drop(|| SignatureDb::builtin().unwrap())
    });
    c.bench_function("data/for-judging", |b| {
        b.iter_with_large_drop(|| SignatureDb::for_judging().unwrap());
    });
    let db = SignatureDb::builtin().unwrap();
    c.bench_function("data/index", |b| b.iter(|| Detector::new(black_box(&db))));
    let prefixes = &db.sdk_marks().packages;
    let classes = classes_of(prefixes);
    eprintln!("{} prefixes, {} classes", prefixes.len(), classes.len());
    let index = MarkIndex::new(db.data.sdks.iter().map(|s| s.id.as_str()), db.sdk_marks());
    c.bench_function("data/match", |b| {
        b.iter(|| index.count_owned(black_box(&classes)))
    });
    let detector = Detector::new(&db);
    let functions = ["online-shopping".to_owned()];
    let declared = Declared::resolve(&db, &functions, Edition::Consumer).unwrap();
    let mut group = c.benchmark_group("judge");
    for input in inputs {
        let facts = facts_of(input);
        group.bench_function(BenchmarkId::new("detect", input.name), |b| {
            b.iter(|| detector.detect(black_box(&facts)));
        });
        group.bench_function(BenchmarkId::new("report", input.name), |b| {
            b.iter(|| engine::judge(black_box(&facts), &detector, &declared, Languages::BOTH));
        });
        let report = engine::judge(&facts, &detector, &declared, Languages::BOTH);
        group.bench_function(BenchmarkId::new("report-json", input.name), |b| {
            b.iter(|| serde_json::to_string_pretty(black_box(&report)).unwrap());
        });
        group.bench_function(BenchmarkId::new("text-report", input.name), |b| {
            b.iter(|| text::render(black_box(&report), Language::Zh));
        });
        group.bench_function(BenchmarkId::new("facts-json", input.name), |b| {
            b.iter(|| serde_json::to_string_pretty(black_box(&facts)).unwrap());
        });
    }
    group.finish();

    let mut group = c.benchmark_group("audit");
    for input in inputs {
        group.throughput(size(&input.bytes));
        group.bench_function(BenchmarkId::new("in-memory", input.name), |b| {
            // With the digest of the file, without loading the data and reading the file.
            b.iter(|| {
                let facts = facts_of(input);
                let report = engine::judge(&facts, &detector, &declared, Languages::BOTH);
                serde_json::to_string_pretty(&report).unwrap().len()
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let inputs = inputs();
    readers(&mut criterion, &inputs);
    judging(&mut criterion, &inputs);
    criterion.final_summary();
}
