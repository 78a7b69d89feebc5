//! Methods written by hand, with the values that must come out.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong fails"
)]

use super::*;
use crate::code::{Budget, Faults, HierarchyBuilder, Program, Wanted};
use crate::dex::Dex;
use crate::forge::dex::forge;
use crate::limits::Limits;

pub(super) fn open(bytes: &[u8]) -> Dex<'_> {
    Dex::parse(bytes, "x.dex", &Limits::default(), &mut Vec::new()).unwrap()[0]
}

/// Everything that is called `want…`, in class `t.T`.
pub(super) fn wanted(dex: &Dex<'_>) -> Wanted {
    let mut wanted = Wanted::nothing(dex);
    let mut budget = Budget::new(&Limits::default());
    wanted.select_methods(dex, &mut budget, |m| {
        m.class == "Lt/T;" && m.name.starts_with("want")
    });
    wanted.select_fields(dex, &mut budget, |m| m.class == "Lt/T;" && m.name == "want");
    wanted
}

pub(super) fn resolve_with(texts: &[&str], limits: &Limits) -> Resolution {
    let bytes: Vec<Vec<u8>> = texts.iter().map(|text| forge(text).unwrap()).collect();
    let dexes: Vec<Dex<'_>> = bytes.iter().map(|bytes| open(bytes)).collect();
    let wanted: Vec<Wanted> = dexes.iter().map(wanted).collect();
    let files: Vec<File<'_, '_>> = dexes
        .iter()
        .zip(&wanted)
        .map(|(dex, wanted)| File {
            dex,
            wanted,
            sites: None,
            graph: None,
        })
        .collect();
    resolve_files(&files, limits, &mut Budget::new(limits))
}

pub(super) fn resolve_files(
    files: &[File<'_, '_>],
    limits: &Limits,
    budget: &mut Budget,
) -> Resolution {
    let (mut faults, mut unlimited) = (Faults::default(), Budget::new(&Limits::default()));
    let mut builder = HierarchyBuilder::new();
    for (number, file) in (0u32..).zip(files) {
        builder.add(file.dex, number, &mut unlimited, &mut faults);
    }
    let hierarchy = builder.finish();
    let dexes = files.iter().map(|file| file.dex);
    let program = Program::new(dexes, &hierarchy, &mut unlimited, &mut faults);
    resolve(files, &program, limits, budget)
}

/// The arguments of the only wanted use of a static method `m` with these lines.
fn arguments(parameters: &str, body: &str) -> Vec<Possible> {
    let text = format!("class a.A\n method static m({parameters})\n{body}");
    let found = resolve_with(&[&text], &Limits::default());
    assert!(
        found.faults.iter().all(Faults::is_empty),
        "{:?}",
        found.faults
    );
    assert_eq!(found.uses.len(), 1, "{:#?}", found.uses);
    found.uses[0].used.arguments.clone()
}

/// Instructions that have one wanted call with one argument.
fn asm(body: &str) -> Possible {
    let lines: Vec<String> = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| match line.strip_suffix(':') {
            Some(label) => format!("label {label}"),
            None => format!("asm {line}"),
        })
        .collect();
    let all = arguments("int", &format!("asm registers 8\n{}", lines.join("\n")));
    assert_eq!(all.len(), 1);
    all[0].clone()
}

pub(super) fn text(text: &str) -> Value {
    Value::text(text)
}

fn begins(text: &str) -> Value {
    Value::Text {
        text: text.to_owned(),
        open: true,
    }
}

pub(super) fn only(value: Value) -> Possible {
    Possible::only(value)
}

pub(super) fn one_of(values: &[Value]) -> Possible {
    let mut values = values.to_vec();
    values.sort();
    Possible {
        values,
        more: false,
    }
}

/// Ends a piece of code with the wanted call of v0.
fn v0(body: &str) -> Possible {
    asm(&format!(
        "{body}\ninvoke-static {{v0}}, Lt/T;->want(Ljava/lang/Object;)V\nreturn-void"
    ))
}

