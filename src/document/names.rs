//! Names in a network document: what may be one, and how fields refer to them.

use crate::base::ids::Text;
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};

/// Names that other fields of the document refer to.
#[derive(Debug, Clone)]
pub struct Names {
    /// Volume kinds in order.
    pub kinds: Vec<Text>,
    /// Period types in order.
    pub periods: Vec<Text>,
}

impl Names {
    /// Index of the volume kind that `key` names; the only kind where it names none.
    #[must_use]
    pub fn kind(&self, section: &Section, key: &str) -> Option<u8> {
        small(named_or_only(section, key, &self.kinds))
    }

    /// Index of the period type that `key` names; the only type where it names none.
    #[must_use]
    pub fn period(&self, section: &Section, key: &str) -> Option<u8> {
        small(named_or_only(section, key, &self.periods))
    }
}

fn small(index: Option<usize>) -> Option<u8> {
    index.map(|at| u8::try_from(at).expect("a handful of names"))
}

/// Index of the name under `key`; the only name there is where the document leaves it out. Anything else is noted.
#[must_use]
pub fn named_or_only(section: &Section, key: &str, names: &[Text]) -> Option<usize> {
    match section.field(key) {
        Some(field) => named(&field, names),
        None if names.len() == 1 => Some(0),
        // Where the list itself was refused, its own problem says enough.
        None if names.is_empty() => None,
        None => {
            section.missing(key, &names.join(", "), None);
            None
        }
    }
}

/// Index of the name that a field gives; anything else is noted.
#[must_use]
pub fn named(field: &Field, names: &[Text]) -> Option<usize> {
    if names.is_empty() {
        return None;
    }
    let allowed = names.join(", ");
    let given = field.text(&allowed)?;
    let found = names.iter().position(|name| name == given);
    if found.is_none() {
        field.refuse(
            &allowed,
            did_you_mean(given, names.iter().map(|name| name.as_str())),
        );
    }
    found
}

/// A name that can stand in addresses and column heads: letters, digits, `-`, `_`, `.`, 1 to 32, a letter or digit first.
pub fn check_name(field: &Field) -> Option<Text> {
    let allowed = "1 to 32 of the letters a-z, digits, `-`, `_` and `.`, a letter or digit first";
    let name = field.text(allowed)?;
    let fits = name.bytes().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    });
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !fits || !starts_well || name.len() > 32 {
        let lower = name.to_lowercase().replace(' ', "_");
        let hint = (name.is_ascii() && !name.is_empty() && lower != name)
            .then(|| format!("try \"{lower}\""));
        field.refuse(allowed, hint);
        return None;
    }
    Some(Text::from(name))
}

/// Notes a name that stands in its list already.
pub fn check_unique<'n>(
    field: &Field,
    name: &str,
    mut known: impl Iterator<Item = &'n str>,
) -> bool {
    let twice = known.any(|other| other == name);
    if twice {
        field.refuse("a name that no other entry of the list has", None);
    }
    !twice
}
