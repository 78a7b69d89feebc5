//! Values of one manifest: resolved through resources, converted as `TypedArray` does, bounded.

use super::walk::{Child, belongs};
use super::{Files, levels};
use crate::arsc::{Config, ResTables, Value};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use crate::package::manifest::Place;
use crate::xml::{AndroidAttr, Attribute, Document, Element};
use std::collections::BTreeSet;

/// Where values that are not in the manifest itself come from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'r, 'a> {
    pub(super) resources: &'r ResTables<'a>,
    /// File name and entries of each part that is used, the base first.
    pub(super) files: &'r [(&'r str, &'r dyn Files)],
    pub(super) limits: &'r Limits,
}

/// What is left of the bounds of one app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    steps: u64,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            steps: limits.resource_steps,
            bytes: limits.manifest_bytes,
        }
    }

    /// Steps of resolving that are left.
    pub(super) fn steps(&mut self) -> &mut u64 {
        &mut self.steps
    }
}

/// An XML file that the manifest names.
pub(super) struct XmlFile {
    /// File name of the APK that holds it.
    pub(super) file: String,
    pub(super) entry: String,
    /// Of the entry, inflated.
    pub(super) sha256: String,
    pub(super) document: Document,
}

/// The reading of one manifest.
pub(super) struct Context<'r, 'a> {
    pub(super) sources: Sources<'r, 'a>,
    /// File name of the APK.
    pub(super) file: &'r str,
    /// `package` of the base.
    pub(super) package: String,
    /// Target level of the app.
    pub(super) target: u32,
    pub(super) budget: Budget,
    pub(super) incidents: Vec<Incident>,
    /// Nothing more is read: a bound is reached.
    pub(super) full: bool,
    is_text: bool,
    unresolved: BTreeSet<u32>,
    /// Offsets of elements that are read as if they stood higher.
    nested: BTreeSet<u64>,
}

impl<'r, 'a> Context<'r, 'a> {
    pub(super) fn new(
        sources: Sources<'r, 'a>,
        file: &'r str,
        is_text: bool,
        budget: Budget,
    ) -> Self {
        Self {
            sources,
            file,
            package: String::new(),
            target: 1,
            budget,
            incidents: Vec::new(),
            full: false,
            is_text,
            unresolved: BTreeSet::new(),
            nested: BTreeSet::new(),
        }
    }

    /// The manifest's name for incidents.
    pub(super) fn entry(&self) -> String {
        format!("{}!{}", self.file, super::MANIFEST)
    }

    pub(super) fn report(&mut self, incident: Incident) {
        crate::xml::keep_incident(&mut self.incidents, incident, self.sources.limits);
    }

    /// An incident at an element that Android ignores or reads in a surprising way.
    pub(super) fn note(&mut self, element: &Element, detail: String) {
        let incident =
            Incident::new(IncidentCode::Malformed, self.entry(), detail).at(element.offset);
        self.report(incident);
    }

    /// Notes an element that stands deeper than it is read.
    pub(super) fn nested(&mut self, child: &Child<'_>, parent: &str) {
        if child.is_nested
            && belongs(child.element, parent)
            && self.nested.len() < self.sources.limits.incidents
        {
            self.nested.insert(child.element.offset);
            let detail = format!(
                "<{}> at {}: Android 11 and later read it as if it stood higher, older ones ignore it",
                child.element.name,
                child.path()
            );
            self.note(child.element, detail);
        }
    }

    /// Whether [`Self::nested`] has noted it.
    pub(super) fn was_nested(&self, element: &Element) -> bool {
        self.nested.contains(&element.offset)
    }

    /// Takes `bytes` from the budget; `false` if there are not so many left.
    pub(super) fn charge(&mut self, bytes: usize) -> bool {
        match self.budget.bytes.checked_sub(bytes) {
            Some(left) => self.budget.bytes = left,
            None => {
                if !self.full {
                    let detail = format!(
                        "a manifest of more than {} bytes when it is written out",
                        self.sources.limits.manifest_bytes
                    );
                    self.report(
                        Incident::new(IncidentCode::LimitReached, self.entry(), detail)
                            .hiding(Channel::Manifest),
                    );
                }
                self.full = true;
            }
        }
        !self.full
    }

    /// Where `element` is written.
    pub(super) fn place(&mut self, element: &Element, path: String) -> Place {
        self.charge(
            path.len()
                .saturating_add(self.file.len())
                .saturating_add(64),
        );
        Place {
            file: self.file.to_owned(),
            path,
            offset: element.offset,
        }
    }

