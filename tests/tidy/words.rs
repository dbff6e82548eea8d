//! Words: those that stand in certain rooms only, and those that stand nowhere.

use super::source::{Source, Token, tokens};

/// A word or path that only some places may hold, in code.
struct Homed {
    word: &'static str,
    /// Beginnings of the paths of files that may hold it.
    homes: &'static [&'static str],
}

/// Places that are not the product.
const TOOLS: [&str; 3] = ["tests/", "benches/", "loadtest/"];

const HOMED: &[Homed] = &[
    homed("axum", &["src/api/"]),
    homed("std::fs", &["src/store/", "src/cli/", "src/main.rs"]),
    homed("std::net", &["src/api/", "src/cli/", "src/runtime/"]),
    homed("SystemTime", &["src/runtime/clock.rs"]),
    homed("Instant::now", &["src/runtime/clock.rs"]),
    homed("Timestamp::now", &["src/runtime/clock.rs"]),
    homed("Zoned::now", &["src/runtime/clock.rs"]),
    homed("unsafe", &["src/arena/", "src/store/mapping.rs"]),
    homed("f32", &["src/api/", "src/view/", "src/cli/"]),
    homed("f64", &["src/api/", "src/view/", "src/cli/"]),
    homed(
        "getrandom",
        &["src/api/", "src/cli/", "src/runtime/", "src/store/"],
    ),
    homed(
        "std::env",
        &["src/base/planted.rs", "src/cli/", "src/main.rs"],
    ),
    homed("std::process", &["src/cli/", "src/main.rs", "src/runtime/"]),
];

const fn homed(word: &'static str, homes: &'static [&'static str]) -> Homed {
    Homed { word, homes }
}

/// Rooms that must give the same answer on every machine.
const EXACT: [&str; 7] = [
    "src/base/",
    "src/arena/",
    "src/store/",
    "src/tree/",
    "src/book/",
    "src/engine/",
    "src/plan/",
];

/// Rooms where nothing may go round a hash table.
const ORDERED: [&str; 4] = ["src/tree/", "src/book/", "src/engine/", "src/plan/"];
const HASHED: [&str; 4] = ["HashMap", "HashSet", "DashMap", "DashSet"];
const LOOKUP_ONLY: &str = "// lookup only";

/// Rooms that know no clock and no threads.
const STILL: [&str; 6] = [
    "src/base/",
    "src/arena/",
    "src/tree/",
    "src/book/",
    "src/engine/",
    "src/plan/",
];

/// Words that stand nowhere in `src/`, each with what is written instead. In texts and comments too.
const BANNED: &[(&str, &str)] = &[
    ("sponsor", "enroller, or parent"),
    ("sponsors", "enrollers, or parents"),
    ("sponsored", "enrolled, or placed"),
    ("associate", "member"),
    ("associates", "members"),
    ("affiliate", "member"),
    ("distributorship", "membership"),
    ("downlines", "downline"),
    ("uplines", "upline"),
    ("FIXME", "the mended code"),
    ("TODO", "the finished code"),
    ("XXX", "the finished code"),
    ("HACK", "the finished code"),
];

/// A foreign word that a file must know to translate it: the columns of other platforms' files.
const TRANSLATED: &[(&str, &str)] = &[
    ("src/cli/import", "sponsor"),
    ("src/cli/columns", "sponsor"),
];

/// Sequences of tokens that stand nowhere in code, each with what is written instead.
const BANNED_CODE: &[(&str, &str)] = &[
    ("todo !", "the finished code"),
    ("unimplemented !", "the finished code"),
    ("dbg !", "tracing, or nothing"),
    ("should_panic", "a Result, or catch_unwind in the test"),
    ("[ ignore", "a test that runs"),
    ("allow ( dead_code", "no dead code"),
    ("allow ( unused", "no dead code"),
];

/// What stands in an identifier of `src/` never, as one of its words.
const BANNED_IN_NAMES: &[(&str, &str)] = &[
    ("node", "seat, cell or frame"),
    ("nodes", "seats, cells or frames"),
];

/// Whether a path begins with one of `places`.
fn lies_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

/// Whether the tokens from `at` on are those of `word`.
fn stands_at(all: &[Token<'_>], at: usize, word: &[Token<'_>]) -> bool {
    let part = all.get(at..at + word.len());
    part.is_some_and(|part| part.iter().zip(word).all(|(a, b)| a.text == b.text))
}

/// Words away from their rooms.
pub(crate) fn homes(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        if lies_in(&source.path, &TOOLS) {
            continue;
        }
        let all = source.tokens();
        for row in HOMED {
            let word = tokens(row.word);
            for at in 0..all.len() {
                if stands_at(&all, at, &word) && !lies_in(&source.path, row.homes) {
                    let (path, line, word) = (&source.path, all[at].line, row.word);
                    wrong.push(format!(
                        "{path}:{line}: `{word}` lives in {:?} only",
                        row.homes
                    ));
                }
            }
        }
    }
    wrong
}

/// Floats, clocks, threads and walks round hash tables where the answer must be the same everywhere.
pub(crate) fn exactness(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let path = &source.path;
        for (line, code, text) in source.lines() {
            let words = tokens(code);
            let mut say = |what: &str| wrong.push(format!("{path}:{line}: {what}"));
            if lies_in(path, &EXACT) && has_float(&words) {
                say("a float where numbers are exact");
            }
            if lies_in(path, &STILL)
                && (follows(&words, "std::time") || follows(&words, "std::thread"))
            {
                say("a clock or thread below the runtime");
            }
            let hashed = words.iter().any(|token| HASHED.contains(&token.text));
            let imported = code.trim_start().starts_with("use ");
            if lies_in(path, &ORDERED) && hashed && !imported && !text.contains(LOOKUP_ONLY) {
                say("a hash table without `// lookup only`: its order is not the same everywhere");
            }
        }
    }
    wrong
}

