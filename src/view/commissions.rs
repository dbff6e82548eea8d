//! What a member earns in one period: a line a component, and what each line is made of.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::money::{Micros, RATE_ONE, Rate, minor_digits};
use crate::base::number::{Volume, divide_half_away};
use crate::book::forest::Forest;
use crate::plan::run;
use crate::plan::set::PlanSet;
use crate::view::clawbacks::{self, ClawbackLine};
use crate::view::era::{Asked, PeriodState};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::money::Money;
use crate::view::payout::{Payout, Teller, Worked};
use crate::view::runs::Frozen;
use crate::view::shape::ByKind;

/// Which period of what is earned.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CommissionsQuery {
    /// Name of the period type; the activity rule's by default.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    pub period: Option<String>,
}

/// How a figure is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveAnswer {
    /// From the member's own part of the trees, as the answer is given.
    Present,
    /// By one pass over everybody, a moment ago: it is of the sequence it is labelled with.
    Swept,
    /// By the run that paid the period: it never changes again.
    Frozen,
}

impl LiveAnswer {
    /// How a pass has what it tells.
    #[must_use]
    pub fn of(teller: &Teller<'_>) -> LiveAnswer {
        match teller.of {
            Some(_) => LiveAnswer::Present,
            None => LiveAnswer::Swept,
        }
    }
}

/// One component's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommissionLine {
    /// Name of the component.
    pub component: String,
    /// Its kind.
    pub kind: String,
    /// Name of its plan.
    pub plan: String,
    /// How the figure is had.
    pub live: LiveAnswer,
    /// The sequence of the pass over everybody that a swept line, or the factor of another one, was read from; none where
    /// nothing was, or the whole answer is of that sequence.
    pub swept_seq: Option<u64>,
    /// The amount, rounded once to the currency's minor unit, half away from zero.
    pub amount: Money,
    /// The same before that rounding: at most six places.
    pub exact: String,
    /// What it was before the component's cap cut it; none where it did not, and of a frozen line.
    pub before_cap: Option<String>,
    /// What the company's ceiling multiplies it by when the period is paid; none where it stays as it is.
    pub company_factor: Option<String>,
    /// The amount after that, rounded down to six places and then to the minor unit; none without a factor.
    pub after_factor: Option<Money>,
}

/// A member's lines in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Commissions {
    /// The member's id.
    pub member: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where it stands.
    pub state: PeriodState,
    /// Name of the plan set.
    pub plan_set: String,
    /// A line for each component of that period type, in the order of the set.
    pub lines: Vec<CommissionLine>,
    /// The lines' rounded amounts added up.
    pub total: Money,
    /// What refunds booked in the period take back of earlier ones; it stands beside the total.
    pub clawbacks: Vec<ClawbackLine>,
}

/// A member's lines. O(components).
///
/// # Errors
/// An unknown member.
pub fn of_member(worked: &Worked<'_>, id: &str) -> Result<Commissions, ViewError> {
    let (lens, era) = (worked.lens, worked.era);
    let member = lens.member(id, "member")?;
    let (mut lines, mut total) = (Vec::new(), 0);
    for (index, _) in worked.set.components_of(era.period) {
        let (line, minor) = line(worked, index, member);
        total += minor;
        lines.push(line);
    }
    Ok(Commissions {
        member: id.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        state: era.state,
        plan_set: worked.set.name.to_string(),
        lines,
        total: Money::of(total, &worked.set.currency),
        clawbacks: clawbacks::of_member(worked.set, worked.reversed, member),
    })
}

/// Components of the period type, in the order of the set.
fn due(payout: &Payout) -> impl Iterator<Item = usize> + '_ {
    let due = payout.set.components_of(payout.asked.period);
    due.map(|(index, _)| index)
}

