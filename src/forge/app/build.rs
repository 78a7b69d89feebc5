//! From the notation to files.

use super::notation::{Apk, ByConfig, Document, File, Native, Resources, Scalar};
use crate::forge::arsc::{self, Config, Entry, Item, Layout, Package, Table, Type};
use crate::forge::attributes::format;
use crate::forge::axml::{self, Names, Value};
use crate::forge::xml::{self, ANDROID, TextElement, TextNode};
use crate::forge::zip::{self, Descriptor, Method};
use crate::forge::{ForgeError, Result, compile, dex, elf};
use std::collections::{BTreeMap, BTreeSet};

/// Builds all files of a sample.
pub(super) fn build(name: &str, document: &Document) -> Result<Vec<(String, Vec<u8>)>> {
    let base =
        tables_of(&document.base, None, &document.base, 0x7f).map_err(|e| e.within("base"))?;
    let mut files = vec![(
        if document.split.is_empty() {
            format!("{name}.apk")
        } else {
            "base.apk".to_owned()
        },
        apk(&document.base, None, &base, None).map_err(|e| e.within("base"))?,
    )];
    let mut feature_id = 0x80;
    for split in &document.split {
        let split_name = split
            .name
            .as_deref()
            .ok_or_else(|| ForgeError::new("a split without a name"))?;
        let at = format!("split {split_name}");
        let table = match split.feature {
            true => {
                feature_id += 1;
                tables_of(split, None, &document.base, feature_id - 1)
            }
            false => tables_of(split, Some(&base), &document.base, 0x7f),
        };
        let table = table.map_err(|e| e.within(&at))?;
        let bytes =
            apk(split, Some(&document.base), &table, Some(&base)).map_err(|e| e.within(&at))?;
        files.push((format!("split_{split_name}.apk"), bytes));
    }
    let Some(bundle) = &document.bundle else {
        return Ok(files);
    };
    let mut entries: Vec<zip::Entry> = files
        .into_iter()
        .map(|(name, bytes)| {
            zip::Entry::new(format!("{}{name}", bundle.folder), bytes, Method::Stored)
        })
        .collect();
    for (name, text) in &bundle.files {
        entries.push(zip::Entry::new(
            name.as_str(),
            text.as_str(),
            Method::Deflated,
        ));
    }
    Ok(vec![(bundle.name.clone(), zip::Zip::of(entries).build())])
}

/// The names of all resources of an APK: type → names.
fn resource_names(apk: &Apk) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, resources) in [
        ("string", &apk.strings),
        ("bool", &apk.bools),
        ("integer", &apk.integers),
    ] {
        for name in resources.keys() {
            names
                .entry(kind.to_owned())
                .or_default()
                .insert(name.clone());
        }
    }
    for key in apk.xml.keys().chain(apk.resource_files.keys()) {
        let (kind, name) = file_resource(key)?;
        names
            .entry(kind.to_owned())
            .or_default()
            .insert(name.to_owned());
    }
    Ok(names)
}

/// `raw/config.json` → `raw`, `config`.
fn file_resource(key: &str) -> Result<(&str, &str)> {
    let (kind, file) = key
        .split_once('/')
        .ok_or_else(|| ForgeError::new(format!("{key:?} is not type/name")))?;
    Ok((kind, file.split('.').next().unwrap_or(file)))
}

/// The resource table of one APK. A split that is no feature has the ids of the base.
fn tables_of(apk: &Apk, ids_of: Option<&Table>, base: &Apk, package_id: u8) -> Result<Table> {
    let names = resource_names(apk)?;
    let package_name = base.package.clone().unwrap_or_default();
    let empty = |name: &String| Entry {
        name: name.clone(),
        values: Vec::new(),
    };
    let mut table = match ids_of {
        Some(base) => {
            let mut same = base.clone();
            for kind in same.packages.iter_mut().flat_map(|p| &mut p.types) {
                kind.entries.iter_mut().for_each(|e| e.values.clear());
            }
            same
        }
        None => {
            let types = names.iter().map(|(kind, names)| Type {
                name: kind.clone(),
                entries: names.iter().map(empty).collect(),
            });
            let package = Package {
                id: package_id,
                name: package_name,
                types: types.collect(),
            };
            Table {
                packages: vec![package],
                ..Table::default()
            }
        }
    };
    table.utf16 = apk.arsc.utf16;
    table.compact = apk.arsc.compact;
    table.layout = match apk.arsc.layout.as_deref() {
        None | Some("dense") => Layout::Dense,
        Some("sparse") => Layout::Sparse,
        Some("offset16") => Layout::Offset16,
        Some(other) => {
            return Err(ForgeError::new(format!(
                "no table layout is called {other:?}"
            )));
        }
    };
    let ids = table.clone();
    let mut values: Vec<(&str, &str, Config, Value)> = Vec::new();
    for (kind, mask, resources) in [
        ("string", format::STRING, &apk.strings),
        ("bool", format::BOOLEAN, &apk.bools),
        ("integer", format::INTEGER, &apk.integers),
    ] {
        typed(kind, mask, resources, &ids, &mut values)?;
    }
    for key in apk.xml.keys() {
        let (kind, name) = file_resource(key)?;
        values.push((
            kind,
            name,
            Config::default(),
            Value::String(format!("res/{kind}/{name}.xml")),
        ));
    }
    for key in apk.resource_files.keys() {
        let (kind, name) = file_resource(key)?;
        values.push((
            kind,
            name,
            Config::default(),
            Value::String(format!("res/{key}")),
        ));
    }
    for (kind, name, config, value) in values {
        let entry = table
            .packages
            .iter_mut()
            .flat_map(|p| &mut p.types)
            .filter(|t| t.name == kind)
            .flat_map(|t| &mut t.entries)
            .find(|e| e.name == name)
            .ok_or_else(|| ForgeError::new(format!("the base has no resource {kind}/{name}")))?;
        entry.values.push((config, Item::Value(value)));
    }
    Ok(table)
}

