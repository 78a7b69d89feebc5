//! A run as figures: what its page and its statistics are made of.
//!
//! Memory grows with the number of inputs alone: names are kept once, texts are cut, and of permissions only those that
//! the data knows are kept, since an app may name as many as it likes.

use super::outcome::{Outcome, Row, Status};
use crate::detect::{Grade, Stage};
use crate::report::html::markup::is_report;
use crate::report::plain::printable;
use crate::report::rows::{PermissionRow, Rows};
use crate::report::words::{Prose, enum_key};
use crate::signatures::schema::{Severity, Tier};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Value of [`Figures::schema`].
const SCHEMA: &str = "permscope-stats/1";
/// Letters of a text that an app or a catalogue chose.
const LONGEST: usize = 120;
/// Different texts of one kind of trouble; the rest is counted together.
const TROUBLES: usize = 20;
/// Upper ends of the classes of findings per app; the last class has none.
const CLASSES: [u64; 5] = [0, 2, 5, 10, 20];

/// Names, each once, with a number.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: BTreeMap<String, u32>,
    pub(super) all: Vec<(String, Prose)>,
}

impl Names {
    fn id(&mut self, id: &str, name: impl FnOnce() -> Prose) -> u32 {
        if let Some(&known) = self.ids.get(id) {
            return known;
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.ids.insert(id.to_owned(), next);
        let clean = |text: String| cut(&text);
        let name = name();
        let name = Prose {
            zh: name.zh.map(clean),
            en: name.en.map(clean),
        };
        self.all.push((cut(id), name));
        next
    }

    fn get(&self, id: u32) -> (&str, Prose) {
        let found = usize::try_from(id).ok().and_then(|id| self.all.get(id));
        found.map_or(("", Prose::default()), |(id, name)| (id, name.clone()))
    }
}

/// One input.
#[derive(Debug)]
pub(super) struct App {
    pub(super) number: u64,
    pub(super) input: String,
    pub(super) name: String,
    pub(super) package: String,
    pub(super) developer: String,
    pub(super) store: u32,
    pub(super) version: String,
    pub(super) status: Status,
    /// Why there is no report, or what it could not see.
    pub(super) note: String,
    pub(super) functions: Vec<u32>,
    /// Findings: high, medium, low, info.
    pub(super) counts: [u32; 4],
    pub(super) rules: Vec<u32>,
    pub(super) sdks: Vec<u32>,
    pub(super) permissions: Vec<u32>,
    /// Page of its report from the folder of the run; empty where there is none.
    pub(super) link: String,
}

/// What is known of one rule.
#[derive(Clone, Copy, Debug)]
struct RuleCount {
    severity: Severity,
    findings: u64,
    apps: u64,
}

/// A run, collected input by input.
#[derive(Debug, Default)]
pub struct Overview {
    pub(super) apps: Vec<App>,
    pub(super) functions: Names,
    pub(super) permissions: Names,
    pub(super) sdks: Names,
    pub(super) rules: Names,
    pub(super) stores: Names,
    packages: Names,
    vendors: BTreeMap<u32, (Prose, String)>,
    seen: BTreeSet<String>,
    statuses: BTreeMap<Status, u64>,
    copies: u64,
    per_app: [u64; 6],
    severities: BTreeMap<Severity, u64>,
    rule_counts: BTreeMap<u32, RuleCount>,
    asked: BTreeMap<u32, BTreeMap<u32, BTreeSet<u32>>>,
    stages: BTreeMap<(u32, u32), Option<Stage>>,
    judged: BTreeSet<u32>,
    obstacles: BTreeMap<String, u64>,
    troubles: BTreeMap<String, u64>,
    troubled: u64,
}

/// The figures of a run: `stats.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// `permscope-stats/1`.
    pub schema: String,
    /// Inputs of the run.
    pub inputs: u64,
    /// Inputs that have the contents of another one and were judged with it; they count once below.
    pub copies: u64,
    /// Different packages that were judged.
    pub packages: u64,
    /// Inputs by how they ended.
    pub statuses: BTreeMap<String, u64>,
    /// Judged inputs by number of findings.
    pub findings_per_app: Vec<Class>,
    /// Findings by severity.
    pub severities: BTreeMap<String, u64>,
    /// Rules that found something, by number of inputs.
    pub rules: Vec<RuleFigure>,
    /// Declared functions, and what the packages of each ask for, by number of packages.
    pub functions: Vec<FunctionFigure>,
    /// SDKs, by number of packages that have them.
    pub sdks: Vec<SdkFigure>,
    /// Judged inputs by what could not be read.
    pub obstacles: BTreeMap<String, u64>,
    /// Inputs of which the catalogue does not say the function.
    pub catalogue_troubles: u64,
    /// The same by what is said of them; the rarest are together.
    pub catalogue_trouble_kinds: BTreeMap<String, u64>,
}

