//! The plan book: a page of Markdown for each kind of component, from the table of kinds.

use std::fmt::Write;

use crate::document::plan::component::COMMON;
use crate::document::plan::kinds::KEYS;
use crate::document::plan::settings::form_text;
use crate::plan::KINDS;
use crate::plan::component::{Kind, Live};
use crate::plan::setting::{Default, Form, Setting};

/// Derived kinds as a document has them.
const KINDS_SAMPLE: &str = include_str!("kinds.toml");

/// All pages, one behind the other, after one on what every component has.
#[must_use]
pub fn book() -> String {
    let mut text = String::from(
        "# Plan book\n\n\
         A component is a table `[[plans.components]]` of a plan document. Every component has these settings:\n\n",
    );
    let common = COMMON.map(|row| row.map(str::to_owned));
    text.push_str(&table(&common));
    text.push_str(
        "\n## Kinds of volume\n\n\
         A table `[[kinds]]` of the document derives a kind of volume from one of the network. Wherever a volume kind is \
         named, it may be one of these, in components, ladders and the company's cap. An order is judged by what it was when \
         it was accepted, and a refund by its order.\n\n",
    );
    text.push_str(&table(&KEYS.map(|row| row.map(str::to_owned))));
    text.push_str(&format!("\n```toml\n{KINDS_SAMPLE}```\n"));
    for kind in KINDS {
        text.push('\n');
        text.push_str(&page(kind));
    }
    text
}

/// The page of one kind.
#[must_use]
pub fn page(kind: &Kind) -> String {
    let settings: Vec<[String; 4]> = kind.settings.iter().map(row).collect();
    let mut text = format!(
        "## {}\n\n{}\n\n{}\n\n",
        kind.name,
        kind.sentence,
        live_text(kind.live)
    );
    text.push_str(&table(&settings));
    let sample = kind.sample.trim_end();
    write!(text, "\n```toml\n[[plans.components]]\n{sample}\n```\n")
        .expect("a text takes any text");
    text
}

/// How a live figure is had, as a word.
#[must_use]
pub fn live_word(live: Live) -> &'static str {
    match live {
        Live::Present => "present",
        Live::Swept => "swept",
    }
}

fn live_text(live: Live) -> &'static str {
    match live {
        Live::Present => {
            "Its live figure is `present`: worked out as it is asked for, from the member's own part of the trees; for who has \
             very many below him it is `swept`, as all members' are together."
        }
        Live::Swept => {
            "Its live figure is `swept`: worked out for all members in one pass, which is refreshed while it is read; it \
             carries the sequence it is of."
        }
    }
}

fn row(setting: &Setting) -> [String; 4] {
    let default = match (setting.default, setting.form) {
        (Default::Needed, Form::Volume) => "needed, unless the network has only one".to_owned(),
        (Default::Needed, _) => "needed".to_owned(),
        (Default::Nothing, _) => "none".to_owned(),
        (Default::Written(text), _) => format!("`{text}`"),
    };
    let sentence = setting.sentence.to_owned();
    [
        setting.key.to_owned(),
        form_text(setting.form),
        default,
        sentence,
    ]
}

fn table(rows: &[[String; 4]]) -> String {
    let mut text = String::from(
        "| setting | what may stand there | left out | what it decides |\n|---|---|---|---|\n",
    );
    for [key, form, default, sentence] in rows {
        writeln!(text, "| `{key}` | {form} | {default} | {sentence} |")
            .expect("a text takes any text");
    }
    text
}
