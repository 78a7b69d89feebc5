//! v4: a file beside the APK, `NAME.apk.idsig`, with a hash tree over all of it (apksig `V4SchemeVerifier`).

use super::check::{Findings, Reason};
use super::contents::{ContentDigest, tree};
use super::key::{KeyError, PublicKey, same_key};
use super::scheme::{Checked, SignatureAlgorithm, Signed};
use super::x509::Parts;
use crate::bytes::{Reader, wide};
use crate::error::ParseError;

/// apksig `V4Signature.CURRENT_VERSION`.
const VERSION: u32 = 2;
/// SHA-256, and pages of 4096 bytes: the only values there are.
const HASHING: (u32, u8) = (1, 12);
/// Signers looked at: one for v3 and one for v3.1 (apksig `V4_SIG_NEEDS_TWO_SIGNERS`).
const MAX_SIGNERS: usize = 8;

/// v4, checked.
#[derive(Debug, Default)]
pub(super) struct Idsig<'a> {
    pub(super) findings: Findings,
    pub(super) signers: Vec<Signer<'a>>,
}

/// One signer of the file.
#[derive(Debug)]
pub(super) struct Signer<'a> {
    /// Which digest of the APK it stands for.
    digest: &'a [u8],
    pub(super) certificate: &'a [u8],
}

/// Checks the file `idsig` against the APK.
pub(super) fn verify<'a>(idsig: &'a [u8], apk: &[u8]) -> Idsig<'a> {
    let mut checked = Idsig::default();
    if let Err(error) = checked.read(idsig, apk) {
        // apksig ends with an exception that has no name of its own.
        checked
            .findings
            .error("V4_SIG_NO_SIGNATURES", error.to_string());
    }
    checked
}

/// Bytes with their length before them.
fn sized<'a>(r: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], ParseError> {
    Ok(super::block::prefixed(r, what)?.rest())
}

impl<'a> Idsig<'a> {
    fn read(&mut self, idsig: &'a [u8], apk: &[u8]) -> Result<(), ParseError> {
        let mut r = Reader::new(idsig);
        let version = r.u32("the version of the v4 signature")?;
        if version != VERSION {
            let what = format!("version {VERSION} of the v4 signature");
            return Err(ParseError::new(0, what, format!("{version}")));
        }
        let hashing = sized(&mut r, "the hashing info")?;
        let mut signing = super::block::prefixed(&mut r, "the signing infos")?;
        let mut h = Reader::new(hashing);
        let kind = (h.u32("the hash algorithm")?, h.u8("the page size")?);
        let salt = sized(&mut h, "the salt")?;
        let root = sized(&mut h, "the root hash")?;
        if kind != HASHING || !salt.is_empty() {
            self.findings.not_checked(Reason::Unsupported);
            return Ok(());
        }
        // The file's size, then what the hashing info says.
        let mut prefix = wide(apk.len()).to_le_bytes().to_vec();
        prefix.extend(hashing);
        self.signer(&mut signing, &prefix)?;
        while signing.remaining() > 0 && self.signers.len() < MAX_SIGNERS && !self.findings.failed()
        {
            signing.u32("the id of a signing info")?;
            let mut block = super::block::prefixed(&mut signing, "a signing info")?;
            self.signer(&mut block, &prefix)?;
        }
        if self.findings.failed() {
            return Ok(());
        }
        let actual = tree(&[apk], &[]);
        if actual.root != root {
            self.findings.error("V4_SIG_APK_ROOT_DID_NOT_VERIFY", "");
        } else if r.remaining() > 0 && sized(&mut r, "the hash tree")? != actual.levels.concat() {
            self.findings.error("V4_SIG_APK_TREE_DID_NOT_VERIFY", "");
        }
        Ok(())
    }

