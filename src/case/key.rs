//! Keys and signatures in the format of minisign, so that anyone can check them with its own program.
//!
//! Layout: the section "Signature format" and "Key formats" of minisign's page, and `minisign.h` of 0.11. A signature
//! is Ed25519 over the BLAKE2b-512 of the file (`ED`), and once more over itself and the trusted comment. The `minisign`
//! crate mixes chance into every signature; here the same file and key always give the same one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Blake2b512, Digest};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;

const ED25519: [u8; 2] = *b"Ed";
const PREHASHED: [u8; 2] = *b"ED";
const SCRYPT: [u8; 2] = *b"Sc";
const NO_KDF: [u8; 2] = [0, 0];
const BLAKE2B: [u8; 2] = *b"B2";

/// libsodium's `crypto_pwhash_scryptsalsa208sha256_*_SENSITIVE`, which minisign takes. More is refused: a key file
/// must not ask for any amount of memory.
const OPERATIONS: u64 = 33_554_432;
const MEMORY: u64 = 1_073_741_824;

const SIGNATURE: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// First lines that nobody vouches for: ours, and minisign's own.
const UNTRUSTED: [&str; 2] = [
    "signature of a permscope case",
    "signature from minisign secret key",
];

/// What is wrong with a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not in the format of minisign.
    Format(&'static str),
    /// The key needs a password.
    Password,
    /// The password is not the key's.
    WrongPassword,
    /// Another key signed.
    OtherKey,
    /// The signature is not over these bytes.
    Signature,
    /// The signature is right, the comment beside it was changed.
    Comment,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(what) => write!(f, "not in the format of minisign: {what}"),
            Self::Password => f.write_str("the key needs a password"),
            Self::WrongPassword => f.write_str("the password is wrong, or the key is damaged"),
            Self::OtherKey => f.write_str("made with another key than the one given"),
            Self::Signature => f.write_str("the signature is not the key's over this statement"),
            Self::Comment => f.write_str("a comment of the signature was changed"),
        }
    }
}

impl std::error::Error for KeyError {}

/// A key that signs.
pub struct SecretKey {
    number: [u8; 8],
    key: SigningKey,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").finish_non_exhaustive()
    }
}

/// A key that checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    number: [u8; 8],
    key: VerifyingKey,
}

/// How a key is locked: the password, and a salt that nobody has used.
#[derive(Clone, Copy)]
pub struct Lock<'p> {
    /// The password.
    pub password: &'p str,
    /// 32 bytes of chance.
    pub salt: [u8; 32],
}

impl fmt::Debug for Lock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

impl SecretKey {
    /// A key of chance that somebody else took care of.
    pub fn new(seed: [u8; 32], number: [u8; 8]) -> Self {
        Self {
            number,
            key: SigningKey::from_bytes(&seed),
        }
    }

