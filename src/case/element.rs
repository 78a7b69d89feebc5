//! Evidence in XML files, and those files as text.

use super::look::Seen;
use crate::audit::Evidence;
use crate::limits::Limits;
use crate::report::plain::printable;
use crate::xml::{ANDROID_NS, Attribute, Document, Element, attrs};
use std::collections::BTreeMap;

/// Lines of an element that are shown as evidence.
const SHOWN: usize = 40;

/// One XML file of the app.
pub(super) struct Xml {
    document: Option<Document>,
    problem: String,
}

impl Xml {
    /// Reads a file.
    pub(super) fn open(bytes: &[u8], name: &str, limits: &Limits) -> Self {
        match Document::parse(bytes, name, limits) {
            Ok(document) => Self {
                document: Some(document),
                problem: String::new(),
            },
            Err(error) => Self {
                document: None,
                problem: error.to_string(),
            },
        }
    }

    /// The whole file as text; what could not be read is said in a comment.
    pub(super) fn text(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        match &self.document {
            Some(document) => {
                for incident in &document.incidents {
                    out.push_str(&comment(&incident.detail));
                }
                let lines = lines(&document.root, true, usize::MAX);
                out.extend(lines.iter().flat_map(|line| [line.as_str(), "\n"]));
            }
            None => out.push_str(&comment(&self.problem)),
        }
        out
    }

    /// Looks at one piece of evidence.
    pub(super) fn look(&self, evidence: &Evidence, seen: &mut Seen) {
        let Some(document) = &self.document else {
            let entry = evidence.entry.as_deref().unwrap_or_default();
            seen.wrong("entry", entry, format!("no XML file: {}", self.problem));
            return;
        };
        let element = match (&evidence.path, evidence.offset) {
            (Some(path), offset) => {
                let Some(element) = by_path(&document.root, path) else {
                    return seen.wrong("path", path, "no such element");
                };
                if let Some(said) = offset
                    && said != element.offset
                {
                    let found = format!("{:#x}", element.offset);
                    seen.wrong("offset", format!("{said:#x}"), found);
                }
                element
            }
            (None, Some(said)) => {
                return seen.wrong("offset", format!("{said:#x}"), "no path is given");
            }
            (None, None) => {
                // The first element of that name, where only the file is named.
                let word = evidence.value.split(' ').next().unwrap_or_default();
                let named = walk(&document.root)
                    .into_iter()
                    .map(|(_, element)| element)
                    .find(|element| &*element.name == word);
                if named.is_none() {
                    seen.open.push("value");
                }
                named.unwrap_or(&document.root)
            }
        };
        seen.lines.push(format!("source line {}", element.line));
        seen.lines.extend(lines(element, false, SHOWN));
        value(evidence, element, seen);
    }
}

/// Whether the element holds what the value says: its name, and each word behind it as an attribute.
fn value(evidence: &Evidence, element: &Element, seen: &mut Seen) {
    let mut words = evidence.value.split(' ');
    let name = words.next().unwrap_or_default();
    if name != &*element.name {
        // Marks of libraries have the attribute alone.
        if holds(element, &evidence.value) {
            return;
        }
        let open = evidence.path.is_none() || evidence.strength.is_some();
        if open {
            seen.open.push("value");
        } else {
            seen.wrong("value", &evidence.value, element.name.to_string());
        }
        return;
    }
    let rest = evidence.value.split_once(' ').map_or("", |(_, rest)| rest);
    // A name may hold blanks.
    if !rest.is_empty() && holds(element, rest) {
        return;
    }
    while let Some(word) = words.next() {
        if word == "without" {
            return without(evidence, element, words, seen);
        }
        if !holds(element, word) {
            match (name.starts_with("uses-permission"), named(element)) {
                // Android takes the name of a permission as it stands, unless it is a reference.
                (true, Some(found)) if !found.starts_with('@') => {
                    seen.wrong("value", &evidence.value, format!("{name} {found}"));
                }
                _ => seen.open.push("value"),
            }
            return;
        }
    }
}

/// What is said not to be there: an attribute of the element, an element below it, or an attribute of that one.
fn without<'w>(
    evidence: &Evidence,
    element: &Element,
    words: impl Iterator<Item = &'w str>,
    seen: &mut Seen,
) {
    let mut within = vec![element];
    for word in words {
        let word = word.trim_start_matches("android:");
        let is_attribute = within.iter().any(|element| {
            let mut names = element.attributes.iter().map(name_of);
            names.any(|name| name.trim_start_matches("android:") == word)
        });
        if is_attribute {
            // It may stand there with a value that says nothing.
            return seen.open.push("value");
        }
        within = within
            .iter()
            .flat_map(|element| element.named(word))
            .collect();
    }
    if let Some(there) = within.first() {
        seen.wrong("value", &evidence.value, format!("{} is there", there.name));
    }
}

