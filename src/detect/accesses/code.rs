//! Members, classes and strings that the code uses.

use super::arguments::Explained;
use super::{Finder, Shown};
use crate::detect::access::Where;
use crate::facts::{Known, Manner, Site, UseFact};
use crate::signatures::api::{AccessHit, java_name};
use crate::signatures::schema::{AccessMode, By};
use std::collections::BTreeSet;

impl Finder<'_> {
    /// Goes through all uses of the code. `explained` are URIs whose operation is known.
    pub(super) fn code(&mut self, explained: &Explained) {
        for (at, used) in self.facts.uses.iter().enumerate() {
            // A constant that is not kept may be any.
            if used.more && used.sites.iter().any(|site| !site.args.is_empty()) {
                self.cut.insert(at);
            }
            match used.manner {
                Manner::Call => self.call(at, used),
                Manner::Read => self.field(at, used, explained),
                Manner::Write => self.write(at, used),
                Manner::Class | Manner::Extends => self.class(at, used),
                Manner::Override => self.overriding(at, used),
                Manner::Text => self.text(at, used, explained),
            }
        }
    }

    /// The class that the data knows a member of this name by: the named one, or the nearest above it.
    fn known_hits<'h>(
        &self,
        class: &str,
        find: impl Fn(&str) -> Vec<AccessHit<'h>>,
    ) -> Vec<AccessHit<'h>> {
        for above in self.lineages.watched(class) {
            let mut hits = find(above.class);
            hits.retain(|hit| above.class == class || !hit.access.exact_class);
            if !hits.is_empty() {
                return hits;
            }
        }
        Vec::new()
    }

    fn call(&mut self, at: usize, used: &UseFact) {
        let Some((class, name, proto)) = parts(&used.what) else {
            return;
        };
        let db = self.db;
        let hits = self.known_hits(class, |above| db.accesses_of_method(above, name, proto));
        // A library that is not inside does nothing.
        let is_missing = self.facts.is_missing(&java_name(class));
        for (place, site) in used.sites.iter().enumerate() {
            for hit in &hits {
                let Some(hint) = fits(hit, site) else {
                    continue;
                };
                let hint = hint || is_missing;
                let shown = shown(hit.by, spelled(used, hit, site), at, place);
                self.hit(hit, hint, site, shown);
            }
        }
        self.by_map(at, used, &hits, class, name, proto);
        self.arguments(at, used, class, name);
    }

    /// Adds what the platform's own words say of a member beyond the entries that speak of it.
    fn by_map(
        &mut self,
        at: usize,
        used: &UseFact,
        hits: &[AccessHit<'_>],
        class: &str,
        name: &str,
        proto: &str,
    ) {
        let plain = hits.iter().filter(|hit| hit.constant.is_none());
        let known: BTreeSet<String> = plain
            .flat_map(|hit| hit.access.requirements())
            .flat_map(|r| r.permissions().collect::<Vec<_>>())
            .collect();
        let key = format!("{name}{proto}");
        let mut lineage = self.lineages.watched(class).iter();
        let found = lineage.find_map(|above| self.member(above, &key, &known));
        let Some((about, hint)) = found else { return };
        for (place, site) in used.sites.iter().enumerate() {
            let shown = shown(By::Method, used.what.clone(), at, place);
            self.place(&about, hint, site, shown);
        }
    }

    fn field(&mut self, at: usize, used: &UseFact, explained: &Explained) {
        let Some((class, name, _)) = parts(&used.what) else {
            return;
        };
        let db = self.db;
        let hits = self.known_hits(class, |above| db.accesses_of_field(above, name));
        for (place, site) in used.sites.iter().enumerate() {
            let caller = self.facts.method(site).map_or("", |m| m.class.as_str());
            if explained.covers(&member_of(&used.what), caller) {
                continue;
            }
            for hit in hits.iter().filter(|hit| hit.constant.is_none()) {
                // Which operation the URI is for is not known: reading is the common one.
                let hint = hit.is_hint() || hit.access.mode == Some(AccessMode::Write);
                let shown = shown(hit.by, used.what.clone(), at, place);
                self.hit(hit, hint, site, shown);
            }
        }
        self.by_map(at, used, &hits, class, name, type_of(&used.what));
    }

    /// A field that is written tells something by the value that it gets.
    fn write(&mut self, at: usize, used: &UseFact) {
        let Some((class, name, _)) = parts(&used.what) else {
            return;
        };
        let hits = self.db.accesses_of_field(class, name);
        for (place, site) in used.sites.iter().enumerate() {
            for hit in &hits {
                let hint = match hit.constant {
                    // A value that is not known leaves it at the interest that the field shows.
                    Some(_) => match fits(hit, site) {
                        Some(false) => false,
                        _ => continue,
                    },
                    None if hit.access.hint => true,
                    None => continue,
                };
                let shown = shown(hit.by, spelled(used, hit, site), at, place);
                self.hit(hit, hint, site, shown);
            }
        }
    }

    fn class(&mut self, at: usize, used: &UseFact) {
        for above in self.lineages.all(&used.what) {
            for hit in self.db.accesses_by(By::Type, &java_name(above)) {
                for (place, site) in used.sites.iter().enumerate() {
                    self.hit(
                        &hit,
                        true,
                        site,
                        shown(hit.by, used.what.clone(), at, place),
                    );
                }
            }
        }
    }

    fn overriding(&mut self, at: usize, used: &UseFact) {
        let Some((class, name, _)) = parts(&used.what) else {
            return;
        };
        for above in self.lineages.all(class) {
            for hit in self.db.accesses_of_override(above, name) {
                for (place, site) in used.sites.iter().enumerate() {
                    let shown = shown(hit.by, used.what.clone(), at, place);
                    self.hit(&hit, hit.is_hint(), site, shown);
                }
            }
        }
    }

    fn text(&mut self, at: usize, used: &UseFact, explained: &Explained) {
        let hits = self.db.accesses_of_string(&used.what);
        for (place, site) in used.sites.iter().enumerate() {
            let caller = self.facts.method(site).map_or("", |m| m.class.as_str());
            let is_uri = used.what.starts_with("content://");
            if is_uri && explained.covers(&used.what, caller) {
                continue;
            }
            for hit in &hits {
                let hint = hit.is_hint() || (is_uri && hit.access.mode == Some(AccessMode::Write));
                self.hit(hit, hint, site, shown(hit.by, used.what.clone(), at, place));
            }
        }
    }
}

