//! JAR signing: `META-INF/*.RSA`, `.DSA` and `.EC` hold PKCS #7 `SignedData` (RFC 2315, 9.1).

use super::certificate::Certificate;
use super::der::{CONTEXT_0, INTEGER, OID, SEQUENCE, SET, Values};
use super::pkcs7::SIGNED_DATA;
use super::{MAX_CERTIFICATES, Signer, trouble};
use crate::container::Archive;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};

/// Signature blocks read. apksig allows 10 signers.
const MAX_BLOCKS: usize = 10;
/// Bytes of one signature block. Real ones have a few kilobytes.
const MAX_BLOCK_BYTES: u64 = 1 << 20;

pub(super) fn read(archive: &Archive<'_>, incidents: &mut Vec<Incident>) -> Vec<Signer> {
    let mut signers = Vec::new();
    let blocks = archive
        .entries()
        .iter()
        .filter(|entry| is_block(&entry.name));
    for (seen, entry) in blocks.enumerate() {
        let file = format!("{}!{}", archive.file(), entry.name);
        if seen >= MAX_BLOCKS || entry.size > MAX_BLOCK_BYTES {
            let detail = format!(
                "more than {MAX_BLOCKS} signature blocks, or one of more than {MAX_BLOCK_BYTES} bytes"
            );
            incidents.push(
                Incident::new(IncidentCode::LimitReached, file, detail).hiding(Channel::Signers),
            );
            break;
        }
        let Some(data) = archive.read_noting(entry, Some(Channel::Signers), incidents) else {
            continue;
        };
        match certificates(&data, archive.limits().text_bytes) {
            Ok(certificates) => signers.push(Signer {
                signature_file: signature_file(archive, &entry.name),
                file: Some(entry.name.clone()),
                certificates,
                ..Signer::default()
            }),
            Err(error) => incidents.push(trouble(IncidentCode::Malformed, &file, &error)),
        }
    }
    signers
}

/// Names of signature blocks. As AOSP `StrictJarVerifier`: they are compared in upper case.
pub(super) fn is_block(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("META-INF/")
        && [".RSA", ".DSA", ".EC"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// The `.SF` beside a signature block, in whatever case it is written.
fn signature_file(archive: &Archive<'_>, block: &str) -> Option<String> {
    let (stem, _) = block.rsplit_once('.')?;
    let wanted = format!("{stem}.SF");
    if let Some(entry) = archive.find(&wanted) {
        return Some(entry.name.clone());
    }
    archive
        .entries()
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(&wanted))
        .map(|entry| entry.name.clone())
}

/// The certificates of a signature block, that of the first signer first.
fn certificates(der: &[u8], text_bytes: usize) -> Result<Vec<Certificate>, ParseError> {
    let expected = |offset: u64, what: &'static str| ParseError::new(offset, what, "");
    let mut content_info = Values::new(der, 0)
        .inside(SEQUENCE)
        .ok_or_else(|| expected(0, "a PKCS #7 ContentInfo"))?;
    if content_info
        .tagged(OID)
        .is_none_or(|oid| oid.content != SIGNED_DATA)
    {
        return Err(expected(
            content_info.offset(),
            "the object identifier of SignedData",
        ));
    }
    let at = content_info.offset();
    let mut signed = content_info
        .inside(CONTEXT_0)
        .and_then(|mut inner| inner.inside(SEQUENCE))
        .ok_or_else(|| expected(at, "a PKCS #7 SignedData"))?;
    // version, digestAlgorithms, contentInfo
    let head = (
        signed.tagged(INTEGER),
        signed.tagged(SET),
        signed.tagged(SEQUENCE),
    );
    let bag = match head {
        (Some(_), Some(_), Some(_)) => signed.inside(CONTEXT_0),
        _ => None,
    };
    let bag = bag.ok_or_else(|| expected(signed.offset(), "the certificates of the SignedData"))?;
    let mut found: Vec<&[u8]> = bag
        .filter(|value| value.tag == SEQUENCE)
        .map(|value| value.whole)
        .collect();
    found.truncate(MAX_CERTIFICATES);
    // crls may lie between; the last SET is signerInfos.
    let signer = signed
        .filter(|value| value.tag == SET)
        .last()
        .and_then(|set| signer_id(set.content));
    if let Some(signer) = signer
        && let Some(at) = found
            .iter()
            .position(|certificate| issuer_and_serial(certificate) == Some(signer))
    {
        let first = found.remove(at);
        found.insert(0, first);
    }
    if found.is_empty() {
        return Err(expected(signed.offset(), "at least one certificate"));
    }
    Ok(found
        .into_iter()
        .map(|certificate| Certificate::read(certificate, text_bytes))
        .collect())
}

/// Issuer (whole) and serial number (content) that the first SignerInfo names (RFC 2315, 9.2).
fn signer_id(infos: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut info = Values::new(infos, 0).inside(SEQUENCE)?;
    info.tagged(INTEGER)?;
    let mut id = info.inside(SEQUENCE)?;
    Some((id.tagged(SEQUENCE)?.whole, id.tagged(INTEGER)?.content))
}

/// Issuer (whole) and serial number (content) of a certificate (RFC 5280, 4.1).
fn issuer_and_serial(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut tbs = Values::new(certificate, 0)
        .inside(SEQUENCE)?
        .inside(SEQUENCE)?;
    tbs.tagged(CONTEXT_0);
    let serial = tbs.tagged(INTEGER)?.content;
    tbs.tagged(SEQUENCE)?;
    Some((tbs.tagged(SEQUENCE)?.whole, serial))
}
