//! Several permissions of one group where one would do.

use super::names;
use crate::audit::finding::{Finding, same};
use crate::audit::{Case, PermissionVerdict};
use crate::signatures::schema::{Rule, Tier};
use std::collections::BTreeMap;

/// Groups in which the platform itself asks for several permissions side by side:
/// COARSE must go with FINE, and the media permissions replace one another by level.
const SIDE_BY_SIDE: [&str; 5] = [
    "android.permission-group.LOCATION",
    "android.permission-group.STORAGE",
    "android.permission-group.READ_MEDIA_VISUAL",
    "android.permission-group.READ_MEDIA_AURAL",
    "android.permission-group.NEARBY_DEVICES",
];

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<&str, Vec<&PermissionVerdict>> = BTreeMap::new();
    for permission in case.permissions.iter().filter(|p| p.requested()) {
        let group = case
            .db
            .permission(&permission.permission.name)
            .and_then(|v| v.catalogue);
        if let Some(group) = group
            .and_then(|c| c.group.as_deref())
            .filter(|g| !SIDE_BY_SIDE.contains(g))
        {
            groups.entry(group).or_default().push(permission);
        }
    }
    groups
        .into_iter()
        .filter_map(|(group, permissions)| {
            let others: Vec<&str> = permissions
                .iter()
                .filter(|p| p.tier != Tier::Necessary)
                .map(|p| p.permission.name.as_str())
                .collect();
            if permissions.len() < 2 || others.is_empty() {
                return None;
            }
            let values = [
                ("group", same(group.rsplit('.').next().unwrap_or(group))),
                (
                    "permissions",
                    names(permissions.iter().map(|p| p.permission.name.as_str())),
                ),
                ("others", names(others)),
            ];
            let evidence = permissions
                .iter()
                .flat_map(|p| p.evidence.clone())
                .collect();
            Some(Finding::new(rule, case, group, evidence, &values))
        })
        .collect()
}
