//! The linter: what the loader cannot see in one file alone.

use super::examples;
use super::load::LoadError;
use super::schema::{
    Clause, ClauseText, Confidence, Examples, Function, Identity, Instrument, Source, Text, Tier,
};
use super::{Protection, SignatureDb};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Package prefixes that are a vendor's whole estate and not one SDK.
const VENDOR_ROOTS: &[&str] = &[
    "android.app",
    "cn.com",
    "com.alibaba",
    "com.aliyun",
    "com.amazon",
    "com.android",
    "com.baidu",
    "com.bytedance",
    "com.facebook",
    "com.google",
    "com.google.android",
    "com.google.android.gms",
    "com.huawei",
    "com.jd",
    "com.meituan",
    "com.microsoft",
    "com.netease",
    "com.qq",
    "com.samsung",
    "com.tencent",
    "com.xiaomi",
    "io.github",
    "net.sf",
    "org.apache",
];

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

    fn kinds(&mut self, ids: &[String]) {
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
                .chain(f.not_needed.iter().map(String::as_str));
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
        let used: BTreeSet<&String> = db
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
            let exceeds = |p: &&String| self.db.tier(&[f], p).tier == Tier::NotNeeded;
            let found: BTreeSet<&String> = e.permissions.iter().filter(exceeds).collect();
            let stated: BTreeSet<&String> = e.not_needed.iter().collect();
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
                let known =
                    db.data
                        .catalogue
                        .permission
                        .iter()
                        .any(|c| match p.name.strip_suffix('*') {
                            Some(prefix) => c.name.starts_with(prefix),
                            None => c.name == p.name,
                        });
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

    fn sdks(&mut self) {
        let db = self.db;
        let mut owners: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        let prefixes: Vec<(&str, &str)> = db
            .data
            .sdks
            .iter()
            .flat_map(|s| {
                s.identity
                    .packages
                    .iter()
                    .map(|p| (s.id.as_str(), p.as_str()))
            })
            .collect();
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            self.sources(&s.source);
            self.text("name", &s.name);
            self.text("vendor", &s.vendor);
            if !db.data.categories.category.contains_key(&s.category) {
                self.say(
                    format!("category `{}` is unknown", s.category),
                    "see information/categories.toml",
                );
            }
            if !["cn", "global"].contains(&s.market.as_str()) {
                self.say(format!("market `{}`", s.market), "`cn` or `global`");
            }
            if let Some(c) = &s.collects {
                self.kinds(&c.information);
                self.unique("information kind", c.information.iter().map(String::as_str));
                match c.basis.as_str() {
                    "general-knowledge" => {}
                    "disclosure" if s.source.iter().any(|x| x.of == "collects") => {}
                    "disclosure" => self.say(
                        "`collects` rests on a disclosure without a source",
                        "add one of \"collects\"",
                    ),
                    other => self.say(
                        format!("basis `{other}`"),
                        "`disclosure` or `general-knowledge`",
                    ),
                }
            }
            self.identity(&s.identity);
            let strong = &s.identity;
            let marks = [
                ("package", &strong.packages),
                ("library", &strong.native),
                ("meta-data key", &strong.meta_data),
            ];
            for (what, list) in marks.into_iter().chain([("component", &strong.components)]) {
                for name in list {
                    if let Some(other) = owners.insert((what, name), &s.id) {
                        self.say(
                            format!("{what} `{name}` also shows `{other}`"),
                            "leave it to one, or make it weak in both",
                        );
                    }
                }
            }
            let others: Vec<&str> = prefixes
                .iter()
                .filter(|(id, _)| *id != s.id)
                .map(|(_, p)| *p)
                .collect();
            self.examples(&s.identity, &s.examples, &others);
        }
        for p in &db.data.packers {
            self.file = format!("packers/{}.toml", p.id);
            self.sources(&p.source);
            self.text("name", &p.name);
            self.text("vendor", &p.vendor);
            self.text("leaves", &p.leaves);
            self.identity(&p.identity);
            self.examples(&p.identity, &p.examples, &[]);
        }
    }

    fn identity(&mut self, i: &Identity) {
        let lists = [
            &i.packages,
            &i.weak_packages,
            &i.components,
            &i.actions,
            &i.meta_data,
        ];
        let more = [&i.native, &i.weak_native, &i.assets, &i.hosts];
        if lists.iter().chain(&more).all(|l| l.is_empty()) {
            self.say("no identity", "name at least one mark");
        }
        for list in lists.into_iter().chain(more) {
            self.unique("identity", list.iter().map(String::as_str));
        }
        for p in &i.packages {
            if !p.contains('.') || VENDOR_ROOTS.contains(&p.as_str()) {
                self.say(
                    format!("package `{p}` covers more than one SDK"),
                    "name a package below it, or make it weak",
                );
            }
        }
        for p in i.packages.iter().chain(&i.weak_packages) {
            let part = |s: &str| {
                !s.is_empty()
                    && s.chars()
                        .all(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == '-')
            };
            if !p.split('.').all(part) {
                self.say(
                    format!("package `{p}`"),
                    "write it with dots, without a final one and without `*`",
                );
            }
        }
        for lib in i
            .native
            .iter()
            .chain(&i.weak_native)
            .filter(|l| !l.ends_with(".so") || l.contains('/'))
        {
            self.say(format!("library `{lib}`"), "write the file name, lib….so");
        }
        for host in i
            .hosts
            .iter()
            .filter(|h| h.contains('/') || h.contains(':') || !h.contains('.'))
        {
            self.say(format!("host `{host}`"), "write the name only");
        }
    }

    fn examples(&mut self, identity: &Identity, e: &Examples, others: &[&str]) {
        if e.matches.is_empty() || e.no_match.is_empty() {
            self.say(
                "an example is missing",
                "at least one `match` and one `no_match`",
            );
        }
        for (lines, wanted) in e
            .matches
            .iter()
            .map(|l| (l, true))
            .chain(e.no_match.iter().map(|l| (l, false)))
        {
            for line in lines {
                if examples::split(line).is_none_or(|(word, _)| !examples::WORDS.contains(&word)) {
                    self.say(
                        format!("example line `{line}`"),
                        "see docs/signatures.md for the notation",
                    );
                }
            }
            if lines.is_empty() || examples::matches(identity, lines, others) != wanted {
                let verb = if wanted { "does not match" } else { "matches" };
                self.say(
                    format!("example {lines:?} {verb}"),
                    "correct the identity or the example",
                );
            }
        }
    }

    fn law(&mut self) {
        let db = self.db;
        self.file = "law".to_owned();
        self.unique(
            "clause",
            db.data
                .law
                .iter()
                .flat_map(|i| &i.clause)
                .map(|c| c.id.as_str()),
        );
        for i in &db.data.law {
            self.file = format!("law/{}.toml", i.id);
            self.text("title", &i.title);
            self.sources(&i.source);
            let level = i.level.as_str();
            let elsewhere = ["foreign", "platform", "draft", "industry"]
                .iter()
                .any(|w| level.contains(w));
            if i.basis
                && (elsewhere || i.status.contains("draft") || i.status.contains("superseded"))
            {
                self.say(
                    "it cannot be a basis",
                    "set basis = false: draft, foreign, platform, or superseded",
                );
            }
            for c in &i.clause {
                self.one_clause(i, c);
            }
        }
    }

    fn one_clause(&mut self, i: &Instrument, c: &Clause) {
        let quote = matches!(c.text_kind, ClauseText::Quote | ClauseText::QuoteReflowed);
        if !c.id.starts_with(&i.id) && !c.id.starts_with("MASWE-") {
            self.say(
                format!("clause `{}` does not begin with the instrument's id", c.id),
                "rename it",
            );
        }
        if quote && c.confidence == Confidence::Memory {
            self.say(
                format!("clause `{}` is quoted from memory", c.id),
                "make it a summary, or check the wording",
            );
        }
        if quote && !i.quotable {
            self.say(
                format!("clause `{}` is quoted and the instrument must not be", c.id),
                "write a summary",
            );
        }
        if (c.text_kind == ClauseText::None) != c.text.zh.is_empty() {
            self.say(
                format!("clause `{}`: text_kind and zh do not agree", c.id),
                "`none` is for a clause without zh",
            );
        }
        if c.text.en.trim().is_empty() {
            self.say(format!("clause `{}` has no en", c.id), "write our summary");
        }
        if !["full", "partial", "none"].contains(&c.detectability.as_str()) {
            self.say(
                format!("clause `{}`: detectability `{}`", c.id, c.detectability),
                "`full`, `partial` or `none`",
            );
        }
        for s in &c.signals {
            let id = s.strip_suffix(" excuse").unwrap_or(s);
            if !id.starts_with("S-")
                || !id
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
            {
                self.say(
                    format!("clause `{}`: signal `{s}`", c.id),
                    "write `S-NAME` or `S-NAME excuse`",
                );
            }
        }
        c.related.iter().for_each(|id| self.clause(id));
    }

    fn rules(&mut self) {
        let db = self.db;
        for r in &db.data.rules {
            self.file = format!("rules/{}.toml", r.id);
            for (what, text) in [
                ("title", &r.title),
                ("message", &r.message),
                ("remedy", &r.remedy),
                ("false_positives", &r.false_positives),
            ] {
                self.text(what, text);
            }
            r.clauses.iter().for_each(|id| self.clause(id));
            let w = &r.when;
            let stars = |p: &&String| !p.ends_with('*');
            w.permissions
                .iter()
                .chain(&w.component_permissions)
                .filter(stars)
                .for_each(|p| self.known_permission(p));
            for id in w
                .except_functions
                .iter()
                .filter(|id| db.data.functions.iter().all(|f| &f.id != *id))
            {
                self.say(format!("function `{id}` is unknown"), "see functions/");
            }
            if r.examples.matches.is_empty() || r.examples.no_match.is_empty() {
                self.say(
                    "an example is missing",
                    "at least one `match` and one `no_match`",
                );
            }
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