    /// `value` with references followed; `Err` holds the id of one that leads nowhere.
    fn follow(&mut self, value: &Value, offset: u64) -> Result<(Value, Option<usize>), u32> {
        let Some(id) = self.sources.resources.reference(value) else {
            return Ok((value.clone(), None));
        };
        match self
            .sources
            .resources
            .resolve_within(id, &Config::DEVICE, &mut self.budget.steps)
        {
            Some(found) => Ok((found.value, Some(found.table))),
            None => {
                // An array or style has no single value; nothing is lost.
                if !self.sources.resources.is_bag(id) {
                    self.unresolved(id, offset);
                }
                Err(id)
            }
        }
    }

    /// Notes a reference without a value, once for each id.
    ///
    /// Ids of the framework (package 1) are not in the app and hide nothing
    /// of it; with others something of the app is unknown.
    pub(super) fn unresolved(&mut self, id: u32, offset: u64) {
        if self.unresolved.len() > self.sources.limits.incidents || !self.unresolved.insert(id) {
            return;
        }
        if self.unresolved.len() > self.sources.limits.incidents {
            let detail = "more references without a value than are listed";
            let incident = Incident::new(IncidentCode::LimitReached, self.entry(), detail);
            return self.report(incident.hiding(Channel::Resources));
        }
        let (code, detail) = if self.budget.steps == 0 {
            let most = self.sources.limits.resource_steps;
            let detail = format!("more than {most} steps to resolve resources");
            (IncidentCode::LimitReached, detail)
        } else {
            let detail = format!("the reference @{id:#010x} leads to no value");
            (IncidentCode::UnresolvedReference, detail)
        };
        let incident = Incident::new(code, self.entry(), detail).at(offset);
        self.report(if id >> 24 == 1 {
            incident
        } else {
            incident.hiding(Channel::Resources)
        });
    }

    fn keep(&mut self, text: String) -> String {
        self.charge(text.len().saturating_add(32));
        if text.len() <= self.sources.limits.text_bytes {
            return text;
        }
        crate::arsc::pool::shorten(&text, self.sources.limits.text_bytes).to_string()
    }

    /// The text of a value, references resolved; `@0x7f010001` where that is not possible.
    pub(super) fn value_text(&mut self, value: &Value, offset: u64) -> Option<String> {
        let text = match self.follow(value, offset) {
            Ok((value, _)) => value.to_text()?,
            Err(id) => format!("@{id:#010x}"),
        };
        Some(self.keep(text))
    }

    /// An attribute as text (`getNonConfigurationString`, `getString`).
    pub(super) fn text(&mut self, element: &Element, attr: AndroidAttr) -> Option<String> {
        let attribute = element.attr(attr)?;
        self.value_text(&attribute.value, attribute.offset)
    }

    /// An attribute without namespace as text.
    pub(super) fn plain(&mut self, element: &Element, name: &str) -> Option<String> {
        let text = element.plain(name)?.to_text()?;
        Some(self.keep(text))
    }

    /// A string that is written out (`getNonResourceString`): the platform takes no reference here.
    pub(super) fn literal(&mut self, element: &Element, attr: AndroidAttr) -> Option<String> {
        let attribute = element.attr(attr)?;
        let text = attribute.value.as_str().map(str::to_owned);
        if text.is_none() {
            self.note(
                element,
                format!(
                    "{} of <{}> is no string: Android does not take it",
                    attr.name, element.name
                ),
            );
        }
        text.map(|text| self.keep(text))
    }

    /// A string attribute that Android refuses to leave out; empty is left out.
    pub(super) fn required(&mut self, element: &Element, attr: AndroidAttr) -> Option<String> {
        let text = self.text(element, attr).filter(|text| !text.is_empty());
        if text.is_none() {
            self.note(element, format!("<{}> has no {}", element.name, attr.name));
        }
        text
    }

    /// An attribute as the absolute name of a class.
    pub(super) fn class(&mut self, element: &Element, attr: AndroidAttr) -> Option<String> {
        let name = self.text(element, attr).filter(|name| !name.is_empty())?;
        Some(class_name(&self.package, &name))
    }

    /// The value of an attribute, references followed; `None` if it cannot be known.
    pub(super) fn value(&mut self, element: &Element, attr: AndroidAttr) -> Option<Value> {
        let attribute = element.attr(attr)?;
        let value = self.follow(&attribute.value, attribute.offset).ok()?.0;
        // In text a reference is a string.
        if self.is_text
            && value
                .as_str()
                .is_some_and(|text| text.starts_with(['@', '?']))
        {
            return None;
        }
        Some(value)
    }

