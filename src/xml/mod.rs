//! XML as Android ships it: binary (`AndroidManifest.xml`, `res/xml/*`) and as text, in one tree.
//!
//! [`Document::parse`] tells the two apart. Strings are shared ([`Text`]), and
//! building and dropping a tree takes no stack for its depth.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

pub mod attrs;
mod binary;
#[cfg(test)]
mod hostile_tests;
mod notes;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;

pub use crate::arsc::{Text, Value};
pub use attrs::AndroidAttr;

use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::cmp::Ordering;

/// The namespace of `android:` attributes.
pub const ANDROID_NS: &str = "http://schemas.android.com/apk/res/android";

/// One XML file.
#[derive(Debug)]
pub struct Document {
    /// The root element.
    pub root: Element,
    /// Whether the file was text. Then attributes have no resource ids and all values are strings.
    pub is_text: bool,
    /// What could not be read, or was strange.
    pub incidents: Vec<Incident>,
}

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    /// Namespace URI.
    pub ns: Option<Text>,
    /// Local name.
    pub name: Text,
    /// Line in the source file, as the compiler stored it; in text the line itself.
    pub line: u32,
    /// Offset of the start tag's chunk, or of its `<` in text.
    pub offset: u64,
    /// Attributes in file order.
    pub attributes: Vec<Attribute>,
    /// The first text directly below the element that is not blank, trimmed.
    pub text: Option<Text>,
    /// Child elements in file order.
    pub children: Vec<Element>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Namespace URI.
    pub ns: Option<Text>,
    /// Local name, which may lie about an attribute with a resource id.
    pub name: Text,
    /// Resource id of the name, 0 if it has none; `None` in text, where names count.
    pub res_id: Option<u32>,
    /// The value as it was written, where the compiler kept it.
    pub raw: Option<Text>,
    /// The typed value.
    pub value: Value,
    /// Offset of the attribute.
    pub offset: u64,
}

impl Document {
    /// Reads `data`, the contents of `file` (for incidents, `base.apk!AndroidManifest.xml`).
    ///
    /// # Errors
    /// If there is no root element.
    pub fn parse(data: &[u8], file: &str, limits: &Limits) -> Result<Self, ParseError> {
        if text::is_text(data) {
            text::parse(data, file, limits)
        } else {
            binary::parse(data, file, limits)
        }
    }
}

impl Element {
    /// The attribute that Android finds under `attr`'s resource id, whatever its name.
    ///
    /// As `RetrieveAttributes` (AttributeResolution.cpp), which walks the
    /// attributes and the sorted ids that are asked for side by side, an
    /// attribute that stands behind one with a higher id is not seen, and of
    /// several with one id the first counts. Neither namespace nor name are
    /// looked at, except in text, which has no ids.
    pub fn attr(&self, attr: AndroidAttr) -> Option<&Attribute> {
        let mut highest = 0;
        self.attributes.iter().find(|a| match a.res_id {
            Some(id) => {
                let is_seen = id == attr.id && id >= highest;
                highest = highest.max(id);
                is_seen
            }
            None => a.ns.as_deref() == Some(ANDROID_NS) && &*a.name == attr.name,
        })
    }

    /// The attribute `name` without namespace (`package`, `split`), as `getAttributeValue(null, name)` finds it.
    pub fn plain(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|a| a.ns.is_none() && &*a.name == name)
    }

    /// Child elements called `name`.
    pub fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> + 'e {
        self.children
            .iter()
            .filter(move |child| &*child.name == name)
    }
}

impl Attribute {
    /// The value as text: as written, else as `TypedValue.coerceToString` writes it.
    pub fn to_text(&self) -> Option<String> {
        match &self.raw {
            Some(raw) => Some(raw.to_string()),
            None => self.value.to_text(),
        }
    }
}

/// Takes descendants out one by one: the derived drop would recurse as deep as the tree.
impl Drop for Element {
    fn drop(&mut self) {
        let mut queue = std::mem::take(&mut self.children);
        while let Some(mut element) = queue.pop() {
            queue.append(&mut element.children);
        }
    }
}

