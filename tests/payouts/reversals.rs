//! What refunds of later periods take back of an earlier one: the same as by definition.

use arborline::plan::clawback::Debit;
use arborline::view::era::Asked;
use arborline::view::payout::Worked;
use arborline::view::reversed::{reversing, taken_back};

use super::needs::Tally;
use super::plan::Draft;
use super::reversed::{self, Past, ordered_in};
use crate::histories::play::Pair;
use crate::model::figures::Scene;
use crate::model::plans::AfterClose;

/// A period type of a history.
pub(super) struct Reversals<'a> {
    pub(super) pair: &'a Pair,
    pub(super) of: usize,
    pub(super) draft: &'a Draft,
}

impl Reversals<'_> {
    /// Compares which refunds of a period reverse lines, and what those of all later periods would take back of it.
    pub(super) fn check(
        &self,
        worked: &Worked<'_>,
        (past, scene): (&Past<'_>, &Scene<'_>),
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (world, of) = (&self.pair.world, self.of);
        let period = scene.periods[of].expect("a book of its own period type");
        let expected = reversed::reversing(world, (of, period), self.draft.after_close);
        let told = reversing(&worked.lens, Asked::of(&worked.era));
        let told: Vec<(usize, Vec<usize>)> = told
            .into_iter()
            .map(|(ordinal, refunds)| {
                let refunds = refunds.into_iter().map(|refund| self.entry(refund));
                (ordinal as usize, refunds.collect())
            })
            .collect();
        let expected: Vec<(usize, Vec<usize>)> = expected.into_iter().collect();
        if told != expected {
            return Err(format!("reversing: {told:?}, by definition {expected:?}"));
        }
        see(tally, "reverses lines", !told.is_empty());
        for deal in &past.sight.deals {
            let spares = |what: fn(AfterClose) -> bool| deal.late.is_some_and(what);
            see(tally, "late", deal.late.is_some());
            see(tally, "late spared", spares(AfterClose::spares_pay));
            see(tally, "legs spared", spares(AfterClose::spares_legs));
        }
        for correction in 0..self.pair.state.corrections.len() {
            let number = self.entry(correction);
            let later = world.entries[number].periods.get(of) > Some(&period);
            let ordered = ordered_in(world, of, number).flatten();
            if ordered == Some(period) && later {
                self.taken_back(worked, (past, scene), (correction, number), tally)?;
            }
        }
        Ok(())
    }

    fn taken_back(
        &self,
        worked: &Worked<'_>,
        (past, scene): (&Past<'_>, &Scene<'_>),
        (correction, number): (u32, usize),
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (world, of) = (&self.pair.world, self.of);
        let expected = past.taken_back((world, scene), (self.draft, of), number);
        let debit = |debit: &reversed::Debit| {
            let reversed::Debit {
                member,
                component,
                amount,
            } = *debit;
            (member, component, amount)
        };
        let mut expected: Vec<_> = expected.iter().map(debit).collect();
        let told = taken_back(worked.lens, worked, correction);
        let debit = |debit: &Debit| {
            let amount = i128::from(debit.amount.0);
            (debit.member as usize, debit.component, amount)
        };
        let mut told: Vec<_> = told.iter().map(debit).collect();
        told.sort_unstable();
        expected.sort_unstable();
        see(tally, "takes something back", !told.is_empty());
        let components = self.draft.components();
        let uncut = |(member, component, _): &(usize, usize, i128)| {
            let uncut = past.answer.uncut[*component].as_ref().expect("worked out");
            let paid = past.answer.amounts[*component]
                .as_ref()
                .expect("worked out");
            uncut[*member] != paid[*member]
        };
        for (at, (_, component)) in components.iter().enumerate() {
            let sort = component.pays.sort();
            let kind = match sort.split_once(' ') {
                Some((kind, _)) if kind != "customer" => kind,
                _ => &sort,
            };
            let sort = format!("takes back {kind}");
            let so = told.iter().any(|(_, of, _)| *of == at);
            see(tally, &sort, so);
        }
        for debit in &told {
            see(tally, "takes back of a cut amount", uncut(debit));
        }
        if told != expected {
            let period = world.entries[number].periods.get(of);
            return Err(format!(
                "taken back by entry {number} of period {period:?}: {told:?}, by definition {expected:?}"
            ));
        }
        Ok(())
    }

    /// The number among all entries of a refund or adjustment.
    fn entry(&self, correction: u32) -> usize {
        let entries = self.pair.world.entries.iter().enumerate();
        let is_order = |number: usize| ordered_in(&self.pair.world, self.of, number).is_none();
        let corrections =
            entries.filter(|&(number, entry)| entry.sale.is_none() || !is_order(number));
        let mut numbers = corrections.map(|(number, _)| number);
        numbers
            .nth(correction as usize)
            .expect("as many corrections")
    }
}

fn see(tally: &mut Tally, sort: &str, so: bool) {
    tally.entry(sort.to_owned()).or_default()[usize::from(!so)] += 1;
}
