//! Levels that all threads read and each is written by few: sequences, queue, room on the disk, how it stands.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::base::limits::PERIOD_TYPES_MAX;
use crate::base::time::Time;
use crate::engine::state::State;
use crate::runtime::submission::Refused;

/// How long whoever waits for decisions sleeps in between.
const WAIT: Duration = Duration::from_millis(10);

/// Stands for "no timer".
const NEVER: i64 = i64::MAX;

/// The levels.
#[derive(Debug, Default)]
pub struct Levels {
    applied_seq: AtomicU64,
    machine_time: AtomicI64,
    next_timer: AtomicI64,
    due: [AtomicU32; PERIOD_TYPES_MAX],
    confirmed_seq: AtomicU64,
    told_seq: AtomicU64,
    told_wanted: AtomicU64,
    in_flight_commands: AtomicU64,
    in_flight_bytes: AtomicU64,
    free_bytes: AtomicU64,
    no_space: AtomicBool,
    stopping: AtomicBool,
    poisoned: AtomicBool,
    checking: AtomicBool,
}

impl Levels {
    /// The last sequence applied.
    #[must_use]
    pub fn applied_seq(&self) -> u64 {
        self.applied_seq.load(Ordering::Acquire)
    }

    /// Machine time.
    #[must_use]
    pub fn machine_time(&self) -> Time {
        Time(self.machine_time.load(Ordering::Acquire))
    }

    /// The next instant at which something happens by itself.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        let next = self.next_timer.load(Ordering::Acquire);
        (next != NEVER).then_some(Time(next))
    }

    /// Closed books that wait to be paid, by period type.
    #[must_use]
    pub fn due(&self) -> [u32; PERIOD_TYPES_MAX] {
        std::array::from_fn(|of| self.due[of].load(Ordering::Acquire))
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.due.iter().any(|due| due.load(Ordering::Acquire) > 0)
    }

    /// Takes over where a state stands; its sequence last, since others wait for that.
    pub fn follow(&self, state: &State) {
        let next = state.next_timer().map_or(NEVER, |time| time.0);
        self.next_timer.store(next, Ordering::Release);
        for (level, periods) in self.due.iter().zip(state.periods.iter()) {
            level.store(periods.due().len() as u32, Ordering::Release);
        }
        self.machine_time
            .store(state.as_of_time.0, Ordering::Release);
        self.applied_seq.store(state.as_of_seq, Ordering::Release);
    }

    /// The last sequence confirmed.
    #[must_use]
    pub fn confirmed_seq(&self) -> u64 {
        self.confirmed_seq.load(Ordering::Acquire)
    }

    /// Tells whether the snapshot that this start began with is still being checked.
    pub fn set_checking(&self, checking: bool) {
        self.checking.store(checking, Ordering::Release);
    }

    /// Whether it is: until then nothing is logged, since what is decided may rest on it.
    #[must_use]
    pub fn checking(&self) -> bool {
        self.checking.load(Ordering::Acquire)
    }

    /// Tells up to which sequence decisions are durable in the log.
    pub fn set_told(&self, seq: u64) {
        self.told_seq.store(seq, Ordering::Release);
    }

    /// Whether somebody waits for decisions up to `kept_seq` or before to be durable.
    #[must_use]
    pub fn told_is_wanted(&self, kept_seq: u64) -> bool {
        let wanted = self.told_wanted.load(Ordering::Acquire);
        wanted <= kept_seq && wanted > self.told_seq.load(Ordering::Acquire)
    }

    /// Waits until the decisions up to a sequence are durable, which they are with the next group, or where there is none when
    /// the log thread looks: `wake` may have it do so now. False where the disk has failed before.
    #[must_use]
    pub fn wait_told(&self, seq: u64, wake: impl FnOnce()) -> bool {
        self.told_wanted.fetch_max(seq, Ordering::AcqRel);
        wake();
        loop {
            if self.told_seq.load(Ordering::Acquire) >= seq {
                return true;
            }
            if self.poisoned() {
                return false;
            }
            std::thread::sleep(WAIT);
        }
    }

    /// Tells the last sequence confirmed.
    pub fn set_confirmed(&self, seq: u64) {
        self.confirmed_seq.store(seq, Ordering::Release);
    }

    /// Reserves room for a submission within `bytes_max`; false if there is none.
    #[must_use]
    pub fn reserve(&self, commands: u64, bytes: u64, bytes_max: u64) -> bool {
        let before = self.in_flight_bytes.fetch_add(bytes, Ordering::AcqRel);
        if before > 0 && before + bytes > bytes_max {
            self.in_flight_bytes.fetch_sub(bytes, Ordering::AcqRel);
            return false;
        }
        self.in_flight_commands
            .fetch_add(commands, Ordering::AcqRel);
        true
    }

    /// Gives back what [`Levels::reserve`] gave.
    pub fn release(&self, commands: u64, bytes: u64) {
        self.in_flight_commands
            .fetch_sub(commands, Ordering::AcqRel);
        self.in_flight_bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Commands and bytes in flight.
    #[must_use]
    pub fn in_flight(&self) -> (u64, u64) {
        (
            self.in_flight_commands.load(Ordering::Acquire),
            self.in_flight_bytes.load(Ordering::Acquire),
        )
    }

    /// Bytes left on the disk when last looked, and whether that is too few.
    #[must_use]
    pub fn space(&self) -> (u64, bool) {
        (
            self.free_bytes.load(Ordering::Acquire),
            self.no_space.load(Ordering::Acquire),
        )
    }

    /// Tells the bytes left on the disk and whether they are too few.
    pub fn set_space(&self, free_bytes: u64, no_space: bool) {
        self.free_bytes.store(free_bytes, Ordering::Release);
        self.no_space.store(no_space, Ordering::Release);
    }

    /// No submission is taken from now on.
    pub fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Writing has ended by a fault.
    pub fn set_poisoned(&self) {
        self.poisoned.store(true, Ordering::Release);
    }

    /// Whether writing has ended by a fault.
    #[must_use]
    pub fn poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }

    /// Why no submission is taken now, if none is.
    #[must_use]
    pub fn closed(&self) -> Option<Refused> {
        if self.stopping.load(Ordering::Acquire) || self.poisoned() {
            return Some(Refused::Stopping);
        }
        self.space().1.then_some(Refused::NoSpace)
    }
}
