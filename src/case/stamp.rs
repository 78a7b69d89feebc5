//! `request.tsq`: a request for a time stamp over the statement, which the office's own authority answers.

use sha2::{Digest, Sha256};

/// RFC 3161, 2.4.1: `TimeStampReq { version 1, messageImprint { sha256, digest }, certReq TRUE }`. Without a nonce
/// the same statement always gives the same request.
const BEFORE: [u8; 24] = [
    0x30, 0x39, // SEQUENCE, 57 bytes
    0x02, 0x01, 0x01, // INTEGER 1
    0x30, 0x31, // SEQUENCE: MessageImprint
    0x30, 0x0d, // SEQUENCE: AlgorithmIdentifier
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
    0x01, // OID 2.16.840.1.101.3.4.2.1
    0x05, 0x00, // NULL
    0x04, 0x20, // OCTET STRING, 32 bytes
];
const AFTER: [u8; 3] = [0x01, 0x01, 0xff]; // BOOLEAN TRUE

/// The request for these bytes.
pub(super) fn request(statement: &[u8]) -> Vec<u8> {
    [&BEFORE[..], &Sha256::digest(statement), &AFTER].concat()
}

/// Whether a reply holds a stamp over these bytes. Who stamped it, and whether the signature is right, is not looked at.
pub(super) fn is_about(reply: &[u8], statement: &[u8]) -> bool {
    // RFC 3161, 2.4.2: TSTInfo repeats the MessageImprint of the request byte for byte.
    let (_, imprint) = BEFORE.split_at(5);
    let imprint = [imprint, &Sha256::digest(statement)].concat();
    memchr::memmem::find(reply, &imprint).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::hex;

    /// Made by `printf abc > f; openssl ts -query -data f -sha256 -cert -no_nonce -out f.tsq` (OpenSSL 3.0).
    #[test]
    fn the_bytes_of_openssl() {
        assert_eq!(
            hex(&request(b"abc")),
            "30390201013031300d060960864801650304020105000420ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0101ff"
        );
        assert!(is_about(&request(b"abc"), b"abc") && !is_about(&request(b"abc"), b"abd"));
    }
}