pub(super) fn strings(all: &[&str]) -> Value {
    Value::Array {
        class: "[Ljava/lang/String;".to_owned(),
        elements: Some(all.iter().map(|s| only(text(s))).collect()),
    }
}

#[test]
fn constants_of_every_kind() {
    let all = arguments(
        "",
        "asm registers 16
         asm const-string v0, \"phone\"
         asm const/4 v1, -1
         asm const v2, 0x12345678
         asm const/high16 v3, 0x7f010000
         asm const-wide v4, 0x123456789abcdef0
         asm const-class v6, Lx/Y;
         asm const/4 v7, 0
         asm const/16 v8, 1
         asm const-wide/16 v9, -2
         asm invoke-static/range {v0 .. v10}, Lt/T;->want(Ljava/lang/String;IIIJLjava/lang/Class;Ljava/lang/Object;ZJ)V
         asm return-void",
    );
    let expected = [
        text("phone"),
        Value::Int(-1),
        Value::Int(0x1234_5678),
        Value::Int(0x7f01_0000),
        Value::Int(0x1234_5678_9abc_def0),
        Value::Class("Lx/Y;".to_owned()),
        Value::Null,
        Value::Int(1),
        Value::Int(-2),
    ];
    assert_eq!(all, expected.map(only));
}

#[test]
fn registers_that_are_moved_or_overwritten() {
    let moved = v0(
        "const-string v3, \"a\"\nmove-object/from16 v5, v3\nconst-string v3, \"b\"\nmove-object v0, v5",
    );
    assert_eq!(moved, only(text("a")));
    let cast = v0("const-string v0, \"a\"\ncheck-cast v0, Ljava/lang/CharSequence;");
    assert_eq!(cast, only(text("a")));
    let tested = v0("const-string v1, \"a\"\ninstance-of v0, v1, Lx/Y;");
    assert_eq!(tested, Possible::unknown());
    let sum = v0("const/4 v0, 1\nadd-int/lit8 v0, v0, 1");
    assert_eq!(sum, Possible::unknown());
}

/// A pair that loses one half is no value any more, whichever half it is.
#[test]
fn pairs_overwritten_in_part() {
    let want = "invoke-static {v0, v1}, Lt/T;->want(J)V\nreturn-void";
    let pair = "const-wide/16 v0, 7";
    assert_eq!(asm(&format!("{pair}\n{want}")), only(Value::Int(7)));
    let high = asm(&format!("{pair}\nconst/4 v1, 0\n{want}"));
    assert_eq!(high, Possible::unknown());
    // Another pair across it: v0 is left over from the first.
    let across = asm(&format!("{pair}\nconst-wide/16 v1, 8\n{want}"));
    assert_eq!(across, Possible::unknown());
    let moved = asm(&format!("const-wide/16 v1, 7\nmove-wide v0, v1\n{want}"));
    assert_eq!(moved, only(Value::Int(7)));
    // A single register below a pair stays.
    let below = v0("const/4 v0, 0\nconst-wide/16 v1, 7");
    assert_eq!(below, only(Value::Null));
}

#[test]
fn paths_that_meet_keep_both_values() {
    let both = v0(
        "if-eqz v7, other\nconst-string v0, \"a\"\ngoto end\nother:\nconst-string v0, \"b\"\nend:",
    );
    assert_eq!(both, one_of(&[text("a"), text("b")]));
    // One path does not set it to a constant: nothing is certain.
    let near = v0(
        "const-string v0, \"a\"\nif-eqz v7, end\ninvoke-static {}, Lx/Y;->z()V\nmove-exception v0\nend:",
    );
    assert_eq!(near, Possible::unknown());
    // Overwritten on one path: never only the other path's value.
    let over = v0("const-string v0, \"a\"\nif-eqz v7, end\nconst-string v0, \"b\"\nend:");
    assert_eq!(over, one_of(&[text("a"), text("b")]));
    // Overwritten on both.
    let gone = v0(
        "const-string v0, \"a\"\nif-eqz v7, x\nconst-string v0, \"b\"\ngoto end\nx:\nconst-string v0, \"b\"\nend:",
    );
    assert_eq!(gone, only(text("b")));
}

