//! The data: schema of the files, loader, overlay, index.
pub mod schema;
