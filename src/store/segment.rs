//! Segments: files of frames, zero-filled before their first use so that a commit never extends a file.
//!
//! The first frame of a segment is its head. Its payload, little endian:
//!
//! ```text
//!   0  format           u32
//!   4  machine version  u32
//!   8  log id           [16]
//!  24  epoch            u32
//!  28  zero             u32
//!  32  capacity         u64   bytes the file was filled to before it got its name
//!  40  previous first   u64   first sequence of the segment before, 0 for none
//!  48  previous end     u64   bytes of the segment before that count; what lies behind them was cut
//!  56  named at         u64   bytes of this file that were durable when it got its name
//!  64  previous hash    [32]  BLAKE3 of the last batch before this segment, zero for none
//! ```
//!
//! A segment gets its name only when everything before `named at`, the head included, is durable. So a named
//! segment with a bad head is damaged, and the one before it was wholly durable up to `previous end`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::bytes::{Malformed, Reader};
use crate::base::planted::{Planted, planted};
use crate::store::batch::{EPOCH, Hash};
use crate::store::directory::{Directory, FORMAT, LogId};
use crate::store::disk::{Access, DiskFile, File, put_whole, read_full, read_whole, write_all};
use crate::store::fault::{Fault, at};
use crate::store::frame;
use crate::store::packed::{self, Packed};

/// Bytes of a head's payload.
pub const HEAD_BYTES: usize = 96;

/// Where the first frame behind the head begins.
pub const BODY_AT: u64 = (frame::HEADER_BYTES + HEAD_BYTES) as u64;

// So that a packed segment tells its head without being unpacked.
const _: () = assert!(BODY_AT as usize == packed::OPENING_BYTES);

/// Name of the file that will be the next segment.
pub const PREPARED: &str = "prepared";

/// Name of the file that says from where on the log must be whole.
const OLDEST: &str = "oldest";

/// What a segment's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Version of the machine that wrote it.
    pub machine_version: u32,
    /// The log it belongs to.
    pub log_id: LogId,
    /// Sequence of its first command.
    pub first_seq: u64,
    /// Bytes the file was made of.
    pub capacity: u64,
    /// First sequence of the segment before, 0 for none.
    pub previous_first: u64,
    /// Bytes of the segment before that count.
    pub previous_end: u64,
    /// Bytes of this file that were durable when it got its name.
    pub named_at: u64,
    /// Hash of the last batch before.
    pub previous_hash: Hash,
}

/// Where a plain segment lies.
#[must_use]
pub fn path(directory: &Directory, first_seq: u64) -> PathBuf {
    directory.log().join(format!("{first_seq:020}.log"))
}

/// Where a packed segment lies.
#[must_use]
pub fn packed_path(directory: &Directory, first_seq: u64) -> PathBuf {
    directory.log().join(format!("{first_seq:020}.log.zst"))
}

/// A segment to read, in whichever form it lies there.
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// Its file, by the positions of the plain form.
    pub file: File,
    /// Whether it is packed.
    pub packed: bool,
}

/// Opens a segment to read.
///
/// # Errors
/// If there is none, or the disk refuses; damage of a packed one's head.
pub fn open(directory: &Directory, first_seq: u64) -> Result<Found, Fault> {
    let plain = path(directory, first_seq);
    // The plain one first: it goes only when the packed one is there to stay, so one of the two is always found.
    match directory.disk.open(&plain, Access::Read) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        other => {
            let file = other.map_err(at("open", &plain))?;
            return Ok(Found {
                path: plain,
                file,
                packed: false,
            });
        }
    }
    let path = packed_path(directory, first_seq);
    let file = match directory.disk.open(&path, Access::Read) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(at("open", &plain)(error));
        }
        other => other.map_err(at("open", &path))?,
    };
    let file = Arc::new(Packed::open(file, &path, first_seq)?);
    Ok(Found {
        path,
        file,
        packed: true,
    })
}

/// Removes a segment in both of its forms.
///
/// # Errors
/// If the disk refuses.
pub fn remove(directory: &Directory, first_seq: u64) -> Result<(), Fault> {
    for path in [
        path(directory, first_seq),
        packed_path(directory, first_seq),
    ] {
        match directory.disk.remove(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(at("remove", &path))?,
        }
    }
    let dir = directory.log();
    directory.disk.sync_dir(&dir).map_err(at("sync", &dir))
}

