//! Commands as bytes in the log, little-endian and compact.
//!
//! ```text
//! verb: u8 | id: text | at: signed varint, ms | what the verb tells
//! ```
//!
//! The number of a verb is never reused. Must not judge: bytes that are well formed may still be rejected.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::limits::ATOMIC_COMMANDS_MAX;
use crate::base::time::Time;
use crate::engine::command::adjust::Adjust;
use crate::engine::command::calendar::ExtendCalendar;
use crate::engine::command::change::Change;
use crate::engine::command::close::Close;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::found::Found;
use crate::engine::command::move_leg::Move;
use crate::engine::command::order::Order;
use crate::engine::command::place::Place;
use crate::engine::command::plan::{ActivatePlan, DraftPlan};
use crate::engine::command::qualify::Qualify;
use crate::engine::command::refund::Refund;
use crate::engine::command::run::PostRun;
use crate::engine::command::status::SetStatus;
use crate::engine::command::token::{CreateToken, RevokeToken};
use crate::engine::command::update::Update;
use crate::engine::command::{Command, Verb};
use crate::engine::texts::TEXT_MAX;

const FOUND: u8 = 1;
const ENROL: u8 = 2;
const UPDATE: u8 = 3;
const STATUS: u8 = 4;
const PLACE: u8 = 5;
const MOVE: u8 = 6;
const ORDER: u8 = 7;
const REFUND: u8 = 8;
const ADJUST: u8 = 9;
const CLOSE: u8 = 10;
const CREATE_TOKEN: u8 = 11;
const REVOKE_TOKEN: u8 = 12;
const ADVANCE_TIME: u8 = 13;
const EXTEND_CALENDAR: u8 = 14;
const ATOMIC: u8 = 15;
const CHANGE: u8 = 16;
/// One that says nothing of late refunds, as in logs from before documents did.
const DRAFT_PLAN_UNSAID: u8 = 17;
const ACTIVATE_PLAN: u8 = 18;
const POST_RUN: u8 = 19;
const QUALIFY: u8 = 20;
/// One that wants nobody written down with orders.
const DRAFT_PLAN: u8 = 21;
const DRAFT_PLAN_POSTING: u8 = 22;

impl Command {
    /// Appends the command's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.verb.number());
        put_text(out, &self.id);
        put_signed(out, self.at.0);
        match &self.verb {
            Verb::Found(body) => body.encode(out),
            Verb::Change(body) => body.encode(out),
            Verb::Enrol(body) => body.encode(out),
            Verb::Update(body) => body.encode(out),
            Verb::Status(body) => body.encode(out),
            Verb::Place(body) => body.encode(out),
            Verb::Move(body) => body.encode(out),
            Verb::Order(body) => body.encode(out),
            Verb::Refund(body) => body.encode(out),
            Verb::Adjust(body) => body.encode(out),
            Verb::Close(body) => body.encode(out),
            Verb::CreateToken(body) => body.encode(out),
            Verb::RevokeToken(body) => body.encode(out),
            Verb::DraftPlan(body) => body.encode(out),
            Verb::ActivatePlan(body) => body.encode(out),
            Verb::Qualify(body) => body.encode(out),
            Verb::AdvanceTime => {}
            Verb::ExtendCalendar(body) => body.encode(out),
            Verb::PostRun(body) => body.encode(out),
            Verb::Atomic(commands) => {
                put_varint(out, commands.len() as u64);
                for command in commands {
                    command.encode(out);
                }
            }
        }
    }

    /// Reads exactly one command.
    ///
    /// # Errors
    /// If the bytes are not those of one command, whole and alone.
    pub fn decode(bytes: &[u8]) -> Result<Command, Malformed> {
        let mut reader = Reader::new(bytes);
        let command = decode(&mut reader, true)?;
        if reader.is_empty() {
            Ok(command)
        } else {
            Err(Malformed)
        }
    }
}

impl Command {
    /// Whether [`Command::decode`] reads the bytes that [`Command::encode`] made of this command, and reads the same.
    /// O(1) for an order, of which there are many: what may be wrong with one is known. Any other is read.
    #[must_use]
    pub fn is_read_back(&self, bytes: &[u8]) -> bool {
        match &self.verb {
            Verb::Order(order) => {
                head_holds(ORDER, &self.id, self.at) && crate::engine::wire::is_centre(order.centre)
            }
            _ => Command::decode(bytes).is_ok_and(|read| read == *self),
        }
    }
}

/// Whether an id and a time are such as a command may carry.
fn head_holds(number: u8, id: &str, at: Time) -> bool {
    let needs_no_id = matches!(number, ADVANCE_TIME | EXTEND_CALENDAR | POST_RUN | ATOMIC);
    let id_holds = id.len() <= TEXT_MAX && (needs_no_id || !id.is_empty());
    id_holds && (Time::MIN..=Time::MAX).contains(&at)
}

