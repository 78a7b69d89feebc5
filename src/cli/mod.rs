//! The command line: the only place with stdout, stderr, environment and terminal.

mod args;
mod batch;
mod case;
mod commands;
mod compare;
mod convert;
mod db;
mod disclose;
mod explain;
mod page;
mod paint;
mod release;

use crate::report::plain::printable;
use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a run ended. The numbers are the contract of the README, section "Exit codes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Complete, and nothing at or above `--fail-on`.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Called wrongly.
    Usage,
    /// Something could not be read, and there are no such findings.
    Incomplete,
    /// The fault is ours.
    Internal,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
            Exit::Internal => 4,
        })
    }
}

/// Why a command stopped: one line for stderr, and how the run ends.
#[derive(Debug)]
struct Stop {
    exit: Exit,
    message: String,
}

impl Stop {
    fn new(exit: Exit, message: impl ToString) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }
}

/// Sets how many bytes the process may hold; whoever owns the allocator knows how.
pub type Hold = fn(usize);

/// Runs the program with the arguments of the process.
pub fn run(hold: Hold) -> ExitCode {
    // The thread that waits for the others may as well work.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // `--help` and `--version` come here as well and are no errors.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            };
            let _ = error.print();
            return code.into();
        }
    };
    // A panic is a fault of ours: its message is on stderr already, the exit code says the rest.
    let outcome = std::panic::catch_unwind(|| commands::run(args, hold));
    match outcome.unwrap_or_else(|_| {
        Err(Stop::new(
            Exit::Internal,
            "internal error, please report it",
        ))
    }) {
        Ok(exit) => exit.into(),
        Err(stop) => {
            let _ = writeln!(io::stderr(), "permscope: {}", safe_lines(&stop.message));
            stop.exit.into()
        }
    }
}

/// Names from a hostile archive may hold line breaks and terminal escapes; our own lines are kept apart.
fn safe_lines(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(printable).collect();
    lines.join("\n")
}

/// Writes to stdout; a reader that went away (`| head`) is no error.
fn print(text: &str) -> Result<(), Stop> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| Stop::new(Exit::Internal, format!("stdout: {e}"))),
    }
}
