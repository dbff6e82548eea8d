//! The running digest: folds numbers in order, cheaply enough to be done for every command.

use crate::engine::outcome::Outcome;

/// A digest of everything folded so far, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fold(u64);

impl Fold {
    pub(crate) fn new() -> Fold {
        Fold(0x2D35_8DCC_AA6C_78A5)
    }

    /// Folds one number in: a 64 x 64 bit product, its halves joined, so that every bit reaches every other.
    pub(crate) fn add(&mut self, value: u64) {
        let left = self.0 ^ value;
        let right = 0x8BB8_4B93_962E_ACC9 ^ value.rotate_left(32) ^ self.0.rotate_left(17);
        let product = u128::from(left) * u128::from(right);
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }

    /// Folds an outcome in.
    pub(crate) fn add_outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Ok(accepted) => {
                self.add(1 + accepted.choices.len() as u64);
                for choice in &accepted.choices {
                    let (parent, centre) = choice.parent.unwrap_or_default();
                    self.add(
                        u64::from(parent) << 32 | u64::from(centre) << 16 | u64::from(choice.leg),
                    );
                    let own = u64::from(choice.tree) << 16 | u64::from(choice.centre);
                    self.add(own << 1 | u64::from(choice.waits));
                }
            }
            Err(rejection) => {
                let field = rejection.field().map_or(0, |field| field as u64);
                self.add(u64::from(rejection.number()) << 40 | field << 32);
            }
        }
    }

    /// One that goes on from a value.
    pub(crate) fn from_value(value: u64) -> Fold {
        Fold(value)
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_every_bit_matter() {
        let of = |values: &[u64]| {
            let mut fold = Fold::new();
            values.iter().for_each(|&value| fold.add(value));
            fold.value()
        };
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        for bit in 0..64 {
            assert_ne!(of(&[5, 7]), of(&[5 ^ (1 << bit), 7]), "bit {bit}");
            assert_ne!(of(&[5, 7]), of(&[5, 7 ^ (1 << bit)]), "bit {bit}");
        }
    }
}
