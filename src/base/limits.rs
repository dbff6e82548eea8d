//! Limits: constants that bound everything. Equal on every machine, part of no setting.

/// Trees a network may keep, the enroller tree included.
pub const TREES_MAX: usize = 8;
/// Volume kinds a network document may name.
pub const KINDS_MAX: usize = 8;
/// Period types a network document may name.
pub const PERIOD_TYPES_MAX: usize = 7;
/// Seats one member may hold in a placement tree.
pub const CENTRES_MAX: u16 = 255;
/// Children a matrix seat may have.
pub const MATRIX_WIDTH_MAX: u8 = 64;
/// Characters of an external id.
pub const ID_CHARS_MAX: usize = 64;
/// Bytes of a reason, an opaque profile reference or another free text.
pub const TEXT_BYTES_MAX: usize = 256;
/// Tags a member may carry.
pub const TAGS_MAX: usize = 16;
/// Lines an order may carry.
pub const ORDER_LINES_MAX: usize = 200;
/// Commands in one portable batch of the log.
pub const BATCH_COMMANDS_MAX: usize = 8_192;
/// Bytes of commands in one portable batch of the log.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// Commands of one atomic request.
pub const ATOMIC_COMMANDS_MAX: usize = 1_000;
/// Timers that one `time.advanced` fires at most.
pub const TIMERS_PER_COMMAND_MAX: usize = 1_000;
/// How far past machine time an `at` may lie under the wall clock, in milliseconds.
pub const FUTURE_MS_MAX: i64 = 5 * 60 * 1000;
/// The greatest sum of absolute volumes in one period and kind: every partial sum then fits with room to spare.
pub const SUM_MAX: i64 = i64::MAX / 4;
