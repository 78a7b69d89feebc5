//! `permscope.toml`: what a developer declares about an app, and which leads are accepted, by whom, why, until when.
//!
//! What is accepted stays in the report, marked; it only does not fail the build. Nothing is accepted without a reason.

use crate::audit::Edition;
use crate::report::v1::{Accepted, AcceptedBy, Report};
use crate::signatures::schema::Severity;
use serde::Deserialize;
use std::fmt;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// What the app is for.
    pub app: App,
    /// Lowest severity that makes the exit code 1; `never` for none.
    pub fail_on: Option<FailOn>,
    /// Permissions that are justified.
    #[serde(rename = "permission")]
    pub permissions: Vec<Justified>,
    /// SDKs that are accepted.
    #[serde(rename = "sdk")]
    pub sdks: Vec<Justified>,
    /// Findings that are accepted.
    #[serde(rename = "finding")]
    pub findings: Vec<Justified>,
}

/// What the app is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct App {
    /// The declared functions: id, Chinese or English name; several are a union.
    pub functions: Vec<String>,
    /// Whom the app serves.
    pub edition: Option<Edition>,
}

/// From which severity on findings fail a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// All.
    Info,
    /// Low and above.
    Low,
    /// Medium and above.
    Medium,
    /// High only.
    High,
    /// None.
    Never,
}

/// Something that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Justified {
    /// A permission's full name, an SDK's id, a finding's id.
    #[serde(alias = "name")]
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day on which it holds, `2027-06-30`; without it, until it is taken out. Findings need one.
    #[serde(default)]
    pub until: Option<Day>,
}

