//! The device features that an app needs: those it declares, and those its permissions imply.

use crate::facts::Facts;
use crate::signatures::schema::Implied;
use std::collections::BTreeMap;

/// One feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// `android.hardware.camera`.
    pub name: String,
    /// The app does not run without it.
    pub required: bool,
    /// The permission that implies it; `None` where the manifest declares it.
    pub implied_by: Option<String>,
}

/// All features, sorted by name. A declaration, also one that says "not required", counts before an implication.
pub(super) fn find(facts: &Facts, implied: &Implied) -> Vec<Feature> {
    let mut all: BTreeMap<&str, Feature> = BTreeMap::new();
    for declared in facts
        .manifest
        .uses_features
        .iter()
        .filter(|f| !f.name.is_empty())
    {
        let feature = all.entry(&declared.name).or_insert_with(|| Feature {
            name: declared.name.clone(),
            required: false,
            implied_by: None,
        });
        feature.required |= declared.required;
    }
    let target = facts.manifest.uses_sdk.target_level();
    for rule in &implied.feature {
        if rule.target_below.is_some_and(|level| target >= level)
            || rule.target_from.is_some_and(|level| target < level)
        {
            continue;
        }
        let requests = &facts.manifest.uses_permissions;
        let by = requests
            .iter()
            .find(|p| rule.permissions.iter().any(|n| *n == p.name) && p.max_sdk.is_none());
        if let Some(by) = by {
            all.entry(&rule.feature).or_insert_with(|| Feature {
                name: rule.feature.to_string(),
                required: true,
                implied_by: Some(by.name.clone()),
            });
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::notation;
    use crate::signatures::schema::ImpliedFeature;

    #[test]
    fn a_permission_implies_a_feature_unless_the_manifest_speaks_of_it() {
        let implied = Implied {
            feature: vec![ImpliedFeature {
                permissions: vec!["CAMERA".into()],
                feature: "camera".into(),
                target_below: None,
                target_from: None,
            }],
            ..Implied::default()
        };
        let found = |lines: &[&str]| find(&notation::parse(lines).unwrap().facts, &implied);
        let by_permission = found(&["perm CAMERA"]);
        assert_eq!(
            by_permission.first().unwrap().implied_by.as_deref(),
            Some("CAMERA")
        );
        let declared = found(&["perm CAMERA", "feature camera optional"]);
        assert_eq!(declared.len(), 1);
        assert!(!declared.first().unwrap().required);
    }
}
