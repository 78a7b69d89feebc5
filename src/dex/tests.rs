//! Tests over files that [`super::build`] writes, and over broken ones.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong fails"
)]

use super::build::{Class, File, Method, P, code, container, file};
use super::insn::{Insn, PayloadKind};
use super::*;
use crate::code::{Budget, Faults, HierarchyBuilder, Hit, Wanted, scan, undefined_types};
use crate::incident::{Channel, Incident};
use crate::limits::Limits;

/// A public method; static if it is direct, native if it has no code.
fn method(signature: &'static str, is_direct: bool, code: Option<build::Code>) -> Method {
    let flags = if is_direct { 0x9 } else { 0x1 } | if code.is_none() { 0x100 } else { 0 };
    Method {
        signature,
        flags,
        is_direct,
        code,
    }
}

/// A file with the things that few real files have: a call site, method handles,
/// `invoke-polymorphic`, `const-method-handle`, a jumbo string, payloads, a try.
///
/// `dexdump -d` (Android 11) lists for it:
/// ```text
/// 0000: const-string v1, "hello" // string@000f
/// 0002: const-string/jumbo v0, "hello" // string@0000000f
/// 0005: invoke-virtual {v2, v1}, Lp/A;.take:(Ljava/lang/String;)V // method@0004
/// 0008: invoke-static/range {}, Lp/A;.stat:()V // method@0003
/// 000b: invoke-polymorphic {v0, v1}, Ljava/lang/invoke/MethodHandle;.invoke:([Ljava/lang/Object;)Ljava/lang/Object;, (I)V // method@0000, proto@0002
/// 000f: invoke-custom {v1}, call_site@0000
/// 0012: const-method-handle v0, method_handle@0001
/// 0014: const-method-type v0, (I)V // proto@0002
/// 0016: sget-object v0, Lp/A;.F:Ljava/lang/String; // field@0000
/// 0018: sput-object v0, Lp/A;.F:Ljava/lang/String; // field@0000
/// 001a: new-instance v0, Lp/A; // type@0005
/// 001c: const-class v0, Lp/A; // type@0005
/// 001e: packed-switch v0, 00000024 // +00000006
/// 0021: nop // spacer
/// 0022: return-void
/// 0023: nop // spacer
/// 0024: packed-switch-data (8 units)
/// ```
pub(crate) fn special(version: u8) -> File {
    let go = vec![
        P::U(0x011a),
        P::Str("hello"),
        P::U(0x001b),
        P::Jumbo("hello"),
        P::U(0x206e),
        P::Method("Lp/A;->take(Ljava/lang/String;)V"),
        P::U(0x0012),
        P::U(0x0077),
        P::Method("Lp/A;->stat()V"),
        P::U(0x0000),
        P::U(0x20fa),
        P::Method("Ljava/lang/invoke/MethodHandle;->invoke([Ljava/lang/Object;)Ljava/lang/Object;"),
        P::U(0x0010),
        P::Proto("(I)V"),
        P::U(0x10fc),
        P::U(0),
        P::U(0x0001),
        P::U(0x00fe),
        P::U(1),
        P::U(0x00ff),
        P::Proto("(I)V"),
        P::U(0x0062),
        P::Field("Lp/A;->F:Ljava/lang/String;"),
        P::U(0x0069),
        P::Field("Lp/A;->F:Ljava/lang/String;"),
        P::U(0x0022),
        P::Type("Lp/A;"),
        P::U(0x001c),
        P::Type("Lp/A;"),
        P::U(0x002b),
        P::U(6),
        P::U(0),
        P::U(0x0000),
        P::U(0x000e),
        P::U(0x0000),
        // packed-switch-payload: two cases from key -1, both to 0x21
        P::U(0x0100),
        P::U(2),
        P::U(0xffff),
        P::U(0xffff),
        P::U(3),
        P::U(0),
        P::U(4),
        P::U(0),
    ];
    let mut go = code(3, 1, 2, go);
    if let Some(code) = &mut go {
        code.tries = vec![(5, 3), (8, 3)];
        code.handler = 0x22;
    }
    File {
        version,
        classes: vec![Class {
            name: "Lp/A;",
            superclass: "Ljava/lang/Object;",
            interfaces: vec!["Ljava/lang/Runnable;"],
            statics: vec!["Lp/A;->F:Ljava/lang/String;", "Lp/A;->G:Ljava/lang/String;"],
            values: vec!["first value"],
            methods: vec![
                method("Lp/A;->stat()V", true, code(0, 0, 0, vec![P::U(0x000e)])),
                method("Lp/A;->run()V", false, go),
                method("Lp/A;->take(Ljava/lang/String;)V", false, None),
            ],
        }],
        handles: vec![
            (4, "Lp/A;->boot(I)V"),
            (5, "Lp/A;->take(Ljava/lang/String;)V"),
        ],
        call_sites: vec![(0, "site", "(I)V")],
        extra_strings: vec!["naïve"],
    }
}

