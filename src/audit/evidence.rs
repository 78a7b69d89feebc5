//! Evidence: what was seen, and where anyone can see it again in the same file.

use crate::detect::{Mark, OwnedCall};
use crate::facts::Facts;
use crate::package::manifest::Place;
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
            file: None,
            entry: None,
            entry_sha256: None,
            path: None,
            class: None,
            method: None,
            offset: None,
            count: None,
            strength: None,
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

    /// The first instruction of an owner that uses a member.
    pub fn call(facts: &Facts, owned: &OwnedCall) -> Self {
        let call = &owned.call;
        let site = call.sites.first();
        let method = site.and_then(|s| facts.method(s));
        let dex = method.and_then(|m| facts.dex.get(usize::try_from(m.dex).ok()?));
        Self {
            file: dex.map(|d| d.file.clone()),
            entry: dex.map(|d| d.entry.clone()),
            entry_sha256: dex.map(|d| d.sha256.clone()),
            class: method.map(|m| m.class.clone()),
            method: method.map(|m| m.name.clone()),
            offset: site.map(|s| s.offset),
            count: (call.count > 1).then_some(call.count),
            owner: Some(owned.owner.as_str().to_owned()),
            ..Self::new(EvidenceKind::Code, call.what.clone())
        }
    }
}
