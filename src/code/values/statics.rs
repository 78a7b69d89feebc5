//! What the static fields of an app hold.
//!
//! A constant is encoded in the class ("Dalvik Executable format", sections
//! "class_def_item", `static_values_off`, and "encoded_array_item"); anything
//! else is put into the field by `<clinit>`, which is read like any other
//! method. A class that several files define is taken from the first.

use super::{Constants, Possible, Reading, Tracer, Use, Value};
use crate::code::{Budget, Faults, How, Site, Target, Wanted};
use crate::dex::{self, ClassDef, Dex, EncodedMethod, mutf8, usize_of};
use crate::error::ParseError;
use crate::limits::Limits;
use std::collections::BTreeMap;

/// The static fields of all DEX files of an app, read class by class when first asked for.
#[derive(Debug)]
pub struct Statics<'w, 'a> {
    files: Vec<&'w Dex<'a>>,
    limits: &'w Limits,
    /// Descriptor, file, class definition; sorted.
    classes: Vec<(&'a [u8], u32, u32)>,
    read: BTreeMap<(u32, u32), Fields<'a>>,
    /// By file: what is known of its methods is looked up once.
    tracers: BTreeMap<u32, Tracer<'w, 'a>>,
    /// Values that are kept.
    left: usize,
    /// What could not be read.
    pub faults: Faults,
}

/// Fields of one class by name and type, with their value and whether they hold nothing else.
type Fields<'a> = Vec<(&'a [u8], &'a [u8], Value, bool)>;

/// Values kept for one app: a class of constants has hundreds, and only those classes are read
/// that a method with a wanted use reads from.
const MOST_VALUES: usize = 1 << 20;
/// `ACC_FINAL`
const FINAL: u32 = 0x10;

impl<'w, 'a> Statics<'w, 'a> {
    /// Notes where each class is. `files` are in class-path order.
    pub fn new(
        files: impl IntoIterator<Item = &'w Dex<'a>>,
        limits: &'w Limits,
        budget: &mut Budget,
    ) -> Self {
        let files: Vec<&Dex<'a>> = files.into_iter().collect();
        let mut classes = Vec::new();
        let mut faults = Faults::default();
        for (file, dex) in (0u32..).zip(&files) {
            budget.begin(dex);
            for (number, class) in (0u32..).zip(dex.class_defs()) {
                match dex.type_descriptor_bytes(class.class) {
                    Ok(name) if budget.take_text(name.len()) => {
                        classes.push((name, file, number));
                    }
                    Ok(_) => {
                        faults.cut_short = true;
                        break;
                    }
                    Err(error) => faults.add(error),
                }
            }
        }
        classes.sort_unstable();
        Self {
            files,
            limits,
            classes,
            read: BTreeMap::new(),
            tracers: BTreeMap::new(),
            left: MOST_VALUES,
            faults,
        }
    }

    fn fields(&mut self, class: &[u8], budget: &mut Budget) -> Option<&Fields<'a>> {
        let at = self.classes.partition_point(|known| known.0 < class);
        let &(name, file, number) = self.classes.get(at)?;
        if name != class {
            return None;
        }
        let key = (file, number);
        if !self.read.contains_key(&key) {
            let dex: &'w Dex<'a> = self.files.get(usize_of(file))?;
            let mut tracer = match self.tracers.remove(&file) {
                Some(tracer) => tracer,
                None => Tracer::new(dex, self.limits),
            };
            let fields = match self.class(dex, number, &mut tracer, budget) {
                Ok(fields) => fields,
                Err(error) => {
                    self.faults.add(error);
                    Fields::new()
                }
            };
            self.tracers.insert(file, tracer);
            self.left = self.left.saturating_sub(fields.len());
            self.read.insert(key, fields);
        }
        self.read.get(&key)
    }

