//! What each fuzz target does with its bytes. `tests/hostile.rs` runs the same on kept finds and on samples.
//!
//! Beside "no panic, no hang, no runaway memory", which the fuzzer and the test watch, each says what must
//! hold whatever the bytes are.

use permscope::arsc::{Config, ResTable, ResTables};
use permscope::audit::Declared;
use permscope::container::{Archive, bundle};
use permscope::detect::Detector;
use permscope::dex::Dex;
use permscope::engine::catalogue::{Catalogue, Found};
use permscope::engine::{self, Source};
use permscope::facts::{Facts, State};
use permscope::forge::zip::{Entry, Method, Zip, signing_block};
use permscope::incident::Channel;
use permscope::limits::Limits;
use permscope::report::{Language, Languages, text};
use permscope::signatures::SignatureDb;
use permscope::signatures::check::check;
use permscope::xml::{Document, Element};
use permscope::{elf, signing::Outcome};
use std::sync::OnceLock;

/// A target: its name and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets; each has a file in `fuzz_targets/`.
pub(crate) const TARGETS: [Target; 11] = [
    ("container", container),
    ("axml", axml),
    ("arsc", arsc),
    ("dex", dex),
    ("code", code),
    ("elf", elf_file),
    ("signing", signing_block_of),
    ("audit", audit),
    ("facts", facts),
    ("signatures", signatures),
    ("catalogue", catalogue),
];

/// Smaller than for real apps, so that one input takes milliseconds.
fn limits() -> Limits {
    Limits {
        entry_bytes: 4 << 20,
        total_bytes: 16 << 20,
        code_bytes: 8 << 20,
        instructions: 4_000_000,
        output_bytes: 16 << 20,
        ..Limits::default()
    }
}

/// The archive's directory, every entry, and what it is as a bundle.
pub(crate) fn container(data: &[u8]) {
    let limits = limits();
    let mut incidents = Vec::new();
    if let Ok(archive) = Archive::open("a.apk", data, &limits) {
        for entry in archive.entries() {
            let read = archive.read_noting(entry, None, &mut incidents);
            let head = archive.head::<16>(entry);
            if let Some(bytes) = read {
                let start = bytes.get(..head.len()).expect("no longer than the whole");
                assert_eq!(start, head, "{}", entry.name);
            }
        }
    }
    let _ = bundle::open("a.apks", data, &limits);
}

/// Binary or text XML.
pub(crate) fn axml(data: &[u8]) {
    let limits = limits();
    if let Ok(document) = Document::parse(data, "a.apk!AndroidManifest.xml", &limits) {
        let (mut open, mut count) = (vec![(&document.root, 1usize)], 0usize);
        while let Some((element, depth)) = open.pop() {
            let element: &Element = element;
            count += 1 + element.attributes.len();
            assert!(depth <= limits.xml_depth);
            open.extend(element.children.iter().map(|child| (child, depth + 1)));
        }
        assert!(count <= limits.xml_nodes);
    }
}

/// A resource table, and every value in it as the default configuration sees it.
pub(crate) fn arsc(data: &[u8]) {
    let limits = limits();
    if let Ok((table, _)) = ResTable::parse(data, "a.apk!resources.arsc", &limits) {
        let mut ids = Vec::new();
        for package in table.packages().iter().take(4) {
            for (type_, entries) in package.types().take(64) {
                let of = u32::from(package.id) << 24 | u32::from(type_) << 16;
                ids.extend((0..entries.min(64)).map(|entry| of | entry));
            }
        }
        let mut tables = ResTables::new(&limits);
        tables.push(table);
        for id in ids {
            let _ = (tables.name(id), tables.is_bag(id), tables.labels(id));
            let _ = tables.resolve(id, &Config::default());
        }
    }
}

/// The tables, classes and instructions of DEX files.
pub(crate) fn dex(data: &[u8]) {
    let mut incidents = Vec::new();
    let Ok(files) = Dex::parse(data, "classes.dex", &limits(), &mut incidents) else {
        return;
    };
    for dex in files {
        dex.check_integrity("classes.dex", &mut incidents);
        for index in 0..dex.string_count().min(4_096) {
            let _ = dex.string(index);
        }
        for index in 0..dex.method_count().min(4_096) {
            let _ = dex.method_signature(index);
        }
        for index in 0..dex.field_count().min(4_096) {
            let _ = dex.field_signature(index);
        }
        let mut units = 0usize;
        for class in dex.class_defs().take(1_024) {
            let _ = dex.visibly_annotated_methods(&class);
            let Ok(Some(members)) = dex.class_data(&class) else {
                continue;
            };
            let Ok(methods) = members.methods() else {
                continue;
            };
            for method in methods.map_while(Result::ok).take(1_024) {
                let Ok(code) = dex.code_item(method.code_off) else {
                    continue;
                };
                units += code.units().len();
                // Many methods may share one long piece of code.
                if units > 4 << 20 {
                    return;
                }
                let mut end = 0;
                for insn in code.insns().map_while(Result::ok) {
                    assert!(insn.offset >= end, "instructions go forward");
                    end = insn.offset + u32::try_from(insn.units().len()).expect("short");
                    let _ = (insn.index(), insn.target(), insn.literal());
                    let _ = (
                        insn.switch_cases(code.units()),
                        insn.array_data(code.units()),
                    );
                }
                if let Ok(tries) = code.tries() {
                    for one in tries.take(64) {
                        let _ = code.handlers(&one);
                    }
                }
            }
        }
    }
}

