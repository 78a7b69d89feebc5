//! Encoded values, method handles and call sites.
//!
//! AOSP "Dalvik Executable format", sections "encoded_value encoding",
//! "encoded_array format", "encoded_annotation format",
//! "method_handle_item" and "call_site_item".

use super::{ClassDef, Dex, MAX_PARAMETERS, member};
use crate::bytes::Reader;
use crate::error::ParseError;

/// Arrays and annotations inside each other. Compilers write three at most.
const MAX_DEPTH: usize = 64;

/// A constant. Indices point into the tables of the same DEX file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `VALUE_BYTE`, `VALUE_SHORT`, `VALUE_INT`, `VALUE_LONG`, sign-extended.
    Int(i64),
    /// `VALUE_CHAR`
    Char(u16),
    /// `VALUE_FLOAT`
    Float(f32),
    /// `VALUE_DOUBLE`
    Double(f64),
    /// `VALUE_METHOD_TYPE`: `proto_ids` index.
    MethodType(u32),
    /// `VALUE_METHOD_HANDLE`: `method_handles` index.
    MethodHandle(u32),
    /// `VALUE_STRING`: `string_ids` index.
    String(u32),
    /// `VALUE_TYPE`: `type_ids` index.
    Type(u32),
    /// `VALUE_FIELD`: `field_ids` index.
    Field(u32),
    /// `VALUE_METHOD`: `method_ids` index.
    Method(u32),
    /// `VALUE_ENUM`: `field_ids` index of the enum constant.
    Enum(u32),
    /// `VALUE_ARRAY`, not decoded; its number of elements.
    Array(u32),
    /// `VALUE_ANNOTATION`, not decoded; `type_ids` index of its type.
    Annotation(u32),
    /// `VALUE_NULL`
    Null,
    /// `VALUE_BOOLEAN`
    Boolean(bool),
}

/// Iterator over the values of an `encoded_array`, each with the absolute
/// offset of its first byte. Ends after an error.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    reader: Reader<'a>,
    left: u32,
}

impl Values<'_> {
    /// Number of values that are left.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Absolute offset of the next value.
    pub fn offset(&self) -> u64 {
        self.reader.offset()
    }
}

impl Iterator for Values<'_> {
    type Item = Result<(u64, Value), ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let at = self.reader.offset();
        let item = value(&mut self.reader);
        if item.is_err() {
            self.left = 0;
        }
        Some(item.map(|value| (at, value)))
    }
}

/// What a method handle does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodHandleKind {
    /// Writes a static field.
    StaticPut,
    /// Reads a static field.
    StaticGet,
    /// Writes an instance field.
    InstancePut,
    /// Reads an instance field.
    InstanceGet,
    /// Calls a static method.
    InvokeStatic,
    /// Calls a virtual method.
    InvokeInstance,
    /// Calls a constructor.
    InvokeConstructor,
    /// Calls a private method or a superclass's.
    InvokeDirect,
    /// Calls an interface method.
    InvokeInterface,
}

impl MethodHandleKind {
    /// Whether it reads a field.
    #[must_use]
    pub fn is_read(self) -> bool {
        matches!(self, Self::StaticGet | Self::InstanceGet)
    }

    /// Whether it writes a field.
    #[must_use]
    pub fn is_write(self) -> bool {
        matches!(self, Self::StaticPut | Self::InstancePut)
    }
}

/// `method_handle_item`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodHandle {
    /// What it does.
    pub kind: MethodHandleKind,
    /// `field_ids` index for the first four kinds, `method_ids` index for the others.
    pub member: u32,
}

impl MethodHandle {
    /// Whether [`MethodHandle::member`] is a field.
    pub fn is_field(&self) -> bool {
        use MethodHandleKind::{InstanceGet, InstancePut, StaticGet, StaticPut};
        matches!(self.kind, StaticPut | StaticGet | InstancePut | InstanceGet)
    }
}

