//! Shapes of bodies and answers that no other room has: what the API's description says of them.
//!
//! The bodies of facts are read by [`parse`](crate::api::parse), whose tables of fields a test holds to agree with these.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::number::Volume;
use crate::base::time::Time;
use crate::engine::member::{MemberKind, Status};
use crate::engine::role::Role;
use crate::runtime::health::Health;
use crate::runtime::snapshots::Taken;
use crate::view::shape::ByKind;

/// One event.
#[derive(ToSchema)]
pub struct EventBody {
    /// Chosen by the client: the fact happens once only. For an enrolment the member's id, for an order the order's.
    pub id: String,
    /// The type, such as `order.accepted`.
    #[schema(rename = "type")]
    pub kind: String,
    /// When it happened, by the client's clock.
    pub at: Time,
    /// The fields of the type; the typed endpoints show them.
    #[schema(value_type = Object)]
    pub data: (),
}

/// A place asked for in one tree: exactly one of `parent`, `policy`, `root`, `tank`.
#[derive(ToSchema)]
pub struct PlacementAsked {
    /// Name of the tree.
    pub tree: String,
    /// Below this member.
    pub parent: Option<String>,
    /// At which of his places, 1 by default.
    pub parent_centre: Option<u16>,
    /// The leg, from 1; `left` and `right` in a binary tree.
    #[schema(value_type = Option<String>)]
    pub leg: Option<u8>,
    /// By this policy instead of the tree's own.
    pub policy: Option<String>,
    /// With `policy`: below this member instead of the enroller.
    pub under: Option<String>,
    /// As a root.
    pub root: Option<bool>,
    /// In the holding tank.
    pub tank: Option<bool>,
}

/// A new member.
#[derive(ToSchema)]
pub struct MemberBody {
    /// The member's id.
    pub id: String,
    /// When he joined; now by default.
    pub at: Option<Time>,
    /// Distributor by default.
    pub kind: Option<MemberKind>,
    /// Who brought him in; none makes a root.
    pub enroller: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// ISO 4217 currency.
    pub currency: Option<String>,
    /// IANA time zone.
    pub zone: Option<String>,
    /// Free labels.
    pub tags: Option<Vec<String>>,
    /// Places asked for; trees not named place by their policy.
    pub placements: Option<Vec<PlacementAsked>>,
}

/// What changes of a member; `null` clears.
#[derive(ToSchema)]
pub struct MemberPatch {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// A new kind, for later orders.
    pub kind: Option<MemberKind>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// ISO 4217 currency.
    pub currency: Option<String>,
    /// IANA time zone.
    pub zone: Option<String>,
    /// All tags from now on.
    pub tags: Option<Vec<String>>,
    /// The leg that the policy `default_leg` uses for his newcomers.
    #[schema(value_type = Option<String>)]
    pub default_leg: Option<u8>,
}

/// A new status.
#[derive(ToSchema)]
pub struct StatusBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// The status.
    pub status: Status,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// A place for a waiting member, or one more centre: exactly one of `parent`, `policy`, `root`.
#[derive(ToSchema)]
pub struct PlacementBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// The member.
    pub member: String,
    /// 1 for the waiting seat, or the next number for a new centre.
    pub centre: Option<u16>,
    /// Below this member.
    pub parent: Option<String>,
    /// At which of his places, 1 by default.
    pub parent_centre: Option<u16>,
    /// The leg, from 1; `left` and `right` in a binary tree.
    #[schema(value_type = Option<String>)]
    pub leg: Option<u8>,
    /// By this policy.
    pub policy: Option<String>,
    /// With `policy`: below this member instead of the enroller.
    pub under: Option<String>,
    /// As a root.
    pub root: Option<bool>,
}

/// A move: `parent`, or `root`.
#[derive(ToSchema)]
pub struct MoveBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// The member who moves, with all below him.
    pub member: String,
    /// Which of his places, 1 by default.
    pub centre: Option<u16>,
    /// The new parent.
    pub parent: Option<String>,
    /// At which of his places, 1 by default.
    pub parent_centre: Option<u16>,
    /// The leg, from 1; `left` and `right` in a binary tree.
    #[schema(value_type = Option<String>)]
    pub leg: Option<u8>,
    /// To become a root.
    pub root: Option<bool>,
}

/// One line of an order.
#[derive(ToSchema)]
pub struct OrderLineBody {
    /// Product.
    pub sku: String,
    /// Pieces; 1 by default.
    pub quantity: Option<Volume>,
    /// Volumes by kind.
    pub volumes: Option<ByKind>,
    /// Money.
    pub amount: Option<Volume>,
}

