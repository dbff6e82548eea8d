//! Amounts of money in answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::money::{minor_digits, minor_text};

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// A decimal with as many places as the currency's minor unit has.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

impl Money {
    /// An amount of minor units.
    #[must_use]
    pub fn of(minor: i64, currency: &str) -> Money {
        Money {
            amount: minor_text(minor, minor_digits(currency)),
            currency: currency.to_owned(),
        }
    }
}
