use super::history::{self, Report};
use super::platform::{Input, Platform};
use super::table::Table;
use super::{hierarchy, lex, parse};

/// Made by hand: each construct of the format once.
const PUBLIC: &str = r#"// Signature format: 2.0
package android {

  public final class Manifest {
    ctor public Manifest();
  }

  public static final class Manifest.permission {
    ctor public Manifest.permission();
    field public static final String CAMERA = "android.permission.CAMERA";
    field public static final String NEAR = "android.permission.NEAR"; // a "comment" with signs {;
    field public static final String OTHER = "com.example.permission.OTHER";
  }

}

package android.demo {

  public abstract class Base<T extends android.os.Parcelable> implements java.io.Closeable {
    method @RequiresPermission(android.Manifest.permission.CAMERA) public abstract void open(@NonNull T, int);
    method public void take(java.util.List<? extends T>[]);
  }

  @android.annotation.Hint(value={"a", "}"}, text=";") public class Device<T extends android.os.Parcelable> extends android.demo.Base<T> implements android.demo.Face java.lang.Comparable<android.demo.Device> {
    ctor @RequiresPermission("android.permission.NEAR") public Device(@IntRange(from=0, to=java.lang.Integer.MAX_VALUE) int, String...);
    method @RequiresPermission(value=android.Manifest.permission.NEAR, conditional=true) public <A, B extends java.lang.CharSequence & java.lang.Comparable<B>> B[] all(A, B[]...) throws java.io.IOException, android.demo.Device.Broken;
    method @Nullable @RequiresPermission(allOf={android.Manifest.permission.NEAR, "android.permission." + "CAMERA"}, anyOf={android.Manifest.permission.OTHER, "carrier privileges"}) public default java.util.Map.Entry<java.lang.String,@NonNull T> both(Class<?>, @RequiresPermission android.content.Intent);
    method @RequiresPermission(anyOf={android.Manifest.permission.OTHER}) public static char[][] one(@NonNull boolean[]);
    method @RequiresPermission(value=android.Manifest.permission.CAMERA, apis="..22") public void old();
    method @RequiresPermission(value=android.Manifest.permission.CAMERA, apis="23..") public final void young(long @NonNull [], Thread.State);
    method public T free(T);
    field @RequiresPermission(android.Manifest.permission.NEAR) public static final String ACTION_GO = "android.demo.action.GO";
    field @RequiresPermission.Read(@RequiresPermission(android.Manifest.permission.CAMERA)) @RequiresPermission.Write(@RequiresPermission(android.Manifest.permission.NEAR)) public static final android.net.Uri CONTENT_URI;
    field protected static final char C = 0x003b; // 0x003b ';'
    field public static final double D = (0.0/0.0);
    field @Deprecated public T kept = null;
  }

  public class Device.Part<X> {
    ctor @RequiresPermission(android.Manifest.permission.CAMERA) protected Device.Part(X, T);
  }

  public static class Device.Broken extends java.lang.Exception {
    ctor @RequiresPermission(android.Manifest.permission.CAMERA) public Device.Broken(Object);
  }

  public interface Face extends android.demo.Look android.demo.Touch {
    method @RequiresPermission(android.Manifest.permission.CAMERA) public int face();
  }

  public enum Kind {
    method public static android.demo.Kind valueOf(String);
    enum_constant public static final android.demo.Kind A;
  }

  @java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME) public @interface Mark {
    method public abstract Class<? extends java.lang.Throwable>[] value() default {};
    method public abstract String text() default "}";
  }

}
"#;

const SYSTEM: &str = r#"// Signature format: 2.0
package android.demo {

  public class Device<T extends android.os.Parcelable> extends android.demo.Base<T> implements android.demo.Face java.lang.Comparable<android.demo.Device> {
    method @RequiresPermission(android.Manifest.permission.NEAR) public void secret();
  }

}
"#;

fn platform(level: u32) -> Platform {
    let input = |path: &str, text: &str, public| Input {
        path: path.into(),
        text: text.into(),
        public,
    };
    let inputs = [
        input("current.txt", PUBLIC, true),
        input("system-current.txt", SYSTEM, false),
    ];
    Platform::read(&inputs, level).unwrap()
}

fn one(text: &str) -> Result<Platform, String> {
    let text = format!("// Signature format: 2.0\n{text}");
    let input = Input {
        path: "a.txt".into(),
        text,
        public: true,
    };
    Platform::read(&[input], 37)
}

