//! Permissions that an SDK uses and that its vendor's document does not mention.

use super::{all_shown, sdk_names, title, titles};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::{Access, Owner};
use crate::signatures::schema::Rule;
use std::collections::BTreeMap;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut found: BTreeMap<(&str, &str), Vec<&Access>> = BTreeMap::new();
    for access in &case.detections.accesses {
        let Owner::Library(id) = &access.owner else {
            continue;
        };
        let Some(sdk) = case.db.sdk(id) else { continue };
        if access.hint || !access.reached || sdk.disclosed_permissions.is_empty() {
            continue;
        }
        // The vendor speaks of the information, if not of the permission.
        let told = sdk
            .collects
            .as_ref()
            .filter(|c| c.basis == "disclosure")
            .is_some_and(|c| {
                access
                    .information
                    .iter()
                    .any(|kind| c.information.iter().any(|told| told == kind))
            });
        if told {
            continue;
        }
        for (name, need) in &access.needs {
            let requested = case.permissions.iter().any(|p| p.permission.name == *name);
            let disclosed = |name: &str| sdk.disclosed_permissions.iter().any(|d| d == name);
            let by_another = need.one_of && access.needs.keys().any(|other| disclosed(other));
            if requested && !disclosed(name) && !by_another && case.opens_something(name) {
                found.entry((id, name)).or_default().push(access);
            }
        }
    }
    found
        .into_iter()
        .map(|((id, name), accesses)| {
            let access = titles(accesses.iter().map(|access| &access.title));
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("sdk", sdk_names(case, &[id])),
                ("access", access),
            ];
            let evidence = all_shown(case, accesses);
            let subject = format!("{id} {name}");
            Finding::new(rule, case, &subject, evidence, &values)
        })
        .collect()
}
