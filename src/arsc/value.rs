//! `Res_value`: a typed value of an attribute or resource.

use super::pool::Text;
use std::fmt::Write;

/// A typed value (`Res_value` of ResourceTypes.h).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `TYPE_NULL`, undefined; also a type that has no data or a string the pool does not have.
    Null,
    /// `TYPE_NULL`, empty (`@empty`).
    Empty,
    /// `TYPE_REFERENCE`: a resource id.
    Reference(u32),
    /// `TYPE_ATTRIBUTE`: the id of a theme attribute.
    Attribute(u32),
    /// `TYPE_STRING`.
    String(Text),
    /// `TYPE_FLOAT`.
    Float(f32),
    /// `TYPE_DIMENSION`: complex number, see ResourceTypes.h.
    Dimension(u32),
    /// `TYPE_FRACTION`: complex number, see ResourceTypes.h.
    Fraction(u32),
    /// `TYPE_DYNAMIC_REFERENCE`: a resource id whose package is looked up in the table's library chunk.
    DynamicReference(u32),
    /// `TYPE_DYNAMIC_ATTRIBUTE`.
    DynamicAttribute(u32),
    /// `TYPE_INT_DEC`.
    Dec(i32),
    /// `TYPE_INT_HEX`.
    Hex(u32),
    /// `TYPE_INT_BOOLEAN`.
    Bool(bool),
    /// `TYPE_INT_COLOR_*`: 0xaarrggbb, however many digits it was written with.
    Color(u32),
    /// Another type of the integer range, or one that this version does not know.
    Other {
        /// `dataType`.
        kind: u8,
        /// `data`.
        data: u32,
    },
}

impl Value {
    /// The value of type `kind` with `data`; `string` looks up the string pool.
    pub fn from_raw(kind: u8, data: u32, string: impl FnOnce(u32) -> Option<Text>) -> Self {
        match kind {
            0x00 if data == 1 => Self::Empty,
            0x00 => Self::Null,
            // `@null` is a reference to nothing.
            0x01 | 0x07 if data == 0 => Self::Null,
            0x01 => Self::Reference(data),
            0x02 => Self::Attribute(data),
            0x03 => string(data).map_or(Self::Null, Self::String),
            0x04 => Self::Float(f32::from_bits(data)),
            0x05 => Self::Dimension(data),
            0x06 => Self::Fraction(data),
            0x07 => Self::DynamicReference(data),
            0x08 => Self::DynamicAttribute(data),
            0x10 => Self::Dec(i32::from_le_bytes(data.to_le_bytes())),
            0x11 => Self::Hex(data),
            0x12 => Self::Bool(data != 0),
            0x1c..=0x1f => Self::Color(data),
            _ => Self::Other { kind, data },
        }
    }

