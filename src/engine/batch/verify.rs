//! Whether a list and its results have each other: no input without a row, none with two, no row without an input.

use super::BatchError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What does not fit, by name and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Lines of the list.
    pub listed: u64,
    /// Rows of the results.
    pub rows: u64,
    /// Inputs that have fewer rows than lines.
    pub missing: Vec<String>,
    /// Inputs that have more rows than lines.
    pub doubled: Vec<String>,
    /// Rows of inputs that are not listed.
    pub unlisted: Vec<String>,
}

impl Verified {
    /// Whether each line has its row and each row its line.
    pub fn fits(&self) -> bool {
        self.missing.is_empty() && self.doubled.is_empty() && self.unlisted.is_empty()
    }
}

/// The part of a row that says which input it is about.
#[derive(Deserialize)]
struct Named {
    input: String,
}

/// Compares a list of inputs with rows: the `outcomes.ndjson` of a run, or what workers answered, in any order.
///
/// # Errors
/// A row is not JSON or names no input, or the rows cannot be read.
pub fn verify(list: &[u8], rows: &Path) -> Result<Verified, BatchError> {
    let path = if rows.is_dir() {
        rows.join("outcomes.ndjson")
    } else {
        rows.to_owned()
    };
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut verified = Verified::default();
    for line in list.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        verified.listed = verified.listed.saturating_add(1);
        let (listed, _) = counts
            .entry(String::from_utf8_lossy(line).into_owned())
            .or_default();
        *listed = listed.saturating_add(1);
    }
    let file = File::open(&path).map_err(|e| BatchError::at(&path, e))?;
    for (number, line) in (1u64..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|e| BatchError::at(&path, e))?;
        let named: Named = serde_json::from_str(&line)
            .map_err(|e| BatchError::usage(format!("{}: line {number}: {e}", path.display())))?;
        verified.rows = verified.rows.saturating_add(1);
        let (_, rows) = counts.entry(named.input).or_default();
        *rows = rows.saturating_add(1);
    }
    for (input, (listed, rows)) in counts {
        let group = match (listed, rows) {
            (0, _) => &mut verified.unlisted,
            (listed, rows) if rows < listed => &mut verified.missing,
            (listed, rows) if rows > listed => &mut verified.doubled,
            _ => continue,
        };
        group.push(input);
    }
    Ok(verified)
}
