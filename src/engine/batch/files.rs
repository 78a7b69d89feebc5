//! The files of a run's folder: written beside their place and renamed, so that a file is whole or not there.

use crate::hash::hex;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Inflated bytes of a file of facts. Facts end below 100 MB; whoever changed them on the disk may want more.
const MOST_BYTES: u64 = 2 << 30;

/// Ending of a file that is being written.
const UNFINISHED: &str = ".tmp";

/// Name of the facts of an app in its folder.
pub(super) fn facts_name(sha256: &str) -> String {
    format!("{sha256}.json.gz")
}

/// A path with something behind its name.
pub(super) fn with(stem: &Path, ending: &str) -> PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Writes a file and puts it in its place, over the one that was there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, |to| to.write_all(bytes))
}

/// Writes a file piece by piece and puts it in its place.
pub(super) fn replace_by(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let unfinished = with(path, &format!(".{}{UNFINISHED}", std::process::id()));
    let mut to = BufWriter::new(File::create(&unfinished)?);
    write(&mut to)?;
    to.flush()?;
    drop(to);
    fs::rename(&unfinished, path)
}

/// The same for a file in gzip's format, without a time in it.
pub(super) fn replace_compressed(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    replace_by(path, |to| {
        let mut packed = BufWriter::new(GzEncoder::new(to, Compression::fast()));
        write(&mut packed)?;
        let packed = packed
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        packed.finish().map(|_| ())
    })
}

/// All bytes of a file, inflated if its name ends in `.gz`.
pub(super) fn read_compressed(path: &Path) -> io::Result<Vec<u8>> {
    let file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    let mut from: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    from.by_ref().take(MOST_BYTES).read_to_end(&mut bytes)?;
    if from.read(&mut [0])? > 0 {
        return Err(io::Error::other(format!("more than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Removes what an interrupted run left unfinished.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.ends_with(UNFINISHED)) && path.is_file() {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// SHA-256 of what is written through it.
#[derive(Debug, Default)]
pub(super) struct Hashed(Sha256);

impl Hashed {
    pub(super) fn add(&mut self, text: &str) {
        self.0.update(text.as_bytes());
    }

    pub(super) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}
