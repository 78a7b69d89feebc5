//! v2, v3 and v3.1: what their signers sign, and whether it is so.
//!
//! Follows apksig `V2SchemeVerifier` and `V3SchemeVerifier`, whose names the issues have.

use super::Scheme;
use super::block::{MAX_SIGNERS, PROOF_OF_ROTATION, prefixed};
use super::check::{Findings, Reason};
use super::contents::ContentDigest;
use super::key::{Algorithm, Hash, KeyError, Padding, PublicKey, same_key};
use super::lineage::{self, Broken};
use super::x509::Parts;
use crate::bytes::Reader;
use crate::error::ParseError;
use std::collections::{BTreeMap, BTreeSet};

/// Level of the newest release that can be: levels have no upper end (`Integer.MAX_VALUE`).
pub(super) const NEWEST: u32 = 0x7fff_ffff;

/// API levels that an app runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The first one.
    pub min: u32,
    /// The last one.
    pub max: u32,
}

impl Levels {
    /// From `min` on.
    pub fn from(min: u32) -> Self {
        let min = min.min(NEWEST);
        Self { min, max: NEWEST }
    }
}

/// A signature algorithm of the schemes (apksig `SignatureAlgorithm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignatureAlgorithm {
    pub(super) id: u32,
    pub(super) signature: Algorithm,
    pub(super) contents: ContentDigest,
    /// First API level that knows it.
    min_sdk: u32,
    /// First API level whose cryptography has it, which is what counts for a source stamp.
    jca_min_sdk: u32,
}

impl SignatureAlgorithm {
    pub(super) fn find(id: u32) -> Option<Self> {
        use ContentDigest::{ChunkedSha256, ChunkedSha512, VerityChunkedSha256};
        use Padding::{Dsa, Ecdsa, RsaPkcs1, RsaPss};
        let (hash, padding, contents) = match id {
            0x0101 => (Hash::Sha256, RsaPss, ChunkedSha256),
            0x0102 => (Hash::Sha512, RsaPss, ChunkedSha512),
            0x0103 => (Hash::Sha256, RsaPkcs1, ChunkedSha256),
            0x0104 => (Hash::Sha512, RsaPkcs1, ChunkedSha512),
            0x0201 => (Hash::Sha256, Ecdsa, ChunkedSha256),
            0x0202 => (Hash::Sha512, Ecdsa, ChunkedSha512),
            0x0301 => (Hash::Sha256, Dsa, ChunkedSha256),
            0x0421 => (Hash::Sha256, RsaPkcs1, VerityChunkedSha256),
            0x0423 => (Hash::Sha256, Ecdsa, VerityChunkedSha256),
            0x0425 => (Hash::Sha256, Dsa, VerityChunkedSha256),
            _ => return None,
        };
        Some(Self {
            id,
            signature: Algorithm { hash, padding },
            contents,
            min_sdk: if contents == VerityChunkedSha256 {
                28
            } else {
                24
            },
            jca_min_sdk: match padding {
                RsaPss => 23,
                Ecdsa => 11,
                RsaPkcs1 | Dsa => 1,
            },
        })
    }
}

/// A signature with a known algorithm.
pub(super) type Known<'a> = (SignatureAlgorithm, &'a [u8]);

/// The signatures that Android looks at: the strongest one at each level.
///
/// As apksig `ApkSigningBlockUtilsLite.getSignaturesToVerify`; `None` where the first level has none. For a
/// source stamp (`jca`) the level of the cryptography counts.
pub(super) fn to_verify<'a>(
    known: &[Known<'a>],
    levels: Levels,
    jca: bool,
) -> Option<Vec<Known<'a>>> {
    let mut best: BTreeMap<u32, Known<'a>> = BTreeMap::new();
    for found in known {
        let since = if jca {
            found.0.jca_min_sdk
        } else {
            found.0.min_sdk
        };
        if since > levels.max {
            continue;
        }
        let better = best
            .get(&since)
            .is_none_or(|so_far| found.0.contents > so_far.0.contents);
        if better {
            best.insert(since, *found);
        }
    }
    if levels.min < *best.keys().next()? {
        return None;
    }
    let mut found: Vec<Known<'a>> = best.into_values().collect();
    found.sort_by_key(|(algorithm, _)| algorithm.id);
    Some(found)
}

