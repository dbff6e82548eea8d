//! Little-endian bytes: a writer's helpers and a reader that never reads past its end.

use std::sync::Arc;

use super::ids::Text;
use super::number::Volume;
use super::time::Time;

/// Bytes that never change and stay where they are while anybody holds them: a mapped file, or a copy of one.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Appends an unsigned number in 1 to 10 bytes, seven bits each, low bits first.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number, zigzag so that small magnitudes stay short.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a text with its length before it.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends an optional text: 0 for none, otherwise its length plus one before it.
pub fn put_text_option(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            put_varint(out, text.len() as u64 + 1);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// The bytes do not hold what was asked of them: short, overlong, or not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Reads values from the front of a byte slice.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// If fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next byte.
    ///
    /// # Errors
    /// If none is left.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    /// A number written by [`put_varint`].
    ///
    /// # Errors
    /// If the bytes end or hold more than 64 bits.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte without bits adds nothing: every number has one form, so that what is read is written again.
                return if byte == 0 && shift > 0 {
                    Err(Malformed)
                } else {
                    Ok(value)
                };
            }
        }
        Err(Malformed)
    }

    /// A number written by [`put_signed`].
    ///
    /// # Errors
    /// As [`Reader::varint`].
    pub fn signed(&mut self) -> Result<i64, Malformed> {
        let value = self.varint()?;
        Ok(((value >> 1) as i64) ^ -((value & 1) as i64))
    }

    /// A number that must fit a `u32`.
    ///
    /// # Errors
    /// If it does not, or as [`Reader::varint`].
    pub fn varint_u32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.varint()?).map_err(|_| Malformed)
    }

    /// A volume, written as a signed number of units.
    ///
    /// # Errors
    /// As [`Reader::varint`].
    pub fn volume(&mut self) -> Result<Volume, Malformed> {
        Ok(Volume(self.signed()?))
    }

    /// An instant, written as a signed number of milliseconds.
    ///
    /// # Errors
    /// As [`Reader::varint`].
    pub fn time(&mut self) -> Result<Time, Malformed> {
        Ok(Time(self.signed()?))
    }

    /// A text written by [`put_text`].
    ///
    /// # Errors
    /// If it is cut short or not UTF-8.
    pub fn text(&mut self) -> Result<Text, Malformed> {
        let len = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        Text::from_utf8(self.take(len)?).map_err(|_| Malformed)
    }

    /// A text written by [`put_text_option`].
    ///
    /// # Errors
    /// If it is cut short or not UTF-8.
    pub fn text_option(&mut self) -> Result<Option<Text>, Malformed> {
        let Some(len) = self.varint()?.checked_sub(1) else {
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(|_| Malformed)?;
        Text::from_utf8(self.take(len)?)
            .map(Some)
            .map_err(|_| Malformed)
    }

    /// A little-endian `u32`.
    ///
    /// # Errors
    /// If fewer than four bytes are left.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(
            self.take(4)?.try_into().expect("four bytes"),
        ))
    }

    /// A little-endian `u64`.
    ///
    /// # Errors
    /// If fewer than eight bytes are left.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(
            self.take(8)?.try_into().expect("eight bytes"),
        ))
    }
}
