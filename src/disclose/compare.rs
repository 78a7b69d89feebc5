//! The comparison.

use super::document::Document;
use super::list::List;
use super::names::{self, Called, Target};
use super::negation::is_negated;
use super::scan::{Compact, Mention, Names};
use crate::detect::{Grade, Use};
use crate::report::Languages;
use crate::report::v1::{DataInfo, Report, Tool};
use crate::report::words::Prose;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Text;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Value of [`Comparison::schema`].
pub(super) const SCHEMA: &str = "permscope-disclosure/1";
/// Places of one answer that are quoted.
const MOST_QUOTES: usize = 3;
/// Words of a sentence that is about code or services of others.
const ABOUT_OTHERS: &[&str] = &[
    "sdk",
    "第三方",
    "合作方",
    "合作伙伴",
    "合作商",
    "服务商",
    "供应商",
    "插件",
    "third party",
    "third-party",
    "third parties",
    "partner",
    "service provider",
    "vendor",
    "librar",
];

/// Words of a sentence that is about handling information, not about a product that shows videos.
const HANDLES: &[&str] = &[
    "收集",
    "获取",
    "读取",
    "访问",
    "采集",
    "使用",
    "上传",
    "存储",
    "保存",
    "权限",
    "授权",
    "开启",
    "申请",
    "处理",
    "记录",
    "提供",
    "共享",
    "提交",
    "填写",
    "识别",
    "收到",
    "调用",
    "collect",
    "access",
    "read",
    "obtain",
    "use",
    "process",
    "permission",
    "store",
    "receive",
    "gather",
    "request",
    "share",
    "record",
    "provide",
    "log",
];
/// Letters of an item of a list, which has no verb of its own.
const ITEM: usize = 60;

/// What the operator gives.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Privacy policies, and lists of SDKs that are no tables.
    pub policies: Vec<Document>,
    /// Lists of SDKs as tables.
    pub lists: Vec<List>,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Named as the data names it.
    Disclosed,
    /// Named by another name, or by its operator.
    DisclosedUnderAnotherName,
    /// Named only to say that it is not used or collected.
    MentionedNegated,
    /// Not found in the texts that were given.
    NotDisclosed,
    /// Named in the texts and not found in the package.
    DisclosedButAbsent,
    /// The package or a text could not be read completely, so that "not found" cannot be said.
    NotAssessable,
}

/// Where a text says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// The file.
    pub document: String,
    /// Its line, from 1, after decoding.
    pub line: u64,
    /// Letters from the beginning of the decoded file; none for a row of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// The name as it was found.
    pub name: String,
    /// `name`, `alias`, `company`, `brand`; absent for information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
    /// The sentence or row.
    pub text: String,
}

/// One bundled SDK.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SdkAnswer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// Its operator.
    pub vendor: Prose,
    /// How sure it is that it is bundled.
    pub grade: Grade,
    /// What it reaches in this app, or collects by its operator's own documents: ids of kinds. Empty for a library of
    /// which nothing is known to be collected.
    pub information: Vec<String>,
    /// The answer.
    pub answer: Answer,
    /// What it rests on.
    pub quotes: Vec<Quote>,
}

/// One kind of personal information that the app reaches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InformationAnswer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Prose,
    /// `code`: something that can run reaches it; `permission`: a permission that opens it is requested.
    pub shown_by: &'static str,
    /// Ids of accesses or names of permissions.
    pub because: Vec<String>,
    /// Whose code reaches it: `app`, ids of SDKs, `unlisted`, `obfuscated`.
    pub owners: Vec<String>,
    /// The answer.
    pub answer: Answer,
    /// What it rests on.
    pub quotes: Vec<Quote>,
}

/// A name in the texts whose SDK was not found in the package.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Absent {
    /// SDKs that the name may stand for.
    pub ids: Vec<String>,
    /// The name.
    pub name: String,
    /// [`Answer::DisclosedButAbsent`] or [`Answer::NotAssessable`].
    pub answer: Answer,
    /// The code names its classes all the same.
    pub referenced: bool,
    /// Where it stands.
    pub quotes: Vec<Quote>,
}

/// A row of a list whose SDK the data does not know: to be compared by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unrecognised {
    /// The list.
    pub document: String,
    /// The line.
    pub line: u64,
    /// What it calls the SDK.
    pub name: String,
}

