//! What the tables hold: every column, in order. `docs/tables.md` says what each means.

use super::columns::{Column, Get};
use crate::engine::batch::outcome::{AppName, Listed, Outcome, Row};
use crate::report::rows::{FindingRow, PermissionRow, Rows, SdkRow};
use crate::report::words::{Prose, enum_key};
use std::borrow::Cow;

/// One line for each input, whatever became of it.
pub(super) fn apps() -> Vec<Column<()>> {
    vec![
        Column::new("number", Get::Count(|row, ()| count(row.number))),
        Column::new("input", Get::Word(|row, ()| (&row.outcome.input).into())),
        Column::new(
            "status",
            Get::Word(|row, ()| row.outcome.status.word().into()),
        ),
        Column::new("size", Get::Count(|row, ()| count(row.outcome.size))),
        Column::new("sha256", Get::Text(|row, ()| filled(&row.outcome.sha256))),
        Column::new("same_as", Get::Text(|row, ()| maybe(&row.outcome.same_as))),
        Column::new(
            "package",
            Get::Text(|row, ()| app(row, |app| app.package.as_str())),
        ),
        Column::new(
            "label",
            Get::Text(|row, ()| app(row, |app| app.label.as_str())),
        ),
        Column::new(
            "version",
            Get::Text(|row, ()| app(row, |app| app.version.as_str())),
        ),
        // PackageInfo.composeLongVersionCode makes a signed number of it.
        Column::new(
            "version_code",
            Get::Number(|row, ()| {
                let app = row.outcome.app.as_ref()?;
                app.version_code.map(u64::cast_signed)
            }),
        ),
        Column::new(
            "min_sdk",
            Get::Number(|row, ()| row.rows.map(|rows| rows.min_sdk.into())),
        ),
        Column::new(
            "target_sdk",
            Get::Number(|row, ()| row.rows.map(|rows| rows.target_sdk.into())),
        ),
        Column::new(
            "complete",
            Get::Flag(|row, ()| row.rows.map(|rows| rows.complete)),
        ),
        Column::new("reasons", Get::List(|row, ()| list(&row.outcome.reasons))),
        Column::new("obstacles", Get::List(|row, ()| list(&row.rows?.obstacles))),
        Column::new("killer", Get::Text(|row, ()| maybe(&row.outcome.killer))),
        Column::new(
            "listed_line",
            Get::Number(|row, ()| Some(count(row.outcome.listed.as_ref()?.line))),
        ),
        Column::new(
            "listed_name",
            Get::Text(|row, ()| listed(row, |listed| &listed.name)),
        ),
        Column::new(
            "listed_developer",
            Get::Text(|row, ()| listed(row, |listed| &listed.developer)),
        ),
        Column::new(
            "listed_store",
            Get::Text(|row, ()| listed(row, |listed| &listed.store)),
        ),
        Column::new(
            "listed_version",
            Get::Text(|row, ()| listed(row, |listed| &listed.version)),
        ),
        Column::new(
            "catalogue_trouble",
            Get::Text(|row, ()| maybe(&row.outcome.catalogue_trouble)),
        ),
        Column::new(
            "functions",
            Get::List(|row, ()| list(&row.outcome.functions)),
        ),
        Column::new(
            "edition",
            Get::Word(|row, ()| enum_key(&row.outcome.edition).into()),
        ),
        Column::new(
            "permissions",
            Get::Number(|row, ()| row.rows.map(|rows| length(&rows.permissions))),
        ),
        Column::new(
            "sdks",
            Get::Number(|row, ()| row.rows.map(|rows| length(&rows.sdks))),
        ),
        Column::new("high", Get::Number(|row, ()| found(row.outcome, "high"))),
        Column::new(
            "medium",
            Get::Number(|row, ()| found(row.outcome, "medium")),
        ),
        Column::new("low", Get::Number(|row, ()| found(row.outcome, "low"))),
        Column::new("info", Get::Number(|row, ()| found(row.outcome, "info"))),
        Column::new(
            "rules",
            Get::List(|row, ()| {
                let judged = row.outcome.status.is_judged();
                judged.then(|| list(&row.outcome.rules)).flatten()
            }),
        ),
        Column::new("report", Get::Text(|row, ()| maybe(&row.outcome.report))),
        Column::new(
            "report_sha256",
            Get::Text(|row, ()| maybe(&row.outcome.report_sha256)),
        ),
        Column::new("facts", Get::Text(|row, ()| maybe(&row.outcome.facts))),
    ]
}

