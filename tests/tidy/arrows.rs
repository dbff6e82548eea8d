//! Imports run downward only: which room may name which, and files never import each other in a circle.

use std::collections::BTreeMap;

use super::imports::{imports, module_of};
use super::source::Source;

/// What the files below a folder may name of the crate beside their own room.
pub(crate) struct Arrow {
    /// Folder or file below `src/`, the longest that fits counts.
    place: &'static str,
    /// Modules that may be named, with all inside them.
    may: &'static [&'static str],
    /// Modules that may not, though something above allows them.
    never: &'static [&'static str],
}

/// The rooms from the ground up.
pub(crate) const ARROWS: &[Arrow] = &[
    arrow("base", &[], &[]),
    arrow("arena", &["base"], &[]),
    arrow("store", &["base"], &[]),
    arrow("tree", &["base", "arena"], &[]),
    arrow("book", &["base", "arena", "tree"], &[]),
    arrow("engine", &["base", "arena", "tree", "book"], &[]),
    arrow("plan", &["base", "arena::near"], &[]),
    arrow(
        "document",
        &["base", "tree::rules", "book::rules", "engine", "plan"],
        &["engine::execute", "engine::state"],
    ),
    arrow("view", &["base", "tree", "book", "engine", "plan"], &[]),
    arrow(
        "view/verify",
        &[
            "base",
            "tree::rules",
            "book::rules",
            "book::forest",
            "engine",
        ],
        &["engine::execute"],
    ),
    arrow(
        "runtime",
        &[
            "base", "arena", "store", "tree", "book", "engine", "plan", "document", "view",
        ],
        &[],
    ),
    arrow(
        "api",
        &[
            "base",
            "tree::rules",
            "book::rules",
            "book::forest",
            "engine",
            "plan",
            "document",
            "view",
            "runtime",
        ],
        &["engine::execute"],
    ),
    arrow(
        "cli",
        &[
            "base", "arena", "store", "tree", "book", "engine", "plan", "document", "view",
            "runtime", "api",
        ],
        &[],
    ),
];

const fn arrow(
    place: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static str],
) -> Arrow {
    Arrow { place, may, never }
}

/// Names of what a room may not name.
pub(crate) fn arrows(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some(arrow) = arrow_of(&source.path) else {
            wrong.push(format!(
                "{}: the room `{room}` has no row in ARROWS",
                source.path
            ));
            continue;
        };
        for import in imports(source) {
            let named = import.path.join("::");
            let Some(first) = import.path.first() else {
                continue;
            };
            let own = first == room && !within(&named, arrow.never);
            let known = ARROWS.iter().any(|arrow| arrow.place == first);
            if known && !own && (!within(&named, arrow.may) || within(&named, arrow.never)) {
                let (path, line) = (&source.path, import.line);
                wrong.push(format!(
                    "{path}:{line}: `{}` may not name `{named}`",
                    arrow.place
                ));
            }
        }
    }
    wrong
}

fn arrow_of(path: &str) -> Option<&'static Arrow> {
    let inside = path.strip_prefix("src/")?;
    ARROWS
        .iter()
        .filter(|arrow| {
            let rest = inside.strip_prefix(arrow.place);
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        })
        .max_by_key(|arrow| arrow.place.len())
}

fn within(named: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| {
        let rest = named.strip_prefix(module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// Circles of files; doors do not count, since they only declare what lies behind them.
pub(crate) fn circles(sources: &[Source]) -> Vec<String> {
    let files: BTreeMap<Vec<String>, &str> = sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
        .map(|source| (module_of(&source.path), source.path.as_str()))
        .collect();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources {
        if source.is_door() || !source.path.starts_with("src/") {
            continue;
        }
        let list = edges.entry(&source.path).or_default();
        for import in imports(source) {
            let file = (1..=import.path.len())
                .rev()
                .find_map(|len| files.get(&import.path[..len]));
            if let Some(&file) = file
                && file != source.path
                && !file.ends_with("/mod.rs")
                && !list.contains(&file)
            {
                list.push(file);
            }
        }
    }
    let mut wrong = Vec::new();
    while let Some(circle) = find_circle(&edges) {
        wrong.push(format!("files in a circle: {}", circle.join(" > ")));
        // The circle is cut at its first arrow, so that another one can be seen.
        let (from, to) = (circle[0], circle[1]);
        edges
            .get_mut(from)
            .expect("an edge")
            .retain(|&file| file != to);
    }
    wrong
}

fn find_circle<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    let mut done = Vec::new();
    for &start in edges.keys() {
        let mut trail = Vec::new();
        if let Some(circle) = search(edges, start, &mut trail, &mut done) {
            return Some(circle);
        }
    }
    None
}

fn search<'a>(
    edges: &BTreeMap<&'a str, Vec<&'a str>>,
    file: &'a str,
    trail: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(first) = trail.iter().position(|&seen| seen == file) {
        let mut circle = trail[first..].to_vec();
        circle.push(file);
        return Some(circle);
    }
    if done.contains(&file) {
        return None;
    }
    trail.push(file);
    for &next in edges.get(file).into_iter().flatten() {
        if let Some(circle) = search(edges, next, trail, done) {
            return Some(circle);
        }
    }
    trail.pop();
    done.push(file);
    None
}
