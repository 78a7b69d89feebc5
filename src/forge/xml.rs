//! A tree of elements from XML text.
//!
//! As much of XML as manifests use: elements, attributes, text, CDATA,
//! comments, processing instructions, character references and the five named
//! entities. Namespace prefixes are resolved through `xmlns:` attributes;
//! `android`, `app` and `tools` are known without.

use super::{ForgeError, Result};
use std::collections::BTreeMap;

/// The namespace of the prefix `android`.
pub const ANDROID: &str = "http://schemas.android.com/apk/res/android";

/// An attribute as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAttribute {
    /// Namespace URI, if it has a prefix.
    pub namespace: Option<String>,
    /// Name without prefix.
    pub name: String,
    /// Value, references resolved.
    pub value: String,
}

/// An element as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextElement {
    /// Name.
    pub name: String,
    /// Attributes in order, without the `xmlns:` ones.
    pub attributes: Vec<TextAttribute>,
    /// Children in order.
    pub children: Vec<TextNode>,
    /// Line of the start tag, from 1.
    pub line: usize,
}

/// A child of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextNode {
    /// An element.
    Element(TextElement),
    /// Text that is not only white space, trimmed.
    Text(String),
}

impl TextElement {
    /// Value of the attribute `name` in no namespace (`None`) or in [`ANDROID`] (`Some`).
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|a| a.namespace.as_deref() == namespace && a.name == name)
            .map(|a| a.value.as_str())
    }

    /// Sets an attribute unless the text has it.
    pub fn set_default(&mut self, namespace: Option<&str>, name: &str, value: &str) {
        if self.get(namespace, name).is_none() {
            self.attributes.push(TextAttribute {
                namespace: namespace.map(str::to_owned),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    /// Child elements called `name`.
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a TextElement> {
        self.children.iter().filter_map(move |node| match node {
            TextNode::Element(e) if e.name == name => Some(e),
            _ => None,
        })
    }
}

/// Parses one document.
pub fn parse(text: &str) -> Result<TextElement> {
    let mut open: Vec<TextElement> = Vec::new();
    let mut spaces: BTreeMap<String, String> = BTreeMap::new();
    for (prefix, uri) in [
        ("android", ANDROID),
        ("app", "http://schemas.android.com/apk/res-auto"),
        ("tools", "http://schemas.android.com/tools"),
    ] {
        spaces.insert(prefix.to_owned(), uri.to_owned());
    }
    let mut rest = text;
    let line_of = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    let mut root = None;
    while !rest.is_empty() {
        let line = line_of(rest);
        let error = |message: String| ForgeError::at(line, message);
        let until = |from: &'_ str, end: &str, what: &str| -> Result<usize> {
            from.find(end)
                .ok_or_else(|| error(format!("{what} has no end")))
        };
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = &after[until(after, "-->", "a comment")? + 3..];
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = &after[until(after, "?>", "a processing instruction")? + 2..];
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let end = until(after, "]]>", "a CDATA section")?;
            add_text(&mut open, after[..end].to_owned());
            rest = &after[end + 3..];
        } else if let Some(after) = rest.strip_prefix("</") {
            let end = until(after, ">", "an end tag")?;
            let name = after[..end].trim();
            let Some(done) = open.pop().filter(|e| e.name == name) else {
                return Err(error(format!("</{name}> closes nothing that is open")));
            };
            close(&mut open, &mut root, done).map_err(error)?;
            rest = &after[end + 1..];
        } else if let Some(after) = rest.strip_prefix('<') {
            let end = tag_end(after).ok_or_else(|| error("a start tag has no end".to_owned()))?;
            let (tag, empty) = match after[..end].strip_suffix('/') {
                Some(tag) => (tag, true),
                None => (&after[..end], false),
            };
            let mut element = start_tag(tag, &mut spaces).map_err(error)?;
            element.line = line;
            rest = &after[end + 1..];
            if empty {
                close(&mut open, &mut root, element).map_err(error)?;
            } else {
                open.push(element);
            }
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let piece = rest[..end].trim();
            if !piece.is_empty() {
                if open.is_empty() {
                    return Err(error("text outside the root element".to_owned()));
                }
                add_text(&mut open, unescape(piece).map_err(error)?);
            }
            rest = &rest[end..];
        }
    }
    if let Some(element) = open.last() {
        return Err(ForgeError::at(
            element.line,
            format!("<{}> is not closed", element.name),
        ));
    }
    root.ok_or_else(|| ForgeError::new("no root element"))
}

fn add_text(open: &mut [TextElement], text: String) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(TextNode::Text(text));
    }
}

