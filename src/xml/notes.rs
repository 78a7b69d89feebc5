//! Where a binary XML file departs from what the build tools write, so that readers disagree.
//!
//! Android's way is followed; each kind is noted once per document. None of
//! this hides anything: what Android sees was read.

use super::{ANDROID_NS, Attribute, Builder, Text, Value, attrs};
use crate::incident::{Channel, Incident, IncidentCode};
use std::collections::BTreeSet;

/// Kinds of departures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Odd {
    /// An attribute whose name is not that of its resource id.
    Misnamed,
    /// An attribute of the Android namespace without a resource id.
    Unnumbered,
    /// An attribute whose id lies in a package that only the table's library chunk can name.
    ForeignId,
    /// An attribute behind one with a higher id.
    Shadowed,
    /// Two attributes with one id.
    Twice,
    /// An attribute whose text is not what its typed value says.
    TwoValues,
    /// Sizes that the format allows and the build tools do not write.
    Layout,
    /// A second string pool or resource map.
    Repeated,
    /// Chunks of a type that does not belong there.
    Unknown,
    /// An end tag for another element, or for none.
    End,
    /// Elements that are not closed.
    Unclosed,
    /// Elements behind the root.
    Behind,
    /// Android does not read the file at all.
    Refused,
}

/// What was noted of a document.
#[derive(Default)]
pub(super) struct Notes(BTreeSet<Odd>);

impl Notes {
    /// Notes `line`, unless one of its kind was noted before.
    pub(super) fn add(
        &mut self,
        odd: Odd,
        builder: &mut Builder<'_>,
        offset: u64,
        line: impl FnOnce() -> String,
    ) {
        if !self.0.insert(odd) {
            return;
        }
        let code = match odd {
            Odd::Misnamed | Odd::Unnumbered | Odd::ForeignId => IncidentCode::ObfuscatedName,
            _ => IncidentCode::Malformed,
        };
        let incident = Incident::new(code, builder.file, line()).at(offset);
        builder.report(if odd == Odd::ForeignId {
            incident.hiding(Channel::Manifest)
        } else {
            incident
        });
    }

    /// Notes what makes the present Android refuse the file.
    pub(super) fn refused(&mut self, what: &str, builder: &mut Builder<'_>, offset: u64) {
        let line = || format!("{what}: present Android refuses the file; it is read here");
        self.add(Odd::Refused, builder, offset, line);
    }

    /// Notes a chunk that `ResXMLTree` skips.
    pub(super) fn unknown(&mut self, kind: u16, builder: &mut Builder<'_>, offset: u64) {
        let line = || format!("a chunk of type {kind:#06x}, which Android skips");
        self.add(Odd::Unknown, builder, offset, line);
    }

    /// Notes an end tag that does not fit: `XmlBlock.Parser` counts depth and ignores the name.
    pub(super) fn end(&mut self, name: Option<&Text>, builder: &mut Builder<'_>, offset: u64) {
        let line = match (builder.innermost(), name) {
            _ if builder.skipped > 0 => return,
            (None, _) => "an end tag before the root element: Android ignores it".to_owned(),
            (Some(open), Some(name)) if name != open => {
                format!("an end tag of <{name}> that ends <{open}>")
            }
            _ => return,
        };
        self.add(Odd::End, builder, offset, || line);
    }

    /// Notes what is strange about an attribute that stands behind one with the id `highest`.
    pub(super) fn attribute(&mut self, a: &Attribute, highest: u32, builder: &mut Builder<'_>) {
        let id = a.res_id.unwrap_or(0);
        let known = attrs::name_of(id);
        if let Some(known) = known.filter(|known| **known != *a.name) {
            let line = || {
                format!(
                    "an attribute is called {:?}, but its resource id {id:#010x} says {known:?}; ids are believed",
                    a.name
                )
            };
            self.add(Odd::Misnamed, builder, a.offset, line);
        }
        if id == 0 && a.ns.as_deref() == Some(ANDROID_NS) {
            let line = || {
                format!(
                    "attribute android:{} has no resource id: Android does not see it",
                    a.name
                )
            };
            self.add(Odd::Unnumbered, builder, a.offset, line);
        }
        // ResXMLParser::getAttributeNameResID looks ids of other packages up in the
        // DynamicRefTable, where a library chunk can make any of these the framework's.
        if matches!(id >> 24, 0x02..=0x7e) {
            let line = || {
                format!(
                    "an attribute has the resource id {id:#010x}, whose package is named by the resource table; it was not looked up"
                )
            };
            self.add(Odd::ForeignId, builder, a.offset, line);
        }
        if known.is_some() && id < highest {
            let line = || {
                format!(
                    "attribute {:?} stands behind one with a higher resource id: Android does not see it",
                    a.name
                )
            };
            self.add(Odd::Shadowed, builder, a.offset, line);
        }
        if known.is_some() && id == highest {
            let line = || {
                format!(
                    "attribute {:?} stands twice: Android takes the first",
                    a.name
                )
            };
            self.add(Odd::Twice, builder, a.offset, line);
        }
        self.two_values(a, builder);
    }

    /// Android takes the typed value of an attribute with an id (`TypedArray`) and the text of
    /// one without (`XmlBlock.Parser.getAttributeValue`).
    fn two_values(&mut self, a: &Attribute, builder: &mut Builder<'_>) {
        let Some(raw) = &a.raw else { return };
        let differs = match &a.value {
            Value::String(text) => text != raw,
            Value::Bool(value) => match &**raw {
                "true" | "TRUE" | "True" => !value,
                "false" | "FALSE" | "False" => *value,
                _ => false,
            },
            Value::Dec(value) => raw.parse::<i32>().is_ok_and(|written| written != *value),
            _ => false,
        };
        if differs {
            let line = || {
                format!(
                    "attribute {:?} is written {raw:?} and has the value {:?}",
                    a.name,
                    a.value.to_text().unwrap_or_default()
                )
            };
            self.add(Odd::TwoValues, builder, a.offset, line);
        }
    }
}
