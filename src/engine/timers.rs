//! Timers: what will happen by itself, ordered by (due, kind, number). Must not know what firing one does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;
use crate::base::ids::Member;
use crate::base::planted::{Planted, planted};
use crate::base::time::Time;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The branch of a period type reaches its cutoff and closes.
    Cutoff {
        /// Index of the period type.
        period_type: u8,
        /// Which period.
        ordinal: u32,
    },
    /// The current period of a type ends. Of several at one instant the shortest goes first.
    Roll {
        /// Length of the ending period, in milliseconds.
        length_ms: i64,
        /// Index of the period type.
        period_type: u8,
        /// Which period.
        ordinal: u32,
    },
    /// Rules told before come into force, behind all that ends at the same instant.
    Change {
        /// Sequence of the command that told them.
        seq: u64,
    },
    /// A member's rolling activity may end.
    Expiry {
        /// The member.
        member: Member,
    },
}

/// The heap, and what an atomic command has added while it is not sure to stay.
#[derive(Debug, Default, Clone)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Time, Timer)>>,
    held_back: Option<Vec<(Time, Timer)>>,
}

impl Timers {
    /// Takes them down, the first due first: each is five numbers.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>) {
        let mut all: Vec<_> = self.heap.iter().map(|Reverse(timer)| *timer).collect();
        all.sort_unstable();
        image.put_all(all.into_iter().flat_map(|(due, timer)| {
            let [kind, a, b, c] = match timer {
                Timer::Cutoff {
                    period_type,
                    ordinal,
                } => [0, period_type.into(), ordinal.into(), 0],
                Timer::Roll {
                    length_ms,
                    period_type,
                    ordinal,
                } => [1, period_type.into(), ordinal.into(), length_ms as u64],
                Timer::Change { seq } => [2, seq, 0, 0],
                Timer::Expiry { member } => [3, member.into(), 0, 0],
            };
            [due.0 as u64, kind, a, b, c]
        }));
    }

    /// What [`Timers::put`] put. O(timers).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Timers, Malformed> {
        let words: Vec<u64> = image.take_all()?;
        let (timers, rest) = words.as_chunks::<5>();
        if !rest.is_empty() {
            return Err(Malformed);
        }
        let small = |word: u64| u8::try_from(word).map_err(|_| Malformed);
        let number = |word: u64| u32::try_from(word).map_err(|_| Malformed);
        let timer = |&[due, kind, a, b, c]: &[u64; 5]| {
            let timer = match kind {
                0 => Timer::Cutoff {
                    period_type: small(a)?,
                    ordinal: number(b)?,
                },
                1 => Timer::Roll {
                    length_ms: c as i64,
                    period_type: small(a)?,
                    ordinal: number(b)?,
                },
                2 => Timer::Change { seq: a },
                3 => Timer::Expiry { member: number(a)? },
                _ => return Err(Malformed),
            };
            Ok(Reverse((Time(due as i64), timer)))
        };
        Ok(Timers {
            heap: timers.iter().map(timer).collect::<Result<_, _>>()?,
            held_back: None,
        })
    }

    /// Sets a timer.
    pub(crate) fn set(&mut self, due: Time, timer: Timer) {
        match &mut self.held_back {
            Some(held) => held.push((due, timer)),
            None => self.heap.push(Reverse((due, timer))),
        }
    }

    /// The next instant at which something is due.
    pub(crate) fn next(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }

    /// Takes the first timer that is due at `now` or before.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<(Time, Timer)> {
        let late = planted(Planted::TimerLate);
        if self.next()? > now || late && self.next()? == now {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer)
    }

    /// From here on, timers are held back.
    pub(crate) fn hold_back(&mut self) {
        self.held_back = Some(Vec::new());
    }

    /// Sets what was held back, or forgets it.
    pub(crate) fn release(&mut self, keep: bool) {
        for (due, timer) in self.held_back.take().unwrap_or_default() {
            if keep {
                self.set(due, timer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_by_instant_then_kind_then_length() {
        let mut timers = Timers::default();
        let roll = |length_ms, period_type| Timer::Roll {
            length_ms,
            period_type,
            ordinal: 0,
        };
        let cutoff = Timer::Cutoff {
            period_type: 9,
            ordinal: 0,
        };
        let expiry = Timer::Expiry { member: 1 };
        let change = Timer::Change { seq: 1 };
        for (due, timer) in [
            (5, expiry),
            (5, change),
            (5, roll(30, 0)),
            (5, roll(7, 1)),
            (5, cutoff),
            (4, expiry),
        ] {
            timers.set(Time(due), timer);
        }
        let fired: Vec<_> = std::iter::from_fn(|| timers.take_due(Time(5))).collect();
        let expected = [
            (Time(4), expiry),
            (Time(5), cutoff),
            (Time(5), roll(7, 1)),
            (Time(5), roll(30, 0)),
            (Time(5), change),
            (Time(5), expiry),
        ];
        assert_eq!(fired, expected);
    }

    #[test]
    fn what_was_held_back_stays_out_unless_kept() {
        let mut timers = Timers::default();
        for (keep, next) in [(false, None), (true, Some(Time(1)))] {
            timers.hold_back();
            timers.set(Time(1), Timer::Expiry { member: 1 });
            assert_eq!(timers.next(), None);
            timers.release(keep);
            assert_eq!(timers.next(), next);
        }
    }
}