#[test]
fn switches_lead_to_all_their_cases() {
    let body = |switch: &str| {
        v0(&format!(
            "const-string v0, \"d\"\n{switch}\ngoto end\na:\nconst-string v0, \"a\"\ngoto end\nb:\nconst-string v0, \"b\"\nend:"
        ))
    };
    let expected = one_of(&[text("a"), text("b"), text("d")]);
    assert_eq!(body("packed-switch v7, 1, a, b"), expected);
    assert_eq!(body("sparse-switch v7, 1, a, 500, b"), expected);
    let nine: Vec<String> = (0..9).map(|n| format!("c{n}")).collect();
    let cases: Vec<String> = (0..9)
        .map(|n| format!("c{n}:\nconst-string v0, \"{n}\"\ngoto end"))
        .collect();
    let many = v0(&format!(
        "packed-switch v7, 0, {}\nreturn-void\n{}\nend:",
        nine.join(", "),
        cases.join("\n")
    ));
    assert_eq!(many, Possible::unknown());
    let eight = v0(&format!(
        "packed-switch v7, 0, {}\nreturn-void\n{}\nend:",
        nine[..8].join(", "),
        cases[..8].join("\n")
    ));
    assert_eq!(eight.values.len(), 8);
    assert!(!eight.more);
}

