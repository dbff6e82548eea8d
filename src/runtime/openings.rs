//! What a period begins with: the standing figures that the one before it hands on. One place decides where they come
//! from, so that a run, a live figure and a question about another plan begin alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::base::time::Time;
use crate::engine::periods::Stage;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::set::PlanSet;
use crate::plan::standing::Standing;
use crate::runtime::debits::Debits;
use crate::runtime::plans::{PlanError, Plans};
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::run_reader::RunFile;
use crate::store::runs;
use crate::view::era::Asked;
use crate::view::payout::{Payout, Unpaid};

/// Periods of a type whose standing figures are kept: of the one that runs, the rolled one and the last closed one.
const KEPT_MAX: u32 = 3;

/// Why a period is not worked out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unworked {
    /// It comes to nothing that can be said.
    #[error(transparent)]
    Unpaid(#[from] Unpaid),
    /// A plan set cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The file of a run cannot be read or written.
    #[error(transparent)]
    Run(#[from] Fault),
}

/// Standing figures of the periods that were asked for lately.
pub struct Openings {
    /// The directory.
    pub files: Arc<Files>,
    /// Its plan sets.
    pub plans: Arc<Plans>,
    /// Held by whoever writes the file of a run.
    pub(crate) writing: Mutex<()>,
    kept: Mutex<BTreeMap<Asked, Kept>>,
    /// What refunds take back of closed periods.
    pub(crate) debits: Debits,
}

struct Kept {
    /// Of a book that still changes: at which sequence.
    seq: Option<u64>,
    standing: Arc<Standing>,
}

impl Openings {
    /// None known yet.
    #[must_use]
    pub fn new(files: Arc<Files>, plans: Arc<Plans>) -> Openings {
        Openings {
            files,
            plans,
            writing: Mutex::default(),
            kept: Mutex::default(),
            debits: Debits::default(),
        }
    }

    /// What a period begins with that is worked out by a plan set: what the period before of its type hands on, and of
    /// ladders of other period types that the set reads, what the latest period of theirs handed on that was closed before
    /// this one ended; that is closed by now, while it runs. O(members) where it stands in a run that was not read lately, a
    /// pass for each period before that is not paid.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub fn of(
        &self,
        state: &Arc<State>,
        asked: Asked,
        set: &PlanSet,
    ) -> Result<Arc<Standing>, Unworked> {
        let own = self.own(state, asked)?;
        self.with_others(state, asked, set, own)
    }

    /// The same where it is at hand: of the period's own type first, then of those whose ladders the set reads. O(periods
    /// since one of another type was closed).
    #[must_use]
    pub fn at_hand(
        &self,
        state: &State,
        asked: Asked,
        set: &PlanSet,
    ) -> Option<Vec<Arc<Standing>>> {
        let own = |of: Asked| {
            let before = of.before();
            let before = before.filter(|of| state.plan_of(of.period, of.ordinal).is_some());
            before.map_or(Some(Arc::default()), |before| self.kept(state, before))
        };
        let mut all = vec![own(asked)?];
        for period in types_read(set, asked.period) {
            if let Some(closed) = latest_closed(state, period, asked) {
                let ordinal = closed + 1;
                all.push(own(Asked { period, ordinal })?);
            }
        }
        Some(all)
    }

    fn with_others(
        &self,
        state: &Arc<State>,
        asked: Asked,
        set: &PlanSet,
        own: Arc<Standing>,
    ) -> Result<Arc<Standing>, Unworked> {
        let types = types_read(set, asked.period);
        if types.is_empty() {
            return Ok(own);
        }
        let mut all = Standing::clone(&own);
        for other in types {
            let Some(closed) = latest_closed(state, other, asked) else {
                continue;
            };
            let handed_on = self.own(
                state,
                Asked {
                    period: other,
                    ordinal: closed + 1,
                },
            )?;
            let ladders = handed_on.ladders.iter();
            all.ladders
                .extend(ladders.map(|(name, held)| (name.clone(), held.clone())));
        }
        Ok(Arc::new(all))
    }

    /// What the period before hands on. Nothing, if no plan set is in force for the one before; what that one's run says, if it
    /// was posted; otherwise what a pass over its book comes to, which begins in the same way.
    ///
    /// O(members) where it stands in a run that was not read lately, a pass for each period before that is not paid.
    ///
    /// # Errors
    /// See [`Unworked`].
    fn own(&self, state: &Arc<State>, asked: Asked) -> Result<Arc<Standing>, Unworked> {
        let (mut standing, mut unpaid, mut next) = (Arc::default(), Vec::new(), asked);
        while let Some(before) = next.before()
            && state.plan_of(before.period, before.ordinal).is_some()
        {
            if let Some(kept) = self.kept(state, before) {
                standing = kept;
                break;
            }
            if let Some(run) = state.runs.of(before.period, before.ordinal) {
                standing = self.read(run)?;
                self.keep(state, before, &standing);
                break;
            }
            unpaid.push(before);
            next = before;
        }
        for before in unpaid.into_iter().rev() {
            let payout = self.payout_from(state, before, standing)?;
            standing = Arc::new(payout.pass.closing(&payout.set));
            self.keep(state, before, &standing);
        }
        Ok(standing)
    }

    /// A period worked out by the plan set in force for it. O(members x levels) for each component: for a fork.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub fn payout(&self, state: &Arc<State>, asked: Asked) -> Result<Payout, Unworked> {
        let opening = self.own(state, asked)?;
        self.payout_from(state, asked, opening)
    }

    fn payout_from(
        &self,
        state: &Arc<State>,
        asked: Asked,
        own: Arc<Standing>,
    ) -> Result<Payout, Unworked> {
        let set = self.set(state, asked)?;
        let opening = self.with_others(state, asked, &set, own)?;
        Ok(Payout::of(Arc::clone(state), set, asked, opening)?)
    }

    /// The plan set in force for a period.
    ///
    /// # Panics
    /// If there is none: whoever asks knows.
    pub(crate) fn set(&self, state: &State, asked: Asked) -> Result<Arc<PlanSet>, PlanError> {
        let plan = state.plan_of(asked.period, asked.ordinal);
        let (version, rules) = plan.expect("a plan set is in force for what is paid");
        self.plans.get(&version.document, rules)
    }

    /// Opens the file of a run as it lies there.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn open(&self, run: &Run) -> Result<RunFile, Fault> {
        let files = &self.files;
        RunFile::open(&files.directory, &run.digest, &files.expected.log_id)
    }

    fn read(&self, run: &Run) -> Result<Arc<Standing>, Fault> {
        let bytes = self.open(run)?.standing()?;
        let standing = Standing::decode(&bytes).map_err(|_| {
            let path = runs::path(&self.files.directory, &run.digest);
            Fault::damaged(&path, 0, "its standing figures cannot be read")
        })?;
        Ok(Arc::new(standing))
    }

    fn kept(&self, state: &State, asked: Asked) -> Option<Arc<Standing>> {
        let kept = self.kept.lock();
        let kept = kept.get(&asked)?;
        (kept.seq == changing(state, asked)).then(|| Arc::clone(&kept.standing))
    }

    /// Keeps what a period hands on.
    pub(crate) fn keep(&self, state: &State, asked: Asked, standing: &Arc<Standing>) {
        let mut kept = self.kept.lock();
        kept.retain(|of, _| {
            of.period != asked.period || of.ordinal.abs_diff(asked.ordinal) < KEPT_MAX
        });
        kept.insert(
            asked,
            Kept {
                seq: changing(state, asked),
                standing: Arc::clone(standing),
            },
        );
    }
}

