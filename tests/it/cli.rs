//! What a user types, sees and gets back.

use crate::common::{Ran, Scratch, apk, command, db, run, run_in, run_with_input, sample};
use serde_json::Value;
use std::fs;
use std::process::Stdio;

const CLEAN: Option<i32> = Some(0);
const FINDINGS: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);

/// An app with findings of several severities.
fn shop(scratch: &Scratch) -> String {
    scratch.write("shop.apk", &apk("shop-excess"))
}

/// The ids of the functions that an audit was judged against.
fn declared(app: &str, functions: &[&str]) -> Result<Vec<String>, String> {
    let mut arguments = vec!["audit", app, "--format", "json", "--fail-on", "never"];
    for function in functions {
        arguments.extend(["--function", function]);
    }
    let ran = run(&arguments);
    if ran.code != CLEAN {
        assert_eq!((ran.code, ran.stdout.as_str()), (USAGE, ""));
        return Err(ran.stderr);
    }
    let report = ran.json();
    let list = report["function"]["declared"].as_array().unwrap();
    Ok(list
        .iter()
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect())
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn help_and_version_are_no_errors() {
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (CLEAN, ""));
    for command in ["audit", "facts", "judge", "explain", "db"] {
        assert!(
            help.stdout.contains(&format!("\n  {command} ")),
            "{command}"
        );
        assert_eq!(run(&[command, "--help"]).code, CLEAN);
    }
    let version = run(&["--version"]);
    assert_eq!(version.code, CLEAN);
    assert_eq!(
        version.stdout,
        format!("permscope {}\n", env!("CARGO_PKG_VERSION"))
    );
    for wrong in [
        &[] as &[&str],
        &["audit"],
        &["audit", "--form"],
        &["frobnicate"],
    ] {
        let ran = run(wrong);
        assert_eq!((ran.code, ran.stdout.as_str()), (USAGE, ""), "{wrong:?}");
        assert!(ran.stderr.contains("Usage"), "{}", ran.stderr);
    }
}

#[test]
fn the_locale_or_the_option_selects_the_language() {
    let scratch = Scratch::new("language");
    let app = shop(&scratch);
    let chinese = |ran: Ran| {
        assert_eq!(ran.code, FINDINGS, "{}", ran.stderr);
        assert_eq!(
            ran.stdout.contains("App privacy audit"),
            !ran.stdout.contains("个人信息保护")
        );
        !ran.stdout.contains("App privacy audit")
    };
    let audit = ["audit", app.as_str()];
    for (locale, expected) in [
        (vec![], false),
        (vec![("LC_ALL", "C")], false),
        (vec![("LC_ALL", "zh_CN.UTF-8")], true),
        (vec![("LANG", "zh_CN.UTF-8")], true),
        (
            vec![("LC_MESSAGES", "zh_CN"), ("LANG", "en_US.UTF-8")],
            true,
        ),
        (vec![("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")], false),
        (vec![("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")], true),
    ] {
        assert_eq!(chinese(run_in(&locale, &audit)), expected, "{locale:?}");
    }
    let zh = [("LC_ALL", "zh_CN.UTF-8")];
    assert!(!chinese(run_in(&zh, &["audit", &app, "--lang", "en"])));
    assert!(chinese(run(&["audit", &app, "--lang", "zh"])));
    let wrong = run(&["audit", &app, "--lang", "fr"]);
    assert_eq!(wrong.code, USAGE);
    assert_eq!(
        wrong.stderr,
        "permscope: --lang takes zh, en or zh,en, not `fr`\n"
    );
    // Errors about what was typed follow the locale, too.
    assert!(has_chinese(
        &run_in(&zh, &["explain", "no-such-thing"]).stderr
    ));
    assert!(!has_chinese(&run(&["explain", "no-such-thing"]).stderr));
}

