//! The process that reads apps for a run. It may be killed at any time, and may fail in any way.

use super::files;
use super::outcome::{AppName, Status};
use super::protocol::{Answer, Extract, Extracted, Failed, Judge, Judged, Request};
use crate::audit::Declared;
use crate::detect::Detector;
use crate::engine::source::{self, SourceError};
use crate::engine::{self, Source};
use crate::facts::Facts;
use crate::hash::sha256;
use crate::limits::{Deadline, Limits};
use crate::report::plain;
use crate::report::rows::Rows;
use crate::report::v1::Report;
use crate::report::words::label;
use crate::report::{Languages, html, peers};
use crate::signatures::SignatureDb;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a process needs to know from the start.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The limits of the readers.
    pub limits: Limits,
    /// Languages of the reports.
    pub languages: Languages,
    /// The data; only asked for when something is to be judged.
    pub db: &'a SignatureDb,
    /// Sets how many bytes the process may hold.
    pub hold: fn(usize),
}

/// Answers each line of `requests` by one line, until there are no more.
///
/// # Errors
/// The other side is gone, or does not speak our language.
pub fn serve(setup: &Setup<'_>, requests: impl BufRead, mut answers: impl Write) -> io::Result<()> {
    let clock = Clock::start();
    let detector = Detector::new(setup.db);
    for line in requests.lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let answer = match request {
            Request::Extract(request) => {
                (setup.hold)(bytes(request.memory));
                let deadline = clock.set(Duration::from_secs(request.seconds));
                let limits = Limits {
                    deadline,
                    ..setup.limits
                };
                let answer = extract(&request, &limits);
                clock.stop();
                answer
            }
            Request::Judge(request) => {
                (setup.hold)(bytes(request.memory));
                judge(&request, setup, &detector)
            }
        };
        let mut line = serde_json::to_string(&answer)?;
        line.push('\n');
        answers.write_all(line.as_bytes())?;
        answers.flush()?;
    }
    Ok(())
}

fn bytes(memory: u64) -> usize {
    usize::try_from(memory).unwrap_or(usize::MAX)
}

