//! The typed manifest: what `AndroidManifest.xml` says, all of it that privacy needs.
//!
//! Names are those of the manifest elements and attributes (the Android
//! developer guide, "App manifest"). Values are resolved: a `@string`, `@bool`
//! or `@integer` reference has become the value of the default configuration;
//! where that was not possible the field holds the reference as `@0x7f010001`
//! and there is an [`IncidentCode::UnresolvedReference`](crate::incident::IncidentCode).
//! Class names are absolute (`.Main` has become `com.example.Main`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One manifest: of the base, of a split, or of both merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// `package`.
    pub package: String,
    /// `versionCodeMajor << 32 | versionCode`.
    pub version_code: Option<u64>,
    /// `versionName`.
    pub version_name: Option<String>,
    /// `split`: name of the split; `None` in a base.
    pub split: Option<String>,
    /// `configForSplit`.
    pub config_for_split: Option<String>,
    /// `isFeatureSplit`.
    pub feature_split: bool,
    /// `sharedUserId`.
    pub shared_user_id: Option<String>,
    /// `sharedUserMaxSdkVersion`.
    pub shared_user_max_sdk: Option<u32>,
    /// `targetSandboxVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_sandbox_version: Option<u32>,
    /// `installLocation` as the number that is stored.
    pub install_location: Option<u32>,
    /// `compileSdkVersion`.
    pub compile_sdk: Option<u32>,
    /// `platformBuildVersionCode`, which aapt writes.
    pub platform_build_version: Option<String>,
    /// `uses-sdk`.
    pub uses_sdk: UsesSdk,
    /// `uses-permission`, `-sdk-23` and `-sdk-m`, in file order, repetitions kept.
    pub uses_permissions: Vec<UsesPermission>,
    /// `permission`.
    pub permissions: Vec<PermissionDef>,
    /// `permission-group`.
    pub permission_groups: Vec<NamedDef>,
    /// `permission-tree`.
    pub permission_trees: Vec<NamedDef>,
    /// `uses-feature`.
    pub uses_features: Vec<UsesFeature>,
    /// `queries`.
    pub queries: Queries,
    /// `application`.
    pub application: Application,
    /// Activities, aliases, services, receivers and providers, in file order.
    pub components: Vec<Component>,
    /// `instrumentation`: names of the packages that are tested.
    pub instrumentation: Vec<String>,
}

/// `uses-sdk`. A codename (`"Q"`) is kept in `*_codename`; its level is then the one the codename became.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsesSdk {
    /// `minSdkVersion`; 1 where the manifest has none.
    pub min: Option<u32>,
    /// `targetSdkVersion`; the minimum where the manifest has none.
    pub target: Option<u32>,
    /// `maxSdkVersion`.
    pub max: Option<u32>,
    /// `minSdkVersion` as written, if it is a codename.
    pub min_codename: Option<String>,
    /// `targetSdkVersion` as written, if it is a codename.
    pub target_codename: Option<String>,
    /// Where it is written; `None` without such an element.
    pub at: Option<Place>,
}

impl UsesSdk {
    /// The minimum level the platform assumes (1 by default).
    pub fn min_level(&self) -> u32 {
        self.min.unwrap_or(1)
    }

    /// The target level the platform assumes (the minimum by default).
    pub fn target_level(&self) -> u32 {
        self.target.unwrap_or_else(|| self.min_level())
    }
}

/// Which element requested a permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PermissionElement {
    /// `uses-permission`.
    #[default]
    #[serde(rename = "uses-permission")]
    UsesPermission,
    /// `uses-permission-sdk-23`: requested on API 23 and later only.
    #[serde(rename = "uses-permission-sdk-23")]
    UsesPermissionSdk23,
    /// `uses-permission-sdk-m`: the same, older name.
    #[serde(rename = "uses-permission-sdk-m")]
    UsesPermissionSdkM,
}

impl PermissionElement {
    /// The element's name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::UsesPermission => "uses-permission",
            Self::UsesPermissionSdk23 => "uses-permission-sdk-23",
            Self::UsesPermissionSdkM => "uses-permission-sdk-m",
        }
    }
}

/// One request for a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsesPermission {
    /// `name`.
    pub name: String,
    /// The element that requests it.
    pub element: PermissionElement,
    /// `maxSdkVersion`.
    pub max_sdk: Option<u32>,
    /// `minSdkVersion` (API 35 and later).
    pub min_sdk: Option<u32>,
    /// `usesPermissionFlags` names `neverForLocation` (0x10000).
    pub never_for_location: bool,
    /// `usesPermissionFlags` as stored.
    pub flags: u32,
    /// `requiredFeature` / `requiredNotFeature` attributes and elements.
    pub required_features: Vec<String>,
    /// Where it is written.
    pub at: Place,
}

