//! Values that reach a call, in the form in which facts keep them.

use crate::code::values::{Possible, Value};
use crate::facts::uses::Known;

/// Bytes of one text that is kept: longer ones are queries and data.
const LONGEST: usize = 256;

/// What is known of one argument.
pub(super) fn known(possible: &Possible) -> Vec<Known> {
    let mut found = Vec::new();
    for value in &possible.values {
        add(value, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

fn add(value: &Value, found: &mut Vec<Known>) {
    match value {
        Value::Text { text, open } => found.push(text_of(text, *open)),
        Value::Int(number) => found.push(Known::Int(*number)),
        Value::Class(descriptor) => found.push(Known::Class(descriptor.clone())),
        Value::Field(field) if is_platform(field) => found.push(Known::Field(field.clone())),
        Value::Array {
            elements: Some(elements),
            ..
        } => elements
            .iter()
            .flat_map(|element| &element.values)
            .for_each(|element| {
                if let Value::Text { text, open } = element {
                    found.push(text_of(text, *open));
                }
            }),
        Value::Intent { action, data, .. } => {
            for value in &action.values {
                if let Value::Text { text, open: false } = value {
                    found.push(Known::Action(text.clone()));
                }
            }
            found.extend(data.values.iter().flat_map(uris));
        }
        Value::New {
            class,
            made: Some((_, arguments)),
        } if class == "Landroid/content/IntentFilter;" => {
            for value in arguments.iter().flat_map(|a| &a.values) {
                if let Value::Text { text, open: false } = value {
                    found.push(Known::Action(text.clone()));
                }
            }
        }
        Value::Call { .. } => found.extend(uris(value)),
        _ => {}
    }
}

fn text_of(text: &str, open: bool) -> Known {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Known::Start(text.get(..end).unwrap_or_default().to_owned()),
        None if open => Known::Start(text.to_owned()),
        None => Known::Text(text.to_owned()),
    }
}

fn is_platform(member: &str) -> bool {
    member.starts_with("Landroid/") || member.starts_with("Lcom/android/")
}

/// The URIs that methods of `android.net.Uri` and `android.content.ContentUris` make of others, by their documentation.
fn uris(value: &Value) -> Vec<Known> {
    match value {
        Value::Field(field) if is_platform(field) => vec![Known::Field(field.clone())],
        Value::Call { method, arguments } => {
            let first = || arguments.first().into_iter().flat_map(|p| &p.values);
            match method.split('(').next().unwrap_or_default() {
                "Landroid/net/Uri;->parse" => first().filter_map(parsed).collect(),
                "Landroid/net/Uri;->withAppendedPath" => {
                    let path = arguments.get(1).and_then(Possible::single);
                    first()
                        .flat_map(uris)
                        .map(|base| appended(base, path))
                        .collect()
                }
                "Landroid/content/ContentUris;->withAppendedId"
                | "Landroid/net/Uri;->buildUpon"
                | "Landroid/net/Uri$Builder;->build"
                | "Landroid/net/Uri$Builder;->appendPath"
                | "Landroid/net/Uri$Builder;->appendEncodedPath"
                | "Landroid/net/Uri$Builder;->appendQueryParameter" => {
                    first().flat_map(uris).collect()
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn parsed(value: &Value) -> Option<Known> {
    match value {
        Value::Text { text, .. } if text.len() <= LONGEST => Some(Known::Uri(text.clone())),
        _ => None,
    }
}

fn appended(base: Known, path: Option<&Value>) -> Known {
    match (base, path) {
        (Known::Uri(base), Some(Value::Text { text, .. })) => Known::Uri(format!(
            "{}/{}",
            base.trim_end_matches('/'),
            text.trim_start_matches('/')
        )),
        (base, _) => base,
    }
}
