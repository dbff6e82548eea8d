//! What the engine decided, as the log keeps it beside the commands: replay compares it, the feed reads it.
//!
//! ```text
//! bitmap of accepted commands, first command in the lowest bit of the first byte
//! number of accepted commands with choices: varint, then for each
//!     index: varint | number of choices: varint, then for each
//!         tree: u8 | centre: varint | bit 0 waits, bit 1 has a parent, bit 2 not of the first part: u8 | leg: u8
//!         parent: varint, centre: varint, if there is one | part: varint, if not the first
//! for each rejected command, in order
//!     number: varint | field: u8, 0 for none | what the rejection carries: varints
//! digest of the state after each command whose sequence is a multiple of 4,096: u64
//! ```

use crate::base::bytes::{Malformed, Reader, put_signed, put_varint};
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::execute::execute_batch;
use crate::engine::outcome::{Accepted, Choice, Outcome};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;

/// How many commands lie between two digests of the state.
pub const DIGEST_EVERY: u64 = 4_096;

/// Decisions on a run of commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions {
    /// One for each command.
    pub outcomes: Vec<Outcome>,
    /// One for each sequence in the run that is a multiple of [`DIGEST_EVERY`].
    pub digests: Vec<u64>,
}

/// How many digests belong to `count` commands from `first_seq` on.
#[must_use]
pub fn digests_in(first_seq: u64, count: usize) -> usize {
    let before = (first_seq - 1) / DIGEST_EVERY;
    let after = (first_seq - 1 + count as u64) / DIGEST_EVERY;
    (after - before) as usize
}

/// Executes the commands that follow a state, and appends their outcomes and the digests between them.
pub fn decide(
    state: &mut State,
    stamp: Time,
    commands: &[Command],
    outcomes: &mut Vec<Outcome>,
    digests: &mut Vec<u64>,
) {
    let mut rest = commands;
    while !rest.is_empty() {
        let done = state.as_of_seq;
        let to_digest = (DIGEST_EVERY - done % DIGEST_EVERY) as usize;
        let (now, later) = rest.split_at(to_digest.min(rest.len()));
        execute_batch(state, done + 1, stamp, now, outcomes);
        assert!(
            state.as_of_seq == done + now.len() as u64,
            "the state follows the log"
        );
        if now.len() == to_digest {
            digests.push(state.digest());
        }
        rest = later;
    }
}

/// Appends the bytes of decisions. O(commands).
pub fn encode(outcomes: &[Outcome], digests: &[u64], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + outcomes.len().div_ceil(8), 0);
    let mut with_choices = 0;
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Ok(accepted) = outcome {
            out[start + index / 8] |= 1 << (index % 8);
            with_choices += u64::from(!accepted.choices.is_empty());
        }
    }
    put_varint(out, with_choices);
    for (index, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(accepted) if !accepted.choices.is_empty() => put_choices(out, index, accepted),
            _ => {}
        }
    }
    for rejection in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        put_rejection(out, *rejection);
    }
    for digest in digests {
        out.extend_from_slice(&digest.to_le_bytes());
    }
}

/// Reads what [`encode`] wrote for `count` commands from `first_seq` on. O(commands).
///
/// # Errors
/// If the bytes are not those of so many decisions, whole and alone.
pub fn decode(first_seq: u64, count: usize, bytes: &[u8]) -> Result<Decisions, Malformed> {
    let mut reader = Reader::new(bytes);
    let bitmap = reader.take(count.div_ceil(8))?;
    let accepted = |index: usize| bitmap[index / 8] & (1 << (index % 8)) != 0;
    let mut outcomes: Vec<Outcome> = vec![Ok(Accepted::default()); count];
    for _ in 0..reader.varint()? {
        let index = usize::try_from(reader.varint()?).map_err(|_| Malformed)?;
        if index >= count || !accepted(index) {
            return Err(Malformed);
        }
        outcomes[index] = Ok(read_choices(&mut reader)?);
    }
    for (index, outcome) in outcomes.iter_mut().enumerate() {
        if !accepted(index) {
            *outcome = Err(read_rejection(&mut reader)?);
        }
    }
    let digests = (0..digests_in(first_seq, count))
        .map(|_| reader.u64())
        .collect::<Result<_, _>>()?;
    if !reader.is_empty() {
        return Err(Malformed);
    }
    Ok(Decisions { outcomes, digests })
}

