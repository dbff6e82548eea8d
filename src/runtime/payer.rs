//! Closed books that are due, paid: worked out, written, named; and what is known of those that are being paid or could
//! not be. A run is on disk, under its digest, before it is posted.
//!
//! A period that cannot be paid stays closed and unpaid, with the reason; the others of its type wait behind it. It is
//! tried again when it is told to close once more, and at the next start.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crossbeam::channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;

use crate::base::ids::Text;
use crate::engine::command::run::PostRun;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::run::{Brought, Payment};
use crate::plan::standing::Standing;
use crate::runtime::openings::{Openings, Unworked};
use crate::store::fault::Fault;
use crate::store::run_reader::RunFile;
use crate::store::run_writer::{self, Unnamed};
use crate::store::runs::{Balance, Head, Line};
use crate::view::era::Asked;
use crate::view::payout::Payout;

/// Books of a type that may wait to be paid before no more submissions are taken.
pub const DUE_MAX: usize = 4;

/// Balances read at a time.
const BALANCES_AT_ONCE: u64 = 4_096;

/// A run on disk that has no name yet.
struct Made<'d> {
    file: Unnamed<'d>,
    post: PostRun,
    closing: Arc<Standing>,
}

/// A closed book worked out, and all that its file says beside lines and balances.
struct Ready {
    payout: Payout,
    brought: Brought,
    head: Head,
    closing: Arc<Standing>,
    standing: Vec<u8>,
}

impl Ready {
    /// Works a book out.
    fn of(openings: &Openings, state: &Arc<State>, asked: Asked) -> Result<Ready, Unworked> {
        let payout = openings.with_reversed(openings.payout(state, asked)?)?;
        let brought = brought(openings, state, asked)?;
        let payment = payout.payment(&brought);
        let sums = payment.sums().map_err(|beyond| payout.beyond(beyond))?;
        let closing = Arc::new(payout.pass.closing(&payout.set));
        let mut standing = Vec::new();
        closing.encode(&mut standing);
        let head = Head {
            payees: sums.payees,
            lines: sums.lines,
            balances: sums.accounts,
            standing: standing.len() as u64,
            ..head(openings, &payout, &payment, sums.totals)
        };
        Ok(Ready {
            payout,
            brought,
            head,
            closing,
            standing,
        })
    }

    fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        let lines = self.payout.payment(&self.brought).lines();
        lines.map(|line| Line {
            member: line.member,
            component: line.component as u16,
            currency: line.currency,
            exact: line.exact.0,
            after: line.after.0,
            minor: line.minor,
        })
    }

    fn balances(&self) -> impl Iterator<Item = Balance> + '_ {
        let place = |code: &Text| {
            let mut known = self.head.currencies.iter();
            let place = known.position(|(known, _)| known == code);
            place.expect("the head names every currency") as u8
        };
        let accounts = self.payout.payment(&self.brought).accounts();
        accounts.map(move |account| Balance {
            member: account.member,
            currency: place(&account.currency),
            earned: account.earned,
            brought: account.brought,
            payable: account.payable(),
        })
    }
}

/// Works a closed book out and writes it.
fn make<'d>(
    openings: &'d Openings,
    state: &Arc<State>,
    asked: Asked,
) -> Result<Made<'d>, Unworked> {
    let ready = Ready::of(openings, state, asked)?;
    let draft = format!("{}-{}", asked.period, asked.ordinal);
    let (directory, head) = (&openings.files.directory, &ready.head);
    let (lines, balances) = (ready.lines(), ready.balances());
    let file = run_writer::write(directory, &draft, head, lines, balances, &ready.standing)?;
    let post = PostRun {
        period_type: head.period_type.clone(),
        period: head.period.clone(),
        digest: file.digest,
        lines: head.lines,
        payees: head.payees,
        totals: totals(head),
    };
    Ok(Made {
        file,
        post,
        closing: ready.closing,
    })
}

