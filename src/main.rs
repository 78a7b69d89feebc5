//! The command line program `permscope`.

use cap::Cap;
use std::alloc::System;
use std::process::ExitCode;

/// Counts, so that a process that reads apps can be held to a limit (docs/adr/0010-batch.md).
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> ExitCode {
    permscope::cli::run(|bytes| {
        // A limit below what is held already would stop the process before it begins.
        let _ = MEMORY.set_limit(MEMORY.allocated().saturating_add(bytes));
    })
}
