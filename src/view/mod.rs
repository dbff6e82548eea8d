//! Views: what follows from the kept figures, one file a question.
//!
//! A view is a pure function of a state: it reads, counts its steps against a [`budget`], and answers with a plain
//! shape of ids, names and exact numbers in strings. It writes nothing and knows neither HTTP nor locks; whoever asks
//! decides whether it reads the live state or a fork.
//!
//! | file | question |
//! |---|---|
//! | [`member`], [`members`] | who is this; who is like that |
//! | [`upline`], [`downline`], [`walk`], [`frontline`] | who stands above, below, directly below |
//! | [`legs`], [`levels`], [`tree_view`] | a downline by leg, by level, as a drawing |
//! | [`relation`], [`scope`] | how two stand to each other; may one see the other |
//! | [`volumes`], [`batch_get`], [`company`] | what one, many, all sold |
//! | [`periods`], [`network`], [`tokens`] | calendar, rules, who may ask |
//! | [`open_position`], [`tank`], [`move_preview`] | where the next would stand; who waits; what a move would change |
//! | [`plans`], [`plan_summary`] | plan sets and what counts; what a plan document says |
//! | [`order`], [`changes`] | one order; the log as events |
//! | [`commissions`], [`order_commissions`], [`rank`] | what one earns and by what; what an order earns whom; ranks |
//! | [`runs`], [`statement`] | periods that were paid; a member's money in one |
//! | [`verify`] | is every kept figure right |
//!
//! Shared: [`lens`] (names and rows), [`era`] (which period), [`payout`], [`present`], [`plan_book`],
//! [`plan_orders`] and [`credited`] (a period worked out, or one member of it), [`query`], [`cursor`], [`shape`], [`money`], [`error`].

pub mod batch_get;
pub mod budget;
pub mod changes;
pub mod clawbacks;
pub mod commissions;
pub mod company;
pub mod credited;
pub mod cursor;
pub mod downline;
pub mod era;
pub mod error;
pub mod explanation;
pub mod frontline;
pub mod late;
pub mod late_refunds;
pub mod legs;
pub mod lens;
pub mod levels;
pub mod member;
pub mod members;
pub mod money;
pub mod move_preview;
pub mod network;
pub mod open_position;
pub mod opened;
pub mod order;
pub mod order_commissions;
pub mod paid_lines;
pub mod paid_totals;
pub mod payout;
pub mod periods;
pub mod plan_book;
pub mod plan_orders;
pub mod plan_summary;
pub mod plans;
pub mod present;
pub mod query;
pub mod rank;
pub mod rank_ways;
pub mod relation;
pub mod reversed;
pub mod runs;
pub mod scope;
pub mod shape;
pub mod sold_by;
pub mod statement;
pub mod tank;
pub mod tokens;
pub mod tree_view;
pub mod two_hands;
pub mod upline;
pub mod verify;
pub mod volumes;
pub mod walk;
