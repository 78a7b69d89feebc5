//! What a reader gets: the JSON report (the record), and texts made from it.
//!
//! Every other form is made from [`v1::Report`], so that nothing can be said
//! in one form that the record does not hold.

mod build;
pub(crate) mod lines;
pub mod peers;
pub mod plain;
pub mod rows;
mod signing;
pub mod text;
mod usage;
pub mod v1;
pub mod words;

pub use build::build;
use words::Prose;
pub use words::{Language, Languages};
