//! Opening a log: a pure function of the directory, the same after a crash and after a clean stop.
//!
//! The durable mark is the furthest byte that a whole frame of the last segment calls synced. What is bad below it is
//! damage, and the log is refused. What stands above it may be a crash's torn tail: whole frames are copied into a
//! fresh segment that is durable before anybody is served, since bytes that we can read may yet not be on the disk;
//! from the first bad frame on, the tail is cut.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::planted::{Planted, planted};
use crate::store::batch::{Batch, Hash};
use crate::store::directory::{Directory, LogId};
use crate::store::disk::{Access, File};
use crate::store::fault::{Fault, at};
use crate::store::files::{Files, Segment};
use crate::store::frame::Kind;
use crate::store::frames::{Frames, Later, Step, search};
use crate::store::options::Options;
use crate::store::segment::{self, BODY_AT, Expected, Found, Head};

/// A log ready to be written on.
pub struct Recovered {
    /// What can be read.
    pub files: Arc<Files>,
    /// The segment to write on.
    pub file: File,
    /// Its path.
    pub path: PathBuf,
    /// Its head.
    pub head: Head,
    /// Where the log ends.
    pub place: Place,
    /// What was found.
    pub opened: Opened,
}

/// What an opening found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The log's id.
    pub log_id: LogId,
    /// Whether the log was founded just now.
    pub founded: bool,
    /// Sequence of the next command.
    pub next_seq: u64,
    /// Commands above the durable mark that were made durable again.
    pub kept_above_mark: u64,
    /// Where a torn tail was cut, and what did not hold there.
    pub cut: Option<Cut>,
}

/// A torn tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub file: PathBuf,
    /// Where the first frame that is not whole begins.
    pub at_byte: u64,
    /// What does not hold.
    pub reason: String,
}

/// A place in a segment with what the next batch there must carry.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Byte of the file.
    pub at_byte: u64,
    /// Sequence of the next command.
    pub next_seq: u64,
    /// Hash of the last batch.
    pub previous: Hash,
}

/// Opens the log of a directory that the caller has locked, or founds one.
///
/// # Errors
/// Damage below the durable mark; a log of another format or machine version; [`Fault::Empty`]; a disk that refuses.
pub fn recover(directory: &Directory, options: &Options) -> Result<Recovered, Fault> {
    let list = segment::list(directory)?;
    let Some(log_id) = directory.identity()? else {
        return found(directory, options, &list);
    };
    let expected = Expected {
        log_id,
        machine_version: Some(options.machine_version),
    };
    let chain = read_chain(directory, &expected, &list)?;
    let last = examine(directory, &expected, &chain, Writer::Nobody)?;
    let fresh = match go_on(directory, options, &chain, &last)? {
        Some(fresh) => fresh,
        None => renew(directory, options, &chain, &last)?,
    };
    for segment in &fresh.sealed {
        cut_to(directory, *segment)?;
    }
    let mut segments = fresh.sealed;
    segments.push(Segment {
        first_seq: fresh.head.first_seq,
        end: fresh.end.at_byte,
    });
    let opened = Opened {
        log_id,
        founded: false,
        next_seq: fresh.end.next_seq,
        kept_above_mark: fresh.end.next_seq - last.durable.next_seq,
        cut: last.cut,
    };
    Ok(Recovered {
        files: Files::new(directory.clone(), expected, segments),
        file: fresh.file,
        path: segment::path(directory, fresh.head.first_seq),
        head: fresh.head,
        place: fresh.end,
        opened,
    })
}

