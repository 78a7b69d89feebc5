//! Which indices of a DEX file a scan shall report.

use super::bits::Bits;
use super::{Budget, Faults, Target};
use crate::dex::{Dex, mutf8};
use crate::error::ParseError;
use std::borrow::Cow;

/// The members, strings and types of one DEX file whose uses a scan reports.
///
/// Filled once per file by predicates over names; the scan itself then only
/// looks at bits.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub(super) methods: Bits,
    pub(super) fields: Bits,
    pub(super) strings: Bits,
    pub(super) types: Bits,
    /// Names that could not be read; what they name is not wanted.
    pub faults: Faults,
}

/// A reference to a method or field, as a predicate sees it.
#[derive(Clone, Copy, Debug)]
pub struct Member<'n> {
    /// `method_ids` or `field_ids` index, for a look at the signature.
    pub index: u32,
    /// Descriptor of the class that the reference names. It may be a subclass
    /// of the one that defines the member.
    pub class: &'n str,
    /// Name of the member.
    pub name: &'n str,
}

impl Wanted {
    /// Nothing yet.
    pub fn nothing(dex: &Dex<'_>) -> Self {
        Self::new(dex, false)
    }

    /// Every use of everything; for dumps and comparisons.
    pub fn everything(dex: &Dex<'_>) -> Self {
        Self::new(dex, true)
    }

    fn new(dex: &Dex<'_>, full: bool) -> Self {
        Self {
            methods: Bits::new(dex.method_count(), full),
            fields: Bits::new(dex.field_count(), full),
            strings: Bits::new(dex.string_count(), full),
            types: Bits::new(dex.type_count(), full),
            faults: Faults::default(),
        }
    }

    /// Adds the methods that `want` says yes to. Asked once per `method_ids` row.
    pub fn select_methods(
        &mut self,
        dex: &Dex<'_>,
        budget: &mut Budget,
        want: impl FnMut(Member<'_>) -> bool,
    ) {
        let id = |index| dex.method(index).map(|id| (id.class, id.name));
        let chosen = (dex.method_count(), &mut self.methods);
        select_members(dex, budget, &mut self.faults, chosen, id, want);
    }

    /// Adds the fields that `want` says yes to. Asked once per `field_ids` row.
    pub fn select_fields(
        &mut self,
        dex: &Dex<'_>,
        budget: &mut Budget,
        want: impl FnMut(Member<'_>) -> bool,
    ) {
        let id = |index| dex.field(index).map(|id| (id.class, id.name));
        let chosen = (dex.field_count(), &mut self.fields);
        select_members(dex, budget, &mut self.faults, chosen, id, want);
    }

    /// Adds the strings that `want` says yes to. Asked once per `string_ids` row.
    pub fn select_strings(
        &mut self,
        dex: &Dex<'_>,
        budget: &mut Budget,
        want: impl FnMut(&str) -> bool,
    ) {
        let text = |index| dex.string_bytes(index);
        let chosen = (dex.string_count(), &mut self.strings);
        select_texts(dex, budget, &mut self.faults, chosen, text, want);
    }

    /// Adds the types whose descriptor `want` says yes to. Asked once per `type_ids` row.
    pub fn select_types(
        &mut self,
        dex: &Dex<'_>,
        budget: &mut Budget,
        want: impl FnMut(&str) -> bool,
    ) {
        let text = |index| dex.type_descriptor_bytes(index);
        let chosen = (dex.type_count(), &mut self.types);
        select_texts(dex, budget, &mut self.faults, chosen, text, want);
    }

    /// Whether uses of a member, string or type are reported.
    #[inline]
    #[must_use]
    pub fn wants(&self, target: Target) -> bool {
        match target {
            Target::Method(index) => self.methods.contains(index),
            Target::Field(index) => self.fields.contains(index),
            Target::String(index) => self.strings.contains(index),
            Target::Type(index) => self.types.contains(index),
        }
    }

    /// Adds one method by its index.
    pub fn insert_method(&mut self, index: u32) {
        self.methods.insert(index);
    }

    /// Adds one field by its index.
    pub fn insert_field(&mut self, index: u32) {
        self.fields.insert(index);
    }

    /// Adds one string by its index.
    pub fn insert_string(&mut self, index: u32) {
        self.strings.insert(index);
    }

    /// Adds one type by its index.
    pub fn insert_type(&mut self, index: u32) {
        self.types.insert(index);
    }
}

fn select_members(
    dex: &Dex<'_>,
    budget: &mut Budget,
    faults: &mut Faults,
    (count, bits): (u32, &mut Bits),
    id: impl Fn(u32) -> Result<(u32, u32), ParseError>,
    mut want: impl FnMut(Member<'_>) -> bool,
) {
    budget.begin(dex);
    // The rows are sorted by class, so each class's descriptor is looked up once.
    let mut last: Option<(u32, Cow<'_, str>)> = None;
    for index in 0..count {
        let mut look = || -> Result<Option<bool>, ParseError> {
            let (class, name) = id(index)?;
            let descriptor = match last.take() {
                Some((known, descriptor)) if known == class => descriptor,
                _ => {
                    let bytes = dex.type_descriptor_bytes(class)?;
                    if !budget.take_text(bytes.len()) {
                        return Ok(None);
                    }
                    mutf8::decode(bytes)
                }
            };
            let bytes = dex.name_bytes(name)?;
            if !budget.take_text(bytes.len()) {
                return Ok(None);
            }
            let answer = want(Member {
                index,
                class: &descriptor,
                name: &mutf8::decode(bytes),
            });
            last = Some((class, descriptor));
            Ok(Some(answer))
        };
        match look() {
            Ok(Some(true)) => bits.insert(index),
            Ok(Some(false)) => {}
            Ok(None) => {
                faults.cut_short = true;
                return;
            }
            Err(error) => {
                faults.add(error);
                if !budget.take(1) {
                    faults.cut_short = true;
                    return;
                }
            }
        }
    }
}

fn select_texts<'a>(
    dex: &Dex<'a>,
    budget: &mut Budget,
    faults: &mut Faults,
    (count, bits): (u32, &mut Bits),
    text: impl Fn(u32) -> Result<&'a [u8], ParseError>,
    mut want: impl FnMut(&str) -> bool,
) {
    budget.begin(dex);
    for index in 0..count {
        let length = match text(index) {
            Ok(bytes) => {
                if want(&mutf8::decode(bytes)) {
                    bits.insert(index);
                }
                bytes.len()
            }
            Err(error) => {
                faults.add(error);
                0
            }
        };
        if !budget.take_text(length) {
            faults.cut_short = true;
            return;
        }
    }
}
