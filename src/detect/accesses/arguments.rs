//! Constants that reach a call: content URIs, settings, system services, actions.

use super::Finder;
use super::code::{member_of, parts, shown};
use crate::facts::{Facts, Known, Manner, UseFact};
use crate::signatures::SignatureDb;
use crate::signatures::api::{AccessHit, java_name, setting_space};
use crate::signatures::schema::{AccessMode, ApiGrade, By};
use std::collections::BTreeSet;

/// URIs (or the fields that hold them) whose operation is known, by the class that does it.
#[derive(Debug, Default)]
pub(super) struct Explained(BTreeSet<(String, String)>);

impl Explained {
    /// Whether a class does something known with a URI or field.
    pub(super) fn covers(&self, what: &str, class: &str) -> bool {
        self.0.contains(&(what.to_owned(), class.to_owned()))
    }
}

/// Classes through which content providers are asked, and their methods that change something.
const RESOLVERS: [&str; 8] = [
    "Landroid/content/ContentResolver;",
    "Landroid/content/ContentProviderClient;",
    "Landroid/content/ContentProviderOperation;",
    "Landroid/content/AsyncQueryHandler;",
    "Landroid/content/CursorLoader;",
    "Landroid/app/Activity;",
    "Landroidx/loader/content/CursorLoader;",
    "Landroid/support/v4/content/CursorLoader;",
];
const CHANGES: [&str; 13] = [
    "insert",
    "bulkInsert",
    "update",
    "delete",
    "openOutputStream",
    "openAssetFile",
    "startInsert",
    "startUpdate",
    "startDelete",
    "newInsert",
    "newUpdate",
    "newDelete",
    "applyBatch",
];
const READS: [&str; 14] = [
    "query",
    "openInputStream",
    "openFileDescriptor",
    "openAssetFileDescriptor",
    "openTypedAssetFileDescriptor",
    "openFile",
    "loadThumbnail",
    "startQuery",
    "newAssertQuery",
    "managedQuery",
    "registerContentObserver",
    "getType",
    "canonicalize",
    "<init>",
];

/// What a method of a resolver does; `None` where it is no such method.
fn mode(class: &str, name: &str) -> Option<AccessMode> {
    if !RESOLVERS.contains(&class) {
        return None;
    }
    if CHANGES.contains(&name) {
        Some(AccessMode::Write)
    } else if READS.contains(&name) {
        Some(AccessMode::Read)
    } else {
        None
    }
}

impl<'a> Finder<'a> {
    /// Goes through the calls of content resolvers first: they say what a URI is used for.
    pub(super) fn resolver_calls(&mut self) -> Explained {
        let db = self.db;
        let mut explained = Explained::default();
        for (at, used) in self.facts.uses.iter().enumerate() {
            if used.manner != Manner::Call {
                continue;
            }
            let Some((class, name, _)) = parts(&used.what) else {
                continue;
            };
            let mut lineage = self.lineages.all(class).iter();
            let Some(mode) = lineage.find_map(|above| mode(above, name)) else {
                continue;
            };
            for (place, site) in used.sites.iter().enumerate() {
                let caller = self.facts.method(site).map_or("", |m| m.class.as_str());
                for arg in &site.args {
                    let (key, hits) = match &arg.is {
                        Known::Uri(uri) => (uri.clone(), db.accesses_of_uri(uri, Some(mode))),
                        Known::Field(field) => (member_of(field), Self::of_field(db, field, mode)),
                        _ => continue,
                    };
                    explained.0.insert((key, caller.to_owned()));
                    for hit in hits {
                        let what = format!("{} ({})", used.what, spelled(&arg.is));
                        self.hit(&hit, hit.is_hint(), site, shown(By::Uri, what, at, place));
                    }
                }
            }
        }
        explained
    }

