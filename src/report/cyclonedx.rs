//! A bill of materials of the SDKs, as CycloneDX 1.6 in JSON.
//!
//! Components are the SDKs that are bundled, or probably are. SDKs that the code only names are no part of the app:
//! they stand in the properties of the app. No version of an SDK is given, because none is known; for the same reason
//! none has a package URL.

use super::lines::evidence_line;
use super::plain::{self, printable};
use super::v1::{Report, Sdk};
use super::words::{Language, enum_key};
use crate::audit::{Evidence, EvidenceKind};
use crate::detect::Grade;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The document. It has no time; its serial number comes from the digests of app and data.
pub fn render(report: &Report, language: Language) -> String {
    let app = app_ref(report);
    let mut taken = BTreeSet::from([app.clone()]);
    let bundled = report.sdks.iter().filter(|s| s.grade != Grade::Referenced);
    let components: Vec<Value> = bundled
        .map(|sdk| component(sdk, free(&mut taken, format!("sdk:{}", sdk.id)), language))
        .collect();
    let refs: Vec<Value> = components
        .iter()
        .filter_map(|c| c.get("bom-ref").cloned())
        .collect();
    let mut bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": { "components": [{
                "type": "application",
                "name": printable(&report.tool.name),
                "version": printable(&report.tool.version),
            }]},
            "component": metadata(report, &app, language),
            "properties": properties(&[
                ("permscope:data.version", &report.data.version),
                ("permscope:data.sha256", &report.data.digest),
            ]),
        },
        "components": components,
        "dependencies": [{ "ref": app, "dependsOn": refs }],
        // What is not listed may be there under another name: never "complete".
        "compositions": [{ "aggregate": "incomplete", "assemblies": [app] }],
    });
    if let (Some(serial), Some(map)) = (serial(report), bom.as_object_mut()) {
        map.insert("serialNumber".into(), serial.into());
    }
    plain::json(&format!("{bom:#}")) + "\n"
}

fn app_ref(report: &Report) -> String {
    let subject = &report.subject;
    let version = subject.version_code.map(|code| format!("@{code}"));
    let version = version.unwrap_or_default();
    printable(&format!("android-app:{}{version}", subject.package))
}

/// A reference that nothing else has.
fn free(taken: &mut BTreeSet<String>, wanted: String) -> String {
    let wanted = printable(&wanted);
    let mut name = wanted.clone();
    let mut number = 2u32;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}#{number}");
        number = number.saturating_add(1);
    }
    name
}

fn properties(of: &[(&str, &str)]) -> Vec<Value> {
    let filled = of.iter().filter(|(_, value)| !value.is_empty());
    filled
        .map(|(name, value)| json!({ "name": name, "value": printable(value) }))
        .collect()
}

fn metadata(report: &Report, app: &str, language: Language) -> Value {
    let subject = &report.subject;
    let files: Vec<Value> = subject
        .files
        .iter()
        .map(|file| {
            let size = file.size.to_string();
            let mut value = json!({
                "type": "file",
                "name": printable(&file.name),
                "properties": properties(&[("permscope:size", &size)]),
            });
            if let (true, Some(map)) = (is_sha256(&file.sha256), value.as_object_mut()) {
                map.insert("hashes".into(), hashes(&file.sha256));
            }
            value
        })
        .collect();
    let mut about = vec![
        ("permscope:package", subject.package.as_str()),
        (
            "permscope:complete",
            if report.coverage.complete {
                "true"
            } else {
                "false"
            },
        ),
    ];
    let functions = report.function.declared.iter();
    about.extend(functions.map(|f| ("permscope:function", f.id.as_str())));
    let named = report.sdks.iter().filter(|s| s.grade == Grade::Referenced);
    about.extend(named.map(|s| ("permscope:referenced-sdk", s.id.as_str())));
    let label = subject.label.get(match language {
        Language::Zh => "zh",
        Language::En => "en",
    });
    let label = label.or_else(|| subject.label.get("default"));
    let mut value = json!({
        "type": "application",
        "bom-ref": app,
        "name": printable(&subject.package),
        "properties": properties(&about),
        "components": files,
    });
    if let Some(map) = value.as_object_mut() {
        if let Some(version) = &subject.version_name {
            map.insert("version".into(), printable(version).into());
        }
        if let Some(label) = label {
            map.insert("description".into(), printable(label).into());
        }
        if let [only] = subject.files.as_slice()
            && is_sha256(&only.sha256)
        {
            map.insert("hashes".into(), hashes(&only.sha256));
        }
    }
    value
}

