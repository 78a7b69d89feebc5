//! The basic blocks of a method.
//!
//! What a jump, a try or a handler names has to be the start of an instruction,
//! and tries must not overlap, as ART's verifier demands
//! (`MethodVerifier::CheckBranchTarget`, `ScanTryCatchBlocks`); a method that
//! breaks this never runs.

use crate::code::Budget;
use crate::dex::insn::{Insn, Insns};
use crate::dex::{CodeItem, usize_of};
use crate::error::ParseError;
use std::collections::BTreeMap;
use std::ops::Range;

/// Instructions that are entered at the first and left after the last only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its code units.
    pub(super) units: Range<u32>,
    /// Numbers of the blocks that may follow.
    edges: Range<usize>,
    /// Numbers of the blocks that catch its exceptions.
    catches: Range<usize>,
    /// Whether the block before it (or the caller) leads here, and nothing else does.
    pub(super) only_falls: bool,
}

/// An instruction that makes an object whose content is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Maker {
    /// Where.
    pub(super) unit: u32,
    /// `type_ids` index.
    pub(super) class: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    /// Sorted by place.
    pub(super) makers: Vec<Maker>,
    pub(super) instructions: usize,
    links: Vec<u32>,
}

/// Ways from block to block. Real methods have one per instruction at most.
const MOST_LINKS: usize = 1 << 20;

const START: u8 = 1;
const PAYLOAD: u8 = 2;
/// A jump, a switch or a handler leads here.
const TARGET: u8 = 4;
/// A block begins here.
const LEADER: u8 = 8;
/// It is a `move-result*`, which belongs to the instruction before it.
const RESULT: u8 = 16;

/// How an instruction goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Goto,
    If,
    Switch,
    End,
}

pub(super) fn flow(opcode: u8) -> Flow {
    match opcode {
        0x0e..=0x11 | 0x27 => Flow::End,
        0x28..=0x2a => Flow::Goto,
        0x2b | 0x2c => Flow::Switch,
        0x32..=0x3d => Flow::If,
        _ => Flow::Next,
    }
}

/// Whether an instruction can throw (ART, `dex_instruction_list.h`, flag `kThrow`).
pub(super) fn throws(opcode: u8) -> bool {
    matches!(
        opcode,
        0x1a..=0x1f | 0x20..=0x27 | 0x44..=0x72 | 0x74..=0x78 | 0x93 | 0x94 | 0x9e | 0x9f
        | 0xb3 | 0xb4 | 0xbe | 0xbf | 0xd3 | 0xd4 | 0xdb | 0xdc | 0xfa..=0xff
    )
}

/// The instructions of a range of code units, with offsets from the start of the code.
pub(super) fn instructions<'a>(
    units: &'a [[u8; 2]],
    range: &Range<u32>,
) -> impl Iterator<Item = Insn<'a>> + use<'a> {
    let start = range.start;
    let part = units.get(usize_of(start)..usize_of(range.end));
    Insns::new(part.unwrap_or_default(), 0).map_while(move |insn| {
        let mut insn = insn.ok()?;
        insn.offset = insn.offset.saturating_add(start);
        Some(insn)
    })
}

struct Marks {
    flags: Vec<u8>,
}

impl Marks {
    fn at(&self, unit: u32) -> u8 {
        self.flags.get(usize_of(unit)).copied().unwrap_or_default()
    }

    fn set(&mut self, unit: u32, mark: u8) {
        if let Some(flags) = self.flags.get_mut(usize_of(unit)) {
            *flags |= mark;
        }
    }

    /// A place that control reaches other than from the instruction before.
    fn target(&mut self, unit: Option<u32>, code: &CodeItem<'_>) -> Result<(), ParseError> {
        let unit = unit.unwrap_or(u32::MAX);
        let flags = self.at(unit);
        if flags & START == 0 || flags & RESULT != 0 {
            return Err(bad(code, unit, "a jump to the start of an instruction"));
        }
        self.set(unit, TARGET | LEADER);
        Ok(())
    }
}

#[cold]
fn bad(code: &CodeItem<'_>, unit: u32, expected: &'static str) -> ParseError {
    ParseError::new(
        u64::from(code.offset),
        expected,
        format!("code unit {unit:#x}"),
    )
}

