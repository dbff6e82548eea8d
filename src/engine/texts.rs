//! Bytes that are only ever appended: ids and order lines, in arena pages.
//!
//! ```text
//! [len - 1: u8][bytes: 1 to 256] [len - 1][bytes] ...      texts, one behind the other, across line ends
//! [len: u32 le][bytes] ... to the next line                blobs, each beginning a line of its own
//! ```
//!
//! Must not know what the bytes mean.

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::Text;

/// Bytes in a line, the unit of allocation.
pub(crate) const LINE: usize = 64;
/// Bytes of the longest text.
pub(crate) const TEXT_MAX: usize = 256;

/// An append-only store of bytes.
pub(crate) struct Texts {
    lines: Column<[u8; LINE]>,
    len: u64,
}

impl Texts {
    /// An empty store.
    pub(crate) fn new() -> Texts {
        Texts {
            lines: Column::new(),
            len: 0,
        }
    }

    /// An equal store that shares pages. O(pages).
    pub(crate) fn fork(&mut self) -> Texts {
        Texts {
            lines: self.lines.fork(),
            len: self.len,
        }
    }

    /// Takes it down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.lines.put(image);
        image.put(self.len);
    }

    /// What [`Texts::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Texts, Malformed> {
        Ok(Texts {
            lines: Column::take(image)?,
            len: image.take()?,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.lines.pages());
    }

    /// Appends a text of 1 to 256 bytes and gives its offset.
    pub(crate) fn push(&mut self, text: &str) -> u64 {
        assert!(
            (1..=TEXT_MAX).contains(&text.len()),
            "an id has 1 to 256 bytes"
        );
        let at = self.len;
        self.append(&[(text.len() - 1) as u8]);
        self.append(text.as_bytes());
        at
    }

    /// The text at an offset that [`Texts::push`] gave.
    pub(crate) fn get(&self, at: u64) -> Text {
        let len = self.len_at(at);
        let mut bytes = [0u8; TEXT_MAX];
        self.read(at + 1, &mut bytes[..len]);
        Text::from_utf8(&bytes[..len]).expect("only texts were pushed")
    }

    /// Whether the text at an offset is this one.
    pub(crate) fn is(&self, at: u64, text: &str) -> bool {
        let len = self.len_at(at);
        if len != text.len() {
            return false;
        }
        let (mut from, mut rest) = (at + 1, text.as_bytes());
        while !rest.is_empty() {
            let (line, byte) = place(from);
            let take = rest.len().min(LINE - byte);
            if self.lines.get(line)[byte..byte + take] != rest[..take] {
                return false;
            }
            rest = &rest[take..];
            from += take as u64;
        }
        true
    }

    /// Appends bytes at the start of a line of their own and gives the line's number.
    pub(crate) fn push_blob(&mut self, bytes: &[u8]) -> u32 {
        let gap = (LINE as u64 - self.len % LINE as u64) % LINE as u64;
        self.append(&[0; LINE][..gap as usize]);
        let (line, _) = place(self.len);
        let len = u32::try_from(bytes.len()).expect("a blob is far below 4 GiB");
        self.append(&len.to_le_bytes());
        self.append(bytes);
        line
    }

    /// The bytes at a line that [`Texts::push_blob`] gave.
    pub(crate) fn blob(&self, line: u32) -> Vec<u8> {
        let at = u64::from(line) * LINE as u64;
        let mut len = [0u8; 4];
        self.read(at, &mut len);
        let mut bytes = vec![0u8; u32::from_le_bytes(len) as usize];
        self.read(at + 4, &mut bytes);
        bytes
    }

    /// Bytes the store takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.bytes()
    }

    fn len_at(&self, at: u64) -> usize {
        let (line, byte) = place(at);
        usize::from(self.lines.get(line)[byte]) + 1
    }

    fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (line, byte) = place(self.len);
            if byte == 0 {
                self.lines.push([0; LINE]);
            }
            let take = bytes.len().min(LINE - byte);
            self.lines.get_mut(line)[byte..byte + take].copy_from_slice(&bytes[..take]);
            bytes = &bytes[take..];
            self.len += take as u64;
        }
    }

    fn read(&self, mut at: u64, mut into: &mut [u8]) {
        while !into.is_empty() {
            let (line, byte) = place(at);
            let take = into.len().min(LINE - byte);
            into[..take].copy_from_slice(&self.lines.get(line)[byte..byte + take]);
            into = &mut into[take..];
            at += take as u64;
        }
    }
}

/// Line and byte of an offset.
fn place(at: u64) -> (u32, usize) {
    (
        u32::try_from(at / LINE as u64).expect("offsets stay below 2^38"),
        (at % LINE as u64) as usize,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_whatever_line_they_cross() {
        let mut texts = Texts::new();
        let all: Vec<String> = (0..2_000)
            .map(|n| "a\u{e9}\u{10348}z".repeat(1 + n % 26))
            .collect();
        let at: Vec<u64> = all.iter().map(|text| texts.push(text)).collect();
        for (text, &at) in all.iter().zip(&at) {
            assert_eq!(texts.get(at).as_str(), text);
            assert!(texts.is(at, text));
            assert!(!texts.is(at, &format!("{text}x")));
            let mut other = text.clone().into_bytes();
            *other.last_mut().expect("not empty") ^= 1;
            assert!(!texts.is(at, std::str::from_utf8(&other).expect("z became {")));
        }
    }

    #[test]
    fn blobs_begin_lines_and_a_fork_keeps_the_past() {
        let mut texts = Texts::new();
        let first = texts.push_blob(&[7; 100]);
        let second = texts.push_blob(b"second");
        let fork = texts.fork();
        let third = texts.push_blob(&[]);
        assert_eq!((first, second, third), (0, 2, 3));
        assert_eq!(fork.blob(first), vec![7; 100]);
        assert_eq!(texts.blob(second), b"second");
        assert_eq!(texts.blob(third), b"");
    }
}
