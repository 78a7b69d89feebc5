//! How much the walks may cost, and what they could not read.

use crate::dex::Dex;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::{Deadline, Limits};

/// Steps that the walks over one app may take.
///
/// A step is an instruction, a class, a member, or 16 bytes of a name. Each
/// walk of a file also has an allowance of its own, two steps per byte
/// and a million more: large real files need a tenth of a step per byte, since
/// only tiny pieces of code are shared there. So a small hostile file costs
/// little, whatever the limit for the app is.
#[derive(Clone, Debug)]
pub struct Budget {
    left: u64,
    here: u64,
    spent: bool,
    deadline: Deadline,
    /// Steps that are left when the clock is looked at next.
    look: u64,
}

const STEPS_PER_BYTE: u64 = 2;
const STEPS_MORE: u64 = 1_000_000;
/// Well below a millisecond of work.
const STEPS_BETWEEN_LOOKS: u64 = 1 << 16;

impl Budget {
    /// A budget for one app: [`Limits::instructions`] and [`Limits::deadline`].
    pub fn new(limits: &Limits) -> Self {
        Self::share(limits, 1)
    }

    /// A share of an app's budget for each of `files`, so that they can be walked side by side.
    pub fn share(limits: &Limits, files: usize) -> Self {
        let files = u64::try_from(files).unwrap_or(u64::MAX);
        let steps = limits.instructions.checked_div(files);
        Self {
            deadline: limits.deadline,
            ..Self::of_steps(steps.unwrap_or_default())
        }
    }

    /// A budget of `steps`.
    pub fn of_steps(steps: u64) -> Self {
        Self {
            left: steps,
            here: u64::MAX,
            spent: false,
            deadline: Deadline::default(),
            look: steps,
        }
    }

    /// Begins a walk of `dex`.
    pub(super) fn begin(&mut self, dex: &Dex<'_>) {
        let bytes = u64::try_from(dex.len()).unwrap_or(u64::MAX);
        self.here = bytes
            .saturating_mul(STEPS_PER_BYTE)
            .saturating_add(STEPS_MORE);
        self.spent = self.left == 0;
    }

    /// Takes `steps`; false if there are not as many left, and from then on.
    pub(super) fn take(&mut self, steps: u64) -> bool {
        match (self.left.checked_sub(steps), self.here.checked_sub(steps)) {
            (Some(left), Some(here)) if !self.spent => {
                (self.left, self.here) = (left, here);
                if left <= self.look {
                    self.look = left.saturating_sub(STEPS_BETWEEN_LOOKS);
                    self.spent = self.deadline.passed();
                }
                !self.spent
            }
            _ => {
                self.spent = true;
                false
            }
        }
    }

    /// Takes the steps for looking at a name of `bytes`.
    pub(super) fn take_text(&mut self, bytes: usize) -> bool {
        self.take(
            u64::try_from(bytes >> 4)
                .unwrap_or(u64::MAX)
                .saturating_add(1),
        )
    }

    /// Steps that are left for the app.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Whether the last walk was cut short.
    pub fn is_spent(&self) -> bool {
        self.spent
    }
}

/// What a walk could not read: the first errors, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first errors, in the order they were met.
    pub kept: Vec<ParseError>,
    /// Number of errors, kept or not.
    pub total: u64,
    /// Whether the budget ended the walk before the end of the file.
    pub cut_short: bool,
}

/// Errors kept of one walk. A file whose code is scrambled has one for each of its methods.
const KEPT: usize = 16;

impl Faults {
    /// Counts an error.
    #[cold]
    pub fn add(&mut self, error: ParseError) {
        self.total = self.total.saturating_add(1);
        if self.kept.len() < KEPT {
            self.kept.push(error);
        }
    }

    /// Adds what another walk of the same file could not read.
    pub fn merge(&mut self, other: Self) {
        self.total = self.total.saturating_add(other.total);
        self.cut_short |= other.cut_short;
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend(other.kept.into_iter().take(room));
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.total == 0 && !self.cut_short
    }

    /// The faults as incidents of `file`, all of which hide [`Channel::Code`].
    pub fn report(&self, file: &str, incidents: &mut Vec<Incident>) {
        let mut add = |incident: Incident| incidents.push(incident.hiding(Channel::Code));
        for error in &self.kept {
            add(Incident::from_error(IncidentCode::Malformed, file, error));
        }
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        if let more @ 1.. = self.total.saturating_sub(kept) {
            let line = format!("{more} more places that could not be read");
            add(Incident::new(IncidentCode::Malformed, file, line));
        }
        if self.cut_short {
            let line = "more work than the limits of instructions, references or time allow; the rest was not read";
            add(Incident::new(IncidentCode::LimitReached, file, line));
        }
    }
}