fn put_choices(out: &mut Vec<u8>, index: usize, accepted: &Accepted) {
    put_varint(out, index as u64);
    put_varint(out, accepted.choices.len() as u64);
    for choice in &accepted.choices {
        out.push(choice.tree);
        put_varint(out, u64::from(choice.centre));
        let (hangs, later) = (choice.parent.is_some(), choice.part > 0);
        out.push(u8::from(choice.waits) | u8::from(hangs) << 1 | u8::from(later) << 2);
        out.push(choice.leg);
        if let Some((parent, centre)) = choice.parent {
            put_varint(out, u64::from(parent));
            put_varint(out, u64::from(centre));
        }
        if later {
            put_varint(out, u64::from(choice.part));
        }
    }
}

fn read_choices(reader: &mut Reader<'_>) -> Result<Accepted, Malformed> {
    let mut choices = Vec::new();
    for _ in 0..reader.varint()? {
        let (tree, centre) = (reader.byte()?, small(reader)?);
        let (flags, leg) = (reader.byte()?, reader.byte()?);
        let parent = match flags & 2 {
            0 => None,
            _ => Some((reader.varint_u32()?, small(reader)?)),
        };
        let part = match flags & 4 {
            0 => 0,
            _ => small(reader)?,
        };
        choices.push(Choice {
            part,
            tree,
            centre,
            parent,
            leg,
            waits: flags & 1 != 0,
        });
    }
    Ok(Accepted { choices })
}

fn put_rejection(out: &mut Vec<u8>, rejection: Rejection) {
    put_varint(out, u64::from(rejection.number()));
    out.push(rejection.field().map_or(0, |field| field as u8));
    match rejection {
        Rejection::Duplicate { first_seq } => put_varint(out, first_seq),
        Rejection::AtomicRefused {
            index,
            number,
            field,
        } => {
            put_varint(out, u64::from(index));
            put_varint(out, u64::from(number));
            out.push(field.map_or(0, |field| field as u8));
        }
        Rejection::CustomersWanted {
            required, actual, ..
        } => {
            put_signed(out, required.0);
            put_signed(out, actual.0);
        }
        _ => {}
    }
}

fn read_rejection(reader: &mut Reader<'_>) -> Result<Rejection, Malformed> {
    let (number, field) = (small(reader)?, read_field(reader)?);
    if number == (Rejection::Duplicate { first_seq: 0 }).number() {
        let first_seq = reader.varint()?;
        return Ok(Rejection::Duplicate { first_seq });
    }
    if let Some(rejection) = Rejection::from_number(number, field) {
        return Ok(match rejection {
            Rejection::CustomersWanted { field, .. } => Rejection::CustomersWanted {
                field,
                required: reader.volume()?,
                actual: reader.volume()?,
            },
            plain => plain,
        });
    }
    let refused = Rejection::AtomicRefused {
        index: reader.varint_u32()?,
        number: small(reader)?,
        field: read_field(reader)?,
    };
    if refused.number() == number {
        Ok(refused)
    } else {
        Err(Malformed)
    }
}

fn read_field(reader: &mut Reader<'_>) -> Result<Option<Field>, Malformed> {
    match reader.byte()? {
        0 => Ok(None),
        number => Field::from_number(number).map(Some).ok_or(Malformed),
    }
}

fn small(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    u16::try_from(reader.varint()?).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::number::Volume;

    #[test]
    fn decisions_come_back_as_they_were() {
        let choice = Choice {
            part: 0,
            tree: 2,
            centre: 1,
            parent: Some((70_000, 3)),
            leg: 2,
            waits: false,
        };
        let root = Choice {
            part: 999,
            parent: None,
            waits: true,
            ..choice
        };
        let outcomes: Vec<Outcome> = vec![
            Ok(Accepted::default()),
            Err(Rejection::Duplicate { first_seq: 4_000 }),
            Ok(Accepted {
                choices: vec![choice, root],
            }),
            Err(Rejection::UnknownMember(Field::Enroller)),
            Err(Rejection::AtomicRefused {
                index: 7,
                number: 20,
                field: Some(Field::Member),
            }),
            Err(Rejection::CustomersWanted {
                field: Field::Enroller,
                required: Volume(2_000_000),
                actual: Volume(-1),
            }),
            Err(Rejection::Overflow),
        ];
        let mut bytes = Vec::new();
        encode(&outcomes, &[5], &mut bytes);
        let read = decode(4_092, outcomes.len(), &bytes);
        let digests = vec![5];
        assert_eq!(read, Ok(Decisions { outcomes, digests }));
        for len in 0..bytes.len() {
            assert_eq!(decode(4_092, 7, &bytes[..len]), Err(Malformed), "{len}");
        }
    }
}
