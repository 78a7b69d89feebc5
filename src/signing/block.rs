//! The APK Signing Block before the central directory, and the schemes v2, v3 and v3.1 in it.

use super::certificate::Certificate;
use super::{
    LineageNode, MAX_CERTIFICATES, Scheme, SchemeSigners, Signer, Signing, SigningBlock, trouble,
};
use crate::bytes::Reader;
use crate::bytes::{clip, narrow, wide};
use crate::container::Archive;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// The size field and the magic at the end of the block.
const FOOTER: u64 = 24;
/// Pairs kept. Real blocks have about 6.
const MAX_PAIRS: usize = 256;
/// apksig: `MAX_APK_SIGNERS`.
pub(super) const MAX_SIGNERS: usize = 10;

const V2: u32 = 0x7109_871a;
const V3: u32 = 0xf053_68c0;
const V31: u32 = 0x1b93_ad61;
/// apksig `SourceStampConstants`.
pub(super) const STAMP_V1: u32 = 0x2b09_189e;
pub(super) const STAMP_V2: u32 = 0x6dff_800d;
const PADDING: u32 = 0x4272_6577;
/// v3 attribute with the certificates of earlier keys (apksig `V3SchemeConstants.PROOF_OF_ROTATION_ATTR_ID`).
pub(super) const PROOF_OF_ROTATION: u32 = 0x3ba0_6f8c;

/// Ids with a known meaning: apksig, Android Gradle plugin, and the channel tools' own sources.
const NAMES: [(u32, &str); 10] = [
    (V2, "APK Signature Scheme v2"),
    (V3, "APK Signature Scheme v3"),
    (V31, "APK Signature Scheme v3.1"),
    (STAMP_V2, "source stamp v2"),
    (STAMP_V1, "source stamp v1"),
    (PADDING, "padding"),
    (0x504b_4453, "Google Play SDK dependencies"),
    (0x2146_444e, "Google Play frosting"),
    (0x7177_7777, "Walle channel"),
    (0x8811_55ff, "VasDolly channel"),
];

/// Ids whose values are never text for people.
const BINARY: [u32; 7] = [V2, V3, V31, STAMP_V2, STAMP_V1, PADDING, 0x504b_4453];

/// Where the parts of an APK lie (source.android.com, "APK Signature Scheme v2").
#[derive(Clone, Copy, Debug)]
pub(super) struct Sections<'a> {
    /// The entries, up to the APK Signing Block.
    pub(super) entries: &'a [u8],
    /// The central directory.
    pub(super) directory: &'a [u8],
    /// The end record with its comment.
    pub(super) end: &'a [u8],
    /// Bytes of the APK Signing Block.
    pub(super) block_size: u64,
    /// Where the directory begins.
    pub(super) directory_start: u64,
}

/// Offset of the directory's offset in the end record.
const END_OFFSET_AT: usize = 16;
const END_SIZE: usize = 22;

impl Sections<'_> {
    /// The end record as it is signed: it says that the directory begins where the block does.
    pub(super) fn patched_end(&self) -> Vec<u8> {
        let mut end = self.end.to_vec();
        let offset = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if let Some(field) = end.get_mut(END_OFFSET_AT..END_OFFSET_AT.saturating_add(4)) {
            field.copy_from_slice(&offset.to_le_bytes());
        }
        end
    }
}

/// The APK Signing Block: what it lies between, and its pairs in their order.
#[derive(Debug, Default)]
pub(super) struct Blocks<'a> {
    pub(super) sections: Option<Sections<'a>>,
    pub(super) values: Vec<(u32, Reader<'a>)>,
}

impl<'a> Blocks<'a> {
    /// The value of the first pair with this id, as AOSP takes it.
    pub(super) fn value(&self, id: u32) -> Option<Reader<'a>> {
        let found = self.values.iter().find(|(known, _)| *known == id);
        found.map(|(_, value)| *value)
    }
}

/// Adds what the block of `archive` says to `signing`; nothing where there is none.
pub(super) fn read<'a>(
    archive: &Archive<'_>,
    bytes: &'a [u8],
    signing: &mut Signing,
) -> Blocks<'a> {
    let mut blocks = Blocks::default();
    match find(bytes) {
        Ok(Some((sections, _))) if sections.directory_start != archive.directory_start() => {
            // What would be verified is not what is read. Android refuses such an archive before it looks.
            let detail = "the signatures belong to another end record than the entries";
            let incident = Incident::new(IncidentCode::ArchiveAnomaly, archive.file(), detail);
            signing.incidents.push(incident.hiding(Channel::Signers));
        }
        Ok(Some((sections, pairs))) => {
            blocks.sections = Some(sections);
            if let Err(error) = walk(archive, pairs, &mut blocks, signing) {
                let incident = trouble(IncidentCode::Malformed, archive.file(), &error);
                signing.incidents.push(incident);
            }
        }
        Ok(None) => {}
        Err(error) => {
            let incident = trouble(IncidentCode::Malformed, archive.file(), &error);
            signing.incidents.push(incident);
        }
    }
    blocks
}

