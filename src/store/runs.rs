//! Files of runs: what every member was paid for a period, written once and never changed. This file draws their bytes;
//! [`run_writer`](crate::store::run_writer) and [`run_reader`](crate::store::run_reader) write and read them.
//!
//! `runs/<BLAKE3 of the file>`. All numbers are little endian; texts and numbers without a width are as in
//! [`base::bytes`](crate::base::bytes).
//!
//! ```text
//!   0  magic       u32   "ARBr"
//!   4  crc32c      u32   over the head from byte 8 on
//!   8  format      u32
//!  12  head        u32   bytes of the head: where the first block begins
//!  16  log id      [16]
//!  32  document    [32]  BLAKE3 of the plan document
//!  64  version     u32   of the plan set
//!  68  zero        u32
//!  72  lines       u64
//!  80  balances    u64
//!  88  standing    u64   bytes
//!  96  payees      u64   members with a line
//! 104  period type, period, plan set: texts
//!      currencies: count, then each: code, total of its lines in minor units (signed)
//!      components: count, then each: name, the company's factor on it in 1e-8 (signed)
//!      sources, of format 2 only: count, then each: component, period
//!      blocks of lines, of balances, of standing figures
//! ```
//!
//! A block is `crc32c u32 | payload`, the checksum over the block's position in the file as u64 and the payload; the
//! payload has 4,096 bytes but in the last block of each sort. Records have 32 bytes:
//!
//! ```text
//! line     0 member u32 | 4 component u16 | 6 currency u8 | 7 zero | 8 exact i64 | 16 after factor i64 | 24 minor units i64
//! balance  0 member u32 | 4 zero [3] | 7 currency u8 | 8 earned i64 | 16 brought i64 | 24 payable i64
//! ```
//!
//! Lines stand by member, then by component; balances by member. Exact amounts count 1e-6, the others minor units. What
//! is carried is what was earned and brought without what is payable. A line whose component is behind those of the head
//! takes back what an earlier period paid: it is of the source with that number less theirs. A file without sources has
//! format 1.

use std::path::PathBuf;

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::ids::{Member, Text};
use crate::store::directory::{Directory, LogId};
use crate::store::fault::{Fault, at};

/// Formats of files that this program writes and reads: without sources, and with them.
pub const FORMATS: [u32; 2] = [1, 2];

/// First bytes of every file.
pub(super) const MAGIC: [u8; 4] = *b"ARBr";
/// Bytes of a head before its texts.
pub(super) const FIXED_BYTES: usize = 104;
/// Bytes of a record.
pub(super) const RECORD_BYTES: usize = 32;
/// Bytes of a whole block without its checksum.
pub(super) const PAYLOAD_BYTES: usize = 4_096;
/// Bytes read or written at a time where there are many.
pub(super) const PIECE_BYTES: usize = 256 << 10;
/// What a file's name ends with until it is whole.
pub(super) const UNFINISHED: &str = ".tmp";

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The log it belongs to.
    pub log_id: LogId,
    /// BLAKE3 of the plan document.
    pub document: [u8; 32],
    /// Name of the period type.
    pub period_type: Text,
    /// The period's label.
    pub period: Text,
    /// Id of the plan set.
    pub set: Text,
    /// Which version of it.
    pub version: u32,
    /// Members with a line.
    pub payees: u64,
    /// Lines.
    pub lines: u64,
    /// Balances.
    pub balances: u64,
    /// Bytes of standing figures.
    pub standing: u64,
    /// Currencies with the totals of their lines in minor units; the plan set's own first.
    pub currencies: Vec<(Text, i64)>,
    /// Components of the plan set with the company's factor on each, in 1e-8.
    pub components: Vec<(Text, i64)>,
    /// Components of earlier periods of which something is taken back, each with its period's label.
    pub sources: Vec<(Text, Text)>,
}

impl Head {
    fn format(&self) -> u32 {
        FORMATS[usize::from(!self.sources.is_empty())]
    }
}

/// One amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The member.
    pub member: Member,
    /// Index among the head's components, or behind those among its sources.
    pub component: u16,
    /// Index among the head's currencies.
    pub currency: u8,
    /// Counts of 1e-6, before the company's factor.
    pub exact: i64,
    /// The same after it.
    pub after: i64,
    /// Minor units of the currency.
    pub minor: i64,
}

/// What a member has in one currency, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The member.
    pub member: Member,
    /// Index among the head's currencies.
    pub currency: u8,
    /// His lines added up.
    pub earned: i64,
    /// What the run before carried.
    pub brought: i64,
    /// What is paid.
    pub payable: i64,
}

impl Balance {
    /// What the next run begins with.
    #[must_use]
    pub fn carried(&self) -> i64 {
        self.earned + self.brought - self.payable
    }

    /// Whether its sums stay within the range: those of a balance that was written do.
    pub(super) fn is_sound(&self) -> bool {
        let sum = self.earned.checked_add(self.brought);
        sum.is_some_and(|sum| sum.checked_sub(self.payable).is_some())
    }
}

