//! A finding: which rule, about what, how bad, how sure, on which clause, shown by what.

use super::Case;
use super::evidence::Evidence;
use crate::hash::hex;
use crate::signatures::schema::{Rule, RuleConfidence, Severity, Text};
use sha2::{Digest, Sha256};

/// A lead for whoever reads the report; never a conviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `F-` and twelve hex digits: the same for the same rule, app and subject, in every build.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// How bad, if it is true.
    pub severity: Severity,
    /// How sure, as a statement about the file.
    pub confidence: RuleConfidence,
    /// Name of the finding.
    pub title: Text,
    /// What was found.
    pub message: Text,
    /// Ids of the clauses that it rests on.
    pub clauses: Vec<String>,
    /// What it is about: a permission, a component, `application`.
    pub subject: String,
    /// What shows it; never empty.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Text,
}

/// Values for the `{names}` of a rule's texts.
pub(crate) type Values<'v> = &'v [(&'v str, Text)];

impl Finding {
    /// A finding of `rule` about `subject`.
    pub(crate) fn new(
        rule: &Rule,
        case: &Case<'_>,
        subject: &str,
        evidence: Vec<Evidence>,
        values: Values<'_>,
    ) -> Self {
        let mut hash = Sha256::new();
        for part in [rule.id.as_str(), &case.facts.manifest.package, subject] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hex(&hash.finalize());
        let short = digest.get(..12).unwrap_or_default();
        Self {
            id: format!("F-{short}"),
            rule: rule.id.to_string(),
            severity: rule.severity,
            confidence: rule.confidence,
            title: fill(&rule.title, values),
            message: fill(&rule.message, values),
            clauses: rule.clauses.iter().map(ToString::to_string).collect(),
            subject: subject.into(),
            evidence,
            remedy: fill(&rule.remedy, values),
        }
    }

    /// The same, with clauses added behind the rule's own.
    pub(crate) fn with_clauses<'c>(
        mut self,
        clauses: impl IntoIterator<Item = &'c String>,
    ) -> Self {
        for clause in clauses {
            if !self.clauses.contains(clause) {
                self.clauses.push(clause.clone());
            }
        }
        self
    }

    /// The same, one step less severe.
    pub(crate) fn milder(mut self) -> Self {
        self.severity = match self.severity {
            Severity::High => Severity::Medium,
            Severity::Medium => Severity::Low,
            Severity::Low | Severity::Info => Severity::Info,
        };
        self
    }
}

/// Puts values into the `{names}` of a text.
pub(crate) fn fill(text: &Text, values: Values<'_>) -> Text {
    let one = |template: &str, pick: fn(&Text) -> &str| {
        values
            .iter()
            .fold(template.to_owned(), |done, (name, value)| {
                done.replace(&format!("{{{name}}}"), pick(value))
            })
    };
    Text {
        zh: one(&text.zh, |t| &t.zh).into(),
        en: one(&text.en, |t| &t.en).into(),
    }
}

/// The same words in both languages: names of permissions and classes.
pub(crate) fn same(text: &str) -> Text {
    Text {
        zh: text.into(),
        en: text.into(),
    }
}
