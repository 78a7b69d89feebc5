//! Public keys, and whether a signature was made with one. The arithmetic is RustCrypto's.

use super::der::{BIT_STRING, INTEGER, OID, SEQUENCE, Values, bits};
use dsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::Md5::digest(data).to_vec(),
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha224 => Sha224::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// As in Java's names of signature algorithms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// Collisions can be made.
    pub(super) fn weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }
}

/// How a signature is made of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    RsaPkcs1,
    /// RSASSA-PSS with MGF1 of the same digest and a salt of its length.
    RsaPss,
    Ecdsa,
    Dsa,
}

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) hash: Hash,
    pub(super) padding: Padding,
}

impl Algorithm {
    /// Java's name: `SHA256withRSA`.
    pub(super) fn name(self) -> String {
        let key = match self.padding {
            Padding::RsaPkcs1 => "RSA",
            Padding::RsaPss => "RSA/PSS",
            Padding::Ecdsa => "ECDSA",
            Padding::Dsa => "DSA",
        };
        format!("{}with{key}", self.hash.name())
    }
}

/// A public key that signatures can be checked with.
#[derive(Debug)]
pub(super) enum PublicKey {
    Rsa(rsa::PublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Dsa(dsa::VerifyingKey),
}

/// Why a key or a signature cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyError {
    /// It breaks its format; Android refuses it.
    Malformed(&'static str),
    /// Android may know it; here it is not known.
    Unsupported(&'static str),
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];

/// Sizes of RSA keys in bits: the smallest one that was ever common, and the largest one that the
/// platform's BoringSSL takes (`OPENSSL_RSA_MAX_MODULUS_BITS`).
const RSA_BITS: std::ops::RangeInclusive<usize> = 512..=16_384;

/// The parts of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
struct Info<'a> {
    algorithm: &'a [u8],
    parameters: Values<'a>,
    key: &'a [u8],
}

fn info(spki: &[u8]) -> Option<Info<'_>> {
    let mut all = Values::new(spki, 0);
    let mut inner = all.inside(SEQUENCE)?;
    let mut identifier = inner.inside(SEQUENCE)?;
    let algorithm = identifier.tagged(OID)?.content;
    // The first byte says how many bits of the last one are unused.
    let key = inner.tagged(BIT_STRING)?.content.strip_prefix(&[0])?;
    all.at_end().then_some(Info {
        algorithm,
        parameters: identifier,
        key,
    })
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub(super) fn read(spki: &[u8]) -> Result<Self, KeyError> {
        let info = info(spki).ok_or(KeyError::Malformed("no SubjectPublicKeyInfo"))?;
        match info.algorithm {
            RSA => rsa_key(info.key).map(Self::Rsa),
            DSA => dsa_key(&info).map(Self::Dsa),
            EC => ec_key(info),
            _ => Err(KeyError::Unsupported("an unknown kind of key")),
        }
    }

    /// Whether `signature` over `message` was made with this key.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyError> {
        let digest = algorithm.hash.of(message);
        match (self, algorithm.padding) {
            (Self::Rsa(key), Padding::RsaPkcs1) => {
                Ok(pkcs1(key, algorithm.hash, &digest, signature))
            }
            (Self::Rsa(key), Padding::RsaPss) => pss(key, algorithm.hash, &digest, signature),
            (Self::P256(key), Padding::Ecdsa) => {
                let (r, s) = scalars(signature, 32)?;
                let made = fixed(&r)
                    .zip(fixed(&s))
                    .and_then(|(r, s): ([u8; 32], [u8; 32])| {
                        p256::ecdsa::Signature::from_scalars(r, s).ok()
                    });
                Ok(made.is_some_and(|made| key.verify_prehash(&digest, &made).is_ok()))
            }
            (Self::P384(key), Padding::Ecdsa) => {
                let (r, s) = scalars(signature, 48)?;
                let made = fixed(&r)
                    .zip(fixed(&s))
                    .and_then(|(r, s): ([u8; 48], [u8; 48])| {
                        p384::ecdsa::Signature::from_scalars(r, s).ok()
                    });
                Ok(made.is_some_and(|made| key.verify_prehash(&digest, &made).is_ok()))
            }
            (Self::P521(key), Padding::Ecdsa) => {
                let (r, s) = scalars(signature, 66)?;
                let made = fixed(&r)
                    .zip(fixed(&s))
                    .and_then(|(r, s): ([u8; 66], [u8; 66])| {
                        p521::ecdsa::Signature::from_scalars(r, s).ok()
                    });
                Ok(made.is_some_and(|made| key.verify_prehash(&digest, &made).is_ok()))
            }
            (Self::Dsa(key), Padding::Dsa) => {
                let (r, s) = integers(signature)?;
                let (Some(r), Some(s)) = (number(r), number(s)) else {
                    return Ok(false);
                };
                let q = key.components().q().as_ref();
                if r >= *q || s >= *q {
                    return Ok(false);
                }
                let made = dsa::Signature::from_components(r, s);
                Ok(made.is_some_and(|made| key.verify_prehash(&digest, &made).is_ok()))
            }
            _ => Err(KeyError::Malformed(
                "the key is of another kind than the signature",
            )),
        }
    }
}

