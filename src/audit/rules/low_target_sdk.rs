//! A target level below 23: dangerous permissions are granted in one bundle at installation.

use super::{names, number};
use crate::audit::Case;
use crate::audit::evidence::{Evidence, EvidenceKind};
use crate::audit::finding::Finding;
use crate::facts::FileRole;
use crate::package::manifest::Place;
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
    let written = match (sdk.target, sdk.min) {
        (Some(level), _) => format!("uses-sdk android:targetSdkVersion={level}"),
        (None, Some(level)) => {
            format!("uses-sdk android:minSdkVersion={level}, no targetSdkVersion")
        }
        (None, None) => "no uses-sdk element".into(),
    };
    // The base, not the bundle that it came in.
    let base = case.facts.files.iter().find(|f| f.role == FileRole::Base);
    let path = match (sdk.target, sdk.min) {
        (None, None) => "manifest",
        _ => "manifest/uses-sdk",
    };
    let place = base.map(|file| Place {
        file: file.name.clone(),
        path: path.into(),
        offset: 0,
    });
    let mut evidence = vec![match place {
        Some(at) => Evidence {
            offset: None,
            ..Evidence::element(case.facts, &at, written)
        },
        None => Evidence::new(EvidenceKind::Manifest, written),
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
