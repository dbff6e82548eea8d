//! Orders: everything an order told, so that figures can be explained and built anew.
//!
//! ```text
//!  0 amount: i64           units of 1e-4
//!  8 buyer: u32
//! 12 credited: u32         the member whose seats it entered; 0 is the company
//! 16 previous: u32         the buyer's order before this one
//! 20 corrections: u32      its newest refund
//! 24 lines: u32            a blob, or none
//! 28 at: u48
//! 34 received: u48         machine time
//! 40 seq: u40
//! 45 id: u40               offset of the id's text
//! 50 class: u16
//! 52 currency: u8
//! 53 centre: u8            the buyer's centre asked for
//! 54 periods: u8           bit p: booked into its own rolled period of type p instead of the current one
//! 55 trees: u8             bit t: entered tree t at that centre's seat, otherwise at the first
//! ```
//!
//! Beside it stands one `i64` volume for each kind.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::ids::{Member, NONE, Text};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::base::volumes::Volumes;
use crate::engine::credit::Credit;
use crate::engine::ids::{IdTable, Tag};
use crate::engine::line::Line;
use crate::engine::names::Names;
use crate::engine::packed::{U40, U48, pack_time, pack40, unpack_time, unpack40};
use crate::engine::texts::Texts;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    amount: i64,
    buyer: u32,
    credited: u32,
    previous: u32,
    corrections: u32,
    lines: u32,
    at: U48,
    received: U48,
    seq: U40,
    id: U40,
    class: [u8; 2],
    currency: u8,
    centre: u8,
    periods: u8,
    trees: u8,
}

const _: () = assert!(size_of::<Record>() == 56 && align_of::<Record>() == 8);

/// An order as it is kept, without the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRow {
    /// The buyer.
    pub buyer: Member,
    /// The member whose seats it entered: the buyer or a distributor above him, 0 for the company.
    pub credited: Member,
    /// The buyer's centre asked for.
    pub centre: u16,
    /// Bit `t` set: it entered tree `t` at the seat of `centre`, otherwise at the first centre's.
    pub trees: u8,
    /// Bit `p` set: booked into the period of type `p` that its `at` says, which had rolled; otherwise into the one
    /// that was current at `seq`. In the book of a rolled period a centre opened after the roll has no seat: the first
    /// centre's stands for it, and a tree in which that one has none either is left out.
    pub periods: u8,
    /// Money paid.
    pub amount: Volume,
    /// The client's business time.
    pub at: Time,
    /// Machine time.
    pub received: Time,
    /// Sequence of its command.
    pub seq: u64,
}

/// What an accepted order tells the book.
pub(crate) struct NewOrder<'a> {
    pub(crate) id: &'a str,
    pub(crate) tag: Tag,
    pub(crate) row: OrderRow,
    pub(crate) volumes: &'a Volumes,
    pub(crate) class: Option<&'a Text>,
    pub(crate) currency: Option<&'a Text>,
    pub(crate) lines: &'a [Line],
    pub(crate) previous: u32,
}

/// All orders, with their ids.
pub struct Orders {
    records: Column<Record>,
    volumes: Words,
    table: IdTable,
    texts: Texts,
    lines: Texts,
    classes: Names<Text>,
    currencies: Names<Text>,
    kinds: usize,
}

impl Orders {
    pub(crate) fn new(kinds: usize) -> Orders {
        Orders {
            records: Column::new(),
            volumes: Words::new(kinds),
            table: IdTable::new(),
            texts: Texts::new(),
            lines: Texts::new(),
            classes: Names::new(u32::from(u16::MAX)),
            currencies: Names::new(u32::from(u8::MAX)),
            kinds,
        }
    }

    /// Makes room for volumes of this many kinds; never for fewer. O(all of them) where a record must grow.
    pub(crate) fn fit(&mut self, kinds: usize) {
        self.kinds = self.kinds.max(kinds);
        self.volumes.fit(self.kinds);
    }

    pub(crate) fn fork(&mut self) -> Orders {
        Orders {
            records: self.records.fork(),
            volumes: self.volumes.fork(),
            table: self.table.fork(),
            texts: self.texts.fork(),
            lines: self.lines.fork(),
            classes: self.classes.clone(),
            currencies: self.currencies.clone(),
            kinds: self.kinds,
        }
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.extend([self.records.pages(), self.volumes.pages()]);
        self.table.pages(all);
        self.texts.pages(all);
        self.lines.pages(all);
    }

    // ---- reading ----

