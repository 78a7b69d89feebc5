//! XML files that the manifest names: network security, backup rules, accessibility, device administration.

use super::context::Context;
use super::walk::Children;
use crate::package::manifest::{AccessibilityService, BackupRules, DomainConfig, NetworkSecurity};
use crate::xml::{Attribute, Element, attrs};

/// Elements of one such file. The largest network security configurations have about 300.
const ELEMENTS: usize = 20_000;

/// The network security configuration (`XmlConfigSource.java`).
pub(super) fn network_security(
    cx: &mut Context<'_, '_>,
    attribute: &Attribute,
) -> Option<NetworkSecurity> {
    let file = cx.xml(attribute)?;
    let (entry, root) = (file.entry, &file.document.root);
    if *root.name != *"network-security-config" {
        cx.note(
            root,
            format!(
                "{entry} is no network security configuration but <{}>",
                root.name
            ),
        );
        return None;
    }
    let base = root.named("base-config").next();
    let mut config = NetworkSecurity {
        file: file.file,
        entry,
        sha256: file.sha256,
        base_cleartext: base.and_then(cleartext),
        base_trusts_user: base.and_then(trusts_user).unwrap_or(false),
        debug_overrides: root.named("debug-overrides").next().is_some(),
        domains: Vec::new(),
    };
    let outer = DomainConfig {
        cleartext: config.base_cleartext,
        trusts_user: config.base_trusts_user,
        ..DomainConfig::default()
    };
    // Nested configurations inherit; they follow their parent.
    let mut open = vec![(Children::direct(root, &root.name), outer)];
    while let Some((children, outer)) = open.last_mut() {
        let Some(child) = children.next() else {
            open.pop();
            continue;
        };
        let element = child.element;
        if *element.name != *"domain-config" {
            continue;
        }
        let path = child.path();
        if config.domains.len() >= ELEMENTS || !cx.charge(path.len().saturating_add(256)) {
            break;
        }
        let mut domains = Vec::new();
        for domain in element.named("domain") {
            let Some(name) = &domain.text else { continue };
            let name = name.to_ascii_lowercase();
            cx.charge(name.len().saturating_add(32));
            let all = domain
                .plain("includeSubdomains")
                .and_then(boolean)
                .unwrap_or(false);
            domains.push(if all { format!("*.{name}") } else { name });
        }
        let pinned = element
            .named("pin-set")
            .any(|set| set.named("pin").next().is_some());
        let this = DomainConfig {
            path,
            domains,
            cleartext: cleartext(element).or(outer.cleartext),
            trusts_user: trusts_user(element).unwrap_or(outer.trusts_user),
            pinned: pinned || outer.pinned,
        };
        let inner = DomainConfig {
            path: String::new(),
            domains: Vec::new(),
            ..this.clone()
        };
        open.push((Children::direct(element, &this.path), inner));
        config.domains.push(this);
    }
    Some(config)
}

fn boolean(attribute: &Attribute) -> Option<bool> {
    attribute.value.to_bool()
}

fn cleartext(element: &Element) -> Option<bool> {
    element.plain("cleartextTrafficPermitted").and_then(boolean)
}

/// Whether the trust anchors include the user's; `None` where there are none.
fn trusts_user(element: &Element) -> Option<bool> {
    let anchors = element.named("trust-anchors").next()?;
    let user = |certificates: &Element| {
        certificates
            .plain("src")
            .and_then(Attribute::to_text)
            .is_some_and(|src| src == "user")
    };
    Some(anchors.named("certificates").any(user))
}

/// `full-backup-content` or `data-extraction-rules` (`FullBackup.java`).
pub(super) fn backup_rules(cx: &mut Context<'_, '_>, attribute: &Attribute) -> Option<BackupRules> {
    let file = cx.xml(attribute)?;
    let (entry, root) = (file.entry, &file.document.root);
    let mut rules = BackupRules {
        entry,
        rules: Vec::new(),
    };
    match &*root.name {
        "full-backup-content" => rule_lines(cx, "", root, &mut rules.rules),
        "data-extraction-rules" => {
            for section in &root.children {
                if matches!(
                    &*section.name,
                    "cloud-backup" | "device-transfer" | "cross-platform-transfer"
                ) {
                    rule_lines(cx, &section.name, section, &mut rules.rules);
                }
            }
        }
        name => {
            cx.note(
                root,
                format!("{} holds no backup rules but <{name}>", rules.entry),
            );
            return None;
        }
    }
    Some(rules)
}

