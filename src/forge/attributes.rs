//! The platform's attributes that manifests and their XML files use: id, format, names of values.
//!
//! Ids and formats are those of `android.R.attr` (AOSP, `public-final.xml` and
//! `attrs_manifest.xml`), up to API level 33.

/// Format bits of an attribute (AOSP `ResTable_map`).
pub mod format {
    /// A reference to a resource.
    pub const REFERENCE: u32 = 0x1;
    /// Text.
    pub const STRING: u32 = 0x2;
    /// A whole number.
    pub const INTEGER: u32 = 0x4;
    /// `true` or `false`.
    pub const BOOLEAN: u32 = 0x8;
    /// `#rrggbb`.
    pub const COLOR: u32 = 0x10;
    /// A number with a point.
    pub const FLOAT: u32 = 0x20;
    /// One name of a list.
    pub const ENUM: u32 = 0x1_0000;
    /// Names of a list, joined by `|`.
    pub const FLAGS: u32 = 0x2_0000;
    /// What an attribute without a namespace may hold.
    pub const ANY: u32 = 0xffff;
}

/// One attribute of the namespace `android`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name without prefix.
    pub name: &'static str,
    /// Resource id.
    pub id: u32,
    /// Bits of [`format`].
    pub format: u32,
    /// Names of enum and flag values.
    pub values: &'static [(&'static str, u32)],
}

/// The attribute of this name, if the forge knows it.
pub fn attribute(name: &str) -> Option<Attribute> {
    let at = TABLE.binary_search_by_key(&name, |row| row.0).ok()?;
    TABLE.get(at).map(|&(name, id, format, values)| Attribute {
        name,
        id,
        format,
        values,
    })
}

