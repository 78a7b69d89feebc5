//! Who signed each APK, and whether the signatures are right.

use super::{Part, PartFacts};
use crate::container::Entry;
use crate::facts::model::{SignerFact, SigningFact};
use crate::incident::{Channel, Incident, IncidentCode};
use crate::package::manifest::Manifest;
use crate::signing::{Apk, Known, Levels, Outcome, Reason, SchemeCheck, Schemes};
use std::collections::BTreeMap;

/// Checks all that does not need the entries inflated.
pub(super) fn schemes<'a>(part: &'a Part<'_>, manifest: &Manifest) -> Schemes<'a> {
    crate::signing::schemes(Apk {
        archive: &part.archive,
        bytes: part.bytes,
        levels: Levels::from(manifest.uses_sdk.min_level()),
        target_sdk: manifest.uses_sdk.target_level(),
        target_sandbox: manifest.target_sandbox_version.unwrap_or(1),
        idsig: part.idsig,
    })
}

/// Checks the rest, with what was inflated already, and adds it to `found`.
pub(super) fn finish(part: &Part<'_>, schemes: Schemes<'_>, found: &mut PartFacts<'_>) {
    let mut known: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    for dex in &found.dex {
        known.insert(&dex.entry, Known::Bytes(&dex.bytes));
    }
    for native in &found.native {
        if let Some(digest) = &native.sha256 {
            known.insert(&native.entry, Known::Sha256(digest));
        }
    }
    let ask = |entry: &Entry| known.get(entry.name.as_str()).copied();
    let (signing, verification) =
        schemes.finish(&|entry: &Entry| ask(entry).unwrap_or(Known::Nothing));
    found.incidents.extend(signing.incidents);
    let wrong = verification.schemes.iter();
    found
        .incidents
        .extend(wrong.filter_map(|check| incident(&part.name, check)));
    for scheme in signing.schemes {
        for signer in scheme.signers {
            found.signers.push(SignerFact {
                file: part.name.clone(),
                scheme: scheme.scheme,
                entry: signer.file,
                min_sdk: signer.min_sdk,
                max_sdk: signer.max_sdk,
                certificates: signer.certificates,
                lineage: signer.lineage,
            });
        }
    }
    found.signing = SigningFact {
        file: part.name.clone(),
        verification,
        blocks: signing.blocks,
    };
}

/// A scheme that Android looks at and that was not verified: who signed is then not known.
fn incident(file: &str, check: &SchemeCheck) -> Option<Incident> {
    let (code, what) = match (check.outcome, check.reason) {
        (Outcome::Failed, _) => (IncidentCode::SignatureInvalid, "is wrong"),
        (Outcome::NotChecked, Some(Reason::Limit)) => {
            (IncidentCode::LimitReached, "is too large to be checked")
        }
        (Outcome::NotChecked, Some(Reason::Unsupported)) => (
            IncidentCode::SignatureUnchecked,
            "has a key, algorithm or encoding that is not known here",
        ),
        _ => return None,
    };
    let issues: Vec<&str> = check
        .issues
        .iter()
        .map(|issue| &*issue.name)
        .take(3)
        .collect();
    let mut detail = format!("the {} signature {what}", check.scheme.name());
    if !issues.is_empty() {
        detail.push_str(&format!(": {}", issues.join(", ")));
    }
    Some(Incident::new(code, file, detail).hiding(Channel::Signers))
}