/// What can be read of a directory without changing or locking it, and where its log ends.
///
/// # Errors
/// As [`recover`]; `machine_version` may be left open.
pub fn inspect(
    directory: &Directory,
    machine_version: Option<u32>,
) -> Result<(Arc<Files>, Opened), Fault> {
    let log_id = directory.identity()?.ok_or_else(|| Fault::Empty {
        dir: directory.path.clone(),
    })?;
    let expected = Expected {
        log_id,
        machine_version,
    };
    let (chain, last) = loop {
        let list = segment::list(directory)?;
        let found = read_chain(directory, &expected, &list).and_then(|chain| {
            let last = examine(directory, &expected, &chain, Writer::Anybody)?;
            Ok((chain, last))
        });
        // What was the last segment may have been sealed and packed meanwhile: then the list is another one.
        match found {
            Err(Fault::Damaged { .. }) if segment::list(directory)? != list => {}
            found => break found?,
        }
    };
    let mut segments = sealed(&chain);
    segments.push(Segment {
        first_seq: last.head.first_seq,
        end: last.end.at_byte,
    });
    let opened = Opened {
        log_id,
        founded: false,
        next_seq: last.end.next_seq,
        kept_above_mark: last.end.next_seq - last.durable.next_seq,
        cut: last.cut,
    };
    Ok((Files::new(directory.clone(), expected, segments), opened))
}

/// Founds a log: the first segment, then the identity that makes the directory a network's.
fn found(directory: &Directory, options: &Options, list: &[u64]) -> Result<Recovered, Fault> {
    let dir = directory.path.clone();
    let Some(log_id) = options.found else {
        return Err(Fault::Empty { dir });
    };
    // A founding that was cut short leaves one segment without a frame; anything else had an identity once.
    if let Some(&first_seq) = list.first() {
        let Found { path, file, .. } = segment::open(directory, first_seq)?;
        if list.len() > 1 || search(&file, &path, first_seq, BODY_AT)?.written {
            let reason = "it is missing, although there are segments";
            return Err(Fault::damaged(&dir.join("arborline.id"), 0, reason));
        }
    }
    let head = Head {
        machine_version: options.machine_version,
        log_id,
        first_seq: 1,
        capacity: options.capacity_at_opening(),
        previous_first: 0,
        previous_end: 0,
        named_at: BODY_AT,
        previous_hash: [0; 32],
    };
    let (file, path, head) = segment::begin(directory, head, segment::room_for_head())?;
    directory.put_identity(&log_id)?;
    let expected = Expected {
        log_id,
        machine_version: Some(options.machine_version),
    };
    let segments = vec![Segment {
        first_seq: 1,
        end: BODY_AT,
    }];
    Ok(Recovered {
        files: Files::new(directory.clone(), expected, segments),
        file,
        path,
        head,
        place: start_of(&head),
        opened: Opened {
            log_id,
            founded: true,
            next_seq: 1,
            kept_above_mark: 0,
            cut: None,
        },
    })
}

/// Reads the heads of all segments and checks that each follows the one before.
fn read_chain(
    directory: &Directory,
    expected: &Expected,
    list: &[u64],
) -> Result<Vec<Head>, Fault> {
    let mut chain: Vec<Head> = Vec::with_capacity(list.len());
    let oldest = segment::oldest(directory)?;
    if list.first().is_some_and(|first_seq| *first_seq > oldest) {
        let path = segment::path(directory, oldest);
        return Err(Fault::damaged(
            &path,
            0,
            "this segment, or a later one, is missing",
        ));
    }
    let mut last: Option<Found> = None;
    for &first_seq in list {
        let found = segment::open(directory, first_seq)?;
        let head = segment::read_head(&found.path, found.file.as_ref(), first_seq, expected)?;
        if let (Some(before), Some(last)) = (chain.last(), &last) {
            if head.previous_first != before.first_seq {
                let reason = "the segment before it is missing";
                return Err(Fault::damaged(&found.path, 0, reason));
            }
            check_size(last, head.previous_end)?;
        }
        chain.push(head);
        last = Some(found);
    }
    match (chain.last(), last) {
        (Some(head), Some(last)) => check_size(&last, head.capacity).map(|()| chain),
        _ => Err(Fault::damaged(&directory.log(), 0, "there are no segments")),
    }
}

fn check_size(found: &Found, bytes: u64) -> Result<(), Fault> {
    let size = found.file.size().map_err(at("measure", &found.path))?;
    if size < bytes {
        let reason = "it is shorter than it was made";
        return Err(Fault::damaged(&found.path, size, reason));
    }
    Ok(())
}

