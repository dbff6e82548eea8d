//! Levels: how far below a payee something came from, with or without compression.

use crate::base::ids::Seat;
use crate::base::money::Rate;
use crate::plan::columns::Payee;
use crate::plan::component::Reach;
use crate::plan::course::Why;
use crate::plan::flow::{Flow, Ground, Term};
use crate::plan::schedule::Schedule;
use crate::plan::setting::{Default, Form, Setting};

/// The setting that says who uses up a level.
pub(super) const COMPRESSION: Setting = Setting {
    key: "compression",
    form: Form::Choice(&["none", "skip_inactive", "full"]),
    default: Default::Written("skip_inactive"),
    sentence: "Who uses up a level: `none`, everyone; `skip_inactive`, only active members; `full`, only who is entitled to be paid at it.",
};

/// Who uses up a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// Everyone.
    None,
    /// Only active members.
    SkipInactive,
    /// Only who is entitled to that level.
    Full,
}

impl Compression {
    /// From the setting's word.
    pub(super) fn of(word: &str) -> Compression {
        match word {
            "none" => Compression::None,
            "full" => Compression::Full,
            _ => Compression::SkipInactive,
        }
    }

    /// How much of a tree pay by level is made of.
    pub(super) fn reach(self, tree: usize) -> Reach {
        match self {
            Compression::None | Compression::SkipInactive => Reach::Below(tree),
            // Who is entitled to a level depends on ranks.
            Compression::Full => Reach::Results(tree),
        }
    }
}

/// What something costs that is paid by level, as a share of it, where payees have the ranks up to `ranks`.
///
/// # Errors
/// Why there is no such share.
pub(super) fn most(
    schedule: &Schedule,
    compression: Compression,
    payee: Payee,
    ranks: u8,
) -> Result<Rate, &'static str> {
    if compression == Compression::SkipInactive && !payee.active {
        return Err("an inactive member is paid at a level that he does not use up");
    }
    Ok(schedule.most(payee.min_rank, ranks))
}

/// Levels as a flow: place k of what a seat receives has used up k levels on its way.
pub(super) struct Levels<'a, O, B> {
    pub(super) ground: Ground<'a>,
    pub(super) schedule: &'a Schedule,
    pub(super) compression: Compression,
    /// What a seat earns on its own entry.
    pub(super) own_rate: Rate,
    /// A seat's own entry.
    pub(super) own: O,
    /// What enters one level below a seat.
    pub(super) below: B,
}

impl<O: Fn(Seat) -> i64, B: Fn(Seat) -> i64> Flow for Levels<'_, O, B> {
    fn width(&self) -> usize {
        self.schedule.levels()
    }

    fn enters(&self, seat: Seat) -> i64 {
        (self.below)(seat)
    }

    fn enters_itself(&self, below: bool) -> bool {
        below
    }

    fn own_rate(&self) -> Rate {
        self.own_rate
    }

    fn hands_on(&self, seat: Seat) -> impl Fn(usize) -> usize {
        // Places in front of this one use up a level here.
        let uses = match self.compression {
            Compression::None => usize::MAX,
            Compression::SkipInactive if self.ground.is_active(seat) => usize::MAX,
            Compression::Full if self.ground.earns(seat) => {
                self.schedule.rates(self.ground.rank(seat)).len()
            }
            Compression::SkipInactive | Compression::Full => 0,
        };
        move |place| place + usize::from(place < uses)
    }

    fn skips(&self, seat: Seat, place: usize) -> Option<Why> {
        match self.compression {
            Compression::None => None,
            Compression::SkipInactive if self.ground.is_active(seat) => None,
            Compression::SkipInactive => Some(self.ground.role_why(seat).unwrap_or(Why::Inactive)),
            Compression::Full => {
                let has = self.schedule.rates(self.ground.rank(seat)).len() > place;
                let no_rate = (!has).then_some(Why::NoRate);
                self.ground.why_not(seat).or(no_rate)
            }
        }
    }

    fn own(&self, seat: Seat) -> (usize, i64) {
        (0, (self.own)(seat))
    }

    fn terms(&self, seat: Seat, received: &[i64], each: &mut dyn FnMut(Term)) {
        let rates = self.schedule.rates(self.ground.rank(seat));
        for (place, (&basis, &rate)) in received.iter().zip(rates).enumerate() {
            each(Term {
                number: place as u32 + 1,
                basis,
                rate,
            });
        }
    }
}
