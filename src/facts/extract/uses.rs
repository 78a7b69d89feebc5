//! Uses of all files, joined: by what is used, with a site for each class and set of constants.

use super::code::Arguments;
use super::collect::{self, Found};
use super::entered::{Flags, entered, overrides};
use super::plumbing::vendor;
use super::start::Started;
use crate::code::{
    Callers, Faults, Graph, How, Invoke, NameId, Program, Reached, Site as CodeSite, Target,
};
use crate::dex::{Dex, names, usize_of};
use crate::error::ParseError;
use crate::facts::model::Facts;
use crate::facts::uses::{Arg, Known, Manner, MethodFact, Site, UseFact};
use crate::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

/// What the files of an app are joined with.
pub(super) struct Joined<'j, 'w, 'a> {
    pub(super) members: &'j [(usize, Dex<'a>)],
    pub(super) program: &'j Program<'w, 'a>,
    pub(super) graph: &'j Graph,
    /// Numbers of classes in the facts.
    pub(super) numbers: &'j BTreeMap<NameId, u32>,
    pub(super) arguments: &'j Arguments,
    /// Uses through a wrapper, by the caller of the wrapper.
    pub(super) through: &'j [Through],
    pub(super) roots: &'j [NameId],
    /// Classes that native libraries name.
    pub(super) native: &'j BTreeSet<NameId>,
    /// What runs when the app starts.
    pub(super) start: &'j Started,
}

/// A use inside a wrapper, seen from a call of the wrapper.
pub(super) struct Through {
    /// File and place of the call.
    pub(super) file: u32,
    pub(super) site: CodeSite,
    /// File and target of the use inside.
    pub(super) inner: u32,
    pub(super) target: Target,
    pub(super) how: How,
    pub(super) args: Vec<Arg>,
    /// Signature of the wrapper.
    pub(super) wrapper: String,
}

/// What is used, and how: the key under which sites are gathered.
type Key = (String, Manner);

/// Sites of one key by class (or vendor, for libraries) and constants.
#[derive(Default)]
struct Gathered {
    count: u32,
    more: bool,
    sites: BTreeMap<(u32, Vec<Arg>), Site>,
    /// Those in methods that run at start, apart: of each the one on the shortest way.
    starts: BTreeMap<(u32, Vec<Arg>), Site>,
}

/// What a place counts for.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    /// Uses: none where the place is another one's, seen from its caller.
    pub(super) uses: u32,
    /// It happens when the method runs that it is in.
    pub(super) runs: bool,
}

impl Counted {
    /// A class or method that stands in place of another: the platform calls it.
    pub(super) const IN_PLACE: Self = Self {
        uses: 1,
        runs: false,
    };
}

/// What one target of a file comes to, worked out once.
#[derive(Clone)]
struct Meaning {
    /// Position in [`Gatherer::slots`].
    slot: usize,
    /// What the instruction names instead.
    through: Option<String>,
    /// It is a member of a library.
    is_foreign: bool,
    /// Constants may reach it.
    is_valued: bool,
}

/// Number of arguments before the first parameter.
pub(super) fn receivers(how: How) -> usize {
    usize::from(!matches!(how, How::Call(Invoke::Static)))
}

/// Whether a value of an argument is kept.
pub(super) fn is_kept_value(value: &Known, is_numbered: bool, is_foreign: bool) -> bool {
    let text = |text: &str| !is_foreign || text.contains(".permission");
    match value {
        Known::Int(number) => is_numbered && (0..100_000).contains(number),
        Known::Text(t) | Known::Start(t) => !t.is_empty() && text(t),
        Known::Class(_) | Known::Field(_) | Known::Uri(_) | Known::Action(_) => !is_foreign,
    }
}

