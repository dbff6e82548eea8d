//! The log: a segment in its directory, frames, batches, packed segments, and the file that says whose a directory is.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use arborline::base::bytes::Reader as Bytes;
use arborline::store::batch::{Batch, put_command, put_header};
use arborline::store::disk::read_full;
use arborline::store::fault::Fault;
use arborline::store::files::Files;
use arborline::store::frame::{self, Kind};
use arborline::store::frames::{Frames, Step, search};
use arborline::store::log::Log;
use arborline::store::packed::Packed;
use arborline::store::reader::{Entry, Proof, Reader};
use arborline::store::recover::inspect;

use super::belt::{Answer, answer, hash};
use super::heal;
use super::shelf::{Shelf, file};
use crate::log::damage::samples;
use crate::log::history::{LOG_ID, directory, options};

/// A small log, with its sealed segments packed and plain.
struct Sample {
    shelves: [Shelf; 2],
    submitted: Vec<Vec<u8>>,
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let [(packed, history), (plain, _)] = samples();
    Sample {
        shelves: [Shelf::of(&packed), Shelf::of(&plain)],
        submitted: history.submitted,
    }
});

fn is_segment(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".log") || name.ends_with(".log.zst")
}

/// Which of the sample's segments an input stands for, by its own words: of its form and number, or else the last one.
fn place(bytes: &[u8]) -> (&'static Shelf, PathBuf, bool) {
    let [packed, plain] = &SAMPLE.shelves;
    let number = number(bytes);
    let zipped = bytes.starts_with(&[0x50, 0x2a, 0x4d, 0x18]);
    let shelf = if zipped { packed } else { plain };
    let name = match zipped {
        true => format!("{number:020}.log.zst"),
        false => format!("{number:020}.log"),
    };
    let segments = || {
        shelf
            .files()
            .map(|(path, _)| path)
            .filter(|path| is_segment(path))
    };
    let last = segments().last().expect("a last one").to_owned();
    let path = segments().find(|path| path.ends_with(&name));
    let path = path.map_or_else(|| last.clone(), Path::to_owned);
    let is_last = path == last;
    (shelf, path, is_last)
}

/// The number that an input gives its segment, in either form.
fn number(bytes: &[u8]) -> u64 {
    let number = bytes.get(24..).and_then(|rest| rest.first_chunk());
    number.map_or(0, |number| u64::from_le_bytes(*number))
}

/// Every segment of the sample, in both of its forms.
pub(super) fn segments() -> Vec<Vec<u8>> {
    let files = SAMPLE.shelves.iter().flat_map(Shelf::files);
    let segments = files.filter(|(path, bytes)| is_segment(path) && !bytes.is_empty());
    segments.map(|(_, bytes)| bytes.to_vec()).collect()
}

pub(super) fn plain() -> Vec<Vec<u8>> {
    let mut all = segments();
    all.retain(|bytes| bytes.starts_with(&frame::MAGIC));
    all
}

pub(super) fn packed() -> Vec<Vec<u8>> {
    let mut all = segments();
    all.retain(|bytes| !bytes.starts_with(&frame::MAGIC));
    all
}

/// All commands that a log shows, and the bytes of its outcomes.
fn shown(files: &std::sync::Arc<Files>) -> Result<(Vec<Vec<u8>>, u64), Fault> {
    let mut reader = Reader::new(files, files.oldest_seq(), Proof::Chain)?;
    let (mut commands, mut outcomes) = (Vec::new(), 0);
    while let Some(entry) = reader.next()? {
        match entry {
            Entry::Batch(batch) => commands.extend(batch.iter().map(<[u8]>::to_vec)),
            Entry::Outcomes(told) => outcomes = hash((outcomes, told.first_seq, told.bytes)),
        }
    }
    Ok((commands, outcomes))
}

