//! A network document told as JSON, written as the TOML that is kept.

use std::fmt::Write;

use crate::api::parse::fields::wrong_type;
use crate::api::parse::json::Json;
use crate::api::problem::Problem;

/// The same document as TOML: a line for each key of the object, everything below on that line.
///
/// # Errors
/// `wrong_type` for what TOML does not know: a document that is no object, a `null`.
pub fn toml(document: &Json<'_>) -> Result<String, Problem> {
    let Json::Object(entries) = document else {
        return Err(wrong_type("", document, "an object"));
    };
    let mut out = String::new();
    for (key, value) in entries {
        quote(&mut out, key);
        out.push_str(" = ");
        write(&mut out, key, value)?;
        out.push('\n');
    }
    Ok(out)
}

fn write(out: &mut String, path: &str, value: &Json<'_>) -> Result<(), Problem> {
    match value {
        Json::Null => return Err(wrong_type(path, value, "a value, or no key at all,")),
        Json::Bool(flag) => write!(out, "{flag}").expect("a text takes any text"),
        Json::Integer(number) => write!(out, "{number}").expect("a text takes any text"),
        // With a point or an exponent, so that it stays a float and is refused as one.
        Json::Number(number) => write!(out, "{number:?}").expect("a text takes any text"),
        Json::Text(text) => quote(out, text),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(out, &format!("{path}[{index}]"), item)?;
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push_str("{ ");
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                quote(out, key);
                out.push_str(" = ");
                write(out, &format!("{path}.{key}"), item)?;
            }
            out.push_str(" }");
        }
    }
    Ok(())
}

/// A text in quotes.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if letter.is_control() => {
                write!(out, "\\u{:04x}", u32::from(letter)).expect("a text takes any text");
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::parse::json;
    use crate::document::network::parse;

    #[test]
    fn a_document_says_the_same_in_both_forms() {
        let given = br#"{"clock":"events","volume_kinds":["pv","cv"],"refund_days":30,
            "activity":{"kind":"pv","at_least":"1.50"},
            "trees":[{"name":"second","shape":"matrix","width":3},{"name":"binary"}]}"#;
        let written = toml(&json::read(given).expect("JSON")).expect("a document");
        let same = "clock = \"events\"\nvolume_kinds = [\"pv\", \"cv\"]\nrefund_days = 30\n\
            [activity]\nkind = \"pv\"\nat_least = \"1.50\"\n\
            [[trees]]\nname = \"second\"\nshape = \"matrix\"\nwidth = 3\n[[trees]]\nname = \"binary\"\n";
        assert_eq!(parse(&written), parse(same), "{written}");
        assert!(parse(same).is_ok());
    }

    #[test]
    fn what_toml_does_not_know_is_refused_by_name() {
        for (given, field) in [
            ("[]", None),
            (r#"{"trees":[{"name":null}]}"#, Some("trees[0].name")),
        ] {
            let read = json::read(given.as_bytes()).expect("JSON");
            let problem = toml(&read).expect_err("no document");
            assert_eq!(problem.field.as_deref(), field, "{given}");
        }
        let letters = "a\u{7f}\"\\\n";
        let text = toml(&Json::Object(vec![(
            "time_zone".into(),
            Json::Text(letters.into()),
        )]));
        let problems = parse(&text.expect("a document")).expect_err("no such zone");
        assert_eq!(problems[0].field, "time_zone");
    }
}
