//! Packs `signatures/` into one blob, and fails with file, line and column where a data file is bad.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
#[path = "src/signatures/schema.rs"]
mod schema;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=signatures");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/signatures/load.rs");
    println!("cargo:rerun-if-changed=src/signatures/schema.rs");
    let Some(out) = std::env::var_os("OUT_DIR").map(PathBuf::from) else {
        eprintln!("OUT_DIR is not set: build.rs is run by cargo");
        return ExitCode::FAILURE;
    };
    match load::load(Path::new("signatures")) {
        Ok(tree) => match serde_json::to_vec(&tree)
            .map(|blob| std::fs::write(out.join("signatures.json"), blob))
        {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(e)) => fail(&format!("the packed signatures cannot be written: {e}")),
            Err(e) => fail(&format!("the signatures cannot be packed: {e}")),
        },
        Err(errors) => {
            for error in &errors {
                eprintln!("error: signatures/{error}");
            }
            fail(&format!(
                "{} bad data files under signatures/",
                errors.len()
            ))
        }
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}
