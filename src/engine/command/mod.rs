//! Commands: what is asked of the network. One file a verb: shape, bytes in the log, execution. This table lists them.
//!
//! Commands name everything by external ids, so that a log can be carried anywhere. Each carries a client-made `id`
//! by which it happens once only, and `at`, the client's business time.

use crate::base::ids::Text;
use crate::base::time::Time;

pub mod adjust;
pub mod calendar;
pub mod change;
pub mod close;
pub mod enrol;
pub mod found;
pub mod move_leg;
pub mod order;
pub mod place;
pub mod plan;
pub mod qualify;
pub mod refund;
pub mod run;
pub mod status;
pub mod token;
pub mod update;

/// One command with the two things every command has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Chosen by the client; the same id never happens twice. For an enrolment the member's id, for an order the
    /// order's. Members, orders and all other facts have id spaces of their own. The runtime's commands have none, and
    /// commands that happen together are known by their own ids: that of the whole is empty and never looked at.
    pub id: Text,
    /// When it happened, by the client's clock.
    pub at: Time,
    /// What is asked.
    pub verb: Verb,
}

/// What is asked.
// An order stands in the command itself: there are thousands of them for each of the others, and a box for each would
// be taken in one thread and given back in another.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `network.changed`, the first: the network gets its rules.
    Found(Box<found::Found>),
    /// `network.changed`, any later one: the network gets other rules, from the start of a period on.
    Change(Box<change::Change>),
    /// `member.enrolled`.
    Enrol(Box<enrol::Enrol>),
    /// `member.updated`.
    Update(Box<update::Update>),
    /// `member.status_changed`.
    Status(Box<status::SetStatus>),
    /// `tree.placed`.
    Place(Box<place::Place>),
    /// `tree.moved`.
    Move(Box<move_leg::Move>),
    /// `order.accepted`.
    Order(order::Order),
    /// `order.refunded`.
    Refund(Box<refund::Refund>),
    /// `volume.adjusted`.
    Adjust(Box<adjust::Adjust>),
    /// `period.closed`.
    Close(Box<close::Close>),
    /// `token.created`.
    CreateToken(Box<token::CreateToken>),
    /// `token.revoked`.
    RevokeToken(Box<token::RevokeToken>),
    /// `plan.drafted`.
    DraftPlan(Box<plan::DraftPlan>),
    /// `plan.activated`.
    ActivatePlan(Box<plan::ActivatePlan>),
    /// `qualification.overridden`.
    Qualify(Box<qualify::Qualify>),
    /// `time.advanced`: nothing but the clock and the timers that are due. Never accepted from clients.
    AdvanceTime,
    /// `calendar.extended`: more periods of a type. Never accepted from clients.
    ExtendCalendar(Box<calendar::ExtendCalendar>),
    /// `run.posted`: a period that was closed has been paid. Never accepted from clients.
    PostRun(Box<run::PostRun>),
    /// Several commands that happen together or not at all.
    Atomic(Vec<Command>),
}

/// Volumes of an order by kind: index into `Rules::kinds`, units of 1e-4; kinds left out are zero.
pub type Volumes = crate::base::volumes::Volumes;