#[test]
fn descriptors_and_permissions() {
    let platform = platform(37);
    let said = |class: &str| {
        let known = &platform.classes[class];
        let lines = known.members.iter().map(|(key, declared)| {
            let needs = declared.needs.as_deref().unwrap_or("-");
            let system = if declared.public { "" } else { "system " };
            format!("{system}{key} {needs}")
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(
        said("Landroid/demo/Device;"),
        [
            "<init>(I[Ljava/lang/String;)V annotation all NEAR",
            "ACTION_GO:Ljava/lang/String; annotation all NEAR",
            "C:C -",
            "CONTENT_URI:Landroid/net/Uri; annotation if any CAMERA NEAR",
            "D:D -",
            "all(Ljava/lang/Object;[[Ljava/lang/CharSequence;)[Ljava/lang/CharSequence; annotation if all NEAR",
            "both(Ljava/lang/Class;Landroid/content/Intent;)Ljava/util/Map$Entry; annotation all CAMERA NEAR any carrier-privileges com.example.permission.OTHER",
            "free(Landroid/os/Parcelable;)Landroid/os/Parcelable; -",
            "kept:Landroid/os/Parcelable; -",
            "old()V -",
            "one([Z)[[C annotation all com.example.permission.OTHER",
            "system secret()V annotation all NEAR",
            "young([JLjava/lang/Thread$State;)V annotation all CAMERA",
        ]
    );
    // The object around an inner class comes first, and its type parameters are known; a static one has none.
    assert_eq!(
        said("Landroid/demo/Device$Part;"),
        [
            "<init>(Landroid/demo/Device;Ljava/lang/Object;Landroid/os/Parcelable;)V annotation all CAMERA"
        ]
    );
    assert_eq!(
        said("Landroid/demo/Device$Broken;"),
        ["<init>(Ljava/lang/Object;)V annotation all CAMERA"]
    );
    assert_eq!(
        said("Landroid/demo/Base;"),
        [
            "open(Landroid/os/Parcelable;I)V annotation all CAMERA",
            "take([Ljava/util/List;)V -"
        ]
    );
    assert_eq!(
        said("Landroid/demo/Mark;"),
        ["text()Ljava/lang/String; -", "value()[Ljava/lang/Class; -"]
    );
    assert_eq!(platform.annotated(), (11, 1));
    assert_eq!(
        platform.actions.iter().collect::<Vec<_>>(),
        ["android.demo.action.GO"]
    );
}

#[test]
fn levels_of_an_annotation() {
    let device = |level| {
        platform(level)
            .classes
            .remove("Landroid/demo/Device;")
            .unwrap()
    };
    assert!(device(22).members["old()V"].needs.is_some());
    assert!(device(23).members["old()V"].needs.is_none());
    let young = "young([JLjava/lang/Thread$State;)V";
    assert!(device(22).members[young].needs.is_none());
    assert!(device(23).members[young].needs.is_some());
}

#[test]
fn errors_name_file_and_line() {
    let wrong = [
        (
            "package a {\n class B {\n  method int x()\n }\n}\n",
            "a.txt:5: `;` expected, `}` found",
        ),
        (
            "package a {\n class B {\n  thing int x();\n",
            "a.txt:4: `thing` is no kind of member",
        ),
        (
            "package a {\n class B {\n  method int (x);\n",
            "a.txt:4: a name expected, `(` found",
        ),
        ("klass B {", "a.txt:2: `package` expected, `klass` found"),
        (
            "package a {\n public B {",
            "a.txt:3: a class expected, `B` found",
        ),
        (
            "package a {\n class B {\n  field String x = \"a",
            "a.txt:4: a string without an end",
        ),
        (
            "package a {\n class B {\n  method @RequiresPermission(a.C.D) int x();\n }\n}\n",
            "a.txt:4: `a.C.D` is declared in none of the files: give the one that declares it",
        ),
        (
            "package a {\n class B {\n  method @RequiresPermission(\"no name\") int x();\n }\n}\n",
            "a.txt:4: \"no name\" is no name of a permission",
        ),
        (
            "package a {\n class B {\n  method @RequiresPermission(some=\"a.b\") int x();\n }\n}\n",
            "a.txt:4: `some` of @RequiresPermission is not known",
        ),
    ];
    for (text, error) in wrong {
        assert_eq!(one(text).unwrap_err(), error);
    }
    assert!(
        parse::file("a.txt", "package a {\n}\n")
            .unwrap_err()
            .starts_with("a.txt:1: ")
    );
    assert!(parse::file("a.txt", "// Signature format: 1.0\n").is_err());
    assert!(parse::file("a.txt", "").unwrap().is_empty());
    // No input ends in a panic.
    for end in 0..PUBLIC.len() {
        if let Some(text) = PUBLIC.get(..end) {
            let _ = parse::file("a.txt", text);
        }
    }
}

#[test]
fn kotlin_nullness_and_defaults() {
    let platform = one(
        "package a {\n public final class B {\n  method public java.util.List<String?>? x(String! name, optional int[]? y = f(1, 2), optional boolean z = {});\n  property public final int p;\n }\n}\n",
    );
    let platform = platform.unwrap();
    let keys: Vec<_> = platform.classes["La/B;"].members.keys().collect();
    assert_eq!(keys, ["x(Ljava/lang/String;[IZ)Ljava/util/List;"]);
}

#[test]
fn words_keep_their_dots() {
    let tokens = lex::split("a.B.c int... x").unwrap();
    let kinds: Vec<_> = tokens.into_iter().map(|t| t.kind).collect();
    let word = |text: &str| lex::Kind::Word(text.into());
    assert_eq!(
        kinds,
        [word("a.B.c"), word("int"), lex::Kind::Dots, word("x")]
    );
}

const TABLE: &str = r#"# 10 members. Left out: 3.
# Levels that were looked at: 23, 35, 36. A range ends there. Levels above 36 have the answer of 36.

[[source]]
of = "*"
from = "before"
date = "2026-01-01"
confidence = "verified"

[class."Landroid/demo/Device;"]
"<init>(I[Ljava/lang/String;)V" = "23-36 annotation all NEAR"
"ACTION_GO:Ljava/lang/String;" = "23-35 annotation all NEAR"
"all(Ljava/lang/Object;[[Ljava/lang/CharSequence;)[Ljava/lang/CharSequence;" = "23-36 annotation all NEAR"
"free(Landroid/os/Parcelable;)Landroid/os/Parcelable;" = "36 annotation all NEAR"
"gone()V" = "23-36 annotation all NEAR"
"hidden()V" = "hidden; 23-36 annotation all NEAR"
"kept:Landroid/os/Parcelable;" = "23-36 mentioned any NEAR"
"never()V" = "system; 23-36 annotation all NEAR"
"open(Landroid/os/Parcelable;I)V" = "36 annotation all NEAR"
"young([JLjava/lang/Thread$State;)V" = "system; 23-36 annotation all CAMERA"

[class."Landroid/elsewhere/A;"]
"a()V" = "36 annotation all NEAR"
"#;

#[test]
fn a_level_is_joined() {
    let mut table = Table::read("t.toml", TABLE).unwrap();
    let platform = platform(37);
    let earlier = one("package android.demo {\n class Device {\n }\n}\n").unwrap();
    let report = history::merge(&mut table, &platform, &earlier, 37).unwrap();
    history::renew_head(&mut table, 37).unwrap();
    let device: Vec<_> = table.groups["Landroid/demo/Device;"]
        .iter()
        .map(|(key, text)| format!("{key} {text}"))
        .collect();
    assert_eq!(
        device,
        [
            "<init>(I[Ljava/lang/String;)V 23-37 annotation all NEAR",
            "ACTION_GO:Ljava/lang/String; 23-35 annotation all NEAR; 37 annotation all NEAR",
            "CONTENT_URI:Landroid/net/Uri; 37 annotation if any CAMERA NEAR",
            "all(Ljava/lang/Object;[[Ljava/lang/CharSequence;)[Ljava/lang/CharSequence; 23-36 annotation all NEAR; 37 annotation if all NEAR",
            "both(Ljava/lang/Class;Landroid/content/Intent;)Ljava/util/Map$Entry; 37 annotation all CAMERA NEAR any carrier-privileges com.example.permission.OTHER",
            "free(Landroid/os/Parcelable;)Landroid/os/Parcelable; 36 annotation all NEAR",
            "gone()V 23-36 annotation all NEAR",
            "hidden()V hidden; 23-37 annotation all NEAR",
            "kept:Landroid/os/Parcelable; 23-37 mentioned any NEAR",
            "never()V system; 23-37 annotation all NEAR",
            "one([Z)[[C 37 annotation all com.example.permission.OTHER",
            "open(Landroid/os/Parcelable;I)V 36-37 annotation all NEAR",
            "secret()V system; 37 annotation all NEAR",
            "young([JLjava/lang/Thread$State;)V 23-37 annotation all CAMERA",
        ]
    );
    // No file declares its package: it is carried on, and told.
    assert_eq!(
        table.groups["Landroid/elsewhere/A;"]["a()V"],
        "36-37 annotation all NEAR"
    );
    assert_eq!(
        report.missing.keys().collect::<Vec<_>>(),
        ["Landroid/elsewhere"]
    );
    assert_eq!(
        (report.extended, report.inherited, report.carried),
        (2, 1, 4)
    );
    assert_eq!(
        (report.changed.len(), report.freed.len(), report.gone.len()),
        (2, 1, 1)
    );
    assert!(table.head.starts_with(
        "# 19 members. Left out: 3.\n# Levels that were looked at: 23, 35 to 37. A range ends there. Levels above 37 have the answer of 37."
    ));

    // Once more changes nothing.
    let once = table.write();
    let mut table = Table::read("t.toml", &once).unwrap();
    let report = history::merge(&mut table, &platform, &earlier, 37).unwrap();
    history::renew_head(&mut table, 37).unwrap();
    assert_eq!(table.write(), once);
    assert_eq!(report.added, Vec::<String>::new());
    // An earlier level cannot be joined any more.
    assert!(history::merge(&mut table, &platform, &earlier, 36).is_err());
}

#[test]
fn a_system_member_ends_where_it_was_seen_before() {
    let mut table = Table::read("t.toml", TABLE).unwrap();
    let earlier = one("package android.demo {\n class Device {\n  method void never();\n }\n}\n");
    history::merge(&mut table, &platform(37), &earlier.unwrap(), 37).unwrap();
    assert_eq!(
        table.groups["Landroid/demo/Device;"]["never()V"],
        "system; 23-36 annotation all NEAR"
    );
}

#[test]
fn actions_are_joined() {
    let text = "# Actions.\n\n[action.broadcast]\n\"android.demo.action.GONE\" = \"36 annotation all NEAR\"\n";
    let mut table = Table::read("i.toml", text).unwrap();
    let report = history::merge_actions(&mut table, &platform(37), 37).unwrap();
    assert_eq!(
        table.write(),
        "# Actions.\n\n[action.action]\n\"android.demo.action.GO\" = \"37 annotation all NEAR\"\n\n[action.broadcast]\n\"android.demo.action.GONE\" = \"36-37 annotation all NEAR\"\n"
    );
    assert_eq!(report.added.len(), 1);
}

#[test]
fn files_and_table_are_compared() {
    let table = TABLE.replace("23-35 annotation all NEAR", "23-36 annotation all NEAR");
    let table = Table::read("t.toml", &table).unwrap();
    let public = history::compare(&table, &platform(36), 36, true);
    // With `young`, which only the table calls a system member.
    assert_eq!(public.same, 3);
    assert_eq!(public.other.len(), 1);
    assert_eq!(public.extra.len(), 4);
}

#[test]
fn supertypes() {
    let mut table = hierarchy::empty();
    assert_eq!(hierarchy::merge(&mut table, &platform(37)), (3, 0));
    let lines = |table: &Table| -> Vec<String> {
        let entries = table.groups["supertypes"].iter();
        entries
            .map(|(class, above)| format!("{class} {above}"))
            .collect()
    };
    let device = "Landroid/demo/Device; Landroid/demo/Base; Landroid/demo/Face;";
    let face = "Landroid/demo/Face; Landroid/demo/Look; Landroid/demo/Touch;";
    assert_eq!(
        lines(&table),
        [
            "Landroid/demo/Device$Broken; Ljava/lang/Exception;",
            device,
            face
        ][..]
    );

    // A later level: another superclass that leads to the old one, and an interface that is gone.
    let later = "package android.demo {\n public class Device extends android.demo.Mid implements java.io.Serializable {\n }\n public class Mid extends android.demo.Base {\n }\n}\npackage java.net {\n class A extends java.net.B {\n }\n class C extends java.util.D {\n }\n}\n";
    assert_eq!(hierarchy::merge(&mut table, &one(later).unwrap()), (2, 1));
    assert_eq!(
        lines(&table),
        [
            "Landroid/demo/Device$Broken; Ljava/lang/Exception;",
            "Landroid/demo/Device; Landroid/demo/Mid; Landroid/demo/Face;",
            face,
            "Landroid/demo/Mid; Landroid/demo/Base;",
            "Ljava/net/A; Ljava/net/B;",
        ]
    );
    let once = table.write();
    hierarchy::merge(&mut table, &one(later).unwrap());
    assert_eq!(table.write(), once);
    assert_eq!(Table::read("h.toml", &once).unwrap(), table);
}

#[test]
fn sources() {
    let mut table = Table::read("t.toml", TABLE).unwrap();
    table.add_source("*", "now", "2026-02-02").unwrap();
    table.add_source("*", "now", "2026-02-02").unwrap();
    assert_eq!(table.write().matches("from = \"now\"").count(), 1);
    assert!(table.add_source("*", "a \"word\"", "2026-02-02").is_err());
    assert!(table.add_source("*", "now", "2026-2-2").is_err());
    assert_eq!(Report::default().missing.len(), 0);
}

#[test]
fn the_repository_s_tables_keep_their_lines() {
    for name in ["apis", "intents", "hierarchy"] {
        let path = crate::root().join(format!("signatures/imported/{name}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let table = Table::read(name, &text).unwrap();
        let lines = |text: &str| {
            let full = text.lines().filter(|line| !line.is_empty());
            full.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            lines(&table.write()),
            lines(&text),
            "{name}.toml is not sorted"
        );
    }
}
