//! What several modules need: the samples as cases, a run of the library, a run of the program, scratch folders.

use permscope::audit::{Declared, Edition};
use permscope::detect::Detector;
use permscope::engine::{self, Source};
use permscope::facts::{Facts, Manner};
use permscope::forge::app::Sample;
use permscope::forge::samples;
use permscope::forge::zip::{Entry, Method, Zip};
use permscope::limits::Limits;
use permscope::report::Languages;
use permscope::report::v1::Report;
use permscope::signatures::SignatureDb;
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A path of the repository.
pub(crate) fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The built-in data, read once.
pub(crate) fn db() -> &'static SignatureDb {
    static DB: OnceLock<SignatureDb> = OnceLock::new();
    DB.get_or_init(|| SignatureDb::builtin().unwrap())
}

/// Its detector, made once.
pub(crate) fn detector() -> &'static Detector<'static> {
    static DETECTOR: OnceLock<Detector<'static>> = OnceLock::new();
    DETECTOR.get_or_init(|| Detector::new(db()))
}

/// The samples of `samples/text`.
pub(crate) fn forged() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let samples = samples::load(&repo("samples/text")).unwrap();
        assert!(samples.len() >= 24, "{}", samples.len());
        samples
    })
}

/// One forged sample.
pub(crate) fn sample(name: &str) -> &'static Sample {
    forged().iter().find(|s| s.name == name).unwrap()
}

/// The bytes of a forged sample that is one file.
pub(crate) fn apk(name: &str) -> Vec<u8> {
    let mut files = sample(name).build().unwrap();
    assert_eq!(files.len(), 1, "{name}");
    files.remove(0).1
}

/// An app to judge and what to judge it against.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) functions: Vec<String>,
    pub(crate) edition: Edition,
}

impl Case {
    pub(crate) fn sources(&self) -> Vec<Source> {
        let source = |(name, bytes): &(String, Vec<u8>)| Source::new(name.clone(), bytes.clone());
        self.files.iter().map(source).collect()
    }

    pub(crate) fn facts(&self) -> Facts {
        engine::facts(&self.sources(), &Limits::default()).unwrap()
    }

    pub(crate) fn report(&self, facts: &Facts, languages: Languages) -> Report {
        judge(facts, &self.functions, self.edition, languages)
    }
}

pub(crate) fn judge(
    facts: &Facts,
    functions: &[String],
    edition: Edition,
    languages: Languages,
) -> Report {
    let declared = Declared::resolve(db(), functions, edition).unwrap();
    engine::judge(facts, detector(), &declared, languages)
}

/// A forged sample as a case.
pub(crate) fn case(sample: &Sample) -> Case {
    Case {
        name: format!("text/{}", sample.name),
        files: sample.build().unwrap(),
        functions: sample.functions.clone(),
        edition: match sample.edition.as_deref() {
            None | Some("consumer") => Edition::Consumer,
            Some("supply") => Edition::Supply,
            Some(other) => panic!("{}: edition {other}", sample.name),
        },
    }
}

/// All apps of `samples/`: forged ones, every compiled APK, and the splits together and as sets.
pub(crate) fn cases() -> Vec<Case> {
    let mut all: Vec<Case> = forged().iter().map(case).collect();
    for app in compiled() {
        all.extend(app.cases());
    }
    all
}

/// One folder of `samples/apps`.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) name: String,
    pub(crate) truth: Truth,
}

impl Compiled {
    pub(crate) fn file(&self, file: &str) -> (String, Vec<u8>) {
        let path = repo("samples/apps").join(&self.name).join(file);
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (file.to_owned(), bytes)
    }

    pub(crate) fn case(&self, name: &str, files: &[&str]) -> Case {
        Case {
            name: format!("apps/{}/{name}", self.name),
            files: files.iter().map(|file| self.file(file)).collect(),
            functions: self.truth.functions.clone(),
            edition: Edition::Consumer,
        }
    }

    pub(crate) fn cases(&self) -> Vec<Case> {
        let apks = &self.truth.apk;
        let mut all: Vec<Case> = apks
            .iter()
            .filter(|apk| apk.split.is_none())
            .map(|apk| self.case(&apk.file, &[&apk.file]))
            .collect();
        if let Some(whole) = &self.truth.whole {
            let files: Vec<&str> = apks.iter().map(|apk| apk.file.as_str()).collect();
            all.push(self.case("whole", &files));
            all.extend(whole.sets.iter().map(|set| self.case(set, &[set])));
        }
        all
    }
}

