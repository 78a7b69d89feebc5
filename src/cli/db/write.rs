//! Files that `permscope db` reads and writes: skeletons, proposals, facts.

use super::super::{Exit, Stop, print};
use super::limits;
use crate::engine;
use crate::learn::{self, Asked};
use crate::signatures::SignatureDb;
use crate::signatures::skeleton::Skeleton;
use clap::ValueEnum;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum NewKind {
    Sdk,
    Permission,
    Function,
    Rule,
    Packer,
    Law,
}

pub(super) fn new(kind: NewKind, id: &str, dir: &Path, date: Option<String>) -> Result<Exit, Stop> {
    let kind = match kind {
        NewKind::Sdk => Skeleton::Sdk,
        NewKind::Permission => Skeleton::Permission,
        NewKind::Function => Skeleton::Function,
        NewKind::Rule => Skeleton::Rule,
        NewKind::Packer => Skeleton::Packer,
        NewKind::Law => Skeleton::Law,
    };
    let date = date.unwrap_or_else(today);
    let file = kind
        .file(id, &date)
        .map_err(|e| Stop::new(Exit::Usage, e))?;
    if !dir.is_dir() {
        return Err(Stop::new(
            Exit::Usage,
            format!("{}: no such folder", dir.display()),
        ));
    }
    let path = dir.join(&file.path);
    create(&path, &file.text)?;
    print(&format!("{}\n", path.display()))?;
    Ok(Exit::Clean)
}

pub(super) fn learn(
    db: &SignatureDb,
    file: &Path,
    id: Option<String>,
    from: Option<String>,
    date: Option<String>,
    output: Option<PathBuf>,
) -> Result<Exit, Stop> {
    let date = date.unwrap_or_else(today);
    // A wrong id or date is said before a large file is read.
    if let Err(e) = Skeleton::Sdk.file(id.as_deref().unwrap_or("vendor/name"), &date) {
        return Err(Stop::new(Exit::Usage, e));
    }
    let sources =
        engine::open(&[file.to_owned()], &limits()).map_err(|e| Stop::new(Exit::Usage, e))?;
    let source = sources
        .first()
        .ok_or_else(|| Stop::new(Exit::Usage, "no file"))?;
    let seen = learn::read(source, &limits()).map_err(|e| Stop::new(Exit::Incomplete, e))?;
    let asked = Asked {
        id: id.as_deref(),
        from: from.as_deref(),
        date: &date,
    };
    let text = learn::propose(&seen, db, asked);
    match output {
        Some(path) => create(&path, &text)?,
        None => print(&text)?,
    }
    Ok(if seen.problems.is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    })
}

/// Writes a file that is not there yet, with the folders above it.
fn create(path: &Path, text: &str) -> Result<(), Stop> {
    let fail = |e: std::io::Error| Stop::new(Exit::Usage, format!("{}: {e}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    let mut file = fs::File::create_new(path).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)
}

/// Files as they are, folders as the `.json` files directly in them, by name.
pub(super) fn facts_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let fail = |e: std::io::Error| Stop::new(Exit::Usage, format!("{}: {e}", path.display()));
        let mut members = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            let member = entry.map_err(fail)?.path();
            if member.extension().is_some_and(|e| e == "json") {
                members.push(member);
            }
        }
        members.sort();
        files.append(&mut members);
    }
    Ok(files)
}

/// Today in UTC, `YYYY-MM-DD`.
#[allow(
    clippy::disallowed_methods,
    reason = "the date of a source that is looked at now; no report has it"
)]
fn today() -> String {
    let now = std::time::SystemTime::now();
    let since = now
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The day `days` after 1970-01-01 in the proleptic Gregorian calendar.
fn date(days: u64) -> String {
    let leap = |y: u64| (y.is_multiple_of(4) && !y.is_multiple_of(100)) || y.is_multiple_of(400);
    let (mut left, mut year) = (days, 1970);
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

#[cfg(test)]
mod tests {
    /// `date -u -d @… +%F`.
    #[test]
    fn days_are_dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
            (20_818, "2026-12-31"),
            (20_819, "2027-01-01"),
        ] {
            assert_eq!(super::date(days), text);
        }
    }
}
