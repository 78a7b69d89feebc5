//! The system may back up the app's data, and no rules limit what.

use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::{Finding, same};
use crate::signatures::schema::{Rule, RuleConfidence, Text};

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let application = &case.facts.manifest.application;
    let ruled =
        application.full_backup_content.is_some() || application.data_extraction_rules.is_some();
    if application.allow_backup == Some(false) || ruled || case.facts.manifest.package.is_empty() {
        return Vec::new();
    }
    let written = application.allow_backup == Some(true);
    let how = if written {
        same("android:allowBackup=\"true\"")
    } else {
        Text {
            zh: "未设置 android:allowBackup，系统默认允许".into(),
            en: "android:allowBackup is not set; the default is true".into(),
        }
    };
    let value = if written {
        "application allowBackup=true"
    } else {
        "application without allowBackup"
    };
    let evidence = Evidence::element(case.facts, &application.at, value);
    let finding = Finding::new(rule, case, "application", vec![evidence], &[("how", how)]);
    // The default says nothing about what the developer decided.
    let default = |finding: Finding| Finding {
        confidence: RuleConfidence::Tentative,
        ..finding.milder()
    };
    vec![if written { finding } else { default(finding) }]
}
