//! One instruction in smali notation, as baksmali writes it: `invoke-virtual {v0}, Lx/Y;->m()V`.
//!
//! Registers are `v0` upwards, never `p0`; labels are named by the code unit they lie at (`:cond_1e`). Comments,
//! and the contents of payloads and call sites, are left out.

use super::insn::{Insn, PayloadKind};
use super::opcodes::{Format, IndexKind};
use super::{Dex, MethodHandleKind};
use crate::error::ParseError;
use std::fmt::Write;

/// Longest string that is written out, in characters; the rest is `…`.
const LONGEST: usize = 1_000;

impl Dex<'_> {
    /// The instruction in smali notation. What cannot be looked up stands as its index: `method@1234`.
    pub fn smali(&self, insn: &Insn<'_>) -> String {
        if let Some(kind) = insn.payload() {
            return payload(kind, insn);
        }
        let mut out = insn.name().to_owned();
        let info = insn.info();
        let mut operands = Vec::new();
        match info.format {
            Format::F35c | Format::F45cc => {
                let all: Vec<String> = insn.registers().map(|r| format!("v{r}")).collect();
                operands.push(format!("{{{}}}", all.join(", ")));
            }
            Format::F3rc | Format::F4rcc => {
                let mut all = insn.registers();
                let first = all.next();
                operands.push(match (first, all.last().or(first)) {
                    (Some(first), Some(last)) => format!("{{v{first} .. v{last}}}"),
                    _ => "{}".into(),
                });
            }
            _ => operands.extend(insn.registers().map(|r| format!("v{r}"))),
        }
        if let Some(literal) = insn.literal() {
            operands.push(number(literal, info.name));
        }
        if let Some(label) = label(insn) {
            operands.push(label);
        }
        if let Some(index) = insn.index() {
            operands.push(self.operand(info.index, index));
        }
        if let Some(proto) = insn.proto_index() {
            operands.push(self.operand(IndexKind::Proto, proto));
        }
        if !operands.is_empty() {
            let _ = write!(out, " {}", operands.join(", "));
        }
        out
    }

    /// What the index of an instruction names: a member, a class, or a text as it is; `None` for other indices.
    pub fn named(&self, insn: &Insn<'_>) -> Option<String> {
        let index = insn.index()?;
        match insn.info().index {
            IndexKind::String => self.string(index).ok().map(|text| text.into_owned()),
            IndexKind::Type => self
                .type_descriptor(index)
                .ok()
                .map(|text| text.into_owned()),
            IndexKind::Field => self.field_signature(index).ok(),
            IndexKind::Method | IndexKind::MethodAndProto => self.method_signature(index).ok(),
            IndexKind::MethodHandle => {
                let handle = self.method_handle(index).ok()?;
                if handle.is_field() {
                    self.field_signature(handle.member).ok()
                } else {
                    self.method_signature(handle.member).ok()
                }
            }
            IndexKind::None | IndexKind::Proto | IndexKind::CallSite => None,
        }
    }

    fn operand(&self, kind: IndexKind, index: u32) -> String {
        let (word, found) = match kind {
            IndexKind::None => return String::new(),
            IndexKind::String => ("string", self.string(index).map(|text| quoted(&text))),
            IndexKind::Type => (
                "type",
                self.type_descriptor(index).map(|text| text.into_owned()),
            ),
            IndexKind::Field => ("field", self.field_signature(index)),
            IndexKind::Method | IndexKind::MethodAndProto => {
                ("method", self.method_signature(index))
            }
            IndexKind::Proto => ("proto", self.proto_descriptor(index)),
            IndexKind::MethodHandle => ("method_handle", self.handle(index)),
            IndexKind::CallSite => return format!("call_site@{index:04x}"),
        };
        found.unwrap_or_else(|_| format!("{word}@{index:04x}"))
    }

    fn handle(&self, index: u32) -> Result<String, ParseError> {
        let handle = self.method_handle(index)?;
        let member = if handle.is_field() {
            self.field_signature(handle.member)?
        } else {
            self.method_signature(handle.member)?
        };
        let kind = match handle.kind {
            MethodHandleKind::StaticPut => "static-put",
            MethodHandleKind::StaticGet => "static-get",
            MethodHandleKind::InstancePut => "instance-put",
            MethodHandleKind::InstanceGet => "instance-get",
            MethodHandleKind::InvokeStatic => "invoke-static",
            MethodHandleKind::InvokeInstance => "invoke-instance",
            MethodHandleKind::InvokeConstructor => "invoke-constructor",
            MethodHandleKind::InvokeDirect => "invoke-direct",
            MethodHandleKind::InvokeInterface => "invoke-interface",
        };
        Ok(format!("{kind}@{member}"))
    }
}

/// Hexadecimal with a sign; `L` behind what does not fit an int, or where the register pair takes its upper half.
fn number(literal: i64, name: &str) -> String {
    let sign = if literal < 0 { "-" } else { "" };
    let wide = i32::try_from(literal).is_err() || name == "const-wide/high16";
    let suffix = if wide { "L" } else { "" };
    format!("{sign}{:#x}{suffix}", literal.unsigned_abs())
}

fn label(insn: &Insn<'_>) -> Option<String> {
    let kind = match (insn.info().format, insn.info().name) {
        (Format::F10t | Format::F20t | Format::F30t, _) => "goto",
        (Format::F21t | Format::F22t, _) => "cond",
        (Format::F31t, "packed-switch") => "pswitch_data",
        (Format::F31t, "sparse-switch") => "sswitch_data",
        (Format::F31t, _) => "array",
        _ => return None,
    };
    Some(match insn.target() {
        Some(target) => format!(":{kind}_{target:x}"),
        None => format!(":{kind}_outside"),
    })
}

fn payload(kind: PayloadKind, insn: &Insn<'_>) -> String {
    let word = match kind {
        PayloadKind::PackedSwitch => ".packed-switch",
        PayloadKind::SparseSwitch => ".sparse-switch",
        PayloadKind::FillArrayData => ".array-data",
    };
    format!("{word} # {} code units", insn.units().len())
}

/// A text between quotes. Unlike baksmali's, it keeps characters outside ASCII that have a shape.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            // Surrogates, as the file has them.
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