/// Where an element of a manifest is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// File name of the APK (`base.apk`).
    pub file: String,
    /// Path of elements, `manifest/application/service[3]`: the number counts
    /// elements of that name below the same parent, from 1; left out where it is 1.
    pub path: String,
    /// Offset of the element's chunk in `AndroidManifest.xml`.
    pub offset: u64,
}

/// `permission`: a permission that the app defines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PermissionDef {
    /// `name`.
    pub name: String,
    /// `protectionLevel` as stored: base in the low four bits, flags above.
    pub protection_level: u32,
    /// `permissionGroup`.
    pub group: Option<String>,
    /// `label` in the default configuration.
    pub label: Option<String>,
    /// Where it is written.
    pub at: Place,
}

/// A definition of which only the name matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedDef {
    /// `name`.
    pub name: String,
    /// Where it is written.
    pub at: Place,
}

/// `uses-feature`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsesFeature {
    /// `name`; empty for an OpenGL ES version.
    pub name: String,
    /// `glEsVersion`.
    pub gl_es_version: Option<u32>,
    /// `required`; true by default.
    pub required: bool,
    /// Where it is written.
    pub at: Place,
}

/// `queries`: which other apps this one wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queries {
    /// `package` elements.
    pub packages: Vec<String>,
    /// `intent` elements.
    pub intents: Vec<IntentFilter>,
    /// Authorities of `provider` elements.
    pub providers: Vec<String>,
    /// Where the first such element is written.
    pub at: Option<Place>,
}

/// `application`. An attribute that is not written is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Application {
    /// Class of the `Application` object.
    pub name: Option<String>,
    /// Resource id of `label`, if it is a reference.
    pub label_ref: Option<u32>,
    /// `label`, written out or in the default configuration.
    pub label: Option<String>,
    /// `label` by locale (BCP 47; `""` is the default configuration).
    pub labels: BTreeMap<String, String>,
    /// `description` in the default configuration.
    pub description: Option<String>,
    /// `appComponentFactory`.
    pub component_factory: Option<String>,
    /// `backupAgent`.
    pub backup_agent: Option<String>,
    /// `process`.
    pub process: Option<String>,
    /// `permission`: the default for components.
    pub permission: Option<String>,
    /// `appCategory` by its name (`game`, `productivity` …) or as a number.
    pub app_category: Option<String>,
    /// `isGame`.
    pub is_game: Option<bool>,
    /// `debuggable`.
    pub debuggable: Option<bool>,
    /// `testOnly`.
    pub test_only: Option<bool>,
    /// `allowBackup`.
    pub allow_backup: Option<bool>,
    /// `fullBackupOnly`.
    pub full_backup_only: Option<bool>,
    /// `usesCleartextTraffic`.
    pub uses_cleartext_traffic: Option<bool>,
    /// `requestLegacyExternalStorage`.
    pub request_legacy_external_storage: Option<bool>,
    /// `preserveLegacyExternalStorage`.
    pub preserve_legacy_external_storage: Option<bool>,
    /// `hasCode`.
    pub has_code: Option<bool>,
    /// `extractNativeLibs`.
    pub extract_native_libs: Option<bool>,
    /// `hasFragileUserData`.
    pub has_fragile_user_data: Option<bool>,
    /// `allowAudioPlaybackCapture`.
    pub allow_audio_playback_capture: Option<bool>,
    /// `persistent`.
    pub persistent: Option<bool>,
    /// `profileable` `shell`.
    pub profileable_by_shell: Option<bool>,
    /// `uses-library` names.
    pub uses_libraries: Vec<String>,
    /// `uses-native-library` names.
    pub uses_native_libraries: Vec<String>,
    /// `uses-static-library` and `uses-sdk-library` names.
    pub uses_static_libraries: Vec<String>,
    /// `meta-data` of the application.
    pub meta_data: Vec<MetaData>,
    /// `property` of the application.
    pub properties: Vec<MetaData>,
    /// `networkSecurityConfig`: the file, read.
    pub network_security: Option<NetworkSecurity>,
    /// `fullBackupContent` where it is written as a boolean: false means that no files are backed up.
    pub full_backup_content_flag: Option<bool>,
    /// `fullBackupContent`: the file, read.
    pub full_backup_content: Option<BackupRules>,
    /// `dataExtractionRules`: the file, read.
    pub data_extraction_rules: Option<BackupRules>,
    /// Where it is written.
    pub at: Place,
}

/// The kind of a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// `activity`.
    #[default]
    Activity,
    /// `activity-alias`.
    ActivityAlias,
    /// `service`.
    Service,
    /// `receiver`.
    Receiver,
    /// `provider`.
    Provider,
}

impl ComponentKind {
    /// The element's name in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::ActivityAlias => "activity-alias",
            Self::Service => "service",
            Self::Receiver => "receiver",
            Self::Provider => "provider",
        }
    }
}

