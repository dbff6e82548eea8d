//! Numbers by which records know each other, and the texts by which clients know them.

use compact_str::CompactString;

/// A text chosen outside (an id, a reason, a tag): up to 24 bytes stand inline, longer ones on the heap.
pub type Text = CompactString;

/// The value that stands for "none" in every `u32` link.
pub const NONE: u32 = u32::MAX;

/// A member's number: dense, in order of enrolment. Member 0 is the hidden company.
///
/// A member's number is also the number of his seat in the enroller tree.
pub type Member = u32;

/// A seat's number within one tree: dense, in order of creation. Seat 0 is the hidden company seat.
pub type Seat = u32;

/// The hidden owner of seat 0 in every tree: roots hang below it, totals end in it.
pub const COMPANY: Member = 0;

/// The enroller tree is always the first tree.
pub const ENROLLER_TREE: usize = 0;

/// Hash of an external id: fixed for ever, since tables built on it are written to disk.
#[must_use]
pub fn hash_id(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}

/// Why a text cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadId {
    /// No characters at all.
    Empty,
    /// More than [`super::limits::ID_CHARS_MAX`] characters.
    Long,
    /// A control character, or white space at an end.
    Unprintable,
}

/// Checks an external id: 1 to 64 printable characters, no white space at either end.
///
/// # Errors
/// Says which of the three rules is broken.
pub fn check_id(id: &str) -> Result<(), BadId> {
    if id.is_empty() {
        return Err(BadId::Empty);
    }
    if id.len() > super::limits::ID_CHARS_MAX && id.chars().count() > super::limits::ID_CHARS_MAX {
        return Err(BadId::Long);
    }
    let bytes = id.as_bytes();
    if is_graphic(bytes) {
        return Ok(());
    }
    if id.trim() != id || id.chars().any(char::is_control) {
        return Err(BadId::Unprintable);
    }
    Ok(())
}

/// Whether all bytes are printable ASCII other than the blank, as those of nearly every id are; eight at a time.
fn is_graphic(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks();
    // A byte that is too great carries into its high bit, one that is too small borrows into it.
    let holds = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let least = u64::from(b'!') * ONES;
        (word | word.wrapping_add(ONES) | word.wrapping_sub(least)) & HIGHS == 0
    };
    words.iter().all(holds) && rest.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_not_graphic_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut id = [b'x'; 20];
                id[place] = byte;
                assert_eq!(
                    is_graphic(&id),
                    byte.is_ascii_graphic(),
                    "{byte} at {place}"
                );
            }
        }
    }
}