/// One line for each permission of each app.
pub(super) fn permissions() -> Vec<Column<PermissionRow>> {
    let mut columns = whose();
    columns.extend([
        Column::new("name", Get::Word(|_, it: &PermissionRow| (&it.name).into())),
        Column::new("title_zh", Get::Text(|_, it| zh(&it.title))),
        Column::new("title_en", Get::Text(|_, it| en(&it.title))),
        Column::new("origin", Get::Word(|_, it| (&it.origin).into())),
        // `group` alone is a reserved word of SQL.
        Column::new("permission_group", Get::Text(|_, it| filled(&it.group))),
        Column::new("protection", Get::Text(|_, it| filled(&it.protection))),
        Column::new("tier", Get::Word(|_, it| enum_key(&it.tier).into())),
        Column::new("verdict", Get::Word(|_, it| enum_key(&it.verdict).into())),
        Column::new("use", Get::Word(|_, it| enum_key(&it.usage).into())),
        Column::new("owners", Get::List(|_, it| list(&it.owners))),
        Column::new("only_through", Get::Text(|_, it| filled(&it.only_through))),
    ]);
    columns
}

/// One line for each SDK of each app.
pub(super) fn sdks() -> Vec<Column<SdkRow>> {
    let mut columns = whose();
    columns.extend([
        Column::new("id", Get::Word(|_, it: &SdkRow| (&it.id).into())),
        Column::new("name_zh", Get::Text(|_, it| zh(&it.name))),
        Column::new("name_en", Get::Text(|_, it| en(&it.name))),
        Column::new("vendor_zh", Get::Text(|_, it| zh(&it.vendor))),
        Column::new("vendor_en", Get::Text(|_, it| en(&it.vendor))),
        Column::new("country", Get::Text(|_, it| filled(&it.country))),
        Column::new(
            "purpose_zh",
            Get::List(|_, it| Some(it.purpose.iter().map(|p| p.zh.as_deref()).collect())),
        ),
        Column::new(
            "purpose_en",
            Get::List(|_, it| Some(it.purpose.iter().map(|p| p.en.as_deref()).collect())),
        ),
        Column::new("grade", Get::Word(|_, it| enum_key(&it.grade).into())),
        Column::new(
            "stage",
            Get::Text(|_, it| it.stage.map(|stage| enum_key(&stage).into())),
        ),
    ]);
    columns
}

/// One line for each finding of each app.
pub(super) fn findings() -> Vec<Column<FindingRow>> {
    let mut columns = whose();
    columns.extend([
        Column::new("id", Get::Word(|_, it: &FindingRow| (&it.id).into())),
        Column::new("rule", Get::Word(|_, it| (&it.rule).into())),
        Column::new("severity", Get::Word(|_, it| enum_key(&it.severity).into())),
        Column::new(
            "confidence",
            Get::Word(|_, it| enum_key(&it.confidence).into()),
        ),
        Column::new("title_zh", Get::Text(|_, it| zh(&it.title))),
        Column::new("title_en", Get::Text(|_, it| en(&it.title))),
        Column::new("message_zh", Get::Text(|_, it| zh(&it.message))),
        Column::new("message_en", Get::Text(|_, it| en(&it.message))),
        Column::new("subject", Get::Word(|_, it| (&it.subject).into())),
        Column::new("clauses", Get::List(|_, it| list(&it.clauses))),
        Column::new("evidence", Get::Count(|_, it| it.evidence.into())),
    ]);
    columns
}

/// Which app a line belongs to: the first columns of every table but `apps`.
fn whose<I>() -> Vec<Column<I>> {
    vec![
        Column::new("number", Get::Count(|row, _| count(row.number))),
        Column::new("sha256", Get::Text(|row, _| filled(&row.outcome.sha256))),
        Column::new(
            "package",
            Get::Text(|row, _| app(row, |app| app.package.as_str())),
        ),
    ]
}

/// A text, or nothing where there is none.
fn filled(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

fn maybe(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn zh(prose: &Prose) -> Option<Cow<'_, str>> {
    maybe(&prose.zh)
}

fn en(prose: &Prose) -> Option<Cow<'_, str>> {
    maybe(&prose.en)
}

fn app<'r>(row: &'r Row<'r>, of: fn(&'r AppName) -> &'r str) -> Option<Cow<'r, str>> {
    row.outcome.app.as_ref().map(of).and_then(filled)
}

fn listed<'r>(row: &'r Row<'r>, of: fn(&'r Listed) -> &'r String) -> Option<Cow<'r, str>> {
    let text = row.outcome.listed.as_ref().map(of)?;
    filled(text)
}

fn list(texts: &[String]) -> Option<Vec<Option<&str>>> {
    Some(texts.iter().map(|text| Some(text.as_str())).collect())
}

/// Nobody counts so far; the format's numbers have a sign because Spark reads others as decimals.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn length<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// How many findings of a severity there are. Nothing, not 0, where nothing was judged.
fn found(outcome: &Outcome, severity: &str) -> Option<i64> {
    let found = outcome.findings.get(severity).copied().unwrap_or_default();
    outcome.status.is_judged().then(|| found.into())
}

/// What the lines of a table other than `apps` are made from.
pub(super) fn items<'r, I>(row: &Row<'r>, of: fn(&'r Rows) -> &'r [I]) -> &'r [I] {
    row.rows.map(of).unwrap_or_default()
}
