//! A small generator of pseudo-random numbers whose sequence never changes: the same seed makes the same network on
//! every machine, so nothing here or in the generators uses floats.

/// SplitMix64: one `u64` of state, passes the usual batteries, and starts well from any seed.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator; equal seeds give equal sequences.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`, each as likely as the next to within 2^-32.
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "nothing lies below zero");
        u32::try_from(((self.bits() >> 32) * u64::from(bound)) >> 32)
            .expect("the product's upper half is below the bound")
    }

    /// True `part` times in `whole`.
    pub fn chance(&mut self, part: u32, whole: u32) -> bool {
        self.below(whole) < part
    }

    /// A step back from `present` (at least 1): from 1 to `present`, each doubling as likely as the next. This is how
    /// far back in the order of joining a member's enroller lies in the real network.
    ///
    /// # Panics
    /// If `present` is zero.
    pub fn step_back(&mut self, present: u32) -> u32 {
        let doublings = u32::BITS - present.leading_zeros();
        loop {
            let floor = 1u32 << self.below(doublings);
            let step = floor + self.below(floor);
            if step <= present {
                return step;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // From the reference implementation, seed 1234567.
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut random = Random::new(1);
        let mut seen = [0u32; 7];
        for _ in 0..7_000 {
            seen[random.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1_150).contains(&n)), "{seen:?}");
        for _ in 0..1_000 {
            let step = random.step_back(5);
            assert!((1..=5).contains(&step), "{step}");
        }
    }
}
