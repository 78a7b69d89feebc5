//! A store in one run: one outcome for every input, whatever it is.

mod draft;
pub mod outcome;
pub mod summary;
pub mod tables;
