//! Runs over many apps.

pub(super) mod args;
mod progress;
mod stats;

use super::commands::{database, languages, limits, table};
use super::{Exit, Hold, Stop, print};
use crate::engine::batch::worker::{self, Setup};
use crate::engine::batch::{self, BatchError, Declaring, Launch, Single, Surroundings, Tally};
use crate::engine::catalogue::Catalogue;
use crate::limits::Limits;
use crate::report::plain::printable;
use crate::report::{Language, Languages};
use crate::signatures::SignatureDb;
use args::{Batch, Merge, Resources, Serve, Stats, VerifyBatch, Worker};
use progress::Shown;
use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

impl From<BatchError> for Stop {
    fn from(error: BatchError) -> Self {
        let exit = if error.usage {
            Exit::Usage
        } else {
            Exit::Internal
        };
        Self::new(exit, error)
    }
}

pub(super) fn run(asked: &Batch) -> Result<Exit, Stop> {
    let db = database(asked.signatures.as_deref())?;
    let reports = languages(Some(&asked.lang))?;
    let lists: Vec<Vec<u8>> = asked.list.iter().map(bytes).collect::<Result<_, _>>()?;
    let inputs = batch::inputs::list(&asked.inputs, &lists)?;
    let bounds = limits(&asked.bounds)?;
    let changed = bounds
        .changed()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let options = batch::Options {
        inputs,
        out: asked.out.clone(),
        resume: asked.resume,
        shard: asked.shard,
        catalogue: asked.declared.catalogue.as_deref().map(bytes).transpose()?,
        functions: asked.declared.functions.clone(),
        edition: asked.declared.edition.into(),
        languages: reports,
        limits: changed.collect(),
        compress: asked.compress,
        pages: !asked.no_pages,
        resources: resources(&asked.resources),
    };
    let launch = launch(reports, asked.signatures.as_deref(), &asked.bounds.limits)?;
    with_surroundings(&db, launch, asked.progress, |around| {
        batch::batch(&options, around)
    })
}

pub(super) fn merge(asked: &Merge) -> Result<Exit, Stop> {
    let db = database(asked.signatures.as_deref())?;
    let launch = |lang: Languages| launch(lang, asked.signatures.as_deref(), &[]);
    let lang = batch::languages_of(asked.parts.first().map_or(Path::new(""), PathBuf::as_path))?;
    with_surroundings(&db, launch(lang)?, false, |around| {
        batch::merge(
            &asked.parts,
            &asked.out,
            resources(&asked.resources),
            around,
        )
    })
}

/// `permscope judge RUN --out RUN2`.
pub(super) fn judge_again(
    from: &Path,
    out: &Path,
    signatures: Option<&Path>,
    asked: &Resources,
) -> Result<Exit, Stop> {
    let db = database(signatures)?;
    // The folder of the facts stands for its run.
    let from = match from.file_name() {
        Some(name) if name == "facts" => from.parent().unwrap_or(from),
        _ => from,
    };
    let launch = launch(batch::languages_of(from)?, signatures, &[])?;
    with_surroundings(&db, launch, false, |around| {
        batch::judge_again(from, out, resources(asked), around)
    })
}

