//! The nemesis: kills, pauses, fills and starts servers again, as chance has it, and counts what it did.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arborline::cli::exit::Exit;
use rustix::process::Signal;

use super::server::{DATA, Server};
use super::stage::Stage;
use crate::chance::{Chance, scale};

/// Lives of servers in a run; the last of them goes on until enough is acknowledged.
const LIVES: u64 = 48;
/// Facts acknowledged in one life, at most.
const FACTS: i64 = 8_000;
/// How long something may take that takes a moment.
const MOMENT: Duration = Duration::from_secs(60);
/// The longest pause, in milliseconds: clients give up on what they asked, and ask it again beside it.
const LONG_PAUSE: u64 = 2_300;

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Kill,
    /// While a snapshot is written.
    KillAtSnapshot,
    /// While it stops, which writes a snapshot too.
    KillAtStop,
    /// Before it serves.
    KillAtStart,
    Stop,
    /// By itself, when its disk is full.
    Full,
}

/// Ends, as often as they come in so many lives.
const ENDS: [End; 24] = {
    let mut ends = [End::Kill; 24];
    (ends[0], ends[1], ends[2]) = (End::Stop, End::Stop, End::Stop);
    (ends[3], ends[4]) = (End::Full, End::Full);
    (ends[5], ends[6], ends[7]) = (
        End::KillAtSnapshot,
        End::KillAtSnapshot,
        End::KillAtSnapshot,
    );
    (ends[8], ends[9]) = (End::KillAtStop, End::KillAtStop);
    (ends[10], ends[11]) = (End::KillAtStart, End::KillAtStart);
    ends
};

/// What is done to a server while it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Pause,
    Filling,
    Snapshot,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) kills: u64,
    /// Those by which a disk lost what was not synced.
    pub(super) losses: u64,
    pub(super) pauses: u64,
    pub(super) fillings: u64,
    pub(super) ended_full: u64,
    pub(super) stops: u64,
    pub(super) snapshots: u64,
    pub(super) from_both: u64,
    pub(super) from_log: u64,
}

/// One at work.
pub(super) struct Nemesis<'s> {
    stage: &'s Stage,
    desk: &'s Path,
    chance: Chance,
    tally: Tally,
}

