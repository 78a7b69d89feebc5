//! Reads a `signatures/` tree, all of it, and says what is wrong with every file of it.
//!
//! `build.rs` compiles this file too, beside `schema.rs`: only the standard
//! library, `serde`, `toml` and `sha2` may be used here.

use super::schema::{
    AccessExamples, AccessFile, Categories, Data, Examples, Function, Identity, Implied,
    ImportedFile, Information, Instrument, Marks, Packer, PermissionCatalogue, PermissionFile,
    Reasons, Rule, Sdk, StoreTypes, Table,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs;
use std::path::Path;

/// The largest data file that is read, in bytes: forty times the largest one there is.
const MAX_FILE: u64 = 16 << 20;

/// How deep the tree goes: `sdks/<vendor>/<sdk>.toml`.
const MAX_DEPTH: usize = 3;

/// What is wrong with one data file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadError {
    /// Path below the tree, with `/`.
    pub file: String,
    /// Line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 where the whole file is meant.
    pub column: usize,
    /// What was expected.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(
                f,
                "{}:{}:{}: {}",
                self.file, self.line, self.column, self.message
            )
        }
    }
}

impl std::error::Error for LoadError {}

/// One file of the tree, for the digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path below the tree, with `/`.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the content, lower-case hexadecimal.
    pub sha256: String,
}

/// A tree as read, and the form in which `build.rs` packs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// What `VERSION` says; empty where there is no such file (an overlay).
    pub version: String,
    /// All files, sorted by path.
    pub files: Vec<FileEntry>,
    /// What is in them, sorted by id.
    pub data: Data,
}

impl Tree {
    /// SHA-256 (lower-case hexadecimal) over a line `path NUL size NUL sha256 LF` for each file, sorted by path.
    ///
    /// The same files give the same digest, whether they were built in or laid over.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for file in &self.files {
            hash.update(format!("{}\0{}\0{}\n", file.path, file.size, file.sha256));
        }
        hex(&hash.finalize())
    }

    /// Puts everything in the order that lookups and the digest rely on.
    pub fn sort(&mut self) {
        self.files.sort();
        let d = &mut self.data;
        d.functions.sort_by(|a, b| a.id.cmp(&b.id));
        d.store_types.sort_by(|a, b| a.id.cmp(&b.id));
        d.catalogue.permission.sort_by(|a, b| a.name.cmp(&b.name));
        d.permissions.sort_by(|a, b| a.id.cmp(&b.id));
        d.sdks.sort_by(|a, b| a.id.cmp(&b.id));
        d.packers.sort_by(|a, b| a.id.cmp(&b.id));
        d.law.sort_by(|a, b| a.id.cmp(&b.id));
        d.rules.sort_by(|a, b| a.id.cmp(&b.id));
        d.accesses.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// Lays `over` on top: a file with a path that is already there replaces the old one, others are added.
    #[must_use]
    pub fn overlaid_with(mut self, over: Tree) -> Tree {
        fn put<T>(base: &mut Vec<T>, over: Vec<T>, id: impl Fn(&T) -> &str) {
            base.retain(|old| !over.iter().any(|new| id(new) == id(old)));
            base.extend(over);
        }
        put(&mut self.files, over.files, |f| &f.path);
        let has = |path: &str| self.files.iter().any(|f| f.path == path);
        let (d, o) = (&mut self.data, over.data);
        put(&mut d.functions, o.functions, |x| &x.id);
        put(&mut d.store_types, o.store_types, |x| &x.id);
        put(&mut d.permissions, o.permissions, |x| &x.id);
        put(&mut d.sdks, o.sdks, |x| &x.id);
        put(&mut d.packers, o.packers, |x| &x.id);
        put(&mut d.law, o.law, |x| &x.id);
        put(&mut d.rules, o.rules, |x| &x.id);
        put(&mut d.accesses, o.accesses, |x| &x.id);
        for (base, over) in [
            (&mut d.members, o.members),
            (&mut d.actions, o.actions),
            (&mut d.providers, o.providers),
            (&mut d.hierarchy, o.hierarchy),
        ] {
            if !over.text.is_empty() {
                *base = over;
            }
        }
        // The single files: an empty one cannot be meant.
        if !o.reasons.reason.is_empty() {
            d.reasons = o.reasons;
        }
        if !o.catalogue.permission.is_empty() {
            d.catalogue = o.catalogue;
        }
        if !o.implied.split.is_empty() || !o.implied.feature.is_empty() {
            d.implied = o.implied;
        }
        if !o.information.kind.is_empty() {
            d.information = o.information;
        }
        if !o.categories.category.is_empty() {
            d.categories = o.categories;
        }
        if has("VERSION") && !over.version.is_empty() {
            self.version = over.version;
        }
        self.sort();
        self
    }
}

