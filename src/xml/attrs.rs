//! The `android:` attributes that the readers of manifests need, with their resource ids.
//!
//! Source: AOSP `core/res/res/values/public-final.xml` (Android 16). Ids up to
//! API 29 were compared with `aapt2 dump resources` of Debian's
//! framework-res.apk, all of them with the resource table of the API 35
//! platform. A published id never changes.

/// An attribute of the framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AndroidAttr {
    /// Resource id (`android.R.attr`).
    pub id: u32,
    /// Name in the `android:` namespace.
    pub name: &'static str,
}

macro_rules! attributes {
    ($($constant:ident = $id:literal $name:literal,)*) => {
        $(
            #[doc = concat!("`android:", $name, "`.")]
            pub const $constant: AndroidAttr = AndroidAttr { id: $id, name: $name };
        )*

        /// All of them, by id.
        pub const ALL: &[AndroidAttr] = &[$($constant),*];
    };
}

attributes! {
    LABEL = 0x0101_0001 "label",
    NAME = 0x0101_0003 "name",
    PERMISSION = 0x0101_0006 "permission",
    READ_PERMISSION = 0x0101_0007 "readPermission",
    WRITE_PERMISSION = 0x0101_0008 "writePermission",
    PROTECTION_LEVEL = 0x0101_0009 "protectionLevel",
    PERMISSION_GROUP = 0x0101_000a "permissionGroup",
    SHARED_USER_ID = 0x0101_000b "sharedUserId",
    HAS_CODE = 0x0101_000c "hasCode",
    PERSISTENT = 0x0101_000d "persistent",
    ENABLED = 0x0101_000e "enabled",
    DEBUGGABLE = 0x0101_000f "debuggable",
    EXPORTED = 0x0101_0010 "exported",
    PROCESS = 0x0101_0011 "process",
    AUTHORITIES = 0x0101_0018 "authorities",
    INIT_ORDER = 0x0101_001a "initOrder",
    GRANT_URI_PERMISSIONS = 0x0101_001b "grantUriPermissions",
    PRIORITY = 0x0101_001c "priority",
    DESCRIPTION = 0x0101_0020 "description",
    TARGET_PACKAGE = 0x0101_0021 "targetPackage",
    VALUE = 0x0101_0024 "value",
    RESOURCE = 0x0101_0025 "resource",
    MIME_TYPE = 0x0101_0026 "mimeType",
    SCHEME = 0x0101_0027 "scheme",
    HOST = 0x0101_0028 "host",
    PORT = 0x0101_0029 "port",
    PATH = 0x0101_002a "path",
    PATH_PREFIX = 0x0101_002b "pathPrefix",
    PATH_PATTERN = 0x0101_002c "pathPattern",
    TARGET_ACTIVITY = 0x0101_0202 "targetActivity",
    MIN_SDK_VERSION = 0x0101_020c "minSdkVersion",
    VERSION_CODE = 0x0101_021b "versionCode",
    VERSION_NAME = 0x0101_021c "versionName",
    TARGET_SDK_VERSION = 0x0101_0270 "targetSdkVersion",
    MAX_SDK_VERSION = 0x0101_0271 "maxSdkVersion",
    TEST_ONLY = 0x0101_0272 "testOnly",
    BACKUP_AGENT = 0x0101_027f "backupAgent",
    ALLOW_BACKUP = 0x0101_0280 "allowBackup",
    GL_ES_VERSION = 0x0101_0281 "glEsVersion",
    REQUIRED = 0x0101_028e "required",
    INSTALL_LOCATION = 0x0101_02b7 "installLocation",
    ACCESSIBILITY_EVENT_TYPES = 0x0101_0380 "accessibilityEventTypes",
    PACKAGE_NAMES = 0x0101_0381 "packageNames",
    CAN_RETRIEVE_WINDOW_CONTENT = 0x0101_0385 "canRetrieveWindowContent",
    ISOLATED_PROCESS = 0x0101_03a9 "isolatedProcess",
    CAN_REQUEST_FILTER_KEY_EVENTS = 0x0101_03d9 "canRequestFilterKeyEvents",
    SSP = 0x0101_03e3 "ssp",
    SSP_PREFIX = 0x0101_03e4 "sspPrefix",
    SSP_PATTERN = 0x0101_03e5 "sspPattern",
    IS_GAME = 0x0101_03f4 "isGame",
    FULL_BACKUP_ONLY = 0x0101_0473 "fullBackupOnly",
    EXTRACT_NATIVE_LIBS = 0x0101_04ea "extractNativeLibs",
    FULL_BACKUP_CONTENT = 0x0101_04eb "fullBackupContent",
    USES_CLEARTEXT_TRAFFIC = 0x0101_04ec "usesCleartextTraffic",
    AUTO_VERIFY = 0x0101_04ee "autoVerify",
    DIRECT_BOOT_AWARE = 0x0101_0505 "directBootAware",
    CAN_PERFORM_GESTURES = 0x0101_050d "canPerformGestures",
    NETWORK_SECURITY_CONFIG = 0x0101_0527 "networkSecurityConfig",
    APP_CATEGORY = 0x0101_0545 "appCategory",
    TARGET_SANDBOX_VERSION = 0x0101_054c "targetSandboxVersion",
    REQUIRED_FEATURE = 0x0101_0554 "requiredFeature",
    REQUIRED_NOT_FEATURE = 0x0101_0555 "requiredNotFeature",
    IS_FEATURE_SPLIT = 0x0101_055b "isFeatureSplit",
    COMPILE_SDK_VERSION = 0x0101_0572 "compileSdkVersion",
    VERSION_CODE_MAJOR = 0x0101_0576 "versionCodeMajor",
    APP_COMPONENT_FACTORY = 0x0101_057a "appComponentFactory",
    SHELL = 0x0101_0594 "shell",
    FOREGROUND_SERVICE_TYPE = 0x0101_0599 "foregroundServiceType",
    HAS_FRAGILE_USER_DATA = 0x0101_059a "hasFragileUserData",
    ALLOW_AUDIO_PLAYBACK_CAPTURE = 0x0101_0601 "allowAudioPlaybackCapture",
    REQUEST_LEGACY_EXTERNAL_STORAGE = 0x0101_0603 "requestLegacyExternalStorage",
    CAN_TAKE_SCREENSHOT = 0x0101_060f "canTakeScreenshot",
    AUTO_REVOKE_PERMISSIONS = 0x0101_0613 "autoRevokePermissions",
    PRESERVE_LEGACY_EXTERNAL_STORAGE = 0x0101_0614 "preserveLegacyExternalStorage",
    MIME_GROUP = 0x0101_0615 "mimeGroup",
    PATH_SUFFIX = 0x0101_061e "pathSuffix",
    SSP_SUFFIX = 0x0101_061f "sspSuffix",
    PATH_ADVANCED_PATTERN = 0x0101_0620 "pathAdvancedPattern",
    SSP_ADVANCED_PATTERN = 0x0101_0621 "sspAdvancedPattern",
    DATA_EXTRACTION_RULES = 0x0101_063e "dataExtractionRules",
    IS_ACCESSIBILITY_TOOL = 0x0101_0641 "isAccessibilityTool",
    ATTRIBUTION_TAGS = 0x0101_0642 "attributionTags",
    USES_PERMISSION_FLAGS = 0x0101_0644 "usesPermissionFlags",
    REQUEST_RAW_EXTERNAL_STORAGE_ACCESS = 0x0101_0645 "requestRawExternalStorageAccess",
    SHARED_USER_MAX_SDK_VERSION = 0x0101_064d "sharedUserMaxSdkVersion",
    REQUIRED_SPLIT_TYPES = 0x0101_064e "requiredSplitTypes",
    SPLIT_TYPES = 0x0101_064f "splitTypes",
}

/// The name of the attribute with resource id `id`, if it is one of [`ALL`].
pub fn name_of(id: u32) -> Option<&'static str> {
    let at = ALL.binary_search_by_key(&id, |attr| attr.id).ok()?;
    ALL.get(at).map(|attr| attr.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_so_that_they_can_be_searched() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(name_of(0x0101_0003), Some("name"));
        assert_eq!(name_of(0x0101_0644), Some("usesPermissionFlags"));
        assert_eq!(name_of(0), None);
    }
}
