//! Members: who they are and which seats they hold.
//!
//! ```text
//!  0 enrolled_by: u32      the fact, never changed once it names a member; 0 is the company
//!  4 last_order: u32       newest order as a buyer
//!  8 extras: u32           head of the list of further centres and departures
//! 12 enrolled: u32         members whose enrolled_by is this one
//! 16 id: u40               offset of the id's text
//! 21 first_seq: u40        the command that enrolled him
//! 26 joined: u48           its `at`
//! 32 active_until: u48     rolling activity; 0 when there is none
//! 38 zone: u16
//! 40 tags: u24             a set of tags
//! 43 country: u8
//! 44 currency: u8
//! 45 state: u8             kind (2 bits) | status (2) | default leg (2)
//! 46 alternate: u8         bit t: his next newcomer by alternation in tree t goes right
//! 47 0
//! ```
//!
//! Beside it stands one `u32` seat for each placement tree; the seat in the enroller tree is the member's number. Must
//! not know trees beyond seat numbers, or what an order is.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat, Text};
use crate::base::time::Time;
use crate::engine::ids::{IdTable, Tag};
use crate::engine::member::{MemberKind, Profile, Status};
use crate::engine::names::Names;
use crate::engine::packed::{U40, U48, pack_time, pack40, unpack_time, unpack40};
use crate::engine::texts::Texts;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    enrolled_by: u32,
    last_order: u32,
    extras: u32,
    enrolled: u32,
    id: U40,
    first_seq: U40,
    joined: U48,
    active_until: U48,
    zone: [u8; 2],
    tags: [u8; 3],
    country: u8,
    currency: u8,
    state: u8,
    alternate: u8,
    spare: u8,
}

const _: () = assert!(size_of::<Record>() == 48 && align_of::<Record>() == 4);

/// A further centre, or a departure: one entry of a member's list, newest first.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Extra {
    tree: u8,
    centre: u8,
    spare: [u8; 2],
    value: u32,
    next: u32,
    spare_too: u32,
}

const _: () = assert!(size_of::<Extra>() == 16);

/// `tree` of an [`Extra`] whose value is the number of a departure.
const DEPARTURE: u8 = u8::MAX;

/// What a terminated member left behind, so that a return can bring it back.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Departure {
    time: i64,
    first: u32,
    count: u32,
}

/// A child that rolled up: it stood below the leaver and went under `to` (none: became a root).
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable, PartialEq, Eq)]
pub(crate) struct RolledUp {
    /// Index of the tree.
    pub(crate) tree: u32,
    /// The child's seat.
    pub(crate) seat: Seat,
    /// The leaver's seat.
    pub(crate) from: Seat,
    /// The leaver's parent at the time, or [`NONE`].
    pub(crate) to: Seat,
}

/// All members, with their ids.
pub struct Members {
    records: Column<Record>,
    seats: Words,
    extras: Column<Extra>,
    departures: Column<Departure>,
    rolled_up: Column<RolledUp>,
    table: IdTable,
    texts: Texts,
    countries: Names<Text>,
    currencies: Names<Text>,
    zones: Names<Text>,
    tags: Names<Vec<Text>>,
    trees: usize,
}

/// What an enrolment tells of a member.
pub(crate) struct Newcomer<'a> {
    /// The external id.
    pub(crate) id: &'a str,
    /// Its tag.
    pub(crate) tag: Tag,
    /// What he is.
    pub(crate) kind: MemberKind,
    /// Who brought him in; the company for a root.
    pub(crate) enrolled_by: Member,
    /// When.
    pub(crate) joined: Time,
    /// By which command.
    pub(crate) seq: u64,
    /// The rest.
    pub(crate) profile: &'a Profile,
}

