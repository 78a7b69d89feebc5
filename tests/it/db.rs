//! `permscope db`: the tools of those who edit the data.

use crate::common::{Scratch, db, run, run_in, snapshot, zip};
use permscope::signatures::check::CODES;
use permscope::signatures::{inventory, stats};
use std::fs;

const CLEAN: Option<i32> = Some(0);
const FINDINGS: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);

/// An SDK's file with line numbers that the tests rely on.
const KIT: &str = r#"id = "acme/kit"
name = { zh = "甲", en = "Kit" }
vendor = { zh = "乙", en = "Acme" }
country = "US"
market = "global"
category = "analytics"

[identity]
packages = [
    "com.acme.kit",
]

[examples]
match = [["class com.acme.kit.Client"]]
no_match = [["ref com.acme.kit.Client"]]

[[source]]
of = "*"
from = "us"
date = "2026-11-22"
confidence = "verified"
"#;

fn put(scratch: &Scratch, path: &str, text: &str) {
    let full = std::path::PathBuf::from(scratch.path("data")).join(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, text).unwrap();
}

#[test]
fn a_complaint_has_file_line_code_and_remedy() {
    let scratch = Scratch::new("db-check");
    let folder = scratch.path("data");
    put(&scratch, "sdks/acme/kit.toml", KIT);
    let ran = run(&["db", "check", "--signatures", &folder]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (CLEAN, ""),
        "{}",
        ran.stdout
    );

    let bad = KIT
        .replace("category = \"analytics\"", "category = \"magic\"")
        .replace(
            "    \"com.acme.kit\",\n",
            "    \"com.acme.kit\",\n    \"com.umeng\",\n    \"com.tencent\",\n",
        )
        .replace(
            "match = [[\"class com.acme.kit.Client\"]]\n",
            "match = [[\"class com.acme.kit.Client\"], [\"class com.umeng.analytics.MobclickAgent\"]]\n",
        )
        .replace("date = \"2026-11-22\"", "date = \"today\"");
    put(&scratch, "sdks/acme/kit.toml", &bad);
    let ran = run(&["db", "check", "--signatures", &folder]);
    assert_eq!(ran.code, FINDINGS);
    for line in [
        "sdks/acme/kit.toml:6: sdk-category: category `magic` is unknown (see information/categories.toml)",
        "sdks/acme/kit.toml:12: sdk-vendor-prefix: package `com.tencent` covers more than one SDK (name a package below it, or make it weak)",
        "sdks/acme/kit.toml:16: example-silent: example [class com.umeng.analytics.MobclickAgent]: must match and does not (mend the example or the signature)",
        "sdks/acme/kit.toml:16: example-strange-hit: example [class com.umeng.analytics.MobclickAgent] also shows `umeng/analytics` (take the mark from one of the two, or name the other in examples.also)",
        "sdks/acme/kit.toml:22: source-date: the date `today` of a source (write YYYY-MM-DD)",
    ] {
        assert!(
            ran.stdout.lines().any(|l| l == line),
            "{line}\n{}",
            ran.stdout
        );
    }
    let count = ran.stdout.lines().count();
    assert_eq!(
        ran.stderr,
        format!("permscope: {count} complaints about the data\n")
    );

    let ran = run(&["db", "check", "--signatures", &folder, "--format", "json"]);
    let all: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(all.len(), count);
    let category = all.iter().find(|c| c["code"] == "sdk-category").unwrap();
    assert_eq!(category["file"], "sdks/acme/kit.toml");
    assert_eq!(category["line"], 6);
    assert_eq!(category["remedy"], "see information/categories.toml");
    assert!(
        all.iter()
            .all(|c| CODES.contains(&c["code"].as_str().unwrap()))
    );
}