    /// `getBoolean`.
    pub(super) fn boolean(&mut self, element: &Element, attr: AndroidAttr) -> Option<bool> {
        self.value(element, attr)?.to_bool()
    }

    /// `getInt`; in text XML, names of `names` joined by `|` too.
    pub(super) fn int(
        &mut self,
        element: &Element,
        attr: AndroidAttr,
        names: &[(&str, u32)],
    ) -> Option<u32> {
        let value = self.value(element, attr)?;
        match value.as_str() {
            Some(text) => levels::bits_of_names(text, names).or_else(|| value.to_int()),
            None => value.to_int(),
        }
    }

    /// An integer where the platform looks at the type first (`parseMinOrMaxSdkVersion`): strings do not count.
    pub(super) fn strict_int(&mut self, element: &Element, attr: AndroidAttr) -> Option<u32> {
        let value = self.value(element, attr)?;
        if self.is_text {
            value.to_int()
        } else {
            value.as_int()
        }
    }

    /// `value` of a `resource` attribute as `@type/name`.
    pub(super) fn resource_name(&mut self, attribute: &Attribute) -> Option<String> {
        let text = match self.sources.resources.reference(&attribute.value) {
            Some(id) => match self.sources.resources.name(id) {
                Some((kind, name)) => format!("@{kind}/{name}"),
                None => format!("@{id:#010x}"),
            },
            None => attribute.value.to_text()?,
        };
        Some(self.keep(text))
    }

    /// The XML file that an attribute refers to.
    ///
    /// A file that is missing or cannot be read is an incident that hides [`Channel::Manifest`].
    pub(super) fn xml(&mut self, attribute: &Attribute) -> Option<XmlFile> {
        self.sources.resources.reference(&attribute.value)?;
        let (value, table) = self.follow(&attribute.value, attribute.offset).ok()?;
        let entry = value.as_str()?.to_owned();
        // A file lies in the archive whose table names it.
        let owner = table
            .and_then(|table| self.sources.resources.tables().get(table))
            .map(|table| table.file());
        let owner = owner.and_then(|file| file.strip_suffix(super::TABLE)?.strip_suffix('!'));
        let mine = self
            .sources
            .files
            .iter()
            .find(|(name, _)| owner == Some(*name));
        let found = mine
            .into_iter()
            .chain(self.sources.files)
            .find_map(|(name, files)| Some((*name, files.read(&entry)?)));
        let limits = self.sources.limits;
        let Some((name, bytes)) = found else {
            let detail = "the manifest refers to this file, but it is not there";
            let incident = Incident::new(
                IncidentCode::Missing,
                format!("{}!{entry}", self.file),
                detail,
            );
            self.report(incident.hiding(Channel::Manifest));
            return None;
        };
        let path = format!("{name}!{entry}");
        // A thousand components may name one large file.
        let size = bytes.as_ref().map_or(0, |bytes| bytes.len());
        if !self.charge(size) {
            return None;
        }
        let parsed = bytes.and_then(|bytes| {
            let document = Document::parse(&bytes, &path, limits)?;
            Ok((sha256(&bytes), document))
        });
        match parsed {
            Ok((sha256, mut document)) => {
                for incident in std::mem::take(&mut document.incidents) {
                    self.report(incident);
                }
                Some(XmlFile {
                    file: name.to_owned(),
                    entry: self.keep(entry),
                    sha256,
                    document,
                })
            }
            Err(error) => {
                let incident = Incident::from_error(IncidentCode::Unreadable, path, &error);
                self.report(incident.hiding(Channel::Manifest));
                None
            }
        }
    }
}

/// `ParsingUtils.buildClassName`: a name that starts with a dot, or has none, lies in the package.
pub(super) fn class_name(package: &str, name: &str) -> String {
    if name.starts_with('.') {
        format!("{package}{name}")
    } else if name.contains('.') {
        name.to_owned()
    } else {
        format!("{package}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::class_name;

    #[test]
    fn class_names_are_made_absolute_as_by_build_class_name() {
        for (name, absolute) in [
            (".Main", "org.example.Main"),
            ("Main", "org.example.Main"),
            ("com.other.Main", "com.other.Main"),
            (".ui.Main", "org.example.ui.Main"),
            ("Main$Inner", "org.example.Main$Inner"),
        ] {
            assert_eq!(class_name("org.example", name), absolute);
        }
    }
}
