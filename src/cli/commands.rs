//! What the commands do.

use super::args::{self, Args, Bounds, Command, Form, Judging};
use super::release::{self, Gate};
use super::{Exit, Hold, Stop, batch, case, compare, convert, db, disclose, explain, paint, print};
use crate::audit::{Declared, Edition};
use crate::detect::Detector;
use crate::engine;
use crate::engine::batch::peers::Peers;
use crate::engine::catalogue::{Catalogue, Found};
use crate::facts::Facts;
use crate::limits::{Deadline, Limits};
use crate::report::{Language, Languages, peers, plain};
use crate::signatures::SignatureDb;
use clap::CommandFactory;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) fn run(args: Args, hold: Hold) -> Result<Exit, Stop> {
    match args.command {
        Command::Audit(audit) => {
            let (facts, db) = rayon::join(
                || extract(&audit.files, &audit.bounds),
                || judging_database(audit.judging.signatures.as_deref()),
            );
            report(&facts?, db, &audit.judging)
        }
        Command::Facts(facts) => {
            let found = extract(&facts.files, &facts.bounds)?;
            deliver(&json(&found)?, facts.output.as_deref())?;
            Ok(if found.complete() {
                Exit::Clean
            } else {
                Exit::Incomplete
            })
        }
        Command::Judge(judge) if judge.facts.is_dir() => {
            let Some(out) = &judge.out else {
                let what = "a run that is judged again needs --out for its results";
                return Err(Stop::new(Exit::Usage, what));
            };
            let signatures = judge.judging.signatures.as_deref();
            batch::judge_again(&judge.facts, out, signatures, &judge.resources)
        }
        Command::Compare(asked) => compare::run(&asked),
        Command::Convert(asked) => convert::run(&asked),
        Command::Init(asked) => release::init(&asked),
        Command::Batch(asked) => batch::run(&asked),
        Command::Worker(asked) => batch::work(&asked, hold),
        Command::Merge(asked) => batch::merge(&asked),
        Command::Stats(asked) => batch::stats(&asked),
        Command::Serve(asked) => batch::serve(&asked),
        Command::VerifyBatch(asked) => batch::verify(&asked),
        Command::Judge(judge) => {
            let (facts, db) = rayon::join(
                || read_facts(&judge.facts),
                || judging_database(judge.judging.signatures.as_deref()),
            );
            report(&facts?, db, &judge.judging)
        }
        Command::Case(asked) => case::make(&asked),
        Command::Verify(asked) => case::verify(&asked),
        Command::Key { command } => case::key(&command),
        Command::Disclose(asked) => disclose::run(&asked),
        Command::Sheet(asked) => disclose::sheet(&asked),
        Command::Explain(ask) => {
            let db = database(ask.signatures.as_deref())?;
            let language = languages(ask.lang.as_deref())?.first();
            match ask.id {
                Some(id) if id == "limits" => print(&explain::limits(language))?,
                Some(id) => {
                    print(&explain::one(&db, &id, language).ok_or_else(|| unknown(&id, language))?)?
                }
                None => print(&explain::list(&db, language))?,
            }
            Ok(Exit::Clean)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "permscope", &mut text);
            print(&String::from_utf8_lossy(&text))?;
            Ok(Exit::Clean)
        }
        Command::Man { command } => {
            print(&manual(command.as_deref())?)?;
            Ok(Exit::Clean)
        }
        Command::Db { command } => db::run(command),
    }
}

/// A manual page in roff: of the program, or of one of its commands.
fn manual(command: Option<&str>) -> Result<String, Stop> {
    let mut whole = Args::command();
    whole.build();
    let page = match command {
        None => whole,
        Some(name) => whole
            .find_subcommand(name)
            .ok_or_else(|| Stop::new(Exit::Usage, format!("no command is called `{name}`")))?
            .clone(),
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|e| Stop::new(Exit::Internal, e))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

pub(super) fn unknown(id: &str, language: Language) -> Stop {
    let what = match language {
        Language::Zh => {
            format!("数据库中没有 `{id}`；不带参数运行 `permscope explain` 可列出全部条目")
        }
        Language::En => {
            format!("the data has no `{id}`; `permscope explain` without a name lists everything")
        }
    };
    Stop::new(Exit::Usage, what)
}

pub(super) fn extract(files: &[PathBuf], bounds: &Bounds) -> Result<Facts, Stop> {
    let limits = limits(bounds)?;
    let sources = engine::open(files, &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    engine::facts(&sources, &limits).map_err(|e| Stop::new(Exit::Incomplete, e))
}

/// The limits that were asked for, with the clock started.
pub(super) fn limits(bounds: &Bounds) -> Result<Limits, Stop> {
    static OVER: AtomicBool = AtomicBool::new(false);
    let mut limits = Limits::default();
    for text in &bounds.limits {
        limits.set(text).map_err(|error| {
            let hint = "`permscope explain limits` lists them";
            Stop::new(Exit::Usage, format!("--limit: {error}; {hint}"))
        })?;
    }
    if limits.seconds > 0 {
        let time = Duration::from_secs(limits.seconds);
        // It ends with the process.
        std::thread::spawn(move || {
            std::thread::sleep(time);
            OVER.store(true, Ordering::Relaxed);
        });
        limits.deadline = Deadline::when(&OVER);
    }
    Ok(limits)
}

pub(super) fn read_facts(path: &Path) -> Result<Facts, Stop> {
    let sources = engine::open(&[path.to_owned()], &Limits::default())
        .map_err(|e| Stop::new(Exit::Usage, e))?;
    let source = sources
        .first()
        .ok_or_else(|| Stop::new(Exit::Usage, "no facts"))?;
    Facts::read(&source.bytes)
        .map_err(|e| Stop::new(Exit::Usage, format!("{}: {e}", path.display())))
}

pub(super) fn database(overlay: Option<&Path>) -> Result<SignatureDb, Stop> {
    match overlay {
        None => SignatureDb::builtin().map_err(|e| Stop::new(Exit::Internal, e)),
        Some(folder) => SignatureDb::with_overlay(folder).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Stop::new(Exit::Usage, lines.join("\n"))
        }),
    }
}

