//! Properties of pages that forks share: whatever is pushed, written, forked and dropped, each side reads its own.

use arborline::arena::column::Column;
use arborline::arena::words::Words;

use crate::chance::{Chance, scale};

type Record = [u64; 5];

/// A column with what it must hold.
struct Twin {
    column: Column<Record>,
    words: Words,
    plain: Vec<Record>,
}

impl Twin {
    fn fork(&mut self) -> Twin {
        Twin {
            column: self.column.fork(),
            words: self.words.fork(),
            plain: self.plain.clone(),
        }
    }

    fn push(&mut self, record: Record) {
        let at = self.column.push(record);
        assert_eq!(at as usize, self.plain.len());
        assert_eq!(self.words.push(), at);
        assert_eq!(self.words.get(at), [0; 7], "a new record is zeros");
        self.words.get_mut(at)[3] = record[0].cast_signed();
        self.plain.push(record);
    }

    fn write(&mut self, at: usize, value: u64) {
        let index = u32::try_from(at).expect("a small number");
        self.column.get_mut(index)[at % 5] = value;
        self.plain[at][at % 5] = value;
        self.words.get_mut(index)[3] = self.plain[at][0].cast_signed();
    }

    fn check(&self, at: usize) {
        let index = u32::try_from(at).expect("a small number");
        assert_eq!(*self.column.get(index), self.plain[at], "record {at}");
        assert_eq!(
            self.words.get(index)[3],
            self.plain[at][0].cast_signed(),
            "words {at}"
        );
    }

    fn check_all(&self) {
        assert_eq!(self.column.len() as usize, self.plain.len());
        assert_eq!(self.words.len() as usize, self.plain.len());
        for at in 0..self.plain.len() {
            self.check(at);
        }
    }
}

fn empty() -> Twin {
    Twin {
        column: Column::new(),
        words: Words::new(7),
        plain: Vec::new(),
    }
}

#[test]
fn sides_of_forks_never_mix() {
    for seed in 0..20 * scale() {
        let mut chance = Chance::new(seed);
        let mut sides = vec![empty()];
        for step in 0..4_000 {
            let at = chance.below(sides.len());
            match chance.below(100) {
                0..=2 if sides.len() < 7 => {
                    let fork = sides[at].fork();
                    sides.push(fork);
                }
                3..=4 if sides.len() > 1 => {
                    let gone = sides.swap_remove(at);
                    gone.check_all();
                }
                5..=45 => {
                    for _ in 0..1 + chance.below(30) {
                        sides[at].push([chance.bits(), step, 2, 3, 4]);
                    }
                }
                _ if !sides[at].plain.is_empty() => {
                    let record = chance.below(sides[at].plain.len());
                    let value = chance.bits();
                    sides[at].write(record, value);
                    for side in sides.iter().filter(|side| side.plain.len() > record) {
                        side.check(record);
                    }
                }
                _ => {}
            }
        }
        sides.iter().for_each(Twin::check_all);
    }
}

#[test]
fn pages_given_back_are_handed_out_once_and_zero() {
    for round in 0..3 {
        // All alive at once; what a round drops is what the next one gets.
        let grown = |side: u64| {
            let mut twin = empty();
            (0..5_000).for_each(|n| twin.push([side, n, round, 3, 4]));
            twin
        };
        let sides: Vec<Twin> = (0..4).map(grown).collect();
        sides.iter().for_each(Twin::check_all);
    }
}

/// Opens undo lists on both, and says what was there; the records come back when they are taken back.
fn open_undo(twin: &mut Twin) -> Twin {
    twin.column.pages().open_undo();
    twin.words.pages().open_undo();
    Twin {
        plain: twin.plain.clone(),
        ..empty()
    }
}

#[test]
fn writes_are_kept_or_taken_back_beside_forks() {
    for seed in 0..40 * scale() {
        let mut chance = Chance::new(seed);
        let mut live = empty();
        let mut forks: Vec<Twin> = Vec::new();
        for step in 0..120 {
            let mut before = open_undo(&mut live);
            for _ in 0..chance.below(40) {
                if chance.percent(2) {
                    // A fork beside an open list keeps what the list takes back.
                    forks.push(live.fork());
                }
                if live.plain.is_empty() || chance.percent(30) {
                    live.push([chance.bits(), step, 2, 3, 4]);
                } else {
                    let record = chance.below(live.plain.len());
                    live.write(record, chance.bits());
                }
            }
            if chance.percent(50) {
                live.check_all();
                before.column.pages().take_back(live.column.pages());
                before.words.pages().take_back(live.words.pages());
                live = before;
            } else {
                live.column.pages().keep();
                live.words.pages().keep();
            }
            live.check_all();
            match chance.below(4) {
                0 => forks.push(live.fork()),
                1 if !forks.is_empty() => {
                    let at = chance.below(forks.len());
                    forks.swap_remove(at).check_all();
                }
                2 => {
                    // Enough to cross the end of a page.
                    for _ in 0..chance.below(500) {
                        live.push([step; 5]);
                    }
                }
                _ => {}
            }
        }
        forks.iter().for_each(Twin::check_all);
    }
}

#[test]
fn an_undo_list_holds_what_was_written_and_no_more() {
    let mut words = Words::new(7);
    for _ in 0..100_000 {
        words.push();
    }
    words.pages().open_undo();
    for index in [5, 99_000, 5] {
        words.get_mut(index)[0] = 1;
    }
    assert_eq!(words.pages().noted(), 3);
    words.pages().keep();
    assert_eq!((words.pages().noted(), words.get(99_000)[0]), (0, 1));
}

#[test]
fn a_fork_is_read_while_the_other_side_writes() {
    let mut live = empty();
    for value in 0..20_000 {
        live.push([value, 1, 2, 3, 4]);
    }
    for round in 0..20 * scale() {
        let fork = live.fork();
        let reader = std::thread::spawn(move || {
            for _ in 0..5 {
                fork.check_all();
            }
        });
        for at in 0..20_000 {
            live.write((at * 7_919) % 20_000, round);
        }
        reader.join().expect("the reader saw only its own side");
    }
    live.check_all();
}
