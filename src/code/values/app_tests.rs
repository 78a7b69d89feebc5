//! Tests of whole files and apps: fields, wrappers, limits, and methods that cannot be read.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong fails"
)]

use super::tests::{one_of, only, open, resolve_files, resolve_with, strings, text, wanted};
use super::*;
use crate::code::{Budget, Faults, Invoke};
use crate::forge::dex::forge;
use crate::limits::Limits;

const WANT: &str = "asm invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V\nasm return-void";

#[test]
fn parameters_and_the_kind_of_call() {
    let text = "class a.A
        method m(long, int, java.lang.String)
         asm registers 8
         asm invoke-virtual/range {v3 .. v7}, Lt/T;->want(JILjava/lang/String;)V
         asm invoke-super {v3, v7}, Lt/T;->wantObject(Ljava/lang/Object;)V
         asm iget-object v0, v3, Lt/T;->want:Ljava/lang/Object;
         asm return-void
         asm invoke-static {v7}, Lt/T;->wantDead(Ljava/lang/Object;)V
         asm return-void";
    let found = resolve_with(&[text], &Limits::default());
    let uses: Vec<_> = found.uses.iter().map(|r| &r.used).collect();
    assert_eq!(uses.len(), 4);
    let all = [
        Value::This,
        Value::Parameter(0),
        Value::Parameter(1),
        Value::Parameter(2),
    ];
    assert_eq!(uses[0].arguments, all.map(only));
    assert_eq!(
        (uses[0].how, uses[0].is_range),
        (How::Call(Invoke::Virtual), true)
    );
    assert_eq!(
        uses[1].arguments,
        [Value::This, Value::Parameter(2)].map(only)
    );
    assert_eq!(
        (uses[1].how, uses[1].is_range),
        (How::Call(Invoke::Super), false)
    );
    assert_eq!(
        (uses[2].how, &uses[2].arguments[..]),
        (How::Read, &[only(Value::This)][..])
    );
    assert!(!uses[3].is_reached);
    assert_eq!(uses[3].arguments, [Possible::unknown()]);
}

#[test]
fn static_final_fields_hold_their_constants() {
    let constants = "class c.C
        field static final NAME java.lang.String = \"sms\"
        field static CHANGES java.lang.String = \"x\"
        field static final LIST java.lang.String[]
        field static final URI android.net.Uri
        field static final TWICE java.lang.String
        method static <clinit>()
         list = strings \"a\" \"b\"
         put static c.C.LIST java.lang.String[] with list
         s = string \"content://sms\"
         uri = call static android.net.Uri.parse(java.lang.String) android.net.Uri with s
         put static c.C.URI android.net.Uri with uri
         put static c.C.TWICE java.lang.String with s
         put static c.C.TWICE java.lang.String with \"y\"";
    let user = "class a.A
        method static m()
         a = get static c.C.NAME java.lang.String
         b = get static c.C.CHANGES java.lang.String
         c = get static c.C.LIST java.lang.String[]
         d = get static c.C.URI android.net.Uri
         e = get static c.C.TWICE java.lang.String
         call static t.T.want(java.lang.String, java.lang.String, java.lang.String[], android.net.Uri, java.lang.String) void with a, b, c, d, e";
    // The user comes first, in another file.
    let found = resolve_with(&[user, constants], &Limits::default());
    assert!(
        found.faults.iter().all(Faults::is_empty),
        "{:?}",
        found.faults
    );
    let uri = Value::Call {
        method: "Landroid/net/Uri;->parse(Ljava/lang/String;)Landroid/net/Uri;".to_owned(),
        arguments: vec![only(text("content://sms"))],
    };
    let field = |name: &str| Value::Field(format!("Lc/C;->{name}:Ljava/lang/String;"));
    // It is "x" until somebody changes it.
    let mut changes = one_of(&[text("x"), field("CHANGES")]);
    changes.more = true;
    let expected = [
        only(text("sms")),
        changes,
        only(strings(&["a", "b"])),
        only(uri),
        only(field("TWICE")),
    ];
    assert_eq!(found.uses[0].used.arguments, expected);
}

#[test]
fn one_level_of_wrappers() {
    let helper = "class h.H
        method static ask(int, java.lang.String)
         list = call static h.H.pair(java.lang.String) java.lang.String[] with p1
         call static t.T.want(java.lang.String, int) void with p1, 7
        method static fixed(java.lang.String)
         call static t.T.want(java.lang.String, int) void with \"fixed\", 8";
    let callers = "class a.A
        method static one()
         call static h.H.ask(int, java.lang.String) void with 3, \"camera\"
         call static h.H.fixed(java.lang.String) void with \"no\"
        method static two(java.lang.String)
         call static h.H.ask(int, java.lang.String) void with 3, p0";
    let found = resolve_with(&[callers, helper], &Limits::default());
    assert_eq!((found.wrappers, found.total), (1, 4));
    let lines: Vec<(u32, bool, Vec<Possible>)> = found
        .uses
        .iter()
        .map(|r| (r.dex, r.via.is_some(), r.used.arguments.clone()))
        .collect();
    let pair = |value: Value, n: i64| vec![only(value), only(Value::Int(n))];
    assert_eq!(
        lines,
        [
            (1, false, pair(Value::Parameter(1), 7)),
            (1, false, pair(text("fixed"), 8)),
            (0, true, pair(text("camera"), 7)),
            (0, true, pair(Value::Parameter(0), 7)),
        ]
    );
    let via = found.uses[2].via.as_ref().unwrap();
    assert_eq!(
        (via.dex, via.method.as_str()),
        (1, "Lh/H;->ask(ILjava/lang/String;)V")
    );
    assert_eq!(via.site, found.uses[0].used.site);
}

