//! `member.updated`: changes what a member is, not where he stands.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option};
use crate::base::ids::{ENROLLER_TREE, Member, Text};
use crate::engine::activity;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::member::{MemberKind, Profile, Status};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::placing;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::engine::wire;

/// Changes the fields that are given; `Some(None)` clears one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// The member.
    pub member: Text,
    /// A new kind, for later orders.
    pub kind: Option<MemberKind>,
    /// ISO 3166 alpha-2.
    pub country: Option<Option<Text>>,
    /// ISO 4217.
    pub currency: Option<Option<Text>>,
    /// IANA time zone.
    pub zone: Option<Option<Text>>,
    /// All tags from now on.
    pub tags: Option<Vec<Text>>,
    /// The leg that `DefaultLeg` placement uses for his newcomers: 1 left, 2 right.
    pub default_leg: Option<u8>,
}

impl Update {
    /// Changes the fields given. One who becomes a distributor gets seats by each tree's policy; a distributor becomes a
    /// customer only while nobody stands below him, and leaves empty seats.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(&rules, command.at, now));
        if !matches!(self.default_leg, None | Some(1 | 2)) {
            lowest.note(Rejection::NoSuchLeg);
        }
        let Some(member) = lowest.take(judging::member(state, &self.member, Field::Member)) else {
            return Err(lowest
                .verdict()
                .expect_err("an unknown member has been noted"));
        };
        let profile = self.profile(state, member);
        let room = state.members.has_room(&profile);
        lowest.need(room, Rejection::TooManyNames(Field::Profile));
        let kind = self.kind.filter(|&kind| kind != state.members.kind(member));
        let mut spots = Vec::new();
        if let Some(kind) = kind {
            lowest.take(may_become(state, member, kind));
            let stands = state.members.status(member) != Status::Terminated;
            lowest.need(stands, Rejection::Terminated(Field::Member));
            if kind == MemberKind::Distributor {
                let enroller = state.forest.parent(ENROLLER_TREE, member);
                spots = placing::spots(state, Some(member), enroller, |_| None, &mut lowest);
            } else {
                let alone = !has_anyone_below(state, member);
                lowest.need(alone, Rejection::HasDownline);
            }
        }
        lowest.verdict()?;
        state.members.set_profile(member, &profile);
        if let Some(leg) = self.default_leg {
            state.members.set_default_leg(member, leg);
        }
        let mut choices = Vec::new();
        if let Some(kind) = kind {
            state.members.set_kind(member, kind);
            for (tree, spot) in spots {
                choices.push(placing::take(state, tree, member, 1, spot));
            }
            activity::stand(state, member);
        }
        Ok(Accepted { choices })
    }

    /// The profile as it will be.
    fn profile(&self, state: &State, member: Member) -> Profile {
        let members = &state.members;
        let or = |new: &Option<Option<Text>>, held: Option<&Text>| {
            new.clone().unwrap_or_else(|| held.cloned())
        };
        Profile {
            country: or(&self.country, members.country(member)),
            currency: or(&self.currency, members.currency(member)),
            zone: or(&self.zone, members.zone(member)),
            tags: match &self.tags {
                Some(tags) => tags.clone(),
                None => members.tags(member).to_vec(),
            },
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.member);
        wire::put_byte_option(out, self.kind.map(|kind| kind as u8));
        for field in [&self.country, &self.currency, &self.zone] {
            out.push(u8::from(field.is_some()));
            if let Some(value) = field {
                put_text_option(out, value.as_deref());
            }
        }
        out.push(u8::from(self.tags.is_some()));
        if let Some(tags) = &self.tags {
            wire::put_texts(out, tags);
        }
        wire::put_byte_option(out, self.default_leg);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Update, Malformed> {
        let field = |reader: &mut Reader<'_>| match reader.byte()? {
            0 => Ok(None),
            1 => Ok(Some(reader.text_option()?)),
            _ => Err(Malformed),
        };
        Ok(Update {
            member: reader.text()?,
            kind: wire::byte_option(reader)?.map(wire::kind).transpose()?,
            country: field(reader)?,
            currency: field(reader)?,
            zone: field(reader)?,
            tags: match reader.byte()? {
                0 => None,
                1 => Some(wire::texts(reader)?),
                _ => return Err(Malformed),
            },
            default_leg: wire::byte_option(reader)?,
        })
    }
}

/// Whoever stands above him has the right to enrol one of this kind: or he would enrol a customer, and change him.
fn may_become(state: &State, member: Member, kind: MemberKind) -> Result<(), Rejection> {
    let rises =
        kind == MemberKind::Distributor || state.members.kind(member) == MemberKind::Customer;
    if !rises {
        return Ok(());
    }
    let enroller = state.forest.parent(ENROLLER_TREE, member);
    judging::may_enrol(state, kind, enroller, Field::Member)
}

fn has_anyone_below(state: &State, member: Member) -> bool {
    let mut seats = state.members.seats(member);
    seats.any(|(tree, _, seat)| state.forest.children(tree, seat).next().is_some())
}
