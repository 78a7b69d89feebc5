use super::*;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Counted by hand: 30 + 1 + 9 bytes of entry, 46 + 1 of directory, 22 of end.
#[test]
fn one_stored_entry_byte_by_byte() {
    let bytes = Zip::of(vec![Entry::new("a", "123456789", Method::Stored)]).build();
    assert_eq!(bytes.len(), 40 + 47 + 22);
    let mut local = vec![b'P', b'K', 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    local.extend([0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0]);
    local.extend(b"a123456789");
    assert_eq!(bytes[..40], local);
    assert_eq!(bytes[40..44], [b'P', b'K', 1, 2]);
    assert_eq!(u32_at(&bytes, 40 + 42), 0, "offset of the local header");
    let end = [
        b'P', b'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 40, 0, 0, 0, 0, 0,
    ];
    assert_eq!(bytes[87..], end);
}

#[test]
fn deflated_data_inflates_to_the_content() {
    let data = b"permission ".repeat(50);
    let built = Zip::of(vec![Entry::new("x", data.clone(), Method::Deflated)]).build_placed();
    let at = built.entries[0];
    assert!(at.data_len < data.len() / 5);
    let body = &built.bytes[at.data..at.data + at.data_len];
    assert_eq!(miniz_oxide::inflate::decompress_to_vec(body).unwrap(), data);
    assert_eq!(u32_at(&built.bytes, 18), at.data_len as u32);
    assert_eq!(u32_at(&built.bytes, 22), data.len() as u32);
    assert_eq!(u16_at(&built.bytes, 8), 8);
}

#[test]
fn descriptors_move_the_sizes_behind_the_data() {
    for (descriptor, len) in [(Descriptor::Signed, 16), (Descriptor::Bare, 12)] {
        let entry = Entry {
            descriptor,
            ..Entry::new("a", "hello", Method::Stored)
        };
        let built = Zip::of(vec![entry]).build_placed();
        assert_eq!(u16_at(&built.bytes, 6), 8, "bit 3");
        assert_eq!(built.bytes[14..26], [0; 12], "checksum and sizes are zero");
        assert_eq!(built.directory, 31 + 5 + len);
        assert_eq!(u32_at(&built.bytes, built.directory - 12), crc32(b"hello"));
        assert_eq!(u32_at(&built.bytes, built.directory - 4), 5);
        assert_eq!(
            u32_at(&built.bytes, built.directory + 24),
            5,
            "the directory knows"
        );
    }
}

#[test]
fn zip64_values_stand_in_the_extra_fields() {
    let entry = Entry {
        zip64: true,
        ..Entry::new("a", "hello", Method::Stored)
    };
    let zip = Zip {
        zip64_end: true,
        ..Zip::of(vec![entry.clone(), entry])
    };
    let built = zip.build_placed();
    let b = &built.bytes;
    assert_eq!(u32_at(b, 18), u32::MAX);
    assert_eq!((u16_at(b, 31), u16_at(b, 33), u64_at(b, 35)), (1, 16, 5));
    // the second entry: 30 + 1 + 20 + 5 = 56 bytes further
    assert_eq!(built.entries[1].local, 56);
    assert_eq!(u64_at(b, built.entries[1].central + 47 + 4 + 16), 56);
    let locator = built.end - 20;
    assert_eq!(u32_at(b, locator), 0x0706_4b50);
    let end64 = u64_at(b, locator + 8) as usize;
    assert_eq!((end64, u32_at(b, end64)), (built.end - 76, 0x0606_4b50));
    assert_eq!(u64_at(b, end64 + 32), 2);
    assert_eq!(u64_at(b, end64 + 48), built.directory as u64);
    assert_eq!(u16_at(b, built.end + 10), 0xffff);
}

#[test]
fn prefix_signing_block_and_alignment_stand_where_asked() {
    let aligned = Entry {
        align: 4096,
        ..Entry::new("lib/arm64-v8a/libx.so", "elf", Method::Stored)
    };
    let zip = Zip {
        prefix: b"#!/bin/sh\n".to_vec(),
        signing_block: signing_block(&[(0x7109_871a, b"v2")]),
        ..Zip::of(vec![Entry::new("a", "1", Method::Stored), aligned])
    };
    let built = zip.build_placed();
    assert_eq!(built.entries[0].local, 10);
    assert_eq!(built.entries[1].data % 4096, 0);
    assert_eq!(u32_at(&built.bytes, built.entries[0].central + 42), 10);
    assert_eq!(
        built.bytes[built.directory - 16..built.directory],
        *b"APK Sig Block 42"
    );
    // 8 + (8 + 4 + 2) + 8 + 16 bytes, of which the first eight are not counted
    assert_eq!(built.directory - built.signing_block, 46);
    assert_eq!(u64_at(&built.bytes, built.signing_block), 38);
    let skipping = Zip {
        offsets_skip_prefix: true,
        ..zip
    }
    .build_placed();
    assert_eq!(u32_at(&skipping.bytes, skipping.entries[0].central + 42), 0);
    assert_eq!(
        u32_at(&skipping.bytes, skipping.end + 16),
        skipping.directory as u32 - 10
    );
}

#[test]
fn lies_are_told_where_asked_only() {
    let mut entry = Entry::new("true.txt", "data", Method::Stored);
    entry.local.name = Some(b"lie".to_vec());
    entry.local.method = Some(8);
    entry.central.crc = Some(7);
    let hidden = Entry {
        hidden: true,
        ..Entry::new("hidden", "", Method::Stored)
    };
    let zip = Zip {
        end: EndLies {
            entries: Some(9),
            ..EndLies::default()
        },
        ..Zip::of(vec![entry, hidden])
    };
    let built = zip.build_placed();
    assert_eq!(built.bytes[30..33], *b"lie");
    assert_eq!(u16_at(&built.bytes, 8), 8);
    assert_eq!(u16_at(&built.bytes, built.directory + 10), 0);
    assert_eq!(u32_at(&built.bytes, built.directory + 16), 7);
    assert_eq!(
        built.bytes[built.directory + 46..built.directory + 54],
        *b"true.txt"
    );
    assert_eq!(u16_at(&built.bytes, built.end + 10), 9);
    assert_eq!(
        built.end - built.directory,
        54,
        "the hidden entry is not listed"
    );
}