/// Says when the time of an app is over.
struct Clock(&'static Mutex<Option<Instant>>);

/// Set when the time of the app that is read is over.
static OVER: AtomicBool = AtomicBool::new(false);

impl Clock {
    fn start() -> Self {
        static UNTIL: Mutex<Option<Instant>> = Mutex::new(None);
        // It ends with the process.
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(Duration::from_millis(50));
                let until = *UNTIL.lock().unwrap_or_else(PoisonError::into_inner);
                if until.is_some_and(|until| Instant::now() >= until) {
                    OVER.store(true, Ordering::Relaxed);
                }
            }
        });
        Self(&UNTIL)
    }

    fn set(&self, time: Duration) -> Deadline {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Instant::now().checked_add(time);
        OVER.store(false, Ordering::Relaxed);
        Deadline::when(&OVER)
    }

    fn stop(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// SHA-256 by which an app is known: of its file, or of the digests of its files, a line for each.
pub(super) fn identity(sources: &[Source]) -> String {
    match sources {
        [one] => one.sha256.clone(),
        several => {
            let lines = several.iter().map(|source| format!("{}\n", source.sha256));
            sha256(lines.collect::<String>().as_bytes())
        }
    }
}

fn extract(request: &Extract, limits: &Limits) -> Answer {
    let sources = match source::open_place(&request.place, limits) {
        Ok(sources) => sources,
        Err(error) => return Answer::Failed(unread(&error)),
    };
    let size = sources.iter().map(|source| source.bytes.len());
    let size = size.fold(0usize, usize::saturating_add);
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    let sha256 = identity(&sources);
    let fail = |status, reason: String| {
        Answer::Failed(Failed {
            status,
            size,
            sha256: sha256.clone(),
            reason,
        })
    };
    if size == 0 {
        return fail(Status::Empty, "a file without a byte".into());
    }
    #[cfg(feature = "forge")]
    super::fault::provoke(&sources);
    let facts = match engine::facts(&sources, limits) {
        Ok(facts) => facts,
        Err(error) => return fail(Status::Unreadable, error.to_string()),
    };
    drop(sources);
    let path = request.facts.join(files::facts_name(&sha256));
    let written = files::replace_compressed(&path, |to| {
        serde_json::to_writer(to, &facts).map_err(io::Error::from)
    });
    if let Err(error) = written {
        return fail(
            Status::Crashed,
            format!("the facts cannot be written: {error}"),
        );
    }
    let mut permissions: Vec<String> = facts
        .manifest
        .uses_permissions
        .iter()
        .map(|permission| permission.name.clone())
        .collect();
    permissions.sort();
    permissions.dedup();
    Answer::Extracted(Extracted {
        size,
        sha256,
        app: name(&facts),
        permissions,
    })
}

fn unread(error: &SourceError) -> Failed {
    let status = match error.kind {
        io::ErrorKind::NotFound => Status::Missing,
        io::ErrorKind::FileTooLarge | io::ErrorKind::OutOfMemory => Status::OverBudget,
        _ => Status::Unreadable,
    };
    Failed {
        status,
        size: 0,
        sha256: String::new(),
        reason: error.what.clone(),
    }
}

/// The app as its manifest names it.
fn name(facts: &Facts) -> AppName {
    let manifest = &facts.manifest;
    let label = label(&manifest.application.labels);
    AppName {
        package: manifest.package.clone(),
        label: label.unwrap_or_default().to_owned(),
        version: manifest.version_name.clone().unwrap_or_default(),
        version_code: manifest.version_code,
    }
}

fn judge(request: &Judge, setup: &Setup<'_>, detector: &Detector<'_>) -> Answer {
    let fail = |reason: String| {
        Answer::Failed(Failed {
            status: Status::Crashed,
            size: 0,
            sha256: String::new(),
            reason,
        })
    };
    let read = files::read_compressed(&request.facts).map_err(|e| e.to_string());
    let facts = match read.and_then(|bytes| Facts::read(&bytes)) {
        Ok(facts) => facts,
        Err(error) => return fail(format!("the facts cannot be read: {error}")),
    };
    let declared = match Declared::resolve(setup.db, &request.functions, request.edition) {
        Ok(declared) if request.listed => declared.named_by_catalogue(),
        Ok(declared) => declared,
        Err(error) => return fail(error.to_string()),
    };
    let mut report = engine::judge(&facts, detector, &declared, setup.languages);
    peers::attach(&mut report, &request.peers);
    match deliver(request, &report) {
        Ok((report_sha256, inline)) => Answer::Judged(Box::new(Judged {
            functions: declared
                .functions
                .iter()
                .map(|f| f.id.to_string())
                .collect(),
            rows: Rows::of(&report),
            reasons: reasons(&report),
            findings: severities(&report),
            report_sha256,
            report: inline,
        })),
        Err(error) => fail(format!("the report cannot be written: {error}")),
    }
}

fn deliver(request: &Judge, report: &Report) -> io::Result<(String, Option<serde_json::Value>)> {
    let text = plain::json(&serde_json::to_string_pretty(report)?) + "\n";
    let digest = sha256(text.as_bytes());
    let Some(file) = &request.report else {
        return Ok((digest, Some(serde_json::to_value(report)?)));
    };
    if file.compress {
        files::replace_compressed(&files::with(&file.stem, ".json.gz"), |to| {
            to.write_all(text.as_bytes())
        })?;
    } else {
        files::replace(&files::with(&file.stem, ".json"), text.as_bytes())?;
    }
    if file.page {
        let page = html::render(report);
        files::replace(&files::with(&file.stem, ".html"), page.as_bytes())?;
    }
    Ok((digest, None))
}

/// Why a report is incomplete, in English: the channels that were not read, and the obstacles.
fn reasons(report: &Report) -> Vec<String> {
    if report.coverage.complete {
        return Vec::new();
    }
    let mut reasons: Vec<String> = report
        .coverage
        .channels
        .iter()
        .flat_map(|channel| {
            channel
                .reasons
                .iter()
                .map(|reason| plain::printable(reason))
        })
        .collect();
    for obstacle in &report.coverage.obstacles {
        if matches!(obstacle.kind.as_str(), "packer" | "missing-code") {
            let name = obstacle.name.get(crate::report::Language::En);
            reasons.push(format!("{}: {name}", obstacle.kind));
        }
    }
    reasons.sort();
    reasons.dedup();
    const MOST: usize = 8;
    if let Some(more @ 1..) = reasons.len().checked_sub(MOST) {
        reasons.truncate(MOST);
        reasons.push(format!("{more} more, see the report"));
    }
    reasons
}

fn severities(report: &Report) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        let count = counts
            .entry(finding.severity.word().to_owned())
            .or_insert(0u32);
        *count = count.saturating_add(1);
    }
    counts
}