/// The data without what only `explain` and the linter show.
pub(super) fn judging_database(overlay: Option<&Path>) -> Result<SignatureDb, Stop> {
    match overlay {
        None => SignatureDb::for_judging().map_err(|e| Stop::new(Exit::Internal, e)),
        Some(_) => database(overlay),
    }
}

fn report(facts: &Facts, db: Result<SignatureDb, Stop>, judging: &Judging) -> Result<Exit, Stop> {
    let languages = languages(judging.lang.as_deref())?;
    let db = db?;
    let edition = judging.edition.into();
    let gate = Gate::of(judging)?;
    let declared = match (&judging.catalogue, gate.declared(&db, judging)) {
        (Some(path), _) => listed(&db, path, facts, edition)?,
        (None, Some(declared)) => declared?,
        (None, None) => Declared::resolve(&db, &judging.functions, edition)
            .map_err(|e| Stop::new(Exit::Usage, e))?,
    };
    let mut report = engine::judge(facts, &Detector::new(&db), &declared, languages);
    if let Some(path) = &judging.peers {
        let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| stop(e.to_string()))?;
        let counted = Peers::read(&bytes).map_err(stop)?;
        let functions: Vec<String> = declared
            .functions
            .iter()
            .map(|f| f.id.to_string())
            .collect();
        let asked = report
            .permissions
            .iter()
            .filter(|p| p.origin == "requested");
        let asked: Vec<String> = asked.map(|p| p.name.clone()).collect();
        peers::attach(&mut report, &counted.shares(&functions, &asked));
    }
    gate.accept(&mut report)?;
    let on_terminal = judging.output.is_none() && paint::is_terminal();
    let form = judging.format.unwrap_or(match on_terminal {
        true => Form::Brief,
        false => Form::Text,
    });
    let mut written = convert::render(&report, form, languages.first(), None)?;
    if matches!(form, Form::Text | Form::Brief) && on_terminal && paint::is_wanted() {
        written = paint::painted(&written, languages.first());
    }
    deliver(&written, judging.output.as_deref())?;
    Ok(gate.exit(&report, judging.fail_on))
}

/// A catalogue.
pub(super) fn table(path: &Path) -> Result<Catalogue, Stop> {
    let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
    let sources = engine::open(&[path.to_owned()], &Limits::default())
        .map_err(|e| Stop::new(Exit::Usage, e))?;
    let bytes = sources.first().map_or(&[][..], |source| &source.bytes);
    Catalogue::read(bytes).map_err(|e| stop(e.to_string()))
}

impl From<args::Edition> for Edition {
    fn from(edition: args::Edition) -> Self {
        match edition {
            args::Edition::Consumer => Self::Consumer,
            args::Edition::Supply => Self::Supply,
        }
    }
}

/// What a catalogue says of the app.
fn listed<'d>(
    db: &'d SignatureDb,
    path: &Path,
    facts: &Facts,
    edition: Edition,
) -> Result<Declared<'d>, Stop> {
    let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
    let catalogue = table(path)?;
    let first = facts.files.first();
    let (name, sha256) = first.map_or(("", ""), |file| (&file.name, &file.sha256));
    match catalogue.find(name, &facts.manifest.package, sha256) {
        Found::Row(row) => {
            let edition = row.edition.unwrap_or(edition);
            let declared = Declared::resolve(db, &row.functions, edition)
                .map_err(|e| stop(format!("line {}: {e}", row.line)))?;
            Ok(declared.named_by_catalogue())
        }
        Found::Nothing => Err(stop(format!(
            "no row for {name}, {}, {sha256}",
            facts.manifest.package
        ))),
        Found::Several(lines) => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            Err(stop(format!(
                "lines {} say different things of this app",
                lines.join(", ")
            )))
        }
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Stop::new(Exit::Internal, e))?;
    Ok(plain::json(&text) + "\n")
}

pub(super) fn deliver(text: &str, output: Option<&Path>) -> Result<(), Stop> {
    match output {
        Some(path) => std::fs::write(path, text)
            .map_err(|e| Stop::new(Exit::Usage, format!("{}: {e}", path.display()))),
        None => print(text),
    }
}

pub(super) fn languages(asked: Option<&str>) -> Result<Languages, Stop> {
    match asked {
        Some(text) => Languages::parse(text).ok_or_else(|| {
            Stop::new(
                Exit::Usage,
                format!("--lang takes zh, en or zh,en, not `{text}`"),
            )
        }),
        None => Ok(Languages::only(locale())),
    }
}

/// The locale of messages, in the order of POSIX (XBD 8.2): LC_ALL, LC_MESSAGES, LANG.
#[allow(
    clippy::disallowed_methods,
    reason = "the command line is where the environment is read"
)]
fn locale() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    if set.to_ascii_lowercase().starts_with("zh") {
        Language::Zh
    } else {
        Language::En
    }
}
