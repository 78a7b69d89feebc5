//! Verifies signatures for API levels that are not the manifest's own, for `signatures.py`.
//!
//! Reads lines `PATH<TAB>MIN<TAB>MAX` from standard input; an empty level is the manifest's, or no end. Writes one
//! line of JSON for each: what verifying gave, or `{"error": …}`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a helper of a test script"
)]

use permscope::container::Archive;
use permscope::engine;
use permscope::limits::Limits;
use permscope::signing::{Apk, Known, Levels, schemes};
use std::path::PathBuf;

fn verify(line: &str) -> Result<String, String> {
    let mut fields = line.split('\t');
    let path = PathBuf::from(fields.next().unwrap_or_default());
    let level = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    let (min, max) = (level(fields.next()), level(fields.next()));
    let limits = Limits::default();
    let sources = engine::open(&[path], &limits).map_err(|e| e.to_string())?;
    let facts = engine::facts(&sources, &limits).map_err(|e| e.to_string())?;
    if min.is_none() && max.is_none() {
        let own = facts.signing.first().ok_or("no APK")?;
        return serde_json::to_string(&own.verification).map_err(|e| e.to_string());
    }
    let source = sources.first().ok_or("no file")?;
    let archive = Archive::open(&source.name, &source.bytes, &limits).map_err(|e| e.to_string())?;
    let mut levels = Levels::from(min.unwrap_or(facts.manifest.uses_sdk.min_level()));
    levels.max = max.unwrap_or(levels.max);
    let apk = Apk {
        archive: &archive,
        bytes: &source.bytes,
        levels,
        target_sdk: facts.manifest.uses_sdk.target_level(),
        target_sandbox: facts.manifest.target_sandbox_version.unwrap_or(1),
        idsig: source.idsig.as_deref(),
    };
    let (_, verification) = schemes(apk).finish(&|_| Known::Nothing);
    serde_json::to_string(&verification).map_err(|e| e.to_string())
}

fn main() {
    for line in std::io::stdin().lines() {
        let error = |error: String| serde_json::json!({ "error": error }).to_string();
        println!("{}", verify(&line.unwrap()).unwrap_or_else(error));
    }
}
