//! Whole apps from one `app.toml`. The notation is described in `samples/README.md`.

mod build;
pub mod notation;

use super::{ForgeError, Result};
use notation::{About, Document, Expect};

/// The rules that `expect.findings` and `expect.clean_of` may name.
pub const RULES: &[&str] = &[
    "access-at-start",
    "accessibility-service",
    "advertising-id",
    "app-list",
    "autostart-receiver",
    "avoidable-permission",
    "background-location",
    "backup-allowed",
    "cleartext-traffic",
    "device-admin",
    "exact-alarm",
    "full-screen-intent",
    "group-excess",
    "idle-sdk",
    "install-packages",
    "low-target-sdk",
    "missing-max-sdk",
    "not-needed-permission",
    "notification-listener",
    "overlay-window",
    "sdk-only-permission",
    "sensitive-foreground-service",
    "undeclared-request",
    "undeclared-use",
    "undisclosed-use",
    "unused-permission",
    "usage-access",
    "use-beyond-function",
];

/// What `expect.use` may say.
pub const USES: &[&str] = &[
    "used_by_app",
    "used_by_sdk",
    "used_by_unknown",
    "unreached",
    "indicated",
    "no_use_found",
    "not_assessable",
];

/// What `expect.stages` may say.
pub const STAGES: &[&str] = &[
    "referenced",
    "bundled",
    "stub",
    "auto_started",
    "started",
    "used",
];

/// One sample: its notation and what must be found in it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Name of its folder.
    pub name: String,
    /// What it shows.
    pub about: About,
    /// The functions it is judged against; empty if none is declared.
    pub functions: Vec<String>,
    /// `consumer` or `supply`; absent means consumer.
    pub edition: Option<String>,
    /// The truth, made by hand.
    pub expect: Expect,
    document: Document,
}

impl Sample {
    /// Reads one `app.toml`.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let document: Document =
            toml::from_str(text).map_err(|e| ForgeError::new(e.to_string()).within(name))?;
        Ok(Self {
            name: name.to_owned(),
            about: document.about.clone(),
            functions: document
                .function
                .clone()
                .map_or_else(Vec::new, notation::OneOrMany::into_vec),
            edition: document.edition.clone(),
            expect: document.expect.clone(),
            document,
        })
    }

    /// The files, in order: `<name>.apk`; or `base.apk` and `split_<split>.apk`; or the bundle.
    pub fn build(&self) -> Result<Vec<(String, Vec<u8>)>> {
        build::build(&self.name, &self.document).map_err(|e| e.within(&self.name))
    }
}

#[cfg(test)]
mod tests;