fn open(bytes: &[u8]) -> (Vec<Dex<'_>>, Vec<Incident>) {
    let mut incidents = Vec::new();
    let members = Dex::parse(bytes, "x.dex", &Limits::default(), &mut incidents).unwrap();
    (members, incidents)
}

fn find(dex: &Dex<'_>, signature: &str) -> u32 {
    (0..dex.method_count())
        .find(|&i| dex.method_signature(i).unwrap() == signature)
        .unwrap()
}

fn code_of<'a>(dex: &Dex<'a>, class: u32, signature: &str) -> CodeItem<'a> {
    let class = dex.class_def(class).unwrap();
    let methods = dex.class_data(&class).unwrap().unwrap().methods().unwrap();
    let wanted = find(dex, signature);
    let method = methods
        .map(Result::unwrap)
        .find(|m| m.method == wanted)
        .unwrap();
    dex.code_item(method.code_off).unwrap()
}

#[test]
fn tables_class_and_names() {
    let bytes = file(&special(39));
    let (members, incidents) = open(&bytes);
    assert_eq!((members.len(), incidents), (1, vec![]));
    let dex = members[0];
    assert_eq!(dex.header().version, 39);
    assert!(dex.checksum_ok() && dex.signature_ok());
    let class = dex.class_def(0).unwrap();
    assert_eq!(dex.type_descriptor(class.class).unwrap(), "Lp/A;");
    assert_eq!(
        dex.type_descriptor(class.superclass.unwrap()).unwrap(),
        "Ljava/lang/Object;"
    );
    let list: Vec<u32> = dex
        .type_list(class.interfaces_off)
        .unwrap()
        .iter()
        .collect();
    assert_eq!(list.len(), 1);
    assert_eq!(
        dex.type_descriptor(list[0]).unwrap(),
        "Ljava/lang/Runnable;"
    );
    assert_eq!(class.source_file, None);
    let data = dex.class_data(&class).unwrap().unwrap();
    let fields: Vec<_> = data.fields().map(Result::unwrap).collect();
    assert!(fields.iter().all(|f| f.is_static && f.access_flags == 9));
    assert_eq!(
        dex.field_signature(fields[1].field).unwrap(),
        "Lp/A;->G:Ljava/lang/String;"
    );
    assert_eq!(dex.field_java(fields[0].field).unwrap(), "p.A.F");
    let methods: Vec<_> = data.methods().unwrap().map(Result::unwrap).collect();
    let shown: Vec<_> = methods
        .iter()
        .map(|m| {
            (
                dex.method_signature(m.method).unwrap(),
                m.is_direct,
                m.code_off != 0,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("Lp/A;->stat()V".to_owned(), true, true),
            ("Lp/A;->run()V".to_owned(), false, true),
            ("Lp/A;->take(Ljava/lang/String;)V".to_owned(), false, false),
        ]
    );
    assert_eq!(
        dex.method_java(methods[2].method).unwrap(),
        "p.A.take(java.lang.String)"
    );
    let values: Vec<_> = dex
        .static_values(&class)
        .unwrap()
        .map(|v| v.unwrap().1)
        .collect();
    assert!(matches!(values[..], [Value::String(s)] if dex.string(s).unwrap() == "first value"));
    assert!((0..dex.string_count()).any(|i| dex.string(i).unwrap() == "naïve"));
    assert!(dex.string(dex.string_count()).is_err());
}

/// Against the listing in the comment of [`special`].
#[test]
fn instructions_of_the_special_file() {
    let bytes = file(&special(39));
    let dex = open(&bytes).0[0];
    let code = code_of(&dex, 0, "Lp/A;->run()V");
    assert_eq!(
        (code.registers, code.ins, code.outs, code.units().len()),
        (3, 1, 2, 0x2c)
    );
    let insns: Vec<Insn<'_>> = code.insns().map(Result::unwrap).collect();
    let shown: Vec<_> = insns.iter().map(|i| (i.offset, i.name())).collect();
    assert_eq!(
        shown,
        [
            (0x00, "const-string"),
            (0x02, "const-string/jumbo"),
            (0x05, "invoke-virtual"),
            (0x08, "invoke-static/range"),
            (0x0b, "invoke-polymorphic"),
            (0x0f, "invoke-custom"),
            (0x12, "const-method-handle"),
            (0x14, "const-method-type"),
            (0x16, "sget-object"),
            (0x18, "sput-object"),
            (0x1a, "new-instance"),
            (0x1c, "const-class"),
            (0x1e, "packed-switch"),
            (0x21, "nop"),
            (0x22, "return-void"),
            (0x23, "nop"),
            (0x24, "packed-switch-payload"),
        ]
    );
    let at = |offset: u32| insns.iter().find(|i| i.offset == offset).unwrap();
    let registers = |offset: u32| at(offset).registers().collect::<Vec<u16>>();
    assert_eq!(registers(0x00), [1]);
    assert_eq!(at(0x00).index(), at(0x02).index());
    assert_eq!(dex.string(at(0x02).index().unwrap()).unwrap(), "hello");
    assert_eq!(registers(0x05), [2, 1]);
    assert_eq!(registers(0x08), Vec::<u16>::new());
    assert_eq!(registers(0x0b), [0, 1]);
    let target = dex.method_signature(at(0x0b).index().unwrap()).unwrap();
    assert!(target.ends_with("MethodHandle;->invoke([Ljava/lang/Object;)Ljava/lang/Object;"));
    assert_eq!(
        dex.proto_descriptor(at(0x0b).proto_index().unwrap())
            .unwrap(),
        "(I)V"
    );
    assert_eq!(
        dex.proto_descriptor(at(0x14).index().unwrap()).unwrap(),
        "(I)V"
    );
    assert_eq!(
        dex.field_signature(at(0x18).index().unwrap()).unwrap(),
        "Lp/A;->F:Ljava/lang/String;"
    );
    assert_eq!(
        dex.type_descriptor(at(0x1a).index().unwrap()).unwrap(),
        "Lp/A;"
    );

    let site = dex.call_site(at(0x0f).index().unwrap()).unwrap();
    assert_eq!(dex.string(site.name).unwrap(), "site");
    assert_eq!(dex.proto_descriptor(site.proto).unwrap(), "(I)V");
    let boot = dex.method_handle(site.bootstrap).unwrap();
    assert_eq!(boot.kind, MethodHandleKind::InvokeStatic);
    assert_eq!(
        dex.method_signature(boot.member).unwrap(),
        "Lp/A;->boot(I)V"
    );
    let handle = dex.method_handle(at(0x12).index().unwrap()).unwrap();
    assert_eq!(handle.kind, MethodHandleKind::InvokeInstance);

    let switch = at(0x1e);
    assert_eq!(switch.target(), Some(0x24));
    let cases: Vec<_> = switch.switch_cases(code.units()).unwrap().collect();
    assert_eq!(cases, [(-1, Some(0x21)), (0, Some(0x22))]);
    assert_eq!(at(0x24).payload(), Some(PayloadKind::PackedSwitch));

    let tries: Vec<TryItem> = code.tries().unwrap().collect();
    assert_eq!(tries.len(), 2);
    assert_eq!((tries[1].start_addr, tries[1].insn_count), (8, 3));
    let handlers = code.handlers(&tries[1]).unwrap();
    assert_eq!(
        handlers,
        [CatchHandler {
            type_: None,
            addr: 0x22
        }]
    );
}

#[test]
fn containers_of_version_041_share_their_data() {
    let mut second = special(41);
    second.classes[0].name = "Lp/Other;";
    let bytes = container(&[special(41), second]);
    let (members, incidents) = open(&bytes);
    assert_eq!((members.len(), incidents), (2, vec![]));
    let names: Vec<_> = members
        .iter()
        .map(|d| d.type_descriptor(d.class_def(0).unwrap().class).unwrap())
        .collect();
    assert_eq!(names, ["Lp/A;", "Lp/Other;"]);
    // The first member ends where the second header starts; its code lies behind both.
    let first = members[0].header();
    assert_eq!(first.file_size, members[1].header().header_offset);
    let code = code_of(&members[0], 0, "Lp/A;->run()V");
    assert!(code.offset > first.file_size);
    assert!(code.insns().all(|insn| insn.is_ok()));
    assert!(
        members
            .iter()
            .all(|d| d.checksum_ok() && d.signature_ok() && d.call_site_count() == 1)
    );

    let mut broken = bytes.clone();
    broken[first.file_size as usize] = b'X';
    let (members, incidents) = open(&broken);
    assert_eq!(members.len(), 1);
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].hides, Some(Channel::Code));
    assert_eq!(incidents[0].offset, Some(u64::from(first.file_size)));
}

