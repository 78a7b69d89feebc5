//! The first pass: every input to its facts, each once, whatever happens to the run.

use super::budget::Budget;
use super::inputs::Input;
use super::journal::{Ended, Entries, Entry, Journal};
use super::keeper::{Death, Keeper};
use super::outcome::Status;
use super::protocol::{Answer, Extract, Request};
use super::{BatchError, Options, Step, Surroundings};
use crate::engine::source;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

/// How much memory reading takes, as a multiple of the file: the file itself, and what is inflated of it.
pub(super) const TIMES: u64 = 4;

/// Reads what the journal does not have yet. `None` if the run was stopped.
pub(super) fn extract(
    folder: &Path,
    options: &Options,
    around: &Surroundings<'_>,
) -> Result<Option<Entries>, BatchError> {
    let path = folder.join("journal.ndjson");
    let (journal, mut entries) = Journal::open(&path).map_err(|e| BatchError::at(&path, e))?;
    let is_ours = |input: &Input| options.shard.is_none_or(|shard| shard.has(input.size));
    let numbered = (0u64..).zip(&options.inputs.all);
    let ours: Vec<(u64, &Input)> = numbered.filter(|(_, input)| is_ours(input)).collect();
    // Facts that are gone are read again: somebody tidied up, or the disk lost what the journal has.
    entries.retain(|_, entry| match &entry.ended {
        Ended::Read(read) => folder
            .join("facts")
            .join(super::files::facts_name(&read.sha256))
            .is_file(),
        _ => true,
    });
    let is_open = |number: &u64| !entries.contains_key(number);
    let same = equals(&ours, &is_open, around);
    let open = |(number, _): &&(u64, &Input)| is_open(number) && !same.contains_key(number);
    let todo: Vec<(u64, &Input)> = ours.iter().filter(open).copied().collect();
    let total = u64::try_from(ours.len()).unwrap_or(u64::MAX);
    let done = total.saturating_sub(u64::try_from(todo.len()).unwrap_or(0));
    around.progress.begin(Step::Read, total, done);
    let mut notes = Notes {
        journal,
        entries,
        path,
    };
    let budget = Budget::new(options.resources);
    let facts = folder.join("facts");
    let read = |keeper: &mut Keeper<'_>, input: &&Input| {
        let start = Instant::now();
        let asked = budget.ask(keeper, input.size, TIMES, |memory| {
            Request::Extract(Extract {
                place: input.place.clone(),
                memory,
                seconds: options.resources.app_time.as_secs(),
                facts: facts.clone(),
            })
        });
        let ended = ended(asked, input, &budget)?;
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok((ended, millis))
    };
    let jobs = options.resources.jobs;
    run(&todo, jobs, around, read, |number, (ended, millis)| {
        notes.add(number, ended, millis)
    })?;
    around.progress.end();
    if around.stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    // Equal files, once the first of them is read. If it changed meanwhile, they are no longer equal.
    let mut late = Vec::new();
    for (number, input) in &ours {
        let Some((first, digest)) = same.get(number) else {
            continue;
        };
        let is_same = notes
            .entries
            .get(first)
            .is_some_and(|entry| match &entry.ended {
                Ended::Read(read) => read.sha256 == *digest,
                Ended::Failed { how, .. } => how.sha256 == *digest || how.sha256.is_empty(),
                Ended::Same(_) => false,
            });
        if is_same {
            notes.add(*number, Ended::Same(*first), 0)?;
        } else {
            late.push((*number, *input));
        }
    }
    run(&late, jobs, around, read, |number, (ended, millis)| {
        notes.add(number, ended, millis)
    })?;
    Ok(if around.stop.load(Ordering::Relaxed) {
        None
    } else {
        Some(notes.entries)
    })
}

/// The journal and what it holds.
struct Notes {
    journal: Journal,
    entries: Entries,
    path: PathBuf,
}

impl Notes {
    fn add(&mut self, number: u64, ended: Ended, millis: u64) -> Result<(), BatchError> {
        let entry = Entry {
            number,
            ended,
            millis,
        };
        let added = self.journal.add(&entry);
        added.map_err(|e| BatchError::at(&self.path, e))?;
        self.entries.insert(number, entry);
        Ok(())
    }
}

