//! Random commands that carry volume: orders, refunds, adjustments.

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::time::Time;
use arborline::engine::command::adjust::Adjust;
use arborline::engine::command::order::Order;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::{Command, Verb, Volumes};
use arborline::engine::line::Line;
use arborline::engine::member::MemberKind;

use super::commands::{Lean, Writer};
use crate::model::world::World;

impl Writer {
    /// Volumes of which small ones are common, and sums near the steps of ladders.
    fn volumes(&mut self, world: &World, negative: bool) -> Volumes {
        let mut volumes = Volumes::default();
        for kind in 0..world.law().kinds.len() {
            let units = match self.chance.below(10) {
                0 => 0,
                1 => 1,
                2 => self.chance.between(1, 3_000_000),
                _ if self.lean == Lean::Huge => self.chance.between(1, Volume::MAX.0),
                _ => self.chance.between(1, 8) * 250_000,
            };
            let turned = negative && self.chance.percent(60);
            volumes.set(kind, Volume(if turned { -units } else { units }));
        }
        if self.chance.percent(1) {
            volumes.set(world.law().kinds.len(), Volume(5));
        }
        volumes
    }

    pub(super) fn order(&mut self, world: &World, at: Time) -> Command {
        let negative = self.chance.percent(1);
        let lines = (0..self.chance.below(3))
            .map(|line| Line {
                sku: Text::from(format!("sku{line}")),
                quantity: Volume(10_000),
                volumes: Volumes::default(),
                amount: Volume(5),
            })
            .collect();
        if self.chance.percent(25)
            && let Some((member, centre, late)) = self.young_centre(world)
        {
            let order = Order {
                member,
                centre,
                volumes: self.volumes(world, false),
                amount: Volume(7),
                currency: None,
                class: None,
                lines: Vec::new(),
            };
            return self.command(late, Verb::Order(order));
        }
        let order = Order {
            member: self.buyer(world),
            centre: self.centre(),
            volumes: self.volumes(world, negative),
            amount: Volume(*self.chance.pick(&[0, 7, 990_000, 1_230_000])),
            currency: self.chance.percent(50).then(|| Text::from("EUR")),
            class: self.chance.percent(50).then(|| self.class()),
            lines,
        };
        self.command(at, Verb::Order(order))
    }

    /// Some member; where enrollers need customers who buy, these often.
    fn buyer(&mut self, world: &World) -> Text {
        let customers: Vec<usize> = (1..world.people.len())
            .filter(|&member| world.people[member].kind != MemberKind::Distributor)
            .collect();
        let wanted = world.law().customers_first.is_some() && !customers.is_empty();
        if wanted && self.chance.percent(50) {
            return world.people[*self.chance.pick(&customers)].id.clone();
        }
        self.someone(world)
    }

    /// One of three classes in turn.
    fn class(&self) -> Text {
        let classes = ["retail", "autoship", "kit"];
        Text::from(classes[(self.ids % 3) as usize])
    }

    /// A further centre opened after a roll, and a time in the rolled period, whose book does not know it.
    fn young_centre(&mut self, world: &World) -> Option<(Text, u16, Time)> {
        let mut young = Vec::new();
        for (of, calendar) in world.calendars.iter().enumerate() {
            let Some(branch) = &calendar.branch else {
                continue;
            };
            for (tree, stood) in world.trees.iter().zip(&branch.trees) {
                let opened = tree.seats.iter().skip(stood.seats.len());
                young.extend(
                    opened
                        .filter(|seat| seat.centre > 1)
                        .map(|seat| (of, seat.owner, seat.centre)),
                );
            }
        }
        if young.is_empty() {
            return None;
        }
        let (of, owner, centre) = *self.chance.pick(&young);
        let calendar = &world.calendars[of];
        let end = calendar.starts[calendar.current];
        let late = Time(end.0 - self.chance.between(1, 3_600_000));
        Some((world.people[owner].id.clone(), centre, late))
    }

    pub(super) fn refund(&mut self, world: &World, at: Time) -> Command {
        let sale = (!world.sales.is_empty()).then(|| {
            let newest = self.chance.below(world.sales.len().min(12));
            &world.sales[world.sales.len() - 1 - newest]
        });
        let (id, left, money) = match sale {
            Some(sale) if self.chance.percent(97) => (sale.id.clone(), sale.left, sale.amount_left),
            _ => (Text::from("no order"), [5; 8], 5),
        };
        let extent = match self.chance.below(10) {
            0..=3 => Extent::Full,
            4..=6 => Extent::Amount(Volume(self.chance.between(0, money.max(0) + 1))),
            _ => {
                // Thirds and quarters by turns: a half lets what is rounded fall between two counts.
                let pieces = 3 + i64::try_from(self.ids % 2).expect("one or none");
                let parts = left.map(|units| {
                    units - self.chance.between(-1, 3).min(units) * (units / pieces).max(1)
                });
                let parts = parts.map(|part| part.max(0));
                Extent::Volumes(
                    Volumes::from_units(&parts),
                    Volume(self.chance.between(0, 1).min(money)),
                )
            }
        };
        let refund = Refund {
            order: id,
            extent,
            reason: None,
        };
        self.command(at, Verb::Refund(Box::new(refund)))
    }

    pub(super) fn adjust(&mut self, world: &World, at: Time) -> Command {
        let adjust = Adjust {
            member: self.someone(world),
            centre: self.centre(),
            volumes: self.volumes(world, true),
            reason: Text::from("by hand"),
        };
        self.command(at, Verb::Adjust(Box::new(adjust)))
    }
}
