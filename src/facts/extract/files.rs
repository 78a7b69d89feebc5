//! What lies in one APK: DEX files, libraries, and the names of everything else.

use super::code::DexBytes;
use super::{Part, PartFacts, nested, opaque, scripts};
use crate::container::Entry;
use crate::elf::Framework;
use crate::facts::model::NativeFact;
use crate::facts::uses::{OpaqueFact, ScriptFact};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use rayon::prelude::*;

pub(super) fn read<'a>(part: &'a Part<'_>, limits: &Limits, found: &mut PartFacts<'a>) {
    let (mut dex, mut native, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let (mut resources, mut drawn) = (Vec::new(), Vec::new());
    for entry in part.archive.entries().iter().filter(|e| !e.is_directory()) {
        // A second entry of the same name is not the one that is used.
        if part
            .archive
            .find(&entry.name)
            .is_none_or(|used| used.header_offset != entry.header_offset)
        {
            continue;
        }
        if let Some(number) = dex_number(&entry.name) {
            dex.push((number, entry));
        } else if entry.name.starts_with("lib/") && entry.name.ends_with(".so") {
            native.push(entry);
        } else if is_asset(&entry.name) {
            found.assets.push(format!("{}!{}", part.name, entry.name));
            others.push(entry);
        } else if is_raw_resource(&entry.name) {
            resources.push(entry);
        } else if !APK_FILES.contains(&entry.name.as_str()) {
            drawn.push(entry);
        }
    }
    dex.sort_by_key(|(number, _)| *number);
    if let Some(more @ 1..) = dex.len().checked_sub(limits.dex_files) {
        dex.truncate(limits.dex_files);
        let detail = format!("{more} more DEX files than the limit were not read");
        let incident = Incident::new(IncidentCode::LimitReached, &part.name, detail);
        found.incidents.push(incident.hiding(Channel::Code));
    }
    gaps(part, &dex, found);
    // Together, so that no core waits for the last DEX file while libraries are left.
    let (code, libraries) = rayon::join(
        || -> Vec<_> {
            dex.par_iter()
                .map(|(_, entry)| read_dex(part, entry))
                .collect()
        },
        || -> Vec<_> {
            native
                .par_iter()
                .map(|entry| read_native(part, entry, limits))
                .collect()
        },
    );
    for (dex, incidents) in code {
        found.dex.extend(dex);
        found.incidents.extend(incidents);
    }
    for (fact, script, incidents) in libraries {
        found.native.push(fact);
        found.scripts.extend(script);
        found.incidents.extend(incidents);
    }
    let scripts: Vec<_> = others
        .par_iter()
        .filter(|entry| scripts::is_script(&entry.name))
        .map(|entry| read_script(part, entry, limits))
        .collect();
    for (script, incidents) in scripts {
        found.scripts.extend(script);
        found.incidents.extend(incidents);
    }
    for entry in &others {
        found.services.extend(services(part, entry));
    }
    others.extend(resources);
    for entry in &others {
        found.opaque.extend(looks_encrypted(part, entry));
    }
    // Code may lie under any name, and under one that says picture or library.
    others.extend(drawn);
    others.extend(native);
    let nested = nested::read(part, &others, limits);
    found.nested = nested.facts;
    found.incidents.extend(nested.incidents);
}

/// 1 for `classes.dex`, 2 for `classes2.dex` …; `None` for anything else (ART `DexFileLoader::GetMultiDexClassesDexName`).
fn dex_number(name: &str) -> Option<u32> {
    let middle = name.strip_prefix("classes")?.strip_suffix(".dex")?;
    match middle {
        "" => Some(1),
        _ if middle.starts_with(['0', '+']) => None,
        _ => middle.parse().ok().filter(|n| *n > 1),
    }
}

/// ART opens `classes2.dex`, `classes3.dex` … until one is missing; what lies behind a gap is not loaded by it.
fn gaps(part: &Part<'_>, dex: &[(u32, &Entry)], found: &mut PartFacts) {
    for (place, (number, entry)) in (1u32..).zip(dex) {
        if *number != place {
            let detail = format!(
                "classes{place}.dex is missing before it: the platform does not load it by itself"
            );
            let file = format!("{}!{}", part.name, entry.name);
            found
                .incidents
                .push(Incident::new(IncidentCode::HiddenCode, file, detail));
            return;
        }
    }
}

/// Files of the root that are read for themselves.
const APK_FILES: [&str; 2] = ["AndroidManifest.xml", "resources.arsc"];

/// Files that can identify a library; drawables and layouts cannot.
fn is_asset(name: &str) -> bool {
    let known = ["res/", "lib/", "r/", "META-INF/com/android/build/"];
    !known.iter().any(|prefix| name.starts_with(prefix)) && !APK_FILES.contains(&name)
}

/// Files among the resources that are neither compiled XML nor pictures; their folders may have any name.
fn is_raw_resource(name: &str) -> bool {
    let resource = name.starts_with("res/") || name.starts_with("r/");
    let drawn = [
        ".xml", ".png", ".webp", ".jpg", ".jpeg", ".gif", ".ttf", ".otf",
    ];
    resource && !drawn.iter().any(|end| name.ends_with(end))
}

fn read_dex<'a>(part: &'a Part<'_>, entry: &Entry) -> (Option<DexBytes<'a>>, Vec<Incident>) {
    let mut incidents = Vec::new();
    let bytes = part
        .archive
        .read_noting(entry, Some(Channel::Code), &mut incidents);
    let dex = bytes.map(|bytes| DexBytes {
        file: part.name.clone(),
        entry: entry.name.clone(),
        bytes,
    });
    (dex, incidents)
}

