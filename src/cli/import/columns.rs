//! Which column of a file holds which field: by its head, by a name that other platforms use, or as a flag says.

use crate::cli::exit::Failure;
use crate::document::problem::did_you_mean;

/// A field that a column may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its own name.
    pub name: String,
    /// Other heads it is known by.
    pub known_as: &'static [&'static str],
    /// Whether a file must have it.
    pub required: bool,
}

/// A field by its own name and those of other platforms.
#[must_use]
pub fn field(name: &str, required: bool, known_as: &'static [&'static str]) -> Field {
    Field {
        name: name.to_owned(),
        known_as,
        required,
    }
}

/// One `--map TABLE.FIELD=HEAD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// `members` or `orders`.
    pub table: String,
    /// The field.
    pub field: String,
    /// The head of its column.
    pub head: String,
}

impl Mapping {
    /// Reads `TABLE.FIELD=HEAD`.
    ///
    /// # Errors
    /// If it has another form.
    pub fn parse(text: &str) -> Result<Mapping, Failure> {
        let parts = text.split_once('=').and_then(|(left, head)| {
            let (table, field) = left.split_once('.')?;
            ["members", "orders"].contains(&table).then(|| Mapping {
                table: table.to_owned(),
                field: field.to_owned(),
                head: head.to_owned(),
            })
        });
        parts.ok_or_else(|| {
            Failure::usage(format!(
                "--map: given {text:?}; allowed: members.FIELD=HEAD or orders.FIELD=HEAD"
            ))
        })
    }
}

/// Where each field stands in a row, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Index of the column, where there is one.
    pub at: Vec<Option<usize>>,
    /// Heads of columns that no field took.
    pub unused: Vec<String>,
}

/// Finds each field's column.
///
/// # Errors
/// A mapping to a column or field that is not there, a required field without a column, a head that stands twice.
pub fn bind(
    table: &str,
    fields: &[Field],
    heads: &[String],
    mappings: &[Mapping],
) -> Result<Columns, Failure> {
    let plain: Vec<String> = heads.iter().map(|head| plain(head)).collect();
    let place = |name: &str| plain.iter().position(|head| *head == self::plain(name));
    let mine: Vec<&Mapping> = mappings
        .iter()
        .filter(|mapping| mapping.table == table)
        .collect();
    for mapping in &mine {
        if !fields.iter().any(|field| field.name == mapping.field) {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let failure = Failure::usage(format!(
                "--map: given {table}.{}; allowed: {table}. and one of {}",
                mapping.field,
                names.join(", ")
            ));
            return Err(match did_you_mean(&mapping.field, names) {
                Some(hint) => failure.hint(hint),
                None => failure,
            });
        }
    }
    let mut at = Vec::with_capacity(fields.len());
    for field in fields {
        let found = match mine.iter().find(|mapping| mapping.field == field.name) {
            Some(mapping) => Some(place(&mapping.head).ok_or_else(|| {
                Failure::usage(format!(
                    "--map {table}.{}: given {:?}; allowed: {}",
                    field.name,
                    mapping.head,
                    heads.join(", ")
                ))
            })?),
            None => {
                place(&field.name).or_else(|| field.known_as.iter().find_map(|name| place(name)))
            }
        };
        if found.is_none() && field.required {
            return Err(Failure::usage(format!(
                "the {table} file has no column for `{}`; its columns: {}",
                field.name,
                heads.join(", ")
            ))
            .hint(format!("name it: --map {table}.{}=HEAD", field.name)));
        }
        at.push(found);
    }
    for (place, head) in plain.iter().enumerate() {
        let twice = plain[..place].contains(head);
        if twice && at.iter().flatten().any(|&taken| plain[taken] == *head) {
            return Err(Failure::usage(format!(
                "the {table} file has two columns {:?}",
                heads[place]
            )));
        }
    }
    let free = |place: &usize| !at.contains(&Some(*place));
    let unused = (0..heads.len())
        .filter(free)
        .map(|place| heads[place].clone())
        .collect();
    Ok(Columns { at, unused })
}

/// A head as it is compared: lower case, with one sign for all that separates words.
#[must_use]
pub fn plain(head: &str) -> String {
    head.trim().to_lowercase().replace([' ', '-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(heads: &[&str], mappings: &[&str]) -> Result<Columns, String> {
        let fields = [
            field("member", true, &["id"]),
            field("joined_at", true, &["joined"]),
            field("zone", false, &[]),
        ];
        let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
        let mappings: Result<Vec<Mapping>, Failure> =
            mappings.iter().map(|text| Mapping::parse(text)).collect();
        let bound = mappings.and_then(|mappings| bind("members", &fields, &heads, &mappings));
        bound.map_err(|failure| failure.to_string())
    }

    #[test]
    fn heads_are_found_by_name_by_other_names_and_by_flag() {
        let at = |heads: &[&str], mappings: &[&str]| bound(heads, mappings).expect("columns").at;
        assert_eq!(at(&["Joined At", "Member"], &[]), [Some(1), Some(0), None]);
        assert_eq!(
            at(&["id", "joined", "zone"], &[]),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(
            at(&["id", "joined", "tz"], &["members.zone=tz"]),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(
            at(&["member", "id", "joined"], &["members.member=id"]),
            [Some(1), Some(2), None]
        );
        assert_eq!(
            bound(&["id", "joined", "note"], &[])
                .expect("columns")
                .unused,
            ["note"]
        );
    }

    #[test]
    fn what_cannot_be_found_is_told_with_what_is_there() {
        for (heads, mappings, part) in [
            (
                &["id"][..],
                &[][..],
                "no column for `joined_at`; its columns: id",
            ),
            (
                &["id", "joined"],
                &["members.zone=tz"],
                "given \"tz\"; allowed: id, joined",
            ),
            (
                &["id", "joined"],
                &["members.zon=id"],
                "did you mean `zone`?",
            ),
            (
                &["id", "joined"],
                &["zone=id"],
                "allowed: members.FIELD=HEAD",
            ),
            (&["id", "joined", "ID"], &[], "two columns \"ID\""),
        ] {
            let told = bound(heads, mappings).expect_err(part);
            assert!(told.contains(part), "{told}");
        }
    }
}
