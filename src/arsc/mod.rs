//! Compiled resources: chunks, string pools, typed values and the table `resources.arsc`.
//!
//! The format is that of AOSP `libs/androidfw/include/androidfw/ResourceTypes.h`;
//! the reading follows `ResourceTypes.cpp` and `LoadedArsc.cpp` of Android 16.
//! Binary XML ([`crate::xml`]) is made of the same chunks, pools and values.
//!
//! Nothing is copied out of the table when it is parsed: type chunks are
//! indexed by package and type, and an entry is read when somebody asks for it.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

pub mod chunk;
pub mod config;
#[cfg(test)]
mod hostile_tests;
pub mod pool;
pub mod table;
pub mod tables;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod value;

pub use config::Config;
pub use pool::{StringPool, Text};
pub use table::ResTable;
pub use tables::{ResTables, Resolved};
pub use value::Value;

/// A 32-bit size of the format as an index.
pub(crate) fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A length as an offset in a file.
pub(crate) fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