impl Verb {
    fn number(&self) -> u8 {
        match self {
            Verb::Found(_) => FOUND,
            Verb::Change(_) => CHANGE,
            Verb::Enrol(_) => ENROL,
            Verb::Update(_) => UPDATE,
            Verb::Status(_) => STATUS,
            Verb::Place(_) => PLACE,
            Verb::Move(_) => MOVE,
            Verb::Order(_) => ORDER,
            Verb::Refund(_) => REFUND,
            Verb::Adjust(_) => ADJUST,
            Verb::Close(_) => CLOSE,
            Verb::CreateToken(_) => CREATE_TOKEN,
            Verb::RevokeToken(_) => REVOKE_TOKEN,
            Verb::DraftPlan(draft) if draft.posts() => DRAFT_PLAN_POSTING,
            Verb::DraftPlan(draft) if draft.says_nothing() => DRAFT_PLAN_UNSAID,
            Verb::DraftPlan(_) => DRAFT_PLAN,
            Verb::ActivatePlan(_) => ACTIVATE_PLAN,
            Verb::Qualify(_) => QUALIFY,
            Verb::AdvanceTime => ADVANCE_TIME,
            Verb::ExtendCalendar(_) => EXTEND_CALENDAR,
            Verb::PostRun(_) => POST_RUN,
            Verb::Atomic(_) => ATOMIC,
        }
    }
}

fn decode(reader: &mut Reader<'_>, alone: bool) -> Result<Command, Malformed> {
    let number = reader.byte()?;
    let id = reader.text()?;
    let at = reader.time()?;
    if !head_holds(number, &id, at) {
        return Err(Malformed);
    }
    let verb = match number {
        FOUND => Verb::Found(Box::new(Found::decode(reader)?)),
        CHANGE => Verb::Change(Box::new(Change::decode(reader)?)),
        ENROL => Verb::Enrol(Box::new(Enrol::decode(reader)?)),
        UPDATE => Verb::Update(Box::new(Update::decode(reader)?)),
        STATUS => Verb::Status(Box::new(SetStatus::decode(reader)?)),
        PLACE => Verb::Place(Box::new(Place::decode(reader)?)),
        MOVE => Verb::Move(Box::new(Move::decode(reader)?)),
        ORDER => Verb::Order(Order::decode(reader)?),
        REFUND => Verb::Refund(Box::new(Refund::decode(reader)?)),
        ADJUST => Verb::Adjust(Box::new(Adjust::decode(reader)?)),
        CLOSE => Verb::Close(Box::new(Close::decode(reader)?)),
        CREATE_TOKEN => Verb::CreateToken(Box::new(CreateToken::decode(reader)?)),
        REVOKE_TOKEN => Verb::RevokeToken(Box::new(RevokeToken::decode(reader)?)),
        DRAFT_PLAN => Verb::DraftPlan(Box::new(DraftPlan::decode(reader)?)),
        DRAFT_PLAN_POSTING => Verb::DraftPlan(Box::new(DraftPlan::decode_posting(reader)?)),
        DRAFT_PLAN_UNSAID => Verb::DraftPlan(Box::new(DraftPlan::decode_unsaid(reader)?)),
        ACTIVATE_PLAN => Verb::ActivatePlan(Box::new(ActivatePlan::decode(reader)?)),
        QUALIFY => Verb::Qualify(Box::new(Qualify::decode(reader)?)),
        ADVANCE_TIME => Verb::AdvanceTime,
        EXTEND_CALENDAR => Verb::ExtendCalendar(Box::new(ExtendCalendar::decode(reader)?)),
        POST_RUN if alone => Verb::PostRun(Box::new(PostRun::decode(reader)?)),
        ATOMIC if alone => Verb::Atomic(decode_atomic(reader)?),
        _ => return Err(Malformed),
    };
    Ok(Command { id, at, verb })
}

fn decode_atomic(reader: &mut Reader<'_>) -> Result<Vec<Command>, Malformed> {
    let count = reader.varint_u32()? as usize;
    if count > ATOMIC_COMMANDS_MAX {
        return Err(Malformed);
    }
    (0..count).map(|_| decode(reader, false)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::Text;

    /// What is known of orders must agree with reading them, at every bound.
    #[test]
    fn an_order_is_read_back_when_it_is_said_to_be() {
        let (mut held, mut refused) = (0, 0);
        for length in [0, 1, 12, 25, TEXT_MAX, TEXT_MAX + 1] {
            for at in [-1, 0, 1, Time::MAX.0, Time::MAX.0 + 1] {
                for centre in [0, 1, 255, 256, u16::MAX] {
                    for member in ["", "M1", "a member with a name on the heap"] {
                        let order = Order {
                            member: Text::new(member),
                            centre,
                            volumes: crate::base::volumes::Volumes::from_units(&[1, -2, 0]),
                            amount: crate::base::number::Volume(i64::MIN),
                            currency: Some(Text::new("")),
                            class: None,
                            lines: Vec::new(),
                        };
                        let command = Command {
                            id: Text::new("x".repeat(length)),
                            at: Time(at),
                            verb: Verb::Order(order),
                        };
                        let mut bytes = Vec::new();
                        command.encode(&mut bytes);
                        let read = Command::decode(&bytes).is_ok_and(|read| read == command);
                        assert_eq!(command.is_read_back(&bytes), read, "{command:?}");
                        *(if read { &mut held } else { &mut refused }) += 1;
                    }
                }
            }
        }
        assert!(held > 50 && refused > 50, "{held} and {refused}");
    }
}