/// Where the run with this digest lies.
#[must_use]
pub fn path(directory: &Directory, digest: &[u8; 32]) -> PathBuf {
    let name = blake3::Hash::from_bytes(*digest).to_hex();
    directory.runs().join(name.as_str())
}

/// Removes what a crash left unfinished.
///
/// # Errors
/// If the disk refuses.
pub fn clean(directory: &Directory) -> Result<(), Fault> {
    let dir = directory.runs();
    let names = match directory.disk.list(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at("list", &dir))?,
    };
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
        let path = dir.join(name);
        directory.disk.remove(&path).map_err(at("remove", &path))?;
    }
    Ok(())
}

/// The checksum of a block.
pub(super) fn checksum(at_byte: u64, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&at_byte.to_le_bytes()), payload)
}

/// The bytes of a head.
pub(super) fn put_head(head: &Head) -> Vec<u8> {
    let mut out = vec![0; FIXED_BYTES];
    out[0..4].copy_from_slice(&MAGIC);
    out[8..12].copy_from_slice(&head.format().to_le_bytes());
    out[16..32].copy_from_slice(&head.log_id);
    out[32..64].copy_from_slice(&head.document);
    out[64..68].copy_from_slice(&head.version.to_le_bytes());
    out[72..80].copy_from_slice(&head.lines.to_le_bytes());
    out[80..88].copy_from_slice(&head.balances.to_le_bytes());
    out[88..96].copy_from_slice(&head.standing.to_le_bytes());
    out[96..104].copy_from_slice(&head.payees.to_le_bytes());
    for text in [&head.period_type, &head.period, &head.set] {
        put_text(&mut out, text);
    }
    for list in [&head.currencies, &head.components] {
        put_varint(&mut out, list.len() as u64);
        for (name, number) in list {
            put_text(&mut out, name);
            put_signed(&mut out, *number);
        }
    }
    if !head.sources.is_empty() {
        put_varint(&mut out, head.sources.len() as u64);
        for (component, period) in &head.sources {
            put_text(&mut out, component);
            put_text(&mut out, period);
        }
    }
    let bytes = out.len() as u32;
    out[12..16].copy_from_slice(&bytes.to_le_bytes());
    let crc = crc32c::crc32c(&out[8..]);
    out[4..8].copy_from_slice(&crc.to_le_bytes());
    out
}

/// What a head says, once its checksum holds.
pub(super) fn parse_head(bytes: &[u8]) -> Result<Head, Malformed> {
    let mut reader = Reader::new(bytes);
    reader.take(8)?;
    let format = reader.u32()?;
    reader.take(4)?;
    let log_id = reader.take(16)?.try_into().map_err(|_| Malformed)?;
    let document = reader.take(32)?.try_into().map_err(|_| Malformed)?;
    let version = reader.u32()?;
    reader.take(4)?;
    let (lines, balances) = (reader.u64()?, reader.u64()?);
    let (standing, payees) = (reader.u64()?, reader.u64()?);
    let (period_type, period) = (reader.text()?, reader.text()?);
    let set = reader.text()?;
    let mut lists = [Vec::new(), Vec::new()];
    for list in &mut lists {
        for _ in 0..reader.varint()? {
            list.push((reader.text()?, reader.signed()?));
        }
    }
    let [currencies, components] = lists;
    let mut sources = Vec::new();
    if format == FORMATS[1] {
        for _ in 0..reader.varint()? {
            sources.push((reader.text()?, reader.text()?));
        }
    }
    if !reader.is_empty() {
        return Err(Malformed);
    }
    Ok(Head {
        log_id,
        document,
        period_type,
        period,
        set,
        version,
        payees,
        lines,
        balances,
        standing,
        currencies,
        components,
        sources,
    })
}

impl Line {
    pub(super) fn bytes(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[0..4].copy_from_slice(&self.member.to_le_bytes());
        bytes[4..6].copy_from_slice(&self.component.to_le_bytes());
        bytes[6] = self.currency;
        bytes[8..16].copy_from_slice(&self.exact.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.after.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.minor.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Line, Malformed> {
        let mut reader = Reader::new(bytes);
        let member = reader.u32()?;
        let component = u16::from_le_bytes([reader.byte()?, reader.byte()?]);
        let currency = reader.byte()?;
        reader.byte()?;
        Ok(Line {
            member,
            component,
            currency,
            exact: reader.u64()? as i64,
            after: reader.u64()? as i64,
            minor: reader.u64()? as i64,
        })
    }
}

impl Balance {
    pub(super) fn bytes(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[0..4].copy_from_slice(&self.member.to_le_bytes());
        bytes[7] = self.currency;
        bytes[8..16].copy_from_slice(&self.earned.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.brought.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.payable.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Balance, Malformed> {
        let mut reader = Reader::new(bytes);
        let member = reader.u32()?;
        reader.take(3)?;
        Ok(Balance {
            member,
            currency: reader.byte()?,
            earned: reader.u64()? as i64,
            brought: reader.u64()? as i64,
            payable: reader.u64()? as i64,
        })
    }
}
