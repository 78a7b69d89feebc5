//! Apps cut off and scrambled: whatever happens, there is an answer soon.

use crate::common::{case, detector, forged};
use permscope::audit::Declared;
use permscope::engine::{self, Source};
use permscope::limits::Limits;
use permscope::report::Languages;
use std::time::{Duration, Instant};

/// Far above what any of these needs (about a millisecond), far below a hang.
const GENEROUS: Duration = Duration::from_secs(10);

/// Facts and a report of one file, or an error; panics with `what` if that takes too long.
fn survive(name: &str, bytes: Vec<u8>, what: &str) -> bool {
    let started = Instant::now();
    let sources = [Source::new(name, bytes)];
    let read = engine::facts(&sources, &Limits::default());
    if let Ok(facts) = &read {
        let report = engine::judge(facts, detector(), &Declared::default(), Languages::BOTH);
        assert!(
            report.coverage.complete
                || !report.incidents.is_empty()
                || !report.coverage.obstacles.is_empty(),
            "{what}: incomplete without a reason"
        );
    }
    let took = started.elapsed();
    assert!(took < GENEROUS, "{what} took {took:?}");
    read.is_ok()
}

#[test]
fn apps_that_are_cut_off() {
    let mut whole = 0;
    for sample in forged() {
        for (name, bytes) in case(sample).files {
            for end in (0..bytes.len()).step_by(64) {
                // Without the end record there is no archive; some tails are comments only.
                survive(
                    &name,
                    bytes[..end].to_vec(),
                    &format!("{name} of {} cut at {end}", sample.name),
                );
            }
            whole += u32::from(survive(&name, bytes, &name));
        }
    }
    assert!(whole >= 24, "{whole}");
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
    bytes
        .windows(2)
        .enumerate()
        .filter(|(_, w)| *w == b"PK")
        .map(|(at, _)| at)
        .collect()
}

/// One to four bytes flipped anywhere, or a run of 0xFF or 0x00 in a header.
fn scramble(bytes: &mut [u8], headers: &[usize], random: &mut Random) {
    if random.below(2) == 0 {
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
    } else {
        let at = headers[random.below(headers.len())] + 4 + random.below(40);
        let end = (at + 1 + random.below(4)).min(bytes.len());
        let value = if random.below(2) == 0 { 0xff } else { 0 };
        bytes[at.min(end)..end].fill(value);
    }
}

#[test]
fn apps_that_are_scrambled() {
    let (mut read, mut all) = (0, 0);
    for (number, sample) in (1..).zip(forged()) {
        let mut random = Random(number);
        for (name, bytes) in case(sample).files {
            let headers = headers(&bytes);
            for turn in 0..200 {
                let mut changed = bytes.clone();
                scramble(&mut changed, &headers, &mut random);
                let what = format!("{name} of {} scrambled, turn {turn}", sample.name);
                read += u32::from(survive(&name, changed, &what));
                all += 1;
            }
        }
    }
    // Most are still archives: the readers behind the directory were reached.
    assert!(all >= 24 * 200 && read > all / 2, "{read} of {all}");
}

/// The same with every entry stored: changed bytes reach the manifest, the table and the code, not only DEFLATE.
#[test]
fn stored_entries_that_are_scrambled() {
    use permscope::forge::zip::{Entry, Method, Zip};
    let mut read = 0;
    for (number, sample) in (1_000..).zip(forged()) {
        let mut random = Random(number);
        for (name, bytes) in case(sample).files {
            let archive =
                permscope::container::Archive::open(&name, &bytes, &Limits::default()).unwrap();
            let stored = archive.entries().iter().map(|e| {
                Entry::new(
                    e.name.as_bytes(),
                    archive.read(e).unwrap().into_owned(),
                    Method::Stored,
                )
            });
            let bytes = Zip::of(stored.collect()).build();
            for turn in 0..200 {
                let mut changed = bytes.clone();
                for _ in 0..=random.below(3) {
                    let at = random.below(changed.len());
                    let value = [0, 0xff, 0x80, changed[at] ^ 1, changed[at].wrapping_add(1)];
                    changed[at] = value[random.below(value.len())];
                }
                let what = format!(
                    "{name} of {} stored and scrambled, turn {turn}",
                    sample.name
                );
                read += u32::from(survive(&name, changed, &what));
            }
        }
    }
    assert!(read > 3_000, "{read}");
}
