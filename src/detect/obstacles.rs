//! What keeps a static audit from seeing everything.
//!
//! While one of these is there, "not found" must not be said of the channel it hides.

use super::marks::{Grade, Mark, MarkIndex, MarkKind, SdkHit};
use super::owner::{OwnedCall, Owners};
use crate::facts::{Facts, FileRole, State, UseFact};
use crate::incident::Channel;
use crate::package::manifest::{Component, ComponentKind};
use crate::signatures::SignatureDb;
use crate::signatures::schema::{Bridge, RuleConfidence, Text};
use std::collections::BTreeSet;

/// One obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// `packer`, `missing-code`, `dynamic-code`, `foreign-code` or `native-code`.
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
    /// Of a packer: whether marks of different kinds agree.
    pub confidence: Option<RuleConfidence>,
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
    let missing = missing_code(facts);
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
                confidence: Some(agreement(&hit.marks, missing.is_some())),
                marks: hit.marks,
                calls: Vec::new(),
            });
        }
    }
    found.extend(missing);
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
                confidence: None,
                marks: hit.marks.clone(),
                calls: Vec::new(),
            });
        }
    }
    found
}

/// One kind of mark may be left over from a tool that was tried once; two speak for each other.
fn agreement(marks: &[Mark], is_code_missing: bool) -> RuleConfidence {
    let kinds: BTreeSet<u8> = marks
        .iter()
        .map(|mark| match mark.kind {
            MarkKind::Package | MarkKind::Generated | MarkKind::Reference | MarkKind::Host => 0,
            MarkKind::Component | MarkKind::MetaData | MarkKind::Action => 1,
            MarkKind::Native => 2,
            MarkKind::Asset => 3,
        })
        .collect();
    if kinds.len().saturating_add(usize::from(is_code_missing)) > 1 {
        RuleConfidence::Firm
    } else {
        RuleConfidence::Tentative
    }
}

/// Fewer may be left over from a library whose code the shrinker took out.
const MISSING: usize = 3;

/// Components of the manifest whose classes no DEX file defines: their code lies elsewhere.
///
/// A shell does so whoever made it, and so does a base without its feature splits. The application's class and
/// the launcher's are needed to start at all; of the others most have to be missing.
fn missing_code(facts: &Facts) -> Option<Obstacle> {
    // What could not be read may define them, and blocks by itself.
    let is_read = facts.state(Channel::Code) == State::Complete;
    if !is_read || facts.dex.is_empty() || facts.manifest.application.has_code == Some(false) {
        return None;
    }
    let is_own = |name: &str| !name.starts_with("android.") || name.starts_with("android.support.");
    let real = facts.manifest.components.iter();
    let real: Vec<_> = real
        .filter(|c| c.kind != ComponentKind::ActivityAlias)
        .collect();
    let missing: Vec<_> = real
        .iter()
        .filter(|c| is_own(&c.name) && !facts.defines(&c.name))
        .collect();
    let application = facts.manifest.application.name.as_deref();
    let application = application.filter(|name| is_own(name) && !facts.defines(name));
    let launcher = missing
        .iter()
        .any(|c| c.kind == ComponentKind::Activity && is_launcher(c));
    let most = missing.len() >= MISSING && missing.len().saturating_mul(2) >= real.len();
    if application.is_none() && !launcher && !most {
        return None;
    }
    let base = facts
        .files
        .iter()
        .find(|file| file.role != FileRole::Bundle);
    let mark = |name: &str| Mark {
        kind: MarkKind::Component,
        signature: name.to_owned(),
        value: name.to_owned(),
        count: 1,
        strong: true,
        file: base.map(|file| file.name.clone()).unwrap_or_default(),
        entry: crate::package::MANIFEST.to_owned(),
        entry_sha256: base.and_then(|file| file.manifest_sha256.clone()),
        path: None,
    };
    let names = application
        .into_iter()
        .chain(missing.iter().map(|c| c.name.as_str()));
    let (of, total) = (missing.len(), real.len());
    Some(Obstacle {
        kind: "missing-code",
        id: "missing-code".into(),
        name: Text {
            zh: "清单文件所声明的组件缺少代码".into(),
            en: "components without code".into(),
        },
        hides: Channel::Code,
        effect: Text {
            zh: format!("清单文件声明的 {total} 个组件中有 {of} 个（或者应用入口类）在安装包的DEX中没有对应的类，其代码可能被加固、动态加载或者位于未提供的拆分安装包中，静态检测无法覆盖").into(),
            en: format!("{of} of {total} components of the manifest, or the application's class, are not in the DEX files: their code may be packed, loaded at run time, or in a split that was not given; it cannot be examined statically").into(),
        },
        blocks: true,
        confidence: None,
        marks: names.take(KEPT).map(mark).collect(),
        calls: Vec::new(),
    })
}

