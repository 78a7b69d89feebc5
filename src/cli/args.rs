//! What can be typed.

use super::batch;
use super::case;
use super::db::Db;
use super::disclose::{Disclose, Sheet};
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

const AUDIT: &str = "Examples:
  permscope audit app.apk --function 网上购物
  permscope audit base.apk split_config.zh.apk --function online-shopping --lang zh
  permscope audit app.apk --config permscope.toml --fail-on high
  permscope audit app.apk --catalogue stores.csv --format json --lang zh,en -o report.json";

const COMPARE: &str = "Examples:
  permscope compare released.apk candidate.apk --function 网上购物
  permscope compare reported.json mended.apk --recheck --function 网上购物";

const BATCH: &str = "Examples:
  permscope batch store/ --catalogue stores.csv --out RUN
  permscope batch --list inputs.txt --out RUN --jobs 8 --memory 16GiB
  permscope batch store/ --catalogue stores.csv --out RUN --resume
  permscope batch store/ --out PART3 --shard 3/16";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit one app: an APK, base and splits, a bundle (.apks, .xapk, .apkm), a folder of splits, or - for stdin
    #[command(after_help = AUDIT)]
    Audit(Audit),
    /// Print the facts of one app as JSON: everything that judging needs, without the APK
    Facts(Facts),
    /// Judge facts again: the same report as `audit` gives, byte for byte; or a whole run with changed data
    Judge(Judge),
    /// Two builds side by side: what the new one adds, who brought it, how it is taken out; or what was mended
    #[command(after_help = COMPARE)]
    Compare(Compare),
    /// Write a first permscope.toml for an app
    Init(Init),
    /// Write a saved JSON report in other forms: SARIF, CycloneDX, JUnit, GitHub annotations, Markdown, CSV
    Convert(Convert),
    /// Audit a store: one outcome for every input, reports, tables and pages
    #[command(after_help = BATCH)]
    Batch(batch::args::Batch),
    /// Read one path per line from stdin and answer each with one line, whatever the app does
    Worker(batch::args::Worker),
    /// Put the parts of a run together, as if it had been one
    Merge(batch::args::Merge),
    /// Check that every line of a list has exactly one row
    VerifyBatch(batch::args::VerifyBatch),
    /// Print the figures of a run, finished or not
    Stats(batch::args::Stats),
    /// Show the pages of a run to a browser on this machine
    Serve(batch::args::Serve),
    /// Make the case file of one app: report, annex, evidence, digests, statement
    Case(case::Case),
    /// Check a case file: signature, digests, and with the app every finding
    Verify(case::Verify),
    /// Keys to sign case files with
    Key {
        #[command(subcommand)]
        command: case::Key,
    },
    /// Compare an app with what its privacy policy and its SDK list disclose
    Disclose(Disclose),
    /// Write draft lists of information, SDKs and Data safety answers; or check such a list
    Sheet(Sheet),
    /// Explain a function, permission, SDK, rule, clause, instrument, information kind or packer
    Explain(Explain),
    /// Print a script that completes commands and options: `permscope completions bash > …/permscope`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one command: `permscope man audit | man -l -`
    Man {
        /// The command
        command: Option<String>,
    },
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

#[derive(Debug, ClapArgs)]
pub(super) struct Compare {
    /// The old build: an APK, a bundle, a folder of splits, or a saved JSON report
    pub(super) old: PathBuf,
    /// The new build
    pub(super) new: PathBuf,
    /// 整改复测: what became of each lead of the old build
    #[arg(long)]
    pub(super) recheck: bool,
    /// The declared function, for builds that are audited now
    #[arg(long = "function", value_name = "FUNCTION")]
    pub(super) functions: Vec<String>,
    /// Whom the app serves
    #[arg(long, value_enum, default_value_t = Edition::Consumer)]
    pub(super) edition: Edition,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// zh or en; by default the locale's
    #[arg(long)]
    pub(super) lang: Option<String>,
    /// Write the result to a file
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    pub(super) signatures: Option<PathBuf>,
    #[command(flatten)]
    pub(super) bounds: Bounds,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Init {
    /// Files of one app
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    /// The declared function: id, Chinese or English name; several are a union
    #[arg(long = "function", value_name = "FUNCTION")]
    pub(super) functions: Vec<String>,
    /// Whom the app serves
    #[arg(long, value_enum, default_value_t = Edition::Consumer)]
    pub(super) edition: Edition,
    /// The file, which must not be there yet
    #[arg(short, long, default_value = "permscope.toml")]
    pub(super) output: PathBuf,
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
pub(super) struct Convert {
    /// A report that `--format json` wrote, also gzipped, or - for stdin
    pub(super) report: PathBuf,
    /// Forms, separated by commas
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        required = true,
        value_name = "FORMS"
    )]
    pub(super) to: Vec<Form>,
    /// Folder for several forms: report.sarif, report.cdx.json, report.junit.xml …
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub(super) out: Option<PathBuf>,
    /// Write the only form to a file
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    /// The app's AndroidManifest.xml in the repository, as a path below its top: SARIF and GitHub annotations then stand
    /// at its lines instead of at the APK, which code scanning does not show
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// zh or en; by default the report's own, Chinese if it has both
    #[arg(long)]
    pub(super) lang: Option<String>,
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
    /// `peers.json` of a run: how many apps of the same function ask for the same, beside each finding
    #[arg(long, value_name = "FILE")]
    pub(super) peers: Option<PathBuf>,
    /// Form of the report; by default brief on a terminal, text elsewhere
    #[arg(long, value_enum)]
    pub(super) format: Option<Form>,
    /// zh, en, or zh,en for both in JSON and HTML; by default the locale's
    #[arg(long)]
    pub(super) lang: Option<String>,
    /// Write the report to a file
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,
    /// Lowest severity that makes the exit code 1; low, or what the configuration says
    #[arg(long, value_enum)]
    pub(super) fail_on: Option<FailOn>,
    /// The app's permscope.toml: declared function, what is accepted, by whom, why, until when
    #[arg(long, value_name = "TOML")]
    pub(super) config: Option<PathBuf>,
    /// A saved JSON report: what it has is accepted, what is new fails
    #[arg(long, value_name = "REPORT")]
    pub(super) baseline: Option<PathBuf>,
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

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Form {
    /// Everything
    Text,
    /// The result on one page, for a terminal
    Brief,
    Json,
    /// A page that needs no other file, for a browser or paper
    Html,
    /// Findings for code scanning (SARIF 2.1.0)
    Sarif,
    /// The SDKs as a bill of materials (CycloneDX 1.6, JSON)
    Cyclonedx,
    /// Rules and permissions as test cases
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// A summary for a pull request
    Markdown,
    /// A row for each finding
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Info,
    Low,
    Medium,
    High,
    Never,
}
