//! Detections against the declared function: a verdict for each permission, and the findings.

mod declarative;
mod declared;
mod evidence;
mod finding;
mod rules;
mod suggest;
mod verdict;
mod words;

pub use declared::{Declared, DeclaredBy, Edition, UnknownFunction};
pub use evidence::{Evidence, EvidenceKind};
pub use finding::Finding;
pub use suggest::{Suggestion, suggest};
pub use verdict::{PermissionVerdict, Verdict};

use crate::detect::Detections;
use crate::facts::Facts;
use crate::signatures::SignatureDb;
use crate::signatures::schema::{Sensitivity, Severity};

/// What a rule may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) detections: &'a Detections,
    pub(crate) declared: &'a Declared<'a>,
    pub(crate) permissions: &'a [PermissionVerdict],
    pub(crate) db: &'a SignatureDb,
}

impl Case<'_> {
    /// How sensitive the information is that a permission opens; `None` where it opens none.
    pub(crate) fn severity_of(&self, permission: &str) -> Option<Severity> {
        let view = self.db.permission(permission)?;
        view.privacy?
            .sensitivity
            .map(|sensitivity| match sensitivity {
                Sensitivity::High => Severity::High,
                Sensitivity::Medium => Severity::Medium,
                Sensitivity::Low => Severity::Low,
            })
    }

    /// Whether a permission opens personal information that matters, or a user has to grant it.
    pub(crate) fn opens_something(&self, permission: &str) -> bool {
        self.is_granted_by_user(permission)
            || self
                .severity_of(permission)
                .is_some_and(|severity| severity >= Severity::Medium)
    }

    fn protection(&self, permission: &str) -> Option<crate::signatures::Protection<'_>> {
        let target = self.facts.manifest.uses_sdk.target_level();
        self.db.protection_at(permission, target)
    }

    fn is_granted_by_user(&self, permission: &str) -> bool {
        let protection = self.protection(permission);
        protection.is_some_and(|p| {
            p.base == "dangerous" || p.flags.split('|').any(|flag| flag == "appop")
        })
    }

    /// Whether an ordinary app can have a permission at all.
    pub(crate) fn is_granted_to_apps(&self, permission: &str) -> bool {
        self.is_granted_by_user(permission)
            || self
                .protection(permission)
                .is_some_and(|p| p.base == "normal")
    }
}

/// The result of judging one app.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// A verdict for every permission that the app has, in the order of [`Detections::permissions`].
    pub permissions: Vec<PermissionVerdict>,
    /// The findings, most severe first, then by rule and subject.
    pub findings: Vec<Finding>,
    /// Functions that the label suggests; only where none was declared.
    pub suggestions: Vec<Suggestion>,
}

/// Judges one app.
pub fn audit(
    facts: &Facts,
    detections: &Detections,
    declared: &Declared<'_>,
    db: &SignatureDb,
) -> Audit {
    let permissions = verdict::all(facts, detections, declared, db);
    let case = Case {
        facts,
        detections,
        declared,
        permissions: &permissions,
        db,
    };
    let mut findings = Vec::new();
    for rule in &db.data.rules {
        if rule.when.code {
            findings.extend(rules::run(rule, &case));
        } else {
            findings.extend(declarative::run(rule, &case));
        }
    }
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| (&a.rule, &a.subject, &a.id).cmp(&(&b.rule, &b.subject, &b.id)))
    });
    let suggestions = if declared.functions.is_empty() {
        suggest(facts, db)
    } else {
        Vec::new()
    };
    Audit {
        permissions,
        findings,
        suggestions,
    }
}
