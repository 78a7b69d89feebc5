use super::*;
use crate::forge::dex::forge;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// `(count, offset)` at a header position.
fn table(dex: &[u8], at: usize) -> (usize, usize) {
    (u32_at(dex, at) as usize, u32_at(dex, at + 4) as usize)
}

fn string(dex: &[u8], index: usize) -> Vec<u8> {
    let at = u32_at(dex, table(dex, 56).1 + index * 4) as usize + 1;
    dex[at..at + dex[at..].iter().position(|&b| b == 0).unwrap()].to_vec()
}

/// Instruction words of the first code item, which begins the data section.
fn words(dex: &[u8]) -> Vec<u16> {
    let code = u32_at(dex, 108) as usize;
    let count = u32_at(dex, code + 12) as usize;
    (0..count).map(|i| u16_at(dex, code + 16 + i * 2)).collect()
}

fn registers(dex: &[u8]) -> [u16; 3] {
    let code = u32_at(dex, 108) as usize;
    [0, 2, 4].map(|o| u16_at(dex, code + o))
}

/// `class a.B` alone: strings `La/B;`, `Ljava/lang/Object;`; two types; no member. Counted by hand.
#[test]
fn the_smallest_file() {
    let dex = forge("class a.B").unwrap();
    assert_eq!(dex[..8], *b"dex\n035\0");
    assert_eq!(u32_at(&dex, 32) as usize, dex.len());
    assert_eq!(u32_at(&dex, 36), 0x70);
    assert_eq!(table(&dex, 56), (2, 0x70));
    assert_eq!(table(&dex, 64), (2, 0x78));
    assert_eq!(
        (table(&dex, 72), table(&dex, 80), table(&dex, 88)),
        ((0, 0), (0, 0), (0, 0))
    );
    assert_eq!(table(&dex, 96), (1, 0x80));
    let data = 0xa0;
    assert_eq!(table(&dex, 104), (dex.len() - data, data));
    assert_eq!(dex[data..data + 7], *b"\x05La/B;\0");
    // class, public, superclass, no interfaces, no source file, no annotations, no data, no values
    let row: Vec<u32> = (0..8).map(|i| u32_at(&dex, 0x80 + i * 4)).collect();
    assert_eq!(row, [0, 1, 1, 0, u32::MAX, 0, 0, 0]);
    // 7 + 20 bytes of strings, one of padding; header, strings, types, classes, string data, map
    let map = u32_at(&dex, 52) as usize;
    assert_eq!((map, u32_at(&dex, map)), (data + 28, 6));
    assert_eq!(dex.len(), map + 4 + 6 * 12);
}