#[test]
fn overlaps_and_dead_entries_are_named() {
    let scratch = Scratch::new("db-overlap");
    let folder = scratch.path("data");
    // A weak mark that is a strong one of another, and marks that never suffice.
    let dead = KIT.replace(
        "[examples]",
        "weak_packages = [\"com.umeng.analytics\"]\n\n[examples]",
    );
    put(&scratch, "sdks/acme/kit.toml", &dead);
    let weak = KIT.replace("acme/kit", "acme/host").replace(
        "packages = [\n    \"com.acme.kit\",\n]",
        "hosts = [\"a.acme.io\", \"b.acme.io\"]",
    );
    put(&scratch, "sdks/acme/host.toml", &weak);
    let useless = KIT
        .replace("acme/kit", "acme/third")
        .replace("com.acme.kit", "com.acme.third")
        .replace("no_match =", "also = [\"umeng/push\"]\nno_match =");
    put(&scratch, "sdks/acme/third.toml", &useless);
    // Two other vendors below the package of the first.
    for vendor in ["one", "two"] {
        let below = KIT
            .replace("acme/kit", &format!("{vendor}/kit"))
            .replace("com.acme.kit", &format!("com.acme.kit.{vendor}"));
        put(&scratch, &format!("sdks/{vendor}/kit.toml"), &below);
    }
    let ran = run(&["db", "check", "--signatures", &folder]);
    for part in [
        "sdks/acme/kit.toml:10: sdk-overbroad-prefix: prefix `com.acme.kit` covers prefixes of 2 other vendors: one, two (name the packages",
        "sdks/acme/kit.toml:13: identity-dead-mark: weak package `com.umeng.analytics` can never decide",
        "sdks/acme/host.toml:8: identity-too-weak: ",
        "sdks/acme/third.toml:15: example-useless-allowance: no `match` example shows `umeng/push`",
        "sdk-duplicate-name: `acme/host` has the name `Kit` as well",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
}

/// Scripts filter by code: each one is explained.
#[test]
fn every_code_is_documented() {
    let text = fs::read_to_string(crate::common::repo("docs/signatures.md")).unwrap();
    for code in CODES {
        assert!(text.contains(&format!("| `{code}` |")), "{code}");
    }
    let mut sorted = CODES.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, CODES);
}

#[test]
fn the_list_of_entries() {
    let mut text = String::from(
        "# Every entry of the data but the clauses. BLESS=1 cargo test --test it rewrites this file.\n",
    );
    for line in inventory::list(db()) {
        if line.kind != inventory::EntryKind::Clause {
            text.push_str(&line.text());
            text.push('\n');
        }
    }
    snapshot("entries.txt", &text);

    let all = run(&["db", "list"]);
    assert_eq!(all.stdout.lines().count(), inventory::list(db()).len());
    let push = run(&["db", "list", "sdk", "--market", "cn", "--category", "push"]);
    assert!(
        push.stdout
            .lines()
            .all(|l| l.starts_with("sdk | ") && l.contains(" | cn | push | "))
    );
    assert!(
        push.stdout
            .contains("sdk | umeng/push | 友盟推送 / Umeng U-Push | cn | push | marks=package,")
    );
    let json = run(&["db", "list", "packer", "--format", "json"]);
    assert_eq!(json.stdout.lines().count(), db().data.packers.len());
    assert!(
        json.stdout
            .lines()
            .all(|l| l.starts_with("{\"kind\":\"packer\",\"id\":"))
    );
}

#[test]
fn counts_add_up() {
    let found = stats::stats(db());
    let sum = |key: &str| found.group(key).unwrap().counts.values().sum::<usize>();
    let counts = db().counts();
    for key in [
        "sdk_market",
        "sdk_category",
        "sdk_grade",
        "sdk_observed",
        "sdk_collects",
    ] {
        assert_eq!(sum(key), counts.sdks, "{key}");
    }
    assert_eq!(sum("clause_detectability"), counts.clauses);
    assert_eq!(sum("rule_severity"), counts.rules);
    assert_eq!(sum("law_basis"), counts.instruments);
    let most = db().data.sdks.iter().filter(|s| s.most_used).count();
    assert_eq!((sum("most_used"), sum("most_used_complete")), (most, most));
    let json = run(&["db", "stats", "--format", "json"]).json();
    assert_eq!(json["totals"]["sdks"], counts.sdks);
    assert!(run(&["db", "stats"]).stdout.contains("SDKs by market\n"));
    let zh = run_in(&[("LANG", "zh_CN.UTF-8")], &["db", "stats"]);
    assert!(zh.stdout.contains("SDK：市场\n") && !zh.stdout.contains("SDKs by"));
}

