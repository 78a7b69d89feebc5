//! What a reader gets: the JSON report (the record), and texts made from it.
//!
//! Every other form is made from [`v1::Report`], so that nothing can be said
//! in one form that the record does not hold.

mod build;
pub mod text;
pub mod v1;
pub mod words;

pub use build::build;
pub use words::{Language, Languages};
