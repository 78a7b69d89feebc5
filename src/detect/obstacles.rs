//! What keeps a static audit from seeing everything.
//!
//! While one of these is there, "not found" must not be said of the channel it hides.

use super::marks::{Grade, Mark, MarkIndex, SdkHit};
use super::owner::{OwnedCall, Owners};
use crate::facts::{Facts, UseFact};
use crate::incident::Channel;
use crate::signatures::SignatureDb;
use crate::signatures::schema::{Bridge, Text};
use std::collections::BTreeSet;

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
    /// While it is there, nothing is said to be unused.
    pub blocks: bool,
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
                blocks: true,
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
                // Scripts that only call what is compiled into the package use nothing that is not seen there.
                blocks: sdk.bridge != Some(Bridge::Modules),
                marks: hit.marks.clone(),
                calls: Vec::new(),
            });
        }
    }
    found
}

/// Whether all that opens a DEX file with a member only lists its classes, and nothing in the app
/// takes a class out of one: that is how apps look up their own classes.
fn only_lists(facts: &Facts, used: &UseFact) -> bool {
    const FILE: &str = "Ldalvik/system/DexFile;->";
    let users = |name: &str| -> BTreeSet<&str> {
        let uses = facts.uses.iter();
        uses.filter(|u| {
            u.what
                .strip_prefix(FILE)
                .is_some_and(|m| m.starts_with(name))
        })
        .flat_map(|u| &u.sites)
        .filter_map(|site| Some(facts.method(site)?.class.as_str()))
        .collect()
    };
    if !used.what.starts_with(FILE) || !users("loadClass").is_empty() {
        return false;
    }
    let listing = users("entries");
    let mut sites = used.sites.iter().filter_map(|site| facts.method(site));
    !used.more && sites.all(|method| listing.contains(method.class.as_str()))
}

fn code_loading(facts: &Facts, owners: &Owners<'_>) -> Option<Obstacle> {
    let calls: Vec<OwnedCall> = facts
        .uses
        .iter()
        .filter(|c| CODE_LOADERS.iter().any(|loader| c.what.starts_with(loader)))
        .filter(|c| {
            !c.sites
                .iter()
                .filter_map(|s| facts.method(s))
                .all(|m| OWN_CODE_LOADERS.iter().any(|own| m.class.starts_with(own)))
        })
        .filter(|c| !only_lists(facts, c))
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
        blocks: true,
        marks: Vec::new(),
        calls,
    })
}