#[test]
fn an_entry_is_shown_as_it_stands() {
    let scratch = Scratch::new("db-show");
    let folder = scratch.path("data");
    put(&scratch, "sdks/acme/kit.toml", KIT);
    let ran = run(&["db", "show", "acme/kit", "--signatures", &folder]);
    assert_eq!(ran.code, CLEAN);
    assert!(ran.stdout.ends_with(KIT), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\n# lacks: purpose: no value\n"),
        "{}",
        ran.stdout
    );
    let zh = run(&[
        "db",
        "show",
        "acme/kit",
        "--signatures",
        &folder,
        "--lang",
        "zh",
    ]);
    assert!(
        zh.stdout.contains("\n# 缺少: purpose: 没有内容\n"),
        "{}",
        zh.stdout
    );
    // What is built in is written anew, and is the same entry.
    let ran = run(&["db", "show", "umeng/push"]);
    assert!(
        ran.stdout
            .starts_with("# sdks/umeng/push.toml (built in)\n")
    );
    let sdk: permscope::signatures::schema::Sdk = toml::from_str(&ran.stdout).unwrap();
    assert_eq!(Some(&sdk), db().sdk("umeng/push"));
    assert!(
        run(&["db", "show", "CAMERA"])
            .stdout
            .contains("name = \"android.permission.CAMERA\"")
    );
    assert!(
        run(&["db", "show", "CN-PIPL-28"])
            .stdout
            .contains("# law/CN-PIPL.toml")
    );
    assert_eq!(run(&["db", "show", "no-such-thing"]).code, USAGE);
}

#[test]
fn a_new_file_is_begun_and_none_is_overwritten() {
    let scratch = Scratch::new("db-new");
    let folder = scratch.path("data");
    let new = [
        "db",
        "new",
        "sdk",
        "acme/kit",
        "--dir",
        folder.as_str(),
        "--date",
        "2026-11-22",
    ];
    assert_eq!(run(&new).code, USAGE, "there is no such folder");
    fs::create_dir_all(&folder).unwrap();
    let ran = run(&new);
    assert_eq!(ran.code, CLEAN, "{}", ran.stderr);
    assert_eq!(ran.stdout, format!("{folder}/sdks/acme/kit.toml\n"));
    let check = run(&["db", "check", "--signatures", &folder]);
    assert_eq!(check.code, FINDINGS, "{}", check.stderr);
    assert!(
        check
            .stdout
            .contains("sdks/acme/kit.toml:2: text-missing: name has no `zh`")
    );
    fs::write(format!("{folder}/sdks/acme/kit.toml"), KIT).unwrap();
    assert_eq!(run(&new).code, USAGE);
    assert_eq!(
        fs::read_to_string(format!("{folder}/sdks/acme/kit.toml")).unwrap(),
        KIT
    );
    for id in ["kit", "../x/kit", "Acme/kit"] {
        let ran = run(&["db", "new", "sdk", id, "--dir", &folder]);
        assert_eq!(ran.code, USAGE, "{id}");
    }
}

