//! Class definitions and their members.
//!
//! AOSP "Dalvik Executable format", sections "class_def_item",
//! "class_data_item", "encoded_field" and "encoded_method"; ART
//! `libdexfile/dex/class_accessor.h`.

use super::{Dex, NO_INDEX, words};
use crate::bytes::Reader;
use crate::error::ParseError;

/// `class_def_item`. Offsets are 0 where there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassDef {
    /// `type_ids` index of the class.
    pub class: u32,
    /// Access flags (section "access_flags definitions").
    pub access_flags: u32,
    /// `type_ids` index of the superclass; `None` for `java.lang.Object` only.
    pub superclass: Option<u32>,
    /// Offset of the type list of interfaces.
    pub interfaces_off: u32,
    /// `string_ids` index of the source file's name.
    pub source_file: Option<u32>,
    /// Offset of the `annotations_directory_item`.
    pub annotations_off: u32,
    /// Offset of the `class_data_item`.
    pub class_data_off: u32,
    /// Offset of the `encoded_array_item` with the static fields' first values.
    pub static_values_off: u32,
}

impl ClassDef {
    fn new(row: &[u8; 32]) -> Self {
        let [
            class,
            access_flags,
            superclass,
            interfaces_off,
            source,
            annotations_off,
            data,
            values,
        ] = words(row);
        let some = |index: u32| (index != NO_INDEX).then_some(index);
        Self {
            class,
            access_flags,
            superclass: some(superclass),
            interfaces_off,
            source_file: some(source),
            annotations_off,
            class_data_off: data,
            static_values_off: values,
        }
    }
}

/// Iterator over the class definitions, in the order of the file.
#[derive(Clone, Debug)]
pub struct ClassDefs<'a> {
    rows: std::slice::Iter<'a, [u8; 32]>,
}

impl Iterator for ClassDefs<'_> {
    type Item = ClassDef;

    fn next(&mut self) -> Option<ClassDef> {
        self.rows.next().map(ClassDef::new)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for ClassDefs<'_> {}

/// `class_data_item`: how many members of each kind, and where they are.
#[derive(Clone, Copy, Debug)]
pub struct ClassData<'a> {
    /// Number of static fields.
    pub static_fields: u32,
    /// Number of instance fields.
    pub instance_fields: u32,
    /// Number of static, private and constructor methods.
    pub direct_methods: u32,
    /// Number of the other methods.
    pub virtual_methods: u32,
    members: Reader<'a>,
}

/// `encoded_field`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedField {
    /// `field_ids` index.
    pub field: u32,
    /// Access flags.
    pub access_flags: u32,
    /// Whether it is in the list of static fields.
    pub is_static: bool,
}

/// `encoded_method`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedMethod {
    /// `method_ids` index.
    pub method: u32,
    /// Access flags.
    pub access_flags: u32,
    /// Offset of the `code_item`; 0 for abstract and native methods.
    pub code_off: u32,
    /// Whether it is in the list of direct methods.
    pub is_direct: bool,
}

impl<'a> Dex<'a> {
    /// The class definitions, in the order of the file.
    pub fn class_defs(&self) -> ClassDefs<'a> {
        ClassDefs {
            rows: self.class_defs.rows.iter(),
        }
    }

    /// One class definition.
    ///
    /// # Errors
    /// No such definition.
    pub fn class_def(&self, index: u32) -> Result<ClassDef, ParseError> {
        self.class_defs.row(index).map(ClassDef::new)
    }

    /// The members of a class; `None` if the class has none (`class_data_off` is 0).
    ///
    /// # Errors
    /// An offset outside the file, or more members than bytes left for them.
    pub fn class_data(&self, class: &ClassDef) -> Result<Option<ClassData<'a>>, ParseError> {
        if class.class_data_off == 0 {
            return Ok(None);
        }
        let mut r = self.at(class.class_data_off)?;
        let mut count = || r.uleb128("the sizes of a class_data_item");
        let (static_fields, instance_fields) = (count()?, count()?);
        let (direct_methods, virtual_methods) = (count()?, count()?);
        // Each field takes two bytes or more, each method three.
        let sum = |a: u32, b: u32| u64::from(a).saturating_add(u64::from(b));
        let least = sum(static_fields, instance_fields)
            .saturating_mul(2)
            .saturating_add(sum(direct_methods, virtual_methods).saturating_mul(3));
        if usize::try_from(least).is_ok_and(|least| least <= r.remaining()) {
            Ok(Some(ClassData {
                static_fields,
                instance_fields,
                direct_methods,
                virtual_methods,
                members: r,
            }))
        } else {
            Err(ParseError::new(
                r.offset(),
                format!("class members of {least} bytes or more"),
                format!("{} bytes", r.remaining()),
            ))
        }
    }
}

