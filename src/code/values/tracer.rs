//! One method: from its blocks to the values at its wanted uses.

use super::arena::Id;
use super::blocks::{Block, Blocks, instructions, throws};
use super::export::MOST_PARTS;
use super::known::Known;
use super::machine::{Kind, Machine};
use super::{Constants, Possible, Use};
use crate::code::calls::how;
use crate::code::{Budget, Faults, Site, Target, Wanted};
use crate::dex::insn::Insn;
use crate::dex::{CodeItem, Dex, usize_of};
use crate::error::ParseError;
use crate::limits::Limits;
use std::collections::BTreeSet;

/// How a method was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Over all its branches.
    Followed,
    /// Straight through, because it is too large; values are forgotten where jumps arrive.
    Straight,
    /// It could not be read; its uses have unknown arguments.
    Unread,
    /// The budget is spent; its uses may be missing.
    CutShort,
}

/// Reads methods of one DEX file.
#[derive(Clone, Debug)]
pub struct Tracer<'w, 'a> {
    dex: &'w Dex<'a>,
    limits: &'w Limits,
    known: Known,
    /// Whether the method read last wrote into an array that was out of sight by then.
    pub(super) wrote_unseen: bool,
}

/// Times that one block is walked before its method is read straight through. Each walk of a
/// loop may add one of eight values to each register; real methods need fewer than ten walks.
const MOST_VISITS: u16 = 200;

/// Why a method's values were not settled.
enum Stop {
    Broken,
    Unsettled,
    Spent,
}

type Entries = Vec<Option<Vec<Id>>>;

impl<'w, 'a> Tracer<'w, 'a> {
    /// A tracer of `dex`.
    pub fn new(dex: &'w Dex<'a>, limits: &'w Limits) -> Self {
        Self {
            dex,
            limits,
            known: Known::new(dex),
            wrote_unseen: false,
        }
    }

    /// Gives all uses in one method of what is `wanted` (methods and fields) to `sink`, in
    /// the order of the code, with the values that go into them.
    ///
    /// `site` names the class, the method and its code, as a [`Hit`](crate::code::Hit) does. A
    /// method that cannot be read is a fault.
    pub fn method(
        &mut self,
        site: Site,
        wanted: &Wanted,
        constants: &mut dyn Constants,
        sink: &mut dyn FnMut(Use),
        budget: &mut Budget,
        faults: &mut Faults,
    ) -> Reading {
        self.wrote_unseen = false;
        let read = self.read(site, wanted, constants, sink, budget);
        match read {
            Ok(Reading::CutShort) => {
                faults.cut_short = true;
                Reading::CutShort
            }
            Ok(reading) => reading,
            Err(error) => {
                faults.add(error);
                Reading::Unread
            }
        }
    }

    fn read(
        &mut self,
        site: Site,
        wanted: &Wanted,
        constants: &mut dyn Constants,
        sink: &mut dyn FnMut(Use),
        budget: &mut Budget,
    ) -> Result<Reading, ParseError> {
        let dex = self.dex;
        let code = dex.code_item(site.code_off)?;
        let (blocks, mut error) = match Blocks::of(&code, budget) {
            Ok(Some(blocks)) => (blocks, None),
            Ok(None) => return Ok(Reading::CutShort),
            Err(error) => (Blocks::default(), Some(error)),
        };
        let mut machine = Machine::new(
            dex,
            &code,
            &blocks,
            self.limits,
            wanted,
            &mut self.known,
            constants,
            budget,
        );
        let shorty = || {
            let proto = dex.method(site.method?).ok()?.proto;
            dex.name_bytes(dex.proto(proto).ok()?.shorty).ok()
        };
        machine.enter(shorty().unwrap_or_default());
        let mut look = Look {
            dex,
            site,
            wanted,
            sink,
        };
        let state = machine.state.len();
        let cells = state.saturating_mul(blocks.blocks.len());
        let fits = blocks.instructions <= self.limits.value_instructions
            && cells <= self.limits.value_cells;
        if error.is_none() && !machine.is_broken && fits {
            match settle(&mut machine) {
                Ok(entries) => {
                    let is_whole = look.settled(&mut machine, &entries);
                    self.wrote_unseen = machine.wrote_unseen;
                    return Ok(if is_whole {
                        Reading::Followed
                    } else {
                        Reading::CutShort
                    });
                }
                Err(Stop::Spent) => return Ok(Reading::CutShort),
                Err(Stop::Broken | Stop::Unsettled) => {}
            }
            if !machine.is_broken {
                let start = Machine::new(
                    dex,
                    &code,
                    &blocks,
                    self.limits,
                    wanted,
                    machine.known,
                    machine.constants,
                    machine.budget,
                );
                machine = start;
                machine.enter(shorty().unwrap_or_default());
            }
        }
        if error.is_none() && !machine.is_broken {
            // Twice: a use must not come out with values if the method turns out to be broken later.
            let is_whole = look.straight(&mut machine, false);
            if is_whole && !machine.is_broken {
                let mut machine = Machine::new(
                    dex,
                    &code,
                    &blocks,
                    self.limits,
                    wanted,
                    machine.known,
                    machine.constants,
                    machine.budget,
                );
                machine.enter(shorty().unwrap_or_default());
                let is_whole = look.straight(&mut machine, true);
                self.wrote_unseen = true;
                return Ok(if is_whole {
                    Reading::Straight
                } else {
                    Reading::CutShort
                });
            }
            if !is_whole {
                return Ok(Reading::CutShort);
            }
        }
        self.wrote_unseen = true;
        look.unread(&mut machine);
        let error = error.take().unwrap_or_else(|| {
            ParseError::new(
                u64::from(code.offset),
                "registers that fit the method and its calls",
                "others",
            )
        });
        Err(error)
    }
}

