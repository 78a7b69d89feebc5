//! Facts against the signature database: who is inside, what was asked for, what is in the way.

mod access;
mod accesses;
mod asker;
mod features;
mod marks;
mod obstacles;
mod owner;
mod permissions;
mod reach;
mod table;

pub use features::Feature;
pub use marks::{Grade, Mark, MarkIndex, MarkKind, SdkHit};
pub use obstacles::Obstacle;
pub use owner::{OwnedCall, Owner, Owners};
pub use permissions::{Origin, RequestedPermission};

use crate::facts::Facts;
use crate::signatures::SignatureDb;

/// What was recognised in one app.
#[derive(Clone, Debug, Default)]
pub struct Detections {
    /// SDKs, sorted by id.
    pub sdks: Vec<SdkHit>,
    /// Every permission that the app has, by request or by the platform's own rules; sorted by name.
    pub permissions: Vec<RequestedPermission>,
    /// Features of the device that the app needs; sorted by name.
    pub features: Vec<Feature>,
    /// What keeps the audit from seeing everything: packers, code loaded at run time, code that is not DEX.
    pub obstacles: Vec<Obstacle>,
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

    /// Recognises what is in `facts`.
    pub fn detect(&self, facts: &Facts) -> Detections {
        let sdks = self.sdks.find(facts);
        let owners = Owners::new(&self.sdks, &sdks, facts);
        let obstacles = obstacles::find(facts, self.db, &self.packers, &sdks, &owners);
        let permissions = permissions::requested(facts, &self.db.data.implied);
        Detections {
            sdks,
            permissions,
            features: features::find(facts, &self.db.data.implied),
            obstacles,
        }
    }
}
