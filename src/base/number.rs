//! Exact numbers. Volumes and amounts are integers of 1e-4; nothing here or above it uses floats for money or volume.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::planted::{Planted, planted};

/// Decimal places of a volume or an amount.
pub const PLACES: u32 = 4;
/// Units of 1e-4 in one whole.
pub const UNIT: i64 = 10_000;

/// A volume or an amount of money: a count of 1e-4 units. May be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Volume(pub i64);

/// Why a text is not an exact volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNumber {
    /// Not a plain decimal such as `12.50` or `-3`.
    Shape,
    /// More than four decimal places.
    Precision,
    /// Beyond the range that sums can hold.
    Range,
}

impl Volume {
    /// Nothing.
    pub const ZERO: Volume = Volume(0);
    /// The greatest single volume a command may carry: 1e12 wholes. Sums have far more room.
    pub const MAX: Volume = Volume(1_000_000_000_000 * UNIT);

    /// `self * part / whole`, rounded half away from zero; exact in between.
    ///
    /// # Panics
    /// If `whole` is zero.
    #[must_use]
    pub fn pro_rata(self, part: Volume, whole: Volume) -> Volume {
        assert!(whole.0 != 0, "pro rata of nothing");
        let product = i128::from(self.0) * i128::from(part.0);
        let quotient = divide_half_away(product, i128::from(whole.0));
        Volume(i64::try_from(quotient).expect("a part is no greater than the whole"))
    }
}

/// The one rounding function: `numerator / denominator`, half away from zero.
///
/// # Panics
/// If `denominator` is zero.
#[must_use]
pub fn divide_half_away(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator / denominator;
    let rest = numerator % denominator;
    let to_even = planted(Planted::HalvesToEven) && quotient % 2 == 0;
    let half = denominator.unsigned_abs() + u128::from(to_even);
    if rest.unsigned_abs() * 2 >= half {
        quotient
            + if (numerator < 0) == (denominator < 0) {
                1
            } else {
                -1
            }
    } else {
        quotient
    }
}

impl FromStr for Volume {
    type Err = BadNumber;

    /// Reads `[-]digits[.digits]`: no exponent, no plus sign, no blanks, at most four places.
    fn from_str(text: &str) -> Result<Volume, BadNumber> {
        if let Some(volume) = short(text.as_bytes()) {
            return Ok(volume);
        }
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (mut value, mut places, mut seen, mut point) = (0i64, 0u32, 0u32, false);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    if point && places == PLACES {
                        if byte != b'0' {
                            return Err(BadNumber::Precision);
                        }
                        continue;
                    }
                    seen += 1;
                    places += u32::from(point);
                    value = value
                        .checked_mul(10)
                        .and_then(|v| v.checked_add(i64::from(byte - b'0')))
                        .ok_or(BadNumber::Range)?;
                }
                b'.' if !point && seen > 0 => point = true,
                _ => return Err(BadNumber::Shape),
            }
        }
        if seen == 0 || (point && places == 0) {
            return Err(BadNumber::Shape);
        }
        value = value
            .checked_mul(10i64.pow(PLACES - places))
            .ok_or(BadNumber::Range)?;
        if value > Volume::MAX.0 {
            return Err(BadNumber::Range);
        }
        Ok(Volume(if negative { -value } else { value }))
    }
}

/// The form nearly every volume has, without the checks that longer ones need: at most fourteen characters, no sign, no
/// more places than count.
fn short(text: &[u8]) -> Option<Volume> {
    const SCALE: [u64; PLACES as usize + 1] = [10_000, 1_000, 100, 10, 1];
    let point = text.iter().position(|byte| *byte == b'.');
    let (wholes, places) = match point {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &text[..0]),
    };
    if text.len() > 14 || wholes.is_empty() || (point.is_some() && places.is_empty()) {
        return None;
    }
    let scale = SCALE.get(places.len())?;
    let mut value = 0u64;
    for byte in wholes.iter().chain(places) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
    }
    // Below 10^14 before this and below 10^18 after it.
    let units = i64::try_from(value.wrapping_mul(*scale)).ok()?;
    (units <= Volume::MAX.0).then_some(Volume(units))
}

impl fmt::Display for Volume {
    /// At least two places, as many as the value has: `12.50`, `0.0001`, `-3.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (units / UNIT.unsigned_abs(), units % UNIT.unsigned_abs());
        if part % 100 == 0 {
            write!(f, "{sign}{whole}.{:02}", part / 100)
        } else if part % 10 == 0 {
            write!(f, "{sign}{whole}.{:03}", part / 10)
        } else {
            write!(f, "{sign}{whole}.{part:04}")
        }
    }
}

impl Serialize for Volume {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Volume {
    /// A string only: a JSON number has gone through a float somewhere and is refused.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Volume, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Volume;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal in a string with at most 4 places, such as \"12.50\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Volume, E> {
                text.parse().map_err(|why| match why {
                    BadNumber::Shape => E::invalid_value(serde::de::Unexpected::Str(text), &self),
                    BadNumber::Precision => {
                        E::custom(format!("`{text}` has more than 4 decimal places"))
                    }
                    BadNumber::Range => E::custom(format!("`{text}` is beyond {}", Volume::MAX)),
                })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_units_and_come_back() {
        for (text, units, shown) in [
            ("0", 0, "0.00"),
            ("12.5", 125_000, "12.50"),
            ("-3", -30_000, "-3.00"),
            ("0.0001", 1, "0.0001"),
            ("1.230", 12_300, "1.23"),
            ("1.23000", 12_300, "1.23"),
            ("-0.125", -1_250, "-0.125"),
            ("00012.3400", 123_400, "12.34"),
            ("99999999999.99", 999_999_999_999_900, "99999999999.99"),
            ("999999999999.99", 9_999_999_999_999_900, "999999999999.99"),
            ("1000000000000", 10_000_000_000_000_000, "1000000000000.00"),
            (
                "1000000000000.0000",
                10_000_000_000_000_000,
                "1000000000000.00",
            ),
        ] {
            let volume: Volume = text.parse().expect(text);
            assert_eq!(
                (volume.0, volume.to_string().as_str()),
                (units, shown),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_exact_is_refused() {
        for (text, why) in [
            ("", BadNumber::Shape),
            ("-", BadNumber::Shape),
            (".5", BadNumber::Shape),
            ("1.", BadNumber::Shape),
            ("1e3", BadNumber::Shape),
            ("+1", BadNumber::Shape),
            ("1.2.3", BadNumber::Shape),
            ("1.00001", BadNumber::Precision),
            ("1000000000001", BadNumber::Range),
            ("99999999999999", BadNumber::Range),
            ("12a", BadNumber::Shape),
            ("12.a", BadNumber::Shape),
            ("1..2", BadNumber::Shape),
            ("99999999999999999999", BadNumber::Range),
        ] {
            assert_eq!(text.parse::<Volume>(), Err(why), "{text}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (n, d, q) in [
            (5, 2, 3),
            (-5, 2, -3),
            (4, 3, 1),
            (-4, 3, -1),
            (5, -2, -3),
            (6, 4, 2),
        ] {
            assert_eq!(divide_half_away(n, d), q, "{n}/{d}");
        }
    }
}
