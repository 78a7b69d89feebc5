//! Evidence in bytecode: the instruction with its words, and the lines around it.

use super::look::Seen;
use crate::audit::{Evidence, EvidenceKind};
use crate::dex::insn::Insn;
use crate::dex::names::descriptor;
use crate::dex::{ClassDef, CodeItem, Dex, EncodedMethod};
use crate::limits::Limits;
use std::collections::BTreeMap;

/// Instructions shown before and after the one in question.
const BEFORE: usize = 8;
const AFTER: usize = 4;
/// Code units of one instruction that are written out: all but payloads have at most five.
const WORDS: usize = 5;

/// Whether bytes begin like a DEX file.
pub(super) fn is_dex(bytes: &[u8]) -> bool {
    bytes.starts_with(b"dex\n")
}

/// One DEX entry, with its classes by descriptor.
pub(super) struct Code<'a> {
    files: Vec<Dex<'a>>,
    classes: BTreeMap<Vec<u8>, Vec<(usize, ClassDef)>>,
    problem: Option<String>,
}

/// A method that was found.
struct Found<'a> {
    dex: Dex<'a>,
    method: EncodedMethod,
}

impl<'a> Code<'a> {
    /// Opens an entry; what is no DEX file has no classes.
    pub(super) fn open(bytes: &'a [u8], name: &str, limits: &Limits) -> Self {
        let (files, problem) = match Dex::parse(bytes, name, limits, &mut Vec::new()) {
            Ok(files) => (files, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let mut classes: BTreeMap<Vec<u8>, Vec<(usize, ClassDef)>> = BTreeMap::new();
        for (at, dex) in files.iter().enumerate() {
            for class in dex.class_defs() {
                if let Ok(name) = dex.type_descriptor(class.class) {
                    let list = classes.entry(name.as_bytes().to_vec()).or_default();
                    list.push((at, class));
                }
            }
        }
        Self {
            files,
            classes,
            problem,
        }
    }

    /// Looks at one piece of evidence.
    pub(super) fn look(&self, evidence: &Evidence, seen: &mut Seen) {
        if let Some(problem) = &self.problem {
            let entry = evidence.entry.as_deref().unwrap_or_default();
            seen.wrong("entry", entry, format!("no DEX file: {problem}"));
            return;
        }
        let Some(class) = &evidence.class else {
            self.mark(evidence, seen);
            return;
        };
        let wanted = descriptor(class);
        let Some(definitions) = self.classes.get(wanted.as_bytes()) else {
            seen.wrong("class", class, "no such class in the entry");
            return;
        };
        seen.lines.push(format!(".class {wanted}"));
        let Some(method) = &evidence.method else {
            self.class_alone(evidence, definitions, seen);
            return;
        };
        let found = self.method(definitions, method);
        let Some(found) = found else {
            seen.wrong("method", method, "no such method in the class");
            return;
        };
        seen.lines.push(format!(".method {wanted}->{method}"));
        if evidence.kind == EvidenceKind::Class {
            overriding(evidence, &found, method, seen);
        } else {
            instruction(evidence, &found, seen);
        }
    }

    fn method(&self, definitions: &[(usize, ClassDef)], wanted: &str) -> Option<Found<'a>> {
        for (at, class) in definitions {
            let dex = *self.files.get(*at)?;
            let Ok(Some(data)) = dex.class_data(class) else {
                continue;
            };
            for method in data.methods().ok()?.map_while(Result::ok) {
                let signature = dex.method_signature(method.method).unwrap_or_default();
                if signature
                    .split_once("->")
                    .is_some_and(|(_, of)| of == wanted)
                {
                    return Some(Found { dex, method });
                }
            }
        }
        None
    }

    /// A class that stands in place of another, or holds a text from the start.
    fn class_alone(&self, evidence: &Evidence, of: &[(usize, ClassDef)], seen: &mut Seen) {
        if let Some(said) = evidence.offset
            && evidence.kind != EvidenceKind::String
        {
            seen.wrong("offset", format!("{said:#x}"), "a class has none");
        }
        let parents: Vec<String> = of
            .iter()
            .filter_map(|(at, class)| Some((self.files.get(*at)?, class)))
            .flat_map(|(dex, class)| {
                let interfaces = dex.type_list(class.interfaces_off).unwrap_or_default();
                let all = class.superclass.into_iter().chain(interfaces.iter());
                all.filter_map(|index| Some(dex.type_descriptor(index).ok()?.into_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        seen.lines.push(format!(".super {}", parents.join(", ")));
        if evidence.kind == EvidenceKind::Class && !parents.contains(&evidence.value) {
            seen.open.push("value"); // An ancestor further up, which may be in another entry.
        }
        if evidence.kind == EvidenceKind::String {
            self.text(evidence, seen);
        }
    }

    /// A mark without a place: a package that is defined here, a class or a text that is named here.
    fn mark(&self, evidence: &Evidence, seen: &mut Seen) {
        let value = evidence.value.trim_end_matches(".*");
        match evidence.kind {
            EvidenceKind::Class => {
                let name = descriptor(value);
                let prefix = name.trim_end_matches(';').as_bytes().to_vec();
                let first = self.classes.range(prefix.clone()..).next();
                match first.filter(|(class, _)| class.starts_with(&prefix)) {
                    Some((class, _)) => seen
                        .lines
                        .push(format!(".class {}", String::from_utf8_lossy(class))),
                    None => seen.wrong("value", &evidence.value, "no such class in the entry"),
                }
            }
            EvidenceKind::String => self.text(evidence, seen),
            _ => seen.open.push("value"),
        }
    }

    fn text(&self, evidence: &Evidence, seen: &mut Seen) {
        let wanted = evidence.value.trim_end_matches('…');
        let is_there = self.files.iter().any(|dex| {
            (0..dex.string_count()).any(|at| dex.string(at).is_ok_and(|text| text.contains(wanted)))
        });
        if is_there {
            seen.lines.push(format!("string {wanted:?}"));
        } else {
            seen.wrong("value", &evidence.value, "no such string in the entry");
        }
    }
}

/// A method of the app that stands in place of one of the platform.
fn overriding(evidence: &Evidence, found: &Found<'_>, method: &str, seen: &mut Seen) {
    let code = u64::from(found.method.code_off);
    if let Some(said) = evidence.offset
        && said != code
    {
        seen.wrong("offset", format!("{said:#x}"), format!("{code:#x}"));
    }
    let named = evidence.value.split_once("->").map(|(_, member)| member);
    if named != Some(method) {
        seen.wrong("value", &evidence.value, method);
    }
    if let Ok(item) = found.dex.code_item(found.method.code_off)
        && code != 0
    {
        head(&item, seen);
        listing(found, &item, None, seen);
    }
}

fn head(item: &CodeItem<'_>, seen: &mut Seen) {
    seen.lines.push(format!(
        "code_item {:#x}, {} registers, {} code units",
        item.offset,
        item.registers,
        item.units().len()
    ));
}

/// An instruction.
fn instruction(evidence: &Evidence, found: &Found<'_>, seen: &mut Seen) {
    let Some(said) = evidence.offset else {
        seen.wrong("offset", "none", "an instruction has one");
        return;
    };
    let item = match found.dex.code_item(found.method.code_off) {
        Ok(item) if found.method.code_off != 0 => item,
        _ => return seen.wrong("method", format!("{said:#x}"), "a method without code"),
    };
    head(&item, seen);
    let insns: Vec<Insn<'_>> = item.insns().map_while(Result::ok).collect();
    let at = insns
        .iter()
        .position(|insn| item.offset_of(insn.offset) == said);
    let Some(insn) = at.and_then(|at| insns.get(at)) else {
        let like = insns
            .iter()
            .find(|insn| found.dex.named(insn).as_deref() == Some(&*evidence.value));
        let found = match like {
            Some(insn) => format!("{:#x}", item.offset_of(insn.offset)),
            None => "no instruction of the method begins there".into(),
        };
        return seen.wrong("offset", format!("{said:#x}"), found);
    };
    match found.dex.named(insn) {
        Some(named) if fits(&evidence.value, &named) => {}
        Some(named) => seen.wrong("value", &evidence.value, named),
        // A call site names its method in another table.
        None => seen.open.push("value"),
    }
    listing(found, &item, at, seen);
}

/// Whether a text is what an instruction names; a long one may be cut.
fn fits(said: &str, named: &str) -> bool {
    said == named
        || said
            .strip_suffix('…')
            .is_some_and(|start| named.starts_with(start))
}

/// The instructions around `at`, or the first ones: place in the entry, code unit, words, notation.
fn listing(found: &Found<'_>, item: &CodeItem<'_>, at: Option<usize>, seen: &mut Seen) {
    let first = at.unwrap_or_default().saturating_sub(BEFORE);
    let count = at
        .unwrap_or_default()
        .saturating_sub(first)
        .saturating_add(AFTER)
        .saturating_add(1);
    let insns = item.insns().map_while(Result::ok).enumerate();
    for (number, insn) in insns.skip(first).take(count) {
        let here = if Some(number) == at { '>' } else { ' ' };
        let units = insn.units();
        let mut words: Vec<String> = units
            .iter()
            .take(WORDS)
            .map(|[low, high]| format!("{low:02x}{high:02x}"))
            .collect();
        if units.len() > WORDS {
            words.push("…".into());
        }
        seen.lines.push(format!(
            "{here} {:08x}  {:04x}  {:<24}  {}",
            item.offset_of(insn.offset),
            insn.offset,
            words.join(" "),
            found.dex.smali(&insn)
        ));
    }
}
