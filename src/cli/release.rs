//! The gate before a release: `permscope.toml`, a baseline, and what of a report fails the build.

use super::args::{FailOn, Init, Judging};
use super::commands::{database, extract, languages};
use super::{Exit, Stop, convert, print};
use crate::audit::{Declared, Edition};
use crate::detect::Detector;
use crate::engine::config::{self, Config, Day};
use crate::report::Languages;
use crate::report::plain::printable;
use crate::report::v1::Report;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Severity;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a developer says of the app.
#[derive(Default)]
pub(super) struct Gate {
    config: Option<Config>,
    baseline: Option<Report>,
}

impl Gate {
    pub(super) fn of(judging: &Judging) -> Result<Self, Stop> {
        let config = match &judging.config {
            Some(path) => Some(config(path)?),
            None => None,
        };
        let baseline = match &judging.baseline {
            Some(path) => Some(convert::read(path)?),
            None => None,
        };
        Ok(Self { config, baseline })
    }

    /// The declared function, where the configuration says it and the command line does not.
    pub(super) fn declared<'d>(
        &self,
        db: &'d SignatureDb,
        judging: &Judging,
    ) -> Option<Result<Declared<'d>, Stop>> {
        let config = self.config.as_ref()?;
        if !judging.functions.is_empty() || config.app.functions.is_empty() {
            return None;
        }
        let edition = config
            .app
            .edition
            .unwrap_or_else(|| Edition::from(judging.edition));
        let declared = Declared::resolve(db, &config.app.functions, edition);
        Some(
            declared
                .map(Declared::named_by_config)
                .map_err(|e| Stop::new(Exit::Usage, e)),
        )
    }

    /// Marks what is accepted, and says on stderr what has no effect any more.
    pub(super) fn accept(&self, report: &mut Report) -> Result<(), Stop> {
        if let Some(config) = &self.config {
            for idle in config.accept(report, today()?) {
                let _ = writeln!(
                    io::stderr(),
                    "permscope: permscope.toml: {}",
                    printable(&idle)
                );
            }
        }
        if let Some(baseline) = &self.baseline {
            config::accept_baseline(report, baseline);
        }
        Ok(())
    }

    /// How a build ends.
    pub(super) fn exit(&self, report: &Report, asked: Option<FailOn>) -> Exit {
        let configured = self.config.as_ref().and_then(|config| config.fail_on);
        let least = match (asked, configured) {
            (Some(FailOn::Info), _) | (None, Some(config::FailOn::Info)) => Some(Severity::Info),
            (Some(FailOn::Low), _) | (None, Some(config::FailOn::Low) | None) => {
                Some(Severity::Low)
            }
            (Some(FailOn::Medium), _) | (None, Some(config::FailOn::Medium)) => {
                Some(Severity::Medium)
            }
            (Some(FailOn::High), _) | (None, Some(config::FailOn::High)) => Some(Severity::High),
            (Some(FailOn::Never), _) | (None, Some(config::FailOn::Never)) => None,
        };
        if config::fails(report, least) {
            Exit::Findings
        } else if report.coverage.complete {
            Exit::Clean
        } else {
            Exit::Incomplete
        }
    }
}

/// `permscope init`.
pub(super) fn init(asked: &Init) -> Result<Exit, Stop> {
    let db = database(None)?;
    let facts = extract(&asked.files, &asked.bounds)?;
    let edition = Edition::from(asked.edition);
    let declared =
        Declared::resolve(&db, &asked.functions, edition).map_err(|e| Stop::new(Exit::Usage, e))?;
    let report = crate::engine::judge(&facts, &Detector::new(&db), &declared, Languages::BOTH);
    let text = config::draft(&report);
    let stop = |e: io::Error| Stop::new(Exit::Usage, format!("{}: {e}", asked.output.display()));
    let mut file = std::fs::File::create_new(&asked.output).map_err(stop)?;
    file.write_all(text.as_bytes()).map_err(stop)?;
    let name = asked.output.display().to_string();
    print(&match languages(None)?.first() {
        crate::report::Language::Zh => format!("已写入 {}\n", printable(&name)),
        crate::report::Language::En => format!("wrote {}\n", printable(&name)),
    })?;
    Ok(Exit::Clean)
}

fn config(path: &Path) -> Result<Config, Stop> {
    let stop = |what: String| Stop::new(Exit::Usage, format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| stop(e.to_string()))?;
    Config::read(&text).map_err(stop)
}

/// The day, in UTC.
#[allow(
    clippy::disallowed_methods,
    reason = "the command line is where the clock is read"
)]
fn today() -> Result<Day, Stop> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let day = since
        .ok()
        .and_then(|since| Day::of_seconds(since.as_secs()));
    day.ok_or_else(|| Stop::new(Exit::Internal, "the clock does not tell the day"))
}