impl<'a> ClassData<'a> {
    /// Number of fields and methods together.
    pub fn len(&self) -> u64 {
        [
            self.static_fields,
            self.instance_fields,
            self.direct_methods,
            self.virtual_methods,
        ]
        .iter()
        .fold(0u64, |sum, &n| sum.saturating_add(u64::from(n)))
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fields: static ones, then instance ones. Ends after an error.
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            reader: self.members,
            first: self.static_fields,
            second: self.instance_fields,
            index: 0,
            is_static: true,
        }
    }

    /// The methods: direct ones, then virtual ones.
    ///
    /// # Errors
    /// The fields before them cannot be skipped.
    pub fn methods(&self) -> Result<Methods<'a>, ParseError> {
        let mut reader = self.members;
        for _ in 0..u64::from(self.static_fields).saturating_add(u64::from(self.instance_fields)) {
            reader.uleb128("an encoded_field")?;
            reader.uleb128("an encoded_field")?;
        }
        Ok(Methods {
            reader,
            first: self.direct_methods,
            second: self.virtual_methods,
            index: 0,
            is_direct: true,
        })
    }
}

/// Iterator of [`ClassData::fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    reader: Reader<'a>,
    first: u32,
    second: u32,
    index: u32,
    is_static: bool,
}

impl Iterator for Fields<'_> {
    type Item = Result<EncodedField, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !advance(
            &mut self.first,
            &mut self.second,
            &mut self.index,
            &mut self.is_static,
        ) {
            return None;
        }
        let mut read = || {
            // ART adds without a check; a wrapped index fails at its look-up.
            self.index = self
                .index
                .wrapping_add(self.reader.uleb128("a field_idx_diff")?);
            let access_flags = self.reader.uleb128("a field's access_flags")?;
            Ok(EncodedField {
                field: self.index,
                access_flags,
                is_static: self.is_static,
            })
        };
        let item = read();
        if item.is_err() {
            (self.first, self.second) = (0, 0);
        }
        Some(item)
    }
}

/// Iterator of [`ClassData::methods`]. Ends after an error.
#[derive(Clone, Debug)]
pub struct Methods<'a> {
    reader: Reader<'a>,
    first: u32,
    second: u32,
    index: u32,
    is_direct: bool,
}

impl Iterator for Methods<'_> {
    type Item = Result<EncodedMethod, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !advance(
            &mut self.first,
            &mut self.second,
            &mut self.index,
            &mut self.is_direct,
        ) {
            return None;
        }
        let mut read = || {
            self.index = self
                .index
                .wrapping_add(self.reader.uleb128("a method_idx_diff")?);
            let access_flags = self.reader.uleb128("a method's access_flags")?;
            let code_off = self.reader.uleb128("a method's code_off")?;
            let (method, is_direct) = (self.index, self.is_direct);
            Ok(EncodedMethod {
                method,
                access_flags,
                code_off,
                is_direct,
            })
        };
        let item = read();
        if item.is_err() {
            (self.first, self.second) = (0, 0);
        }
        Some(item)
    }
}

/// Steps to the next of two lists' items; index differences start anew in the second.
fn advance(first: &mut u32, second: &mut u32, index: &mut u32, in_first: &mut bool) -> bool {
    if let Some(left) = first.checked_sub(1) {
        *first = left;
        return true;
    }
    if *in_first {
        *in_first = false;
        *index = 0;
    }
    match second.checked_sub(1) {
        Some(left) => {
            *second = left;
            true
        }
        None => false,
    }
}