fn component(sdk: &Sdk, reference: String, language: Language) -> Value {
    // Our own figures: a strong mark is the library's name where only it has a reason to stand; weak marks are
    // shared with others now and then.
    let confidence = match sdk.grade {
        Grade::Strong => 0.9,
        Grade::Weak | Grade::Referenced => 0.5,
    };
    let mut methods: BTreeMap<&str, &str> = BTreeMap::new();
    for evidence in &sdk.evidence {
        methods
            .entry(technique(evidence.kind))
            .or_insert(&evidence.value);
    }
    let methods: Vec<Value> = methods
        .into_iter()
        .map(|(technique, value)| {
            json!({ "technique": technique, "confidence": confidence, "value": printable(value) })
        })
        .collect();
    let occurrences: Vec<Value> = sdk.evidence.iter().filter_map(occurrence).collect();
    let mut evidence = json!({
        "identity": [{ "field": "name", "confidence": confidence, "methods": methods }],
    });
    if let (false, Some(map)) = (occurrences.is_empty(), evidence.as_object_mut()) {
        map.insert("occurrences".into(), occurrences.into());
    }
    let grade = enum_key(&sdk.grade);
    let stage = sdk.stage.as_ref().map(enum_key).unwrap_or_default();
    let purposes = sdk.purpose.iter().map(|p| p.get(language));
    let purposes: Vec<&str> = purposes.collect();
    let mut value = json!({
        "type": "library",
        "bom-ref": reference,
        "name": printable(sdk.name.get(language)),
        "evidence": evidence,
        "properties": properties(&[
            ("permscope:sdk", &sdk.id),
            ("permscope:grade", &grade),
            ("permscope:stage", &stage),
            ("permscope:country", &sdk.country),
        ]),
    });
    if let Some(map) = value.as_object_mut() {
        let vendor = sdk.vendor.get(language);
        if !vendor.is_empty() {
            map.insert("supplier".into(), json!({ "name": printable(vendor) }));
        }
        if !purposes.is_empty() {
            map.insert("description".into(), printable(&purposes.join("; ")).into());
        }
    }
    value
}

fn technique(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Manifest => "manifest-analysis",
        EvidenceKind::Native | EvidenceKind::Entry => "filename",
        EvidenceKind::Class
        | EvidenceKind::Reference
        | EvidenceKind::Code
        | EvidenceKind::String => "binary-analysis",
    }
}

fn occurrence(evidence: &Evidence) -> Option<Value> {
    let mut location = evidence.file.clone()?;
    if let Some(entry) = &evidence.entry {
        location = format!("{location}!{entry}");
    }
    let mut value = json!({
        "location": printable(&location),
        "symbol": printable(&evidence.value),
        "additionalContext": printable(&evidence_line(evidence)),
    });
    if let (Some(offset), Some(map)) = (evidence.offset, value.as_object_mut()) {
        map.insert("offset".into(), offset.into());
    }
    Some(value)
}

fn hashes(sha256: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": sha256 }])
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A UUID of version 8 (RFC 9562, section 5.8) made of the digests of the files and of the data.
fn serial(report: &Report) -> Option<String> {
    let files = report.subject.files.iter().map(|f| &f.sha256);
    let mut mixed = 0u128;
    for digest in files.chain([&report.data.digest]) {
        let half = digest.get(..32).filter(|_| is_sha256(digest))?;
        mixed = mixed.rotate_left(1) ^ u128::from_str_radix(half, 16).ok()?;
    }
    let mixed = mixed & !(0xf << 76) & !(0b11 << 62) | (8 << 76) | (0b10 << 62);
    let hex = format!("{mixed:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    Some(format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    ))
}
