//! Overrides: ranks that somebody was told to be paid as, whatever he meets, for some periods, with a reason.
//!
//! Ladders and ranks are names here: what they mean is the plan set's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;
use crate::base::ids::{Member, Text};

/// One override.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Whose.
    pub member: Member,
    /// Name of the ladder.
    pub ladder: Text,
    /// Name of the rank; none takes an earlier override back.
    pub rank: Option<Text>,
    /// Index of the period type.
    pub period_type: usize,
    /// The first period.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// Why.
    pub reason: Text,
    /// Sequence of the command.
    pub seq: u64,
}

/// All overrides in the order of their commands. Cheap to clone: a clone is shared until one of the two is written.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    all: Arc<Vec<Override>>,
}

impl Overrides {
    /// Takes them down.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>) {
        image.put_plain(&*self.all);
    }

    /// What [`Overrides::put`] put.
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Overrides, Malformed> {
        let all = Arc::new(image.take_plain()?);
        Ok(Overrides { all })
    }

    /// All of them, in the order of their commands.
    #[must_use]
    pub fn all(&self) -> &[Override] {
        &self.all
    }

    /// Those that name a period and a ladder; of one member's the last counts. O(overrides).
    pub fn of<'o>(
        &'o self,
        period_type: usize,
        ordinal: u32,
        ladder: &'o str,
    ) -> impl DoubleEndedIterator<Item = &'o Override> + 'o {
        self.all.iter().filter(move |one| {
            one.period_type == period_type
                && (one.first..=one.last).contains(&ordinal)
                && one.ladder == ladder
        })
    }

    /// The one that counts for a member, if it was not taken back. O(overrides).
    #[must_use]
    pub fn of_member<'o>(
        &'o self,
        member: Member,
        (period_type, ordinal): (usize, u32),
        ladder: &'o str,
    ) -> Option<&'o Override> {
        let mut latest = self.of(period_type, ordinal, ladder).rev();
        let last = latest.find(|one| one.member == member)?;
        last.rank.is_some().then_some(last)
    }

    /// Adds one.
    pub(crate) fn add(&mut self, one: Override) {
        Arc::make_mut(&mut self.all).push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts_within_its_periods() {
        let mut overrides = Overrides::default();
        let told = |rank: Option<&str>, first, last, seq| Override {
            member: 7,
            ladder: "ranks".into(),
            rank: rank.map(Text::from),
            period_type: 0,
            first,
            last,
            reason: "a promise".into(),
            seq,
        };
        overrides.add(told(Some("gold"), 3, 5, 1));
        overrides.add(told(Some("silver"), 4, 4, 2));
        overrides.add(told(None, 5, 9, 3));
        let rank = |member, period_type, ordinal, ladder| {
            let one = overrides.of_member(member, (period_type, ordinal), ladder);
            one.and_then(|one| one.rank.as_deref())
        };
        let held: Vec<_> = (2..7).map(|ordinal| rank(7, 0, ordinal, "ranks")).collect();
        assert_eq!(held, [None, Some("gold"), Some("silver"), None, None]);
        assert_eq!(rank(8, 0, 3, "ranks"), None);
        assert_eq!(rank(7, 1, 3, "ranks"), None);
        assert_eq!(rank(7, 0, 3, "others"), None);
    }
}
