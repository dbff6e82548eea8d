//! Bugs planted on purpose, so that tests can be seen to fail; and pages of another size, so that none depends on it.
//!
//! A build with debug assertions, as tests are, has one of them where the environment variable [`VARIABLE`] names it when the
//! process starts; any other build has none of this: [`planted`] is then `false` before anything is compiled. Each is caught
//! by the test that its row names, or the suite is red.

use std::sync::LazyLock;

/// The environment variable that names a bug.
pub const VARIABLE: &str = "ARBORLINE_PLANTED";

/// The environment variable that asks for small pages, by being there.
pub const SMALL: &str = "ARBORLINE_SMALL_PAGES";

/// A bug with what tells it.
#[derive(Debug)]
pub struct Row {
    /// The bug.
    pub bug: Planted,
    /// Its name.
    pub name: &'static str,
    /// The test that catches it.
    pub test: &'static str,
}

macro_rules! bugs {
    ($($(#[doc = $sentence:literal])+ $bug:ident = $name:literal, $test:literal;)+) => {
        /// What may be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Planted {
            $($(#[doc = $sentence])+ $bug,)+
        }

        /// Every one of them.
        pub const ALL: &[Row] = &[$(Row { bug: Planted::$bug, name: $name, test: $test },)+];
    };
}

bugs! {
    /// A commit is acknowledged when it is written, before it is synced.
    AckedBeforeSync = "acked-before-sync", "log::crash::a_crash_at_any_operation_loses_nothing_confirmed";
    /// Now and then a commit is not synced.
    SyncSkipped = "sync-skipped", "log::crash::a_crash_at_any_operation_loses_nothing_confirmed";
    /// A sync that failed is tried again, and believed.
    SyncRetried = "sync-retried", "log::faults::every_operation_fails_in_every_way";
    /// A log goes on after a fault.
    PoisonForgotten = "poison-forgotten", "log::faults::every_operation_fails_in_every_way";
    /// What a short write left over is not written.
    ShortWriteTaken = "short-write-taken", "log::faults::short_and_interrupted_writes_are_gone_on_with";
    /// A segment has its name before its head is durable.
    HeadNotSynced = "head-not-synced", "log::crash::a_crash_at_any_operation_loses_nothing_confirmed";
    /// The folder is not synced after a segment got its name.
    NameNotSynced = "name-not-synced", "log::crash::a_crash_at_any_operation_loses_nothing_confirmed";
    /// The name of a segment that a stop left empty is taken for durable.
    EmptyNotSynced = "empty-not-synced", "log::basics::an_opening_goes_on_with_the_segment_that_a_stop_left_and_makes_its_name_durable";
    /// Frames say that bytes are synced which are only written.
    MarkAhead = "mark-ahead", "log::crash::a_crash_at_any_operation_loses_nothing_confirmed";
    /// A tail is cut below the durable mark.
    CutBelowMark = "cut-below-mark", "log::damage::a_flipped_bit_is_named_or_harmless";
    /// A tail above the durable mark is served without being made durable.
    TailNotRenewed = "tail-not-renewed", "log::faults::every_operation_fails_in_every_way";
    /// Frames are compared with an eighth of their checksum.
    ChecksumNarrow = "checksum-narrow", "log::damage::a_flipped_bit_is_named_or_harmless";
    /// A frame is taken wherever it stands.
    PlaceUnchecked = "place-unchecked", "fuzz::segments_in_their_directory";
    /// Going over to the next segment nobody asks whether it follows.
    HashUnchecked = "hash-unchecked", "log::damage::a_segment_of_another_history_of_the_same_shape_is_named";
    /// A packed segment takes the plain one's place before its bytes are durable.
    PackedNotSynced = "packed-not-synced", "log::losses::whatever_is_lost_at_whatever_operation_of_any_three_steps_nothing_confirmed_is";
    /// A packed block is not compared with its checksum.
    PackedUnchecked = "packed-unchecked", "log::packed::damage_in_a_packed_segment_is_named_by_block";
    /// A snapshot counts before its image is durable.
    ImageNotSynced = "image-not-synced", "pipeline::snapshots::a_crash_at_any_operation_of_taking_one_loses_nothing";
    /// A snapshot is not compared with its checksums.
    ImageUnchecked = "image-unchecked", "pipeline::snapshots::a_damaged_one_is_left_for_the_one_before_and_that_for_the_log";
    /// A snapshot has the number of the command before its last.
    SnapshotSeqOff = "snapshot-seq-off", "pipeline::snapshots::a_start_from_a_snapshot_is_a_start_from_the_log";
    /// A snapshot counts although the decisions before it are not durable.
    ToldNotAwaited = "told-not-awaited", "pipeline::snapshots::one_whose_decisions_will_not_be_durable_does_not_count";
    /// The oldest snapshots are kept, and the newest removed.
    OldestKept = "oldest-kept", "pipeline::snapshots::a_start_from_a_snapshot_is_a_start_from_the_log";
    /// The memory of used ids is not in a snapshot.
    IdsForgotten = "ids-forgotten", "images::an_image_of_an_image_is_the_same";
    /// What will happen by itself is not in a snapshot.
    TimersForgotten = "timers-forgotten", "images::what_is_written_after_leaves_the_image_alone";
    /// A command that stood in the snapshot is replayed again.
    ReplayedTwice = "replayed-twice", "pipeline::snapshots::a_start_from_a_snapshot_is_a_start_from_the_log";
    /// What a replay decides is not compared with what was decided.
    DecisionsUncompared = "decisions-uncompared", "pipeline::start::decisions_that_differ_stop_a_replay_at_the_first";
    /// A backup lists a piece that it does not hold.
    PieceMissing = "piece-missing", "pipeline::backups::from_a_backup_comes_the_state_that_it_was_taken_of";
    /// A directory made as of a command ends one before it.
    RestoredShort = "restored-short", "pipeline::backups::a_directory_is_made_as_of_any_command";
    /// Two processes may open one directory.
    LockNotHeld = "lock-not-held", "pipeline::start::one_directory_has_one_opener";
    /// A page that a fork shares is written in place.
    SharedPageWritten = "shared-page-written", "pages::sides_of_forks_never_mix";
    /// A record that is written is not noted to be put back.
    WriteNotNoted = "write-not-noted", "pages::writes_are_kept_or_taken_back_beside_forks";
    /// A page comes from the pool with what its last owner wrote.
    PageNotCleared = "page-not-cleared", "pages::pages_given_back_are_handed_out_once_and_zero";
    /// An id that was used before is taken again.
    IdTakenTwice = "id-taken-twice", "commands::adjust";
    /// The id of a refused command counts as used.
    RefusedIdUsed = "refused-id-used", "commands::adjust";
    /// What happens by itself happens a moment late.
    TimerLate = "timer-late", "histories::figures_after_every_command";
    /// A leg that moves leaves its figures with the old line.
    MovedLegCounted = "moved-leg-counted", "forest::every_figure_equals_a_plain_sum_after_every_step";
    /// Changes are handed up 15 steps and no further.
    DepthCapped = "depth-capped", "forest::long_lines_are_cut_and_joined_exactly";
    /// Halves are rounded to the even neighbour.
    HalvesToEven = "halves-to-even", "plans::derived";
}

/// Whether a bug is planted. Constant where there are no debug assertions.
#[inline(always)]
#[must_use]
pub fn planted(bug: Planted) -> bool {
    cfg!(debug_assertions) && *CHOSEN == Some(bug)
}

/// Whether pages hold a quarter of what they do otherwise. Constant where there are no debug assertions.
#[inline(always)]
#[must_use]
pub fn small_pages() -> bool {
    cfg!(debug_assertions) && *ARE_SMALL
}

static ARE_SMALL: LazyLock<bool> = LazyLock::new(|| std::env::var_os(SMALL).is_some());

/// The bug this process has.
static CHOSEN: LazyLock<Option<Planted>> = LazyLock::new(|| {
    let name = std::env::var(VARIABLE).ok()?;
    let row = ALL.iter().find(|row| row.name == name);
    Some(row.expect("a bug that can be planted").bug)
});
