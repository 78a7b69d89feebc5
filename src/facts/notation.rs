//! Facts in one line each: the notation of the examples in the data files.
//!
//! ```text
//! function online-shopping                 what the app is judged against
//! supply                                   a supply-side edition (driver, courier, merchant)
//! package com.example.shop                 package name
//! label 示例商城                            label of the default configuration
//! min 21 · target 33                       SDK levels
//! perm android.permission.CAMERA max=29 sdk-23 neverForLocation
//! feature android.hardware.camera optional
//! service com.x.Push exported permission=P process=:remote type=location action=A authority=X
//! meta UMENG_APPKEY=5f0                    meta-data of the application
//! app allowBackup=false                    an attribute of the application element
//! cleartext base=true · cleartext example.com=true     network security configuration
//! query com.tencent.mm                     a package in queries
//! class com.umeng.analytics.MobclickAgent  a class that the app defines
//! ref com.umeng.analytics.MobclickAgent    a class that the app names and does not define
//! call android.telephony.TelephonyManager.getDeviceId <- com.x.Y.z
//! call android.content.ContentResolver.query(uri:content://sms) <- com.x.Y.z
//! read android.os.Build.SERIAL <- com.x.Y.z      also write: a field
//! type android.location.LocationManager <- com.x.Y.z   a class as a constant
//! extends android.webkit.WebChromeClient <- com.x.Y
//! override android.webkit.WebChromeClient.onPermissionRequest <- com.x.Y.onPermissionRequest
//! string /sys/class/net/wlan0/address <- com.x.Y.z
//! start android.telephony.TelephonyManager.getDeviceId <- com.x.App.onCreate > com.y.Sdk.init
//! refers com.x.Main com.x.Y                one class refers to another; then only what components lead to is reached
//! lib arm64-v8a/libfoo.so                  a native library
//! symbol arm64-v8a/libfoo.so dlopen        a function that it takes from elsewhere
//! script assets/www/app.js plus.contacts   a name in a script
//! asset assets/x/y.dat                     another entry
//! opaque assets/x/y.dat                    an entry that looks encrypted
//! host alog.umeng.com                      a host name in the strings
//! unreadable code                          a channel that could not be read
//! ```
//!
//! `service` may also be `activity`, `receiver` or `provider`. Words behind the
//! name may come in any order. A component's class counts as defined by the app,
//! unless the word `missing` says that it is not. `action A` is short for a
//! receiver of the app's own for that action. Behind the method of a use, `by=com.x.Z`
//! (repeatable) says who calls it and `nowhere` that nobody does; without them it is
//! entered from outside. `start` is a `call` on the way from the start of the app: behind `<-` stand the methods
//! from the first one, which is that of a provider or activity of the lines, or else of the application; `>` is a
//! call, `>>` leaves it to others to run. Without such a line it is not known what runs at start. Arguments are `"text"`, `"beginning*"`, `21`, `uri:…`,
//! `action:…`, `class:…`, `field:…` or `_`.

use super::model::{ChannelState, DexFact, Facts, FileFact, NativeFact, SCHEMA, State};
use super::notation_uses::Uses;
use super::uses::{OpaqueFact, ScriptFact};
use crate::elf::NativeLib;
use crate::incident::Channel;
use crate::package::manifest::{
    BackupRules, Component, ComponentKind, DomainConfig, IntentFilter, Manifest, MetaData,
    NetworkSecurity, PermissionElement, Place, UsesFeature, UsesPermission,
};

/// An app made of lines, and what it is judged against.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// The facts that the lines state; every other channel counts as read and empty.
    pub facts: Facts,
    /// Declared functions.
    pub functions: Vec<String>,
    /// Supply-side edition.
    pub supply: bool,
}

const FILE: &str = "example.apk";

