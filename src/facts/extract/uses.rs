//! Uses of all files, joined: by what is used, with a site for each class and set of constants.

use super::code::Arguments;
use super::collect::{self, Found};
use super::plumbing::{is_kept_parent, vendor};
use crate::code::{
    Callers, Faults, Graph, Hierarchy, How, Invoke, NameId, Program, Reached, Site as CodeSite,
    Target,
};
use crate::dex::{ClassDef, Dex, EncodedMethod, names, usize_of};
use crate::error::ParseError;
use crate::facts::model::Facts;
use crate::facts::uses::{Arg, Entered, Known, Manner, MethodFact, Site, UseFact};
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
    sites: BTreeMap<(String, Vec<Arg>), Site>,
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
        order: Vec::new(),
        flags: Flags::default(),
        all: BTreeMap::new(),
        limits,
    };
    for (file, (found, faults)) in (0u32..).zip(found.into_iter().zip(faults)) {
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

/// Access flags of the methods of one class, and which of them are annotated.
#[derive(Default)]
struct Flags {
    loaded: Option<(u32, u32)>,
    methods: Vec<EncodedMethod>,
    annotated: Vec<u32>,
}

struct Gatherer<'j, 'w, 'a> {
    joined: &'j Joined<'j, 'w, 'a>,
    /// (file, class definition, method) → number.
    methods: BTreeMap<(u32, u32, Option<u32>), u32>,
    order: Vec<MethodFact>,
    flags: Flags,
    all: BTreeMap<Key, Gathered>,
    limits: &'j Limits,
}