    /// How many orders there are; they are numbered from 0 in order of acceptance.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len()
    }

    /// Bytes they take in memory, ids included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.records.bytes()
            + self.volumes.bytes()
            + self.lines.bytes()
            + self.table.bytes()
            + self.texts.bytes()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The order with this id. O(1).
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u32> {
        self.find_tagged(Tag::of(id), id)
    }

    /// The order's id.
    #[must_use]
    pub fn id(&self, order: u32) -> Text {
        self.texts.get(unpack40(self.records.get(order).id))
    }

    /// What is kept of an order in its record.
    #[must_use]
    pub fn row(&self, order: u32) -> OrderRow {
        let record = self.records.get(order);
        OrderRow {
            buyer: record.buyer,
            credited: record.credited,
            centre: u16::from(record.centre),
            trees: record.trees,
            periods: record.periods,
            amount: Volume(record.amount),
            at: unpack_time(record.at),
            received: unpack_time(record.received),
            seq: unpack40(record.seq),
        }
    }

    /// Sequence of the order's command.
    #[must_use]
    pub fn seq(&self, order: u32) -> u64 {
        unpack40(self.records.get(order).seq)
    }

    /// Volumes by kind.
    #[must_use]
    pub fn volumes(&self, order: u32) -> Volumes {
        Volumes::from_units(&self.volumes.get(order)[..self.kinds])
    }

    /// The class the platform gave it.
    #[must_use]
    pub fn class(&self, order: u32) -> Option<&Text> {
        let class = u16::from_le_bytes(self.records.get(order).class);
        self.classes.get(u32::from(class))
    }

    /// Currency of the amount.
    #[must_use]
    pub fn currency(&self, order: u32) -> Option<&Text> {
        self.currencies
            .get(u32::from(self.records.get(order).currency))
    }

    /// Its lines; empty when none were told.
    #[must_use]
    pub fn lines(&self, order: u32) -> Vec<Line> {
        let at = self.records.get(order).lines;
        if at == NONE {
            return Vec::new();
        }
        decode_lines(&mut Reader::new(&self.lines.blob(at))).expect("we wrote these bytes")
    }

    /// The same buyer's order before this one.
    #[must_use]
    pub fn previous(&self, order: u32) -> Option<u32> {
        Some(self.records.get(order).previous).filter(|&order| order != NONE)
    }

    /// A buyer's orders, newest first, from the one given (his [`last_order`](crate::engine::members::Members::last_order)).
    pub fn newest_first(&self, last: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(last, |&order| self.previous(order))
    }

    /// Its newest refund: the head of [`Corrections::of_order`](crate::engine::corrections::Corrections::of_order).
    #[must_use]
    pub fn last_refund(&self, order: u32) -> Option<u32> {
        Some(self.records.get(order).corrections).filter(|&refund| refund != NONE)
    }

    /// Where it entered the trees.
    pub(crate) fn credit(&self, order: u32) -> Credit {
        let record = self.records.get(order);
        Credit {
            buyer: record.buyer,
            member: record.credited,
            centre: record.centre,
            trees: record.trees,
        }
    }

    // ---- lockstep and writing ----

    pub(crate) fn find_tagged(&self, tag: Tag, id: &str) -> Option<u32> {
        self.table.find(tag, |order| {
            self.texts.is(unpack40(self.records.get(order).id), id)
        })
    }

    pub(crate) fn prefetch_tag(&self, tag: Tag) {
        self.table.prefetch(tag);
    }

    /// Whether the side tables have room for these names.
    pub(crate) fn has_room(&self, class: Option<&Text>, currency: Option<&Text>) -> bool {
        self.classes.has_room(class) && self.currencies.has_room(currency)
    }

    pub(crate) fn add(&mut self, order: &NewOrder<'_>) -> u32 {
        let id = self.texts.push(order.id);
        let class = self.classes.intern(order.class) as u16;
        let currency = self.currencies.intern(order.currency) as u8;
        let lines = if order.lines.is_empty() {
            NONE
        } else {
            let mut bytes = Vec::new();
            encode_lines(order.lines, &mut bytes);
            self.lines.push_blob(&bytes)
        };
        let row = &order.row;
        let number = self.records.push(Record {
            amount: row.amount.0,
            buyer: row.buyer,
            credited: row.credited,
            previous: order.previous,
            corrections: NONE,
            lines,
            at: pack_time(row.at),
            received: pack_time(row.received),
            seq: pack40(row.seq),
            id: pack40(id),
            class: class.to_le_bytes(),
            currency,
            centre: row.centre as u8,
            periods: row.periods,
            trees: row.trees,
        });
        self.volumes.push();
        let volumes = self.volumes.get_mut(number);
        volumes.copy_from_slice(&order.volumes.units()[..self.kinds]);
        self.table.insert(order.tag, number);
        number
    }

    pub(crate) fn set_last_refund(&mut self, order: u32, refund: u32) -> u32 {
        std::mem::replace(&mut self.records.get_mut(order).corrections, refund)
    }
}

/// Appends lines as they stand in the log and beside the order.
pub(crate) fn encode_lines(lines: &[Line], out: &mut Vec<u8>) {
    put_varint(out, lines.len() as u64);
    for line in lines {
        put_text(out, &line.sku);
        put_signed(out, line.quantity.0);
        encode_volumes(&line.volumes, out);
        put_signed(out, line.amount.0);
    }
}

/// Reads what [`encode_lines`] wrote.
pub(crate) fn decode_lines(reader: &mut Reader<'_>) -> Result<Vec<Line>, Malformed> {
    let count = reader.varint_u32()? as usize;
    let mut lines = Vec::with_capacity(count.min(reader.rest().len()));
    for _ in 0..count {
        lines.push(Line {
            sku: reader.text()?,
            quantity: reader.volume()?,
            volumes: decode_volumes(reader)?,
            amount: reader.volume()?,
        });
    }
    Ok(lines)
}

/// Appends volumes: how many kinds up to the last that is not zero, then each.
pub(crate) fn encode_volumes(volumes: &Volumes, out: &mut Vec<u8>) {
    let len = volumes.len_used();
    out.push(len as u8);
    for &units in &volumes.units()[..len] {
        put_signed(out, units);
    }
}

/// Reads what [`encode_volumes`] wrote.
pub(crate) fn decode_volumes(reader: &mut Reader<'_>) -> Result<Volumes, Malformed> {
    let len = usize::from(reader.byte()?);
    if len > crate::base::limits::KINDS_MAX {
        return Err(Malformed);
    }
    let mut volumes = Volumes::default();
    for kind in 0..len {
        volumes.set(kind, reader.volume()?);
    }
    if volumes.len_used() != len {
        return Err(Malformed);
    }
    Ok(volumes)
}
