//! The network document: what a company decides before its first member, read from TOML, checked whole, and compiled
//! to the rules that the log carries.

use crate::base::ids::Text;
use crate::base::limits::KINDS_MAX;
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::book::rules::{Activity, Window};
use crate::document::calendar::{CalendarSpec, Expansion, Zone, expand, zone_names};
use crate::document::names::{Names, check_name, check_unique};
use crate::document::problem::{Problem, did_you_mean};
use crate::document::reader::{self, Section};
use crate::document::{enrolment, periods, trees};
use crate::engine::rules::{ClockMode, CustomersFirst, PeriodType, Rules, TerminatedOrders};
use crate::tree::rules::TreeRules;

/// Days in which an order can be refunded, where the document does not say.
const REFUND_DAYS_DEFAULT: u16 = 90;
/// Days in which a return gives back the team, where the document does not say.
const RETURN_DAYS_DEFAULT: u16 = 90;

const KEYS: [&str; 13] = [
    "time_zone",
    "clock",
    "volume_kinds",
    "count_customers",
    "personally_enrolled",
    "terminated_orders",
    "refund_days",
    "id_memory_days",
    "return_days",
    "activity",
    "enrolment",
    "periods",
    "trees",
];

/// A network document, checked; everything but the expansion of its calendars to instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Volume kinds by name, in the order of every volume vector; 1 to 8.
    pub kinds: Vec<Text>,
    /// Trees, the enroller tree first; 1 to 8.
    pub trees: Vec<TreeRules>,
    /// When a member is active.
    pub activity: Activity,
    /// What must have been sold before a member may enrol others.
    pub customers_first: Option<CustomersFirst>,
    /// Period types and the zone of their days.
    pub calendar: CalendarSpec,
    /// Whether customers count in the enroller tree's counts.
    pub count_customers: bool,
    /// Whether personally enrolled counts follow the fact of enrolment rather than the tree's children.
    pub enrolled_by_fact: bool,
    /// What becomes of a terminated member's order.
    pub terminated_orders: TerminatedOrders,
    /// Days in which an order can be refunded.
    pub refund_days: u16,
    /// Days for which ids are remembered at least; the refund days or more.
    pub id_memory_days: u16,
    /// Days in which a return gives back the team.
    pub return_days: u16,
    /// Where machine time comes from.
    pub clock: ClockMode,
}

/// Reads and checks a document. An empty text is the default network.
///
/// # Errors
/// Every problem found, in order of lines.
pub fn parse(text: &str) -> Result<Network, Vec<Problem>> {
    reader::read(text, read_root)
}

impl Network {
    /// The rules, with every calendar expanded from 2000-01-01 to `until`: a function of the document, the zone table
    /// compiled in, and `until`. Costs the number of periods.
    #[must_use]
    pub fn compile(&self, until: Time) -> Rules {
        let types = self.calendar.types.iter().map(|spec| {
            let Expansion {
                start,
                ends,
                labels,
            } = expand(&self.calendar.zone, &spec.cycle, until);
            PeriodType {
                name: spec.name.clone(),
                cutoff_ms: spec.cutoff_ms,
                late: spec.late,
                starts: std::iter::once(start).chain(ends).collect(),
                labels,
            }
        });
        Rules {
            kinds: self.kinds.clone(),
            period_types: types.collect(),
            trees: self.trees.clone(),
            activity: self.activity.clone(),
            count_customers: self.count_customers,
            enrolled_by_fact: self.enrolled_by_fact,
            terminated_orders: self.terminated_orders,
            refund_days: self.refund_days,
            customers_first: self.customers_first,
            id_memory_days: self.id_memory_days,
            return_days: self.return_days,
            thresholds: Vec::new(),
            kernels: Vec::new(),
            clock: self.clock,
            time_zone: self.calendar.zone.name.clone(),
        }
    }
}

