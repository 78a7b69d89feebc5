//! Who signed an APK, and whether it is so: certificates and signatures of every scheme.
//!
//! [`read`] lists the signers. [`schemes`] does the same and checks v2 to v4, [`Schemes::finish`] v1, the source
//! stamp, and what all of it comes to. Sources: AOSP `apksig` and the pages "APK Signature
//! Scheme v2", "v3", "v3.1" and "v4" of source.android.com; for v1 the JAR File
//! Specification, "Signed JAR File", and RFC 2315 (PKCS #7).
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod block;
mod certificate;
mod check;
mod contents;
mod der;
mod jar;
mod jar_manifest;
mod key;
mod lineage;
mod pkcs7;
mod scheme;
mod stamp;
mod v1;
mod v4;
mod verdict;
mod x509;

pub use certificate::Certificate;
pub use check::{
    Issue, LevelCheck, Outcome, Reason, SchemeCheck, StampCheck, Verification, Weakness,
    WeaknessKind,
};
pub use jar::{Ask, Known};
pub use scheme::Levels;
pub use verdict::{Apk, Schemes, schemes};

use crate::container::Archive;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use serde::{Deserialize, Serialize};

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// JAR signing, `META-INF/*.RSA`: read below Android 7.0, and where no newer scheme is present.
    #[serde(rename = "v1")]
    V1,
    /// APK Signature Scheme v2, Android 7.0 (API 24) and up.
    #[serde(rename = "v2")]
    V2,
    /// APK Signature Scheme v3, Android 9 (API 28) and up.
    #[serde(rename = "v3")]
    V3,
    /// APK Signature Scheme v3.1, Android 13 (API 33) and up: rotation for new versions only.
    #[serde(rename = "v3.1")]
    V31,
    /// APK Signature Scheme v4, a file beside the APK: for installing it while it is being loaded, Android 11 (API 30) and up.
    #[serde(rename = "v4")]
    V4,
}

impl Scheme {
    /// The name that `apksigner` prints: `v1`, `v2`, `v3`, `v3.1`, `v4`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V31 => "v3.1",
            Self::V4 => "v4",
        }
    }
}

/// All that an APK says about its signers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// The schemes that are present, oldest first.
    pub schemes: Vec<SchemeSigners>,
    /// Everything in the APK Signing Block, in its order.
    pub blocks: Vec<SigningBlock>,
    /// What could not be read.
    pub incidents: Vec<Incident>,
}

/// The signers of one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemeSigners {
    /// Which scheme.
    pub scheme: Scheme,
    /// Its signers, in the file's order.
    pub signers: Vec<Signer>,
}

/// One signer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// v1: the signature block's entry, `META-INF/CERT.RSA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// v1: the signature file that belongs to it, `META-INF/CERT.SF`, where it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_file: Option<String>,
    /// v3 and v3.1: first API level this signer is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_sdk: Option<u32>,
    /// v3 and v3.1: last API level this signer is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sdk: Option<u32>,
    /// The signer's certificate first, then those that came with it.
    pub certificates: Vec<Certificate>,
    /// v3 and v3.1: certificates of a rotated key, oldest first, the current one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<LineageNode>,
}

/// One step of a proof of rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageNode {
    /// The certificate of that time.
    pub certificate: Certificate,
    /// What the old certificate may still do (apksig `SigningCertificateLineage`): 1 installed
    /// data, 2 shared user id, 4 permissions, 8 rollback, 16 authenticator.
    pub flags: u32,
}

/// One pair of the APK Signing Block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningBlock {
    /// The pair's id.
    pub id: u32,
    /// What the id is known for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Offset of the value in the APK.
    pub offset: u64,
    /// Bytes of the value.
    pub size: u64,
    /// The value, where it is text: channel names that Chinese stores and packing tools put here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Certificates kept for one signer. Chains have up to 4, lineages up to about 5.
const MAX_CERTIFICATES: usize = 64;

/// Reads the signers of the APK `bytes`, whose directory is `archive`, without checking anything.
///
/// Nothing here fails: an unsigned APK has no schemes, and what is damaged is an
/// incident that hides [`Channel::Signers`].
pub fn read(archive: &Archive<'_>, bytes: &[u8]) -> Signing {
    list(archive, bytes).0
}

fn list<'a>(archive: &Archive<'_>, bytes: &'a [u8]) -> (Signing, block::Blocks<'a>) {
    let mut signing = Signing::default();
    let signers = v1::read(archive, &mut signing.incidents);
    if !signers.is_empty() {
        signing.schemes.push(SchemeSigners {
            scheme: Scheme::V1,
            signers,
        });
    }
    let blocks = block::read(archive, bytes, &mut signing);
    (signing, blocks)
}

fn trouble(code: IncidentCode, file: &str, error: &ParseError) -> Incident {
    Incident::from_error(code, file, error).hiding(Channel::Signers)
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod verify_tests;