/// A day of the calendar, `2027-06-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Reads `2027-06-30`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next()?;
            let is_plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            is_plain.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        if parts.next().is_some() {
            return None;
        }
        Self::new(year, month, day)
    }

    fn new(year: u16, month: u16, day: u16) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=last).contains(&day) {
            return None;
        }
        Some(Self {
            year,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
        })
    }

    /// The day of a time in seconds since 1970 began, in UTC: Howard Hinnant's `civil_from_days`.
    pub fn of_seconds(seconds: u64) -> Option<Self> {
        let days = seconds.checked_div(86_400)?.checked_add(719_468)?;
        let (era, of_era) = (days.checked_div(146_097)?, days.checked_rem(146_097)?);
        let years = of_era
            .checked_sub(of_era / 1_460)?
            .checked_add(of_era / 36_524)?
            .checked_sub(of_era / 146_096)?
            / 365;
        let before = years
            .checked_mul(365)?
            .checked_add(years / 4)?
            .checked_sub(years / 100)?;
        let of_year = of_era.checked_sub(before)?;
        let month = of_year.checked_mul(5)?.checked_add(2)? / 153;
        let begun = month.checked_mul(153)?.checked_add(2)? / 5;
        let day = of_year.checked_sub(begun)?.checked_add(1)?;
        let month = if month < 10 {
            month.checked_add(3)?
        } else {
            month.checked_sub(9)?
        };
        let year = era
            .checked_mul(400)?
            .checked_add(years)?
            .checked_add(u64::from(month <= 2))?;
        let small = |number: u64| u16::try_from(number).ok();
        Self::new(small(year)?, small(month)?, small(day)?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl TryFrom<toml::Value> for Day {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(date) => date.to_string(),
            other => other.to_string(),
        };
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no day such as 2027-06-30"))
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// A key that is not known, a wrong value, an empty reason or owner: in words, with line and column.
    pub fn read(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        for (kind, list) in [
            ("permission", &config.permissions),
            ("sdk", &config.sdks),
            ("finding", &config.findings),
        ] {
            for entry in list {
                let id = &entry.id;
                if entry.reason.trim().is_empty() || entry.owner.trim().is_empty() {
                    return Err(format!("[[{kind}]] {id}: a reason and an owner are needed"));
                }
                if kind == "finding" && entry.until.is_none() {
                    return Err(format!(
                        "[[finding]] {id}: `until` is needed, a day such as 2027-06-30"
                    ));
                }
                let is_double = list.iter().filter(|other| other.id == *id).count() > 1;
                if is_double {
                    return Err(format!("[[{kind}]] {id}: stands there twice"));
                }
            }
        }
        Ok(config)
    }

    /// Marks what is accepted on a day. Says which entries have no effect: they are over, or fit nothing in the report.
    pub fn accept(&self, report: &mut Report, today: Day) -> Vec<String> {
        let mut idle = Vec::new();
        for (by, list) in [
            (AcceptedBy::Permission, &self.permissions),
            (AcceptedBy::Sdk, &self.sdks),
            (AcceptedBy::Finding, &self.findings),
        ] {
            for entry in list {
                if let Some(until) = entry.until.filter(|until| *until < today) {
                    idle.push(format!("{}: accepted until {until} only", entry.id));
                    continue;
                }
                let mut any = match by {
                    AcceptedBy::Permission => report.permissions.iter().any(|p| p.name == entry.id),
                    AcceptedBy::Sdk => report.sdks.iter().any(|s| s.id == entry.id),
                    _ => false,
                };
                for finding in &mut report.findings {
                    let of_it = match by {
                        AcceptedBy::Finding => &finding.id,
                        _ => &finding.subject,
                    };
                    if *of_it != entry.id {
                        continue;
                    }
                    any = true;
                    finding.accepted.get_or_insert_with(|| Accepted {
                        by,
                        reason: entry.reason.clone(),
                        owner: entry.owner.clone(),
                        until: entry.until.map(|day| day.to_string()),
                    });
                }
                if !any {
                    idle.push(format!("{}: nothing in this app", entry.id));
                }
            }
        }
        idle
    }
}

/// Marks the findings that an earlier report has as well.
pub fn accept_baseline(report: &mut Report, baseline: &Report) {
    for finding in &mut report.findings {
        let is_there = baseline.findings.iter().any(|old| old.id == finding.id);
        if is_there && finding.accepted.is_none() {
            finding.accepted = Some(Accepted {
                by: AcceptedBy::Baseline,
                reason: String::new(),
                owner: String::new(),
                until: None,
            });
        }
    }
}

/// Whether a report has something that fails a build.
pub fn fails(report: &Report, least: Option<Severity>) -> bool {
    let counts = |severity| least.is_some_and(|least| severity >= least);
    report
        .findings
        .iter()
        .any(|finding| finding.accepted.is_none() && counts(finding.severity))
}

/// A first `permscope.toml` for an app: valid as it is, with everything that has to be decided as a comment.
pub fn draft(report: &Report) -> String {
    use crate::report::Language::{En, Zh};
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut out = String::from(
        "# 应用隐私检测配置（permscope）。键名写错会报错；删去行首的 # 号即生效。\n\
         # What this app is for, and which leads are accepted, by whom, why, until when.\n\n[app]\n",
    );
    let declared: Vec<String> = report
        .function
        .declared
        .iter()
        .map(|f| quoted(&f.id))
        .collect();
    out.push_str("# 所声明的功能 · declared functions: permscope explain\n");
    if declared.is_empty() {
        let suggestions = report.function.suggestions.iter().map(|s| quoted(&s.id));
        let suggested: Vec<String> = suggestions.collect();
        out.push_str(&format!("# functions = [{}]\n", suggested.join(", ")));
    } else {
        out.push_str(&format!("functions = [{}]\n", declared.join(", ")));
    }
    out.push_str("# 消费者端 consumer，服务供给端 supply\n");
    let edition = match report.function.edition {
        Edition::Consumer => "consumer",
        Edition::Supply => "supply",
    };
    out.push_str(&format!("edition = \"{edition}\"\n\n"));
    // Top-level keys would belong to [app] here, so the choice stands in a comment that says where.
    let mut subjects: Vec<(&str, &str)> = Vec::new();
    for finding in &report.findings {
        let kind = if report.permissions.iter().any(|p| p.name == finding.subject) {
            "permission"
        } else if report.sdks.iter().any(|s| s.id == finding.subject) {
            "sdk"
        } else {
            continue;
        };
        if !subjects.contains(&(kind, &finding.subject)) {
            subjects.push((kind, &finding.subject));
        }
    }
    for (kind, subject) in subjects {
        for finding in report.findings.iter().filter(|f| f.subject == subject) {
            let title = crate::report::plain::printable(finding.title.get(Zh));
            let english = crate::report::plain::printable(finding.title.get(En));
            out.push_str(&format!(
                "# {title} · {english} [{}]\n",
                finding.severity.word()
            ));
        }
        let key = match kind {
            "permission" => "name",
            _ => "id",
        };
        out.push_str(&format!(
            "# [[{kind}]]\n# {key} = {}\n# reason = \"\"\n# owner = \"\"\n\n",
            quoted(subject)
        ));
    }
    for finding in &report.findings {
        let has_subject = report.permissions.iter().any(|p| p.name == finding.subject)
            || report.sdks.iter().any(|s| s.id == finding.subject);
        if has_subject {
            continue;
        }
        let title = crate::report::plain::printable(finding.title.get(Zh));
        let english = crate::report::plain::printable(finding.title.get(En));
        out.push_str(&format!(
            "# {title} · {english} [{}]\n# [[finding]]\n# id = {}\n# reason = \"\"\n# owner = \"\"\n# until = \"\"\n\n",
            finding.severity.word(),
            quoted(&finding.id)
        ));
    }
    out
}
