//! Evidence and clauses: what lets a reader check.

use super::markup::Markup;
use crate::audit::Evidence;
use crate::report::lines::{cite, member};
use crate::report::v1::ClauseRef;

impl Markup {
    /// What was seen and where, behind one line that unfolds.
    pub(crate) fn evidence(&mut self, title: (&str, &str), evidence: &[Evidence]) {
        if evidence.is_empty() {
            return;
        }
        let count = evidence.len();
        self.fold(
            |m| {
                m.say(
                    &format!("{}（{count}）", title.0),
                    &format!("{} ({count})", title.1),
                )
            },
            |m| m.places(title, evidence),
        );
    }

    fn places(&mut self, title: (&str, &str), evidence: &[Evidence]) {
        let columns = [
            ("所见", "seen"),
            ("位置", "place"),
            ("所在文件的SHA-256", "SHA-256 of the entry"),
        ];
        self.table("places", title, &columns, |m| {
            for one in evidence {
                m.row(&[], |m| {
                    m.cell(|m| m.seen(one));
                    m.cell(|m| m.place(one));
                    m.cell(|m| m.leaf("code", &[], one.entry_sha256.as_deref().unwrap_or("–")));
                });
            }
        });
    }

    fn seen(&mut self, evidence: &Evidence) {
        let shown = evidence.shows.as_ref().unwrap_or(&evidence.value);
        self.el("code", &[], |m| m.foreign(&member(shown)));
        if let Some(count) = evidence.count.filter(|count| *count > 1) {
            self.text(&format!(" ×{count}"));
        }
        if evidence.shows.is_some() {
            self.el("div", &[("class", "small")], |m| {
                m.say("代码中写作：", "in the code: ");
                m.el("code", &[], |m| m.foreign(&member(&evidence.value)));
            });
        }
        if let Some(owner) = &evidence.owner {
            self.el("div", &[("class", "small")], |m| {
                m.say("代码归属：", "whose code: ");
                m.word(owner);
            });
        }
    }

    fn place(&mut self, evidence: &Evidence) {
        let mut parts: Vec<String> = Vec::new();
        match (&evidence.file, &evidence.entry) {
            (Some(file), Some(entry)) => parts.push(format!("{file}!{entry}")),
            (Some(file), None) => parts.push(file.clone()),
            (None, Some(entry)) => parts.push(entry.clone()),
            (None, None) => {}
        }
        parts.extend(evidence.path.clone());
        if let Some(class) = &evidence.class {
            parts.push(match &evidence.method {
                Some(method) => format!("{class}.{method}"),
                None => class.clone(),
            });
        }
        if let Some(offset) = evidence.offset {
            parts.push(format!("@{offset:#x}"));
        }
        if parts.is_empty() {
            self.text("–");
        }
        for part in &parts {
            self.el("div", &[], |m| m.el("code", &[], |m| m.foreign(part)));
        }
    }

    /// Clauses as a list.
    pub(crate) fn clauses(&mut self, clauses: &[ClauseRef]) {
        self.el("ul", &[("class", "clauses")], |m| {
            for clause in clauses {
                m.el("li", &[], |m| {
                    m.both(|language| cite(clause, language));
                    m.text(" ");
                    if clause.basis {
                        m.el("span", &[("class", "tag")], |m| {
                            m.say("可引用为依据", "may be cited as basis");
                        });
                    }
                });
            }
        });
    }
}
