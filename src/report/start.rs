//! The part of the record about the start of the app: what is reached before and with the first screen.

use super::v1::{AccessInfo, Report, Sdk};
use super::words::{Language, word};
use crate::audit::Evidence;
use crate::detect::{AtStart, Owner};
use crate::facts::{Facts, StartKind, StartRoot};
use serde::{Deserialize, Serialize};

/// How far the calls from the start of the app were followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartCoverage {
    /// Where the platform begins, in its order.
    pub begins: Vec<StartPlace>,
    /// Methods that were reached.
    pub methods: u32,
    /// Calls that may end at more places than were followed.
    pub open_calls: u32,
    /// A limit ended the walk before its end.
    pub cut: bool,
}

/// Where the platform begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartPlace {
    /// `component_factory`, `application`, `provider`, `initializer`, `launcher_activity`.
    pub kind: StartKind,
    /// Its class.
    pub class: String,
}

/// When something on the way from the start of the app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartMoment {
    /// Before there is any screen.
    BeforeScreen,
    /// In the first screen, which may ask for consent.
    FirstScreen,
}

/// A way from the start of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartInfo {
    /// `before_screen`, `first_screen`.
    pub when: StartMoment,
    /// Something on the way is left to a thread or a queue of messages: whether it runs is not certain.
    pub posted: bool,
    /// Where it begins.
    pub begins: StartPlace,
    /// The element of the manifest that makes it begin there.
    pub root: Evidence,
    /// The calls, from the method that the platform calls to the place itself. `channel` says how each leads on.
    pub stack: Vec<Evidence>,
}

/// How far the calls from the start were followed.
pub(super) fn coverage(facts: &Facts) -> Option<StartCoverage> {
    let start = facts.start.as_ref()?;
    let mut begins: Vec<StartPlace> = Vec::new();
    for root in &start.roots {
        let place = place(root);
        // An application begins twice: when it is made, and after the providers.
        if !begins.contains(&place) {
            begins.push(place);
        }
    }
    Some(StartCoverage {
        begins,
        methods: start.methods,
        open_calls: start.open_calls,
        cut: start.cut,
    })
}

fn place(root: &StartRoot) -> StartPlace {
    StartPlace {
        kind: root.kind,
        class: root.class.clone(),
    }
}

/// The way to a place.
pub(super) fn info(
    facts: &Facts,
    at: Option<&AtStart>,
    owner: Option<&Owner>,
) -> Option<StartInfo> {
    let at = at?;
    let stack = facts.start.as_ref()?.stack(at.node)?;
    let when = if stack.is_before_screen() {
        StartMoment::BeforeScreen
    } else {
        StartMoment::FirstScreen
    };
    Some(StartInfo {
        when,
        posted: stack.is_posted(),
        begins: place(stack.root),
        root: Evidence::root(facts, stack.root),
        stack: Evidence::way(facts, &stack, at, owner.map_or("", Owner::as_str)),
    })
}

impl StartInfo {
    /// Key of the word for when it runs, and how sure that is.
    pub(crate) fn key(&self) -> &'static str {
        match (self.when, self.posted) {
            (StartMoment::BeforeScreen, false) => "start_before_screen",
            (StartMoment::BeforeScreen, true) => "start_before_screen_posted",
            (StartMoment::FirstScreen, false) => "start_first_screen",
            (StartMoment::FirstScreen, true) => "start_first_screen_posted",
        }
    }

    /// The way in one line: the methods from the first to the one that holds the place.
    pub(crate) fn line(&self) -> String {
        let methods: Vec<String> = self.stack.iter().map(method).collect();
        methods.join(" > ")
    }
}

/// `com.x.App.onCreate`: where an instruction stands.
pub(super) fn method(evidence: &Evidence) -> String {
    let class = evidence.class.as_deref().unwrap_or("?");
    let method = evidence.method.as_deref().unwrap_or_default();
    let name = method.split('(').next().unwrap_or_default();
    format!("{class}.{name}")
}

/// What is reached on the way, the surest first: accesses to personal information that are no mere hints.
pub(super) fn accesses(report: &Report) -> Vec<(&AccessInfo, &StartInfo)> {
    let of = |access: &'_ AccessInfo| !access.hint && !access.information.is_empty();
    let mut all: Vec<(&AccessInfo, &StartInfo)> = report
        .accesses
        .iter()
        .filter(|access| of(access))
        .filter_map(|access| Some((access, access.start.as_ref()?)))
        .collect();
    all.sort_by_key(|(access, start)| (start.when, start.posted, &access.owner, &access.id));
    all
}

/// SDKs that are started on the way.
pub(super) fn sdks(report: &Report) -> Vec<(&Sdk, &StartInfo)> {
    let of = |sdk: &'_ Sdk| sdk.at_start.is_some();
    let mut all: Vec<(&Sdk, &StartInfo)> = report
        .sdks
        .iter()
        .filter(|sdk| of(sdk))
        .filter_map(|sdk| Some((sdk, sdk.at_start.as_ref()?)))
        .collect();
    all.sort_by_key(|(sdk, start)| (start.when, start.posted, &sdk.id));
    all
}

/// What is to be said where nothing was found, or beside what was.
pub(super) fn note(report: &Report, language: Language) -> String {
    let Some(start) = &report.coverage.start else {
        return word("start_unknown", language).to_owned();
    };
    let methods = start.methods;
    let open = match (start.open_calls, language) {
        (0, _) => String::new(),
        (open, Language::Zh) => format!("，{open} 处调用的去向未能确定"),
        (open, Language::En) => format!("; where {open} calls end is not certain"),
    };
    let cut = if start.cut {
        word("start_cut", language)
    } else {
        ""
    };
    let hidden = match report.coverage.unpacked {
        Some(_) => word("start_hidden", language),
        None => "",
    };
    match language {
        Language::Zh => format!(
            "自系统调用的入口静态跟踪方法 {methods} 个{open}{cut}；不判断条件分支，不跟踪反射、组件跳转和监听器。是否受“同意”判断控制，须动态核验；未列出的，不表示启动时不执行{hidden}。"
        ),
        Language::En => format!(
            "{methods} methods were followed from where the platform begins{open}{cut}. Conditions are not evaluated; reflection, components that intents start and listeners are not followed. Whether consent is asked for first needs a run; what is not listed may run at start all the same{hidden}."
        ),
    }
}
