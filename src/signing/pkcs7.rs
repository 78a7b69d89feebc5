//! The signature block of a JAR: PKCS #7 `SignedData` (RFC 2315, 9), and whether it signs the `.SF` file.
//!
//! Follows apksig `V1SchemeVerifier.Signer.verifySigBlockAgainstSigFile`.

use super::check::{Findings, Reason};
use super::der::{
    CONTEXT_0, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, Value, Values, is_indefinite,
};
use super::key::{Algorithm, Hash, KeyError, Padding, PublicKey};
use super::x509::{Parts, same_name, same_serial};
use super::{Levels, MAX_CERTIFICATES};

/// 1.2.840.113549.1.7.2
pub(super) const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
/// Signers looked at in one block, and attributes of one: each costs a pass over the `.SF` file. Real ones have one.
const MAX_SIGNER_INFOS: usize = 8;

/// The parts of a `SignedData`.
struct SignedData<'a> {
    content_type: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signers: Vec<Value<'a>>,
}

fn signed_data(der: &[u8]) -> Option<SignedData<'_>> {
    let mut info = Values::new(der, 0).inside(SEQUENCE)?;
    info.tagged(OID).filter(|oid| oid.content == SIGNED_DATA)?;
    let mut data = info.inside(CONTEXT_0)?.inside(SEQUENCE)?;
    data.tagged(INTEGER)?;
    data.tagged(SET)?;
    let content_type = data.inside(SEQUENCE)?.tagged(OID)?.content;
    let certificates = match data.inside(CONTEXT_0) {
        Some(bag) => bag
            .filter(|value| value.tag == SEQUENCE)
            .map(|value| value.whole)
            .take(MAX_CERTIFICATES)
            .collect(),
        None => Vec::new(),
    };
    // crls may lie between.
    let signers = data.find(|value| value.tag == SET)?;
    Some(SignedData {
        content_type,
        certificates,
        signers: Values::new(signers.content, 0)
            .take(MAX_SIGNER_INFOS.saturating_add(1))
            .collect(),
    })
}

/// A `SignerInfo` (RFC 2315, 9.2).
struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    digest: &'a [u8],
    /// The signed attributes, whole.
    attributes: Option<&'a [u8]>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

fn signer_info<'a>(value: &Value<'a>) -> Option<SignerInfo<'a>> {
    let mut info = Values::new(value.whole, 0).inside(SEQUENCE)?;
    info.tagged(INTEGER)?;
    let mut id = info.inside(SEQUENCE)?;
    let (issuer, serial) = (id.tagged(SEQUENCE)?.whole, id.tagged(INTEGER)?.content);
    let digest = info.inside(SEQUENCE)?.tagged(OID)?.content;
    let attributes = info.tagged(CONTEXT_0).map(|value| value.whole);
    let algorithm = info.inside(SEQUENCE)?.tagged(OID)?.content;
    let signature = info.tagged(OCTET_STRING)?.content;
    Some(SignerInfo {
        issuer,
        serial,
        digest,
        attributes,
        algorithm,
        signature,
    })
}

/// How one signer's check ended.
enum Signer<'a> {
    Verified(&'a [u8], Algorithm),
    /// Another signer of the block may still do.
    DidNotVerify,
    /// Settled; what it is stands in the findings.
    Over,
}

/// Checks that the block signs `file`; the certificate of the first signer that does.
pub(super) fn verify<'a>(
    block: &'a [u8],
    file: &[u8],
    levels: Levels,
    name: &str,
    findings: &mut Findings,
) -> Option<&'a [u8]> {
    let Some(data) = signed_data(block) else {
        if is_indefinite(block) {
            findings.not_checked(Reason::Unsupported);
        } else {
            findings.error("JAR_SIG_PARSE_EXCEPTION", name);
        }
        return None;
    };
    if data.signers.is_empty() {
        findings.error("JAR_SIG_NO_SIGNERS", name);
        return None;
    }
    // Before Android 7.0 only the first signer was looked at.
    let looked_at = if levels.min < 24 {
        1
    } else {
        data.signers.len()
    };
    if looked_at > MAX_SIGNER_INFOS {
        findings.not_checked(Reason::Limit);
        return None;
    }
    let mut first = None;
    for value in data.signers.iter().take(looked_at) {
        let Some(info) = signer_info(value) else {
            findings.error("JAR_SIG_PARSE_EXCEPTION", name);
            return None;
        };
        match one(&data, &info, file, levels, name, findings) {
            Signer::Verified(certificate, algorithm) => {
                findings.algorithms.push(algorithm.name());
                first.get_or_insert(certificate);
            }
            Signer::DidNotVerify => {}
            Signer::Over => return None,
        }
    }
    if first.is_none() {
        findings.error("JAR_SIG_DID_NOT_VERIFY", name);
    }
    first
}

