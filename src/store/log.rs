//! The log as its one writer sees it: append to a buffer, commit with one write and one sync.
//!
//! Any fault poisons it: what was written last may or may not be on disk, and a second sync that succeeds would prove
//! nothing about bytes that the first one lost. Whoever opens the directory next finds out.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::limits::BATCH_BYTES_MAX;
use crate::base::planted::{Planted, planted};
use crate::base::time::Time;
use crate::store::batch::{self, Hash};
use crate::store::directory::Directory;
use crate::store::disk::{DiskFile, File, Lock, write_all};
use crate::store::fault::{Fault, at};
use crate::store::files::{Files, Mark, Segment};
use crate::store::frame::{self, Header, Kind};
use crate::store::options::{Durability, Options};
use crate::store::outcomes::Outcomes;
use crate::store::packer::Packer;
use crate::store::prepare::Preparer;
use crate::store::recover::{Opened, Place, recover};
use crate::store::segment::{self, BODY_AT, Head};

/// A log open for writing; its directory stays locked while it lives.
pub struct Log {
    files: Arc<Files>,
    options: Options,
    file: File,
    path: PathBuf,
    head: Head,
    /// Bytes of the file that have been written.
    end: u64,
    /// Bytes of the file that have been synced.
    synced_to: u64,
    /// Where the last batch with commands ends.
    commands_to: u64,
    /// The furthest byte that a frame on the disk calls synced, and one in the buffer or the file.
    marked_to: u64,
    mark_to: u64,
    /// Frames not written yet; the first begins at `end`.
    pending: Vec<u8>,
    /// Whether a batch stands in `pending`.
    pending_batch: bool,
    next_seq: u64,
    durable_seq: u64,
    previous: Hash,
    poisoned: bool,
    /// Before the lock, so that their threads have ended when the lock is given back.
    preparer: Preparer,
    packer: Packer,
    lock: Arc<Lock>,
}

impl Log {
    /// Locks a directory and opens its log, or founds one where the options allow it. Costs one pass over the last
    /// segment and the zero-filling of a fresh one.
    ///
    /// # Errors
    /// [`Fault::Locked`], [`Fault::Empty`], damage by file and byte, another machine version or format, a disk that
    /// refuses.
    pub fn open(directory: &Directory, options: Options) -> Result<(Log, Opened), Fault> {
        if options.found.is_some() {
            directory.make()?;
        }
        let lock = match directory.lock() {
            Err(Fault::Io {
                kind: std::io::ErrorKind::NotFound,
                ..
            }) => {
                return Err(Fault::Empty {
                    dir: directory.path.clone(),
                });
            }
            other => other?,
        };
        let recovered = recover(directory, &options)?;
        let preparer = Preparer::new(directory.clone(), options.segments);
        let packer = Packer::new(&recovered.files, options.segments)?;
        let Place {
            at_byte,
            next_seq,
            previous,
        } = recovered.place;
        let log = Log {
            files: recovered.files,
            options,
            file: recovered.file,
            path: recovered.path,
            head: recovered.head,
            end: at_byte,
            synced_to: at_byte,
            commands_to: at_byte,
            marked_to: at_byte,
            mark_to: at_byte,
            pending: Vec::new(),
            pending_batch: false,
            next_seq,
            durable_seq: next_seq - 1,
            previous,
            poisoned: false,
            preparer,
            packer,
            lock: Arc::new(lock),
        };
        Ok((log, recovered.opened))
    }

