//! Both files as one stream of commands in order of time: members before orders at one instant, rows of one file in
//! their order.
//!
//! Days without a time of day put many members at one instant; there an enroller comes before those he enrolled,
//! whatever the order of their rows.
//!
//! A member may have joined before his enroller did. He is enrolled at his own time under the company; when the
//! enroller appears he is moved under him, which also tells the fact of who enrolled him. In trees with numbered legs
//! he keeps the place he got, since no rule says where else he should stand.

use std::collections::{HashMap, HashSet, VecDeque};

use csv::ByteRecord;

use crate::base::ids::{Text, hash_id};
use crate::base::limits::ID_CHARS_MAX;
use crate::base::time::Time;
use crate::cli::exit::Failure;
use crate::cli::import::columns::Mapping;
use crate::cli::import::fault::{Fault, Faults};
use crate::cli::import::members::Members;
use crate::cli::import::orders::Orders;
use crate::cli::import::table::{Ordered, Rows, Source, Table};
use crate::cli::import::vocabulary::Vocabulary;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::move_leg::Move;
use crate::engine::command::{Command, Verb};
use crate::engine::member::MemberKind;

/// What is to be imported, and how its columns are read.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The members file.
    pub members: Option<Source>,
    /// The orders file.
    pub orders: Option<Source>,
    /// Columns named by flags.
    pub mappings: Vec<Mapping>,
    /// Columns of volume kinds named by flags.
    pub volumes: Vec<(String, String)>,
}

/// Files opened, ordered, and understood.
pub struct Files {
    members: Option<(Table, Ordered, Members)>,
    orders: Option<(Table, Ordered, Orders)>,
    early: Early,
    /// Names of the trees in which one who was early is moved: the enroller tree first.
    list_trees: Vec<Text>,
}

/// One command with the row it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whether the row is one of the orders file.
    pub order: bool,
    /// Its line.
    pub line: u64,
    /// What it tells.
    pub command: Command,
}

/// Members whose row stands before their enroller's, in order of time; by hashes of ids.
#[derive(Debug, Clone, Default)]
struct Early {
    /// They joined before him, and are moved under him when he appears.
    moved: HashSet<u64>,
    /// They joined at the same instant, and are held back for him.
    held: HashSet<u64>,
}

/// The stream.
pub struct Plan<'f> {
    files: &'f Files,
    members: Option<Walk<'f>>,
    orders: Option<Walk<'f>>,
    /// Early members by the hash of the enroller they wait for.
    waiting: HashMap<u64, Vec<Waiting>>,
    /// Members of the instant [`Plan::held_at`] held back for an enroller of the same instant, by his hash.
    held: HashMap<u64, Vec<Item>>,
    /// Hashes of all who are held back.
    held_back: HashSet<u64>,
    held_at: Time,
    /// Commands that come before the next row.
    ready: VecDeque<Item>,
    /// Members who were enrolled before their enrollers.
    pub early: u64,
}

#[derive(Debug, Clone)]
struct Waiting {
    member: Text,
    enroller: Text,
    line: u64,
    trees: Vec<Text>,
}

/// One file's rows with the next one at hand.
struct Walk<'f> {
    rows: Rows<'f>,
    record: ByteRecord,
    head: Option<(Time, u64)>,
}

impl Files {
    /// Opens the files, finds their columns, orders their rows, and finds the members who are early.
    ///
    /// Two passes over members and one over orders; one more over each file that is not in order of time. Memory: 9 bytes
    /// a member, and 24 a row of a file that is not in order.
    ///
    /// # Errors
    /// A file that cannot be read or whose columns cannot be found.
    pub fn open(
        request: &Request,
        words: &Vocabulary,
        faults: &mut Faults,
    ) -> Result<Files, Failure> {
        let mut files = Files {
            members: None,
            orders: None,
            early: Early::default(),
            list_trees: words
                .trees
                .iter()
                .filter(|tree| tree.under_enroller)
                .map(|tree| tree.name.clone())
                .collect(),
        };
        if let Some(source) = &request.members {
            let table = Table::open(source.clone())?;
            let members = Members::new(&table.heads, &request.mappings, words)?;
            let ordered = table.ordered(members.time_at(), faults)?;
            files.early = Early::find(&table, &ordered, &members)?;
            files.members = Some((table, ordered, members));
        }
        if let Some(source) = &request.orders {
            let table = Table::open(source.clone())?;
            let orders = Orders::new(&table.heads, &request.mappings, &request.volumes, words)?;
            let ordered = table.ordered(orders.time_at(), faults)?;
            files.orders = Some((table, ordered, orders));
        }
        Ok(files)
    }

    /// Rows whose time can be read: of members, and of orders.
    #[must_use]
    pub fn rows(&self) -> (u64, u64) {
        (
            self.members
                .as_ref()
                .map_or(0, |(_, ordered, _)| ordered.rows),
            self.orders
                .as_ref()
                .map_or(0, |(_, ordered, _)| ordered.rows),
        )
    }

