//! What a run gives, written in the order of its inputs.

use super::BatchError;
use super::files;
use super::index::{self, Meta};
use super::outcome;
use super::overview::Overview;
use super::peers::Peers;
use super::run::{Lines, Record};
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
    overview: Overview,
    meta: Meta,
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
        record: &Record,
        peers: &Peers,
    ) -> Result<Self, BatchError> {
        let mut text = serde_json::to_vec_pretty(peers).map_err(BatchError::internal)?;
        text.push(b'\n');
        let begin = || -> io::Result<Self> {
            files::replace(&folder.join("peers.json"), &text)?;
            Ok(Self {
                folder: folder.to_owned(),
                outcomes: Lines::create(folder, "outcomes.ndjson")?,
                tables: Tables::create(folder)?,
                summary: Summary::create(folder)?,
                overview: Overview::default(),
                meta: meta(record),
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
        self.overview.add(row);
        added.map_err(|e| BatchError::at(&self.folder, e))
    }

    pub(super) fn finish(self) -> Result<(), BatchError> {
        let mut figures =
            serde_json::to_vec_pretty(&self.overview.figures()).map_err(BatchError::internal)?;
        figures.push(b'\n');
        let page = index::render(&self.overview, &self.meta);
        let put = |name: &str, bytes: &[u8]| files::replace(&self.folder.join(name), bytes);
        let ended = put("stats.json", &figures)
            .and_then(|()| put("index.html", page.as_bytes()))
            .and_then(|()| self.tables.finish())
            .and_then(|()| self.summary.finish())
            // Last: a run that has outcomes has everything.
            .and_then(|()| self.outcomes.finish());
        ended.map_err(|e| BatchError::at(&self.folder, e))
    }
}

/// What the page says of the run itself: what `run.json` has.
fn meta(record: &Record) -> Meta {
    let arguments = &record.arguments;
    let edition = crate::report::words::enum_key(&arguments.edition);
    let mut lines = vec![
        format!("edition: {edition}"),
        format!("lang: {}", arguments.lang),
        format!("app-timeout: {} s", arguments.app_seconds),
        format!("app-memory: {} bytes", arguments.app_memory),
    ];
    if !arguments.functions.is_empty() {
        lines.insert(0, format!("function: {}", arguments.functions.join(", ")));
    }
    if let Some(sha256) = &arguments.catalogue_sha256 {
        lines.push(format!("catalogue: SHA-256 {sha256}"));
    }
    let limits = arguments.limits.iter();
    lines.extend(limits.map(|(name, value)| format!("limit: {name}={value}")));
    if let Some(shard) = record.shard {
        lines.push(format!("shard: {}/{}", shard.part, shard.of));
    }
    Meta {
        tool_version: record.version.clone(),
        data_version: record.data_version.clone(),
        data_digest: record.data_digest.clone(),
        inputs: record.inputs,
        arguments: lines,
        pages: arguments.pages,
    }
}
