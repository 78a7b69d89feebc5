//! Tasks of the repository: `cargo xtask` lists them. No dependencies.

mod apis;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

type Task = fn(&[String]) -> Result<(), String>;

/// Name, what it does, and the function.
const TASKS: &[(&str, &str, Task)] = &[
    (
        "apis",
        "join a level of the platform, from AOSP's signature files, to signatures/imported/ (docs/apis.md; without arguments: how)",
        apis::task,
    ),
    (
        "ci",
        "what continuous integration runs: format, lints, the tests, docs",
        ci,
    ),
    (
        "corpus",
        "fetch the pinned real APKs, compare with aapt, dexdump and apksigner, check the SDKs found (needs network and those tools)",
        corpus,
    ),
    (
        "fuzz",
        "run every fuzz target, or those named: `fuzz SECONDS [TARGET…]` (needs a nightly toolchain, cargo-fuzz and a C++ compiler)",
        fuzz,
    ),
    (
        "samples",
        "rebuild the compiled sample apps (needs Java and Debian's Android tools)",
        samples,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = args
        .split_first()
        .map_or(("", &[][..]), |(n, r)| (n.as_str(), r));
    match TASKS.iter().find(|(task, ..)| *task == name) {
        Some((_, _, run)) => match run(rest) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("xtask {name}: {why}");
                ExitCode::FAILURE
            }
        },
        None => {
            println!("cargo xtask TASK\n");
            for (task, what, _) in TASKS {
                println!("  {task:<10} {what}");
            }
            ExitCode::from(2)
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

fn run(program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<(), String> {
    let line = format!("{program} {}", args.join(" "));
    println!("$ {line}");
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .envs(env.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|e| format!("{program}: {e}"))?;
    println!("  {:.0} s", start.elapsed().as_secs_f64());
    if status.success() {
        Ok(())
    } else {
        Err(format!("failed: {line}"))
    }
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success())
}

fn ci(_: &[String]) -> Result<(), String> {
    let cargo = |args: &[&str]| run("cargo", args, &[]);
    if has("cargo-fmt") {
        cargo(&["fmt", "--all", "--check"])?;
    } else {
        println!("skipped: cargo fmt is not installed");
    }
    if has("cargo-clippy") {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])?;
    } else {
        println!("skipped: cargo clippy is not installed");
    }
    cargo(&["test"])?;
    cargo(&["test", "--package", "xtask"])?;
    run(
        "cargo",
        &["doc", "--no-deps", "--document-private-items", "--locked"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    if has("cargo-deny") {
        cargo(&["deny", "check", "bans", "licenses", "sources"])?;
    } else {
        println!("skipped: cargo deny is not installed");
    }
    Ok(())
}

fn corpus(args: &[String]) -> Result<(), String> {
    let list = |script: &str| -> Result<(), String> {
        let mut all = vec![script];
        all.extend(args.iter().map(String::as_str));
        run("python3", &all, &[])
    };
    run("cargo", &["build", "--release"], &[])?;
    list("tests/corpus/fetch.py")?;
    let more = ["--list", "tests/corpus/more.tsv", "--into", "corpus/more"];
    let mut fetch = vec!["tests/corpus/fetch.py"];
    fetch.extend(more);
    fetch.extend(args.iter().map(String::as_str));
    run("python3", &fetch, &[])?;
    run("cargo", &["build", "--example", "archive"], &[])?;
    run("python3", &["tests/corpus/archives.py"], &[])?;
    run("python3", &["tests/corpus/oracle.py"], &[])?;
    run("python3", &["tests/corpus/compare.py"], &[])?;
    run("python3", &["tests/corpus/truth.py"], &[])?;
    run("python3", &["tests/corpus/usage.py"], &[])
}

fn samples(args: &[String]) -> Result<(), String> {
    let mut all = vec!["samples/build.sh"];
    all.extend(args.iter().map(String::as_str));
    run("bash", &all, &[])
}

/// Target and dictionary.
const FUZZ_TARGETS: [(&str, &str); 11] = [
    ("container", "zip"),
    ("axml", "res"),
    ("arsc", "res"),
    ("dex", "dex"),
    ("code", "dex"),
    ("elf", "elf"),
    ("signing", "zip"),
    ("audit", "zip"),
    ("facts", "text"),
    ("signatures", "text"),
    ("catalogue", "text"),
];

fn fuzz(args: &[String]) -> Result<(), String> {
    let (seconds, wanted) = args
        .split_first()
        .ok_or("how many seconds for each target?")?;
    let seconds: u32 = seconds
        .parse()
        .map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    let all = FUZZ_TARGETS.map(|(target, _)| target);
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(format!(
            "no target `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    let seeds = [
        "run",
        "--quiet",
        "--example",
        "fuzz-seeds",
        "--features",
        "forge",
    ];
    run("cargo", &seeds, &[])?;
    for (target, dictionary) in FUZZ_TARGETS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == target) {
            continue;
        }
        let time = format!("-max_total_time={seconds}");
        let dictionary = format!("-dict=fuzz/dict/{dictionary}.dict");
        let options = [
            "-max_len=32768",
            "-timeout=10",
            "-rss_limit_mb=1500",
            "-print_final_stats=1",
        ];
        let mut line = vec!["+nightly", "fuzz", "run", target, "--", &time, &dictionary];
        line.extend(options);
        run("cargo", &line, &[("RAYON_NUM_THREADS", "1")])?;
    }
    Ok(())
}