    /// Heads of columns that are not read, each with its file.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let members = self.members.iter().flat_map(|(table, _, members)| {
            members
                .unused()
                .iter()
                .map(|head| format!("{}: {head}", table.name()))
        });
        let orders = self.orders.iter().flat_map(|(table, _, orders)| {
            orders
                .unused()
                .iter()
                .map(|head| format!("{}: {head}", table.name()))
        });
        members.chain(orders).collect()
    }

    /// The stream of commands.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn plan(&self) -> Result<Plan<'_>, Failure> {
        Ok(Plan {
            files: self,
            members: match &self.members {
                Some((table, ordered, _)) => Some(Walk::new(table.rows(ordered)?)?),
                None => None,
            },
            orders: match &self.orders {
                Some((table, ordered, _)) => Some(Walk::new(table.rows(ordered)?)?),
                None => None,
            },
            waiting: HashMap::new(),
            held: HashMap::new(),
            held_back: HashSet::new(),
            held_at: Time::MIN,
            ready: VecDeque::new(),
            early: 0,
        })
    }

    /// The fault of a row that the network refuses: of the orders file or the other, its line, its command's id.
    #[must_use]
    pub fn refused(&self, order: bool, line: u64, id: &str, reason: String) -> Fault {
        let table = if order {
            self.orders.as_ref().map(|(table, ..)| table)
        } else {
            self.members.as_ref().map(|(table, ..)| table)
        };
        Fault {
            file: table.map(Table::name).unwrap_or_default(),
            row: line,
            column: String::new(),
            given: id.to_owned(),
            allowed: reason,
        }
    }
}

impl Early {
    /// Finds the members whose enroller stands later in the file, in order of time.
    fn find(table: &Table, ordered: &Ordered, members: &Members) -> Result<Early, Failure> {
        let hash = |id: &[u8]| hash_id(&String::from_utf8_lossy(id));
        let mut early = Early::default();
        let mut seen: HashSet<u64> = HashSet::new();
        // Enrollers in no row so far, with those they enrolled. They may be in the network already.
        let mut unseen: HashMap<u64, Vec<(u64, Time)>> = HashMap::new();
        let mut rows = table.rows(ordered)?;
        let mut record = ByteRecord::new();
        while let Some((at, _)) = rows.next(&mut record)? {
            let (member, enroller) = members.pair(&record);
            let member = hash(member);
            if !enroller.is_empty() && !seen.contains(&hash(enroller)) {
                unseen.entry(hash(enroller)).or_default().push((member, at));
            }
            seen.insert(member);
            for (enrolled, joined) in unseen.remove(&member).unwrap_or_default() {
                let set = if joined == at {
                    &mut early.held
                } else {
                    &mut early.moved
                };
                set.insert(enrolled);
            }
        }
        Ok(early)
    }
}

