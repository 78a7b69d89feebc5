//! Whether the signatures are right: in the record, and as lines of text.

use super::words::{Language, Languages, Prose, enum_key, word};
use crate::facts::{Certificate, Issue, SigningFact, Verification};
use crate::signatures::schema::Text;
use serde::{Deserialize, Serialize};

/// What verifying the signatures of one APK gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signing {
    /// APK.
    pub file: String,
    /// `verified`, `failed`, `not_checked`, or `unsigned`: for all levels together.
    pub outcome: String,
    /// The scheme that counts at each API level.
    pub levels: Vec<SigningLevel>,
    /// The schemes that are there, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<SigningScheme>,
    /// What is wrong beyond one scheme.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Problem>,
    /// The source stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// What the signatures leave open or do weakly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weaknesses: Vec<Weak>,
}

/// Which scheme counts at a range of API levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningLevel {
    /// First API level.
    pub min_sdk: u32,
    /// Last API level; absent for all that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sdk: Option<u32>,
    /// `v1`, `v2`, `v3`, `v3.1`; absent where Android finds no signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// `verified`, `failed`, `not_checked`.
    pub outcome: String,
}

/// One scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningScheme {
    /// `v1`, `v2`, `v3`, `v3.1`, `v4`.
    pub scheme: String,
    /// `verified`, `failed`, `not_checked`.
    pub outcome: String,
    /// Why it was not checked: `not_used`, `limit`, `unsupported`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Algorithms of the signatures, as Java calls them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<String>,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Problem>,
    /// What is odd and does not matter to Android.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// apksig's name for it.
    pub name: String,
    /// What it is about, in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A source stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// `verified`, `failed`, `not_checked`.
    pub outcome: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Problem>,
    /// SHA-256 of the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_sha256: Option<String>,
    /// Owner of the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it was stamped, in seconds of Unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
}

/// A weakness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weak {
    /// `debug-certificate`, `weak-key`, `weak-digest`, `janus-attack`, `janus-possible`, `v1-only`,
    /// `unsigned-entries`, `unsigned-blocks`.
    pub kind: String,
    /// What it means.
    pub title: Prose,
    /// Where and how much.
    pub detail: String,
}

/// The record of one APK.
pub(super) fn build(fact: &SigningFact, languages: Languages) -> Signing {
    let found = &fact.verification;
    let problems = |issues: &[Issue]| -> Vec<Problem> {
        let problem = |issue: &Issue| Problem {
            name: issue.name.clone().into_owned(),
            detail: issue.detail.clone(),
        };
        issues.iter().map(problem).collect()
    };
    let sha256 = |certificate: &Certificate| certificate.sha256.clone();
    Signing {
        file: fact.file.clone(),
        outcome: outcome(found),
        levels: found
            .levels
            .iter()
            .map(|level| SigningLevel {
                min_sdk: level.min_sdk,
                max_sdk: level.max_sdk,
                scheme: level.scheme.map(|scheme| scheme.name().to_owned()),
                outcome: enum_key(&level.outcome),
            })
            .collect(),
        schemes: found
            .schemes
            .iter()
            .map(|check| SigningScheme {
                scheme: check.scheme.name().to_owned(),
                outcome: enum_key(&check.outcome),
                reason: check.reason.as_ref().map(enum_key),
                algorithms: check.algorithms.clone(),
                issues: problems(&check.issues),
                warnings: problems(&check.warnings),
            })
            .collect(),
        issues: problems(&found.issues),
        stamp: found.stamp.as_ref().map(|stamp| Stamp {
            outcome: enum_key(&stamp.outcome),
            issues: problems(&stamp.issues),
            certificate_sha256: stamp.certificate.as_ref().map(sha256),
            subject: stamp.certificate.as_ref().and_then(|c| c.subject.clone()),
            time: stamp.time,
        }),
        weaknesses: found
            .weaknesses
            .iter()
            .map(|weakness| {
                let kind = enum_key(&weakness.kind);
                let text = |language| word(&kind, language).to_owned().into();
                let title = Text {
                    zh: text(Language::Zh),
                    en: text(Language::En),
                };
                Weak {
                    title: languages.prose(&title),
                    detail: weakness.detail.clone(),
                    kind,
                }
            })
            .collect(),
    }
}

