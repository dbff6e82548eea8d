//! Disk: log segments, batches, frames, documents. Stands on `base` alone.
//!
//! Owns every byte below a data directory and the order in which bytes become durable. Must not know what a command
//! means: commands are opaque, length-prefixed bytes. Reads no clock and draws no chance; time and ids are handed in.
//! All contact with the operating system goes through [`disk::Disk`], so that a test can lose, tear and refuse; only
//! [`archive`] reaches beyond the machine, through a store that a test can stand in for.
//!
//! ```text
//! DIR/arborline.id            log id and format, written last when a directory is founded
//! DIR/restoring               while the directory is made from a backup
//! DIR/lock                    held while a process writes here
//! DIR/log/<first seq>.log     segments: zero-filled files of frames
//! DIR/log/<first seq>.log.zst sealed segments, packed
//! DIR/log/oldest              from where on the log must be whole, once something was trimmed
//! DIR/log/prepared            the next segment, zero-filled ahead of its use
//! DIR/log/packing             the next packed segment, until it is whole
//! DIR/documents/<blake3>      documents that commands name by their hash
//! DIR/runs/<blake3>           runs that commands name by their digest
//! DIR/runs/<draft>.tmp        a run until it is whole
//! DIR/snapshots/<seq>.image   a state as it stood after a command, to be mapped
//! DIR/snapshots/<seq>.json    what says that it is whole, written last
//! DIR/snapshots/image.tmp     an image until it is whole
//! ```
//!
//! | file | holds |
//! |---|---|
//! | [`fault`] | what the world can do to us |
//! | [`disk`], [`real`] | the trait to the operating system; its production form |
//! | [`directory`] | who owns a directory: identity and lock |
//! | [`frame`] | node-local frames, drawn byte by byte |
//! | [`batch`] | portable batches, drawn byte by byte |
//! | [`segment`] | heads of segments, and how a segment comes to be |
//! | [`frames`] | walking the frames of one file |
//! | [`outcomes`] | what the engine decided, as the log keeps it |
//! | [`files`], [`reader`] | which segments there are; reading them |
//! | [`prepare`] | the next segment, made ready ahead of its use |
//! | [`packed`], [`packer`] | sealed segments packed, drawn byte by byte; packing them in the background |
//! | [`recover`] | opening: the durable mark, the torn tail |
//! | [`options`], [`log`], [`order`] | settings; writing; the small trait the log thread speaks |
//! | [`documents`] | large documents by content hash |
//! | [`sealed`] | the form of what says that other files are whole |
//! | [`archive`], [`backup`], [`restore`] | a place that is not the directory; taking backups to it; making a directory from one |
//! | [`snapshot`], `mapping` | states to begin with, drawn byte by byte; their bytes in memory |
//! | [`runs`], [`run_writer`], [`run_reader`] | what periods paid, drawn byte by byte; writing and reading it |
//!
//! Decisions.
//!
//! 2026: every frame carries, beside the last durable sequence, the byte up to which its own file was synced when it
//! was written. A sequence cannot tell whether an empty batch was durable; a byte offset can.
//!
//! 2026: an opened log never continues the file it found. It starts a fresh segment that holds a copy of whatever
//! stood above the durable mark, and the head of that segment says where the file before it ends. So the path through
//! recovery is the same after a crash and after a clean stop, and is tested by both.
//!
//! 2026: packed segments are zstd in blocks of 256 KiB, each with a checksum over its packed bytes. One reads them by
//! the positions of the plain file, so nothing above a file knows which form it reads, and finding one command costs
//! a block, not a segment. zstd and not a lighter kind: it was in the program already, of a log of orders it leaves
//! three quarters of what lz4 leaves, and any zstd tool restores the plain file. Measured on one core: 64 MiB packed
//! and proven in 0.35 s, 3.6 to 1 in groups of 256 orders and 2.9 to 1 in groups of one; 9 million orders a second read
//! back, where the plain file gives 18.

pub mod archive;
pub mod backup;
pub mod batch;
pub mod directory;
pub mod disk;
pub mod documents;
pub mod fault;
pub mod files;
pub mod frame;
pub mod frames;
pub mod log;
mod mapping;
pub mod options;
pub mod order;
pub mod outcomes;
pub mod packed;
pub mod packer;
pub mod prepare;
pub mod reader;
pub mod real;
pub mod recover;
pub mod restore;
pub mod run_reader;
pub mod run_writer;
pub mod runs;
pub mod sealed;
pub mod segment;
pub mod snapshot;
