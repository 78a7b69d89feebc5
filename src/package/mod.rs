//! One app assembled from base and splits.
pub mod manifest;
