//! The linter: what the loader cannot see in one file alone.

mod api;
mod codes;
mod dead;
mod identity;
mod law;
mod locate;
mod overlap;
mod permission;

pub use codes::CODES;
pub(crate) use identity::is_vendor_root;
pub use locate::locate;
pub(crate) use overlap::can_match;

use super::SignatureDb;
use super::load::LoadError;
use super::schema::{Function, FunctionPermission, Source, Str, Text, Tier};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Where in a file something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Keys and list indices from the top of the file, joined by `/`: `source/2/date`; empty for the file.
    pub path: String,
    /// A string or key somewhere below the path; empty for the path itself.
    pub value: String,
}

impl At {
    /// The whole file.
    #[must_use]
    pub fn file() -> At {
        At::default()
    }

    /// A key.
    #[must_use]
    pub fn key(path: impl Into<String>) -> At {
        At {
            path: path.into(),
            value: String::new(),
        }
    }

    /// A string or key below a path.
    #[must_use]
    pub fn value(path: impl Into<String>, value: impl AsRef<str>) -> At {
        At {
            path: path.into(),
            value: value.as_ref().to_owned(),
        }
    }
}

/// One fault in the data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Complaint {
    /// Path below `signatures/`.
    pub file: String,
    /// Line, from 1; 0 where no text is at hand ([`locate()`]).
    pub line: usize,
    /// One of [`CODES`].
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Where in the file.
    #[serde(skip)]
    pub at: At,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}: {} ({})", self.code, self.message, self.remedy)
    }
}

impl Complaint {
    /// A complaint that has no line yet.
    #[must_use]
    pub fn new(
        file: impl Into<String>,
        code: &'static str,
        at: At,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Complaint {
        debug_assert!(CODES.contains(&code), "{code} is not in the list of codes");
        Complaint {
            file: file.into(),
            line: 0,
            code,
            message: message.into(),
            remedy: remedy.into(),
            at,
        }
    }

    /// The same as a [`LoadError`].
    #[must_use]
    pub fn into_error(self) -> LoadError {
        LoadError {
            file: self.file,
            line: self.line,
            column: usize::from(self.line > 0),
            message: format!("{}: {} ({})", self.code, self.message, self.remedy),
        }
    }
}

/// What makes the data wrong, sorted by file. An overlay with such a fault is refused.
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
    lint.shared_marks();
    lint.law();
    lint.rules();
    lint.apis();
    lint.sorted()
}

/// What an editor should know beyond [`check`]: entries that nothing uses, marks that cannot
/// decide, prefixes that take too much, one thing twice.
#[must_use]
pub fn check_neatness(db: &SignatureDb) -> Vec<Complaint> {
    let mut lint = Lint {
        db,
        file: String::new(),
        out: Vec::new(),
    };
    lint.overlaps();
    lint.unused();
    lint.sorted()
}

struct Lint<'a> {
    db: &'a SignatureDb,
    /// The file that is being looked at.
    file: String,
    out: Vec<Complaint>,
}