impl Nemesis<'_> {
    pub(super) fn new<'s>(stage: &'s Stage, desk: &'s Path, seed: u64) -> Nemesis<'s> {
        Nemesis {
            stage,
            desk,
            chance: Chance::new(seed),
            tally: Tally::default(),
        }
    }

    /// Works until so many facts are acknowledged, and leaves a directory whose last server was killed with a tail behind
    /// its snapshot.
    pub(super) fn work(mut self, acknowledged: u64) -> Tally {
        let mut ends: Vec<End> = (0..LIVES * scale())
            .map(|life| ENDS[life as usize % ENDS.len()])
            .collect();
        for at in (1..ends.len()).rev() {
            ends.swap(at, self.chance.below(at + 1));
        }
        let mut troubles = Vec::new();
        for (life, end) in ends.into_iter().enumerate() {
            troubles.extend_from_slice(match life % 8 {
                1 => &[Trouble::Filling],
                0 | 4 => &[Trouble::Pause, Trouble::Snapshot],
                6 => &[Trouble::Snapshot, Trouble::Pause],
                _ => &[][..],
            });
            // So that the log alone has to lead there too.
            if life % 8 == 5 {
                self.remove_snapshots();
            }
            let facts = self.chance.between(1, FACTS);
            // What a server dies too soon for is the next one's.
            let now = match end {
                End::KillAtStart => Vec::new(),
                _ => std::mem::take(&mut troubles),
            };
            self.live(end, &now, facts.unsigned_abs());
        }
        self.live(End::Stop, &[], 1);
        let so_far = self.stage.acknowledged.load(Ordering::SeqCst);
        let left = acknowledged.saturating_sub(so_far).max(3_000);
        self.live(End::Kill, &[], left);
        self.tally.snapshots = self.stage.snapshots.load(Ordering::SeqCst);
        self.tally
    }

    /// One life of a server, in which so many facts are acknowledged.
    fn live(&mut self, end: End, troubles: &[Trouble], facts: u64) {
        let (loses, behind) = (self.chance.percent(50), self.chance.percent(50));
        let mut server = Server::start(self.desk, loses, behind);
        if end == End::KillAtStart {
            self.rest(80);
            return self.kill(server, loses);
        }
        let started = server.started();
        self.tally.from_both += u64::from(started.snapshot_seq > 0 && started.replayed > 0);
        self.tally.from_log += u64::from(started.snapshot_seq == 0);
        self.stage.set_address(Some(started.address));
        let part = facts / (troubles.len() as u64 + 1);
        for trouble in troubles {
            self.until_acknowledged(&mut server, part);
            self.trouble(&mut server, *trouble);
        }
        self.until_acknowledged(&mut server, part.max(1));
        self.end(server, end, loses);
    }

    fn end(&mut self, mut server: Server, end: End, loses: bool) {
        match end {
            End::Kill | End::KillAtStart => {}
            End::KillAtSnapshot => {
                self.stage.wanted.store(1, Ordering::SeqCst);
                self.rest(60);
            }
            End::KillAtStop => {
                server.say("stop");
                self.rest(60);
                if server.has_ended() {
                    return self.ended(server, Exit::Done);
                }
            }
            End::Stop => {
                server.say("stop");
                return self.ended(server, Exit::Done);
            }
            End::Full => {
                server.say("full");
                return self.ended(server, Exit::Disk);
            }
        }
        self.kill(server, loses);
    }

    fn kill(&mut self, server: Server, loses: bool) {
        self.stage.set_address(None);
        let status = server.kill();
        match status.code() {
            None => {
                self.tally.kills += 1;
                self.tally.losses += u64::from(loses);
            }
            // It was stopping, and came to its end before.
            Some(code) => assert_eq!(code, Exit::Done as i32, "{status}"),
        }
    }

    /// Waits for a server that ends by itself.
    fn ended(&mut self, mut server: Server, exit: Exit) {
        let status = server.end();
        self.stage.set_address(None);
        let words = server.last_words();
        assert_eq!(status.code(), Some(exit as i32), "{status}: {words}");
        match exit {
            Exit::Disk => self.tally.ended_full += 1,
            _ => self.tally.stops += 1,
        }
    }

    fn trouble(&mut self, server: &mut Server, trouble: Trouble) {
        match trouble {
            Trouble::Pause => {
                server.signal(Signal::STOP);
                match self.chance.percent(25) {
                    true => std::thread::sleep(Duration::from_millis(LONG_PAUSE)),
                    false => self.rest(400),
                }
                server.signal(Signal::CONT);
                self.tally.pauses += 1;
            }
            Trouble::Filling => {
                let before = self.stage.no_space.load(Ordering::SeqCst);
                server.say("scarce");
                let stage = self.stage;
                stage.until("a disk without room", MOMENT, || {
                    stage.no_space.load(Ordering::SeqCst) > before + 20
                });
                server.say("ample");
                self.until_acknowledged(server, 1);
                self.tally.fillings += 1;
            }
            Trouble::Snapshot => {
                let stage = self.stage;
                let written = || stage.snapshots.load(Ordering::SeqCst);
                let before = written();
                stage.until("a snapshot", MOMENT, || {
                    // Again where the server was writing one of its own.
                    stage.wanted.store(1, Ordering::SeqCst);
                    written() > before
                });
                stage.wanted.store(0, Ordering::SeqCst);
            }
        }
    }

    /// Waits until so many more facts are acknowledged.
    fn until_acknowledged(&self, server: &mut Server, more: u64) {
        let count = || self.stage.acknowledged.load(Ordering::SeqCst);
        let (mut seen, goal) = (count(), count() + more);
        while seen < goal {
            // Some of them within a moment: a run goes on as long as it goes forward.
            let next = goal.min(seen + 100);
            self.stage.until("acknowledgements", MOMENT, || {
                assert!(
                    !server.has_ended(),
                    "the server has ended: {}",
                    server.last_words()
                );
                count() >= next
            });
            seen = count();
        }
    }

    /// Rests less than so many milliseconds.
    fn rest(&mut self, ms: usize) {
        std::thread::sleep(Duration::from_micros(self.chance.below(ms * 1_000) as u64));
    }

    fn remove_snapshots(&self) {
        let snapshots = self.desk.join(DATA).join("snapshots");
        if snapshots.exists() {
            std::fs::remove_dir_all(&snapshots).expect("a folder");
        }
    }
}
