//! Words and evidence that the texts of several rules are filled with.

use super::Case;
use super::evidence::Evidence;
use super::finding::same;
use crate::detect::{Access, Usage};
use crate::signatures::schema::{Str, Text};

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
    kinds(case, ids).unwrap_or_else(|| Text {
        zh: "设备能力".into(),
        en: "a device capability".into(),
    })
}

/// Names of kinds of personal information; `None` where there are none.
pub(super) fn kinds(case: &Case<'_>, ids: &[Str]) -> Option<Text> {
    let known = ids.iter().filter_map(|id| case.db.information(id));
    let names: Vec<_> = known.map(|kind| (&*kind.zh, &*kind.en)).collect();
    (!names.is_empty()).then(|| joined(names))
}

/// Names of the declared functions.
pub(super) fn functions(case: &Case<'_>) -> Text {
    let functions = case.declared.functions.iter();
    joined(functions.map(|f| pair(&f.name)))
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
    joined(named.map(|sdk| pair(&sdk.name)))
}

/// Names of what is reached with a permission, each once; signs of it left out.
pub(super) fn access_names(case: &Case<'_>, usage: &Usage) -> Text {
    titles(used(case, usage).map(|access| &access.title))
}

/// Everything that is kept of what shows some accesses.
pub(super) fn all_shown<'c>(
    case: &Case<'_>,
    accesses: impl IntoIterator<Item = &'c Access>,
) -> Vec<Evidence> {
    let each = accesses.into_iter().flat_map(|access| {
        let owner = access.owner.as_str();
        access.shown.iter().map(move |shown| (shown, owner))
    });
    each.map(|(shown, owner)| Evidence::shown(case.facts, shown, owner))
        .collect()
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
    joined(names.into_iter().map(pair))
}

fn pair(text: &Text) -> (&str, &str) {
    (&text.zh, &text.en)
}

/// Chinese and English words as a list in both languages.
fn joined<'t>(words: impl IntoIterator<Item = (&'t str, &'t str)>) -> Text {
    let (zh, en): (Vec<&str>, Vec<&str>) = words.into_iter().unzip();
    Text {
        zh: zh.join("、").into(),
        en: en.join(", ").into(),
    }
}
