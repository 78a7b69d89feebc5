//! The memory that all processes of a run share.

use super::Resources;
use super::keeper::{Death, Keeper};
use super::outcome::Status;
use super::protocol::{Answer, Failed, Request};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What a process holds before an app, and what no count of allocations sees: the data, stacks, fragments.
const BASE: u64 = 64 << 20;

/// What small apps take at most, measured over 734 APKs: the largest of 0.1 to 15 MB took 107 MiB.
const SMALL: u64 = 192 << 20;

/// A process that held more than this is let go: the C library does not give all of it back.
const LARGE: u64 = 1 << 30;

/// How much longer than its time an app may take to end by itself.
fn grace(time: Duration) -> Duration {
    time.saturating_add(time / 4)
        .saturating_add(Duration::from_secs(2))
}

/// The memory that is free.
pub(super) struct Budget {
    free: Mutex<u64>,
    changed: Condvar,
    resources: Resources,
}

impl Budget {
    pub(super) fn new(mut resources: Resources) -> Self {
        let most = resources.memory.saturating_sub(BASE).max(1);
        resources.app_memory = resources.app_memory.min(most);
        Self {
            free: Mutex::new(resources.memory),
            changed: Condvar::new(),
            resources,
        }
    }

    fn take(&self, bytes: u64) -> Granted<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < bytes {
            free = self
                .changed
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *free = free.saturating_sub(bytes);
        Granted {
            budget: self,
            bytes,
        }
    }

    /// Asks for work on `size` bytes, which may take `times` as much memory and a little. Whoever needs more gets all
    /// that one app may have, once: whether an app is too large does not depend on what else is being read.
    pub(super) fn ask(
        &self,
        keeper: &mut Keeper<'_>,
        size: u64,
        times: u64,
        request: impl Fn(u64) -> Request,
    ) -> Result<Answer, Death> {
        let most = self.resources.app_memory;
        let guess = SMALL.saturating_add(size.saturating_mul(times)).min(most);
        let mut killed = false;
        let mut memory = guess;
        loop {
            let granted = self.take(memory.saturating_add(BASE).min(self.resources.memory));
            let answer = keeper.ask(&request(memory), grace(self.resources.app_time));
            if memory > LARGE {
                keeper.retire();
            }
            drop(granted);
            match answer {
                Ok(answer) if is_too_small(&answer) && memory < most => memory = most,
                Err(Death::Memory) if memory < most => memory = most,
                // Somebody killed the process, perhaps the system for want of memory: once may be chance.
                Err(Death::Killed(_)) if !killed => killed = true,
                other => return other,
            }
        }
    }

    /// What ended a process, in words that do not depend on the machine.
    fn verdict(&self, death: &Death) -> (Status, String) {
        match death {
            Death::Time => {
                let seconds = self.resources.app_time.as_secs();
                (Status::Timeout, format!("time limit of {seconds} s"))
            }
            Death::Memory => {
                let bytes = self.resources.app_memory;
                (Status::OverBudget, format!("memory limit of {bytes} bytes"))
            }
            Death::Killed(signal) => (Status::Crashed, format!("signal {signal}, sent twice")),
            Death::Fault(what) | Death::Broken(what) => (Status::Crashed, what.clone()),
        }
    }
}

impl Budget {
    /// What became of an input that has no result. Only if no process can be started is it not the input's fault.
    pub(super) fn failure(
        &self,
        asked: Result<Answer, Death>,
    ) -> Result<(Failed, Option<String>), Death> {
        let failed = |status, reason| Failed {
            status,
            size: 0,
            sha256: String::new(),
            reason,
        };
        // Whether memory ends where a vector grows or elsewhere depends on what the process did before.
        let asked = match asked {
            Ok(answer) if is_too_small(&answer) => Err(Death::Memory),
            other => other,
        };
        match asked {
            Ok(Answer::Failed(failed)) => Ok((failed, None)),
            Ok(_) => {
                let reason = "another answer than was asked for".to_owned();
                Ok((failed(Status::Crashed, reason), None))
            }
            Err(Death::Broken(what)) => Err(Death::Broken(what)),
            Err(death) => {
                let (status, killer) = self.verdict(&death);
                let reason = format!("its process was ended: {killer}");
                Ok((failed(status, reason), Some(killer)))
            }
        }
    }
}

fn is_too_small(answer: &Answer) -> bool {
    // A vector that cannot grow is an error where files are read, and no abort.
    matches!(answer, Answer::Failed(Failed { status: Status::OverBudget, reason, .. }) if reason.contains("memory"))
}

struct Granted<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl Drop for Granted<'_> {
    fn drop(&mut self) {
        let mut free = self
            .budget
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(self.bytes);
        drop(free);
        self.budget.changed.notify_all();
    }
}
