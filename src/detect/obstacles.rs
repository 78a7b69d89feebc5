//! What keeps a static audit from seeing everything.
//!
//! While one of these is there, "not found" must not be said of the channel it hides.

use super::marks::{Grade, Mark, MarkIndex, SdkHit};
use super::owner::{OwnedCall, Owners};
use crate::facts::Facts;
use crate::incident::Channel;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Text;

/// One obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// `packer`, `dynamic-code`, `foreign-code` or `native-code`.
    pub kind: &'static str,
    /// Id of the packer or SDK, or the member that loads code.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// What it hides.
    pub hides: Channel,
    /// What that means, in words.
    pub effect: Text,
    /// What shows it.
    pub marks: Vec<Mark>,
    /// The calls that show it.
    pub calls: Vec<OwnedCall>,
}

/// Members of the platform that load code which is not in the package's own DEX files.
const CODE_LOADERS: [&str; 6] = [
    "Ldalvik/system/DexClassLoader;-><init>",
    "Ldalvik/system/InMemoryDexClassLoader;-><init>",
    "Ldalvik/system/PathClassLoader;-><init>",
    "Ldalvik/system/DelegateLastClassLoader;-><init>",
    "Ldalvik/system/DexFile;->loadDex",
    "Ldalvik/system/DexFile;-><init>",
];

/// The multidex support libraries open the app's own DEX files with these members.
const OWN_CODE_LOADERS: [&str; 2] = ["androidx.multidex.", "android.support.multidex."];

pub(super) fn find(
    facts: &Facts,
    db: &SignatureDb,
    packers: &MarkIndex<'_>,
    sdks: &[SdkHit],
    owners: &Owners<'_>,
) -> Vec<Obstacle> {
    let mut found = Vec::new();
    for hit in packers
        .find(facts)
        .into_iter()
        .filter(|hit| hit.grade != Grade::Referenced)
    {
        if let Some(packer) = db.data.packers.iter().find(|p| p.id == hit.id) {
            found.push(Obstacle {
                kind: "packer",
                id: hit.id,
                name: packer.name.clone(),
                hides: Channel::Code,
                effect: packer.leaves.clone(),
                marks: hit.marks,
                calls: Vec::new(),
            });
        }
    }
    found.extend(code_loading(facts, owners));
    for hit in sdks.iter().filter(|hit| hit.grade != Grade::Referenced) {
        let Some(sdk) = db.data.sdks.iter().find(|s| s.id == hit.id) else {
            continue;
        };
        // Where the app's own code lies, and what of it can be read.
        if let Some(leaves) = &sdk.leaves {
            found.push(Obstacle {
                kind: "foreign-code",
                id: hit.id.clone(),
                name: sdk.name.clone(),
                hides: Channel::Code,
                effect: leaves.clone(),
                marks: hit.marks.clone(),
                calls: Vec::new(),
            });
        }
    }
    found
}

fn code_loading(facts: &Facts, owners: &Owners<'_>) -> Option<Obstacle> {
    let calls: Vec<OwnedCall> = facts
        .uses
        .iter()
        .filter(|c| {
            CODE_LOADERS
                .iter()
                .any(|loader| c.what.starts_with(loader))
        })
        .filter(|c| {
            !c.sites.iter().filter_map(|s| facts.method(s)).all(|m| {
                OWN_CODE_LOADERS
                    .iter()
                    .any(|own| m.class.starts_with(own))
            })
        })
        .flat_map(|call| owners.split(facts, call))
        .collect();
    (!calls.is_empty()).then(|| Obstacle {
        kind: "dynamic-code",
        id: "code-loading".into(),
        name: Text {
            zh: "动态加载代码".into(),
            en: "code loaded at run time".into(),
        },
        hides: Channel::Code,
        effect: Text {
            zh: "存在加载外部代码的调用，加载的内容可能不在本安装包中，静态检测无法覆盖".into(),
            en: "the app can load code that may lie outside this APK; it cannot be examined statically"
                .into(),
        },
        marks: Vec::new(),
        calls,
    })
}