fn outcome(found: &Verification) -> String {
    if found.unsigned() {
        "unsigned".to_owned()
    } else {
        enum_key(&found.outcome)
    }
}

/// Lines of text: what is said, the files that it is said of, and what it is called in both languages.
pub(super) fn lines(
    signing: &[Signing],
    language: Language,
) -> Vec<(&'static str, &'static str, String)> {
    let mut found: Vec<(&'static str, &'static str, String, Vec<&str>)> = Vec::new();
    for apk in signing {
        let mut said = vec![("验签结果", "signatures", verdict(apk, language))];
        if let Some(stamp) = &apk.stamp {
            let names = names(&stamp.issues);
            let subject = stamp.subject.clone().unwrap_or_default();
            let parts = [word(&stamp.outcome, language), &names, &subject];
            said.push(("来源标记", "source stamp", joined(&parts)));
        }
        for weakness in &apk.weaknesses {
            let title = weakness.title.get(language);
            let line = joined(&[title, &weakness.detail]);
            said.push(("签名风险", "weakness of the signature", line));
        }
        for (zh, en, line) in said {
            match found
                .iter_mut()
                .find(|(_, label, text, _)| *label == en && *text == line)
            {
                Some((.., files)) => files.push(&apk.file),
                None => found.push((zh, en, line, vec![&apk.file])),
            }
        }
    }
    found
        .into_iter()
        .map(|(zh, en, line, files)| {
            // What holds for every file needs no names.
            let line = if files.len() == signing.len() {
                line
            } else {
                joined(&[&line, &files.join(", ")])
            };
            (zh, en, line)
        })
        .collect()
}

/// The outcome, the scheme at each level, and the names of what is wrong.
fn verdict(apk: &Signing, language: Language) -> String {
    let mut parts = vec![word(&apk.outcome, language).to_owned()];
    if apk.outcome != "unsigned" {
        for level in &apk.levels {
            let scheme = level
                .scheme
                .as_deref()
                .unwrap_or(word("none_signed", language));
            let range = match level.max_sdk {
                Some(last) if last == level.min_sdk => format!("API {last} {scheme}"),
                Some(last) => format!("API {}-{last} {scheme}", level.min_sdk),
                None => format!("API {}+ {scheme}", level.min_sdk),
            };
            parts.push(if level.outcome == "verified" || level.scheme.is_none() {
                range
            } else {
                format!("{range} {}", word(&level.outcome, language))
            });
        }
    }
    for scheme in &apk.schemes {
        if !scheme.issues.is_empty() {
            parts.push(format!("{} {}", scheme.scheme, names(&scheme.issues)));
        } else if let Some(reason) = scheme
            .reason
            .as_deref()
            .filter(|reason| *reason != "not_used")
        {
            parts.push(format!("{} {}", scheme.scheme, word(reason, language)));
        } else if scheme.scheme == "v4" {
            parts.push(format!("v4 {}", word(&scheme.outcome, language)));
        }
    }
    parts.push(names(&apk.issues));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    joined(&parts)
}

/// The names of what is wrong, each once.
fn names(issues: &[Problem]) -> String {
    let mut names: Vec<&str> = issues.iter().map(|issue| issue.name.as_str()).collect();
    names.dedup();
    names.join(", ")
}

fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" · ")
}

/// How the scheme that a signer signed with turned out, for the line that names the signer.
pub(super) fn of_signer<'s>(signing: &'s [Signing], file: &str, scheme: &str) -> Option<&'s str> {
    let apk = signing.iter().find(|apk| apk.file == file)?;
    let scheme = apk.schemes.iter().find(|found| found.scheme == scheme)?;
    let unused = scheme.reason.as_deref() == Some("not_used");
    Some(if unused { "not_used" } else { &scheme.outcome })
}
