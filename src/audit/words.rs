//! Words and evidence that the texts of several rules are filled with.

use super::Case;
use super::evidence::Evidence;
use super::finding::same;
use crate::detect::{Access, Usage};
use crate::signatures::schema::Text;

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
    let functions = case.declared.functions.iter();
    joined(&functions.map(|f| &f.name).collect::<Vec<_>>())
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
    let named = ids.iter().filter_map(|id| case.db.sdk(id));
    joined(&named.map(|sdk| &sdk.name).collect::<Vec<_>>())
}

/// Names of what is reached with a permission, each once; signs of it left out.
pub(super) fn access_names(case: &Case<'_>, usage: &Usage) -> Text {
    titles(used(case, usage).map(|access| &access.title))
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

/// Names of accesses, each once.
pub(super) fn titles<'t>(all: impl IntoIterator<Item = &'t Text>) -> Text {
    let mut names: Vec<&Text> = Vec::new();
    for title in all {
        if !names.contains(&title) {
            names.push(title);
        }
    }
    joined(&names)
}

/// Texts as a list in both languages.
fn joined(texts: &[&Text]) -> Text {
    let list = |pick: fn(&Text) -> &str, by: &str| {
        texts.iter().map(|t| pick(t)).collect::<Vec<_>>().join(by)
    };
    Text {
        zh: list(|t| &t.zh, "、").into(),
        en: list(|t| &t.en, ", ").into(),
    }
}
