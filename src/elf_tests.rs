use super::*;
use crate::container::testzip::mutate;

/// A library for tests: ELF64 little-endian, or ELF32 big- or little-endian, laid out by the System V ABI.
struct Lib {
    big: bool,
    little: bool,
    gnu: bool,
    machine: u16,
}

struct Out(Vec<u8>, bool, bool);

impl Out {
    fn n(&mut self, number: u64, size: usize) {
        let all = number.to_le_bytes();
        let mut part = all[..size].to_vec();
        if !self.2 {
            part.reverse();
        }
        self.0.extend(part);
    }
    fn half(&mut self, n: u64) {
        self.n(n, 2);
    }
    fn word(&mut self, n: u64) {
        self.n(n, 4);
    }
    /// An address: 8 bytes in ELF64, 4 in ELF32.
    fn addr(&mut self, n: u64) {
        self.n(n, if self.1 { 8 } else { 4 });
    }
}

/// Everything is loaded 0x10000 above its file offset.
const BASE: u64 = 0x10000;

impl Lib {
    /// Symbols: name and whether the library defines it.
    fn build(&self, soname: &str, needed: &[&str], symbols: &[(&str, bool)]) -> Vec<u8> {
        let mut strings = vec![0u8];
        let mut add = |text: &str| {
            let at = strings.len() as u64;
            strings.extend(text.bytes());
            strings.push(0);
            at
        };
        let soname = add(soname);
        let needed: Vec<u64> = needed.iter().map(|n| add(n)).collect();
        let names: Vec<(u64, bool)> = symbols
            .iter()
            .map(|(n, defined)| (add(n), *defined))
            .collect();
        let (head, phent, symsize) = if self.big { (64, 56, 24) } else { (52, 32, 16) };
        let new = || Out(Vec::new(), self.big, self.little);
        let body = head + 3 * phent;

        let mut note = new();
        note.word(4);
        note.word(4);
        note.word(3);
        note.0.extend(b"GNU\0\xde\xad\xbe\xef");
        let mut table = new();
        table.0.extend(vec![0; symsize]);
        for (name, defined) in &names {
            let section = u64::from(*defined);
            table.word(*name);
            if self.big {
                table.n(0x12, 1);
                table.n(0, 1);
                table.half(section);
                table.addr(0);
                table.addr(0);
            } else {
                table.word(0);
                table.word(0);
                table.n(0x12, 1);
                table.n(0, 1);
                table.half(section);
            }
        }
        let mut hash = new();
        let count = names.len() as u64 + 1;
        if self.gnu {
            // One bucket; defined symbols must be the last ones.
            let first = 1 + names.iter().take_while(|n| !n.1).count() as u64;
            for n in [1, first, 1, 0] {
                hash.word(n);
            }
            hash.addr(0);
            hash.word(if first < count { first } else { 0 });
            for i in first..count {
                hash.word(u64::from(i + 1 == count) | 0x10);
            }
        } else {
            hash.word(1);
            hash.word(count);
        }
        let at = |parts: &[usize]| BASE + body as u64 + parts.iter().sum::<usize>() as u64;
        let (n, s, t, h) = (note.0.len(), strings.len(), table.0.len(), hash.0.len());
        let mut dynamic = new();
        let mut entries: Vec<(u64, u64)> = needed.iter().map(|n| (1, *n)).collect();
        entries.extend([
            (14, soname),
            (5, at(&[n])),
            (10, s as u64),
            (6, at(&[n, s])),
        ]);
        entries.push((if self.gnu { 0x6fff_fef5 } else { 4 }, at(&[n, s, t])));
        entries.push((0, 0));
        for (tag, value) in entries {
            dynamic.addr(tag);
            dynamic.addr(value);
        }
        let total = body + n + s + t + h + dynamic.0.len();

        let mut out = new();
        out.0.extend(b"\x7fELF");
        out.0.extend([
            if self.big { 2 } else { 1 },
            if self.little { 1 } else { 2 },
            1,
        ]);
        out.0.resize(16, 0);
        out.half(3);
        out.half(u64::from(self.machine));
        out.word(1);
        out.addr(0);
        out.addr(head as u64);
        out.addr(0xffff); // section headers that are not there
        out.word(0);
        for n in [head as u64, phent as u64, 3, 0, 99, 0] {
            out.half(n);
        }
        for (kind, offset, size) in [
            (1u64, 0, total),
            (2, body + n + s + t + h, dynamic.0.len()),
            (4, body, n),
        ] {
            out.word(kind);
            if self.big {
                out.word(4);
            }
            out.addr(offset as u64);
            out.addr(BASE + offset as u64);
            out.addr(0);
            out.addr(size as u64);
            out.addr(size as u64);
            if !self.big {
                out.word(4);
            }
            out.addr(4);
        }
        for part in [note.0, strings, table.0, hash.0, dynamic.0] {
            out.0.extend(part);
        }
        out.0
    }
}

const ARM64: Lib = Lib {
    big: true,
    little: true,
    gnu: true,
    machine: 183,
};

