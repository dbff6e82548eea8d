//! Closed periods are paid in the background: once, the same after every crash, and into files that never change.

use arborline::view::era::Asked;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::Status;
use arborline::engine::runs::Run;
use arborline::engine::state::State;
use arborline::plan::run::{Brought, Line};
use arborline::runtime::health::Health;
use arborline::runtime::offline::{self, ReadOnly};
use arborline::runtime::openings::Openings;
use arborline::runtime::paid::Paid;
use arborline::runtime::payer::{self, DUE_MAX};
use arborline::runtime::plans::Plans;
use arborline::runtime::settings::Settings;
use arborline::runtime::start::{Server, open};
use arborline::runtime::submission::Submission;
use arborline::store::fault::Fault;
use arborline::store::run_reader::RunFile;
use arborline::store::runs;

use super::network::{AT, block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::Chance;
use crate::disk::sim::{Op, SimDisk, Survivors, Trouble};

const DIR: &str = "/data/net";

/// Level pay and a bonus on it, under a ceiling that cuts; a ladder, so that periods hand something on.
const PLAN: &str = r#"
name = "Sample"
currency = "USD"

[company_cap]
volume = "cv"
rate = "0.06"
components = ["level-pay"]

[[ladders]]
name = "ranks"
grace = 1
[[ladders.ranks]]
name = "silver"
group = "cv"
at_least = "100"

[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "level-pay"
kind = "unilevel"
tree = "enroller"
volume = "cv"
compression = "none"
payee = "any"
rates = ["0.05", "0.03333333"]
[[plans.components]]
name = "match"
kind = "matching"
of = ["level-pay"]
compression = "none"
payee = "any"
rates = ["0.1"]
"#;

fn planned(disk: &SimDisk) -> Settings {
    Settings {
        plan: Some(PLAN.to_owned()),
        ..settings(disk, Path::new(DIR), rules())
    }
}

fn day(days: i64, command: Command) -> Command {
    Command {
        at: AT.plus_ms(days * DAY_MS),
        ..command
    }
}

/// A line of four who buy in the first of `months` months, and time that passes until all of them are closed.
fn history(months: i64) -> Vec<Command> {
    let mut commands = vec![enrol("a", None)];
    for (member, above) in [("b", "a"), ("c", "b"), ("d", "c")] {
        commands.push(enrol(member, Some(above)));
    }
    for month in 0..months {
        for (index, member) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let units = 1_234_567 * (index as i64 + 1) + month;
            let bought = order(&format!("{member}-{month}"), member, units);
            commands.push(day(31 * month, bought));
        }
    }
    commands.push(day(31 * months + 31, enrol("e", Some("a"))));
    commands
}

/// A directory whose first months are closed and not paid: nobody pays fewer than a server lets wait.
fn closed(disk: &SimDisk) -> State {
    let mut network = offline(planned(disk));
    network.submit(history(2)).expect("a disk in order");
    let state = network.state.fork();
    assert!(state.periods.get(0).due().len() >= 2, "two months at least");
    network.close().expect("a disk in order");
    state
}

fn read(disk: &SimDisk) -> (Arc<State>, Openings) {
    let ReadOnly { state, files, .. } = offline::read(&planned(disk)).expect("a log in order");
    let plans = Arc::new(Plans::new(Arc::clone(&files)));
    (Arc::new(state), Openings::new(files, plans))
}

fn oldest(state: &State) -> Asked {
    payer::next_due(state, 0).expect("a book that is due")
}

/// Waits until the server says so; a minute is far more than it may take.
async fn until(server: &Server, holds: impl Fn(&Health) -> bool) {
    for _ in 0..6_000 {
        if holds(&server.handle.health()) {
            return;
        }
        server.handle.wait_for(u64::MAX, 10).await;
    }
    panic!(
        "the server's health does not change: {:?}",
        server.handle.health()
    );
}

/// All runs, once nothing is due any more.
pub(super) fn paid_off(server: &Server) -> Vec<Run> {
    block_on(until(server, |health| health.runs_due == 0));
    server
        .handle
        .read(|state| state.runs.iter().cloned().collect())
}

/// What identifies runs, whenever they were posted.
fn digests(runs: &[Run]) -> Vec<(u32, [u8; 32])> {
    runs.iter().map(|run| (run.ordinal, run.digest)).collect()
}

/// The lines that the pass over a book comes to.
pub(super) fn lines_of_pass(openings: &Openings, state: &Arc<State>, asked: Asked) -> Vec<Line> {
    let payout = openings.payout(state, asked);
    let payout = payout.and_then(|payout| openings.with_reversed(payout));
    let payout = payout.expect("amounts within the range");
    let brought = Brought::new();
    payout.payment(&brought).lines().collect()
}

#[test]
fn a_closed_period_is_paid_once_and_as_the_pass_at_its_close() {
    let disk = SimDisk::new();
    closed(&disk);
    let (before, openings) = read(&disk);
    // Before the first orders there was a month without any.
    let due = before.periods.get(0).due();
    let mut due = due.map(|book| Asked {
        period: 0,
        ordinal: book.ordinal,
    });
    let sold = |asked: &Asked| !lines_of_pass(&openings, &before, *asked).is_empty();
    let asked = due.find(sold).expect("a month with orders");
    let expected = lines_of_pass(&openings, &before, asked);
    assert!(expected.len() >= 5, "{expected:?}");
    assert!(
        expected.iter().any(|line| line.after != line.exact),
        "a ceiling that cuts"
    );

    let server = serve(planned(&disk));
    let first = paid_off(&server);
    assert_eq!(first.len(), before.periods.get(0).due().len());
    let paid = |server: &Server, run: &Run| -> (Vec<Line>, Vec<Line>) {
        let state = block_on(server.handle.fork(server.handle.health().applied_seq));
        let paid = server.handle.paid(&state, run).expect("a file in order");
        let one = |member| {
            let its = paid.lines_of(member).expect("a block in order");
            assert!(its.iter().all(|line| line.member == member));
            its
        };
        let each = (0..state.members.len()).flat_map(one).collect();
        (paid.lines(0, u64::MAX).expect("blocks in order"), each)
    };
    let run = first.iter().find(|run| run.ordinal == asked.ordinal);
    let run = run.expect("it is paid");
    let (all, each) = paid(&server, run);
    assert_eq!((&all, &each), (&expected, &expected));
    let total: i64 = expected.iter().map(|line| line.minor).sum();
    assert_eq!(run.totals, [("USD".into(), total)]);
    // What becomes of members later is nothing to what was paid.
    let gone = Command {
        id: "gone".into(),
        at: AT.plus_ms(100 * DAY_MS),
        verb: Verb::Status(Box::new(SetStatus {
            member: "a".into(),
            status: Status::Terminated,
            reason: None,
        })),
    };
    block_on(submit(&server, vec![gone])).expect("durable");
    assert_eq!(paid(&server, run).0, expected);
    server.stop();

    let server = serve(planned(&disk));
    let again = paid_off(&server);
    assert_eq!(
        again[..first.len()],
        first[..],
        "a replay pays nothing again"
    );
    assert_eq!(paid(&server, run).0, expected);
    server.stop();
}

/// Every way in which the operations of a run can fail: so many of each kind, and in all.
fn troubles(made: &[(Op, u64)], all: u64) -> Vec<(Trouble, Survivors)> {
    let mut troubles = Vec::new();
    for &(op, count) in made {
        assert!(count > 0, "{op:?}");
        for n in 0..count {
            let trouble = Trouble::Fail {
                op,
                n,
                error: ErrorKind::Other,
                for_ever: false,
            };
            troubles.push((trouble, Survivors::All));
        }
    }
    for n in 0..made[0].1 {
        troubles.push((Trouble::ShortWrite { n }, Survivors::All));
        troubles.push((Trouble::HalfWrite { n }, Survivors::All));
    }
    for n in 0..all {
        for survivors in [
            Survivors::None,
            Survivors::All,
            Survivors::BytesOnly,
            Survivors::Some,
        ] {
            troubles.push((Trouble::PowerOff { n }, survivors));
        }
    }
    troubles
}

#[test]
fn every_failure_of_the_disk_leaves_a_whole_file_or_none() {
    let base = SimDisk::new();
    closed(&base);
    let copy = || base.image(Survivors::All, &mut Chance::new(0));
    let disk = copy();
    let (state, openings) = read(&disk);
    let asked = oldest(&state);
    disk.plan(None);
    let post = payer::pay(&openings, &state, asked).expect("a disk in order");
    let made =
        [Op::Write, Op::Sync, Op::Create, Op::Rename, Op::SyncDir].map(|op| (op, disk.done_of(op)));
    let all = disk.done();
    let mut failed = 0;
    let mut check = |trouble: Trouble, survivors: Survivors| {
        let disk = copy();
        let (state, openings) = read(&disk);
        disk.plan(Some(trouble));
        let paid = payer::pay(&openings, &state, asked);
        failed += u32::from(paid.is_err());
        if let Ok(paid) = &paid {
            assert!(matches!(trouble, Trouble::ShortWrite { .. }), "{trouble:?}");
            assert_eq!(paid.digest, post.digest);
        }
        let image = disk.image(survivors, &mut Chance::new(all));
        let (state, openings) = read(&image);
        let files = &openings.files;
        let path = runs::path(&files.directory, &post.digest);
        let named = image.files().into_iter().any(|(there, _)| there == path);
        let synced = !matches!(survivors, Survivors::NamesOnly);
        if named && synced {
            let file = RunFile::open(&files.directory, &post.digest, &files.expected.log_id);
            file.and_then(|file| file.prove(&post.digest))
                .expect("whole");
        }
        // The next start removes what is left, of whichever period it is, and comes to the same.
        let other = files.directory.runs().join("0-99.tmp");
        let left = files.directory.disk.create(&other);
        left.expect("a disk in order");
        drop((state, openings));
        let server = serve(planned(&image));
        let paid = paid_off(&server);
        assert_eq!(paid[0].digest, post.digest, "{trouble:?} {survivors:?}");
        server.stop();
        let leftover = |(path, _): &(PathBuf, Vec<u8>)| {
            path.starts_with(Path::new(DIR).join("runs")) && path.extension().is_some()
        };
        assert!(!image.files().iter().any(leftover), "{trouble:?}");
    };
    for (trouble, survivors) in troubles(&made, all) {
        check(trouble, survivors);
    }
    assert!(failed > 20, "{failed} failures");
}

/// Closes months on a server whose power goes off at the n-th operation; the digests after the next start.
fn cut_off_at(base: &SimDisk, n: u64, survivors: Survivors) -> (bool, Vec<(u32, [u8; 32])>) {
    let disk = base.image(Survivors::All, &mut Chance::new(0));
    let server = open(planned(&disk), Box::new(|_| ())).expect("in order");
    disk.plan(Some(Trouble::PowerOff { n }));
    block_on(async {
        for command in history(2) {
            if submit(&server, vec![command]).await.is_err() {
                return;
            }
        }
        // All was told; what is paid may meet the end.
        for _ in 0..400 {
            let health = server.handle.health();
            if health.poisoned || health.runs_failed > 0 || health.runs_due == 0 {
                break;
            }
            server.handle.wait_for(u64::MAX, 5).await;
        }
    });
    let struck = disk.struck();
    server.stop();
    let image = disk.image(survivors, &mut Chance::new(n));
    let server = serve(planned(&image));
    block_on(async {
        for command in history(2) {
            submit(&server, vec![command]).await.expect("in order");
        }
    });
    let runs = digests(&paid_off(&server));
    server.stop();
    (struck, runs)
}

#[test]
fn wherever_the_power_goes_off_the_runs_are_the_same() {
    // The id of the log stands in every file.
    let base = SimDisk::new();
    offline(planned(&base)).close().expect("a disk in order");
    let (_, expected) = cut_off_at(&base, u64::MAX, Survivors::All);
    assert!(expected.len() >= 2, "{expected:?}");
    let (mut n, mut cut) = (0, 0);
    loop {
        let survivors = [Survivors::All, Survivors::None, Survivors::Some][(n % 3) as usize];
        let (struck, runs) = cut_off_at(&base, n, survivors);
        assert_eq!(runs, expected, "{n} {survivors:?}");
        cut += u32::from(struck);
        if !struck {
            break;
        }
        n += 1;
    }
    assert!(cut > 15, "{cut} cuts");
}

#[test]
fn closed_periods_that_pile_up_hold_back_what_comes_behind_them() {
    let disk = SimDisk::new();
    let server = serve(planned(&disk));
    block_on(async {
        submit(&server, vec![enrol("a", None)])
            .await
            .expect("durable");
        // Nobody pays while both threads of the pool wait.
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let busy: Vec<_> = (0..2)
            .map(|_| {
                let (handle, wait) = (server.handle.clone(), Arc::clone(&wait));
                let work = move || wait.lock().expect("not poisoned").recv().is_err();
                tokio::spawn(async move { handle.heavy(work).await })
            })
            .collect();
        let mut pending = Vec::new();
        for month in 0..12 {
            let bought = day(31 * month, order(&format!("o{month}"), "a", 10_000));
            let submission = Submission {
                commands: vec![bought],
            };
            let one = server.handle.enqueue(submission);
            pending.push(one.map_err(|(refused, _)| refused).expect("room"));
            // One by one, as long as they are taken: a batch may close any number of months.
            if month < DUE_MAX as i64 {
                pending.last_mut().expect("one").ready().await;
            }
        }
        until(&server, |health| health.runs_due > DUE_MAX as u64).await;
        let held = server.handle.health();
        // Neither by the queue nor directly.
        let direct = day(31 * 12, order("direct", "a", 10_000));
        let (handle, commands) = (server.handle.clone(), vec![direct]);
        let direct = tokio::spawn(async move { handle.submit(Submission { commands }).await });
        server.handle.wait_for(u64::MAX, 300).await;
        let still = server.handle.health();
        assert_eq!(still.applied_seq, held.applied_seq, "nothing more is taken");
        assert!(still.queued_commands > 0 && !direct.is_finished());
        drop(go);
        for one in busy {
            one.await.expect("work that ends");
        }
        for one in pending {
            assert!(one.await.expect("durable")[0].outcome.is_ok());
        }
        assert!(
            direct.await.expect("a task").expect("durable")[0]
                .outcome
                .is_ok()
        );
    });
    let runs = paid_off(&server);
    assert!(runs.len() >= 11, "{} runs", runs.len());
    assert!(runs.is_sorted_by_key(|run| run.ordinal), "oldest first");
    server.stop();
}

#[test]
fn a_run_that_fails_says_why_holds_nobody_up_and_is_tried_again() {
    let disk = SimDisk::new();
    let server = serve(planned(&disk));
    let trouble = Trouble::Fail {
        op: Op::Rename,
        n: 0,
        error: ErrorKind::Other,
        for_ever: true,
    };
    disk.plan(Some(trouble));
    block_on(async {
        for command in history(2 + DUE_MAX as i64) {
            submit(&server, vec![command]).await.expect("durable");
        }
        until(&server, |health| health.runs_failed == 1).await;
        let health = server.handle.health();
        assert!(
            health.runs_due > DUE_MAX as u64,
            "what fails holds nobody up"
        );
        let (asked, reason) = server.handle.unpaid().pop_first().expect("one");
        assert!(reason.contains("rename"), "{reason}");
        disk.plan(None);
        server.handle.pay_again(asked);
        until(&server, |health| {
            health.runs_due == 0 && health.runs_failed == 0
        })
        .await;
    });
    assert!(paid_off(&server).len() > DUE_MAX);
    server.stop();
}

#[test]
fn an_amount_beyond_the_range_leaves_the_period_unpaid_over_restarts() {
    let disk = SimDisk::new();
    let mut network = offline(planned(&disk));
    let mut commands = vec![enrol("a", None), enrol("b", Some("a"))];
    for index in 0..220 {
        let most = arborline::base::number::Volume::MAX.0;
        commands.push(order(&format!("o{index}"), "b", most));
    }
    commands.push(day(62, enrol("c", None)));
    let receipts = network.submit(commands).expect("a disk in order");
    assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
    network.close().expect("a disk in order");
    for _ in 0..2 {
        let server = serve(planned(&disk));
        block_on(until(&server, |health| health.runs_failed == 1));
        let (asked, reason) = server.handle.unpaid().pop_first().expect("one");
        assert!(
            reason.contains("`a`") && reason.contains("beyond"),
            "{reason}"
        );
        let Asked { period, ordinal } = asked;
        let paid = |state: &State| state.runs.of(period, ordinal).is_some();
        assert!(!server.handle.read(paid));
        server.stop();
    }
}

fn digest_path(openings: &Openings, run: &Run) -> PathBuf {
    runs::path(&openings.files.directory, &run.digest)
}

#[test]
fn a_missing_file_is_written_anew_from_its_book_and_a_damaged_one_is_named() {
    let disk = SimDisk::new();
    closed(&disk);
    let server = serve(planned(&disk));
    let runs = paid_off(&server);
    server.stop();
    let (state, openings) = read(&disk);
    let (old, last) = (&runs[runs.len() - 2], &runs[runs.len() - 1]);
    assert!(state.periods.get(0).book(last.ordinal).is_some() && old != last);
    let lines = Paid::open(&openings, &state, last)
        .expect("in order")
        .lines(0, 1_000);

    let directory = &openings.files.directory;
    for run in [old, last] {
        directory
            .disk
            .remove(&digest_path(&openings, run))
            .expect("it is there");
    }
    let anew = Paid::open(&openings, &state, last).err();
    // What the last one begins with lies in a file that is gone too.
    let gone = anew.expect("not without the one before").short;
    assert!(gone.contains("cannot open `runs/"), "{gone}");

    let disk = SimDisk::new();
    closed(&disk);
    let server = serve(planned(&disk));
    let runs = paid_off(&server);
    server.stop();
    let (state, openings) = read(&disk);
    let last = runs.last().expect("runs");
    let path = digest_path(&openings, last);
    openings
        .files
        .directory
        .disk
        .remove(&path)
        .expect("it is there");
    let again = Paid::open(&openings, &state, last).expect("written anew");
    let count = again.lines(0, 1_000).expect("in order").len();
    assert_eq!(Some(count), lines.ok().map(|lines| lines.len()));

    every_byte_is_proven(&disk, last, &path);
}

/// Every byte of a file is under a checksum, and none may be missing.
fn every_byte_is_proven(disk: &SimDisk, last: &Run, path: &Path) {
    let bytes = disk
        .files()
        .into_iter()
        .find(|(there, _)| there == path)
        .expect("it is there")
        .1;
    for at in (0..bytes.len()).step_by(7) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x10;
        let (state, openings) = read(&disk.with(path, wrong));
        let all = openings.open(last).and_then(|file| {
            file.lines(0, u64::MAX)?;
            file.balances(0, u64::MAX)?;
            file.standing()
        });
        let fault = all.expect_err("damage is seen");
        assert!(
            matches!(fault, Fault::Damaged { .. } | Fault::OtherFormat { .. }),
            "{at}: {fault}"
        );
        assert!(
            fault.to_string().contains(path.to_str().expect("plain")),
            "{fault}"
        );
        drop(state);
    }
    for len in (0..bytes.len()).step_by(13) {
        let (_, openings) = read(&disk.with(path, bytes[..len].to_vec()));
        assert!(openings.open(last).is_err(), "cut at {len}");
    }
}

#[test]
fn time_before_a_plan_is_never_paid() {
    let disk = SimDisk::new();
    let mut network = offline(settings(&disk, Path::new(DIR), rules()));
    network.submit(history(2)).expect("a disk in order");
    let current = network.state.periods.get(0).current();
    network.close().expect("a disk in order");
    let mut network = offline(planned(&disk));
    assert!(network.state.periods.get(0).due().len() == 0);
    let last = network.state.as_of_time.plus_ms(70 * DAY_MS);
    let later = Command {
        at: last.max(Time(0)),
        ..enrol("late", None)
    };
    network.submit(vec![later]).expect("a disk in order");
    let due: Vec<u32> = network
        .state
        .periods
        .get(0)
        .due()
        .map(|book| book.ordinal)
        .collect();
    assert_eq!(due.first(), Some(&current));
    network.close().expect("a disk in order");
}
