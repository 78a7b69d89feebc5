//! Which method uses which member, string or type, and where.
//!
//! One walk over all code of a DEX file. It works on indices only; names are
//! looked up before ([`Wanted`]) and after ([`Site::describe`](super::sites)).
//!
//! What counts as a use: `invoke-*` of a method, `iget/iput/sget/sput` of a
//! field, `const-string` of a string, `new-instance` and `const-class` of a
//! type; a method handle that an `invoke-custom` passes to its bootstrap method or
//! that `const-method-handle` loads (AOSP "Dalvik Executable format",
//! "call_site_item"); and a string that a static field starts with.

use super::{Budget, Faults, Wanted};
use crate::dex::{ClassData, ClassDef, CodeItem, Dex, MethodHandleKind, Value, usize_of};
use crate::error::ParseError;

/// Where something is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Number of the class definition in its DEX file.
    pub class_def: u32,
    /// `type_ids` index of the class.
    pub class: u32,
    /// `method_ids` index of the method; `None` for the first value of a static field.
    pub method: Option<u32>,
    /// Byte offset of the method's `code_item` in the file; 0 without a method.
    pub code_off: u32,
    /// Offset of the instruction from the start of the code, in code units; 0 without a method.
    pub unit: u32,
    /// Byte offset of the instruction or value in the file.
    pub offset: u64,
}

/// What is used: an index into a table of the same DEX file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `method_ids`
    Method(u32),
    /// `field_ids`
    Field(u32),
    /// `string_ids`
    String(u32),
    /// `type_ids`
    Type(u32),
}

/// The kind of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invoke {
    /// `invoke-virtual`
    Virtual,
    /// `invoke-super`
    Super,
    /// `invoke-direct`
    Direct,
    /// `invoke-static`
    Static,
    /// `invoke-interface`
    Interface,
    /// `invoke-polymorphic`: the method is `MethodHandle.invoke` or the like.
    Polymorphic,
}

/// How it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A call of a method.
    Call(Invoke),
    /// `iget*` or `sget*`
    Read,
    /// `iput*` or `sput*`
    Write,
    /// `const-string`
    Const,
    /// `new-instance`
    New,
    /// `const-class`
    Class,
    /// A method handle to a member, made here and called elsewhere.
    Handle(MethodHandleKind),
    /// The first value of the static field with this `field_ids` index.
    StaticValue(u32),
}

/// One use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where.
    pub site: Site,
    /// What.
    pub target: Target,
    /// How.
    pub how: How,
}

/// Takes the hits of a scan, in the order of the file.
pub trait Sink {
    /// One use of something wanted.
    fn hit(&mut self, hit: Hit);
}

impl<F: FnMut(Hit)> Sink for F {
    fn hit(&mut self, hit: Hit) {
        self(hit);
    }
}

/// What a scan saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Class definitions.
    pub classes: u64,
    /// Methods defined, with or without code.
    pub methods: u64,
    /// Fields defined.
    pub fields: u64,
    /// Instructions walked, payloads included.
    pub instructions: u64,
    /// Bytes of those instructions.
    pub code_bytes: u64,
    /// What could not be read.
    pub faults: Faults,
}

/// Walks every method of `dex` once and gives the uses of what is `wanted` to `sink`.
///
/// A class, method or instruction that cannot be read is a fault and the
/// walk goes on with the next method. A method's uses up to its fault are
/// reported. When the budget is spent, the walk ends.
pub fn scan(dex: &Dex<'_>, wanted: &Wanted, sink: &mut impl Sink, budget: &mut Budget) -> Scan {
    scan_classes(dex, wanted, 0..dex.class_count(), sink, budget)
}

/// [`scan`] of these class definitions only.
pub fn scan_classes(
    dex: &Dex<'_>,
    wanted: &Wanted,
    classes: impl IntoIterator<Item = u32>,
    sink: &mut impl Sink,
    budget: &mut Budget,
) -> Scan {
    budget.begin(dex);
    let mut walk = Walk {
        dex,
        wanted,
        sink,
        budget,
        call_sites: Vec::new(),
        seen: Scan::default(),
    };
    walk.read_call_sites();
    for index in classes {
        if !walk.step(1) {
            break;
        }
        walk.seen.classes = walk.seen.classes.saturating_add(1);
        let read = dex.class_def(index);
        if let Err(error) = read.and_then(|class| walk.class(index, &class)) {
            walk.fault(error);
        }
    }
    walk.seen
}

