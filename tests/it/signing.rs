//! Signatures from the file to the report.

use crate::common::{Scratch, compiled, detector, repo, run};
use permscope::audit::Declared;
use permscope::engine::{self, Source};
use permscope::facts::State;
use permscope::incident::{Channel, IncidentCode};
use permscope::limits::Limits;
use permscope::report::{Language, Languages, text};
use std::fs;

/// The sample `flashlight`, signed with v2 and v3 (`apksigner verify`).
fn flashlight() -> Vec<u8> {
    let apps = compiled();
    let app = apps.iter().find(|app| app.name == "flashlight").unwrap();
    app.file("flashlight.apk").1
}

/// The same with another time in the directory's first header, which nobody reads.
fn changed() -> Vec<u8> {
    let mut bytes = flashlight();
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    bytes[usize::try_from(start).unwrap() + 12] ^= 1;
    bytes
}

fn said(bytes: Vec<u8>, language: Language) -> String {
    let facts = engine::facts(&[Source::new("a.apk", bytes)], &Limits::default()).unwrap();
    let declared = Declared::default();
    let report = engine::judge(&facts, detector(), &declared, Languages::BOTH);
    text::render(&report, language)
}

#[test]
fn a_changed_byte_makes_the_signer_unknown_and_nothing_else() {
    let limits = Limits::default();
    let sound = engine::facts(&[Source::new("a.apk", flashlight())], &limits).unwrap();
    assert_eq!(sound.state(Channel::Signers), State::Complete);
    let facts = engine::facts(&[Source::new("a.apk", changed())], &limits).unwrap();
    assert_eq!(facts.state(Channel::Signers), State::Partial);
    assert!(facts.complete());
    let wrong: Vec<_> = facts
        .incidents
        .iter()
        .filter(|i| i.code == IncidentCode::SignatureInvalid)
        .collect();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].detail.contains("V2_SIG_APK_DIGEST_DID_NOT_VERIFY"));
    // All else is as it was.
    assert_eq!(facts.manifest, sound.manifest);
    assert_eq!(facts.uses, sound.uses);
}

#[test]
fn both_languages_say_whether_it_was_verified() {
    let sound = said(flashlight(), Language::Zh);
    assert!(sound.contains("验签结果：验签通过"), "{sound}");
    assert!(!sound.contains("验签未通过"), "{sound}");
    let zh = said(changed(), Language::Zh);
    assert!(zh.contains("验签结果：验签未通过"), "{zh}");
    let en = said(changed(), Language::En);
    assert!(en.contains("signatures: wrong"), "{en}");
    assert!(en.contains("V3_SIG_APK_DIGEST_DID_NOT_VERIFY"), "{en}");
    assert!(!en.contains("verified ·"), "{en}");
}

#[test]
fn a_v4_signature_is_found_beside_the_apk() {
    let scratch = Scratch::new("idsig");
    let test = |name: &str| fs::read(repo("src/signing/testdata").join(name)).unwrap();
    let apk = scratch.write("rsa.apk", &test("rsa.apk"));
    let outcome = || {
        let report = run(&["audit", &apk, "--format", "json", "--fail-on", "never"]).json();
        let schemes = report["subject"]["signing"][0]["schemes"].clone();
        let schemes = schemes.as_array().unwrap().clone();
        let v4 = schemes.iter().find(|scheme| scheme["scheme"] == "v4");
        v4.map(|scheme| scheme["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcome(), None);
    scratch.write("rsa.apk.idsig", &test("rsa.apk.idsig"));
    assert_eq!(outcome().as_deref(), Some("verified"));
    scratch.write("rsa.apk.idsig", b"no signature");
    assert_eq!(outcome().as_deref(), Some("failed"));
}
