//! v1: the `.SF` files sign sections of `MANIFEST.MF`, which has a digest of every entry.
//!
//! Follows apksig `V1SchemeVerifier`, whose names the issues have.

use super::check::{Findings, Reason};
use super::jar_manifest::{Section, digests, sections};
use super::key::Hash;
use super::{Levels, Scheme, pkcs7};
use crate::container::{Archive, Entry};
use crate::hash::hex;
use rayon::prelude::*;
use sha2::Digest;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// apksig: `MAX_APK_SIGNERS`.
const MAX_SIGNERS: usize = 10;

/// What is known of an entry's contents already, so that it is not inflated once more.
#[derive(Clone, Copy, Debug)]
pub enum Known<'k> {
    /// Nothing.
    Nothing,
    /// The contents.
    Bytes(&'k [u8]),
    /// SHA-256 of the contents, lower-case hex.
    Sha256(&'k str),
}

/// How what is known of an entry is asked for.
pub type Ask<'k> = &'k (dyn Fn(&Entry) -> Known<'k> + Sync);

/// v1, checked.
#[derive(Debug, Default)]
pub(super) struct Jar {
    pub(super) findings: Findings,
    /// Certificates of those who signed the entries.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Digests that the signatures rest on.
    pub(super) hashes: BTreeSet<Hash>,
    /// Entries that are not signed, which v1 allows below `META-INF/`.
    pub(super) unsigned: Vec<String>,
}

struct Signer<'a> {
    block: &'a Entry,
    file: &'a Entry,
    bytes: Cow<'a, [u8]>,
    certificate: Vec<u8>,
    /// Entries that its `.SF` file names.
    names: BTreeSet<String>,
}

/// Checks v1. `present` are the newer schemes that Android finds at these levels.
pub(super) fn verify(
    archive: &Archive<'_>,
    levels: Levels,
    present: &[Scheme],
    ask: Ask<'_>,
) -> Jar {
    let mut jar = Jar::default();
    jar.check(archive, levels, present, ask);
    jar
}

impl Jar {
    fn check(
        &mut self,
        archive: &Archive<'_>,
        levels: Levels,
        present: &[Scheme],
        ask: Ask<'_>,
    ) -> Option<()> {
        let mut names = BTreeSet::new();
        for entry in archive.entries() {
            if !names.insert(entry.name.as_str()) {
                let name = "JAR_SIG_DUPLICATE_ZIP_ENTRY";
                self.findings.error(name, &entry.name);
            }
        }
        self.go_on()?;
        let Some(manifest_entry) = archive.find(MANIFEST) else {
            self.findings.error("JAR_SIG_NO_MANIFEST", "");
            return None;
        };
        let manifest = self.file(archive, manifest_entry)?;
        let mut parsed = sections(&manifest).into_iter();
        let main = parsed.next();
        let mut by_name: BTreeMap<String, Section<'_>> = BTreeMap::new();
        for (number, section) in (1_u32..).zip(parsed) {
            let Some(name) = section.name().map(Cow::into_owned) else {
                let name = "JAR_SIG_UNNNAMED_MANIFEST_SECTION";
                self.findings.error(name, format!("section {number}"));
                continue;
            };
            if !names.contains(name.as_str()) {
                let issue = "JAR_SIG_MISSING_ZIP_ENTRY_REFERENCED_IN_MANIFEST";
                self.findings.error(issue, &name);
            }
            if by_name.contains_key(&name) {
                self.findings
                    .error("JAR_SIG_DUPLICATE_MANIFEST_SECTION", &name);
                continue;
            }
            by_name.insert(name, section);
        }
        self.go_on()?;
        let mut signers = self.signers(archive)?;
        for signer in &mut signers {
            let block = self.file(archive, signer.block)?;
            let name = &signer.block.name;
            let certificate =
                pkcs7::verify(&block, &signer.bytes, levels, name, &mut self.findings);
            signer.certificate = certificate.map(<[u8]>::to_vec).unwrap_or_default();
        }
        self.go_on()?;
        let context = Context {
            manifest: &manifest,
            main: main.as_ref(),
            by_name: &by_name,
            levels,
            present,
        };
        signers.retain_mut(|signer| {
            let before = self.findings.issues.len();
            let kept = self.signature_file(signer, &context);
            if !kept {
                // What is wrong with a signer that is left aside does not count (apksig `ignoredSigners`).
                self.findings.issues.truncate(before);
            }
            kept
        });
        self.go_on()?;
        if signers.is_empty() {
            self.findings.error("JAR_SIG_NO_SIGNATURES", "");
            return None;
        }
        let first = self.entries(archive, &by_name, &signers, levels, ask);
        self.go_on()?;
        let mut files = BTreeSet::from([MANIFEST]);
        for signer in first.iter().filter_map(|at| signers.get(*at)) {
            files.extend([signer.block.name.as_str(), signer.file.name.as_str()]);
            self.certificates.push(signer.certificate.clone());
        }
        let unsigned = archive.entries().iter().map(|entry| entry.name.as_str());
        self.unsigned = unsigned
            .filter(|name| {
                name.starts_with("META-INF/") && !name.ends_with('/') && !files.contains(name)
            })
            .map(str::to_owned)
            .collect();
        Some(())
    }

    /// `None` once something is wrong or could not be checked, as apksig goes on to the next step only without errors.
    fn go_on(&self) -> Option<()> {
        (!self.findings.failed() && self.findings.unchecked.is_none()).then_some(())
    }

    /// The contents of a file below `META-INF/`.
    fn file<'a>(&mut self, archive: &Archive<'a>, entry: &Entry) -> Option<Cow<'a, [u8]>> {
        let limit = archive.limits().signature_file_bytes;
        if entry.size > limit || !archive.within_limits(entry) {
            self.findings.not_checked(Reason::Limit);
            return None;
        }
        let mut bytes = Vec::new();
        match archive.stream(entry, &mut |piece| bytes.extend_from_slice(piece)) {
            Ok(()) => Some(Cow::Owned(bytes)),
            Err(error) => {
                self.findings
                    .error("MALFORMED_APK", format!("{}: {error}", entry.name));
                None
            }
        }
    }

    /// The signature blocks that have a `.SF` file.
    fn signers<'a>(&mut self, archive: &'a Archive<'_>) -> Option<Vec<Signer<'a>>> {
        let mut found = Vec::new();
        for block in archive.entries() {
            let inside = block.name.starts_with("META-INF/");
            let Some((stem, end)) = block.name.rsplit_once('.').filter(|_| inside) else {
                continue;
            };
            if !["RSA", "DSA", "EC"].contains(&end) {
                continue;
            }
            let name = format!("{stem}.SF");
            match archive.find(&name) {
                Some(file) => found.push((block, file)),
                None => self.findings.warn("JAR_SIG_MISSING_FILE", name),
            }
        }
        if found.is_empty() {
            self.findings.error("JAR_SIG_NO_SIGNATURES", "");
            return None;
        }
        if found.len() > MAX_SIGNERS {
            let name = "JAR_SIG_MAX_SIGNATURES_EXCEEDED";
            self.findings
                .error(name, format!("{} signers", found.len()));
            return None;
        }
        let mut signers = Vec::new();
        for (block, file) in found {
            let bytes = self.file(archive, file)?;
            signers.push(Signer {
                block,
                file,
                bytes,
                certificate: Vec::new(),
                names: BTreeSet::new(),
            });
        }
        Some(signers)
    }

    /// Checks a `.SF` file against the manifest; `false` if it is left aside, and what it says with it.
    fn signature_file(&mut self, signer: &mut Signer<'_>, context: &Context<'_, '_>) -> bool {
        let file = signer.file.name.clone();
        let bytes = std::mem::take(&mut signer.bytes);
        let mut parsed = sections(&bytes).into_iter();
        let Some(main) = parsed
            .next()
            .filter(|main| main.get("Signature-Version").is_some())
        else {
            self.findings
                .warn("JAR_SIG_MISSING_VERSION_ATTR_IN_SIG_FILE", file);
            return false;
        };
        if context.levels.max >= 24 {
            self.stripped(&main, &file, context);
        }
        let signtool = main
            .get("Created-By")
            .is_some_and(|by| by.contains("signtool"));
        let suffix = if signtool {
            "-Digest"
        } else {
            "-Digest-Manifest"
        };
        let whole = self.matches(&main, suffix, context.manifest, context.levels);
        match whole {
            Matches::None => self
                .findings
                .warn("JAR_SIG_NO_MANIFEST_DIGEST_IN_SIG_FILE", &file),
            Matches::Wrong(hash) => self.findings.warn(
                "JAR_SIG_ZIP_ENTRY_DIGEST_DID_NOT_VERIFY",
                format!("{MANIFEST}, {} in {file}", hash.name()),
            ),
            Matches::Right => {}
        }
        if !signtool && let Some(section) = context.main {
            let bytes = context.bytes(section);
            let suffix = "-Digest-Manifest-Main-Attributes";
            if let Matches::Wrong(_) = self.matches(&main, suffix, bytes, context.levels) {
                let name = "JAR_SIG_MANIFEST_MAIN_SECTION_DIGEST_DID_NOT_VERIFY";
                self.findings.error(name, &file);
            }
        }
        for (number, section) in (1_u32..).zip(parsed) {
            let Some(name) = section.name().map(Cow::into_owned) else {
                let name = "JAR_SIG_UNNNAMED_SIG_FILE_SECTION";
                self.findings
                    .warn(name, format!("{file}, section {number}"));
                return false;
            };
            if signer.names.contains(&name) {
                let detail = format!("{file}: {name}");
                self.findings
                    .warn("JAR_SIG_DUPLICATE_SIG_FILE_SECTION", detail);
                return false;
            }
            let stated = if whole == Matches::Right {
                None
            } else {
                Some(context.by_name.get(&name))
            };
            signer.names.insert(name);
            match stated {
                None => {}
                Some(None) => {
                    let name = "JAR_SIG_NO_ZIP_ENTRY_DIGEST_IN_SIG_FILE";
                    self.findings.warn(name, &file);
                    return false;
                }
                Some(Some(stated)) => self.section(&section, stated, signtool, &file, context),
            }
        }
        true
    }

    /// Checks a section of a `.SF` file against the same one of the manifest.
    fn section(
        &mut self,
        section: &Section<'_>,
        stated: &Section<'_>,
        signtool: bool,
        file: &str,
        context: &Context<'_, '_>,
    ) {
        let mut bytes = context.bytes(stated);
        if signtool && let Some(rest) = bytes.strip_suffix(b"\n").filter(|b| b.ends_with(b"\n")) {
            bytes = rest;
        }
        let name = match self.matches(section, "-Digest", bytes, context.levels) {
            Matches::Right => return,
            Matches::None => "JAR_SIG_NO_ZIP_ENTRY_DIGEST_IN_SIG_FILE",
            Matches::Wrong(_) => "JAR_SIG_MANIFEST_SECTION_DIGEST_DID_NOT_VERIFY",
        };
        let entry = section.name().unwrap_or_default();
        self.findings.error(name, format!("{entry} in {file}"));
    }

    fn matches(
        &mut self,
        section: &Section<'_>,
        suffix: &str,
        bytes: &[u8],
        levels: Levels,
    ) -> Matches {
        let expected = digests(section, suffix, levels);
        let mut all = Matches::None;
        for (hash, digest) in expected {
            self.hashes.insert(hash);
            if digest.is_none_or(|digest| digest != hash.of(bytes)) {
                return Matches::Wrong(hash);
            }
            all = Matches::Right;
        }
        all
    }

    /// The `.SF` file says which newer schemes the APK was signed with: one that is missing was taken out.
    fn stripped(&mut self, main: &Section<'_>, file: &str, context: &Context<'_, '_>) {
        let Some(stated) = main.get("X-Android-APK-Signed") else {
            if !context.present.is_empty() {
                self.findings
                    .warn("JAR_SIG_NO_APK_SIG_STRIP_PROTECTION", file);
            }
            return;
        };
        for number in stated.split(',').map(str::trim) {
            let scheme = match number.parse::<i32>() {
                Ok(2) => Scheme::V2,
                Ok(3) if context.levels.max >= 28 => Scheme::V3,
                Ok(other) => {
                    let detail = format!("{file}: {other}");
                    self.findings
                        .warn("JAR_SIG_UNKNOWN_APK_SIG_SCHEME_ID", detail);
                    continue;
                }
                Err(_) => continue,
            };
            if !context.present.contains(&scheme) {
                let detail = format!("{file}: the {} signature was taken out", scheme.name());
                self.findings
                    .error("JAR_SIG_MISSING_APK_SIG_REFERENCED", detail);
            }
        }
    }

    /// Checks every entry; the numbers of those who signed them.
    fn entries(
        &mut self,
        archive: &Archive<'_>,
        by_name: &BTreeMap<String, Section<'_>>,
        signers: &[Signer<'_>],
        levels: Levels,
        ask: Ask<'_>,
    ) -> Vec<usize> {
        let mut entries: Vec<&Entry> = archive
            .entries()
            .iter()
            .filter(|entry| !entry.name.starts_with("META-INF/") && !entry.is_directory())
            .collect();
        entries.sort_by_key(|entry| entry.header_offset);
        let mut first: Option<Vec<usize>> = None;
        let mut work = Vec::new();
        for entry in entries {
            let name = entry.name.as_str();
            let Some(section) = by_name.get(name) else {
                let issue = "JAR_SIG_NO_ZIP_ENTRY_DIGEST_IN_MANIFEST";
                self.findings.error(issue, name);
                continue;
            };
            let who: Vec<usize> = (0..signers.len())
                .filter(|at| signers.get(*at).is_some_and(|s| s.names.contains(name)))
                .collect();
            if who.is_empty() {
                self.findings.error("JAR_SIG_ZIP_ENTRY_NOT_SIGNED", name);
                continue;
            }
            if *first.get_or_insert_with(|| who.clone()) != who {
                self.findings
                    .error("JAR_SIG_ZIP_ENTRY_SIGNERS_MISMATCH", name);
                continue;
            }
            let expected = digests(section, "-Digest", levels);
            if expected.is_empty() {
                let issue = "JAR_SIG_NO_ZIP_ENTRY_DIGEST_IN_MANIFEST";
                self.findings.error(issue, name);
                continue;
            }
            self.hashes.extend(expected.iter().map(|(hash, _)| *hash));
            work.push((entry, expected));
        }
        let Some(first) = first else {
            self.findings.error("JAR_SIG_NO_SIGNED_ZIP_ENTRIES", "");
            return Vec::new();
        };
        // What was checked so far settles it; inflating everything would only find more of the same.
        if self.findings.failed() {
            return first;
        }
        let wrong: Vec<(&Entry, Wrong)> = work
            .par_iter()
            .filter_map(|(entry, expected)| {
                contents(archive, entry, expected, ask(entry)).map(|wrong| (*entry, wrong))
            })
            .collect();
        for (entry, wrong) in wrong {
            match wrong {
                Wrong::Limit => self.findings.not_checked(Reason::Limit),
                Wrong::Unreadable(what) => {
                    self.findings
                        .error("MALFORMED_APK", format!("{}: {what}", entry.name));
                }
                Wrong::Digest(hash) => self.findings.error(
                    "JAR_SIG_ZIP_ENTRY_DIGEST_DID_NOT_VERIFY",
                    format!("{}, {} in {MANIFEST}", entry.name, hash.name()),
                ),
            }
        }
        first
    }
}

