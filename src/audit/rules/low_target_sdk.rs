//! A target level below 23: dangerous permissions are granted in one bundle at installation.

use super::{names, number};
use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;
use crate::signatures::schema::Rule;

/// First level with run-time permissions (Android 6.0).
const RUNTIME_PERMISSIONS: u32 = 23;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let sdk = &case.facts.manifest.uses_sdk;
    let target = sdk.target_level();
    if target >= RUNTIME_PERMISSIONS {
        return Vec::new();
    }
    // Judged by the protection of the first level that asks at run time: GET_ACCOUNTS was normal before.
    let bundled: Vec<_> = case
        .permissions
        .iter()
        .filter(|p| {
            let protection = case
                .db
                .protection_at(&p.permission.name, RUNTIME_PERMISSIONS);
            protection.is_some_and(|p| p.base == "dangerous")
        })
        .collect();
    if bundled.is_empty() {
        return Vec::new();
    }
    let facts = case.facts;
    let written = match (sdk.target, sdk.min) {
        (Some(level), _) => format!("uses-sdk android:targetSdkVersion={level}"),
        (None, Some(level)) => {
            format!("uses-sdk android:minSdkVersion={level}, no targetSdkVersion")
        }
        (None, None) => "uses-sdk without android:minSdkVersion".into(),
    };
    let mut evidence = vec![match &sdk.at {
        Some(at) => Evidence::element(facts, at, written),
        None => Evidence::manifest(facts, "manifest without uses-sdk"),
    }];
    evidence.extend(bundled.iter().flat_map(|p| p.evidence.clone()));
    let values = [
        ("target", number(target)),
        (
            "permissions",
            names(bundled.iter().map(|p| p.permission.name.as_str())),
        ),
    ];
    vec![Finding::new(rule, case, "application", evidence, &values)]
}
