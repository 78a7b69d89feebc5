//! The data: schema of the files, loader, overlay, linter, index.
//!
//! `build.rs` packs `signatures/` into the program; [`SignatureDb::builtin`]
//! unpacks it, [`SignatureDb::with_overlay`] lays a folder of the same shape on
//! top. Lookups borrow from the database and never allocate more than a query.

pub mod api;
pub mod check;
mod index;
pub mod inventory;
pub mod judge;
mod lineage;
pub mod load;
pub mod schema;
pub mod skeleton;
pub mod stats;

pub use api::{AccessHit, ProviderPermissions, Span};
pub use judge::{Judgement, NotJudged};

use index::Index;
use load::{FileEntry, Judging, LoadError, Tree};
use schema::{
    CataloguePermission, Clause, Data, Function, InformationKind, Instrument, Marks, Packer,
    PrivacyPermission, Reason, Rule, Sdk, StoreCategory, StoreTypes, Text,
};
use std::path::Path;

/// The tree under `signatures/` as `build.rs` packed it.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/signatures.bin"));
/// What judging needs of it.
static JUDGING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/judging.bin"));
/// The strings of both.
static STRINGS: &str = include_str!(concat!(env!("OUT_DIR"), "/strings.txt"));
/// Its digest.
static DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/digest.txt"));
/// Its version, as in the file.
static VERSION: &str = include_str!("../../signatures/VERSION");

/// How much data there is, for the report's `data.counts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Declared functions, sub-types and the generic one included.
    pub functions: usize,
    /// Permissions of the platform's catalogue.
    pub permissions: usize,
    /// Permissions (and prefixes) whose personal information is described.
    pub privacy_permissions: usize,
    /// Kinds of personal information.
    pub information_kinds: usize,
    /// SDKs.
    pub sdks: usize,
    /// Packers.
    pub packers: usize,
    /// Legal instruments.
    pub instruments: usize,
    /// Their clauses.
    pub clauses: usize,
    /// Finding rules.
    pub rules: usize,
}

/// All data, with lookups.
#[derive(Clone, Debug)]
pub struct SignatureDb {
    /// The data, sorted by id.
    pub data: Data,
    /// What `signatures/VERSION` says: a date like `2026.11.22`.
    pub version: String,
    /// Digest of all files ([`Tree::digest`]).
    pub digest: String,
    files: Vec<FileEntry>,
    index: Index,
    accesses: api::Cell,
    sdk_marks: Marks,
    packer_marks: Marks,
}

/// A permission as the catalogue and the privacy files see it together.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueView<'a> {
    /// The platform's entry; none for a permission that only the privacy files know.
    pub catalogue: Option<&'a CataloguePermission>,
    /// What personal information it opens; by its exact name, else by the longest prefix entry.
    pub privacy: Option<&'a PrivacyPermission>,
}

impl<'a> CatalogueView<'a> {
    /// The name to show: the privacy file's title, else the platform's label.
    #[must_use]
    pub fn title(&self) -> Option<&'a Text> {
        self.privacy
            .map(|p| &p.title)
            .or(self.catalogue.map(|c| &c.label))
            .filter(|t| !t.zh.is_empty() || !t.en.is_empty())
    }

    /// Its group: `android.permission-group.LOCATION`, or one of ours (`APPS`).
    #[must_use]
    pub fn group(&self) -> Option<&'a str> {
        let platform = self.catalogue.and_then(|c| c.group.as_deref());
        platform.or(self.privacy.and_then(|p| p.group.as_deref()))
    }
}

/// The protection of a permission over a range of API levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection<'a> {
    /// First API level of the range.
    pub from: u32,
    /// Last API level of the range that was looked at; a later level than this means "not known to have changed".
    pub to: u32,
    /// Base level: `normal`, `dangerous`, `signature`, `signatureOrSystem`, `internal`.
    pub base: &'a str,
    /// Flags, joined by `|`: `privileged|appop`; empty where there are none.
    pub flags: &'a str,
}

impl<'a> Protection<'a> {
    /// Parses `"23-36 dangerous|instant"`.
    ///
    /// Shape as in [`CataloguePermission::protection`]; `None` where it is not of that shape.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Protection<'a>> {
        let (range, level) = text.split_once(' ')?;
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (base, flags) = level.split_once('|').unwrap_or((level, ""));
        let known = [
            "normal",
            "dangerous",
            "signature",
            "signatureOrSystem",
            "internal",
        ]
        .contains(&base);
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (known && from <= to && !flags.contains(' ')).then_some(Protection {
            from,
            to,
            base,
            flags,
        })
    }
}