/// Reads an example. The error names the line that is not understood.
pub fn parse<S: AsRef<str>>(lines: &[S]) -> Result<Example, String> {
    let mut example = Example {
        facts: Facts {
            schema: SCHEMA.into(),
            files: vec![FileFact {
                name: FILE.into(),
                sha256: "0".repeat(64),
                ..FileFact::default()
            }],
            manifest: Manifest {
                package: "com.example".into(),
                ..Manifest::default()
            },
            dex: vec![DexFact {
                file: FILE.into(),
                entry: "classes.dex".into(),
                sha256: "0".repeat(64),
                version: "035".into(),
                ..DexFact::default()
            }],
            ..Facts::default()
        },
        ..Example::default()
    };
    for channel in [
        Channel::Archive,
        Channel::Manifest,
        Channel::Resources,
        Channel::Code,
        Channel::Native,
        Channel::Assets,
    ] {
        example.facts.coverage.insert(
            channel,
            ChannelState {
                state: State::Complete,
                reasons: Vec::new(),
            },
        );
    }
    let mut uses = Uses::default();
    for line in lines {
        let line = line.as_ref().trim();
        one(&mut example, &mut uses, line).map_err(|why| format!("`{line}`: {why}"))?;
    }
    if let Some(dex) = example.facts.dex.first_mut() {
        dex.defines.extend(uses.classes().map(str::to_owned));
    }
    settle(&mut example.facts);
    uses.settle(&mut example.facts);
    Ok(example)
}

/// Brings the facts into the order that extraction gives them.
fn settle(facts: &mut Facts) {
    for dex in &mut facts.dex {
        dex.defines.sort();
        dex.defines.dedup();
        dex.classes = u32::try_from(dex.defines.len()).unwrap_or(u32::MAX);
    }
    facts.referenced.sort();
    facts.referenced.dedup();
    facts.assets.sort();
    facts.hosts.sort();
    facts.scripts.sort_by(|a, b| a.entry.cmp(&b.entry));
    facts.native.sort_by(|a, b| a.entry.cmp(&b.entry));
}

fn one(example: &mut Example, uses: &mut Uses, line: &str) -> Result<(), String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    if rest.is_empty() && word != "supply" {
        return Err("something must follow the first word".into());
    }
    if uses.read(word, rest)? {
        return Ok(());
    }
    let facts = &mut example.facts;
    match word {
        "function" => example.functions.push(rest.into()),
        "supply" => example.supply = true,
        "package" => facts.manifest.package = rest.into(),
        "label" => {
            facts.manifest.application.label = Some(rest.into());
            facts
                .manifest
                .application
                .labels
                .insert(String::new(), rest.into());
        }
        "min" => facts.manifest.uses_sdk.min = Some(number(rest)?),
        "target" => facts.manifest.uses_sdk.target = Some(number(rest)?),
        "perm" => {
            let index = facts.manifest.uses_permissions.len();
            facts
                .manifest
                .uses_permissions
                .push(permission(rest, index)?);
        }
        "feature" => facts.manifest.uses_features.push(UsesFeature {
            name: rest.trim_end_matches(" optional").into(),
            required: !rest.ends_with(" optional"),
            ..UsesFeature::default()
        }),
        "activity" | "service" | "receiver" | "provider" => {
            let index = facts.manifest.components.len();
            let component = component(word, rest, index)?;
            if !rest.split(' ').any(|w| w == "missing")
                && let Some(dex) = facts.dex.first_mut()
            {
                dex.defines.push(component.name.clone());
            }
            facts.manifest.components.push(component);
        }
        "action" => {
            let index = facts.manifest.components.len();
            let own = format!("com.example.Receiver action={rest}");
            facts
                .manifest
                .components
                .push(component("receiver", &own, index)?);
        }
        "meta" => {
            let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
            facts.manifest.application.meta_data.push(MetaData {
                name: name.into(),
                value: Some(value.into()),
                resource: None,
            });
        }
        "app" => attribute(facts, rest)?,
        "cleartext" => cleartext(facts, rest)?,
        "query" => facts.manifest.queries.packages.push(rest.into()),
        "class" => {
            if let Some(dex) = facts.dex.first_mut() {
                dex.defines.push(rest.into());
            }
        }
        "ref" => facts.referenced.push(rest.into()),
        "lib" => {
            library(facts, rest);
        }
        "symbol" => {
            let (lib, name) = rest.split_once(' ').ok_or("a name must follow")?;
            library(facts, lib)
                .elf
                .get_or_insert_default()
                .imports
                .push(name.into());
        }
        "script" => {
            let (entry, name) = rest.split_once(' ').ok_or("a name must follow")?;
            let known = facts.scripts.iter().position(|s| s.entry == entry);
            match known.and_then(|at| facts.scripts.get_mut(at)) {
                Some(script) => script.names.push(name.into()),
                None => facts.scripts.push(ScriptFact {
                    file: FILE.into(),
                    entry: entry.into(),
                    sha256: "0".repeat(64),
                    names: vec![name.into()],
                }),
            }
        }
        "asset" => facts.assets.push(format!("{FILE}!{rest}")),
        "opaque" => facts.opaque.push(OpaqueFact {
            file: FILE.into(),
            entry: rest.into(),
            script: false,
        }),
        "host" => facts.hosts.push(rest.into()),
        "unreadable" => {
            let channel = channel(rest)?;
            facts.coverage.insert(
                channel,
                ChannelState {
                    state: State::Unreadable,
                    reasons: vec!["example".into()],
                },
            );
        }
        _ => return Err("unknown first word".into()),
    }
    Ok(())
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn truth(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is neither true nor false"))
}

