//! Runs from runs: parts put together, and a run judged again with other data.

use super::journal::{self, Entries, Journal};
use super::run::{self, Folder, Record, Shard};
use super::{BatchError, Resources, Surroundings, Tally, files, judge};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Puts the parts of a run together. What comes out is what one run over all inputs would have given, byte for byte.
///
/// # Errors
/// The runs are not the parts of one, one is missing, or one did not come to its end.
pub fn merge(
    parts: &[PathBuf],
    out: &Path,
    resources: Resources,
    around: &Surroundings<'_>,
) -> Result<Tally, BatchError> {
    let mut records: BTreeMap<Shard, (&PathBuf, Record)> = BTreeMap::new();
    for path in parts {
        let record = run::record(path)?;
        let shard = record.shard.ok_or_else(|| {
            BatchError::usage(format!("{}: not a part (--shard) of a run", path.display()))
        })?;
        if let Some((other, _)) = records.insert(shard, (path, record)) {
            return Err(BatchError::usage(format!(
                "{} and {} are the same part",
                other.display(),
                path.display()
            )));
        }
    }
    let Some((_, (first, record))) = records.first_key_value() else {
        return Err(BatchError::usage("no parts"));
    };
    let of = record.shard.map_or(0, |shard| shard.of);
    for (path, other) in records.values() {
        let without = |record: &Record| Record {
            shard: None,
            ..record.clone()
        };
        let difference = run::difference(&without(record), &without(other));
        let has_same_parts = other.shard.is_some_and(|shard| shard.of == of);
        if let Some(what) = difference.or((!has_same_parts).then_some("the number of parts")) {
            return Err(BatchError::usage(format!(
                "{} and {} differ in {what}",
                first.display(),
                path.display()
            )));
        }
    }
    for part in 1..=of {
        if !records.contains_key(&Shard { part, of }) {
            return Err(BatchError::usage(format!("part {part}/{of} is missing")));
        }
    }
    let whole = Record {
        shard: None,
        ..record.clone()
    };
    same_program(&whole, around)?;
    let mut entries = Entries::new();
    for (path, _) in records.values() {
        entries.extend(
            journal::entries(&path.join("journal.ndjson")).map_err(|e| BatchError::at(path, e))?,
        );
    }
    let paths: Vec<&Path> = records.values().map(|(path, _)| path.as_path()).collect();
    put_down(&paths, out, whole, &entries, resources, around)
}

/// Judges a run again, with the data that is there now. The apps are not needed.
///
/// # Errors
/// The run did not come to its end.
pub fn judge_again(
    from: &Path,
    out: &Path,
    resources: Resources,
    around: &Surroundings<'_>,
) -> Result<Tally, BatchError> {
    let record = run::record(from)?;
    let record = Record {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data_version: around.db.version.clone(),
        data_digest: around.db.digest.clone(),
        ..record
    };
    let path = from.join("journal.ndjson");
    let entries = journal::entries(&path).map_err(|e| BatchError::at(&path, e))?;
    put_down(&[from], out, record, &entries, resources, around)
}

fn same_program(record: &Record, around: &Surroundings<'_>) -> Result<(), BatchError> {
    if record.version != env!("CARGO_PKG_VERSION") || record.data_digest != around.db.digest {
        return Err(BatchError::usage(
            "the parts were judged by another version of the program or of the data than this one",
        ));
    }
    Ok(())
}

/// A folder with the facts and the journal of others, judged.
fn put_down(
    from: &[&Path],
    out: &Path,
    record: Record,
    entries: &Entries,
    resources: Resources,
    around: &Surroundings<'_>,
) -> Result<Tally, BatchError> {
    let Some(first) = from.first() else {
        return Err(BatchError::usage("no run"));
    };
    let listings = run::read_listings(first)?;
    let is_ours = |size| record.shard.is_none_or(|shard| shard.has(size));
    for (number, listing) in (0u64..).zip(&listings) {
        if is_ours(listing.size) && !entries.contains_key(&number) {
            return Err(BatchError::usage(format!(
                "{}: not read yet; go on with that run first (batch --resume)",
                listing.input
            )));
        }
    }
    let folder = Folder::take(out, false)?;
    let inputs = read(&first.join("inputs.ndjson"))?;
    let catalogue = match &record.arguments.catalogue_sha256 {
        Some(_) => Some(read(&first.join("catalogue.csv"))?),
        None => None,
    };
    folder.describe(&record, &inputs, catalogue.as_deref())?;
    let path = folder.path.join("journal.ndjson");
    let (mut journal, _) = Journal::open(&path).map_err(|e| BatchError::at(&path, e))?;
    for entry in entries.values() {
        journal.add(entry).map_err(|e| BatchError::at(&path, e))?;
        if let journal::Ended::Read(read) = &entry.ended {
            let name = files::facts_name(&read.sha256);
            let to = folder.path.join("facts").join(&name);
            let is_there = |from: &&&Path| from.join("facts").join(&name).is_file();
            let from = from.iter().find(is_there).unwrap_or(first);
            copy(&from.join("facts").join(&name), &to)?;
        }
    }
    judge::judge(&folder.path, &record, entries, resources, around)
}

fn read(path: &Path) -> Result<Vec<u8>, BatchError> {
    fs::read(path).map_err(|e| BatchError::at(path, e))
}

/// Facts are never changed once they are written, so that two runs may share them on the disk.
fn copy(from: &Path, to: &Path) -> Result<(), BatchError> {
    if to.exists() || fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|e| BatchError::at(from, e))
}
