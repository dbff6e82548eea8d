//! Making a data directory from a backup: as it was, or as it stood after an earlier command.
//!
//! A directory whose making was cut short says so, and answers nobody.

use std::path::Path;

use crate::base::planted::{Planted, planted};
use crate::store::archive::Archive;
use crate::store::backup::{self, Backup, Stored, segment_of, snapshot_of};
use crate::store::batch::{Batch, Header, put_command, put_header};
use crate::store::directory::{Directory, RESTORING};
use crate::store::disk::{Access, put_whole, write_all};
use crate::store::fault::{Fault, at};
use crate::store::frame::Kind;
use crate::store::frames::{Frames, Step};
use crate::store::outcomes::Outcomes;
use crate::store::segment::{self, BODY_AT, Expected, Found, Head};

/// Makes a directory from a backup, as it stood after the command `to_seq`. O(bytes of the backup).
///
/// # Errors
/// [`Fault::NotEmpty`]; a missing or damaged piece by its name; a disk that refuses. The directory then holds no network.
///
/// # Panics
/// If `to_seq` is not in the backup.
pub fn restore(
    archive: &Archive,
    backup: &Backup,
    directory: &Directory,
    to_seq: u64,
) -> Result<(), Fault> {
    assert!(
        (1..=backup.seq).contains(&to_seq),
        "a command of the backup"
    );
    refuse_full(directory)?;
    directory.make()?;
    put_whole(directory.disk.as_ref(), &directory.path, RESTORING, b"")?;
    let is_wanted = |file: &&Stored| {
        let first = segment_of(&file.path).or(snapshot_of(&file.path));
        to_seq == backup.seq || first.is_none_or(|seq| seq <= to_seq)
    };
    let wanted: Vec<&Stored> = backup.files.iter().filter(is_wanted).collect();
    for folder in ["log", "documents", "runs", "snapshots"] {
        let dir = directory.path.join(folder);
        let of_it: Vec<_> = wanted
            .iter()
            .filter(|file| file.path.split('/').next() == Some(folder))
            .collect();
        if of_it.is_empty() {
            continue;
        }
        directory.disk.create_dir(&dir).map_err(at("make", &dir))?;
        for file in of_it {
            put_file(archive, directory, file)?;
        }
        directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    }
    let expected = Expected {
        log_id: backup.log_id,
        machine_version: Some(backup.machine_version),
    };
    end_log(
        directory,
        &expected,
        (to_seq < backup.seq).then_some(to_seq - u64::from(planted(Planted::RestoredShort))),
    )?;
    directory.put_identity(&backup.log_id)?;
    let (dir, marker) = (&directory.path, directory.path.join(RESTORING));
    directory
        .disk
        .remove(&marker)
        .map_err(at("remove", &marker))?;
    directory.disk.sync_dir(dir).map_err(at("sync", dir))
}

fn refuse_full(directory: &Directory) -> Result<(), Fault> {
    match directory.disk.list(&directory.path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(names) if names.is_empty() => Ok(()),
        Ok(_) => Err(Fault::NotEmpty {
            dir: directory.path.clone(),
        }),
        Err(error) => Err(at("list", &directory.path)(error)),
    }
}

fn put_file(archive: &Archive, directory: &Directory, stored: &Stored) -> Result<(), Fault> {
    let path = directory.path.join(Path::new(&stored.path));
    let file = directory.disk.create(&path).map_err(at("create", &path))?;
    let mut from = 0;
    for hash in &stored.pieces {
        let piece = backup::piece(archive, hash)?;
        write_all(file.as_ref(), &path, &piece, from)?;
        from += piece.len() as u64;
    }
    if from != stored.bytes {
        return Err(Fault::damaged(
            &path,
            from,
            "its pieces have another length than the backup says",
        ));
    }
    file.sync_data().map_err(at("sync", &path))
}

/// Gives the last segment the form of one that is written on: cut behind a command, or as long as its head says.
fn end_log(directory: &Directory, expected: &Expected, cut: Option<u64>) -> Result<(), Fault> {
    let Some(&first_seq) = segment::list(directory)?.last() else {
        return Err(Fault::damaged(&directory.log(), 0, "there are no segments"));
    };
    let Found { path, file, packed } = segment::open(directory, first_seq)?;
    let head = segment::read_head(&path, file.as_ref(), first_seq, expected)?;
    let end = file.size().map_err(at("measure", &path))?;
    if let Some(seq) = cut {
        let mut frames = Frames::new(file, path, first_seq, BODY_AT);
        let content = content_to(&mut frames, end, seq)?;
        return rewrite(directory, head, content, packed);
    }
    if end < head.capacity && !packed {
        let file = directory
            .disk
            .open(&path, Access::Write)
            .map_err(at("open", &path))?;
        file.set_len(head.capacity).map_err(at("extend", &path))?;
        file.sync_data().map_err(at("sync", &path))?;
    }
    Ok(())
}

/// The bytes of a segment up to a command: whole batches, the beginning of the one that it lies in, and what was decided on
/// them. What was decided on part of a group is left out: it is decided again.
fn content_to(frames: &mut Frames, end: u64, seq: u64) -> Result<Vec<u8>, Fault> {
    let mut content = segment::room_for_head();
    loop {
        let (at_byte, kind) = match frames.step(end)? {
            Step::End => break,
            Step::Bad { at_byte, reason } => {
                return Err(Fault::damaged(frames.path(), at_byte, reason));
            }
            Step::Frame { at_byte, header } => (at_byte, header.kind),
        };
        let damaged = |reason: &str| Fault::damaged(frames.path(), at_byte, reason);
        let (payload, segment) = (frames.payload(), frames.segment());
        match kind {
            Kind::Head => return Err(damaged("a second head")),
            Kind::Batch => {
                let batch = Batch::read(payload).map_err(damaged)?;
                if batch.next_seq() <= seq + 1 {
                    segment::put_copy(&mut content, kind, payload, segment);
                } else if batch.header.first_seq <= seq {
                    segment::put_copy(&mut content, kind, &beginning(&batch, seq), segment);
                }
            }
            Kind::Outcomes => {
                let told =
                    Outcomes::read(payload).map_err(|_| damaged("the outcomes are cut short"))?;
                if told.first_seq + u64::from(told.count) <= seq + 1 {
                    segment::put_copy(&mut content, kind, payload, segment);
                }
            }
        }
    }
    Ok(content)
}

/// A batch without the commands behind one of them.
fn beginning(batch: &Batch<'_>, seq: u64) -> Vec<u8> {
    let count = u32::try_from(seq + 1 - batch.header.first_seq).expect("fewer than there are");
    let mut out = Vec::new();
    put_header(
        &mut out,
        &Header {
            count,
            ..batch.header
        },
    );
    for command in batch.iter().take(count as usize) {
        put_command(&mut out, command);
    }
    out
}

/// Puts a segment of this content in the place of the one with this head.
fn rewrite(directory: &Directory, head: Head, content: Vec<u8>, packed: bool) -> Result<(), Fault> {
    let head = Head {
        capacity: 0,
        ..head
    };
    segment::begin(directory, head, content)?;
    if packed {
        let path = segment::packed_path(directory, head.first_seq);
        directory.disk.remove(&path).map_err(at("remove", &path))?;
        let dir = directory.log();
        directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    }
    Ok(())
}
