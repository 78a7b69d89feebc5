//! Permissions that are requested and that nothing uses, where everything could be searched.
//!
//! Those that open no information and that no user grants are left to the table of permissions.

use super::{information, removal, title};
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::detect::{Certainty, Use};
use crate::signatures::schema::{Rule, RuleConfidence};

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    case.permissions
        .iter()
        .filter(|p| p.requested() && case.opens_something(&p.permission.name))
        // Asking for a permission is no use of it.
        .filter(|p| p.usage.usage == Use::NoUseFound || p.usage.only_asked)
        .map(|p| {
            let name = &p.permission.name;
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("information", information(case, name)),
                ("line", same(&removal(name))),
            ];
            let finding = Finding::new(rule, case, name, p.evidence.clone(), &values);
            match p.usage.certainty {
                Certainty::Firm => finding,
                // Something stays open that may be a use of it.
                Certainty::Tentative => Finding {
                    confidence: RuleConfidence::Tentative,
                    ..finding
                },
            }
        })
        .collect()
}
