//! The frozen layer: everything about one app that judging needs, without the APK.
//!
//! Facts are owned, sorted and versioned. The same files give the same facts,
//! byte for byte; facts and a signature database give the same report, whether
//! the APK is there or not (`permscope judge`). Nothing in here depends on the
//! signature database: what a new rule might ask for has to be in the facts already.

pub mod extract;
mod model;
pub mod nested;
pub mod notation;
mod notation_start;
mod notation_uses;
mod start;
mod uses;

pub use crate::signing::{Certificate, Issue, Verification};
pub(crate) use extract::{can_be_kept, hosts_in_text, is_telling};
pub use model::{
    ChannelState, Coverage, DexFact, ExcludedFile, Facts, FileFact, FileRole, NativeFact, SCHEMA,
    SignerFact, SigningFact, State,
};
pub use nested::{NestedDex, NestedFact, NestedKind};
pub use start::{StartCall, StartFact, StartKind, StartNode, StartRoot, StartStack, StartStep};
pub use uses::{
    Arg, Entered, Known, Manner, MethodFact, OpaqueFact, ScriptFact, Site, UseFact, Walked,
};