pub(super) fn read_root(root: &Section) -> Option<Network> {
    root.only(&KEYS);
    let zone = read_zone(root);
    let kinds = read_kinds(root);
    let (types, type_names) = periods::read(root, zone.as_ref());
    let names = Names {
        kinds: kinds.clone(),
        periods: type_names,
    };
    let trees = trees::read(root, &names);
    let activity = read_activity(root, &names);
    let customers_first = enrolment::read(root, &names);
    let flag = |key| root.field(key).map_or(Some(false), |field| field.flag());
    let days = |key, default| match root.field(key) {
        Some(field) => field
            .integer(0..=3650)
            .map(|days| u16::try_from(days).expect("at most 3650")),
        None => Some(default),
    };
    let count_customers = flag("count_customers");
    let enrolled_by_fact = root
        .field("personally_enrolled")
        .map_or(Some(false), |field| {
            field.choice(&[("tree", false), ("fact", true)])
        });
    let terminated_orders =
        root.field("terminated_orders")
            .map_or(Some(TerminatedOrders::Reject), |field| {
                field.choice(&[
                    ("reject", TerminatedOrders::Reject),
                    ("credit_upline", TerminatedOrders::CreditUpline),
                ])
            });
    let clock = root.field("clock").map_or(Some(ClockMode::Wall), |field| {
        field.choice(&[("wall", ClockMode::Wall), ("events", ClockMode::Events)])
    });
    let refund_days = days("refund_days", REFUND_DAYS_DEFAULT);
    let least = refund_days.unwrap_or(0);
    let id_memory_days = days("id_memory_days", least);
    if let (Some(field), Some(days)) = (root.field("id_memory_days"), id_memory_days)
        && days < least
    {
        let allowed = format!("at least refund_days, which is {least}");
        field.refuse(&allowed, None);
    }
    let return_days = days("return_days", RETURN_DAYS_DEFAULT);
    Some(Network {
        kinds,
        trees,
        activity: activity?,
        customers_first: customers_first?,
        calendar: CalendarSpec { zone: zone?, types },
        count_customers: count_customers?,
        enrolled_by_fact: enrolled_by_fact?,
        terminated_orders: terminated_orders?,
        refund_days: refund_days?,
        id_memory_days: id_memory_days?,
        return_days: return_days?,
        clock: clock?,
    })
}

fn read_zone(root: &Section) -> Option<Zone> {
    let Some(field) = root.field("time_zone") else {
        return Zone::named("UTC");
    };
    let allowed = "an IANA time zone such as \"Europe/Berlin\" or \"UTC\"";
    let name = field.text(allowed)?;
    let zone = Zone::named(name);
    if zone.is_none() {
        let known = zone_names();
        field.refuse(
            allowed,
            did_you_mean(name, known.iter().map(String::as_str)),
        );
    }
    zone
}

fn read_kinds(root: &Section) -> Vec<Text> {
    let allowed = format!("a list of 1 to {KINDS_MAX} names, such as [\"cv\", \"pv\"]");
    let Some(field) = root.field("volume_kinds") else {
        return vec![Text::from("cv"), Text::from("pv")];
    };
    let Some(fields) = field.list(&allowed) else {
        return Vec::new();
    };
    if fields.is_empty() || fields.len() > KINDS_MAX {
        field.refuse(&allowed, None);
    }
    let mut kinds: Vec<Text> = Vec::new();
    for field in &fields {
        let name = check_name(field)
            .filter(|name| check_unique(field, name, kinds.iter().map(|known| known.as_str())));
        kinds.extend(name);
    }
    kinds
}

fn read_activity(root: &Section, names: &Names) -> Option<Activity> {
    let default_kind = names
        .kinds
        .iter()
        .position(|kind| kind == "pv")
        .unwrap_or(0);
    let default_kind = u8::try_from(default_kind).expect("at most 8 kinds");
    let smallest = Volume(1);
    let Some(field) = root.field("activity") else {
        if names.periods.len() > 1 {
            let allowed = "a table with `period`, where there are several period types";
            root.missing("activity", allowed, None);
        }
        return Some(Activity {
            kind: default_kind,
            at_least: smallest,
            window: Window::Period(0),
        });
    };
    let section = field.section("a table with kind, at_least, and period or rolling_days")?;
    section.only(&["kind", "at_least", "period", "rolling_days"]);
    let kind = match section.field("kind") {
        Some(_) => names.kind(&section, "kind"),
        None => Some(default_kind),
    };
    let at_least = match section.field("at_least") {
        Some(field) => field.volume_above_zero(),
        None => Some(smallest),
    };
    let window = match section.field("rolling_days") {
        Some(rolling) => {
            if let Some(period) = section.field("period") {
                period.refuse(
                    "either `period` or `rolling_days`",
                    Some("leave one of them out".to_owned()),
                );
            }
            let days = rolling.integer(1..=3650)?;
            Some(Window::Rolling {
                days: u16::try_from(days).expect("at most 3650"),
            })
        }
        None => names.period(&section, "period").map(Window::Period),
    };
    Some(Activity {
        kind: kind?,
        at_least: at_least?,
        window: window?,
    })
}
