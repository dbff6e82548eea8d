//! Writing the file of a run: piece by piece, durable before it has its name.

use std::path::{Path, PathBuf};

use crate::store::directory::Directory;
use crate::store::disk::{File, write_all};
use crate::store::fault::{Fault, at};
use crate::store::runs::{
    Balance, Head, Line, PAYLOAD_BYTES, PIECE_BYTES, UNFINISHED, checksum, path, put_head,
};

/// A file that is whole and has no name yet.
pub struct Unnamed<'d> {
    directory: &'d Directory,
    temporary: PathBuf,
    /// BLAKE3 of what it holds: its name.
    pub digest: [u8; 32],
}

impl Unnamed<'_> {
    /// Gives the file its name; it is durable then. One that has it already holds the same, and is replaced: its bytes may
    /// never have reached the disk.
    ///
    /// # Errors
    /// If the disk refuses; the file may then have its name or not.
    pub fn name(self) -> Result<(), Fault> {
        let (disk, dir) = (&self.directory.disk, self.directory.runs());
        let path = path(self.directory, &self.digest);
        disk.rename(&self.temporary, &path)
            .map_err(at("rename", &path))?;
        disk.sync_dir(&dir).map_err(at("sync", &dir))
    }

    /// Removes it.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn discard(self) -> Result<(), Fault> {
        let path = &self.temporary;
        self.directory.disk.remove(path).map_err(at("remove", path))
    }
}

/// Writes a run under a name of its own that is not the last one, makes it durable, and gives its digest. Nothing is held
/// but a piece of it. `draft` tells it from others that are written at the same time.
///
/// # Errors
/// If the disk refuses.
///
/// # Panics
/// If there are more or fewer records than the head says.
pub fn write<'d>(
    directory: &'d Directory,
    draft: &str,
    head: &Head,
    lines: impl Iterator<Item = Line>,
    balances: impl Iterator<Item = Balance>,
    standing: &[u8],
) -> Result<Unnamed<'d>, Fault> {
    let dir = directory.runs();
    let disk = &directory.disk;
    disk.create_dir(&dir).map_err(at("make", &dir))?;
    let above = &directory.path;
    disk.sync_dir(above).map_err(at("sync", above))?;
    let temporary = dir.join(format!("{draft}{UNFINISHED}"));
    let file = disk.create(&temporary).map_err(at("create", &temporary))?;
    let out = Out {
        file: Some(file),
        path: &temporary,
        written: 0,
        piece: put_head(head),
        hash: blake3::Hasher::new(),
    };
    let digest = fill(out, head, lines, balances, standing)?;
    Ok(Unnamed {
        directory,
        temporary,
        digest,
    })
}

/// The digest of a run that is not written.
///
/// # Panics
/// As [`write()`].
#[must_use]
pub fn digest(
    head: &Head,
    lines: impl Iterator<Item = Line>,
    balances: impl Iterator<Item = Balance>,
    standing: &[u8],
) -> [u8; 32] {
    let out = Out {
        file: None,
        path: Path::new(""),
        written: 0,
        piece: put_head(head),
        hash: blake3::Hasher::new(),
    };
    fill(out, head, lines, balances, standing).expect("no disk is asked")
}

/// Writes all that stands behind the head, and gives the digest of the whole.
fn fill(
    mut out: Out<'_>,
    head: &Head,
    lines: impl Iterator<Item = Line>,
    balances: impl Iterator<Item = Balance>,
    standing: &[u8],
) -> Result<[u8; 32], Fault> {
    let mut blocks = Blocks::new(&mut out);
    let mut count = 0;
    for line in lines {
        count += 1;
        blocks.put(&line.bytes())?;
    }
    blocks.close()?;
    assert!(count == head.lines, "as many lines as the head says");
    count = 0;
    for balance in balances {
        count += 1;
        blocks.put(&balance.bytes())?;
    }
    blocks.close()?;
    assert!(count == head.balances, "as many balances as the head says");
    assert!(
        standing.len() as u64 == head.standing,
        "as many standing figures as the head says"
    );
    for part in standing.chunks(PAYLOAD_BYTES) {
        blocks.put(part)?;
    }
    blocks.close()?;
    out.finish()
}

/// Bytes on their way to a file, or only to their digest.
struct Out<'p> {
    file: Option<File>,
    path: &'p Path,
    written: u64,
    piece: Vec<u8>,
    hash: blake3::Hasher,
}

impl Out<'_> {
    fn flush(&mut self) -> Result<(), Fault> {
        if let Some(file) = &self.file {
            write_all(file.as_ref(), self.path, &self.piece, self.written)?;
        }
        self.hash.update(&self.piece);
        self.written += self.piece.len() as u64;
        self.piece.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<[u8; 32], Fault> {
        self.flush()?;
        if let Some(file) = &self.file {
            file.sync_data().map_err(at("sync", self.path))?;
        }
        Ok(*self.hash.finalize().as_bytes())
    }
}

/// Gathers records to blocks.
struct Blocks<'o, 'p> {
    out: &'o mut Out<'p>,
    payload: Vec<u8>,
}

impl<'o, 'p> Blocks<'o, 'p> {
    fn new(out: &'o mut Out<'p>) -> Blocks<'o, 'p> {
        Blocks {
            out,
            payload: Vec::with_capacity(PAYLOAD_BYTES),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.payload.extend_from_slice(bytes);
        if self.payload.len() == PAYLOAD_BYTES {
            self.close()?;
        }
        Ok(())
    }

    /// Ends the block, if it has begun.
    fn close(&mut self) -> Result<(), Fault> {
        if self.payload.is_empty() {
            return Ok(());
        }
        let at_byte = self.out.written + self.out.piece.len() as u64;
        let crc = checksum(at_byte, &self.payload);
        self.out.piece.extend_from_slice(&crc.to_le_bytes());
        self.out.piece.extend_from_slice(&self.payload);
        self.payload.clear();
        if self.out.piece.len() >= PIECE_BYTES {
            self.out.flush()?;
        }
        Ok(())
    }
}
