//! How much there is of what, and what is missing.

use super::SignatureDb;
use super::inventory::{Reach, mark_kinds, word};
use super::schema::{Gap, Source, Tier};
use serde::Serialize;
use std::collections::BTreeMap;

/// One count of entries by a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Key in JSON.
    #[serde(skip)]
    pub key: &'static str,
    /// Title in Chinese.
    #[serde(skip)]
    pub zh: &'static str,
    /// Title in English.
    #[serde(skip)]
    pub en: &'static str,
    /// How many, by value; sorted by value.
    #[serde(flatten)]
    pub counts: BTreeMap<String, usize>,
}

/// All counts, in the order of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The groups.
    pub groups: Vec<Group>,
}

impl Serialize for Stats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.groups.iter().map(|g| (g.key, g)))
    }
}

impl Stats {
    /// One group.
    #[must_use]
    pub fn group(&self, key: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.key == key)
    }

    fn add<I, S>(&mut self, key: &'static str, zh: &'static str, en: &'static str, values: I)
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for value in values {
            *counts.entry(value.as_ref().to_owned()).or_default() += 1;
        }
        self.groups.push(Group {
            key,
            zh,
            en,
            counts,
        });
    }
}

/// Counts everything.
#[must_use]
pub fn stats(db: &SignatureDb) -> Stats {
    let mut out = Stats::default();
    out.groups.push(totals(db));
    sdks(db, &mut out);
    permissions(db, &mut out);
    law(db, &mut out);
    out
}

fn totals(db: &SignatureDb) -> Group {
    let c = db.counts();
    let counts = [
        ("functions", c.functions),
        ("permissions in the catalogue", c.permissions),
        ("permissions described", c.privacy_permissions),
        ("information kinds", c.information_kinds),
        ("sdk categories", db.data.categories.category.len()),
        ("reasons", db.data.reasons.reason.len()),
        ("sdks", c.sdks),
        ("packers", c.packers),
        ("instruments", c.instruments),
        ("clauses", c.clauses),
        ("rules", c.rules),
    ];
    Group {
        key: "totals",
        zh: "总数",
        en: "Totals",
        counts: counts.map(|(k, n)| (k.to_owned(), n)).into(),
    }
}

fn sdks(db: &SignatureDb, out: &mut Stats) {
    let all = &db.data.sdks;
    let most = || all.iter().filter(|s| s.most_used);
    out.add(
        "sdk_market",
        "SDK：市场",
        "SDKs by market",
        all.iter().map(|s| &s.market),
    );
    out.add(
        "sdk_category",
        "SDK：类别（用途）",
        "SDKs by category (purpose)",
        all.iter().map(|s| &s.category),
    );
    out.add(
        "sdk_country",
        "SDK：运营者所在国家或地区",
        "SDKs by country of the operator",
        all.iter().map(|s| or(&s.country, "unknown")),
    );
    out.add(
        "sdk_grade",
        "SDK：标识可达到的等级",
        "SDKs by the best grade that their marks can reach",
        all.iter().map(|s| Reach::of(&s.identity).name()),
    );
    out.add(
        "sdk_mark_kinds",
        "SDK：具备各类标识的数量",
        "SDKs that have a kind of mark",
        all.iter().flat_map(|s| mark_kinds(&s.identity)),
    );
    out.add(
        "sdk_observed",
        "SDK：标识读自厂商归档文件",
        "SDKs whose identity was read from an archive, by market",
        all.iter()
            .map(|s| format!("{} {}", s.market, yes(s.observed.is_some()))),
    );
    out.add(
        "sdk_collects",
        "SDK：收集的个人信息的依据",
        "SDKs by how it is known what they collect",
        all.iter()
            .map(|s| s.collects.as_ref().map_or("none", |c| c.basis.as_str())),
    );
    out.add(
        "most_used",
        "最常用SDK：市场",
        "Most used SDKs by market",
        most().map(|s| &s.market),
    );
    out.add(
        "most_used_complete",
        "最常用SDK：资料完整",
        "Most used SDKs that are complete",
        most().map(|s| yes(s.gaps().is_empty())),
    );
    out.add(
        "most_used_gaps",
        "最常用SDK：缺少的字段",
        "Most used SDKs by what they lack",
        most()
            .flat_map(|s| s.gaps())
            .map(|(field, gap)| gap_name(field, gap)),
    );
    out.add(
        "most_used_not_found",
        "最常用SDK：查过而公开资料没有的字段",
        "Most used SDKs by what no public source gives",
        most().flat_map(|s| &s.not_found),
    );
    out.add(
        "most_used_mark_kinds",
        "最常用SDK：标识种类数",
        "Most used SDKs by the number of kinds of marks",
        most().map(|s| mark_kinds(&s.identity).len().to_string()),
    );
    out.add(
        "sdk_gaps",
        "全部SDK：缺少的字段",
        "All SDKs by what they lack",
        all.iter()
            .flat_map(|s| s.gaps())
            .map(|(field, gap)| gap_name(field, gap)),
    );
    out.add(
        "sdk_best_source",
        "SDK：标识来源的最高核对程度",
        "SDKs by the best source of their identity",
        all.iter().map(|s| best(&s.source)),
    );
    let lists = all.iter().map(|s| &s.identity).flat_map(|i| i.lists());
    let marks = lists.flat_map(|(key, list)| list.iter().map(move |_| key));
    out.add("marks", "SDK：各类标识的条数", "Marks of all SDKs", marks);
    out.add(
        "source_confidence",
        "来源的核对程度（SDK、加固、功能、权限、法规）",
        "Sources of all files by how far they were checked",
        sources(db).map(|s| word(&s.confidence)),
    );
}

