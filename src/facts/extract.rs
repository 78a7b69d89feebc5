//! Package to facts: reads the code, the libraries and the file names of every part.

mod code;
mod collect;
mod constants;
mod entered;
mod files;
mod nested;
mod opaque;
mod parents;
mod plumbing;
mod roots;
mod scripts;
mod signing;
mod size;
mod start;
mod strings;
mod telling;
mod uses;

pub(crate) use plumbing::can_be_kept;
pub(crate) use strings::in_text as hosts_in_text;
pub(crate) use telling::is_telling;

use super::model::{
    ChannelState, Coverage, ExcludedFile, Facts, FileFact, FileRole, SCHEMA, SignerFact, State,
};
use crate::container::Archive;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use crate::package::manifest::Manifest;
use rayon::prelude::*;

/// One APK of an app, opened.
#[derive(Debug)]
pub struct Part<'a> {
    /// As in [`FileFact::name`].
    pub name: String,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Its entries.
    pub archive: Archive<'a>,
    /// Name of the split; `None` for the base.
    pub split: Option<String>,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Option<String>,
    /// The v4 signature that lies beside it.
    pub idsig: Option<&'a [u8]>,
}

/// One app, opened and assembled: what facts are extracted from.
#[derive(Debug, Default)]
pub struct App<'a> {
    /// Bundles that the parts came in.
    pub bundles: Vec<FileFact>,
    /// The APKs, the base first.
    pub parts: Vec<Part<'a>>,
    /// Manifest of base and splits.
    pub manifest: Manifest,
    /// Trouble so far.
    pub incidents: Vec<Incident>,
    /// Files that are not part of what is judged.
    pub excluded: Vec<ExcludedFile>,
}

/// What one part of the package gave.
#[derive(Default)]
struct PartFacts<'a> {
    dex: Vec<code::DexBytes<'a>>,
    native: Vec<super::model::NativeFact>,
    scripts: Vec<super::uses::ScriptFact>,
    services: Vec<String>,
    assets: Vec<String>,
    opaque: Vec<super::uses::OpaqueFact>,
    nested: Vec<super::nested::NestedFact>,
    signers: Vec<SignerFact>,
    signing: super::model::SigningFact,
    incidents: Vec<Incident>,
}

