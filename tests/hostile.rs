//! Apps cut off and changed at random: whatever happens, there is an answer soon, and within little memory.
//!
//! A program of its own, because its allocator gives out no more than [`MEMORY`] at once: where a reader asks for
//! more, the program ends with "memory allocation failed". `HOSTILE_TRACE=1` then shows which case it was.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../fuzz/drive.rs"]
#[allow(clippy::pedantic, clippy::expect_used, reason = "a test may panic")]
mod drive;

use cap::Cap;
use permscope::audit::Declared;
use permscope::container::Archive;
use permscope::detect::Detector;
use permscope::engine::{self, Source};
use permscope::forge::samples;
use permscope::forge::zip::{Entry, Method, Zip};
use permscope::limits::Limits;
use permscope::report::Languages;
use permscope::signatures::SignatureDb;
use std::alloc::System;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What two audits side by side may take, beside data and samples. A sample has some kilobytes.
const MEMORY: usize = 96 << 20;

/// Far above what any of these needs (about a millisecond), far below a hang.
const GENEROUS: Duration = Duration::from_secs(10);

/// Changed copies of each file of a sample.
const CHANGES: usize = 2_000;

struct Fixture {
    detector: Detector<'static>,
    /// Sample, file name, bytes.
    files: Vec<(String, String, Vec<u8>)>,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        static DB: OnceLock<SignatureDb> = OnceLock::new();
        let db = DB.get_or_init(|| SignatureDb::builtin().unwrap());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        let mut files = Vec::new();
        for sample in samples::load(&folder.join("text")).unwrap() {
            for (name, bytes) in sample.build().unwrap() {
                files.push((sample.name.clone(), name, bytes));
            }
        }
        let mut compiled: Vec<PathBuf> = Vec::new();
        for app in std::fs::read_dir(folder.join("apps")).unwrap() {
            let app = app.unwrap().path();
            let within = app.read_dir().into_iter().flatten();
            compiled.extend(within.map(|file| file.unwrap().path()));
        }
        compiled.retain(|path| path.extension().is_some_and(|e| e == "apk" || e == "apks"));
        compiled.sort();
        for path in compiled {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push(("compiled".into(), name, std::fs::read(&path).unwrap()));
        }
        assert!(files.len() > 190, "{}", files.len());
        let fixture = Fixture {
            detector: Detector::new(db),
            files,
        };
        ALLOCATOR.set_limit(ALLOCATOR.allocated() + MEMORY).unwrap();
        fixture
    })
}

/// Facts and a report of one file, or an error; panics with `what` if that takes too long.
fn survive(name: &str, bytes: Vec<u8>, what: impl Fn() -> String) -> bool {
    if std::env::var_os("HOSTILE_TRACE").is_some() {
        let _ = writeln!(std::io::stderr(), "{}", what());
    }
    let started = Instant::now();
    let sources = [Source::new(name, bytes)];
    let read = engine::facts(&sources, &Limits::default());
    if let Ok(facts) = &read {
        let detector = &fixture().detector;
        let report = engine::judge(facts, detector, &Declared::default(), Languages::BOTH);
        assert!(
            report.coverage.complete
                || !report.incidents.is_empty()
                || !report.coverage.obstacles.is_empty(),
            "{}: incomplete without a reason",
            what()
        );
    }
    let took = started.elapsed();
    assert!(took < GENEROUS, "{} took {took:?}", what());
    read.is_ok()
}

#[test]
fn apps_that_are_cut_off() {
    let mut whole = 0;
    for (sample, name, bytes) in &fixture().files {
        for end in (0..bytes.len()).step_by(64) {
            // Without the end record there is no archive; some tails are comments only.
            let what = || format!("{name} of {sample} cut at {end}");
            survive(name, bytes[..end].to_vec(), what);
        }
        whole += usize::from(survive(name, bytes.clone(), || name.clone()));
    }
    assert_eq!(whole, fixture().files.len());
}

