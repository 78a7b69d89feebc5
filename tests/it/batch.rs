//! Runs over many apps: a row for every input, whatever it is and whatever happens to the run.

use crate::common::{Scratch, apk, command, forged, repo};
use permscope::engine::batch::outcome::{Outcome, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

pub(crate) fn permscope(args: &[&str], folder: &Path) -> Output {
    command(args).current_dir(folder).output().unwrap()
}

/// A folder of one test.
pub(crate) fn scratch(test: &str) -> PathBuf {
    Scratch::new(test).path("").into()
}

/// A run that has to come to its end.
pub(crate) fn run(args: &[&str], folder: &Path) -> Output {
    let out = permscope(args, folder);
    let code = out.status.code();
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(matches!(code, Some(0 | 3)), "{args:?}: {code:?} {errors}");
    out
}

pub(crate) fn outcomes(run: &Path) -> Vec<Outcome> {
    let text = fs::read_to_string(run.join("outcomes.ndjson")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Each line is as the published schema says.
fn assert_schema(lines: &str) {
    let text = fs::read_to_string(repo("schema/outcome-v1.schema.json")).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in lines.lines() {
        let value = serde_json::from_str(line).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}: {line}");
    }
}

pub(crate) fn by_input(run: &Path) -> BTreeMap<String, Outcome> {
    outcomes(run)
        .into_iter()
        .map(|o| (o.input.clone(), o))
        .collect()
}

/// Every file of a run but the journal, which says when what was read.
fn files(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![run.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(run).unwrap().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if name != Path::new("journal.ndjson") {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&a), names(&b));
    for (name, bytes) in &a {
        assert!(Some(bytes) == b.get(name), "{} differs", name.display());
    }
}

/// A small store: good, damaged, empty and equal files, in folders.
fn store(folder: &Path) {
    fs::create_dir_all(folder.join("store/deep/er")).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.join("store").join(name), bytes).unwrap();
    let shop = fs::read(repo("samples/apps/shop/shop.apk")).unwrap();
    put("a-shop.apk", &shop);
    put("b-torch.apk", &apk("flashlight-clean"));
    put("c-empty.apk", b"");
    put("d-garbage.apk", b"this is no archive at all");
    put("e-cut.apk", &shop[..shop.len() / 2]);
    put("deep/calendar.APK", &apk("calendar"));
    put("deep/er/same-as-a.apk", &shop);
    put("deep/er/no-extension", &apk("cleartext-backup"));
    put("readme.txt", b"not an app");
    for (index, sample) in ["no-dex", "low-target", "uni-app", "shell-unlisted"]
        .iter()
        .enumerate()
    {
        put(&format!("deep/{index}-{sample}.apk"), &apk(sample));
    }
}

#[test]
fn every_input_has_a_row_that_says_what_became_of_it() {
    let at = &scratch("batch-rows");
    store(at);
    fs::create_dir_all(at.join("faults")).unwrap();
    for fault in ["panic", "overflow", "memory", "loop", "abort", "exit"] {
        let bytes = format!("PERMSCOPE FAULT {fault}");
        fs::write(at.join("faults").join(format!("{fault}.apk")), bytes).unwrap();
    }
    fs::write(at.join("list"), "nowhere/gone.apk\nstore/b-torch.apk\n").unwrap();
    let args = [
        "batch",
        "store",
        "faults",
        "--list",
        "list",
        "--out",
        "run",
        "--jobs",
        "2",
        "--app-timeout",
        "1s",
        "--app-memory",
        "300MiB",
        "--memory",
        "1GiB",
    ];
    let out = run(&args, at);
    // Some inputs were not judged.
    assert_eq!(out.status.code(), Some(3));
    let found = by_input(&at.join("run"));
    let want = [
        ("store/a-shop.apk", Status::Audited),
        ("store/b-torch.apk", Status::Audited),
        ("store/c-empty.apk", Status::Empty),
        ("store/d-garbage.apk", Status::Unreadable),
        ("store/e-cut.apk", Status::Unreadable),
        ("store/deep/calendar.APK", Status::Audited),
        ("store/deep/er/same-as-a.apk", Status::Audited),
        ("store/deep/er/no-extension", Status::Audited),
        ("store/deep/0-no-dex.apk", Status::Audited),
        ("store/deep/1-low-target.apk", Status::Audited),
        ("store/deep/2-uni-app.apk", Status::Audited),
        ("store/deep/3-shell-unlisted.apk", Status::Incomplete),
        ("faults/panic.apk", Status::Crashed),
        ("faults/overflow.apk", Status::Crashed),
        ("faults/memory.apk", Status::OverBudget),
        ("faults/loop.apk", Status::Timeout),
        ("faults/abort.apk", Status::Crashed),
        ("faults/exit.apk", Status::Crashed),
        ("nowhere/gone.apk", Status::Missing),
        ("store/b-torch.apk#2", Status::Audited),
    ];
    for (input, status) in want {
        assert_eq!(found.get(input).map(|o| o.status), Some(status), "{input}");
    }
    assert_eq!(found.len(), want.len(), "{:?}", found.keys());
    let killer = |name: &str| found[name].killer.clone().unwrap_or_default();
    assert!(killer("faults/panic.apk").contains("a fault that was asked for"));
    assert_eq!(killer("faults/overflow.apk"), "stack overflow");
    assert_eq!(
        killer("faults/memory.apk"),
        "memory limit of 314572800 bytes"
    );
    assert_eq!(killer("faults/loop.apk"), "time limit of 1 s");
    assert_eq!(killer("faults/abort.apk"), "signal 6");
    assert!(killer("faults/exit.apk").starts_with("it ended with 7"));
    assert_schema(&fs::read_to_string(at.join("run/outcomes.ndjson")).unwrap());
    let same = &found["store/deep/er/same-as-a.apk"];
    assert_eq!(same.same_as.as_deref(), Some("store/a-shop.apk"));
    assert_eq!(same.report, found["store/a-shop.apk"].report);
    // Every judged input has its files, and nothing is left over.
    for outcome in found.values().filter(|o| o.status.is_judged()) {
        for file in [&outcome.report, &outcome.facts] {
            assert!(
                at.join("run").join(file.as_deref().unwrap()).is_file(),
                "{outcome:?}"
            );
        }
    }
    assert!(
        files(&at.join("run"))
            .keys()
            .all(|name| !name.to_string_lossy().ends_with(".tmp"))
    );
    let record = fs::read_to_string(at.join("run/run.json")).unwrap();
    assert!(record.contains("\"ignored\": 1"), "{record}");
    assert!(
        !record.contains(at.to_str().unwrap()),
        "a path of the machine: {record}"
    );
}

/// The report of a run is the one that `audit` gives.
#[test]
fn a_report_of_a_run_is_that_of_an_audit() {
    let at = &scratch("batch-report");
    store(at);
    run(
        &["batch", "store", "--out", "run", "--function", "网上购物"],
        at,
    );
    let outcome = &by_input(&at.join("run"))["store/a-shop.apk"];
    let report = fs::read(at.join("run").join(outcome.report.as_deref().unwrap())).unwrap();
    let args = [
        "audit",
        "store/a-shop.apk",
        "--function",
        "网上购物",
        "--lang",
        "zh,en",
        "--format",
        "json",
        "--fail-on",
        "never",
    ];
    let alone = permscope(&args, at);
    assert!(alone.stdout == report);
    assert_eq!(outcome.functions, ["online-shopping"]);
}

#[test]
fn parts_that_are_merged_are_the_whole_byte_for_byte() {
    let at = &scratch("batch-merge");
    store(at);
    fs::write(
        at.join("cat.csv"),
        "file,function\na-shop.apk,网上购物\nnobody.apk,网上购物\n",
    )
    .unwrap();
    let common = ["batch", "store", "--catalogue", "cat.csv", "--jobs", "2"];
    let whole: Vec<&str> = common.iter().copied().chain(["--out", "whole"]).collect();
    run(&whole, at);
    for part in ["1", "2", "3"] {
        let (out, shard) = (format!("part{part}"), format!("{part}/3"));
        let args: Vec<&str> = common
            .iter()
            .copied()
            .chain(["--out", &out, "--shard", &shard])
            .collect();
        run(&args, at);
    }
    let rows: usize = (1..=3)
        .map(|n| outcomes(&at.join(format!("part{n}"))).len())
        .sum();
    assert_eq!(rows, outcomes(&at.join("whole")).len());
    let wrong = permscope(&["merge", "part1", "part3", "--out", "merged"], at);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("part 2/3 is missing"));
    let wrong = permscope(&["merge", "part1", "part1", "part3", "--out", "merged"], at);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("the same part"));
    run(&["merge", "part2", "part3", "part1", "--out", "merged"], at);
    assert_same(&at.join("whole"), &at.join("merged"));
    let unmatched = fs::read_to_string(at.join("merged/unmatched.ndjson")).unwrap();
    assert!(
        unmatched.contains("nobody.apk") && unmatched.lines().count() == 1,
        "{unmatched}"
    );
}

