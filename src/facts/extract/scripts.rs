//! Names in scripts, snapshots and native libraries that look like those of a platform's interface.
//!
//! Facts do not know the data, so a name is kept by its shape: a member of an
//! object that frameworks put into scripts (`plus.geolocation`), the name of a
//! plug-in (`react-native-contacts`, `plugins.flutter.io/camera`), a class as JNI
//! writes it (`android/os/Build`). Minified scripts keep such names, because they
//! come from outside.

use super::telling::is_telling;
use std::collections::BTreeSet;

/// Endings of entries that hold scripts.
const SCRIPTS: [&str; 13] = [
    ".js",
    ".mjs",
    ".cjs",
    ".bundle",
    ".jsbundle",
    ".hbc",
    ".html",
    ".htm",
    ".lua",
    ".luac",
    ".nvue",
    ".ts",
    ".qml",
];

/// Objects through which frameworks give scripts access to the device.
const OBJECTS: [&str; 14] = [
    "plus",
    "uni",
    "wx",
    "my",
    "tt",
    "swan",
    "qq",
    "ks",
    "navigator",
    "cordova",
    "Clipboard",
    "api",
    "device",
    "Capacitor",
];

/// Beginnings of the names of plug-ins.
const PLUGINS: [&str; 6] = [
    "react-native-",
    "@react-native",
    "cordova-",
    "expo-",
    "capacitor-",
    "@capacitor",
];

/// Names of modules and interfaces that stand for themselves.
const MODULES: [&str; 13] = [
    "getUserMedia",
    "XMLHttpRequest",
    "fetch",
    "PermissionsAndroid",
    "CameraRoll",
    "VisionCamera",
    "DeviceMotionEvent",
    "Geolocation",
    "SmsAndroid",
    "NetInfo",
    "MediaRecorder",
    "Notification",
    "background-geolocation",
];

/// Longest name that is looked at.
const LONGEST: usize = 96;

/// Whether an entry is a script by its name.
pub(super) fn is_script(entry: &str) -> bool {
    let lower = entry.to_ascii_lowercase();
    SCRIPTS.iter().any(|end| lower.ends_with(end))
}

/// The telling names of a script, at most `most`, sorted; and whether there were more.
pub(super) fn in_script(bytes: &[u8], most: usize) -> (Vec<String>, bool) {
    let part =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'-' | b'/' | b'@');
    gather(bytes, part, most, |word, keep| {
        // `plus.io` in `a/plus.io` is no object.
        let word = word.trim_matches(|c| matches!(c, '.' | '/' | '-'));
        if word.starts_with('@') || PLUGINS.iter().any(|start| word.starts_with(start)) {
            if PLUGINS.iter().any(|start| word.starts_with(start)) {
                let parts = if word.starts_with('@') { 2 } else { 1 };
                let end = word
                    .match_indices('/')
                    .nth(parts - 1)
                    .map_or(word.len(), |(at, _)| at);
                keep(word.get(..end).unwrap_or_default());
            }
            return;
        }
        let Some(chain) = word.split(['/', '@']).next_back() else {
            return;
        };
        if let Some((object, rest)) = chain.split_once('.')
            && OBJECTS.contains(&object)
            && !rest.is_empty()
        {
            let mut dots = chain.match_indices('.').map(|(at, _)| at);
            let end = dots.nth(2).unwrap_or(chain.len());
            keep(chain.get(..end).unwrap_or_default());
        }
        // `NativeModules.RNCGeolocation`
        for part in word.split(['.', '/']) {
            if MODULES.contains(&part) || is_native_module(part) {
                keep(part);
            }
        }
    })
}

/// `RNCGeolocation`: how native modules of React Native are called.
fn is_native_module(word: &str) -> bool {
    let mut letters = word.strip_prefix("RN").unwrap_or_default().bytes();
    word.len() <= 40
        && letters.next().is_some_and(|b| b.is_ascii_uppercase())
        && letters.all(|b| b.is_ascii_alphanumeric())
}

