//! The order as the log has it, and what follows from it by plain sums.

use std::collections::HashMap;
use std::path::Path;

use arborline::engine::command::refund::Extent;
use arborline::engine::command::{Command, Verb};
use arborline::engine::state::State;
use arborline::runtime::settings::Check;
use arborline::runtime::{changes, offline};

use super::network::{self, BUYERS, ONE, above};
use super::notes::{Content, Figures};
use super::server::settings;

/// A fact in the order.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) seq: u64,
    pub(super) id: String,
    pub(super) content: Content,
}

/// The facts of clients, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub(super) events: Vec<Event>,
}

/// Sums up to some sequence.
pub(super) struct Sums {
    pub(super) at: [Figures; BUYERS],
}

impl Default for Sums {
    fn default() -> Sums {
        let none = Figures { own: 0, group: 0 };
        Sums { at: [none; BUYERS] }
    }
}

impl Sums {
    /// Counts an order, or what is taken back of one.
    fn add(&mut self, buyer: usize, units: i64) {
        self.at[buyer].own += units;
        let line = std::iter::successors(Some(buyer), |buyer| above(*buyer));
        for one in line {
            self.at[one].group += units;
        }
    }
}

impl Order {
    /// Sums up event by event: `look` is called with what holds before each of them and its sequence, and with what holds
    /// at the end.
    pub(super) fn sum_up(&self, mut look: impl FnMut(&Sums, u64)) {
        let (mut sums, mut sold) = (Sums::default(), HashMap::new());
        for event in &self.events {
            look(&sums, event.seq);
            match &event.content {
                Content::Order { buyer, units } => {
                    sold.insert(event.id.as_str(), (*buyer, *units));
                    sums.add(*buyer, *units);
                }
                Content::Refund { order, part } => {
                    // An order that is not there is told of by whoever checks the facts.
                    let (buyer, units) = sold.get(order.as_str()).copied().unwrap_or_default();
                    sums.add(buyer, -part.unwrap_or(units));
                }
            }
        }
        look(&sums, u64::MAX);
    }

    /// What a state keeps and does not follow from the order.
    pub(super) fn compare_figures(&self, state: &State) -> Vec<String> {
        let mut end = Sums::default();
        self.sum_up(|sums, _| end.at = sums.at);
        let wrong = end.at.iter().enumerate().filter_map(|(buyer, sums)| {
            let member = state.members.find(&network::name(buyer))?;
            let kept = Figures {
                own: state.forest.own(0, member, 0, 0) / ONE,
                group: state.forest.group(0, member, 0, 0) / ONE,
            };
            (kept != *sums).then(|| format!("buyer {buyer}: kept {kept:?}, summed up {sums:?}"))
        });
        wrong.collect()
    }
}

/// What a command of the log says, if it is one of a client's.
fn content(command: &Command) -> Option<Content> {
    Some(match &command.verb {
        Verb::Order(order) => Content::Order {
            buyer: order.member.strip_prefix('b')?.parse().ok()?,
            units: order.volumes.get(0).0 / ONE,
        },
        Verb::Refund(refund) => Content::Refund {
            order: refund.order.to_string(),
            part: match &refund.extent {
                Extent::Volumes(volumes, _) => Some(volumes.get(0).0 / ONE),
                _ => None,
            },
        },
        _ => return None,
    })
}

/// Reads the order from a directory. Whatever is no client's was there before them, or is the server's own.
pub(super) fn read_order(dir: &Path) -> Order {
    let read = offline::read(&settings(dir, Check::First)).expect("a directory in order");
    let all = changes::read(&read.files, 0, usize::MAX).expect("a log in order");
    let mut order = Order::default();
    let mut last = 0;
    for change in all {
        assert!(last < change.seq, "{last} before {}", change.seq);
        last = change.seq;
        match content(&change.command) {
            Some(content) => order.events.push(Event {
                seq: change.seq,
                id: change.command.id.to_string(),
                content,
            }),
            None => assert!(
                matches!(
                    change.command.verb,
                    Verb::Found(_)
                        | Verb::CreateToken(_)
                        | Verb::Enrol(_)
                        | Verb::ExtendCalendar(_)
                ),
                "{:?} was not sent",
                change.command
            ),
        }
    }
    order
}
