//! Inputs that nearly hold: files of a corpus, changed a little, the same for the same seed.

use std::ops::Range;

use crate::chance::Chance;

/// Bytes that an input grows to at most, unless a file of its corpus is longer.
const BYTES_MAX: usize = 16 << 10;

/// Numbers at which something begins or ends.
const BOUNDS: [u64; 16] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    i64::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

/// The same as words of a text, with what is no number after all.
const NUMBERS: [&str; 20] = [
    "0",
    "-1",
    "00",
    "1",
    "127",
    "255",
    "256",
    "65535",
    "65536",
    "2147483648",
    "4294967295",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "922337203685477.5807",
    "0.00001",
    "1e400",
    "-0",
    "1_000",
    "nan",
];

/// One input: a file of `corpus` with one change or a few. `words` are what a text is made of; none where it is no text.
pub(crate) fn mutated(corpus: &[Vec<u8>], words: &[&str], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.pick(corpus).clone();
    let most = bytes.len().max(BYTES_MAX);
    let changes = match chance.below(8) {
        0..=3 => 1,
        4..=6 => 1 + chance.below(4),
        _ => 1 + chance.below(20),
    };
    for _ in 0..changes {
        match chance.below(3) {
            0 if !words.is_empty() => change_text(&mut bytes, words, chance),
            _ => change(&mut bytes, corpus, chance),
        }
        bytes.truncate(most);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], chance: &mut Chance) {
    match chance.below(14) {
        0..=2 => {
            if let Some(at) = place(bytes, chance) {
                bytes[at] ^= 1 << chance.below(8);
            }
        }
        3 | 4 => {
            if let Some(at) = place(bytes, chance) {
                let any = chance.bits() as u8;
                bytes[at] = *chance.pick(&[0, 0xff, b' ', any]);
            }
        }
        5 | 6 => bound(bytes, chance),
        7 => {
            let at = chance.below(bytes.len() + 1);
            let new: Vec<u8> = match chance.below(2) {
                0 => vec![0; 1 + chance.below(64)],
                _ => (0..=chance.below(16))
                    .map(|_| chance.bits() as u8)
                    .collect(),
            };
            bytes.splice(at..at, new);
        }
        8 => {
            let gone = range(bytes, chance);
            bytes.drain(gone);
        }
        9 => {
            let twice = bytes[range(bytes, chance)].to_vec();
            let at = chance.below(bytes.len() + 1);
            let times = if chance.percent(10) { 50 } else { 1 };
            bytes.splice(at..at, twice.repeat(times));
        }
        10 => {
            let moved = bytes[range(bytes, chance)].to_vec();
            let at = chance.below(bytes.len() + 1 - moved.len());
            bytes[at..at + moved.len()].copy_from_slice(&moved);
        }
        11 => swap(bytes, chance),
        12 => {
            let other = chance.pick(corpus);
            let (keep, from) = match chance.below(2) {
                0 => (chance.below(bytes.len() + 1), chance.below(other.len() + 1)),
                _ => {
                    let at = chance.below(bytes.len().min(other.len()) + 1);
                    (at, at)
                }
            };
            bytes.truncate(keep);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => bytes.truncate(chance.below(bytes.len() + 1)),
    }
}

fn change_text(bytes: &mut Vec<u8>, words: &[&str], chance: &mut Chance) {
    match chance.below(4) {
        0 => {
            let word = chance.pick(words).as_bytes().to_vec();
            let at = chance.below(bytes.len() + 1);
            bytes.splice(at..at, word);
        }
        1 => {
            let word = chance.pick(words).as_bytes().to_vec();
            let gone = range(bytes, chance);
            bytes.splice(gone, word);
        }
        2 => {
            // A known word takes the place of another one.
            let (old, new) = (chance.pick(words).as_bytes(), chance.pick(words).as_bytes());
            let from = chance.below(bytes.len() + 1);
            let found = bytes[from..]
                .windows(old.len())
                .position(|part| part == old);
            if let Some(at) = found {
                bytes.splice(from + at..from + at + old.len(), new.to_vec());
            }
        }
        _ => {
            let from = chance.below(bytes.len() + 1);
            let digits = |byte: &u8| byte.is_ascii_digit();
            if let Some(at) = bytes[from..].iter().position(digits) {
                let start = from + at;
                let len = bytes[start..]
                    .iter()
                    .take_while(|byte| digits(byte))
                    .count();
                let number = chance.pick(&NUMBERS).as_bytes().to_vec();
                bytes.splice(start..start + len, number);
            }
        }
    }
}

/// Where something is changed: heads stand at the front, so half of all changes do.
fn place(bytes: &[u8], chance: &mut Chance) -> Option<usize> {
    match chance.below(2) {
        _ if bytes.is_empty() => None,
        0 => Some(chance.below(bytes.len().min(128))),
        _ => Some(chance.below(bytes.len())),
    }
}

/// Some bytes, few more often than many.
fn range(bytes: &[u8], chance: &mut Chance) -> Range<usize> {
    let bits = usize::BITS - bytes.len().leading_zeros();
    let most = 1 << chance.below(bits as usize + 1);
    let len = chance.below(bytes.len().min(most) + 1);
    let at = chance.below(bytes.len() + 1 - len);
    at..at + len
}

/// Writes a number at a bound over one, two, four or eight bytes, most often where such a number may stand.
fn bound(bytes: &mut [u8], chance: &mut Chance) {
    let width = 1 << chance.below(4);
    let Some(at) = place(bytes, chance) else {
        return;
    };
    let at = if chance.percent(70) {
        at & !(width - 1)
    } else {
        at
    };
    let mut number = *chance.pick(&BOUNDS);
    if chance.percent(20) {
        number = number.wrapping_sub(chance.below(64) as u64);
    }
    let number = match chance.below(8) {
        0 => number.to_be_bytes(),
        _ => number.to_le_bytes(),
    };
    for (byte, new) in bytes[at..].iter_mut().take(width).zip(number) {
        *byte = new;
    }
}

/// Exchanges two ranges of one length.
fn swap(bytes: &mut [u8], chance: &mut Chance) {
    let first = range(bytes, chance);
    let (len, rest) = (first.len(), bytes.len() - first.end);
    if rest >= len {
        let at = first.end + chance.below(rest - len + 1);
        let (front, back) = bytes.split_at_mut(at);
        front[first].swap_with_slice(&mut back[..len]);
    }
}