/// Whether two SubjectPublicKeyInfos hold the same key: byte for byte, or with an RSA modulus that one
/// writes as a negative number. Android writes keys anew before it compares them, and apksig does the
/// same by hand (`ApkSigningBlockUtils.encodePublicKey`).
pub(super) fn same_key(signer: &[u8], certificate: &[u8]) -> bool {
    signer == certificate || {
        let rsa = |spki| {
            let info = info(spki).filter(|info| info.algorithm == RSA)?;
            rsa_numbers(info.key)
        };
        matches!((rsa(signer), rsa(certificate)), (Some((n, e)), Some((m, f)))
            if e == f && n.first().is_some_and(|byte| *byte == 0) && n.get(1..) == Some(m))
    }
}

/// Modulus and exponent (RFC 8017, A.1.1), as they are written.
fn rsa_numbers(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = Values::new(key, 0).inside(SEQUENCE)?;
    Some((
        numbers.tagged(INTEGER)?.content,
        numbers.tagged(INTEGER)?.content,
    ))
}

fn rsa_key(key: &[u8]) -> Result<rsa::PublicKey, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("no RSA public key");
    let (n, e) = rsa_numbers(key).ok_or(MALFORMED)?;
    let (n, e) = (number(n).ok_or(MALFORMED)?, number(e).ok_or(MALFORMED)?);
    if e.bit_width() > 33
        || !RSA_BITS.contains(&usize::try_from(n.bit_width()).unwrap_or(usize::MAX))
    {
        return Err(KeyError::Unsupported("an RSA key of an unusual size"));
    }
    rsa::PublicKey::new_with_size_limits(n, e, RSA_BITS).map_err(|_| MALFORMED)
}

fn dsa_key(info: &Info<'_>) -> Result<dsa::VerifyingKey, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("no DSA public key");
    let mut parameters = info.parameters;
    let mut numbers = parameters.inside(SEQUENCE).ok_or(MALFORMED)?;
    let mut next = || {
        numbers
            .tagged(INTEGER)
            .map(|value| value.content)
            .ok_or(MALFORMED)
    };
    let (p, q, g) = (next()?, next()?, next()?);
    let y = Values::new(info.key, 0)
        .tagged(INTEGER)
        .ok_or(MALFORMED)?
        .content;
    // FIPS 186-4, 4.2. Other sizes are not in use, and hostile ones cost time.
    if ![(1024, 160), (2048, 224), (2048, 256), (3072, 256)].contains(&(bits(p), bits(q))) {
        return Err(KeyError::Unsupported("a DSA key of an unusual size"));
    }
    let width = bits(p);
    let number = |bytes| sized(bytes, width).ok_or(MALFORMED);
    let (g, y) = (number(g)?, number(y)?);
    let p = number(p)?;
    if y >= p || g >= p {
        return Err(MALFORMED);
    }
    let q = sized(q, bits(q)).ok_or(MALFORMED)?;
    dsa::Components::from_components(p, q, g)
        .and_then(|components| dsa::VerifyingKey::from_components(components, y))
        .map_err(|_| MALFORMED)
}