fn line(worked: &Worked<'_>, index: usize, member: Member) -> (CommissionLine, i64) {
    let teller = worked.teller(index, member);
    let factor = worked.whole().factor(worked.set, index);
    let (live, paid) = (LiveAnswer::of(&teller), (teller.amount(index), factor));
    let (mut line, minor) = line_of(worked.set, index, live, paid);
    let uncut = teller.pass.uncut(index, teller.number);
    line.before_cap = uncut.map(|uncut| uncut.to_string());
    line.swept_seq = match line.company_factor {
        Some(_) => worked.swept_seq(),
        None => teller.swept_seq,
    };
    (line, minor)
}

/// A line by what the component pays and what that is multiplied by, and its minor units.
fn line_of(
    set: &PlanSet,
    index: usize,
    live: LiveAnswer,
    (amount, factor): (Micros, Rate),
) -> (CommissionLine, i64) {
    let (entry, digits) = (&set.components[index], minor_digits(&set.currency));
    let minor = amount.to_minor(digits);
    let cut = factor.0 < RATE_ONE;
    let after = run::after(amount, factor).to_minor(digits);
    let line = CommissionLine {
        component: entry.name.to_string(),
        kind: entry.kind.name.to_owned(),
        plan: set.plans[entry.plan].name.to_string(),
        live,
        swept_seq: None,
        amount: Money::of(minor, &set.currency),
        exact: amount.to_string(),
        before_cap: None,
        company_factor: cut.then(|| factor.to_string()),
        after_factor: cut.then(|| Money::of(after, &set.currency)),
    };
    (line, minor)
}

/// A member's lines in a period that is paid, as its run has them. O(components).
///
/// # Errors
/// An unknown member.
pub fn of_paid(
    lens: &Lens<'_>,
    (asked, id): (Asked, &str),
    set: &PlanSet,
    (frozen, paid): (&Frozen, &[run::Line]),
) -> Result<Commissions, ViewError> {
    lens.member(id, "member")?;
    let (mut lines, mut total) = (Vec::new(), 0);
    for (index, _) in set.components_of(asked.period) {
        let paid = paid.iter().find(|line| line.component == index);
        let exact = paid.map_or(Micros::ZERO, |line| line.exact);
        let factor = frozen.line_of(index).factor;
        let (line, minor) = line_of(set, index, LiveAnswer::Frozen, (exact, factor));
        total += minor;
        lines.push(line);
    }
    Ok(Commissions {
        member: id.to_owned(),
        period_type: lens.period_type_name(asked.period),
        period: lens.label(asked.period, asked.ordinal),
        state: PeriodState::Paid,
        plan_set: set.name.to_string(),
        lines,
        total: Money::of(total, &set.currency),
        clawbacks: clawbacks::of_lines(frozen, paid),
    })
}

fn money(payout: &Payout, minor: i64) -> Money {
    Money::of(minor, &payout.set.currency)
}

/// What a period comes to in all, a line a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommissionTotals {
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where it stands.
    pub state: PeriodState,
    /// Name of the plan set.
    pub plan_set: String,
    /// All that was sold in the period; nothing of a paid period whose book is gone.
    pub sold: ByKind,
    /// A line for each component of that period type, in the order of the set.
    pub components: Vec<ComponentTotal>,
    /// The components' sums added up.
    pub total: Money,
    /// What refunds booked in the period take back of earlier ones, below zero, by currency; it stands beside the total.
    pub clawed_back: Vec<Money>,
    /// The same by what was sold of each volume kind.
    pub ratio: Vec<Ratio>,
    /// Members by rank, on each ladder of that period type.
    pub ladders: Vec<LadderCount>,
}

/// Members by rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LadderCount {
    /// Name of the ladder.
    pub ladder: String,
    /// Its ranks from the lowest, each with how many hold it and none above.
    pub ranks: Vec<RankCount>,
}

/// Members of one rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankCount {
    /// Name of the rank.
    pub rank: String,
    /// Members who hold it and none above.
    pub members: u32,
}

