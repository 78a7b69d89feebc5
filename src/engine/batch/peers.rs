//! What the apps of one function ask for, counted over a run.

use crate::report::v1::PeerShare;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Value of [`Peers::schema`].
const SCHEMA: &str = "permscope-peers/1";

/// Fewer apps than this are no crowd to compare with.
pub const LEAST: u64 = 10;

/// `peers.json` of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// `permscope-peers/1`.
    pub schema: String,
    /// Digest of the run: SHA-256 over its `run.json` and the digests of its inputs.
    pub run: String,
    /// By function.
    pub functions: BTreeMap<String, Crowd>,
}

/// The apps of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crowd {
    /// Packages.
    pub apps: u64,
    /// How many of them ask for a permission.
    pub permissions: BTreeMap<String, u64>,
}

impl Peers {
    /// Reads `peers.json`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let peers: Self = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        if peers.schema == SCHEMA {
            Ok(peers)
        } else {
            Err(format!(
                "layout `{}`, this version reads `{SCHEMA}`",
                peers.schema
            ))
        }
    }

    /// The shares for an app of these functions.
    pub fn shares(&self, functions: &[String], permissions: &[String]) -> Vec<PeerShare> {
        let mut shares = Vec::new();
        for function in functions {
            let Some(crowd) = self.functions.get(function).filter(|c| c.apps >= LEAST) else {
                continue;
            };
            for permission in permissions {
                shares.push(PeerShare {
                    function: function.clone(),
                    permission: permission.clone(),
                    asking: crowd.permissions.get(permission).copied().unwrap_or(0),
                    of: crowd.apps,
                    run: self.run.clone(),
                });
            }
        }
        shares
    }
}

/// Counts packages. An app that is there several times counts once, with all that its files ask for.
#[derive(Debug, Default)]
pub(super) struct Count {
    names: BTreeMap<String, u32>,
    functions: BTreeMap<String, BTreeMap<String, BTreeSet<u32>>>,
}

impl Count {
    pub(super) fn add(&mut self, function: &str, package: &str, permissions: &[String]) {
        let packages = self.functions.entry(function.to_owned()).or_default();
        let asked = packages.entry(package.to_owned()).or_default();
        for permission in permissions {
            let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            let id = *self.names.entry(permission.clone()).or_insert(next);
            asked.insert(id);
        }
    }

    pub(super) fn finish(self, run: String) -> Peers {
        let mut names = vec![String::new(); self.names.len()];
        for (name, id) in self.names {
            if let Some(place) = usize::try_from(id).ok().and_then(|id| names.get_mut(id)) {
                *place = name;
            }
        }
        let crowd = |packages: &BTreeMap<String, BTreeSet<u32>>| {
            let mut crowd = Crowd {
                apps: u64::try_from(packages.len()).unwrap_or(u64::MAX),
                permissions: BTreeMap::new(),
            };
            for id in packages.values().flatten() {
                let name = usize::try_from(*id).ok().and_then(|id| names.get(id));
                let count = crowd
                    .permissions
                    .entry(name.cloned().unwrap_or_default())
                    .or_default();
                *count = count.saturating_add(1);
            }
            crowd
        };
        let functions = self
            .functions
            .iter()
            .map(|(id, packages)| (id.clone(), crowd(packages)));
        Peers {
            schema: SCHEMA.to_owned(),
            run,
            functions: functions.collect(),
        }
    }
}