fn permissions(db: &SignatureDb, out: &mut Stats) {
    let all = || db.data.permissions.iter().flat_map(|f| &f.permission);
    let informed = all().filter(|p| !p.information.is_empty());
    out.add(
        "permission_alternative",
        "涉及个人信息的权限：替代方式",
        "Permissions that open information, by the way without them",
        informed.map(|p| match (&p.alternative, &p.no_alternative) {
            (Some(_), _) if p.alternative_since.is_some() => "alternative with its level",
            (Some(_), _) => "alternative",
            (None, Some(_)) => "no alternative",
            (None, None) => "unsaid",
        }),
    );
    out.add(
        "permission_sensitivity",
        "权限：敏感程度",
        "Permissions by sensitivity",
        all().map(|p| {
            p.sensitivity
                .map_or_else(|| "none".to_owned(), |s| word(&s))
        }),
    );
    out.add(
        "permission_kind",
        "权限目录：定义者",
        "Permissions of the catalogue by who defines them",
        db.data.catalogue.permission.iter().map(|p| &p.kind),
    );
    let tiers = db.data.functions.iter().flat_map(|f| {
        let named = f.permission.iter().map(|p| p.tier);
        named.chain(f.not_needed.iter().map(|_| Tier::NotNeeded))
    });
    out.add(
        "function_tiers",
        "功能：权限分级的条数",
        "Permissions of all functions by tier",
        tiers.map(|t| word(&t)),
    );
    let examples = db.data.functions.iter().flat_map(|f| &f.example);
    out.add(
        "function_examples",
        "功能：示例",
        "Examples of functions",
        examples.map(|e| {
            if e.not_needed.is_empty() {
                "fits"
            } else {
                "exceeds"
            }
        }),
    );
}

fn law(db: &SignatureDb, out: &mut Stats) {
    let clauses = || db.data.law.iter().flat_map(|i| &i.clause);
    out.add(
        "law_basis",
        "法规文件：可否作为依据",
        "Instruments that may be a basis",
        db.data.law.iter().map(|i| yes(i.basis)),
    );
    out.add(
        "clause_detectability",
        "条款：APK 能显示的程度",
        "Clauses by what an APK can show",
        clauses().map(|c| &c.detectability),
    );
    out.add(
        "clause_text",
        "条款：文字种类",
        "Clauses by kind of text",
        clauses().map(|c| word(&c.text_kind)),
    );
    out.add(
        "clause_confidence",
        "条款：核对程度",
        "Clauses by how far they were checked",
        clauses().map(|c| word(&c.confidence)),
    );
    out.add(
        "rule_severity",
        "规则：严重程度",
        "Rules by severity",
        db.data.rules.iter().map(|r| word(&r.severity)),
    );
}

fn gap_name(field: &str, gap: Gap) -> String {
    match gap {
        Gap::Value => field.to_owned(),
        Gap::Source => format!("{field} (source)"),
        Gap::Contradiction => format!("{field} (contradiction)"),
    }
}

fn sources(db: &SignatureDb) -> impl Iterator<Item = &Source> {
    let d = &db.data;
    d.sdks
        .iter()
        .flat_map(|x| &x.source)
        .chain(d.packers.iter().flat_map(|x| &x.source))
        .chain(d.functions.iter().flat_map(|x| &x.source))
        .chain(d.permissions.iter().flat_map(|x| &x.source))
        .chain(d.law.iter().flat_map(|x| &x.source))
        .chain(d.store_types.iter().flat_map(|x| &x.source))
        .chain(&d.implied.source)
        .chain(&d.catalogue.source)
        .chain(&d.information.source)
}

/// The surest source of the identity. [`super::schema::Confidence`] is ordered from sure to unsure.
fn best(sources: &[Source]) -> String {
    let of = sources.iter().filter(|s| s.supports("identity"));
    of.map(|s| s.confidence)
        .min()
        .map_or_else(|| "none".to_owned(), |c| word(&c))
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}
