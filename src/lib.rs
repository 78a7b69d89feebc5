//! permscope audits what personal information an Android app can reach, from the APK alone.

pub mod arsc;
pub mod audit;
pub mod bytes;
pub mod case;
pub mod cli;
pub mod code;
pub mod container;
pub mod detect;
pub mod dex;
pub mod disclose;
pub mod elf;
pub mod encoding;
pub mod engine;
pub mod error;
pub mod facts;
#[cfg(feature = "forge")]
pub mod forge;
mod hash;
pub mod incident;
pub mod learn;
pub mod limits;
pub mod package;
pub mod report;
pub mod signatures;
pub mod signing;
pub mod xml;