impl Blocks {
    /// Cuts a method into blocks; `None` if the budget is spent.
    ///
    /// # Errors
    /// Code that ART would not run.
    pub(super) fn of(code: &CodeItem<'_>, budget: &mut Budget) -> Result<Option<Self>, ParseError> {
        let units = code.units();
        let mut blocks = Self::default();
        let mut marks = Marks {
            flags: vec![0; units.len()],
        };
        let mut jumps = Vec::new();
        for insn in code.insns() {
            let insn = insn?;
            blocks.instructions = blocks.instructions.saturating_add(1);
            if insn.payload().is_some() {
                marks.set(insn.offset, PAYLOAD | LEADER);
                continue;
            }
            if insn.registers().any(|register| register >= code.registers) {
                return Err(bad(code, insn.offset, "registers inside the frame"));
            }
            let is_result = matches!(insn.opcode, 0x0a..=0x0c);
            marks.set(insn.offset, if is_result { START | RESULT } else { START });
            if let (0x22..=0x25, Some(class)) = (insn.opcode, insn.index()) {
                let unit = insn.offset;
                blocks.makers.push(Maker { unit, class });
            }
            if flow(insn.opcode) != Flow::Next {
                jumps.push(insn);
            }
        }
        let steps = u64::try_from(units.len()).unwrap_or(u64::MAX);
        if !budget.take(steps) {
            return Ok(None);
        }
        marks.set(0, LEADER);
        for insn in &jumps {
            match flow(insn.opcode) {
                Flow::Goto | Flow::If => marks.target(insn.target(), code)?,
                Flow::Switch => {
                    let cases = insn.switch_cases(units)?;
                    if !budget.take(u64::try_from(cases.len()).unwrap_or(u64::MAX)) {
                        return Ok(None);
                    }
                    for (_, target) in cases {
                        marks.target(target, code)?;
                    }
                }
                Flow::Next | Flow::End => {}
            }
            marks.set(next_of(insn), LEADER);
        }
        let Some(tries) = blocks.tries(code, &mut marks, budget)? else {
            return Ok(None);
        };
        blocks.cut(code, &marks)?;
        Ok(blocks.connect(code, &tries, budget)?.then_some(blocks))
    }

    /// Marks the tries and their handlers; gives each try's units and its handlers' units.
    #[allow(clippy::type_complexity, reason = "used here only")]
    fn tries(
        &self,
        code: &CodeItem<'_>,
        marks: &mut Marks,
        budget: &mut Budget,
    ) -> Result<Option<Vec<(Range<u32>, std::rc::Rc<[u32]>)>>, ParseError> {
        let mut known: BTreeMap<u16, std::rc::Rc<[u32]>> = BTreeMap::new();
        let mut tries = Vec::new();
        let mut last = 0;
        for item in code.tries()? {
            let end = item.start_addr.saturating_add(u32::from(item.insn_count));
            if item.start_addr < last || usize_of(end) > code.units().len() {
                let expected = "tries inside the code that do not overlap";
                return Err(bad(code, item.start_addr, expected));
            }
            last = end;
            if marks.at(item.start_addr) & START == 0 {
                let expected = "a try that begins with an instruction";
                return Err(bad(code, item.start_addr, expected));
            }
            for unit in [item.start_addr, end] {
                // What a call gave is taken by the next instruction, inside the try or not.
                let is_result = marks.at(unit) & RESULT != 0;
                let unit = unit.saturating_add(u32::from(is_result));
                marks.set(unit, LEADER);
            }
            let handlers = match known.get(&item.handler_off) {
                Some(handlers) => handlers.clone(),
                None => {
                    let mut all: Vec<u32> = Vec::new();
                    let handlers = code.handlers(&item)?;
                    for handler in &handlers {
                        marks.target(Some(handler.addr), code)?;
                        all.push(handler.addr);
                    }
                    if !budget.take(u64::try_from(all.len()).unwrap_or(u64::MAX)) {
                        return Ok(None);
                    }
                    all.sort_unstable();
                    all.dedup();
                    let all: std::rc::Rc<[u32]> = all.into();
                    known.insert(item.handler_off, all.clone());
                    all
                }
            };
            tries.push((item.start_addr..end, handlers));
        }
        Ok(Some(tries))
    }

