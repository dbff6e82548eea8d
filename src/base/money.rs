//! Money and rates: amounts that plans work out, and what they multiply volumes by. Integers only.
//!
//! A volume counts 1e-4, a rate 1e-8; their product counts 1e-12 and stays an `i128` until a component's result is
//! brought to [`Micros`], once, by [`Micros::nearest`] or [`Micros::floor`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::number::{BadNumber, divide_half_away};

/// Units of 1e-8 in a rate of one.
pub const RATE_ONE: i64 = 100_000_000;
/// Units of 1e-6 in one whole of a currency.
pub const MICROS: i64 = 1_000_000;
/// Units of a volume times a rate (1e-12) in one [`Micros`].
pub const PER_MICRO: i128 = 1_000_000;

/// A share or rate: a count of 1e-8, from 0 to [`Rate::MAX`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
pub struct Rate(pub i64);

impl Rate {
    /// Nothing.
    pub const ZERO: Rate = Rate(0);
    /// The greatest rate a document may name: ten times the volume.
    pub const MAX: Rate = Rate(10 * RATE_ONE);
}

impl FromStr for Rate {
    type Err = BadNumber;

    /// Reads `digits[.digits]` with at most eight places: no sign, no exponent, no percent sign.
    fn from_str(text: &str) -> Result<Rate, BadNumber> {
        let value = decimal(text, 8)?;
        if value > i128::from(Rate::MAX.0) {
            return Err(BadNumber::Range);
        }
        Ok(Rate(value as i64))
    }
}

impl fmt::Display for Rate {
    /// As few places as the value needs: `0.05`, `1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, i128::from(self.0), 8, 0)
    }
}

/// What one unit of a currency is worth in another: a count of 1e-8, from 0 to [`Exchange::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchange(pub i64);

impl Exchange {
    /// One for one.
    pub const ONE: Exchange = Exchange(RATE_ONE);
    /// The greatest one a document may name.
    pub const MAX: Exchange = Exchange(1_000_000 * RATE_ONE);
}

impl FromStr for Exchange {
    type Err = BadNumber;

    /// Reads `digits[.digits]` with at most eight places.
    fn from_str(text: &str) -> Result<Exchange, BadNumber> {
        let value = decimal(text, 8)?;
        if value > i128::from(Exchange::MAX.0) {
            return Err(BadNumber::Range);
        }
        Ok(Exchange(value as i64))
    }
}

impl fmt::Display for Exchange {
    /// As few places as the value needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, i128::from(self.0), 8, 0)
    }
}

/// An amount of a plan's currency: a count of 1e-6. May be negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
pub struct Micros(pub i64);

impl Micros {
    /// Nothing.
    pub const ZERO: Micros = Micros(0);

    /// `numerator / denominator` wholes in counts of 1e-6, half away from zero; none beyond the range.
    ///
    /// # Panics
    /// If `denominator` is zero.
    #[must_use]
    pub fn nearest(numerator: i128, denominator: i128) -> Option<Micros> {
        if let (Ok(small), Ok(by @ 1..)) = (i64::try_from(numerator), i64::try_from(denominator)) {
            // Most are small, and a run divides as often as it has lines.
            return Some(Micros(halves_away(small, by)));
        }
        let micros = divide_half_away(numerator, denominator);
        i64::try_from(micros).ok().map(Micros)
    }

    /// The same rounded down, for funds that are shared out.
    ///
    /// # Panics
    /// If `denominator` is zero.
    #[must_use]
    pub fn floor(numerator: i128, denominator: i128) -> Option<Micros> {
        let micros = numerator.div_euclid(denominator);
        i64::try_from(micros).ok().map(Micros)
    }

    /// In minor units of another currency that has so many digits, half away from zero, rounded once; none beyond the
    /// range.
    #[must_use]
    pub fn exchanged(self, rate: Exchange, digits: u8) -> Option<i64> {
        if rate == Exchange::ONE {
            return Some(self.to_minor(digits));
        }
        let worth = i128::from(self.0) * i128::from(rate.0);
        let per_minor = i128::from(RATE_ONE) * 10i128.pow(6 - u32::from(digits.min(6)));
        i64::try_from(divide_half_away(worth, per_minor)).ok()
    }

