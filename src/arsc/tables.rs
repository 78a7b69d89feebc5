//! The resources of an app: the table of its base, overlaid by those of its splits.

use super::config::Config;
use super::pool::Text;
use super::table::{ResTable, TablePackage};
use super::value::Value;
use crate::limits::Limits;
use std::collections::BTreeMap;

/// The tables of one app, base first.
///
/// A split has the same package id as the base and adds configurations to its
/// types (languages, densities); a feature split has a package id of its own.
/// Looking up a resource goes through all tables, as AssetManager2 goes
/// through all ApkAssets.
#[derive(Clone, Debug, Default)]
pub struct ResTables<'a> {
    tables: Vec<ResTable<'a>>,
    hops: u32,
}

/// What a resource id leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The value, not a reference; strings as stored.
    pub value: Value,
    /// The id at the end of the references.
    pub id: u32,
    /// The configuration of the value.
    pub config: Config,
    /// Which table (in the order of [`ResTables::push`]) holds it.
    pub table: usize,
}

/// One stored value of a resource.
struct Candidate {
    config: Config,
    raw: (u8, u32),
    table: usize,
    package: usize,
}

impl<'a> ResTables<'a> {
    /// No table yet; [`Limits::resource_hops`] bounds the references that are followed.
    pub fn new(limits: &Limits) -> Self {
        Self {
            tables: Vec::new(),
            hops: limits.resource_hops,
        }
    }

    /// Adds a table: the base first, then its splits.
    pub fn push(&mut self, table: ResTable<'a>) {
        self.tables.push(table);
    }

    /// The tables, base first.
    pub fn tables(&self) -> &[ResTable<'a>] {
        &self.tables
    }

