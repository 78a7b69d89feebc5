//! Against keys and a signature of Debian's minisign 0.11: `minisign -G -W`, `printf permscope > m`,
//! `minisign -S -m m -t 'a comment'`. The key was made for this and signs nothing else.

use super::*;

const SECRET: &str = "untrusted comment: minisign encrypted secret key\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD7IAyIWTliM6zyn5/fqgttLwiJltn1IFMsO4QOutTywVYAhIEPMKZ+lsrxPGPIyqQ9beyyGNaLQYEIitsdzffYYRxdxjRE2OAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
const PUBLIC: &str = "untrusted comment: minisign public key 23969385C800B20F\nRWQPsgDIhZOWI+lsrxPGPIyqQ9beyyGNaLQYEIitsdzffYYRxdxjRE2O\n";
const SIGNED: &str = "untrusted comment: signature from minisign secret key
RUQPsgDIhZOWI8yzbwPU8A/BQPEMLasYXYkK0RHnxqFlLGIIKlaLAfgwMPecLmvM2wPWJypdpGEYgku4g2EFps9/30hDQZI/yQw=
trusted comment: a comment
T3e4mYFZC9QWCtzNHn12rpyB+UvnrEXt6mxkhQjM3YUbhDl5ncc2gaTvDJPPxIghxvHQ7Um7bQyWgkXjcJeMAw==
";

fn secret() -> SecretKey {
    SecretKey::from_file(SECRET, || None).unwrap()
}

#[test]
fn files_of_minisign_are_read_and_written_as_they_are() {
    let key = secret();
    assert_eq!(key.to_file(None).unwrap(), SECRET);
    assert_eq!(key.public().to_file(), PUBLIC);
    assert_eq!(PublicKey::from_file(PUBLIC).unwrap(), key.public());
    let alone = PUBLIC.lines().nth(1).unwrap();
    assert_eq!(PublicKey::from_file(alone).unwrap(), key.public());
}

#[test]
fn a_signature_of_minisign_is_accepted_and_ours_is_the_same() {
    let public = PublicKey::from_file(PUBLIC).unwrap();
    assert_eq!(public.verify(b"permscope", SIGNED), Ok("a comment"));
    // Ed25519 leaves no choice: but for the first line, which nobody signs, the files are the same.
    let ours = secret().sign(b"permscope", "a comment");
    assert_eq!(
        ours.lines().skip(1).collect::<Vec<_>>(),
        SIGNED.lines().skip(1).collect::<Vec<_>>()
    );
    assert_eq!(public.verify(b"permscope", &ours), Ok("a comment"));
}

#[test]
fn no_byte_of_a_signature_is_free() {
    let public = PublicKey::from_file(PUBLIC).unwrap();
    assert_eq!(
        public.verify(b"permscopf", SIGNED),
        Err(KeyError::Signature)
    );
    for at in 0..SIGNED.len() {
        let mut changed = SIGNED.as_bytes().to_vec();
        changed[at] ^= 1;
        let changed = String::from_utf8_lossy(&changed);
        assert!(public.verify(b"permscope", &changed).is_err(), "byte {at}");
    }
    let other = SecretKey::new([7; 32], [7; 8]);
    assert_eq!(
        other.public().verify(b"permscope", SIGNED),
        Err(KeyError::OtherKey)
    );
    // The number of a key is not secret: another key under the same number.
    let PublicKey { number, .. } = public;
    let forger = SecretKey::new([7; 32], number);
    let forged = forger.sign(b"permscope", "a comment");
    assert_eq!(
        public.verify(b"permscope", &forged),
        Err(KeyError::Signature)
    );
}

#[test]
fn bad_key_files_are_refused() {
    assert_eq!(
        SecretKey::from_file("nonsense", || None).unwrap_err(),
        KeyError::Format("the first line")
    );
    let bytes = STANDARD.decode(SECRET.lines().nth(1).unwrap()).unwrap();
    let file = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        format!("untrusted comment: x\n{}\n", STANDARD.encode(bytes))
    };
    let refused = |text: &str| SecretKey::from_file(text, || Some("p".into())).unwrap_err();
    assert_eq!(
        refused(&file(&|b| b[0] = b'X')),
        KeyError::Format("the algorithm of the key")
    );
    let locked = "the way in which the key is locked";
    assert_eq!(refused(&file(&|b| b[2] = b'X')), KeyError::Format(locked));
    assert_eq!(
        refused(&file(&|b| b.truncate(100))),
        KeyError::Format("a secret key has 158 bytes")
    );
    assert_eq!(
        refused(&file(&|b| b[100] ^= 1)),
        KeyError::Format("the two halves of the key do not fit")
    );
    // A key that asks for 2^60 bytes to be unlocked.
    let greedy = file(&|b| {
        b[2..4].copy_from_slice(b"Sc");
        b[53] = 0x10;
    });
    assert_eq!(
        refused(&greedy),
        KeyError::Format("what unlocking would cost")
    );
    let locked = file(&|b| b[2..4].copy_from_slice(b"Sc"));
    assert_eq!(
        SecretKey::from_file(&locked, || None).unwrap_err(),
        KeyError::Password
    );
}
