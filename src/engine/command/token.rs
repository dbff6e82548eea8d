//! `token.created`, `token.revoked`: who may ask what is a shared decision, so it is in the log. Only hashes are.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_text_option};
use crate::base::ids::Text;
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::role::Role;
use crate::engine::state::State;
use crate::engine::tokens::Token;

/// Makes a token known; the command's id names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateToken {
    /// BLAKE3 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees; required for [`Role::Member`], refused for the others.
    pub member: Option<Text>,
    /// When it ends.
    pub expires: Option<Time>,
}

/// Ends a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeToken {
    /// The id it was created under.
    pub token: Text,
}

impl CreateToken {
    /// Notes the token.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(state.founded(), command.at, now));
        let named = self.member.as_ref();
        let member = named.and_then(|id| lowest.take(judging::member(state, id, Field::Member)));
        lowest.need(
            named.is_some() == (self.role == Role::Member),
            Rejection::WrongKind(Field::Member),
        );
        lowest.verdict()?;
        state.tokens.add(Token {
            id: command.id.clone(),
            hash: self.hash,
            role: self.role,
            member,
            expires: self.expires,
            created: now.time,
            revoked: None,
        });
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash);
        out.push(self.role as u8);
        put_text_option(out, self.member.as_deref());
        out.push(u8::from(self.expires.is_some()));
        if let Some(expires) = self.expires {
            put_signed(out, expires.0);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<CreateToken, Malformed> {
        Ok(CreateToken {
            hash: reader.take(32)?.try_into().map_err(|_| Malformed)?,
            role: role(reader.byte()?)?,
            member: reader.text_option()?,
            expires: match reader.byte()? {
                0 => None,
                1 => Some(reader.time()?),
                _ => return Err(Malformed),
            },
        })
    }
}

fn role(number: u8) -> Result<Role, Malformed> {
    Ok(match number {
        0 => Role::Admin,
        1 => Role::Finance,
        2 => Role::Support,
        3 => Role::ReadOnly,
        4 => Role::Integrator,
        5 => Role::Member,
        _ => return Err(Malformed),
    })
}

impl RevokeToken {
    /// Ends the token, for good.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        judging::timely(state.founded(), command.at, now)?;
        match state.tokens.by_id(&self.token) {
            Some(token) if token.revoked.is_none() => {
                state.tokens.revoke(&self.token, now.time);
                Ok(Accepted::default())
            }
            _ => Err(Rejection::UnknownToken),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.token);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<RevokeToken, Malformed> {
        Ok(RevokeToken {
            token: reader.text()?,
        })
    }
}