/// Steps that an error costs.
const FAULT_STEPS: u64 = 16;

struct Walk<'w, 'a, S> {
    dex: &'w Dex<'a>,
    wanted: &'w Wanted,
    sink: &'w mut S,
    budget: &'w mut Budget,
    /// The wanted members that each call site's method handles name.
    call_sites: Vec<Vec<(Target, How)>>,
    seen: Scan,
}

impl<S: Sink> Walk<'_, '_, S> {
    fn step(&mut self, steps: u64) -> bool {
        let go_on = self.budget.take(steps);
        self.seen.faults.cut_short |= !go_on;
        go_on
    }

    /// Notes an error and pays for it: putting one together costs as much as many instructions.
    #[cold]
    fn fault(&mut self, error: ParseError) {
        self.seen.faults.add(error);
        self.step(FAULT_STEPS);
    }

    fn read_call_sites(&mut self) {
        // Call sites do not share their bytes, so together they have fewer handles than this.
        let mut room = self.dex.len() >> 2;
        for index in 0..self.dex.call_site_count() {
            let mut members = Vec::new();
            let mut steps = 1u64;
            match self.dex.call_site(index) {
                Ok(site) => {
                    for argument in &site.arguments {
                        steps = steps.saturating_add(1);
                        if let Value::MethodHandle(handle) = *argument
                            && let Some(member) = self.handle(handle)
                            && !members.contains(&member)
                            && let Some(left) = room.checked_sub(1)
                        {
                            room = left;
                            members.push(member);
                        }
                    }
                }
                Err(error) => self.fault(error),
            }
            self.call_sites.push(members);
            self.seen.faults.cut_short |= room == 0;
            if !self.step(steps) || room == 0 {
                return;
            }
        }
    }

    /// The member of a method handle, if it is wanted.
    fn handle(&mut self, index: u32) -> Option<(Target, How)> {
        match self.dex.method_handle(index) {
            Ok(handle) => {
                let target = if handle.is_field() {
                    Target::Field(handle.member)
                } else {
                    Target::Method(handle.member)
                };
                self.wants(target)
                    .then_some((target, How::Handle(handle.kind)))
            }
            Err(error) => {
                self.fault(error);
                None
            }
        }
    }

    #[inline]
    fn wants(&self, target: Target) -> bool {
        self.wanted.wants(target)
    }

    fn class(&mut self, class_def: u32, class: &ClassDef) -> Result<(), ParseError> {
        let site = Site::of_class(class_def, class);
        let data = match self.dex.class_data(class)? {
            Some(data) if self.step(data.len()) => data,
            _ => return Ok(()),
        };
        let fields = u64::from(data.static_fields).saturating_add(u64::from(data.instance_fields));
        self.seen.fields = self.seen.fields.saturating_add(fields);
        if class.static_values_off != 0
            && let Err(error) = self.static_values(site, class, &data)
        {
            self.fault(error);
        }
        for method in data.methods()? {
            let method = method?;
            self.seen.methods = self.seen.methods.saturating_add(1);
            if method.code_off == 0 {
                continue;
            }
            let site = Site {
                method: Some(method.method),
                code_off: method.code_off,
                ..site
            };
            let walked = self
                .dex
                .code_item(method.code_off)
                .and_then(|code| self.code(site, &code));
            if let Err(error) = walked {
                self.fault(error);
            }
            if self.seen.faults.cut_short {
                break;
            }
        }
        Ok(())
    }

    fn static_values(
        &mut self,
        site: Site,
        class: &ClassDef,
        data: &ClassData<'_>,
    ) -> Result<(), ParseError> {
        let mut values = self.dex.static_values(class)?;
        for field in data.fields() {
            let start = values.offset();
            let Some(value) = values.next() else { break };
            let (offset, value) = value?;
            // A value may be an array as long as the file.
            if !self.step(values.offset().saturating_sub(start)) {
                break;
            }
            if let Value::String(index) = value
                && self.wanted.strings.contains(index)
            {
                let site = Site { offset, ..site };
                let how = How::StaticValue(field?.field);
                self.sink.hit(Hit {
                    site,
                    target: Target::String(index),
                    how,
                });
            }
        }
        Ok(())
    }

