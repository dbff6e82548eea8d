//! A row of the members file to an enrolment.

use csv::ByteRecord;

use crate::base::limits::CENTRES_MAX;
use crate::base::time::Time;
use crate::cli::exit::Failure;
use crate::cli::import::cell::{self, Allowed};
use crate::cli::import::columns::{self, Columns, Field, Mapping, field};
use crate::cli::import::vocabulary::{Tree, Vocabulary};
use crate::engine::command::enrol::{Enrol, Placement};
use crate::engine::command::{Command, Verb};
use crate::engine::member::{MemberKind, Profile};
use crate::engine::position::PlaceAt;

/// Fields before those of the trees.
const MEMBER: usize = 0;
const ENROLLER: usize = 1;
const JOINED_AT: usize = 2;
const KIND: usize = 3;
const COUNTRY: usize = 4;
const CURRENCY: usize = 5;
const ZONE: usize = 6;
const TAGS: usize = 7;
const TREES: usize = 8;
/// Fields of each placement tree.
const TREE_FIELDS: usize = 3;

/// How rows of a members file become enrolments.
#[derive(Debug, Clone)]
pub struct Members {
    columns: Columns,
    trees: Vec<Tree>,
}

impl Members {
    /// Finds the columns of a members file.
    ///
    /// # Errors
    /// As [`columns::bind`].
    pub fn new(
        heads: &[String],
        mappings: &[Mapping],
        words: &Vocabulary,
    ) -> Result<Members, Failure> {
        let trees = words.trees[1..].to_vec();
        let columns = columns::bind("members", &fields(&trees), heads, mappings)?;
        Ok(Members { columns, trees })
    }

    /// Column of the time.
    #[must_use]
    pub fn time_at(&self) -> usize {
        self.columns.at[JOINED_AT].expect("joined_at is required")
    }

    /// Heads of columns that are not read.
    #[must_use]
    pub fn unused(&self) -> &[String] {
        &self.columns.unused
    }

    /// The member's id and his enroller's as the row has them, unchecked; empty where there is none.
    #[must_use]
    pub fn pair<'r>(&self, record: &'r ByteRecord) -> (&'r [u8], &'r [u8]) {
        let get = |field: usize| {
            self.columns.at[field]
                .and_then(|at| record.get(at))
                .unwrap_or_default()
        };
        (get(MEMBER).trim_ascii(), get(ENROLLER).trim_ascii())
    }

    /// Column of the enroller.
    #[must_use]
    pub fn enroller_at(&self) -> usize {
        self.columns.at[ENROLLER].expect("enroller is required")
    }

    /// The enrolment that a row tells.
    ///
    /// # Errors
    /// The column that cannot be read, and what may stand there.
    pub fn command(&self, record: &ByteRecord, at: Time) -> Result<Command, (usize, Allowed)> {
        let id = self
            .read(record, MEMBER, cell::id)?
            .ok_or((0, String::new()))?;
        let enroller = self.read(record, ENROLLER, cell::id_option)?.flatten();
        if enroller.as_ref() == Some(&id) {
            return Err((
                self.enroller_at(),
                "another member, or nothing for a root".to_owned(),
            ));
        }
        let kind = self
            .read(record, KIND, kind)?
            .unwrap_or(MemberKind::Distributor);
        let profile = Profile {
            country: self
                .read(record, COUNTRY, |text| cell::code(text, 2))?
                .flatten(),
            currency: self
                .read(record, CURRENCY, |text| cell::code(text, 3))?
                .flatten(),
            zone: self.read(record, ZONE, cell::label)?.flatten(),
            tags: self.read(record, TAGS, cell::tags)?.unwrap_or_default(),
        };
        let placements = self.placements(record)?;
        let verb = Verb::Enrol(Box::new(Enrol {
            kind,
            enroller,
            profile,
            placements,
        }));
        Ok(Command { id, at, verb })
    }

    fn placements(&self, record: &ByteRecord) -> Result<Vec<Placement>, (usize, Allowed)> {
        let mut placements = Vec::new();
        for (index, tree) in self.trees.iter().enumerate() {
            let first = TREES + index * TREE_FIELDS;
            let Some(parent) = self.read(record, first, cell::id_option)?.flatten() else {
                continue;
            };
            let leg = self
                .read(record, first + 1, |text| leg(text, tree.legs))?
                .flatten();
            let centre = self.read(record, first + 2, centre)?.unwrap_or(1);
            let place = PlaceAt::Under {
                parent,
                centre,
                leg,
            };
            placements.push(Placement {
                tree: tree.name.clone(),
                place,
            });
        }
        Ok(placements)
    }

    /// Reads one field; none where the file has no such column.
    fn read<T>(
        &self,
        record: &ByteRecord,
        field: usize,
        read: impl FnOnce(&str) -> Result<T, Allowed>,
    ) -> Result<Option<T>, (usize, Allowed)> {
        let Some(at) = self.columns.at[field] else {
            return Ok(None);
        };
        cell::of(record, at)
            .and_then(read)
            .map(Some)
            .map_err(|allowed| (at, allowed))
    }
}

fn fields(trees: &[Tree]) -> Vec<Field> {
    let mut fields = vec![
        field("member", true, &["member_id", "id"]),
        field(
            "enroller",
            true,
            &["enroller_id", "sponsor", "sponsor_id", "referrer", "upline"],
        ),
        field(
            "joined_at",
            true,
            &["joined", "enrolled_at", "join_date", "created_at", "at"],
        ),
        field("kind", false, &["type"]),
        field("country", false, &[]),
        field("currency", false, &[]),
        field("zone", false, &["time_zone", "timezone"]),
        field("tags", false, &[]),
    ];
    for tree in trees {
        for part in ["parent", "leg", "parent_centre"] {
            fields.push(field(&format!("{}_{part}", tree.name), false, &[]));
        }
    }
    fields
}

fn kind(text: &str) -> Result<MemberKind, Allowed> {
    if text.is_empty() {
        return Ok(MemberKind::Distributor);
    }
    cell::word(
        text,
        &[
            ("distributor", MemberKind::Distributor),
            ("preferred", MemberKind::Preferred),
            ("customer", MemberKind::Customer),
        ],
    )
}

fn leg(text: &str, legs: u8) -> Result<Option<u8>, Allowed> {
    if text.is_empty() || legs == 0 {
        return Ok(None);
    }
    let by_word = if legs == 2 {
        cell::word(text, &[("left", 1), ("right", 2)]).ok()
    } else {
        None
    };
    if by_word.is_some() {
        return Ok(by_word);
    }
    let leg = cell::count(text, 1, u16::from(legs))?;
    Ok(u8::try_from(leg).ok())
}

fn centre(text: &str) -> Result<u16, Allowed> {
    if text.is_empty() {
        Ok(1)
    } else {
        cell::count(text, 1, CENTRES_MAX)
    }
}
