//! Unencrypted traffic is allowed, by an attribute, by the network security configuration or by default.

use crate::audit::Case;
use crate::audit::evidence::{Evidence, EvidenceKind};
use crate::audit::finding::Finding;
use crate::signatures::schema::{Rule, RuleConfidence, Text};

/// First target level for which the default is "not allowed" (developer guide, `usesCleartextTraffic`).
const DENIED_BY_DEFAULT: u32 = 28;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let manifest = &case.facts.manifest;
    let application = &manifest.application;
    let target = manifest.uses_sdk.target_level();
    let by_default = target < DENIED_BY_DEFAULT;
    // Where there is a network security configuration, the platform (API 24 and later) ignores the attribute.
    if let Some(config) = &application.network_security {
        if config.base_cleartext.unwrap_or(by_default) {
            let how = if config.base_cleartext.is_some() {
                Text {
                    zh: "网络安全配置 base-config 设置 cleartextTrafficPermitted=\"true\"".into(),
                    en: "base-config of the network security configuration sets cleartextTrafficPermitted=\"true\"".into(),
                }
            } else {
                default_words(target)
            };
            return vec![found(
                rule,
                case,
                "base-config",
                &config.entry,
                how,
                config.base_cleartext.is_some(),
            )];
        }
        let domains: Vec<String> = config
            .domains
            .iter()
            .filter(|d| d.cleartext == Some(true))
            .flat_map(|d| d.domains.iter().filter(|name| !is_local(name)).cloned())
            .collect();
        if domains.is_empty() {
            return Vec::new();
        }
        let list = domains.join(", ");
        let how = Text {
            zh: format!("网络安全配置对下列域名放行：{list}").into(),
            en: format!("the network security configuration allows it for {list}").into(),
        };
        return vec![found(rule, case, "domain-config", &config.entry, how, true).milder()];
    }
    match application.uses_cleartext_traffic {
        Some(true) => {
            let how = Text {
                zh: "android:usesCleartextTraffic=\"true\"".into(),
                en: "android:usesCleartextTraffic=\"true\"".into(),
            };
            vec![found(
                rule,
                case,
                "usesCleartextTraffic=true",
                "AndroidManifest.xml",
                how,
                true,
            )]
        }
        None if by_default && requests_internet(case) => {
            vec![
                found(
                    rule,
                    case,
                    "usesCleartextTraffic (default)",
                    "AndroidManifest.xml",
                    default_words(target),
                    false,
                )
                .milder(),
            ]
        }
        Some(false) | None => Vec::new(),
    }
}

fn requests_internet(case: &Case<'_>) -> bool {
    case.permissions
        .iter()
        .any(|p| p.permission.name == "android.permission.INTERNET")
}

fn default_words(target: u32) -> Text {
    Text {
        zh: format!("targetSdkVersion 为 {target}，低于 28 时系统默认允许").into(),
        en: format!("the default for targetSdkVersion {target} (below 28)").into(),
    }
}

/// Names and addresses that do not leave the device or the local network.
fn is_local(name: &str) -> bool {
    let name = name.trim_start_matches("*.");
    name == "localhost"
        || name.ends_with(".local")
        || ["127.", "10.", "192.168.", "::1"]
            .iter()
            .any(|p| name.starts_with(p))
}

fn found(
    rule: &Rule,
    case: &Case<'_>,
    what: &str,
    entry: &str,
    how: Text,
    written: bool,
) -> Finding {
    let evidence = if entry == "AndroidManifest.xml" {
        Evidence::element(
            case.facts,
            &case.facts.manifest.application.at,
            format!("application {what}"),
        )
    } else {
        Evidence {
            file: case.facts.files.first().map(|f| f.name.clone()),
            entry: Some(entry.into()),
            ..Evidence::new(EvidenceKind::Manifest, what)
        }
    };
    let finding = Finding::new(rule, case, "application", vec![evidence], &[("how", how)]);
    if written {
        finding
    } else {
        Finding {
            confidence: RuleConfidence::Tentative,
            ..finding
        }
    }
}