fn one<'a>(
    data: &SignedData<'a>,
    info: &SignerInfo<'_>,
    file: &[u8],
    levels: Levels,
    name: &str,
    findings: &mut Findings,
) -> Signer<'a> {
    let mut wrong = |what: &str| {
        findings.error("JAR_SIG_VERIFY_EXCEPTION", format!("{name}: {what}"));
        Signer::Over
    };
    let hash = digest_algorithm(info.digest);
    let kind = signature_algorithm(info.algorithm);
    let supported = hash
        .zip(kind)
        .is_some_and(|(hash, kind)| covers(&supported_levels(hash, kind), levels));
    let Some((hash, kind)) = hash.zip(kind).filter(|_| supported) else {
        findings.error("JAR_SIG_UNSUPPORTED_SIG_ALG", name);
        return Signer::Over;
    };
    let certificates = data.certificates.iter().filter_map(|der| Parts::read(der));
    let mut matching = certificates.filter(|parts| {
        same_serial(parts.serial, info.serial) && same_name(parts.issuer, info.issuer)
    });
    let Some(certificate) = matching.next() else {
        return wrong("the signer's certificate is not there");
    };
    if let Some(what) = certificate.not_for_signing() {
        return wrong(what);
    }
    let key = match PublicKey::read(certificate.key) {
        Ok(key) => key,
        Err(KeyError::Malformed(what)) => return wrong(what),
        Err(KeyError::Unsupported(_)) => {
            findings.not_checked(Reason::Unsupported);
            return Signer::Over;
        }
    };
    let algorithm = Algorithm {
        hash: kind.hash.unwrap_or(hash),
        padding: kind.padding,
    };
    let verified = match info.attributes {
        None => key.verify(algorithm, file, info.signature),
        Some(attributes) => {
            if levels.min < 19 {
                return wrong("signed attributes do not work before Android 4.4");
            }
            match signed_attributes(attributes, data.content_type, &hash.of(file), levels) {
                Attributes::Right => {}
                Attributes::Differ => return Signer::DidNotVerify,
                Attributes::Missing(what) => return wrong(what),
                Attributes::Malformed => {
                    findings.error("JAR_SIG_PARSE_EXCEPTION", name);
                    return Signer::Over;
                }
            }
            // They are signed as the SET that they are, not as the field that they stand in (RFC 2315, 9.3).
            let mut signed = vec![SET];
            signed.extend(attributes.get(1..).unwrap_or_default());
            key.verify(algorithm, &signed, info.signature)
        }
    };
    match verified {
        Ok(true) => Signer::Verified(certificate.der, algorithm),
        Ok(false) => Signer::DidNotVerify,
        Err(KeyError::Malformed(what)) => wrong(what),
        Err(KeyError::Unsupported(_)) => {
            findings.not_checked(Reason::Unsupported);
            Signer::Over
        }
    }
}

enum Attributes {
    Right,
    Differ,
    Missing(&'static str),
    Malformed,
}

fn signed_attributes(
    whole: &[u8],
    content_type: &[u8],
    digest: &[u8],
    levels: Levels,
) -> Attributes {
    let Some(list) = Values::new(whole, 0).inside(CONTEXT_0) else {
        return Attributes::Malformed;
    };
    let mut seen: Vec<(&[u8], Vec<Value<'_>>)> = Vec::new();
    for value in list {
        let mut parts = Values::new(value.content, 0);
        let (Some(id), Some(values)) = (parts.tagged(OID), parts.inside(SET)) else {
            return Attributes::Missing("the signed attributes cannot be read");
        };
        if seen.len() >= MAX_CERTIFICATES || seen.iter().any(|(known, _)| *known == id.content) {
            return Attributes::Malformed;
        }
        seen.push((id.content, values.collect()));
    }
    // The outer `None` is an attribute with several values.
    let single = |id: &[u8], tag: u8| -> Option<Option<&[u8]>> {
        match seen
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, values)| values.as_slice())
        {
            None | Some([]) => Some(None),
            Some([value]) if value.tag == tag => Some(Some(value.content)),
            Some(_) => None,
        }
    };
    if levels.max >= 24 {
        match single(CONTENT_TYPE, OID) {
            None => return Attributes::Malformed,
            Some(None) => {
                return Attributes::Missing("the signed attributes lack the content type");
            }
            Some(Some(stated)) if stated != content_type => return Attributes::Differ,
            Some(Some(_)) => {}
        }
    }
    match single(MESSAGE_DIGEST, OCTET_STRING) {
        None => Attributes::Malformed,
        Some(None) => Attributes::Missing("the signed attributes lack the digest"),
        Some(Some(stated)) if stated != digest => Attributes::Differ,
        Some(Some(_)) => Attributes::Right,
    }
}