/// Adds an incident, up to [`Limits::incidents`]. One that hides something may
/// still follow a crowd of harmless ones: without it the result would look complete.
pub(crate) fn keep_incident(incidents: &mut Vec<Incident>, incident: Incident, limits: &Limits) {
    let limit = if incident.hides.is_some() {
        limits.incidents.saturating_mul(2)
    } else {
        limits.incidents
    };
    match incidents.len().cmp(&limit) {
        Ordering::Less => incidents.push(incident),
        Ordering::Equal => incidents.push(Incident {
            hides: incident.hides,
            ..Incident::new(
                IncidentCode::LimitReached,
                incident.file,
                "more incidents are not listed",
            )
        }),
        Ordering::Greater => {}
    }
}

/// A tree under construction, bounded by [`Limits`].
struct Builder<'l> {
    open: Vec<Element>,
    root: Option<Element>,
    /// Open elements that lie too deep and are not kept.
    skipped: usize,
    nodes: usize,
    full: bool,
    incidents: Vec<Incident>,
    file: &'l str,
    limits: &'l Limits,
}

impl<'l> Builder<'l> {
    fn new(file: &'l str, limits: &'l Limits) -> Self {
        Self {
            open: Vec::new(),
            root: None,
            skipped: 0,
            nodes: 0,
            full: false,
            incidents: Vec::new(),
            file,
            limits,
        }
    }

    /// Name of the innermost open element; `None` if it lies too deep to be kept, or none is open.
    fn innermost(&self) -> Option<&Text> {
        let open = self.open.last().filter(|_| self.skipped == 0);
        open.map(|element| &element.name)
    }

    /// Whether nothing more is taken: the root is closed or a limit is reached.
    fn done(&self) -> bool {
        self.root.is_some() || self.full
    }

    fn report(&mut self, incident: Incident) {
        keep_incident(&mut self.incidents, incident, self.limits);
    }

    fn limit(&mut self, offset: u64, detail: String) {
        self.report(
            Incident::new(IncidentCode::LimitReached, self.file, detail)
                .at(offset)
                .hiding(Channel::Manifest),
        );
    }

    /// Whether `count` more elements or attributes may be kept; otherwise the tree ends here.
    fn take_nodes(&mut self, count: usize, offset: u64) -> bool {
        self.nodes = self.nodes.saturating_add(count);
        if self.nodes > self.limits.xml_nodes {
            self.full = true;
            self.limit(
                offset,
                format!(
                    "more than {} elements and attributes",
                    self.limits.xml_nodes
                ),
            );
        }
        !self.full
    }

    fn start(&mut self, element: Element) {
        if self.skipped > 0 || self.open.len() >= self.limits.xml_depth {
            if self.skipped == 0 {
                self.limit(
                    element.offset,
                    format!("elements nested deeper than {}", self.limits.xml_depth),
                );
            }
            self.skipped = self.skipped.saturating_add(1);
            return;
        }
        self.open.push(element);
    }

    fn text(&mut self, text: &Text) {
        if self.skipped == 0
            && let Some(element) = self.open.last_mut()
            && element.text.is_none()
        {
            let trimmed = text.trim();
            if trimmed.len() == text.len() {
                element.text = (!text.is_empty()).then(|| text.clone());
            } else if !trimmed.is_empty() {
                element.text = Some(Text::from(trimmed));
            }
        }
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped = self.skipped.saturating_sub(1);
            return;
        }
        if let Some(element) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => self.root = Some(element),
            }
        }
    }

    /// Closes what is open, as the platform's parsers do at the end of the document.
    fn finish(mut self, is_text: bool, offset: u64) -> Result<Document, ParseError> {
        self.skipped = 0;
        while !self.open.is_empty() {
            self.end();
        }
        match self.root {
            Some(root) => Ok(Document {
                root,
                is_text,
                incidents: self.incidents,
            }),
            None => Err(ParseError::new(offset, "a root element", "none")),
        }
    }
}
