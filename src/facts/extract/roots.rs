//! Classes that something outside the code begins with.

use crate::code::{Hierarchy, NameId};
use crate::dex::names;
use crate::facts::model::Facts;
use crate::package::manifest::Manifest;
use std::collections::BTreeSet;

/// Supertypes whose subclasses are named by layouts and other resources, which are not read here.
const FROM_RESOURCES: [&str; 12] = [
    "Landroid/view/View;",
    "Landroid/view/ViewGroup;",
    "Landroid/app/Fragment;",
    "Landroid/preference/Preference;",
    "Landroid/preference/PreferenceActivity;",
    "Landroid/view/ActionProvider;",
    "Landroid/transition/Transition;",
    "Landroid/support/v4/app/Fragment;",
    "Landroidx/fragment/app/Fragment;",
    "Landroidx/preference/Preference;",
    "Landroidx/coordinatorlayout/widget/CoordinatorLayout$Behavior;",
    "Landroid/support/design/widget/CoordinatorLayout$Behavior;",
];

/// Packages of views of the platform: a class below one of their classes is a view.
const VIEWS: [&str; 2] = ["Landroid/widget/", "Landroid/webkit/WebView;"];

/// Classes that run may begin with.
pub(super) struct Roots {
    /// All of them, sorted.
    pub(super) all: Vec<NameId>,
    /// Those that native libraries name.
    pub(super) native: BTreeSet<NameId>,
}

/// The classes of the app that the manifest, resources, service files or native libraries name.
pub(super) fn roots(facts: &Facts, services: &[String], hierarchy: &Hierarchy) -> Roots {
    let mut found = BTreeSet::new();
    let named = |java: &str| {
        let id = hierarchy.id(&names::descriptor(java))?;
        hierarchy.class(id).is_some().then_some(id)
    };
    found.extend(manifest_names(&facts.manifest).filter_map(named));
    found.extend(services.iter().filter_map(|name| named(name)));
    let libraries = facts.native.iter().flat_map(|lib| &lib.names);
    let native: BTreeSet<NameId> = libraries
        .filter_map(|name| named(&name.replace('/', ".")))
        .collect();
    found.extend(&native);
    for class in hierarchy.classes() {
        let from_resources = hierarchy.outside(class.name).into_iter().any(|above| {
            let above = hierarchy.name(above);
            FROM_RESOURCES.contains(&above) || VIEWS.iter().any(|view| above.starts_with(view))
        });
        if from_resources {
            found.insert(class.name);
        }
    }
    // Support fragments and preferences are classes of the app themselves.
    for name in FROM_RESOURCES {
        found.extend(hierarchy.descendants(name));
    }
    Roots {
        all: found.into_iter().collect(),
        native,
    }
}

/// Every class name of a manifest: components, the application and its helpers, keys and values of `meta-data`.
fn manifest_names(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let application = &manifest.application;
    let own = [
        application.name.as_deref(),
        application.component_factory.as_deref(),
        application.backup_agent.as_deref(),
    ];
    let components = manifest.components.iter().map(|c| c.name.as_str());
    let targets = manifest
        .components
        .iter()
        .filter_map(|c| c.target_activity.as_deref());
    let meta = application
        .meta_data
        .iter()
        .chain(manifest.components.iter().flat_map(|c| &c.meta_data));
    let values = meta.flat_map(|m| std::iter::once(m.name.as_str()).chain(m.value.as_deref()));
    // Firebase writes `com.google.firebase.components:CLASS`, others lists.
    let words = values.flat_map(|text| text.split([':', ',', ';', ' ']));
    own.into_iter()
        .flatten()
        .chain(components)
        .chain(targets)
        .chain(manifest.instrumentation.iter().map(String::as_str))
        .chain(words)
}
