//! What a run gives, written in the order of its inputs.

use super::BatchError;
use super::files;
use super::outcome;
use super::peers::Peers;
use super::run::Lines;
use super::summary::Summary;
use super::tables::Tables;
use crate::engine::catalogue::{Catalogue, Found, Row};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The files that are being written.
pub(super) struct Outputs {
    folder: PathBuf,
    outcomes: Lines,
    tables: Tables,
    summary: Summary,
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
    pub(super) fn create(folder: &Path, peers: &Peers) -> Result<Self, BatchError> {
        let mut text = serde_json::to_vec_pretty(peers).map_err(BatchError::internal)?;
        text.push(b'\n');
        let begin = || -> io::Result<Self> {
            files::replace(&folder.join("peers.json"), &text)?;
            Ok(Self {
                folder: folder.to_owned(),
                outcomes: Lines::create(folder, "outcomes.ndjson")?,
                tables: Tables::create(folder)?,
                summary: Summary::create(folder)?,
            })
        };
        begin().map_err(|e| BatchError::at(folder, e))
    }

    /// Lists the rows of the catalogue that no input has, and counts them.
    pub(super) fn unmatched(
        &self,
        catalogue: &Catalogue,
        matched: &BTreeSet<u64>,
    ) -> Result<u64, BatchError> {
        // Of several rows that say the same, the first stands for all.
        let is_matched = |row: &Row| match catalogue.find(&row.file, &row.package, &row.sha256) {
            Found::Row(first) => matched.contains(&first.line) || matched.contains(&row.line),
            _ => matched.contains(&row.line),
        };
        let write = || -> io::Result<u64> {
            let mut lines = Lines::create(&self.folder, "unmatched.ndjson")?;
            let mut count = 0u64;
            for row in catalogue.rows().iter().filter(|row| !is_matched(row)) {
                lines.add(&Unmatched {
                    line: row.line,
                    file: &row.file,
                    package: &row.package,
                    sha256: &row.sha256,
                    name: &row.name,
                })?;
                count = count.saturating_add(1);
            }
            lines.finish()?;
            Ok(count)
        };
        write().map_err(|e| BatchError::at(&self.folder, e))
    }

    pub(super) fn add(&mut self, row: &outcome::Row<'_>) -> Result<(), BatchError> {
        let added = self
            .outcomes
            .add(row.outcome)
            .and_then(|()| self.tables.add(row))
            .and_then(|()| self.summary.add(row));
        added.map_err(|e| BatchError::at(&self.folder, e))
    }

    pub(super) fn finish(self) -> Result<(), BatchError> {
        let ended = self
            .tables
            .finish()
            .and_then(|()| self.summary.finish())
            // Last: a run that has outcomes has everything.
            .and_then(|()| self.outcomes.finish());
        ended.map_err(|e| BatchError::at(&self.folder, e))
    }
}
