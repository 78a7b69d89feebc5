//! Two builds of an app side by side: what the new one adds, who brought it, how it is taken out; and which leads of
//! the old one are gone.
//!
//! Made from two reports, so that saved ones do.

mod findings;

pub use findings::{ComparedFinding, Doubt, Fate, PairedBy};

mod start;

pub use start::AddedStartCall;

use crate::audit::{Evidence, Verdict};
use crate::detect::Use;
use crate::report::v1::{Permission, Report, Sdk};
use crate::report::words::{Prose, enum_key};
use crate::report::{Language, Languages};
use crate::signatures::SignatureDb;
use crate::signatures::schema::Tier;
use serde::Serialize;
use std::collections::BTreeSet;

/// Value of [`Comparison::schema`].
const SCHEMA: &str = "permscope-compare/1";

/// What lies between two builds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// `permscope-compare/1`.
    pub schema: String,
    /// The old build.
    pub old: Build,
    /// The new one.
    pub new: Build,
    /// Why the two do not quite compare: other data, another function, something that could not be read.
    pub caveats: Vec<Caveat>,
    /// Permissions that only the new build has.
    pub added_permissions: Vec<AddedPermission>,
    /// Permissions that only the old build has.
    pub removed_permissions: Vec<String>,
    /// Permissions of both that are used, judged or limited differently.
    pub changed_permissions: Vec<ChangedPermission>,
    /// SDKs that only the new build bundles.
    pub added_sdks: Vec<AddedSdk>,
    /// SDKs that only the old build bundles.
    pub removed_sdks: Vec<String>,
    /// SDKs that go further in the new build than in the old one.
    pub further_sdks: Vec<FurtherSdk>,
    /// What is reached only in the new build: id of the access and whose code.
    pub added_accesses: Vec<AddedAccess>,
    /// What starts by itself only in the new build, by SDK.
    pub added_starts: Vec<AddedStart>,
    /// What the start of the app leads to only in the new build, or sooner than in the old one.
    pub added_start_calls: Vec<AddedStartCall>,
    /// Leads of either build.
    pub findings: Vec<ComparedFinding>,
}

/// One build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Build {
    /// Package name.
    pub package: String,
    /// `versionName`.
    pub version_name: Option<String>,
    /// `versionCode`.
    pub version_code: Option<u64>,
    /// SHA-256 of its files, in the order of the report.
    pub sha256: Vec<String>,
    /// Everything was read.
    pub complete: bool,
}

/// Why two builds do not quite compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caveat {
    /// They have different package names.
    OtherPackage,
    /// They were judged by different data.
    OtherData,
    /// They were judged by different functions or editions.
    OtherFunction,
    /// The old one was not read to the end.
    OldIncomplete,
    /// The new one was not read to the end: nothing can be called gone.
    NewIncomplete,
    /// One of them does not say what runs at start: that part was not compared.
    StartUnknown,
    /// Other code reaches what an SDK reached that was not found any more: its code may have been renamed or merged.
    SdkMoved,
}

impl Caveat {
    /// It in words.
    pub fn text(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::OtherPackage => ("两个安装包的包名不同", "the packages have different names"),
            Self::OtherData => (
                "两份报告所用的特征数据不同，差异可能源于数据",
                "the reports were made with different data, which may explain differences",
            ),
            Self::OtherFunction => (
                "两份报告所声明的功能或者版本端不同，差异可能源于判断依据",
                "the reports were judged by different functions or editions, which may explain differences",
            ),
            Self::OldIncomplete => (
                "旧版本未能完整读取，“新增”可能原已存在",
                "the old build was not read to the end: what is called new may be old",
            ),
            Self::NewIncomplete => (
                "新版本未能完整读取，不能确认任何线索已经整改",
                "the new build was not read to the end: nothing can be called mended",
            ),
            Self::StartUnknown => (
                "其中一份报告未记录启动过程，启动时的初始化与读取未作比较",
                "one of the reports does not say what runs at start: that part was not compared",
            ),
            Self::SdkMoved => (
                "列为“已移除”的SDK原先接触的信息，新版本中改由其他代码接触，该SDK可能经混淆、合并后仍在其中",
                "other code reaches in the new build what an SDK reached that is called removed: it may be inside, renamed or merged",
            ),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// A permission that is new.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AddedPermission {
    /// Full name.
    pub name: String,
    /// Its short name.
    pub title: Prose,
    /// Its tier for the declared function.
    pub tier: Tier,
    /// What that makes of it.
    pub verdict: Verdict,
    /// `requested`, or `implied`.
    pub origin: String,
    /// Whether it is used.
    #[serde(rename = "use")]
    pub usage: Use,
    /// SDKs of the new build whose own manifest requests it; those that are new come first.
    pub requested_by: Vec<String>,
    /// Whose code uses it.
    pub used_by: Vec<String>,
    /// The line of the app's manifest that takes it out; absent for an implied one.
    pub line: Option<String>,
    /// A way that needs no permission.
    pub alternative: Option<Prose>,
    /// First API level that has that way.
    pub alternative_since: Option<u32>,
    /// Switches of the SDKs that brought it.
    pub switches: Vec<Switch>,
}

/// A switch of an SDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// The SDK.
    pub sdk: String,
    /// What it does.
    pub does: Prose,
    /// The line of the manifest, or the method.
    pub how: String,
}

