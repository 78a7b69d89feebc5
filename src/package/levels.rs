//! Numbers of the manifest that have names: API levels, categories, service types, flags.
//!
//! Source: AOSP `core/res/res/values/attrs_manifest.xml`, `ServiceInfo`,
//! `ApplicationInfo`, `Build.VERSION_CODES` (Android 16).

/// The API level that a codename became. Preview builds use one as `minSdkVersion` or
/// `targetSdkVersion`; what follows a `.` is the fingerprint of a preview.
pub(super) fn level_of_codename(code: &str) -> Option<u32> {
    const CODENAMES: [(&str, u32); 22] = [
        ("L", 21),
        ("M", 23),
        ("MNC", 23),
        ("N", 24),
        ("NMR1", 25),
        ("O", 26),
        ("OMR1", 27),
        ("P", 28),
        ("Q", 29),
        ("R", 30),
        ("S", 31),
        ("Sv2", 32),
        ("T", 33),
        ("Tiramisu", 33),
        ("U", 34),
        ("UpsideDownCake", 34),
        ("V", 35),
        ("VanillaIceCream", 35),
        ("B", 36),
        ("Baklava", 36),
        ("CinnamonBun", 37),
        ("CUR_DEVELOPMENT", 10_000),
    ];
    let name = code.split_once('.').map_or(code, |(name, _)| name);
    CODENAMES
        .iter()
        .find(|(codename, _)| *codename == name)
        .map(|(_, level)| *level)
}

/// Bits of `foregroundServiceType`, rising.
pub(super) const FOREGROUND_SERVICE_TYPES: &[(&str, u32)] = &[
    ("dataSync", 1 << 0),
    ("mediaPlayback", 1 << 1),
    ("phoneCall", 1 << 2),
    ("location", 1 << 3),
    ("connectedDevice", 1 << 4),
    ("mediaProjection", 1 << 5),
    ("camera", 1 << 6),
    ("microphone", 1 << 7),
    ("health", 1 << 8),
    ("remoteMessaging", 1 << 9),
    ("systemExempted", 1 << 10),
    ("shortService", 1 << 11),
    ("fileManagement", 1 << 12),
    ("mediaProcessing", 1 << 13),
    ("specialUse", 1 << 30),
];

/// Values of `appCategory`.
pub(super) const APP_CATEGORIES: &[(&str, u32)] = &[
    ("game", 0),
    ("audio", 1),
    ("video", 2),
    ("image", 3),
    ("social", 4),
    ("news", 5),
    ("maps", 6),
    ("productivity", 7),
    ("accessibility", 8),
];

/// `usesPermissionFlags`: `neverForLocation`.
pub(super) const NEVER_FOR_LOCATION: u32 = 0x0001_0000;

/// Bits of `usesPermissionFlags`.
pub(super) const USES_PERMISSION_FLAGS: &[(&str, u32)] =
    &[("neverForLocation", NEVER_FOR_LOCATION)];

/// Values and bits of `protectionLevel` that apps can use.
pub(super) const PROTECTION_LEVELS: &[(&str, u32)] = &[
    ("normal", 0),
    ("dangerous", 1),
    ("signature", 2),
    ("signatureOrSystem", 3),
    ("internal", 4),
    ("privileged", 0x10),
    ("system", 0x10),
    ("development", 0x20),
    ("appop", 0x40),
    ("pre23", 0x80),
    ("installer", 0x100),
    ("verifier", 0x200),
    ("preinstalled", 0x400),
    ("setup", 0x800),
    ("instant", 0x1000),
    ("runtime", 0x2000),
    ("knownSigner", 0x0800_0000),
];

/// Values of `installLocation`.
pub(super) const INSTALL_LOCATIONS: &[(&str, u32)] =
    &[("auto", 0), ("internalOnly", 1), ("preferExternal", 2)];

/// The names of the bits that are set, in the order of the bits; unknown bits as one hexadecimal number.
pub(super) fn names_of_bits(bits: u32, names: &[(&str, u32)]) -> Vec<String> {
    let mut rest = bits;
    let mut out = Vec::new();
    for (name, bit) in names {
        if rest & bit != 0 {
            rest &= !bit;
            out.push((*name).to_owned());
        }
    }
    if rest != 0 {
        out.push(format!("{rest:#x}"));
    }
    out
}

/// Flags written as text, `location|camera`; `None` if a name is unknown.
pub(super) fn bits_of_names(text: &str, names: &[(&str, u32)]) -> Option<u32> {
    text.split('|').try_fold(0u32, |bits, name| {
        names
            .iter()
            .find(|(known, _)| *known == name.trim())
            .map(|(_, bit)| bits | bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_types_have_names_and_unknown_bits_stay() {
        assert_eq!(
            names_of_bits(0x4000_0008, FOREGROUND_SERVICE_TYPES),
            ["location", "specialUse"]
        );
        assert_eq!(
            names_of_bits(0x8000_0001, FOREGROUND_SERVICE_TYPES),
            ["dataSync", "0x80000000"]
        );
        assert_eq!(names_of_bits(0, FOREGROUND_SERVICE_TYPES), [""; 0]);
        assert_eq!(
            bits_of_names("camera| microphone", FOREGROUND_SERVICE_TYPES),
            Some(0xc0)
        );
        assert_eq!(bits_of_names("camera|x", FOREGROUND_SERVICE_TYPES), None);
    }

    #[test]
    fn codenames_become_levels() {
        assert_eq!(level_of_codename("Q"), Some(29));
        assert_eq!(level_of_codename("Tiramisu.c0ffee"), Some(33));
        assert_eq!(level_of_codename("Zebra"), None);
    }
}
