//! A store in one run: one outcome for every input, whatever it is.
//!
//! A run has two passes. The first reads every app to its facts, in processes that may be killed (`worker`, `keeper`),
//! and notes each in a journal; it is what takes the time, and what is resumed. The second judges the facts, in the
//! order of the inputs, and writes everything that a run gives; it depends on the facts, the data and the arguments
//! alone, so that a run in parts, a run that was interrupted and a run that is judged again end the same way.

mod budget;
mod declare;
mod draft;
mod extract;
#[cfg(feature = "forge")]
mod fault;
mod files;
pub mod index;
pub mod inputs;
mod journal;
mod judge;
mod keeper;
mod merge;
pub mod outcome;
mod outputs;
pub mod overview;
pub mod peers;
mod protocol;
mod run;
mod serve;
mod single;
mod stats;
pub mod summary;
pub mod tables;
mod verify;
pub mod worker;

pub use declare::Declaring;
pub use keeper::Launch;
pub use merge::{judge_again, merge};
pub use run::{Arguments, Record, Shard};
pub use serve::Server;
pub use single::Single;
pub use stats::{Stats, stats};
pub use verify::{Verified, verify};

use crate::audit::Edition;
use crate::engine::catalogue::Catalogue;
use crate::report::Languages;
use crate::signatures::SignatureDb;
use outcome::Status;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Why a run stopped.
#[derive(Debug)]
pub struct BatchError {
    /// What is wrong.
    pub what: String,
    /// It was called wrongly; else something failed.
    pub usage: bool,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for BatchError {}

impl BatchError {
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            usage: true,
        }
    }

    fn at(path: &Path, error: std::io::Error) -> Self {
        Self {
            what: format!("{}: {error}", path.display()),
            usage: false,
        }
    }

    fn internal(error: impl fmt::Display) -> Self {
        Self {
            what: error.to_string(),
            usage: false,
        }
    }
}

/// What is to be run.
#[derive(Debug)]
pub struct Options {
    /// The inputs.
    pub inputs: inputs::Inputs,
    /// Where the results go.
    pub out: PathBuf,
    /// Go on with the run that is there.
    pub resume: bool,
    /// Only this part of the inputs.
    pub shard: Option<Shard>,
    /// A catalogue, as it is on the disk.
    pub catalogue: Option<Vec<u8>>,
    /// What every app is judged by that the catalogue does not list.
    pub functions: Vec<String>,
    /// Whom those apps serve.
    pub edition: Edition,
    /// Languages of the reports.
    pub languages: Languages,
    /// Limits of the readers that are not the usual ones.
    pub limits: BTreeMap<String, u64>,
    /// Reports as `.json.gz`.
    pub compress: bool,
    /// A page for each report.
    pub pages: bool,
    /// What the machine gives.
    pub resources: Resources,
}

/// What a run may take of the machine. It decides how long the run takes; only what one app may take decides over
/// outcomes.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    /// Processes.
    pub jobs: usize,
    /// Bytes of all of them together.
    pub memory: u64,
    /// Bytes of one app.
    pub app_memory: u64,
    /// Time of one app.
    pub app_time: Duration,
}

/// What surrounds a run.
pub struct Surroundings<'a> {
    /// The data.
    pub db: &'a SignatureDb,
    /// How to start the processes that read apps.
    pub launch: Launch,
    /// Who is told how it goes.
    pub progress: &'a dyn Progress,
    /// Set when the run is to stop after the apps that are being read.
    pub stop: &'a AtomicBool,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("launch", &self.launch)
            .finish_non_exhaustive()
    }
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking for equal files.
    Compare,
    /// Reading apps.
    Read,
    /// Judging facts.
    Judge,
}

/// Who is told how a run goes. Told from several threads.
pub trait Progress: Sync {
    /// A step begins that has so many pieces, of which some were done by an earlier run.
    fn begin(&self, step: Step, pieces: u64, done: u64);
    /// Work on an input begins.
    fn open(&self, input: &str);
    /// Work on an input is over; `None` where it is not yet known what became of it.
    fn close(&self, input: &str, status: Option<Status>);
    /// The step is over.
    fn end(&self);
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many inputs ended in each way; empty where the run was stopped.
    pub outcomes: BTreeMap<Status, u64>,
    /// It was stopped before all inputs were read.
    pub stopped: bool,
    /// Rows of the catalogue that no input has.
    pub unmatched_rows: u64,
    /// Inputs that the catalogue does not list, or not clearly.
    pub unmatched_inputs: u64,
}

/// The languages of the reports of a run.
///
/// # Errors
/// There is no run, or it does not say.
pub fn languages_of(run: &Path) -> Result<Languages, BatchError> {
    let lang = run::record(run)?.arguments.lang;
    Languages::parse(&lang)
        .ok_or_else(|| BatchError::usage(format!("{}: no language `{lang}`", run.display())))
}

/// Runs over a list of inputs.
///
/// # Errors
/// The run is not possible as it was asked for, or its folder cannot be written.
pub fn batch(options: &Options, around: &Surroundings<'_>) -> Result<Tally, BatchError> {
    let arguments = Arguments {
        functions: options.functions.clone(),
        edition: options.edition,
        lang: options.languages.to_string(),
        catalogue_sha256: options.catalogue.as_deref().map(crate::hash::sha256),
        limits: options.limits.clone(),
        app_seconds: options.resources.app_time.as_secs(),
        app_memory: options.resources.app_memory,
        compress: options.compress,
        pages: options.pages,
    };
    // What is wrong with the arguments is said before an app is read.
    let wrong = |what: String| BatchError::usage(what);
    crate::audit::Declared::resolve(around.db, &options.functions, options.edition)
        .map_err(|e| wrong(e.to_string()))?;
    if let Some(bytes) = &options.catalogue {
        Catalogue::read(bytes).map_err(|e| wrong(format!("the catalogue: {e}")))?;
    }
    let all = &options.inputs.all;
    let listings = run::listings(all)?;
    let record = run::new_record(
        (&around.db.version, around.db.digest.clone()),
        &listings,
        all.len(),
        options.inputs.ignored,
        options.shard,
        arguments,
    );
    let folder = run::Folder::take(&options.out, options.resume)?;
    folder.describe(&record, &listings, options.catalogue.as_deref())?;
    let entries = extract::extract(&folder.path, options, around)?;
    match entries {
        None => Ok(Tally {
            stopped: true,
            ..Tally::default()
        }),
        Some(entries) => judge::judge(&folder.path, &record, &entries, options.resources, around),
    }
}