    /// apksig `V4SchemeVerifier.parseAndVerifySignatureBlock`.
    fn signer(&mut self, info: &mut Reader<'a>, prefix: &[u8]) -> Result<(), ParseError> {
        let start = info.rest();
        let digest = sized(info, "the APK's digest")?;
        let certificate = sized(info, "the certificate")?;
        sized(info, "the additional data")?;
        let signed_part = start.len().saturating_sub(info.remaining());
        let key = sized(info, "the public key")?;
        let id = info.u32("the signature algorithm")?;
        let signature = sized(info, "the signature")?;
        let Some(algorithm) = SignatureAlgorithm::find(id) else {
            self.findings
                .error("V4_SIG_UNKNOWN_SIG_ALGORITHM", format!("{id:#x}"));
            return Ok(());
        };
        // The size of the signed data, its own four bytes included, stands before it.
        let fields = start.get(..signed_part).unwrap_or_default();
        let length = prefix.len().saturating_add(fields.len()).saturating_add(4);
        let mut data = u32::try_from(length)
            .unwrap_or(u32::MAX)
            .to_le_bytes()
            .to_vec();
        data.extend(prefix);
        data.extend(fields);
        let name = algorithm.signature.name();
        let verified = match PublicKey::read(key) {
            Ok(key) => key.verify(algorithm.signature, &data, signature),
            Err(KeyError::Malformed(what)) => {
                self.findings.error("V4_SIG_MALFORMED_PUBLIC_KEY", what);
                return Ok(());
            }
            Err(error) => Err(error),
        };
        match verified {
            Ok(true) => self.findings.algorithms.push(name),
            Ok(false) => {
                self.findings.error("V4_SIG_DID_NOT_VERIFY", name);
                return Ok(());
            }
            Err(KeyError::Malformed(what)) => {
                self.findings
                    .error("V4_SIG_VERIFY_EXCEPTION", format!("{name}: {what}"));
                return Ok(());
            }
            Err(KeyError::Unsupported(_)) => self.findings.not_checked(Reason::Unsupported),
        }
        match Parts::read(certificate) {
            None => self.findings.error("V4_SIG_MALFORMED_CERTIFICATE", ""),
            Some(parts) if !same_key(key, parts.key) => self.findings.error(
                "V4_SIG_PUBLIC_KEY_MISMATCH_BETWEEN_CERTIFICATE_AND_SIGNATURES_RECORD",
                "",
            ),
            Some(_) => self.signers.push(Signer {
                digest,
                certificate,
            }),
        }
        Ok(())
    }

    /// The file stands for the same signer and contents as the signature inside the APK: `inside` is v3, or else v2,
    /// `newer` is v3.1.
    pub(super) fn belongs_to(&mut self, inside: Option<&Checked<'_>>, newer: Option<&Checked<'_>>) {
        if self.findings.failed() || self.findings.unchecked.is_some() {
            return;
        }
        let Some(inside) = inside else {
            let detail = "the APK has neither a v2 nor a v3 signature";
            self.findings.error("V4_SIG_V2_V3_SIGNERS_MISMATCH", detail);
            return;
        };
        let expected = if newer.is_some() { 2 } else { 1 };
        if self.signers.len() != expected {
            let name = if newer.is_some() {
                "V41_SIG_NEEDS_TWO_SIGNERS"
            } else {
                "V4_SIG_MULTIPLE_SIGNERS"
            };
            self.findings
                .error(name, format!("{} signers", self.signers.len()));
            return;
        }
        for (signer, checked) in self
            .signers
            .iter()
            .zip([Some(inside), newer].into_iter().flatten())
        {
            let [own] = checked.signers.as_slice() else {
                self.findings
                    .error("V4_SIG_MULTIPLE_SIGNERS", checked.scheme.name());
                continue;
            };
            if own.certificates.first() != Some(&signer.certificate) {
                self.findings
                    .error("V4_SIG_V2_V3_SIGNERS_MISMATCH", checked.scheme.name());
            }
            if best_digest(own) != Some(signer.digest) {
                self.findings
                    .error("V4_SIG_V2_V3_DIGESTS_MISMATCH", checked.scheme.name());
            }
        }
    }
}

/// apksig `ApkSigningBlockUtils.pickBestDigestForV4`: SHA-512, else the hash tree, else SHA-256.
fn best_digest<'a>(signer: &Signed<'a>) -> Option<&'a [u8]> {
    let order = [
        ContentDigest::ChunkedSha512,
        ContentDigest::VerityChunkedSha256,
        ContentDigest::ChunkedSha256,
    ];
    order.into_iter().find_map(|wanted| {
        let found = signer.digests.iter().rfind(|(which, _)| *which == wanted);
        found.map(|(_, digest)| *digest)
    })
}
