//! The linter: what the loader cannot see in one file alone.

mod api;
mod identity;
mod law;

use super::index::covers;
use super::load::LoadError;
use super::schema::{Function, Source, Str, Text, Tier};
use super::{Protection, SignatureDb};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One fault in the data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// Path below `signatures/`.
    pub file: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.file, self.message, self.hint)
    }
}

impl Complaint {
    /// The same as a [`LoadError`] for the whole file.
    #[must_use]
    pub fn into_error(self) -> LoadError {
        LoadError {
            file: self.file,
            line: 0,
            column: 0,
            message: format!("{} ({})", self.message, self.hint),
        }
    }
}

/// Checks everything, sorted by file. An empty answer is a clean database.
#[must_use]
pub fn check(db: &SignatureDb) -> Vec<Complaint> {
    let mut lint = Lint {
        db,
        file: String::new(),
        out: Vec::new(),
    };
    lint.functions();
    lint.store_types();
    lint.permissions();
    lint.information();
    lint.sdks();
    lint.law();
    lint.rules();
    lint.apis();
    lint.out.sort();
    lint.out.dedup();
    lint.out
}

struct Lint<'a> {
    db: &'a SignatureDb,
    /// The file that is being looked at.
    file: String,
    out: Vec<Complaint>,
}

impl Lint<'_> {
    fn say(&mut self, message: impl Into<String>, hint: &str) {
        self.out.push(Complaint {
            file: self.file.clone(),
            message: message.into(),
            hint: hint.to_owned(),
        });
    }

    fn text(&mut self, what: &str, text: &Text) {
        for (lang, value) in [("zh", &text.zh), ("en", &text.en)] {
            if value.trim().is_empty() {
                self.say(
                    format!("{what} has no `{lang}`"),
                    "write it in both languages",
                );
            } else if value.trim() != value {
                self.say(
                    format!("{what}.{lang} begins or ends with a space"),
                    "remove it",
                );
            }
        }
    }

    fn sources(&mut self, sources: &[Source]) {
        if sources.is_empty() {
            self.say(
                "no source",
                "add [[source]] with of, from, date, confidence",
            );
        }
        for s in sources {
            if s.of.trim().is_empty() || s.from.trim().is_empty() {
                self.say(
                    "a source without `of` or `from`",
                    "say what it supports and what it is",
                );
            }
            if !is_date(&s.date) {
                self.say(
                    format!("the date `{}` of a source", s.date),
                    "write YYYY-MM-DD",
                );
            }
        }
    }

    fn clause(&mut self, id: &str) {
        if self.db.clause(id).is_none() {
            self.say(format!("clause `{id}` is unknown"), "see law/*.toml");
        }
    }

    fn known_permission(&mut self, name: &str) {
        if self.db.permission(name).is_none() {
            self.say(
                format!("permission `{name}` is unknown"),
                "see imported/permissions.toml and permissions/*.toml",
            );
        }
    }

    fn kinds(&mut self, ids: &[Str]) {
        for id in ids {
            if self.db.information(id).is_none() {
                self.say(
                    format!("information kind `{id}` is unknown"),
                    "see information/kinds.toml",
                );
            }
        }
    }

    fn unique<'b>(&mut self, what: &str, names: impl IntoIterator<Item = &'b str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.say(format!("{what} `{name}` twice"), "keep one");
            }
        }
    }

    fn functions(&mut self) {
        let db = self.db;
        for f in &db.data.functions {
            self.file = function_file(f);
            self.text("name", &f.name);
            self.text("basic_function", &f.basic_function);
            f.notes.iter().for_each(|n| self.text("a note", n));
            self.sources(&f.source);
            if let Some(parent) = &f.parent
                && db.data.functions.iter().all(|p| &p.id != parent)
            {
                self.say(
                    format!("parent `{parent}` is unknown"),
                    "name a function id",
                );
            }
            if f.number > 0 && f.clause.is_none() {
                self.say("no clause", "a numbered function names its clause");
            }
            for id in f
                .clause
                .iter()
                .chain(&f.on_user_action_clauses)
                .chain(&f.not_needed_clauses)
            {
                self.clause(id);
            }
            let names = f
                .permission
                .iter()
                .map(|p| p.name.as_str())
                .chain(f.not_needed.iter().map(Str::as_str));
            self.unique("permission", names);
            for p in &f.permission {
                self.known_permission(&p.name);
                if !matches!(p.tier, Tier::Necessary | Tier::OnUserAction) {
                    self.say(
                        format!("`{}` has a tier that belongs elsewhere", p.name),
                        "use `not_needed` for it",
                    );
                }
                if p.reasons.is_empty() {
                    self.say(
                        format!("`{}` has no reason", p.name),
                        "name a reason of functions/reasons.toml",
                    );
                }
                for reason in p.reasons.iter().filter(|r| db.reason(r).is_none()) {
                    self.say(
                        format!("reason `{reason}` is unknown"),
                        "see functions/reasons.toml",
                    );
                }
                if let Some(condition) = &p.condition {
                    self.text(&format!("the condition of `{}`", p.name), condition);
                }
                p.clause.iter().for_each(|id| self.clause(id));
            }
            let gated = f.necessary_info.iter().flat_map(|n| &n.permissions);
            f.not_needed
                .iter()
                .chain(gated)
                .for_each(|name| self.known_permission(name));
            self.function_examples(f);
        }
        for (name, a, b) in db.index.ambiguous(&db.data) {
            self.file = function_file(b);
            self.say(
                format!("the name `{name}` also leads to `{}`", a.id),
                "change an alias",
            );
        }
        self.file = "functions/reasons.toml".to_owned();
        let used: BTreeSet<&Str> = db
            .data
            .functions
            .iter()
            .flat_map(|f| &f.permission)
            .flat_map(|p| &p.reasons)
            .collect();
        for (id, r) in &db.data.reasons.reason {
            self.text(
                &format!("reason `{id}`"),
                &Text {
                    zh: r.zh.clone(),
                    en: r.en.clone(),
                },
            );
            r.alternative
                .iter()
                .for_each(|a| self.text(&format!("the alternative of `{id}`"), a));
            if !used.contains(id) {
                self.say(format!("reason `{id}` is used nowhere"), "remove it");
            }
        }
    }

    fn function_examples(&mut self, f: &Function) {
        if f.example.is_empty() {
            self.say("no example", "add [[example]]");
        }
        for e in &f.example {
            self.text("an example's `about`", &e.about);
            let exceeds = |p: &&Str| self.db.tier(&[f], p).tier == Tier::NotNeeded;
            let found: BTreeSet<&Str> = e.permissions.iter().filter(exceeds).collect();
            let stated: BTreeSet<&Str> = e.not_needed.iter().collect();
            if found != stated {
                self.say(
                    format!("example `{}`: exceeding are {found:?}", e.about.en),
                    "correct `not_needed`",
                );
            }
        }
    }

    fn store_types(&mut self) {
        for s in &self.db.data.store_types {
            self.file = format!("store-types/{}.toml", s.id);
            self.text("name", &s.name);
            self.sources(&s.source);
            self.unique("category", s.category.iter().map(|c| c.key.as_str()));
            for id in s.category.iter().flat_map(|c| &c.functions) {
                if self.db.data.functions.iter().all(|f| &f.id != id) {
                    self.say(format!("function `{id}` is unknown"), "see functions/");
                }
            }
        }
    }

    fn permissions(&mut self) {
        let db = self.db;
        self.file = "imported/permissions.toml".to_owned();
        self.sources(&db.data.catalogue.source);
        self.unique(
            "permission",
            db.data.catalogue.permission.iter().map(|p| p.name.as_str()),
        );
        for p in &db.data.catalogue.permission {
            let mut last = 0;
            for text in &p.protection {
                match Protection::parse(text) {
                    Some(range) if range.from > last => last = range.to,
                    Some(_) => self.say(
                        format!("`{}`: `{text}` overlaps the one before", p.name),
                        "sort and correct",
                    ),
                    None => self.say(
                        format!("`{}`: `{text}` is no protection", p.name),
                        "write `23-36 dangerous|flag`",
                    ),
                }
            }
        }
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for file in &db.data.permissions {
            self.file = format!("permissions/{}.toml", file.id);
            self.sources(&file.source);
            for p in &file.permission {
                self.text(&format!("the title of `{}`", p.name), &p.title);
                self.kinds(&p.information);
                p.alternative
                    .iter()
                    .for_each(|a| self.text(&format!("the alternative of `{}`", p.name), a));
                p.judged_as
                    .iter()
                    .for_each(|other| self.known_permission(other));
                if let Some(other) = seen.insert(&p.name, &file.id) {
                    self.say(
                        format!("`{}` is also in permissions/{other}.toml", p.name),
                        "keep one",
                    );
                }
                if p.alternative_since.is_some() && p.alternative.is_none() {
                    self.say(
                        format!("`{}` has a level for no alternative", p.name),
                        "write the alternative",
                    );
                }
                p.no_alternative
                    .iter()
                    .for_each(|why| self.text(&format!("`no_alternative` of `{}`", p.name), why));
                if p.no_alternative.is_some() && p.alternative.is_some() {
                    self.say(
                        format!("`{}` has an alternative and says that it has none", p.name),
                        "keep one",
                    );
                }
                if !p.information.is_empty()
                    && p.alternative.is_none()
                    && p.no_alternative.is_none()
                {
                    self.say(
                        format!(
                            "`{}` has neither an alternative nor a reason why there is none",
                            p.name
                        ),
                        "write `alternative` with `alternative_since`, or `no_alternative`",
                    );
                }
                if p.alternative.is_some() && p.alternative_since.is_none() {
                    self.say(
                        format!("`{}` has an alternative without a level", p.name),
                        "write `alternative_since`, the first API level that has it",
                    );
                }
                if !p.information.is_empty() && p.sensitivity.is_none() {
                    self.say(
                        format!("`{}` has information and no sensitivity", p.name),
                        "low, medium or high",
                    );
                }
                if p.neutral && p.judged_as.is_some() {
                    self.say(
                        format!("`{}` is neutral and judged as another", p.name),
                        "decide",
                    );
                }
                let known = db
                    .data
                    .catalogue
                    .permission
                    .iter()
                    .any(|c| c.name == p.name || covers(&p.name, &c.name));
                if !known {
                    self.say(
                        format!("`{}` is not in the catalogue", p.name),
                        "correct the name",
                    );
                }
            }
        }
        self.file = "permissions/implied.toml".to_owned();
        self.sources(&db.data.implied.source);
        for s in &db.data.implied.split {
            self.text("a split's note", &s.note);
            s.permission
                .iter()
                .chain(&s.adds)
                .for_each(|name| self.known_permission(name));
        }
        for name in db.data.implied.feature.iter().flat_map(|f| &f.permissions) {
            self.known_permission(name);
        }
    }

    fn information(&mut self) {
        self.file = "information/kinds.toml".to_owned();
        for (id, k) in &self.db.data.information.kind {
            self.text(
                &format!("kind `{id}`"),
                &Text {
                    zh: k.zh.clone(),
                    en: k.en.clone(),
                },
            );
        }
        self.sources(&self.db.data.information.source);
        self.file = "information/categories.toml".to_owned();
        for (id, text) in &self.db.data.categories.category {
            self.text(&format!("category `{id}`"), text);
        }
    }
}

fn function_file(f: &Function) -> String {
    format!("functions/{:02}-{}.toml", f.number, f.id)
}

/// `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |s: &str, len, max| {
        s.len() == len && s.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n))
    };
    matches!(parts.as_slice(), [y, m, d] if number(y, 4, 9999) && number(m, 2, 12) && number(d, 2, 31))
}
