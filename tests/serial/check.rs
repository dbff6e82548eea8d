//! The checker: what the clients wrote down against the order, and nothing else. One pass over each.

use std::collections::HashMap;

use super::notes::{Content, Fact, Notes, Read, Receipt};
use super::order::Order;

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) acknowledged: u64,
    pub(super) repeated: u64,
    pub(super) refused: u64,
    /// Never answered.
    pub(super) unknown: u64,
    /// Those of them that stand in the order.
    pub(super) unknown_kept: u64,
    pub(super) reads: u64,
    pub(super) waited: u64,
}

/// Refunds have a space of ids of their own.
type Id<'a> = (bool, &'a str);

fn id_of<'a>(content: &Content, id: &'a str) -> Id<'a> {
    (matches!(content, Content::Refund { .. }), id)
}

struct Checker<'a> {
    order: &'a Order,
    /// Where each id stands in the order.
    places: HashMap<Id<'a>, usize>,
    /// Which places of the order somebody has sent.
    sent: Vec<bool>,
    /// By moment: the greatest sequence that anybody had been told until then.
    told: Vec<u64>,
    complaints: Vec<String>,
    seen: Seen,
}

/// Compares notes with the order: complaints, and what was looked at.
pub(super) fn check(all: &[Notes], order: &Order) -> (Vec<String>, Seen) {
    let mut checker = Checker {
        order,
        places: HashMap::new(),
        sent: vec![false; order.events.len()],
        told: told_until(all),
        complaints: Vec::new(),
        seen: Seen::default(),
    };
    checker.read_order();
    for notes in all {
        let receipts = checker.receipts(notes);
        for (fact, receipt) in notes.facts.iter().zip(receipts) {
            // Drawn and never sent: the run was over.
            if fact.times > 0 {
                checker.fact(fact, receipt);
            }
        }
        checker.labels(&notes.reads);
        checker.seen.waited += notes.waited;
    }
    for (event, sent) in order.events.iter().zip(&checker.sent) {
        if !sent {
            checker
                .complaints
                .push(format!("{event:?}: nobody sent it"));
        }
    }
    checker.figures(all);
    (checker.complaints, checker.seen)
}

/// By moment: the greatest sequence that anybody had been told, in a receipt or on an answer's label, until then.
fn told_until(all: &[Notes]) -> Vec<u64> {
    let moments = all.iter().flat_map(|notes| {
        let receipts = notes.receipts.iter().map(|one| (one.at, one.seq));
        let reads = notes.reads.iter().map(|one| (one.at, one.as_of_seq));
        let facts = notes.facts.iter().map(|one| (one.sent, 0));
        receipts.chain(reads).chain(facts)
    });
    let mut told = Vec::new();
    for (at, seq) in moments {
        let at = usize::try_from(at).expect("a moment");
        if told.len() <= at {
            told.resize(at + 1, 0);
        }
        told[at] = seq.max(told[at]);
    }
    let mut greatest = 0;
    for told in &mut told {
        greatest = greatest.max(*told);
        *told = greatest;
    }
    told
}

impl<'a> Checker<'a> {
    fn complain(&mut self, fact: &Fact, what: &str) {
        self.complaints.push(format!("{what}: {fact:?}"));
    }

    /// Sequences ascend, and no id stands there twice.
    fn read_order(&mut self) {
        let order = self.order;
        let mut last = 0;
        for (place, event) in order.events.iter().enumerate() {
            if event.seq <= last {
                let what = format!("{event:?}: its sequence is not after {last}");
                self.complaints.push(what);
            }
            last = event.seq;
            let id = id_of(&event.content, &event.id);
            if self.places.insert(id, place).is_some() {
                let what = format!("{event:?}: it is there twice");
                self.complaints.push(what);
            }
        }
    }

