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
        index(&self.kinds, section, key)
    }

    /// Index of the period type that `key` names; the only type where it names none.
    #[must_use]
    pub fn period(&self, section: &Section, key: &str) -> Option<u8> {
        index(&self.periods, section, key)
    }
}

fn index(names: &[Text], section: &Section, key: &str) -> Option<u8> {
    let allowed = names.join(", ");
    // Where the list itself was refused, its own problem says enough.
    if names.is_empty() {
        return None;
    }
    let at = match section.field(key) {
        None if names.len() == 1 => 0,
        None => {
            section.missing(key, &allowed, None);
            return None;
        }
        Some(field) => {
            let given = field.text(&allowed)?;
            let found = names.iter().position(|name| name == given);
            if found.is_none() {
                field.refuse(
                    &allowed,
                    did_you_mean(given, names.iter().map(|name| name.as_str())),
                );
            }
            found?
        }
    };
    Some(u8::try_from(at).expect("a handful of names"))
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
