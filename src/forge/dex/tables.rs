//! The sorted tables of a DEX file.

use super::asm::Part;
use super::model::{Class, FieldRef, MethodRef, Op, Operand, Proto};
use crate::forge::{ForgeError, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Everything a DEX file refers to, with its index.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Strings by UTF-16 code units.
    strings: BTreeMap<Vec<u16>, u32>,
    types: BTreeMap<String, u16>,
    protos: BTreeMap<Proto, u16>,
    fields: BTreeMap<(String, String, String), u16>,
    methods: BTreeMap<(String, String, Proto), u16>,
}

/// The same, in the order of the file, as indices.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The strings.
    pub(super) strings: Vec<String>,
    /// String index of the descriptor.
    pub(super) types: Vec<u32>,
    /// Shorty, result, parameters.
    pub(super) protos: Vec<(u32, u16, Vec<u16>)>,
    /// Class, type, name.
    pub(super) fields: Vec<(u16, u16, u32)>,
    /// Class, proto, name.
    pub(super) methods: Vec<(u16, u16, u32)>,
}

#[derive(Default)]
struct Used {
    strings: BTreeSet<String>,
    types: BTreeSet<String>,
    protos: BTreeSet<Proto>,
    fields: BTreeSet<(String, String, String)>,
    methods: BTreeSet<(String, String, Proto)>,
}

impl Used {
    fn kind(&mut self, descriptor: &str) {
        self.types.insert(descriptor.to_owned());
    }

    fn proto(&mut self, proto: &Proto) {
        self.protos.insert(proto.clone());
    }

    fn field(&mut self, class: &str, name: &str, kind: &str) {
        self.fields
            .insert((class.to_owned(), name.to_owned(), kind.to_owned()));
    }

    fn method(&mut self, class: &str, name: &str, proto: &Proto) {
        self.proto(proto);
        self.methods
            .insert((class.to_owned(), name.to_owned(), proto.clone()));
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Text(text) => {
                self.strings.insert(text.clone());
            }
            Operand::Class(descriptor) => self.kind(descriptor),
            _ => {}
        }
    }

    fn operands<'a>(&mut self, all: impl IntoIterator<Item = &'a Operand>) {
        all.into_iter().for_each(|o| self.operand(o));
    }

    fn call(&mut self, method: &MethodRef, with: Option<&Vec<Operand>>) {
        self.method(&method.class, &method.name, &method.proto);
        self.operands(with.into_iter().flatten());
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Load(value) | Op::Throw(value) | Op::If(_, value, _) => self.operand(value),
            Op::Strings(all) => {
                self.kind("[Ljava/lang/String;");
                self.strings.extend(all.iter().cloned());
            }
            Op::Call {
                method, on, with, ..
            } => {
                self.operands(on);
                self.call(method, with.as_ref());
            }
            Op::New { class, init } => {
                self.kind(class);
                if let Some((method, with)) = init {
                    self.call(method, with.as_ref());
                }
            }
            Op::Get(field, on) => {
                self.field(&field.class, &field.name, &field.kind);
                self.operands(on);
            }
            Op::Put(field, on, value) => {
                self.field(&field.class, &field.name, &field.kind);
                self.operands(on);
                self.operand(value);
            }
            Op::Cast(value, kind) => {
                self.operand(value);
                self.kind(kind);
            }
            Op::Return(value) => self.operands(value),
            Op::Label(_) | Op::Goto(_) | Op::Raw(_) => {}
            Op::Asm(asm) => asm.operands.iter().for_each(|part| match part {
                Part::Text(text) => {
                    self.strings.insert(text.clone());
                }
                Part::Type(kind) => self.kind(kind),
                Part::Field(field) => self.field(&field.class, &field.name, &field.kind),
                Part::Method(method) => self.method(&method.class, &method.name, &method.proto),
                _ => {}
            }),
        }
    }

    fn class(&mut self, class: &Class) {
        self.kind(&class.name);
        self.types
            .extend(class.superclass.iter().chain(&class.interfaces).cloned());
        for field in &class.fields {
            self.field(&class.name, &field.name, &field.kind);
            self.operands(&field.value);
        }
        for method in &class.methods {
            self.method(&class.name, &method.name, &method.proto);
            if !method.without_code() {
                method.body.iter().for_each(|s| self.op(&s.op));
            }
        }
    }

    /// Adds what the tables themselves refer to.
    fn close(&mut self) {
        for (class, name, kind) in &self.fields {
            self.types.extend([class.clone(), kind.clone()]);
            self.strings.insert(name.clone());
        }
        for (class, name, _) in &self.methods {
            self.types.insert(class.clone());
            self.strings.insert(name.clone());
        }
        for proto in &self.protos {
            self.types.insert(proto.returns.clone());
            self.types.extend(proto.params.iter().cloned());
            self.strings.insert(proto.shorty());
        }
        self.strings.extend(self.types.iter().cloned());
    }
}