    /// The first receipt of each fact of one client; all further ones must be the same.
    fn receipts(&mut self, notes: &Notes) -> Vec<Option<Receipt>> {
        let mut firsts: Vec<Option<Receipt>> = vec![None; notes.facts.len()];
        for receipt in &notes.receipts {
            let fact = &notes.facts[receipt.fact];
            self.seen.repeated += u64::from(receipt.repeated);
            match firsts[receipt.fact] {
                None if receipt.repeated && receipt.times < 2 => {
                    self.complain(fact, "sent once, and told as accepted before");
                }
                Some(first) if first.seq != receipt.seq => {
                    let what = format!("accepted as {} and as {}", first.seq, receipt.seq);
                    self.complain(fact, &what);
                }
                Some(first) if !receipt.repeated => {
                    let what = format!("accepted as {}, and again as if new", first.seq);
                    self.complain(fact, &what);
                }
                _ => {}
            }
            firsts[receipt.fact].get_or_insert(*receipt);
        }
        firsts
    }

    /// What was acknowledged is there, what was refused is not, of anything else nothing is known; and nothing stands
    /// before what had been told when it was sent.
    fn fact(&mut self, fact: &'a Fact, receipt: Option<Receipt>) {
        let place = self.places.get(&id_of(&fact.content, &fact.id)).copied();
        let event = place.map(|place| &self.order.events[place]);
        // An id that was used again says other things the second time.
        let event = event.filter(|event| fact.wrong.is_none() || event.content == fact.content);
        match (receipt, &fact.refused) {
            (Some(_), Some(_)) => self.complain(fact, "accepted and refused"),
            (Some(_), None) if fact.wrong.is_some() => self.complain(fact, "wrongly accepted"),
            (Some(receipt), None) => {
                self.seen.acknowledged += 1;
                match event {
                    None => self.complain(fact, "acknowledged and lost"),
                    Some(event) if event.seq != receipt.seq => {
                        let what = format!("acknowledged as {}, is {}", receipt.seq, event.seq);
                        self.complain(fact, &what);
                    }
                    Some(_) => {}
                }
            }
            (None, Some(code)) => {
                self.seen.refused += 1;
                if fact.wrong != Some(code) {
                    self.complain(fact, "wrongly refused");
                }
                if event.is_some() {
                    self.complain(fact, "refused, and there");
                }
            }
            (None, None) => {
                self.seen.unknown += 1;
                self.seen.unknown_kept += u64::from(event.is_some());
                let is_barred = fact.wrong.is_some() || fact.not_taken == fact.times;
                if event.is_some() && is_barred {
                    self.complain(fact, "not taken, and there");
                }
            }
        }
        let Some((event, place)) = event.zip(place) else {
            return;
        };
        if event.content != fact.content {
            let what = format!("there as {:?}", event.content);
            self.complain(fact, &what);
        }
        self.sent[place] = true;
        let told = self.told[usize::try_from(fact.sent).expect("a moment")];
        if event.seq <= told {
            let what = format!("is {}, sent when {told} had been told", event.seq);
            self.complain(fact, &what);
        }
    }

    /// A client's answers are as fresh as it asked, and never older than the one before.
    fn labels(&mut self, reads: &[Read]) {
        let mut last = 0;
        for read in reads {
            self.seen.reads += 1;
            if read.as_of_seq < read.min_seq.max(last) {
                let what = format!("older than asked, or than {last}: {read:?}");
                self.complaints.push(what);
            }
            last = last.max(read.as_of_seq);
        }
    }

    /// Every figure read is the sum over the order up to its label.
    fn figures(&mut self, all: &[Notes]) {
        let mut reads: Vec<&Read> = all.iter().flat_map(|notes| &notes.reads).collect();
        reads.sort_by_key(|read| read.as_of_seq);
        let mut reads = reads.into_iter().peekable();
        let complaints = &mut self.complaints;
        self.order.sum_up(|sums, next| {
            while let Some(read) = reads.next_if(|read| read.as_of_seq < next) {
                let sum = sums.at[read.buyer];
                if read.figures != sum {
                    complaints.push(format!("summed up {sum:?}: {read:?}"));
                }
            }
        });
    }
}
