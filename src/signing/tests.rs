//! `testdata/rotated.apk` was signed by apksigner 35.0.2 with `--v1-signing-enabled true
//! --min-sdk-version 21 --rotation-min-sdk-version 33 --lineage … --next-signer …`; what
//! the tests expect is what `apksigner verify -v --print-certs`, `apksigner lineage
//! --print-certs -v` and `keytool -list -v` print for it and its keys.

use super::*;
use crate::container::testzip::{File, mutate, write, write_with_block};
use crate::limits::Limits;

const ROTATED: &[u8] = include_bytes!("testdata/rotated.apk");
const OLD: &str = "fe8f1acce977b309c764b3a5ce026fc61c255e84302133ef9975544c8cba1045";
const NEW: &str = "231f6d341175801dabca4094282232417901207cc32d184fac6fc1868b148999";

fn read_all(bytes: &[u8]) -> Signing {
    read(
        &Archive::open("a.apk", bytes, &Limits::default()).unwrap(),
        bytes,
    )
}

#[test]
fn every_scheme_of_an_apk_with_a_rotated_key() {
    let signing = read_all(ROTATED);
    assert_eq!(signing.incidents, []);
    let seen: Vec<_> = signing
        .schemes
        .iter()
        .flat_map(|s| {
            s.signers
                .iter()
                .map(move |signer| (s.scheme.name(), signer))
        })
        .map(|(scheme, signer)| {
            let certificates: Vec<&str> = signer
                .certificates
                .iter()
                .map(|c| c.sha256.as_str())
                .collect();
            (scheme, signer.min_sdk, signer.max_sdk, certificates)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("v1", None, None, vec![OLD]),
            ("v2", None, None, vec![OLD]),
            ("v3", Some(24), Some(32), vec![OLD]),
            ("v3.1", Some(33), Some(i32::MAX as u32), vec![NEW]),
        ]
    );
    let v1 = &signing.schemes[0].signers[0];
    assert_eq!(v1.file.as_deref(), Some("META-INF/T.EC"));
    assert_eq!(v1.signature_file.as_deref(), Some("META-INF/T.SF"));
    let lineage: Vec<_> = signing.schemes[3].signers[0]
        .lineage
        .iter()
        .map(|node| (node.certificate.sha256.as_str(), node.flags))
        .collect();
    // Installed data, shared UID, permission, auth; no rollback.
    assert_eq!(lineage, [(OLD, 1 | 2 | 4 | 16), (NEW, 1 | 2 | 4 | 16)]);
    let names: Vec<_> = signing
        .blocks
        .iter()
        .map(|b| (b.id, b.name.as_deref().unwrap()))
        .collect();
    assert_eq!(
        names,
        [
            (0x7109_871a, "APK Signature Scheme v2"),
            (0x1b93_ad61, "APK Signature Scheme v3.1"),
            (0xf053_68c0, "APK Signature Scheme v3"),
            (0x4272_6577, "padding"),
        ]
    );
}

#[test]
fn fields_of_the_certificates() {
    let signing = read_all(ROTATED);
    assert_eq!(
        signing.schemes[1].signers[0].certificates[0],
        Certificate {
            sha256: OLD.to_owned(),
            sha1: "6ed3d901e001fd45e312b75cb945cfe47be5031d".to_owned(),
            subject: Some("CN=\"Sample, Inc.\", OU=\"a+b\", ST=浙江, C=CN".to_owned()),
            issuer: Some("CN=\"Sample, Inc.\", OU=\"a+b\", ST=浙江, C=CN".to_owned()),
            serial: Some("4e5b05ddde196843".to_owned()),
            not_before: Some("2026-11-22T14:31:35Z".to_owned()),
            not_after: Some("2126-10-29T14:31:35Z".to_owned()),
            signature_algorithm: Some("SHA256withECDSA".to_owned()),
            key_algorithm: Some("EC".to_owned()),
            key_bits: Some(256),
            debug: false,
        }
    );
    let debug = &signing.schemes[3].signers[0].certificates[0];
    assert_eq!(
        debug.subject.as_deref(),
        Some("CN=Android Debug, O=Android, C=US")
    );
    assert_eq!((debug.key_bits, debug.debug), (Some(384), true));
    assert_eq!(
        debug.signature_algorithm.as_deref(),
        Some("SHA384withECDSA")
    );
}

