//! Tables of commands: each file in `tests/commands/` is a history with the outcome of every command and the figures
//! asked for.

pub(crate) mod language;
pub(crate) mod network;
mod show;

use crate::tables::tables;
use language::Script;

tables!("commands", |text| Script::default().run(text);
    activity, adjust, atomic, calendar, centres, change, close, customers, customers_first, enrol, found, late,
    moves, order, overflow, overrides, place, plans, policies, refund, runs, status, token,
    update,
);
