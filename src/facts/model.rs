//! Shape of the facts. A change that old readers would misread needs a new [`SCHEMA`].

use super::nested::NestedFact;
use super::start::StartFact;
use super::uses::{MethodFact, OpaqueFact, ScriptFact, UseFact, Walked};
use crate::elf::NativeLib;
use crate::incident::{Channel, Incident};
use crate::package::manifest::Manifest;
use crate::signing::{Certificate, LineageNode, Scheme, SigningBlock, Verification};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the facts' layout.
pub const SCHEMA: &str = "permscope-facts/2";

/// What is known about one app, from its files alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of permscope that extracted them.
    pub tool_version: String,
    /// The files, in the order they were given; members of a bundle behind it.
    pub files: Vec<FileFact>,
    /// Members and files that were left out, and why.
    pub excluded: Vec<ExcludedFile>,
    /// The manifest of base and splits, merged.
    pub manifest: Manifest,
    /// Signers of every APK, by scheme.
    pub signers: Vec<SignerFact>,
    /// Whether the signatures of every APK are right, in the order of the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing: Vec<SigningFact>,
    /// DEX files in class-path order.
    pub dex: Vec<DexFact>,
    /// Classes that the code names and no DEX file defines, platform classes left out; sorted.
    pub referenced: Vec<String>,
    /// What the code uses of what lies outside it, and telling strings; sorted.
    pub uses: Vec<UseFact>,
    /// The methods that [`Facts::uses`] and [`Facts::start`] name; sorted.
    pub methods: Vec<MethodFact>,
    /// By number of a class: the numbers of the classes that it refers to, sorted. Empty where the
    /// references are not known; then every class counts as reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refers: Vec<Vec<u32>>,
    /// Numbers of the classes that something outside the code begins with: the manifest, resources,
    /// service files, native libraries. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<u32>,
    /// Numbers of the classes whose methods do nothing, sorted: they return at once, or have no code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<u32>,
    /// What runs when the app starts; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartFact>,
    /// Names in scripts and snapshots, by entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<ScriptFact>,
    /// Native libraries, sorted by file and entry.
    pub native: Vec<NativeFact>,
    /// Other entries that can identify a library: assets, META-INF, files at the root; sorted, `file!entry`.
    pub assets: Vec<String>,
    /// Entries that hold neither code nor libraries and look encrypted, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opaque: Vec<OpaqueFact>,
    /// DEX files and archives inside the APKs that the platform does not load by itself, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<NestedFact>,
    /// Host names in the strings of the code; sorted.
    pub hosts: Vec<String>,
    /// The limits of the readers that were not the usual ones, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
    /// How much of each channel was read.
    pub coverage: Coverage,
    /// Trouble on the way; sorted.
    pub incidents: Vec<Incident>,
}

/// What a file is in the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// The APK without a split name.
    #[default]
    Base,
    /// A split.
    Split,
    /// A container of APKs.
    Bundle,
}

/// One file of the app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFact {
    /// File name without its folder; members as `bundle.apks!splits/base-master.apk`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// What it is.
    pub role: FileRole,
    /// Name of the split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// SHA-256 of `AndroidManifest.xml`, inflated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<String>,
}

/// A file that is not part of what was judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludedFile {
    /// As in [`FileFact::name`].
    pub name: String,
    /// Why, in English.
    pub reason: String,
}

/// One signer of one APK under one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerFact {
    /// As in [`FileFact::name`].
    pub file: String,
    /// The scheme.
    pub scheme: Scheme,
    /// Entry with the signature, for v1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// First API level that the signer is for (v3 and v3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_sdk: Option<u32>,
    /// Last API level that the signer is for (v3 and v3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sdk: Option<u32>,
    /// Certificates, the signer's own first.
    pub certificates: Vec<Certificate>,
    /// Earlier certificates that were rotated, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<LineageNode>,
}

/// Whether the signatures of one APK are right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningFact {
    /// As in [`FileFact::name`].
    pub file: String,
    /// What verifying gave.
    pub verification: Verification,
    /// What lies in the APK Signing Block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<SigningBlock>,
}

