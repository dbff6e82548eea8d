//! Books: the figures of a period after it has rolled, while it still takes late orders and when it is closed.

use std::sync::Arc;

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::limits::KINDS_MAX;
use crate::base::time::Time;
use crate::book::forest::Forest;
use crate::engine::members::Members;
use crate::engine::plans::Plans;
use crate::engine::rules::{Late, Rules};

/// The book of a period that has rolled and is not closed: the trees as they stood at the roll. Only the figures of its
/// own period type are meant, of the kinds and trees that its rules name; those of other types stand as they did at the
/// roll.
pub struct Branch {
    /// Which period of its type.
    pub ordinal: u32,
    /// When it closes by itself.
    pub cutoff: Time,
    /// Where an order dated in it goes.
    pub late: Late,
    /// The rules under which it rolled: they stay its own, whatever changes later.
    pub rules: Arc<Rules>,
    /// The figures.
    pub forest: Forest,
    pub(crate) totals: [i64; KINDS_MAX],
}

/// A closed book: it never changes again, and holds all that plans read.
pub struct ClosedBook {
    /// Which period of its type.
    pub ordinal: u32,
    /// Machine time of the close.
    pub closed: Time,
    /// Sequence of the command that closed it, or whose time did.
    pub seq: u64,
    /// The rules under which it rolled.
    pub rules: Arc<Rules>,
    /// The figures.
    pub forest: Forest,
    /// Whether something that it was paid by can still be taken back: it is kept as long as refunds reach it.
    pub reversed: bool,
    /// Members as they were at the close; those younger than the forest have no seat in it.
    pub members: Members,
    pub(crate) totals: [i64; KINDS_MAX],
}

/// What a close takes from the state around it.
pub(crate) struct Closing<'s> {
    /// Machine time of the close.
    pub(crate) time: Time,
    /// Sequence of the command that closes, or whose time does.
    pub(crate) seq: u64,
    /// Who is forked into the book.
    pub(crate) members: &'s mut Members,
    /// Index of the period type.
    pub(crate) period_type: usize,
    /// What says whether the period is to be paid.
    pub(crate) plans: &'s Plans,
}

impl Branch {
    pub(crate) fn fork(&mut self) -> Branch {
        Branch {
            ordinal: self.ordinal,
            cutoff: self.cutoff,
            late: self.late,
            rules: Arc::clone(&self.rules),
            forest: self.forest.fork(),
            totals: self.totals,
        }
    }

    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put(self.ordinal);
        image.put_signed(self.cutoff.0);
        image.put_plain(&(self.late, &*self.rules, self.totals));
        self.forest.put(image);
    }

    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Branch, Malformed> {
        let (ordinal, cutoff) = (image.take()?, Time(image.take_signed()?));
        let (late, rules, totals) = image.take_plain()?;
        Ok(Branch {
            ordinal,
            cutoff,
            late,
            rules: Arc::new(rules),
            forest: Forest::take(image)?,
            totals,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        self.forest.pages(all);
    }

    pub(crate) fn close(self, closing: &mut Closing<'_>, reversed: bool) -> ClosedBook {
        ClosedBook {
            ordinal: self.ordinal,
            closed: closing.time,
            seq: closing.seq,
            rules: self.rules,
            forest: self.forest,
            reversed,
            members: closing.members.fork(),
            totals: self.totals,
        }
    }
}

impl ClosedBook {
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put(self.ordinal);
        image.put_signed(self.closed.0);
        image.put(self.seq);
        image.put_plain(&(&*self.rules, self.reversed, self.totals));
        self.forest.put(image);
        self.members.put(image);
    }

    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<ClosedBook, Malformed> {
        let (ordinal, closed, seq) = (image.take()?, Time(image.take_signed()?), image.take()?);
        let (rules, reversed, totals) = image.take_plain()?;
        Ok(ClosedBook {
            ordinal,
            closed,
            seq,
            rules: Arc::new(rules),
            forest: Forest::take(image)?,
            reversed,
            members: Members::take(image)?,
            totals,
        })
    }

    /// The branch it was before it was closed, with what a closed book has no use for.
    pub(crate) fn reopened(self, cutoff: Time, late: Late) -> Branch {
        Branch {
            ordinal: self.ordinal,
            cutoff,
            late,
            rules: self.rules,
            forest: self.forest,
            totals: self.totals,
        }
    }

    /// Sums of absolute volumes by kind that entered the period.
    #[must_use]
    pub fn totals(&self) -> &[i64; KINDS_MAX] {
        &self.totals
    }
}
