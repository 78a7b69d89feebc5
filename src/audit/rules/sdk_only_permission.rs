//! Permissions that only one SDK uses: without it nothing in the app would.

use super::{information, removal, sdk_names, title, use_evidence};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::Use;
use crate::signatures::schema::{Rule, RuleConfidence, Tier};

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    case.permissions
        .iter()
        .filter(|p| p.requested() && p.usage.usage == Use::UsedBySdk)
        .filter(|p| case.opens_something(&p.permission.name))
        .map(|p| {
            let name = &p.permission.name;
            let ids: Vec<&str> = p.usage.owners.iter().map(|owner| owner.as_str()).collect();
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("information", information(case, name)),
                ("sdk", sdk_names(case, &ids)),
                ("line", same(&removal(name))),
            ];
            let mut evidence = p.evidence.clone();
            evidence.extend(use_evidence(case, &p.usage));
            let finding = Finding::new(rule, case, name, evidence, &values);
            let finding = match p.tier {
                Tier::NotNeeded => finding,
                Tier::Necessary | Tier::OnUserAction | Tier::NotJudged => finding.milder(),
            };
            // What could not be read, and signs in other code, may be the app's own use.
            let is_alone = p.usage.owners.len() > 1 || p.usage.only_through.is_some();
            if case.detections.ledger.blocks() || !is_alone {
                Finding {
                    confidence: RuleConfidence::Tentative,
                    ..finding
                }
            } else {
                finding
            }
        })
        .collect()
}