/// Inputs with so many findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// At least.
    pub from: u64,
    /// At most; `None` for the last.
    pub to: Option<u64>,
    /// Judged inputs.
    pub apps: u64,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFigure {
    /// Id.
    pub id: String,
    /// Title.
    pub name: Prose,
    /// Its highest severity.
    pub severity: Severity,
    /// Findings.
    pub findings: u64,
    /// Judged inputs that have one.
    pub apps: u64,
}

/// One declared function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionFigure {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Prose,
    /// Packages.
    pub packages: u64,
    /// Permissions that the data knows and how many packages ask for them.
    pub permissions: BTreeMap<String, u64>,
}

/// One SDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdkFigure {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Prose,
    /// Its operator.
    pub vendor: Prose,
    /// Country of the operator.
    pub country: String,
    /// Packages that have it inside.
    pub packages: u64,
    /// Of these: it starts, by itself or because the app starts it, and no other call was seen.
    pub started: u64,
    /// Of these: its functions are called.
    pub used: u64,
}

impl Overview {
    /// Adds one input; they come in the order of the list.
    pub fn add(&mut self, row: &Row<'_>) {
        let outcome = row.outcome;
        add_one(self.statuses.entry(outcome.status).or_default());
        if outcome.same_as.is_some() {
            add_one(&mut self.copies);
        }
        if let Some(trouble) = &outcome.catalogue_trouble {
            add_one(&mut self.troubled);
            let kinds = self.troubles.len();
            let text = cut(trouble);
            if kinds < TROUBLES || self.troubles.contains_key(&text) {
                add_one(self.troubles.entry(text).or_default());
            }
        }
        let mut app = self.app(row);
        if let Some(rows) = row.rows {
            self.rows(&mut app, outcome, rows);
        }
        self.apps.push(app);
    }

    fn app(&mut self, row: &Row<'_>) -> App {
        let outcome = row.outcome;
        let listed = outcome.listed.clone().unwrap_or_default();
        let app = outcome.app.clone().unwrap_or_default();
        let either = |first: &str, second: &str| cut(if first.is_empty() { second } else { first });
        let named = either(&listed.name, &app.label);
        let named = either(&named, &app.package);
        let functions = outcome.functions.iter();
        let functions = functions
            .map(|id| self.functions.id(id, Prose::default))
            .collect();
        App {
            number: row.number,
            input: cut(&outcome.input),
            name: either(&named, &outcome.input),
            package: cut(&app.package),
            developer: cut(&listed.developer),
            store: self.stores.id(&listed.store, Prose::default),
            version: either(&listed.version, &app.version),
            status: outcome.status,
            note: note(outcome),
            functions,
            counts: ["high", "medium", "low", "info"]
                .map(|key| outcome.findings.get(key).copied().unwrap_or_default()),
            rules: Vec::new(),
            sdks: Vec::new(),
            permissions: Vec::new(),
            link: link(outcome),
        }
    }

