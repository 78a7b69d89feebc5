//! The source stamp: whoever delivers an APK first signs what its signatures say of the contents.
//!
//! Follows apksig `SourceStampVerifier` (package `internal.apk.stamp`), whose names the issues have.

use super::block::{Blocks, STAMP_V1, STAMP_V2, prefixed};
use super::check::{Findings, Outcome, Reason, StampCheck};
use super::contents::ContentDigest;
use super::key::{KeyError, PublicKey};
use super::lineage::{self, Broken};
use super::scheme::{Levels, SignatureAlgorithm, id_and_bytes, to_verify};
use super::x509::Parts;
use super::{Certificate, Scheme};
use crate::bytes::Reader;
use crate::container::Archive;
use crate::error::ParseError;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The entry with the SHA-256 digest of the stamp's certificate.
const CERTIFICATE_DIGEST: &str = "stamp-cert-sha256";
/// apksig `SourceStampConstants.PROOF_OF_ROTATION_ATTR_ID`.
const STAMP_ROTATION: u32 = 0x9d63_03f7;
/// apksig `SourceStampConstants.STAMP_TIME_ATTR_ID`.
const STAMP_TIME: u32 = 0xe43c_5946;
/// apksig `ContentDigestAlgorithm.SHA256`: what stands for v1 is the digest of its manifest.
const MANIFEST_DIGEST: u32 = 4;

/// What each scheme says of the contents, as the stamp signs it.
pub(super) type Stated<'a> = BTreeMap<Scheme, BTreeMap<ContentDigest, &'a [u8]>>;

/// Checks the stamp, where there is one. `schemes` are those that Android looks at.
pub(super) fn verify(
    archive: &Archive<'_>,
    blocks: &Blocks<'_>,
    levels: Levels,
    schemes: &[Scheme],
    stated: &Stated<'_>,
) -> Option<StampCheck> {
    let entry = archive.find(CERTIFICATE_DIGEST);
    let block = [(2, STAMP_V2), (1, STAMP_V1)]
        .into_iter()
        .find_map(|(version, id)| Some((version, blocks.value(id)?)));
    let mut stamp = Stamp {
        findings: Findings::default(),
        // No platform before Android 11 looks at stamps.
        levels: Levels {
            min: levels.min.max(30),
            max: levels.max,
        },
        certificate: None,
        lineage: Vec::new(),
        time: None,
    };
    let version = match (entry, block) {
        (None, None) => return None,
        (None, Some((version, _))) => {
            let name = "SOURCE_STAMP_SIGNATURE_BLOCK_WITHOUT_CERT_DIGEST";
            stamp.findings.error(name, "");
            version
        }
        (Some(_), None) => {
            stamp.findings.error("SOURCE_STAMP_SIG_MISSING", "");
            2
        }
        (Some(entry), Some((version, block))) => {
            let limits = archive.limits();
            if entry.size > 1024 {
                stamp
                    .findings
                    .error("SOURCE_STAMP_MALFORMED_SIGNATURE", "no SHA-256 digest");
            } else if let Ok(digest) = archive.read(entry) {
                let manifest = manifest_digest(archive, schemes, limits.signature_file_bytes);
                match manifest {
                    Err(reason) => stamp.findings.not_checked(reason),
                    Ok(manifest) => {
                        let signed = signed(schemes, stated, manifest.as_deref());
                        let read = stamp.block(version, block, &digest, &signed);
                        if let Err(error) = read {
                            let name = "SOURCE_STAMP_MALFORMED_SIGNATURE";
                            stamp.findings.error(name, error.to_string());
                        }
                    }
                }
            } else {
                let name = "SOURCE_STAMP_CERTIFICATE_MISMATCH_BETWEEN_SIGNATURE_BLOCK_AND_APK";
                stamp
                    .findings
                    .error(name, "the digest in the APK cannot be read");
            }
            version
        }
    };
    let text_bytes = archive.limits().text_bytes;
    let outcome = stamp.findings.outcome();
    Some(StampCheck {
        version,
        outcome,
        reason: stamp
            .findings
            .unchecked
            .filter(|_| outcome == Outcome::NotChecked),
        issues: stamp.findings.issues,
        certificate: stamp
            .certificate
            .map(|der| Certificate::read(der, text_bytes)),
        lineage: lineage::nodes(&stamp.lineage, text_bytes),
        time: stamp.time,
    })
}

