//! `@RequiresPermission` in words of the map.

use super::lex::{Kind, Token};
use super::parse::Annotation;
use std::collections::BTreeMap;

/// String constants by full name: `android.Manifest.permission.CAMERA`.
pub type Constants = BTreeMap<String, String>;

/// Privileges that an annotation may name and that are no permissions.
const PRIVILEGES: [(&str, &str); 4] = [
    ("carrier privileges", "carrier-privileges"),
    ("carrier-privileges", "carrier-privileges"),
    ("device owner", "device-owner"),
    ("device-owner", "device-owner"),
];

#[derive(Debug, Default)]
struct Needs {
    all: Vec<String>,
    any: Vec<String>,
    conditional: bool,
    /// `apis = "..22"`: the levels at which it is needed.
    levels: Option<String>,
}

/// What a member needs at a level, as a history says it: `annotation if any A B`; `None` where nothing is needed.
///
/// The error is a line and what is wrong with it.
pub fn requirement(
    annotations: &[Annotation],
    constants: &Constants,
    level: u32,
) -> Result<Option<String>, (usize, String)> {
    let mut all = Vec::new();
    let mut any = Vec::new();
    let mut conditional = false;
    for annotation in annotations {
        let Some(kind) = kind(&annotation.name) else {
            continue;
        };
        let error = |what: String| (annotation.line, what);
        let needs = read(&annotation.arguments, constants).map_err(error)?;
        if let Some(levels) = &needs.levels
            && !in_levels(levels, level)
                .ok_or_else(|| error(format!("`{levels}` is no range of levels")))?
        {
            continue;
        }
        conditional |= needs.conditional;
        match kind {
            Of::Member => {
                all.extend(needs.all);
                any.extend(needs.any);
            }
            // A content URI: one permission to read it, another one to write.
            Of::Access => {
                any.extend(needs.all);
                any.extend(needs.any);
                conditional = true;
            }
        }
    }
    for list in [&mut all, &mut any] {
        list.sort_unstable();
        list.dedup();
    }
    if all.is_empty() && any.is_empty() {
        return Ok(None);
    }
    let mut text = String::from("annotation");
    if conditional {
        text.push_str(" if");
    }
    for (word, list) in [("all", all), ("any", any)] {
        if !list.is_empty() {
            text.push(' ');
            text.push_str(word);
            text.push(' ');
            text.push_str(&list.join(" "));
        }
    }
    Ok(Some(text))
}

enum Of {
    Member,
    Access,
}

fn kind(name: &str) -> Option<Of> {
    let tail = name.rsplit_once("RequiresPermission")?;
    let whole = tail.0.is_empty() || tail.0.ends_with('.');
    match tail.1 {
        "" if whole => Some(Of::Member),
        ".Read" | ".Write" if whole => Some(Of::Access),
        _ => None,
    }
}

fn read(arguments: &[Token], constants: &Constants) -> Result<Needs, String> {
    let mut needs = Needs::default();
    for argument in split(arguments) {
        let (name, value) = match argument {
            [
                Token {
                    kind: Kind::Word(name),
                    ..
                },
                Token {
                    kind: Kind::Sign('='),
                    ..
                },
                value @ ..,
            ] => (name.as_str(), value),
            value => ("value", value),
        };
        match (name, value) {
            // `.Read(@RequiresPermission(…))`
            (
                "value",
                [
                    Token {
                        kind: Kind::Sign('@'),
                        ..
                    },
                    _,
                    inner @ ..,
                ],
            ) => {
                let inner = inner.get(1..inner.len().saturating_sub(1));
                let inner = read(inner.unwrap_or_default(), constants)?;
                needs.all.extend(inner.all);
                needs.any.extend(inner.any);
                needs.conditional |= inner.conditional;
                needs.levels = needs.levels.or(inner.levels);
            }
            ("value" | "allOf", value) => needs.all.extend(names(value, constants)?),
            ("anyOf", value) => needs.any.extend(names(value, constants)?),
            (
                "conditional",
                [
                    Token {
                        kind: Kind::Word(word),
                        ..
                    },
                ],
            ) => needs.conditional = word == "true",
            (
                "apis",
                [
                    Token {
                        kind: Kind::Text(levels),
                        ..
                    },
                ],
            ) => {
                needs.levels = Some(levels.clone());
            }
            (other, _) => return Err(format!("`{other}` of @RequiresPermission is not known")),
        }
    }
    // One of one is all, and is written as such where it stands alone.
    if needs.all.is_empty() && needs.any.len() == 1 {
        needs.all.append(&mut needs.any);
    }
    Ok(needs)
}

/// At commas that stand in no parentheses or braces.
fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '{') => depth += 1,
            Kind::Sign(')' | '}') => depth = depth.saturating_sub(1),
            Kind::Sign(',') if depth == 0 => {
                parts.extend(tokens.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(tokens.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

/// `CONSTANT`, `"text"`, `"text" + CONSTANT`, or several of them in braces.
fn names(tokens: &[Token], constants: &Constants) -> Result<Vec<String>, String> {
    if let [
        Token {
            kind: Kind::Sign('{'),
            ..
        },
        inside @ ..,
        Token {
            kind: Kind::Sign('}'),
            ..
        },
    ] = tokens
    {
        let mut found = Vec::new();
        for part in split(inside) {
            found.extend(names(part, constants)?);
        }
        return Ok(found);
    }
    let mut whole = String::new();
    for token in tokens {
        match &token.kind {
            Kind::Text(text) => whole.push_str(text),
            Kind::Word(name) => whole.push_str(constants.get(name).ok_or_else(|| {
                format!("`{name}` is declared in none of the files: give the one that declares it")
            })?),
            Kind::Sign('+') => {}
            other => return Err(format!("{other:?} in the name of a permission")),
        }
    }
    short(&whole).map(|name| vec![name])
}

/// `CAMERA` for `android.permission.CAMERA`, other names in full.
fn short(name: &str) -> Result<String, String> {
    let lower = name.to_lowercase();
    if let Some((_, word)) = PRIVILEGES.iter().find(|(text, _)| *text == lower) {
        return Ok((*word).to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("\"{name}\" is no name of a permission"));
    }
    match name.strip_prefix("android.permission.") {
        Some(rest) if !rest.contains('.') => Ok(rest.to_owned()),
        _ if name.contains('.') => Ok(name.to_owned()),
        _ => Err(format!("\"{name}\" is no full name of a permission")),
    }
}

/// Whether `..22`, `23..`, `19..22` or `5,7..9` holds a level.
fn in_levels(text: &str, level: u32) -> Option<bool> {
    let mut found = false;
    for part in text.split(',') {
        let (from, to) = part.split_once("..").unwrap_or((part, part));
        let number = |text: &str, open: u32| match text.trim() {
            "" => Some(open),
            text => text.parse::<u32>().ok(),
        };
        found |= (number(from, 0)?..=number(to, u32::MAX)?).contains(&level);
    }
    Some(found)
}
