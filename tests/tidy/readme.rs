//! Tables of README that are folded from code: kept between two marks, compared, and rewritten with `UPDATE=1`.

use std::path::Path;

/// Compares the table `name` of README with `rows`, the lines between `<!-- table:name -->` and `<!-- end -->`.
///
/// With the environment variable `UPDATE=1` the table is rewritten instead.
///
/// # Panics
/// If README has no such marks, or other rows between them.
pub(crate) fn check_table(name: &str, rows: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md is readable");
    let (before, table, after) =
        cut(&text, name).unwrap_or_else(|| panic!("README.md has no table `{name}`"));
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        let new = format!("{before}{}\n{after}", rows.trim_end());
        std::fs::write(&path, new).expect("README.md is writable");
        return;
    }
    assert_eq!(
        table.trim_end(),
        rows.trim_end(),
        "README.md's table `{name}` has fallen behind the code; run the test once with UPDATE=1"
    );
}

/// The text before, within and behind the marks of a table.
pub(crate) fn cut<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let open = format!("<!-- table:{name} -->\n");
    let start = text.find(&open)? + open.len();
    let len = text[start..].find("<!-- end -->")?;
    Some((
        &text[..start],
        &text[start..start + len],
        &text[start + len..],
    ))
}
