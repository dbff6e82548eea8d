//! What customers bought in the running period, by the member it was credited to: the right to enrol is judged by it.
//!
//! ```text
//!  0 units: i64       of the kind that the rules name
//!  8 period: u32      which period of the type that they name; what was bought in another one is over
//! 12 0
//! ```
//!
//! Kept only while the rules ask for it, up to the greatest member who was credited so. It is what orders of other buyers
//! brought him in the book of that period, refunds and adjustments included. Must not know who may enrol.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::Member;
use crate::base::number::Volume;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    units: i64,
    period: u32,
    spare: u32,
}

const _: () = assert!(size_of::<Record>() == 16 && align_of::<Record>() == 8);

/// One sum a member.
pub struct Served {
    sums: Column<Record>,
}

impl Served {
    pub(crate) fn new() -> Served {
        Served {
            sums: Column::new(),
        }
    }

    pub(crate) fn fork(&mut self) -> Served {
        Served {
            sums: self.sums.fork(),
        }
    }

    /// Takes it down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.sums.put(image);
    }

    /// What [`Served::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Served, Malformed> {
        Ok(Served {
            sums: Column::take(image)?,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.sums.pages());
    }

    /// What customers brought a member in a period. O(1).
    #[must_use]
    pub fn of(&self, member: Member, period: u32) -> Volume {
        let held = (member < self.sums.len()).then(|| self.sums.get(member));
        Volume(held.map_or(0, |held| if held.period == period { held.units } else { 0 }))
    }

    /// Adds to it. O(1) but for members who joined since somebody was credited so.
    pub(crate) fn add(&mut self, member: Member, period: u32, units: i64) {
        while self.sums.len() <= member {
            self.sums.push(Record::zeroed());
        }
        let before = self.of(member, period).0;
        *self.sums.get_mut(member) = Record {
            units: before + units,
            period,
            spare: 0,
        };
    }
}
