//! The second pass: facts to reports, and everything that a run gives, in the order of its inputs.

use super::budget::Budget;
use super::declare::Declaring;
use super::extract::{Ends, Named, run};
use super::files;
use super::journal::{Ended, Entries};
use super::keeper::{Death, Keeper};
use super::outcome::{Outcome, Row, Status};
use super::outputs::Outputs;
use super::peers::{Count, Peers};
use super::protocol::{Answer, Extracted, Failed, Judge, Judged, ReportFile, Request};
use super::run::{self as folder, Listing, Record};
use super::{BatchError, Resources, Step, Surroundings, Tally};
use crate::audit::Edition;
use crate::engine::catalogue::Catalogue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How much memory judging takes, as a multiple of the compressed facts: they are a tenth of their text, and the parsed
/// record is about as large as that.
pub(super) const TIMES: u64 = 60;

/// Inputs that are judged before their rows are written, in order.
const AT_ONCE: usize = 256;

/// What is known of an input before its facts are judged.
struct Plan {
    outcome: Outcome,
    work: Option<Work>,
}

/// What is to be judged. Equal files that are declared alike are judged once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Work {
    sha256: String,
    /// As they are written.
    functions: Vec<String>,
    /// Their ids.
    ids: Vec<String>,
    is_listed: bool,
    is_supply: bool,
    stem: String,
    permissions: Vec<String>,
}

impl Named for Work {
    fn name(&self) -> &str {
        &self.stem
    }
}

/// A report, or what stands in its place and what stopped the process.
type Judgement = Result<Box<Judged>, (Failed, Option<String>)>;

impl Ends for Judgement {
    fn status(&self) -> Option<Status> {
        Some(match self {
            Ok(judged) => judged.status(),
            Err((failed, _)) => failed.status,
        })
    }
}

impl Judged {
    fn status(&self) -> Status {
        if self.rows.complete {
            Status::Audited
        } else {
            Status::Incomplete
        }
    }
}

impl Outcome {
    /// Notes what a report says.
    pub(super) fn take(&mut self, judged: &Judged) {
        self.status = judged.status();
        self.reasons.clone_from(&judged.reasons);
        self.findings.clone_from(&judged.findings);
        let rules: BTreeSet<&String> = judged.rows.findings.iter().map(|f| &f.rule).collect();
        self.rules = rules.into_iter().cloned().collect();
        self.report_sha256 = Some(judged.report_sha256.clone());
    }

    /// Notes why there is none.
    pub(super) fn fail(&mut self, failed: &Failed, killer: Option<String>) {
        self.status = failed.status;
        self.reasons = vec![failed.reason.clone()];
        self.killer = killer;
        if failed.size > 0 {
            self.size = failed.size;
        }
        if !failed.sha256.is_empty() {
            self.sha256.clone_from(&failed.sha256);
        }
    }
}

