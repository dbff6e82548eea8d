//! TOML read with lines kept, so that each wrong field is named with its line; collects all problems, not the first.

use std::cell::RefCell;
use std::fmt::Write;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::base::money::{Exchange, Micros, RATE_ONE, Rate};
use crate::base::number::Volume;
use crate::document::problem::{Problem, did_you_mean};

/// The text being read and the problems found in it so far.
#[derive(Debug)]
pub struct Notes {
    line_starts: Vec<usize>,
    found: RefCell<Vec<Problem>>,
}

/// Reads `text` as TOML and hands its root table to `read`, which may note problems as it goes.
///
/// # Errors
/// All problems found, in order of lines; those of the TOML itself alone if it has any, because what follows a broken
/// line cannot be trusted.
pub fn read<T>(text: &str, read: impl FnOnce(&Section) -> Option<T>) -> Result<T, Vec<Problem>> {
    let starts = text
        .bytes()
        .enumerate()
        .filter(|&(_, byte)| byte == b'\n')
        .map(|(at, _)| at + 1);
    let notes = Notes {
        line_starts: std::iter::once(0).chain(starts).collect(),
        found: RefCell::new(Vec::new()),
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        notes.push(Problem {
            line: notes.line(span.start),
            field: String::new(),
            given: excerpt(text.get(span).unwrap_or_default()),
            allowed: format!("TOML ({})", error.message().replace('\n', ", ")),
            hint: None,
        });
    }
    let read = if errors.is_empty() {
        read(&Section {
            table: root.get_ref(),
            span: root.span(),
            path: String::new(),
            notes: &notes,
        })
    } else {
        None
    };
    let mut found = notes.found.into_inner();
    found.sort_by_key(|problem| problem.line);
    match read {
        Some(read) if found.is_empty() => Ok(read),
        _ => {
            assert!(!found.is_empty(), "a document is refused with a reason");
            Err(found)
        }
    }
}

impl Notes {
    /// The line, from 1, of a byte's place. Costs the logarithm of the lines.
    fn line(&self, at_byte: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= at_byte)
    }

    fn push(&self, problem: Problem) {
        self.found.borrow_mut().push(problem);
    }
}

/// A table of the document.
#[derive(Debug, Clone)]
pub struct Section<'a, 't> {
    table: &'a DeTable<'t>,
    span: Range<usize>,
    path: String,
    notes: &'a Notes,
}

/// A value of the document.
#[derive(Debug, Clone)]
pub struct Field<'a, 't> {
    value: &'a DeValue<'t>,
    span: Range<usize>,
    path: String,
    notes: &'a Notes,
}

