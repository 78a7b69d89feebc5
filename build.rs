//! Packs `signatures/` into one blob, and fails with file, line and column where a data file is bad.

use std::path::{Path, PathBuf};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the library, which uses all of it"
)]
#[path = "src/signatures/load.rs"]
mod load;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the library, which uses all of it"
)]
#[path = "src/signatures/schema/mod.rs"]
mod schema;

fn main() {
    for path in [
        "signatures",
        "build.rs",
        "src/signatures/load.rs",
        "src/signatures/schema",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    for error in pack().err().unwrap_or_default() {
        // Each one stops the build.
        println!("cargo::error={error}");
    }
}

/// Writes the blob that `src/signatures/mod.rs` includes.
fn pack() -> Result<(), Vec<String>> {
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let out = out.ok_or_else(|| vec!["OUT_DIR is not set: cargo runs this".to_owned()])?;
    let tree = load::load(Path::new("signatures")).map_err(|errors| {
        errors
            .iter()
            .map(|e| format!("signatures/{e}"))
            .collect::<Vec<String>>()
    })?;
    let blob = serde_json::to_vec(&tree)
        .map_err(|e| vec![format!("the signatures cannot be packed: {e}")])?;
    std::fs::write(out.join("signatures.json"), blob)
        .map_err(|e| vec![format!("the packed signatures cannot be written: {e}")])
}
