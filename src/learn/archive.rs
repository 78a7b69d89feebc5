//! Reads an archive: entries by what their names say, nested JARs, the manifest, or a whole APK.

use super::{Seen, SeenComponent, classfile};
use crate::container::{Archive, Entry};
use crate::engine::{self, Source};
use crate::error::ParseError;
use crate::facts::{Facts, hosts_in_text};
use crate::limits::Limits;
use crate::package::manifest::Manifest;
use crate::package::{self, Files, PartInput};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// JARs inside each other: AAR, `classes.jar`, and one that is packed into it.
const MAX_DEPTH: usize = 3;
/// JARs of one archive. AARs have one, and a few in `libs/`.
const MAX_JARS: usize = 200;
/// Inflated bytes of one entry, and of one archive. The largest SDKs have about 100 MB.
const MAX_ENTRY: u64 = 256 << 20;
const MAX_TOTAL: u64 = 1 << 30;
/// Classes. The largest APKs define about 600,000.
const MAX_CLASSES: usize = 1_000_000;
/// Host names, and classes that are remembered for one.
const MAX_HOSTS: usize = 20_000;
const MAX_HOST_CLASSES: usize = 16;
/// Longest string that is searched for hosts.
const MAX_STRING: usize = 2_048;
/// Lines about trouble.
const MAX_PROBLEMS: usize = 50;
/// Longest name that is kept; longer ones are no name of anything.
const MAX_NAME: usize = 512;

/// Lists what `source` shows: an APK or bundle by its facts, any other archive entry by entry.
///
/// # Errors
/// It is no archive, or nothing of it can be read.
pub fn read(source: &Source, limits: &Limits) -> Result<Seen, String> {
    let limits = Limits {
        entry_bytes: limits.entry_bytes.min(MAX_ENTRY),
        total_bytes: limits.total_bytes.min(MAX_TOTAL),
        ..*limits
    };
    let mut seen = Seen {
        name: source.name.clone(),
        sha256: source.sha256.clone(),
        ..Seen::default()
    };
    let archive = Archive::open(&source.name, &source.bytes, &limits)
        .map_err(|e| format!("{}: {e}", source.name))?;
    let is_app = archive
        .entries()
        .iter()
        .any(|e| e.name == "classes.dex" || e.name == package::TABLE || e.name.ends_with(".apk"));
    if is_app {
        let facts =
            engine::facts(std::slice::from_ref(source), &limits).map_err(|e| e.to_string())?;
        from_facts(&mut seen, &facts);
    } else {
        let mut jars = 0;
        entries(&mut seen, &archive, &limits, 0, &mut jars);
    }
    Ok(seen)
}

/// An archive as the entries of a package.
struct Entries<'a>(&'a Archive<'a>);

impl Files for Entries<'_> {
    fn read(&self, entry: &str) -> Option<Result<Cow<'_, [u8]>, ParseError>> {
        self.0.find(entry).map(|found| self.0.read(found))
    }
}

fn problem(seen: &mut Seen, text: String) {
    if seen.problems.len() < MAX_PROBLEMS {
        seen.problems.push(text);
    }
}

/// `depth` is bounded by [`MAX_DEPTH`].
fn entries(
    seen: &mut Seen,
    archive: &Archive<'_>,
    limits: &Limits,
    depth: usize,
    jars: &mut usize,
) {
    for incident in archive.incidents() {
        problem(seen, format!("{}: {}", archive.file(), incident.detail));
    }
    for entry in archive.entries() {
        let name = entry.name.as_str();
        if entry.is_directory() || name.len() > MAX_NAME {
            continue;
        }
        if let Some(class) = name.strip_suffix(".class") {
            class_file(seen, archive, entry, class);
        } else if name.ends_with(".jar") && !name.starts_with("assets/") {
            let aside = ["lint.jar", "api.jar", "-sources.jar"];
            if aside.iter().any(|a| name.ends_with(a)) {
                continue;
            }
            *jars = jars.saturating_add(1);
            if depth >= MAX_DEPTH || *jars > MAX_JARS {
                problem(
                    seen,
                    format!("{name}: too many JARs, or too deep; not read"),
                );
                continue;
            }
            let Some(bytes) = contents(seen, archive, entry) else {
                continue;
            };
            match Archive::open(name, &bytes, limits) {
                Ok(inner) => entries(seen, &inner, limits, depth.saturating_add(1), jars),
                Err(e) => problem(seen, format!("{name}: {e}")),
            }
        } else if name == package::MANIFEST && depth == 0 {
            manifest(seen, archive, limits);
        } else if is_rules(name) {
            if let Some(bytes) = contents(seen, archive, entry) {
                keep(seen, &String::from_utf8_lossy(&bytes));
            }
        } else if name.ends_with(".so") {
            let file = name.rsplit('/').next().unwrap_or(name);
            seen.native.insert(file.to_owned());
        } else if name.starts_with("assets/") {
            seen.assets.insert(name.to_owned());
        }
    }
}

/// Consumer rules of an AAR, and those that a JAR carries for R8.
fn is_rules(name: &str) -> bool {
    matches!(name, "proguard.txt" | "proguard.pro" | "consumer-rules.pro")
        || (name.starts_with("META-INF/") && name.ends_with(".pro"))
}