#[test]
fn loops_settle() {
    // The second round sees what the first left.
    let round = asm("const-string v0, \"first\"
         const-string v1, \"next\"
         again:
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         move-object v0, v1
         if-eqz v7, again
         return-void");
    assert_eq!(round, one_of(&[text("first"), text("next")]));
    // A text that grows with each round.
    let grows = v0("new-instance v1, Ljava/lang/StringBuilder;
         invoke-direct {v1}, Ljava/lang/StringBuilder;-><init>()V
         const-string v2, \"x\"
         again:
         invoke-virtual {v1, v2}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
         if-eqz v7, again
         invoke-virtual {v1}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
         move-result-object v0");
    assert_eq!(grows, Possible::unknown());
    // An array made in each round is another one each time.
    let fresh = asm("const/4 v1, 1
         const/4 v2, 0
         const/4 v5, 0
         again:
         new-array v0, v1, [Ljava/lang/String;
         if-eqz v5, first
         const-string v3, \"old\"
         aput-object v3, v5, v2
         first:
         move-object v5, v0
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         if-eqz v7, again
         return-void");
    // By then other code has it, so its elements are not known to be null.
    assert_eq!(fresh.values.len(), 1);
    let [
        Value::Array {
            elements: Some(elements),
            ..
        },
    ] = &fresh.values[..]
    else {
        panic!("{fresh:?}");
    };
    assert_eq!(elements[..], [only(Value::Null)]);
}

#[test]
fn handlers_start_with_what_was_there_before() {
    // Before the call v0 is "a", behind it "b", which no instruction in the try can see and throw.
    let before = asm("try from, to, handler
         const-string v1, \"b\"
         const-string v0, \"a\"
         from:
         invoke-static {}, Lx/Y;->z()V
         move-object v0, v1
         to:
         return-void
         handler:
         move-exception v1
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         return-void");
    assert_eq!(before, only(text("a")));
    let between = asm("try from, to, handler, Ljava/lang/Exception;
         const-string v1, \"b\"
         const-string v0, \"a\"
         from:
         invoke-static {}, Lx/Y;->z()V
         move-object v0, v1
         invoke-static {}, Lx/Y;->z()V
         to:
         return-void
         handler:
         move-exception v1
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         return-void");
    assert_eq!(between, one_of(&[text("a"), text("b")]));
    let exception = asm("try from, to, handler
         const-string v0, \"a\"
         from:
         invoke-static {}, Lx/Y;->z()V
         to:
         return-void
         handler:
         move-exception v0
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         return-void");
    assert_eq!(exception, Possible::unknown());
    // The callee may have written into the array before it threw.
    let touched = asm("try from, to, handler
         const-string v1, \"a\"
         filled-new-array {v1}, [Ljava/lang/String;
         move-result-object v0
         from:
         invoke-static {v0}, Lx/Y;->z([Ljava/lang/String;)V
         to:
         return-void
         handler:
         move-exception v1
         invoke-static {v0}, Lt/T;->want(Ljava/lang/Object;)V
         return-void");
    let unknown_array = Value::Array {
        class: "[Ljava/lang/String;".to_owned(),
        elements: None,
    };
    assert_eq!(touched, only(unknown_array));
}

#[test]
fn texts_that_are_put_together() {
    let builder = |appends: &str| {
        v0(&format!(
            "new-instance v1, Ljava/lang/StringBuilder;
             const-string v2, \"content://\"
             invoke-direct {{v1, v2}}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
             {appends}
             invoke-virtual {{v1}}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
             move-result-object v0"
        ))
    };
    let sms = "const-string v3, \"sms\"
        invoke-virtual {v1, v3}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
        move-result-object v1
        const/16 v4, 47
        invoke-virtual {v1, v4}, Ljava/lang/StringBuilder;->append(C)Ljava/lang/StringBuilder;
        const/4 v4, 5
        invoke-virtual {v1, v4}, Ljava/lang/StringBuilder;->append(I)Ljava/lang/StringBuilder;
        invoke-virtual {v1, v4}, Ljava/lang/StringBuilder;->append(Z)Ljava/lang/StringBuilder;";
    assert_eq!(builder(sms), only(text("content://sms/5true")));
    let open =
        "invoke-virtual {v1, v7}, Ljava/lang/StringBuilder;->append(I)Ljava/lang/StringBuilder;";
    assert_eq!(builder(open), only(begins("content://")));
    let turned =
        "invoke-virtual {v1}, Ljava/lang/StringBuilder;->reverse()Ljava/lang/StringBuilder;";
    assert_eq!(builder(turned), Possible::unknown());
    let given = "invoke-static {v1}, Lx/Y;->z(Ljava/lang/StringBuilder;)V";
    assert_eq!(builder(given), Possible::unknown());
    let alias = "move-object v5, v1\ninvoke-static {v5}, Lx/Y;->z(Ljava/lang/StringBuilder;)V";
    assert_eq!(builder(alias), Possible::unknown());
    let concat = v0("const-string v1, \"a\"\nconst-string v2, \"b\"
        invoke-virtual {v1, v2}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;
        move-result-object v0");
    assert_eq!(concat, only(text("ab")));
    let value = v0("const/4 v1, 3
        invoke-static {v1}, Ljava/lang/String;->valueOf(I)Ljava/lang/String;
        move-result-object v0");
    assert_eq!(value, only(text("3")));
}

#[test]
fn arrays_and_who_may_change_them() {
    let made = "const/4 v1, 2
        new-array v0, v1, [Ljava/lang/String;
        const/4 v1, 0
        const-string v2, \"a\"
        aput-object v2, v0, v1
        const/4 v1, 1
        const-string v2, \"b\"
        aput-object v2, v0, v1";
    assert_eq!(v0(made), only(strings(&["a", "b"])));
    let unknown = Value::Array {
        class: "[Ljava/lang/String;".to_owned(),
        elements: None,
    };
    let somewhere = v0(&format!("{made}\naput-object v2, v0, v7"));
    assert_eq!(somewhere, only(unknown.clone()));
    let stored = v0(&format!(
        "{made}\nsput-object v0, Lx/Y;->f:[Ljava/lang/String;"
    ));
    assert_eq!(stored, only(unknown));
    let filled = v0("const-string v1, \"a\"\nconst-string v2, \"b\"
        filled-new-array/range {v1 .. v2}, [Ljava/lang/String;
        move-result-object v0");
    assert_eq!(filled, only(strings(&["a", "b"])));
    let numbers = v0("const/4 v1, 3\nnew-array v0, v1, [I\nfill-array-data v0, 4, 1, -2, 300000");
    let ints = [1, -2, 300_000].map(|n| only(Value::Int(n)));
    let expected = Value::Array {
        class: "[I".to_owned(),
        elements: Some(ints.to_vec()),
    };
    assert_eq!(numbers, only(expected));
    let taken = v0(&format!("{made}\naget-object v0, v0, v1"));
    assert_eq!(taken, only(text("b")));
    let any = v0(&format!("{made}\naget-object v0, v0, v7"));
    assert_eq!(any, one_of(&[text("a"), text("b")]));
    // One path changes the second element.
    let joined = v0(&format!(
        "{made}\nif-eqz v7, end\nconst-string v2, \"c\"\naput-object v2, v0, v1\nend:"
    ));
    let elements = vec![only(text("a")), one_of(&[text("b"), text("c")])];
    let expected = Value::Array {
        class: "[Ljava/lang/String;".to_owned(),
        elements: Some(elements),
    };
    assert_eq!(joined, only(expected));
}

/// A second register for the array, joined with an unknown one: a write through it may change the array.
#[test]
fn an_alias_that_is_lost_takes_the_content_with_it() {
    let lost = v0("const-string v1, \"a\"
        filled-new-array {v1}, [Ljava/lang/String;
        move-result-object v0
        move-object v3, v0
        const/4 v5, 0
        if-eqz v7, end
        invoke-static {}, Lx/Y;->z()V
        move-exception v3
        end:
        const-string v1, \"b\"
        aput-object v1, v3, v5");
    assert_eq!(lost.values.len(), 1);
    assert!(matches!(
        &lost.values[0],
        Value::Array { elements: None, .. }
    ));
}

#[test]
fn objects_fields_and_results() {
    let service = v0("const-string v1, \"phone\"
        sget-object v2, Lx/App;->context:Landroid/content/Context;
        invoke-virtual {v2, v1}, Landroid/content/Context;->getSystemService(Ljava/lang/String;)Ljava/lang/Object;
        move-result-object v0
        check-cast v0, Landroid/telephony/TelephonyManager;");
    let get = "Landroid/content/Context;->getSystemService(Ljava/lang/String;)Ljava/lang/Object;";
    let context = Value::Field("Lx/App;->context:Landroid/content/Context;".to_owned());
    let expected = Value::Call {
        method: get.to_owned(),
        arguments: vec![only(context), only(text("phone"))],
    };
    assert_eq!(service, only(expected));
    let intent = v0("new-instance v0, Landroid/content/Intent;
        const-string v1, \"android.intent.action.CALL\"
        invoke-direct {v0, v1}, Landroid/content/Intent;-><init>(Ljava/lang/String;)V
        const-string v1, \"tel:1\"
        invoke-static {v1}, Landroid/net/Uri;->parse(Ljava/lang/String;)Landroid/net/Uri;
        move-result-object v1
        invoke-virtual {v0, v1}, Landroid/content/Intent;->setData(Landroid/net/Uri;)Landroid/content/Intent;
        const/4 v1, 1
        invoke-virtual {v0, v1}, Landroid/content/Intent;->addFlags(I)Landroid/content/Intent;
        move-result-object v0");
    let uri = Value::Call {
        method: "Landroid/net/Uri;->parse(Ljava/lang/String;)Landroid/net/Uri;".to_owned(),
        arguments: vec![only(text("tel:1"))],
    };
    let expected = Value::Intent {
        action: only(text("android.intent.action.CALL")),
        data: only(uri),
        component: only(Value::Null),
    };
    assert_eq!(intent, only(expected));
    let made = v0("new-instance v0, Landroid/content/ComponentName;
        const-string v1, \"p\"
        const-string v2, \"c\"
        invoke-direct {v0, v1, v2}, Landroid/content/ComponentName;-><init>(Ljava/lang/String;Ljava/lang/String;)V");
    let init = "Landroid/content/ComponentName;-><init>(Ljava/lang/String;Ljava/lang/String;)V";
    let expected = Value::New {
        class: "Landroid/content/ComponentName;".to_owned(),
        made: Some((init.to_owned(), vec![only(text("p")), only(text("c"))])),
    };
    assert_eq!(made, only(expected));
}
