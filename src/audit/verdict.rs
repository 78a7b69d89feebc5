//! The verdict on each permission.

use super::declared::{Declared, Edition};
use super::evidence::Evidence;
use crate::detect::{Detections, Grade, Origin, RequestedPermission, Usage};
use crate::facts::Facts;
use crate::signatures::schema::{RuleConfidence, Text, Tier};
use crate::signatures::{NotJudged, SignatureDb};
use serde::{Deserialize, Serialize};

/// What the tier means for this app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The declared function needs it.
    WithinFunction,
    /// Justified if it is asked for when the user starts the named function; a dynamic test shows that.
    Conditional,
    /// No declared function needs it: a lead.
    BeyondFunction,
    /// Nothing is said about it.
    NotJudged,
}

/// One permission, judged.
#[derive(Clone, Debug)]
pub struct PermissionVerdict {
    /// The permission and where it comes from.
    pub permission: RequestedPermission,
    /// Its tier for the declared functions.
    pub tier: Tier,
    /// The function that the tier comes from.
    pub function: Option<String>,
    /// Why it has that tier.
    pub reason: Text,
    /// What must hold.
    pub condition: Option<Text>,
    /// A way that needs no permission.
    pub alternative: Option<Text>,
    /// There is such a way, and the permission could be left out.
    pub avoidable: bool,
    /// Clauses behind the tier.
    pub clauses: Vec<String>,
    /// What the tier means.
    pub verdict: Verdict,
    /// How sure the verdict is.
    pub confidence: RuleConfidence,
    /// The elements that request it.
    pub evidence: Vec<Evidence>,
    /// Bundled SDKs whose own manifests request it, by id.
    pub merged_by: Vec<String>,
    /// Who uses it.
    pub usage: Usage,
}

pub(super) fn all(
    facts: &Facts,
    detections: &Detections,
    declared: &Declared<'_>,
    db: &SignatureDb,
) -> Vec<PermissionVerdict> {
    detections
        .permissions
        .iter()
        .zip(&detections.usage)
        .map(|(permission, usage)| {
            let merged_by = merged_by(&permission.name, detections, db);
            one(facts, permission, declared, db, usage.clone(), merged_by)
        })
        .collect()
}

/// Tier of a permission for the declared functions, also of one that a component shows.
pub(crate) fn tier(permission: &str, declared: &Declared<'_>, db: &SignatureDb) -> Tier {
    if declared.edition == Edition::Supply {
        Tier::NotJudged
    } else {
        db.tier(&declared.functions, permission).tier
    }
}

fn one(
    facts: &Facts,
    permission: &RequestedPermission,
    declared: &Declared<'_>,
    db: &SignatureDb,
    usage: Usage,
    merged_by: Vec<String>,
) -> PermissionVerdict {
    let judgement = db.tier(&declared.functions, &permission.name);
    let supply = declared.edition == Edition::Supply && !declared.functions.is_empty();
    let tier = if supply {
        Tier::NotJudged
    } else {
        judgement.tier
    };
    let reasons = || judgement.reasons.iter().map(|(_, reason)| *reason);
    let reason = match tier {
        Tier::NotJudged if supply => Text {
            zh: "服务供给侧版本，不适用必要个人信息清单（国信办秘字〔2021〕14号第三条）".into(),
            en: "supply-side edition: the lists of necessary information do not bind it (CN-NEC14 Art. 3)".into(),
        },
        Tier::NotJudged => not_judged(judgement.not_judged),
        Tier::NotNeeded => Text {
            zh: "所声明的功能既无需该权限对应的个人信息，也无需该项能力".into(),
            en: "the declared function needs neither the information that it opens nor the capability".into(),
        },
        Tier::Necessary | Tier::OnUserAction => join(reasons().map(|r| (r.zh.as_str(), r.en.as_str()))),
    };
    let own_alternative = db
        .permission(&permission.name)
        .and_then(|p| p.privacy)
        .and_then(|p| p.alternative.clone());
    let alternative = reasons()
        .find_map(|r| r.alternative.clone())
        .or(own_alternative);
    let evidence = permission
        .requests
        .iter()
        .map(|r| Evidence::element(facts, &r.at, format!("{} {}", r.element.name(), r.name)))
        .collect();
    PermissionVerdict {
        verdict: match tier {
            Tier::Necessary => Verdict::WithinFunction,
            Tier::OnUserAction => Verdict::Conditional,
            Tier::NotNeeded => Verdict::BeyondFunction,
            Tier::NotJudged => Verdict::NotJudged,
        },
        // The manifest states the request; the tier is our derivation unless the listed information names it.
        confidence: match tier {
            Tier::Necessary if judgement.basis == Some("info") => RuleConfidence::Certain,
            Tier::NotJudged => RuleConfidence::Tentative,
            Tier::Necessary | Tier::OnUserAction | Tier::NotNeeded => RuleConfidence::Firm,
        },
        tier,
        function: judgement
            .function
            .filter(|_| tier != Tier::NotJudged)
            .map(|f| f.id.to_string()),
        reason,
        condition: judgement
            .condition
            .filter(|_| tier != Tier::NotJudged)
            .cloned(),
        alternative,
        // A permission judged as another one has not that one's alternative.
        avoidable: judgement.avoidable
            && judgement.judged_as.is_none()
            && tier == Tier::OnUserAction,
        clauses: if tier == Tier::NotJudged {
            Vec::new()
        } else {
            judgement.clauses.iter().map(|c| (*c).to_owned()).collect()
        },
        permission: permission.clone(),
        evidence,
        merged_by,
        usage,
    }
}

/// The bundled SDKs of whose archives the manifest requests a permission.
fn merged_by(permission: &str, detections: &Detections, db: &SignatureDb) -> Vec<String> {
    let asks = |id: &str| {
        let observed = db.sdk(id).and_then(|sdk| sdk.observed.as_ref());
        observed.is_some_and(|o| o.permissions.iter().any(|p| p == permission))
    };
    let bundled = detections
        .sdks
        .iter()
        .filter(|hit| hit.grade != Grade::Referenced);
    bundled
        .filter(|hit| asks(&hit.id))
        .map(|hit| hit.id.clone())
        .collect()
}

fn not_judged(why: Option<NotJudged>) -> Text {
    let (zh, en) = match why {
        Some(NotJudged::NoFunction) => (
            "未声明功能，不作超范围判断",
            "no function was declared: nothing is judged as beyond it",
        ),
        Some(NotJudged::Neutral) => (
            "各类应用通用、本身不直接开放个人信息的权限",
            "common to all kinds of apps; opens no personal information by itself",
        ),
        Some(NotJudged::GenericFunction) => (
            "39类之外的应用，没有对应的必要个人信息清单，应当由运营者说明用途",
            "outside the 39 types there is no list of necessary information: the operator has to state the purpose",
        ),
        Some(NotJudged::Unknown) | None => (
            "数据库未收录该权限与所声明功能的关系",
            "the data does not say what this permission means for the declared function",
        ),
    };
    Text {
        zh: zh.into(),
        en: en.into(),
    }
}

fn join<'r>(texts: impl Iterator<Item = (&'r str, &'r str)>) -> Text {
    let (zh, en): (Vec<_>, Vec<_>) = texts.unzip();
    Text {
        zh: zh.join("；").into(),
        en: en.join("; ").into(),
    }
}

impl PermissionVerdict {
    /// Whether the manifest asks for it (and not only the platform's rules).
    pub fn requested(&self) -> bool {
        self.permission.origin == Origin::Requested
    }
}
