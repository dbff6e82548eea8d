//! Instants: milliseconds since 1970-01-01T00:00:00Z. No clock is read here; time is always handed in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant in milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Time(pub i64);

/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 86_400_000;

impl Time {
    /// The earliest instant a command may carry: 1970-01-01.
    pub const MIN: Time = Time(0);
    /// The latest instant a command may carry: the end of year 9999.
    pub const MAX: Time = Time(253_402_300_799_999);

    /// The instant `ms` later (earlier when negative), held within [`Time::MIN`] and [`Time::MAX`].
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms).clamp(Time::MIN.0, Time::MAX.0))
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC, with milliseconds only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "@{}ms", self.0),
        }
    }
}

/// A text that is not an RFC 3339 instant in range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadTime;

impl FromStr for Time {
    type Err = BadTime;

    /// Reads RFC 3339 with any offset; finer than a millisecond is cut off.
    fn from_str(text: &str) -> Result<Time, BadTime> {
        if let Some(time) = parse_plain_utc(text.as_bytes()) {
            return Ok(time);
        }
        let stamp: jiff::Timestamp = text.parse().map_err(|_| BadTime)?;
        let time = Time(stamp.as_millisecond());
        if time < Time::MIN || time > Time::MAX {
            return Err(BadTime);
        }
        Ok(time)
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`, the form nearly every order carries, without the general parser.
fn parse_plain_utc(text: &[u8]) -> Option<Time> {
    let &[
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
        b'Z',
    ] = text
    else {
        return None;
    };
    let two = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from((a - b'0') * 10 + (b - b'0')))
    };
    let (year, month, day) = (
        two(y0, y1)? * 100 + two(y2, y3)?,
        two(m0, m1)?,
        two(d0, d1)?,
    );
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of = [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let month_days = *days_of.get(usize::try_from(month - 1).ok()?)?;
    if year < 1970 || day < 1 || day > month_days || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970 by counting from March, so that the leap day comes last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(Time(
        (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000,
    ))
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time such as \"2026-01-31T12:00:00Z\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                text.parse()
                    .map_err(|BadTime| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_agrees_with_the_general_parser() {
        for day in 0..40_000 {
            let time = Time(day * DAY_MS + (day % 86_400) * 1000);
            let text = time.to_string();
            assert_eq!(parse_plain_utc(text.as_bytes()), Some(time), "{text}");
        }
    }

    #[test]
    fn offsets_and_fractions_are_read_and_nonsense_is_not() {
        assert_eq!(
            "1970-01-02T01:00:00.5+01:00".parse(),
            Ok(Time(DAY_MS + 500))
        );
        for bad in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-01-01",
            "1960-01-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
        ] {
            assert_eq!(bad.parse::<Time>(), Err(BadTime), "{bad}");
        }
    }
}
