//! Lines of an explanation: fields with labels in the language of the reader.

use crate::report::{Language, Languages};
use crate::signatures::SignatureDb;
use crate::signatures::schema::Str;
use crate::signatures::schema::{Confidence, Source, Text};
use std::fmt::Write;

/// A page in the making.
pub(super) struct Page<'d> {
    pub(super) db: &'d SignatureDb,
    pub(super) language: Language,
    pub(super) out: String,
}

impl Page<'_> {
    pub(super) fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    pub(super) fn text(&self, text: &Text) -> String {
        Languages::only(self.language)
            .prose(text)
            .get(self.language)
            .to_owned()
    }

    pub(super) fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    /// An empty line before the next thing of the same name.
    pub(super) fn next(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    pub(super) fn title(&mut self, zh: &str, en: &str) {
        let title = self.pick(zh, en).to_owned();
        self.next();
        self.line(&title);
    }

    pub(super) fn item(&mut self, id: &str, name: &Text) {
        let line = format!("  {id}  {}", self.text(name));
        self.line(&line);
    }

    pub(super) fn head(&mut self, id: &str, name: &Text) {
        let line = format!("{} · {id}", self.text(name));
        self.line(&line);
    }

    pub(super) fn field(&mut self, zh: &str, en: &str, value: &str) {
        if !value.is_empty() {
            let line = match self.language {
                Language::Zh => format!("  {zh}：{value}"),
                Language::En => format!("  {en}: {value}"),
            };
            self.line(&line);
        }
    }

    pub(super) fn sources(&mut self, sources: &[Source]) {
        for source in sources {
            let line = format!(
                "{}: {} · {} · {}",
                source.of,
                source.from,
                source.date,
                self.checked(source.confidence)
            );
            self.field("来源", "source", &line);
        }
    }

    pub(super) fn checked(&self, confidence: Confidence) -> &'static str {
        let zh = self.language == Language::Zh;
        match confidence {
            Confidence::Verified => {
                if zh {
                    "已逐字核对"
                } else {
                    "checked word for word"
                }
            }
            Confidence::Partly => {
                if zh {
                    "部分核对"
                } else {
                    "checked in part"
                }
            }
            Confidence::Memory => {
                if zh {
                    "未核对，引用前须查证原文"
                } else {
                    "not checked: look it up before citing"
                }
            }
            Confidence::Derived => {
                if zh {
                    "本项目推导"
                } else {
                    "our own derivation"
                }
            }
        }
    }

    pub(super) fn cite(&self, id: &str) -> String {
        match self.db.clause(id) {
            Some((instrument, clause)) => match self.language {
                Language::Zh => format!(
                    "《{}》{} [{id}]",
                    self.text(&instrument.title),
                    clause.number
                ),
                Language::En => {
                    format!("{}, {} [{id}]", self.text(&instrument.title), clause.number)
                }
            },
            None => id.to_owned(),
        }
    }

    pub(super) fn cites(&mut self, ids: &[Str]) {
        for id in ids {
            let line = self.cite(id);
            self.field("依据", "clause", &line);
        }
    }
}
