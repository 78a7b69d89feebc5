//! What a reader gets: the JSON report (the record), and texts made from it.
//!
//! Every other form is made from [`v1::Report`], so that nothing can be said
//! in one form that the record does not hold.

pub mod brief;
mod build;
mod columns;
pub mod csv;
pub mod cyclonedx;
pub mod github;
pub mod html;
pub mod junit;
pub(crate) mod lines;
pub mod markdown;
pub mod peers;
pub mod plain;
pub mod read;
pub mod rows;
pub mod sarif;
mod signing;
pub mod source;
mod start;
pub mod text;
mod usage;
pub mod v1;
pub mod words;

pub use build::build;
pub(crate) use lines::evidence_line;
use words::Prose;
pub use words::{Language, Languages};
