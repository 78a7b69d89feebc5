//! Sites and targets in names.

use super::{Site, Target};
use crate::dex::{ClassDef, Dex, names};
use crate::error::ParseError;

/// A site in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Descriptor of the class: `Lcom/a/B;`.
    pub class: String,
    /// Name and prototype of the method: `run(I)V`; empty for the value of a static field.
    pub method: String,
}

impl Described {
    /// `com.a.B.run` as people write it.
    pub fn java(&self) -> String {
        let class = names::java_name(&self.class);
        match self.method.split_once('(') {
            Some((name, _)) => format!("{class}.{name}"),
            None => class,
        }
    }
}

impl Site {
    /// A class as a whole: no method and no instruction of it.
    pub fn of_class(class_def: u32, class: &ClassDef) -> Self {
        Self {
            class_def,
            class: class.class,
            method: None,
            code_off: 0,
            unit: 0,
            offset: 0,
        }
    }

    /// The names of this site's class and method.
    ///
    /// # Errors
    /// A name that cannot be read.
    pub fn describe(&self, dex: &Dex<'_>) -> Result<Described, ParseError> {
        let class = dex.type_descriptor(self.class)?.into_owned();
        let method = match self.method {
            None => String::new(),
            Some(index) => {
                let id = dex.method(index)?;
                format!(
                    "{}{}",
                    dex.member_name(id.name)?,
                    dex.proto_descriptor(id.proto)?
                )
            }
        };
        Ok(Described { class, method })
    }
}

impl Target {
    /// The raw spelling: `Lcom/a/B;->run(I)V`, `Lcom/a/B;->name:I`, a string's text, `Lcom/a/B;`.
    ///
    /// # Errors
    /// A name that cannot be read.
    pub fn describe(&self, dex: &Dex<'_>) -> Result<String, ParseError> {
        match *self {
            Target::Method(index) => dex.method_signature(index),
            Target::Field(index) => dex.field_signature(index),
            Target::String(index) => dex.string(index).map(|text| text.into_owned()),
            Target::Type(index) => dex.type_descriptor(index).map(|text| text.into_owned()),
        }
    }
}
