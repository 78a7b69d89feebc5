//! Legal instruments: honest text kinds, and no basis that is none. And the rules that rest on them.

use super::super::schema::{Clause, ClauseText, Confidence, Instrument};
use super::{At, Lint};
use std::collections::BTreeSet;

impl Lint<'_> {
    pub(super) fn law(&mut self) {
        let db = self.db;
        let mut seen = BTreeSet::new();
        for i in &db.data.law {
            self.file = format!("law/{}.toml", i.id);
            self.text("title", "title", &i.title);
            self.sources(&i.source);
            let level = i.level.en.as_str();
            let elsewhere = ["foreign", "platform", "draft", "industry"]
                .iter()
                .any(|w| level.contains(w));
            if i.basis
                && (elsewhere
                    || i.status.en.contains("draft")
                    || i.status.en.contains("superseded"))
            {
                self.say(
                    "law-no-basis",
                    At::key("basis"),
                    "it cannot be a basis",
                    "set basis = false: draft, foreign, platform, or superseded",
                );
            }
            for (n, c) in i.clause.iter().enumerate() {
                let at = format!("clause/{n}");
                if !seen.insert(c.id.as_str()) {
                    self.say(
                        "clause-duplicate",
                        At::key(format!("{at}/id")),
                        format!("clause `{}` twice", c.id),
                        "keep one",
                    );
                }
                self.one_clause(&at, i, c);
            }
        }
    }

    fn one_clause(&mut self, at: &str, i: &Instrument, c: &Clause) {
        let quote = matches!(c.text_kind, ClauseText::Quote | ClauseText::QuoteReflowed);
        let known = ["full", "partial", "none"].contains(&c.detectability.as_str());
        let faults = [
            (
                !c.id.starts_with(i.id.as_str()) && !c.id.starts_with("MASWE-"),
                "clause-id",
                "id",
                "does not begin with the instrument's id".to_owned(),
                "rename it",
            ),
            (
                quote && c.confidence == Confidence::Memory,
                "clause-quoted-from-memory",
                "text_kind",
                "is quoted from memory".to_owned(),
                "make it a summary, or check the wording",
            ),
            (
                quote && !i.quotable,
                "clause-quoted-instrument",
                "text_kind",
                "is quoted and the instrument must not be".to_owned(),
                "write a summary",
            ),
            (
                (c.text_kind == ClauseText::None) != c.text.zh.is_empty(),
                "clause-text-kind",
                "text_kind",
                "has a text_kind and a zh that do not agree".to_owned(),
                "`none` is for a clause without zh",
            ),
            (
                c.text.en.trim().is_empty(),
                "text-missing",
                "text",
                "has no en".to_owned(),
                "write our summary",
            ),
            (
                !known,
                "clause-detectability",
                "detectability",
                format!("has detectability `{}`", c.detectability),
                "`full`, `partial` or `none`",
            ),
        ];
        for (_, code, key, what, remedy) in faults.into_iter().filter(|f| f.0) {
            let place = At::key(format!("{at}/{key}"));
            self.say(code, place, format!("clause `{}` {what}", c.id), remedy);
        }
        let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        for s in &c.signals {
            let id = s.strip_suffix(" excuse").unwrap_or(s);
            if !id.starts_with("S-") || !id.chars().all(part) {
                self.say(
                    "clause-signal",
                    At::value(format!("{at}/signals"), s),
                    format!("clause `{}`: signal `{s}`", c.id),
                    "write `S-NAME` or `S-NAME excuse`",
                );
            }
        }
        let related = format!("{at}/related");
        c.related.iter().for_each(|id| self.clause(&related, id));
    }

    pub(super) fn rules(&mut self) {
        let db = self.db;
        for r in &db.data.rules {
            self.file = format!("rules/{}.toml", r.id);
            for (what, text) in [
                ("title", &r.title),
                ("message", &r.message),
                ("remedy", &r.remedy),
                ("false_positives", &r.false_positives),
            ] {
                self.text(what, what, text);
            }
            r.clauses.iter().for_each(|id| self.clause("clauses", id));
            let w = &r.when;
            for (at, names) in [
                ("when/permissions", &w.permissions),
                ("when/component_permissions", &w.component_permissions),
            ] {
                let whole = names.iter().filter(|p| !p.ends_with('*'));
                whole.for_each(|p| self.known_permission(at, p));
            }
            for id in &w.except_functions {
                self.known_function("when/except_functions", id);
            }
            self.examples(&r.examples);
        }
    }
}
