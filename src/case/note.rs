//! What checking a case found: one line each.

use crate::report::plain::printable;
use crate::report::words::Language;

/// How a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It was checked and fits.
    Fits,
    /// Worth knowing; it changes nothing.
    Info,
    /// It could not be checked.
    Open,
    /// It is not as it should be.
    Differs,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How it counts.
    pub kind: Kind,
    /// File, and field or line in it.
    pub place: String,
    /// What there is to say.
    pub what: What,
}

/// What there is to say, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct What {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Characters of a value that are shown.
const SHOWN: usize = 160;

impl Note {
    /// A line.
    pub(super) fn new(
        kind: Kind,
        place: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            place: place.into(),
            what: What {
                zh: zh.into(),
                en: en.into(),
            },
        }
    }

    /// Two values that should be the same.
    pub(super) fn differs(place: impl Into<String>, case: &str, app: &str) -> Self {
        let (case, app) = (short(case), short(app));
        Self::new(
            Kind::Differs,
            place,
            format!("案件为 {case}，应用为 {app}"),
            format!("{case} in the case, {app} in the app"),
        )
    }

    /// Two values of the case that should be the same.
    pub(super) fn disagrees(place: impl Into<String>, is: &str, should: &str) -> Self {
        let (is, should) = (short(is), short(should));
        Self::new(
            Kind::Differs,
            place,
            format!("为 {is}，应为 {should}"),
            format!("{is}, should be {should}"),
        )
    }

    /// The line as it is printed.
    pub fn text(&self, language: Language) -> String {
        let (mark, what, colon) = match language {
            Language::Zh => (
                match self.kind {
                    Kind::Fits => "相符",
                    Kind::Info => "提示",
                    Kind::Open => "未能核实",
                    Kind::Differs => "不符",
                },
                &self.what.zh,
                "：",
            ),
            Language::En => (
                match self.kind {
                    Kind::Fits => "fits",
                    Kind::Info => "note",
                    Kind::Open => "not checked",
                    Kind::Differs => "differs",
                },
                &self.what.en,
                ": ",
            ),
        };
        let line = format!("{mark}  {}{colon}{what}", self.place);
        printable(&line)
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
