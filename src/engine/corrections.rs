//! Corrections: refunds of orders, and adjustments that stand alone, kept so that figures can be built anew.
//!
//! ```text
//!  0 amount: i64        money taken back, not negative; 0 for an adjustment
//!  8 order: u32         the refunded order; none for an adjustment
//! 12 buyer: u32         the order's buyer, or the member adjusted
//! 16 credited: u32
//! 20 next: u32          the refund of the same order before this one
//! 24 fact: u32          number of its id among the facts
//! 28 at: u48
//! 34 received: u48
//! 40 seq: u40
//! 45 centre: u8
//! 46 periods: u8        as an order's
//! 47 trees: u8          as an order's
//! ```
//!
//! Beside it stand the volumes that entered the figures, one `i64` for each kind: below zero for a refund.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::Malformed;
use crate::base::ids::{Member, NONE};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::base::volumes::Volumes;
use crate::engine::credit::Credit;
use crate::engine::packed::{U40, U48, pack_time, pack40, unpack_time, unpack40};

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    amount: i64,
    order: u32,
    buyer: u32,
    credited: u32,
    next: u32,
    fact: u32,
    at: U48,
    received: U48,
    seq: U40,
    centre: u8,
    periods: u8,
    trees: u8,
}

const _: () = assert!(size_of::<Record>() == 48 && align_of::<Record>() == 8);

/// A refund or an adjustment as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectionRow {
    /// The refunded order; none for an adjustment.
    pub order: Option<u32>,
    /// The order's buyer, or the member adjusted.
    pub buyer: Member,
    /// The member whose seats it entered.
    pub credited: Member,
    /// The buyer's centre.
    pub centre: u16,
    /// As [`OrderRow::trees`](crate::engine::orders::OrderRow::trees).
    pub trees: u8,
    /// As [`OrderRow::periods`](crate::engine::orders::OrderRow::periods).
    pub periods: u8,
    /// Money taken back, not negative.
    pub amount: Volume,
    /// The client's business time.
    pub at: Time,
    /// Machine time.
    pub received: Time,
    /// Sequence of its command.
    pub seq: u64,
    /// Number of its id among the [`Facts`](crate::engine::facts::Facts).
    pub fact: u32,
}

impl CorrectionRow {
    /// Where it entered the trees.
    pub(crate) fn credit(&self) -> Credit {
        Credit {
            buyer: self.buyer,
            member: self.credited,
            centre: self.centre as u8,
            trees: self.trees,
        }
    }
}

/// All refunds and adjustments, in order of acceptance.
pub struct Corrections {
    records: Column<Record>,
    volumes: Words,
    kinds: usize,
}

impl Corrections {
    pub(crate) fn new(kinds: usize) -> Corrections {
        Corrections {
            records: Column::new(),
            volumes: Words::new(kinds),
            kinds,
        }
    }

    /// Makes room for volumes of this many kinds; never for fewer. O(all of them) where a record must grow.
    pub(crate) fn fit(&mut self, kinds: usize) {
        self.kinds = self.kinds.max(kinds);
        self.volumes.fit(self.kinds);
    }

    pub(crate) fn fork(&mut self) -> Corrections {
        Corrections {
            records: self.records.fork(),
            volumes: self.volumes.fork(),
            kinds: self.kinds,
        }
    }

    /// Takes them down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_size(self.kinds);
        self.records.put(image);
        self.volumes.put(image);
    }

    /// What [`Corrections::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Corrections, Malformed> {
        let kinds = image.take()?;
        Ok(Corrections {
            records: Column::take(image)?,
            volumes: Words::take(image, kinds)?,
            kinds,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.extend([self.records.pages(), self.volumes.pages()]);
    }

    /// How many there are; they are numbered from 0.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// One of them.
    #[must_use]
    pub fn row(&self, correction: u32) -> CorrectionRow {
        let record = self.records.get(correction);
        CorrectionRow {
            order: Some(record.order).filter(|&order| order != NONE),
            buyer: record.buyer,
            credited: record.credited,
            centre: u16::from(record.centre),
            trees: record.trees,
            periods: record.periods,
            amount: Volume(record.amount),
            at: unpack_time(record.at),
            received: unpack_time(record.received),
            seq: unpack40(record.seq),
            fact: record.fact,
        }
    }

    /// The volumes that entered the figures: below zero for a refund, of either sign for an adjustment.
    #[must_use]
    pub fn volumes(&self, correction: u32) -> Volumes {
        Volumes::from_units(&self.volumes.get(correction)[..self.kinds])
    }

    /// Refunds of an order, newest first, from its [`last_refund`](crate::engine::orders::Orders::last_refund).
    pub fn of_order(&self, last: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(last, |&refund| {
            Some(self.records.get(refund).next).filter(|&next| next != NONE)
        })
    }

    /// What refunds took from an order so far: money and volumes, not negative. O(its refunds).
    #[must_use]
    pub fn taken(&self, last: Option<u32>) -> (Volume, Volumes) {
        let (mut amount, mut volumes) = (0, Volumes::default());
        for refund in self.of_order(last) {
            amount += self.records.get(refund).amount;
            let part = self.volumes.get(refund);
            for (kind, units) in part.iter().enumerate().take(self.kinds) {
                volumes.set(kind, Volume(volumes.get(kind).0 - units));
            }
        }
        (Volume(amount), volumes)
    }

    pub(crate) fn add(&mut self, row: &CorrectionRow, next: u32, volumes: &Volumes) -> u32 {
        let number = self.records.push(Record {
            amount: row.amount.0,
            order: row.order.unwrap_or(NONE),
            buyer: row.buyer,
            credited: row.credited,
            next,
            fact: row.fact,
            at: pack_time(row.at),
            received: pack_time(row.received),
            seq: pack40(row.seq),
            centre: row.centre as u8,
            periods: row.periods,
            trees: row.trees,
        });
        self.volumes.push();
        let units = self.volumes.get_mut(number);
        units.copy_from_slice(&volumes.units()[..self.kinds]);
        number
    }
}
