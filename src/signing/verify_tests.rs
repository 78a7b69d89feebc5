//! `testdata/rsa.apk`, `dsa.apk`, `p521.apk` and `v1.apk` were signed by apksigner 35.0.2 with keys made for it:
//! `--min-sdk-version 21`, v1, v2 and v3 (`v1.apk`: v1 alone), `rsa.apk` with `--verity-enabled`, `--stamp-signer` and
//! v4. `apksigner verify -v --min-sdk-version 21` says of each that it verifies. What is wrong with the changed ones is
//! what apksig calls it, from the tables of its own tests and documentation.

use super::block::{self, id_of};
use super::*;
use crate::container::testzip::{File, mutate, write};
use crate::limits::Limits;

const ROTATED: &[u8] = include_bytes!("testdata/rotated.apk");
const RSA: &[u8] = include_bytes!("testdata/rsa.apk");
const RSA_IDSIG: &[u8] = include_bytes!("testdata/rsa.apk.idsig");
const DSA: &[u8] = include_bytes!("testdata/dsa.apk");
const P521: &[u8] = include_bytes!("testdata/p521.apk");
const V1: &[u8] = include_bytes!("testdata/v1.apk");

fn verify_as(bytes: &[u8], levels: Levels, idsig: Option<&[u8]>, limits: &Limits) -> Verification {
    let archive = Archive::open("a.apk", bytes, limits).unwrap();
    let apk = Apk {
        archive: &archive,
        bytes,
        levels,
        target_sdk: 28,
        target_sandbox: 1,
        idsig,
    };
    schemes(apk).finish(&|_| Known::Nothing).1
}

fn verify_from(bytes: &[u8], min: u32) -> Verification {
    verify_as(bytes, Levels::from(min), None, &Limits::default())
}

fn verify(bytes: &[u8]) -> Verification {
    verify_from(bytes, 21)
}

/// All names of what is wrong.
fn names(found: &Verification) -> Vec<&str> {
    let schemes = found.schemes.iter().flat_map(|check| &check.issues);
    let issues = found.issues.iter().chain(schemes);
    issues.map(|issue| issue.name.as_ref()).collect()
}

fn levels(found: &Verification) -> Vec<(u32, Option<u32>, &'static str, Outcome)> {
    let level = |l: &LevelCheck| {
        let scheme = l.scheme.map_or("-", Scheme::name);
        (l.min_sdk, l.max_sdk, scheme, l.outcome)
    };
    found.levels.iter().map(level).collect()
}

fn kinds(found: &Verification) -> Vec<(WeaknessKind, &str)> {
    let weaknesses = found.weaknesses.iter();
    weaknesses.map(|w| (w.kind, w.detail.as_str())).collect()
}

#[test]
fn a_rotated_key_and_the_scheme_of_each_level() {
    let found = verify(ROTATED);
    assert_eq!(found.outcome, Outcome::Verified, "{:?}", names(&found));
    assert_eq!(
        levels(&found),
        [
            (21, Some(23), "v1", Outcome::Verified),
            (24, Some(27), "v2", Outcome::Verified),
            (28, Some(32), "v3", Outcome::Verified),
            (33, None, "v3.1", Outcome::Verified),
        ]
    );
    assert_eq!(
        kinds(&found),
        [
            (WeaknessKind::DebugCertificate, "v3.1"),
            (WeaknessKind::JanusPossible, "API 21-23"),
            (WeaknessKind::V1Only, "API 21-23"),
        ]
    );
    // From Android 7.0 on, nothing looks at v1.
    let found = verify_from(ROTATED, 24);
    assert_eq!(found.outcome, Outcome::Verified);
    let v1 = found.scheme(Scheme::V1).unwrap();
    assert_eq!(
        (v1.outcome, v1.reason),
        (Outcome::NotChecked, Some(Reason::NotUsed))
    );
}