/// Which open inputs have the bytes of an earlier one, of whatever run: the number of the first and the digest.
fn equals(
    ours: &[(u64, &Input)],
    is_open: &(dyn Fn(&u64) -> bool + Sync),
    around: &Surroundings<'_>,
) -> BTreeMap<u64, (u64, String)> {
    let mut by_size: BTreeMap<u64, Vec<(u64, &Input)>> = BTreeMap::new();
    for (number, input) in ours {
        if input.size > 0 {
            by_size
                .entry(input.size)
                .or_default()
                .push((*number, input));
        }
    }
    by_size.retain(|_, group| group.len() > 1 && group.iter().any(|(number, _)| is_open(number)));
    let alike: Vec<(u64, &Input)> = by_size.into_values().flatten().collect();
    let pieces = u64::try_from(alike.len()).unwrap_or(u64::MAX);
    around.progress.begin(Step::Compare, pieces, 0);
    let digests: Vec<(u64, Option<String>)> = alike
        .par_iter()
        .map(|(number, input)| {
            let digest = source::digest(&input.place).ok().flatten();
            around.progress.close(&input.name, None);
            (*number, digest)
        })
        .collect();
    around.progress.end();
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    let mut same = BTreeMap::new();
    let mut digests = digests;
    digests.sort();
    for (number, digest) in digests {
        let Some(digest) = digest else { continue };
        match first.get(&digest) {
            Some(first) if is_open(&number) => {
                same.insert(number, (*first, digest));
            }
            Some(_) => {}
            None => {
                first.insert(digest, number);
            }
        }
    }
    same
}

/// Works on inputs in as many processes as there are jobs, and hands over what comes of each as it comes.
pub(super) fn run<'i, T: Sync + Named, R: Ends + Send>(
    todo: &'i [(u64, T)],
    jobs: usize,
    around: &Surroundings<'_>,
    work: impl Fn(&mut Keeper<'_>, &'i T) -> Result<R, Death> + Sync,
    mut done: impl FnMut(u64, R) -> Result<(), BatchError>,
) -> Result<(), BatchError> {
    let next = AtomicUsize::new(0);
    let failed = std::sync::atomic::AtomicBool::new(false);
    let (send, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1).min(todo.len()) {
            let send = send.clone();
            let (next, failed, work) = (&next, &failed, &work);
            scope.spawn(move || {
                let mut keeper = Keeper::new(&around.launch);
                while !around.stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                    let Some((number, item)) = todo.get(next.fetch_add(1, Ordering::Relaxed))
                    else {
                        break;
                    };
                    around.progress.open(item.name());
                    let result = work(&mut keeper, item);
                    let status = result.as_ref().ok().and_then(Ends::status);
                    around.progress.close(item.name(), status);
                    if send.send((*number, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut outcome = Ok(());
        for (number, result) in results {
            // What came is noted, even if something else failed.
            let noted = match result {
                Ok(result) => done(number, result),
                Err(death) => Err(BatchError::internal(death)),
            };
            if noted.is_err() {
                failed.store(true, Ordering::Relaxed);
                if outcome.is_ok() {
                    outcome = noted;
                }
            }
        }
        outcome
    })
}

/// What progress calls an item.
pub(super) trait Named {
    fn name(&self) -> &str;
}

impl Named for &Input {
    fn name(&self) -> &str {
        &self.name
    }
}

/// What progress says of a result.
pub(super) trait Ends {
    fn status(&self) -> Option<Status>;
}

impl Ends for (Ended, u64) {
    fn status(&self) -> Option<Status> {
        match &self.0 {
            Ended::Failed { how, .. } => Some(how.status),
            _ => None,
        }
    }
}

/// What an answer, or its absence, makes of an input.
fn ended(asked: Result<Answer, Death>, input: &Input, budget: &Budget) -> Result<Ended, Death> {
    if let Ok(Answer::Extracted(extracted)) = asked {
        return Ok(Ended::Read(extracted));
    }
    let (mut how, killer) = budget.failure(asked)?;
    if how.size == 0 {
        how.size = input.size;
    }
    Ok(Ended::Failed { how, killer })
}
