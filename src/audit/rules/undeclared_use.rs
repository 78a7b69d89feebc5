//! What the app's own code calls and has no permission for.

use super::{all_shown, title, titles};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::{Access, Owner};
use crate::facts::State;
use crate::incident::Channel;
use crate::signatures::schema::Rule;
use std::collections::BTreeMap;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    // What a manifest does not request can be said of one that was read to the end.
    if case.facts.state(Channel::Manifest) != State::Complete {
        return Vec::new();
    }
    let held = |name: &str| case.permissions.iter().any(|p| p.permission.name == name);
    let mut missing: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
    for access in &case.detections.accesses {
        if access.hint || !access.reached || access.owner != Owner::App {
            continue;
        }
        for (name, need) in &access.needs {
            // One of several that the app has is enough; what an ordinary app cannot get is not missing.
            let others = access.needs.iter();
            let has_another = need.one_of
                && others
                    .filter(|(other, n)| n.one_of && *other != name)
                    .any(|(other, _)| held(other));
            let is_sure = need.at_target && !need.conditional;
            if is_sure && !held(name) && !has_another && case.is_granted_to_apps(name) {
                missing.entry(name).or_default().push(access);
            }
        }
    }
    missing
        .into_iter()
        .map(|(name, accesses)| {
            let access = titles(accesses.iter().map(|access| &access.title));
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("access", access),
            ];
            let evidence = all_shown(case, accesses);
            Finding::new(rule, case, name, evidence, &values)
        })
        .collect()
}
