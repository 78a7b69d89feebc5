//! Rules whose condition needs code: one file each, named like the rule.

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
use super::evidence::Evidence;
use super::finding::{Finding, same};
use crate::detect::{Access, Usage};
use crate::signatures::schema::{Rule, Text};

/// A rule that is written in code.
type Code = fn(&Rule, &Case<'_>) -> Vec<Finding>;

/// The rules that are written in code, by id.
const RULES: [(&str, Code); 15] = [
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

/// Names of SDKs, by id.
pub(super) fn sdk_names(case: &Case<'_>, ids: &[&str]) -> Text {
    let name = |id: &&str| case.db.sdk(id).map(|sdk| sdk.name.clone());
    let names: Vec<Text> = ids.iter().filter_map(name).collect();
    let list = |pick: fn(&Text) -> &str, by: &str| {
        names.iter().map(pick).collect::<Vec<_>>().join(by)
    };
    Text {
        zh: list(|t| &t.zh, "、").into(),
        en: list(|t| &t.en, ", ").into(),
    }
}

/// Names of what is reached with a permission, each once; signs of it left out.
pub(super) fn access_names(case: &Case<'_>, usage: &Usage) -> Text {
    let mut names: Vec<&Text> = Vec::new();
    for access in used(case, usage) {
        if !names.contains(&&access.title) {
            names.push(&access.title);
        }
    }
    let list = |pick: fn(&Text) -> &str, by: &str| {
        names.iter().map(|t| pick(t)).collect::<Vec<_>>().join(by)
    };
    Text {
        zh: list(|t| &t.zh, "、").into(),
        en: list(|t| &t.en, ", ").into(),
    }
}

/// One place of each access behind an answer.
pub(super) fn use_evidence(case: &Case<'_>, usage: &Usage) -> Vec<Evidence> {
    used(case, usage)
        .filter_map(|access| {
            let shown = access.shown.first()?;
            Some(Evidence::shown(case.facts, shown, access.owner.as_str()))
        })
        .collect()
}

fn used<'c>(case: &Case<'c>, usage: &'c Usage) -> impl Iterator<Item = &'c Access> {
    let accesses = &case.detections.accesses;
    usage
        .accesses
        .iter()
        .filter_map(move |&at| accesses.get(at))
        .filter(|access| !access.hint)
}

/// The line that takes a permission out of the merged manifest.
pub(super) fn removal(permission: &str) -> String {
    format!("<uses-permission android:name=\"{permission}\" tools:node=\"remove\" />")
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