fn is_launcher(component: &Component) -> bool {
    let mut filters = component.intent_filters.iter();
    filters.any(|filter| {
        filter
            .categories
            .iter()
            .any(|c| c == "android.intent.category.LAUNCHER")
    })
}

/// Components that are named.
const KEPT: usize = 8;

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
        confidence: None,
        marks: Vec::new(),
        calls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DexFact;

    fn mark(kind: MarkKind) -> Mark {
        Mark {
            kind,
            signature: "x".into(),
            value: "x".into(),
            count: 1,
            strong: true,
            file: String::new(),
            entry: String::new(),
            entry_sha256: None,
            path: None,
        }
    }

    #[test]
    fn one_kind_of_mark_is_a_hint_and_two_are_more() {
        use MarkKind::{Component, MetaData, Native};
        let of = |kinds: &[MarkKind], missing| {
            let marks: Vec<Mark> = kinds.iter().map(|&kind| mark(kind)).collect();
            agreement(&marks, missing)
        };
        assert_eq!(of(&[Native, Native], false), RuleConfidence::Tentative);
        assert_eq!(of(&[Component, MetaData], false), RuleConfidence::Tentative);
        assert_eq!(of(&[Native, Component], false), RuleConfidence::Firm);
        assert_eq!(of(&[Native], true), RuleConfidence::Firm);
    }

    /// An app whose code holds `a.Own` only.
    fn app(application: Option<&str>, services: &[&str]) -> Facts {
        let mut facts = Facts::default();
        facts.dex.push(DexFact {
            defines: vec!["a.Own".into()],
            ..DexFact::default()
        });
        let state = crate::facts::ChannelState {
            state: State::Complete,
            ..Default::default()
        };
        facts.coverage.insert(Channel::Code, state);
        facts.manifest.application.name = application.map(Into::into);
        facts.manifest.components = services
            .iter()
            .map(|&name| Component {
                kind: ComponentKind::Service,
                name: name.into(),
                ..Component::default()
            })
            .collect();
        facts
    }

    #[test]
    fn code_is_missing_where_most_components_or_the_first_class_are() {
        assert!(missing_code(&app(Some("a.Own"), &["a.Own"])).is_none());
        assert!(missing_code(&app(Some("a.Other"), &[])).is_some());
        assert!(missing_code(&app(Some("android.app.Application"), &[])).is_none());
        // What a shrinker leaves over.
        assert!(missing_code(&app(None, &["a.Own", "b.X", "b.Y"])).is_none());
        assert!(missing_code(&app(None, &["a.Own", "b.X", "b.Y", "b.Z"])).is_some());
        let few = ["a.Own", "a.Own", "a.Own", "a.Own", "b.X", "b.Y", "b.Z"];
        assert!(missing_code(&app(None, &few)).is_none());
        let mut unread = app(Some("a.Other"), &[]);
        unread.coverage.clear();
        assert!(missing_code(&unread).is_none());
    }
}
