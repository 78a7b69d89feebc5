//! Two states of a file: which field or line is not the same.

use super::note::{Kind, Note};
use super::{Files, RECORD, REPLY, REPORT, SIGNATURE, STATEMENT};
use serde_json::Value;

/// Differences of one file that are listed.
const LISTED: usize = 100;

/// Every difference between a case and the files that the app gives, signature and time stamp left out.
pub(super) fn files(case: &Files, app: &Files) -> Vec<Note> {
    let mut notes = Vec::new();
    for (name, fresh) in app {
        match case.get(name) {
            Some(bytes) if bytes == fresh => {}
            Some(bytes) => notes.extend(contents(name, bytes, fresh)),
            None => notes.push(missing(name)),
        }
    }
    for name in case.keys() {
        if !app.contains_key(name) && name != SIGNATURE && name != REPLY {
            notes.push(extra(name));
        }
    }
    notes
}

pub(super) fn missing(name: &str) -> Note {
    Note::new(Kind::Differs, name, "文件缺失", "the file is missing")
}

pub(super) fn extra(name: &str) -> Note {
    let zh = "多出的文件，不属于本案件";
    Note::new(
        Kind::Differs,
        name,
        zh,
        "a file that does not belong to the case",
    )
}

/// The differences of one file; at least one, if the bytes are not the same.
fn contents(name: &str, case: &[u8], app: &[u8]) -> Vec<Note> {
    let mut notes = Vec::new();
    if [REPORT, RECORD, STATEMENT].contains(&name)
        && let (Ok(case), Ok(app)) = (serde_json::from_slice(case), serde_json::from_slice(app))
    {
        values(name, &case, &app, &mut notes);
    }
    if notes.is_empty() {
        notes.push(line(name, case, app));
    }
    notes
}

/// The first line that differs.
pub(super) fn line(name: &str, case: &[u8], app: &[u8]) -> Note {
    let (mut left, mut right) = (case.split(|&b| b == b'\n'), app.split(|&b| b == b'\n'));
    let mut number = 0u64;
    loop {
        number = number.saturating_add(1);
        let (a, b) = (left.next(), right.next());
        if a != b {
            let text = |line: Option<&[u8]>| match line {
                Some(line) => format!("`{}`", String::from_utf8_lossy(line)),
                None => "∅".into(),
            };
            return Note::differs(format!("{name}:{number}"), &text(a), &text(b));
        }
        if a.is_none() {
            return Note::differs(name, "=", "=");
        }
    }
}

/// Fields that differ, by their path: `findings[3].evidence[0].offset`.
pub(super) fn values(name: &str, case: &Value, app: &Value, notes: &mut Vec<Note>) {
    let mut open = vec![(String::new(), Some(case), Some(app))];
    while let Some((path, case, app)) = open.pop() {
        if case == app {
            continue;
        }
        match (case, app) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
                keys.sort();
                keys.dedup();
                let dot = if path.is_empty() { "" } else { "." };
                for key in keys.into_iter().rev() {
                    open.push((format!("{path}{dot}{key}"), a.get(key), b.get(key)));
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => {
                for at in (0..a.len().max(b.len())).rev() {
                    open.push((format!("{path}[{at}]"), a.get(at), b.get(at)));
                }
            }
            _ => {
                let is_offset = path.ends_with("offset");
                let (case, app) = (shown(case, is_offset), shown(app, is_offset));
                notes.push(Note::differs(format!("{name}: {path}"), &case, &app));
                if notes.len() >= LISTED {
                    return;
                }
            }
        }
    }
}

fn shown(value: Option<&Value>, is_offset: bool) -> String {
    match value {
        None => "∅".into(),
        Some(Value::Number(number)) if is_offset => match number.as_u64() {
            Some(number) => format!("{number:#x}"),
            None => number.to_string(),
        },
        Some(value) => value.to_string(),
    }
}
