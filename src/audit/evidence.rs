//! Evidence: what was seen, and where anyone can see it again in the same file.

use crate::detect::{AtStart, Mark, OwnedCall, Shown, Where};
use crate::facts::{
    Facts, FileRole, Manner, MethodFact, Site, StartRoot, StartStack, StartStep, UseFact,
};
use crate::package::manifest::{NetworkSecurity, Place};
use serde::{Deserialize, Serialize};

/// What kind of thing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// An element of the manifest, or of an XML file that it names.
    Manifest,
    /// A class that is defined in the code.
    Class,
    /// A class that the code names and does not define.
    Reference,
    /// An instruction.
    Code,
    /// A native library.
    Native,
    /// Another entry of the archive.
    Entry,
    /// A string of the code.
    String,
}

/// One thing that was seen. Fields that do not apply are absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// What kind of thing.
    pub kind: EvidenceKind,
    /// What was seen, as it stands there.
    pub value: String,
    /// What it comes to, where that is more: the member of the platform behind a subclass or wrapper, with the constant that reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<String>,
    /// File name of the APK; `subject.files` of the report has its SHA-256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Entry of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// SHA-256 of the entry, inflated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_sha256: Option<String>,
    /// Path of the element (`manifest/application/service[3]`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Class of the instruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Method of the instruction, with its descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Byte offset in the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// How many of the kind there are, where only the first is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// `strong` or `weak`, for marks of a library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<String>,
    /// The channel through which something is reached: `method`, `uri`, `receives` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Who wrote the class of the instruction: `app`, the id of an SDK, `unlisted`, `obfuscated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Evidence {
    /// Something without a place.
    pub fn new(kind: EvidenceKind, value: impl Into<String>) -> Self {
        Self {
            kind,
            value: value.into(),
            shows: None,
            file: None,
            entry: None,
            entry_sha256: None,
            path: None,
            class: None,
            method: None,
            offset: None,
            count: None,
            strength: None,
            channel: None,
            owner: None,
        }
    }

    /// An element of a manifest.
    pub fn element(facts: &Facts, at: &Place, value: impl Into<String>) -> Self {
        Self {
            file: Some(at.file.clone()),
            entry: Some("AndroidManifest.xml".into()),
            entry_sha256: facts
                .files
                .iter()
                .find(|f| f.name == at.file)
                .and_then(|f| f.manifest_sha256.clone()),
            path: Some(at.path.clone()),
            offset: Some(at.offset),
            ..Self::new(EvidenceKind::Manifest, value)
        }
    }

    /// The manifest of the base, where something is not written in it.
    pub fn manifest(facts: &Facts, value: impl Into<String>) -> Self {
        // The base, not the bundle that it came in.
        let base = facts.files.iter().find(|f| f.role == FileRole::Base);
        Self {
            file: base.map(|file| file.name.clone()),
            entry: Some("AndroidManifest.xml".into()),
            entry_sha256: base.and_then(|file| file.manifest_sha256.clone()),
            path: Some("manifest".into()),
            ..Self::new(EvidenceKind::Manifest, value)
        }
    }

    /// An element of the network security configuration.
    pub fn network(config: &NetworkSecurity, path: &str, value: impl Into<String>) -> Self {
        Self {
            file: Some(config.file.clone()),
            entry: Some(config.entry.clone()),
            entry_sha256: Some(config.sha256.clone()),
            path: Some(path.into()),
            ..Self::new(EvidenceKind::Manifest, value)
        }
    }

    /// A mark of a library.
    pub fn mark(mark: &Mark) -> Self {
        use crate::detect::MarkKind;
        let kind = match mark.kind {
            MarkKind::Package | MarkKind::Generated => EvidenceKind::Class,
            MarkKind::Component | MarkKind::MetaData | MarkKind::Action => EvidenceKind::Manifest,
            MarkKind::Native => EvidenceKind::Native,
            MarkKind::Asset => EvidenceKind::Entry,
            MarkKind::Host => EvidenceKind::String,
            MarkKind::Reference => EvidenceKind::Reference,
        };
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            file: some(&mark.file),
            entry: some(&mark.entry),
            entry_sha256: mark.entry_sha256.clone(),
            path: mark.path.clone(),
            count: (mark.count > 1).then_some(mark.count),
            strength: Some(if mark.strong { "strong" } else { "weak" }.into()),
            ..Self::new(kind, mark.value.clone())
        }
    }

    /// A place that shows an access; an empty owner is left out.
    pub fn shown(facts: &Facts, shown: &Shown, owner: &str) -> Self {
        let place = Self::place(facts, shown.place);
        let shows = shown.what != place.value;
        Self {
            shows: shows.then(|| shown.what.clone()),
            channel: Some(shown.by.word().to_owned()),
            owner: (!owner.is_empty()).then(|| owner.to_owned()),
            ..place
        }
    }

    /// A place, with what stands there.
    pub fn place(facts: &Facts, place: Where) -> Self {
        match place {
            Where::Code { used, site } => {
                let used = facts.uses.get(used);
                match used.and_then(|u| Some((u, u.sites.get(site)?))) {
                    Some((used, site)) => Self::site(facts, used, site),
                    None => Self::new(EvidenceKind::Code, ""),
                }
            }
            Where::Component(at) => match facts.manifest.components.get(at) {
                Some(component) => {
                    let value = format!("{} {}", component.kind.name(), component.name);
                    Self::element(facts, &component.at, value)
                }
                None => Self::new(EvidenceKind::Manifest, ""),
            },
            Where::Native(at) => {
                let of = facts.native.get(at);
                let of = of.map(|l| (&l.file, &l.entry, l.sha256.as_ref()));
                Self::entry(EvidenceKind::Native, of)
            }
            Where::Script(at) => {
                let of = facts.scripts.get(at);
                let of = of.map(|s| (&s.file, &s.entry, Some(&s.sha256)));
                Self::entry(EvidenceKind::Entry, of)
            }
            Where::Opaque(at) => {
                let of = facts.opaque.get(at);
                Self::entry(EvidenceKind::Entry, of.map(|o| (&o.file, &o.entry, None)))
            }
        }
    }

    /// A whole entry: its file, its name, its digest.
    fn entry(kind: EvidenceKind, of: Option<(&String, &String, Option<&String>)>) -> Self {
        let Some((file, entry, sha256)) = of else {
            return Self::new(kind, "");
        };
        Self {
            file: Some(file.clone()),
            entry: Some(entry.clone()),
            entry_sha256: sha256.cloned(),
            ..Self::new(kind, entry)
        }
    }

    /// One instruction, or a class or method that stands in place of another one.
    fn site(facts: &Facts, used: &UseFact, site: &Site) -> Self {
        let method = facts.method(site);
        let kind = match used.manner {
            Manner::Extends | Manner::Override => EvidenceKind::Class,
            // The first value of a static field is no instruction.
            Manner::Text if method.is_some_and(|m| m.name.is_empty()) => EvidenceKind::String,
            _ => EvidenceKind::Code,
        };
        let value = site.through.as_ref().unwrap_or(&used.what);
        Self {
            kind,
            offset: (site.offset != 0).then_some(site.offset),
            count: (site.count > 1).then_some(site.count),
            ..Self::inside(facts, method, value)
        }
    }

    /// Where the platform begins.
    pub fn root(facts: &Facts, root: &StartRoot) -> Self {
        let component = root
            .component
            .and_then(|at| usize::try_from(at).ok())
            .map(|at| Self::place(facts, Where::Component(at)));
        let place = component.unwrap_or_else(|| {
            let value = format!("application {}", root.class);
            Self::element(facts, &facts.manifest.application.at, value)
        });
        let is_named = place.value.ends_with(&root.class);
        Self {
            shows: (!is_named).then(|| root.class.clone()),
            ..place
        }
    }

    /// Each instruction that leads from the start of the app to a method, the first one first.
    pub fn steps(facts: &Facts, stack: &StartStack<'_>) -> Vec<Self> {
        let method = |number: u32| facts.methods.get(usize::try_from(number).ok()?);
        let pairs = stack.nodes.iter().zip(stack.nodes.iter().skip(1));
        pairs
            .filter_map(|(before, after)| {
                let call = after.from.as_ref()?;
                Some(Self {
                    offset: Some(call.offset),
                    channel: Some(step(call.step).to_owned()),
                    ..Self::inside(facts, method(before.method), &call.names)
                })
            })
            .collect()
    }

    /// The way from the start of the app to a place, with the place itself; an empty owner is left out.
    pub fn way(facts: &Facts, stack: &StartStack<'_>, at: &AtStart, owner: &str) -> Vec<Self> {
        let mut way = Self::steps(facts, stack);
        way.push(Self::shown(facts, &at.shown, owner));
        way
    }

    /// An instruction of a method, without its offset.
    fn inside(facts: &Facts, method: Option<&MethodFact>, value: &str) -> Self {
        let dex = method.and_then(|m| facts.dex.get(usize::try_from(m.dex).ok()?));
        Self {
            file: dex.map(|d| d.file.clone()),
            entry: dex.map(|d| d.entry.clone()),
            entry_sha256: dex.map(|d| d.sha256.clone()),
            class: method.map(|m| m.class.clone()),
            method: method.map(|m| m.name.clone()).filter(|m| !m.is_empty()),
            ..Self::new(EvidenceKind::Code, value)
        }
    }

    /// The first instruction of an owner that uses a member.
    pub fn call(facts: &Facts, owned: &OwnedCall) -> Self {
        let call = &owned.call;
        let place = call.sites.first().map(|site| Self::site(facts, call, site));
        Self {
            count: (call.count > 1).then_some(call.count),
            owner: Some(owned.owner.as_str().to_owned()),
            ..place.unwrap_or_else(|| Self::new(EvidenceKind::Code, call.what.clone()))
        }
    }
}

/// The channel of a step from one method to the next.
fn step(step: StartStep) -> &'static str {
    match step {
        StartStep::Call => "call",
        StartStep::ClassInit => "class-init",
        StartStep::Initializer => "initializer",
        StartStep::Dispatch => "dispatch",
        StartStep::Posted => "posted",
    }
}
