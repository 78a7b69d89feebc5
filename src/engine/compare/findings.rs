//! Leads of two builds: which of the old ones are there still, under whatever name.
//!
//! Leads are the same if rule and subject are. Where the subject is a class, a build may have renamed it; then what is
//! left over on both sides is paired by what renaming keeps ([`renamed`]). A pair that is not certain is not made: the
//! lead is gone and another one new, and people see both.

use crate::audit::{Evidence, EvidenceKind};
use crate::report::Language;
use crate::report::v1::{AccessInfo, Finding, Report};
use crate::report::words::Prose;
use crate::signatures::schema::Severity;
use serde::Serialize;
use std::collections::BTreeSet;

/// What became of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Only in the new build.
    New,
    /// In both, at the same places.
    Still,
    /// In both, at other places only.
    Moved,
    /// In the old build only, and the new one was read to the end.
    Fixed,
    /// In the old build only, but that cannot be taken for mended; [`ComparedFinding::doubt`] says why.
    Unconfirmed,
}

impl Fate {
    /// It in words.
    pub fn text(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::New => ("新增", "new"),
            Self::Still => ("仍然存在", "still there"),
            Self::Moved => ("仍然存在（位置变化）", "still there, elsewhere"),
            Self::Fixed => ("本次未再检出", "not found any more"),
            Self::Unconfirmed => ("不能确认", "cannot be confirmed"),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// How a lead of the old build was found in the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedBy {
    /// It has the same subject.
    Subject,
    /// Its subject has another name, and everything that renaming keeps is the same.
    Evidence,
}

/// Why a lead that is not in the new build cannot be taken for mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The new build was not read to the end.
    Incomplete,
    /// What the old build's code reached is reached by code of another owner now: shrinking moves and renames code, and
    /// an SDK is not recognised in it.
    OtherOwner,
}

