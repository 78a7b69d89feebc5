//! Archives that Android and other readers read differently, one forged file for each form: the
//! directory and the names. `archive_entries` has the rest.
//!
//! What Android does is taken from AOSP: `libziparchive/zip_archive.cc` (its tests are named where they
//! have the case), `libs/androidfw/AssetsProvider.cpp` for manifest, resources and assets, and
//! `libartbase/base/zip_archive.cc` for code.

use permscope::container::Archive;
use permscope::forge::zip::{Descriptor, EndLies, Entry, Method, Zip, signing_block};
use permscope::incident::{Channel, Incident, IncidentCode};
use permscope::limits::Limits;

use IncidentCode::{ArchiveAnomaly, ArchiveUnreadable, NotInstallable, ReadersDisagree};

pub(crate) const MANIFEST: &[u8] = b"the manifest, the manifest, the manifest";
pub(crate) const DEX: &[u8] = b"dex\n035\0 code code code code code code";

pub(crate) fn manifest() -> Entry {
    Entry::new("AndroidManifest.xml", MANIFEST, Method::Deflated)
}

pub(crate) fn dex() -> Entry {
    Entry::new("classes.dex", DEX, Method::Stored)
}

pub(crate) fn asset(name: &str) -> Entry {
    Entry::new(name, *b"an asset", Method::Stored)
}

/// Everything that is said of the archive.
fn said(bytes: &[u8]) -> Vec<(IncidentCode, String)> {
    let archive = Archive::open("a.apk", bytes, &Limits::default()).unwrap();
    let mut all: Vec<Incident> = archive.incidents().to_vec();
    all.extend(archive.views());
    all.into_iter().map(|i| (i.code, i.detail)).collect()
}

pub(crate) fn read(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let archive = Archive::open("a.apk", bytes, &Limits::default()).unwrap();
    let found = archive.read(archive.find(name)?).ok()?;
    Some(found.into_owned())
}

/// One line of each expected code and beginning, and no other.
#[track_caller]
pub(crate) fn only(bytes: &[u8], expected: &[(IncidentCode, &str)]) {
    let said = said(bytes);
    let fits = said.len() == expected.len()
        && said
            .iter()
            .zip(expected)
            .all(|((code, line), (expected, text))| code == expected && line.contains(text));
    assert!(fits, "{said:#?}\ninstead of\n{expected:#?}");
}

#[track_caller]
pub(crate) fn has(bytes: &[u8], code: IncidentCode, text: &str) {
    let said = said(bytes);
    let found = said
        .iter()
        .any(|(c, line)| *c == code && line.contains(text));
    assert!(found, "{said:#?}\nwithout\n{text}");
}

/// zipalign's padding, both data descriptors, 64-bit sizes, a signing block and zipflinger's fillers are no anomalies.
#[test]
fn what_tools_write_is_not_odd() {
    let mut aligned = asset("assets/aligned");
    aligned.align = 4;
    let mut signed = manifest();
    signed.descriptor = Descriptor::Signed;
    let mut bare = asset("assets/bare");
    bare.descriptor = Descriptor::Bare;
    let mut long = asset("assets/long");
    long.zip64 = true;
    let folder = Entry::new("assets/", *b"", Method::Stored);
    let mut zip = Zip::of(vec![signed, bare, dex(), long, folder, aligned]);
    zip.gap = vec![0; 4000];
    zip.signing_block = signing_block(&[(0x7109_871a, b"block")]);
    zip.comment = b"a comment".to_vec();
    only(&zip.build(), &[]);
    zip.zip64_end = true;
    only(&zip.build(), &[]);
    // AOSP tools/base zipflinger: a local header without a name whose extra field is zeros.
    zip.gap = [b"PK\x03\x04".as_slice(), &[0; 24], &[100, 0], &[0; 100]].concat();
    only(&zip.build(), &[]);
}

/// `CdEntryMapTest.AddDuplicatedEntry`.
#[test]
fn two_entries_of_one_name() {
    let zip = Zip::of(vec![
        manifest(),
        dex(),
        Entry::new("classes.dex", *b"dex\n039\0 other", Method::Stored),
    ]);
    has(
        &zip.build(),
        IncidentCode::DuplicateEntry,
        "Android refuses the archive",
    );
    assert_eq!(read(&zip.build(), "classes.dex").unwrap(), DEX);
}

