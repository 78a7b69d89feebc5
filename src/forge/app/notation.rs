//! The keys of `app.toml`. Unknown keys are errors.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What the sample shows.
    pub about: About,
    /// Function or functions it is judged against.
    pub function: Option<OneOrMany>,
    /// `consumer` or `supply`.
    pub edition: Option<String>,
    /// Packs all files into one archive.
    pub bundle: Option<Bundle>,
    /// The base APK.
    pub base: Apk,
    /// Splits.
    #[serde(default)]
    pub split: Vec<Apk>,
    /// The truth.
    #[serde(default)]
    pub expect: Expect,
}

/// What a sample shows, in both languages.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// An archive of APKs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// File name of the archive: `x.apks`, `x.xapk`, `x.apkm`.
    pub name: String,
    /// Folder of the APKs inside, with its slash.
    #[serde(default)]
    pub folder: String,
    /// Other files inside.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// A value of TOML as a resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Integer(i64),
    /// Text; `@type/name` is a reference.
    Text(String),
}

/// One value for all configurations, or one for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ByConfig {
    /// For all.
    All(Scalar),
    /// For each configuration, see [`crate::forge::arsc::Config::parse`].
    Each(BTreeMap<String, Scalar>),
}

/// Resources of one type by name.
pub type Resources = BTreeMap<String, ByConfig>;

/// One APK.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Apk {
    /// `package`; splits take it from the base.
    pub package: Option<String>,
    /// `versionCode`; splits take it from the base.
    pub version_code: Option<i64>,
    /// `versionName`.
    pub version_name: Option<String>,
    /// `minSdkVersion`, a number or a codename.
    pub min_sdk: Option<Scalar>,
    /// `targetSdkVersion`.
    pub target_sdk: Option<Scalar>,
    /// The manifest as XML text.
    pub manifest: Option<String>,
    /// `split` of a split.
    pub name: Option<String>,
    /// `configForSplit`.
    pub config_for: Option<String>,
    /// A feature split: its resources have their own package id.
    pub feature: bool,
    /// How the manifest is written.
    pub axml: Axml,
    /// How the resource table is written.
    pub arsc: Arsc,
    /// How the archive is written.
    pub zip: Zip,
    /// `@string/…`.
    pub strings: Resources,
    /// `@bool/…`.
    pub bools: Resources,
    /// `@integer/…`.
    pub integers: Resources,
    /// XML resources by `type/name`.
    pub xml: BTreeMap<String, String>,
    /// Other file resources by `type/name.extension`.
    pub resource_files: BTreeMap<String, String>,
    /// DEX files.
    pub dex: Vec<Dex>,
    /// Other files of the archive.
    pub files: BTreeMap<String, File>,
    /// Shared libraries by path.
    pub native: BTreeMap<String, Native>,
}

/// How the manifest is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Axml {
    /// String pool in UTF-8.
    pub utf8: bool,
    /// `plain`, `empty`, `letters`, `misleading`.
    pub names: Option<String>,
    /// Keeps the text of typed values.
    pub keep_raw: bool,
    /// Bytes of an attribute, 20 or more.
    pub attribute_size: Option<u16>,
}

/// How the resource table is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arsc {
    /// `dense`, `sparse`, `offset16`.
    pub layout: Option<String>,
    /// String pool in UTF-16.
    pub utf16: bool,
    /// Compact entries.
    pub compact: bool,
}

/// How the archive is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Zip {
    /// Stores everything.
    pub stored: bool,
    /// Sizes in data descriptors.
    pub descriptors: bool,
    /// ZIP64 records everywhere.
    pub zip64: bool,
    /// Text before the first entry.
    pub prefix: String,
    /// Archive comment.
    pub comment: String,
}

/// One DEX file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dex {
    /// Path; `classes.dex`, `classes2.dex` … by default.
    pub path: Option<String>,
    /// `035`, `037`, `038`, `039`, `040`.
    pub version: Option<String>,
    /// The class notation.
    pub classes: String,
    /// Writes a file of 0 bytes.
    pub empty: bool,
}

/// Content of a file: text, or bytes in hexadecimal.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum File {
    /// Text.
    Text(String),
    /// `{ hex = "00ff" }`
    Hex {
        /// Two digits per byte; white space is left out.
        hex: String,
    },
    /// `{ noise = 8192 }`
    Noise {
        /// Number of bytes that look random, always the same ones.
        noise: usize,
    },
}

/// One shared library.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Native {
    /// `DT_SONAME`; the file name by default.
    pub soname: Option<String>,
    /// `DT_NEEDED`.
    pub needed: Vec<String>,
    /// Exported functions.
    pub exports: Vec<String>,
    /// Imported functions.
    pub imports: Vec<String>,
    /// Text in `.rodata`.
    pub strings: Vec<String>,
    /// Leaves the build id out.
    pub no_build_id: bool,
}

/// What must be found, made by hand. `None` is not stated; an empty list says that there is nothing.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Package name.
    pub package: Option<String>,
    /// Label by configuration, `default` for the default one.
    pub label: BTreeMap<String, String>,
    /// Target level.
    pub target_sdk: Option<u32>,
    /// Requested permissions of the base, in file order; Android does not read those of splits.
    pub permissions: Option<Vec<String>>,
    /// Permissions that the platform adds (split and implied ones): at least these, as later platforms add more.
    pub implied: Option<Vec<String>>,
    /// Components as `service com.example.Sync`.
    pub components: Option<Vec<String>>,
    /// Number of class definitions in the `classes*.dex` of base and splits.
    pub classes: Option<usize>,
    /// Class prefixes of bundled SDKs.
    pub sdks: Option<Vec<String>>,
    /// Class prefixes of SDKs that are called or named but not bundled.
    pub sdks_absent: Option<Vec<String>>,
    /// Calls as `android.telephony.TelephonyManager.getDeviceId <- com.example.Main.onCreate`.
    pub calls: Option<Vec<String>>,
    /// Paths of DEX files that are not where Android looks for code.
    pub hidden_dex: Option<Vec<String>>,
    /// Frameworks that run code which is not in DEX: `uni-app`, `flutter` …
    pub frameworks: Option<Vec<String>>,
    /// Requested permissions that are necessary for the function.
    pub necessary: Option<Vec<String>>,
    /// Requested permissions that fit an action of the user.
    pub on_user_action: Option<Vec<String>>,
    /// Requested permissions that the function does not need.
    pub not_needed: Option<Vec<String>>,
    /// Who uses a requested permission: one of [`USES`](super::USES), by permission.
    #[serde(rename = "use")]
    pub usage: BTreeMap<String, String>,
    /// All owners of the code that uses a requested permission: `app`, ids of SDKs, `unlisted`, `obfuscated`.
    pub owners: BTreeMap<String, Vec<String>>,
    /// Accesses as `phone.imei app`, the id and the owner: at least these, and each is a use.
    pub accesses: Vec<String>,
    /// The same where it is a hint and no use.
    pub hints: Vec<String>,
    /// Accesses that must not be there except as hints.
    pub no_accesses: Vec<String>,
    /// How far an SDK has come: one of [`STAGES`](super::STAGES), by its id.
    pub stages: BTreeMap<String, String>,
    /// Kinds of what stays open for the use of permissions, sorted: these and no others.
    pub gaps: Option<Vec<String>>,
    /// Rules that must fire.
    pub findings: Option<Vec<String>>,
    /// Rules that must not fire.
    pub clean_of: Vec<String>,
    /// Whether the result must say that it is incomplete.
    pub incomplete: Option<bool>,
}