/// `Child::kill` is SIGKILL: nothing can be tidied up.
#[test]
fn a_run_that_was_killed_and_resumed_is_an_undisturbed_one() {
    let at = &scratch("batch-kill");
    store(at);
    run(&["batch", "store", "--out", "whole"], at);
    let args = ["batch", "store", "--out", "run", "--jobs", "1", "--resume"];
    let mut unfinished = 0;
    for kill in 0..12u64 {
        let mut child = command(&args)
            .current_dir(at)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Later each time, from before the first row to behind the last.
        std::thread::sleep(Duration::from_millis(5 + kill * kill * 4));
        unfinished += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        // Half a line at the end is what a kill in the middle of writing leaves.
        if kill % 3 == 1 && at.join("run/journal.ndjson").is_file() {
            let mut journal = fs::OpenOptions::new()
                .append(true)
                .open(at.join("run/journal.ndjson"))
                .unwrap();
            journal.write_all(b"{\"number\":3,\"ended\":{\"re").unwrap();
        }
    }
    assert!(unfinished >= 2, "nothing was interrupted");
    run(&args, at);
    assert_same(&at.join("whole"), &at.join("run"));
    let journal = fs::read_to_string(at.join("run/journal.ndjson")).unwrap();
    assert_eq!(
        journal.lines().count(),
        outcomes(&at.join("whole")).len(),
        "each once"
    );
}