fn close(
    open: &mut [TextElement],
    root: &mut Option<TextElement>,
    done: TextElement,
) -> std::result::Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(TextNode::Element(done)),
        None if root.is_some() => return Err("a second root element".to_owned()),
        None => *root = Some(done),
    }
    Ok(())
}

/// The `>` that ends a tag: not one inside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

fn start_tag(
    tag: &str,
    spaces: &mut BTreeMap<String, String>,
) -> std::result::Result<TextElement, String> {
    let name_end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(name_end);
    if name.is_empty() {
        return Err("a tag without a name".to_owned());
    }
    let mut pairs = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let (key, after) = rest
            .split_once('=')
            .ok_or_else(|| format!("an attribute without a value: {rest}"))?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or_else(|| format!("the value of {key} is not quoted"))?;
        let (value, after) = after[1..]
            .split_once(quote)
            .ok_or_else(|| format!("the value of {key} has no end"))?;
        pairs.push((key.trim(), unescape(value)?));
        rest = after;
    }
    for (key, value) in &pairs {
        if let Some(prefix) = key.strip_prefix("xmlns:") {
            spaces.insert(prefix.to_owned(), value.clone());
        }
    }
    let mut element = TextElement {
        name: name.to_owned(),
        ..TextElement::default()
    };
    for (key, value) in pairs {
        if key.starts_with("xmlns") {
            continue;
        }
        let (namespace, name) = match key.split_once(':') {
            Some((prefix, name)) => {
                let uri = spaces
                    .get(prefix)
                    .ok_or_else(|| format!("unknown prefix {prefix}"))?;
                (Some(uri.clone()), name)
            }
            None => (None, key),
        };
        element.attributes.push(TextAttribute {
            namespace,
            name: name.to_owned(),
            value,
        });
    }
    Ok(element)
}

fn unescape(text: &str) -> std::result::Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').ok_or("an & without its ;")?;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let code = match name.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => name.strip_prefix('#').and_then(|n| n.parse().ok()),
                };
                code.and_then(char::from_u32)
                    .ok_or_else(|| format!("unknown entity &{name};"))?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_its_tree() {
        let root = parse(
            "<?xml version='1.0'?>\n<!-- a > b -->\n<manifest xmlns:a='urn:x' package='p'>\n  \
             <uses a:name=\"1 &gt; 0 &#x41;\" android:b='c'/>\n  <t> text <![CDATA[<raw>]]></t>\n</manifest>\n",
        )
        .unwrap();
        assert_eq!((root.name.as_str(), root.line), ("manifest", 3));
        assert_eq!(root.get(None, "package"), Some("p"));
        let uses = root.elements("uses").next().unwrap();
        assert_eq!(uses.line, 4);
        assert_eq!(uses.get(Some("urn:x"), "name"), Some("1 > 0 A"));
        assert_eq!(uses.get(Some(ANDROID), "b"), Some("c"));
        let text = &root.elements("t").next().unwrap().children;
        assert_eq!(
            text[..],
            [
                TextNode::Text("text".into()),
                TextNode::Text("<raw>".into())
            ]
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, message) in [
            ("<a>\n<b></a>", "line 2: </a> closes nothing that is open"),
            ("<a>", "line 1: <a> is not closed"),
            ("\n<a b=c/>", "line 2: the value of b is not quoted"),
            ("<a x:b='c'/>", "line 1: unknown prefix x"),
            ("<a>&nbsp;</a>", "line 1: unknown entity &nbsp;"),
            ("<a/><b/>", "line 1: a second root element"),
            ("", "no root element"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }
}