impl SignatureDb {
    /// The data that is built in.
    ///
    /// # Errors
    /// Never with a blob that this crate's `build.rs` has written.
    pub fn builtin() -> Result<SignatureDb, LoadError> {
        builtin_tree().map(SignatureDb::from_tree)
    }

    /// The built-in data without [`Self::files`] and what else no report shows
    /// (examples, sources, identities …): read in a third of the time.
    ///
    /// # Errors
    /// As [`Self::builtin`].
    pub fn for_judging() -> Result<SignatureDb, LoadError> {
        let Judging {
            data,
            sdk_marks,
            packer_marks,
        } = unpack(JUDGING)?;
        Ok(SignatureDb {
            index: Index::new(&data),
            accesses: api::Cell::new(),
            data,
            sdk_marks,
            packer_marks,
            version: VERSION.trim().to_owned(),
            digest: DIGEST.to_owned(),
            files: Vec::new(),
        })
    }

    /// The built-in data with the tree below `dir` laid on top: a file there
    /// replaces the file of the same path, or is added.
    ///
    /// # Errors
    /// All bad files of the overlay; and, where all can be read, everything in
    /// which [`check::check`] finds the whole at fault.
    pub fn with_overlay(dir: &Path) -> Result<SignatureDb, Vec<LoadError>> {
        let base = builtin_tree().map_err(|e| vec![e])?;
        let db = SignatureDb::from_tree(base.overlaid_with(load::load(dir)?));
        let complaints = check::check(&db);
        if complaints.is_empty() {
            Ok(db)
        } else {
            Err(complaints
                .into_iter()
                .map(check::Complaint::into_error)
                .collect())
        }
    }

    /// The tree below `dir` alone, unchecked. For the linter and for tests.
    ///
    /// # Errors
    /// All bad files.
    pub fn from_dir(dir: &Path) -> Result<SignatureDb, Vec<LoadError>> {
        load::load(dir).map(SignatureDb::from_tree)
    }

    /// One data file alone, unchecked: `path` is the one below the tree, which says what the file is.
    ///
    /// # Errors
    /// The file is bad.
    pub fn of_text(path: &str, text: &str) -> Result<SignatureDb, LoadError> {
        load::load_one(path, text).map(SignatureDb::from_tree)
    }

    fn from_tree(tree: Tree) -> SignatureDb {
        let digest = tree.digest();
        let index = Index::new(&tree.data);
        SignatureDb {
            sdk_marks: Marks::of(tree.data.sdks.iter().map(|s| &s.identity)),
            packer_marks: Marks::of(tree.data.packers.iter().map(|p| &p.identity)),
            data: tree.data,
            version: tree.version,
            digest,
            files: tree.files,
            index,
            accesses: api::Cell::new(),
        }
    }

    /// Marks of the SDKs, by their position in the data.
    #[must_use]
    pub fn sdk_marks(&self) -> &Marks {
        &self.sdk_marks
    }

    /// Marks of the packers, by their position in the data.
    #[must_use]
    pub fn packer_marks(&self) -> &Marks {
        &self.packer_marks
    }

