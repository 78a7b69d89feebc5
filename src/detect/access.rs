//! What the app reaches, with or without a permission, who reaches it, and what shows it.

use super::owner::Owner;
use super::reach::Reach;
use crate::facts::Facts;
use crate::signatures::schema::{By, Text};
use std::collections::BTreeMap;

/// One thing that one owner reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Id of the entry of `signatures/apis/`, or `platform:` and the permissions of a member that has no entry.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Ids of the kinds of personal information.
    pub information: Vec<String>,
    /// Who.
    pub owner: Owner,
    /// It shows an interest and no use by itself.
    pub hint: bool,
    /// Something leads to it.
    pub reached: bool,
    /// The permissions that it needs, by name.
    pub needs: BTreeMap<String, Need>,
    /// Permissions that it needs on levels that the app does not run on, or for other target levels. Sorted.
    pub elsewhere: Vec<String>,
    /// What shows it; the first of `count`.
    pub shown: Vec<Shown>,
    /// How many places show it.
    pub count: u32,
    /// The place on the way from the start of the app that is reached first; `None` if none is known to be on it.
    pub start: Option<AtStart>,
}

/// A place on the way from the start of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtStart {
    /// Its number in [`StartFact::nodes`](crate::facts::StartFact::nodes); lower ones are surer, then nearer.
    pub node: u32,
    /// What shows it.
    pub shown: Shown,
}

impl Access {
    /// Names of the permissions that it needs, sorted.
    pub fn needs_of(&self) -> impl Iterator<Item = &str> {
        self.needs.keys().map(String::as_str)
    }

    /// Whether it only asks for a permission or checks it.
    pub(super) fn asks(&self) -> bool {
        ASKED.iter().any(|id| {
            let rest = self.id.strip_prefix(id);
            rest.is_some_and(|rest| rest.starts_with(':'))
        })
    }

    /// Whether a place that shows it can still run, by what is left of the app.
    pub(super) fn may_remain(&self, facts: &Facts, reach: &Reach<'_>) -> bool {
        self.shown.iter().any(|shown| match shown.place {
            Where::Code { used, site } => {
                let site = facts.uses.get(used).and_then(|u| u.sites.get(site));
                site.is_some_and(|site| reach.site(site))
            }
            Where::Component(_) | Where::Native(_) | Where::Script(_) | Where::Opaque(_) => true,
        }) || self.count > u32::try_from(self.shown.len()).unwrap_or(u32::MAX)
    }
}

/// On which levels a permission is needed for an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// First API level of the device.
    pub from: u32,
    /// Last one that was looked at.
    pub to: u32,
    /// On devices of the app's target level, or the newest that is known.
    pub at_target: bool,
    /// One of several, each of which is enough.
    pub one_of: bool,
    /// Only for some arguments, callers or data.
    pub conditional: bool,
}

/// One place that shows an access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The channel.
    pub by: By,
    /// What was seen there, as it stands there.
    pub what: String,
    /// Where.
    pub place: Where,
}

/// Where something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// An instruction: positions in [`Facts::uses`](crate::facts::Facts::uses) and its sites.
    Code {
        /// Position of the use.
        used: usize,
        /// Position of the site.
        site: usize,
    },
    /// A component: position in the manifest's list.
    Component(usize),
    /// A native library: position in [`Facts::native`](crate::facts::Facts::native).
    Native(usize),
    /// A script: position in [`Facts::scripts`](crate::facts::Facts::scripts).
    Script(usize),
    /// An entry that looks encrypted: position in [`Facts::opaque`](crate::facts::Facts::opaque).
    Opaque(usize),
}

/// Entries of the data whose members take the names of permissions: asking, checking.
pub(super) const ASKED: [&str; 2] = ["permission.request", "permission.check"];

/// Places that are kept of one access.
const KEPT: usize = 6;

/// Key under which places are gathered: id, owner, hint, reached.
type Key = (String, Owner, bool, bool);

/// Gathers accesses.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    all: BTreeMap<Key, Access>,
}

/// How something was seen in one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) hint: bool,
    pub(super) reached: bool,
    pub(super) count: u32,
    /// The node of the start that the place belongs to.
    pub(super) start: Option<u32>,
}

