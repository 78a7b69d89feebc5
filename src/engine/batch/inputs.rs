//! What a run is over: files, folders, patterns, lists and archives, as one list in a fixed order.

use super::BatchError;
use crate::engine::source::{ArchiveKind, Place, is_named_as_app};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How deep folders are followed.
const DEEPEST: usize = 64;

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its path as it was given or found; members of an archive as `archive.zip!path/app.apk`. No two have the same.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Bytes, as the file system or the archive says; of a folder of splits the sum.
    pub size: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The inputs, in order.
    pub all: Vec<Input>,
    /// Files in folders and archives that are no apps by their names and were left out.
    pub ignored: u64,
    taken: BTreeSet<String>,
}

/// Lists what `paths` and the lines of `lists` stand for, in their order.
///
/// A folder stands for the apps in it and below, in the order of their names: files called `.apk`, `.apks`, `.xapk`,
/// `.apkm`, archives called `.zip` or `.tar`, and files without an extension that begin like a ZIP archive. A folder
/// that holds `base.apk` and splits is one app. A `.zip` or `.tar` with apps in it stands for each of them, unless it
/// is an app or a bundle itself. A path that is not there is an input too: it gets a row that says so.
///
/// # Errors
/// A pattern is malformed or matches nothing, a folder cannot be listed, or there is no input at all.
pub fn list(paths: &[PathBuf], lists: &[Vec<u8>]) -> Result<Inputs, BatchError> {
    let mut inputs = Inputs::default();
    for path in paths {
        let exists = fs::symlink_metadata(path).is_ok();
        let pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']));
        match pattern {
            Some(pattern) if !exists => inputs.matching(pattern)?,
            _ => inputs.path(path)?,
        }
    }
    for list in lists {
        for line in list.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                inputs.path(&path_of(line))?;
            }
        }
    }
    if inputs.all.is_empty() {
        return Err(BatchError::usage("there is no app among the inputs"));
    }
    Ok(inputs)
}

/// A line of a list as a path: its bytes, where the system has such paths.
pub(super) fn path_of(line: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        std::ffi::OsStr::from_bytes(line).into()
    }
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(line).into_owned().into()
    }
}

impl Inputs {
    fn matching(&mut self, pattern: &str) -> Result<(), BatchError> {
        let fail = |what: String| BatchError::usage(format!("{pattern}: {what}"));
        let found = glob::glob(pattern).map_err(|e| fail(e.to_string()))?;
        let mut any = false;
        for path in found {
            self.path(&path.map_err(|e| fail(e.to_string()))?)?;
            any = true;
        }
        if any {
            Ok(())
        } else {
            Err(fail("nothing matches".into()))
        }
    }

