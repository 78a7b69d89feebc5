//! DEX files that ART's verifier refuses or that carry more than it says: read on, and said.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::build::file;
use super::tests::special;
use super::*;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;

fn open(bytes: &[u8]) -> (Vec<Dex<'_>>, Vec<Incident>) {
    let mut incidents = Vec::new();
    let members = Dex::parse(bytes, "x.dex", &Limits::default(), &mut incidents).unwrap();
    (members, incidents)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn tables_that_overlap_are_said() {
    let good = file(&special(39));
    // type_ids at string_ids; class_defs in the header.
    for (field, off) in [(0x44, word(&good, 0x3c)), (0x64, 0x20)] {
        let mut bytes = good.clone();
        set(&mut bytes, field, off);
        let (members, incidents) = open(&bytes);
        assert!(members[0].string_count() > 0);
        assert!(
            incidents
                .iter()
                .any(|i| i.detail.contains("overlaps") && i.hides.is_none()),
            "{field:#x}: {incidents:?}"
        );
    }
}

#[test]
fn a_class_that_is_defined_twice_is_said() {
    let mut bytes = file(&special(39));
    let off = word(&bytes, 0x64) as usize;
    let size = word(&bytes, 0x60);
    // The last row is followed by data, which becomes a second row with the first one's class.
    set(&mut bytes, 0x60, size + 1);
    let class = word(&bytes, off);
    let row = off + size as usize * 32;
    set(&mut bytes, row, class);
    let (members, incidents) = open(&bytes);
    assert_eq!(members[0].class_count(), size + 1);
    let found = incidents
        .iter()
        .find(|i| i.detail.contains("second definition"));
    assert_eq!(found.unwrap().offset, Some(row as u64));
}

#[test]
fn bytes_that_nothing_leads_to_hide_code() {
    let good = file(&special(39));
    assert_eq!(open(&good).1, []);
    let payload = vec![0x5a; 200];
    // Behind file_size, and inside it behind the map list, where packers put the app.
    let mut behind = good.clone();
    behind.extend(&payload);
    let mut inside = behind.clone();
    let size = inside.len() as u32;
    set(&mut inside, 0x20, size);
    for bytes in [behind, inside] {
        let (_, incidents) = open(&bytes);
        let found = incidents
            .iter()
            .find(|i| i.code == IncidentCode::HiddenCode);
        assert_eq!(found.unwrap().hides, Some(Channel::Code));
    }
    // Padding hides nothing.
    let mut padded = good.clone();
    padded.extend([0; 200]);
    let size = padded.len() as u32;
    set(&mut padded, 0x20, size);
    assert_eq!(open(&padded).1, []);
}

#[test]
fn other_formats_of_code_are_not_taken_for_dex() {
    // Compact DEX, a verified DEX of dexopt, and a VDEX file: never what an APK loads.
    for magic in [b"cdex001\0", b"dey\n036\0", b"vdex027\0"] {
        let mut bytes = file(&special(39));
        bytes[..8].copy_from_slice(magic);
        let error = Dex::parse(&bytes, "x", &Limits::default(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.offset, 0);
    }
}
