//! Access: who asks, whether his role may, and whether he may see whom he asks about.
//!
//! Everything is judged at one state, the one the answer is then read from: a token revoked or a member moved by
//! command number n makes a difference to every answer as of n. A role is never remembered between requests.

use crate::api::parse::names::Names;
use crate::api::principal::{Principal, role_name};
use crate::api::problem::{Code, Problem};
use crate::api::route::{Access, Call, Reach};
use crate::base::ids::{ENROLLER_TREE, Member, Seat};
use crate::base::time::Time;
use crate::engine::member::Status;
use crate::engine::role::Role;
use crate::engine::state::State;
use crate::engine::tokens::Token;

/// Judges a request at a state: the token, its role, and the member in the path.
///
/// # Errors
/// 401 for the token, 403 for its role, 404 for a member out of its reach: the same as for one who does not exist.
///
/// # Cost
/// O(log tokens), and O(hops) for a token of the role `member`.
pub fn judge(state: &State, call: &Call) -> Result<Principal, Problem> {
    let Access::Needs { roles, reach } = call.route.access else {
        return Err(crate::api::problem::internal());
    };
    let token = token(state, call)?;
    if !roles.contains(&token.role) {
        return Err(Problem::new(
            Code::RoleNotAllowed,
            format!(
                "A token of the role `{}` may not do this.",
                role_name(token.role)
            ),
        )
        .given(role_name(token.role))
        .allowed(roles.iter().map(|role| role_name(*role))));
    }
    let principal = Principal {
        token: token.id.clone(),
        role: token.role,
        member: token.member,
    };
    let Some(viewer) = viewer(state, token)? else {
        return Ok(principal);
    };
    match reach {
        Reach::Company => Err(Problem::new(
            Code::RoleNotAllowed,
            "A member sees only his own downline.",
        )
        .given(role_name(token.role))),
        Reach::Downline => {
            let asked = Asked::of(state, call)?;
            // A member who does not exist is looked for below the asker all the same: equal answers take equal work.
            let own = Asked {
                tree: ENROLLER_TREE,
                seat: viewer,
            };
            if sees(state, viewer, asked.unwrap_or(own)) && asked.is_some() {
                Ok(principal)
            } else {
                Err(no_member(call.path("id")))
            }
        }
        Reach::Each | Reach::Nothing => Ok(principal),
    }
}

/// The token presented, if it is good now.
fn token<'s>(state: &'s State, call: &Call) -> Result<&'s Token, Problem> {
    let Some(credential) = &call.credential else {
        if state.tokens.iter().next().is_none() {
            return Err(Problem::new(
                Code::NoTokens,
                "No token has been made yet, so nobody may ask anything: make one with `arborline token create --role admin` on the server's data directory.",
            ));
        }
        return Err(Problem::new(
            Code::TokenMissing,
            "Send a token in the header Authorization, as `Bearer arb_...`; `arborline token create` makes one.",
        )
        .field("Authorization"));
    };
    let bad =
        || Problem::new(Code::BadToken, "The token is not known here.").field("Authorization");
    let found = state.tokens.by_id(&credential.id);
    // An unknown id is compared too, so that the time tells nothing of which ids there are.
    let hash = found.map_or([0; 32], |token| token.hash);
    let same = credential.hash == blake3::Hash::from_bytes(hash);
    let token = found.filter(|_| same).ok_or_else(bad)?;
    if token.revoked.is_some() {
        return Err(
            Problem::new(Code::TokenRevoked, "The token was revoked.").field("Authorization")
        );
    }
    if !token.holds_at(now(call)) {
        let until = token
            .expires
            .map_or_else(String::new, |expires| format!(" at {expires}"));
        return Err(
            Problem::new(Code::TokenExpired, format!("The token expired{until}."))
                .field("Authorization"),
        );
    }
    Ok(token)
}

/// Tokens expire by the wall clock, also where machine time follows the events.
fn now(call: &Call) -> Time {
    call.now
}

/// The member a token is held to; none for the other roles.
fn viewer(state: &State, token: &Token) -> Result<Option<Member>, Problem> {
    if token.role != Role::Member {
        return Ok(None);
    }
    let shut = || {
        Problem::new(
            Code::MemberNotOpen,
            "The member this token belongs to is suspended or terminated.",
        )
    };
    let member = token.member.ok_or_else(shut)?;
    if state.members.status(member) != Status::Open {
        return Err(shut());
    }
    Ok(Some(member))
}

/// The place a request asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    tree: usize,
    seat: Seat,
}

impl Asked {
    /// From the path's member, and the tree and centre of the query; none where there is no such place.
    fn of(state: &State, call: &Call) -> Result<Option<Asked>, Problem> {
        let names = Names::of(state.rules.as_deref());
        let tree = match call.query.get("tree") {
            Some(name) => names.tree(name, "tree")?,
            None => ENROLLER_TREE,
        };
        let centre = call
            .query
            .get("centre")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        let seat = state
            .members
            .find(call.path("id"))
            .and_then(|member| state.members.seat(member, tree, centre));
        Ok(seat.map(|seat| Asked { tree, seat }))
    }
}

/// Whether a member's places in a tree stand above, or are, the place asked about.
fn sees(state: &State, viewer: Member, asked: Asked) -> bool {
    state
        .members
        .seats(viewer)
        .any(|(tree, _, seat)| tree == asked.tree && state.forest.is_above(tree, seat, asked.seat))
}

/// Whether a principal may see a member by his id in a tree, as a centre: all of them unless it is a member's, and
/// nobody who does not exist.
#[must_use]
pub fn may_see(state: &State, principal: &Principal, id: &str, tree: usize, centre: u16) -> bool {
    let Some(viewer) = principal.member else {
        return true;
    };
    let seat = state
        .members
        .find(id)
        .and_then(|member| state.members.seat(member, tree, centre));
    seat.is_some_and(|seat| sees(state, viewer, Asked { tree, seat }))
}

/// The one problem for a member who does not exist and for one out of reach.
#[must_use]
pub fn no_member(id: &str) -> Problem {
    Problem::new(Code::UnknownMember, format!("There is no member `{id}`."))
        .field("member")
        .given(id)
}
