//! The figures of a run, finished or not.

use super::journal::{self, Ended};
use super::overview::Figures;
use super::{BatchError, run};
use std::collections::BTreeMap;
use std::path::Path;

/// Slowest inputs that are told.
const SLOWEST: usize = 10;

/// What can be said of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Inputs of the list that are of this run or part.
    pub inputs: u64,
    /// Inputs that were read so far, equal ones too.
    pub read: u64,
    /// How those that could not be read ended.
    pub failed: BTreeMap<String, u64>,
    /// Milliseconds of all together.
    pub millis: u64,
    /// Milliseconds and names of the slowest.
    pub slowest: Vec<(u64, String)>,
    /// The figures, once the run has come to its end.
    pub figures: Option<Figures>,
}

/// Reads what there is of a run.
///
/// # Errors
/// There is no run, or its files cannot be read.
pub fn stats(folder: &Path) -> Result<Stats, BatchError> {
    let record = run::record(folder)?;
    let listings = run::read_listings(folder)?;
    let path = folder.join("journal.ndjson");
    let entries = journal::entries(&path).map_err(|e| BatchError::at(&path, e))?;
    let is_ours = |size| record.shard.is_none_or(|shard| shard.has(size));
    let ours = listings
        .iter()
        .filter(|listing| is_ours(listing.size))
        .count();
    let mut failed: BTreeMap<String, u64> = BTreeMap::new();
    let mut times = Vec::new();
    let mut millis = 0u64;
    for (number, entry) in &entries {
        if let Ended::Failed { how, .. } = &entry.ended {
            let count = failed.entry(how.status.word().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        millis = millis.saturating_add(entry.millis);
        let listing = usize::try_from(*number).ok().and_then(|n| listings.get(n));
        times.push((
            entry.millis,
            listing.map(|l| l.input.clone()).unwrap_or_default(),
        ));
    }
    times.sort_by(|a, b| b.cmp(a));
    times.truncate(SLOWEST);
    let path = folder.join("stats.json");
    let figures = match std::fs::read(&path) {
        Ok(bytes) => Some(
            serde_json::from_slice(&bytes)
                .map_err(|e| BatchError::usage(format!("{}: {e}", path.display())))?,
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(BatchError::at(&path, error)),
    };
    Ok(Stats {
        inputs: u64::try_from(ours).unwrap_or(u64::MAX),
        read: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        failed,
        millis,
        slowest: times,
        figures,
    })
}