/// What an access is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) id: String,
    pub(super) title: Text,
    pub(super) information: Vec<String>,
    pub(super) needs: BTreeMap<String, Need>,
    pub(super) elsewhere: Vec<String>,
}

impl Gathered {
    /// Adds a place.
    pub(super) fn add(&mut self, about: &About, owner: &Owner, seen: Seen, shown: &Shown) {
        let key = (about.id.clone(), owner.clone(), seen.hint, seen.reached);
        let access = self.all.entry(key).or_insert_with(|| Access {
            id: about.id.clone(),
            title: about.title.clone(),
            information: about.information.clone(),
            owner: owner.clone(),
            hint: seen.hint,
            reached: seen.reached,
            needs: about.needs.clone(),
            elsewhere: about.elsewhere.clone(),
            shown: Vec::new(),
            count: 0,
            start: None,
        });
        if let Some(node) = seen.start
            && access.start.as_ref().is_none_or(|known| node < known.node)
        {
            access.start = Some(AtStart {
                node,
                shown: shown.clone(),
            });
        }
        if access.shown.contains(shown) {
            return;
        }
        access.count = access.count.saturating_add(seen.count);
        if access.shown.len() < KEPT {
            access.shown.push(shown.clone());
        }
    }

    /// All accesses, by id and owner; a hint is left out beside a use by the same owner, and what is not
    /// reached beside what is.
    pub(super) fn finish(self) -> Vec<Access> {
        let best: BTreeMap<(String, Owner), (bool, bool)> =
            self.all.keys().fold(BTreeMap::new(), |mut best, key| {
                let rank = (key.3 && !key.2, key.3);
                let known = best.entry((key.0.clone(), key.1.clone())).or_insert(rank);
                *known = (*known).max(rank);
                best
            });
        let is_best = |access: &Access| {
            let key = (access.id.clone(), access.owner.clone());
            let (used, reached) = best.get(&key).copied().unwrap_or_default();
            let outdone = (access.hint || !access.reached) && used;
            !(outdone || (access.hint && !access.reached && reached))
        };
        self.all.into_values().filter(|a| is_best(a)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            id: "phone.imei".into(),
            title: Text::default(),
            information: Vec::new(),
            needs: BTreeMap::new(),
            elsewhere: Vec::new(),
        }
    }

    fn shown(used: usize) -> Shown {
        Shown {
            by: By::Method,
            what: "x".into(),
            place: Where::Code { used, site: 0 },
        }
    }

    fn seen(hint: bool, reached: bool, count: u32) -> Seen {
        Seen {
            hint,
            reached,
            count,
            start: None,
        }
    }

    #[test]
    fn a_use_makes_hints_of_the_same_owner_needless() {
        let mut gathered = Gathered::default();
        gathered.add(&about(), &Owner::App, seen(true, true, 1), &shown(0));
        gathered.add(&about(), &Owner::App, seen(false, true, 2), &shown(1));
        gathered.add(&about(), &Owner::App, seen(false, false, 1), &shown(2));
        gathered.add(&about(), &Owner::Unlisted, seen(true, true, 1), &shown(3));
        let found = gathered.finish();
        let rows: Vec<_> = found
            .iter()
            .map(|a| (a.owner.clone(), a.hint, a.reached, a.count))
            .collect();
        assert_eq!(
            rows,
            [
                (Owner::App, false, true, 2),
                (Owner::Unlisted, true, true, 1)
            ]
        );
    }

    #[test]
    fn a_place_counts_once() {
        let mut gathered = Gathered::default();
        gathered.add(&about(), &Owner::App, seen(false, true, 1), &shown(0));
        gathered.add(&about(), &Owner::App, seen(false, true, 1), &shown(0));
        assert_eq!(gathered.finish().first().unwrap().count, 1);
    }

    #[test]
    fn of_places_on_the_way_from_the_start_the_surest_is_kept() {
        let mut gathered = Gathered::default();
        for (place, start) in [(0, None), (1, Some(7)), (2, Some(3)), (3, Some(5))] {
            let seen = Seen {
                start,
                ..seen(false, true, 1)
            };
            gathered.add(&about(), &Owner::App, seen, &shown(place));
        }
        let found = gathered.finish();
        let start = found.first().unwrap().start.clone().unwrap();
        assert_eq!((start.node, start.shown), (3, shown(2)));
    }
}
