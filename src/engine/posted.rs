//! Who stood above each order as it was accepted, where a plan set judges at the order: written once and never changed,
//! whatever becomes of the trees, of who is active, or of the order.
//!
//! ```text
//! one record for each such order:  0 order: u32 | 4 line: u32, where its paths are
//! its paths, one after the other:  bits 0-2 of a byte the tree, 3 compressed | how many members: u8
//!                                  each member: varint, his number twice, and one more where he was not active
//! ```
//!
//! The first member of a path is the one credited, whatever he is; behind him come those of level 1, 2 and so on.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::{Malformed, Reader, put_varint};
use crate::base::path::{Passed, Path, Paths};
use crate::engine::texts::{LINE, Texts};

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    order: u32,
    line: u32,
}

const _: () = assert!(size_of::<Record>() == 8);

const COMPRESSED: u8 = 1 << 3;

/// Bytes of a member's varint at most: a number of 32 bits, and one bit more.
const MEMBER_MAX: usize = 5;

/// Bytes that one order's paths take at most. O(paths).
#[must_use]
pub fn bytes_max(paths: &Paths) -> usize {
    let path = |(_, levels): (Path, u8)| 2 + MEMBER_MAX * (1 + usize::from(levels));
    let blob = size_of::<u32>() + paths.iter().map(path).sum::<usize>();
    size_of::<Record>() + blob.next_multiple_of(LINE)
}

/// Paths of orders.
pub struct Posted {
    records: Column<Record>,
    paths: Texts,
}

impl Posted {
    pub(crate) fn new() -> Posted {
        Posted {
            records: Column::new(),
            paths: Texts::new(),
        }
    }

    pub(crate) fn fork(&mut self) -> Posted {
        Posted {
            records: self.records.fork(),
            paths: self.paths.fork(),
        }
    }

    /// Takes it down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.records.put(image);
        self.paths.put(image);
    }

    /// What [`Posted::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Posted, Malformed> {
        Ok(Posted {
            records: Column::take(image)?,
            paths: Texts::take(image)?,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.records.pages());
        self.paths.pages(all);
    }

    /// Bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.records.bytes() + self.paths.bytes()
    }

    /// Writes down the paths of an order that is being accepted, which is younger than all before.
    pub(crate) fn add(&mut self, order: u32, paths: &[(Path, Vec<Passed>)]) {
        let mut bytes = Vec::new();
        for (path, passed) in paths {
            bytes.push(path.tree | if path.compressed { COMPRESSED } else { 0 });
            bytes.push(passed.len() as u8);
            for one in passed {
                put_varint(
                    &mut bytes,
                    u64::from(one.member) << 1 | u64::from(!one.active),
                );
            }
        }
        let line = self.paths.push_blob(&bytes);
        self.records.push(Record { order, line });
    }

    /// The paths written with an order, each with who stood on it: the member credited, then the levels from the first on;
    /// nothing where none was. O(log orders + members).
    #[must_use]
    pub fn of(&self, order: u32) -> Vec<(Path, Vec<Passed>)> {
        let mut paths = Vec::new();
        if let Some(line) = self.line(order) {
            let bytes = self.paths.blob(line);
            let mut reader = Reader::new(&bytes);
            while !reader.is_empty() {
                paths.push(read(&mut reader).expect("we wrote these bytes"));
            }
        }
        paths
    }

    /// Where the paths of an order are. O(log orders).
    fn line(&self, order: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.records.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.records.get(middle).order < order {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let found = (low < self.records.len()).then(|| *self.records.get(low))?;
        (found.order == order).then_some(found.line)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<(Path, Vec<Passed>), Malformed> {
    let head = reader.byte()?;
    let path = Path {
        tree: head & !COMPRESSED,
        compressed: head & COMPRESSED != 0,
    };
    let count = reader.byte()?;
    let mut passed = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let number = reader.varint()?;
        passed.push(Passed {
            member: u32::try_from(number >> 1).map_err(|_| Malformed)?,
            active: number & 1 == 0,
        });
    }
    Ok((path, passed))
}
