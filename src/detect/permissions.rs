//! The permissions that an app has: those it requests, and those the platform adds.

use crate::facts::Facts;
use crate::package::manifest::UsesPermission;
use crate::signatures::schema::Implied;
use std::collections::BTreeMap;

/// Why an app has a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The manifest requests it.
    Requested,
    /// The platform adds it because of another permission, or of the target level alone (`None`).
    Implied {
        /// The permission that brings it.
        by: Option<String>,
        /// Only for target levels below this one.
        target_below: Option<u32>,
    },
}

/// One permission of an app, over all places that request it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestedPermission {
    /// Full name.
    pub name: String,
    /// Why the app has it.
    pub origin: Origin,
    /// The elements that request it, in file order.
    pub requests: Vec<UsesPermission>,
    /// Highest API level on which it is requested; `None` if one request has no end.
    pub max_sdk: Option<u32>,
}

/// All permissions of the app, sorted by name.
pub(super) fn requested(facts: &Facts, implied: &Implied) -> Vec<RequestedPermission> {
    let mut all: BTreeMap<String, RequestedPermission> = BTreeMap::new();
    for request in &facts.manifest.uses_permissions {
        all.entry(request.name.clone())
            .and_modify(|p| {
                p.max_sdk = match (p.max_sdk, request.max_sdk) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    _ => None,
                };
                p.requests.push(request.clone());
            })
            .or_insert_with(|| RequestedPermission {
                name: request.name.clone(),
                origin: Origin::Requested,
                requests: vec![request.clone()],
                max_sdk: request.max_sdk,
            });
    }
    // Without a manifest there is no target level: what the platform adds cannot be said.
    if !facts.manifest.package.is_empty() {
        add_implied(&mut all, facts, implied);
    }
    all.into_values().collect()
}

/// Adds what the platform adds, until nothing new comes: a permission that was added may bring another.
fn add_implied(all: &mut BTreeMap<String, RequestedPermission>, facts: &Facts, implied: &Implied) {
    let target = facts.manifest.uses_sdk.target_level();
    loop {
        let mut added = Vec::new();
        for rule in &implied.split {
            if rule.target_below.is_some_and(|level| target >= level) {
                continue;
            }
            let max_sdk = match &rule.permission {
                Some(by) => match all.get(by.as_str()) {
                    Some(permission) => permission.max_sdk,
                    None => continue,
                },
                None => None,
            };
            // The request ends before the first level on which the platform adds anything.
            if let (Some(max), Some(since)) = (max_sdk, rule.since)
                && max < since
            {
                continue;
            }
            for name in rule
                .adds
                .iter()
                .filter(|name| !all.contains_key(name.as_str()))
            {
                added.push(RequestedPermission {
                    name: name.to_string(),
                    origin: Origin::Implied {
                        by: rule.permission.as_ref().map(ToString::to_string),
                        target_below: rule.target_below,
                    },
                    requests: Vec::new(),
                    max_sdk,
                });
            }
        }
        if added.is_empty() {
            return;
        }
        for permission in added {
            all.entry(permission.name.clone()).or_insert(permission);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::notation;
    use crate::signatures::schema::{SplitPermission, Text};

    fn split(permission: &str, target_below: Option<u32>, adds: &str) -> SplitPermission {
        SplitPermission {
            permission: Some(permission.into()),
            target_below,
            since: None,
            adds: vec![adds.into()],
            note: Text::default(),
        }
    }

    #[test]
    fn the_platform_adds_by_target_level_and_in_chains() {
        let implied = Implied {
            split: vec![
                split("FINE", None, "COARSE"),
                split("COARSE", Some(29), "BACKGROUND"),
            ],
            ..Implied::default()
        };
        let names = |lines: &[&str]| -> Vec<(String, bool)> {
            requested(&notation::parse(lines).unwrap().facts, &implied)
                .into_iter()
                .map(|p| (p.name, p.origin == Origin::Requested))
                .collect()
        };
        assert_eq!(
            names(&["target 28", "perm FINE"]),
            [
                ("BACKGROUND".into(), false),
                ("COARSE".into(), false),
                ("FINE".into(), true)
            ]
        );
        assert_eq!(
            names(&["target 29", "perm FINE"]),
            [("COARSE".into(), false), ("FINE".into(), true)]
        );
    }

    #[test]
    fn a_request_that_ends_before_the_split_brings_nothing() {
        let rule = SplitPermission {
            since: Some(33),
            ..split("READ", Some(33), "READ_MEDIA")
        };
        let implied = Implied {
            split: vec![rule],
            ..Implied::default()
        };
        let count = |line: &str| {
            requested(
                &notation::parse(&["target 30", line]).unwrap().facts,
                &implied,
            )
            .len()
        };
        assert_eq!(count("perm READ max=32"), 1);
        assert_eq!(count("perm READ"), 2);
    }

    #[test]
    fn nothing_is_added_where_the_manifest_could_not_be_read() {
        let implied = Implied {
            split: vec![SplitPermission {
                permission: None,
                ..split("", Some(4), "READ_PHONE_STATE")
            }],
            ..Implied::default()
        };
        let mut facts = notation::parse(&["target 3"]).unwrap().facts;
        assert_eq!(requested(&facts, &implied).len(), 1);
        facts.manifest = Default::default();
        assert_eq!(requested(&facts, &implied).len(), 0);
    }

    #[test]
    fn one_request_without_an_end_has_no_end() {
        let facts = notation::parse(&["perm A max=28", "perm A", "perm B max=28", "perm B max=30"])
            .unwrap()
            .facts;
        let all = requested(&facts, &Implied::default());
        assert_eq!(
            all.iter().map(|p| p.max_sdk).collect::<Vec<_>>(),
            [None, Some(30)]
        );
        assert_eq!(
            all.iter().map(|p| p.requests.len()).collect::<Vec<_>>(),
            [2, 2]
        );
    }
}