    fn code(&mut self, site: Site, code: &CodeItem<'_>) -> Result<(), ParseError> {
        let bytes = u64::try_from(code.units().len())
            .unwrap_or(u64::MAX)
            .saturating_mul(2);
        self.seen.code_bytes = self.seen.code_bytes.saturating_add(bytes);
        let mut count = 0u64;
        let mut result = Ok(());
        for insn in code.insns() {
            let insn = match insn {
                Ok(insn) => insn,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            count = count.wrapping_add(1);
            let uses = uses(insn.opcode);
            if uses == Uses::Nothing {
                continue;
            }
            let index = insn.index().unwrap_or_default();
            let target = match uses {
                Uses::Nothing => continue,
                Uses::Method => Target::Method(index),
                Uses::Field => Target::Field(index),
                Uses::String => Target::String(index),
                Uses::Type => Target::Type(index),
                Uses::Handles => {
                    let (unit, offset) = (insn.offset, code.offset_of(insn.offset));
                    self.handles(
                        Site {
                            unit,
                            offset,
                            ..site
                        },
                        insn.opcode,
                        index,
                    );
                    continue;
                }
            };
            if self.wants(target)
                && let Some(how) = how(insn.opcode)
            {
                let (unit, offset) = (insn.offset, code.offset_of(insn.offset));
                let site = Site {
                    unit,
                    offset,
                    ..site
                };
                self.sink.hit(Hit { site, target, how });
            }
        }
        self.seen.instructions = self.seen.instructions.saturating_add(count);
        // A method is walked to its end before it is paid for: no method is larger than the file.
        self.step(count);
        result
    }

    fn handles(&mut self, site: Site, opcode: u8, index: u32) {
        if opcode == CONST_METHOD_HANDLE {
            if let Some((target, how)) = self.handle(index) {
                self.sink.hit(Hit { site, target, how });
            }
        } else if let Some(members) = self.call_sites.get(usize_of(index)) {
            let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
            if self.budget.take(count) {
                for &(target, how) in members {
                    self.sink.hit(Hit { site, target, how });
                }
            }
        }
    }
}

/// What an instruction uses, as far as a scan reports it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Uses {
    Nothing,
    Method,
    Field,
    String,
    Type,
    Handles,
}

const CONST_METHOD_HANDLE: u8 = 0xfe;

/// [`Uses`] of every opcode, so that the walk looks up one byte for most instructions.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "computed when the program is compiled"
)]
static USES: [Uses; 256] = {
    let mut table = [Uses::Nothing; 256];
    let mut opcode = 0u8;
    loop {
        table[usize_of_byte(opcode)] = match opcode {
            0x6e..=0x72 | 0x74..=0x78 | 0xfa | 0xfb => Uses::Method,
            0x52..=0x6d => Uses::Field,
            0x1a | 0x1b => Uses::String,
            0x1c | 0x22 => Uses::Type,
            0xfc..=CONST_METHOD_HANDLE => Uses::Handles,
            _ => Uses::Nothing,
        };
        if opcode == u8::MAX {
            break table;
        }
        opcode += 1;
    }
};

#[allow(clippy::as_conversions, reason = "usize::from is not const")]
const fn usize_of_byte(byte: u8) -> usize {
    byte as usize
}

#[inline]
#[allow(
    clippy::indexing_slicing,
    reason = "the table has a row for every byte"
)]
fn uses(opcode: u8) -> Uses {
    USES[usize::from(opcode)]
}

pub(super) fn how(opcode: u8) -> Option<How> {
    Some(match opcode {
        0x6e | 0x74 => How::Call(Invoke::Virtual),
        0x6f | 0x75 => How::Call(Invoke::Super),
        0x70 | 0x76 => How::Call(Invoke::Direct),
        0x71 | 0x77 => How::Call(Invoke::Static),
        0x72 | 0x78 => How::Call(Invoke::Interface),
        0xfa | 0xfb => How::Call(Invoke::Polymorphic),
        0x52..=0x58 | 0x60..=0x66 => How::Read,
        0x59..=0x5f | 0x67..=0x6d => How::Write,
        0x1a | 0x1b => How::Const,
        0x1c => How::Class,
        0x22 => How::New,
        _ => return None,
    })
}