fn ec_key(info: Info<'_>) -> Result<PublicKey, KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("no point on the curve");
    let mut parameters = info.parameters;
    let curve = parameters.tagged(OID).map(|oid| oid.content);
    match curve {
        Some(P256) => p256::ecdsa::VerifyingKey::from_sec1_bytes(info.key)
            .map(PublicKey::P256)
            .map_err(|_| MALFORMED),
        Some(P384) => p384::ecdsa::VerifyingKey::from_sec1_bytes(info.key)
            .map(PublicKey::P384)
            .map_err(|_| MALFORMED),
        Some(P521) => p521::ecdsa::VerifyingKey::from_sec1_bytes(info.key)
            .map(PublicKey::P521)
            .map_err(|_| MALFORMED),
        _ => Err(KeyError::Unsupported(
            "an elliptic curve other than P-256, P-384 and P-521",
        )),
    }
}

fn pkcs1(key: &rsa::PublicKey, hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
    match hash {
        Hash::Md5 => key.pkcs1v15_verify_prehash::<md5::Md5>(digest, signature),
        Hash::Sha1 => key.pkcs1v15_verify_prehash::<Sha1>(digest, signature),
        Hash::Sha224 => key.pkcs1v15_verify_prehash::<Sha224>(digest, signature),
        Hash::Sha256 => key.pkcs1v15_verify_prehash::<Sha256>(digest, signature),
        Hash::Sha384 => key.pkcs1v15_verify_prehash::<Sha384>(digest, signature),
        Hash::Sha512 => key.pkcs1v15_verify_prehash::<Sha512>(digest, signature),
    }
    .is_ok()
}

fn pss(
    key: &rsa::PublicKey,
    hash: Hash,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    match hash {
        Hash::Sha256 => Ok(key.pss_verify_prehash::<Sha256>(digest, signature).is_ok()),
        Hash::Sha512 => Ok(key.pss_verify_prehash::<Sha512>(digest, signature).is_ok()),
        // No APK signature scheme has it.
        _ => Err(KeyError::Unsupported("RSASSA-PSS with this digest")),
    }
}

/// An unsigned number; a leading bit is not a sign (Android reads a negative modulus as positive).
fn number(bytes: &[u8]) -> Option<BoxedUint> {
    sized(bytes, bits(bytes).max(64))
}

fn sized(bytes: &[u8], width: u32) -> Option<BoxedUint> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    BoxedUint::from_be_slice(bytes.get(zeros..)?, width).ok()
}

/// `r` and `s` of a signature (RFC 3279, 2.2.2 and 2.2.3), strictly DER as BoringSSL wants it.
fn integers(signature: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed("no DER sequence of two numbers");
    let mut all = Values::new(signature, 0);
    let mut numbers = all.inside(SEQUENCE).ok_or(MALFORMED)?;
    let mut next = || {
        let value = numbers.tagged(INTEGER)?;
        let positive = match value.content {
            [0, second, ..] => *second >= 0x80,
            [first, ..] => *first < 0x80,
            [] => false,
        };
        positive.then_some(value.content)
    };
    let found = next().zip(next()).ok_or(MALFORMED)?;
    if all.at_end() && numbers.at_end() && all.shortest() && numbers.shortest() {
        Ok(found)
    } else {
        Err(MALFORMED)
    }
}

