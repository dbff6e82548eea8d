//! One member worked out from a part of the book: the same as the pass over the whole, for everybody.

use std::fmt::Debug;
use std::sync::Arc;

use arborline::plan::clawback::Reversed;
use arborline::plan::excerpt::Excerpt;
use arborline::plan::extent::Extent;
use arborline::plan::hands::Alone;
use arborline::plan::ladder::Ladder;
use arborline::plan::part::LegFigures;
use arborline::plan::pass::Pass;
use arborline::plan::ranks::Measure;
use arborline::plan::set::PlanSet;
use arborline::plan::standing::Standing;
use arborline::plan::ways::{Awakening, Way};
use arborline::view::commissions::LiveAnswer;
use arborline::view::credited::Credited;
use arborline::view::era::{Asked, Era};
use arborline::view::explanation::{self, Explanation};
use arborline::view::late_refunds::LateRefunds;
use arborline::view::lens::Lens;
use arborline::view::payout::{Part, Worked};
use arborline::view::plan_book::PlanBook;
use arborline::view::rank;

use super::needs::Tally;

/// Seats that a part may have: more than there are, and for some members few.
const MOST: [usize; 3] = [1_000, 1_000, 6];

/// A period worked out for everybody.
pub(super) struct Whole<'a> {
    pub(super) lens: Lens<'a>,
    pub(super) era: Era<'a>,
    pub(super) set: &'a PlanSet,
    pub(super) opening: &'a Arc<Standing>,
    pub(super) pass: &'a Pass,
}