impl Gatherer<'_, '_, '_> {
    fn dex(&self, file: u32) -> Option<&Dex<'_>> {
        self.joined.members.get(usize_of(file)).map(|m| &m.1)
    }

    fn take(
        &mut self,
        file: u32,
        found: &Found,
        site: CodeSite,
        target: Target,
        how: How,
    ) -> Result<(), ParseError> {
        let Some((what, through)) = self.what(file, found, target)? else {
            return Ok(());
        };
        let Some(manner) = manner(how) else {
            return Ok(());
        };
        let Some(dex) = self.joined.members.get(usize_of(file)).map(|m| m.1) else {
            return Ok(());
        };
        let caller = dex.type_descriptor(site.class)?;
        let is_foreign = found.foreign.contains(&target);
        let by = if is_foreign {
            let own = vendor(&caller);
            if what.starts_with(own) && what.get(own.len()..).is_some_and(|r| r.starts_with('/')) {
                return Ok(());
            }
            own.to_owned()
        } else {
            caller.into_owned()
        };
        let key = (file, site.method, site.offset);
        let args = self.joined.arguments.get(&key).cloned().unwrap_or_default();
        self.add((what, manner), by, file, site, through, args, true)
    }

    fn through(&mut self, through: &Through) -> Result<(), ParseError> {
        let Some(dex) = self
            .joined
            .members
            .get(usize_of(through.inner))
            .map(|m| m.1)
        else {
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
        let Some(own) = self.joined.members.get(usize_of(through.file)).map(|m| m.1) else {
            return Ok(());
        };
        let by = own.type_descriptor(through.site.class)?.into_owned();
        let named = Some(through.wrapper.clone());
        self.add(
            (what, manner),
            by,
            through.file,
            through.site,
            named,
            through.args.clone(),
            false,
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
                    (self.renamed(dex, index, class)?, Some(named))
                }
                None => (dex.method_signature(index)?, None),
            },
            Target::Field(index) => (dex.field_signature(index)?, None),
            Target::String(index) => (collect::text(dex, index), None),
            Target::Type(index) => (dex.type_descriptor(index)?.into_owned(), None),
        }))
    }

    /// The signature of a method as if it were named on `class`.
    fn renamed(&self, dex: &Dex<'_>, method: u32, class: NameId) -> Result<String, ParseError> {
        let id = dex.method(method)?;
        Ok(format!(
            "{}->{}{}",
            self.joined.program.hierarchy().name(class),
            dex.member_name(id.name)?,
            dex.proto_descriptor(id.proto)?
        ))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one site")]
    fn add(
        &mut self,
        key: Key,
        by: String,
        file: u32,
        site: CodeSite,
        through: Option<String>,
        args: Vec<Arg>,
        counts: bool,
    ) -> Result<(), ParseError> {
        let method = self.method(file, site.class_def, site.class, site.method)?;
        let gathered = self.all.entry(key).or_default();
        gathered.count = gathered.count.saturating_add(u32::from(counts));
        let full = gathered.sites.len() >= self.limits.sites_per_use;
        match gathered.sites.get_mut(&(by.clone(), args.clone())) {
            Some(known) => known.count = known.count.saturating_add(1),
            None if full => gathered.more = true,
            None => {
                let site = Site {
                    method,
                    offset: site.offset,
                    count: 1,
                    through,
                    args: args.clone(),
                };
                gathered.sites.insert((by, args), site);
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
        if let Some(&number) = self.methods.get(&key) {
            return Ok(number);
        }
        let Some(dex) = self.joined.members.get(usize_of(file)).map(|m| m.1) else {
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
        let annotated = self.flags.annotated.contains(&method);
        fact.entered = entered(&fact.name, flags, annotated, is_called, || {
            overrides(program.hierarchy(), name)
                || self.joined.graph.is_named(name)
                || self.joined.native.contains(&name)
        });
    }

    /// What the classes of a file extend, and which methods stand in place of those above.
    fn parents(&mut self, file: u32) -> Result<(), ParseError> {
        let Some(dex) = self.joined.members.get(usize_of(file)).map(|m| m.1) else {
            return Ok(());
        };
        let program = self.joined.program;
        let hierarchy = program.hierarchy();
        for (class_def, class) in (0u32..).zip(dex.class_defs()) {
            if hierarchy.is_shadowed(file, class_def) {
                continue;
            }
            let Some(name) = program.own_class(file, class.class) else {
                continue;
            };
            let (above, _) = hierarchy.supertypes(name);
            let own = vendor(hierarchy.name(name)).to_owned();
            let is_other = |id: NameId| {
                let text = hierarchy.name(id);
                hierarchy.class(id).is_some()
                    && vendor(text) != own
                    && super::plumbing::is_kept_library(text)
                    && !text.starts_with("Landroidx/")
                    && !text.starts_with("Landroid/support/")
            };
            let outside: Vec<NameId> = above
                .iter()
                .copied()
                .filter(|&id| hierarchy.class(id).is_none() && is_kept_parent(hierarchy.name(id)))
                .collect();
            let libraries: Vec<NameId> = above.into_iter().filter(|&id| is_other(id)).collect();
            if outside.is_empty() && libraries.is_empty() {
                continue;
            }
            for &parent in &outside {
                let site = class_site(class_def, &class);
                let key = (hierarchy.name(parent).to_owned(), Manner::Extends);
                let by = hierarchy.name(name).to_owned();
                self.add(key, by, file, site, None, Vec::new(), true)?;
            }
            self.overriding(file, class_def, &class, name, &outside, &libraries)?;
        }
        Ok(())
    }

    fn overriding(
        &mut self,
        file: u32,
        class_def: u32,
        class: &ClassDef,
        name: NameId,
        outside: &[NameId],
        libraries: &[NameId],
    ) -> Result<(), ParseError> {
        let Some(dex) = self.joined.members.get(usize_of(file)).map(|m| m.1) else {
            return Ok(());
        };
        let program = self.joined.program;
        let Some(data) = dex.class_data(class)? else {
            return Ok(());
        };
        for method in data.methods()? {
            let method = method?;
            if method.is_direct || method.access_flags & SYNTHETIC != 0 || method.code_off == 0 {
                continue;
            }
            let Some(signature) = program.signature(file, method.method) else {
                continue;
            };
            let inherited = libraries
                .iter()
                .filter(|&&parent| program.defines(parent, signature));
            let parents: Vec<NameId> = outside.iter().chain(inherited).copied().collect();
            for parent in parents {
                let what = self.renamed(&dex, method.method, parent)?;
                let site = CodeSite {
                    method: Some(method.method),
                    code_off: method.code_off,
                    offset: u64::from(method.code_off),
                    ..class_site(class_def, class)
                };
                let by = program.hierarchy().name(name).to_owned();
                self.add(
                    (what, Manner::Override),
                    by,
                    file,
                    site,
                    None,
                    Vec::new(),
                    true,
                )?;
            }
        }
        Ok(())
    }

    fn finish(self, facts: &mut Facts) {
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
        facts.uses = self
            .all
            .into_iter()
            .map(|((what, manner), gathered)| {
                let mut sites: Vec<Site> = gathered.sites.into_values().collect();
                for site in &mut sites {
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

/// `ACC_PRIVATE`, `ACC_STATIC`, `ACC_SYNTHETIC`
const PRIVATE: u32 = 0x2;
const STATIC: u32 = 0x8;
const SYNTHETIC: u32 = 0x1000;

fn entered(
    name: &str,
    flags: Option<u32>,
    is_annotated: bool,
    is_called: bool,
    may_override: impl Fn() -> bool,
) -> Entered {
    let flags = flags.unwrap_or_default();
    let is_direct = flags & (PRIVATE | STATIC) != 0;
    // A layout may name a method with a view for a parameter (`android:onClick`).
    let is_handler = name.ends_with("(Landroid/view/View;)V") && flags & PRIVATE == 0;
    if name.starts_with('<') || is_annotated || is_handler || (!is_direct && may_override()) {
        Entered::Outside
    } else if is_called {
        Entered::Called
    } else {
        Entered::Nowhere
    }
}

/// Whether a class has anything above it that the app does not define, apart from `java.lang.Object`.
fn overrides(hierarchy: &Hierarchy, class: NameId) -> bool {
    let outside = hierarchy.outside(class);
    outside
        .into_iter()
        .any(|above| hierarchy.name(above) != "Ljava/lang/Object;")
}

fn class_site(class_def: u32, class: &ClassDef) -> CodeSite {
    CodeSite {
        class_def,
        class: class.class,
        method: None,
        code_off: 0,
        unit: 0,
        offset: 0,
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

impl Flags {
    fn load(&mut self, dex: &Dex<'_>, file: u32, class_def: u32) {
        if self.loaded == Some((file, class_def)) {
            return;
        }
        self.loaded = Some((file, class_def));
        self.methods.clear();
        self.annotated.clear();
        let Ok(class) = dex.class_def(class_def) else {
            return;
        };
        if let Ok(Some(data)) = dex.class_data(&class)
            && let Ok(methods) = data.methods()
        {
            self.methods.extend(methods.map_while(Result::ok));
        }
        self.annotated = dex.visibly_annotated_methods(&class).unwrap_or_default();
    }

    fn of(&self, method: u32) -> Option<u32> {
        let found = self.methods.iter().find(|m| m.method == method);
        found.map(|m| m.access_flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_into_a_method() {
        let no = || false;
        let yes = || true;
        let private = Some(PRIVATE);
        assert_eq!(
            entered("run()V", Some(1), false, false, yes),
            Entered::Outside
        );
        assert_eq!(
            entered("run()V", Some(1), false, false, no),
            Entered::Nowhere
        );
        assert_eq!(
            entered("run()V", private, false, false, yes),
            Entered::Nowhere
        );
        assert_eq!(
            entered("run()V", private, false, true, yes),
            Entered::Called
        );
        assert_eq!(
            entered("run()V", Some(1), true, false, no),
            Entered::Outside
        );
        assert_eq!(
            entered("<init>()V", Some(1), false, false, no),
            Entered::Outside
        );
        let handler = "click(Landroid/view/View;)V";
        assert_eq!(
            entered(handler, Some(1), false, false, no),
            Entered::Outside
        );
        assert_eq!(
            entered(handler, private, false, false, no),
            Entered::Nowhere
        );
    }
}