    fn rows(&mut self, app: &mut App, outcome: &Outcome, rows: &Rows) {
        app.functions = rows
            .functions
            .iter()
            .map(|f| self.functions.id(&f.id, || f.name.clone()))
            .collect();
        // A name comes with the first report that has it.
        for function in &rows.functions {
            self.functions.name(&function.id, &function.name);
        }
        for finding in &rows.findings {
            app.rules
                .push(self.rules.id(&finding.rule, || finding.title.clone()));
        }
        sort(&mut app.rules);
        let asked = rows.permissions.iter().filter(|p| counts(p));
        app.permissions = asked
            .map(|p| self.permissions.id(&p.name, || p.title.clone()))
            .collect();
        sort(&mut app.permissions);
        let inside = rows.sdks.iter().filter(|s| s.grade != Grade::Referenced);
        let package = &outcome.app.as_ref().map_or("", |app| &app.package);
        let package = self.packages.id(package, Prose::default);
        self.judged.insert(package);
        for sdk in inside {
            let id = self.sdks.id(&sdk.id, || sdk.name.clone());
            app.sdks.push(id);
            self.vendors
                .entry(id)
                .or_insert_with(|| (sdk.vendor.clone(), cut(&sdk.country)));
            let best = self.stages.entry((id, package)).or_default();
            *best = (*best).max(sdk.stage);
        }
        for &function in &app.functions {
            let packages = self.asked.entry(function).or_default();
            let asked = packages.entry(package).or_default();
            asked.extend(&app.permissions);
        }
        // Equal files are one app, unless they were judged by different functions.
        let key = outcome.report.as_ref().unwrap_or(&outcome.input);
        if self.seen.insert(key.clone()) {
            self.findings(app, rows);
        }
    }

    fn findings(&mut self, app: &App, rows: &Rows) {
        let count = u64::try_from(rows.findings.len()).unwrap_or(u64::MAX);
        let class = CLASSES.iter().take_while(|&&most| most < count).count();
        if let Some(apps) = self.per_app.get_mut(class) {
            add_one(apps);
        }
        for finding in &rows.findings {
            add_one(self.severities.entry(finding.severity).or_default());
            let id = self.rules.id(&finding.rule, || finding.title.clone());
            let rule = self.rule_counts.entry(id).or_insert(RuleCount {
                severity: finding.severity,
                findings: 0,
                apps: 0,
            });
            rule.severity = rule.severity.max(finding.severity);
            add_one(&mut rule.findings);
        }
        for id in &app.rules {
            if let Some(rule) = self.rule_counts.get_mut(id) {
                add_one(&mut rule.apps);
            }
        }
        for obstacle in &rows.obstacles {
            add_one(self.obstacles.entry(obstacle.clone()).or_default());
        }
    }

    /// Inputs with the most and the most severe findings first.
    pub(super) fn ranking(&self) -> Vec<&App> {
        let mut apps: Vec<&App> = self.apps.iter().collect();
        apps.sort_by_key(|app| (Reverse(app.counts), app.number));
        apps
    }

    /// The figures.
    pub fn figures(&self) -> Figures {
        let mut from = 0;
        let mut classes = Vec::new();
        for (at, &apps) in self.per_app.iter().enumerate() {
            let to = CLASSES.get(at).copied();
            classes.push(Class { from, to, apps });
            from = to.unwrap_or(from).saturating_add(1);
        }
        let severities = self.severities.iter();
        Figures {
            schema: SCHEMA.to_owned(),
            inputs: length(&self.apps),
            copies: self.copies,
            packages: u64::try_from(self.judged.len()).unwrap_or(u64::MAX),
            statuses: Status::ALL
                .iter()
                .map(|status| (status.word().to_owned(), self.status(*status)))
                .collect(),
            findings_per_app: classes,
            severities: severities
                .map(|(severity, count)| (enum_key(severity), *count))
                .collect(),
            rules: self.rule_figures(),
            functions: self.function_figures(),
            sdks: self.sdk_figures(),
            obstacles: self.obstacles.clone(),
            catalogue_troubles: self.troubled,
            catalogue_trouble_kinds: self.troubles.clone(),
        }
    }