impl Data {
    /// Empties what only `explain`, the linter and readers of the files look at:
    /// examples, sources, advice, what a clause says beside its wording, and
    /// identities, whose marks are packed apart.
    pub(super) fn drop_what_judging_does_not_read(&mut self) {
        for sdk in &mut self.sdks {
            sdk.source = Vec::new();
            if let Some(observed) = &mut sdk.observed {
                observed.files = Vec::new();
                observed.components = Vec::new();
                observed.meta_data = Vec::new();
            }
            sdk.examples = Examples::default();
            sdk.identity = Identity::default();
            sdk.not_found = Vec::new();
            sdk.website = None;
            sdk.privacy_policy = None;
            sdk.aliases = Vec::new();
        }
        for packer in &mut self.packers {
            packer.source = Vec::new();
            packer.examples = Examples::default();
            packer.identity = Identity::default();
        }
        for rule in &mut self.rules {
            rule.examples = Examples::default();
        }
        for file in &mut self.accesses {
            file.source = Vec::new();
            file.examples = AccessExamples::default();
        }
        for function in &mut self.functions {
            function.source = Vec::new();
            function.example = Vec::new();
            function.notes = Vec::new();
        }
        for permission in &mut self.catalogue.permission {
            permission.note = None;
            permission.vendor = None;
        }
        for instrument in &mut self.law {
            instrument.source = Vec::new();
            instrument.note = None;
            for clause in &mut instrument.clause {
                clause.how = None;
                clause.outside = None;
                clause.signals = Vec::new();
                clause.needs = Vec::new();
                clause.false_positives = Vec::new();
                clause.related = Vec::new();
            }
        }
    }
}

/// What judging needs, as `build.rs` packs it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Judging {
    /// The data without what judging does not read.
    pub data: Data,
    /// Marks of the SDKs, in their order.
    pub sdk_marks: Marks,
    /// Marks of the packers, in their order.
    pub packer_marks: Marks,
}

impl From<Data> for Judging {
    fn from(mut data: Data) -> Judging {
        let sdk_marks = Marks::of(data.sdks.iter().map(|s| &s.identity));
        let packer_marks = Marks::of(data.packers.iter().map(|p| &p.identity));
        data.drop_what_judging_does_not_read();
        Judging {
            data,
            sdk_marks,
            packer_marks,
        }
    }
}

/// Reads the tree below `root`.
///
/// # Errors
/// Every bad file with its first error, sorted by path. One bad file does not hide another.
pub fn load(root: &Path) -> Result<Tree, Vec<LoadError>> {
    let mut paths = Vec::new();
    let mut errors = Vec::new();
    walk(root, "", 0, &mut paths, &mut errors);
    paths.sort();
    let mut tree = Tree::default();
    for path in &paths {
        if let Err(error) = read(root, path).and_then(|text| add(&mut tree, path, &text)) {
            errors.push(error);
        }
    }
    if errors.is_empty() {
        tree.sort();
        Ok(tree)
    } else {
        errors.sort();
        Err(errors)
    }
}

/// Reads one file that is in memory.
pub(super) fn load_one(path: &str, text: &str) -> Result<Tree, LoadError> {
    let mut tree = Tree::default();
    add(&mut tree, path, text)?;
    tree.sort();
    Ok(tree)
}

/// Collects the files below `dir`, as paths below the root. Names that start with a dot, and `*.md` at the top, are left alone.
fn walk(
    root: &Path,
    below: &str,
    depth: usize,
    paths: &mut Vec<String>,
    errors: &mut Vec<LoadError>,
) {
    let entries = match fs::read_dir(root.join(below)) {
        Ok(entries) => entries,
        Err(e) => {
            return errors.push(whole(
                if below.is_empty() { "." } else { below },
                format!("cannot be listed: {e}"),
            ));
        }
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                errors.push(whole(below, format!("cannot be listed: {e}")));
                continue;
            }
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        // A guide for people beside the data is no data, and no part of the digest.
        let guide = below.is_empty() && name.ends_with(".md");
        if name.starts_with('.') || guide {
            continue;
        }
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        // A link to a folder is not followed: it could lead in a circle.
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            if depth + 1 < MAX_DEPTH {
                walk(root, &path, depth + 1, paths, errors);
            } else {
                errors.push(whole(&path, "no folder is expected here".to_owned()));
            }
        } else {
            paths.push(path);
        }
    }
}