/// First sequences of the segments in a directory, ascending. Names of other shapes are not segments.
///
/// # Errors
/// If the disk refuses.
pub fn list(directory: &Directory) -> Result<Vec<u64>, Fault> {
    let dir = directory.log();
    let names = match directory.disk.list(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(at("list", &dir))?,
    };
    let first_seq = |name: &String| {
        let digits = name
            .strip_suffix(".zst")
            .unwrap_or(name)
            .strip_suffix(".log")?;
        let whole = digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
        whole.then(|| digits.parse().ok())?
    };
    let mut found: Vec<u64> = names.iter().filter_map(first_seq).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The first sequence that must still be there: 1 until something was trimmed.
///
/// # Errors
/// If the file that says so is damaged, or the disk refuses.
pub fn oldest(directory: &Directory) -> Result<u64, Fault> {
    let path = directory.log().join(OLDEST);
    let bytes = match read_whole(directory.disk.as_ref(), &path, 32) {
        Err(Fault::Io {
            kind: std::io::ErrorKind::NotFound,
            ..
        }) => return Ok(1),
        other => other?,
    };
    let text = std::str::from_utf8(&bytes).ok();
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| Fault::damaged(&path, 0, "it is not a sequence"))
}

/// Says that sequences below `seq` may be missing from now on.
///
/// # Errors
/// If the disk refuses.
pub fn put_oldest(directory: &Directory, seq: u64) -> Result<(), Fault> {
    let text = seq.to_string();
    put_whole(
        directory.disk.as_ref(),
        &directory.log(),
        OLDEST,
        text.as_bytes(),
    )
}

/// Appends a head's frame to an empty buffer.
pub fn put_head(out: &mut Vec<u8>, head: &Head) {
    let start = frame::open(out);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&head.machine_version.to_le_bytes());
    out.extend_from_slice(&head.log_id);
    out.extend_from_slice(&EPOCH.to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&head.capacity.to_le_bytes());
    out.extend_from_slice(&head.previous_first.to_le_bytes());
    out.extend_from_slice(&head.previous_end.to_le_bytes());
    out.extend_from_slice(&head.named_at.to_le_bytes());
    out.extend_from_slice(&head.previous_hash);
    let header = frame::Header {
        kind: frame::Kind::Head,
        length: HEAD_BYTES,
        segment: head.first_seq,
        durable_seq: head.first_seq.saturating_sub(1),
        synced_to: 0,
    };
    frame::close(out, start, 0, &header);
}

/// Appends a frame that was durable elsewhere to the content of a segment that is to be named.
pub(super) fn put_copy(content: &mut Vec<u8>, kind: frame::Kind, payload: &[u8], segment: u64) {
    let at_byte = content.len() as u64;
    let start = frame::open(content);
    content.extend_from_slice(payload);
    let header = frame::Header {
        kind,
        length: payload.len(),
        segment,
        durable_seq: segment - 1,
        synced_to: 0,
    };
    frame::close(content, start, at_byte, &header);
}

/// Makes a segment of frames that were durable elsewhere: `content` holds them, behind room for the head. The file has at
/// least `head.capacity` bytes, and gets its name when all of it is durable; its head is told as it was written.
///
/// # Errors
/// As [`prepare`] and [`name`].
pub(super) fn begin(
    directory: &Directory,
    head: Head,
    mut content: Vec<u8>,
) -> Result<(File, PathBuf, Head), Fault> {
    let named_at = content.len() as u64;
    let head = Head {
        capacity: head.capacity.max(named_at),
        named_at,
        ..head
    };
    let mut head_frame = Vec::new();
    put_head(&mut head_frame, &head);
    content[..head_frame.len()].copy_from_slice(&head_frame);
    let file = prepare(directory, head.capacity, &|| false)?.expect("nobody stops it");
    let path = name(directory, &file, head.first_seq, &content)?;
    Ok((file, path, head))
}

/// What stands in a segment before its first frame, until the head is known.
#[must_use]
pub(super) fn room_for_head() -> Vec<u8> {
    vec![0; usize::try_from(BODY_AT).expect("small")]
}