/// A text that was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Its file.
    pub name: String,
    /// `policy` or `list`.
    pub kind: &'static str,
    /// Why something of it may be missing.
    pub missing: Vec<String>,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that judged the app.
    pub tool: Tool,
    /// The data.
    pub data: DataInfo,
    /// Package name.
    pub package: String,
    /// Version name.
    pub version: Option<String>,
    /// SHA-256 of the app's files.
    pub sha256: Vec<String>,
    /// The app was read completely.
    pub app_complete: bool,
    /// The texts.
    pub texts: Vec<Compared>,
    /// Every text was read completely.
    pub texts_complete: bool,
    /// Bundled SDKs.
    pub sdks: Vec<SdkAnswer>,
    /// Personal information; empty where no policy was given.
    pub information: Vec<InformationAnswer>,
    /// Named and not found.
    pub absent: Vec<Absent>,
    /// Rows of lists that the data does not know.
    pub unrecognised: Vec<Unrecognised>,
    /// What has to be known to read this.
    pub notes: Vec<Prose>,
}

impl Comparison {
    /// Something that collects, or is collected, was not found in the texts.
    pub fn has_undisclosed(&self) -> bool {
        let not = |answer| matches!(answer, Answer::NotDisclosed | Answer::MentionedNegated);
        let sdk = |sdk: &SdkAnswer| not(sdk.answer) && !sdk.information.is_empty();
        self.sdks.iter().any(sdk) || self.information.iter().any(|i| not(i.answer))
    }

    /// Everything was read.
    pub fn is_complete(&self) -> bool {
        self.app_complete && self.texts_complete
    }
}

/// One text in the making.
struct Searched<'t> {
    document: &'t Document,
    list: Option<&'t List>,
    compact: Compact,
}

/// A name of an SDK in a text.
struct Found {
    text: usize,
    mention: Mention,
    /// Where its sentence or row begins.
    scope: usize,
    negated: bool,
    about_others: bool,
    /// The sentence is about handling information, or is an item of a list or table.
    handles: bool,
}

/// Compares.
pub fn compare(
    report: &Report,
    db: &SignatureDb,
    texts: &Texts,
    languages: Languages,
) -> Comparison {
    let policies = texts.policies.iter().map(|document| (document, None));
    let lists = texts.lists.iter().map(|list| (&list.document, Some(list)));
    let searched: Vec<Searched<'_>> = policies
        .chain(lists)
        .map(|(document, list)| Searched {
            document,
            list,
            compact: Compact::of(&document.letters),
        })
        .collect();
    let names = names::sdks(db, report);
    let mut compared: Vec<Compared> = searched.iter().map(described).collect();
    let found = find(&searched, &names, &mut compared);
    let words = names::information(db);
    let told = find(&searched, &words, &mut compared);
    let texts_complete = compared.iter().all(|text| text.missing.is_empty());
    let unsaid = if texts_complete {
        Answer::NotDisclosed
    } else {
        Answer::NotAssessable
    };
    let mut scopes: BTreeMap<(usize, usize), Vec<&Found>> = BTreeMap::new();
    for one in &found {
        scopes.entry((one.text, one.scope)).or_default().push(one);
    }
    let side = Side {
        searched: &searched,
        names: &names,
        found: &found,
        scopes,
    };
    let is_inside: BTreeSet<&str> = bundled(report).map(|sdk| sdk.id.as_str()).collect();
    let information = if texts.policies.is_empty() {
        Vec::new()
    } else {
        information(report, db, &searched, &words, &told, unsaid)
    };
    let mut notes = vec![(
        "以下均为线索：“未在所提供的文本中检索到”仅以所提供的文本为限，不表示运营者未告知；“检索到”仅表示文本提到，不表示告知充分、准确。",
        "These are leads: \"not found in the texts that were given\" is about these texts alone and does not say that the operator \
         has not informed; \"found\" says that a text names it, not that it informs well.",
    )];
    if texts.policies.is_empty() {
        notes.push((
            "未提供隐私政策，未比对个人信息的种类。",
            "No privacy policy was given: kinds of personal information were not compared.",
        ));
    }
    if !report.coverage.complete {
        notes.push((
            "安装包未能完整读取，对“文本列明而安装包中未发现”的SDK不作判断，也可能另有未识别的SDK。",
            "The package could not be read completely: nothing is said to be absent from it, and there may be more SDKs.",
        ));
    }
    Comparison {
        schema: SCHEMA.to_owned(),
        tool: report.tool.clone(),
        data: report.data.clone(),
        package: report.subject.package.clone(),
        version: report.subject.version_name.clone(),
        sha256: report
            .subject
            .files
            .iter()
            .map(|file| file.sha256.clone())
            .collect(),
        app_complete: report.coverage.complete,
        texts_complete,
        sdks: bundled(report)
            .map(|sdk| {
                let (answer, quotes) = side.sdk(&sdk.id, unsaid);
                SdkAnswer {
                    id: sdk.id.clone(),
                    name: sdk.name.clone(),
                    vendor: sdk.vendor.clone(),
                    grade: sdk.grade,
                    information: collected(report, db, &sdk.id),
                    answer,
                    quotes,
                }
            })
            .collect(),
        information,
        absent: side.absent(report, &is_inside),
        unrecognised: side.unrecognised(&is_inside),
        texts: compared,
        notes: notes
            .into_iter()
            .map(|(zh, en)| {
                languages.prose(&Text {
                    zh: zh.into(),
                    en: en.into(),
                })
            })
            .collect(),
    }
}

