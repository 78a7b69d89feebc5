//! The only place where files are read: each once, hashed once.

use crate::hash::sha256;
use crate::limits::Limits;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// One input file in memory.
#[derive(Clone)]
pub struct Source {
    /// File name without its folder; `-` is called `stdin`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// The v4 signature that lies beside it, `NAME.idsig`.
    pub idsig: Option<Vec<u8>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// An input that could not be read from the disk.
#[derive(Debug)]
pub struct SourceError {
    /// The path as it was given.
    pub path: PathBuf,
    /// What went wrong.
    pub what: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)
    }
}

impl std::error::Error for SourceError {}

impl Source {
    /// A source that is in memory already.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let sha256 = sha256(&bytes);
        Self {
            name: name.into(),
            bytes,
            sha256,
            idsig: None,
        }
    }
}

/// Reads the files of one app: APKs, a bundle, a folder of APKs, or `-` for standard input.
///
/// A folder stands for the APKs and bundles directly in it, in the order of their names. A file
/// `NAME.apk.idsig` beside `NAME.apk` is its v4 signature and is read with it, as `apksigner verify`
/// does with `-v4-signature-file` and as `adb install` finds it.
///
/// # Errors
/// The first path that cannot be read, is too large, or is a folder without an APK.
pub fn open(paths: &[PathBuf], limits: &Limits) -> Result<Vec<Source>, SourceError> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let bytes = bytes(path, &mut io::stdin().lock(), limits.input_bytes)?;
            sources.push(Source::new("stdin", bytes));
        } else if path.is_dir() {
            for member in folder(path)? {
                sources.push(file(&member, limits)?);
            }
        } else {
            sources.push(file(path, limits)?);
        }
    }
    Ok(sources)
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let fail = |what: String| SourceError {
        path: path.to_owned(),
        what,
    };
    let mut members = Vec::new();
    for entry in path.read_dir().map_err(|e| fail(e.to_string()))? {
        let member = entry.map_err(|e| fail(e.to_string()))?.path();
        let extension = member
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if member.is_file() && ["apk", "apks", "xapk", "apkm"].contains(&extension.as_str()) {
            members.push(member);
        }
    }
    members.sort();
    if members.is_empty() {
        Err(fail("a folder without an .apk file".into()))
    } else {
        Ok(members)
    }
}

fn file(path: &Path, limits: &Limits) -> Result<Source, SourceError> {
    let name = path
        .file_name()
        .map_or_else(|| "input".into(), |n| n.to_string_lossy().into_owned());
    let open = |path: &Path| {
        File::open(path).map_err(|e| SourceError {
            path: path.to_owned(),
            what: e.to_string(),
        })
    };
    let bytes = bytes(path, &mut open(path)?, limits.input_bytes)?;
    let mut source = Source::new(name, bytes);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".idsig");
    let beside = PathBuf::from(beside);
    if beside.is_file() {
        let mut file = open(&beside)?;
        source.idsig = Some(self::bytes(&beside, &mut file, limits.idsig_bytes)?);
    }
    Ok(source)
}

/// All bytes of a file, if there are no more than `limit`.
fn bytes(path: &Path, from: &mut dyn Read, limit: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    let fail = |what: String| SourceError {
        path: path.to_owned(),
        what,
    };
    from.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| fail(e.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(fail(format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}
