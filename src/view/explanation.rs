//! What one line of what a member earns is made of.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::money::{Micros, minor_digits};
use crate::base::number::Volume;
use crate::plan::part::{Basis, Part};
use crate::plan::set::PlanSet;
use crate::view::commissions::LiveAnswer;
use crate::view::error::{ViewError, What};
use crate::view::money::Money;
use crate::view::payout::{Teller, Worked};
use crate::view::rank::{ToldRank, told};

/// One reason for a part of an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartAnswer {
    /// What the number counts: `level`, `generation`, `difference`, `own`, `shares`, `matched`, `cycles`, `rank`,
    /// `customers`, `band`; or `rounding`, `cap`.
    pub what: String,
    /// Which level, generation, rank or band, from 1, or how many shares or cycles; none where there is one only.
    pub number: Option<u64>,
    /// Of how many shares.
    pub of: Option<u64>,
    /// The volume it is worked out from.
    pub volume: Option<Volume>,
    /// The earnings it is worked out from.
    pub earnings: Option<String>,
    /// The amount for each cycle, or for the rank.
    pub each: Option<String>,
    /// What that is multiplied by; none of fixed amounts.
    pub rate: Option<String>,
    /// The product, at most six places.
    pub amount: String,
}

/// What became of one leg of a position in a period: `brought + new = matched + flushed + left`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LegAnswer {
    /// The member's centre whose leg it is.
    pub centre: u16,
    /// 1 is the left leg, 2 the right one.
    pub leg: u8,
    /// What it carried into the period.
    pub brought: Volume,
    /// What entered it in the period.
    pub new: Volume,
    /// What was matched and is used up.
    pub matched: Volume,
    /// What is lost.
    pub flushed: Volume,
    /// What it carries to the next period, if this one ends as it stands.
    pub left: Volume,
}

/// What one line is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// The member's id.
    pub member: String,
    /// Name of the component.
    pub component: String,
    /// Its kind.
    pub kind: String,
    /// What it pays, in a sentence.
    pub sentence: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// The member's rank on the plan's ladder; none without one.
    pub rank: Option<String>,
    /// The rank he was told to be paid as at least, whatever he meets.
    pub told: Option<ToldRank>,
    /// How the figures are had.
    pub live: LiveAnswer,
    /// The sequence of the pass over everybody that they were read from, where the answer is of a later one.
    pub swept_seq: Option<u64>,
    /// Whether he can earn by it at all: in standing, active where that is asked, of the least rank.
    pub payee: bool,
    /// The parts; they add up to the amount.
    pub parts: Vec<PartAnswer>,
    /// The legs it is matched from, by kinds that match legs.
    pub legs: Vec<LegAnswer>,
    /// The amount, at most six places.
    pub exact: String,
    /// The amount as it is paid.
    pub amount: Money,
}

/// What one line is made of. O(downline of the member x levels).
///
/// # Errors
/// An unknown member or component.
pub fn explain(worked: &Worked<'_>, id: &str, component: &str) -> Result<Explanation, ViewError> {
    let (lens, era, set) = (worked.lens, worked.era, worked.set);
    let member = lens.member(id, "member")?;
    let index = component_named(set, era.period, component)?;
    let (entry, teller) = (&set.components[index], worked.teller(index, member));
    let amount = teller.amount(index);
    let payees = teller.pass.payees(entry);
    let ladder = entry.ladder.map(|ladder| &set.ladders[ladder]);
    let rank = ladder.and_then(|ladder| ladder.rank_name(payees.rank(teller.number)));
    Ok(Explanation {
        member: id.to_owned(),
        component: entry.name.to_string(),
        kind: entry.kind.name.to_owned(),
        sentence: entry.kind.sentence.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        rank: rank.map(str::to_owned),
        told: ladder.and_then(|ladder| told(lens, worked.asked(), ladder, member)),
        live: LiveAnswer::of(&teller),
        swept_seq: teller.swept_seq,
        payee: payees.earns(teller.number),
        parts: parts(set, index, &teller),
        legs: legs(worked, index, (member, &teller)),
        exact: amount.to_string(),
        amount: Money::of(amount.to_minor(minor_digits(&set.currency)), &set.currency),
    })
}

/// The component of the period type with this name.
///
/// # Errors
/// If there is none.
pub fn component_named(set: &PlanSet, period: usize, name: &str) -> Result<usize, ViewError> {
    let mut due = set.components_of(period);
    let found = due.find(|(_, entry)| entry.name == name);
    found
        .map(|(index, _)| index)
        .ok_or_else(|| ViewError::Unknown {
            what: What::Component,
            field: "component",
            given: name.to_owned(),
            allowed: set
                .components_of(period)
                .map(|(_, entry)| entry.name.to_string())
                .collect(),
        })
}

/// What became of the legs that a line is matched from.
fn legs(worked: &Worked<'_>, index: usize, (member, teller): (Member, &Teller)) -> Vec<LegAnswer> {
    let entry = &worked.set.components[index];
    let tree = entry.component.hands_on();
    let tree = tree.map_or(ENROLLER_TREE, |on| on.tree);
    let centre = |seat| worked.lens.told().centre_of(member, tree, seat);
    let legs = teller.pass.legs(worked.set, index, teller.number);
    let legs = legs.into_iter().map(|leg| LegAnswer {
        centre: centre(teller.seat(tree, leg.seat)).unwrap_or(1),
        leg: leg.leg,
        brought: Volume(leg.brought),
        new: Volume(leg.new),
        matched: Volume(leg.matched),
        flushed: Volume(leg.flushed),
        left: Volume(leg.left),
    });
    legs.collect()
}

/// The parts of a line, with what rounding and the cap did to their sum.
fn parts(set: &PlanSet, index: usize, teller: &Teller) -> Vec<PartAnswer> {
    let found = teller.pass.explain(set, index, teller.number);
    let sum: i64 = found.iter().map(|part| part.amount.0).sum();
    let mut parts: Vec<PartAnswer> = found.into_iter().map(part_answer).collect();
    let paid = teller.amount(index);
    let whole = teller.pass.uncut(index, teller.number).unwrap_or(paid);
    let corrections = [("rounding", whole.0 - sum), ("cap", paid.0 - whole.0)];
    for (what, amount) in corrections.into_iter().filter(|(_, amount)| *amount != 0) {
        parts.push(PartAnswer {
            what: what.to_owned(),
            number: None,
            of: None,
            volume: None,
            earnings: None,
            each: None,
            rate: None,
            amount: Micros(amount).to_string(),
        });
    }
    parts
}

/// A part in the words of answers.
#[must_use]
pub fn part_answer(part: Part) -> PartAnswer {
    let (volume, earnings, each) = match part.basis {
        Basis::Volume(units) => (Some(Volume(units)), None, None),
        Basis::Earnings(earned) => (None, Some(earned.to_string()), None),
        Basis::Each(amount) => (None, None, Some(amount.to_string())),
        Basis::Fixed => (None, None, None),
    };
    let rated = matches!(part.basis, Basis::Volume(_) | Basis::Earnings(_));
    PartAnswer {
        what: part.what.to_owned(),
        number: (part.number > 0).then_some(part.number),
        of: (part.of > 0).then_some(part.of),
        volume,
        earnings,
        each,
        rate: rated.then(|| part.rate.to_string()),
        amount: part.amount.to_string(),
    }
}
