//! What could not be seen, and whether "no use found" can be said beside it.

use super::access::Where;
use super::accesses::Unresolved;
use super::asker::Askers;
use super::obstacles::Obstacle;
use super::owner::Owner;
use crate::facts::{Facts, Known, Manner, Site, State};
use crate::incident::Channel;
use crate::package::manifest::MetaData;
use crate::signatures::api::java_name;
use crate::signatures::schema::Text;
use std::collections::BTreeSet;

/// One thing that stays open, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `channel`, `packer`, `dynamic-code`, `foreign-code`, `cut-short`, `native-only`, `encrypted-assets`,
    /// `unresolved-reflection`, `web-pages`.
    pub kind: &'static str,
    /// What it is about: a channel, a packer, a framework.
    pub what: String,
    /// What that means, in words.
    pub text: Text,
    /// While it is there, "no use found" is not said of anything.
    pub blocks: bool,
    /// Classes of the platform that it is about; empty where it may be any.
    pub classes: Vec<String>,
    /// What shows it.
    pub shown: Vec<Where>,
}

/// Everything that stays open for the use of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The gaps, those that block first.
    pub gaps: Vec<Gap>,
}

/// Channels that have to be read to the end before something is said not to be used.
const CHANNELS: [(Channel, &str, &str); 6] = [
    (Channel::Archive, "安装包目录", "the archive"),
    (Channel::Manifest, "清单文件", "the manifest"),
    // Names of classes and actions that the manifest takes from there begin what can run.
    (Channel::Resources, "资源表", "the resource table"),
    (Channel::Code, "字节码", "the bytecode"),
    (Channel::Native, "本地库", "the native libraries"),
    (Channel::Assets, "资源文件", "the assets"),
];

/// Places that are kept of one gap.
const KEPT: usize = 6;

impl Ledger {
    pub(super) fn new(
        facts: &Facts,
        obstacles: &[Obstacle],
        unresolved: &[Unresolved],
        cut: &BTreeSet<usize>,
        askers: &Askers<'_>,
    ) -> Self {
        let mut gaps = Vec::new();
        for (channel, zh, en) in CHANNELS {
            let (zh_state, en_state) = match facts.state(channel) {
                State::Complete => continue,
                State::Absent if channel != Channel::Manifest => continue,
                State::Partial => ("仅部分可读", "could be read in part only"),
                State::Absent | State::Unreadable => ("无法读取", "could not be read"),
            };
            gaps.push(Gap {
                kind: "channel",
                what: name_of(channel),
                text: Text {
                    zh: format!("{zh}{zh_state}，其中是否使用权限无从判断").into(),
                    en: format!("{en} {en_state}; what it uses cannot be said").into(),
                },
                blocks: true,
                classes: Vec::new(),
                shown: Vec::new(),
            });
        }
        gaps.extend(obstacles.iter().map(|obstacle| Gap {
            kind: obstacle.kind,
            what: obstacle.id.clone(),
            text: Text {
                zh: format!("{}：{}", obstacle.name.zh, obstacle.effect.zh).into(),
                en: format!("{}: {}", obstacle.name.en, obstacle.effect.en).into(),
            },
            blocks: obstacle.blocks,
            classes: Vec::new(),
            shown: Vec::new(),
        }));
        gaps.extend(cut_short(cut));
        gaps.extend(native_only(facts));
        gaps.extend(encrypted(facts));
        gaps.extend(reflection(facts, unresolved, askers));
        gaps.extend(web_pages(facts, askers));
        gaps.sort_by_key(|gap| !gap.blocks);
        Self { gaps }
    }

    /// Whether something keeps "no use found" from being said at all.
    pub fn blocks(&self) -> bool {
        self.gaps.iter().any(|gap| gap.blocks)
    }
}

fn name_of(channel: Channel) -> String {
    let value = serde_json::to_value(channel).ok();
    let name = value.as_ref().and_then(|v| v.as_str());
    name.unwrap_or_default().to_owned()
}

/// Places beyond those that facts keep: another class may do the same there, or with another constant.
fn cut_short(cut: &BTreeSet<usize>) -> Option<Gap> {
    let count = cut.len();
    let places = cut.iter().take(KEPT);
    (count > 0).then(|| Gap {
        kind: "cut-short",
        what: count.to_string(),
        text: Text {
            zh: format!("有{count}个接口的调用位置过多，超出上限的部分未检查，不能断言未使用").into(),
            en: format!(
                "interfaces that are used in more places than are looked at: {count}; unused cannot be said"
            )
            .into(),
        },
        blocks: true,
        classes: Vec::new(),
        shown: places.map(|&used| Where::Code { used, site: 0 }).collect(),
    })
}