impl<'a, 't> Section<'a, 't> {
    /// The value under `key`, if the document gives one.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<Field<'a, 't>> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(self.named(key, value))
    }

    /// The value under `key`; notes a problem if there is none.
    #[must_use]
    pub fn required(&self, key: &str, allowed: &str) -> Option<Field<'a, 't>> {
        let field = self.field(key);
        if field.is_none() {
            self.missing(key, allowed, None);
        }
        field
    }

    /// Notes that `key` is needed here and not given.
    pub fn missing(&self, key: &str, allowed: &str, hint: Option<String>) {
        self.notes.push(Problem {
            line: self.notes.line(self.span.start),
            field: self.join(key),
            given: "nothing".to_owned(),
            allowed: allowed.to_owned(),
            hint,
        });
    }

    /// Notes every key that is not among `known`.
    pub fn only(&self, known: &[&str]) {
        for (name, _) in self.table.iter() {
            if known.contains(&name.get_ref().as_ref()) {
                continue;
            }
            self.notes.push(Problem {
                line: self.notes.line(name.span().start),
                field: self.join(name.get_ref()),
                given: "a key that is not known here".to_owned(),
                allowed: known.join(", "),
                hint: did_you_mean(name.get_ref(), known.iter().copied()),
            });
        }
    }

    /// Each key with its value, in alphabetical order.
    pub fn fields(&self) -> impl Iterator<Item = (String, Field<'a, 't>)> + '_ {
        self.table.iter().map(|(name, value)| {
            (
                name.get_ref().to_string(),
                self.named(name.get_ref(), value),
            )
        })
    }

    fn named(&self, key: &str, value: &'a Spanned<DeValue<'t>>) -> Field<'a, 't> {
        Field {
            value: value.get_ref(),
            span: value.span(),
            path: self.join(key),
            notes: self.notes,
        }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

impl<'a, 't> Field<'a, 't> {
    /// Line of the value in the text, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.notes.line(self.span.start)
    }

    /// Notes that the value is not what may stand here.
    pub fn refuse(&self, allowed: &str, hint: Option<String>) {
        self.refuse_given(&self.given(), allowed, hint);
    }

    /// As [`Field::refuse`], with other words for what is given.
    pub fn refuse_given(&self, given: &str, allowed: &str, hint: Option<String>) {
        self.notes.push(Problem {
            line: self.line(),
            field: self.path.clone(),
            given: given.to_owned(),
            allowed: allowed.to_owned(),
            hint,
        });
    }

    /// A text; anything else is noted.
    #[must_use]
    pub fn text(&self, allowed: &str) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => {
                let hint = self
                    .scalar()
                    .map(|raw| format!("write \"{raw}\", in quotes"));
                self.refuse(allowed, hint);
                None
            }
        }
    }

    /// A text without a note where it is something else.
    #[must_use]
    pub fn as_text(&self) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// One of the words given, and what it stands for; anything else is noted.
    #[must_use]
    pub fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let list: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        let allowed = list.join(", ");
        let given = self.text(&allowed)?;
        let found = words.iter().find(|&&(word, _)| word == given);
        if found.is_none() {
            self.refuse(&allowed, did_you_mean(given, list));
        }
        found.map(|&(_, meaning)| meaning)
    }

    /// A whole number in a range; anything else is noted.
    #[must_use]
    pub fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.value {
            DeValue::Integer(number) => {
                i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
            }
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let allowed = format!("a whole number from {} to {}", range.start(), range.end());
            self.refuse(&allowed, None);
        }
        number
    }

    /// `true` or `false`; anything else is noted.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.refuse("true or false", Some("without quotes".to_owned()));
                None
            }
        }
    }

    /// A volume above zero: a whole number, or a decimal in quotes; anything else is noted.
    #[must_use]
    pub fn volume_above_zero(&self) -> Option<Volume> {
        let allowed = "a volume above 0 with at most 4 decimal places, in quotes, such as \"100\" or \"12.50\"";
        self.exact(allowed, |&volume| volume > Volume::ZERO)
    }

    /// Money above zero: a whole number, or a decimal in quotes; anything else is noted.
    #[must_use]
    pub fn money_above_zero(&self) -> Option<Micros> {
        let allowed = "an amount above 0 with at most 6 decimal places, in quotes, such as \"500\" or \"12.50\"";
        self.exact(allowed, |&amount| amount > Micros::ZERO)
    }

    /// A rate: a whole number, or a decimal in quotes; anything else is noted.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        let allowed = format!(
            "a rate from 0 to {} with at most 8 decimal places, in quotes, such as \"0.05\"",
            Rate::MAX
        );
        self.exact(&allowed, |_| true)
    }

    /// A rate above zero; anything else is noted.
    #[must_use]
    pub fn rate_above_zero(&self) -> Option<Rate> {
        let allowed = format!(
            "a rate above 0 and at most {} with at most 8 decimal places, in quotes, such as \"0.60\"",
            Rate::MAX
        );
        self.exact(&allowed, |&rate| rate > Rate::ZERO)
    }

    /// A rate above zero and at most one; anything else is noted.
    #[must_use]
    pub fn share(&self) -> Option<Rate> {
        let allowed = "a share above 0 and at most 1 with at most 8 decimal places, in quotes, such as \"0.60\"";
        self.exact(allowed, |&rate| rate > Rate::ZERO && rate <= Rate(RATE_ONE))
    }

    /// What one unit of a currency is worth in another; anything else is noted.
    #[must_use]
    pub fn exchange(&self) -> Option<Exchange> {
        let allowed = format!(
            "what one unit is worth, above 0 and at most {} with at most 8 decimal places, in quotes, such as \"0.92\"",
            Exchange::MAX
        );
        self.exact(&allowed, |&rate| rate > Exchange(0))
    }

    /// An exact number that fits; anything else is noted.
    fn exact<T: FromStr>(&self, allowed: &str, fits: impl Fn(&T) -> bool) -> Option<T> {
        let read: Option<T> = match self.value {
            DeValue::String(text) => text.parse().ok(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        let read = read.filter(fits);
        if read.is_none() {
            let hint = match self.value {
                DeValue::Float(number) => Some(format!(
                    "write \"{}\", in quotes: floats are not exact",
                    number.as_str()
                )),
                DeValue::String(text) if text.ends_with('%') => {
                    Some("in parts of one: 5% is \"0.05\"".to_owned())
                }
                _ => None,
            };
            self.refuse(allowed, hint);
        }
        read
    }

    /// The values of a list; anything else is noted.
    #[must_use]
    pub fn list(&self, allowed: &str) -> Option<Vec<Field<'a, 't>>> {
        let list = self.as_list();
        if list.is_none() {
            self.refuse(allowed, None);
        }
        list
    }

    /// The values of a list without a note where it is something else.
    #[must_use]
    pub fn as_list(&self) -> Option<Vec<Field<'a, 't>>> {
        let DeValue::Array(values) = self.value else {
            return None;
        };
        let fields = values.iter().enumerate().map(|(index, value)| Field {
            value: value.get_ref(),
            span: value.span(),
            path: format!("{}[{index}]", self.path),
            notes: self.notes,
        });
        Some(fields.collect())
    }

    /// A table; anything else is noted.
    #[must_use]
    pub fn section(&self, allowed: &str) -> Option<Section<'a, 't>> {
        let section = self.as_section();
        if section.is_none() {
            self.refuse(allowed, None);
        }
        section
    }

    /// A table without a note where it is something else.
    #[must_use]
    pub fn as_section(&self) -> Option<Section<'a, 't>> {
        let DeValue::Table(table) = self.value else {
            return None;
        };
        Some(Section {
            table,
            span: self.span.clone(),
            path: self.path.clone(),
            notes: self.notes,
        })
    }

    /// The value as the document writes it, where it is short.
    #[must_use]
    pub fn given(&self) -> String {
        match self.value {
            DeValue::String(text) => excerpt(text),
            DeValue::Array(values) => format!("a list of {}", values.len()),
            DeValue::Table(_) => "a table".to_owned(),
            _ => self.scalar().unwrap_or_default(),
        }
    }

    /// A number, flag or time as it is written; none for texts, lists and tables.
    #[must_use]
    pub fn scalar(&self) -> Option<String> {
        match self.value {
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            DeValue::Datetime(time) => Some(time.to_string()),
            DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => None,
        }
    }
}

/// A text in quotes, cut to a readable length, with control characters made visible.
fn excerpt(text: &str) -> String {
    if text.is_empty() {
        return "an empty text".to_owned();
    }
    let mut shown = String::from("\"");
    for (count, letter) in text.chars().enumerate() {
        if count == 60 {
            shown.push_str("...");
            break;
        }
        if letter.is_control() {
            write!(shown, "{}", letter.escape_default()).expect("a text takes any letter");
        } else {
            shown.push(letter);
        }
    }
    shown.push('"');
    shown
}
