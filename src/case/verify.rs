//! Checks a case: signature, digests, and every finding in the app itself.

use super::app::{self, App};
use super::digests::{self, Digests};
use super::key::PublicKey;
use super::look::look;
use super::note::{Kind, Note};
use super::record::{Record, Role, SCHEMA};
use super::statement::Statement;
use super::{
    Asked, CaseError, Files, HASHES, OUTSIDE, RECORD, REPLY, REPORT, REQUEST, SIGNATURE, STATEMENT,
    compare, json, stamp,
};
use crate::audit::Evidence;
use crate::detect::Detector;
use crate::engine::Source;
use crate::limits::Limits;
use crate::report::Languages;
use crate::report::v1::{self, Report};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Fields of evidence that are listed as different; a report that was made up can have any number.
const LISTED: usize = 1_000;

/// What the files of a case say, where they can be read.
#[derive(Clone, Debug)]
pub struct Said {
    /// `case.json`.
    pub record: Record,
    /// `report.json`.
    pub report: Report,
}

/// The worst that was found.
pub fn verdict(notes: &[Note]) -> Kind {
    let all = notes.iter().map(|note| note.kind);
    all.max().unwrap_or(Kind::Open)
}

/// Every difference between a case and the files that [`super::make`] gives of the app.
pub fn differences(case: &Files, app: &Files) -> Vec<Note> {
    compare::files(case, app)
}

/// Checks the case in itself: signature, statement, digests, nothing missing, nothing else there.
pub fn chain(files: &Files, key: Option<&PublicKey>) -> (Vec<Note>, Option<Said>) {
    let mut notes = Vec::new();
    signature(files, key, &mut notes);
    let statement: Option<Statement> = parsed(files, STATEMENT, &mut notes);
    let record: Option<Record> = parsed(files, RECORD, &mut notes);
    let report: Option<Report> = parsed(files, REPORT, &mut notes);
    if let Some(statement) = &statement {
        listed(files, statement, &mut notes);
    }
    stamps(files, &mut notes);
    let (Some(record), Some(report)) = (record, report) else {
        return (notes, None);
    };
    if let Some(statement) = &statement {
        let without_files = |statement: &Statement| {
            let mut statement = statement.clone();
            statement.predicate.files.clear();
            serde_json::to_value(statement).unwrap_or_default()
        };
        let should = Statement::new(&Files::new(), &record);
        let (is, should) = (without_files(statement), without_files(&should));
        compare::values(STATEMENT, &is, &should, &mut notes);
    }
    table(files, &record, &mut notes);
    agreement(&record, &report, &mut notes);
    if notes.iter().all(|note| note.kind < Kind::Differs) {
        let zh = format!("{}个文件与声明一致，无缺失、无多余", files.len());
        let en = format!(
            "{} files are as the statement says, none is missing, none is added",
            files.len()
        );
        notes.push(Note::new(Kind::Fits, STATEMENT, zh, en));
    }
    (notes, Some(Said { record, report }))
}

fn signature(files: &Files, key: Option<&PublicKey>, notes: &mut Vec<Note>) {
    let statement = files.get(STATEMENT).map_or(&[][..], Vec::as_slice);
    let note = match (files.get(SIGNATURE), key) {
        (Some(bytes), Some(key)) => {
            let text = String::from_utf8_lossy(bytes);
            match key.verify(statement, &text) {
                Ok(comment) => Note::new(
                    Kind::Fits,
                    SIGNATURE,
                    format!("签名有效，随签注明：{comment}"),
                    format!("the signature is right, with the comment: {comment}"),
                ),
                Err(error) => {
                    let zh = format!("签名无效（{error}）");
                    Note::new(Kind::Differs, SIGNATURE, zh, error.to_string())
                }
            }
        }
        (Some(_), None) => Note::new(
            Kind::Open,
            SIGNATURE,
            "未提供公钥（--pubkey），未核验签名",
            "no public key was given (--pubkey)",
        ),
        (None, Some(_)) => compare::missing(SIGNATURE),
        (None, None) => Note::new(
            Kind::Info,
            STATEMENT,
            "案件未签名：各文件彼此一致并不排除被整体替换",
            "the case is not signed: that its files fit each other does not show who made them",
        ),
    };
    notes.push(note);
}