#[test]
fn a_function_has_many_names() {
    let scratch = Scratch::new("function");
    let app = shop(&scratch);
    for name in [
        "online-shopping",
        "online_shopping",
        "Online shopping",
        "ONLINE SHOPPING",
        "网上购物类",
        "网上购物",
        "6",
    ] {
        assert_eq!(
            declared(&app, &[name]),
            Ok(vec!["online-shopping".to_owned()]),
            "{name}"
        );
    }
    assert_eq!(
        declared(&app, &["utility-calendar", "6", "网上购物"]),
        Ok(vec![
            "utility-calendar".to_owned(),
            "online-shopping".to_owned()
        ]),
        "several are a union, repetitions are one"
    );
    assert_eq!(declared(&app, &[]), Ok(vec![]));
    // Categories of stores: one function is a declaration, several are candidates.
    assert_eq!(declared(&app, &["Comics"]), Ok(vec!["ebook".to_owned()]));
    let source = run(&["audit", &app, "--function", "Comics", "--format", "json"]).json();
    assert_eq!(source["function"]["source"], "store_category");
    assert_eq!(
        declared(&app, &["Auto & Vehicles"]),
        Err("permscope: no function is called `Auto & Vehicles`; candidates: car-use, used-car, map-navigation, utility\n".to_owned())
    );
    let unknown = declared(&app, &["shopp"]).unwrap_err();
    assert!(
        unknown.starts_with("permscope: no function is called `shopp`; candidates: "),
        "{unknown}"
    );
    assert!(unknown.contains("online-shopping"), "{unknown}");
    let nothing = declared(&app, &["zzz-zzz"]).unwrap_err();
    assert_eq!(nothing, "permscope: no function is called `zzz-zzz`\n");
}

#[test]
fn a_union_of_functions_judges_by_the_kinder_one() {
    let scratch = Scratch::new("union");
    let app = scratch.write("minutes.apk", &apk("function-union"));
    let tier = |functions: &[&str]| -> Value {
        let mut arguments = vec!["audit", &app, "--format", "json"];
        functions
            .iter()
            .for_each(|f| arguments.extend(["--function", f]));
        let report = run(&arguments).json();
        let list = report["permissions"].as_array().unwrap();
        let calendar = list
            .iter()
            .find(|p| p["name"] == "android.permission.READ_CALENDAR");
        calendar.unwrap()["tier"].clone()
    };
    assert_eq!(tier(&["utility-audio-recording"]), "not-needed");
    assert_eq!(
        tier(&["utility-audio-recording", "utility-calendar"]),
        "necessary"
    );
}

#[test]
fn the_supply_side_is_not_bound_by_the_lists() {
    let scratch = Scratch::new("edition");
    let app = shop(&scratch);
    let rules = |edition: &str| -> Vec<String> {
        let arguments = [
            "audit",
            &app,
            "--function",
            "6",
            "--edition",
            edition,
            "--format",
            "json",
        ];
        let report = run(&arguments).json();
        assert_eq!(report["function"]["edition"], edition);
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|f| f["rule"].as_str().unwrap().to_owned())
            .collect()
    };
    let beyond = "not-needed-permission".to_owned();
    assert!(rules("consumer").contains(&beyond));
    let supply = rules("supply");
    assert!(
        !supply.contains(&beyond) && supply.contains(&"backup-allowed".to_owned()),
        "{supply:?}"
    );
}

#[test]
fn the_exit_code_follows_the_threshold() {
    let scratch = Scratch::new("threshold");
    let clean = scratch.write("clean.apk", &apk("flashlight-clean"));
    assert_eq!(run(&["audit", &clean]).code, CLEAN);
    assert_eq!(run(&["audit", &clean, "--fail-on", "info"]).code, CLEAN);
    // Its only findings are of severity low.
    let low = scratch.write("low.apk", &apk("food-delivery-on-action"));
    for (threshold, code) in [
        ("info", FINDINGS),
        ("low", FINDINGS),
        ("medium", CLEAN),
        ("high", CLEAN),
        ("never", CLEAN),
    ] {
        let ran = run(&["audit", &low, "--function", "7", "--fail-on", threshold]);
        assert_eq!(ran.code, code, "{threshold}");
    }
    assert_eq!(
        run(&["audit", &low, "--function", "7"]).code,
        FINDINGS,
        "low by default"
    );
    // Incomplete: findings at the threshold weigh more.
    let broken = scratch.write("broken.apk", &apk("empty-dex"));
    let audit = ["audit", &broken, "--function", "news", "--fail-on"];
    let with = |threshold| run(&[audit.as_slice(), &[threshold]].concat()).code;
    assert_eq!((with("low"), with("high")), (FINDINGS, Some(3)));
    assert_eq!(run(&["facts", &broken]).code, Some(3));
}