/// SHA-256 of the JAR manifest, if v1 is looked at and there is one.
fn manifest_digest(
    archive: &Archive<'_>,
    schemes: &[Scheme],
    limit: u64,
) -> Result<Option<Vec<u8>>, Reason> {
    let Some(entry) = archive.find("META-INF/MANIFEST.MF") else {
        return Ok(None);
    };
    if !schemes.contains(&Scheme::V1) {
        return Ok(None);
    }
    if entry.size > limit || !archive.within_limits(entry) {
        return Err(Reason::Limit);
    }
    let mut digest = Sha256::new();
    // An entry that cannot be read has failed v1 already.
    let read = archive.stream(entry, &mut |piece| digest.update(piece));
    Ok(read.ok().map(|()| digest.finalize().to_vec()))
}

/// By scheme, the bytes that the stamp's signature is over.
fn signed(
    schemes: &[Scheme],
    stated: &Stated<'_>,
    manifest: Option<&[u8]>,
) -> BTreeMap<Scheme, Vec<u8>> {
    let mut found = BTreeMap::new();
    for scheme in schemes {
        let mut digests: Vec<(u32, &[u8])> = match scheme {
            Scheme::V1 => manifest
                .map(|digest| (MANIFEST_DIGEST, digest))
                .into_iter()
                .collect(),
            Scheme::V2 | Scheme::V3 => stated
                .get(scheme)
                .into_iter()
                .flatten()
                .map(|(which, digest)| (which.id(), *digest))
                .collect(),
            Scheme::V31 | Scheme::V4 => continue,
        };
        digests.sort_by_key(|(id, _)| *id);
        let mut bytes = Vec::new();
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        for (id, digest) in digests {
            bytes.extend(length(digest.len().saturating_add(8)));
            bytes.extend(id.to_le_bytes());
            bytes.extend(length(digest.len()));
            bytes.extend(digest);
        }
        found.insert(*scheme, bytes);
    }
    found
}

struct Stamp<'a> {
    findings: Findings,
    levels: Levels,
    certificate: Option<&'a [u8]>,
    lineage: Vec<&'a [u8]>,
    time: Option<i64>,
}

impl<'a> Stamp<'a> {
    fn block(
        &mut self,
        version: u8,
        mut value: Reader<'a>,
        digest: &[u8],
        signed: &BTreeMap<Scheme, Vec<u8>>,
    ) -> Result<(), ParseError> {
        let mut data = prefixed(&mut value, "the source stamp")?;
        let certificate = prefixed(&mut data, "the stamp's certificate")?.rest();
        let Some(parts) = Parts::read(certificate) else {
            self.findings
                .error("SOURCE_STAMP_MALFORMED_CERTIFICATE", "");
            return Ok(());
        };
        self.certificate = Some(certificate);
        if Sha256::digest(certificate).as_slice() != digest {
            let name = "SOURCE_STAMP_CERTIFICATE_MISMATCH_BETWEEN_SIGNATURE_BLOCK_AND_APK";
            self.findings.error(name, "");
            return Ok(());
        }
        if version == 1 {
            // It signs what the newest scheme says.
            let newest = signed.last_key_value().map(|(_, bytes)| bytes.as_slice());
            let signatures = prefixed(&mut data, "the stamp's signatures")?;
            self.signatures(parts.key, newest.unwrap_or_default(), signatures);
            return Ok(());
        }
        let mut by_scheme = BTreeMap::new();
        let mut list = prefixed(&mut data, "the signed schemes")?;
        while list.remaining() > 0 {
            let mut element = prefixed(&mut list, "a signed scheme")?;
            let id = element.u32("the scheme's number")?;
            by_scheme.insert(id, prefixed(&mut element, "the stamp's signatures")?);
        }
        for (scheme, bytes) in signed {
            let id = match scheme {
                Scheme::V1 => 1,
                Scheme::V2 => 2,
                _ => 3,
            };
            let Some(signatures) = by_scheme.get(&id) else {
                self.findings
                    .error("SOURCE_STAMP_NO_SIGNATURE", scheme.name());
                return Ok(());
            };
            self.signatures(parts.key, bytes, *signatures);
            if self.findings.failed() {
                return Ok(());
            }
        }
        if data.remaining() > 0 {
            let attributes = prefixed(&mut data, "the stamp's attributes")?;
            let signatures = prefixed(&mut data, "the signatures of the attributes")?;
            self.signatures(parts.key, attributes.rest(), signatures);
            if !self.findings.failed() {
                self.attributes(attributes, certificate)?;
            }
        }
        Ok(())
    }

