//! The command line program `permscope`.
fn main() {}