fn channel(text: &str) -> Result<Channel, String> {
    serde_json::from_value(serde_json::Value::String(text.into()))
        .map_err(|_| format!("`{text}` is no channel"))
}

fn place(element: &str, index: usize) -> Place {
    Place {
        file: FILE.into(),
        path: format!("manifest/{element}[{}]", index + 1),
        offset: 0,
    }
}

fn permission(rest: &str, index: usize) -> Result<UsesPermission, String> {
    let mut words = rest.split(' ').filter(|w| !w.is_empty());
    let mut permission = UsesPermission {
        name: words.next().unwrap_or_default().into(),
        at: place("uses-permission", index),
        ..UsesPermission::default()
    };
    for word in words {
        match word.split_once('=') {
            Some(("max", level)) => permission.max_sdk = Some(number(level)?),
            None if word == "sdk-23" => permission.element = PermissionElement::UsesPermissionSdk23,
            None if word == "neverForLocation" => {
                permission.never_for_location = true;
                permission.flags = 0x1_0000;
            }
            _ => return Err(format!("`{word}` is not understood")),
        }
    }
    Ok(permission)
}

fn component(kind: &str, rest: &str, index: usize) -> Result<Component, String> {
    let mut words = rest.split(' ').filter(|w| !w.is_empty());
    let mut component = Component {
        kind: match kind {
            "service" => ComponentKind::Service,
            "receiver" => ComponentKind::Receiver,
            "provider" => ComponentKind::Provider,
            _ => ComponentKind::Activity,
        },
        name: words.next().unwrap_or_default().into(),
        at: place(&format!("application/{kind}"), index),
        ..Component::default()
    };
    for word in words {
        match word.split_once('=') {
            None if word == "missing" => {}
            None if word == "exported" => {
                component.exported = true;
                component.exported_declared = Some(true);
            }
            Some(("permission", value)) => component.permission = Some(value.into()),
            Some(("process", value)) => component.process = Some(value.into()),
            Some(("type", value)) => {
                component.foreground_service_types = value.split('|').map(Into::into).collect()
            }
            Some(("authority", value)) => component.authorities.push(value.into()),
            Some(("action", value)) => {
                if component.intent_filters.is_empty() {
                    component.intent_filters.push(IntentFilter::default());
                }
                if let Some(filter) = component.intent_filters.first_mut() {
                    filter.actions.push(value.into());
                }
            }
            _ => return Err(format!("`{word}` is not understood")),
        }
    }
    Ok(component)
}