/// `call_site_item`
#[derive(Clone, Debug, PartialEq)]
pub struct CallSite {
    /// `method_handles` index of the bootstrap method.
    pub bootstrap: u32,
    /// `string_ids` index of the name that the bootstrap method gets.
    pub name: u32,
    /// `proto_ids` index of the call site's type.
    pub proto: u32,
    /// Further arguments of the bootstrap method.
    pub arguments: Vec<Value>,
}

impl<'a> Dex<'a> {
    /// The first values of a class's static fields, in the order of those
    /// fields; the fields beyond the last value start as zero or null.
    ///
    /// # Errors
    /// The array does not lie in the file.
    pub fn static_values(&self, class: &ClassDef) -> Result<Values<'a>, ParseError> {
        self.encoded_array(class.static_values_off)
    }

    /// The array at `offset`; an empty one at 0.
    ///
    /// # Errors
    /// The array does not lie in the file.
    pub fn encoded_array(&self, offset: u32) -> Result<Values<'a>, ParseError> {
        let mut reader = self.at(offset)?;
        if offset == 0 {
            return Ok(Values { reader, left: 0 });
        }
        let left = reader.uleb128("the size of an encoded_array")?;
        reader.check_count(left, 1, "an encoded_array")?;
        Ok(Values { reader, left })
    }

    /// A method handle.
    ///
    /// # Errors
    /// No such handle, or a kind that does not exist.
    pub fn method_handle(&self, index: u32) -> Result<MethodHandle, ParseError> {
        use MethodHandleKind as Kind;
        let (kind, _, last) = member(self.method_handles.row(index)?);
        let kind = match kind {
            0 => Kind::StaticPut,
            1 => Kind::StaticGet,
            2 => Kind::InstancePut,
            3 => Kind::InstanceGet,
            4 => Kind::InvokeStatic,
            5 => Kind::InvokeInstance,
            6 => Kind::InvokeConstructor,
            7 => Kind::InvokeDirect,
            8 => Kind::InvokeInterface,
            other => {
                let row = u64::from(index).saturating_mul(8);
                let at = self.method_handles.offset.saturating_add(row);
                return Err(ParseError::new(
                    at,
                    "a method handle type 0 to 8",
                    format!("{other}"),
                ));
            }
        };
        Ok(MethodHandle {
            kind,
            member: last & 0xffff,
        })
    }

    /// A call site of `invoke-custom`.
    ///
    /// # Errors
    /// No such call site, or not the three values it has to start with.
    pub fn call_site(&self, index: u32) -> Result<CallSite, ParseError> {
        let offset = u32::from_le_bytes(*self.call_site_ids.row(index)?);
        let mut values = self.encoded_array(offset)?;
        let mut next = || {
            values
                .next()
                .transpose()
                .map(|value| value.map(|(_, value)| value))
        };
        let (
            Some(Value::MethodHandle(bootstrap)),
            Some(Value::String(name)),
            Some(Value::MethodType(proto)),
        ) = (next()?, next()?, next()?)
        else {
            let expected = "a method handle, a name and a type at the start of a call site";
            return Err(ParseError::new(u64::from(offset), expected, ""));
        };
        let arguments = values
            .take(MAX_PARAMETERS)
            .map(|value| value.map(|(_, value)| value))
            .collect::<Result<_, _>>()?;
        Ok(CallSite {
            bootstrap,
            name,
            proto,
            arguments,
        })
    }
}

