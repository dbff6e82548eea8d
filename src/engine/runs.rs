//! Runs: which periods were paid, by what, and where what they came to lies. Amounts stand in files alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::base::bytes::Malformed;
use crate::base::ids::Text;
use crate::base::time::Time;

/// A period that was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Index of the period type.
    pub period_type: usize,
    /// Which period of it.
    pub ordinal: u32,
    /// Id of the plan set.
    pub set: Text,
    /// Which version of it.
    pub version: u32,
    /// BLAKE3 of that version's document.
    pub document: [u8; 32],
    /// BLAKE3 of the run's file.
    pub digest: [u8; 32],
    /// Lines in it.
    pub lines: u64,
    /// Members with a line.
    pub payees: u64,
    /// The lines' amounts added up, in minor units, by currency.
    pub totals: Vec<(Text, i64)>,
    /// Machine time of the close.
    pub closed: Time,
    /// Sequence of the command that closed it, or whose time did.
    pub closed_seq: u64,
    /// Sequence of the command that posted it.
    pub seq: u64,
    /// Machine time of that command.
    pub posted: Time,
}

/// All runs. Cheap to clone: a clone is shared until one of the two is written.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    /// In the order they were posted.
    all: Vec<Run>,
    /// Where the run of a period stands, by type and ordinal.
    by_period: BTreeMap<(usize, u32), usize>,
}

impl Runs {
    /// Takes them down.
    pub(crate) fn put(&self, image: &mut ImageWriter<'_>) {
        image.put_plain(&self.inner.all);
    }

    /// What [`Runs::put`] put.
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Runs, Malformed> {
        let mut runs = Runs::default();
        for run in image.take_plain::<Vec<Run>>()? {
            if runs.of(run.period_type, run.ordinal).is_some() {
                return Err(Malformed);
            }
            runs.post(run);
        }
        Ok(runs)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.all.len()
    }

    /// Whether nothing was ever paid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.all.is_empty()
    }

    /// All of them in the order they were posted.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> + '_ {
        self.inner.all.iter()
    }

    /// The run of a period. O(log runs).
    #[must_use]
    pub fn of(&self, period_type: usize, ordinal: u32) -> Option<&Run> {
        let at = self.inner.by_period.get(&(period_type, ordinal))?;
        Some(&self.inner.all[*at])
    }

    /// The last run of a period type before a period of it. O(log runs).
    #[must_use]
    pub fn before(&self, period_type: usize, ordinal: u32) -> Option<&Run> {
        let before = (period_type, 0)..(period_type, ordinal);
        let (_, at) = self.inner.by_period.range(before).next_back()?;
        Some(&self.inner.all[*at])
    }

    /// Adds a run whose book was due.
    pub(crate) fn post(&mut self, run: Run) {
        let inner = Arc::make_mut(&mut self.inner);
        let place = (run.period_type, run.ordinal);
        let before = inner.by_period.insert(place, inner.all.len());
        assert!(before.is_none(), "a period is paid once");
        inner.all.push(run);
    }
}
