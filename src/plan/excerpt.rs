//! A part of a book, just large enough to work out one member by: a pass over it comes to the same for him as a pass over
//! the whole.
//!
//! Seats stand in it in one of two ways. A *whole* seat is there with all that are right below it. Any other one stands
//! for everything below itself as well: what entered there is told as its own, so that every group adds up. What a pass
//! makes of such a seat's member means nothing, and neither does what it makes of the company.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat, Text};
use crate::plan::book::{Book, Entered, Near, Role};
use crate::plan::entry::{Entry, Wanted};
use crate::plan::extent::Extent;
use crate::plan::standing::{Held, Holding, Left, Standing};

/// A part of a book. Members and seats have numbers of their own, in the order of those in the book.
pub struct Excerpt<'b> {
    book: &'b dyn Near,
    members: Vec<Member>,
    trees: BTreeMap<usize, Part>,
    entries: Vec<Entry>,
    late: Vec<Entry>,
}

/// The seats of a tree that are in it.
#[derive(Default)]
struct Part {
    /// Their numbers in the book, rising.
    seats: Vec<Seat>,
    whole: Vec<bool>,
    /// The seat each hangs below here.
    up: Vec<Option<Seat>>,
    /// By seat that is not whole: seats of the book that hang below it here all the same.
    hung: BTreeMap<Seat, Vec<Seat>>,
}

/// What has been found so far.
struct Search<'b, 's> {
    book: &'b dyn Near,
    extent: &'s Extent,
    /// By tree: seats, and whether each is whole; some more than once.
    seats: BTreeMap<usize, Vec<(Seat, bool)>>,
    /// Trees and seats that are whole.
    whole: HashSet<(u32, Seat), Mixed>, // lookup only
    /// Members who are to be worked out.
    sought: Vec<Member>,
    known: HashSet<Member, Mixed>, // lookup only
    /// Those whom they enrolled, where it matters in which leg they stand.
    enrolled: Vec<Member>,
    /// Seats that may still be visited.
    left: usize,
}

/// A hash of one multiplication for each number: what is hashed is numbered here, not told by clients.
#[derive(Default)]
struct Mix(u64);