fn with_surroundings(
    db: &SignatureDb,
    launch: Launch,
    each: bool,
    work: impl FnOnce(&Surroundings<'_>) -> Result<Tally, BatchError>,
) -> Result<Exit, Stop> {
    let language = languages(None)?.first();
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    // A second signal changes nothing: the apps that are being read are killed by their own time limit at the latest.
    let _ = ctrlc::set_handler(move || {
        told.store(true, Ordering::Relaxed);
        let text = match language {
            Language::Zh => "\n正在结束已开始解析的应用，之后停止；以 --resume 继续",
            Language::En => "\nstopping after the apps that are being read; --resume goes on",
        };
        let _ = writeln!(io::stderr(), "{text}");
    });
    let progress = Shown::new(language, each);
    let tally = work(&Surroundings {
        db,
        launch,
        progress: &progress,
        stop: &stop,
    })?;
    if tally.stopped {
        return Ok(Exit::Incomplete);
    }
    print(&said(&tally, language))?;
    let is_read = |status: &batch::outcome::Status| status.is_judged();
    Ok(if tally.outcomes.keys().all(is_read) {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

/// The run in a few lines.
fn said(tally: &Tally, language: Language) -> String {
    let total: u64 = tally.outcomes.values().sum();
    let mut text = match language {
        Language::Zh => format!("输入 {total} 个，每个均有一行结果：\n"),
        Language::En => format!("{total} inputs, each with its row:\n"),
    };
    for (status, count) in &tally.outcomes {
        let name = match language {
            Language::Zh => status.zh(),
            Language::En => status.word(),
        };
        text.push_str(&format!("  {count:>8}  {name}\n"));
    }
    let (rows, inputs) = (tally.unmatched_rows, tally.unmatched_inputs);
    if rows > 0 || inputs > 0 {
        text.push_str(&match language {
            Language::Zh => format!("名录中无对应文件的行 {rows} 个（unmatched.ndjson）；名录未收录或者不能确定的文件 {inputs} 个\n"),
            Language::En => format!("{rows} rows of the catalogue have no file (unmatched.ndjson); {inputs} files have no row, or no clear one\n"),
        });
    }
    text
}

/// `permscope worker`: a line for each line.
pub(super) fn work(asked: &Worker, hold: Hold) -> Result<Exit, Stop> {
    let reports = languages(Some(&asked.lang))?;
    let bounds = limits(&asked.bounds)?;
    if asked.kept {
        let db = super::commands::judging_database(asked.signatures.as_deref())?;
        let setup = Setup {
            // The request says how much time there is.
            limits: Limits {
                deadline: Default::default(),
                ..bounds
            },
            languages: reports,
            db: &db,
            hold,
        };
        let served = worker::serve(&setup, io::stdin().lock(), io::stdout().lock());
        return match served {
            Ok(()) => Ok(Exit::Clean),
            Err(error) => Err(Stop::new(Exit::Internal, error)),
        };
    }
    let db = database(asked.signatures.as_deref())?;
    let catalogue = match &asked.declared.catalogue {
        Some(path) => Some(table(path)?),
        None => None,
    };
    let catalogue: Option<&Catalogue> = catalogue.as_ref();
    let launch = launch(reports, asked.signatures.as_deref(), &asked.bounds.limits)?;
    let declaring = Declaring {
        db: &db,
        catalogue,
        functions: &asked.declared.functions,
        edition: asked.declared.edition.into(),
    };
    crate::audit::Declared::resolve(&db, declaring.functions, declaring.edition)
        .map_err(|e| Stop::new(Exit::Usage, e))?;
    let temporary = std::env::temp_dir();
    let mut single = Single::new(declaring, resources(&asked.resources), &launch, &temporary)?;
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = input.read_until(b'\n', &mut line);
        if count.map_err(|e| Stop::new(Exit::Internal, format!("stdin: {e}")))? == 0 {
            return Ok(Exit::Clean);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let answer = single.answer(text)? + "\n";
        let mut output = io::stdout().lock();
        let written = output
            .write_all(answer.as_bytes())
            .and_then(|()| output.flush());
        written.map_err(|e| Stop::new(Exit::Internal, format!("stdout: {e}")))?;
    }
}

pub(super) fn verify(asked: &VerifyBatch) -> Result<Exit, Stop> {
    let language = languages(None)?.first();
    let verified = batch::verify(&bytes(&asked.list)?, &asked.run)?;
    let mut text = String::new();
    let names = |zh: &'static str, en: &'static str| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    for (what, inputs) in [
        (names("缺少结果", "missing"), &verified.missing),
        (names("结果重复", "doubled"), &verified.doubled),
        (names("不在清单中", "not listed"), &verified.unlisted),
    ] {
        for input in inputs {
            text.push_str(&format!("{what}: {}\n", printable(input)));
        }
    }
    let (listed, rows) = (verified.listed, verified.rows);
    text.push_str(&match language {
        Language::Zh => format!("清单 {listed} 行，结果 {rows} 行\n"),
        Language::En => format!("{listed} lines in the list, {rows} rows\n"),
    });
    print(&text)?;
    Ok(if verified.fits() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

pub(super) fn stats(asked: &Stats) -> Result<Exit, Stop> {
    let language = languages(None)?.first();
    print(&stats::render(&batch::stats(&asked.run)?, language))?;
    Ok(Exit::Clean)
}

pub(super) fn serve(asked: &Serve) -> Result<Exit, Stop> {
    let language = languages(None)?.first();
    let server = batch::Server::bind(&asked.run, asked.port)?;
    let address = server.address().map_err(|e| Stop::new(Exit::Internal, e))?;
    print(&match language {
        Language::Zh => format!("请在本机浏览器中打开 http://{address}/ ，按 Ctrl-C 结束\n"),
        Language::En => {
            format!("open http://{address}/ in a browser on this machine; Ctrl-C ends\n")
        }
    })?;
    server.run();
    Ok(Exit::Clean)
}

fn resources(asked: &Resources) -> batch::Resources {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    batch::Resources {
        jobs: asked.jobs.unwrap_or(processors).max(1),
        memory: asked.memory,
        app_memory: asked.app_memory,
        app_time: asked.app_timeout,
    }
}

/// This program as a process that reads apps.
fn launch(
    languages: Languages,
    signatures: Option<&Path>,
    limits: &[String],
) -> Result<Launch, Stop> {
    let program = std::env::current_exe()
        .map_err(|e| Stop::new(Exit::Internal, format!("this program cannot be found: {e}")))?;
    let mut arguments: Vec<OsString> = ["worker", "--kept", "--lang"].map(Into::into).into();
    arguments.push(languages.to_string().into());
    if let Some(folder) = signatures {
        arguments.push("--signatures".into());
        arguments.push(folder.into());
    }
    for limit in limits {
        arguments.push("--limit".into());
        arguments.push(limit.into());
    }
    Ok(Launch { program, arguments })
}

/// A file that somebody named, or stdin.
fn bytes(path: impl AsRef<Path>) -> Result<Vec<u8>, Stop> {
    let path = path.as_ref();
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Stop::new(
            Exit::Usage,
            format!("{}: {error}", path.display()),
        )),
    }
}
