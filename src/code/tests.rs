//! Tests of the walks over files made for them.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong fails"
)]

use super::*;
use crate::dex::build::{Class, File, Method, P, code, file};
use crate::dex::{Dex, MethodHandleKind};
use crate::incident::{Channel, IncidentCode};
use crate::limits::Limits;

fn open(bytes: &[u8]) -> Dex<'_> {
    Dex::parse(bytes, "x.dex", &Limits::default(), &mut Vec::new()).unwrap()[0]
}

fn budget() -> Budget {
    Budget::new(&Limits::default())
}

fn class(name: &'static str, superclass: &'static str, interfaces: &[&'static str]) -> Class {
    Class {
        name,
        superclass,
        interfaces: interfaces.to_vec(),
        ..Class::default()
    }
}

fn with_code(mut class: Class, signature: &'static str, parts: Vec<P>) -> Class {
    let code = code(4, 1, 4, parts);
    class.methods.push(Method {
        signature,
        flags: 1,
        is_direct: false,
        code,
    });
    class
}

const GET_ID: &str = "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;";

#[test]
fn every_kind_of_use_has_its_site() {
    let bytes = file(&crate::dex::tests::special(39));
    let dex = open(&bytes);
    let mut found = Vec::new();
    let mut sink = |hit: Hit| {
        let site = hit.site.describe(&dex).unwrap();
        found.push((
            hit.site.unit,
            site.method,
            hit.target.describe(&dex).unwrap(),
            hit.how,
        ));
    };
    let scan = scan(&dex, &Wanted::everything(&dex), &mut sink, &mut budget());
    assert!(scan.faults.is_empty());
    // One class; stat, run and take, of which two have code: 1 and 17 instructions.
    assert_eq!(
        (scan.classes, scan.methods, scan.fields, scan.instructions),
        (1, 3, 2, 18)
    );
    assert_eq!(scan.code_bytes, 2 + 0x2c * 2);
    let field = (0..)
        .find(|&i| dex.field_signature(i).unwrap().contains("->F:"))
        .unwrap();
    let run = |unit, what: &str, how| (unit, "run()V".to_owned(), what.to_owned(), how);
    let take = "Lp/A;->take(Ljava/lang/String;)V";
    let invoke = "Ljava/lang/invoke/MethodHandle;->invoke([Ljava/lang/Object;)Ljava/lang/Object;";
    assert_eq!(
        found,
        [
            (
                0,
                String::new(),
                "first value".to_owned(),
                How::StaticValue(field)
            ),
            run(0x00, "hello", How::Const),
            run(0x02, "hello", How::Const),
            run(0x05, take, How::Call(Invoke::Virtual)),
            run(0x08, "Lp/A;->stat()V", How::Call(Invoke::Static)),
            run(0x0b, invoke, How::Call(Invoke::Polymorphic)),
            run(0x12, take, How::Handle(MethodHandleKind::InvokeInstance)),
            run(0x16, "Lp/A;->F:Ljava/lang/String;", How::Read),
            run(0x18, "Lp/A;->F:Ljava/lang/String;", How::Write),
            run(0x1a, "Lp/A;", How::New),
            run(0x1c, "Lp/A;", How::Class),
        ]
    );
}

#[test]
fn only_what_is_wanted_is_reported_with_its_byte_offset() {
    let parts = || vec![P::U(0x106e), P::Method(GET_ID), P::U(0), P::U(0x000e)];
    let one = with_code(
        class("La/One;", "Ljava/lang/Object;", &[]),
        "La/One;->f()V",
        parts(),
    );
    let mut twice = parts();
    twice.splice(0..0, [P::U(0x011a), P::Str("content://sms")]);
    twice.splice(2..2, [P::U(0x106e), P::Method(GET_ID), P::U(0)]);
    let two = with_code(
        class("La/Two;", "Ljava/lang/Object;", &[]),
        "La/Two;->g(I)V",
        twice,
    );
    let bytes = file(&File {
        version: 35,
        classes: vec![one, two],
        ..File::default()
    });
    let dex = open(&bytes);
    let mut wanted = Wanted::nothing(&dex);
    let mut budget = budget();
    wanted.select_methods(&dex, &mut budget, |m| {
        m.class.starts_with("Landroid/") && m.name == "getDeviceId"
    });
    let mut hits = Vec::new();
    scan(&dex, &wanted, &mut |hit: Hit| hits.push(hit), &mut budget);
    assert_eq!(hits.len(), 3);
    assert_eq!(hits[0].target.describe(&dex).unwrap(), GET_ID);
    let (site, how) = (hits[1].site, hits[1].how);
    assert_eq!(how, How::Call(Invoke::Virtual));
    assert_eq!(site.describe(&dex).unwrap().java(), "a.Two.g");
    assert_eq!(site.describe(&dex).unwrap().method, "g(I)V");
    assert_eq!((site.class_def, site.unit), (1, 2));
    assert_eq!(site.offset, u64::from(site.code_off) + 16 + 4);
    // The instruction's own bytes lie there.
    assert_eq!(bytes[site.offset as usize..][..2], [0x6e, 0x10]);

    let mut wanted = Wanted::nothing(&dex);
    wanted.select_strings(&dex, &mut budget, |s| s.starts_with("content://"));
    let mut count = 0;
    scan(&dex, &wanted, &mut |_| count += 1, &mut budget);
    assert_eq!(count, 1);
}

#[test]
fn a_broken_method_hides_itself_only() {
    let parts = vec![
        P::U(0x106e),
        P::Method(GET_ID),
        P::U(0),
        P::U(0x0040),
        P::U(0x000e),
    ];
    let bad = with_code(
        class("La/Bad;", "Ljava/lang/Object;", &[]),
        "La/Bad;->f()V",
        parts,
    );
    let parts = vec![P::U(0x106e), P::Method(GET_ID), P::U(0), P::U(0x000e)];
    let good = with_code(
        class("La/Good;", "Ljava/lang/Object;", &[]),
        "La/Good;->f()V",
        parts,
    );
    let bytes = file(&File {
        version: 35,
        classes: vec![bad, good],
        ..File::default()
    });
    let dex = open(&bytes);
    let mut hits = Vec::new();
    let seen = scan(
        &dex,
        &Wanted::everything(&dex),
        &mut |h: Hit| hits.push(h),
        &mut budget(),
    );
    assert_eq!(hits.len(), 2);
    assert_eq!(seen.faults.total, 1);
    let expected = hits[0].site.offset + 6;
    assert_eq!(seen.faults.kept[0].offset, expected);
    let mut incidents = Vec::new();
    seen.faults.report("base.apk!classes.dex", &mut incidents);
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        (incidents[0].offset, incidents[0].hides),
        (Some(expected), Some(Channel::Code))
    );
}