/// Reads a JSON file and holds it to its own form, so that no byte is free.
fn parsed<T: Serialize + DeserializeOwned>(
    files: &Files,
    name: &str,
    notes: &mut Vec<Note>,
) -> Option<T> {
    let Some(bytes) = files.get(name) else {
        notes.push(compare::missing(name));
        return None;
    };
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) => {
            let again = json(&value).unwrap_or_default();
            if again.as_bytes() != bytes.as_slice() {
                notes.push(compare::line(name, bytes, again.as_bytes()));
            }
            Some(value)
        }
        Err(error) => {
            let en = format!("not in its form: {error}");
            notes.push(Note::new(
                Kind::Differs,
                name,
                format!("格式不符：{error}"),
                en,
            ));
            None
        }
    }
}

/// Every file by its digests.
fn listed(files: &Files, statement: &Statement, notes: &mut Vec<Note>) {
    let mut names = BTreeSet::new();
    for (at, said) in statement.predicate.files.iter().enumerate() {
        let again = !names.insert(said.name.as_str());
        if again || OUTSIDE.contains(&said.name.as_str()) {
            let place = format!("{STATEMENT}: predicate.files[{at}].name");
            notes.push(Note::disagrees(place, &said.name, "∅"));
            continue;
        }
        let Some(bytes) = files.get(&said.name) else {
            notes.push(compare::missing(&said.name));
            continue;
        };
        let is = Digests::of(said.name.clone(), bytes);
        for (field, is, should) in [
            ("size", is.size.to_string(), said.size.to_string()),
            ("SHA-256", is.sha256, said.sha256.clone()),
            ("SM3", is.sm3, said.sm3.clone()),
        ] {
            if is != should {
                let place = format!("{}: {field}", said.name);
                notes.push(Note::disagrees(place, &is, &should));
            }
        }
    }
    for name in files.keys() {
        if !names.contains(name.as_str()) && !OUTSIDE.contains(&name.as_str()) {
            notes.push(compare::extra(name));
        }
    }
}

fn stamps(files: &Files, notes: &mut Vec<Note>) {
    let statement = files.get(STATEMENT).map_or(&[][..], Vec::as_slice);
    match files.get(REQUEST) {
        None => notes.push(compare::missing(REQUEST)),
        Some(bytes) if *bytes == stamp::request(statement) => {}
        Some(_) => notes.push(Note::new(
            Kind::Differs,
            REQUEST,
            "不是针对本声明的时间戳请求",
            "not the request over this statement",
        )),
    }
    if let Some(reply) = files.get(REPLY) {
        notes.push(if stamp::is_about(reply, statement) {
            Note::new(
                Kind::Info,
                REPLY,
                "时间戳针对本声明；其签名须以 openssl ts -verify 核验",
                "a time stamp over this statement; its signature has to be checked with openssl ts -verify",
            )
        } else {
            let zh = "时间戳不是针对本声明";
            Note::new(Kind::Differs, REPLY, zh, "a time stamp over something else")
        });
    }
}

fn table(files: &Files, record: &Record, notes: &mut Vec<Note>) {
    let Some(bytes) = files.get(HASHES) else {
        return;
    };
    let app: Vec<Digests> = record.app.iter().map(|file| file.of.clone()).collect();
    let mut others = files.clone();
    others.retain(|name, _| name != HASHES && !OUTSIDE.contains(&name.as_str()));
    let should = digests::table(&app, &others);
    if *bytes != should.as_bytes() {
        notes.push(compare::line(HASHES, bytes, should.as_bytes()));
    }
}

/// What stands in both `case.json` and `report.json`.
fn agreement(record: &Record, report: &Report, notes: &mut Vec<Note>) {
    let data = (&report.data.version, &report.data.digest);
    let app = record.app.iter();
    let app: BTreeSet<(&str, &str)> = app
        .map(|file| (file.of.name.as_str(), file.of.sha256.as_str()))
        .collect();
    let mut files = report.subject.files.iter();
    let is_known = files.all(|file| app.contains(&(file.name.as_str(), file.sha256.as_str())));
    for (field, fits) in [
        ("schema", record.schema == SCHEMA),
        ("tool", record.tool == report.tool),
        ("data", (&record.data.version, &record.data.digest) == data),
        (
            "arguments.edition",
            record.arguments.edition == report.function.edition,
        ),
        (
            "arguments.limits",
            record.arguments.limits == report.coverage.limits,
        ),
        ("coverage", record.coverage == report.coverage),
        ("app", is_known),
    ] {
        if !fits {
            notes.push(Note::new(
                Kind::Differs,
                format!("{RECORD}: {field}"),
                "与 report.json 不一致",
                "not as in report.json",
            ));
        }
    }
    if report.schema != v1::SCHEMA {
        let place = format!("{REPORT}: schema");
        notes.push(Note::disagrees(place, &report.schema, v1::SCHEMA));
    }
}

