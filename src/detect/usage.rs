//! Who uses each permission: the accesses that need it, summed up.

use super::access::Access;
use super::asker::Askers;
use super::ledger::Ledger;
use super::owner::{Owner, Owners};
use super::permissions::RequestedPermission;
use super::reach::Reach;
use crate::facts::Facts;
use crate::signatures::SignatureDb;
use crate::signatures::schema::{History, LAST_LEVEL, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether a permission is used, and by whose code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// The app's own code does what it is for.
    UsedByApp,
    /// Only code of libraries does.
    UsedBySdk,
    /// Code does of which nobody can tell whose it is.
    UsedByUnknown,
    /// Such code is inside, and nothing was found that leads to it.
    Unreached,
    /// Something shows an interest and no use: it is asked for, a manager is fetched, a script names it.
    Indicated,
    /// Everything was searched, and nothing was found.
    NoUseFound,
    /// Something that may use it could not be read, or nobody knows how it would be used.
    NotAssessable,
}

/// How sure the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Shown by the file.
    Firm,
    /// Something stays open beside it.
    Tentative,
}

/// What is known of one permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Full name.
    pub permission: String,
    /// The answer.
    pub usage: Use,
    /// How sure it is.
    pub certainty: Certainty,
    /// Whose code it is, sorted; of hints and of what is not reached where there is nothing else.
    pub owners: Vec<Owner>,
    /// Positions of the accesses that show it, in [`Detections::accesses`](super::Detections::accesses).
    pub accesses: Vec<usize>,
    /// The one library without which nothing in the app uses it.
    pub only_through: Option<String>,
    /// What keeps the answer open, or makes it less sure: positions in [`Ledger::gaps`].
    pub gaps: Vec<usize>,
    /// No interface is known that needs it.
    pub unknown_way: bool,
    /// All that was found is that the code asks for it or checks it, and nothing that may use it was hidden.
    pub only_asked: bool,
}

impl Usage {
    /// Whether some code does what the permission is for, and something leads to it.
    pub fn is_used(&self) -> bool {
        matches!(
            self.usage,
            Use::UsedByApp | Use::UsedBySdk | Use::UsedByUnknown
        )
    }

    /// Words for an answer that no gap explains.
    pub fn unknown_text() -> Text {
        Text {
            zh: "数据库中没有该权限对应的接口，无从判断是否使用".into(),
            en: "the data knows no interface that needs it: whether it is used cannot be said"
                .into(),
        }
    }
}

/// What the summary is made of.
pub(super) struct Parts<'a> {
    pub(super) facts: &'a Facts,
    pub(super) db: &'a SignatureDb,
    pub(super) owners: &'a Owners<'a>,
    pub(super) accesses: &'a [Access],
    pub(super) ledger: &'a Ledger,
    pub(super) askers: &'a Askers<'a>,
}

impl Parts<'_> {
    fn is_support(&self, owner: &Owner) -> bool {
        self.askers.is_support(owner)
    }
}

/// Sums up every permission of the app.
pub(super) fn all(parts: &Parts<'_>, permissions: &[RequestedPermission]) -> Vec<Usage> {
    permissions
        .iter()
        .map(|permission| {
            // A request with an end counts for the levels up to it only.
            let last = permission.max_sdk.unwrap_or(LAST_LEVEL);
            one(parts, &permission.name, last)
        })
        .collect()
}

fn one(parts: &Parts<'_>, permission: &str, last: u32) -> Usage {
    let needing: Vec<usize> = parts
        .accesses
        .iter()
        .enumerate()
        .filter(|(_, access)| {
            let needed = access.needs.get(permission);
            needed.is_some_and(|need| need.from <= last)
                || access.elsewhere.iter().any(|name| name == permission)
        })
        .map(|(at, _)| at)
        .collect();
    let of = |keep: &dyn Fn(&Access) -> bool| -> Vec<usize> {
        let kept = needing.iter().copied();
        kept.filter(|&at| parts.accesses.get(at).is_some_and(keep))
            .collect()
    };
    let is_hint = |a: &Access| a.hint || is_bystander(parts, permission, a);
    let used = of(&|a| !is_hint(a) && a.reached);
    let unreached = of(&|a| !is_hint(a) && !a.reached);
    let hints = of(&is_hint);
    let mut usage = Usage {
        permission: permission.to_owned(),
        usage: Use::NoUseFound,
        certainty: Certainty::Firm,
        owners: Vec::new(),
        accesses: used.clone(),
        only_through: None,
        gaps: Vec::new(),
        unknown_way: false,
        only_asked: false,
    };
    if !used.is_empty() {
        usage.owners = owners(parts, &used);
        usage.usage = answer(&usage.owners);
        if !parts.ledger.blocks() && !has_other_signs(parts, &hints, &usage.owners) {
            usage.only_through = only_through(parts, &used, &usage.owners);
        }
        usage.accesses.extend(hints);
        return usage;
    }
    let gaps = concerned(parts, permission);
    let is_blocked = gaps
        .iter()
        .any(|&at| parts.ledger.gaps.get(at).is_some_and(|gap| gap.blocks));
    if !gaps.is_empty() {
        usage.certainty = Certainty::Tentative;
    }
    usage.gaps = gaps;
    if !unreached.is_empty() {
        usage.owners = owners(parts, &unreached);
        usage.usage = Use::Unreached;
        usage.accesses = unreached;
        usage.accesses.extend(hints);
        // What is hidden may lead there.
        if is_blocked {
            usage.usage = Use::NotAssessable;
        }
    } else if !hints.is_empty() {
        usage.owners = owners(parts, &hints);
        usage.usage = Use::Indicated;
        let asks = |&at: &usize| parts.accesses.get(at).is_some_and(Access::asks);
        usage.only_asked = !is_blocked && hints.iter().all(asks);
        usage.accesses = hints;
    } else if is_blocked {
        usage.usage = Use::NotAssessable;
    } else if !is_known(parts.db, permission) {
        usage.usage = Use::NotAssessable;
        usage.unknown_way = true;
    }
    usage
}

