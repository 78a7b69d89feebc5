//! The opcode table: name, format and what the index of each instruction names.
//!
//! Source: AOSP, "Dalvik bytecode" (names, opcodes) and "Dalvik executable
//! instruction formats" (lengths, operands), checked against ART's
//! `libdexfile/dex/dex_instruction_list.h`. Opcodes that ART reserves for its
//! own optimised files (`0x73`, `0xe3`–`0xf9`) are unused here: in an APK the
//! verifier of ART rejects them.

use Format::{
    F3rc, F4rcc, F10t, F10x, F11n, F11x, F12x, F20t, F21c, F21h, F21s, F21t, F22b, F22c, F22s,
    F22t, F22x, F23x, F30t, F31c, F31i, F31t, F32x, F35c, F45cc, F51l, Unused,
};
use IndexKind::{CallSite, Field, Method, MethodAndProto, MethodHandle, None, Proto, String, Type};

/// An instruction format; the digits are length in code units and number of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// No instruction has this opcode.
    Unused,
    /// `op`
    F10x,
    /// `op vA, vB`
    F12x,
    /// `op vA, #+B`
    F11n,
    /// `op vAA`
    F11x,
    /// `op +AA`
    F10t,
    /// `op +AAAA`
    F20t,
    /// `op vAA, vBBBB`
    F22x,
    /// `op vAA, +BBBB`
    F21t,
    /// `op vAA, #+BBBB`
    F21s,
    /// `op vAA, #+BBBB0000` (or `…000000000000`)
    F21h,
    /// `op vAA, index@BBBB`
    F21c,
    /// `op vAA, vBB, vCC`
    F23x,
    /// `op vAA, vBB, #+CC`
    F22b,
    /// `op vA, vB, +CCCC`
    F22t,
    /// `op vA, vB, #+CCCC`
    F22s,
    /// `op vA, vB, index@CCCC`
    F22c,
    /// `op vAAAA, vBBBB`
    F32x,
    /// `op +AAAAAAAA`
    F30t,
    /// `op vAA, +BBBBBBBB` (the offset of a payload)
    F31t,
    /// `op vAA, #+BBBBBBBB`
    F31i,
    /// `op vAA, string@BBBBBBBB`
    F31c,
    /// `op {vC, vD, vE, vF, vG}, index@BBBB`
    F35c,
    /// `op {vCCCC .. vNNNN}, index@BBBB`
    F3rc,
    /// `op {vC, vD, vE, vF, vG}, method@BBBB, proto@HHHH`
    F45cc,
    /// `op {vCCCC .. vNNNN}, method@BBBB, proto@HHHH`
    F4rcc,
    /// `op vAA, #+BBBBBBBBBBBBBBBB`
    F51l,
}

impl Format {
    /// Length in 16-bit code units; 0 where no instruction has the opcode.
    pub const fn units(self) -> u8 {
        match self {
            Unused => 0,
            F10x | F12x | F11n | F11x | F10t => 1,
            F20t | F22x | F21t | F21s | F21h | F21c | F23x | F22b | F22t | F22s | F22c => 2,
            F32x | F30t | F31t | F31i | F31c | F35c | F3rc => 3,
            F45cc | F4rcc => 4,
            F51l => 5,
        }
    }
}

/// Which table of the DEX file the index of an instruction points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexKind {
    /// The instruction has no index.
    None,
    /// `string_ids`
    String,
    /// `type_ids`
    Type,
    /// `field_ids`
    Field,
    /// `method_ids`
    Method,
    /// `method_ids`, and `proto_ids` for the call's own signature.
    MethodAndProto,
    /// `proto_ids`
    Proto,
    /// `call_site_ids`
    CallSite,
    /// `method_handles`
    MethodHandle,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opcode {
    /// The mnemonic.
    pub name: &'static str,
    /// How the operands are laid out.
    pub format: Format,
    /// What the index names.
    pub index: IndexKind,
}

const fn op(name: &'static str, format: Format, index: IndexKind) -> Opcode {
    Opcode {
        name,
        format,
        index,
    }
}

/// The row of `opcode`.
#[inline]
#[allow(
    clippy::indexing_slicing,
    reason = "the table has a row for every byte"
)]
pub fn opcode(opcode: u8) -> &'static Opcode {
    &OPCODES[usize::from(opcode)]
}