/// Extracts the facts of an app.
pub fn extract(app: App<'_>, limits: &Limits) -> Facts {
    let parts: Vec<PartFacts<'_>> = app
        .parts
        .par_iter()
        .map(|part| read(part, &app.manifest, limits))
        .collect();
    let mut facts = Facts {
        schema: SCHEMA.into(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        files: app.bundles,
        manifest: app.manifest,
        limits: limits
            .changed()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        incidents: app.incidents,
        excluded: app.excluded,
        ..Facts::default()
    };
    for part in &app.parts {
        facts.files.push(FileFact {
            name: part.name.clone(),
            size: part.bytes.len().try_into().unwrap_or(u64::MAX),
            sha256: part.sha256.clone(),
            role: if part.split.is_some() {
                FileRole::Split
            } else {
                FileRole::Base
            },
            split: part.split.clone(),
            manifest_sha256: part.manifest_sha256.clone(),
        });
    }
    let mut dex = Vec::new();
    let mut services = Vec::new();
    for part in parts {
        dex.extend(part.dex);
        services.extend(part.services);
        facts.scripts.extend(part.scripts);
        facts.native.extend(part.native);
        facts.assets.extend(part.assets);
        facts.opaque.extend(part.opaque);
        facts.nested.extend(part.nested);
        facts.signers.extend(part.signers);
        facts.signing.push(part.signing);
        facts.incidents.extend(part.incidents);
    }
    let other_signers = signing::one_signer(&facts);
    facts.incidents.extend(other_signers);
    within(&mut dex, &mut facts.incidents, limits);
    code::read(&dex, &services, &mut facts, limits);
    if facts.dex.is_empty() && facts.manifest.application.has_code != Some(false) {
        // An unreadable DEX file has said so itself.
        if !facts
            .incidents
            .iter()
            .any(|i| i.hides == Some(Channel::Code))
        {
            let name = app
                .parts
                .first()
                .map(|p| p.name.clone())
                .unwrap_or_default();
            let detail = "no classes.dex, and the manifest does not say hasCode=\"false\"";
            facts
                .incidents
                .push(Incident::new(IncidentCode::Missing, name, detail).hiding(Channel::Code));
        }
    }
    facts
        .native
        .sort_by(|a, b| (&a.file, &a.entry).cmp(&(&b.file, &b.entry)));
    facts.assets.sort();
    facts.opaque.sort();
    facts.nested.sort();
    facts
        .scripts
        .sort_by(|a, b| (&a.file, &a.entry).cmp(&(&b.file, &b.entry)));
    if limits.deadline.passed() {
        let detail = "the time for one audit is over; what was not read by then is missing";
        let incident = Incident::new(IncidentCode::LimitReached, "", detail);
        // Whichever reader it stopped: the code takes the most time, and the others say so themselves.
        facts.incidents.push(incident.hiding(Channel::Code));
    }
    size::shorten(&mut facts, limits);
    facts.incidents.sort();
    facts.incidents.dedup();
    // Before some are left out: each may hide a part of a channel.
    facts.coverage = coverage(&facts, &app.parts);
    keep_some(&mut facts.incidents, limits);
    facts
}

/// Leaves out the DEX files that together are more than the limit.
fn within(dex: &mut Vec<code::DexBytes<'_>>, incidents: &mut Vec<Incident>, limits: &Limits) {
    let mut total = 0u64;
    dex.retain(|file| {
        total = total.saturating_add(u64::try_from(file.bytes.len()).unwrap_or(u64::MAX));
        let fits = total <= limits.code_bytes;
        if !fits {
            let name = format!("{}!{}", file.file, file.entry);
            let detail = "more bytes of code than the limit; this file was not read";
            let incident = Incident::new(IncidentCode::LimitReached, name, detail);
            incidents.push(incident.hiding(Channel::Code));
        }
        fits
    });
}

fn read<'a>(part: &'a Part<'_>, manifest: &Manifest, limits: &Limits) -> PartFacts<'a> {
    let mut found = PartFacts {
        incidents: part.archive.incidents().to_vec(),
        ..PartFacts::default()
    };
    found.incidents.extend(part.archive.views());
    let ((), schemes) = rayon::join(
        || files::read(part, limits, &mut found),
        || signing::schemes(part, manifest),
    );
    signing::finish(part, schemes, &mut found);
    found
}

/// Keeps as many incidents as the limit allows, those that hide something first.
fn keep_some(incidents: &mut Vec<Incident>, limits: &Limits) {
    let total = incidents.len();
    let (hiding, harmless): (Vec<_>, Vec<_>) = incidents.drain(..).partition(|i| i.hides.is_some());
    incidents.extend(hiding.into_iter().chain(harmless).take(limits.incidents));
    incidents.sort();
    if let Some(more @ 1..) = total.checked_sub(incidents.len()) {
        incidents.push(Incident::new(
            IncidentCode::LimitReached,
            "",
            format!("{more} more incidents are not listed"),
        ));
    }
}

/// The state of each channel: what there is, less what the incidents hide.
fn coverage(facts: &Facts, parts: &[Part<'_>]) -> Coverage {
    let has = |name: &str| parts.iter().any(|p| p.archive.find(name).is_some());
    let present = [
        (Channel::Archive, true, !parts.is_empty()),
        (Channel::Manifest, true, !facts.manifest.package.is_empty()),
        (Channel::Resources, has("resources.arsc"), true),
        (
            Channel::Code,
            facts.manifest.application.has_code != Some(false),
            !facts.dex.is_empty(),
        ),
        (
            Channel::Native,
            !facts.native.is_empty(),
            facts.native.iter().any(|n| n.elf.is_some()),
        ),
        (Channel::Assets, !facts.assets.is_empty(), true),
        (Channel::Signers, !facts.signers.is_empty(), true),
    ];
    let mut coverage = Coverage::new();
    for (channel, expected, some_read) in present {
        let mut reasons: Vec<String> = facts
            .incidents
            .iter()
            .filter(|i| i.hides == Some(channel))
            .map(|i| format!("{}: {}", i.file, i.detail))
            .collect();
        let more = reasons.len().saturating_sub(REASONS);
        reasons.truncate(REASONS);
        if more > 0 {
            reasons.push(format!("+{more}"));
        }
        let state = match (expected, some_read, reasons.is_empty()) {
            (false, _, true) => State::Absent,
            (_, true, true) => State::Complete,
            (_, true, false) => State::Partial,
            (_, false, _) => State::Unreadable,
        };
        coverage.insert(channel, ChannelState { state, reasons });
    }
    coverage
}

/// Reasons kept for one channel; the rest is counted, and all of them are incidents.
const REASONS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_that_is_not_listed_still_hides_its_channel() {
        let hiding =
            |channel| Incident::new(IncidentCode::Malformed, "a.apk", "broken").hiding(channel);
        let app = App {
            incidents: vec![hiding(Channel::Native), hiding(Channel::Assets)],
            ..App::default()
        };
        let limits = Limits {
            incidents: 1,
            ..Limits::default()
        };
        let facts = extract(app, &limits);
        assert_eq!(facts.state(Channel::Native), State::Unreadable);
        assert_eq!(facts.state(Channel::Assets), State::Partial);
    }
}
