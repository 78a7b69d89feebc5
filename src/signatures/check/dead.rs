//! Entries that nothing uses.

use super::super::schema::Str;
use super::{At, Lint};
use std::collections::BTreeSet;

impl Lint<'_> {
    pub(super) fn unused(&mut self) {
        let db = self.db;
        let permissions = db.data.permissions.iter().flat_map(|f| &f.permission);
        let collected = db.data.sdks.iter().filter_map(|s| s.collects.as_ref());
        let accesses = db.data.accesses.iter().flat_map(|f| &f.access);
        let kinds: BTreeSet<&Str> = permissions
            .flat_map(|p| &p.information)
            .chain(accesses.flat_map(|a| &a.information))
            .chain(collected.flat_map(|c| &c.information))
            .collect();
        self.file = "information/kinds.toml".to_owned();
        for (id, kind) in &db.data.information.kind {
            if !kinds.contains(id) && !kind.reserved {
                self.say(
                    "information-unused",
                    At::key(format!("kind/{id}")),
                    format!(
                        "no permission opens `{id}`, no access reaches it and no SDK collects it"
                    ),
                    "remove it, name it where it belongs, or set reserved = true",
                );
            }
        }
        let categories: BTreeSet<&Str> = db.data.sdks.iter().map(|s| &s.category).collect();
        self.file = "information/categories.toml".to_owned();
        for id in db.data.categories.category.keys() {
            if !categories.contains(id) {
                self.say(
                    "category-unused",
                    At::key(format!("category/{id}")),
                    format!("no SDK is of category `{id}`"),
                    "remove it",
                );
            }
        }
        let functions = db.data.functions.iter().flat_map(|f| &f.permission);
        let reasons: BTreeSet<&Str> = functions.flat_map(|p| &p.reasons).collect();
        self.file = "functions/reasons.toml".to_owned();
        for id in db.data.reasons.reason.keys() {
            if !reasons.contains(id) {
                self.say(
                    "reason-unused",
                    At::key(format!("reason/{id}")),
                    format!("reason `{id}` is used nowhere"),
                    "remove it",
                );
            }
        }
    }
}
