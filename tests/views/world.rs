//! A small network built by hand, command by command, through the engine's only way in.

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::time::Time;
use arborline::base::volumes::Volumes;
use arborline::book::rules::{Activity, Kernel, KernelRule, Thresholds, Window};
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::found::Found;
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::order::Order;
use arborline::engine::command::place::Place;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::member::{MemberKind, Profile, Status};
use arborline::engine::outcome::Outcome;
use arborline::engine::position::PlaceAt;
use arborline::engine::rules::{ClockMode, Late, PeriodType, Rules, TerminatedOrders};
use arborline::engine::state::State;
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};
use arborline::view::verify::check::verify;
use serde_json::Value;

/// A network, its next sequence and its time.
pub(crate) struct World {
    pub(crate) state: State,
    seq: u64,
    pub(crate) now: Time,
    facts: u32,
}

/// An exact number.
pub(crate) fn volume(text: &str) -> Volume {
    text.parse().expect("a number")
}

/// A time.
pub(crate) fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

/// An answer as clients get it.
pub(crate) fn json(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).expect("answers serialise")
}

/// A question as clients put it.
pub(crate) fn asked<T: serde::de::DeserializeOwned>(query: &Value) -> T {
    T::deserialize(query).expect("a question")
}

/// A tree's rules.
pub(crate) fn tree(name: &str, shape: Shape, placement: Policy) -> TreeRules {
    TreeRules {
        name: name.into(),
        shape,
        placement,
        customer_level: CustomerLevel::Own,
        termination: if shape == Shape::List {
            Termination::RollUp
        } else {
            Termination::EmptySeat
        },
        centres: if shape == Shape::List { 1 } else { 3 },
        move_max: 1_000_000,
    }
}

/// Enroller, unilevel and binary tree; two kinds; months with two days' cutoff; active from 50 cv a month.
pub(crate) fn rules() -> Rules {
    let months = [
        "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06",
    ];
    let mut starts: Vec<Time> = months
        .iter()
        .map(|month| time(&format!("{month}-01T00:00:00Z")))
        .collect();
    starts.push(time("2026-07-01T00:00:00Z"));
    let kernel = |rule| Kernel {
        tree: 0,
        period: 0,
        kind: 0,
        buckets: 4,
        rule,
    };
    Rules {
        kinds: vec!["cv".into(), "pv".into()],
        period_types: vec![PeriodType {
            name: "month".into(),
            cutoff_ms: 2 * 86_400_000,
            late: Late::Own,
            starts,
            labels: months.iter().map(|&month| month.into()).collect(),
        }],
        trees: vec![
            tree("enroller", Shape::List, Policy::UnderEnroller),
            tree("unilevel", Shape::List, Policy::UnderEnroller),
            tree(
                "binary",
                Shape::Binary,
                Policy::WeakerCount {
                    inside: Inside::Outer,
                },
            ),
        ],
        activity: Activity {
            kind: 0,
            at_least: volume("50"),
            window: Window::Period(0),
        },
        count_customers: false,
        enrolled_by_fact: true,
        terminated_orders: TerminatedOrders::CreditUpline,
        refund_days: 90,
        id_memory_days: 90,
        return_days: 30,
        customers_first: None,
        thresholds: vec![Thresholds {
            tree: 0,
            period: 0,
            kind: 0,
            steps: vec![volume("100"), volume("1000")],
        }],
        kernels: vec![
            kernel(KernelRule::EachLevel),
            kernel(KernelRule::SkipInactive),
        ],
        clock: ClockMode::Events,
        time_zone: "UTC".into(),
    }
}

impl World {
    /// A network under [`rules`], founded on New Year's Day of 2026.
    pub(crate) fn new() -> World {
        World::under(rules())
    }

    /// A network under other rules.
    pub(crate) fn under(rules: Rules) -> World {
        let mut world = World {
            state: State::new(),
            seq: 0,
            now: time("2026-01-01T00:00:00Z"),
            facts: 0,
        };
        world.fact(Verb::Found(Box::new(Found {
            document: [7; 32],
            rules,
        })));
        world
    }

