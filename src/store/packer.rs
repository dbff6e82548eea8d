//! Packing sealed segments: in the background, on a thread that gives way to all others.
//!
//! The plain file goes only when the packed one has been read back, frame by frame, and its bytes and its name are
//! durable. So a crash at any step leaves the plain one, or both, or the packed one, and each of these is whole. A
//! segment that cannot be packed stays as it is; nobody waits for this thread and nothing fails by it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use crate::base::planted::{Planted, planted};
use crate::store::disk::{Access, DiskFile, File, read_full, write_all};
use crate::store::fault::{Fault, at};
use crate::store::files::{Files, Segment};
use crate::store::frames::{Frames, Step};
use crate::store::packed::{self, BLOCK_BYTES, Block, OPENING_BYTES, Packed};
use crate::store::prepare::When;
use crate::store::segment;

/// Name of the file that will be a packed segment.
pub const PACKING: &str = "packing";

/// How hard zstd tries. Of a log of orders level 9 leaves seven parts in a hundred less, and takes six times as long.
const LEVEL: i32 = 3;

/// Packs segments as they are sealed.
pub struct Packer {
    files: Arc<Files>,
    stop: Arc<AtomicBool>,
    /// None where segments are packed at once.
    thread: Option<(Sender<Segment>, JoinHandle<()>)>,
}

impl Packer {
    /// A packer of a log's segments; those that were sealed before this process began are packed first.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn new(files: &Arc<Files>, when: When) -> Result<Packer, Fault> {
        let mut packer = Packer {
            files: Arc::clone(files),
            stop: Arc::default(),
            thread: None,
        };
        if when == When::Ahead {
            let (send, sealed) = channel::<Segment>();
            let (files, stop) = (Arc::clone(files), Arc::clone(&packer.stop));
            let work = move || {
                files.directory.disk.give_way();
                for segment in sealed {
                    pack_or_leave(&files, segment, &stop);
                }
            };
            let thread = std::thread::Builder::new()
                .name("pack".into())
                .spawn(work)
                .map_err(at("start a thread for", &packer.files.directory.path))?;
            packer.thread = Some((send, thread));
        }
        let mut sealed = files.segments();
        sealed.pop();
        for segment in sealed {
            packer.pack(segment);
        }
        Ok(packer)
    }

    /// Packs a segment that has been sealed, now or later.
    pub fn pack(&mut self, sealed: Segment) {
        match &self.thread {
            // The thread ends early only by a bug, and then segments stay plain.
            Some((send, _)) => drop(send.send(sealed)),
            None => pack_or_leave(&self.files, sealed, &self.stop),
        }
    }
}

impl Drop for Packer {
    /// Waits for the thread, so that nothing writes into a directory that somebody else may have locked by then.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some((send, thread)) = self.thread.take() {
            drop(send);
            drop(thread.join());
        }
    }
}

fn pack_or_leave(files: &Files, sealed: Segment, stop: &AtomicBool) {
    if let Err(fault) = pack(files, sealed, stop) {
        tracing::warn!(%fault, "a sealed segment stays as it is");
    }
}

/// Packs one segment that nobody writes any more, unless it is packed already or `stop` is set meanwhile. O(segment).
///
/// # Errors
/// If the disk refuses, or the segment is damaged; it is then left as it was.
pub fn pack(files: &Files, sealed: Segment, stop: &AtomicBool) -> Result<(), Fault> {
    let disk = &files.directory.disk;
    let plain_path = segment::path(&files.directory, sealed.first_seq);
    let plain = match disk.open(&plain_path, Access::Read) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at("open", &plain_path))?,
    };
    let temporary = files.directory.log().join(PACKING);
    let made = write(files, sealed, &plain, &temporary, stop).and_then(|whole| {
        if whole {
            prove(files, sealed, &temporary)?;
            put_in_place(files, sealed, &temporary)?;
        }
        Ok(whole)
    });
    if !matches!(made, Ok(true)) {
        // What is left of it if this fails is written over by the next one.
        drop(disk.remove(&temporary));
    }
    made.map(|_| ())
}

