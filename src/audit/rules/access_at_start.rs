//! Personal information that can be read before the first screen, and so before anybody could consent.

use super::{kinds, sdk_names, titles};
use crate::audit::Case;
use crate::audit::evidence::Evidence;
use crate::audit::finding::{Finding, same};
use crate::detect::{Access, AtStart, Owner};
use crate::facts::StartStack;
use crate::signatures::schema::{AccessMode, Rule, Str, Text};
use std::collections::BTreeMap;

/// Kinds that tell little about a person by themselves: every app reads them, and no complaint is about them.
const PLAIN: [&str; 9] = [
    "apps.install-source",
    "device.carrier",
    "device.model",
    "location.region",
    "network.state",
    "network.usage",
    "sensor.motion",
    "usage.behaviour",
    "usage.crash",
];

/// An access with its way from the start.
type Reached<'c> = (&'c Access, &'c AtStart, StartStack<'c>);

pub(super) fn run(rule: &Rule, case: &Case<'_>) -> Vec<Finding> {
    let Some(start) = &case.facts.start else {
        return Vec::new();
    };
    let mut found: BTreeMap<(&Owner, bool), Vec<Reached<'_>>> = BTreeMap::new();
    for access in &case.detections.accesses {
        let Some(at) = access.start.as_ref().filter(|_| !access.hint) else {
            continue;
        };
        // What is written is not collected.
        let entry = case.db.access(&access.id);
        let is_written = entry.is_some_and(|entry| entry.mode == Some(AccessMode::Write));
        if is_written || !access.information.iter().any(|id| matters(case, id)) {
            continue;
        }
        if let Some(stack) = start.stack(at.node).filter(StartStack::is_before_screen) {
            let key = (&access.owner, stack.is_posted());
            found.entry(key).or_default().push((access, at, stack));
        }
    }
    let findings = found.into_iter().map(|((owner, is_posted), reached)| {
        let finding = one(rule, case, owner, is_posted, &reached);
        if is_posted { finding.milder() } else { finding }
    });
    findings.collect()
}

/// Whether a kind of information is a person's, and not what every app reads.
fn matters(case: &Case<'_>, id: &str) -> bool {
    let is_ability = case.db.information(id).is_none_or(|kind| kind.ability);
    !is_ability && !PLAIN.contains(&id)
}

fn one(
    rule: &Rule,
    case: &Case<'_>,
    owner: &Owner,
    is_posted: bool,
    reached: &[Reached<'_>],
) -> Finding {
    let mut ids: Vec<Str> = Vec::new();
    let mut begins: Vec<&str> = Vec::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    for (access, at, stack) in reached {
        for id in access.information.iter().filter(|id| matters(case, id)) {
            if !ids.iter().any(|known| known == id.as_str()) {
                ids.push(id.as_str().into());
            }
        }
        let begin = stack.root.class.as_str();
        if !begins.contains(&begin) {
            begins.push(begin);
        }
        let place = Evidence::shown(case.facts, &at.shown, access.owner.as_str());
        let root = Evidence::root(case.facts, stack.root);
        let steps = Evidence::steps(case.facts, stack);
        // Ways that begin alike share their first steps.
        for piece in [place, root].into_iter().chain(steps) {
            if !evidence.contains(&piece) {
                evidence.push(piece);
            }
        }
    }
    let values = [
        ("owner", named(case, owner)),
        ("begins", same(&begins.join(", "))),
        (
            "access",
            titles(reached.iter().map(|(access, ..)| &access.title)),
        ),
        ("information", kinds(case, &ids).unwrap_or_default()),
        ("how", how(is_posted)),
    ];
    let subject = match is_posted {
        true => format!("{} (posted)", owner.as_str()),
        false => owner.as_str().to_owned(),
    };
    Finding::new(rule, case, &subject, evidence, &values)
}

fn how(is_posted: bool) -> Text {
    let (zh, en) = match is_posted {
        true => (
            "经线程或者消息队列执行，是否执行不确定",
            "left to a thread or a queue of messages: it may not run",
        ),
        false => ("由所列调用直接到达", "by the calls that are listed"),
    };
    Text {
        zh: zh.into(),
        en: en.into(),
    }
}

fn named(case: &Case<'_>, owner: &Owner) -> Text {
    let (zh, en) = match owner {
        Owner::App => ("应用自身代码", "the app's own code"),
        Owner::Library(id) => return sdk_names(case, &[id]),
        Owner::Unlisted => ("未收录的代码", "code that is not listed"),
        Owner::Obfuscated => ("经混淆的代码", "obfuscated code"),
    };
    Text {
        zh: zh.into(),
        en: en.into(),
    }
}
