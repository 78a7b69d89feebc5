//! DEX files from a class notation.
//!
//! Source: the Dalvik executable format and the Dalvik bytecode reference of
//! the Android Open Source Project. The notation is described in
//! `samples/README.md`; [`text`] reads it, [`code`] turns method bodies into
//! instructions, [`asm`] bodies that are instructions already, [`write`] lays out the file.

pub mod asm;
pub mod code;
pub mod model;
mod tables;
pub mod text;
mod tokens;
pub mod write;

pub use model::Class;
pub use text::parse;
pub use write::{Options, reseal, write};

/// A DEX 035 file from its notation.
pub fn forge(text: &str) -> super::Result<Vec<u8>> {
    write(&parse(text)?, &Options::default())
}