    /// In minor units of a currency that has so many digits, half away from zero: what is paid.
    #[must_use]
    pub fn to_minor(self, digits: u8) -> i64 {
        halves_away(self.0, 10i64.pow(6 - u32::from(digits.min(6))))
    }
}

/// A quotient to the nearest whole number, half away from zero; the divisor is above zero.
fn halves_away(numerator: i64, by: i64) -> i64 {
    let (whole, rest) = (numerator / by, numerator % by);
    let away = rest.abs() >= by - rest.abs();
    whole + if away { rest.signum() } else { 0 }
}

impl FromStr for Micros {
    type Err = BadNumber;

    /// Reads `digits[.digits]` with at most six places.
    fn from_str(text: &str) -> Result<Micros, BadNumber> {
        let value = decimal(text, 6)?;
        i64::try_from(value)
            .map(Micros)
            .map_err(|_| BadNumber::Range)
    }
}

impl fmt::Display for Micros {
    /// At least two places, as many as the value has: `12.50`, `0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, i128::from(self.0), 6, 2)
    }
}

/// An amount of minor units with all its digits: `12.34`, `-5`, `0.005`.
#[must_use]
pub fn minor_text(minor: i64, digits: u8) -> String {
    let (sign, units) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    if digits == 0 {
        return format!("{sign}{units}");
    }
    let one = 10u64.pow(u32::from(digits));
    let width = usize::from(digits);
    format!("{sign}{}.{:0width$}", units / one, units % one)
}

/// Digits after the point of a currency's minor unit, by its ISO 4217 code; two for most.
#[must_use]
pub fn minor_digits(currency: &str) -> u8 {
    const NONE: [&str; 16] = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
        "XAF", "XOF", "XPF",
    ];
    const THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
    if NONE.contains(&currency) {
        0
    } else if THREE.contains(&currency) {
        3
    } else {
        2
    }
}

/// A plain decimal without a sign as a count of its last allowed place.
fn decimal(text: &str, places: usize) -> Result<i128, BadNumber> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let pointed = text.contains('.');
    if whole.is_empty() || !digits(whole) || !digits(part) || (pointed && part.is_empty()) {
        return Err(BadNumber::Shape);
    }
    let part = part.trim_end_matches('0');
    if part.len() > places {
        return Err(BadNumber::Precision);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 18 {
        return Err(BadNumber::Range);
    }
    let number = |text: &str| text.parse::<i128>().unwrap_or(0);
    let scale = 10i128.pow(places as u32);
    let fraction = number(part) * 10i128.pow((places - part.len()) as u32);
    Ok(number(whole) * scale + fraction)
}

/// Writes a count of 10^-`places` with at least `least` places.
fn show(f: &mut fmt::Formatter<'_>, value: i128, places: usize, least: usize) -> fmt::Result {
    let scale = 10u128.pow(places as u32);
    let (sign, units) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let all = format!("{:0places$}", units % scale);
    let kept = all.trim_end_matches('0').len().max(least);
    if kept == 0 {
        write!(f, "{sign}{}", units / scale)
    } else {
        write!(f, "{sign}{}.{}", units / scale, &all[..kept])
    }
}