/// A permission that is there in both builds and differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedPermission {
    /// Full name.
    pub name: String,
    /// `use`, `verdict`, `max_sdk`, `owners`.
    pub what: String,
    /// Before.
    pub old: String,
    /// Now.
    pub new: String,
}

/// An SDK that is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddedSdk {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// Its operator.
    pub vendor: Prose,
    /// How far it goes.
    pub stage: String,
    /// What it can be told.
    pub switches: Vec<Switch>,
}

/// An SDK that goes further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FurtherSdk {
    /// Its id.
    pub id: String,
    /// How far it went.
    pub old: String,
    /// How far it goes.
    pub new: String,
}

/// Something that is reached and was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddedAccess {
    /// Id of the access.
    pub id: String,
    /// Its name.
    pub title: Prose,
    /// Whose code.
    pub owner: String,
    /// Something leads to it.
    pub reached: bool,
    /// One place that shows it.
    pub evidence: Option<Evidence>,
}

/// Something that starts by itself and did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddedStart {
    /// The SDK.
    pub sdk: String,
    /// The component or initializer.
    pub name: String,
}

/// Compares two builds.
pub fn compare(old: &Report, new: &Report, db: &SignatureDb) -> Comparison {
    let bundled = |report: &Report| -> BTreeSet<String> {
        let inside = report.sdks.iter().filter(|sdk| is_bundled(sdk));
        inside.map(|sdk| sdk.id.clone()).collect()
    };
    let (had, has) = (bundled(old), bundled(new));
    let fresh: BTreeSet<String> = has.difference(&had).cloned().collect();
    let find = |report: &'_ Report, name: &str| report.permissions.iter().any(|p| p.name == name);
    let added = new.permissions.iter().filter(|p| !find(old, &p.name));
    let removed = old.permissions.iter().filter(|p| !find(new, &p.name));
    let accesses = new.accesses.iter().filter(|access| {
        let same =
            |a: &&crate::report::v1::AccessInfo| a.id == access.id && a.owner == access.owner;
        !access.hint && !old.accesses.iter().any(|a| same(&a))
    });
    Comparison {
        schema: SCHEMA.to_owned(),
        old: build(old),
        new: build(new),
        caveats: caveats(old, new, had.difference(&has)),
        added_permissions: added
            .map(|p| added_permission(p, &has, &fresh, db))
            .collect(),
        removed_permissions: removed.map(|p| p.name.clone()).collect(),
        changed_permissions: changed(old, new),
        added_sdks: new
            .sdks
            .iter()
            .filter(|sdk| fresh.contains(&sdk.id))
            .map(|sdk| AddedSdk {
                id: sdk.id.clone(),
                name: sdk.name.clone(),
                vendor: sdk.vendor.clone(),
                stage: stage(sdk),
                switches: switches(&sdk.id, db),
            })
            .collect(),
        removed_sdks: had.difference(&has).cloned().collect(),
        further_sdks: further(old, new, &had),
        added_accesses: accesses
            .map(|access| AddedAccess {
                id: access.id.clone(),
                title: access.title.clone(),
                owner: access.owner.clone(),
                reached: access.reached,
                evidence: access.evidence.first().cloned(),
            })
            .collect(),
        added_starts: starts(old, new),
        added_start_calls: start::added(old, new),
        findings: findings::findings(old, new),
    }
}

fn build(report: &Report) -> Build {
    Build {
        package: report.subject.package.clone(),
        version_name: report.subject.version_name.clone(),
        version_code: report.subject.version_code,
        sha256: report
            .subject
            .files
            .iter()
            .map(|f| f.sha256.clone())
            .collect(),
        complete: report.coverage.complete,
    }
}

fn caveats<'s>(
    old: &Report,
    new: &Report,
    mut removed: impl Iterator<Item = &'s String>,
) -> Vec<Caveat> {
    let functions = |report: &Report| -> BTreeSet<String> {
        report
            .function
            .declared
            .iter()
            .map(|f| f.id.clone())
            .collect()
    };
    let is_judged_alike =
        functions(old) == functions(new) && old.function.edition == new.function.edition;
    [
        (
            Caveat::OtherPackage,
            old.subject.package != new.subject.package,
        ),
        (Caveat::OtherData, old.data.digest != new.data.digest),
        (Caveat::OtherFunction, !is_judged_alike),
        (Caveat::OldIncomplete, !old.coverage.complete),
        (Caveat::NewIncomplete, !new.coverage.complete),
        (Caveat::StartUnknown, !start::is_known(old, new)),
        (
            Caveat::SdkMoved,
            removed.any(|sdk| findings::is_moved(sdk, old, new)),
        ),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(caveat, _)| caveat)
    .collect()
}

