//! Rejections, refusals of the runtime and unanswered questions as problems: each is mapped here, and nowhere else.
//!
//! Every match is exhaustive, so that a new way to say no cannot be forgotten.

use crate::api::problem::{Code, Mistake, Problem};
use crate::base::limits::FUTURE_MS_MAX;
use crate::engine::rejection::{Field, Rejection};
use crate::runtime::changes::ChangesError;
use crate::runtime::network_change::Unfit;
use crate::runtime::repeats::TOGETHER;
use crate::runtime::submission::{Refusal, Refused};
use crate::view::error::{ViewError, What};

/// Where the fields of a command came from, so that a refusal names them as the client wrote them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// What stands before a field's name: `data.` for an event in its envelope.
    pub prefix: &'static str,
    /// The member, order, period, token or plan set was named by the path: an unknown one is 404.
    pub in_path: bool,
}

impl Origin {
    /// The path of a command's field: the envelope's own stand beside `data`, not in it.
    fn path(self, field: &str) -> String {
        match field {
            "id" | "at" | "type" => field.to_owned(),
            field => format!("{}{field}", self.prefix),
        }
    }
}

/// The problem of a command that was refused.
#[must_use]
pub fn refusal(refusal: &Refusal, origin: Origin) -> Problem {
    match refusal {
        Refusal::Rejected(rejected) => rejection(*rejected, origin),
        Refusal::IdReused { first_seq, field } if *field == TOGETHER => Problem::new(
            Code::IdReused,
            format!("One of these facts was accepted before as number {first_seq}, alone or together with others; none of them happened now."),
        )
        .field("id"),
        Refusal::IdReused { first_seq, field } => Problem::new(
            Code::IdReused,
            format!("This id was accepted before as number {first_seq}, and there `{field}` was different."),
        )
        .field(origin.path(field)),
    }
}

/// The problem of a rejection: a conflict with a fact is 409, a rule of the network 422, a name in the path 404.
#[must_use]
pub fn rejection(rejection: Rejection, origin: Origin) -> Problem {
    let (code, sentence) = words(rejection);
    let mut problem = Problem::new(code, sentence);
    if let Some(field) = field_of(rejection) {
        problem = problem.field(origin.path(field));
    }
    if let Rejection::CustomersWanted {
        required, actual, ..
    } = rejection
    {
        problem = problem.short_of(required, actual);
    }
    let named_in_path = match rejection {
        Rejection::UnknownMember(field) => field == Field::Member,
        Rejection::UnknownOrder
        | Rejection::UnknownPeriod
        | Rejection::UnknownToken
        | Rejection::UnknownPlan => true,
        _ => false,
    };
    // The code of an unknown thing is 404 by itself; inside a body it is a rule that is not met.
    if code.status() == 404 && !(origin.in_path && named_in_path) {
        problem = problem.status(422);
    }
    problem
}

/// The code and the sentence of a rejection.
fn words(rejection: Rejection) -> (Code, String) {
    let code = code_of(rejection);
    let sentence = match rejection {
        Rejection::Duplicate { first_seq } => {
            format!("This id was accepted before as number {first_seq}.")
        }
        Rejection::AtInFuture => format!(
            "`at` may lie at most {} minutes ahead of the server's time.",
            FUTURE_MS_MAX / 60_000
        ),
        Rejection::AtomicRefused {
            index,
            number,
            field,
        } => {
            let why = Rejection::from_number(number, field).map_or_else(
                // A duplicate of an earlier request is one as a whole; what is left is a twin in the same one.
                || "Its id stands on a fact before it.".to_owned(),
                |inner| words(inner).1,
            );
            format!("Fact {}: {why} None of the facts happened.", index + 1)
        }
        _ => {
            let row = SENTENCES.iter().find(|(of, _)| *of == code);
            row.map_or("", |(_, sentence)| sentence).to_owned()
        }
    };
    (code, sentence)
}

