//! Who stands below a member: filtered, sorted, a page at a time.
//!
//! By `joined` and by `level` a page continues behind a key that writes do not shift; by `volume` the whole order is
//! fixed once on a fork ([`listing`]) and pages are cut from it. Everything at once is `walk`'s matter.

use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{Member, Seat};
use crate::base::number::Volume;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::cursor;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::shape::{Place, Row};

/// What to list of a downline.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DownlineQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Only this many levels down.
    pub levels: Option<u32>,
    /// Only members of this kind.
    pub kind: Option<MemberKind>,
    /// Only members of this status.
    pub status: Option<Status>,
    /// Only the active, or only the others.
    pub active: Option<bool>,
    /// Only with at least this group volume.
    pub min_gv: Option<Volume>,
    /// The volume kind of `min_gv` and of sorting by volume; the first by default.
    pub volume_kind: Option<String>,
    /// Period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
    /// The order of rows; by joining by default.
    pub sort: Option<Sort>,
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// In the order in which members enrolled.
    #[default]
    Joined,
    /// From the nearest level down; inside a level as by `joined`.
    Level,
    /// By group volume, the greatest first; equal ones as by `joined`.
    Volume,
}

/// A stretch of a downline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DownlinePage {
    /// Name of the tree.
    pub tree: String,
    /// Whose downline.
    pub of: Place,
    /// The rows.
    pub rows: Vec<Row>,
    /// Cursor of the next page; none at the end. A page may hold fewer rows than asked before the end.
    pub next: Option<String>,
}

/// A query with its names looked up.
#[derive(Debug, Clone)]
pub struct Ask {
    pub(super) tree: usize,
    pub(super) top: Seat,
    pub(super) period: usize,
    levels: u32,
    kind: Option<MemberKind>,
    status: Option<Status>,
    active: Option<bool>,
    min_gv: Option<Volume>,
    volume_kind: usize,
}

impl Ask {
    /// Looks the names up.
    pub(super) fn of(
        lens: &Lens<'_>,
        member: &str,
        asked: &DownlineQuery,
    ) -> Result<Ask, ViewError> {
        let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
        Ok(Ask {
            tree,
            top: lens.seat_of(tree, member, asked.centre)?,
            period: lens.period_type(asked.period_type.as_deref())?,
            levels: asked.levels.unwrap_or(u32::MAX),
            kind: asked.kind,
            status: asked.status,
            active: asked.active,
            min_gv: asked.min_gv,
            volume_kind: lens.volume_kind(asked.volume_kind.as_deref())?,
        })
    }

    /// Levels that may be listed.
    pub(super) fn levels(&self) -> u32 {
        self.levels
    }

    /// Whether a position passes every filter but the number of levels.
    pub(super) fn passes(&self, lens: &Lens<'_>, seat: Seat) -> bool {
        let owner = lens.forest().owner(self.tree, seat);
        self.kind.is_none_or(|kind| lens.kind(owner) == kind)
            && self
                .status
                .is_none_or(|status| lens.status(owner) == status)
            && self
                .active
                .is_none_or(|active| lens.is_active(owner) == active)
            && self
                .min_gv
                .is_none_or(|least| self.volume(lens, seat) >= least.0)
    }

    /// The group volume that filters and sorts.
    fn volume(&self, lens: &Lens<'_>, seat: Seat) -> i64 {
        lens.forest()
            .group(self.tree, seat, self.period, self.volume_kind)
    }

    /// What a cursor is tied to.
    fn question(&self) -> String {
        format!("{self:?}")
    }
}

/// One page of the downline of `member`, sorted by joining or by level.
///
/// Through all pages each position comes once although writes go on, but one that moves to a deeper level between two
/// pages by level is listed again there.
///
/// # Errors
/// Unknown names, a member without a place in the tree, a bad cursor, `sort=volume` (ask [`listing`]), or
/// [`ViewError::TooLarge`].
///
/// # Cost
/// By joining: a small downline is walked, of a large one the members behind the cursor are tried one by one, O(hops)
/// each; a page ends early when the budget does. By level: a step for each position down to the page's last level.
pub fn page(
    state: &State,
    member: &str,
    asked: &DownlineQuery,
    budget: &mut Budget,
) -> Result<DownlinePage, ViewError> {
    let lens = Lens::new(state)?;
    let ask = Ask::of(&lens, member, asked)?;
    let limit = query::limit(asked.limit)?;
    let (found, next) = match asked.sort.unwrap_or_default() {
        Sort::Joined => by_joining(&lens, &ask, asked.cursor.as_deref(), limit, budget)?,
        Sort::Level => by_level(&lens, &ask, asked.cursor.as_deref(), limit, budget)?,
        Sort::Volume => {
            return Err(ViewError::BadValue {
                field: "sort",
                given: "volume".to_owned(),
                allowed: "joined, level".to_owned(),
            });
        }
    };
    Ok(answer(&lens, &ask, &found, next))
}

