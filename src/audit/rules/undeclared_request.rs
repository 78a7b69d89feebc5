//! Permissions that the code asks the user for and that the manifest does not request.

use super::{all_shown, title};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::Access;
use crate::facts::State;
use crate::incident::Channel;
use crate::signatures::schema::Rule;
use std::collections::BTreeMap;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    // What a manifest does not request can be said of one that was read to the end.
    if case.facts.state(Channel::Manifest) != State::Complete {
        return Vec::new();
    }
    let mut asked: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
    for (name, access) in case.detections.requests() {
        // A name that the platform does not know cannot be asked for.
        let is_known = case
            .db
            .permission(name)
            .is_some_and(|v| v.catalogue.is_some());
        if is_known && !case.permissions.iter().any(|p| p.permission.name == name) {
            asked.entry(name).or_default().push(access);
        }
    }
    asked
        .into_iter()
        .map(|(name, accesses)| {
            let values = [("permission", same(name)), ("title", title(case, name))];
            Finding::new(rule, case, name, all_shown(case, accesses), &values)
        })
        .collect()
}
