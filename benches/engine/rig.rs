//! Networks under the benches: rules, forests grown seat by seat, states grown by commands.

use arborline::base::ids::Text;
use arborline::base::number::{UNIT, Volume};
use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::book::forest::{Attach, Forest, Posting, Standing};
use arborline::book::rules::{Activity, CHAIN_RUN, Kept, Thresholds, Window};
use arborline::engine::command::enrol::{Enrol, PlaceAt, Placement};
use arborline::engine::command::found::Found;
use arborline::engine::command::order::Order;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::outcome::Outcome;
use arborline::engine::rules::{ClockMode, Late, PeriodType, Rules, TerminatedOrders};
use arborline::engine::state::State;
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};
use arborline_loadtest::enrollers::{self, NO_PARENT, enroller_tree};
use arborline_loadtest::legs::Legs;
use arborline_loadtest::names::{member_id, order_id};
use arborline_loadtest::network::{Network, Wish};
use arborline_loadtest::random::Random;

use crate::Scale;

/// Orders in a batch.
pub const BATCH: usize = 256;

/// What an order needs to make its buyer active, in whole volume.
pub const ACTIVE_FROM: i64 = 50;

/// Days of one period.
const PERIOD_DAYS: i64 = 28;

fn tree(name: &str, shape: Shape) -> TreeRules {
    let binary = shape == Shape::Binary;
    TreeRules {
        name: Text::new(name),
        shape,
        placement: if binary {
            Policy::WeakerCount {
                inside: Inside::Outer,
            }
        } else {
            Policy::UnderEnroller
        },
        customer_level: CustomerLevel::Own,
        termination: Termination::EmptySeat,
        centres: 1,
        move_max: u32::MAX,
    }
}

/// Twelve thresholds, each twice the one before, on one tree.
fn ladder(tree: u8) -> Thresholds {
    Thresholds {
        tree,
        period: 0,
        kind: 0,
        steps: (0..12).map(|step| Volume((1_000 << step) * UNIT)).collect(),
    }
}

/// What a forest under test keeps.
#[derive(Debug, Clone, Copy)]
pub struct Shapes {
    /// Whether there is a binary tree beside the enroller tree.
    pub binary: bool,
    /// Volume kinds.
    pub kinds: usize,
    /// Whether thresholds are kept on every tree.
    pub thresholds: bool,
}

impl Shapes {
    fn trees(self) -> Vec<TreeRules> {
        let mut trees = vec![tree("enroller", Shape::List)];
        if self.binary {
            trees.push(tree("binary", Shape::Binary));
        }
        trees
    }

    fn ladders(self) -> Vec<Thresholds> {
        match self.thresholds {
            true => (0..1 + u8::from(self.binary)).map(ladder).collect(),
            false => Vec::new(),
        }
    }

    /// An empty forest.
    pub fn forest(self) -> Forest {
        Forest::new(&Kept {
            kinds: self.kinds,
            periods: 1,
            trees: &self.trees(),
            activity: &activity(),
            thresholds: &self.ladders(),
            kernels: &[],
            chain_run: CHAIN_RUN,
        })
    }