/// Judges the facts in a run's folder and writes its results there.
pub(super) fn judge(
    path: &Path,
    record: &Record,
    entries: &Entries,
    resources: Resources,
    around: &Surroundings<'_>,
) -> Result<Tally, BatchError> {
    let listings = folder::read_listings(path)?;
    let catalogue = catalogue(path, record)?;
    let mut planner = Planner {
        declaring: Declaring {
            db: around.db,
            catalogue: catalogue.as_ref(),
            functions: &record.arguments.functions,
            edition: record.arguments.edition,
        },
        stems: BTreeMap::new(),
        matched: BTreeSet::new(),
        unmatched_inputs: 0,
    };
    let mut plans = Vec::new();
    let mut count = Count::default();
    for (number, listing) in (0u64..).zip(&listings) {
        if record.shard.is_some_and(|shard| !shard.has(listing.size)) {
            continue;
        }
        let plan = planner.plan(number, listing, entries, &listings)?;
        if let (Some(work), Some(app)) = (&plan.work, &plan.outcome.app) {
            for function in &plan.outcome.functions {
                count.add(function, &app.package, &work.permissions);
            }
        }
        plans.push((number, plan));
    }
    let peers = count.finish(folder::digest(record, entries)?);
    let mut summary = Tally {
        unmatched_inputs: planner.unmatched_inputs,
        ..Tally::default()
    };
    let mut outputs = Outputs::create(path, record, &peers)?;
    if let (Some(catalogue), None) = (&catalogue, record.shard) {
        summary.unmatched_rows = outputs.unmatched(catalogue, &planner.matched)?;
    }
    let judging = Judging {
        folder: path,
        record,
        peers: &peers,
        budget: Budget::new(resources),
    };
    let mut uses: BTreeMap<&Work, usize> = BTreeMap::new();
    for work in plans.iter().filter_map(|(_, plan)| plan.work.as_ref()) {
        let count = uses.entry(work).or_default();
        *count = count.saturating_add(1);
    }
    let pieces = u64::try_from(uses.len()).unwrap_or(u64::MAX);
    around.progress.begin(Step::Judge, pieces, 0);
    let mut judged: BTreeMap<&Work, Arc<Judgement>> = BTreeMap::new();
    for some in plans.chunks(AT_ONCE) {
        let works: BTreeSet<&Work> = some
            .iter()
            .filter_map(|(_, plan)| plan.work.as_ref())
            .collect();
        let open = works.into_iter().filter(|work| !judged.contains_key(work));
        let todo: Vec<(u64, Work)> = (0u64..).zip(open.cloned()).collect();
        let mut results = BTreeMap::new();
        run(
            &todo,
            resources.jobs,
            around,
            |keeper, work| judging.ask(keeper, work),
            |number, result| {
                results.insert(number, Arc::new(result));
                Ok(())
            },
        )?;
        if around.stop.load(Ordering::Relaxed) {
            summary.stopped = true;
            around.progress.end();
            return Ok(summary);
        }
        for (number, work) in &todo {
            if let (Some((work, _)), Some(result)) =
                (uses.get_key_value(work), results.remove(number))
            {
                judged.insert(work, result);
            }
        }
        for (number, plan) in some {
            let result = plan
                .work
                .as_ref()
                .and_then(|work| judged.get(work))
                .cloned();
            let outcome = finish(plan, result.as_deref(), record);
            let kept = summary.outcomes.entry(outcome.status).or_default();
            *kept = kept.saturating_add(1);
            let rows = result
                .as_deref()
                .and_then(|r| r.as_ref().ok())
                .map(|j| &j.rows);
            outputs.add(&Row {
                number: *number,
                outcome: &outcome,
                rows,
            })?;
            if let Some(work) = &plan.work
                && let Some(left) = uses.get_mut(work)
            {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    judged.remove(work);
                }
            }
        }
    }
    around.progress.end();
    outputs.finish()?;
    Ok(summary)
}

fn catalogue(path: &Path, record: &Record) -> Result<Option<Catalogue>, BatchError> {
    if record.arguments.catalogue_sha256.is_none() {
        return Ok(None);
    }
    let path = path.join("catalogue.csv");
    let bytes = std::fs::read(&path).map_err(|e| BatchError::at(&path, e))?;
    let catalogue = Catalogue::read(&bytes);
    catalogue
        .map(Some)
        .map_err(|e| BatchError::usage(format!("{}: {e}", path.display())))
}

struct Planner<'a> {
    declaring: Declaring<'a>,
    /// Which function each name of a report stands for.
    stems: BTreeMap<String, (Vec<String>, bool, bool)>,
    matched: BTreeSet<u64>,
    unmatched_inputs: u64,
}

