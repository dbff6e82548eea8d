//! Which modules a file names, wherever in it: `use` lists taken apart, `super` and `self` resolved.

use super::source::{Source, Token};

/// A path that starts at the root of the crate, without the `crate`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// The module a file is: `src/tree/walk.rs` is `tree::walk`, `src/tree/mod.rs` is `tree`.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(
        parts.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        parts.pop();
    }
    parts
}

/// Everything of this crate that a file names.
pub(crate) fn imports(source: &Source) -> Vec<Import> {
    let tokens = source.tokens();
    let own = module_of(&source.path);
    let (mut out, mut open) = (Vec::new(), Vec::<Option<&str>>::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => open.push(inline_module(&tokens, at)),
            "}" => {
                open.pop();
            }
            "crate" | "arborline" | "super" | "self" if follows_none(&tokens, at) => {
                let inside = open.iter().flatten().map(|&name| name.to_owned());
                let mut base: Vec<String> = own.iter().cloned().chain(inside).collect();
                let mut at = at;
                match token.text {
                    "crate" | "arborline" => base.clear(),
                    "self" => {}
                    _ => at = climb(&tokens, at, &mut base),
                }
                gather(&tokens, at + 1, base, &mut out);
            }
            _ => {}
        }
    }
    out
}

/// The name of the module whose body the brace at `at` opens, if it opens one.
fn inline_module<'a>(tokens: &[Token<'a>], at: usize) -> Option<&'a str> {
    (at >= 2 && tokens[at - 2].text == "mod").then(|| tokens[at - 1].text)
}

/// Whether no `::` stands before: only then does a word start a path.
fn follows_none(tokens: &[Token<'_>], at: usize) -> bool {
    (at == 0 || tokens[at - 1].text != ":") && double_colon(tokens, at + 1)
}

fn double_colon(tokens: &[Token<'_>], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([a, b]) if a.text == ":" && b.text == ":")
}

/// Leaves a module for each `super`; gives the place of the last one.
fn climb(tokens: &[Token<'_>], mut at: usize, base: &mut Vec<String>) -> usize {
    base.pop();
    while double_colon(tokens, at + 1) && tokens.get(at + 3).is_some_and(|t| t.text == "super") {
        base.pop();
        at += 3;
    }
    at
}

/// Takes a path apart from the `::` at `at`; gives the place behind it.
fn gather(tokens: &[Token<'_>], at: usize, base: Vec<String>, out: &mut Vec<Import>) -> usize {
    let line = tokens[at.min(tokens.len() - 1)].line;
    let mut end = |path: Vec<String>, at: usize| {
        out.push(Import { path, line });
        at
    };
    if !double_colon(tokens, at) {
        return end(base, at);
    }
    match tokens.get(at + 2).map(|token| token.text) {
        Some("{") => gather_group(tokens, at + 3, &base, out),
        Some(name) if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            let mut path = base;
            path.push(name.to_owned());
            gather(tokens, at + 3, path, out)
        }
        _ => end(base, at + 2),
    }
}

fn gather_group(
    tokens: &[Token<'_>],
    mut at: usize,
    base: &[String],
    out: &mut Vec<Import>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.text {
            "}" => return at + 1,
            "," => at += 1,
            "self" => {
                out.push(Import {
                    path: base.to_vec(),
                    line: token.line,
                });
                at += 1;
            }
            "as" => at += 2,
            "*" => {
                out.push(Import {
                    path: base.to_vec(),
                    line: token.line,
                });
                at += 1;
            }
            name => {
                let mut path = base.to_vec();
                path.push(name.to_owned());
                at = gather(tokens, at + 1, path, out);
            }
        }
    }
    at
}