/// Period types other than this one whose ladders' ranks components of it read.
fn types_read(set: &PlanSet, period: usize) -> BTreeSet<usize> {
    let read = set.read_of_others(period).into_iter();
    read.map(|at| set.ladders[at].period).collect()
}

/// The latest period of another type that was closed before a period ended; that is closed by now, if it runs. Of two that
/// end at one instant the shorter one rolls first. None where nothing is known of any. O(periods of that type since).
fn latest_closed(state: &State, other: usize, asked: Asked) -> Option<u32> {
    let own = state.periods.get(asked.period);
    let ended = (asked.ordinal < own.current()).then(|| own.end(asked.ordinal));
    let periods = state.periods.get(other);
    let closed = |ordinal: u32| {
        let run = state.runs.of(other, ordinal).map(|run| run.closed);
        run.or_else(|| Some(periods.book(ordinal)?.closed))
    };
    let before = |closed: Time| ended.is_none_or(|ended| closed < ended);
    let mut past = (periods.first()..periods.current()).rev();
    past.find(|&ordinal| closed(ordinal).is_some_and(before))
}

/// The sequence that a book is of, while it still changes.
fn changing(state: &State, asked: Asked) -> Option<u64> {
    match state.periods.get(asked.period).stage(asked.ordinal) {
        Stage::Ahead | Stage::Open | Stage::Rolled => Some(state.as_of_seq),
        Stage::Closed | Stage::Gone => None,
    }
}
