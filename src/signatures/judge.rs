//! What a declared function needs a permission for.

use super::SignatureDb;
use super::schema::{Function, Reason, Str, Text, Tier};

/// Why a permission is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotJudged {
    /// No function was declared.
    NoFunction,
    /// Common to all kinds of apps; opens no personal information by itself.
    Neutral,
    /// The declared function is a generic one: no list says what it needs.
    GenericFunction,
    /// The data says nothing about this permission.
    Unknown,
}

/// The tier of a permission for the declared functions, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The tier.
    pub tier: Tier,
    /// The function that decided: of several the one with the most permissive tier, the first declared among equals.
    pub function: Option<&'a Function>,
    /// Why, by reason id.
    pub reasons: Vec<(&'a str, &'a Reason)>,
    /// What must hold for the tier.
    pub condition: Option<&'a Text>,
    /// There is a way that needs no permission (named by a reason, or by the permission's own entry).
    pub avoidable: bool,
    /// `info`: the listed information needs it; `function`: the basic function does (our derivation).
    pub basis: Option<&'a str>,
    /// Clauses behind the tier.
    pub clauses: Vec<&'a str>,
    /// The permission that stood in for the one asked about.
    pub judged_as: Option<&'a str>,
    /// Why there is no tier; only with [`Tier::NotJudged`].
    pub not_judged: Option<NotJudged>,
}

impl<'a> Judgement<'a> {
    fn new(tier: Tier, function: Option<&'a Function>) -> Judgement<'a> {
        Judgement {
            tier,
            function,
            reasons: Vec::new(),
            condition: None,
            avoidable: false,
            basis: None,
            clauses: Vec::new(),
            judged_as: None,
            not_judged: None,
        }
    }

    fn none(function: Option<&'a Function>, why: NotJudged) -> Judgement<'a> {
        Judgement {
            not_judged: Some(why),
            ..Judgement::new(Tier::NotJudged, function)
        }
    }

    /// How much the judgement allows; the least wins in a union.
    ///
    /// "Not needed" by one function says nothing about a generic one that is
    /// declared beside it, so the generic one's "not judged" wins over it; a
    /// permission that the data does not know is unknown for every function.
    fn rank(&self) -> u8 {
        match (self.tier, self.not_judged) {
            (Tier::Necessary, _) => 0,
            (Tier::OnUserAction, _) => 1,
            (Tier::NotJudged, Some(NotJudged::GenericFunction)) => 2,
            (Tier::NotNeeded, _) => 3,
            (Tier::NotJudged, _) => 4,
        }
    }
}

/// Judges one permission against the union of `functions`.
pub(super) fn tier<'a>(
    db: &'a SignatureDb,
    functions: &[&'a Function],
    permission: &str,
) -> Judgement<'a> {
    if functions.is_empty() {
        return Judgement::none(None, NotJudged::NoFunction);
    }
    let judged = functions.iter().map(|f| one(db, f, permission));
    // `min_by_key` keeps the first of equals.
    judged
        .min_by_key(Judgement::rank)
        .unwrap_or_else(|| Judgement::none(None, NotJudged::NoFunction))
}

fn one<'a>(db: &'a SignatureDb, function: &'a Function, permission: &str) -> Judgement<'a> {
    if let Some(found) = named(db, function, permission) {
        return found;
    }
    let privacy = db.permission(permission).and_then(|view| view.privacy);
    if privacy.is_some_and(|p| p.neutral) {
        return Judgement::none(Some(function), NotJudged::Neutral);
    }
    if let Some(other) = privacy.and_then(|p| p.judged_as.as_deref())
        && let Some(found) = named(db, function, other)
    {
        return Judgement {
            judged_as: Some(other),
            ..found
        };
    }
    if function.is_generic() {
        return Judgement::none(Some(function), NotJudged::GenericFunction);
    }
    Judgement::none(Some(function), NotJudged::Unknown)
}

/// What the function itself says about a permission.
fn named<'a>(
    db: &'a SignatureDb,
    function: &'a Function,
    permission: &str,
) -> Option<Judgement<'a>> {
    let Some(entry) = function.permission.iter().find(|p| p.name == permission) else {
        let listed = function.not_needed.iter().any(|name| name == permission);
        return listed.then(|| Judgement {
            clauses: function
                .not_needed_clauses
                .iter()
                .map(Str::as_str)
                .collect(),
            ..Judgement::new(Tier::NotNeeded, Some(function))
        });
    };
    let clauses = match (&entry.clause, entry.tier) {
        (Some(clause), _) => vec![clause.as_str()],
        (None, Tier::OnUserAction) => function
            .on_user_action_clauses
            .iter()
            .map(Str::as_str)
            .collect(),
        (None, _) => function.clause.as_deref().into_iter().collect(),
    };
    Some(Judgement {
        reasons: entry
            .reasons
            .iter()
            .filter_map(|id| Some((id.as_str(), db.reason(id)?)))
            .collect(),
        condition: entry.condition.as_ref(),
        avoidable: entry.avoidable,
        basis: entry.basis.as_deref(),
        clauses,
        ..Judgement::new(entry.tier, Some(function))
    })
}

impl Function {
    /// No list of necessary information stands behind it: nothing can exceed it.
    #[must_use]
    pub fn is_generic(&self) -> bool {
        self.number == 0
    }
}
