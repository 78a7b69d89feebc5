//! Integration tests: one binary, a module per concern.
//!
//! `architecture`: the layout of the program. `data`: the signature files and
//! their examples. `db`: the tools of those who edit the data. `samples`: forged and compiled apps with a hand-made truth.
//! `report`: the record, its schema and its evidence. `bad_input`: files that
//! are no apps. `robustness`: apps cut off and scrambled. `cli`: what a user
//! sees and gets back. A new test goes to the module of its concern; a fixed
//! bug's test is named after what went wrong.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is its job"
)]

mod architecture;
mod bad_input;
mod cli;
mod common;
mod compiled;
mod data;
mod db;
mod report;
mod robustness;
mod samples;
mod signing;