#[test]
fn facts_survive_json() {
    let signing = read_all(ROTATED);
    let json = serde_json::to_string(&signing).unwrap();
    assert_eq!(serde_json::from_str::<Signing>(&json).unwrap(), signing);
    assert!(
        json.contains(r#"{"scheme":"v3.1","signers":[{"min_sdk":33,"#),
        "{json}"
    );
}

/// A signing block by the layout of source.android.com, "APK Signing Block format".
fn block(pairs: &[(u32, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, value) in pairs {
        body.extend((value.len() as u64 + 4).to_le_bytes());
        body.extend(id.to_le_bytes());
        body.extend(*value);
    }
    let size = (body.len() as u64 + 24).to_le_bytes();
    [&size[..], &body, &size, b"APK Sig Block 42"].concat()
}

fn blocks_of(pairs: &[(u32, &[u8])]) -> Signing {
    read_all(&write_with_block(
        &[File::new("AndroidManifest.xml", b"x")],
        &block(pairs),
    ))
}

#[test]
fn channel_blocks_show_their_text() {
    let walle = "{\"channel\":\"应用商店\"}".as_bytes();
    let signing = blocks_of(&[
        (0x7177_7777, walle),
        (0x8811_55ff, b"huawei\0"),
        (1, &[0, 159]),
        (2, b""),
    ]);
    let seen: Vec<_> = signing
        .blocks
        .iter()
        .map(|b| (b.name.as_deref(), b.size, b.text.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (
                Some("Walle channel"),
                26,
                Some("{\"channel\":\"应用商店\"}")
            ),
            (Some("VasDolly channel"), 7, Some("huawei")),
            (None, 2, None),
            (None, 0, None),
        ]
    );
    // 30 bytes of local header, 19 of name, 1 of data, then size, length and id.
    assert_eq!(signing.blocks[0].offset, 50 + 8 + 8 + 4);
    assert!(signing.schemes.is_empty() && signing.incidents.is_empty());
}

#[test]
fn damage_is_an_incident_that_hides_the_signers() {
    let signing = blocks_of(&[(0x7109_871a, &[9, 0, 0, 0]), (0x7177_7777, b"kept")]);
    assert_eq!(signing.incidents.len(), 1);
    assert_eq!(signing.incidents[0].hides, Some(Channel::Signers));
    assert_eq!(signing.incidents[0].offset, Some(50 + 8 + 8 + 4 + 4));
    assert_eq!(signing.schemes[0].signers, []);
    assert_eq!(
        signing.blocks[1].text.as_deref(),
        Some("kept"),
        "the pairs behind it are read"
    );
    // The second copy of the size does not agree with the first.
    let mut bad = block(&[(1, b"x")]);
    bad[0] ^= 1;
    let signing = read_all(&write_with_block(&[File::new("a", b"")], &bad));
    assert_eq!(signing.incidents[0].code, IncidentCode::Malformed);
    // A size that reaches before the file.
    let mut bad = block(&[(1, b"x")]);
    let at = bad.len() - 24;
    bad[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(
        read_all(&write_with_block(&[File::new("a", b"")], &bad))
            .incidents
            .len(),
        1
    );
}

#[test]
fn v1_names_are_compared_without_case() {
    let apk = Archive::open("r", ROTATED, &Limits::default()).unwrap();
    let pkcs7 = apk.read(apk.find("META-INF/T.EC").unwrap()).unwrap();
    let bytes = write(&[
        File::new("meta-inf/a.sf", b""),
        File::new("Meta-Inf/A.rsa", &pkcs7),
        File::new("META-INF/x.RSA", b"?"),
    ]);
    let signing = read_all(&bytes);
    let signers = &signing.schemes[0].signers;
    assert_eq!(signers.len(), 1);
    assert_eq!(signers[0].certificates[0].sha256, OLD);
    assert_eq!(signers[0].signature_file.as_deref(), Some("meta-inf/a.sf"));
    assert_eq!(signing.incidents[0].file, "a.apk!META-INF/x.RSA");
    assert_eq!(
        signing.incidents[0].detail,
        "expected a PKCS #7 ContentInfo"
    );
}

#[test]
fn an_unsigned_apk_has_no_signers_and_no_incidents() {
    assert_eq!(read_all(&write(&[File::new("a", b"")])), Signing::default());
}

#[test]
fn changed_bytes_never_panic() {
    let apk = Archive::open("r", ROTATED, &Limits::default()).unwrap();
    let pkcs7 = apk.read(apk.find("META-INF/T.EC").unwrap()).unwrap();
    let v31 = read_all(ROTATED).blocks[1].clone();
    let value = &ROTATED[v31.offset as usize..(v31.offset + v31.size) as usize];
    let bytes = write_with_block(
        &[File::new("META-INF/A.RSA", &pkcs7)],
        &block(&[(v31.id, value)]),
    );
    let mut read_signers = 0;
    mutate(&bytes, 6_000, |changed| {
        if let Ok(archive) = Archive::open("m", changed, &Limits::default()) {
            read_signers += read(&archive, changed).schemes.len();
        }
    });
    assert!(
        read_signers > 3_000,
        "{read_signers}: the changes must not all be refused at the door"
    );
}