/// The totals that are told: of the set's own currency, and of those in which something was paid.
fn totals(head: &Head) -> Vec<(Text, i64)> {
    let all = head.currencies.iter().enumerate();
    let told = all.filter(|(place, (_, total))| *place == 0 || *total != 0);
    told.map(|(_, total)| total.clone()).collect()
}

/// The digest that a closed book at hand is paid under; nothing is written.
///
/// # Errors
/// See [`Unworked`].
///
/// # Panics
/// If no plan set is in force for the period.
pub fn digest(openings: &Openings, state: &Arc<State>, asked: Asked) -> Result<[u8; 32], Unworked> {
    let ready = Ready::of(openings, state, asked)?;
    let (lines, balances) = (ready.lines(), ready.balances());
    Ok(run_writer::digest(
        &ready.head,
        lines,
        balances,
        &ready.standing,
    ))
}

/// What a file says of itself, but for how much it holds.
fn head(openings: &Openings, payout: &Payout, payment: &Payment<'_>, totals: Vec<i64>) -> Head {
    let Asked { period, ordinal } = payout.asked;
    let (lens, set) = (payout.lens(), &payout.set);
    let plan = payout.state.plan_of(period, ordinal);
    let (version, _) = plan.expect("a plan set is in force for what is paid");
    let factors = set.components.iter().enumerate().map(|(index, entry)| {
        let factor = payout.pass.factor(set, index);
        (entry.name.clone(), factor.0)
    });
    let sources = payout.reversed.sources.iter();
    let sources = sources.map(|of| (of.component.clone(), of.period.clone()));
    Head {
        log_id: openings.files.expected.log_id,
        document: version.document,
        period_type: lens.rules.period_types[period].name.clone(),
        period: lens.periods(period).label(ordinal).clone(),
        set: version.set.clone(),
        version: version.version,
        payees: 0,
        lines: 0,
        balances: 0,
        standing: 0,
        currencies: payment.currencies().into_iter().zip(totals).collect(),
        components: factors.collect(),
        sources: sources.collect(),
    }
}

/// What the run before one of its type carried. O(balances).
///
/// # Errors
/// If its file cannot be read.
pub fn brought(openings: &Openings, state: &State, asked: Asked) -> Result<Brought, Fault> {
    let mut brought = Brought::new();
    let Some(run) = state.runs.before(asked.period, asked.ordinal) else {
        return Ok(brought);
    };
    let file = openings.open(run)?;
    let mut next = 0;
    while next < file.head.balances {
        let balances = file.balances(next, BALANCES_AT_ONCE)?;
        next += balances.len() as u64;
        for balance in balances.iter().filter(|balance| balance.carried() != 0) {
            let (code, _) = &file.head.currencies[usize::from(balance.currency)];
            brought.insert((balance.member, code.clone()), balance.carried());
        }
    }
    Ok(brought)
}

/// Pays a book and gives the file its name: what is left is to post it.
///
/// # Errors
/// See [`Unworked`].
pub fn pay(openings: &Openings, state: &Arc<State>, asked: Asked) -> Result<PostRun, Unworked> {
    let _writing = openings.writing.lock();
    let made = make(openings, state, asked)?;
    made.file.name()?;
    openings.keep(state, asked, &made.closing);
    Ok(made.post)
}

/// Opens the file of a run. One that is missing is written anew where the book is still at hand and comes to the same.
///
/// # Errors
/// If it is damaged, or missing for good.
pub fn open(openings: &Openings, state: &Arc<State>, run: &Run) -> Result<RunFile, Fault> {
    let missing = match openings.open(run) {
        Err(fault) if is_missing(&fault) => fault,
        other => return other,
    };
    let Some(asked) = at_hand(state, run) else {
        return Err(missing);
    };
    let _writing = openings.writing.lock();
    let made = make(openings, state, asked).map_err(|error| match error {
        Unworked::Run(fault) => fault,
        _ => missing.clone(),
    })?;
    if made.file.digest != run.digest {
        made.file.discard()?;
        return Err(missing);
    }
    made.file.name()?;
    tracing::warn!(period = %made.post.period, "the file of a run was missing and has been written anew");
    openings.open(run)
}

