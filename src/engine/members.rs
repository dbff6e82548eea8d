//! Members: who they are and which seats they hold.
//!
//! ```text
//!  0 enrolled_by: u32      the fact, never changed once it names a member; 0 is the company
//!  4 last_order: u32       newest order as a buyer
//!  8 extras: u32           head of the list of further centres and departures
//! 12 enrolled: u32         members whose enrolled_by is this one
//! 16 seat: u32             one more than his first seat in the first placement tree; 0 for none
//! 20 first_seq: u40        the command that enrolled him
//! 25 joined: u48           its `at`
//! 31 active_until: u48     rolling activity; 0 when there is none
//! 37 zone: u16
//! 39 tags: u24             a set of tags
//! 42 country: u8
//! 43 currency: u8
//! 44 state: u8             kind (2 bits) | status (2) | default leg (2)
//! 45 alternate: u8         bit t: his next newcomer by alternation in tree t goes right
//! 46 id: 16 bytes          itself while it is short, see `short`
//! 62 0
//! 64 seats: u32 each       in the further placement trees, where there are any
//! ```
//!
//! In a network of two trees that is one cache line. The seat in the enroller tree is the member's number. Must not know
//! trees beyond seat numbers, or what an order is.

use bytemuck::{Pod, Zeroable};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::Malformed;
use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat, Text};
use crate::base::time::Time;
use crate::engine::extras::{Extras, Further, RolledUp};
use crate::engine::ids::{IdTable, Tag};
use crate::engine::member::{MemberKind, Profile, Status};
use crate::engine::names::Names;
use crate::engine::packed::{U40, U48, pack_time, pack40, unpack_time, unpack40};
use crate::engine::short::{self, Sought};
use crate::engine::texts::Texts;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    enrolled_by: u32,
    last_order: u32,
    extras: u32,
    enrolled: u32,
    seat: u32,
    first_seq: U40,
    joined: U48,
    active_until: U48,
    zone: [u8; 2],
    tags: [u8; 3],
    country: u8,
    currency: u8,
    state: u8,
    alternate: u8,
    id: Short,
    spare: [u8; 2],
}

/// A member's id as the record holds it.
type Short = [u8; 16];

const _: () = assert!(size_of::<Record>() == 64 && align_of::<Record>() == 4);

/// Words of a record.
const RECORD_WORDS: usize = size_of::<Record>() / 8;
/// Trees whose seats a record holds; those of others follow it, two a word.
const TREES_WITHIN: usize = 2;

/// Words that a member takes in a network of this many trees.
fn stride(trees: usize) -> usize {
    RECORD_WORDS + trees.saturating_sub(TREES_WITHIN).div_ceil(2)
}

