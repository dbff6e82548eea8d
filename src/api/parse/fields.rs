//! Fields of an object, taken one by one with their rules; every refusal names the field by its path.

use std::borrow::Cow;

use crate::api::parse::json::Json;
use crate::api::problem::{Code, Problem};
use crate::base::ids::{BadId, Text, check_id};
use crate::base::limits::{CENTRES_MAX, ID_CHARS_MAX, TEXT_BYTES_MAX};
use crate::base::number::{BadNumber, PLACES, Volume};
use crate::base::time::Time;

/// An object whose fields have all been checked to be known.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n, 'a> {
    path: &'n str,
    fields: &'n [(Cow<'a, str>, Json<'a>)],
}

/// The path of a field inside another: `data` and `member` give `data.member`.
#[must_use]
pub fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

impl<'n, 'a> Fields<'n, 'a> {
    /// The fields of `value`, which stands at `path`, if it is an object with none but the `known` ones.
    ///
    /// # Errors
    /// `wrong_type` if it is no object, `unknown_field` with the known ones.
    pub fn of(
        value: &'n Json<'a>,
        path: &'n str,
        known: &[&str],
    ) -> Result<Fields<'n, 'a>, Problem> {
        let Json::Object(fields) = value else {
            return Err(wrong_type(path, value, "an object"));
        };
        if let Some((key, _)) = fields
            .iter()
            .find(|(key, _)| !known.contains(&key.as_ref()))
        {
            return Err(Problem::new(
                Code::UnknownField,
                format!("There is no field `{key}` here."),
            )
            .field(join(path, key))
            .given(key)
            .allowed(known));
        }
        Ok(Fields { path, fields })
    }

    /// Fields that are known already, at `path`.
    #[must_use]
    pub fn known(path: &'n str, fields: &'n [(Cow<'a, str>, Json<'a>)]) -> Fields<'n, 'a> {
        Fields { path, fields }
    }

    /// The path of one of the fields.
    #[must_use]
    pub fn path_of(&self, field: &str) -> String {
        join(self.path, field)
    }

    /// The value of a field as it stands, `null` included; none if it is absent.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&'n Json<'a>> {
        self.fields
            .iter()
            .find(|(key, _)| key == field)
            .map(|(_, value)| value)
    }

    /// The value of a field; none if it is absent or `null`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'n Json<'a>> {
        self.raw(field).filter(|value| **value != Json::Null)
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    /// `missing_field`.
    pub fn need(&self, field: &str) -> Result<&'n Json<'a>, Problem> {
        self.get(field).ok_or_else(|| missing(&self.path_of(field)))
    }

    /// A text as it stands.
    ///
    /// # Errors
    /// `wrong_type`.
    pub fn str(&self, field: &str) -> Result<Option<&'n str>, Problem> {
        self.get(field)
            .map(|value| text_at(value, &self.path_of(field)))
            .transpose()
    }

    /// A short free text: a reason, a class, a label.
    ///
    /// # Errors
    /// `wrong_type`, `out_of_range` past 256 bytes, `bad_value` if empty or with control characters.
    pub fn label(&self, field: &str) -> Result<Option<Text>, Problem> {
        let Some(text) = self.str(field)? else {
            return Ok(None);
        };
        label(text, &self.path_of(field)).map(Some)
    }

    /// A label that must be there.
    ///
    /// # Errors
    /// `missing_field`, and as [`Fields::label`].
    pub fn need_label(&self, field: &str) -> Result<Text, Problem> {
        self.label(field)?
            .ok_or_else(|| missing(&self.path_of(field)))
    }

    /// An id.
    ///
    /// # Errors
    /// `wrong_type`, `bad_id`.
    pub fn id(&self, field: &str) -> Result<Option<Text>, Problem> {
        let Some(text) = self.str(field)? else {
            return Ok(None);
        };
        id(text, &self.path_of(field)).map(Some)
    }

    /// An id that must be there.
    ///
    /// # Errors
    /// `missing_field`, and as [`Fields::id`].
    pub fn need_id(&self, field: &str) -> Result<Text, Problem> {
        self.id(field)?.ok_or_else(|| missing(&self.path_of(field)))
    }

    /// A time.
    ///
    /// # Errors
    /// `wrong_type`, `bad_time`.
    pub fn time(&self, field: &str) -> Result<Option<Time>, Problem> {
        let Some(text) = self.str(field)? else {
            return Ok(None);
        };
        time(text, &self.path_of(field)).map(Some)
    }

    /// A decimal in a string.
    ///
    /// # Errors
    /// `wrong_type` for a number, `bad_number`, `too_precise`, `out_of_range`.
    pub fn volume(&self, field: &str) -> Result<Option<Volume>, Problem> {
        self.get(field)
            .map(|value| volume_at(value, &self.path_of(field)))
            .transpose()
    }

    /// A whole number within a range.
    ///
    /// # Errors
    /// `wrong_type`, `out_of_range`.
    pub fn whole(&self, field: &str, low: i64, high: i64) -> Result<Option<i64>, Problem> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        match value {
            Json::Integer(value) if (low..=high).contains(value) => Ok(Some(*value)),
            Json::Integer(_) => Err(out_of_range(
                &self.path_of(field),
                &value.shown(),
                &format!("{low} to {high}"),
            )),
            _ => Err(wrong_type(&self.path_of(field), value, "a whole number")),
        }
    }

    /// True or false; false if absent.
    ///
    /// # Errors
    /// `wrong_type`.
    pub fn flag(&self, field: &str) -> Result<bool, Problem> {
        match self.get(field) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(value) => Err(wrong_type(&self.path_of(field), value, "a boolean")),
        }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// `wrong_type`, `bad_value` with the words.
    pub fn word<T: Copy>(&self, field: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.str(field)? else {
            return Ok(None);
        };
        one_of(text, &self.path_of(field), words).map(Some)
    }

    /// The items of an array of at most `most`; none if absent.
    ///
    /// # Errors
    /// `wrong_type`, `out_of_range`.
    pub fn items(&self, field: &str, most: usize) -> Result<&'n [Json<'a>], Problem> {
        match self.get(field) {
            None => Ok(&[]),
            Some(Json::Array(items)) if items.len() <= most => Ok(items),
            Some(Json::Array(items)) => Err(out_of_range(
                &self.path_of(field),
                &format!("{} items", items.len()),
                &format!("at most {most} items"),
            )),
            Some(value) => Err(wrong_type(&self.path_of(field), value, "an array")),
        }
    }
}

