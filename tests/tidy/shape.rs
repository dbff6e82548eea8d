//! A page is a page: length of files and functions, and doors that only document, declare and hold a table.

use super::source::{Source, functions};

/// Lines a file may have.
pub(crate) const FILE_LINES_MAX: usize = 600;
/// Lines a function may have.
pub(crate) const FUNCTION_LINES_MAX: usize = 70;

/// What a door holds beside declarations: the table of its room, or one dispatch over it.
const TABLES: &[(&str, &[&str])] = &[
    ("src/engine/command/mod.rs", &["Command", "Verb"]),
    ("src/book/kernel/mod.rs", &["map_of"]),
];

/// Files over a page.
pub(crate) fn long_files(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let path = &source.path;
            wrong.push(format!("{path}: {lines} lines; at most {FILE_LINES_MAX}"));
        }
    }
    wrong
}

/// Functions over a screen.
pub(crate) fn long_functions(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for function in functions(source) {
            if function.lines > FUNCTION_LINES_MAX {
                let (path, line, name) = (&source.path, function.line, &function.name);
                let lines = function.lines;
                wrong.push(format!(
                    "{path}:{line}: `{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}"
                ));
            }
        }
    }
    wrong
}

/// Functions and types that stand in a door.
pub(crate) fn doors(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.is_door()) {
        if !source.path.starts_with("src/") {
            continue;
        }
        let table = TABLES.iter().find(|(path, _)| *path == source.path);
        let allowed = table.map_or(&[][..], |(_, names)| names);
        let tokens = source.tokens();
        for pair in tokens.windows(2) {
            let kind = pair[0].text;
            let item = matches!(kind, "fn" | "struct" | "enum" | "trait" | "impl" | "union");
            if item && !allowed.contains(&pair[1].text) {
                let (path, line, name) = (&source.path, pair[0].line, pair[1].text);
                wrong.push(format!(
                    "{path}:{line}: `{kind} {name}` stands in a door; give it a file"
                ));
            }
        }
    }
    wrong
}

/// Items given a second name elsewhere: they hide where a thing lives and make circles.
pub(crate) fn re_exports(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for pair in source.tokens().windows(2) {
            if source.path.starts_with("src/") && pair[0].text == "pub" && pair[1].text == "use" {
                let (path, line) = (&source.path, pair[0].line);
                wrong.push(format!(
                    "{path}:{line}: a re-export; name the file it is in"
                ));
            }
        }
    }
    wrong
}