#[test]
fn a_changed_tier_moves_verdicts() {
    let scratch = Scratch::new("db-diff");
    let folder = scratch.path("data");
    let path = "signatures/functions/38-utility-flashlight.toml";
    let own = fs::read_to_string(crate::common::repo(path)).unwrap();
    let camera = "    \"android.permission.CAMERA\",\n";
    assert!(own.contains(camera));
    put(
        &scratch,
        "functions/38-utility-flashlight.toml",
        &own.replace(camera, ""),
    );
    put(&scratch, "sdks/acme/kit.toml", KIT);

    let app = scratch.write("torch.apk", &crate::common::apk("flashlight-clean"));
    let facts = scratch.path("torch.json");
    assert!(run(&["facts", &app, "-o", &facts]).code == CLEAN);
    let mut read: serde_json::Value = serde_json::from_slice(&fs::read(&facts).unwrap()).unwrap();
    let camera = permscope::package::manifest::UsesPermission {
        name: "android.permission.CAMERA".into(),
        ..Default::default()
    };
    let list = read["manifest"]["uses_permissions"].as_array_mut().unwrap();
    assert!(list.is_empty());
    list.push(serde_json::to_value(camera).unwrap());
    fs::write(&facts, serde_json::to_vec(&read).unwrap()).unwrap();

    let arguments = [
        "db",
        "diff",
        "builtin",
        &folder,
        "--facts",
        &facts,
        "--function",
        "utility-flashlight",
    ];
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (FINDINGS, ""));
    for part in [
        "+ sdk acme/kit\n",
        "~ function utility-flashlight: not_needed\n",
        "acme/kit [class com.acme.kit.Client]\n  + sdk acme/kit strong\n",
        "  - tier android.permission.CAMERA not-needed\n",
        "  + tier android.permission.CAMERA not-judged\n",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert!(ran.stdout.contains(&format!("{facts}\n")), "{}", ran.stdout);
    let same = run(&["db", "diff", "builtin", "builtin"]);
    assert_eq!(same.code, CLEAN, "{}", same.stdout);
    assert!(
        same.stdout
            .starts_with("0 entries differ; the verdict on 0 of ")
    );
    let back = run(&["db", "diff", &folder, "builtin", "--format", "json"]).json();
    assert_eq!(back["entries"][1]["change"], "removed");
    assert_eq!(back["entries"][1]["id"], "acme/kit");
}

#[test]
fn an_archive_is_learned_and_checked() {
    let scratch = Scratch::new("db-learn");
    let folder = scratch.path("data");
    let class = b"\xca\xfe\xba\xbe\0\0\0\x34\0\x02\x01\0\x01x";
    let jar = zip(&[
        ("com/acme/kit/Client.class", class),
        ("com/acme/kit/a.class", class),
    ]);
    let file = scratch.write("kit.jar", &jar);
    let output = format!("{folder}/sdks/acme/kit.toml");
    let learn = ["db", "learn", &file, "--id", "acme/kit", "-o", &output];
    let ran = run(&learn);
    assert_eq!((ran.code, ran.stderr.as_str()), (CLEAN, ""));
    assert_eq!(run(&learn).code, USAGE, "nothing is overwritten");
    // Only what a person knows is missing.
    let check = run(&["db", "check", "--signatures", &folder]);
    let codes: Vec<&str> = check
        .stdout
        .lines()
        .filter_map(|l| l.split(": ").nth(1))
        .collect();
    assert_eq!(
        codes,
        [
            "text-missing",
            "text-missing",
            "text-missing",
            "text-missing",
            "sdk-market",
            "sdk-category",
            "source-empty",
        ],
        "{}",
        check.stdout
    );
    let filled = fs::read_to_string(&output).unwrap();
    let filled = filled
        .replace("zh = \"\", en = \"\"", "zh = \"甲\", en = \"Kit\"")
        .replace("market = \"\"", "market = \"global\"")
        .replace("category = \"\"", "category = \"analytics\"")
        .replace("from = \"\"", "from = \"https://acme.example\"");
    fs::write(&output, filled).unwrap();
    let check = run(&["db", "check", "--signatures", &folder]);
    assert_eq!(check.code, CLEAN, "{}", check.stdout);

    // An APK is read by its facts.
    let app = scratch.write("shop.apk", &crate::common::apk("shop-excess"));
    let ran = run(&["db", "learn", &app]);
    assert!(
        ran.stdout.contains(" are owned by umeng/"),
        "{}",
        ran.stdout
    );
    let text = scratch.write("no.jar", b"no archive");
    assert_eq!(run(&["db", "learn", &text]).code, Some(3));
}
