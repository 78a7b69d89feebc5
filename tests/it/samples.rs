//! Every sample against what a person wrote down about it, and the list of all hits of all samples.

use crate::common::{calls, case, cases, forged, java, snapshot};
use permscope::detect::Grade;
use permscope::facts::Facts;
use permscope::forge::app::Sample;
use permscope::incident::IncidentCode;
use permscope::report::Languages;
use permscope::report::v1::{Permission, Report, Sdk};
use serde_json::Value;
use std::collections::BTreeSet;

/// What differs, line by line; a test shows all of it at once.
#[derive(Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        place: &str,
        what: &str,
        want: T,
        got: T,
    ) {
        if want != got {
            self.0
                .push(format!("{place}: {what}\n  want {want:?}\n  got  {got:?}"));
        }
    }

    pub(crate) fn hold(&mut self, place: &str, what: &str, holds: bool) {
        if !holds {
            self.0.push(format!("{place}: {what}"));
        }
    }

    pub(crate) fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

pub(crate) fn tiered<'r>(report: &'r Report, tier: &str) -> BTreeSet<&'r str> {
    let is = |p: &&Permission| serde_json::to_value(p.tier).unwrap() == tier;
    let requested = report
        .permissions
        .iter()
        .filter(|p| p.origin == "requested");
    requested.filter(is).map(|p| p.name.as_str()).collect()
}

/// The class prefix of an SDK's mark covers `prefix`, or lies below it.
pub(crate) fn about(sdk: &Sdk, prefix: &str) -> bool {
    let db = crate::common::db();
    let Some(entry) = db.sdk(&sdk.id) else {
        return false;
    };
    let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|r| r.starts_with('.'));
    let identity = &entry.identity;
    sdk.id == prefix
        || identity
            .packages
            .iter()
            .chain(&identity.weak_packages)
            .any(|p| below(prefix, p) || below(p, prefix))
}

fn check(sample: &Sample, facts: &Facts, report: &Report, problems: &mut Problems) {
    let (name, want) = (sample.name.as_str(), &sample.expect);
    if let Some(package) = &want.package {
        problems.same(name, "package", package, &report.subject.package);
    }
    if !want.label.is_empty() {
        problems.same(name, "label", &want.label, &report.subject.label);
    }
    if let Some(target) = want.target_sdk {
        problems.same(name, "target_sdk", target, report.subject.target_sdk);
    }
    if let Some(permissions) = &want.permissions {
        let found: Vec<&String> = facts
            .manifest
            .uses_permissions
            .iter()
            .map(|p| &p.name)
            .collect();
        problems.same(name, "permissions", permissions.iter().collect(), found);
    }
    for implied in want.implied.iter().flatten() {
        let found = report
            .permissions
            .iter()
            .any(|p| p.name == *implied && p.origin == "implied");
        problems.hold(name, &format!("the platform adds {implied}"), found);
    }
    if want.implied.as_ref().is_some_and(Vec::is_empty) {
        let added: Vec<_> = report
            .permissions
            .iter()
            .filter(|p| p.origin == "implied")
            .collect();
        problems.hold(
            name,
            &format!("the platform adds nothing: {added:?}"),
            added.is_empty(),
        );
    }
    if let Some(components) = &want.components {
        let found = facts.manifest.components.iter();
        let found: Vec<String> = found
            .map(|c| format!("{} {}", c.kind.name(), c.name))
            .collect();
        problems.same(name, "components", components, &found);
    }
    if let Some(classes) = want.classes {
        let found: usize = facts.dex.iter().map(|d| d.classes as usize).sum();
        problems.same(name, "classes", classes, found);
    }
    check_sdks(sample, report, problems);
    check_use(sample, &serde_json::to_value(report).unwrap(), problems);
    let found = calls(facts);
    // Facts keep the calls to the platform; those to libraries belong to a later version.
    let platform = |call: &&String| call.starts_with("android.") || call.starts_with("dalvik.");
    for call in want.calls.iter().flatten().filter(platform) {
        problems.hold(
            name,
            &format!("call {call}"),
            found.iter().any(|(c, _)| c == call),
        );
    }
    for hidden in want.hidden_dex.iter().flatten() {
        let told = facts
            .incidents
            .iter()
            .any(|i| i.code == IncidentCode::HiddenCode && i.file.ends_with(&format!("!{hidden}")));
        problems.hold(name, &format!("hidden code in {hidden}"), told);
    }
    if want.hidden_dex.is_none() {
        let hidden = facts
            .incidents
            .iter()
            .find(|i| i.code == IncidentCode::HiddenCode);
        problems.hold(
            name,
            &format!("no hidden code: {hidden:?}"),
            hidden.is_none(),
        );
    }
    for (tier, list) in [
        ("necessary", &want.necessary),
        ("on-user-action", &want.on_user_action),
        ("not-needed", &want.not_needed),
    ] {
        if let Some(list) = list {
            let list: BTreeSet<&str> = list.iter().map(String::as_str).collect();
            problems.same(name, tier, list, tiered(report, tier));
        }
    }
    let rules: BTreeSet<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    for rule in want.findings.iter().flatten() {
        problems.hold(
            name,
            &format!("{rule} fires"),
            rules.contains(rule.as_str()),
        );
    }
    for rule in &want.clean_of {
        problems.hold(
            name,
            &format!("{rule} does not fire"),
            !rules.contains(rule.as_str()),
        );
    }
    if want.findings.as_ref().is_some_and(Vec::is_empty) {
        problems.same(name, "rules, as none is expected", BTreeSet::new(), rules);
    }
    if let Some(incomplete) = want.incomplete {
        problems.same(name, "incomplete", incomplete, !report.coverage.complete);
    }
}