/// Brings the app's files into the order and under the names of the case, which finds them by digest.
fn matched(record: &Record, given: &[Source], notes: &mut Vec<Note>) -> Option<Vec<Source>> {
    let mut left: Vec<&Source> = given.iter().collect();
    let mut found = Vec::new();
    let before = notes.len();
    for file in record.app.iter().filter(|file| file.role == Role::Input) {
        match left.iter().position(|s| s.sha256 == file.of.sha256) {
            Some(at) => {
                let mut source = left.remove(at).clone();
                source.name.clone_from(&file.of.name);
                found.push(source);
            }
            None => {
                let others: Vec<String> = given
                    .iter()
                    .map(|s| format!("{} {}", s.name, s.sha256))
                    .collect();
                notes.push(Note::differs(
                    format!("{RECORD}: {}: SHA-256", file.of.name),
                    &file.of.sha256,
                    &others.join(", "),
                ));
            }
        }
    }
    for source in left {
        notes.push(Note::new(
            Kind::Differs,
            source.name.clone(),
            format!("不是本案件的文件（SHA-256 {}）", source.sha256),
            format!("not a file of the case (SHA-256 {})", source.sha256),
        ));
    }
    for source in &found {
        let name = format!("{}.idsig", source.name);
        let said = record.app.iter().find(|file| file.of.name == name);
        let is = source.idsig.as_deref().map(crate::hash::sha256);
        match (said, is) {
            (Some(said), Some(is)) if said.of.sha256 == is => {}
            (None, None) => {}
            (Some(said), is) => {
                let is = is.unwrap_or_else(|| "∅".into());
                let place = format!("{RECORD}: {name}: SHA-256");
                notes.push(Note::differs(place, &said.of.sha256, &is));
            }
            (None, Some(_)) => notes.push(compare::extra(&name)),
        }
    }
    (notes.len() == before).then_some(found)
}

/// The limits of the case; those that are higher than usual have to be asked for by whoever checks.
fn limits_of(record: &Record, given: &Limits, notes: &mut Vec<Note>) -> Option<Limits> {
    let mut limits = Limits {
        deadline: given.deadline,
        ..Limits::default()
    };
    for (name, value) in &record.arguments.limits {
        let usual = Limits::all().into_iter().find(|limit| limit.name == name);
        let is_higher = usual.is_none_or(|limit| limit.default < *value);
        let asked = given.changed().into_iter().find(|(n, _)| n == name);
        if is_higher && asked.is_none_or(|(_, asked)| asked < *value) {
            notes.push(Note::new(
                Kind::Open,
                format!("{RECORD}: arguments.limits.{name}"),
                format!("高于默认值，须以 --limit {name}={value} 明示"),
                format!("higher than usual: give --limit {name}={value} as well"),
            ));
            return None;
        }
        limits.set(&format!("{name}={value}")).ok()?;
    }
    Some(limits)
}