type Row = (&'static str, u32, u32, &'static [(&'static str, u32)]);

/// Sorted by name.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("accessibilityEventTypes", 0x01010380, 0x20000, &[("typeViewClicked", 0x1), ("typeViewLongClicked", 0x2), ("typeViewSelected", 0x4), ("typeViewFocused", 0x8), ("typeViewTextChanged", 0x10), ("typeWindowStateChanged", 0x20), ("typeNotificationStateChanged", 0x40), ("typeViewHoverEnter", 0x80), ("typeViewHoverExit", 0x100), ("typeTouchExplorationGestureStart", 0x200), ("typeTouchExplorationGestureEnd", 0x400), ("typeWindowContentChanged", 0x800), ("typeViewScrolled", 0x1000), ("typeViewTextSelectionChanged", 0x2000), ("typeAnnouncement", 0x4000), ("typeViewAccessibilityFocused", 0x8000), ("typeViewAccessibilityFocusCleared", 0x10000), ("typeViewTextTraversedAtMovementGranularity", 0x20000), ("typeGestureDetectionStart", 0x40000), ("typeGestureDetectionEnd", 0x80000), ("typeTouchInteractionStart", 0x100000), ("typeTouchInteractionEnd", 0x200000), ("typeWindowsChanged", 0x400000), ("typeContextClicked", 0x800000), ("typeAssistReadingContext", 0x1000000), ("typeAllMask", 0xffffffff)]),
    ("accessibilityFeedbackType", 0x01010382, 0x20000, &[("feedbackSpoken", 0x1), ("feedbackHaptic", 0x2), ("feedbackAudible", 0x4), ("feedbackVisual", 0x8), ("feedbackGeneric", 0x10), ("feedbackAllMask", 0xffffffff)]),
    ("accessibilityFlags", 0x01010384, 0x20000, &[("flagDefault", 0x1), ("flagIncludeNotImportantViews", 0x2), ("flagRequestTouchExplorationMode", 0x4), ("flagRequestEnhancedWebAccessibility", 0x8), ("flagReportViewIds", 0x10), ("flagRequestFilterKeyEvents", 0x20), ("flagRetrieveInteractiveWindows", 0x40), ("flagEnableAccessibilityVolume", 0x80), ("flagRequestAccessibilityButton", 0x100), ("flagRequestFingerprintGestures", 0x200), ("flagRequestShortcutWarningDialogSpokenFeedback", 0x400)]),
    ("accountType", 0x0101028f, 0x2, &[]),
    ("action", 0x0101002d, 0x2, &[]),
    ("allowAudioPlaybackCapture", 0x01010601, 0x8, &[]),
    ("allowBackup", 0x01010280, 0x8, &[]),
    ("allowNativeHeapPointerTagging", 0x01010612, 0x8, &[]),
    ("allowParallelSyncs", 0x01010332, 0x8, &[]),
    ("allowTaskReparenting", 0x01010204, 0x8, &[]),
    ("appCategory", 0x01010545, 0x10000, &[("game", 0x0), ("audio", 0x1), ("video", 0x2), ("image", 0x3), ("social", 0x4), ("news", 0x5), ("maps", 0x6), ("productivity", 0x7)]),
    ("appComponentFactory", 0x0101057a, 0x2, &[]),
    ("attributionTags", 0x01010642, 0x2, &[]),
    ("authorities", 0x01010018, 0x2, &[]),
    ("autoVerify", 0x010104ee, 0x8, &[]),
    ("backupAgent", 0x0101027f, 0x2, &[]),
    ("banner", 0x010103f2, 0x1, &[]),
    ("canPerformGestures", 0x0101050d, 0x8, &[]),
    ("canRequestFilterKeyEvents", 0x010103d9, 0x8, &[]),
    ("canRequestTouchExplorationMode", 0x010103d7, 0x8, &[]),
    ("canRetrieveWindowContent", 0x01010385, 0x8, &[]),
    ("canTakeScreenshot", 0x0101060f, 0x8, &[]),
    ("compileSdkVersion", 0x01010572, 0x4, &[]),
    ("compileSdkVersionCodename", 0x01010573, 0x2, &[]),
    ("configChanges", 0x0101001f, 0x20000, &[("mcc", 0x1), ("mnc", 0x2), ("locale", 0x4), ("touchscreen", 0x8), ("keyboard", 0x10), ("keyboardHidden", 0x20), ("navigation", 0x40), ("orientation", 0x80), ("screenLayout", 0x100), ("uiMode", 0x200), ("screenSize", 0x400), ("smallestScreenSize", 0x800), ("density", 0x1000), ("layoutDirection", 0x2000), ("colorMode", 0x4000), ("fontScale", 0x40000000)]),
    ("contentAuthority", 0x01010290, 0x2, &[]),
    ("data", 0x0101002e, 0x2, &[]),
    ("dataExtractionRules", 0x0101063e, 0x1, &[]),
    ("debuggable", 0x0101000f, 0x8, &[]),
    ("description", 0x01010020, 0x1, &[]),
    ("directBootAware", 0x01010505, 0x8, &[]),
    ("enabled", 0x0101000e, 0x8, &[]),
    ("excludeFromRecents", 0x01010017, 0x8, &[]),
    ("exported", 0x01010010, 0x8, &[]),
    ("externalService", 0x0101050e, 0x8, &[]),
    ("extractNativeLibs", 0x010104ea, 0x8, &[]),
    ("forceQueryable", 0x01010608, 0x8, &[]),
    ("foregroundServiceType", 0x01010599, 0x20000, &[("dataSync", 0x1), ("mediaPlayback", 0x2), ("phoneCall", 0x4), ("location", 0x8), ("connectedDevice", 0x10), ("mediaProjection", 0x20), ("camera", 0x40), ("microphone", 0x80), ("health", 0x100), ("remoteMessaging", 0x200), ("systemExempted", 0x400), ("shortService", 0x800), ("fileManagement", 0x1000), ("mediaProcessing", 0x2000), ("specialUse", 0x40000000)]),
    ("fullBackupContent", 0x010104eb, 0x9, &[]),
    ("fullBackupOnly", 0x01010473, 0x8, &[]),
    ("functionalTest", 0x01010023, 0x8, &[]),
    ("glEsVersion", 0x01010281, 0x4, &[]),
    ("grantUriPermissions", 0x0101001b, 0x8, &[]),
    ("gwpAsanMode", 0x01010616, 0x10000, &[("never", 0x0), ("always", 0x1), ("default", 0xffffffff)]),
    ("handleProfiling", 0x01010022, 0x8, &[]),
    ("hardwareAccelerated", 0x010102d3, 0x8, &[]),
    ("hasCode", 0x0101000c, 0x8, &[]),
    ("hasFragileUserData", 0x0101059a, 0x8, &[]),
    ("host", 0x01010028, 0x2, &[]),
    ("icon", 0x01010002, 0x1, &[]),
    ("initOrder", 0x0101001a, 0x4, &[]),
    ("installLocation", 0x010102b7, 0x10000, &[("auto", 0x0), ("internalOnly", 0x1), ("preferExternal", 0x2)]),
    ("isAccessibilityTool", 0x01010641, 0x8, &[]),
    ("isAlwaysSyncable", 0x01010333, 0x8, &[]),
    ("isFeatureSplit", 0x0101055b, 0x8, &[]),
    ("isSplitRequired", 0x01010591, 0x8, &[]),
    ("isolatedProcess", 0x010103a9, 0x8, &[]),
    ("killAfterRestore", 0x0101029c, 0x8, &[]),
    ("label", 0x01010001, 0x3, &[]),
    ("largeHeap", 0x0101035a, 0x8, &[]),
    ("launchMode", 0x0101001d, 0x10000, &[("standard", 0x0), ("singleTop", 0x1), ("singleTask", 0x2), ("singleInstance", 0x3)]),
    ("logo", 0x010102be, 0x1, &[]),
    ("manageSpaceActivity", 0x01010004, 0x2, &[]),
    ("maxSdkVersion", 0x01010271, 0x4, &[]),
    ("mimeType", 0x01010026, 0x2, &[]),
    ("minSdkVersion", 0x0101020c, 0x6, &[]),
    ("multiprocess", 0x01010013, 0x8, &[]),
    ("name", 0x01010003, 0x2, &[]),
    ("networkSecurityConfig", 0x01010527, 0x1, &[]),
    ("noHistory", 0x0101022d, 0x8, &[]),
    ("notificationTimeout", 0x01010383, 0x4, &[]),
    ("packageNames", 0x01010381, 0x2, &[]),
    ("parentActivityName", 0x010103a7, 0x2, &[]),
    ("path", 0x0101002a, 0x2, &[]),
    ("pathPattern", 0x0101002c, 0x2, &[]),
    ("pathPrefix", 0x0101002b, 0x2, &[]),
    ("permission", 0x01010006, 0x2, &[]),
    ("permissionFlags", 0x010103c7, 0x20000, &[("costsMoney", 0x1), ("removed", 0x2), ("hardRestricted", 0x4), ("softRestricted", 0x8), ("immutablyRestricted", 0x10)]),
    ("permissionGroup", 0x0101000a, 0x2, &[]),
    ("persistent", 0x0101000d, 0x8, &[]),
    ("port", 0x01010029, 0x2, &[]),
    ("preserveLegacyExternalStorage", 0x01010614, 0x8, &[]),
    ("priority", 0x0101001c, 0x4, &[]),
    ("process", 0x01010011, 0x2, &[]),
    ("protectionLevel", 0x01010009, 0x20000, &[("normal", 0x0), ("dangerous", 0x1), ("signature", 0x2), ("signatureOrSystem", 0x3), ("privileged", 0x10), ("system", 0x10), ("development", 0x20), ("appop", 0x40), ("pre23", 0x80), ("installer", 0x100), ("verifier", 0x200), ("preinstalled", 0x400), ("setup", 0x800), ("instant", 0x1000), ("runtime", 0x2000), ("oem", 0x4000), ("vendorPrivileged", 0x8000), ("textClassifier", 0x10000), ("wellbeing", 0x20000), ("documenter", 0x40000), ("configurator", 0x80000), ("incidentReportApprover", 0x100000), ("appPredictor", 0x200000)]),
    ("readPermission", 0x01010007, 0x2, &[]),
    ("reqTouchScreen", 0x01010227, 0x10000, &[("undefined", 0x0), ("notouch", 0x1), ("stylus", 0x2), ("finger", 0x3)]),
    ("requestLegacyExternalStorage", 0x01010603, 0x8, &[]),
    ("required", 0x0101028e, 0x8, &[]),
    ("requiredAccountType", 0x010103d6, 0x2, &[]),
    ("requiredFeature", 0x01010554, 0x2, &[]),
    ("requiredNotFeature", 0x01010555, 0x2, &[]),
    ("requiredSplitTypes", 0x0101064e, 0x2, &[]),
    ("resizeableActivity", 0x010104f6, 0x8, &[]),
    ("resource", 0x01010025, 0x1, &[]),
    ("restoreAnyVersion", 0x010102ba, 0x8, &[]),
    ("restrictedAccountType", 0x010103d5, 0x2, &[]),
    ("roundIcon", 0x0101052c, 0x1, &[]),
    ("scheme", 0x01010027, 0x2, &[]),
    ("screenOrientation", 0x0101001e, 0x10000, &[("landscape", 0x0), ("portrait", 0x1), ("user", 0x2), ("behind", 0x3), ("sensor", 0x4), ("nosensor", 0x5), ("sensorLandscape", 0x6), ("sensorPortrait", 0x7), ("reverseLandscape", 0x8), ("reversePortrait", 0x9), ("fullSensor", 0xa), ("userLandscape", 0xb), ("userPortrait", 0xc), ("fullUser", 0xd), ("locked", 0xe), ("unspecified", 0xffffffff)]),
    ("searchSettingsDescription", 0x0101028a, 0x2, &[]),
    ("settingsActivity", 0x01010225, 0x2, &[]),
    ("sharedUserId", 0x0101000b, 0x2, &[]),
    ("sharedUserLabel", 0x01010261, 0x1, &[]),
    ("sharedUserMaxSdkVersion", 0x0101064d, 0x4, &[]),
    ("shell", 0x01010594, 0x8, &[]),
    ("showWhenLocked", 0x01010569, 0x8, &[]),
    ("singleUser", 0x010103bf, 0x8, &[]),
    ("smallIcon", 0x0101029e, 0x1, &[]),
    ("splitTypes", 0x0101064f, 0x2, &[]),
    ("stopWithTask", 0x0101036a, 0x8, &[]),
    ("summary", 0x010101e9, 0x2, &[]),
    ("supportsRtl", 0x010103af, 0x8, &[]),
    ("supportsUploading", 0x0101029b, 0x8, &[]),
    ("syncable", 0x01010019, 0x8, &[]),
    ("targetClass", 0x0101002f, 0x2, &[]),
    ("targetPackage", 0x01010021, 0x2, &[]),
    ("targetSandboxVersion", 0x0101054c, 0x4, &[]),
    ("targetSdkVersion", 0x01010270, 0x6, &[]),
    ("taskAffinity", 0x01010012, 0x2, &[]),
    ("testOnly", 0x01010272, 0x8, &[]),
    ("theme", 0x01010000, 0x1, &[]),
    ("turnScreenOn", 0x0101056a, 0x8, &[]),
    ("useAppZygote", 0x01010597, 0x8, &[]),
    ("useEmbeddedDex", 0x0101059e, 0x8, &[]),
    ("userVisible", 0x01010291, 0x8, &[]),
    ("usesCleartextTraffic", 0x010104ec, 0x8, &[]),
    ("usesNonSdkApi", 0x0101058e, 0x8, &[]),
    ("usesPermissionFlags", 0x01010644, 0x20000, &[("neverForLocation", 0x10000)]),
    ("value", 0x01010024, 0x3e, &[]),
    ("versionCode", 0x0101021b, 0x4, &[]),
    ("versionCodeMajor", 0x01010576, 0x4, &[]),
    ("versionName", 0x0101021c, 0x2, &[]),
    ("visible", 0x01010194, 0x8, &[]),
    ("visibleToInstantApps", 0x01010531, 0x8, &[]),
    ("vmSafeMode", 0x010102b8, 0x8, &[]),
    ("windowSoftInputMode", 0x0101022b, 0x20000, &[("adjustUnspecified", 0x0), ("stateUnspecified", 0x0), ("stateUnchanged", 0x1), ("stateHidden", 0x2), ("stateAlwaysHidden", 0x3), ("stateVisible", 0x4), ("stateAlwaysVisible", 0x5), ("adjustResize", 0x10), ("adjustPan", 0x20), ("adjustNothing", 0x30)]),
    ("writePermission", 0x01010008, 0x2, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids from the reference of `android.R.attr`.
    #[test]
    fn ids_of_the_reference() {
        for (name, id) in [
            ("label", 16_842_753),
            ("name", 16_842_755),
            ("usesPermissionFlags", 16_844_356),
        ] {
            assert_eq!(attribute(name).unwrap().id, id);
        }
        assert_eq!(attribute("noSuchAttribute"), None);
    }

    #[test]
    fn names_and_ids_are_unique_and_names_sorted() {
        assert!(TABLE.windows(2).all(|w| w[0].0 < w[1].0));
        let mut ids: Vec<u32> = TABLE.iter().map(|row| row.1).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|w| w[0] < w[1]));
    }
}
