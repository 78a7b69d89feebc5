//! From a place in the data to the line of the file that says it.

use super::{At, Complaint};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Fills in the lines. `read` gives the text of a file of the tree, where there is one.
///
/// A place that the text does not have gets the line of what lies around it;
/// a complaint about a whole file the first line. Without a text no line is filled in.
pub fn locate(complaints: &mut [Complaint], read: impl Fn(&str) -> Option<String>) {
    let mut by_file: BTreeMap<String, Vec<&mut Complaint>> = BTreeMap::new();
    for complaint in complaints.iter_mut().filter(|c| c.line == 0) {
        by_file
            .entry(complaint.file.clone())
            .or_default()
            .push(complaint);
    }
    for (file, complaints) in by_file {
        let Some(text) = read(&file) else { continue };
        let table = DeTable::parse(&text).ok();
        for complaint in complaints {
            let offset = table
                .as_ref()
                .and_then(|t| offset(t.get_ref(), &complaint.at))
                .unwrap_or(0);
            let before = text.get(..offset).unwrap_or_default();
            complaint.line = before.matches('\n').count().saturating_add(1);
        }
    }
}

/// Where `at` begins, or the innermost thing around it.
fn offset(root: &DeTable<'_>, at: &At) -> Option<usize> {
    let mut found: Option<usize> = None;
    let mut table = Some(root);
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for step in at.path.split('/').filter(|s| !s.is_empty()) {
        let next = match (table, value.map(Spanned::get_ref)) {
            (Some(t), _) => t.get_key_value(step).map(|(k, v)| (k.span().start, v)),
            (None, Some(DeValue::Array(list))) => step
                .parse::<usize>()
                .ok()
                .and_then(|i| list.get(i))
                .map(|v| (v.span().start, v)),
            _ => None,
        };
        let Some((start, inner)) = next else {
            return found;
        };
        found = Some(start);
        table = match inner.get_ref() {
            DeValue::Table(t) => Some(t),
            _ => None,
        };
        value = Some(inner);
    }
    if at.value.is_empty() {
        return found;
    }
    let mut places = Vec::new();
    match value {
        Some(value) => strings(value, &at.value, &mut places),
        None => {
            for (key, value) in root {
                if key.get_ref().as_ref() == at.value {
                    places.push(key.span().start);
                }
                strings(value, &at.value, &mut places);
            }
        }
    }
    places.into_iter().min().or(found)
}

/// Where the string (or key) `wanted` stands below `value`. Data files are a few levels deep; the parser bounds them.
fn strings(value: &Spanned<DeValue<'_>>, wanted: &str, places: &mut Vec<usize>) {
    match value.get_ref() {
        DeValue::String(text) if text.as_ref() == wanted => places.push(value.span().start),
        DeValue::Array(list) => list.iter().for_each(|v| strings(v, wanted, places)),
        DeValue::Table(table) => {
            for (key, value) in table {
                if key.get_ref().as_ref() == wanted {
                    places.push(key.span().start);
                }
                strings(value, wanted, places);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{At, Complaint};
    use super::locate;

    const TEXT: &str = "id = \"x/y\"\nname = { zh = \"甲\", en = \"a\" }\n\n[identity]\npackages = [\n    \"com.a\",\n    \"com.b\",\n]\nhosts = [\"com.b\"]\n\n[[source]]\nof = \"*\"\n\n[[source]]\nof = \"identity\"\ndate = \"never\"\n";

    fn line(at: At) -> usize {
        let mut list = [Complaint::new("f.toml", "text-missing", at, "m", "h")];
        locate(&mut list, |_| Some(TEXT.to_owned()));
        list[0].line
    }

    #[test]
    fn lines_are_found() {
        assert_eq!(line(At::file()), 1);
        assert_eq!(line(At::key("name/en")), 2);
        assert_eq!(line(At::key("identity/packages")), 5);
        assert_eq!(line(At::value("identity/packages", "com.b")), 7);
        assert_eq!(line(At::value("identity/hosts", "com.b")), 9);
        assert_eq!(line(At::value("", "com.b")), 7);
        assert_eq!(line(At::key("source/1/date")), 16);
        // What is not there: the thing around it.
        assert_eq!(line(At::key("source/1/confidence")), 14);
        assert_eq!(line(At::value("identity/hosts", "com.z")), 9);
        assert_eq!(line(At::key("nothing")), 1);
    }

    #[test]
    fn no_text_no_line() {
        let mut list = [Complaint::new(
            "f.toml",
            "text-missing",
            At::file(),
            "m",
            "h",
        )];
        locate(&mut list, |_| None);
        assert_eq!(list[0].to_string(), "f.toml: text-missing: m (h)");
    }
}
