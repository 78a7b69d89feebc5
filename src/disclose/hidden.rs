//! Which elements a page hides. Scripts may show them again, so that they are read, and what stands in them alone is
//! said to.

/// Elements without contents.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// The outermost element that is hidden now.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    name: Option<String>,
    depth: usize,
}

impl Hidden {
    /// What stands here is hidden.
    pub(super) fn holds(&self) -> bool {
        self.name.is_some()
    }

    /// Passes a tag.
    pub(super) fn pass(&mut self, name: &str, tag: &str, closes: bool) {
        if let Some(hidden) = self.name.as_deref() {
            if hidden == name && !closes && !ends(hidden, name, closes) {
                self.depth = self.depth.saturating_add(1);
            } else if hidden == name && closes {
                self.depth = self.depth.saturating_sub(1);
            } else if ends(hidden, name, closes) {
                self.depth = 0;
            }
            if self.depth == 0 {
                self.name = None;
            }
        }
        // ECMA-376, part 1, 17.3.2.41: hides the run that it stands in.
        let vanishes = name == "w:vanish" && !tag.contains("\"0\"") && !tag.contains("\"false\"");
        let begins = if vanishes {
            Some("w:r")
        } else if !closes && !VOID.contains(&name) && !name.starts_with("w:") && hides(tag) {
            Some(name)
        } else {
            None
        };
        if let (None, Some(begins)) = (&self.name, begins) {
            self.name = Some(begins.to_owned());
            self.depth = 1;
        }
    }
}

/// Whether another tag ends an element whose end tag may be left out (WHATWG HTML, 13.1.2.4). In doubt it does: what is
/// is hidden is better called seen than the other way round.
fn ends(hidden: &str, name: &str, closes: bool) -> bool {
    let block = || {
        [
            "p", "div", "table", "ul", "ol", "dl", "section", "h1", "h2", "h3", "h4",
        ]
        .contains(&name)
    };
    match hidden {
        "p" => (block() && !closes) || (closes && name != "p" && block()),
        "li" => (name == "li" && !closes) || (closes && ["ul", "ol"].contains(&name)),
        "dt" | "dd" => (["dt", "dd"].contains(&name) && !closes) || (closes && name == "dl"),
        "tr" => (name == "tr" && !closes) || (closes && ["table", "tbody"].contains(&name)),
        "td" | "th" => {
            (["td", "th", "tr"].contains(&name) && !closes)
                || (closes && ["tr", "table"].contains(&name))
        }
        "option" => (name == "option" && !closes) || (closes && name == "select"),
        _ => false,
    }
}

/// Whether the attributes of a tag hide its element.
fn hides(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    let is_name_end = |c: char| c.is_whitespace() || matches!(c, '/' | '>');
    let mut rest = lower
        .find(is_name_end)
        .and_then(|end| lower.get(end..))
        .unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'));
        let Some((name, behind)) = end.map(|end| rest.split_at(end)) else {
            return false;
        };
        let behind = behind.trim_start();
        let value = match behind.strip_prefix('=') {
            None => {
                rest = behind;
                ""
            }
            Some(value) => {
                let value = value.trim_start();
                let (value, behind) = match value.chars().next() {
                    Some(quote @ ('"' | '\'')) => {
                        let inner = value.get(1..).unwrap_or_default();
                        inner.split_once(quote).unwrap_or((inner, ""))
                    }
                    _ => {
                        let end = value.find(|c: char| c.is_whitespace() || c == '>');
                        value.split_at(end.unwrap_or(value.len()))
                    }
                };
                rest = behind;
                value
            }
        };
        let style = || {
            value
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
        };
        match name {
            "" if rest.starts_with('>') || rest.is_empty() => return false,
            "" => rest = rest.get(1..).unwrap_or_default(),
            "hidden" if value != "until-found" => return true,
            "style" => {
                let style = style();
                if style.contains("display:none") || style.contains("visibility:hidden") {
                    return true;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_hide_are_told_from_others() {
        for tag in [
            "<div hidden>",
            "<div class=\"a\" hidden=''>",
            "<p STYLE=\"color:red; Display : none\">",
            "<p style='visibility:hidden'>",
            "<span style=display:none>",
            "<a title=\"x > y\" hidden/>",
        ] {
            assert!(hides(tag), "{tag}");
        }
        for tag in [
            "<div>",
            "<div class=\"hidden\">",
            "<div title='a hidden b'>",
            "<div data-hidden>",
            "<p style='display:block'>",
            "<div hidden=\"until-found\">",
            "<div =>",
            "<div / / >",
            "<div a='",
        ] {
            assert!(!hides(tag), "{tag}");
        }
    }
}
