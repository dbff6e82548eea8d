//! HTTP/1.1 answers, read from any byte stream.

use std::io::{Error, ErrorKind, Read, Result};

/// An answer; its body stays in the reader's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'b> {
    /// Status code.
    pub status: u16,
    /// The body, chunks joined.
    pub body: &'b [u8],
    /// Whether the server closes the connection.
    pub closes: bool,
}

/// Reads one answer after another from a connection.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// Bytes of the buffer that have been read in.
    filled: usize,
    /// Bytes of the last answer, to be dropped before the next.
    used: usize,
    joined: Vec<u8>,
}

enum Length {
    Known(usize),
    Chunked,
}

impl Reader {
    /// The next answer.
    ///
    /// # Errors
    /// When the stream fails, ends, or does not speak HTTP/1.1.
    pub fn next_answer(&mut self, from: &mut impl Read) -> Result<Answer<'_>> {
        self.buffer.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        let head_end = loop {
            if let Some(at) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break at + 4;
            }
            self.fill(from)?;
        };
        let (status, length, closes) = head(&self.buffer[..head_end])?;
        match length {
            Length::Known(length) => {
                while self.filled < head_end + length {
                    self.fill(from)?;
                }
                self.used = head_end + length;
                Ok(Answer {
                    status,
                    body: &self.buffer[head_end..self.used],
                    closes,
                })
            }
            Length::Chunked => {
                self.join_chunks(head_end, from)?;
                Ok(Answer {
                    status,
                    body: &self.joined,
                    closes,
                })
            }
        }
    }

    fn fill(&mut self, from: &mut impl Read) -> Result<()> {
        if self.buffer.len() - self.filled < 16 * 1024 {
            self.buffer
                .resize((self.buffer.len() * 2).max(64 * 1024), 0);
        }
        match from.read(&mut self.buffer[self.filled..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }

    fn join_chunks(&mut self, start: usize, from: &mut impl Read) -> Result<()> {
        self.joined.clear();
        let mut at = start;
        loop {
            let line_end = loop {
                if let Some(found) = find(&self.buffer[at..self.filled], b"\r\n") {
                    break at + found;
                }
                self.fill(from)?;
            };
            let size = chunk_size(&self.buffer[at..line_end])?;
            let end = line_end + 2 + size + 2;
            while self.filled < end {
                self.fill(from)?;
            }
            self.joined
                .extend_from_slice(&self.buffer[line_end + 2..end - 2]);
            at = end;
            if size == 0 {
                self.used = end;
                return Ok(());
            }
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

fn head(bytes: &[u8]) -> Result<(u16, Length, bool)> {
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("a head that is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or_else(|| wrong("no HTTP/1.1 status line"))?;
    let (mut length, mut closes) = (Length::Known(0), false);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(
                value
                    .parse()
                    .map_err(|_| wrong("a content length that is no number"))?,
            );
        } else if name.eq_ignore_ascii_case("transfer-encoding")
            && value.eq_ignore_ascii_case("chunked")
        {
            length = Length::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.eq_ignore_ascii_case("close");
        }
    }
    Ok((status, length, closes))
}

fn chunk_size(line: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(line).map_err(|_| wrong("a chunk size that is not text"))?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    usize::from_str_radix(digits, 16).map_err(|_| wrong("a chunk size that is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, as a network may.
    struct Trickle<'b>(&'b [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            let take = self.1.min(self.0.len()).min(into.len());
            into[..take].copy_from_slice(&self.0[..take]);
            self.0 = &self.0[take..];
            Ok(take)
        }
    }

    #[test]
    fn answers_of_both_kinds_are_read_however_they_are_cut() {
        let wire = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
            HTTP/1.1 207 Multi\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n\
            HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        for step in [1, 2, 7, 4096] {
            let (mut stream, mut reader) = (Trickle(wire, step), Reader::default());
            for (status, body, closes) in [
                (200, "hello", false),
                (207, "abcdefg", false),
                (503, "", true),
            ] {
                let answer = reader.next_answer(&mut stream).expect("an answer");
                assert_eq!(
                    (answer.status, answer.body, answer.closes),
                    (status, body.as_bytes(), closes)
                );
            }
            assert!(
                reader.next_answer(&mut stream).is_err(),
                "the stream has ended"
            );
        }
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for wire in [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        ] {
            let answer = Reader::default()
                .next_answer(&mut Trickle(wire.as_bytes(), 64))
                .map(|answer| answer.status);
            assert!(answer.is_err(), "{wire}");
        }
    }
}
