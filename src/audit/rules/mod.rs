//! Rules whose condition needs code: one file each, named like the rule.

mod access_at_start;
mod app_list;
mod avoidable_permission;
mod backup_allowed;
mod cleartext_traffic;
mod group_excess;
mod idle_sdk;
mod low_target_sdk;
mod missing_max_sdk;
mod not_needed_permission;
mod sdk_only_permission;
mod undeclared_request;
mod undeclared_use;
mod undisclosed_use;
mod unused_permission;
mod use_beyond_function;

use super::Case;
use super::finding::Finding;
use super::words::{
    access_names, all_shown, functions, information, kinds, names, number, removal, sdk_names,
    title, titles, use_evidence,
};
use crate::signatures::schema::Rule;

/// A rule that is written in code.
type Code = fn(&Rule, &Case<'_>) -> Vec<Finding>;

/// The rules that are written in code, by id.
const RULES: [(&str, Code); 16] = [
    ("access-at-start", access_at_start::run),
    ("app-list", app_list::run),
    ("avoidable-permission", avoidable_permission::run),
    ("backup-allowed", backup_allowed::run),
    ("cleartext-traffic", cleartext_traffic::run),
    ("group-excess", group_excess::run),
    ("idle-sdk", idle_sdk::run),
    ("low-target-sdk", low_target_sdk::run),
    ("missing-max-sdk", missing_max_sdk::run),
    ("not-needed-permission", not_needed_permission::run),
    ("sdk-only-permission", sdk_only_permission::run),
    ("undeclared-request", undeclared_request::run),
    ("undeclared-use", undeclared_use::run),
    ("undisclosed-use", undisclosed_use::run),
    ("unused-permission", unused_permission::run),
    ("use-beyond-function", use_beyond_function::run),
];

/// Runs a rule that is written in code; a rule without code finds nothing (a test forbids that).
pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    RULES
        .iter()
        .find(|(id, _)| *id == rule.id)
        .map_or_else(Vec::new, |(_, run)| run(rule, case))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signatures::SignatureDb;

    /// A rule that says `code = true` and has none would silently never fire.
    #[test]
    fn rules_with_code_and_code_with_rules() {
        let db = SignatureDb::builtin().unwrap();
        let in_data: Vec<&str> = db
            .data
            .rules
            .iter()
            .filter(|r| r.when.code)
            .map(|r| r.id.as_str())
            .collect();
        let in_code: Vec<&str> = RULES.iter().map(|(id, _)| *id).collect();
        assert_eq!(in_data, in_code);
    }
}