fn follows(words: &[Token<'_>], path: &str) -> bool {
    let path = tokens(path);
    (0..words.len()).any(|at| stands_at(words, at, &path))
}

/// Whether there is a number with a point that is not a field of a tuple, or one with a float's suffix.
fn has_float(words: &[Token<'_>]) -> bool {
    let number = |token: &Token<'_>| token.text.starts_with(|c: char| c.is_ascii_digit());
    let plain = |token: &Token<'_>| token.text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let pointed = words.windows(3).enumerate().any(|(at, part)| {
        let range = words.get(at + 2).is_some_and(|token| token.text == ".");
        let field = at > 0 && words[at - 1].text == ".";
        plain(&part[0]) && part[1].text == "." && number(&part[2]) && !range && !field
    });
    pointed
        || words.iter().any(|token| {
            number(token) && (token.text.ends_with("f64") || token.text.ends_with("f32"))
        })
}

/// Banned words, each with its replacement.
pub(crate) fn banned(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let path = &source.path;
        let all = source.tokens();
        for (word, instead) in BANNED_CODE {
            let parts: Vec<Token<'_>> = word
                .split(' ')
                .map(|text| Token { text, line: 0 })
                .collect();
            for at in 0..all.len() {
                if stands_at(&all, at, &parts) {
                    let line = all[at].line;
                    wrong.push(format!("{path}:{line}: `{word}`; write {instead}"));
                }
            }
        }
        if !path.starts_with("src/") {
            continue;
        }
        for token in &all {
            for part in words_of(token.text) {
                if let Some((word, instead)) =
                    BANNED_IN_NAMES.iter().find(|(word, _)| *word == part)
                {
                    let (line, name) = (token.line, token.text);
                    wrong.push(format!(
                        "{path}:{line}: `{word}` in `{name}`; write {instead}"
                    ));
                }
            }
        }
        for (line, _, text) in source.lines() {
            for part in text.split(|c: char| !c.is_ascii_alphanumeric()) {
                let found = BANNED.iter().find(|(word, _)| {
                    *word == part
                        || (word.starts_with(|c: char| c.is_lowercase())
                            && *word == part.to_ascii_lowercase())
                });
                let Some((word, instead)) = found else {
                    continue;
                };
                let known = TRANSLATED
                    .iter()
                    .any(|(place, known)| path.starts_with(place) && known == word);
                if !known {
                    wrong.push(format!("{path}:{line}: `{word}`; write {instead}"));
                }
            }
        }
    }
    wrong
}

/// The words of an identifier in lower case: `chainNode_of` has three.
fn words_of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split('_') {
        let mut word = String::new();
        let mut small = false;
        for sign in part.chars() {
            if sign.is_uppercase() && small {
                words.push(std::mem::take(&mut word));
            }
            small = sign.is_lowercase();
            word.extend(sign.to_lowercase());
        }
        words.push(word);
    }
    words
}

/// Anything but ASCII in source.
pub(crate) fn foreign_signs(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for (line, _, text) in source.lines() {
            if let Some(sign) = text.chars().find(|sign| !sign.is_ascii()) {
                let (path, code) = (&source.path, u32::from(sign));
                wrong.push(format!(
                    "{path}:{line}: sign U+{code:04X}; write ASCII, or an escape in a text"
                ));
            }
        }
    }
    wrong
}

/// Paths of one machine and names of hosts that only one house can reach. For every kind of file.
pub(crate) fn machine_paths(sources: &[Source]) -> Vec<String> {
    // Taken apart, so that this file itself does not hold them.
    let marks = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
        ["arti", "factory"],
        ["\nreplace", "-with"],
    ]
    .map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for source in sources {
        for (at, line) in source.text.lines().enumerate() {
            let from = line.trim().strip_prefix("source = ");
            let elsewhere = source.path.ends_with("Cargo.lock")
                && from.is_some_and(|from| {
                    from != "\"registry+https://github.com/rust-lang/crates.io-index\""
                });
            let marked = format!("\n{line}");
            if elsewhere || marks.iter().any(|mark| marked.contains(mark)) {
                let (path, at) = (&source.path, at + 1);
                wrong.push(format!(
                    "{path}:{at}: a path or host of one machine: {}",
                    line.trim()
                ));
            }
        }
    }
    wrong
}

/// Writers of the book, which the verifier must not call.
const WRITERS: [&str; 7] = [
    "post",
    "move_seat",
    "add_seat",
    "set_standing",
    "roll",
    "fork",
    "execute_batch",
];

/// Calls by which the verifier would lean on what it is to check.
pub(crate) fn verifier(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("src/view/verify/"))
    {
        for part in source.tokens().windows(3) {
            if part[0].text == "." && WRITERS.contains(&part[1].text) && part[2].text == "(" {
                let (path, line, name) = (&source.path, part[1].line, part[1].text);
                wrong.push(format!(
                    "{path}:{line}: the verifier calls the writer `{name}`"
                ));
            }
        }
    }
    wrong
}