/// The code of a rejection: every one has its own.
fn code_of(rejection: Rejection) -> Code {
    match rejection {
        Rejection::Duplicate { .. } => Code::IdReused,
        Rejection::AtInFuture => Code::AtInFuture,
        Rejection::AtomicRefused { .. } => Code::AtomicRefused,
        Rejection::NoNetwork => Code::NoNetwork,
        Rejection::AlreadyFounded => Code::AlreadyFounded,
        Rejection::UnknownName(_) => Code::UnknownName,
        Rejection::OlderThanMemory => Code::OlderThanMemory,
        Rejection::UnknownMember(_) => Code::UnknownMember,
        Rejection::UnknownCentre(_) => Code::UnknownCentre,
        Rejection::UnknownOrder => Code::UnknownOrder,
        Rejection::UnknownPeriod => Code::UnknownPeriod,
        Rejection::UnknownToken => Code::UnknownToken,
        Rejection::UnknownPlan => Code::UnknownPlan,
        Rejection::UnknownVersion => Code::UnknownVersion,
        Rejection::Terminated(_) => Code::MemberTerminated,
        Rejection::WrongKind(_) => Code::WrongKind,
        Rejection::StatusUnchanged => Code::StatusUnchanged,
        Rejection::CustomersWanted { .. } => Code::CustomersWanted,
        Rejection::SeatTaken => Code::SeatTaken,
        Rejection::NoSuchLeg => Code::NoSuchLeg,
        Rejection::AlreadyPlaced => Code::AlreadyPlaced,
        Rejection::NotPlaced(_) => Code::NotPlaced,
        Rejection::OutsideEnroller => Code::OutsideEnroller,
        Rejection::Cycle => Code::Cycle,
        Rejection::MoveTooLarge => Code::MoveTooLarge,
        Rejection::TooManyCentres => Code::TooManyCentres,
        Rejection::NoOpenPosition => Code::NoOpenPosition,
        Rejection::Overflow => Code::Overflow,
        Rejection::RefundTooLarge => Code::RefundTooLarge,
        Rejection::RefundTooLate => Code::RefundTooLate,
        Rejection::PeriodOpen => Code::PeriodOpen,
        Rejection::PeriodClosed => Code::PeriodClosed,
        Rejection::NotDue => Code::NotDue,
        Rejection::BadRules => Code::BadRules,
        Rejection::NotContinued(_) => Code::NotContinued,
        Rejection::HasDownline => Code::HasDownline,
        Rejection::Negative(_) => Code::Negative,
        Rejection::TooManyNames(_) => Code::TooManyNames,
    }
}

/// What the rejections say whose words do not depend on what was asked.
const SENTENCES: [(Code, &str); 35] = [
    (Code::NoNetwork, "The network has no rules yet."),
    (Code::AlreadyFounded, "The network has its rules already."),
    (
        Code::UnknownName,
        "The network's rules do not know this name; GET /v1/network lists them.",
    ),
    (
        Code::OlderThanMemory,
        "`at` is older than the memory of ids, so whether this happened before cannot be told.",
    ),
    (Code::UnknownMember, "There is no member with this id."),
    (
        Code::UnknownCentre,
        "The member has no such centre in this tree.",
    ),
    (Code::UnknownOrder, "There is no order with this id."),
    (
        Code::UnknownPeriod,
        "There is no period with this label, or it has not begun.",
    ),
    (Code::UnknownToken, "There is no token with this id."),
    (Code::UnknownPlan, "There is no plan set with this id."),
    (
        Code::UnknownVersion,
        "The plan set has no version with this number.",
    ),
    (Code::MemberTerminated, "The member is terminated."),
    (Code::WrongKind, "A member of this kind may not do this."),
    (
        Code::StatusUnchanged,
        "The member has this status already, or cannot get it from the present one.",
    ),
    (
        Code::CustomersWanted,
        "The enroller's customers have not bought enough in the running period for him to enrol others.",
    ),
    (Code::SeatTaken, "Somebody stands in this place."),
    (Code::NoSuchLeg, "A place in this tree has no such leg."),
    (
        Code::AlreadyPlaced,
        "The member stands in this tree already as this centre.",
    ),
    (Code::NotPlaced, "The member has no place in this tree yet."),
    (
        Code::OutsideEnroller,
        "The place asked for is not below the enroller's.",
    ),
    (Code::Cycle, "The member would stand below himself."),
    (
        Code::MoveTooLarge,
        "More members would move than this tree's rules allow at once.",
    ),
    (
        Code::TooManyCentres,
        "The tree's rules allow one member no more centres.",
    ),
    (
        Code::NoOpenPosition,
        "The placement rule finds no free place.",
    ),
    (
        Code::Overflow,
        "A sum would leave the range of exact numbers.",
    ),
    (
        Code::RefundTooLarge,
        "The refund is more than what is left of the order.",
    ),
    (
        Code::RefundTooLate,
        "`at` lies behind the days in which this order can be refunded.",
    ),
    (
        Code::PeriodOpen,
        "The period is still running; it can be closed once it has ended.",
    ),
    (Code::PeriodClosed, "The period is closed already."),
    (
        Code::NotDue,
        "The period is not the oldest of its type that is closed and to be paid.",
    ),
    (
        Code::BadRules,
        "The rules of the network do not fit together.",
    ),
    (
        Code::NotContinued,
        "The rules do not go on with those in force: what has figures keeps its name, order and shape.",
    ),
    (
        Code::HasDownline,
        "Members stand below him, so he cannot become a customer.",
    ),
    (Code::Negative, "A number that must not be negative is."),
    (
        Code::TooManyNames,
        "The network knows as many different texts of this sort as it can.",
    ),
];

