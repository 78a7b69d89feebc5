//! What the schemes together say: which one Android uses at which level, and whether it takes the APK.
//!
//! Follows apksig `ApkVerifier.verify`, whose names the issues have, and AOSP `ApkSignatureVerifier`.

use super::block::{self, Blocks};
use super::check::{
    Issue, LevelCheck, Outcome, Reason, SchemeCheck, Verification, Weakness, WeaknessKind,
};
use super::contents::{self, ContentDigest};
use super::jar::{self, Ask, Jar};
use super::scheme::{self, Checked, Context, Levels, NEWEST};
use super::v4::{self, Idsig};
use super::{Certificate, Scheme, Signing, stamp};
use crate::container::Archive;
use std::collections::{BTreeMap, BTreeSet};

/// One APK and what its signatures are checked for.
#[derive(Clone, Copy, Debug)]
pub struct Apk<'a> {
    /// Its entries.
    pub archive: &'a Archive<'a>,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The API levels that it runs on.
    pub levels: Levels,
    /// The API level that it is made for.
    pub target_sdk: u32,
    /// `android:targetSandboxVersion` of the manifest; 1 where it has none.
    pub target_sandbox: u32,
    /// The v4 signature beside it, `NAME.apk.idsig`, where there is one.
    pub idsig: Option<&'a [u8]>,
}

/// The schemes of the signing block, checked; v1 is left, see [`Schemes::finish`].
#[derive(Debug)]
pub struct Schemes<'a> {
    apk: Apk<'a>,
    signing: Signing,
    blocks: Blocks<'a>,
    /// v2, v3 and v3.1 in that order, as far as Android looks at them.
    checked: Vec<Checked<'a>>,
    idsig: Option<Idsig<'a>>,
}

/// First API level that looks at a scheme.
fn since(scheme: Scheme) -> u32 {
    match scheme {
        Scheme::V1 => 0,
        Scheme::V2 => 24,
        Scheme::V3 => 28,
        Scheme::V31 => 33,
        // Only where an APK is installed while it is still being loaded.
        Scheme::V4 => 30,
    }
}

/// Lists the signers of an APK and checks all schemes but v1.
pub fn schemes<'a>(apk: Apk<'a>) -> Schemes<'a> {
    let (signing, blocks) = super::list(apk.archive, apk.bytes);
    let value = |scheme: Scheme| {
        let value = block::id_of(scheme).and_then(|id| blocks.value(id));
        value.filter(|_| apk.levels.max >= since(scheme))
    };
    let mut present = Vec::new();
    let mut checked = Vec::new();
    let mut rotation_min_sdk = None;
    for scheme in [Scheme::V31, Scheme::V3, Scheme::V2] {
        let Some(value) = value(scheme) else {
            continue;
        };
        // From Android 9 on, v2 is looked at only where there is no v3.
        if scheme == Scheme::V2 && apk.levels.min >= since(Scheme::V3) && !present.is_empty() {
            continue;
        }
        let context = Context {
            levels: apk.levels,
            present: &present,
            rotation_min_sdk: rotation_min_sdk.filter(|_| scheme == Scheme::V3),
        };
        let found = scheme::check(scheme, value, context);
        if scheme == Scheme::V31 {
            let first = found.signers.iter().map(|signer| signer.min_sdk).min();
            rotation_min_sdk = first.filter(|level| *level > 0);
        }
        present.push(scheme);
        checked.push(found);
    }
    if let Some(sections) = &blocks.sections {
        let wanted: BTreeSet<ContentDigest> = checked
            .iter()
            .filter(|found| !found.findings.failed())
            .flat_map(|found| found.wanted.iter().copied())
            .collect();
        let wanted: Vec<ContentDigest> = wanted.into_iter().collect();
        let actual = contents::digests(sections, &wanted);
        for found in &mut checked {
            let context = Context {
                levels: apk.levels,
                present: &present,
                rotation_min_sdk: rotation_min_sdk.filter(|_| found.scheme == Scheme::V3),
            };
            found.contents(&actual, context);
        }
    }
    checked.sort_by_key(|found| found.scheme);
    let idsig = apk
        .idsig
        .filter(|_| apk.levels.max >= since(Scheme::V2))
        .map(|idsig| v4::verify(idsig, apk.bytes));
    Schemes {
        apk,
        signing,
        blocks,
        checked,
        idsig,
    }
}