    /// One command with an id of its own; what the engine said.
    pub(crate) fn send(&mut self, id: &str, verb: Verb) -> Outcome {
        self.seq += 1;
        let command = Command {
            id: id.into(),
            at: self.now,
            verb,
        };
        let mut out = Vec::new();
        execute_batch(&mut self.state, self.seq, self.now, &[command], &mut out);
        out.pop().expect("one outcome a command")
    }

    /// A command that is accepted.
    pub(crate) fn done(&mut self, id: &str, verb: Verb) {
        let outcome = self.send(id, verb);
        assert!(outcome.is_ok(), "{id}: {outcome:?}");
    }

    /// An accepted fact that nobody asks for again.
    pub(crate) fn fact(&mut self, verb: Verb) {
        self.facts += 1;
        self.done(&format!("fact-{}", self.facts), verb);
    }

    /// Time goes on.
    pub(crate) fn at(&mut self, text: &str) -> &mut World {
        self.now = time(text);
        self
    }

    /// A member of a kind below an enroller; an empty text makes a root.
    pub(crate) fn enrol_as(&mut self, kind: MemberKind, id: &str, enroller: &str) {
        let enrol = Enrol {
            kind,
            enroller: (!enroller.is_empty()).then(|| enroller.into()),
            profile: Profile::default(),
            placements: Vec::new(),
        };
        self.done(id, Verb::Enrol(Box::new(enrol)));
    }

    /// A distributor.
    pub(crate) fn enrol(&mut self, id: &str, enroller: &str) {
        self.enrol_as(MemberKind::Distributor, id, enroller);
    }

    /// A distributor with a place asked for.
    pub(crate) fn enrol_at(&mut self, id: &str, enroller: &str, tree: &str, place: PlaceAt) {
        let enrol = Enrol {
            kind: MemberKind::Distributor,
            enroller: Some(enroller.into()),
            profile: Profile::default(),
            placements: vec![Placement {
                tree: tree.into(),
                place,
            }],
        };
        self.done(id, Verb::Enrol(Box::new(enrol)));
    }

    /// An order of `cv` and half as much `pv`.
    pub(crate) fn order(&mut self, id: &str, member: &str, cv: &str) {
        let at = self.now;
        self.order_at(id, member, cv, at);
    }

    /// An order dated otherwise.
    pub(crate) fn order_at(&mut self, id: &str, member: &str, cv: &str, at: Time) {
        let cv = volume(cv);
        let order = Order {
            member: member.into(),
            centre: 1,
            volumes: Volumes::from_units(&[cv.0, cv.0 / 2]),
            amount: cv,
            currency: Some("USD".into()),
            class: None,
            lines: Vec::new(),
        };
        let now = std::mem::replace(&mut self.now, at);
        self.done(id, Verb::Order(order));
        self.now = now.max(at);
    }

    /// A refund of so much money, with volumes in proportion.
    pub(crate) fn refund(&mut self, id: &str, order: &str, amount: &str) {
        let refund = Refund {
            order: order.into(),
            extent: Extent::Amount(volume(amount)),
            reason: None,
        };
        self.done(id, Verb::Refund(Box::new(refund)));
    }

    /// A new status.
    pub(crate) fn status(&mut self, member: &str, status: Status) {
        self.fact(Verb::Status(Box::new(SetStatus {
            member: member.into(),
            status,
            reason: None,
        })));
    }

    /// A move, not sent.
    pub(crate) fn moving(tree: &str, member: &str, parent: &str, leg: Option<u8>) -> Move {
        Move {
            tree: tree.into(),
            member: member.into(),
            centre: 1,
            parent: Some(parent.into()),
            parent_centre: 1,
            leg,
        }
    }

    /// A move.
    pub(crate) fn shift(&mut self, tree: &str, member: &str, parent: &str, leg: Option<u8>) {
        let moved = World::moving(tree, member, parent, leg);
        self.fact(Verb::Move(Box::new(moved)));
    }

