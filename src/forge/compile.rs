//! From XML text to binary XML: types values as aapt2 does.

use super::attributes::{self, format};
use super::axml::{self, Attribute, Element, Event, Options, Value};
use super::xml::{self, ANDROID, TextElement, TextNode};
use super::{ForgeError, Result};

/// Finds the id of a resource by type and name, `("string", "app_name")`.
pub type Lookup<'a> = &'a dyn Fn(&str, &str) -> Option<u32>;

/// Compiles XML text.
pub fn compile(text: &str, lookup: Lookup<'_>, options: &Options) -> Result<Vec<u8>> {
    write(&xml::parse(text)?, lookup, options)
}

/// Compiles a tree.
pub fn write(root: &TextElement, lookup: Lookup<'_>, options: &Options) -> Result<Vec<u8>> {
    let mut events = Vec::new();
    flatten(root, lookup, &mut events)?;
    let android = uses_android(&events);
    let namespaces: &[(&str, &str)] = if android {
        &[("android", ANDROID)]
    } else {
        &[]
    };
    Ok(axml::write(&events, namespaces, options))
}

fn uses_android(events: &[Event]) -> bool {
    events.iter().any(|event| match event {
        Event::Start(e) => e
            .attributes
            .iter()
            .any(|a| a.namespace.as_deref() == Some(ANDROID)),
        _ => false,
    })
}

fn flatten(element: &TextElement, lookup: Lookup<'_>, events: &mut Vec<Event>) -> Result<()> {
    let mut attributes = Vec::new();
    for a in &element.attributes {
        // aapt2 removes what is meant for other tools.
        if a.namespace.as_deref() == Some("http://schemas.android.com/tools") {
            continue;
        }
        let error =
            |e: ForgeError| ForgeError::at(element.line, format!("{}: {}", a.name, e.message));
        let (id, mask, values) = match a.namespace.as_deref() {
            Some(ANDROID) => {
                let known = attributes::attribute(&a.name).ok_or_else(|| {
                    error(ForgeError::new(
                        "not in the table of src/forge/attributes.rs",
                    ))
                })?;
                (Some(known.id), known.format, known.values)
            }
            Some(_) => (None, format::STRING, &[][..]),
            None => (None, format::ANY, &[][..]),
        };
        let value = value(&a.value, mask, values, lookup).map_err(error)?;
        attributes.push(Attribute {
            namespace: a.namespace.clone(),
            name: a.name.clone(),
            id,
            raw: Some(a.value.clone()),
            value,
        });
    }
    events.push(Event::Start(Element {
        namespace: None,
        name: element.name.clone(),
        attributes,
        line: element.line as u32,
    }));
    for child in &element.children {
        match child {
            TextNode::Element(child) => flatten(child, lookup, events)?,
            TextNode::Text(text) => events.push(Event::Text(text.clone())),
        }
    }
    events.push(Event::End(element.name.clone()));
    Ok(())
}

/// Types one value. `mask` holds bits of [`format`], `values` the names of an enum or of flags.
pub fn value(text: &str, mask: u32, values: &[(&str, u32)], lookup: Lookup<'_>) -> Result<Value> {
    let has = |bits: u32| mask & bits != 0;
    if let Some(target) = text.strip_prefix('@') {
        return reference(target, lookup).map(Value::Reference);
    }
    if let Some(target) = text.strip_prefix('?') {
        return reference(target, lookup).map(Value::ThemeAttribute);
    }
    if has(format::ENUM | format::FLAGS) {
        let mut sum = 0;
        let mut unknown = None;
        for name in text.split('|').map(str::trim) {
            match values.iter().find(|v| v.0 == name) {
                Some(v) => sum |= v.1,
                None => unknown = Some(name),
            }
        }
        match unknown {
            None if has(format::FLAGS) => return Ok(Value::Hex(sum)),
            None => return Ok(Value::Integer(sum as i32)),
            Some(name) => {
                return number(text)
                    .ok_or_else(|| ForgeError::new(format!("no value is called {name}")));
            }
        }
    }
    if has(format::BOOLEAN) && matches!(text, "true" | "false") {
        return Ok(Value::Boolean(text == "true"));
    }
    if has(format::INTEGER)
        && let Some(number) = number(text)
    {
        return Ok(number);
    }
    if has(format::COLOR)
        && let Some(hex) = text.strip_prefix('#')
        && let Ok(argb) = u32::from_str_radix(hex, 16)
    {
        match hex.len() {
            6 => return Ok(Value::Other(0x1d, 0xff00_0000 | argb)),
            8 => return Ok(Value::Color(argb)),
            _ => {}
        }
    }
    if has(format::FLOAT)
        && text.contains('.')
        && let Ok(number) = text.parse()
    {
        return Ok(Value::Float(number));
    }
    if has(format::STRING) {
        let unescaped = if text.starts_with("\\@") || text.starts_with("\\?") {
            &text[1..]
        } else {
            text
        };
        return Ok(Value::String(unescaped.to_owned()));
    }
    Err(ForgeError::new(format!("{text:?} has the wrong type")))
}