/// An activity, alias, service, receiver or provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// Absolute class name.
    pub name: String,
    /// `targetActivity` of an alias.
    pub target_activity: Option<String>,
    /// `enabled`; `None` where it is not written (true).
    pub enabled: Option<bool>,
    /// `exported` as written.
    pub exported_declared: Option<bool>,
    /// Whether the platform exports it: as written, else by the default for its
    /// kind, filters and the app's target level (providers: true below 17;
    /// others: true with an intent filter; from 31 the attribute is mandatory
    /// with a filter, and such a component without it cannot be installed).
    pub exported: bool,
    /// `permission`, or the application's.
    pub permission: Option<String>,
    /// `readPermission` of a provider.
    pub read_permission: Option<String>,
    /// `writePermission` of a provider.
    pub write_permission: Option<String>,
    /// `grantUriPermissions` of a provider.
    pub grant_uri_permissions: Option<bool>,
    /// `authorities` of a provider, split at `;`.
    pub authorities: Vec<String>,
    /// `initOrder` of a provider.
    pub init_order: Option<i32>,
    /// `process`.
    pub process: Option<String>,
    /// `isolatedProcess` of a service.
    pub isolated_process: Option<bool>,
    /// `directBootAware`.
    pub direct_boot_aware: Option<bool>,
    /// `foregroundServiceType` by names (`location`, `camera` …), in the order of the bits.
    pub foreground_service_types: Vec<String>,
    /// `intent-filter`.
    pub intent_filters: Vec<IntentFilter>,
    /// `meta-data`.
    pub meta_data: Vec<MetaData>,
    /// `property`.
    pub properties: Vec<MetaData>,
    /// `label` in the default configuration.
    pub label: Option<String>,
    /// The file of `android.accessibilityservice`, read.
    pub accessibility: Option<AccessibilityService>,
    /// The file of `android.app.device_admin`, read: the policies it uses.
    pub device_admin: Option<Vec<String>>,
    /// Where it is written.
    pub at: Place,
}

/// `intent-filter`, or an `intent` of `queries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntentFilter {
    /// `action` names.
    pub actions: Vec<String>,
    /// `category` names.
    pub categories: Vec<String>,
    /// `data` elements, each written as `scheme://host:port/path type/mime`, parts that are not there left out.
    pub data: Vec<String>,
    /// `priority`.
    pub priority: Option<i32>,
    /// `autoVerify`.
    pub auto_verify: Option<bool>,
}

/// `meta-data` or `property`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetaData {
    /// `name`.
    pub name: String,
    /// `value`, resolved and written as text.
    pub value: Option<String>,
    /// `resource` as `@type/name`, or `@0x7f010001` where the table does not name it.
    pub resource: Option<String>,
}

/// A network security configuration (developer guide, "Network security configuration").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkSecurity {
    /// File name of the APK that holds it.
    pub file: String,
    /// Entry of the archive that holds it.
    pub entry: String,
    /// SHA-256 of the entry, inflated.
    pub sha256: String,
    /// `base-config` `cleartextTrafficPermitted`.
    pub base_cleartext: Option<bool>,
    /// `domain-config` elements, in file order, nested ones behind their parent.
    pub domains: Vec<DomainConfig>,
    /// `base-config` trusts certificates that the user installed.
    pub base_trusts_user: bool,
    /// There is a `debug-overrides` element.
    pub debug_overrides: bool,
}

/// `domain-config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainConfig {
    /// Path of the element, as in [`Place::path`].
    pub path: String,
    /// `domain` names; `*.` in front where `includeSubdomains` is true.
    pub domains: Vec<String>,
    /// `cleartextTrafficPermitted`, inherited where it is not written.
    pub cleartext: Option<bool>,
    /// Trusts certificates that the user installed.
    pub trusts_user: bool,
    /// Has a `pin-set`.
    pub pinned: bool,
}

/// `full-backup-content` or `data-extraction-rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRules {
    /// Entry of the archive that holds it.
    pub entry: String,
    /// Lines `cloud-backup include sharedpref x.xml`; the first word is left out in `full-backup-content`.
    pub rules: Vec<String>,
}

/// An accessibility service's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessibilityService {
    /// `isAccessibilityTool`.
    pub is_accessibility_tool: Option<bool>,
    /// `canRetrieveWindowContent`.
    pub can_retrieve_window_content: Option<bool>,
    /// `canPerformGestures`.
    pub can_perform_gestures: Option<bool>,
    /// `canTakeScreenshot`.
    pub can_take_screenshot: Option<bool>,
    /// `canRequestFilterKeyEvents`.
    pub can_request_filter_key_events: Option<bool>,
    /// `accessibilityEventTypes` as stored.
    pub event_types: Option<u32>,
    /// `packageNames`.
    pub package_names: Vec<String>,
}
