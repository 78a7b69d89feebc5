//! Trouble that does not stop the audit, and what it hides.

use crate::error::ParseError;
use serde::{Deserialize, Serialize};

/// What could not be read because of an [`Incident`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Names and sizes of the archive's entries.
    Archive,
    /// `AndroidManifest.xml` and the XML files it names.
    Manifest,
    /// `resources.arsc`: labels and values that the manifest refers to.
    Resources,
    /// DEX bytecode.
    Code,
    /// Native libraries.
    Native,
    /// Other files of the package: assets, properties.
    Assets,
    /// Signer certificates, and whether the signatures are theirs.
    Signers,
}

/// What kind of trouble it was. The names are part of the report's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentCode {
    /// The file is no archive, or its directory cannot be read.
    ArchiveUnreadable,
    /// Android refuses the archive: what it holds cannot be installed as it is.
    NotInstallable,
    /// Other readers than Android see other contents in a file that decides what the app is: manifest, resource
    /// table, code, libraries. Such archives are made, they do not happen.
    ReadersDisagree,
    /// The archive departs from the format in a way that readers disagree about.
    ArchiveAnomaly,
    /// Two entries have one name; Android uses one of them.
    DuplicateEntry,
    /// An entry could not be inflated, or its size or checksum is wrong.
    EntryUnreadable,
    /// A file that the package should have is missing.
    Missing,
    /// A file of a known format breaks its rules in part; the rest was read.
    Malformed,
    /// A file of a known format could not be read at all.
    Unreadable,
    /// A limit of [`crate::limits::Limits`] was reached.
    LimitReached,
    /// A member of a bundle or a split could not be read.
    SplitUnreadable,
    /// A split does not belong to the base (other package or version).
    SplitMismatch,
    /// Code or an archive lies where the loader does not look for it.
    HiddenCode,
    /// An attribute's name does not say what its resource id says.
    ObfuscatedName,
    /// A reference does not lead to a value.
    UnresolvedReference,
    /// A signature is wrong: the file was changed, or was not signed by whom it names.
    SignatureInvalid,
    /// A signature could not be checked, because its kind is not known here.
    SignatureUnchecked,
}

/// One piece of trouble: where, what, and what it makes unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incident {
    /// Which kind of trouble.
    pub code: IncidentCode,
    /// `base.apk` or `base.apk!classes2.dex`: archive and entry, joined by `!`.
    pub file: String,
    /// Byte offset in that file or entry, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// One English line: what was expected, what was found.
    pub detail: String,
    /// What could not be read because of it; `None` where nothing was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hides: Option<Channel>,
}

impl Incident {
    /// An incident without an offset that hides nothing.
    pub fn new(code: IncidentCode, file: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code,
            file: file.into(),
            offset: None,
            detail: detail.into(),
            hides: None,
        }
    }

    /// An incident made of a reader's error; of a limit it is [`IncidentCode::LimitReached`], whatever `code` says.
    pub fn from_error(code: IncidentCode, file: impl Into<String>, error: &ParseError) -> Self {
        let detail = if error.found.is_empty() {
            format!("expected {}", error.expected)
        } else {
            format!("expected {}, found {}", error.expected, error.found)
        };
        Self {
            code: if error.is_limit {
                IncidentCode::LimitReached
            } else {
                code
            },
            file: file.into(),
            offset: Some(error.offset),
            detail,
            hides: None,
        }
    }

    /// The same, at `offset`.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same, hiding what `channel` would have shown.
    #[must_use]
    pub fn hiding(mut self, channel: Channel) -> Self {
        self.hides = Some(channel);
        self
    }
}