#[test]
fn every_kind_of_key() {
    for (bytes, algorithm) in [
        (RSA, "SHA256withRSA"),
        (DSA, "SHA256withDSA"),
        (P521, "SHA512withECDSA"),
    ] {
        let found = verify(bytes);
        assert_eq!(
            found.outcome,
            Outcome::Verified,
            "{algorithm} {:?}",
            names(&found)
        );
        let v3 = found.scheme(Scheme::V3).unwrap();
        assert_eq!(v3.algorithms, [algorithm]);
        let last = found.levels.last().unwrap();
        assert_eq!((last.min_sdk, last.scheme), (28, Some(Scheme::V3)));
    }
}

#[test]
fn a_source_stamp_and_a_v4_signature() {
    let limits = Limits::default();
    let found = verify_as(RSA, Levels::from(21), Some(RSA_IDSIG), &limits);
    assert_eq!(found.scheme(Scheme::V4).unwrap().outcome, Outcome::Verified);
    let stamp = found.stamp.unwrap();
    assert_eq!((stamp.version, stamp.outcome), (2, Outcome::Verified));
    let certificate = stamp.certificate.unwrap();
    assert_eq!(certificate.subject.as_deref(), Some("CN=Fixture Stamp"));
    // apksigner writes when it stamped: on 2026-11-28.
    assert_eq!(stamp.time.unwrap() / 86_400, 20_785);
    // The v4 signature of another APK.
    let found = verify_as(P521, Levels::from(21), Some(RSA_IDSIG), &limits);
    assert_eq!(found.outcome, Outcome::Failed);
    assert_eq!(names(&found), ["V4_SIG_DID_NOT_VERIFY"]);
    for at in (0..RSA_IDSIG.len()).step_by(7) {
        let mut changed = RSA_IDSIG.to_vec();
        changed[at] ^= 4;
        let found = verify_as(RSA, Levels::from(21), Some(&changed), &limits);
        let v4 = found.scheme(Scheme::V4).unwrap();
        assert_ne!(v4.outcome, Outcome::Verified, "byte {at}");
    }
}

/// What no signature covers: the padding in the signing block, and the lengths of its pairs, which may take in
/// bytes behind a value (apksig looks at the first pair with an id and at nothing behind its signers).
fn free(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let archive = Archive::open("a", bytes, &Limits::default()).unwrap();
    let pairs = list(&archive, bytes).0.blocks.into_iter();
    let range = |pair: SigningBlock| {
        let at = pair.offset as usize;
        let padding = pair.name.as_deref() == Some("padding");
        at - 12..if padding {
            at + pair.size as usize
        } else {
            at - 4
        }
    };
    pairs.map(range).collect()
}

#[test]
fn no_changed_byte_goes_unseen() {
    for (bytes, step) in [(ROTATED, 5), (RSA, 29), (DSA, 37), (P521, 31)] {
        let free = free(bytes);
        let mut tried = 0;
        for at in (0..bytes.len())
            .step_by(step)
            .filter(|at| !free.iter().any(|range| range.contains(at)))
        {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << (at % 8);
            let Ok(archive) = Archive::open("a.apk", &changed, &Limits::default()) else {
                continue;
            };
            drop(archive);
            let found = verify(&changed);
            let stamped = found
                .stamp
                .as_ref()
                .is_none_or(|s| s.outcome == Outcome::Verified);
            let sound = found.outcome == Outcome::Verified && stamped;
            assert!(!sound, "byte {at} of {} changed", bytes.len());
            tried += 1;
        }
        assert!(tried > 200, "{tried}");
    }
}

