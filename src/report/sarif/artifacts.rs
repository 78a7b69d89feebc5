//! The files and entries that results and evidence lie in (SARIF 2.1.0, section 3.24).

use super::super::source::SourceManifest;
use super::super::v1::Report;
use crate::audit::Evidence;
use crate::incident::Incident;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Stands for a file without a name: of a record that was changed.
const UNNAMED: &str = "app.apk";

/// Artifacts in the order in which they were first named; the given files come first.
pub(super) struct Artifacts<'r> {
    /// File, and entry where it is one, with the place in the list.
    places: BTreeMap<(&'r str, Option<String>), usize>,
    all: Vec<Value>,
    /// Names of the files, in the order of the report.
    files: Vec<&'r str>,
    /// Place in the list of the manifest of the sources.
    source: Option<usize>,
}

impl<'r> Artifacts<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let mut artifacts = Self {
            places: BTreeMap::new(),
            all: Vec::new(),
            source: None,
            files: report
                .subject
                .files
                .iter()
                .map(|f| f.name.as_str())
                .collect(),
        };
        for file in &report.subject.files {
            let mut value = json!({
                // Numbers beyond this are not the same for every reader of JSON.
                "length": file.size.min(1 << 53),
                "hashes": { "sha-256": file.sha256 },
                "roles": ["analysisTarget"],
            });
            artifacts.name(&mut value, &file.name);
            artifacts.add(&file.name, None, value);
        }
        artifacts
    }

    pub(super) fn list(self) -> Vec<Value> {
        self.all
    }

    fn add(&mut self, file: &'r str, entry: Option<String>, value: Value) -> usize {
        let next = self.all.len();
        let place = *self.places.entry((file, entry)).or_insert(next);
        if place == next {
            self.all.push(value);
        }
        place
    }

    /// The bundle that a file lies in.
    fn parent(&self, name: &str) -> Option<&'r str> {
        let within = |file: &&&str| {
            name.strip_prefix(**file)
                .is_some_and(|r| r.starts_with('!'))
        };
        self.files
            .iter()
            .filter(within)
            .max_by_key(|f| f.len())
            .copied()
    }

    /// Gives an artifact its place: by itself, or in the bundle that holds it.
    fn name(&self, value: &mut Value, name: &str) {
        let parent = self.parent(name);
        let index = parent.and_then(|parent| self.places.get(&(parent, None)));
        let Some(map) = value.as_object_mut() else {
            return;
        };
        match (parent, index) {
            (Some(parent), Some(index)) => {
                let inner = name.get(parent.len().saturating_add(1)..);
                let uri = nested(inner.unwrap_or_default());
                map.insert("location".into(), json!({ "uri": uri }));
                map.insert("parentIndex".into(), json!(index));
            }
            _ => {
                // A reference must not be empty: that would be the log itself.
                let uri = Some(segment(name)).filter(|uri| !uri.is_empty());
                let uri = uri.unwrap_or_else(|| UNNAMED.into());
                map.insert("location".into(), json!({ "uri": uri }));
            }
        }
    }

    /// An artifact of the list as a place.
    fn at(&self, place: usize) -> Value {
        let location = self.all.get(place).and_then(|a| a.get("location"));
        let uri = location.and_then(|l| l.get("uri"));
        json!({ "artifactLocation": { "uri": uri, "index": place } })
    }

    /// The file that was given: of an APK in a bundle, the bundle.
    pub(super) fn of_app(&mut self, file: Option<&str>) -> Value {
        let known = |name: &str| self.files.iter().find(|f| **f == name).copied();
        let mut name = file.and_then(known).or(self.files.first().copied());
        while let Some(parent) = name.and_then(|name| self.parent(name)) {
            name = Some(parent);
        }
        match name.and_then(|name| self.places.get(&(name, None))) {
            Some(&place) => {
                let mut value = self.at(place);
                let length = self.all.get(place).and_then(|a| a.get("length")).cloned();
                // All of it: readers that show results in files ask for a region.
                if let (Some(length), Some(map)) = (length, value.as_object_mut()) {
                    let region = json!({ "byteOffset": 0, "byteLength": length });
                    map.insert("region".into(), region);
                }
                value
            }
            None => json!({ "artifactLocation": { "uri": UNNAMED } }),
        }
    }

    /// A line of the sources, which were not analysed.
    pub(super) fn of_source(&mut self, source: &SourceManifest, line: u32) -> Value {
        let place = *self.source.get_or_insert_with(|| {
            self.all
                .push(json!({ "location": { "uri": nested(&source.path) } }));
            self.all.len().saturating_sub(1)
        });
        let mut value = self.at(place);
        if let Some(map) = value.as_object_mut() {
            map.insert("region".into(), json!({ "startLine": line }));
        }
        value
    }

    /// Where a piece of evidence is: the entry with its offset, or the file.
    pub(super) fn of_evidence(&mut self, evidence: &Evidence) -> Value {
        let file = evidence.file.as_deref();
        let file = file.and_then(|name| self.files.iter().find(|f| **f == name).copied());
        match (file, &evidence.entry) {
            (Some(file), Some(entry)) => {
                let digest = evidence.entry_sha256.as_deref();
                self.entry(file, entry, digest, evidence.offset)
            }
            _ => self.of_app(evidence.file.as_deref()),
        }
    }

    /// Where trouble was; `None` if it is of no file.
    pub(super) fn of_incident(&mut self, incident: &Incident) -> Option<Value> {
        let name = incident.file.as_str();
        let exact = self.files.iter().find(|f| **f == name).copied();
        if let Some(file) = exact {
            let &place = self.places.get(&(file, None))?;
            return Some(with_offset(self.at(place), incident.offset));
        }
        let file = self.parent(name)?;
        let entry = name.get(file.len().saturating_add(1)..)?;
        Some(self.entry(file, entry, None, incident.offset))
    }

    fn entry(
        &mut self,
        file: &'r str,
        entry: &str,
        digest: Option<&str>,
        offset: Option<u64>,
    ) -> Value {
        let parent = self.places.get(&(file, None)).copied();
        let value = json!({
            "location": { "uri": nested(entry) },
            "parentIndex": parent.unwrap_or_default(),
        });
        let place = self.add(file, Some(entry.to_owned()), value);
        // Trouble with an entry names no digest; evidence of it may come later.
        if let (Some(digest), Some(Value::Object(map))) = (digest, self.all.get_mut(place)) {
            map.entry("hashes").or_insert(json!({ "sha-256": digest }));
        }
        with_offset(self.at(place), offset)
    }
}

