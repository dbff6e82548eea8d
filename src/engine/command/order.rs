//! `order.accepted`: a sale. The path that must be fast.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_text_option, put_varint};
use crate::base::ids::{Member, Text};
use crate::base::number::Volume;
use crate::base::path::Paths;
use crate::engine::above;
use crate::engine::activity;
use crate::engine::command::{Command, Volumes};
use crate::engine::credit::Credit;
use crate::engine::ids::Tag;
use crate::engine::judging::{self, Now};
use crate::engine::line::Line;
use crate::engine::member::Status;
use crate::engine::orders::{
    NewOrder, OrderRow, decode_lines, decode_volumes, encode_lines, encode_volumes,
};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::posting::{self, Targets};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::rules::{Rules, TerminatedOrders};
use crate::engine::state::State;

/// An order; the command's id is the order's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The buyer.
    pub member: Text,
    /// Which of the buyer's centres is credited.
    pub centre: u16,
    /// Volumes by kind, none negative.
    pub volumes: Volumes,
    /// Money paid, not negative; zero where the platform does not say.
    pub amount: Volume,
    /// ISO 4217 code of the amount.
    pub currency: Option<Text>,
    /// `enrolment`, `autoship`, `retail`, ... as the platform names it.
    pub class: Option<Text>,
    /// What was bought, where the platform says.
    pub lines: Vec<Line>,
}

/// Tags of the two ids an order is looked up by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags {
    pub(crate) order: Tag,
    pub(crate) member: Tag,
    /// Who the member most likely is.
    pub(crate) guess: Option<Member>,
}

/// An order in the order book, whose volumes are still to be posted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booked {
    pub(crate) credit: Credit,
    pub(crate) targets: Targets,
}

/// Judges an order and writes it into the order book, with who stands on the paths; the figures come afterwards.
pub(crate) fn book(
    state: &mut State,
    rules: &Rules,
    (command, order, tags): (&Command, &Order, Tags),
    paths: &Paths,
    now: Now,
) -> Result<Booked, Rejection> {
    if let Some(first) = state.orders.find_tagged(tags.order, &command.id) {
        let first_seq = state.orders.seq(first);
        return Err(Rejection::Duplicate { first_seq });
    }
    let booked = judge(state, rules, command, order, tags, now)?;
    posting::reserve(state, booked.targets, &order.volumes);
    posting::serve(state, &booked.credit, booked.targets, &order.volumes);
    let Credit { buyer, member, .. } = booked.credit;
    let number = state.orders.len();
    if !paths.is_empty() {
        let passed = above::passed(state, rules, &booked.credit, paths);
        state.posted.add(number, &passed);
    }
    let previous = state.members.set_last_order(buyer, number);
    state.orders.add(&NewOrder {
        id: &command.id,
        tag: tags.order,
        row: OrderRow {
            buyer,
            credited: member,
            centre: order.centre,
            trees: booked.credit.trees,
            periods: booked.targets.branch,
            amount: order.amount,
            at: command.at,
            received: now.time,
            seq: now.seq,
        },
        volumes: &order.volumes,
        class: order.class.as_ref(),
        currency: order.currency.as_ref(),
        lines: &order.lines,
        previous,
    });
    Ok(booked)
}

fn judge(
    state: &State,
    rules: &Rules,
    command: &Command,
    order: &Order,
    tags: Tags,
    now: Now,
) -> Result<Booked, Rejection> {
    judging::known_kinds(rules, &order.volumes)?;
    judging::timely(rules, command.at, now)?;
    judging::remembered(state, rules, command.at, now)?;
    let members = &state.members;
    let member = members.find_guessed(tags.guess, tags.member, &order.member);
    let buyer = member.ok_or(Rejection::UnknownMember(Field::Member))?;
    let credit = posting::credit(state, buyer, order.centre)
        .ok_or(Rejection::UnknownCentre(Field::Centre))?;
    if rules.terminated_orders == TerminatedOrders::Reject
        && state.members.status(buyer) == Status::Terminated
    {
        return Err(Rejection::Terminated(Field::Member));
    }
    let targets = posting::targets(state, credit.member, command.at);
    posting::check_room(state, targets, &order.volumes)?;
    if order.volumes.any_negative() || order.amount < Volume::ZERO {
        let field = if order.volumes.any_negative() {
            Field::Volumes
        } else {
            Field::Amount
        };
        return Err(Rejection::Negative(field));
    }
    if !state
        .orders
        .has_room(order.class.as_ref(), order.currency.as_ref())
    {
        return Err(Rejection::TooManyNames(Field::Class));
    }
    Ok(Booked { credit, targets })
}

/// What an order's volumes, once posted, change in who is active.
pub(crate) fn activate(
    state: &mut State,
    rules: &Rules,
    command: &Command,
    order: &Order,
    booked: &Booked,
) {
    activity::judge(state, rules, &booked.credit, booked.targets);
    let until = activity::rolling_until(rules, &booked.credit, command.at, &order.volumes);
    if let Some(until) = until {
        activity::prolong(state, booked.credit.member, until);
    }
}

impl Order {
    /// Executes one order by itself.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let tags = Tags {
            order: Tag::of(&command.id),
            member: Tag::of(&self.member),
            guess: None,
        };
        let paths = state.posts();
        let booked = book(state, &rules, (command, self, tags), &paths, now)?;
        posting::post(state, &booked.credit, booked.targets, &self.volumes);
        activate(state, &rules, command, self, &booked);
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.member);
        put_varint(out, u64::from(self.centre));
        encode_volumes(&self.volumes, out);
        put_signed(out, self.amount.0);
        put_text_option(out, self.currency.as_deref());
        put_text_option(out, self.class.as_deref());
        encode_lines(&self.lines, out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Order, Malformed> {
        Ok(Order {
            member: reader.text()?,
            centre: crate::engine::wire::centre(reader)?,
            volumes: decode_volumes(reader)?,
            amount: reader.volume()?,
            currency: reader.text_option()?,
            class: reader.text_option()?,
            lines: decode_lines(reader)?,
        })
    }
}