    /// The key to check with.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            number: self.number,
            key: self.key.verifying_key(),
        }
    }

    fn checksum(number: &[u8], pair: &[u8]) -> [u8; 32] {
        let mut hash = Blake2b::<U32>::new();
        hash.update(ED25519);
        hash.update(number);
        hash.update(pair);
        hash.finalize().into()
    }

    /// The file that keeps it; without a lock anyone who has the file can sign.
    ///
    /// # Errors
    /// The key cannot be derived from the password.
    pub fn to_file(&self, lock: Option<Lock<'_>>) -> Result<String, KeyError> {
        let pair = self.key.to_keypair_bytes();
        // Like minisign 0.11: a key that is not locked has no checksum.
        let sum = lock.map_or([0; 32], |_| Self::checksum(&self.number, &pair));
        let mut secret = [&self.number[..], &pair, &sum].concat();
        let (kdf, salt, operations, memory) = match lock {
            Some(lock) => (SCRYPT, lock.salt, OPERATIONS, MEMORY),
            None => (NO_KDF, [0; 32], 0, 0),
        };
        if let Some(lock) = lock {
            mask(&mut secret, lock.password, &lock.salt, OPERATIONS, MEMORY)?;
        }
        let (operations, memory) = (operations.to_le_bytes(), memory.to_le_bytes());
        let head = [&ED25519[..], &kdf, &BLAKE2B, &salt, &operations, &memory];
        let bytes = [&head.concat()[..], &secret].concat();
        let what = "minisign encrypted secret key"; // minisign says so of every key
        Ok(format!("{SIGNATURE}{what}\n{}\n", STANDARD.encode(bytes)))
    }

    /// Reads the file; `password` is asked only if the key is locked.
    ///
    /// # Errors
    /// No key of minisign, or a wrong password.
    pub fn from_file(
        text: &str,
        password: impl FnOnce() -> Option<String>,
    ) -> Result<Self, KeyError> {
        let bytes: [u8; 158] = second_line(text, "a secret key has 158 bytes")?;
        let mut parts = Parts(&bytes);
        let (algorithm, kdf, sum) = (parts.next::<2>()?, parts.next::<2>()?, parts.next::<2>()?);
        if algorithm != ED25519 || sum != BLAKE2B {
            return Err(KeyError::Format("the algorithm of the key"));
        }
        let salt = parts.next::<32>()?;
        let operations = u64::from_le_bytes(parts.next()?);
        let memory = u64::from_le_bytes(parts.next()?);
        let mut secret = parts.0.to_vec();
        match kdf {
            NO_KDF => {}
            SCRYPT => {
                let password = password().ok_or(KeyError::Password)?;
                mask(&mut secret, &password, &salt, operations, memory)?;
            }
            _ => return Err(KeyError::Format("the way in which the key is locked")),
        }
        let mut parts = Parts(&secret);
        let (number, pair) = (parts.next::<8>()?, parts.next::<64>()?);
        if kdf != NO_KDF && parts.next::<32>()? != Self::checksum(&number, &pair) {
            return Err(KeyError::WrongPassword);
        }
        let key = SigningKey::from_keypair_bytes(&pair)
            .map_err(|_| KeyError::Format("the two halves of the key do not fit"))?;
        Ok(Self { number, key })
    }

    /// `NAME.minisig` for these bytes; `comment` is one line that is signed with them.
    pub fn sign(&self, bytes: &[u8], comment: &str) -> String {
        let signature = self.key.sign(&Blake2b512::digest(bytes)).to_bytes();
        let global = self
            .key
            .sign(&[&signature[..], comment.as_bytes()].concat());
        let signature = [&PREHASHED[..], &self.number, &signature].concat();
        let [ours, _] = UNTRUSTED;
        format!(
            "{SIGNATURE}{ours}\n{}\n{TRUSTED}{comment}\n{}\n",
            STANDARD.encode(signature),
            STANDARD.encode(global.to_bytes())
        )
    }
}

impl PublicKey {
    /// The file that is handed to whoever checks.
    pub fn to_file(&self) -> String {
        let bytes = [&ED25519[..], &self.number, self.key.as_bytes()].concat();
        let number = u64::from_le_bytes(self.number);
        format!(
            "{SIGNATURE}minisign public key {number:016X}\n{}\n",
            STANDARD.encode(bytes)
        )
    }

    /// Reads the file, or its second line alone.
    ///
    /// # Errors
    /// No public key of minisign.
    pub fn from_file(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let whole;
        let text = if text.lines().count() == 1 {
            whole = format!("{SIGNATURE}\n{text}");
            &whole
        } else {
            text
        };
        let bytes: [u8; 42] = second_line(text, "a public key has 42 bytes")?;
        let mut parts = Parts(&bytes);
        if parts.next::<2>()? != ED25519 {
            return Err(KeyError::Format("the algorithm of the key"));
        }
        let number = parts.next()?;
        let key = VerifyingKey::from_bytes(&parts.next()?)
            .map_err(|_| KeyError::Format("no point of the curve"))?;
        Ok(Self { number, key })
    }

