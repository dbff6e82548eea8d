//! Plan sets: versions of their documents, and which of them was made to count, when. What a document says is nothing to
//! the engine: it knows it by its hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::after_close::AfterClose;
use crate::base::bytes::Malformed;
use crate::base::ids::Text;
use crate::base::path::Paths;
use crate::base::time::Time;

/// One version of a plan set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    /// The set's id.
    pub set: Text,
    /// Which version of the set it is, from 1.
    pub version: u32,
    /// BLAKE3 of the document's bytes, which lie in `documents/`.
    pub document: [u8; 32],
    /// What it says of refunds of orders whose period is over.
    pub refunds: LateRefunds,
    /// Who it wants written down with each order.
    pub paths: Paths,
    /// Sequence of the command that drafted it.
    pub seq: u64,
    /// Machine time of that command.
    pub drafted: Time,
}

/// What a plan set says of refunds that enter a later period than their orders did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRefunds {
    /// What they do.
    pub after_close: AfterClose,
    /// Bit `t`: over period type `t` something is worked out that falls apart by order, so that lines can be reversed.
    pub reversed: u8,
}

impl LateRefunds {
    /// What was done before documents said anything of it.
    pub const UNSAID: LateRefunds = LateRefunds {
        after_close: AfterClose::VolumeOnly,
        reversed: 0,
    };

    /// Whether something is given back of what a period of a type paid, so that its book is kept meanwhile.
    #[must_use]
    pub fn reverses(self, period_type: usize) -> bool {
        self.after_close == AfterClose::ReverseLines && self.reversed >> period_type & 1 != 0
    }
}

/// A version made the one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Index of the version among [`Plans::versions`].
    pub of: usize,
    /// Sequence of the command.
    pub seq: u64,
    /// Its machine time.
    pub time: Time,
}

/// All versions of all sets, and every activation. Cheap to clone: a clone is shared until one of the two is written.
#[derive(Debug, Clone, Default)]
pub struct Plans {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    versions: Vec<PlanVersion>,
    /// By set, where its versions stand, the first one first.
    by_set: BTreeMap<Text, Vec<usize>>,
    activations: Vec<Activation>,
    /// Whether any version that was activated wants something written down with orders.
    posts: bool,
}

/// What the engine has to know of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// BLAKE3 of its bytes, which lie in `documents/`.
    pub document: [u8; 32],
    /// Of refunds of orders whose period is over.
    pub refunds: LateRefunds,
    /// Who is to be written down with each order.
    pub paths: Paths,
}

