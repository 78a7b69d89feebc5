//! What is odd about entries, one line for each kind of oddity: an archive of 60,000 encrypted
//! entries is one incident.

use super::archive::Entry;
use super::names::is_decisive;
use crate::bytes::clip;
use crate::incident::{Incident, IncidentCode};

/// Incidents that are listed one by one, some of each weight; the rest is counted.
#[derive(Debug)]
pub(super) struct Listed<'i> {
    file: String,
    found: &'i mut Vec<Incident>,
    limit: usize,
    plain: usize,
    decisive: usize,
    more: usize,
}

impl<'i> Listed<'i> {
    pub(super) fn new(file: &str, limit: usize, found: &'i mut Vec<Incident>) -> Self {
        Self {
            file: file.to_owned(),
            found,
            limit,
            plain: 0,
            decisive: 0,
            more: 0,
        }
    }

    /// Adds an incident about the file `name`: of a weight of its own if that decides what an app is.
    pub(super) fn add(&mut self, name: &str, at: u64, detail: String) {
        let (code, listed) = if is_decisive(name) {
            (IncidentCode::ReadersDisagree, &mut self.decisive)
        } else {
            (IncidentCode::ArchiveAnomaly, &mut self.plain)
        };
        if *listed >= self.limit {
            self.more = self.more.saturating_add(1);
            return;
        }
        *listed = listed.saturating_add(1);
        self.found
            .push(Incident::new(code, &self.file, detail).at(at));
    }

    /// Adds an incident that stands for the whole archive.
    pub(super) fn whole(&mut self, code: IncidentCode, detail: String) {
        self.found.push(Incident::new(code, &self.file, detail));
    }

    /// Says how many were left out.
    pub(super) fn close(mut self, what: &str) {
        if self.more > 0 {
            let detail = format!("{} more {what}", self.more);
            self.whole(IncidentCode::ArchiveAnomaly, detail);
        }
    }
}

/// One kind of oddity: how often, and where first.
#[derive(Debug)]
struct Oddity {
    code: IncidentCode,
    what: &'static str,
    name: String,
    offset: u64,
    count: usize,
}

/// Oddities in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Oddities(Vec<Oddity>);

impl Oddities {
    /// Adds `entry` at `offset` to the oddities `what`.
    pub(super) fn add(
        &mut self,
        code: IncidentCode,
        what: &'static str,
        entry: &Entry,
        offset: u64,
    ) {
        self.name(code, what, &entry.name, offset);
    }

    /// Adds `entry`, which other readers read differently than Android: more than an oddity if the entry is
    /// one of those that decide what an app is.
    pub(super) fn differ(&mut self, what: &'static str, entry: &Entry, offset: u64) {
        let code = if is_decisive(&entry.name) {
            IncidentCode::ReadersDisagree
        } else {
            IncidentCode::ArchiveAnomaly
        };
        self.name(code, what, &entry.name, offset);
    }

    /// Adds an entry that the directory does not have.
    pub(super) fn name(&mut self, code: IncidentCode, what: &'static str, name: &str, offset: u64) {
        let same = |o: &&mut Oddity| o.code == code && o.what == what;
        if let Some(oddity) = self.0.iter_mut().find(same) {
            oddity.count = oddity.count.saturating_add(1);
            return;
        }
        self.0.push(Oddity {
            code,
            what,
            name: name.to_owned(),
            offset,
            count: 1,
        });
    }

    /// The incidents of `file`.
    pub(super) fn incidents(self, file: &str, text_bytes: usize) -> Vec<Incident> {
        let one = |oddity: Oddity| {
            let more = match oddity.count {
                1 => String::new(),
                count => format!(" (and {} more)", count.saturating_sub(1)),
            };
            let name = clip(&oddity.name, text_bytes);
            let colon = if oddity.name.is_empty() { "" } else { ": " };
            let detail = format!("{}{colon}{name}{more}", oddity.what);
            Incident::new(oddity.code, file, detail).at(oddity.offset)
        };
        self.0.into_iter().map(one).collect()
    }
}