/// The two numbers, each padded to the curve's size.
fn scalars(signature: &[u8], size: usize) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let (r, s) = integers(signature)?;
    let pad = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = number.get(zeros..).unwrap_or_default();
        let mut padded = vec![0; size.saturating_sub(digits.len())];
        padded.extend(digits);
        padded
    };
    Ok((pad(r), pad(s)))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn der(r: &str, s: &str) -> Vec<u8> {
        let integer = |number: &str| {
            let mut number = bytes(number);
            if number[0] >= 0x80 {
                number.insert(0, 0);
            }
            [&[2, u8::try_from(number.len()).unwrap()], &number[..]].concat()
        };
        let both = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(both.len()).unwrap()], &both[..]].concat()
    }

    /// RFC 6979, A.2.5: P-256, message "sample", with digests shorter than, as long as and longer than the order.
    #[test]
    fn ecdsa_examples_of_rfc_6979() {
        let spki = bytes(concat!(
            "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
            "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
            "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
        ));
        let key = PublicKey::read(&spki).unwrap();
        for (hash, r, s) in [
            (
                Hash::Sha1,
                "61340C88C3AAEBEB4F6D667F672CA9759A6CCAA9FA8811313039EE4A35471D32",
                "6D7F147DAC089441BB2E2FE8F7A3FA264B9C475098FDCF6E00D7C996E1B8B7EB",
            ),
            (
                Hash::Sha256,
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                Hash::Sha512,
                "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
                "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
            ),
        ] {
            let algorithm = Algorithm {
                hash,
                padding: Padding::Ecdsa,
            };
            let signature = der(r, s);
            assert_eq!(
                key.verify(algorithm, b"sample", &signature),
                Ok(true),
                "{hash:?}"
            );
            assert_eq!(key.verify(algorithm, b"Sample", &signature), Ok(false));
            let mut longer = signature.clone();
            longer.push(0);
            assert!(key.verify(algorithm, b"sample", &longer).is_err());
            assert!(key.verify(algorithm, b"sample", &[]).is_err());
        }
        let rsa = Algorithm {
            hash: Hash::Sha256,
            padding: Padding::RsaPkcs1,
        };
        assert!(matches!(
            key.verify(rsa, b"", b""),
            Err(KeyError::Malformed(_))
        ));
    }

    /// Made by OpenSSL 3: `dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign`.
    #[test]
    fn rsa_pss_of_openssl() {
        let key = PublicKey::read(include_bytes!("testdata/pss.spki")).unwrap();
        let with = |hash| Algorithm {
            hash,
            padding: Padding::RsaPss,
        };
        let message = b"signed with PSS";
        let short: &[u8] = include_bytes!("testdata/pss256.sig");
        let long: &[u8] = include_bytes!("testdata/pss512.sig");
        assert_eq!(key.verify(with(Hash::Sha256), message, short), Ok(true));
        assert_eq!(key.verify(with(Hash::Sha512), message, long), Ok(true));
        assert_eq!(key.verify(with(Hash::Sha512), message, short), Ok(false));
        assert_eq!(
            key.verify(with(Hash::Sha256), b"signed with pss", short),
            Ok(false)
        );
    }

    #[test]
    fn keys_that_are_none() {
        let spki = include_bytes!("testdata/pss.spki");
        for end in 0..spki.len() {
            assert!(PublicKey::read(&spki[..end]).is_err());
        }
        // The point (0, 0) lies on no curve.
        let mut point = bytes("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
        point.extend([0; 64]);
        assert!(matches!(
            PublicKey::read(&point),
            Err(KeyError::Malformed(_))
        ));
        // RFC 8410, 10.1: an Ed25519 key.
        let ed25519 = bytes(
            "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
        );
        assert!(matches!(
            PublicKey::read(&ed25519),
            Err(KeyError::Unsupported(_))
        ));
    }

    #[test]
    fn a_modulus_that_looks_negative_is_the_same_key() {
        // SubjectPublicKeyInfo of RSA with modulus 0x81, exponent 3, and the same without its leading zero.
        let head = bytes("300d06092a864886f70d0101010500");
        let key = |modulus: &[u8]| {
            let mut numbers = vec![2, u8::try_from(modulus.len()).unwrap()];
            numbers.extend(modulus);
            numbers.extend([2, 1, 3]);
            let mut bits = vec![0, 0x30, u8::try_from(numbers.len()).unwrap()];
            bits.extend(&numbers);
            let mut all = head.clone();
            all.extend([3, u8::try_from(bits.len()).unwrap()]);
            all.extend(bits);
            [&[0x30, u8::try_from(all.len()).unwrap()], &all[..]].concat()
        };
        assert!(same_key(&key(&[0, 0x81]), &key(&[0x81])));
        assert!(!same_key(&key(&[0, 0x81]), &key(&[0x83])));
        assert!(!same_key(&key(&[0x81]), &key(&[0, 0x81])));
    }
}
