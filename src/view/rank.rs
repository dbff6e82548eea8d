//! A member's rank on each ladder in one period, and what the next one takes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Member;
use crate::base::number::Volume;
use crate::plan::ladder::{Atom, Ladder, Need};
use crate::plan::pass::Pass;
use crate::plan::ranks::Measure;
use crate::plan::set::PlanSet;
use crate::plan::shared::VOLUME;
use crate::view::era::{Asked, PeriodState};
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;
use crate::view::payout::Worked;
use crate::view::rank_ways::{self, WayAnswer};

/// A member's ranks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberRanks {
    /// The member's id.
    pub member: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where it stands: the rank of a period that runs is provisional.
    pub state: PeriodState,
    /// Name of the plan set.
    pub plan_set: String,
    /// One for each ladder of that period type.
    pub ladders: Vec<RankOnLadder>,
}

/// A rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankOnLadder {
    /// Name of the ladder.
    pub ladder: String,
    /// Name of the rank; none below the first.
    pub rank: Option<String>,
    /// Its number from 1; 0 below the first.
    pub number: u8,
    /// Ranks there are.
    pub of: u8,
    /// Name of the next one; none at the top.
    pub next: Option<String>,
    /// Name of the rank that is met in the period itself: another one where a rank is kept for a while.
    pub met: Option<String>,
    /// Name of the rank that the member was paid as in the period before.
    pub previous: Option<String>,
    /// Name of the highest rank that he was paid as in any period before.
    pub highest: Option<String>,
    /// Name of the rank that he keeps, whether he meets it or not.
    pub kept: Option<String>,
    /// For how many periods he keeps it, this one included; 0 for none.
    pub kept_periods: u8,
    /// What he was told to be paid as at least; none where nobody told so.
    pub told: Option<ToldRank>,
}

/// A rank that a member is paid as at least, whatever he meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToldRank {
    /// Name of the rank.
    pub rank: String,
    /// Why.
    pub reason: String,
    /// Sequence of the command that told it.
    pub seq: u64,
}

/// How far a member is on the way to a rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankProgress {
    /// The member's id.
    pub member: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Name of the ladder.
    pub ladder: String,
    /// The rank looked at.
    pub rank: String,
    /// Whether its requirement holds.
    pub holds: bool,
    /// The requirement, part by part.
    pub needs: Progress,
    /// The cheapest ways to make it hold in the period that runs, at most three: those of least volume first, then of
    /// fewest people, and cycles last. None where it holds, and where only other periods could.
    pub ways: Vec<WayAnswer>,
}

/// A requirement as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(no_recursion)]
pub struct Progress {
    /// `all`, `any`, `count`, or what is required: `own`, `group`, `side`, `capped`, `lesser_leg`, `active`, `enrolled`,
    /// `customers`, `cycles`, `lesser_leg_of`, `previous`, `legs`.
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
    /// The volume kind, where one is meant.
    pub volume: Option<String>,
    /// The tree, where one is meant.
    pub tree: Option<String>,
    /// The rank that legs must hold, or the member in the period before; the component whose cycles or legs count.
    pub with: Option<String>,
    /// How much it takes; of `count`, how many of the parts.
    pub required: Option<String>,
    /// How much there is.
    pub actual: Option<String>,
    /// How much is missing.
    pub missing: Option<String>,
    /// The parts of `all`, `any` and `count`.
    pub of: Vec<Progress>,
}

/// A member's rank on every ladder of the period type. O(ladders).
///
/// # Errors
/// An unknown member.
pub fn of_member(worked: &Worked<'_>, id: &str) -> Result<MemberRanks, ViewError> {
    let (lens, era, pass) = (worked.lens, worked.era, worked.pass);
    let member = lens.member(id, "member")?;
    let place = worked.number(member);
    let judged = worked.set.ladders_of(era.period);
    let due = judged.map(|(index, ladder)| {
        let number = rank(pass, index, place);
        let named = |rank: u8| ladder.rank_name(rank).map(str::to_owned);
        let held = pass.holding(index, place);
        RankOnLadder {
            ladder: ladder.name.to_string(),
            rank: named(number),
            number,
            of: ladder.ranks.len() as u8,
            next: next(ladder, number).map(|next| name(ladder, next)),
            met: named(pass.met(index, place)),
            previous: named(held.paid),
            highest: named(held.highest),
            kept: named(held.kept),
            kept_periods: held.periods,
            told: told(lens, worked.asked(), ladder, member),
        }
    });
    Ok(MemberRanks {
        member: id.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        state: era.state,
        plan_set: worked.set.name.to_string(),
        ladders: due.collect(),
    })
}

/// How far a member is on the way to a rank of a ladder: the next one without a name, the highest at the top; the first
/// ladder without a name. O(legs) for ceilings, otherwise O(parts).
///
/// # Errors
/// An unknown member, ladder or rank.
pub fn progress(
    worked: &Worked<'_>,
    id: &str,
    ladder: Option<&str>,
    rank_name: Option<&str>,
) -> Result<RankProgress, ViewError> {
    let (lens, era) = (worked.lens, worked.era);
    let member = lens.member(id, "member")?;
    let mut ladders = worked.set.ladders_of(era.period);
    let found = ladders.find(|(_, of)| ladder.is_none_or(|name| of.name == name));
    let (index, of) = found.ok_or_else(|| ViewError::Unknown {
        what: What::Ladder,
        field: "ladder",
        given: ladder.unwrap_or_default().to_owned(),
        allowed: worked
            .set
            .ladders_of(era.period)
            .map(|(_, of)| of.name.to_string())
            .collect(),
    })?;
    let place = worked.number(member);
    let held = rank(worked.pass, index, place);
    let number = match rank_name {
        None => next(of, held).unwrap_or(held),
        Some(name) => of.rank(name).ok_or_else(|| ViewError::Unknown {
            what: What::Rank,
            field: "rank",
            given: name.to_owned(),
            allowed: of.ranks.iter().map(|rank| rank.name.to_string()).collect(),
        })?,
    };
    let look = Look {
        worked,
        ladder: index,
        member: place,
    };
    let wanted = &of.ranks[usize::from(number) - 1].needs;
    let needs = look.at(wanted);
    Ok(RankProgress {
        member: id.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        ladder: of.name.to_string(),
        rank: name(of, number),
        holds: needs.holds,
        needs,
        ways: rank_ways::ways(worked, index, member, wanted),
    })
}