impl Lint<'_> {
    fn sorted(mut self) -> Vec<Complaint> {
        self.out.sort();
        self.out.dedup();
        self.out
    }

    fn say(&mut self, code: &'static str, at: At, message: impl Into<String>, remedy: &str) {
        self.out
            .push(Complaint::new(&self.file, code, at, message, remedy));
    }

    /// `at` is the path of the text; `what` names it to the reader.
    fn text(&mut self, at: &str, what: &str, text: &Text) {
        for (lang, value) in [("zh", &text.zh), ("en", &text.en)] {
            let at = At::key(format!("{at}/{lang}"));
            if value.trim().is_empty() {
                self.say(
                    "text-missing",
                    at,
                    format!("{what} has no `{lang}`"),
                    "write it in both languages",
                );
            } else if value.trim() != value {
                self.say(
                    "text-space",
                    at,
                    format!("{what}.{lang} begins or ends with a space"),
                    "remove it",
                );
            }
        }
    }

    fn sources(&mut self, sources: &[Source]) {
        if sources.is_empty() {
            self.say(
                "source-missing",
                At::file(),
                "no source",
                "add [[source]] with of, from, date, confidence",
            );
        }
        for (i, s) in sources.iter().enumerate() {
            if s.of.trim().is_empty() || s.from.trim().is_empty() {
                self.say(
                    "source-empty",
                    At::key(format!("source/{i}")),
                    "a source without `of` or `from`",
                    "say what it supports and what it is",
                );
            }
            if !is_date(&s.date) {
                self.say(
                    "source-date",
                    At::key(format!("source/{i}/date")),
                    format!("the date `{}` of a source", s.date),
                    "write YYYY-MM-DD",
                );
            }
        }
    }

    fn clause(&mut self, at: &str, id: &str) {
        if self.db.clause(id).is_none() {
            self.say(
                "clause-unknown",
                At::value(at, id),
                format!("clause `{id}` is unknown"),
                "see law/*.toml",
            );
        }
    }

    fn known_permission(&mut self, at: &str, name: &str) {
        if self.db.permission(name).is_none() {
            self.say(
                "permission-unknown",
                At::value(at, name),
                format!("permission `{name}` is unknown"),
                "see imported/permissions.toml and permissions/*.toml",
            );
        }
    }

    fn known_function(&mut self, at: &str, id: &str) {
        if self.db.data.functions.iter().all(|f| f.id != id) {
            self.say(
                "function-unknown",
                At::value(at, id),
                format!("function `{id}` is unknown"),
                "see functions/",
            );
        }
    }

    fn kinds(&mut self, at: &str, ids: &[Str]) {
        for id in ids {
            if self.db.information(id).is_none() {
                self.say(
                    "information-unknown",
                    At::value(at, id),
                    format!("information kind `{id}` is unknown"),
                    "see information/kinds.toml",
                );
            }
        }
    }

    fn unique<'b>(
        &mut self,
        code: &'static str,
        at: &str,
        what: &str,
        names: impl IntoIterator<Item = &'b str>,
    ) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.say(
                    code,
                    At::value(at, name),
                    format!("{what} `{name}` twice"),
                    "keep one",
                );
            }
        }
    }

    fn functions(&mut self) {
        let db = self.db;
        for f in &db.data.functions {
            self.file = function_file(f);
            self.one_function(f);
        }
        for (name, a, b) in db.index.ambiguous(&db.data) {
            self.file = function_file(b);
            self.say(
                "function-alias-ambiguous",
                At::value("", name),
                format!("the name `{name}` also leads to `{}`", a.id),
                "change an alias",
            );
        }
        self.file = "functions/reasons.toml".to_owned();
        for (id, r) in &db.data.reasons.reason {
            let at = format!("reason/{id}");
            self.text(&at, &format!("reason `{id}`"), &both(&r.zh, &r.en));
            if let Some(a) = &r.alternative {
                self.text(
                    &format!("{at}/alternative"),
                    &format!("the alternative of `{id}`"),
                    a,
                );
            }
        }
    }

    fn one_function(&mut self, f: &Function) {
        self.text("name", "name", &f.name);
        self.text("basic_function", "basic_function", &f.basic_function);
        for (i, note) in f.notes.iter().enumerate() {
            self.text(&format!("notes/{i}"), "a note", note);
        }
        self.sources(&f.source);
        if let Some(parent) = &f.parent
            && self.db.data.functions.iter().all(|p| &p.id != parent)
        {
            self.say(
                "function-parent-unknown",
                At::key("parent"),
                format!("parent `{parent}` is unknown"),
                "name a function id",
            );
        }
        if f.number > 0 && f.clause.is_none() {
            self.say(
                "function-clause-missing",
                At::key("number"),
                "no clause",
                "a numbered function names its clause",
            );
        }
        for (at, ids) in [
            ("on_user_action_clauses", &f.on_user_action_clauses),
            ("not_needed_clauses", &f.not_needed_clauses),
        ] {
            ids.iter().for_each(|id| self.clause(at, id));
        }
        f.clause.iter().for_each(|id| self.clause("clause", id));
        let names = f
            .permission
            .iter()
            .map(|p| p.name.as_str())
            .chain(f.not_needed.iter().map(Str::as_str));
        self.unique("permission-duplicate", "", "permission", names);
        for (i, p) in f.permission.iter().enumerate() {
            self.function_permission(&format!("permission/{i}"), p);
        }
        for name in f.necessary_info.iter().flat_map(|n| &n.permissions) {
            self.known_permission("necessary_info", name);
        }
        for name in &f.not_needed {
            self.known_permission("not_needed", name);
        }
        self.function_examples(f);
    }

    fn function_permission(&mut self, at: &str, p: &FunctionPermission) {
        self.known_permission(at, &p.name);
        if !matches!(p.tier, Tier::Necessary | Tier::OnUserAction) {
            self.say(
                "function-tier",
                At::key(format!("{at}/tier")),
                format!("`{}` has a tier that belongs elsewhere", p.name),
                "use `not_needed` for it",
            );
        }
        if p.reasons.is_empty() {
            self.say(
                "reason-missing",
                At::key(at),
                format!("`{}` has no reason", p.name),
                "name a reason of functions/reasons.toml",
            );
        }
        for reason in p.reasons.iter().filter(|r| self.db.reason(r).is_none()) {
            self.say(
                "reason-unknown",
                At::value(format!("{at}/reasons"), reason),
                format!("reason `{reason}` is unknown"),
                "see functions/reasons.toml",
            );
        }
        if let Some(condition) = &p.condition {
            self.text(
                &format!("{at}/condition"),
                &format!("the condition of `{}`", p.name),
                condition,
            );
        }
        p.clause.iter().for_each(|id| self.clause(at, id));
    }

    fn function_examples(&mut self, f: &Function) {
        if f.example.is_empty() {
            self.say(
                "example-missing",
                At::file(),
                "no example",
                "add [[example]]",
            );
        }
        for (i, e) in f.example.iter().enumerate() {
            let at = format!("example/{i}");
            self.text(&format!("{at}/about"), "an example's `about`", &e.about);
            let exceeds = |p: &&Str| self.db.tier(&[f], p).tier == Tier::NotNeeded;
            let found: BTreeSet<&Str> = e.permissions.iter().filter(exceeds).collect();
            let stated: BTreeSet<&Str> = e.not_needed.iter().collect();
            if found != stated {
                self.say(
                    "example-permission",
                    At::key(at),
                    format!("example `{}`: exceeding are {found:?}", e.about.en),
                    "mend the example's `not_needed`, or the tier",
                );
            }
        }
    }

    fn store_types(&mut self) {
        for s in &self.db.data.store_types {
            self.file = format!("store-types/{}.toml", s.id);
            self.text("name", "name", &s.name);
            self.sources(&s.source);
            let keys = s.category.iter().map(|c| c.key.as_str());
            self.unique("store-category-duplicate", "category", "category", keys);
            for (i, c) in s.category.iter().enumerate() {
                let at = format!("category/{i}/functions");
                c.functions
                    .iter()
                    .for_each(|id| self.known_function(&at, id));
            }
        }
    }

    fn information(&mut self) {
        self.file = "information/kinds.toml".to_owned();
        for (id, k) in &self.db.data.information.kind {
            self.text(
                &format!("kind/{id}"),
                &format!("kind `{id}`"),
                &both(&k.zh, &k.en),
            );
        }
        let information = &self.db.data.information;
        // "*" is the taxonomy; how texts call its kinds is another matter.
        let named = |field: &str| {
            let mut all = information.source.iter();
            all.any(|source| source.of.split(',').any(|of| of.trim() == field))
        };
        let kinds = || information.kind.values();
        for (field, is_used) in [
            ("words", kinds().any(|kind| !kind.words.is_empty())),
            ("ability", kinds().any(|kind| kind.ability)),
        ] {
            if is_used && !named(field) {
                self.say(
                    "source-words",
                    At::value("kind", field),
                    format!("`{field}` has no source"),
                    "add [[source]] whose `of` names it",
                );
            }
        }
        self.sources(&information.source);
        self.file = "information/categories.toml".to_owned();
        for (id, text) in &self.db.data.categories.category {
            self.text(&format!("category/{id}"), &format!("category `{id}`"), text);
        }
    }
}

fn both(zh: &str, en: &str) -> Text {
    Text {
        zh: zh.into(),
        en: en.into(),
    }
}

fn function_file(f: &Function) -> String {
    format!("functions/{:02}-{}.toml", f.number, f.id)
}

/// `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |s: &str, len, max| {
        s.len() == len && s.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n))
    };
    matches!(parts.as_slice(), [y, m, d] if number(y, 4, 9999) && number(m, 2, 12) && number(d, 2, 31))
}
