//! The folder of a run, which explains itself.

use super::draft::Draft;
use super::files::{self, Hashed};
use super::inputs::Input;
use super::{BatchError, journal};
use crate::audit::Edition;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Value of [`Record::schema`].
const SCHEMA: &str = "permscope-run/1";

/// `run.json`: what was asked for, the same on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `permscope-run/1`.
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Version of the data.
    pub data_version: String,
    /// SHA-256 over the data.
    pub data_digest: String,
    /// How many inputs the list has.
    pub inputs: u64,
    /// SHA-256 of `inputs.ndjson`.
    pub inputs_sha256: String,
    /// Files in folders and archives that are no apps by their names.
    pub ignored: u64,
    /// The part of the list that this run is about, where it is one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// What decides over the outcomes.
    pub arguments: Arguments,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The declared functions of all apps that no catalogue lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Whom those apps serve.
    pub edition: Edition,
    /// Languages of the reports: `zh`, `en`, `zh,en`.
    pub lang: String,
    /// SHA-256 of the catalogue, of which `catalogue.csv` is a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_sha256: Option<String>,
    /// Limits of the readers that are not the usual ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
    /// Seconds for one app.
    pub app_seconds: u64,
    /// Bytes for one app.
    pub app_memory: u64,
    /// Reports are `.json.gz`.
    pub compress: bool,
    /// There is a page for each report.
    pub pages: bool,
}

/// One part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which one, from 1.
    pub part: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// Reads `3/16`.
    pub fn parse(text: &str) -> Option<Self> {
        let (part, of) = text.split_once('/')?;
        let shard = Self {
            part: part.parse().ok()?,
            of: of.parse().ok()?,
        };
        (1..=shard.of).contains(&shard.part).then_some(shard)
    }

    /// Whether an input is of this part. Equal files have equal sizes, so that they are in the same part and are read
    /// once there; sizes are mixed because those of a store are not spread evenly.
    pub(super) fn has(self, size: u64) -> bool {
        let digest = Sha256::digest(size.to_be_bytes());
        let mixed = digest
            .iter()
            .take(4)
            .fold(0u32, |n, b| (n << 8) | u32::from(*b));
        mixed.checked_rem(self.of) == self.part.checked_sub(1)
    }
}

/// One line of `inputs.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Its name.
    pub(super) input: String,
    /// Bytes, as the file system said.
    pub(super) size: u64,
}