/// Whether a site shows a hit, and if so, whether only as a hint. A constant that has to be there and
/// is not known may be there.
fn fits(hit: &AccessHit<'_>, site: &Site) -> Option<bool> {
    if hit.constant.is_none() {
        return Some(hit.is_hint());
    }
    let one = |is: &Known| match is {
        Known::Text(text) => hit.text_fits(text),
        Known::Start(start) => hit.text_may_begin(start),
        Known::Int(number) => hit.number_fits(*number),
        Known::Uri(uri) => hit.text_fits(uri),
        Known::Class(_) | Known::Field(_) | Known::Action(_) => false,
    };
    if site.args.iter().any(|arg| one(&arg.is)) {
        return Some(hit.is_hint());
    }
    let is_number = hit.constant.is_some_and(|c| !c.starts_with('"'));
    let known = site.args.iter().any(|arg| match arg.is {
        Known::Int(_) => is_number,
        Known::Text(_) | Known::Uri(_) => !is_number,
        _ => false,
    });
    (!known).then_some(true)
}

/// What stands in the code, with the constant that matters.
fn spelled(used: &UseFact, hit: &AccessHit<'_>, site: &Site) -> String {
    match hit.constant {
        Some(constant) if !site.args.is_empty() => format!("{} ({constant})", used.what),
        _ => used.what.clone(),
    }
}

pub(super) fn shown(by: By, what: String, used: usize, site: usize) -> Shown {
    Shown {
        by,
        what,
        place: Where::Code { used, site },
    }
}

/// Class, name and prototype of `Lx/Y;->name(I)V`; of a field the prototype is empty.
pub(in crate::detect) fn parts(member: &str) -> Option<(&str, &str, &str)> {
    // A class descriptor ends at its first semicolon.
    let (class, rest) = member.split_at_checked(member.find(';')?.checked_add(1)?)?;
    let rest = rest.strip_prefix("->")?;
    let end = rest.find(['(', ':']).unwrap_or(rest.len());
    let (name, proto) = rest.split_at_checked(end)?;
    let proto = if proto.starts_with('(') { proto } else { "" };
    Some((class, name, proto))
}

/// `:I` of `Lx/Y;->name:I`.
fn type_of(member: &str) -> &str {
    member
        .rfind(':')
        .and_then(|at| member.get(at..))
        .unwrap_or_default()
}

/// A member without prototype or type.
pub(super) fn member_of(member: &str) -> String {
    match parts(member) {
        Some((class, name, _)) => format!("{class}->{name}"),
        None => member.to_owned(),
    }
}
