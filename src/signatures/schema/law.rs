//! `law/`: instruments and their clauses.

use super::{Confidence, Source, Str, Text};
use serde::{Deserialize, Serialize};

/// `law/<ID>.toml`: one instrument with its clauses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// `CN-NEC14`.
    pub id: Str,
    /// Full title.
    pub title: Text,
    /// Who issued it.
    #[serde(default)]
    pub issuer: Str,
    /// Document number.
    #[serde(default)]
    pub number: Str,
    /// 法律, `administrative regulation`, `recommended national standard` …
    pub level: Text,
    /// Day of issue, as far as it is known.
    #[serde(default)]
    pub issued: Str,
    /// In force from, as far as it is known.
    #[serde(default)]
    pub effective: Str,
    /// In force until.
    #[serde(default)]
    pub repealed: Option<Str>,
    /// 现行有效, `in force`, a draft …, in words.
    pub status: Text,
    /// It may be named as a basis of a finding in China: in force, not a draft, not foreign, not a platform's rule.
    pub basis: bool,
    /// Its text may be quoted; otherwise our own summary only.
    pub quotable: bool,
    /// What to know about it.
    #[serde(default)]
    pub note: Option<Str>,
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
    pub id: Str,
    /// Number as it is cited: `第五条第（六）项`.
    pub number: Str,
    /// Text or summary in Chinese, and our English summary.
    pub text: Text,
    /// What the Chinese text is.
    pub text_kind: ClauseText,
    /// How far the wording was checked.
    pub confidence: Confidence,
    /// What an APK can show: `full`, `partial`, `none`.
    pub detectability: Str,
    /// Signals that speak about it: `S-BGLOC`, with ` excuse` behind where the signal's absence is the lead.
    #[serde(default)]
    pub signals: Vec<Str>,
    /// How static analysis can approach it.
    #[serde(default)]
    pub how: Option<Text>,
    /// What the method cannot show of it.
    #[serde(default)]
    pub outside: Option<Text>,
    /// What else is required: `dynamic`, `policy_text`, `app type`, `server` …
    #[serde(default)]
    pub needs: Vec<Str>,
    /// What may look like a breach and is none.
    #[serde(default)]
    pub false_positives: Vec<Str>,
    /// Clauses of other instruments that say the same.
    #[serde(default)]
    pub related: Vec<Str>,
}
