//! Apps one by one, for whoever spreads them over machines: one line in, one line out, whatever the app does.

use super::budget::Budget;
use super::declare::Declaring;
use super::files;
use super::inputs;
use super::keeper::{Death, Keeper, Launch};
use super::outcome::Outcome;
use super::protocol::{Answer, Extract, Judge, Request};
use super::{BatchError, Resources, extract};
use crate::engine::source::Place;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Reads and judges one app after the other.
pub struct Single<'a> {
    declaring: Declaring<'a>,
    resources: Resources,
    keeper: Keeper<'a>,
    budget: Budget,
    /// Where the facts lie between the two requests on an app.
    scratch: PathBuf,
}

impl std::fmt::Debug for Single<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Single")
            .field("declaring", &self.declaring)
            .finish_non_exhaustive()
    }
}

/// A line of the answer: the outcome and, where the app was judged, its report.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<serde_json::Value>,
}

impl<'a> Single<'a> {
    /// Makes a folder of its own in `temporary`.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(
        declaring: Declaring<'a>,
        resources: Resources,
        launch: &'a Launch,
        temporary: &Path,
    ) -> Result<Self, BatchError> {
        let scratch = temporary.join(format!("permscope-worker-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).map_err(|e| BatchError::at(&scratch, e))?;
        Ok(Self {
            declaring,
            resources,
            keeper: Keeper::new(launch),
            budget: Budget::new(resources),
            scratch,
        })
    }

    /// The answer to one line, without the end of the line.
    ///
    /// # Errors
    /// No process can be started.
    pub fn answer(&mut self, line: &[u8]) -> Result<String, BatchError> {
        let path = inputs::path_of(line);
        let size = std::fs::metadata(&path).map_or(0, |m| m.len());
        let mut outcome = Outcome::new(&String::from_utf8_lossy(line), size);
        let content = self.work(path, &mut outcome)?;
        serde_json::to_string(&Line { outcome, content }).map_err(BatchError::internal)
    }

    fn work(
        &mut self,
        path: PathBuf,
        outcome: &mut Outcome,
    ) -> Result<Option<serde_json::Value>, BatchError> {
        let place = Place::Path(path);
        let (size, seconds) = (outcome.size, self.resources.app_time.as_secs());
        let asked = self
            .budget
            .ask(&mut self.keeper, size, extract::TIMES, |memory| {
                Request::Extract(Extract {
                    place: place.clone(),
                    memory,
                    seconds,
                    facts: self.scratch.clone(),
                })
            });
        let read = match asked {
            Ok(Answer::Extracted(read)) => read,
            other => {
                self.failed(outcome, other)?;
                self.declaring.look_up(outcome, "");
                outcome.functions.clear();
                return Ok(None);
            }
        };
        outcome.size = read.size;
        outcome.sha256.clone_from(&read.sha256);
        outcome.app = Some(read.app.clone());
        let functions = self.declaring.look_up(outcome, &read.app.package).functions;
        let facts = self.scratch.join(files::facts_name(&read.sha256));
        let packed = std::fs::metadata(&facts).map_or(0, |m| m.len());
        let asked = self
            .budget
            .ask(&mut self.keeper, packed, super::judge::TIMES, |memory| {
                Request::Judge(Judge {
                    facts: facts.clone(),
                    memory,
                    functions: functions.clone(),
                    listed: outcome.listed.is_some(),
                    edition: outcome.edition,
                    peers: Vec::new(),
                    report: None,
                })
            });
        let _ = std::fs::remove_file(&facts);
        match asked {
            Ok(Answer::Judged(mut judged)) => {
                outcome.take(&judged);
                Ok(judged.report.take())
            }
            other => {
                self.failed(outcome, other)?;
                Ok(None)
            }
        }
    }

    fn failed(
        &self,
        outcome: &mut Outcome,
        asked: Result<Answer, Death>,
    ) -> Result<(), BatchError> {
        let (failed, killer) = self.budget.failure(asked).map_err(BatchError::internal)?;
        outcome.fail(&failed, killer);
        Ok(())
    }
}

impl Drop for Single<'_> {
    fn drop(&mut self) {
        self.keeper.retire();
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}
