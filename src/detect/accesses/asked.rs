//! Permissions that the code asks the user for, or looks whether it has them.

use super::code::{parts, shown};
use super::lineages::Lineages;
use super::{About, Finder};
use crate::detect::access::{ASKED, Need};
use crate::facts::{Facts, Known, Manner, UseFact};
use crate::signatures::SignatureDb;
use crate::signatures::schema::{By, LAST_LEVEL, Text};
use std::collections::{BTreeMap, BTreeSet};

/// The two entries of [`ASKED`].
pub(in crate::detect) const REQUEST: &str = ASKED[0];
const CHECK: &str = ASKED[1];

/// A permission by name, and whether it is asked for (and not only looked for).
type Asked = BTreeMap<(String, bool), Vec<(usize, usize)>>;

/// Constants that reach the members of the entries; where they do not, the names that the same class holds.
fn find(facts: &Facts, db: &SignatureDb, lineages: &Lineages<'_>) -> Asked {
    let mut asked = Asked::new();
    let held = held(facts);
    for (at, used) in facts.uses.iter().enumerate() {
        if used.manner != Manner::Call {
            continue;
        }
        let Some(is_request) = kind(db, lineages, used) else {
            continue;
        };
        for (place, site) in used.sites.iter().enumerate() {
            let mut names: BTreeSet<&str> = BTreeSet::new();
            for arg in &site.args {
                if let Known::Text(text) = &arg.is
                    && is_permission(text)
                {
                    names.insert(text);
                }
            }
            if names.is_empty() && is_request {
                let class = facts.method(site).map_or("", |m| m.class.as_str());
                names.extend(held.get(class).into_iter().flatten());
            }
            for name in names {
                let places = asked.entry((name.to_owned(), is_request)).or_default();
                places.push((at, place));
            }
        }
    }
    asked
}

/// Whether a member asks for permissions (true) or looks for them (false).
fn kind(db: &SignatureDb, lineages: &Lineages<'_>, used: &UseFact) -> Option<bool> {
    let (class, name, proto) = parts(&used.what)?;
    let lineage = lineages.watched(class).iter();
    let hits = lineage.flat_map(|above| db.accesses_of_method(above.class, name, proto));
    hits.filter_map(|hit| match hit.access.id.as_str() {
        REQUEST => Some(true),
        CHECK => Some(false),
        _ => None,
    })
    .max()
}

fn is_permission(text: &str) -> bool {
    text.contains(".permission.") && !text.contains(' ')
}

/// The names of permissions among the strings of each class.
fn held(facts: &Facts) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut held: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let texts = facts.uses.iter().filter(|u| u.manner == Manner::Text);
    for used in texts.filter(|u| is_permission(&u.what)) {
        for method in used.sites.iter().filter_map(|site| facts.method(site)) {
            held.entry(&method.class).or_default().insert(&used.what);
        }
    }
    held
}

impl Finder<'_> {
    /// Asking for a permission is a sign of its use, and no use.
    pub(super) fn asked(&mut self) {
        for ((name, is_request), places) in find(self.facts, self.db, self.lineages) {
            let short = name.strip_prefix("android.permission.").unwrap_or(&name);
            let (id, zh, en) = if is_request {
                (REQUEST, "申请权限", "Asks for the permission")
            } else {
                (CHECK, "检查权限", "Checks the permission")
            };
            let need = Need {
                from: self.min,
                to: LAST_LEVEL,
                at_target: true,
                one_of: false,
                conditional: false,
            };
            let about = About {
                id: format!("{id}:{short}"),
                title: Text {
                    zh: format!("{zh} {short}").into(),
                    en: format!("{en} {short}").into(),
                },
                information: Vec::new(),
                needs: BTreeMap::from([(name.clone(), need)]),
                elsewhere: Vec::new(),
            };
            for (at, place) in places {
                let Some(used) = self.facts.uses.get(at) else {
                    continue;
                };
                let Some(site) = used.sites.get(place) else {
                    continue;
                };
                let what = format!("{} (\"{name}\")", used.what);
                let shown = shown(By::Method, what, at, place);
                self.place(&about, true, site, shown);
            }
        }
    }
}