/// The text of a value.
///
/// # Errors
/// `wrong_type`.
pub fn text_at<'n>(value: &'n Json<'_>, path: &str) -> Result<&'n str, Problem> {
    match value {
        Json::Text(text) => Ok(text),
        _ => Err(wrong_type(path, value, "a string")),
    }
}

/// The volume of a value.
///
/// # Errors
/// As [`Fields::volume`].
pub fn volume_at(value: &Json<'_>, path: &str) -> Result<Volume, Problem> {
    volume(text_at(value, path)?, path)
}

/// A text as an id.
///
/// # Errors
/// `bad_id`.
pub fn id(text: &str, path: &str) -> Result<Text, Problem> {
    let Err(why) = check_id(text) else {
        return Ok(Text::new(text));
    };
    Err(Problem::new(Code::BadId, bad_id(why))
        .field(path)
        .given(text.escape_debug().to_string())
        .allowed([format!("1 to {ID_CHARS_MAX} printable characters")]))
}

/// The sentence of a text that cannot be an id.
fn bad_id(why: BadId) -> String {
    match why {
        BadId::Empty => "An id is not empty.".to_owned(),
        BadId::Long => format!("An id has at most {ID_CHARS_MAX} characters."),
        BadId::Unprintable => {
            "An id has only printable characters, and no white space at either end.".to_owned()
        }
    }
}

/// A text as a time.
///
/// # Errors
/// `bad_time`.
pub fn time(text: &str, path: &str) -> Result<Time, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            Code::BadTime,
            "A time is written as RFC 3339, between the years 1970 and 9999.",
        )
        .field(path)
        .given(text)
        .allowed(["2026-01-31T12:00:00Z"])
    })
}

/// A text as a volume or an amount.
///
/// # Errors
/// `bad_number`, `too_precise`, `out_of_range`.
pub fn volume(text: &str, path: &str) -> Result<Volume, Problem> {
    text.parse().map_err(|why| {
        let problem = match why {
            BadNumber::Shape => Problem::new(
                Code::BadNumber,
                "An exact number is written as digits with at most one point.",
            )
            .allowed(["12.50"]),
            BadNumber::Precision => Problem::new(
                Code::TooPrecise,
                format!("At most {PLACES} decimal places are kept."),
            )
            .allowed([format!("at most {PLACES} decimal places")]),
            BadNumber::Range => Problem::new(
                Code::OutOfRange,
                "The number is beyond the range of a single command.",
            )
            .allowed([format!("-{max} to {max}", max = Volume::MAX)]),
        };
        problem.field(path).given(text)
    })
}