/// An order.
#[derive(ToSchema)]
pub struct OrderBody {
    /// The order's id.
    pub id: String,
    /// When; now by default.
    pub at: Option<Time>,
    /// The buyer.
    pub member: String,
    /// Which of his places is credited, 1 by default.
    pub centre: Option<u16>,
    /// Volumes by kind; kinds left out are zero.
    pub volumes: Option<ByKind>,
    /// Money paid; or an object of `amount` and `currency`.
    pub amount: Option<Volume>,
    /// ISO 4217 currency.
    pub currency: Option<String>,
    /// `enrolment`, `autoship`, `retail`, ... as the platform names it.
    pub class: Option<String>,
    /// What was bought.
    pub lines: Option<Vec<OrderLineBody>>,
}

/// A refund: `full`, or `amount` with the volumes pro rata, or `volumes` with `amount`.
#[derive(ToSchema)]
pub struct RefundBody {
    /// The refund's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// All that is left.
    pub full: Option<bool>,
    /// This much money.
    pub amount: Option<Volume>,
    /// These volumes.
    pub volumes: Option<ByKind>,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// A correction of volume, of either sign.
#[derive(ToSchema)]
pub struct AdjustmentBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// The member.
    pub member: String,
    /// Which of his places, 1 by default.
    pub centre: Option<u16>,
    /// Volumes by kind.
    pub volumes: ByKind,
    /// Why.
    pub reason: String,
}

/// A rank that a member is paid as, whatever he meets.
#[derive(ToSchema)]
pub struct OverrideBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// The member.
    pub member: String,
    /// Name of the ladder.
    pub ladder: String,
    /// Name of the rank; none takes back what was told before.
    pub rank: Option<String>,
    /// Name of the ladder's period type.
    pub period_type: String,
    /// Label of the first period, which must not be closed.
    pub period: String,
    /// For how many periods, 1 by default.
    pub periods: Option<u32>,
    /// Why.
    pub reason: String,
}

/// A fact that the path says already.
#[derive(ToSchema)]
pub struct KeyOnlyBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
}

/// A network document: the keys of the TOML that `arborline network sample` prints.
#[derive(ToSchema)]
pub struct NetworkBody {
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// `wall` or `events`; stays as at the founding.
    pub clock: Option<String>,
    /// Those there are, in their order, and new ones behind them.
    pub volume_kinds: Option<Vec<String>>,
    /// Whether customers count in the enroller tree's counts.
    pub count_customers: Option<bool>,
    /// `tree` or `fact`.
    pub personally_enrolled: Option<String>,
    /// `reject` or `credit_upline`.
    pub terminated_orders: Option<String>,
    /// Days in which an order can be refunded.
    pub refund_days: Option<u16>,
    /// Days in which a return gives back the team.
    pub return_days: Option<u16>,
    /// The activity rule: `kind`, `at_least`, and `period` or `rolling_days`.
    #[schema(value_type = Option<Object>)]
    pub activity: Option<serde_json::Value>,
    /// Period types: those there are, in their order, and new ones behind them.
    #[schema(value_type = Option<Vec<Object>>)]
    pub periods: Option<Vec<serde_json::Value>>,
    /// Trees: those there are, in their order, and new ones behind them.
    #[schema(value_type = Option<Vec<Object>>)]
    pub trees: Option<Vec<serde_json::Value>>,
}

/// A plan document: the keys of its TOML.
#[derive(ToSchema)]
pub struct PlanBody {
    /// The name people call it by.
    pub name: String,
    /// ISO 4217 code of the currency all amounts are in.
    pub currency: String,
    /// Ladders of ranks.
    #[schema(value_type = Option<Vec<Object>>)]
    pub ladders: Option<Vec<serde_json::Value>>,
    /// A ceiling over several components.
    #[schema(value_type = Option<Object>)]
    pub company_cap: Option<serde_json::Value>,
    /// Plans with their components.
    #[schema(value_type = Vec<Object>)]
    pub plans: Vec<serde_json::Value>,
}

/// Which version is to count.
#[derive(ToSchema)]
pub struct ActivationBody {
    /// The fact's id; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// Its number; the latest by default.
    pub version: Option<u32>,
}

/// A token to be made.
#[derive(ToSchema)]
pub struct TokenBody {
    /// The token's id, shown wherever it is listed; or the header `Idempotency-Key`.
    pub id: Option<String>,
    /// When; now by default.
    pub at: Option<Time>,
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees: for the role `member` only.
    pub member: Option<String>,
    /// When it ends; never by default.
    pub expires: Option<Time>,
}

