//! Charts: bars as SVG, with the figures as text beside them.

use super::markup::Markup;

/// One bar or part of a bar.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    /// Its name in Chinese and English.
    pub(crate) name: (&'a str, &'a str),
    /// How many.
    pub(crate) count: u64,
    /// Class of its look.
    pub(crate) look: &'static str,
}

impl Markup {
    /// Parts of a whole: one bar, and the list that says the same in words.
    pub(crate) fn stacked(&mut self, caption: (&str, &str), parts: &[Part<'_>]) {
        let total: u64 = parts.iter().map(|part| part.count).sum();
        self.el("figure", &[("class", "chart")], |m| {
            m.el("figcaption", &[], |m| m.say(caption.0, caption.1));
            m.svg("0 0 1000 24", |m| {
                let mut at = 0;
                for part in parts {
                    let width = share(part.count, total);
                    m.rect(at, width, part.look);
                    at = at.saturating_add(width);
                }
            });
            m.el("ul", &[("class", "legend")], |m| {
                for part in parts {
                    let class = format!("key {}", part.look);
                    m.el("li", &[], |m| {
                        m.leaf("i", &[("class", &class), ("aria-hidden", "true")], "");
                        m.say(part.name.0, part.name.1);
                        m.text(" ");
                        m.leaf("b", &[], &part.count.to_string());
                    });
                }
            });
        });
    }

    /// Bars one below the other, each with its name and figure.
    pub(crate) fn bars(&mut self, caption: (&str, &str), parts: &[Part<'_>]) {
        let most = parts
            .iter()
            .map(|part| part.count)
            .max()
            .unwrap_or_default();
        self.el("figure", &[("class", "chart")], |m| {
            m.el("figcaption", &[], |m| m.say(caption.0, caption.1));
            m.el("ul", &[("class", "bars")], |m| {
                for part in parts {
                    m.el("li", &[], |m| {
                        m.el("span", &[("class", "name")], |m| {
                            m.say(part.name.0, part.name.1);
                        });
                        m.leaf("b", &[], &part.count.to_string());
                        m.svg("0 0 1000 24", |m| {
                            m.rect(0, share(part.count, most), part.look);
                        });
                    });
                }
            });
        });
    }

    fn svg(&mut self, view: &str, inner: impl FnOnce(&mut Self)) {
        let attributes = [
            ("viewBox", view),
            ("preserveAspectRatio", "none"),
            ("aria-hidden", "true"),
            ("focusable", "false"),
        ];
        self.el("svg", &attributes, inner);
    }

    fn rect(&mut self, x: u64, width: u64, look: &'static str) {
        let (x, width) = (x.to_string(), width.to_string());
        let attributes = [
            ("x", x.as_str()),
            ("width", &width),
            ("height", "24"),
            ("class", look),
        ];
        self.el("rect", &attributes, |_| {});
    }
}

/// Thousandths; what is there at all is seen.
fn share(count: u64, total: u64) -> u64 {
    match count {
        0 => 0,
        _ => count
            .saturating_mul(1000)
            .checked_div(total)
            .unwrap_or_default()
            .max(4),
    }
}
