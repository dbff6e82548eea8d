//! Plan sets compiled: read from `documents/` and kept, so that whoever works one out gets it at once.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::base::time::Time;
use crate::document::plan::set::parse;
use crate::document::problem::Problem;
use crate::engine::rules::Rules;
use crate::engine::state::State;
use crate::plan::extent::Extent;
use crate::plan::set::PlanSet;
use crate::store::documents;
use crate::store::fault::Fault;
use crate::store::files::Files;

/// Compiled sets kept at a time; the one that was asked for longest ago goes first.
const KEPT_MAX: usize = 32;

/// Why there is no compiled plan set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Its document is missing or damaged.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Its document does not hold by these rules: it was told past the checks, or this program reads documents otherwise
    /// than the one that took it.
    #[error("the plan document does not hold by the network's rules: {}", first(.0))]
    Wrong(Vec<Problem>),
}

fn first(problems: &[Problem]) -> String {
    problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The compiled sets of one directory.
pub struct Plans {
    files: Arc<Files>,
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    document: [u8; 32],
    /// What it was compiled by: names of the network became numbers.
    rules: Rules,
    set: Arc<PlanSet>,
    /// By period type: what it looks at for one member.
    extents: Vec<Arc<Extent>>,
}

impl Plans {
    /// None compiled yet.
    #[must_use]
    pub fn new(files: Arc<Files>) -> Plans {
        Plans {
            files,
            kept: Mutex::default(),
        }
    }

    /// The plan set that a document says under rules. Reads the disk and compiles where it is not kept; otherwise
    /// O(kept sets + periods of the rules).
    ///
    /// The rules of a version are those of its command, [`State::rules_at`] its sequence: it was checked by them, and a
    /// network only ever adds to them. By later ones it may not compile, where a name was left out that there was only
    /// one of.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn get(&self, document: &[u8; 32], rules: &Rules) -> Result<Arc<PlanSet>, PlanError> {
        if let Some(set) = find(&mut self.kept.lock(), document, rules) {
            return Ok(set);
        }
        let bytes = documents::get(&self.files.directory, document)?;
        let text = String::from_utf8_lossy(&bytes);
        let set = Arc::new(parse(&text, rules).map_err(PlanError::Wrong)?);
        // All who ask get the same one, although two may have read at once.
        let mut kept = self.kept.lock();
        if let Some(set) = find(&mut kept, document, rules) {
            return Ok(set);
        }
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        let types = 0..rules.period_types.len();
        kept.push_back(Kept {
            document: *document,
            rules: rules.clone(),
            set: Arc::clone(&set),
            extents: types.map(|of| Arc::new(Extent::of(&set, of))).collect(),
        });
        Ok(set)
    }

    /// The same if it is kept, with what it looks at for one member in a period of a type. O(kept sets + periods of the
    /// rules).
    #[must_use]
    pub fn at_hand(
        &self,
        document: &[u8; 32],
        rules: &Rules,
        period: usize,
    ) -> Option<(Arc<PlanSet>, Arc<Extent>)> {
        let mut kept = self.kept.lock();
        let set = find(&mut kept, document, rules)?;
        let extents = &kept.back().expect("the one found stands last").extents;
        Some((set, Arc::clone(&extents[period])))
    }

    /// Compiles what counts for the running and the next periods of a state, ahead of whoever asks. What does not compile is told in
    /// the program's log: the network goes on without its earnings.
    pub fn compile_running(&self, state: &State) {
        for periods in state.periods.iter() {
            let running = periods.current();
            let (start, end) = (periods.start(running), periods.end(running));
            let now = state.plans.in_force(start, end);
            let next = state.plans.in_force(end, Time::MAX);
            for version in now.into_iter().chain(next) {
                let rules = state.rules_at(version.seq);
                let rules = rules.expect("plans are drafted in a founded network");
                if let Err(error) = self.get(&version.document, rules) {
                    let (set, version) = (version.set.as_str(), version.version);
                    tracing::warn!(set, version, %error, "a plan set cannot be compiled");
                }
            }
        }
    }
}

/// The one that is kept, which goes behind the others.
fn find(kept: &mut VecDeque<Kept>, document: &[u8; 32], rules: &Rules) -> Option<Arc<PlanSet>> {
    let is_it = |kept: &Kept| kept.document == *document && kept.rules == *rules;
    let at = kept.iter().position(is_it)?;
    let found = kept.remove(at)?;
    let set = Arc::clone(&found.set);
    kept.push_back(found);
    Some(set)
}
