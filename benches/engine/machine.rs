//! States under the benches, grown and loaded by commands.

use arborline::base::ids::Text;
use arborline::base::number::{UNIT, Volume};
use arborline::base::path::Paths;
use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::found::Found;
use arborline::engine::command::order::Order;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::outcome::Outcome;
use arborline::engine::plans::{LateRefunds, Said};
use arborline::engine::position::PlaceAt;
use arborline::engine::rules::{ClockMode, Late, PeriodType, Rules, TerminatedOrders};
use arborline::engine::state::State;
use arborline_loadtest::enrollers::NO_PARENT;
use arborline_loadtest::names::{member_id, order_id};
use arborline_loadtest::network::Network;

use crate::Scale;
use crate::rig::{BATCH, Shapes, activity, grown_with_legs};

/// Days of one period.
const PERIOD_DAYS: i64 = 28;

/// A state with what is needed to give it commands.
pub(crate) struct Machine {
    /// The state.
    pub(crate) state: State,
    next_seq: u64,
    /// `at` of the next commands.
    pub(crate) at: Time,
    orders: u64,
    outcomes: Vec<Outcome>,
}

impl Machine {
    /// A founded state without members, keeping `shapes`.
    pub(crate) fn found(shapes: Shapes) -> Machine {
        let starts: Vec<Time> = (0..=24).map(|n| Time(n * PERIOD_DAYS * DAY_MS)).collect();
        let labels = (0..24).map(|n| Text::new(format!("p{n:02}"))).collect();
        let rules = Rules {
            kinds: ["cv", "pv"][..shapes.kinds].iter().map(Text::new).collect(),
            period_types: vec![PeriodType {
                name: Text::new("month"),
                cutoff_ms: 0,
                late: Late::Current,
                starts,
                labels,
            }],
            trees: shapes.trees(),
            activity: activity(),
            count_customers: false,
            enrolled_by_fact: false,
            terminated_orders: TerminatedOrders::Reject,
            refund_days: 90,
            id_memory_days: 90,
            return_days: 0,
            customers_first: None,
            thresholds: shapes.ladders(),
            kernels: Vec::new(),
            clock: ClockMode::Events,
            time_zone: Text::new("UTC"),
        };
        let mut machine = Machine {
            state: State::new(),
            next_seq: 1,
            at: Time(0),
            orders: 0,
            outcomes: Vec::new(),
        };
        machine.execute(&[Command {
            id: Text::new("network"),
            at: Time(0),
            verb: Verb::Found(Box::new(Found {
                document: [0; 32],
                rules,
            })),
        }]);
        machine
    }

    /// A state of an enroller tree and a power-leg binary tree, two kinds, and everybody in them.
    pub(crate) fn grown(scale: Scale) -> Machine {
        let mut machine = Machine::found(Shapes {
            binary: true,
            kinds: 2,
            thresholds: false,
        });
        machine.enrol(&grown_with_legs(scale));
        machine
    }

    /// Executes a batch; all of it must be accepted.
    pub(crate) fn execute(&mut self, commands: &[Command]) {
        self.outcomes.clear();
        execute_batch(
            &mut self.state,
            self.next_seq,
            self.at,
            commands,
            &mut self.outcomes,
        );
        self.next_seq += commands.len() as u64;
        let refused = self.outcomes.iter().find(|outcome| outcome.is_err());
        assert!(
            refused.is_none(),
            "a bench's commands are right: {refused:?}"
        );
    }

    /// Enrols a whole network in batches, the binary tree's seats asked for where there are any.
    pub(crate) fn enrol(&mut self, network: &Network) {
        let members: Vec<u32> = (0..).take(network.enrollers.len()).collect();
        for numbers in members.chunks(BATCH) {
            let batch: Vec<Command> = numbers
                .iter()
                .map(|&number| self.enrolment(network, number))
                .collect();
            self.execute(&batch);
        }
    }

    /// One enrolment.
    pub(crate) fn enrolment(&self, network: &Network, number: u32) -> Command {
        let placement = network
            .seats
            .get(number as usize)
            .map(|&(parent, leg)| Placement {
                tree: Text::new("binary"),
                place: match parent {
                    NO_PARENT => PlaceAt::Root,
                    above => PlaceAt::Under {
                        parent: member(above),
                        centre: 1,
                        leg: Some(leg),
                    },
                },
            });
        let enroller = network.enrollers[number as usize];
        Command {
            id: member(number),
            at: self.at,
            verb: Verb::Enrol(Box::new(Enrol {
                kind: MemberKind::Distributor,
                enroller: (enroller != NO_PARENT).then(|| member(enroller)),
                profile: Profile::default(),
                placements: placement.into_iter().collect(),
            })),
        }
    }

    /// An order of `cv` wholes by one member, with half as much of a second kind where there is one.
    pub(crate) fn order(&mut self, number: u32, cv: i64, kinds: usize) -> Command {
        let id = order_id(self.orders);
        self.orders += 1;
        Command {
            id: text(&id),
            at: self.at,
            verb: Verb::Order(Order {
                member: member(number),
                centre: 1,
                volumes: Volumes::from_units(&[cv * UNIT, cv * UNIT / 2][..kinds]),
                amount: Volume(cv * UNIT),
                currency: Some(Text::new("USD")),
                class: None,
                lines: Vec::new(),
            }),
        }
    }

    /// Puts a plan set in force that has these paths written down with orders.
    pub(crate) fn post(&mut self, paths: &Paths) {
        let said = Said {
            document: [1; 32],
            refunds: LateRefunds::UNSAID,
            paths: paths.clone(),
        };
        let set = || Text::new("main");
        let latest = self.state.plans.latest("main");
        let version = latest.map_or(1, |latest| latest.version + 1);
        let verbs = [
            Verb::DraftPlan(Box::new(DraftPlan { set: set(), said })),
            Verb::ActivatePlan(Box::new(ActivatePlan {
                set: set(),
                version,
            })),
        ];
        let at = self.at;
        let seq = self.next_seq;
        let named = (seq..).zip(verbs).map(|(seq, verb)| Command {
            id: Text::new(format!("plan{seq}")),
            at,
            verb,
        });
        self.execute(&named.collect::<Vec<_>>());
    }

    /// Bytes of what has been written down with orders, and orders so far.
    pub(crate) fn posted(&self) -> (usize, u64) {
        (self.state.posted.bytes(), self.orders)
    }

    /// Lets the next period begin: all figures are zero and nobody is active.
    pub(crate) fn roll(&mut self) {
        self.at = self.at.plus_ms(PERIOD_DAYS * DAY_MS);
        let tick = Command {
            id: Text::new(format!("tick{}", self.next_seq)),
            at: self.at,
            verb: Verb::AdvanceTime,
        };
        self.execute(&[tick]);
    }
}

/// The id of a member by number.
pub(crate) fn member(number: u32) -> Text {
    text(&member_id(number))
}

fn text(bytes: &[u8]) -> Text {
    Text::from_utf8(bytes).expect("ASCII")
}
