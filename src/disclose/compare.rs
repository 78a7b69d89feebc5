//! The comparison.

use super::answers::{
    Absent, Answer, Compared, Comparison, InformationAnswer, Quote, SCHEMA, SdkAnswer, Unrecognised,
};
use super::document::Document;
use super::list::List;
use super::names::{self, Called, Target};
use super::negation::is_negated;
use super::reach::{Reached, bundled, collected, reached};
use super::scan::{Compact, Mention, Names};
use super::sentence;
use crate::report::Languages;
use crate::report::v1::Report;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Places of one answer that are quoted.
const MOST_QUOTES: usize = 3;
/// Letters of an item of a list, which has no verb of its own.
const ITEM: usize = 60;

/// What the operator gives.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Privacy policies.
    pub policies: Vec<Document>,
    /// Lists of SDKs as tables.
    pub lists: Vec<List>,
    /// Lists of SDKs that are no tables: what they name are SDKs, and they say nothing of information in general.
    pub plain_lists: Vec<Document>,
}

/// One text in the making.
struct Searched<'t> {
    document: &'t Document,
    is_list: bool,
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
    /// The sentence, row or text is about code.
    about_code: bool,
    /// It is a part of an address.
    in_link: bool,
    /// The page hides it.
    hidden: bool,
    /// The sentence says what a term means.
    defines: bool,
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
    let searched = searched(texts);
    let names = names::sdks(db, report);
    let mut compared: Vec<Described> = searched.iter().map(described).collect();
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
        texts: compared
            .into_iter()
            .map(|text| Compared {
                name: text.name,
                kind: text.kind,
                missing: text.missing.iter().map(|m| languages.prose(m)).collect(),
            })
            .collect(),
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

fn searched(texts: &Texts) -> Vec<Searched<'_>> {
    let policies = texts
        .policies
        .iter()
        .map(|document| (document, None, false));
    let plain = texts.plain_lists.iter();
    let plain = plain.map(|document| (document, None, true));
    let lists = texts.lists.iter();
    let lists = lists.map(|list| (&list.document, Some(list), true));
    let all = policies.chain(plain).chain(lists);
    all.map(|(document, list, is_list)| Searched {
        document,
        is_list,
        list,
        compact: Compact::of(&document.letters),
    })
    .collect()
}

/// What is said of a text.
struct Described {
    name: String,
    kind: &'static str,
    missing: Vec<Text>,
}

fn described(text: &Searched<'_>) -> Described {
    let mut missing = text.document.missing.clone();
    if text
        .list
        .map_or_else(|| text.document.is_empty(), |list| list.rows.is_empty())
    {
        missing.push(gap("几乎没有文字", "there is next to no text in it"));
    }
    missing.sort_by(|a, b| a.en.cmp(&b.en));
    missing.dedup();
    Described {
        name: text.document.name.clone(),
        kind: if text.is_list { "list" } else { "policy" },
        missing,
    }
}

