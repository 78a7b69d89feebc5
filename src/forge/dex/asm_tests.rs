//! Tests of the one-by-one assembler.

use super::*;
use crate::forge::dex::{forge, parse as parse_classes};

fn assembled(body: &str) -> Code {
    let text = format!("class a.A\n method static m(int)\n{body}");
    let classes = parse_classes(&text).unwrap();
    let (tables, _) = Tables::of(&classes).unwrap();
    assemble(&classes[0].methods[0], &tables).unwrap()
}

/// The encodings of "Dalvik executable instruction formats", worked out by hand.
#[test]
fn instructions_word_by_word() {
    let code = assembled(
        "asm registers 6
         asm move v1, v5
         asm const/high16 v2, 0x7f010000
         asm const-wide v2, -2
         asm if-eq v1, v2, end
         asm add-int/lit8 v1, v2, -1
         asm aput-object v1, v2, v3
         asm invoke-static/range {v1 .. v3}, La/A;->n(III)V
         label end
         asm goto end",
    );
    assert_eq!((code.registers, code.ins, code.outs), (6, 1, 3));
    let expected = [
        0x5101, 0x0215, 0x7f01, 0x0218, 0xfffe, 0xffff, 0xffff, 0xffff, 0x2132, 9, 0x01d8, 0xff02,
        0x014d, 0x0302, 0x0377, 1, 1, 0x0029, 0,
    ];
    assert_eq!(code.words, expected);
}

#[test]
fn payloads_lie_behind_the_code_at_even_places() {
    let code = assembled(
        "asm registers 2
         asm packed-switch v1, 5, end, end
         asm fill-array-data v0, 2, 1, -1, 7
         label end
         asm return-void",
    );
    let expected = [
        0x012b, 8, 0, 0x0026, 13, 0, 0x000e, 0x0000, // padding to place 8
        0x0100, 2, 5, 0, 6, 0, 6, 0, // packed-switch-payload
        0x0300, 2, 3, 0, 1, 0xffff, 7, // fill-array-data-payload
    ];
    assert_eq!(code.words, expected);
}

/// `dexdump -d` (Android 11) shows both handlers of such a file: one of a type, one for all.
#[test]
fn tries_with_their_handlers() {
    let body = "asm registers 2
         asm try from, to, typed, Ljava/lang/Exception;
         asm try from, to, all
         label from
         asm const-string v0, \"x\"
         label to
         asm return-void
         label typed
         asm return-void
         label all
         asm return-void";
    let code = assembled(body);
    assert_eq!(code.tries.len(), 1);
    assert_eq!((code.tries[0].start, code.tries[0].end), (0, 2));
    let handlers: Vec<_> = code.tries[0]
        .handlers
        .iter()
        .map(|h| (h.0.is_some(), h.1))
        .collect();
    assert_eq!(handlers, [(true, 3), (false, 4)]);
    assert!(forge(&format!("class a.A\n method static m(int)\n{body}")).is_ok());
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (line, message) in [
        ("asm jump v0", "line 3: unknown instruction \"jump\""),
        ("asm move v0", "line 3: operands of move"),
        ("asm goto x", "line 3: no label \"x\""),
        ("asm move v16, v0", "line 3: operands of move"),
        (
            "asm nop\nstring \"x\"",
            "line 4: only labels go with asm lines",
        ),
    ] {
        let text = format!("class a.A\n method static m(int)\n{line}");
        assert_eq!(forge(&text).unwrap_err().to_string(), message);
    }
}