type Mixed = BuildHasherDefault<Mix>;

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(byte.into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(32) ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl<'b> Excerpt<'b> {
    /// What it takes to work out a member; none if that is more than `most` seats, or cannot be found without visiting all.
    /// O(seats taken x log), and O(hops) for each whose leg matters.
    #[must_use]
    pub fn of(
        book: &'b dyn Near,
        extent: &Extent,
        member: Member,
        most: usize,
    ) -> Option<Excerpt<'b>> {
        if member >= book.members() || extent.enrolled && !book.enrolled_are_below() {
            return None;
        }
        // Below a seat that stands for all it cannot be told what.
        if extent.legs && book.spares_legs()? {
            return None;
        }
        let mut search = Search {
            book,
            extent,
            seats: BTreeMap::new(),
            whole: HashSet::default(), // lookup only
            sought: vec![member],
            known: HashSet::from_iter([member]), // lookup only
            enrolled: Vec::new(),
            left: most,
        };
        let mut done = 0;
        while done < search.sought.len() {
            let wave = search.sought[done..].to_vec();
            done += wave.len();
            search.around(&wave)?;
        }
        let mut excerpt = search.excerpt();
        let credited = excerpt.whole_members();
        let renumbered = |entries: Vec<Entry>| entries.into_iter().map(|of| excerpt.renumbered(of));
        let entries = match extent.entries {
            Some(count) => {
                let wanted = Wanted::everywhere(count);
                renumbered(book.entries_of(&credited, wanted)?).collect()
            }
            None => Vec::new(),
        };
        let wanted = Wanted::everywhere(extent.entries.unwrap_or(0));
        let late = book.late_of(&credited, wanted)?;
        let late = renumbered(late).collect();
        (excerpt.entries, excerpt.late) = (entries, late);
        Some(excerpt)
    }

    /// A member's number here, if he is in it.
    #[must_use]
    pub fn number(&self, member: Member) -> Option<Member> {
        place(&self.members, member)
    }

    /// The seat of the book that has a number here.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn seat(&self, tree: usize, number: Seat) -> Seat {
        self.trees[&tree].seat(number)
    }

    /// What periods before handed on to the members and seats here: the one before of the same type first, whose components
    /// count; then others, of whom the ladders do. O(members and seats here).
    #[must_use]
    pub fn opening(&self, whole: &[Arc<Standing>]) -> Arc<Standing> {
        let held = |held: &Held| {
            let of = |&member: &Member| held.by_member.get(member as usize);
            let own = |member| of(member).copied().unwrap_or_default();
            Held {
                names: held.names.clone(),
                by_member: self.members.iter().map(own).collect::<Vec<Holding>>(),
            }
        };
        let left = |left: &Left| {
            let seats = self.trees.get(&left.tree).map(|part| part.seats.iter());
            let rows = seats.into_iter().flatten().map(|&seat| {
                let from = seat as usize * left.width;
                left.figures.get(from..from + left.width)
            });
            let nothing = vec![0; left.width];
            let rows = rows.flat_map(|row| row.unwrap_or(&nothing));
            Left {
                tree: left.tree,
                width: left.width,
                figures: rows.copied().collect(),
            }
        };
        let ladders = whole.iter().flat_map(|of| of.ladders.iter());
        let components = whole
            .first()
            .into_iter()
            .flat_map(|of| of.components.iter());
        Arc::new(Standing {
            ladders: ladders.map(|(name, of)| (name.clone(), held(of))).collect(),
            components: components
                .map(|(name, of)| (name.clone(), left(of)))
                .collect(),
        })
    }

    /// Members of the book who hold a whole seat.
    fn whole_members(&self) -> Vec<Member> {
        let mut members = BTreeSet::new();
        for (&tree, part) in &self.trees {
            let whole = part.seats.iter().zip(&part.whole);
            let whole = whole.filter(|&(_, &whole)| whole);
            members.extend(whole.map(|(&seat, _)| self.book.owner(tree, seat)));
        }
        members.into_iter().collect()
    }

    fn renumbered(&self, entry: Entry) -> Entry {
        let member = |member| self.number(member).unwrap_or(COMPANY);
        let seat = |(tree, seat): (usize, Seat)| {
            let part = self.trees.get(&tree);
            let number = part.and_then(|part| place(&part.seats, seat));
            number.unwrap_or(NONE)
        };
        let mut seats = entry.seats;
        for (tree, number) in seats.iter_mut().enumerate() {
            *number = seat((tree, *number));
        }
        Entry {
            buyer: member(entry.buyer),
            credited: member(entry.credited),
            seats,
            // They may be elsewhere; what they are paid is told by a pass over the whole book.
            posted: Vec::new(),
            ..entry
        }
    }
}