    /// All files of the data, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// How much there is.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let d = &self.data;
        Counts {
            functions: d.functions.len(),
            permissions: d.catalogue.permission.len(),
            privacy_permissions: d.permissions.iter().map(|f| f.permission.len()).sum(),
            information_kinds: d.information.kind.len(),
            sdks: d.sdks.len(),
            packers: d.packers.len(),
            instruments: d.law.len(),
            clauses: d.law.iter().map(|i| i.clause.len()).sum(),
            rules: d.rules.len(),
        }
    }

    /// A function by id, number, Chinese or English name (with or without 类) or alias.
    ///
    /// Case, spaces, `-`, `_`, `/` and `·` do not matter.
    #[must_use]
    pub fn function(&self, query: &str) -> Option<&Function> {
        self.data.functions.get(self.index.function(query)?)
    }

    /// Categories of app stores by key or name; `store/category` asks one store only.
    #[must_use]
    pub fn store_category(&self, query: &str) -> Vec<(&StoreTypes, &StoreCategory)> {
        let (store, wanted) = match query.split_once('/') {
            Some((store, name)) if self.data.store_types.iter().any(|s| s.id == store) => {
                (Some(store), name)
            }
            _ => (None, query),
        };
        let wanted = index::normal(wanted);
        let stores = self
            .data
            .store_types
            .iter()
            .filter(|s| store.is_none_or(|id| s.id == id));
        stores
            .flat_map(|s| s.category.iter().map(move |c| (s, c)))
            .filter(|(_, c)| {
                std::iter::once(&c.key)
                    .chain(&c.names)
                    .any(|name| index::normal(name) == wanted)
            })
            .collect()
    }

    /// What is known about a permission; `None` where nothing is.
    #[must_use]
    pub fn permission(&self, name: &str) -> Option<CatalogueView<'_>> {
        let list = &self.data.catalogue.permission;
        let exact = list
            .binary_search_by(|p| p.name.as_str().cmp(name))
            .ok()
            .and_then(|i| list.get(i));
        let catalogue = exact.or_else(|| self.index.star(&self.data, name));
        let privacy = self.index.privacy(&self.data, name);
        (catalogue.is_some() || privacy.is_some()).then_some(CatalogueView { catalogue, privacy })
    }

    /// The protection of a permission at an API level.
    ///
    /// A level beyond the last one that was looked at gets that one's answer
    /// ([`Protection::to`] tells), unless the permission was removed before.
    #[must_use]
    pub fn protection_at(&self, name: &str, api_level: u32) -> Option<Protection<'_>> {
        let entry = self.permission(name)?.catalogue?;
        let mut found = None;
        for range in entry
            .protection
            .iter()
            .filter_map(|p| Protection::parse(p))
            .filter(|p| p.from <= api_level)
        {
            found = (range.to >= api_level || entry.removed_after.is_none()).then_some(range);
        }
        found
    }

    /// The group of a permission, the platform's or ours.
    #[must_use]
    pub fn group(&self, permission: &str) -> Option<&str> {
        self.permission(permission)?.group()
    }

    /// A clause with its instrument.
    #[must_use]
    pub fn clause(&self, id: &str) -> Option<(&Instrument, &Clause)> {
        self.index.clause(&self.data, id)
    }

    /// An instrument.
    #[must_use]
    pub fn instrument(&self, id: &str) -> Option<&Instrument> {
        by_id(&self.data.law, id, |x| &x.id)
    }

    /// An SDK.
    #[must_use]
    pub fn sdk(&self, id: &str) -> Option<&Sdk> {
        by_id(&self.data.sdks, id, |x| &x.id)
    }

    /// A rule.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        by_id(&self.data.rules, id, |x| &x.id)
    }

    /// A packer.
    #[must_use]
    pub fn packer(&self, id: &str) -> Option<&Packer> {
        by_id(&self.data.packers, id, |x| &x.id)
    }

    /// A kind of personal information.
    #[must_use]
    pub fn information(&self, id: &str) -> Option<&InformationKind> {
        self.data.information.kind.get(id)
    }

    /// A reason for a tier.
    #[must_use]
    pub fn reason(&self, id: &str) -> Option<&Reason> {
        self.data.reasons.reason.get(id)
    }

    /// What the declared functions need a permission for.
    #[must_use]
    pub fn tier<'a>(&'a self, functions: &[&'a Function], permission: &str) -> Judgement<'a> {
        judge::tier(self, functions, permission)
    }

    /// The data of a folder, unchecked, for the tools of those who edit it: a tree with a
    /// `VERSION` stands for itself, any other folder is laid over the built-in data.
    ///
    /// # Errors
    /// All bad files.
    pub fn of_folder(dir: &Path) -> Result<SignatureDb, Vec<LoadError>> {
        if dir.join("VERSION").is_file() {
            return SignatureDb::from_dir(dir);
        }
        let base = builtin_tree().map_err(|e| vec![e])?;
        Ok(SignatureDb::from_tree(base.overlaid_with(load::load(dir)?)))
    }
}

fn builtin_tree() -> Result<Tree, LoadError> {
    unpack(PACKED)
}

fn unpack<T: serde::Deserialize<'static>>(packed: &'static [u8]) -> Result<T, LoadError> {
    schema::packed::unpack_from(STRINGS);
    postcard::from_bytes(packed).map_err(|e| LoadError {
        file: "(built in)".to_owned(),
        line: 0,
        column: 0,
        message: format!("the packed signatures do not fit this program: {e}"),
    })
}

fn by_id<'a, T>(list: &'a [T], id: &str, key: impl Fn(&T) -> &str) -> Option<&'a T> {
    list.binary_search_by(|x| key(x).cmp(id))
        .ok()
        .and_then(|i| list.get(i))
}

#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod tests;
