//! Writers of tiny, valid Android files from text: for tests, benches and fuzz seeds, without Java.
//!
//! This is the opposite of the readers and shares no code with them, so that a
//! reader's mistake is not mirrored here. Everything is deterministic: the same
//! text gives the same bytes.
//!
//! | module | writes |
//! |---|---|
//! | [`zip`] | ZIP archives, also bad ones on purpose |
//! | [`xml`] | a tree of elements from XML text |
//! | [`axml`] | binary XML from that tree |
//! | [`arsc`] | resource tables |
//! | [`dex`] | DEX files from a class notation |
//! | [`elf`] | shared libraries |
//! | [`app`] | whole apps from one `app.toml` (the notation is in `samples/README.md`) |
//! | [`samples`] | the folder `samples/text` |

pub mod app;
pub mod arsc;
pub mod attributes;
pub mod axml;
pub mod compile;
pub mod dex;
pub mod elf;
pub mod out;
pub mod pool;
pub mod samples;
pub mod sum;
pub mod xml;
pub mod zip;

use std::fmt;

/// A text that cannot be forged: the author's mistake, in words for the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeError {
    /// Where in the text: `line 3`, `base.dex[0], line 7`; empty where unknown.
    pub place: String,
    /// What is wrong there.
    pub message: String,
}

impl ForgeError {
    /// An error without a place; callers add it with [`ForgeError::within`].
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            place: String::new(),
            message: message.into(),
        }
    }

    /// An error in line `line` (from 1).
    pub fn at(line: usize, message: impl Into<String>) -> Self {
        Self {
            place: format!("line {line}"),
            message: message.into(),
        }
    }

    /// The same error, `outer` put before its place.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.place = if self.place.is_empty() {
            outer.to_owned()
        } else {
            format!("{outer}, {}", self.place)
        };
        self
    }
}

impl fmt::Display for ForgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ForgeError {}

/// What a writer gives back.
pub type Result<T> = std::result::Result<T, ForgeError>;