/// Checksum and signature recomputed here in the plainest way (RFC 1950; SHA-1 is tested against FIPS 180).
#[test]
fn checksum_and_signature_cover_the_rest() {
    let mut dex = forge("class a.B\n method m()\n  string \"x\"").unwrap();
    let adler = |data: &[u8]| {
        let (mut a, mut b) = (1u64, 0u64);
        for &byte in data {
            a = (a + u64::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
        (b << 16 | a) as u32
    };
    assert_eq!(u32_at(&dex, 8), adler(&dex[12..]));
    assert_eq!(dex[12..32], sha1(&dex[32..]));
    let last = dex.len() - 1;
    dex[last] ^= 1;
    assert_ne!(u32_at(&dex, 8), adler(&dex[12..]));
    reseal(&mut dex);
    assert_eq!(u32_at(&dex, 8), adler(&dex[12..]));
}

const MANY: &str = r#"
class b.Z extends a.Base implements c.I
  field static S java.lang.String = "value"
  field static N int
  field f int[]
  method m(int, b.Z) void
    call virtual b.Z.m(int, b.Z)
    call virtual b.Z.m(int)
    call static a.A.k() java.lang.String
    get static a.A.q int
    string "\u00e9"
    string "zz"
  method private p() int
class a.Base
interface c.I
"#;

#[test]
fn tables_are_sorted_and_free_of_repetition() {
    let dex = forge(MANY).unwrap();
    let (count, _) = table(&dex, 56);
    let strings: Vec<Vec<u8>> = (0..count).map(|i| string(&dex, i)).collect();
    assert!(
        strings.windows(2).all(|w| w[0] < w[1]),
        "MUTF-8 without surrogates sorts as UTF-16"
    );
    let keys = |header: usize, size: usize, key: &dyn Fn(usize) -> (u32, u32, u32)| {
        let (count, at) = table(&dex, header);
        (0..count).map(|i| key(at + i * size)).collect::<Vec<_>>()
    };
    let u16s = |at: usize| u32::from(u16_at(&dex, at));
    for all in [
        keys(64, 4, &|at| (u32_at(&dex, at), 0, 0)),
        keys(80, 8, &|at| (u16s(at), u32_at(&dex, at + 4), u16s(at + 2))),
        keys(88, 8, &|at| (u16s(at), u32_at(&dex, at + 4), u16s(at + 2))),
    ] {
        assert!(
            all.len() > 1 && all.windows(2).all(|w| w[0] < w[1]),
            "{all:?}"
        );
    }
    let map = u32_at(&dex, 52) as usize;
    let offsets: Vec<u32> = (0..u32_at(&dex, map) as usize)
        .map(|i| u32_at(&dex, map + 4 + i * 12 + 8))
        .collect();
    assert!(
        offsets.windows(2).all(|w| w[0] < w[1]),
        "the map is sorted by offset"
    );
}

/// `b.Z` is written first but extends the other two.
#[test]
fn parents_come_before_their_children() {
    let dex = forge(MANY).unwrap();
    let (count, at) = table(&dex, 96);
    let types = table(&dex, 64).1;
    let name = |i: usize| {
        let class = u32_at(&dex, at + i * 32) as usize;
        String::from_utf8(string(&dex, u32_at(&dex, types + class * 4) as usize)).unwrap()
    };
    let names: Vec<String> = (0..count).map(name).collect();
    assert_eq!(names.last().unwrap(), "Lb/Z;");
    assert!(forge("class a.A extends a.B\nclass a.B extends a.A").is_err());
    assert!(forge("class a.A\nclass a.A").is_err());
}

/// The encodings of the Dalvik bytecode reference, worked out by hand.
#[test]
fn instructions_word_by_word() {
    let one = |body: &str| {
        words(&forge(&format!("class a.A\n method static m(int, long)\n{body}")).unwrap())
    };
    assert_eq!(one(""), [0x000e]);
    assert_eq!(one("int -1"), [0xf012, 0x000e]);
    assert_eq!(one("int 300"), [0x0013, 300, 0x000e]);
    assert_eq!(one("int 0x12345678"), [0x0014, 0x5678, 0x1234, 0x000e]);
    assert_eq!(one("long 1L"), [0x0016, 1, 0x000e]);
    // x in v0, p0 in v1, p1 in v2 and v3
    assert_eq!(
        one("x = load null\n call static a.A.m(int, long) void with p0, p1")[1..4],
        [0x3071, 0, 0x0321]
    );
    assert_eq!(
        one("label top\n if nonzero p0 goto top\n goto top"),
        [0x0039, 0, 0x0029, 0xfffe]
    );
    // array in v0, size and index in v1, text in v2; the strings are the last two
    let dex = forge("class a.A\n method static m()\n x = strings \"y\" \"z\"").unwrap();
    let (y, array) = (table(&dex, 56).0 as u16 - 2, table(&dex, 64).0 as u16 - 1);
    let expected = [
        0x2112,
        0x1023,
        array,
        0x021a,
        y,
        0x0112,
        0x024d,
        0x0100,
        0x021a,
        y + 1,
        0x1112,
        0x024d,
        0x0100,
        0x000e,
    ];
    assert_eq!(words(&dex), expected);
    assert_eq!(registers(&dex), [3, 0, 0]);
}

#[test]
fn a_result_keeps_its_register_and_its_type() {
    let dex = forge(
        "class a.A\n method m(java.lang.String) java.lang.String\n  id = call virtual t.T.id() java.lang.String\n  \
         n = call static a.A.n(java.lang.String) long with id\n  return id",
    )
    .unwrap();
    // null in v0 as receiver; result in v0; n in v1 and v2; this in v3, p0 in v4
    assert_eq!(registers(&dex), [5, 2, 1]);
    let w = words(&dex);
    assert_eq!((w[0], w[1], w[3]), (0x0012, 0x106e, 0x0000));
    assert_eq!(
        (w[4], w[5], w[7], w[8], w[9]),
        (0x000c, 0x1071, 0x0000, 0x010b, 0x0011)
    );
}

/// Six arguments do not fit five registers; parameters in high registers are copied.
#[test]
fn wide_calls_become_range_calls() {
    let dex = forge(
        "class a.A\n method static m(int)\n  call static a.A.six(int,int,int,int,int,int) void with 1, 2, 3, 4, 5, 6",
    )
    .unwrap();
    assert_eq!(words(&dex)[6..9], [0x0677, 1, 0]);
    let names: String = (0..17).map(|i| format!("x{i} = int 1\n")).collect();
    let dex = forge(&format!(
        "class a.A\n method static m(int)\n{names} call static a.A.m(int) void with p0"
    ))
    .unwrap();
    // 15 × const/4 up to v15 … then p0 in v17 alone is a range by itself
    let w = words(&dex);
    assert_eq!(w[w.len() - 4..], [0x0177, 0, 17, 0x000e]);
    assert_eq!(registers(&dex), [18, 1, 1]);
}

#[test]
fn mistakes_in_bodies_are_named_with_their_line() {
    let error = |body: &str| {
        forge(&format!("class a.A\n method m(int)\n{body}"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("call static a.A.m(int) void with y"),
        "line 3: no value is called y"
    );
    assert_eq!(
        error("call static a.A.m(int) void with 1, 2"),
        "line 3: 1 parameters, 2 arguments"
    );
    assert_eq!(error("goto nowhere"), "line 3: no label \"nowhere\"");
    assert_eq!(error("return p0"), "line 3: a void method returns nothing");
    assert_eq!(
        error("call static a.A.m(int) void with 5L"),
        "line 3: argument 0 does not fit I"
    );
}

/// U+0000 and U+1F600 in MUTF-8 (DEX format, "MUTF-8"): two bytes; two surrogates of three bytes.
#[test]
fn strings_are_modified_utf8() {
    let mut out = Out::new();
    write_string(&mut out, "\0\u{1f600}");
    assert_eq!(
        out.0,
        [3, 0xc0, 0x80, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0]
    );
}

#[test]
fn static_values_follow_the_order_of_fields() {
    let dex =
        forge("class a.A\n field static B int\n field static C java.lang.String = \"v\"").unwrap();
    let values = u32_at(&dex, table(&dex, 96).1 + 28) as usize;
    let v = (0..table(&dex, 56).0)
        .position(|i| string(&dex, i) == b"v")
        .unwrap() as u8;
    assert_eq!(dex[values..values + 8], [2, 0x04, 0, 0x77, v, 0, 0, 0]);
}
