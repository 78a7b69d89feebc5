//! `<application>`, its components and their intent filters, as `ParsingPackageUtils`,
//! `ParsedActivityUtils`, `ParsedServiceUtils` and `ParsedProviderUtils` read them.

use super::context::Context;
use super::levels;
use super::walk::{Child, Children};
use super::xml_files;
use crate::package::manifest::{
    Application, Component, ComponentKind, IntentFilter, Manifest, MetaData,
};
use crate::xml::{AndroidAttr, Element, attrs};
use std::collections::BTreeMap;

/// First level at which providers are not exported by default (`JELLY_BEAN_MR1`).
const PROVIDERS_NOT_EXPORTED: u32 = 17;
/// Estimate of the bytes of one element in the model, beside its strings.
const ELEMENT: usize = 512;

/// Reads `<application>` into `manifest.application` and `manifest.components`.
pub(super) fn application(
    cx: &mut Context<'_, '_>,
    element: &Element,
    path: &str,
    manifest: &mut Manifest,
) {
    let mut app = attributes(cx, element, path);
    for child in Children::new(element, path, is_open) {
        if cx.full {
            break;
        }
        let inner = child.element;
        cx.nested(&child, "application");
        let kind = match &*inner.name {
            "activity" => ComponentKind::Activity,
            "activity-alias" => ComponentKind::ActivityAlias,
            "service" => ComponentKind::Service,
            "receiver" => ComponentKind::Receiver,
            "provider" => ComponentKind::Provider,
            name => {
                match name {
                    "meta-data" => app.meta_data.extend(meta_data(cx, inner)),
                    "property" => app.properties.extend(meta_data(cx, inner)),
                    "uses-library" => app.uses_libraries.extend(cx.text(inner, attrs::NAME)),
                    "uses-native-library" => app
                        .uses_native_libraries
                        .extend(cx.text(inner, attrs::NAME)),
                    "uses-static-library" | "uses-sdk-library" => {
                        app.uses_static_libraries
                            .extend(cx.text(inner, attrs::NAME));
                    }
                    "profileable" => app.profileable_by_shell = cx.boolean(inner, attrs::SHELL),
                    _ => {}
                }
                continue;
            }
        };
        manifest
            .components
            .extend(component(cx, &child, kind, app.permission.as_deref()));
    }
    manifest.application = app;
}

/// Elements below `<application>` whose contents the platform reads as if they stood beside them.
fn is_open(element: &Element) -> bool {
    matches!(
        &*element.name,
        "meta-data"
            | "property"
            | "sdk-library"
            | "static-library"
            | "library"
            | "uses-library"
            | "uses-native-library"
            | "uses-package"
            | "profileable"
    )
}

fn attributes(cx: &mut Context<'_, '_>, element: &Element, path: &str) -> Application {
    let mut app = Application {
        name: cx.class(element, attrs::NAME),
        label: cx.text(element, attrs::LABEL),
        description: cx.text(element, attrs::DESCRIPTION),
        component_factory: cx.class(element, attrs::APP_COMPONENT_FACTORY),
        backup_agent: cx.class(element, attrs::BACKUP_AGENT),
        process: cx.text(element, attrs::PROCESS),
        permission: cx.text(element, attrs::PERMISSION),
        app_category: cx
            .int(element, attrs::APP_CATEGORY, levels::APP_CATEGORIES)
            .map(category),
        is_game: cx.boolean(element, attrs::IS_GAME),
        debuggable: cx.boolean(element, attrs::DEBUGGABLE),
        test_only: cx.boolean(element, attrs::TEST_ONLY),
        allow_backup: cx.boolean(element, attrs::ALLOW_BACKUP),
        full_backup_only: cx.boolean(element, attrs::FULL_BACKUP_ONLY),
        uses_cleartext_traffic: cx.boolean(element, attrs::USES_CLEARTEXT_TRAFFIC),
        request_legacy_external_storage: cx
            .boolean(element, attrs::REQUEST_LEGACY_EXTERNAL_STORAGE),
        preserve_legacy_external_storage: cx
            .boolean(element, attrs::PRESERVE_LEGACY_EXTERNAL_STORAGE),
        has_code: cx.boolean(element, attrs::HAS_CODE),
        extract_native_libs: cx.boolean(element, attrs::EXTRACT_NATIVE_LIBS),
        has_fragile_user_data: cx.boolean(element, attrs::HAS_FRAGILE_USER_DATA),
        allow_audio_playback_capture: cx.boolean(element, attrs::ALLOW_AUDIO_PLAYBACK_CAPTURE),
        persistent: cx.boolean(element, attrs::PERSISTENT),
        at: cx.place(element, path.to_owned()),
        ..Application::default()
    };
    app.label_ref = element
        .attr(attrs::LABEL)
        .and_then(|a| cx.sources.resources.reference(&a.value));
    app.labels = labels(cx, &app);
    let file = |attr: AndroidAttr| element.attr(attr).cloned();
    app.network_security =
        file(attrs::NETWORK_SECURITY_CONFIG).and_then(|a| xml_files::network_security(cx, &a));
    let written = element.attr(attrs::FULL_BACKUP_CONTENT).map(|a| &a.value);
    app.full_backup_content_flag = match written {
        Some(value) if cx.sources.resources.reference(value).is_none() => value.to_bool(),
        _ => None,
    };
    app.full_backup_content =
        file(attrs::FULL_BACKUP_CONTENT).and_then(|a| xml_files::backup_rules(cx, &a));
    app.data_extraction_rules =
        file(attrs::DATA_EXTRACTION_RULES).and_then(|a| xml_files::backup_rules(cx, &a));
    app
}

