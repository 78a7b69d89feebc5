//! What lies above the classes that the code uses, looked up once.

use super::code::parts;
use crate::facts::Facts;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Entries;
use std::collections::BTreeMap;

/// A class of which the data knows members.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched<'a> {
    /// Its descriptor.
    pub(super) class: &'a str,
    /// What the platform's own words say of its members.
    pub(super) members: Option<Entries<'a>>,
}

/// The supertypes of all classes whose members an app uses.
#[derive(Debug, Default)]
pub(super) struct Lineages<'a> {
    by_class: BTreeMap<&'a str, (Vec<&'a str>, Vec<Watched<'a>>)>,
}

impl<'a> Lineages<'a> {
    pub(super) fn new(facts: &'a Facts, db: &'a SignatureDb) -> Self {
        let mut by_class = BTreeMap::new();
        for used in &facts.uses {
            let class = parts(&used.what).map_or(used.what.as_str(), |(class, ..)| class);
            if !class.ends_with(';') || by_class.contains_key(class) {
                continue;
            }
            let all = db.lineage(class);
            let watched = all
                .iter()
                .filter(|above| db.watches_class(above))
                .map(|above| Watched {
                    class: above,
                    members: db.members_of(above),
                })
                .collect();
            by_class.insert(class, (all, watched));
        }
        Self { by_class }
    }

    /// A class and everything above it, nearest first.
    pub(super) fn all(&self, class: &str) -> &[&'a str] {
        self.by_class.get(class).map_or(&[], |(all, _)| all)
    }

    /// Those among them of which the data knows members.
    pub(super) fn watched(&self, class: &str) -> &[Watched<'a>] {
        self.by_class.get(class).map_or(&[], |(_, watched)| watched)
    }
}
