//! A file that has its name only once it is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Where such a file is written, and what it will be called.
#[derive(Debug)]
pub(super) struct Draft {
    temporary: PathBuf,
    last: PathBuf,
}

impl Draft {
    /// Begins `NAME.tmp` in `folder`; one that is there already is written anew.
    pub(super) fn begin(folder: &Path, name: &str) -> io::Result<(Self, File)> {
        let draft = Self {
            temporary: folder.join(format!("{name}.tmp")),
            last: folder.join(name),
        };
        let file = File::create(&draft.temporary)?;
        Ok((draft, file))
    }

    /// Gives the file its name. It must be on the disk by then, or a power cut could leave a name without contents.
    pub(super) fn keep(self) -> io::Result<()> {
        fs::rename(self.temporary, self.last)
    }
}