fn category(value: u32) -> String {
    let known = levels::APP_CATEGORIES
        .iter()
        .find(|(_, number)| *number == value);
    known.map_or_else(|| value.to_string(), |(name, _)| (*name).to_owned())
}

/// The label in every locale that has one of its own.
pub(super) fn labels(cx: &mut Context<'_, '_>, app: &Application) -> BTreeMap<String, String> {
    let labels = match app.label_ref {
        Some(id) => {
            let steps = cx.budget.steps();
            cx.sources.resources.labels_within(id, steps)
        }
        None => app
            .label
            .iter()
            .map(|label| (String::new(), label.clone()))
            .collect(),
    };
    for (locale, label) in &labels {
        cx.charge(locale.len().saturating_add(label.len()).saturating_add(96));
    }
    labels
}

/// One component; `None` (and an incident) if it has no name: such a package cannot be installed.
fn component(
    cx: &mut Context<'_, '_>,
    child: &Child<'_>,
    kind: ComponentKind,
    application_permission: Option<&str>,
) -> Option<Component> {
    let element = child.element;
    if !cx.charge(ELEMENT) {
        return None;
    }
    cx.required(element, attrs::NAME)?;
    let mut component = Component {
        kind,
        name: cx.class(element, attrs::NAME)?,
        enabled: cx.boolean(element, attrs::ENABLED),
        exported_declared: cx.boolean(element, attrs::EXPORTED),
        permission: cx.text(element, attrs::PERMISSION),
        process: cx.text(element, attrs::PROCESS),
        direct_boot_aware: cx.boolean(element, attrs::DIRECT_BOOT_AWARE),
        label: cx.text(element, attrs::LABEL),
        at: cx.place(element, child.path()),
        ..Component::default()
    };
    match kind {
        // An alias is there to need other permissions than its activity.
        ComponentKind::ActivityAlias => {
            component.target_activity = cx.class(element, attrs::TARGET_ACTIVITY);
        }
        _ if component.permission.is_none() => {
            component.permission = application_permission.map(str::to_owned);
        }
        _ => {}
    }
    match kind {
        ComponentKind::Service => {
            component.isolated_process = cx.boolean(element, attrs::ISOLATED_PROCESS);
            let types = cx.int(
                element,
                attrs::FOREGROUND_SERVICE_TYPE,
                levels::FOREGROUND_SERVICE_TYPES,
            );
            component.foreground_service_types =
                levels::names_of_bits(types.unwrap_or(0), levels::FOREGROUND_SERVICE_TYPES);
        }
        ComponentKind::Provider => {
            component.read_permission = cx.text(element, attrs::READ_PERMISSION);
            component.write_permission = cx.text(element, attrs::WRITE_PERMISSION);
            component.grant_uri_permissions = cx.boolean(element, attrs::GRANT_URI_PERMISSIONS);
            let authorities = cx.text(element, attrs::AUTHORITIES).unwrap_or_default();
            component.authorities = super::authorities(&authorities);
            let order = cx.int(element, attrs::INIT_ORDER, &[]);
            component.init_order = order.map(|order| i32::from_le_bytes(order.to_le_bytes()));
        }
        _ => {}
    }
    for inner in Children::direct(element, "") {
        if cx.full {
            break;
        }
        match &*inner.element.name {
            "intent-filter" => {
                let filter = intent_filter(cx, inner.element);
                component.intent_filters.push(filter);
            }
            "meta-data" => {
                component.meta_data.extend(meta_data(cx, inner.element));
                described_in_xml(cx, inner.element, &mut component);
            }
            "property" => component.properties.extend(meta_data(cx, inner.element)),
            _ => {}
        }
    }
    component.exported = component
        .exported_declared
        .unwrap_or_else(|| exported(&component, cx.target));
    Some(component)
}

