//! A sink that keeps the first sites of each target and counts the rest.

use super::{Hit, How, Sink, Site, Target};
use crate::dex::{Dex, names};
use crate::error::ParseError;
use std::collections::BTreeMap;

/// The sites of each target of one DEX file.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_target: BTreeMap<Target, SitesOf>,
    most: usize,
}

/// The sites of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SitesOf {
    /// The first sites, in the order of the file.
    pub kept: Vec<(Site, How)>,
    /// Number of sites, kept or not.
    pub total: u64,
}

impl Sites {
    /// Keeps `most` sites of each target ([`Limits::sites_per_member`](crate::limits::Limits::sites_per_member)).
    pub fn keeping(most: usize) -> Self {
        Self {
            by_target: BTreeMap::new(),
            most,
        }
    }

    /// The targets in the order of their tables and indices.
    pub fn iter(&self) -> impl Iterator<Item = (Target, &SitesOf)> {
        self.by_target
            .iter()
            .map(|(target, sites)| (*target, sites))
    }

    /// The sites of one target.
    pub fn of(&self, target: Target) -> Option<&SitesOf> {
        self.by_target.get(&target)
    }
}

impl Sink for Sites {
    fn hit(&mut self, hit: Hit) {
        let sites = self.by_target.entry(hit.target).or_default();
        sites.total = sites.total.saturating_add(1);
        if sites.kept.len() < self.most {
            sites.kept.push((hit.site, hit.how));
        }
    }
}

/// A site in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Descriptor of the class: `Lcom/a/B;`.
    pub class: String,
    /// Name and prototype of the method: `run(I)V`; empty for the value of a static field.
    pub method: String,
}

impl Described {
    /// `com.a.B.run` as people write it.
    pub fn java(&self) -> String {
        let class = names::java_name(&self.class);
        match self.method.split_once('(') {
            Some((name, _)) => format!("{class}.{name}"),
            None => class,
        }
    }
}

impl Site {
    /// The names of this site's class and method.
    ///
    /// # Errors
    /// A name that cannot be read.
    pub fn describe(&self, dex: &Dex<'_>) -> Result<Described, ParseError> {
        let class = dex.type_descriptor(self.class)?.into_owned();
        let method = match self.method {
            None => String::new(),
            Some(index) => {
                let id = dex.method(index)?;
                format!(
                    "{}{}",
                    dex.member_name(id.name)?,
                    dex.proto_descriptor(id.proto)?
                )
            }
        };
        Ok(Described { class, method })
    }
}

impl Target {
    /// The raw spelling: `Lcom/a/B;->run(I)V`, `Lcom/a/B;->name:I`, a string's text, `Lcom/a/B;`.
    ///
    /// # Errors
    /// A name that cannot be read.
    pub fn describe(&self, dex: &Dex<'_>) -> Result<String, ParseError> {
        match *self {
            Target::Method(index) => dex.method_signature(index),
            Target::Field(index) => dex.field_signature(index),
            Target::String(index) => dex.string(index).map(|text| text.into_owned()),
            Target::Type(index) => dex.type_descriptor(index).map(|text| text.into_owned()),
        }
    }
}