impl Members {
    /// The hidden company alone, in a network of this many trees.
    pub(crate) fn new(trees: usize) -> Members {
        let mut members = Members {
            records: Column::new(),
            seats: Words::new(trees.div_ceil(2).max(1)),
            extras: Column::new(),
            departures: Column::new(),
            rolled_up: Column::new(),
            table: IdTable::new(),
            texts: Texts::new(),
            countries: Names::new(u32::from(u8::MAX)),
            currencies: Names::new(u32::from(u8::MAX)),
            zones: Names::new(u32::from(u16::MAX)),
            tags: Names::new((1 << 24) - 1),
            trees,
        };
        members.push(Record {
            extras: NONE,
            last_order: NONE,
            ..Record::zeroed()
        });
        for tree in 1..trees {
            members.set_seat(COMPANY, tree, 1, 0);
        }
        members
    }

    /// Trees there is room for.
    pub(crate) fn trees(&self) -> usize {
        self.trees
    }

    /// Makes room for seats in this many trees; never for fewer. O(members) where a record must grow.
    pub(crate) fn fit(&mut self, trees: usize) {
        if trees > self.trees {
            self.seats.fit(trees.div_ceil(2).max(1));
            self.trees = trees;
        }
    }

    /// An equal table that shares pages. O(pages).
    #[must_use]
    pub(crate) fn fork(&mut self) -> Members {
        Members {
            records: self.records.fork(),
            seats: self.seats.fork(),
            extras: self.extras.fork(),
            departures: self.departures.fork(),
            rolled_up: self.rolled_up.fork(),
            table: self.table.fork(),
            texts: self.texts.fork(),
            countries: self.countries.clone(),
            currencies: self.currencies.clone(),
            zones: self.zones.clone(),
            tags: self.tags.clone(),
            trees: self.trees,
        }
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.extend([
            self.records.pages(),
            self.extras.pages(),
            self.departures.pages(),
            self.rolled_up.pages(),
        ]);
        all.push(self.seats.pages());
        self.table.pages(all);
        self.texts.pages(all);
    }

    // ---- reading ----

