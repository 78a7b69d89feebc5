//! What the start of the app newly leads to.

use crate::report::v1::{Report, StartInfo};
use crate::report::words::Prose;
use serde::Serialize;

/// Something that the start of the app leads to and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddedStartCall {
    /// Id of the access, or of the SDK that is started.
    pub id: String,
    /// Its name.
    pub title: Prose,
    /// Whose code; of an SDK that is started, its own id.
    pub owner: String,
    /// The way to it.
    pub start: StartInfo,
}

/// Whether both reports say what runs at start, as far as there is code.
pub(super) fn is_known(old: &Report, new: &Report) -> bool {
    let of =
        |report: &Report| report.coverage.start.is_some() || report.coverage.code.dex_files == 0;
    of(old) && of(new)
}

/// What the start leads to in a report: SDKs that are started, and what is reached, signs of it left out.
fn of_report(report: &Report) -> Vec<AddedStartCall> {
    let sdks = report.sdks.iter().filter_map(|sdk| {
        Some(AddedStartCall {
            id: sdk.id.clone(),
            title: sdk.name.clone(),
            owner: sdk.id.clone(),
            start: sdk.at_start.clone()?,
        })
    });
    let accesses = report.accesses.iter().filter(|access| !access.hint);
    let accesses = accesses.filter_map(|access| {
        Some(AddedStartCall {
            id: access.id.clone(),
            title: access.title.clone(),
            owner: access.owner.clone(),
            start: access.start.clone()?,
        })
    });
    sdks.chain(accesses).collect()
}

pub(super) fn added(old: &Report, new: &Report) -> Vec<AddedStartCall> {
    if !is_known(old, new) {
        return Vec::new();
    }
    let rank = |call: &AddedStartCall| (call.start.when, call.start.posted);
    let before = of_report(old);
    let mut added = of_report(new);
    added.retain(|now| {
        let same = |was: &&AddedStartCall| was.id == now.id && was.owner == now.owner;
        !before.iter().filter(same).any(|was| rank(was) <= rank(now))
    });
    added.sort_by(|a, b| (rank(a), &a.owner, &a.id).cmp(&(rank(b), &b.owner, &b.id)));
    added
}