impl Whole<'_> {
    /// Works everybody out from his part and compares; what cannot be had from a part is counted.
    pub(super) fn check(&self, tally: &mut Tally) -> Result<(), String> {
        let (lens, era, period) = (self.lens, self.era, self.era.period);
        let extent = Extent::of(self.set, period);
        let mut credited = Credited::new(&lens, Asked::of(&era));
        let all = credited
            .as_mut()
            .map(|known| known.catch_up(&lens, usize::MAX));
        if all != Some(true) {
            return Err("not all records were taken in".to_owned());
        }
        let mut late = LateRefunds::new(&lens, Asked::of(&era), self.set.after_close)
            .ok_or("it has not begun")?;
        late.catch_up(&lens, usize::MAX);
        let book = PlanBook::new(lens, era, self.set.after_close);
        let book = book.with(credited.as_ref(), Some(&late));
        let opening = std::slice::from_ref(self.opening);
        see(tally, "results of others", extent.results);
        see(tally, "order by order", extent.entries.is_some());
        for member in 1..self.pass.members() {
            let most = MOST[member as usize % MOST.len()];
            let excerpt = Excerpt::of(&book, &extent, member, most);
            see(tally, "from a part", excerpt.is_some());
            let Some(excerpt) = excerpt else { continue };
            let opening = excerpt.opening(opening);
            let part = Pass::run(&excerpt, self.set, period, opening, &Alone);
            let part = part.map_err(|beyond| format!("beyond the range: {beyond:?}"))?;
            see(tally, "part of many", part.members() < self.pass.members());
            let number = excerpt.number(member).ok_or("he is not in his part")?;
            self.ladders(&part, (member, number))?;
            self.components(&part, &extent, (member, number))?;
            // One a book, for it takes long to write down.
            if u64::from(member) == 1 + lens.state.as_of_seq % u64::from(self.pass.members()) {
                self.answers(&part, (&excerpt, &extent), member)?;
            }
        }
        Ok(())
    }

    /// What is answered of a member: by his part the same as by the whole.
    fn answers(
        &self,
        by: &Pass,
        (excerpt, extent): (&Excerpt<'_>, &Extent),
        member: u32,
    ) -> Result<(), String> {
        let id = self.lens.id(member);
        let nothing = Reversed::default();
        let worked = |pass, part| Worked {
            lens: self.lens,
            era: self.era,
            set: self.set,
            pass,
            reversed: &nothing,
            part,
        };
        let part = Part {
            excerpt,
            extent,
            whole: None,
        };
        let both = [worked(self.pass, None), worked(by, Some(part))];
        for (_, ladder) in self.set.ladders_of(self.era.period) {
            let name = Some(&*ladder.name);
            let [whole, part] = both.map(|worked| rank::progress(&worked, &id, name, None));
            equal(&ladder.name, (member, 0), whole, part)?;
        }
        for (at, entry) in self.set.components_of(self.era.period) {
            if extent.company.contains(&at) {
                continue;
            }
            let [whole, part] = both.map(|worked| {
                let told = explanation::explain(&worked, &id, &entry.name);
                told.map(|told| Explanation {
                    live: LiveAnswer::Present,
                    ..told
                })
            });
            equal(&entry.name, (member, 0), whole, part)?;
        }
        Ok(())
    }

    fn ladders(&self, part: &Pass, of: (u32, u32)) -> Result<(), String> {
        let judged = self.set.ladders.iter().enumerate();
        for (at, ladder) in judged.filter(|(_, ladder)| ladder.period == self.era.period) {
            let seen = |pass: &Pass, member: u32| {
                let ranks = pass.ranks(at).unwrap_or_default();
                let held = pass.holding(at, member);
                let measures = measures(pass, self.set, (at, ladder), member);
                let ranked = ranks.get(member as usize).copied();
                let ways = ways(pass, self.set, (at, ladder), member);
                (ranked, pass.met(at, member), held, measures, ways)
            };
            equal(&ladder.name, of, seen(self.pass, of.0), seen(part, of.1))?;
        }
        Ok(())
    }

    fn components(&self, part: &Pass, extent: &Extent, of: (u32, u32)) -> Result<(), String> {
        for (at, entry) in self.set.components.iter().enumerate() {
            if entry.period != self.era.period || extent.company.contains(&at) {
                continue;
            }
            let seen = |pass: &Pass, member: u32| {
                let amounts = pass.amounts(at).unwrap_or_default();
                let amount = amounts.get(member as usize).copied();
                let legs = pass.legs(self.set, at, member).into_iter();
                // Seats have other numbers in a part.
                let legs = legs.map(|leg| LegFigures { seat: 0, ..leg });
                let parts = pass.explain(self.set, at, member);
                (
                    amount,
                    pass.uncut(at, member),
                    parts,
                    legs.collect::<Vec<_>>(),
                )
            };
            equal(&entry.name, of, seen(self.pass, of.0), seen(part, of.1))?;
        }
        Ok(())
    }
}

/// What everything that a ladder requires stands at.
fn measures(
    pass: &Pass,
    set: &PlanSet,
    (at, ladder): (usize, &Ladder),
    member: u32,
) -> Vec<Option<Measure>> {
    let atoms = ladder.ranks.iter().flat_map(|rank| rank.needs.atoms());
    let told = atoms.map(|atom| pass.measure(set, at, member, atom));
    told.collect()
}

/// The cheapest ways to the rank above the one held.
fn ways(pass: &Pass, set: &PlanSet, (at, ladder): (usize, &Ladder), member: u32) -> Vec<Way> {
    let ranks = pass.ranks(at).unwrap_or_default();
    let held = ranks.get(member as usize).copied().unwrap_or(0);
    let Some(next) = ladder.ranks.get(usize::from(held)) else {
        return Vec::new();
    };
    let awakening = Awakening {
        volume: 0,
        missing: 1,
        at_once: false,
    };
    pass.ways((set, at), member, &next.needs, Some(awakening))
}

fn equal<T: PartialEq + Debug>(
    name: &str,
    (member, _): (u32, u32),
    whole: T,
    part: T,
) -> Result<(), String> {
    if whole == part {
        return Ok(());
    }
    Err(format!(
        "{name} of {member}: whole {whole:?}, part {part:?}"
    ))
}

fn see(tally: &mut Tally, sort: &str, so: bool) {
    tally.entry(sort.to_owned()).or_default()[usize::from(!so)] += 1;
}
