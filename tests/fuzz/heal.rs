//! Checksums made right again over whatever was changed, so that what lies behind them is reached.

use crate::log::history::LOG_ID;

const FRAME: usize = arborline::store::frame::HEADER_BYTES;

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*word) as usize)
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

/// Frames one behind the other from byte `from` on, as far as their lengths lead: each says where it lies and of which
/// segment it is, under a checksum that holds.
pub(super) fn frames(bytes: &mut [u8], segment: u64) {
    let mut at = 0;
    while let Some(length) = word(bytes, at + 8) {
        let end = at.saturating_add(FRAME).saturating_add(length);
        if bytes[at..].iter().all(|byte| *byte == 0) || end > bytes.len() {
            return;
        }
        let place = at as u64;
        let frame = &mut bytes[at..end];
        frame[16..24].copy_from_slice(&place.to_le_bytes());
        frame[24..32].copy_from_slice(&segment.to_le_bytes());
        let crc = crc32c::crc32c(&frame[8..]);
        put(frame, 4, crc);
        at = end;
    }
}

/// The same, and what batches say of each other too: each follows the one before it in the chain of hashes.
pub(super) fn chain(bytes: &mut [u8], segment: u64) {
    let mut at = 0;
    let mut previous: Option<[u8; 32]> = None;
    let mut next_seq = segment;
    while let Some(length) = word(bytes, at + 8) {
        let end = at.saturating_add(FRAME).saturating_add(length);
        if end > bytes.len() || bytes[at..end].iter().all(|byte| *byte == 0) {
            break;
        }
        let kind = bytes[at + 12];
        let payload = &mut bytes[at + FRAME..end];
        if kind == 1 && payload.len() >= 96 {
            previous = payload[64..96].try_into().ok();
        }
        if kind == 2 && payload.len() >= 80 {
            payload[0..16].copy_from_slice(&LOG_ID);
            payload[24..32].copy_from_slice(&next_seq.to_le_bytes());
            if let Some(previous) = previous {
                payload[48..80].copy_from_slice(&previous);
            }
            previous = Some(*blake3::hash(payload).as_bytes());
            next_seq = next_seq.wrapping_add(word(payload, 32).unwrap_or(0) as u64);
        }
        at = end;
    }
    frames(bytes, segment);
}

/// A packed segment: the checksum of each block that lies within it, and that of its head.
pub(super) fn packed(bytes: &mut [u8]) {
    let Some(head) = word(bytes, 4).and_then(|length| length.checked_add(8)) else {
        return;
    };
    if head < 40 || head > bytes.len() {
        return;
    }
    let mut from = head;
    for row in (40..head.saturating_sub(7)).step_by(8) {
        let end = from.saturating_add(word(bytes, row).unwrap_or(0));
        let Some(block) = bytes.get(from..end) else {
            break;
        };
        let crc = crc32c::crc32c(block);
        put(bytes, row + 4, crc);
        from = end;
    }
    let crc = crc32c::crc32c(&bytes[16..head]);
    put(bytes, 12, crc);
}

/// A file of a run: its head's checksum, and that of each block behind it, of the lengths that the head's counts lead to.
pub(super) fn run(bytes: &mut [u8]) {
    const PAYLOAD: u64 = 4_096;
    let Some(head) = word(bytes, 12) else { return };
    if head < 104 || head > bytes.len() {
        return;
    }
    let crc = crc32c::crc32c(&bytes[8..head]);
    put(bytes, 4, crc);
    let count = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().expect("a head"));
    let sections = [
        count(72).saturating_mul(32),
        count(80).saturating_mul(32),
        count(88),
    ];
    let mut at = head;
    for mut left in sections {
        while left > 0 {
            let payload = left.min(PAYLOAD);
            let end = at + 4 + payload as usize;
            if end > bytes.len() {
                return;
            }
            let place = crc32c::crc32c(&(at as u64).to_le_bytes());
            let crc = crc32c::crc32c_append(place, &bytes[at + 4..end]);
            put(bytes, at, crc);
            (at, left) = (end, left - payload);
        }
    }
}

/// A text whose last line, or last word, is the checksum of what stands before it.
pub(super) fn line(bytes: &[u8], before: u8) -> Vec<u8> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let end = text.iter().rposition(|byte| *byte == before);
    let line = &text[..end.unwrap_or(text.len())];
    let mut whole = line.to_vec();
    whole.push(before);
    whole.extend_from_slice(format!("{:08x}\n", crc32c::crc32c(line)).as_bytes());
    whole
}
