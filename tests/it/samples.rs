//! Every sample against what a person wrote down about it, and the list of all hits of all samples.

use crate::common::{Apk, Case, Compiled, calls, case, cases, compiled, forged, java, snapshot};
use permscope::detect::Grade;
use permscope::facts::{Facts, State};
use permscope::forge::app::Sample;
use permscope::incident::{Channel, IncidentCode};
use permscope::report::Languages;
use permscope::report::v1::{Permission, Report, Sdk};
use serde_json::Value;
use std::collections::BTreeSet;

/// What differs, line by line; a test shows all of it at once.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, place: &str, what: &str, want: T, got: T) {
        if want != got {
            self.0
                .push(format!("{place}: {what}\n  want {want:?}\n  got  {got:?}"));
        }
    }

    fn hold(&mut self, place: &str, what: &str, holds: bool) {
        if !holds {
            self.0.push(format!("{place}: {what}"));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

fn tiered<'r>(report: &'r Report, tier: &str) -> BTreeSet<&'r str> {
    let is = |p: &&Permission| serde_json::to_value(p.tier).unwrap() == tier;
    let requested = report
        .permissions
        .iter()
        .filter(|p| p.origin == "requested");
    requested.filter(is).map(|p| p.name.as_str()).collect()
}

/// The class prefix of an SDK's mark covers `prefix`, or lies below it.
fn about(sdk: &Sdk, prefix: &str) -> bool {
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

/// Everything of one compiled APK but what is judged.
fn check_apk(place: &str, apk: &Apk, facts: &Facts, problems: &mut Problems) {
    let manifest = &facts.manifest;
    problems.same(place, "package", &apk.package, &manifest.package);
    problems.same(
        place,
        "version_code",
        Some(apk.version_code),
        manifest.version_code,
    );
    problems.same(
        place,
        "version_name",
        &apk.version_name,
        &manifest.version_name,
    );
    problems.same(place, "min_sdk", apk.min_sdk, manifest.uses_sdk.min);
    problems.same(
        place,
        "target_sdk",
        apk.target_sdk,
        manifest.uses_sdk.target,
    );
    problems.same(place, "labels", &apk.labels, &manifest.application.labels);
    if let Some(debuggable) = apk.debuggable {
        let found = manifest.application.debuggable.unwrap_or(false);
        problems.same(place, "debuggable", debuggable, found);
    }
    check_code_and_signers(place, apk, &apk.file, facts, problems);
    if let Some(permissions) = &apk.permission {
        let want: Vec<_> = permissions
            .iter()
            .map(|p| (p.name.as_str(), p.element.as_str(), p.max_sdk))
            .collect();
        let found: Vec<_> = manifest
            .uses_permissions
            .iter()
            .map(|p| (p.name.as_str(), p.element.name(), p.max_sdk))
            .collect();
        problems.same(place, "permissions", want, found);
    }
    if let Some(components) = &apk.component {
        let want: Vec<_> = components
            .iter()
            .map(|c| (c.kind.as_str(), c.name.as_str(), c.exported, c.declared))
            .collect();
        let found: Vec<_> = manifest
            .components
            .iter()
            .map(|c| {
                (
                    c.kind.name(),
                    c.name.as_str(),
                    c.exported,
                    c.exported_declared,
                )
            })
            .collect();
        problems.same(place, "components", want, found);
    }
}

/// DEX files and certificates of the APK called `file` in `facts`.
fn check_code_and_signers(
    place: &str,
    apk: &Apk,
    file: &str,
    facts: &Facts,
    problems: &mut Problems,
) {
    let dex = facts.dex.iter().filter(|d| d.file == file);
    let dex = dex.map(|d| (d.entry.clone(), d.classes)).collect();
    problems.same(place, "dex", &apk.dex, &dex);
    let signers: Vec<_> = facts.signers.iter().filter(|s| s.file == file).collect();
    let schemes: Vec<&str> = signers.iter().map(|s| s.scheme.name()).collect();
    let wanted: Vec<&str> = apk.schemes.iter().map(String::as_str).collect();
    problems.same(place, "schemes", wanted, schemes);
    for signer in &signers {
        let scheme = signer.scheme.name();
        let want = apk.certificates.get(scheme).or(apk.certificate.as_ref());
        let found = signer.certificates.first().map(|c| &c.sha256);
        problems.same(place, &format!("certificate of {scheme}"), want, found);
        if scheme == "v3.1" {
            problems.same(
                place,
                "rotation_min_sdk",
                apk.rotation_min_sdk,
                signer.min_sdk,
            );
        }
    }
}

#[test]
fn compiled_samples_are_read_as_their_source_says() {
    let mut problems = Problems::default();
    let apps = compiled();
    for app in &apps {
        for apk in &app.truth.apk {
            let place = format!("{}/{}", app.name, apk.file);
            let facts = app.case(&apk.file, &[&apk.file]).facts();
            if apk.split.is_some() {
                // Without its base a split is no app; what it brings is seen in the whole.
                let told = facts.state(Channel::Manifest) == State::Unreadable;
                problems.hold(&place, "a split alone is no app", told);
                check_code_and_signers(&place, apk, &apk.file, &facts, &mut problems);
            } else {
                check_apk(&place, apk, &facts, &mut problems);
            }
            problems.hold(
                &place,
                "has permissions and components or shares a manifest",
                app.truth.same_manifest_as.is_some()
                    || (apk.permission.is_some() && apk.component.is_some()),
            );
        }
        if let Some(other) = &app.truth.same_manifest_as {
            let other = apps.iter().find(|a| a.name == *other).unwrap();
            let manifest = |app: &Compiled| {
                let file = &app.truth.apk[0].file;
                let mut manifest = app.case(file, &[file]).facts().manifest;
                // Places name the file.
                let text = serde_json::to_string(&manifest).unwrap().replace(file, "");
                manifest.package.clear();
                text
            };
            problems.same(&app.name, "manifest", manifest(app), manifest(other));
        }
    }
    problems.none();
}

#[test]
fn splits_and_sets_are_one_app() {
    let mut problems = Problems::default();
    let mut seen = 0;
    for app in compiled() {
        let Some(whole) = &app.truth.whole else {
            continue;
        };
        let names = std::iter::once("whole").chain(whole.sets.iter().map(String::as_str));
        for name in names {
            seen += 1;
            let case = app
                .cases()
                .into_iter()
                .find(|c| c.name.ends_with(&format!("/{name}")));
            let facts = case.unwrap().facts();
            let place = format!("{}/{name}", app.name);
            let manifest = &facts.manifest;
            let splits: BTreeSet<_> = facts
                .files
                .iter()
                .filter_map(|f| f.split.as_ref())
                .collect();
            problems.same(&place, "splits", whole.splits.iter().collect(), splits);
            problems.same(
                &place,
                "labels",
                &whole.labels,
                &manifest.application.labels,
            );
            let permissions: Vec<_> = manifest.uses_permissions.iter().map(|p| &p.name).collect();
            problems.same(
                &place,
                "permissions",
                whole.permissions.iter().collect(),
                permissions,
            );
            for name in &whole.ignored_permissions {
                let told = facts
                    .incidents
                    .iter()
                    .any(|i| i.detail.contains(name.as_str()));
                problems.hold(
                    &place,
                    &format!("{name} of a split is ignored and told"),
                    told,
                );
            }
            problems.same(
                &place,
                "components",
                whole.components,
                manifest.components.len(),
            );
            let classes: u32 = facts.dex.iter().map(|d| d.classes).sum();
            problems.same(&place, "classes", whole.classes, classes);
            if name == "whole" {
                for apk in &app.truth.apk {
                    check_code_and_signers(&place, apk, &apk.file, &facts, &mut problems);
                }
            }
        }
    }
    assert!(seen >= 3, "{seen}");
    problems.none();
}

/// The app as a whole where it has splits, else its first APK.
fn main_case(app: &Compiled) -> Case {
    let mut cases = app.cases();
    let whole = cases.iter().position(|c| c.name.ends_with("/whole"));
    cases.swap_remove(whole.unwrap_or(0))
}

/// Ids of the data for the names that `expect.toml` uses.
fn sdk_id(name: &str) -> &str {
    match name {
        "umeng-common" => "umeng/analytics",
        "jpush" => "jiguang/jpush",
        "bytedance-pangle" => "bytedance/pangle",
        "amap-location" => "amap/location",
        other => other,
    }
}

/// Signals that no rule of this version implements.
const LATER: &[&str] = &[
    "S-PERM-AT-LAUNCH",
    "S-PERM-BUNDLE",
    "S-PRECONSENT-SDK",
    "S-CONSENT-GATE",
    "S-POLICY-PRESENT",
];

#[test]
fn compiled_samples_are_judged_as_their_source_says() {
    let mut problems = Problems::default();
    let db = crate::common::db();
    for app in compiled() {
        let case = main_case(&app);
        let facts = case.facts();
        let report = case.report(&facts, Languages::BOTH);
        let place = app.name.as_str();
        // What a split asks for is ignored.
        let bases = app.truth.apk.iter().filter(|apk| apk.split.is_none());
        for permission in bases.flat_map(|apk| apk.permission.iter().flatten()) {
            let tier = match permission.tier.as_str() {
                // Permissions that open no information, and those that the app defines itself.
                "neutral" | "own" => "not-judged",
                tier => tier,
            };
            let found = tiered(&report, tier).contains(permission.name.as_str());
            problems.hold(place, &format!("{} is {tier}", permission.name), found);
        }
        let found = calls(&facts);
        for access in &app.truth.access {
            let call = format!("{} <- {}", access.api, access.caller);
            let fits = |(c, dex): &(String, String)| {
                *c == call && access.dex.as_ref().is_none_or(|wanted| wanted == dex)
            };
            problems.hold(place, &format!("call {call}"), found.iter().any(fits));
        }
        check_compiled_sdks(&app, &facts, &report, &mut problems);
        let raised: BTreeSet<(&str, &str)> = report
            .findings
            .iter()
            .flat_map(|f| {
                let signals = &db.rule(&f.rule).unwrap().signals;
                signals.iter().map(|s| (s.as_str(), f.subject.as_str()))
            })
            .collect();
        let known: BTreeSet<&str> = db
            .data
            .rules
            .iter()
            .flat_map(|r| &r.signals)
            .map(AsRef::as_ref)
            .collect();
        for (list, wanted) in [
            (&app.truth.expect.raised, true),
            (&app.truth.expect.not_raised, false),
        ] {
            for line in list {
                let (signal, subject) = line.split_once(' ').unwrap_or((line, ""));
                problems.hold(
                    place,
                    &format!("{signal} is a signal of a rule or of a later version"),
                    known.contains(signal) != LATER.contains(&signal),
                );
                if known.contains(signal) {
                    let attribute = !subject.contains('.');
                    let found = raised
                        .iter()
                        .any(|(s, about)| *s == signal && (attribute || *about == subject));
                    problems.same(place, line, wanted, found);
                }
            }
        }
        if app.truth.expect.no_findings {
            problems.same(place, "findings", 0, report.findings.len());
        }
    }
    problems.none();
}

fn check_compiled_sdks(app: &Compiled, facts: &Facts, report: &Report, problems: &mut Problems) {
    let place = app.name.as_str();
    let defined: BTreeSet<&str> = facts
        .dex
        .iter()
        .flat_map(|d| &d.defines)
        .map(String::as_str)
        .collect();
    for want in &app.truth.sdk {
        for class in &want.classes {
            problems.hold(
                place,
                &format!("{class} is defined"),
                defined.contains(class.as_str()),
            );
        }
        let id = sdk_id(&want.id);
        let found = report
            .sdks
            .iter()
            .find(|s| s.id == id && s.grade != Grade::Referenced);
        problems.same(
            place,
            &format!("{id} is inside"),
            !want.evidence.is_empty(),
            found.is_some(),
        );
        let Some(found) = found else { continue };
        for kind in &want.evidence {
            let kinds: &[&str] = match kind.as_str() {
                "dex" => &["class"],
                "component" | "meta" => &["manifest"],
                "host" => &["string"],
                other => panic!("evidence {other}"),
            };
            let shown = found.evidence.iter().any(|e| {
                kinds
                    .iter()
                    .any(|k| serde_json::to_value(e.kind).unwrap() == *k)
            });
            problems.hold(place, &format!("{id} is shown by {kind}"), shown);
        }
    }
    // A weak mark is shared by libraries of one vendor: that one is not sure.
    for sdk in report.sdks.iter().filter(|s| s.grade == Grade::Strong) {
        let known = app.truth.sdk.iter().any(|want| sdk_id(&want.id) == sdk.id);
        problems.hold(
            place,
            &format!("{} is expected to be inside", sdk.id),
            known,
        );
    }
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
