//! What verifying the signatures of an APK gave.

use super::{Certificate, LineageNode, Scheme};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Whether a signature was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it was checked and is right.
    Verified,
    /// Something is wrong: Android refuses the APK where it looks at this.
    Failed,
    /// It was not checked, or not to the end; [`SchemeCheck::reason`] says why.
    #[default]
    NotChecked,
}

/// Why something was not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Android does not look at this scheme at any level that the app runs on.
    NotUsed,
    /// A limit of [`crate::limits::Limits`] was reached.
    Limit,
    /// The kind of key, algorithm or encoding is not known here.
    Unsupported,
}

/// Something that is wrong or odd about a signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The name that apksig has for it (`ApkVerifier.Issue`): `V2_SIG_DID_NOT_VERIFY`.
    pub name: Cow<'static, str>,
    /// What it is about, in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Issue {
    pub(super) fn new(name: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            detail: detail.into(),
        }
    }
}

/// One scheme of one APK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeCheck {
    /// The scheme.
    pub scheme: Scheme,
    /// Whether it was verified.
    pub outcome: Outcome,
    /// Why it was not checked, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// What is odd and does not matter to Android.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Issue>,
    /// The algorithms of the signatures that were checked, as Java calls them; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<String>,
}

/// Which scheme Android uses at a range of API levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelCheck {
    /// First API level.
    pub min_sdk: u32,
    /// Last API level; absent for all that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sdk: Option<u32>,
    /// The scheme; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// Whether it was verified.
    pub outcome: Outcome,
}

/// What the signatures leave open, or do weakly. The names are part of the report's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeaknessKind {
    /// The certificate is a debug certificate, which the build tools make by themselves and which names nobody.
    DebugCertificate,
    /// A key that can be broken: RSA or DSA below 2048 bits, a curve below 224.
    WeakKey,
    /// The signature rests on MD5 or SHA-1.
    WeakDigest,
    /// The file begins with a DEX file before the archive (CVE-2017-13156).
    JanusAttack,
    /// Only v1 protects the app where unpatched devices can be made to run bytes put before the archive (CVE-2017-13156).
    JanusPossible,
    /// v1 alone counts at some level: the entries' contents are signed, the archive around them is not.
    V1Only,
    /// Entries that v1 does not sign, where v1 alone counts: whoever has the file can change them.
    UnsignedEntries,
    /// Values in the APK Signing Block that no signature covers, channel names among them.
    UnsignedBlocks,
}

/// One weakness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weakness {
    /// What it is.
    pub kind: WeaknessKind,
    /// Where and how much: keys, algorithms, API levels, entries.
    pub detail: String,
}

/// The source stamp: who delivered the APK first, a store for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StampCheck {
    /// 1 or 2.
    pub version: u8,
    /// Whether it was verified.
    pub outcome: Outcome,
    /// Why it was not checked, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// The certificate of whoever stamped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Earlier certificates of a rotated key, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<LineageNode>,
    /// When it was stamped, in seconds of Unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
}

/// All that verifying one APK gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Whether Android takes the APK at every level that it is for (apksig `ApkVerifier.Result.isVerified`).
    pub outcome: Outcome,
    /// The scheme that counts at each level, from the app's minimum on.
    pub levels: Vec<LevelCheck>,
    /// The schemes that are there, oldest first.
    pub schemes: Vec<SchemeCheck>,
    /// What is wrong beyond one scheme: no signature at all, signers that do not agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// The source stamp, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<StampCheck>,
    /// What the signatures leave open, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weaknesses: Vec<Weakness>,
}

impl Verification {
    /// The result for one scheme.
    pub fn scheme(&self, scheme: Scheme) -> Option<&SchemeCheck> {
        self.schemes.iter().find(|check| check.scheme == scheme)
    }

    /// Whether the APK has no signature that Android would look at.
    pub fn unsigned(&self) -> bool {
        self.levels.iter().all(|level| level.scheme.is_none())
    }
}

/// What a check adds up while it runs.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) issues: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
    pub(super) unchecked: Option<Reason>,
    pub(super) algorithms: Vec<String>,
}

/// Issues kept for one scheme: an APK of 60,000 changed entries is told by the first ones.
const MAX_ISSUES: usize = 50;

impl Findings {
    pub(super) fn error(&mut self, name: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        if self.issues.len() < MAX_ISSUES {
            self.issues.push(Issue::new(name, detail));
        }
    }

    pub(super) fn warn(&mut self, name: impl Into<Cow<'static, str>>, detail: impl Into<String>) {
        if self.warnings.len() < MAX_ISSUES {
            self.warnings.push(Issue::new(name, detail));
        }
    }

    pub(super) fn not_checked(&mut self, reason: Reason) {
        self.unchecked.get_or_insert(reason);
    }

    pub(super) fn failed(&self) -> bool {
        !self.issues.is_empty()
    }

    /// One wrong thing settles it; one thing left open keeps it from being verified.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.failed(), self.unchecked) {
            (true, _) => Outcome::Failed,
            (false, Some(_)) => Outcome::NotChecked,
            (false, None) => Outcome::Verified,
        }
    }

    pub(super) fn into_check(mut self, scheme: Scheme) -> SchemeCheck {
        self.algorithms.sort();
        self.algorithms.dedup();
        let outcome = self.outcome();
        SchemeCheck {
            scheme,
            outcome,
            reason: self.unchecked.filter(|_| outcome == Outcome::NotChecked),
            issues: self.issues,
            warnings: self.warnings,
            algorithms: self.algorithms,
        }
    }
}
