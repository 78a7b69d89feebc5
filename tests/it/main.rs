//! Integration tests: one binary, a module per concern.
//!
//! `architecture`: the layout of the program. `archive`, `archive_entries`: forged archives that Android and others read differently. `data`: the signature files and
//! their examples. `db`: the tools of those who edit the data. `samples`: forged and compiled apps with a hand-made truth.
//! `batch`, `batch_inputs`: runs over many apps. `release`: the gate before a release. `recheck`: leads found again in another build. `nested`: files with code inside an APK. `report`: the record, its schema and its evidence. `bad_input`: files that
//! are no apps. `forms`: the published forms of `compare`, `disclose` and `sheet --check`. `pages`: reports and runs for a browser. `convert`, `convert_hostile`: the forms for other tools, and texts that would break out of them. `limits`: what is said where a limit is reached. `start`: what runs when the app starts. `tables`, `summary`: what a run over a store leaves besides reports. `cli`: what a user
//! sees and gets back. Apps cut off and changed at random are in `tests/hostile.rs`. A new test goes to the module of its concern; a fixed
//! bug's test is named after what went wrong.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is its job"
)]

mod architecture;
mod archive;
mod archive_entries;
mod bad_input;
mod batch;
mod batch_inputs;
mod case;
mod case_samples;
mod cli;
mod common;
mod compiled;
mod convert;
mod convert_hostile;
mod data;
mod db;
mod disclose;
mod forms;
mod inputs;
mod limits;
mod nested;
mod pages;
mod recheck;
mod release;
mod report;
mod samples;
mod signing;
mod start;
mod summary;
mod tables;
