//! What a page says, in the languages that it has.

use super::markup::Markup;
use crate::report::v1::Report;
use crate::report::words::{Language, Languages, Prose, word};

/// The value of `lang`.
pub(crate) fn tag(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh-Hans",
        Language::En => "en",
    }
}

impl Markup {
    /// The text in each language of the page. With both, the style shows one of them.
    pub(crate) fn say(&mut self, zh: &str, en: &str) {
        if self.languages == Languages::BOTH && zh != en {
            self.leaf("span", &[("lang", "zh-Hans")], zh);
            self.leaf("span", &[("lang", "en")], en);
        } else if self.languages.has(Language::Zh) {
            self.text(zh);
        } else {
            self.text(en);
        }
    }

    /// A text that is made for each language.
    pub(crate) fn both(&mut self, make: impl Fn(Language) -> String) {
        self.say(&make(Language::Zh), &make(Language::En));
    }

    /// Prose of the data; what is there in another language only is shown in that.
    pub(crate) fn prose(&mut self, prose: &Prose) {
        let only = |language, text: &Option<String>| text.clone().map(|text| (language, text));
        match (&prose.zh, &prose.en) {
            (Some(zh), Some(en)) => self.say(zh, en),
            (zh, en) => {
                let Some((language, text)) =
                    only(Language::Zh, zh).or_else(|| only(Language::En, en))
                else {
                    return;
                };
                if self.languages == Languages::only(language) {
                    self.text(&text);
                } else {
                    self.leaf("bdi", &[("lang", tag(language))], &text);
                }
            }
        }
    }

    /// A fixed word.
    pub(crate) fn word(&mut self, key: &str) {
        self.both(|language| word(key, language).to_owned());
    }

    /// Whose code it is: the name of an SDK, or a word.
    pub(crate) fn owner(&mut self, report: &Report, id: &str) {
        match report.sdk(id) {
            Some(sdk) => self.prose(&sdk.name),
            None => self.word(id),
        }
    }

    /// A word with its own look. The word alone says all of it, the look helps.
    pub(crate) fn badge(&mut self, key: &str) {
        let class = match key {
            "high" | "failed" | "unsigned" | "unreadable" | "crashed" => "badge high",
            "medium" | "partial" | "timeout" | "over_budget" => "badge medium",
            "low" => "badge low",
            "info" => "badge info",
            "not-needed" | "beyond_function" => "badge beyond",
            "on-user-action" | "conditional" | "not_checked" => "badge condition",
            "necessary" | "within_function" | "verified" | "complete" => "badge within",
            _ => "badge unjudged",
        };
        self.el("span", &[("class", class)], |m| m.word(key));
    }

    /// A section with its heading.
    pub(crate) fn section(
        &mut self,
        id: &'static str,
        zh: &str,
        en: &str,
        inner: impl FnOnce(&mut Self),
    ) {
        let heading = format!("{id}-title");
        self.el(
            "section",
            &[("id", id), ("aria-labelledby", &heading)],
            |m| {
                m.el("h2", &[("id", &heading)], |m| m.say(zh, en));
                inner(m);
            },
        );
    }

    /// A paragraph.
    pub(crate) fn paragraph(&mut self, class: &'static str, zh: &str, en: &str) {
        let class = ("class", class);
        let attributes: &[_] = if class.1.is_empty() { &[] } else { &[class] };
        self.el("p", attributes, |m| m.say(zh, en));
    }

    /// A head cell over a column.
    pub(crate) fn column(&mut self, zh: &str, en: &str) {
        let attributes = [("scope", "col"), ("role", "columnheader")];
        self.el("th", &attributes, |m| m.say(zh, en));
    }

    /// A table in a frame of its own, which scrolls where the screen is narrower than the table.
    pub(crate) fn table(
        &mut self,
        class: &str,
        label: (&str, &str),
        columns: &[(&str, &str)],
        rows: impl FnOnce(&mut Self),
    ) {
        // On narrow screens the style makes blocks of cells; the roles keep it a table.
        self.el("table", &[("class", class), ("role", "table")], |m| {
            m.el("caption", &[("class", "unseen")], |m| {
                m.say(label.0, label.1)
            });
            m.el("thead", &[("role", "rowgroup")], |m| {
                m.el("tr", &[("role", "row")], |m| {
                    for &(zh, en) in columns {
                        m.column(zh, en);
                    }
                });
            });
            m.el("tbody", &[("role", "rowgroup")], rows);
        });
    }

    /// A row of a table.
    pub(crate) fn row(
        &mut self,
        attributes: &[super::markup::Attr<'_>],
        cells: impl FnOnce(&mut Self),
    ) {
        let attributes = [&[("role", "row")], attributes].concat();
        self.el("tr", &attributes, cells);
    }

    /// The cell that names a row.
    pub(crate) fn row_head(&mut self, inner: impl FnOnce(&mut Self)) {
        self.el("th", &[("scope", "row"), ("role", "rowheader")], inner);
    }

    /// A cell.
    pub(crate) fn cell(&mut self, inner: impl FnOnce(&mut Self)) {
        self.el("td", &[("role", "cell")], inner);
    }

    /// What belongs to the row above and needs the whole width.
    pub(crate) fn wide_row(
        &mut self,
        attributes: &[super::markup::Attr<'_>],
        columns: &'static str,
        inner: impl FnOnce(&mut Self),
    ) {
        let attributes = [&[("class", "more")], attributes].concat();
        self.row(&attributes, |m| {
            m.el("td", &[("role", "cell"), ("colspan", columns)], inner);
        });
    }

    /// Something that unfolds.
    pub(crate) fn fold(&mut self, summary: impl FnOnce(&mut Self), inner: impl FnOnce(&mut Self)) {
        self.el("details", &[], |m| {
            m.el("summary", &[], summary);
            inner(m);
        });
    }

    /// A name and what it stands for, in a `dl`.
    pub(crate) fn field(&mut self, zh: &str, en: &str, value: impl FnOnce(&mut Self)) {
        self.el("div", &[], |m| {
            m.el("dt", &[], |m| m.say(zh, en));
            m.el("dd", &[], value);
        });
    }

    /// `、` or a comma.
    pub(crate) fn comma(&mut self) {
        self.say("、", ", ");
    }
}
