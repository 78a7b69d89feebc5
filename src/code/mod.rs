//! What the bytecode of an app does: references, sites, class hierarchy.
//!
//! ```text
//! Dex ─Wanted::select─▶ which of its members, strings, types matter   names looked up once per index
//!     ─scan───────────▶ Hit {site, target, how} for each use of those  one walk over all code
//!     ─Hierarchy──────▶ class, superclass, interfaces of all DEX files of the app
//!     ─Program────────▶ which method a call reaches, across files and superclasses
//!     ─Graph──────────▶ which class refers to which, which classes call a method
//!     ─undefined_types▶ what it refers to and does not define
//! start::walk ────▶ Tree of the methods that run when the app starts
//! values::resolve ▶ Resolved {use, arguments}: which constants reach a call
//! ```
//!
//! The walks read everything once. Their cost is bounded by a [`Budget`],
//! because a hostile file can let thousands of classes share one list of
//! members, or thousands of methods one piece of code. What could not be
//! read is counted in [`Faults`] and becomes incidents that hide
//! [`Channel::Code`](crate::incident::Channel::Code).
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod bits;
mod budget;
mod calls;
mod graph;
mod hierarchy;
mod program;
mod sites;
pub mod start;
#[cfg(test)]
mod tests;
mod types;
pub mod values;
mod wanted;

pub use budget::{Budget, Faults};
pub use calls::{Hit, How, Invoke, Scan, Sink, Site, Target, scan, scan_classes};
pub use graph::{Callers, FileGraph, Graph};
pub use hierarchy::{Class, Hierarchy, HierarchyBuilder, Kinship, NameId};
pub use program::{Program, Reached, Signature};
pub use sites::Described;
pub use types::undefined_types;
pub use wanted::{Member, Wanted};