fn rule_lines(cx: &mut Context<'_, '_>, section: &str, parent: &Element, lines: &mut Vec<String>) {
    for rule in &parent.children {
        if !matches!(&*rule.name, "include" | "exclude") || lines.len() >= ELEMENTS {
            continue;
        }
        let domain = cx.plain(rule, "domain");
        let path = cx.plain(rule, "path");
        let words = [
            Some(section.to_owned()),
            Some(rule.name.to_string()),
            domain,
            path,
        ];
        let words: Vec<String> = words
            .into_iter()
            .flatten()
            .filter(|word| !word.is_empty())
            .collect();
        let line = words.join(" ");
        if !cx.charge(line.len().saturating_add(32)) {
            return;
        }
        lines.push(line);
    }
}

/// `accessibility-service` (`AccessibilityServiceInfo.java`).
pub(super) fn accessibility(
    cx: &mut Context<'_, '_>,
    attribute: &Attribute,
) -> Option<AccessibilityService> {
    let file = cx.xml(attribute)?;
    let (entry, root) = (file.entry, &file.document.root);
    if *root.name != *"accessibility-service" {
        cx.note(
            root,
            format!(
                "{entry} describes no accessibility service but <{}>",
                root.name
            ),
        );
        return None;
    }
    let packages = cx.text(root, attrs::PACKAGE_NAMES).unwrap_or_default();
    Some(AccessibilityService {
        is_accessibility_tool: cx.boolean(root, attrs::IS_ACCESSIBILITY_TOOL),
        can_retrieve_window_content: cx.boolean(root, attrs::CAN_RETRIEVE_WINDOW_CONTENT),
        can_perform_gestures: cx.boolean(root, attrs::CAN_PERFORM_GESTURES),
        can_take_screenshot: cx.boolean(root, attrs::CAN_TAKE_SCREENSHOT),
        can_request_filter_key_events: cx.boolean(root, attrs::CAN_REQUEST_FILTER_KEY_EVENTS),
        event_types: cx.int(root, attrs::ACCESSIBILITY_EVENT_TYPES, EVENT_TYPES),
        package_names: packages
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|n| !n.is_empty())
            .collect(),
    })
}

/// `accessibilityEventTypes` (`AccessibilityEvent.java`); needed for text XML only.
const EVENT_TYPES: &[(&str, u32)] = &[
    ("typeViewClicked", 0x1),
    ("typeViewLongClicked", 0x2),
    ("typeViewSelected", 0x4),
    ("typeViewFocused", 0x8),
    ("typeViewTextChanged", 0x10),
    ("typeWindowStateChanged", 0x20),
    ("typeNotificationStateChanged", 0x40),
    ("typeViewHoverEnter", 0x80),
    ("typeViewHoverExit", 0x100),
    ("typeTouchExplorationGestureStart", 0x200),
    ("typeTouchExplorationGestureEnd", 0x400),
    ("typeWindowContentChanged", 0x800),
    ("typeViewScrolled", 0x1000),
    ("typeViewTextSelectionChanged", 0x2000),
    ("typeAnnouncement", 0x4000),
    ("typeViewAccessibilityFocused", 0x8000),
    ("typeViewAccessibilityFocusCleared", 0x1_0000),
    ("typeViewTextTraversedAtMovementGranularity", 0x2_0000),
    ("typeGestureDetectionStart", 0x4_0000),
    ("typeGestureDetectionEnd", 0x8_0000),
    ("typeTouchInteractionStart", 0x10_0000),
    ("typeTouchInteractionEnd", 0x20_0000),
    ("typeWindowsChanged", 0x40_0000),
    ("typeContextClicked", 0x80_0000),
    ("typeAssistReadingContext", 0x100_0000),
    ("typeAllMask", 0xffff_ffff),
];

/// `device-admin` (`DeviceAdminInfo.java`): the names below `uses-policies`.
pub(super) fn device_admin(cx: &mut Context<'_, '_>, attribute: &Attribute) -> Option<Vec<String>> {
    let file = cx.xml(attribute)?;
    let (entry, root) = (file.entry, &file.document.root);
    if *root.name != *"device-admin" {
        cx.note(
            root,
            format!(
                "{entry} describes no device administrator but <{}>",
                root.name
            ),
        );
        return None;
    }
    let mut policies = Vec::new();
    for policy in root
        .named("uses-policies")
        .flat_map(|uses| &uses.children)
        .take(ELEMENTS)
    {
        if !cx.charge(policy.name.len().saturating_add(32)) {
            break;
        }
        policies.push(policy.name.to_string());
    }
    Some(policies)
}