/// The same APK with only the pairs of its signing block that `keep` says.
fn with_pairs(bytes: &[u8], keep: impl Fn(u32) -> bool) -> Vec<u8> {
    let archive = Archive::open("a", bytes, &Limits::default()).unwrap();
    let (_, blocks) = list(&archive, bytes);
    let sections = blocks.sections.unwrap();
    let mut body = Vec::new();
    for (id, value) in blocks.values.iter().filter(|(id, _)| keep(*id)) {
        body.extend((value.remaining() as u64 + 4).to_le_bytes());
        body.extend(id.to_le_bytes());
        body.extend(value.rest());
    }
    let size = (body.len() as u64 + 24).to_le_bytes();
    let block = [&size[..], &body, &size, b"APK Sig Block 42"].concat();
    let mut end = sections.patched_end();
    let start = (sections.entries.len() + block.len()) as u32;
    end[16..20].copy_from_slice(&start.to_le_bytes());
    [sections.entries, &block, sections.directory, &end].concat()
}

#[test]
fn a_scheme_that_was_taken_out() {
    let without = |scheme: Scheme| with_pairs(ROTATED, |id| Some(id) != id_of(scheme));
    let all = with_pairs(ROTATED, |_| true);
    assert_eq!(verify(&all).outcome, Outcome::Verified);
    assert_eq!(
        names(&verify_from(&without(Scheme::V31), 24)),
        ["V31_BLOCK_MISSING"]
    );
    let found = verify_from(&without(Scheme::V3), 24);
    assert!(names(&found).contains(&"V31_BLOCK_FOUND_WITHOUT_V3_BLOCK"));
    assert!(names(&found).contains(&"V2_SIG_MISSING_APK_SIG_REFERENCED"));
    let found = verify(&without(Scheme::V2));
    assert_eq!(names(&found), ["JAR_SIG_MISSING_APK_SIG_REFERENCED"]);
    // The whole block.
    let found = verify(&with_pairs(ROTATED, |_| false));
    assert_eq!(
        names(&found),
        [
            "JAR_SIG_MISSING_APK_SIG_REFERENCED",
            "JAR_SIG_MISSING_APK_SIG_REFERENCED"
        ]
    );
    assert_eq!(levels(&found), [(21, None, "v1", Outcome::Failed)]);
    // Below Android 7.0 nobody knew of v2.
    let levels = Levels { min: 21, max: 23 };
    let alone = verify_as(
        &with_pairs(ROTATED, |_| false),
        levels,
        None,
        &Limits::default(),
    );
    assert_eq!(alone.outcome, Outcome::Verified);
}

/// The files of `testdata/v1.apk`.
fn v1_files() -> Vec<File> {
    let archive = Archive::open("a", V1, &Limits::default()).unwrap();
    let file =
        |entry: &crate::container::Entry| File::new(&entry.name, &archive.read(entry).unwrap());
    archive.entries().iter().map(file).collect()
}

#[test]
fn what_v1_covers() {
    let found = verify(V1);
    assert_eq!(found.outcome, Outcome::Verified, "{:?}", names(&found));
    assert_eq!(
        kinds(&found),
        [
            (WeaknessKind::JanusPossible, "API 21-26"),
            (WeaknessKind::V1Only, "API 21+"),
        ]
    );
    // Written anew by another program, it is the same to v1.
    assert_eq!(verify(&write(&v1_files())).outcome, Outcome::Verified);
    let mut more = v1_files();
    more.push(File::new("META-INF/channel_x", b""));
    let found = verify(&write(&more));
    assert_eq!(found.outcome, Outcome::Verified);
    let unsigned = (WeaknessKind::UnsignedEntries, "META-INF/channel_x");
    assert!(kinds(&found).contains(&unsigned));
    more.push(File::new("assets/more", b""));
    assert_eq!(
        names(&verify(&write(&more))),
        ["JAR_SIG_NO_ZIP_ENTRY_DIGEST_IN_MANIFEST"]
    );

    let change = |name: &str, data: &[u8]| {
        let mut files = v1_files();
        let at = files
            .iter()
            .position(|file| file.name == name.as_bytes())
            .unwrap();
        files[at] = File::new(name, data);
        verify(&write(&files))
    };
    let found = change("res/b.bin", b"Plain");
    assert_eq!(names(&found), ["JAR_SIG_ZIP_ENTRY_DIGEST_DID_NOT_VERIFY"]);
    let manifest = v1_files()
        .iter()
        .find(|f| f.name == b"META-INF/MANIFEST.MF")
        .unwrap()
        .data
        .clone();
    let found = change(
        "META-INF/MANIFEST.MF",
        &[&manifest[..], b"Name: x\r\n\r\n"].concat(),
    );
    assert_eq!(
        names(&found),
        ["JAR_SIG_MISSING_ZIP_ENTRY_REFERENCED_IN_MANIFEST"]
    );
    let mut files = v1_files();
    files.retain(|file| file.name != b"res/b.bin");
    assert_eq!(
        names(&verify(&write(&files))),
        ["JAR_SIG_MISSING_ZIP_ENTRY_REFERENCED_IN_MANIFEST"]
    );
    let mut files = v1_files();
    files.push(File::new("res/b.bin", b"plain"));
    assert_eq!(
        names(&verify(&write(&files))),
        ["JAR_SIG_DUPLICATE_ZIP_ENTRY"]
    );
}

