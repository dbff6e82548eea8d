//! Short ids: kept inside the record they name, so that comparing one costs no further line of memory.
//!
//! ```text
//! byte 0       length, 1 to N - 1 | 255 for a longer id | 0 for none
//! bytes 1..    the id, then zeros | where a longer id stands in the texts: u40, then zeros
//! ```
//!
//! How many bytes `N` a record spares is its own choice, at least six. Must not know whose ids they are.

use crate::base::ids::Text;
use crate::engine::packed::{pack40, unpack40};
use crate::engine::texts::Texts;

const LONG: u8 = u8::MAX;

/// An id that is looked for, ready to be compared with many.
pub(crate) struct Sought<'a, const N: usize> {
    id: &'a str,
    /// As a record would hold it; none for a longer one.
    held: Option<[u8; N]>,
}

impl<'a, const N: usize> Sought<'a, N> {
    #[inline]
    pub(crate) fn new(id: &'a str) -> Sought<'a, N> {
        let held = held(id);
        Sought { id, held }
    }

    /// Whether a record holds this id. O(1).
    #[inline]
    pub(crate) fn is(&self, held: &[u8; N], texts: &Texts) -> bool {
        match &self.held {
            Some(short) => short == held,
            None => held[0] == LONG && texts.is(offset(held), self.id),
        }
    }
}

/// Keeps an id of 1 to 256 bytes, in the texts where it is long, and gives what the record is to hold.
pub(crate) fn keep<const N: usize>(id: &str, texts: &mut Texts) -> [u8; N] {
    held(id).unwrap_or_else(|| {
        let mut long = [0; N];
        long[0] = LONG;
        long[1..6].copy_from_slice(&pack40(texts.push(id)));
        long
    })
}

/// The id that a record holds; empty for none.
pub(crate) fn text<const N: usize>(held: &[u8; N], texts: &Texts) -> Text {
    match held[0] {
        LONG => texts.get(offset(held)),
        len => {
            let bytes = &held[1..=usize::from(len)];
            Text::from_utf8(bytes).expect("only texts were kept")
        }
    }
}

#[inline]
fn held<const N: usize>(id: &str) -> Option<[u8; N]> {
    let len = id.len();
    if len >= N {
        return None;
    }
    let mut held = [0; N];
    held[0] = len as u8;
    held[1..=len].copy_from_slice(id.as_bytes());
    Some(held)
}

fn offset<const N: usize>(held: &[u8; N]) -> u64 {
    unpack40([held[1], held[2], held[3], held[4], held[5]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_length_come_back_and_match_themselves_alone() {
        let mut texts = Texts::new();
        let all: Vec<String> = (1..=40)
            .flat_map(|len| ["a", "b"].map(|last| format!("{}{last}", "x".repeat(len - 1))))
            .collect();
        let held: Vec<[u8; 13]> = all.iter().map(|id| keep(id, &mut texts)).collect();
        for (id, held) in all.iter().zip(&held) {
            assert_eq!(text(held, &texts).as_str(), id);
            for other in &all {
                assert_eq!(
                    Sought::new(other).is(held, &texts),
                    other == id,
                    "{other} in {id}"
                );
            }
        }
        assert_eq!(text(&[0; 13], &texts), "");
    }
}
