//! What the code does with what lies outside it: the part of the facts that says who uses what, and how.

use serde::{Deserialize, Serialize};

/// A method of the app in which something is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodFact {
    /// Index in [`Facts::dex`](super::Facts::dex).
    pub dex: u32,
    /// Its class, as a Java name.
    pub class: String,
    /// Name and descriptor: `onCreate(Landroid/os/Bundle;)V`; empty for what a class holds from the start.
    pub name: String,
    /// Whether anything leads to it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub entered: Entered,
    /// Numbers of the classes ([`Facts::class_name`](super::Facts::class_name)) that call it, itself left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<u32>,
    /// More classes call it than are kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more_callers: bool,
}

/// How a method is entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entered {
    /// It is a constructor, overrides something, carries an annotation that is visible at run
    /// time, or is called by native code: it may be called without an instruction that names it.
    #[default]
    Outside,
    /// Instructions call it.
    Called,
    /// No instruction calls it, and nothing suggests that anything else does.
    Nowhere,
}

/// How something is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// A method is called, or a handle to it is made.
    #[default]
    Call,
    /// A field is read.
    Read,
    /// A field is written.
    Write,
    /// A class is named as a constant.
    Class,
    /// A class of the app extends or implements it.
    Extends,
    /// A method of the app stands in place of it.
    Override,
    /// A string is loaded, or a static field begins with it.
    Text,
}

/// Something outside the app that the code uses, or a telling string in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseFact {
    /// `Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;`, fields as `Lx/Y;->NAME:I`,
    /// a class as `Lx/Y;`, or the text itself.
    pub what: String,
    /// How.
    #[serde(default, skip_serializing_if = "is_default")]
    pub manner: Manner,
    /// Number of instructions or classes that do so.
    pub count: u32,
    /// One for each class and set of constants, those in methods that run at start apart, in file order; see
    /// [`Limits::sites_per_use`](crate::limits::Limits::sites_per_use).
    pub sites: Vec<Site>,
    /// There are further classes or constants than the sites show.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more: bool,
}

/// One instruction, and how many of the same class and constants it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Index in [`Facts::methods`](super::Facts::methods).
    pub method: u32,
    /// Byte offset of the instruction in the DEX entry; of the method's code, or 0, where there is none.
    pub offset: u64,
    /// How many there are; 1 if left out.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
    /// What the instruction names instead: the method on a subclass in the app, or a method of the app that passes
    /// its arguments on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// What is known of the arguments, by position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Arg>,
    /// It is in a method that runs when the app starts: index in [`StartFact::nodes`](super::StartFact::nodes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
}

/// A value that an argument may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// Number of the parameter, from 0; the receiver is not counted.
    pub at: u8,
    /// The value.
    #[serde(flatten)]
    pub is: Known,
}

/// A known value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// A string; of an array, one of its elements.
    Text(String),
    /// The beginning of a string.
    Start(String),
    /// A number.
    Int(i64),
    /// A class object: its descriptor.
    Class(String),
    /// What a field of the platform holds: `Landroid/provider/Telephony$Sms;->CONTENT_URI:Landroid/net/Uri;`.
    Field(String),
    /// A URI, or its beginning, with its scheme.
    Uri(String),
    /// Action of an intent, or of an intent filter.
    Action(String),
}

fn one() -> u32 {
    1
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn is_one(count: &u32) -> bool {
    *count == 1
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Names in a script, a snapshot or a native library that look like those of a platform's interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptFact {
    /// As in [`FileFact::name`](super::FileFact::name).
    pub file: String,
    /// Entry of the archive.
    pub entry: String,
    /// SHA-256 of the entry, inflated.
    pub sha256: String,
    /// The names, sorted; `plus.geolocation.getCurrentPosition`.
    pub names: Vec<String>,
}

/// An entry whose bytes look random: it is encrypted, or compressed in a form that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpaqueFact {
    /// As in [`FileFact::name`](super::FileFact::name).
    pub file: String,
    /// Entry of the archive.
    pub entry: String,
    /// By its name it is a script.
    #[serde(default, skip_serializing_if = "is_default")]
    pub script: bool,
}

/// How much of the code of one DEX file was walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Walked {
    /// Methods that it defines, with or without code.
    pub methods: u64,
    /// Instructions that were walked.
    pub instructions: u64,
    /// Bytes of the code that was walked.
    pub code_bytes: u64,
    /// Places that could not be read.
    pub unread: u64,
}