/// Reads a head and checks that it belongs to this log, this machine and this place.
///
/// # Errors
/// Damage by name; another format or machine version by name.
pub fn read_head(
    path: &Path,
    file: &dyn DiskFile,
    first_seq: u64,
    expected: &Expected,
) -> Result<Head, Fault> {
    let mut bytes = [0; BODY_AT as usize];
    let read = read_full(file, path, &mut bytes, 0)?;
    let damaged =
        |reason: &str| Fault::damaged(path, 0, format!("its head does not hold: {reason}"));
    if read < bytes.len() || !frame::checksum_holds(&bytes) {
        return Err(damaged("the checksum differs"));
    }
    let header = bytes.first_chunk().expect("longer than a header");
    let header = frame::read_header(header, 0, first_seq).map_err(damaged)?;
    if header.kind != frame::Kind::Head {
        return Err(damaged("another frame stands in its place"));
    }
    let (format, head) = parse_head(&bytes[frame::HEADER_BYTES..], first_seq)
        .map_err(|Malformed| damaged("it is cut short"))?;
    if format != FORMAT {
        return Err(Fault::OtherFormat {
            file: path.to_owned(),
            found: format,
            ours: FORMAT,
        });
    }
    if header.length != HEAD_BYTES {
        return Err(damaged("its length is not a head's"));
    }
    if head.log_id != expected.log_id {
        return Err(damaged("it belongs to another log"));
    }
    if expected
        .machine_version
        .is_some_and(|ours| ours != head.machine_version)
    {
        return Err(Fault::OtherMachine {
            file: path.to_owned(),
            found: head.machine_version,
            ours: expected.machine_version.unwrap_or(0),
        });
    }
    Ok(head)
}

/// What the head of every segment must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The log of this directory.
    pub log_id: LogId,
    /// The only machine version that is accepted, or none to accept any.
    pub machine_version: Option<u32>,
}

fn parse_head(payload: &[u8], first_seq: u64) -> Result<(u32, Head), Malformed> {
    let mut reader = Reader::new(payload);
    let format = reader.u32()?;
    let machine_version = reader.u32()?;
    let log_id = reader.take(16)?.try_into().expect("sixteen bytes");
    reader.take(8)?;
    let head = Head {
        machine_version,
        log_id,
        first_seq,
        capacity: reader.u64()?,
        previous_first: reader.u64()?,
        previous_end: reader.u64()?,
        named_at: reader.u64()?,
        previous_hash: reader.take(32)?.try_into().expect("thirty-two bytes"),
    };
    Ok((format, head))
}

/// Makes the file that will be the next segment: `capacity` zero bytes, durable. `stop` is asked now and then whether
/// to give up, which answers `None`.
///
/// # Errors
/// If the disk refuses; no segment is harmed.
pub fn prepare(
    directory: &Directory,
    capacity: u64,
    stop: &dyn Fn() -> bool,
) -> Result<Option<File>, Fault> {
    // Small steps, each made durable: one great sync would hold up the commits that run beside it.
    const STEP: u64 = 1 << 20;
    let path = directory.log().join(PREPARED);
    let file = directory.disk.create(&path).map_err(at("create", &path))?;
    let zeros = vec![0; usize::try_from(STEP.min(capacity)).expect("a megabyte at most")];
    let mut filled = 0;
    while filled < capacity {
        if stop() {
            return Ok(None);
        }
        let step = (capacity - filled).min(STEP);
        let step_bytes = &zeros[..usize::try_from(step).expect("a megabyte at most")];
        write_all(file.as_ref(), &path, step_bytes, filled)?;
        file.sync_data().map_err(at("sync", &path))?;
        filled += step;
    }
    Ok(Some(file))
}

/// Turns the prepared file into a segment that begins with `content`: head first, all of it durable before the name.
///
/// # Errors
/// If the disk refuses; the segment may then have its name or not.
pub fn name(
    directory: &Directory,
    prepared: &File,
    first_seq: u64,
    content: &[u8],
) -> Result<PathBuf, Fault> {
    let (from, to) = (directory.log().join(PREPARED), path(directory, first_seq));
    write_all(prepared.as_ref(), &from, content, 0)?;
    if !planted(Planted::HeadNotSynced) {
        prepared.sync_data().map_err(at("sync", &from))?;
    }
    directory
        .disk
        .rename(&from, &to)
        .map_err(at("rename", &to))?;
    let dir = directory.log();
    if !planted(Planted::NameNotSynced) {
        directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    }
    Ok(to)
}
