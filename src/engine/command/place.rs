//! `tree.placed`: gives a waiting member his place, or a member one more centre.

use crate::base::bytes::{Malformed, Reader, put_text, put_varint};
use crate::base::ids::{ENROLLER_TREE, Member, Seat, Text};
use crate::engine::activity;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::member::{MemberKind, Status};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::placing::{self, Spot, Start};
use crate::engine::position::PlaceAt;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::engine::wire;

/// Places from the holding tank, or opens a further centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the tree.
    pub tree: Text,
    /// The member.
    pub member: Text,
    /// 1 for the waiting seat, or the next number for a new centre.
    pub centre: u16,
    /// Where to.
    pub place: PlaceAt,
}

impl Place {
    /// Places the waiting seat, or gives the member one more.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let tree = judging::tree(&rules, &self.tree)?;
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(&rules, command.at, now));
        let member = lowest.take(judging::member(state, &self.member, Field::Member));
        let judged = member.and_then(|member| self.judge(state, tree, member, &mut lowest));
        lowest.verdict()?;
        let (member, (waiting, spot)) = member.zip(judged).expect("what is missing has been noted");
        let choice = match waiting {
            Some(seat) => {
                state.forest.move_seat(tree, seat, spot.attach);
                placing::taken(state, tree, self.centre, spot)
            }
            None => {
                let choice = placing::take(state, tree, member, self.centre, spot);
                activity::stand(state, member);
                choice
            }
        };
        Ok(Accepted {
            choices: vec![choice],
        })
    }

    /// The waiting seat, if there is one, and the place for it or for a new one; notes whatever is wrong with the member,
    /// the centre or the place.
    fn judge(
        &self,
        state: &State,
        tree: usize,
        member: Member,
        lowest: &mut Lowest,
    ) -> Option<(Option<Seat>, Spot)> {
        let members = &state.members;
        let stands = members.status(member) != Status::Terminated;
        lowest.need(stands, Rejection::Terminated(Field::Member));
        let builds = members.kind(member) == MemberKind::Distributor;
        lowest.need(builds, Rejection::WrongKind(Field::Member));
        let waiting = lowest.take(self.waiting(state, tree, member));
        // A further centre goes below the first one unless it is told otherwise; both stay below the enroller.
        let enroller = state.forest.parent(ENROLLER_TREE, member);
        let bound = placing::start(state, tree, enroller);
        let own = placing::start(state, tree, Some(member));
        let start = match (&self.place, own) {
            (PlaceAt::Policy { under: None, .. }, Start::At(_)) => own,
            _ => bound,
        };
        let spot = lowest.take(placing::spot(state, tree, Some(&self.place), start));
        let (waiting, spot) = waiting.zip(spot)?;
        let stays = waiting.is_some() && spot.attach == Spot::TANK.attach;
        lowest.need(!stays, Rejection::NoOpenPosition);
        Some((waiting, spot))
    }

    /// The waiting seat the centre names; none for a new centre.
    fn waiting(
        &self,
        state: &State,
        tree: usize,
        member: Member,
    ) -> Result<Option<Seat>, Rejection> {
        if let Some(seat) = state.members.seat(member, tree, self.centre) {
            let waits = state.forest.is_waiting(tree, seat);
            return waits.then_some(Some(seat)).ok_or(Rejection::AlreadyPlaced);
        }
        let next = state.members.centres(member, tree) + 1;
        if self.centre != next {
            return Err(Rejection::UnknownCentre(Field::Centre));
        }
        if self.centre > state.founded().trees[tree].centres {
            return Err(Rejection::TooManyCentres);
        }
        Ok(None)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.tree);
        put_text(out, &self.member);
        put_varint(out, u64::from(self.centre));
        self.place.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Place, Malformed> {
        Ok(Place {
            tree: reader.text()?,
            member: reader.text()?,
            centre: wire::centre(reader)?,
            place: PlaceAt::decode(reader)?,
        })
    }
}