/// A token just made.
#[derive(Serialize, ToSchema)]
pub struct NewToken {
    /// Its number in the log.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// The token itself, told here and never again.
    pub token: String,
}

/// Which changes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    /// Events after this number; 0 by default.
    pub after: Option<u64>,
    /// Events at most; all up to the present by default.
    pub limit: Option<u64>,
}

/// How much is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Results {
    /// A line each.
    All,
    /// A summary with the refused lines.
    Summary,
}

/// How a run is exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated values, a row of heads first.
    #[default]
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// Health in one page.
#[derive(Serialize, ToSchema)]
pub struct StatusAnswer {
    /// Version of the server.
    pub version: &'static str,
    /// Whether commands are taken.
    pub ready: bool,
    /// Whether new commands are refused for want of disk space.
    pub no_space: bool,
    /// The last command in the state.
    pub applied_seq: u64,
    /// The last command on disk.
    pub confirmed_seq: u64,
    /// The oldest command that the log still holds.
    pub oldest_seq: u64,
    /// Machine time.
    pub machine_time: Time,
    /// Commands waiting to be logged.
    pub queued_commands: u64,
    /// Bytes left on the disk of the log.
    pub free_bytes: u64,
    /// Commands replayed at this start.
    pub replayed_commands: u64,
    /// Milliseconds this start took.
    pub replay_ms: u64,
    /// The last command in the last snapshot; 0 where there is none.
    pub snapshot_seq: u64,
    /// When that was written.
    pub snapshot_at: Option<Time>,
    /// Seconds since then.
    pub snapshot_age_seconds: Option<u64>,
    /// The snapshot that is being written.
    pub snapshot_writing: Option<WritingAnswer>,
}

impl StatusAnswer {
    /// The page of one moment's health.
    #[must_use]
    pub fn of(health: &Health) -> StatusAnswer {
        StatusAnswer {
            version: env!("CARGO_PKG_VERSION"),
            ready: health.ready,
            no_space: health.no_space,
            applied_seq: health.applied_seq,
            confirmed_seq: health.confirmed_seq,
            oldest_seq: health.oldest_seq,
            machine_time: health.machine_time,
            queued_commands: health.queued_commands,
            free_bytes: health.free_bytes,
            replayed_commands: health.replayed_commands,
            replay_ms: health.replay_ms,
            snapshot_seq: health.snapshot_seq,
            snapshot_at: health.snapshot_at,
            snapshot_age_seconds: health.snapshot_age,
            snapshot_writing: WritingAnswer::of(health.snapshot_progress),
        }
    }
}

/// How far a snapshot is.
#[derive(Serialize, ToSchema)]
pub struct WritingAnswer {
    /// Bytes written.
    pub bytes: u64,
    /// Bytes to write in all.
    pub of: u64,
}

impl WritingAnswer {
    /// None while none is being written.
    fn of((bytes, of): (u64, u64)) -> Option<WritingAnswer> {
        (of > 0).then_some(WritingAnswer { bytes, of })
    }
}

/// A snapshot that was written.
#[derive(Serialize, ToSchema)]
pub struct SnapshotAnswer {
    /// The last command in it.
    pub seq: u64,
    /// When it was durable.
    pub at: Time,
    /// Bytes of its image.
    pub bytes: u64,
    /// Milliseconds that writing took.
    pub ms: u64,
}

impl SnapshotAnswer {
    /// Of one that was taken.
    #[must_use]
    pub fn of(taken: &Taken) -> SnapshotAnswer {
        SnapshotAnswer {
            seq: taken.seq,
            at: taken.at,
            bytes: taken.bytes,
            ms: taken.ms,
        }
    }
}

/// A state that is kept.
#[derive(Serialize, ToSchema)]
pub struct ForkAnswer {
    /// The last command in it: what `as_of` asks for it with.
    pub seq: u64,
    /// Machine time of it.
    pub machine_time: Time,
    /// Seconds for which it will still be kept.
    pub seconds_left: u64,
}

/// The states that are kept.
#[derive(Serialize, ToSchema)]
pub struct ForksAnswer {
    /// How many may be.
    pub limit: usize,
    /// Those that are.
    pub forks: Vec<ForkAnswer>,
}

/// Which server this is.
#[derive(Serialize, ToSchema)]
pub struct VersionAnswer {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What a code means.
#[derive(Serialize, ToSchema)]
pub struct CodeAnswer {
    /// The code.
    pub code: &'static str,
    /// The usual status.
    pub status: u16,
    /// What it says.
    pub title: &'static str,
}
