//! The cheapest ways of a member to a rank, in words.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::number::Volume;
use crate::book::forest::Forest;
use crate::book::rules::Window;
use crate::plan::ladder::Need;
use crate::plan::ways::{Awakening, Step, Way};
use crate::view::era::{self, PeriodState};
use crate::view::lens::Lens;
use crate::view::payout::Worked;

/// Things that make the requirement hold together: with one unit less of anything it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WayAnswer {
    /// All volume it takes, of every kind.
    pub volume: Volume,
    /// How many people or legs more it takes.
    pub people: i64,
    /// What to do; all of it.
    pub steps: Vec<StepAnswer>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepAnswer {
    /// Where orders are to come from: `own`, the member's own; `leg`, the leg named, of a binary tree; `below`, any legs;
    /// `side`, his own or legs other than the largest, as long as none outgrows it; `capped`, his own or legs below their
    /// ceiling, as long as none outgrows it; `group`, his own or any legs. Or whom it takes: `enrolled`, distributors to
    /// enrol; `customers`, customers to enrol; `legs`, legs that come to hold a rank. Or `cycles`, cycles more.
    pub what: String,
    /// How much volume, or how many.
    pub amount: String,
    /// The volume kind, where volume is meant.
    pub volume: Option<String>,
    /// The tree, where one is meant.
    pub tree: Option<String>,
    /// The leg of a binary tree, 1 is the left one.
    pub leg: Option<u8>,
    /// The rank that legs must hold; the component whose cycles are counted.
    pub with: Option<String>,
    /// Whether those to enrol must be active.
    pub active: Option<bool>,
    /// How much of it one order must bring.
    pub at_once: Option<Volume>,
}

/// The cheapest ways, at most three: least volume first, then fewest people; only of a period that runs.
#[must_use]
pub fn ways(worked: &Worked<'_>, ladder: usize, member: Member, need: &Need) -> Vec<WayAnswer> {
    if worked.era.state != PeriodState::Current {
        return Vec::new();
    }
    let (of, number) = ((worked.set, ladder), worked.number(member));
    let found = worked
        .pass
        .ways(of, number, need, awakening(worked, member));
    found
        .iter()
        .map(|way| answer(worked, ladder, way))
        .collect()
}

/// What an inactive member must order to be active by the network's rule.
fn awakening(worked: &Worked<'_>, member: Member) -> Option<Awakening> {
    let lens = worked.lens;
    let rule = &lens.rules.activity;
    let at_least = rule.at_least.0.max(1);
    let kind = usize::from(rule.kind);
    let missing = match rule.window {
        Window::Rolling { .. } => at_least,
        Window::Period(period) => {
            let period = usize::from(period);
            let current = era::at(&lens, period, lens.periods(period).current()).ok()?;
            at_least - current.figure((ENROLLER_TREE, member), kind, Forest::own)
        }
    };
    (missing > 0).then_some(Awakening {
        volume: kind,
        missing,
        at_once: matches!(rule.window, Window::Rolling { .. }),
    })
}

fn answer(worked: &Worked<'_>, ladder: usize, way: &Way) -> WayAnswer {
    let [_, volume, people] = way.cost();
    WayAnswer {
        volume: Volume(volume),
        people,
        steps: way
            .steps
            .iter()
            .map(|step| words(worked, ladder, step))
            .collect(),
    }
}

fn words(worked: &Worked<'_>, ladder: usize, step: &Step) -> StepAnswer {
    let tree_name = |tree: usize| Lens::tree_name(&worked.lens, tree);
    match *step {
        Step::Own {
            volume,
            amount,
            at_once,
        } => StepAnswer {
            at_once: (at_once > 0).then_some(Volume(at_once)),
            ..orders(worked, "own", None, (volume, amount))
        },
        Step::Leg {
            tree,
            volume,
            leg,
            amount,
        } => StepAnswer {
            leg: Some(leg),
            ..orders(worked, "leg", Some(tree), (volume, amount))
        },
        Step::Below {
            tree,
            volume,
            amount,
        } => orders(worked, "below", Some(tree), (volume, amount)),
        Step::Side {
            tree,
            volume,
            amount,
        } => orders(worked, "side", Some(tree), (volume, amount)),
        Step::Capped {
            tree,
            volume,
            amount,
        } => orders(worked, "capped", Some(tree), (volume, amount)),
        Step::Group {
            tree,
            volume,
            amount,
        } => orders(worked, "group", Some(tree), (volume, amount)),
        Step::Enrol { active, leg, count } => StepAnswer {
            tree: leg.map(|(tree, _)| tree_name(tree)),
            leg: leg.map(|(_, leg)| leg),
            active: Some(active),
            ..heads("enrolled", count)
        },
        Step::Customers { count } => heads("customers", count),
        Step::Legs { rank, count } => StepAnswer {
            with: worked.set.ladders[ladder]
                .rank_name(rank)
                .map(str::to_owned),
            ..heads("legs", count)
        },
        Step::Cycles { component, count } => StepAnswer {
            with: Some(worked.set.components[component].name.to_string()),
            ..heads("cycles", count)
        },
    }
}

/// So much volume of a kind, in a tree where one is meant.
fn orders(
    worked: &Worked<'_>,
    what: &str,
    tree: Option<usize>,
    (kind, amount): (usize, i64),
) -> StepAnswer {
    let lens = worked.lens;
    StepAnswer {
        amount: Volume(amount).to_string(),
        volume: Some(worked.set.kind_name(kind, &lens.rules.kinds)),
        tree: tree.map(|tree| Lens::tree_name(&lens, tree)),
        ..heads(what, 0)
    }
}

/// So many.
fn heads(what: &str, count: i64) -> StepAnswer {
    StepAnswer {
        what: what.to_owned(),
        amount: count.to_string(),
        volume: None,
        tree: None,
        leg: None,
        with: None,
        active: None,
        at_once: None,
    }
}
