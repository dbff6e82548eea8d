//! Commands about plan sets and networks: drafts, activations, ranks that are told, changes of the rules.

use arborline::base::after_close::AfterClose;
use arborline::base::ids::Text;
use arborline::base::path::{Path, Paths};
use arborline::base::time::Time;
use arborline::engine::command::change::Change;
use arborline::engine::command::found::Found;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::qualify::Qualify;
use arborline::engine::command::{Command, Verb};
use arborline::engine::plans::{LateRefunds, Said};

use super::commands::Writer;
use super::laws;
use crate::model::world::World;

impl Writer {
    pub(super) fn plan(&mut self, world: &World, at: Time) -> Command {
        let known = &world.drafts;
        let set = Text::from(*self.chance.pick(&["main", "main", "second"]));
        if known.is_empty() || self.chance.percent(40) {
            let document = [laws::small(self.chance.below(256)); 32];
            let after_close = *self.chance.pick(&AfterClose::ALL);
            let draft = DraftPlan {
                set,
                said: Said {
                    document,
                    refunds: LateRefunds {
                        after_close,
                        reversed: laws::small(self.chance.below(256)),
                    },
                    paths: self.paths(world),
                },
            };
            return self.command(at, Verb::DraftPlan(Box::new(draft)));
        }
        let of_set = known.iter().filter(|draft| draft.set == set).count();
        let version = self.chance.below(of_set + 2);
        let set = if self.chance.percent(5) {
            Text::from("nothing")
        } else {
            set
        };
        let version = u32::from(laws::small(version));
        let activate = ActivatePlan { set, version };
        self.command(at, Verb::ActivatePlan(Box::new(activate)))
    }

    /// None, as most sets want, or a few.
    fn paths(&mut self, world: &World) -> Paths {
        let mut paths = Paths::default();
        for _ in 0..self.chance.below(4) {
            let path = Path {
                tree: laws::small(self.chance.below(world.trees.len())),
                compressed: self.chance.percent(50),
            };
            paths.add(path, laws::small(self.chance.below(5)));
        }
        paths
    }

    /// Ladders and ranks as drawn plan sets name them, and others.
    pub(super) fn qualify(&mut self, world: &World, at: Time) -> Command {
        let of = self.chance.below(world.calendars.len());
        let calendar = &world.calendars[of];
        let period = (calendar.current + 1).saturating_sub(self.chance.below(4));
        let period = period.min(calendar.labels.len() - 1);
        let ladder = ["ladder-0", "ladder-1", "ladder-2"];
        let ranks = ["iron", "bronze", "silver", "gold", "tin"];
        let rank = self
            .chance
            .percent(80)
            .then(|| Text::from(*self.chance.pick(&ranks)));
        let told = Qualify {
            member: self.someone(world),
            ladder: Text::from(*self.chance.pick(&ladder)),
            rank,
            period_type: if self.chance.percent(3) {
                Text::from("epoch")
            } else {
                world.law().period_types[of].name.clone()
            },
            period: if self.chance.percent(3) {
                Text::from("never")
            } else {
                calendar.labels[period].clone()
            },
            periods: 1 + u32::from(laws::small(self.chance.below(3))),
            reason: "a promise".into(),
        };
        self.command(at, Verb::Qualify(Box::new(told)))
    }

    /// Other rules from some period's start on.
    pub(super) fn change(&mut self, world: &World, at: Time) -> Command {
        let told = Found {
            document: [laws::small(self.chance.below(256)); 32],
            rules: laws::changed(world, &mut self.chance),
        };
        let begins = match self.chance.below(20) {
            0 => Some(Text::from("epoch")),
            1..=9 => {
                let of = self.chance.below(world.calendars.len());
                Some(world.law().period_types[of].name.clone())
            }
            _ => None,
        };
        self.command(at, Verb::Change(Box::new(Change { told, begins })))
    }
}
