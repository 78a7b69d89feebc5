//! Every entry of the data in one line: `db list`, and the snapshot that shows a change in review.

use super::SignatureDb;
use super::check::can_match;
use super::schema::{Identity, Sdk, Text};
use serde::Serialize;

/// What an entry is; the names are those of `db list KIND`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A category of SDKs.
    Category,
    /// A clause of an instrument.
    Clause,
    /// A declared function.
    Function,
    /// A kind of personal information.
    Information,
    /// An instrument.
    Law,
    /// A packer.
    Packer,
    /// A permission whose information is described.
    Permission,
    /// A reason for a tier.
    Reason,
    /// A rule.
    Rule,
    /// An SDK.
    Sdk,
}

impl EntryKind {
    /// All kinds, in the order of the list.
    pub const ALL: [EntryKind; 10] = [
        EntryKind::Category,
        EntryKind::Clause,
        EntryKind::Function,
        EntryKind::Information,
        EntryKind::Law,
        EntryKind::Packer,
        EntryKind::Permission,
        EntryKind::Reason,
        EntryKind::Rule,
        EntryKind::Sdk,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Category => "category",
            EntryKind::Clause => "clause",
            EntryKind::Function => "function",
            EntryKind::Information => "information",
            EntryKind::Law => "law",
            EntryKind::Packer => "packer",
            EntryKind::Permission => "permission",
            EntryKind::Reason => "reason",
            EntryKind::Rule => "rule",
            EntryKind::Sdk => "sdk",
        }
    }
}

/// How surely the marks of an entry can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// One of its marks is enough.
    Strong,
    /// It takes two.
    Weak,
    /// They are never enough.
    None,
}

impl Reach {
    /// Of a list of marks.
    #[must_use]
    pub fn of(identity: &Identity) -> Reach {
        let strong = [
            &identity.packages,
            &identity.components,
            &identity.native,
            &identity.assets,
        ];
        if strong.iter().any(|l| !l.is_empty()) {
            Reach::Strong
        } else if can_match(identity) {
            Reach::Weak
        } else {
            Reach::None
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reach::Strong => "strong",
            Reach::Weak => "weak",
            Reach::None => "none",
        }
    }
}

/// Kinds of marks that an identity has, whether strong or weak.
#[must_use]
pub fn mark_kinds(i: &Identity) -> Vec<&'static str> {
    let kinds = [
        ("package", [&i.packages, &i.weak_packages]),
        ("component", [&i.components, &i.components]),
        ("native", [&i.native, &i.weak_native]),
        ("asset", [&i.assets, &i.assets]),
        ("meta-data", [&i.meta_data, &i.weak_meta_data]),
        ("action", [&i.actions, &i.actions]),
        ("host", [&i.hosts, &i.hosts]),
    ];
    let there = kinds
        .into_iter()
        .filter(|(_, lists)| lists.iter().any(|l| !l.is_empty()));
    there.map(|(kind, _)| kind).collect()
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// What it is.
    pub kind: EntryKind,
    /// Its id or name.
    pub id: String,
    /// Name in both languages.
    pub name: String,
    /// `cn` or `global`, of an SDK.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub market: String,
    /// Category of an SDK.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// What else there is to say, `marks=package,host`.
    pub notes: Vec<String>,
}

impl Line {
    /// In one line, its parts between ` | `.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = vec![self.kind.name(), &self.id, &self.name];
        let more = [&self.market, &self.category];
        parts.extend(
            more.into_iter()
                .filter(|p| !p.is_empty())
                .map(String::as_str),
        );
        parts.extend(self.notes.iter().map(String::as_str));
        parts.join(" | ")
    }
}

/// All entries, sorted by kind and id.
#[must_use]
pub fn list(db: &SignatureDb) -> Vec<Line> {
    let d = &db.data;
    let mut out: Vec<Line> = d.sdks.iter().map(sdk).collect();
    for (id, text) in &d.categories.category {
        out.push(line(EntryKind::Category, id, name(text), Vec::new()));
    }
    for i in &d.law {
        let notes = vec![
            format!("clauses={}", i.clause.len()),
            format!("basis={}", yes(i.basis)),
            format!("quotable={}", yes(i.quotable)),
        ];
        out.push(line(EntryKind::Law, &i.id, name(&i.title), notes));
        for c in &i.clause {
            let notes = vec![
                format!("text={}", word(&c.text_kind)),
                format!("confidence={}", word(&c.confidence)),
                format!("detectability={}", c.detectability),
            ];
            out.push(line(EntryKind::Clause, &c.id, c.number.to_string(), notes));
        }
    }
    for f in &d.functions {
        let notes = vec![
            format!("number={}", f.number),
            format!("permissions={}", f.permission.len()),
            format!("not_needed={}", f.not_needed.len()),
            format!("examples={}", f.example.len()),
        ];
        out.push(line(EntryKind::Function, &f.id, name(&f.name), notes));
    }
    for (id, k) in &d.information.kind {
        let notes = vec![format!("sensitive={}", yes(k.sensitive))];
        let text = format!("{} / {}", k.zh, k.en);
        out.push(line(EntryKind::Information, id, text, notes));
    }
    for p in &d.packers {
        let notes = marks(&p.identity);
        out.push(line(EntryKind::Packer, &p.id, name(&p.name), notes));
    }
    for p in d.permissions.iter().flat_map(|f| &f.permission) {
        let other = match (&p.alternative, &p.no_alternative) {
            (Some(_), _) => "yes",
            (None, Some(_)) => "none",
            (None, None) => "unsaid",
        };
        let notes = vec![
            format!("information={}", p.information.join(",")),
            format!(
                "sensitivity={}",
                p.sensitivity.map_or_else(String::new, |s| word(&s))
            ),
            format!("alternative={other}"),
        ];
        out.push(line(EntryKind::Permission, &p.name, name(&p.title), notes));
    }
    for (id, r) in &d.reasons.reason {
        let notes = vec![format!("alternative={}", yes(r.alternative.is_some()))];
        let text = format!("{} / {}", r.zh, r.en);
        out.push(line(EntryKind::Reason, id, text, notes));
    }
    for r in &d.rules {
        let notes = vec![
            format!("severity={}", word(&r.severity)),
            format!("confidence={}", word(&r.confidence)),
            format!("code={}", yes(r.when.code)),
        ];
        out.push(line(EntryKind::Rule, &r.id, name(&r.title), notes));
    }
    out.sort();
    out
}

fn sdk(s: &Sdk) -> Line {
    let mut notes = marks(&s.identity);
    notes.push(format!("observed={}", yes(s.observed.is_some())));
    notes.push(format!("complete={}", yes(s.gaps().is_empty())));
    if s.most_used {
        notes.push("most-used".to_owned());
    }
    Line {
        market: s.market.to_string(),
        category: s.category.to_string(),
        ..line(EntryKind::Sdk, &s.id, name(&s.name), notes)
    }
}

fn marks(identity: &Identity) -> Vec<String> {
    vec![
        format!("marks={}", mark_kinds(identity).join(",")),
        format!("grade={}", Reach::of(identity).name()),
    ]
}

fn line(kind: EntryKind, id: &str, name: String, notes: Vec<String>) -> Line {
    Line {
        kind,
        id: id.to_owned(),
        name,
        market: String::new(),
        category: String::new(),
        notes,
    }
}

fn name(text: &Text) -> String {
    if text.zh == text.en {
        text.en.to_string()
    } else {
        format!("{} / {}", text.zh, text.en)
    }
}

fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}

/// The word by which a value stands in the data files.
pub(super) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}
