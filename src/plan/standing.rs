//! Standing figures: what a period hands on to the next one of its type. Ranks that members hold, and what components
//! leave at seats.
//!
//! They are known by the names of ladders and components, so that they outlive a new version of a set which keeps the
//! names. As bytes, numbers as in [`base::bytes`](crate::base::bytes), rows of zeros left out:
//!
//! ```text
//! version: u8
//! ladders: count, then each: name | rank names: count, texts | rows: count, (gap to the row before, 4 bytes)
//! components: count, then each: name | tree | width | rows: count, (gap to the row before, width signed numbers)
//! ```

use std::collections::BTreeMap;

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::ids::Text;
use crate::plan::ladder::Ladder;

/// The version of the bytes.
const VERSION: u8 = 1;

/// What a period hands on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// By the ladder's name.
    pub ladders: BTreeMap<Text, Held>,
    /// By the component's name.
    pub components: BTreeMap<Text, Left>,
}

/// The ranks that members hold on a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Names of the ladder's ranks from the lowest, which the numbers mean.
    pub names: Vec<Text>,
    /// By member.
    pub by_member: Vec<Holding>,
}

/// What a member holds on a ladder. Ranks count from 1, 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// The rank he was paid as.
    pub paid: u8,
    /// The highest one that he was ever paid as.
    pub highest: u8,
    /// A rank that he keeps for a while, whether he meets it or not.
    pub kept: u8,
    /// For how many more periods.
    pub periods: u8,
}

/// What a component leaves at the seats of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Index of the tree.
    pub tree: usize,
    /// Figures a seat.
    pub width: usize,
    /// Seat by seat, `width` figures each. Seats behind the end have zeros.
    pub figures: Vec<i64>,
}

impl Holding {
    /// What he holds after a period in which he met `met` and was paid as `paid`; a rank he rises to he keeps for
    /// `grace` periods more.
    #[must_use]
    pub fn next(self, met: u8, paid: u8, grace: u8) -> Holding {
        let (kept, periods) = if grace > 0 && met > self.paid {
            (met, grace)
        } else if self.periods > 1 {
            (self.kept, self.periods - 1)
        } else {
            (0, 0)
        };
        Holding {
            paid,
            highest: self.highest.max(paid),
            kept,
            periods,
        }
    }
}

impl Standing {
    /// What members hold on a ladder, each rank by its name: one that the ladder no longer has is none. O(members).
    #[must_use]
    pub fn holdings(&self, ladder: &Ladder, members: usize) -> Vec<Holding> {
        let mut holdings = vec![Holding::default(); members];
        let Some(held) = self.ladders.get(&ladder.name) else {
            return holdings;
        };
        let named = held.names.iter().map(|name| ladder.rank(name).unwrap_or(0));
        let now: Vec<u8> = std::iter::once(0).chain(named).collect();
        for (holding, before) in holdings.iter_mut().zip(&held.by_member) {
            let [paid, highest, kept] =
                [before.paid, before.highest, before.kept].map(|rank| now[usize::from(rank)]);
            *holding = Holding {
                paid,
                highest,
                kept,
                periods: if kept == 0 { 0 } else { before.periods },
            };
        }
        holdings
    }

    /// What a component left at the seats of a tree; nothing if it left none, or other figures.
    #[must_use]
    pub fn left(&self, component: &str, tree: usize, width: usize) -> &[i64] {
        let left = self.components.get(component);
        let left = left.filter(|left| left.tree == tree && left.width == width);
        left.map_or(&[], |left| &left.figures)
    }

    /// Appends it as bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        put_varint(out, self.ladders.len() as u64);
        for (name, held) in &self.ladders {
            put_text(out, name);
            put_varint(out, held.names.len() as u64);
            held.names.iter().for_each(|name| put_text(out, name));
            let rows = held.by_member.iter().map(|of| of.bytes());
            put_rows(out, rows, |out, row| out.extend_from_slice(&row));
        }
        put_varint(out, self.components.len() as u64);
        for (name, left) in &self.components {
            put_text(out, name);
            put_varint(out, left.tree as u64);
            put_varint(out, left.width as u64);
            put_rows(out, left.figures.chunks(left.width), |out, row| {
                row.iter().for_each(|&figure| put_signed(out, figure));
            });
        }
    }

    /// What [`Standing::encode`] wrote, all of it.
    ///
    /// # Errors
    /// If the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Result<Standing, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return Err(Malformed);
        }
        let mut standing = Standing::default();
        for _ in 0..reader.varint()? {
            let name = reader.text()?;
            let names: Vec<Text> = (0..reader.varint()?)
                .map(|_| reader.text())
                .collect::<Result<_, _>>()?;
            let mut by_member = Vec::new();
            take_rows(&mut reader, |reader, member| {
                by_member.resize(member, Holding::default());
                by_member.push(Holding::read(reader, names.len())?);
                Ok(())
            })?;
            let held = Held { names, by_member };
            standing.ladders.insert(name, held);
        }
        for _ in 0..reader.varint()? {
            let name = reader.text()?;
            let tree = reader.varint_u32()? as usize;
            let width = reader.varint_u32()? as usize;
            let mut figures = Vec::new();
            take_rows(&mut reader, |reader, seat| {
                figures.resize(seat.checked_mul(width).ok_or(Malformed)?, 0);
                for _ in 0..width {
                    figures.push(reader.signed()?);
                }
                Ok(())
            })?;
            let left = Left {
                tree,
                width,
                figures,
            };
            standing.components.insert(name, left);
        }
        if reader.is_empty() {
            Ok(standing)
        } else {
            Err(Malformed)
        }
    }
}

