//! Pieces of commands as bytes, which several verbs share.

use crate::base::bytes::{Malformed, Reader, put_text, put_varint};
use crate::base::ids::Text;
use crate::base::limits::CENTRES_MAX;
use crate::engine::member::{MemberKind, Status};
use crate::tree::rules::{Inside, Policy};

/// Reads a centre: 1 to the most a tree can allow.
pub(crate) fn centre(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    let centre = u16::try_from(reader.varint()?).map_err(|_| Malformed)?;
    if is_centre(centre) {
        Ok(centre)
    } else {
        Err(Malformed)
    }
}

/// Whether a number can be a centre's.
pub(crate) fn is_centre(centre: u16) -> bool {
    (1..=CENTRES_MAX).contains(&centre)
}

/// Reads a member's kind.
pub(crate) fn kind(number: u8) -> Result<MemberKind, Malformed> {
    Ok(match number {
        0 => MemberKind::Distributor,
        1 => MemberKind::Preferred,
        2 => MemberKind::Customer,
        _ => return Err(Malformed),
    })
}

/// Reads a status.
pub(crate) fn status(number: u8) -> Result<Status, Malformed> {
    Ok(match number {
        0 => Status::Open,
        1 => Status::Suspended,
        2 => Status::Terminated,
        _ => return Err(Malformed),
    })
}

/// Appends texts with their number before them.
pub(crate) fn put_texts(out: &mut Vec<u8>, texts: &[Text]) {
    put_varint(out, texts.len() as u64);
    for text in texts {
        put_text(out, text);
    }
}

/// Reads what [`put_texts`] wrote.
pub(crate) fn texts(reader: &mut Reader<'_>) -> Result<Vec<Text>, Malformed> {
    let mut texts = Vec::new();
    for _ in 0..reader.varint()? {
        texts.push(reader.text()?);
    }
    Ok(texts)
}

/// Appends a byte or none, as two bytes or one.
pub(crate) fn put_byte_option(out: &mut Vec<u8>, byte: Option<u8>) {
    match byte {
        None => out.push(0),
        Some(byte) => out.extend_from_slice(&[1, byte]),
    }
}

/// Reads what [`put_byte_option`] wrote.
pub(crate) fn byte_option(reader: &mut Reader<'_>) -> Result<Option<u8>, Malformed> {
    match reader.byte()? {
        0 => Ok(None),
        1 => Ok(Some(reader.byte()?)),
        _ => Err(Malformed),
    }
}

/// Appends a placement policy.
pub(crate) fn put_policy(out: &mut Vec<u8>, policy: Policy) {
    let inner = |inside: Inside| match inside {
        Inside::Outer => 0,
        Inside::BreadthFirst => 1,
        Inside::Balanced => 2,
    };
    match policy {
        Policy::UnderEnroller => out.push(0),
        Policy::OuterLeft => out.push(1),
        Policy::OuterRight => out.push(2),
        Policy::WeakerVolume {
            kind,
            period,
            inside,
        } => out.extend_from_slice(&[3, kind, period, inner(inside)]),
        Policy::WeakerCount { inside } => out.extend_from_slice(&[4, inner(inside)]),
        Policy::Alternate => out.push(5),
        Policy::BreadthFirst => out.push(6),
        Policy::FewestFilled => out.push(7),
        Policy::CompanyQueue => out.push(8),
        Policy::DefaultLeg => out.push(9),
        Policy::HoldingTank => out.push(10),
    }
}

/// Reads what [`put_policy`] wrote.
pub(crate) fn policy(reader: &mut Reader<'_>) -> Result<Policy, Malformed> {
    let inner = |reader: &mut Reader<'_>| {
        Ok(match reader.byte()? {
            0 => Inside::Outer,
            1 => Inside::BreadthFirst,
            2 => Inside::Balanced,
            _ => return Err(Malformed),
        })
    };
    Ok(match reader.byte()? {
        0 => Policy::UnderEnroller,
        1 => Policy::OuterLeft,
        2 => Policy::OuterRight,
        3 => Policy::WeakerVolume {
            kind: reader.byte()?,
            period: reader.byte()?,
            inside: inner(reader)?,
        },
        4 => Policy::WeakerCount {
            inside: inner(reader)?,
        },
        5 => Policy::Alternate,
        6 => Policy::BreadthFirst,
        7 => Policy::FewestFilled,
        8 => Policy::CompanyQueue,
        9 => Policy::DefaultLeg,
        10 => Policy::HoldingTank,
        _ => return Err(Malformed),
    })
}
