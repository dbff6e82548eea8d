//! Enroller trees: who brought whom in.

use crate::random::Random;

/// The parent of a root in every parent array.
pub const NO_PARENT: u32 = u32::MAX;

/// How an enroller tree grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// Half of the newcomers come in under anyone, a quarter under those who enrol much, a quarter under the newest
    /// tenth. Mean depth 12.6 at a million members.
    Attachment,
    /// Newcomers come in under someone who came lately himself, or under his enroller: the depth and frontlines of the
    /// real network. Mean depth about 13 at 4,000 members and 33 at a million.
    Lifelike,
    /// Each under the one before.
    Chain,
    /// All under the first.
    Star,
}

/// The enroller of each member by number: [`NO_PARENT`] for member 0, otherwise a smaller number than his own.
///
/// Deterministic by seed, O(members).
#[must_use]
pub fn enroller_tree(shape: Shape, members: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut parents = Vec::with_capacity(members);
    for newcomer in 0..u32::try_from(members).expect("at most 2^32 members") {
        let enroller = match newcomer {
            0 => NO_PARENT,
            1 => 0,
            _ => choose(shape, newcomer, &parents, &mut random),
        };
        parents.push(enroller);
    }
    parents
}

/// The enroller of one newcomer, of whom there are two before him at least.
fn choose(shape: Shape, newcomer: u32, parents: &[u32], random: &mut Random) -> u32 {
    let enroller_of = |member: u32| match parents[member as usize] {
        NO_PARENT => member,
        enroller => enroller,
    };
    match shape {
        Shape::Attachment => {
            let anyone = random.below(newcomer);
            match random.below(4) {
                // Whoever enrolled a random member: as likely as his frontline is wide.
                0 => enroller_of(anyone),
                1 => newcomer - 1 - random.below((newcomer / 10).max(1)),
                _ => anyone,
            }
        }
        Shape::Lifelike => {
            // These two shares bring depth, leaves and frontlines nearest to the real network's.
            let mut back = random.step_back(newcomer);
            if random.chance(1, 4) {
                back = back.min(random.step_back(newcomer));
            }
            let recent = newcomer - back;
            if random.chance(11, 20) {
                enroller_of(recent)
            } else {
                recent
            }
        }
        Shape::Chain => newcomer - 1,
        Shape::Star => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{children, depths};

    fn mean(values: &[u32]) -> u64 {
        values.iter().map(|&v| u64::from(v)).sum::<u64>() / values.len() as u64
    }

    #[test]
    fn the_same_seed_makes_the_same_tree_and_another_seed_another() {
        for shape in [Shape::Attachment, Shape::Lifelike] {
            let first = enroller_tree(shape, 10_000, 7);
            assert_eq!(first, enroller_tree(shape, 10_000, 7));
            assert_ne!(first, enroller_tree(shape, 10_000, 8));
        }
    }

    #[test]
    fn every_enroller_came_before_his_newcomer() {
        for shape in [
            Shape::Attachment,
            Shape::Lifelike,
            Shape::Chain,
            Shape::Star,
        ] {
            let tree = enroller_tree(shape, 5_000, 3);
            assert_eq!(tree[0], NO_PARENT);
            for (member, &enroller) in tree.iter().enumerate().skip(1) {
                assert!((enroller as usize) < member, "{shape:?} {member}");
            }
        }
    }

    #[test]
    fn chains_are_deep_and_stars_are_wide() {
        let chain = enroller_tree(Shape::Chain, 1_000, 1);
        assert_eq!(depths(&chain)[999], 999);
        assert_eq!(children(&chain).iter().max(), Some(&1));
        let star = enroller_tree(Shape::Star, 1_000, 1);
        assert_eq!(depths(&star).iter().max(), Some(&1));
        assert_eq!(children(&star)[0], 999);
    }

    #[test]
    fn grown_trees_have_the_depth_they_promise() {
        for seed in 1..=3 {
            let mixed = depths(&enroller_tree(Shape::Attachment, 100_000, seed));
            assert!((9..=12).contains(&mean(&mixed)), "{}", mean(&mixed));
            let lifelike = depths(&enroller_tree(Shape::Lifelike, 4_016, seed));
            assert!((10..=17).contains(&mean(&lifelike)), "{}", mean(&lifelike));
        }
    }

    #[test]
    fn no_members_make_no_tree() {
        assert!(enroller_tree(Shape::Attachment, 0, 1).is_empty());
        assert_eq!(enroller_tree(Shape::Lifelike, 2, 1), [NO_PARENT, 0]);
    }
}