    /// What keeps the directory locked, for whoever has to write there when the log is closed.
    #[must_use]
    pub fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.lock)
    }

    /// What can be read, from any thread.
    #[must_use]
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// Sequence of the next command.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The last sequence known to be on the disk, 0 for none.
    #[must_use]
    pub fn durable_seq(&self) -> u64 {
        self.durable_seq
    }

    /// Whether commands stand above the durable mark that an opening would find now: an empty batch, committed, moves
    /// the mark past them.
    #[must_use]
    pub fn mark_is_behind(&self) -> bool {
        self.commands_to > self.marked_to
    }

    /// Buffers a batch of `count` commands, each with its length before it, spread over `parts`; returns the sequence
    /// of the first. Nothing is durable before [`Log::commit`].
    ///
    /// # Errors
    /// A segment that is full is committed and the next one begun, which may fail; the log is then poisoned.
    ///
    /// # Panics
    /// If the batch is larger than [`BATCH_BYTES_MAX`] or holds more than
    /// [`BATCH_COMMANDS_MAX`](crate::base::limits::BATCH_COMMANDS_MAX) commands.
    pub fn append(&mut self, stamp: Time, count: u32, parts: &[&[u8]]) -> Result<u64, Fault> {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        assert!(bytes <= BATCH_BYTES_MAX, "a bounded batch");
        // Not at the opening: a start has no time for it.
        self.prepare_next()?;
        self.make_room(batch::HEADER_BYTES + bytes)?;
        let (start, at_byte) = self.open_frame();
        let header = batch::Header {
            log_id: self.head.log_id,
            machine_version: self.options.machine_version,
            first_seq: self.next_seq,
            count,
            time: stamp,
            previous: self.previous,
        };
        batch::put_header(&mut self.pending, &header);
        for part in parts {
            self.pending.extend_from_slice(part);
        }
        let body = &self.pending[start + frame::HEADER_BYTES..];
        self.previous = *blake3::hash(body).as_bytes();
        self.close_frame(Kind::Batch, start, at_byte);
        self.pending_batch = true;
        if count > 0 {
            self.commands_to = self.end + self.pending.len() as u64;
        }
        let mark = Mark {
            segment: self.head.first_seq,
            at_byte,
        };
        self.files.note(self.next_seq, mark);
        self.next_seq += u64::from(count);
        Ok(header.first_seq)
    }

    /// Buffers what was decided on `count` commands from `first_seq` on. It reaches the file with the next commit or
    /// [`Log::write_outcomes`], and is never synced for its own sake.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn append_outcomes(&mut self, outcomes: &Outcomes<'_>) -> Result<(), Fault> {
        self.make_room(outcomes.bytes.len() + 12)?;
        let (start, at_byte) = self.open_frame();
        outcomes.put(&mut self.pending);
        self.close_frame(Kind::Outcomes, start, at_byte);
        Ok(())
    }

    /// Makes all that was appended durable, with one write and one sync; the last sequence confirmed. Where the
    /// options ask only for the operating system, there is no sync.
    ///
    /// # Errors
    /// Any fault poisons the log.
    pub fn commit(&mut self) -> Result<u64, Fault> {
        match self.options.durability {
            Durability::Fsync if !planted(Planted::AckedBeforeSync) => self.sync()?,
            _ => self.write()?,
        }
        Ok(self.next_seq - 1)
    }

    /// Makes all that was appended durable on the disk, whatever the options say.
    ///
    /// # Errors
    /// Any fault poisons the log.
    pub fn sync(&mut self) -> Result<(), Fault> {
        self.guard()?;
        let written = self.write_pending().and_then(|()| {
            let skipped = planted(Planted::SyncSkipped) && self.next_seq.is_multiple_of(3);
            if self.synced_to < self.end && !skipped {
                let synced = match self.file.sync_data() {
                    Err(_) if planted(Planted::SyncRetried) => self.file.sync_data(),
                    synced => synced,
                };
                synced.map_err(at("sync", &self.path))?;
            }
            Ok(())
        });
        self.settle(written)?;
        self.synced_to = self.end;
        self.marked_to = self.mark_to;
        self.durable_seq = self.next_seq - 1;
        self.files.publish(self.end);
        Ok(())
    }

    /// Writes buffered outcomes without a sync, so that readers see them. Does nothing while a batch is buffered:
    /// nobody may see that before it is durable.
    ///
    /// # Errors
    /// Any fault poisons the log.
    pub fn write_outcomes(&mut self) -> Result<(), Fault> {
        self.guard()?;
        if self.pending_batch {
            return Ok(());
        }
        self.write()
    }

    fn write(&mut self) -> Result<(), Fault> {
        self.guard()?;
        let written = self.write_pending();
        self.settle(written)?;
        self.files.publish(self.end);
        Ok(())
    }

    fn write_pending(&mut self) -> Result<(), Fault> {
        write_all(self.file.as_ref(), &self.path, &self.pending, self.end)?;
        self.end += self.pending.len() as u64;
        self.pending.clear();
        self.pending_batch = false;
        Ok(())
    }

    /// Forgets the segments that hold nothing from `seq` on.
    ///
    /// # Errors
    /// If the disk refuses; the log is not harmed.
    pub fn trim(&mut self, seq: u64) -> Result<(), Fault> {
        let directory = &self.files.directory;
        let _names = self.files.names.lock();
        let gone = self.files.trim(seq);
        if gone.is_empty() {
            return Ok(());
        }
        segment::put_oldest(directory, self.files.oldest_seq())?;
        // One after the other, so that a crash never leaves a gap.
        for segment in gone {
            segment::remove(directory, segment.first_seq)?;
        }
        Ok(())
    }

    fn open_frame(&mut self) -> (usize, u64) {
        let at_byte = self.end + self.pending.len() as u64;
        (frame::open(&mut self.pending), at_byte)
    }

    fn close_frame(&mut self, kind: Kind, start: usize, at_byte: u64) {
        let header = Header {
            kind,
            length: self.pending.len() - start - frame::HEADER_BYTES,
            segment: self.head.first_seq,
            durable_seq: self.durable_seq,
            synced_to: match planted(Planted::MarkAhead) {
                true => self.end,
                false => self.synced_to,
            },
        };
        frame::close(&mut self.pending, start, at_byte, &header);
        self.mark_to = self.synced_to;
    }

    /// Goes over to the next segment when a frame with this payload does not fit into the present one.
    fn make_room(&mut self, payload: usize) -> Result<(), Fault> {
        self.guard()?;
        let need = frame::frame_bytes(payload);
        if self.end + self.pending.len() as u64 + need <= self.head.capacity {
            return Ok(());
        }
        self.sync()?;
        let gone_over = if self.next_seq == self.head.first_seq {
            self.extend(need)
        } else {
            self.rotate(need)
        };
        self.settle(gone_over)
    }

    /// Begins the next segment. Everything before it is durable by now.
    fn rotate(&mut self, need: u64) -> Result<(), Fault> {
        let usual = next_capacity(&self.head, &self.options);
        let (file, capacity) = self.preparer.take(usual.max(BODY_AT + need))?;
        self.go_over(file, capacity)?;
        self.prepare_next()
    }

    /// Has the segment after this one made ready meanwhile.
    fn prepare_next(&mut self) -> Result<(), Fault> {
        let capacity = next_capacity(&self.head, &self.options);
        self.preparer.begin(capacity)
    }

    /// Closes a log that is durable as far as it goes. Its last segment is sealed by one behind it that holds nothing, on
    /// which the next opening goes on without making one; nothing else depends on it.
    ///
    /// # Errors
    /// If the disk refuses; the log is not harmed.
    pub fn finish(mut self) -> Result<(), Fault> {
        self.sync()?;
        if self.next_seq == self.head.first_seq {
            return Ok(());
        }
        // First, since what it makes has the same name.
        self.preparer.stop();
        let capacity = self.options.capacity_at_opening();
        let file = segment::prepare(&self.files.directory, capacity, &|| false)?;
        self.go_over(file.expect("nobody stops it"), capacity)
    }

    /// Goes over to a file that was made for the next segment.
    fn go_over(&mut self, file: File, capacity: u64) -> Result<(), Fault> {
        let directory = self.files.directory.clone();
        let head = Head {
            first_seq: self.next_seq,
            capacity,
            previous_first: self.head.first_seq,
            previous_end: self.end,
            named_at: BODY_AT,
            previous_hash: self.previous,
            ..self.head
        };
        let mut content = Vec::new();
        segment::put_head(&mut content, &head);
        let path = segment::name(&directory, &file, head.first_seq, &content)?;
        // The room behind the end of the old segment is given back; a crash before that is made good at the next start.
        self.file.set_len(self.end).map_err(at("cut", &self.path))?;
        let sealed = Segment {
            first_seq: self.head.first_seq,
            end: self.end,
        };
        self.files.push(Segment {
            first_seq: head.first_seq,
            end: BODY_AT,
        });
        (self.file, self.path, self.head) = (file, path, head);
        (self.end, self.synced_to, self.commands_to) = (BODY_AT, BODY_AT, BODY_AT);
        (self.mark_to, self.marked_to) = (BODY_AT, BODY_AT);
        self.packer.pack(sealed);
        Ok(())
    }

    /// Makes a segment longer that is full although it holds no command yet: the next one would have its name.
    fn extend(&mut self, need: u64) -> Result<(), Fault> {
        let zeros = vec![0; usize::try_from(need).expect("a frame fits memory")];
        let file: &dyn DiskFile = self.file.as_ref();
        write_all(file, &self.path, &zeros, self.head.capacity)?;
        file.sync_data().map_err(at("sync", &self.path))?;
        self.head.capacity += need;
        Ok(())
    }

    fn guard(&self) -> Result<(), Fault> {
        if self.poisoned {
            return Err(Fault::Poisoned);
        }
        Ok(())
    }

    fn settle(&mut self, result: Result<(), Fault>) -> Result<(), Fault> {
        self.poisoned |= result.is_err() && !planted(Planted::PoisonForgotten);
        result
    }
}

/// Bytes of the segment after one with this head.
fn next_capacity(head: &Head, options: &Options) -> u64 {
    head.capacity.saturating_mul(4).min(options.segment_bytes)
}