/// The member of `<meta-data>` by which `NativeActivity` and the `GameActivity` of androidx find their library.
const LIBRARY_NAME: &str = "android.app.lib_name";
const NATIVE_ACTIVITY: &str = "android.app.NativeActivity";

/// The app is a native library: what it does shows in the bytecode only where it asks Java.
fn native_only(facts: &Facts) -> Option<Gap> {
    let components = facts.manifest.components.iter().enumerate();
    let names_library = |m: &MetaData| m.name == LIBRARY_NAME;
    let mut shown: Vec<Where> = components
        .filter(|(_, c)| c.name == NATIVE_ACTIVITY || c.meta_data.iter().any(names_library))
        .map(|(at, _)| Where::Component(at))
        .collect();
    let uses = facts.uses.iter().enumerate();
    for (used, _) in
        uses.filter(|(_, u)| u.manner == Manner::Extends && java_name(&u.what) == NATIVE_ACTIVITY)
    {
        shown.push(Where::Code { used, site: 0 });
    }
    if shown.is_empty() && facts.dex.iter().all(|dex| dex.defines.is_empty()) {
        shown.extend((0..facts.native.len()).map(Where::Native));
    }
    shown.truncate(KEPT);
    (!shown.is_empty()).then(|| Gap {
        kind: "native-only",
        what: String::new(),
        text: Text {
            zh: "应用的主要功能由本地库实现，其对系统接口的调用在字节码中不可见，不能断言未使用".into(),
            en: "the app's functions are in native libraries; what they ask of the platform does not show in the bytecode, and unused cannot be said"
                .into(),
        },
        blocks: true,
        classes: Vec::new(),
        shown,
    })
}

/// Entries that look encrypted. Scripts are code by themselves; anything else becomes code only through something that
/// runs it: a loader is an obstacle of its own, a native library needs none.
fn encrypted(facts: &Facts) -> Option<Gap> {
    if facts.opaque.is_empty() {
        return None;
    }
    let count = facts.opaque.len();
    let blocks = !facts.native.is_empty() || facts.opaque.iter().any(|o| o.script);
    let (zh, en) = if blocks {
        (
            "可能含有由脚本引擎或本地库解密后运行的代码，不能断言未使用",
            "a script engine or a native library may run what they hold, and unused cannot be said",
        )
    } else {
        ("其内容无法检查", "what they hold cannot be seen")
    };
    Some(Gap {
        kind: "encrypted-assets",
        what: count.to_string(),
        text: Text {
            zh: format!("有{count}个文件疑似加密（或采用未知的压缩格式），{zh}").into(),
            en: format!(
                "files that look encrypted, or are compressed in a form that is not known: {count}; {en}"
            )
            .into(),
        },
        blocks,
        classes: Vec::new(),
        shown: (0..count.min(KEPT)).map(Where::Opaque).collect(),
    })
}

/// Members by which a web view is given a page.
const PAGE_LOADERS: [&str; 2] = [
    "Landroid/webkit/WebView;->loadUrl(",
    "Landroid/webkit/WebView;->postUrl(",
];

/// Pages from elsewhere that the app's own code shows: they are not in the package.
fn web_pages(facts: &Facts, askers: &Askers<'_>) -> Option<Gap> {
    let mut shown = Vec::new();
    for (used, fact) in facts.uses.iter().enumerate() {
        if !PAGE_LOADERS.iter().any(|m| fact.what.starts_with(m)) {
            continue;
        }
        for (at, site) in fact.sites.iter().enumerate() {
            let owners = askers.of(site);
            let is_own = owners.iter().any(|o| !matches!(o, Owner::Library(_)));
            if is_own && !is_inside(site) {
                shown.push(Where::Code { used, site: at });
            }
        }
    }
    shown.truncate(KEPT);
    (!shown.is_empty()).then(|| Gap {
        kind: "web-pages",
        what: String::new(),
        text: Text {
            zh: "应用在WebView中打开不在安装包内的网页：网页自身收集的信息不可见；网页使用摄像头、麦克风和位置须经应用代码中的回调".into(),
            en: "the app shows web pages that are not in the package: what they collect themselves cannot be seen; camera, microphone and location reach them only through callbacks in the app's code"
                .into(),
        },
        blocks: false,
        // Nothing that the platform guards is open to a page without the app's code.
        classes: vec!["Landroid/webkit/WebView;".into()],
        shown,
    })
}

/// Whether the page is known and lies in the package.
fn is_inside(site: &Site) -> bool {
    let mut pages = site.args.iter().filter(|arg| arg.at == 0).peekable();
    let inside = [
        "file:///android_asset/",
        "file:///android_res/",
        "about:",
        "javascript:",
        "data:",
    ];
    pages.peek().is_some()
        && pages.all(|page| match &page.is {
            Known::Text(text) | Known::Start(text) | Known::Uri(text) => {
                inside.iter().any(|start| text.starts_with(start))
            }
            _ => false,
        })
}

