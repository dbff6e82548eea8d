//! Sales, refunds and adjustments.

use arborline::base::limits::SUM_MAX;
use arborline::base::number::Volume;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::adjust::Adjust;
use arborline::engine::command::order::Order;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::member::{MemberKind, Status};
use arborline::engine::rules::TerminatedOrders;

use super::judge::{Wrong, no};
use super::world::{COMPANY, Entry, Sale, World};

/// Whom volume is credited to.
#[derive(Clone, Debug)]
struct Credit {
    buyer: usize,
    member: usize,
    seats: Vec<Option<usize>>,
    own: bool,
}

impl World {
    pub(crate) fn order(&mut self, id: &str, at: Time, order: &Order) -> Result<(), Wrong> {
        let mut wrong = Wrong::default();
        let buyer = wrong.take(self.person(&order.member).ok_or(no::UNKNOWN_MEMBER));
        let credit = buyer.and_then(|buyer| wrong.take(self.credit(buyer, order.centre)));
        let volumes = *order.volumes.units();
        wrong.check(self.unnamed(&volumes), no::UNKNOWN_NAME);
        wrong.check(
            order.volumes.any_negative() || order.amount.0 < 0,
            no::NEGATIVE,
        );
        if let Some(credit) = &credit {
            wrong.check(self.overflows(at, credit.member, &volumes), no::OVERFLOW);
        }
        wrong.done()?;
        let (buyer, credit) = (buyer.expect("found"), credit.expect("found"));
        // As things stand without it.
        let posted = self.posted(credit.member, &credit.seats, credit.own);
        self.book(at, credit.clone(), Some(self.sales.len()), volumes);
        self.sales.push(Sale {
            id: id.into(),
            at,
            class: order.class.clone(),
            buyer,
            credited: credit.member,
            seats: credit.seats,
            volumes,
            amount: order.amount.0,
            left: volumes,
            amount_left: order.amount.0,
            refunded: false,
            posted,
        });
        Ok(())
    }

    pub(crate) fn refund(&mut self, at: Time, refund: &Refund) -> Result<(), Wrong> {
        let found = self.sales.iter().position(|sale| sale.id == refund.order);
        let number = found.ok_or(no::UNKNOWN_ORDER)?;
        let sale = self.sales[number].clone();
        let mut wrong = Wrong::default();
        let days = i64::from(self.law().refund_days);
        wrong.check(at.0 > sale.at.0 + days * DAY_MS, no::REFUND_TOO_LATE);
        let parts = wrong.take(extent(&sale, &refund.extent));
        if let Some((back, _)) = &parts {
            wrong.check(self.overflows(at, sale.credited, back), no::OVERFLOW);
        }
        wrong.done()?;
        let (back, amount) = parts.expect("fits");
        let credit = Credit {
            buyer: sale.buyer,
            member: sale.credited,
            seats: sale.seats,
            own: sale.buyer == sale.credited,
        };
        self.book(at, credit, Some(number), back.map(|part| -part));
        let sale = &mut self.sales[number];
        sale.refunded = true;
        sale.amount_left -= amount;
        for (left, part) in sale.left.iter_mut().zip(back) {
            *left -= part;
        }
        Ok(())
    }

    pub(crate) fn adjust(&mut self, at: Time, adjust: &Adjust) -> Result<(), Wrong> {
        let mut wrong = Wrong::default();
        let volumes = *adjust.volumes.units();
        wrong.check(self.unnamed(&volumes), no::UNKNOWN_NAME);
        let member = wrong.take(self.person(&adjust.member).ok_or(no::UNKNOWN_MEMBER));
        let credit = member.and_then(|member| wrong.take(self.credit(member, adjust.centre)));
        if let Some(credit) = &credit {
            wrong.check(self.overflows(at, credit.member, &volumes), no::OVERFLOW);
        }
        wrong.done()?;
        self.book(at, credit.expect("found"), None, volumes);
        Ok(())
    }

    /// Whether there is volume of a kind the rules do not name.
    fn unnamed(&self, volumes: &[i64; 8]) -> bool {
        volumes[self.law().kinds.len()..]
            .iter()
            .any(|&units| units != 0)
    }