/// The telling names of a Dart snapshot: channels of plug-ins, and the packages it is made of.
pub(super) fn in_snapshot(bytes: &[u8], most: usize) -> (Vec<String>, bool) {
    let part = |b: &u8| b.is_ascii_graphic();
    gather(bytes, part, most, |word, keep| {
        if let Some(rest) = word.strip_prefix("package:") {
            keep(rest.split('/').next().unwrap_or_default());
        } else if let Some((host, path)) = word.split_once('/')
            && is_plain(host)
            && path.split('/').all(is_plain)
            && !host.ends_with(".dart")
            && !path.ends_with(".dart")
        {
            keep(word);
        }
    })
}

fn is_plain(part: &str) -> bool {
    part.len() > 1
        && part.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        })
}

/// Beginnings of methods that give something.
const GETTERS: [&str; 7] = ["get", "is", "request", "query", "send", "open", "start"];

/// The telling strings of a native library.
pub(super) fn in_library(bytes: &[u8], most: usize) -> (Vec<String>, bool) {
    let part = |b: &u8| b.is_ascii_graphic() || *b == b' ';
    gather(bytes, part, most, |text, keep| {
        let text = text.trim();
        if is_class(text) || is_getter(text) || is_telling(text) {
            keep(text);
        }
    })
}

/// `android/telephony/TelephonyManager`, as `FindClass` takes it.
fn is_class(text: &str) -> bool {
    let mut parts = text.split('/');
    let first = parts.next().unwrap_or_default();
    let lower = first
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let mut count = 0_usize;
    let rest = parts.all(|part| {
        count = count.saturating_add(1);
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
    });
    first.len() > 1 && lower && rest && count >= 1 && !matches!(first, "java" | "usr" | "home")
}

fn is_getter(text: &str) -> bool {
    let after = GETTERS.iter().find_map(|start| text.strip_prefix(start));
    after.is_some_and(|rest| {
        rest.len() > 2
            && rest.len() < 48
            && rest.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

fn gather(
    bytes: &[u8],
    part: impl Fn(&u8) -> bool,
    most: usize,
    mut look: impl FnMut(&str, &mut dyn FnMut(&str)),
) -> (Vec<String>, bool) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut more = false;
    for run in bytes.split(|b| !part(b)) {
        if run.len() < 5 || run.len() > LONGEST {
            continue;
        }
        let Ok(word) = std::str::from_utf8(run) else {
            continue;
        };
        look(word, &mut |name| {
            if name.is_empty() || names.contains(name) {
                return;
            }
            if names.len() < most {
                names.insert(name.to_owned());
            } else {
                more = true;
            }
        });
    }
    (names.into_iter().collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_interfaces_are_kept_and_others_are_not() {
        let script = br#"var a=plus.geolocation.getCurrentPosition(function(e){});
            b.plus.io;uni.getLocation({});require("react-native-contacts/index");
            import x from '@react-native-community/geolocation';NativeModules.RNDeviceInfo;
            navigator.mediaDevices.getUserMedia.x; document.title; my-plus.x; fetch("http://a")"#;
        let (names, more) = in_script(script, 100);
        assert!(!more);
        assert_eq!(
            names,
            [
                "@react-native-community/geolocation",
                "RNDeviceInfo",
                "fetch",
                "getUserMedia",
                "navigator.mediaDevices.getUserMedia",
                "plus.geolocation.getCurrentPosition",
                "react-native-contacts",
                "uni.getLocation",
            ]
        );
    }

    #[test]
    fn a_snapshot_names_channels_and_packages() {
        let bytes = b"\0plugins.flutter.io/camera\0package:flutter_contacts/flutter_contacts.dart\0a/B\0hello world\0";
        assert_eq!(
            in_snapshot(bytes, 10).0,
            ["flutter_contacts", "plugins.flutter.io/camera"]
        );
    }

    #[test]
    fn a_library_names_classes_getters_and_paths() {
        let bytes = b"\0android/telephony/TelephonyManager\0getDeviceId\0/proc/cpuinfo\0java/lang/String\0src/main.cc\0Hello\0";
        assert_eq!(
            in_library(bytes, 10).0,
            [
                "/proc/cpuinfo",
                "android/telephony/TelephonyManager",
                "getDeviceId"
            ]
        );
        assert!(in_library(bytes, 1).1);
    }
}
