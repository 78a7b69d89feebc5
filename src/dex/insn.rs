//! The instruction walk.
//!
//! AOSP "Dalvik executable instruction formats" and "Dalvik bytecode"
//! (sections "packed-switch-payload", "sparse-switch-payload" and
//! "fill-array-data-payload").
//!
//! The walk goes from the first code unit to the last without following
//! branches, as ART's verifier does (`MethodVerifier::ComputeWidthsAndCountOps`,
//! `Instruction::SizeInCodeUnits`): a payload is a `nop` whose high byte
//! is 1, 2 or 3 and counts as one instruction, wherever it lies. An instruction
//! is a slice of code units; operands are decoded when asked for.

use super::opcodes::{Format, IndexKind, OPCODES, Opcode, opcode};
use super::usize_of;
use crate::error::ParseError;

/// Code units of every opcode, taken from the table; 0 for `nop` (it may be a payload) and unused ones.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "computed when the program is compiled"
)]
static UNITS: [u8; 256] = {
    let mut units = [0; 256];
    let mut at = 1;
    while at < 256 {
        units[at] = OPCODES[at].format.units();
        at += 1;
    }
    units
};

/// Iterator over the instructions of one method. Ends after an error.
#[derive(Clone, Debug)]
pub struct Insns<'a> {
    units: &'a [[u8; 2]],
    rest: &'a [[u8; 2]],
    base: u64,
}

/// One instruction or payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn<'a> {
    /// Offset from the start of the method's instructions, in code units.
    pub offset: u32,
    /// The opcode: low byte of the first code unit.
    pub opcode: u8,
    units: &'a [[u8; 2]],
}

/// What a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadKind {
    /// Targets of `packed-switch`.
    PackedSwitch,
    /// Keys and targets of `sparse-switch`.
    SparseSwitch,
    /// Data of `fill-array-data`.
    FillArrayData,
}

impl<'a> Insns<'a> {
    /// Walks `units`; the first lies at byte `base` of its file.
    pub fn new(units: &'a [[u8; 2]], base: u64) -> Self {
        Self {
            units,
            rest: units,
            base,
        }
    }

    fn at_unit(&self) -> u32 {
        let done = self.units.len().saturating_sub(self.rest.len());
        u32::try_from(done).unwrap_or(u32::MAX)
    }

    /// Byte offset of the next instruction in the file.
    pub fn offset(&self) -> u64 {
        self.base
            .saturating_add(u64::from(self.at_unit()).saturating_mul(2))
    }

    #[cold]
    fn fail(&mut self, expected: &'static str, first: u8) -> ParseError {
        let found = match opcode(first).format {
            Format::Unused => format!("unused opcode {first:#04x}"),
            _ => format!(
                "{} with {} code units left",
                opcode(first).name,
                self.rest.len()
            ),
        };
        let error = ParseError::new(self.offset(), expected, found);
        self.rest = &[];
        error
    }
}

impl<'a> Iterator for Insns<'a> {
    type Item = Result<Insn<'a>, ParseError>;

    #[inline]
    #[allow(
        clippy::indexing_slicing,
        reason = "the table has a row for every byte"
    )]
    fn next(&mut self) -> Option<Self::Item> {
        let &[first, high] = self.rest.first()?;
        let length = match UNITS[usize::from(first)] {
            0 => match special(first, high, self.rest) {
                Some(length) => length,
                None => return Some(Err(self.fail("an instruction", first))),
            },
            length => usize::from(length),
        };
        match self.rest.split_at_checked(length) {
            Some((units, rest)) => {
                let offset = self.at_unit();
                self.rest = rest;
                Some(Ok(Insn {
                    offset,
                    opcode: first,
                    units,
                }))
            }
            None => Some(Err(self.fail("a whole instruction", first))),
        }
    }
}

