//! Reading the file of a run: what is asked for, by its blocks, each proven as it is read.

use std::path::{Path, PathBuf};

use crate::base::bytes::Malformed;
use crate::base::ids::Member;
use crate::store::directory::{Directory, LogId};
use crate::store::disk::{Access, File, read_full};
use crate::store::fault::{Fault, at};
use crate::store::runs::{
    Balance, FIXED_BYTES, FORMATS, Head, Line, MAGIC, PAYLOAD_BYTES, PIECE_BYTES, RECORD_BYTES,
    checksum, parse_head, path,
};

/// Bytes of a whole block.
const BLOCK_BYTES: u64 = 4 + PAYLOAD_BYTES as u64;
/// Records of a whole block.
const RECORDS: u64 = (PAYLOAD_BYTES / RECORD_BYTES) as u64;
/// Bytes of the longest head: as many components and currencies as anybody will see.
const HEAD_BYTES_MAX: u32 = 1 << 20;

/// A file of a run, open to read. Nothing of it is held but its head.
pub struct RunFile {
    /// What it says of itself.
    pub head: Head,
    file: File,
    path: PathBuf,
    /// Where the first block begins.
    body: u64,
}

impl RunFile {
    /// Opens the run with this digest, and proves its head and its length.
    ///
    /// # Errors
    /// If it is missing, damaged, of another format, or of another log.
    pub fn open(
        directory: &Directory,
        digest: &[u8; 32],
        log_id: &LogId,
    ) -> Result<RunFile, Fault> {
        let path = path(directory, digest);
        let file = directory.disk.open(&path, Access::Read);
        let file = file.map_err(at("open", &path))?;
        let (body, head) = read_head(&file, &path)?;
        let damaged = |at_byte, reason: &str| Fault::damaged(&path, at_byte, reason);
        if head.log_id != *log_id {
            return Err(damaged(16, "it belongs to another log"));
        }
        let run = RunFile {
            head,
            file,
            path: path.clone(),
            body,
        };
        let size = run.file.size().map_err(at("measure", &path))?;
        let end = run.end();
        if end != Some(size) {
            let at_byte = end.map_or(size, |end| end.min(size));
            return Err(damaged(at_byte, "its length is not the one its head says"));
        }
        Ok(run)
    }