impl<'a> Schemes<'a> {
    fn get(&self, scheme: Scheme) -> Option<&Checked<'a>> {
        self.checked.iter().find(|found| found.scheme == scheme)
    }

    fn present(&self, scheme: Scheme) -> bool {
        self.get(scheme).is_some()
    }

    /// Checks v1 where Android looks at it, and says what all of it comes to.
    pub fn finish(mut self, ask: Ask<'_>) -> (Signing, Verification) {
        let apk = self.apk;
        let present: Vec<Scheme> = self.checked.iter().map(|found| found.scheme).collect();
        let v1_used = apk.levels.min < since(Scheme::V2) || present.is_empty();
        let v1_there = has_blocks(apk.archive);
        let mut jar = if v1_used {
            jar::verify(apk.archive, apk.levels, &present, ask)
        } else {
            Jar::default()
        };
        let mut result = Verification::default();
        self.combine(v1_used, v1_there, &jar, &mut result);
        self.stamp(v1_used, &mut result);
        let jar_findings = std::mem::take(&mut jar.findings);
        if v1_there && v1_used {
            result.schemes.push(jar_findings.into_check(Scheme::V1));
        } else if v1_there {
            result.schemes.push(not_used(Scheme::V1));
        } else if v1_used {
            result.issues.extend(jar_findings.issues);
        }
        let rotation = self.rotation();
        for listed in &self.signing.schemes {
            let looked_at = self
                .checked
                .iter()
                .any(|found| found.scheme == listed.scheme);
            if listed.scheme != Scheme::V1 && !looked_at {
                result.schemes.push(not_used(listed.scheme));
            }
        }
        for found in std::mem::take(&mut self.checked) {
            result.schemes.push(found.findings.into_check(found.scheme));
        }
        if let Some(idsig) = self.idsig.take() {
            result.schemes.push(idsig.findings.into_check(Scheme::V4));
        }
        result.schemes.sort_by_key(|check| check.scheme);
        result.outcome = overall(&result);
        result.levels = levels(apk.levels, &result, v1_there, &rotation);
        result.weaknesses = self.weaknesses(&jar, &result);
        (self.signing, result)
    }

    /// Levels of the v3.1 signers.
    fn rotation(&self) -> Option<u32> {
        let signers = &self.get(Scheme::V31)?.signers;
        signers.iter().map(|signer| signer.min_sdk).min()
    }

    /// What is wrong between the schemes; apksig asks for that once each of them is right.
    fn combine(&mut self, v1_used: bool, v1_there: bool, jar: &Jar, result: &mut Verification) {
        let apk = self.apk;
        if self.present(Scheme::V31) && !self.present(Scheme::V3) {
            let issue = Issue::new("V31_BLOCK_FOUND_WITHOUT_V3_BLOCK", "");
            result.issues.push(issue);
        }
        if apk.levels.max >= 26 && apk.target_sandbox > 1 && self.checked.is_empty() {
            let detail = format!("version {}", apk.target_sandbox);
            let issue = Issue::new("NO_SIG_FOR_TARGET_SANDBOX_VERSION", detail);
            result.issues.push(issue);
        }
        let right = |found: &Checked<'_>| found.findings.outcome() == Outcome::Verified;
        let verified = |scheme: Scheme| self.get(scheme).filter(|found| right(found));
        let v1 =
            (v1_used && v1_there && jar.findings.outcome() == Outcome::Verified).then_some(jar);
        let (v2, v3, v31) = (
            verified(Scheme::V2),
            verified(Scheme::V3),
            verified(Scheme::V31),
        );
        let mut issues = Vec::new();
        if self.checked.iter().all(right) && (!v1_used || v1.is_some()) {
            agree(v1, v2, v3, v31, &mut issues);
        }
        // PackageParser of Android 11 and later refuses such an app.
        let newer = v2.is_some() || v3.is_some() || v31.is_some();
        if apk.target_sdk >= 30 && apk.levels.max >= apk.target_sdk && !newer && v1.is_some() {
            let detail = format!("targetSdkVersion {}", apk.target_sdk);
            issues.push(Issue::new("MIN_SIG_SCHEME_FOR_TARGET_SDK_NOT_MET", detail));
        }
        result.issues.extend(issues);
        if let Some(mut idsig) = self.idsig.take() {
            idsig.belongs_to(
                self.get(Scheme::V3).or(self.get(Scheme::V2)),
                self.get(Scheme::V31).filter(|_| self.present(Scheme::V3)),
            );
            self.idsig = Some(idsig);
        }
    }

    fn stamp(&self, v1_used: bool, result: &mut Verification) {
        let mut looked_at: Vec<Scheme> = self.checked.iter().map(|found| found.scheme).collect();
        if v1_used {
            looked_at.insert(0, Scheme::V1);
        }
        let mut stated = BTreeMap::new();
        for found in &self.checked {
            let digests = found.signers.iter().flat_map(|signer| &signer.digests);
            stated.insert(found.scheme, digests.copied().collect());
        }
        result.stamp = stamp::verify(
            self.apk.archive,
            &self.blocks,
            self.apk.levels,
            &looked_at,
            &stated,
        );
    }

    fn weaknesses(&self, jar: &Jar, result: &Verification) -> Vec<Weakness> {
        let mut found = BTreeSet::new();
        let mut add = |kind: WeaknessKind, detail: String| {
            found.insert(Weakness { kind, detail });
        };
        let alone: Vec<&LevelCheck> = result
            .levels
            .iter()
            .filter(|level| level.scheme == Some(Scheme::V1))
            .collect();
        let counts = |scheme: Scheme| result.levels.iter().any(|l| l.scheme == Some(scheme));
        for listed in self.signing.schemes.iter().filter(|s| counts(s.scheme)) {
            let own = listed
                .signers
                .iter()
                .filter_map(|signer| signer.certificates.first());
            for certificate in own {
                if certificate.debug {
                    add(
                        WeaknessKind::DebugCertificate,
                        listed.scheme.name().to_owned(),
                    );
                }
                if let Some(key) = weak_key(certificate) {
                    add(WeaknessKind::WeakKey, key);
                }
            }
        }
        if self.apk.bytes.starts_with(b"dex\n") {
            add(WeaknessKind::JanusAttack, "DEX".to_owned());
        }
        for level in &alone {
            let range = range(level.min_sdk, level.max_sdk);
            // Android Security Bulletin of December 2017: 5.0 to 8.0.
            if level.min_sdk <= 26 && level.max_sdk.is_none_or(|last| last >= 21) {
                let first = level.min_sdk.max(21);
                let last = level.max_sdk.unwrap_or(26).min(26);
                add(WeaknessKind::JanusPossible, self::range(first, Some(last)));
            }
            add(WeaknessKind::V1Only, range);
        }
        if !alone.is_empty() {
            let weak = jar.hashes.iter().filter(|hash| hash.weak());
            let mut names: BTreeSet<&str> = weak.map(|hash| hash.name()).collect();
            let v1 = result.scheme(Scheme::V1);
            for algorithm in v1.iter().flat_map(|check| &check.algorithms) {
                let weak = ["MD5", "SHA1"].into_iter();
                names.extend(weak.filter(|hash| algorithm.starts_with(&format!("{hash}with"))));
            }
            if !names.is_empty() {
                let names: Vec<&str> = names.into_iter().collect();
                add(WeaknessKind::WeakDigest, names.join(", "));
            }
            if !jar.unsigned.is_empty() {
                add(WeaknessKind::UnsignedEntries, some_of(&jar.unsigned));
            }
        }
        let open: Vec<String> = self
            .signing
            .blocks
            .iter()
            .filter(|pair| !block::is_signature(pair.id))
            .map(|pair| match &pair.name {
                Some(name) => format!("{:#010x} {name} ({} B)", pair.id, pair.size),
                None => format!("{:#010x} ({} B)", pair.id, pair.size),
            })
            .collect();
        if !open.is_empty() {
            add(WeaknessKind::UnsignedBlocks, some_of(&open));
        }
        found.into_iter().collect()
    }
}

