//! How a run goes: a bar on a terminal, plain lines elsewhere.

use crate::engine::batch::outcome::Status;
use crate::engine::batch::{Progress, Step};
use crate::report::Language;
use crate::report::plain::printable;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a plain line comes.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Shown {
    language: Language,
    on_terminal: bool,
    /// A line for each app.
    each: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    step: Option<Step>,
    pieces: u64,
    done: u64,
    /// Done by an earlier run.
    before: u64,
    failed: u64,
    begun: Option<Instant>,
    said: Option<Instant>,
    open: BTreeMap<String, Instant>,
}

impl Shown {
    pub(super) fn new(language: Language, each: bool) -> Self {
        Self {
            language,
            on_terminal: io::stderr().is_terminal(),
            each,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, step: Step) -> &'static str {
        match (self.language, step) {
            (Language::Zh, Step::Compare) => "比对文件",
            (Language::Zh, Step::Read) => "解析应用",
            (Language::Zh, Step::Judge) => "判断",
            (Language::En, Step::Compare) => "comparing files",
            (Language::En, Step::Read) => "reading apps",
            (Language::En, Step::Judge) => "judging",
        }
    }

    /// What stands behind the bar: failures, and the app that takes longest.
    fn message(&self, state: &State) -> String {
        let slowest = state.open.iter().min_by_key(|(_, since)| **since);
        let slow = slowest
            .filter(|(_, since)| since.elapsed() > Duration::from_secs(2))
            .map(|(name, since)| {
                let name = printable(name.rsplit('/').next().unwrap_or(name));
                format!("{name} {} s", since.elapsed().as_secs())
            });
        let failed = match (state.failed, self.language) {
            (0, _) => String::new(),
            (n, Language::Zh) => format!("未能判断 {n} 个"),
            (n, Language::En) => format!("{n} not judged"),
        };
        let parts = [failed, slow.unwrap_or_default()];
        let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join("  ")
    }

    fn line(&self, state: &State) -> String {
        let (Some(step), Some(begun)) = (state.step, state.begun) else {
            return String::new();
        };
        let fresh = state.done.saturating_sub(state.before);
        let seconds = begun.elapsed().as_secs().max(1);
        let per_minute = fresh.saturating_mul(60).checked_div(seconds).unwrap_or(0);
        let left = state.pieces.saturating_sub(state.done);
        let eta = left.saturating_mul(60).checked_div(per_minute).unwrap_or(0);
        let name = self.name(step);
        let message = self.message(state);
        match self.language {
            Language::Zh => format!(
                "{name}：{}/{}，每分钟 {per_minute} 个，预计还需 {eta} 秒  {message}",
                state.done, state.pieces
            ),
            Language::En => format!(
                "{name}: {}/{}, {per_minute} a minute, about {eta} s left  {message}",
                state.done, state.pieces
            ),
        }
    }

    fn say(&self, line: &str) {
        let _ = writeln!(io::stderr(), "{}", line.trim_end());
    }
}

impl Progress for Shown {
    fn begin(&self, step: Step, pieces: u64, done: u64) {
        let mut state = self.state();
        *state = State {
            step: Some(step),
            pieces,
            done,
            before: done,
            begun: Some(Instant::now()),
            said: Some(Instant::now()),
            ..State::default()
        };
        if !self.on_terminal || pieces == 0 {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(pieces), ProgressDrawTarget::stderr());
        let template = "{prefix} {wide_bar} {pos}/{len} {per_sec} {eta}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(self.name(step));
        bar.set_position(done);
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(500));
        state.bar = Some(bar);
    }

    fn open(&self, input: &str) {
        let mut state = self.state();
        state.open.insert(input.to_owned(), Instant::now());
    }

    fn close(&self, input: &str, status: Option<Status>) {
        let mut state = self.state();
        state.open.remove(input);
        state.done = state.done.saturating_add(1);
        let failed = status.is_some_and(|status| !status.is_judged());
        state.failed = state.failed.saturating_add(u64::from(failed));
        if self.each && state.step != Some(Step::Compare) {
            let word = status.map_or("", Status::word);
            self.say(&format!("{} {word}", printable(input)));
        }
        if let Some(bar) = &state.bar {
            bar.set_message(self.message(&state));
            bar.inc(1);
        } else if state.said.is_some_and(|said| said.elapsed() > EVERY) {
            state.said = Some(Instant::now());
            self.say(&self.line(&state));
        }
    }

    fn end(&self) {
        let mut state = self.state();
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
        if state.pieces > 0 {
            self.say(&self.line(&state));
        }
    }
}