    /// Inputs that ended so.
    pub(super) fn status(&self, status: Status) -> u64 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }

    fn rule_figures(&self) -> Vec<RuleFigure> {
        let figure = |(&id, count): (&u32, &RuleCount)| {
            let (id, name) = self.rules.get(id);
            RuleFigure {
                id: id.to_owned(),
                name,
                severity: count.severity,
                findings: count.findings,
                apps: count.apps,
            }
        };
        let mut figures: Vec<RuleFigure> = self.rule_counts.iter().map(figure).collect();
        figures.sort_by(|a, b| (b.apps, &a.id).cmp(&(a.apps, &b.id)));
        figures
    }

    fn function_figures(&self) -> Vec<FunctionFigure> {
        let figure = |(&id, packages): (&u32, &BTreeMap<u32, BTreeSet<u32>>)| {
            let mut permissions = BTreeMap::new();
            for &permission in packages.values().flatten() {
                let (name, _) = self.permissions.get(permission);
                add_one(permissions.entry(name.to_owned()).or_default());
            }
            let (id, name) = self.functions.get(id);
            FunctionFigure {
                id: id.to_owned(),
                name,
                packages: u64::try_from(packages.len()).unwrap_or(u64::MAX),
                permissions,
            }
        };
        let mut figures: Vec<FunctionFigure> = self.asked.iter().map(figure).collect();
        figures.sort_by(|a, b| (b.packages, &a.id).cmp(&(a.packages, &b.id)));
        figures
    }

    fn sdk_figures(&self) -> Vec<SdkFigure> {
        let mut counts: BTreeMap<u32, (u64, u64, u64)> = BTreeMap::new();
        for (&(sdk, _), stage) in &self.stages {
            let (packages, started, used) = counts.entry(sdk).or_default();
            add_one(packages);
            match stage {
                Some(Stage::AutoStarted | Stage::Started) => add_one(started),
                Some(Stage::Used) => add_one(used),
                _ => {}
            }
        }
        let figure = |(sdk, (packages, started, used)): (u32, (u64, u64, u64))| {
            let (id, name) = self.sdks.get(sdk);
            let (vendor, country) = self.vendors.get(&sdk).cloned().unwrap_or_default();
            SdkFigure {
                id: id.to_owned(),
                name,
                vendor,
                country,
                packages,
                started,
                used,
            }
        };
        let mut figures: Vec<SdkFigure> = counts.into_iter().map(figure).collect();
        figures.sort_by(|a, b| (b.packages, &a.id).cmp(&(a.packages, &b.id)));
        figures
    }
}

impl Names {
    /// Gives a name to what was named by its id alone.
    fn name(&mut self, id: &str, name: &Prose) {
        let place = self.ids.get(id).and_then(|&id| usize::try_from(id).ok());
        if let Some((_, known)) = place.and_then(|place| self.all.get_mut(place))
            && *known == Prose::default()
        {
            let clean = |text: &Option<String>| text.as_deref().map(cut);
            *known = Prose {
                zh: clean(&name.zh),
                en: clean(&name.en),
            };
        }
    }
}

/// A permission that the app asks for itself and that the data knows.
fn counts(permission: &PermissionRow) -> bool {
    let is_known = !permission.protection.is_empty() || permission.tier != Tier::NotJudged;
    permission.origin == "requested" && is_known
}

/// Why there is no report, or what it could not see.
fn note(outcome: &Outcome) -> String {
    let killer = outcome.killer.iter();
    let trouble = outcome.catalogue_trouble.iter();
    let parts: Vec<String> = outcome
        .reasons
        .iter()
        .chain(killer)
        .chain(trouble)
        .take(4)
        .map(|part| cut(part))
        .collect();
    parts.join("; ")
}

/// The page beside the report.
fn link(outcome: &Outcome) -> String {
    let report = outcome.report.as_deref().unwrap_or_default();
    let stem = report
        .strip_suffix(".json.gz")
        .or_else(|| report.strip_suffix(".json"));
    let page = match stem {
        Some(stem) => format!("{stem}.html"),
        None => format!("reports/{}.html", outcome.sha256),
    };
    if outcome.status.is_judged() && is_report(&page) {
        page
    } else {
        String::new()
    }
}

/// A text as a page may show it.
fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let mut short: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    printable(&short)
}

fn sort(ids: &mut Vec<u32>) {
    ids.sort_unstable();
    ids.dedup();
}

fn add_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