    /// A further centre.
    pub(crate) fn centre(&mut self, tree: &str, member: &str, centre: u16, place: PlaceAt) {
        self.fact(Verb::Place(Box::new(Place {
            tree: tree.into(),
            member: member.into(),
            centre,
            place,
        })));
    }

    /// Below somebody in a leg.
    pub(crate) fn under_leg(parent: &str, leg: u8) -> PlaceAt {
        PlaceAt::Under {
            parent: parent.into(),
            centre: 1,
            leg: Some(leg),
        }
    }

    /// A member, if the engine will have him.
    pub(crate) fn try_enrol(&mut self, kind: MemberKind, id: &str, enroller: &str) -> bool {
        let enrol = Enrol {
            kind,
            enroller: Some(enroller.into()),
            profile: Profile::default(),
            placements: Vec::new(),
        };
        self.send(id, Verb::Enrol(Box::new(enrol))).is_ok()
    }

    /// An order dated some hours back, if the engine will have it.
    pub(crate) fn try_order(&mut self, id: &str, member: &str, cv: &str, hours_back: i64) -> bool {
        let cv = volume(cv);
        let order = Order {
            member: member.into(),
            centre: 1,
            volumes: Volumes::from_units(&[cv.0, cv.0 / 2]),
            amount: cv,
            currency: None,
            class: None,
            lines: Vec::new(),
        };
        let now = self.now;
        self.now = now.plus_ms(-hours_back * 3_600_000);
        let outcome = self.send(id, Verb::Order(order));
        self.now = now;
        outcome.is_ok()
    }

    /// A refund, if the engine will have it.
    pub(crate) fn try_refund(&mut self, order: &str, amount: &str) {
        self.facts += 1;
        let refund = Refund {
            order: order.into(),
            extent: Extent::Amount(volume(amount)),
            reason: None,
        };
        let _ = self.send(
            &format!("fact-{}", self.facts),
            Verb::Refund(Box::new(refund)),
        );
    }

    /// A move, if the engine will have it.
    pub(crate) fn try_shift(&mut self, tree: &str, member: &str, parent: &str) {
        self.facts += 1;
        let moved = World::moving(tree, member, parent, None);
        let _ = self.send(&format!("fact-{}", self.facts), Verb::Move(Box::new(moved)));
    }

    /// A status, if the engine will have it.
    pub(crate) fn try_status(&mut self, member: &str, status: Status) {
        self.facts += 1;
        let set = SetStatus {
            member: member.into(),
            status,
            reason: None,
        };
        let _ = self.send(&format!("fact-{}", self.facts), Verb::Status(Box::new(set)));
    }

    /// R over A and B; A over C and the customer K; C over D. January's orders: A 100, K 20, C 60, B 30.
    pub(crate) fn family() -> World {
        let mut world = World::new();
        world.at("2026-01-05T00:00:00Z");
        world.enrol("R", "");
        world.enrol("A", "R");
        world.enrol("B", "R");
        world.enrol("C", "A");
        world.enrol_as(MemberKind::Customer, "K", "A");
        world.enrol("D", "C");
        world.at("2026-01-10T00:00:00Z");
        for (order, member, cv) in [
            ("O1", "A", "100"),
            ("O2", "K", "20"),
            ("O3", "C", "60"),
            ("O4", "B", "30"),
        ] {
            world.order(order, member, cv);
        }
        world
    }

    /// Every figure is right.
    pub(crate) fn sound(&self) {
        let report = verify(&self.state);
        assert!(report.is_clean(), "{:#?}", report.differences);
        assert!(report.compared > 0);
    }

    /// Ids of rows of an answer.
    pub(crate) fn ids(answer: &Value) -> Vec<Text> {
        let rows = answer["rows"].as_array().expect("rows");
        rows.iter()
            .map(|row| row["member"].as_str().expect("an id").into())
            .collect()
    }
}

/// Volumes of both kinds as answers show them.
pub(crate) fn cv(cv: &str, pv: &str) -> Value {
    serde_json::json!({"cv": cv, "pv": pv})
}

/// A member's first place as answers show it.
pub(crate) fn place(member: &str) -> Value {
    serde_json::json!({"member": member, "centre": 1})
}
