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
use crate::engine::command::close::Close;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::found::Found;
use crate::engine::command::move_leg::Move;
use crate::engine::command::order::Order;
use crate::engine::command::place::Place;
use crate::engine::command::refund::Refund;
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

impl Command {
    /// Appends the command's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.verb.number());
        put_text(out, &self.id);
        put_signed(out, self.at.0);
        match &self.verb {
            Verb::Found(body) => body.encode(out),
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
            Verb::AdvanceTime => {}
            Verb::ExtendCalendar(body) => body.encode(out),
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

impl Verb {
    fn number(&self) -> u8 {
        match self {
            Verb::Found(_) => FOUND,
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
            Verb::AdvanceTime => ADVANCE_TIME,
            Verb::ExtendCalendar(_) => EXTEND_CALENDAR,
            Verb::Atomic(_) => ATOMIC,
        }
    }
}

fn decode(reader: &mut Reader<'_>, alone: bool) -> Result<Command, Malformed> {
    let number = reader.byte()?;
    let id = reader.text()?;
    let at = reader.time()?;
    let needs_no_id = matches!(number, ADVANCE_TIME | EXTEND_CALENDAR | ATOMIC);
    if !(Time::MIN..=Time::MAX).contains(&at) {
        return Err(Malformed);
    }
    if id.len() > TEXT_MAX || (id.is_empty() && !needs_no_id) {
        return Err(Malformed);
    }
    let verb = match number {
        FOUND => Verb::Found(Box::new(Found::decode(reader)?)),
        ENROL => Verb::Enrol(Box::new(Enrol::decode(reader)?)),
        UPDATE => Verb::Update(Box::new(Update::decode(reader)?)),
        STATUS => Verb::Status(Box::new(SetStatus::decode(reader)?)),
        PLACE => Verb::Place(Box::new(Place::decode(reader)?)),
        MOVE => Verb::Move(Box::new(Move::decode(reader)?)),
        ORDER => Verb::Order(Box::new(Order::decode(reader)?)),
        REFUND => Verb::Refund(Box::new(Refund::decode(reader)?)),
        ADJUST => Verb::Adjust(Box::new(Adjust::decode(reader)?)),
        CLOSE => Verb::Close(Box::new(Close::decode(reader)?)),
        CREATE_TOKEN => Verb::CreateToken(Box::new(CreateToken::decode(reader)?)),
        REVOKE_TOKEN => Verb::RevokeToken(Box::new(RevokeToken::decode(reader)?)),
        ADVANCE_TIME => Verb::AdvanceTime,
        EXTEND_CALENDAR => Verb::ExtendCalendar(Box::new(ExtendCalendar::decode(reader)?)),
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
