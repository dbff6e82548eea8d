//! A row of the orders file to an order.

use csv::ByteRecord;

use crate::base::limits::CENTRES_MAX;
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::cli::exit::Failure;
use crate::cli::import::cell::{self, Allowed};
use crate::cli::import::columns::{self, Columns, Field, Mapping, field, plain};
use crate::cli::import::vocabulary::Vocabulary;
use crate::engine::command::order::Order;
use crate::engine::command::{Command, Verb, Volumes};

const ORDER: usize = 0;
const MEMBER: usize = 1;
const ORDERED_AT: usize = 2;
const AMOUNT: usize = 3;
const CURRENCY: usize = 4;
const CLASS: usize = 5;
const CENTRE: usize = 6;
/// First of the fields that bear a volume kind's name.
const KINDS: usize = 7;

/// How rows of an orders file become orders.
#[derive(Debug, Clone)]
pub struct Orders {
    columns: Columns,
    /// Column of each volume kind, in the order of the rules.
    volumes: Vec<Option<usize>>,
}

impl Orders {
    /// Finds the columns of an orders file. `volumes` are pairs of a kind and the head of its column; a column named
    /// like a kind is its; where no kind has a column, all take the amount.
    ///
    /// # Errors
    /// As [`columns::bind`]; a kind that the network does not have; no volume at all.
    pub fn new(
        heads: &[String],
        mappings: &[Mapping],
        volumes: &[(String, String)],
        words: &Vocabulary,
    ) -> Result<Orders, Failure> {
        let mut mappings = mappings.to_vec();
        for (kind, _) in volumes {
            if !words.kinds.iter().any(|known| known == kind) {
                return Err(Failure::usage(format!(
                    "--volume: given {kind:?}; allowed: {}",
                    words.kinds.join(", ")
                )));
            }
        }
        // A head may feed several fields, the amount among them, so volumes are found beside the mapping of fields.
        mappings.retain(|mapping| !volumes.iter().any(|(kind, _)| *kind == mapping.field));
        let mut columns = columns::bind("orders", &fields(words), heads, &mappings)?;
        let mut at: Vec<Option<usize>> = columns.at[KINDS..].to_vec();
        for (kind, head) in volumes {
            let index = words
                .kinds
                .iter()
                .position(|known| known == kind)
                .expect("checked above");
            let place = heads.iter().position(|known| plain(known) == plain(head));
            let place = place.ok_or_else(|| {
                Failure::usage(format!(
                    "--volume {kind}: given {head:?}; allowed: {}",
                    heads.join(", ")
                ))
            })?;
            at[index] = Some(place);
            columns.unused.retain(|known| plain(known) != plain(head));
        }
        if at.iter().all(Option::is_none) {
            at.fill(columns.at[AMOUNT]);
        }
        if at.iter().all(Option::is_none) {
            let columns = heads.join(", ");
            return Err(Failure::usage(format!(
                "the orders file has no column for a volume or an amount; its columns: {columns}"
            ))
            .hint("name one: --volume cv=HEAD, or --map orders.amount=HEAD"));
        }
        Ok(Orders {
            columns,
            volumes: at,
        })
    }

    /// Column of the time.
    #[must_use]
    pub fn time_at(&self) -> usize {
        self.columns.at[ORDERED_AT].expect("ordered_at is required")
    }

    /// Heads of columns that are not read.
    #[must_use]
    pub fn unused(&self) -> &[String] {
        &self.columns.unused
    }

    /// The order that a row tells.
    ///
    /// # Errors
    /// The column that cannot be read, and what may stand there.
    pub fn command(&self, record: &ByteRecord, at: Time) -> Result<Command, (usize, Allowed)> {
        let id = self
            .read(record, ORDER, cell::id)?
            .ok_or((0, String::new()))?;
        let member = self
            .read(record, MEMBER, cell::id)?
            .ok_or((0, String::new()))?;
        let mut volumes = Volumes::default();
        let mut last = None;
        for (kind, place) in self.volumes.iter().enumerate() {
            let Some(place) = *place else { continue };
            // Kinds often share the amount's column; it is read once.
            let volume = match last {
                Some((same, volume)) if same == place => volume,
                _ => read_at(record, place, amount)?,
            };
            last = Some((place, volume));
            volumes.set(kind, volume);
        }
        let paid = match (self.columns.at[AMOUNT], last) {
            (Some(place), Some((same, volume))) if same == place => volume,
            (Some(place), _) => read_at(record, place, amount)?,
            (None, _) => Volume::ZERO,
        };
        let verb = Verb::Order(Order {
            member,
            centre: self.read(record, CENTRE, centre)?.unwrap_or(1),
            volumes,
            amount: paid,
            currency: self
                .read(record, CURRENCY, |text| cell::code(text, 3))?
                .flatten(),
            class: self.read(record, CLASS, cell::label)?.flatten(),
            lines: Vec::new(),
        });
        Ok(Command { id, at, verb })
    }

    fn read<T>(
        &self,
        record: &ByteRecord,
        field: usize,
        read: impl FnOnce(&str) -> Result<T, Allowed>,
    ) -> Result<Option<T>, (usize, Allowed)> {
        self.columns.at[field]
            .map(|at| read_at(record, at, read))
            .transpose()
    }
}

fn read_at<T>(
    record: &ByteRecord,
    at: usize,
    read: impl FnOnce(&str) -> Result<T, Allowed>,
) -> Result<T, (usize, Allowed)> {
    cell::of(record, at)
        .and_then(read)
        .map_err(|allowed| (at, allowed))
}

fn fields(words: &Vocabulary) -> Vec<Field> {
    let mut fields = vec![
        field("order", true, &["order_id", "id"]),
        field(
            "member",
            true,
            &["member_id", "buyer", "buyer_id", "customer", "customer_id"],
        ),
        field(
            "ordered_at",
            true,
            &["ordered", "order_date", "date", "created_at", "at"],
        ),
        field("amount", false, &["total"]),
        field("currency", false, &[]),
        field("class", false, &["type"]),
        field("centre", false, &["center"]),
    ];
    fields.extend(words.kinds.iter().map(|kind| field(kind, false, &[])));
    fields
}

fn amount(text: &str) -> Result<Volume, Allowed> {
    if text.is_empty() {
        Ok(Volume::ZERO)
    } else {
        cell::volume(text)
    }
}

fn centre(text: &str) -> Result<u16, Allowed> {
    if text.is_empty() {
        Ok(1)
    } else {
        cell::count(text, 1, CENTRES_MAX)
    }
}
