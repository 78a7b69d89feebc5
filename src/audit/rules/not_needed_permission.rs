//! A requested permission that no declared function needs.

use super::{functions, information, title};
use crate::audit::finding::{Finding, same};
use crate::audit::{Case, Verdict};
use crate::signatures::schema::{Rule, RuleConfidence, Severity};

/// Highest `maxSdkVersion` with which a request no longer matters on current devices (Android 12 and older).
const OLD_DEVICES: u32 = 32;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let beyond = case
        .permissions
        .iter()
        .filter(|p| p.requested() && p.verdict == Verdict::BeyondFunction);
    beyond
        .map(|p| {
            let name = &p.permission.name;
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("information", information(case, name)),
                ("function", functions(case)),
            ];
            let mut finding = Finding::new(rule, case, name, p.evidence.clone(), &values)
                .with_clauses(&p.clauses);
            finding.severity = case.severity_of(name).unwrap_or(Severity::Low);
            if p.permission.max_sdk.is_some_and(|max| max <= OLD_DEVICES) {
                finding = Finding {
                    confidence: RuleConfidence::Tentative,
                    ..finding.milder()
                };
            }
            finding
        })
        .collect()
}