    /// Checks `NAME.minisig` over these bytes and gives the comment that was signed with them.
    ///
    /// # Errors
    /// What does not fit.
    pub fn verify<'s>(&self, bytes: &[u8], signature: &'s str) -> Result<&'s str, KeyError> {
        let lines: Vec<&str> = signature.split('\n').collect();
        let &[untrusted, first, trusted, second, ""] = lines.as_slice() else {
            return Err(KeyError::Format("a signature has four lines"));
        };
        let untrusted = untrusted.strip_prefix(SIGNATURE);
        if !untrusted.is_some_and(|line| UNTRUSTED.contains(&line)) {
            return Err(KeyError::Comment);
        }
        let comment = trusted.strip_prefix(TRUSTED);
        let comment = comment.ok_or(KeyError::Format("the third line"))?;
        let first: [u8; 74] = decoded(first, "a signature has 74 bytes")?;
        let second: [u8; 64] = decoded(second, "the second signature has 64 bytes")?;
        let mut parts = Parts(&first);
        if parts.next::<2>()? != PREHASHED {
            return Err(KeyError::Format("the algorithm of the signature"));
        }
        if parts.next::<8>()? != self.number {
            return Err(KeyError::OtherKey);
        }
        let signature = parts.next::<64>()?;
        let right = |message: &[u8], signature: &[u8; 64]| {
            let signature = Signature::from_bytes(signature);
            self.key.verify_strict(message, &signature).is_ok()
        };
        if !right(&Blake2b512::digest(bytes), &signature) {
            return Err(KeyError::Signature);
        }
        if !right(&[&signature[..], comment.as_bytes()].concat(), &second) {
            return Err(KeyError::Comment);
        }
        Ok(comment)
    }
}

/// Fixed pieces of bytes, one after the other.
struct Parts<'b>(&'b [u8]);

impl Parts<'_> {
    fn next<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let (piece, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(KeyError::Format("it ends too early"))?;
        self.0 = rest;
        Ok(*piece)
    }
}

fn decoded<const N: usize>(line: &str, what: &'static str) -> Result<[u8; N], KeyError> {
    let bytes = STANDARD.decode(line).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(KeyError::Format(what))
}

fn second_line<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], KeyError> {
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| line.starts_with(SIGNATURE)) {
        return Err(KeyError::Format("the first line"));
    }
    decoded(lines.next().unwrap_or_default().trim(), what)
}

/// Lays the stream that scrypt makes of the password over the secret; twice gives it back.
fn mask(
    secret: &mut [u8],
    password: &str,
    salt: &[u8; 32],
    operations: u64,
    memory: u64,
) -> Result<(), KeyError> {
    let bad = KeyError::Format("what unlocking would cost");
    if operations > OPERATIONS || memory > MEMORY {
        return Err(bad);
    }
    // libsodium, `pickparams` of crypto_pwhash_scryptsalsa208sha256.
    let operations = operations.max(32_768);
    let largest = |most: u64| -> u8 {
        let log = (1u8..63).find(|&log| 1u64 << log > most / 2);
        log.unwrap_or(63)
    };
    let (log, p) = if operations < memory / 32 {
        (largest(operations / 32), 1)
    } else {
        let log = largest(memory / 1_024);
        (
            log,
            (operations / 4).checked_shr(log.into()).unwrap_or(0) / 8,
        )
    };
    let p = u32::try_from(p).unwrap_or(0);
    let params = scrypt::Params::new(log, 8, p).map_err(|_| bad.clone())?;
    let mut stream = vec![0u8; secret.len()];
    scrypt::scrypt(password.as_bytes(), salt, &params, &mut stream).map_err(|_| bad)?;
    for (byte, with) in secret.iter_mut().zip(stream) {
        *byte ^= with;
    }
    Ok(())
}

#[cfg(test)]
#[path = "key_tests.rs"]
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
mod tests;