/// Offset of the end record, and offset and size of the directory that it states.
///
/// As AOSP `ZipUtils.findZipEndOfCentralDirectoryRecord`: the last one whose comment reaches to the end of
/// the file. An archive with 64-bit offsets has no signing block for Android (`ApkSigningBlockUtils.findSignature`).
fn end_record(bytes: &[u8]) -> Option<(usize, u64, u64)> {
    let last = bytes.len().checked_sub(END_SIZE)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let at = (first..=last).rev().find(|at| {
        let record = bytes.get(*at..).unwrap_or_default();
        let comment = record.get(END_SIZE.saturating_sub(2)..END_SIZE);
        let stated = comment
            .and_then(|field| field.try_into().ok())
            .map(u16::from_le_bytes);
        record.starts_with(b"PK\x05\x06") && stated.map(usize::from) == last.checked_sub(*at)
    })?;
    let locator = at.checked_sub(20).and_then(|before| bytes.get(before..));
    if locator.is_some_and(|record| record.starts_with(b"PK\x06\x07")) {
        return None;
    }
    let mut r = Reader::new(bytes);
    r.seek(at.saturating_add(12)).ok()?;
    let size = r.u32("directory size").ok()?;
    let offset = r.u32("directory offset").ok()?;
    Some((at, u64::from(offset), u64::from(size)))
}

/// The pairs of the block before the directory, as AOSP `ApkSigningBlockUtils.findApkSigningBlock`.
fn find(bytes: &[u8]) -> Result<Option<(Sections<'_>, Reader<'_>)>, ParseError> {
    let Some((end, directory_start, size)) = end_record(bytes) else {
        return Ok(None);
    };
    let Some(footer) = directory_start.checked_sub(FOOTER) else {
        return Ok(None);
    };
    if directory_start.checked_add(size) != Some(wide(end)) {
        return Ok(None);
    }
    let mut r = Reader::new(bytes);
    r.seek(narrow(footer))?;
    let size = r.u64("the size of the APK Signing Block")?;
    if r.take(MAGIC.len(), "the magic")? != MAGIC {
        return Ok(None);
    }
    // The size counts all but its own first copy.
    let start = size
        .checked_add(8)
        .and_then(|total| directory_start.checked_sub(total));
    let length = size.checked_sub(FOOTER);
    let (Some(start), Some(length)) = (start, length) else {
        return Err(ParseError::new(
            footer,
            "the size of the APK Signing Block",
            format!("{size}"),
        ));
    };
    r.seek(narrow(start))?;
    let first = r.u64("the size of the APK Signing Block")?;
    if first != size {
        let what = format!("the APK Signing Block's size {size} as in its footer");
        return Err(ParseError::new(start, what, format!("{first}")));
    }
    let pairs = r.sub(narrow(length), "the pairs of the APK Signing Block")?;
    let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let sections = Sections {
        entries: part(0, narrow(start)),
        directory: part(narrow(directory_start), end),
        end: part(end, bytes.len()),
        block_size: directory_start.saturating_sub(start),
        directory_start,
    };
    Ok(Some((sections, pairs)))
}

fn walk<'a>(
    archive: &Archive<'_>,
    mut pairs: Reader<'a>,
    blocks: &mut Blocks<'a>,
    signing: &mut Signing,
) -> Result<(), ParseError> {
    while pairs.remaining() > 0 {
        if signing.blocks.len() >= MAX_PAIRS {
            let detail = format!("more than {MAX_PAIRS} pairs in the APK Signing Block");
            let incident = Incident::new(IncidentCode::LimitReached, archive.file(), detail);
            signing
                .incidents
                .push(incident.at(pairs.offset()).hiding(Channel::Signers));
            return Ok(());
        }
        let at = pairs.offset();
        let length = pairs.u64("the length of a pair")?;
        if length < 4 {
            return Err(ParseError::new(
                at,
                "a pair of at least 4 bytes",
                format!("{length}"),
            ));
        }
        let mut pair = pairs.sub(narrow(length), "the value of a pair")?;
        let id = pair.u32("the id of a pair")?;
        let seen = blocks.value(id).is_some();
        blocks.values.push((id, pair));
        signing.blocks.push(SigningBlock {
            id,
            name: NAMES
                .iter()
                .find(|(known, _)| *known == id)
                .map(|(_, name)| (*name).to_owned()),
            offset: pair.offset(),
            size: wide(pair.remaining()),
            text: if BINARY.contains(&id) {
                None
            } else {
                text(pair.rest(), archive.limits().text_bytes)
            },
        });
        let Some(scheme) = scheme_of(id) else {
            continue;
        };
        if seen {
            // AOSP takes the first.
            let detail = format!("a second block of scheme {}", scheme.name());
            signing
                .incidents
                .push(Incident::new(IncidentCode::ArchiveAnomaly, archive.file(), detail).at(at));
            continue;
        }
        let mut signers = Vec::new();
        if let Err(error) = scheme_signers(scheme, pair, archive.limits().text_bytes, &mut signers)
        {
            signing
                .incidents
                .push(trouble(IncidentCode::Malformed, archive.file(), &error));
        }
        signing.schemes.push(SchemeSigners { scheme, signers });
    }
    signing.schemes.sort_by_key(|signers| signers.scheme);
    Ok(())
}

