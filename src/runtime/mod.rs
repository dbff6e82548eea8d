//! Runtime: threads, clock, the order of durability, locks, feeds.
//!
//! Owns the path of a command from the queue to its receipt, and everything that waits. Must not know HTTP, nor what a
//! command means; the engine judges, the log keeps.
//!
//! ```text
//! HTTP workers   encode, reserve room           -> bounded queue, full: refused at once
//! log thread     stamp, append, write, sync     -> bounded queue of a few groups
//! apply thread   the sole writer of the state   -> receipts; decisions back to the log thread
//! ```
//!
//! On an idle machine a small submission is logged and applied by the thread that has it: each of the ways above wakes
//! a thread, and to be woken takes longer than the work.
//!
//! Nothing is applied before it is confirmed, and nothing is answered before it is applied. A fault of the disk ends
//! writing: what is in flight is answered "outcome unknown", and the process ends with a code of its own.
//!
//! | file | holds |
//! |---|---|
//! | [`submission`], [`handle`] | what goes in and comes out; the way in for every other room |
//! | [`desk`] | the order of durability, for one thread at a time |
//! | [`writer`], [`applier`] | the two threads that write |
//! | [`shared`], [`levels`] | what all threads see |
//! | [`decisions`], [`replay`] | what the engine decided, kept and compared |
//! | [`snapshots`], [`take`], [`begin`] | states written beside the log, and a start from the last one |
//! | [`settle`] | what is mapped comes into memory, closed books go out of it |
//! | [`start`], [`offline`], [`settings`] | opening a directory, with and without threads |
//! | [`network_change`], [`room`] | a changed network document, from its text to its command; room for what it keeps |
//! | [`plan_draft`], [`plans`] | a plan document, from its text to its command; plan sets compiled |
//! | [`repeats`], [`difference`] | an id seen again: the first receipt, or the field that differs |
//! | [`forks`], [`heavy`] | states for long reads, and the threads that do them |
//! | [`sweeps`] | what plans come to, for all who ask within a moment |
//! | [`present`] | what plans come to for one member, as things stand |
//! | [`payer`], [`paying`] | closed periods paid; beside the commands |
//! | [`openings`], [`paid`] | what a period begins with; what one was paid as |
//! | [`audit`] | whether runs are what they were |
//! | [`changes`], [`calendars`], [`health`], [`clock`] | the feed; periods to come; how it is; time |
//!
//! Decisions.
//!
//! 2026: a group may hold several submissions and a submission never spans two groups; so one answer belongs to one
//! sync, and a failed sync leaves nobody with half an answer.

pub mod applier;
pub mod audit;
pub mod begin;
pub mod calendars;
pub mod changes;
pub mod clock;
pub mod debits;
pub mod decisions;
pub mod desk;
pub mod difference;
pub mod forks;
pub mod handle;
pub mod health;
pub mod heavy;
pub mod levels;
pub mod network_change;
pub mod offline;
pub mod openings;
pub mod paid;
pub mod payer;
pub mod paying;
pub mod plan_draft;
pub mod plans;
pub mod present;
pub mod repeats;
pub mod replay;
pub mod reversals;
pub mod room;
pub mod settings;
pub mod settle;
pub mod shared;
pub mod snapshots;
pub mod start;
pub mod submission;
pub mod sweeps;
pub mod take;
pub mod writer;
