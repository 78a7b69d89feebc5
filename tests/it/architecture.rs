//! The layout of the program: which module may use which, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Module and what it may use, from the bottom of the pipeline to the top (docs/architecture.md).
/// A module may always use itself. Leaves: error, bytes, limits, incident, hash.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("bytes", &["error"]),
    ("limits", &[]),
    ("incident", &["error"]),
    ("hash", &[]),
    ("encoding", &[]),
    ("container", &["error", "bytes", "limits", "incident"]),
    ("xml", &["error", "bytes", "limits", "incident", "arsc"]),
    ("arsc", &["error", "bytes", "limits", "incident"]),
    ("dex", &["error", "bytes", "limits", "incident", "hash"]),
    ("elf", &["error", "bytes", "limits", "incident", "hash"]),
    (
        "signing",
        &["error", "bytes", "limits", "incident", "hash", "container"],
    ),
    (
        "package",
        &[
            "error",
            "limits",
            "incident",
            "hash",
            "container",
            "xml",
            "arsc",
        ],
    ),
    ("code", &["error", "limits", "incident", "dex"]),
    (
        "facts",
        &[
            "error",
            "limits",
            "incident",
            "hash",
            "package",
            "code",
            "dex",
            "elf",
            "signing",
            "container",
        ],
    ),
    ("signatures", &["error"]),
    ("detect", &["incident", "facts", "signatures", "package"]),
    (
        "audit",
        &[
            "incident",
            "hash",
            "facts",
            "signatures",
            "detect",
            "package",
        ],
    ),
    (
        "report",
        &["incident", "facts", "signatures", "detect", "audit"],
    ),
    (
        "engine",
        &[
            "error",
            "encoding",
            "limits",
            "incident",
            "hash",
            "container",
            "xml",
            "package",
            "facts",
            "signatures",
            "detect",
            "audit",
            "report",
        ],
    ),
    (
        "case",
        &[
            "hash",
            "limits",
            "container",
            "xml",
            "dex",
            "package",
            "facts",
            "signatures",
            "detect",
            "audit",
            "report",
            "engine",
        ],
    ),
    (
        "disclose",
        &["encoding", "limits", "detect", "signatures", "report"],
    ),
    (
        "learn",
        &[
            "error",
            "bytes",
            "limits",
            "incident",
            "container",
            "package",
            "facts",
            "signatures",
            "engine",
        ],
    ),
    (
        "cli",
        &[
            "limits",
            "facts",
            "case",
            "learn",
            "signatures",
            "detect",
            "audit",
            "report",
            "engine",
            "disclose",
        ],
    ),
    ("forge", &["error"]),
];

/// Lines of a source file that still reads well.
const LONGEST: usize = 600;
/// Lines of a rule.
const LONGEST_RULE: usize = 150;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The module at the top level that a file belongs to.
fn module(file: &Path) -> String {
    let inner = file.strip_prefix(src()).unwrap();
    inner
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_owned()
}

/// A file of unit tests beside its module; tests may use whatever they need.
fn is_test(file: &Path) -> bool {
    file.file_stem()
        .and_then(|s| s.to_str())
        .is_some_and(|s| s == "tests" || s.ends_with("_tests"))
}

/// Modules that the code of `text` names by `crate::`; test modules at the end of a file do not count.
fn used(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let mut used = BTreeSet::new();
    for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            match rest.strip_prefix('{') {
                Some(list) => used.extend(list.split(',').map(|m| first_word(m.trim()))),
                None => _ = used.insert(first_word(rest)),
            }
        }
    }
    used
}

fn first_word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources(&src()) {
        let module = module(&file);
        if ["lib", "main"].contains(&module.as_str()) || is_test(&file) {
            continue;
        }
        let Some(allowed) = rules.get(module.as_str()) else {
            panic!("src/{module} is not in the table of tests/it/architecture.rs");
        };
        for name in used(&fs::read_to_string(&file).unwrap()) {
            let is_module = rules.contains_key(name.as_str());
            if is_module && name != module && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} uses {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_readable() {
    let root = src().join("..");
    let folders = ["src", "tests", "xtask", "benches"].map(|folder| root.join(folder));
    for file in folders.iter().flat_map(|folder| sources(folder)) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        let most = if file.to_str().unwrap().contains("audit/rules/") {
            LONGEST_RULE
        } else {
            LONGEST
        };
        assert!(
            lines <= most,
            "{} has {lines} lines, more than {most}",
            file.display()
        );
    }
}

/// The terminal, the environment and the clock belong to the command line. A run over a store has processes that must
/// answer in time; how long they take reaches its journal and nothing else.
#[test]
fn only_the_command_line_touches_the_outside() {
    for file in sources(&src()) {
        if module(&file) == "cli" {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let is_timed = file.to_str().unwrap().contains("engine/batch/");
        for word in [
            "println!",
            "eprintln!",
            "std::env::var",
            "SystemTime",
            "Instant::now",
        ] {
            if word == "Instant::now" && is_timed {
                continue;
            }
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

/// The scanner itself: a rule that cannot fail is none.
#[test]
fn the_scanner_sees_uses() {
    let text = "use crate::facts::Facts;\nlet x = crate::{dex, elf::Y};\n// crate::cli\n#[cfg(test)]\nmod tests {\n use crate::forge::X;\n}";
    assert_eq!(
        used(text).into_iter().collect::<Vec<_>>(),
        ["dex", "elf", "facts"]
    );
}

/// `deny.toml` bans network crates; this holds it without cargo-deny.
#[test]
fn no_banned_crate_is_in_the_lock_file() {
    let read =
        |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let deny: toml::Table = read("deny.toml").parse().unwrap();
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let names = |list: &toml::Value, key: &str| -> BTreeSet<String> {
        let entries = list.as_array().unwrap().iter();
        entries
            .map(|entry| entry[key].as_str().unwrap().to_owned())
            .collect()
    };
    let banned = names(&deny["bans"]["deny"], "crate");
    let locked = names(&lock["package"], "name");
    assert!(
        banned.contains("reqwest") && locked.contains("serde"),
        "the files are not read as meant"
    );
    assert_eq!(
        banned.intersection(&locked).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}
