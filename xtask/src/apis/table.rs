//! The files of `signatures/imported/` that are kept here: a head, then groups of `"key" = "value"`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Such a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Comments and sources.
    pub head: String,
    /// `class` of `[class."…"]`.
    pub kind: String,
    /// By group, by key.
    pub groups: BTreeMap<String, BTreeMap<String, String>>,
}

impl Table {
    /// Reads it; the error names file and line.
    pub fn read(path: &str, text: &str) -> Result<Table, String> {
        let mut table = Table::default();
        let mut group: Option<&mut BTreeMap<String, String>> = None;
        for (number, line) in text.lines().enumerate() {
            let error = |what: &str| format!("{path}:{}: {what}", number + 1);
            if let Some((kind, name)) = heading(line) {
                if table.kind.is_empty() {
                    kind.clone_into(&mut table.kind);
                }
                if table.kind != kind {
                    return Err(error("another kind of group than the one before"));
                }
                group = Some(table.groups.entry(name.to_owned()).or_default());
                continue;
            }
            match &mut group {
                None => {
                    table.head.push_str(line);
                    table.head.push('\n');
                }
                Some(_) if line.is_empty() => {}
                Some(entries) => {
                    let (key, value) = entry(line).ok_or_else(|| error("no `\"key\" = \"…\"`"))?;
                    if entries.insert(key.to_owned(), value.to_owned()).is_some() {
                        return Err(error("the key is there twice"));
                    }
                }
            }
        }
        table.head.truncate(table.head.trim_end().len());
        Ok(table)
    }

    /// The file, sorted.
    pub fn write(&self) -> String {
        let mut text = format!("{}\n", self.head);
        for (name, entries) in self.groups.iter().filter(|(_, e)| !e.is_empty()) {
            let quoted = if name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                format!("\"{name}\"")
            } else {
                name.clone()
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "\n[{}.{quoted}]", self.kind);
            for (key, value) in entries {
                let _ = writeln!(text, "\"{key}\" = \"{value}\"");
            }
        }
        text
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.groups.values().map(BTreeMap::len).sum()
    }

    /// Adds a source, unless it is there.
    pub fn add_source(&mut self, of: &str, from: &str, date: &str) -> Result<(), String> {
        let plain = |text: &str| !text.is_empty() && !text.contains(['"', '\\', '\n', '\t']);
        if !plain(from) {
            return Err("--from: plain words without quotes are needed".into());
        }
        let digits = |c: (usize, char)| match c.0 {
            4 | 7 => c.1 == '-',
            _ => c.1.is_ascii_digit(),
        };
        if date.len() != 10 || !date.char_indices().all(digits) {
            return Err(format!("--date: `{date}` is no YYYY-MM-DD"));
        }
        let source = format!(
            "[[source]]\nof = \"{of}\"\nfrom = \"{from}\"\ndate = \"{date}\"\nconfidence = \"verified\""
        );
        if !self.head.contains(&source) {
            self.head.push_str("\n\n");
            self.head.push_str(&source);
        }
        Ok(())
    }
}

fn heading(line: &str) -> Option<(&str, &str)> {
    let inside = line.strip_prefix('[')?.strip_suffix(']')?;
    let (kind, name) = inside.split_once('.')?;
    let name = name
        .strip_prefix('"')
        .and_then(|n| n.strip_suffix('"'))
        .unwrap_or(name);
    (!inside.starts_with('[')).then_some((kind, name))
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix('"')?.split_once("\" = \"")?;
    let value = value.strip_suffix('"')?;
    let plain = !key.contains(['"', '\\']) && !value.contains(['"', '\\']);
    plain.then_some((key, value))
}
