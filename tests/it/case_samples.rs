//! Case files of all samples.

use crate::case::{against, asked, text};
use crate::common::{Case, cases, detector, zip};
use permscope::case::{self, Asked, CaseError, Kind, verify};
use permscope::limits::Limits;
use permscope::report::v1::Report;
use std::collections::BTreeSet;

/// The same app as one bundle.
fn bundled(app: &Case) -> Option<Case> {
    let is_apk = |(name, _): &(String, Vec<u8>)| name.ends_with(".apk");
    let entries: Vec<(&str, &[u8])> = app
        .files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    app.files.iter().all(is_apk).then(|| Case {
        name: format!("{} in a bundle", app.name),
        files: vec![("all.apks".into(), zip(&entries))],
        functions: app.functions.clone(),
        edition: app.edition,
    })
}

/// Every sample's case fits: reading the evidence again shares nothing with finding it. What is said to stand in an
/// entry stands in an entry of the APK, not of the bundle that it came in.
#[test]
fn every_sample_has_a_case_that_fits() {
    let alone = cases();
    let bundles: Vec<Case> = alone.iter().filter_map(bundled).collect();
    let all: Vec<Case> = alone.into_iter().chain(bundles).collect();
    let mut rules = BTreeSet::new();
    for sample in &all {
        let sources = sample.sources();
        let asked = Asked {
            functions: sample.functions.clone(),
            edition: sample.edition,
            ..asked("")
        };
        let files = match case::make(&sources, &asked, detector(), &Limits::default()) {
            Ok(files) => files,
            // Some samples hold nothing that can be read.
            Err(CaseError::App(_)) => continue,
            Err(error) => panic!("{}: {error}", sample.name),
        };
        let report: Report = serde_json::from_slice(&files[case::REPORT]).unwrap();
        rules.extend(report.findings.into_iter().map(|finding| finding.rule));
        let notes = against(&files, &sources);
        let verdict = verify::verdict(&notes);
        assert!(verdict <= Kind::Info, "{}: {}", sample.name, text(&notes));
    }
    for rule in [
        "access-at-start",
        "app-list",
        "cleartext-traffic",
        "low-target-sdk",
    ] {
        assert!(rules.contains(rule), "{rule}");
    }
}