/// Reflection by names that are not known: by classes of the platform where these are known, and the rest together.
///
/// Libraries that help others (and support libraries above all) look up members of newer
/// platforms by names that they put together; what they look for is the same in every app.
fn reflection(facts: &Facts, unresolved: &[Unresolved], askers: &Askers<'_>) -> Vec<Gap> {
    let mut open = Vec::new();
    let mut known: Vec<(Vec<String>, Where)> = Vec::new();
    for found in unresolved {
        let site = facts
            .uses
            .get(found.used)
            .and_then(|u| u.sites.get(found.site));
        let Some(site) = site else { continue };
        let owners = askers.of(site);
        let matters = owners.iter().any(|owner| match owner {
            Owner::App | Owner::Unlisted | Owner::Obfuscated => true,
            Owner::Library(id) => !askers.is_helper(id),
        });
        if !matters {
            continue;
        }
        let place = Where::Code {
            used: found.used,
            site: found.site,
        };
        if found.classes.is_empty() {
            open.push(place);
        } else {
            known.push((found.classes.clone(), place));
        }
    }
    let mut gaps = Vec::new();
    if !open.is_empty() {
        let count = open.len();
        open.truncate(KEPT);
        gaps.push(Gap {
            kind: "unresolved-reflection",
            what: count.to_string(),
            text: Text {
                zh: format!("有{count}处反射调用的类名或成员名无法静态确定，可能涉及任何系统接口").into(),
                en: format!(
                    "{count} places reach members by names that are not known; they may be any interface of the platform"
                )
                .into(),
            },
            blocks: false,
            classes: Vec::new(),
            shown: open,
        });
    }
    for (classes, place) in known {
        let list: Vec<String> = classes.iter().map(|c| short(c)).collect();
        let same = gaps.iter().position(|gap: &Gap| gap.classes == classes);
        match same.and_then(|at| gaps.get_mut(at)) {
            Some(gap) if gap.shown.len() < KEPT => gap.shown.push(place),
            Some(_) => {}
            None => gaps.push(Gap {
                kind: "unresolved-reflection",
                what: list.join(" "),
                text: Text {
                    zh: format!(
                        "通过反射调用 {} 的成员，成员名无法静态确定",
                        list.join("、")
                    )
                    .into(),
                    en: format!(
                        "members of {} are reached by names that are not known",
                        list.join(", ")
                    )
                    .into(),
                },
                blocks: false,
                classes,
                shown: vec![place],
            }),
        }
    }
    gaps
}

/// `TelephonyManager` of `Landroid/telephony/TelephonyManager;`.
fn short(descriptor: &str) -> String {
    let name = descriptor.rsplit('/').next().unwrap_or(descriptor);
    name.trim_end_matches(';').to_owned()
}

#[cfg(test)]
mod tests {
    use crate::detect::{Detector, Use};
    use crate::facts::{State, notation};
    use crate::incident::Channel;
    use crate::signatures::SignatureDb;

    const APP: [&str; 4] = [
        "perm android.permission.CAMERA",
        "activity com.a.Main",
        "call android.content.Intent.setAction(\"com.a.GO\") <- com.a.Main.go",
        "read android.os.Build$VERSION.SDK_INT <- com.a.Main.go",
    ];

    fn answer(change: impl Fn(&mut crate::facts::Facts)) -> Use {
        let db = SignatureDb::builtin().unwrap();
        let mut facts = notation::parse(&APP).unwrap().facts;
        change(&mut facts);
        let found = Detector::new(&db).detect(&facts);
        let mut usage = found.usage.iter();
        usage
            .find(|u| u.permission == "android.permission.CAMERA")
            .unwrap()
            .usage
    }

    #[test]
    fn constants_that_were_not_kept_may_be_any() {
        assert_eq!(answer(|_| {}), Use::NoUseFound);
        let cut = |what: &'static str| {
            answer(move |facts| {
                let mut uses = facts.uses.iter_mut();
                uses.find(|u| u.what.contains(what)).unwrap().more = true;
            })
        };
        assert_eq!(cut("setAction"), Use::NotAssessable);
        // Where it is read tells nothing about a permission.
        assert_eq!(cut("SDK_INT"), Use::NoUseFound);
    }

    #[test]
    fn every_channel_has_to_be_read_to_the_end() {
        for channel in [
            Channel::Archive,
            Channel::Manifest,
            Channel::Resources,
            Channel::Code,
            Channel::Native,
            Channel::Assets,
        ] {
            let unread = answer(move |facts| {
                facts.coverage.get_mut(&channel).unwrap().state = State::Partial;
            });
            assert_eq!(unread, Use::NotAssessable, "{channel:?}");
        }
    }
}