/// Writes the packed form of a segment to a file of its own, durable; false when it was stopped.
fn write(
    files: &Files,
    sealed: Segment,
    plain: &File,
    path: &Path,
    stop: &AtomicBool,
) -> Result<bool, Fault> {
    // Small steps, each made durable: one great sync would hold up the commits that run beside it.
    const STEP: usize = 1 << 20;
    let file = files
        .directory
        .disk
        .create(path)
        .map_err(at("create", path))?;
    let mut zstd = zstd::bulk::Compressor::new(LEVEL).map_err(at("pack", path))?;
    let opening = opening(files, sealed, plain)?;
    let count = packed::blocks_of(sealed.end);
    let (mut blocks, mut end) = (Vec::with_capacity(count), packed::head_bytes(count) as u64);
    let (mut bytes, mut step) = (vec![0; BLOCK_BYTES], Vec::new());
    for index in 0..count {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let start = (index * BLOCK_BYTES) as u64;
        bytes.truncate((sealed.end - start).min(BLOCK_BYTES as u64) as usize);
        let plain_path = segment::path(&files.directory, sealed.first_seq);
        if read_full(plain.as_ref(), &plain_path, &mut bytes, start)? < bytes.len() {
            return Err(Fault::damaged(
                &plain_path,
                start,
                "it is shorter than it was sealed",
            ));
        }
        let block = zstd.compress(&bytes).map_err(at("pack", path))?;
        blocks.push(Block {
            length: block.len() as u32,
            crc: crc32c::crc32c(&block),
        });
        step.extend_from_slice(&block);
        if step.len() >= STEP || index + 1 == count {
            write_all(file.as_ref(), path, &step, end)?;
            sync(&file, path)?;
            end += step.len() as u64;
            step.clear();
        }
    }
    let head = packed::head(sealed.first_seq, sealed.end, &opening, &blocks);
    write_all(file.as_ref(), path, &head, 0)?;
    sync(&file, path)?;
    Ok(true)
}

/// What a segment begins with: its head.
fn opening(files: &Files, sealed: Segment, plain: &File) -> Result<[u8; OPENING_BYTES], Fault> {
    let (path, mut bytes) = (
        segment::path(&files.directory, sealed.first_seq),
        [0; OPENING_BYTES],
    );
    let read = read_full(plain.as_ref(), &path, &mut bytes, 0)? as u64;
    if read.min(sealed.end) < OPENING_BYTES as u64 {
        return Err(Fault::damaged(&path, 0, "it is shorter than its head"));
    }
    Ok(bytes)
}

fn sync(file: &File, path: &Path) -> Result<(), Fault> {
    if planted(Planted::PackedNotSynced) {
        return Ok(());
    }
    file.sync_data().map_err(at("sync", path))
}

/// Reads a packed file back and walks its frames, so that neither damage nor a bug is sealed under a new checksum.
fn prove(files: &Files, sealed: Segment, path: &Path) -> Result<(), Fault> {
    let file = files
        .directory
        .disk
        .open(path, Access::Read)
        .map_err(at("open", path))?;
    let packed = Packed::open(file, path, sealed.first_seq)?;
    let size = packed.size().map_err(at("measure", path))?;
    let mut frames = Frames::new(Arc::new(packed), path.to_owned(), sealed.first_seq, 0);
    loop {
        match frames.step(sealed.end)? {
            Step::Frame { .. } => {}
            Step::End if size == sealed.end => return Ok(()),
            Step::End => {
                return Err(Fault::damaged(
                    path,
                    size,
                    "it does not unpack to the segment",
                ));
            }
            Step::Bad { at_byte, reason } => {
                let plain = segment::path(&files.directory, sealed.first_seq);
                return Err(Fault::damaged(&plain, at_byte, reason));
            }
        }
    }
}

/// Gives a packed file its name, and only when that is durable takes the plain one away.
fn put_in_place(files: &Files, sealed: Segment, temporary: &Path) -> Result<(), Fault> {
    let (directory, dir) = (&files.directory, files.directory.log());
    let _names = files.names.lock();
    if files.around(sealed.first_seq).0.is_none() {
        // Trimmed meanwhile.
        return directory
            .disk
            .remove(temporary)
            .map_err(at("remove", temporary));
    }
    let (plain, packed) = (
        segment::path(directory, sealed.first_seq),
        segment::packed_path(directory, sealed.first_seq),
    );
    directory
        .disk
        .rename(temporary, &packed)
        .map_err(at("rename", &packed))?;
    directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    directory
        .disk
        .remove(&plain)
        .map_err(at("remove", &plain))?;
    directory.disk.sync_dir(&dir).map_err(at("sync", &dir))
}
