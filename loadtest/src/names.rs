//! Ids and instants as text, written into byte buffers without formatting machinery: ten million lines are written.

/// Characters of every generated id.
pub const ID_CHARS: usize = 12;

/// The id of a member by number: `M00000000001` for member 0.
#[must_use]
pub fn member_id(number: u32) -> [u8; ID_CHARS] {
    numbered(b'M', u64::from(number) + 1)
}

/// The id of an order by number: `O00000000001` for order 0.
#[must_use]
pub fn order_id(number: u64) -> [u8; ID_CHARS] {
    numbered(b'O', number + 1)
}

/// The number behind a generated member id, if it is one.
#[must_use]
pub fn member_number(id: &str) -> Option<u32> {
    let digits = id.strip_prefix('M')?;
    if digits.len() != ID_CHARS - 1 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok()?.checked_sub(1)
}

fn numbered(letter: u8, number: u64) -> [u8; ID_CHARS] {
    let mut text = [b'0'; ID_CHARS];
    text[0] = letter;
    digits(&mut text[1..], number);
    text
}

/// Writes a number right-aligned over the zeros of a field.
fn digits(field: &mut [u8], mut number: u64) {
    for place in field.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).expect("a digit");
        number /= 10;
    }
}

/// Characters of an instant: `2026-01-31T12:00:00Z`.
pub const INSTANT_CHARS: usize = 20;

/// An instant of whole seconds since 1970, UTC, as RFC 3339.
#[must_use]
pub fn instant(seconds: u64) -> [u8; INSTANT_CHARS] {
    let (year, month, day) = civil(seconds / 86_400);
    let clock = seconds % 86_400;
    let mut text = *b"0000-00-00T00:00:00Z";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], clock / 3600);
    digits(&mut text[14..16], clock / 60 % 60);
    digits(&mut text[17..19], clock % 60);
    text
}

/// Year, month and day of a day counted from 1970-01-01, by years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let since_march_0 = days + 719_468;
    let era = since_march_0 / 146_097;
    let day_of_era = since_march_0 % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let (month, carry) = if march_month < 10 {
        (march_month + 3, 0)
    } else {
        (march_month - 9, 1)
    };
    (era * 400 + year_of_era + carry, month, day)
}

/// Seconds since 1970 of `YYYY-MM-DD` at midnight UTC.
///
/// # Errors
/// Says what is expected when the text is not such a day between 1970 and 9999.
pub fn day_start(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a day such as 2026-01-01");
    // A day is found by trying: the calendar is written once only, and this runs once.
    (0..2_932_897)
        .map(|day| day * 86_400)
        .find(|&seconds| &instant(seconds)[..10] == text.as_bytes())
        .ok_or_else(wrong)
}

/// An amount of cents as `12.34`.
pub fn push_cents(out: &mut Vec<u8>, cents: u32) {
    let mut field = [b'0'; 10];
    digits(&mut field, u64::from(cents / 100));
    let first = field.iter().position(|&b| b != b'0').unwrap_or(9);
    out.extend_from_slice(&field[first..]);
    let mut places = *b".00";
    digits(&mut places[1..], u64::from(cents % 100));
    out.extend_from_slice(&places);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("ASCII")
    }

    #[test]
    fn ids_have_twelve_characters_and_come_back() {
        for (number, id) in [(0, "M00000000001"), (9_999_999, "M00010000000")] {
            assert_eq!(text(&member_id(number)), id);
            assert_eq!(member_number(id), Some(number));
        }
        assert_eq!(text(&order_id(41)), "O00000000042");
        for other in ["M00001", "O00000000001", "M00000000000", "M0000000000x"] {
            assert_eq!(member_number(other), None, "{other}");
        }
    }

    #[test]
    fn instants_follow_the_calendar() {
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_769_860_800, "2026-01-31T12:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(text(&instant(seconds)), shown);
        }
        assert_eq!(day_start("2026-01-31"), Ok(1_769_817_600));
        assert!(day_start("2026-02-30").is_err());
    }

    #[test]
    fn cents_are_written_with_two_places() {
        for (cents, shown) in [
            (0, "0.00"),
            (5, "0.05"),
            (12_000, "120.00"),
            (123_456, "1234.56"),
        ] {
            let mut out = Vec::new();
            push_cents(&mut out, cents);
            assert_eq!(text(&out), shown);
        }
    }
}
