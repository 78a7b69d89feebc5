//! What an operator discloses against what the app holds: a report beside a privacy policy and a list of SDKs.
//!
//! It works on [`Report`](crate::report::v1::Report) and the data and never sees an app. Every answer is a lead: "not
//! found in the texts that were given" is all that can be said, and every positive answer quotes its sentence.

#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod answers;
mod compare;
mod document;
mod hidden;
mod html;
mod list;
mod names;
mod negation;
mod reach;
mod render;
mod scan;
mod sentence;
pub mod sheet;

pub use answers::{
    Absent, Answer, Compared, Comparison, InformationAnswer, Quote, SdkAnswer, Unrecognised,
};
pub use compare::{Texts, compare};
pub use document::{Document, NoText};
pub use list::List;
pub use render::render;
