//! One field of a row: read exactly, or refused with what is allowed.

use csv::ByteRecord;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::base::ids::{BadId, Text, check_id};
use crate::base::limits::{ID_CHARS_MAX, TAGS_MAX, TEXT_BYTES_MAX};
use crate::base::number::Volume;
use crate::base::time::Time;

/// What may stand in a field, when something else does.
pub type Allowed = String;

/// The text of a row's column, without blanks at its ends.
///
/// # Errors
/// If the row is too short to have it, or it is not UTF-8.
pub fn of(record: &ByteRecord, column: usize) -> Result<&str, Allowed> {
    let bytes = record
        .get(column)
        .ok_or_else(|| "a row with as many columns as the first line".to_owned())?;
    std::str::from_utf8(bytes)
        .map(str::trim)
        .map_err(|_| "UTF-8".to_owned())
}

/// An id of a member or an order.
///
/// # Errors
/// Says which rule of ids is broken.
pub fn id(text: &str) -> Result<Text, Allowed> {
    match check_id(text) {
        Ok(()) => Ok(Text::from(text)),
        Err(BadId::Empty) => Err("an id; this one is empty".to_owned()),
        Err(BadId::Long) => Err(format!("an id of at most {ID_CHARS_MAX} characters")),
        Err(BadId::Unprintable) => {
            Err("an id of printable characters, no blank at either end".to_owned())
        }
    }
}

/// An id, or none where the field is empty.
///
/// # Errors
/// As [`id`].
pub fn id_option(text: &str) -> Result<Option<Text>, Allowed> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(text).map(Some)
    }
}

/// An instant: RFC 3339, or a local day or day and time, taken in UTC.
///
/// # Errors
/// If it is none of these.
pub fn time(text: &str) -> Result<Time, Allowed> {
    if let Ok(time) = text.parse::<Time>() {
        return Ok(time);
    }
    let local = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(DateTime::from));
    let stamp = local
        .ok()
        .and_then(|local| local.to_zoned(TimeZone::UTC).ok());
    let time = stamp.map(|stamp| Time(stamp.timestamp().as_millisecond()));
    time.filter(|&time| (Time::MIN..=Time::MAX).contains(&time)).ok_or_else(|| {
        "a time from 1970 on, such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31 (taken in UTC)".to_owned()
    })
}

/// A volume or an amount, not negative.
///
/// # Errors
/// If it is negative, not plain, or finer than 4 places.
pub fn volume(text: &str) -> Result<Volume, Allowed> {
    let volume = text
        .parse::<Volume>()
        .ok()
        .filter(|&volume| volume >= Volume::ZERO);
    volume.ok_or_else(|| {
        "a decimal of 0 or more with a point and at most 4 places, such as 12.50".to_owned()
    })
}

/// A whole number in a range.
///
/// # Errors
/// If it is another one.
pub fn count(text: &str, low: u16, high: u16) -> Result<u16, Allowed> {
    let count = text
        .parse()
        .ok()
        .filter(|count| (low..=high).contains(count));
    count.ok_or_else(|| format!("a whole number from {low} to {high}"))
}

/// One of some words, whatever its case.
///
/// # Errors
/// If it is another word.
pub fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Allowed> {
    let found = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|&(_, meaning)| meaning).ok_or_else(|| {
        let list: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        list.join(", ")
    })
}

/// A code of capital letters: 2 for a country, 3 for a currency; none where the field is empty.
///
/// # Errors
/// If it has another form.
pub fn code(text: &str, letters: usize) -> Result<Option<Text>, Allowed> {
    if text.is_empty() {
        return Ok(None);
    }
    let fits = text.len() == letters && text.bytes().all(|byte| byte.is_ascii_uppercase());
    fits.then(|| Some(Text::from(text)))
        .ok_or_else(|| format!("{letters} capital letters"))
}

/// A short free text; none where the field is empty.
///
/// # Errors
/// If it is too long or has control characters.
pub fn label(text: &str) -> Result<Option<Text>, Allowed> {
    if text.is_empty() {
        return Ok(None);
    }
    let fits =
        text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control) && text.trim() == text;
    fits.then(|| Some(Text::from(text)))
        .ok_or_else(|| format!("a text of at most {TEXT_BYTES_MAX} bytes, without control characters or blanks at its ends"))
}

/// Labels apart from each other by `|` or `;`.
///
/// # Errors
/// If there are too many, or as [`label`].
pub fn tags(text: &str) -> Result<Vec<Text>, Allowed> {
    let mut tags = Vec::new();
    for part in text
        .split(['|', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        tags.extend(label(part)?);
    }
    if tags.len() > TAGS_MAX {
        return Err(format!("at most {TAGS_MAX} tags, apart by | or ;"));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_the_forms_that_files_have() {
        for (text, read) in [
            ("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31T12:00:00+02:00", Some("2026-01-31T10:00:00Z")),
            ("2026-01-31 12:00:00", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31", Some("2026-01-31T00:00:00Z")),
            ("31.01.2026", None),
            ("1950-01-01", None),
            ("", None),
        ] {
            assert_eq!(
                time(text).ok().map(|time| time.to_string()).as_deref(),
                read,
                "{text}"
            );
        }
    }

    #[test]
    fn codes_tags_and_counts_are_strict() {
        assert_eq!(code("DE", 2), Ok(Some(Text::from("DE"))));
        assert!(code("de", 2).is_err() && code("DEU", 2).is_err());
        assert_eq!(
            tags("a| b;;c "),
            Ok(vec![Text::from("a"), Text::from("b"), Text::from("c")])
        );
        assert!(tags(&"t|".repeat(17)).is_err());
        assert_eq!(
            (
                count("3", 1, 3),
                count("0", 1, 3).is_err(),
                count("4", 1, 3).is_err()
            ),
            (Ok(3), true, true)
        );
        assert!(volume("-1").is_err() && volume("1,50").is_err() && volume("0").is_ok());
    }
}
