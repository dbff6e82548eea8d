//! A JSON text as a tree that remembers what a lenient reader forgets: keys that stand twice, numbers as they were
//! written, how deep it goes.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::api::problem::{Code, Problem};

/// How deep arrays and objects may stand in each other.
pub const DEPTH_MAX: usize = 32;

/// One JSON value; texts borrow from the request where they have no escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits an `i64`.
    Integer(i64),
    /// Any other number; its exact digits are of no use, since no field takes one.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Items in order.
    Array(Vec<Json<'a>>),
    /// Keys and values in order, no key twice.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// The type in words, for "given a number, a string is needed".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Integer(_) | Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// The value as it can be shown back to the client.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Integer(value) => value.to_string(),
            Json::Number(value) => value.to_string(),
            Json::Text(text) => text.to_string(),
            Json::Array(_) | Json::Object(_) => self.kind().to_owned(),
        }
    }
}

/// Reads one JSON text.
///
/// # Errors
/// `bad_utf8`, `bad_json` with line and column, `duplicate_key`, `too_deep`.
pub fn read(bytes: &[u8]) -> Result<Json<'_>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::new(
            Code::BadUtf8,
            format!(
                "The byte at {} begins no UTF-8 character.",
                error.valid_up_to()
            ),
        )
    })?;
    let found = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Seed {
        depth: 0,
        found: &found,
    };
    let parsed = seed
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|error| {
        found.into_inner().unwrap_or_else(|| {
            Problem::new(
                Code::BadJson,
                format!(
                    "This is not JSON at line {}, column {}.",
                    error.line(),
                    error.column()
                ),
            )
        })
    })
}

/// Reads one value at a depth; what is wrong beyond plain JSON goes to `found`.
#[derive(Clone, Copy)]
struct Seed<'p> {
    depth: usize,
    found: &'p RefCell<Option<Problem>>,
}

impl Seed<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            let problem = Problem::new(
                Code::TooDeep,
                format!("Arrays and objects may stand {DEPTH_MAX} deep."),
            )
            .allowed([format!("at most {DEPTH_MAX} levels")]);
            *self.found.borrow_mut() = Some(problem);
            return Err(E::custom("too deep"));
        }
        Ok(Seed {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Number(value as f64), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut fields: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        // Keys are compared with all before them; an object with thousands of keys is no fact of ours, and a sorted
        // copy finds its twins without a quadratic walk.
        while let Some(key) = access.next_key_seed(Key)? {
            if fields.len() < 64 && fields.iter().any(|(before, _)| *before == key) {
                return Err(self.twice(&key));
            }
            fields.push((key, access.next_value_seed(seed)?));
        }
        if fields.len() > 64 {
            let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(self.twice(pair[0]));
            }
        }
        Ok(Json::Object(fields))
    }
}

impl Seed<'_> {
    fn twice<E: de::Error>(self, key: &str) -> E {
        *self.found.borrow_mut() = Some(
            Problem::new(
                Code::DuplicateKey,
                format!("The key `{key}` stands twice in one object."),
            )
            .field(key.to_owned()),
        );
        E::custom("duplicate key")
    }
}

/// An object's key, borrowed where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        read(bytes).map_or_else(|problem| problem.code.name(), |_| "ok")
    }

    #[test]
    fn what_a_lenient_reader_lets_pass_is_named() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, "duplicate_key"),
            (r#"{"a":1,"\u0061":2}"#, "duplicate_key"),
            (r#"{"a":{"b":1,"b":1}}"#, "duplicate_key"),
            (r#"{"a":1}"#, "ok"),
            ("{", "bad_json"),
            ("{} x", "bad_json"),
            ("{\"a\":01}", "bad_json"),
            ("", "bad_json"),
        ] {
            assert_eq!(code(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(code(b"{\"a\":\"\xff\"}"), "bad_utf8");
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(code(deep(DEPTH_MAX).as_bytes()), "ok");
        assert_eq!(code(deep(DEPTH_MAX + 1).as_bytes()), "too_deep");
        assert_eq!(code("[".repeat(100_000).as_bytes()), "too_deep");
        let many: Vec<String> = (0..100).map(|n| format!("\"k{}\":1", n % 99)).collect();
        assert_eq!(
            code(format!("{{{}}}", many.join(",")).as_bytes()),
            "duplicate_key"
        );
    }
}
