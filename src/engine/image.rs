//! The state as an image: what a snapshot holds, and how a state is put together from it again.

use std::sync::Arc;

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;
use crate::base::planted::{Planted, planted, small_pages};
use crate::base::time::Time;
use crate::book::forest::Forest;
use crate::engine::corrections::Corrections;
use crate::engine::facts::Facts;
use crate::engine::fold::Fold;
use crate::engine::members::Members;
use crate::engine::orders::Orders;
use crate::engine::overrides::Overrides;
use crate::engine::periods::Periods;
use crate::engine::plans::Plans;
use crate::engine::posted::Posted;
use crate::engine::rules::Rules;
use crate::engine::runs::Runs;
use crate::engine::served::Served;
use crate::engine::state::{Begins, Pending, State};
use crate::engine::timers::Timers;
use crate::engine::tokens::Tokens;
use crate::engine::undo;

/// Of images: raised whenever the parts of a state take themselves down otherwise.
pub const FORMAT: u32 = 1;

/// Format of the images of this process: what lies in pages of another size is another one.
#[must_use]
pub fn format() -> u32 {
    match small_pages() {
        true => FORMAT | 1 << 16,
        false => FORMAT,
    }
}

impl State {
    /// Goes on bringing what lies in an image into memory, about so many bytes of it, and says how many were; 0 where nothing
    /// is left. All but closed books, which nobody writes. O(bytes), and the number of vectors of pages.
    pub fn bring_in(&mut self, bytes: usize) -> usize {
        let mut left = bytes;
        for pages in undo::pages(self) {
            pages.bring_in(&mut left);
        }
        bytes - left
    }

    /// Takes the state down, timers included: a [`State::twin`], for a fork has none. O(pages + timers + what is told in
    /// words).
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put(self.as_of_seq);
        image.put_signed(self.as_of_time.0);
        image.put(self.fold.value());
        let laws: Vec<(u64, &Rules)> = self.laws.iter().map(|(seq, law)| (*seq, &**law)).collect();
        image.put_plain(&(laws, self.document));
        let pending = self.pending.as_deref().map(|pending| {
            let Begins {
                period_type,
                ordinal,
                at,
            } = pending.begins;
            let begins = (period_type, ordinal, at.0);
            (&*pending.rules, pending.document, begins, pending.seq)
        });
        image.put_plain(&pending);
        self.forest.put(image);
        self.members.put(image);
        self.orders.put(image);
        self.posted.put(image);
        self.corrections.put(image);
        self.served.put(image);
        self.facts.put(image);
        self.periods.put(image);
        self.tokens.put(image);
        self.plans.put(image);
        self.runs.put(image);
        self.overrides.put(image);
        self.timers.put(image);
    }

    /// The state that an image was taken of. O(pages + timers + what is told in words); pages stay untouched in the bytes
    /// they lie in.
    ///
    /// # Errors
    /// If it is the image of no state.
    pub fn take(mut image: ImageReader<'_>) -> Result<State, Malformed> {
        let from = &mut image;
        let (as_of_seq, as_of_time) = (from.take()?, Time(from.take_signed()?));
        let fold = Fold::from_value(from.take()?);
        let (laws, document) = from.take_plain()?;
        let laws: Vec<(u64, Rules)> = laws;
        let laws: Vec<_> = laws
            .into_iter()
            .map(|(seq, law)| (seq, Arc::new(law)))
            .collect();
        let mut state = State {
            as_of_seq,
            as_of_time,
            rules: laws
                .last()
                .map(|(_, law): &(u64, Arc<Rules>)| Arc::clone(law)),
            laws: Arc::new(laws),
            document,
            pending: pending(from)?,
            forest: Forest::take(from)?,
            members: Members::take(from)?,
            orders: Orders::take(from)?,
            posted: Posted::take(from)?,
            corrections: Corrections::take(from)?,
            served: Served::take(from)?,
            facts: Facts::take(from)?,
            periods: Periods::take(from)?,
            tokens: Tokens::take(from)?,
            plans: Plans::take(from)?,
            runs: Runs::take(from)?,
            overrides: Overrides::take(from)?,
            timers: Timers::take(from)?,
            fold,
        };
        image.finish()?;
        if planted(Planted::IdsForgotten) {
            state.facts = Facts::new();
        }
        if planted(Planted::TimersForgotten) {
            state.timers = Timers::default();
        }
        Ok(state)
    }
}

type Told = Option<(Rules, [u8; 32], (usize, u32, i64), u64)>;

fn pending(image: &mut ImageReader<'_>) -> Result<Option<Arc<Pending>>, Malformed> {
    let told: Told = image.take_plain()?;
    Ok(told.map(|(rules, document, begins, seq)| {
        let (period_type, ordinal, at) = begins;
        Arc::new(Pending {
            rules: Arc::new(rules),
            document,
            begins: Begins {
                period_type,
                ordinal,
                at: Time(at),
            },
            seq,
        })
    }))
}
