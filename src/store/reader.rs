//! Reading the log batch by batch with its outcomes: for replay, the change feed and single commands.
//!
//! A reader owns its place and its file; it never holds the writer up and never sees bytes that are not published.

use std::sync::Arc;

use crate::base::planted::{Planted, planted};
use crate::store::batch::{Batch, Hash};
use crate::store::fault::Fault;
use crate::store::files::{Files, Mark};
use crate::store::frame::Kind;
use crate::store::frames::{Frames, Step};
use crate::store::outcomes::Outcomes;
use crate::store::segment::{self, Found, Head};

/// How much a reader proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Checksums of frames, and that sequences follow each other.
    Frames,
    /// Also the chain of hashes from batch to batch: what replay needs.
    Chain,
}

/// One thing in the log.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// A batch of commands.
    Batch(Batch<'a>),
    /// What was decided on commands of batches that came before.
    Outcomes(Outcomes<'a>),
}

/// A place in the log that moves on.
pub struct Reader {
    files: Arc<Files>,
    frames: Frames,
    end: u64,
    from_seq: u64,
    proof: Proof,
    /// What the next batch must carry; none where reading began in the middle.
    previous: Option<Hash>,
    next_seq: Option<u64>,
}

impl Reader {
    /// A reader whose first batch is the one that holds `from_seq`, or that follows it directly.
    ///
    /// # Errors
    /// [`Fault::Trimmed`] when the log begins later; damage of the segment's head.
    pub fn new(files: &Arc<Files>, from_seq: u64, proof: Proof) -> Result<Reader, Fault> {
        let mark = files.find(from_seq)?;
        let (frames, head) = open_segment(files, mark)?;
        let at_start = mark.at_byte == 0;
        Ok(Reader {
            end: published(files, mark.segment),
            files: Arc::clone(files),
            frames,
            from_seq,
            proof,
            previous: at_start.then_some(head.previous_hash),
            next_seq: at_start.then_some(head.first_seq),
        })
    }

    /// The next thing in the log; none at the published end, where a later call may find more.
    ///
    /// # Errors
    /// [`Fault::Damaged`] names what does not hold; the reader then stays where it is.
    #[expect(
        clippy::should_implement_trait,
        reason = "an entry borrows from the reader, so this is no iterator"
    )]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, Fault> {
        loop {
            match self.frames.step(self.end)? {
                Step::End => {
                    if !self.advance()? {
                        return Ok(None);
                    }
                }
                Step::Bad { at_byte, reason } => {
                    return Err(Fault::damaged(self.frames.path(), at_byte, reason));
                }
                Step::Frame { at_byte, header } => match header.kind {
                    Kind::Head => {}
                    Kind::Batch => {
                        if self.accept(at_byte)? >= self.from_seq {
                            return self.entry(at_byte, Kind::Batch).map(Some);
                        }
                    }
                    Kind::Outcomes => return self.entry(at_byte, Kind::Outcomes).map(Some),
                },
            }
        }
    }

    /// Checks the batch that was just walked over; the sequence that follows it, less one.
    fn accept(&mut self, at_byte: u64) -> Result<u64, Fault> {
        let damaged = |reason: &str| Fault::damaged(self.frames.path(), at_byte, reason);
        let batch = Batch::read(self.frames.payload()).map_err(damaged)?;
        batch.check_commands().map_err(damaged)?;
        let expected = self.files.expected;
        if batch.header.log_id != expected.log_id {
            return Err(damaged("the batch belongs to another log"));
        }
        if self
            .next_seq
            .is_some_and(|next| next != batch.header.first_seq)
        {
            return Err(damaged("the batch does not follow the one before it"));
        }
        if self
            .previous
            .is_some_and(|previous| previous != batch.header.previous)
        {
            return Err(damaged("the batch before it has another hash"));
        }
        let previous = (self.proof == Proof::Chain).then(|| batch.hash());
        let (first_seq, next_seq) = (batch.header.first_seq, batch.next_seq());
        (self.previous, self.next_seq) = (previous, Some(next_seq));
        let segment = self.frames.segment();
        self.files.note(first_seq, Mark { segment, at_byte });
        Ok(next_seq.saturating_sub(1))
    }

    fn entry(&self, at_byte: u64, kind: Kind) -> Result<Entry<'_>, Fault> {
        let damaged = |reason: &str| Fault::damaged(self.frames.path(), at_byte, reason);
        let payload = self.frames.payload();
        if kind == Kind::Batch {
            return Batch::read(payload).map(Entry::Batch).map_err(damaged);
        }
        let outcomes =
            Outcomes::read(payload).map_err(|_| damaged("the outcomes are cut short"))?;
        Ok(Entry::Outcomes(outcomes))
    }

    /// Learns what was published meanwhile, or goes over to the next segment; false if there is nothing more.
    fn advance(&mut self) -> Result<bool, Fault> {
        let segment = self.frames.segment();
        let (this, next) = self.files.around(segment);
        if let Some(this) = this.filter(|this| this.end > self.end) {
            self.end = this.end;
            return Ok(true);
        }
        let Some(next) = next else {
            return Ok(false);
        };
        let mark = Mark {
            segment: next.first_seq,
            at_byte: 0,
        };
        let (frames, head) = open_segment(&self.files, mark)?;
        let damaged = |reason: &str| Err(Fault::damaged(frames.path(), 0, reason));
        if head.previous_first != segment {
            return damaged("it does not follow the segment before it");
        }
        if self.next_seq.is_some_and(|next| next != head.first_seq) {
            return damaged("it does not begin where the segment before it ends");
        }
        if self
            .previous
            .is_some_and(|previous| previous != head.previous_hash)
            && !planted(Planted::HashUnchecked)
        {
            return damaged("the last batch before it has another hash");
        }
        self.previous = Some(head.previous_hash);
        self.next_seq = Some(head.first_seq);
        self.end = next.end;
        self.frames = frames;
        Ok(true)
    }
}

fn published(files: &Files, segment: u64) -> u64 {
    files.around(segment).0.map_or(0, |this| this.end)
}

fn open_segment(files: &Files, mark: Mark) -> Result<(Frames, Head), Fault> {
    let Found { path, file, .. } = segment::open(&files.directory, mark.segment)?;
    let head = segment::read_head(&path, file.as_ref(), mark.segment, &files.expected)?;
    Ok((Frames::new(file, path, mark.segment, mark.at_byte), head))
}
