//! Archives that Android and other readers read differently, one forged file for each form.
//!
//! What Android does is taken from AOSP: `libziparchive/zip_archive.cc` (its tests are named where they
//! have the case), `libs/androidfw/AssetsProvider.cpp` for manifest, resources and assets, and
//! `libartbase/base/zip_archive.cc` for code.

use permscope::container::Archive;
use permscope::forge::zip::{Descriptor, EndLies, Entry, Lies, Method, Zip, signing_block};
use permscope::incident::{Channel, Incident, IncidentCode};
use permscope::limits::Limits;

use IncidentCode::{ArchiveAnomaly, ArchiveUnreadable, NotInstallable, ReadersDisagree};

const MANIFEST: &[u8] = b"the manifest, the manifest, the manifest";
const DEX: &[u8] = b"dex\n035\0 code code code code code code";

fn manifest() -> Entry {
    Entry::new("AndroidManifest.xml", MANIFEST, Method::Deflated)
}

fn dex() -> Entry {
    Entry::new("classes.dex", DEX, Method::Stored)
}

fn asset(name: &str) -> Entry {
    Entry::new(name, *b"an asset", Method::Stored)
}

/// Everything that is said of the archive.
fn said(bytes: &[u8]) -> Vec<(IncidentCode, String)> {
    let archive = Archive::open("a.apk", bytes, &Limits::default()).unwrap();
    let mut all: Vec<Incident> = archive.incidents().to_vec();
    all.extend(archive.views());
    all.into_iter().map(|i| (i.code, i.detail)).collect()
}

fn read(bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let archive = Archive::open("a.apk", bytes, &Limits::default()).unwrap();
    let found = archive.read(archive.find(name)?).ok()?;
    Some(found.into_owned())
}

/// One line of each expected code and beginning, and no other.
#[track_caller]
fn only(bytes: &[u8], expected: &[(IncidentCode, &str)]) {
    let said = said(bytes);
    let fits = said.len() == expected.len()
        && said
            .iter()
            .zip(expected)
            .all(|((code, line), (expected, text))| code == expected && line.contains(text));
    assert!(fits, "{said:#?}\ninstead of\n{expected:#?}");
}