fn read(root: &Path, path: &str) -> Result<String, LoadError> {
    let full = root.join(path);
    let size = fs::metadata(&full)
        .map_err(|e| whole(path, format!("cannot be read: {e}")))?
        .len();
    if size > MAX_FILE {
        return Err(whole(
            path,
            format!("{size} bytes; a data file has at most {MAX_FILE}"),
        ));
    }
    let bytes = fs::read(&full).map_err(|e| whole(path, format!("cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|e| {
        whole(
            path,
            format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to()),
        )
    })
}

/// Parses one file into its place.
fn add(tree: &mut Tree, path: &str, text: &str) -> Result<(), LoadError> {
    tree.files.push(FileEntry {
        path: path.to_owned(),
        size: u64::try_from(text.len()).unwrap_or(u64::MAX),
        sha256: hex(&Sha256::digest(text.as_bytes())),
    });
    if path == "VERSION" {
        text.trim().clone_into(&mut tree.version);
        return Ok(());
    }
    let d = &mut tree.data;
    let Some((folder, name)) = path.strip_suffix(".toml").and_then(|p| p.split_once('/')) else {
        return Err(whole(
            path,
            "no data file is expected here (see docs/signatures.md)".to_owned(),
        ));
    };
    match (folder, name) {
        ("functions", "reasons") => d.reasons = parse::<Reasons>(path, text)?,
        ("functions", name) => {
            let x: Function = parse(path, text)?;
            same_id(path, name, &format!("{:02}-{}", x.number, x.id))?;
            d.functions.push(x);
        }
        ("store-types", name) => {
            let x: StoreTypes = parse(path, text)?;
            same_id(path, name, &x.id)?;
            d.store_types.push(x);
        }
        ("imported", "permissions") => d.catalogue = parse::<PermissionCatalogue>(path, text)?,
        ("imported", "apis") => d.members = table(path, text)?,
        ("imported", "intents") => d.actions = table(path, text)?,
        ("imported", "providers") => d.providers = table(path, text)?,
        ("imported", "hierarchy") => d.hierarchy = table(path, text)?,
        ("apis", name) => {
            let mut x: AccessFile = parse(path, text)?;
            if x.id.is_empty() {
                x.id = name.into();
            }
            same_id(path, name, &x.id)?;
            d.accesses.push(x);
        }
        ("permissions", "implied") => d.implied = parse::<Implied>(path, text)?,
        ("permissions", name) => {
            let mut x: PermissionFile = parse(path, text)?;
            if x.id.is_empty() {
                x.id = name.into();
            }
            same_id(path, name, &x.id)?;
            d.permissions.push(x);
        }
        ("information", "kinds") => d.information = parse::<Information>(path, text)?,
        ("information", "categories") => d.categories = parse::<Categories>(path, text)?,
        ("sdks", name) => {
            let x: Sdk = parse(path, text)?;
            same_id(path, name, &x.id)?;
            d.sdks.push(x);
        }
        ("packers", name) => {
            let x: Packer = parse(path, text)?;
            same_id(path, name, &x.id)?;
            d.packers.push(x);
        }
        ("law", name) => {
            let x: Instrument = parse(path, text)?;
            same_id(path, name, &x.id)?;
            d.law.push(x);
        }
        ("rules", name) => {
            let x: Rule = parse(path, text)?;
            same_id(path, name, &x.id)?;
            d.rules.push(x);
        }
        _ => {
            return Err(whole(
                path,
                "no data file is expected here (see docs/signatures.md)".to_owned(),
            ));
        }
    }
    Ok(())
}

/// The id that a file states must be the one that its path says.
fn same_id(path: &str, expected: &str, found: &str) -> Result<(), LoadError> {
    if expected == found {
        Ok(())
    } else {
        Err(whole(
            path,
            format!("the path says `{expected}`, the file `{found}`"),
        ))
    }
}

/// A machine-made table.
fn table(path: &str, text: &str) -> Result<Table, LoadError> {
    let file: ImportedFile = parse(path, text)?;
    Table::try_from(file).map_err(|why| whole(path, why))
}

fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, LoadError> {
    toml::from_str(text).map_err(|e| {
        let before = text.get(..e.span().map_or(0, |s| s.start)).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or("");
        LoadError {
            file: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            message: e.message().to_owned(),
        }
    })
}

fn whole(file: &str, message: String) -> LoadError {
    LoadError {
        file: file.to_owned(),
        line: 0,
        column: 0,
        message,
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    out
}