/// The first few of a list, and how many more there are.
fn some_of(list: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut shown = list
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more @ 1..) = list.len().checked_sub(SHOWN) {
        shown.push_str(&format!(" +{more}"));
    }
    shown
}

fn range(first: u32, last: Option<u32>) -> String {
    match last {
        Some(last) if last == first => format!("API {first}"),
        Some(last) => format!("API {first}-{last}"),
        None => format!("API {first}+"),
    }
}

/// Key sizes below NIST SP 800-57 Part 1 (112 bits of strength).
fn weak_key(certificate: &Certificate) -> Option<String> {
    let kind = certificate.key_algorithm.as_deref()?;
    let bits = certificate.key_bits?;
    let least = match kind {
        "RSA" | "DSA" => 2048,
        "EC" => 224,
        _ => return None,
    };
    (bits < least).then(|| format!("{kind} {bits}"))
}

/// Signature blocks of v1, whatever is in them.
fn has_blocks(archive: &Archive<'_>) -> bool {
    archive
        .entries()
        .iter()
        .any(|entry| super::v1::is_block(&entry.name))
}

fn not_used(scheme: Scheme) -> SchemeCheck {
    SchemeCheck {
        scheme,
        outcome: Outcome::NotChecked,
        reason: Some(Reason::NotUsed),
        issues: Vec::new(),
        warnings: Vec::new(),
        algorithms: Vec::new(),
    }
}

