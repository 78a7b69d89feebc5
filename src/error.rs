//! The one error of the format readers: what was expected where.

use std::borrow::Cow;
use std::fmt;

/// A format reader could not go on.
///
/// `offset` counts bytes from the start of the file or archive entry that the
/// reader was given, whatever nested structure it was in. The caller knows the
/// file's name and adds it (see [`crate::incident::Incident`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Byte offset from the start of the file or entry.
    pub offset: u64,
    /// What the reader expected there, as a noun phrase in English.
    pub expected: Cow<'static, str>,
    /// What was there instead; empty where the expectation says it all.
    pub found: Cow<'static, str>,
    /// Nothing is wrong but the size: a limit of [`crate::limits::Limits`] was reached.
    pub is_limit: bool,
}

impl ParseError {
    /// An error at `offset`: `expected` was not there, `found` was.
    #[cold]
    pub fn new(
        offset: u64,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            offset,
            expected: expected.into(),
            found: found.into(),
            is_limit: false,
        }
    }

    /// The same, because of a limit.
    #[must_use]
    pub fn of_limit(self) -> Self {
        Self {
            is_limit: true,
            ..self
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at offset {:#x}: expected {}",
            self.offset, self.expected
        )?;
        if !self.found.is_empty() {
            write!(f, ", found {}", self.found)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}