    fn cut(&mut self, code: &CodeItem<'_>, marks: &Marks) -> Result<(), ParseError> {
        let mut falls = true;
        let mut open: Option<(u32, bool)> = None;
        let mut close = |open: &mut Option<(u32, bool)>, end: u32| {
            if let Some((start, only_falls)) = open.take() {
                self.blocks.push(Block {
                    units: start..end,
                    edges: 0..0,
                    catches: 0..0,
                    only_falls,
                });
            }
        };
        let mut end = 0;
        for insn in code.insns() {
            let insn = insn?;
            let flags = marks.at(insn.offset);
            if flags & LEADER != 0 {
                close(&mut open, insn.offset);
                if flags & START != 0 {
                    open = Some((insn.offset, falls && flags & TARGET == 0));
                }
            } else if flags & START != 0 && open.is_none() {
                open = Some((insn.offset, false));
            }
            falls = matches!(flow(insn.opcode), Flow::Next | Flow::If | Flow::Switch)
                && flags & PAYLOAD == 0;
            end = next_of(&insn);
        }
        close(&mut open, end);
        Ok(())
    }

    fn number(&self, unit: u32) -> Option<u32> {
        let at = self
            .blocks
            .binary_search_by_key(&unit, |block| block.units.start);
        u32::try_from(at.ok()?).ok()
    }

    /// Finds what follows each block. False if the budget is spent.
    fn connect(
        &mut self,
        code: &CodeItem<'_>,
        tries: &[(Range<u32>, std::rc::Rc<[u32]>)],
        budget: &mut Budget,
    ) -> Result<bool, ParseError> {
        let mut caught: BTreeMap<u32, Range<usize>> = BTreeMap::new();
        let mut open_tries = tries.iter().peekable();
        for at in 0..self.blocks.len() {
            let Some(units) = self.blocks.get(at).map(|block| block.units.clone()) else {
                continue;
            };
            let first = self.links.len();
            let last = instructions(code.units(), &units).last();
            if let Some(insn) = last {
                let mut to = Vec::new();
                match flow(insn.opcode) {
                    Flow::End => {}
                    Flow::Goto => to.extend(insn.target()),
                    Flow::If => to.extend(insn.target().into_iter().chain([units.end])),
                    Flow::Switch => {
                        let cases = insn.switch_cases(code.units())?;
                        to.extend(cases.filter_map(|(_, target)| target));
                        to.push(units.end);
                    }
                    Flow::Next => to.push(units.end),
                }
                to.sort_unstable();
                to.dedup();
                for unit in to {
                    // No block begins at the end of the code or at a payload: nothing runs there.
                    self.links.extend(self.number(unit));
                }
            }
            let edges = first..self.links.len();
            while open_tries
                .peek()
                .is_some_and(|(range, _)| range.end <= units.start)
            {
                open_tries.next();
            }
            let mut catches = 0..0;
            if let Some((range, handlers)) = open_tries.peek()
                && range.start <= units.start
            {
                catches = match caught.get(&range.start) {
                    Some(range) => range.clone(),
                    None => {
                        let first = self.links.len();
                        for &unit in handlers.iter() {
                            self.links.extend(self.number(unit));
                        }
                        let all = first..self.links.len();
                        caught.insert(range.start, all.clone());
                        all
                    }
                };
            }
            let steps = self.links.len().saturating_sub(first).saturating_add(1);
            if !budget.take(u64::try_from(steps).unwrap_or(u64::MAX)) {
                return Ok(false);
            }
            if self.links.len() > MOST_LINKS {
                return Err(bad(code, units.start, "fewer jumps in one method"));
            }
            if let Some(block) = self.blocks.get_mut(at) {
                (block.edges, block.catches) = (edges, catches);
            }
        }
        Ok(true)
    }

    pub(super) fn edges(&self, block: &Block) -> &[u32] {
        self.links.get(block.edges.clone()).unwrap_or_default()
    }

    pub(super) fn catches(&self, block: &Block) -> &[u32] {
        self.links.get(block.catches.clone()).unwrap_or_default()
    }
}

/// The code unit behind an instruction.
fn next_of(insn: &Insn<'_>) -> u32 {
    let length = u32::try_from(insn.units().len()).unwrap_or(u32::MAX);
    insn.offset.saturating_add(length)
}