/// Every opcode, by its byte.
#[rustfmt::skip]
pub static OPCODES: [Opcode; 256] = [
    op("nop", F10x, None), // 00
    op("move", F12x, None), // 01
    op("move/from16", F22x, None), // 02
    op("move/16", F32x, None), // 03
    op("move-wide", F12x, None), // 04
    op("move-wide/from16", F22x, None), // 05
    op("move-wide/16", F32x, None), // 06
    op("move-object", F12x, None), // 07
    op("move-object/from16", F22x, None), // 08
    op("move-object/16", F32x, None), // 09
    op("move-result", F11x, None), // 0a
    op("move-result-wide", F11x, None), // 0b
    op("move-result-object", F11x, None), // 0c
    op("move-exception", F11x, None), // 0d
    op("return-void", F10x, None), // 0e
    op("return", F11x, None), // 0f
    op("return-wide", F11x, None), // 10
    op("return-object", F11x, None), // 11
    op("const/4", F11n, None), // 12
    op("const/16", F21s, None), // 13
    op("const", F31i, None), // 14
    op("const/high16", F21h, None), // 15
    op("const-wide/16", F21s, None), // 16
    op("const-wide/32", F31i, None), // 17
    op("const-wide", F51l, None), // 18
    op("const-wide/high16", F21h, None), // 19
    op("const-string", F21c, String), // 1a
    op("const-string/jumbo", F31c, String), // 1b
    op("const-class", F21c, Type), // 1c
    op("monitor-enter", F11x, None), // 1d
    op("monitor-exit", F11x, None), // 1e
    op("check-cast", F21c, Type), // 1f
    op("instance-of", F22c, Type), // 20
    op("array-length", F12x, None), // 21
    op("new-instance", F21c, Type), // 22
    op("new-array", F22c, Type), // 23
    op("filled-new-array", F35c, Type), // 24
    op("filled-new-array/range", F3rc, Type), // 25
    op("fill-array-data", F31t, None), // 26
    op("throw", F11x, None), // 27
    op("goto", F10t, None), // 28
    op("goto/16", F20t, None), // 29
    op("goto/32", F30t, None), // 2a
    op("packed-switch", F31t, None), // 2b
    op("sparse-switch", F31t, None), // 2c
    op("cmpl-float", F23x, None), // 2d
    op("cmpg-float", F23x, None), // 2e
    op("cmpl-double", F23x, None), // 2f
    op("cmpg-double", F23x, None), // 30
    op("cmp-long", F23x, None), // 31
    op("if-eq", F22t, None), // 32
    op("if-ne", F22t, None), // 33
    op("if-lt", F22t, None), // 34
    op("if-ge", F22t, None), // 35
    op("if-gt", F22t, None), // 36
    op("if-le", F22t, None), // 37
    op("if-eqz", F21t, None), // 38
    op("if-nez", F21t, None), // 39
    op("if-ltz", F21t, None), // 3a
    op("if-gez", F21t, None), // 3b
    op("if-gtz", F21t, None), // 3c
    op("if-lez", F21t, None), // 3d
    op("unused", Unused, None), // 3e
    op("unused", Unused, None), // 3f
    op("unused", Unused, None), // 40
    op("unused", Unused, None), // 41
    op("unused", Unused, None), // 42
    op("unused", Unused, None), // 43
    op("aget", F23x, None), // 44
    op("aget-wide", F23x, None), // 45
    op("aget-object", F23x, None), // 46
    op("aget-boolean", F23x, None), // 47
    op("aget-byte", F23x, None), // 48
    op("aget-char", F23x, None), // 49
    op("aget-short", F23x, None), // 4a
    op("aput", F23x, None), // 4b
    op("aput-wide", F23x, None), // 4c
    op("aput-object", F23x, None), // 4d
    op("aput-boolean", F23x, None), // 4e
    op("aput-byte", F23x, None), // 4f
    op("aput-char", F23x, None), // 50
    op("aput-short", F23x, None), // 51
    op("iget", F22c, Field), // 52
    op("iget-wide", F22c, Field), // 53
    op("iget-object", F22c, Field), // 54
    op("iget-boolean", F22c, Field), // 55
    op("iget-byte", F22c, Field), // 56
    op("iget-char", F22c, Field), // 57
    op("iget-short", F22c, Field), // 58
    op("iput", F22c, Field), // 59
    op("iput-wide", F22c, Field), // 5a
    op("iput-object", F22c, Field), // 5b
    op("iput-boolean", F22c, Field), // 5c
    op("iput-byte", F22c, Field), // 5d
    op("iput-char", F22c, Field), // 5e
    op("iput-short", F22c, Field), // 5f
    op("sget", F21c, Field), // 60
    op("sget-wide", F21c, Field), // 61
    op("sget-object", F21c, Field), // 62
    op("sget-boolean", F21c, Field), // 63
    op("sget-byte", F21c, Field), // 64
    op("sget-char", F21c, Field), // 65
    op("sget-short", F21c, Field), // 66
    op("sput", F21c, Field), // 67
    op("sput-wide", F21c, Field), // 68
    op("sput-object", F21c, Field), // 69
    op("sput-boolean", F21c, Field), // 6a
    op("sput-byte", F21c, Field), // 6b
    op("sput-char", F21c, Field), // 6c
    op("sput-short", F21c, Field), // 6d
    op("invoke-virtual", F35c, Method), // 6e
    op("invoke-super", F35c, Method), // 6f
    op("invoke-direct", F35c, Method), // 70
    op("invoke-static", F35c, Method), // 71
    op("invoke-interface", F35c, Method), // 72
    op("unused", Unused, None), // 73
    op("invoke-virtual/range", F3rc, Method), // 74
    op("invoke-super/range", F3rc, Method), // 75
    op("invoke-direct/range", F3rc, Method), // 76
    op("invoke-static/range", F3rc, Method), // 77
    op("invoke-interface/range", F3rc, Method), // 78
    op("unused", Unused, None), // 79
    op("unused", Unused, None), // 7a
    op("neg-int", F12x, None), // 7b
    op("not-int", F12x, None), // 7c
    op("neg-long", F12x, None), // 7d
    op("not-long", F12x, None), // 7e
    op("neg-float", F12x, None), // 7f
    op("neg-double", F12x, None), // 80
    op("int-to-long", F12x, None), // 81
    op("int-to-float", F12x, None), // 82
    op("int-to-double", F12x, None), // 83
    op("long-to-int", F12x, None), // 84
    op("long-to-float", F12x, None), // 85
    op("long-to-double", F12x, None), // 86
    op("float-to-int", F12x, None), // 87
    op("float-to-long", F12x, None), // 88
    op("float-to-double", F12x, None), // 89
    op("double-to-int", F12x, None), // 8a
    op("double-to-long", F12x, None), // 8b
    op("double-to-float", F12x, None), // 8c
    op("int-to-byte", F12x, None), // 8d
    op("int-to-char", F12x, None), // 8e
    op("int-to-short", F12x, None), // 8f
    op("add-int", F23x, None), // 90
    op("sub-int", F23x, None), // 91
    op("mul-int", F23x, None), // 92
    op("div-int", F23x, None), // 93
    op("rem-int", F23x, None), // 94
    op("and-int", F23x, None), // 95
    op("or-int", F23x, None), // 96
    op("xor-int", F23x, None), // 97
    op("shl-int", F23x, None), // 98
    op("shr-int", F23x, None), // 99
    op("ushr-int", F23x, None), // 9a
    op("add-long", F23x, None), // 9b
    op("sub-long", F23x, None), // 9c
    op("mul-long", F23x, None), // 9d
    op("div-long", F23x, None), // 9e
    op("rem-long", F23x, None), // 9f
    op("and-long", F23x, None), // a0
    op("or-long", F23x, None), // a1
    op("xor-long", F23x, None), // a2
    op("shl-long", F23x, None), // a3
    op("shr-long", F23x, None), // a4
    op("ushr-long", F23x, None), // a5
    op("add-float", F23x, None), // a6
    op("sub-float", F23x, None), // a7
    op("mul-float", F23x, None), // a8
    op("div-float", F23x, None), // a9
    op("rem-float", F23x, None), // aa
    op("add-double", F23x, None), // ab
    op("sub-double", F23x, None), // ac
    op("mul-double", F23x, None), // ad
    op("div-double", F23x, None), // ae
    op("rem-double", F23x, None), // af
    op("add-int/2addr", F12x, None), // b0
    op("sub-int/2addr", F12x, None), // b1
    op("mul-int/2addr", F12x, None), // b2
    op("div-int/2addr", F12x, None), // b3
    op("rem-int/2addr", F12x, None), // b4
    op("and-int/2addr", F12x, None), // b5
    op("or-int/2addr", F12x, None), // b6
    op("xor-int/2addr", F12x, None), // b7
    op("shl-int/2addr", F12x, None), // b8
    op("shr-int/2addr", F12x, None), // b9
    op("ushr-int/2addr", F12x, None), // ba
    op("add-long/2addr", F12x, None), // bb
    op("sub-long/2addr", F12x, None), // bc
    op("mul-long/2addr", F12x, None), // bd
    op("div-long/2addr", F12x, None), // be
    op("rem-long/2addr", F12x, None), // bf
    op("and-long/2addr", F12x, None), // c0
    op("or-long/2addr", F12x, None), // c1
    op("xor-long/2addr", F12x, None), // c2
    op("shl-long/2addr", F12x, None), // c3
    op("shr-long/2addr", F12x, None), // c4
    op("ushr-long/2addr", F12x, None), // c5
    op("add-float/2addr", F12x, None), // c6
    op("sub-float/2addr", F12x, None), // c7
    op("mul-float/2addr", F12x, None), // c8
    op("div-float/2addr", F12x, None), // c9
    op("rem-float/2addr", F12x, None), // ca
    op("add-double/2addr", F12x, None), // cb
    op("sub-double/2addr", F12x, None), // cc
    op("mul-double/2addr", F12x, None), // cd
    op("div-double/2addr", F12x, None), // ce
    op("rem-double/2addr", F12x, None), // cf
    op("add-int/lit16", F22s, None), // d0
    op("rsub-int", F22s, None), // d1
    op("mul-int/lit16", F22s, None), // d2
    op("div-int/lit16", F22s, None), // d3
    op("rem-int/lit16", F22s, None), // d4
    op("and-int/lit16", F22s, None), // d5
    op("or-int/lit16", F22s, None), // d6
    op("xor-int/lit16", F22s, None), // d7
    op("add-int/lit8", F22b, None), // d8
    op("rsub-int/lit8", F22b, None), // d9
    op("mul-int/lit8", F22b, None), // da
    op("div-int/lit8", F22b, None), // db
    op("rem-int/lit8", F22b, None), // dc
    op("and-int/lit8", F22b, None), // dd
    op("or-int/lit8", F22b, None), // de
    op("xor-int/lit8", F22b, None), // df
    op("shl-int/lit8", F22b, None), // e0
    op("shr-int/lit8", F22b, None), // e1
    op("ushr-int/lit8", F22b, None), // e2
    op("unused", Unused, None), // e3
    op("unused", Unused, None), // e4
    op("unused", Unused, None), // e5
    op("unused", Unused, None), // e6
    op("unused", Unused, None), // e7
    op("unused", Unused, None), // e8
    op("unused", Unused, None), // e9
    op("unused", Unused, None), // ea
    op("unused", Unused, None), // eb
    op("unused", Unused, None), // ec
    op("unused", Unused, None), // ed
    op("unused", Unused, None), // ee
    op("unused", Unused, None), // ef
    op("unused", Unused, None), // f0
    op("unused", Unused, None), // f1
    op("unused", Unused, None), // f2
    op("unused", Unused, None), // f3
    op("unused", Unused, None), // f4
    op("unused", Unused, None), // f5
    op("unused", Unused, None), // f6
    op("unused", Unused, None), // f7
    op("unused", Unused, None), // f8
    op("unused", Unused, None), // f9
    op("invoke-polymorphic", F45cc, MethodAndProto), // fa
    op("invoke-polymorphic/range", F4rcc, MethodAndProto), // fb
    op("invoke-custom", F35c, CallSite), // fc
    op("invoke-custom/range", F3rc, CallSite), // fd
    op("const-method-handle", F21c, MethodHandle), // fe
    op("const-method-type", F21c, Proto), // ff
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts are those of the table in AOSP "Dalvik bytecode": 0x00–0xff
    /// less 3e–43, 73, 79–7a and e3–f9.
    #[test]
    fn unused_opcodes_are_those_of_the_specification() {
        let unused: Vec<u8> = (0..=255u8)
            .filter(|&b| opcode(b).format == Unused)
            .collect();
        let expected: Vec<u8> = (0x3e..=0x43)
            .chain([0x73, 0x79, 0x7a])
            .chain(0xe3..=0xf9)
            .collect();
        assert_eq!(unused, expected);
    }

    /// Rows from all over the table, written down from AOSP "Dalvik bytecode".
    #[test]
    fn rows_lie_at_their_bytes() {
        for (byte, name, format) in [
            (0x00, "nop", F10x),
            (0x18, "const-wide", F51l),
            (0x1b, "const-string/jumbo", F31c),
            (0x3d, "if-lez", F21t),
            (0x44, "aget", F23x),
            (0x51, "aput-short", F23x),
            (0x52, "iget", F22c),
            (0x6d, "sput-short", F21c),
            (0x72, "invoke-interface", F35c),
            (0x78, "invoke-interface/range", F3rc),
            (0x8f, "int-to-short", F12x),
            (0xaf, "rem-double", F23x),
            (0xcf, "rem-double/2addr", F12x),
            (0xd1, "rsub-int", F22s),
            (0xe2, "ushr-int/lit8", F22b),
            (0xff, "const-method-type", F21c),
        ] {
            assert_eq!(
                (opcode(byte).name, opcode(byte).format),
                (name, format),
                "{byte:#x}"
            );
        }
    }
}
