//! A run: a period that is worked out, as lines of money and as one balance a member.
//!
//! Each amount is rounded once, a line of it: first the company's factor, rounded down to 1e-6, then what that is worth in
//! the currency the member is paid in, to its minor unit, half away from zero. That is his own where the set's table of
//! exchange has it, and else the set's. A member's lines and what he brought from the run before make his balance. One
//! below zero is carried to the next run of the type and nothing is paid; one that is held back is carried whole; any other
//! is payable.

use std::collections::BTreeMap;

use crate::base::ids::{Member, Text};
use crate::base::money::{Micros, RATE_ONE, Rate};
use crate::plan::clawback::{Clawback, Reversed};
use crate::plan::pass::{Beyond, Pass};
use crate::plan::set::PlanSet;

/// One amount of a member by one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The member.
    pub member: Member,
    /// Index of the component in the set; behind those, of what is taken back, that of its source.
    pub component: usize,
    /// The amount as the component pays it; below zero what is taken back of one.
    pub exact: Micros,
    /// The same after the company's factor.
    pub after: Micros,
    /// Index among the run's currencies: see [`Payment::currencies`].
    pub currency: u8,
    /// What that is worth there, in minor units: what counts.
    pub minor: i64,
}

/// What a member has in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The member.
    pub member: Member,
    /// ISO 4217 code.
    pub currency: Text,
    /// His lines added up.
    pub earned: i64,
    /// What the run before carried: what he owes, below zero, or what was held back.
    pub brought: i64,
    /// Whether what would be paid is held back.
    pub held: bool,
}

impl Account {
    /// What is paid.
    #[must_use]
    pub fn payable(&self) -> i64 {
        if self.held {
            0
        } else {
            (self.earned + self.brought).max(0)
        }
    }

    /// What the next run of the type begins with.
    #[must_use]
    pub fn carried(&self) -> i64 {
        self.earned + self.brought - self.payable()
    }
}

/// What runs carried, in minor units, by member and currency: below zero what is owed, above it what is held back.
pub type Brought = BTreeMap<(Member, Text), i64>;

/// What a run comes to in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Lines.
    pub lines: u64,
    /// Members with a line.
    pub payees: u64,
    /// Accounts.
    pub accounts: u64,
    /// The lines' minor units added up, by currency as [`Payment::currencies`] lists them.
    pub totals: Vec<i64>,
}

/// An amount after the company's factor, rounded down.
#[must_use]
pub fn after(amount: Micros, factor: Rate) -> Micros {
    if factor.0 == RATE_ONE {
        return amount;
    }
    let product = i128::from(amount.0) * i128::from(factor.0);
    // A factor is at most one, so the product is no further from zero than the amount, but for the rounding.
    Micros::floor(product, i128::from(RATE_ONE)).unwrap_or(amount)
}

/// A pass as a run pays it.
#[derive(Clone, Copy)]
pub struct Payment<'p> {
    /// The period worked out.
    pub pass: &'p Pass,
    /// By this set.
    pub set: &'p PlanSet,
    /// What the run before carried.
    pub brought: &'p Brought,
    /// What refunds take back of earlier periods.
    pub reversed: &'p Reversed,
}