#[test]
fn files_that_are_no_dex_are_refused() {
    let refused = |bytes: &[u8]| {
        Dex::parse(bytes, "x", &Limits::default(), &mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(b""),
        "at offset 0x0: expected a DEX header, found an empty file"
    );
    assert!(refused(b"PK\x03\x04 and so on").contains("found \"PK\\x03\\x04 and\""));
    assert!(refused(b"dex").contains("found \"dex\""));
    let good = file(&special(35));
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    assert!(refused(&changed(4, b"036\0")).contains("found version 036"));
    assert!(refused(&changed(4, b"042\0")).contains("found version 042"));
    assert!(refused(&changed(0x28, &[0x12, 0x34, 0x56, 0x78])).contains("reversed"));
    assert!(refused(&good[..0x6f]).contains("at offset 0x6c"));
    for version in [35, 37, 38, 39, 40] {
        assert_eq!(open(&file(&special(version))).1, vec![]);
    }
}

#[test]
fn a_table_outside_the_file_is_an_incident_and_the_rest_is_read() {
    let mut bytes = file(&special(39));
    bytes[0x54..0x58].copy_from_slice(&0x00ff_fff0u32.to_le_bytes()); // field_ids_off
    let (members, incidents) = open(&bytes);
    assert_eq!(members[0].field_count(), 0);
    assert!(members[0].field(0).is_err());
    assert!(members[0].method_count() > 0);
    assert!(incidents.iter().any(|i| i.hides == Some(Channel::Code)
        && i.offset == Some(0x00ff_fff0)
        && i.detail.contains("field_ids")));
}

#[test]
fn wrong_sums_and_sizes_hide_nothing() {
    let mut bytes = file(&special(39));
    let last = bytes.len() - 1;
    bytes[last] ^= 1; // padding after the map or part of it: read by nobody here
    bytes.push(0);
    let (members, mut incidents) = open(&bytes);
    assert_eq!(incidents.len(), 1, "{incidents:?}"); // longer than file_size
    members[0].check_integrity("x.dex", &mut incidents);
    assert_eq!(incidents.len(), 3);
    assert!(incidents.iter().all(|i| i.hides.is_none()));
    let cut = &bytes[..bytes.len() - 40];
    assert!(open(cut).1.iter().any(|i| i.hides == Some(Channel::Code)));
}

/// Bytes by the table of "encoded_value encoding".
#[test]
fn encoded_values() {
    let values: &[u8] = &[
        14, // values
        0x00, 0x80, // byte -128
        0x22, 0x34, 0x12, // short 0x1234
        0x03, 0xff, // char 0xff, zero-extended
        0x04, 0xff, // int -1 in one byte
        0x66, 0, 0, 0, 0x80, // long in four bytes, sign-extended
        0x30, 0x80, 0x3f, // float 1.0: two high bytes
        0x31, 0xf8, 0x3f, // double 1.5: two high bytes
        0x37, 0x01, 0x02, // string 0x201
        0x1b, 0x05, // enum
        0x1e, // null
        0x3f, // true
        0x1c, 0x02, 0x04, 0x01, 0x1c, 0x01, 0x1e, // array {1, {null}}
        0x1d, 0x09, 0x01, 0x03, 0x1d, 0x08, 0x00, // annotation 9 {3: annotation 8}
        0x1f, // false
    ];
    let mut bytes = file(&special(39));
    let at = bytes.len() as u32;
    bytes.extend(values);
    bytes[0x20..0x24].copy_from_slice(&(at + values.len() as u32).to_le_bytes());
    let dex = open(&bytes).0[0];
    let found: Vec<Value> = dex
        .encoded_array(at)
        .unwrap()
        .map(|v| v.unwrap().1)
        .collect();
    assert_eq!(
        found,
        [
            Value::Int(-128),
            Value::Int(0x1234),
            Value::Char(255),
            Value::Int(-1),
            Value::Int(-0x8000_0000),
            Value::Float(1.0),
            Value::Double(1.5),
            Value::String(0x201),
            Value::Enum(5),
            Value::Null,
            Value::Boolean(true),
            Value::Array(2),
            Value::Annotation(9),
            Value::Boolean(false),
        ]
    );
    // Arrays in arrays without end: an error, not a deep stack.
    let mut deep = bytes.clone();
    deep.push(1);
    let start = deep.len() as u32 - 1;
    for _ in 0..10_000 {
        deep.extend([0x1c, 0x01]);
    }
    let size = deep.len() as u32;
    deep[0x20..0x24].copy_from_slice(&size.to_le_bytes());
    let dex = open(&deep).0[0];
    let result: Vec<_> = dex.encoded_array(start).unwrap().collect();
    assert!(matches!(&result[..], [Err(error)] if error.expected.contains("nested")));
}

/// Everything the module offers, over one file; nothing of it may panic.
fn read_all(bytes: &[u8]) -> Option<Faults> {
    let limits = Limits::default();
    let members = Dex::parse(bytes, "x", &limits, &mut Vec::new()).ok()?;
    let (mut budget, mut faults) = (Budget::new(&limits), Faults::default());
    let mut builder = HierarchyBuilder::new();
    for dex in &members {
        let mut wanted = Wanted::nothing(dex);
        wanted.select_methods(dex, &mut budget, |m| m.name != "x");
        wanted.select_strings(dex, &mut budget, |s| s.len() < 50);
        let mut hits = Vec::new();
        let mut sink = |hit: Hit| hits.push(hit);
        faults.merge(scan(dex, &wanted, &mut sink, &mut budget).faults);
        for hit in hits.iter().take(50) {
            let _ = (hit.target.describe(dex), hit.site.describe(dex));
        }
        builder.add(dex, 0, &mut budget, &mut faults);
        undefined_types(dex, &mut budget, &mut faults);
        for method in dex
            .class_defs()
            .take(20)
            .filter_map(|c| dex.class_data(&c).ok()?)
        {
            for method in method.methods().into_iter().flatten().flatten().take(20) {
                let Ok(code) = dex.code_item(method.code_off) else {
                    continue;
                };
                for of in code.tries().into_iter().flatten().take(4) {
                    let _ = code.handlers(&of);
                }
                for insn in code.insns().flatten().take(500) {
                    let _ = insn
                        .switch_cases(code.units())
                        .map(|cases| cases.take(9).count());
                    let _ = insn.array_data(code.units());
                    let _ = (insn.literal(), insn.target(), insn.registers().count());
                }
            }
        }
    }
    builder.finish().descendants("Ljava/lang/Object;");
    Some(faults)
}

/// Four thousand damaged files from a fixed seed.
#[test]
fn damaged_files_do_no_harm() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let seeds = [file(&special(39)), container(&[special(41), special(41)])];
    let (mut read, mut faulty) = (0, 0);
    for round in 0..4_000 {
        let mut bytes = seeds[round % 2].clone();
        for _ in 0..1 + random(4) {
            let at = 8 + random(bytes.len() - 8);
            bytes[at] = [0, 0xff, 0x7f, 0x80, random(256) as u8][random(5)];
        }
        if round % 8 == 0 {
            bytes.truncate(random(bytes.len()));
        }
        if let Some(faults) = read_all(&bytes) {
            read += 1;
            faulty += usize::from(!faults.is_empty());
        }
    }
    assert!(
        read > 3_000 && faulty > 500,
        "{read} read, {faulty} with faults"
    );
}