/// Signers of different schemes are the same, or follow each other in the lineage.
fn agree(
    v1: Option<&Jar>,
    v2: Option<&Checked<'_>>,
    v3: Option<&Checked<'_>>,
    v31: Option<&Checked<'_>>,
    issues: &mut Vec<Issue>,
) {
    let own = |found: &Checked<'_>| -> Vec<Vec<u8>> {
        let first = found
            .signers
            .iter()
            .filter_map(|signer| signer.certificates.first());
        first.map(|der| der.to_vec()).collect()
    };
    let (v1, v2) = (v1.map(|jar| jar.certificates.clone()), v2.map(own));
    if let (Some(v1), Some(v2)) = (&v1, &v2) {
        if v1.iter().any(|certificate| !v2.contains(certificate)) {
            issues.push(Issue::new(
                "V2_SIG_MISSING",
                "a v1 signer did not sign with v2",
            ));
        }
        if v2.iter().any(|certificate| !v1.contains(certificate)) {
            issues.push(Issue::new(
                "JAR_SIG_MISSING",
                "a v2 signer did not sign with v1",
            ));
        }
    }
    let (Some(v3), Some(old)) = (v3, v1.or(v2)) else {
        return;
    };
    let lineage = v31
        .and_then(|found| found.lineage.as_ref())
        .or(v3.lineage.as_ref());
    let [old] = old.as_slice() else {
        issues.push(Issue::new("V3_SIG_MULTIPLE_PAST_SIGNERS", ""));
        return;
    };
    let same = match lineage {
        Some(lineage) => lineage.first().copied() == Some(old.as_slice()),
        None => {
            if v3.signers.len() != 1 {
                issues.push(Issue::new("V3_SIG_MULTIPLE_SIGNERS", ""));
            }
            own(v3).first() == Some(old)
        }
    };
    if !same {
        issues.push(Issue::new("V3_SIG_PAST_SIGNERS_MISMATCH", ""));
    }
}

/// One wrong thing is enough; what Android does not look at does not matter.
fn overall(result: &Verification) -> Outcome {
    let looked_at = result
        .schemes
        .iter()
        .filter(|check| check.reason != Some(Reason::NotUsed));
    let outcomes: Vec<Outcome> = looked_at.map(|check| check.outcome).collect();
    if !result.issues.is_empty() || outcomes.contains(&Outcome::Failed) {
        Outcome::Failed
    } else if outcomes.is_empty() || outcomes.contains(&Outcome::NotChecked) {
        Outcome::NotChecked
    } else {
        Outcome::Verified
    }
}

/// The scheme that counts at each level (AOSP `ApkSignatureVerifier.verifySignatures`).
fn levels(
    app: Levels,
    result: &Verification,
    v1_there: bool,
    rotation: &Option<u32>,
) -> Vec<LevelCheck> {
    let outcome = |scheme: Scheme| {
        let check = result.scheme(scheme);
        check
            .filter(|check| check.reason != Some(Reason::NotUsed))
            .map(|check| check.outcome)
    };
    let at = |level: u32| -> (Option<Scheme>, Outcome) {
        let order = [Scheme::V31, Scheme::V3, Scheme::V2, Scheme::V1];
        let found = order.into_iter().find(|scheme| {
            let begins = match scheme {
                Scheme::V31 => rotation.unwrap_or(NEWEST).max(since(Scheme::V31)),
                Scheme::V1 if !v1_there => return false,
                other => since(*other),
            };
            level >= begins && outcome(*scheme).is_some()
        });
        let unsigned = (None, Outcome::Failed);
        found.map_or(unsigned, |scheme| {
            (Some(scheme), outcome(scheme).unwrap_or_default())
        })
    };
    let mut starts: BTreeSet<u32> = [24, 28, 33]
        .into_iter()
        .chain(*rotation)
        .filter(|level| *level > app.min && *level <= app.max)
        .collect();
    starts.insert(app.min);
    let mut found: Vec<LevelCheck> = Vec::new();
    for start in starts {
        let (scheme, outcome) = at(start);
        if let Some(last) = found.last_mut() {
            if last.scheme == scheme {
                continue;
            }
            last.max_sdk = start.checked_sub(1);
        }
        found.push(LevelCheck {
            min_sdk: start,
            max_sdk: None,
            scheme,
            outcome,
        });
    }
    if let Some(last) = found.last_mut().filter(|_| app.max < NEWEST) {
        last.max_sdk = Some(app.max);
    }
    found
}
