//! `rules/`: what makes a finding.

use super::{Examples, Str, Text, Tier};
use serde::{Deserialize, Serialize};

/// How bad a finding is, if it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Cheap to mend, little harm.
    Low,
    /// Personal information beyond what the function needs is within reach.
    Medium,
    /// Sensitive personal information beyond what the function needs is within reach.
    High,
}

impl Severity {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// How sure a finding is, as a statement about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleConfidence {
    /// A hint: other explanations are common.
    Tentative,
    /// Other explanations exist and are rare.
    Firm,
    /// The file says it in so many words.
    Certain,
}

/// `rules/<id>.toml`: one finding rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule's id.
    pub id: Str,
    /// Name of the finding.
    pub title: Text,
    /// What was found; `{permission}`, `{component}`, `{function}` and others are filled in.
    pub message: Text,
    /// What to do.
    pub remedy: Text,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: RuleConfidence,
    /// Clauses that it rests on.
    pub clauses: Vec<Str>,
    /// Signals of the law files that it implements.
    pub signals: Vec<Str>,
    /// What may look like this and is none.
    pub false_positives: Text,
    /// What makes it fire.
    pub when: When,
    /// Examples that are run.
    pub examples: Examples,
}

/// What makes a rule fire. One finding for each thing that matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Written in code: `src/audit/rules/<id>.rs` (with `_` for `-`). Excludes the other keys.
    pub code: bool,
    /// The app requests one of these permissions.
    pub permissions: Vec<Str>,
    /// … and its tier for the declared function is one of these (empty: any).
    pub tiers: Vec<Tier>,
    /// A component is protected by one of these permissions.
    pub component_permissions: Vec<Str>,
    /// A component handles one of these actions.
    pub component_actions: Vec<Str>,
    /// A service has one of these foreground types.
    pub foreground_service_types: Vec<Str>,
    /// Class prefixes of components that never count (libraries that do this by themselves and harmlessly).
    pub except_components: Vec<Str>,
    /// Functions for which this is expected: no finding.
    pub except_functions: Vec<Str>,
}