#[test]
fn hierarchy_over_two_files() {
    let object = "Ljava/lang/Object;";
    let first = file(&File {
        version: 35,
        classes: vec![
            class("La/Base;", "Landroid/app/Service;", &["La/Face;"]),
            class("La/Face;", object, &["La/Upper;"]),
            class("La/Loop;", "Lb/Loop;", &[]),
        ],
        ..File::default()
    });
    let second = file(&File {
        version: 35,
        classes: vec![
            class("La/Base;", object, &[]),
            class("La/Upper;", object, &[]),
            class("Lb/Leaf;", "La/Base;", &[]),
            class("Lb/Loop;", "La/Loop;", &[]),
            class("Lb/Plain;", object, &["La/Upper;"]),
        ],
        ..File::default()
    });
    let (mut builder, mut faults) = (HierarchyBuilder::new(), Faults::default());
    builder.add(&open(&first), 0, &mut budget(), &mut faults);
    builder.add(&open(&second), 1, &mut budget(), &mut faults);
    let all = builder.finish();
    assert!(faults.is_empty());
    let names: Vec<&str> = all.classes().iter().map(|c| all.name(c.name)).collect();
    assert_eq!(
        names,
        [
            "La/Base;",
            "La/Face;",
            "La/Loop;",
            "La/Upper;",
            "Lb/Leaf;",
            "Lb/Loop;",
            "Lb/Plain;"
        ]
    );
    // La/Base; of the second file never runs.
    assert_eq!(all.shadowed(), [(1, 0)]);
    assert!(all.is_shadowed(1, 0) && !all.is_shadowed(0, 0));
    let base = all.find("La/Base;").unwrap();
    assert_eq!(all.name(base.superclass.unwrap()), "Landroid/app/Service;");

    let kin = |a, b| all.is_subclass_of(a, b);
    assert_eq!(kin("Lb/Leaf;", "Landroid/app/Service;"), Kinship::Yes);
    assert_eq!(kin("Lb/Leaf;", "La/Upper;"), Kinship::Yes);
    assert_eq!(
        kin("Lb/Leaf;", "Landroid/content/Context;"),
        Kinship::Unknown
    );
    assert_eq!(kin("Lb/Plain;", "Landroid/content/Context;"), Kinship::No);
    assert_eq!(kin("Lb/Loop;", "La/Upper;"), Kinship::No);
    assert_eq!(kin("Landroid/app/Service;", object), Kinship::Unknown);
    assert_eq!(kin(object, "La/Base;"), Kinship::No);
    assert_eq!(kin("Lb/Leaf;", "Lb/Leaf;"), Kinship::Yes);

    let shown = |ids: Vec<NameId>| {
        ids.iter()
            .map(|&i| all.name(i))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        shown(all.outside(all.id("Lb/Leaf;").unwrap())),
        "Landroid/app/Service; Ljava/lang/Object;"
    );
    assert_eq!(
        shown(all.descendants("La/Upper;")),
        "La/Base; La/Face; Lb/Leaf; Lb/Plain;"
    );
    assert_eq!(shown(all.descendants("La/Loop;")), "La/Loop; Lb/Loop;");
    assert_eq!(all.id("Lnot/There;"), None);
}

