//! The samples of a folder: `<folder>/<name>/app.toml`.

use super::app::Sample;
use super::{ForgeError, Result};
use std::path::Path;

/// All samples of a folder, by name.
pub fn load(folder: &Path) -> Result<Vec<Sample>> {
    let bad = |path: &Path, e: std::io::Error| {
        ForgeError::new(e.to_string()).within(&path.display().to_string())
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| bad(folder, e))? {
        let path = entry.map_err(|e| bad(folder, e))?.path();
        if path.is_dir()
            && let Some(name) = path.file_name().and_then(|n| n.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let mut samples = Vec::new();
    for name in names {
        let path = folder.join(&name).join("app.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| bad(&path, e))?;
        samples.push(Sample::parse(&name, &text)?);
    }
    Ok(samples)
}

#[cfg(test)]
#[path = "samples_tests.rs"]
mod tests;
