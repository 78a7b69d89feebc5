//! Archives: an APK or a bundle of APKs, read as Android reads them.
//!
//! [`Archive`] lists the entries of one ZIP archive and gives their contents;
//! [`bundle`] says what an input file is and takes the APKs out of it. Nothing
//! here writes files, and no entry's name is ever used as a file's name.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod archive;
pub mod bundle;
mod directory;
mod inflate;
#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
pub(crate) mod testzip;

pub use archive::{Archive, Entry, Method};

/// A length or offset as a `u64`; exact on every platform that Rust has.
pub(crate) fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A length or offset as a `usize`; what does not fit lies behind the end of every slice.
pub(crate) fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// `text` cut to `limit` bytes at a character, marked with `…` where it was cut.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}