fn contents<'a>(seen: &mut Seen, archive: &Archive<'a>, entry: &Entry) -> Option<Cow<'a, [u8]>> {
    match archive.read(entry) {
        Ok(bytes) => Some(bytes),
        Err(e) => {
            problem(seen, format!("{}!{}: {e}", archive.file(), entry.name));
            None
        }
    }
}

fn class_file(seen: &mut Seen, archive: &Archive<'_>, entry: &Entry, path: &str) {
    // Copies for later Java versions lie in META-INF/versions.
    if path.starts_with("META-INF/") {
        return;
    }
    let class = path.replace('/', ".");
    if !is_class(&class) || seen.classes.len() >= MAX_CLASSES {
        return;
    }
    let Some(bytes) = contents(seen, archive, entry) else {
        return;
    };
    match classfile::strings(&bytes) {
        Ok(strings) => {
            for text in strings
                .into_iter()
                .filter(|s| s.len() <= MAX_STRING && s.is_ascii())
            {
                let text = std::str::from_utf8(text).unwrap_or_default();
                for host in hosts_in_text(text) {
                    let full = seen.hosts.len() >= MAX_HOSTS;
                    if full && !seen.hosts.contains_key(&host) {
                        continue;
                    }
                    let classes = seen.hosts.entry(host).or_default();
                    if classes.len() < MAX_HOST_CLASSES {
                        classes.insert(class.clone());
                    }
                }
            }
            seen.classes.insert(class);
        }
        Err(e) => problem(seen, format!("{}!{}: {e}", archive.file(), entry.name)),
    }
}

/// Not a generated class that every module has.
fn is_class(class: &str) -> bool {
    let simple = class.rsplit('.').next().unwrap_or(class);
    let outer = simple.split('$').next().unwrap_or(simple);
    !matches!(outer, "R" | "BuildConfig" | "package-info" | "module-info")
}

fn manifest(seen: &mut Seen, archive: &Archive<'_>, limits: &Limits) {
    let entries = Entries(archive);
    let parts = [PartInput::new(archive.file(), &entries)];
    match package::assemble(&parts, limits) {
        Ok(package) => from_manifest(seen, &package.manifest),
        Err(e) => problem(seen, format!("{}: {e}", package::MANIFEST)),
    }
}

fn from_manifest(seen: &mut Seen, manifest: &Manifest) {
    seen.has_manifest = true;
    seen.package.clone_from(&manifest.package);
    for p in &manifest.uses_permissions {
        if whole(&p.name) {
            seen.permissions.insert(p.name.clone(), p.max_sdk);
        }
    }
    let mut keys: BTreeSet<&String> = BTreeSet::new();
    for c in &manifest.components {
        let mut initializers = Vec::new();
        for m in &c.meta_data {
            if m.value.as_deref() == Some("androidx.startup") {
                initializers.push(m.name.clone());
            } else {
                keys.insert(&m.name);
            }
        }
        let actions: BTreeSet<&String> = c.intent_filters.iter().flat_map(|f| &f.actions).collect();
        let kind = c.kind.name();
        if whole(&c.name) {
            seen.components.push(SeenComponent {
                kind: kind.to_owned(),
                name: c.name.clone(),
                actions: actions.into_iter().cloned().collect(),
                starts_itself: kind == "provider"
                    && (!c.authorities.is_empty() || !initializers.is_empty()),
                initializers,
            });
        }
    }
    keys.extend(manifest.application.meta_data.iter().map(|m| &m.name));
    let keys = keys.into_iter().filter(|k| whole(k)).cloned();
    seen.meta_data.extend(keys);
    seen.components.sort();
    seen.components.dedup();
}

/// A name without a placeholder that the build of the host app fills in.
fn whole(name: &str) -> bool {
    !name.is_empty() && !name.contains("${") && name.len() <= MAX_NAME
}

/// Classes of `-keep class com.x.** { *; }`.
fn keep(seen: &mut Seen, text: &str) {
    for line in text
        .lines()
        .map(str::trim)
        .filter(|l| l.starts_with("-keep"))
    {
        let mut words = line.split_whitespace();
        let named = words.any(|w| matches!(w, "class" | "interface" | "enum" | "@interface"));
        if let Some(class) = words.next().filter(|c| named && c.len() <= MAX_NAME)
            && seen.keep.len() < MAX_HOSTS
        {
            seen.keep.insert(class.trim_end_matches('{').to_owned());
        }
    }
}

fn from_facts(seen: &mut Seen, facts: &Facts) {
    from_manifest(seen, &facts.manifest);
    let classes = facts.dex.iter().flat_map(|d| &d.defines);
    let classes = classes.filter(|c| is_class(c) && c.len() <= MAX_NAME);
    seen.classes.extend(classes.take(MAX_CLASSES).cloned());
    for host in facts.hosts.iter().take(MAX_HOSTS) {
        seen.hosts.insert(host.clone(), BTreeSet::new());
    }
    for lib in &facts.native {
        let file = lib.entry.rsplit('/').next().unwrap_or_default();
        seen.native.insert(file.to_owned());
    }
    for asset in &facts.assets {
        let entry = asset.rsplit_once('!').map_or(asset.as_str(), |(_, e)| e);
        if entry.starts_with("assets/") && entry.len() <= MAX_NAME {
            seen.assets.insert(entry.to_owned());
        }
    }
    for incident in &facts.incidents {
        problem(seen, format!("{}: {}", incident.file, incident.detail));
    }
    // A manifest without a readable file behind it is none.
    seen.has_manifest = facts.files.iter().any(|f| f.manifest_sha256.is_some());
}
