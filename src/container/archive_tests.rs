use super::super::testzip::{File, mutate, write};
use super::*;
use std::io::{Cursor, Read as _, Write as _};

/// `zlib.compressobj(9, zlib.DEFLATED, -15)` of Python over `b"permscope " * 8`.
const STREAM: [u8; 15] = [
    0x2b, 0x48, 0x2d, 0xca, 0x2d, 0x4e, 0xce, 0x2f, 0x48, 0x55, 0x28, 0xa0, 0x0a, 0x0b, 0x00,
];

fn open(bytes: &[u8]) -> Archive<'_> {
    Archive::open("a.apk", bytes, &Limits::default()).unwrap()
}

fn codes(archive: &Archive<'_>) -> Vec<(IncidentCode, String)> {
    archive
        .incidents()
        .iter()
        .map(|i| (i.code, i.detail.clone()))
        .collect()
}

#[test]
fn stored_is_borrowed_and_deflated_is_inflated() {
    let plain = b"permscope ".repeat(8);
    let bytes = write(&[
        File::new("b/stored", b"hello"),
        File::deflated("a/deflated", &plain, &STREAM),
    ]);
    let archive = open(&bytes);
    assert!(archive.incidents().is_empty());
    let names: Vec<&str> = archive.entries().iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["b/stored", "a/deflated"], "the directory's order");
    let stored = archive.find("b/stored").unwrap();
    assert_eq!(archive.data_offset(stored).unwrap(), 30 + 8);
    assert!(matches!(
        archive.read(stored).unwrap(),
        Cow::Borrowed(b"hello")
    ));
    let deflated = archive.find("a/deflated").unwrap();
    assert_eq!(archive.read(deflated).unwrap(), plain);
    assert_eq!((deflated.compressed_size, deflated.size), (15, 80));
    assert_eq!(archive.find("a/deflate"), None);
    assert_eq!(archive.find("z"), None);
}

/// Written and read by the `zip` crate: 64-bit sizes, comments, bytes before the archive.
#[test]
fn archives_of_another_writer_read_alike() {
    for (zip64, comment, prefix) in [
        (false, "", 0usize),
        (true, "", 0),
        (false, "with a comment PK\u{5}\u{6}", 0),
        (false, "", 77),
    ] {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .large_file(zip64);
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for i in 0..20 {
            writer.start_file(format!("dir/文件{i}"), options).unwrap();
            writer.write_all(&vec![i; usize::from(i) * 10]).unwrap();
        }
        writer.set_comment(comment).unwrap();
        let mut bytes = vec![b'#'; prefix];
        bytes.extend(writer.finish().unwrap().into_inner());
        let archive = open(&bytes);
        let mut theirs = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(archive.entries().len(), theirs.len());
        for (i, ours) in archive.entries().iter().enumerate() {
            let mut file = theirs.by_index(i).unwrap();
            assert_eq!(ours.name, file.name().unwrap());
            assert_eq!(
                (ours.size, ours.compressed_size, ours.crc32),
                (file.size(), file.compressed_size(), file.crc32())
            );
            assert_eq!(ours.header_offset, file.header_start());
            let mut contents = Vec::new();
            file.read_to_end(&mut contents).unwrap();
            assert_eq!(archive.read(ours).unwrap(), contents);
        }
        let noted = codes(&archive);
        match prefix {
            0 if !comment.is_empty() => assert!(
                noted.len() == 1 && noted[0].1.contains("signature of another end record"),
                "{noted:?}"
            ),
            0 => assert_eq!(noted, []),
            _ => assert!(
                noted.len() == 1 && noted[0].1.contains("77 bytes lie before the archive"),
                "{noted:?}"
            ),
        }
    }
}