/// What a component comes to in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentTotal {
    /// Name of the component.
    pub component: String,
    /// Its kind.
    pub kind: String,
    /// Name of its plan.
    pub plan: String,
    /// Members with an amount.
    pub payees: u32,
    /// The members' rounded amounts added up.
    pub amount: Money,
    /// What the company's ceiling multiplies each of them by; none where they stay as they are.
    pub company_factor: Option<String>,
    /// The sum by what was sold of each volume kind.
    pub ratio: Vec<Ratio>,
}

/// Money by volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ratio {
    /// The volume kind.
    pub volume: String,
    /// The ratio with six places, half away from zero; none where nothing was sold.
    pub ratio: Option<String>,
}

/// What a period comes to in all. O(members x components).
#[must_use]
pub fn totals(payout: &Payout) -> CommissionTotals {
    let (lens, era) = (payout.lens(), payout.era());
    let digits = minor_digits(&payout.set.currency);
    let sold = sold(payout);
    let (mut total, mut components) = (0i64, Vec::new());
    for index in due(payout) {
        let entry = &payout.set.components[index];
        let amounts = payout.pass.amounts(index).unwrap_or_default();
        let minor: i64 = amounts.iter().map(|amount| amount.to_minor(digits)).sum();
        total += minor;
        let factor = payout.pass.factor(&payout.set, index);
        components.push(ComponentTotal {
            component: entry.name.to_string(),
            kind: entry.kind.name.to_owned(),
            plan: payout.set.plans[entry.plan].name.to_string(),
            payees: amounts.iter().filter(|amount| amount.0 != 0).count() as u32,
            amount: money(payout, minor),
            company_factor: (factor.0 < RATE_ONE).then(|| factor.to_string()),
            ratio: ratios(&sold, minor, digits),
        });
    }
    CommissionTotals {
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        state: era.state,
        plan_set: payout.set.name.to_string(),
        components,
        total: money(payout, total),
        clawed_back: clawbacks::in_all(&payout.set, &payout.reversed),
        ratio: ratios(&sold, total, digits),
        sold,
        ladders: ladders(payout),
    }
}

/// Members by rank.
fn ladders(payout: &Payout) -> Vec<LadderCount> {
    let ladders = payout.set.ladders.iter().enumerate();
    let judged = ladders.filter_map(|(index, ladder)| Some((ladder, payout.pass.ranks(index)?)));
    let counted = judged.map(|(ladder, held)| {
        let mut counts = vec![0u32; ladder.ranks.len() + 1];
        for &rank in held {
            counts[usize::from(rank)] += 1;
        }
        let ranks = ladder.ranks.iter().zip(&counts[1..]);
        LadderCount {
            ladder: ladder.name.to_string(),
            ranks: ranks
                .map(|(rank, &members)| RankCount {
                    rank: rank.name.to_string(),
                    members,
                })
                .collect(),
        }
    });
    counted.collect()
}

/// All that entered the period, by kind: what stands in the groups of the enroller tree's roots and the company.
fn sold(payout: &Payout) -> ByKind {
    let era = payout.era();
    let kinds = payout.lens().rules.kinds.iter().enumerate();
    let all = kinds.map(|(kind, name)| {
        let sum = era.figure((ENROLLER_TREE, COMPANY), kind, Forest::group);
        (name.to_string(), Volume(sum))
    });
    ByKind(all.collect())
}

fn ratios(sold: &ByKind, minor: i64, digits: u8) -> Vec<Ratio> {
    let scale = 10i128.pow(6 + 4 - u32::from(digits));
    let ratio = |sum: Volume| {
        let ratio = divide_half_away(i128::from(minor) * scale, i128::from(sum.0));
        Micros(i64::try_from(ratio).unwrap_or(i64::MAX)).to_string()
    };
    let each = sold.0.iter().map(|(volume, sum)| Ratio {
        volume: volume.clone(),
        ratio: (*sum != Volume::ZERO).then(|| ratio(*sum)),
    });
    each.collect()
}