/// A binary region (3.30.3); APKs and their entries have no lines.
fn with_offset(mut place: Value, offset: Option<u64>) -> Value {
    // JSON numbers beyond this are not the same for every reader, and no file has them.
    let sound = offset.filter(|&o| o < 1 << 53);
    if let (Some(offset), Some(map)) = (sound, place.as_object_mut()) {
        map.insert("region".into(), json!({ "byteOffset": offset }));
    }
    place
}

/// The name of an entry as a reference relative to its archive. No segment is empty or made of dots, so that it leads
/// nowhere else.
fn nested(entry: &str) -> String {
    let mut out = String::new();
    for (number, part) in entry.split('/').enumerate() {
        match part {
            "" => out.push_str("%2F"),
            part => {
                if number > 0 {
                    out.push('/');
                }
                out.push_str(&segment(part));
            }
        }
    }
    out
}

/// One segment of a path (RFC 3986, sections 2.3 and 3.3).
pub(super) fn segment(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let only_dots = matches!(text, "." | "..");
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
        if plain || (byte == b'.' && !only_dots) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = HEX.get(usize::from(digit)).copied();
                out.push(char::from(digit.unwrap_or(b'0')));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_references_that_lead_nowhere_else() {
        for (entry, uri) in [
            ("classes.dex", "classes.dex"),
            ("res/xml/a b.xml", "res/xml/a%20b.xml"),
            ("assets/中.js", "assets/%E4%B8%AD.js"),
            ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
            ("//evil.example/x", "%2F%2F/evil.example/x"),
            ("a//b", "a%2F/b"),
            ("javascript:alert(1)", "javascript%3Aalert%281%29"),
            ("a\\b?c#d%41", "a%5Cb%3Fc%23d%2541"),
            ("", "%2F"),
        ] {
            assert_eq!(nested(entry), uri, "{entry}");
        }
        assert_eq!(segment("http://x/"), "http%3A%2F%2Fx%2F");
    }
}