fn number(text: &str) -> Option<Value> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok().map(Value::Hex),
        None => text.parse().ok().map(Value::Integer),
    }
}

/// `null`, `0x7f010000`, `string/name`, `+id/name`, `package:string/name`.
fn reference(target: &str, lookup: Lookup<'_>) -> Result<u32> {
    if target == "null" {
        return Ok(0);
    }
    if let Some(hex) = target.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16)
            .map_err(|_| ForgeError::new(format!("@{target} is no resource id")));
    }
    let target = target.trim_start_matches('+');
    let local = target.split_once(':').map_or(target, |(_, name)| name);
    local
        .split_once('/')
        .and_then(|(kind, name)| lookup(kind, name))
        .ok_or_else(|| ForgeError::new(format!("no resource is called {target}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(kind: &str, name: &str) -> Option<u32> {
        (kind == "string" && name == "app").then_some(0x7f01_0000)
    }

    fn typed(attribute: &str, text: &str) -> Value {
        let a = attributes::attribute(attribute).unwrap();
        value(text, a.format, a.values, &lookup).unwrap()
    }

    /// The types that `aapt2 dump xmltree` shows for the same attributes.
    #[test]
    fn values_have_the_types_of_aapt2() {
        assert_eq!(typed("versionName", "1.2"), Value::String("1.2".into()));
        assert_eq!(typed("versionCode", "12"), Value::Integer(12));
        assert_eq!(typed("minSdkVersion", "21"), Value::Integer(21));
        assert_eq!(typed("minSdkVersion", "Q"), Value::String("Q".into()));
        assert_eq!(typed("label", "@string/app"), Value::Reference(0x7f01_0000));
        assert_eq!(typed("label", "Shop"), Value::String("Shop".into()));
        assert_eq!(typed("exported", "true"), Value::Boolean(true));
        assert_eq!(typed("value", "true"), Value::Boolean(true));
        assert_eq!(typed("value", "1.5"), Value::Float(1.5));
        assert_eq!(typed("value", "5b0e"), Value::String("5b0e".into()));
        assert_eq!(typed("glEsVersion", "0x00020000"), Value::Hex(0x2_0000));
        assert_eq!(
            typed("foregroundServiceType", "location|microphone"),
            Value::Hex(8 | 128)
        );
        assert_eq!(typed("protectionLevel", "dangerous"), Value::Hex(1));
        assert_eq!(typed("launchMode", "singleTask"), Value::Integer(2));
        assert_eq!(typed("theme", "@null"), Value::Reference(0));
        assert_eq!(typed("name", "\\@x"), Value::String("@x".into()));
    }

    #[test]
    fn mistakes_name_line_and_attribute() {
        let error = |text: &str| {
            compile(text, &lookup, &Options::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("<a>\n<b android:label='@string/no'/></a>"),
            "line 2: label: no resource is called string/no"
        );
        assert_eq!(
            error("<b android:exported='maybe'/>"),
            "line 1: exported: \"maybe\" has the wrong type"
        );
        assert!(error("<b android:nmae='x'/>").starts_with("line 1: nmae: not in the table"));
    }
}
