//! What can be typed for runs over many apps.

use super::super::args::{Bounds, Edition};
use crate::engine::batch::Shard;
use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Batch {
    /// APKs, bundles, folders (with what is below), patterns in quotes, archives (.zip, .tar) of apps
    pub(super) inputs: Vec<PathBuf>,
    /// A list of inputs, one path per line; - for stdin
    #[arg(long, value_name = "FILE")]
    pub(super) list: Vec<PathBuf>,
    /// The folder for the results
    #[arg(long, value_name = "RUN")]
    pub(super) out: PathBuf,
    /// Go on with the run that is there
    #[arg(long)]
    pub(super) resume: bool,
    /// Only one part of the inputs, `3/16`; `permscope merge` puts the parts together
    #[arg(long, value_name = "PART/OF", value_parser = shard)]
    pub(super) shard: Option<Shard>,
    #[command(flatten)]
    pub(super) declared: Declared,
    #[command(flatten)]
    pub(super) resources: Resources,
    #[command(flatten)]
    pub(super) bounds: Bounds,
    /// Languages of the reports
    #[arg(long, default_value = "zh,en")]
    pub(super) lang: String,
    /// Write reports as .json.gz
    #[arg(long)]
    pub(super) compress: bool,
    /// Write no page for each app
    #[arg(long)]
    pub(super) no_pages: bool,
    /// Show a line for each app, also where stderr is no terminal
    #[arg(long)]
    pub(super) progress: bool,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
}

/// Who says what the apps are for.
#[derive(Debug, ClapArgs)]
pub(super) struct Declared {
    /// A CSV table of apps: file name, package or SHA-256 → name, developer, store, version, function, edition
    #[arg(long, value_name = "CSV")]
    pub(super) catalogue: Option<PathBuf>,
    /// The declared function of all apps that the catalogue does not list
    #[arg(long = "function", value_name = "FUNCTION")]
    pub(super) functions: Vec<String>,
    /// Whom those apps serve
    #[arg(long, value_enum, default_value_t = Edition::Consumer)]
    pub(super) edition: Edition,
}

/// What may be taken of the machine.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Resources {
    /// Apps that are read at the same time; by default one for each processor
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Memory of all apps that are read at the same time
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = size)]
    pub(super) memory: u64,
    /// Memory of one app; it ends as over_budget beyond it
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    pub(super) app_memory: u64,
    /// Time of one app, `120s`, `5m`: what was read until then is judged; one that does not stop ends as timeout
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = time)]
    pub(super) app_timeout: Duration,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Worker {
    #[command(flatten)]
    pub(super) declared: Declared,
    #[command(flatten)]
    pub(super) resources: Resources,
    #[command(flatten)]
    pub(super) bounds: Bounds,
    /// Languages of the reports
    #[arg(long, default_value = "zh,en")]
    pub(super) lang: String,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
    /// Answer the requests of the process that keeps this one
    #[arg(long, hide = true)]
    pub(super) kept: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Merge {
    /// The folders of all parts of one run
    #[arg(required = true)]
    pub(super) parts: Vec<PathBuf>,
    /// The folder for the whole
    #[arg(long, value_name = "RUN")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) resources: Resources,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct VerifyBatch {
    /// The list of inputs, one path per line; - for stdin
    pub(super) list: PathBuf,
    /// The folder of a run, or a file of what workers answered
    pub(super) run: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Stats {
    /// The folder of a run, finished or not
    pub(super) run: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Serve {
    /// The folder of a run
    pub(super) run: PathBuf,
    /// The port on the loopback interface; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    pub(super) port: u16,
}

fn shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text).ok_or_else(|| "a part and how many there are, as in 3/16".into())
}

fn size(text: &str) -> Result<u64, String> {
    crate::limits::number(text).ok_or_else(|| "a number of bytes, KiB, MiB or GiB".into())
}

fn time(text: &str) -> Result<Duration, String> {
    let bad = || "a time such as 120s or 5m".to_owned();
    let (digits, times) = match text.strip_suffix('m') {
        Some(digits) => (digits, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    let seconds = number.checked_mul(times).filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(bad)
}