fn described(text: &Searched<'_>) -> Compared {
    let mut missing = text.document.missing.clone();
    if text
        .list
        .map_or_else(|| text.document.is_empty(), |list| list.rows.is_empty())
    {
        missing.push("there is next to no text in it".to_owned());
    }
    missing.sort();
    missing.dedup();
    Compared {
        name: text.document.name.clone(),
        kind: if text.list.is_some() {
            "list"
        } else {
            "policy"
        },
        missing,
    }
}

fn find<T: Clone + PartialEq>(
    searched: &[Searched<'_>],
    names: &Names<T>,
    compared: &mut [Compared],
) -> Vec<Found> {
    let mut all = Vec::new();
    for (number, (text, compared)) in searched.iter().zip(compared).enumerate() {
        let (mentions, whole) = names.find(&text.compact);
        if !whole {
            compared
                .missing
                .push("more names than are looked at".to_owned());
        }
        for mention in mentions {
            let compact = &text.compact;
            let is_row = text.list.is_some() || compact.is_row(mention.start, mention.end);
            let (from, to) = compact.sentence(mention.start, mention.end, false);
            let sentence = compact.folded(from, to);
            let (scope, end) = if is_row {
                compact.sentence(mention.start, mention.end, true)
            } else {
                (from, to)
            };
            let around = compact.folded(scope, end);
            let handles = is_row
                || to.saturating_sub(from) <= ITEM
                || HANDLES.iter().any(|word| sentence.contains(word));
            all.push(Found {
                text: number,
                mention,
                scope,
                negated: is_negated(
                    &sentence,
                    mention.start.saturating_sub(from),
                    mention.end.saturating_sub(from),
                ),
                handles,
                about_others: text.list.is_some()
                    || ABOUT_OTHERS.iter().any(|word| around.contains(word)),
            });
        }
    }
    all
}

fn bundled(report: &Report) -> impl Iterator<Item = &crate::report::v1::Sdk> {
    report
        .sdks
        .iter()
        .filter(|sdk| sdk.grade != Grade::Referenced)
}

/// What an SDK reaches in the app or collects by its operator's documents.
pub(super) fn collected(report: &Report, db: &SignatureDb, id: &str) -> Vec<String> {
    let reached = report
        .accesses
        .iter()
        .filter(|access| access.owner == id && !access.hint);
    let mut kinds: BTreeSet<String> = reached
        .flat_map(|access| access.information.iter().map(|i| i.id.clone()))
        .collect();
    if let Some(collects) = db.sdk(id).and_then(|sdk| sdk.collects.as_ref())
        && collects.basis == "disclosure"
    {
        kinds.extend(collects.information.iter().map(|kind| kind.to_string()));
    }
    kinds.retain(|kind| db.information(kind).is_none_or(|k| !k.ability));
    kinds.into_iter().collect()
}

/// A kind of information and what shows that the app reaches it.
pub(super) struct Reached {
    pub(super) name: Prose,
    pub(super) by_code: bool,
    pub(super) because: BTreeSet<String>,
    pub(super) owners: BTreeSet<String>,
}

/// The kinds of information that an app reaches. What a permission opens counts unless everything was searched and
/// nothing uses it.
pub(super) fn reached<'r>(report: &'r Report, db: &SignatureDb) -> BTreeMap<&'r str, Reached> {
    let mut kinds: BTreeMap<&str, Reached> = BTreeMap::new();
    let empty = |name: &Prose| Reached {
        name: name.clone(),
        by_code: false,
        because: BTreeSet::new(),
        owners: BTreeSet::new(),
    };
    for access in report
        .accesses
        .iter()
        .filter(|access| access.reached && !access.hint)
    {
        for kind in &access.information {
            let entry = kinds.entry(&kind.id).or_insert_with(|| empty(&kind.name));
            entry.by_code = true;
            entry.because.insert(access.id.clone());
            entry.owners.insert(access.owner.clone());
        }
    }
    for permission in report
        .permissions
        .iter()
        .filter(|p| p.usage != Use::NoUseFound)
    {
        for kind in &permission.information {
            let entry = kinds.entry(&kind.id).or_insert_with(|| empty(&kind.name));
            entry.because.insert(permission.name.clone());
        }
    }
    kinds.retain(|kind, _| db.information(kind).is_none_or(|k| !k.ability));
    kinds
}

