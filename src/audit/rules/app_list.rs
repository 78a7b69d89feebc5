//! Ways to see which other apps are installed: permissions, or a long list of packages in `queries`.

use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::{Finding, same};
use crate::signatures::schema::{Rule, RuleConfidence, Text, Tier};

/// Permissions that open the list of installed apps.
const PERMISSIONS: [&str; 3] = [
    "android.permission.QUERY_ALL_PACKAGES",
    "com.android.permission.GET_INSTALLED_APPS",
    "com.samsung.android.permission.GET_APP_LIST",
];

/// So many packages in `queries` are no longer those an app talks to (share targets, wallets, maps).
const MANY_QUERIES: usize = 30;

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = case
        .permissions
        .iter()
        .filter(|p| {
            p.requested()
                && PERMISSIONS.contains(&p.permission.name.as_str())
                && p.tier != Tier::Necessary
        })
        .map(|p| {
            let name = &p.permission.name;
            let how = Text {
                zh: "所申请的权限".into(),
                en: "a permission that it requests".into(),
            };
            let values = [("how", how), ("permission", same(name))];
            let finding = Finding::new(rule, case, name, p.evidence.clone(), &values);
            match p.tier {
                Tier::OnUserAction => finding.milder(),
                Tier::NotJudged => Finding {
                    confidence: RuleConfidence::Tentative,
                    ..finding
                },
                Tier::Necessary | Tier::NotNeeded => finding,
            }
        })
        .collect();
    let queries = &case.facts.manifest.queries;
    let packages = &queries.packages;
    if packages.len() >= MANY_QUERIES {
        let how = Text {
            zh: format!("清单文件 <queries> 中列出的 {} 个应用", packages.len()).into(),
            en: format!("the {} packages that <queries> names", packages.len()).into(),
        };
        let values = [("how", how), ("permission", same("<queries>"))];
        let shown = packages
            .iter()
            .take(5)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let value = format!("queries with {} packages: {shown} …", packages.len());
        let evidence = match &queries.at {
            Some(at) => Evidence::element(case.facts, at, value),
            None => Evidence::manifest(case.facts, value),
        };
        let finding = Finding::new(rule, case, "queries", vec![evidence], &values).milder();
        findings.push(Finding {
            confidence: RuleConfidence::Tentative,
            ..finding
        });
    }
    findings
}