impl<'p> Payment<'p> {
    /// Every amount that is not nothing, by member, then by component, and behind those what is taken back of earlier
    /// periods. O(members x components) in all.
    pub fn lines(self) -> impl Iterator<Item = Line> + 'p {
        let members = 0..self.members();
        members.flat_map(move |member| self.lines_of(member))
    }

    /// One member's amounts that are not nothing.
    pub fn lines_of(self, member: Member) -> impl Iterator<Item = Line> + 'p {
        let currency = self.pass.paid_in(member);
        let (_, rate) = self.set.paid_in(currency);
        let digits = self.pass.digits(currency);
        let taken_back = self.reversed.of_member(member).iter();
        let taken_back = taken_back.map(move |taken| self.taken_back(member, taken));
        let own = self
            .pass
            .worked_out()
            .filter_map(move |(component, amounts)| {
                let amount = amounts.get(member as usize).copied();
                let exact = amount.filter(|amount| *amount != Micros::ZERO)?;
                let after = after(exact, self.pass.factor(self.set, component));
                Some(Line {
                    member,
                    component,
                    exact,
                    after,
                    currency,
                    // The sums have been looked at before anything is paid.
                    minor: after.exchanged(rate, digits).unwrap_or(i64::MAX),
                })
            });
        own.chain(taken_back)
    }

    /// What is taken back of one amount of an earlier period.
    fn taken_back(self, member: Member, taken: &Clawback) -> Line {
        let exact = Micros(-taken.exact.0);
        Line {
            member,
            component: self.set.components.len() + taken.source,
            exact,
            after: exact,
            currency: taken.currency,
            minor: -taken.minor,
        }
    }

    /// A member's account in the currency he is paid in, whatever he has.
    ///
    /// # Errors
    /// If it leaves the range: the component of the line by which it does.
    pub fn account(self, member: Member) -> Result<Account, Beyond> {
        let paid_in = self.pass.paid_in(member);
        let (currency, rate) = self.set.paid_in(paid_in);
        let (currency, digits) = (currency.clone(), self.pass.digits(paid_in));
        let place = (member, currency);
        let brought = self.brought.get(&place).copied().unwrap_or(0);
        let currency = place.1;
        let (mut earned, mut balance) = (0i64, brought);
        for line in self.lines_of(member) {
            if line.currency != paid_in {
                continue;
            }
            let minor = match line.component < self.set.components.len() {
                true => line.after.exchanged(rate, digits),
                false => Some(line.minor),
            };
            let sums = minor.and_then(|minor| earned.checked_add(minor));
            let sums = sums.zip(balance.checked_add(line.minor));
            (earned, balance) = sums.ok_or(Beyond {
                component: line.component,
                member,
            })?;
        }
        Ok(Account {
            member,
            currency,
            earned,
            brought,
            held: self.pass.is_held(member),
        })
    }

    /// Every account that says something, by member, then by currency. O(members x components) in all.
    ///
    /// # Panics
    /// If an account leaves the range: [`Payment::sums`] says so before.
    pub fn accounts(self) -> impl Iterator<Item = Account> + 'p {
        let members = 0..self.members();
        members.flat_map(move |member| self.accounts_of(member))
    }

    /// One member's accounts that say something.
    ///
    /// # Panics
    /// As [`Payment::accounts`].
    #[must_use]
    pub fn accounts_of(self, member: Member) -> Vec<Account> {
        let own = self.account(member).expect("the sums have been looked at");
        let mut all: Vec<Account> = self.others(&own);
        all.extend((own.earned != 0 || own.brought != 0).then_some(own));
        all.sort_unstable_by(|one, other| one.currency.cmp(&other.currency));
        all
    }

    /// What a member has in other currencies than that of his own account: what he brought, and what is taken back of what
    /// was once paid in them.
    fn others(self, own: &Account) -> Vec<Account> {
        let member = own.member;
        let mut others: Vec<Account> = Vec::new();
        let mut add = |currency: &Text, earned: i64, brought: i64| {
            if *currency == own.currency {
                return;
            }
            let known = others.iter().position(|other| other.currency == *currency);
            let at = known.unwrap_or_else(|| {
                others.push(Account {
                    member,
                    currency: currency.clone(),
                    earned: 0,
                    brought: 0,
                    held: own.held,
                });
                others.len() - 1
            });
            // Parts of what was paid, each of which was within the range.
            others[at].earned = others[at].earned.saturating_add(earned);
            others[at].brought += brought;
        };
        let (from, to) = ((member, Text::default()), (member + 1, Text::default()));
        for ((_, currency), brought) in self.brought.range(from..to) {
            add(currency, 0, *brought);
        }
        for taken in self.reversed.of_member(member) {
            add(
                self.reversed.code(self.set, taken.currency),
                -taken.minor,
                0,
            );
        }
        others.retain(|other| other.earned != 0 || other.brought != 0);
        others
    }

    /// What it comes to in all. O(members x components).
    ///
    /// # Errors
    /// If a sum leaves the range.
    pub fn sums(self) -> Result<Sums, Beyond> {
        let mut sums = Sums {
            totals: vec![0; self.currencies().len()],
            ..Sums::default()
        };
        for member in 0..self.members() {
            let own = self.account(member)?;
            let mut its = 0;
            for line in self.lines_of(member) {
                its += 1;
                let total = &mut sums.totals[usize::from(line.currency)];
                *total = total.checked_add(line.minor).ok_or(Beyond {
                    component: line.component,
                    member,
                })?;
            }
            sums.lines += its;
            sums.payees += u64::from(its > 0);
            sums.accounts += u64::from(own.earned != 0 || own.brought != 0);
            sums.accounts += self.others(&own).len() as u64;
        }
        Ok(sums)
    }

    /// Everybody who may have an account. The book knows whoever was paid before; if not, he has his all the same.
    fn members(self) -> u32 {
        let last = self.brought.keys().next_back();
        let last = last.map(|(member, _)| *member).max(self.reversed.last());
        let known = last.map_or(0, |member| member + 1);
        self.pass.members().max(known)
    }

    /// The currencies of its accounts: the set's own first, then those of its table of exchange in their order, then others
    /// in which something is taken back, and others that were brought.
    #[must_use]
    pub fn currencies(self) -> Vec<Text> {
        let own = self.set.currencies().chain(&self.reversed.currencies);
        let mut all: Vec<Text> = own.cloned().collect();
        for (_, currency) in self.brought.keys() {
            if !all.contains(currency) {
                all.push(currency.clone());
            }
        }
        all
    }
}