/// Puts all uses into `facts`, with the methods they are in and the classes' references.
pub(super) fn join(
    joined: &Joined<'_, '_, '_>,
    found: Vec<Found>,
    facts: &mut Facts,
    faults: &mut [Faults],
    limits: &Limits,
) {
    let mut gatherer = Gatherer {
        joined,
        methods: BTreeMap::new(),
        last: None,
        order: Vec::new(),
        flags: Flags::default(),
        slots: Vec::new(),
        by_key: BTreeMap::new(),
        meanings: BTreeMap::new(),
        names: BTreeMap::new(),
        class: None,
        limits,
    };
    for (file, (found, faults)) in (0u32..).zip(found.into_iter().zip(faults)) {
        gatherer.meanings.clear();
        gatherer.class = None;
        for hit in &found.hits {
            if let Err(error) = gatherer.take(file, &found, hit.site, hit.target, hit.how) {
                faults.add(error);
            }
        }
        if let Err(error) = gatherer.parents(file) {
            faults.add(error);
        }
    }
    for through in joined.through {
        // What is wrong inside has been reported where it stands.
        let _ = gatherer.through(through);
    }
    gatherer.finish(facts);
    facts.roots = joined
        .roots
        .iter()
        .filter_map(|name| joined.numbers.get(name).copied())
        .collect();
    facts.roots.sort_unstable();
    let total: usize = facts.dex.iter().map(|d| d.defines.len()).sum();
    facts.refers = vec![Vec::new(); total];
    for (&name, &number) in joined.numbers {
        let to = joined.graph.refers_to(name);
        let mut to: Vec<u32> = to.filter_map(|n| joined.numbers.get(&n).copied()).collect();
        to.sort_unstable();
        if let Some(slot) = facts.refers.get_mut(usize_of(number)) {
            *slot = to;
        }
    }
}

/// File, class definition, method.
type MethodKey = (u32, u32, Option<u32>);

pub(super) struct Gatherer<'j, 'w, 'a> {
    pub(super) joined: &'j Joined<'j, 'w, 'a>,
    /// (file, class definition, method) → number.
    methods: BTreeMap<MethodKey, u32>,
    /// The one that was met last.
    last: Option<(MethodKey, u32)>,
    order: Vec<MethodFact>,
    flags: Flags,
    slots: Vec<Gathered>,
    by_key: BTreeMap<Key, usize>,
    /// Of the file that is read: what its targets come to.
    meanings: BTreeMap<(Target, Manner), Option<Meaning>>,
    /// Numbers of the names by which sites are told apart.
    names: BTreeMap<String, u32>,
    /// The class definition that was met last: the numbers of its name and of its vendor's.
    class: Option<(u32, u32, u32)>,
    limits: &'j Limits,
}

