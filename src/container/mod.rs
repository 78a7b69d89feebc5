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
mod layout;
mod local;
mod names;
mod oddities;
mod others;
#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
pub(crate) mod testzip;

mod views;

pub use archive::{Archive, Entry, Method};
