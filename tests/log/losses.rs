//! Losses, exhaustively: every three steps of a life, the power gone at every operation of them, and every subset of what was
//! not synced by then.

use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::options::Options;

use super::history::{self, History};
use crate::chance::{Chance, scale};
use crate::disk::sim::{Lie, SimDisk, Trouble};
use crate::proof::counted;

/// What a life is made of.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Appends a batch, and leaves it in the buffer.
    Append,
    /// Makes durable what is there.
    Commit,
    /// Tells what was decided, without a sync.
    Decide,
    /// Appends more than the segment holds, and commits it.
    GoOver,
    /// Forgets the older half.
    Trim,
    /// Comes to its end in order, and begins anew.
    Finish,
    /// Ends as if killed, and begins anew over the page cache as it is.
    Die,
}

const STEPS: [Step; 7] = [
    Step::Append,
    Step::Commit,
    Step::Decide,
    Step::GoOver,
    Step::Trim,
    Step::Finish,
    Step::Die,
];

/// Bytes of a segment, and of the one that an opening begins: so that few batches fill one, several do, or none does.
type Layout = (u64, u64);

const LAYOUTS: [Layout; 3] = [(1_600, 900), (700, 300), (6_000, 3_000)];

fn options((segment_bytes, opening_bytes): Layout) -> Options {
    Options {
        segment_bytes,
        opening_bytes,
        ..history::options()
    }
}

/// A life on a disk.
struct Life<'a> {
    disk: &'a SimDisk,
    history: &'a mut History,
    layout: Layout,
}

impl Life<'_> {
    fn open(&mut self) -> Result<Log, Fault> {
        self.history.open(self.disk, options(self.layout))
    }

    /// A few steps; it ends early where the power does.
    fn live(&mut self, steps: &[Step]) -> Result<(), Fault> {
        let mut log = self.open()?;
        self.history.commit(&mut log, &[vec![1; 10], vec![2; 10]])?;
        for step in steps {
            log = self.take(*step, log)?;
        }
        self.history.commit(&mut log, &[vec![3; 10]])
    }

    fn take(&mut self, step: Step, mut log: Log) -> Result<Log, Fault> {
        let history = &mut *self.history;
        match step {
            Step::Append => history.append(&mut log, &[vec![7; 20], vec![8; 3]])?,
            Step::Commit => history.confirmed = log.commit()?,
            Step::Decide => {
                history.decide(&mut log)?;
                log.write_outcomes()?;
            }
            Step::GoOver => history.commit(&mut log, &[vec![9; 1_500]])?,
            Step::Trim => log.trim(log.next_seq().div_ceil(2))?,
            Step::Finish => {
                // What is in the buffer becomes durable on the way; until that has returned, it may be there or not.
                log.finish()?;
                history.confirmed = history.submitted.len() as u64;
                return self.open();
            }
            Step::Die => {
                drop(log);
                return self.open();
            }
        }
        Ok(log)
    }
}

fn live(
    disk: &SimDisk,
    history: &mut History,
    layout: Layout,
    steps: &[Step],
) -> Result<(), Fault> {
    let mut life = Life {
        disk,
        history,
        layout,
    };
    life.live(steps)
}

/// Looks at all that a crash may have left: everything confirmed is there, and goes on from there. How many images.
fn look(disk: &SimDisk, history: &History, layout: Layout, chance: &mut Chance, depth: u32) -> u64 {
    let mut looked = 0;
    for image in disk.images(chance) {
        looked += 1;
        // Recovery itself is cut short now and then, and what that leaves is looked at too.
        if depth > 0 && chance.below(60) == 0 {
            let mut after = history.clone();
            image.plan(Some(Trouble::PowerOff {
                n: chance.below(12) as u64,
            }));
            drop(live(&image, &mut after, layout, &[Step::Commit]));
            looked += look(&image, &after, layout, chance, depth - 1);
            continue;
        }
        let mut after = history.clone();
        live(&image, &mut after, layout, &[]).expect("a crash alone damages nothing");
    }
    looked
}

/// A life on a new disk, the power gone at each of its operations in turn; how many images that left.
fn lose(steps: &[Step], layout: Layout, new: &dyn Fn() -> SimDisk, chance: &mut Chance) -> u64 {
    let mut images = 0;
    for n in 0.. {
        let disk = new();
        let mut history = History::default();
        disk.plan(Some(Trouble::PowerOff { n }));
        let ended = live(&disk, &mut history, layout, steps).is_err();
        for _ in 0..scale() {
            images += look(&disk, &history, layout, chance, 3);
        }
        if !ended && !disk.struck() {
            break;
        }
    }
    images
}

fn all_of(first: Step, layout: Layout) -> u64 {
    let (mut images, mut chance) = (0, Chance::new(first as u64));
    let seconds = STEPS
        .into_iter()
        .flat_map(|second| STEPS.map(|third| [first, second, third]));
    for steps in seconds {
        images += lose(&steps, layout, &SimDisk::new, &mut chance);
    }
    images
}

/// Whether lives on a disk that lies come to a loss that is seen.
fn is_seen(lie: Lie) -> bool {
    let lives = || {
        for first in STEPS {
            for second in STEPS {
                let new = || SimDisk::lying(lie);
                lose(&[first, second], LAYOUTS[0], &new, &mut Chance::new(1));
            }
        }
    };
    std::panic::catch_unwind(lives).is_err()
}

#[test]
fn a_log_on_a_disk_that_lies_is_seen_to_lose() {
    let lies = [
        Lie::Sync { every: 1 },
        Lie::Sync { every: 2 },
        Lie::Sync { every: 7 },
        Lie::Names,
        Lie::Growth,
        Lie::Order,
    ];
    for lie in lies {
        assert!(is_seen(lie), "{lie:?} is not seen");
    }
    counted(
        "a disk that lies is seen through",
        lies.len() as u64,
        "lies",
        6,
    );
}

#[test]
fn whatever_is_lost_at_whatever_operation_of_any_three_steps_nothing_confirmed_is() {
    let of = |steps: &[Step]| -> u64 {
        let all = steps
            .iter()
            .flat_map(|first| LAYOUTS.map(|layout| (*first, layout)));
        all.map(|(first, layout)| all_of(first, layout)).sum()
    };
    let (some, others) = STEPS.split_at(STEPS.len() / 2);
    let images = std::thread::scope(|scope| {
        let other = scope.spawn(|| of(some));
        of(others) + other.join().expect("no panic")
    });
    counted(
        "a simulated disk loses what was not synced",
        images,
        "images",
        500_000,
    );
}
