//! `AndroidManifest.xml` as `ParsingPackageUtils` (Android 16) reads it: the elements below `<manifest>`.

use super::components;
use super::context::{Budget, Context, Sources};
use super::levels;
use super::walk::{Child, Children, misplaced};
use crate::error::ParseError;
use crate::incident::Incident;
use crate::package::manifest::{
    Manifest, NamedDef, PermissionDef, PermissionElement, Queries, UsesFeature, UsesPermission,
    UsesSdk,
};
use crate::xml::{Document, Element, attrs};

/// Reads the manifest in `document`.
///
/// A split is read for the package and target level of `base`. Of a split the
/// platform takes what stands in `<application>` only, and so does
/// [`super::assemble`]; the manifest returned here holds everything.
pub(super) fn manifest(
    document: &Document,
    file: &str,
    sources: Sources<'_, '_>,
    base: Option<&Manifest>,
    budget: &mut Budget,
) -> Result<(Manifest, Vec<Incident>), ParseError> {
    let root = &document.root;
    if *root.name != *"manifest" {
        return Err(ParseError::new(
            root.offset,
            "a <manifest> element",
            format!("<{}>", root.name),
        ));
    }
    let mut cx = Context::new(sources, file, document.is_text, *budget);
    let mut manifest = Manifest {
        package: cx.plain(root, "package").unwrap_or_default(),
        ..Manifest::default()
    };
    cx.package
        .clone_from(base.map_or(&manifest.package, |base| &base.package));
    root_attributes(&mut cx, root, &mut manifest);
    // Needed for the defaults of components, wherever it stands.
    for child in Children::new(root, "manifest", is_open) {
        if *child.element.name == *"uses-sdk" {
            manifest.uses_sdk = uses_sdk(&mut cx, &child);
        }
    }
    cx.target = base
        .map_or(&manifest.uses_sdk, |base| &base.uses_sdk)
        .target_level();

    let mut has_application = false;
    for child in Children::new(root, "manifest", is_open) {
        if cx.full {
            break;
        }
        let element = child.element;
        cx.nested(&child, "manifest");
        if *element.name != *"application" {
            tag(&mut cx, &child, &mut manifest);
        } else if !has_application {
            components::application(&mut cx, element, &child.path(), &mut manifest);
            has_application = true;
        } else {
            cx.note(
                element,
                "a second <application>: Android takes its contents for those of <manifest>"
                    .to_owned(),
            );
            for mut inner in Children::new(element, &child.path(), is_open) {
                inner.is_nested = true;
                cx.nested(&inner, "manifest");
                tag(&mut cx, &inner, &mut manifest);
            }
        }
    }
    for (element, parent) in misplaced(root, |element| cx.was_nested(element)) {
        cx.note(
            element,
            format!(
                "<{}> below <{parent}>: Android ignores it there",
                element.name
            ),
        );
    }
    *budget = cx.budget;
    Ok((manifest, cx.incidents))
}

/// Elements whose contents the platform reads as if they stood beside them:
/// nothing takes the contents away. The second `<application>` is one more.
fn is_open(element: &Element) -> bool {
    matches!(
        &*element.name,
        "uses-feature"
            | "uses-configuration"
            | "supports-screens"
            | "original-package"
            | "adopt-permissions"
    )
}

fn root_attributes(cx: &mut Context<'_, '_>, root: &Element, manifest: &mut Manifest) {
    let code = cx.int(root, attrs::VERSION_CODE, &[]);
    let major = cx.int(root, attrs::VERSION_CODE_MAJOR, &[]);
    if code.is_some() || major.is_some() {
        let (code, major) = (u64::from(code.unwrap_or(0)), u64::from(major.unwrap_or(0)));
        manifest.version_code = Some(major.wrapping_shl(32) | code);
    }
    manifest.version_name = cx.text(root, attrs::VERSION_NAME);
    manifest.split = cx.plain(root, "split").filter(|name| !name.is_empty());
    manifest.config_for_split = cx
        .plain(root, "configForSplit")
        .filter(|name| !name.is_empty());
    manifest.feature_split = cx.boolean(root, attrs::IS_FEATURE_SPLIT).unwrap_or(false);
    manifest.shared_user_id = cx
        .text(root, attrs::SHARED_USER_ID)
        .filter(|id| !id.is_empty());
    manifest.shared_user_max_sdk = cx.int(root, attrs::SHARED_USER_MAX_SDK_VERSION, &[]);
    manifest.target_sandbox_version = cx.int(root, attrs::TARGET_SANDBOX_VERSION, &[]);
    manifest.install_location = cx.int(root, attrs::INSTALL_LOCATION, levels::INSTALL_LOCATIONS);
    manifest.compile_sdk = cx.int(root, attrs::COMPILE_SDK_VERSION, &[]);
    manifest.platform_build_version = cx.plain(root, "platformBuildVersionCode");
}

