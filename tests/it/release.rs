//! The gate before a release: `permscope.toml`, baselines, exit codes.

use crate::common::{Ran, Scratch, repo, run};
use permscope::engine::config::{Config, Day};

const SHOP: &str = "samples/apps/shop/shop.apk";

fn shop() -> String {
    repo(SHOP).to_str().unwrap().to_owned()
}

fn audit(more: &[&str]) -> Ran {
    let shop = shop();
    let fixed = ["audit", &shop, "--format", "json", "--lang", "zh,en"];
    run(&[&fixed[..], more].concat())
}

fn accepted(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    let of = |f: &serde_json::Value| {
        let by = f["accepted"]["by"].as_str()?;
        Some((f["subject"].as_str().unwrap().to_owned(), by.to_owned()))
    };
    findings.iter().filter_map(of).collect()
}

#[test]
fn what_is_justified_is_marked_and_does_not_fail_the_build() {
    let scratch = Scratch::new("release-config");
    let config = scratch.write(
        "permscope.toml",
        "fail-on = \"high\"\n\n[app]\nfunctions = [\"网上购物\"]\n\n[[permission]]\n\
         name = \"android.permission.READ_CALL_LOG\"\nreason = \"来电识别\"\nowner = \"张三\"\n\n\
         [[permission]]\nid = \"android.permission.NFC\"\nreason = \"x\"\nowner = \"y\"\n\n\
         [[permission]]\nid = \"android.permission.CAMERA\"\nreason = \"x\"\nowner = \"y\"\nuntil = 2020-01-31\n"
            .as_bytes(),
    );
    let ran = audit(&["--config", &config]);
    // Others of high severity are left.
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let report = ran.json();
    assert_eq!(report["function"]["source"], "config");
    assert_eq!(report["function"]["declared"][0]["id"], "online-shopping");
    let found = accepted(&ran);
    assert!(!found.is_empty());
    let call_log = "android.permission.READ_CALL_LOG";
    assert!(
        found
            .iter()
            .all(|(s, by)| s == call_log && by == "permission"),
        "{found:?}"
    );
    assert!(
        ran.stderr
            .contains("android.permission.NFC: nothing in this app"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("android.permission.CAMERA: accepted until 2020-01-31 only"),
        "{}",
        ran.stderr
    );
    let told = run(&["audit", &shop(), "--config", &config, "--lang", "zh"]).stdout;
    assert!(told.contains("已接受：来电识别（责任人：张三）"), "{told}");
    // The counts and the findings are those of an audit without the file.
    let plain = audit(&["--function", "网上购物"]);
    let ids = |ran: &Ran| -> Vec<String> {
        let report = ran.json();
        let ids = report["findings"].as_array().unwrap().iter();
        ids.map(|f| f["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&ran), ids(&plain));
    // The command line's function counts more than the file's.
    let other = audit(&["--config", &config, "--function", "手电筒"]);
    assert_eq!(
        other.json()["function"]["declared"][0]["id"],
        "utility-flashlight"
    );
}

#[test]
fn a_baseline_accepts_what_was_there_and_fails_on_what_is_new() {
    let scratch = Scratch::new("release-baseline");
    let base = audit(&["--function", "网上购物"]);
    assert_eq!(base.code, Some(1));
    let path = scratch.write("base.json", base.stdout.as_bytes());
    let same = audit(&["--function", "网上购物", "--baseline", &path]);
    assert_eq!(same.code, Some(0), "{}", same.stderr);
    assert_eq!(
        accepted(&same).len(),
        same.json()["findings"].as_array().unwrap().len()
    );
    // One finding less in the baseline is one that is new.
    let mut report = base.json();
    let gone = report["findings"].as_array_mut().unwrap().remove(0);
    let path = scratch.write("less.json", report.to_string().as_bytes());
    let new = audit(&["--function", "网上购物", "--baseline", &path]);
    assert_eq!(new.code, Some(1));
    let report = new.json();
    let open: Vec<&serde_json::Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["accepted"].is_null())
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["id"], gone["id"]);
    let wrong = audit(&["--baseline", &scratch.write("bad.json", b"{}")]);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn a_wrong_configuration_is_refused_with_its_place() {
    let wrong = |text: &str, what: &str| {
        let error = Config::read(text).unwrap_err();
        assert!(error.contains(what), "{error}");
    };
    wrong("[app]\nfunction = [\"x\"]\n", "line 2, column 1");
    wrong("failon = \"low\"\n", "unknown field `failon`");
    wrong("fail-on = \"severe\"\n", "line 1");
    wrong("[[permission]]\nid = \"a\"\nowner = \"b\"\n", "reason");
    wrong(
        "[[permission]]\nid = \"a\"\nreason = \" \"\nowner = \"b\"\n",
        "a reason and an owner are needed",
    );
    wrong(
        "[[finding]]\nid = \"F-1\"\nreason = \"a\"\nowner = \"b\"\n",
        "`until` is needed",
    );
    wrong(
        "[[sdk]]\nid = \"a\"\nreason = \"a\"\nowner = \"b\"\nuntil = \"2027-02-29\"\n",
        "is no day",
    );
    let twice = "[[sdk]]\nid = \"a\"\nreason = \"a\"\nowner = \"b\"\n".repeat(2);
    wrong(&twice, "stands there twice");
    assert!(Config::read("").is_ok());
}

/// Days as `date -u -d @SECONDS +%F` prints them.
#[test]
fn a_day_is_that_of_the_calendar() {
    for (seconds, day) in [
        (0, "1970-01-01"),
        (951_782_399, "2000-02-28"),
        (951_782_400, "2000-02-29"),
        (1_709_164_800, "2024-02-29"),
        (1_795_910_399, "2026-11-28"),
        (4_107_542_400, "2100-03-01"),
    ] {
        assert_eq!(Day::of_seconds(seconds).unwrap().to_string(), day);
        assert_eq!(Day::parse(day), Day::of_seconds(seconds));
    }
    for bad in [
        "2100-02-29",
        "2026-13-01",
        "2026-1-1",
        "2026-11-31",
        "2026-11-00",
        "x",
    ] {
        assert_eq!(Day::parse(bad), None, "{bad}");
    }
}

#[test]
fn init_writes_a_file_that_is_valid_and_accepts_nothing() {
    let scratch = Scratch::new("release-init");
    let path = scratch.path("permscope.toml");
    let shop = shop();
    let args = ["init", &shop, "--function", "网上购物", "-o", &path];
    assert_eq!(run(&args).code, Some(0));
    let text = std::fs::read_to_string(&path).unwrap();
    let config = Config::read(&text).unwrap();
    assert_eq!(config.app.functions, ["online-shopping"]);
    assert!(config.permissions.is_empty() && config.findings.is_empty());
    assert!(
        text.contains("# name = \"android.permission.READ_CALL_LOG\""),
        "{text}"
    );
    let ran = audit(&["--config", &path]);
    assert_eq!(accepted(&ran), []);
    assert_eq!(ran.code, Some(1));
    // With the marks taken away and the blanks filled in, everything is accepted.
    let filled: String = text
        .lines()
        .map(|line| {
            let line = if line.starts_with("# [[")
                || line.starts_with("# id")
                || line.starts_with("# name")
            {
                &line[2..]
            } else {
                line
            };
            let line = line
                .replace("# reason = \"\"", "reason = \"r\"")
                .replace("# owner = \"\"", "owner = \"o\"")
                .replace("# until = \"\"", "until = \"2999-01-01\"");
            line + "\n"
        })
        .collect();
    let path = scratch.write("filled.toml", filled.as_bytes());
    let ran = audit(&["--config", &path]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // A file that is there is never written over.
    let args = ["init", &shop, "-o", &path];
    assert_eq!(run(&args).code, Some(2));
}

/// The sample's report, changed as a test needs it.
fn changed(scratch: &Scratch, name: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut report = audit(&["--function", "网上购物"]).json();
    change(&mut report);
    scratch.write(name, report.to_string().as_bytes())
}

fn take(list: &mut serde_json::Value, key: &str, value: &str) {
    let list = list.as_array_mut().unwrap();
    let before = list.len();
    list.retain(|entry| entry[key] != value);
    assert!(list.len() < before, "{value}");
}

#[test]
fn what_a_build_adds_is_told_with_who_brought_it_and_how_it_goes() {
    let scratch = Scratch::new("release-compare");
    let call_log = "android.permission.READ_CALL_LOG";
    let old = changed(&scratch, "old.json", |report| {
        take(&mut report["permissions"], "name", call_log);
        take(
            &mut report["permissions"],
            "name",
            "android.permission.CAMERA",
        );
        take(&mut report["sdks"], "id", "jiguang/jpush");
        take(&mut report["accesses"], "owner", "bytedance/pangle");
        report["findings"]
            .as_array_mut()
            .unwrap()
            .retain(|f| f["subject"] != call_log);
    });
    let shop = shop();
    let fixed = ["compare", &old, &shop, "--function", "网上购物"];
    let ran = run(&[&fixed[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let found = ran.json();
    let names = |list: &str, key: &str| -> Vec<String> {
        let list = found[list].as_array().unwrap().iter();
        list.map(|entry| entry[key].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("added_permissions", "name"),
        ["android.permission.CAMERA", call_log]
    );
    assert_eq!(names("added_sdks", "id"), ["jiguang/jpush"]);
    assert!(
        names("added_starts", "sdk")
            .iter()
            .all(|sdk| sdk == "jiguang/jpush")
    );
    assert!(
        names("added_starts", "name").contains(&"cn.jpush.android.service.DataProvider".to_owned())
    );
    let owners = names("added_accesses", "owner");
    assert!(
        !owners.is_empty() && owners.iter().all(|owner| owner == "bytedance/pangle"),
        "{owners:?}"
    );
    assert_eq!(
        found["added_permissions"][1]["line"],
        "<uses-permission android:name=\"android.permission.READ_CALL_LOG\" tools:node=\"remove\" />"
    );
    assert!(found["removed_permissions"].as_array().unwrap().is_empty());
    let new: Vec<&serde_json::Value> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["fate"] == "new")
        .collect();
    assert!(
        !new.is_empty() && new.iter().all(|f| f["subject"] == call_log),
        "{new:?}"
    );
    // JPush's switches come from its file in the data.
    let switches = found["added_sdks"][0]["switches"].as_array().unwrap();
    assert!(
        switches.iter().any(
            |s| s["how"] == "cn.jpush.android.api.JPushInterface.setAuth"
                || s["how"].as_str().unwrap().contains("JCollectionAuth")
        ),
        "{switches:?}"
    );
    let text = run(&[&fixed[..], &["--lang", "zh"]].concat()).stdout;
    for words in [
        "新增权限 (2)",
        "移除：<uses-permission",
        "新增SDK (1)",
        "线索：新增",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The same build twice adds nothing.
    let same = run(&[
        "compare",
        &shop,
        &shop,
        "--function",
        "网上购物",
        "--lang",
        "en",
    ]);
    assert_eq!(same.code, Some(0), "{}", same.stdout);
    assert!(same.stdout.contains("permissions added (0)"));
}

#[test]
fn a_recheck_says_of_each_lead_what_became_of_it() {
    let scratch = Scratch::new("release-recheck");
    let call_log = "android.permission.READ_CALL_LOG";
    let moved = |report: &mut serde_json::Value| {
        let findings = report["findings"].as_array_mut().unwrap();
        findings.retain(|f| f["subject"] != call_log);
        let coded = findings
            .iter_mut()
            .find(|f| f["evidence"][0]["kind"] == "code")
            .unwrap();
        for evidence in coded["evidence"].as_array_mut().unwrap() {
            for key in ["class", "method", "path", "value"] {
                evidence[key] = "a.b.c".into();
            }
        }
    };
    let old = changed(&scratch, "old.json", |_| {});
    let new = changed(&scratch, "new.json", moved);
    let ran = run(&["compare", &old, &new, "--recheck", "--format", "json"]);
    let found = ran.json();
    let count = |found: &serde_json::Value, fate: &str| {
        let list = found["findings"].as_array().unwrap();
        list.iter().filter(|f| f["fate"] == fate).count()
    };
    let total = audit(&["--function", "网上购物"]).json()["findings"]
        .as_array()
        .unwrap()
        .len();
    let fixed = count(&found, "fixed");
    assert!(fixed > 0);
    assert_eq!(count(&found, "moved"), 1);
    assert_eq!(count(&found, "new"), 0);
    assert_eq!(fixed + 1 + count(&found, "still"), total);
    assert_eq!(ran.code, Some(1), "leads are still there");
    // What could not be read may hide what is called mended.
    let part = changed(&scratch, "part.json", |report| {
        moved(report);
        report["coverage"]["complete"] = false.into();
    });
    let found = run(&["compare", &old, &part, "--recheck", "--format", "json"]).json();
    assert_eq!(
        (count(&found, "fixed"), count(&found, "unconfirmed")),
        (0, fixed)
    );
    assert_eq!(found["caveats"], serde_json::json!(["new_incomplete"]));
    let none = changed(&scratch, "none.json", |report| {
        report["findings"] = serde_json::json!([])
    });
    let ran = run(&["compare", &old, &none, "--recheck", "--lang", "zh"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(ran.stdout.contains("线索：本次未再检出"));
}