fn sealed(chain: &[Head]) -> Vec<Segment> {
    let pairs = chain.iter().zip(&chain[1..]);
    pairs
        .map(|(this, next)| Segment {
            first_seq: this.first_seq,
            end: next.previous_end,
        })
        .collect()
}

/// The last segment, examined.
struct Last {
    head: Head,
    file: File,
    path: PathBuf,
    /// The durable mark.
    durable: Place,
    /// Where whole frames end.
    end: Place,
    cut: Option<Cut>,
}

/// Who may write while a log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// Nobody else: the directory is locked.
    Nobody,
    /// Anybody.
    Anybody,
}

/// Finds the durable mark and the end of the last segment.
fn examine(
    directory: &Directory,
    expected: &Expected,
    chain: &[Head],
    writer: Writer,
) -> Result<Last, Fault> {
    let head = *chain.last().expect("a chain has a segment");
    let Found { path, file, packed } = segment::open(directory, head.first_seq)?;
    if packed {
        return Err(Fault::damaged(&path, 0, "the segment after it is missing"));
    }
    let mut whole = Walk::new(&file, &path, &head);
    let reason = whole.to(u64::MAX, expected, |_, _| ())?;
    let end = whole.place;
    let mut later = search(&file, &path, head.first_seq, end.at_byte)?;
    // A frame that was not whole and is now was being written: what stands behind it was written later still. One that is
    // whole and does not follow was not.
    if writer == Writer::Anybody && later.synced_to > end.at_byte {
        let mut again = Walk::new(&file, &path, &head);
        again.go_on_from(&file, &path, &head, end);
        again.to(u64::MAX, expected, |_, _| ())?;
        if again.place.at_byte > end.at_byte {
            later = Later::default();
        }
    }
    let mark = whole.synced_to.max(head.named_at).max(later.synced_to);
    let reason = reason.unwrap_or("the file ends");
    let mark = match planted(Planted::CutBelowMark) {
        true => mark.min(end.at_byte),
        false => mark,
    };
    if mark > end.at_byte {
        return Err(Fault::damaged(&path, end.at_byte, reason));
    }
    let mut below = Walk::new(&file, &path, &head);
    below.to(mark, expected, |_, _| ())?;
    if below.place.at_byte != mark {
        return Err(Fault::damaged(
            &path,
            mark,
            "the durable mark lies within a frame",
        ));
    }
    let cut = later.written.then(|| Cut {
        file: path.clone(),
        at_byte: end.at_byte,
        reason: reason.to_owned(),
    });
    Ok(Last {
        head,
        file,
        path,
        durable: below.place,
        end,
        cut,
    })
}

/// A segment to write on, behind those that are sealed.
struct Fresh {
    sealed: Vec<Segment>,
    file: File,
    head: Head,
    end: Place,
}

/// Goes on with a last segment in which nothing stands, as a clean stop leaves it: all of it was durable before it had its
/// name, and the name is made so now. None where it holds anything, or has too little room.
fn go_on(
    directory: &Directory,
    options: &Options,
    chain: &[Head],
    last: &Last,
) -> Result<Option<Fresh>, Fault> {
    let is_empty = last.end.at_byte == BODY_AT || planted(Planted::TailNotRenewed);
    let is_empty = is_empty && last.cut.is_none();
    if !is_empty || last.head.capacity < options.capacity_at_opening() {
        return Ok(None);
    }
    let file = directory.disk.open(&last.path, Access::Write);
    let file = file.map_err(at("open", &last.path))?;
    let dir = directory.log();
    if !planted(Planted::EmptyNotSynced) {
        directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    }
    Ok(Some(Fresh {
        sealed: sealed(chain),
        file,
        head: last.head,
        end: last.end,
    }))
}