fn lib(bytes: &[u8]) -> NativeLib {
    read(bytes, &Limits::default()).unwrap()
}

#[test]
fn both_sizes_both_byte_orders_both_hash_tables() {
    for (shape, abi) in [
        (ARM64, "arm64-v8a"),
        (
            Lib {
                gnu: false,
                machine: 62,
                ..ARM64
            },
            "x86_64",
        ),
        (
            Lib {
                big: false,
                little: true,
                gnu: true,
                machine: 40,
            },
            "armeabi-v7a",
        ),
        (
            Lib {
                big: false,
                little: false,
                gnu: false,
                machine: 8,
            },
            "mips",
        ),
        (
            Lib {
                big: false,
                little: true,
                gnu: false,
                machine: 3,
            },
            "x86",
        ),
    ] {
        let symbols = [
            ("malloc", false),
            ("Java_a_B_c", true),
            ("JNI_OnLoad", true),
            ("helper", true),
        ];
        let found = lib(&shape.build("libfoo.so", &["libc.so", "liblog.so"], &symbols));
        assert_eq!(
            found,
            NativeLib {
                imports: Vec::new(),
                abi: abi.to_owned(),
                soname: Some("libfoo.so".to_owned()),
                needed: vec!["libc.so".to_owned(), "liblog.so".to_owned()],
                jni: vec!["JNI_OnLoad".to_owned(), "Java_a_B_c".to_owned()],
                exports: 3,
                build_id: Some("deadbeef".to_owned()),
                markers: vec![],
                gaps: vec![],
            }
        );
    }
}

#[test]
fn frameworks_by_soname_and_symbol() {
    let markers =
        |soname: &str, symbol: &str| lib(&ARM64.build(soname, &[], &[(symbol, true)])).markers;
    assert_eq!(
        markers("libapp.so", "_kDartVmSnapshotData"),
        [Framework::Flutter]
    );
    assert_eq!(
        markers("renamed.so", "_kDartIsolateSnapshotData"),
        [Framework::Flutter]
    );
    assert_eq!(
        markers("libhermes_executor.so", "x"),
        [Framework::ReactNative]
    );
    assert_eq!(
        markers("x", "Java_com_facebook_react_bridge_X"),
        [Framework::ReactNative]
    );
    assert_eq!(markers("libil2cpp.so", "il2cpp_init"), [Framework::Unity]);
    assert_eq!(markers("libweexcore.so", "x"), [Framework::UniApp]);
    assert_eq!(markers("libcordova.so", "Java_com_facebook_login_X"), []);
    // Only what a library defines counts.
    assert_eq!(
        lib(&ARM64.build("x", &[], &[("UnitySendMessage", false)])).markers,
        []
    );
}

#[test]
fn what_is_no_library_says_so() {
    assert_eq!(read(b"", &Limits::default()).unwrap_err().offset, 0);
    assert_eq!(
        &*read(b"MZ......", &Limits::default()).unwrap_err().expected,
        "an ELF file"
    );
    let mut bytes = ARM64.build("x", &[], &[]);
    bytes[56] = 0xff; // e_phnum
    bytes[57] = 0xff;
    assert!(
        read(&bytes, &Limits::default())
            .unwrap_err()
            .expected
            .contains("program headers")
    );
}

#[test]
fn gaps_are_named() {
    let bytes = ARM64.build("libx.so", &[], &[("Java_a", true)]);
    // The file ends inside the string table: the dynamic section is gone.
    let cut = lib(&bytes[..64 + 3 * 56 + 20 + 10]);
    assert_eq!(
        cut.gaps,
        [format!(
            "dynamic section outside the file at {:#x}",
            bytes.len() - 6 * 16
        )]
    );
    assert_eq!(cut.build_id.as_deref(), Some("deadbeef"));
    // Without PT_DYNAMIC it is no library.
    let mut plain = bytes.clone();
    plain[64 + 56] = 0;
    assert!(lib(&plain).gaps[0].starts_with("no dynamic section"));
    // A symbol count that the file cannot hold.
    let shape = Lib {
        gnu: false,
        ..ARM64
    };
    let mut many = shape.build("libx.so", &[], &[("Java_a", true)]);
    let count = many.len() - 6 * 16 - 4;
    many[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let found = lib(&many);
    assert!(
        found.gaps[0].starts_with("4294967295 symbols stated"),
        "{found:?}"
    );
    assert_eq!(found.jni, ["Java_a"]);
}

#[test]
fn changed_bytes_never_panic() {
    for shape in [
        ARM64,
        Lib {
            big: false,
            little: false,
            gnu: false,
            machine: 8,
        },
    ] {
        let bytes = shape.build(
            "libfoo.so",
            &["libc.so"],
            &[("Java_a_B_c", true), ("JNI_OnLoad", true)],
        );
        let mut opened = 0;
        mutate(&bytes, 6_000, |changed| {
            opened += u32::from(read(changed, &Limits::default()).is_ok())
        });
        assert!(
            opened > 3_000,
            "{opened}: the changes must not all be refused at the door"
        );
    }
}