/// A real ZIP64 end record, as Python's `zipfile` writes one: 65,536 entries.
#[test]
fn zip64_end_record_and_entry_limit() {
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..65_536 {
        writer.start_file(format!("{i}"), options).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let archive = open(&bytes);
    assert_eq!(archive.entries().len(), 65_536);
    assert_eq!(archive.find("65535").unwrap().size, 0);
    let limits = Limits {
        zip_entries: 100,
        ..Limits::default()
    };
    let cut = Archive::open("a.apk", &bytes, &limits).unwrap();
    assert_eq!(cut.entries().len(), 100);
    assert_eq!(cut.incidents()[0].code, IncidentCode::LimitReached);
    assert_eq!(cut.incidents()[0].hides, Some(Channel::Archive));
}

#[test]
fn zip64_field_of_an_entry() {
    let mut file = File::new("big", b"contents");
    file.zip64 = true;
    let bytes = write(&[File::new("small", b"x"), file.clone()]);
    let archive = open(&bytes);
    assert_eq!(
        archive.read(archive.find("big").unwrap()).unwrap(),
        &b"contents"[..]
    );
    // The field is cut: 16 of 24 bytes.
    let cut = bytes.windows(4).position(|w| w == [1, 0, 24, 0]).unwrap();
    let mut bytes = bytes;
    bytes[cut + 2] = 16;
    let archive = open(&bytes);
    assert!(
        codes(&archive)[0].1.contains("local header lies behind"),
        "{:?}",
        codes(&archive)
    );
    assert!(archive.read(archive.find("big").unwrap()).is_err());
}

#[test]
fn of_two_entries_with_one_name_the_first_is_read() {
    let bytes = write(&[
        File::new("classes.dex", b"one"),
        File::new("x", b""),
        File::new("classes.dex", b"two"),
    ]);
    let archive = open(&bytes);
    assert_eq!(
        archive.read(archive.find("classes.dex").unwrap()).unwrap(),
        &b"one"[..]
    );
    let second = 30 + 11 + 3 + 31;
    assert_eq!(
        codes(&archive),
        [(
            IncidentCode::DuplicateEntry,
            format!(
                "classes.dex has local headers at 0x0 and {second:#x}; the first is read, Android refuses the archive"
            ),
        )]
    );
}

/// Info-ZIP's Unicode path (APPNOTE 4.6.9) renames an entry for many readers, not for Android.
#[test]
fn a_unicode_path_does_not_rename_an_entry() {
    let mut file = File::new("classes.dex", b"dex");
    let mut field = vec![1];
    field.extend(crc32fast::hash(b"classes.dex").to_le_bytes());
    field.extend(b"readme.txt");
    file.extra = [
        &0x7075u16.to_le_bytes()[..],
        &(field.len() as u16).to_le_bytes(),
        &field,
    ]
    .concat();
    let bytes = write(&[file]);
    assert!(open(&bytes).find("classes.dex").is_some());
    let theirs = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(
        theirs.name_for_index(0).unwrap().unwrap(),
        "readme.txt",
        "the difference this test is about"
    );
}

#[test]
fn oddities_are_one_line_per_kind() {
    let mut encrypted = File::new("../up", b"x");
    encrypted.flags = 1;
    let mut again = encrypted.clone();
    again.name = b"/etc/passwd".to_vec();
    let mut unknown = File::new("odd", b"x");
    unknown.method = 99;
    let mut bad_name = File::new("n", b"");
    bad_name.name = vec![b'a', 0xff];
    let bytes = write(&[encrypted, again, unknown, bad_name]);
    let archive = open(&bytes);
    let lines: Vec<String> = codes(&archive)
        .into_iter()
        .map(|(_, detail)| detail)
        .collect();
    assert_eq!(
        lines,
        [
            "the name leads out of the archive, which java.util.zip refuses to apps for Android 14: ../up (and 1 more)",
            "marked as encrypted, which Android does not look at: ../up (and 1 more)",
            "unknown compression method: stored for Android 9 and later, deflated for Android 5 to 8: odd",
            "the name is not UTF-8: Android refuses the archive (since 6): a\u{fffd}",
        ]
    );
    assert_eq!(
        archive.entries()[3].raw_name.as_deref(),
        Some(&[b'a', 0xff][..])
    );
    assert_eq!(
        archive.read(archive.find("../up").unwrap()).unwrap(),
        &b"x"[..]
    );
    assert_eq!(
        archive.read(archive.find("odd").unwrap()).unwrap(),
        &b"x"[..]
    );
}

#[test]
fn what_is_wrong_with_an_entry_is_noted_when_it_is_read() {
    let mut file = File::new("a", b"data");
    file.crc32 = 1;
    let mut gone = File::new("gone", b"data");
    gone.method = 8;
    let bytes = write(&[file, gone]);
    let archive = open(&bytes);
    let mut incidents = Vec::new();
    let data = archive.read_noting(
        archive.find("a").unwrap(),
        Some(Channel::Code),
        &mut incidents,
    );
    assert_eq!(data.unwrap(), &b"data"[..]);
    assert!(
        incidents[0].detail.starts_with("CRC-32 00000001 is stated"),
        "{incidents:?}"
    );
    assert_eq!(
        (incidents[0].file.as_str(), incidents[0].hides),
        ("a.apk!a", None)
    );
    assert_eq!(
        archive.read_noting(
            archive.find("gone").unwrap(),
            Some(Channel::Code),
            &mut incidents
        ),
        None
    );
    assert_eq!(
        (incidents[1].code, incidents[1].hides),
        (IncidentCode::EntryUnreadable, Some(Channel::Code))
    );
}

#[test]
fn limits_on_inflated_bytes() {
    let plain = b"permscope ".repeat(8);
    let bytes = write(&[File::deflated("a", &plain, &STREAM), File::new("s", &plain)]);
    let limits = Limits {
        entry_bytes: 79,
        ..Limits::default()
    };
    let archive = Archive::open("a", &bytes, &limits).unwrap();
    assert!(
        archive
            .read(&archive.entries()[0])
            .unwrap_err()
            .expected
            .contains("at most 79 bytes")
    );
    assert!(
        archive.read(&archive.entries()[1]).is_ok(),
        "what is stored costs no memory"
    );
    let limits = Limits {
        total_bytes: 160,
        ..Limits::default()
    };
    let archive = Archive::open("a", &bytes, &limits).unwrap();
    assert!(archive.read(&archive.entries()[0]).is_ok());
    assert!(archive.read(&archive.entries()[0]).is_ok());
    assert!(archive.read(&archive.entries()[0]).is_err());
}

#[test]
fn what_is_no_archive_says_so() {
    let line = |bytes: &[u8]| {
        Archive::open("a", bytes, &Limits::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        line(b""),
        "at offset 0x0: expected a ZIP archive, found an empty file"
    );
    assert_eq!(
        line(b"\x7fELF.."),
        "at offset 0x0: expected a ZIP archive, found a file that begins with 7f 45 4c 46"
    );
    let bytes = write(&[File::new("a", &[7; 200])]);
    assert_eq!(
        line(&bytes[..100]),
        "at offset 0x64: expected the end record of the ZIP archive, found the end of the file: it is cut off"
    );
    assert_eq!(
        line(&write(&[])),
        "at offset 0x0: expected at least one entry in the ZIP archive, found none"
    );
}

#[test]
fn entries_behind_the_count_and_bytes_behind_the_end_are_noted() {
    let mut bytes = write(&[File::new("a", b""), File::new("b", b"")]);
    let end = bytes.len() - 22;
    bytes[end + 8] = 1;
    bytes[end + 10] = 1;
    bytes.push(0);
    let archive = open(&bytes);
    assert_eq!(archive.entries().len(), 1);
    let noted = codes(&archive);
    assert!(
        noted[0]
            .1
            .contains("comment of 0 bytes is stated and 1 bytes follow"),
        "{noted:?}"
    );
    assert!(noted[1].1.contains("behind the stated number"), "{noted:?}");
}

#[test]
fn a_damaged_directory_gives_what_lies_before_the_damage() {
    let mut bytes = write(&[File::new("a", b"1"), File::new("b", b"2")]);
    let second = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[second] = 0;
    let archive = open(&bytes);
    assert_eq!(archive.entries().len(), 1);
    let incident = &archive.incidents()[0];
    assert_eq!(
        (incident.code, incident.hides),
        (IncidentCode::ArchiveUnreadable, Some(Channel::Archive))
    );
    assert_eq!(incident.offset, Some(second as u64));
}

#[test]
fn changed_bytes_never_panic() {
    let plain = b"permscope ".repeat(8);
    let mut big = File::new("big", b"contents");
    big.zip64 = true;
    let bytes = write(&[
        File::new("AndroidManifest.xml", b"x"),
        File::deflated("d", &plain, &STREAM),
        big,
    ]);
    let mut opened = 0;
    mutate(&bytes, 4_000, |changed| {
        if let Ok(archive) = Archive::open("m", changed, &Limits::default()) {
            opened += 1;
            let mut incidents = archive.views();
            for entry in archive.entries() {
                let _ = archive.read_noting(entry, None, &mut incidents);
            }
        }
    });
    assert!(
        opened > 1_000,
        "{opened}: the changes must not all be refused at the door"
    );
}