/// One signer, as far as other checks need it.
#[derive(Debug, Default)]
pub(super) struct Signed<'a> {
    /// The signer's own certificate first.
    pub(super) certificates: Vec<&'a [u8]>,
    /// What it says of the contents.
    pub(super) digests: Vec<(ContentDigest, &'a [u8])>,
    pub(super) min_sdk: u32,
    max_sdk: u32,
    lineage: Option<Vec<&'a [u8]>>,
    /// The signer is for a development release, which has the level of the release before it.
    dev_release: bool,
}

/// One scheme, read and with its signatures checked.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) scheme: Scheme,
    pub(super) findings: Findings,
    pub(super) signers: Vec<Signed<'a>>,
    /// Digests that verified signatures rest on.
    pub(super) wanted: BTreeSet<ContentDigest>,
    /// The lineages of all signers as one.
    pub(super) lineage: Option<Vec<&'a [u8]>>,
}

/// What a scheme is checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'c> {
    pub(super) levels: Levels,
    /// Schemes that Android finds at these levels.
    pub(super) present: &'c [Scheme],
    /// The first level of the v3.1 signers, for v3.
    pub(super) rotation_min_sdk: Option<u32>,
}

const STRIPPING_PROTECTION: u32 = 0xbeef_f00d;
/// apksig `V3SchemeConstants.ROTATION_MIN_SDK_VERSION_ATTR_ID`.
const ROTATION_MIN_SDK: u32 = 0x559f_8b02;
/// apksig `V3SchemeConstants.ROTATION_ON_DEV_RELEASE_ATTR_ID`.
const ROTATION_ON_DEV_RELEASE: u32 = 0xc2a6_b3ba;

/// Reads the signers and checks their signatures; the contents are left to [`Checked::contents`].
pub(super) fn check<'a>(scheme: Scheme, value: Reader<'a>, context: Context<'_>) -> Checked<'a> {
    let mut checked = Checked {
        scheme,
        findings: Findings::default(),
        signers: Vec::new(),
        wanted: BTreeSet::new(),
        lineage: None,
    };
    let mut value = value;
    let Ok(mut list) = prefixed(&mut value, "the signers") else {
        checked.error("SIG_MALFORMED_SIGNERS", "");
        return checked;
    };
    if list.remaining() == 0 {
        checked.error("SIG_NO_SIGNERS", "");
    }
    while list.remaining() > 0 {
        if checked.signers.len() >= MAX_SIGNERS {
            if scheme == Scheme::V2 {
                let detail = format!("more than {MAX_SIGNERS}");
                checked.error("SIG_MAX_SIGNATURES_EXCEEDED", detail);
            } else {
                // AOSP has no limit here; no key was ever rotated that often.
                checked.findings.not_checked(Reason::Limit);
            }
            break;
        }
        let mut signed = Signed::default();
        let read = prefixed(&mut list, "a signer")
            .and_then(|signer| checked.signer(signer, context, &mut signed));
        checked.signers.push(signed);
        if let Err(error) = read {
            checked.error("SIG_MALFORMED_SIGNER", error.to_string());
            break;
        }
    }
    checked
}

impl<'a> Checked<'a> {
    /// An issue that has the same name in v2 and v3 but for the number.
    fn error(&mut self, name: &str, detail: impl Into<String>) {
        self.findings
            .error(format!("{}_{name}", self.prefix()), detail);
    }

