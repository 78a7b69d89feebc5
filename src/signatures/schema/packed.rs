//! Strings of the data, and the form in which `build.rs` packs them.
//!
//! The packed data is a binary blob (postcard) in which each string is a place
//! in one text that is part of the program: reading it allocates no string.

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

/// A string of the data: part of the program, or read from a file.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Cow<'static, str>);

impl Str {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Str {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str(Cow::Owned(text.to_owned()))
    }
}

impl From<String> for Str {
    fn from(text: String) -> Str {
        Str(Cow::Owned(text))
    }
}

impl From<Str> for String {
    fn from(text: Str) -> String {
        text.0.into_owned()
    }
}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Str {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<Str> for String {
    fn eq(&self, other: &Str) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Str> for str {
    fn eq(&self, other: &Str) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Str> for &str {
    fn eq(&self, other: &Str) -> bool {
        *self == other.as_str()
    }
}

/// The text that places in packed data are places of; set once, by whoever unpacks.
static TEXT: OnceLock<&'static str> = OnceLock::new();

thread_local! {
    /// The text that is being collected while something is packed.
    static POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

/// A place is one number, which is faster to read than two: where the string begins, then its length in these bits.
const LEN_BITS: u32 = 24;

/// Longest string, in bytes.
const MAX_LEN: u64 = (1 << LEN_BITS) - 1;

/// All strings, each once.
#[derive(Default)]
struct Pool {
    text: String,
    places: BTreeMap<String, u64>,
}

impl Pool {
    fn place(&mut self, text: &str) -> Option<u64> {
        if let Some(&place) = self.places.get(text) {
            return Some(place);
        }
        let at = u64::try_from(self.text.len()).ok()?;
        let len = u64::try_from(text.len()).ok().filter(|&n| n <= MAX_LEN)?;
        let place = at.checked_mul(1 << LEN_BITS)?.checked_add(len)?;
        self.text.push_str(text);
        self.places.insert(text.to_owned(), place);
        Some(place)
    }
}

impl Serialize for Str {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(self);
        }
        let place = POOL.with_borrow_mut(|pool| pool.as_mut().and_then(|pool| pool.place(self)));
        place
            .ok_or_else(|| S::Error::custom("strings are packed by `packed::pack`, in bounds"))?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Str, D::Error> {
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer).map(Str::from);
        }
        let place = u64::deserialize(deserializer)?;
        let range = usize::try_from(place >> LEN_BITS)
            .ok()
            .zip(usize::try_from(place & MAX_LEN).ok());
        range
            .and_then(|(at, len)| TEXT.get()?.get(at..at.checked_add(len)?))
            .map(|text| Str(Cow::Borrowed(text)))
            .ok_or_else(|| D::Error::custom("a string lies outside the packed text"))
    }
}

/// What `build.rs` does: runs `pack`, which serialises into a binary form, and gives the text of all strings as well.
pub fn pack<T>(pack: impl FnOnce() -> T) -> (T, String) {
    POOL.set(Some(Pool::default()));
    let packed = pack();
    let text = POOL.take().map(|pool| pool.text).unwrap_or_default();
    (packed, text)
}

/// What the program does before it reads packed data: tells the text. A second text is ignored.
pub fn unpack_from(text: &'static str) {
    // It can only be set already, to the same text.
    let _ = TEXT.set(text);
}