#[track_caller]
fn has(bytes: &[u8], code: IncidentCode, text: &str) {
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
    for name in ["../../system", "/etc/hosts", "assets/a\\..\\b"] {
        let zip = Zip::of(vec![manifest(), asset(name)]);
        has(&zip.build(), ArchiveAnomaly, "leads out of the archive");
    }
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

/// The archive that lies in another one's comment is the one Android takes: it looks for the last end record.
#[test]
fn an_end_record_in_the_comment_of_another() {
    let mut outer = Zip::of(vec![manifest(), dex()]);
    let plain = outer.build();
    // The inner end record leads to the first central header only.
    let end = plain.len() - 22;
    let mut inner = plain[end..].to_vec();
    inner[8..12].copy_from_slice(&[1, 0, 1, 0]);
    outer.comment = inner;
    let bytes = outer.build();
    let archive = Archive::open("a.apk", &bytes, &Limits::default()).unwrap();
    assert_eq!(archive.entries().len(), 1);
    has(&bytes, ArchiveAnomaly, "behind the stated number");
    // One that leads to another directory: a whole archive before this one.
    let first = Zip::of(vec![Entry::new("classes.dex", *b"other", Method::Stored)]).build();
    let mut second = Zip::of(vec![manifest()]);
    second.prefix = first;
    has(
        &second.build(),
        ArchiveAnomaly,
        "another end record leads to a directory of 1 entries at",
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

/// Bit 0 is not looked at by libziparchive.
#[test]
fn entries_marked_as_encrypted() {
    let mut entry = manifest();
    entry.central.flags = Some(1);
    entry.local.flags = Some(1);
    let bytes = Zip::of(vec![entry, dex()]).build();
    assert_eq!(read(&bytes, "AndroidManifest.xml").unwrap(), MANIFEST);
    only(&bytes, &[(ReadersDisagree, "marked as encrypted")]);
    let mut entry = manifest();
    entry.local.flags = Some(1);
    let bytes = Zip::of(vec![entry, dex()]).build();
    only(
        &bytes,
        &[(ReadersDisagree, "marked as encrypted in the local header")],
    );
    let mut entry = asset("assets/a");
    entry.central.flags = Some(1);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    only(&bytes, &[(ArchiveAnomaly, "marked as encrypted")]);
}

/// `ZipAssetsProvider::OpenInternal` maps all that is not deflated; `ExtractToMemory` knows two methods;
/// `StrictJarFile.getZipInputStream` inflates all that is not stored.
#[test]
fn unknown_methods() {
    let odd = |name: &str, data: &[u8]| Entry::new(name, data, Method::Other(0x7777));
    for name in [
        "AndroidManifest.xml",
        "resources.arsc",
        "assets/a",
        "res/raw/a",
    ] {
        let bytes = Zip::of(vec![odd(name, b"as it lies")]).build();
        assert_eq!(read(&bytes, name).unwrap(), b"as it lies", "{name}");
    }
    for name in ["classes.dex", "classes2.dex", "lib/x86/libx.so"] {
        let bytes = Zip::of(vec![odd(name, b"as it lies")]).build();
        assert_eq!(read(&bytes, name), None, "{name}");
        has(&bytes, ReadersDisagree, "Android does not load such code");
    }
    // RFC 1951: a stored block of two bytes.
    let mut entry = odd("META-INF/CERT.RSA", b"\x01\x02\x00\xfd\xffab");
    entry.central.size = Some(2);
    entry.local.size = Some(2);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    assert_eq!(read(&bytes, "META-INF/CERT.RSA").unwrap(), b"ab");
    let bytes = Zip::of(vec![odd("AndroidManifest.xml", b"x")]).build();
    has(&bytes, ReadersDisagree, "stored for Android 9 and later");
}

/// A mapped entry of an unknown method is not held against the directory's place, but ends with the file.
#[test]
fn an_unknown_method_with_a_size_beyond_the_file() {
    let mut entry = Entry::new("AndroidManifest.xml", *b"x", Method::Other(9));
    entry.central.size = Some(1 << 20);
    assert_eq!(
        read(&Zip::of(vec![entry]).build(), "AndroidManifest.xml"),
        None
    );
}

/// `FindEntry`: kInconsistentInformation, unless the local header has the descriptor's flag.
#[test]
fn sizes_in_the_local_header() {
    let wrong = |entry: Entry, flags: Option<u16>| Entry {
        local: Lies {
            size: Some(3),
            compressed_size: Some(5),
            flags,
            ..Lies::default()
        },
        ..entry
    };
    let bytes = Zip::of(vec![wrong(manifest(), None), dex()]).build();
    only(
        &bytes,
        &[(NotInstallable, "does not open the entry: sizes or CRC-32")],
    );
    let bytes = Zip::of(vec![manifest(), wrong(dex(), None)]).build();
    only(
        &bytes,
        &[(ReadersDisagree, "does not open the entry: sizes or CRC-32")],
    );
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
    // The form of the "BadPack" samples: Android reads on.
    let mut entry = wrong(manifest(), Some(8));
    entry.descriptor = Descriptor::Signed;
    let bytes = Zip::of(vec![entry, dex()]).build();
    only(
        &bytes,
        &[(ReadersDisagree, "behind a data descriptor's flag")],
    );
    assert_eq!(read(&bytes, "AndroidManifest.xml").unwrap(), MANIFEST);
}

/// The method of the local header is not compared by `FindEntry`.
#[test]
fn another_method_in_the_local_header() {
    let mut entry = manifest();
    entry.local.method = Some(0);
    let bytes = Zip::of(vec![entry, dex()]).build();
    only(&bytes, &[(ReadersDisagree, "has another method")]);
    assert_eq!(read(&bytes, "AndroidManifest.xml").unwrap(), MANIFEST);
}

/// `FindEntry`: "lfh name did not match central directory", kInconsistentInformation.
#[test]
fn another_name_in_the_local_header() {
    let mut entry = manifest();
    entry.local.name = Some(b"AndroidManifest.xmL".to_vec());
    only(
        &Zip::of(vec![entry, dex()]).build(),
        &[(NotInstallable, "has another name")],
    );
    let mut entry = dex();
    entry.local.name = Some(b"readme.txt".to_vec());
    only(
        &Zip::of(vec![manifest(), entry]).build(),
        &[(ReadersDisagree, "has another name")],
    );
}

/// `ziparchive.InvalidDataDescriptors_size`: kInconsistentInformation when the entry is extracted.
#[test]
fn a_data_descriptor_that_says_something_else() {
    for (entry, code) in [
        (dex(), ReadersDisagree),
        (asset("assets/a"), ArchiveAnomaly),
    ] {
        let name = String::from_utf8(entry.name.clone()).unwrap();
        let entry = Entry {
            descriptor: Descriptor::Signed,
            ..entry
        };
        let built = Zip::of(vec![manifest(), entry]).build_placed();
        let mut bytes = built.bytes;
        let descriptor = built.entries[1].data + built.entries[1].data_len;
        bytes[descriptor + 12] ^= 1;
        only(
            &bytes,
            &[(code, "the data descriptor is not that of the directory")],
        );
        assert!(read(&bytes, &name).is_some());
    }
}

/// `kCrcChecksEnabled` is false.
#[test]
fn a_wrong_checksum() {
    let mut entry = dex();
    entry.central.crc = Some(7);
    entry.local.crc = Some(7);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
    let archive = Archive::open("a", &bytes, &Limits::default()).unwrap();
    let mut noted = Vec::new();
    archive.read_noting(archive.find("classes.dex").unwrap(), None, &mut noted);
    assert!(noted[0].detail.starts_with("CRC-32 00000007 is stated"));
}

/// `FindEntry` checks the plain size of a stored entry; `ExtractToMemory` copies that many bytes.
#[test]
fn a_stored_entry_with_two_sizes() {
    let mut entry = dex();
    entry.central.compressed_size = Some(4);
    entry.local.compressed_size = Some(4);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    has(&bytes, ReadersDisagree, "stored, with two different sizes");
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
}

/// "bad compressed length in zip", "bad LFH offset".
#[test]
fn sizes_and_offsets_beyond_the_directory() {
    let mut entry = dex();
    entry.central.compressed_size = Some(1 << 20);
    entry.central.size = Some(1 << 20);
    entry.local.compressed_size = Some(1 << 20);
    entry.local.size = Some(1 << 20);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    has(
        &bytes,
        ReadersDisagree,
        "the data reaches into the directory",
    );
    assert_eq!(read(&bytes, "classes.dex"), None);
    let mut entry = dex();
    entry.central.offset = Some(1 << 20);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    has(
        &bytes,
        NotInstallable,
        "the local header lies behind the directory",
    );
    let mut entry = dex();
    entry.central.offset = Some(1);
    let bytes = Zip::of(vec![manifest(), entry]).build();
    has(
        &bytes,
        ReadersDisagree,
        "there is no local header where the directory says",
    );
}

/// Android does not look between entries.
#[test]
fn what_lies_between_entries() {
    let mut hidden = Entry::new("classes.dex", *b"dex\n039\0 hidden", Method::Stored);
    hidden.hidden = true;
    let bytes = Zip::of(vec![manifest(), hidden, asset("assets/a")]).build();
    only(
        &bytes,
        &[(
            ReadersDisagree,
            "a local header of classes.dex that the directory does not have",
        )],
    );
    assert_eq!(read(&bytes, "classes.dex"), None);
    let mut zip = Zip::of(vec![manifest()]);
    zip.gap = [&[0; 7][..], b"payload"].concat();
    only(
        &zip.build(),
        &[(ArchiveAnomaly, "7 bytes that belong to no entry")],
    );
    zip.signing_block = signing_block(&[(1, b"x")]);
    only(
        &zip.build(),
        &[(ArchiveAnomaly, "7 bytes that belong to no entry")],
    );
}

/// The second entry's local header lies in the first one's data, or is the first one's.
#[test]
fn entries_that_share_bytes() {
    let inner = Zip::of(vec![dex()]).build_placed();
    let carrier = Entry::new(
        "assets/carrier",
        &inner.bytes[..inner.directory],
        Method::Stored,
    );
    let plain = Zip::of(vec![carrier.clone()]).build_placed();
    let mut code = dex();
    code.central.offset = u32::try_from(plain.entries[0].data).ok();
    let bytes = Zip::of(vec![carrier, code]).build();
    has(&bytes, ReadersDisagree, "two entries share bytes");
    assert_eq!(read(&bytes, "classes.dex").unwrap(), DEX);
    let mut twice = asset("assets/b");
    twice.central.offset = Some(0);
    let bytes = Zip::of(vec![asset("assets/a"), twice]).build();
    has(&bytes, ArchiveAnomaly, "two entries share bytes");
    has(&bytes, ArchiveAnomaly, "the local header has another name");
}

/// APPNOTE 4.6.9: the zip library renames the entry, Android does not.
#[test]
fn a_name_for_others() {
    let mut entry = dex();
    let mut field = vec![1];
    // CRC-32 of "classes.dex", from Python's zlib.
    field.extend(0x7201_b5e2_u32.to_le_bytes());
    field.extend(b"readme.txt");
    let length = u16::try_from(field.len()).unwrap();
    entry.extra = [&0x7075_u16.to_le_bytes()[..], &length.to_le_bytes(), &field].concat();
    let bytes = Zip::of(vec![manifest(), entry]).build();
    only(
        &bytes,
        &[(
            ReadersDisagree,
            "classes.dex: the zip library reads the name readme.txt",
        )],
    );
}

/// A disk number that Android does not read makes the zip library refuse the archive.
#[test]
fn an_archive_that_another_reader_refuses() {
    let mut zip = Zip::of(vec![manifest()]);
    zip.end.disk = Some(3);
    let bytes = zip.build();
    has(
        &bytes,
        ArchiveAnomaly,
        "the zip library refuses the archive",
    );
    assert_eq!(read(&bytes, "AndroidManifest.xml").unwrap(), MANIFEST);
}

/// A directory of 3,000 entries of 46 bytes costs the second reading more than a budget of 64 KiB.
#[test]
fn the_second_reading_is_bounded() {
    let entries = (0..3_000).map(|i| asset(&format!("assets/{i}"))).collect();
    let bytes = Zip::of(entries).build();
    only(&bytes, &[]);
    for limits in [
        Limits {
            compared_bytes: 64 << 10,
            ..Limits::default()
        },
        Limits {
            compared_entries: 2_999,
            ..Limits::default()
        },
    ] {
        let archive = Archive::open("a", &bytes, &limits).unwrap();
        let codes: Vec<_> = archive.views().iter().map(|i| i.code).collect();
        assert_eq!(codes, [IncidentCode::LimitReached]);
    }
}
