//! What is handed up a line: a change of sums, counts and bucket vectors.

use crate::tree::layout::SUMS_MAX;

/// Counts as one integer, `counted * 2^32 + active`: adding the integers adds both, also when they fall.
#[inline]
#[must_use]
pub fn pack_counts(counted: i64, active: i64) -> i64 {
    (counted << 32).wrapping_add(active)
}

/// The counted part of packed counts.
#[inline]
#[must_use]
pub fn counted(counts: i64) -> u32 {
    (counts as u64 >> 32) as u32
}

/// The active part of packed counts.
#[inline]
#[must_use]
pub fn active(counts: i64) -> u32 {
    counts as u32
}

/// The same counts with nobody active: what is left when a period rolls.
#[inline]
#[must_use]
pub fn without_active(counts: i64) -> i64 {
    counts & !0xffff_ffff
}

/// A change on its way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    /// By sum: period types x kinds.
    pub sums: [i64; SUMS_MAX],
    /// Packed counts.
    pub counts: i64,
    /// The bucket vectors of all kernels of the tree, one after the other.
    pub vectors: Vec<i64>,
}

impl Carry {
    /// Nothing.
    #[must_use]
    pub fn nothing() -> Carry {
        Carry {
            sums: [0; SUMS_MAX],
            counts: 0,
            vectors: Vec::new(),
        }
    }

    /// Only a change of counts.
    #[must_use]
    pub fn of_counts(counts: i64) -> Carry {
        Carry {
            counts,
            ..Carry::nothing()
        }
    }

    /// The opposite change.
    #[must_use]
    pub fn negated(mut self) -> Carry {
        self.sums.iter_mut().for_each(|sum| *sum = -*sum);
        self.counts = self.counts.wrapping_neg();
        self.vectors
            .iter_mut()
            .for_each(|volume| *volume = -*volume);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_counts_add_and_fall_like_two_numbers() {
        let counts = pack_counts(5, 3)
            .wrapping_add(pack_counts(-1, -3))
            .wrapping_add(pack_counts(0, 2));
        assert_eq!((counted(counts), active(counts)), (4, 2));
        assert_eq!(counted(without_active(counts)), 4);
        let down = pack_counts(4, 1).wrapping_sub(pack_counts(3, 1));
        assert_eq!((counted(down), active(down)), (1, 0));
    }
}