/// The little-endian number of `size` bytes, from the low end of 64 bits.
fn number(r: &mut Reader<'_>, size: u8, signed: bool) -> Result<u64, ParseError> {
    let bytes = r.take(usize::from(size), "the bytes of an encoded value")?;
    let fill = match bytes.last() {
        Some(top) if signed && top & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut all = [fill; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    Ok(u64::from_le_bytes(all))
}

/// A number of at most 32 bits that is an index.
fn index(r: &mut Reader<'_>, size: u8) -> Result<u32, ParseError> {
    let at = r.offset();
    u32::try_from(number(r, size, false)?)
        .map_err(|_| ParseError::new(at, "an index of 32 bits", "a larger number"))
}

/// Floating point numbers are extended with zeros to the right: the bytes are the high ones.
fn high_bytes(r: &mut Reader<'_>, size: u8, width: u32) -> Result<u64, ParseError> {
    let bits = number(r, size, false)?;
    let missing = width.saturating_sub(u32::from(size)).saturating_mul(8);
    Ok(bits.checked_shl(missing).unwrap_or(0))
}

/// One value; arrays and annotations are skipped.
fn value(r: &mut Reader<'_>) -> Result<Value, ParseError> {
    let at = r.offset();
    let head = r.u8("an encoded value")?;
    let argument = head >> 5;
    let size = argument.saturating_add(1);
    let signed = |r: &mut Reader<'_>| {
        Ok::<_, ParseError>(i64::from_le_bytes(number(r, size, true)?.to_le_bytes()))
    };
    Ok(match head & 0x1f {
        0x00 | 0x02 | 0x04 | 0x06 => Value::Int(signed(r)?),
        0x03 => Value::Char(u16::try_from(number(r, size, false)? & 0xffff).unwrap_or_default()),
        0x10 => {
            let bits = high_bytes(r, size, 4)? & 0xffff_ffff;
            Value::Float(f32::from_bits(u32::try_from(bits).unwrap_or_default()))
        }
        0x11 => Value::Double(f64::from_bits(high_bytes(r, size, 8)?)),
        0x15 => Value::MethodType(index(r, size)?),
        0x16 => Value::MethodHandle(index(r, size)?),
        0x17 => Value::String(index(r, size)?),
        0x18 => Value::Type(index(r, size)?),
        0x19 => Value::Field(index(r, size)?),
        0x1a => Value::Method(index(r, size)?),
        0x1b => Value::Enum(index(r, size)?),
        0x1c => {
            let mut ahead = *r;
            let count = ahead.uleb128("the size of an array")?;
            skip_nested(r, head)?;
            Value::Array(count)
        }
        0x1d => {
            let mut ahead = *r;
            let kind = ahead.uleb128("the type of an annotation")?;
            skip_nested(r, head)?;
            Value::Annotation(kind)
        }
        0x1e => Value::Null,
        0x1f => Value::Boolean(argument & 1 == 1),
        other => {
            return Err(ParseError::new(
                at,
                "the type of an encoded value",
                format!("{other:#04x}"),
            ));
        }
    })
}

/// Skips the body of an array or annotation whose head byte was `head`, without recursion.
fn skip_nested(r: &mut Reader<'_>, head: u8) -> Result<(), ParseError> {
    // What is open: values still to come, and whether each has a name before it.
    let mut open: Vec<(u32, bool)> = vec![enter(r, head)?];
    while let Some((left, named)) = open.last_mut() {
        let Some(fewer) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = fewer;
        if *named {
            r.uleb128("the name of an annotation's element")?;
        }
        let at = r.offset();
        let head = r.u8("an encoded value")?;
        match head & 0x1f {
            0x1c | 0x1d => {
                if open.len() >= MAX_DEPTH {
                    return Err(ParseError::new(at, "at most 64 nested values", ""));
                }
                open.push(enter(r, head)?);
            }
            0x1e | 0x1f => {}
            _ => r.skip(usize::from(head >> 5).saturating_add(1), "an encoded value")?,
        }
    }
    Ok(())
}

fn enter(r: &mut Reader<'_>, head: u8) -> Result<(u32, bool), ParseError> {
    let named = head & 0x1f == 0x1d;
    if named {
        r.uleb128("the type of an annotation")?;
    }
    let count = r.uleb128("the size of an array or annotation")?;
    r.check_count(count, 1, "an array or annotation")?;
    Ok((count, named))
}