/// The field a rejection speaks of, by the name clients use.
fn field_of(rejection: Rejection) -> Option<&'static str> {
    let field = match rejection {
        Rejection::UnknownName(field)
        | Rejection::NotContinued(field)
        | Rejection::UnknownMember(field)
        | Rejection::UnknownCentre(field)
        | Rejection::Terminated(field)
        | Rejection::WrongKind(field)
        | Rejection::NotPlaced(field)
        | Rejection::Negative(field)
        | Rejection::TooManyNames(field)
        | Rejection::CustomersWanted { field, .. } => field,
        Rejection::AtomicRefused { number, field, .. } => {
            return Rejection::from_number(number, field).map_or(Some("id"), field_of);
        }
        Rejection::Duplicate { .. } => return Some("id"),
        Rejection::AtInFuture | Rejection::OlderThanMemory | Rejection::RefundTooLate => {
            return Some("at");
        }
        Rejection::UnknownOrder => return Some("order"),
        Rejection::RefundTooLarge => return Some("amount"),
        Rejection::UnknownPeriod
        | Rejection::PeriodOpen
        | Rejection::PeriodClosed
        | Rejection::NotDue => return Some("period"),
        Rejection::UnknownToken => return Some("token"),
        Rejection::UnknownPlan => return Some("set"),
        Rejection::UnknownVersion => return Some("version"),
        Rejection::StatusUnchanged => return Some("status"),
        Rejection::HasDownline => return Some("kind"),
        Rejection::SeatTaken | Rejection::NoSuchLeg => return Some("leg"),
        Rejection::AlreadyPlaced | Rejection::TooManyCentres => return Some("centre"),
        Rejection::OutsideEnroller | Rejection::Cycle => return Some("parent"),
        Rejection::MoveTooLarge => return Some("member"),
        Rejection::NoOpenPosition => return Some("tree"),
        Rejection::Overflow => return Some("volumes"),
        Rejection::NoNetwork | Rejection::AlreadyFounded | Rejection::BadRules => return None,
    };
    Some(match field {
        Field::Member => "member",
        Field::Enroller => "enroller",
        Field::Parent => "parent",
        Field::Tree => "tree",
        Field::Centre => "centre",
        Field::Volumes => "volumes",
        Field::Period => "period",
        Field::Class => "class",
        Field::Currency => "currency",
        Field::Profile => "profile",
        Field::Amount => "amount",
        Field::Lines => "lines",
        Field::Calendar => "calendar",
    })
}

/// The problem of a request the runtime did not take, or lost.
#[must_use]
pub fn refused(refused: &Refused) -> Problem {
    match refused {
        Refused::Busy => Problem::new(Code::Busy, "The queue of commands is full; ask again in a second.").retry_after(1),
        Refused::Stopping => {
            Problem::new(Code::Stopping, "The server is stopping and takes no more commands.").retry_after(5)
        }
        Refused::OutcomeUnknown => Problem::new(
            Code::OutcomeUnknown,
            "The disk failed while this was written: ask again with the same id, which tells whether it happened.",
        )
        .retry_after(5),
        Refused::TooLarge => Problem::new(
            Code::BodyTooLarge,
            "This is more than one batch of the log may carry; send it in parts.",
        ),
        Refused::NoSpace => Problem::new(
            Code::NoSpace,
            "The server is out of room on its disk or in its budget of memory; nothing was written.",
        )
        .retry_after(60),
    }
}