impl Plans {
    /// Takes them down.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>) {
        image.put_plain(&(&self.inner.versions, &self.inner.activations));
    }

    /// What [`Plans::put`] put.
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Plans, Malformed> {
        let (versions, activations): (Vec<PlanVersion>, Vec<Activation>) = image.take_plain()?;
        let mut by_set: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (at, version) in versions.iter().enumerate() {
            by_set.entry(version.set.clone()).or_default().push(at);
        }
        let activated = |one: &Activation| versions.get(one.of).ok_or(Malformed);
        let activated: Result<Vec<&PlanVersion>, _> = activations.iter().map(activated).collect();
        let posts = activated?.iter().any(|version| !version.paths.is_empty());
        let inner = Inner {
            versions,
            by_set,
            activations,
            posts,
        };
        Ok(Plans {
            inner: Arc::new(inner),
        })
    }

    /// Whether nothing was ever drafted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.versions.is_empty()
    }

    /// All versions in the order in which they were drafted.
    #[must_use]
    pub fn versions(&self) -> &[PlanVersion] {
        &self.inner.versions
    }

    /// All activations in order; machine time never falls from one to the next.
    #[must_use]
    pub fn activations(&self) -> &[Activation] {
        &self.inner.activations
    }

    /// Every set in order of its id, with its versions from the first.
    pub fn sets(&self) -> impl Iterator<Item = (&Text, impl Iterator<Item = &PlanVersion>)> + '_ {
        let version = |&at: &usize| &self.inner.versions[at];
        let sets = self.inner.by_set.iter();
        sets.map(move |(set, all)| (set, all.iter().map(version)))
    }

    /// The latest version of a set; none of an unknown one. O(log sets).
    #[must_use]
    pub fn latest(&self, set: &str) -> Option<&PlanVersion> {
        let all = self.inner.by_set.get(set)?;
        Some(&self.inner.versions[*all.last()?])
    }

    /// A version of a set; none if either is unknown. O(log sets).
    #[must_use]
    pub fn get(&self, set: &str, version: u32) -> Option<&PlanVersion> {
        Some(&self.inner.versions[self.index(set, version)?])
    }

    /// The version of a set that the command with this sequence drafted. O(log versions).
    #[must_use]
    pub fn drafted_by(&self, set: &str, seq: u64) -> Option<&PlanVersion> {
        let all = &self.inner.versions;
        let from = all.partition_point(|version| version.seq < seq);
        let mut its = all[from..].iter().take_while(|version| version.seq == seq);
        its.find(|version| version.set == set)
    }

    /// The version that an activation made to count.
    #[must_use]
    pub fn activated(&self, activation: &Activation) -> &PlanVersion {
        &self.inner.versions[activation.of]
    }

    /// The version of a set that the command with this sequence activated. O(log activations).
    #[must_use]
    pub fn activated_by(&self, set: &str, seq: u64) -> Option<&PlanVersion> {
        let all = &self.inner.activations;
        let from = all.partition_point(|activation| activation.seq < seq);
        let its = all[from..]
            .iter()
            .take_while(|activation| activation.seq == seq);
        its.map(|activation| self.activated(activation))
            .find(|version| version.set == set)
    }

    /// The version by which the period from `start` to `end` is worked out: that of the last activation before it began.
    /// Where there was none, the very first activation counts at once, for every period that had not ended by then.
    ///
    /// An activation at the very instant a period begins finds it running already. O(log activations).
    #[must_use]
    pub fn in_force(&self, start: Time, end: Time) -> Option<&PlanVersion> {
        let all = &self.inner.activations;
        let before = all.partition_point(|activation| activation.time < start);
        let held = match before.checked_sub(1) {
            Some(last) => Some(&all[last]),
            None => all.first().filter(|first| first.time < end),
        };
        held.map(|activation| self.activated(activation))
    }

    /// Whether a version was ever activated that wants something written down with orders.
    pub(crate) fn posts(&self) -> bool {
        self.inner.posts
    }

    /// Adds a version to a set, which begins with it where it is new.
    pub(crate) fn draft(&mut self, set: &Text, said: &Said, (seq, now): (u64, Time)) {
        let inner = Arc::make_mut(&mut self.inner);
        let of_set = inner.by_set.entry(set.clone()).or_default();
        of_set.push(inner.versions.len());
        inner.versions.push(PlanVersion {
            set: set.clone(),
            version: of_set.len() as u32,
            document: said.document,
            refunds: said.refunds,
            paths: said.paths.clone(),
            seq,
            drafted: now,
        });
    }

    /// Makes a version count that the caller has looked up.
    pub(crate) fn activate(&mut self, set: &str, version: u32, seq: u64, now: Time) {
        let of = self
            .index(set, version)
            .expect("the version was looked up before");
        let inner = Arc::make_mut(&mut self.inner);
        assert!(
            inner.activations.last().is_none_or(|last| last.time <= now),
            "machine time never goes back"
        );
        inner.posts |= !inner.versions[of].paths.is_empty();
        inner.activations.push(Activation { of, seq, time: now });
    }

    fn index(&self, set: &str, version: u32) -> Option<usize> {
        let all = self.inner.by_set.get(set)?;
        let at = usize::try_from(version).ok()?.checked_sub(1)?;
        all.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: u64) -> Said {
        Said {
            document: [number as u8; 32],
            refunds: LateRefunds::UNSAID,
            paths: Paths::default(),
        }
    }

    /// What counts for a period, as `set.version`.
    fn counts(plans: &Plans, start: i64, end: i64) -> Option<String> {
        let version = plans.in_force(Time(start), Time(end))?;
        Some(format!("{}.{}", version.set, version.version))
    }

    #[test]
    fn the_first_activation_counts_at_once_and_later_ones_from_the_next_start() {
        let mut plans = Plans::default();
        assert_eq!(counts(&plans, 0, 10), None);
        for (seq, set) in [(1, "a"), (2, "b"), (3, "a")] {
            plans.draft(&Text::from(set), &said(seq), (seq, Time(1)));
        }
        assert_eq!(counts(&plans, 0, 10), None);
        plans.activate("a", 1, 4, Time(15));
        // It was over when the first plan came.
        assert_eq!(counts(&plans, 0, 10), None);
        assert_eq!(counts(&plans, 0, 15), None);
        for start in [0, 10, 14, 15] {
            assert_eq!(counts(&plans, start, 20).as_deref(), Some("a.1"));
        }
        plans.activate("b", 1, 5, Time(17));
        plans.activate("a", 2, 6, Time(20));
        for (start, end, expected) in [
            (10, 20, "a.1"),
            (16, 20, "a.1"),
            (17, 30, "a.1"),
            (18, 30, "b.1"),
            (20, 30, "b.1"),
            (21, 30, "a.2"),
            (90, 99, "a.2"),
        ] {
            assert_eq!(counts(&plans, start, end).as_deref(), Some(expected));
        }
    }

    #[test]
    fn versions_are_numbered_by_set_and_found_by_their_commands() {
        let mut plans = Plans::default();
        for (seq, set) in [(4, "b"), (5, "a"), (5, "b"), (9, "b")] {
            plans.draft(&Text::from(set), &said(seq), (seq, Time(seq as i64)));
        }
        let told: Vec<_> = plans
            .sets()
            .map(|(set, all)| (set.as_str(), all.map(|one| one.seq).collect::<Vec<_>>()))
            .collect();
        assert_eq!(told, [("a", vec![5]), ("b", vec![4, 5, 9])]);
        let version = |found: Option<&PlanVersion>| found.map(|found| found.version);
        assert_eq!(version(plans.latest("b")), Some(3));
        assert_eq!(version(plans.latest("c")), None);
        assert_eq!(version(plans.drafted_by("b", 5)), Some(2));
        assert_eq!(version(plans.drafted_by("a", 9)), None);
        assert_eq!(plans.get("b", 0), None);
        assert_eq!(plans.get("b", 4), None);
        let before = plans.clone();
        plans.activate("b", 2, 10, Time(10));
        assert_eq!(version(plans.activated_by("b", 10)), Some(2));
        assert_eq!(version(plans.activated_by("a", 10)), None);
        assert!(before.activations().is_empty(), "a clone stays as it was");
    }
}
