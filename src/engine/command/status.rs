//! `member.status_changed`: opens, suspends or terminates a membership.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option};
use crate::base::ids::{Member, NONE, Text};
use crate::base::time::DAY_MS;
use crate::book::forest::Attach;
use crate::engine::activity;
use crate::engine::command::Command;
use crate::engine::extras::RolledUp;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::member::Status;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::engine::wire;
use crate::tree::rules::Termination;

/// Sets a member's status. Opening a terminated member is a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStatus {
    /// The member.
    pub member: Text,
    /// The new status.
    pub status: Status,
    /// Why, for the record.
    pub reason: Option<Text>,
}

impl SetStatus {
    /// Sets the status and what follows from it in the trees.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(&rules, command.at, now));
        let member = lowest.take(judging::member(state, &self.member, Field::Member));
        let held = member.map(|member| state.members.status(member));
        if let Some(held) = held {
            // Who has gone comes back open before he can be suspended.
            let follows = held != self.status
                && (held, self.status) != (Status::Terminated, Status::Suspended);
            lowest.need(follows, Rejection::StatusUnchanged);
        }
        lowest.verdict()?;
        let member = member.expect("an unknown member has been noted");
        state.members.set_status(member, self.status);
        if self.status == Status::Terminated {
            leave(state, member, now);
        } else if held == Some(Status::Terminated) {
            come_back(state, member, now);
        }
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.member);
        out.push(self.status as u8);
        put_text_option(out, self.reason.as_deref());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<SetStatus, Malformed> {
        Ok(SetStatus {
            member: reader.text()?,
            status: wire::status(reader.byte()?)?,
            reason: reader.text_option()?,
        })
    }
}

/// He counts nowhere any more; where the tree says so his children go behind his parent's, in birth order, and he stays
/// a leaf. O(his children x hops).
fn leave(state: &mut State, member: Member, now: Now) {
    let rules = state.founded().clone();
    state.members.set_active_until(member, None);
    activity::stand(state, member);
    let mut rolled_up = Vec::new();
    let seats: Vec<_> = state.members.seats(member).collect();
    for (tree, _, seat) in seats {
        let list = rules.trees[tree].shape.legs().is_none();
        if rules.trees[tree].termination != Termination::RollUp || !list {
            continue;
        }
        let parent = state.forest.parent(tree, seat);
        let to = parent.map_or(Attach::Root, |parent| Attach::Under { parent, leg: 0 });
        let children: Vec<_> = state.forest.children(tree, seat).collect();
        for child in children {
            state.forest.move_seat(tree, child, to);
            rolled_up.push(RolledUp {
                tree: tree as u32,
                seat: child,
                from: seat,
                to: parent.unwrap_or(NONE),
            });
        }
    }
    state.members.keep_departure(member, now.time, &rolled_up);
}

/// He counts again; within the window those children come back who still stand where the roll-up put them.
/// O(those children x hops).
fn come_back(state: &mut State, member: Member, now: Now) {
    let rules = state.founded().clone();
    activity::judge_rolling(state, &rules, member);
    activity::stand(state, member);
    let Some((left, children)) = state.members.departure(member) else {
        return;
    };
    if now.time > left.plus_ms(i64::from(rules.return_days) * DAY_MS) {
        return;
    }
    for child in children {
        let tree = child.tree as usize;
        let parent = state.forest.parent(tree, child.seat).unwrap_or(NONE);
        let waits = state.forest.is_waiting(tree, child.seat);
        // He may have been moved below one of them meanwhile.
        let circle = state.forest.is_above(tree, child.seat, child.from);
        if parent == child.to && !waits && !circle {
            let to = Attach::Under {
                parent: child.from,
                leg: 0,
            };
            state.forest.move_seat(tree, child.seat, to);
        }
    }
}
