//! What is odd about entries, one line for each kind of oddity: an archive of 60,000 encrypted
//! entries is one incident.

use super::archive::Entry;
use super::names::is_decisive;
use crate::bytes::clip;
use crate::incident::{Incident, IncidentCode};

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
