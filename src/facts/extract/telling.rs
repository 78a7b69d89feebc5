//! Strings that can tell what code is after: paths, URIs, actions, permissions, commands, properties.
//!
//! Facts do not know the data, so a string is kept by its shape. `permscope db check`
//! refuses an indicator of the channels for strings that has none of these shapes.

/// Longest string that is looked at.
const LONGEST: usize = 256;

/// Folders of the system and of shared storage.
const ROOTS: [&str; 14] = [
    "/data/",
    "/dev/",
    "/efs/",
    "/etc/",
    "/mnt/",
    "/proc/",
    "/sbin/",
    "/sdcard",
    "/storage/",
    "/su/",
    "/sys/",
    "/system/",
    "/vendor/",
    "/persist/",
];

/// First parts of the names of system properties.
const PROPERTIES: [&str; 12] = [
    "ro.",
    "persist.",
    "gsm.",
    "ril.",
    "sys.",
    "net.",
    "dhcp.",
    "init.svc.",
    "wifi.",
    "service.",
    "debug.",
    "bluetooth.",
];

/// First parts of reverse domain names: of packages, actions, permissions.
const DOMAINS: [&str; 13] = [
    "android.",
    "androidx.",
    "com.",
    "cn.",
    "org.",
    "net.",
    "io.",
    "me.",
    "de.",
    "eu.",
    "ru.",
    "jp.",
    "kr.",
];

/// Programs that need an argument to tell anything.
const PROGRAMS: [&str; 24] = [
    "pm",
    "am",
    "cmd",
    "dumpsys",
    "getprop",
    "logcat",
    "cat",
    "ls",
    "ps",
    "su",
    "which",
    "mount",
    "ip",
    "ifconfig",
    "netcfg",
    "screencap",
    "screenrecord",
    "service",
    "settings",
    "top",
    "stat",
    "busybox",
    "content",
    "input",
];

/// Programs that tell by themselves.
const BARE: [&str; 7] = [
    "getprop",
    "ifconfig",
    "netcfg",
    "logcat",
    "screencap",
    "screenrecord",
    "dumpsys",
];

/// Parts of other telling texts.
const PARTS: [&str; 4] = [" pm install", " pm list", "vnd.android.", "vnd.wap."];

/// Ends of other telling words: names of files, of columns, of variables of the environment.
const ENDS: [&str; 6] = [
    "STORAGE",
    "creenshot",
    "creenshots",
    "screen_shot",
    "niqueId",
    "android_id",
];

/// Whether a string is kept.
pub(crate) fn is_telling(text: &str) -> bool {
    if text.len() > LONGEST || text.len() < 4 {
        return false;
    }
    let begins = |list: &[&str]| list.iter().any(|start| text.starts_with(start));
    let ends = || ENDS.iter().any(|end| text.ends_with(end)) || text.starts_with("GPSL");
    // Most strings are plain words.
    if !text
        .bytes()
        .any(|c| matches!(c, b'.' | b'/' | b' ' | b':' | b'-'))
    {
        return BARE.contains(&text) || ends();
    }
    let plain =
        |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'$' | b'-' | b'*' | b':');
    if text.starts_with('/') {
        return begins(&ROOTS);
    }
    if begins(&["content://", "android:"]) || text.contains(".permission.") {
        return true;
    }
    // Paths may have any letters; the rest is the platform's.
    if !text.is_ascii() {
        return false;
    }
    if begins(&PROPERTIES) {
        return text.bytes().all(|c| plain(c) && !c.is_ascii_uppercase());
    }
    if ends() || PARTS.iter().any(|part| text.contains(part)) {
        return true;
    }
    if let Some((program, rest)) = text.split_once(' ') {
        return PROGRAMS.contains(&program) && !rest.is_empty();
    }
    if begins(&DOMAINS) {
        return text.bytes().filter(|&c| c == b'.').count() >= 2 && text.bytes().all(plain);
    }
    is_uuid(text)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::is_telling;

    #[test]
    fn shapes_that_tell() {
        for text in [
            "/sys/class/net/wlan0/address",
            "/sdcard/照片",
            "content://sms/inbox",
            "android.permission.CAMERA",
            "com.android.permission.GET_INSTALLED_APPS",
            "ro.serialno",
            "pm list packages",
            "getprop",
            "com.mdid.msa",
            "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            "vnd.android.cursor.dir/contact",
        ] {
            assert!(is_telling(text), "{text}");
        }
        for text in [
            "/api/v1/login",
            "/接口/登录",
            "input 请输入",
            "hello world",
            "top",
            "input",
            "com.x",
            "ro.",
            "net.Foo Bar",
            "id",
        ] {
            assert!(!is_telling(text), "{text}");
        }
    }
}