/// The page of these positions.
fn answer(lens: &Lens<'_>, ask: &Ask, found: &[(Seat, u32)], next: Option<String>) -> DownlinePage {
    DownlinePage {
        tree: lens.tree_name(ask.tree),
        of: lens.place(ask.tree, ask.top),
        rows: found
            .iter()
            .map(|&(seat, level)| lens.row(ask.tree, seat, level, ask.period))
            .collect(),
        next,
    }
}

/// Positions with their levels.
type Seats = Vec<(Seat, u32)>;

/// What a page by joining continues behind: a member and which of his places.
type Key = (Member, u16);

/// Positions with their levels, and the cursor behind them.
type Found = (Seats, Option<String>);

/// A page in the order of enrolment, continued behind (member, centre).
fn by_joining(
    lens: &Lens<'_>,
    ask: &Ask,
    cursor: Option<&str>,
    limit: usize,
    budget: &mut Budget,
) -> Result<Found, ViewError> {
    let question = ask.question();
    let after = match cursor {
        None => (0, u16::MAX),
        Some(text) => {
            let [member, centre] = cursor::read('j', &question, text)?;
            (
                Member::try_from(member).map_err(|_| ViewError::BadCursor)?,
                u16::try_from(centre).map_err(|_| ViewError::BadCursor)?,
            )
        }
    };
    // Walking costs the whole downline a page; trying members costs a page's share of everybody. They meet here.
    let walk_max = ((limit as u64 * u64::from(lens.members())).isqrt()).clamp(1_000, 50_000);
    let walked = walk_small(lens, ask, walk_max, budget)?;
    let (found, last) = match walked {
        Some(seats) => smallest_behind(lens, ask, seats, after, limit),
        None => try_members(lens, ask, after, limit, budget)?,
    };
    let next =
        last.map(|(member, centre)| cursor::write('j', &question, &[member.into(), centre.into()]));
    Ok((found, next))
}

