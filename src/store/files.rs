//! Which segments there are and how far each may be read: shared by the one writer and any number of readers.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::store::directory::Directory;
use crate::store::fault::Fault;
use crate::store::segment::Expected;

/// Bytes of the log between two marks of the index.
const MARK_BYTES: u64 = 256 << 10;

/// One segment as readers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Sequence of its first command: its name.
    pub first_seq: u64,
    /// Bytes that may be read: all that count of a sealed one, all that is published of the last.
    pub end: u64,
}

/// Where a reader may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// First sequence of the segment.
    pub segment: u64,
    /// Where in it a batch begins.
    pub at_byte: u64,
}

/// The segments of one log.
pub struct Files {
    /// Where they lie.
    pub directory: Directory,
    /// What their heads must say.
    pub expected: Expected,
    /// Held while a file of a segment gets another name or goes.
    pub names: Mutex<()>,
    segments: RwLock<Vec<Segment>>,
    marks: Mutex<BTreeMap<u64, Mark>>,
}

impl Files {
    /// Shares a list of segments, ascending by first sequence.
    #[must_use]
    pub fn new(directory: Directory, expected: Expected, segments: Vec<Segment>) -> Arc<Files> {
        Arc::new(Files {
            directory,
            expected,
            names: Mutex::default(),
            segments: RwLock::new(segments),
            marks: Mutex::default(),
        })
    }

    /// All segments, ascending.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        self.segments.read().clone()
    }

    /// The segment after the one that begins with `first_seq`, and that one as it is now.
    #[must_use]
    pub fn around(&self, first_seq: u64) -> (Option<Segment>, Option<Segment>) {
        let segments = self.segments.read();
        let next = segments.partition_point(|segment| segment.first_seq <= first_seq);
        let this = segments[..next].last().copied();
        (
            this.filter(|segment| segment.first_seq == first_seq),
            segments.get(next).copied(),
        )
    }

    /// The oldest sequence that can be read.
    #[must_use]
    pub fn oldest_seq(&self) -> u64 {
        self.segments
            .read()
            .first()
            .map_or(1, |oldest| oldest.first_seq)
    }

    /// Where to begin reading for the batch that holds `seq`: at most 256 KiB before it where this process read or
    /// wrote that part of the log, otherwise at the start of its segment.
    ///
    /// # Errors
    /// [`Fault::Trimmed`] when the log begins later.
    pub fn find(&self, seq: u64) -> Result<Mark, Fault> {
        let segment = {
            let segments = self.segments.read();
            let next = segments.partition_point(|segment| segment.first_seq <= seq);
            segments[..next].last().copied()
        };
        let Some(segment) = segment else {
            return Err(Fault::Trimmed {
                oldest_seq: self.oldest_seq(),
            });
        };
        let mark = self
            .marks
            .lock()
            .range(..=seq)
            .next_back()
            .map(|(_, mark)| *mark);
        Ok(mark
            .filter(|mark| mark.segment == segment.first_seq)
            .unwrap_or(Mark {
                segment: segment.first_seq,
                at_byte: 0,
            }))
    }

    /// Lets readers of later sequences begin at a batch; kept only where the last mark is far enough away.
    pub fn note(&self, seq: u64, mark: Mark) {
        let mut marks = self.marks.lock();
        let near = marks.range(..=seq).next_back().is_some_and(|(_, last)| {
            last.segment == mark.segment && mark.at_byte < last.at_byte + MARK_BYTES
        });
        if !near {
            marks.insert(seq, mark);
        }
    }

    /// Bytes of the log in its plain form, of the segments that begin at `from_seq` or later.
    #[must_use]
    pub fn bytes_from(&self, from_seq: u64) -> u64 {
        let segments = self.segments.read();
        let first = segments.partition_point(|segment| segment.first_seq < from_seq);
        segments[first..].iter().map(|segment| segment.end).sum()
    }

    /// Publishes bytes of the last segment.
    pub fn publish(&self, end: u64) {
        if let Some(last) = self.segments.write().last_mut() {
            last.end = end;
        }
    }

    /// Adds the segment that follows the last one.
    pub fn push(&self, segment: Segment) {
        self.segments.write().push(segment);
    }

    /// Forgets the segments that hold nothing from `seq` on; the last one stays. Returns what was forgotten.
    pub fn trim(&self, seq: u64) -> Vec<Segment> {
        let mut segments = self.segments.write();
        let mut keep = segments.partition_point(|segment| segment.first_seq <= seq);
        keep = keep.saturating_sub(1).min(segments.len().saturating_sub(1));
        let gone: Vec<Segment> = segments.drain(..keep).collect();
        let mut marks = self.marks.lock();
        let oldest = segments.first().map_or(0, |oldest| oldest.first_seq);
        marks.retain(|_, mark| mark.segment >= oldest);
        gone
    }
}