    /// The buyer himself, or the nearest standing distributor above him in the enroller tree.
    fn credit(&self, buyer: usize, centre: u16) -> Result<Credit, Wrong> {
        let person = &self.people[buyer];
        let mut wrong = Wrong::default();
        let has = (1..self.trees.len()).any(|tree| self.seat(tree, buyer, centre).is_some());
        wrong.check(centre != 1 && !has, no::UNKNOWN_CENTRE);
        let gone = person.status == Status::Terminated;
        wrong.check(
            gone && self.law().terminated_orders == TerminatedOrders::Reject,
            no::TERMINATED,
        );
        wrong.done()?;
        if !gone && person.kind == MemberKind::Distributor {
            return Ok(Credit {
                buyer,
                member: buyer,
                seats: self.entered(buyer, centre),
                own: true,
            });
        }
        let above = self.trees[0].above(buyer);
        let standing = above.into_iter().find(|&member| {
            let person = &self.people[member];
            person.kind == MemberKind::Distributor && person.status != Status::Terminated
        });
        let member = standing.unwrap_or(COMPANY);
        Ok(Credit {
            buyer,
            member,
            seats: self.entered(member, 1),
            own: false,
        })
    }

    /// In each tree the seat of this centre, or of the first where there is none.
    fn entered(&self, member: usize, centre: u16) -> Vec<Option<usize>> {
        let trees = 0..self.trees.len();
        let seat = |tree| {
            self.seat(tree, member, centre)
                .or(self.seat(tree, member, 1))
        };
        trees.map(seat).collect()
    }

    /// The period of each type that a fact of `at` enters.
    fn entered_periods(&self, at: Time, member: usize) -> Vec<usize> {
        let types = 0..self.calendars.len();
        types.map(|of| self.booked(of, at, member)).collect()
    }

    /// Whether the absolute volumes of some period they enter would add up to too much.
    fn overflows(&self, at: Time, member: usize, volumes: &[i64; 8]) -> bool {
        let periods = self.entered_periods(at, member);
        let too_much = |of: usize, kind: usize| {
            // A book that rolled before there was a kind takes none of it.
            let branch = self.calendars[of].branch.as_ref();
            let branch = branch.filter(|branch| branch.period == periods[of]);
            if branch.is_some_and(|branch| kind >= branch.rules.kinds.len()) {
                return false;
            }
            let same = self.entries.iter();
            let same = same.filter(|entry| entry.periods.get(of) == Some(&periods[of]));
            let sum: i128 = same
                .map(|entry| i128::from(entry.volumes[kind].unsigned_abs()))
                .sum();
            sum + i128::from(volumes[kind].unsigned_abs()) > i128::from(SUM_MAX)
        };
        let kinds = self.law().kinds.len();
        (0..periods.len()).any(|of| (0..kinds).any(|kind| too_much(of, kind)))
    }

    /// Writes an entry into the periods that `at` decides.
    fn book(&mut self, at: Time, credit: Credit, sale: Option<usize>, volumes: [i64; 8]) {
        let periods = self.entered_periods(at, credit.member);
        self.entries.push(Entry {
            buyer: credit.buyer,
            credited: credit.member,
            at,
            sale,
            seats: credit.seats,
            own: credit.own,
            periods,
            volumes,
        });
    }
}

/// The volumes and the money a refund takes back.
fn extent(sale: &Sale, extent: &Extent) -> Result<([i64; 8], i64), u16> {
    let gone = sale.amount_left == 0 && sale.left == [0; 8];
    if gone && sale.refunded && *extent == Extent::Full {
        return Err(no::REFUND_TOO_LARGE);
    }
    let (back, amount) = match extent {
        Extent::Full => (sale.left, sale.amount_left),
        Extent::Amount(amount) if amount.0 > sale.amount_left || sale.amount == 0 => {
            // A share of no money says nothing of volumes.
            return Err(no::REFUND_TOO_LARGE);
        }
        Extent::Amount(amount) if amount.0 == sale.amount_left => (sale.left, amount.0),
        Extent::Amount(amount) => {
            let mut back = [0; 8];
            for (kind, part) in back.iter_mut().enumerate() {
                // All refunds together take the share of all the money that went back.
                let money = sale.amount - sale.amount_left + amount.0;
                let share = Volume(sale.volumes[kind]).pro_rata(Volume(money), Volume(sale.amount));
                let taken = sale.volumes[kind] - sale.left[kind];
                *part = (share.0 - taken).clamp(0, sale.left[kind]);
            }
            (back, amount.0)
        }
        Extent::Volumes(volumes, amount) => (*volumes.units(), amount.0),
    };
    let fits =
        amount <= sale.amount_left && back.iter().zip(sale.left).all(|(&part, left)| part <= left);
    if fits {
        Ok((back, amount))
    } else {
        Err(no::REFUND_TOO_LARGE)
    }
}
