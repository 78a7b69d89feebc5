//! The command line program `permscope`.

use std::process::ExitCode;

fn main() -> ExitCode {
    permscope::cli::run()
}