impl<'b> Search<'b, '_> {
    /// Takes members' seats, and what lies below them as far as it matters.
    fn around(&mut self, members: &[Member]) -> Option<()> {
        let (book, extent) = (self.book, self.extent);
        let mut seats: Vec<(usize, Seat)> = Vec::new();
        // All are asked for before the first is looked at.
        for &member in members {
            book.seats_of(member, &mut |tree, seat| {
                if extent.trees.contains_key(&tree) {
                    book.ask_ahead(tree, seat);
                    seats.push((tree, seat));
                }
            });
        }
        let mut children = Vec::new();
        for (tree, seat) in seats {
            if extent.trees[&tree] {
                self.take_below(tree, seat, &mut children)?;
            } else {
                children.clear();
                self.take_whole(tree, seat, &mut children)?;
            }
        }
        if !extent.enrolled_in.is_empty() {
            members
                .iter()
                .try_for_each(|&member| self.take_enrolled(member))?;
        }
        Some(())
    }

    /// Takes a seat with those right below it; appends these if it had not been taken so before.
    fn take_whole(&mut self, tree: usize, seat: Seat, children: &mut Vec<Seat>) -> Option<()> {
        if !self.whole.insert((tree as u32, seat)) {
            return Some(());
        }
        let held = self.seats.entry(tree).or_default();
        held.push((seat, true));
        self.left = self.left.checked_sub(1)?;
        let before = children.len();
        self.book.children(tree, seat, self.left + 1, children);
        let children = &children[before..];
        self.left = self.left.checked_sub(children.len())?;
        for &child in children {
            self.book.ask_ahead(tree, child);
            held.push((child, false));
        }
        Some(())
    }

    /// Takes a seat with all that is below it, level by level.
    fn take_below(&mut self, tree: usize, seat: Seat, found: &mut Vec<Seat>) -> Option<()> {
        found.clear();
        found.push(seat);
        let mut done = 0;
        while let Some(&seat) = found.get(done) {
            done += 1;
            let before = found.len();
            self.take_whole(tree, seat, found)?;
            // Each is counted once, when it is taken itself.
            self.left += found.len() - before;
            if self.extent.results {
                for &child in &found[before..] {
                    let owner = self.book.owner(tree, child);
                    if self.known.insert(owner) {
                        self.sought.push(owner);
                    }
                }
            }
        }
        Some(())
    }

    /// Takes the seats of those whom a member enrolled, where it matters in which leg they stand: that may be anywhere.
    fn take_enrolled(&mut self, member: Member) -> Option<()> {
        let from = self.enrolled.len();
        let most = self.left + 1;
        self.book
            .children(ENROLLER_TREE, member, most, &mut self.enrolled);
        // Those without a seat are counted too: of more than so many, some were not told.
        self.left = self.left.checked_sub(self.enrolled.len() - from)?;
        for &enrolled in &self.enrolled[from..] {
            for &tree in &self.extent.enrolled_in {
                if let Some(seat) = self.book.seat(tree, enrolled) {
                    self.book.ask_ahead(tree, seat);
                    self.seats.entry(tree).or_default().push((seat, false));
                }
            }
        }
        Some(())
    }

    fn excerpt(mut self) -> Excerpt<'b> {
        let mut members = vec![COMPANY];
        for (&tree, seats) in &self.seats {
            let whole = seats.iter().filter(|&(_, whole)| *whole);
            members.extend(whole.map(|&(seat, _)| self.book.owner(tree, seat)));
        }
        members.extend(self.sought.iter().chain(&self.enrolled));
        // A seat of the enroller tree has its member's number, here too.
        let enrolled = self.seats.entry(ENROLLER_TREE).or_default();
        members.extend(enrolled.iter().map(|&(seat, _)| seat));
        enrolled.extend(members.iter().map(|&member| (member, false)));
        members.sort_unstable();
        members.dedup();
        let trees = self.extent.trees.keys().map(|&tree| {
            let mut seats = self.seats.remove(&tree).unwrap_or_default();
            // A tree younger than the book has no seat at all.
            if self.book.seats(tree) > 0 {
                seats.push((COMPANY, false));
            }
            // Of one found twice, the whole one stays.
            seats.sort_unstable_by_key(|&(seat, whole)| (seat, !whole));
            seats.dedup_by_key(|&mut (seat, _)| seat);
            (tree, self.part(tree, seats))
        });
        let trees: Vec<(usize, Part)> = trees.collect();
        Excerpt {
            book: self.book,
            members,
            trees: trees.into_iter().collect(),
            entries: Vec::new(),
            late: Vec::new(),
        }
    }
}