/// Walks the blocks until nothing changes; gives the state at the start of each block that is reached.
fn settle(machine: &mut Machine<'_, '_>) -> Result<Entries, Stop> {
    let blocks = machine.blocks;
    let mut entries: Entries = vec![None; blocks.blocks.len()];
    let mut visits = vec![0u16; blocks.blocks.len()];
    let mut open = BTreeSet::from([0u32]);
    if let Some(first) = entries.first_mut() {
        *first = Some(machine.state.clone());
    }
    while let Some(number) = open.pop_first() {
        let at = usize_of(number);
        let (Some(block), Some(Some(entry)), Some(visits)) =
            (blocks.blocks.get(at), entries.get(at), visits.get_mut(at))
        else {
            continue;
        };
        *visits = visits.saturating_add(1);
        if *visits > MOST_VISITS {
            return Err(Stop::Unsettled);
        }
        machine.state.clone_from(entry);
        walk(machine, block, &mut entries, &mut open);
        if machine.is_broken {
            return Err(Stop::Broken);
        }
        for &to in blocks.edges(block) {
            merge(machine, None, &mut entries, to, &mut open);
        }
        if machine.budget.is_spent() {
            return Err(Stop::Spent);
        }
    }
    Ok(entries)
}

/// Walks one block; what its instructions may throw goes to the handlers.
fn walk(
    machine: &mut Machine<'_, '_>,
    block: &Block,
    entries: &mut Entries,
    open: &mut BTreeSet<u32>,
) {
    let catches = machine.blocks.catches(block);
    machine.pending = Id::UNKNOWN;
    machine.dirty.clear();
    let mut is_first = true;
    for insn in instructions(machine.code.units(), &block.units) {
        if !machine.budget.take(1) || machine.is_broken {
            return;
        }
        if catches.is_empty() || !throws(insn.opcode) {
            machine.step(&insn);
            machine.lost.clear();
            continue;
        }
        let written = std::mem::take(&mut machine.dirty);
        for &to in catches {
            let places = (!is_first).then_some(written.as_slice());
            merge(machine, places, entries, to, open);
        }
        is_first = false;
        machine.step(&insn);
        // The callee may have written into the object before it threw.
        let lost = std::mem::take(&mut machine.lost);
        for object in lost {
            let place = machine.registers.saturating_add(usize_of(object));
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            for &to in catches {
                merge(machine, Some(&[place]), entries, to, open);
            }
        }
    }
}

/// Joins the state, or some places of it, into the start of block `to`.
fn merge(
    machine: &mut Machine<'_, '_>,
    places: Option<&[u32]>,
    entries: &mut Entries,
    to: u32,
    open: &mut BTreeSet<u32>,
) {
    let Some(entry) = entries.get_mut(usize_of(to)) else {
        return;
    };
    let count = places.map_or(machine.state.len(), <[u32]>::len);
    let steps = u64::try_from(count >> 3).unwrap_or(u64::MAX);
    machine.budget.take(steps.saturating_add(1));
    let Some(entry) = entry else {
        *entry = Some(machine.state.clone());
        open.insert(to);
        return;
    };
    let mut changed = false;
    let mut lost = Vec::new();
    let mut place = |machine: &mut Machine<'_, '_>, at: usize| {
        let (Some(old), Some(&new)) = (entry.get_mut(at), machine.state.get(at)) else {
            return;
        };
        if *old == new {
            return;
        }
        let joined = if at < machine.registers {
            machine.arena.join(*old, new)
        } else {
            machine.arena.join_contents(*old, new)
        };
        if joined == Id::UNKNOWN && at < machine.registers {
            // Something may now be reached by a register of which that is not known.
            for id in [*old, new] {
                if machine.arena.has_object(id) {
                    lost.extend_from_slice(machine.arena.alternatives(&id));
                }
            }
        }
        changed |= *old != joined;
        *old = joined;
    };
    match places {
        None => (0..machine.state.len()).for_each(|at| place(machine, at)),
        Some(places) => places.iter().for_each(|&at| place(machine, usize_of(at))),
    }
    for id in lost {
        if let Some(object) = machine.object(id)
            && machine.kind(object) != Kind::Plain
            && let Some(slot) = entry.get_mut(machine.registers.saturating_add(usize_of(object)))
            && *slot != Id::UNKNOWN
        {
            *slot = Id::UNKNOWN;
            changed = true;
        }
    }
    if changed {
        open.insert(to);
    }
}

