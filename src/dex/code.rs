//! Code items, tries and catch handlers.
//!
//! AOSP "Dalvik Executable format", sections "code_item", "try_item",
//! "encoded_catch_handler_list".

use super::insn::Insns;
use super::{Dex, member, usize_of};
use crate::bytes::Reader;
use crate::error::ParseError;

/// Most handlers of one try, as in ART's verifier.
const MAX_HANDLERS: u32 = 65_536;

/// `code_item`
#[derive(Clone, Copy, Debug)]
pub struct CodeItem<'a> {
    /// Byte offset of the item in the file or container.
    pub offset: u32,
    /// Registers the code uses.
    pub registers: u16,
    /// Words of incoming arguments; they lie in the last registers.
    pub ins: u16,
    /// Words of outgoing arguments.
    pub outs: u16,
    /// Number of tries.
    pub tries_size: u16,
    /// Offset of the debug information; 0 for none.
    pub debug_info_off: u32,
    /// The instructions, as code units.
    units: &'a [[u8; 2]],
    /// Everything after the instructions.
    after: Reader<'a>,
}

/// `try_item`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryItem {
    /// First code unit that is covered.
    pub start_addr: u32,
    /// Number of code units that are covered.
    pub insn_count: u16,
    /// Offset of the handlers from the start of the handler list.
    pub handler_off: u16,
}

/// One handler of an `encoded_catch_handler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchHandler {
    /// `type_ids` index of the exception; `None` catches all.
    pub type_: Option<u32>,
    /// Code unit where the handler starts.
    pub addr: u32,
}

impl<'a> Dex<'a> {
    /// The code at `offset`, which comes from [`super::EncodedMethod::code_off`].
    ///
    /// # Errors
    /// The header or the instructions do not lie in the file.
    pub fn code_item(&self, offset: u32) -> Result<CodeItem<'a>, ParseError> {
        let mut r = self.at(offset)?;
        let head = r.take(12, "a code_item")?;
        let (registers, ins, outs, tries_size, debug_info_off) = match *head {
            [a, b, c, d, e, f, g, h, i, j, k, l] => (
                u16::from_le_bytes([a, b]),
                u16::from_le_bytes([c, d]),
                u16::from_le_bytes([e, f]),
                u16::from_le_bytes([g, h]),
                u32::from_le_bytes([i, j, k, l]),
            ),
            _ => Default::default(),
        };
        let size = r.u32("the insns_size of a code_item")?;
        let count = r.check_count(size, 2, "the instructions of a code_item")?;
        let bytes = r.take(count.saturating_mul(2), "the instructions of a code_item")?;
        Ok(CodeItem {
            offset,
            registers,
            ins,
            outs,
            tries_size,
            debug_info_off,
            units: bytes.as_chunks().0,
            after: r,
        })
    }
}

impl<'a> CodeItem<'a> {
    /// The code units, each little-endian.
    pub fn units(&self) -> &'a [[u8; 2]] {
        self.units
    }

    /// The instructions, in order, payloads included.
    pub fn insns(&self) -> Insns<'a> {
        Insns::new(self.units, self.offset_of(0))
    }

    /// Absolute byte offset of a code unit.
    pub fn offset_of(&self, unit: u32) -> u64 {
        u64::from(self.offset)
            .saturating_add(16)
            .saturating_add(u64::from(unit).saturating_mul(2))
    }

    /// The tries and the list of their handlers' bytes.
    fn tries_and_handlers(&self) -> Result<(&'a [[u8; 8]], Reader<'a>), ParseError> {
        let mut r = self.after;
        if self.tries_size == 0 {
            return Ok((&[], r));
        }
        if self.units.len() % 2 == 1 {
            r.skip(2, "the padding before tries")?;
        }
        let count = r.check_count(u32::from(self.tries_size), 8, "the tries of a code_item")?;
        let rows = r.take(count.saturating_mul(8), "the tries of a code_item")?;
        Ok((rows.as_chunks().0, r))
    }

    /// The ranges of code that have handlers.
    ///
    /// # Errors
    /// The tries do not lie in the file.
    pub fn tries(&self) -> Result<impl ExactSizeIterator<Item = TryItem> + 'a, ParseError> {
        let (rows, _) = self.tries_and_handlers()?;
        Ok(rows.iter().map(|row| {
            let [a, b, c, d, ..] = *row;
            let (_, _, last) = member(row);
            let [e, f, g, h] = last.to_le_bytes();
            TryItem {
                start_addr: u32::from_le_bytes([a, b, c, d]),
                insn_count: u16::from_le_bytes([e, f]),
                handler_off: u16::from_le_bytes([g, h]),
            }
        }))
    }

    /// The handlers of one try, in the order they are tried.
    ///
    /// # Errors
    /// The handlers do not lie in the file, are more than 65,536, or lead out of the code.
    pub fn handlers(&self, of: &TryItem) -> Result<Vec<CatchHandler>, ParseError> {
        let (_, mut r) = self.tries_and_handlers()?;
        r.skip(usize_of(u32::from(of.handler_off)), "the handlers of a try")?;
        let at = r.offset();
        let size = r.sleb128("the size of a catch handler")?;
        // ART (CheckAndGetHandlerOffsets) refuses more, and addresses outside the code.
        if size.unsigned_abs() > MAX_HANDLERS {
            return Err(ParseError::new(
                at,
                "at most 65536 handlers",
                format!("{size}"),
            ));
        }
        let count = r.check_count(size.unsigned_abs(), 2, "the handlers of a try")?;
        let address = |r: &mut Reader<'_>| {
            let at = r.offset();
            match r.uleb128("a handler's address")? {
                addr if usize_of(addr) < self.units.len() => Ok(addr),
                addr => {
                    let expected = "a handler's address inside the code";
                    Err(ParseError::new(at, expected, format!("{addr:#x}")))
                }
            }
        };
        let mut handlers = Vec::new();
        for _ in 0..count {
            let type_ = Some(r.uleb128("a handler's type")?);
            handlers.push(CatchHandler {
                type_,
                addr: address(&mut r)?,
            });
        }
        // A size of zero or less says that a catch-all comes last.
        if size <= 0 {
            handlers.push(CatchHandler {
                type_: None,
                addr: address(&mut r)?,
            });
        }
        Ok(handlers)
    }
}
