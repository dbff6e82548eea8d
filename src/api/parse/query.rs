//! The query of a request as a typed struct; every refusal names the parameter.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::api::problem::{Code, Problem};

/// Parameters of a request, decoded, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Decodes the part of an address behind the question mark.
    ///
    /// # Errors
    /// `bad_utf8` if an escape decodes to no UTF-8, `duplicate_key` for a parameter that stands twice.
    pub fn decode(text: &str) -> Result<Query, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (unescape(name)?, unescape(value)?);
            if pairs.iter().any(|(before, _)| *before == name) {
                return Err(Problem::new(
                    Code::DuplicateKey,
                    format!("The parameter `{name}` stands twice."),
                )
                .field(name));
            }
            pairs.push((name, value));
        }
        Ok(Query { pairs })
    }

    /// A parameter as it stands.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Takes a parameter out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let index = self.pairs.iter().position(|(key, _)| key == name)?;
        Some(self.pairs.remove(index).1)
    }

    /// The parameters that decide what a walk through pages lists: all but where it stands and how much it takes.
    #[must_use]
    pub fn question(&self) -> String {
        let mut kept: Vec<&(String, String)> = self
            .pairs
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "cursor" | "limit" | "min_seq"))
            .collect();
        kept.sort();
        format!("{kept:?}")
    }

    /// Puts the parameters into a struct that says which there are.
    ///
    /// # Errors
    /// `unknown_parameter` with the known ones, `missing_field`, `bad_value`, `wrong_type`.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(Pairs(self)).map_err(|Failure(problem)| *problem)
    }
}

/// Decodes `%XX` and `+`.
fn unescape(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(Problem::new(
                        Code::BadRequest,
                        "A percent sign is followed by two hexadecimal digits.",
                    )
                    .given(text));
                };
                bytes.push(u8::try_from(high * 16 + low).expect("two digits make a byte"));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::new(Code::BadUtf8, "The query does not decode to UTF-8.").given(text))
}

/// What went wrong, already in the words of the room.
#[derive(Debug)]
struct Failure(Box<Problem>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Failure {
        Failure(Box::new(Problem::new(
            Code::BadValue,
            format!("Not understood: {message}."),
        )))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Failure {
        Failure(Box::new(
            Problem::new(
                Code::UnknownParameter,
                format!("There is no parameter `{field}` here."),
            )
            .field(field)
            .given(field)
            .allowed(expected),
        ))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Failure {
        Failure(Box::new(
            Problem::new(Code::BadValue, "The parameter knows only a few words.")
                .given(variant)
                .allowed(expected),
        ))
    }

    fn missing_field(field: &'static str) -> Failure {
        Failure(Box::new(
            Problem::new(
                Code::MissingField,
                format!("The parameter `{field}` is needed."),
            )
            .field(field),
        ))
    }
}

/// The pairs as a map.
struct Pairs<'q>(&'q Query);

impl<'de> Deserializer<'de> for Pairs<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(Walk {
            pairs: self.0.pairs.iter(),
            current: None,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Walk<'q> {
    pairs: std::slice::Iter<'q, (String, String)>,
    current: Option<&'q (String, String)>,
}

impl<'de> MapAccess<'de> for Walk<'_> {
    type Error = Failure;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        self.current = self.pairs.next();
        match self.current {
            None => Ok(None),
            Some((name, _)) => seed
                .deserialize(StrDeserializer::<Failure>::new(name))
                .map(Some),
        }
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Failure> {
        let (name, value) = self.current.expect("a value follows its key");
        seed.deserialize(Value { name, value })
            .map_err(|Failure(mut problem)| {
                problem.field.get_or_insert_with(|| name.clone());
                problem.given.get_or_insert_with(|| value.clone());
                Failure(problem)
            })
    }
}

/// One value: a text that becomes what its field asks for.
struct Value<'q> {
    name: &'q str,
    value: &'q str,
}

impl Value<'_> {
    fn parsed<T: std::str::FromStr>(&self, needed: &str) -> Result<T, Failure> {
        self.value.parse().map_err(|_| {
            Failure(Box::new(
                Problem::new(Code::BadValue, format!("`{}` needs {needed}.", self.name))
                    .field(self.name)
                    .given(self.value)
                    .allowed([needed]),
            ))
        })
    }
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(self.value)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_some(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(self.parsed("true or false")?)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u8(self.parsed("a whole number from 0 to 255")?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u16(self.parsed("a whole number from 0 to 65535")?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u32(self.parsed("a whole number")?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_u64(self.parsed("a whole number")?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_i64(self.parsed("a whole number")?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        StrDeserializer::<Failure>::new(self.value).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::number::Volume;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        #[default]
        First,
        Second,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        need: String,
        limit: Option<u32>,
        flag: Option<bool>,
        word: Option<Word>,
        volume: Option<Volume>,
    }

    fn asked(text: &str) -> Result<Asked, Problem> {
        Query::decode(text)?.typed()
    }

    #[test]
    fn parameters_are_decoded_and_typed() {
        let good = asked("need=a%2Bb+c%C3%A4&limit=7&flag=true&word=second&volume=1.5")
            .expect("all are right");
        assert_eq!(
            (
                good.need.as_str(),
                good.limit,
                good.flag,
                good.word,
                good.volume
            ),
            (
                "a+b c\u{e4}",
                Some(7),
                Some(true),
                Some(Word::Second),
                Some(Volume(15_000))
            )
        );
    }

    #[test]
    fn mistakes_are_named_by_parameter() {
        for (text, code, field) in [
            ("", "missing_field", Some("need")),
            ("need=x&other=1", "unknown_parameter", Some("other")),
            ("need=x&limit=many", "bad_value", Some("limit")),
            ("need=x&limit=-1", "bad_value", Some("limit")),
            ("need=x&flag=yes", "bad_value", Some("flag")),
            ("need=x&word=third", "bad_value", Some("word")),
            ("need=x&volume=1e3", "bad_value", Some("volume")),
            ("need=x&need=y", "duplicate_key", Some("need")),
            ("need=%ff", "bad_utf8", None),
            ("need=%f", "bad_request", None),
        ] {
            let problem = asked(text).expect_err(text);
            assert_eq!(
                (problem.code.name(), problem.field.as_deref()),
                (code, field),
                "{text}"
            );
        }
    }
}
