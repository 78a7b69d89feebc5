//! `functions/` and `store-types/`: what an app may be for, and what that needs.

use super::{Source, Str, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `functions/<nn>-<id>.toml`: one declared function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// `online-shopping`; sub-types as `utility-flashlight`.
    pub id: Str,
    /// Number in Article 5 of CN-NEC14; 0 for a generic function.
    pub number: u32,
    /// The function that this one is a sub-type of.
    #[serde(default)]
    pub parent: Option<Str>,
    /// Official Chinese name, our English one.
    pub name: Text,
    /// Other names that a user may type.
    #[serde(default)]
    pub aliases: Vec<Str>,
    /// Clause that lists the function; absent in a generic one.
    #[serde(default)]
    pub clause: Option<Str>,
    /// The basic function, in the official wording (zh).
    pub basic_function: Text,
    /// "No personal information is needed for the basic function."
    #[serde(default)]
    pub needs_no_personal_info: bool,
    /// The necessary personal information, in the official wording (zh).
    #[serde(default)]
    pub necessary_info: Vec<NecessaryInfo>,
    /// Permissions that are necessary or may be asked for when the user starts something.
    #[serde(default)]
    pub permission: Vec<FunctionPermission>,
    /// Permissions that no listed information and no common function of this type needs.
    #[serde(default)]
    pub not_needed: Vec<Str>,
    /// Clauses behind the tier on-user-action.
    #[serde(default)]
    pub on_user_action_clauses: Vec<Str>,
    /// Clauses behind the tier not-needed.
    #[serde(default)]
    pub not_needed_clauses: Vec<Str>,
    /// Words in a label or description that suggest this function.
    #[serde(default)]
    pub keywords: Vec<Str>,
    /// What to mind when judging.
    #[serde(default)]
    pub notes: Vec<Text>,
    /// Sources of this file.
    #[serde(default)]
    pub source: Vec<Source>,
    /// Examples that are run: permissions that must fall into a tier.
    #[serde(default)]
    pub example: Vec<FunctionExample>,
}

/// One item of the necessary personal information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NecessaryInfo {
    /// Official wording.
    pub zh: Str,
    /// Ours.
    pub en: Str,
    /// Permissions that open it; empty where the user types it in.
    #[serde(default)]
    pub permissions: Vec<Str>,
}

/// The tier of a permission for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Reaches listed information, or the basic function cannot run without it.
    Necessary,
    /// Justified when the user starts the named function, and refusal leaves the basic function working.
    OnUserAction,
    /// No listed information and no common function of the type needs it.
    NotNeeded,
    /// The data says nothing about it.
    NotJudged,
}

/// One permission of a function that is not simply not needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionPermission {
    /// Full name.
    pub name: Str,
    /// `necessary` or `on-user-action`.
    pub tier: Tier,
    /// Ids in `functions/reasons.toml`.
    pub reasons: Vec<Str>,
    /// What must hold for the tier.
    #[serde(default)]
    pub condition: Option<Text>,
    /// There is a way that needs no permission (named by the reason).
    #[serde(default)]
    pub avoidable: bool,
    /// `info`: the listed information needs it; `function`: the basic function does (our derivation).
    #[serde(default)]
    pub basis: Option<Str>,
    /// Clause, where it differs from the function's own lists.
    #[serde(default)]
    pub clause: Option<Str>,
}

/// An executed example of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionExample {
    /// What kind of app it is.
    pub about: Text,
    /// Permissions that the app requests.
    pub permissions: Vec<Str>,
    /// Those of them that exceed the function; empty for an app that fits.
    #[serde(default)]
    pub not_needed: Vec<Str>,
}

/// `functions/reasons.toml`: why a permission has its tier, by reason id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// The reasons by id.
    pub reason: BTreeMap<Str, Reason>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, in Chinese.
    pub zh: Str,
    /// Why, in English.
    pub en: Str,
    /// A way that needs no permission.
    #[serde(default)]
    pub alternative: Option<Text>,
}

/// `store-types/<store>.toml`: a store's category names and the functions they suggest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTypes {
    /// `google-play`.
    pub id: Str,
    /// The store's name.
    pub name: Text,
    /// Its categories.
    pub category: Vec<StoreCategory>,
    /// Sources of this file.
    pub source: Vec<Source>,
}

/// One category of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreCategory {
    /// The store's own key or number.
    pub key: Str,
    /// Names under which users know it.
    #[serde(default)]
    pub names: Vec<Str>,
    /// Function ids: the first is the default, the others are candidates.
    pub functions: Vec<Str>,
}