/// SIGINT, as Ctrl-C sends it: what is being read is read to its end, and the run can go on later.
#[cfg(unix)]
#[test]
fn a_run_that_was_interrupted_ends_in_order_and_goes_on() {
    let at = &scratch("batch-interrupt");
    store(at);
    // Enough that it is not over when the signal comes.
    for sample in forged() {
        for (name, bytes) in sample.build().unwrap() {
            let name = format!("store/{}-{name}", sample.name);
            fs::write(at.join(name), bytes).unwrap();
        }
    }
    run(&["batch", "store", "--out", "whole"], at);
    let args = ["batch", "store", "--out", "run", "--jobs", "1", "--resume"];
    let mut child = command(&args)
        .current_dir(at)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = at.join("run/journal.ndjson");
    let lines = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    while lines() == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let interrupt = format!("kill -INT {}", child.id());
    let sent = std::process::Command::new("sh")
        .args(["-c", &interrupt])
        .status();
    assert!(sent.unwrap().success(), "the run was over already");
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert!(told.contains("--resume goes on"), "{told}");
    let read = lines();
    assert!(
        (1..outcomes(&at.join("whole")).len()).contains(&read),
        "{read}"
    );
    run(&args, at);
    assert_same(&at.join("whole"), &at.join("run"));
}