fn attribute(facts: &mut Facts, rest: &str) -> Result<(), String> {
    let application = &mut facts.manifest.application;
    application.at = place("application", 0);
    let (name, value) = rest
        .split_once('=')
        .ok_or("an attribute is written name=value")?;
    match name {
        "allowBackup" => application.allow_backup = Some(truth(value)?),
        "usesCleartextTraffic" => application.uses_cleartext_traffic = Some(truth(value)?),
        "debuggable" => application.debuggable = Some(truth(value)?),
        "testOnly" => application.test_only = Some(truth(value)?),
        "requestLegacyExternalStorage" => {
            application.request_legacy_external_storage = Some(truth(value)?)
        }
        "appCategory" => application.app_category = Some(value.into()),
        "fullBackupContent" => {
            application.full_backup_content = Some(BackupRules {
                entry: value.into(),
                rules: Vec::new(),
            });
        }
        "dataExtractionRules" => {
            application.data_extraction_rules = Some(BackupRules {
                entry: value.into(),
                rules: Vec::new(),
            });
        }
        _ => return Err(format!("the notation has no attribute `{name}`")),
    }
    Ok(())
}

fn cleartext(facts: &mut Facts, rest: &str) -> Result<(), String> {
    let (domain, value) = rest
        .split_once('=')
        .ok_or("cleartext is written domain=true")?;
    let security = facts
        .manifest
        .application
        .network_security
        .get_or_insert_with(|| NetworkSecurity {
            entry: "res/xml/network_security_config.xml".into(),
            ..NetworkSecurity::default()
        });
    if domain == "base" {
        security.base_cleartext = Some(truth(value)?);
    } else {
        security.domains.push(DomainConfig {
            domains: vec![domain.into()],
            cleartext: Some(truth(value)?),
            ..DomainConfig::default()
        });
    }
    Ok(())
}

/// The library of that name, which is added if it is new.
fn library<'f>(facts: &'f mut Facts, name: &str) -> &'f mut NativeFact {
    let entry = format!("lib/{name}");
    let at = facts.native.iter().position(|lib| lib.entry == entry);
    let at = at.unwrap_or(facts.native.len());
    if at == facts.native.len() {
        facts.native.push(NativeFact {
            file: FILE.into(),
            entry,
            elf: Some(NativeLib::default()),
            ..NativeFact::default()
        });
    }
    &mut facts.native[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_facts() {
        let example = parse(&[
            "function online-shopping",
            "target 33",
            "perm android.permission.CAMERA max=29 sdk-23",
            "service com.x.Push exported type=location|camera action=A action=B",
            "class com.b.C",
            "class com.a.B",
            "cleartext base=true",
            "unreadable native",
        ])
        .unwrap();
        assert_eq!(example.functions, ["online-shopping"]);
        let facts = &example.facts;
        assert_eq!(facts.manifest.uses_sdk.target_level(), 33);
        let camera = facts.manifest.uses_permissions.first().unwrap();
        assert_eq!(
            (camera.max_sdk, camera.element),
            (Some(29), PermissionElement::UsesPermissionSdk23)
        );
        let push = facts.manifest.components.first().unwrap();
        assert!(push.exported);
        assert_eq!(push.foreground_service_types, ["location", "camera"]);
        assert_eq!(push.intent_filters.first().unwrap().actions, ["A", "B"]);
        assert_eq!(
            facts.dex.first().unwrap().defines,
            ["com.a.B", "com.b.C", "com.x.Push"]
        );
        assert_eq!(facts.state(Channel::Native), State::Unreadable);
        assert!(!facts.complete());
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        for line in [
            "perm",
            "perm android.permission.CAMERA maximum=3",
            "colour red",
            "app allowBackup=maybe",
        ] {
            assert!(parse(&[line]).unwrap_err().contains(line), "{line}");
        }
    }
}
