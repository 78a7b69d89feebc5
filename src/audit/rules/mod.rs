//! Rules whose condition needs code: one file each, named like the rule.

mod app_list;
mod avoidable_permission;
mod backup_allowed;
mod cleartext_traffic;
mod group_excess;
mod low_target_sdk;
mod missing_max_sdk;
mod not_needed_permission;

use super::Case;
use super::finding::{Finding, same};
use crate::signatures::schema::{Rule, Text};

/// A rule that is written in code.
type Code = fn(&Rule, &Case<'_>) -> Vec<Finding>;

/// The rules that are written in code, by id.
const RULES: [(&str, Code); 8] = [
    ("app-list", app_list::run),
    ("avoidable-permission", avoidable_permission::run),
    ("backup-allowed", backup_allowed::run),
    ("cleartext-traffic", cleartext_traffic::run),
    ("group-excess", group_excess::run),
    ("low-target-sdk", low_target_sdk::run),
    ("missing-max-sdk", missing_max_sdk::run),
    ("not-needed-permission", not_needed_permission::run),
];

/// Runs a rule that is written in code; a rule without code finds nothing (a test forbids that).
pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    RULES
        .iter()
        .find(|(id, _)| *id == rule.id)
        .map_or_else(Vec::new, |(_, run)| run(rule, case))
}

/// Short name of a permission in both languages.
pub(super) fn title(case: &Case<'_>, permission: &str) -> Text {
    let title = case
        .db
        .permission(permission)
        .and_then(|v| v.title())
        .cloned()
        .unwrap_or_default();
    let or_name = |text: String| {
        if text.is_empty() {
            permission.to_owned()
        } else {
            text
        }
    };
    Text {
        zh: or_name(title.zh.to_string()).into(),
        en: or_name(title.en.to_string()).into(),
    }
}

/// Names of the personal information that a permission opens.
pub(super) fn information(case: &Case<'_>, permission: &str) -> Text {
    let ids = case
        .db
        .permission(permission)
        .and_then(|v| v.privacy)
        .map_or(&[][..], |p| &p.information);
    let kinds: Vec<_> = ids
        .iter()
        .filter_map(|id| case.db.information(id))
        .collect();
    if kinds.is_empty() {
        return Text {
            zh: "设备能力".into(),
            en: "a device capability".into(),
        };
    }
    Text {
        zh: kinds
            .iter()
            .map(|k| k.zh.as_str())
            .collect::<Vec<_>>()
            .join("、")
            .into(),
        en: kinds
            .iter()
            .map(|k| k.en.as_str())
            .collect::<Vec<_>>()
            .join(", ")
            .into(),
    }
}

/// Names of the declared functions.
pub(super) fn functions(case: &Case<'_>) -> Text {
    let names = || case.declared.functions.iter().map(|f| &f.name);
    Text {
        zh: names()
            .map(|n| n.zh.as_str())
            .collect::<Vec<_>>()
            .join("、")
            .into(),
        en: names()
            .map(|n| n.en.as_str())
            .collect::<Vec<_>>()
            .join(", ")
            .into(),
    }
}

/// Permission names as a list, without the common prefix.
pub(super) fn names<'n>(permissions: impl IntoIterator<Item = &'n str>) -> Text {
    let names: Vec<&str> = permissions
        .into_iter()
        .map(|p| p.strip_prefix("android.permission.").unwrap_or(p))
        .collect();
    Text {
        zh: names.join("、").into(),
        en: names.join(", ").into(),
    }
}

/// A number in both languages.
pub(super) fn number(value: u32) -> Text {
    same(&value.to_string())
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