    fn signatures(&mut self, key: &[u8], data: &[u8], mut list: Reader<'_>) {
        let mut number = 0_u32;
        let mut known = Vec::new();
        while list.remaining() > 0 {
            number = number.saturating_add(1);
            let Ok((id, bytes)) = id_and_bytes(&mut list) else {
                let detail = format!("signature {number}");
                self.findings
                    .error("SOURCE_STAMP_MALFORMED_SIGNATURE", detail);
                return;
            };
            known.extend(SignatureAlgorithm::find(id).map(|algorithm| (algorithm, bytes)));
        }
        if known.is_empty() {
            self.findings.error("SOURCE_STAMP_NO_SIGNATURE", "");
            return;
        }
        let Some(chosen) = to_verify(&known, self.levels, true) else {
            self.findings
                .error("SOURCE_STAMP_NO_SUPPORTED_SIGNATURE", "");
            return;
        };
        for (algorithm, signature) in chosen {
            let name = algorithm.signature.name();
            let verified = PublicKey::read(key)
                .and_then(|key| key.verify(algorithm.signature, data, signature));
            match verified {
                Ok(true) => {}
                Ok(false) => self.findings.error("SOURCE_STAMP_DID_NOT_VERIFY", name),
                Err(KeyError::Malformed(what)) => {
                    let detail = format!("{name}: {what}");
                    self.findings.error("SOURCE_STAMP_VERIFY_EXCEPTION", detail);
                }
                Err(KeyError::Unsupported(_)) => self.findings.not_checked(Reason::Unsupported),
            }
        }
    }

    fn attributes(&mut self, mut data: Reader<'a>, certificate: &[u8]) -> Result<(), ParseError> {
        let mut list = prefixed(&mut data, "the stamp's attributes")?;
        let mut number = 0_u32;
        while list.remaining() > 0 {
            number = number.saturating_add(1);
            let read = prefixed(&mut list, "an attribute").and_then(|mut attribute| {
                match attribute.u32("the attribute's id")? {
                    STAMP_ROTATION => self.rotation(attribute, certificate),
                    STAMP_TIME => {
                        let time = attribute.u64("the stamp's time")?.cast_signed();
                        if time > 0 {
                            self.time = Some(time);
                        } else {
                            let name = "SOURCE_STAMP_INVALID_TIMESTAMP";
                            self.findings.error(name, format!("{time}"));
                        }
                    }
                    _ => {}
                }
                Ok(())
            });
            if read.is_err() {
                let detail = format!("attribute {number}");
                self.findings
                    .error("SOURCE_STAMP_MALFORMED_ATTRIBUTE", detail);
                return Ok(());
            }
        }
        Ok(())
    }

    fn rotation(&mut self, value: Reader<'a>, certificate: &[u8]) {
        match lineage::verify(value) {
            Ok(found) => {
                if found.last() != Some(&certificate) {
                    self.findings.error("SOURCE_STAMP_POR_CERT_MISMATCH", "");
                }
                self.lineage = found;
            }
            Err(Broken::Mismatch(what)) => {
                self.findings.error("SOURCE_STAMP_POR_CERT_MISMATCH", what);
            }
            Err(Broken::NotVerified(what)) => {
                self.findings.error("SOURCE_STAMP_POR_DID_NOT_VERIFY", what);
            }
            Err(Broken::Malformed(what)) => {
                self.findings.error("SOURCE_STAMP_MALFORMED_LINEAGE", what);
            }
            Err(Broken::Unsupported) => self.findings.not_checked(Reason::Unsupported),
        }
    }
}
