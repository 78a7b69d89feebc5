//! permscope audits what personal information an Android app can reach, from the APK alone.
pub mod bytes;
pub mod container;
pub mod dex;
pub mod error;
pub mod incident;
pub mod limits;
pub mod package;
pub mod signing;
pub mod xml;
pub mod arsc;
pub mod elf;
pub mod code;
#[cfg(feature = "forge")]
pub mod forge;
