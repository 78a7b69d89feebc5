//! Who signed each APK, and whether the signatures are right.

use super::{Part, PartFacts};
use crate::container::Entry;
use crate::facts::model::{Facts, SignerFact, SigningFact};
use crate::incident::{Channel, Incident, IncidentCode};
use crate::package::manifest::Manifest;
use crate::signing::{Apk, Known, Levels, Outcome, Reason, SchemeCheck, Schemes};
use std::collections::{BTreeMap, BTreeSet};

/// Checks all that does not need the entries inflated.
pub(super) fn schemes<'a>(part: &'a Part<'_>, manifest: &Manifest) -> Schemes<'a> {
    // Without a manifest the levels are not known. Those at which only v1 counts, with rules of their own, are left
    // out then, rather than that a sound APK is called wrong for them.
    let min = if manifest.package.is_empty() {
        24
    } else {
        manifest.uses_sdk.min_level()
    };
    crate::signing::schemes(Apk {
        archive: &part.archive,
        bytes: part.bytes,
        levels: Levels::from(min),
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

/// Every split has to be signed by whoever signed the base (AOSP `PackageParser.collectCertificates`: "has
/// mismatched certificates"); Android refuses to install them together otherwise.
pub(super) fn one_signer(facts: &Facts) -> Vec<Incident> {
    let Some((base, splits)) = facts.signing.split_first() else {
        return Vec::new();
    };
    let signers = |fact: &SigningFact| -> Option<BTreeSet<&str>> {
        let scheme = fact.verification.levels.last()?.scheme?;
        let own = facts
            .signers
            .iter()
            .filter(|signer| signer.file == fact.file && signer.scheme == scheme);
        // Of several signers of v3 each is for its own levels: the newest counts.
        let last = own.clone().filter_map(|signer| signer.max_sdk).max();
        let own = own.filter(|signer| signer.max_sdk == last);
        let first = own.filter_map(|signer| signer.certificates.first());
        Some(
            first
                .map(|certificate| certificate.sha256.as_str())
                .collect(),
        )
    };
    let expected = signers(base);
    let other = |split: &&SigningFact| {
        let found = signers(split);
        expected.is_some() && found.is_some() && found != expected
    };
    let incident = |split: &SigningFact| {
        let detail = format!(
            "signed by somebody else than {}: Android refuses it",
            base.file
        );
        Incident::new(IncidentCode::SignatureInvalid, &split.file, detail).hiding(Channel::Signers)
    };
    splits.iter().filter(other).map(incident).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{Certificate, LevelCheck, Scheme, Verification};

    fn facts(signers: &[(&str, Scheme, Option<u32>, &str)], scheme: Scheme) -> Facts {
        let mut facts = Facts::default();
        for (file, of, max_sdk, sha256) in signers {
            facts.signers.push(SignerFact {
                file: (*file).to_owned(),
                scheme: *of,
                entry: None,
                min_sdk: None,
                max_sdk: *max_sdk,
                certificates: vec![Certificate {
                    sha256: (*sha256).to_owned(),
                    ..Certificate::default()
                }],
                lineage: Vec::new(),
            });
        }
        for file in ["base.apk", "split.apk"] {
            let level = LevelCheck {
                min_sdk: 24,
                max_sdk: None,
                scheme: Some(scheme),
                outcome: Outcome::Verified,
            };
            facts.signing.push(SigningFact {
                file: file.to_owned(),
                verification: Verification {
                    levels: vec![level],
                    ..Verification::default()
                },
                ..SigningFact::default()
            });
        }
        facts
    }

    #[test]
    fn a_split_of_another_signer() {
        use Scheme::{V2, V3};
        let same = [("base.apk", V2, None, "a"), ("split.apk", V2, None, "a")];
        assert!(one_signer(&facts(&same, V2)).is_empty());
        let other = [("base.apk", V2, None, "a"), ("split.apk", V2, None, "b")];
        let found = one_signer(&facts(&other, V2));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, "split.apk");
        // The signer for older levels does not count.
        let rotated = [
            ("base.apk", V3, Some(32), "old"),
            ("base.apk", V3, Some(99), "new"),
            ("split.apk", V3, Some(99), "new"),
        ];
        assert!(one_signer(&facts(&rotated, V3)).is_empty());
    }
}
