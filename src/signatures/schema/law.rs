//! `law/`: instruments and their clauses.

use super::{Confidence, Source, Text};
use serde::{Deserialize, Serialize};

/// `law/<ID>.toml`: one instrument with its clauses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// `CN-NEC14`.
    pub id: String,
    /// Full title.
    pub title: Text,
    /// Who issued it.
    #[serde(default)]
    pub issuer: String,
    /// Document number.
    #[serde(default)]
    pub number: String,
    /// 法律, `administrative regulation`, `recommended national standard` …
    pub level: Text,
    /// Day of issue, as far as it is known.
    #[serde(default)]
    pub issued: String,
    /// In force from, as far as it is known.
    #[serde(default)]
    pub effective: String,
    /// In force until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repealed: Option<String>,
    /// 现行有效, `in force`, a draft …, in words.
    pub status: Text,
    /// It may be named as a basis of a finding in China: in force, not a draft, not foreign, not a platform's rule.
    pub basis: bool,
    /// Its text may be quoted; otherwise our own summary only.
    pub quotable: bool,
    /// What to know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Its clauses.
    pub clause: Vec<Clause>,
}

/// What kind of Chinese text a clause holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClauseText {
    /// The instrument's wording.
    Quote,
    /// The instrument's items joined into one line.
    QuoteReflowed,
    /// Our summary.
    Summary,
    /// Only the title is known.
    Title,
    /// None.
    None,
}

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `CN-NEC14-5.6`.
    pub id: String,
    /// Number as it is cited: `第五条第（六）项`.
    pub number: String,
    /// Text or summary in Chinese, and our English summary.
    pub text: Text,
    /// What the Chinese text is.
    pub text_kind: ClauseText,
    /// How far the wording was checked.
    pub confidence: Confidence,
    /// What an APK can show: `full`, `partial`, `none`.
    pub detectability: String,
    /// Signals that speak about it: `S-BGLOC`, with ` excuse` behind where the signal's absence is the lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
    /// How static analysis can approach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Text>,
    /// What the method cannot show of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Text>,
    /// What else is required: `dynamic`, `policy_text`, `app type`, `server` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What may look like a breach and is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub false_positives: Vec<String>,
    /// Clauses of other instruments that say the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
}
