//! Running audits: files in, facts and reports out.

mod one;
mod source;

pub use one::{Failure, facts, judge};
pub use source::{Source, SourceError, open};