fn find<T: Clone + PartialEq>(
    searched: &[Searched<'_>],
    names: &Names<T>,
    compared: &mut [Described],
) -> Vec<Found> {
    let mut all = Vec::new();
    for (number, (text, compared)) in searched.iter().zip(compared).enumerate() {
        let (mentions, whole) = names.find(&text.compact);
        if !whole {
            compared
                .missing
                .push(gap("名称过多，未全部查找", "more names than are looked at"));
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
            let handles = is_row || to.saturating_sub(from) <= ITEM || sentence::handles(&sentence);
            let letter = compact.from.get(mention.start).copied();
            all.push(Found {
                about_code: text.is_list || is_row || sentence::is_about_code(&sentence),
                in_link: compact.is_link(mention.start),
                hidden: letter.is_some_and(|letter| text.document.is_hidden(letter)),
                defines: sentence::defines(&sentence, mention.start.saturating_sub(from)),
                text: number,
                mention,
                scope,
                negated: is_negated(
                    &sentence,
                    mention.start.saturating_sub(from),
                    mention.end.saturating_sub(from),
                ),
                handles,
                about_others: text.is_list || sentence::is_about_others(&around),
            });
        }
    }
    all
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
    let is_list = |found: &Found| searched.get(found.text).is_some_and(|text| text.is_list);
    for found in told.iter().filter(|f| f.handles && !is_list(f)) {
        for kind in words
            .get(found.mention.name)
            .map_or(&[][..], |name| &name.targets)
        {
            by_kind.entry(kind).or_default().push(found);
        }
    }
    let answer = |(id, reached): (&str, Reached)| {
        let all = by_kind.get(id).map_or(&[][..], Vec::as_slice);
        let those = |fits: fn(&Found) -> bool| -> Vec<&Found> {
            all.iter().copied().filter(|found| fits(found)).collect()
        };
        let (answer, chosen) = [
            (
                Answer::Disclosed,
                those(|f| !f.negated && !f.defines && !f.hidden),
            ),
            (
                Answer::OnlyHidden,
                those(|f| !f.negated && !f.defines && f.hidden),
            ),
            (Answer::MentionedNegated, those(|f| f.negated)),
            (Answer::OnlyDefined, those(|f| f.defines)),
        ]
        .into_iter()
        .find(|(_, chosen)| !chosen.is_empty())
        .unwrap_or((unsaid, Vec::new()));
        InformationAnswer {
            id: id.to_owned(),
            name: reached.name,
            shown_by: reached.shown_by.as_str(),
            because: reached.because.into_iter().collect(),
            owners: reached.owners.into_iter().collect(),
            answer,
            quotes: quotes(searched, chosen.into_iter().map(|found| (None, found))),
        }
    };
    reached(report, db).into_iter().map(answer).collect()
}

/// The first places that are quoted: each sentence once.
fn quotes<'f>(
    searched: &[Searched<'_>],
    found: impl Iterator<Item = (Option<Called>, &'f Found)>,
) -> Vec<Quote> {
    let mut seen = BTreeSet::new();
    found
        .filter(|(_, found)| seen.insert((found.text, found.scope)))
        .take(MOST_QUOTES)
        .map(|(called, found)| quote(searched, found, called))
        .collect()
}

/// Why something of a text may be missing.
fn gap(zh: &'static str, en: &'static str) -> Text {
    Text {
        zh: zh.into(),
        en: en.into(),
    }
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
        let mut hidden: Vec<(Called, &Found)> = Vec::new();
        let mut negated: Vec<(Called, &Found)> = Vec::new();
        for found in self.found {
            let Some(called) = self.called(found, id) else {
                continue;
            };
            let counts = called <= Called::Alias
                || ((called == Called::Company || found.about_others)
                    && !self.is_for_another(found, id));
            if counts {
                match (found.negated, found.hidden) {
                    (true, _) => &mut negated,
                    (false, true) => &mut hidden,
                    (false, false) => &mut plain,
                }
                .push((called, found));
            }
        }
        let (mut chosen, answer) = match plain.iter().map(|(called, _)| *called).min() {
            Some(Called::Name) => (plain, Answer::Disclosed),
            Some(_) => (plain, Answer::DisclosedUnderAnotherName),
            None if !hidden.is_empty() => (hidden, Answer::OnlyHidden),
            None if !negated.is_empty() => (negated, Answer::MentionedNegated),
            None => (Vec::new(), unsaid),
        };
        chosen.sort_by_key(|(called, _)| *called);
        let chosen = chosen.into_iter();
        (
            answer,
            quotes(self.searched, chosen.map(|(called, f)| (Some(called), f))),
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
            .filter(|f| !f.negated && f.about_others && f.about_code && !f.in_link)
        {
            let direct = self
                .targets(found)
                .iter()
                .filter(|(_, called)| *called <= Called::Alias);
            let ids: BTreeSet<&str> = direct.map(|(id, _)| id.as_str()).collect();
            let ids: Vec<&str> = ids.into_iter().collect();
            if !ids.is_empty() && !ids.iter().any(|id| inside.contains(id)) {
                by_ids.entry(ids).or_default().push(found);
            }
        }
        let told = |(ids, found): (Vec<&str>, Vec<&Found>)| {
            let quotes = quotes(self.searched, found.into_iter().map(|f| (None, f)));
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
