//! HTML in which nothing can be written unescaped.
//!
//! Names of elements and attributes are fixed in the program; every text and every value goes through [`escape`].
//! Only style and script, which are files beside this one, are written as they are. What a page may load or run is
//! stated in the page itself: a Content-Security-Policy with the digests of these two.

use crate::report::plain::printable;
use crate::report::words::Languages;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// An attribute.
pub(crate) type Attr<'a> = (&'static str, &'a str);

/// Elements without contents: HTML, section 13.1.2.
const VOID: &[&str] = &["br", "hr", "input", "meta"];

/// Attributes that could run or load something; no page needs one.
const REFUSED: &[&str] = &[
    "style",
    "src",
    "srcset",
    "srcdoc",
    "action",
    "formaction",
    "data",
    "poster",
    "background",
    "ping",
    "xlink:href",
];

/// A page in the making.
#[derive(Debug)]
pub(crate) struct Markup {
    out: String,
    pub(crate) languages: Languages,
}

/// The two files of a page that are not escaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assets {
    pub(crate) style: &'static [&'static str],
    pub(crate) script: &'static [&'static str],
}

impl Markup {
    /// An empty page.
    pub(crate) fn new(languages: Languages) -> Self {
        Self {
            out: String::from("<!doctype html>\n"),
            languages,
        }
    }

    /// The page.
    pub(crate) fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    /// An element with what `inner` writes.
    pub(crate) fn el(
        &mut self,
        name: &'static str,
        attributes: &[Attr<'_>],
        inner: impl FnOnce(&mut Self),
    ) {
        self.out.push('<');
        self.out.push_str(name);
        for &(key, value) in attributes {
            self.attribute(key, value);
        }
        self.out.push('>');
        if VOID.contains(&name) {
            return;
        }
        inner(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        // Lines keep the page readable as text; between these elements white space has no effect.
        if matches!(
            name,
            "tr" | "li" | "section" | "table" | "details" | "header" | "p" | "meta"
        ) {
            self.out.push('\n');
        }
    }

    /// An element with a text.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: &[Attr<'_>], text: &str) {
        self.el(name, attributes, |m| m.text(text));
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str) {
        escape(&mut self.out, text);
    }

    /// Text that an app chose: its direction stays inside.
    pub(crate) fn foreign(&mut self, text: &str) {
        self.leaf("bdi", &[], text);
    }

    fn attribute(&mut self, key: &'static str, value: &str) {
        let refused = key.starts_with("on") || REFUSED.contains(&key);
        if refused || (key == "href" && !is_local(value)) {
            return;
        }
        self.out.push(' ');
        self.out.push_str(key);
        if !value.is_empty() {
            self.out.push_str("=\"");
            escape(&mut self.out, value);
            self.out.push('"');
        }
    }

    /// What stands first in `head`.
    pub(crate) fn policy(&mut self, assets: Assets) {
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            digest(assets.style),
            digest(assets.script)
        );
        self.el("meta", &[("charset", "utf-8")], |_| {});
        let equivalent = ("http-equiv", "Content-Security-Policy");
        self.el("meta", &[equivalent, ("content", &policy)], |_| {});
        let width = "width=device-width, initial-scale=1";
        self.el("meta", &[("name", "viewport"), ("content", width)], |_| {});
        self.el(
            "meta",
            &[("name", "referrer"), ("content", "no-referrer")],
            |_| {},
        );
    }

    /// The style.
    pub(crate) fn style(&mut self, assets: Assets) {
        let text = assets.style.concat();
        let _ = write!(self.out, "<style>{text}</style>");
    }

    /// The script.
    pub(crate) fn script(&mut self, assets: Assets) {
        let text = assets.script.concat();
        let _ = write!(self.out, "<script>{text}</script>");
    }

    /// Data for the script. It is no script itself: nothing runs it, and nothing in it ends the element.
    pub(crate) fn data(&mut self, id: &'static str, value: &impl Serialize) {
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
        let _ = write!(self.out, "<script type=\"application/json\" id=\"{id}\">");
        // Such characters can only stand inside strings.
        for c in json.chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                _ => self.out.push(c),
            }
        }
        self.out.push_str("</script>");
    }
}

