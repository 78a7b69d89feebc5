//! One X.509 certificate, as far as a report needs it.

use super::der::{self, INTEGER, SEQUENCE, Values};
use crate::bytes::clip;
use serde::{Deserialize, Serialize};
use sha1::Digest as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name};

/// A signer's certificate. The digests are always there; the rest only where the certificate could be parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// SHA-256 of the DER certificate, lower-case hex, as `apksigner --print-certs` prints it.
    pub sha256: String,
    /// SHA-1 of the DER certificate, lower-case hex.
    pub sha1: String,
    /// The owner, as `apksigner` prints it: most specific part first, values with special
    /// characters in quotation marks (`CN=Shop, O="Shop, Inc.", C=CN`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who issued it, written like the subject; almost always the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Serial number, lower-case hex of its DER content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Valid from, RFC 3339 in UTC. Android does not look at validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Valid until, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// How the certificate itself is signed: `SHA256withRSA`, or the object identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_algorithm: Option<String>,
    /// `RSA`, `DSA`, `EC`, or the object identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_algorithm: Option<String>,
    /// Size of the key in bits, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_bits: Option<u32>,
    /// The Android build tools' debug key: `CN=Android Debug`. Such an app was not built for release.
    #[serde(default)]
    pub debug: bool,
}

impl Certificate {
    /// Reads a DER certificate; texts are cut to `text_bytes`.
    pub(super) fn read(der: &[u8], text_bytes: usize) -> Self {
        let mut found = Self {
            sha256: hex(&sha2::Sha256::digest(der)),
            sha1: hex(&sha1::Sha1::digest(der)),
            ..Self::default()
        };
        let Ok((_, parsed)) = X509Certificate::from_der(der) else {
            return found;
        };
        let name = |name: &X509Name<'_>| Some(clip(&distinguished_name(name), text_bytes));
        found.subject = name(parsed.subject());
        found.issuer = name(parsed.issuer());
        found.debug = parsed
            .subject()
            .iter_common_name()
            .any(|cn| cn.as_str() == Ok("Android Debug"));
        found.serial = Some(clip(&hex(parsed.raw_serial()), text_bytes));
        found.not_before = Some(rfc3339(&parsed.validity().not_before));
        found.not_after = Some(rfc3339(&parsed.validity().not_after));
        let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
        found.signature_algorithm = Some(clip(&named(&SIGNATURES, algorithm), text_bytes));
        let key = parsed.public_key();
        let algorithm = key.algorithm.algorithm.to_id_string();
        found.key_bits = key_bits(&algorithm, key);
        found.key_algorithm = Some(clip(&named(&KEYS, algorithm), text_bytes));
        found
    }
}

/// Signature algorithms by object identifier, with Java's names.
const SIGNATURES: [(&str, &str); 18] = [
    ("1.2.840.113549.1.1.4", "MD5withRSA"),
    ("1.2.840.113549.1.1.5", "SHA1withRSA"),
    ("1.3.14.3.2.29", "SHA1withRSA"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "SHA256withRSA"),
    ("1.2.840.113549.1.1.12", "SHA384withRSA"),
    ("1.2.840.113549.1.1.13", "SHA512withRSA"),
    ("1.2.840.113549.1.1.14", "SHA224withRSA"),
    ("1.2.840.10040.4.3", "SHA1withDSA"),
    ("2.16.840.1.101.3.4.3.1", "SHA224withDSA"),
    ("2.16.840.1.101.3.4.3.2", "SHA256withDSA"),
    ("1.2.840.10045.4.1", "SHA1withECDSA"),
    ("1.2.840.10045.4.3.1", "SHA224withECDSA"),
    ("1.2.840.10045.4.3.2", "SHA256withECDSA"),
    ("1.2.840.10045.4.3.3", "SHA384withECDSA"),
    ("1.2.840.10045.4.3.4", "SHA512withECDSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.2.156.10197.1.501", "SM3withSM2"),
];

/// Kinds of keys by object identifier.
const KEYS: [(&str, &str); 4] = [
    (RSA, "RSA"),
    (DSA, "DSA"),
    (EC, "EC"),
    ("1.3.101.112", "Ed25519"),
];

const RSA: &str = "1.2.840.113549.1.1.1";
const DSA: &str = "1.2.840.10040.4.1";
const EC: &str = "1.2.840.10045.2.1";

/// Bits of named curves (SEC 2; SM2 of GB/T 32918).
const CURVES: [(&str, u32); 6] = [
    ("1.2.840.10045.3.1.7", 256),
    ("1.3.132.0.33", 224),
    ("1.3.132.0.34", 384),
    ("1.3.132.0.35", 521),
    ("1.3.132.0.10", 256),
    ("1.2.156.10197.1.301", 256),
];

