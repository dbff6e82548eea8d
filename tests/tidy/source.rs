//! A Rust file as the rules see it: code without comments and texts, comments alone, tokens, functions, imports.

use std::path::Path;

/// One file of the repository.
pub(crate) struct Source {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    /// Everything, as it is.
    pub(crate) text: String,
    /// As long as `text`, with comments and the insides of texts blanked.
    pub(crate) code: String,
}

/// A piece of code: an identifier, a number or one sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Line from 1.
    pub(crate) line: usize,
}

/// A function with its name and the lines it covers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

impl Source {
    /// A file that need not exist.
    pub(crate) fn new(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code: blank(text),
        }
    }

    /// The first part of the path below `src/`: the room, or the file's own name where it lies in none.
    pub(crate) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// Whether the file is only a door.
    pub(crate) fn is_door(&self) -> bool {
        self.path.ends_with("/mod.rs")
    }

    /// Code in tokens.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }

    /// Lines of code beside the full line, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let pairs = self.code.lines().zip(self.text.lines());
        pairs
            .enumerate()
            .map(|(at, (code, text))| (at + 1, code, text))
    }
}

/// All files below `folder` whose name ends in one of `endings`, in order of path.
pub(crate) fn read_all(root: &Path, folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut waiting = vec![root.join(folder)];
    while let Some(place) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&place) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    waiting.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let short = path.strip_prefix(root).expect("below the root");
                let short = short.to_string_lossy().replace('\\', "/");
                let bytes = std::fs::read(&path).expect("a readable file");
                found.push(Source::new(&short, &String::from_utf8_lossy(&bytes)));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Blanks comments and the insides of texts and characters; new lines stay, so that places stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => comment_end(bytes, at),
            b'"' => text_end(bytes, at),
            b'r' if !after_word(bytes, at) || byte_prefix(bytes, at) => raw_end(bytes, at),
            b'\'' => char_end(bytes, at),
            _ => at,
        };
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn after_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

/// Whether the `r` at `at` is that of `br"..."`.
fn byte_prefix(bytes: &[u8], at: usize) -> bool {
    at > 0 && matches!(bytes[at - 1], b'b' | b'c') && !after_word(bytes, at - 1)
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

fn comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut deep) = (start, 0usize);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (deep, at) = (deep + 1, at + 2),
            (b'*', Some(b'/')) => {
                (deep, at) = (deep - 1, at + 2);
                if deep == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn text_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a raw text that starts at `start`, or `start` where none does.
fn raw_end(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..]
        .iter()
        .take_while(|&&b| b == b'#')
        .count();
    if bytes.get(start + 1 + hashes) != Some(&b'"') {
        return start;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let body = start + 2 + hashes;
    let rest = &bytes[body..];
    let found = rest.windows(close.len()).position(|part| part == close);
    found.map_or(bytes.len(), |at| body + at + close.len())
}

/// The end of a character that starts at `start`, or `start` where it is a lifetime.
fn char_end(bytes: &[u8], start: usize) -> usize {
    if bytes.get(start + 1) == Some(&b'\\') {
        let rest = &bytes[(start + 3).min(bytes.len())..];
        let found = rest.iter().position(|&b| b == b'\'');
        return found.map_or(bytes.len(), |at| start + 3 + at + 1);
    }
    // A character of several bytes is still at most four of them.
    let window = &bytes[(start + 2).min(bytes.len())..(start + 6).min(bytes.len())];
    let close = window.iter().position(|&b| b == b'\'');
    match close {
        Some(0) => start + 3,
        Some(more) if !bytes[start + 1].is_ascii() => start + 2 + more + 1,
        _ => start,
    }
}

/// Splits code into identifiers, numbers and signs.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let (mut out, mut at, mut line) = (Vec::new(), 0, 1);
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii();
    while at < bytes.len() {
        let start = at;
        if bytes[at] == b'\n' {
            line += 1;
        }
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if word(bytes[at]) {
            while at < bytes.len() && word(bytes[at]) {
                at += 1;
            }
        } else {
            at += 1;
        }
        let text = &code[start..at];
        out.push(Token { text, line });
    }
    out
}

/// All functions with a body, those inside others too.
pub(crate) fn functions(source: &Source) -> Vec<Function> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.text != "fn" {
            continue;
        }
        let Some(name) = tokens.get(at + 1) else {
            continue;
        };
        let named = name
            .text
            .starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !named {
            continue;
        }
        if let Some(last) = body_end(&tokens, at + 2) {
            found.push(Function {
                name: name.text.to_owned(),
                line: token.line,
                lines: last - token.line + 1,
            });
        }
    }
    found
}

/// The line of the brace that closes the body of a function whose signature starts at `at`.
fn body_end(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let (mut round, mut braces) = (0i32, 0i32);
    for token in &tokens[at..] {
        match token.text {
            "(" | "[" => round += 1,
            ")" | "]" => round -= 1,
            ";" if round == 0 && braces == 0 => return None,
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if braces == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}
