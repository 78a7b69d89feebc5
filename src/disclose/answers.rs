//! What a comparison says.

use crate::detect::Grade;
use crate::report::v1::{DataInfo, Tool};
use crate::report::words::Prose;
use serde::Serialize;

/// Value of [`Comparison::schema`].
pub(super) const SCHEMA: &str = "permscope-disclosure/1";
/// Value of [`InformationAnswer::shown_by`].
pub(super) const COMMON_PERMISSION: &str = "common_permission";

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
    /// Named only where a term is said to mean it.
    OnlyDefined,
    /// Named only in text that the page hides, perhaps until a reader clicks.
    OnlyHidden,
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
    /// `code`: something that can run reaches it; `permission`: a permission that opens it is requested;
    /// `common_permission`: the same, of a permission that nearly every app requests.
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
    pub missing: Vec<Prose>,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// `permscope-disclosure/1`.
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
        let not = |answer| {
            matches!(
                answer,
                Answer::NotDisclosed | Answer::MentionedNegated | Answer::OnlyDefined
            )
        };
        let sdk = |sdk: &SdkAnswer| not(sdk.answer) && !sdk.information.is_empty();
        let kind =
            |kind: &InformationAnswer| not(kind.answer) && kind.shown_by != COMMON_PERMISSION;
        self.sdks.iter().any(sdk) || self.information.iter().any(kind)
    }

    /// Everything was read, and nothing stands in hidden text alone.
    pub fn is_complete(&self) -> bool {
        let sdk = |sdk: &SdkAnswer| sdk.answer == Answer::OnlyHidden && !sdk.information.is_empty();
        let kind = |kind: &InformationAnswer| {
            kind.answer == Answer::OnlyHidden && kind.shown_by != COMMON_PERMISSION
        };
        self.app_complete
            && self.texts_complete
            && !self.sdks.iter().any(sdk)
            && !self.information.iter().any(kind)
    }
}
