//! What verifying needs of a certificate (RFC 5280, 4.1): the key, the names, the extensions.

use super::certificate::decode;
use super::der::{
    BIT_STRING, BOOLEAN, CONTEXT_0, CONTEXT_3, INTEGER, OCTET_STRING, OID, SEQUENCE, Value, Values,
};
use crate::hash::hex;

/// The parts of a certificate, as they are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    /// The whole certificate.
    pub(super) der: &'a [u8],
    /// Content of the serial number.
    pub(super) serial: &'a [u8],
    /// Who issued it, whole.
    pub(super) issuer: &'a [u8],
    /// SubjectPublicKeyInfo, whole.
    pub(super) key: &'a [u8],
    extensions: Option<Values<'a>>,
}

impl<'a> Parts<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut tbs = Values::new(der, 0).inside(SEQUENCE)?.inside(SEQUENCE)?;
        tbs.tagged(CONTEXT_0);
        let serial = tbs.tagged(INTEGER)?.content;
        tbs.tagged(SEQUENCE)?;
        let issuer = tbs.tagged(SEQUENCE)?.whole;
        // validity, subject
        tbs.tagged(SEQUENCE)?;
        tbs.tagged(SEQUENCE)?;
        let key = tbs.tagged(SEQUENCE)?.whole;
        let extensions = tbs
            .find(|value| value.tag == CONTEXT_3)
            .and_then(|value| Values::new(value.content, 0).inside(SEQUENCE));
        Some(Self {
            der,
            serial,
            issuer,
            key,
            extensions,
        })
    }

    /// Why Android does not take a JAR signature of this certificate, if so (`sun.security.pkcs.SignerInfo.verify`).
    pub(super) fn not_for_signing(&self) -> Option<&'static str> {
        for extension in self.extensions.into_iter().flatten() {
            let mut parts = Values::new(extension.content, 0);
            let id = parts.tagged(OID)?.content;
            let critical = parts
                .tagged(BOOLEAN)
                .is_some_and(|value| value.content != [0]);
            let value = parts.tagged(OCTET_STRING)?.content;
            if id == KEY_USAGE {
                let bits = Values::new(value, 0).tagged(BIT_STRING)?.content;
                // digitalSignature is the first bit, nonRepudiation the second.
                if bits.get(1).is_none_or(|usage| usage & 0xc0 == 0) {
                    return Some("the certificate's key usage is not for signatures");
                }
            } else if critical && !known(id) {
                return Some("the certificate has an unknown critical extension");
            }
        }
        None
    }
}

/// 2.5.29.15
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];

/// Extensions that Java knows (`sun.security.x509.OIDMap`).
fn known(id: &[u8]) -> bool {
    // Arc 2.5.29: key identifiers, alternative names, constraints, CRL points, policies, extended usage.
    const STANDARD: [u8; 19] = [
        14, 15, 16, 17, 18, 19, 20, 21, 27, 28, 29, 30, 31, 32, 33, 35, 36, 37, 46,
    ];
    match id {
        [0x55, 0x1d, 54] => true,
        [0x55, 0x1d, last] => STANDARD.contains(last),
        // Authority and subject information access, OCSP no-check, Netscape certificate type.
        [0x2b, 6, 1, 5, 5, 7, 1, 1 | 11] | [0x2b, 6, 1, 5, 5, 7, 48, 1, 5] => true,
        [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1] => true,
        _ => false,
    }
}

/// The names are the same as Java compares them (`sun.security.x509.X500Name.equals`): the types of strings, their
/// case and white space do not matter.
pub(super) fn same_name(a: &[u8], b: &[u8]) -> bool {
    a == b || canonical(a).is_some_and(|name| canonical(b) == Some(name))
}

/// Object identifiers and values of one part of a name.
type Attributes<'a> = Vec<(&'a [u8], String)>;

/// The parts of a name: attributes of one part in any order, the parts in theirs.
fn canonical(name: &[u8]) -> Option<Vec<Attributes<'_>>> {
    let parts = Values::new(name, 0).inside(SEQUENCE)?;
    fn part(set: Value<'_>) -> Option<Attributes<'_>> {
        let mut attributes = Vec::new();
        for attribute in Values::new(set.content, 0) {
            let mut pair = Values::new(attribute.content, 0);
            let id = pair.tagged(OID)?.content;
            let value = pair.next()?;
            let text = match decode(u32::from(value.tag), value.content) {
                Some(text) => {
                    let words: Vec<&str> = text.split_whitespace().collect();
                    words.join(" ").to_lowercase()
                }
                None => hex(value.whole),
            };
            attributes.push((id, text));
        }
        attributes.sort();
        Some(attributes)
    }
    parts.map(part).collect()
}

/// The serial numbers are the same; leading zeros do not matter.
pub(super) fn same_serial(a: &[u8], b: &[u8]) -> bool {
    let digits = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        number.get(zeros..).unwrap_or_default().to_vec()
    };
    digits(a) == digits(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_like_java() {
        // CN=Sample as PrintableString, "  sample " as UTF8String, Simple; made by hand after X.690.
        let printable = b"\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x13\x06Sample";
        let utf8 = b"\x30\x14\x31\x12\x30\x10\x06\x03\x55\x04\x03\x0c\x09  sample ";
        let other = b"\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x13\x06Simple";
        assert!(same_name(printable, utf8));
        assert!(!same_name(printable, other));
        assert!(!same_name(printable, b"\x30\x00"));
        assert!(!same_name(b"x", b"y"));
    }

    #[test]
    fn serial_numbers_with_leading_zeros() {
        assert!(same_serial(&[0, 0x80], &[0x80]));
        assert!(!same_serial(&[1], &[2]));
    }
}
