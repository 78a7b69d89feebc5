//! SDKs that start by themselves although the app calls none of their functions.

use super::{kinds, sdk_names};
use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::{Finding, same};
use crate::detect::Stage;
use crate::signatures::schema::Rule;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    // Functions may be called by what could not be read.
    if case.detections.ledger.blocks() {
        return Vec::new();
    }
    let sdks = case.detections.sdks.iter().zip(&case.detections.stages);
    sdks.filter(|(_, stage)| stage.stage == Stage::AutoStarted)
        .filter_map(|(hit, stage)| {
            // Only what is known to collect something; helpers that start collect nothing.
            let sdk = case.db.sdk(&hit.id)?;
            let collects = sdk.collects.as_ref()?;
            let information = kinds(case, &collects.information)?;
            let values = [
                ("sdk", sdk_names(case, &[&hit.id])),
                ("starts", same(&stage.starts.join(", "))),
                ("information", information),
            ];
            let evidence = stage
                .shown
                .iter()
                .map(|shown| Evidence::shown(case.facts, shown, &hit.id));
            Some(Finding::new(
                rule,
                case,
                &hit.id,
                evidence.collect(),
                &values,
            ))
        })
        .collect()
}