/// What a member was told to be paid as at least on a ladder of the period type; nothing if the ladder has no such rank.
#[must_use]
pub fn told(lens: Lens<'_>, asked: Asked, ladder: &Ladder, member: Member) -> Option<ToldRank> {
    let overrides = &lens.state.overrides;
    let one = overrides.of_member(member, (asked.period, asked.ordinal), &ladder.name)?;
    let rank = one.rank.as_deref()?;
    ladder.rank(rank)?;
    Some(ToldRank {
        rank: rank.to_owned(),
        reason: one.reason.to_string(),
        seq: one.seq,
    })
}

/// A member's rank by his number in the pass; none for who enrolled after the period rolled.
fn rank(pass: &Pass, ladder: usize, member: Member) -> u8 {
    let ranks = pass.ranks(ladder).unwrap_or_default();
    ranks.get(member as usize).copied().unwrap_or(0)
}

fn next(ladder: &Ladder, rank: u8) -> Option<u8> {
    (usize::from(rank) < ladder.ranks.len()).then_some(rank + 1)
}

fn name(ladder: &Ladder, rank: u8) -> String {
    ladder.rank_name(rank).unwrap_or_default().to_owned()
}

/// A member looked at on a ladder.
struct Look<'a> {
    worked: &'a Worked<'a>,
    ladder: usize,
    /// His number in the pass.
    member: Member,
}

impl Look<'_> {
    fn at(&self, need: &Need) -> Progress {
        let (what, count, parts) = match need {
            Need::Atom(atom) => return self.at_atom(atom),
            Need::All(parts) => ("all", parts.len(), parts),
            Need::Any(parts) => ("any", 1, parts),
            Need::Count(count, parts) => ("count", *count, parts),
        };
        let of: Vec<Progress> = parts.iter().map(|part| self.at(part)).collect();
        let held = of.iter().filter(|part| part.holds).count();
        Progress {
            what: what.to_owned(),
            holds: held >= count,
            volume: None,
            tree: None,
            with: None,
            required: Some(count.to_string()),
            actual: Some(held.to_string()),
            missing: Some(count.saturating_sub(held).to_string()),
            of,
        }
    }

    fn at_atom(&self, atom: &Atom) -> Progress {
        let (worked, lens) = (self.worked, self.worked.lens);
        let nothing = Measure {
            actual: 0,
            required: 1,
        };
        let known = self.member < worked.pass.members();
        let measure = || {
            worked
                .pass
                .measure(worked.set, self.ladder, self.member, atom)
        };
        let measure = known.then(measure).flatten().unwrap_or(nothing);
        let (what, volume, tree) = words(atom, worked.set, self.ladder);
        let show = |units: i64| match volume {
            Some(_) => Volume(units).to_string(),
            None => units.to_string(),
        };
        let with = match atom {
            Atom::Cycles { component, .. } | Atom::LesserLegOf { component, .. } => {
                Some(worked.set.components[*component].name.to_string())
            }
            Atom::Legs { rank, .. } | Atom::Previous { rank } => {
                Some(name(&worked.set.ladders[self.ladder], *rank))
            }
            _ => None,
        };
        let kind = |kind: usize| worked.set.kind_name(kind, &lens.rules.kinds);
        let tree_name = |tree: usize| Lens::tree_name(&lens, tree);
        Progress {
            what: what.to_owned(),
            holds: measure.holds(),
            volume: volume.map(kind),
            tree: tree.map(tree_name),
            with,
            required: Some(show(measure.required)),
            actual: Some(show(measure.actual)),
            missing: Some(show((measure.required - measure.actual).max(0))),
            of: Vec::new(),
        }
    }
}

/// The word of a requirement, with the volume kind and the tree it looks at.
fn words(
    atom: &Atom,
    set: &PlanSet,
    ladder: usize,
) -> (&'static str, Option<usize>, Option<usize>) {
    let ladder_tree = set.ladders[ladder].tree;
    match *atom {
        Atom::Active => ("active", None, None),
        Atom::Own { volume, .. } => ("own", Some(volume), Some(ladder_tree)),
        Atom::Group { volume, tree, .. } => ("group", Some(volume), Some(tree)),
        Atom::Side { volume, tree, .. } => ("side", Some(volume), Some(tree)),
        Atom::Capped { volume, tree, .. } => ("capped", Some(volume), Some(tree)),
        Atom::LesserLeg { volume, tree, .. } => ("lesser_leg", Some(volume), Some(tree)),
        Atom::Enrolled { each_leg_of, .. } => ("enrolled", None, each_leg_of),
        Atom::Customers { .. } => ("customers", None, None),
        Atom::Cycles { .. } => ("cycles", None, None),
        Atom::LesserLegOf { component, .. } => {
            let entry = &set.components[component];
            let tree = entry.component.hands_on().map(|on| on.tree);
            let volume = entry.settings.index(VOLUME.key);
            ("lesser_leg_of", Some(volume), tree)
        }
        Atom::Previous { .. } => ("previous", None, None),
        Atom::Legs { .. } => ("legs", None, Some(ladder_tree)),
    }
}
