//! A store in one run: one outcome for every input, whatever it is.

pub mod outcome;