/// A short free text.
///
/// # Errors
/// As [`Fields::label`].
pub fn label(text: &str, path: &str) -> Result<Text, Problem> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(out_of_range(
            path,
            text,
            &format!("at most {TEXT_BYTES_MAX} bytes"),
        ));
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::BadValue,
            "A text here is not empty and has no control characters.",
        )
        .field(path)
        .given(text.escape_debug().to_string())
        .allowed([format!("1 to {TEXT_BYTES_MAX} bytes of printable text")]));
    }
    Ok(Text::new(text))
}

/// One of a few words.
///
/// # Errors
/// `bad_value` with the words.
pub fn one_of<T: Copy>(text: &str, path: &str, words: &[(&str, T)]) -> Result<T, Problem> {
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(*value),
        None => Err(
            Problem::new(Code::BadValue, format!("`{path}` knows only a few words."))
                .field(path)
                .given(text)
                .allowed(words.iter().map(|(word, _)| *word)),
        ),
    }
}

/// A code of some capital letters: a country or a currency.
///
/// # Errors
/// `wrong_type`, `bad_value`.
pub fn code(data: &Fields<'_, '_>, field: &str, letters: usize) -> Result<Option<Text>, Problem> {
    let Some(text) = data.str(field)? else {
        return Ok(None);
    };
    if !is_code(text, letters) {
        return Err(Problem::new(
            Code::BadValue,
            format!("`{field}` is a code of {letters} capital letters."),
        )
        .field(data.path_of(field))
        .given(text)
        .allowed([if letters == 2 { "US" } else { "USD" }]));
    }
    Ok(Some(Text::new(text)))
}

/// Whether a text is a code of this many capital letters.
#[must_use]
pub fn is_code(text: &str, letters: usize) -> bool {
    text.len() == letters && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A centre, 1 by default.
///
/// # Errors
/// `wrong_type`, `out_of_range`.
pub fn centre(data: &Fields<'_, '_>, field: &str) -> Result<u16, Problem> {
    let centre = data.whole(field, 1, i64::from(CENTRES_MAX))?.unwrap_or(1);
    Ok(u16::try_from(centre).expect("checked to be at most 255"))
}

/// A leg: a number from 1, or `left` and `right` for the two of a binary tree.
///
/// # Errors
/// `wrong_type`, `bad_value`, `out_of_range`.
pub fn leg(data: &Fields<'_, '_>, field: &str, most: u8) -> Result<Option<u8>, Problem> {
    let path = data.path_of(field);
    match data.get(field) {
        None => Ok(None),
        Some(Json::Text(text)) => one_of(text, &path, &[("left", 1), ("right", 2)]).map(Some),
        Some(Json::Integer(leg)) => match u8::try_from(*leg) {
            Ok(leg) if (1..=most).contains(&leg) => Ok(Some(leg)),
            _ => Err(out_of_range(
                &path,
                &leg.to_string(),
                &format!("1 to {most}"),
            )),
        },
        Some(value) => Err(wrong_type(
            &path,
            value,
            "a whole number, \"left\" or \"right\"",
        )),
    }
}

/// The problem of a field that is not there.
#[must_use]
pub fn missing(path: &str) -> Problem {
    Problem::new(Code::MissingField, format!("`{path}` is needed.")).field(path)
}

/// The problem of a value of the wrong JSON type: "given a number, a string is needed".
#[must_use]
pub fn wrong_type(path: &str, value: &Json<'_>, needed: &str) -> Problem {
    let given = value.kind();
    let problem = Problem::new(
        Code::WrongType,
        format!("Given {given}, {needed} is needed."),
    );
    let problem = if path.is_empty() {
        problem
    } else {
        problem.field(path)
    };
    problem.given(value.shown()).allowed([needed])
}

/// The problem of a value outside its range.
#[must_use]
pub fn out_of_range(path: &str, given: &str, range: &str) -> Problem {
    Problem::new(Code::OutOfRange, format!("`{path}` must be {range}."))
        .field(path)
        .given(given)
        .allowed([range])
}
