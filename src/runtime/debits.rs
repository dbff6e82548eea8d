//! What refunds take back, found once: one of an order whose period is closed takes back the same whenever it is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::plan::clawback::Debit;
use crate::view::era::Asked;

/// Periods of a type whose refunds are kept: of the one that runs, the rolled one and the last closed one.
const KEPT_MAX: u32 = 3;

/// What is known of refunds by the period they are booked in.
#[derive(Default)]
pub struct Debits {
    kept: Mutex<BTreeMap<Asked, OfRefunds>>,
}

/// By number of the refund: what it takes back of a closed period.
pub type OfRefunds = BTreeMap<u32, Arc<[Debit]>>;

impl Debits {
    /// What is known of the refunds of a period.
    #[must_use]
    pub fn of(&self, asked: Asked) -> OfRefunds {
        self.kept.lock().get(&asked).cloned().unwrap_or_default()
    }

    /// Keeps more of it.
    pub fn keep(&self, asked: Asked, known: OfRefunds) {
        let mut kept = self.kept.lock();
        kept.retain(|of, _| {
            of.period != asked.period || of.ordinal.abs_diff(asked.ordinal) < KEPT_MAX
        });
        kept.entry(asked).or_default().extend(known);
    }
}
