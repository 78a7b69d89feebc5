//! What a run gives, written in the order of its inputs.

use super::BatchError;
use super::files;
use super::outcome;
use super::peers::Peers;
use super::run::{Lines, Record};
use crate::engine::catalogue::{Catalogue, Found, Row};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files that are being written.
pub(super) struct Outputs {
    folder: PathBuf,
    outcomes: Lines,
}

/// A row of the catalogue that no input has.
#[derive(Serialize)]
struct Unmatched<'r> {
    line: u64,
    file: &'r str,
    package: &'r str,
    sha256: &'r str,
    name: &'r str,
}

impl Outputs {
    pub(super) fn create(
        folder: &Path,
        _record: &Record,
        peers: &Peers,
    ) -> Result<Self, BatchError> {
        let mut text = serde_json::to_vec_pretty(peers).map_err(BatchError::internal)?;
        text.push(b'\n');
        let path = folder.join("peers.json");
        files::replace(&path, &text).map_err(|e| BatchError::at(&path, e))?;
        let path = folder.join("outcomes.ndjson");
        let outcomes = Lines::create(path.clone()).map_err(|e| BatchError::at(&path, e))?;
        Ok(Self {
            folder: folder.to_owned(),
            outcomes,
        })
    }

    /// Lists the rows of the catalogue that no input has, and counts them.
    pub(super) fn unmatched(
        &self,
        catalogue: &Catalogue,
        matched: &BTreeSet<u64>,
    ) -> Result<u64, BatchError> {
        let path = self.folder.join("unmatched.ndjson");
        let io = |e| BatchError::at(&path, e);
        let mut lines = Lines::create(path.clone()).map_err(io)?;
        let mut count = 0u64;
        // Of several rows that say the same, the first stands for all.
        let is_matched = |row: &Row| match catalogue.find(&row.file, &row.package, &row.sha256) {
            Found::Row(first) => matched.contains(&first.line) || matched.contains(&row.line),
            _ => matched.contains(&row.line),
        };
        for row in catalogue.rows().iter().filter(|row| !is_matched(row)) {
            lines
                .add(&Unmatched {
                    line: row.line,
                    file: &row.file,
                    package: &row.package,
                    sha256: &row.sha256,
                    name: &row.name,
                })
                .map_err(io)?;
            count = count.saturating_add(1);
        }
        lines.finish().map_err(io)?;
        Ok(count)
    }

    pub(super) fn add(&mut self, row: &outcome::Row<'_>) -> Result<(), BatchError> {
        let io = |e| BatchError::at(&self.folder, e);
        self.outcomes.add(row.outcome).map_err(io)
    }

    pub(super) fn finish(self) -> Result<(), BatchError> {
        let io = |e| BatchError::at(&self.folder, e);
        self.outcomes.finish().map_err(io)
    }
}
