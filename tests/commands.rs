//! Tables of commands: each file in `tests/commands/` is a history with the outcome of every command and the figures
//! asked for. `UPDATE=1` writes what the engine says today; read the difference before keeping it.

pub(crate) mod language;
pub(crate) mod network;
mod show;

use std::fs;
use std::path::Path;

use language::Script;

/// Runs the history in one file and compares every line.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/commands/{name}.txt"));
    let asked = fs::read_to_string(&path).expect("the table is there");
    let answered = Script::default().run(&asked);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, answered).expect("the table can be rewritten");
        return;
    }
    for (number, (asked, answered)) in asked.lines().zip(answered.lines()).enumerate() {
        assert_eq!(answered, asked, "{name}.txt, line {}", number + 1);
    }
    let (asked, answered) = (asked.lines().count(), answered.lines().count());
    assert_eq!(answered, asked, "{name}.txt: number of lines");
}

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_table_is_checked() {
            let names = [$(stringify!($name)),*];
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands");
            for entry in fs::read_dir(folder).expect("the folder is there") {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|extension| extension == "txt") {
                    let stem = path.file_stem().and_then(|stem| stem.to_str());
                    assert!(names.contains(&stem.expect("a plain name")), "{path:?}");
                }
            }
        }
    };
}

tables!(
    activity, adjust, atomic, calendar, centres, change, close, customers, enrol, found, late,
    moves, order, overflow, place, plans, policies, refund, status, token, update,
);