    /// A path that somebody named: whatever it is, it is an input or a folder of inputs.
    fn path(&mut self, path: &Path) -> Result<(), BatchError> {
        if path.is_dir() {
            self.folder(path, 0)
        } else {
            self.file(path);
            Ok(())
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) -> Result<(), BatchError> {
        let fail = |e: std::io::Error| BatchError::usage(format!("{}: {e}", path.display()));
        if depth > DEEPEST {
            return Err(BatchError::usage(format!(
                "{}: folders deeper than {DEEPEST}",
                path.display()
            )));
        }
        let mut entries = Vec::new();
        for entry in path.read_dir().map_err(fail)? {
            entries.push(entry.map_err(fail)?.path());
        }
        entries.sort();
        if is_split_app(&entries) {
            let size = entries
                .iter()
                .filter(|e| is_named_as_app(e))
                .map(|e| size(e));
            let size = size.fold(0u64, u64::saturating_add);
            self.add(
                path.to_string_lossy().into_owned(),
                Place::Path(path.to_owned()),
                size,
            );
            entries.retain(|entry| !is_named_as_app(entry));
        }
        for entry in entries {
            // A link to a folder may lead back to where it lies.
            let is_link = fs::symlink_metadata(&entry).is_ok_and(|m| m.is_symlink());
            if entry.is_dir() {
                if is_link {
                    self.ignored = self.ignored.saturating_add(1);
                } else {
                    self.folder(&entry, depth.saturating_add(1))?;
                }
            } else if is_candidate(&entry) {
                self.file(&entry);
            } else {
                self.ignored = self.ignored.saturating_add(1);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy().into_owned();
        let members = match extension(path).as_str() {
            "zip" => zip_members(path),
            "tar" => tar_members(path),
            _ => None,
        };
        match members {
            Some((members, ignored)) => {
                self.ignored = self.ignored.saturating_add(ignored);
                for (member, place, size) in members {
                    self.add(format!("{name}!{member}"), place, size);
                }
            }
            None => self.add(name, Place::Path(path.to_owned()), size(path)),
        }
    }

    fn add(&mut self, name: String, place: Place, size: u64) {
        let mut wanted = name.clone();
        let mut number = 2u64;
        while self.taken.contains(&wanted) {
            wanted = format!("{name}#{number}");
            number = number.saturating_add(1);
        }
        self.taken.insert(wanted.clone());
        self.all.push(Input {
            name: wanted,
            place,
            size,
        });
    }
}

fn extension(path: &Path) -> String {
    let extension = path.extension().map(|e| e.to_string_lossy());
    extension.unwrap_or_default().to_ascii_lowercase()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

/// Whether the files of a folder are one app, as `adb pull` and installers leave it.
fn is_split_app(entries: &[PathBuf]) -> bool {
    let named = |test: fn(&str) -> bool| {
        entries.iter().any(|entry| {
            let name = entry.file_name().map(|n| n.to_string_lossy());
            name.is_some_and(|name| test(&name.to_ascii_lowercase()))
        })
    };
    named(|name| name == "base.apk")
        && named(|name| name.starts_with("split_") && name.ends_with(".apk"))
}

/// Whether a file in a folder is taken for an app.
fn is_candidate(path: &Path) -> bool {
    let has_name = is_named_as_app(path) || ["zip", "tar"].contains(&extension(path).as_str());
    if has_name || !path.is_file() {
        // A link to nowhere, a pipe or a device is a row too if it is called like an app.
        return has_name;
    }
    let mut magic = [0u8; 4];
    let begins = |mut file: File| {
        file.read_exact(&mut magic)
            .is_ok_and(|()| magic == *b"PK\x03\x04")
    };
    extension(path).is_empty() && File::open(path).is_ok_and(begins)
}

type Members = (Vec<(String, Place, u64)>, u64);

/// The apps in a ZIP archive; `None` where it is an app or a bundle itself, or is none.
fn zip_members(path: &Path) -> Option<Members> {
    let mut zip = zip::ZipArchive::new(File::open(path).ok()?).ok()?;
    let of_a_bundle = [
        "AndroidManifest.xml",
        "toc.pb",
        "manifest.json",
        "info.json",
        "base.apk",
    ];
    let mut members = Vec::new();
    let mut ignored = 0u64;
    for number in 0..zip.len() {
        let member = zip.by_index_raw(number).ok()?;
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        if of_a_bundle.contains(&name.as_str()) {
            return None;
        }
        if member.is_dir() {
            continue;
        }
        if !is_named_as_app(Path::new(&name)) {
            ignored = ignored.saturating_add(1);
            continue;
        }
        let place = Place::Member {
            archive: path.to_owned(),
            kind: ArchiveKind::Zip,
            name: name.clone(),
            at: u64::try_from(number).ok()?,
            size: member.size(),
        };
        members.push((name, place, member.size()));
    }
    (!members.is_empty()).then_some((members, ignored))
}

/// The apps in a tar archive; `None` where there is none, or it is none.
fn tar_members(path: &Path) -> Option<Members> {
    let mut archive = tar::Archive::new(File::open(path).ok()?);
    let mut members = Vec::new();
    let mut ignored = 0u64;
    for entry in archive.entries_with_seek().ok()? {
        // What stands before the damage is taken; a tar archive has no directory that would tell what is lost.
        let Ok(entry) = entry else {
            ignored = ignored.saturating_add(1);
            break;
        };
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() || !is_named_as_app(Path::new(&name)) {
            ignored = ignored.saturating_add(1);
            continue;
        }
        let place = Place::Member {
            archive: path.to_owned(),
            kind: ArchiveKind::Tar,
            name: name.clone(),
            at: entry.raw_file_position(),
            size: entry.size(),
        };
        members.push((name, place, entry.size()));
    }
    (!members.is_empty()).then_some((members, ignored))
}