/// The directory with an input in a segment's place: what is shown without writing is what an opening shows, and what it
/// leaves behind shows the same.
fn opened(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, u64), Fault> {
    let (shelf, path, _) = place(bytes);
    let changed = shelf.with(&path, bytes);
    let inspected = inspect(&changed.directory(), Some(7)).and_then(|(files, _)| shown(&files));
    let disk = changed.disk();
    let log = Log::open(&directory(&disk), options());
    let opened = log.and_then(|(log, _)| shown(log.files()));
    match (&inspected, &opened) {
        (Ok(inspected), Ok(opened)) => {
            assert_eq!(inspected.0, opened.0);
            let left = inspect(&directory(&disk), Some(7));
            let left = left.and_then(|(files, _)| shown(&files));
            assert_eq!(left.expect("a log that was opened").0, opened.0);
        }
        (inspected, opened) => assert_eq!(
            inspected.is_ok(),
            opened.is_ok(),
            "without writing {:?}, opened {:?}",
            inspected.as_ref().err(),
            opened.as_ref().err()
        ),
    }
    inspected
}

fn told(read: &Result<(Vec<Vec<u8>>, u64), Fault>) -> Answer {
    answer(&read.as_ref().map_err(ToString::to_string))
}

/// A segment is shown whole or its damage is named; of the last one an end may be missing that nobody knows of.
pub(super) fn segment(bytes: &[u8]) -> Answer {
    let read = opened(bytes);
    match &read {
        Ok((commands, _)) => {
            let submitted = &SAMPLE.submitted;
            let (_, _, is_last) = place(bytes);
            assert!(is_last || commands.len() == submitted.len());
            assert_eq!(*commands, submitted[..commands.len()]);
        }
        Err(fault) => assert!(
            matches!(
                fault,
                Fault::Damaged { .. } | Fault::OtherFormat { .. } | Fault::OtherMachine { .. }
            ),
            "{fault}"
        ),
    }
    told(&read)
}

/// The same where every checksum holds: anything may be shown, but the same in every way.
pub(super) fn segment_healed(bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    let number = number(&bytes);
    if bytes.starts_with(&[0x50, 0x2a, 0x4d, 0x18]) {
        heal::packed(&mut bytes);
    } else {
        heal::frames(&mut bytes, number);
    }
    told(&opened(&bytes))
}

/// The same where batches follow each other too.
pub(super) fn segment_chained(bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    let number = number(&bytes);
    heal::chain(&mut bytes, number);
    told(&opened(&bytes))
}

/// Frames from the start of a file: each is written again as it was read.
pub(super) fn frames(bytes: &[u8]) -> Answer {
    let (file, path, segment) = (file(bytes), PathBuf::from("frames"), number(bytes));
    let mut frames = Frames::new(file.clone(), path.clone(), segment, 0);
    let mut read = Vec::new();
    let answer = loop {
        match frames.step(bytes.len() as u64).expect("a disk in order") {
            Step::End => break Ok(hash(&read)),
            Step::Bad { at_byte, reason } => break Err(hash((at_byte, reason))),
            Step::Frame { at_byte, header } => {
                let payload = frames.payload();
                let mut again = Vec::new();
                let start = frame::open(&mut again);
                again.extend_from_slice(payload);
                frame::close(&mut again, start, at_byte, &header);
                assert!(frame::checksum_holds(&again));
                let first = again.first_chunk().expect("a header");
                assert_eq!(frame::read_header(first, at_byte, segment), Ok(header));
                let at = at_byte as usize;
                let zero = bytes[at + 13..at + 16] == [0; 3];
                assert!(!zero || again == bytes[at..at + again.len()]);
                read.extend_from_slice(payload);
            }
        }
    };
    let later = search(&file, &path, segment, 0).expect("a disk in order");
    assert_eq!(later.written, bytes.iter().any(|byte| *byte != 0));
    answer
}

pub(super) fn frames_healed(bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    let number = number(&bytes);
    heal::frames(&mut bytes, number);
    frames(&bytes)
}