/// The walks over code: the bytes as the only DEX file of an app.
pub(crate) fn code(data: &[u8]) {
    let apk = Zip::of(vec![
        Entry::new("AndroidManifest.xml", MANIFEST, Method::Stored),
        Entry::new("classes.dex", data, Method::Stored),
    ]);
    let sources = [Source::new("a.apk", apk.build())];
    if let Ok(facts) = engine::facts(&sources, &limits()) {
        // What is numbered exists.
        for site in facts.uses.iter().flat_map(|used| &used.sites) {
            assert!(facts.method(site).is_some());
        }
    }
}

const MANIFEST: &str = r#"<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="a.b">
<application><activity android:name="a.A"/></application></manifest>"#;

/// A native library.
pub(crate) fn elf_file(data: &[u8]) {
    let _ = elf::read(data, &limits());
}

/// The bytes as an APK; and as the values of the signing block of one, the first byte says of which scheme.
pub(crate) fn signing_block_of(data: &[u8]) {
    let read = |bytes: Vec<u8>| {
        if let Ok(facts) = engine::facts(&[Source::new("a.apk", bytes)], &limits()) {
            for apk in &facts.signing {
                let verification = &apk.verification;
                // Nothing is verified at a level where no signature is.
                assert!(
                    verification
                        .levels
                        .iter()
                        .all(|level| level.scheme.is_some() || level.outcome != Outcome::Verified)
                );
            }
        }
    };
    read(data.to_vec());
    if let Some((scheme, value)) = data.split_first() {
        const IDS: [u32; 5] = [
            0x7109_871a,
            0xf053_68c0,
            0x1b93_ad61,
            0x6dff_800d,
            0x2b09_189e,
        ];
        let id = IDS[usize::from(*scheme) % IDS.len()];
        let mut apk = Zip::of(vec![Entry::new("a", *b"a", Method::Stored)]);
        apk.signing_block = signing_block(&[(id, value)]);
        read(apk.build());
    }
}

fn detector() -> &'static Detector<'static> {
    static DB: OnceLock<SignatureDb> = OnceLock::new();
    static DETECTOR: OnceLock<Detector<'static>> = OnceLock::new();
    DETECTOR.get_or_init(|| {
        Detector::new(DB.get_or_init(|| SignatureDb::builtin().expect("the data is whole")))
    })
}

/// The whole audit, and the facts there and back.
pub(crate) fn audit(data: &[u8]) {
    let Ok(facts) = engine::facts(&[Source::new("a.apk", data.to_vec())], &limits()) else {
        return;
    };
    judge(&facts);
    let json = serde_json::to_vec(&facts).expect("facts are JSON");
    let again = Facts::read(&json).expect("facts are read as they are written");
    assert!(
        again == facts,
        "facts change when they are written and read"
    );
}

/// A facts file that someone else wrote.
pub(crate) fn facts(data: &[u8]) {
    if let Ok(facts) = Facts::read(data) {
        judge(&facts);
    }
}

fn judge(facts: &Facts) {
    let report = engine::judge(facts, detector(), &Declared::default(), Languages::BOTH);
    serde_json::to_vec(&report).expect("a report is JSON");
    for language in [Language::Zh, Language::En] {
        let page = text::render(&report, language);
        let is_plain = |c: char| c == '\n' || !(c.is_control() || is_bidirectional(c));
        assert!(
            page.chars().all(is_plain),
            "the text report holds control characters"
        );
    }
    // Who signed bears on no finding.
    let mut channels = facts
        .coverage
        .iter()
        .filter(|(channel, _)| **channel != Channel::Signers);
    let is_whole = channels.all(|(_, c)| !matches!(c.state, State::Partial | State::Unreadable));
    assert!(
        is_whole || !report.coverage.complete,
        "complete in spite of what could not be read"
    );
}

/// Unicode's explicit directional formatting: what is shown may read otherwise than it is.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// A table of apps.
pub(crate) fn catalogue(data: &[u8]) {
    if let Ok(catalogue) = Catalogue::read(data) {
        for row in catalogue.rows().iter().take(64) {
            // A row that names its file in one way at least is found again, or others say otherwise.
            let found = catalogue.find(&row.file, &row.package, &row.sha256);
            let has_key = !(row.file.is_empty() && row.package.is_empty() && row.sha256.is_empty());
            assert!(!has_key || found != Found::Nothing);
        }
    }
}

/// A data file that someone edits, the first byte says which; with the linter.
pub(crate) fn signatures(data: &[u8]) {
    const PATHS: [&str; 9] = [
        "functions/01-a.toml",
        "functions/reasons.toml",
        "sdks/a/b.toml",
        "packers/a.toml",
        "rules/a.toml",
        "apis/a.toml",
        "permissions/a.toml",
        "law/A.toml",
        "information/kinds.toml",
    ];
    if let Some((which, rest)) = data.split_first()
        && let Ok(file) = std::str::from_utf8(rest)
    {
        let path = PATHS[usize::from(*which) % PATHS.len()];
        if let Ok(db) = SignatureDb::of_text(path, file) {
            let _ = check(&db);
        }
    }
}
