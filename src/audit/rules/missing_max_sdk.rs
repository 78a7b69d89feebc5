//! A legacy storage permission that has no effect from some level on, and no `maxSdkVersion`.

use super::number;
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::signatures::schema::Rule;

/// Permission, the target level from which it is void, and the API level of the device from which it is.
///
/// WRITE: scoped storage binds apps that target 30, and those that target 29
/// unless they ask for legacy storage. READ: replaced by READ_MEDIA_* for apps that target 33.
const LEGACY: [(&str, u32, u32); 2] = [
    ("android.permission.WRITE_EXTERNAL_STORAGE", 29, 29),
    ("android.permission.READ_EXTERNAL_STORAGE", 33, 33),
];

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let target = case.facts.manifest.uses_sdk.target_level();
    let keeps_legacy = case
        .facts
        .manifest
        .application
        .request_legacy_external_storage
        == Some(true);
    let mut findings = Vec::new();
    for (name, from_target, mut void_from) in LEGACY {
        if target < from_target {
            continue;
        }
        // Legacy storage is honoured on devices up to API 29: WRITE still works there.
        if keeps_legacy && void_from == 29 {
            void_from = 30;
        }
        let last = void_from.saturating_sub(1);
        let requested = case
            .permissions
            .iter()
            .filter(|p| p.requested() && p.permission.name == name);
        for permission in requested.filter(|p| p.permission.max_sdk.is_none_or(|max| max > last)) {
            let values = [
                ("permission", same(name)),
                ("target", number(target)),
                ("void_from", number(void_from)),
                ("last", number(last)),
            ];
            findings.push(Finding::new(
                rule,
                case,
                name,
                permission.evidence.clone(),
                &values,
            ));
        }
    }
    findings
}