fn information(
    report: &Report,
    db: &SignatureDb,
    searched: &[Searched<'_>],
    words: &Names<String>,
    told: &[Found],
    unsaid: Answer,
) -> Vec<InformationAnswer> {
    let mut by_kind: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for found in told.iter().filter(|found| found.handles) {
        for kind in words
            .get(found.mention.name)
            .map_or(&[][..], |name| &name.targets)
        {
            by_kind.entry(kind).or_default().push(found);
        }
    }
    let answer = |(id, reached): (&str, Reached)| {
        let all = by_kind.get(id).map_or(&[][..], Vec::as_slice);
        let (negated, plain): (Vec<&Found>, Vec<&Found>) =
            all.iter().copied().partition(|found| found.negated);
        let (answer, chosen) = match (plain.is_empty(), negated.is_empty()) {
            (false, _) => (Answer::Disclosed, plain),
            (true, false) => (Answer::MentionedNegated, negated),
            (true, true) => (unsaid, Vec::new()),
        };
        InformationAnswer {
            id: id.to_owned(),
            name: reached.name,
            shown_by: if reached.by_code {
                "code"
            } else {
                "permission"
            },
            because: reached.because.into_iter().collect(),
            owners: reached.owners.into_iter().collect(),
            answer,
            quotes: chosen
                .iter()
                .take(MOST_QUOTES)
                .map(|found| quote(searched, found, None))
                .collect(),
        }
    };
    reached(report, db).into_iter().map(answer).collect()
}

fn quote(searched: &[Searched<'_>], found: &Found, called: Option<Called>) -> Quote {
    let by = called.map(|called| match called {
        Called::Name => "name",
        Called::Alias => "alias",
        Called::Company => "company",
        Called::Brand => "brand",
    });
    let (start, end) = (found.mention.start, found.mention.end);
    let Some(text) = searched.get(found.text) else {
        return Quote {
            document: String::new(),
            line: 0,
            offset: None,
            name: String::new(),
            by,
            text: String::new(),
        };
    };
    let letter = text.compact.from.get(start).copied().unwrap_or_default();
    let (line, offset) = match text.list.map(|list| list.row(letter)) {
        Some(row) => (row.map_or(0, |(_, row)| row.line), None),
        None => {
            let (place, line) = text.document.place(letter);
            (line.into(), Some(place))
        }
    };
    Quote {
        document: text.document.name.clone(),
        line,
        offset,
        name: text
            .compact
            .exact
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect(),
        by,
        text: text.compact.quote(text.document, start, end),
    }
}

/// The names of SDKs in all texts.
struct Side<'s> {
    searched: &'s [Searched<'s>],
    names: &'s Names<Target>,
    found: &'s [Found],
    /// By text and beginning of the sentence or row.
    scopes: BTreeMap<(usize, usize), Vec<&'s Found>>,
}