impl<'a> Gatherer<'_, '_, 'a> {
    pub(super) fn dex(&self, file: u32) -> Option<Dex<'a>> {
        self.joined.members.get(usize_of(file)).map(|m| m.1)
    }

    fn take(
        &mut self,
        file: u32,
        found: &Found,
        site: CodeSite,
        target: Target,
        how: How,
    ) -> Result<(), ParseError> {
        let Some(manner) = manner(how) else {
            return Ok(());
        };
        let meaning = match self.meanings.get(&(target, manner)) {
            Some(known) => known.clone(),
            None => {
                let meaning = self.meaning(file, found, target, manner)?;
                self.meanings.insert((target, manner), meaning.clone());
                meaning
            }
        };
        let Some(meaning) = meaning else {
            return Ok(());
        };
        let (class, of) = match self.class {
            Some((number, class, of)) if number == site.class_def => (class, of),
            _ => {
                let Some(dex) = self.dex(file) else {
                    return Ok(());
                };
                let caller = dex.type_descriptor(site.class)?;
                let (class, of) = (self.number(&caller), self.number(vendor(&caller)));
                self.class = Some((site.class_def, class, of));
                (class, of)
            }
        };
        let by = if meaning.is_foreign { of } else { class };
        let key = (file, site.method, site.offset);
        let args = meaning.is_valued.then(|| self.joined.arguments.get(&key));
        let args = args.flatten().cloned().unwrap_or_default();
        let how = Counted {
            uses: 1,
            // A handle is made here and called elsewhere.
            runs: !matches!(how, How::Handle(_)),
        };
        self.add(meaning.slot, by, file, site, meaning.through, args, how)
    }

    fn meaning(
        &mut self,
        file: u32,
        found: &Found,
        target: Target,
        manner: Manner,
    ) -> Result<Option<Meaning>, ParseError> {
        let Some((what, through)) = self.what(file, found, target)? else {
            return Ok(None);
        };
        Ok(Some(Meaning {
            is_foreign: found.is_foreign(target),
            is_valued: found.valued.contains(&target),
            slot: self.slot((what, manner)),
            through,
        }))
    }

    pub(super) fn slot(&mut self, key: Key) -> usize {
        let next = self.slots.len();
        let slot = *self.by_key.entry(key).or_insert(next);
        if slot == next {
            self.slots.push(Gathered::default());
        }
        slot
    }

    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.names.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.to_owned(), number);
        number
    }

    fn through(&mut self, through: &Through) -> Result<(), ParseError> {
        let Some(dex) = self.dex(through.inner) else {
            return Ok(());
        };
        let what = match through.target {
            Target::Method(index) => match self.joined.program.reach(through.inner, index) {
                Reached::Outside(class) => self.renamed(&dex, index, class)?,
                _ => dex.method_signature(index)?,
            },
            Target::Field(index) => dex.field_signature(index)?,
            Target::String(_) | Target::Type(_) => return Ok(()),
        };
        let Some(manner) = manner(through.how) else {
            return Ok(());
        };
        let Some(own) = self.dex(through.file) else {
            return Ok(());
        };
        let by = self.number(&own.type_descriptor(through.site.class)?);
        let slot = self.slot((what, manner));
        let named = Some(through.wrapper.clone());
        self.add(
            slot,
            by,
            through.file,
            through.site,
            named,
            through.args.clone(),
            Counted {
                uses: 0,
                runs: true,
            },
        )
    }

    /// The spelling of what is used, and what the instruction names instead.
    fn what(
        &self,
        file: u32,
        found: &Found,
        target: Target,
    ) -> Result<Option<(String, Option<String>)>, ParseError> {
        let Some(dex) = self.dex(file) else {
            return Ok(None);
        };
        Ok(Some(match target {
            Target::Method(index) => match found.inherited.get(&index) {
                Some(&class) => {
                    let named = dex.method_signature(index)?;
                    (self.renamed(&dex, index, class)?, Some(named))
                }
                None => (dex.method_signature(index)?, None),
            },
            Target::Field(index) => (dex.field_signature(index)?, None),
            Target::String(index) => (collect::text(&dex, index), None),
            Target::Type(index) => (dex.type_descriptor(index)?.into_owned(), None),
        }))
    }

    /// The signature of a method as if it were named on `class`.
    pub(super) fn renamed(
        &self,
        dex: &Dex<'_>,
        method: u32,
        class: NameId,
    ) -> Result<String, ParseError> {
        let id = dex.method(method)?;
        Ok(format!(
            "{}->{}{}",
            self.joined.program.hierarchy().name(class),
            dex.member_name(id.name)?,
            dex.proto_descriptor(id.proto)?
        ))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one site")]
    pub(super) fn add(
        &mut self,
        slot: usize,
        by: u32,
        file: u32,
        site: CodeSite,
        through: Option<String>,
        args: Vec<Arg>,
        how: Counted,
    ) -> Result<(), ParseError> {
        let method = self.method(file, site.class_def, site.class, site.method)?;
        let start = match how.runs {
            true => self.joined.start.node(file, &site),
            false => None,
        };
        let Some(gathered) = self.slots.get_mut(slot) else {
            return Ok(());
        };
        gathered.count = gathered.count.saturating_add(how.uses);
        let sites = match start {
            Some(_) => &mut gathered.starts,
            None => &mut gathered.sites,
        };
        let full = sites.len() >= self.limits.sites_per_use;
        let key = (by, args);
        let mut site = Site {
            method,
            offset: site.offset,
            count: 1,
            through,
            args: key.1.clone(),
            start,
        };
        match sites.get_mut(&key) {
            Some(known) => {
                site.count = known.count.saturating_add(1);
                if site.start < known.start {
                    *known = site;
                } else {
                    known.count = site.count;
                }
            }
            None if full => gathered.more = true,
            None => {
                sites.insert(key, site);
            }
        }
        Ok(())
    }

    /// The number of a method, which gets one when it is first met.
    fn method(
        &mut self,
        file: u32,
        class_def: u32,
        class: u32,
        method: Option<u32>,
    ) -> Result<u32, ParseError> {
        let key = (file, class_def, method);
        if let Some((last, number)) = self.last
            && last == key
        {
            return Ok(number);
        }
        if let Some(&number) = self.methods.get(&key) {
            self.last = Some((key, number));
            return Ok(number);
        }
        let Some(dex) = self.dex(file) else {
            return Ok(0);
        };
        let mut fact = MethodFact {
            dex: file,
            class: names::java_name(&dex.type_descriptor(class)?),
            ..MethodFact::default()
        };
        if let Some(index) = method {
            let id = dex.method(index)?;
            let proto = dex.proto_descriptor(id.proto)?;
            let name = dex.member_name(id.name)?;
            fact.name = format!("{name}{proto}");
            self.enter(&dex, file, class_def, class, index, &mut fact);
        }
        let number = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.order.push(fact);
        self.methods.insert(key, number);
        Ok(number)
    }

    /// Fills in how a method is entered, and by whom.
    fn enter(
        &mut self,
        dex: &Dex<'_>,
        file: u32,
        class_def: u32,
        class: u32,
        method: u32,
        fact: &mut MethodFact,
    ) {
        let program = self.joined.program;
        let (Some(name), Some(signature)) = (
            program.own_class(file, class),
            program.signature(file, method),
        ) else {
            return;
        };
        let Callers { classes, many } = self.joined.graph.callers(program, name, signature);
        let is_called = !classes.is_empty();
        fact.callers = classes
            .iter()
            .filter(|&&caller| caller != name)
            .filter_map(|caller| self.joined.numbers.get(caller).copied())
            .collect();
        fact.callers.sort_unstable();
        fact.more_callers = many;
        self.flags.load(dex, file, class_def);
        let flags = self.flags.of(method);
        let annotated = self.flags.is_annotated(method);
        fact.entered = entered(&fact.name, flags, annotated, is_called, || {
            overrides(program.hierarchy(), name)
                || self.joined.graph.is_named(name)
                || self.joined.native.contains(&name)
        });
    }

    fn finish(mut self, facts: &mut Facts) {
        let starts = self.slots.iter().flat_map(|slot| slot.starts.values());
        let used: BTreeSet<u32> = starts.filter_map(|site| site.start).collect();
        let (start, nodes) = (self.joined.start).facts(self.joined.members, &used, |f, d, c, m| {
            self.method(f, d, c, Some(m))
        });
        // Methods are numbered in the order of their names, so that the same files give the same facts.
        let mut order: Vec<usize> = (0..self.order.len()).collect();
        order.sort_by_key(|&at| self.order.get(at));
        let mut renumbered = vec![0u32; order.len()];
        for (new, &old) in (0u32..).zip(&order) {
            if let Some(slot) = renumbered.get_mut(old) {
                *slot = new;
            }
        }
        let mut methods: Vec<Option<MethodFact>> = self.order.into_iter().map(Some).collect();
        facts.methods = order
            .iter()
            .filter_map(|&at| methods.get_mut(at).and_then(Option::take))
            .collect();
        facts.start = (!self.joined.members.is_empty()).then_some(start);
        for node in facts.start.iter_mut().flat_map(|start| &mut start.nodes) {
            let new = renumbered.get(usize_of(node.method));
            node.method = new.copied().unwrap_or_default();
        }
        let mut slots = self.slots;
        facts.uses = self
            .by_key
            .into_iter()
            .map(|((what, manner), slot)| {
                let gathered = slots.get_mut(slot).map(std::mem::take).unwrap_or_default();
                let all = gathered.sites.into_values();
                let mut sites: Vec<Site> = all.chain(gathered.starts.into_values()).collect();
                for site in &mut sites {
                    let node = site.start.and_then(|old| nodes.get(usize_of(old)));
                    site.start = node.copied().flatten();
                    site.method = renumbered
                        .get(usize_of(site.method))
                        .copied()
                        .unwrap_or_default();
                }
                sites.sort();
                UseFact {
                    what,
                    manner,
                    count: gathered.count,
                    sites,
                    more: gathered.more,
                }
            })
            .collect();
    }
}

fn manner(how: How) -> Option<Manner> {
    Some(match how {
        How::Call(_) => Manner::Call,
        How::Read => Manner::Read,
        How::Write => Manner::Write,
        How::Const | How::StaticValue(_) => Manner::Text,
        How::Class => Manner::Class,
        // The call of the constructor tells as much.
        How::New => return None,
        How::Handle(kind) if kind.is_read() => Manner::Read,
        How::Handle(kind) if kind.is_write() => Manner::Write,
        How::Handle(_) => Manner::Call,
    })
}
