//! Whose code is on the way from the start of the app to a place.

use super::asker::Askers;
use super::owner::Owner;
use crate::facts::{Facts, Site};

/// Those of the `owners` of a place who take part in the way to it. One method may work for several,
/// of whom only some call it at start. Where the way shows none of them, nothing tells them apart.
pub(super) fn on_the_way(
    facts: &Facts,
    askers: &Askers<'_>,
    site: &Site,
    owners: &[Owner],
) -> Vec<Owner> {
    let (Some(node), Some(start)) = (site.start, &facts.start) else {
        return Vec::new();
    };
    let Some(stack) = start.stack(node) else {
        return Vec::new();
    };
    if owners.len() < 2 {
        return owners.to_vec();
    }
    let mut found = Vec::new();
    for node in &stack.nodes {
        let at = usize::try_from(node.method).unwrap_or(usize::MAX);
        if let Some(method) = facts.methods.get(at) {
            let owner = askers.class(&method.class);
            if owners.contains(&owner) && !found.contains(&owner) {
                found.push(owner);
            }
        }
    }
    if found.is_empty() {
        return owners.to_vec();
    }
    found
}
