//! Digests over the contents of an APK: what v2, v3, v3.1 and v4 sign.
//!
//! source.android.com, "APK Signature Scheme v2", "Integrity-protected contents", and AOSP
//! `ApkSigningBlockUtils.computeContentDigests`, `VerityTreeBuilder`.

use super::block::Sections;
use crate::bytes::wide;
use rayon::prelude::*;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

const CHUNK: usize = 1 << 20;
/// A page of the hash tree.
const PAGE: usize = 4096;
/// Pages hashed by one task.
const PAGES: usize = 256;

/// Which digest (apksig `ContentDigestAlgorithm`). The order is that of `compareContentDigestAlgorithm`, the weaker first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ContentDigest {
    ChunkedSha256,
    VerityChunkedSha256,
    ChunkedSha512,
}

impl ContentDigest {
    /// apksig `ContentDigestAlgorithm.getId`, which a source stamp writes.
    pub(super) fn id(self) -> u32 {
        match self {
            Self::ChunkedSha256 => 1,
            Self::ChunkedSha512 => 2,
            Self::VerityChunkedSha256 => 3,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ChunkedSha256 => "CHUNKED_SHA256",
            Self::ChunkedSha512 => "CHUNKED_SHA512",
            Self::VerityChunkedSha256 => "VERITY_CHUNKED_SHA256",
        }
    }
}

/// The digests that are asked for, each computed once.
///
/// There is none for the hash tree of an APK whose signing block does not lie on page boundaries: AOSP refuses those.
pub(super) fn digests(
    sections: &Sections<'_>,
    wanted: &[ContentDigest],
) -> BTreeMap<ContentDigest, Vec<u8>> {
    let mut found = BTreeMap::new();
    let end = sections.patched_end();
    let parts = [sections.entries, sections.directory, &end];
    let chunks: Vec<&[u8]> = parts.iter().flat_map(|part| part.chunks(CHUNK)).collect();
    if wanted.contains(&ContentDigest::ChunkedSha256) {
        found.insert(ContentDigest::ChunkedSha256, chunked::<Sha256>(&chunks));
    }
    if wanted.contains(&ContentDigest::ChunkedSha512) {
        found.insert(ContentDigest::ChunkedSha512, chunked::<Sha512>(&chunks));
    }
    if wanted.contains(&ContentDigest::VerityChunkedSha256)
        && sections.entries.len().is_multiple_of(PAGE)
        && sections.block_size.is_multiple_of(wide(PAGE))
    {
        // The entries end on a page boundary, the directory does not.
        let tail = [sections.directory, &end].concat();
        let size = wide(sections.entries.len()).saturating_add(wide(tail.len()));
        let mut digest = tree(&[sections.entries, &tail], &[0; 8]).root;
        digest.extend(size.to_le_bytes());
        found.insert(ContentDigest::VerityChunkedSha256, digest);
    }
    found
}

fn chunked<D: Digest>(chunks: &[&[u8]]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let digests: Vec<Vec<u8>> = chunks
        .par_iter()
        .map(|chunk| {
            let digest = D::new()
                .chain_update([0xa5])
                .chain_update(length(chunk.len()));
            digest.chain_update(chunk).finalize().to_vec()
        })
        .collect();
    let mut all = D::new()
        .chain_update([0x5a])
        .chain_update(length(digests.len()));
    for digest in digests {
        all.update(digest);
    }
    all.finalize().to_vec()
}

/// A hash tree as fs-verity has it.
#[derive(Debug)]
pub(super) struct Tree {
    /// Digest of the topmost page.
    pub(super) root: Vec<u8>,
    /// The levels, the topmost first, each filled up to whole pages.
    pub(super) levels: Vec<Vec<u8>>,
}

/// The tree over data whose parts, but for the last one, are whole pages.
pub(super) fn tree(parts: &[&[u8]], salt: &[u8]) -> Tree {
    let mut level = hash_pages(parts, salt);
    let mut levels = Vec::new();
    loop {
        let last = level.len() <= PAGE;
        let next = if last {
            Vec::new()
        } else {
            hash_pages(&[&level], salt)
        };
        level.resize(level.len().next_multiple_of(PAGE), 0);
        levels.push(std::mem::replace(&mut level, next));
        if last {
            break;
        }
    }
    levels.reverse();
    let top = levels.first().and_then(|level| level.get(..PAGE));
    Tree {
        root: hash_page(top.unwrap_or_default(), salt),
        levels,
    }
}

/// The digests of all pages, one after the other; the last page is filled up with zeros.
fn hash_pages(parts: &[&[u8]], salt: &[u8]) -> Vec<u8> {
    let tasks: Vec<&[u8]> = parts
        .iter()
        .flat_map(|part| part.chunks(PAGE.saturating_mul(PAGES)))
        .collect();
    let hashed: Vec<Vec<u8>> = tasks
        .par_iter()
        .map(|task| {
            let pages = task.chunks(PAGE);
            pages.flat_map(|page| hash_page(page, salt)).collect()
        })
        .collect();
    hashed.concat()
}

fn hash_page(page: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new().chain_update(salt).chain_update(page);
    if let Some(missing @ 1..) = PAGE.checked_sub(page.len()) {
        digest.update(vec![0; missing]);
    }
    digest.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::hex;

    /// Computed with Python's `hashlib` after the description of the scheme on source.android.com.
    #[test]
    fn digests_of_several_chunks_and_levels() {
        let entries = vec![b'a'; (2 << 20) + 8192];
        let mut end = b"PK\x05\x06".to_vec();
        end.resize(22, 0);
        let sections = Sections {
            entries: &entries,
            directory: &[b'b'; 10],
            end: &end,
            block_size: 4096,
            directory_start: 0,
        };
        let all = [
            ContentDigest::ChunkedSha256,
            ContentDigest::ChunkedSha512,
            ContentDigest::VerityChunkedSha256,
        ];
        let found = digests(&sections, &all);
        let of = |which: ContentDigest| hex(found.get(&which).unwrap());
        assert_eq!(
            of(ContentDigest::ChunkedSha256),
            "8b4df81f493f527fdfe9fd07676a00f41c494db281c2b7e6a2d71b63d8191791"
        );
        assert_eq!(
            of(ContentDigest::ChunkedSha512),
            "f5c811664e6fda91d3e9be95051e0cdf9e863622f5f677c84b7d6bcf1ade7094c2f0f523494864002f646034970ce20696006c95e7584d0061e3dd0d0ef245f9"
        );
        assert_eq!(
            of(ContentDigest::VerityChunkedSha256),
            "18efc7ac0d8ff755260e57a81556a8504149dd8347967629f5d58c8f7d00c64a2020200000000000"
        );
        let odd = Sections {
            block_size: 4095,
            ..sections
        };
        assert!(digests(&odd, &[ContentDigest::VerityChunkedSha256]).is_empty());
    }
}
