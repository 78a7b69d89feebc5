//! The least that any audit of an APK has to do: read the file, inflate the
//! entries that an audit looks at, and take SHA-256 of the file and of the
//! entries whose digests stand in a report.
//!
//! `benches/ratio.py` runs it in turn with `permscope audit`. It reads the
//! directory and inflates with the same code, so the difference is what the audit adds.
//!
//! ```text
//! cargo build --release --example floor
//! target/release/examples/floor [--no-hash] app.apk
//! ```

use permscope::container::{Archive, Entry};
use permscope::limits::Limits;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::process::ExitCode;

/// Whether an audit reads the entry, and whether a report holds its digest.
fn job(name: &str) -> Option<bool> {
    let dex = name.starts_with("classes") && name.ends_with(".dex") && !name.contains('/');
    let library = name.starts_with("lib/") && name.ends_with(".so");
    if dex || library || name == "AndroidManifest.xml" {
        Some(true)
    } else {
        (name == "resources.arsc").then_some(false)
    }
}

/// Sum of the sizes, so that no work can be left out by the compiler.
fn run(path: &str, hashing: bool) -> Result<u64, String> {
    let fail = |error: &dyn std::fmt::Display| format!("{path}: {error}");
    let bytes = std::fs::read(path).map_err(|e| fail(&e))?;
    let archive = Archive::open(path, &bytes, &Limits::default()).map_err(|e| fail(&e))?;
    let hash = |bytes: &[u8]| u64::from(hashing && Sha256::digest(bytes)[0] == 0);
    let entry = |(entry, digest): &(&Entry, bool)| {
        let plain = archive.read(entry).unwrap_or_default();
        let hashed = if *digest { hash(&plain) } else { 0 };
        plain.len() as u64 + hashed
    };
    let entries: Vec<(&Entry, bool)> = archive
        .entries()
        .iter()
        .filter_map(|e| job(&e.name).map(|digest| (e, digest)))
        .collect();
    let (file, entries) = rayon::join(
        || bytes.len() as u64 + hash(&bytes),
        || entries.par_iter().map(entry).sum::<u64>(),
    );
    Ok(file + entries)
}

fn main() -> ExitCode {
    let (flags, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let hashing = !flags.iter().any(|f| f == "--no-hash");
    for file in files {
        match run(&file, hashing) {
            // A sum that cannot be: the result is used without printing anything.
            Ok(u64::MAX) => return ExitCode::FAILURE,
            Ok(_) => {}
            Err(error) => {
                let _ = std::io::Write::write_all(&mut std::io::stderr(), error.as_bytes());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
