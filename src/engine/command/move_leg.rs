//! `tree.moved`: a seat and all below it go under another parent, with the figures of the open periods.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option, put_varint};
use crate::base::ids::{ENROLLER_TREE, Text};
use crate::book::forest::Attach;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::placing::{self, Spot};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::engine::wire;
use crate::tree::rules::Shape;

/// Moves a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Name of the tree.
    pub tree: Text,
    /// The member whose seat moves.
    pub member: Text,
    /// Which of his centres.
    pub centre: u16,
    /// The new parent, or none to become a root.
    pub parent: Option<Text>,
    /// The new parent's centre.
    pub parent_centre: u16,
    /// Leg from 1, or none for the first free one.
    pub leg: Option<u8>,
}

impl Move {
    /// Judges the move without making it: the tree's index, the seat, and where it would hang.
    ///
    /// # Errors
    /// Why it would be rejected, the command's id and `at` aside.
    pub fn judge(&self, state: &State) -> Result<(usize, u32, Attach), Rejection> {
        self.judge_after(state, Lowest::default())
    }

    fn judge_after(
        &self,
        state: &State,
        mut lowest: Lowest,
    ) -> Result<(usize, u32, Attach), Rejection> {
        let rules = state.founded();
        let tree = judging::tree(rules, &self.tree)?;
        let seat = lowest.take(self.seat(state, tree));
        let attach = match &self.parent {
            None => Some(Attach::Root),
            Some(id) => {
                let parent = (id, self.parent_centre);
                placing::below(state, tree, parent, self.leg, &mut lowest)
                    .map(|(parent, leg)| Attach::Under { parent, leg })
            }
        };
        if let (Some(seat), Some(Attach::Under { parent, .. })) = (seat, attach) {
            let circle = state.forest.is_above(tree, seat, parent);
            lowest.need(!circle, Rejection::Cycle);
        }
        if let (Some(seat), Shape::Binary) = (seat, rules.trees[tree].shape) {
            let moved = state.forest.downline(tree, seat).saturating_add(1);
            let few = moved <= rules.trees[tree].move_max;
            lowest.need(few, Rejection::MoveTooLarge);
        }
        lowest.verdict()?;
        let (seat, attach) = seat.zip(attach).expect("what is missing has been noted");
        Ok((tree, seat, attach))
    }

    fn seat(&self, state: &State, tree: usize) -> Result<u32, Rejection> {
        let member = judging::member(state, &self.member, Field::Member)?;
        let fields = (Field::Member, Field::Centre);
        placing::own_seat(state, tree, member, self.centre, fields)
    }

    /// Moves the seat with all below it. One who had come by himself gets his enroller by it.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        judging::tree(&rules, &self.tree)?;
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(&rules, command.at, now));
        let (tree, seat, attach) = self.judge_after(state, lowest)?;
        if let (ENROLLER_TREE, Attach::Under { parent, .. }) = (tree, attach)
            && state.members.enrolled_by(seat).is_none()
        {
            state.members.set_enrolled_by(seat, parent);
        }
        state.forest.move_seat(tree, seat, attach);
        let spot = Spot {
            attach,
            turns: None,
        };
        let choice = placing::taken(state, tree, self.centre, spot);
        Ok(Accepted {
            choices: vec![choice],
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.tree);
        put_text(out, &self.member);
        put_varint(out, u64::from(self.centre));
        put_text_option(out, self.parent.as_deref());
        put_varint(out, u64::from(self.parent_centre));
        wire::put_byte_option(out, self.leg);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Move, Malformed> {
        Ok(Move {
            tree: reader.text()?,
            member: reader.text()?,
            centre: wire::centre(reader)?,
            parent: reader.text_option()?,
            parent_centre: wire::centre(reader)?,
            leg: wire::byte_option(reader)?,
        })
    }
}
