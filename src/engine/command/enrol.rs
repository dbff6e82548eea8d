//! `member.enrolled`: a new member under an enroller, with places in the trees.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option, put_varint};
use crate::base::ids::{COMPANY, ENROLLER_TREE, Text};
use crate::book::forest::Attach;
use crate::engine::activity;
use crate::engine::command::Command;
use crate::engine::ids::Tag;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::member::{MemberKind, Profile, Status};
use crate::engine::members::Newcomer;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::placing::{self, Spot};
use crate::engine::position::PlaceAt;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::engine::wire;

/// Enrols a member; the command's id is the member's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrol {
    /// Distributor, preferred customer or customer.
    pub kind: MemberKind,
    /// Who brought him in; none makes a root.
    pub enroller: Option<Text>,
    /// Country, currency, tags, zone.
    pub profile: Profile,
    /// Places asked for; trees not named place by their policy.
    pub placements: Vec<Placement>,
}

/// A place asked for in one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Name of a placement tree.
    pub tree: Text,
    /// What is asked.
    pub place: PlaceAt,
}

impl Enrol {
    /// Adds the member: to the enroller tree below his enroller, and unless he is a customer to every other tree.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(&rules, command.at, now));
        let enroller = match &self.enroller {
            None => None,
            Some(id) => lowest.take(judging::member(state, id, Field::Enroller)),
        };
        if let Some(enroller) = enroller {
            let members = &state.members;
            let stands = members.status(enroller) != Status::Terminated;
            lowest.need(stands, Rejection::Terminated(Field::Enroller));
            let builds = members.kind(enroller) == MemberKind::Distributor;
            lowest.need(builds, Rejection::WrongKind(Field::Enroller));
        }
        let may_enrol = judging::may_enrol(state, self.kind, enroller, Field::Enroller);
        lowest.take(may_enrol);
        lowest.need(
            state.members.has_room(&self.profile),
            Rejection::TooManyNames(Field::Profile),
        );
        let spots = self.spots(state, enroller, &mut lowest);
        lowest.verdict()?;
        let member = state.members.add(&Newcomer {
            id: &command.id,
            tag: Tag::of(&command.id),
            kind: self.kind,
            enrolled_by: enroller.unwrap_or(COMPANY),
            joined: command.at,
            seq: now.seq,
            profile: &self.profile,
        });
        let attach = match enroller {
            None => Attach::Root,
            Some(parent) => Attach::Under { parent, leg: 0 },
        };
        let seat = state.forest.add_seat(ENROLLER_TREE, member, attach);
        assert!(
            seat == member,
            "a member's seat in the enroller tree has his number"
        );
        let choices = spots
            .into_iter()
            .map(|(tree, spot)| placing::take(state, tree, member, 1, spot))
            .collect();
        activity::stand(state, member);
        Ok(Accepted { choices })
    }

    fn spots(
        &self,
        state: &State,
        enroller: Option<u32>,
        lowest: &mut Lowest,
    ) -> Vec<(usize, Spot)> {
        let rules = state.founded();
        let mut asked: Vec<Option<&PlaceAt>> = vec![None; rules.trees.len()];
        for placement in &self.placements {
            let Some(tree) = lowest.take(judging::tree(rules, &placement.tree)) else {
                continue;
            };
            // A second place in one tree, or one in the enroller tree, where the enroller alone decides.
            let first = tree != ENROLLER_TREE && asked[tree].is_none();
            lowest.need(first, Rejection::AlreadyPlaced);
            asked[tree].get_or_insert(&placement.place);
        }
        if self.kind != MemberKind::Distributor {
            let wrong = Rejection::WrongKind(Field::Member);
            lowest.need(self.placements.is_empty(), wrong);
            return Vec::new();
        }
        if self.enroller.is_some() && enroller.is_none() {
            return Vec::new();
        }
        placing::spots(state, None, enroller, |tree| asked[tree].cloned(), lowest)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind as u8);
        put_text_option(out, self.enroller.as_deref());
        put_text_option(out, self.profile.country.as_deref());
        put_text_option(out, self.profile.currency.as_deref());
        put_text_option(out, self.profile.zone.as_deref());
        wire::put_texts(out, &self.profile.tags);
        put_varint(out, self.placements.len() as u64);
        for placement in &self.placements {
            put_text(out, &placement.tree);
            placement.place.encode(out);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Enrol, Malformed> {
        let kind = wire::kind(reader.byte()?)?;
        let enroller = reader.text_option()?;
        let profile = Profile {
            country: reader.text_option()?,
            currency: reader.text_option()?,
            zone: reader.text_option()?,
            tags: wire::texts(reader)?,
        };
        let mut placements = Vec::new();
        for _ in 0..reader.varint()? {
            placements.push(Placement {
                tree: reader.text()?,
                place: PlaceAt::decode(reader)?,
            });
        }
        Ok(Enrol {
            kind,
            enroller,
            profile,
            placements,
        })
    }
}
