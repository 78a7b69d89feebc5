//! Unencrypted traffic is allowed, by an attribute, by the network security configuration or by default.

use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::{Finding, same};
use crate::package::manifest::NetworkSecurity;
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
        return configured(rule, case, config, target, by_default);
    }
    let at = &application.at;
    match application.uses_cleartext_traffic {
        Some(true) => {
            let written = "android:usesCleartextTraffic=\"true\"";
            let value = "application android:usesCleartextTraffic=true";
            let evidence = Evidence::element(case.facts, at, value);
            vec![found(rule, case, vec![evidence], same(written))]
        }
        None if by_default && requests_internet(case) => {
            let value = "application without android:usesCleartextTraffic";
            let evidence = Evidence::element(case.facts, at, value);
            let words = default_words(target);
            vec![tentative(found(rule, case, vec![evidence], words)).milder()]
        }
        Some(false) | None => Vec::new(),
    }
}

fn configured(
    rule: &Rule,
    case: &Case<'_>,
    config: &NetworkSecurity,
    target: u32,
    by_default: bool,
) -> Vec<Finding> {
    const ROOT: &str = "network-security-config";
    match config.base_cleartext {
        Some(true) => {
            let how = Text {
                zh: "网络安全配置 base-config 设置 cleartextTrafficPermitted=\"true\"".into(),
                en: "base-config of the network security configuration sets cleartextTrafficPermitted=\"true\"".into(),
            };
            let path = format!("{ROOT}/base-config");
            let value = "base-config cleartextTrafficPermitted=true";
            let evidence = Evidence::network(config, &path, value);
            return vec![found(rule, case, vec![evidence], how)];
        }
        None if by_default => {
            let value = format!("{ROOT} without base-config cleartextTrafficPermitted");
            let evidence = Evidence::network(config, ROOT, value);
            let words = default_words(target);
            return vec![tentative(found(rule, case, vec![evidence], words))];
        }
        Some(false) | None => {}
    }
    let mut names = Vec::new();
    let mut evidence = Vec::new();
    for domain in &config.domains {
        let far = domain.domains.iter().filter(|name| !is_local(name));
        let far: Vec<&str> = far.map(String::as_str).collect();
        if domain.cleartext != Some(true) || far.is_empty() {
            continue;
        }
        names.extend(far);
        let value = "domain-config cleartextTrafficPermitted=true";
        evidence.push(Evidence::network(config, &domain.path, value));
    }
    if names.is_empty() {
        return Vec::new();
    }
    let list = names.join(", ");
    let how = Text {
        zh: format!("网络安全配置对下列域名放行：{list}").into(),
        en: format!("the network security configuration allows it for {list}").into(),
    };
    vec![found(rule, case, evidence, how).milder()]
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

fn found(rule: &Rule, case: &Case<'_>, evidence: Vec<Evidence>, how: Text) -> Finding {
    Finding::new(rule, case, "application", evidence, &[("how", how)])
}

/// Nothing that is written says so.
fn tentative(finding: Finding) -> Finding {
    Finding {
        confidence: RuleConfidence::Tentative,
        ..finding
    }
}