/// A method beyond the limits: within a block all is known, at a label all is forgotten.
#[test]
fn a_large_method_is_read_straight_through() {
    let limits = Limits {
        value_instructions: 3,
        ..Limits::default()
    };
    let text = format!(
        "class a.A\n method static m(int)\n asm registers 8\n asm const-string v0, \"a\"\n \
         asm invoke-static {{v0}}, Lt/T;->wantFirst(Ljava/lang/Object;)V\n asm if-eqz v7, end\n \
         asm invoke-static {{v0}}, Lt/T;->wantNext(Ljava/lang/Object;)V\n asm const-string v0, \"b\"\n label end\n {WANT}"
    );
    let found = resolve_with(&[&text], &limits);
    assert_eq!((found.straight, found.followed), (1, 0));
    let values: Vec<&Possible> = found.uses.iter().map(|r| &r.used.arguments[0]).collect();
    let a = only(self::text("a"));
    assert_eq!(values, [&a, &a, &Possible::unknown()]);
}

/// ART runs none of these; each is a fault, and its call is there with nothing known.
#[test]
fn broken_methods_are_faults() {
    let call = "asm invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V";
    for (what, body) in [
        (
            "a register outside",
            format!("asm const/4 v9, 0\n{call}\nasm return-void"),
        ),
        ("a jump outside", format!("raw 0029 0400\n{call}")),
        (
            "a jump into an instruction",
            format!("raw 0228\nraw 001a 0000\n{call}"),
        ),
        (
            "a call that does not fit",
            "asm invoke-static {v0, v1}, Lt/T;->want(Ljava/lang/Object;)V\nasm return-void"
                .to_owned(),
        ),
        (
            "tries that overlap",
            format!(
                "asm try a, c, a\nasm try b, c, a\nlabel a\nasm nop\nlabel b\nasm nop\nlabel c\n{call}\nasm return-void"
            ),
        ),
    ] {
        let text = if body.contains("raw") {
            // The raw words stand before a statement that has no need of registers of its own.
            let body = body.replace(
                call,
                "call static t.T.want(java.lang.Object) void with null",
            );
            format!("class a.A\n method static m()\n x = load null\n{body}")
        } else {
            format!("class a.A\n method static m()\n asm registers 2\n{body}")
        };
        let found = resolve_with(&[&text], &Limits::default());
        assert_eq!(found.unread, 1, "{what}");
        assert_eq!(found.faults[0].total, 1, "{what}");
        assert_eq!(found.uses.len(), 1, "{what}");
        assert!(
            found.uses[0].used.arguments.iter().all(|a| a.more),
            "{what}"
        );
    }
}

#[test]
fn a_spent_budget_is_said() {
    let text =
        format!("class a.A\n method static m(int)\n asm registers 8\n asm const/4 v0, 0\n{WANT}");
    let bytes = forge(&text).unwrap();
    let dex = open(&bytes);
    let wanted = wanted(&dex);
    let files = [File {
        sites: None,
        graph: None,
        dex: &dex,
        wanted: &wanted,
    }];
    let limits = Limits::default();
    let found = resolve_files(&files, &limits, &mut Budget::of_steps(8));
    assert!(found.faults[0].cut_short);
    assert!(
        found
            .uses
            .iter()
            .all(|r| r.used.arguments.iter().all(|a| a.more))
    );
}

/// A call that names a subclass reaches the wrapper it inherits, but not past an overriding method.
#[test]
fn wrappers_are_inherited() {
    let text = "class a.Base
        method ask(java.lang.String)
         call static t.T.want(java.lang.String) void with p0
        class a.Heir extends a.Base
        method m()
         call virtual a.Heir.ask(java.lang.String) void on this with \"heir\"
        class a.Other extends a.Base
        method ask(java.lang.String)
         call static x.Y.z() void
        method m()
         call virtual a.Other.ask(java.lang.String) void on this with \"other\"";
    let found = resolve_with(&[text], &Limits::default());
    let values: Vec<_> = found
        .uses
        .iter()
        .map(|r| r.used.arguments[0].clone())
        .collect();
    assert_eq!(
        values,
        [only(Value::Parameter(0)), only(self::text("heir"))]
    );
}