impl<'f> Walk<'f> {
    fn new(rows: Rows<'f>) -> Result<Walk<'f>, Failure> {
        let mut walk = Walk {
            rows,
            record: ByteRecord::new(),
            head: None,
        };
        walk.advance()?;
        Ok(walk)
    }

    fn advance(&mut self) -> Result<(), Failure> {
        self.head = self.rows.next(&mut self.record)?;
        Ok(())
    }
}

fn advance(walk: &mut Option<Walk<'_>>) -> Result<(), Failure> {
    walk.as_mut().expect("a row came from it").advance()
}

impl Plan<'_> {
    /// The next command; none after the last. Rows that cannot be read are noted and passed over.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn next(&mut self, faults: &mut Faults) -> Result<Option<Item>, Failure> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            let member = self.members.as_ref().and_then(|walk| walk.head);
            let order = self.orders.as_ref().and_then(|walk| walk.head);
            if !self.held.is_empty() && member.is_none_or(|(joined, _)| joined > self.held_at) {
                self.release_all();
                continue;
            }
            let read = match (member, order) {
                (Some((joined, line)), order)
                    if order.is_none_or(|(ordered, _)| joined <= ordered) =>
                {
                    let read = self.member(joined, line);
                    advance(&mut self.members)?;
                    read
                }
                (_, Some((ordered, line))) => {
                    let read = self.order(ordered, line);
                    advance(&mut self.orders)?;
                    read
                }
                _ => {
                    self.note_stranded(faults)?;
                    return Ok(None);
                }
            };
            if let Err(fault) = read {
                faults.note(fault)?;
            }
        }
    }

    fn order(&mut self, at: Time, line: u64) -> Result<(), Fault> {
        let (table, _, orders) = self
            .files
            .orders
            .as_ref()
            .expect("an order comes from its file");
        let record = &self
            .orders
            .as_ref()
            .expect("an order comes from its walk")
            .record;
        match orders.command(record, at) {
            Ok(command) => {
                self.ready.push_back(Item {
                    order: true,
                    line,
                    command,
                });
                Ok(())
            }
            Err((column, allowed)) => Err(table.fault(record, line, Some(column), allowed)),
        }
    }

    /// Reads an enrolment, and lets it come or holds it back.
    fn member(&mut self, at: Time, line: u64) -> Result<(), Fault> {
        let from = self.files.members.as_ref();
        let (table, _, members) = from.expect("a member comes from its file");
        let walk = self.members.as_ref().expect("a member comes from its walk");
        let mut command = members
            .command(&walk.record, at)
            .map_err(|(column, allowed)| table.fault(&walk.record, line, Some(column), allowed))?;
        let (files, hash) = (self.files, hash_id(&command.id));
        let Verb::Enrol(enrol) = &mut command.verb else {
            unreachable!("a row of members is an enrolment")
        };
        let by = enrol.enroller.as_deref().map(hash_id);
        if files.early.moved.contains(&hash)
            && let Some(enroller) = enrol.enroller.take()
        {
            let waiting = Waiting {
                member: command.id.clone(),
                trees: files.trees_moved(enrol),
                enroller,
                line,
            };
            let by = hash_id(&waiting.enroller);
            self.waiting.entry(by).or_default().push(waiting);
            self.early += 1;
        }
        let item = Item {
            order: false,
            line,
            command,
        };
        match by {
            Some(by) if files.early.held.contains(&hash) || self.held_back.contains(&by) => {
                self.held.entry(by).or_default().push(item);
                self.held_back.insert(hash);
                self.held_at = at;
            }
            _ => self.release(item),
        }
        Ok(())
    }

    /// Lets an enrolment come, behind it the moves of those who waited for this member, and those held back for him.
    fn release(&mut self, item: Item) {
        let mut next = VecDeque::from([item]);
        while let Some(item) = next.pop_front() {
            let (hash, at) = (hash_id(&item.command.id), item.command.at);
            self.ready.push_back(item);
            for waiting in self.waiting.remove(&hash).unwrap_or_default() {
                self.ready.extend(waiting.moves(at));
            }
            self.held_back.remove(&hash);
            next.extend(self.held.remove(&hash).unwrap_or_default());
        }
    }

    /// Lets all come who are still held back when their instant is over: the row of their enroller could not be taken,
    /// and the network will say so.
    fn release_all(&mut self) {
        let mut items: Vec<Item> = self.held.drain().flat_map(|(_, items)| items).collect();
        items.sort_by_key(|item| item.line);
        self.held_back.clear();
        self.ready.extend(items);
    }

    /// Notes the early members whose enroller's row could not be taken.
    fn note_stranded(&mut self, faults: &mut Faults) -> Result<(), Failure> {
        let mut stranded: Vec<Waiting> = self
            .waiting
            .drain()
            .flat_map(|(_, waiting)| waiting)
            .collect();
        stranded.sort_by_key(|waiting| waiting.line);
        for waiting in stranded {
            let (table, _, members) = self
                .files
                .members
                .as_ref()
                .expect("who waits came from a file");
            faults.note(Fault {
                file: table.name(),
                row: waiting.line,
                column: table.heads[members.enroller_at()].clone(),
                given: waiting.enroller.to_string(),
                allowed: format!(
                    "a member whose own row can be taken; {} stays under the company",
                    waiting.member
                ),
            })?;
        }
        Ok(())
    }
}

impl Files {
    /// The trees in which an early member is moved when his enroller appears.
    fn trees_moved(&self, enrol: &Enrol) -> Vec<Text> {
        let placed = |tree: &Text| {
            enrol
                .placements
                .iter()
                .any(|placement| placement.tree == *tree)
        };
        let count = if enrol.kind == MemberKind::Distributor {
            self.list_trees.len()
        } else {
            1
        };
        self.list_trees[..count]
            .iter()
            .filter(|tree| !placed(tree))
            .cloned()
            .collect()
    }
}

impl Waiting {
    /// The moves under the enroller who has just appeared.
    fn moves(self, at: Time) -> impl Iterator<Item = Item> {
        let Waiting {
            member,
            enroller,
            line,
            trees,
        } = self;
        trees.into_iter().map(move |tree| Item {
            order: false,
            line,
            command: Command {
                id: move_id(&tree, &member),
                at,
                verb: Verb::Move(Box::new(Move {
                    tree,
                    member: member.clone(),
                    centre: 1,
                    parent: Some(enroller.clone()),
                    parent_centre: 1,
                    leg: None,
                })),
            },
        })
    }
}

/// An id that follows from what is moved, so that an import which is run again moves nobody twice.
fn move_id(tree: &Text, member: &Text) -> Text {
    let id = format!("import:{tree}:{member}");
    if id.chars().count() <= ID_CHARS_MAX {
        return Text::from(id);
    }
    let hash = blake3::hash(id.as_bytes());
    Text::from(format!("import:{}", &hash.to_hex()[..48]))
}