    /// One more than the greatest member number; number 0 is the hidden company.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len()
    }

    /// Bytes they take in memory, ids included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.records.bytes()
            + self.seats.bytes()
            + self.extras.bytes()
            + self.departures.bytes()
            + self.rolled_up.bytes()
            + self.table.bytes()
            + self.texts.bytes()
    }

    /// Whether nobody has been enrolled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The member with this id. O(1).
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Member> {
        self.find_tagged(Tag::of(id), id)
    }

    /// The id; empty for the company.
    #[must_use]
    pub fn id(&self, member: Member) -> Text {
        if member == COMPANY {
            return Text::default();
        }
        self.texts.get(unpack40(self.records.get(member).id))
    }

    /// What he is.
    #[must_use]
    pub fn kind(&self, member: Member) -> MemberKind {
        match self.records.get(member).state & 3 {
            0 => MemberKind::Distributor,
            1 => MemberKind::Preferred,
            _ => MemberKind::Customer,
        }
    }

    /// Whether volume may be credited to him: a distributor who is not terminated.
    #[must_use]
    pub(crate) fn is_creditable(&self, member: Member) -> bool {
        let state = self.records.get(member).state;
        state & 3 == MemberKind::Distributor as u8 && state >> 2 & 3 < Status::Terminated as u8
    }

    /// Standing of the membership.
    #[must_use]
    pub fn status(&self, member: Member) -> Status {
        match self.records.get(member).state >> 2 & 3 {
            0 => Status::Open,
            1 => Status::Suspended,
            _ => Status::Terminated,
        }
    }

    /// The leg he has set for [`DefaultLeg`](crate::tree::rules::Policy::DefaultLeg) placement: 1 left, 2 right.
    #[must_use]
    pub fn default_leg(&self, member: Member) -> Option<u8> {
        match self.records.get(member).state >> 4 & 3 {
            0 => None,
            leg => Some(leg),
        }
    }

    /// Who brought him in, as a fact; none for one who came by himself.
    #[must_use]
    pub fn enrolled_by(&self, member: Member) -> Option<Member> {
        Some(self.records.get(member).enrolled_by).filter(|&by| by != COMPANY)
    }

    /// How many members he brought in, by that fact.
    #[must_use]
    pub fn enrolled(&self, member: Member) -> u32 {
        self.records.get(member).enrolled
    }

    /// When he joined: the enrolment's `at`.
    #[must_use]
    pub fn joined(&self, member: Member) -> Time {
        unpack_time(self.records.get(member).joined)
    }

    /// Sequence of the command that enrolled him.
    #[must_use]
    pub fn first_seq(&self, member: Member) -> u64 {
        unpack40(self.records.get(member).first_seq)
    }

    /// The instant at which rolling activity ends, if it has begun and not ended.
    #[must_use]
    pub fn active_until(&self, member: Member) -> Option<Time> {
        Some(unpack_time(self.records.get(member).active_until)).filter(|&until| until != Time(0))
    }

    /// ISO 3166 country.
    #[must_use]
    pub fn country(&self, member: Member) -> Option<&Text> {
        self.countries
            .get(u32::from(self.records.get(member).country))
    }

    /// ISO 4217 currency.
    #[must_use]
    pub fn currency(&self, member: Member) -> Option<&Text> {
        self.currencies
            .get(u32::from(self.records.get(member).currency))
    }

    /// IANA time zone.
    #[must_use]
    pub fn zone(&self, member: Member) -> Option<&Text> {
        let zone = u16::from_le_bytes(self.records.get(member).zone);
        self.zones.get(u32::from(zone))
    }

    /// Tags, in the order they were told.
    #[must_use]
    pub fn tags(&self, member: Member) -> &[Text] {
        let [a, b, c] = self.records.get(member).tags;
        self.tags
            .get(u32::from_le_bytes([a, b, c, 0]))
            .map_or(&[], Vec::as_slice)
    }

    /// His newest order as a buyer: the head of [`Orders::previous`](crate::engine::orders::Orders::previous).
    #[must_use]
    pub fn last_order(&self, member: Member) -> Option<u32> {
        Some(self.records.get(member).last_order).filter(|&order| order != NONE)
    }

    /// His seat in a tree as a centre (1 is the first). O(1) for centre 1, else O(his further centres).
    #[must_use]
    pub fn seat(&self, member: Member, tree: usize, centre: u16) -> Option<Seat> {
        if centre != 1 {
            return self
                .extras(member)
                .find(|extra| usize::from(extra.tree) == tree && u16::from(extra.centre) == centre)
                .map(|extra| extra.value);
        }
        if tree == ENROLLER_TREE {
            return Some(member);
        }
        let word = self.seats.get(member)[(tree - 1) / 2] as u64;
        let seat = (word >> (32 * ((tree - 1) % 2))) as u32;
        seat.checked_sub(1)
    }

    /// How many seats he holds in a tree. O(his further centres).
    #[must_use]
    pub fn centres(&self, member: Member, tree: usize) -> u16 {
        let first = u16::from(self.seat(member, tree, 1).is_some());
        let further = self
            .extras(member)
            .filter(|extra| usize::from(extra.tree) == tree);
        first + further.count() as u16
    }

    /// Which of his centres a seat is; none if it is not his.
    #[must_use]
    pub fn centre_of(&self, member: Member, tree: usize, seat: Seat) -> Option<u16> {
        if self.seat(member, tree, 1) == Some(seat) {
            return Some(1);
        }
        self.extras(member)
            .find(|extra| usize::from(extra.tree) == tree && extra.value == seat)
            .map(|extra| u16::from(extra.centre))
    }

    /// All his seats as (tree, centre, seat): the first centres in order of tree, then further ones, newest first.
    pub fn seats(&self, member: Member) -> impl Iterator<Item = (usize, u16, Seat)> + '_ {
        let first =
            (0..self.trees).filter_map(move |tree| Some((tree, 1, self.seat(member, tree, 1)?)));
        let further = self
            .extras(member)
            .filter(|extra| extra.tree != DEPARTURE)
            .map(|extra| {
                (
                    usize::from(extra.tree),
                    u16::from(extra.centre),
                    extra.value,
                )
            });
        first.chain(further)
    }

    // ---- lockstep ----

    /// Finds a member whom [`Members::prefetch_record`] guessed. O(1).
    pub(crate) fn find_guessed(&self, guess: Option<Member>, tag: Tag, id: &str) -> Option<Member> {
        // Another member may stand under the same tag, so a wrong guess says nothing.
        let is = |member: &Member| self.texts.is(unpack40(self.records.get(*member).id), id);
        guess.filter(is).or_else(|| self.find_tagged(tag, id))
    }

    /// Finds a member whose tag is known. O(1).
    pub(crate) fn find_tagged(&self, tag: Tag, id: &str) -> Option<Member> {
        self.table.find(tag, |member| {
            self.texts.is(unpack40(self.records.get(member).id), id)
        })
    }

    /// Asks for the place in the id table.
    pub(crate) fn prefetch_tag(&self, tag: Tag) {
        self.table.prefetch(tag);
    }

    /// The first member under a tag, most likely the one; asks for his record and seats.
    pub(crate) fn prefetch_record(&self, tag: Tag) -> Option<Member> {
        let member = self.table.find(tag, |_| true)?;
        self.records.prefetch(member);
        self.seats.prefetch(member);
        Some(member)
    }

    /// Asks for the text of a member's id.
    pub(crate) fn prefetch_text(&self, member: Member) {
        self.texts.prefetch(unpack40(self.records.get(member).id));
    }

    // ---- writing: by the engine's commands only ----

    /// Whether the side tables have room for what a profile names.
    pub(crate) fn has_room(&self, profile: &Profile) -> bool {
        self.countries.has_room(profile.country.as_ref())
            && self.currencies.has_room(profile.currency.as_ref())
            && self.zones.has_room(profile.zone.as_ref())
            && self.tags.has_room(some_tags(&profile.tags))
    }

    /// Adds a member without seats in placement trees.
    pub(crate) fn add(&mut self, newcomer: &Newcomer<'_>) -> Member {
        let id = self.texts.push(newcomer.id);
        let member = self.push(Record {
            enrolled_by: newcomer.enrolled_by,
            last_order: NONE,
            extras: NONE,
            id: pack40(id),
            first_seq: pack40(newcomer.seq),
            joined: pack_time(newcomer.joined),
            state: newcomer.kind as u8,
            ..Record::zeroed()
        });
        self.table.insert(newcomer.tag, member);
        self.set_profile(member, newcomer.profile);
        self.records.get_mut(newcomer.enrolled_by).enrolled += 1;
        member
    }

    /// Says who brought in a member who had come by himself.
    pub(crate) fn set_enrolled_by(&mut self, member: Member, by: Member) {
        assert!(
            self.records.get(member).enrolled_by == COMPANY,
            "the fact of enrolment is told once"
        );
        self.records.get_mut(member).enrolled_by = by;
        self.records.get_mut(COMPANY).enrolled -= 1;
        self.records.get_mut(by).enrolled += 1;
    }

    /// Replaces country, currency, zone and tags.
    pub(crate) fn set_profile(&mut self, member: Member, profile: &Profile) {
        let country = self.countries.intern(profile.country.as_ref()) as u8;
        let currency = self.currencies.intern(profile.currency.as_ref()) as u8;
        let zone = self.zones.intern(profile.zone.as_ref()) as u16;
        let [a, b, c, _] = self.tags.intern(some_tags(&profile.tags)).to_le_bytes();
        let record = self.records.get_mut(member);
        record.country = country;
        record.currency = currency;
        record.zone = zone.to_le_bytes();
        record.tags = [a, b, c];
    }

    /// Sets the kind.
    pub(crate) fn set_kind(&mut self, member: Member, kind: MemberKind) {
        let record = self.records.get_mut(member);
        record.state = record.state & !3 | kind as u8;
    }

    /// Sets the status.
    pub(crate) fn set_status(&mut self, member: Member, status: Status) {
        let record = self.records.get_mut(member);
        record.state = record.state & !(3 << 2) | (status as u8) << 2;
    }

    /// Sets the default leg, 1 or 2.
    pub(crate) fn set_default_leg(&mut self, member: Member, leg: u8) {
        let record = self.records.get_mut(member);
        record.state = record.state & !(3 << 4) | (leg & 3) << 4;
    }

    /// Sets or ends rolling activity.
    pub(crate) fn set_active_until(&mut self, member: Member, until: Option<Time>) {
        self.records.get_mut(member).active_until = pack_time(until.unwrap_or(Time(0)));
    }

    /// Whether his next newcomer by alternation goes right.
    pub(crate) fn alternates_right(&self, member: Member, tree: usize) -> bool {
        self.records.get(member).alternate >> tree & 1 != 0
    }

    /// Turns that side.
    pub(crate) fn alternate(&mut self, member: Member, tree: usize) {
        self.records.get_mut(member).alternate ^= 1 << tree;
    }

    /// Sets the head of the list of his orders.
    pub(crate) fn set_last_order(&mut self, member: Member, order: u32) -> u32 {
        std::mem::replace(&mut self.records.get_mut(member).last_order, order)
    }

    /// Notes a seat: as his first in a placement tree, or as a further centre.
    pub(crate) fn set_seat(&mut self, member: Member, tree: usize, centre: u16, seat: Seat) {
        if centre == 1 {
            let shift = 32 * ((tree - 1) % 2);
            let word = &mut self.seats.get_mut(member)[(tree - 1) / 2];
            let kept = *word as u64 & !(u64::from(u32::MAX) << shift);
            *word = (kept | u64::from(seat + 1) << shift) as i64;
        } else {
            self.push_extra(member, tree as u8, centre as u8, seat);
        }
    }

    /// Keeps what a termination rolled up.
    pub(crate) fn keep_departure(&mut self, member: Member, time: Time, children: &[RolledUp]) {
        let first = self.rolled_up.len();
        for &child in children {
            self.rolled_up.push(child);
        }
        let departure = self.departures.push(Departure {
            time: time.0,
            first,
            count: children.len() as u32,
        });
        self.push_extra(member, DEPARTURE, 0, departure);
    }

    /// When he last left, and the children that rolled up then, in the order they did.
    pub(crate) fn departure(&self, member: Member) -> Option<(Time, Vec<RolledUp>)> {
        let last = self.extras(member).find(|extra| extra.tree == DEPARTURE)?;
        let departure = self.departures.get(last.value);
        let children = (departure.first..departure.first + departure.count)
            .map(|index| *self.rolled_up.get(index));
        Some((Time(departure.time), children.collect()))
    }

    fn push(&mut self, record: Record) -> Member {
        self.seats.push();
        self.records.push(record)
    }

    fn push_extra(&mut self, member: Member, tree: u8, centre: u8, value: u32) {
        let next = self.records.get(member).extras;
        let head = self.extras.push(Extra {
            tree,
            centre,
            spare: [0; 2],
            value,
            next,
            spare_too: 0,
        });
        self.records.get_mut(member).extras = head;
    }

    fn extras(&self, member: Member) -> impl Iterator<Item = &Extra> + '_ {
        let mut next = self.records.get(member).extras;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let extra = self.extras.get(next);
            next = extra.next;
            Some(extra)
        })
    }
}

fn some_tags(tags: &Vec<Text>) -> Option<&Vec<Text>> {
    Some(tags).filter(|tags| !tags.is_empty())
}
