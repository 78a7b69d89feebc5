//! The only place where the files of apps are read: each once, hashed once.

use crate::hash::{self, sha256};
use crate::limits::Limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
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

/// Where an app is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a file, or in the APKs of a folder.
    Path(#[serde(with = "any_path")] PathBuf),
    /// In an archive of apps.
    Member {
        /// The archive.
        #[serde(with = "any_path")]
        archive: PathBuf,
        /// How it is packed.
        kind: ArchiveKind,
        /// Name of the member.
        name: String,
        /// Number of the member in a ZIP archive, place of its bytes in a tar archive.
        at: u64,
        /// Bytes.
        size: u64,
    },
}

/// An archive of apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// ZIP.
    Zip,
    /// tar, not compressed.
    Tar,
}

/// Paths of any bytes, as JSON text where they are UTF-8.
mod any_path {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::path::{Path, PathBuf};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        let wire = match path.to_str() {
            Some(text) => Wire::Text(text.to_owned()),
            None => Wire::Bytes(path.as_os_str().as_encoded_bytes().to_owned()),
        };
        wire.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        match Wire::deserialize(from)? {
            Wire::Text(text) => Ok(text.into()),
            #[cfg(unix)]
            Wire::Bytes(bytes) => {
                use std::os::unix::ffi::OsStringExt;
                Ok(std::ffi::OsString::from_vec(bytes).into())
            }
            #[cfg(not(unix))]
            Wire::Bytes(_) => Err(serde::de::Error::custom("a path that is not Unicode")),
        }
    }
}

/// An input that could not be read from the disk.
#[derive(Debug)]
pub struct SourceError {
    /// The path as it was given.
    pub path: PathBuf,
    /// What went wrong.
    pub what: String,
    /// What kind of trouble it is.
    pub kind: io::ErrorKind,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)
    }
}

impl std::error::Error for SourceError {}

impl SourceError {
    fn io(path: &Path, error: &io::Error) -> Self {
        Self {
            path: path.to_owned(),
            what: error.to_string(),
            kind: error.kind(),
        }
    }
}

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

/// Reads the files of one app from its place.
///
/// # Errors
/// As [`open`].
pub(super) fn open_place(place: &Place, limits: &Limits) -> Result<Vec<Source>, SourceError> {
    match place {
        Place::Path(path) => open(std::slice::from_ref(path), limits),
        Place::Member { archive, name, .. } => {
            let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            let bytes = with_member(place, archive, |from| {
                bytes(archive, from, limits.input_bytes)
            })??;
            Ok(vec![Source::new(name, bytes)])
        }
    }
}

/// SHA-256 of the file at a place, which is not held in memory; `None` for a folder.
///
/// # Errors
/// It cannot be read.
pub(super) fn digest(place: &Place) -> Result<Option<String>, SourceError> {
    let path = match place {
        Place::Path(path) => path,
        Place::Member { archive, .. } => archive,
    };
    let digest = match place {
        Place::Path(path) if path.is_dir() => return Ok(None),
        Place::Path(path) => File::open(path).and_then(|mut file| hash::sha256_of(&mut file)),
        Place::Member { archive, .. } => with_member(place, archive, |from| hash::sha256_of(from))?,
    };
    digest.map(Some).map_err(|e| SourceError::io(path, &e))
}

/// Hands out the bytes of a member of an archive.
fn with_member<T>(
    place: &Place,
    archive: &Path,
    take: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, SourceError> {
    let io = |e: io::Error| SourceError::io(archive, &e);
    let Place::Member { kind, at, size, .. } = place else {
        return Err(io(io::Error::other("no member of an archive")));
    };
    let mut file = File::open(archive).map_err(io)?;
    match kind {
        ArchiveKind::Tar => {
            file.seek(SeekFrom::Start(*at)).map_err(io)?;
            Ok(take(&mut file.take(*size)))
        }
        ArchiveKind::Zip => {
            let other = |e: zip::result::ZipError| io(io::Error::other(e.to_string()));
            let mut zip = zip::ZipArchive::new(file).map_err(other)?;
            let number = usize::try_from(*at).unwrap_or(usize::MAX);
            let mut member = zip.by_index(number).map_err(other)?;
            Ok(take(&mut member))
        }
    }
}

/// Whether a file's name ends like that of an APK or of a bundle of APKs.
pub(super) fn is_named_as_app(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    ["apk", "apks", "xapk", "apkm"].contains(&extension.as_str())
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let fail = |e: io::Error| SourceError::io(path, &e);
    let mut members = Vec::new();
    for entry in path.read_dir().map_err(fail)? {
        let member = entry.map_err(fail)?.path();
        if member.is_file() && is_named_as_app(&member) {
            members.push(member);
        }
    }
    members.sort();
    if members.is_empty() {
        Err(fail(io::Error::other("a folder without an .apk file")))
    } else {
        Ok(members)
    }
}

fn file(path: &Path, limits: &Limits) -> Result<Source, SourceError> {
    let name = path
        .file_name()
        .map_or_else(|| "input".into(), |n| n.to_string_lossy().into_owned());
    let open = |path: &Path| File::open(path).map_err(|e| SourceError::io(path, &e));
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
    from.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| SourceError::io(path, &e))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let what = format!("larger than {limit} bytes");
        return Err(SourceError {
            path: path.to_owned(),
            what,
            kind: io::ErrorKind::FileTooLarge,
        });
    }
    Ok(bytes)
}