/// Length of a `nop` or payload; `None` for an unused opcode.
fn special(first: u8, high: u8, rest: &[[u8; 2]]) -> Option<usize> {
    if first != 0 {
        return None;
    }
    Some(match payload_kind(high) {
        None => 1,
        Some(kind) => payload_units(kind, rest),
    })
}

fn payload_kind(high: u8) -> Option<PayloadKind> {
    match high {
        1 => Some(PayloadKind::PackedSwitch),
        2 => Some(PayloadKind::SparseSwitch),
        3 => Some(PayloadKind::FillArrayData),
        _ => None,
    }
}

/// Code units of a payload by its own size fields; more than there are if it is cut off.
fn payload_units(kind: PayloadKind, units: &[[u8; 2]]) -> usize {
    let size = usize::from(unit(units, 1));
    match kind {
        PayloadKind::PackedSwitch => size.saturating_mul(2).saturating_add(4),
        PayloadKind::SparseSwitch => size.saturating_mul(4).saturating_add(2),
        PayloadKind::FillArrayData => {
            let bytes = usize_of(double(units, 2)).saturating_mul(size);
            bytes.div_ceil(2).saturating_add(4)
        }
    }
}

#[inline]
fn unit(units: &[[u8; 2]], at: usize) -> u16 {
    units.get(at).map_or(0, |unit| u16::from_le_bytes(*unit))
}

#[inline]
fn double(units: &[[u8; 2]], at: usize) -> u32 {
    u32::from(unit(units, at)) | u32::from(unit(units, at.saturating_add(1))) << 16
}

/// The registers of an instruction, in the order of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    list: [u16; 5],
    first: u16,
    left: u16,
    is_range: bool,
    at: u8,
}

impl Registers {
    fn of<const N: usize>(registers: [u16; N]) -> Self {
        let mut list = [0; 5];
        for (slot, register) in list.iter_mut().zip(registers) {
            *slot = register;
        }
        let left = u16::try_from(N.min(5)).unwrap_or(5);
        Self {
            list,
            first: 0,
            left,
            is_range: false,
            at: 0,
        }
    }

    fn range(first: u16, count: u16) -> Self {
        Self {
            list: [0; 5],
            first,
            left: count,
            is_range: true,
            at: 0,
        }
    }
}

impl Iterator for Registers {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        if self.is_range {
            let register = self.first;
            self.first = register.wrapping_add(1);
            return Some(register);
        }
        let register = self.list.get(usize::from(self.at)).copied();
        self.at = self.at.saturating_add(1);
        register
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Registers {}

impl<'a> Insn<'a> {
    /// The row of the opcode table. For a payload it is that of `nop`.
    pub fn info(&self) -> &'static Opcode {
        opcode(self.opcode)
    }

