//! The rules of the house as tests: arrows between rooms, length, doors, words. Each rule is seen red on a sample.

use std::path::Path;

use source::{Source, read_all};

mod arrows;
mod imports;
pub(crate) mod readme;
mod shape;
mod source;
mod words;

/// A rule: complaints about files.
type Rule = fn(&[Source]) -> Vec<String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust of the repository but this belt's own samples.
fn rust() -> Vec<Source> {
    let mut all = Vec::new();
    for folder in ["src", "tests", "benches", "loadtest"] {
        all.extend(read_all(root(), folder, &[".rs"]));
    }
    assert!(all.len() > 20, "the rules see no files");
    all
}

pub(crate) fn product() -> Vec<Source> {
    read_all(root(), "src", &[".rs"])
}

fn held(rule: Rule, sources: &[Source]) {
    let wrong = rule(sources);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_run_downward() {
    held(arrows::arrows, &product());
}

#[test]
fn files_make_no_circle() {
    held(arrows::circles, &product());
}

#[test]
fn a_page_is_a_page() {
    held(shape::long_files, &rust());
    held(shape::long_functions, &rust());
}

#[test]
fn doors_only_declare() {
    held(shape::doors, &product());
    held(shape::re_exports, &product());
}

#[test]
fn words_stay_in_their_rooms() {
    held(words::homes, &product());
    held(words::exactness, &product());
    held(words::verifier, &product());
}

#[test]
fn banned_words_stand_nowhere() {
    held(words::banned, &rust());
}

#[test]
fn source_is_ascii() {
    held(words::foreign_signs, &rust());
}

#[test]
fn nothing_names_one_machine() {
    let mut all = rust();
    for folder in ["tests", "snapshots", ".ci", ".cargo"] {
        all.extend(read_all(root(), folder, &[".toml", ".md", ".sh", "run"]));
    }
    for file in ["Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md"] {
        if let Ok(text) = std::fs::read_to_string(root().join(file)) {
            all.push(Source::new(file, &text));
        }
    }
    held(words::machine_paths, &all);
}

/// A rule, a file it must complain of, and a part of the complaint; an empty part: it must not complain.
type Sample = (Rule, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const SAMPLES: &[Sample] = &[
    (arrows::arrows, "src/base/a.rs", "use crate::tree::rules::Shape;", "`base` may not name `tree::rules::Shape`"),
    (arrows::arrows, "src/store/log.rs", "use crate::engine::command::Command;", "`store` may not name"),
    (arrows::arrows, "src/engine/a.rs", "use crate::{base::ids, view::verify};", "`engine` may not name `view::verify`"),
    (arrows::arrows, "src/engine/b.rs", "fn f() { crate::runtime::clock::now() }", "`engine` may not name `runtime::clock::now`"),
    (arrows::arrows, "src/book/a.rs", "use super::super::engine::rules::Rules;", "`book` may not name `engine::rules::Rules`"),
    (arrows::arrows, "src/plan/a.rs", "use crate::engine::rules::Rules;", "`plan` may not name `engine::rules::Rules`"),
    (arrows::arrows, "src/document/a.rs", "use crate::plan::set::PlanSet;", ""),
    (arrows::arrows, "src/view/verify/a.rs", "use crate::plan::set::PlanSet;", "`view/verify` may not name"),
    (arrows::arrows, "src/document/a.rs", "use crate::book::forest::Forest;", "`document` may not name"),
    (arrows::arrows, "src/document/a.rs", "use crate::book::rules::Activity;", ""),
    (arrows::arrows, "src/view/verify/a.rs", "use crate::tree::walk::above;", "`view/verify` may not name"),
    (arrows::arrows, "src/view/verify/a.rs", "use crate::engine::execute::execute_batch;", "`view/verify` may not name"),
    (arrows::arrows, "src/view/legs.rs", "use crate::tree::walk::above;", ""),
    (arrows::arrows, "src/api/a.rs", "use crate::store::log::Log;", "`api` may not name"),
    (arrows::arrows, "src/api/a.rs", "use crate::tree::chain::Chain;", "`api` may not name"),
    (arrows::arrows, "src/extra/a.rs", "fn f() {}", "has no row"),
    (arrows::arrows, "src/base/a.rs", "// use crate::tree::rules;\nconst A: &str = \"crate::tree::x\";", ""),
    (arrows::arrows, "src/tree/a.rs", "mod tests { use super::*; use crate::base::ids::NONE; }", ""),
    (shape::doors, "src/tree/mod.rs", "//! Trees.\npub mod a;\nfn stray() {}", "`fn stray` stands in a door"),
    (shape::doors, "src/tree/mod.rs", "//! Trees.\npub mod a;\n/// fn in a comment\nconst A: u8 = 1;", ""),
    (shape::doors, "src/engine/command/mod.rs", "pub struct Command {}\npub struct Other {}", "`struct Other`"),
    (shape::re_exports, "src/tree/a.rs", "pub use crate::base::ids::Seat;", "re-export"),
    (words::homes, "src/engine/a.rs", "use axum::Router;", "`axum` lives in"),
    (words::homes, "src/api/a.rs", "use std::fs::File;", "`std::fs` lives in"),
    (words::homes, "src/api/a.rs", "let t = Instant::now();", "`Instant::now` lives in"),
    (words::homes, "src/runtime/other.rs", "SystemTime::now()", "`SystemTime` lives in"),
    (words::homes, "src/runtime/clock.rs", "SystemTime::now()", ""),
    (words::homes, "src/tree/a.rs", "unsafe { x() }", "`unsafe` lives in"),
    (words::homes, "src/runtime/a.rs", "let x: f64 = y;", "`f64` lives in"),
    (words::homes, "tests/a.rs", "let x: f64 = 1.0;", ""),
    (words::exactness, "src/book/a.rs", "let x = 1.5;", "a float"),
    (words::exactness, "src/book/a.rs", "let x = 2f64;", "a float"),
    (words::exactness, "src/book/a.rs", "let x = pair.0.1 + (0..3).len() + \"1.5\".len();", ""),
    (words::exactness, "src/engine/a.rs", "let m: HashMap<u8, u8> = x;", "a hash table"),
    (words::exactness, "src/engine/a.rs", "let m: HashMap<u8, u8> = x; // lookup only", ""),
    (words::exactness, "src/tree/a.rs", "std::thread::spawn(f);", "a clock or thread"),
    (words::banned, "src/a.rs", "/// The sponsor of a member.", "`sponsor`; write enroller"),
    (words::banned, "src/a.rs", "const A: &str = \"Associate\";", "`associate`; write member"),
    (words::banned, "src/a.rs", "/// An associated type.", ""),
    (words::banned, "src/cli/import.rs", "const A: &str = \"sponsor\";", ""),
    (words::banned, "src/a.rs", "fn f() { todo!() }", "`todo !`"),
    (words::banned, "src/a.rs", "fn f() { unimplemented!() }", "`unimplemented !`"),
    (words::banned, "tests/a.rs", "dbg!(x);", "`dbg !`"),
    (words::banned, "tests/a.rs", "#[should_panic]\nfn f() {}", "`should_panic`"),
    (words::banned, "tests/a.rs", "#[ignore]\nfn f() {}", "`[ ignore`"),
    (words::banned, "src/a.rs", "let tree_node = 1;", "`node` in `tree_node`"),
    (words::banned, "src/a.rs", "struct ChainNode;", "`node` in `ChainNode`"),
    (words::banned, "src/a.rs", "let nodetype = 1; // a node of the comment", ""),
    (words::banned, "src/a.rs", "// FIXME later", "`FIXME`"),
    (words::foreign_signs, "src/a.rs", "// na\u{ef}ve", "U+00EF"),
    (words::machine_paths, "Cargo.lock", "source = \"registry+https://example.net/index\"", "of one machine"),
    (words::machine_paths, "Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"", ""),
    (words::machine_paths, "README.md", concat!("see /ho", "me/me/x"), "of one machine"),
    (words::verifier, "src/view/verify/a.rs", "forest.move_seat(0, 1, to);", "calls the writer `move_seat`"),
    (words::verifier, "src/view/legs.rs", "forest.move_seat(0, 1, to);", ""),
];

#[test]
fn each_rule_complains_of_its_sample() {
    for (rule, path, text, part) in SAMPLES {
        let wrong = rule(&[Source::new(path, text)]);
        if part.is_empty() {
            assert!(wrong.is_empty(), "{path}: {text}\n{wrong:?}");
        } else {
            assert!(
                wrong.iter().any(|line| line.contains(part)),
                "{path}: {text}\n{wrong:?}"
            );
        }
    }
}

#[test]
fn length_is_counted() {
    let long = |lines: usize| {
        format!(
            "fn long(\n    a: [u8; 2],\n) {{\n{}}}\n",
            "    f();\n".repeat(lines)
        )
    };
    let complaints = |lines: usize| shape::long_functions(&[Source::new("src/a.rs", &long(lines))]);
    assert!(complaints(66).is_empty());
    assert_eq!(
        complaints(67),
        ["src/a.rs:1: `long` has 71 lines; at most 70"]
    );
    let page = |lines: usize| shape::long_files(&[Source::new("src/a.rs", &"\n".repeat(lines))]);
    assert!(page(600).is_empty());
    assert_eq!(page(601).len(), 1);
}

#[test]
fn braces_in_texts_and_comments_do_not_count() {
    let text = "fn a() { let x = ['{', '\\'', '\u{7b}']; let y = r#\"} \" {\"#; /* } */ }\nfn b<'a>(x: &'a str) { \"\\\"}\" }\n";
    let found = source::functions(&Source::new("src/a.rs", text));
    let lines: Vec<(&str, usize)> = found.iter().map(|f| (f.name.as_str(), f.lines)).collect();
    assert_eq!(lines, [("a", 1), ("b", 1)]);
}

#[test]
fn circles_are_found_and_doors_cut_them() {
    let a = Source::new("src/tree/a.rs", "use super::b::B;");
    let b = Source::new("src/tree/b.rs", "use crate::tree::c::C;");
    let c = Source::new("src/tree/c.rs", "use crate::tree::{a::A, b};");
    let door = Source::new("src/tree/mod.rs", "use crate::tree::d::D;");
    let d = Source::new("src/tree/d.rs", "use super::Table;");
    assert!(arrows::circles(&[door, d]).is_empty());
    let wrong = arrows::circles(&[a, b, c]);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("src/tree/a.rs > src/tree/b.rs > src/tree/c.rs > src/tree/a.rs"));
}

#[test]
fn tables_of_the_readme_are_cut_out() {
    let text = "# A\n<!-- table:x -->\n| a |\n<!-- end -->\nrest";
    let (before, table, after) = readme::cut(text, "x").expect("a table");
    assert_eq!(table, "| a |\n");
    assert_eq!(format!("{before}{table}{after}"), text);
    assert!(readme::cut(text, "y").is_none());
}