/// A volume (1e-4) or an amount (1e-6) times a rate, whole: as many decimal places as are needed. `places` are those of
/// what is multiplied, 4 or 6.
#[must_use]
pub fn exact_product((units, places): (i64, u32), rate: Rate) -> String {
    let product = i128::from(units) * i128::from(rate.0);
    let width = places as usize + 8;
    let one = 10u128.pow(places + 8);
    let (whole, rest) = (product.unsigned_abs() / one, product.unsigned_abs() % one);
    let sign = if product < 0 { "-" } else { "" };
    let places = format!("{rest:0width$}");
    match places.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        places => format!("{sign}{whole}.{places}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_shown() {
        for (text, units, shown) in [
            ("0", 0, "0"),
            ("0.05", 5_000_000, "0.05"),
            ("1", RATE_ONE, "1"),
            ("0.00000001", 1, "0.00000001"),
            ("10.000000000", 10 * RATE_ONE, "10"),
        ] {
            let rate: Rate = text.parse().expect(text);
            assert_eq!(
                (rate.0, rate.to_string().as_str()),
                (units, shown),
                "{text}"
            );
        }
        for (text, why) in [
            ("", BadNumber::Shape),
            ("5%", BadNumber::Shape),
            ("-0.1", BadNumber::Shape),
            (".5", BadNumber::Shape),
            ("1.", BadNumber::Shape),
            ("0.000000001", BadNumber::Precision),
            ("10.1", BadNumber::Range),
            ("99999999999999999999999", BadNumber::Range),
        ] {
            assert_eq!(text.parse::<Rate>(), Err(why), "{text}");
        }
    }

    #[test]
    fn amounts_are_exchanged_and_rounded_once() {
        let rate = |text: &str| -> Exchange { text.parse().expect(text) };
        for (micros, worth, digits, minor) in [
            (10_000_000, "0.92", 2, Some(920)),
            // 1.005 would be 101 if 1.00 were not rounded first.
            (1_004_999, "1", 2, Some(100)),
            (12_345_678, "151.3", 0, Some(1_868)),
            (-3_330_000, "0.5", 2, Some(-167)),
            (i64::MAX, "1000000", 3, None),
        ] {
            let told = Micros(micros).exchanged(rate(worth), digits);
            assert_eq!(told, minor, "{micros} at {worth}");
        }
        assert_eq!(Micros(7_775_000).exchanged(Exchange::ONE, 2), Some(778));
        for wrong in ["1000000.1", "-1", "0.000000001", "1,5"] {
            assert!(wrong.parse::<Exchange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_rounded_once() {
        for (numerator, denominator, nearest, floor) in [
            (1, 2, 1, 0),
            (-1, 2, -1, -1),
            (7, 3, 2, 2),
            (-7, 3, -2, -3),
            (1_500_000, PER_MICRO, 2, 1),
        ] {
            let given = format!("{numerator}/{denominator}");
            assert_eq!(
                Micros::nearest(numerator, denominator),
                Some(Micros(nearest)),
                "{given}"
            );
            assert_eq!(
                Micros::floor(numerator, denominator),
                Some(Micros(floor)),
                "{given}"
            );
        }
        assert_eq!(Micros::nearest(i128::MAX, 1), None);
    }

    #[test]
    fn products_are_exact() {
        let third: Rate = "0.33333333".parse().expect("a rate");
        assert_eq!(exact_product((-1_000_001, 6), third), "-0.33333366333333");
        for (units, rate, shown) in [
            (10_000, "0.05", "0.05"),
            (-1, "0.00000001", "-0.000000000001"),
            (123_456, "0.33333333", "4.115199958848"),
            (20_000, "1", "2"),
            (0, "0.1", "0"),
        ] {
            let rate: Rate = rate.parse().expect("a rate");
            assert_eq!(exact_product((units, 4), rate), shown);
        }
    }

    #[test]
    fn minor_units_follow_the_currency() {
        for (micros, currency, shown) in [
            (12_345_000, "USD", "12.35"),
            (-12_345_000, "USD", "-12.35"),
            (12_344_999, "EUR", "12.34"),
            (1_500_000, "JPY", "2"),
            (1_000_500, "KWD", "1.001"),
            (-4_000, "USD", "0.00"),
        ] {
            let digits = minor_digits(currency);
            let minor = Micros(micros).to_minor(digits);
            assert_eq!(minor_text(minor, digits), shown, "{micros} {currency}");
        }
        assert_eq!(Micros(1).to_string(), "0.000001");
        assert_eq!(Micros(-2_500_000).to_string(), "-2.50");
    }
}
