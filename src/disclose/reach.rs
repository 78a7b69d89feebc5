//! What of a report has to be disclosed.

use super::answers::COMMON_PERMISSION;
use crate::detect::{Grade, Use};
use crate::report::v1::Report;
use crate::report::words::Prose;
use crate::signatures::SignatureDb;
use std::collections::{BTreeMap, BTreeSet};

/// The SDKs inside; one that the code only names is not.
pub(super) fn bundled(report: &Report) -> impl Iterator<Item = &crate::report::v1::Sdk> {
    report
        .sdks
        .iter()
        .filter(|sdk| sdk.grade != Grade::Referenced)
}

/// What an SDK reaches in the app or collects by its operator's documents.
pub(super) fn collected(report: &Report, db: &SignatureDb, id: &str) -> Vec<String> {
    let reached = report
        .accesses
        .iter()
        .filter(|access| access.owner == id && !access.hint);
    let mut kinds: BTreeSet<String> = reached
        .flat_map(|access| access.information.iter().map(|i| i.id.clone()))
        .collect();
    if let Some(collects) = db.sdk(id).and_then(|sdk| sdk.collects.as_ref())
        && collects.basis == "disclosure"
    {
        kinds.extend(collects.information.iter().map(|kind| kind.to_string()));
    }
    kinds.retain(|kind| db.information(kind).is_none_or(|k| !k.ability));
    kinds.into_iter().collect()
}

/// What shows it; the stronger one is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ShownBy {
    /// A permission that nearly every app requests opens it: whoever is on the network has an address.
    CommonPermission,
    /// Another permission opens it.
    Permission,
    /// Something that can run reaches it.
    Code,
}

impl ShownBy {
    /// As the result writes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CommonPermission => COMMON_PERMISSION,
            Self::Permission => "permission",
            Self::Code => "code",
        }
    }
}

/// A kind of information and what shows that the app reaches it.
pub(super) struct Reached {
    pub(super) name: Prose,
    pub(super) shown_by: ShownBy,
    pub(super) because: BTreeSet<String>,
    pub(super) owners: BTreeSet<String>,
}

/// The kinds of information that an app reaches. What a permission opens counts unless everything was searched and
/// nothing uses it.
pub(super) fn reached<'r>(report: &'r Report, db: &SignatureDb) -> BTreeMap<&'r str, Reached> {
    let mut kinds: BTreeMap<&str, Reached> = BTreeMap::new();
    let empty = |name: &Prose| Reached {
        name: name.clone(),
        shown_by: ShownBy::CommonPermission,
        because: BTreeSet::new(),
        owners: BTreeSet::new(),
    };
    for access in report
        .accesses
        .iter()
        .filter(|access| access.reached && !access.hint)
    {
        for kind in &access.information {
            let entry = kinds.entry(&kind.id).or_insert_with(|| empty(&kind.name));
            entry.shown_by = ShownBy::Code;
            entry.because.insert(access.id.clone());
            entry.owners.insert(access.owner.clone());
        }
    }
    for permission in report
        .permissions
        .iter()
        .filter(|p| p.usage != Use::NoUseFound)
    {
        let privacy = db.permission(&permission.name).and_then(|p| p.privacy);
        let shown_by = if privacy.is_some_and(|privacy| privacy.neutral) {
            ShownBy::CommonPermission
        } else {
            ShownBy::Permission
        };
        for kind in &permission.information {
            let entry = kinds.entry(&kind.id).or_insert_with(|| empty(&kind.name));
            entry.shown_by = entry.shown_by.max(shown_by);
            entry.because.insert(permission.name.clone());
        }
    }
    kinds.retain(|kind, _| db.information(kind).is_none_or(|k| !k.ability));
    kinds
}