/// What the `.SF` files are checked against.
struct Context<'c, 'm> {
    manifest: &'c [u8],
    main: Option<&'c Section<'m>>,
    by_name: &'c BTreeMap<String, Section<'m>>,
    levels: Levels,
    present: &'c [Scheme],
}

impl<'c> Context<'c, '_> {
    fn bytes(&self, section: &Section<'_>) -> &'c [u8] {
        self.manifest.get(section.bytes.clone()).unwrap_or_default()
    }
}

/// Whether the digests of a section are those of some bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Matches {
    /// There are none.
    None,
    Right,
    Wrong(Hash),
}

enum Wrong {
    Digest(Hash),
    Unreadable(String),
    Limit,
}

/// Compares an entry's contents with its digests; nothing if they are right.
fn contents(
    archive: &Archive<'_>,
    entry: &Entry,
    expected: &[(Hash, Option<Vec<u8>>)],
    known: Known<'_>,
) -> Option<Wrong> {
    let differs = |actual: &dyn Fn(Hash) -> Vec<u8>| {
        let wrong = expected.iter().find(|(hash, digest)| {
            digest
                .as_ref()
                .is_none_or(|digest| *digest != actual(*hash))
        });
        wrong.map(|(hash, _)| Wrong::Digest(*hash))
    };
    match (known, expected) {
        (Known::Bytes(bytes), _) => return differs(&|hash| hash.of(bytes)),
        (Known::Sha256(stated), [(Hash::Sha256, Some(digest))]) => {
            return (hex(digest) != stated).then_some(Wrong::Digest(Hash::Sha256));
        }
        _ => {}
    }
    if !archive.within_limits(entry) {
        return Some(Wrong::Limit);
    }
    let mut running: Vec<(Hash, Running)> = expected
        .iter()
        .map(|(hash, _)| (*hash, Running::new(*hash)))
        .collect();
    let read = archive.stream(entry, &mut |piece| {
        for (_, digest) in &mut running {
            digest.update(piece);
        }
    });
    if let Err(error) = read {
        return Some(Wrong::Unreadable(error.to_string()));
    }
    let done: Vec<(Hash, Vec<u8>)> = running
        .into_iter()
        .map(|(hash, digest)| (hash, digest.end()))
        .collect();
    differs(&|hash| {
        let found = done.iter().find(|(known, _)| *known == hash);
        found.map(|(_, digest)| digest.clone()).unwrap_or_default()
    })
}

/// A digest that is being computed.
enum Running {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Running {
    fn new(hash: Hash) -> Self {
        match hash {
            Hash::Md5 => Self::Md5(Digest::new()),
            Hash::Sha1 => Self::Sha1(Digest::new()),
            // No manifest has SHA-224.
            Hash::Sha224 | Hash::Sha256 => Self::Sha256(Digest::new()),
            Hash::Sha384 => Self::Sha384(Digest::new()),
            Hash::Sha512 => Self::Sha512(Digest::new()),
        }
    }

    fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Md5(digest) => digest.update(piece),
            Self::Sha1(digest) => digest.update(piece),
            Self::Sha256(digest) => digest.update(piece),
            Self::Sha384(digest) => digest.update(piece),
            Self::Sha512(digest) => digest.update(piece),
        }
    }

    fn end(self) -> Vec<u8> {
        match self {
            Self::Md5(digest) => digest.finalize().to_vec(),
            Self::Sha1(digest) => digest.finalize().to_vec(),
            Self::Sha256(digest) => digest.finalize().to_vec(),
            Self::Sha384(digest) => digest.finalize().to_vec(),
            Self::Sha512(digest) => digest.finalize().to_vec(),
        }
    }
}