/// `ziparchive.Open` with `bad_filename.zip`.
#[test]
fn names_that_android_refuses() {
    for (name, text) in [
        (&b"assets/a\0b"[..], "holds a NUL"),
        (b"assets/\xff", "not UTF-8: Android refuses"),
        (b"assets/\x80", "not UTF-8: Android refuses"),
    ] {
        let zip = Zip::of(vec![manifest(), Entry::new(name, *b"x", Method::Stored)]);
        has(&zip.build(), NotInstallable, text);
    }
    // Overlong: `IsValidEntryName` counts bytes only.
    let zip = Zip::of(vec![
        manifest(),
        Entry::new(*b"assets/\xc0\xaf", *b"x", Method::Stored),
    ]);
    has(&zip.build(), ArchiveAnomaly, "Android lets pass");
}

/// They are refused by `java.util.zip` at run time (libcore `ZipPathValidator`), not when the app is installed.
#[test]
fn names_that_lead_out() {
    for name in ["../../system", "/etc/hosts", "assets/../b"] {
        let zip = Zip::of(vec![manifest(), asset(name)]);
        has(&zip.build(), ArchiveAnomaly, "leads out of the archive");
    }
    let zip = Zip::of(vec![manifest(), asset("assets\\..\\b")]);
    only(&zip.build(), &[(ArchiveAnomaly, "holds a backslash")]);
    let zip = Zip::of(vec![manifest(), asset("assets/..a/b..")]);
    only(&zip.build(), &[]);
}

#[test]
fn files_that_are_folders_and_names_in_other_case() {
    for other in ["AndroidManifest.xml/", "AndroidManifest.xml/a/b"] {
        let zip = Zip::of(vec![
            manifest(),
            asset("AndroidManifest.xml.bak"),
            asset(other),
        ]);
        has(&zip.build(), ReadersDisagree, "also a folder");
        assert_eq!(read(&zip.build(), "AndroidManifest.xml").unwrap(), MANIFEST);
    }
    let zip = Zip::of(vec![manifest(), asset("assets/a"), asset("assets/a/b")]);
    only(&zip.build(), &[(ArchiveAnomaly, "also a folder")]);
    for other in ["androidmanifest.xml", "Classes.dex", "RESOURCES.ARSC"] {
        let zip = Zip::of(vec![manifest(), asset(other)]);
        only(&zip.build(), &[(ArchiveAnomaly, "differs in case only")]);
    }
    let zip = Zip::of(vec![
        manifest(),
        Entry::new("lib/x86/libSDL2.so", *b"x", Method::Stored),
    ]);
    only(&zip.build(), &[]);
}

/// `ziparchive.TrailerAfterEOCD`: kInvalidFile.
#[test]
fn bytes_behind_the_end_record() {
    let mut zip = Zip::of(vec![manifest()]);
    zip.trailing = vec![0];
    only(
        &zip.build(),
        &[(NotInstallable, "0 bytes is stated and 1 bytes follow")],
    );
}

/// `ziparchive.BrokenLfhSignature`: kInvalidFile, since 2017.
#[test]
fn bytes_before_the_first_entry() {
    let mut zip = Zip::of(vec![manifest()]);
    zip.prefix = b"#!/bin/sh\n".to_vec();
    has(
        &zip.build(),
        NotInstallable,
        "does not begin with a local header",
    );
    zip.offsets_skip_prefix = true;
    has(
        &zip.build(),
        NotInstallable,
        "10 bytes lie before the archive",
    );
    assert_eq!(read(&zip.build(), "AndroidManifest.xml").unwrap(), MANIFEST);
    // CVE-2017-13156 ("Janus").
    zip.offsets_skip_prefix = false;
    zip.prefix = b"dex\n035\0".to_vec();
    has(&zip.build(), NotInstallable, "begins as a DEX file");
}

/// Android looks for the last end record, so it takes the one in the comment; others take the first.
#[test]
fn an_end_record_in_the_comment_of_another() {
    let mut outer = Zip::of(vec![manifest(), dex()]);
    let plain = outer.build_placed();
    // The inner end record leads to the second central header only.
    let second = plain.entries[1].central;
    let size = u32::try_from(plain.end - second).unwrap();
    let start = u32::try_from(second).unwrap();
    let mut inner = plain.bytes[plain.end..].to_vec();
    inner[8..12].copy_from_slice(&[1, 0, 1, 0]);
    inner[12..16].copy_from_slice(&size.to_le_bytes());
    inner[16..20].copy_from_slice(&start.to_le_bytes());
    outer.comment = inner;
    let bytes = outer.build();
    assert_eq!(read(&bytes, "AndroidManifest.xml"), None);
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
    has(
        &bytes,
        ArchiveAnomaly,
        "another end record leads to a directory of 2 entries at",
    );
    has(
        &bytes,
        ReadersDisagree,
        "a local header of AndroidManifest.xml that the directory does not have",
    );
}

