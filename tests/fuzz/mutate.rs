//! Changes to bytes, drawn by chance.

use crate::chance::Chance;

/// Numbers at which programs go wrong.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// One of the corpus with one to four changes.
pub(super) fn changed(corpus: &[Vec<u8>], words: &[&str], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(corpus).clone();
    for _ in 0..=chance.below(4) {
        change(&mut bytes, corpus, words, chance);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str], chance: &mut Chance) {
    if bytes.is_empty() {
        bytes.clone_from(chance.pick(corpus));
        return;
    }
    let at = chance.below(bytes.len());
    let room = bytes.len() - at;
    let length = 1 + chance.below(room.min(64));
    match chance.below(12) {
        0..3 => bytes[at] ^= 1 << chance.below(8),
        3 => bytes[at] = chance.bits() as u8,
        4 => {
            let width = [1, 2, 4, 8][chance.below(4)].min(room);
            let edge = chance.pick(&EDGES).to_le_bytes();
            bytes[at..at + width].copy_from_slice(&edge[..width]);
        }
        5 => drop(bytes.drain(at..at + length)),
        6 => bytes.truncate(at),
        7 => {
            let piece = bytes[at..at + length].to_vec();
            let to = chance.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        8 => {
            let other = chance.pick(corpus);
            let from = chance.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        9 => bytes[at..at + length].fill([0, 0xff, b'0', b' '][chance.below(4)]),
        _ if words.is_empty() => bytes[at] = bytes[at].wrapping_add(1),
        _ => {
            let word = chance.pick(words).bytes();
            bytes.splice(at..(at + chance.below(length + 1)), word);
        }
    }
}