impl Holding {
    fn bytes(self) -> [u8; 4] {
        [self.paid, self.highest, self.kept, self.periods]
    }

    fn read(reader: &mut Reader<'_>, ranks: usize) -> Result<Holding, Malformed> {
        let [paid, highest, kept, periods] =
            *reader.take(4)?.first_chunk().expect("four bytes are taken");
        if [paid, highest, kept]
            .iter()
            .any(|&rank| usize::from(rank) > ranks)
        {
            return Err(Malformed);
        }
        Ok(Holding {
            paid,
            highest,
            kept,
            periods,
        })
    }
}

/// Appends the rows that are not all zeros, each with how many it lies behind the one before.
fn put_rows<R: AsRef<[T]>, T: Default + PartialEq>(
    out: &mut Vec<u8>,
    rows: impl Iterator<Item = R> + Clone,
    put: impl Fn(&mut Vec<u8>, R),
) {
    let zero = T::default();
    let told = rows.enumerate();
    let told = told.filter(|(_, row)| row.as_ref().iter().any(|figure| *figure != zero));
    put_varint(out, told.clone().count() as u64);
    let mut next = 0;
    for (at, row) in told {
        put_varint(out, (at - next) as u64);
        next = at + 1;
        put(out, row);
    }
}

/// Reads rows, each with its place.
fn take_rows(
    reader: &mut Reader<'_>,
    mut take: impl FnMut(&mut Reader<'_>, usize) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut next = 0usize;
    for _ in 0..reader.varint()? {
        let at = next + reader.varint_u32()? as usize;
        // Places are numbers of seats or members.
        let at = u32::try_from(at).map_err(|_| Malformed)? as usize;
        take(reader, at)?;
        next = at + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        let row = |paid, highest, kept, periods| Holding {
            paid,
            highest,
            kept,
            periods,
        };
        let held = Held {
            names: vec!["silver".into(), "gold".into()],
            by_member: vec![
                row(0, 0, 0, 0),
                row(1, 2, 1, 3),
                row(0, 0, 0, 0),
                row(2, 2, 0, 0),
            ],
        };
        let left = Left {
            tree: 1,
            width: 2,
            figures: vec![0, 0, 700, -3, 0, 0, 0, i64::MAX],
        };
        Standing {
            ladders: [("ranks".into(), held)].into(),
            components: [("team".into(), left)].into(),
        }
    }

    #[test]
    fn bytes_are_read_back_and_nothing_else_is() {
        let (whole, mut bytes) = (standing(), Vec::new());
        whole.encode(&mut bytes);
        assert_eq!(Standing::decode(&bytes), Ok(whole));
        for end in 0..bytes.len() {
            assert_eq!(Standing::decode(&bytes[..end]), Err(Malformed), "{end}");
        }
        bytes.push(0);
        assert_eq!(Standing::decode(&bytes), Err(Malformed));
    }

    #[test]
    fn a_rank_means_its_name() {
        let rank = |name: &str| crate::plan::ladder::Rank {
            name: name.into(),
            needs: crate::plan::ladder::Need::All(Vec::new()),
        };
        let ladder = Ladder {
            name: "ranks".into(),
            period: 0,
            tree: 0,
            grace: 0,
            ranks: vec![rank("bronze"), rank("gold")],
        };
        let holdings = standing().holdings(&ladder, 5);
        let all = holdings.iter().map(|of| of.bytes());
        let all: Vec<[u8; 4]> = all.collect();
        assert_eq!(
            all,
            [[0; 4], [0, 2, 0, 0], [0; 4], [2, 2, 0, 0], [0; 4]],
            "silver is gone, and nobody keeps it"
        );
    }

    #[test]
    fn a_rank_is_kept_from_the_rise_on() {
        let mut holding = Holding::default();
        let mut told = Vec::new();
        // What is met, period by period; two periods of grace.
        for met in [2, 1, 2, 1, 3, 0, 0, 0] {
            let paid = met.max(holding.kept);
            holding = holding.next(met, paid, 2);
            told.push((paid, holding.kept, holding.periods));
        }
        assert_eq!(
            told,
            [
                (2, 2, 2),
                (2, 2, 1),
                (2, 0, 0),
                (1, 0, 0),
                (3, 3, 2),
                (3, 3, 1),
                (3, 0, 0),
                (0, 0, 0)
            ]
        );
        assert_eq!(holding.highest, 3);
    }
}