    /// The resource id that this value refers to.
    pub fn reference(&self) -> Option<u32> {
        match *self {
            Self::Reference(id) | Self::DynamicReference(id) => Some(id),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The data of an integer type (`TYPE_FIRST_INT` to `TYPE_LAST_INT`), booleans and colours included.
    pub fn as_int(&self) -> Option<u32> {
        match *self {
            Self::Dec(value) => Some(u32::from_le_bytes(value.to_le_bytes())),
            Self::Hex(value) | Self::Color(value) => Some(value),
            Self::Bool(value) => Some(if value { u32::MAX } else { 0 }),
            Self::Other {
                kind: 0x10..=0x1f,
                data,
            } => Some(data),
            _ => None,
        }
    }

    /// An integer as `TypedArray.getInt` gives it: of an integer type, or a
    /// string that `XmlUtils.convertValueToInt` reads (`-7`, `0x1f`, `#1f`, `017`).
    pub fn to_int(&self) -> Option<u32> {
        match self {
            Self::String(text) => parse_int(text),
            other => other.as_int(),
        }
    }

    /// A boolean as `TypedArray.getBoolean` gives it: of an integer type, or
    /// the strings `1`, `true` and `TRUE`; other strings are false.
    pub fn to_bool(&self) -> Option<bool> {
        match self {
            Self::String(text) => Some(matches!(&**text, "1" | "true" | "TRUE")),
            other => other.as_int().map(|value| value != 0),
        }
    }

    /// The value as text, as `TypedValue.coerceToString` writes it; `None` for a null value.
    pub fn to_text(&self) -> Option<String> {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Null => return None,
            Self::Empty => Ok(()),
            Self::Reference(id) | Self::DynamicReference(id) => write!(out, "@{id:#010x}"),
            Self::Attribute(id) | Self::DynamicAttribute(id) => write!(out, "?{id:#010x}"),
            Self::String(text) => write!(out, "{text}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::Dimension(data) => {
                const UNITS: [&str; 6] = ["px", "dip", "sp", "pt", "in", "mm"];
                let unit = UNITS
                    .get(super::to_usize(data & 0xf))
                    .copied()
                    .unwrap_or("");
                write!(out, "{:?}{unit}", complex(*data))
            }
            Self::Fraction(data) => {
                let unit = if data & 0xf == 1 { "%p" } else { "%" };
                write!(out, "{:?}{unit}", complex(*data) * 100.0)
            }
            Self::Dec(value) => write!(out, "{value}"),
            Self::Hex(value) => write!(out, "{value:#x}"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Color(value) => write!(out, "#{value:08x}"),
            Self::Other { kind, data } => write!(out, "(type {kind:#x}) {data:#x}"),
        };
        Some(out)
    }
}

/// `TypedValue.complexToFloat`: a signed mantissa of 24 bits and a radix of two bits.
fn complex(data: u32) -> f32 {
    let mantissa = i32::from_le_bytes((data & 0xffff_ff00).to_le_bytes());
    let scale = match (data >> 4) & 3 {
        0 => 1.0,
        1 => 1.0 / 128.0,
        2 => 1.0 / 32_768.0,
        _ => 1.0 / 8_388_608.0,
    };
    // 24 significant bits are exact in an f32.
    #[allow(
        clippy::as_conversions,
        reason = "there is no From<i32> for f32; the low 8 bits are zero, so it is exact"
    )]
    let value = mantissa as f32;
    value * (scale / 256.0)
}

/// `XmlUtils.convertValueToInt`, which ends in a cast to 32 bits.
fn parse_int(text: &str) -> Option<u32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (radix, digits) = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        (16, hex)
    } else if let Some(hex) = digits.strip_prefix('#') {
        (16, hex)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits)
    } else {
        (10, digits)
    };
    if digits.starts_with('+') {
        return None;
    }
    let value = i64::from(u32::from_str_radix(digits, radix).ok()?);
    let value = if negative {
        value.checked_neg()?
    } else {
        value
    };
    let bytes = value.to_le_bytes();
    Some(u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: u8, data: u32) -> Value {
        Value::from_raw(kind, data, |index| (index == 0).then(|| Text::from("text")))
    }

    #[test]
    fn texts_are_those_of_type_value() {
        for (kind, data, text) in [
            (0x01, 0x7f01_0002, "@0x7f010002"),
            (0x02, 0x0101_0003, "?0x01010003"),
            (0x03, 0, "text"),
            (0x04, 0x3fc0_0000, "1.5"),
            // 16dp and 50%: the encodings of aapt (`aapt dump --values resources` writes them back).
            (0x05, 0x0000_1001, "16.0dip"),
            (0x06, 0x4000_0030, "50.0%"),
            (0x10, 0xffff_ffff, "-1"),
            (0x11, 0x10, "0x10"),
            (0x12, 0xffff_ffff, "true"),
            (0x1c, 0xff00_0000, "#ff000000"),
        ] {
            assert_eq!(
                value(kind, data).to_text().as_deref(),
                Some(text),
                "type {kind:#x}"
            );
        }
        assert_eq!(value(0x03, 1), Value::Null);
        assert_eq!(value(0x01, 0).to_text(), None);
    }

    #[test]
    fn strings_convert_as_typed_array_does() {
        for (text, int, boolean) in [
            ("10", Some(10), false),
            ("0x1f", Some(31), false),
            ("-1", Some(u32::MAX), false),
            ("010", Some(8), false),
            ("1", Some(1), true),
            ("true", None, true),
            ("True", None, false),
        ] {
            let value = Value::String(Text::from(text));
            assert_eq!(
                (value.to_int(), value.to_bool()),
                (int, Some(boolean)),
                "{text}"
            );
        }
        assert_eq!(value(0x10, 1).to_bool(), Some(true));
        assert_eq!(value(0x04, 1).to_bool(), None);
    }
}