#[test]
fn every_byte_of_the_signed_files_counts() {
    for name in [
        "AndroidManifest.xml",
        "assets/a.txt",
        "res/b.bin",
        "META-INF/P521.SF",
    ] {
        let files = v1_files();
        let which = files
            .iter()
            .position(|file| file.name == name.as_bytes())
            .unwrap();
        for at in (0..files[which].data.len()).step_by(9) {
            let mut changed = files.clone();
            let mut data = changed[which].data.clone();
            data[at] ^= 0x20;
            changed[which] = File::new(name, &data);
            assert_ne!(
                verify(&write(&changed)).outcome,
                Outcome::Verified,
                "{name} {at}"
            );
        }
    }
}

/// An APK with `bytes` before it, its offsets moved, as an attack by Janus looks (CVE-2017-13156).
fn prepend(apk: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = [bytes, apk].concat();
    let moved = |out: &mut Vec<u8>, at: usize| {
        let old = u32::from_le_bytes(out[at..at + 4].try_into().unwrap());
        out[at..at + 4].copy_from_slice(&(old + bytes.len() as u32).to_le_bytes());
    };
    let end = out.len() - 22;
    moved(&mut out, end + 16);
    let mut at = u32::from_le_bytes(out[end + 16..end + 20].try_into().unwrap()) as usize;
    while at < end {
        moved(&mut out, at + 42);
        let length =
            |from: usize| usize::from(u16::from_le_bytes([out[at + from], out[at + from + 1]]));
        at += 46 + length(28) + length(30) + length(32);
    }
    out
}

#[test]
fn janus() {
    let found = verify(&prepend(V1, b"dex\n035\0 and more"));
    // This is the hole: v1 sees nothing of it.
    assert_eq!(found.outcome, Outcome::Verified);
    assert!(kinds(&found).contains(&(WeaknessKind::JanusAttack, "DEX")));
    let found = verify_from(&prepend(P521, b"dex\n035\0 and more"), 24);
    assert_eq!(found.outcome, Outcome::Failed);
}

#[test]
fn what_is_too_large_is_not_called_verified() {
    let limits = Limits {
        signature_file_bytes: 100,
        ..Limits::default()
    };
    let found = verify_as(V1, Levels::from(21), None, &limits);
    let v1 = found.scheme(Scheme::V1).unwrap();
    assert_eq!(
        (found.outcome, v1.reason),
        (Outcome::NotChecked, Some(Reason::Limit))
    );
    let limits = Limits {
        entry_bytes: 1000,
        ..Limits::default()
    };
    let found = verify_as(V1, Levels::from(21), None, &limits);
    assert_eq!(
        found.scheme(Scheme::V1).unwrap().reason,
        Some(Reason::Limit)
    );
}