/// One DEX file; one for each member of a DEX 041 container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DexFact {
    /// As in [`FileFact::name`].
    pub file: String,
    /// Entry of the archive.
    pub entry: String,
    /// SHA-256 of the entry, inflated.
    pub sha256: String,
    /// Bytes of the entry, inflated.
    pub size: u64,
    /// Format version (`035`).
    pub version: String,
    /// Number of classes that it defines.
    pub classes: u32,
    /// Number of method references.
    pub methods: u32,
    /// The classes, as Java names; sorted. The first definition on the class path counts.
    pub defines: Vec<String>,
    /// How much of its code was walked.
    #[serde(default)]
    pub walked: Walked,
}

/// One native library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeFact {
    /// As in [`FileFact::name`].
    pub file: String,
    /// Entry of the archive: `lib/arm64-v8a/libfoo.so`.
    pub entry: String,
    /// Bytes, inflated.
    pub size: u64,
    /// SHA-256, inflated; absent where the entry could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What the ELF file says; absent where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elf: Option<NativeLib>,
    /// Telling strings in it: classes as JNI writes them (`android/os/Build`), paths, properties, getters. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// How much of a channel was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All of it.
    Complete,
    /// Not there to be read: the app has none.
    #[default]
    Absent,
    /// A part; what is missing is in the incidents.
    Partial,
    /// Nothing.
    Unreadable,
}

/// State of a channel with the reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelState {
    /// How much was read.
    pub state: State,
    /// Why it is not complete, in English; one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// State of every channel.
pub type Coverage = BTreeMap<Channel, ChannelState>;

impl Facts {
    /// Reads facts that were written as JSON.
    ///
    /// Puts the lists of class names in order, which lookups rely on: whoever
    /// wrote the file may not have kept to it.
    ///
    /// # Errors
    /// What is wrong with the text, or with its layout.
    pub fn read(json: &[u8]) -> Result<Facts, String> {
        let mut facts: Facts =
            serde_json::from_slice(json).map_err(|e| format!("not a facts file: {e}"))?;
        if facts.schema != SCHEMA {
            return Err(format!(
                "facts of layout `{}`, this version reads `{SCHEMA}`",
                facts.schema
            ));
        }
        for dex in &mut facts.dex {
            dex.defines.sort();
        }
        facts.referenced.sort();
        Ok(facts)
    }

    /// Whether one of the DEX files defines a class.
    pub fn defines(&self, class: &str) -> bool {
        let in_dex = |d: &DexFact| d.defines.binary_search_by(|name| name.as_str().cmp(class));
        self.dex.iter().any(|d| in_dex(d).is_ok())
    }

    /// Name of the class with this number: the classes of all DEX files, one file after the other.
    pub fn class_name(&self, number: u32) -> Option<&str> {
        let mut at = usize::try_from(number).ok()?;
        for dex in &self.dex {
            match dex.defines.get(at) {
                Some(name) => return Some(name),
                None => at = at.checked_sub(dex.defines.len())?,
            }
        }
        None
    }

    /// The number of a class: of its first definition on the class path.
    pub fn class_number(&self, name: &str) -> Option<u32> {
        let mut before = 0usize;
        for dex in &self.dex {
            if let Ok(at) = dex
                .defines
                .binary_search_by(|known| known.as_str().cmp(name))
            {
                return u32::try_from(before.checked_add(at)?).ok();
            }
            before = before.checked_add(dex.defines.len())?;
        }
        None
    }

    /// The method that a site is in.
    pub fn method(&self, site: &super::Site) -> Option<&MethodFact> {
        self.methods.get(usize::try_from(site.method).ok()?)
    }

    /// Whether the code names a class that neither the app nor the platform has, as far as all code was read.
    pub fn is_missing(&self, class: &str) -> bool {
        let named = self
            .referenced
            .binary_search_by(|name| name.as_str().cmp(class));
        named.is_ok() && self.state(Channel::Code) == State::Complete
    }

    /// State of one channel.
    pub fn state(&self, channel: Channel) -> State {
        self.coverage
            .get(&channel)
            .map_or(State::Absent, |c| c.state)
    }

    /// Whether every channel was read to the end, so that "not found" can be said.
    ///
    /// Nothing that is looked for depends on who signed the app: a signature that could not be read
    /// or is wrong leaves the rest as it is.
    pub fn complete(&self) -> bool {
        self.coverage
            .iter()
            .filter(|(channel, _)| **channel != Channel::Signers)
            .all(|(_, c)| matches!(c.state, State::Complete | State::Absent))
    }

    /// SHA-256 of the file called `name`.
    pub fn file_sha256(&self, name: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|f| f.name == name)
            .map(|f| f.sha256.as_str())
    }
}
