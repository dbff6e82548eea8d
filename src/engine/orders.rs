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
//! 45 id: 13 bytes          itself while it is short, see `short`
//! 58 class: u16
//! 60 currency: u8
//! 61 centre: u8            the buyer's centre asked for
//! 62 periods: u8           bit p: booked into its own rolled period of type p instead of the current one
//! 63 trees: u8             bit t: entered tree t at that centre's seat, otherwise at the first
//! 64 volumes: i64 each     by kind
//! ```

use bytemuck::{Pod, Zeroable};

use crate::arena::image::{ImageReader, ImageWriter};
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
use crate::engine::short::{self, Sought};
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
    id: Short,
    class: [u8; 2],
    currency: u8,
    centre: u8,
    periods: u8,
    trees: u8,
}

/// An order's id as the record holds it.
type Short = [u8; 13];

const _: () = assert!(size_of::<Record>() == 64 && align_of::<Record>() == 8);

/// Words of a record, before the volumes.
const RECORD_WORDS: usize = size_of::<Record>() / 8;

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
    lines: Words,
    table: IdTable,
    texts: Texts,
    /// What was bought.
    blobs: Texts,
    classes: Names<Text>,
    currencies: Names<Text>,
    kinds: usize,
}

impl Orders {
    pub(crate) fn new(kinds: usize) -> Orders {
        Orders {
            lines: Words::new(RECORD_WORDS + kinds),
            table: IdTable::new(),
            texts: Texts::new(),
            blobs: Texts::new(),
            classes: Names::new(u32::from(u16::MAX)),
            currencies: Names::new(u32::from(u8::MAX)),
            kinds,
        }
    }

    /// Makes room for volumes of this many kinds; never for fewer. O(all of them) where a record must grow.
    pub(crate) fn fit(&mut self, kinds: usize) {
        self.kinds = self.kinds.max(kinds);
        self.lines.fit(RECORD_WORDS + self.kinds);
    }

    pub(crate) fn fork(&mut self) -> Orders {
        Orders {
            lines: self.lines.fork(),
            table: self.table.fork(),
            texts: self.texts.fork(),
            blobs: self.blobs.fork(),
            classes: self.classes.clone(),
            currencies: self.currencies.clone(),
            kinds: self.kinds,
        }
    }