fn named(element: &Element) -> Option<String> {
    element.attr(attrs::NAME)?.to_text()
}

/// Whether an attribute has the value of `word`, or of `key=value`; a class may be written without its package.
fn holds(element: &Element, word: &str) -> bool {
    let has = |key: Option<&str>, value: &str| {
        element.attributes.iter().any(|attribute| {
            let text = attribute.to_text().unwrap_or_default();
            let short = text.starts_with('.') && value.ends_with(&text);
            (text == value || short || attribute.value.to_text().as_deref() == Some(value))
                && key.is_none_or(|key| name_of(attribute).trim_start_matches("android:") == key)
        })
    };
    if has(None, word) {
        return true;
    }
    word.split_once('=')
        .is_some_and(|(key, value)| has(Some(key.trim_start_matches("android:")), value))
}

/// Every element with its path, in the order of the file. See [`crate::package::manifest::Place::path`].
fn walk(root: &Element) -> Vec<(String, &Element)> {
    let mut all = Vec::new();
    let mut open = vec![(root.name.to_string(), root)];
    while let Some((path, element)) = open.pop() {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut below = Vec::new();
        for child in &element.children {
            let number = seen.entry(&child.name).or_default();
            *number = number.saturating_add(1);
            let path = match *number {
                1 => format!("{path}/{}", child.name),
                n => format!("{path}/{}[{n}]", child.name),
            };
            below.push((path, child));
        }
        open.extend(below.into_iter().rev());
        all.push((path, element));
    }
    all
}

/// The element at a path. Only what lies on the way is looked at.
fn by_path<'d>(root: &'d Element, path: &str) -> Option<&'d Element> {
    let rest = path.strip_prefix(&*root.name)?;
    let mut element = root;
    let mut rest = rest;
    while !rest.is_empty() {
        rest = rest.strip_prefix('/')?;
        // Names may hold anything but are compared whole, the longest first.
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut best: Option<(usize, &Element)> = None;
        for child in &element.children {
            let number = seen.entry(&child.name).or_default();
            *number = number.saturating_add(1);
            let step = match *number {
                1 => child.name.to_string(),
                n => format!("{}[{n}]", child.name),
            };
            let ends = |after: &str| after.is_empty() || after.starts_with('/');
            if rest.strip_prefix(step.as_str()).is_some_and(ends)
                && best.is_none_or(|(length, _)| length < step.len())
            {
                best = Some((step.len(), child));
            }
        }
        let (length, child) = best?;
        element = child;
        rest = rest.get(length..)?;
    }
    Some(element)
}

fn comment(text: &str) -> String {
    format!("<!-- {} -->\n", printable(text).replace("--", "- -"))
}

/// The name under which Android finds an attribute.
fn name_of(attribute: &Attribute) -> String {
    match attribute.res_id.and_then(attrs::name_of) {
        Some(name) => format!("android:{name}"),
        None if attribute.ns.as_deref() == Some(ANDROID_NS) => {
            format!("android:{}", word(&attribute.name))
        }
        None => word(&attribute.name),
    }
}

/// A name that is one in XML text, too.
fn word(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut word: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    word
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}

/// An element as lines of text, at most `most` of them.
fn lines(root: &Element, is_document: bool, most: usize) -> Vec<String> {
    enum Step<'d> {
        Open(usize, &'d Element),
        Close(usize, String),
    }
    let mut out: Vec<String> = Vec::new();
    let mut steps = vec![Step::Open(0, root)];
    let mut is_first = is_document;
    while let Some(step) = steps.pop() {
        if out.len() >= most {
            out.push("…".into());
            break;
        }
        match step {
            Step::Close(depth, name) => {
                out.push(format!("{:1$}</{name}>", "", depth.saturating_mul(2)))
            }
            Step::Open(depth, element) => {
                let name = word(&element.name);
                let mut tag = format!("{:1$}<{name}", "", depth.saturating_mul(2));
                if std::mem::take(&mut is_first) {
                    tag.push_str(&format!(" xmlns:android=\"{ANDROID_NS}\""));
                }
                for attribute in &element.attributes {
                    let value = attribute.to_text().unwrap_or_else(|| "@null".into());
                    tag.push_str(&format!(" {}=\"{}\"", name_of(attribute), escaped(&value)));
                }
                let text = element.text.as_ref().map(|text| escaped(text));
                match (text, element.children.is_empty()) {
                    (None, true) => tag.push_str(" />"),
                    (Some(text), true) => tag.push_str(&format!(">{text}</{name}>")),
                    (text, false) => {
                        tag.push_str(&format!(">{}", text.unwrap_or_default()));
                        steps.push(Step::Close(depth, name));
                        let below = depth.saturating_add(1);
                        let children = element.children.iter().rev();
                        steps.extend(children.map(|child| Step::Open(below, child)));
                    }
                }
                out.push(tag);
            }
        }
    }
    out
}
