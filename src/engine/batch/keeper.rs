//! Keeps a process that reads apps, asks it, and kills it when it does not answer in time.

use super::protocol::{Answer, Request};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How to start a process that reads apps.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program: this one.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It took too long and was killed.
    Time,
    /// It wanted more memory than it was given.
    Memory,
    /// It was killed by somebody else.
    Killed(i32),
    /// It failed by itself; what it said at the end.
    Fault(String),
    /// It cannot be started: no app is to blame.
    Broken(String),
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(what) => write!(f, "no process can be started to read apps: {what}"),
            other => write!(f, "{other:?}"),
        }
    }
}

struct Running {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<io::Result<Vec<u8>>>,
    complaints: Receiver<String>,
}

/// One process, started when it is needed and again after its death.
pub(super) struct Keeper<'l> {
    launch: &'l Launch,
    running: Option<Running>,
}

/// Bytes of the last words of a process that are kept.
const LAST_WORDS: usize = 16 << 10;

/// How long a killed process may take to go; one that hangs in the file system is left alone then.
const DYING: Duration = Duration::from_secs(10);

impl<'l> Keeper<'l> {
    pub(super) fn new(launch: &'l Launch) -> Self {
        Self {
            launch,
            running: None,
        }
    }

    /// Asks the process, and waits no longer than `time`.
    pub(super) fn ask(&mut self, request: &Request, time: Duration) -> Result<Answer, Death> {
        let broken = |e: &dyn std::fmt::Display| Death::Broken(e.to_string());
        let mut line = serde_json::to_vec(request).map_err(|e| broken(&e))?;
        line.push(b'\n');
        let mut running = match self.running.take() {
            Some(running) => running,
            None => start(self.launch).map_err(|e| broken(&e))?,
        };
        // Where the process is gone already, the answer fails as well and says why.
        let _ = running.requests.write_all(&line);
        let _ = running.requests.flush();
        match running.answers.recv_timeout(time) {
            Ok(Ok(line)) if line.ends_with(b"\n") => {
                if let Ok(answer) = serde_json::from_slice(&line) {
                    self.running = Some(running);
                    return Ok(answer);
                }
                running.end();
                Err(Death::Fault("it did not answer sensibly".into()))
            }
            Err(RecvTimeoutError::Timeout) => {
                running.end();
                Err(Death::Time)
            }
            // The process closed its end, perhaps in the middle of a line.
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Err(running.autopsy()),
        }
    }

    /// Lets the process go, whose memory may have grown.
    pub(super) fn retire(&mut self) {
        if let Some(running) = self.running.take() {
            running.dismiss();
        }
    }
}

impl Drop for Keeper<'_> {
    fn drop(&mut self) {
        self.retire();
    }
}

fn start(launch: &Launch) -> io::Result<Running> {
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // An interrupt on the terminal is for the run, which lets its apps end.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let missing = || io::Error::other("a process without its pipes");
    let requests = child.stdin.take().ok_or_else(missing)?;
    let output = child.stdout.take().ok_or_else(missing)?;
    let errors = child.stderr.take().ok_or_else(missing)?;
    let (send, answers) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            match output.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => {
                    if send.send(Ok(line)).is_err() {
                        break;
                    }
                }
                Err(error) => {
                    let _ = send.send(Err(error));
                    break;
                }
            }
        }
    });
    let (send, complaints) = mpsc::channel();
    std::thread::spawn(move || {
        let mut last = Vec::new();
        let mut errors = errors;
        let mut piece = [0u8; 4096];
        while let Ok(count @ 1..) = errors.read(&mut piece) {
            last.extend_from_slice(piece.get(..count).unwrap_or_default());
            let surplus = last.len().saturating_sub(LAST_WORDS);
            last.drain(..surplus);
        }
        let _ = send.send(String::from_utf8_lossy(&last).into_owned());
    });
    Ok(Running {
        child,
        requests,
        answers,
        complaints,
    })
}

impl Running {
    fn end(mut self) {
        let _ = self.child.kill();
        drop(self.requests);
        wait(&mut self.child, DYING);
    }

    fn dismiss(mut self) {
        drop(self.requests);
        if wait(&mut self.child, Duration::from_secs(1)).is_none() {
            let _ = self.child.kill();
            wait(&mut self.child, DYING);
        }
    }

    /// Why the process ended.
    fn autopsy(mut self) -> Death {
        drop(self.requests);
        let Some(status) = wait(&mut self.child, DYING) else {
            let _ = self.child.kill();
            return Death::Fault("it closed its output and went on".into());
        };
        let words = self.complaints.recv_timeout(Duration::from_secs(2));
        cause(status, &words.unwrap_or_default())
    }
}

fn wait(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let until = Instant::now().checked_add(time)?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}

/// Reads the last words of Rust's runtime, which are the same on every machine but for numbers of threads.
fn cause(status: ExitStatus, words: &str) -> Death {
    let from = |mark: &str| words.find(mark).and_then(|at| words.get(at..));
    if from("memory allocation of ").is_some() {
        return Death::Memory;
    }
    if let Some(panic) = from("panicked at ") {
        let lines: Vec<&str> = panic.lines().take(2).map(str::trim).collect();
        return Death::Fault(crate::report::plain::printable(&lines.join(" ")));
    }
    if from("has overflowed its stack").is_some() {
        return Death::Fault("stack overflow".into());
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        const SIGKILL: i32 = 9;
        const SIGTERM: i32 = 15;
        return match signal {
            SIGKILL | SIGTERM => Death::Killed(signal),
            other => Death::Fault(format!("signal {other}")),
        };
    }
    match status.code() {
        Some(code) => {
            let words = crate::report::plain::printable(words.trim());
            Death::Fault(format!("it ended with {code}: {words}"))
        }
        None => Death::Fault("it ended".into()),
    }
}