    /// The accesses of a URI that a field of the platform holds, for one operation.
    fn of_field<'d>(db: &'d SignatureDb, field: &str, mode: AccessMode) -> Vec<AccessHit<'d>> {
        let Some((class, name, _)) = parts(field) else {
            return Vec::new();
        };
        let mut hits = db
            .lineage(class)
            .into_iter()
            .map(|above| db.accesses_of_field(above, name))
            .find(|hits| !hits.is_empty())
            .unwrap_or_default();
        hits.retain(|hit| hit.access.mode.is_none_or(|of| of == mode));
        hits
    }

    /// What else the constants of a call tell.
    pub(super) fn arguments(&mut self, at: usize, used: &UseFact, class: &str, name: &str) {
        if let Some(space) = setting_space(class) {
            self.each_text(at, used, |db, text| db.accesses_of_setting(space, text));
            return;
        }
        match (class, name) {
            ("Landroid/content/IntentFilter;", "<init>" | "addAction" | "create") => {
                self.received(at, used);
            }
            ("Landroid/content/Intent;", "<init>" | "setAction") => {
                self.each_text(at, used, |db, text| db.accesses_by(By::Sends, text));
                self.sent(at, used);
            }
            (_, "getSystemService" | "getService" | "checkService" | "getSystemServiceName") => {
                self.each_text(at, used, |db, text| db.accesses_of_service(text));
                self.each(at, used, |db, is| match is {
                    Known::Class(class) => db.accesses_by(By::Type, &java_name(class)),
                    _ => Vec::new(),
                });
            }
            ("Ljava/lang/Runtime;", "exec") | ("Ljava/lang/ProcessBuilder;", _) => {
                self.each_text(at, used, |db, text| db.accesses_of_string(text));
            }
            _ => {}
        }
    }

    /// Actions of a filter: they come in if the same class registers a receiver, or hands the filter on to one that may.
    fn received(&mut self, at: usize, used: &UseFact) {
        for (place, site) in used.sites.iter().enumerate() {
            let class = self.facts.method(site).map_or("", |m| m.class.as_str());
            let registers = self.registering.contains(outer(class));
            for arg in &site.args {
                let (Known::Text(action) | Known::Action(action)) = &arg.is else {
                    continue;
                };
                for hit in self.db.accesses_by(By::Receives, action) {
                    let what = format!("{} ({})", used.what, spelled(&arg.is));
                    let hint = hit.is_hint() || !registers;
                    self.hit(&hit, hint, site, shown(By::Receives, what, at, place));
                }
            }
        }
    }

    /// Actions of which only the platform's own words are known.
    fn sent(&mut self, at: usize, used: &UseFact) {
        for (place, site) in used.sites.iter().enumerate() {
            for arg in &site.args {
                let Known::Text(action) = &arg.is else {
                    continue;
                };
                if !self.db.accesses_by(By::Sends, action).is_empty() {
                    continue;
                }
                for (kind, history) in self.db.action_requirements(action) {
                    if kind == "broadcast" {
                        continue;
                    }
                    let needs = self.needs(|level| history.at(level).cloned());
                    if needs.is_empty() {
                        continue;
                    }
                    let sure = history
                        .requirements
                        .iter()
                        .any(|r| r.grade == Some(ApiGrade::Annotation));
                    let about = self.unnamed(needs);
                    let shown = shown(By::Sends, action.clone(), at, place);
                    self.place(&about, !sure, site, shown);
                }
            }
        }
    }

    fn each_text(
        &mut self,
        at: usize,
        used: &UseFact,
        find: impl Fn(&'a SignatureDb, &str) -> Vec<AccessHit<'a>>,
    ) {
        self.each(at, used, |db, is| match is {
            Known::Text(text) | Known::Action(text) => find(db, text),
            _ => Vec::new(),
        });
    }

    fn each(
        &mut self,
        at: usize,
        used: &UseFact,
        find: impl Fn(&'a SignatureDb, &Known) -> Vec<AccessHit<'a>>,
    ) {
        for (place, site) in used.sites.iter().enumerate() {
            for arg in &site.args {
                for hit in find(self.db, &arg.is) {
                    let what = format!("{} ({})", used.what, spelled(&arg.is));
                    self.hit(&hit, hit.is_hint(), site, shown(hit.by, what, at, place));
                }
            }
        }
    }
}

/// The outermost class of a nested one.
pub(super) fn outer(class: &str) -> &str {
    class.split('$').next().unwrap_or(class)
}

/// The classes (outermost) that register receivers.
pub(super) fn registering(facts: &Facts) -> BTreeSet<&str> {
    let uses = facts.uses.iter();
    uses.filter(|u| u.manner == Manner::Call && u.what.contains(";->registerReceiver"))
        .flat_map(|u| &u.sites)
        .filter_map(|site| facts.method(site))
        .map(|method| outer(&method.class))
        .collect()
}

/// A constant as evidence shows it.
pub(super) fn spelled(is: &Known) -> String {
    match is {
        Known::Text(text) | Known::Action(text) => format!("\"{text}\""),
        Known::Start(text) => format!("\"{text}…\""),
        Known::Int(number) => number.to_string(),
        Known::Class(name) | Known::Field(name) | Known::Uri(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_resolvers() {
        let resolver = "Landroid/content/ContentResolver;";
        assert_eq!(mode(resolver, "query"), Some(AccessMode::Read));
        assert_eq!(mode(resolver, "applyBatch"), Some(AccessMode::Write));
        assert_eq!(mode(resolver, "notifyChange"), None);
        assert_eq!(mode("Lcom/a/Resolver;", "query"), None);
    }
}