/// splitmix64: small, fixed, and good enough to scatter bytes.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// Offsets of ZIP records, where a changed byte does most.
fn headers(bytes: &[u8]) -> Vec<usize> {
    let pairs = bytes.windows(2).enumerate();
    pairs
        .filter(|(_, w)| *w == b"PK")
        .map(|(at, _)| at)
        .collect()
}

/// A run of 0xFF or 0x00 in a header of the archive.
fn change_a_header(bytes: &mut [u8], headers: &[usize], random: &mut Random) {
    let at = headers[random.below(headers.len())] + 4 + random.below(40);
    let end = (at + 1 + random.below(4)).min(bytes.len());
    let value = if random.below(2) == 0 { 0xff } else { 0 };
    bytes[at.min(end)..end].fill(value);
}

/// One to four bytes somewhere.
fn change_bytes(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let value = [
            0,
            0xff,
            0x80,
            bytes[at] ^ (1 << random.below(8)),
            bytes[at].wrapping_add(1),
        ];
        bytes[at] = value[random.below(value.len())];
    }
}

/// A number of four bytes becomes one that a reader may trip over: counts, offsets and sizes are such.
fn change_a_number(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len() / 4) * 4;
    let Some(word) = bytes.get_mut(at..at + 4) else {
        return;
    };
    let old = u32::from_le_bytes(word.try_into().unwrap());
    let new = [
        u32::MAX,
        i32::MAX.cast_unsigned(),
        0,
        old.wrapping_add(4),
        old.wrapping_sub(4),
        old << 1,
        old << 16,
        random.next() as u32,
    ];
    word.copy_from_slice(&new[random.below(new.len())].to_le_bytes());
}

/// The archive with every entry stored: changed bytes reach the manifest, the table and the code, not only DEFLATE.
fn stored(name: &str, bytes: &[u8]) -> Vec<u8> {
    let archive = Archive::open(name, bytes, &Limits::default()).unwrap();
    let entries = archive.entries().iter().map(|entry| {
        let data = archive.read(entry).unwrap().into_owned();
        Entry::new(entry.name.as_bytes(), data, Method::Stored)
    });
    Zip::of(entries.collect()).build()
}

/// How many of the changed copies are still read, of how many.
fn changed(seed: u64, part: usize, of: usize) -> (usize, usize) {
    let (mut read, mut all) = (0, 0);
    for (number, (sample, name, bytes)) in fixture().files.iter().enumerate() {
        if number % of != part {
            continue;
        }
        let mut random = Random(seed + u64::try_from(number).unwrap());
        let headers = headers(bytes);
        let stored = stored(name, bytes);
        for turn in 0..CHANGES {
            let mut copy = if turn % 4 == 0 {
                bytes.clone()
            } else {
                stored.clone()
            };
            match turn % 8 {
                0 => change_a_header(&mut copy, &headers, &mut random),
                1..=4 => change_bytes(&mut copy, &mut random),
                _ => change_a_number(&mut copy, &mut random),
            }
            let what = || format!("{name} of {sample}, change {turn}");
            read += usize::from(survive(name, copy, what));
            all += 1;
        }
    }
    (read, all)
}

// Two tests, so that two cores work.
#[test]
fn apps_that_are_changed_in_the_first_half() {
    let (read, all) = changed(0, 0, 2);
    assert!(all >= 90 * CHANGES && read > all / 2, "{read} of {all}");
}

#[test]
fn apps_that_are_changed_in_the_second_half() {
    let (read, all) = changed(0, 1, 2);
    assert!(all >= 90 * CHANGES && read > all / 2, "{read} of {all}");
}

/// What fuzzing has found once, in `fuzz/finds/TARGET/`, and one sample for each target, so that all of them work.
#[test]
fn finds_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/finds");
    for (name, target) in drive::TARGETS {
        let finds = folder.join(name).read_dir().into_iter().flatten();
        for find in finds {
            target(&std::fs::read(find.unwrap().path()).unwrap());
        }
        for (_, _, bytes) in fixture().files.iter().step_by(20) {
            target(bytes);
        }
    }
}
