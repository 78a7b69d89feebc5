//! The comparison as a text for people.

use super::answers::{Answer, COMMON_PERMISSION, Comparison, Quote, SdkAnswer};
use crate::report::Language;
use crate::report::plain::printable;
use std::fmt::Write;

struct Page {
    language: Language,
    out: String,
}

impl Page {
    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(
            self.out,
            "{}",
            text.lines().map(printable).collect::<Vec<_>>().join(" ")
        );
    }

    fn title(&mut self, zh: &str, en: &str, count: usize) {
        let title = self.pick(zh, en).to_owned();
        self.out.push('\n');
        self.line(&match self.language {
            Language::Zh => format!("{title}（{count}）"),
            Language::En => format!("{title} ({count})"),
        });
    }

    fn quotes(&mut self, quotes: &[Quote]) {
        for quote in quotes {
            let place = match self.language {
                Language::Zh => format!("{} 第{}行", quote.document, quote.line),
                Language::En => format!("{} line {}", quote.document, quote.line),
            };
            let by = match (quote.by, self.language) {
                (Some("company"), Language::Zh) => "（运营者名称）",
                (Some("brand"), Language::Zh) => "（运营者品牌）",
                (Some("alias"), Language::Zh) => "（其他名称）",
                (Some("company"), Language::En) => " (the operator's name)",
                (Some("brand"), Language::En) => " (the operator's brand)",
                (Some("alias"), Language::En) => " (another name)",
                _ => "",
            };
            let line = match self.language {
                Language::Zh => format!("    {place}：“{}”{by} — {}", quote.name, quote.text),
                Language::En => format!("    {place}: \"{}\"{by} — {}", quote.name, quote.text),
            };
            self.line(&line);
        }
    }
}

/// What an answer is called.
pub(super) fn word(answer: Answer, language: Language) -> &'static str {
    let (zh, en) = match answer {
        Answer::Disclosed => ("已检索到", "found"),
        Answer::DisclosedUnderAnotherName => ("以其他名称检索到", "found under another name"),
        Answer::MentionedNegated => ("仅在否定表述中检索到", "found only where it is denied"),
        Answer::OnlyDefined => ("仅在释义中检索到", "found only where a term is defined"),
        Answer::OnlyHidden => (
            "仅在网页隐藏的文字中检索到",
            "found only in text that the page hides",
        ),
        Answer::NotDisclosed => (
            "未在所提供的文本中检索到",
            "not found in the texts that were given",
        ),
        Answer::DisclosedButAbsent => (
            "文本列明，安装包中未发现",
            "named in the texts, not found in this package",
        ),
        Answer::NotAssessable => ("无法判断", "not assessable"),
    };
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Renders.
pub fn render(comparison: &Comparison, language: Language) -> String {
    let mut page = Page {
        language,
        out: String::new(),
    };
    let head = page
        .pick(
            "隐私政策、SDK清单与安装包比对（线索，待核实）",
            "Privacy policy and SDK list against the package (leads, to be confirmed)",
        )
        .to_owned();
    page.line(&head);
    let version = comparison.version.clone().unwrap_or_default();
    page.line(&format!("  {} {version}", comparison.package));
    for text in &comparison.texts {
        let kind = match text.kind {
            "list" => page.pick("SDK清单", "SDK list"),
            _ => page.pick("隐私政策", "privacy policy"),
        };
        let mut line = format!("  {kind}: {}", text.name);
        if !text.missing.is_empty() {
            let incomplete = page.pick("未能完整读取", "not read completely");
            let missing = text.missing.iter().map(|prose| prose.get(language));
            let missing: Vec<&str> = missing.collect();
            let _ = write!(line, " — {incomplete}: {}", missing.join("; "));
        }
        page.line(&line);
    }
    let (collecting, others): (Vec<&SdkAnswer>, Vec<&SdkAnswer>) = comparison
        .sdks
        .iter()
        .partition(|sdk| !sdk.information.is_empty());
    page.title(
        "一、处理个人信息的SDK",
        "1 SDKs that process personal information",
        collecting.len(),
    );
    for sdk in &collecting {
        let line = format!(
            "  {} · {} · {} — {}",
            sdk.name.get(language),
            sdk.id,
            sdk.vendor.get(language),
            word(sdk.answer, language)
        );
        page.line(&line);
        page.quotes(&sdk.quotes);
    }
    page.title(
        "二、其他程序库（未见其处理个人信息）",
        "2 Other libraries (not known to process personal information)",
        others.len(),
    );
    for sdk in &others {
        page.line(&format!(
            "  {} · {} — {}",
            sdk.name.get(language),
            sdk.id,
            word(sdk.answer, language)
        ));
    }
    page.title(
        "三、应用可以接触的个人信息",
        "3 Personal information that the app can reach",
        comparison.information.len(),
    );
    for kind in &comparison.information {
        let by = match kind.shown_by {
            "code" => page.pick("代码", "code"),
            COMMON_PERMISSION => page.pick(
                "仅申请普遍使用的权限，不单独作为线索",
                "only a permission that nearly every app requests, no lead by itself",
            ),
            _ => page.pick("仅申请权限", "permission only"),
        };
        let line = format!(
            "  {} · {} · {by}: {} — {}",
            kind.name.get(language),
            kind.id,
            kind.because.join(", "),
            word(kind.answer, language)
        );
        page.line(&line);
        page.quotes(&kind.quotes);
    }
    page.title(
        "四、文本列明、安装包中未发现的SDK",
        "4 SDKs that the texts name and that were not found in this package",
        comparison.absent.len(),
    );
    for absent in &comparison.absent {
        let referenced = if absent.referenced {
            page.pick("（代码引用其类名）", " (the code names its classes)")
        } else {
            ""
        };
        let line = format!(
            "  {} · {}{referenced} — {}",
            absent.name,
            absent.ids.join(", "),
            word(absent.answer, language)
        );
        page.line(&line);
        page.quotes(&absent.quotes);
    }
    page.title(
        "五、清单中数据库未收录的条目（须人工比对）",
        "5 Rows of the list that the data does not know (compare by hand)",
        comparison.unrecognised.len(),
    );
    for row in &comparison.unrecognised {
        page.line(&match language {
            Language::Zh => format!("  {} 第{}行：{}", row.document, row.line, row.name),
            Language::En => format!("  {} line {}: {}", row.document, row.line, row.name),
        });
    }
    page.out.push('\n');
    for note in &comparison.notes {
        page.line(note.get(language));
    }
    page.out
}