#[test]
fn a_run_is_not_taken_for_another() {
    let at = &scratch("batch-other");
    store(at);
    run(&["batch", "store", "--out", "run"], at);
    let refused = |args: &[&str], what: &str| {
        let out = permscope(args, at);
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{errors}");
        assert!(errors.contains(what), "{errors}");
    };
    refused(
        &["batch", "store", "--out", "run"],
        "there is a run already",
    );
    refused(
        &["batch", "store/deep", "--out", "run", "--resume"],
        "differs in its inputs",
    );
    refused(
        &[
            "batch",
            "store",
            "--out",
            "run",
            "--resume",
            "--function",
            "手电筒",
        ],
        "differs in its arguments",
    );
    refused(&["batch", "store", "--out", "store"], "not empty");
    refused(&["batch", "--out", "new"], "no app among the inputs");
    refused(
        &["batch", "nothing*.apk", "--out", "new"],
        "nothing matches",
    );
    refused(
        &[
            "batch",
            "store",
            "--out",
            "new",
            "--function",
            "no such thing",
        ],
        "no function is called",
    );
    refused(
        &["batch", "store", "--out", "new", "--shard", "4/3"],
        "3/16",
    );
    assert!(!at.join("new").exists());
}

#[test]
fn facts_that_are_judged_again_give_the_run_again() {
    let at = &scratch("batch-judge");
    store(at);
    fs::write(at.join("cat.csv"), "文件名,功能类型\na-shop.apk,网上购物\n").unwrap();
    run(
        &["batch", "store", "--out", "run", "--catalogue", "cat.csv"],
        at,
    );
    fs::rename(at.join("store"), at.join("gone")).unwrap();
    run(&["judge", "run/facts", "--out", "again"], at);
    assert_same(&at.join("run"), &at.join("again"));
    let out = permscope(&["judge", "run"], at);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn a_worker_answers_each_line_by_one_line() {
    let at = &scratch("batch-worker");
    store(at);
    fs::write(at.join("store/panic.apk"), "PERMSCOPE FAULT panic").unwrap();
    let lines = [
        "store/a-shop.apk",
        "store/gone.apk",
        "store/panic.apk",
        "store/c-empty.apk",
        "",
        "store/b-torch.apk\r",
        "store/a-shop.apk",
        "store",
    ];
    let mut child = command(&["worker", "--function", "网上购物"])
        .current_dir(at)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    let text = String::from_utf8(out.stdout).unwrap();
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let status: Vec<&str> = answers
        .iter()
        .map(|a| a["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        status,
        [
            "audited",
            "missing",
            "crashed",
            "empty",
            "missing",
            "audited",
            "audited",
            "incomplete"
        ]
    );
    assert_eq!(
        answers[0]["content"]["function"]["declared"][0]["id"],
        "online-shopping"
    );
    assert_eq!(answers[0], answers[6]);
    assert_schema(&text);
    fs::write(at.join("answers"), &text).unwrap();
    fs::write(
        at.join("list"),
        "store/a-shop.apk\nstore/gone.apk\nstore/panic.apk\nstore/c-empty.apk\n",
    )
    .unwrap();
    let out = permscope(&["verify-batch", "list", "answers"], at);
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(3), "{said}");
    assert!(
        said.contains("doubled: store/a-shop.apk")
            && said.contains("not listed: store/b-torch.apk"),
        "{said}"
    );
}

#[test]
fn a_row_that_is_missing_or_doubled_is_found() {
    let at = &scratch("batch-verify");
    store(at);
    let names = ["store/a-shop.apk", "store/b-torch.apk", "store/gone.apk"];
    fs::write(at.join("list"), names.join("\n")).unwrap();
    run(&["batch", "--list", "list", "--out", "run"], at);
    assert_eq!(
        permscope(&["verify-batch", "list", "run"], at)
            .status
            .code(),
        Some(0)
    );
    let rows = at.join("run/outcomes.ndjson");
    let whole = fs::read_to_string(&rows).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    fs::write(&rows, format!("{}\n{}\n{}\n", lines[0], lines[0], lines[2])).unwrap();
    let out = permscope(&["verify-batch", "list", "run"], at);
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(3));
    assert!(
        said.contains("missing: store/b-torch.apk") && said.contains("doubled: store/a-shop.apk"),
        "{said}"
    );
}