/// Reports the wanted uses.
struct Look<'l, 'a> {
    dex: &'l Dex<'a>,
    site: Site,
    wanted: &'l Wanted,
    sink: &'l mut dyn FnMut(Use),
}

impl<'a> Look<'_, 'a> {
    /// A last walk over every block. False if the budget is spent.
    fn settled(&mut self, machine: &mut Machine<'_, 'a>, entries: &Entries) -> bool {
        let blocks = machine.blocks;
        for (block, entry) in blocks.blocks.iter().zip(entries) {
            if let Some(entry) = entry {
                machine.state.clone_from(entry);
            }
            machine.pending = Id::UNKNOWN;
            machine.dirty.clear();
            for insn in instructions(machine.code.units(), &block.units) {
                if !machine.budget.take(1) {
                    return false;
                }
                self.insn(machine, &insn, entry.is_some());
                if entry.is_some() {
                    machine.step(&insn);
                }
            }
            machine.lost.clear();
        }
        !machine.budget.is_spent()
    }

    /// One walk from the first instruction to the last. False if the budget is spent.
    fn straight(&mut self, machine: &mut Machine<'_, 'a>, is_loud: bool) -> bool {
        let blocks = machine.blocks;
        for block in &blocks.blocks {
            if !block.only_falls {
                for place in std::mem::take(&mut machine.dirty) {
                    if let Some(slot) = machine.state.get_mut(usize_of(place)) {
                        *slot = Id::UNKNOWN;
                    }
                }
            }
            machine.pending = Id::UNKNOWN;
            machine.lost.clear();
            for insn in instructions(machine.code.units(), &block.units) {
                if !machine.budget.take(1) {
                    return false;
                }
                if machine.is_broken {
                    return true;
                }
                if is_loud {
                    self.insn(machine, &insn, true);
                }
                machine.step(&insn);
            }
        }
        !machine.budget.is_spent()
    }

    /// All uses, with unknown arguments.
    fn unread(&mut self, machine: &mut Machine<'_, 'a>) {
        let code: &CodeItem<'a> = machine.code;
        for insn in code.insns().map_while(Result::ok) {
            if !machine.budget.take(1) {
                return;
            }
            self.insn(machine, &insn, false);
        }
    }

    fn insn(&mut self, machine: &mut Machine<'_, 'a>, insn: &Insn<'a>, is_known: bool) {
        let index = || insn.index().unwrap_or_default();
        let target = match insn.opcode {
            0x6e..=0x72 | 0x74..=0x78 | 0xfa | 0xfb => {
                let index = index();
                if !self.wanted.methods.contains(index) {
                    return;
                }
                Target::Method(index)
            }
            0x52..=0x6d => {
                let index = index();
                if !self.wanted.fields.contains(index) {
                    return;
                }
                Target::Field(index)
            }
            _ => return,
        };
        let Some(how) = how(insn.opcode) else { return };
        let arguments = match target {
            Target::Field(field) => self.field(machine, insn, field),
            _ => match machine.take_arguments(insn) {
                Some(_) => machine.arguments.clone(),
                None => Vec::new(),
            },
        };
        let export = |(id, letter): (Id, u8)| {
            if is_known {
                machine.export(id, letter, &mut MOST_PARTS.clone())
            } else {
                Possible::unknown()
            }
        };
        let arguments = arguments.into_iter().map(export).collect();
        (self.sink)(Use {
            site: Site {
                unit: insn.offset,
                offset: machine.code.offset_of(insn.offset),
                ..self.site
            },
            target,
            how,
            is_range: matches!(insn.opcode, 0x74..=0x78 | 0xfb),
            is_reached: is_known,
            arguments,
        });
    }

    /// Object and written value of a field instruction.
    fn field(&self, machine: &mut Machine<'_, 'a>, insn: &Insn<'a>, field: u32) -> Vec<(Id, u8)> {
        let mut registers = insn.registers();
        let value = registers.next().unwrap_or_default();
        let mut all = Vec::new();
        if let Some(object) = registers.next() {
            all.push((machine.read(object), b'L'));
        }
        if matches!(insn.opcode, 0x59..=0x5f | 0x67..=0x6d) {
            let letter = || {
                let type_ = self.dex.field(field).ok()?.type_;
                self.dex.type_descriptor_bytes(type_).ok()?.first().copied()
            };
            let id = match insn.opcode {
                0x5a | 0x68 => machine.read_wide(value),
                _ => machine.read(value),
            };
            all.push((id, letter().unwrap_or(b'L')));
        }
        all
    }
}