/// All positions of a downline of at most `most`, or nothing.
fn walk_small(
    lens: &Lens<'_>,
    ask: &Ask,
    most: u64,
    budget: &mut Budget,
) -> Result<Option<Seats>, ViewError> {
    // Who is not counted comes on top of the count, so a great count is great enough.
    if u64::from(lens.forest().downline(ask.tree, ask.top)) > most {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut open = vec![(ask.top, 0u32)];
    while let Some((seat, level)) = open.pop() {
        if level == ask.levels {
            continue;
        }
        for child in lens.forest().children(ask.tree, seat) {
            if found.len() as u64 == most || budget.left() == 0 {
                return Ok(None);
            }
            budget.spend(1)?;
            found.push((child, level + 1));
            open.push((child, level + 1));
        }
    }
    Ok(Some(found))
}

/// The first `limit` of `seats` behind `after`, and the key of the last where more follow.
fn smallest_behind(
    lens: &Lens<'_>,
    ask: &Ask,
    seats: Vec<(Seat, u32)>,
    after: Key,
    limit: usize,
) -> (Seats, Option<Key>) {
    let mut keyed: Vec<_> = seats
        .into_iter()
        .filter(|&(seat, _)| ask.passes(lens, seat))
        .map(|(seat, level)| (lens.owner(ask.tree, seat), (seat, level)))
        .filter(|&(key, _)| key > after)
        .collect();
    keyed.sort_unstable();
    let last = (keyed.len() > limit).then(|| keyed[limit - 1].0);
    keyed.truncate(limit);
    (keyed.into_iter().map(|(_, found)| found).collect(), last)
}

/// Tries the members behind `after` in order; ends with the last one tried when the page is full or the budget spent.
fn try_members(
    lens: &Lens<'_>,
    ask: &Ask,
    after: Key,
    limit: usize,
    budget: &mut Budget,
) -> Result<(Seats, Option<Key>), ViewError> {
    let forest = lens.forest();
    let top_depth = forest.depth(ask.tree, ask.top);
    let mut found = Vec::new();
    let mut last = after;
    for member in after.0..lens.members() {
        for (centre, seat) in lens.seats_of_member(ask.tree, member) {
            if (member, centre) <= after {
                continue;
            }
            if found.len() == limit {
                return Ok((found, Some(last)));
            }
            if let Err(spent) = budget.spend(1) {
                // A page that got nowhere would be asked for again for ever.
                return if last == after {
                    Err(spent)
                } else {
                    Ok((found, Some(last)))
                };
            }
            last = (member, centre);
            if seat == ask.top
                || !ask.passes(lens, seat)
                || !forest.is_above(ask.tree, ask.top, seat)
            {
                continue;
            }
            let level = forest.depth(ask.tree, seat) - top_depth;
            if level <= ask.levels {
                found.push((seat, level));
            }
        }
    }
    Ok((found, None))
}

/// A page level by level, continued behind (level, member, centre).
fn by_level(
    lens: &Lens<'_>,
    ask: &Ask,
    cursor: Option<&str>,
    limit: usize,
    budget: &mut Budget,
) -> Result<Found, ViewError> {
    let question = ask.question();
    let after = match cursor {
        None => (0, (0, 0)),
        Some(text) => {
            let [level, member, centre] = cursor::read('l', &question, text)?;
            (
                u32::try_from(level).map_err(|_| ViewError::BadCursor)?,
                (
                    Member::try_from(member).map_err(|_| ViewError::BadCursor)?,
                    u16::try_from(centre).map_err(|_| ViewError::BadCursor)?,
                ),
            )
        }
    };
    let mut found = Vec::new();
    let (mut level, mut line) = (0u32, vec![ask.top]);
    while !line.is_empty() && level < ask.levels {
        level += 1;
        line = next_line(lens, ask.tree, &line, budget)?;
        if level < after.0 {
            continue;
        }
        // One more than asked tells whether anything follows the page.
        let room = limit + 1 - found.len();
        let mut nearest = BinaryHeap::with_capacity(room + 1);
        for &seat in line.iter().filter(|&&seat| ask.passes(lens, seat)) {
            let owner = lens.owner(ask.tree, seat);
            if (level, owner) > after {
                nearest.push((owner, seat));
                if nearest.len() > room {
                    nearest.pop();
                }
            }
        }
        let sorted = nearest.into_sorted_vec();
        found.extend(sorted.into_iter().map(|(_, seat)| (seat, level)));
        if found.len() > limit {
            found.truncate(limit);
            let &(seat, level) = found.last().expect("a limit is at least 1");
            let (member, centre) = lens.owner(ask.tree, seat);
            let next = cursor::write(
                'l',
                &question,
                &[level.into(), member.into(), centre.into()],
            );
            return Ok((found, Some(next)));
        }
    }
    Ok((found, None))
}

/// The children of a whole level, in the order of the tree.
pub(super) fn next_line(
    lens: &Lens<'_>,
    tree: usize,
    line: &[Seat],
    budget: &mut Budget,
) -> Result<Vec<Seat>, ViewError> {
    let mut below = Vec::new();
    for &seat in line {
        let before = below.len();
        below.extend(lens.forest().children(tree, seat));
        budget.spend((below.len() - before) as u64)?;
    }
    Ok(below)
}

/// A whole downline sorted by group volume on one fork, from which pages are cut.
#[derive(Debug)]
pub struct Listing {
    ask: Ask,
    seats: Vec<(Seat, u32)>,
}

impl Listing {
    /// Rows in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether nothing passed the filters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }
}

/// Sorts the downline of `member` by group volume, the greatest first, equal ones in the order of enrolment.
///
/// # Errors
/// As [`page`]; `sort` and `cursor` are not looked at.
///
/// # Cost
/// O(d log d) in the positions below, 8 bytes each kept: for a fork.
pub fn listing(
    state: &State,
    member: &str,
    asked: &DownlineQuery,
    budget: &mut Budget,
) -> Result<Listing, ViewError> {
    let lens = Lens::new(state)?;
    let ask = Ask::of(&lens, member, asked)?;
    let mut keyed = Vec::new();
    let (mut level, mut line) = (0u32, vec![ask.top]);
    while !line.is_empty() && level < ask.levels {
        level += 1;
        line = next_line(&lens, ask.tree, &line, budget)?;
        for &seat in line.iter().filter(|&&seat| ask.passes(&lens, seat)) {
            let key = (
                std::cmp::Reverse(ask.volume(&lens, seat)),
                lens.owner(ask.tree, seat),
            );
            keyed.push((key, seat, level));
        }
    }
    keyed.sort_unstable();
    let seats = keyed
        .into_iter()
        .map(|(_, seat, level)| (seat, level))
        .collect();
    Ok(Listing { ask, seats })
}

/// Rows `from..from + limit` of a listing made on this very fork; `next` is left to the caller, who keeps the fork.
///
/// # Errors
/// [`ViewError::NoNetwork`] for another state than the listing's.
///
/// # Cost
/// O(rows).
pub fn listing_page(
    state: &State,
    listing: &Listing,
    from: usize,
    limit: usize,
) -> Result<DownlinePage, ViewError> {
    let lens = Lens::new(state)?;
    let seats = listing.seats.get(from..).unwrap_or_default();
    let seats = &seats[..seats.len().min(limit)];
    Ok(answer(&lens, &listing.ask, seats, None))
}