#[test]
fn what_is_known_is_taken_for_the_contents() {
    let archive = Archive::open("a.apk", V1, &Limits::default()).unwrap();
    let with = |known: Known<'_>| {
        let apk = Apk {
            archive: &archive,
            bytes: V1,
            levels: Levels::from(21),
            target_sdk: 28,
            target_sandbox: 1,
            idsig: None,
        };
        let ask = |entry: &crate::container::Entry| match entry.name.as_str() {
            "res/b.bin" => known,
            _ => Known::Nothing,
        };
        schemes(apk).finish(&ask).1.outcome
    };
    let right = crate::hash::sha256(b"plain");
    let wrong = crate::hash::sha256(b"Plain");
    assert_eq!(with(Known::Bytes(b"plain")), Outcome::Verified);
    assert_eq!(with(Known::Sha256(&right)), Outcome::Verified);
    assert_eq!(with(Known::Bytes(b"Plain")), Outcome::Failed);
    assert_eq!(with(Known::Sha256(&wrong)), Outcome::Failed);
}

#[test]
fn unsigned_and_partly_signed() {
    let found = verify(&write(&[File::new("AndroidManifest.xml", b"x")]));
    assert!(found.unsigned());
    assert_eq!(found.outcome, Outcome::Failed);
    assert_eq!(names(&found), ["JAR_SIG_NO_MANIFEST"]);
    // v2 and v3 alone do not help devices before Android 7.0.
    let archive = Archive::open("a", RSA, &Limits::default()).unwrap();
    assert!(archive.find("META-INF/RSA.RSA").is_some());
    let levels = Levels { min: 30, max: 30 };
    let mut files = v1_files();
    files.retain(|file| !file.name.starts_with(b"META-INF"));
    let found = verify_as(&write(&files), levels, None, &Limits::default());
    assert!(found.unsigned());
}

#[test]
fn a_target_of_android_11_needs_v2() {
    let archive = Archive::open("a.apk", V1, &Limits::default()).unwrap();
    let apk = Apk {
        archive: &archive,
        bytes: V1,
        levels: Levels::from(21),
        target_sdk: 30,
        target_sandbox: 2,
        idsig: None,
    };
    let (_, found) = schemes(apk).finish(&|_| Known::Nothing);
    assert_eq!(
        names(&found),
        [
            "NO_SIG_FOR_TARGET_SANDBOX_VERSION",
            "MIN_SIG_SCHEME_FOR_TARGET_SDK_NOT_MET"
        ]
    );
}

#[test]
fn two_end_records_that_lead_to_two_directories() {
    let mut bytes = P521.to_vec();
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    let first = start as usize;
    let name = u16::from_le_bytes([bytes[first + 28], bytes[first + 29]]);
    let second = start + 46 + u32::from(name);
    assert!(bytes[second as usize..].starts_with(b"PK\x01\x02"));
    // A record in the comment of the real one; its own comment does not end with the file.
    bytes[end + 20] = 22;
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend((end as u32 - second).to_le_bytes());
    bytes.extend(second.to_le_bytes());
    bytes.extend([7, 0]);
    let archive = Archive::open("a.apk", &bytes, &Limits::default()).unwrap();
    assert_eq!(archive.directory_start(), u64::from(second));
    let signing = super::read(&archive, &bytes);
    assert!(signing.blocks.is_empty());
    let hiding = signing
        .incidents
        .iter()
        .filter(|i| i.hides == Some(Channel::Signers));
    assert_eq!(hiding.count(), 1);
    assert_ne!(verify_from(&bytes, 28).outcome, Outcome::Verified);
}

#[test]
fn changed_bytes_never_panic() {
    let mut seen = 0;
    let levels = Levels::from(21);
    mutate(ROTATED, 1_500, |changed| {
        if Archive::open("m", changed, &Limits::default()).is_ok() {
            let found = verify_as(changed, levels, Some(changed), &Limits::default());
            seen += found.schemes.len();
        }
    });
    assert!(seen > 1_500, "{seen}");
    assert!(block::is_signature(0x7109_871a));
}