/// Whether an access is no use of a permission, though its requirements name it: they do so for other
/// levels only, or beside another permission that the app has and that is about the same information.
fn is_bystander(parts: &Parts<'_>, permission: &str, access: &Access) -> bool {
    let Some(need) = access.needs.get(permission) else {
        return true;
    };
    if !need.one_of {
        return false;
    }
    let about = |name: &str| {
        let privacy = parts.db.permission(name).and_then(|view| view.privacy);
        let opened = privacy.map_or(&[][..], |p| &p.information);
        opened.iter().any(|kind| {
            access
                .information
                .iter()
                .any(|known| kind == known.as_str())
        })
    };
    let others = access.needs.keys().filter(|name| *name != permission);
    let mut held = others.filter(|name| {
        let requests = &parts.facts.manifest.uses_permissions;
        requests.iter().any(|request| request.name == **name)
    });
    !about(permission) && held.any(|name| about(name))
}

fn owners(parts: &Parts<'_>, accesses: &[usize]) -> Vec<Owner> {
    let all: BTreeSet<Owner> = accesses
        .iter()
        .filter_map(|&at| parts.accesses.get(at))
        .map(|access| access.owner.clone())
        .collect();
    all.into_iter().collect()
}

fn answer(owners: &[Owner]) -> Use {
    if owners.contains(&Owner::App) {
        Use::UsedByApp
    } else if owners.iter().all(|o| matches!(o, Owner::Library(_))) {
        Use::UsedBySdk
    } else {
        Use::UsedByUnknown
    }
}

/// Whether code of others shows signs of a use, beyond asking for the permission.
fn has_other_signs(parts: &Parts<'_>, hints: &[usize], owners: &[Owner]) -> bool {
    let accesses = hints.iter().filter_map(|&at| parts.accesses.get(at));
    accesses
        .filter(|access| access.reached && !access.asks() && !parts.is_support(&access.owner))
        .any(|access| !owners.contains(&access.owner))
}

/// The library without which nothing that can still run uses the permission.
fn only_through(parts: &Parts<'_>, used: &[usize], owners: &[Owner]) -> Option<String> {
    let mut libraries = owners.iter().filter_map(|owner| match owner {
        Owner::Library(id) => Some(id),
        _ => None,
    });
    let (library, None) = (libraries.next()?, libraries.next()) else {
        return None;
    };
    if owners.contains(&Owner::App) {
        return None;
    }
    if owners.len() == 1 {
        return Some(library.clone());
    }
    // Code of unknown owners goes with the library if only the library leads to it.
    let reach = Reach::without(parts.facts, parts.owners, library);
    let remains = used
        .iter()
        .filter_map(|&at| parts.accesses.get(at))
        .filter(|access| access.owner != Owner::Library(library.clone()))
        .any(|access| access.may_remain(parts.facts, &reach));
    (!remains).then(|| library.clone())
}

/// The gaps that leave open whether a permission is used: all but those about classes that have nothing to do with it.
fn concerned(parts: &Parts<'_>, permission: &str) -> Vec<usize> {
    let gaps = parts.ledger.gaps.iter().enumerate();
    gaps.filter(|(_, gap)| {
        gap.classes.is_empty()
            || gap
                .classes
                .iter()
                .any(|class| class_needs(parts.db, class, permission))
    })
    .map(|(at, _)| at)
    .collect()
}

/// Whether a member of a class needs a permission at some level.
fn class_needs(db: &SignatureDb, class: &str, permission: &str) -> bool {
    let entries = db.members_of(class).into_iter().flat_map(|e| e.iter());
    let mut histories = entries.filter_map(|(_, text)| History::parse(text));
    let named = |history: &History<'_>| {
        history
            .requirements
            .iter()
            .any(|r| r.permissions().any(|p| p == permission))
    };
    histories.any(|history| named(&history))
        || db
            .accesses_of_permission(permission)
            .any(|access| access.names_class(class))
}

/// Whether the data knows any way in which a permission is used.
fn is_known(db: &SignatureDb, permission: &str) -> bool {
    db.accesses_of_permission(permission).next().is_some() || db.is_in_map(permission)
}