impl Tables {
    /// Collects and sorts (DEX format, `string_ids` … `method_ids`: the order of each table is fixed).
    pub(super) fn of(classes: &[Class]) -> Result<(Self, Lists)> {
        let mut used = Used::default();
        classes.iter().for_each(|c| used.class(c));
        used.close();
        let mut tables = Self::default();
        let mut lists = Lists::default();
        let mut sorted: Vec<(Vec<u16>, String)> = used
            .strings
            .into_iter()
            .map(|s| (s.encode_utf16().collect(), s))
            .collect();
        sorted.sort();
        for (at, (units, text)) in sorted.into_iter().enumerate() {
            tables.strings.insert(units, at as u32);
            lists.strings.push(text);
        }
        let mut types: Vec<(u32, String)> = used
            .types
            .into_iter()
            .map(|t| Ok((tables.string(&t)?, t)))
            .collect::<Result<_>>()?;
        types.sort();
        for (at, (string, kind)) in types.into_iter().enumerate() {
            tables.types.insert(kind, short(at)?);
            lists.types.push(string);
        }
        let mut protos = Vec::new();
        for proto in used.protos {
            let params = proto
                .params
                .iter()
                .map(|p| tables.kind(p))
                .collect::<Result<Vec<_>>>()?;
            protos.push((tables.kind(&proto.returns)?, params, proto));
        }
        protos.sort();
        for (at, (returns, params, proto)) in protos.into_iter().enumerate() {
            lists
                .protos
                .push((tables.string(&proto.shorty())?, returns, params));
            tables.protos.insert(proto, short(at)?);
        }
        let mut fields = Vec::new();
        for (class, name, kind) in used.fields {
            let key = (
                tables.kind(&class)?,
                tables.string(&name)?,
                tables.kind(&kind)?,
            );
            fields.push((key, (class, name, kind)));
        }
        fields.sort();
        for (at, ((class, name, kind), field)) in fields.into_iter().enumerate() {
            lists.fields.push((class, kind, name));
            tables.fields.insert(field, short(at)?);
        }
        let mut methods = Vec::new();
        for (class, name, proto) in used.methods {
            let index = tables.proto(&proto)?;
            methods.push((
                (tables.kind(&class)?, tables.string(&name)?, index),
                (class, name, proto),
            ));
        }
        methods.sort();
        for (at, ((class, name, proto), method)) in methods.into_iter().enumerate() {
            lists.methods.push((class, proto, name));
            tables.methods.insert(method, short(at)?);
        }
        Ok((tables, lists))
    }

    /// Index of a string.
    pub(super) fn string(&self, text: &str) -> Result<u32> {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.strings
            .get(&units)
            .copied()
            .ok_or_else(|| missing(text))
    }

    /// Index of a type.
    pub(super) fn kind(&self, descriptor: &str) -> Result<u16> {
        self.types
            .get(descriptor)
            .copied()
            .ok_or_else(|| missing(descriptor))
    }

    fn proto(&self, proto: &Proto) -> Result<u16> {
        self.protos
            .get(proto)
            .copied()
            .ok_or_else(|| missing("a prototype"))
    }

    /// Index of a field.
    pub(super) fn field(&self, field: &FieldRef) -> Result<u16> {
        let key = (field.class.clone(), field.name.clone(), field.kind.clone());
        self.fields
            .get(&key)
            .copied()
            .ok_or_else(|| missing(&field.name))
    }

    /// Index of a method.
    pub(super) fn method(&self, method: &MethodRef) -> Result<u16> {
        let key = (
            method.class.clone(),
            method.name.clone(),
            method.proto.clone(),
        );
        self.methods
            .get(&key)
            .copied()
            .ok_or_else(|| missing(&method.name))
    }
}

fn missing(what: &str) -> ForgeError {
    ForgeError::new(format!("{what} was not collected"))
}

fn short(at: usize) -> Result<u16> {
    u16::try_from(at)
        .map_err(|_| ForgeError::new("more than 65536 entries in one table; use a second DEX"))
}
