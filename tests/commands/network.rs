//! Rules for the tables: a small network that options change word by word.

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::time::{DAY_MS, Time};
use arborline::book::rules::{Activity, Window};
use arborline::engine::command::run::PostRun;
use arborline::engine::rules::{
    ClockMode, CustomersFirst, Late, PeriodType, Rules, TerminatedOrders,
};
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};

/// Kinds `cv` and `pv`, months of 2026 up to May, active from 100 pv a month, an enroller tree; orders late in a month
/// count in the current one; machine time follows `at`.
pub(crate) fn rules(options: &[&str]) -> Rules {
    let mut rules = Rules {
        kinds: vec!["cv".into(), "pv".into()],
        period_types: vec![months()],
        trees: vec![tree("enroller:list:under_enroller")],
        activity: Activity {
            kind: 1,
            at_least: "100".parse().expect("a number"),
            window: Window::Period(0),
        },
        count_customers: false,
        enrolled_by_fact: false,
        terminated_orders: TerminatedOrders::Reject,
        refund_days: 90,
        id_memory_days: 0,
        return_days: 30,
        customers_first: None,
        thresholds: Vec::new(),
        kernels: Vec::new(),
        clock: ClockMode::Events,
        time_zone: "UTC".into(),
    };
    for option in options {
        apply(&mut rules, option);
    }
    rules
}

fn apply(rules: &mut Rules, option: &str) {
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    match key {
        "tree" if value.starts_with("enroller:") => rules.trees[0] = tree(value),
        "tree" => rules.trees.push(tree(value)),
        "kind" => rules.kinds.push(value.into()),
        "kinds" => rules.kinds = value.split(',').map(Text::from).collect(),
        "months" => months_from(&mut rules.period_types[0], value),
        "judged" => {
            rules.activity.kind = rules
                .kinds
                .iter()
                .position(|kind| kind == value)
                .expect("a kind") as u8;
        }
        "weekly" => rules.activity.window = Window::Period(1),
        "count_customers" => rules.count_customers = true,
        "late" => {
            for period_type in &mut rules.period_types {
                period_type.late = match value {
                    "own" => Late::Own,
                    _ => Late::Current,
                };
            }
        }
        "cutoff_days" => {
            let days: i64 = value.parse().expect("days");
            rules.period_types[0].cutoff_ms = days * DAY_MS;
        }
        "weeks" => rules.period_types.push(weeks()),
        "rolling" => {
            rules.activity.window = Window::Rolling {
                days: value.parse().expect("days"),
            };
        }
        "terminated" => rules.terminated_orders = TerminatedOrders::CreditUpline,
        "id_memory_days" => rules.id_memory_days = value.parse().expect("days"),
        "refund_days" => rules.refund_days = value.parse().expect("days"),
        "return_days" => rules.return_days = value.parse().expect("days"),
        "customers" => rules.customers_first = Some(customers(value)),
        "clock" => rules.clock = ClockMode::Wall,
        "at_least" => rules.activity.at_least = value.parse::<Volume>().expect("a number"),
        other => panic!("unknown option {other}"),
    }
}

/// `kind:at_least` in the running month, and `preferred` behind it where their enrolment is guarded too.
fn customers(text: &str) -> CustomersFirst {
    let mut parts = text.split(':');
    CustomersFirst {
        kind: u8::from(parts.next() == Some("pv")),
        at_least: parts.next().expect("how much").parse().expect("a number"),
        period: 0,
        preferred: parts.next() == Some("preferred"),
    }
}

/// `name:shape:policy` and any of `roll_up`, `first`, `centres/3`, `max/10`.
fn tree(text: &str) -> TreeRules {
    let mut parts = text.split(':');
    let mut next = || parts.next().expect("name:shape:policy");
    let (name, shape, policy) = (next(), next(), next());
    let mut tree = TreeRules {
        name: name.into(),
        shape: match shape {
            "list" => Shape::List,
            "binary" => Shape::Binary,
            width => Shape::Matrix {
                width: width.parse().expect("a width"),
            },
        },
        placement: self::policy(policy),
        customer_level: CustomerLevel::Own,
        termination: Termination::EmptySeat,
        centres: 1,
        move_max: 1_000,
    };
    for part in parts {
        match part.split_once('/').unwrap_or((part, "")) {
            ("roll_up", _) => tree.termination = Termination::RollUp,
            ("first", _) => tree.customer_level = CustomerLevel::First,
            ("centres", n) => tree.centres = n.parse().expect("centres"),
            ("max", n) => tree.move_max = n.parse().expect("members"),
            other => panic!("unknown part {other:?}"),
        }
    }
    tree
}

/// A policy by its name; weaker legs compare cv of the month, with `inside` behind a `+`.
pub(super) fn policy(text: &str) -> Policy {
    let (name, inside) = text.split_once('+').unwrap_or((text, "outer"));
    let inside = match inside {
        "outer" => Inside::Outer,
        "breadth" => Inside::BreadthFirst,
        _ => Inside::Balanced,
    };
    match name {
        "under_enroller" => Policy::UnderEnroller,
        "outer_left" => Policy::OuterLeft,
        "outer_right" => Policy::OuterRight,
        "weaker_volume" => Policy::WeakerVolume {
            kind: 0,
            period: 0,
            inside,
        },
        "weaker_count" => Policy::WeakerCount { inside },
        "alternate" => Policy::Alternate,
        "breadth_first" => Policy::BreadthFirst,
        "fewest_filled" => Policy::FewestFilled,
        "company_queue" => Policy::CompanyQueue,
        "default_leg" => Policy::DefaultLeg,
        "holding_tank" => Policy::HoldingTank,
        other => panic!("unknown policy {other}"),
    }
}

fn months() -> PeriodType {
    let starts = ["01", "02", "03", "04", "05"];
    PeriodType {
        name: "month".into(),
        cutoff_ms: 0,
        late: Late::Current,
        starts: starts.map(|month| time(&format!("2026-{month}-01"))).into(),
        labels: starts[..4]
            .iter()
            .map(|month| Text::from(format!("2026-{month}")))
            .collect(),
    }
}

/// From the month with this label on, months last 28 days.
fn months_from(months: &mut PeriodType, label: &str) {
    let first = months.labels.iter().position(|known| known == label);
    let first = first.expect("a month");
    for month in first + 1..months.starts.len() {
        months.starts[month] = months.starts[month - 1].plus_ms(28 * DAY_MS);
    }
}

fn weeks() -> PeriodType {
    let first = time("2026-01-01");
    PeriodType {
        name: "week".into(),
        cutoff_ms: 0,
        late: Late::Current,
        starts: (0..=12).map(|n| first.plus_ms(n * 7 * DAY_MS)).collect(),
        labels: (1..=12).map(|n| Text::from(format!("w{n}"))).collect(),
    }
}

/// A day, or a full instant.
pub(crate) fn time(text: &str) -> Time {
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    whole.parse().expect("a time")
}

/// A run of a period, whose digest is one byte over and over.
pub(super) fn run(period_type: &str, period: &str, byte: &str) -> PostRun {
    PostRun {
        period_type: period_type.into(),
        period: period.into(),
        digest: [byte.parse().expect("a byte of the digest"); 32],
        lines: 3,
        payees: 2,
        totals: vec![("EUR".into(), 1_250)],
    }
}
