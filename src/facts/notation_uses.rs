//! The lines of the notation that say what code does: `call`, `read`, `override`, `string` …

use super::model::Facts;
use super::notation_start::Way;
use super::uses::{Arg, Entered, Known, Manner, MethodFact, Site, UseFact};
use crate::dex::names::descriptor;
use std::collections::BTreeMap;

/// Uses as they are written; numbers are given when all lines are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    lines: Vec<Line>,
    refers: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Line {
    what: String,
    manner: Manner,
    args: Vec<Arg>,
    class: String,
    method: String,
    callers: Vec<String>,
    entered: Entered,
    /// How the start of the app leads to it; empty where nothing says so.
    way: Way,
}

/// Who does it where a line does not say.
const SOMEBODY: &str = "com.example.Main.main";

impl Uses {
    /// Reads the rest of a line whose first word is `word`; false if it is not one of these lines.
    pub(super) fn read(&mut self, word: &str, rest: &str) -> Result<bool, String> {
        if word == "refers" {
            let (from, to) = rest.split_once(' ').ok_or("two classes are needed")?;
            self.refers.push((from.into(), to.trim().into()));
            return Ok(true);
        }
        let manner = match word {
            "call" | "start" => Manner::Call,
            "read" => Manner::Read,
            "write" => Manner::Write,
            "type" => Manner::Class,
            "extends" => Manner::Extends,
            "override" => Manner::Override,
            "string" => Manner::Text,
            _ => return Ok(false),
        };
        let (what, by) = match rest.rsplit_once(" <- ") {
            Some((what, by)) => (what.trim(), by.trim()),
            None => (rest, SOMEBODY),
        };
        let way = match word {
            "start" => Way::read(by)?,
            _ => Way::default(),
        };
        let mut words = match word {
            "start" => by.rsplit(' ').next().unwrap_or_default().split(' '),
            _ => by.split(' '),
        };
        let place = words.next().unwrap_or_default();
        let (class, method) = match manner {
            Manner::Extends => (place, ""),
            _ => place
                .rsplit_once('.')
                .ok_or("a method is written class.name")?,
        };
        let mut line = Line {
            what: String::new(),
            manner,
            args: Vec::new(),
            class: class.into(),
            method: method.into(),
            callers: Vec::new(),
            entered: Entered::Outside,
            way,
        };
        for word in words {
            match word.split_once('=') {
                Some(("by", caller)) => {
                    line.callers.push(caller.into());
                    line.entered = Entered::Called;
                }
                None if word == "nowhere" => line.entered = Entered::Nowhere,
                _ => return Err(format!("`{word}` is not understood")),
            }
        }
        match manner {
            Manner::Text => line.what = what.into(),
            Manner::Class | Manner::Extends => line.what = descriptor(what),
            _ => {
                let (name, args) = match what.split_once('(') {
                    Some((name, args)) => (
                        name,
                        args.strip_suffix(')').ok_or("`)` is missing at the end")?,
                    ),
                    None => (what, ""),
                };
                let (class, name) = name
                    .rsplit_once('.')
                    .ok_or("a member is written class.name")?;
                line.what = format!("{}->{name}", descriptor(class));
                line.args = arguments(args)?;
            }
        }
        self.lines.push(line);
        Ok(true)
    }

    /// The classes that the lines are in, which the app defines.
    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .flat_map(|line| {
                std::iter::once(line.class.as_str())
                    .chain(line.callers.iter().map(String::as_str))
                    .chain(line.way.classes())
            })
            .chain(
                self.refers
                    .iter()
                    .flat_map(|(from, to)| [from.as_str(), to.as_str()]),
            )
    }

    /// Puts the uses into facts whose classes are settled.
    pub(super) fn settle(self, facts: &mut Facts) {
        let number = |facts: &Facts, class: &str| facts.class_number(class);
        let mut methods: Vec<MethodFact> = Vec::new();
        for line in &self.lines {
            methods.push(MethodFact {
                dex: 0,
                class: line.class.clone(),
                name: line.method.clone(),
                entered: line.entered,
                callers: line
                    .callers
                    .iter()
                    .filter_map(|class| number(facts, class))
                    .collect(),
                more_callers: false,
            });
        }
        let mut sorted = methods.clone();
        sorted.extend(self.lines.iter().flat_map(|line| line.way.methods()));
        sorted.sort();
        sorted.dedup();
        let at = |method: &MethodFact| {
            let at = sorted.binary_search(method).unwrap_or_default();
            u32::try_from(at).unwrap_or_default()
        };
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|&line| self.lines.get(line).map(|l| l.way.rank(facts)));
        let mut starts = vec![None; self.lines.len()];
        for number in order {
            if let (Some(line), Some(slot)) = (self.lines.get(number), starts.get_mut(number)) {
                *slot = line.way.add(facts, at);
            }
        }
        let mut uses: BTreeMap<(String, Manner), UseFact> = BTreeMap::new();
        for ((line, method), start) in self.lines.into_iter().zip(&methods).zip(starts) {
            let site = Site {
                method: at(method),
                offset: 0,
                count: 1,
                through: None,
                args: line.args,
                start,
            };
            let key = (line.what.clone(), line.manner);
            let gathered = uses.entry(key).or_insert_with(|| UseFact {
                what: line.what,
                manner: line.manner,
                ..UseFact::default()
            });
            gathered.count = gathered.count.saturating_add(1);
            gathered.sites.push(site);
        }
        facts.methods = sorted;
        facts.uses = uses.into_values().collect();
        if self.refers.is_empty() {
            return;
        }
        let classes: usize = facts.dex.iter().map(|d| d.defines.len()).sum();
        facts.refers = vec![Vec::new(); classes];
        for (from, to) in &self.refers {
            if let (Some(from), Some(to)) = (number(facts, from), number(facts, to))
                && let Ok(from) = usize::try_from(from)
                && let Some(list) = facts.refers.get_mut(from)
            {
                list.push(to);
            }
        }
        facts
            .refers
            .iter_mut()
            .for_each(|list| list.sort_unstable());
        let names: Vec<String> = facts
            .manifest
            .components
            .iter()
            .map(|c| c.name.clone())
            .collect();
        facts.roots = names.iter().filter_map(|c| number(facts, c)).collect();
        facts.roots.sort_unstable();
        facts.roots.dedup();
    }
}

/// `"text", 21, uri:content://sms, action:A, class:a.B, field:a.B.C`; `_` for what is not known.
fn arguments(text: &str) -> Result<Vec<Arg>, String> {
    let mut all = Vec::new();
    for (at, word) in (0u8..=u8::MAX).zip(text.split(',')) {
        let word = word.trim();
        if word.is_empty() || word == "_" {
            continue;
        }
        let is = if let Some(text) = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
            match text.strip_suffix('*') {
                Some(start) => Known::Start(start.into()),
                None => Known::Text(text.into()),
            }
        } else if let Ok(number) = word.parse() {
            Known::Int(number)
        } else {
            match word.split_once(':') {
                Some(("uri", uri)) => Known::Uri(uri.into()),
                Some(("action", action)) => Known::Action(action.into()),
                Some(("class", class)) => Known::Class(descriptor(class)),
                Some(("field", field)) => {
                    let (class, name) = field.rsplit_once('.').ok_or("a field is class.NAME")?;
                    Known::Field(format!("{}->{name}", descriptor(class)))
                }
                _ => return Err(format!("`{word}` is no argument")),
            }
        };
        all.push(Arg { at, is });
    }
    Ok(all)
}