#[test]
fn input_is_files_a_folder_or_stdin_and_output_goes_where_it_should() {
    let scratch = Scratch::new("ways");
    let files = sample("split-set").build().unwrap();
    let mut audit = vec!["audit".to_owned()];
    // A folder is read in the order of its names.
    let mut files = files;
    files.sort();
    for (name, bytes) in &files {
        audit.push(scratch.write(&format!("set/{name}"), bytes));
    }
    scratch.write("set/readme.txt", b"not an APK");
    let folder = scratch.path("set");
    let of_files = run(&audit);
    assert_eq!(of_files.code, FINDINGS, "{}", of_files.stderr);
    assert!(of_files.stdout.contains("com.example.chat"));
    assert_eq!(of_files, run(&["audit", &folder]));

    let bytes = apk("shop-excess");
    let app = scratch.write("stdin", &bytes);
    let of_file = run(&["audit", &app]);
    assert_eq!(of_file, run_with_input(&["audit", "-"], &bytes));
    let facts = run(&["facts", &app]);
    let judged = run_with_input(&["judge", "-"], facts.stdout.as_bytes());
    assert_eq!(of_file, judged);

    let output = scratch.path("report.txt");
    let written = run(&["audit", &app, "-o", &output]);
    assert_eq!((written.code, written.stdout.as_str()), (FINDINGS, ""));
    assert_eq!(fs::read_to_string(&output).unwrap(), of_file.stdout);
    let nowhere = scratch.path("no/such/folder/report.txt");
    let failed = run(&["audit", &app, "-o", &nowhere]);
    assert_eq!((failed.code, failed.stdout.as_str()), (USAGE, ""));
    assert!(
        failed
            .stderr
            .starts_with(&format!("permscope: {nowhere}: "))
    );
}