fn typed<'a>(
    kind: &'a str,
    mask: u32,
    resources: &'a Resources,
    ids: &Table,
    values: &mut Vec<(&'a str, &'a str, Config, Value)>,
) -> Result<()> {
    let lookup = |kind: &str, name: &str| ids.id(kind, name);
    for (name, by_config) in resources {
        let one = |config: &str, scalar: &Scalar| -> Result<(Config, Value)> {
            let text = text_of(scalar);
            let value = compile::value(&text, mask, &[], &lookup);
            Ok((
                arsc::Config::parse(config)?,
                value.map_err(|e| e.within(&format!("{kind}/{name}")))?,
            ))
        };
        match by_config {
            ByConfig::All(scalar) => {
                let (config, value) = one("default", scalar)?;
                values.push((kind, name, config, value));
            }
            ByConfig::Each(all) => {
                for (config, scalar) in all {
                    let (config, value) = one(config, scalar)?;
                    values.push((kind, name, config, value));
                }
            }
        }
    }
    Ok(())
}

fn text_of(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(yes) => yes.to_string(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

/// One APK. `base` is its base if it is a split.
fn apk(
    apk: &Apk,
    base: Option<&Apk>,
    table: &Table,
    base_table: Option<&Table>,
) -> Result<Vec<u8>> {
    let lookup = |kind: &str, name: &str| {
        table
            .id(kind, name)
            .or_else(|| base_table.and_then(|t| t.id(kind, name)))
    };
    let deflate = if apk.zip.stored {
        Method::Stored
    } else {
        Method::Deflated
    };
    let mut entries = Vec::new();
    let root = manifest(apk, base).map_err(|e| e.within("manifest"))?;
    let options = axml_options(apk)?;
    let bytes = compile::write(&root, &lookup, &options).map_err(|e| e.within("manifest"))?;
    entries.push(zip::Entry::new("AndroidManifest.xml", bytes, deflate));
    for (path, bytes) in dex_files(apk)? {
        entries.push(zip::Entry::new(path, bytes, deflate));
    }
    for (path, native) in &apk.native {
        let entry = zip::Entry::new(path.as_str(), library(path, native), Method::Stored);
        entries.push(zip::Entry { align: 4, ..entry });
    }
    for (key, text) in &apk.xml {
        let (kind, name) = file_resource(key)?;
        let options = axml::Options {
            utf8: true,
            ..axml::Options::default()
        };
        let bytes = compile::compile(text, &lookup, &options).map_err(|e| e.within(key))?;
        entries.push(zip::Entry::new(
            format!("res/{kind}/{name}.xml"),
            bytes,
            deflate,
        ));
    }
    for (key, text) in &apk.resource_files {
        entries.push(zip::Entry::new(
            format!("res/{key}"),
            text.as_str(),
            deflate,
        ));
    }
    if !resource_names(apk)?.is_empty() {
        // Stored and aligned, as Android 11 and later ask of apps that target it.
        let entry = zip::Entry::new("resources.arsc", table.write(), Method::Stored);
        entries.push(zip::Entry { align: 4, ..entry });
    }
    for (path, file) in &apk.files {
        let bytes = match file {
            File::Text(text) => text.clone().into_bytes(),
            File::Hex { hex } => {
                unhex(hex).ok_or_else(|| ForgeError::new("bad hexadecimal").within(path))?
            }
            File::Noise { noise: length } => noise(*length),
        };
        entries.push(zip::Entry::new(path.as_str(), bytes, deflate));
    }
    for entry in &mut entries {
        entry.zip64 = apk.zip.zip64;
        if apk.zip.descriptors && entry.method == Method::Deflated {
            entry.descriptor = Descriptor::Signed;
        }
    }
    let archive = zip::Zip {
        prefix: apk.zip.prefix.clone().into_bytes(),
        comment: apk.zip.comment.clone().into_bytes(),
        zip64_end: apk.zip.zip64,
        ..zip::Zip::of(entries)
    };
    Ok(archive.build())
}

/// Bytes of Marsaglia's xorshift64 (Journal of Statistical Software 8, 14).
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn axml_options(apk: &Apk) -> Result<axml::Options> {
    let names = match apk.axml.names.as_deref() {
        None | Some("plain") => Names::Plain,
        Some("empty") => Names::Empty,
        Some("letters") => Names::Letters,
        Some("misleading") => Names::Misleading,
        Some(other) => {
            return Err(ForgeError::new(format!(
                "no kind of names is called {other:?}"
            )));
        }
    };
    Ok(axml::Options {
        utf8: apk.axml.utf8,
        names,
        keep_raw: apk.axml.keep_raw,
        attribute_size: apk.axml.attribute_size.unwrap_or(20).max(20),
    })
}

/// The manifest's tree with what the keys of the notation add.
fn manifest(apk: &Apk, base: Option<&Apk>) -> Result<TextElement> {
    let default = match base {
        Some(_) => "<manifest><application android:hasCode='false'/></manifest>",
        None => "<manifest><application/></manifest>",
    };
    let mut root = xml::parse(apk.manifest.as_deref().unwrap_or(default))?;
    let package = apk
        .package
        .as_ref()
        .or(base.and_then(|b| b.package.as_ref()));
    if let Some(package) = package {
        root.set_default(None, "package", package);
    }
    let code = apk.version_code.or(base.and_then(|b| b.version_code));
    if let Some(code) = code {
        root.set_default(Some(ANDROID), "versionCode", &code.to_string());
    }
    if let Some(name) = &apk.version_name {
        root.set_default(Some(ANDROID), "versionName", name);
    }
    if base.is_some() {
        if let Some(name) = &apk.name {
            root.set_default(None, "split", name);
        }
        if let Some(target) = &apk.config_for {
            root.set_default(None, "configForSplit", target);
        }
        if apk.feature {
            root.set_default(Some(ANDROID), "isFeatureSplit", "true");
        }
    }
    let mut sdk = TextElement {
        name: "uses-sdk".to_owned(),
        line: root.line,
        ..TextElement::default()
    };
    for (key, value) in [
        ("minSdkVersion", &apk.min_sdk),
        ("targetSdkVersion", &apk.target_sdk),
    ] {
        if let Some(value) = value {
            sdk.set_default(Some(ANDROID), key, &text_of(value));
        }
    }
    if !sdk.attributes.is_empty() && root.elements("uses-sdk").next().is_none() {
        root.children.insert(0, TextNode::Element(sdk));
    }
    Ok(root)
}

fn dex_files(apk: &Apk) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut number = 0;
    for (at, one) in apk.dex.iter().enumerate() {
        let path = match &one.path {
            Some(path) => path.clone(),
            None => {
                number += 1;
                if number == 1 {
                    "classes.dex".to_owned()
                } else {
                    format!("classes{number}.dex")
                }
            }
        };
        let mut options = dex::Options::default();
        if let Some(version) = &one.version {
            options.version.clone_from(version);
        }
        let within = |e: ForgeError| e.within(&format!("dex[{at}]"));
        let bytes = match one.empty {
            true => Vec::new(),
            false => {
                dex::write(&dex::parse(&one.classes).map_err(within)?, &options).map_err(within)?
            }
        };
        files.push((path, bytes));
    }
    Ok(files)
}

/// The library at `lib/<abi>/<name>`; other ABIs than 64-bit ones are written as AArch64.
fn library(path: &str, native: &Native) -> Vec<u8> {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let abi = parts.next().unwrap_or_default();
    let library = elf::Library {
        machine: elf::Library::machine_of_abi(abi).unwrap_or(183),
        soname: Some(native.soname.clone().unwrap_or_else(|| file.to_owned())),
        needed: native.needed.clone(),
        exports: native.exports.clone(),
        imports: native.imports.clone(),
        strings: native.strings.clone(),
        build_id: None,
    };
    elf::write(&if native.no_build_id {
        library
    } else {
        library.with_build_id()
    })
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}