/// The segments without the room behind their last frames.
pub(super) fn whole_frames() -> Vec<Vec<u8>> {
    let mut all = plain();
    for bytes in &mut all {
        let mut frames = Frames::new(file(bytes), PathBuf::new(), number(bytes), 0);
        while let Ok(Step::Frame { .. }) = frames.step(bytes.len() as u64) {}
        bytes.truncate(frames.at_byte() as usize);
    }
    all
}

/// The batches of the sample.
pub(super) fn batches() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for bytes in plain() {
        let mut frames = Frames::new(file(&bytes), PathBuf::new(), number(&bytes), 0);
        while let Ok(Step::Frame { header, .. }) = frames.step(bytes.len() as u64) {
            if header.kind == Kind::Batch {
                found.push(frames.payload().to_vec());
            }
        }
    }
    found
}

/// A batch is written again as it was read.
pub(super) fn batch(bytes: &[u8]) -> Answer {
    let read = Batch::read(bytes).and_then(|batch| batch.check_commands().map(|()| batch));
    if let Ok(batch) = &read {
        assert!(batch.next_seq() >= batch.header.first_seq);
        let mut again = Vec::new();
        put_header(&mut again, &batch.header);
        batch
            .iter()
            .for_each(|command| put_command(&mut again, command));
        assert_eq!(again, bytes);
    }
    answer(&read.map(|batch| batch.hash()))
}

/// A packed segment's plain bytes, read by pieces of odd lengths.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let path = Path::new("packed");
    let packed = Packed::open(file(bytes), path, number(bytes))?;
    let mut plain = Vec::new();
    let mut piece = vec![0; 7_777];
    loop {
        let read = read_full(&packed, path, &mut piece, plain.len() as u64)?;
        if read == 0 {
            return Ok(plain);
        }
        plain.extend_from_slice(&piece[..read]);
    }
}

/// A packed segment gives the bytes it was made of, or its damage is named.
pub(super) fn unpack(bytes: &[u8]) -> Answer {
    let read = unpacked(bytes);
    if let Ok(plain) = &read {
        let name = format!("/data/net/log/{:020}.log", number(bytes));
        assert!(SAMPLE.shelves[1].bytes(Path::new(&name)) == plain);
    }
    answer(&read.map_err(|fault| fault.to_string()))
}

pub(super) fn unpack_healed(bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    heal::packed(&mut bytes);
    let read = unpacked(&bytes);
    if let Ok(plain) = &read {
        let mut head = Bytes::new(&bytes[32..]);
        assert_eq!(head.u64(), Ok(plain.len() as u64));
    }
    answer(&read.map_err(|fault| fault.to_string()))
}

const IDENTITY: &str = "/data/net/arborline.id";

/// What a directory is told by an identity file.
fn identified(bytes: &[u8]) -> Result<Option<[u8; 16]>, String> {
    let shelf = Shelf::default().with(Path::new(IDENTITY), bytes);
    let read = shelf.directory().identity();
    if let Ok(Some(id)) = read {
        let disk = Shelf::default().disk();
        directory(&disk).put_identity(&id).expect("a disk in order");
        assert_eq!(directory(&disk).identity(), Ok(Some(id)));
    }
    read.map_err(|fault| fault.to_string())
}

pub(super) fn identities() -> Vec<Vec<u8>> {
    vec![SAMPLE.shelves[0].bytes(Path::new(IDENTITY)).to_vec()]
}

/// An identity is the one that was written, or its damage is named.
pub(super) fn identity(bytes: &[u8]) -> Answer {
    let read = identified(bytes);
    assert!(matches!(read, Err(_) | Ok(Some(LOG_ID))), "{read:?}");
    answer(&read)
}

pub(super) fn identity_healed(bytes: &[u8]) -> Answer {
    answer(&identified(&heal::line(bytes, b' ')))
}