/// The scheme whose signers a pair holds.
fn scheme_of(id: u32) -> Option<Scheme> {
    match id {
        V2 => Some(Scheme::V2),
        V3 => Some(Scheme::V3),
        V31 => Some(Scheme::V31),
        _ => None,
    }
}

/// The pair that holds a scheme's signers.
pub(super) fn id_of(scheme: Scheme) -> Option<u32> {
    [V2, V3, V31]
        .into_iter()
        .find(|id| scheme_of(*id) == Some(scheme))
}

/// A pair that holds signatures, or fills up: what it says is checked elsewhere, or is nothing.
pub(super) fn is_signature(id: u32) -> bool {
    scheme_of(id).is_some() || [STAMP_V1, STAMP_V2, PADDING].contains(&id)
}

/// The value as text, where it is text: at least one character, no control characters but white space.
fn text(value: &[u8], limit: usize) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim_end_matches('\0');
    let plain = |c: char| !c.is_control() || c.is_ascii_whitespace();
    (!text.is_empty() && text.chars().all(plain)).then(|| clip(text, limit))
}

/// The next value with its 32-bit length before it.
pub(super) fn prefixed<'a>(
    r: &mut Reader<'a>,
    what: &'static str,
) -> Result<Reader<'a>, ParseError> {
    let length = r.u32(what)?;
    r.sub(usize::try_from(length).unwrap_or(usize::MAX), what)
}

/// Reads the signers of a v2, v3 or v3.1 block; what was read before the damage stays in `signers`.
fn scheme_signers(
    scheme: Scheme,
    mut value: Reader<'_>,
    text_bytes: usize,
    signers: &mut Vec<Signer>,
) -> Result<(), ParseError> {
    let mut list = prefixed(&mut value, "the signers")?;
    if list.remaining() == 0 {
        return Err(ParseError::new(
            list.offset(),
            "at least one signer",
            "none",
        ));
    }
    while list.remaining() > 0 {
        if signers.len() >= MAX_SIGNERS {
            return Err(ParseError::new(
                list.offset(),
                format!("at most {MAX_SIGNERS} signers"),
                "more",
            ));
        }
        let mut signer = prefixed(&mut list, "a signer")?;
        let mut signed = prefixed(&mut signer, "the signed data")?;
        prefixed(&mut signed, "the digests")?;
        let mut found = Signer {
            certificates: certificates(&mut signed, text_bytes)?,
            ..Signer::default()
        };
        let rest = if scheme == Scheme::V2 {
            Ok(())
        } else {
            v3_part(&mut signed, text_bytes, &mut found)
        };
        signers.push(found);
        rest?;
    }
    Ok(())
}

/// What v3 and v3.1 have behind the certificates: API levels and attributes.
fn v3_part(
    signed: &mut Reader<'_>,
    text_bytes: usize,
    signer: &mut Signer,
) -> Result<(), ParseError> {
    signer.min_sdk = Some(signed.u32("the signer's minSdkVersion")?);
    signer.max_sdk = Some(signed.u32("the signer's maxSdkVersion")?);
    let mut attributes = prefixed(signed, "the signer's attributes")?;
    while attributes.remaining() > 0 {
        let mut attribute = prefixed(&mut attributes, "an attribute")?;
        if attribute.u32("the attribute's id")? == PROOF_OF_ROTATION {
            signer.lineage = lineage(attribute, text_bytes)?;
        }
    }
    Ok(())
}

fn certificates(
    signed: &mut Reader<'_>,
    text_bytes: usize,
) -> Result<Vec<Certificate>, ParseError> {
    let mut list = prefixed(signed, "the certificates")?;
    let mut found = Vec::new();
    while list.remaining() > 0 && found.len() < MAX_CERTIFICATES {
        let certificate = prefixed(&mut list, "a certificate")?;
        found.push(Certificate::read(certificate.rest(), text_bytes));
    }
    Ok(found)
}

/// apksig `V3SigningCertificateLineage.readSigningCertificateLineage`.
fn lineage(mut value: Reader<'_>, text_bytes: usize) -> Result<Vec<LineageNode>, ParseError> {
    let at = value.offset();
    let version = value.u32("the version of the proof of rotation")?;
    if version != 1 {
        return Err(ParseError::new(
            at,
            "a proof of rotation of version 1",
            format!("version {version}"),
        ));
    }
    let mut nodes = Vec::new();
    while value.remaining() > 0 && nodes.len() < MAX_CERTIFICATES {
        let mut level = prefixed(&mut value, "a step of the rotation")?;
        let mut signed = prefixed(&mut level, "the signed data of a step")?;
        let flags = level.u32("the flags of a step")?;
        let certificate = prefixed(&mut signed, "the certificate of a step")?;
        nodes.push(LineageNode {
            certificate: Certificate::read(certificate.rest(), text_bytes),
            flags,
        });
    }
    Ok(nodes)
}
