//! Cycles of a binary tree, counted without going through them one by one.

/// What one cycle takes from the legs: volumes in 1e-4, both above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cycle {
    /// From the greater one; the left one where they are equal.
    pub(super) strong: i128,
    /// From the other one.
    pub(super) lesser: i128,
    /// Whether the greater one is looked for again before each cycle.
    pub(super) each: bool,
}

/// Legs on their way.
struct Run {
    legs: [i128; 2],
    done: i128,
    most: i128,
}

impl Cycle {
    /// Takes as many cycles as the legs cover, `most` at most; says how many, and what is left. O(1).
    ///
    /// As long as the greater leg stays so, cycles come in one stretch. Once the legs differ by no more than one cycle
    /// evens out, the greater one changes with every cycle; so two take the same from both legs.
    pub(super) fn take(self, legs: [i128; 2], most: i128) -> (i128, [i128; 2]) {
        let mut run = Run {
            legs,
            done: 0,
            most,
        };
        let strong = run.greater();
        let less = self.strong - self.lesser;
        if !self.each || less <= 0 {
            run.go(self, strong, i128::MAX);
            return (run.done, run.legs);
        }
        let gap = run.legs[strong] - run.legs[1 - strong];
        run.go(self, strong, (gap + less - 1) / less);
        let both = self.strong + self.lesser;
        let covered = run.legs[0].min(run.legs[1]).max(0) / both;
        let pairs = covered.min((run.most - run.done) / 2).max(0);
        run.legs = run.legs.map(|leg| leg - pairs * both);
        run.done += 2 * pairs;
        let strong = run.greater();
        run.go(self, strong, 1);
        (run.done, run.legs)
    }
}

impl Run {
    fn greater(&self) -> usize {
        usize::from(self.legs[1] > self.legs[0])
    }

    /// Takes up to `cycles` from legs that stay as they are.
    fn go(&mut self, cycle: Cycle, strong: usize, cycles: i128) {
        let covered = (self.legs[strong] / cycle.strong).min(self.legs[1 - strong] / cycle.lesser);
        let taken = covered.min(cycles).min(self.most - self.done).max(0);
        self.legs[strong] -= taken * cycle.strong;
        self.legs[1 - strong] -= taken * cycle.lesser;
        self.done += taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One cycle after the other.
    fn by_hand(cycle: Cycle, mut legs: [i128; 2], most: i128) -> (i128, [i128; 2]) {
        let mut done = 0;
        let mut strong = usize::from(legs[1] > legs[0]);
        while done < most {
            if cycle.each {
                strong = usize::from(legs[1] > legs[0]);
            }
            if legs[strong] < cycle.strong || legs[1 - strong] < cycle.lesser {
                break;
            }
            legs[strong] -= cycle.strong;
            legs[1 - strong] -= cycle.lesser;
            done += 1;
        }
        (done, legs)
    }

    #[test]
    fn as_many_as_one_by_one() {
        let mut counted = [0; 3];
        for (strong, lesser) in [(1, 1), (2, 1), (1, 2), (3, 2), (5, 1), (7, 3)] {
            for each in [true, false] {
                let cycle = Cycle {
                    strong,
                    lesser,
                    each,
                };
                for left in -3..40 {
                    for right in -3..40 {
                        for most in [0, 1, 2, 3, 5, i128::MAX] {
                            let told = cycle.take([left, right], most);
                            let expected = by_hand(cycle, [left, right], most);
                            assert_eq!(told, expected, "{cycle:?} {left} {right} {most}");
                            counted[told.0.min(2) as usize] += 1;
                        }
                    }
                }
            }
        }
        assert!(counted.iter().all(|&count| count > 1_000), "{counted:?}");
    }

    #[test]
    fn the_greater_leg_is_looked_for_again_or_not() {
        let cycle = |each| Cycle {
            strong: 200,
            lesser: 100,
            each,
        };
        assert_eq!(cycle(true).take([500, 400], i128::MAX).0, 3);
        assert_eq!(cycle(false).take([500, 400], i128::MAX).0, 2);
    }
}
