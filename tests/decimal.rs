//! Decimals of answers as whole numbers, read without the code that writes them.

/// A decimal of at most fourteen places, in 1e-14.
pub(crate) fn units(text: &str) -> i128 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let number = format!("{whole}{places:0<14}");
    sign * number.parse::<i128>().expect("a decimal")
}