/// The problem of a question that has no answer.
#[must_use]
pub fn view(error: &ViewError) -> Problem {
    match error {
        ViewError::NoNetwork => Problem::new(Code::NoNetwork, "The network has no rules yet."),
        ViewError::Unknown {
            what,
            field,
            given,
            allowed,
        } => Problem::new(
            unknown(*what),
            format!("There is no {} `{given}`.", noun(*what)),
        )
        .field(*field)
        .given(given)
        .allowed(allowed),
        ViewError::NotPlaced {
            tree,
            member,
            centre,
        } => Problem::new(
            Code::NotPlaced,
            format!("`{member}` has no place number {centre} in the tree `{tree}`."),
        )
        .field("centre")
        .given(centre.to_string()),
        ViewError::Gone {
            field,
            given,
            oldest,
        } => Problem::new(
            Code::PeriodGone,
            format!(
                "The book of `{given}` is no longer kept; the oldest one that is is `{oldest}`."
            ),
        )
        .field(*field)
        .given(given)
        .allowed([oldest]),
        ViewError::BadCursor => crate::api::cursor::bad_cursor(),
        ViewError::CursorExpired => Problem::new(
            Code::CursorExpired,
            "What this cursor pointed at has changed; begin again without it.",
        )
        .field("cursor"),
        ViewError::BadValue {
            field,
            given,
            allowed,
        } => Problem::new(Code::BadValue, format!("`{field}` must be {allowed}."))
            .field(*field)
            .given(given)
            .allowed([allowed]),
        ViewError::TooLarge => Problem::new(
            Code::Busy,
            "The answer is too large to give beside the writer just now.",
        )
        .retry_after(1),
        ViewError::Rejected(rejected) => rejection(*rejected, Origin::default()),
    }
}

fn unknown(what: What) -> Code {
    match what {
        What::Member => Code::UnknownMember,
        What::Order => Code::UnknownOrder,
        What::Period => Code::UnknownPeriod,
        What::PlanSet => Code::UnknownPlan,
        What::PlanVersion => Code::UnknownVersion,
        What::Tree => Code::UnknownTree,
        What::Run => Code::UnknownRun,
        What::Kind
        | What::PeriodType
        | What::Leg
        | What::Figure
        | What::Component
        | What::Ladder
        | What::Rank => Code::UnknownName,
    }
}

fn noun(what: What) -> &'static str {
    match what {
        What::Member => "member",
        What::Tree => "tree",
        What::Kind => "volume kind",
        What::PeriodType => "period type",
        What::Period => "period",
        What::Order => "order",
        What::PlanSet => "plan set",
        What::PlanVersion => "version",
        What::Leg => "leg",
        What::Figure => "figure",
        What::Component => "component",
        What::Ladder => "ladder",
        What::Rank => "rank",
        What::Run => "run",
    }
}

/// The problem of a document that is not taken; lines are of no use where it came as JSON.
#[must_use]
pub fn unfit(unfit: Unfit, lines: bool) -> Problem {
    let found = match unfit {
        Unfit::Rejected(rejected) => return rejection(rejected, Origin::default()),
        Unfit::Document(found) => found,
    };
    let mistakes: Vec<Mistake> = found
        .into_iter()
        .map(|wrong| Mistake {
            line: lines.then_some(wrong.line),
            field: wrong.field,
            given: wrong.given,
            allowed: wrong.allowed,
            hint: wrong.hint,
        })
        .collect();
    let sentence = match mistakes.len() {
        1 => "One thing in the document has to be mended.".to_owned(),
        count => format!("{count} things in the document have to be mended."),
    };
    let mut problem = Problem::new(Code::BadDocument, sentence);
    if let Some(first) = mistakes.first() {
        problem = problem
            .field(&first.field)
            .given(&first.given)
            .allowed([&first.allowed]);
    }
    problem.more.get_or_insert_default().mistakes = mistakes;
    problem
}

/// The problem of asking for changes that are not there.
#[must_use]
pub fn changes(error: &ChangesError) -> Problem {
    match error {
        ChangesError::Trimmed { oldest_seq } => Problem::new(
            Code::ChangesGone,
            format!("The log begins at {oldest_seq}; older changes are no longer kept."),
        )
        .field("after")
        .allowed([format!("{oldest_seq} or more")]),
        ChangesError::Fault(_) => crate::api::problem::internal(),
    }
}