/// Copies what stands above the durable mark into a fresh segment and gives it its name when it is durable.
///
/// A last segment without a durable command has the fresh one's name; then all of it is copied and it is replaced.
fn renew(
    directory: &Directory,
    options: &Options,
    chain: &[Head],
    last: &Last,
) -> Result<Fresh, Fault> {
    let mut sealed = sealed(chain);
    let mut head = last.head;
    let mut from = start_of(&last.head);
    if last.durable.next_seq != last.head.first_seq {
        from = last.durable;
        sealed.push(Segment {
            first_seq: head.first_seq,
            end: from.at_byte,
        });
        head.first_seq = from.next_seq;
        head.previous_first = last.head.first_seq;
        head.previous_end = from.at_byte;
        head.previous_hash = from.previous;
    }
    let mut walk = Walk::new(&last.file, &last.path, &last.head);
    walk.go_on_from(&last.file, &last.path, &last.head, from);
    let mut content = segment::room_for_head();
    let expected = Expected {
        log_id: head.log_id,
        machine_version: None,
    };
    walk.to(last.end.at_byte, &expected, |kind, payload| {
        segment::put_copy(&mut content, kind, payload, head.first_seq);
    })?;
    head.capacity = options.capacity_at_opening();
    let (file, _, head) = segment::begin(directory, head, content)?;
    let end = Place {
        at_byte: head.named_at,
        ..last.end
    };
    Ok(Fresh {
        sealed,
        file,
        head,
        end,
    })
}

/// Gives back the room behind the end of a sealed segment, with whatever a crash left there.
fn cut_to(directory: &Directory, sealed: Segment) -> Result<(), Fault> {
    let path = segment::path(directory, sealed.first_seq);
    let file = match directory.disk.open(&path, Access::Write) {
        // What is packed ends where it counts.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at("open", &path))?,
    };
    if file.size().map_err(at("measure", &path))? > sealed.end {
        file.set_len(sealed.end).map_err(at("cut", &path))?;
    }
    Ok(())
}

fn start_of(head: &Head) -> Place {
    Place {
        at_byte: BODY_AT,
        next_seq: head.first_seq,
        previous: head.previous_hash,
    }
}

/// A walk over a segment that follows the chain of batches.
struct Walk {
    frames: Frames,
    place: Place,
    synced_to: u64,
}

impl Walk {
    fn new(file: &File, path: &std::path::Path, head: &Head) -> Walk {
        let place = start_of(head);
        Walk {
            frames: Frames::new(
                File::clone(file),
                path.to_owned(),
                head.first_seq,
                place.at_byte,
            ),
            place,
            synced_to: 0,
        }
    }

    fn go_on_from(&mut self, file: &File, path: &std::path::Path, head: &Head, place: Place) {
        self.frames = Frames::new(
            File::clone(file),
            path.to_owned(),
            head.first_seq,
            place.at_byte,
        );
        self.place = place;
    }

    /// Walks whole frames up to byte `end`; what did not hold where it stopped earlier.
    fn to(
        &mut self,
        end: u64,
        expected: &Expected,
        mut each: impl FnMut(Kind, &[u8]),
    ) -> Result<Option<&'static str>, Fault> {
        loop {
            let header = match self.frames.step(end)? {
                Step::End => return Ok(None),
                Step::Bad { reason, .. } => return Ok(Some(reason)),
                Step::Frame { header, .. } => header,
            };
            match header.kind {
                Kind::Head => return Ok(Some("a second head")),
                Kind::Outcomes => {}
                Kind::Batch => {
                    if let Err(reason) = self.follow(expected) {
                        return Ok(Some(reason));
                    }
                }
            }
            self.place.at_byte = self.frames.at_byte();
            self.synced_to = self.synced_to.max(header.synced_to);
            each(header.kind, self.frames.payload());
        }
    }

    fn follow(&mut self, expected: &Expected) -> Result<(), &'static str> {
        let batch = Batch::read(self.frames.payload())?;
        batch.check_commands()?;
        let header = batch.header;
        if header.log_id != expected.log_id
            || header.first_seq != self.place.next_seq
            || header.previous != self.place.previous
        {
            return Err("the batch does not follow the one before it");
        }
        self.place.next_seq = batch.next_seq();
        self.place.previous = batch.hash();
        Ok(())
    }
}