fn named(table: &[(&str, &str)], id: String) -> String {
    table
        .iter()
        .find(|(known, _)| *known == id)
        .map_or(id, |(_, name)| (*name).to_owned())
}

fn key_bits(algorithm: &str, key: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    let parameters = key.algorithm.parameters.as_ref();
    match algorithm {
        // RFC 3279, 2.3.1: SEQUENCE { modulus, exponent }
        RSA => {
            let modulus = Values::new(&key.subject_public_key.data, 0)
                .inside(SEQUENCE)?
                .tagged(INTEGER)?;
            Some(der::bits(modulus.content))
        }
        // RFC 3279, 2.3.2: parameters SEQUENCE { p, q, g }
        DSA => Some(der::bits(
            Values::new(parameters?.data, 0).tagged(INTEGER)?.content,
        )),
        EC => {
            let curve = parameters?.as_oid().ok()?.to_id_string();
            CURVES
                .iter()
                .find(|(known, _)| *known == curve)
                .map(|(_, bits)| *bits)
        }
        _ => None,
    }
}

fn rfc3339(time: &ASN1Time) -> String {
    let t = time.to_datetime();
    let (hour, minute, second) = t.to_hms();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        t.year(),
        u8::from(t.month()),
        t.day()
    )
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name as Java's `X500Name.toString` writes it, which `apksigner` prints: the
/// parts in reverse order, `, ` between them and ` + ` inside one.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|rdn| rdn.iter().map(attribute).collect::<Vec<_>>().join(" + "))
        .collect();
    parts.reverse();
    parts.join(", ")
}

/// Java's keywords (`sun.security.x509.AVAKeyword`).
const KEYWORDS: [(&str, &str); 17] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SURNAME"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "GIVENNAME"),
    ("2.5.4.43", "INITIALS"),
    ("2.5.4.44", "GENERATION"),
    ("2.5.4.46", "DNQ"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let id = attribute.attr_type().to_id_string();
    let keyword = match KEYWORDS.iter().find(|(known, _)| *known == id) {
        Some((_, keyword)) => (*keyword).to_owned(),
        None => format!("OID.{id}"),
    };
    let value = attribute.attr_value();
    match decode(value.tag().0, value.data) {
        Some(text) => format!("{keyword}={}", quoted(&text)),
        None => format!("{keyword}=#{}", hex(value.data)),
    }
}

/// A string value by its ASN.1 tag.
pub(super) fn decode(tag: u32, data: &[u8]) -> Option<String> {
    match tag {
        // UTF8String, NumericString, PrintableString, IA5String, GeneralString
        12 | 18 | 19 | 22 | 27 => Some(String::from_utf8_lossy(data).into_owned()),
        // TeletexString, which Java reads as ISO 8859-1
        20 => Some(data.iter().map(|byte| char::from(*byte)).collect()),
        // BMPString
        30 => {
            let units = data.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            Some(
                char::decode_utf16(units)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Java's quoting (`sun.security.x509.AVA.toKeywordValueString`).
fn quoted(text: &str) -> String {
    if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
        return text.to_owned();
    }
    let white = |c: char| c == ' ' || c == '\n';
    let special = |c: char| ",+=\n<>#;\\\"".contains(c);
    let doubled = text
        .chars()
        .zip(text.chars().skip(1))
        .any(|(a, b)| white(a) && white(b));
    if !(text.contains(special) || text.starts_with(white) || text.ends_with(white) || doubled) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    /// Names as `keytool -printcert` of JDK 17 shows them.
    #[test]
    fn quoting_like_java() {
        for (plain, shown) in [
            ("Android", "Android"),
            ("Shop, Inc.", "\"Shop, Inc.\""),
            ("a=b", "\"a=b\""),
            ("two  blanks", "\"two  blanks\""),
            (" first", "\" first\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("公司", "公司"),
        ] {
            assert_eq!(quoted(plain), shown);
        }
    }

    #[test]
    fn string_types() {
        assert_eq!(decode(30, &[0x51, 0x6c, 0, 0x41]).unwrap(), "公A");
        assert_eq!(decode(20, &[0xe9]).unwrap(), "é");
        assert_eq!(decode(3, &[0]), None);
    }

    #[test]
    fn what_does_not_parse_still_has_its_digests() {
        // SHA-256 and SHA-1 of "abc": FIPS 180-4 examples.
        let certificate = Certificate::read(b"abc", 100);
        assert_eq!(
            certificate.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(certificate.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(certificate.subject, None);
    }
}