/// A run's folder, locked.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a folder for a new run, or opens one to go on with it.
    pub(super) fn take(path: &Path, resume: bool) -> Result<Self, BatchError> {
        let io = |e| BatchError::at(path, e);
        let holds_run = path.join("run.json").exists();
        if holds_run && !resume {
            return Err(BatchError::usage(format!(
                "{}: there is a run already; --resume goes on with it",
                path.display()
            )));
        }
        if !holds_run && !resume && path.is_dir() && path.read_dir().map_err(io)?.next().is_some() {
            return Err(BatchError::usage(format!(
                "{}: the folder is not empty",
                path.display()
            )));
        }
        for folder in [path, &path.join("facts"), &path.join("reports")] {
            fs::create_dir_all(folder).map_err(|e| BatchError::at(folder, e))?;
            files::sweep(folder).map_err(|e| BatchError::at(folder, e))?;
        }
        let lock = File::create(path.join("lock")).map_err(io)?;
        if lock.try_lock().is_err() {
            return Err(BatchError::usage(format!(
                "{}: another process is at work on this run",
                path.display()
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Writes what the run is, or checks that it is the same.
    pub(super) fn describe(
        &self,
        record: &Record,
        inputs: &[u8],
        catalogue: Option<&[u8]>,
    ) -> Result<(), BatchError> {
        let path = self.path.join("run.json");
        if path.exists() {
            let there = self::record(&self.path)?;
            return match difference(&there, record) {
                None => Ok(()),
                Some(what) => Err(BatchError::usage(format!(
                    "{}: the run that is there differs in {what}; start a new one",
                    self.path.display()
                ))),
            };
        }
        let write = |name: &str, bytes: &[u8]| {
            let path = self.path.join(name);
            files::replace(&path, bytes).map_err(|e| BatchError::at(&path, e))
        };
        write("inputs.ndjson", inputs)?;
        if let Some(catalogue) = catalogue {
            write("catalogue.csv", catalogue)?;
        }
        let mut text = serde_json::to_vec_pretty(record).map_err(BatchError::internal)?;
        text.push(b'\n');
        write("run.json", &text)
    }
}

/// Reads `run.json`.
pub(super) fn record(folder: &Path) -> Result<Record, BatchError> {
    let path = folder.join("run.json");
    let bytes = fs::read(&path).map_err(|e| BatchError::at(&path, e))?;
    let fail = |what: String| BatchError::usage(format!("{}: {what}", path.display()));
    let record: Record = serde_json::from_slice(&bytes).map_err(|e| fail(e.to_string()))?;
    if record.schema == SCHEMA {
        Ok(record)
    } else {
        Err(fail(format!(
            "layout `{}`, this version reads `{SCHEMA}`",
            record.schema
        )))
    }
}

/// The first thing in which two runs differ.
pub(super) fn difference(a: &Record, b: &Record) -> Option<&'static str> {
    let pairs = [
        ("the version of the program", a.version == b.version),
        ("the data", a.data_digest == b.data_digest),
        ("its inputs", a.inputs_sha256 == b.inputs_sha256),
        ("its shard", a.shard == b.shard),
        (
            "its catalogue",
            a.arguments.catalogue_sha256 == b.arguments.catalogue_sha256,
        ),
        ("its arguments", a.arguments == b.arguments),
    ];
    pairs.iter().find(|(_, same)| !same).map(|(what, _)| *what)
}

/// `inputs.ndjson` of a list.
pub(super) fn listings(inputs: &[Input]) -> Result<Vec<u8>, BatchError> {
    let mut text = Vec::new();
    for input in inputs {
        let line = Listing {
            input: input.name.clone(),
            size: input.size,
        };
        serde_json::to_writer(&mut text, &line).map_err(BatchError::internal)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Reads `inputs.ndjson`.
pub(super) fn read_listings(folder: &Path) -> Result<Vec<Listing>, BatchError> {
    let path = folder.join("inputs.ndjson");
    let file = File::open(&path).map_err(|e| BatchError::at(&path, e))?;
    let mut listings = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| BatchError::at(&path, e))?;
        let listing = serde_json::from_str(&line)
            .map_err(|e| BatchError::usage(format!("{}: {e}", path.display())))?;
        listings.push(listing);
    }
    Ok(listings)
}

/// A new record.
pub(super) fn new_record(
    data: (&str, String),
    inputs: &[u8],
    count: usize,
    ignored: u64,
    shard: Option<Shard>,
    arguments: Arguments,
) -> Record {
    Record {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data_version: data.0.to_owned(),
        data_digest: data.1,
        inputs: u64::try_from(count).unwrap_or(u64::MAX),
        inputs_sha256: crate::hash::sha256(inputs),
        ignored,
        shard,
        arguments,
    }
}

/// Digest of a run: what it was over, with what, and what was there. The same for a run in parts once they are merged.
pub(super) fn digest(record: &Record, entries: &journal::Entries) -> Result<String, BatchError> {
    let mut hash = Hashed::default();
    let whole = Record {
        shard: None,
        ..record.clone()
    };
    hash.add(&serde_json::to_string(&whole).map_err(BatchError::internal)?);
    for (number, entry) in entries {
        let sha256 = match &entry.ended {
            journal::Ended::Read(extracted) => &extracted.sha256,
            journal::Ended::Failed { how, .. } => &how.sha256,
            journal::Ended::Same(first) => {
                hash.add(&format!("\n{number} as {first}"));
                continue;
            }
        };
        hash.add(&format!("\n{number} {sha256}"));
    }
    Ok(hash.finish())
}

/// A file of lines of JSON that has its name once it is whole.
pub(super) struct Lines {
    draft: Draft,
    to: BufWriter<File>,
}

impl Lines {
    pub(super) fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let (draft, file) = Draft::begin(folder, name)?;
        Ok(Self {
            draft,
            to: BufWriter::new(file),
        })
    }

    pub(super) fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, line)?;
        self.to.write_all(b"\n")
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.to.flush()?;
        self.to.get_ref().sync_all()?;
        self.draft.keep()
    }
}
