//! Permissions that the app's own code uses and that the declared function does not need.

use super::{access_names, functions, information, title, use_evidence};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::Use;
use crate::signatures::schema::{Rule, Severity, Tier};

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    case.permissions
        .iter()
        .filter(|p| p.tier == Tier::NotNeeded && p.usage.usage == Use::UsedByApp)
        .map(|p| {
            let name = &p.permission.name;
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("information", information(case, name)),
                ("function", functions(case)),
                ("access", access_names(case, &p.usage)),
            ];
            let mut evidence = p.evidence.clone();
            evidence.extend(use_evidence(case, &p.usage));
            let finding = Finding::new(rule, case, name, evidence, &values);
            let finding = finding.with_clauses(&p.clauses);
            Finding {
                severity: case.severity_of(name).unwrap_or(Severity::Low),
                ..finding
            }
        })
        .collect()
}
