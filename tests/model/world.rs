//! The facts: members, sales, volume entries, trees, periods, ids.

use std::collections::BTreeMap;
use std::rc::Rc;

use arborline::base::ids::Text;
use arborline::base::path::Path;
use arborline::base::time::Time;
use arborline::engine::member::{MemberKind, Profile, Status};
use arborline::engine::rules::Rules;

use super::plans::AfterClose;
use super::trees::Tree;

/// The whole network.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rules: Option<Rc<Rules>>,
    /// Rules told and not in force yet.
    pub(crate) pending: Option<Rc<Pending>>,
    pub(crate) time: Time,
    /// Sequence of the last command, refused ones too.
    pub(crate) seq: u64,
    /// Member 0 is the hidden company.
    pub(crate) people: Vec<Person>,
    pub(crate) sales: Vec<Sale>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) tokens: BTreeMap<Text, Token>,
    /// Versions of plan sets in the order they were drafted.
    pub(crate) drafts: Vec<Draft>,
    /// When which of them, by its place in that list, was made to count.
    pub(crate) activations: Vec<(Time, usize)>,
    /// Ranks told whatever is met, in the order of their commands.
    pub(crate) overrides: Vec<Told>,
    /// Which command first used an id, for the three spaces.
    pub(crate) member_ids: BTreeMap<Text, u64>,
    pub(crate) sale_ids: BTreeMap<Text, u64>,
    pub(crate) fact_ids: BTreeMap<Text, u64>,
}

/// A rank that a member is paid as at least, for the periods from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) member: usize,
    pub(crate) ladder: Text,
    /// None takes back what was told before.
    pub(crate) rank: Option<Text>,
    pub(crate) of: usize,
    pub(crate) periods: std::ops::RangeInclusive<usize>,
    pub(crate) seq: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: Text,
    pub(crate) kind: MemberKind,
    pub(crate) status: Status,
    pub(crate) profile: Profile,
    pub(crate) joined: Time,
    /// The fact of enrolment.
    pub(crate) enrolled_by: Option<usize>,
    pub(crate) default_leg: Option<u8>,
    /// Seats by tree and centre (from 0).
    pub(crate) seats: Vec<Vec<usize>>,
    /// How many newcomers have gone down his sides in turn, by tree.
    pub(crate) alternated: Vec<u32>,
    /// When he was terminated, and who was moved up then: tree, child, and the parent he came to.
    pub(crate) left: Option<(Time, Vec<RolledUp>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct RolledUp {
    pub(crate) tree: usize,
    pub(crate) from: usize,
    pub(crate) seat: usize,
    pub(crate) to: Option<usize>,
}

/// An order with what is left of it.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) id: Text,
    pub(crate) at: Time,
    pub(crate) class: Option<Text>,
    pub(crate) buyer: usize,
    pub(crate) credited: usize,
    /// The seat it entered in each tree.
    pub(crate) seats: Vec<Option<usize>>,
    pub(crate) volumes: [i64; 8],
    pub(crate) amount: i64,
    pub(crate) left: [i64; 8],
    pub(crate) amount_left: i64,
    pub(crate) refunded: bool,
    /// By path that was written down: the member credited, and who stood above, each with whether he was an active
    /// distributor then.
    pub(crate) posted: BTreeMap<Path, Vec<(usize, bool)>>,
}

/// Volume that was booked once and for ever.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The order's buyer, or the member adjusted.
    pub(crate) buyer: usize,
    pub(crate) credited: usize,
    /// Its own `at`: of a refund not the order's.
    pub(crate) at: Time,
    /// The sale it is of, by its place in the list; none for an adjustment.
    pub(crate) sale: Option<usize>,
    /// The seat it entered in each tree; it never goes elsewhere, seats opened later included.
    pub(crate) seats: Vec<Option<usize>>,
    /// Whether it is the credited member's own or a customer's below him.
    pub(crate) own: bool,
    /// The period of each type it is booked to; types that came later are left out.
    pub(crate) periods: Vec<usize>,
    pub(crate) volumes: [i64; 8],
}