impl Search<'_, '_> {
    /// The seats of a tree as they hang together here.
    fn part(&self, tree: usize, held: Vec<(Seat, bool)>) -> Part {
        let (seats, whole): (Vec<Seat>, Vec<bool>) = held.into_iter().unzip();
        let up = seats.iter().map(|&seat| {
            let parent = self.book.parent(tree, seat)?;
            place(&seats, parent)
        });
        let mut up: Vec<Option<Seat>> = up.collect();
        if self.extent.enrolled_in.contains(&tree) && self.book.seats(tree) > 0 {
            let loose = (1..seats.len()).filter(|&at| up[at].is_none());
            let loose: Vec<usize> = loose.collect();
            let below: Vec<Seat> = loose.iter().map(|&at| seats[at]).collect();
            let nearest = self.book.nearest_above(tree, &below, &seats);
            for (at, nearest) in loose.into_iter().zip(nearest) {
                up[at] = nearest.and_then(|seat| place(&seats, seat));
            }
        }
        let mut hung: BTreeMap<Seat, Vec<Seat>> = BTreeMap::new();
        for (&seat, above) in seats.iter().zip(&up) {
            if let Some(above) = above.filter(|&above| !whole[above as usize]) {
                hung.entry(above).or_default().push(seat);
            }
        }
        Part {
            seats,
            whole,
            up,
            hung,
        }
    }
}

impl Part {
    /// The seat of the book that has a number here.
    fn seat(&self, number: Seat) -> Seat {
        self.seats[number as usize]
    }
}

impl Book for Excerpt<'_> {
    fn seats(&self, tree: usize) -> u32 {
        self.trees
            .get(&tree)
            .map_or(0, |part| part.seats.len() as u32)
    }

    fn parent(&self, tree: usize, seat: Seat) -> Option<Seat> {
        self.trees[&tree].up[seat as usize]
    }

    fn owner(&self, tree: usize, seat: Seat) -> Member {
        // Who holds a seat that stands for all below it need not be here.
        let owner = self.book.owner(tree, self.trees[&tree].seat(seat));
        self.number(owner).unwrap_or(COMPANY)
    }

    fn leg(&self, tree: usize, seat: Seat) -> u8 {
        self.book.leg(tree, self.trees[&tree].seat(seat))
    }

    fn active(&self, tree: usize, seat: Seat) -> bool {
        self.book.active(tree, self.trees[&tree].seat(seat))
    }

    fn seat(&self, tree: usize, member: Member) -> Option<Seat> {
        let seat = self.book.seat(tree, self.members[member as usize])?;
        place(&self.trees.get(&tree)?.seats, seat)
    }

    fn entered(&self, tree: usize, seat: Seat, kind: usize) -> Entered {
        let part = &self.trees[&tree];
        let of = part.seat(seat);
        if part.whole[seat as usize] {
            return self.book.entered(tree, of, kind);
        }
        if of == COMPANY {
            return Entered::default();
        }
        let hung = part.hung.get(&seat).map_or(&[][..], Vec::as_slice);
        let apart = hung.iter().map(|&seat| self.book.group(tree, seat, kind));
        Entered {
            own: self.book.group(tree, of, kind) - apart.sum::<i64>(),
            below: 0,
        }
    }

    fn members(&self) -> u32 {
        self.members.len() as u32
    }

    fn role(&self, member: Member) -> Role {
        self.book.role(self.members[member as usize])
    }

    fn overrides(&self, ladder: &str) -> Vec<(Member, Text)> {
        let told = self.book.overrides(ladder).into_iter();
        let here = told.filter_map(|(member, rank)| Some((self.number(member)?, rank)));
        here.collect()
    }

    fn currency(&self, member: Member) -> Option<Text> {
        self.book.currency(self.members[member as usize])
    }

    fn is_held(&self, member: Member) -> bool {
        self.book.is_held(self.members[member as usize])
    }

    fn enroller(&self, member: Member) -> Option<Member> {
        let enroller = self.book.enroller(self.members[member as usize])?;
        self.number(enroller)
    }

    fn entries(&self, _: Wanted, each: &mut dyn FnMut(&Entry)) {
        self.entries.iter().for_each(each);
    }

    fn late(&self, _: Wanted) -> Vec<Entry> {
        self.late.clone()
    }
}

/// Where a number stands among rising ones.
fn place(held: &[u32], sought: u32) -> Option<u32> {
    held.binary_search(&sought).ok().map(|at| at as u32)
}