/// All members, with their ids.
pub struct Members {
    lines: Words,
    extras: Extras,
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
            lines: Words::new(stride(trees)),
            extras: Extras::new(),
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
            self.lines.fit(stride(trees));
            self.trees = trees;
        }
    }

    /// An equal table that shares pages. O(pages).
    #[must_use]
    pub(crate) fn fork(&mut self) -> Members {
        Members {
            lines: self.lines.fork(),
            extras: self.extras.fork(),
            table: self.table.fork(),
            texts: self.texts.fork(),
            countries: self.countries.clone(),
            currencies: self.currencies.clone(),
            zones: self.zones.clone(),
            tags: self.tags.clone(),
            trees: self.trees,
        }
    }

    /// Takes them down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_size(self.trees);
        self.lines.put(image);
        self.extras.put(image);
        self.table.put(image);
        self.texts.put(image);
        for names in [&self.countries, &self.currencies, &self.zones] {
            names.put(image);
        }
        self.tags.put(image);
    }

    /// What [`Members::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Members, Malformed> {
        let trees: u8 = image.take()?;
        let trees = usize::from(trees);
        let mut members = Members {
            lines: Words::take(image, stride(trees))?,
            extras: Extras::take(image)?,
            table: IdTable::take(image)?,
            texts: Texts::take(image)?,
            ..Members::new(trees)
        };
        members.countries.take(image)?;
        members.currencies.take(image)?;
        members.zones.take(image)?;
        members.tags.take(image)?;
        Ok(members)
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.lines.pages());
        self.extras.pages(all);
        self.table.pages(all);
        self.texts.pages(all);
    }

    // ---- reading ----

    /// One more than the greatest member number; number 0 is the hidden company.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.lines.len()
    }

    /// Bytes they take in memory, ids included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.bytes() + self.extras.bytes() + self.table.bytes() + self.texts.bytes()
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

    /// Asks the processor to fetch a member's record.
    pub fn prefetch(&self, member: Member) {
        self.lines.prefetch(member);
    }

    /// The id; empty for the company.
    #[must_use]
    pub fn id(&self, member: Member) -> Text {
        if member == COMPANY {
            return Text::default();
        }
        short::text(&self.record(member).id, &self.texts)
    }

    /// What he is.
    #[must_use]
    pub fn kind(&self, member: Member) -> MemberKind {
        match self.record(member).state & 3 {
            0 => MemberKind::Distributor,
            1 => MemberKind::Preferred,
            _ => MemberKind::Customer,
        }
    }

    /// Whether volume may be credited to him: a distributor who is not terminated.
    #[must_use]
    pub(crate) fn is_creditable(&self, member: Member) -> bool {
        let state = self.record(member).state;
        state & 3 == MemberKind::Distributor as u8 && state >> 2 & 3 < Status::Terminated as u8
    }

    /// Standing of the membership.
    #[must_use]
    pub fn status(&self, member: Member) -> Status {
        match self.record(member).state >> 2 & 3 {
            0 => Status::Open,
            1 => Status::Suspended,
            _ => Status::Terminated,
        }
    }

    /// The leg he has set for [`DefaultLeg`](crate::tree::rules::Policy::DefaultLeg) placement: 1 left, 2 right.
    #[must_use]
    pub fn default_leg(&self, member: Member) -> Option<u8> {
        match self.record(member).state >> 4 & 3 {
            0 => None,
            leg => Some(leg),
        }
    }

    /// Who brought him in, as a fact; none for one who came by himself.
    #[must_use]
    pub fn enrolled_by(&self, member: Member) -> Option<Member> {
        Some(self.record(member).enrolled_by).filter(|&by| by != COMPANY)
    }

    /// How many members he brought in, by that fact.
    #[must_use]
    pub fn enrolled(&self, member: Member) -> u32 {
        self.record(member).enrolled
    }

    /// When he joined: the enrolment's `at`.
    #[must_use]
    pub fn joined(&self, member: Member) -> Time {
        unpack_time(self.record(member).joined)
    }

    /// Sequence of the command that enrolled him.
    #[must_use]
    pub fn first_seq(&self, member: Member) -> u64 {
        unpack40(self.record(member).first_seq)
    }

    /// The instant at which rolling activity ends, if it has begun and not ended.
    #[must_use]
    pub fn active_until(&self, member: Member) -> Option<Time> {
        Some(unpack_time(self.record(member).active_until)).filter(|&until| until != Time(0))
    }

    /// ISO 3166 country.
    #[must_use]
    pub fn country(&self, member: Member) -> Option<&Text> {
        self.countries.get(u32::from(self.record(member).country))
    }

    /// ISO 4217 currency.
    #[must_use]
    pub fn currency(&self, member: Member) -> Option<&Text> {
        self.currencies.get(u32::from(self.record(member).currency))
    }

    /// IANA time zone.
    #[must_use]
    pub fn zone(&self, member: Member) -> Option<&Text> {
        let zone = u16::from_le_bytes(self.record(member).zone);
        self.zones.get(u32::from(zone))
    }

    /// Tags, in the order they were told.
    #[must_use]
    pub fn tags(&self, member: Member) -> &[Text] {
        let [a, b, c] = self.record(member).tags;
        self.tags
            .get(u32::from_le_bytes([a, b, c, 0]))
            .map_or(&[], Vec::as_slice)
    }

    /// His newest order as a buyer: the head of [`Orders::previous`](crate::engine::orders::Orders::previous).
    #[must_use]
    pub fn last_order(&self, member: Member) -> Option<u32> {
        Some(self.record(member).last_order).filter(|&order| order != NONE)
    }

    /// His seat in a tree as a centre (1 is the first). O(1) for centre 1, else O(his further centres).
    #[must_use]
    pub fn seat(&self, member: Member, tree: usize, centre: u16) -> Option<Seat> {
        if centre != 1 {
            return self
                .further(member)
                .find(|further| further.tree == tree && further.centre == centre)
                .map(|further| further.seat);
        }
        if tree == ENROLLER_TREE {
            return Some(member);
        }
        let seat = match tree.checked_sub(TREES_WITHIN) {
            None => self.record(member).seat,
            Some(at) => {
                let word = self.lines.get(member)[RECORD_WORDS + at / 2];
                (word as u64 >> (32 * (at % 2))) as u32
            }
        };
        seat.checked_sub(1)
    }

    /// How many seats he holds in a tree. O(his further centres).
    #[must_use]
    pub fn centres(&self, member: Member, tree: usize) -> u16 {
        let first = u16::from(self.seat(member, tree, 1).is_some());
        let further = self.further(member).filter(|further| further.tree == tree);
        first + further.count() as u16
    }

    /// Which of his centres a seat is; none if it is not his.
    #[must_use]
    pub fn centre_of(&self, member: Member, tree: usize, seat: Seat) -> Option<u16> {
        if self.seat(member, tree, 1) == Some(seat) {
            return Some(1);
        }
        self.further(member)
            .find(|further| further.tree == tree && further.seat == seat)
            .map(|further| further.centre)
    }

    /// All his seats as (tree, centre, seat): the first centres in order of tree, then further ones, newest first.
    pub fn seats(&self, member: Member) -> impl Iterator<Item = (usize, u16, Seat)> + '_ {
        let first =
            (0..self.trees).filter_map(move |tree| Some((tree, 1, self.seat(member, tree, 1)?)));
        let further = self
            .further(member)
            .map(|further| (further.tree, further.centre, further.seat));
        first.chain(further)
    }

    // ---- lockstep ----

    /// Finds a member whom [`Members::prefetch_record`] guessed. O(1).
    pub(crate) fn find_guessed(&self, guess: Option<Member>, tag: Tag, id: &str) -> Option<Member> {
        let sought = Sought::new(id);
        // Another member may stand under the same tag, so a wrong guess says nothing.
        guess
            .filter(|&member| sought.is(&self.record(member).id, &self.texts))
            .or_else(|| self.find_tagged(tag, id))
    }

    /// Finds a member whose tag is known. O(1).
    pub(crate) fn find_tagged(&self, tag: Tag, id: &str) -> Option<Member> {
        let sought = Sought::new(id);
        self.table.find(tag, |member| {
            sought.is(&self.record(member).id, &self.texts)
        })
    }

    /// Asks for the place in the id table.
    pub(crate) fn prefetch_tag(&self, tag: Tag) {
        self.table.prefetch(tag);
    }

    /// The first member under a tag, most likely the one; asks for his record.
    pub(crate) fn prefetch_record(&self, tag: Tag) -> Option<Member> {
        let member = self.table.find(tag, |_| true)?;
        self.lines.prefetch(member);
        Some(member)
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
        let id = short::keep(newcomer.id, &mut self.texts);
        let member = self.push(Record {
            enrolled_by: newcomer.enrolled_by,
            last_order: NONE,
            extras: NONE,
            id,
            first_seq: pack40(newcomer.seq),
            joined: pack_time(newcomer.joined),
            state: newcomer.kind as u8,
            ..Record::zeroed()
        });
        self.table.insert(newcomer.tag, member);
        self.set_profile(member, newcomer.profile);
        self.record_mut(newcomer.enrolled_by).enrolled += 1;
        member
    }

    /// Says who brought in a member who had come by himself.
    pub(crate) fn set_enrolled_by(&mut self, member: Member, by: Member) {
        assert!(
            self.record(member).enrolled_by == COMPANY,
            "the fact of enrolment is told once"
        );
        self.record_mut(member).enrolled_by = by;
        self.record_mut(COMPANY).enrolled -= 1;
        self.record_mut(by).enrolled += 1;
    }

    /// Replaces country, currency, zone and tags.
    pub(crate) fn set_profile(&mut self, member: Member, profile: &Profile) {
        let country = self.countries.intern(profile.country.as_ref()) as u8;
        let currency = self.currencies.intern(profile.currency.as_ref()) as u8;
        let zone = self.zones.intern(profile.zone.as_ref()) as u16;
        let [a, b, c, _] = self.tags.intern(some_tags(&profile.tags)).to_le_bytes();
        let record = self.record_mut(member);
        record.country = country;
        record.currency = currency;
        record.zone = zone.to_le_bytes();
        record.tags = [a, b, c];
    }

    /// Sets the kind.
    pub(crate) fn set_kind(&mut self, member: Member, kind: MemberKind) {
        let record = self.record_mut(member);
        record.state = record.state & !3 | kind as u8;
    }

    /// Sets the status.
    pub(crate) fn set_status(&mut self, member: Member, status: Status) {
        let record = self.record_mut(member);
        record.state = record.state & !(3 << 2) | (status as u8) << 2;
    }

    /// Sets the default leg, 1 or 2.
    pub(crate) fn set_default_leg(&mut self, member: Member, leg: u8) {
        let record = self.record_mut(member);
        record.state = record.state & !(3 << 4) | (leg & 3) << 4;
    }

    /// Sets or ends rolling activity.
    pub(crate) fn set_active_until(&mut self, member: Member, until: Option<Time>) {
        self.record_mut(member).active_until = pack_time(until.unwrap_or(Time(0)));
    }

    /// Whether his next newcomer by alternation goes right.
    pub(crate) fn alternates_right(&self, member: Member, tree: usize) -> bool {
        self.record(member).alternate >> tree & 1 != 0
    }

    /// Turns that side.
    pub(crate) fn alternate(&mut self, member: Member, tree: usize) {
        self.record_mut(member).alternate ^= 1 << tree;
    }

    /// Sets the head of the list of his orders.
    pub(crate) fn set_last_order(&mut self, member: Member, order: u32) -> u32 {
        std::mem::replace(&mut self.record_mut(member).last_order, order)
    }

    /// Notes a seat: as his first in a placement tree, or as a further centre.
    pub(crate) fn set_seat(&mut self, member: Member, tree: usize, centre: u16, seat: Seat) {
        if centre != 1 {
            let further = Further { tree, centre, seat };
            let head = self.record(member).extras;
            self.record_mut(member).extras = self.extras.push_further(head, further);
            return;
        }
        match tree.checked_sub(TREES_WITHIN) {
            None => self.record_mut(member).seat = seat + 1,
            Some(at) => {
                let shift = 32 * (at % 2);
                let word = &mut self.lines.get_mut(member)[RECORD_WORDS + at / 2];
                let kept = *word as u64 & !(u64::from(u32::MAX) << shift);
                *word = (kept | u64::from(seat + 1) << shift) as i64;
            }
        }
    }

    /// Keeps what a termination rolled up.
    pub(crate) fn keep_departure(&mut self, member: Member, time: Time, children: &[RolledUp]) {
        let head = self.record(member).extras;
        self.record_mut(member).extras = self.extras.push_departure(head, time, children);
    }

    /// When he last left, and the children that rolled up then, in the order they did.
    pub(crate) fn departure(&self, member: Member) -> Option<(Time, Vec<RolledUp>)> {
        self.extras.departure(self.record(member).extras)
    }

    fn push(&mut self, record: Record) -> Member {
        let member = self.lines.push();
        *self.record_mut(member) = record;
        member
    }

    fn record(&self, member: Member) -> &Record {
        self.lines.head::<Record, RECORD_WORDS>(member)
    }

    fn record_mut(&mut self, member: Member) -> &mut Record {
        self.lines.head_mut::<Record, RECORD_WORDS>(member)
    }

    fn further(&self, member: Member) -> impl Iterator<Item = Further> + '_ {
        self.extras.further(self.record(member).extras)
    }
}

fn some_tags(tags: &Vec<Text>) -> Option<&Vec<Text>> {
    Some(tags).filter(|tags| !tags.is_empty())
}