    /// Reads the static fields of one class.
    fn class(
        &mut self,
        dex: &'w Dex<'a>,
        number: u32,
        tracer: &mut Tracer<'w, 'a>,
        budget: &mut Budget,
    ) -> Result<Fields<'a>, ParseError> {
        let class = dex.class_def(number)?;
        let mut fields = Fields::new();
        let Some(data) = dex.class_data(&class)? else {
            return Ok(fields);
        };
        if !budget.take(data.len()) {
            return Ok(fields);
        }
        let Some(written) = self.written(tracer, dex, number, &class, data.methods()?, budget)
        else {
            return Ok(fields);
        };
        let mut values = dex.static_values(&class)?;
        for field in data.fields().take(usize_of(data.static_fields)) {
            let field = field?;
            let start = values.offset();
            let encoded = values.next().transpose()?.map(|(_, value)| value);
            // A value may be an array as long as the file.
            if !budget.take(values.offset().saturating_sub(start)) || fields.len() >= self.left {
                break;
            }
            let is_final = field.access_flags & FINAL != 0;
            let id = dex.field(field.field)?;
            let (name, type_) = (
                dex.name_bytes(id.name)?,
                dex.type_descriptor_bytes(id.type_)?,
            );
            let value = match written.get(&field.field) {
                Some(Written::Once(value)) => Some(value.clone()),
                Some(Written::OneOf(value)) => {
                    // Like a field that may change: this value, and perhaps others.
                    fields.push((name, type_, value.clone(), false));
                    continue;
                }
                Some(Written::Unclear) => None,
                None => match encoded {
                    Some(value) => self.encoded(dex, value, type_),
                    None => Some(zero(type_)),
                },
            };
            match value {
                // Zero is what a field has before somebody gives it a value.
                Some(Value::Null | Value::Int(0)) if !is_final => {}
                Some(value) => fields.push((name, type_, value, is_final)),
                None => {}
            }
        }
        Ok(fields)
    }

    fn encoded(&self, dex: &Dex<'a>, value: dex::Value, type_: &[u8]) -> Option<Value> {
        Some(match value {
            dex::Value::Int(value) => Value::Int(value),
            dex::Value::Char(unit) => Value::Int(i64::from(unit)),
            dex::Value::Boolean(value) => Value::Int(i64::from(value)),
            dex::Value::Float(value) => Value::Int(i64::from(value.to_bits())),
            dex::Value::Double(value) => Value::Int(i64::from_le_bytes(value.to_le_bytes())),
            dex::Value::String(index) => {
                let bytes = dex.string_bytes(index).ok()?;
                if bytes.len() > self.limits.text_bytes {
                    return None;
                }
                Value::text(mutf8::decode(bytes))
            }
            dex::Value::Type(index) => Value::Class(dex.type_descriptor(index).ok()?.into_owned()),
            dex::Value::Null => zero(type_),
            _ => return None,
        })
    }

    /// What `<clinit>` puts into the fields; `None` if that is not known.
    fn written(
        &mut self,
        tracer: &mut Tracer<'w, 'a>,
        dex: &'w Dex<'a>,
        number: u32,
        class: &ClassDef,
        methods: dex::Methods<'a>,
        budget: &mut Budget,
    ) -> Option<BTreeMap<u32, Written>> {
        let mut written = BTreeMap::new();
        let is_clinit = |method: &EncodedMethod| {
            method.is_direct
                && method.code_off != 0
                && dex
                    .method(method.method)
                    .and_then(|id| dex.name_bytes(id.name))
                    .is_ok_and(|name| name == b"<clinit>")
        };
        let clinit = methods.map_while(Result::ok).find(is_clinit);
        let Some(clinit) = clinit else {
            return Some(written);
        };
        let site = Site {
            method: Some(clinit.method),
            code_off: clinit.code_off,
            ..Site::of_class(number, class)
        };
        // A bit for each row of four tables, cleared in words.
        let rows = u64::from(dex.method_count())
            .saturating_add(u64::from(dex.field_count()))
            .saturating_add(u64::from(dex.string_count()))
            .saturating_add(u64::from(dex.type_count()));
        budget.take(rows >> 10);
        let mut wanted = Wanted::nothing(dex);
        // Fields of other classes among them do no harm: they are looked up elsewhere.
        if let Ok(code) = dex.code_item(clinit.code_off) {
            for insn in code.insns().map_while(Result::ok) {
                if let (0x67..=0x6d, Some(field)) = (insn.opcode, insn.index()) {
                    wanted.insert_field(field);
                }
            }
        }
        let mut left = self.left;
        let mut sink = |found: Use| {
            let (Target::Field(field), How::Write) = (found.target, found.how) else {
                return;
            };
            let value = match found.arguments.last().and_then(Possible::single) {
                Some(value) if left > 0 => {
                    left = left.saturating_sub(1);
                    Written::Once(value.clone())
                }
                _ => match found.arguments.last().and_then(|p| p.values.first()) {
                    Some(value @ (Value::Int(_) | Value::Text { .. })) if left > 0 => {
                        left = left.saturating_sub(1);
                        Written::OneOf(value.clone())
                    }
                    _ => Written::Unclear,
                },
            };
            let known = written.entry(field);
            known
                .and_modify(|known| *known = Written::Unclear)
                .or_insert(value);
        };
        let mut none = |_| None;
        let mut faults = Faults::default();
        let reading = tracer.method(site, &wanted, &mut none, &mut sink, budget, &mut faults);
        self.faults.merge(faults);
        if !matches!(reading, Reading::Followed | Reading::Straight) {
            return None;
        }
        for value in written.values_mut() {
            let changes = match value {
                // It stays as it is, unless somebody writes into it.
                Written::Once(Value::Array { .. }) => tracer.wrote_unseen,
                Written::Once(Value::Builder(_) | Value::Intent { .. }) => true,
                _ => false,
            };
            if changes {
                *value = Written::Unclear;
            }
        }
        Some(written)
    }
}

#[derive(Clone, Debug)]
enum Written {
    Once(Value),
    /// Once, one of several values, of which this is one.
    OneOf(Value),
    /// More than once, or not one known value.
    Unclear,
}

fn zero(type_: &[u8]) -> Value {
    match type_.first() {
        Some(b'L' | b'[') => Value::Null,
        _ => Value::Int(0),
    }
}

impl Statics<'_, '_> {
    fn find(
        &mut self,
        dex: &Dex<'_>,
        field: u32,
        is_final: bool,
        budget: &mut Budget,
    ) -> Option<Value> {
        let id = dex.field(field).ok()?;
        let class = dex.type_descriptor_bytes(id.class).ok()?;
        let name = dex.name_bytes(id.name).ok()?;
        let type_ = dex.type_descriptor_bytes(id.type_).ok()?;
        budget.take_text(class.len().saturating_add(name.len()));
        let fields = self.fields(class, budget)?;
        budget.take(u64::try_from(fields.len() >> 4).unwrap_or(u64::MAX));
        let found = fields
            .iter()
            .find(|known| known.0 == name && known.1 == type_ && known.3 == is_final);
        found.map(|known| known.2.clone())
    }
}

impl Constants for Statics<'_, '_> {
    fn constant(&mut self, dex: &Dex<'_>, field: u32, budget: &mut Budget) -> Option<Value> {
        self.find(dex, field, true, budget)
    }

    fn initial(&mut self, dex: &Dex<'_>, field: u32, budget: &mut Budget) -> Option<Value> {
        self.find(dex, field, false, budget)
    }
}
