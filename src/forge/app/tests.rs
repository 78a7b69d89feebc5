use super::*;

fn minimal(more: &str) -> String {
    format!("about = {{ zh = \"测试\", en = \"test\" }}\n{more}")
}

#[test]
fn the_least_app_is_one_apk() {
    let sample = Sample::parse("least", &minimal("[base]\npackage = \"a.b\"")).unwrap();
    let files = sample.build().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, "least.apk");
    assert_eq!(files[0].1[..4], *b"PK\x03\x04");
    assert!(sample.functions.is_empty());
}

#[test]
fn functions_may_be_one_or_several() {
    let functions = |line: &str| {
        Sample::parse("x", &minimal(&format!("{line}\n[base]\npackage = \"a.b\"")))
            .unwrap()
            .functions
    };
    assert_eq!(functions("function = \"news\""), ["news"]);
    assert_eq!(
        functions("function = [\"news\", \"ebook\"]"),
        ["news", "ebook"]
    );
}

/// Strings of split tables stand under the ids of the base; a name that the base lacks is a mistake.
#[test]
fn configuration_splits_share_the_ids_of_the_base() {
    let text = |name: &str| {
        minimal(&format!(
            "[base]\npackage = \"a.b\"\n[base.strings]\na = \"1\"\nb = \"2\"\n[[split]]\nname = \"config.zh\"\n\
             zip = {{ stored = true }}\n[split.strings]\n{name} = {{ zh = \"二\" }}"
        ))
    };
    let files = Sample::parse("s", &text("b")).unwrap().build().unwrap();
    let (name, bytes) = &files[1];
    assert_eq!(name, "split_config.zh.apk");
    // The type chunk of the split: two entries, the first one absent, the second at 0.
    let index = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 8, 0, 0, 0];
    assert!(
        bytes.windows(12).any(|w| w == index),
        "no such index in the split"
    );
    let error = Sample::parse("s", &text("c"))
        .unwrap()
        .build()
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "s, split config.zh: the base has no resource string/c"
    );
}

#[test]
fn mistakes_say_where_they_are() {
    let error = |more: &str| {
        Sample::parse("bad", &minimal(more))
            .and_then(|s| s.build())
            .unwrap_err()
            .to_string()
    };
    assert!(error("[base]\npakage = \"a\"").contains("unknown field `pakage`"));
    assert_eq!(
        error(
            "[base]\nmanifest = '''\n<manifest>\n<application android:label='@string/x'/></manifest>'''"
        ),
        "bad, base, manifest, line 2: label: no resource is called string/x"
    );
    assert_eq!(
        error("[[base.dex]]\nclasses = '''\nclass a.A\n method m()\n jump'''"),
        "bad, base, dex[0], line 3: unknown statement \"jump\""
    );
    assert_eq!(
        error("[base.files]\n\"a\" = { hex = \"0\" }"),
        "bad, base, a: bad hexadecimal"
    );
    assert_eq!(
        error("[base]\n[[split]]\nfeature = true"),
        "bad: a split without a name"
    );
}

#[test]
fn a_bundle_holds_all_files() {
    let sample = Sample::parse(
        "b",
        &minimal(
            "[bundle]\nname = \"x.apks\"\nfolder = \"splits/\"\n[base]\npackage = \"a.b\"\n[[split]]\nname = \"s\"",
        ),
    )
    .unwrap();
    let files = sample.build().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, "x.apks");
    for name in ["splits/base.apk", "splits/split_s.apk"] {
        let name = name.as_bytes();
        assert_eq!(
            files[0]
                .1
                .windows(name.len())
                .filter(|w| *w == name)
                .count(),
            2,
            "twice: local and central"
        );
    }
}
