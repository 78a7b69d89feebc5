//! Rules whose condition is data: a permission, a component's permission, action or foreground type.

use super::evidence::Evidence;
use super::finding::{Finding, same};
use super::words::{functions, information, title};
use super::{Case, verdict};
use crate::package::manifest::Component;
use crate::signatures::schema::{Rule, RuleConfidence, Text, Tier};

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    if case
        .declared
        .functions
        .iter()
        .any(|f| rule.when.except_functions.contains(&f.id))
    {
        return Vec::new();
    }
    let mut findings = permissions(rule, case);
    for component in &case.facts.manifest.components {
        if rule
            .when
            .except_components
            .iter()
            .any(|prefix| component.name.starts_with(prefix.as_str()))
        {
            continue;
        }
        findings.extend(protected(rule, case, component));
        findings.extend(acting(rule, case, component));
        findings.extend(in_foreground(rule, case, component));
    }
    findings
}

/// Whether the rule speaks about a permission of this tier.
fn covers(rule: &Rule, tier: Tier) -> bool {
    rule.when.tiers.is_empty() || rule.when.tiers.contains(&tier)
}

/// A user may start the feature: less severe. Nothing is known about the function: less sure.
fn weigh(finding: Finding, tier: Tier) -> Finding {
    match tier {
        Tier::OnUserAction => finding.milder(),
        Tier::NotJudged => Finding {
            confidence: RuleConfidence::Tentative,
            ..finding
        },
        Tier::Necessary | Tier::NotNeeded => finding,
    }
}

fn permissions(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    case.permissions
        .iter()
        .filter(|p| {
            p.requested()
                && rule
                    .when
                    .permissions
                    .iter()
                    .any(|n| *n == p.permission.name)
                && covers(rule, p.tier)
        })
        .map(|p| {
            let name = &p.permission.name;
            let values = [
                ("permission", same(name)),
                ("title", title(case, name)),
                ("information", information(case, name)),
            ];
            weigh(
                Finding::new(rule, case, name, p.evidence.clone(), &values),
                p.tier,
            )
        })
        .collect()
}

fn protected(rule: &Rule, case: &Case<'_>, component: &Component) -> Option<Finding> {
    let permission = component
        .permission
        .as_ref()
        .filter(|p| rule.when.component_permissions.iter().any(|n| n == *p))?;
    let tier = verdict::tier(permission, case.declared, case.db);
    if !covers(rule, tier) {
        return None;
    }
    let functions = functions(case);
    let values = [
        ("permission", same(permission)),
        ("title", title(case, permission)),
        ("information", information(case, permission)),
        ("component", same(&component.name)),
        ("function", functions),
    ];
    let evidence = Evidence::element(
        case.facts,
        &component.at,
        format!(
            "{} {} android:permission={permission}",
            component.kind.name(),
            component.name
        ),
    );
    Some(weigh(
        Finding::new(rule, case, &component.name, vec![evidence], &values),
        tier,
    ))
}

fn acting(rule: &Rule, case: &Case<'_>, component: &Component) -> Option<Finding> {
    let actions: Vec<&str> = component
        .intent_filters
        .iter()
        .flat_map(|f| &f.actions)
        .filter(|a| rule.when.component_actions.iter().any(|n| n == *a))
        .map(String::as_str)
        .collect();
    if actions.is_empty() || component.enabled == Some(false) {
        return None;
    }
    let list = actions.join(", ");
    let values = [
        ("component", same(&component.name)),
        ("actions", same(&list)),
    ];
    let evidence = Evidence::element(
        case.facts,
        &component.at,
        format!("{} {} action {list}", component.kind.name(), component.name),
    );
    Some(Finding::new(
        rule,
        case,
        &component.name,
        vec![evidence],
        &values,
    ))
}

fn in_foreground(rule: &Rule, case: &Case<'_>, component: &Component) -> Option<Finding> {
    let types: Vec<&str> = component
        .foreground_service_types
        .iter()
        .filter(|t| rule.when.foreground_service_types.iter().any(|n| n == *t))
        .map(String::as_str)
        .collect();
    if types.is_empty() {
        return None;
    }
    let list = types.join("|");
    let zh: Vec<&str> = types
        .iter()
        .map(|t| match *t {
            "location" => "位置",
            "camera" => "相机",
            "microphone" => "麦克风",
            other => other,
        })
        .collect();
    let values = [
        ("component", same(&component.name)),
        (
            "types",
            Text {
                zh: format!("{list}（{}）", zh.join("、")).into(),
                en: list.clone().into(),
            },
        ),
    ];
    let evidence = Evidence::element(
        case.facts,
        &component.at,
        format!(
            "service {} android:foregroundServiceType={list}",
            component.name
        ),
    );
    Some(Finding::new(
        rule,
        case,
        &component.name,
        vec![evidence],
        &values,
    ))
}
