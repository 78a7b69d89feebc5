//! What can be typed.

use super::batch;
use super::case;
use super::db::Db;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Audits what personal information an Android app can reach, from the APK alone.
///
/// Findings are leads, not convictions: consent, moment and frequency have to be
/// confirmed by a dynamic test. No network is used.
#[derive(Debug, Parser)]
#[command(name = "permscope", version, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit one app: an APK, base and splits, a bundle (.apks, .xapk, .apkm), a folder of splits, or - for stdin
    Audit(Audit),
    /// Print the facts of one app as JSON: everything that judging needs, without the APK
    Facts(Facts),
    /// Judge facts again: the same report as `audit` gives, byte for byte; or a whole run with changed data
    Judge(Judge),
    /// Audit a store: one outcome for every input, reports, tables and pages
    Batch(batch::args::Batch),
    /// Read one path per line from stdin and answer each with one line, whatever the app does
    Worker(batch::args::Worker),
    /// Put the parts of a run together, as if it had been one
    Merge(batch::args::Merge),
    /// Check that every line of a list has exactly one row
    VerifyBatch(batch::args::VerifyBatch),
    /// Make the case file of one app: report, annex, evidence, digests, statement
    Case(case::Case),
    /// Check a case file: signature, digests, and with the app every finding
    Verify(case::Verify),
    /// Keys to sign case files with
    Key {
        #[command(subcommand)]
        command: case::Key,
    },
    /// Explain a function, permission, SDK, rule, clause, instrument, information kind or packer
    Explain(Explain),
    /// Look after the signature data
    Db {
        #[command(subcommand)]
        command: Db,
    },
}

#[derive(Debug, ClapArgs)]
pub(super) struct Audit {
    /// Files of one app
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) bounds: Bounds,
    #[command(flatten)]
    pub(super) judging: Judging,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Facts {
    /// Files of one app
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Write to a file
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) bounds: Bounds,
}

/// Options of every command that reads an app.
#[derive(Debug, ClapArgs)]
pub(super) struct Bounds {
    /// Set a limit of the readers: `seconds=60`, `entry-bytes=512MiB`; `permscope explain limits` lists them
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    pub(super) limits: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Judge {
    /// A file that `permscope facts` wrote, or - for stdin; or the folder of a run
    pub(super) facts: PathBuf,
    /// The folder for a run that is judged again; it keeps that run's catalogue and arguments
    #[arg(long, value_name = "RUN")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) resources: batch::args::Resources,
    #[command(flatten)]
    pub(super) judging: Judging,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Explain {
    /// An id or name: `online-shopping`, 网上购物, CAMERA, umeng/analytics, background-location, CN-NEC14-4; without it, a list
    pub(super) id: Option<String>,
    /// zh or en; by default the locale's
    #[arg(long)]
    pub(super) lang: Option<String>,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
}

/// Options of every command that judges.
#[derive(Debug, ClapArgs)]
pub(super) struct Judging {
    /// The declared function: id, Chinese or English name, or a store's category; several are a union
    #[arg(long = "function", value_name = "FUNCTION")]
    pub(super) functions: Vec<String>,
    /// A CSV table of apps that says the function: one row is the app's, by SHA-256, file name or package
    #[arg(long, value_name = "CSV", conflicts_with = "functions")]
    pub(super) catalogue: Option<PathBuf>,
    /// Whom the app serves; the lists of necessary information bind the consumer side only
    #[arg(long, value_enum, default_value_t = Edition::Consumer)]
    pub(super) edition: Edition,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// zh, en, or zh,en for both in JSON; by default the locale's
    #[arg(long)]
    pub(super) lang: Option<String>,
    /// Write the report to a file
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    /// Lowest severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Low)]
    pub(super) fail_on: FailOn,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Edition {
    /// The consumers of the service
    Consumer,
    /// Those who provide it: drivers, couriers, merchants, anchors, doctors
    Supply,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Never,
}