/// One period type on its way.
#[derive(Clone)]
pub(crate) struct Calendar {
    pub(crate) starts: Vec<Time>,
    pub(crate) labels: Vec<Text>,
    pub(crate) current: usize,
    /// The period that was current when the type began.
    pub(crate) first: usize,
    pub(crate) branch: Option<Rc<Branch>>,
    /// The last closed book.
    pub(crate) closed: Option<Rc<Branch>>,
    /// Closed books that wait to be paid.
    pub(crate) due: Vec<Rc<Branch>>,
    /// Every book that was ever closed.
    pub(crate) past: Vec<Rc<Branch>>,
    /// Periods that were paid, in order.
    pub(crate) paid: Vec<usize>,
}

/// The network as it stood when a period rolled.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) period: usize,
    /// The rules of that time.
    pub(crate) rules: Rc<Rules>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) people: Vec<Person>,
    /// Who was active at the roll.
    pub(crate) active: Vec<bool>,
    /// Everybody as he was at the close; none while it is open.
    pub(crate) closing: Option<Vec<Person>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) hash: [u8; 32],
    pub(crate) member: Option<usize>,
    pub(crate) expires: Option<Time>,
    pub(crate) revoked: bool,
}

/// A version of a plan set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) set: Text,
    pub(crate) document: [u8; 32],
    pub(crate) after_close: AfterClose,
    /// Bit by period type: something that it pays over that falls apart by order.
    pub(crate) reversed: u8,
    /// Who it wants written down with orders, and to how many levels.
    pub(crate) paths: Vec<(Path, usize)>,
    pub(crate) seq: u64,
    pub(crate) time: Time,
}

/// Rules told, and when they take effect.
pub(crate) struct Pending {
    pub(crate) rules: Rc<Rules>,
    pub(crate) at: Time,
    pub(crate) seq: u64,
}

/// The hidden company.
pub(crate) const COMPANY: usize = 0;

impl World {
    /// Before any command.
    pub(crate) fn new() -> World {
        let company = Person {
            id: Text::default(),
            kind: MemberKind::Distributor,
            status: Status::Open,
            profile: Profile::default(),
            joined: Time::MIN,
            enrolled_by: None,
            default_leg: None,
            seats: Vec::new(),
            alternated: Vec::new(),
            left: None,
        };
        World {
            rules: None,
            pending: None,
            time: Time::MIN,
            seq: 0,
            people: vec![company],
            sales: Vec::new(),
            entries: Vec::new(),
            trees: Vec::new(),
            calendars: Vec::new(),
            tokens: BTreeMap::new(),
            drafts: Vec::new(),
            activations: Vec::new(),
            overrides: Vec::new(),
            member_ids: BTreeMap::new(),
            sale_ids: BTreeMap::new(),
            fact_ids: BTreeMap::new(),
        }
    }

    /// The rules; only asked for once founded.
    pub(crate) fn law(&self) -> &Rules {
        self.rules.as_deref().expect("a founded network")
    }

    /// A member by his id.
    pub(crate) fn person(&self, id: &str) -> Option<usize> {
        let found = self
            .people
            .iter()
            .skip(1)
            .position(|person| person.id == id);
        found.map(|at| at + 1)
    }

    /// A tree by its name.
    pub(crate) fn tree(&self, name: &str) -> Option<usize> {
        self.law().trees.iter().position(|tree| tree.name == name)
    }

    /// A period type by its name.
    pub(crate) fn period_type(&self, name: &str) -> Option<usize> {
        let types = &self.law().period_types;
        types.iter().position(|kind| kind.name == name)
    }

    /// The seat of a member's centre (from 1) in a tree.
    pub(crate) fn seat(&self, tree: usize, member: usize, centre: u16) -> Option<usize> {
        let seats = self.people[member].seats.get(tree)?;
        seats.get(usize::from(centre).checked_sub(1)?).copied()
    }
}
