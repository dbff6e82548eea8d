//! `token.*`: who may ask what. Only hashes come this way; `POST /v1/tokens` makes the secret itself.

use crate::api::parse::fields::{Fields, missing};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::{ADMIN, ROLES};
use crate::api::problem::{Code, Problem};
use crate::engine::command::Verb;
use crate::engine::command::token::{CreateToken, RevokeToken, Role};

/// A token becomes known; the event's id names it.
pub const CREATED: EventType = EventType {
    name: "token.created",
    fields: &["hash", "role", "member", "expires"],
    roles: ADMIN,
    read: created,
};

/// A token ends.
pub const REVOKED: EventType = EventType {
    name: "token.revoked",
    fields: &["token"],
    roles: ADMIN,
    read: revoked,
};

fn created(data: &Fields<'_, '_>, _: &Names) -> Result<Verb, Problem> {
    let path = data.path_of("hash");
    let text = data.str("hash")?.ok_or_else(|| missing(&path))?;
    let hash = hex(text).ok_or_else(|| {
        Problem::new(
            Code::BadValue,
            "A token's hash is BLAKE3 of its secret, in 64 hexadecimal digits.",
        )
        .field(path)
        .given(text)
        .allowed(["64 hexadecimal digits"])
    })?;
    let role_path = data.path_of("role");
    let role = data
        .word("role", ROLES)?
        .ok_or_else(|| missing(&role_path).allowed(ROLES.iter().map(|(name, _)| *name)))?;
    let member = data.id("member")?;
    if (role == Role::Member) != member.is_some() {
        return Err(Problem::new(
            Code::BadValue,
            "A token of the role member names its member, and no other token names one.",
        )
        .field(data.path_of("member"))
        .given(member.as_deref().unwrap_or("nothing")));
    }
    Ok(Verb::CreateToken(Box::new(CreateToken {
        hash,
        role,
        member,
        expires: data.time("expires")?,
    })))
}

fn revoked(data: &Fields<'_, '_>, _: &Names) -> Result<Verb, Problem> {
    Ok(Verb::RevokeToken(Box::new(RevokeToken {
        token: data.need_id("token")?,
    })))
}

/// 32 bytes from 64 hexadecimal digits.
#[must_use]
pub fn hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}