impl Planner<'_> {
    fn plan(
        &mut self,
        number: u64,
        listing: &Listing,
        entries: &Entries,
        listings: &[Listing],
    ) -> Result<Plan, BatchError> {
        let missing =
            || BatchError::internal(format!("{}: the journal has no line", listing.input));
        let entry = entries.get(&number).ok_or_else(missing)?;
        let (ended, same_as) = match &entry.ended {
            Ended::Same(first) => {
                let of = entries.get(first).ok_or_else(missing)?;
                let name = usize::try_from(*first).ok().and_then(|n| listings.get(n));
                (&of.ended, name.map(|listing| listing.input.clone()))
            }
            own => (own, None),
        };
        let mut outcome = Outcome::new(&listing.input, listing.size);
        outcome.same_as = same_as;
        let work = match ended {
            Ended::Read(read) => Some(self.work(&mut outcome, read)),
            Ended::Failed { how, killer } => {
                outcome.fail(how, killer.clone());
                self.look_up(&mut outcome, "");
                outcome.functions.clear();
                None
            }
            Ended::Same(_) => return Err(missing()),
        };
        Ok(Plan { outcome, work })
    }

    fn work(&mut self, outcome: &mut Outcome, read: &Extracted) -> Work {
        outcome.size = read.size;
        outcome.sha256.clone_from(&read.sha256);
        outcome.app = Some(read.app.clone());
        outcome.facts = Some(format!("facts/{}", files::facts_name(&read.sha256)));
        let functions = self.look_up(outcome, &read.app.package);
        let is_listed = outcome.listed.is_some();
        let is_supply = outcome.edition == Edition::Supply;
        let as_declared = (functions.clone(), is_listed, is_supply);
        // The first that is declared in some way has the plain name.
        let mut stem = read.sha256.clone();
        if self
            .stems
            .get(&stem)
            .is_some_and(|there| *there != as_declared)
        {
            let mut words = outcome.functions.clone();
            words.extend(is_supply.then(|| "supply".to_owned()));
            words.extend((!is_listed).then(|| "unlisted".to_owned()));
            stem = format!("{stem}+{}", words.join("+"));
        }
        self.stems.entry(stem.clone()).or_insert(as_declared);
        Work {
            sha256: read.sha256.clone(),
            functions,
            ids: outcome.functions.clone(),
            is_listed,
            is_supply,
            stem,
            permissions: read.permissions.clone(),
        }
    }

    fn look_up(&mut self, outcome: &mut Outcome, package: &str) -> Vec<String> {
        let found = self.declaring.look_up(outcome, package);
        self.matched.extend(found.lines);
        if self.declaring.catalogue.is_some() && outcome.listed.is_none() {
            self.unmatched_inputs = self.unmatched_inputs.saturating_add(1);
        }
        found.functions
    }
}

struct Judging<'a> {
    folder: &'a Path,
    record: &'a Record,
    peers: &'a Peers,
    budget: Budget,
}

impl Judging<'_> {
    fn ask(&self, keeper: &mut Keeper<'_>, work: &Work) -> Result<Judgement, Death> {
        let facts = self
            .folder
            .join("facts")
            .join(files::facts_name(&work.sha256));
        let size = std::fs::metadata(&facts).map_or(0, |m| m.len());
        let edition = if work.is_supply {
            Edition::Supply
        } else {
            Edition::Consumer
        };
        let peers = self.peers.shares(&work.ids, &work.permissions);
        let asked = self.budget.ask(keeper, size, TIMES, |memory| {
            Request::Judge(Judge {
                facts: facts.clone(),
                memory,
                functions: work.functions.clone(),
                listed: work.is_listed,
                edition,
                peers: peers.clone(),
                report: Some(ReportFile {
                    stem: self.folder.join("reports").join(&work.stem),
                    compress: self.record.arguments.compress,
                    page: self.record.arguments.pages,
                }),
            })
        });
        match asked {
            Ok(Answer::Judged(judged)) => Ok(Ok(judged)),
            other => self.budget.failure(other).map(Err),
        }
    }
}

/// What is known of an input in the end.
fn finish(plan: &Plan, result: Option<&Judgement>, record: &Record) -> Outcome {
    let mut outcome = plan.outcome.clone();
    let Some(work) = &plan.work else {
        return outcome;
    };
    match result {
        Some(Ok(judged)) => {
            outcome.take(judged);
            let ending = if record.arguments.compress {
                ".json.gz"
            } else {
                ".json"
            };
            outcome.report = Some(format!("reports/{}{ending}", work.stem));
        }
        Some(Err((failed, killer))) => {
            outcome.fail(failed, killer.clone());
        }
        None => {
            outcome.status = Status::Crashed;
            outcome.reasons = vec!["there is no answer".into()];
        }
    }
    outcome
}
