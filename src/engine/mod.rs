//! Running audits: files in, facts and reports out.

pub mod batch;
pub mod catalogue;
mod check;
pub mod compare;
pub mod config;
pub mod diff;
mod one;
mod source;
mod source_manifest;

pub use check::check_data;
pub(crate) use one::distinct;
pub use one::{Failure, facts, judge};
pub use source::{ArchiveKind, Place, Source, SourceError, open};
pub use source_manifest::source_manifest;