/// The period that a run paid, if its closed book is still at hand: so it can be paid again. O(due).
#[must_use]
pub fn at_hand(state: &State, run: &Run) -> Option<Asked> {
    let asked = Asked::paid_by(run);
    let periods = state.periods.get(asked.period);
    periods.can_be_paid(asked.ordinal).then_some(asked)
}

/// Whether a fault is that there is no such file.
#[must_use]
pub fn is_missing(fault: &Fault) -> bool {
    let Fault::Io { kind, .. } = fault else {
        return false;
    };
    *kind == ErrorKind::NotFound
}

/// The oldest book that is due, of the types that are not held up by a failure: `blocked` has a bit for each of those.
#[must_use]
pub fn next_due(state: &State, blocked: u8) -> Option<Asked> {
    let types = state.periods.iter().enumerate();
    let open = types.filter(|(period, _)| blocked >> period & 1 == 0);
    let first = open.filter_map(|(period, of)| Some((of.due().next()?, period)));
    let (book, period) = first.min_by_key(|(book, period)| (book.seq, *period))?;
    Some(Asked {
        period,
        ordinal: book.ordinal,
    })
}

/// A period that was paid, or why not.
pub struct Done {
    /// The period.
    pub asked: Asked,
    /// The command that posts its run, or the reason.
    pub result: Result<PostRun, String>,
}

/// What is being paid, and what could not be.
pub struct Payer {
    working: Mutex<Option<Asked>>,
    failed: Mutex<BTreeMap<Asked, String>>,
    /// A bit for each type that a failure holds up.
    blocked: AtomicU8,
    last_ms: AtomicU64,
    tell: Sender<Done>,
    /// Where the log thread learns what was done.
    pub done: Receiver<Done>,
}

impl Default for Payer {
    fn default() -> Payer {
        let (tell, done) = unbounded();
        Payer {
            working: Mutex::default(),
            failed: Mutex::default(),
            blocked: AtomicU8::new(0),
            last_ms: AtomicU64::new(0),
            tell,
            done,
        }
    }
}

impl Payer {
    /// Periods that could not be paid, with the reasons.
    #[must_use]
    pub fn failed(&self) -> BTreeMap<Asked, String> {
        self.failed.lock().clone()
    }

    /// Types held up by a failure, a bit each.
    #[must_use]
    pub fn blocked(&self) -> u8 {
        self.blocked.load(Ordering::Acquire)
    }

    /// Milliseconds that the last run took.
    #[must_use]
    pub fn last_ms(&self) -> u64 {
        self.last_ms.load(Ordering::Acquire)
    }

    /// Forgets that a period could not be paid, so that it is tried again; whether it could not.
    pub fn retry(&self, asked: Asked) -> bool {
        let mut failed = self.failed.lock();
        let was = failed.remove(&asked).is_some();
        self.block(&failed);
        was
    }

    /// Notes why a period could not be paid.
    pub fn fail(&self, asked: Asked, reason: String) {
        let mut failed = self.failed.lock();
        failed.insert(asked, reason);
        self.block(&failed);
    }

    fn block(&self, failed: &BTreeMap<Asked, String>) {
        let bits = failed.keys().fold(0, |bits, of| bits | 1 << of.period);
        self.blocked.store(bits, Ordering::Release);
    }

    /// Whether a run is being made, or made and not posted.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.working.lock().is_some()
    }

    /// A run is being made from now on.
    pub fn start(&self, asked: Asked) {
        *self.working.lock() = Some(asked);
    }

    /// Notes how long a run took.
    pub fn took(&self, ms: u64) {
        self.last_ms.store(ms, Ordering::Release);
    }

    /// Tells the log thread what came of a run.
    pub fn tell(&self, done: Done) {
        // It may have ended; then the next start pays again, and comes to the same.
        drop(self.tell.send(done));
    }

    /// The run that was being made has been posted, or will not be.
    pub fn rest(&self) {
        *self.working.lock() = None;
    }
}