/// The apps of `samples/apps`, by name.
pub(crate) fn compiled() -> Vec<Compiled> {
    let mut names: Vec<String> = fs::read_dir(repo("samples/apps"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expect.toml").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    let read = |name: String| {
        let path = repo("samples/apps").join(&name).join("expect.toml");
        let text = fs::read_to_string(path).unwrap();
        let truth = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        Compiled { name, truth }
    };
    names.into_iter().map(read).collect()
}

/// `expect.toml`. Keys in a field that begins with `_` belong to a later version: they are not judged yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    pub(crate) functions: Vec<String>,
    pub(crate) same_manifest_as: Option<String>,
    pub(crate) apk: Vec<Apk>,
    #[serde(default)]
    pub(crate) sdk: Vec<SdkTruth>,
    #[serde(default)]
    pub(crate) access: Vec<Access>,
    pub(crate) whole: Option<Whole>,
    pub(crate) expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apk {
    pub(crate) file: String,
    pub(crate) split: Option<String>,
    pub(crate) package: String,
    pub(crate) version_code: u64,
    pub(crate) version_name: Option<String>,
    pub(crate) min_sdk: Option<u32>,
    pub(crate) target_sdk: Option<u32>,
    pub(crate) schemes: Vec<String>,
    pub(crate) certificate: Option<String>,
    #[serde(default)]
    pub(crate) certificates: std::collections::BTreeMap<String, String>,
    pub(crate) rotation_min_sdk: Option<u32>,
    #[serde(default)]
    pub(crate) labels: std::collections::BTreeMap<String, String>,
    pub(crate) dex: std::collections::BTreeMap<String, u32>,
    pub(crate) debuggable: Option<bool>,
    pub(crate) permission: Option<Vec<PermissionTruth>>,
    pub(crate) component: Option<Vec<ComponentTruth>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermissionTruth {
    pub(crate) name: String,
    #[serde(default = "uses_permission")]
    pub(crate) element: String,
    pub(crate) max_sdk: Option<u32>,
    pub(crate) tier: String,
    #[serde(rename = "used_by")]
    pub(crate) _used_by: Vec<String>,
    #[serde(default, rename = "api")]
    pub(crate) _api: Vec<String>,
    #[serde(rename = "note")]
    pub(crate) _note: Option<String>,
}

fn uses_permission() -> String {
    "uses-permission".into()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentTruth {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) exported: bool,
    pub(crate) declared: Option<bool>,
    #[serde(rename = "owner")]
    pub(crate) _owner: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SdkTruth {
    pub(crate) id: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) classes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(crate) api: String,
    pub(crate) caller: String,
    pub(crate) dex: Option<String>,
    #[serde(rename = "value")]
    pub(crate) _value: Option<String>,
    #[serde(rename = "owner")]
    pub(crate) _owner: Option<String>,
    #[serde(rename = "inlined_from")]
    pub(crate) _inlined_from: Option<String>,
    #[serde(rename = "start_up")]
    pub(crate) _start_up: Option<bool>,
    #[serde(rename = "behind_consent")]
    pub(crate) _behind_consent: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whole {
    pub(crate) sets: Vec<String>,
    pub(crate) splits: Vec<String>,
    pub(crate) labels: std::collections::BTreeMap<String, String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) ignored_permissions: Vec<String>,
    pub(crate) components: usize,
    pub(crate) classes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) raised: Vec<String>,
    #[serde(default)]
    pub(crate) not_raised: Vec<String>,
    #[serde(default)]
    pub(crate) no_findings: bool,
}

/// Java name and method of a member or site: `Lx/Y;->m(I)V` is `x.Y.m`.
pub(crate) fn java(member: &str) -> String {
    let (class, rest) = member.split_once(";->").unwrap();
    let name = rest.split(['(', ':']).next().unwrap();
    format!("{}.{name}", class.trim_start_matches('L').replace('/', "."))
}

/// All calls of the facts as `callee <- caller`, with the DEX file: `base.apk!classes.dex`.
pub(crate) fn calls(facts: &Facts) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for call in facts.uses.iter().filter(|u| u.manner == Manner::Call) {
        for site in &call.sites {
            let within = facts.method(site).unwrap();
            let method = within.name.split('(').next().unwrap();
            let dex = &facts.dex[within.dex as usize];
            all.push((
                format!("{} <- {}.{method}", java(&call.what), within.class),
                format!("{}!{}", dex.file, dex.entry),
            ));
        }
    }
    all
}

/// An archive of these entries, deflated.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entry = |(name, data): &(&str, &[u8])| Entry::new(*name, *data, Method::Deflated);
    Zip::of(entries.iter().map(entry).collect()).build()
}

/// A folder of one test; emptied when it begins.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, and the folders above it; gives its path.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The program, with nothing of the surroundings that it looks at.
pub(crate) fn command<S: AsRef<str>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permscope"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    command.args(arguments.iter().map(AsRef::as_ref));
    command
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// The report on stdout.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.stdout, self.stderr))
    }
}

/// Runs the program to its end.
pub(crate) fn run<S: AsRef<str>>(arguments: &[S]) -> Ran {
    Ran::of(command(arguments).stdin(Stdio::null()).output().unwrap())
}

/// Runs the program with `input` on stdin.
pub(crate) fn run_with_input<S: AsRef<str>>(arguments: &[S], input: &[u8]) -> Ran {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that does not read to the end closes the pipe.
    let writer = std::thread::spawn(move || _ = stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran::of(output)
}

/// Runs the program under a locale.
pub(crate) fn run_in<S: AsRef<str>>(locale: &[(&str, &str)], arguments: &[S]) -> Ran {
    let mut command = command(arguments);
    command.envs(locale.iter().copied()).stdin(Stdio::null());
    Ran::of(command.output().unwrap())
}

/// Compares with a committed file of `tests/it/snapshots`; `BLESS=1` rewrites it.
pub(crate) fn snapshot(name: &str, found: &str) {
    let path = repo("tests/it/snapshots").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    if wanted == found {
        return;
    }
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (old, new) = (lines(&wanted), lines(found));
    let mut differences: Vec<String> = Vec::new();
    differences.extend(
        old.iter()
            .filter(|l| !new.contains(l))
            .map(|l| format!("- {l}")),
    );
    differences.extend(
        new.iter()
            .filter(|l| !old.contains(l))
            .map(|l| format!("+ {l}")),
    );
    panic!(
        "{name} differs; if this is meant, BLESS=1 rewrites it:\n{}",
        differences.join("\n")
    );
}