fn digest_algorithm(oid: &[u8]) -> Option<Hash> {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5] => Some(Hash::Md5),
        [0x2b, 0x0e, 3, 2, 0x1a] => Some(Hash::Sha1),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last] => match last {
            1 => Some(Hash::Sha256),
            2 => Some(Hash::Sha384),
            3 => Some(Hash::Sha512),
            4 => Some(Hash::Sha224),
            _ => None,
        },
        _ => None,
    }
}

/// A signature algorithm of a `SignerInfo`; those that name no digest take that of the signer.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    hash: Option<Hash>,
    padding: Padding,
}

fn signature_algorithm(oid: &[u8]) -> Option<Kind> {
    use Padding::{Dsa, Ecdsa, RsaPkcs1};
    let (hash, padding) = match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last] => (
            match last {
                1 => None,
                4 => Some(Hash::Md5),
                5 => Some(Hash::Sha1),
                11 => Some(Hash::Sha256),
                12 => Some(Hash::Sha384),
                13 => Some(Hash::Sha512),
                14 => Some(Hash::Sha224),
                _ => return None,
            },
            RsaPkcs1,
        ),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1] => (None, Dsa),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3] => (Some(Hash::Sha1), Dsa),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1] => (Some(Hash::Sha224), Dsa),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2] => (Some(Hash::Sha256), Dsa),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => (None, Ecdsa),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] => (Some(Hash::Sha1), Ecdsa),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last] => (
            match last {
                1 => Some(Hash::Sha224),
                2 => Some(Hash::Sha256),
                3 => Some(Hash::Sha384),
                4 => Some(Hash::Sha512),
                _ => return None,
            },
            Ecdsa,
        ),
        _ => return None,
    };
    Some(Kind { hash, padding })
}

/// API levels whose Android takes a digest together with a signature algorithm
/// (apksig `OidConstants.SUPPORTED_SIG_ALG_OIDS`).
fn supported_levels(hash: Hash, kind: Kind) -> Vec<(u32, u32)> {
    use Hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    const ON: u32 = super::scheme::NEWEST;
    match (kind.padding, kind.hash) {
        (Padding::RsaPkcs1, None) => match hash {
            Md5 | Sha1 => vec![(0, ON)],
            Sha224 => vec![(0, 8), (21, ON)],
            Sha256 => vec![(0, 8), (18, ON)],
            Sha384 | Sha512 => vec![(18, ON)],
        },
        (Padding::RsaPkcs1, Some(other)) if other == hash => match hash {
            Md5 | Sha224 => vec![(0, 8), (21, ON)],
            Sha1 => vec![(0, ON)],
            Sha256 => vec![(0, 8), (18, ON)],
            Sha384 | Sha512 => vec![(21, ON)],
        },
        (Padding::RsaPkcs1, Some(other)) => match (hash, other) {
            (Sha224, Sha256) | (Sha256, Sha1) | (Sha512, Sha384) => vec![(21, 21)],
            _ => vec![(21, 23)],
        },
        (Padding::Dsa, None) => match hash {
            Sha1 => vec![(0, ON)],
            Sha224 | Sha256 => vec![(22, ON)],
            _ => Vec::new(),
        },
        (Padding::Dsa, Some(other)) if other == hash => match hash {
            Sha1 => vec![(9, ON)],
            _ => vec![(21, ON)],
        },
        (Padding::Ecdsa, None) => match hash {
            Md5 => Vec::new(),
            Sha224 => vec![(21, ON)],
            _ => vec![(18, ON)],
        },
        (Padding::Ecdsa, Some(other)) if other == hash => match hash {
            Sha1 => vec![(18, ON)],
            _ => vec![(21, ON)],
        },
        (Padding::Dsa | Padding::Ecdsa, Some(_)) => vec![(21, 23)],
        (Padding::RsaPss, _) => Vec::new(),
    }
}

/// Whether every level lies in one of the ranges, which are in order.
fn covers(ranges: &[(u32, u32)], levels: Levels) -> bool {
    let mut next = Some(levels.min);
    for (first, last) in ranges {
        if next.is_some_and(|level| *first <= level && level <= *last) {
            next = if *last >= levels.max {
                None
            } else {
                last.checked_add(1)
            };
            if next.is_none() {
                return true;
            }
        }
    }
    false
}
