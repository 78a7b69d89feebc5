//! What could not be seen, and whether "no use found" can be said beside it.

use super::access::Where;
use super::accesses::Unresolved;
use super::asker::Askers;
use super::obstacles::Obstacle;
use super::owner::Owner;
use crate::facts::{Facts, State};
use crate::incident::Channel;
use crate::signatures::schema::Text;

/// One thing that stays open, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `channel`, `packer`, `dynamic-code`, `foreign-code`, `unresolved-reflection`, `native-code`.
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
const CHANNELS: [(Channel, &str, &str); 5] = [
    (Channel::Archive, "安装包目录", "the archive"),
    (Channel::Manifest, "清单文件", "the manifest"),
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
        gaps.extend(reflection(facts, unresolved, askers));
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