/// The end record of a stored archive inside the archive is nothing odd; a whole archive before it is.
#[test]
fn archives_inside_and_before_the_archive() {
    let inner = Zip::of(vec![asset("a"), asset("b")]).build();
    let bytes = Zip::of(vec![
        manifest(),
        Entry::new("assets/a.zip", inner, Method::Stored),
    ])
    .build();
    only(&bytes, &[]);
    let mut second = Zip::of(vec![manifest()]);
    second.prefix = Zip::of(vec![dex()]).build();
    has(
        &second.build(),
        ReadersDisagree,
        "a local header of classes.dex that the directory does not have",
    );
}

/// The search for the last end record begins where one still fits. Python's `zipfile` takes the signature behind it.
#[test]
fn the_signature_of_an_end_record_in_a_comment() {
    let mut zip = Zip::of(vec![manifest()]);
    zip.comment = b"PK\x05\x06 not one".to_vec();
    only(
        &zip.build(),
        &[(ArchiveAnomaly, "the signature of another end record")],
    );
}

/// Nothing in libziparchive wants the end record to follow the directory at once; `zipfile` and `unzip` do.
#[test]
fn bytes_between_the_directory_and_the_end_record() {
    let built = Zip::of(vec![manifest(), dex()]).build_placed();
    let mut bytes = built.bytes.clone();
    bytes.splice(built.end..built.end, *b"garbage");
    has(
        &bytes,
        ArchiveAnomaly,
        "7 bytes lie between the directory and the end record",
    );
    let header = bytes[built.directory..built.entries[1].central].to_vec();
    let mut bytes = built.bytes;
    bytes.splice(built.end..built.end, header);
    has(
        &bytes,
        ArchiveAnomaly,
        "the directory goes on behind its stated size",
    );
    assert_eq!(read(&bytes, "AndroidManifest.xml").unwrap(), MANIFEST);
}

/// `ziparchive.OutOfBound` (kInvalidOffset) and `ZeroSizeCentralDirectory` (kInvalidFile).
#[test]
fn end_records_that_lie() {
    let mut zip = Zip::of(vec![manifest(), dex()]);
    let refused = |zip: &Zip| Archive::open("a", &zip.build(), &Limits::default()).is_err();
    zip.end = EndLies {
        directory_offset: Some(1 << 30),
        ..EndLies::default()
    };
    assert!(refused(&zip));
    zip.end = EndLies {
        directory_size: Some(0),
        ..EndLies::default()
    };
    assert!(refused(&zip));
    zip.end = EndLies {
        missing: true,
        ..EndLies::default()
    };
    assert!(refused(&zip));
    // More entries than there are: "ran off the end".
    zip.end = EndLies {
        entries: Some(3),
        ..EndLies::default()
    };
    let bytes = zip.build();
    let archive = Archive::open("a", &bytes, &Limits::default()).unwrap();
    let incident = &archive.incidents()[0];
    assert_eq!(
        (incident.code, incident.hides),
        (ArchiveUnreadable, Some(Channel::Archive))
    );
    // Fewer: Android stops counting; so does the zip library.
    zip.end = EndLies {
        entries: Some(1),
        ..EndLies::default()
    };
    only(
        &zip.build(),
        &[
            (ArchiveAnomaly, "behind the stated number of entries"),
            (ReadersDisagree, "a local header of classes.dex"),
        ],
    );
}

/// `FindCentralDirectoryInfo` goes to the ZIP64 end record only for a size or an offset that is all ones.
#[test]
fn a_count_that_android_does_not_take_from_the_zip64_end_record() {
    let mut zip = Zip::of(vec![manifest(), dex()]);
    zip.zip64_end = true;
    let sound = zip.build_placed();
    zip.end.entries = Some(1);
    zip.end.directory_offset = u32::try_from(sound.directory).ok();
    zip.end.directory_size = u32::try_from(sound.end - 76 - sound.directory).ok();
    let bytes = zip.build();
    let archive = Archive::open("a", &bytes, &Limits::default()).unwrap();
    assert_eq!(archive.entries().len(), 1);
    has(
        &bytes,
        ArchiveAnomaly,
        "a ZIP64 end record states 2 entries",
    );
}

/// `Zip64ParseTest.zip64EocdWrongLocatorOffset`.
#[test]
fn a_zip64_end_record_elsewhere_than_stated() {
    let mut zip = Zip::of(vec![manifest()]);
    zip.zip64_end = true;
    let mut bytes = zip.build();
    let locator = bytes.len() - 22 - 20;
    bytes[locator + 8] ^= 1;
    has(
        &bytes,
        NotInstallable,
        "does not lie where its locator says",
    );
}

/// `ParseZip64ExtendedInfoInExtraField`: a field of 24 bytes replaces all three numbers, as Go's writer has it.
#[test]
fn a_complete_zip64_field_replaces_numbers_that_need_none() {
    let mut entry = dex();
    entry.zip64 = true;
    entry.central.size = Some(1);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
}