impl Side<'_> {
    fn targets(&self, found: &Found) -> &[Target] {
        self.names
            .get(found.mention.name)
            .map_or(&[], |name| &name.targets)
    }

    fn called(&self, found: &Found, id: &str) -> Option<Called> {
        self.targets(found)
            .iter()
            .filter(|(of, _)| of == id)
            .map(|(_, called)| *called)
            .min()
    }

    fn is_direct(&self, found: &Found) -> bool {
        self.targets(found)
            .iter()
            .any(|(_, called)| *called <= Called::Alias)
    }

    /// An operator is named for another one of its SDKs, which stands in the same sentence or row.
    fn is_for_another(&self, vendor: &Found, id: &str) -> bool {
        let mates = self
            .scopes
            .get(&(vendor.text, vendor.scope))
            .into_iter()
            .flatten();
        let of_vendor: BTreeSet<&str> = self
            .targets(vendor)
            .iter()
            .map(|(of, _)| of.as_str())
            .collect();
        let mut another = false;
        for mate in mates {
            let ids = self
                .targets(mate)
                .iter()
                .filter(|(_, called)| *called <= Called::Alias)
                .map(|(of, _)| of.as_str());
            for of in ids {
                if of == id {
                    return false;
                }
                another |= of_vendor.contains(of);
            }
        }
        another
    }

    fn sdk(&self, id: &str, unsaid: Answer) -> (Answer, Vec<Quote>) {
        let mut plain: Vec<(Called, &Found)> = Vec::new();
        let mut negated: Vec<(Called, &Found)> = Vec::new();
        for found in self.found {
            let Some(called) = self.called(found, id) else {
                continue;
            };
            let counts = called <= Called::Alias
                || ((called == Called::Company || found.about_others)
                    && !self.is_for_another(found, id));
            if counts {
                if found.negated {
                    &mut negated
                } else {
                    &mut plain
                }
                .push((called, found));
            }
        }
        let (mut chosen, answer) = match plain.iter().map(|(called, _)| *called).min() {
            Some(Called::Name) => (plain, Answer::Disclosed),
            Some(_) => (plain, Answer::DisclosedUnderAnotherName),
            None if !negated.is_empty() => (negated, Answer::MentionedNegated),
            None => (Vec::new(), unsaid),
        };
        chosen.sort_by_key(|(called, _)| *called);
        let quotes = chosen.iter().take(MOST_QUOTES);
        (
            answer,
            quotes
                .map(|(called, found)| quote(self.searched, found, Some(*called)))
                .collect(),
        )
    }

    fn absent(&self, report: &Report, inside: &BTreeSet<&str>) -> Vec<Absent> {
        let answer = if report.coverage.complete {
            Answer::DisclosedButAbsent
        } else {
            Answer::NotAssessable
        };
        let mut by_ids: BTreeMap<Vec<&str>, Vec<&Found>> = BTreeMap::new();
        for found in self
            .found
            .iter()
            .filter(|found| !found.negated && found.about_others)
        {
            let direct = self
                .targets(found)
                .iter()
                .filter(|(_, called)| *called <= Called::Alias);
            let ids: Vec<&str> = direct.map(|(id, _)| id.as_str()).collect();
            if !ids.is_empty() && !ids.iter().any(|id| inside.contains(id)) {
                by_ids.entry(ids).or_default().push(found);
            }
        }
        let told = |(ids, found): (Vec<&str>, Vec<&Found>)| {
            let quotes: Vec<Quote> = found
                .iter()
                .take(MOST_QUOTES)
                .map(|f| quote(self.searched, f, None))
                .collect();
            Absent {
                name: quotes
                    .first()
                    .map(|quote| quote.name.clone())
                    .unwrap_or_default(),
                referenced: report.sdks.iter().any(|sdk| ids.contains(&sdk.id.as_str())),
                ids: ids.into_iter().map(str::to_owned).collect(),
                answer,
                quotes,
            }
        };
        by_ids.into_iter().map(told).collect()
    }

    fn unrecognised(&self, inside: &BTreeSet<&str>) -> Vec<Unrecognised> {
        let mut all = Vec::new();
        for (number, text) in self.searched.iter().enumerate() {
            let Some(list) = text.list else {
                continue;
            };
            let known: BTreeSet<usize> = self
                .found
                .iter()
                .filter(|found| found.text == number)
                .filter(|found| {
                    self.is_direct(found)
                        || self
                            .targets(found)
                            .iter()
                            .any(|(id, _)| inside.contains(id.as_str()))
                })
                .filter_map(|found| {
                    let letter = text.compact.from.get(found.mention.start)?;
                    Some(list.row(*letter)?.0)
                })
                .collect();
            for (_, row) in list
                .rows
                .iter()
                .enumerate()
                .filter(|(at, _)| !known.contains(at))
            {
                all.push(Unrecognised {
                    document: text.document.name.clone(),
                    line: row.line,
                    name: row.name.chars().take(200).collect(),
                });
            }
        }
        all
    }
}
