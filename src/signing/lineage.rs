//! The proof of rotation: each certificate signed with the key of the one before it.

use super::block::prefixed;
use super::key::{KeyError, PublicKey};
use super::scheme::SignatureAlgorithm;
use super::x509::Parts;
use super::{LineageNode, MAX_CERTIFICATES};
use crate::bytes::Reader;
use crate::error::ParseError;

/// Why a proof of rotation does not hold.
#[derive(Debug)]
pub(super) enum Broken {
    /// It cannot be read.
    Malformed(String),
    /// A signature or an algorithm in it is wrong.
    NotVerified(String),
    /// It is of a version that nobody knows, or does not end with the signer's certificate.
    Mismatch(String),
    /// A key or algorithm is not known here.
    Unsupported,
}

impl From<ParseError> for Broken {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The certificates of a proof of rotation, oldest first, if every link holds.
///
/// As apksig `V3SigningCertificateLineage.readSigningCertificateLineage`; the source stamp's
/// `SourceStampCertificateLineage` has the same layout.
pub(super) fn verify<'a>(mut value: Reader<'a>) -> Result<Vec<&'a [u8]>, Broken> {
    if value.remaining() == 0 {
        return Err(Broken::Malformed("it is empty".into()));
    }
    if value.u32("the version of the proof of rotation")? != 1 {
        return Err(Broken::Mismatch("its version is not known".into()));
    }
    let mut found: Vec<&'a [u8]> = Vec::new();
    let mut last_algorithm = 0;
    while value.remaining() > 0 {
        if found.len() >= MAX_CERTIFICATES {
            return Err(Broken::Unsupported);
        }
        let mut level = prefixed(&mut value, "a step of the rotation")?;
        let signed = prefixed(&mut level, "the signed data of a step")?;
        level.u32("the flags of a step")?;
        let next_algorithm = level.u32("the algorithm of a step")?;
        let signature = prefixed(&mut level, "the signature of a step")?.rest();
        let mut inside = signed;
        let certificate = prefixed(&mut inside, "the certificate of a step")?.rest();
        let signed_algorithm = inside.u32("the signed algorithm of a step")?;
        if let Some(before) = found.last() {
            let number = found.len().saturating_add(1);
            link(before, last_algorithm, signed.rest(), signature, number)?;
            if signed_algorithm != last_algorithm {
                let what = format!("certificate {number} states another algorithm");
                return Err(Broken::NotVerified(what));
            }
            if found.contains(&certificate) {
                let what = format!("certificate {number} is there twice");
                return Err(Broken::NotVerified(what));
            }
        }
        if Parts::read(certificate).is_none() {
            let what = format!(
                "certificate {} cannot be read",
                found.len().saturating_add(1)
            );
            return Err(Broken::NotVerified(what));
        }
        found.push(certificate);
        last_algorithm = next_algorithm;
    }
    Ok(found)
}

/// Whether the key of `before` signed the next certificate.
fn link(
    before: &[u8],
    algorithm: u32,
    signed: &[u8],
    signature: &[u8],
    number: usize,
) -> Result<(), Broken> {
    let Some(algorithm) = SignatureAlgorithm::find(algorithm) else {
        return Err(Broken::Malformed(format!(
            "unknown algorithm {algorithm:#x}"
        )));
    };
    let spki = Parts::read(before)
        .map(|parts| parts.key)
        .unwrap_or_default();
    let verified =
        PublicKey::read(spki).and_then(|key| key.verify(algorithm.signature, signed, signature));
    match verified {
        Ok(true) => Ok(()),
        Err(KeyError::Unsupported(_)) => Err(Broken::Unsupported),
        Ok(false) | Err(KeyError::Malformed(_)) => {
            let what = format!("the signature of certificate {number} is wrong");
            Err(Broken::NotVerified(what))
        }
    }
}

/// Two lineages as one, if one goes on where the other is (apksig `SigningCertificateLineage.mergeLineageWith`).
pub(super) fn merge<'a>(one: &[&'a [u8]], other: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    let (ancestor, descendant) = if one.first().is_some_and(|first| other.contains(first)) {
        (other, one)
    } else {
        (one, other)
    };
    let first = descendant.first()?;
    let at = ancestor.iter().position(|node| node == first)?;
    let (before, shared) = ancestor.split_at_checked(at)?;
    if shared.iter().zip(descendant).any(|(a, b)| a != b) {
        return None;
    }
    let longer = if shared.len() > descendant.len() {
        shared
    } else {
        descendant
    };
    Some([before, longer].concat())
}

/// The certificates as a report shows them; flags are those of a lineage that was listed before.
pub(super) fn nodes(certificates: &[&[u8]], text_bytes: usize) -> Vec<LineageNode> {
    certificates
        .iter()
        .map(|der| LineageNode {
            certificate: super::Certificate::read(der, text_bytes),
            flags: 0,
        })
        .collect()
}
