//! What has been done: one line for each input that was read, appended and never changed.

use super::protocol::{Extracted, Failed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

/// How reading one input ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    /// The facts are there.
    Read(Extracted),
    /// They are not.
    Failed {
        #[serde(flatten)]
        how: Failed,
        /// What stopped the process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        killer: Option<String>,
    },
    /// It has the same bytes as an earlier one, by its number.
    Same(u64),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Place of the input in the list.
    pub(super) number: u64,
    /// How it ended.
    pub(super) ended: Ended,
    /// Milliseconds that it took.
    pub(super) millis: u64,
}

/// The file.
pub(super) struct Journal(File);

/// What a journal holds, by the number of the input.
pub(super) type Entries = BTreeMap<u64, Entry>;

impl Journal {
    /// Opens a journal to go on with it. A line that was not written to its end is taken away; of several lines on one
    /// input the first counts.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Entries)> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let (entries, whole) = read(&file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Self(file), entries))
    }

    /// Adds a line. It is with the operating system when this returns.
    pub(super) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}

/// The entries of a journal, without touching it.
pub(super) fn entries(path: &Path) -> io::Result<Entries> {
    match File::open(path) {
        Ok(file) => read(&file).map(|(entries, _)| entries),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Entries::new()),
        Err(error) => Err(error),
    }
}

/// The entries, and how many bytes hold whole lines.
fn read(file: &File) -> io::Result<(Entries, u64)> {
    let mut entries = Entries::new();
    let mut whole = 0u64;
    let mut lines = BufReader::new(file);
    loop {
        let mut line = Vec::new();
        let count = lines.read_until(b'\n', &mut line)?;
        if count == 0 || !line.ends_with(b"\n") {
            return Ok((entries, whole));
        }
        let entry: Entry = serde_json::from_slice(&line).map_err(|e| {
            io::Error::other(format!("the journal is damaged behind byte {whole}: {e}"))
        })?;
        entries.entry(entry.number).or_insert(entry);
        whole = whole.saturating_add(u64::try_from(count).unwrap_or(0));
    }
}
