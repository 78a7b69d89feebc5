//! What a name says: code that everybody carries, generic names, and words that speak of a vendor.

use std::collections::BTreeSet;

/// Code that everybody carries; never an SDK's identity.
const COMMON: [&str; 14] = [
    "android.",
    "androidx.",
    "kotlin.",
    "kotlinx.",
    "java.",
    "javax.",
    "dalvik.",
    "org.jetbrains.",
    "org.intellij.",
    "org.json.",
    "org.xmlpull.",
    "org.w3c.",
    "org.xml.",
    "okio.",
];

/// Beginnings of libraries that many vendors build from the same open sources, without `lib`.
const COMMON_NATIVE: [&str; 44] = [
    "c++_shared",
    "gnustl_shared",
    "stlport_shared",
    "ffmpeg",
    "ijk",
    "avcodec",
    "avformat",
    "avutil",
    "avfilter",
    "swresample",
    "swscale",
    "ssl",
    "crypto",
    "curl",
    "yuv",
    "x264",
    "x265",
    "fdk",
    "mp3lame",
    "lame",
    "opus",
    "speex",
    "webp",
    "jpeg",
    "png",
    "sqlite",
    "sqlcipher",
    "mmkv",
    "marsxlog",
    "webrtc",
    "opencv",
    "omp",
    "openh264",
    "rtmp",
    "srt",
    "soundtouch",
    "xhook",
    "xcrash",
    "bytehook",
    "shadowhook",
    "breakpad",
    "imagepipeline",
    "hermes",
    "quickjs",
];

/// Names that say nothing, without `lib`.
const GENERIC_NATIVE: [&str; 25] = [
    "z", "uv", "gif", "jsc", "v8", "node", "json", "log", "core", "main", "jni", "native", "util",
    "utils", "common", "base", "test", "demo", "security", "player", "sdk", "app", "engine",
    "audio", "video",
];

/// Keys of the platform and of its libraries.
const GENERIC_META: [&str; 8] = [
    "android.",
    "androidx.",
    "com.android.",
    "com.google.android.gms.version",
    "com.google.firebase.components:",
    "preloaded_fonts",
    "design_",
    "unityplayer.",
];

/// Words that many vendors' packages and names share.
const STOP: [&str; 27] = [
    "android",
    "mobile",
    "push",
    "analytics",
    "core",
    "common",
    "google",
    "github",
    "share",
    "login",
    "maps",
    "location",
    "data",
    "cloud",
    "media",
    "player",
    "video",
    "audio",
    "speech",
    "open",
    "base",
    "util",
    "auth",
    "libs",
    "sdks",
    "demo",
    "test",
];

/// Hosts of documents, tests and examples.
const ASIDE: [&str; 24] = [
    "www",
    "doc",
    "docs",
    "help",
    "support",
    "developer",
    "developers",
    "blog",
    "github",
    "wiki",
    "bbs",
    "forum",
    "example",
    "schemas",
    "raw",
    "gitlab",
    "maven",
    "stackoverflow",
    "issuetracker",
    "console",
    "dev",
    "demo",
    "test",
    "w3",
];

pub(super) fn is_common_class(class: &str) -> bool {
    COMMON.iter().any(|c| class.starts_with(c))
}

pub(super) fn is_common_library(file: &str) -> bool {
    let name = file.strip_prefix("lib").unwrap_or(file);
    let name = name.strip_suffix(".so").unwrap_or(name);
    GENERIC_NATIVE.contains(&name) || COMMON_NATIVE.iter().any(|c| name.starts_with(c))
}

pub(super) fn is_generic_key(key: &str) -> bool {
    key.len() < 8 || GENERIC_META.iter().any(|g| key.starts_with(g))
}

pub(super) fn is_aside_host(host: &str) -> bool {
    host.split('.').any(|label| ASIDE.contains(&label))
}

/// Whether a prefix names an SDK: three words that were not shortened, and no vendor's whole estate.
pub(super) fn speaks(prefix: &str) -> bool {
    let parts: Vec<&str> = prefix.split('.').collect();
    let long = parts.iter().skip(1).map(|p| p.len()).sum::<usize>() >= 4;
    let fine = |p: &&str| {
        p.chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && !p.is_empty()
    };
    parts.len() >= 3
        && long
        && parts.iter().all(fine)
        && parts.last().is_some_and(|last| last.len() >= 3)
}

/// Words that mark what is this vendor's: of the id, and of the packages.
pub(super) fn words(id: &str, prefixes: &[String]) -> BTreeSet<String> {
    let of_id = id.split(['/', '-']);
    let of_packages = prefixes.iter().flat_map(|p| p.split('.').skip(1).take(2));
    of_id
        .chain(of_packages)
        .map(str::to_lowercase)
        .filter(|w| w.len() >= 4 && !STOP.contains(&w.as_str()))
        .collect()
}

/// A text that may stand in a comment or a message: one line, printable, not long.
pub(super) fn clean(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(200)
        .collect();
    if text.chars().nth(200).is_some() {
        out.push('…');
    }
    out
}

/// A string in TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
