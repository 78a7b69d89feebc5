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

/// Writes the files that `src/signatures/mod.rs` includes.
fn pack() -> Result<(), Vec<String>> {
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from);
    let out = out.ok_or_else(|| vec!["OUT_DIR is not set: cargo runs this".to_owned()])?;
    let tree = load::load(Path::new("signatures")).map_err(|errors| {
        errors
            .iter()
            .map(|e| format!("signatures/{e}"))
            .collect::<Vec<String>>()
    })?;
    write(&out, "digest.txt", tree.digest())?;
    let (blobs, text) = schema::packed::pack(|| {
        let all = postcard::to_allocvec(&tree);
        (all, postcard::to_allocvec(&load::Judging::from(tree.data)))
    });
    let misfit = |e| vec![format!("the signatures cannot be packed: {e}")];
    write(&out, "signatures.bin", blobs.0.map_err(misfit)?)?;
    write(&out, "judging.bin", blobs.1.map_err(misfit)?)?;
    write(&out, "strings.txt", text)
}

fn write(out: &Path, name: &str, content: impl AsRef<[u8]>) -> Result<(), Vec<String>> {
    std::fs::write(out.join(name), content)
        .map_err(|e| vec![format!("the packed signatures cannot be written: {e}")])
}