/// Whether the platform exports a component that does not say so.
///
/// Filters without an action do not count for activities and receivers
/// (`parseIntentFilter` with `failOnNoActions`).
fn exported(component: &Component, target: u32) -> bool {
    let filters = &component.intent_filters;
    match component.kind {
        ComponentKind::Provider => target < PROVIDERS_NOT_EXPORTED,
        ComponentKind::Service => !filters.is_empty(),
        _ => filters.iter().any(|filter| !filter.actions.is_empty()),
    }
}

/// The XML file of an accessibility service or device administrator.
fn described_in_xml(cx: &mut Context<'_, '_>, element: &Element, component: &mut Component) {
    let Some(resource) = element.attr(attrs::RESOURCE) else {
        return;
    };
    let name = component
        .meta_data
        .last()
        .map_or("", |meta| meta.name.as_str());
    match (name, component.kind) {
        ("android.accessibilityservice", ComponentKind::Service) => {
            component.accessibility = xml_files::accessibility(cx, resource);
        }
        ("android.app.device_admin", ComponentKind::Receiver) => {
            component.device_admin = xml_files::device_admin(cx, resource);
        }
        _ => {}
    }
}

/// `parseMetaData`: one without a name is left out; `resource` keeps the reference, `value` its value.
fn meta_data(cx: &mut Context<'_, '_>, element: &Element) -> Option<MetaData> {
    if !cx.charge(ELEMENT) {
        return None;
    }
    let name = cx.text(element, attrs::NAME)?;
    let resource = element.attr(attrs::RESOURCE).cloned();
    Some(MetaData {
        name,
        value: cx.text(element, attrs::VALUE),
        resource: resource.and_then(|resource| cx.resource_name(&resource)),
    })
}

/// `<intent-filter>`, or `<intent>` of `<queries>`.
pub(super) fn intent_filter(cx: &mut Context<'_, '_>, element: &Element) -> IntentFilter {
    cx.charge(ELEMENT);
    let priority = cx.int(element, attrs::PRIORITY, &[]);
    let mut filter = IntentFilter {
        priority: priority.map(|priority| i32::from_le_bytes(priority.to_le_bytes())),
        auto_verify: cx.boolean(element, attrs::AUTO_VERIFY),
        ..IntentFilter::default()
    };
    for inner in &element.children {
        if cx.full {
            break;
        }
        match &*inner.name {
            "action" => filter.actions.extend(cx.required(inner, attrs::NAME)),
            "category" => filter.categories.extend(cx.required(inner, attrs::NAME)),
            "data" => filter.data.push(data(cx, inner)),
            _ => {}
        }
    }
    filter
}

/// `<data>` as `scheme://host:port/path type/mime`. A prefix ends in `*`, a
/// suffix starts with it, patterns are as written; a MIME group is `mimeGroup=name`.
fn data(cx: &mut Context<'_, '_>, element: &Element) -> String {
    let mut uri = String::new();
    if let Some(scheme) = cx.text(element, attrs::SCHEME) {
        uri.push_str(&scheme);
        uri.push(':');
    }
    if let Some(host) = cx.text(element, attrs::HOST) {
        uri.push_str("//");
        uri.push_str(&host);
    }
    if let Some(port) = cx.text(element, attrs::PORT) {
        uri.push(':');
        uri.push_str(&port);
    }
    for (attr, before, after) in [
        (attrs::PATH, "", ""),
        (attrs::PATH_PREFIX, "", "*"),
        (attrs::PATH_SUFFIX, "*", ""),
        (attrs::PATH_PATTERN, "", ""),
        (attrs::PATH_ADVANCED_PATTERN, "", ""),
        (attrs::SSP, "", ""),
        (attrs::SSP_PREFIX, "", "*"),
        (attrs::SSP_SUFFIX, "*", ""),
        (attrs::SSP_PATTERN, "", ""),
        (attrs::SSP_ADVANCED_PATTERN, "", ""),
    ] {
        if let Some(path) = cx.text(element, attr) {
            uri.push_str(before);
            uri.push_str(&path);
            uri.push_str(after);
        }
    }
    // `https:` alone stands for every URI of the scheme.
    if uri.ends_with(':') && !uri.contains("//") {
        uri.push_str("//");
    }
    let mime = cx.text(element, attrs::MIME_TYPE);
    let group = cx
        .text(element, attrs::MIME_GROUP)
        .map(|group| format!("mimeGroup={group}"));
    let parts: Vec<String> = [Some(uri), mime, group]
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    parts.join(" ")
}