    /// All stored values of a resource with their configurations, tables in
    /// order and file order within a table. Bags (styles, arrays, plurals) are
    /// left out.
    pub fn values(&self, id: u32) -> impl Iterator<Item = (Config, Value)> + '_ {
        self.candidates(id)
            .filter_map(|c| Some((c.config, self.tables.get(c.table)?.value(c.raw))))
    }

    /// The value a device with configuration `want` uses, references followed.
    ///
    /// Among the values whose configuration fits `want` the best is taken as
    /// by `ResTable_config::isBetterThan`. Where none fits (a split that holds
    /// the default is missing) the rule is ours: values for any locale first,
    /// then English, then the rest; then the highest API level; then file order.
    ///
    /// `None` if there is no value, it is a bag, or the references go in circles.
    pub fn resolve(&self, id: u32, want: &Config) -> Option<Resolved> {
        self.resolve_within(id, want, &mut u64::MAX.clone())
    }

    /// [`Self::resolve`], which takes one from `steps` for each value looked
    /// at, and gives up when there are none left.
    pub fn resolve_within(&self, id: u32, want: &Config, steps: &mut u64) -> Option<Resolved> {
        let mut id = id;
        for _ in 0..=self.hops {
            let best = self.best(id, want, steps)?;
            let table = self.tables.get(best.table)?;
            let value = table.value(best.raw);
            match value {
                Value::Reference(next) => id = self.plain(best.table, best.package, next),
                Value::DynamicReference(next) => id = self.dynamic(best.table, best.package, next),
                value => {
                    return Some(Resolved {
                        value,
                        id,
                        config: best.config,
                        table: best.table,
                    });
                }
            }
        }
        None
    }

    /// Type and name of a resource (`string`, `app_name`).
    pub fn name(&self, id: u32) -> Option<(Text, Text)> {
        let (_, type_id, index) = split(id);
        self.packages(id).find_map(|(_, _, package)| {
            let entry = package
                .chunks(type_id)
                .iter()
                .find_map(|chunk| chunk.entry(index))?;
            Some((package.type_name(type_id)?, package.key_name(entry.key)?))
        })
    }

    /// Whether the resource is there, but only as a bag (array, style, plurals): it has no single value.
    pub fn is_bag(&self, id: u32) -> bool {
        let (_, type_id, index) = split(id);
        let mut entries = self
            .packages(id)
            .flat_map(|(_, _, package)| package.chunks(type_id))
            .filter_map(|chunk| chunk.entry(index))
            .peekable();
        entries.peek().is_some() && entries.all(|entry| entry.value.is_none())
    }

    /// The text of a resource in every locale that has one of its own, by BCP
    /// 47 tag; `""` is the default. A default that refers to another resource
    /// adds the locales of that one.
    pub fn labels(&self, id: u32) -> BTreeMap<String, String> {
        self.labels_within(id, &mut u64::MAX.clone())
    }

    /// [`Self::labels`] with a bound as in [`Self::resolve_within`].
    pub fn labels_within(&self, id: u32, steps: &mut u64) -> BTreeMap<String, String> {
        let mut labels: BTreeMap<String, String> = BTreeMap::new();
        let mut id = id;
        for _ in 0..=self.hops {
            let mut by_locale: BTreeMap<String, Candidate> = BTreeMap::new();
            for candidate in self.candidates(id) {
                *steps = steps.saturating_sub(1);
                if *steps == 0 {
                    return labels;
                }
                let want = Config::DEVICE.in_locale_of(&candidate.config);
                let locale = candidate.config.locale();
                match by_locale.get(&locale) {
                    Some(best) if !is_preferred(&candidate.config, &best.config, &want) => {}
                    _ => {
                        by_locale.insert(locale, candidate);
                    }
                }
            }
            let mut next = None;
            for (locale, candidate) in by_locale {
                let Some(table) = self.tables.get(candidate.table) else {
                    continue;
                };
                let value = table.value(candidate.raw);
                let target = match value {
                    Value::Reference(target) => {
                        self.plain(candidate.table, candidate.package, target)
                    }
                    Value::DynamicReference(target) => {
                        self.dynamic(candidate.table, candidate.package, target)
                    }
                    value => {
                        if let Some(text) = value.to_text() {
                            labels.entry(locale).or_insert(text);
                        }
                        continue;
                    }
                };
                if locale.is_empty() {
                    next = Some(target);
                    continue;
                }
                let want = Config::DEVICE.in_locale_of(&candidate.config);
                if let Some(text) = self
                    .resolve_within(target, &want, steps)
                    .and_then(|r| r.value.to_text())
                {
                    labels.entry(locale).or_insert(text);
                }
            }
            match next {
                Some(next) => id = next,
                None => break,
            }
        }
        labels
    }

    /// The id a reference in a document of the app means: shared-library ids
    /// become those of the package that is there.
    pub fn reference(&self, value: &Value) -> Option<u32> {
        match *value {
            Value::Reference(id) => Some(self.plain(0, 0, id)),
            Value::DynamicReference(id) => Some(self.dynamic(0, 0, id)),
            _ => None,
        }
    }

    fn packages(&self, id: u32) -> impl Iterator<Item = (usize, usize, &TablePackage<'a>)> + '_ {
        let (package_id, _, _) = split(id);
        self.tables.iter().enumerate().flat_map(move |(t, table)| {
            let packages = table.packages().iter().enumerate();
            packages
                .filter(move |(_, package)| package.id == package_id)
                .map(move |(p, package)| (t, p, package))
        })
    }

    fn candidates(&self, id: u32) -> impl Iterator<Item = Candidate> + '_ {
        let (_, type_id, index) = split(id);
        self.packages(id).flat_map(move |(table, package, found)| {
            found.chunks(type_id).iter().filter_map(move |chunk| {
                let raw = chunk.entry(index)?.value?;
                Some(Candidate {
                    config: chunk.config,
                    raw,
                    table,
                    package,
                })
            })
        })
    }

    fn best(&self, id: u32, want: &Config, steps: &mut u64) -> Option<Candidate> {
        let (_, type_id, index) = split(id);
        let mut best: Option<Candidate> = None;
        for (table, package, found) in self.packages(id) {
            *steps = steps.checked_sub(1)?;
            for chunk in found.chunks(type_id) {
                *steps = steps.checked_sub(1)?;
                let better = best
                    .as_ref()
                    .is_none_or(|best| is_preferred(&chunk.config, &best.config, want));
                // The configuration is cheaper to look at than the entry.
                if !better {
                    continue;
                }
                if let Some(raw) = chunk.entry(index).and_then(|entry| entry.value) {
                    best = Some(Candidate {
                        config: chunk.config,
                        raw,
                        table,
                        package,
                    });
                }
            }
        }
        best
    }

    /// A reference as `DynamicRefTable::lookupResourceId` leaves it: staged ids become final.
    fn plain(&self, table: usize, package: usize, id: u32) -> u32 {
        let package = self
            .tables
            .get(table)
            .and_then(|t| t.packages().get(package));
        package.map_or(id, |package| package.alias(id))
    }

    /// `DynamicRefTable::lookupResourceId`: package 0 is the package itself;
    /// another one is what the library chunk names, where a table has a
    /// package of that name.
    fn dynamic(&self, table: usize, package: usize, id: u32) -> u32 {
        let Some(package) = self
            .tables
            .get(table)
            .and_then(|t| t.packages().get(package))
        else {
            return id;
        };
        let id = package.alias(id);
        let [p, t, e1, e2] = id.to_be_bytes();
        let target = if p == 0 {
            package.id
        } else {
            let packages = || self.tables.iter().flat_map(|t| t.packages().iter());
            package
                .library(p)
                .and_then(|name| packages().find(|q| q.name == name))
                .map_or(p, |q| q.id)
        };
        u32::from_be_bytes([target, t, e1, e2])
    }
}

/// Package, type and entry of a resource id `0xpptteeee`.
fn split(id: u32) -> (u8, u8, u16) {
    let [package, kind, high, low] = id.to_be_bytes();
    (package, kind, u16::from_be_bytes([high, low]))
}

/// Whether a value for `mine` is taken before one for `theirs`, see [`ResTables::resolve`].
fn is_preferred(mine: &Config, theirs: &Config, want: &Config) -> bool {
    match (mine.fits(want), theirs.fits(want)) {
        (true, true) => mine.is_better_than(theirs, want),
        (true, false) => true,
        (false, true) => false,
        (false, false) => {
            let rank = |config: &Config| {
                let english = config.language == [b'e', b'n', 0];
                (config.is_any_locale(), english, config.sdk_version)
            };
            rank(mine) > rank(theirs)
        }
    }
}
