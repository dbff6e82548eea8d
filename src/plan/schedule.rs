//! Rates by level, for everybody or by rank; and the settings that say them.

use crate::base::money::Rate;
use crate::plan::setting::{Default, Form, Setting, Unfit, Values, row_of};

/// Rates for whoever no row of [`RATES_BY_RANK`] fits.
pub(super) const RATES: Setting = Setting {
    key: "rates",
    form: Form::Rates,
    default: Default::Nothing,
    sentence: "Rates, the first level or generation first; for members below the first rank that `rates_by_rank` names, and for all where it is left out.",
};

/// Rates by rank.
pub(super) const RATES_BY_RANK: Setting = Setting {
    key: "rates_by_rank",
    form: Form::RatesByRank,
    default: Default::Nothing,
    sentence: "A list of rates for each rank; a rank without one has that of the highest rank below it.",
};

/// Rates by level, for everybody or by rank.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    flat: Vec<Rate>,
    by_rank: Vec<(u8, Vec<Rate>)>,
}

impl Schedule {
    /// Reads both settings.
    ///
    /// # Errors
    /// If there is none of them.
    pub(super) fn of(values: &Values) -> Result<Schedule, Unfit> {
        let schedule = Schedule {
            flat: values.rates(RATES.key).to_vec(),
            by_rank: values.rates_by_rank(RATES_BY_RANK.key).to_vec(),
        };
        if schedule.levels() == 0 {
            return Err(Unfit {
                key: RATES.key,
                allowed: "a list of rates, here or in `rates_by_rank`".to_owned(),
            });
        }
        Ok(schedule)
    }

    /// The most levels anybody is paid on.
    pub(super) fn levels(&self) -> usize {
        let by_rank = self.by_rank.iter().map(|(_, rates)| rates.len());
        by_rank.chain([self.flat.len()]).max().unwrap_or(0)
    }

    /// The most that each place pays to one of the ranks `from` to `to`, summed: what something costs that is paid once
    /// at each place.
    pub(super) fn most(&self, from: u8, to: u8) -> Rate {
        let at = |place: usize| {
            let rates = (from..=to).filter_map(|rank| self.rates(rank).get(place));
            rates.map(|rate| rate.0).max().unwrap_or(0)
        };
        Rate((0..self.levels()).map(at).sum())
    }

    /// The lowest of the ranks `from` to `to` that is paid at all.
    pub(super) fn first_paid(&self, from: u8, to: u8) -> Option<u8> {
        (from..=to).find(|&rank| !self.rates(rank).is_empty())
    }

    /// The rates of a rank, the first level first.
    pub(super) fn rates(&self, rank: u8) -> &[Rate] {
        row_of(&self.by_rank, rank).unwrap_or(&self.flat)
    }
}
