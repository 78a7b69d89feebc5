//! Facts against the signature database: who is inside, what was asked for, what is in the way.

mod access;
mod accesses;
mod asker;
mod features;
mod ledger;
mod marks;
mod obstacles;
mod owner;
mod permissions;
mod reach;
mod stage;
mod start;
mod table;
mod usage;

pub use access::{Access, AtStart, Need, Shown, Where};
pub use features::Feature;
pub use ledger::{Gap, Ledger};
pub use marks::{Grade, Mark, MarkIndex, MarkKind, SdkHit};
pub use obstacles::Obstacle;
pub use owner::{OwnedCall, Owner, Owners};
pub use permissions::{Origin, RequestedPermission};
pub use stage::{SdkStage, Stage};
pub use usage::{Certainty, Usage, Use};

use crate::facts::Facts;
use crate::signatures::SignatureDb;
use asker::Askers;
use reach::Reach;

/// What was recognised in one app.
#[derive(Clone, Debug, Default)]
pub struct Detections {
    /// SDKs, sorted by id.
    pub sdks: Vec<SdkHit>,
    /// How far each of them goes, in their order.
    pub stages: Vec<SdkStage>,
    /// Every permission that the app has, by request or by the platform's own rules; sorted by name.
    pub permissions: Vec<RequestedPermission>,
    /// Features of the device that the app needs; sorted by name.
    pub features: Vec<Feature>,
    /// What keeps the audit from seeing everything: packers, code loaded at run time, code that is not DEX.
    pub obstacles: Vec<Obstacle>,
    /// What the app reaches, by id and owner.
    pub accesses: Vec<Access>,
    /// Who uses each of [`Detections::permissions`], in their order.
    pub usage: Vec<Usage>,
    /// What stays open.
    pub ledger: Ledger,
}

impl Detections {
    /// What the code asks the user for, and something leads to: the permission and the access that shows it.
    pub fn requests(&self) -> impl Iterator<Item = (&str, &Access)> {
        let asked = |access: &&Access| {
            let rest = access.id.strip_prefix(accesses::REQUEST);
            access.reached && rest.is_some_and(|rest| rest.starts_with(':'))
        };
        let named = |access| Access::needs_of(access).next().map(|name| (name, access));
        self.accesses.iter().filter(asked).filter_map(named)
    }
}

/// A signature database prepared for matching; made once for many apps.
#[derive(Debug)]
pub struct Detector<'d> {
    db: &'d SignatureDb,
    sdks: MarkIndex<'d>,
    packers: MarkIndex<'d>,
}

impl<'d> Detector<'d> {
    /// Indexes the marks of all SDKs and packers.
    pub fn new(db: &'d SignatureDb) -> Self {
        Self {
            db,
            sdks: MarkIndex::new(db.data.sdks.iter().map(|s| s.id.as_str()), db.sdk_marks()),
            packers: MarkIndex::new(
                db.data.packers.iter().map(|p| p.id.as_str()),
                db.packer_marks(),
            ),
        }
    }

    /// The database behind it.
    pub fn db(&self) -> &'d SignatureDb {
        self.db
    }

    /// The libraries alone.
    pub fn sdks(&self, facts: &Facts) -> Vec<SdkHit> {
        self.sdks.find(facts)
    }

    /// Recognises what is in `facts`.
    pub fn detect(&self, facts: &Facts) -> Detections {
        let sdks = self.sdks.find(facts);
        let owners = Owners::new(&self.sdks, &sdks, facts);
        let obstacles = obstacles::find(facts, self.db, &self.packers, &sdks, &owners);
        let permissions = permissions::requested(facts, &self.db.data.implied);
        let reach = Reach::new(facts);
        let askers = Askers::new(facts, &owners, self.db);
        let accesses::Found {
            accesses,
            unresolved,
            cut,
        } = accesses::find(facts, self.db, &askers, &reach);
        let ledger = Ledger::new(facts, &obstacles, &unresolved, &cut, &askers);
        let parts = usage::Parts {
            facts,
            db: self.db,
            owners: &owners,
            accesses: &accesses,
            ledger: &ledger,
            askers: &askers,
        };
        let usage = usage::all(&parts, &permissions);
        let stages = stage::all(facts, &sdks, self.db, &askers, &reach);
        Detections {
            stages,
            sdks,
            permissions,
            features: features::find(facts, &self.db.data.implied),
            obstacles,
            accesses,
            usage,
            ledger,
        }
    }
}