#[test]
fn explain_knows_every_kind_of_thing_in_both_languages() {
    let packer = &db().data.packers[0].id;
    for (id, zh, en) in [
        ("online-shopping", "网上购物类", "Online shopping"),
        (
            "READ_CONTACTS",
            "android.permission.READ_CONTACTS",
            "android.permission.READ_CONTACTS",
        ),
        (
            "umeng/analytics",
            "com.umeng.analytics",
            "com.umeng.analytics",
        ),
        ("background-location", "后台", "background"),
        ("CN-NEC14-4", "第四条", "第四条"),
        (
            "CN-NEC14",
            "常见类型移动互联网应用程序必要个人信息范围规定",
            "necessary personal information",
        ),
        ("device.imei", "READ_PHONE_STATE", "READ_PHONE_STATE"),
        (packer, packer, packer),
    ] {
        let chinese = run(&["explain", id, "--lang", "zh"]);
        let english = run(&["explain", id, "--lang", "en"]);
        assert_eq!((chinese.code, english.code), (CLEAN, CLEAN), "{id}");
        assert!(chinese.stdout.contains(zh), "{id}: {}", chinese.stdout);
        assert!(english.stdout.contains(en), "{id}: {}", english.stdout);
        assert!(has_chinese(&chinese.stdout), "{id}");
        assert_ne!(chinese.stdout, english.stdout, "{id}");
    }
    let list = run(&["explain"]);
    for id in [
        "online-shopping",
        "umeng/analytics",
        "background-location",
        "CN-NEC14",
        packer,
    ] {
        assert!(list.stdout.contains(&format!("  {id} ")), "{id}");
    }
    let unknown = run(&["explain", "no-such-thing"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (USAGE, ""));
    assert!(
        unknown
            .stderr
            .starts_with("permscope: the data has no `no-such-thing`")
    );
}

#[test]
fn the_data_is_checked_and_a_broken_overlay_is_named() {
    let sound = run(&["db", "check"]);
    assert_eq!((sound.code, sound.stderr.as_str()), (CLEAN, ""));
    assert!(sound.stdout.contains(&db().digest) && sound.stdout.ends_with("all examples hold\n"));

    let scratch = Scratch::new("overlay-broken");
    let folder = scratch.path("data");
    scratch.write(
        "data/sdks/example/broken.toml",
        b"id = \"example/broken\"\nnmae = 3\n",
    );
    for arguments in [vec!["db", "check"], vec!["explain", "CAMERA"]] {
        let arguments = [arguments.as_slice(), &["--signatures", &folder]].concat();
        let ran = run(&arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (USAGE, ""),
            "{arguments:?}"
        );
        assert!(
            ran.stderr.contains("sdks/example/broken.toml:2:1: "),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("nmae"), "{}", ran.stderr);
    }
    let missing = scratch.path("nowhere");
    assert_eq!(run(&["db", "check", "--signatures", &missing]).code, USAGE);
}

#[test]
fn an_overlay_adds_to_the_data_and_changes_its_digest() {
    let scratch = Scratch::new("overlay");
    let folder = scratch.path("data");
    let entry = fs::read_to_string(crate::common::repo("signatures/sdks/unity/ads.toml")).unwrap();
    // Another SDK, known by the package of the sample's own classes.
    let mut lines: Vec<String> = Vec::new();
    for line in entry.lines() {
        lines.push(match line.split(" = ").next().unwrap() {
            "id" => "id = \"example/tracker\"".into(),
            "packages" => "packages = [\"com.example.shop.net\"]".into(),
            "match" => "match = [[\"class com.example.shop.net.Tracker\"]]".into(),
            "no_match" => "no_match = [[\"class com.example.shop.Net\"]]".into(),
            _ => line
                .replace("com.unity3d", "com.example.tracker")
                .replace("unity3d.com", "tracker.example.com"),
        });
    }
    scratch.write(
        "data/sdks/example/tracker.toml",
        lines.join("\n").as_bytes(),
    );
    let text = r#"
        about = { zh = "内嵌示例统计", en = "with an example tracker inside" }
        [base]
        package = "com.example.host"
        version_code = 1
        min_sdk = 26
        target_sdk = 34
        [[base.dex]]
        classes = "class com.example.shop.net.Tracker"
    "#;
    let files = permscope::forge::app::Sample::parse("host", text)
        .unwrap()
        .build()
        .unwrap();
    let app = scratch.write("host.apk", &files[0].1);
    let ids = |extra: &[&str]| -> (Vec<String>, String) {
        let arguments = [&["audit", &app, "--format", "json"], extra].concat();
        let report = run(&arguments).json();
        let sdks = report["sdks"].as_array().unwrap();
        let ids = sdks
            .iter()
            .map(|s| s["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, report["data"]["digest"].as_str().unwrap().to_owned())
    };
    let (plain, digest) = ids(&[]);
    assert_eq!((plain, &digest), (vec![], &db().digest));
    let (overlaid, other) = ids(&["--signatures", &folder]);
    assert_eq!(overlaid, ["example/tracker"]);
    assert_ne!(digest, other);
    assert_eq!(run(&["db", "check", "--signatures", &folder]).code, CLEAN);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::new("pipe");
    let app = shop(&scratch);
    for arguments in [vec!["facts", app.as_str()], vec!["explain"]] {
        let mut child = command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "",
            "{arguments:?}"
        );
        assert_eq!(output.status.code(), CLEAN, "{arguments:?}");
    }
}

#[test]
fn a_catalogue_names_the_function() {
    let scratch = Scratch::new("catalogue");
    let path = shop(&scratch);
    let audit = |text: &str| {
        let csv = scratch.write("stores.csv", text.as_bytes());
        let format = ["--format", "json", "--lang", "zh"];
        run(&[&["audit", &path, "--catalogue", &csv][..], &format].concat())
    };
    let found = audit(
        "文件名,功能类型,服务对象\nother.apk,地图导航类,\n/store/shop.apk,网上购物类,用户端\n",
    );
    let report: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(report["function"]["source"], "catalogue");
    assert_eq!(report["function"]["declared"][0]["id"], "online-shopping");
    let none = audit("文件名,功能类型\nother.apk,地图导航类\n");
    assert_eq!(none.code, USAGE);
    assert!(
        none.stderr.contains("no row for shop.apk"),
        "{}",
        none.stderr
    );
    let unknown = audit("文件名,功能类型\nshop.apk,没有这个类型\n");
    assert_eq!(unknown.code, USAGE);
    assert!(
        unknown.stderr.contains("line 2: no function is called"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let help = run(&["--help"]).stdout;
    let commands = [
        "audit",
        "batch",
        "compare",
        "explain",
        "judge",
        "merge",
        "serve",
        "verify-batch",
        "worker",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, Some(0));
        for command in commands {
            assert!(
                help.contains(command) && ran.stdout.contains(command),
                "{shell} {command}"
            );
        }
    }
    let page = run(&["man", "audit"]).stdout;
    assert!(
        page.contains(".TH") && page.contains("\\-\\-fail\\-on"),
        "{page}"
    );
    assert_eq!(run(&["man", "no-such"]).code, Some(2));
}