fn read_native(
    part: &Part<'_>,
    entry: &Entry,
    limits: &Limits,
) -> (NativeFact, Option<ScriptFact>, Vec<Incident>) {
    let mut incidents = Vec::new();
    let mut script = None;
    let file = format!("{}!{}", part.name, entry.name);
    let mut fact = NativeFact {
        file: part.name.clone(),
        entry: entry.name.clone(),
        size: entry.size,
        ..NativeFact::default()
    };
    if let Some(bytes) = part
        .archive
        .read_noting(entry, Some(Channel::Native), &mut incidents)
    {
        let digest = sha256(&bytes);
        let (names, more) = scripts::in_library(&bytes, limits.script_names);
        fact.names = names;
        if more {
            incidents.push(too_many(&file, Channel::Native));
        }
        match crate::elf::read(&bytes, limits) {
            Ok(lib) => {
                for gap in &lib.gaps {
                    let incident = Incident::new(IncidentCode::Malformed, &file, gap);
                    incidents.push(incident.hiding(Channel::Native));
                }
                if lib.markers.contains(&Framework::Flutter) {
                    let (names, more) = scripts::in_snapshot(&bytes, limits.script_names);
                    script = Some(ScriptFact {
                        file: part.name.clone(),
                        entry: entry.name.clone(),
                        sha256: digest.clone(),
                        names,
                    });
                    if more {
                        incidents.push(too_many(&file, Channel::Native));
                    }
                }
                fact.elf = Some(lib);
            }
            Err(error) => {
                let incident = Incident::from_error(IncidentCode::Unreadable, file, &error);
                incidents.push(incident.hiding(Channel::Native));
            }
        }
        fact.sha256 = Some(digest);
    }
    (fact, script.filter(|s| !s.names.is_empty()), incidents)
}

fn too_many(file: &str, channel: Channel) -> Incident {
    let detail = "more telling names than are kept; the others were not looked at";
    Incident::new(IncidentCode::LimitReached, file, detail).hiding(channel)
}

/// The names in a script of the package.
fn read_script(
    part: &Part<'_>,
    entry: &Entry,
    limits: &Limits,
) -> (Option<ScriptFact>, Vec<Incident>) {
    let mut incidents = Vec::new();
    let file = format!("{}!{}", part.name, entry.name);
    if entry.size > limits.script_bytes {
        let detail = "a script larger than the limit; it was not searched";
        let incident = Incident::new(IncidentCode::LimitReached, file, detail);
        return (None, vec![incident.hiding(Channel::Assets)]);
    }
    let Some(bytes) = part
        .archive
        .read_noting(entry, Some(Channel::Assets), &mut incidents)
    else {
        return (None, incidents);
    };
    let (names, more) = scripts::in_script(&bytes, limits.script_names);
    if more {
        incidents.push(too_many(&file, Channel::Assets));
    }
    let script = (!names.is_empty()).then(|| ScriptFact {
        file: part.name.clone(),
        entry: entry.name.clone(),
        sha256: sha256(&bytes),
        names,
    });
    (script, incidents)
}

/// Bytes of a service file that are read: real ones name a few classes.
const SERVICE_BYTES: u64 = 64 << 10;

/// Classes that a `META-INF/services` file names, for `java.util.ServiceLoader`.
fn services(part: &Part<'_>, entry: &Entry) -> Vec<String> {
    if !entry.name.starts_with("META-INF/services/") || entry.size > SERVICE_BYTES {
        return Vec::new();
    }
    let Ok(bytes) = part.archive.read(entry) else {
        return Vec::new();
    };
    String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| line.split('#').next())
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// An entry that looks encrypted: what it holds, and whether it becomes code, cannot be seen.
fn looks_encrypted(part: &Part<'_>, entry: &Entry) -> Option<OpaqueFact> {
    let is_random = opaque::may_be(entry.compressed_size, entry.size)
        && opaque::is_random(&part.archive.head::<{ opaque::HEAD }>(entry));
    is_random.then(|| OpaqueFact {
        file: part.name.clone(),
        entry: entry.name.clone(),
        script: scripts::is_script(&entry.name),
    })
}

#[cfg(test)]
mod tests {
    use super::dex_number;

    #[test]
    fn only_the_names_that_art_looks_for_are_code() {
        assert_eq!(dex_number("classes.dex"), Some(1));
        assert_eq!(dex_number("classes12.dex"), Some(12));
        for name in [
            "classes1.dex",
            "classes02.dex",
            "classes+3.dex",
            "assets/classes.dex",
            "Classes.dex",
            "classesX.dex",
        ] {
            assert_eq!(dex_number(name), None, "{name}");
        }
    }
}
