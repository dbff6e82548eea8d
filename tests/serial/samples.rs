//! The checker is seen red: small histories with one thing wrong in each.

use super::check::check;
use super::network::above;
use super::notes::{Content, Fact, Figures, Notes, Read, Receipt};
use super::order::{Event, Order};

/// An order that was sent at a moment, and acknowledged at the next but one.
fn order(id: &str, sent: u64) -> Fact {
    Fact {
        id: id.to_owned(),
        content: Content::Order { buyer: 1, units: 5 },
        wrong: None,
        sent,
        times: 1,
        not_taken: 0,
        acknowledged: true,
        refused: None,
    }
}

fn receipt(fact: usize, at: u64, seq: u64, repeated: bool) -> Receipt {
    Receipt {
        fact,
        at,
        seq,
        repeated,
        times: 1 + u32::from(repeated),
    }
}

fn event(fact: &Fact, seq: u64) -> Event {
    Event {
        seq,
        id: fact.id.clone(),
        content: fact.content.clone(),
    }
}

/// A history in which all is well: three orders of which the second is told again, one that must be refused, one that was
/// never answered, and a read of the first two.
fn well() -> (Notes, Order) {
    let mut facts = vec![order("a", 1), order("b", 4), order("c", 7)];
    facts[1].times = 2;
    let order_of = |facts: &[Fact]| {
        let seqs = [10, 20, 30].into_iter();
        Order {
            events: facts
                .iter()
                .zip(seqs)
                .map(|(one, seq)| event(one, seq))
                .collect(),
        }
    };
    let kept = order_of(&facts);
    facts.push(Fact {
        wrong: Some("unknown_member"),
        refused: Some("unknown_member".to_owned()),
        ..order("d", 10)
    });
    facts.push(order("e", 11));
    let notes = Notes {
        facts,
        receipts: vec![
            receipt(0, 3, 10, false),
            receipt(1, 5, 20, false),
            receipt(1, 6, 20, true),
            receipt(2, 9, 30, false),
        ],
        reads: vec![Read {
            buyer: 0,
            min_seq: 20,
            as_of_seq: 25,
            at: 6,
            figures: Figures { own: 0, group: 10 },
        }],
        waited: 0,
    };
    (notes, kept)
}

/// What is spoilt, and a part of the complaint that must follow.
type Sample = (fn(&mut Notes, &mut Order), &'static str);

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    (|_, order| drop(order.events.remove(1)), "acknowledged and lost"),
    (|_, order| order.events.push(Event { seq: 40, ..order.events[0].clone() }), "it is there twice"),
    (|_, order| order.events[2].seq = 20, "its sequence is not after 20"),
    (|_, order| order.events[2].seq = 31, "acknowledged as 30, is 31"),
    (|_, order| order.events[1].content = Content::Order { buyer: 2, units: 5 }, "there as Order"),
    (|_, order| order.events.push(Event { seq: 40, id: "x".to_owned(), ..order.events[0].clone() }), "nobody sent it"),
    (|notes, order| order.events.push(event(&notes.facts[3], 40)), "refused, and there"),
    (|notes, order| { notes.facts[4].not_taken = 1; order.events.push(event(&notes.facts[4], 40)) }, "not taken, and there"),
    (|notes, order| { order.events[0].seq = 5; notes.receipts[0].seq = 5; notes.receipts[1].at = 1 }, "is 5, sent when 20 had been told"),
    (|notes, _| notes.reads[0].at = 4, "is 20, sent when 25 had been told"),
    (|notes, _| notes.receipts[2].seq = 21, "accepted as 20 and as 21"),
    (|notes, _| notes.receipts[2].repeated = false, "and again as if new"),
    (|notes, _| notes.receipts[0].repeated = true, "told as accepted before"),
    (|notes, _| notes.facts[2].refused = Some("x".to_owned()), "accepted and refused"),
    (|notes, _| notes.facts[2].wrong = Some("x"), "wrongly accepted"),
    (|notes, _| notes.facts[3].refused = Some("x".to_owned()), "wrongly refused"),
    (|notes, _| notes.reads[0].min_seq = 26, "older than asked"),
    (|notes, _| notes.reads.push(Read { as_of_seq: 24, min_seq: 0, ..notes.reads[0].clone() }), "or than 25"),
    (|notes, _| notes.reads[0].figures.group = 5, "summed up"),
    (|notes, _| notes.reads[0].buyer = 1, "summed up"),
    (|notes, _| notes.reads[0].as_of_seq = 30, "summed up"),
];

#[test]
fn the_checker_complains_of_each_sample_and_of_nothing_else() {
    assert_eq!(
        above(1),
        Some(0),
        "what buyer 1 buys is in the group of buyer 0"
    );
    let (notes, order) = well();
    let (complaints, seen) = check(&[notes], &order);
    assert_eq!(complaints, [""; 0]);
    assert_eq!(
        (seen.acknowledged, seen.repeated, seen.refused, seen.unknown),
        (3, 1, 1, 1)
    );
    for (spoil, part) in SAMPLES {
        let (mut notes, mut order) = well();
        spoil(&mut notes, &mut order);
        let (complaints, _) = check(&[notes], &order);
        assert!(
            complaints.iter().any(|told| told.contains(part)),
            "{part}: {complaints:?}"
        );
    }
}