    /// Whether every byte is what was written, by the digest.
    ///
    /// # Errors
    /// If the disk refuses, or the content has another digest.
    pub fn prove(&self, digest: &[u8; 32]) -> Result<(), Fault> {
        let (mut hash, mut at_byte) = (blake3::Hasher::new(), 0);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = read_full(self.file.as_ref(), &self.path, &mut piece, at_byte)?;
            if read == 0 {
                break;
            }
            hash.update(&piece[..read]);
            at_byte += read as u64;
        }
        if hash.finalize() == *digest {
            return Ok(());
        }
        let reason = "its content does not have the digest in its name";
        Err(Fault::damaged(&self.path, 0, reason))
    }

    /// Lines from a number on, at most `most`; each names a component and a currency of the head. Reads the blocks they stand in.
    ///
    /// # Errors
    /// If the disk refuses, or a block is damaged.
    pub fn lines(&self, from: u64, most: u64) -> Result<Vec<Line>, Fault> {
        let (head, currencies) = (&self.head, self.head.currencies.len());
        let components = head.components.len() + head.sources.len();
        self.records(self.body, self.head.lines, from, most, |bytes| {
            let line = Line::read(bytes)?;
            let named =
                usize::from(line.component) < components && usize::from(line.currency) < currencies;
            named.then_some(line).ok_or(Malformed)
        })
    }

    /// One member's lines, and where the first of them stands or would. O(log lines) blocks are read.
    ///
    /// # Errors
    /// As [`RunFile::lines`].
    pub fn lines_of(&self, member: Member) -> Result<(u64, Vec<Line>), Fault> {
        let read = |line: &[u8]| Line::read(line).map(|line| line.member);
        let first = self.search(self.body, self.head.lines, member, read)?;
        let after = match member.checked_add(1) {
            Some(next) => self.search(self.body, self.head.lines, next, read)?,
            None => self.head.lines,
        };
        Ok((first, self.lines(first, after - first)?))
    }

    /// Balances from a number on, at most `most`.
    ///
    /// # Errors
    /// As [`RunFile::lines`].
    pub fn balances(&self, from: u64, most: u64) -> Result<Vec<Balance>, Fault> {
        let section = self.balances_at();
        let currencies = self.head.currencies.len();
        self.records(section, self.head.balances, from, most, |bytes| {
            let balance = Balance::read(bytes)?;
            let named = usize::from(balance.currency) < currencies && balance.is_sound();
            named.then_some(balance).ok_or(Malformed)
        })
    }

    /// One member's balances, one a currency. O(log balances) blocks are read.
    ///
    /// # Errors
    /// As [`RunFile::lines`].
    pub fn balances_of(&self, member: Member) -> Result<Vec<Balance>, Fault> {
        let (section, count) = (self.balances_at(), self.head.balances);
        let read = |balance: &[u8]| Balance::read(balance).map(|balance| balance.member);
        let first = self.search(section, count, member, read)?;
        let most = self.head.currencies.len() as u64;
        let mut found = self.balances(first, most)?;
        found.retain(|balance| balance.member == member);
        Ok(found)
    }

    /// The standing figures it hands on.
    ///
    /// # Errors
    /// As [`RunFile::lines`].
    pub fn standing(&self) -> Result<Vec<u8>, Fault> {
        let (mut at_byte, mut left) = (self.standing_at(), self.head.standing);
        let mut standing = Vec::new();
        while left > 0 {
            let bytes = left.min(PAYLOAD_BYTES as u64);
            standing.extend_from_slice(&self.block(at_byte, bytes)?);
            at_byte += 4 + bytes;
            left -= bytes;
        }
        Ok(standing)
    }

    fn balances_at(&self) -> u64 {
        self.body + section_bytes(self.head.lines * RECORD_BYTES as u64)
    }

    fn standing_at(&self) -> u64 {
        self.balances_at() + section_bytes(self.head.balances * RECORD_BYTES as u64)
    }

    /// Where the file ends by its head; none where that is no number a file could have.
    fn end(&self) -> Option<u64> {
        let records = [self.head.lines, self.head.balances];
        let bytes = records.map(|count| count.checked_mul(RECORD_BYTES as u64));
        let mut end = self.body;
        for bytes in [bytes[0]?, bytes[1]?, self.head.standing] {
            // Twice as much is more than any checksums add.
            bytes.checked_mul(2)?.checked_add(end)?;
            end += section_bytes(bytes);
        }
        Some(end)
    }

    /// Records of a section from a number on.
    fn records<T>(
        &self,
        section: u64,
        count: u64,
        from: u64,
        most: u64,
        read: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Fault> {
        let end = count.min(from.saturating_add(most));
        let mut found = Vec::new();
        let mut next = from;
        while next < end {
            let block = next / RECORDS;
            let at_byte = section + block * BLOCK_BYTES;
            let first = block * RECORDS;
            let held = (count - first).min(RECORDS);
            let payload = self.block(at_byte, held * RECORD_BYTES as u64)?;
            let upto = end.min(first + held);
            let bytes =
                (next - first) as usize * RECORD_BYTES..(upto - first) as usize * RECORD_BYTES;
            for record in payload[bytes].chunks_exact(RECORD_BYTES) {
                let record = read(record).map_err(|Malformed| self.wrong(at_byte))?;
                found.push(record);
            }
            next = upto;
        }
        Ok(found)
    }

    /// The first record of a section whose member is this one or behind; how many there are if there is none.
    fn search(
        &self,
        section: u64,
        count: u64,
        member: Member,
        read: impl Fn(&[u8]) -> Result<Member, Malformed>,
    ) -> Result<u64, Fault> {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.records(section, count, middle, 1, &read)?;
            match at.first() {
                Some(&at) if at < member => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// One block's payload, proven.
    fn block(&self, at_byte: u64, bytes: u64) -> Result<Vec<u8>, Fault> {
        let length = usize::try_from(bytes).expect("a block's bytes are few");
        let mut block = vec![0; 4 + length];
        let read = read_full(self.file.as_ref(), &self.path, &mut block, at_byte)?;
        let (crc, payload) = block.split_at(4);
        if read < block.len() || checksum(at_byte, payload).to_le_bytes() != *crc {
            let reason = "the checksum of a block differs";
            return Err(Fault::damaged(&self.path, at_byte, reason));
        }
        Ok(block.split_off(4))
    }

    fn wrong(&self, at_byte: u64) -> Fault {
        Fault::damaged(&self.path, at_byte, "a record is none that was written")
    }
}

/// Bytes of a section, checksums included.
fn section_bytes(payload: u64) -> u64 {
    payload + 4 * payload.div_ceil(PAYLOAD_BYTES as u64)
}

/// Reads and proves a head, and says where it ends.
fn read_head(file: &File, path: &Path) -> Result<(u64, Head), Fault> {
    let damaged =
        |reason: &str| Fault::damaged(path, 0, format!("its head does not hold: {reason}"));
    let mut fixed = [0; 16];
    let read = read_full(file.as_ref(), path, &mut fixed, 0)?;
    if read < fixed.len() || fixed[0..4] != MAGIC {
        return Err(damaged("no run begins here"));
    }
    let word = |at: usize| u32::from_le_bytes(*fixed[at..].first_chunk().expect("four bytes"));
    let (format, bytes) = (word(8), word(12));
    if !(FIXED_BYTES as u32..=HEAD_BYTES_MAX).contains(&bytes) {
        return Err(damaged("its length is not a head's"));
    }
    let mut head = vec![0; bytes as usize];
    let read = read_full(file.as_ref(), path, &mut head, 0)?;
    if read < head.len() || crc32c::crc32c(&head[8..]).to_le_bytes() != head[4..8] {
        return Err(damaged("the checksum differs"));
    }
    if !FORMATS.contains(&format) {
        return Err(Fault::OtherFormat {
            file: path.to_owned(),
            found: format,
            ours: FORMATS[1],
        });
    }
    let head = parse_head(&head).map_err(|Malformed| damaged("it is not whole"))?;
    Ok((u64::from(bytes), head))
}
