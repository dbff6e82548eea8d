//! The hot path: one plain order a line, read with borrowed fields and without a tree in between.
//!
//! It takes only what it is sure of. Whatever it does not know (another type, an escape in a text, order lines, any
//! mistake) it leaves to the thorough reader, which alone words refusals; a test holds the two to agree.

use crate::api::parse::fields::is_code;
use crate::api::parse::names::Names;
use crate::api::parse::order::ACCEPTED;
use crate::base::ids::{Text, check_id};
use crate::base::limits::{CENTRES_MAX, TEXT_BYTES_MAX};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::base::volumes::Volumes;
use crate::engine::command::order::Order;
use crate::engine::command::{Command, Verb};

// Names of fields as one number each: compared as texts, every one of them would be a call.
const ID: u64 = packed(b"id");
const TYPE: u64 = packed(b"type");
const AT: u64 = packed(b"at");
const DATA: u64 = packed(b"data");
const MEMBER: u64 = packed(b"member");
const CENTRE: u64 = packed(b"centre");
const VOLUMES: u64 = packed(b"volumes");
const AMOUNT: u64 = packed(b"amount");
const CURRENCY: u64 = packed(b"currency");
const CLASS: u64 = packed(b"class");

/// A name of at most eight bytes as one number, the first byte lowest.
const fn packed(name: &[u8]) -> u64 {
    let (mut word, mut at) = (0, name.len());
    while at > 0 {
        at -= 1;
        word = word << 8 | name[at] as u64;
    }
    word
}

/// What has been read of an order; a field that stands twice ends the fast way.
#[derive(Default)]
struct Found<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    at: Option<&'a str>,
    member: Option<&'a str>,
    centre: Option<u16>,
    volumes: Option<Volumes>,
    amount: Option<&'a str>,
    currency: Option<&'a str>,
    class: Option<&'a str>,
}

/// Reads a plain order from the envelope of `/v1/events`; none leaves it to the thorough reader.
#[must_use]
pub fn enveloped(line: &str, names: &Names) -> Option<Command> {
    let mut scan = Scan { text: line, at: 0 };
    let mut found = Found::default();
    let mut has_data = false;
    scan.object(|scan| match scan.name()? {
        ID => once(&mut found.id, scan.string()?),
        TYPE => once(&mut found.name, scan.string()?),
        AT => once(&mut found.at, scan.string()?),
        DATA if !std::mem::replace(&mut has_data, true) => scan.object(|scan| {
            let name = scan.name()?;
            data(name, scan, &mut found, names)
        }),
        _ => None,
    })?;
    if !scan.is_at_end() || !has_data || found.name? != ACCEPTED.name {
        return None;
    }
    let at = found.at?.parse().ok()?;
    command(at, &found)
}

/// Reads a plain order in the flat form of `/v1/orders`; none leaves it to the thorough reader.
#[must_use]
pub fn flat(line: &str, names: &Names, now: Time) -> Option<Command> {
    let mut scan = Scan { text: line, at: 0 };
    let mut found = Found::default();
    scan.object(|scan| match scan.name()? {
        ID => once(&mut found.id, scan.string()?),
        AT => once(&mut found.at, scan.string()?),
        name => data(name, scan, &mut found, names),
    })?;
    if !scan.is_at_end() {
        return None;
    }
    let at = match found.at {
        Some(at) => at.parse().ok()?,
        None => now,
    };
    command(at, &found)
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn data<'a>(name: u64, scan: &mut Scan<'a>, found: &mut Found<'a>, names: &Names) -> Option<()> {
    match name {
        MEMBER => once(&mut found.member, scan.string()?),
        CENTRE => once(&mut found.centre, scan.small()?),
        VOLUMES => once(&mut found.volumes, volumes(scan, names)?),
        AMOUNT => once(&mut found.amount, scan.string()?),
        CURRENCY => once(&mut found.currency, scan.string()?),
        CLASS => once(&mut found.class, scan.string()?),
        _ => None,
    }
}

