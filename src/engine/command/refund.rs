//! `order.refunded`: takes back an order, wholly or in part.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_text_option};
use crate::base::ids::{NONE, Text};
use crate::base::number::Volume;
use crate::base::time::DAY_MS;
use crate::engine::activity;
use crate::engine::command::{Command, Volumes};
use crate::engine::corrections::CorrectionRow;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::orders::{decode_volumes, encode_volumes};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::posting;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;

/// A refund of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The order's id.
    pub order: Text,
    /// How much.
    pub extent: Extent,
    /// Why, for the record.
    pub reason: Option<Text>,
}

/// How much of an order is refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// All that is left.
    Full,
    /// This much money, and the volumes pro rata.
    Amount(Volume),
    /// These volumes, and this much money.
    Volumes(Volumes, Volume),
}

/// Money and volumes, not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    amount: Volume,
    volumes: Volumes,
}

impl Refund {
    /// Takes the part from where the order was credited, in the period the refund's own `at` says.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        judging::timely(&rules, command.at, now)?;
        judging::remembered(state, &rules, command.at, now)?;
        let order = state
            .orders
            .find(&self.order)
            .ok_or(Rejection::UnknownOrder)?;
        let row = state.orders.row(order);
        let part = self.part(state, order);
        let credit = state.orders.credit(order);
        let targets = posting::targets(state, credit.member, command.at);
        let mut lowest = Lowest::default();
        if let Ok(part) = &part {
            lowest.take(posting::check_room(state, targets, &part.volumes));
        }
        let part = lowest.take(part);
        let last_day = row.at.plus_ms(i64::from(rules.refund_days) * DAY_MS);
        lowest.need(command.at <= last_day, Rejection::RefundTooLate);
        lowest.verdict()?;
        let Part { amount, volumes } = part.expect("a part that was refused has been noted");
        let taken = volumes.negated();
        posting::reserve(state, targets, &taken);
        posting::serve(state, &credit, targets, &taken);
        let correction = CorrectionRow {
            order: Some(order),
            buyer: row.buyer,
            credited: row.credited,
            centre: row.centre,
            trees: row.trees,
            periods: targets.branch,
            amount,
            at: command.at,
            received: now.time,
            seq: now.seq,
            fact: state.facts.len(),
        };
        let next = state.orders.last_refund(order).unwrap_or(NONE);
        let number = state.corrections.add(&correction, next, &taken);
        state.orders.set_last_refund(order, number);
        posting::post(state, &credit, targets, &taken);
        activity::judge(state, &rules, &credit, targets);
        activity::judge_rolling(state, &rules, row.buyer);
        Ok(Accepted::default())
    }

    /// What is taken now, if so much is left.
    fn part(&self, state: &State, order: u32) -> Result<Part, Rejection> {
        let orders = &state.orders;
        let (whole, volumes) = (orders.row(order).amount, orders.volumes(order));
        let refunds = orders.last_refund(order);
        let (taken_amount, taken) = state.corrections.taken(refunds);
        let left = Part {
            amount: Volume(whole.0 - taken_amount.0),
            volumes: each(|kind| volumes.get(kind).0 - taken.get(kind).0),
        };
        let part = match &self.extent {
            Extent::Full => {
                let nothing = left.amount == Volume::ZERO && left.volumes.is_zero();
                if nothing && refunds.is_some() {
                    return Err(Rejection::RefundTooLarge);
                }
                left
            }
            Extent::Amount(amount) => {
                if *amount > left.amount || whole == Volume::ZERO {
                    return Err(Rejection::RefundTooLarge);
                }
                let so_far = Volume(taken_amount.0 + amount.0);
                // What all parts together should have taken, so that the last one ends exactly at the whole.
                let due = |kind: usize| volumes.get(kind).pro_rata(so_far, whole).0;
                let part = |kind: usize| {
                    (due(kind) - taken.get(kind).0).clamp(0, left.volumes.get(kind).0)
                };
                if so_far == whole {
                    left
                } else {
                    Part {
                        amount: *amount,
                        volumes: each(part),
                    }
                }
            }
            Extent::Volumes(volumes, amount) => Part {
                amount: *amount,
                volumes: *volumes,
            },
        };
        let fits = |(part, left): (&i64, &i64)| part <= left;
        let mut kinds = part.volumes.units().iter().zip(left.volumes.units());
        if part.amount > left.amount || !kinds.all(fits) {
            return Err(Rejection::RefundTooLarge);
        }
        if part.volumes.any_negative() {
            return Err(Rejection::Negative(Field::Volumes));
        }
        if part.amount < Volume::ZERO {
            return Err(Rejection::Negative(Field::Amount));
        }
        Ok(part)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.order);
        match &self.extent {
            Extent::Full => out.push(0),
            Extent::Amount(amount) => {
                out.push(1);
                put_signed(out, amount.0);
            }
            Extent::Volumes(volumes, amount) => {
                out.push(2);
                encode_volumes(volumes, out);
                put_signed(out, amount.0);
            }
        }
        put_text_option(out, self.reason.as_deref());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Refund, Malformed> {
        Ok(Refund {
            order: reader.text()?,
            extent: match reader.byte()? {
                0 => Extent::Full,
                1 => Extent::Amount(reader.volume()?),
                2 => Extent::Volumes(decode_volumes(reader)?, reader.volume()?),
                _ => return Err(Malformed),
            },
            reason: reader.text_option()?,
        })
    }
}

fn each(of: impl Fn(usize) -> i64) -> Volumes {
    let units: [i64; crate::base::limits::KINDS_MAX] = std::array::from_fn(of);
    Volumes::from_units(&units)
}