#[test]
fn undefined_types_are_classes_of_others() {
    let mut one = class("La/One;", "Ljava/lang/Object;", &["Lx/Face;"]);
    one.statics = vec![
        "La/One;->a:[[Ly/Elem;",
        "La/One;->b:[I",
        "La/One;->c:[La/One;",
    ];
    let bytes = file(&File {
        version: 35,
        classes: vec![one],
        ..File::default()
    });
    let mut faults = Faults::default();
    let found = undefined_types(&open(&bytes), &mut budget(), &mut faults);
    assert_eq!(
        found,
        [&b"Ljava/lang/Object;"[..], b"Lx/Face;", b"Ly/Elem;"]
    );
}

/// A file of `size` bytes whose classes all have the same members, which all
/// have the same code, and whose types all have the same long name.
///
/// Read naively it has 10,000 × 30,000 methods of 100,000 instructions, and
/// 40,000 names of 60,000 bytes.
fn knot() -> Vec<u8> {
    let (classes, methods, units, types) = (10_000u32, 30_000u32, 100_000u32, 40_000u32);
    let mut out = vec![0u8; 0x70];
    let put = |out: &mut Vec<u8>, at: usize, words: &[u32]| {
        for (i, word) in words.iter().enumerate() {
            out[at + i * 4..at + i * 4 + 4].copy_from_slice(&word.to_le_bytes());
        }
    };
    let strings_off = out.len() as u32;
    out.extend([0; 4]);
    let types_off = out.len() as u32;
    out.resize(out.len() + types as usize * 4, 0);
    let classes_off = out.len();
    out.resize(out.len() + classes as usize * 32, 0);
    let code_off = out.len() as u32;
    out.extend([0; 12]);
    out.extend(units.to_le_bytes());
    out.resize(out.len() + units as usize * 2, 0);
    let data_off = out.len() as u32;
    out.extend([0, 0, 0, 0xb0, 0xea, 0x01]); // 30,000 virtual methods
    for _ in 0..methods {
        let mut code = vec![1, 1];
        code.extend([0, 7, 14].map(|shift| (code_off >> shift) as u8 | 0x80));
        code.push((code_off >> 21) as u8);
        out.extend(code);
    }
    let list_off = out.len() as u32;
    out.extend(30_000u32.to_le_bytes());
    out.resize(out.len() + 60_000, 0);
    let name_off = out.len() as u32;
    out.extend([0x80, 0x80, 0x04, b'L']);
    out.resize(out.len() + 60_000, b'a');
    out.extend(b";\0");
    put(&mut out, strings_off as usize, &[name_off]);
    for i in 0..classes as usize {
        let row = [i as u32, 1, 0, list_off, u32::MAX, 0, data_off, 0];
        put(&mut out, classes_off + i * 32, &row);
    }
    out[..8].copy_from_slice(b"dex\n035\0");
    let size = out.len() as u32;
    put(&mut out, 0x20, &[size, 0x70, 0x1234_5678]);
    put(&mut out, 0x38, &[1, strings_off, types, types_off]);
    put(&mut out, 0x60, &[classes, classes_off as u32]);
    out
}

#[test]
fn shared_bytes_run_into_the_budget() {
    let bytes = knot();
    assert!(bytes.len() < 1_500_000);
    let dex = open(&bytes);
    assert_eq!((dex.class_count(), dex.type_count()), (10_000, 40_000));
    let mut budget = budget();
    let before = budget.left();
    let seen = scan(&dex, &Wanted::nothing(&dex), &mut |_| {}, &mut budget);
    assert!(seen.faults.cut_short && budget.is_spent());
    assert!(before - budget.left() < 2 * bytes.len() as u64 + 1_000_001);

    let mut faults = Faults::default();
    let mut builder = HierarchyBuilder::new();
    builder.add(&dex, 0, &mut budget, &mut faults);
    let all = builder.finish();
    assert!(faults.cut_short);
    assert!(
        all.classes().len() < 100,
        "names and lists are bounded by the file's size"
    );
    let mut faults = Faults::default();
    assert!(undefined_types(&dex, &mut budget, &mut faults).len() <= 1);
    assert!(faults.cut_short);
    let mut wanted = Wanted::nothing(&dex);
    wanted.select_types(&dex, &mut budget, |_| true);
    assert!(wanted.faults.cut_short);
    let mut incidents = Vec::new();
    wanted.faults.report("x.dex", &mut incidents);
    assert_eq!(incidents[0].code, IncidentCode::LimitReached);

    let mut little = Budget::of_steps(10);
    let seen = scan(&dex, &Wanted::nothing(&dex), &mut |_| {}, &mut little);
    assert!(seen.faults.cut_short && seen.methods == 0);
}