/// A place in the page, or the page of a report beside it.
fn is_local(href: &str) -> bool {
    href.starts_with('#') || is_report(href)
}

/// `reports/SHA256.html`, or `reports/SHA256+FUNCTION.html` where a run judged one file by several functions.
pub(crate) fn is_report(path: &str) -> bool {
    let name = path
        .strip_prefix("reports/")
        .and_then(|name| name.strip_suffix(".html"));
    let Some((digest, more)) = name.and_then(|name| name.split_at_checked(64)) else {
        return false;
    };
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_');
    digest.bytes().all(is_hex)
        && (more.is_empty() || more.starts_with('+'))
        && more.bytes().all(is_plain)
}

/// Text for an element or a quoted value.
fn escape(out: &mut String, text: &str) {
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

/// CSP level 3, section 2.3.1: `sha256-` and the digest in base 64.
fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
    }
    format!("sha256-{}", base64(&hash.finalize()))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or_default());
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for (place, shift) in [18_u32, 12, 6, 0].into_iter().enumerate() {
            let letter = usize::try_from((bits >> shift) & 63)
                .ok()
                .and_then(|index| LETTERS.get(index));
            out.push(match letter {
                Some(&letter) if place <= group.len() => char::from(letter),
                _ => '=',
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(write: impl FnOnce(&mut Markup)) -> String {
        let mut markup = Markup::new(Languages::BOTH);
        write(&mut markup);
        let page = markup.finish();
        page.trim_start_matches("<!doctype html>\n")
            .trim_end()
            .to_owned()
    }

    #[test]
    fn text_and_values_cannot_leave_their_place() {
        let hostile = "a\"'><script>&\0\u{202e}";
        assert_eq!(
            page(|m| m.leaf("b", &[("title", hostile)], hostile)),
            "<b title=\"a&quot;&#39;&gt;&lt;script&gt;&amp;\u{fffd}\u{fffd}\">a&quot;&#39;&gt;&lt;script&gt;&amp;\u{fffd}\u{fffd}</b>"
        );
    }

    #[test]
    fn links_lead_to_this_page_or_a_report() {
        let link = |href: &str| page(|m| m.leaf("a", &[("href", href)], ""));
        for more in ["", "+mail-cloud"] {
            let report = format!("reports/{}{more}.html", "0f".repeat(32));
            assert_eq!(link(&report), format!("<a href=\"{report}\"></a>"));
        }
        let script = format!("reports/{}+a/../x.html", "0f".repeat(32));
        assert_eq!(link(&script), "<a></a>");
        assert_eq!(link("#sdks"), "<a href=\"#sdks\"></a>");
        for href in [
            "javascript:alert(1)",
            "//example.com",
            "reports/../../x.html",
            "reports/x.html",
            "",
        ] {
            assert_eq!(link(href), "<a></a>", "{href}");
        }
    }

    #[test]
    fn attributes_that_run_or_load_are_left_out() {
        let attributes = [
            ("onclick", "x()"),
            ("style", "x"),
            ("src", "x"),
            ("id", "x"),
        ];
        assert_eq!(page(|m| m.leaf("b", &attributes, "")), "<b id=\"x\"></b>");
    }

    #[test]
    fn data_cannot_end_its_element() {
        let value = ["</script><!--&\u{2028}"];
        let text = page(|m| m.data("d", &value));
        assert_eq!(
            text,
            r#"<script type="application/json" id="d">["\u003c/script\u003e\u003c!--\u0026\u2028"]</script>"#
        );
        let json = &text["<script type=\"application/json\" id=\"d\">".len()..];
        let json = json.strip_suffix("</script>").unwrap();
        assert_eq!(serde_json::from_str::<[String; 1]>(json).unwrap(), value);
    }

    /// RFC 4648, section 10; the digest of `abc` is of FIPS 180-2, B.1, put into base 64 by coreutils.
    #[test]
    fn digests_are_written_as_a_policy_takes_them() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in examples {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(
            digest(&["a", "bc"]),
            "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        );
    }
}
