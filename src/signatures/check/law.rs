//! Legal instruments: honest text kinds, and no basis that is none. And the rules that rest on them.

use super::super::schema::{Clause, ClauseText, Confidence, Instrument, Str};
use super::Lint;

impl Lint<'_> {
    pub(super) fn law(&mut self) {
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
        if !c.id.starts_with(i.id.as_str()) && !c.id.starts_with("MASWE-") {
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
                self.text(what, text);
            }
            r.clauses.iter().for_each(|id| self.clause(id));
            let w = &r.when;
            let stars = |p: &&Str| !p.ends_with('*');
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
