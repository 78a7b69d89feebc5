//! Which constants reach a call: an analysis of the registers of one method.
//!
//! ```text
//! Dex + Wanted ─Tracer::method─▶ Use {site, target, arguments: [Possible]}   one method, all its branches
//!              ─resolve────────▶ Resolved {use, via}                          all DEX files of an app: the methods
//!                                that have a wanted call, then the callers of those that pass a parameter on
//!              ─Statics────────▶ what a static final field holds              encoded values and <clinit>
//! ```
//!
//! AOSP "Dalvik bytecode" (sections "Summary of bytecode set" and the payload
//! formats) says what an instruction does to its registers, "Dalvik Executable
//! format" (sections "code_item", "try_item") where exceptions go.
//!
//! A method is cut into basic blocks. Each block is walked until the values at
//! its start no longer change; where paths meet, a register holds one of a few
//! values or is unknown. An exception handler starts with what the registers
//! hold before each instruction of the try that can throw. A method with more
//! registers and branches than [`Limits`](crate::limits::Limits) allow is read
//! straight through, and everything is forgotten where a jump may arrive.
//!
//! **What a value means.** Every value in [`Possible::values`] can be in that
//! argument when the use is reached along some path of the method's own branches;
//! conditions are not evaluated. If [`Possible::more`] is false, there are no
//! others. String builders, arrays and intents are followed as objects: as soon
//! as other code gets hold of one (as an argument, in a field or an array),
//! what it holds is unknown, except in the call that passes it.
//! One thing is taken on trust: an array in a `static final` field holds what
//! `<clinit>` put into it. A static field that is not final comes out as
//! [`Value::Field`] together with the value it starts with, and `more`.
//!
//! Not followed: arithmetic, instance fields (a read of one is
//! [`Value::Field`]), collections, `String.format`, what a method returns
//! (it is [`Value::Call`]), and more than one level of wrappers.

#[cfg(test)]
mod app_tests;
mod arena;
mod arrays;
mod blocks;
mod calls;
mod export;
mod known;
mod machine;
mod resolve;
mod statics;
#[cfg(test)]
mod tests;
mod text;
mod tracer;

pub use resolve::{File, Resolution, Resolved, Via, resolve};
pub use statics::Statics;
pub use tracer::{Reading, Tracer};

use super::{How, Site, Target};
use crate::dex::Dex;

/// One value. Names are spelled out, so that values of different DEX files can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// An `int`, `long`, `char`, `boolean` … constant; the bits of a `float` or `double`.
    Int(i64),
    /// `null`
    Null,
    /// A string.
    Text {
        /// The text, or its beginning.
        text: String,
        /// Whether more follows that is not known: text was appended that is not
        /// constant, or it is longer than [`Limits::text_bytes`](crate::limits::Limits::text_bytes).
        open: bool,
    },
    /// A class object: its descriptor.
    Class(String),
    /// What a field holds at that time: `Landroid/provider/Telephony$Sms;->CONTENT_URI:Landroid/net/Uri;`.
    Field(String),
    /// What a method gave back.
    Call {
        /// Its signature: `Landroid/net/Uri;->parse(Ljava/lang/String;)Landroid/net/Uri;`.
        method: String,
        /// Receiver, if any, and arguments, as they were at that call.
        arguments: Vec<Possible>,
    },
    /// A new object.
    New {
        /// Descriptor of its class.
        class: String,
        /// The constructor's signature and its arguments; `None` before it was called or if there are several.
        made: Option<(String, Vec<Possible>)>,
    },
    /// A `StringBuilder` or `StringBuffer` with this text in it.
    Builder(Possible),
    /// An `android.content.Intent`.
    Intent {
        /// Its action, `Null` if it has none.
        action: Possible,
        /// Its data URI.
        data: Possible,
        /// Its component: a class, a class's name, or a `ComponentName`.
        component: Possible,
    },
    /// An array.
    Array {
        /// Its descriptor: `[Ljava/lang/String;`.
        class: String,
        /// Its elements; `None` if they or their number are unknown.
        elements: Option<Vec<Possible>>,
    },
    /// The parameter with this number of the method that the use is in, the receiver not counted.
    Parameter(u32),
    /// The receiver of the method that the use is in.
    This,
}

impl Value {
    /// A text that is known to its end.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            open: false,
        }
    }
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Possible {
    /// The known values, sorted, each once.
    pub values: Vec<Value>,
    /// Whether there may be others.
    pub more: bool,
}

impl Possible {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self {
            values: Vec::new(),
            more: true,
        }
    }

    /// Exactly this value.
    pub fn only(value: Value) -> Self {
        Self {
            values: vec![value],
            more: false,
        }
    }

    /// The one value, if there are no others.
    pub fn single(&self) -> Option<&Value> {
        match self.values.as_slice() {
            [value] if !self.more => Some(value),
            _ => None,
        }
    }
}

/// A wanted use and what goes into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Where.
    pub site: Site,
    /// The method or field.
    pub target: Target,
    /// The kind of call, or read or write.
    pub how: How,
    /// Whether it is the `/range` form of a call.
    pub is_range: bool,
    /// Whether any path leads there; if not, the arguments are unknown.
    pub is_reached: bool,
    /// Of a call: the receiver (not for static ones), then one per parameter.
    /// Of a field: the object (not for static ones), then the value that is written.
    pub arguments: Vec<Possible>,
}

/// Knows the constants that static fields hold.
pub trait Constants {
    /// What the field with this `field_ids` index of `dex` holds, if that is one constant.
    fn constant(&mut self, dex: &Dex<'_>, field: u32, budget: &mut super::Budget) -> Option<Value>;

    /// What a field that may change starts with: one of the values it may hold.
    fn initial(&mut self, _: &Dex<'_>, _: u32, _: &mut super::Budget) -> Option<Value> {
        None
    }
}

impl<F: FnMut(u32) -> Option<Value>> Constants for F {
    fn constant(&mut self, _: &Dex<'_>, field: u32, _: &mut super::Budget) -> Option<Value> {
        self(field)
    }
}
