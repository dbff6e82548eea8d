//! Tables: text files in a folder, each a history in lines with what came of every line below it, behind `>`. `UPDATE=1`
//! writes what the product says today; read the difference before keeping it.

use std::fs;
use std::path::Path;

/// Runs the table in one file of a folder and compares every line.
pub(crate) fn check(folder: &str, name: &str, run: impl FnOnce(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{folder}/{name}.txt"));
    let asked = fs::read_to_string(&path).expect("the table is there");
    let answered = run(&asked);
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

/// Sees that every table of a folder is among `names`.
pub(crate) fn every_one_is_named(folder: &str, names: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        // What runs the tables may lie beside them.
        if path.extension().is_none_or(|extension| extension != "rs") {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            assert!(names.contains(&stem.expect("a plain name")), "{path:?}");
        }
    }
}

/// A test for each table of a folder, by its name, and one that none is left out.
macro_rules! tables {
    ($folder:literal, $run:expr; $($name:ident),* $(,)?) => {
        const TABLES: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            crate::tables::check($folder, stringify!($name), $run);
        })*

        #[test]
        fn every_table_is_checked() {
            crate::tables::every_one_is_named($folder, TABLES);
        }
    };
}
pub(crate) use tables;
