//! A case on the disk.

use super::Files;
use super::note::{Kind, Note};
use crate::limits::Limits;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Folders inside each other; a case has one level.
const DEPTH: usize = 4;

/// Writes a case into a folder that is new or empty; nothing is overwritten.
///
/// # Errors
/// The folder holds something, or cannot be written.
pub fn write(folder: &Path, files: &Files) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        let what = "the folder is not empty";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        file.write_all(bytes)?;
    }
    Ok(())
}

/// Reads a case. What is no plain file is noted and not followed.
///
/// # Errors
/// The folder or a file cannot be read, or it holds more than a case can.
pub fn read(folder: &Path, limits: &Limits) -> io::Result<(Files, Vec<Note>)> {
    let mut files = Files::new();
    let mut notes = Vec::new();
    let mut left = limits.case_bytes;
    let mut open: Vec<(PathBuf, String, usize)> = vec![(folder.to_owned(), String::new(), 0)];
    let too_much = || io::Error::other("more than a case can hold");
    while let Some((path, prefix, depth)) = open.pop() {
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() && depth < DEPTH {
                open.push((entry.path(), format!("{name}/"), depth.saturating_add(1)));
            } else if kind.is_file() {
                if files.len() >= limits.case_files {
                    return Err(too_much());
                }
                let mut bytes = Vec::new();
                let file = fs::File::open(entry.path())?;
                file.take(left.saturating_add(1)).read_to_end(&mut bytes)?;
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                left = left.checked_sub(length).ok_or_else(too_much)?;
                files.insert(name, bytes);
            } else {
                let (zh, en) = ("不是普通文件", "not a plain file");
                notes.push(Note::new(Kind::Differs, name, zh, en));
            }
        }
    }
    Ok((files, notes))
}
