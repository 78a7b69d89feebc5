//! The compiled samples against what their source says.

use crate::common::{Apk, Case, Compiled, calls, compiled};
use crate::samples::{Problems, tiered};
use permscope::detect::Grade;
use permscope::facts::{Facts, State};
use permscope::incident::Channel;
use permscope::report::Languages;
use permscope::report::v1::Report;
use permscope::signing::Outcome;
use std::collections::BTreeSet;

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
    // `apksigner verify` says so of every sample, of a split at the levels of its base.
    let signing = facts.signing.iter().find(|s| s.file == file);
    let outcome = signing.map(|s| s.verification.outcome);
    problems.same(place, "signatures", Some(Outcome::Verified), outcome);
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
