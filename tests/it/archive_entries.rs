//! Archives that Android and other readers read differently, one forged file for each form: local
//! headers, data and what lies between. As `archive`, which says where Android's behaviour is taken from.

use crate::archive::{DEX, MANIFEST, asset, dex, has, manifest, only, read};
use permscope::container::Archive;
use permscope::forge::zip::{Descriptor, Entry, Lies, Method, Zip, signing_block};
use permscope::incident::IncidentCode;
use permscope::limits::Limits;

use IncidentCode::{ArchiveAnomaly, NotInstallable, ReadersDisagree};

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

/// Changed copies of an archive with a ZIP64 end record, which decides how much memory a reader asks for.
#[test]
fn changed_bytes_are_read_without_panic() {
    let mut long = asset("assets/long");
    long.zip64 = true;
    let mut zip = Zip::of(vec![manifest(), dex(), long]);
    zip.zip64_end = true;
    zip.signing_block = signing_block(&[(1, b"x")]);
    let bytes = zip.build();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut opened = 0;
    for _ in 0..3_000 {
        let mut copy = bytes.clone();
        for _ in 0..=next(4) {
            // Half of the changes go where the numbers are.
            let from = if next(2) == 0 { 0 } else { copy.len() - 98 };
            let at = from + next(copy.len() - from);
            copy[at] = [0xff, 0, copy[at] ^ 1, 0x7f][next(4)];
        }
        if let Ok(archive) = Archive::open("a", &copy, &Limits::default()) {
            opened += 1;
            archive.views();
        }
    }
    assert!(opened > 500, "{opened}");
}

/// Names that are beginnings of each other, and doubles of one name: the work grows with the file.
#[test]
fn many_names_that_begin_alike() {
    let mut entries: Vec<Entry> = (1..2_000).map(|n| asset(&"a".repeat(n))).collect();
    entries.extend((0..2_000).map(|_| dex()));
    let bytes = Zip::of(entries).build();
    let archive = Archive::open("a", &bytes, &Limits::default()).unwrap();
    let codes: Vec<IncidentCode> = archive.views().iter().map(|i| i.code).collect();
    assert_eq!(codes, [], "doubles are named when the archive is opened");
}