fn check_sdks(sample: &Sample, report: &Report, problems: &mut Problems) {
    let (name, want) = (sample.name.as_str(), &sample.expect);
    let bundled: Vec<&Sdk> = report
        .sdks
        .iter()
        .filter(|s| s.grade != Grade::Referenced)
        .collect();
    for prefix in want.sdks.iter().flatten() {
        let found = bundled.iter().any(|sdk| about(sdk, prefix));
        problems.hold(name, &format!("{prefix} is inside"), found);
    }
    if let Some(wanted) = &want.sdks {
        for sdk in &bundled {
            let known = wanted.iter().any(|prefix| about(sdk, prefix));
            problems.hold(name, &format!("{} is expected to be inside", sdk.id), known);
        }
    }
    for prefix in want.sdks_absent.iter().flatten() {
        let found = bundled.iter().find(|sdk| {
            sdk.evidence
                .iter()
                .any(|e| e.value.starts_with(prefix.as_str()))
        });
        problems.hold(
            name,
            &format!("{prefix} is not inside: {found:?}"),
            found.is_none(),
        );
    }
    for framework in want.frameworks.iter().flatten() {
        let wanted = match framework.as_str() {
            "uni-app" => "dcloud/uniapp",
            "unity" => "unity/engine",
            other => other,
        };
        let told = report
            .coverage
            .obstacles
            .iter()
            .any(|o| o.kind == "foreign-code" && o.id == wanted);
        problems.hold(name, &format!("{framework} is an obstacle"), told);
    }
}

/// The element of a list of the report whose `key` is `value`.
fn row<'r>(list: &'r Value, key: &str, value: &str) -> Option<&'r Value> {
    list.as_array()?.iter().find(|row| row[key] == value)
}

/// Who uses what, and how far the SDKs have come: read from the JSON report.
fn check_use(sample: &Sample, report: &Value, problems: &mut Problems) {
    let (name, want) = (sample.name.as_str(), &sample.expect);
    for (permission, usage) in &want.usage {
        let found = row(&report["permissions"], "name", permission);
        let found = found.and_then(|p| p["use"].as_str());
        let what = format!("use of {permission}");
        problems.same(name, &what, Some(usage.as_str()), found);
    }
    for (permission, owners) in &want.owners {
        let found = row(&report["permissions"], "name", permission);
        let found = found.map_or(Value::Null, |p| p["owners"].clone());
        let what = format!("owners of {permission}");
        problems.same(name, &what, Value::from(owners.clone()), found);
    }
    let rows: Vec<&Value> = report["accesses"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    for (list, hint) in [(&want.accesses, false), (&want.hints, true)] {
        for line in list {
            let (id, owner) = line.split_once(' ').unwrap_or((line, ""));
            let known = crate::common::db().access(id).is_some();
            problems.hold(name, &format!("{id} is an access of the data"), known);
            let told = rows
                .iter()
                .any(|r| r["id"] == id && r["owner"] == owner && r["hint"] == hint);
            let what = if hint { "hint" } else { "access" };
            problems.hold(name, &format!("{what} {line}"), told);
        }
    }
    for id in &want.no_accesses {
        let known = crate::common::db().access(id).is_some();
        problems.hold(name, &format!("{id} is an access of the data"), known);
        let told = rows.iter().find(|r| r["id"] == *id && r["hint"] == false);
        problems.hold(name, &format!("no access {id}: {told:?}"), told.is_none());
    }
    for (id, stage) in &want.stages {
        let found = row(&report["sdks"], "id", id);
        let found = found.and_then(|sdk| sdk["stage"].as_str());
        let what = format!("stage of {id}");
        problems.same(name, &what, Some(stage.as_str()), found);
    }
    if let Some(gaps) = &want.gaps {
        let found = report["coverage"]["gaps"].as_array().into_iter().flatten();
        let found: BTreeSet<&str> = found.filter_map(|gap| gap["kind"].as_str()).collect();
        let wanted: BTreeSet<&str> = gaps.iter().map(String::as_str).collect();
        problems.same(name, "gaps", wanted, found);
    }
}

#[test]
fn forged_samples_are_found_as_they_were_written() {
    let mut problems = Problems::default();
    for sample in forged() {
        let case = case(sample);
        let facts = case.facts();
        let report = case.report(&facts, Languages::BOTH);
        check(sample, &facts, &report, &mut problems);
    }
    problems.none();
}

/// Every hit of every sample, so that a change of the data shows whom else it touches.
#[test]
fn the_hits_of_all_samples_are_those_of_the_snapshot() {
    let mut text = String::from(
        "# Every finding and every SDK of every sample. BLESS=1 cargo test --test it rewrites this file.\n\
         # finding: rule, subject, severity, confidence; sdk: id, grade\n",
    );
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    for case in cases() {
        let report = case.report(&case.facts(), Languages::BOTH);
        text.push_str(&format!("\n[{}]\n", case.name));
        for finding in &report.findings {
            let severity = word(serde_json::to_value(finding.severity).unwrap());
            let confidence = word(serde_json::to_value(finding.confidence).unwrap());
            let line = format!(
                "finding {} {} {severity} {confidence}\n",
                finding.rule, finding.subject
            );
            text.push_str(&line);
        }
        for sdk in &report.sdks {
            let grade = word(serde_json::to_value(sdk.grade).unwrap());
            text.push_str(&format!("sdk {} {grade}\n", sdk.id));
        }
    }
    snapshot("findings.txt", &text);
}

#[test]
fn members_are_spelled_as_in_java() {
    assert_eq!(java("La/B$C;-><init>(I)V"), "a.B$C.<init>");
    assert_eq!(java("La/B;->F:I"), "a.B.F");
}