    /// The mnemonic; a payload has its own.
    pub fn name(&self) -> &'static str {
        match self.payload() {
            Some(PayloadKind::PackedSwitch) => "packed-switch-payload",
            Some(PayloadKind::SparseSwitch) => "sparse-switch-payload",
            Some(PayloadKind::FillArrayData) => "fill-array-data-payload",
            None => self.info().name,
        }
    }

    /// The code units of the instruction, each little-endian.
    pub fn units(&self) -> &'a [[u8; 2]] {
        self.units
    }

    /// Whether it is data and not an instruction.
    pub fn payload(&self) -> Option<PayloadKind> {
        match self.units.first() {
            Some([0, high]) => payload_kind(*high),
            _ => None,
        }
    }

    #[inline]
    fn unit(&self, at: usize) -> u16 {
        unit(self.units, at)
    }

    fn high(&self) -> u16 {
        self.unit(0) >> 8
    }

    /// The index into the table that [`Opcode::index`] names.
    #[inline]
    pub fn index(&self) -> Option<u32> {
        let info = self.info();
        match info.index {
            IndexKind::None => None,
            _ if info.format == Format::F31c => Some(double(self.units, 1)),
            _ => Some(u32::from(self.unit(1))),
        }
    }

    /// The second index, of `invoke-polymorphic`: the call's own prototype.
    pub fn proto_index(&self) -> Option<u32> {
        (self.info().index == IndexKind::MethodAndProto).then(|| u32::from(self.unit(3)))
    }

    /// The registers, in the order of the operands.
    ///
    /// More than five registers in the list form break the format (ART's
    /// verifier rejects them); the first five are given.
    pub fn registers(&self) -> Registers {
        let (first, second) = (self.unit(1), self.unit(2));
        let a = self.high();
        let (low, top) = (a & 0x0f, a >> 4);
        match self.info().format {
            Format::Unused | Format::F10x | Format::F10t | Format::F20t | Format::F30t => {
                Registers::of([])
            }
            Format::F12x | Format::F22t | Format::F22s | Format::F22c => Registers::of([low, top]),
            Format::F11n => Registers::of([low]),
            Format::F11x
            | Format::F21t
            | Format::F21s
            | Format::F21h
            | Format::F21c
            | Format::F31t
            | Format::F31i
            | Format::F31c
            | Format::F51l => Registers::of([a]),
            Format::F22x => Registers::of([a, first]),
            Format::F22b => Registers::of([a, first & 0xff]),
            Format::F23x => Registers::of([a, first & 0xff, first >> 8]),
            Format::F32x => Registers::of([first, second]),
            Format::F35c | Format::F45cc => {
                let nibble = |shift: u16| second >> shift & 0x0f;
                let list = [nibble(0), nibble(4), nibble(8), nibble(12), low];
                Registers {
                    left: top.min(5),
                    ..Registers::of(list)
                }
            }
            Format::F3rc | Format::F4rcc => Registers::range(second, a),
        }
    }

    /// The constant of `const*` and of arithmetic with a literal, sign-extended.
    pub fn literal(&self) -> Option<i64> {
        let first = i16::from_le_bytes(self.unit(1).to_le_bytes());
        Some(match self.info().format {
            // The four bits are moved to the top of a byte, so that the shift back extends the sign.
            Format::F11n => {
                let [_, high] = self.unit(0).to_le_bytes();
                i64::from(i8::from_le_bytes([high & 0xf0]) >> 4)
            }
            Format::F21s | Format::F22s => i64::from(first),
            Format::F22b => i64::from(first >> 8),
            Format::F21h if self.info().name == "const-wide/high16" => i64::from(first) << 48,
            Format::F21h => i64::from(first) << 16,
            Format::F31i => i64::from(i32::from_le_bytes(double(self.units, 1).to_le_bytes())),
            Format::F51l => {
                let [a, b, c, d] = double(self.units, 1).to_le_bytes();
                let [e, f, g, h] = double(self.units, 3).to_le_bytes();
                i64::from_le_bytes([a, b, c, d, e, f, g, h])
            }
            _ => return None,
        })
    }

    /// Where `goto*` and `if-*` go, and where the payload of a switch or of
    /// `fill-array-data` lies, in code units; `None` too if that is before the method.
    pub fn target(&self) -> Option<u32> {
        let near = |unit: u16| i32::from(i16::from_le_bytes(unit.to_le_bytes()));
        let far = || i32::from_le_bytes(double(self.units, 1).to_le_bytes());
        let relative = match self.info().format {
            Format::F10t => {
                let [_, high] = self.unit(0).to_le_bytes();
                i32::from(i8::from_le_bytes([high]))
            }
            Format::F20t | Format::F21t | Format::F22t => near(self.unit(1)),
            Format::F30t | Format::F31t => far(),
            _ => return None,
        };
        self.offset.checked_add_signed(relative)
    }

    /// The cases of a `packed-switch` or `sparse-switch` as (key, target in code units);
    /// `code` holds all code units of the method.
    ///
    /// # Errors
    /// No whole payload of the right kind lies at the target.
    pub fn switch_cases(
        &self,
        code: &'a [[u8; 2]],
    ) -> Result<impl ExactSizeIterator<Item = (i32, Option<u32>)> + 'a, ParseError> {
        let kind = match self.info().name {
            "packed-switch" => PayloadKind::PackedSwitch,
            _ => PayloadKind::SparseSwitch,
        };
        let payload = self.payload_at(code, kind)?;
        let size = usize::from(unit(payload, 1));
        let word = move |at: usize| i32::from_le_bytes(double(payload, at).to_le_bytes());
        let base = self.offset;
        Ok((0..size).map(move |case| {
            let nth = |start: usize| start.saturating_add(case.saturating_mul(2));
            let (key, target) = match kind {
                PayloadKind::PackedSwitch => {
                    let step = i32::try_from(case).unwrap_or(i32::MAX);
                    (word(2).wrapping_add(step), word(nth(4)))
                }
                _ => (
                    word(nth(2)),
                    word(nth(size.saturating_mul(2).saturating_add(2))),
                ),
            };
            (key, base.checked_add_signed(target))
        }))
    }

    /// The element width in bytes and the data of a `fill-array-data`.
    ///
    /// # Errors
    /// No whole payload lies at the target.
    pub fn array_data(&self, code: &'a [[u8; 2]]) -> Result<(u16, &'a [u8]), ParseError> {
        let payload = self.payload_at(code, PayloadKind::FillArrayData)?;
        let width = unit(payload, 1);
        let length = usize::from(width).saturating_mul(usize_of(double(payload, 2)));
        let bytes = payload.get(4..).unwrap_or_default().as_flattened();
        Ok((width, bytes.get(..length).unwrap_or(bytes)))
    }

    fn payload_at(
        &self,
        code: &'a [[u8; 2]],
        kind: PayloadKind,
    ) -> Result<&'a [[u8; 2]], ParseError> {
        let rest = self
            .target()
            .and_then(|at| code.get(usize_of(at)..))
            .unwrap_or_default();
        let found = match rest.first() {
            Some([0, high]) => payload_kind(*high),
            _ => None,
        };
        match rest.get(..payload_units(kind, rest)) {
            Some(payload) if found == Some(kind) => Ok(payload),
            _ => Err(ParseError::new(
                u64::from(self.offset),
                format!(
                    "a whole payload of {} (offset in code units)",
                    self.info().name
                ),
                "none at its target",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(halves: &[u16]) -> Vec<[u8; 2]> {
        halves.iter().map(|h| h.to_le_bytes()).collect()
    }

    /// Operands by the layouts of "Dalvik executable instruction formats".
    #[test]
    fn operands_of_every_format() {
        type Case<'c> = (&'c [u16], &'c [u16], Option<i64>, Option<u32>);
        let cases: &[Case<'_>] = &[
            (&[0x0000], &[], None, None),                                 // 10x nop
            (&[0x2101], &[1, 2], None, None),                             // 12x move
            (&[0x8312], &[3], Some(-8), None),                            // 11n const/4
            (&[0x7312], &[3], Some(7), None),                             // 11n const/4
            (&[0xff0f], &[255], None, None),                              // 11x return
            (&[0xff28], &[], None, None), // 10t goto -1: before the method
            (&[0x0528], &[], None, Some(5)), // 10t goto +5
            (&[0x0029, 0x0100], &[], None, Some(256)), // 20t
            (&[0x0102, 0x0201], &[1, 513], None, None), // 22x
            (&[0x0138, 0x0010], &[1], None, Some(16)), // 21t
            (&[0x0113, 0x8000], &[1], Some(-32768), None), // 21s
            (&[0x0115, 0x8000], &[1], Some(-2147483648), None), // 21h
            (&[0x0119, 0x4000], &[1], Some(0x4000_0000_0000_0000), None), // 21h wide
            (&[0x0190, 0x0302], &[1, 2, 3], None, None), // 23x
            (&[0x01d8, 0xff02], &[1, 2], Some(-1), None), // 22b
            (&[0x2132, 0x0007], &[1, 2], None, Some(7)), // 22t
            (&[0x21d0, 0xfff0], &[1, 2], Some(-16), None), // 22s
            (&[0x2152, 0x0007], &[1, 2], None, None), // 22c
            (&[0x0003, 0x0101, 0x0202], &[257, 514], None, None), // 32x
            (&[0x002a, 0x0000, 0x0001], &[], None, Some(65536)), // 30t
            (&[0x0114, 0x5678, 0x1234], &[1], Some(0x1234_5678), None), // 31i
            (&[0x0126, 0x0004, 0x0000], &[1], None, Some(4)), // 31t
            (&[0x5571, 0x0001, 0x4321], &[1, 2, 3, 4, 5], None, None), // 35c
            (&[0x0374, 0x0001, 0x0100], &[256, 257, 258], None, None), // 3rc
            (&[0x02fb, 0x0001, 0x0009, 0x0002], &[9, 10], None, None), // 4rcc
            (
                &[0x0118, 1, 2, 3, 0x8000],
                &[1],
                Some(i64::MIN + 0x3_0002_0001),
                None,
            ), // 51l
        ];
        for (halves, registers, literal, target) in cases {
            let code = units(halves);
            let mut walk = Insns::new(&code, 0);
            let insn = walk.next().unwrap().unwrap();
            assert!(walk.next().is_none(), "{halves:04x?}: the length");
            assert_eq!(
                insn.registers().collect::<Vec<_>>(),
                *registers,
                "{halves:04x?}"
            );
            assert_eq!(insn.literal(), *literal, "{halves:04x?}");
            assert_eq!(insn.target(), *target, "{halves:04x?}");
        }
    }

    #[test]
    fn payloads_are_one_instruction_and_hold_their_data() {
        // sparse-switch to 4, return-void, sparse payload {7: +3}, fill-array-data payload of 3 bytes
        let code = units(&[
            0x002c, 4, 0, 0x000e, 0x0200, 1, 7, 0, 3, 0, 0x0300, 1, 3, 0, 0x0201, 0x0003, 0x000e,
        ]);
        let insns: Vec<_> = Insns::new(&code, 0).map(Result::unwrap).collect();
        assert_eq!(
            insns.iter().map(|i| i.offset).collect::<Vec<_>>(),
            [0, 3, 4, 10, 16]
        );
        let cases: Vec<_> = insns[0].switch_cases(&code).unwrap().collect();
        assert_eq!(cases, [(7, Some(3))]);
        let fill = units(&[0x0026, 3, 0, 0x0300, 1, 3, 0, 0x0201, 0x0003]);
        let insn = Insns::new(&fill, 0).next().unwrap().unwrap();
        assert_eq!(insn.array_data(&fill).unwrap(), (1, &[1, 2, 3][..]));
        assert!(insn.switch_cases(&fill).is_err());
        // A payload that says it is longer than the code ends the walk.
        let cut = units(&[0x000e, 0x0300, 4, 0xffff, 0xffff]);
        let mut walk = Insns::new(&cut, 100);
        assert!(walk.next().unwrap().is_ok());
        assert_eq!(walk.next().unwrap().unwrap_err().offset, 102);
        assert!(walk.next().is_none());
    }

    #[test]
    fn an_unused_opcode_ends_the_walk_where_it_lies() {
        for opcode in [0x3e, 0x43, 0x73, 0x79, 0x7a, 0xe3, 0xf9] {
            let code = units(&[0x0000, opcode, 0x000e]);
            let results: Vec<_> = Insns::new(&code, 0x1000).collect();
            assert_eq!(results.len(), 2);
            let error = results[1].clone().unwrap_err();
            assert_eq!(error.offset, 0x1002);
            assert_eq!(error.found, format!("unused opcode {opcode:#04x}"));
        }
    }
}