    /// A founded state without members.
    pub fn state(self) -> Machine {
        let starts: Vec<Time> = (0..=24).map(|n| Time(n * PERIOD_DAYS * DAY_MS)).collect();
        let labels = (0..24).map(|n| Text::new(format!("p{n:02}"))).collect();
        let rules = Rules {
            kinds: ["cv", "pv"][..self.kinds].iter().map(Text::new).collect(),
            period_types: vec![PeriodType {
                name: Text::new("month"),
                cutoff_ms: 0,
                late: Late::Current,
                starts,
                labels,
            }],
            trees: self.trees(),
            activity: activity(),
            count_customers: false,
            enrolled_by_fact: false,
            terminated_orders: TerminatedOrders::Reject,
            refund_days: 90,
            return_days: 0,
            thresholds: self.ladders(),
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
}

fn activity() -> Activity {
    Activity {
        kind: 0,
        at_least: Volume(ACTIVE_FROM * UNIT),
        window: Window::Period(0),
    }
}

/// Enroller tree with depth and frontlines of a grown network.
pub fn grown(scale: Scale) -> Vec<u32> {
    enroller_tree(enrollers::Shape::Attachment, scale.members as usize, scale.seed)
}

/// The same with a power-leg binary tree below the enrollers.
pub fn grown_with_legs(scale: Scale) -> Network {
    Network::grow(&Wish {
        shape: enrollers::Shape::Attachment,
        binary: Some(Legs::PowerLeg),
        members: scale.members,
        customers: 0,
        seed: scale.seed,
    })
}

/// Where a member's seat hangs; seat numbers are one above the generator's, since the company has seat 0.
pub fn attach(parent: u32, leg: u8) -> Attach {
    match parent {
        NO_PARENT => Attach::Root,
        above => Attach::Under {
            parent: above + 1,
            leg,
        },
    }
}

/// Seats a newcomer who counts, and is not active.
pub fn seat_one(forest: &mut Forest, tree: usize, owner: u32, at: Attach) {
    let seat = forest.add_seat(tree, owner, at);
    let standing = Standing {
        counted: true,
        active: false,
    };
    forest.set_standing(tree, seat, standing);
}

/// A forest with every member seated in the enroller tree.
pub fn plant(mut forest: Forest, parents: &[u32]) -> Forest {
    for (owner, &parent) in (1..).zip(parents) {
        seat_one(&mut forest, 0, owner, attach(parent, 0));
    }
    forest
}

/// A forest with every member seated in both trees.
pub fn plant_both(forest: Forest, network: &Network) -> Forest {
    let mut forest = plant(forest, &network.enrollers);
    for (owner, &(parent, leg)) in (1..).zip(&network.seats) {
        seat_one(&mut forest, 1, owner, attach(parent, leg));
    }
    forest
}

/// An order's volume at a seat.
pub fn posting(seat: u32, kinds: usize, random: &mut Random) -> Posting {
    let cv = i64::from(50 + random.below(200)) * UNIT;
    Posting {
        seat,
        own: true,
        periods: 1,
        volumes: Volumes::from_units(&[cv, cv / 2][..kinds]),
    }
}

/// Batches of postings at random seats.
pub fn postings(members: u32, kinds: usize, count: usize, random: &mut Random) -> Vec<Posting> {
    (0..count)
        .map(|_| {
            let seat = 1 + random.below(members);
            posting(seat, kinds, random)
        })
        .collect()
}

/// A state with what is needed to give it commands.
pub struct Machine {
    /// The state.
    pub state: State,
    next_seq: u64,
    /// `at` of the next commands.
    pub at: Time,
    orders: u64,
    outcomes: Vec<Outcome>,
}

impl Machine {
    /// Executes a batch; all of it must be accepted.
    pub fn execute(&mut self, commands: &[Command]) {
        self.outcomes.clear();
        execute_batch(&mut self.state, self.next_seq, self.at, commands, &mut self.outcomes);
        self.next_seq += commands.len() as u64;
        let refused = self.outcomes.iter().find(|outcome| outcome.is_err());
        assert!(refused.is_none(), "a bench's commands are right: {refused:?}");
    }

    /// Enrols a whole network in batches, the binary tree's seats asked for where there are any.
    pub fn enrol(&mut self, network: &Network) {
        let members: Vec<u32> = (0..).take(network.enrollers.len()).collect();
        for numbers in members.chunks(BATCH) {
            let batch: Vec<Command> = numbers.iter().map(|&number| self.enrolment(network, number)).collect();
            self.execute(&batch);
        }
    }

    /// One enrolment.
    pub fn enrolment(&self, network: &Network, number: u32) -> Command {
        let placement = network.seats.get(number as usize).map(|&(parent, leg)| Placement {
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
    pub fn order(&mut self, number: u32, cv: i64, kinds: usize) -> Command {
        let id = order_id(self.orders);
        self.orders += 1;
        Command {
            id: text(&id),
            at: self.at,
            verb: Verb::Order(Box::new(Order {
                member: member(number),
                centre: 1,
                volumes: Volumes::from_units(&[cv * UNIT, cv * UNIT / 2][..kinds]),
                amount: Volume(cv * UNIT),
                currency: Some(Text::new("USD")),
                class: None,
                lines: Vec::new(),
            })),
        }
    }

    /// Lets the next period begin: all figures are zero and nobody is active.
    pub fn roll(&mut self) {
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
pub fn member(number: u32) -> Text {
    text(&member_id(number))
}

fn text(bytes: &[u8]) -> Text {
    Text::from_utf8(bytes).expect("ASCII")
}