    /// Takes them down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_size(self.kinds);
        self.lines.put(image);
        self.table.put(image);
        self.texts.put(image);
        self.blobs.put(image);
        self.classes.put(image);
        self.currencies.put(image);
    }

    /// What [`Orders::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Orders, Malformed> {
        let kinds: u8 = image.take()?;
        let kinds = usize::from(kinds);
        let mut orders = Orders {
            lines: Words::take(image, RECORD_WORDS + kinds)?,
            table: IdTable::take(image)?,
            texts: Texts::take(image)?,
            blobs: Texts::take(image)?,
            ..Orders::new(kinds)
        };
        orders.classes.take(image)?;
        orders.currencies.take(image)?;
        Ok(orders)
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.lines.pages());
        self.table.pages(all);
        self.texts.pages(all);
        self.blobs.pages(all);
    }

    // ---- reading ----

    /// How many orders there are; they are numbered from 0 in order of acceptance.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.lines.len()
    }

    /// Bytes they take in memory, ids included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.bytes() + self.table.bytes() + self.texts.bytes() + self.blobs.bytes()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The order with this id. O(1).
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u32> {
        self.find_tagged(Tag::of(id), id)
    }

    /// The order's id.
    #[must_use]
    pub fn id(&self, order: u32) -> Text {
        short::text(&self.record(order).id, &self.texts)
    }

    /// What is kept of an order in its record.
    #[must_use]
    pub fn row(&self, order: u32) -> OrderRow {
        let record = self.record(order);
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

    /// Asks the memory for an order that is looked at soon.
    pub fn prefetch(&self, order: u32) {
        self.lines.prefetch(order);
    }

    /// Who bought.
    #[must_use]
    pub fn buyer(&self, order: u32) -> Member {
        self.record(order).buyer
    }

    /// Who it is credited to.
    #[must_use]
    pub fn credited(&self, order: u32) -> Member {
        self.record(order).credited
    }

    /// Sequence of the order's command.
    #[must_use]
    pub fn seq(&self, order: u32) -> u64 {
        unpack40(self.record(order).seq)
    }

    /// Volumes by kind.
    #[must_use]
    pub fn volumes(&self, order: u32) -> Volumes {
        Volumes::from_units(&self.lines.get(order)[RECORD_WORDS..][..self.kinds])
    }

    /// The class the platform gave it.
    #[must_use]
    pub fn class(&self, order: u32) -> Option<&Text> {
        let class = u16::from_le_bytes(self.record(order).class);
        self.classes.get(u32::from(class))
    }

    /// Currency of the amount.
    #[must_use]
    pub fn currency(&self, order: u32) -> Option<&Text> {
        self.currencies.get(u32::from(self.record(order).currency))
    }

    /// Its lines; empty when none were told.
    #[must_use]
    pub fn lines(&self, order: u32) -> Vec<Line> {
        let at = self.record(order).lines;
        if at == NONE {
            return Vec::new();
        }
        decode_lines(&mut Reader::new(&self.blobs.blob(at))).expect("we wrote these bytes")
    }

    /// The same buyer's order before this one.
    #[must_use]
    pub fn previous(&self, order: u32) -> Option<u32> {
        Some(self.record(order).previous).filter(|&order| order != NONE)
    }

    /// A buyer's orders, newest first, from the one given (his [`last_order`](crate::engine::members::Members::last_order)).
    pub fn newest_first(&self, last: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(last, |&order| self.previous(order))
    }

    /// Its newest refund: the head of [`Corrections::of_order`](crate::engine::corrections::Corrections::of_order).
    #[must_use]
    pub fn last_refund(&self, order: u32) -> Option<u32> {
        Some(self.record(order).corrections).filter(|&refund| refund != NONE)
    }

    /// Where it entered the trees.
    pub(crate) fn credit(&self, order: u32) -> Credit {
        let record = self.record(order);
        Credit {
            buyer: record.buyer,
            member: record.credited,
            centre: record.centre,
            trees: record.trees,
        }
    }

    // ---- lockstep and writing ----

    pub(crate) fn find_tagged(&self, tag: Tag, id: &str) -> Option<u32> {
        let sought = Sought::new(id);
        self.table
            .find(tag, |order| sought.is(&self.record(order).id, &self.texts))
    }

    pub(crate) fn prefetch_tag(&self, tag: Tag) {
        self.table.prefetch(tag);
    }

    /// Whether the side tables have room for these names.
    pub(crate) fn has_room(&self, class: Option<&Text>, currency: Option<&Text>) -> bool {
        self.classes.has_room(class) && self.currencies.has_room(currency)
    }

    pub(crate) fn add(&mut self, order: &NewOrder<'_>) -> u32 {
        let id = short::keep(order.id, &mut self.texts);
        let class = self.classes.intern(order.class) as u16;
        let currency = self.currencies.intern(order.currency) as u8;
        let lines = if order.lines.is_empty() {
            NONE
        } else {
            let mut bytes = Vec::new();
            encode_lines(order.lines, &mut bytes);
            self.blobs.push_blob(&bytes)
        };
        let row = &order.row;
        let record = Record {
            amount: row.amount.0,
            buyer: row.buyer,
            credited: row.credited,
            previous: order.previous,
            corrections: NONE,
            lines,
            at: pack_time(row.at),
            received: pack_time(row.received),
            seq: pack40(row.seq),
            id,
            class: class.to_le_bytes(),
            currency,
            centre: row.centre as u8,
            periods: row.periods,
            trees: row.trees,
        };
        let number = self.lines.push();
        let (held, volumes) = self.lines.get_mut(number).split_at_mut(RECORD_WORDS);
        held.copy_from_slice(bytemuck::must_cast_ref::<_, [i64; RECORD_WORDS]>(&record));
        volumes.copy_from_slice(&order.volumes.units()[..self.kinds]);
        self.table.insert(order.tag, number);
        number
    }

    pub(crate) fn set_last_refund(&mut self, order: u32, refund: u32) -> u32 {
        let record = self.lines.head_mut::<Record, RECORD_WORDS>(order);
        std::mem::replace(&mut record.corrections, refund)
    }

    fn record(&self, order: u32) -> &Record {
        self.lines.head::<Record, RECORD_WORDS>(order)
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
