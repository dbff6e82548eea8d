//! Cursors as clients see them: opaque, and good only for the principal and the question they were given to.
//!
//! ```text
//! base64url( version u8 | body: what the view wrote | mac [16] )      mac = BLAKE3 keyed, over version, principal,
//!                                                                     route, path, filters and body
//! ```

use crate::api::problem::{Code, Problem};

/// The version of the layout above.
const VERSION: u8 = 1;
/// Bytes of the MAC.
const MAC_BYTES: usize = 16;
/// Characters of a cursor at most.
pub const CURSOR_CHARS_MAX: usize = 512;

/// Seals and opens cursors with a key of this data directory.
#[derive(Clone)]
pub struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    /// With a secret of 32 bytes; cursors sealed under another are refused.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Sealer {
        Sealer { key }
    }

    /// A cursor around `body`, bound to the parts of `question`.
    #[must_use]
    pub fn seal(&self, question: &[&str], body: &str) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(body.as_bytes());
        let mac = self.mac(question, body);
        bytes.extend_from_slice(&mac);
        encode(&bytes)
    }

    /// The body of a cursor that was sealed for the same question.
    ///
    /// # Errors
    /// `bad_cursor` for anything else.
    pub fn open(&self, question: &[&str], cursor: &str) -> Result<String, Problem> {
        self.opened(question, cursor).ok_or_else(bad_cursor)
    }

    fn opened(&self, question: &[&str], cursor: &str) -> Option<String> {
        if cursor.len() > CURSOR_CHARS_MAX {
            return None;
        }
        let bytes = decode(cursor)?;
        let (version, rest) = bytes.split_first()?;
        let (body, mac) = rest.split_at_checked(rest.len().checked_sub(MAC_BYTES)?)?;
        let body = std::str::from_utf8(body).ok()?;
        let wanted = self.mac(question, body);
        // Compared without an early end, so that the time tells nothing of how much was right.
        let differs = wanted
            .iter()
            .zip(mac)
            .fold(0, |differs, (a, b)| differs | (a ^ b));
        (*version == VERSION && differs == 0).then(|| body.to_owned())
    }

    fn mac(&self, question: &[&str], body: &str) -> [u8; MAC_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in question.iter().chain(std::iter::once(&body)) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&[VERSION]);
        let mut mac = [0; MAC_BYTES];
        hasher.finalize_xof().fill(&mut mac);
        mac
    }
}

/// The problem of a cursor that this question did not give out.
#[must_use]
pub fn bad_cursor() -> Problem {
    Problem::new(
        Code::BadCursor,
        "A cursor is used as it was given in `next`, with the same token, path and filters.",
    )
    .field("cursor")
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for addresses, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for digit in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    text
}

/// The bytes of a text written by [`encode`].
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0u32;
        for digit in group {
            bits =
                bits << 6 | u32::try_from(DIGITS.iter().position(|known| known == digit)?).ok()?;
        }
        bits <<= 6 * (4 - group.len());
        let whole = group.len().checked_sub(1).filter(|whole| *whole > 0)?;
        let spread = bits.to_be_bytes();
        bytes.extend_from_slice(&spread[1..=whole]);
        if spread[whole + 1..].iter().any(|byte| *byte != 0) {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_come_back() {
        for len in 0..40u8 {
            let bytes: Vec<u8> = (0..len).map(|n| n.wrapping_mul(97)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn a_cursor_opens_only_for_its_own_question_and_unchanged() {
        let sealer = Sealer::new([7; 32]);
        let question = ["t1", "/v1/members/{id}/downline", "M1", "[]"];
        let cursor = sealer.seal(&question, "j7.12c.");
        assert_eq!(sealer.open(&question, &cursor).as_deref(), Ok("j7.12c."));
        for other in [
            ["t2", "/v1/members/{id}/downline", "M1", "[]"],
            ["t1", "/v1/members/{id}/upline", "M1", "[]"],
            ["t1", "/v1/members/{id}/downline", "M2", "[]"],
            ["t1/", "v1/members/{id}/downline", "M1", "[]"],
        ] {
            assert_eq!(sealer.open(&other, &cursor), Err(bad_cursor()));
        }
        assert_eq!(
            Sealer::new([8; 32]).open(&question, &cursor),
            Err(bad_cursor())
        );
        for at in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("letters");
            assert_eq!(
                sealer.open(&question, &changed),
                Err(bad_cursor()),
                "changed at {at}"
            );
            assert_eq!(
                sealer.open(&question, &cursor[..at]),
                Err(bad_cursor()),
                "cut at {at}"
            );
        }
        assert_eq!(sealer.open(&question, &"A".repeat(600)), Err(bad_cursor()));
    }
}