fn is_bundled(sdk: &Sdk) -> bool {
    sdk.grade != crate::detect::Grade::Referenced
}

fn stage(sdk: &Sdk) -> String {
    sdk.stage.as_ref().map(enum_key).unwrap_or_default()
}

fn added_permission(
    permission: &Permission,
    has: &BTreeSet<String>,
    fresh: &BTreeSet<String>,
    db: &SignatureDb,
) -> AddedPermission {
    let mut requested_by: Vec<String> = permission.merged_by.clone();
    requested_by.retain(|sdk| has.contains(sdk));
    requested_by.sort_by_key(|sdk| (!fresh.contains(sdk), sdk.clone()));
    let mut sdks: Vec<&String> = requested_by.iter().collect();
    sdks.extend(
        permission
            .owners
            .iter()
            .filter(|owner| has.contains(*owner)),
    );
    sdks.dedup();
    let privacy = db
        .permission(&permission.name)
        .and_then(|view| view.privacy);
    let name = &permission.name;
    AddedPermission {
        name: name.clone(),
        title: permission.title.clone(),
        tier: permission.tier,
        verdict: permission.verdict,
        origin: permission.origin.clone(),
        usage: permission.usage,
        used_by: permission.owners.clone(),
        line: (permission.origin == "requested")
            .then(|| format!("<uses-permission android:name=\"{name}\" tools:node=\"remove\" />")),
        alternative: permission.alternative.clone(),
        alternative_since: privacy.and_then(|privacy| privacy.alternative_since),
        switches: sdks.into_iter().flat_map(|sdk| switches(sdk, db)).collect(),
        requested_by,
    }
}

/// What the data says an SDK can be told.
fn switches(id: &str, db: &SignatureDb) -> Vec<Switch> {
    let controls = db
        .sdk(id)
        .map(|sdk| sdk.control.as_slice())
        .unwrap_or_default();
    let switch = |control: &crate::signatures::schema::Control| {
        let how = match (&control.meta_data, &control.method) {
            (Some(text), _) => {
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                format!("<meta-data android:name=\"{name}\" android:value=\"{value}\" />")
            }
            (None, Some(method)) => method.to_string(),
            (None, None) => return None,
        };
        Some(Switch {
            sdk: id.to_owned(),
            does: Languages::BOTH.prose(&control.does),
            how,
        })
    };
    controls.iter().filter_map(switch).collect()
}

fn changed(old: &Report, new: &Report) -> Vec<ChangedPermission> {
    let mut changed = Vec::new();
    for now in &new.permissions {
        let Some(before) = old.permissions.iter().find(|p| p.name == now.name) else {
            continue;
        };
        let level = |p: &Permission| {
            p.max_sdk
                .map_or_else(String::new, |level| level.to_string())
        };
        for (what, old, new) in [
            ("use", enum_key(&before.usage), enum_key(&now.usage)),
            ("owners", before.owners.join(" "), now.owners.join(" ")),
            ("verdict", enum_key(&before.verdict), enum_key(&now.verdict)),
            ("max_sdk", level(before), level(now)),
        ] {
            if old != new {
                changed.push(ChangedPermission {
                    name: now.name.clone(),
                    what: what.to_owned(),
                    old,
                    new,
                });
            }
        }
    }
    changed
}

fn further(old: &Report, new: &Report, had: &BTreeSet<String>) -> Vec<FurtherSdk> {
    let both = new.sdks.iter().filter(|sdk| had.contains(&sdk.id));
    let further = both.filter_map(|now| {
        let before = old.sdk(&now.id)?;
        (now.stage > before.stage).then(|| FurtherSdk {
            id: now.id.clone(),
            old: stage(before),
            new: stage(now),
        })
    });
    further.collect()
}

fn starts(old: &Report, new: &Report) -> Vec<AddedStart> {
    let all = |report: &Report| -> BTreeSet<(String, String)> {
        let of = |sdk: &Sdk| -> Vec<(String, String)> {
            sdk.starts
                .iter()
                .map(|name| (sdk.id.clone(), name.clone()))
                .collect()
        };
        report.sdks.iter().flat_map(of).collect()
    };
    all(new)
        .difference(&all(old))
        .map(|(sdk, name)| AddedStart {
            sdk: sdk.clone(),
            name: name.clone(),
        })
        .collect()
}