/// `parseBaseApkTag`.
fn tag(cx: &mut Context<'_, '_>, child: &Child<'_>, manifest: &mut Manifest) {
    let element = child.element;
    match &*element.name {
        "uses-permission" => {
            uses_permission(cx, child, PermissionElement::UsesPermission, manifest)
        }
        "uses-permission-sdk-23" => {
            uses_permission(cx, child, PermissionElement::UsesPermissionSdk23, manifest)
        }
        "uses-permission-sdk-m" => {
            uses_permission(cx, child, PermissionElement::UsesPermissionSdkM, manifest)
        }
        "permission" => {
            if let Some(name) = cx.required(element, attrs::NAME) {
                let definition = PermissionDef {
                    name,
                    protection_level: cx
                        .int(element, attrs::PROTECTION_LEVEL, levels::PROTECTION_LEVELS)
                        .unwrap_or(0),
                    group: cx.text(element, attrs::PERMISSION_GROUP),
                    label: cx.text(element, attrs::LABEL),
                    at: cx.place(element, child.path()),
                };
                manifest.permissions.push(definition);
            }
        }
        "permission-group" => manifest.permission_groups.extend(named(cx, child)),
        "permission-tree" => manifest.permission_trees.extend(named(cx, child)),
        "uses-feature" => {
            let feature = uses_feature(cx, child, true);
            manifest.uses_features.push(feature);
        }
        // Each group is one alternative: none of its features is needed in all cases.
        "feature-group" => {
            for inner in Children::new(element, &child.path(), is_open) {
                if &*inner.element.name == "uses-feature" && !cx.full {
                    let feature = uses_feature(cx, &inner, false);
                    manifest.uses_features.push(feature);
                }
            }
        }
        "queries" => queries(cx, child, &mut manifest.queries),
        "instrumentation" => manifest
            .instrumentation
            .extend(cx.text(element, attrs::TARGET_PACKAGE)),
        _ => {}
    }
}

fn named(cx: &mut Context<'_, '_>, child: &Child<'_>) -> Option<NamedDef> {
    let name = cx.required(child.element, attrs::NAME)?;
    Some(NamedDef {
        name,
        at: cx.place(child.element, child.path()),
    })
}

/// `parseUsesPermission`: a name that is no plain string is no request; so is none at all.
fn uses_permission(
    cx: &mut Context<'_, '_>,
    child: &Child<'_>,
    kind: PermissionElement,
    manifest: &mut Manifest,
) {
    let element = child.element;
    let Some(name) = cx.literal(element, attrs::NAME) else {
        if element.attr(attrs::NAME).is_none() {
            cx.note(element, format!("<{}> has no name", element.name));
        }
        return;
    };
    let flags = cx
        .int(
            element,
            attrs::USES_PERMISSION_FLAGS,
            levels::USES_PERMISSION_FLAGS,
        )
        .unwrap_or(0);
    let mut permission = UsesPermission {
        name,
        element: kind,
        max_sdk: cx.strict_int(element, attrs::MAX_SDK_VERSION),
        min_sdk: cx.strict_int(element, attrs::MIN_SDK_VERSION),
        never_for_location: flags & levels::NEVER_FOR_LOCATION != 0,
        flags,
        required_features: Vec::new(),
        at: cx.place(element, child.path()),
    };
    permission
        .required_features
        .extend(cx.text(element, attrs::REQUIRED_FEATURE));
    let not = cx.text(element, attrs::REQUIRED_NOT_FEATURE);
    permission
        .required_features
        .extend(not.map(|name| format!("!{name}")));
    for inner in &element.children {
        match &*inner.name {
            "required-feature" => permission
                .required_features
                .extend(cx.text(inner, attrs::NAME)),
            "required-not-feature" => {
                let not = cx.text(inner, attrs::NAME);
                permission
                    .required_features
                    .extend(not.map(|name| format!("!{name}")));
            }
            _ => {}
        }
    }
    manifest.uses_permissions.push(permission);
}

/// `parseFeatureInfo`.
fn uses_feature(cx: &mut Context<'_, '_>, child: &Child<'_>, required: bool) -> UsesFeature {
    let element = child.element;
    let name = match element.attr(attrs::NAME) {
        Some(_) => cx.literal(element, attrs::NAME).unwrap_or_default(),
        None => String::new(),
    };
    UsesFeature {
        gl_es_version: if name.is_empty() {
            cx.int(element, attrs::GL_ES_VERSION, &[])
        } else {
            None
        },
        name,
        required: required && cx.boolean(element, attrs::REQUIRED).unwrap_or(true),
        at: cx.place(element, child.path()),
    }
}

/// `parseUsesSdk`: a string is a codename; where there is no target level it is
/// the minimum. Of several elements the last counts.
fn uses_sdk(cx: &mut Context<'_, '_>, child: &Child<'_>) -> UsesSdk {
    let element = child.element;
    let mut level = |attr| {
        let value = cx.value(element, attr);
        match value.as_ref().and_then(|value| value.as_str()) {
            Some(text) => match text.parse() {
                Ok(level) => (Some(level), None),
                Err(_) => (levels::level_of_codename(text), Some(text.to_owned())),
            },
            None => (value.and_then(|value| value.as_int()), None),
        }
    };
    let (min, min_codename) = level(attrs::MIN_SDK_VERSION);
    let (target, target_codename) = level(attrs::TARGET_SDK_VERSION);
    let (max, _) = level(attrs::MAX_SDK_VERSION);
    UsesSdk {
        min,
        target,
        max,
        min_codename,
        target_codename,
        at: Some(cx.place(element, child.path())),
    }
}

/// `parseQueries`. What stands in unknown elements, `<package>` and `<provider>` is read too.
fn queries(cx: &mut Context<'_, '_>, child: &Child<'_>, queries: &mut Queries) {
    if queries.at.is_none() {
        queries.at = Some(cx.place(child.element, child.path()));
    }
    for inner in Children::new(child.element, &child.path(), |element| {
        &*element.name != "intent"
    }) {
        if cx.full {
            return;
        }
        let element = inner.element;
        match &*element.name {
            "package" => queries.packages.extend(cx.required(element, attrs::NAME)),
            "provider" => {
                let authorities = cx.required(element, attrs::AUTHORITIES).unwrap_or_default();
                queries.providers.extend(super::authorities(&authorities));
            }
            "intent" => {
                let intent = components::intent_filter(cx, element);
                queries.intents.push(intent);
            }
            _ => {}
        }
    }
}