impl Doubt {
    /// It in words.
    pub fn text(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Incomplete => (
                "新版本未能完整读取",
                "the new build was not read to the end",
            ),
            Self::OtherOwner => (
                "新版本中另有归属不同的代码接触同一信息，可能为同一代码经混淆、合并所致",
                "code of another owner reaches the same in the new build: it may be the same code, renamed or merged",
            ),
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// A lead of either build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedFinding {
    /// What became of it.
    pub fate: Fate,
    /// Its id in the old build.
    pub old: Option<String>,
    /// Its id in the new build.
    pub new: Option<String>,
    /// Its rule.
    pub rule: String,
    /// What it is about, in the new build where it is there.
    pub subject: String,
    /// What it was about in the old build, where that has another name.
    pub was: Option<String>,
    /// How the two were put together, where it is in both.
    pub paired_by: Option<PairedBy>,
    /// Why it is [`Fate::Unconfirmed`].
    pub doubt: Option<Doubt>,
    /// Its severity, in the new build where it is there.
    pub severity: Severity,
    /// Its name.
    pub title: Prose,
}

/// What became of each lead, the open ones first.
pub(super) fn findings(old: &Report, new: &Report) -> Vec<ComparedFinding> {
    let same = |a: &Finding, b: &Finding| a.rule == b.rule && a.subject == b.subject;
    let mut all = Vec::new();
    let (mut added, mut gone) = (Vec::new(), Vec::new());
    for now in &new.findings {
        match old.findings.iter().find(|finding| same(finding, now)) {
            Some(before) => all.push(both(before, now, PairedBy::Subject)),
            None => added.push(now),
        }
    }
    for before in &old.findings {
        if !new.findings.iter().any(|finding| same(finding, before)) {
            gone.push(before);
        }
    }
    for (before, now) in renamed(&gone, &added, old, new) {
        all.push(both(before, now, PairedBy::Evidence));
        gone.retain(|finding| !std::ptr::eq(*finding, before));
        added.retain(|finding| !std::ptr::eq(*finding, now));
    }
    all.extend(added.into_iter().map(|now| ComparedFinding {
        new: Some(now.id.clone()),
        ..shown(Fate::New, now)
    }));
    for before in gone {
        let doubt = if !new.coverage.complete {
            Some(Doubt::Incomplete)
        } else if changed_hands(before, old, new) {
            Some(Doubt::OtherOwner)
        } else {
            None
        };
        let fate = doubt.map_or(Fate::Fixed, |_| Fate::Unconfirmed);
        all.push(ComparedFinding {
            old: Some(before.id.clone()),
            doubt,
            ..shown(fate, before)
        });
    }
    let key = |f: &ComparedFinding| {
        let severity = std::cmp::Reverse(f.severity);
        (f.fate, severity, f.rule.clone(), f.subject.clone())
    };
    all.sort_by_cached_key(key);
    all
}

fn shown(fate: Fate, finding: &Finding) -> ComparedFinding {
    ComparedFinding {
        fate,
        old: None,
        new: None,
        rule: finding.rule.clone(),
        subject: finding.subject.clone(),
        was: None,
        paired_by: None,
        doubt: None,
        severity: finding.severity,
        title: finding.title.clone(),
    }
}

fn both(before: &Finding, now: &Finding, paired_by: PairedBy) -> ComparedFinding {
    let places = |finding: &Finding| -> BTreeSet<Place> {
        let evidence = finding.evidence.iter();
        evidence.map(|e| place(e, &finding.subject)).collect()
    };
    let fate = if places(before).is_disjoint(&places(now)) {
        Fate::Moved
    } else {
        Fate::Still
    };
    ComparedFinding {
        old: Some(before.id.clone()),
        new: Some(now.id.clone()),
        was: (before.subject != now.subject).then(|| before.subject.clone()),
        paired_by: Some(paired_by),
        ..shown(fate, now)
    }
}

/// A place that can be found again in another build, without the name of what the lead is about. Offsets, digests and
/// numbers of elements change with every build and do not count.
type Place = (
    EvidenceKind,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn place(evidence: &Evidence, subject: &str) -> Place {
    let without = |text: &String| unnamed(text, subject);
    let path = evidence.path.as_ref().map(|path| {
        // The first of its kind has no number: service, service[2].
        let plain = path.chars();
        let plain = plain.filter(|c| !c.is_ascii_digit() && !matches!(c, '[' | ']'));
        plain.collect::<String>()
    });
    (
        evidence.kind,
        without(&evidence.value),
        path,
        evidence.class.as_ref().map(without),
        evidence.method.clone(),
    )
}

/// A text with a blank where the subject stands as a word.
fn unnamed(text: &str, subject: &str) -> String {
    let words = text.split(' ');
    let words = words.map(|word| if word == subject { "" } else { word });
    words.collect::<Vec<&str>>().join(" ")
}

/// What renaming keeps of the evidence of a lead about a component: element, actions, permissions, types. Nothing for a
/// lead about something else, whose name no build changes.
fn kept(finding: &Finding) -> Option<Vec<(EvidenceKind, String, Option<&str>)>> {
    let mut kept = Vec::new();
    for evidence in &finding.evidence {
        let value = unnamed(&evidence.value, &finding.subject);
        if evidence.kind != EvidenceKind::Manifest || value == evidence.value {
            return None;
        }
        kept.push((evidence.kind, value, evidence.owner.as_deref()));
    }
    kept.sort();
    (!kept.is_empty()).then_some(kept)
}

/// Pairs of leads about a class that has another name in the new build.
///
/// Both have the same rule and declare the same, neither name is known to the other build, and something speaks for it
/// that is not shared by a lead of the same kind: the simple name, what the code of the class reaches, or, where as
/// many such leads are left over on both sides and one of the names is an obfuscator's, the place in the manifest,
/// whose order no build tool changes. If one fits two, none is paired.
fn renamed<'r>(
    gone: &[&'r Finding],
    added: &[&'r Finding],
    old: &Report,
    new: &Report,
) -> Vec<(&'r Finding, &'r Finding)> {
    let (had, has) = (names(old), names(new));
    let left = |list: &[&'r Finding], known: &BTreeSet<&str>| -> Vec<Left<'r>> {
        let unknown = list.iter().filter(|f| !known.contains(f.subject.as_str()));
        unknown.filter_map(|finding| Left::of(finding)).collect()
    };
    let (gone, added) = (left(gone, &has), left(added, &had));
    let count =
        |list: &[Left<'_>], like: &Left<'_>| list.iter().filter(|l| l.is_alike(like)).count();
    let fits = |before: &Left<'_>, now: &Left<'_>| {
        let (a, b) = (&before.finding.subject, &now.finding.subject);
        let (reached, reaches) = (reach(old, a), reach(new, b));
        let is_contradicted =
            !reached.is_empty() && !reaches.is_empty() && reached.is_disjoint(&reaches);
        let as_many = count(&gone, before) == count(&added, before);
        before.is_alike(now)
            && !is_contradicted
            && (simple(a) == simple(b)
                || (!reached.is_empty() && reached == reaches)
                || (as_many && before.paths() == now.paths() && (is_short(a) || is_short(b))))
    };
    let mut pairs = Vec::new();
    for before in &gone {
        let mut fitting = added.iter().filter(|now| fits(before, now));
        if let (Some(now), None) = (fitting.next(), fitting.next())
            && gone.iter().filter(|other| fits(other, now)).count() == 1
        {
            pairs.push((before.finding, now.finding));
        }
    }
    pairs
}

/// A lead about a component that is left over.
struct Left<'r> {
    finding: &'r Finding,
    kept: Vec<(EvidenceKind, String, Option<&'r str>)>,
}

impl<'r> Left<'r> {
    fn of(finding: &'r Finding) -> Option<Self> {
        kept(finding).map(|kept| Self { finding, kept })
    }

    fn is_alike(&self, other: &Left<'_>) -> bool {
        self.finding.rule == other.finding.rule && self.kept == other.kept
    }

    fn paths(&self) -> BTreeSet<&'r str> {
        let evidence = self.finding.evidence.iter();
        evidence.filter_map(|e| e.path.as_deref()).collect()
    }
}

/// All classes that a report names.
fn names(report: &Report) -> BTreeSet<&str> {
    let accesses = report.accesses.iter().flat_map(|access| &access.evidence);
    let sdks = report.sdks.iter().flat_map(|sdk| &sdk.evidence);
    let findings = report.findings.iter();
    let all = accesses.chain(sdks);
    all.chain(findings.clone().flat_map(|finding| &finding.evidence))
        .filter_map(|evidence| evidence.class.as_deref())
        .chain(findings.map(|finding| finding.subject.as_str()))
        .chain(
            report
                .sdks
                .iter()
                .flat_map(|sdk| sdk.starts.iter().map(String::as_str)),
        )
        .collect()
}

/// What the code of a class reaches: access, and the member of the platform with its constant.
fn reach<'r>(report: &'r Report, class: &str) -> BTreeSet<(&'r str, &'r str)> {
    let is_inside = |evidence: &&Evidence| {
        let rest = evidence.class.as_ref().and_then(|c| c.strip_prefix(class));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('$'))
    };
    let mut reached = BTreeSet::new();
    for access in &report.accesses {
        for evidence in access.evidence.iter().filter(is_inside) {
            reached.insert((access.id.as_str(), what(evidence)));
        }
    }
    reached
}

/// What an instruction comes to.
fn what(evidence: &Evidence) -> &str {
    evidence.shows.as_ref().unwrap_or(&evidence.value)
}

/// `Y` of `com.x.Y`.
fn simple(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

/// Whether the name of the class itself is one that an obfuscator writes: `a`, `b0`.
fn is_short(class: &str) -> bool {
    simple(class).chars().count() <= 3
}

/// Whether something that the lead's code reached in the old build is reached by an owner in the new one that did not
/// reach it before.
fn changed_hands(before: &Finding, old: &Report, new: &Report) -> bool {
    let code = || {
        let evidence = before.evidence.iter();
        evidence.filter(|evidence| evidence.kind == EvidenceKind::Code)
    };
    let shows = |access: &&AccessInfo| {
        code().any(|evidence| {
            Some(&access.owner) == evidence.owner.as_ref()
                && access.evidence.iter().any(|e| what(e) == what(evidence))
        })
    };
    let ids = old.accesses.iter().filter(shows);
    let ids = ids.map(|access| access.id.as_str()).collect();
    is_taken_over(&ids, old, new)
}

/// Whether what an SDK reached in the old build is reached by an owner in the new one that did not reach it before.
pub(super) fn is_moved(sdk: &str, old: &Report, new: &Report) -> bool {
    let of = old.accesses.iter().filter(|access| access.owner == sdk);
    let ids = of.map(|access| access.id.as_str()).collect();
    is_taken_over(&ids, old, new)
}

/// Whether one of these accesses has an owner in the new build that it had not in the old one: R8 inlines an SDK's
/// methods into the app's classes, and renames what is left.
fn is_taken_over(ids: &BTreeSet<&str>, old: &Report, new: &Report) -> bool {
    new.accesses.iter().any(|access| {
        let had = |a: &AccessInfo| a.id == access.id && a.owner == access.owner;
        access.reached && ids.contains(access.id.as_str()) && !old.accesses.iter().any(had)
    })
}