fn volumes(scan: &mut Scan<'_>, names: &Names) -> Option<Volumes> {
    let mut volumes = Volumes::default();
    let mut seen = 0u8;
    scan.object(|scan| {
        let name = scan.string()?;
        scan.take(b':')?;
        let same = |known: &Text| known.len() == name.len() && known.bytes().eq(name.bytes());
        let kind = names.kinds.iter().position(same)?;
        if seen & (1 << kind) != 0 {
            return None;
        }
        seen |= 1 << kind;
        volumes.set(kind, not_negative(scan.string()?)?);
        Some(())
    })?;
    Some(volumes)
}

/// A walk over JSON of the plainest sort: objects, texts without escapes, small whole numbers.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is no white space, left in place.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                byte if *byte > b' ' => return Some(*byte),
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// A text, borrowed; none if it has an escape or a control character.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start;
        // Eight bytes at a time up to the one that holds the end.
        while let Some(word) = bytes.get(end..).and_then(|rest| rest.first_chunk()) {
            let ends = ends_in(u64::from_le_bytes(*word));
            end += (ends.trailing_zeros() / 8) as usize;
            if ends != 0 {
                break;
            }
        }
        while !matches!(bytes.get(end)?, b'"' | b'\\' | 0..=0x1f) {
            end += 1;
        }
        self.at = end + 1;
        // A quote is a byte of its own in UTF-8, so both ends are at characters.
        let text = self.text.get(start..end)?;
        (bytes[end] == b'"').then_some(text)
    }

    /// A whole number of at most four digits.
    fn small(&mut self) -> Option<u16> {
        self.peek()?;
        let start = self.at;
        while self.text.as_bytes().get(self.at)?.is_ascii_digit() {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if digits.len() > 4 || digits.starts_with('0') || !matches!(self.peek()?, b',' | b'}') {
            return None;
        }
        digits.parse().ok()
    }

    /// The name of a field and the colon behind it, as one number: of at most eight bytes, as all known ones are.
    fn name(&mut self) -> Option<u64> {
        self.take(b'"')?;
        let rest = self.text.as_bytes().get(self.at..)?;
        // No order ends so soon behind a name.
        let word = u64::from_le_bytes(*rest.first_chunk()?);
        let bits = ends_in(word).trailing_zeros() & !7;
        let length = bits as usize / 8;
        if *rest.get(length)? != b'"' {
            return None;
        }
        self.at += length + 1;
        self.take(b':')?;
        Some(word & !u64::MAX.checked_shl(bits).unwrap_or(0))
    }

    /// An object: `field` reads the name of one field and what it holds.
    fn object(&mut self, mut field: impl FnMut(&mut Scan<'a>) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            field(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }
}

/// Sets the high bit of the first byte at which a text ends: a quote, a backslash or a control character. Bits above
/// that one mean nothing; none is set if the text goes on.
fn ends_in(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // A byte below `least` borrows into its high bit; one that had that bit already is not ASCII and never meant.
    let below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word & HIGHS;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    is(b'"') | is(b'\\') | below(word, 0x20)
}

fn command(at: Time, found: &Found<'_>) -> Option<Command> {
    let (id, member) = (found.id?, found.member?);
    check_id(id).ok()?;
    check_id(member).ok()?;
    let amount = match found.amount {
        Some(decimal) => not_negative(decimal)?,
        None => Volume::ZERO,
    };
    if !found.currency.is_none_or(|currency| is_code(currency, 3))
        || !found.class.is_none_or(is_plain_label)
    {
        return None;
    }
    let centre = found.centre.unwrap_or(1);
    if centre == 0 || centre > CENTRES_MAX {
        return None;
    }
    Some(Command {
        id: Text::new(id),
        at,
        verb: Verb::Order(Order {
            member: Text::new(member),
            centre,
            volumes: found.volumes.unwrap_or_default(),
            amount,
            currency: found.currency.map(Text::new),
            class: found.class.map(Text::new),
            lines: Vec::new(),
        }),
    })
}

fn not_negative(decimal: &str) -> Option<Volume> {
    decimal
        .parse()
        .ok()
        .filter(|volume| *volume >= Volume::ZERO)
}

/// A label of plain characters; rarer ones are left to the thorough reader.
fn is_plain_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_BYTES_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
}
