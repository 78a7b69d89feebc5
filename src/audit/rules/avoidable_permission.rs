//! A permission for a feature that can be built without it.

use super::title;
use crate::audit::Case;
use crate::audit::finding::{Finding, same};
use crate::signatures::schema::Rule;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let avoidable = case
        .permissions
        .iter()
        .filter(|p| p.requested() && p.avoidable);
    avoidable
        .filter_map(|p| {
            let name = &p.permission.name;
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("reason", p.reason.clone()),
                ("alternative", p.alternative.clone()?),
            ];
            Some(Finding::new(rule, case, name, p.evidence.clone(), &values))
        })
        .collect()
}