    fn prefix(&self) -> &'static str {
        if self.scheme == Scheme::V2 {
            "V2"
        } else {
            "V3"
        }
    }

    fn signer(
        &mut self,
        mut signer: Reader<'a>,
        context: Context<'_>,
        signed: &mut Signed<'a>,
    ) -> Result<(), ParseError> {
        let data = prefixed(&mut signer, "the signed data")?;
        let mut levels = Levels {
            min: context.levels.min.max(24),
            max: context.levels.max,
        };
        if self.scheme != Scheme::V2 {
            levels.min = signer.u32("the signer's minSdkVersion")?;
            levels.max = signer.u32("the signer's maxSdkVersion")?;
            if levels.min > NEWEST || levels.max > NEWEST || levels.min > levels.max {
                let detail = format!("{} to {}", levels.min, levels.max);
                self.error("SIG_INVALID_SDK_VERSIONS", detail);
            }
            (signed.min_sdk, signed.max_sdk) = (levels.min, levels.max);
        }
        let signatures = prefixed(&mut signer, "the signatures")?;
        let key = prefixed(&mut signer, "the public key")?.rest();
        let Some(ids) = self.signatures(data.rest(), signatures, key, levels) else {
            return Ok(());
        };
        self.signed_data(data, key, &ids, context, levels, signed)
    }

    /// Checks the signatures over the signed data; the ids of all of them, or nothing if that settled it.
    fn signatures(
        &mut self,
        data: &[u8],
        mut signatures: Reader<'a>,
        key: &[u8],
        levels: Levels,
    ) -> Option<Vec<u32>> {
        let mut ids = Vec::new();
        let mut known = Vec::new();
        while signatures.remaining() > 0 {
            let Ok((id, bytes)) = id_and_bytes(&mut signatures) else {
                let number = ids.len().saturating_add(1);
                self.error("SIG_MALFORMED_SIGNATURE", format!("signature {number}"));
                return None;
            };
            ids.push(id);
            match SignatureAlgorithm::find(id) {
                Some(algorithm) => known.push((algorithm, bytes)),
                None => {
                    let name = format!("{}_SIG_UNKNOWN_SIG_ALGORITHM", self.prefix());
                    self.findings.warn(name, format!("{id:#x}"));
                }
            }
        }
        if ids.is_empty() {
            self.error("SIG_NO_SIGNATURES", "");
            return None;
        }
        let Some(chosen) = to_verify(&known, levels, false) else {
            self.error(
                "SIG_NO_SUPPORTED_SIGNATURES",
                format!("for level {}", levels.min),
            );
            return None;
        };
        for (algorithm, signature) in chosen {
            let name = algorithm.signature.name();
            let verified = match PublicKey::read(key) {
                Ok(key) => key.verify(algorithm.signature, data, signature),
                Err(KeyError::Malformed(what)) => {
                    self.error("SIG_MALFORMED_PUBLIC_KEY", what);
                    return None;
                }
                Err(error) => Err(error),
            };
            match verified {
                Ok(true) => {
                    self.wanted.insert(algorithm.contents);
                    self.findings.algorithms.push(name);
                }
                Ok(false) => {
                    self.error("SIG_DID_NOT_VERIFY", name);
                    return None;
                }
                Err(KeyError::Malformed(what)) => {
                    self.error("SIG_VERIFY_EXCEPTION", format!("{name}: {what}"));
                    return None;
                }
                Err(KeyError::Unsupported(_)) => self.findings.not_checked(Reason::Unsupported),
            }
        }
        Some(ids)
    }

    fn signed_data(
        &mut self,
        mut data: Reader<'a>,
        key: &[u8],
        ids: &[u32],
        context: Context<'_>,
        levels: Levels,
        signed: &mut Signed<'a>,
    ) -> Result<(), ParseError> {
        let mut digests = prefixed(&mut data, "the digests")?;
        let mut certificates = prefixed(&mut data, "the certificates")?;
        if self.scheme != Scheme::V2 {
            for (what, stated) in [("MIN", levels.min), ("MAX", levels.max)] {
                let level = data.u32("an SDK level in the signed data")?;
                if level != stated {
                    let name = format!(
                        "V3_{what}_SDK_VERSION_MISMATCH_BETWEEN_SIGNER_AND_SIGNED_DATA_RECORD"
                    );
                    self.findings.error(name, format!("{stated} and {level}"));
                }
            }
        }
        let attributes = prefixed(&mut data, "the attributes")?;
        let mut own_key = None;
        while certificates.remaining() > 0 {
            let der = prefixed(&mut certificates, "a certificate")?.rest();
            let Some(parts) = Parts::read(der) else {
                let number = signed.certificates.len().saturating_add(1);
                self.error("SIG_MALFORMED_CERTIFICATE", format!("certificate {number}"));
                return Ok(());
            };
            own_key.get_or_insert(parts.key);
            signed.certificates.push(der);
        }
        let Some(own_key) = own_key else {
            self.error("SIG_NO_CERTIFICATES", "");
            return Ok(());
        };
        if !same_key(key, own_key) {
            let name = "SIG_PUBLIC_KEY_MISMATCH_BETWEEN_CERTIFICATE_AND_SIGNATURES_RECORD";
            self.error(name, "");
            return Ok(());
        }
        let mut digest_ids = Vec::new();
        while digests.remaining() > 0 {
            let Ok((id, bytes)) = id_and_bytes(&mut digests) else {
                let number = digest_ids.len().saturating_add(1);
                self.error("SIG_MALFORMED_DIGEST", format!("digest {number}"));
                return Ok(());
            };
            digest_ids.push(id);
            if let Some(algorithm) = SignatureAlgorithm::find(id) {
                signed.digests.push((algorithm.contents, bytes));
            }
        }
        if digest_ids != ids {
            let name = "SIG_SIG_ALG_MISMATCH_BETWEEN_SIGNATURES_AND_DIGESTS_RECORDS";
            self.error(name, "");
            return Ok(());
        }
        self.attributes(attributes, context, signed);
        Ok(())
    }

    fn attributes(&mut self, mut list: Reader<'a>, context: Context<'_>, signed: &mut Signed<'a>) {
        let mut number = 0_u32;
        let mut rotation_stated = false;
        while list.remaining() > 0 {
            number = number.saturating_add(1);
            let attribute = prefixed(&mut list, "an attribute").and_then(|mut attribute| {
                let id = attribute.u32("the attribute's id")?;
                self.attribute(id, attribute, context, signed, &mut rotation_stated)
            });
            if attribute.is_err() {
                let detail = format!("attribute {number}");
                self.error("SIG_MALFORMED_ADDITIONAL_ATTRIBUTE", detail);
                return;
            }
        }
        if let Some(level) = context.rotation_min_sdk
            && !rotation_stated
        {
            let name = "V31_ROTATION_MIN_SDK_ATTR_MISSING";
            self.findings.warn(name, format!("{level}"));
        }
    }

    fn attribute(
        &mut self,
        id: u32,
        mut value: Reader<'a>,
        context: Context<'_>,
        signed: &mut Signed<'a>,
        rotation_stated: &mut bool,
    ) -> Result<(), ParseError> {
        match (self.scheme, id) {
            (Scheme::V2, STRIPPING_PROTECTION) => match value.u32("a scheme's number")? {
                2 => {}
                3 if context.levels.max < 28 => {}
                3 if context.present.contains(&Scheme::V3) => {}
                3 => self.findings.error(
                    "V2_SIG_MISSING_APK_SIG_REFERENCED",
                    "the v3 signature was taken out",
                ),
                other => {
                    let name = "V2_SIG_UNKNOWN_APK_SIG_SCHEME_ID";
                    self.findings.warn(name, format!("{other}"));
                }
            },
            (Scheme::V3 | Scheme::V31, PROOF_OF_ROTATION) => self.proof(value, signed),
            (Scheme::V3 | Scheme::V31, ROTATION_MIN_SDK) => {
                *rotation_stated = true;
                if context.levels.max < 33 {
                    return Ok(());
                }
                let stated = value.u32("the level of the rotation")?;
                match context.rotation_min_sdk {
                    Some(level) if level == stated => {}
                    Some(level) => self.findings.error(
                        "V31_ROTATION_MIN_SDK_MISMATCH",
                        format!("{stated} is stated, v3.1 begins with {level}"),
                    ),
                    None => self.findings.error(
                        "V31_BLOCK_MISSING",
                        format!("the v3.1 signature for level {stated} was taken out"),
                    ),
                }
            }
            (Scheme::V31, ROTATION_ON_DEV_RELEASE) => signed.dev_release = true,
            (Scheme::V3, ROTATION_ON_DEV_RELEASE) => {
                signed.dev_release = true;
                let name = "V31_ROTATION_TARGETS_DEV_RELEASE_ATTR_ON_V3_SIGNER";
                self.findings.warn(name, "");
            }
            _ => {
                let name = format!("{}_SIG_UNKNOWN_ADDITIONAL_ATTRIBUTE", self.prefix());
                self.findings.warn(name, format!("{id:#x}"));
            }
        }
        Ok(())
    }

    fn proof(&mut self, value: Reader<'a>, signed: &mut Signed<'a>) {
        match lineage::verify(value) {
            Ok(found) => {
                if found.last() != signed.certificates.first() {
                    let detail = "it does not end with the signer's certificate";
                    self.error("SIG_POR_CERT_MISMATCH", detail);
                }
                signed.lineage = Some(found);
            }
            Err(Broken::Malformed(what)) => self.error("SIG_MALFORMED_LINEAGE", what),
            Err(Broken::NotVerified(what)) => self.error("SIG_POR_DID_NOT_VERIFY", what),
            Err(Broken::Mismatch(what)) => self.error("SIG_POR_CERT_MISMATCH", what),
            Err(Broken::Unsupported) => self.findings.not_checked(Reason::Unsupported),
        }
    }

    /// Compares what the signers say of the contents with what is there, and the signers with each other.
    pub(super) fn contents(
        &mut self,
        actual: &BTreeMap<ContentDigest, Vec<u8>>,
        context: Context<'_>,
    ) {
        if self.findings.failed() {
            return;
        }
        let mut wrong = Vec::new();
        for wanted in &self.wanted {
            let Some(actual) = actual.get(wanted) else {
                wrong.push(format!("{}: not on page boundaries", wanted.name()));
                continue;
            };
            let stated = self.signers.iter().flat_map(|signer| &signer.digests);
            if stated
                .filter(|(which, _)| which == wanted)
                .any(|(_, bytes)| bytes != actual)
            {
                wrong.push(wanted.name().to_owned());
            }
        }
        for detail in wrong {
            self.error("SIG_APK_DIGEST_DID_NOT_VERIFY", detail);
        }
        if self.scheme != Scheme::V2 {
            self.agree(context);
        }
    }

    /// The signers of v3 and v3.1 follow each other without a gap (apksig `V3SchemeVerifier.verify`).
    fn agree(&mut self, context: Context<'_>) {
        let by_last: BTreeMap<u32, &Signed<'_>> = self
            .signers
            .iter()
            .map(|signer| (signer.max_sdk, signer))
            .collect();
        let mut first = 0;
        let mut last = 0_u32;
        let mut longest = 0;
        let mut broken = None;
        let mut merged: Option<Vec<&'a [u8]>> = None;
        for signer in by_last.values() {
            if first == 0 {
                first = signer.min_sdk;
            } else if Some(signer.min_sdk) != last.checked_add(1)
                && !(signer.min_sdk == last && signer.dev_release)
            {
                broken = Some("V3_INCONSISTENT_SDK_VERSIONS");
                break;
            }
            last = signer.max_sdk;
            let Some(lineage) = &signer.lineage else {
                continue;
            };
            if lineage.len() < longest {
                broken = Some("V3_INCONSISTENT_LINEAGES");
                break;
            }
            longest = lineage.len();
            merged = match &merged {
                None => Some(lineage.clone()),
                Some(so_far) => {
                    let both = lineage::merge(so_far, lineage);
                    if both.is_none() {
                        broken = Some("V3_INCONSISTENT_LINEAGES");
                    }
                    both
                }
            };
        }
        if let Some(name) = broken {
            self.findings.error(name, "");
        }
        let (from, to) = match (self.scheme, context.rotation_min_sdk) {
            (Scheme::V31, _) => (context.levels.max, context.levels.max),
            (_, Some(rotation)) => (context.levels.min.max(28), rotation.saturating_sub(1)),
            (_, None) => (context.levels.min.max(28), context.levels.max),
        };
        if first > from || last < to {
            let name = "V3_MISSING_SDK_VERSIONS";
            self.findings.error(name, format!("only {first} to {last}"));
        }
        self.lineage = merged;
    }
}

/// The next element of a list: a 32-bit id, and bytes with their length before them.
pub(super) fn id_and_bytes<'a>(list: &mut Reader<'a>) -> Result<(u32, &'a [u8]), ParseError> {
    let mut element = prefixed(list, "an element")?;
    let id = element.u32("the element's id")?;
    Ok((id, prefixed(&mut element, "the element's bytes")?.rest()))
}