/// Checks the case against the app: audits it again and compares every file, then reads each piece of evidence again.
pub fn against_app(
    files: &Files,
    said: &Said,
    given: &[Source],
    detector: &Detector<'_>,
    given_limits: &Limits,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let record = &said.record;
    let Some(sources) = matched(record, given, &mut notes) else {
        return notes;
    };
    let Some(limits) = limits_of(record, given_limits, &mut notes) else {
        return notes;
    };
    let opened = App::open(&sources, &limits);
    let open = evidence(&opened, &said.report, &mut notes);
    match fresh(said, &sources, detector, &limits, &mut notes) {
        Ok(Some(fresh)) => {
            for note in compare::files(files, &fresh) {
                if !notes.iter().any(|known| known.place == note.place) {
                    notes.push(note);
                }
            }
        }
        Ok(None) => {}
        Err(error) => notes.push(Note::new(
            Kind::Open,
            REPORT,
            format!("未能重新检测：{error}"),
            format!("could not be audited again: {error}"),
        )),
    }
    // What a place alone does not tell, auditing again has compared, unless it could not be done.
    if notes.iter().any(|note| note.kind == Kind::Open) {
        notes.extend(open);
    }
    let app = app::files(&sources, &opened);
    if app != record.app {
        notes.push(Note::new(
            Kind::Differs,
            format!("{RECORD}: app"),
            "与应用文件不一致",
            "not as the files of the app",
        ));
    }
    if notes.iter().all(|note| note.kind < Kind::Open) {
        let (zh, en) = (
            format!(
                "{}条线索均已由应用重新得出，证据逐项相符",
                said.report.findings.len()
            ),
            format!(
                "all {} findings were derived again from the app, and their evidence read again",
                said.report.findings.len()
            ),
        );
        notes.push(Note::new(Kind::Fits, REPORT, zh, en));
    }
    notes
}

/// The files as the app gives them now; `None` where this program would write them otherwise.
fn fresh(
    said: &Said,
    sources: &[Source],
    detector: &Detector<'_>,
    limits: &Limits,
    notes: &mut Vec<Note>,
) -> Result<Option<Files>, CaseError> {
    let record = &said.record;
    let version = env!("CARGO_PKG_VERSION");
    if record.tool.version != version {
        notes.push(Note::new(
            Kind::Open,
            format!("{RECORD}: tool.version"),
            format!(
                "由 {} 版制作，本工具为 {version} 版：仅逐项核对证据位置",
                record.tool.version
            ),
            format!(
                "made by {}, this is {version}: only the places of the evidence were read again",
                record.tool.version
            ),
        ));
        return Ok(None);
    }
    let here = &detector.db().digest;
    if record.data.digest != *here {
        notes.push(Note::new(
            Kind::Open,
            format!("{RECORD}: data.digest"),
            format!("检测数据不同（本工具为 {here}）：未重新判定，仅核对证据及由其生成的文件"),
            format!(
                "other data ({here} here): nothing was judged again, only the evidence and what is made of it was read again"
            ),
        ));
        let arguments = record.arguments.clone();
        let files = super::files(sources, &said.report, &record.details, arguments, limits);
        return files.map(Some).map_err(CaseError::Json);
    }
    let asked = Asked {
        details: record.details.clone(),
        functions: record.arguments.functions.clone(),
        edition: record.arguments.edition,
        languages: Languages::parse(&record.arguments.languages).unwrap_or(Languages::BOTH),
    };
    super::make(sources, &asked, detector, limits).map(Some)
}

/// Reads every piece of evidence of the report again in the app. Gives the fields that could not be compared.
fn evidence(app: &App<'_>, report: &Report, notes: &mut Vec<Note>) -> Vec<Note> {
    let places: Vec<(usize, usize, &Evidence)> = report
        .findings
        .iter()
        .enumerate()
        .flat_map(|(finding, of)| {
            let all = of.evidence.iter().enumerate();
            all.map(move |(at, evidence)| (finding, at, evidence))
        })
        .collect();
    let all: Vec<&Evidence> = places.iter().map(|(.., evidence)| *evidence).collect();
    let seen = look(app, &all);
    if seen.iter().any(|seen| seen.is_late) {
        let zh = "时间用尽（--limit seconds），部分证据未复核";
        let en = "the time was over (--limit seconds) before all evidence was read again";
        notes.push(Note::new(Kind::Open, REPORT, zh, en));
    }
    let before = notes.len();
    let mut open = Vec::new();
    for ((finding, at, _), seen) in places.iter().zip(seen) {
        for wrong in seen.wrong {
            if notes.len().saturating_sub(before) >= LISTED {
                return open;
            }
            let field = wrong.field;
            let place = format!("{REPORT}: findings[{finding}].evidence[{at}].{field}");
            notes.push(Note::differs(place, &wrong.said, &wrong.found));
        }
        for field in seen
            .open
            .into_iter()
            .take(LISTED.saturating_sub(open.len()))
        {
            let place = format!("{REPORT}: findings[{finding}].evidence[{at}].{field}");
            let zh = "仅凭该处不能确定";
            open.push(Note::new(
                Kind::Open,
                place,
                zh,
                "the place alone does not tell",
            ));
        }
    }
    open
}
